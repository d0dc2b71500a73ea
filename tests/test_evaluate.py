"""Measures agree with hand-made judgements, and the shipped catalog keeps its floors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, WordHashEncoder
from navsearch import Navigator, UsageError, comparing, evaluate
from navsearch.index import Index

DEV = ROOT / "evaluation/dev.jsonl"


def judged(tmp_path: Path, **fields: object) -> tuple[evaluate.Judged, ...]:
    question = {"id": "q1", "query": "liver tumour segmentation CT", "type": "facet", **fields}
    (tmp_path / "judged.jsonl").write_text(json.dumps(question) + "\n")
    return evaluate.read_judged(tmp_path / "judged.jsonl")


def test_a_perfect_ranking_measures_one(small_index: Index, tmp_path: Path) -> None:
    """The best first: nDCG, recall and reciprocal rank are 1."""
    questions = judged(tmp_path, relevant={"dataset": {"Alpha Liver": 3, "Alpha Liver 2": 3}})
    report = evaluate.evaluate(small_index, WordHashEncoder(), questions)
    assert report.measures["dataset"]["all"] == {"n": 1, "nDCG@10": 1.0, "recall@10": 1.0, "MRR": 1.0}


def test_a_relevant_set_that_comes_later_measures_less(small_index: Index, tmp_path: Path) -> None:
    """nDCG discounts by rank: grade 3 at rank 3 only is 1 / log2(4)."""
    names = [
        h.name for h in Navigator.of(small_index, WordHashEncoder()).ask("liver tumour segmentation CT", kinds=["dataset"]).hits
    ]
    report = evaluate.evaluate(small_index, WordHashEncoder(), judged(tmp_path, relevant={"dataset": {names[2]: 3}}))
    assert report.measures["dataset"]["facet"]["nDCG@10"] == pytest.approx(0.5, abs=1e-4)
    assert report.measures["dataset"]["facet"]["MRR"] == pytest.approx(1 / 3, abs=1e-4)


def test_losses_are_measured_among_the_judged(small_index: Index, tmp_path: Path) -> None:
    """Share of the good ones among the first six, whether the first is good, and every bad one."""
    report = evaluate.evaluate(
        small_index, WordHashEncoder(),
        judged(tmp_path, relevant={"dataset": {"Alpha Liver": 3}}, losses_good=["Overlap Loss"], losses_bad=["Focus Loss"]),
    )  # fmt: skip
    assert report.losses == {"n": 1, "good_in_first_six": 1.0, "first_is_good": 1.0, "bad": {"q1": ["Focus Loss"]}}


def test_verdicts_are_counted(small_index: Index, tmp_path: Path) -> None:
    """A question with no relevant resource should be judged none."""
    report = evaluate.evaluate(
        small_index, WordHashEncoder(), judged(tmp_path, query="crop yield from satellites", relevant={})
    )
    assert report.verdicts == {"outside": 1, "outside_none": 1, "outside_answered": [], "served": 0, "served_none": []}


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"query": "x"}',
        '{"id": "q", "query": "x", "relevant": 3}',
        '{"id": "q", "query": "x", "losses_good": "Dice"}',
    ],
)
def test_malformed_questions_are_refused_with_their_line(tmp_path: Path, line: str) -> None:
    """A file that is no set of judged queries says where."""
    file = tmp_path / "judged.jsonl"
    file.write_text(f'{{"id": "a", "query": "liver"}}\n{line}\n')
    with pytest.raises(UsageError, match=r"judged.jsonl:2: found no judged query"):
        evaluate.read_judged(file)


def test_questions_need_ids_of_their_own(tmp_path: Path) -> None:
    """Two questions of one id would hide each other."""
    file = tmp_path / "judged.jsonl"
    file.write_text('{"id": "a", "query": "liver"}\n' * 2)
    with pytest.raises(UsageError, match="found id 'a' twice"):
        evaluate.read_judged(file)


def test_a_question_without_type_counts_once(small_index: Index, tmp_path: Path) -> None:
    """It belongs to all, and to all only once."""
    questions = judged(tmp_path, type="all", relevant={"dataset": {"Alpha Liver": 3}})
    assert evaluate.evaluate(small_index, WordHashEncoder(), questions).measures["dataset"]["all"]["n"] == 1


def test_floors_on_the_development_queries(real: Navigator) -> None:
    """Relevance does not fall behind what was reached: overall and in every type of at least three questions."""
    index, encoder = real.index_and_encoder()
    report = evaluate.evaluate(index, encoder, evaluate.read_judged(DEV))
    datasets = report.measures["dataset"]
    assert datasets["all"]["nDCG@10"] >= 0.90
    assert {t: m["nDCG@10"] for t, m in datasets.items() if m["n"] >= 3 and m["nDCG@10"] < 0.80} == {}
    assert report.losses["bad"] == {}
    assert report.verdicts["outside_answered"] == []
    assert len(report.verdicts["served_none"]) <= 2


def test_all_signals_beat_each_alone(real: Navigator) -> None:
    """The ablation: words, vectors and tags together rank better than any of them alone."""
    index, encoder = real.index_and_encoder()
    table = evaluate.ablate(index, encoder, evaluate.read_judged(DEV))
    scores = {name: row["all"]["nDCG@10"] for name, row in table.items()}
    assert scores["all"] > max(scores[name] for name in ("words", "vectors", "tags"))


def report(**ndcg: float) -> dict[str, Any]:
    rows = [{"id": i, "type": "facet", "query": i, "measures": {"dataset": {"nDCG@10": v}}} for i, v in ndcg.items()]
    return {"queries": rows}


class TestComparing:
    """Paired differences between two evaluations."""

    def test_equal_reports_differ_by_nothing(self) -> None:
        """No change: mean and interval are zero, nothing got worse."""
        same = report(a=0.5, b=0.7)
        assert comparing.differences(same, same)[0] == comparing.Difference("dataset", "facet", 2, 0.0, 0.0, 0.0)
        assert comparing.regressions(same, same) == ()

    def test_a_steady_gain_is_significant(self) -> None:
        """Every question better by the same amount: the interval is that amount."""
        before = report(**{f"q{i}": 0.5 for i in range(9)})
        found = comparing.differences(before, report(**{f"q{i}": 0.6 for i in range(9)}))
        assert {d.type for d in found} == {"facet", "all"}
        assert all(d.significant and (d.mean, d.low, d.high) == (0.1, 0.1, 0.1) for d in found)

    def test_mixed_changes_are_not(self) -> None:
        """One up, one down: the interval holds zero; the loser is named first."""
        before, after = report(a=0.5, b=0.5, c=0.5), report(a=0.9, b=0.1, c=0.4)
        assert not comparing.differences(before, after)[0].significant
        assert [r["id"] for r in comparing.regressions(before, after)] == ["b", "c"]

    def test_reports_must_be_reports_on_the_same_questions(self, tmp_path: Path) -> None:
        """What cannot be compared is refused."""
        (tmp_path / "x.json").write_text("{}")
        with pytest.raises(UsageError, match="found no evaluation"):
            comparing.read_report(tmp_path / "x.json")
        with pytest.raises(UsageError, match="share no question"):
            comparing.differences(report(a=1), report(b=1))


def test_misses_name_what_is_missing_and_what_stands_instead(small_index: Index, tmp_path: Path) -> None:
    """The worst ranking first, with what was understood."""
    questions = judged(tmp_path, relevant={"dataset": {"Beta Brain": 3, "No Such Set": 2}})
    found = evaluate.evaluate(small_index, WordHashEncoder(), questions)
    worst = evaluate.misses(small_index, WordHashEncoder(), questions, found, 5)
    assert [m.missing for m in worst] == [("No Such Set",)]
    assert worst[0].instead[0].startswith("Alpha Liver")
    assert worst[0].understood["anatomy"] == ["liver"]
