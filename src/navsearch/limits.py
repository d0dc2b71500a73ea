"""Limits: hard conditions on a resource, as filters state them, tested before anything is ranked."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from navsearch.errors import UsageError
from navsearch.resource import Resource
from navsearch.vocabulary import Tag, Vocabulary
from navsearch.words import valid

# Work on numbers and, number by number, on arrays.
COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """`field op value`: a facet with = (one of several terms is enough) or !=, or one of the measures below. `asked` is how
    the user said it; `units` are those of records that a number can be compared with, any if empty; `kinds` those whose
    records state the field, any if empty: it says nothing of others."""

    field: str
    op: str
    value: str | float | tuple[str, ...]
    asked: str
    units: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def __str__(self) -> str:
        value = f"{self.value:g}" if isinstance(self.value, float) else " or ".join(self.values)
        return f"{self.field} {self.op} {value}"

    def concerns(self, kinds: Collection[str]) -> bool:
        """Whether it can be asked of any of `kinds`."""
        return not self.kinds or not self.kinds.isdisjoint(kinds)

    def states(self, tag: Tag) -> bool:
        """Whether it is just what `tag` wishes for."""
        return self.op == "=" and self.field == tag.facet and tag.term in self.values

    @property
    def values(self) -> tuple[str, ...]:
        """What it compares with, as texts."""
        return self.value if isinstance(self.value, tuple) else (str(self.value),)


def _editions(resource: Resource) -> tuple[float, ...]:
    """The years of the venues where it was presented; of its release if none is known."""
    years = [float(y) for venue in resource.fields.get("venues") or () for y in re.findall(YEAR, venue)]
    return tuple(years) or _known(resource.year)


def _known(number: float | None) -> tuple[float, ...]:
    return () if number is None else (number,)


YEAR = r"((?:19|20)\d\d)"

# Numbers that a resource states under a name, none if unknown; one of them has to satisfy a limit.
MEASURES: Mapping[str, Callable[[Resource], Sequence[float]]] = {
    "cases": lambda r: _known(r.cases),
    "classes": lambda r: _known(r.fields.get("classes")),
    "year": lambda r: _known(r.year),
    "edition": _editions,
}

TEXTS: Mapping[str, Callable[[Resource], Sequence[str]]] = {
    "venue": lambda r: r.fields.get("venues") or (),
    "licence": lambda r: (r.licence,) if r.licence else (),
}


def filter_names(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The names that `from_filters` takes: the searched facets, then the others."""
    return (*vocabulary.searched, *_PLAIN, *_PAIRS)


def from_filters(filters: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[Limit, ...]:
    """The limits that filters state: a searched facet -> term or terms, min_cases, max_cases, since, until, venue, licence,
    and only or not -> "facet:term" or several. None states nothing.

    Raises UsageError for an unknown facet, term or number, with the nearest known one.
    """
    return tuple(x for name, value in filters.items() if value is not None for x in _from_filter(name, value, vocabulary))


def changes(texts: Iterable[str]) -> dict[str, str]:
    """What "facet=term" texts say. Raises UsageError for one that says none."""
    pairs = [(text, *map(str.strip, text.partition("=")[::2])) for text in texts]
    for text, facet, term in pairs:
        if not (facet and term):
            raise UsageError(f"but: found {text!r}, expected facet=term, such as modality=MRI")
    return {facet: term for _, facet, term in pairs}


def _from_filter(name: str, value: Any, vocabulary: Vocabulary) -> Iterator[Limit]:
    if name in _PLAIN:
        field, op = _PLAIN[name]
        yield Limit(field, op, _plain(name, value, vocabulary), f"{name}={value}")
        return
    for item in map(valid, (value,) if isinstance(value, str) else value):
        facet, _, term = item.partition(":") if name in _PAIRS else (name, "", item)
        yield Limit(facet, _PAIRS.get(name, "="), _facet_term(facet, term, vocabulary), f"{name}={item}")


_PLAIN = {
    "min_cases": ("cases", ">="),
    "max_cases": ("cases", "<="),
    "since": ("year", ">="),
    "until": ("year", "<="),
    "venue": ("venue", "="),
    "licence": ("licence", "="),
}
_PAIRS = {"only": "=", "not": "!="}


def _facet_term(facet: str, text: str, vocabulary: Vocabulary) -> str:
    if facet not in vocabulary.searched:
        raise UsageError(f"facet {facet!r} is not known; facets: {', '.join(vocabulary.searched)}")
    return known_term(facet, text, vocabulary)


def known_term(facet: str, text: str, vocabulary: Vocabulary) -> str:
    """The term of `facet` that `text` names. Raises UsageError with the nearest one if there is none."""
    term = vocabulary.find(facet, text)
    if term is None:
        raise UsageError(f"{facet} {text!r} is not known{_near(text, list(vocabulary.facets[facet].terms))}")
    return term


def _near(text: str, known: list[str]) -> str:
    from rapidfuzz import process

    best = process.extractOne(text, known, processor=str.casefold, score_cutoff=65)
    return f" (did you mean {best[0]!r}?)" if best else ""


def _plain(name: str, value: Any, vocabulary: Vocabulary) -> str | float:
    """A year, a number, a term or a text, as the filter `name` takes it."""
    value = valid(value) if isinstance(value, str) else value
    if not isinstance(value, str | int | float) or (isinstance(value, str) and not value.strip()):
        raise UsageError(f"{name}: found {value!r}, expected one {'number' if _PLAIN[name][0] in MEASURES else 'text'}")
    if _PLAIN[name][0] not in MEASURES:
        return vocabulary.find(_PLAIN[name][0], str(value)) or str(value)
    if not re.fullmatch(r"\d{1,12}(-\d\d){0,2}", str(value)):
        raise UsageError(f"{name}: found {value!r}, expected a number")
    return float(str(value)[:4] if _PLAIN[name][0] == "year" else value)
