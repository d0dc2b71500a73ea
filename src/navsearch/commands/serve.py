"""navsearch serve."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from navsearch.commands.options import NoBuild
from navsearch.commands.places import navigator_of

Key = Annotated[str | None, typer.Option(envvar="NAVSEARCH_API_KEY", help="Key that requests must have.", show_default=False)]
Origins = Annotated[list[str] | None, typer.Option("--origin", help="Other site whose pages may ask (repeatable).")]


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8765,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer; one a core is best.")] = 1,
    api_key: Key = None,
    origin: Origins = None,
    queue: Annotated[int, typer.Option(min=1, help="Requests that may wait in a process; more are refused with 503.")] = 64,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds after which a request is refused with 503.")] = 10.0,
    cache: Annotated[int, typer.Option(min=0, help="MiB of answers that a process keeps.")] = 64,
    root_path: Annotated[str, typer.Option(help="Path under which a proxy serves it, such as /navsearch.")] = "",
    *,
    no_build: NoBuild = False,
) -> None:
    """Serve a page for people and answers over HTTP; take over a new index whenever one is built.

    Examples:
    navsearch serve

    navsearch serve --host 0.0.0.0 --workers 4 --api-key SECRET
    """
    from uvicorn import Config

    from navsearch.service.processes import run
    from navsearch.service.settings import Settings

    navigator_of(context.obj, build=not no_build).index_and_encoder()
    settings = Settings(
        context.obj.catalog,
        context.obj.index,
        api_key=api_key,
        origins=tuple(origin or ()),
        queue=queue,
        timeout=timeout,
        cache=cache * 2**20,
    )
    settings.hand_over()
    config = Config(
        "navsearch.service.app:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        root_path=root_path,
        access_log=False,
        log_config=_LOG,
        timeout_graceful_shutdown=_GRACE,
        timeout_keep_alive=_IDLE,
        server_header=False,
    )
    run(config)


_TO_STDERR = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
_LOG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "navsearch: %(message)s"}, "bare": {"format": "%(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain"},
        "lines": {"class": "logging.StreamHandler", "formatter": "bare"},
    },
    "loggers": {
        "uvicorn": _TO_STDERR | {"level": "WARNING"},
        "navsearch.service": _TO_STDERR,
        "navsearch.access": _TO_STDERR | {"handlers": ["lines"]},
    },
}
_GRACE = 10  # seconds that requests have to end once the service is told to stop
_IDLE = 75  # seconds that an idle connection stays open: longer than proxies keep theirs, so that they find none closed
