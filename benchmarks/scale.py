"""What an index of many records costs: to build, to open, to ask; and its memory.

    python benchmarks/scale.py 10000 100000 1000000 --out scale.jsonl

Records are those of synthetic.py. To embed a million of them takes hours, so each text has a mixture of the catalog's own
vectors, chosen by its hash: all else is the product itself, from the catalog's check to the answer. Build and questions run in
a process each, whose peak of memory is its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from synthetic import write

from navsearch import Navigator, building, catalog
from navsearch.encoder import LightEncoder
from navsearch.forward import Progress
from navsearch.vectors import Matrix

ROOT = Path(__file__).parent.parent
MIXED, QUESTIONS = 3, 40


class Mixtures:
    """An encoder whose vectors are sums of three of the catalog's own, chosen by the hash of the text."""

    name = "mixtures"
    fingerprint = hashlib.sha256(b"mixtures").hexdigest()

    def __init__(self, file: Path) -> None:
        self._own = np.load(file)

    def lexicon(self) -> frozenset[str]:
        """Nothing is known of the language."""
        return frozenset()

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """float32 [len(texts), dimension], rows of length 1."""
        hashes = b"".join(hashlib.sha256(text.encode()).digest()[: 4 * MIXED] for text in texts)
        chosen = np.frombuffer(hashes, dtype="<u4").reshape(-1, MIXED) % len(self._own)
        mixed = self._own[chosen].sum(axis=1)
        if progress:
            progress(len(texts))
        return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)


def build(folder: Path) -> dict[str, Any]:
    """Check, embed and write the catalog in `folder`."""
    started = time.perf_counter()
    loaded = catalog.load(folder / "catalog")
    checked = time.perf_counter() - started
    index = building.build(loaded, Mixtures(folder.parent / "own.npy"), folder / "index")
    vectors = len(index) * index.vectors.dimension * 4
    return {
        "records": len(index),
        "check_s": checked,
        "build_s": time.perf_counter() - started,
        "build_peak_of_vectors": peak() / vectors,
        "build_peak_mb": peak() / 1e6,
        "vectors_mb": vectors / 1e6,
        "engine": index.manifest["engine"],
    }


def ask(folder: Path) -> dict[str, Any]:
    """Open the index and ask it the judged questions."""
    started = time.perf_counter()
    navigator = Navigator(folder / "catalog", folder / "index", encoder=Mixtures(folder.parent / "own.npy"))
    opened = time.perf_counter() - started
    lines = (ROOT / "evaluation" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    taken = [timed(navigator, json.loads(line)["query"]) for line in islice(lines, QUESTIONS)]
    first, *others = taken
    return {"open_ms": 1e3 * opened, "first_ms": 1e3 * first, "ask_p50_ms": 1e3 * median(others), "ask_peak_mb": peak() / 1e6}


def timed(navigator: Navigator, text: str) -> float:
    """Seconds that an answer takes."""
    started = time.perf_counter()
    navigator.ask(text)
    return time.perf_counter() - started


def peak() -> float:
    """The most memory that this process held, in bytes; pages of mapped files count. (getrusage counts its parent's, too.)"""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return float(status.partition("VmHWM:")[2].split()[0]) * 1024


def alone(step: str, folder: Path) -> dict[str, Any]:
    """What `step` measures, in a process of its own."""
    command = [sys.executable, __file__, "--step", step, str(folder)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))  # noqa: S603


def main() -> None:
    """Measure each size, and print it as it comes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=["10000", "100000", "1000000"])
    parser.add_argument("--folder", type=Path, default=None, help="where to work; a temporary folder by default")
    parser.add_argument("--out", type=Path, default=None, help="a file to add a JSON line for each size to")
    parser.add_argument("--step", choices=["build", "ask"], default=None)
    given = parser.parse_args()
    if given.step:
        print(json.dumps({"build": build, "ask": ask}[given.step](Path(given.sizes[0]))))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as temporary:
        place = Path(temporary)
        texts = [r.text() for r in catalog.load(ROOT / "catalog").resources]
        np.save(place / "own.npy", LightEncoder().encode(texts))
        for size in map(int, given.sizes):
            folder = place / str(size)
            write(size, folder / "catalog")
            line = json.dumps(alone("build", folder) | alone("ask", folder))
            print(line, flush=True)
            if given.out:
                with given.out.open("a", encoding="utf-8") as stream:
                    stream.write(line + "\n")


if __name__ == "__main__":
    main()
