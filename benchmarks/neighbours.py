"""How much faster than an exact scan rows are proposed, and how many of the nearest ones are among them.

    python benchmarks/neighbours.py 10000 100000 1000000 --out neighbours.jsonl

Rows are mixtures of two or three of the catalog's own embeddings with Gaussian noise, of the length given by --noise beside
vectors of length 1; queries are more of them, and the judged questions. FAISS's flat index and ours answer the same queries in
turn, on one thread, ours with 100 proposals and their exact scores; filters allow a random share of the rows, or ("near") the
twentieth of them nearest to a random row, which lies elsewhere than most queries. A process of its own builds the index, so
that its peak of memory is its own, and needs no network.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from navsearch.vectors import Mask, Matrix, Rows, Vectors

ROOT = Path(__file__).parent.parent
SHARES = (0.5, 0.05, 0.005, 0.0005)
BEST, PROPOSED, MADE, BLOCK, CHUNK = 10, 100, 100, 20, 1 << 14
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def embeddings(folder: Path) -> None:
    """Write the vectors of all records and of the judged questions into `folder`."""
    from navsearch import catalog as catalogs
    from navsearch.encoder import SentenceTransformerEncoder

    encoder = SentenceTransformerEncoder()
    np.save(folder / "records.npy", encoder.encode([r.text() for r in catalogs.load(ROOT / "catalog").resources]))
    judged = (ROOT / "evaluation" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    np.save(folder / "questions.npy", encoder.encode([json.loads(line)["query"] for line in judged]))


def mixtures(records: Matrix, count: int, noise: float, draw: np.random.Generator) -> Matrix:
    """float32 [count, dimension]: sums of two or three of `records` in random shares, with noise, of length 1."""
    shares = draw.random((count, 3), dtype=np.float32)
    shares[draw.random(count) < 1 / 2, 2] = 0
    mixed = _unit(np.einsum("mk,mkd->md", shares, records[draw.integers(0, len(records), (count, 3))]))
    return _unit(mixed + np.float32(noise / mixed.shape[1] ** 0.5) * draw.standard_normal(mixed.shape, dtype=np.float32))


def write_rows(file: Path, records: Matrix, rows: int, noise: float) -> None:
    """Write float32 [rows, dimension] in parts."""
    draw = np.random.default_rng(1)
    with file.open("wb") as stream:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, records.shape[1])}
        np.lib.format.write_array_header_1_0(stream, header)
        for start in range(0, rows, CHUNK):
            mixtures(records, min(CHUNK, rows - start), noise, draw).tofile(stream)


def build(folder: Path) -> dict[str, Any]:
    """Build the index in `folder` in this process: facts, seconds, and peak of memory as a share of the vectors."""
    began = time.perf_counter()
    facts = Vectors.build(folder)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    size = (folder / "vectors.npy").stat().st_size
    return {
        "facts": facts,
        "build_s": round(seconds, 1),
        "peak_rss_mb": peak >> 20,
        "peak_rss_to_vectors": round(peak / size, 2),
    }


def measure(folder: Path, noise: float, facts: dict[str, Any]) -> dict[str, Any]:
    """All that is measured of queries, in this process."""
    began = time.perf_counter()
    vectors = Vectors.open(folder, facts)
    opened = time.perf_counter()
    questions = np.load(folder.parent / "questions.npy")
    vectors.propose(questions[0], PROPOSED)
    first = time.perf_counter()
    made = mixtures(np.load(folder.parent / "records.npy"), MADE, noise, np.random.default_rng(2))
    found = {"open_ms": _ms(opened - began), "first_ms": _ms(first - opened)}
    queries = np.concatenate([made, questions])
    return found | _compared(vectors, folder, queries) | _filtered(vectors, queries)


def _compared(vectors: Vectors, folder: Path, queries: Matrix) -> dict[str, Any]:
    """Flat and ours in turn, in blocks, so that both meet the machine in the same moods."""
    import faiss

    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(vectors.dimension)
    flat.add(np.load(folder / "vectors.npy"))
    exact: list[tuple[float, Rows]] = []
    ours: list[tuple[float, Rows]] = []
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK]
        exact += [_timed(lambda q: flat.search(q[None, :], BEST)[1][0], query) for query in block]
        ours += [_timed(lambda q: _nearest(vectors, q, None), query) for query in block]
    slow, fast = (float(np.median([seconds for seconds, _ in timed])) for timed in (exact, ours))
    pairs = [(a, b) for (_, a), (_, b) in zip(exact, ours, strict=True)]
    return {"flat_ms": _ms(slow), "ours_ms": _ms(fast), "times_faster": round(slow / fast, 1), **_recalls(pairs)}


def _filtered(vectors: Vectors, queries: Matrix) -> dict[str, Any]:
    """p50 and recall among the rows that a mask allows."""
    draw = np.random.default_rng(3)
    places = draw.random(len(vectors))
    scores = vectors.of(draw.integers(0, len(vectors), 1))[0] @ _all(vectors).T
    masks = {f"{share:.2%}": places < share for share in SHARES} | {"near": scores > np.quantile(scores, 0.95)}
    return {"filters": {name: _under(vectors, queries, mask) for name, mask in masks.items() if mask.sum() >= BEST}}


def _under(vectors: Vectors, queries: Matrix, mask: Mask) -> dict[str, Any]:
    timed = [_timed(lambda q: _nearest(vectors, q, mask), query) for query in queries]
    rows = np.flatnonzero(mask)
    allowed = vectors.of(rows) if len(rows) * 4 < len(vectors) else None
    pairs = [(_exact(vectors, allowed, rows, query), found) for query, (_, found) in zip(queries, timed, strict=True)]
    return {"ms": _ms(float(np.median([seconds for seconds, _ in timed]))), **_recalls(pairs)}


def _exact(vectors: Vectors, allowed: Matrix | None, rows: Rows, query: Matrix) -> Rows:
    """The nearest of `rows`, by comparing all."""
    scores = (_all(vectors) @ query)[rows] if allowed is None else allowed @ query
    return rows[np.argpartition(-scores, BEST - 1)[:BEST]]


def _nearest(vectors: Vectors, query: Matrix, mask: Mask | None) -> Rows:
    """The product's way: rows are proposed, then scored exactly."""
    rows = vectors.propose(query, PROPOSED, mask)
    return rows[np.lexsort((rows, -vectors.similarity(query, rows)))[:BEST]]


