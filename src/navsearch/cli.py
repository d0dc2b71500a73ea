"""The command line: one command a method, plus build, check, evaluate and serve. Data to stdout, all else to stderr."""

from __future__ import annotations

import inspect
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from navsearch import __version__, markdown, render
from navsearch.encoder import DEFAULT_MODEL, Progress, SentenceTransformerEncoder
from navsearch.errors import MEND, IndexUnusable, NavsearchError, UsageError
from navsearch.locations import check_apart, default_catalog, default_index

if TYPE_CHECKING:  # imported where they are used, as they are slow to import
    from navsearch.answer import Answer
    from navsearch.navigator import Navigator
    from navsearch.side_by_side import Comparison

app = typer.Typer(
    add_completion=True,
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Which public medical data, which loss, which baseline do I start from?\n\n"
    'Example: navsearch ask "small lesion segmentation in liver CT"\n\n'
    "Exit codes: 0 answered, 1 no good match or problems found, 2 usage, 3 index missing, stale or damaged, 4 model missing.",
)


class Format(StrEnum):
    """How an answer is printed."""

    text = "text"
    json = "json"
    jsonl = "jsonl"
    md = "md"
    csv = "csv"


@dataclass
class Places:
    """The folders that the global options name."""

    catalog: Path = field(default_factory=default_catalog)
    index: Path = field(default_factory=lambda: default_index(default_catalog()))

    def command(self, verb: str) -> str:
        """The command line that runs `verb` on the same folders, with the model that the index there was built with."""
        own = self.catalog != default_catalog() or self.index != default_index(self.catalog)
        folders = ["--catalog", str(self.catalog), "--index", str(self.index)] if own else []
        model = ["--model", self.model] if self.model != DEFAULT_MODEL else []
        return shlex.join(["navsearch", *folders, verb, *model])

    @property
    def model(self) -> str:
        """The model that the index was built with, whatever state it is in; the default if that cannot be told."""
        from navsearch import index as indexes

        return indexes.model_of(self.index) or DEFAULT_MODEL


_CATALOG = typer.Option(help="Folder of the catalog.", envvar="NAVSEARCH_CATALOG", show_default=False)
_INDEX = typer.Option(help="Folder of the index.", envvar="NAVSEARCH_INDEX", show_default=False)


