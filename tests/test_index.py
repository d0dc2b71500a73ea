"""The life of an index: built, saved, opened, verified, refused."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from conftest import SMALL, WordHashEncoder
from navsearch import Navigator, building
from navsearch import catalog as catalogs
from navsearch import index as indexes
from navsearch import manifest as manifests
from navsearch.errors import CatalogError, IndexUnusable
from navsearch.fingerprint import fingerprint


@pytest.fixture
def folder(small_catalog: catalogs.Catalog, tmp_path: Path) -> Path:
    building.build(small_catalog, WordHashEncoder(), tmp_path / "index")
    return tmp_path / "index"


def test_saved_and_opened_indexes_answer_alike(small: Navigator, folder: Path) -> None:
    """What was built in memory and what is read from disk give the same answer."""
    opened = Navigator(SMALL, folder, encoder=WordHashEncoder())
    assert opened.ask("small liver lesion").as_dict() == small.ask("small liver lesion").as_dict()


def test_every_record_is_embedded_with_its_description(small_catalog: catalogs.Catalog, tmp_path: Path) -> None:
    """One text a record goes to the encoder, and it holds name and description."""
    encoder = WordHashEncoder()
    done: list[int] = []
    building.build(small_catalog, encoder, tmp_path / "index", done.append)
    assert sum(done) == len(encoder.texts) == len(small_catalog.resources)
    assert all(r.name in t and r.description in t for r, t in zip(small_catalog.resources, encoder.texts, strict=True))


def test_the_manifest_tells_what_the_index_is(folder: Path, small_catalog: catalogs.Catalog) -> None:
    """Format, catalog, encoder, counts, and a sha256 for every file of the data folder."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == manifests.FORMAT
    assert manifest["catalog"] == small_catalog.fingerprint
    assert manifest["encoder"] == {
        "name": "word-hash", "fingerprint": WordHashEncoder().fingerprint, "dimension": 256, "light": False,
    }  # fmt: skip
    assert manifest["engine"]["engine"] == "Flat"
    assert manifest["counts"] == {"dataset": 6, "loss": 3, "method": 3, "metric": 3}
    data = folder / manifest["data"]
    assert set(manifest["files"]) == {f.relative_to(data).as_posix() for f in data.rglob("*") if f.is_file()}


def test_the_same_build_gives_the_same_bytes(folder: Path, small_catalog: catalogs.Catalog) -> None:
    """Building again changes nothing."""
    before = (folder / "manifest.json").read_bytes()
    building.build(small_catalog, WordHashEncoder(), folder)
    assert (folder / "manifest.json").read_bytes() == before
    assert [d.name for d in folder.glob("data-*")] == [json.loads(before)["data"]]


def test_a_new_index_takes_the_place_of_the_old(folder: Path, small_catalog: catalogs.Catalog) -> None:
    """Another encoder's index leaves nothing of the first behind."""
    building.build(small_catalog, WordHashEncoder("other"), folder)
    assert json.loads((folder / "manifest.json").read_text())["encoder"]["name"] == "other"
    assert sorted(p.name.split("-")[0] for p in folder.iterdir()) == ["data", "manifest.json", "stamps.json"]


def test_a_failed_build_leaves_the_old_index(folder: Path, small_catalog: catalogs.Catalog) -> None:
    """An encoder that breaks down half-way changes nothing on disk."""

    class Broken(WordHashEncoder):
        def encode(self, texts, progress=None):  # noqa: ARG002
            raise MemoryError

    before = sorted(folder.rglob("*"))
    with pytest.raises(MemoryError):
        building.build(small_catalog, Broken(), folder, full=True)
    assert sorted(folder.rglob("*")) == before
    indexes.load(folder, small_catalog.fingerprint)


