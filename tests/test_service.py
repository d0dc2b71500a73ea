"""The service: routes, errors, and the same JSON as everywhere."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient

from conftest import CATALOG, LIVER, SMALL, WordHashEncoder, navsearch
from navsearch import Navigator
from navsearch.encoder import LightEncoder
from navsearch.service import metrics
from navsearch.service.app import create_app
from navsearch.service.gathering import Gathering
from navsearch.service.jobs import TOGETHER, Jobs, step_aside
from navsearch.service.processes import spread
from navsearch.service.settings import Settings
from serving import serving


@pytest.fixture(scope="session")
def navigator(small_folder: Path) -> Navigator:
    return Navigator(SMALL, small_folder)


def settings(folder: Path, **chosen: Any) -> Settings:
    return Settings.of(SMALL, folder, **chosen)


@pytest.fixture(scope="module")
def client(small_folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(settings(small_folder))) as client:
        yield client


class TestRoutes:
    """One route a method, the same value."""

    @pytest.mark.parametrize(
        ("path", "method", "arguments", "options"),
        [
            (
                "/ask?q=small+liver+lesion&k=2&kind=dataset&modality=CT",
                "ask",
                ["small liver lesion"],
                {"top_k": 2, "kinds": ["dataset"], "modality": "CT"},
            ),
            ("/ask?q=liver+CT&ignore=modality:CT", "ask", ["liver CT"], {"ignore": ["modality:CT"]}),
            ("/plan?q=liver+lesion+CT", "plan", ["liver lesion CT"], {}),
            ("/search?q=liver&k=2&offset=1", "search", ["liver"], {"top_k": 2, "offset": 1}),
            ("/understand?q=liver+CT&ignore=modality:CT", "understand", ["liver CT"], {"ignore": ["modality:CT"]}),
            ("/resources?k=3&offset=2&kind=dataset", "resources", [], {"top_k": 3, "offset": 2, "kinds": ["dataset"]}),
            ("/resources/alpha", "resource", ["alpha"], {}),
            ("/compare?id=alpha&id=beta", "compare", [["alpha", "beta"]], {}),
            ("/leaderboard/alpha", "leaderboard", ["alpha"], {}),
            ("/map", "map", [], {}),
        ],
    )
    def test_a_route_is_a_method(
        self, client: TestClient, navigator: Navigator, path: str, method: str, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        """The JSON of the Python API, which is that of the command line."""
        found = client.get(path)
        assert found.status_code == 200
        expected = getattr(navigator, method)(*arguments, **options).as_dict()
        assert found.json() == json.loads(json.dumps(expected))

    def test_lists_and_counts(self, client: TestClient, navigator: Navigator) -> None:
        """What has no as_dict of its own."""
        similar = client.get("/similar/alpha?k=2&but=modality=MRI").json()
        assert similar == json.loads(
            json.dumps([h.as_dict() for h in navigator.similar("alpha", top_k=2, but={"modality": "MRI"})])
        )
        assert client.get("/facets?name=task").json() == navigator.facets("task")

    def test_filters_repeat(self, client: TestClient) -> None:
        """A filter given twice holds twice, as on the command line."""
        found = client.get("/ask?q=liver&kind=dataset&not=modality:CT&not=modality:MRI").json()
        assert {h["id"] for h in found["hits"]} == {"gamma", "delta", "retina"}

    def test_pages_follow_each_other(self, client: TestClient) -> None:
        """Pages hold the whole ranking, each hit once."""
        whole = client.get("/search?q=liver&k=100").json()
        pages = [client.get(f"/search?q=liver&k=2&offset={place}").json() for place in range(0, whole["total"], 2)]
        assert [hit for page in pages for hit in page["hits"]] == whole["hits"]
        assert len(whole["hits"]) == whole["total"]

    @pytest.mark.parametrize(
        ("form", "said"), [("bibtex", "@misc{alpha,"), ("csv", "id,kind,name"), ("md", "# "), ("json", "[")]
    )
    def test_records_as_files(self, client: TestClient, form: str, said: str) -> None:
        """A name to save it by, and what the form begins with."""
        found = client.get(f"/export?format={form}&id=alpha")
        assert found.status_code == 200
        assert found.text.startswith(said)
        assert found.headers["content-disposition"].startswith('attachment; filename="navsearch.')

    def test_an_answer_as_a_file(self, client: TestClient, navigator: Navigator) -> None:
        """The answer of ask."""
        found = client.get("/export?format=json&q=liver&k=2")
        assert found.json() == json.loads(json.dumps(navigator.ask("liver", top_k=2).as_dict()))

    def test_examples_of_the_documentation_work(self, client: TestClient) -> None:
        """Every route, asked with the examples that OpenAPI shows."""
        described = client.get("/openapi.json").json()
        assert {"/ask", "/plan", "/search", "/resources", "/compare", "/export", "/map", "/metrics", "/ready"} <= described[
            "paths"
        ].keys()
        for path, methods in described["paths"].items():
            given: dict[str, Any] = {}
            for parameter in methods["get"].get("parameters", ()):
                example = parameter.get("examples", {}).get("example", {}).get("value")
                if parameter["in"] == "path":
                    path = path.replace(f"{{{parameter['name']}}}", quote(example))  # noqa: PLW2901
                elif parameter["required"]:
                    given[parameter["name"]] = example
            if "export" in path:
                given["id"] = "alpha"
            found = client.get(path, params=given)
            assert found.status_code == 200, (path, given, found.text)


class TestRefusals:
    """A wrong request is the caller's, and says what was wrong in one sentence."""

    @pytest.mark.parametrize(
        ("path", "status", "message"),
        [
            ("/ask?q=%20", 400, "found an empty question"),
            ("/ask?q=liver&modality=XCT", 400, "modality 'XCT' is not known (did you mean 'CT'?)"),
            ("/ask?q=liver&organ=liver", 400, "parameter 'organ' is not known; parameters: ignore, k, kind, q, task, modality"),
            ("/resources/alpha?modality=CT", 400, "parameter 'modality' is not known"),
            ("/ask?q=liver&min_cases=1&min_cases=2", 400, "min_cases: found ['1', '2'], expected one number"),
            ("/ask?q=liver&k=abc", 400, "k: found 'abc'"),
            ("/ask?q=liver&k=101", 400, "k: found '101'"),
            ("/search?q=liver&offset=-1", 400, "offset: found '-1'"),
            (f"/ask?q={'x' * 2001}", 400, "at most 2000 characters"),
            ("/ask", 400, "q: found nothing"),
            ("/export?format=pdf&id=alpha", 400, "format: found 'pdf', expected one of bibtex, csv, json, md"),
            ("/export?format=csv", 400, "expected q or id"),
            ("/compare?id=alpha", 400, "id: found"),
            ("/resources/nothing-like-it", 404, "resource 'nothing-like-it' is not known"),
            ("/nowhere", 404, "GET /nowhere: Not Found"),
        ],
    )
    def test_errors_are_the_same_sentences(self, client: TestClient, path: str, status: int, message: str) -> None:
        """As problem+json, with the name of the request."""
        found = client.get(path, headers={"X-Request-ID": "mine"})
        assert found.status_code == status
        assert found.headers["content-type"] == "application/problem+json"
        said = found.json()
        assert message in said["detail"]
        assert (said["status"], said["request_id"], found.headers["x-request-id"]) == (status, "mine", "mine")

    def test_a_body_is_not_taken(self, client: TestClient) -> None:
        """Too large a body is refused before it is read."""
        assert client.post("/ask", content=b"x" * 100_000).status_code == 413
        assert client.post("/ask", content=b"x").status_code == 405

    def test_a_key_is_asked_for(self, small_folder: Path) -> None:
        """Of all but the page and what tells that the service runs."""
        with TestClient(create_app(settings(small_folder, api_key="secret"))) as client:
            assert [client.get(path).status_code for path in ("/", "/health", "/ready")] == [200, 200, 200]
            for headers in (
                {},
                {"X-API-Key": "wrong"},
                {"Authorization": "Bearer "},
                {"Authorization": "Bearer sécret".encode("latin-1")},
            ):
                found = client.get("/ask?q=liver", headers=headers)
                assert (found.status_code, found.headers["www-authenticate"]) == (401, "Bearer")
            assert client.get("/metrics").status_code == 401
            assert client.get("/ask?q=liver", headers={"Authorization": "Bearer secret"}).status_code == 200
            assert client.get("/ask?q=liver", headers={"X-API-Key": "secret"}).status_code == 200

    def test_what_is_open_is_so_below_a_prefix_too(self, small_folder: Path) -> None:
        """Where a proxy serves it."""
        app = create_app(settings(small_folder, api_key="secret"))
        with TestClient(app, root_path="/navsearch") as client:
            found = [client.get(f"/navsearch{path}").status_code for path in ("/health", "/", "/static/app.js", "/ask?q=liver")]
        assert found == [200, 200, 200, 401]

    def test_other_sites_ask_only_if_they_may(self, small_folder: Path) -> None:
        """CORS, preflight included, also where a key is asked for."""
        with TestClient(create_app(settings(small_folder, api_key="secret", origins=("https://lab.example",)))) as client:
            headers = {"Origin": "https://lab.example", "Access-Control-Request-Method": "GET"}
            assert client.options("/ask", headers=headers).headers["access-control-allow-origin"] == "https://lab.example"
            other = client.options("/ask", headers={**headers, "Origin": "https://elsewhere.example"})
            assert "access-control-allow-origin" not in other.headers

    def test_too_many_at_once_are_sent_away(self, small_folder: Path) -> None:
        """Answered or refused with when to come again, never anything else."""
        found = asyncio.run(_at_once(settings(small_folder, queue=2, cache=0), 30))
        statuses = [reply.status_code for reply in found]
        assert set(statuses) == {200, 503}
        assert statuses.count(200) >= 3
        assert all(int(r.headers["retry-after"]) >= 1 for r in found if r.status_code == 503)

    def test_who_waits_too_long_is_told(self, small_folder: Path) -> None:
        """A time-out is a refusal too."""
        found = asyncio.run(_at_once(settings(small_folder, timeout=0.001, cache=0), 2))
        assert {reply.status_code for reply in found} == {503}
        assert "no answer within 0.001 s" in found[0].json()["detail"]


