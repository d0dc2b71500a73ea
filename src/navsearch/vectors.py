"""Propose rows near a vector. Knows rows and vectors only, and alone knows FAISS.

    vectors.npy     float32 [rows, dimension], each row of length 1; written by the caller, row by row if it likes
    engine.faiss    the engine that proposes rows, chosen by size from ENGINES; any FAISS reads it

Both are mapped, never read whole. An engine only proposes: whoever asks for rows scores them by `similarity`, exactly. Where
the engine is exact, or few rows are allowed, numpy proposes from vectors.npy, and FAISS is not even imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

FLAT = "Flat"
VECTORS = "vectors.npy"
RECALL = 0.98  # of the 10 nearest of one row with half of another, a little harder to find than those of a real question


def _inverted(rows: int) -> str:
    """About 2 sqrt(rows) lists, a power of two, of vectors in 8 bits a dimension."""
    return f"IVF{2 ** round(np.log2(2 * np.sqrt(rows)))},SQ8"


class Engine(NamedTuple):
    """An engine for `least` rows or more: its string for faiss.index_factory, and searches from quick to thorough, of which the
    first that reaches RECALL is taken."""

    least: int
    name: Callable[[int], str]
    searches: tuple[dict[str, int], ...]


ENGINES = (
    # Exact, 0.1 ms for 1,000 rows while they lie in the cache, up to 0.4 beyond. A fresh process answers first by numpy up to
    # 200,000 rows, as FAISS takes 60 ms to import, one that stays is slower by it: 37 ms, not 2, for 100,000 rows.
    Engine(0, lambda _: FLAT, ({},)),
    # 8 bits lose none of the first 10 among 100 proposed; 4 bits take longer to decode, and one bit (RaBitQ) is twice as fast
    # but proposes 0.83 to 0.90 of the first 10 of real questions (of 400 proposed 0.96 to 0.98). The fast-scan engines take no
    # selector; graphs (HNSW) lose two thirds of the neighbours among few allowed rows.
    Engine(100_000, _inverted, tuple({"nprobe": n} for k in range(3, 10) for n in (2**k, 3 * 2 ** (k - 1)))),
)
# If 1 in so many rows or fewer are allowed, all of those are compared. They may lie together and far from the question (the MRI
# of a question about CT), where an engine that looks around the question finds few of them, however far it looks.
GATHER = 20
_DENSE = 8  # if more than 1 in so many rows is allowed, to scan all is faster than to gather them
_ROUNDING = 1e-5  # cosines that differ by less may be equal
_CHUNK = 1 << 14  # rows read at a time
_A_LIST = 40  # rows a list is trained on
_SAMPLE, _PROPOSED, _BEST = 200, 100, 10  # recall: so many queries, rows proposed for each, and nearest ones sought among them
_SEED = 20_231


class Vectors:
    """Unit vectors by row, searched by cosine."""

    def __init__(self, matrix: Matrix, folder: Path, facts: Mapping[str, Any]) -> None:
        self._matrix = matrix
        self._file = folder / "engine.faiss"
        self._facts = facts
        if facts["engine"] != FLAT:
            self._engine  # noqa: B018  opened now: a build that replaces the index removes the file

    @classmethod
    def build(cls, folder: Path, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
        """Write engine.faiss beside vectors.npy, and say which it is, how it is searched and how well it finds, in JSON.

        Equal vectors give equal bytes and facts. `progress` is told how many more rows are done.
        """
        faiss = _faiss()
        file = folder / VECTORS
        rows, dimension = np.load(file, mmap_mode="r").shape
        kind = max((kind for kind in ENGINES if rows >= kind.least), key=lambda kind: kind.least)
        engine = faiss.index_factory(dimension, kind.name(rows), faiss.METRIC_INNER_PRODUCT)
        if not engine.is_trained:
            engine.train(picked(file, _drawn(rows, _A_LIST * engine.nlist)))
        for _, chunk in chunks(file):
            engine.add(chunk)
            if progress:
                progress(len(chunk))
        facts = {"engine": kind.name(rows), **_measured(engine, kind.searches, file)}
        faiss.ParameterSpace().set_index_parameters(engine, ",".join(f"{k}={v}" for k, v in facts["search"].items()))
        faiss.write_index(engine, str(folder / "engine.faiss"))
        return facts

    @classmethod
    def open(cls, folder: Path, facts: Mapping[str, Any]) -> Vectors:
        """Map what `build` wrote, `facts` being what it returned. Raises OSError or ValueError if vectors.npy is unreadable."""
        return cls(np.asarray(np.load(folder / VECTORS, mmap_mode="r")), folder, facts)

    def __len__(self) -> int:
        return len(self._matrix)

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return int(self._matrix.shape[1])

    def propose(self, vector: Matrix, count: int, allowed: Mask | None = None) -> Rows:
        """Up to `count` rows nearest to `vector`, float32 [dimension], best first, where `allowed`, bool [rows], is true (all
        if None). Of equal cosines the lower row is first; where a compressed engine proposes, order is only roughly that."""
        most = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if self._facts["engine"] == FLAT or most * GATHER <= len(self):
            return self._exact(vector, count, np.arange(len(self)) if allowed is None else np.flatnonzero(allowed))
        return self._approximate(vector, min(count, most), most / len(self), allowed)

    def of(self, rows: Rows) -> Matrix:
        """float32 [len(rows), dimension]: the vectors of `rows`."""
        return np.asarray(self._matrix[rows])

    def similarity(self, vector: Matrix, rows: Rows) -> NDArray[np.float32]:
        """float32 [len(rows)]: cosine of `vector` with each row, negatives as 0; computed exactly, and alike for equal rows."""
        return np.maximum(_cosines(self.of(rows), vector), np.float32(0))

    def _exact(self, vector: Matrix, count: int, rows: Rows) -> Rows:
        count = min(count, len(rows))
        if not count:
            return np.empty(0, dtype=np.int64)
        dense = len(rows) * _DENSE > len(self)
        scores = (self._matrix @ vector)[rows] if dense else self._matrix[rows] @ vector
        near = rows[scores >= np.partition(scores, -count)[-count] - _ROUNDING]
        order = np.argsort(-_cosines(self.of(near), vector), kind="stable")
        return np.asarray(near[order[:count]], dtype=np.int64)

    def _approximate(self, vector: Matrix, count: int, share: float, allowed: Mask | None) -> Rows:
        """Look into as many more lists as fewer rows are allowed (`share`), and into more again until `count` rows are found:
        the allowed may lie together, far from `vector`, where a root of the share would lose a tenth of the nearest."""
        faiss = _faiss()
        selector = None if allowed is None else faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        probes, found = self._facts["search"]["nprobe"] / share, np.empty(0, dtype=np.int64)
        while len(found) < count:
            most = min(int(probes), self._engine.nlist)
            search = faiss.SearchParametersIVF(nprobe=most, sel=selector)
            found = self._engine.search(vector[None, :], count, params=search)[1][0]
            found, probes = found[found >= 0], probes * 4
            if most == self._engine.nlist:
                break
        return np.asarray(found, dtype=np.int64)

    @cached_property
    def _engine(self) -> Any:
        """engine.faiss, mapped. FAISS would start 32 threads a query to read lists ahead, which costs more than the search."""
        faiss = _faiss()
        engine = faiss.read_index(str(self._file), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
        faiss.downcast_InvertedLists(engine.invlists).prefetch_nthread = 0
        return engine


def _faiss() -> Any:
    """The module, imported when it is needed; untyped, as its stubs do not know the arguments of its classes."""
    import faiss

    return faiss


def _cosines(matrix: Matrix, vector: Matrix) -> NDArray[np.float32]:
    """float32 [rows]: each row times `vector`; unlike in a matrix product, a row's value does not depend on its place."""
    return np.asarray(np.einsum("ij,j->i", matrix, vector), dtype=np.float32)


