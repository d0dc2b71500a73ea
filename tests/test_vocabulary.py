"""Text to tags."""

from __future__ import annotations

import pytest

from navsearch.catalog import Catalog
from navsearch.terms import WEAK
from navsearch.vocabulary import Vocabulary


def found(vocabulary: Vocabulary, text: str) -> set[tuple[str, str]]:
    return {(t.facet, t.term) for t in vocabulary.tags(text)}


def test_longest_match_wins_within_a_facet(small_catalog: Catalog) -> None:
    """ "contrast-enhanced CT" is that term, not CT besides."""
    assert found(small_catalog.vocabulary, "contrast-enhanced CT") == {("modality", "contrast-enhanced CT")}


def test_facets_share_words(small_catalog: Catalog) -> None:
    """ "liver cancer" is a condition and names the organ."""
    assert found(small_catalog.vocabulary, "liver cancer") == {("condition", "liver tumor"), ("anatomy", "liver")}


def test_weak_synonyms_only_hint(small_catalog: Catalog) -> None:
    """An everyday word has half the strength of a term."""
    strengths = {t.term: t.strength for t in small_catalog.vocabulary.tags("small liver")}
    assert strengths == {"small targets": WEAK, "liver": 1.0}


def test_shouted_abbreviations_need_capitals(small_catalog: Catalog) -> None:
    """ "US" is ultrasound, "us" are we."""
    assert ("modality", "ultrasound") in found(small_catalog.vocabulary, "liver US")
    assert ("modality", "ultrasound") not in found(small_catalog.vocabulary, "tell us of the liver")


@pytest.mark.parametrize("text", ["contrast-enhanced CT", "contrast enhanced CT", "ultra-sound", "ultra sound", "ultrasound"])
def test_compounds_are_found_however_written(small_catalog: Catalog, text: str) -> None:
    """Open, hyphenated and closed forms of a compound are one."""
    assert {f for f, _ in found(small_catalog.vocabulary, text)} == {"modality"}


def test_chinese_names_are_found(small_catalog: Catalog) -> None:
    """Chinese names need no blanks around them."""
    assert found(small_catalog.vocabulary, "肝脏CT分割") >= {("anatomy", "liver"), ("task", "segmentation")}


def test_broader_terms_are_closed_over(small_catalog: Catalog) -> None:
    """A narrower term implies all broader ones."""
    assert small_catalog.vocabulary.closure("condition", ["liver tumor"]) == {"liver tumor", "tumor", "lesion"}


@pytest.mark.parametrize(("text", "term"), [("hepatic", "liver"), ("LIVER", "liver"), ("livers", "liver"), ("kidney", None)])
def test_find_names_a_term_exactly(small_catalog: Catalog, text: str, term: str | None) -> None:
    """Filters accept a term's name and synonyms in any case, and nothing else."""
    assert small_catalog.vocabulary.find("anatomy", text) == term


def test_dict_form_is_lossless(small_catalog: Catalog) -> None:
    """What the index stores of the vocabulary is the vocabulary."""
    stored = small_catalog.vocabulary.as_dicts()
    assert Vocabulary.from_dicts(stored).as_dicts() == stored


def test_adding_a_facet_is_data_only(small_catalog: Catalog) -> None:
    """A facet that no code knows is found in text like any other."""
    tables = [*small_catalog.vocabulary.as_dicts(), {"facet": "colour", "terms": {"red": {"synonyms": ["crimson"]}}}]
    assert ("colour", "red") in found(Vocabulary.from_dicts(tables), "a crimson liver")
