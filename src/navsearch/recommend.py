"""Losses, metrics and baselines for a problem, from relations and published results. Names no task, loss or method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import compress
from typing import Any, NamedTuple

import numpy as np

from navsearch.answer import Recommendation
from navsearch.fitness import Fitness
from navsearch.index import Index, Mask
from navsearch.problem import Problem
from navsearch.relations import Relation, Relations
from navsearch.resource import Resource
from navsearch.results import LAST, Result, Results
from navsearch.snippets import USUAL_SIZE, Shape, snippet
from navsearch.vectors import Rows

# Something of the right task that no relation mentions: below all that one does recommend by itself.
_UNRELATED_FIT = 0.2
_PER_TRAIT = 0.02

# What makes a baseline, shares of 1: that it does the task at all; that it fits modality, anatomy and the like; results; and
# how often it was measured at all, as what everybody compares with is what to start from.
_DOES, _FIT, _PROVEN, _MEASURED = 0.2, 0.3, 0.4, 0.1
_OFTEN = 30  # tables with a result; more count no more
_LEAST = 0.4  # worth below which it is not shown
# Any result on the data found proves more than any on data alike.
_HERE, _ALIKE = 0.5, 0.5
_BY_FIT = 2  # how fast a result counts less the worse its data set fits: the power of the fit
_PER_TERM_NAMED = 0.2
_EVIDENCE_SHOWN = 3
_KEPT = 4096  # lists of what serves a task, and snippets, that are kept


class _Grounds(NamedTuple):
    """Why something is recommended."""

    role: str
    reasons: Sequence[str]
    results: Sequence[Result]
    cautions: Sequence[str] = ()
    sources: Sequence[Mapping[str, str]] = ()


class Candidate(NamedTuple):
    """What may be recommended: its row and kind, how well it fits (0..1), and what makes the recommendation of it, which takes
    longer than to rank it."""

    row: int
    kind: str
    score: float
    recommendation: Callable[[], Recommendation]


class Advisor:
    """Recommends from the relations and results of an index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.relations = Relations(index)
        self.results = Results(index)
        self._naming = cache(self._terms_named)
        self._serving = lru_cache(maxsize=_KEPT)(self._all_serving)
        self._code = lru_cache(maxsize=_KEPT)(self._code_of)
        self._stated = lru_cache(maxsize=_KEPT)(self._stated_of)

    def recommend(self, problem: Problem) -> dict[str, tuple[Candidate, ...]]:
        """All that is recommended for `problem`, best first, ties by row; by part of an Answer, of the kinds that the
        vocabulary says."""
        makers = {"losses": self.by_relations, "metrics": self.by_relations, "methods": self.by_results}
        kinds = self._index.vocabulary.facets["kind"].terms.values()
        return {part: makers[part](t.name, problem) for t in kinds if (part := t.more.get("recommended"))}

    def figures(self, identifier: str, problem: Problem) -> int:
        """How many figures were published on a data set by which what is made for the problem can be compared."""
        return self.results.measured(identifier, self.relations.around(problem.tasks))

    # by relations

    def by_relations(self, kind: str, problem: Problem) -> tuple[Candidate, ...]:
        """Resources of `kind` that serve the first task of `problem` that any serves."""
        by_task = (list(self._related_to(task, problem, kind)) for task in problem.tasks)
        return _sorted(next(filter(None, by_task), []))

    def _related_to(self, task: str, problem: Problem, kind: str) -> Iterator[Candidate]:
        traits = problem.weights("trait")
        for row, fit in self._serving(task, kind):
            yield self._related(row, fit, task, problem, traits)

    def _all_serving(self, task: str, kind: str) -> tuple[tuple[int, Relation], ...]:
        """The rows of `kind` that do `task` or that a relation says serve it, with that; those without have none."""
        related = {self._index.row_of(r): fit for r, fit in self.relations.fits(task, kind).items()}
        listed: dict[int, Relation] = related | {row: {} for row in self._doing(task, kind).tolist() if row not in related}
        return tuple((row, fit) for row, fit in listed.items() if fit.get("fit", _UNRELATED_FIT) > 0)

    def _related(self, row: int, fit: Relation, task: str, problem: Problem, traits: Mapping[str, float]) -> Candidate:
        resource = self._index.resources[row]
        shifts = self.relations.shifts(task, resource.id, traits)
        score = fit["fit"] if fit else _UNRELATED_FIT + _PER_TRAIT * len(traits.keys() & resource.facets.get("trait", ()))
        score = round(min(1.0, max(0.0, score + sum(s["shift"] * traits[s["trait"]] for s in shifts))), 4)

        def recommendation() -> Recommendation:
            return self._recommendation(resource, problem, score, self._related_grounds(resource, fit, shifts, problem))

        return Candidate(row, resource.kind, score, recommendation)

    def _related_grounds(self, resource: Resource, fit: Relation, shifts: Sequence[Relation], problem: Problem) -> _Grounds:
        related = ([fit] if fit else []) + list(shifts)
        stated = [s["reason"] for s in shifts if s["shift"] > 0] + ([fit["reason"]] if fit else [])
        return _Grounds(
            role=fit.get("role") or self._role(resource),
            reasons=stated or [str(resource.fields.get("why") or resource.description)],
            results=self._on(resource.id, problem, problem.datasets)[:_EVIDENCE_SHOWN],
            sources=[{"statement": r["reason"], "source": r["source"]} for r in related],
            cautions=[
                *(s["reason"] for s in shifts if s["shift"] < 0),
                *(f"contested: {r['contested']}" for r in related if "contested" in r),
                *(f"avoid with: {a}" for a in resource.fields.get("avoid_when") or ()),
            ],
        )

    # by results

    def by_results(self, kind: str, problem: Problem) -> tuple[Candidate, ...]:
        """Resources of `kind` to start from, for the first task of `problem` that any does: those with results on the data sets
        found before those with results on others alike, and these before those without, other things equal."""
        fitness, rows, worth = Fitness(self._index, problem), np.empty(0, dtype=np.int64), np.empty(0)
        for task in problem.tasks:
            doing = self._doing(task, kind)
            worth = fitness.worth(doing, task)
            rows, worth = doing[worth >= _LEAST], worth[worth >= _LEAST]
            if len(rows):
                break
        alike, fits = self._alike(problem), fitness.fit(rows)
        known = zip(rows.tolist(), worth.tolist(), fits.tolist(), strict=True)
        return _sorted([self._baseline(row, w, _DOES + _FIT * fit, problem, alike) for row, w, fit in known])

    def _baseline(self, row: int, worth: float, merits: float, problem: Problem, like: Mapping[str, float]) -> Candidate:
        """The row, `worth` what it can do at all x its `merits` with those of its results."""
        identifier = self.results.by_row.get(row, "")
        here = self._on(identifier, problem, problem.datasets)
        alike = [] if here else self._on(identifier, problem, like)
        proven = _HERE + (1 - _HERE) * _proof(here) if here else _ALIKE * _proof(alike)
        measured = min(1.0, len(self.results.of(identifier)) / _OFTEN)
        score = round(worth * (merits + _PROVEN * proven + _MEASURED * measured), 4)

        def recommendation() -> Recommendation:
            method = self._index.resources[row]
            reasons, shown = list(self._why(method, here, alike)), (here or alike)[:_EVIDENCE_SHOWN]
            return self._recommendation(method, problem, score, _Grounds(self._role(method), reasons, shown))

        return Candidate(row, self._index.kind_of(row), score, recommendation)

    def _why(self, method: Resource, here: Sequence[Result], alike: Sequence[Result]) -> Iterator[str]:
        for results, where in ((here, "results on"), (alike, "results on comparable data:")):
            if results:
                yield f"{where} {', '.join(dict.fromkeys(r.table['dataset'] for r in results[:_EVIDENCE_SHOWN]))}"
        yield str(method.fields.get("why") or method.description)

    def _doing(self, task: str, kind: str) -> Rows:
        """int64: rows of `kind` that do `task`, a broader one, or one that it is trained as."""
        return np.flatnonzero(self._carrying("task", self.relations.chain(task)) & self._index.of_kinds((kind,)))

    def _alike(self, problem: Problem) -> dict[str, float]:
        """Measured resources, beyond those found, that share the task and at least one other wanted term and miss none of a
        kind, each as a full fit."""
        alike = self._carrying("task", problem.tasks)
        for facet, terms in problem.terms.items():
            both = alike & self._carrying(facet, terms)
            alike = both if both.any() else alike
        return dict.fromkeys(compress(self.results.about, alike[self.results.about_rows].tolist()), 1.0)

    def _carrying(self, facet: str, terms: Iterable[str]) -> Mask:
        """bool [rows]: those that carry any of `terms`."""
        return self._index.mask(*(self._index.carrying(facet, term) for term in terms))

    # both

    def _role(self, resource: Resource) -> str:
        """What a resource of this kind is by itself."""
        kind = self._index.vocabulary.term("kind", resource.kind)
        return str(kind.more.get("role", resource.kind)) if kind else resource.kind

    def _on(self, resource: str, problem: Problem, datasets: Mapping[str, float]) -> list[Result]:
        """Figures of `resource` on `datasets`, strongest first: what they prove x how well the data set fits, and more for each
        wanted term that the table's label names."""
        figures = self.results.on(resource, datasets)
        if not figures:
            return []
        tasks = self.relations.around(problem.tasks)
        found = [r for r in figures if self.results.compares(r.table, tasks)]
        weighted = [r._replace(grade=r.grade * datasets[r.table["about"]] ** _BY_FIT) for r in found]
        return sorted(weighted, key=lambda r: -r.strength * (1 + _PER_TERM_NAMED * self._named(r, problem)))

    def _named(self, result: Result, problem: Problem) -> int:
        """How many wanted terms the table's own label names ("liver tumour" where lesions are sought)."""
        named = self._naming(result.table["dataset"])
        return sum(not closure.isdisjoint(problem.terms.get(facet, ())) for facet, closure in named)

    def _terms_named(self, label: str) -> tuple[tuple[str, frozenset[str]], ...]:
        """The facets of the terms that `label` names, each with the term and its broader ones."""
        vocabulary = self._index.vocabulary
        return tuple((t.facet, vocabulary.closure(t.facet, (t.term,))) for t in vocabulary.tags(label))

    def _recommendation(self, resource: Resource, problem: Problem, score: float, grounds: _Grounds) -> Recommendation:
        doubts = (doubt for result in grounds.results[:1] for doubt in self.results.doubts(result))
        return Recommendation(
            **self._stated(resource.id),
            role=grounds.role,
            score=score,
            reasons=tuple(grounds.reasons),
            snippet=self.snippet(resource, problem),
            evidence=(*map(self.results.stated, grounds.results), *grounds.sources),
            cautions=(*doubts, *grounds.cautions),
        )

    def _stated_of(self, identifier: str) -> dict[str, Any]:
        """What a recommendation says of a resource whatever the problem is."""
        resource = self._index.resource_of(identifier)
        paths = tuple(i["path"] for i in resource.fields.get("implementations") or () if "path" in i)
        return {
            "id": resource.id,
            "kind": resource.kind,
            "name": resource.name,
            "url": resource.url,
            "implementation": resource.fields.get("code") or next(iter(paths), None),
            "implementations": paths,
            "hyperparameters": resource.fields.get("hyperparameters") or {},
            "commands": resource.fields.get("commands"),
            "licence": resource.licence,
        }

    def snippet(self, resource: Resource, problem: Problem) -> str | None:
        """Code to paste for the loss, with tensors like the samples of the problem; None if the catalog has none."""
        return self._code(resource.id, self._shape(problem)) if "snippet" in resource.fields else None

    def _code_of(self, identifier: str, shape: Shape) -> str:
        told = self._index.resource_of(identifier).fields["snippet"]
        return snippet(told, self._inputs[told["inputs"]], shape)

    @cached_property
    def _inputs(self) -> dict[str, Mapping[str, Any]]:
        return {table["inputs"]: table for table in self._index.tables.inputs}

    def _shape(self, problem: Problem) -> Shape:
        """The shape of samples that the problem is about; as many classes as the best data set that states them has."""
        classes = (self._index.resource_of(d).fields.get("classes") for d in problem.datasets)
        terms = (self._index.vocabulary.term(t.facet, t.term) for t in problem.traits)
        sizes = (t.more["size"] for t in terms if t and "size" in t.more)
        return Shape(next(filter(None, classes), None), next(sizes, USUAL_SIZE))


def _sorted(found: Iterable[Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(found, key=lambda c: (-c.score, c.row)))


def _proof(results: Sequence[Result]) -> float:
    """How much `results` prove together: the best grade of evidence x the mean place, where trusted tables count most."""
    total = sum(r.grade**2 for r in results)
    place = sum(r.grade**2 * r.place for r in results) / total if total else 0.0
    return max((r.grade for r in results), default=0.0) * (LAST + (1 - LAST) * place)