def chunks(file: Path) -> Iterator[tuple[int, Matrix]]:
    """First row and rows of each part of `file`, by plain reads: mapped pages would count as memory of the process."""
    stored = np.load(file, mmap_mode="r")
    rows, dimension = stored.shape
    for start in range(0, rows, _CHUNK):
        size, offset = min(_CHUNK, rows - start) * dimension, stored.offset + start * stored.strides[0]
        yield start, np.fromfile(file, np.float32, size, offset=offset).reshape(-1, dimension)


def _drawn(rows: int, count: int) -> Rows:
    """Up to `count` different ones of `rows` rows, the same each time, ascending."""
    return np.sort(np.random.default_rng(_SEED).permutation(rows)[:count])


def picked(file: Path, rows: Rows) -> Matrix:
    """float32 [len(rows), dimension]: the vectors of `rows`, which ascend."""
    return np.concatenate([c[rows[slice(*np.searchsorted(rows, (s, s + len(c))))] - s] for s, c in chunks(file)])


def _measured(engine: Any, searches: Sequence[dict[str, int]], file: Path) -> dict[str, Any]:
    """The first of `searches` that reaches RECALL, or the last, and its recall, for queries of one row and half of another."""
    faiss = _faiss()
    if not engine.ntotal:
        return {"search": searches[0], "recall_at_10": 1.0, "sample": 0}
    drawn = picked(file, _drawn(engine.ntotal, 2 * _SAMPLE))
    queries = drawn[: (len(drawn) + 1) // 2] + drawn[len(drawn) // 2 :] / np.float32(2)
    queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), _ROUNDING)
    least, recall, search = _least(queries, file), 0.0, searches[0]
    for search in searches:
        params = faiss.SearchParametersIVF(**search) if search else None
        found = engine.search(queries, min(_PROPOSED, engine.ntotal), params=params)[1]
        if (recall := _recall(queries, found, least, file)) >= RECALL:
            break
    return {"search": search, "recall_at_10": round(recall, 4), "sample": len(queries)}


def _least(queries: Matrix, file: Path) -> Matrix:
    """float32 [queries, 1]: cosine with the last of the nearest rows, by comparing all."""
    best = np.empty((len(queries), 0), dtype=np.float32)
    for _, chunk in chunks(file):
        scores = np.hstack([best, queries @ chunk.T])
        best = np.partition(scores, -min(_BEST, scores.shape[1]), axis=1)[:, -_BEST:]
    return np.asarray(best.min(axis=1, keepdims=True))


def _recall(queries: Matrix, found: Rows, least: Matrix, file: Path) -> float:
    """Share of the nearest rows among those `found`, int64 [queries, proposed]; rows that are equally near are as good."""
    rows = np.unique(found[found >= 0])
    vectors = picked(file, rows)
    scores = np.einsum("qd,qpd->qp", queries, vectors[np.searchsorted(rows, found)])
    hits = np.count_nonzero((scores >= least - _ROUNDING) & (found >= 0), axis=1)
    best = min(_BEST, found.shape[1])
    return float(np.mean(np.minimum(hits, best) / best))
