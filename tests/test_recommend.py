"""What is recommended for a problem: traits with their grounds, losses, metrics and baselines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from conftest import CATALOG, LIVER
from navsearch import Answer, Navigator
from navsearch.catalog import Catalog

PHRASINGS = [line.split("\t") for line in (Path(__file__).parent / "data/tasks.tsv").read_text().splitlines()]


def trait(answer: Answer, term: str) -> dict[str, object]:
    return next(t for t in answer.problem["traits"] if t["term"] == term)


class TestProblem:
    """What a problem is like, and where that comes from."""

    def test_a_trait_tells_who_said_so(self, small: Navigator) -> None:
        """What was asked quotes the question, what the data have names them, a sourced fact before all."""
        answer = small.ask("small lesion segmentation in liver CT")
        assert trait(answer, "small targets") == {
            "facet": "trait", "term": "small targets", "weight": 1.0, "because": ["asked: small lesion"],
        }  # fmt: skip
        assert trait(answer, "3D")["because"] == ["recorded of Alpha Liver, Alpha Liver 2"]
        assert small.ask("liver tumour CT").problem["tasks"] == ["segmentation"]

    def test_what_makes_no_difference_is_left_out(self, small: Navigator) -> None:
        """A trait of the data that moves no recommendation and calls for no advice is not the problem's."""
        assert "class imbalance" not in {t["term"] for t in small.ask(LIVER).problem["traits"]}

    def test_a_sourced_fact_shows_a_trait(self, real: Navigator) -> None:
        """On the real catalog a figure stands behind class imbalance of the retinopathy grades."""
        because = trait(real.ask("diabetic retinopathy grading"), "class imbalance")["because"]
        assert re.search(r"Eyepacs: .*25,810.* \(https?://", str(because[0]))


class TestMetrics:
    """Which metrics to report."""

    def test_traits_move_metrics(self, small: Navigator) -> None:
        """Where targets are small the contour counts more than the overlap."""
        assert [m.id for m in small.ask("segmentation of brain bleeding").metrics] == ["overlap-score", "border-score"]
        assert [m.id for m in small.ask(LIVER).metrics] == ["border-score", "overlap-score"]
        assert small.ask(LIVER).metrics[0].reasons[0] == "small masks are mostly border"

    @pytest.mark.parametrize(
        ("question", "first"),
        [
            ("diabetic retinopathy grading", "qwk"),
            ("retinal vessel segmentation", "cldice"),
            ("brain MRI registration", "tre"),
            ("lung nodule detection in CT", "froc"),
            ("survival prediction from CT", "c-index"),
            ("chest X-ray report generation", "chexbert-f1"),
            ("multi-organ segmentation in CT", "nsd dsc"),
        ],
    )  # fmt: skip
    def test_the_metric_of_the_field_comes_first(self, real: Navigator, question: str, first: str) -> None:
        """After Metrics Reloaded and the custom of each task."""
        assert real.ask(question).metrics[0].id in first.split()


class TestLosses:
    """Losses and what stands beside their names."""

    def test_a_loss_brings_its_use(self, small: Navigator) -> None:
        """Hyperparameters, import paths, and code with the classes and size of the data found."""
        overlap = next(loss for loss in small.ask(LIVER).losses if loss.id == "overlap-loss")
        assert overlap.hyperparameters == {"smooth": 1}
        assert overlap.implementations == ("torch.nn.BCELoss",)
        assert overlap.snippet == (
            "import torch\n\nloss = torch.nn.BCELoss()  # over 2 classes in 3 axes\n\n"
            "prediction = torch.rand(1, 3, 8, 8, 8, requires_grad=True)  # probabilities\n"
            "target = torch.ones(1, 3, 8, 8, 8)  # the truth\n"
            "value = loss(prediction, target)\nvalue.backward()\n"
        )

    def test_the_evidence_decides_on_small_lesions(self, real: Navigator) -> None:
        """Dice + TopK leads, Dice + Focal and DiceCE follow, plain focal and weighted cross-entropy stand far below."""
        order = [loss.id for loss in real.ask(LIVER, top_k=50).losses]
        assert order[0] == "dice-topk"
        assert {"dice-focal", "dice-cross-entropy-dicece"} <= set(order[:3])
        assert order.index("weighted-cross-entropy") > order.index("focal-loss") > 8

    def test_contested_losses_say_so(self, real: Navigator) -> None:
        """The centreline loss is shown with what speaks against it."""
        cldice = next(loss for loss in real.ask("retinal vessel segmentation").losses if loss.id.startswith("cldice"))
        assert any(c.startswith("contested: ") and "2503.03365" in c for c in cldice.cautions)

    def test_points_have_no_boxes(self, real: Navigator) -> None:
        """A loss of a broader task that does not serve a narrower one is taken back there."""
        shown = {loss.id for loss in real.ask("cephalometric landmark detection", top_k=50).losses}
        assert shown == {"heatmap-mse-adaptive-wing", "smooth-l1-loss"}


