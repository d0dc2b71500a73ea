"""What files hash to: of a catalog all together, of an index one by one; hashed again only when they changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from navsearch.errors import UsageError
from navsearch.locations import default_catalog

Sha256 = Callable[[Path], str]  # what tells the sha256 of a file
_STAMP = 4  # size, time of change, time of the entry's change, hash
SUFFIXES = (".yaml", ".yml", ".jsonl")  # of the files of a catalog


def sha256_of(file: Path) -> str:
    """sha256 of the bytes of `file`, hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Stamps:
    """Hashes of files, remembered in `file` with the size and times that the files had.

    A file that was changed so lately that its times could not tell is hashed again. What cannot be remembered (a read-only
    folder) is hashed each time.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, list[object]] = {}
        self._saved = 0
        self._changed = False
        with suppress(OSError, ValueError, TypeError):
            self._saved = file.stat().st_mtime_ns
            stored = dict(json.loads(file.read_text(encoding="utf-8")))
            self._known = {path: stamp for path, stamp in stored.items() if isinstance(stamp, list) and len(stamp) == _STAMP}

    def sha256(self, file: Path) -> str:
        """sha256 of the bytes of `file`, hexadecimal. Raises OSError if it cannot be read."""
        path, status = os.path.abspath(file), file.stat()  # noqa: PTH100
        stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
        known = self._known.get(path)
        if known and known[:3] == stamp and max(stamp[1:]) < self._saved:
            return str(known[3])
        found = sha256_of(file)
        self._known[path], self._changed = [*stamp, found], True
        return found

    def save(self) -> None:
        """Remember what was hashed, of the files that are still there."""
        if not self._changed:
            return
        kept = {path: stamp for path, stamp in self._known.items() if os.path.exists(path)}  # noqa: PTH110
        with suppress(OSError):
            replace_text(self._file, json.dumps(kept))
            self._saved, self._changed = self._file.stat().st_mtime_ns, False


def catalog_files(folder: Path) -> list[Path]:
    """The files of the catalog in `folder`, sorted. Raises UsageError if it is no folder."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder, expected a catalog (see --catalog)")
    return sorted(Path(file) for file in _within(os.fspath(folder)) if file.endswith(SUFFIXES))


def shipped_vocabulary() -> list[Path]:
    """The files of the vocabulary that serves a catalog which brings none."""
    return sorted((default_catalog() / "vocabulary").glob("*.yaml"))


def fingerprint(folder: Path, sha256: Sha256 = sha256_of) -> str:
    """sha256 over the names and bytes of the catalog's files, and of the shipped vocabulary where it brings none: changes
    when, and only when, one of them does. `sha256` tells that of a file."""
    files = [(file.relative_to(folder).as_posix(), file) for file in catalog_files(folder)]
    if not any(name.startswith("vocabulary/") for name, _ in files):
        files += [(f"shipped/{file.name}", file) for file in shipped_vocabulary()]
    digest = hashlib.sha256()
    for name, file in files:
        digest.update(os.fsencode(name) + b"\0" + bytes.fromhex(sha256(file)))
    return digest.hexdigest()


def replace_text(file: Path, text: str) -> None:
    """Write `text` into `file` in one step: who reads meanwhile gets the old text or the new one."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)


def _within(folder: str) -> Iterator[str]:
    """The paths of all files in `folder` and the folders in it."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _within(entry.path)
        elif entry.is_file():
            yield entry.path
