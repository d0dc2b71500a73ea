"""Print answers, lines and tables: styled on a terminal, plain elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from navsearch import render
from navsearch.commands.options import Format
from navsearch.errors import UsageError

if TYPE_CHECKING:
    from navsearch.answer import Answer
    from navsearch.side_by_side import Comparison


def list_as(output: Format, items: list[dict[str, Any]]) -> str:
    """Several items as `output` says: one a line, or a list."""
    return "".join(map(render.as_jsonl, items)) if output is Format.jsonl else formatter(output)(items)


def formatter(output: Format) -> Callable[[Any], str]:
    """What makes a text of JSON values. Raises UsageError for forms that only answers have."""
    if output in (Format.md, Format.csv):
        raise UsageError(f"--format {output.value} is for ask and plan; expected text, json or jsonl")
    return render.as_jsonl if output is Format.jsonl else render.as_json


def print_either(output: Format, lines: Iterable[render.Line], values: Any) -> None:
    """Print `lines` for people, or the JSON values that they were made of, as `output` says."""
    if output is Format.text:
        print_lines(lines)
    else:
        write(formatter(output)(values))


def print_answer(answer: Answer, output: Format, *, explain: bool) -> None:
    """Print an answer as `output` says."""
    if output is Format.text:
        print_lines(render.lines(answer, shown=5, explain=explain))
    elif output is Format.md:
        from navsearch import markdown

        write(markdown.answer_markdown(answer))
    elif output is Format.csv:
        write(render.as_csv(answer))
    else:
        write(formatter(output)(answer.as_dict()))


def print_comparison(compared: Comparison) -> None:
    """A table on a terminal, blocks of lines elsewhere."""
    if not sys.stdout.isatty():
        write(render.plain(render.side_by_side_lines(compared)))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    head, *rows = render.comparison_table(compared)
    table = Table(*head, show_lines=False, expand=True)
    for row, stated in zip(rows, compared.rows, strict=True):
        table.add_row(*map(Text, row), style="" if stated.differs else "dim")
    Console(highlight=False).print(table)
    print_lines(render.Line(0, warning, "yellow", " ~  ") for warning in compared.warnings)


def print_markdown(text: str) -> None:
    """Laid out on a terminal, as it is elsewhere."""
    if not sys.stdout.isatty():
        write(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))


def print_lines(lines: Iterable[render.Line]) -> None:
    """Styled and wrapped to the width of a terminal; elsewhere plain and uncut."""
    if not sys.stdout.isatty():
        write(render.plain(lines))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        grid = Table.grid(expand=True)
        grid.add_column(width=line.indent + len(line.mark))
        grid.add_column(ratio=1, overflow="fold")
        grid.add_row(Text(" " * line.indent + line.mark, line.style), Text(line.text, line.style))
        console.print(grid if line.text else "")


def write(text: str) -> None:
    """Print `text` as it is, at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


@contextmanager
def progress_bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr, gone when done; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(title, total=total)
        yield lambda done: bars.advance(task, done)
