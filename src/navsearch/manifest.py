"""The manifest of an index: what it was built of, where its data lie, and what each file must hash to.

    index/manifest.json     format, catalog, encoder, counts, engines, the data folder and the sha256 of each file in it
    index/data-<hash>/      what `building` writes and `index` reads
    index/encoder-<hash>/   the encoder's files
    index/stamps.json       hashes of files that have not changed since they were verified; may be deleted

The manifest is the only pointer to the data folder, so writing it is the one atomic step in which a new index replaces the
old one.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from navsearch.errors import MEND, IndexUnusable
from navsearch.fingerprint import Stamps, replace_text, sha256_of

FORMAT = 5
_MANIFEST = "manifest.json"
_STAMPS = "stamps.json"
# What answering needs of a manifest, and of what type.
_FIELDS = {"catalog": str, "data": str, "files": dict, "encoder": dict, "counts": dict, "engine": dict}
_LEFT = ("data-" + "[0-9a-f]" * 16, "building-*", "embedding-*.partial")  # by builds that did not end
_LONG = 7 * 24 * 3600  # seconds after which no build goes on
_DATA = re.compile(r"data-[0-9a-f]{16}")


def file_of(folder: Path) -> Path:
    """The manifest's file: a new one takes its place whenever there is a new index."""
    return folder / _MANIFEST


def read(folder: Path) -> dict[str, Any]:
    """The manifest in `folder`. Raises IndexUnusable if it is missing, damaged, or of another format."""
    file = file_of(folder)
    if not file.is_file():
        raise IndexUnusable(f"{folder} holds no index: {MEND}")
    try:
        manifest = dict(json.loads(file.read_text(encoding="utf-8")))
        if manifest["format"] != FORMAT:
            raise IndexUnusable(f"{folder} has format {manifest['format']}, this navsearch reads {FORMAT}: {MEND}")
        complete = all(isinstance(manifest[name], kind) and manifest[name] for name, kind in _FIELDS.items())
        complete = complete and {"name", "fingerprint", "light"} <= manifest["encoder"].keys()
    except (ValueError, KeyError, TypeError):
        complete = False
    if not complete:
        raise IndexUnusable(f"{file} is damaged: {MEND}")
    return manifest


def stamps(folder: Path) -> Stamps:
    """The hashes remembered beside the index in `folder`."""
    return Stamps(folder / _STAMPS)


def stated(folder: Path, *path: str) -> str | None:
    """What the manifest in `folder` states under `path`, unverified; None if it states nothing there or cannot be read."""
    try:
        value = json.loads(file_of(folder).read_text(encoding="utf-8"))
        for name in path:
            value = value[name]
        return str(value)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def verify(folder: Path, manifest: Mapping[str, Any], known: Stamps) -> Path:
    """The data folder of `manifest`. Raises IndexUnusable if a file in it is missing or changed."""
    data = folder / str(manifest["data"])
    for name, expected in manifest["files"].items():
        file = data / name
        if not file.is_file() or known.sha256(file) != expected:
            raise IndexUnusable(f"{folder} is damaged ({file.name} is {'changed' if file.is_file() else 'missing'}): {MEND}")
    return data


@contextmanager
def replacing(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """An empty folder for the data of a new index and an empty manifest, to be filled; if all goes well they take the place of
    the index in `folder`, else that one stays as it is."""
    import shutil
    import tempfile

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="building-") as temporary:
        data, manifest = Path(temporary) / "data", dict[str, Any]()
        data.mkdir()
        yield data, manifest
        replaced = _data_of(folder)
        files = {f.relative_to(data).as_posix(): sha256_of(f) for f in sorted(data.rglob("*")) if f.is_file()}
        name = "data-" + hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
        if not _sound(folder / name, files):
            _put(data, folder / name)
        _point({"format": FORMAT, **manifest, "data": name, "files": files}, folder)
    for left in {*_leftovers(folder), *([folder / replaced] if replaced else [])} - {folder / name}:
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _leftovers(folder: Path) -> list[Path]:
    """What builds left behind that ended long ago without coming to their end."""
    found = (path for pattern in _LEFT for path in folder.glob(pattern))
    return [path for path in found if time.time() - path.stat().st_mtime > _LONG]


def _point(manifest: Mapping[str, Any], folder: Path) -> None:
    replace_text(file_of(folder), json.dumps(manifest, indent=1) + "\n")


def _data_of(folder: Path) -> str | None:
    """The data folder that the manifest in `folder` names; None if there is no manifest of ours."""
    name = stated(folder, "data")
    return name if name and _DATA.fullmatch(name) else None


def _sound(data: Path, files: Mapping[str, str]) -> bool:
    return all((data / name).is_file() and sha256_of(data / name) == expected for name, expected in files.items())


def _put(data: Path, target: Path) -> None:
    """Move `data` to `target`, in place of a damaged folder of that name."""
    if target.exists():
        target.rename(data.with_name("damaged"))
    data.rename(target)
