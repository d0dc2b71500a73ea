"""`navsearch serve` as a process of its own on loopback, for tests."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

_PATIENCE = 60  # seconds until a service must answer


class Service(NamedTuple):
    """A running service: its port, its process, and the file with what it says on stderr."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers with small names, and the JSON or text of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        connection.request("GET", path, headers=headers)
        reply = connection.getresponse()
        text, found = reply.read().decode(), {name.lower(): value for name, value in reply.getheaders()}
        connection.close()
        return reply.status, found, json.loads(text) if "json" in found.get("content-type", "") else text


@contextmanager
def serving(
    catalog: Path | None, index: Path | None, log: Path, *options: str, command: Sequence[str] = ()
) -> Iterator[Service]:
    """The service over an index that is there, from when it answers until it is stopped; started by `command` if it is given."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    usual = [str(Path(sys.executable).parent / "navsearch"), "--catalog", str(catalog), "--index", str(index), "serve"]
    started = [*(command or usual), "--port", str(port), *options]
    with log.open("wb") as said, subprocess.Popen(started, stderr=said) as process:
        service = Service(port, process, log)
        try:
            _wait_for(service)
            yield service
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _wait_for(service: Service) -> None:
    until = time.monotonic() + _PATIENCE
    while service.process.poll() is None and time.monotonic() < until:
        try:
            if service.get("/ready")[0] == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the service does not answer: {service.log.read_text(encoding='utf-8')}")
