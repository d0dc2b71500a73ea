"""Catalogs that the vocabulary does not fit: records of id, kind, name and description alone."""

from __future__ import annotations

import json

import pytest

from conftest import ROOT
from navsearch import Navigator, building
from navsearch import catalog as catalogs
from navsearch.catalog import Catalog
from navsearch.encoder import LightEncoder
from navsearch.evaluate import ablate, read_judged
from navsearch.index import Index


@pytest.fixture(scope="module")
def bare(real_catalog: Catalog, real_encoder: LightEncoder, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The data sets of the real catalog without their facts, under a vocabulary of kinds alone."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "vocabulary").mkdir()
    (folder / "vocabulary/kind.yaml").write_text("facet: kind\nsearched: false\nterms: {dataset: {default: true}}\n")
    plain = [{k: getattr(r, k) for k in ("id", "kind", "name", "description")} for r in real_catalog.resources]
    records = [r for r in plain if r["kind"] == "dataset"]
    (folder / "records.jsonl").write_text("\n".join(map(json.dumps, records)))
    return building.build(catalogs.load(folder), real_encoder, folder / "index")


def test_the_fused_ranking_beats_words_and_vectors(bare: Index, real_encoder: LightEncoder) -> None:
    """On the judged questions, with no term to go by."""
    table = ablate(bare, real_encoder, read_judged(ROOT / "evaluation/dev.jsonl"))
    ndcg = {system: table[system]["all"]["nDCG@10"] for system in ("words", "vectors", "all")}
    assert ndcg["all"] > max(ndcg["words"], ndcg["vectors"]) + 0.02


def test_nothing_is_understood_and_nothing_fails(bare: Index, real_encoder: LightEncoder) -> None:
    """No terms, no losses, no methods; hits all the same."""
    answer = Navigator.of(bare, real_encoder).ask("liver lesions on CT")
    assert answer.query["kind"] == ["dataset"]
    assert answer.losses == answer.methods == ()
    assert "LiTS" in [h.name for h in answer.hits[:5]]
