"""The documents tell the truth: commands run, modules and fields are all named."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import navsearch
from conftest import CATALOG, ROOT
from conftest import navsearch as run_navsearch
from navsearch.catalog import TABLES
from navsearch.checking import Checker
from navsearch.cli import app
from navsearch.commands import COMMANDS as COMMANDS_OF_CLI
from navsearch.reading import read
from navsearch.vocabulary import Vocabulary

README = (ROOT / "README.md").read_text()
COMMANDS = [line[2:] for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
ASKED = [c for c in COMMANDS if c.startswith("navsearch ") and " serve" not in c]


@pytest.mark.parametrize("command", ASKED)
def test_readme_commands_run(command: str, real_folder: Path) -> None:
    """Every navsearch command of the README answers."""
    done = run_navsearch(*shlex.split(command)[1:], NAVSEARCH_INDEX=str(real_folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_readme_begins_with_the_two_targets() -> None:
    """What a newcomer needs comes first, and exists."""
    assert COMMANDS[:2] == ["make demo", "make test"]
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^demo:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_readme_python_runs(real_folder: Path) -> None:
    """The API example prints what it says."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL)).replace(
        "Navigator()", f"Navigator(index={str(real_folder)!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) > 5


def test_every_command_is_in_the_readme_and_has_an_example() -> None:
    """A command without help or mention does not exist for a user."""
    for name in COMMANDS_OF_CLI:
        assert f"`navsearch {name}" in README
        shown = CliRunner().invoke(app, [name, "--help"])
        assert shown.exit_code == 0
        assert f"navsearch {name}" in shown.stdout


def test_every_module_is_in_the_architecture() -> None:
    """The tree in ARCHITECTURE.md is the tree."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = re.findall(r"^      ([\w/]+\.py)", text, re.MULTILINE)
    source = ROOT / "src/navsearch"
    modules = {f.relative_to(source).as_posix() for f in source.rglob("*.py") if f.name != "__init__.py"}
    assert sorted(named) == sorted(modules)


def test_the_public_names_are_what_can_be_imported() -> None:
    """The package offers exactly its sorted list of names."""
    assert navsearch.__all__ == sorted(navsearch.__all__)
    assert all(getattr(navsearch, name).__module__.startswith("navsearch.") for name in navsearch.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Compass'"):
        _ = navsearch.Compass


def test_the_contributing_example_is_a_valid_record(tmp_path: Path) -> None:
    """What CONTRIBUTING.md shows passes the check."""
    example = re.search(r"```yaml\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    assert example
    (tmp_path / "example.yaml").write_text(example[1])
    tables = [t for f in sorted((CATALOG / "vocabulary").glob("*.yaml")) for t in read(f, f.name).items]
    checker = Checker(json.loads((CATALOG / "schema.json").read_text()), Vocabulary.from_dicts(tables))
    documents = {"resource": [read(tmp_path / "example.yaml", "example.yaml")]}
    documents |= {"vocabulary": [read(f, f.name) for f in sorted((CATALOG / "vocabulary").glob("*.yaml"))]}
    assert checker.check(documents | {k: [] for k in TABLES.values() if k not in documents})[1] == ()


def test_changelog_and_version_agree() -> None:
    """The version is the package's, and the changelog speaks of it or of what is not released yet."""
    assert f'version = "{navsearch.__version__}"' in (ROOT / "pyproject.toml").read_text()
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## {navsearch.__version__}" in changelog or "## Unreleased\n\n-" in changelog


def test_imports_point_down_only() -> None:
    """The order of layers holds."""
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_kind_task_or_modality_is_named_in_code() -> None:
    """Knowledge of the field is data: no term of the vocabulary stands as a literal in the ranking's way."""
    facets = [t for name in ("kind", "task", "modality") for t in read(CATALOG / f"vocabulary/{name}.yaml", name).items]
    terms = {t for table in facets for t in table["terms"]} - {"text", "audio", "video", "dataset"}  # also names of fields
    for module in (
        "ranking",
        "recommend",
        "navigator",
        "query",
        "limits",
        "index",
        "catalog",
        "vocabulary",
        "problem",
        "relations",
        "planning",
    ):
        code = (ROOT / f"src/navsearch/{module}.py").read_text()
        literals = set(re.findall(r'"([^"\n]+)"', re.sub(r'"""(.|\n)*?"""', "", code)))
        assert literals & terms == set(), module
