"""What a question asks for."""

from __future__ import annotations

from copy import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navsearch.catalog import Catalog
from navsearch.index import Index
from navsearch.limits import Limit
from navsearch.meanings import NoUsage
from navsearch.query import Query, understand


def limits(query: Query) -> list[str]:
    return [str(limit) for limit in query.limits]


def test_terms_are_understood_by_facet(small_catalog: Catalog) -> None:
    """A question is tags, and the words nothing explains."""
    query = understand("small lesion segmentation in hepatic CT with fibrosis", small_catalog.vocabulary)
    assert query.terms("task") == ("segmentation",)
    assert query.terms("anatomy") == ("liver",)
    assert query.terms("trait") == ("small targets",)
    assert query.leftover == ("fibrosis",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CT with at least 1000 scans", ["cases >= 1000"]),
        ("more than 20k images", ["cases > 20000"]),
        ("1,000+ cases", ["cases >= 1000"]),
        ("fewer than 50 patients", ["cases < 50"]),
        ("up to 3 classes", ["classes <= 3"]),
        ("more than 10 classes", ["classes > 10"]),
        ("500 scans or more", ["cases >= 500"]),
        ("not more than 30 patients", ["cases <= 30"]),
        ("COVID-19 in 2000 patients", []),
        ("lesions under 5 mm on scans", []),
        ("at least 2,3,4 classes", []),
        ("1 " * 2000, []),
        ("no later than 2020", ["year <= 2020"]),
        ("not before 2018", ["year >= 2018"]),
        ("from 2018 to 2021", ["year >= 2018", "year <= 2021"]),
        ("2018-2021", ["year >= 2018", "year <= 2021"]),
        ("since 2019 and before 2022", ["year >= 2019", "year < 2022"]),
        ("not from MICCAI", ["venue != MICCAI"]),
        ("not MICCAI 2022", ["venue != MICCAI 2022"]),
        ("between 100 and 200 scans", ["cases >= 100", "cases <= 200"]),
        ("with 50-200 cases", ["cases >= 50", "cases <= 200"]),
        ("from 50 to 200 images", ["cases >= 50", "cases <= 200"]),
        ("at least 100 chest CT scans", ["cases >= 100"]),
        ("released since 2020", ["year >= 2020"]),
        ("from 2023 or later", ["year >= 2023"]),
        ("before 2015", ["year < 2015"]),
        ("published in 2019", ["year = 2019"]),
        ("in 2023 or 2021", ["year >= 2021", "year <= 2023"]),
        ("in 2022 or 2023", ["year >= 2022", "year <= 2023"]),
        ("between 2015 and 2018", ["year >= 2015", "year <= 2018"]),
        ("MICCAI 2022 challenges", ["venue = MICCAI 2022"]),
        ("from MICCAI 2022 onwards", ["edition >= 2022", "venue = MICCAI"]),
        ("7T MRI of 2 hemispheres", []),
        ("images: more than 3000", ["cases > 3000"]),
        ("scans at least 1000", ["cases >= 1000"]),
        ("10 or 20 scans, at least", []),
        ("3D CT", []),
    ],
)
def test_limits_are_read(small_catalog: Catalog, text: str, expected: list[str]) -> None:
    """Numbers, years and venues become limits; numbers that compare nothing do not."""
    assert limits(understand(text, small_catalog.vocabulary)) == expected


@pytest.mark.parametrize("text", ["liver not MRI", "liver without MRI", "liver excluding any MRI", "liver except for MR"])
def test_negation_excludes(small_catalog: Catalog, text: str) -> None:
    """What is ruled out is no wish but a limit."""
    query = understand(text, small_catalog.vocabulary)
    assert query.terms("modality") == ()
    assert Limit("modality", "!=", "MRI", query.excluded[0].matched) in query.limits


@pytest.mark.parametrize("text", ["liver CT without any MRI labels", "no MRI annotations for liver"])
def test_what_is_ruled_out_is_the_head_of_the_phrase(small_catalog: Catalog, text: str) -> None:
    """MRI without labels is MRI all the same."""
    query = understand(text, small_catalog.vocabulary)
    assert "MRI" in query.terms("modality")
    assert query.excluded == ()


@pytest.mark.parametrize("text", ["excluding CT and MRI liver", "neither CT nor MRI", "liver without CT, MR or ultrasound"])
def test_exclusion_reaches_what_is_joined(small_catalog: Catalog, text: str) -> None:
    """What is ruled out together is ruled out wholly."""
    query = understand(text, small_catalog.vocabulary)
    assert {"CT", "MRI"} <= {t.term for t in query.excluded}
    assert query.terms("modality") == ()


