"""The published figures on a data set, table by table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from navsearch.index import Index
from navsearch.results import Results, grade_name, setting, source

_REMARKS = {"reference": "for reference", "proxy": "stands for something else"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of a published table: the resource measured, its value, and under which setting."""

    id: str
    kind: str
    name: str
    value: float
    setting: str | None
    source: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures that may be compared: one source, data set, metric and protocol; rows best first, ties as the source has them."""

    dataset: str
    metric: str
    higher_is_better: bool
    protocol: str | None
    evidence: str | None
    published: int | None
    contested: str | None
    source: str
    rows: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """All published figures on a data set, table by table."""

    id: str
    name: str
    tables: tuple[Table, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; what a source does not say is null."""
        return asdict(self)


def leaderboard(index: Index, results: Results, identifier: str) -> Leaderboard:
    """Every table about the data set `identifier`: the strongest grade of evidence first, then the newest, the longest."""
    tables = tuple(_table(table, index) for table in results.about_set(identifier))
    return Leaderboard(identifier, index.resource_of(identifier).name, tables)


def _table(table: Mapping[str, Any], index: Index) -> Table:
    rows = sorted(table["rows"], key=lambda r: r["value"], reverse=table["higher_is_better"])
    return Table(
        dataset=table["dataset"],
        metric=table["metric"],
        higher_is_better=table["higher_is_better"],
        protocol=table.get("protocol"),
        evidence=grade_name(table) or None,
        published=table.get("published"),
        contested=table.get("contested"),
        source=table["source"],
        rows=tuple(_standing(table, row, index) for row in rows),
    )


def _standing(table: Mapping[str, Any], row: Mapping[str, Any], index: Index) -> Standing:
    resource = index.resource_of(row["resource"])
    remarks = [text for flag, text in _REMARKS.items() if row.get(flag)]
    remarks += [f"contested: {row['contested']}"] if row.get("contested") else []
    return Standing(
        id=resource.id,
        kind=resource.kind,
        name=resource.name,
        value=row["value"],
        setting=setting(table, row),
        source=source(table, row),
        remarks=tuple(remarks),
    )
