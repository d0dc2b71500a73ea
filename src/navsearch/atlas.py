"""The map of a catalog: resources laid out so that those with like descriptions lie together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from navsearch.index import Index
from navsearch.ranking import is_topic
from navsearch.vectors import Rows

MOST = 5000  # points; of more resources as many are drawn, evenly
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Atlas:
    """The points shown of `total` resources, in the order of their rows. `x` and `y` are 0..1; `kind` is a place in `kinds`;
    `terms` has the first term of each in every facet that says what a resource is about, None where it states none."""

    kinds: tuple[str, ...]
    total: int
    id: tuple[str, ...]
    name: tuple[str, ...]
    kind: tuple[int, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    terms: dict[str, tuple[str | None, ...]]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values: the points as columns."""
        columns = {name: list(getattr(self, name)) for name in ("id", "name", "kind", "x", "y")}
        terms = {facet: list(column) for facet, column in self.terms.items()}
        return {"kinds": list(self.kinds), "total": self.total, "points": columns | terms}


def atlas(index: Index) -> Atlas:
    """The map of `index`, whose points `building` laid out."""
    rows = _drawn(len(index))
    shown = [index.resources[row] for row in rows.tolist()]
    kinds = tuple(dict.fromkeys(r.kind for r in shown))
    places = np.asarray(index.map[rows], dtype=np.float64).round(_DIGITS)
    terms = [index.terms[row] for row in rows.tolist()]
    facets = [facet for facet in index.vocabulary.searched if is_topic(index, facet)]
    return Atlas(
        kinds=kinds,
        total=len(index),
        id=tuple(r.id for r in shown),
        name=tuple(r.name for r in shown),
        kind=tuple(kinds.index(r.kind) for r in shown),
        x=tuple(places[:, 0].tolist()),
        y=tuple(places[:, 1].tolist()),
        terms={facet: tuple(next(iter(stated.get(facet, ())), None) for stated in terms) for facet in facets},
    )


def _drawn(rows: int) -> Rows:
    """int64: all rows, or MOST of them at equal distances."""
    return np.arange(rows) if rows <= MOST else np.linspace(0, rows - 1, MOST).astype(np.int64)