@app.callback()
def main_options(
    context: typer.Context,
    catalog: Annotated[Path | None, _CATALOG] = None,
    index: Annotated[Path | None, _INDEX] = None,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Set what all commands share."""
    if version:
        typer.echo(f"navsearch {__version__}")
        raise typer.Exit
    places: Places = context.ensure_object(Places)
    places.catalog = catalog or places.catalog
    places.index = index or default_index(places.catalog)


TopK = Annotated[int, typer.Option("-k", "--top-k", min=1, help="Hits, losses and baselines at most.")]
Many = list[str] | None
Kind = Annotated[Many, typer.Option("--kind", help="Kind of resource (repeatable); overrides the question.")]
Form = Annotated[Format, typer.Option("--format", "-f", help="How to print.")]
NoBuild = Annotated[bool, typer.Option("--no-build", help="Never build the index; exit with 3 if it is missing or stale.")]

# Filters by the name that Navigator knows them by, each with its option; all repeatable ones must hold.
_FILTERS: dict[str, Any] = {
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


def _with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """`command`, whose parameter `filters` is a mapping, with an option for each of _FILTERS in its place."""

    def run(*args: Any, **given: Any) -> None:
        filters = {name: value for name in _FILTERS if (value := given.pop(name)) not in (None, [])}
        command(*args, **given, filters=filters)

    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "filters"]
    options = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=a) for n, a in _FILTERS.items()]
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in (*own, *options)}
    return run


@app.command()
@_with_filters
def ask(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="The question.", show_default=False)] = None,
    top_k: TopK = 10,
    kind: Kind = None,
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

    [bold]Examples[/bold]

    navsearch ask "small lesion segmentation in liver CT"

    navsearch ask "polyp detection" --since 2020 --min-cases 1000 -k 5

    navsearch ask "brain tumour" --not modality:CT --format json
    """
    if (text is None) == (from_file is None):
        raise UsageError("expected either a question or --from-file FILE")
    if from_file is not None and output not in (Format.text, Format.json, Format.jsonl):
        raise UsageError(f"--format {output.value} is for one question; --from-file prints jsonl")
    navigator = _navigator(context.obj, build=not no_build)
    navigator.check_filters(kind or (), filters)
    if from_file is not None:
        _answer_all(from_file, lambda question: navigator.ask(question, top_k=top_k, kinds=kind or (), **filters))
        return
    answer = navigator.ask(str(text), top_k=top_k, kinds=kind or (), **filters)
    _print_answer(answer, output, explain=explain)
    raise typer.Exit(1 if answer.match == "none" else 0)


@app.command()
@_with_filters
def plan(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="The problem.", show_default=False)],
    output: Annotated[Format, typer.Option("--format", "-f", help="md (the default), json or jsonl.")] = Format.md,
    *,
    no_build: NoBuild = False,
    filters: dict[str, Any],
) -> None:
    """Print a recipe to start from: data, loss with code, baseline with commands, metrics, pitfalls.

    [bold]Examples[/bold]

    navsearch plan "small lesion segmentation in liver CT"

    navsearch plan "polyp detection" --licence commercial > plan.md
    """
    if output is Format.csv:
        raise UsageError("--format csv is for ask; expected md, json or jsonl")
    made = _navigator(context.obj, build=not no_build).plan(text, **filters)
    if output in (Format.json, Format.jsonl):
        _write(_as(output)(made.as_dict()))
    else:
        _print_markdown(markdown.plan_markdown(made))
    raise typer.Exit(1 if made.match == "none" else 0)


@app.command()
def leaderboard(
    context: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="DATASET")],
    output: Form = Format.text,
    *,
    no_build: NoBuild = False,
) -> None:
    """Show the published figures on one data set, best first, a table for each source, metric and protocol.

    [bold]Example[/bold]  navsearch leaderboard LiTS
    """
    board = _navigator(context.obj, build=not no_build).leaderboard(identifier)
    if output is Format.text:
        _print(render.leaderboard_lines(board))
    else:
        _write(_as(output)(board.as_dict()))


@app.command()
def compare(
    context: typer.Context,
    identifiers: Annotated[list[str], typer.Argument(metavar="ID ID ...")],
    output: Form = Format.text,
    *,
    no_build: NoBuild = False,
) -> None:
    """Show resources side by side, what differs first.

    [bold]Example[/bold]  navsearch compare lits msd-hepatic-vessel
    """
    compared = _navigator(context.obj, build=not no_build).compare(identifiers)
    if output is Format.text:
        _print_comparison(compared)
    else:
        _write(_as(output)(compared.as_dict()))


@app.command()
def show(
    context: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="ID")],
    output: Form = Format.text,
    *,
    no_build: NoBuild = False,
) -> None:
    """Show everything the catalog states of one resource, by id or name.

    [bold]Example[/bold]  navsearch show lits
    """
    resource = _navigator(context.obj, build=not no_build).resource(identifier)
    if output is Format.text:
        _print(render.resource_lines(resource))
    else:
        _write(_as(output)(resource.as_dict()))


