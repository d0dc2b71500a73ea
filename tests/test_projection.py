"""The map of the catalog: where its vectors lie in the plane."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import WordHashEncoder
from navsearch import building, projection
from navsearch import index as indexes
from navsearch.catalog import Catalog
from navsearch.errors import IndexUnusable
from navsearch.index import Index
from navsearch.vectors import Matrix

Draw = Callable[[Matrix], Matrix]
CHANGED = 100  # the row of a record that is changed


@pytest.fixture
def drawn(tmp_path: Path) -> Draw:
    """The map of some vectors."""

    def draw(vectors: Matrix) -> Matrix:
        np.save(tmp_path / "vectors.npy", vectors.astype(np.float32))
        projection.write(tmp_path)
        return np.load(tmp_path / "map.npy")

    return draw


@pytest.fixture
def vectors(real_folder: Path) -> Matrix:
    """Those of the real catalog."""
    return np.load(next(real_folder.glob("data-*/vectors.npy")))


def mixed(vectors: Matrix, rows: int) -> Matrix:
    """Many more vectors like these: each is three quarters of one and a quarter of another."""
    first, second = np.random.default_rng(0).integers(0, len(vectors), (2, rows))
    sums = 3 * vectors[first] + vectors[second]
    return sums / np.linalg.norm(sums, axis=1, keepdims=True)


def nearest(scores: NDArray[np.floating], count: int) -> NDArray[np.intp]:
    """int [rows, count]: by row, the others of highest score."""
    np.fill_diagonal(scores, -np.inf)
    return np.argsort(-scores, axis=1)[:, :count]


def kept(vectors: Matrix, places: Matrix) -> float:
    """Share of the 10 nearest of each vector that are among its 30 nearest on the map."""
    near = nearest(vectors @ vectors.T, 10)
    seen = nearest(-np.square(places[:, None] - places).sum(axis=-1), 30)
    return float(np.mean([np.isin(n, s).mean() for n, s in zip(near, seen, strict=True)]))


def test_every_row_has_a_place(small_index: Index) -> None:
    """Two numbers in 0..1, and the longer side is used from end to end."""
    assert small_index.map.shape == (len(small_index), 2)
    assert small_index.map.dtype == np.float32
    assert small_index.map.min() == 0
    assert small_index.map.max() == 1


def test_what_is_like_lies_together(vectors: Matrix, drawn: Draw) -> None:
    """By chance one in 24 of the nearest would be among the 30 nearest on the map; most are."""
    assert kept(vectors, drawn(vectors)) > 0.75


def test_modalities_and_kinds_show_on_the_map(real_folder: Path) -> None:
    """The nearest on the map is of the same kind, and among data sets of the same modality, more than twice as often as by
    chance."""
    index = indexes.load(real_folder)
    near = nearest(-np.square(index.map[:, None] - index.map).sum(axis=-1), 1)[:, 0]
    for labels in (np.array([index.kind_of(row) for row in range(len(index))]), modalities(index)):
        stated = np.flatnonzero((labels != "") & (labels[near] != ""))
        _, counts = np.unique(labels[stated], return_counts=True)
        assert np.mean(labels[stated] == labels[near][stated]) > 2 * np.square(counts / counts.sum()).sum()


def modalities(index: Index) -> NDArray[np.str_]:
    """The first modality of each row, "" if it states none."""
    return np.array([(*index.terms[row].get("modality", ()), "")[0] for row in range(len(index))])


def test_one_changed_record_leaves_the_picture(vectors: Matrix, drawn: Draw) -> None:
    """The others stay about where they were."""
    before = drawn(vectors)
    vectors[CHANGED] = mixed(vectors, 1)[0]
    moved = np.delete(np.linalg.norm(drawn(vectors) - before, axis=1), CHANGED)
    assert moved.mean() < 0.05
    assert np.mean(moved > 0.2) < 0.02


def test_a_quick_and_a_full_build_draw_the_same_map(small_catalog: Catalog, tmp_path: Path) -> None:
    """Bit for bit."""
    first, *others = small_catalog.resources
    changed = dataclasses.replace(small_catalog, resources=(dataclasses.replace(first, description="New."), *others))
    for folder, catalogs in ((tmp_path / "quick", (small_catalog, changed)), (tmp_path / "full", (changed,))):
        for catalog in catalogs:
            building.build(catalog, WordHashEncoder(), folder)
    quick, full = (next(tmp_path.glob(f"{name}/data-*/map.npy")).read_bytes() for name in ("quick", "full"))
    assert quick == full


def test_threads_make_no_difference(vectors: Matrix, tmp_path: Path) -> None:
    """The same bytes, however many there are."""
    np.save(tmp_path / "vectors.npy", vectors)
    code = "import sys, pathlib; from navsearch import projection; projection.write(pathlib.Path(sys.argv[1]))"
    maps = set()
    for threads in ("1", "2", "7"):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads}
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=environment, check=True)
        maps.add((tmp_path / "map.npy").read_bytes())
    assert len(maps) == 1


class TestMoreRowsThanLandmarks:
    """Above 1,024 rows the others are placed by those that they are like."""

    def test_what_is_like_lies_together(self, vectors: Matrix, drawn: Draw) -> None:
        """As well, though only a third was laid out."""
        many = mixed(vectors, 3000)
        places = drawn(many)
        assert 0 <= places.min() <= places.max() <= 1
        assert kept(many, places) > 0.4

    def test_landmarks_are_drawn_by_what_they_hold(self, vectors: Matrix, tmp_path: Path) -> None:
        """A changed record and another order of the rows change one landmark at most."""
        many = mixed(vectors, 3000)
        other = many[::-1].copy()
        other[CHANGED] = vectors[0]
        picked = []
        for matrix in (many, other):
            np.save(tmp_path / "vectors.npy", matrix)
            picked.append({row.tobytes() for row in matrix[projection._drawn(tmp_path / "vectors.npy")]})
        assert len(picked[0] - picked[1]) <= 1


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 20])
@pytest.mark.parametrize("dimension", [2, 384])
def test_few_rows(drawn: Draw, rows: int, dimension: int) -> None:
    """They lie apart, the first in the middle if it is alone."""
    vectors = np.random.default_rng(rows).normal(size=(rows, dimension))
    places = drawn(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    assert np.all((places >= 0) & (places <= 1))
    assert len(np.unique(places, axis=0)) == rows
    assert rows > 1 or places.tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize("vector", [[0.6, 0.8, 0.0], [0.0, 0.0, 0.0]])
def test_equal_vectors_lie_in_one_place(drawn: Draw, vector: list[float]) -> None:
    """Alone in the middle, and among others too."""
    assert np.all(drawn(np.array([vector] * 5)) == 0.5)
    places = drawn(np.array([vector, [1.0, 0.0, 0.0], vector, [0.0, 0.0, 1.0]]))
    assert places[0].tolist() == places[2].tolist()
    assert len(np.unique(places, axis=0)) == 3


def test_an_index_without_its_map_is_refused(small_catalog: Catalog, tmp_path: Path) -> None:
    """It is verified with the other files."""
    building.build(small_catalog, WordHashEncoder(), tmp_path)
    next(tmp_path.glob("data-*/map.npy")).unlink()
    with pytest.raises(IndexUnusable, match=r"is damaged \(map.npy is missing\): run navsearch build"):
        indexes.load(tmp_path)


def test_the_map_of_an_open_index_outlives_its_file(small_catalog: Catalog, tmp_path: Path) -> None:
    """A build that replaces the index does not take it away."""
    index = building.build(small_catalog, WordHashEncoder(), tmp_path)
    before = np.array(index.map)
    building.build(
        small_catalog,
        WordHashEncoder(
            "other",
        ),
        tmp_path,
    )
    assert np.array_equal(index.map, before)
