"""The limits that a question states: on numbers and years, and on venues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from navsearch.limits import YEAR, Limit
from navsearch.vocabulary import Vocabulary
from navsearch.words import negated, words


def stated(text: str, vocabulary: Vocabulary) -> Iterator[tuple[Limit, str]]:
    """All limits on numbers, years and venues that `text` states, each with the words that say it. Years beside a venue are
    those of its editions ("ISBI challenges since 2018")."""
    named = list(venues(text, vocabulary))
    if any(char.isdigit() for char in text):  # without a digit there is no number, and nothing to look for them with
        from navsearch.counting import counts, scattered, years

        yield from list(counts(text)) or scattered(text)
        for limit, said in years(text):
            yield (replace(limit, field="edition") if any(v.op == "=" for v, _ in named) else limit), said
    yield from named


def venues(text: str, vocabulary: Vocabulary) -> Iterator[tuple[Limit, str]]:
    """The venues that `text` names or rules out, with their year where one follows; "MICCAI 2022 onwards" leaves the year
    to `years`."""
    found = words(text)
    for tag in (t for t in vocabulary.tags(text, ("venue",)) if t.start >= 0):
        start, end = found[tag.start].start, found[tag.end - 1].end
        match = _VENUE_YEAR.match(text, end)
        op = "!=" if negated(found, tag.start) else "="
        said = text[start : match.end() if match else end]
        yield Limit("venue", op, f"{tag.term} {match[1]}" if match else tag.term, said), said if match else ""


_VENUE_YEAR = re.compile(rf"['’\s-]{{0,3}}{YEAR}(?!\s?(?:onwards?|(?:or|and) (?:later|newer|after)))", re.IGNORECASE)
