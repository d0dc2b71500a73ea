"""What a word of several meanings (MI, edema) means in a question: what keeps company, in the catalog, with the rest of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from navsearch.terms import WEAK
from navsearch.vocabulary import Tag
from navsearch.words import CHATTY_STEMS, STOP_WORDS, Word


class Usage(Protocol):
    """How a catalog uses words and terms."""

    @property
    def frequency(self) -> Mapping[str, int]:
        """In how many records each stem occurs."""

    @property
    def name_words(self) -> frozenset[str]:
        """Every folded word of the resources' names."""

    @property
    def lexicon(self) -> frozenset[str]:
        """Common words of the language, in small letters."""

    def company(self, first: Tag | str, second: Tag | str) -> float:
        """How much more often two terms or stems occur in one record than by chance: 1 as often."""


@dataclass(frozen=True, slots=True)
class NoUsage:
    """The usage of no catalog at all."""

    frequency: Mapping[str, int] = field(default_factory=dict)
    name_words: frozenset[str] = frozenset()
    lexicon: frozenset[str] = frozenset()

    def company(self, first: Tag | str, second: Tag | str) -> float:  # noqa: ARG002
        """Chance."""
        return 1.0


NO_USAGE = NoUsage()


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A word of several meanings in a question: those taken, and the others it may have."""

    found: str
    read_as: tuple[str, ...]
    others: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return {"found": self.found, "read_as": list(self.read_as), "could_be": list(self.others)}

    def __str__(self) -> str:
        if not self.others:
            return f"{self.found!r} may mean {' or '.join(self.read_as)}: name it in full to say which"
        return f"read {self.found!r} as {', '.join(self.read_as)}; it may also mean {', '.join(self.others)}"


def resolve(tags: Sequence[Tag], found: Sequence[Word], usage: Usage) -> tuple[list[Tag], tuple[Ambiguity, ...]]:
    """`tags`, of the words `found`, with each ambiguous one read as the meaning that the rest of the question speaks for,
    and what was ambiguous.

    A meaning that is spoken for is as sure as a full name. If none is, all stay, as hints.
    """
    kept, ambiguous = [t for t in tags if not t.ambiguous], []
    for meanings in _by_place(t for t in tags if t.ambiguous and not _measures(t, found)):
        sure = [t for t in kept if t.strength > WEAK and (t.start, t.end) == (meanings[0].start, meanings[0].end)]
        taken = _spoken_for([*sure, *meanings], _context(meanings[0], kept, found), usage) or sure or meanings
        kept += (t for t in taken if t not in sure)
        if len(meanings) > 1:
            others = tuple(t.term for t in meanings if t.term not in {x.term for x in taken})
            ambiguous.append(Ambiguity(meanings[0].matched, tuple(t.term for t in taken), others))
    places = {(t.facet, t.start): place for place, t in reversed(list(enumerate(tags)))}
    return sorted(kept, key=lambda t: places[t.facet, t.start]), tuple(ambiguous)


def _measures(tag: Tag, found: Sequence[Word]) -> bool:
    """Whether the word is a unit: 3 mm, 12 cm."""
    return tag.start > 0 and found[tag.start - 1].raw.isdecimal() and found[tag.start].raw.islower()


def _context(tag: Tag, tags: Sequence[Tag], found: Sequence[Word]) -> list[Tag | str]:
    """What stands beside `tag`: the terms surely named, and the content words that name none."""
    sure = [t for t in tags if t.strength > WEAK and not _overlap(t, tag)]
    named = {place for t in (*sure, tag) for place in range(t.start, t.end)}
    others = (w for place, w in enumerate(found) if place not in named)
    return [*sure, *(w.stem for w in others if w.folded not in STOP_WORDS and w.stem not in CHATTY_STEMS)]


def _spoken_for(meanings: Sequence[Tag], context: Sequence[Tag | str], usage: Usage) -> list[Tag]:
    """The meaning with the most company in `context`, made sure; none if no meaning has more than chance."""
    company = [support(tag, context, usage) for tag in meanings]
    best = max(company)
    return [meanings[company.index(best)]._replace(strength=1.0)] if best > 0 else []


def support(item: Tag | str, context: Iterable[Tag | str], usage: Usage) -> float:
    """How much speaks for a term or stem: over what of `context` keeps it company more than by chance, the sum of log2 of
    how much more."""
    return sum(math.log2(max(1.0, usage.company(item, other))) for other in context)


def _by_place(tags: Iterable[Tag]) -> Iterator[list[Tag]]:
    places: dict[int, list[Tag]] = {}
    for tag in tags:
        places.setdefault(tag.start, []).append(tag)
    yield from places.values()


def _overlap(tag: Tag, other: Tag) -> bool:
    return tag.start < other.end and other.start < tag.end
