"""Limits on numbers of cases and classes and on years, as a text states them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from navsearch.limits import YEAR, Limit
from navsearch.words import words

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
_SINCE = rf"\b(?:since|not before|no earlier than)\s(?:\w+\s)?{YEAR}|\bfrom {YEAR} on\b"
_ONWARDS = rf"{YEAR}\s?(?:or|and)\s(?:later|newer|onwards?|after)|{YEAR} onwards?"
_YEARS = tuple(
    (re.compile(pattern + _NOT_COUNTED, re.IGNORECASE), ops)
    for pattern, ops in (
        (rf"\bbetween {YEAR} and {YEAR}|\bfrom {YEAR} (?:to|until|till) {YEAR}|\b{YEAR}\s?[-–]\s?{YEAR}\b", (">=", "<=")),
        (rf"(?:{_ONWARDS}|{_SINCE})", (">=",)),
        (rf"(?:{YEAR}\s(?:or|and)\s(?:earlier|older|before)|\b(?:until|up to|no later than|not after) {YEAR})", ("<=",)),
        (rf"\b(?:after|newer than|later than) {YEAR}", (">",)),
        (rf"\b(?:before|older than|earlier than|prior to) {YEAR}", ("<",)),
        (rf"\b(?:in|of|from)\s{YEAR}\s?(?:or|/)\s?{YEAR}\b", (">=", "<=")),
        (rf"\b(?:in|of|from|released|published)\s(?:in\s)?{YEAR}\b", ("=",)),
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
    numbers = [m for m in re.finditer(rf"(?<![\w.,-]){_NUMBER}(?![.,]\d)", text, re.IGNORECASE) if not re.fullmatch(YEAR, m[0])]
    units = {m[0].lower() for m in re.finditer(rf"\b(?:{_UNIT})\b", text, re.IGNORECASE)}
    held = {w.folded for w in words(text)}
    ops = [(len(said), op) for op, table in _BEFORE.items() for said in table if set(said.split()) <= held]
    if len(numbers) == 1 and ops and len({_field(u) for u in units}) == 1:
        unit, number = min(units), numbers[0]
        yield Limit(_field(unit), max(ops)[1], _number(number[1], number[2]), number[0], _comparable(unit)), number[0]


def years(text: str) -> Iterator[tuple[Limit, str]]:
    """The limits on the year of release that `text` states, each with the words that say it; no word says two things."""
    for pattern, ops in _YEARS:
        for match in pattern.finditer(text):
            found = sorted(float(g) for g in match.groups() if g)
            yield from ((Limit("year", op, year, match[0]), match[0]) for op, year in zip(ops, found, strict=False))
        text = pattern.sub(lambda m: " " * len(m[0]), text)


def _field(unit: str) -> str:
    return next(f for f, pattern in _UNITS.items() if re.fullmatch(pattern, unit, re.IGNORECASE))


def _comparable(unit: str) -> frozenset[str]:
    """The units of records that a number of `unit` can be compared with; empty if any."""
    return next((of for said, of in _COMPARABLE if re.fullmatch(said, unit, re.IGNORECASE)), frozenset())


def _number(digits: str, scale: str | None) -> float:
    plain = digits.replace(",", "")
    return float(plain) * _SCALE.get((scale or "").strip().lower(), 1)
