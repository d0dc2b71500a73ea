"""navsearch compare."""

from __future__ import annotations

from typing import Annotated

import typer

from navsearch.commands.options import Form, Format, NoBuild
from navsearch.commands.output import formatter, print_comparison, write
from navsearch.commands.places import navigator_of


def compare(
    context: typer.Context,
    identifiers: Annotated[list[str], typer.Argument(metavar="ID ID ...")],
    output: Form = Format.text,
    *,
    no_build: NoBuild = False,
) -> None:
    """Show resources side by side, what differs first.

    Example:  navsearch compare lits msd-hepatic-vessel
    """
    compared = navigator_of(context.obj, build=not no_build).compare(identifiers)
    if output is Format.text:
        print_comparison(compared)
    else:
        write(formatter(output)(compared.as_dict()))
