"""Build an index from a catalog: one pass over the records, so that memory does not grow with their texts."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from navsearch import encoder as encoders
from navsearch import manifest as manifests
from navsearch import projection
from navsearch.catalog import Catalog, Tables
from navsearch.embedding import Embedder, digest
from navsearch.encoder import Encoder
from navsearch.errors import CatalogError
from navsearch.fingerprint import Sha256, fingerprint
from navsearch.forward import Progress
from navsearch.index import STORE, WORDS, Index, load
from navsearch.lexical import Builder
from navsearch.limits import MEASURES, TEXTS
from navsearch.resource import Resource
from navsearch.store import Writer, batched, joined, writing
from navsearch.surface import Surface
from navsearch.terms import LISTS, Term
from navsearch.vectors import Vectors
from navsearch.vocabulary import Vocabulary
from navsearch.words import key, words

_AT_ONCE = 1024  # records in memory at a time
_SHORTEST_PART = 3


def build(catalog: Catalog, encoder: Encoder, folder: Path, progress: Progress | None = None, *, full: bool = False) -> Index:
    """Embed `catalog`, write its index into `folder` in place of any index there, and return it. Texts that the index there
    (or a build that was interrupted) has embedded already are not embedded again, unless `full`."""
    known = manifests.stamps(folder)
    encoders.forget_others(folder, manifests.stated(folder, "encoder", "fingerprint") or "")
    embedder = Embedder(encoder, folder, known, progress, full=full)
    with manifests.replacing(folder) as (data, manifest), _unchanged(catalog, known.sha256):
        dimension = _write(catalog, embedder, encoder.lexicon(), data)
        manifest |= {
            "catalog": catalog.fingerprint,
            "encoder": {
                "name": encoder.name,
                "fingerprint": encoder.fingerprint,
                "dimension": dimension,
                "light": encoders.keep(encoder, folder, known.sha256),
            },
            "counts": catalog.counts,
            "engine": Vectors.build(data),
        }
        projection.write(data)
    embedder.done()
    return load(folder, known=known)


@contextmanager
def _unchanged(catalog: Catalog, sha256: Sha256) -> Iterator[None]:
    """Raise CatalogError if the files of the catalog change meanwhile: part of them may have been read before, part after."""
    try:
        yield
    except (ValueError, LookupError, OSError):  # what comes of lines that are not those that were checked
        _check_unchanged(catalog, sha256)
        raise
    _check_unchanged(catalog, sha256)


def _check_unchanged(catalog: Catalog, sha256: Sha256) -> None:
    if catalog.folder and fingerprint(catalog.folder, sha256) != catalog.fingerprint:
        raise CatalogError([f"{catalog.folder}: found files that changed while the index was built: build again"])


def _write(catalog: Catalog, embedder: Embedder, lexicon: Iterable[str], data: Path) -> int:
    """Go through the records once, and write all that is made of them into `data`; the dimension of the vectors."""
    words_of, dimension = Builder(), 0
    with embedder.writing(data, len(catalog.resources)) as embed, writing(data / STORE) as writer:
        records = _Records(catalog, writer)
        for some in batched(catalog.resources, _AT_ONCE):
            texts = [resource.text() for resource in some]
            dimension = embed(texts)
            words_of.add(texts)
            records.add(some, texts)
        if len(records) != len(catalog.resources):
            raise ValueError("records came or went")
        (data / WORDS).mkdir()
        records.finish(words_of.save(data / WORDS), lexicon)
    return dimension


class _Records:
    """Writes the records of a catalog with all that is looked up by key (see index.SPACES)."""

    def __init__(self, catalog: Catalog, writer: Writer) -> None:
        self._catalog, self._writer = catalog, writer
        self._vocabulary = catalog.vocabulary
        self._kinds = list(catalog.counts)
        self._rows: dict[str, dict[str, array[int]]] = {space: {} for space in ("with", "own", "stating", "text", "unit")}
        self._measures = {field: (array("d"), array("i")) for field in MEASURES}
        self._column = array("h")
        self._related: dict[str, list[list[Any]]] = {}
        self._written: dict[str, int] = {}
        self._name_words: set[str] = set()
        self._mentioned = dict.fromkeys(_mentioned(catalog.tables), -1)

    def __len__(self) -> int:
        return len(self._column)

    def add(self, resources: Iterable[Resource], texts: Iterable[str]) -> None:
        """Write the next resources, with the texts of them that are embedded."""
        for resource, text in zip(resources, texts, strict=True):
            self._record(len(self._column), resource, text)

    def finish(self, columns: Mapping[str, int], lexicon: Iterable[str]) -> None:
        """Write all that was gathered; `columns` are those of the stems, `lexicon` common words of the language."""
        for space, rows in self._rows.items():
            self._writer.entries(space, {k: _packed(v, "<i4") for k, v in rows.items()})
        for field, (numbers, owners) in self._measures.items():
            order = np.argsort(numbers, kind="stable")
            stored = {"values": np.asarray(numbers, "<f8")[order], "rows": np.asarray(owners, "<i4")[order]}
            self._writer.entries("measure", {f"{field}.{name}": of.tobytes() for name, of in stored.items()})
        self._writer.entries("column", {"kind": _packed(self._column, "<i2")})
        self._writer.entries("stem", columns)
        self._writer.entries("related", self._related)
        self._writer.entries("written", self._written)
        self._writer.entries("table", self._tables(lexicon))
        self._vocabulary_entries()

    def _record(self, row: int, resource: Resource, text: str) -> None:
        terms = terms_of(resource, self._vocabulary)
        stored = {name: getattr(resource, name) for name in Resource.__slots__}
        self._writer.record(row, resource.id, digest(text), terms, stored)
        self._writer.names(row, self._names.keys(resource))
        self._name_words.update(w.folded for name in (resource.name, *resource.aliases) for w in words(name))
        if resource.id in self._mentioned:
            self._mentioned[resource.id] = row
        self._column.append(self._kinds.index(resource.kind))
        self._terms(row, terms)
        self._fields(row, resource)

    def _terms(self, row: int, terms: Mapping[str, Sequence[str]]) -> None:
        for facet, names in terms.items():
            closure = self._vocabulary.closure(facet, names)
            self._add("stating", row, (facet,) if closure else ())
            for term in closure:
                self._add("with", row, (facet, term))
            for term in dict.fromkeys(names):
                self._add("own", row, (facet, term))

    def _fields(self, row: int, resource: Resource) -> None:
        for field, numbers in MEASURES.items():
            for number in numbers(resource):
                self._measures[field][0].append(number)
                self._measures[field][1].append(row)
        for field, texts in TEXTS.items():
            for text in dict.fromkeys(texts(resource)):
                self._add("text", row, (field, text))
        if unit := (resource.fields.get("cases") or {}).get("unit"):
            self._add("unit", row, (unit,))
        for relation in (r for r in resource.fields.get("relations") or () if "id" in r):
            self._related.setdefault(relation["id"], []).append([resource.id, relation])
        self._written |= dict.fromkeys(resource.fields.get("written_as") or (), row)

    def _add(self, space: str, row: int, place: Sequence[str]) -> None:
        if place:
            self._rows[space].setdefault(joined(place), array("i")).append(row)

    @cached_property
    def _names(self) -> Names:
        return Names(self._vocabulary)

    def _tables(self, lexicon: Iterable[str]) -> dict[str, Any]:
        """The tables of the index by name."""
        stated = {name: getattr(self._catalog.tables, name) for name in Tables.__slots__}
        return stated | {
            "rows": {identifier: row for identifier, row in self._mentioned.items() if row >= 0},
            "kinds": self._kinds,
            "shares": self._shares(),
            "vocabulary": self._vocabulary.as_dicts(),
            "facets": [facet.head() for facet in self._vocabulary.facets.values()],
            "name_words": sorted(self._name_words),
            "lexicon": sorted(lexicon),
        }

    def _shares(self) -> dict[str, dict[str, float]]:
        """By kind, the share of its rows that state a facet."""
        kinds = np.asarray(self._column)
        shares: dict[str, dict[str, float]] = {kind: {} for kind in self._vocabulary.facets["kind"].terms}
        for facet, rows in sorted(self._rows["stating"].items()):
            counts = np.bincount(kinds[np.asarray(rows)], minlength=len(self._kinds))
            for place, kind in enumerate(self._kinds):
                if counts[place]:
                    shares[kind][facet] = int(counts[place]) / self._catalog.counts[kind]
        return shares

    def _vocabulary_entries(self) -> None:
        surface = self._vocabulary.surface
        terms = {f.name: {t.name: _without_words(t) for t in f.terms.values()} for f in self._vocabulary.facets.values()}
        sets = {"words": sorted(surface.words), "stems": sorted(surface.stems)}
        self._writer.entries("terms", terms)
        self._writer.entries("phrase", surface.by_stem)
        self._writer.entries("surface", {"exact": surface.exact, "han": surface.han, **sets})


def _mentioned(tables: Tables) -> Iterator[str]:
    """The ids that published results and relations mention."""
    yield from (relation["resource"] for relation in tables.relations)
    for table in tables.results:
        yield from (row["resource"] for row in table["rows"])
        yield from (table["about"],) if "about" in table else ()


class Names:
    """The names by which a question may mean a resource."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._surface: Surface = vocabulary.surface
        phrases = (p for t in vocabulary.facets["kind"].terms.values() for p in (t.name, *t.synonyms, *t.weak))
        # the stems of words for kinds: loss, model, dataset, challenge
        self._kind_stems = frozenset(found[0].stem for phrase in phrases if len(found := words(phrase)) == 1)

    def keys(self, resource: Resource) -> dict[str, None]:
        """The keys (see words.key) of names, aliases, their parts and short forms."""
        names = (resource.name, *resource.aliases, *_parts(resource.name))
        return dict.fromkeys(map(key, (*names, *filter(None, map(self.short, names)))))

    def short(self, name: str) -> str | None:
        """`name` without words for kinds (Lovász-Softmax Loss, Segment Anything Model), if at least two words are left and some
        say more than the vocabulary does (a Diabetic Retinopathy Image Database is not the disease)."""
        left = [w for w in words(name) if w.stem not in self._kind_stems]
        telling = any(w.stem not in self._surface.stems for w in left)
        return " ".join(w.raw for w in left) if len(left) > 1 and telling else None


def terms_of(resource: Resource, vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
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


def _parts(name: str) -> list[str]:
    """What stands beside slashes and in brackets in a name: DIoU in "Distance-IoU (DIoU) Loss / Complete-IoU (CIoU) Loss"."""
    beside = re.sub(r"\([^()]*\)", "", name).split(" / ")
    parts = re.findall(r"\(([^()]+)\)", name) + beside * (len(beside) > 1)
    return [part for part in parts if len(key(part)) >= _SHORTEST_PART]


def _without_words(term: Term) -> dict[str, Any]:
    """What the vocabulary says of a term but how it is written."""
    return {name: value for name, value in term.as_dict().items() if name not in LISTS}


def _packed(numbers: Sequence[float], dtype: str) -> bytes:
    return np.asarray(numbers, dtype=dtype).tobytes()
