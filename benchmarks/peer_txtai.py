"""Search with txtai: words and vectors together, and the texts in its database.

python benchmarks/peer_txtai.py build CATALOG STORE
python benchmarks/peer_txtai.py ask STORE "small lesion segmentation in liver CT"
"""

from __future__ import annotations

from pathlib import Path

from peer_plain import Peer, Records, Search, model_folder, run


def build(records: Records, store: Path) -> None:
    """Index all records."""
    from txtai import Embeddings  # type: ignore[import-not-found]

    embeddings = Embeddings(path=str(model_folder()), hybrid=True, content=True)
    embeddings.index((identifier, text, None) for identifier, text in records.items())
    embeddings.save(str(store))


def update(records: Records, store: Path) -> None:
    """Index the records that changed, drop those that are gone."""
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(store))
    rows = embeddings.search(f"SELECT id, text FROM txtai LIMIT {embeddings.count()}")  # noqa: S608 (a number)
    known = {row["id"]: row["text"] for row in rows}
    embeddings.upsert((identifier, text, None) for identifier, text in records.items() if known.get(identifier) != text)
    embeddings.delete([identifier for identifier in known if identifier not in records])
    embeddings.save(str(store))


def search(store: Path) -> Search:
    """Half words, half vectors, as txtai weighs them by default."""
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(store))
    return lambda question, top: [row["id"] for row in embeddings.search(question, top)]


if __name__ == "__main__":
    run(Peer(build, search, update))
