"""Hashes of files: remembered while a file stays as it was, and never longer."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from navsearch import fingerprint as fingerprints
from navsearch.fingerprint import Stamps, sha256_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file whose times are surely past when its hash is remembered."""
    file = tmp_path / "file"
    file.write_text("first")
    time.sleep(0.02)
    return file


def hashed(stamps: Stamps, file: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, int]:
    """The hash, and how many files were read for it."""
    read: list[Path] = []
    with monkeypatch.context() as patch:
        patch.setattr(fingerprints, "sha256_of", lambda path: read.append(path) or sha256_of(path))
        return stamps.sha256(file), len(read)


def remembered(file: Path) -> Stamps:
    """Stamps that were saved and opened again."""
    stamps = Stamps(file.with_name("stamps.json"))
    stamps.sha256(file)
    stamps.save()
    return Stamps(file.with_name("stamps.json"))


def test_a_file_that_stays_is_read_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next process knows its hash."""
    assert hashed(remembered(file), file, monkeypatch) == (sha256_of(file), 0)


def test_a_changed_file_is_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one of the same size whose time of change was set back."""
    stamps, times = remembered(file), file.stat()
    file.write_text("other")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert hashed(stamps, file, monkeypatch) == (sha256_of(file), 1)


def test_a_file_changed_as_it_was_hashed_is_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times that are no older than the stamps prove nothing."""
    stamps = remembered(file)
    monkeypatch.setattr(stamps, "_saved", file.stat().st_ctime_ns)
    assert hashed(stamps, file, monkeypatch)[1] == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"x": 1}', '{"x": [1, 2]}', "\x00"])
def test_broken_stamps_are_forgotten(file: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """They are a convenience, not a truth."""
    file.with_name("stamps.json").write_text(text)
    assert hashed(Stamps(file.with_name("stamps.json")), file, monkeypatch) == (sha256_of(file), 1)


def test_what_cannot_be_saved_is_not_missed(file: Path, tmp_path: Path) -> None:
    """A folder that is not there, as one that cannot be written, is no error."""
    stamps = Stamps(tmp_path / "no" / "stamps.json")
    assert stamps.sha256(file) == sha256_of(file)
    stamps.save()


def test_files_that_went_are_forgotten(file: Path) -> None:
    """The stamps do not grow for ever."""
    stamps, other = remembered(file), file.with_name("other")
    other.write_text("x")
    stamps.sha256(other)
    file.unlink()
    stamps.save()
    assert list(Stamps(file.with_name("stamps.json"))._known) == [str(other)]