def test_a_build_touches_nothing_else(folder: Path, small_catalog: catalogs.Catalog) -> None:
    """Folders that only look like ours stay."""
    (folder / "data-raw").mkdir()
    (folder / "data-raw" / "precious.txt").write_text("x")
    building.build(small_catalog, WordHashEncoder("other"), folder)
    assert (folder / "data-raw" / "precious.txt").read_text() == "x"


@pytest.mark.parametrize("module, step", [(building, "writing"), (manifests, "_put"), (manifests, "_point")])
def test_a_build_that_dies_while_writing_leaves_an_index(
    folder: Path, small_catalog: catalogs.Catalog, monkeypatch: pytest.MonkeyPatch, module: ModuleType, step: str
) -> None:
    """Whatever step of writing fails, the old index still opens."""

    def die(*_: object) -> None:
        raise OSError(step)

    monkeypatch.setattr(module, step, die)
    fewer = dataclasses.replace(small_catalog, resources=tuple(small_catalog.resources)[1:])
    with pytest.raises(OSError, match=step):
        building.build(fewer, WordHashEncoder(), folder)
    assert tuple(indexes.load(folder).resources) == tuple(small_catalog.resources)


def test_a_damaged_index_is_mended_by_building_again(folder: Path, small_catalog: catalogs.Catalog) -> None:
    """The same build over a damaged copy of itself gives a sound index."""
    next(folder.glob("data-*/records.sqlite")).write_text("oops")
    building.build(small_catalog, WordHashEncoder(), folder)
    assert len(indexes.load(folder).resources) == len(small_catalog.resources)


def test_a_missing_index_is_refused(tmp_path: Path) -> None:
    """No index, no answer, but the command that makes one."""
    with pytest.raises(IndexUnusable, match="holds no index: run navsearch build"):
        indexes.load(tmp_path)


def test_another_catalog_is_refused(folder: Path) -> None:
    """A catalog that changed since makes the index stale."""
    with pytest.raises(IndexUnusable, match="this is catalog 00000000: run navsearch build"):
        indexes.load(folder, "0" * 64)


def test_another_format_is_refused(folder: Path) -> None:
    """An index of another format is not guessed at."""
    file = folder / "manifest.json"
    file.write_text(file.read_text().replace(f'"format": {manifests.FORMAT}', '"format": 99'))
    with pytest.raises(IndexUnusable, match=f"has format 99, this navsearch reads {manifests.FORMAT}: run navsearch build"):
        indexes.load(folder)


def test_another_encoder_is_refused(folder: Path) -> None:
    """Vectors of two encoders are never compared."""
    with pytest.raises(IndexUnusable, match=r"built with word-hash .*, this is other .*: run navsearch build"):
        Navigator(SMALL, folder, encoder=WordHashEncoder("other")).ask("liver")


@pytest.mark.parametrize("name", ["vectors.npy", "engine.faiss", "records.sqlite", "words"])
def test_damage_is_noticed(folder: Path, name: str) -> None:
    """A changed or missing file is named."""
    data = next(folder.glob("data-*"))
    if name == "words":
        shutil.rmtree(data / name)
    else:
        (data / name).write_bytes((data / name).read_bytes()[:-1] + b"?")
    with pytest.raises(IndexUnusable, match=r"is damaged \(.* is (changed|missing)\): run navsearch build"):
        indexes.load(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", f'{{"format": {manifests.FORMAT}}}'])
def test_a_broken_manifest_is_noticed(folder: Path, text: str) -> None:
    """A manifest that was cut off is damage, not a crash."""
    (folder / "manifest.json").write_text(text)
    with pytest.raises(IndexUnusable, match="is damaged: run navsearch build"):
        indexes.load(folder)


def test_records_without_terms_get_those_their_text_names(tmp_path: Path) -> None:
    """A catalog of plain records is searched by terms too."""
    record = {"id": "a", "kind": "dataset", "name": "A", "description": "Segmentation of the liver on computed tomography."}
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "records.jsonl").write_text(json.dumps(record))
    index = building.build(catalogs.load(tmp_path / "catalog"), WordHashEncoder(), tmp_path / "index")
    assert index.terms[0]["anatomy"] == ("liver",)
    assert index.terms[0]["modality"] == ("CT",)


