"""navsearch search."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from navsearch import render
from navsearch.commands.options import Form, Format, Ignore, Kind, NoBuild, TopK, with_filters
from navsearch.commands.output import print_either
from navsearch.commands.places import navigator_of


@with_filters
def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="The question.", show_default=False)],
    top_k: TopK = 20,
    offset: Annotated[int, typer.Option(min=0, help="Place of the first hit.")] = 0,
    kind: Kind = None,
    ignore: Ignore = None,
    output: Form = Format.text,
    *,
    no_build: NoBuild = False,
    filters: dict[str, Any],
) -> None:
    """Show the whole ranking for a question, by the page, with counts of terms to filter by.

    Examples:
    navsearch search "liver lesion segmentation in CT" --offset 20

    navsearch search "polyp detection" --since 2020 --format json
    """
    navigator = navigator_of(context.obj, build=not no_build)
    options: dict[str, Any] = {"top_k": top_k, "offset": offset, "kinds": kind or (), "ignore": ignore or ()}
    found = navigator.search(text, **options, **filters)
    print_either(output, render.search_lines(found), found.as_dict())
    raise typer.Exit(1 if found.match == "none" else 0)
