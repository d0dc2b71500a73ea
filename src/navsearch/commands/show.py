"""navsearch show."""

from __future__ import annotations

from typing import Annotated

import typer

from navsearch import render
from navsearch.commands.options import Form, Format, NoBuild
from navsearch.commands.output import print_either
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
    print_either(output, render.resource_lines(resource), resource.as_dict())
