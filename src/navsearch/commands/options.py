"""What several commands take: how to print, how many, filters; and the folders that all share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import typer


class Format(StrEnum):
    """How an answer is printed."""

    text = "text"
    json = "json"
    jsonl = "jsonl"
    md = "md"
    csv = "csv"


TopK = Annotated[int, typer.Option("-k", "--top-k", min=1, help="Hits, losses and baselines at most.")]
Many = list[str] | None
Kind = Annotated[Many, typer.Option("--kind", help="Kind of resource (repeatable); overrides the question.")]
Ignore = Annotated[
    Many, typer.Option("--ignore", help="Read the question as if it did not say this, such as modality:CT (repeatable).")
]
Form = Annotated[Format, typer.Option("--format", "-f", help="How to print.")]
NoBuild = Annotated[bool, typer.Option("--no-build", help="Never build the index; exit with 3 if it is missing or stale.")]

# Filters by the name that Navigator knows them by, each with its option; all repeatable ones must hold.
FILTERS: dict[str, Any] = {
    "modality": Annotated[Many, typer.Option("--modality", help="Only this modality, such as CT (repeatable).")],
    "anatomy": Annotated[Many, typer.Option("--anatomy", help="Only this anatomy, such as liver.")],
    "task": Annotated[Many, typer.Option("--task", help="Only this task, such as segmentation.")],
    "condition": Annotated[Many, typer.Option("--condition", help="Only this condition, such as glioma.")],
    "dimension": Annotated[Many, typer.Option("--dim", help="Only this shape of sample: 2D, 3D, video, text, time series.")],
    "min_cases": Annotated[int | None, typer.Option("--min-cases", help="At least so many cases.")],
    "since": Annotated[str | None, typer.Option("--since", help="Released in this year or later.")],
    "until": Annotated[str | None, typer.Option("--until", help="Released in this year or earlier.")],
    "venue": Annotated[str | None, typer.Option("--venue", help='Presented there, such as "MICCAI 2022".')],
    "licence": Annotated[
        str | None, typer.Option("--licence", "--license", help='Licence known to hold this, such as "CC BY".')
    ],
    "max_cases": Annotated[int | None, typer.Option("--max-cases", help="At most so many cases.")],
    "only": Annotated[
        Many, typer.Option("--only", help="With this term of any facet, such as trait:longitudinal (repeatable).")
    ],
    "not_": Annotated[Many, typer.Option("--not", help="Without this term, such as modality:MRI (repeatable).")],
}


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """`command`, whose parameter `filters` is a mapping, with an option for each of FILTERS in its place."""

    def run(*args: Any, **given: Any) -> None:
        filters = {name: value for name in FILTERS if (value := given.pop(name)) not in (None, [])}
        command(*args, **given, filters=filters)

    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "filters"]
    options = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=a) for n, a in FILTERS.items()]
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in (*own, *options)}
    return run
