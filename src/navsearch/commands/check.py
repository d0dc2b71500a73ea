"""navsearch check."""

from __future__ import annotations

import typer

from navsearch.commands.output import write


def check(context: typer.Context) -> None:
    """Check the whole catalog; print every problem as file:line. Exit code 1 if there is any.

    Example:  navsearch check
    """
    from navsearch import catalog

    found, problems = catalog.check(context.obj.catalog)
    write("".join(f"{p}\n" for p in problems))
    kinds = {kind: found.vocabulary.term("kind", kind) for kind in found.counts}
    counts = ", ".join(f"{n} {(term.more if (term := kinds[k]) else {}).get('plural', k)}" for k, n in found.counts.items())
    figures = sum(len(table["rows"]) for table in found.tables.results)
    said = f"{len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}"
    write(f"{counts}; {figures} published figures; {len(found.tables.relations)} relations; {said}\n")
    raise typer.Exit(1 if problems else 0)
