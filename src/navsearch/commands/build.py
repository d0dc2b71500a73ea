"""navsearch build."""

from __future__ import annotations

from typing import Annotated

import typer

from navsearch.commands.places import build_index, watch_and_build
from navsearch.locations import DEFAULT_MODEL


def build(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="The packaged default, a local folder, or a name on the hub.")] = DEFAULT_MODEL,
    *,
    full: Annotated[bool, typer.Option("--full", help="Embed every record anew.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Build again whenever the catalog changes, until stopped.")] = False,
) -> None:
    """Build the index from the catalog; the old index serves until the new one is complete.

    Only records whose text changed are embedded; what an interrupted build embedded is not lost.

    Examples:

    navsearch build

    navsearch build --watch
    """
    places = context.obj
    if watch:
        watch_and_build(places.catalog, places.index, model, full=full)
    else:
        build_index(places.catalog, places.index, model, full=full)
