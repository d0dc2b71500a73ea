"""Asking: ranking, limits, verdicts, recommendations, look-ups."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import LIVER
from navsearch import Answer, Navigator, UsageError, ranking, render
from navsearch.limits import Limit
from navsearch.ranking import relax

WORDS = st.lists(
    st.sampled_from("small liver lesion segmentation CT MRI brain retinal vessel diagnosis frames".split()),
    min_size=1,
    max_size=5,
)
QUESTIONS = WORDS.map(" ".join)
FIXTURES_STAY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


def ids(answer: Answer) -> list[str]:
    return [h.id for h in answer.hits]


def test_the_fitting_set_comes_first_with_its_reasons(small: Navigator) -> None:
    """The best hit meets every wanted term, and says by which narrower one."""
    answer = small.ask("small lesion segmentation in liver CT")
    assert ids(answer)[:2] == ["alpha", "alpha-two"]
    assert answer.match == "strong"
    assert "condition: lesion (liver tumor)" in answer.hits[0].reasons
    assert "trait: small targets" in answer.hits[1].misses


def test_scores_fall_and_stay_between_zero_and_one(small: Navigator) -> None:
    """A score is a similarity."""
    scores = [h.score for h in small.ask("liver segmentation").hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= s <= 1 for s in scores)


@FIXTURES_STAY
@given(question=QUESTIONS, top_k=st.integers(1, 5))
def test_top_k_is_a_prefix(small: Navigator, question: str, top_k: int) -> None:
    """Asking for one more hit changes none of the others, also where the engines propose but a few rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "POOL", 2)
        assert ids(small.ask(question, top_k=top_k + 1))[:top_k] == ids(small.ask(question, top_k=top_k))


@FIXTURES_STAY
@given(question=QUESTIONS)
def test_filters_only_remove(small: Navigator, question: str) -> None:
    """With a filter, the hits left are those without it, in the same order."""
    every, liver = small.ask(question, kinds=["dataset"]), small.ask(question, kinds=["dataset"], anatomy="liver")
    assert ids(liver) == [i for i in ids(every) if i in ("alpha", "alpha-two", "delta")]


@FIXTURES_STAY
@given(question=st.text(max_size=80))
def test_any_question_is_answered_the_same_twice(small: Navigator, question: str) -> None:
    """No text breaks asking; the same text gives the same answer."""
    if question.strip():
        assert small.ask(question).as_dict() == small.ask(question).as_dict()


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"modality": "CT"}, {"alpha", "alpha-two"}),
        ({"modality": "computed tomography"}, {"alpha", "alpha-two"}),
        ({"modality": ["CT"], "trait": "small targets"}, {"alpha"}),
        ({"condition": "lesion"}, {"alpha", "alpha-two"}),
        ({"min_cases": 1000}, {"gamma", "delta"}),
        ({"max_cases": 100}, {"beta"}),
        ({"since": "2021"}, {"alpha-two", "gamma"}),
        ({"until": 2017}, {"alpha"}),
        ({"venue": "MICCAI 2021"}, {"alpha-two"}),
        ({"licence": "cc by"}, {"alpha"}),
        ({"not_": "anatomy:liver"}, {"beta", "gamma", "retina"}),
        ({"not_": ["anatomy:liver", "anatomy:retina"]}, {"beta"}),
        ({"only": ["anatomy:liver", "trait:small targets"]}, {"alpha"}),
        ({"since": "2022", "modality": "CT"}, set()),
    ],
)
def test_filters_are_hard(small: Navigator, filters: dict[str, Any], expected: set[str]) -> None:
    """A filter is never relaxed; what is unknown does not satisfy it."""
    assert set(ids(small.ask("anything at all", kinds=["dataset"], **filters))) == expected


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"organ": "liver"}, "facet 'organ' is not known; facets: task, modality"),
        ({"modality": "XCT"}, "modality 'XCT' is not known .did you mean 'CT'"),
        ({"not_": "liver"}, "facet 'liver' is not known"),
        ({"min_cases": "many"}, "min_cases: found 'many', expected a number"),
        ({"min_cases": "9" * 400}, "min_cases: found .*, expected a number"),
        ({"min_cases": ["1", "2"]}, r"min_cases: found \['1', '2'\], expected one number"),
        ({"venue": ""}, "venue: found '', expected one text"),
        ({"kind": "dataset"}, "facet 'kind' is not known"),
        ({"not_": "kind:dataset"}, "facet 'kind' is not known"),
    ],
)
def test_wrong_filters_are_refused(small: Navigator, filters: dict[str, Any], message: str) -> None:
    """A filter that means nothing is an error, with what was meant if it can be guessed."""
    with pytest.raises(UsageError, match=message):
        small.ask("liver", **filters)


