"""navsearch facets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from navsearch import render
from navsearch.commands.options import Form, Format, NoBuild
from navsearch.commands.output import print_either
from navsearch.commands.places import navigator_of


def facets(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One facet only.", show_default=False)] = None,
    output: Form = Format.text,
    *,
    no_build: NoBuild = False,
) -> None:
    """List the facets and terms to filter by, with how many resources carry each.

    Example:  navsearch facets modality
    """
    counts = navigator_of(context.obj, build=not no_build).facets(name)
    print_either(output, (line for facet, terms in counts.items() for line in _facet_lines(facet, terms)), counts)


def _facet_lines(facet: str, terms: dict[str, int]) -> Iterator[render.Line]:
    yield render.Line(0, facet, "bold")
    width = max(map(len, terms), default=0)
    yield from (render.Line(2, f"{term:<{width}}  {count:>4}") for term, count in terms.items())
