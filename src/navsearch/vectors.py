"""Propose rows near a vector: FAISS, exact inner product of unit vectors. Knows rows and vectors only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Rows = NDArray[np.int64]


class Vectors:
    """Unit vectors by row, searched by cosine."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @classmethod
    def build(cls, matrix: Matrix) -> Vectors:
        """Index `matrix`, float32 [rows, dimension], each row of length 1."""
        import faiss

        engine = faiss.IndexFlatIP(matrix.shape[1])
        engine.add(np.ascontiguousarray(matrix, dtype=np.float32))
        return cls(engine)

    @classmethod
    def load(cls, file: Path) -> Vectors:
        """Open what `save` wrote."""
        import faiss

        return cls(faiss.read_index(str(file)))

    def save(self, file: Path) -> None:
        """Write the index to `file`."""
        import faiss

        faiss.write_index(self._engine, str(file))

    def __len__(self) -> int:
        return int(self._engine.ntotal)

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return int(self._engine.d)

    def propose(self, vector: Matrix, count: int, allowed: Rows | None = None) -> Rows:
        """Up to `count` rows nearest to `vector`, best first, among `allowed` (all if None); equals in no fixed order."""
        import faiss

        params = faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed)) if allowed is not None else None  # type: ignore[call-arg]
        most = len(self) if allowed is None else len(allowed)
        if not most:
            return np.empty(0, dtype=np.int64)
        _, rows = self._engine.search(vector[None, :], min(count, most), params=params)
        return np.asarray(rows[0][rows[0] >= 0], dtype=np.int64)

    def of(self, rows: Rows) -> Matrix:
        """float32 [len(rows), dimension]: the vectors of `rows`."""
        return np.asarray(self._engine.reconstruct_batch(rows), dtype=np.float32)

    def similarity(self, vector: Matrix, rows: Rows) -> NDArray[np.float32]:
        """float32 [len(rows)]: cosine of `vector` with each row, negatives as 0; computed exactly."""
        if not len(rows):
            return np.empty(0, dtype=np.float32)
        return np.asarray(np.maximum(self.of(rows) @ vector, 0.0), dtype=np.float32)
