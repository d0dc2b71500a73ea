"""Text to comparable words: spelling folded, stems taken. Knows nothing of terms or records."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

_HAN = "\u3400-\u9fff"
_PART = rf"[^\W_{_HAN}]+"
# What a word is, and what that comes to in a text of ASCII, which is soon compiled.
_WORD = rf"[{_HAN}]+|{_PART}(?:[&+']{_PART})*[+²]*"
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:[&+'][A-Za-z0-9]+)*[+]*")

# British to American, the Latin digraphs included, so that both spellings meet in one form.
# The result is only compared, never shown, so it may be no word at all (contour -> contor).
_SPELLING = (
    (re.compile(r"(?<=..)ae(?=[a-z])|^ae(?=[a-z])|(?<=[hrp])ae"), "e"),
    (re.compile(r"oe(?=[a-z]{2})"), "e"),
    (re.compile(r"(?<=[a-z]{3})our"), "or"),
    (re.compile(r"is(?=(?:e|ed|es|er|ers|ing|ation|ations)$)(?<=[a-z]{4})"), "iz"),
    (re.compile(r"ys(?=(?:e|ed|er|ing)$)"), "yz"),
    (re.compile(r"(?<=[a-z]{2})tre(?=s?$)"), "ter"),
    (re.compile(r"(?<=[a-z]{2}[aeiou])ll(?=(?:ed|ing|er|ers)$)"), "l"),
    (re.compile(r"^grey"), "gray"),
)

STOP_WORDS = frozenset(
    """a about above after all also am an and any are as at be been before being below between both but by can could did do
    does doing down during each every few for from further get give given had has have having he her here hers him his how i
    if in into is it its itself just let like many may me might more most much must my need no nor not of off on once one only
    or other our ours out over own please same shall she should so some such than that the their theirs them then there these
    they this those through to too under until up upon us use used using very want was we well were what when where which while
    who whom whose why will with within without would you your yours
    vs versus via per etc""".split()
)


_DISEASE = ("itis", "osis", "opathy")  # retinitis is not retinal, prostatitis not prostate
ARTICLES = frozenset("a an the my our your his her its their this these those".split())
_NEGATORS = frozenset("not no nor neither without excluding exclude except non".split())
_FILLERS = frozenset("any a an the for from using based on of in about involving concerning showing with".split())
_PAIRS_OF_NEGATORS = frozenset(
    {("other", "than"), ("rather", "than"), ("instead", "of"), ("apart", "from"), ("aside", "from"), ("anything", "but")}
)
_NEGATORS_OF_NEXT = frozenset({"nothing", "minus"})  # nothing for polyps is no polyp ruled out
_NEGATED_AFTER = frozenset("excluded omitted excepted".split())


class Word(NamedTuple):
    """One word of a text: as written, folded, its stem, and where it stands (character offsets)."""

    raw: str
    folded: str
    stem: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words of `text` in order; hyphens and slashes part words, apostrophes do not."""
    return list(_words(text))


@lru_cache(maxsize=64)  # a question is gone through again and again
def _words(text: str) -> tuple[Word, ...]:
    return tuple(_word(m) for m in _pattern(text).finditer(text))


def stems(text: str) -> tuple[str, ...]:
    """The stems of the words of `text`, stop words included."""
    return tuple(stem_ for _, stem_ in map(_reduced, _pattern(text).findall(text)))


def content_stems(text: str) -> list[str]:
    """The stems of the words of `text` that are no stop words."""
    return [stem_ for folded, stem_ in map(_reduced, _pattern(text).findall(text)) if folded not in STOP_WORDS]


def negated(found: list[Word], start: int, end: int | None = None) -> bool:
    """True if the words from `start` to `end` (one by default) are ruled out: not MRI, without any contrast, other than the
    brain, dental films excluded; what may be or not be ("with or without contrast") is not."""
    after = found[start + 1 if end is None else end :][:1]
    if after and after[0].folded in _NEGATED_AFTER:
        return True
    place = start - 1
    if place >= 0 and found[place].folded in _NEGATORS_OF_NEXT:
        return True
    while place >= 0:
        if (found[place - 1].folded, found[place].folded) in _PAIRS_OF_NEGATORS and place > 0:
            return True
        if found[place].folded not in _FILLERS:
            left_open = [w.folded for w in found[max(0, place - 2) : place]] in (["with", "or"], ["with", "and"])
            return found[place].folded in _NEGATORS and not left_open
        place -= 1
    return False


_APART = re.compile("[^a-z0-9]+")


def key(text: str) -> str:
    """`text` without case, accents, blanks and punctuation: names that differ only in those are equal."""
    if text.isascii():
        return _APART.sub("", text.lower())
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain.casefold() if c.isalnum())


def valid(text: str) -> str:
    """`text` with what UTF-8 cannot hold, such as bytes of a command line that are none, marked as unreadable."""
    return text.encode("utf-8", "replace").decode("utf-8")


def has_han(text: str) -> bool:
    """True if `text` holds Chinese characters."""
    return not text.isascii() and any("\u3400" <= char <= "\u9fff" for char in text)


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_WORD if text.isascii() else re.compile(_WORD)


def _word(match: re.Match[str]) -> Word:
    raw = match[0]
    return Word(raw, *_reduced(raw), *match.span())


@lru_cache(maxsize=65536)
def _reduced(raw: str) -> tuple[str, str]:
    """A word folded, and its stem."""
    folded = fold(raw)
    return folded, stem(folded)


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """`word` in lower case without accents, in American spelling."""
    plain = unicodedata.normalize("NFKD", word.lower())
    plain = "".join(c for c in plain if not unicodedata.combining(c)).removesuffix("'s")
    for pattern, replacement in _SPELLING:
        plain = pattern.sub(replacement, plain)
    return plain


@lru_cache(maxsize=65536)
def stem(folded: str) -> str:
    """The Snowball stem of a folded word; names of diseases keep their ending, which tells them from the organ."""
    return folded if folded.endswith(_DISEASE) else str(_stemmer().stemWord(folded))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


# Words of a question that say nothing of its topic.
CHATTY_STEMS = frozenset(
    map(
        stem,
        """able anybody anyone anything available baseline best better choose collection contain datum data database
        dataset exist fine find free good great have hello help hold image include know large like list look looking
        model need new open people please problem project provide public publicly recommend recommendation require
        research resource search several show someone something start study suggest suitable task test thank train
        training try type use useful user want which work evaluate evaluating automatic automatically automated
        algorithm approach method learn learning deep machine network neural ai set public state follow hi hey dear
        wonder hope advice advise appreciate regards cheers currently present paper thesis colleague team idea tip
        pointer direction everyone guy maybe perhaps possible ideal prefer interest topic moment question kind
        kindly sorry today""".split(),
    )
)
