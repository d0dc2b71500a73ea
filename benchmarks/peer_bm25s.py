"""Search with bm25s and an English stemmer: words only, no model.

python benchmarks/peer_bm25s.py build CATALOG STORE
python benchmarks/peer_bm25s.py ask STORE "small lesion segmentation in liver CT"
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from peer_plain import Peer, Records, Search, run


def _tokens(texts: list[str], **how: bool) -> Any:
    import bm25s
    import Stemmer

    return bm25s.tokenize(texts, stopwords="en", stemmer=Stemmer.Stemmer("english"), show_progress=False, **how)


def build(records: Records, store: Path) -> None:
    """Index all records."""
    import bm25s

    retriever = bm25s.BM25()
    retriever.index(_tokens(list(records.values())), show_progress=False)
    retriever.save(str(store))
    (store / "ids.json").write_text(json.dumps(list(records)), encoding="utf-8")


def search(store: Path) -> Search:
    """BM25 over an index that stays on the disk."""
    import bm25s

    retriever = bm25s.BM25.load(str(store), mmap=True)
    ids = json.loads((store / "ids.json").read_text(encoding="utf-8"))

    def found(question: str, top: int) -> list[str]:
        rows, scores = retriever.retrieve(_tokens([question], return_ids=False), k=min(top, len(ids)), show_progress=False)
        return [ids[row] for row, score in zip(rows[0], scores[0], strict=True) if score > 0]

    return found


if __name__ == "__main__":
    run(Peer(build, search, update=build))  # its weights depend on all records, so all is built anew
