"""Texts to unit vectors by a sentence encoder of the BERT type: no torch, no transformers, no tokenizers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np

from navsearch.model_files import read
from navsearch.one_thread import ONE_THREAD
from navsearch.transformer import Matrix, Network, rows_of
from navsearch.wordpiece import WordPiece

Progress = Callable[[int], None]
_FEW = 4  # batches for which starting threads does not pay
_ROWS = 240  # of a batch: twice as many gain no more


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

        A text has the same vector, bit for bit, whatever the others and their order. Texts of like length pass together, where
        this machine computes them alike so; many texts share all processors.
        """
        ids = [self._tokenizer.ids(text, len(self._network.places)) for text in texts]
        matrix = np.empty((len(texts), self.dimension), dtype=np.float32)
        with ONE_THREAD:
            batches = list(self._batches(ids))
            with _mapping(len(batches)) as mapped:
                vectors = mapped(lambda batch: self._network([ids[place] for place in batch]), batches)
                for batch, found in zip(batches, vectors, strict=True):
                    matrix[batch] = found
                    if progress:
                        progress(len(batch))
        return matrix

    def _batches(self, ids: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """The places of texts that pass together, the longest first."""
        most = _ROWS if len(ids) > 1 and self._together else 0
        batch: list[int] = []
        for place in sorted(range(len(ids)), key=lambda place: -len(ids[place])):
            if batch and rows_of(len(ids[p]) for p in (*batch, place)) > most:
                yield batch
                batch = []
            batch.append(place)
        yield from [batch] if batch else []

    @cached_property
    def _together(self) -> bool:
        return self._network.rows_alike()


@contextmanager
def _mapping(count: int) -> Iterator[Callable[..., Iterator[Matrix]]]:
    """A `map` that is worth its cost for `count` batches; what it has not begun when left, it never does."""
    if count <= _FEW:
        yield map
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)
