"""Texts to unit vectors by a sentence encoder of the BERT type: no torch, no transformers, no tokenizers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from navsearch.model_files import read
from navsearch.one_thread import ONE_THREAD
from navsearch.transformer import Matrix, Network
from navsearch.wordpiece import WordPiece

Progress = Callable[[int], None]
_FEW = 4  # texts for which starting threads does not pay


class Forward:
    """A sentence encoder over the files of a model, made by `open`. Several threads may use it at once."""

    def __init__(self, tokenizer: WordPiece, network: Network) -> None:
        self._tokenizer, self._network = tokenizer, network

    @classmethod
    def open(cls, folder: Path) -> Forward:
        """The encoder in `folder`, as sentence-transformers saves it; its weights are mapped, not read. Raises Unsupported."""
        return cls(*read(folder))

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return len(self._network.norm.weight)

    def words(self) -> frozenset[str]:
        """The whole words of the vocabulary in small letters of ASCII."""
        return frozenset(w for w in self._tokenizer.vocabulary if w.isascii() and w.isalpha() and w.islower())

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """float32 [len(texts), dimension], rows of length 1; `progress` is told how many more are done.

        A text has the same vector, bit for bit, whatever the others and their order. Many texts share all processors.
        """
        matrix = np.empty((len(texts), self.dimension), dtype=np.float32)
        with ONE_THREAD, _mapping(len(texts)) as mapped:
            for row, vector in enumerate(mapped(self._vector, texts)):
                matrix[row] = vector
                if progress:
                    progress(1)
        return matrix

    def _vector(self, text: str) -> Matrix:
        return self._network(self._tokenizer.ids(text, len(self._network.places)))


@contextmanager
def _mapping(count: int) -> Iterator[Callable[..., Iterator[Matrix]]]:
    """A `map` that is worth its cost for `count` texts; what it has not begun when left, it never does."""
    if count <= _FEW:
        yield map
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)
