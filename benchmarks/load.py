"""The service under load on loopback: throughput without and with its cache beside the encoder alone, latency, memory.

    python benchmarks/load.py                         # all of it, in turns
    python benchmarks/load.py --requests 50000 --runs 1   # how memory goes over so many requests

In each turn, one after the other: as many processes as the service has workers do nothing but encode the questions; clients ask
the service without a cache; the processes again, as the machine may have changed its speed; clients ask it with a warm cache.
The clients are one process on the same cores, as bare as can be: a socket each, HTTP/1.1 kept alive, written and read by hand.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
FILES = ("dev.jsonl", "second.jsonl")
PATIENCE = 60


def questions() -> list[str]:
    """The judged questions, each once."""
    lines = (line for name in FILES for line in (ROOT / "evaluation" / name).read_text(encoding="utf-8").splitlines())
    return list(dict.fromkeys(json.loads(line)["query"] for line in lines))


# the encoder alone


def _encode(seconds: float, begin: Any, done: Any) -> None:
    from navsearch import Navigator

    _, encoder = Navigator().index_and_encoder()
    texts = questions()
    encoder.encode(texts[:1])
    begin.wait()
    count, until = 0, time.perf_counter() + seconds
    for text in cycle(texts):
        encoder.encode([text])
        count += 1
        if time.perf_counter() >= until:
            break
    done.put(count)


def encoder_alone(processes: int, seconds: float) -> float:
    """Questions encoded a second by so many processes together."""
    context = multiprocessing.get_context("spawn")
    begin, done = context.Barrier(processes), context.Queue()
    started = [context.Process(target=_encode, args=(seconds, begin, done)) for _ in range(processes)]
    for process in started:
        process.start()
    total = sum(done.get() for _ in started)
    for process in started:
        process.join()
    return float(total / seconds)


# the service


@contextmanager
def service(workers: int, cache: int) -> Iterator[tuple[int, int]]:
    """The port and process id of a service that is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    navsearch = [str(Path(sys.executable).parent / "navsearch"), "serve", "--no-build", "--port", str(port)]
    options = ["--workers", str(workers), "--cache", str(cache), "--queue", "256", "--timeout", "60"]
    with subprocess.Popen([*navsearch, *options], stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            _until_ready(port, workers)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait()


def _until_ready(port: int, workers: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if _listening(port) == workers:
            return
        time.sleep(0.1)
    raise TimeoutError("the service does not answer")


def _listening(port: int) -> int:
    """How many sockets listen there: one a worker that is ready."""
    sockets = map(str.split, Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:])
    return sum(local.endswith(f":{port:04X}") and state == "0A" for _, local, _, state, *_ in sockets)


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _client(connection: Connection, paths: Iterator[str], until: float, seconds: list[float], failed: list[str]) -> None:
    reader, writer = connection
    for path in paths:
        started = time.perf_counter()
        if started >= until:
            break
        writer.write(_request(path))
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        seconds.append(time.perf_counter() - started)
        if not head.startswith(b"HTTP/1.1 200"):
            failed.append(head.split(b"\r\n")[0].decode())


async def _load(port: int, clients: int, *loads: Callable[[], Iterator[str]], seconds: float = 1e9) -> dict[str, Any]:
    """What so many clients measured, who do one load after the other, each on one connection; the last counts. A load gives
    each client the paths that it asks for; what is one iterator is shared by them, so that none asks for what another does."""
    connections = [await asyncio.open_connection("127.0.0.1", port, limit=2**20) for _ in range(clients)]
    for paths in loads:
        taken: list[float] = []
        failed: list[str] = []
        started = time.perf_counter()
        until = started + (seconds if paths is loads[-1] else 1e9)
        await asyncio.gather(*(_client(connection, paths(), until, taken, failed) for connection in connections))
    passed = time.perf_counter() - started
    for _, writer in connections:
        writer.close()
    ordered = sorted(taken)
    return {
        "requests": len(taken),
        "per_second": len(taken) / passed,
        "p50_ms": 1e3 * ordered[len(ordered) // 2],
        "p99_ms": 1e3 * ordered[int(len(ordered) * 0.99)],
        "failed": len(failed),
    }


def under_load(workers: int, clients: int, cache: int, seconds: float) -> dict[str, Any]:
    """Throughput and latency; with a cache, once each client has asked every question, so that each worker that has any of them
    has all answers."""
    paths = [f"/ask?q={quote(text)}" for text in questions()]
    once = paths if cache else paths[:40]
    with service(workers, cache) as (port, _):
        return asyncio.run(_load(port, clients, partial(iter, once), partial(iter, cycle(paths)), seconds=seconds))


def memory(workers: int, clients: int, requests: int) -> list[tuple[int, float]]:
    """MiB of all processes of the service after so many requests, in ten steps: each question once without the cache's help."""
    paths = [f"/ask?q={quote(text)}&k={k}" for k in range(1, 101) for text in questions()]
    found = []
    with service(workers, 16) as (port, pid):
        asking, step = iter(paths), requests // 10
        for done in range(0, requests + 1, step):
            found.append((done, _resident(pid)))
            if done < requests:
                asyncio.run(_load(port, clients, partial(iter, islice(asking, step))))
    return found


def _resident(pid: int) -> float:
    """MiB of a process and those that it started; pages that they share are counted once a process that has them."""
    children = (Path(f"/proc/{pid}/task/{pid}/children")).read_text(encoding="ascii").split()
    own = next(
        int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return own / 1024 + sum(_resident(int(child)) for child in children)


def main() -> None:
    """Measure in turns, then print; ratios are medians over the turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--requests", type=int, help="instead, show how memory goes over so many requests")
    parser.add_argument("--out", type=Path, help="file to keep the results in, as JSON")
    given = parser.parse_args()
    if given.requests:
        result: dict[str, Any] = {"memory": memory(given.workers, given.clients, given.requests)}
        print(*(f"{done:7d} requests: {mib:7.1f} MiB" for done, mib in result["memory"]), sep="\n")
    else:
        result = {"turns": _turns(given.runs, given.workers, given.clients, given.seconds)}
    if given.out:
        given.out.write_text(json.dumps(vars(given) | result, indent=1, default=str) + "\n", encoding="utf-8")


def _turns(runs: int, workers: int, clients: int, seconds: float) -> Sequence[Any]:
    turns: list[dict[str, Any]] = []
    for _ in range(runs):
        before, without = encoder_alone(workers, seconds), under_load(workers, clients, 0, seconds)
        alone, warm = (before + encoder_alone(workers, seconds)) / 2, under_load(workers, clients, 256, seconds)
        turns.append({"encoder_alone": alone, "without_cache": without, "warm_cache": warm})
        print(f"encoder alone {alone:.0f}/s; without cache {_told(without)}; warm cache {_told(warm)}")
    share = median(turn["without_cache"]["per_second"] / turn["encoder_alone"] for turn in turns)
    gain = median(turn["warm_cache"]["per_second"] / turn["without_cache"]["per_second"] for turn in turns)
    print(f"without cache {share:.2f} of the encoder alone; a warm cache {gain:.1f} times that")
    return turns


def _told(load: dict[str, Any]) -> str:
    return f"{load['per_second']:.0f}/s p50 {load['p50_ms']:.1f} p99 {load['p99_ms']:.1f} ms, {load['failed']} failed"


if __name__ == "__main__":
    main()
