"""Text to token ids, as BERT reads it: characters are folded, words parted, and each word cut into pieces of a vocabulary.

Equals the `tokenizers` library without needing it. That library knows characters by the tables of Unicode 8; what is newer
or was moved since then stands in two small tables here, so that no Python's own tables make a difference.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

LONGEST_WORD = 100  # characters; a longer word is unknown as a whole
_RUN = re.compile(r"[^ \t\n\r]+")  # texts are read run by run, so that the rest of a long one is never looked at
_MEMORY = 1 << 16  # distinct characters of which the folded form is kept, so that no text fills the memory


def _bounds(spans: str) -> list[int]:
    """Where each span begins and where what follows it does, in order: a character is inside if an odd number is behind it."""
    pairs = [span.split("-") for span in spans.split()]
    return [bound for pair in pairs for bound in (int(pair[0], 16), int(pair[-1], 16) + 1)]


_HAN = _bounds("3400-4DBF 4E00-9FFF F900-FAFF 20000-2A6DF 2A700-2B81F 2B920-2CEAF 2F800-2FA1F")
# Newer than Unicode 8: neither mark nor punctuation nor control, whatever they are today. Spans hold nothing old that is one.
_NEWER = _bounds(
    """5C8-5C9 61D 7FD 890-8E2 9FD-9FE A76 AFA-AFF B53-B55 C04-C3C C77 C84 D00 D3B-D3C D81 EBA ECE 180F-1886 1ABF-1AF0 1B4E-1B4F
    1B7D-1B7F 1DF6-1DFB 2E43-2E63 A82C A8C5 A8FF A9BD 10D24-10F89 11070-11074 110C2-110CD 111CF 1123E-11241 1133B 113BB-1145E
    11660-1166C 116B9 1182F-11FFF 12FF1-1612F 16D6D-16F4F 16FE2-16FE4 1CF00-1D128 1D25B-1D25C 1E000-1E6F5 1E944-1E95F"""
)
_MOVED = {"\u166d": "Po", "\u1734": "Mn", "\U000111c9": "Po", "\U0001171e": "Mn"}  # to another category since Unicode 8


class Specials(NamedTuple):
    """The tokens that stand for no text. Written out in a text they are read as themselves, in this very spelling."""

    unk: str = "[UNK]"
    cls: str = "[CLS]"
    sep: str = "[SEP]"
    pad: str = "[PAD]"
    mask: str = "[MASK]"


class WordPiece:
    """A vocabulary (token to id) and how texts are folded for it; unless said, accents go where capitals go.

    Raises KeyError if the vocabulary lacks a special token.
    """

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        specials: Specials | None = None,
        *,
        lowercase: bool = True,
        strip_accents: bool | None = None,
        handle_chinese: bool = True,
    ) -> None:
        specials = specials or Specials()
        self.vocabulary = vocabulary
        self._specials = {token: vocabulary[token] for token in specials}
        self._special = re.compile("(" + "|".join(map(re.escape, sorted(specials, key=len, reverse=True))) + ")")
        self._unk, self._cls, self._sep = (vocabulary[token] for token in specials[:3])
        strip = lowercase if strip_accents is None else strip_accents
        self._folds = _Folds(lambda char: _folded(char, lowercase=lowercase, strip=strip, part_han=handle_chinese))

    @classmethod
    def open(cls, file: Path, specials: Specials | None = None, **folding: Any) -> WordPiece:
        """By a vocab.txt: a token a line, its id the line's number, from 0. Raises OSError, UnicodeDecodeError and KeyError."""
        tokens = file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        return cls(dict(zip(tokens, range(len(tokens)), strict=True)), specials, **folding)

    def ids(self, text: str, most: int) -> list[int]:
        """The ids of [CLS], `text` and [SEP]; of the text what goes beyond `most` ids in all (at least 2) is cut off."""
        return [self._cls, *islice(self._tokens(text), most - 2), self._sep]

    def _tokens(self, text: str) -> Iterator[int]:
        for run in _RUN.finditer(text):
            for part in self._special.split(run[0]):
                if part in self._specials:
                    yield self._specials[part]
                else:
                    for word in _RUN.finditer(part.translate(self._folds)):
                        yield from self._pieces(word[0])

    def _pieces(self, word: str) -> list[int]:
        """The longest piece that `word` begins with, then that of the rest, and so on; unknown if any rest begins with none."""
        if len(word) > LONGEST_WORD:
            return [self._unk]
        found: list[int] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            piece = next((p for end in range(len(word), start, -1) if (p := mark + word[start:end]) in self.vocabulary), None)
            if piece is None:
                return [self._unk]
            found.append(self.vocabulary[piece])
            start += len(piece) - len(mark)
        return found


class _Folds(dict[int, str]):
    """A table for str.translate that asks `rule` for a character when it is first met."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, code: int) -> str:
        if len(self) >= _MEMORY:
            self.clear()
        folded = self[code] = self._rule(chr(code))
        return folded


def _folded(char: str, *, lowercase: bool, strip: bool, part_han: bool) -> str:
    """What `char` is to a vocabulary, between spaces if it is a word of its own; a space for white space, "" for no text.

    Characters are taken one by one: no final sigma, and marks that stay are not put in order. Surrogates count as controls.
    """
    category = _category(char)
    if char in "\t\n\r" or category[0] == "Z":
        return " "
    if category in {"Cc", "Cf", "Co", "Cs"} or char == "\ufffd":
        return ""
    kept = [c for c in unicodedata.normalize("NFD", char) if _category(c) != "Mn"] if strip else [char]
    small = "".join(kept).lower() if lowercase else "".join(kept)
    parted = "".join(f" {c} " if _is_punctuation(c) else c for c in small)
    return f" {parted} " if part_han and _inside(_HAN, char) else parted


def _category(char: str) -> str:
    """The general category of `char` in Unicode 8, as far as it matters here."""
    return _MOVED.get(char) or ("Cn" if _inside(_NEWER, char) else unicodedata.category(char))


def _is_punctuation(char: str) -> bool:
    """Symbols of ASCII count ($, +, ~), others do not (€, ×)."""
    return _category(char)[0] == "P" or (char.isascii() and _category(char)[0] == "S")


def _inside(bounds: list[int], char: str) -> bool:
    return bisect(bounds, ord(char)) % 2 == 1
