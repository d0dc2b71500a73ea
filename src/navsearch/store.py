"""One SQLite file that holds the records of an index and all that is looked up by key; read as it is needed, never whole."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from navsearch.errors import MEND, IndexUnusable
from navsearch.vectors import Rows

_T = TypeVar("_T")
_AT_ONCE = 500  # keys that one query asks for
_ROW = np.dtype("<i4")
_BYTES = _ROW.itemsize
_CACHE = -65536  # KiB of pages that stay in memory while a store is written
_KEPT = 16384  # values of a space that stay in memory once read
_MAPPED = 1 << 40  # bytes of the file that SQLite may map instead of reading
_SCHEMA = """
    CREATE TABLE record (row INTEGER PRIMARY KEY, id TEXT, text BLOB, terms TEXT, resource TEXT);
    CREATE TABLE name (key TEXT, row INTEGER, PRIMARY KEY (key, row)) WITHOUT ROWID;
    CREATE TABLE entry (space TEXT, key TEXT, value BLOB, PRIMARY KEY (space, key)) WITHOUT ROWID;
    CREATE TEMP TABLE staged (key TEXT, row INTEGER);
"""
_SORTED = """
    INSERT INTO name SELECT key, row FROM staged ORDER BY key, row;
    CREATE INDEX record_by_id ON record (id, row);
    CREATE INDEX record_by_text ON record (text, row);
