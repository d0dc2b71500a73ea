"""navsearch beside what one would use instead, in turn on the same machine, catalog and model.

    python benchmarks/peers.py all --out results.json        # or one of: build update cold memory warm quality
    python benchmarks/peers.py all --sizes 10000 100000      # on made-up catalogs of these sizes, for plot.py

Every command is a process of its own, started by a launcher so small that it does not show in times or memory. The tools take
turns, so that a machine that changes its speed changes it for all; a ratio is the median over the turns of a tool's value by
navsearch's. Peers read records.jsonl, written beforehand by `export`: reading YAML is counted against navsearch only.

    python benchmarks/peers.py export CATALOG FOLDER         # the records as the peers read them
    python benchmarks/peers.py ask-all CATALOG INDEX FILE    # navsearch asked as the peers are: a line of JSON a question

Another navsearch than that of the running Python: `--navsearch COMMAND` for what is started cold, PYTHONPATH for the rest.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path
from statistics import fmean, median
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
JUDGED = ROOT / "evaluation" / "dev.jsonl"
PEERS_PYTHON = ROOT / ".venv" / "peers" / "bin" / "python"
SET_UP = "python3 -m venv .venv/peers && .venv/peers/bin/pip install -c constraints.txt -r benchmarks/requirements.txt"
QUESTION = "small lesion segmentation in liver CT"
WARM_UP = "a question that nobody waits for"
OURS = "navsearch"
PEERS = ("plain", "txtai", "bm25s")
KIND = "dataset"
CUT = 10
DEEP = 200  # ids asked for where only one kind counts
PACKAGES = (
    "navsearch bm25s faiss-cpu numpy onnxruntime PyStemmer sentence-transformers tokenizers torch transformers txtai".split()
)
# Started by the launcher: runs a command, stamps the last byte it prints and its end, and reports these with its peak memory.
LAUNCHER = """
import json, os, sys, time
out, into = os.pipe()
start = last = time.perf_counter()
child = os.fork()
if not child:
    os.dup2(into, 1)
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as error:
        os.write(2, str(error).encode())
        os._exit(127)
os.close(into)
parts = []
while part := os.read(out, 65536):
    last = time.perf_counter()
    parts.append(part)
_, status, usage = os.wait4(child, 0)
end = time.perf_counter()
report = {"code": os.waitstatus_to_exitcode(status), "seconds": end - start, "last_byte": last - start}
report |= {"peak": usage.ru_maxrss / 1024, "output": b"".join(parts).decode()}
json.dump(report, open(sys.argv[1], "w"))
"""

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took: seconds to its last byte and to its end, MiB at its peak; and what it printed."""

    code: int
    seconds: float
    last_byte: float
    peak: float
    output: str


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one tool for one measure, a value a turn; `ratio` is to the first row of the same measure and size."""

    measure: str
    unit: str
    size: int
    tool: str
    values: Sequence[float]
    ratio: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, with the least, middle and greatest."""
        head = {"measure": self.measure, "unit": self.unit, "size": self.size, "tool": self.tool, "ratio": self.ratio}
        return head | {"min": min(self.values), "median": median(self.values), "max": max(self.values), "values": self.values}


@dataclass(frozen=True)
class Place:
    """A catalog, the folder with its records as JSON lines, and the folder of its stores, one a tool."""

    catalog: Path
    plain: Path
    stores: Path
    size: int

    def store(self, tool: str) -> Path:
        """Where `tool` keeps what it built."""
        return self.stores / tool


@dataclass(frozen=True)
class Tool:
    """The commands of one tool; each takes a place."""

    name: str
    build: Callable[[Place], Command]
    update: Callable[[Place], Command]
    ask: Callable[[Place], Command]
    ask_all: Callable[[Place, Path, int], Command]
    environment: Mapping[str, str]


