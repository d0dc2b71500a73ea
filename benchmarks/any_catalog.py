"""Whether the fused ranking beats words alone and vectors alone on catalogs that the vocabulary does not fit.

    python benchmarks/any_catalog.py

Two proofs: navsearch's own catalog reduced to id, kind, name and description, with a vocabulary of kinds only, on the judged
questions; and the 50 news texts with human similarities of Lee, Pincombe and Welsh (2005), which the package gensim carries
(pip install gensim), each text or its first words asking for the others, gain = similarity above 0.3.
"""

from __future__ import annotations

import importlib.util
import json
import tempfile
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import nDCG

from navsearch import Navigator, building
from navsearch import catalog as catalogs
from navsearch.encoder import LightEncoder
from navsearch.evaluate import ABLATIONS, ablate, read_judged
from navsearch.index import Index

ROOT = Path(__file__).parent.parent
SYSTEMS = ("words", "vectors", "all")


def bare(records: list[dict[str, str]], kinds: list[str]) -> Index:
    """An index of `records` with a vocabulary of `kinds` only, the first the default."""
    folder = Path(tempfile.mkdtemp())
    terms = {kind: {"default": True} if kind == kinds[0] else {} for kind in kinds}
    (folder / "vocabulary").mkdir()
    (folder / "vocabulary" / "kind.yaml").write_text(json.dumps({"facet": "kind", "searched": False, "terms": terms}))
    (folder / "records.jsonl").write_text("\n".join(map(json.dumps, records)))
    return building.build(catalogs.load(folder), LightEncoder(), folder / "index")


def own_catalog() -> None:
    """nDCG@10 and recall@10 of the default kind on the judged questions."""
    resources = catalogs.load(ROOT / "catalog").resources
    records = [{"id": r.id, "kind": r.kind, "name": r.name, "description": r.description} for r in resources]
    index = bare(records, list(dict.fromkeys(["dataset", *(r.kind for r in resources)])))
    for file in ("dev", "second"):
        table = ablate(index, LightEncoder(), read_judged(ROOT / "evaluation" / f"{file}.jsonl"))
        for system in SYSTEMS:
            found = table[system]["all"]
            print(f"{file:8} {system:8} nDCG@10 {found['nDCG@10']:.3f}  recall@10 {found['recall@10']:.3f}  n {found['n']}")


def news() -> None:
    """nDCG@10 on the news texts."""
    spec = importlib.util.find_spec("gensim")
    if spec is None or spec.origin is None:
        print("news: skipped, pip install gensim to run it")
        return
    data = Path(spec.origin).parent / "test" / "test_data"
    texts = (data / "lee.cor").read_text(encoding="latin-1").strip().split("\n")
    upper = np.loadtxt(data / "similarities0-1.txt")
    alike = np.maximum(upper, upper.T)
    index = bare([{"id": str(i), "kind": "text", "name": f"text {i}", "description": t} for i, t in enumerate(texts)], ["text"])
    for words in (5, 10, 20, None):
        for system in SYSTEMS:
            print(f"news, first {words or 'all'} words  {system:8} nDCG@10 {_news(index, texts, alike, words, system):.3f}")


def _news(index: Index, texts: list[str], alike: np.ndarray, words: int | None, system: str) -> float:
    navigator = Navigator.of(index, LightEncoder(), ABLATIONS[system])
    gains = {(i, j): int(100 * max(0.0, alike[i, j] - 0.3)) for i in range(len(texts)) for j in range(len(texts)) if i != j}
    qrels = [ir_measures.Qrel(str(i), str(j), gain) for (i, j), gain in gains.items() if gain]
    run = []
    for i, text in enumerate(texts):
        hits = navigator.ask(" ".join(text.split()[:words]), top_k=len(texts)).hits
        run += [ir_measures.ScoredDoc(str(i), h.id, -float(place)) for place, h in enumerate(hits) if h.id != str(i)]
    return float(ir_measures.calc_aggregate([nDCG @ 10], qrels, run)[nDCG @ 10])


if __name__ == "__main__":
    own_catalog()
    news()
