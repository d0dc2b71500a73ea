"""A new index takes the place of the old one while requests go on: none fails, none is answered from both."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from conftest import SMALL
from navsearch import building
from navsearch import catalog as catalogs
from navsearch.encoder import LightEncoder
from serving import Service, serving

BUILDS = 50
QUESTIONS = ("small liver lesion", "brain tumour MRI", "loss for class imbalance", "retina")


class Reply(NamedTuple):
    """What a request was answered: status, fingerprint of the index, and which variants of the catalog its records are of."""

    status: int
    index: str
    variants: frozenset[str]


@pytest.fixture
def variants(tmp_path: Path) -> dict[str, Path]:
    """The small catalog twice; every record tells which of them it belongs to."""
    made = {}
    for name in ("first", "second"):
        folder = tmp_path / name
        shutil.copytree(SMALL, folder)
        for file in (folder / "datasets").glob("*.yaml"):
            file.write_text(
                file.read_text(encoding="utf-8").replace("description: ", f"description: Variant {name}. "), encoding="utf-8"
            )
        made[name] = folder
    return made


def builder(variants: dict[str, Path], index: Path, encoder: LightEncoder) -> Callable[[str], None]:
    """Builds the index of a variant."""
    loaded = {name: catalogs.load(folder) for name, folder in variants.items()}
    return lambda name: building.build(loaded[name], encoder, index) and None  # type: ignore[func-returns-value]


def ask_on(service: Service, stop: threading.Event, replies: list[Reply]) -> None:
    """Ask on one connection until told to stop."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    number = 0
    while not stop.is_set():
        number += 1
        question = QUESTIONS[number % len(QUESTIONS)].replace(" ", "+")
        connection.request("GET", f"/ask?kind=dataset&q={question}&min_cases={number % 7}")
        reply = connection.getresponse()
        said: dict[str, Any] = json.loads(reply.read())
        found = frozenset(hit["description"].split(". ")[0] for hit in said.get("hits", ()))
        replies.append(Reply(reply.status, reply.getheader("x-navsearch-index", ""), found))
    connection.close()


def test_fifty_builds_under_a_steady_stream(variants: dict[str, Path], tmp_path: Path, real_encoder: LightEncoder) -> None:
    """Every answer is of one of the two indexes, as a whole, and says of which."""
    index, replies, stop = tmp_path / "index", list[Reply](), threading.Event()
    build = builder(variants, index, real_encoder)
    build("first")
    with serving(variants["first"], index, tmp_path / "log", "--workers", "2") as service:
        asking = [threading.Thread(target=ask_on, args=(service, stop, replies)) for _ in range(4)]
        for thread in asking:
            thread.start()
        for number in range(BUILDS):
            build(("second", "first")[number % 2])
            time.sleep(0.3)
        stop.set()
        for thread in asking:
            thread.join()
    assert len(replies) > 4 * BUILDS
    assert {reply.status for reply in replies} == {200}
    assert all(len(reply.variants) == 1 for reply in replies)
    assert len({reply.index for reply in replies}) == 2
    assert len({(reply.index, reply.variants) for reply in replies}) == 2
    swaps = (tmp_path / "log").read_text(encoding="utf-8").count("answers from now on")
    assert swaps > BUILDS // 2


def test_an_index_that_cannot_be_verified_is_not_taken(
    variants: dict[str, Path], tmp_path: Path, real_encoder: LightEncoder
) -> None:
    """The old one goes on answering; the state, the log and the counters say so, until a sound one is there."""
    index = tmp_path / "index"
    build = builder(variants, index, real_encoder)
    build("first")
    with serving(variants["first"], index, tmp_path / "log") as service:
        before = service.get("/ready")[2]["index"]["fingerprint"]
        manifest = json.loads((index / "manifest.json").read_text(encoding="utf-8"))
        manifest["files"] = dict.fromkeys(manifest["files"], "0" * 64)
        (index / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        state = _until(service, lambda state: state["failed"])
        assert "is damaged" in state["failed"]
        assert state["index"]["fingerprint"] == before
        assert service.get("/ask?q=liver")[0] == 200
        assert 'navsearch_index_swaps_total{result="refused"} 1.0' in service.get("/metrics")[2]
        build("second")
        state = _until(service, lambda state: state["index"]["fingerprint"] != before)
        assert state["failed"] is None
    assert "goes on answering, the new one cannot" in (tmp_path / "log").read_text(encoding="utf-8")


def _until(service: Service, reached: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    for _ in range(200):
        state: dict[str, Any] = service.get("/ready")[2]
        if reached(state):
            return state
        time.sleep(0.1)
    raise AssertionError(f"not reached: {state}")