@dataclass
class Bench:
    """What to measure and with how many turns; what was built is built once a place."""

    tools: Sequence[Tool]
    navsearch: Sequence[str]
    runs: int
    work: Path
    built: dict[Path, dict[str, list[Run]]] = field(default_factory=dict)

    @property
    def few(self) -> int:
        """Turns of what takes long."""
        return max(1, self.runs // 3)

    def builds(self, place: Place, turns: int = 1) -> dict[str, list[Run]]:
        """Full builds, the last of which stays."""
        if place.stores not in self.built:
            found: dict[str, list[Run]] = {tool.name: [] for tool in self.tools}
            for _ in range(turns):
                for tool in self.tools:
                    shutil.rmtree(place.store(tool.name), ignore_errors=True)
                    place.stores.mkdir(parents=True, exist_ok=True)
                    found[tool.name].append(_run(f"{tool.name} build", tool.build(place), tool.environment))
            self.built[place.stores] = found
        return self.built[place.stores]


def build(bench: Bench, place: Place) -> list[Row]:
    """Time, memory and disk of a full build."""
    runs = bench.builds(place, 1 if _made_up(place, bench) else bench.few)
    sizes = {name: [_megabytes(place.store(name))] for name in runs}
    return [
        *_rows("full build", "s", place, {name: [r.seconds for r in found] for name, found in runs.items()}),
        *_rows("full build, peak memory", "MiB", place, {name: [r.peak for r in found] for name, found in runs.items()}),
        *_rows("store on disk", "MiB", place, sizes),
    ]


def update(bench: Bench, place: Place) -> list[Row]:
    """Time to take over one changed description, and as a share of the full build."""
    full = bench.builds(place)
    copy = Place(bench.work / "copy", bench.work / "copy-plain", bench.work / "copy-stores", place.size)
    for old, new in ((place.catalog, copy.catalog), (place.stores, copy.stores)):
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(old, new)
    found: dict[str, list[float]] = {tool.name: [] for tool in bench.tools}
    for turn in range(bench.few):
        _change_one(copy.catalog, turn)
        _export(copy.catalog, copy.plain)
        for tool in bench.tools:
            found[tool.name].append(_run(f"{tool.name} update", tool.update(copy), tool.environment).seconds)
    shares = {name: [median(values) / median(r.seconds for r in full[name])] for name, values in found.items()}
    return [*_rows("one record changed", "s", place, found), *_rows("one record changed, by full build", "", place, shares)]


def cold(bench: Bench, place: Place) -> list[Row]:
    """Seconds of a fresh process that answers one question; of one that prints help; and what Python itself takes."""
    python = [sys.executable, "-c"]
    starts = {
        "navsearch --help": [*bench.navsearch, "--help"],
        "navsearch --version": [*bench.navsearch, "--version"],
        "python: import typer, rich": [*python, "import typer, rich"],
        "python: import numpy": [*python, "import numpy"],
        "python: pass": [*python, "pass"],
    }
    asked = _asked(bench, place)
    started = _in_turn(bench.runs, {name: partial(_run, name, command) for name, command in starts.items() if _works(command)})
    return [
        *_rows("cold ask, to the last byte", "s", place, {name: [r.last_byte for r in runs] for name, runs in asked.items()}),
        *_rows("cold ask, to its end", "s", place, {name: [r.seconds for r in runs] for name, runs in asked.items()}),
        *_rows("cold start, to its end", "s", place, {name: [r.seconds for r in runs] for name, runs in started.items()}),
    ]


def memory(bench: Bench, place: Place) -> list[Row]:
    """Peak memory of a process that answers one question."""
    asked = _asked(bench, place, bench.few)
    return _rows("cold ask, peak memory", "MiB", place, {name: [r.peak for r in runs] for name, runs in asked.items()})


def warm(bench: Bench, place: Place) -> list[Row]:
    """Seconds a question in one process that has everything loaded, beside the encoder alone."""
    bench.builds(place)
    asks = {tool.name: partial(_asked_all, bench, tool, place, CUT) for tool in bench.tools}
    runs = _in_turn(1 if _made_up(place, bench) else bench.few, asks, unmeasured=0)
    lines = {name: [_lines(run) for run in found] for name, found in runs.items()}
    seconds = {name: [[line["seconds"] for line in run] for run in found] for name, found in lines.items()}
    if OURS in lines:
        seconds["navsearch's encoder alone"] = [[line["encoder"] for line in run] for run in lines[OURS]]
    return [
        *_rows("warm ask, p50", "s", place, {name: [_percentile(run, 0.5) for run in v] for name, v in seconds.items()}),
        *_rows("warm ask, p99", "s", place, {name: [_percentile(run, 0.99) for run in v] for name, v in seconds.items()}),
        *_rows("warm ask, peak memory", "MiB", place, {name: [r.peak for r in found] for name, found in runs.items()}),
    ]


def quality(bench: Bench, place: Place) -> list[Row]:
    """nDCG@10 of data sets on the judged questions, counted as `navsearch evaluate` does."""
    bench.builds(place)
    records = {record["id"]: record for record in _read_lines(place.plain / "records.jsonl")}
    judged = {item["query"]: item["relevant"][KIND] for item in _read_lines(JUDGED) if item.get("relevant", {}).get(KIND)}
    found = {}
    for tool in bench.tools:
        rankings = {line["question"]: line["ids"] for line in _lines(_asked_all(bench, tool, place, DEEP))}
        names = {question: _names(rankings[question], records) for question in judged}
        found[tool.name] = [_ndcg(judged, names)]
    return _rows(f"nDCG@{CUT}, {len(judged)} questions for data sets", "", place, found)


MEASURES: Mapping[str, Callable[[Bench, Place], list[Row]]] = {
    "build": build,
    "update": update,
    "cold": cold,
    "memory": memory,
    "warm": warm,
    "quality": quality,
}
AT_ANY_SIZE = ("build", "cold", "memory", "warm")


def _asked(bench: Bench, place: Place, turns: int | None = None) -> dict[str, list[Run]]:
    bench.builds(place)
    asks = {t.name: partial(_run, f"{t.name} ask", t.ask(place), t.environment, codes=(0, 1)) for t in bench.tools}
    return _in_turn(turns or bench.runs, asks)


def _asked_all(bench: Bench, tool: Tool, place: Place, top: int) -> Run:
    questions = bench.work / "questions.txt"
    questions.write_text("".join(f"{item['query']}\n" for item in _read_lines(JUDGED)), encoding="utf-8")
    return _run(f"{tool.name} ask-all", tool.ask_all(place, questions, top), tool.environment)


def _in_turn(turns: int, actions: Mapping[str, Callable[[], Run]], unmeasured: int = 1) -> dict[str, list[Run]]:
    """Each action once a turn, each turn beginning with another; the first turns only fill the caches."""
    found: dict[str, list[Run]] = {name: [] for name in actions}
    names = list(actions)
    for turn in range(unmeasured + turns):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            run = actions[name]()
            found[name] += [run] if turn >= unmeasured else []
    return found


def _run(title: str, command: Command, environment: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)) -> Run:
    """Start `command` through the launcher. Stops everything if it fails: a figure without it would mislead."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as report:
        launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, report.name]
        done = _process([*launcher, *command], environment)
        text = report.read()
    run = Run(**json.loads(text)) if text else Run(done.returncode, 0, 0, 0, "")
    if run.code not in codes or (run.code and not run.output):
        _stop(f"{title} failed with {run.code}: {shlex.join(map(str, command))}\n{done.stderr[-2000:]}")
    print(f"{title}: {run.seconds:.3f} s, {run.peak:.0f} MiB", file=sys.stderr)
    return run


def _rows(measure: str, unit: str, place: Place, values: Mapping[str, Sequence[float]]) -> list[Row]:
    base = next(iter(values.values()))
    ratio = {name: median(a / b for a, b in zip(own, base, strict=True)) for name, own in values.items()}
    return [Row(measure, unit, place.size, name, own, ratio[name]) for name, own in values.items()]


def _lines(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.output.splitlines()]


def _read_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


def _made_up(place: Place, bench: Bench) -> bool:
    return place.catalog.is_relative_to(bench.work)


def _names(ids: Sequence[str], records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The first names of the kind, each once, without those that nobody judged."""
    kept = (records[i] for i in ids if records[i]["kind"] == KIND and records[i].get("seed") is not False)
    return list(dict.fromkeys(record["name"] for record in kept))[:CUT]


