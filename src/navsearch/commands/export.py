"""navsearch export."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from navsearch.commands.options import NoBuild, with_filters
from navsearch.commands.output import write
from navsearch.commands.places import navigator_of


@with_filters
def export(
    context: typer.Context,
    identifiers: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids or names; all by default.")] = None,
    form: Annotated[str, typer.Option("--format", "-f", help="bibtex, csv, json or md.")] = "bibtex",
    *,
    no_build: NoBuild = False,
    filters: dict[str, Any],
) -> None:
    """Print resources as BibTeX, CSV, JSON or Markdown: those named, or all that satisfy the filters.

    Examples:
    navsearch export lits kits19 > data.bib

    navsearch export --modality CT --task segmentation --format csv > ct.csv
    """
    from navsearch.exporting import form_of

    made = form_of(form)
    navigator = navigator_of(context.obj, build=not no_build)
    records = [navigator.resource(one) for one in identifiers or ()] or _all(navigator, filters)
    write(made.of_records(records))


def _all(navigator: Any, filters: dict[str, Any]) -> Any:
    return navigator.resources(top_k=sum(navigator.counts.values()), **filters).resources
