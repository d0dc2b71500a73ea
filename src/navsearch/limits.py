"""Limits: hard conditions on a resource, read from a question or from filters, tested before anything is ranked."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from navsearch.errors import UsageError
from navsearch.resource import Resource
from navsearch.vocabulary import Tag, Vocabulary
from navsearch.words import negated, words

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
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

    def met(self, resource: Resource, terms: Mapping[str, frozenset[str]]) -> bool:
        """True if `resource`, whose terms with all broader ones are `terms`, satisfies this or is of another kind; unknown
        does not."""
        if not self.concerns((resource.kind,)):
            return True
        if self.units and (resource.fields.get("cases") or {}).get("unit") not in self.units:
            return False
        if self.field in _MEASURES:
            (number,) = map(float, self.values)
            return any(_COMPARE[self.op](measured, number) for measured in _MEASURES[self.field](resource))
        texts = _TEXTS[self.field](resource) if self.field in _TEXTS else ()
        named = any(value.casefold() in t.casefold() for value in self.values for t in texts)
        return (named or not terms.get(self.field, frozenset()).isdisjoint(self.values)) == (self.op == "=")

    @property
    def values(self) -> tuple[str, ...]:
        """What it compares with, as texts."""
        return self.value if isinstance(self.value, tuple) else (str(self.value),)


def _editions(resource: Resource) -> tuple[float, ...]:
    """The years of the venues where it was presented; of its release if none is known."""
    years = [float(y) for venue in resource.fields.get("venues") or () for y in re.findall(_YEAR, venue)]
    return tuple(years) or _known(resource.year)


def _known(number: float | None) -> tuple[float, ...]:
    return () if number is None else (number,)


# Numbers that a resource states under a name, none if unknown; one of them has to satisfy a limit.
_MEASURES: Mapping[str, Callable[[Resource], Sequence[float]]] = {
    "cases": lambda r: _known(r.cases),
    "classes": lambda r: _known(r.fields.get("classes")),
    "year": lambda r: _known(r.year),
    "edition": _editions,
}

_TEXTS: Mapping[str, Callable[[Resource], Sequence[str]]] = {
    "venue": lambda r: r.fields.get("venues") or (),
    "licence": lambda r: (r.licence,) if r.licence else (),
}

# Words of comparison and what they mean: before the number, after it, after its unit.
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
# A number of these can be compared only with records counted alike; other units are taken for one another.
_COMPARABLE = (
    ("videos?", frozenset({"videos"})),
    ("slides?", frozenset({"slides"})),
    ("questions?|pairs?", frozenset({"questions", "qa-pairs", "image-text pairs", "image pairs", "dialogues"})),
    ("patients?|subjects?", frozenset({"patients", "subjects", "scans", "volumes", "cases"})),
)
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6}
_UNIT = "|".join(_UNITS.values())


def _any_of(table: Mapping[str, Sequence[str]]) -> str:
    return "|".join(sorted((re.escape(w) for ws in table.values() for w in ws), key=len, reverse=True))


def _op(table: Mapping[str, Sequence[str]], word: str) -> str:
    return next(op for op, ws in table.items() if word.lower() in ws)


# A number that measures a thing (5 mm, 3 T, 10 years) counts nothing.
_MEASURED = (
    r"(?!\s?(?:mm|cm|µm|um|nm|t|tesla|k?hz|m[gl]|years?|months?|weeks?|days?|hours?|min(?:ute)?s?|s(?:ec(?:ond)?s?)?|%|x|px|pixels?)"
    r"\b)"
)
_NUMBER = rf"((?:\d{{1,3}}(?:,\d{{3}}){{1,3}}|\d{{1,12}})(?:\.\d{{1,6}})?)(k|m|\sthousand|\smillion)?\b{_MEASURED}"
_GAP = r"(?:\s[\w-]{1,30}){0,2}?"
_YEAR = r"((?:19|20)\d\d)"
_NOT_COUNTED = rf"(?!\s(?:{_UNIT})\b)"
_BETWEEN = re.compile(
    rf"(?:\bbetween\s|\bfrom\s|(?<![\w.,-])){_NUMBER}(?:\sand\s|\sto\s|\s?[-–]\s?){_NUMBER}"
    rf"{_GAP}\s(?P<unit>{_UNIT})\b",
    re.IGNORECASE,
)
_COUNT = re.compile(
    rf"(?:(?P<before>{_any_of(_BEFORE)})\s?)?(?<![\w.,-]){_NUMBER}\s?(?P<after>{_any_of(_AFTER)})?"
    rf"{_GAP}\s(?P<unit>{_UNIT})\b(?:\s(?P<last>{_any_of(_AFTER)}))?",
    re.IGNORECASE,
)
_SINCE = rf"\b(?:since|not before|no earlier than)\s(?:\w+\s)?{_YEAR}|\bfrom {_YEAR} on\b"
_ONWARDS = rf"{_YEAR}\s?(?:or|and)\s(?:later|newer|onwards?|after)|{_YEAR} onwards?"
_YEARS = tuple(
    (re.compile(pattern + _NOT_COUNTED, re.IGNORECASE), ops)
    for pattern, ops in (
        (rf"\bbetween {_YEAR} and {_YEAR}|\bfrom {_YEAR} (?:to|until|till) {_YEAR}|\b{_YEAR}\s?[-–]\s?{_YEAR}\b", (">=", "<=")),
        (rf"(?:{_ONWARDS}|{_SINCE})", (">=",)),
        (rf"(?:{_YEAR}\s(?:or|and)\s(?:earlier|older|before)|\b(?:until|up to|no later than|not after) {_YEAR})", ("<=",)),
        (rf"\b(?:after|newer than|later than) {_YEAR}", (">",)),
        (rf"\b(?:before|older than|earlier than|prior to) {_YEAR}", ("<",)),
        (rf"\b(?:in|of|from)\s{_YEAR}\s?(?:or|/)\s?{_YEAR}\b", (">=", "<=")),
        (rf"\b(?:in|of|from|released|published)\s(?:in\s)?{_YEAR}\b", ("=",)),
    )
)


def counts(text: str) -> Iterator[tuple[Limit, str]]:
    """The limits on cases and classes that `text` states, each with the words that say it."""
    for match in _BETWEEN.finditer(text):
        field = _field(match["unit"])
        yield Limit(field, ">=", _number(match[1], match[2]), match[0], _comparable(match["unit"])), match[0]
        yield Limit(field, "<=", _number(match[3], match[4]), match[0], _comparable(match["unit"])), match[0]
    for match in _COUNT.finditer(_BETWEEN.sub(" ", text)):
        after = match["after"] or match["last"]
        op = _op(_BEFORE, match["before"]) if match["before"] else _op(_AFTER, after) if after else None
        if op:
            said, number = match[0].strip(), _number(match[2], match[3])
            yield Limit(_field(match["unit"]), op, number, said, _comparable(match["unit"])), said


def scattered(text: str) -> Iterator[tuple[Limit, str]]:
    """The limit on cases or classes that `text` states in any order of words ("images: more than 3000"), if it holds just
    one number and one unit; with the number, as that is all of it that stands in one place."""
    numbers = [
        m for m in re.finditer(rf"(?<![\w.,-]){_NUMBER}(?![.,]\d)", text, re.IGNORECASE) if not re.fullmatch(_YEAR, m[0])
    ]
    units = {m[0].lower() for m in re.finditer(rf"\b(?:{_UNIT})\b", text, re.IGNORECASE)}
    held = {w.folded for w in words(text)}
    ops = [(len(said), op) for op, table in _BEFORE.items() for said in table if set(said.split()) <= held]
    if len(numbers) == 1 and ops and len({_field(u) for u in units}) == 1:
        unit, number = min(units), numbers[0]
        yield Limit(_field(unit), max(ops)[1], _number(number[1], number[2]), number[0], _comparable(unit)), number[0]


def stated(text: str, vocabulary: Vocabulary) -> Iterator[tuple[Limit, str]]:
    """All limits on numbers, years and venues that `text` states, each with the words that say it. Years beside a venue are
    those of its editions ("ISBI challenges since 2018")."""
    named = list(venues(text, vocabulary))
    yield from list(counts(text)) or scattered(text)
    for limit, said in years(text):
        yield (replace(limit, field="edition") if any(v.op == "=" for v, _ in named) else limit), said
    yield from named


def years(text: str) -> Iterator[tuple[Limit, str]]:
    """The limits on the year of release that `text` states, each with the words that say it; no word says two things."""
    for pattern, ops in _YEARS:
        for match in pattern.finditer(text):
            found = sorted(float(g) for g in match.groups() if g)
            yield from ((Limit("year", op, year, match[0]), match[0]) for op, year in zip(ops, found, strict=False))
        text = pattern.sub(lambda m: " " * len(m[0]), text)


def venues(text: str, vocabulary: Vocabulary) -> Iterator[tuple[Limit, str]]:
    """The venues that `text` names or rules out, with their year where one follows; "MICCAI 2022 onwards" leaves the year
    to `years`."""
    found = words(text)
    for tag in vocabulary.tags(text):
        if tag.facet != "venue" or tag.start < 0:
            continue
        start, end = found[tag.start].start, found[tag.end - 1].end
        match = _VENUE_YEAR.match(text, end)
        op = "!=" if negated(found, tag.start) else "="
        said = text[start : match.end() if match else end]
        yield Limit("venue", op, f"{tag.term} {match[1]}" if match else tag.term, said), said if match else ""


_VENUE_YEAR = re.compile(rf"['’\s-]{{0,3}}{_YEAR}(?!\s?(?:onwards?|(?:or|and) (?:later|newer|after)))", re.IGNORECASE)


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
    for item in (value,) if isinstance(value, str) else value:
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
    if not isinstance(value, str | int | float) or (isinstance(value, str) and not value.strip()):
        raise UsageError(f"{name}: found {value!r}, expected one {'number' if _PLAIN[name][0] in _MEASURES else 'text'}")
    if _PLAIN[name][0] not in _MEASURES:
        return vocabulary.find(_PLAIN[name][0], str(value)) or str(value)
    if not re.fullmatch(r"\d{1,12}(-\d\d){0,2}", str(value)):
        raise UsageError(f"{name}: found {value!r}, expected a number")
    return float(str(value)[:4] if _PLAIN[name][0] == "year" else value)


def _field(unit: str) -> str:
    return next(f for f, pattern in _UNITS.items() if re.fullmatch(pattern, unit, re.IGNORECASE))


def _comparable(unit: str) -> frozenset[str]:
    """The units of records that a number of `unit` can be compared with; empty if any."""
    return next((of for said, of in _COMPARABLE if re.fullmatch(said, unit, re.IGNORECASE)), frozenset())


def _number(digits: str, scale: str | None) -> float:
    plain = digits.replace(",", "")
    return float(plain) * _SCALE.get((scale or "").strip().lower(), 1)