@pytest.mark.parametrize(("text", "top_k"), [("", 1), ("  ", 1), ("liver", 0)])
def test_empty_questions_are_refused(small: Navigator, text: str, top_k: int) -> None:
    """Nothing asked, nothing answered."""
    with pytest.raises(UsageError):
        small.ask(text, top_k=top_k)


def test_limits_in_the_question_filter(small: Navigator) -> None:
    """What the text demands acts as a filter does."""
    assert set(ids(small.ask("datasets with at least 1000 images"))) == {"gamma", "delta"}


def test_limits_nothing_satisfies_are_dropped_and_said(small: Navigator) -> None:
    """A limit of the question yields when nothing is left; notes and hits say so."""
    answer = small.ask("liver CT with more than 100k scans")
    assert ids(answer)[0] in ("alpha", "alpha-two")
    assert any("more than 100k scans" in note and "dropped" in note for note in answer.notes)
    assert "cases > 100000" in answer.hits[0].misses


def test_relaxing_drops_the_limit_that_frees_most() -> None:
    """Of two limits the one in the way goes; where no limit helps, all go."""
    far, near = Limit("cases", ">", 9.0, ""), Limit("cases", ">", 5.0, "")
    assert relax((near, far), lambda kept: 0.1 if far in kept else 0.9) == (near,)
    assert relax((near, far), lambda _: 0.1) == (near, far)
    assert relax((near, far), lambda _: 0.9) == (near, far)
    ruled_out = Limit("modality", "!=", "CT", "no CT")
    assert relax((ruled_out,), lambda kept: 0.1 if kept else 0.9) == (ruled_out,)


def test_the_kind_asked_for_is_what_comes(small: Navigator) -> None:
    """A question for a loss gets losses; a kind that is given overrides."""
    assert {h.kind for h in small.ask("which loss for hard examples").hits} == {"loss"}
    assert {h.kind for h in small.ask("which loss for hard examples", kinds=["method"]).hits} == {"method"}


@pytest.mark.parametrize("text", ["NetOne v2", "net-one", "netone V2"])
def test_a_name_finds_its_resource(small: Navigator, text: str) -> None:
    """However it is written, a name brings its resource, whatever its kind."""
    assert ids(small.ask(text))[0] == "netone"


def test_a_name_that_is_a_word_does_not_take_over(small: Navigator) -> None:
    """The set called Retina does not win a question that only mentions the retina."""
    assert ids(small.ask("retinal vessel segmentation on fundus photo of the retina"))[0] == "gamma"


def test_nothing_fits_is_said(small: Navigator) -> None:
    """Outside its world the catalog recommends nothing and names the hits as misses."""
    answer = small.ask("crop yield from satellites")
    assert answer.match == "none"
    assert answer.losses == answer.methods == ()
    assert "nothing in the catalog fits" in answer.notes[-1]


def test_a_kind_that_is_named_gives_ground(small: Navigator) -> None:
    """An everyday word is ground enough beside a named kind."""
    assert small.ask("which loss when it is rare").match != "none"


def test_a_name_that_is_ruled_out_does_not_come(small: Navigator) -> None:
    """Asking for another set than Alpha Liver does not bring Alpha Liver."""
    assert "alpha" in ids(small.ask("liver segmentation CT"))
    assert "alpha" not in ids(small.ask("liver segmentation CT other than Alpha Liver"))


def test_limits_alone_are_a_question(small: Navigator) -> None:
    """What satisfies every limit fits, if nothing else was asked."""
    assert small.ask("at least 100 cases").match == "strong"