class TestBaselines:
    """Baselines stand by what their figures prove."""

    def test_five_methods_have_controlled_figures_on_lits(self, real: Navigator) -> None:
        """The first question of the README is answered with figures of one protocol, each with its source."""
        shown = real.ask(LIVER).methods[:5]
        figures = [e for m in shown for e in m.evidence if e.get("dataset") == "LiTS" and e.get("metric") == "DSC"]
        controlled = [e for e in figures if e["evidence"] == "controlled-benchmark"]
        assert len({e["value"] for e in controlled}) >= 5
        assert all(e.get("protocol") or e.get("setting") for e in controlled)
        assert shown[0].id == "mednext"

    def test_the_better_of_a_shared_table_leads(self, real: Navigator) -> None:
        """An author's own table weighs the same for all in it, so that who is beaten there does not pass the winner."""
        order = [m.id for m in real.ask("polyp segmentation in colonoscopy", top_k=20).methods]
        assert order.index("polyp-pvt") < order.index("pranet")

    def test_natural_images_prove_nothing(self, real: Navigator) -> None:
        """Figures on photographs of everyday things are no evidence for lesions."""
        assert all(e.get("dataset") != "COCO" for m in real.ask("polyp detection").methods for e in m.evidence)

    def test_another_modality_counts_against(self, real: Navigator) -> None:
        """Networks for EEG lead where EEG is asked for; those for images are not shown at all."""
        order = [m.id for m in real.ask("EEG emotion recognition", top_k=20).methods]
        assert order[:2] == ["labram", "cbramod"]
        assert "eegnet" in order
        assert not {"hover-net", "pmc-clip"} & set(order)

    def test_old_and_contested_figures_say_so(self, real: Navigator) -> None:
        """A figure of 2021, or one that another study contradicts, comes with a caution."""
        phase = real.ask("surgical phase recognition").methods[0]
        assert any("2305.13961" in caution for caution in phase.cautions)
        nodules = next(m for m in real.ask("lung nodule detection in CT").methods if m.id == "nndetection")
        assert any(re.fullmatch(r"the figure on .* is of 2021", caution) for caution in nodules.cautions)


@pytest.mark.parametrize(("task", "question"), PHRASINGS, ids=[q for _, q in PHRASINGS])
def test_every_task_is_understood_and_served(real: Navigator, task: str, question: str) -> None:
    """In three phrasings each: the task or a narrower one, a loss, a metric, and a baseline or the word that none is known."""
    answer = real.ask(question)
    known = real._advisor.relations.chain(answer.problem["tasks"][0])
    assert task in known
    assert answer.losses
    assert answer.metrics
    assert answer.methods or "the catalog knows no methods for this problem" in answer.notes


def test_what_is_known_besides_is_said(real: Navigator) -> None:
    """No data set fits MRI reconstruction, but losses and methods do; the answer tells how to see them."""
    answer = real.ask("undersampled k-space MRI reconstruction")
    assert answer.match == "none"
    assert answer.losses == answer.methods == ()
    assert re.search(r"for image reconstruction the catalog knows \d+ losses, \d+ methods, \d+ metrics", answer.notes[-1])


@pytest.fixture(scope="module")
def recorded() -> set[tuple[object, ...]]:
    """(resource, data set, metric, value, source) of every published figure, read from the files themselves."""
    tables = [t for f in sorted((CATALOG / "results").glob("*.yaml")) for t in yaml.safe_load(f.read_text())]
    return {
        (r["resource"], t["dataset"], t["metric"], r["value"], r.get("source", t["source"])) for t in tables for r in t["rows"]
    }


class TestTraceability:
    """Every figure shown is one that a record holds, with its source."""

    @pytest.mark.parametrize(
        "question", [LIVER, "polyp segmentation", "diabetic retinopathy grading", "brain MRI registration"]
    )
    def test_of_an_answer(self, real: Navigator, recorded: set[tuple[object, ...]], question: str) -> None:
        """Nothing is shown that is not recorded."""
        answer = real.ask(question, top_k=30)
        shown = {
            (r.id, e["dataset"], e["metric"], e["value"], e["source"])
            for r in (*answer.losses, *answer.methods)
            for e in r.evidence
            if "value" in e
        }
        assert shown
        assert shown <= recorded

    @pytest.mark.parametrize("name", ["LiTS", "BTCV", "Eyepacs"])
    def test_of_a_leaderboard(self, real: Navigator, recorded: set[tuple[object, ...]], name: str) -> None:
        """The whole table, and nothing else."""
        board = real.leaderboard(name)
        shown = {(r.id, t.dataset, t.metric, r.value, r.source) for t in board.tables for r in t.rows}
        assert shown <= recorded
        about = [t for f in sorted((CATALOG / "results").glob("*.yaml")) for t in yaml.safe_load(f.read_text())]
        assert sum(len(t.rows) for t in board.tables) == sum(len(t["rows"]) for t in about if t.get("about") == board.id)


def test_leaderboards_are_ordered(real: Navigator) -> None:
    """The strongest grade first; within a table the best value first, whichever way is better."""
    board = real.leaderboard("LiTS")
    assert [t.evidence for t in board.tables][:3] == ["controlled-benchmark"] * 3
    for table in real.leaderboard("scared").tables:
        values = [r.value for r in table.rows]
        assert values == sorted(values, reverse=table.higher_is_better)


def test_relations_and_metrics_lead_somewhere(real_catalog: Catalog) -> None:
    """Every task that a data set is for has a metric, through a broader task or the one it is trained as."""
    index_kinds = {r.id: r.kind for r in real_catalog.resources}
    served = {r["task"] for r in real_catalog.tables.relations if index_kinds[r["resource"]] == "metric" and r.get("fit")}
    general = {  # ways of learning, which have the metrics of the task that is learned
        "domain adaptation", "domain generalization", "semi-supervised learning", "federated learning", "noisy-label learning",
    }  # fmt: skip
    tasks = {t for r in real_catalog.resources if r.kind == "dataset" for t in r.facets.get("task", ())} - general
    terms = real_catalog.vocabulary.facets["task"].terms

    def reached(task: str | None) -> bool:
        return task is not None and (
            task in served or reached(terms[task].broader) or reached(terms[task].more.get("trained_as"))
        )

    assert [t for t in sorted(tasks) if not reached(t)] == []