def test_a_short_name_says_more_than_terms(small_catalog: catalogs.Catalog) -> None:
    """Without words for kinds a name may still name its resource, but not where it would be a topic only."""
    names = building.Names(small_catalog.vocabulary)
    assert names.short("Focus Margin Network") == "Focus Margin"
    assert names.short("Liver Tumor Images") is None


def test_what_interrupted_builds_left_is_removed_after_a_while(folder: Path, small_catalog: catalogs.Catalog) -> None:
    """Only what is ours, and so old that no build can still be at work there."""
    old, new = folder / "building-old", folder / "building-new"
    journal, data = folder / "embedding-0.partial", folder / ("data-" + "0" * 16)
    for left in (old, new, data):
        left.mkdir()
    journal.write_bytes(b"x")
    for left in (old, journal, data):
        os.utime(left, (0, 0))
    building.build(small_catalog, WordHashEncoder(), folder)
    assert not {old, journal, data}.intersection(folder.iterdir())
    assert new.is_dir()


class TestChangesMeanwhile:
    """Files may change while an index is built or opened."""

    @pytest.fixture
    def catalog(self, tmp_path: Path) -> catalogs.Catalog:
        (tmp_path / "catalog").mkdir()
        self.write(tmp_path, 5)
        return catalogs.load(tmp_path / "catalog")

    def write(self, folder: Path, count: int, text: str = "CT of the liver.") -> None:
        records = [{"id": f"r{i}", "kind": "dataset", "name": f"R{i}", "description": text} for i in range(count)]
        (folder / "catalog" / "records.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))

    @pytest.mark.parametrize("count, text", [(5, "MRI of the brain."), (3, "CT of the liver."), (8, "CT of the liver.")])
    def test_a_catalog_that_changes_under_a_build(
        self, catalog: catalogs.Catalog, tmp_path: Path, count: int, text: str
    ) -> None:
        """Edited, shortened or lengthened: nothing is built of both."""
        self.write(tmp_path, count, text)
        with pytest.raises(CatalogError, match="changed while the index was built: build again"):
            building.build(catalog, WordHashEncoder(), tmp_path / "index")
        assert not (tmp_path / "index" / "manifest.json").exists()

    def test_a_catalog_that_changes_while_it_is_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its fingerprint is that of before, so an index of it is stale, never wrongly fresh."""
        (tmp_path / "catalog").mkdir()
        self.write(tmp_path, 5)
        before, check = fingerprint(tmp_path / "catalog"), catalogs.Checker.check

        def edit(checker: Any, documents: Any) -> Any:
            self.write(tmp_path, 5, "MRI of the brain.")
            return check(checker, documents)

        monkeypatch.setattr(catalogs.Checker, "check", edit)
        assert catalogs.load(tmp_path / "catalog").fingerprint == before

    def test_an_index_that_is_replaced_while_it_is_opened(
        self, folder: Path, small_catalog: catalogs.Catalog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The reader takes the new one."""
        verify, fewer = manifests.verify, dataclasses.replace(small_catalog, resources=tuple(small_catalog.resources)[1:])

        def verify_then_replace(*arguments: Any) -> Path:
            monkeypatch.setattr(manifests, "verify", verify)
            data = verify(*arguments)
            building.build(fewer, WordHashEncoder(), folder)
            return data

        monkeypatch.setattr(manifests, "verify", verify_then_replace)
        assert len(indexes.load(folder)) == len(fewer.resources)

    def test_an_open_index_outlives_its_files(self, folder: Path, small_catalog: catalogs.Catalog) -> None:
        """Who has it open goes on answering from it."""
        navigator = Navigator(SMALL, folder, encoder=WordHashEncoder())
        building.build(small_catalog, WordHashEncoder("other"), folder)
        assert navigator.ask("small liver lesion").hits


def test_one_navigator_serves_many_threads(small: Navigator) -> None:
    """Answers do not depend on who asks at the same time."""
    questions = ["small liver lesion", "brain MRI", "loss for segmentation", "alpha", "CT"] * 8
    alone = [small.ask(q).as_dict() for q in questions]
    with ThreadPoolExecutor(8) as pool:
        assert [answer.as_dict() for answer in pool.map(small.ask, questions)] == alone


@pytest.mark.parametrize("field", ["catalog", "files", "counts", "engine", "encoder"])
@pytest.mark.parametrize("value", [None, 5, [], {}])
def test_a_manifest_that_lacks_something_is_damaged(folder: Path, field: str, value: object) -> None:
    """Nothing of it is guessed at, and nothing goes unverified."""
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {field: value}))
    with pytest.raises(IndexUnusable, match="is damaged: run navsearch build"):
        indexes.load(folder)


