"""The service as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from navsearch import __version__
from navsearch.errors import NavsearchError
from navsearch.service import metrics, routes, schemas
from navsearch.service.gate import Gate
from navsearch.service.live import Live
from navsearch.service.problems import Refused, misread, problem, status_of
from navsearch.service.settings import Settings
from navsearch.service.work import Work

_WEB = Path(str(files("navsearch"))) / "web"


def create_app(settings: Settings) -> ASGIApp:
    """The service. Raises NavsearchError if there is no index to begin with."""
    live = Live(settings)
    work = Work(live, settings)
    app = FastAPI(
        title="navsearch",
        version=__version__,
        description="Which public medical data, which loss, which baseline to start from.",
        lifespan=_lifespan(live, work),
        docs_url=None,  # their pages come from elsewhere
        redoc_url=None,
    )
    routes.add(app, work, live.now.navigator)
    _states(app, live)
    _page(app)
    _refusals(app)
    gate = Gate(app, settings)
    if not settings.origins:
        return gate
    return CORSMiddleware(gate, allow_origins=settings.origins, allow_headers=["*"], expose_headers=["*"])


def from_environment() -> ASGIApp:
    """The service with the settings that the process which started this one left."""
    return create_app(Settings.handed_over())


def _lifespan(live: Live, work: Work) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(live.watch())
        yield
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        work.close()

    return running


def _states(app: FastAPI, live: Live) -> None:
    @app.get("/health", response_model=schemas.Alive)
    async def health() -> dict[str, str]:
        """Whether the service runs."""
        return {"status": "ok"}

    @app.get("/ready", response_model=schemas.Ready)
    async def ready() -> dict[str, Any]:
        """Which index and model answer, and why a newer index does not, if there is one."""
        now = live.now
        model = {key: now.navigator.manifest["encoder"][key] for key in ("name", "fingerprint", "light")}
        return {"ready": True, "version": __version__, "index": now.as_dict(), "model": model, "failed": live.failed}

    @app.get("/metrics", response_class=Response)
    async def measured() -> Response:
        """Counters in Prometheus' text form."""
        return Response(metrics.text(live.now.built), media_type="text/plain; version=0.0.4; charset=utf-8")


def _page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(_WEB / "index.html", headers={"Cache-Control": "no-cache"})

    app.mount("/static", _Files(directory=_WEB), name="static")


class _Files(StaticFiles):
    """The files of the page, asked for again each time, so that old and new ones are never mixed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or that it has not changed."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _refusals(app: FastAPI) -> None:
    def name(request: Request) -> str:
        return str(request.state.request_id)

    @app.exception_handler(NavsearchError)
    async def cannot(request: Request, error: Exception) -> Response:
        return problem(status_of(error), str(error), name(request))  # type: ignore[arg-type]

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Exception) -> Response:
        return problem(error.status, str(error), name(request), error.retry_after)  # type: ignore[attr-defined]

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: Exception) -> Response:
        return problem(400, misread(error.errors()), name(request))  # type: ignore[attr-defined]

    @app.exception_handler(HTTPException)
    async def elsewhere(request: Request, error: Exception) -> Response:
        made = problem(error.status_code, f"{request.method} {request.url.path}: {error.detail}", name(request))  # type: ignore[attr-defined]
        made.headers.update(error.headers or {})  # type: ignore[attr-defined]
        return made

    @app.exception_handler(Exception)
    async def broken(request: Request, _: Exception) -> Response:
        return problem(500, "the service has an error of its own, which its log tells", name(request))
