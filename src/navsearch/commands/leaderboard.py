"""navsearch leaderboard."""

from __future__ import annotations

from typing import Annotated

import typer

from navsearch import render
from navsearch.commands.options import Form, Format, NoBuild
from navsearch.commands.output import print_either
from navsearch.commands.places import navigator_of


def leaderboard(
    context: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="DATASET")],
    output: Form = Format.text,
    *,
    no_build: NoBuild = False,
) -> None:
    """Show the published figures on one data set, best first, a table for each source, metric and protocol.

    Example:  navsearch leaderboard LiTS
    """
    board = navigator_of(context.obj, build=not no_build).leaderboard(identifier)
    print_either(output, render.leaderboard_lines(board), board.as_dict())
