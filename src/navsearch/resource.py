"""Resource: one frozen record of the catalog, and how it becomes text to embed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Resource:
    """A dataset, loss, method, benchmark, toolbox, collection or platform.

    `facets` maps a facet (modality, task, anatomy, ...) to controlled terms; `fields` holds all else that the record
    states, as plain JSON values. What a record does not state is unknown and absent from both.
    """

    id: str
    kind: str
    name: str
    description: str
    aliases: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str | None:
        """Where to look first: homepage, then code, then download, then a paper; None if nothing is known."""
        for link in (*self.links("homepage"), *self.links("code"), *self.links("download"), *self._papers()):
            return link
        return None

    @property
    def cases(self) -> int | None:
        """How many cases it holds, in the unit of `fields["cases"]["unit"]`; None if unknown."""
        return (self.fields.get("cases") or {}).get("count")

    @property
    def year(self) -> int | None:
        """Year of release; None if unknown."""
        match = re.match(r"\d{4}", str(self.fields.get("released") or ""))
        return int(match.group()) if match else None

    @property
    def licence(self) -> str | None:
        """Name of the licence; None if unknown."""
        return (self.fields.get("licence") or {}).get("name")

    def links(self, name: str) -> tuple[str, ...]:
        """The links of field `name`, none if it is absent."""
        value = self.fields.get(name) or ()
        return (value,) if isinstance(value, str) else tuple(value)

    def text(self) -> str:
        """What is embedded and matched by words: names, description, then the controlled terms."""
        terms = dict.fromkeys(t for values in self.facets.values() for t in values)
        names = "; ".join((self.name, *self.aliases))
        return f"{names}. {self.description} {', '.join(terms)}".strip()

    def as_dict(self) -> dict[str, Any]:
        """The record as plain JSON values: what it is, its terms by facet (as lists), then everything else."""
        head: dict[str, Any] = {"id": self.id, "kind": self.kind, "name": self.name}
        if self.aliases:
            head["aliases"] = list(self.aliases)
        head["description"] = self.description
        return head | {k: list(v) for k, v in self.facets.items()} | dict(self.fields)

    def _papers(self) -> tuple[str, ...]:
        return tuple(link for paper in self.fields.get("papers") or () if (link := paper_link(paper)))


def paper_link(paper: Mapping[str, Any]) -> str | None:
    """A link to `paper`: its DOI, else arXiv, else URL; None if it has none."""
    if paper.get("doi"):
        return f"https://doi.org/{paper['doi']}"
    if paper.get("arxiv"):
        return f"https://arxiv.org/abs/{paper['arxiv']}"
    return paper.get("url")
