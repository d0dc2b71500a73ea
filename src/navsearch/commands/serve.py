"""navsearch serve."""

from __future__ import annotations

from typing import Annotated

import typer

from navsearch.commands.options import NoBuild
from navsearch.commands.places import navigator_of


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8765,
    *,
    no_build: NoBuild = False,
) -> None:
    """Serve /ask, /resources/ID, /similar/ID, /facets and /health over HTTP.

    Example:  navsearch serve --port 8765
    """
    import uvicorn

    from navsearch.server import app as service

    navigator = navigator_of(context.obj, build=not no_build)
    navigator.index_and_encoder()
    uvicorn.run(service(navigator), host=host, port=port, log_level="info")