@pytest.mark.parametrize("text", ["non-small cell liver cancer", "no images", "CT and liver, not small"])
def test_everyday_words_exclude_nothing(small_catalog: Catalog, text: str) -> None:
    """A hint that is negated is no wish and no limit."""
    query = understand(text, small_catalog.vocabulary)
    assert query.limits == ()
    assert query.terms("trait") == ()


@pytest.mark.parametrize("text", ["liver CT, nothing MR-based", "liver CT minus MRI", "liver in anything but MRI"])
def test_further_words_exclude(small_catalog: Catalog, text: str) -> None:
    """What rules out says so in many ways."""
    assert [t.term for t in understand(text, small_catalog.vocabulary).excluded] == ["MRI"]


@pytest.mark.parametrize("text", ["found nothing for MRI so far", "I have nothing on MRI"])
def test_to_have_nothing_rules_nothing_out(small_catalog: Catalog, text: str) -> None:
    """Who has found nothing wants it."""
    assert understand(text, small_catalog.vocabulary).excluded == ()


@pytest.mark.parametrize("text", ["MRI or no MRI", "with MRI and without MRI", "with or without MRI"])
def test_what_may_be_or_not_be_is_not_ruled_out(small_catalog: Catalog, text: str) -> None:
    """To have some of each is to have it."""
    assert understand(text, small_catalog.vocabulary).excluded == ()


def test_misspelt_words_are_corrected_and_said(small_catalog: Catalog) -> None:
    """A slip of the pen in an unknown word is mended, once, and told."""
    query = understand("segmantation of the livr in ultrasuond", small_catalog.vocabulary)
    assert query.corrected == (("segmantation", "segmentation"), ("ultrasuond", "ultrasound"))
    assert query.terms("modality") == ("ultrasound",)


def test_known_words_are_never_corrected(small_catalog: Catalog) -> None:
    """A word that occurs in the catalog stays, however near a term it is."""
    assert understand("lever", small_catalog.vocabulary, NoUsage({"lever": 1})).corrected == ()
    assert understand("livers livest", small_catalog.vocabulary, NoUsage({"livest": 1})).corrected == ()


def test_common_words_are_corrected_only_in_fitting_company(small_index: Index) -> None:
    """A word of the language is a slip of the pen only beside words that speak for it."""
    usage = copy(small_index)
    usage.lexicon = frozenset({"lever"})
    assert understand("lever and pulley", usage.vocabulary, usage).corrected == ()
    assert understand("lever tumour CT", usage.vocabulary, usage).corrected == (("lever", "liver"),)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("which loss for small lesions", ("loss",)),
        ("liver images", ("dataset",)),
        ("I want to see images of the liver", ()),
        ("loss function for liver images", ("loss",)),
        ("liver", ()),
        ("datasets and baselines for liver", ("dataset", "method")),
        ("small images for liver CT", ("dataset",)),
        ("any images to outline the liver", ("dataset",)),
        ("do my images outline the liver", ()),
    ],
)
def test_kinds_are_understood(small_catalog: Catalog, text: str, kinds: tuple[str, ...]) -> None:
    """A kind that is named is wanted; an everyday word does so only at the head of a noun phrase."""
    assert understand(text, small_catalog.vocabulary).kinds == kinds


def test_chinese_is_put_into_english_for_the_engines(small_catalog: Catalog) -> None:
    """The engines read English; Latin words of a mixed question stay."""
    query = understand("肝脏CT分割", small_catalog.vocabulary)
    assert set(query.search_text.split()) == {"CT", "liver", "segmentation"}


@given(st.text(max_size=400))
def test_understand_never_raises_and_repeats_itself(small_catalog: Catalog, text: str) -> None:
    """Any text is understood as something, and always as the same."""
    assert understand(text, small_catalog.vocabulary) == understand(text, small_catalog.vocabulary)


@pytest.mark.parametrize(
    "text", ["", " ", "\x00\x1f", "肝" * 5000, "a" * 10000, "at least", "not", "1" * 400 + " cases", "over 1e999 images"]
)
def test_hostile_texts_are_understood(small_catalog: Catalog, text: str) -> None:
    """Empty, endless and broken texts raise nothing."""
    assert understand(text, small_catalog.vocabulary).text == text


def test_no_condition_is_read_into_a_word_that_names_something_else(real_catalog: Catalog) -> None:
    """Registration of images needs no registration with a site; a site that needs one does."""
    vocabulary = real_catalog.vocabulary
    assert understand("brain MRI registration", vocabulary).terms("access") == ()
    assert understand("brain MRI registration", vocabulary).terms("task") == ("registration",)
    assert "registration" in understand("brain MRI, registration required", vocabulary).terms("access")
