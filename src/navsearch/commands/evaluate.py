"""navsearch evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from navsearch import render
from navsearch.commands.options import Form, Format, NoBuild
from navsearch.commands.output import formatter, print_lines, progress_bar, write
from navsearch.commands.places import navigator_of
from navsearch.errors import UsageError


def evaluate(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Judged queries, one JSON object a line.", show_default=False)] = None,
    output: Form = Format.text,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Two reports of evaluate --format json: how the second differs.")
    ] = None,
    misses: Annotated[int, typer.Option(help="Show so many of the worst rankings, with what stands there instead.")] = 0,
    *,
    ablate: Annotated[bool, typer.Option(help="Compare rankings by one signal, without one, and by all.")] = False,
    no_build: NoBuild = False,
) -> None:
    """Measure the answers to judged queries: nDCG@10, recall@10, MRR, losses and verdicts.

    Examples:
    navsearch evaluate evaluation/dev.jsonl --ablate

    navsearch evaluate evaluation/dev.jsonl --misses 10

    navsearch evaluate --compare before.json after.json
    """
    if (file is None) == (compare is None):
        raise UsageError("expected either a file of judged queries or --compare with two reports")
    if compare:
        _compare(*compare)
        return
    from navsearch import evaluate as measuring

    printed = None if output is Format.text else formatter(output)
    judged = measuring.read_judged(Path(str(file)))
    index, encoder = navigator_of(context.obj, build=not no_build).index_and_encoder()
    with progress_bar("asking", len(judged)) as progress:
        report = measuring.evaluate(index, encoder, judged, progress)
    table = {}
    if ablate:
        with progress_bar("ablating", len(measuring.ABLATIONS)) as progress:
            table = measuring.ablate(index, encoder, judged, progress)
    if printed:
        write(printed(report.as_dict() | ({"ablation": table} if ablate else {})))
        return
    print_lines(render.report_lines(report.as_dict()))
    if ablate:
        print_lines([render.Line(0, ""), *render.ablation_lines(table)])
    if misses:
        print_lines([render.Line(0, ""), *render.miss_lines(measuring.misses(index, encoder, judged, report, misses))])


def _compare(before: Path, after: Path) -> None:
    from navsearch import comparing

    first, second = comparing.read_report(before), comparing.read_report(after)
    print_lines(render.comparison_lines(comparing.differences(first, second), comparing.regressions(first, second), most=10))
