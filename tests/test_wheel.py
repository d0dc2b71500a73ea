"""Installed from a wheel, navsearch carries its catalog and answers with the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import CATALOG, LIVER, ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel, outside the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_the_catalog(installed: Path) -> None:
    """Every file of the catalog travels in the package."""
    packed = {
        f.relative_to(installed / "navsearch/catalog") for f in (installed / "navsearch/catalog").rglob("*") if f.is_file()
    }
    assert packed == {f.relative_to(CATALOG) for f in CATALOG.rglob("*") if f.is_file()}


def test_the_wheel_answers_with_the_same_bytes(installed: Path, real_folder: Path, tmp_path: Path) -> None:
    """Index in the user's cache, catalog in the package: the same JSON as in the checkout."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("NAVSEARCH")} | {
        "PYTHONPATH": str(installed),
        "XDG_CACHE_HOME": str(tmp_path),
    }
    command = [sys.executable, "-c", "from navsearch.cli import main; main()"]
    ask = ["ask", LIVER, "--format", "json"]
    subprocess.run([*command, "build"], env=env, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "navsearch/index/manifest.json").is_file()
    there = subprocess.run([*command, *ask], env=env, cwd=tmp_path, check=True, capture_output=True)
    here = subprocess.run([*command, "--index", real_folder, *ask], cwd=ROOT, check=True, capture_output=True)
    assert there.stdout == here.stdout
