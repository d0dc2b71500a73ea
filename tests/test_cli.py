"""The command line: whole outputs, exit codes, one line for every error."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import CATALOG, LIVER, ROOT, SMALL, navsearch
from navsearch import Navigator, __version__

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(real_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command on the real catalog with the index of this test run, from another folder."""
    monkeypatch.chdir("/")

    def call(
        *arguments: str, index: Path = real_folder, catalog: Path = CATALOG, **more: str
    ) -> subprocess.CompletedProcess[str]:
        places = {"NAVSEARCH_INDEX": str(index), "NAVSEARCH_CATALOG": str(catalog)}
        return navsearch(*arguments, **places, COLUMNS="100", **more)

    return call


@pytest.fixture
def process(real_folder: Path) -> Run:
    """The same by the installed command, in a process of its own."""
    command = Path(sys.executable).parent / "navsearch"

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "NAVSEARCH_INDEX": str(real_folder), "NAVSEARCH_CATALOG": str(CATALOG)}
        return subprocess.run([command, *arguments], capture_output=True, text=True, env=env, cwd="/", check=False)

    return call


def test_ask_prints_the_answer_of_the_navigator(process: Run, real: Navigator) -> None:
    """JSON on the command line is the Answer of the Python API, and nothing else is on standard output or error."""
    done = process("ask", LIVER, "--format", "json", "-k", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == json.loads(json.dumps(real.ask(LIVER, top_k=3).as_dict()))


def test_piped_text_is_plain_and_whole(run: Run) -> None:
    """No colour codes, nothing cut or wrapped, every part there."""
    done = run("ask", LIVER)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "…" not in done.stdout
    lines = done.stdout.splitlines()
    assert lines[0] == "Understood: dataset for segmentation · CT · liver · lesion · small targets"
    assert any(line.startswith("Match: strong (") for line in lines)
    assert {"Datasets", "Losses (5 of 10)", "Baselines (5 of 10)"} <= set(lines)
    assert any("[lits]" in line for line in lines)
    assert any("nnU-Net  [nnu-net]" in line for line in lines)


def test_the_version_is_printed(process: Run) -> None:
    """It is the package's."""
    done = process("--version")
    assert (done.returncode, done.stdout) == (0, f"navsearch {__version__}\n")


def test_commands_and_options_are_completed(process: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name and by what the command itself takes."""
    monkeypatch.setenv("_NAVSEARCH_COMPLETE", "complete_bash")
    for words, place, expected in (("navsearch pl", "1", "plan"), ("navsearch similar --bu", "2", "--but")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", place)
        assert process().stdout.split() == [expected]


def test_many_questions_one_start(run: Run, tmp_path: Path) -> None:
    """One answer a line, in order, exit code 0 however each fared."""
    file = tmp_path / "questions.txt"
    file.write_text("polyp\u2028segmentation\n\ncrop yield from satellites\n肝脏CT分割\n")
    done = run("ask", "--from-file", str(file), "--format", "jsonl", "-k", "2")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [a["query"]["text"] for a in answers] == ["polyp\u2028segmentation", "", "crop yield from satellites", "肝脏CT分割"]
    assert [a["match"] for a in answers] == ["strong", "none", "none", "strong"]
    assert all(len(a["hits"]) <= 2 and len(a["losses"]) <= 2 and len(a["methods"]) <= 2 for a in answers)
    assert {"id", "kind", "name", "score", "reasons", "url"} <= set(answers[0]["hits"][0])
    assert {"role", "evidence"} <= set(answers[0]["losses"][0]) & set(answers[0]["methods"][0])


def test_a_poor_terminal_gets_what_it_can_show(run: Run) -> None:
    """A stream that knows only ASCII is no reason to fail."""
    done = run("ask", "polyp segmentation", "-k", "1", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Understood: dataset for segmentation" in done.stdout


def test_nothing_fits_exits_with_one(run: Run) -> None:
    """As grep does, no match is exit code 1; the nearest misses are still shown."""
    done = run("ask", "crop yield from satellites")
    assert done.returncode == 1
    assert "Match: none" in done.stdout
    assert "Nearest misses" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ask"], 2, "navsearch: expected either a question or --from-file FILE\n"),
        (["ask", " "], 2, 'navsearch: found an empty question, expected a text such as "polyp segmentation in colonoscopy"\n'),
        (
            ["ask", "liver", "--modality", "CTX"],
            2,
            "navsearch: modality 'CTX' is not known (did you mean 'CT'?)\n",
        ),
        (["ask", "liver", "--not", "brain"], 2, "navsearch: facet 'brain' is not known; facets: "),
        (["ask", "--from-file", "/nowhere"], 2, "navsearch: /nowhere: found no readable text"),
        (
            ["ask", "--from-file", "/dev/null", "--modality", "CTX"],
            2,
            "navsearch: modality 'CTX' is not known (did you mean 'CT'?)",
        ),
        (
            ["ask", "--from-file", "/dev/null", "--format", "csv"],
            2,
            "navsearch: --format csv is for one question; --from-file prints jsonl",
        ),
        (
            ["--index", str(CATALOG / "ix"), "build"],
            2,
            f"navsearch: index {CATALOG}/ix lies in catalog {CATALOG}, expected a folder outside it",
        ),
        (["--catalog", str(SMALL), "--index", "/proc/nowhere/ix", "build"], 2, "navsearch: /proc/nowhere"),
        (["show", "litz"], 2, "navsearch: resource 'litz' is not known (did you mean"),
        (["show", "\udcff"], 2, "navsearch: resource '?' is not known"),
        (["facets", "organ"], 2, "navsearch: facet 'organ' is not known; facets: task, modality, anatomy"),
        (["evaluate", "/nowhere"], 2, "navsearch: /nowhere: found no readable file"),
        (["build", "--model", "no/such-model"], 4, "navsearch: model 'no/such-model' cannot be fetched"),
    ],
)
def test_errors_are_one_line_with_their_code(run: Run, arguments: list[str], code: int, message: str) -> None:
    """No traceback: what was found, what was expected, on standard error."""
    done = run(*arguments, HF_HUB_OFFLINE="1")
    assert done.returncode == code
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_missing_index_names_the_command_with_its_folders(run: Run, tmp_path: Path) -> None:
    """In a pipe nothing is built unasked; the command that builds is complete, so it can be pasted."""
    done = run("ask", "liver", index=tmp_path / "none", catalog=SMALL)
    assert done.returncode == 3
    assert (
        done.stderr
        == f"navsearch: {tmp_path}/none holds no index: run navsearch --catalog {SMALL} --index {tmp_path}/none build\n"
    )


def test_a_changed_word_is_noticed_mended_and_shown(run: Run, tmp_path: Path) -> None:
    """Edit a record: ask refuses the stale index, build mends it, the answer shows the change."""
    import shutil

    catalog, index = tmp_path / "catalog", tmp_path / "index"
    shutil.copytree(SMALL, catalog)
    assert run("build", index=index, catalog=catalog).returncode == 0
    file = catalog / "datasets/all.yaml"
    file.write_text(file.read_text().replace("drawn by radiologists", "drawn by gastroenterologists"))
    stale = run("ask", "liver tumour CT", index=index, catalog=catalog)
    assert stale.returncode == 3
    assert "belongs to catalog" in stale.stderr
    assert run("build", index=index, catalog=catalog).returncode == 0
    assert "gastroenterologists" in run("ask", "liver tumour CT", "--format", "json", index=index, catalog=catalog).stdout


def test_on_a_terminal_a_missing_index_is_built(tmp_path: Path) -> None:
    """There it says so and builds, unless --no-build."""
    command = f"{Path(sys.executable).parent / 'navsearch'} --catalog {SMALL} --index {tmp_path}/index ask 'liver tumour CT'"
    refused = subprocess.run(
        ["script", "-qec", f"{command} --no-build", "/dev/null"], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 3
    built = subprocess.run(["script", "-qec", command, "/dev/null"], capture_output=True, text=True, check=False)
    assert "holds no index; building it now" in built.stdout
    assert "Alpha Liver" in built.stdout
    assert built.returncode == 0


def test_check_prints_counts_or_problems(run: Run, tmp_path: Path) -> None:
    """A sound catalog is counted, a broken one explained with exit code 1."""
    sound = run("check")
    assert sound.returncode == 0
    assert sound.stdout.startswith("378 datasets, ")
    assert sound.stdout.endswith("no problems\n")
    (tmp_path / "broken.jsonl").write_text('{"id": "A", "kind": "dataset", "name": "A", "description": "Long enough."}\n')
    broken = run("check", catalog=tmp_path)
    assert broken.returncode == 1
    assert (
        broken.stdout.splitlines()[0]
        == f"{tmp_path.name}/broken.jsonl:1: id: found 'A', expected a stable id of small letters, digits and hyphens"
    )


def test_show_similar_facets(run: Run) -> None:
    """Look-ups print what the record says, its like, and the terms with counts."""
    assert "corrections" in run("show", "mrbrains13").stdout
    assert json.loads(run("show", "LiTS", "--format", "json").stdout)["id"] == "lits"
    similar = json.loads(run("similar", "lits", "-k", "3", "--format", "json").stdout)
    assert len(similar) == 3
    assert "lits" not in [s["id"] for s in similar]
    assert json.loads(run("facets", "modality", "--format", "json").stdout)["modality"]["CT"] > 80


@pytest.mark.parametrize("form", ["md", "csv"])
def test_other_formats(run: Run, form: str) -> None:
    """Markdown for notes, CSV for sheets."""
    out = run("ask", "polyp segmentation", "--format", form, "-k", "2").stdout
    assert out.startswith("# polyp segmentation\n" if form == "md" else "id,kind,name,score,reasons,")


def test_a_plain_jsonl_catalog_is_searched(run: Run, tmp_path: Path) -> None:
    """Records of four fields, an own index, the same command."""
    catalog = tmp_path / "mine"
    catalog.mkdir()
    topics = ["knee joint on MRI", "skin moles in photographs", "heart sounds", "liver tumours on CT"]
    records = [
        {"id": f"r{i}", "kind": "dataset", "name": f"Set {i}", "description": f"A collection about {t}."}
        for i, t in enumerate(topics)
    ]
    (catalog / "records.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    assert run("build", index=tmp_path / "ix", catalog=catalog).returncode == 0
    done = run("ask", "hepatic neoplasm computed tomography", "--format", "json", index=tmp_path / "ix", catalog=catalog)
    assert json.loads(done.stdout)["hits"][0]["id"] == "r3"


def test_the_script_is_the_build_command(tmp_path: Path) -> None:
    """scripts/build_index.py and navsearch build write the same index."""
    arguments = ["--catalog", str(SMALL), "--index", str(tmp_path / "a")]
    subprocess.run([sys.executable, ROOT / "scripts/build_index.py", *arguments], check=True, capture_output=True)
    command = Path(sys.executable).parent / "navsearch"
    subprocess.run([command, "--catalog", SMALL, "--index", tmp_path / "b", "build"], check=True, capture_output=True)
    assert (tmp_path / "a/manifest.json").read_bytes() == (tmp_path / "b/manifest.json").read_bytes()


def test_a_plan_is_markdown_or_json(run: Run) -> None:
    """A recipe to read or to process; exit code 1 where nothing fits."""
    text = run("plan", "polyp detection").stdout
    assert text.startswith("# Plan: polyp detection\n")
    assert "```python\nimport torch\n" in text
    made = json.loads(run("plan", "polyp detection", "--format", "json").stdout)
    assert made["data"][0]["role"] == "train"
    assert made["losses"][0]["snippet"] in text.replace("```python\n", "").replace("```", "")
    assert run("plan", "chess position evaluation in tournaments").returncode == 1
    refused = run("plan", "polyp detection", "--format", "csv")
    assert refused.returncode == 2
    assert "expected md, json or jsonl" in refused.stderr


def test_leaderboard_compare_and_but(run: Run) -> None:
    """Tables in a pipe are lines of text; the same as JSON."""
    board = run("leaderboard", "LiTS").stdout
    assert board.startswith("LiTS: 147 published figures\n")
    assert "     82.34  MedNeXt  (" in board
    assert sum(len(t["rows"]) for t in json.loads(run("leaderboard", "lits", "--format", "json").stdout)["tables"]) == 147
    compared = run("compare", "lits", "uls").stdout
    assert compared.startswith("Differs\n")
    assert "  ULS: unknown\n" in compared
    assert " ~  LiTS shares cases with ULS" in compared
    similar = json.loads(run("similar", "lits", "--but", "modality=MRI", "-k", "2", "--format", "json").stdout)
    assert "atlas-miccai2023" in [s["id"] for s in similar]
    assert run("similar", "lits", "--but", "MRI").returncode == 2


def test_a_watched_catalog_is_built_whenever_it_changes(tmp_path: Path) -> None:
    """A new record shows in the index, a problem is said and waited for to be mended, and Ctrl-C ends it."""
    (tmp_path / "catalog").mkdir()
    records = tmp_path / "catalog" / "records.jsonl"
    records.write_text(_record("alpha"))
    command = [Path(sys.executable).parent / "navsearch", "--catalog", tmp_path / "catalog", "--index", tmp_path / "index"]
    with subprocess.Popen([*command, "build", "--watch"], stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        assert ": 1 records" in watching.stderr.readline()
        records.write_text(_record("alpha") + "{\n")
        assert watching.stderr.readline().startswith("catalog/records.jsonl:2: found no JSON")
        records.unlink()
        assert "holds no records" in watching.stderr.readline()
        records.write_text(_record("alpha") + _record("beta"))
        assert ": 2 records" in watching.stderr.readline()
        watching.send_signal(signal.SIGINT)
        assert watching.wait(30) == 0
    assert json.loads((tmp_path / "index" / "manifest.json").read_text())["counts"] == {"dataset": 2}


def _record(identifier: str) -> str:
    return json.dumps({"id": identifier, "kind": "dataset", "name": identifier, "description": "CT of the liver."}) + "\n"
