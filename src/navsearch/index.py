"""An index, opened: all that answering needs, read from the files that `building` wrote when it is asked for.

    records.sqlite   records, names, rows by term, vocabulary and tables (see SPACES)
    vectors.npy, engine.faiss, words/   the engines
    map.npy          where each row lies on the map of the catalog (see projection)

Row i of records, vectors, words and map is one resource. Row sets are int64 arrays, ascending, or bool masks [rows].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from navsearch import manifest as manifests
from navsearch.errors import MEND, IndexUnusable
from navsearch.fingerprint import Stamps
from navsearch.lexical import Lexical
from navsearch.limits import COMPARE, MEASURES, TEXTS, Limit
from navsearch.resource import Resource
from navsearch.store import Lookup, Postings, Store
from navsearch.surface import Phrase, Surface
from navsearch.terms import Facet, Term
from navsearch.vectors import Rows, Vectors
from navsearch.vocabulary import Tag, Vocabulary

STORE = "records.sqlite"
WORDS = "words"
MAP = "map.npy"
# What the spaces of the store hold, by name.
SPACES = {
    "with": "rows that carry a term or a narrower one, by facet and term",
    "own": "rows that state just this term, by facet and term",
    "stating": "rows that state any term, by facet",
    "text": "rows with this text, by field of limits.TEXTS and text",
    "unit": "rows counted in this unit, by unit",
    "measure": "numbers, ascending, and the row of each, by field of limits.MEASURES",
    "column": "one number a row: the place of its kind in the table `kinds`",
    "terms": "the terms of a facet as its file states them, but for the words for them, which are in `phrase` and `surface`",
    "phrase": "what surface.Surface.phrases gives, by stem",
    "surface": "the other properties of surface.Surface, by name",
    "stem": "the column of a stem in the BM25 scores",
    "related": "the relations that others state, with their ids, by the id they point to",
    "written": "the row of a metric, by each way in which tables write it",
    "table": "the whole vocabulary, heads of facets, kinds, shares of kinds that state a facet; results, relations, inputs and "
    "advice as the catalog states them, and the rows of what they mention; words of names and of the language",
}
Mask = NDArray[np.bool_]
_T = TypeVar("_T")
_KEPT = 4096  # rows, ids and stems of which what was read stays in memory
_MASKS = 64
_UNSEEN = 0.3


class Index:
    """What lies in a data folder, by the manifest that points to it."""

    def __init__(self, data: Path, manifest: Mapping[str, Any]) -> None:
        self.manifest = manifest
        self._store = store = Store(data / STORE)
        self._kinds: NDArray[np.int16] = store.array("column", "kind", np.int16)
        self._with, self._own, self._stating = (Postings(store, space) for space in ("with", "own", "stating"))
        self._units, self._texts = Postings(store, "unit"), Postings(store, "text")
        self.resources: Sequence[Resource] = _ByRow(len(self), lambda row: _resource(store.resource(row)))
        self.terms: Sequence[Mapping[str, tuple[str, ...]]] = _ByRow(len(self), lambda row: _tuples(store.terms(row)))
        self.closures: Sequence[Mapping[str, frozenset[str]]] = _ByRow(len(self), self._closures)
        self._row_of = lru_cache(maxsize=_KEPT)(store.row_of)
        self._of_kinds = lru_cache(maxsize=_MASKS)(self._masked)
        self._satisfying = lru_cache(maxsize=_MASKS)(self._tested)
        self.vocabulary = _vocabulary(store)
        self.tables = StoredTables(store)
        self.lexical = Lexical(data / WORDS, Lookup(store, "stem"), len(self))
        self.vectors = Vectors.open(data, manifest["engine"])
        self.map: NDArray[np.float32] = np.load(data / MAP, mmap_mode="r")  # [rows, 2], in 0..1
        self.related: Mapping[str, Any] = Lookup(store, "related")
        self.written: Mapping[str, int] = Lookup(store, "written")

    def __len__(self) -> int:
        return len(self._kinds)

    def row_of(self, identifier: str) -> int:
        """The row of the resource with this id. Raises KeyError if there is none."""
        row = self.tables.rows.get(identifier)
        if row is None and (row := self._row_of(identifier)) is None:
            raise KeyError(identifier)
        return int(row)

    def resource_of(self, identifier: str) -> Resource:
        """The resource with this id. Raises KeyError if there is none."""
        return self.resources[self.row_of(identifier)]

    def rows_named(self, keys: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """The rows that have each of `keys` (see words.key) as a name or alias; keys that none has are left out."""
        return self._store.rows_named(keys)

    def records(self) -> Iterator[Resource]:
        """All resources in the order of their rows, none kept."""
        return map(_resource, self._store.records())

    # rows by what they say

    def carrying(self, facet: str, term: str) -> Rows:
        """The rows that carry a term or a narrower one."""
        return self._with.rows(facet, term)

    def stating(self, facet: str, term: str | None = None) -> Rows:
        """The rows that state just this term, or any of the facet."""
        return self._stating.rows(facet) if term is None else self._own.rows(facet, term)

    def of_kinds(self, kinds: Sequence[str]) -> Mask:
        """The rows of `kinds`; of any if there are none."""
        return self._of_kinds(tuple(kinds))

    def _masked(self, kinds: tuple[str, ...]) -> Mask:
        places = [place for place, kind in enumerate(self.tables.kinds) if kind in kinds]
        return np.isin(self._kinds, places) if kinds else np.ones(len(self), dtype=np.bool_)

    def kind_of(self, row: int) -> str:
        """The kind of the resource in `row`."""
        return str(self.tables.kinds[self._kinds[row]])

    def counts(self, among: Mask | None = None) -> Iterator[tuple[tuple[str, ...], int]]:
        """(facet, term) with the number of rows that carry it or a narrower one; of those `among`, bool [rows], if given."""
        return self._with.counts() if among is None else self._with.counts_among(among)

    def satisfying(self, limit: Limit) -> Mask:
        """The rows that satisfy `limit` or are of a kind that it does not concern; unknown does not satisfy."""
        return self._satisfying(limit)

    def _tested(self, limit: Limit) -> Mask:
        found = self.mask(self._measured(limit) if limit.field in MEASURES else self._naming(limit))
        if limit.units:
            found &= self.mask(*(self._units.rows(unit) for unit in limit.units))
        if limit.op == "!=":
            found = ~found
        return found | ~self.of_kinds(tuple(limit.kinds)) if limit.kinds else found

    def _measured(self, limit: Limit) -> Rows:
        (number,) = map(float, limit.values)
        values = self._store.array("measure", f"{limit.field}.values", np.float64)
        rows = self._store.array("measure", f"{limit.field}.rows", np.int32)
        return np.asarray(rows[COMPARE[limit.op](values, number)], dtype=np.int64)

    def _naming(self, limit: Limit) -> Rows:
        """The rows that carry one of the terms or, in a field of texts, hold one in them."""
        carrying = [self.carrying(limit.field, value) for value in limit.values]
        wanted = [value.casefold() for value in limit.values]
        texts = self._texts.counts(limit.field) if limit.field in TEXTS else ()
        holding = [self._texts.rows(*key) for key, _ in texts if any(w in key[-1].casefold() for w in wanted)]
        return np.concatenate([*carrying, *holding])

    def mask(self, *rows: Rows) -> Mask:
        """bool [rows]: the rows that are in any of `rows`."""
        mask = np.zeros(len(self), dtype=np.bool_)
        for some in rows:
            mask[some] = True
        return mask

    def _closures(self, row: int) -> Mapping[str, frozenset[str]]:
        return {f: self.vocabulary.closure(f, names) for f, names in self.terms[row].items()}

    # how words and terms are used (see meanings.Usage)

    @property
    def frequency(self) -> Mapping[str, int]:
        """In how many rows each stem occurs."""
        return self.lexical.frequency

    @cached_property
    def name_words(self) -> frozenset[str]:
        """The folded words of all names and aliases."""
        return frozenset(self.tables.name_words)

    @cached_property
    def lexicon(self) -> frozenset[str]:
        """Common words of the language, in small letters."""
        return frozenset(self.tables.lexicon)

    def company(self, first: Tag | str, second: Tag | str) -> float:
        """How much more often two terms or stems occur in one row than by chance: 1 as often. A little added on
        either side of the ratio keeps rare ones from saying much."""
        one, other = self._having(first), self._having(second)
        both = np.count_nonzero(among(one, other))
        return (both + _UNSEEN) / (len(one) * len(other) / len(self) + _UNSEEN)

    def _having(self, item: Tag | str) -> Rows:
        """The rows that carry a term or hold a stem."""
        return self.carrying(item.facet, item.term) if isinstance(item, Tag) else self.lexical.holding(item)


class StoredTables:
    """The tables of an index by name, each read when it is first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        if (value := self._store.json("table", name)) is None:
            raise AttributeError(f"the index has no table {name!r}")
        setattr(self, name, value)
        return value


