"""Words that mean the same meet in one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navsearch.words import content_stems, has_han, key, stems, words


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("tumour", "tumor"), ("oedema", "edema"), ("haemorrhage", "hemorrhage"), ("oesophagus", "esophagus"),
        ("leukaemia", "leukemia"), ("colour", "color"), ("centre", "center"), ("labelled", "labeled"),
        ("localisation", "localization"), ("foetal", "fetal"), ("paediatric", "pediatric"), ("grey", "gray"),
        ("anaesthesia", "anesthesia"), ("analyse", "analyze"), ("modelling", "modeling"),
    ],
)  # fmt: skip
def test_british_and_american_spelling_fold_alike(british: str, american: str) -> None:
    """Both spellings of a word have the same stem."""
    assert stems(british) == stems(american)


@pytest.mark.parametrize(
    ("one", "other"), [("four", "for"), ("noise", "nose"), ("case", "cause"), ("poem", "pen"), ("hour", "her")]
)
def test_folding_keeps_words_apart(one: str, other: str) -> None:
    """Different words stay different."""
    assert stems(one) != stems(other)


def test_inflections_share_a_stem() -> None:
    """Plural and participle meet the noun."""
    assert stems("segmenting lesions") == stems("segmentation lesion")


@pytest.mark.parametrize(
    ("disease", "organ"), [("retinitis", "retina"), ("prostatitis", "prostate"), ("nephropathy", "nephron")]
)
def test_diseases_are_not_their_organs(disease: str, organ: str) -> None:
    """The ending that names a disease is kept."""
    assert stems(disease) == (disease,) != stems(organ)


def test_hyphens_part_words() -> None:
    """A hyphenated compound is two words, so both ways of writing it match."""
    assert stems("contrast-enhanced CT") == stems("contrast enhanced CT")


def test_positions_point_into_the_text() -> None:
    """Each word knows where it stands."""
    text = "Liver-CT, 3D!"
    assert [text[w.start : w.end] for w in words(text)] == [w.raw for w in words(text)] == ["Liver", "CT", "3D"]


def test_stop_words_carry_no_content() -> None:
    """Words of every question are left out of what is matched."""
    assert content_stems("what is there for the liver") == ["liver"]


def test_key_ignores_writing() -> None:
    """Names that differ only in case, accents, blanks and hyphens have one key."""
    assert key("STU-Net") == key("stunet") == key("StU net")
    assert key("Lovász") == key("lovasz")


def test_han_is_noticed() -> None:
    """Chinese characters are told from Latin ones."""
    assert has_han("肝脏 CT")
    assert not has_han("liver CT")


@given(st.text(max_size=300))
def test_words_never_fail(text: str) -> None:
    """Any text has words, each of them inside it."""
    assert all(text[w.start : w.end] == w.raw for w in words(text))
