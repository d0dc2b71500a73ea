"""Fixtures by state: a small catalog readable on one screen, a word-hash encoder, and the real catalog with the real model."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from navsearch import Navigator, building
from navsearch import catalog as catalogs
from navsearch.cli import main
from navsearch.encoder import LightEncoder, SentenceTransformerEncoder
from navsearch.index import Index
from navsearch.vectors import Matrix
from navsearch.words import content_stems

ROOT = Path(__file__).parent.parent
CATALOG = ROOT / "catalog"
SMALL = Path(__file__).parent / "small"
LIVER = "small lesion segmentation in liver CT"


class WordHashEncoder:
    """Equal words give equal vectors, so that order can be asserted: each stem adds to one of 256 places."""

    def __init__(self, name: str = "word-hash") -> None:
        self.name = name
        self.texts: list[str] = []

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()

    def lexicon(self) -> frozenset[str]:
        return frozenset({"table", "river"})

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Matrix:
        self.texts += texts
        matrix = np.zeros((len(texts), 256), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in content_stems(text) or ["-"]:
                matrix[row, hashlib.sha256(word.encode()).digest()[0]] += 1
            if progress:
                progress(1)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


@pytest.fixture
def encoder() -> WordHashEncoder:
    return WordHashEncoder()


@pytest.fixture(scope="session")
def small_catalog() -> catalogs.Catalog:
    return catalogs.load(SMALL)


@pytest.fixture(scope="session")
def small_index(small_catalog: catalogs.Catalog, tmp_path_factory: pytest.TempPathFactory) -> Index:
    return building.build(small_catalog, WordHashEncoder(), tmp_path_factory.mktemp("small-index"))


@pytest.fixture
def small(small_index: Index) -> Navigator:
    return Navigator.of(small_index, WordHashEncoder())


def navsearch(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the command prints and its exit code, run by its entry point in this process, which has the heavy imports already."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        patch.setattr(sys, "argv", ["navsearch", *map(str, arguments)])
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            main()
            code = 0
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        printed = [s.detach().getvalue().decode() for s in streams if s.flush() is None]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(arguments, code, *printed)


@pytest.fixture(scope="session")
def real_catalog() -> catalogs.Catalog:
    return catalogs.load(CATALOG)


@pytest.fixture(scope="session")
def real_encoder() -> LightEncoder:
    return LightEncoder()


@pytest.fixture(scope="session")
def small_folder(small_catalog: catalogs.Catalog, real_encoder: LightEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the small catalog by the real model."""
    folder = tmp_path_factory.mktemp("small-folder")
    building.build(small_catalog, real_encoder, folder)
    return folder


@pytest.fixture(scope="session")
def torch_encoder() -> SentenceTransformerEncoder:
    """The same model, by the library that the light encoder is held to."""
    return SentenceTransformerEncoder()


@pytest.fixture(scope="session")
def real_folder(real_catalog: catalogs.Catalog, real_encoder: LightEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the real catalog by the real model, built once a test run."""
    folder = tmp_path_factory.mktemp("real-index")
    building.build(real_catalog, real_encoder, folder)
    return folder


@pytest.fixture(scope="session")
def real(real_folder: Path, real_encoder: LightEncoder) -> Navigator:
    return Navigator(CATALOG, real_folder, encoder=real_encoder)
