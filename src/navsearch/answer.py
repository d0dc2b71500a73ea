"""Answer and what it holds: the one value behind the CLI, HTTP, Python and agents, and its form as plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_NAMED = 3  # hits that a repr names
# The parts of an Answer that hold items, with their titles, in the order to show them.
PARTS = (("hits", "Resources"), ("losses", "Losses"), ("methods", "Baselines"), ("metrics", "Metrics to report"))


@dataclass(frozen=True, slots=True)
class Hit:
    """A resource that answers a question: score in 0..1, reasons for it and what it misses.

    `signals` are those that the score is made of (see ranking.Signals); `relations` tell which sets share its data.
    """

    id: str
    kind: str
    name: str
    score: float
    signals: Mapping[str, float]
    reasons: tuple[str, ...]
    misses: tuple[str, ...]
    relations: tuple[Mapping[str, str], ...]
    url: str | None
    description: str
    facets: Mapping[str, tuple[str, ...]]
    cases: Mapping[str, Any] | None
    released: str | None
    licence: str | None
    access: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; what is unknown is null."""
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "score": self.score,
            "reasons": list(self.reasons),
            "misses": list(self.misses),
            "url": self.url,
            "description": self.description,
            **{f: list(t) for f, t in self.facets.items()},
            "cases": dict(self.cases) if self.cases else None,
            "released": self.released,
            "licence": self.licence,
            "access": self.access,
            "relations": [dict(r) for r in self.relations],
            "signals": dict(self.signals),
        }


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A loss, metric or baseline for the understood problem: its role there, reasons, and evidence.

    An item of `evidence` states value, metric, dataset, setting, protocol, grade, year and source of a published figure where
    it has them, or a statement and its source. `implementation` is where to begin: code to clone, or an import path, of which
    `implementations` has all. `snippet` is Python to paste, `commands` has steps and source; None if the catalog has none.
    """

    id: str
    kind: str
    name: str
    role: str
    score: float
    reasons: tuple[str, ...]
    url: str | None
    implementation: str | None
    implementations: tuple[str, ...]
    hyperparameters: Mapping[str, Any]
    snippet: str | None
    commands: Mapping[str, Any] | None
    evidence: tuple[Mapping[str, Any], ...]
    cautions: tuple[str, ...]
    licence: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.name,
            "role": self.role,
            "score": self.score,
            "reasons": list(self.reasons),
            "url": self.url,
            "implementation": self.implementation,
            "implementations": list(self.implementations),
            "hyperparameters": dict(self.hyperparameters),
            "snippet": self.snippet,
            "commands": dict(self.commands) if self.commands else None,
            "evidence": [dict(e) for e in self.evidence],
            "cautions": list(self.cautions),
            "licence": self.licence,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood, whether anything fits, the ranked resources, losses, metrics and baselines, and what must be said.

    `problem` has the tasks, and the traits with where each comes from; `warnings` tell which hits share data. `confidence` is
    the probability, 0..1, that the first hit fits; `match` follows from it (see ranking.Found).
    """

    query: Mapping[str, Any]
    match: str
    confidence: float
    hits: tuple[Hit, ...]
    losses: tuple[Recommendation, ...] = ()
    methods: tuple[Recommendation, ...] = ()
    notes: tuple[str, ...] = ()
    metrics: tuple[Recommendation, ...] = ()
    problem: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, as `navsearch ask --format json` prints them."""
        return {
            "query": dict(self.query),
            "match": self.match,
            "confidence": self.confidence,
            "hits": [h.as_dict() for h in self.hits],
            "losses": [r.as_dict() for r in self.losses],
            "methods": [r.as_dict() for r in self.methods],
            "metrics": [r.as_dict() for r in self.metrics],
            "problem": dict(self.problem),
            "warnings": list(self.warnings),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        names = ", ".join(h.name for h in self.hits[:_NAMED]) + ", …" * (len(self.hits) > _NAMED)
        others = f"{len(self.losses)} losses, {len(self.methods)} methods, {len(self.metrics)} metrics"
        return f"<Answer {self.match}: {len(self.hits)} hits ({names}), {others}>"

    def _repr_html_(self) -> str:
        """A table for each part, for notebooks."""
        from navsearch.notebook import as_html

        tables = {title: getattr(self, part) for part, title in PARTS}
        return as_html(str(self.query.get("text", "")), self.match, tables, self.notes)
