"""A plan to start from: of all that an Answer holds, the data, loss, baseline, metrics and pitfalls to begin with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from navsearch.answer import Answer, Hit, Recommendation
from navsearch.index import Index
from navsearch.problem import Problem
from navsearch.recommend import Advisor

# Data that fit worse than this share of the best are no data to start with.
_FITTING = 0.8
# Of data that fit alike, those to start with were measured often, are large, and can be had soon: what each adds to the score,
# the first two for each power of ten.
_PER_FIGURES, _PER_CASES, _EASE = 0.03, 0.02, 0.04
# A baseline that has less than this share of the best one's score is no alternative to it.
_CLOSE = 0.58
# A metric that suits the problem less is not worth a report.
_WORTH_REPORTING = 0.4
_DATA, _OTHERS, _METRICS, _PITFALLS = 4, 2, 5, 8


@dataclass(frozen=True, slots=True)
class Source:
    """Data of a plan: what for (train, external test, more), how to get them, and the hit itself."""

    role: str
    get: str
    links: tuple[str, ...]
    hit: Hit

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"role": self.role, "get": self.get, "links": list(self.links)} | self.hit.as_dict()


@dataclass(frozen=True, slots=True)
class Pitfall:
    """Something to heed, and what the advice rests on."""

    say: str
    source: str

    def as_dict(self) -> dict[str, str]:
        """Plain JSON values."""
        return {"say": self.say, "source": self.source}


@dataclass(frozen=True, slots=True)
class Plan:
    """A starting recipe. `losses` are those to train with together, each in its role; `baselines` best first; what else could
    be tried stands in `other_losses`. All empty if `match` is none."""

    query: Mapping[str, Any]
    match: str
    confidence: float
    problem: Mapping[str, Any]
    data: tuple[Source, ...]
    losses: tuple[Recommendation, ...]
    other_losses: tuple[Recommendation, ...]
    baselines: tuple[Recommendation, ...]
    metrics: tuple[Recommendation, ...]
    pitfalls: tuple[Pitfall, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, as `navsearch plan --format json` prints them."""
        return {
            "query": dict(self.query),
            "match": self.match,
            "confidence": self.confidence,
            "problem": dict(self.problem),
            **{part: [item.as_dict() for item in getattr(self, part)] for part in _PARTS},
            "notes": list(self.notes),
        }


