"""The vocabulary: text to tags, one function for questions and records.

Matching is longest first within each facet; different facets may share words, so that "lung cancer" is a condition and names
an organ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from navsearch.surface import COMPOUND, Phrase, Surface, exact_key
from navsearch.terms import Facet, Term
from navsearch.words import Word, has_han, stem, words

_LAST = 99
_CLOSURES = 65536  # sets of broader terms that are kept
_TEXTS = 8  # texts whose words are kept, as one is read for several things


class Tag(NamedTuple):
    """A term found in a text: in which facet, by which words of it, where (word positions), how surely (0..1); and whether
    by a word that other terms may share."""

    facet: str
    term: str
    matched: str
    start: int
    end: int
    strength: float
    ambiguous: bool = False

    def contains(self, other: Tag) -> bool:
        """Whether it takes all words of `other` and more."""
        return self.start <= other.start and other.end <= self.end and self.end - self.start > other.end - other.start


class Vocabulary:
    """All facets with their terms, and the finder of terms in text. `surface` says how they are written, by default as they
    state it."""

    def __init__(self, facets: Iterable[Facet], surface: Surface | None = None) -> None:
        self.facets: dict[str, Facet] = {f.name: f for f in sorted(facets, key=lambda f: f.more.get("order", _LAST))}
        self.surface = surface or Surface(self.facets.values())
        self.broader = lru_cache(maxsize=_CLOSURES)(self._broader)
        self._starting = lru_cache(maxsize=_TEXTS)(self._phrases_of)

    @classmethod
    def from_dicts(cls, tables: Iterable[Mapping[str, Any]]) -> Vocabulary:
        """Build from the parsed files of catalog/vocabulary/."""
        return cls(map(Facet.of, tables))

    def as_dicts(self) -> list[dict[str, Any]]:
        """The inverse of `from_dicts`."""
        return [f.as_dict() for f in self.facets.values()]

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """The facets that questions can wish for and filters name, in order."""
        return tuple(f for f, facet in self.facets.items() if facet.searched)

    def term(self, facet: str, name: str) -> Term | None:
        """The term called `name` in `facet`, None if either is unknown."""
        found = self.facets.get(facet)
        return found.terms.get(name) if found else None

    def find(self, facet: str, text: str) -> str | None:
        """The term of `facet` that `text` names exactly, by its own name or a synonym, in any case; None if none does."""
        return self.surface.exact.get(facet, {}).get(exact_key(text))

    def _broader(self, facet: str, name: str) -> tuple[str, ...]:
        """`name` and its broader terms, nearest first."""
        chain: list[str] = []
        current: str | None = name
        while current is not None and current not in chain:
            chain.append(current)
            term = self.term(facet, current)
            current = term.broader if term else None
        return tuple(chain)

    def closure(self, facet: str, names: Iterable[str]) -> frozenset[str]:
        """`names` with all their broader terms."""
        return frozenset(b for n in names for b in self.broader(facet, n))

    def tags(self, text: str, facets: Collection[str] | None = None) -> list[Tag]:
        """The terms that `text` names, of `facets` if given: by facet, then by place; longest match first, no word used
        twice in a facet but by the meanings of an ambiguous one."""
        wanted = self.facets.keys() if facets is None else facets
        found, starting = self._starting(text)
        named = {facet for place in starting for facet in place.facets}
        in_order = (facet for facet in self.facets if facet in named and facet in wanted)
        tags = [t for facet in in_order for t in _facet_tags(facet, starting, found, text)]
        return tags + ([t for t in self._han_tags(text) if t.facet in wanted] if has_han(text) else [])

    def _phrases_of(self, text: str) -> tuple[list[Word], list[_Starting]]:
        """The words of `text`, and what may begin at each."""
        found = words(text)
        return found, [_Starting(self.surface, found, place) for place in range(len(found))]

    @property
    def known_words(self) -> frozenset[str]:
        """Every folded word that occurs in a term or synonym."""
        return self.surface.words

    @property
    def known_stems(self) -> frozenset[str]:
        """Every stem that occurs in a term or synonym."""
        return self.surface.stems

    def _han_tags(self, text: str) -> list[Tag]:
        tags, left = [], text
        for zh, facet, term in self.surface.han:
            if zh in left:
                tags.append(Tag(facet, term, zh, -1, -1, 1.0))
        return _without_contained(tags)


class _Starting:
    """The phrases that may begin at one place of a text, by facet."""

    def __init__(self, surface: Surface, found: Sequence[Word], place: int) -> None:
        self._found, self._place = found, place
        self._phrases = surface.phrases(found[place].stem)
        joined = stem("".join(w.folded for w in found[place : place + 2]))
        self._compounds = surface.phrases(joined) if len(joined) >= COMPOUND else {}

    @property
    def facets(self) -> Iterable[str]:
        """Those with phrases that may begin here."""
        return (*self._phrases, *self._compounds)

    def longest(self, facet: str) -> tuple[list[Phrase], int]:
        """The longest phrase that is there (all its meanings if it is ambiguous), and how many words it takes, one if there is
        none; a compound may be written apart."""
        phrases = self._phrases.get(facet, ())
        for phrase in phrases:
            if length := phrase.length(self._found, self._place):
                return _meanings(phrase, phrases), length
        compound = [p for p in self._compounds.get(facet, ()) if len(p.stems) == 1]
        return compound[:1], 1 + bool(compound)


def _facet_tags(facet: str, starting: Sequence[_Starting], found: Sequence[Word], text: str) -> Iterable[Tag]:
    place = 0
    while place < len(found):
        hits, length = starting[place].longest(facet)
        end = place + length
        written = text[found[place].start : found[end - 1].end]
        yield from (Tag(facet, hit.term, written, place, end, hit.strength, hit.ambiguous) for hit in hits)
        place = end


def _meanings(phrase: Phrase, alike: Sequence[Phrase]) -> list[Phrase]:
    """`phrase`, and if it is ambiguous, all that are written alike."""
    others = (p for p in alike if p.ambiguous and p.stems == phrase.stems and p.term != phrase.term)
    return [phrase, *(others if phrase.ambiguous else ())]


def _without_contained(tags: list[Tag]) -> list[Tag]:
    """Drop the tags of a facet whose matched text lies within a longer match of the same facet."""
    return [t for t in tags if not any(t.facet == o.facet and t.matched != o.matched and t.matched in o.matched for o in tags)]
