"""navsearch similar."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from navsearch import render
from navsearch.commands.options import Form, Format, Many, NoBuild, TopK, with_filters
from navsearch.commands.output import list_as, print_lines, write
from navsearch.commands.places import navigator_of


@with_filters
def similar(
    context: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="ID")],
    top_k: TopK = 10,
    output: Form = Format.text,
    but: Annotated[Many, typer.Option(help="Like it, but with this term, such as modality=MRI (repeatable).")] = None,
    *,
    no_build: NoBuild = False,
    filters: dict[str, Any],
) -> None:
    """List the resources of the same kind most like one.

    Examples:
    navsearch similar lits --since 2020

    navsearch similar lits --but modality=MRI
    """
    from navsearch.limits import changes

    navigator = navigator_of(context.obj, build=not no_build)
    hits = navigator.similar(identifier, top_k=top_k, but=changes(but or ()), **filters)
    if output is Format.text:
        print_lines(render.hits_lines(hits))
    else:
        write(list_as(output, [h.as_dict() for h in hits]))
