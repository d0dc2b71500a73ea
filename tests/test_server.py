"""The service: routes, errors, and the same JSON as everywhere."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from conftest import CATALOG, LIVER
from navsearch import Navigator
from navsearch.server import app


@pytest.fixture
def client(small: Navigator) -> TestClient:
    return TestClient(app(small))


def test_ask_returns_the_answer(client: TestClient, small: Navigator) -> None:
    """One route a method, the same value."""
    found = client.get("/ask", params={"q": "small liver lesion", "k": 2, "kind": "dataset", "modality": "CT"})
    assert found.status_code == 200
    assert found.json() == json.loads(
        json.dumps(small.ask("small liver lesion", top_k=2, kinds=["dataset"], modality="CT").as_dict())
    )


def test_filters_repeat(client: TestClient) -> None:
    """A filter given twice holds twice, as on the command line."""
    found = client.get("/ask?q=liver&kind=dataset&not=modality:CT&not=modality:MRI").json()
    assert {h["id"] for h in found["hits"]} == {"gamma", "delta", "retina"}


def test_look_ups(client: TestClient, small: Navigator) -> None:
    """A record, its like, the facets."""
    assert client.get("/resources/alpha").json() == json.loads(json.dumps(small.resource("alpha").as_dict()))
    assert client.get("/similar/alpha?k=1&modality=MRI").json()[0]["id"] == "beta"
    assert client.get("/facets?name=task").json()["task"]["segmentation"] == 10


def test_health_tells_what_it_serves(client: TestClient) -> None:
    """Counts, catalog and encoder."""
    health = client.get("/health").json()
    assert health["status"] == "ok"
    assert health["counts"] == {"dataset": 6, "loss": 3, "method": 3, "metric": 3}
    assert health["encoder"] == "word-hash"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/ask?q=%20", 400, "found an empty question"),
        ("/ask?q=liver&modality=XCT", 400, "modality 'XCT' is not known (did you mean 'CT'?)"),
        ("/ask?q=liver&organ=liver", 400, "parameter 'organ' is not known; parameters: but, k, kind, q, task, modality"),
        ("/ask?q=liver&top_k=3", 400, "parameter 'top_k' is not known"),
        ("/ask?q=liver&min_cases=1&min_cases=2", 400, "min_cases: found ['1', '2'], expected one number"),
        ("/ask?q=liver&k=abc", 400, "k: found 'abc'"),
        ("/ask", 400, "q: found None"),
        ("/similar/alpha?k=-1", 400, "top_k: found -1, expected 1 or more"),
        ("/resources/nothing-like-it", 404, "resource 'nothing-like-it' is not known"),
    ],
)
def test_errors_are_the_same_sentences(client: TestClient, path: str, status: int, message: str) -> None:
    """A wrong request is the caller's, and says what was wrong."""
    found = client.get(path)
    assert found.status_code == status
    assert message in found.json()["error"]


def test_a_real_server_answers_like_the_navigator(real_folder: Path, real: Navigator) -> None:
    """`navsearch serve` on loopback gives the JSON of the Python API."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        Path(sys.executable).parent / "navsearch",
        "--catalog",
        CATALOG,
        "--index",
        real_folder,
        "serve",
        "--port",
        str(port),
    ]
    with subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            found = _get(f"http://127.0.0.1:{port}/ask?k=3&q={urllib.parse.quote(LIVER)}")
        finally:
            server.terminate()
    assert found == json.loads(json.dumps(real.ask(LIVER, top_k=3).as_dict()))


def _get(url: str) -> object:
    for _ in range(240):
        try:
            with urllib.request.urlopen(url, timeout=60) as reply:  # noqa: S310
                return json.load(reply)
        except OSError:
            time.sleep(0.25)
    raise TimeoutError(url)
