"""The tools by the Model Context Protocol: on standard input and output, or over HTTP."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

import anyio
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as Listed

from navsearch import __version__
from navsearch.agents.tools import INSTRUCTIONS, Tool, tools_of
from navsearch.errors import NavsearchError, UsageError
from navsearch.navigator import Navigator

_HINTS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
Context = ServerRequestContext[Any]


def server_of(navigator: Navigator) -> Server[Any]:
    """The tools over `navigator`. What navsearch refuses to do is a result marked as an error, in the same sentence as
    everywhere, which an agent can read and mend."""
    tools = {tool.name: tool for tool in tools_of(navigator)}
    listed = [Listed(name=t.name, description=t.description, input_schema=t.schema, annotations=_HINTS) for t in tools.values()]

    async def list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=listed)

    async def call_tool(_: Context, call: CallToolRequestParams) -> CallToolResult:
        return await anyio.to_thread.run_sync(_result, tools, call.name, call.arguments or {})

    return Server("navsearch", version=__version__, instructions=INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool)


def _result(tools: Mapping[str, Tool], name: str, arguments: Mapping[str, Any]) -> CallToolResult:
    try:
        if name not in tools:
            raise UsageError(f"tool {name!r} is not known; tools: {', '.join(tools)}")
        text, refused = tools[name](arguments), False
    except NavsearchError as error:
        text, refused = str(error), True
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=refused)


def serve_on_stdio(server: Server[Any]) -> None:
    """Serve whoever started this process, until its input ends; whatever else would be printed goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # else Ctrl-C would wait for the thread that waits for input
    anyio.run(_serve_on_stdio, server)


async def _serve_on_stdio(server: Server[Any]) -> None:
    async with stdio_server() as (received, sent):
        await server.run(received, sent, server.create_initialization_options())


def serve_over_http(server: Server[Any], host: str, port: int) -> None:
    """Serve at /mcp (streamable HTTP), each request by itself, until interrupted."""
    import uvicorn

    service = server.streamable_http_app(host=host, stateless_http=True, json_response=True)
    uvicorn.run(service, host=host, port=port, access_log=False)
