"""Embed the texts of a catalog, each once: what an earlier build embedded, or one that was interrupted, is taken from there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from navsearch import manifest as manifests
from navsearch.encoder import Encoder
from navsearch.errors import IndexUnusable
from navsearch.fingerprint import Stamps
from navsearch.forward import Progress
from navsearch.index import STORE
from navsearch.store import Store
from navsearch.vectors import VECTORS, Matrix

_DIGEST, _HEAD = 16, 4  # bytes of a text's digest, and of the dimension


def digest(text: str) -> bytes:
    """What tells whether a text was embedded before: the first 16 bytes of its sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_DIGEST]


class Embedder:
    """Embeds with `encoder` for the index in `folder`; with `full`, everything anew."""

    def __init__(
        self, encoder: Encoder, folder: Path, known: Stamps, progress: Progress | None = None, *, full: bool = False
    ) -> None:
        self._encoder, self._progress = encoder, progress or _untold
        self._journal = _Journal(folder / f"embedding-{encoder.fingerprint[:16]}.partial")
        if full:
            self._journal.remove()
        self._before = _nothing if full else _before(folder, encoder, known)
        self._journal.open()

    @contextmanager
    def writing(self, folder: Path, count: int) -> Iterator[Callable[[Sequence[str]], int]]:
        """What writes the vectors of the next texts, of `count` in all, into `folder` as float32 [count, dimension], and gives
        back the dimension."""
        with (folder / VECTORS).open("wb") as file:

            def write(texts: Sequence[str]) -> int:
                matrix = self._matrix(texts)
                if not file.tell():
                    _write_header(file, (count, matrix.shape[1]))
                file.write(matrix.tobytes())
                return int(matrix.shape[1])

            yield write

    def done(self) -> None:
        """Forget what was kept in case that the build is interrupted."""
        self._journal.remove()

    def _matrix(self, texts: Sequence[str]) -> Matrix:
        wanted = [digest(text) for text in texts]
        found = {d: vector for d in dict.fromkeys(wanted) if (vector := self._vector(d)) is not None}
        new = {d: text for d, text in zip(wanted, texts, strict=True) if d not in found}
        self._progress(len(texts) - len(new))
        if new:
            vectors = self._encoder.encode(list(new.values()), self._progress)
            self._journal.add(list(new), vectors)
            found |= dict(zip(new, vectors, strict=True))
        return np.stack([found[d] for d in wanted]).astype("<f4")

    def _vector(self, text: bytes) -> Matrix | None:
        known = self._journal.vector(text)
        return known if known is not None else self._before(text)


class _Journal:
    """The vectors of a build that is not complete yet, one after the other: dimension, then digest and vector of each text."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._places: dict[bytes, int] = {}  # where the vector of a text begins
        self._dimension = 0

    def open(self) -> None:
        """Look up what was kept whole; what was not is cut off, so that more can follow."""
        if not self._file.is_file():
            return
        with self._file.open("rb") as file:
            self._dimension = int.from_bytes(file.read(_HEAD), "little")
            place, whole = _HEAD, self._file.stat().st_size
            while place + _DIGEST + 4 * self._dimension <= whole and self._dimension:
                self._places[file.read(_DIGEST)] = place + _DIGEST
                place = file.seek(4 * self._dimension, os.SEEK_CUR)
        os.truncate(self._file, place if self._places else 0)

    def vector(self, text: bytes) -> Matrix | None:
        """The vector of a text, if it was kept."""
        place = self._places.get(text)
        return None if place is None else np.fromfile(self._file, "<f4", self._dimension, offset=place)

    def add(self, texts: list[bytes], vectors: Matrix) -> None:
        """Keep the vectors of texts."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        entries = (text + vector.astype("<f4").tobytes() for text, vector in zip(texts, vectors, strict=True))
        with self._file.open("ab", buffering=0) as file:  # in one write, which no other build's can come between
            head = b"" if file.tell() else int(vectors.shape[1]).to_bytes(_HEAD, "little")
            file.write(head + b"".join(entries))

    def remove(self) -> None:
        """Forget them."""
        self._file.unlink(missing_ok=True)


def _before(folder: Path, encoder: Encoder, known: Stamps) -> Callable[[bytes], Matrix | None]:
    """What finds the vector of a text in the sound index in `folder`, if that is of `encoder`."""
    try:
        manifest = manifests.read(folder)
        data = manifests.verify(folder, manifest, known)
    except IndexUnusable:
        return _nothing
    if manifest["encoder"]["fingerprint"] != encoder.fingerprint:
        return _nothing
    store, file = Store(data / STORE), data / VECTORS
    rows = np.load(file, mmap_mode="r")
    (_, dimension), start, size = rows.shape, rows.offset, rows.strides[0]

    def find(text: bytes) -> Matrix | None:  # by plain reads: mapped pages would count as memory of the process
        row = store.row_of_text(text)
        return None if row is None else np.fromfile(file, "<f4", dimension, offset=start + row * size)

    return find


def _nothing(_: bytes) -> None:
    return None


def _untold(_: int) -> None:
    pass


def _write_header(file: IO[bytes], shape: tuple[int, int]) -> None:
    stated = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, stated)
