"""Plans to start from, side-by-side comparison, leaderboards, and the like of a resource in another modality."""

from __future__ import annotations

import re

import pytest

from conftest import LIVER
from navsearch import Navigator, UsageError
from navsearch.limits import changes
from navsearch.markdown import plan_markdown

SIX = {
    "liver-lesion segmentation in CT": ("lits", "mednext", {"nsd", "dsc"}),
    "diabetic retinopathy grading": ("eyepacs", "densenet-121-resnet-vgg-vit-imagenet-initialised", {"qwk", "mae"}),
    "polyp detection": ("ldpolypvideo", "endo-fm", {"froc"}),
    "brain MRI registration": ("l2r-oasis", "deedsbcv-lapirn-convexadam-vfa-registration-baselines", {"tre", "dsc"}),
    "chest X-ray report generation": ("iu-xray", "r2gencmn", {"chexbert-f1", "radgraph-f1"}),
    "EEG emotion recognition": ("face", "labram", {"balanced-accuracy"}),
}


def test_a_plan_has_each_part(small: Navigator) -> None:
    """Data to train on with the way to get them, code, commands, metrics and what to heed, from the tables of the catalog."""
    plan = small.plan(LIVER)
    assert [(s.role, s.hit.id, s.get) for s in plan.data][:1] == [("train", "alpha", "download directly")]
    assert plan.losses[0].id == "focus-loss"
    assert plan.baselines[0].commands["steps"][1] == {"step": "train", "run": "netone train DATA"}
    assert [m.id for m in plan.metrics] == ["border-score", "overlap-score"]
    assert [p.say for p in plan.pitfalls] == ["Sample patches around the small targets.", "Look at masks before training."]
    assert any("do not train on one and test on the other" in note for note in plan.notes)


def test_versions_of_one_set_are_no_external_test(small: Navigator) -> None:
    """What shares data with the training set is shown, but not to test on."""
    assert {s.hit.id: s.role for s in small.plan(LIVER).data}["alpha-two"] == "more"


def test_no_plan_where_nothing_fits(small: Navigator) -> None:
    """Outside its world there is nothing to start from."""
    plan = small.plan("crop yield from satellites")
    assert plan.match == "none"
    assert plan.data == plan.losses == plan.baselines == plan.metrics == plan.pitfalls == ()
    assert "The catalog knows none." in plan_markdown(plan)


def test_a_question_for_a_loss_gets_data_in_its_plan(small: Navigator) -> None:
    """A plan needs data, whatever kind the words ask for."""
    assert small.plan("which loss function for small lesion segmentation in liver CT").data


@pytest.mark.parametrize(("question", "data", "baseline", "metrics"), [(q, *e) for q, e in SIX.items()], ids=list(SIX))
def test_six_plans_are_whole(real: Navigator, question: str, data: str, baseline: str, metrics: set[str]) -> None:
    """What a colleague who knows the field would start with, complete in every part."""
    plan = real.plan(question)
    assert plan.data[0].hit.id == data
    assert plan.data[0].role == "train"
    assert plan.data[0].links
    assert plan.baselines[0].id == baseline
    assert plan.baselines[0].commands
    assert metrics <= {m.id for m in plan.metrics}
    assert all(loss.snippet for loss in plan.losses)
    assert len(plan.pitfalls) >= 4
    text = plan_markdown(plan)
    for title in ("1. Data", "2. Loss", "3. Baseline", "4. Metrics to report", "5. Pitfalls"):
        assert f"## {title}" in text
    assert "None" not in text
    assert "licence" in text


def test_terms_of_an_objective_come_together(real: Navigator) -> None:
    """Registration needs a similarity and a regulariser, a detector a class term and a box term."""
    roles = [[loss.role for loss in real.plan(q).losses] for q in ("brain MRI registration", "polyp detection")]
    assert roles == [["similarity term", "regulariser"], ["classification term", "box term"]]


def test_the_snippet_is_made_for_the_training_data(real: Navigator) -> None:
    """Five grades of retinopathy, five logits."""
    assert "torch.randn(8, 5," in str(real.plan("diabetic retinopathy grading").losses[0].snippet)


def test_a_licence_filter_means_known_to_allow(real: Navigator) -> None:
    """What is unknown or non-commercial is in no plan for commercial use."""
    plan = real.plan("liver tumour segmentation in CT", licence="commercial")
    assert plan.data
    assert all(re.match(r"CC BY(-SA)? |CC0|MIT|Apache", s.hit.licence or "unknown") for s in plan.data)


class TestCompare:
    """Side by side."""

    def test_differences_come_first(self, small: Navigator) -> None:
        """What all state alike comes last, what none states not at all."""
        compared = small.compare(["alpha", "Alpha Liver 2"])
        rows = {row.name: row for row in compared.rows}
        assert [row.differs for row in compared.rows] == sorted((row.differs for row in compared.rows), reverse=True)
        assert rows["cases"].values == ("200 scans", "900 scans")
        assert rows["access"].values == ("open", None)
        assert rows["published figures"].values == ("4", None)
        assert not rows["task"].differs
        assert "venues" in rows
        assert "organization" not in rows

    def test_shared_data_are_warned_of(self, small: Navigator) -> None:
        """Two editions of one set."""
        (warning,) = small.compare(["alpha-two", "alpha"]).warnings
        expected = "Alpha Liver 2 is a version of Alpha Liver (contains the first edition): do not train on one and test"
        assert warning.startswith(expected)

    def test_one_is_not_compared(self, small: Navigator) -> None:
        """Two names of one resource are one."""
        with pytest.raises(UsageError, match="found 1 resource to compare, expected two or more"):
            small.compare(["alpha", "Alpha Liver"])


def test_like_it_but(small: Navigator, real: Navigator) -> None:
    """The facet that should be another no longer counts as what the set itself is, and holds."""
    assert [h.id for h in small.similar("alpha", but={"modality": "MRI"})] == ["beta"]
    hits = real.similar("lits", but={"modality": "MRI"}, top_k=5)
    assert all("liver" in h.facets["anatomy"] for h in hits[:2])
    assert all(not any(m.startswith("modality") for m in h.misses) for h in hits)


@pytest.mark.parametrize("text", ["modality", "modality=", "=MRI", "modality:MRI"])
def test_what_changes_nothing_is_refused(text: str) -> None:
    """Like it, but with what?"""
    with pytest.raises(UsageError, match=f"but: found '{text}', expected facet=term"):
        changes([text])