class StoredSurface(Surface):
    """How terms are written, as `building` stored it."""

    def __init__(self, store: Store) -> None:
        super().__init__(())
        self._store = store
        self.phrases = lru_cache(maxsize=_KEPT)(self._phrases)  # type: ignore[method-assign]
        self._by_stem = Lookup(store, "phrase")

    def _phrases(self, first: str) -> Mapping[str, Sequence[Phrase]]:
        found = self._by_stem.get(first, {})
        return {facet: [Phrase(tuple(stems), *rest) for stems, *rest in phrases] for facet, phrases in found.items()}

    @cached_property
    def exact(self) -> Mapping[str, Mapping[str, str]]:
        """See Surface."""
        return dict(self._store.json("surface", "exact"))

    @cached_property
    def han(self) -> Sequence[Sequence[str]]:
        """See Surface."""
        return list(self._store.json("surface", "han"))

    @cached_property
    def words(self) -> frozenset[str]:
        """See Surface."""
        return frozenset(self._store.json("surface", "words"))

    @cached_property
    def stems(self) -> frozenset[str]:
        """See Surface."""
        return frozenset(self._store.json("surface", "stems"))


class _StoredTerms(Mapping[str, Term]):
    """The terms of a facet, without the words for them, read when one is first asked for."""

    def __init__(self, store: Store, facet: str) -> None:
        self._store, self._facet = store, facet
        self._made: dict[str, Term] = {}

    @cached_property
    def _stated(self) -> dict[str, Any]:
        return dict(self._store.json("terms", self._facet))

    def __getitem__(self, name: str) -> Term:
        if name not in self._made:
            self._made[name] = Term.of(name, self._stated[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._stated

    def __iter__(self) -> Iterator[str]:
        return iter(self._stated)

    def __len__(self) -> int:
        return len(self._stated)


class _ByRow(Sequence[_T]):
    """What `read` gives for each row; what was read is kept."""

    def __init__(self, rows: int, read: Any) -> None:
        self._rows = range(rows)
        self._read = lru_cache(maxsize=_KEPT)(read)

    @overload
    def __getitem__(self, row: int) -> _T: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[_T]: ...
    def __getitem__(self, row: int | slice) -> _T | Sequence[_T]:
        place = self._rows[row]
        return self._read(place) if isinstance(place, int) else [self._read(r) for r in place]

    def __len__(self) -> int:
        return len(self._rows)


def among(rows: Rows, others: Rows) -> Mask:
    """bool [rows]: which of `rows` are among `others`, which ascend."""
    if not len(others):
        return np.zeros(len(rows), dtype=np.bool_)
    places = np.minimum(others.searchsorted(rows), len(others) - 1)
    return np.asarray(others[places] == rows)


def load(folder: Path, catalog: str | None = None, known: Stamps | None = None) -> Index:
    """The index in `folder`, verified. Raises IndexUnusable if it is missing, damaged, of another format, or (when the
    fingerprint `catalog` is given) of another catalog. `known` remembers the hashes of files that were verified before."""
    manifest, known = manifests.read(folder), known or manifests.stamps(folder)
    try:
        return _load(folder, manifest, catalog, known)
    except (IndexUnusable, OSError):
        if manifests.read(folder) == manifest:
            raise
        return _load(folder, manifests.read(folder), catalog, known)  # a build replaced the index meanwhile


def _load(folder: Path, manifest: Mapping[str, Any], catalog: str | None, known: Stamps) -> Index:
    if catalog is not None and manifest["catalog"] != catalog:
        raise IndexUnusable(f"{folder} belongs to catalog {manifest['catalog'][:8]}, this is catalog {catalog[:8]}: {MEND}")
    index = Index(manifests.verify(folder, manifest, known), manifest)
    known.save()
    return index


def _vocabulary(store: Store) -> Vocabulary:
    heads = store.json("table", "facets")
    return Vocabulary((Facet.with_terms(h, _StoredTerms(store, h["facet"])) for h in heads), StoredSurface(store))


def _resource(stored: Mapping[str, Any]) -> Resource:
    return Resource(**{**stored, "aliases": tuple(stored["aliases"]), "facets": _tuples(stored["facets"])})


def _tuples(terms: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {facet: tuple(names) for facet, names in terms.items()}
