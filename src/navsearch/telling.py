"""What is told of a resource that was found: its facts, why it is there, what it misses, and whose data it shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from navsearch.answer import Hit
from navsearch.index import Index
from navsearch.ranking import Found, Scored
from navsearch.resource import Resource
from navsearch.vocabulary import Tag

_KEPT = 4096  # rows of which what is told is kept


class Teller:
    """Makes Hits of the rows of an index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._stated = lru_cache(maxsize=_KEPT)(self._stated_in)

    def hit(self, scored: Scored, found: Found) -> Hit:
        """The row as an item of an Answer."""
        missed = {t.facet for t in scored.missed}
        unmet = [
            str(limit) for limit in found.dropped if limit.field not in missed and not self._index.satisfying(limit)[scored.row]
        ]
        return Hit(
            **self._stated(scored.row),
            score=scored.score,
            signals={name: round(value, 4) for name, value in scored.signals._asdict().items() if value is not None},
            reasons=(*self._met(scored), *self._kept(scored, found)),
            misses=(*self._missed(scored), *unmet),
        )

    def _stated_in(self, row: int) -> dict[str, Any]:
        """What a hit says of a resource whatever was asked."""
        resource = self._index.resources[row]
        return {
            "id": resource.id,
            "kind": resource.kind,
            "name": resource.name,
            "relations": self.relations(resource.id),
            "url": resource.url,
            "description": resource.description,
            "facets": {f: t for f, t in self._index.terms[row].items() if f not in ("access", "licence")},
            "cases": resource.fields.get("cases"),
            "released": resource.fields.get("released"),
            "licence": resource.licence,
            "access": next(iter(resource.facets.get("access", ())), None),
        }

    def relations(self, identifier: str) -> tuple[Mapping[str, str], ...]:
        """Which resources share data with this one, stated by either side: type, the other's id or name, and a note."""
        own = self._index.resource_of(identifier).fields.get("relations") or ()
        seen = ((other, relation) for other, relation in self._index.related.get(identifier, ()))
        return (*own, *({**r, "type": _REVERSED.get(r["type"], r["type"]), "id": other} for other, r in seen))

    def warnings(self, resources: Sequence[Resource]) -> Iterator[str]:
        """Which of `resources` share data, each pair once."""
        names = {r.id: r.name for r in resources}
        pairs: set[frozenset[str]] = set()
        for identifier, relation in ((r.id, relation) for r in resources for relation in self.relations(r.id)):
            if relation.get("id") in names and (pair := frozenset((identifier, relation["id"]))) not in pairs:
                pairs.add(pair)
                yield _shared(names[identifier], names[relation["id"]], relation)

    def _met(self, scored: Scored) -> list[str]:
        """The wanted terms the row meets, naming the narrower term by which it does; else by what it was found."""
        own = self._index.terms[scored.row]
        met = [f"{t.facet}: {t.term}{self._by(t, own.get(t.facet, ()))}" for t in scored.met]
        named = ["name"] if scored.signals.name else []
        return named + met or [f"text alike (cosine {scored.signals.vector:.2f})"]

    def _kept(self, scored: Scored, found: Found) -> Iterator[str]:
        """The limits that the row satisfies, but those that say no more than a wanted term it meets."""
        met = {t.facet for t in scored.met}
        concerning = (limit for limit in found.kept if limit.concerns((self._index.kind_of(scored.row),)))
        return (str(limit) for limit in concerning if not (limit.op == "=" and limit.field in met))

    def _missed(self, scored: Scored) -> Iterator[str]:
        """The wanted terms the row misses; unknown where it states nothing in their facet."""
        own = self._index.terms[scored.row]
        return (f"{t.facet}: {t.term}{'' if own.get(t.facet) else ' (unknown)'}" for t in scored.missed)

    def _by(self, tag: Tag, own: Sequence[str]) -> str:
        if tag.term in own:
            return ""
        narrower = [t for t in own if tag.term in self._index.vocabulary.broader(tag.facet, t)]
        return f" ({', '.join(narrower[:2])})" if narrower else ""


def _shared(name: str, other: str, relation: Mapping[str, str]) -> str:
    """The warning that two resources share data."""
    note = f" ({relation['note']})" if "note" in relation else ""
    return f"{name} {_RELATED[relation['type']]} {other}{note}: do not train on one and test on the other"


_RELATED = {
    "derived_from": "is made from",
    "source_of": "is a source of",
    "version_of": "is a version of",
    "other_version": "has another version in",
    "same_as": "is the same data as",
    "overlaps": "shares cases with",
}
# How a relation reads from its other end; what is not here reads the same.
_REVERSED = {"derived_from": "source_of", "version_of": "other_version"}