def _ndcg(judged: Mapping[str, Mapping[str, int]], names: Mapping[str, Sequence[str]]) -> float:
    import ir_measures
    from ir_measures import nDCG

    def one(question: str) -> float:
        graded = [ir_measures.Qrel(question, name, grade) for name, grade in judged[question].items()]
        ranked = [ir_measures.ScoredDoc(question, name, -float(place)) for place, name in enumerate(names[question])]
        return float(ir_measures.calc_aggregate([nDCG @ CUT], graded, ranked)[nDCG @ CUT]) if ranked else 0.0

    return fmean(map(one, judged))


# the tools


def _ours(command: Sequence[str]) -> Tool:
    """navsearch; a full build is asked for where it would else keep what it can."""
    shown = _process([*command, "build", "--help"])
    if shown.returncode:
        _stop(f"{shlex.join(command)} does not run: {shown.stderr.strip()[-300:]}")
    full = ["--full"] if "--full" in shown.stdout else []

    def at(place: Place, *arguments: str) -> Command:
        return [*command, "--catalog", place.catalog, "--index", place.store(OURS), *arguments]

    def ask_all(place: Place, file: Path, top: int) -> Command:
        kinds = ["--kind", KIND] if top > CUT else []
        return [sys.executable, __file__, "ask-all", place.catalog, place.store(OURS), file, "--top", str(top), *kinds]

    return Tool(
        OURS,
        build=lambda place: at(place, "build", *full),
        update=lambda place: at(place, "build"),
        ask=lambda place: at(place, "ask", QUESTION),
        ask_all=ask_all,
        environment=dict(os.environ),
    )


