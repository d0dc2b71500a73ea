"""Claims about proposals by cosine, at any size, against the plain scan."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from navsearch import vectors as module
from navsearch.vectors import Engine, Matrix, Rows, Vectors

ROWS, DIMENSION, BEST, COUNT = 30_000, 48, 10, 100


def unit(matrix: Any) -> Matrix:
    return np.asarray(matrix / np.linalg.norm(matrix, axis=-1, keepdims=True), dtype=np.float32)


def mixtures(count: int, seed: int) -> Matrix:
    """Rows in the shape of embeddings: mixtures of three of 300 topics, with noise."""
    draw = np.random.default_rng(seed)
    topics = unit(np.random.default_rng(0).standard_normal((300, DIMENSION)))
    mixed = unit(np.einsum("mk,mkd->md", draw.random((count, 3)), topics[draw.integers(0, 300, (count, 3))]))
    return unit(mixed + 0.05 * draw.standard_normal(mixed.shape))


def built(folder: Path, matrix: Matrix) -> Vectors:
    np.save(folder / "vectors.npy", matrix)
    return Vectors.open(folder, json.loads(json.dumps(Vectors.build(folder))))


def plain(matrix: Matrix, query: Matrix, count: int, rows: Rows) -> Rows:
    """By (-cosine, row), in numbers that ties are exact in."""
    cosines = np.array([np.dot(matrix[row], query) for row in rows])
    return rows[np.lexsort((rows, -cosines))[:count]]


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


class TestSmall:
    """The exact engine."""

    @pytest.mark.parametrize("share", [1.0, 0.5, 0.05])
    def test_proposals_equal_the_plain_scan(self, tmp_path: Path, share: float) -> None:
        """The same rows in the same order, whatever is allowed."""
        matrix = mixtures(700, 1)
        vectors = built(tmp_path, matrix)
        allowed = np.random.default_rng(2).random(700) < share
        for query in mixtures(20, 3):
            expected = plain(matrix, query, 20, np.flatnonzero(allowed))
            assert vectors.propose(query, 20, None if share == 1 else allowed).tolist() == expected.tolist()

    def test_of_equals_the_lower_row_is_first(self, tmp_path: Path) -> None:
        """Equal rows tie wherever they stand, also where the proposals end, and with a mask."""
        matrix = np.repeat(mixtures(7, 1), 101, axis=0)[np.random.default_rng(5).permutation(707)]
        vectors = built(tmp_path, matrix)
        odd = np.arange(707) % 2 == 1
        for query in matrix[:40]:
            same = np.flatnonzero((matrix == query).all(axis=1))
            assert vectors.propose(query, 30).tolist() == same[:30].tolist()
            assert vectors.propose(query, 30, odd).tolist() == same[odd[same]][:30].tolist()
            assert len(set(vectors.similarity(query, same).tolist())) == 1

    def test_the_file_proposes_what_numpy_does(self, tmp_path: Path) -> None:
        """engine.faiss is the engine of record: any FAISS reads it and finds the same rows."""
        import faiss

        vectors = built(tmp_path, mixtures(700, 1))
        engine = faiss.read_index(str(tmp_path / "engine.faiss"))
        for query in mixtures(20, 3):
            assert vectors.propose(query, 25).tolist() == engine.search(query[None, :], 25)[1][0].tolist()

    def test_facts_are_json_and_true(self, tmp_path: Path) -> None:
        """An exact engine finds all."""
        np.save(tmp_path / "vectors.npy", mixtures(700, 1))
        assert Vectors.build(tmp_path) == {"engine": "Flat", "search": {}, "recall_at_10": 1.0, "sample": 200}

    @pytest.mark.parametrize("rows", [0, 1, 2, 9])
    def test_any_size_is_served(self, tmp_path: Path, rows: int) -> None:
        """All rows if fewer than asked for, down to none."""
        vectors = built(tmp_path, mixtures(rows, 1))
        query = mixtures(1, 2)[0]
        assert (len(vectors), vectors.dimension) == (rows, DIMENSION)
        assert sorted(vectors.propose(query, 100)) == list(range(rows))
        assert vectors.propose(query, 100, np.zeros(rows, dtype=bool)).tolist() == []
        assert vectors.similarity(query, np.empty(0, dtype=np.int64)).tolist() == []

    def test_vectors_and_cosines_are_exact(self, tmp_path: Path) -> None:
        """`of` gives back what was stored; opposite rows are alike by 0, not less."""
        matrix = mixtures(50, 1)
        vectors = built(tmp_path, matrix)
        rows = np.array([7, 3])
        assert np.array_equal(vectors.of(rows), matrix[rows])
        assert vectors.similarity(-matrix[7], rows)[0] == 0
        assert vectors.similarity(matrix[7], rows) == pytest.approx(np.maximum(matrix[rows] @ matrix[7], 0), abs=1e-6)

    def test_asking_imports_no_faiss(self, tmp_path: Path) -> None:
        """A small catalog is opened and asked, with and without a mask, by numpy alone."""
        built(tmp_path, mixtures(700, 1))
        code = (
            "import importlib.util, sys; import numpy as np; from pathlib import Path\n"
            "spec = importlib.util.spec_from_file_location('vectors', sys.argv[1])\n"
            "vectors = importlib.util.module_from_spec(spec); sys.modules['vectors'] = vectors; spec.loader.exec_module(vectors)\n"
            "opened = vectors.Vectors.open(Path(sys.argv[2]), {'engine': 'Flat', 'search': {}})\n"
            "rows = opened.propose(opened.of(np.array([5]))[0], 3, np.ones(700, dtype=bool))\n"
            "assert rows[0] == 5 and opened.propose(opened.of(rows)[0], 3)[0] == 5\n"
            "sys.exit('faiss' in sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code, str(module.__file__), str(tmp_path)], check=True)

    def test_missing_files_are_told(self, tmp_path: Path) -> None:
        """What cannot be opened raises."""
        with pytest.raises(FileNotFoundError):
            Vectors.open(tmp_path, {"engine": "Flat", "search": {}})


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return mixtures(ROWS, 1)


@pytest.fixture(scope="module")
def folder(matrix: Matrix, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    np.save(folder / "vectors.npy", matrix)
    return folder


@pytest.fixture(scope="module")
def vectors(folder: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ENGINES", tuple(Engine(e.least // 10, e.name, e.searches) for e in module.ENGINES))
        patch.setattr(module, "GATHER", 1000)
        facts = Vectors.build(folder)
        assert facts["engine"] == "IVF256,SQ8"
        yield Vectors.open(folder, json.loads(json.dumps(facts)))


class TestLarge:
    """A compressed engine, forced on fewer rows than it is meant for."""

    def recall(self, vectors: Vectors, matrix: Matrix, allowed: Any, rows: Rows) -> float:
        shares = []
        for query in mixtures(40, 9):
            exact = rows[np.argsort(-(matrix[rows] @ query))[:BEST]]
            proposed = vectors.propose(query, COUNT, allowed)
            assert len(set(proposed.tolist())) == min(COUNT, len(rows))
            shares.append(len(np.intersect1d(exact, proposed)) / len(exact))
        return float(np.mean(shares))

    def test_the_nearest_are_proposed(self, vectors: Vectors, matrix: Matrix) -> None:
        """Nearly all of the nearest 10 are among 100 proposals."""
        assert self.recall(vectors, matrix, None, np.arange(ROWS)) >= 0.97

    @pytest.mark.parametrize("share", [0.5, 0.05, 0.005, 0.0005])
    def test_filters_keep_the_recall(self, vectors: Vectors, matrix: Matrix, share: float) -> None:
        """However few rows are allowed, the nearest of them are proposed, and no other."""
        allowed = np.random.default_rng(4).random(ROWS) < share
        assert self.recall(vectors, matrix, allowed, np.flatnonzero(allowed)) >= 0.97
        assert allowed[vectors.propose(matrix[0], COUNT, allowed)].all()

    def test_a_filter_to_another_topic_keeps_the_recall(self, vectors: Vectors, matrix: Matrix) -> None:
        """Rows that lie together, away from the question, are found as well."""
        cosines = matrix @ matrix[77]
        allowed = cosines > np.quantile(cosines, 0.95)
        assert self.recall(vectors, matrix, allowed, np.flatnonzero(allowed)) >= 0.97

    def test_equal_vectors_give_equal_bytes(self, vectors: Vectors, folder: Path, tmp_path: Path) -> None:
        """To build again writes the same file and facts, with one thread as with two; progress adds up to the rows."""
        import faiss

        (tmp_path / "vectors.npy").symlink_to(folder / "vectors.npy")
        threads, done = faiss.omp_get_max_threads(), []
        for count in (1, 2):
            faiss.omp_set_num_threads(count)
            facts = Vectors.build(tmp_path, done.append)
            assert facts == vectors._facts
            assert digest(tmp_path / "engine.faiss") == digest(folder / "engine.faiss")
        faiss.omp_set_num_threads(threads)
        assert sum(done) == 2 * ROWS

    def test_the_facts_are_how_the_file_is_searched(self, vectors: Vectors, folder: Path) -> None:
        """engine.faiss carries the number of probes, so that any FAISS searches it alike."""
        import faiss

        engine = faiss.read_index(str(folder / "engine.faiss"))
        query = mixtures(1, 5)
        assert engine.nprobe == vectors._facts["search"]["nprobe"]
        assert vectors.propose(query[0], COUNT).tolist() == engine.search(query, COUNT)[1][0].tolist()
        assert vectors._facts["recall_at_10"] >= module.RECALL
