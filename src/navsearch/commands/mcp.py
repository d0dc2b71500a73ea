"""navsearch mcp."""

from __future__ import annotations

from typing import Annotated

import typer

from navsearch.commands.options import NoBuild
from navsearch.commands.places import navigator_of


def mcp(
    context: typer.Context,
    *,
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP, at /mcp, not on standard input and output.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on; whoever reaches it may ask.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8766,
    no_build: NoBuild = False,
) -> None:
    """Offer ask, search, show and plan to agents, as tools of the Model Context Protocol.

    Examples:
    navsearch mcp

    navsearch mcp --http --port 8766
    """
    from navsearch.agents.server import serve_on_stdio, serve_over_http, server_of

    navigator = navigator_of(context.obj, build=not no_build)
    navigator.index_and_encoder()
    server = server_of(navigator)
    if http:
        serve_over_http(server, host, port)
    else:
        serve_on_stdio(server)
