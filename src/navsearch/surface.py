"""How the terms of a vocabulary are written: the phrases that name them, by their first stem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from navsearch.terms import WEAK, Facet, Term
from navsearch.words import ARTICLES, STOP_WORDS, Word, fold, stem, words

COMPOUND = 7  # letters of a compound that may be written apart or together; shorter ones meet by chance


class Phrase(NamedTuple):
    """One way to write a term."""

    stems: tuple[str, ...]
    term: str
    strength: float
    ambiguous: bool
    letters: str | None  # of a short form: the letters it must consist of, as other words share its stem (AW, awful)
    shout: str | None  # the exact capitals it must be written in, where in small letters it is a common word

    def length(self, found: Sequence[Word], place: int) -> int:
        """How many words this phrase takes at `place`, articles within it passed over; 0 if it is not there."""
        first, end = found[place], place
        for stem_ in self.stems:
            while end > place and end < len(found) and found[end].folded in ARTICLES and found[end].stem != stem_:
                end += 1
            if end >= len(found) or found[end].stem != stem_:
                return 0
            end += 1
        spelt = self.letters is None or first.folded in (self.letters, f"{self.letters}s")
        return end - place if spelt and self.shout in (None, first.raw) else 0


class Surface:
    """All words of a vocabulary. What is asked for is made once; an index keeps it (see index.StoredSurface)."""

    def __init__(self, facets: Iterable[Facet]) -> None:
        self._facets = tuple(facets)

    def phrases(self, first: str) -> Mapping[str, Sequence[Phrase]]:
        """The phrases that begin with the stem `first`, by facet: longest first, the weakest of equals first."""
        return self.by_stem.get(first, {})

    @cached_property
    def by_stem(self) -> Mapping[str, Mapping[str, Sequence[Phrase]]]:
        """All phrases, by first stem and facet."""
        table: dict[str, dict[str, list[Phrase]]] = {}
        for facet, term, phrase, strength in self._written():
            parts = words(phrase)
            for stems in _spellings(phrase, parts):
                made = Phrase(stems, term.name, strength, phrase in term.ambiguous, *_short_form(parts))
                table.setdefault(stems[0], {}).setdefault(facet, []).append(made)
        for entries in (e for by_facet in table.values() for e in by_facet.values()):
            entries.sort(key=lambda e: (-len(e.stems), e.strength))  # one declared weak in any form is weak in all
        return table

    @cached_property
    def exact(self) -> Mapping[str, Mapping[str, str]]:
        """The term that a text names exactly, by facet and `exact_key` of the text."""
        table: dict[str, dict[str, str]] = {facet.name: {} for facet in self._facets}
        for facet, term, phrase, _ in self._written():
            table[facet].setdefault(exact_key(phrase), term.name)
        for known in self._facets:
            table[known.name] |= {exact_key(name): name for name in known.terms}
        return table

    @cached_property
    def han(self) -> Sequence[Sequence[str]]:
        """(Chinese name, facet, term), the longest names first."""
        names = ((zh, f.name, t.name) for f in self._facets for t in f.terms.values() for zh in t.zh)
        return sorted(names, key=lambda n: (-len(n[0]), n))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every folded word that occurs in a term or synonym."""
        return frozenset(w.folded for _, _, phrase, _ in self._written() for w in words(phrase))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Every stem that occurs in a term or synonym."""
        return frozenset(map(stem, self.words))

    def _written(self) -> Iterable[tuple[str, Term, str, float]]:
        for facet in self._facets:
            for term in facet.terms.values():
                strong = (p for p in (term.name, *term.synonyms) if p not in term.weak)
                yield from ((facet.name, term, phrase, 1.0) for phrase in strong)
                yield from ((facet.name, term, phrase, WEAK) for phrase in (*term.weak, *term.ambiguous))


def exact_key(text: str) -> str:
    """`text` as the exact names of terms are compared: stems, hyphens as blanks."""
    return " ".join(stem(fold(w)) for w in text.replace("-", " ").split())


def _spellings(phrase: str, parts: Sequence[Word]) -> list[tuple[str, ...]]:
    """The stems of a phrase, and for a hyphenated compound those of its closed form (near-sighted, nearsighted)."""
    closed = stem("".join(p.folded for p in parts))
    return [tuple(p.stem for p in parts)] * bool(parts) + [(closed,)] * ("-" in phrase and len(closed) >= COMPOUND)


def _short_form(parts: Sequence[Word]) -> tuple[str | None, str | None]:
    """Of an abbreviation its letters; and its capitals if in small letters it is a common word (US, OR, ON)."""
    only = parts[0]
    if len(parts) > 1 or not only.raw[:2].isupper():
        return None, None
    return only.folded, only.raw if only.folded in STOP_WORDS else None