def _peer(name: str) -> Tool:
    base = [PEERS_PYTHON, HERE / f"peer_{name}.py"]
    return Tool(
        name,
        build=lambda place: [*base, "build", place.plain, place.store(name)],
        update=lambda place: [*base, "update", place.plain, place.store(name)],
        ask=lambda place: [*base, "ask", place.store(name), QUESTION],
        ask_all=lambda place, file, top: [*base, "ask-all", place.store(name), file, "--top", str(top)],
        environment={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )


def _tools(names: Sequence[str], navsearch: Sequence[str]) -> list[Tool]:
    if set(names) & set(PEERS) and not PEERS_PYTHON.is_file():
        _stop(f"found no {PEERS_PYTHON}, which the peers need; set it up: {SET_UP}")
    return [_ours(navsearch) if name == OURS else _peer(name) for name in names]


# catalogs


def export(catalog: Path, folder: Path) -> None:
    """Write the records of `catalog` to records.jsonl in `folder`: what peers search in, and what quality is counted by."""
    from navsearch import catalog as catalogs

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "records.jsonl").open("w", encoding="utf-8") as stream:
        for r in catalogs.load(catalog).resources:
            head = {"id": r.id, "kind": r.kind, "name": r.name, "aliases": list(r.aliases), "description": r.description}
            more = {"seed": False} if r.fields.get("seed") is False else {}
            stream.write(json.dumps(head | {f: list(t) for f, t in r.facets.items()} | more, ensure_ascii=False) + "\n")


def ask_all(catalog: Path, index: Path, file: Path, top: int, kinds: Sequence[str]) -> Iterator[str]:
    """A line of JSON for each question: ids, the best first, the seconds it took with everything loaded, and the encoder's."""
    from navsearch import Navigator

    navigator = Navigator(catalog, index)
    _, encoder = navigator.index_and_encoder()
    navigator.ask(WARM_UP)
    questions = file.read_text(encoding="utf-8").splitlines()
    asked = [_timed(navigator.ask, q, top_k=top, kinds=kinds) for q in questions]
    encoded = [_timed(encoder.encode, [q]) for q in questions]
    for question, (answer, seconds), (_, alone) in zip(questions, asked, encoded, strict=True):
        yield json.dumps({"question": question, "ids": [hit.id for hit in answer.hits], "seconds": seconds, "encoder": alone})


