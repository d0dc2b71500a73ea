"""Answers: from the cache, made, or a refusal while too many wait for theirs."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from navsearch import __version__
from navsearch.navigator import Navigator
from navsearch.service import metrics
from navsearch.service.jobs import Jobs
from navsearch.service.live import Body, Generation, Live
from navsearch.service.problems import Refused
from navsearch.service.settings import Settings

Job = Callable[[Navigator], Any]
_HURRY = 0.1  # share of a new time in the mean of how long an answer takes


class Work:
    """Does jobs for requests, each on one generation from its beginning to its end."""

    def __init__(self, live: Live, settings: Settings) -> None:
        self._live, self._settings = live, settings
        self._jobs = Jobs()
        self._waiting = 0
        self._usual = 0.05  # seconds that an answer takes, a moving mean

    async def __call__(self, request: Request, job: Job) -> Response:
        """What `job` makes of the Navigator, as JSON; not at all if the caller has it already. Raises Refused."""
        generation = self._live.now
        headers = {
            "ETag": f'"{__version__}-{generation.fingerprint}"',
            "Cache-Control": "no-cache",
            "X-Navsearch-Index": generation.fingerprint,
        }
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = await self._body(generation, f"{request.url.path}?{request.url.query}", job)
        if body.name:
            headers["Content-Disposition"] = f'attachment; filename="{body.name}"'
        return Response(body.content, headers=headers, media_type=body.media_type)

    def close(self) -> None:
        """Finish what was begun."""
        self._jobs.close()

    async def _body(self, generation: Generation, place: str, job: Job) -> Body:
        """From the cache; else made once for all who ask for it meanwhile."""
        known = generation.answers.get(place)
        metrics.CACHE.labels("miss" if known is None else "hit").inc()
        if known is not None:
            return known
        making = generation.making.get(place)
        if making is None:
            making = asyncio.ensure_future(self._made(lambda: _as_body(job(generation.navigator))))
            generation.making[place] = making
            making.add_done_callback(lambda done: _keep(generation, place, done))
        return await asyncio.shield(making)

    async def _made(self, make: Callable[[], Body]) -> Body:
        if self._waiting > self._settings.queue:
            raise self._refusal("busy", f"{self._waiting} requests are waiting already")
        self._waiting += 1
        metrics.WAITING.inc()
        begun, before = time.monotonic(), self._waiting
        try:
            made: Body = await asyncio.wait_for(asyncio.wrap_future(self._jobs.submit(make)), self._settings.timeout)
        except TimeoutError:
            raise self._refusal("late", f"no answer within {self._settings.timeout:g} s") from None
        finally:
            self._waiting -= 1
            metrics.WAITING.dec()
        metrics.MADE.inc()
        self._usual += _HURRY * ((time.monotonic() - begun) / before - self._usual)
        return made

    def _refusal(self, why: str, detail: str) -> Refused:
        metrics.REFUSED.labels(why).inc()
        seconds = max(1, math.ceil(self._waiting * self._usual))
        return Refused(503, f"{detail}: come again in {seconds} s", seconds)


def _as_body(value: Any) -> Body:
    return value if isinstance(value, Body) else Body(orjson.dumps(value), "application/json")


def _keep(generation: Generation, place: str, done: asyncio.Future[Body]) -> None:
    """Keep an answer that was made, if it was and fits."""
    del generation.making[place]
    if not done.cancelled() and not done.exception() and len(done.result().content) <= generation.answers.maxsize:
        generation.answers[place] = done.result()
