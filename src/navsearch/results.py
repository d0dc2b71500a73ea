"""Published figures. Those of one source, dataset, metric and protocol stand in a table and are compared only there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np

from navsearch.index import Index
from navsearch.vectors import Rows

# The last of a table proves half as much as the first.
LAST = 0.5
_ALONE = 0.5  # the place of one that is compared with none
# A figure is called old if it was published so many years before the newest of the catalog.
_OLD = 5


class Result(NamedTuple):
    """One published figure: its table and row, how far its table can be trusted and its place there (1 first, 0 last)."""

    table: Mapping[str, Any]
    row: Mapping[str, Any]
    grade: float
    place: float

    @property
    def strength(self) -> float:
        """How much it proves, 0..1."""
        return self.grade * (LAST + (1 - LAST) * self.place)

    @property
    def published(self) -> int | None:
        """The year of publication, None if unknown."""
        return self.table.get("published")


class Results:
    """The published figures of an index, by resource and by data set."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._serves = cache(self._tasks_of)

    def of(self, resource: str) -> tuple[Result, ...]:
        """The best figure of `resource` in each table; without rows that are only there for reference or that stand for
        something else."""
        return self._best.get(resource, ())

    def on(self, resource: str, datasets: Mapping[str, Any]) -> list[Result]:
        """Those of `of` that were measured on any of `datasets`, in the order of the tables."""
        measured = self._by_set.get(resource, {})
        if measured.keys().isdisjoint(datasets):
            return []
        return [result for _, result in sorted(both for name in measured.keys() & datasets.keys() for both in measured[name])]

    def compares(self, table: Mapping[str, Any], tasks: Collection[str]) -> bool:
        """Whether the metric of `table` compares what is made for one of `tasks`; True if nothing is known of the metric."""
        serves = self._serves(table["metric"])
        return not serves or not serves.isdisjoint(tasks)

    def _tasks_of(self, metric: str) -> frozenset[str]:
        """The tasks that a metric, as tables write it, serves."""
        row = self._index.written.get(metric)
        return frozenset(self._index.terms[row].get("task", ()) if row is not None else ())

    def stated(self, result: Result) -> dict[str, Any]:
        """A figure as an Answer states it; what the source does not say is left out."""
        table, row = result.table, result.row
        said = {
            "value": row["value"],
            "metric": table["metric"],
            "dataset": table["dataset"],
            "setting": setting(table, row),
            "protocol": table.get("protocol"),
            "evidence": grade_name(table, row) or None,
            "published": result.published,
            "source": source(table, row),
        }
        return {k: v for k, v in said.items() if v is not None}

    def doubts(self, result: Result) -> Iterator[str]:
        """Why the figure should be read with care: it is contested, or old beside the newest of the catalog."""
        for contested in (result.row.get("contested"), result.table.get("contested")):
            if contested:
                yield f"contested: {contested}"
        if result.published and self._newest - result.published >= _OLD:
            yield f"the figure on {result.table['dataset']} is of {result.published}"

    def about_set(self, identifier: str) -> list[Mapping[str, Any]]:
        """Every table about a data set: the strongest grade of evidence first, then the newest, the longest."""
        return sorted((t for t in self._index.tables.results if t.get("about") == identifier), key=self._rank)

    def measured(self, identifier: str, tasks: Collection[str] | None = None) -> int:
        """How many figures were published on the data set, by metrics for `tasks` if these are given."""
        return sum(len(t["rows"]) for t in self.about_set(identifier) if tasks is None or self.compares(t, tasks))

    def _rank(self, table: Mapping[str, Any]) -> tuple[float, ...]:
        return -self._weight(grade_name(table)), -(table.get("published") or 0), -len(table["rows"])

    @cached_property
    def by_row(self) -> dict[int, str]:
        """The resources that have figures, by row."""
        return {self._index.row_of(resource): resource for resource in self._best}

    @cached_property
    def _best(self) -> dict[str, tuple[Result, ...]]:
        found: dict[str, list[Result]] = {}
        for table in self._index.tables.results:
            best, grade = _best_rows(table), self._trust(table)
            for rank, (resource, row) in enumerate(best.items()):
                place = 1 - rank / (len(best) - 1) if len(best) > 1 else _ALONE
                found.setdefault(resource, []).append(Result(table, row, grade, place))
        return {resource: tuple(results) for resource, results in found.items()}

    @cached_property
    def _by_set(self) -> dict[str, dict[str, list[tuple[int, Result]]]]:
        """By resource and data set, the figures with their places in `of`."""
        found: dict[str, dict[str, list[tuple[int, Result]]]] = {}
        for resource, results in self._best.items():
            for place, result in enumerate(results):
                if "about" in result.table:
                    found.setdefault(resource, {}).setdefault(result.table["about"], []).append((place, result))
        return found

    def _trust(self, table: Mapping[str, Any]) -> float:
        """The least grade of its rows: where one method is its author's own, the whole table is."""
        return min(self._weight(grade_name(table, row)) for row in table["rows"])

    def _weight(self, grade: str) -> float:
        term = self._index.vocabulary.term("evidence", grade)
        return float(term.more["weight"]) if term else 0.0

    @cached_property
    def about(self) -> tuple[str, ...]:
        """The resources that figures were published on."""
        return tuple(dict.fromkeys(t["about"] for t in self._index.tables.results if "about" in t))

    @cached_property
    def about_rows(self) -> Rows:
        """int64: the row of each of `about`."""
        return np.array([self._index.row_of(name) for name in self.about], dtype=np.int64)

    @cached_property
    def _newest(self) -> int:
        return max((t.get("published") or 0 for t in self._index.tables.results), default=0)


def _best_rows(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The best row of each resource in `table`, best first."""
    rows = [r for r in table["rows"] if not r.get("reference") and not r.get("proxy")]
    best: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda r: r["value"], reverse=table["higher_is_better"]):
        best.setdefault(row["resource"], row)
    return best


def grade_name(table: Mapping[str, Any], row: Mapping[str, Any] | None = None) -> str:
    """The grade of evidence of a row, or else of its table; of a table that states none, that of its first row."""
    first = table["rows"][0] if row is None else row
    return str(first.get("evidence") or table.get("evidence") or "")


def source(table: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Where a figure is published."""
    return str(row.get("source") or table["source"])


def setting(table: Mapping[str, Any], row: Mapping[str, Any]) -> str | None:
    """What the table and then the row say of how it was measured."""
    return "; ".join(said for said in (table.get("setting"), row.get("setting")) if said) or None