"""
_LAST = "\U0010ffff"
_NONE: Rows = np.empty(0, dtype=np.int64)


class Store:
    """What `writing` wrote, read one value at a time. Safe to share between threads."""

    def __init__(self, file: Path) -> None:
        """Raises IndexUnusable if `file` cannot be opened."""
        uri = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self._db.execute(f"PRAGMA mmap_size={_MAPPED}")
        except sqlite3.Error as error:
            raise IndexUnusable(f"{file} cannot be opened ({error}): {MEND}") from None

    def terms(self, row: int) -> dict[str, Any]:
        """The terms of record `row`, as JSON values."""
        return dict(json.loads(self._one("SELECT terms FROM record WHERE row = ?", row)[0]))

    def resource(self, row: int) -> dict[str, Any]:
        """The resource of record `row`, as JSON values."""
        return dict(json.loads(self._one("SELECT resource FROM record WHERE row = ?", row)[0]))

    def records(self) -> Iterator[dict[str, Any]]:
        """Every resource as JSON values, by row, none kept."""
        return (json.loads(resource) for (resource,) in self._db.execute("SELECT resource FROM record ORDER BY row"))

    def row_of(self, identifier: str) -> int | None:
        """The row of the record with this id, the last of several; None if there is none."""
        found = self._one("SELECT max(row) FROM record WHERE id = ?", identifier)
        return None if found is None else found[0]

    def row_of_text(self, digest: bytes) -> int | None:
        """The first row whose embedded text has this digest; None if there is none."""
        found = self._one("SELECT min(row) FROM record WHERE text = ?", digest)
        return None if found is None else found[0]

    def rows_named(self, keys: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """The rows, ascending, that have each of `keys` as a name; keys that none has are left out."""
        named: dict[str, list[int]] = {}
        for some in batched(dict.fromkeys(keys), _AT_ONCE):
            marks = ",".join("?" * len(some))
            query = f"SELECT key, row FROM name WHERE key IN ({marks}) ORDER BY row"  # noqa: S608
            for key, row in self._db.execute(query, some):
                named.setdefault(key, []).append(row)
        return {key: tuple(rows) for key, rows in named.items()}

    def value(self, space: str, key: str) -> Any:
        """What is stored under `key`, bytes or text; None if nothing is."""
        found = self._one("SELECT value FROM entry WHERE space = ? AND key = ?", space, key)
        return None if found is None else found[0]

    def values(self, space: str, *first: str) -> dict[str, Any]:
        """All values of `space` by key, in the order of the keys; of those whose key begins with `first`, if given."""
        start = joined((*first, "")) if first else ""
        query = "SELECT key, value FROM entry WHERE space = ? AND key >= ? AND key < ? ORDER BY key"
        return dict(self._db.execute(query, (space, start, start + _LAST)))

    def array(self, space: str, key: str, dtype: type[np.generic]) -> NDArray[Any]:
        """The array stored under `key`, read-only; empty if there is none."""
        return np.frombuffer(self.value(space, key) or b"", dtype=np.dtype(dtype).newbyteorder("<"))

    def json(self, space: str, key: str) -> Any:
        """The JSON value stored under `key`; None if there is none."""
        found = self.value(space, key)
        return None if found is None else json.loads(found)

    def _one(self, query: str, *values: object) -> Any:
        return self._db.execute(query, values).fetchone()


class Postings:
    """Rows by key, ascending, of one space of a store; those read are kept."""

    def __init__(self, store: Store, space: str) -> None:
        self._store, self._space = store, space
        self.rows = lru_cache(maxsize=_KEPT)(self._rows)

    def _rows(self, *key: str) -> Rows:
        found = self._store.array(self._space, joined(key), np.int32)
        return found.astype(np.int64) if len(found) else _NONE

    def counts(self, *first: str) -> Iterator[tuple[tuple[str, ...], int]]:
        """Every key (that begins with `first`, if given), parted as it was joined, with the number of its rows."""
        return ((tuple(k.split("\0")), len(v) // _BYTES) for k, v in self._store.values(self._space, *first).items())

    def counts_among(self, among: NDArray[np.bool_]) -> Iterator[tuple[tuple[str, ...], int]]:
        """Every key, parted as it was joined, with the number of its rows that are `among`, bool [rows]."""
        for k, v in self._store.values(self._space).items():
            yield tuple(k.split("\0")), int(np.count_nonzero(among[np.frombuffer(v, dtype=_ROW)]))


class Lookup(Mapping[str, Any]):
    """The JSON values of one space by key; those read are kept."""

    def __init__(self, store: Store, space: str) -> None:
        self._store, self._space = store, space
        self._read = lru_cache(maxsize=_KEPT)(lambda key: store.json(space, key))

    def __getitem__(self, key: str) -> Any:
        if (found := self._read(key)) is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.values(self._space))

    def __len__(self) -> int:
        return len(self._store.values(self._space))


class Writer:
    """Fills a new store; see `writing`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def record(self, row: int, identifier: str, digest: bytes, terms: Mapping[str, Any], resource: Mapping[str, Any]) -> None:
        """Add the record of `row`; `digest` is that of the text that is embedded."""
        values = (row, identifier, digest, _json(terms), _json(resource))
        self._db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", values)

    def names(self, row: int, keys: Iterable[str]) -> None:
        """Add names of `row`."""
        self._db.executemany("INSERT INTO staged VALUES (?, ?)", ((key, row) for key in keys))

    def entries(self, space: str, values: Mapping[str, Any]) -> None:
        """Add a space: bytes as they are, all else as JSON."""
        stored = ((space, k, v if isinstance(v, bytes) else _json(v)) for k, v in sorted(values.items()))
        self._db.executemany("INSERT INTO entry VALUES (?, ?, ?)", stored)


@contextmanager
def writing(file: Path) -> Iterator[Writer]:
    """Write a new store into `file`. The same calls give the same bytes."""
    db = sqlite3.connect(file, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode=OFF")
        db.execute("PRAGMA synchronous=OFF")
        db.execute(f"PRAGMA cache_size={_CACHE}")
        db.executescript(_SCHEMA)
        db.execute("BEGIN")
        yield Writer(db)
        for statement in filter(str.strip, _SORTED.split(";")):
            db.execute(statement)
        db.execute("COMMIT")
    finally:
        db.close()


def batched(items: Iterable[_T], count: int) -> Iterator[tuple[_T, ...]]:
    """`items` in tuples of `count`, the last one shorter."""
    waiting = iter(items)
    while some := tuple(islice(waiting, count)):
        yield some


def joined(key: Iterable[str]) -> str:
    """The parts of a key as one text."""
    return "\0".join(key)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