def _recalls(pairs: list[tuple[Rows, Rows]]) -> dict[str, float]:
    """recall@10, of the queries made and of the judged questions."""
    shares = [len(np.intersect1d(exact, found)) / len(exact) for exact, found in pairs]
    return {"recall": round(float(np.mean(shares[:MADE])), 4), "recall_questions": round(float(np.mean(shares[MADE:])), 4)}


def _all(vectors: Vectors) -> Matrix:
    return vectors._matrix  # noqa: SLF001  # the whole of it, mapped


def _timed(search: Callable[[Matrix], Rows], query: Matrix) -> tuple[float, Rows]:
    began = time.perf_counter()
    rows = search(query)
    return time.perf_counter() - began, rows


def _unit(matrix: Matrix) -> Matrix:
    return np.asarray(matrix / np.linalg.norm(matrix, axis=1, keepdims=True), dtype=np.float32)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _apart(*arguments: str, **environment: str) -> dict[str, Any]:
    """What this script prints in a fresh process with `arguments`."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ | environment)  # noqa: S603
    return dict(json.loads(done.stdout))


def _shown(found: dict[str, Any]) -> str:
    """One size, as lines."""
    facts, ratio = found["facts"], found["times_faster"]
    lines = [
        f"{found['rows']:>9,} rows, noise {found['noise']}: {facts['engine']} {facts['search'] or ''}",
        f"    flat {found['flat_ms']:.2f} ms, ours {found['ours_ms']:.2f} ms: {ratio} x, {_recall_shown(found)}",
        *(f"    {name:>6} allowed: {f['ms']:.2f} ms, {_recall_shown(f)}" for name, f in found["filters"].items()),
        f"    build {found['build_s']} s, peak {found['peak_rss_mb']} MB = {found['peak_rss_to_vectors']} x the vectors",
        f"    recall stated {facts['recall_at_10']:.3f}; open {found['open_ms']} ms, first query {found['first_ms']} ms",
    ]
    return "\n".join(lines)


def _recall_shown(found: dict[str, Any]) -> str:
    return f"recall@10 {found['recall']:.3f} (questions {found['recall_questions']:.3f})"


def run(rows: int, noise: float, folder: Path) -> dict[str, Any]:
    """All figures for one size; its files are removed."""
    with tempfile.TemporaryDirectory(dir=folder) as data:
        write_rows(Path(data) / "vectors.npy", np.load(folder / "records.npy"), rows, noise)
        built = _apart("--build", data)
        found = _apart("--measure", json.dumps(built["facts"]), data, "--noise", str(noise), **ONE_THREAD)
    return {"rows": rows, "noise": noise, **built, **found}


def main() -> None:
    """Run for the sizes given; with --build or --measure do one part and print it as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=["10000", "100000", "1000000"], help="numbers of rows")
    parser.add_argument("--noise", type=float, nargs="+", default=[0.15, 0.5])
    parser.add_argument("--out", type=Path, help="file to which a JSON line a size is added")
    parser.add_argument(
        "--folder", type=Path, help="where data lie meanwhile, 1.9 GB for a million rows; what is embedded stays there"
    )
    parser.add_argument("--build", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build:
        print(json.dumps(build(Path(given.what[0]))))
    elif given.measure:
        print(json.dumps(measure(Path(given.what[0]), given.noise[0], json.loads(given.measure))))
    else:
        with tempfile.TemporaryDirectory() as data:
            _all_sizes(list(map(int, given.what)), given.noise, given.folder or Path(data), given.out)


def _all_sizes(sizes: list[int], noises: list[float], folder: Path, out: Path | None) -> None:
    if not (folder / "questions.npy").exists():
        embeddings(folder)
    for rows, noise in ((r, n) for r in sizes for n in noises):
        found = run(rows, noise, folder)
        print(_shown(found), flush=True)
        if out:
            with out.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
