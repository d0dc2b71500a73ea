"""navsearch plan."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from navsearch import markdown
from navsearch.commands.options import Format, Ignore, NoBuild, with_filters
from navsearch.commands.output import formatter, print_markdown, write
from navsearch.commands.places import navigator_of
from navsearch.errors import UsageError


@with_filters
def plan(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="The problem.", show_default=False)],
    output: Annotated[Format, typer.Option("--format", "-f", help="md (the default), json or jsonl.")] = Format.md,
    ignore: Ignore = None,
    *,
    no_build: NoBuild = False,
    filters: dict[str, Any],
) -> None:
    """Print a recipe to start from: data, loss with code, baseline with commands, metrics, pitfalls.

    Examples:
    navsearch plan "small lesion segmentation in liver CT"

    navsearch plan "polyp detection" --licence commercial > plan.md
    """
    if output is Format.csv:
        raise UsageError("--format csv is for ask; expected md, json or jsonl")
    made = navigator_of(context.obj, build=not no_build).plan(text, ignore=ignore or (), **filters)
    if output in (Format.json, Format.jsonl):
        write(formatter(output)(made.as_dict()))
    else:
        print_markdown(markdown.plan_markdown(made))
    raise typer.Exit(1 if made.match == "none" else 0)
