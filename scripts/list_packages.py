"""List the public names of the modules that implementations lie in, as the releases in tests/libraries.txt have them.

Reads their source, imports nothing of them: catalog/packages/packages.yaml is written anew, which `navsearch check` holds every
implementation to. Run it after a record names a module that is not listed yet, or after a release was raised.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from navsearch.reading import read

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ROOT / ".venv" / "libraries"
PACKAGES = ROOT / "catalog" / "packages" / "packages.yaml"
_HEAD = "# Public names of the modules that implementations lie in, by release. Written by scripts/list_packages.py.\n"


def listing(catalog: Path, folders: Sequence[Path]) -> list[dict[str, Any]]:
    """A table for each package that implementations in `catalog` name: release, and public names by module. `folders` are
    looked through in turn for its source. Raises LookupError for a module that none has."""
    wanted: dict[str, set[str]] = {}
    for item in _records(catalog):
        for one in item.get("implementations") or ():
            if "path" in one:
                wanted.setdefault(one["package"], set()).add(one["path"].rpartition(".")[0])
    return [_table(package, sorted(wanted[package]), folders) for package in sorted(wanted, key=str.casefold)]


def _records(catalog: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(catalog.glob("*/*.yaml")):
        yield from (item for item in read(file, file.name).items if isinstance(item, dict))


def _table(package: str, modules: Sequence[str], folders: Sequence[Path]) -> dict[str, Any]:
    names = {module: sorted(_public(module, tuple(folders))) for module in modules}
    return {"package": package, "version": _release(package, folders), "modules": names}


def _release(package: str, folders: Sequence[Path]) -> str:
    found = metadata.distributions(path=[str(f) for f in folders])
    same = (d for d in found if _plain(d.metadata["Name"]) == _plain(package))
    return next(d.version.partition("+")[0] for d in same)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def _public(module: str, folders: tuple[Path, ...]) -> frozenset[str]:
    """The public names that `module` defines or imports; of another module's star all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is odd in others' source is theirs
        tree = ast.parse(_source(module, folders).read_text(encoding="utf-8"))
    package = module if _source(module, folders).name == "__init__.py" else module.rpartition(".")[0]
    names = {name for node in _statements(tree.body) for name in _bound(node, package, folders)}
    return frozenset(n for n in names if not n.startswith("_"))


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those under conditions and tries included, but nothing within functions and classes."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _statements([*node.body, *node.orelse, *(s for h in getattr(node, "handlers", ()) for s in h.body)])


def _bound(node: ast.stmt, package: str, folders: tuple[Path, ...]) -> Iterator[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield from _public(_origin(node, package), folders) if alias.name == "*" else [alias.asname or alias.name]


def _origin(node: ast.ImportFrom, package: str) -> str:
    """The module that a star is taken from."""
    if not node.level:
        return str(node.module)
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _source(module: str, folders: Sequence[Path]) -> Path:
    place = Path(*module.split("."))
    for folder in folders:
        for file in (folder / place / "__init__.py", (folder / place).with_suffix(".py")):
            if file.is_file():
                return file
    raise LookupError(f"{module}: found in none of {', '.join(map(str, folders))}, expected the package in tests/libraries.txt")


def places() -> list[Path]:
    """Where packages lie: unpacked for the tests, and installed."""
    return [LIBRARIES, *(Path(p) for p in sys.path if p.endswith("site-packages"))]


if __name__ == "__main__":
    PACKAGES.parent.mkdir(exist_ok=True)
    text = yaml.safe_dump(listing(ROOT / "catalog", places()), sort_keys=False, width=128, default_flow_style=None)
    PACKAGES.write_text(_HEAD + text, encoding="utf-8")