def test_a_wanted_term_that_nothing_carries_is_said(small: Navigator) -> None:
    """The vocabulary knows more than the catalog holds: no set is for phase recognition, and the answer says so."""
    answer = small.ask("phase recognition on sonography frames of liver disease")
    assert "no dataset of the catalog has task 'phase recognition'" in answer.notes


class TestRecommendations:
    """Losses and baselines, from tables."""

    def test_losses_follow_task_and_trait(self, small: Navigator) -> None:
        """A trait that was asked for moves the order; another task brings other losses."""
        assert [r.id for r in small.ask("small lesion segmentation in liver CT").losses] == ["focus-loss", "overlap-loss"]
        assert [r.id for r in small.ask("segmentation of brain bleeding").losses] == ["overlap-loss", "focus-loss"]
        assert [r.id for r in small.ask("diagnosis of liver").losses] == ["entropy-loss"]

    def test_a_task_without_losses_uses_those_it_is_trained_as(self, small: Navigator) -> None:
        """Phase recognition is trained as classification."""
        assert [r.id for r in small.ask("phase recognition on sonography frames of liver disease").losses] == ["entropy-loss"]

    def test_each_has_reason_source_and_import_path(self, small: Navigator) -> None:
        """Nothing is recommended without saying why and on what ground."""
        overlap = small.ask("segmentation of brain bleeding").losses[0]
        assert overlap.reasons == ("overlap is what is reported",)
        assert overlap.evidence == ({"statement": "overlap is what is reported", "source": "definition"},)
        assert overlap.implementation == "torch.nn.BCELoss"
        assert overlap.cautions == ("avoid with: patches are empty",)

    def test_baselines_stand_by_their_results(self, small: Navigator) -> None:
        """Figures on the very data found come first; those of another task's metric do not count."""
        methods = small.ask("small lesion segmentation in liver CT").methods
        assert [m.id for m in methods] == ["netone", "nettwo"]
        assert methods[0].evidence[0] == {
            "value": 80.0, "metric": "DSC", "dataset": "Alpha tumour", "setting": "5-fold",
            "evidence": "controlled-benchmark", "source": "https://example.org/bench",
        }  # fmt: skip
        assert [e["metric"] for e in methods[1].evidence] == ["DSC"]

    def test_a_task_nobody_named_is_taken_from_the_data(self, small: Navigator) -> None:
        """A topic alone implies the task of most of its data, and the answer says so."""
        answer = small.ask("liver tumour CT")
        assert answer.losses
        assert any("no task named: segmentation assumed" in n for n in answer.notes)


class TestLookUps:
    """One resource, its like, and what there is to filter by."""

    @pytest.mark.parametrize("name", ["alpha", "Alpha Liver", "alv 17", "ALPHALIVER"])
    def test_a_resource_by_id_or_name(self, small: Navigator, name: str) -> None:
        """Ids, names and aliases all lead to the record."""
        assert small.resource(name).id == "alpha"

    def test_an_unknown_resource_names_near_ones(self, small: Navigator) -> None:
        """A slip gets a suggestion."""
        with pytest.raises(UsageError, match=r"'alpa' is not known \(did you mean alpha"):
            small.resource("alpa")

    def test_similar_leaves_the_resource_out(self, small: Navigator) -> None:
        """The like of a set are other sets, the nearest first."""
        hits = small.similar("alpha")
        assert hits[0].id == "alpha-two"
        assert "alpha" not in [h.id for h in hits]
        assert {h.kind for h in hits} == {"dataset"}

    def test_similar_takes_filters(self, small: Navigator) -> None:
        """Like this one, but MRI."""
        assert [h.id for h in small.similar("alpha", modality="MRI")] == ["beta"]

    def test_facets_count_narrower_terms_in(self, small: Navigator) -> None:
        """Counts are of resources that a filter would keep."""
        assert small.facets("condition")["condition"] == {"lesion": 2, "liver tumor": 2, "tumor": 2, "haemorrhage": 1}
        assert set(small.facets()) == {"task", "modality", "anatomy", "condition", "trait", "access", "dimension"}
        with pytest.raises(UsageError, match="facet 'organ' is not known"):
            small.facets("organ")


