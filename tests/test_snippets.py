"""Code that is shown runs: the snippet of every loss on random tensors, and every import path in its release."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import CATALOG, ROOT
from navsearch.snippets import Shape, snippet

LIBRARIES = ROOT / ".venv/libraries"
RECORDS = [
    r
    for folder in ("losses", "metrics")
    for f in sorted((CATALOG / folder).glob("*.yaml"))
    for r in yaml.safe_load(f.read_text())
]
INPUTS = {i["inputs"]: i for f in (CATALOG / "inputs").glob("*.yaml") for i in yaml.safe_load(f.read_text())}
SNIPPETS = {r["id"]: r["snippet"] for r in RECORDS if "snippet" in r}
DOWNLOADS = {"perceptual-loss-lpips-radimagenet-medicalnet-features"}  # fetches the network it compares with

sys.path.insert(0, str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def libraries() -> Iterator[None]:
    """The unpacked libraries can be imported. The operators that torchvision compiles are declared, as its losses need none."""
    if not LIBRARIES.is_dir():
        pytest.skip("the libraries are not unpacked: run make .venv/installed")
    import torch

    sys.path.append(str(LIBRARIES))
    declared = torch.library.Library("torchvision", "DEF")
    source = (LIBRARIES / "torchvision/_meta_registrations.py").read_text()
    for name in {a or b for a, b in re.findall(r'register_meta\("(\w+)"\)|torchvision::(\w+)', source)}:
        declared.define(f"{name}(Tensor x) -> Tensor")
    yield
    sys.path.remove(str(LIBRARIES))


@pytest.mark.parametrize("size", ["32, 32, 32", "64, 64"])
@pytest.mark.parametrize("identifier", sorted(SNIPPETS.keys() - DOWNLOADS))
@pytest.mark.usefixtures("libraries")
def test_a_snippet_trains(identifier: str, size: str) -> None:
    """Pasted as it is, it gives a finite loss and a gradient, for volumes and for images."""
    import torch

    torch.manual_seed(0)
    names: dict[str, Any] = {}
    told = SNIPPETS[identifier]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries
        exec(snippet(told, INPUTS[told["inputs"]], Shape(4, size)), names)  # noqa: S102
    assert names["value"].ndim == 0
    assert torch.isfinite(names["value"])
    tensors = [v for v in names.values() if isinstance(v, torch.Tensor) and v.is_leaf]
    weights = [p for v in names.values() if isinstance(v, torch.nn.Module) for p in v.parameters()]
    assert any(v.grad is not None for v in (*tensors, *weights))


@pytest.mark.parametrize(
    ("identifier", "good", "bad"),
    [
        ("dice-cross-entropy-dicece", 10.0, -10.0),
        ("dice-topk", 10.0, -10.0),
        ("tversky-loss", 10.0, -10.0),
        ("focal-loss", 10.0, -10.0),
        ("boundary-dou-loss", 10.0, -10.0),
        ("noise-robust-dice-loss", 10.0, -10.0),
    ],
)
@pytest.mark.usefixtures("libraries")
def test_a_right_mask_costs_less(identifier: str, good: float, bad: float) -> None:
    """A confident right mask has a lower loss than a confident wrong one."""
    import torch

    torch.manual_seed(0)
    names: dict[str, Any] = {}
    told = SNIPPETS[identifier]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(snippet(told, INPUTS[told["inputs"]], Shape(1, "32, 32, 32")), names)  # noqa: S102
        target = torch.zeros(2, 1, 32, 32, 32, dtype=torch.long)
        target[:, :, 8:20, 8:20, 8:20] = 1
        onehot = torch.cat([1 - target, target], 1).float() * 2 - 1
        values = [float(names["loss"](sign * onehot, target)) for sign in (good, bad)]
    assert values[0] < values[1]


def test_import_paths_are_listed_as_the_releases_have_them() -> None:
    """catalog/packages/ says what the unpacked and installed packages say, name by name."""
    if not LIBRARIES.is_dir():
        pytest.skip("the libraries are not unpacked: run make .venv/installed")
    listing = importlib.import_module("list_packages")
    found = listing.listing(CATALOG, listing.places())
    assert found == yaml.safe_load((CATALOG / "packages/packages.yaml").read_text())


def test_implementations_state_the_release_they_were_found_in() -> None:
    """Package and version of every implementation are those that the paths were looked up in."""
    releases = {p["package"]: p["version"] for p in yaml.safe_load((CATALOG / "packages/packages.yaml").read_text())}
    stated = [(r["id"], i) for r in RECORDS for i in r.get("implementations") or () if "path" in i]
    assert len(stated) > 200
    assert [(r, i["path"]) for r, i in stated if i.get("version") != releases[i["package"]]] == []


def test_what_is_installed_has_the_paths() -> None:
    """Importing says the same as reading: torch and scikit-learn have what the catalog names."""
    paths = {
        i["path"] for r in RECORDS for i in r.get("implementations") or () if i.get("package") in ("torch", "scikit-learn")
    }
    assert len(paths) > 10
    for path in paths:
        module, _, name = path.rpartition(".")
        assert hasattr(importlib.import_module(module), name), path


def test_the_libraries_are_those_of_the_catalog() -> None:
    """tests/libraries.txt pins each package that is not installed, in the release that records name."""
    pinned = dict(re.findall(r"^([\w-]+)==([\d.]+)$", (Path(__file__).parent / "libraries.txt").read_text(), re.MULTILINE))
    installed = {"torch", "scikit-learn", "scipy"}
    wanted = {i["package"]: i["version"] for r in RECORDS for i in r.get("implementations") or () if "path" in i}
    assert {p: v for p, v in wanted.items() if p not in installed} == {p: v for p, v in pinned.items() if p in wanted}
