"""Resources side by side: what they state of the same things, differences first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from navsearch.index import Index
from navsearch.resource import Resource

# Plain fields that are compared besides facets, in this order; all else is a matter for the records themselves.
_FIELDS = ("cases", "classes", "formats", "released", "venues", "licence", "access", "family", "organization", "code")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing as each resource states it, in their order; None where one does not."""

    name: str
    values: tuple[str | None, ...]

    @property
    def differs(self) -> bool:
        """Whether not all state the same."""
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """Resources side by side; `rows` has the things that differ first. `warnings` tell which share data."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"rows": [asdict(row) | {"differs": row.differs} for row in self.rows]}


def side_by_side(index: Index, resources: Sequence[Resource], warnings: Sequence[str], figures: Sequence[int]) -> Comparison:
    """Compare `resources`; what none of them states is left out. `figures` tells how many were published on each."""
    stated = [_stated(index, r) | {"published figures": str(n) if n else None} for r, n in zip(resources, figures, strict=True)]
    rows = [Row(name, tuple(s.get(name) for s in stated)) for name in dict.fromkeys(n for s in stated for n in s)]
    known = (row for row in rows if any(row.values))
    return Comparison(
        ids=tuple(r.id for r in resources),
        names=tuple(r.name for r in resources),
        rows=tuple(sorted(known, key=lambda row: not row.differs)),
        warnings=tuple(warnings),
    )


def _stated(index: Index, resource: Resource) -> dict[str, str | None]:
    own = index.terms[index.row_of(resource.id)]
    facets = {f: ", ".join(own.get(f, ())) or None for f in index.vocabulary.searched if f not in _FIELDS}
    return {"kind": resource.kind} | facets | {name: _plain(resource, own, name) for name in _FIELDS} | {"url": resource.url}


def _plain(resource: Resource, terms: Mapping[str, Sequence[str]], name: str) -> str | None:
    value = resource.fields.get(name) or terms.get(name)
    if isinstance(value, Mapping):
        return str(value["name"]) if "name" in value else f"{value['count']:,} {value.get('unit', 'cases')}"
    return ", ".join(value) if isinstance(value, (list, tuple)) else None if value is None else str(value)