def test_relations_are_seen_from_both_ends(small: Navigator) -> None:
    """Sets that share data say so, whichever record states it."""
    relations = {h.id: h.relations for h in small.ask("liver tumour segmentation CT").hits}
    assert relations["alpha-two"] == ({"type": "version_of", "id": "alpha", "note": "contains the first edition"},)
    assert relations["alpha"][0]["type"] == "other_version"
    assert relations["alpha"][0]["id"] == "alpha-two"


def test_signals_make_the_score(small: Navigator) -> None:
    """The score is the weighted mean of its signals, pulled towards 1 by a name."""
    for hit in small.ask("Alpha Liver tumour segmentation CT").hits:
        weights = {s: w for s, w in ranking.WEIGHTS.items() if s in hit.signals and s != "name"}
        mean = sum(w * hit.signals[s] for s, w in weights.items()) / sum(weights.values())
        assert hit.score == pytest.approx(mean + ranking.WEIGHTS["name"] * hit.signals["name"] * (1 - mean), abs=1e-3)


def test_what_is_recommended_ranks_its_kind(small: Navigator) -> None:
    """Among losses, how well each is recommended for the problem counts as well."""
    hits = small.ask("liver tumour segmentation CT", kinds=["loss"]).hits
    weights = {s: w for s, w in ranking.WEIGHTS.items() if s != "name"}
    assert hits[0].signals["fit"] > hits[-1].signals["fit"]
    for hit in hits:
        mean = sum(w * hit.signals[s] for s, w in weights.items()) / sum(weights.values())
        assert hit.score == pytest.approx(mean, abs=1e-3)


def test_reprs_are_short(small: Navigator) -> None:
    """An object tells what it is in one line, and in a notebook as tables."""
    answer = small.ask("small lesion segmentation in liver CT")
    assert repr(small) == "<Navigator: 6 dataset, 3 loss, 3 method, 3 metric; word-hash>"
    assert repr(answer).startswith("<Answer strong: 6 hits (Alpha Liver, Alpha Liver 2,")
    assert '<a href="https://example.org/alpha">Alpha Liver</a>' in answer._repr_html_()


class TestRealCatalog:
    """The main job on what ships, with the real model."""

    def test_the_liver_question(self, real: Navigator) -> None:
        """The first question of the README, part by part."""
        answer = real.ask(LIVER)
        assert answer.match == "strong"
        assert {f: answer.query[f] for f in ("task", "modality", "anatomy", "condition", "trait")} == {
            "task": ["segmentation"], "modality": ["CT"], "anatomy": ["liver"], "condition": ["lesion"], "trait": ["small targets"],
        }  # fmt: skip
        assert "LiTS" in [h.name for h in answer.hits[:3]]
        assert all("segmentation" in real.resource(r.id).facets["task"] for r in answer.losses)
        assert all(r.reasons and (r.implementation or r.url) for r in answer.losses)
        nnunet = next(m for m in answer.methods if m.name == "nnU-Net")
        assert any(
            e["dataset"] == "LiTS" and e["metric"] == "DSC" and "github:MIC-DKFZ/nnUNet" in e["source"] for e in nnunet.evidence
        )

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("STUNet", "STU-Net"),
            ("the LiTS challenge", "LiTS"),
            ("眼底照片 糖尿病视网膜病变 分级", None),
            ("Lovasz softmax", "Lovász-Softmax Loss"),
        ],
    )
    def test_names_and_chinese(self, real: Navigator, text: str, name: str | None) -> None:
        """Names are found in any spelling; Chinese is understood."""
        answer = real.ask(text)
        assert answer.match != "none"
        assert name is None or answer.hits[0].name == name


def test_versions_of_one_set_are_shown_together(small: Navigator) -> None:
    """Text groups what is much the same data under the best of it; the hits stay flat."""
    answer = small.ask("liver tumour segmentation CT")
    shown = [line for line in render.lines(answer) if "[alpha" in line.text]
    assert {h.id for h in answer.hits[:2]} == {"alpha", "alpha-two"}
    assert [line.mark.strip() for line in shown] == ["1.", "≈ 2."]


