"""Build, save, open and verify an index. Alone knows the files in index/.

    index/manifest.json     format, catalog, encoder, counts, the data folder and the sha256 of each file in it
    index/data-<hash>/      vectors.faiss, words/ (BM25), records.jsonl, tables.json, lexicon.txt

The manifest is the only pointer to the data folder, so writing it is the one atomic step in which a new index replaces
the old one.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from navsearch.catalog import Catalog, Tables
from navsearch.encoder import Encoder, Progress, sha256_of
from navsearch.errors import MEND, IndexUnusable
from navsearch.lexical import Lexical
from navsearch.resource import Resource
from navsearch.vectors import Vectors
from navsearch.vocabulary import Tag, Vocabulary
from navsearch.words import key, words

FORMAT = 3
_SHORTEST_PART = 3
_UNSEEN = 0.3
_MANIFEST = "manifest.json"
_DATA = re.compile(r"data-[0-9a-f]{16}")


@dataclass(frozen=True)
class Index:
    """All that answering needs: row i of vectors, words, resources and terms is one resource."""

    resources: tuple[Resource, ...]
    terms: tuple[Mapping[str, tuple[str, ...]], ...]
    vocabulary: Vocabulary
    tables: Tables
    lexical: Lexical
    vectors: Vectors
    lexicon: frozenset[str]
    manifest: Mapping[str, Any]

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row by id."""
        return {r.id: row for row, r in enumerate(self.resources)}

    def resource_of(self, identifier: str) -> Resource:
        """The resource with this id. Raises KeyError if there is none."""
        return self.resources[self.row_of[identifier]]

    @cached_property
    def closures(self) -> tuple[dict[str, frozenset[str]], ...]:
        """For each row and facet, its terms with all broader ones."""
        return tuple({f: self.vocabulary.closure(f, names) for f, names in terms.items()} for terms in self.terms)

    @cached_property
    def rows_with(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """Rows that carry a term or a narrower one, by (facet, term)."""
        table: dict[tuple[str, str], list[int]] = {}
        for row, closures in enumerate(self.closures):
            for facet, names in closures.items():
                for name in names:
                    table.setdefault((facet, name), []).append(row)
        return {k: tuple(v) for k, v in table.items()}

    @cached_property
    def rows_named(self) -> dict[str, tuple[int, ...]]:
        """Rows by the key of a name or alias (see words.key)."""
        table: dict[str, list[int]] = {}
        for row, resource in enumerate(self.resources):
            names = (resource.name, *resource.aliases, *_parts(resource.name))
            for name in dict.fromkeys(map(key, (*names, *filter(None, map(self._short, names))))):
                table.setdefault(name, []).append(row)
        return {k: tuple(v) for k, v in table.items()}

    @property
    def frequency(self) -> Mapping[str, int]:
        """In how many rows each stem occurs."""
        return self.lexical.frequency

    def company(self, first: Tag | str, second: Tag | str) -> float:
        """How much more often two terms or stems occur in one row than by chance: 1 as often. A little added on
        either side of the ratio keeps rare ones from saying much."""
        one, other = self._having(first), self._having(second)
        return (len(one & other) + _UNSEEN) / (len(one) * len(other) / len(self.resources) + _UNSEEN)

    def _having(self, item: Tag | str) -> frozenset[int]:
        """The rows that carry a term or hold a stem."""
        if isinstance(item, Tag):
            return frozenset(self.rows_with.get((item.facet, item.term), ()))
        return frozenset(np.flatnonzero(self.lexical.holding(item)).tolist())

    @cached_property
    def name_words(self) -> frozenset[str]:
        """The folded words of all names and aliases."""
        return frozenset(w.folded for r in self.resources for name in (r.name, *r.aliases) for w in words(name))

    @cached_property
    def _kind_stems(self) -> frozenset[str]:
        """The stems of words for kinds: loss, model, dataset, challenge."""
        names = (phrase for t in self.vocabulary.facets["kind"].terms.values() for phrase in (t.name, *t.synonyms, *t.weak))
        return frozenset(found[0].stem for name in names if len(found := words(name)) == 1)

    def _short(self, name: str) -> str | None:
        """`name` without words for kinds (Lovász-Softmax Loss, Segment Anything Model), if at least two words are left and some
        say more than the vocabulary does (a Diabetic Retinopathy Image Database is not the disease)."""
        left = [w for w in words(name) if w.stem not in self._kind_stems]
        telling = any(w.stem not in self.vocabulary.known_stems for w in left)
        return " ".join(w.raw for w in left) if len(left) > 1 and telling else None


def _parts(name: str) -> list[str]:
    """What stands beside slashes and in brackets in a name: DIoU in "Distance-IoU (DIoU) Loss / Complete-IoU (CIoU) Loss"."""
    beside = re.sub(r"\([^()]*\)", "", name).split(" / ")
    parts = re.findall(r"\(([^()]+)\)", name) + beside * (len(beside) > 1)
    return [part for part in parts if len(key(part)) >= _SHORTEST_PART]


def build(catalog: Catalog, encoder: Encoder, folder: Path, progress: Progress | None = None) -> Index:
    """Embed `catalog`, write its index into `folder` in place of any index there, and return it."""
    matrix = encoder.encode([r.text() for r in catalog.resources], progress)
    terms = tuple(_terms(r, catalog.vocabulary) for r in catalog.resources)
    lexical = Lexical.build([r.text() for r in catalog.resources])
    vectors = Vectors.build(matrix)
    manifest = {
        "format": FORMAT,
        "catalog": catalog.fingerprint,
        "encoder": {"name": encoder.name, "fingerprint": encoder.fingerprint, "dimension": int(matrix.shape[1])},
        "counts": catalog.counts,
    }
    index = Index(
        catalog.resources,
        terms,
        catalog.vocabulary,
        catalog.tables,
        lexical,
        vectors,
        encoder.lexicon(),
        manifest,
    )
    _save(index, folder)
    return index


def load(folder: Path, catalog: str | None = None) -> Index:
    """The index in `folder`, verified. Raises IndexUnusable if it is missing, damaged, of another format, or (when the
    fingerprint `catalog` is given) of another catalog."""
    manifest = _manifest(folder)
    try:
        with _no_collector():
            return _load(folder, manifest, catalog)
    except (IndexUnusable, OSError):
        if _manifest(folder) == manifest:
            raise
        return _load(folder, _manifest(folder), catalog)  # a build replaced the index meanwhile


def _load(folder: Path, manifest: Mapping[str, Any], catalog: str | None) -> Index:
    if catalog is not None and manifest["catalog"] != catalog:
        raise IndexUnusable(f"{folder} belongs to catalog {manifest['catalog'][:8]}, this is catalog {catalog[:8]}: {MEND}")
    data = folder / manifest["data"]
    _verify(data, manifest["files"], folder)
    tables = json.loads((data / "tables.json").read_text(encoding="utf-8"))
    records = [json.loads(line) for line in (data / "records.jsonl").read_text(encoding="utf-8").split("\n") if line]
    return Index(
        resources=tuple(_resource(r["resource"]) for r in records),
        terms=tuple({f: tuple(t) for f, t in r["terms"].items()} for r in records),
        vocabulary=Vocabulary.from_dicts(tables["vocabulary"]),
        tables=Tables(**{name: tuple(tables[name]) for name in Tables.__slots__}),
        lexical=Lexical.load(data / "words"),
        vectors=Vectors.load(data / "vectors.faiss"),
        lexicon=frozenset((data / "lexicon.txt").read_text(encoding="utf-8").split()),
        manifest=manifest,
    )


@contextmanager
def _no_collector() -> Iterator[None]:
    """Garbage collection paused: reading makes many objects, all of which stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def model_of(folder: Path) -> str | None:
    """The model that the manifest in `folder` names, however stale or damaged the index; None if it names none."""
    return _stated(folder, "encoder", "name")


def check_encoder(index: Index, encoder: Encoder) -> None:
    """Raise IndexUnusable unless `encoder` is the one that `index` was built with."""
    built = index.manifest["encoder"]
    if built["fingerprint"] != encoder.fingerprint:
        found = f"{encoder.name} ({encoder.fingerprint[:8]})"
        raise IndexUnusable(f"the index was built with {built['name']} ({built['fingerprint'][:8]}), this is {found}: {MEND}")


def _terms(resource: Resource, vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """The terms a record states; for one that states none, those its text names."""
    stated = dict(resource.facets) | _stated_in_fields(resource, vocabulary)
    if not set(vocabulary.searched).isdisjoint(resource.facets):
        return stated
    named: dict[str, dict[str, None]] = {}
    for tag in vocabulary.tags(f"{resource.name}. {resource.description}"):
        if tag.strength == 1 and vocabulary.facets[tag.facet].searched:
            named.setdefault(tag.facet, {})[tag.term] = None
    return stated | {f: tuple(t) for f, t in named.items()}


def _stated_in_fields(resource: Resource, vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """The terms that fields of the record name, for facets that say which field does."""
    found: dict[str, tuple[str, ...]] = {}
    for name, facet in vocabulary.facets.items():
        value: Any = resource.fields if "stated_in" in facet.more else None
        for part in facet.more.get("stated_in", ()):
            value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, str) and (term := vocabulary.find(name, value)):
            found[name] = (term,)
    return found


# files


def _save(index: Index, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="building-") as temporary:
        data = Path(temporary) / "data"
        _write_data(index, data)
        files = {f.relative_to(data).as_posix(): sha256_of(f) for f in sorted(data.rglob("*")) if f.is_file()}
        name = "data-" + hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
        replaced = _data_of(folder)
        if not _sound(folder / name, files):
            _put(data, folder / name)
        _replace(folder / _MANIFEST, json.dumps({**index.manifest, "data": name, "files": files}, indent=1) + "\n")
    if replaced not in (None, name):
        shutil.rmtree(folder / str(replaced), ignore_errors=True)


def _write_data(index: Index, data: Path) -> None:
    (data / "words").mkdir(parents=True)
    index.vectors.save(data / "vectors.faiss")
    index.lexical.save(data / "words")
    (data / "lexicon.txt").write_text("\n".join(sorted(index.lexicon)), encoding="utf-8")
    records = ({"resource": _resource_dict(r), "terms": t} for r, t in zip(index.resources, index.terms, strict=True))
    _write_lines(data / "records.jsonl", records)
    tables = {"vocabulary": index.vocabulary.as_dicts()} | {name: getattr(index.tables, name) for name in Tables.__slots__}
    (data / "tables.json").write_text(json.dumps(tables, ensure_ascii=False), encoding="utf-8")


def _data_of(folder: Path) -> str | None:
    """The data folder that the manifest in `folder` names; None if there is no manifest of ours."""
    name = _stated(folder, "data")
    return name if name and _DATA.fullmatch(name) else None


def _stated(folder: Path, *path: str) -> str | None:
    """What the manifest in `folder` states under `path`, unverified; None if it states nothing there or cannot be read."""
    try:
        value = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        for name in path:
            value = value[name]
        return str(value)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sound(data: Path, files: Mapping[str, str]) -> bool:
    return all((data / name).is_file() and sha256_of(data / name) == expected for name, expected in files.items())


def _put(data: Path, target: Path) -> None:
    """Move `data` to `target`, in place of a damaged folder of that name."""
    if target.exists():
        target.rename(data.with_name("damaged"))
    data.rename(target)


def _replace(file: Path, text: str) -> None:
    temporary = file.with_suffix(f".{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)


def _manifest(folder: Path) -> dict[str, Any]:
    file = folder / _MANIFEST
    if not file.is_file():
        raise IndexUnusable(f"{folder} holds no index: {MEND}")
    try:
        manifest = dict(json.loads(file.read_text(encoding="utf-8")))
        if manifest["format"] != FORMAT:
            raise IndexUnusable(f"{folder} has format {manifest['format']}, this navsearch reads {FORMAT}: {MEND}")
        manifest["catalog"], manifest["data"], manifest["files"], manifest["encoder"]["fingerprint"]
    except (ValueError, KeyError, TypeError):
        raise IndexUnusable(f"{file} is damaged: {MEND}") from None
    return manifest


def _verify(data: Path, files: Mapping[str, str], folder: Path) -> None:
    for name, expected in files.items():
        file = data / name
        if not file.is_file() or sha256_of(file) != expected:
            raise IndexUnusable(f"{folder} is damaged ({file.name} is {'changed' if file.is_file() else 'missing'}): {MEND}")


def _write_lines(file: Path, items: Iterable[Any]) -> None:
    with file.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


def _resource_dict(resource: Resource) -> dict[str, Any]:
    return {name: getattr(resource, name) for name in Resource.__slots__}


def _resource(stored: Mapping[str, Any]) -> Resource:
    facets = {f: tuple(t) for f, t in stored["facets"].items()}
    return Resource(**{**stored, "aliases": tuple(stored["aliases"]), "facets": facets})
