"""What a command waits for: nothing that it does not use is imported, and nothing is read that it does not need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import CATALOG, LIVER
from navsearch import Navigator
from navsearch.encoder import LightEncoder, SentenceTransformerEncoder, encoder_of
from navsearch.locations import DEFAULT_MODEL

# Imported by nothing that answers one question: each takes longer to import than the answer takes to find.
HEAVY = {"torch", "transformers", "sentence_transformers", "tokenizers", "onnxruntime", "fastapi", "pydantic", "faiss", "bm25s"}
HEAVY |= {"scipy", "sklearn", "jsonschema", "yaml", "rapidfuzz", "uvicorn", "platformdirs", "rich"}


def imported(*arguments: object) -> set[str]:
    """The top-level packages that a command imports, in a process of its own, its output in a pipe."""
    code = """if True:
        import atexit, sys
        atexit.register(lambda: print("\\n" + ",".join({m.partition(".")[0] for m in sys.modules}), file=sys.stderr))
        from navsearch.cli import main
        main()
    """
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split(","))


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("ask", "--help"), ("build", "--help")])
def test_help_imports_nothing_but_the_command_line(arguments: tuple[str, ...]) -> None:
    """Not even numpy."""
    assert imported(*arguments).isdisjoint(HEAVY | {"numpy", "sqlite3"})


@pytest.mark.parametrize(
    "arguments", [("ask", LIVER), ("plan", LIVER), ("similar", "lits"), ("leaderboard", "lits"), ("compare", "lits", "uls")]
)
def test_an_answer_imports_nothing_heavy(arguments: tuple[str, ...], real_folder: Path) -> None:
    """No torch, no FAISS below its size, nothing of the server."""
    assert imported("--index", real_folder, *arguments).isdisjoint(HEAVY)


def test_an_index_is_built_without_torch(tmp_path: Path) -> None:
    """The light encoder embeds, so curators do not wait for torch."""
    (tmp_path / "catalog").mkdir()
    record = {"id": "a", "kind": "dataset", "name": "A", "description": "Tumours in CT of the liver."}
    (tmp_path / "catalog" / "records.jsonl").write_text(json.dumps(record))
    found = imported("--catalog", tmp_path / "catalog", "--index", tmp_path / "index", "build")
    assert found.isdisjoint({"torch", "transformers", "sentence_transformers", "tokenizers"})


class TestWithoutTheLightEncoder:
    """Its files may be lost, or the model may be none that it can run."""

    @pytest.fixture
    def copied(self, real_folder: Path, tmp_path: Path) -> Path:
        """An index of its own, its encoder's files linked."""
        for file in (f for f in real_folder.rglob("*") if f.is_file() and f.name != "stamps.json"):
            target = tmp_path / file.relative_to(real_folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(file)
        return tmp_path

    def test_an_answer_says_so_and_stays_the_same(self, copied: Path, real: Navigator) -> None:
        """sentence-transformers stands in."""
        (folder,) = copied.glob("encoder-*")
        (folder / "vocab.txt").unlink()
        answer = Navigator(CATALOG, copied).ask(LIVER)
        assert answer.notes[0].startswith(f"the light encoder in {folder} is damaged: sentence-transformers is used")
        assert [h.id for h in answer.hits] == [h.id for h in real.ask(LIVER).hits]

    def test_a_missing_folder_is_said_too(self, copied: Path) -> None:
        """Missing is not damaged."""
        (folder,) = copied.glob("encoder-*")
        folder.rename(copied / "gone")
        assert "is missing" in Navigator(CATALOG, copied).ask(LIVER).notes[0]

    def test_a_sound_one_is_not_spoken_of(self, copied: Path) -> None:
        """Nothing to say."""
        assert not any("encoder" in note for note in Navigator(CATALOG, copied).ask(LIVER).notes)


def test_models_that_it_cannot_run_name_the_reason(tmp_path: Path) -> None:
    """They are left to sentence-transformers."""
    for file in LightEncoder().folder.rglob("*"):
        if file.is_file():
            target = tmp_path / file.relative_to(LightEncoder().folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(file)
    config = tmp_path / "config.json"
    changed = config.read_text().replace('"bert"', '"mpnet"')
    config.unlink()
    config.write_text(changed)
    encoder, reason = encoder_of(str(tmp_path))
    assert isinstance(encoder, SentenceTransformerEncoder)
    assert reason == "its model type is mpnet, not bert"


def test_the_default_model_is_light() -> None:
    """And nothing needs to be said of it."""
    encoder, reason = encoder_of(DEFAULT_MODEL)
    assert isinstance(encoder, LightEncoder)
    assert reason is None
