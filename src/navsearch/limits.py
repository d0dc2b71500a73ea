"""Limits: hard conditions on a resource, read from a question or from filters, tested before anything is ranked."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from navsearch.errors import UsageError
from navsearch.resource import Resource
from navsearch.vocabulary import Vocabulary

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """`field op value`: a facet with = or !=, or one of the measures below. `asked` is how the user said it."""

    field: str
    op: str
    value: str | float
    asked: str

    def __str__(self) -> str:
        value = f"{self.value:g}" if isinstance(self.value, float) else self.value
        return f"{self.field} {self.op} {value}"

    def met(self, resource: Resource, terms: Mapping[str, frozenset[str]]) -> bool:
        """True if `resource`, whose terms with all broader ones are `terms`, satisfies this; unknown does not."""
        if self.field in _MEASURES:
            measured = _MEASURES[self.field](resource)
            return measured is not None and _COMPARE[self.op](measured, float(self.value))
        if self.field in _TEXTS:
            return any(str(self.value).casefold() in t.casefold() for t in _TEXTS[self.field](resource))
        return (self.value in terms.get(self.field, frozenset())) == (self.op == "=")


_MEASURES: Mapping[str, Callable[[Resource], float | None]] = {
    "cases": lambda r: r.cases,
    "classes": lambda r: r.fields.get("classes"),
    "year": lambda r: r.year,
}

_TEXTS: Mapping[str, Callable[[Resource], Sequence[str]]] = {
    "venue": lambda r: r.fields.get("venues") or (),
    "licence": lambda r: (r.licence,) if r.licence else (),
}

# Words of comparison, longest first, and what they mean; "or more" and the like stand after the number.
_BEFORE = {
    ">=": ("at least", "no fewer than", "no less than", "not less than", "a minimum of", "minimum", ">=", "≥", "from"),
    ">": ("more than", "larger than", "bigger than", "greater than", "over", "above", "exceeding", "upwards of", ">"),
    "<=": ("at most", "no more than", "not more than", "up to", "a maximum of", "maximum", "<=", "≤"),
    "<": ("fewer than", "less than", "smaller than", "under", "below", "<"),
}
_AFTER = {">=": ("or more", "and more", "or above", "plus", "+"), "<=": ("or fewer", "or less", "or below")}
_UNITS = {
    "cases": "cases?|scans?|images?|patients?|subjects?|volumes?|videos?|slides?|samples?|frames?|studies|photos?|photographs?"
    "|pictures?|questions?|pairs?|patches|radiographs?|x-rays?|items?|examinations?|exams?",
    "classes": "class(?:es)?|categor(?:y|ies)|labels?|structures?",
}
_NUMBER = r"(\d[\d,. ]*\d|\d+)\s?(k|thousand|m|million)?\b"
_YEAR = r"((?:19|20)\d\d)"
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6}


def _words(table: Mapping[str, Sequence[str]]) -> str:
    return "|".join(sorted((re.escape(w) for ws in table.values() for w in ws), key=len, reverse=True))


def _op(table: Mapping[str, Sequence[str]], word: str) -> str:
    return next(op for op, ws in table.items() if word.lower() in ws)


_COUNT = re.compile(
    rf"(?:(?P<before>{_words(_BEFORE)})\s*)?(?<![\w.]){_NUMBER}\s?(?P<after>{_words(_AFTER)})?"
    rf"(?P<gap>(?:\s[\w-]+){{0,2}}?)\s(?P<unit>{'|'.join(_UNITS.values())})\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"between\s{_NUMBER}\sand\s{_NUMBER}(?:\s[\w-]+){{0,2}}?\s(?P<unit>{'|'.join(_UNITS.values())})\b", re.IGNORECASE
)
_ONWARDS = rf"{_YEAR}\s*(?:or|and)\s*(?:later|newer|onwards?|after)|{_YEAR} onwards?"
_YEARS = tuple(
    (re.compile(pattern, re.IGNORECASE), ops)
    for pattern, ops in (
        (rf"\bbetween {_YEAR} and {_YEAR}", (">=", "<=")),
        (rf"{_ONWARDS}|\bsince\s(?:\w+\s)?{_YEAR}|\bfrom {_YEAR} on\b", (">=",)),
        (rf"{_YEAR}\s*(?:or|and)\s*(?:earlier|older|before)|\b(?:until|up to) {_YEAR}", ("<=",)),
        (rf"\b(?:after|newer than|later than) {_YEAR}", (">",)),
        (rf"\b(?:before|older than|earlier than|prior to) {_YEAR}", ("<",)),
        (rf"\b(?:in|of|from|released|published)\s(?:in\s)?{_YEAR}\b", ("=",)),
    )
)


def counts(text: str) -> Iterator[tuple[Limit, str]]:
    """The limits on cases and classes that `text` states, each with the words that say it."""
    for match in _BETWEEN.finditer(text):
        field = _field(match["unit"])
        yield Limit(field, ">=", _number(match[1], match[2]), match[0]), match[0]
        yield Limit(field, "<=", _number(match[3], match[4]), match[0]), match[0]
    for match in _COUNT.finditer(_BETWEEN.sub(" ", text)):
        op = _op(_BEFORE, match["before"]) if match["before"] else _op(_AFTER, match["after"]) if match["after"] else None
        if op:
            yield Limit(_field(match["unit"]), op, _number(match[2], match[3]), match[0].strip()), match[0].strip()


def years(text: str) -> Iterator[tuple[Limit, str]]:
    """The limits on the year of release that `text` states, each with the words that say it."""
    for pattern, ops in _YEARS:
        if match := pattern.search(text):
            found = [float(g) for g in match.groups() if g]
            yield from ((Limit("year", op, year, match[0]), match[0]) for op, year in zip(ops, found, strict=False))
            return


def venues(text: str, vocabulary: Vocabulary) -> Iterator[tuple[Limit, str]]:
    """The venues that `text` names, with their year where one follows; "MICCAI 2022 onwards" leaves the year to `years`."""
    for tag in vocabulary.tags(text):
        if tag.facet != "venue":
            continue
        match = re.search(rf"{re.escape(tag.matched)}['’\s-]*{_YEAR}(?!\s*(?:onwards?|or|and later))", text, re.IGNORECASE)
        value = f"{tag.term} {match[1]}" if match else tag.term
        yield Limit("venue", "=", value, match[0] if match else tag.matched), match[0] if match else ""


def from_filters(filters: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[Limit, ...]:
    """The limits that filters state: facet -> term or terms, min_cases, since, until, venue, licence, not ("facet:value").

    Raises UsageError for an unknown facet, term or number, with the nearest known one.
    """
    return tuple(limit for name, value in filters.items() if value for limit in _from_filter(name, value, vocabulary))


def _from_filter(name: str, value: Any, vocabulary: Vocabulary) -> Iterator[Limit]:
    if name in _PLAIN:
        field, op = _PLAIN[name]
        yield Limit(field, op, _as_number(name, value) if field in _MEASURES else str(value), f"{name}={value}")
    elif name == "not":
        for item in (value,) if isinstance(value, str) else value:
            facet, _, term = item.partition(":")
            yield Limit(facet, "!=", _known(facet, term, vocabulary), f"not {item}")
    else:
        for term in (value,) if isinstance(value, str) else value:
            yield Limit(name, "=", _known(name, term, vocabulary), f"{name}={term}")


_PLAIN = {
    "min_cases": ("cases", ">="),
    "max_cases": ("cases", "<="),
    "since": ("year", ">="),
    "until": ("year", "<="),
    "venue": ("venue", "="),
    "licence": ("licence", "="),
}


def _known(facet: str, text: str, vocabulary: Vocabulary) -> str:
    if facet not in vocabulary.facets:
        raise UsageError(f"facet {facet!r} is not known; facets: {', '.join(vocabulary.facets)}")
    term = vocabulary.find(facet, text)
    if term is None:
        raise UsageError(
            f"{facet} {text!r} is not known{_near(text, list(vocabulary.facets[facet].terms))}; see navsearch facets {facet}"
        )
    return term


def _near(text: str, known: list[str]) -> str:
    from rapidfuzz import process

    best = process.extractOne(text, known, processor=str.casefold, score_cutoff=65)
    return f" (did you mean {best[0]!r}?)" if best else ""


def _as_number(name: str, value: Any) -> float:
    try:
        return float(str(value)[:4]) if name in ("since", "until") else float(value)
    except ValueError:
        raise UsageError(f"{name}: found {value!r}, expected a number") from None


def _field(unit: str) -> str:
    return next(f for f, pattern in _UNITS.items() if re.fullmatch(pattern, unit, re.IGNORECASE))


def _number(digits: str, scale: str | None) -> float:
    plain = re.sub(r"[, ]", "", digits)
    return float(plain) * _SCALE.get((scale or "").lower(), 1)
