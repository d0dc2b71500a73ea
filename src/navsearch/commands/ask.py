"""navsearch ask."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from navsearch import render
from navsearch.commands.options import Form, Format, Ignore, Kind, NoBuild, TopK, with_filters
from navsearch.commands.output import print_answer, write
from navsearch.commands.places import navigator_of
from navsearch.errors import UsageError

if TYPE_CHECKING:
    from navsearch.answer import Answer


@with_filters
def ask(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="The question.", show_default=False)] = None,
    top_k: TopK = 10,
    kind: Kind = None,
    ignore: Ignore = None,
    from_file: Annotated[
        Path | None, typer.Option(help="One question a line (- for standard input); one answer a line.")
    ] = None,
    output: Form = Format.text,
    *,
    explain: Annotated[bool, typer.Option(help="Show how each score came about.")] = False,
    no_build: NoBuild = False,
    filters: dict[str, Any],
) -> None:
    """Answer a question: data, losses and baselines that fit, each with its reasons.

    Examples:
    navsearch ask "small lesion segmentation in liver CT"

    navsearch ask "polyp detection" --since 2020 --min-cases 1000 -k 5

    navsearch ask "brain tumour" --not modality:CT --format json

    navsearch ask "lung nodules in CT" --ignore modality:CT
    """
    if (text is None) == (from_file is None):
        raise UsageError("expected either a question or --from-file FILE")
    if from_file is not None and output not in (Format.text, Format.json, Format.jsonl):
        raise UsageError(f"--format {output.value} is for one question; --from-file prints jsonl")
    navigator = navigator_of(context.obj, build=not no_build)
    navigator.check_filters(kind or (), filters)
    asked: dict[str, Any] = {"top_k": top_k, "kinds": kind or (), "ignore": ignore or (), **filters}
    if from_file is not None:
        _answer_all(from_file, lambda question: navigator.ask(question, **asked))
        return
    answer = navigator.ask(str(text), **asked)
    print_answer(answer, output, explain=explain)
    raise typer.Exit(1 if answer.match == "none" else 0)


def _answer_all(file: Path, answer: Callable[[str], Answer]) -> None:
    from navsearch.navigator import no_answer

    for question in _questions(file):
        try:
            found = answer(question).as_dict()
        except UsageError as error:
            found = no_answer(question, str(error)).as_dict()
        write(render.as_jsonl(found))


def _questions(file: Path) -> Iterator[str]:
    from navsearch.reading import lines_of

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: found no readable text ({error}), expected one question a line") from None
    yield from lines_of(text)
