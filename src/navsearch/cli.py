"""The command line: what all commands share. A command is imported when it is run. Data to stdout, all else to stderr."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from navsearch import __version__
from navsearch.commands import COMMANDS
from navsearch.commands.places import Places
from navsearch.errors import MEND, NavsearchError, UsageError
from navsearch.locations import default_index

app = typer.Typer(
    add_completion=True,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: to lay it out takes longer than all else that it does
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Which public medical data, which loss, which baseline do I start from?\n\n"
    'Example: navsearch ask "small lesion segmentation in liver CT"\n\n'
    "Exit codes: 0 answered, 1 no good match or problems found, 2 usage, 3 index missing, stale or damaged, 4 model missing.",
)

_OBJECTS = 100_000  # made before the collector looks for garbage: nearly all that a command makes, it keeps

_CATALOG = typer.Option(help="Folder of the catalog.", envvar="NAVSEARCH_CATALOG", show_default=False)
_INDEX = typer.Option(help="Folder of the index.", envvar="NAVSEARCH_INDEX", show_default=False)


class _Later(TyperCommand):
    """A command that is known by name until it is run, completed or asked for help."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the command itself."""
        return _imported(str(self.name)).make_context(info_name, args, parent=parent, **extra)


def _imported(name: str) -> Any:
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name)(getattr(import_module(f"navsearch.commands.{name}"), name))
    return typer.main.get_command(single)


def _print_version(wanted: bool) -> None:  # noqa: FBT001
    if wanted:
        typer.echo(f"navsearch {__version__}")
        raise typer.Exit


@app.callback()
def main_options(
    context: typer.Context,
    catalog: Annotated[Path | None, _CATALOG] = None,
    index: Annotated[Path | None, _INDEX] = None,
    *,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Set what all commands share."""
    places: Places = context.ensure_object(Places)
    places.catalog = catalog or places.catalog
    places.index = index or default_index(places.catalog)


for _name, _summary in COMMANDS.items():
    app.command(_name, cls=_Later, help=_summary)(lambda: None)


def main() -> None:
    """Run the command line; what goes wrong becomes one line on stderr and an exit code."""
    places = Places()
    gc.set_threshold(_OBJECTS)
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


def run() -> NoReturn:
    """`main` in a process of its own, which ends when all is printed: to tidy up would take a fifth of an answer's time."""
    code: object = 0
    try:
        main()
    except SystemExit as stopped:
        code = stopped.code or 0
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # whoever read it has gone, or it is closed
            stream.flush()
    os._exit(code if isinstance(code, int) else 1)


def _stop(message: str, code: int) -> NoReturn:
    typer.echo(f"navsearch: {message}", err=True)
    sys.exit(code)
