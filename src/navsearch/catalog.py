"""The catalog: load and check. Every complaint says file:line, what was found, what was expected."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from navsearch.checking import Checker
from navsearch.errors import CatalogError, UsageError
from navsearch.fingerprint import Sha256, catalog_files, fingerprint, sha256_of, shipped_vocabulary
from navsearch.locations import default_catalog
from navsearch.reading import Document, read
from navsearch.resource import Resource
from navsearch.terms import LISTS
from navsearch.vocabulary import Vocabulary

# Folders of a catalog that hold something else than resources, and what a file there is (a name in schema.json).
TABLES = {
    "vocabulary": "vocabulary",
    "results": "result_table",
    "relations": "relation",
    "inputs": "inputs",
    "advice": "advice",
    "packages": "package",
}
RESOURCE = "resource"
_FILES = 1024  # documents that stay in memory


@dataclass(frozen=True, slots=True)
class Tables:
    """What a catalog knows besides its resources, each item as its file states it: published results, relations of tasks and
    traits to resources, example inputs of losses, and advice. Named as the folders are."""

    results: tuple[Mapping[str, Any], ...] = ()
    relations: tuple[Mapping[str, Any], ...] = ()
    inputs: tuple[Mapping[str, Any], ...] = ()
    advice: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Catalog:
    """Resources in reading order (row i is the i-th) with the vocabulary and tables that serve them."""

    resources: Collection[Resource]
    vocabulary: Vocabulary
    tables: Tables
    fingerprint: str
    folder: Path | None = None

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many resources of each kind, in the order of the kinds."""
        kinds, known = Counter(r.kind for r in self.resources), self.vocabulary.facets.get("kind")
        return {k: kinds[k] for k in (known.terms if known else ()) if k in kinds}


class Resources(Collection[Resource]):
    """The resources of a catalog, made of their records each time they are gone through, so that many need no memory."""

    def __init__(self, items: Iterable[Mapping[str, Any]], vocabulary: Vocabulary) -> None:
        self._items, self._vocabulary = items, vocabulary
        self._count = sum(1 for _ in items)

    def __iter__(self) -> Iterator[Resource]:
        return (_resource(item, self._vocabulary) for item in self._items)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, resource: object) -> bool:
        return any(resource == one for one in self)


def load(folder: Path, sha256: Sha256 = sha256_of) -> Catalog:
    """The catalog in `folder`. Raises CatalogError with every problem if it has any. `sha256` tells that of a file."""
    catalog, problems = check(folder, sha256)
    if problems:
        raise CatalogError(problems)
    return catalog


def check(folder: Path, sha256: Sha256 = sha256_of) -> tuple[Catalog, tuple[str, ...]]:
    """The catalog in `folder` as far as it can be read, and all its problems, in order of file and line. `sha256` tells that of
    a file."""
    before = fingerprint(folder, sha256)
    documents = _documents(folder, sha256)
    vocabulary = _vocabulary(documents)
    by_kind = {kind: [d for k, d in documents if k == kind] for kind in (RESOURCE, *TABLES.values())}
    sound, problems = Checker(_schema(folder), vocabulary).check(by_kind)
    catalog = Catalog(
        resources=Resources(sound[RESOURCE], vocabulary),
        vocabulary=vocabulary,
        tables=Tables(**{folder: tuple(sound[TABLES[folder]]) for folder in Tables.__slots__}),
        fingerprint=before,
        folder=folder,
    )
    return catalog, problems


def _documents(folder: Path, sha256: Sha256) -> list[tuple[str, Document]]:
    files = catalog_files(folder)
    found = [(_kind_of(f.relative_to(folder)), _read(f, _shown(f, folder), sha256(f))) for f in files]
    if not any(kind == RESOURCE and (document.complaints or any(True for _ in document.items)) for kind, document in found):
        raise UsageError(f"{folder} holds no records, expected .yaml or .jsonl files (see --catalog)")
    return found


@lru_cache(maxsize=_FILES)
def _read(file: Path, name: str, _sha256: str) -> Document:
    """The document in `file`, read once as long as it stays the same, so that who watches a catalog waits for changes only."""
    return read(file, name)


def _kind_of(path: Path) -> str:
    return TABLES.get(path.parts[0], RESOURCE)


def _shown(file: Path, folder: Path) -> str:
    return (Path(folder.name) / file.relative_to(folder)).as_posix()


def _vocabulary(documents: list[tuple[str, Document]]) -> Vocabulary:
    """The catalog's own vocabulary; a catalog that brings none is read with the one navsearch ships."""
    own = [t for kind, d in documents if kind == "vocabulary" for t in d.items if _is_facet(t)]
    return Vocabulary.from_dicts(own or [item for f in shipped_vocabulary() for item in read(f, f.name).items])


def _is_facet(table: Any) -> bool:
    """Whether a vocabulary can be made of `table` at all; what else is wrong with it, the check says."""
    terms = table.get("terms") if isinstance(table, dict) else None
    if not (isinstance(terms, dict) and isinstance(table.get("facet"), str) and isinstance(table.get("order", 0), int)):
        return False
    fine = (t is not None and isinstance(t, dict) and isinstance(t.get("broader", ""), str) for t in terms.values())
    return all(fine) and all(isinstance(t.get(f, []), list) for t in terms.values() for f in LISTS)


def _schema(folder: Path) -> dict[str, Any]:
    own = folder / "schema.json"
    file = own if own.is_file() else default_catalog() / "schema.json"
    try:
        schema = dict(json.loads(file.read_text(encoding="utf-8")))
        missing = {RESOURCE, *TABLES.values()} - set(schema["$defs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file}: found no JSON Schema ({error}), expected one with $defs") from None
    if missing:
        raise UsageError(f"{file}: found no $defs for {', '.join(sorted(missing))}, expected them")
    return schema


def _resource(item: Mapping[str, Any], vocabulary: Vocabulary) -> Resource:
    own = (f for f, facet in vocabulary.facets.items() if f != "kind" and "stated_in" not in facet.more)
    facets = {f: _terms(item[f]) for f in own if f in item}
    head = ("id", "kind", "name", "description", "aliases")
    return Resource(
        id=item["id"],
        kind=item["kind"],
        name=item["name"],
        description=item["description"],
        aliases=_terms(item.get("aliases") or ()),
        facets=facets,
        fields={k: v for k, v in item.items() if k not in head and k not in facets},
    )


def _terms(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(v) for v in value)
