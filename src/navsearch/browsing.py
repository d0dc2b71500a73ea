"""Resources by the page: a question's whole ranking, or all that filters leave; each with how many carry which term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from navsearch.answer import Hit
from navsearch.index import Index, Mask
from navsearch.query import Query
from navsearch.ranking import sure, wishes
from navsearch.resource import Resource

Facets = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Search:
    """A page of the ranking for a question, from place `offset` on. `total` rows are ranked; `matching` resources, of those
    kinds and within the limits, meet every term that the question surely names; `facets` counts their terms, or if there are
    none those of all of those kinds within the limits; `unstated` counts those that state nothing in a facet."""

    query: Mapping[str, Any]
    match: str
    confidence: float
    total: int
    offset: int
    matching: int
    facets: Facets
    unstated: Mapping[str, int]
    hits: tuple[Hit, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "query": dict(self.query),
            "match": self.match,
            "confidence": self.confidence,
            "total": self.total,
            "offset": self.offset,
            "matching": self.matching,
            "facets": _plain(self.facets),
            "unstated": dict(self.unstated),
            "hits": [hit.as_dict() for hit in self.hits],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the resources that filters leave, in the order of the catalog, from place `offset` on; see Search."""

    total: int
    offset: int
    facets: Facets
    unstated: Mapping[str, int]
    resources: tuple[Resource, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "total": self.total,
            "offset": self.offset,
            "facets": _plain(self.facets),
            "unstated": dict(self.unstated),
            "resources": [resource.as_dict() for resource in self.resources],
        }


def matching(index: Index, query: Query, allowed: Mask) -> Mask:
    """bool [rows]: of `allowed` those that carry every term that `query` surely names."""
    found = allowed
    for meanings in wishes(t for t in query.tags if sure(index, t)):
        found = found & index.mask(*(index.carrying(t.facet, t.term) for t in meanings))
    return found


def counted(index: Index, among: Mask) -> tuple[Facets, Mapping[str, int]]:
    """Of the rows `among`, bool [rows]: by searched facet, how many carry each term (narrower ones counted in), most first; and
    how many state nothing there."""
    rows = int(np.count_nonzero(among))
    facets: dict[str, dict[str, int]] = {facet: {} for facet in index.vocabulary.searched}
    for (facet, term), count in index.counts(among):
        if count and facet in facets:
            facets[facet][term] = count
    ordered = {f: dict(sorted(terms.items(), key=lambda item: (-item[1], item[0]))) for f, terms in facets.items()}
    return ordered, {f: rows - int(np.count_nonzero(among[index.stating(f)])) for f in facets}


def _plain(facets: Facets) -> dict[str, dict[str, int]]:
    return {facet: dict(terms) for facet, terms in facets.items()}