@app.command()
@_with_filters
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

    [bold]Examples[/bold]

    navsearch similar lits --since 2020

    navsearch similar lits --but modality=MRI
    """
    from navsearch.limits import changes

    navigator = _navigator(context.obj, build=not no_build)
    hits = navigator.similar(identifier, top_k=top_k, but=changes(but or ()), **filters)
    if output is Format.text:
        _print(render.hits_lines(hits))
    else:
        _write(_list_as(output, [h.as_dict() for h in hits]))


@app.command()
def facets(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One facet only.", show_default=False)] = None,
    output: Form = Format.text,
    *,
    no_build: NoBuild = False,
) -> None:
    """List the facets and terms to filter by, with how many resources carry each.

    [bold]Example[/bold]  navsearch facets modality
    """
    counts = _navigator(context.obj, build=not no_build).facets(name)
    if output is Format.text:
        _print(line for facet, terms in counts.items() for line in _facet_lines(facet, terms))
    else:
        _write(_as(output)(counts))


@app.command()
def build(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="The packaged default, a local folder, or a name on the hub.")] = DEFAULT_MODEL,
) -> None:
    """Build the index from the catalog; the old index serves until the new one is complete.

    [bold]Example[/bold]  navsearch build
    """
    build_index(context.obj.catalog, context.obj.index, model)


@app.command()
def check(context: typer.Context) -> None:
    """Check the whole catalog; print every problem as file:line. Exit code 1 if there is any.

    [bold]Example[/bold]  navsearch check
    """
    from navsearch import catalog

    found, problems = catalog.check(context.obj.catalog)
    _write("".join(f"{p}\n" for p in problems))
    plural = found.vocabulary.facets["kind"].terms
    counts = ", ".join(f"{n} {plural[k].more.get('plural', k)}" for k, n in found.counts.items())
    figures = sum(len(table["rows"]) for table in found.tables.results)
    said = f"{len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}"
    _write(f"{counts}; {figures} published figures; {len(found.tables.relations)} relations; {said}\n")
    raise typer.Exit(1 if problems else 0)


@app.command()
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

    [bold]Examples[/bold]

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

    printed = None if output is Format.text else _as(output)
    judged = measuring.read_judged(Path(str(file)))
    index, encoder = _navigator(context.obj, build=not no_build).index_and_encoder()
    with _progress("asking", len(judged)) as progress:
        report = measuring.evaluate(index, encoder, judged, progress)
    table = {}
    if ablate:
        with _progress("ablating", len(measuring.ABLATIONS)) as progress:
            table = measuring.ablate(index, encoder, judged, progress)
    if printed:
        _write(printed(report.as_dict() | ({"ablation": table} if ablate else {})))
        return
    _print(render.report_lines(report.as_dict()))
    if ablate:
        _print([render.Line(0, ""), *render.ablation_lines(table)])
    if misses:
        _print([render.Line(0, ""), *render.miss_lines(measuring.misses(index, encoder, judged, report, misses))])


def _compare(before: Path, after: Path) -> None:
    from navsearch import comparing

    first, second = comparing.read_report(before), comparing.read_report(after)
    _print(render.comparison_lines(comparing.differences(first, second), comparing.regressions(first, second), most=10))


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8765,
    *,
    no_build: NoBuild = False,
) -> None:
    """Serve /ask, /resources/ID, /similar/ID, /facets and /health over HTTP.

    [bold]Example[/bold]  navsearch serve --port 8765
    """
    import uvicorn

    from navsearch.server import app as service

    navigator = _navigator(context.obj, build=not no_build)
    navigator.index_and_encoder()
    uvicorn.run(service(navigator), host=host, port=port, log_level="info")


def main() -> None:
    """Run the command line; what goes wrong becomes one line on stderr and an exit code."""
    places = Places()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app(obj=places)
    except NavsearchError as error:
        _stop(str(error).replace(MEND, f"run {places.command('build')}"), error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        _stop(f"{error.filename or 'file'}: {error.strerror or error}", UsageError.exit_code)


def _stop(message: str, code: int) -> NoReturn:
    typer.echo(f"navsearch: {message}", err=True)
    sys.exit(code)


def build_index(catalog: Path, index: Path, model: str = DEFAULT_MODEL) -> None:
    """Load, embed and write: what `navsearch build` and scripts/build_index.py both call."""
    from navsearch import catalog as catalogs
    from navsearch import index as indexes

    check_apart(catalog, index)
    loaded = catalogs.load(catalog)
    encoder = SentenceTransformerEncoder(model)
    with _progress(f"embedding {len(loaded.resources)} records with {model}", len(loaded.resources)) as progress:
        built = indexes.build(loaded, encoder, index, progress)
    typer.echo(f"{index}: {len(built.resources)} records, catalog {loaded.fingerprint[:8]}", err=True)


def _navigator(places: Places, *, build: bool) -> Navigator:
    """Open the index; on a terminal build a missing or stale one first, elsewhere say which command does."""
    from navsearch.navigator import Navigator

    try:
        return Navigator(places.catalog, places.index)
    except IndexUnusable as error:
        if not (build and sys.stdout.isatty()):
            raise
        typer.echo(f"navsearch: {str(error).removesuffix(f': {MEND}')}; building it now", err=True)
        build_index(places.catalog, places.index, places.model)
        return Navigator(places.catalog, places.index)


def _answer_all(file: Path, answer: Callable[[str], Answer]) -> None:
    from navsearch.navigator import no_answer

    for question in _questions(file):
        try:
            found = answer(question).as_dict()
        except UsageError as error:
            found = no_answer(question, str(error)).as_dict()
        _write(render.as_jsonl(found))


def _questions(file: Path) -> Iterator[str]:
    from navsearch.reading import lines_of

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: found no readable text ({error}), expected one question a line") from None
    yield from lines_of(text)


def _list_as(output: Format, items: list[dict[str, Any]]) -> str:
    return "".join(map(render.as_jsonl, items)) if output is Format.jsonl else _as(output)(items)


def _as(output: Format) -> Callable[[Any], str]:
    if output in (Format.md, Format.csv):
        raise UsageError(f"--format {output.value} is for ask and plan; expected text, json or jsonl")
    return render.as_jsonl if output is Format.jsonl else render.as_json


def _print_answer(answer: Answer, output: Format, *, explain: bool) -> None:
    if output is Format.text:
        _print(render.lines(answer, shown=5, explain=explain))
    elif output is Format.md:
        _write(markdown.answer_markdown(answer))
    elif output is Format.csv:
        _write(render.as_csv(answer))
    else:
        _write(_as(output)(answer.as_dict()))


def _print_comparison(compared: Comparison) -> None:
    """A table on a terminal, blocks of lines elsewhere."""
    if not sys.stdout.isatty():
        _write(render.plain(render.side_by_side_lines(compared)))
        return
    head, *rows = render.comparison_table(compared)
    table = Table(*head, show_lines=False, expand=True)
    for row, stated in zip(rows, compared.rows, strict=True):
        table.add_row(*map(Text, row), style="" if stated.differs else "dim")
    Console(highlight=False).print(table)
    _print(render.Line(0, warning, "yellow", " ~  ") for warning in compared.warnings)


def _print_markdown(text: str) -> None:
    """Laid out on a terminal, as it is elsewhere."""
    if not sys.stdout.isatty():
        _write(text)
        return
    from rich.markdown import Markdown

    Console().print(Markdown(text))


def _facet_lines(facet: str, terms: dict[str, int]) -> Iterator[render.Line]:
    yield render.Line(0, facet, "bold")
    width = max(map(len, terms), default=0)
    yield from (render.Line(2, f"{term:<{width}}  {count:>4}") for term, count in terms.items())


def _print(lines: Iterable[render.Line]) -> None:
    """Styled and wrapped to the width of a terminal; elsewhere plain and uncut."""
    if not sys.stdout.isatty():
        _write(render.plain(lines))
        return
    console = Console(highlight=False)
    for line in lines:
        grid = Table.grid(expand=True)
        grid.add_column(width=line.indent + len(line.mark))
        grid.add_column(ratio=1, overflow="fold")
        grid.add_row(Text(" " * line.indent + line.mark, line.style), Text(line.text, line.style))
        console.print(grid if line.text else "")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@contextmanager
def _progress(title: str, total: int) -> Iterator[Progress]:
    """A progress bar on stderr, gone when done; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(title, total=total)
        yield lambda done: bars.advance(task, done)
