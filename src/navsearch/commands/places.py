"""The folders that a command works on, and the index there, opened or built."""

from __future__ import annotations

import shlex
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import typer

from navsearch.errors import MEND, CatalogError, IndexUnusable, NavsearchError
from navsearch.locations import DEFAULT_MODEL, check_apart, default_catalog, default_index

if TYPE_CHECKING:  # imported where it is used, as it is slow to import
    from navsearch.navigator import Navigator

_BETWEEN_LOOKS = 0.5  # seconds from one look at the catalog to the next


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
        from navsearch import manifest

        return manifest.stated(self.index, "encoder", "name") or DEFAULT_MODEL


def navigator_of(places: Places, *, build: bool) -> Navigator:
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


def build_index(catalog: Path, index: Path, model: str = DEFAULT_MODEL, *, full: bool = False) -> None:
    """Load, embed and write: what `navsearch build` and scripts/build_index.py both call."""
    from navsearch import building
    from navsearch import catalog as catalogs
    from navsearch import encoder as encoders
    from navsearch.commands.output import progress_bar
    from navsearch.manifest import stamps

    check_apart(catalog, index)
    known = stamps(index)
    loaded = catalogs.load(catalog, known.sha256)
    encoder, heavy = encoders.encoder_of(model, known.sha256)
    known.save()
    if heavy:
        typer.echo(f"navsearch: {model} cannot run without sentence-transformers, which takes long to start: {heavy}", err=True)
    with progress_bar(f"embedding {len(loaded.resources)} records with {model}", len(loaded.resources)) as progress:
        built = building.build(loaded, encoder, index, progress, full=full)
    engine = built.manifest["engine"]
    found = "" if engine["engine"] == "Flat" else f", {engine['engine']} finds {engine['recall_at_10']:.1%} of the nearest"
    typer.echo(f"{index}: {len(built)} records, catalog {loaded.fingerprint[:8]}{found}", err=True)


def watch_and_build(catalog: Path, index: Path, model: str, *, full: bool) -> None:
    """Build now and whenever the catalog changes, until interrupted; what is wrong with a catalog is said, and waited for to
    be mended."""
    seen = ""
    with suppress(KeyboardInterrupt):
        while True:
            if (now := _state(catalog, index)) != seen:
                try:
                    build_index(catalog, index, model, full=full)
                    full = False
                except CatalogError as error:
                    typer.echo("".join(f"{problem}\n" for problem in error.problems), err=True, nl=False)
                except (NavsearchError, OSError) as error:
                    typer.echo(f"navsearch: {error}", err=True)
                seen = now
            sleep(_BETWEEN_LOOKS)


def _state(catalog: Path, index: Path) -> str:
    """What changes whenever the catalog does, its schema included; also when it cannot be read."""
    from navsearch.fingerprint import fingerprint
    from navsearch.manifest import stamps

    known, schema = stamps(index), catalog / "schema.json"
    try:
        state = fingerprint(catalog, known.sha256) + (known.sha256(schema) if schema.is_file() else "")
    except (NavsearchError, OSError) as error:
        return str(error)
    known.save()
    return state
