"""Words of several meanings, on the real catalog: the words around decide, and what is undecided is said."""

from __future__ import annotations

import pytest

from navsearch import Navigator
from navsearch.meanings import NO_USAGE, resolve
from navsearch.terms import Facet, Term
from navsearch.vocabulary import Vocabulary
from navsearch.words import words


@pytest.mark.parametrize(
    ("text", "facet", "term"),
    [
        ("PE in CTPA", "condition", "pulmonary embolism"),
        ("PE on chest x-ray", "condition", "pleural effusion"),
        ("AD and cognition on brain MRI", "condition", "Alzheimer disease"),
        ("OD and OC in fundus photographs", "anatomy", "optic disc"),
        ("DR in chest X-rays", "modality", "X-ray"),
        ("DR in fundus photos", "condition", "diabetic retinopathy"),
        ("BC in cystoscopy", "condition", "bladder cancer"),
        ("BC histopathology", "condition", "breast cancer"),
        ("post-MI scar in LGE MRI", "condition", "myocardial infarction"),
    ],
)
def test_the_words_around_decide(real: Navigator, text: str, facet: str, term: str) -> None:
    """A short form means what keeps it company in the catalog."""
    assert term in real.ask(text, top_k=1).query[facet]


def test_the_meanings_not_taken_are_said(real: Navigator) -> None:
    """The answer tells how it read a short form, and how else one could."""
    answer = real.ask("PE in CTPA", top_k=1)
    read = next(item for item in answer.query["ambiguous"] if item["found"] == "PE")
    assert read["read_as"] == ["pulmonary embolism"]
    assert "pleural effusion" in read["could_be"]
    assert any(note.startswith("read 'PE' as pulmonary embolism; it may also mean") for note in answer.notes)


def test_without_context_all_meanings_stay(real: Navigator) -> None:
    """One word alone is a hint at each of its meanings, and rows of any of them are found."""
    answer = real.ask("PE")
    assert {"pulmonary embolism", "pleural effusion"} <= set(answer.query["condition"])
    assert any("name it in full" in note for note in answer.notes)
    assert answer.hits[0].score > 0.3


@pytest.mark.parametrize("text", ["an awful mess", "either or", "lesions of 3 mm", "clips of surgery"])
def test_common_words_and_units_are_no_short_forms(real: Navigator, text: str) -> None:
    """What merely shares letters or a stem with a short form is not read as one."""
    assert real.ask(text, top_k=1).query["ambiguous"] == []


def test_a_sure_term_on_the_same_word_wins() -> None:
    """Where a word surely names one thing, it hints at no other."""
    facets = [
        Facet("modality", "modality", {"MRI": Term("MRI", synonyms=("MR",))}),
        Facet("condition", "condition", {"mitral regurgitation": Term("mitral regurgitation", ambiguous=("MR",))}),
    ]
    text = "brain MR"
    tags, _ = resolve(Vocabulary(facets).tags(text), words(text), NO_USAGE)
    assert [t.term for t in tags] == ["MRI"]
