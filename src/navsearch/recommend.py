"""Losses and baselines for an understood problem, from relations and published results. Names no task, loss or method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from navsearch.answer import Recommendation
from navsearch.index import Index
from navsearch.query import Query
from navsearch.ranking import Scored
from navsearch.resource import Resource
from navsearch.vocabulary import WEAK, Tag

# A trait or task is the problem's if at least this share of the best data sets, by score, has it.
_SHARED = 0.5
# Data sets that fit worse than this say less about the task than the hits of the kind that was asked for.
_FITTING = 0.42
_LOOKED_AT = 5
# A trait that only the data found have moves a loss half as far as one that was asked for.
_INFERRED = 0.5
# Data sets found whose published results count as results for the question.
_DATA = 10

# A loss of the right task that no relation mentions: below every loss that one does recommend by itself.
_UNRELATED_FIT = 0.2
_PER_TRAIT = 0.02

# What makes a baseline, shares of 1: it does the task; it fits modality, anatomy and the like; results on the very data
# sets found, or else, counting half, on others alike; and how often it was measured at all, as what everybody compares
# with is what to start from.
_TASK, _FIT, _PROVEN, _MEASURED = 0.3, 0.15, 0.4, 0.15
_ELSEWHERE = 0.5
_OFTEN = 30  # tables with a result; more count no more
_PER_TERM_NAMED = 0.2
_EVIDENCE_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be solved: tasks, other wanted terms by facet, traits with how surely each is meant (0..1), and the data
    sets found, best first, with how well each fits compared with the best (0..1)."""

    tasks: tuple[str, ...]
    terms: Mapping[str, tuple[str, ...]]
    traits: Mapping[str, float]
    datasets: Mapping[str, float]


class _Result(NamedTuple):
    """One published figure with its table and how much it proves (0..1)."""

    table: Mapping[str, Any]
    row: Mapping[str, Any]
    strength: float


