"""Propose rows for words: BM25 over stems, its scores memory-mapped. Knows texts and rows, not resources.

BM25 in the variant of Lucene (Kamphuis et al. 2020, Which BM25 Do You Mean?): a word that `df` of `rows` rows hold, `tf` times
in one of `length` words, scores ln(1 + (rows - df + 0.5) / (df + 0.5)) tf / (K1 (1 - B + B length / mean length) + tf) there.

    scores.npy  float32 [pairs]: what a row scores by a word it holds, word by word and row by row
    rows.npy    int32 [pairs]: the row of each
    starts.npy  int64 [words + 1]: where the pairs of each word begin
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from navsearch.words import content_stems

K1, B = 1.2, 0.75
_KEPT = 16384
_AT_ONCE = 16384  # rows of which the pairs are in memory at a time
_SCORES, _ROWS, _STARTS = "scores.npy", "rows.npy", "starts.npy"


class Frequency(Mapping[str, int]):
    """In how many rows each stem occurs."""

    def __init__(self, columns: Mapping[str, int], starts: NDArray[np.int64]) -> None:
        self._columns, self._starts = columns, starts

    def __getitem__(self, stem: str) -> int:
        column = self._columns[stem]
        return int(self._starts[column + 1] - self._starts[column])

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


class Builder:
    """Takes texts, row by row, and makes their index."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._words, self._lengths = array("i"), array("i")  # of all rows, one after the other

    def add(self, texts: Iterable[str]) -> None:
        """The texts of the next rows."""
        for text in texts:
            found = [self._seen.setdefault(word, len(self._seen)) for word in content_stems(text)]
            self._words.extend(found)
            self._lengths.append(len(found))

    def save(self, folder: Path) -> dict[str, int]:
        """Write the index into `folder`. The column of each stem, in the order of the stems, so that equal texts give equal
        bytes."""
        columns = {word: column for column, word in enumerate(sorted(self._seen))}
        held = np.zeros(len(columns), dtype=np.int64)
        for _, words, _ in self._pairs(columns):
            held += np.bincount(words, minlength=len(columns))
        starts = np.concatenate([[0], np.cumsum(held)])
        np.save(folder / _STARTS, starts)
        self._fill(folder, columns, starts)
        return columns

    def _fill(self, folder: Path, columns: Mapping[str, int], starts: NDArray[np.int64]) -> None:
        """Write the score and row of each pair to its place."""
        scores = _new(folder / _SCORES, int(starts[-1]), np.float32)
        of_rows = _new(folder / _ROWS, int(starts[-1]), np.int32)
        lengths, rarity, waiting = np.asarray(self._lengths), self._rarity(np.diff(starts)), starts[:-1].copy()
        usual = lengths.mean() or 1.0
        for rows, words, counts in self._pairs(columns):
            added = np.bincount(words, minlength=len(columns))
            places = waiting[words] + np.arange(len(words)) - (np.cumsum(added) - added)[words]
            often = counts.astype(np.float32)
            scores[places] = rarity[words] * (often / (K1 * ((1 - B) + B * lengths[rows] / usual) + often))
            of_rows[places] = rows
            waiting += added

    def _rarity(self, held: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32 [words]: what a word is worth that so many rows hold."""
        rows = len(self._lengths)
        return np.array([math.log(1 + (rows - df + 0.5) / (df + 0.5)) for df in held.tolist()], dtype=np.float32)

    def _pairs(self, columns: Mapping[str, int]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
        """The rows, words and counts of all pairs, for some rows at a time; among those by word and row."""
        of = np.array([columns[word] for word in self._seen], dtype=np.int64)
        lengths, words = np.asarray(self._lengths), np.asarray(self._words)
        ends = np.cumsum(lengths)
        for first in range(0, len(lengths), _AT_ONCE):
            several = lengths[first : first + _AT_ONCE]
            found = of[words[ends[first] - several[0] : ends[first + len(several) - 1]]]
            rows = np.repeat(np.arange(len(several)), several)
            pairs, counts = np.unique(found * len(several) + rows, return_counts=True)
            yield first + pairs % len(several), pairs // len(several), counts


class Lexical:
    """A BM25 index whose score is a share of what the question could reach."""

    def __init__(self, folder: Path, columns: Mapping[str, int], rows: int) -> None:
        """Open what a Builder saved in `folder`; `columns` is what it gave back, `rows` how many texts there were."""
        self._scores, self._of, self._starts = (_mapped(folder / file) for file in (_SCORES, _ROWS, _STARTS))
        self._columns, self._rows = columns, rows
        self.frequency: Mapping[str, int] = Frequency(columns, self._starts)
        self._best = lru_cache(maxsize=_KEPT)(self._most)

    def scores(self, text: str) -> NDArray[np.float32]:
        """float32 [rows]: BM25 of `text` against each row, divided by the most that `text` could score, so 0..1.

        The most is the sum over the words of their best score in any row; a word no row holds counts as a rare one, so
        a question of unknown words scores low everywhere.
        """
        wanted = list(dict.fromkeys(content_stems(text)))
        known = [w for w in wanted if w in self._columns]
        scores = np.zeros(self._rows, dtype=np.float32)
        for word in known:
            rows, added = self._held(word)
            scores[rows] += added
        bound = sum(map(self._best, known)) + (len(wanted) - len(known)) * self._unknown
        return scores / np.float32(bound) if known else scores

    def holding(self, stem: str) -> NDArray[np.int64]:
        """int64: the rows that hold `stem`, ascending."""
        if stem not in self._columns:
            return np.empty(0, dtype=np.int64)
        rows, scores = self._held(stem)
        return rows[scores > 0].astype(np.int64)

    def _held(self, word: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The rows that hold a known word, and what each scores by it."""
        column = self._columns[word]
        span = slice(int(self._starts[column]), int(self._starts[column + 1]))
        return self._of[span], self._scores[span]

    def _most(self, word: str) -> float:
        return float(self._held(word)[1].max(initial=0.0))

    @property
    def _unknown(self) -> float:
        return math.log(1 + (self._rows + 0.5) / 0.5)


def _new(file: Path, count: int, dtype: type[np.generic]) -> NDArray[Any]:
    """An array [count] that is written to `file` as it is filled."""
    return np.lib.format.open_memmap(file, "w+", dtype, (count,)) if count else _saved(file, np.empty(0, dtype))


def _saved(file: Path, empty: NDArray[Any]) -> NDArray[Any]:
    np.save(file, empty)
    return empty


def _mapped(file: Path) -> NDArray[Any]:
    """The array in `file`, mapped; an empty one cannot be."""
    try:
        return np.asarray(np.load(file, mmap_mode="r"))
    except ValueError:
        return np.asarray(np.load(file))
