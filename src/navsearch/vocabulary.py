"""Facets and their controlled terms; text to tags. The same function serves questions and records.

A term has a broader term, synonyms, weak synonyms (everyday words that only hint), ambiguous ones (short forms, mostly, that
may mean other terms as well) and Chinese names. Matching is longest first within each facet; different facets may share
words, so that "lung cancer" is a condition and names an organ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from navsearch.words import ARTICLES, STOP_WORDS, Word, fold, has_han, stem, words

_LAST = 99
_COMPOUND = 7  # letters of a compound that may be written apart or together; shorter ones meet by chance
WEAK = 0.5  # strength of a weak or ambiguous synonym; a strong one counts 1
LISTS = ("synonyms", "weak", "ambiguous", "zh")  # the words for a term, by what they are


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


@dataclass(frozen=True, slots=True)
class Term:
    """A controlled term. `more` holds what a facet's terms say beyond the common fields."""

    name: str
    broader: str | None = None
    synonyms: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to describe resources, with its terms by name. `more` as in Term."""

    name: str
    label: str
    terms: Mapping[str, Term]
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def searched(self) -> bool:
        """Whether questions can wish for its terms, and filters name them."""
        return bool(self.more.get("searched", True))

    def limits(self, term: str) -> frozenset[str]:
        """The kinds of which `term`, named in full, is a condition; none if it is only a wish."""
        return frozenset(self.more.get("limit", ()) if self.terms[term].more.get("limit", True) else ())


class _Phrase(NamedTuple):
    stems: tuple[str, ...]
    term: str
    strength: float
    ambiguous: bool
    letters: str | None  # of a short form: the letters it must consist of, as other words share its stem (AW, awful)
    shout: str | None  # the exact capitals it must be written in, where in small letters it is a common word

    def length(self, found: list[Word], place: int) -> int:
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


class Vocabulary:
    """All facets with their terms, and the finder of terms in text."""

    def __init__(self, facets: Iterable[Facet]) -> None:
        self.facets: dict[str, Facet] = {f.name: f for f in sorted(facets, key=lambda f: f.more.get("order", _LAST))}

    @classmethod
    def from_dicts(cls, tables: Iterable[Mapping[str, Any]]) -> Vocabulary:
        """Build from the parsed files of catalog/vocabulary/."""
        return cls(_facet(table) for table in tables)

    def as_dicts(self) -> list[dict[str, Any]]:
        """The inverse of `from_dicts`."""
        return [_facet_dict(f) for f in self.facets.values()]

    @property
    def searched(self) -> tuple[str, ...]:
        """The facets that questions can wish for and filters name, in order."""
        return tuple(f for f, facet in self.facets.items() if facet.searched)

    def term(self, facet: str, name: str) -> Term | None:
        """The term called `name` in `facet`, None if either is unknown."""
        found = self.facets.get(facet)
        return found.terms.get(name) if found else None

    def find(self, facet: str, text: str) -> str | None:
        """The term of `facet` that `text` names exactly, by its own name or a synonym, in any case; None if none does."""
        return self._exact.get((facet, _exact_key(text)))

    def broader(self, facet: str, name: str) -> tuple[str, ...]:
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

    def tags(self, text: str) -> list[Tag]:
        """The terms that `text` names: by facet, then by place; longest match first, no word used twice in a facet but by the
        meanings of an ambiguous one."""
        found = words(text)
        tags = [t for facet in self.facets for t in self._facet_tags(facet, found, text)]
        return tags + (self._han_tags(text) if has_han(text) else [])

    @cached_property
    def known_words(self) -> frozenset[str]:
        """Every folded word that occurs in a term or synonym."""
        return frozenset(w.folded for _, _, phrase, _ in self._surface() for w in words(phrase))

    @cached_property
    def known_stems(self) -> frozenset[str]:
        """Every stem that occurs in a term or synonym."""
        return frozenset(map(stem, self.known_words))

    def _facet_tags(self, facet: str, found: list[Word], text: str) -> Iterable[Tag]:
        phrases, place = self._phrases[facet], 0
        while place < len(found):
            hits, length = _longest(phrases, found, place)
            end = place + length
            written = text[found[place].start : found[end - 1].end]
            yield from (Tag(facet, hit.term, written, place, end, hit.strength, hit.ambiguous) for hit in hits)
            place = end

    def _han_tags(self, text: str) -> list[Tag]:
        tags, left = [], text
        for zh, facet, term in self._han:
            if zh in left:
                tags.append(Tag(facet, term, zh, -1, -1, 1.0))
        return _without_contained(tags)

    def _surface(self) -> Iterable[tuple[str, Term, str, float]]:
        for facet in self.facets.values():
            for term in facet.terms.values():
                strong = (p for p in (term.name, *term.synonyms) if p not in term.weak)
                yield from ((facet.name, term, phrase, 1.0) for phrase in strong)
                yield from ((facet.name, term, phrase, WEAK) for phrase in (*term.weak, *term.ambiguous))

    @cached_property
    def _phrases(self) -> dict[str, dict[str, list[_Phrase]]]:
        table: dict[str, dict[str, list[_Phrase]]] = {f: {} for f in self.facets}
        for facet, term, phrase, strength in self._surface():
            parts = words(phrase)
            for written in _spellings(phrase, parts):
                short = phrase in term.ambiguous
                table[facet].setdefault(written[0], []).append(
                    _Phrase(written, term.name, strength, short, *_short_form(parts))
                )
        for by_stem in table.values():
            for entries in by_stem.values():
                entries.sort(key=lambda e: (-len(e.stems), e.strength))  # one declared weak in any form is weak in all
        return table

    @cached_property
    def _exact(self) -> dict[tuple[str, str], str]:
        table: dict[tuple[str, str], str] = {}
        for facet, term, phrase, _ in self._surface():
            table.setdefault((facet, _exact_key(phrase)), term.name)
        for facet_ in self.facets.values():
            table |= {(facet_.name, _exact_key(t)): t for t in facet_.terms}
        return table

    @cached_property
    def _han(self) -> list[tuple[str, str, str]]:
        names = ((zh, f.name, t.name) for f in self.facets.values() for t in f.terms.values() for zh in t.zh)
        return sorted(names, key=lambda n: (-len(n[0]), n))


def _longest(phrases: Mapping[str, list[_Phrase]], found: list[Word], place: int) -> tuple[list[_Phrase], int]:
    """The longest phrase that begins at `place` (all its meanings if it is ambiguous), and how many words it takes, one if
    there is none; a compound may be written apart."""
    for phrase in phrases.get(found[place].stem, ()):
        if length := phrase.length(found, place):
            return _meanings(phrase, phrases), length
    joined = stem("".join(w.folded for w in found[place : place + 2]))
    compound = [p for p in phrases.get(joined, ()) if len(p.stems) == 1 and len(joined) >= _COMPOUND]
    return compound[:1], 1 + bool(compound)


def _meanings(phrase: _Phrase, phrases: Mapping[str, list[_Phrase]]) -> list[_Phrase]:
    """`phrase`, and if it is ambiguous, all that are written alike."""
    alike = phrases[phrase.stems[0]] if phrase.ambiguous else ()
    return [phrase, *(p for p in alike if p.ambiguous and p.stems == phrase.stems and p.term != phrase.term)]


def _spellings(phrase: str, parts: list[Word]) -> list[tuple[str, ...]]:
    """The stems of a phrase, and for a hyphenated compound those of its closed form (near-sighted, nearsighted)."""
    closed = stem("".join(p.folded for p in parts))
    return [tuple(p.stem for p in parts)] * bool(parts) + [(closed,)] * ("-" in phrase and len(closed) >= _COMPOUND)


def _short_form(parts: list[Word]) -> tuple[str | None, str | None]:
    """Of an abbreviation its letters; and its capitals if in small letters it is a common word (US, OR, ON)."""
    only = parts[0]
    if len(parts) > 1 or not only.raw[:2].isupper():
        return None, None
    return only.folded, only.raw if only.folded in STOP_WORDS else None


def _without_contained(tags: list[Tag]) -> list[Tag]:
    """Drop the tags of a facet whose matched text lies within a longer match of the same facet."""
    return [t for t in tags if not any(t.facet == o.facet and t.matched != o.matched and t.matched in o.matched for o in tags)]


def _exact_key(text: str) -> str:
    return " ".join(stem(fold(w)) for w in text.replace("-", " ").split())


def _facet(table: Mapping[str, Any]) -> Facet:
    known = ("facet", "label", "terms")
    terms = {str(n): _term(str(n), t or {}) for n, t in (table.get("terms") or {}).items()}
    return Facet(table["facet"], table.get("label", table["facet"]), terms, {k: v for k, v in table.items() if k not in known})


def _term(name: str, table: Mapping[str, Any]) -> Term:
    lists = {k: tuple(str(x) for x in table.get(k) or ()) for k in LISTS}
    more = {k: v for k, v in table.items() if k not in (*lists, "broader")}
    return Term(name, table.get("broader"), **lists, more=more)


def _facet_dict(facet: Facet) -> dict[str, Any]:
    return {
        "facet": facet.name,
        "label": facet.label,
        **facet.more,
        "terms": {t.name: _term_dict(t) for t in facet.terms.values()},
    }


def _term_dict(term: Term) -> dict[str, Any]:
    stated = {"broader": term.broader, **{k: list(getattr(term, k)) for k in LISTS}}
    return {k: v for k, v in stated.items() if v} | dict(term.more)