@pytest.mark.parametrize(
    ("text", "facet", "term"),
    [
        ("medical question answering in Chinese", "language", "Chinese"),
        ("3D ultrasound", "dimension", "3D"),
        ("chest X-rays without registration", "access", "open"),
    ],
)
def test_what_is_named_in_full_binds_every_hit(real: Navigator, text: str, facet: str, term: str) -> None:
    """Language, dimensionality and access are conditions on data sets."""
    answer = real.ask(text)
    assert answer.query["limits"] == [f"{facet} = {term}"]
    assert all(term in real.resource(h.id).facets[facet] for h in answer.hits)


def test_people_and_places_are_no_language(real: Navigator) -> None:
    """Of what is said of scans, Chinese is at most a wish."""
    answer = real.ask("liver CT from Chinese hospitals")
    assert answer.query["limits"] == []
    assert "modality: CT" in answer.hits[0].reasons


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("edges come out sloppy, which objective helps?", "loss"),
        ("which criterion accepts soft targets rather than hard class ids", "loss"),
        ("what networks segment the liver", "method"),
        ("which software segments brain MRI", "toolbox"),
        ("where can I download neuroimaging data in BIDS format", "platform"),
        ("which images show diabetic retinopathy", "dataset"),
        ("small lesion segmentation in liver CT", "dataset"),
    ],
)
def test_the_kind_asked_for_is_shown(real: Navigator, text: str, kind: str) -> None:
    """The noun that the question asks with names the kind, wherever it stands."""
    assert real.ask(text, top_k=1).hits[0].kind == kind


def test_what_is_recommended_stands_in_the_order_of_the_hits(real: Navigator) -> None:
    """Where losses are asked for, the words of the question order both lists."""
    answer = real.ask("loss that takes integer class ids instead of one-hot labels", top_k=50)
    place = {h.id: n for n, h in enumerate(answer.hits)}
    places = [place[loss.id] for loss in answer.losses if loss.id in place]
    assert places == sorted(places)
    assert answer.losses[0].name == "Sparse Categorical Cross-Entropy"


def test_a_part_of_a_longer_term_is_met_with_it(real: Navigator) -> None:
    """Eye tracking of readers shows no eye, and misses none."""
    first = real.ask("eye tracking", top_k=1).hits[0]
    assert "modality: eye tracking" in first.reasons
    assert "anatomy: eye" not in first.misses


@pytest.mark.parametrize(
    "text",
    [
        "diabetic retinopathy in Chinese patients",
        "CT with slice-level labels",
        "leaderboards of liver segmentation without data use agreement",
        "二维而非三维的CT数据集",
    ],
)
def test_what_only_sounds_like_a_condition_leaves_hits(real: Navigator, text: str) -> None:
    """People are no language, labels no shape; a kind that states no access is not bound by it; Chinese may negate."""
    answer = real.ask(text)
    assert answer.match != "none"
    assert not [note for note in answer.notes if "dropped" in note]


def test_a_topic_beside_its_exclusion_is_no_certainty(real: Navigator) -> None:
    """A limit stands for all that is asked only where nothing else is."""
    assert real.ask("without registration", top_k=1).confidence == 1.0
    assert real.ask("CT but not MRI", top_k=1).confidence < 1.0


def test_ct_volumes_are_ct(real: Navigator) -> None:
    """A part of a term that only says what the data are like is not met with it."""
    answer = real.ask("CT volume of the liver")
    assert all("CT" in real.resource(h.id).facets["modality"] for h in answer.hits if "modality: CT" in h.reasons)


def test_a_hit_claims_no_limit_that_its_kind_cannot_meet(real: Navigator) -> None:
    """Collections come beside data sets in 3D, but state no dimension."""
    hits = real.ask("survey papers on 3D segmentation", top_k=400).hits
    assert {h.kind for h in hits} == {"collection", "dataset"}
    assert not [h for h in hits if h.kind == "collection" and any("dimension" in reason for reason in h.reasons)]
