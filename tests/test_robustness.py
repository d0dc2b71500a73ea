"""How a question is dressed does not change what comes first."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable

import pytest

from conftest import ROOT
from navsearch import Navigator
from navsearch.evaluate import Judged, read_judged

Change = Callable[[str, random.Random], str]


def with_typo(text: str, chance: random.Random) -> str:
    """Drop, swap or add a letter inside one longer word."""
    long = re.findall(r"[A-Za-z]{5,}", text)
    if not long:
        return text
    word = chance.choice(long)
    at = chance.randrange(1, len(word) - 1)
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + chance.choice(string.ascii_lowercase) + word[at:],
    )
    return text.replace(word, chance.choice(slips), 1)


def reordered(text: str, chance: random.Random) -> str:
    parts = text.split()
    chance.shuffle(parts)
    return " ".join(parts)


CHANGES: dict[str, Change] = {
    "upper case": lambda text, _: text.upper(),
    "lower case": lambda text, _: text.lower(),
    "a typo": with_typo,
    "reordered": reordered,
    "a sentence around": lambda text, _: f"Hello, I am looking for help with the following: {text} Thank you very much.",
}


@pytest.fixture(scope="module")
def questions() -> list[Judged]:
    return [q for q in read_judged(ROOT / "evaluation/dev.jsonl") if q.relevant]


@pytest.mark.parametrize("change", CHANGES)
def test_the_first_hit_stays(real: Navigator, questions: list[Judged], change: str) -> None:
    """In nine of ten questions the best hit survives."""
    chance = random.Random(7)  # noqa: S311
    kept = 0
    for question in questions:
        changed = real.ask(CHANGES[change](question.query, chance), top_k=1).hits
        kept += bool(changed) and changed[0].id == real.ask(question.query, top_k=1).hits[0].id
    assert kept / len(questions) >= 0.9
