"""navsearch show."""

from __future__ import annotations

from typing import Annotated

import typer

from navsearch import render
from navsearch.commands.options import Form, Format, NoBuild
from navsearch.commands.output import formatter, print_lines, write
from navsearch.commands.places import navigator_of


def show(
    context: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="ID")],
    output: Form = Format.text,
    *,
    no_build: NoBuild = False,
) -> None:
    """Show everything the catalog states of one resource, by id or name.

    Example:  navsearch show lits
    """
    resource = navigator_of(context.obj, build=not no_build).resource(identifier)
    if output is Format.text:
        print_lines(render.resource_lines(resource))
    else:
        write(formatter(output)(resource.as_dict()))
