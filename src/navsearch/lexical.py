"""Propose rows for words: BM25 over stems, made by bm25s and read memory-mapped. Knows texts and rows, not resources."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from navsearch.words import content_stems

_KEPT = 16384
# What bm25s writes: the scores by word (`data`), the rows that they belong to, and where each word's begin.
_FILES = {name: f"{name}.csc.index.npy" for name in ("data", "indices", "indptr")}


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
        self._found: list[array[int]] = []

    def add(self, texts: Iterable[str]) -> None:
        """The texts of the next rows."""
        for text in texts:
            self._found.append(array("i", [self._seen.setdefault(word, len(self._seen)) for word in content_stems(text)]))

    def save(self, folder: Path) -> dict[str, int]:
        """Write the index into `folder`. The column of each stem, in the order of the stems, so that equal texts give equal
        bytes."""
        import bm25s

        columns = {word: column for column, word in enumerate(sorted(self._seen))}
        of = np.array([columns[word] for word in self._seen], dtype=np.int32)
        for place, row in enumerate(self._found):
            self._found[place] = array("i", of[np.asarray(row)].tobytes())
        engine = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        engine.index((self._found, columns), show_progress=False)
        engine.save(folder, show_progress=False)
        return columns


class Lexical:
    """A BM25 index (Lucene's variant, k1 = 1.2, b = 0.75) whose score is a share of what the question could reach."""

    def __init__(self, folder: Path, columns: Mapping[str, int], rows: int) -> None:
        """Open what a Builder saved in `folder`; `columns` is what it gave back, `rows` how many texts there were."""
        self._data, self._indices, self._starts = (np.load(folder / f, mmap_mode="r") for f in _FILES.values())
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
        return self._indices[span], self._data[span]

    def _most(self, word: str) -> float:
        return float(self._held(word)[1].max(initial=0.0))

    @property
    def _unknown(self) -> float:
        return math.log(1 + (self._rows + 0.5) / 0.5)
