"""What every request passes: it gets a name, must have the key, keeps within limits, and is counted and logged.

The log has a line of JSON a request, on the logger navsearch.access. It tells the route, not the question.
"""

from __future__ import annotations

import hmac
import json
import logging
import re
import time
import uuid
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from navsearch.service import metrics
from navsearch.service.problems import problem
from navsearch.service.settings import Settings

_LOG = logging.getLogger("navsearch.access")
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
_OPEN = ("/health", "/ready")  # what needs no key, beside the page
_PAGE = ("/static/",)
# Nothing from elsewhere, nothing inline, in no other page's frame, and no text that becomes markup.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Gate:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or turn it away."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passing = _Passing(scope, send)
        try:
            await (self._refusal(scope, passing.name) or self._app)(scope, receive, passing.send)
        finally:
            passing.end()

    def _refusal(self, scope: Scope, name: str) -> ASGIApp | None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdigit() or int(length) > self._settings.body:
            return problem(413, f"found a body of unknown length or more than {self._settings.body} bytes, expected none", name)
        if self._settings.api_key and not self._is_open(scope) and not self._has_key(headers):
            refused = problem(401, "expected the key of this service in the header Authorization: Bearer KEY", name)
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        return None

    def _is_open(self, scope: Scope) -> bool:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return path == "/" or path in _OPEN or path.startswith(_PAGE)

    def _has_key(self, headers: Headers) -> bool:
        given = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), str(self._settings.api_key).encode())


class _Passing:
    """One request on its way: its name, and what is told of it at its end."""

    def __init__(self, scope: MutableMapping[str, Any], send: Send) -> None:
        given = Headers(scope=scope).get("x-request-id", "")
        self.name = given if _NAME.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = self.name
        self._scope, self._send = scope, send
        self._started = time.perf_counter()
        self._status, self._bytes = 500, 0

    async def send(self, message: Message) -> None:
        """Send on, with the headers that all have."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.update({**HEADERS, "X-Request-ID": self.name})
        self._bytes += len(message.get("body", b""))
        await self._send(message)

    def end(self) -> None:
        """Count and log it."""
        route, seconds = self._route(), time.perf_counter() - self._started
        metrics.REQUESTS.labels(route, self._status).inc()
        metrics.LATENCY.labels(route).observe(seconds)
        line = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "id": self.name, "method": self._scope["method"]}
        line |= {"route": route, "status": self._status, "ms": round(1e3 * seconds, 1), "bytes": self._bytes}
        _LOG.info(json.dumps(line))

    def _route(self) -> str:
        """The path with names of parameters for their values; all that lead nowhere are one, as are all files."""
        route = self._scope.get("route")
        return str(getattr(route, "path", None) or "elsewhere")
