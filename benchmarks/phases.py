"""Where the time of an answer goes, in a fresh process and in one that stays, and what it cannot be less than.

    python benchmarks/phases.py --runs 9

Each fresh process does what `navsearch ask` does, step by step, and says how long each step took; medians over the runs. The
floors are measured beside it in the same turns: an interpreter that does nothing, one that imports numpy and typer, and the
weights of the encoder read once from memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
QUESTION = "small lesion segmentation in liver CT"
FLOORS = {"python -c pass": "pass", "python -c 'import numpy'": "import numpy", "python -c 'import typer'": "import typer"}


class Laps:
    """Milliseconds by step, in order."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}
        self._last = time.perf_counter()

    def __call__(self, step: str) -> None:
        """`step` ends now."""
        now = time.perf_counter()
        self.taken[step], self._last = 1e3 * (now - self._last), now


def cold() -> dict[str, float]:
    """The steps of a first answer, in this process, which has imported nothing of it yet."""
    laps = Laps()
    import numpy as np

    laps("import numpy")
    import typer

    laps("import typer")
    import navsearch.cli

    laps("the command line")
    from navsearch import render
    from navsearch.navigator import Navigator

    laps("import navsearch")
    navigator = Navigator()
    laps("open the index")
    _, encoder = navigator.index_and_encoder()
    laps("open the encoder")
    from navsearch.problem import problem_of
    from navsearch.query import understand

    index = navigator._index  # noqa: SLF001
    query = understand(QUESTION, index.vocabulary, index)
    laps("understand")
    vector = encoder.encode([query.search_text])[0]
    laps("encode")
    question = navigator._ranker.read(query, vector)  # noqa: SLF001
    found = navigator._find(question, (), ())  # noqa: SLF001
    laps("rank")
    problem, _ = problem_of(index, navigator._advisor.relations, query, found.ranked, found.ranked)  # noqa: SLF001
    laps("tell the problem")
    advice = navigator._advisor.recommend(problem)  # noqa: SLF001
    shown = [c.recommendation() for known in advice.values() for c in known[:10]]
    laps("recommend")
    render.plain(render.lines(navigator.ask(QUESTION), shown=5))
    assert shown and np and typer and navsearch.cli  # noqa: S101, PT018
    return laps.taken


def warm(runs: int) -> dict[str, float]:
    """Medians over the judged questions of whole answers and of the encoder alone, in one process; and the encoder's floor."""
    import numpy as np

    from navsearch import Navigator

    navigator = Navigator()
    _, encoder = navigator.index_and_encoder()
    texts = [json.loads(line)["query"] for line in (ROOT / "evaluation/dev.jsonl").read_text(encoding="utf-8").splitlines()]
    answers, encoded = [], []
    for turn in range(runs + 1):
        for text in texts:
            laps = Laps()
            navigator.ask(text)
            laps("answer")
            encoder.encode([text])
            laps("encode")
            if turn:
                answers.append(laps.taken["answer"])
                encoded.append(laps.taken["encode"])
    layers = encoder._forward._network.layers  # type: ignore[attr-defined]  # noqa: SLF001
    weights = [part.weight for layer in layers for part in layer if hasattr(part, "weight") and part.weight.ndim > 1]
    reading = []
    for _ in range(runs):
        started = time.perf_counter()
        for weight in weights:
            np.add.reduce(weight, axis=None)
        reading.append(1e3 * (time.perf_counter() - started))
    return {"answer p50": median(answers), "encoder alone p50": median(encoded), "its weights read once": median(reading)}


def fresh(code: str) -> float:
    """Milliseconds that a process takes which runs `code`."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603
    return 1e3 * (time.perf_counter() - started)


def table(title: str, rows: dict[str, Any]) -> None:
    """Print milliseconds by step."""
    print(f"\n{title}")
    for name, ms in rows.items():
        print(f"  {name:<28}{ms:8.1f} ms")


def main() -> None:
    """Measure in turns, then print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--step", action="store_true")
    given = parser.parse_args()
    if given.step:
        print(json.dumps(cold()))
        return
    turns: list[dict[str, float]] = []
    for _ in range(given.runs):
        floors = {name: fresh(code) for name, code in FLOORS.items()}
        done = subprocess.run([sys.executable, __file__, "--step"], check=True, capture_output=True, text=True)  # noqa: S603
        turns.append(floors | json.loads(done.stdout))
    medians = {name: median(turn[name] for turn in turns) for name in turns[0]}
    table("floors", {name: medians.pop(name) for name in FLOORS})
    table("a first answer, step by step", medians | {"sum": sum(medians.values())})
    table("warm", warm(given.runs))


if __name__ == "__main__":
    main()
