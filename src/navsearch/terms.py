"""Facets and their controlled terms, as the vocabulary states them.

A term has a broader term, synonyms, weak synonyms (everyday words that only hint), ambiguous ones (short forms, mostly, that
may mean other terms as well) and Chinese names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WEAK = 0.5  # strength of a weak or ambiguous synonym; a strong one counts 1
LISTS = ("synonyms", "weak", "ambiguous", "zh")  # the words for a term, by what they are


@dataclass(frozen=True, slots=True)
class Term:
    """A controlled term. `more` holds what a facet's terms say beyond the common fields."""

    name: str
    broader: str | None = None
    synonyms: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, table: Mapping[str, Any]) -> Term:
        """The term called `name` that a vocabulary file states as `table`."""
        lists = {k: tuple(str(x) for x in table.get(k) or ()) for k in LISTS}
        more = {k: v for k, v in table.items() if k not in (*lists, "broader")}
        return cls(name, table.get("broader"), **lists, more=more)

    def as_dict(self) -> dict[str, Any]:
        """The inverse of `of`."""
        stated = {"broader": self.broader, **{k: list(getattr(self, k)) for k in LISTS}}
        return {k: v for k, v in stated.items() if v} | dict(self.more)


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to describe resources, with its terms by name. `more` as in Term."""

    name: str
    label: str
    terms: Mapping[str, Term]
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Facet:
        """The facet that a file of catalog/vocabulary/ states."""
        terms = {str(name): Term.of(str(name), stated or {}) for name, stated in (table.get("terms") or {}).items()}
        return cls.with_terms(table, terms)

    @classmethod
    def with_terms(cls, head: Mapping[str, Any], terms: Mapping[str, Term]) -> Facet:
        """The facet of which `head` says all but its terms."""
        more = {k: v for k, v in head.items() if k not in ("facet", "label", "terms")}
        return cls(head["facet"], head.get("label", head["facet"]), terms, more)

    @property
    def searched(self) -> bool:
        """Whether questions can wish for its terms, and filters name them."""
        return bool(self.more.get("searched", True))

    def limits(self, term: str) -> frozenset[str]:
        """The kinds of which `term`, named in full, is a condition; none if it is only a wish."""
        return frozenset(self.more.get("limit", ()) if self.terms[term].more.get("limit", True) else ())

    def head(self) -> dict[str, Any]:
        """All but its terms, as JSON values."""
        return {"facet": self.name, "label": self.label, **self.more}

    def as_dict(self) -> dict[str, Any]:
        """The inverse of `of`."""
        return {**self.head(), "terms": {term.name: term.as_dict() for term in self.terms.values()}}