class Planner:
    """Makes plans from the tables of an index."""

    def __init__(self, index: Index, advisor: Advisor) -> None:
        self._index = index
        self._advisor = advisor

    def plan(self, answer: Answer, problem: Problem) -> Plan:
        """The plan for `problem`, of what `answer` found for it."""
        if answer.match == "none":
            return _plan(answer)
        data = tuple(self._data(answer.hits, problem))
        together = self._together(answer.losses)
        shaped = replace(problem, datasets=dict.fromkeys((*(s.hit.id for s in data), *problem.datasets), 1.0))
        return _plan(
            answer,
            data=data,
            losses=tuple(replace(r, snippet=self._advisor.snippet(self._index.resource_of(r.id), shaped)) for r in together),
            other_losses=tuple(r for r in answer.losses if r not in together)[:_OTHERS],
            baselines=tuple(r for r in answer.methods[: 1 + _OTHERS] if r.score >= _CLOSE * answer.methods[0].score),
            metrics=tuple(_first_of_each_role(answer.metrics))[:_METRICS],
            pitfalls=tuple(self._advice(problem)),
        )

    def _together(self, losses: Sequence[Recommendation]) -> tuple[Recommendation, ...]:
        """The best loss, with the best of each role that must stand beside it."""
        first = losses[:1]
        role = self._index.vocabulary.term("role", first[0].role) if first else None
        needed = role.more.get("needs", ()) if role else ()
        beside = (next((r for r in losses if r.role == name), None) for name in needed)
        return (*first, *filter(None, beside))

    # data

    def _data(self, hits: Sequence[Hit], problem: Problem) -> Iterator[Source]:
        """What to train on; data that need nothing else and share nothing with it, to test on; and more."""
        fitting = [h for h in hits if h.score >= _FITTING * hits[0].score]
        train, *others = sorted(fitting, key=lambda h: -self._to_start_with(h, problem))
        others.sort(key=lambda h: _share_data(h, train))
        test = next((h for h in others if not _share_data(h, train) and self._alike(h, train)), None)
        yield self._source(train, "train")
        yield from [self._source(test, "external test")] if test else []
        yield from (self._source(h, "more") for h in [h for h in others if h is not test][: _DATA - (2 if test else 1)])

    def _alike(self, hit: Hit, train: Hit) -> bool:
        """Whether a model of the training data could be tested on `hit`: as many classes, and most of what it states in facets
        that a model must be made for."""
        classes = {self._index.resource_of(h.id).fields.get("classes") for h in (hit, train)} - {None}
        own, known = (self._index.closures[self._index.row_of(h.id)] for h in (hit, train))
        facets = (f for f, facet in self._index.vocabulary.facets.items() if facet.more.get("from_data") == "where unasked")
        return len(classes) <= 1 and all(_mostly(own.get(f, frozenset()), known.get(f)) for f in facets)

    def _to_start_with(self, hit: Hit, problem: Problem) -> float:
        figures = self._advisor.figures(hit.id, problem)
        cases = (hit.cases or {}).get("count", 0)
        return hit.score + _PER_FIGURES * math.log10(1 + figures) + _PER_CASES * math.log10(1 + cases) + _EASE * self._ease(hit)

    def _ease(self, hit: Hit) -> float:
        access = self._index.vocabulary.term("access", hit.access or "")
        return float(access.more.get("ease", 0.0)) if access else 0.0

    def _source(self, hit: Hit, role: str) -> Source:
        resource = self._index.resource_of(hit.id)
        access = self._index.vocabulary.term("access", hit.access or "unknown")
        get = access.more.get("get", access.name) if access else "unknown"
        links = dict.fromkeys((*resource.links("download"), *resource.links("homepage"), *filter(None, [hit.url])))
        return Source(role, get, tuple(links), hit)

    # pitfalls

    def _advice(self, problem: Problem) -> Iterator[Pitfall]:
        """The advice that applies, what says most about the problem first."""
        held = self._held(problem)
        applying = [a for a in self._index.tables.advice if all(held.get(f, {}).keys() & set(t) for f, t in a["when"].items())]
        telling = sorted(applying, key=lambda a: -sum(max(held[f].get(t, 0) for t in terms) for f, terms in a["when"].items()))
        yield from (Pitfall(a["say"], a["source"]) for a in telling[:_PITFALLS])

    def _held(self, problem: Problem) -> dict[str, dict[str, float]]:
        """By facet, the terms that hold for the problem, with how surely: 1 for what was asked for, less for what is broader
        or only the data have."""
        stated = [("task", t, 1.0) for t in problem.tasks] + [(t.facet, t.term, t.weight) for t in problem.traits]
        stated += [(f, t, 1.0) for f, terms in problem.terms.items() for t in terms]
        held: dict[str, dict[str, float]] = {}
        for facet, term, weight in stated:
            around = self._advisor.relations.chain(term) if facet == "task" else self._index.vocabulary.broader(facet, term)
            for distance, name in enumerate(around):
                terms = held.setdefault(facet, {})
                terms[name] = max(terms.get(name, 0.0), weight / (1 + distance))
        return held


def _plan(answer: Answer, **parts: tuple[Any, ...]) -> Plan:
    """A plan of `parts`; those not given are empty."""
    empty: dict[str, tuple[Any, ...]] = dict.fromkeys(_PARTS, ())
    head = {"query": answer.query, "match": answer.match, "confidence": answer.confidence}
    return Plan(**head, problem=answer.problem, notes=answer.notes, **(empty | parts))  # type: ignore[arg-type]


_PARTS = ("data", "losses", "other_losses", "baselines", "metrics", "pitfalls")


def _mostly(terms: frozenset[str], known: frozenset[str] | None) -> bool:
    """Whether at least half of `terms` are known; True if nothing is."""
    return known is None or 2 * len(terms & known) >= len(terms)


def _share_data(one: Hit, other: Hit) -> bool:
    return other.id in {r.get("id") for r in one.relations}


def _first_of_each_role(metrics: Sequence[Recommendation]) -> Iterator[Recommendation]:
    seen: set[str] = set()
    for metric in (m for m in metrics if m.score >= _WORTH_REPORTING):
        if metric.role not in seen:
            seen.add(metric.role)
            yield metric