async def _at_once(chosen: Settings, count: int, path: str = "/ask?q=liver+lesion+{}") -> list[Any]:
    app = create_app(chosen)
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
        return await asyncio.gather(*(client.get(path.format(number)) for number in range(count)))


def _made() -> float:
    """How many answers were made in this process."""
    return float(metrics.MADE._value.get())


class TestWhatAllHave:
    """Headers, cache, counters, log."""

    def test_nothing_may_come_from_elsewhere(self, client: TestClient) -> None:
        """The policy is on answers, on the page and on refusals."""
        for path in ("/ask?q=liver", "/", "/nowhere", "/openapi.json"):
            headers = client.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"

    def test_who_has_the_answer_is_not_sent_it_again(self, client: TestClient) -> None:
        """By the fingerprint of the index."""
        first = client.get("/ask?q=liver")
        again = client.get("/ask?q=liver", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert first.headers["x-navsearch-index"] in first.headers["etag"]
        assert client.get("/ask?q=liver", headers={"If-None-Match": '"older"'}).status_code == 200

    def test_an_answer_is_kept(self, client: TestClient) -> None:
        """The second time it is read from the cache; both are the same bytes."""
        before = _counted(client, 'navsearch_cache_total{result="hit"}')
        first, second = client.get("/ask?q=kept+liver"), client.get("/ask?q=kept+liver")
        assert first.content == second.content
        assert _counted(client, 'navsearch_cache_total{result="hit"}') == before + 1

    def test_the_same_question_at_once_is_answered_once(self, small_folder: Path) -> None:
        """Whoever asks while an answer is made waits for that one."""
        before = _made()
        found = asyncio.run(_at_once(settings(small_folder, queue=1), 12, "/ask?q=the+same+for+all"))
        assert {reply.status_code for reply in found} == {200}
        assert len({reply.content for reply in found}) == 1
        assert _made() == before + 1

    def test_requests_are_counted_by_route(self, client: TestClient) -> None:
        """Not by path, of which there are too many."""
        for identifier in ("alpha", "beta"):
            client.get(f"/resources/{identifier}")
        assert _counted(client, 'navsearch_requests_total{route="/resources/{identifier:path}",status="200"}') >= 2
        assert _counted(client, "navsearch_index_records") == 15
        assert _counted(client, "navsearch_index_age_seconds") > 0

    def test_the_log_has_a_line_a_request(self, client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
        """JSON, with route and time taken, without the question."""
        with caplog.at_level(logging.INFO, "navsearch.access"):
            client.get("/ask?q=my+private+question", headers={"X-Request-ID": "r-1"})
        (line,) = [json.loads(record.message) for record in caplog.records if record.name == "navsearch.access"]
        assert (line["id"], line["route"], line["status"]) == ("r-1", "/ask", 200)
        assert line["ms"] > 0
        assert "private" not in json.dumps(line)

    def test_ready_tells_what_answers(self, client: TestClient, navigator: Navigator) -> None:
        """Index and model, with their versions."""
        found = client.get("/ready").json()
        assert found["index"]["counts"] == navigator.counts
        assert found["model"]["fingerprint"] == navigator.manifest["encoder"]["fingerprint"]
        assert (found["ready"], found["failed"]) == (True, None)


def _counted(client: TestClient, name: str) -> float:
    return next(
        (float(line.rsplit(" ", 1)[1]) for line in client.get("/metrics").text.splitlines() if line.startswith(name)), 0.0
    )


class TestJobs:
    """One thread does all of them; one that steps aside lets those go first that came meanwhile."""

    def test_in_order_and_together(self) -> None:
        """All that wait come as far as they can before any goes on."""
        jobs, order, begin = Jobs(), list[str](), threading.Event()

        def do(name: str) -> str:
            order.append(name)
            step_aside()
            order.append(f"{name} again")
            return name

        held = jobs.submit(begin.wait)
        waiting = [jobs.submit(partial(do, name)) for name in "abc"]
        begin.set()
        assert held.result(10)
        assert [future.result(10) for future in waiting] == ["a", "b", "c"]
        assert order == ["a", "b", "c", "a again", "b again", "c again"]
        jobs.close()

    def test_an_error_is_told_to_whoever_asked(self) -> None:
        """And the next job is done all the same."""
        jobs = Jobs()
        failing, next_ = jobs.submit({}.popitem), jobs.submit(lambda: 1)
        with pytest.raises(KeyError):
            failing.result(10)
        assert next_.result(10) == 1
        jobs.close()

    def test_not_more_than_so_many_step_aside(self) -> None:
        """So that the first does not wait for all."""
        jobs, order, begin = Jobs(), list[int](), threading.Event()

        def do(number: int) -> None:
            step_aside()
            order.append(number)

        def last() -> None:
            order.append(-1)

        jobs.submit(begin.wait)
        waiting = [jobs.submit(partial(do, number)) for number in range(TOGETHER)]
        end = jobs.submit(last)
        begin.set()
        end.result(10)
        assert order[:2] == [0, -1]
        jobs.close()
        assert all(future.done() for future in waiting)

    def test_what_was_begun_is_finished_and_the_rest_cancelled(self) -> None:
        """When it is closed."""
        jobs, begun, begin = Jobs(), threading.Event(), threading.Event()

        def do() -> int:
            begun.set()
            begin.wait()
            step_aside()
            return 1

        first, rest = jobs.submit(do), jobs.submit(lambda: 2)
        begun.wait(10)
        threading.Timer(0.1, begin.set).start()
        jobs.close()
        assert first.result(0) == 1
        assert rest.cancelled()


class TestGathering:
    """Questions that are asked at the same time are encoded together."""

    def test_each_gets_its_own_vectors(self, real_encoder: LightEncoder) -> None:
        """Bit for bit those that it gets alone."""
        texts = [f"liver lesion {number} {'in CT ' * (number % 5)}" for number in range(40)]
        jobs, gathering = Jobs(), Gathering(real_encoder)
        asked = [jobs.submit(partial(gathering.encode, [text, "polyp"])) for text in texts]
        alone = real_encoder.encode(["polyp"])
        for text, vectors in zip(texts, asked, strict=True):
            assert vectors.result(60).tobytes() == real_encoder.encode([text]).tobytes() + alone.tobytes()
        jobs.close()

    def test_all_that_wait_are_taken_along(self) -> None:
        """The encoder is called once for them."""
        jobs, begin, calls = Jobs(), threading.Event(), list[list[str]]()

        class Counting(WordHashEncoder):
            def encode(self, texts: Any, progress: Any = None) -> Any:
                calls.append(list(texts))
                return super().encode(texts, progress)

        gathering = Gathering(Counting())
        jobs.submit(begin.wait)
        asked = [jobs.submit(partial(gathering.encode, [text])) for text in "abcd"]
        begin.set()
        assert [future.result(10).shape for future in asked] == [(1, 256)] * 4
        assert calls == [list("abcd")]
        jobs.close()

    def test_an_error_reaches_all_that_wait(self) -> None:
        """And none of those that come later."""

        class Failing(WordHashEncoder):
            def encode(self, texts: Any, progress: Any = None) -> Any:
                if "bad" in texts:
                    raise ValueError("bad")
                return super().encode(texts, progress)

        gathering = Gathering(Failing())
        with pytest.raises(ValueError, match="bad"):
            gathering.encode(["bad"])
        assert gathering.encode(["good"]).shape == (1, 256)


class TestProcesses:
    """Where the service listens."""

    @pytest.mark.skipif(sys.platform != "linux", reason="the kernel spreads connections on Linux only")
    def test_each_worker_has_its_share_of_connections(self) -> None:
        """Though nobody accepts any: the kernel decides."""
        with spread(socket.create_server(("127.0.0.1", 0))) as place:
            address, handed = place.getsockname(), bytes(ForkingPickler.dumps(place))
            with ForkingPickler.loads(handed) as first, ForkingPickler.loads(handed) as second, ExitStack() as opened:
                for each in (first, second):
                    each.listen()
                    each.setblocking(False)
                for _ in range(64):
                    opened.enter_context(socket.create_connection(address))
                taken = [_accepted(each) for each in (first, second)]
        assert sum(taken) == 64
        assert min(taken) > 8

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_an_address_in_use_is_one_line(self, real_folder: Path, workers: str) -> None:
        """And the exit code of a wrong option."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            options = ["--catalog", str(CATALOG), "--index", str(real_folder), "serve", "--port", port, "--workers", workers]
            done = navsearch(*options)
        told = f"navsearch: 127.0.0.1:{port}: address already in use, expected an address of this machine and a free port\n"
        assert (done.returncode, done.stderr) == (2, told)


def _accepted(listening: socket.socket) -> int:
    count = 0
    with suppress(BlockingIOError):
        while True:
            listening.accept()[0].close()
            count += 1
    return count


class TestAsAProcess:
    """`navsearch serve` on loopback."""

    def test_it_answers_like_the_navigator(self, real_folder: Path, real: Navigator, tmp_path: Path) -> None:
        """The JSON of the Python API, by two processes whose counters are summed."""
        with serving(CATALOG, real_folder, tmp_path / "log", "--workers", "2") as service:
            found = [service.get(f"/ask?k=3&q={quote(LIVER)}") for _ in range(6)]
            counted = service.get("/metrics")[2]
        assert {status for status, _, _ in found} == {200}
        assert found[0][2] == json.loads(json.dumps(real.ask(LIVER, top_k=3).as_dict()))
        assert 'navsearch_requests_total{route="/ask",status="200"} 6.0' in counted

    def test_what_was_asked_before_the_end_is_answered(self, small_folder: Path, tmp_path: Path) -> None:
        """A service that is told to stop lets requests end."""
        with serving(SMALL, small_folder, tmp_path / "log") as service:
            found: list[int] = []
            asking = [threading.Thread(target=lambda n=n: found.append(service.get(f"/plan?q=liver+{n}")[0])) for n in range(8)]
            for thread in asking:
                thread.start()
            time.sleep(0.05)
            service.process.send_signal(signal.SIGTERM)
            for thread in asking:
                thread.join()
            assert service.process.wait(20) in (0, -signal.SIGTERM)
        assert found.count(200) >= 1
        assert set(found) <= {200}
