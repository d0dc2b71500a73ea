"""The errors that callers may want to tell apart. Imports nothing of ours.

    NavsearchError
    ├── UsageError           the question, filter or file that was given cannot be used
    │   └── UnknownResource  no resource has this id or name
    ├── CatalogError         the catalog has problems; carries all of them
    ├── IndexUnusable        the index is missing, stale, damaged or of another model
    └── ModelMissing         the sentence encoder cannot be loaded

Each class has the exit code of the command line; 0 means answered and 1 no good match.
"""

from __future__ import annotations

from collections.abc import Sequence

MEND = "run navsearch build"  # what mends an unusable index; shells put the user's folders in


class NavsearchError(Exception):
    """Something navsearch refuses to do, said in one line: where, what was found, what to do."""

    exit_code = 1


class UsageError(NavsearchError):
    """A question, filter, id or file that cannot be used."""

    exit_code = 2


class UnknownResource(UsageError):
    """No resource has the id or name that was asked for."""


class CatalogError(NavsearchError):
    """The catalog has problems; `problems` holds a line for each."""

    exit_code = 1

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        more = f" (and {len(self.problems) - 1} more: run navsearch check)" if len(self.problems) > 1 else ""
        super().__init__(f"{self.problems[0]}{more}")


class IndexUnusable(NavsearchError):
    """The index is missing, stale, damaged, or was made by another model or format."""

    exit_code = 3


class ModelMissing(NavsearchError):
    """The sentence encoder cannot be found or loaded."""

    exit_code = 4
