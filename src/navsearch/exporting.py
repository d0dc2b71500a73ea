"""Answers and records as files to take along."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from navsearch.answer import Answer
from navsearch.bibliography import as_bibtex
from navsearch.errors import UsageError
from navsearch.markdown import answer_markdown, records_markdown
from navsearch.render import as_csv, as_json, records_csv
from navsearch.resource import Resource

Records = Sequence[Resource]


class Form(NamedTuple):
    """A form of file: its media type, the end of its name, and what makes its text of records and of an answer (with the
    records of its hits)."""

    media_type: str
    suffix: str
    of_records: Callable[[Records], str]
    of_answer: Callable[[Answer, Records], str]


FORMS: Mapping[str, Form] = {
    "bibtex": Form("application/x-bibtex", "bib", as_bibtex, lambda _, records: as_bibtex(records)),
    "csv": Form("text/csv", "csv", records_csv, lambda answer, _: as_csv(answer)),
    "json": Form(
        "application/json",
        "json",
        lambda records: as_json([record.as_dict() for record in records]),
        lambda answer, _: as_json(answer.as_dict()),
    ),
    "md": Form("text/markdown", "md", records_markdown, lambda answer, _: answer_markdown(answer)),
}


def form_of(name: str) -> Form:
    """The form called `name`. Raises UsageError if there is none."""
    if name not in FORMS:
        raise UsageError(f"format: found {name!r}, expected one of {', '.join(FORMS)}")
    return FORMS[name]