class Advisor:
    """Recommends from the relations and results of an index."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def recommend(self, problem: Problem) -> dict[str, tuple[Recommendation, ...]]:
        """All that is recommended for `problem`, by part of an Answer, of the kinds that the vocabulary says."""
        makers = {"losses": self.losses, "methods": self.methods}
        kinds = self._index.vocabulary.facets["kind"].terms.values()
        return {part: makers[part](t.name, problem) for t in kinds if (part := t.more.get("recommended"))}

    def problem(self, query: Query, best: Sequence[Scored], hits: Sequence[Scored]) -> tuple[Problem, tuple[str, ...]]:
        """The problem behind a question, and what of it was inferred: from the data sets found (`best`) or, where they
        leave the task open, from the hits of the kind that was asked for."""
        named = [t.term for t in query.tags if t.facet == "task" and (t.strength > WEAK or self._carried(t, best))]
        doing = [s for s in best if not set(named).isdisjoint(self._index.closures[s.row].get("task", ()))] or best
        common, shown = self._common(doing), self._common(hits)
        sources = (common, shown) if best and best[0].score >= _FITTING else (shown, common)
        likely = [t for source in sources for t in source.get("task", ())]
        implied = sorted(likely, key=lambda t: not self._fits(self._chain(t)))[:1]
        tasks = (*self._narrowest(named), *(t for t in implied if t not in named))
        asked = query.terms("trait")
        inferred = [t for t in common.get("trait", ()) if t not in asked]
        problem = Problem(
            tasks=tasks,
            terms={f: query.terms(f) for f in dict.fromkeys(t.facet for t in query.tags) if f not in ("task", "trait")},
            traits=dict.fromkeys(asked, 1.0) | dict.fromkeys(inferred, _INFERRED),
            datasets={self._index.resources[s.row].id: s.score / (best[0].score or 1.0) for s in best[:_DATA]},
        )
        said = [f"no task named: {tasks[0]} assumed, which most of the best hits are for"] if tasks and not named else []
        served = next((t for t in tasks if self._fits(self._chain(t))), None)
        said += (
            [f"no loss is known for {named[0]}: those for {served} are shown"] if named and served not in (None, *named) else []
        )
        said += [f"also taken into account, as the data found have it: {', '.join(inferred)}"] if inferred else []
        return problem, tuple(said)

    def losses(self, kind: str, problem: Problem) -> tuple[Recommendation, ...]:
        """Resources of `kind` that serve the first task of `problem` that any serves, best first; ties by row."""
        by_task = (list(self._losses_for(task, problem, kind)) for task in problem.tasks)
        found: list[Recommendation] = next((losses for losses in by_task if losses), [])
        return tuple(sorted(found, key=lambda r: (-r.score, self._index.row_of[r.id])))

    def methods(self, kind: str, problem: Problem) -> tuple[Recommendation, ...]:
        """Resources of `kind` to start from, for the first task of `problem` that any does: those with results on the data
        sets found first, best evidence first."""
        by_task = (self._doing((task,), kind) for task in problem.tasks)
        rows: list[int] = next((rows for rows in by_task if rows), [])
        found = [self._method(row, problem) for row in rows]
        return tuple(sorted(found, key=lambda r: (-r.score, self._index.row_of[r.id])))

    def _carried(self, tag: Tag, ranked: Sequence[Scored]) -> bool:
        """Whether any of the best rows carries the term."""
        return any(tag.term in self._index.closures[s.row].get(tag.facet, ()) for s in ranked[:_LOOKED_AT])

    def _common(self, ranked: Sequence[Scored]) -> dict[str, tuple[str, ...]]:
        """By facet, the terms that enough of the best rows, weighted by score, carry; most carried first."""
        best = ranked[:_LOOKED_AT]
        total = sum(s.score for s in best) or 1.0
        shares: dict[str, dict[str, float]] = {}
        for scored in best:
            for facet, terms in self._index.terms[scored.row].items():
                for term in terms:
                    shares.setdefault(facet, {}).setdefault(term, 0.0)
                    shares[facet][term] += scored.score / total
        common = {f: [t for t, share in terms.items() if share >= _SHARED] for f, terms in shares.items()}
        if (tasks := shares.get("task")) and not common["task"]:
            common["task"] = [max(tasks, key=tasks.__getitem__)]  # some task is better than none
        return {f: tuple(sorted(terms, key=shares[f].__getitem__, reverse=True)) for f, terms in common.items()}

    def _narrowest(self, tasks: Sequence[str]) -> tuple[str, ...]:
        """`tasks` without those that another of them is a kind of."""
        broader = {b for t in tasks for b in self._index.vocabulary.broader("task", t)[1:]}
        return tuple(t for t in tasks if t not in broader)

    # losses

    def _losses_for(self, task: str, problem: Problem, kind: str) -> Iterator[Recommendation]:
        chain = self._chain(task)
        fits = self._fits(chain)
        listed = {r: fit for r, fit in fits.items() if self._resource(r).kind == kind}
        for row in self._doing((task,), kind):
            listed.setdefault(self._index.resources[row].id, {})
        for resource, fit in listed.items():
            yield self._loss(self._resource(resource), fit, self._shifts(chain, resource, problem), problem)

    def _loss(
        self, loss: Resource, fit: Mapping[str, Any], shifts: Sequence[Mapping[str, Any]], problem: Problem
    ) -> Recommendation:
        score = fit.get("fit", _UNRELATED_FIT + _PER_TRAIT * len(set(loss.facets.get("trait", ())) & set(problem.traits)))
        score = min(1.0, max(0.0, score + sum(s["shift"] * problem.traits[s["trait"]] for s in shifts)))
        stated = [s["reason"] for s in shifts if s["shift"] > 0] + ([fit["reason"]] if fit else [])
        against = [s["reason"] for s in shifts if s["shift"] < 0]
        results = self._on(loss.id, problem, problem.datasets)
        sources = [{"statement": r["reason"], "source": r["source"]} for r in ([fit] if fit else []) + list(shifts)]
        return Recommendation(
            id=loss.id,
            kind=loss.kind,
            name=loss.name,
            role=fit.get("role", "complete objective"),
            score=round(score, 4),
            reasons=tuple(stated or [str(loss.fields.get("why") or loss.description)]),
            url=loss.url,
            implementation=next((i["path"] for i in loss.fields.get("implementations") or () if "path" in i), None),
            evidence=tuple([_evidence(r) for r in results[:_EVIDENCE_SHOWN]] + sources),
            cautions=(*against, *(f"avoid with: {a}" for a in loss.fields.get("avoid_when") or ())),
            licence=None,
        )

    def _chain(self, task: str) -> tuple[str, ...]:
        """`task`, its broader tasks, then the tasks whose losses serve these, nearest first."""
        chain: list[str] = []
        waiting = [task]
        while waiting:
            current = waiting.pop(0)
            if current in chain:
                continue
            chain.append(current)
            term = self._index.vocabulary.term("task", current)
            waiting += [t for t in (term.broader, term.more.get("trained_as")) if t] if term else []
        return tuple(chain)

    def _fits(self, chain: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """For each resource related to a task of `chain`, the entry of the nearest task."""
        fits: dict[str, Mapping[str, Any]] = {}
        for task in chain:
            for relation in self._index.relations:
                if relation["task"] == task and "fit" in relation:
                    fits.setdefault(relation["resource"], relation)
        return fits

    def _shifts(self, chain: Sequence[str], resource: str, problem: Problem) -> list[Mapping[str, Any]]:
        return [
            r
            for r in self._index.relations
            if "shift" in r and r["resource"] == resource and r["task"] in chain and r["trait"] in problem.traits
        ]

    # baselines

    def _method(self, row: int, problem: Problem) -> Recommendation:
        method = self._index.resources[row]
        here = self._on(method.id, problem, problem.datasets)
        elsewhere = [] if here else self._on(method.id, problem, dict.fromkeys(self._alike(problem), _ELSEWHERE))
        proven = max((r.strength for r in (here or elsewhere)), default=0.0)
        measured = min(1.0, len(self._results.get(method.id, ())) / _OFTEN)
        score = _TASK + _FIT * self._fit(row, problem) + _PROVEN * proven + _MEASURED * measured
        return Recommendation(
            id=method.id,
            kind=method.kind,
            name=method.name,
            role="baseline",
            score=round(score, 4),
            reasons=tuple(self._why(method, here, elsewhere)),
            url=method.url,
            implementation=method.fields.get("code"),
            evidence=tuple(_evidence(r) for r in (here or elsewhere)[:_EVIDENCE_SHOWN]),
            cautions=(),
            licence=method.licence or "unknown",
        )

    def _why(self, method: Resource, here: Sequence[_Result], elsewhere: Sequence[_Result]) -> Iterator[str]:
        for results, where in ((here, "results on"), (elsewhere, "results on comparable data:")):
            if results:
                yield f"{where} {', '.join(dict.fromkeys(r.table['dataset'] for r in results[:_EVIDENCE_SHOWN]))}"
        yield str(method.fields.get("why") or method.description)

    def _fit(self, row: int, problem: Problem) -> float:
        """Share of the wanted terms, task aside, that the row carries; a facet it leaves open counts half."""
        wanted = [(f, t) for f, terms in problem.terms.items() for t in terms]
        closures = self._index.closures[row]
        levels = [0.5 if not closures.get(f) else float(t in closures[f]) for f, t in wanted]
        return sum(levels) / len(levels) if levels else 0.5

    def _doing(self, tasks: Iterable[str], kind: str) -> list[int]:
        """Rows of `kind` that do one of `tasks`, a broader one, or one that these are trained as."""
        wanted = {b for t in tasks for b in self._chain(t)}
        rows = {row for task in wanted for row in self._index.rows_with.get(("task", task), ())}
        return sorted(r for r in rows if self._index.resources[r].kind == kind)

    def _alike(self, problem: Problem) -> tuple[str, ...]:
        """Resources, beyond those found, that share the task and at least one other wanted term and miss none of a kind."""
        rows = {row for t in problem.tasks for row in self._index.rows_with.get(("task", t), ())}
        for facet, terms in problem.terms.items():
            carry = {row for t in terms for row in self._index.rows_with.get((facet, t), ())}
            rows = rows & carry if carry & rows else rows
        return tuple(self._index.resources[r].id for r in sorted(rows))

    # results

    @cached_property
    def _results(self) -> dict[str, list[_Result]]:
        """Published figures by resource, the best of each table; rows that are only there for reference or that stand
        for something else are left out."""
        found: dict[str, list[_Result]] = {}
        for table in self._index.results:
            best = _best_rows(table)
            for place, (resource, row) in enumerate(best.items()):
                rank = 1 - place / (len(best) - 1) if len(best) > 1 else 0.0
                found.setdefault(resource, []).append(_Result(table, row, self._grade(table, row) * (0.5 + 0.5 * rank)))
        return found

    def _grade(self, table: Mapping[str, Any], row: Mapping[str, Any]) -> float:
        term = self._index.vocabulary.term("evidence", _grade_name(table, row))
        return float(term.more["weight"]) if term else 0.0

    def _on(self, resource: str, problem: Problem, datasets: Mapping[str, float]) -> list[_Result]:
        """Figures of `resource` on `datasets`, strongest first: grade of evidence x place in the table (the last counting
        half) x how well the data set fits, and more for each wanted term that the table's label names."""
        chain = {t for task in problem.tasks for t in self._chain(task)}
        found = [r for r in self._results.get(resource, ()) if r.table.get("about") in datasets and self._serves(r, chain)]
        weighted = [r._replace(strength=r.strength * datasets[r.table["about"]]) for r in found]
        return sorted(weighted, key=lambda r: -r.strength * (1 + _PER_TERM_NAMED * self._named(r, problem)))

    def _serves(self, result: _Result, tasks: set[str]) -> bool:
        """True unless the metric is known to compare methods of other tasks."""
        metric = self._index.vocabulary.term("metric", result.table["metric"])
        return metric is None or not metric.more.get("serves") or bool(tasks & set(metric.more["serves"]))

    def _named(self, result: _Result, problem: Problem) -> int:
        """How many wanted terms the table's own label names ("liver tumour" where lesions are sought)."""
        return sum(
            bool(set(self._index.vocabulary.broader(tag.facet, tag.term)) & set(problem.terms.get(tag.facet, ())))
            for tag in self._index.vocabulary.tags(result.table["dataset"])
        )

    def _resource(self, identifier: str) -> Resource:
        return self._index.resources[self._index.row_of[identifier]]


def _best_rows(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The best row of each resource in `table`, best first."""
    rows = [r for r in table["rows"] if not r.get("reference") and not r.get("proxy")]
    best: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda r: r["value"], reverse=table["higher_is_better"]):
        best.setdefault(row["resource"], row)
    return best


def _grade_name(table: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    return str(row.get("evidence") or table.get("evidence") or "")


def _evidence(result: _Result) -> dict[str, Any]:
    """A figure as the Answer states it; what the source does not say is left out."""
    table, row = result.table, result.row
    stated = {
        "value": row["value"],
        "metric": table["metric"],
        "dataset": table["dataset"],
        "setting": row.get("setting") or table.get("setting"),
        "protocol": table.get("protocol"),
        "evidence": _grade_name(table, row) or None,
        "source": table["source"],
    }
    return {k: v for k, v in stated.items() if v is not None}