class TestEmbedding:
    """Each text is embedded once."""

    def test_only_what_changed_is_embedded(self, folder: Path, small_catalog: catalogs.Catalog) -> None:
        """One changed record, one text for the encoder; the same bytes as if all were embedded."""
        first, *others = small_catalog.resources
        changed = dataclasses.replace(small_catalog, resources=(dataclasses.replace(first, description="New."), *others))
        encoder = WordHashEncoder()
        building.build(changed, encoder, folder)
        assert len(encoder.texts) == 1
        quick = (folder / "manifest.json").read_bytes()
        everything = WordHashEncoder()
        building.build(changed, everything, folder, full=True)
        assert len(everything.texts) == len(changed.resources)
        assert (folder / "manifest.json").read_bytes() == quick

    def test_another_model_embeds_everything(self, folder: Path, small_catalog: catalogs.Catalog) -> None:
        """Vectors of one model are of no use to another."""
        other = WordHashEncoder("other")
        building.build(small_catalog, other, folder)
        assert len(other.texts) == len(small_catalog.resources)

    def test_a_damaged_index_gives_no_vectors(self, folder: Path, small_catalog: catalogs.Catalog) -> None:
        """What cannot be trusted is embedded again."""
        file = next(folder.glob("data-*/vectors.npy"))
        file.write_bytes(file.read_bytes()[:-1] + b"?")
        encoder = WordHashEncoder()
        building.build(small_catalog, encoder, folder)
        assert len(encoder.texts) == len(small_catalog.resources)

    def test_an_interrupted_build_goes_on(
        self, small_catalog: catalogs.Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was embedded before the interruption is not embedded again, and nothing of it is left in the end."""

        class Interrupted(WordHashEncoder):
            most = 5

            def encode(self, texts, progress=None):
                if len(self.texts) > self.most:
                    raise KeyboardInterrupt
                return super().encode(texts, progress)

        monkeypatch.setattr(building, "_AT_ONCE", 4)
        with pytest.raises(KeyboardInterrupt):
            building.build(small_catalog, Interrupted(), tmp_path)
        (journal,) = tmp_path.glob("embedding-*")
        journal.write_bytes(journal.read_bytes()[:-1])  # as if the machine had stopped while writing
        Interrupted.most = 0
        with pytest.raises(KeyboardInterrupt):
            building.build(small_catalog, Interrupted(), tmp_path)  # embeds the one that was lost, no more
        encoder = WordHashEncoder()
        building.build(small_catalog, encoder, tmp_path)
        assert len(encoder.texts) == len(small_catalog.resources) - 8
        assert not list(tmp_path.glob("embedding-*"))

    def test_the_vectors_are_those_of_the_texts(self, folder: Path, small_catalog: catalogs.Catalog) -> None:
        """Row by row, in the order of the records."""
        stored = np.load(next(folder.glob("data-*/vectors.npy")))
        assert np.array_equal(stored, WordHashEncoder().encode([r.text() for r in small_catalog.resources]))
