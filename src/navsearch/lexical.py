"""Propose rows for words: BM25 over stems. Knows texts and rows, nothing of resources."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from navsearch.words import content_stems


class Lexical:
    """A BM25 index (Lucene's variant, k1 = 1.2, b = 0.75) whose score is a share of what the question could reach."""

    def __init__(self, engine: Any, rows: int) -> None:
        self._engine = engine
        self._rows = rows

    @classmethod
    def build(cls, texts: Sequence[str]) -> Lexical:
        """Index `texts`; row i is text i. Columns are in the order of the words, so equal texts give equal bytes."""
        import bm25s

        found = [content_stems(t) for t in texts]
        columns = {word: column for column, word in enumerate(sorted({w for row in found for w in row}))}
        engine = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        engine.index(([[columns[w] for w in row] for row in found], columns), show_progress=False)
        return cls(engine, len(texts))

    @classmethod
    def load(cls, folder: Path) -> Lexical:
        """Open what `save` wrote."""
        import bm25s

        engine = bm25s.BM25.load(folder, mmap=False)
        return cls(engine, int(engine.scores["num_docs"]))

    def save(self, folder: Path) -> None:
        """Write the index into `folder`."""
        self._engine.save(folder, show_progress=False)

    @cached_property
    def frequency(self) -> dict[str, int]:
        """In how many rows each stem occurs."""
        starts = self._engine.scores["indptr"]
        return {stem: int(starts[i + 1] - starts[i]) for stem, i in self._engine.vocab_dict.items() if i + 1 < len(starts)}

    def scores(self, text: str) -> NDArray[np.float32]:
        """float32 [rows]: BM25 of `text` against each row, divided by the most that `text` could score, so 0..1.

        The most is the sum over the words of their best score in any row; a word no row holds counts as a rare one, so
        a question of unknown words scores low everywhere.
        """
        wanted = list(dict.fromkeys(content_stems(text)))
        known = [w for w in wanted if w in self._engine.vocab_dict]
        if not known:
            return np.zeros(self._rows, dtype=np.float32)
        bound = sum(map(self._best, known)) + (len(wanted) - len(known)) * self._unknown
        return np.asarray(self._engine.get_scores(known) / bound, dtype=np.float32)

    def holding(self, stem: str) -> NDArray[np.bool_]:
        """bool [rows]: which rows hold `stem`."""
        if stem not in self._engine.vocab_dict:
            return np.zeros(self._rows, dtype=np.bool_)
        return np.asarray(self._engine.get_scores([stem]) > 0, dtype=np.bool_)

    def _best(self, word: str) -> float:
        scores = self._engine.scores
        column = self._engine.vocab_dict[word]
        data = scores["data"][scores["indptr"][column] : scores["indptr"][column + 1]]
        return float(data.max()) if len(data) else 0.0

    @property
    def _unknown(self) -> float:
        return math.log(1 + (self._rows + 0.5) / 0.5)
