"""An Answer as HTML, for notebooks."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol


class Item(Protocol):
    """What a table has a row for."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def url(self) -> str | None:
        """Where it links to."""

    @property
    def score(self) -> float:
        """How well it fits, 0..1."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why."""


def as_html(text: str, match: str, tables: Mapping[str, Sequence[Item]], notes: Iterable[str]) -> str:
    """The question and how well it is answered, a table for each title that has items, then the notes."""
    parts = [f"<p><b>{html.escape(text)}</b> — match: {match}</p>"]
    parts += [_table(title, items) for title, items in tables.items() if items]
    parts += [f"<p>{html.escape(note)}</p>" for note in notes]
    return "".join(parts)


def _table(title: str, items: Iterable[Item]) -> str:
    rows = "".join(
        f"<tr><td>{i.score:.2f}</td><td>{_linked(i.name, i.url)}</td><td>{html.escape('; '.join(i.reasons))}</td></tr>"
        for i in items
    )
    return f"<h4>{title}</h4><table><tr><th>score</th><th>name</th><th>why</th></tr>{rows}</table>"


def _linked(name: str, url: str | None) -> str:
    return f'<a href="{html.escape(url)}">{html.escape(name)}</a>' if url else html.escape(name)