def _timed(action: Callable[..., Any], *arguments: Any, **options: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    value = action(*arguments, **options)
    return value, time.perf_counter() - start


def _export(catalog: Path, folder: Path) -> None:
    _run("export", [sys.executable, __file__, "export", catalog, folder])


def _own(catalog: Path, work: Path) -> Place:
    plain = work / "own" / "plain"
    _export(catalog, plain)
    return Place(catalog, plain, work / "own" / "stores", len(_read_lines(plain / "records.jsonl")))


def _synthetic(size: int, work: Path) -> Place:
    catalog = work / str(size) / "catalog"
    _run(f"{size} records", [sys.executable, HERE / "synthetic.py", str(size), catalog])
    return Place(catalog, catalog, work / str(size) / "stores", size)


def _change_one(catalog: Path, turn: int) -> None:
    """Put some words before the first description found."""
    for file in sorted(f for f in catalog.rglob("*") if f.suffix in (".yaml", ".yml", ".jsonl")):
        text = file.read_text(encoding="utf-8")
        changed = re.sub(r'(\bdescription"?: (?:>-\n +|"))', rf"\g<1>Revised for the {turn + 1}. time. ", text, count=1)
        if changed != text:
            file.write_text(changed, encoding="utf-8")
            return
    _stop(f"found no description to change in {catalog}")


# results


def _circumstances(navsearch: Sequence[str], tools: Sequence[Tool]) -> dict[str, Any]:
    """What the figures depend on: commit, date, machine, versions."""
    where = Path(_said([sys.executable, "-c", "import navsearch; print(navsearch.__file__)"])).parent
    changed = _said(["git", "-C", where, "status", "--porcelain", "--", "."])
    pythons = {OURS: Path(sys.executable)} | ({"peers": PEERS_PYTHON} if any(t.name != OURS for t in tools) else {})
    return {
        "commit": _said(["git", "-C", where, "rev-parse", "HEAD"]) + (" and later changes" if changed else ""),
        "date": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "command": shlex.join(navsearch),
        "machine": {"cpu": _processor(), "cores": os.cpu_count(), "load": os.getloadavg()[0], "system": platform.platform()},
        "versions": {name: json.loads(_said([python, "-c", _VERSIONS, *PACKAGES])) for name, python in pythons.items()},
    }


_VERSIONS = """
import importlib.metadata, json, platform, sys
known = {d.metadata["Name"].lower(): d.version for d in importlib.metadata.distributions()}
print(json.dumps({"python": platform.python_version()} | {n: known[n.lower()] for n in sys.argv[1:] if n.lower() in known}))
"""


def _works(command: Command) -> bool:
    """Whether `command` succeeds; if not, that is said, and its figures are left out."""
    done = _process(command)
    if done.returncode:
        print(f"peers: {shlex.join(map(str, command))} exits with {done.returncode}, so it is not measured", file=sys.stderr)
    return not done.returncode


def _said(command: Command) -> str:
    return _process(command).stdout.strip()


def _process(command: Command, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (our own)


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", file.read_text(encoding="utf-8")) if file.is_file() else None
    return found.group(1) if found else platform.processor()


def _show(rows: Sequence[Row]) -> None:
    """A table; plain where standard output is no terminal."""
    head = ("measure", "records", "tool", "median", "least", "most", "unit", "turns", "ratio")
    cells = [_cells(row) for row in rows]
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
        print(*("  ".join(map(str.ljust, line, widths)).rstrip() for line in (head, *cells)), sep="\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*head)
    for row, following, line in zip_longest(rows, rows[1:], cells):
        table.add_row(*line, end_section=following is None or following.measure != row.measure)
    Console().print(table)


def _cells(row: Row) -> tuple[str, ...]:
    values = (median(row.values), min(row.values), max(row.values))
    return (row.measure, str(row.size), row.tool, *map(_figure, values), row.unit, str(len(row.values)), f"{row.ratio:.3g}")


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 (three figures)


def _stop(message: str) -> NoReturn:
    print(f"peers: {message}", file=sys.stderr)
    sys.exit(2)


def measure(given: argparse.Namespace) -> None:
    """Measure, show, and keep what the command line asks for."""
    command = shlex.split(given.navsearch)
    tools = _tools(given.tools, command)
    with tempfile.TemporaryDirectory(prefix="navsearch-peers-") as folder:
        work = Path(folder).resolve()
        bench = Bench(tools, command, given.runs, work)
        result = _circumstances(command, tools)
        rows: list[Row] = []
        for place, name in ((place, name) for place in _places(given, work) for name in _measures(given)):
            rows += MEASURES[name](bench, place)
            _keep(given.out, result | {"rows": [row.as_dict() for row in rows]})
    _show(rows)


def _keep(file: Path | None, result: Mapping[str, Any]) -> None:
    """Written after each measure, so that an end before the last one loses little."""
    if file:
        file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _places(given: argparse.Namespace, work: Path) -> Iterator[Place]:
    yield from (_synthetic(size, work) for size in given.sizes) if given.sizes else [_own(given.catalog.resolve(), work)]


def _measures(given: argparse.Namespace) -> Sequence[str]:
    if given.command != "all":
        return [given.command]
    return AT_ANY_SIZE if given.sizes else tuple(MEASURES)


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in {"all": None, **MEASURES}.items():
        _add_options(commands.add_parser(name, help=what.__doc__ if what else "All of the following.", description=__doc__))
    _add_places(commands.add_parser("export", help=export.__doc__), "catalog", "folder")
    asked = commands.add_parser("ask-all", help=ask_all.__doc__)
    _add_places(asked, "catalog", "index", "file")
    asked.add_argument("--top", type=int, default=CUT)
    asked.add_argument("--kind", nargs="*", default=[])
    given = parser.parse_args()
    _COMMANDS.get(given.command, measure)(given)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--catalog", type=Path, default=ROOT / "catalog", help="folder of the catalog")
    parser.add_argument("--sizes", type=int, nargs="+", help="made-up catalogs of so many records instead, each built once")
    parser.add_argument("--runs", type=int, default=9, help="turns of what is quick; what is not has a third of them")
    parser.add_argument("--tools", nargs="+", choices=(OURS, *PEERS), default=(OURS, *PEERS), help="the first is the measure")
    parser.add_argument("--navsearch", default=str(Path(sys.executable).parent / "navsearch"), help="command to start it")
    parser.add_argument("--out", type=Path, help="file to keep the results in, as JSON")


def _add_places(parser: argparse.ArgumentParser, *names: str) -> None:
    for name in names:
        parser.add_argument(name, type=Path)


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "export": lambda given: export(given.catalog, given.folder),
    "ask-all": lambda given: print(*ask_all(given.catalog, given.index, given.file, given.top, given.kind), sep="\n"),
}


if __name__ == "__main__":
    main()
