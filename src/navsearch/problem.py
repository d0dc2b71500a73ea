"""The problem behind a question: its tasks and what it is like, each with where that comes from. Names no task and no trait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from navsearch.index import Index
from navsearch.query import Query
from navsearch.ranking import Ranking, Scored
from navsearch.relations import Relations
from navsearch.resource import Resource
from navsearch.terms import WEAK
from navsearch.vocabulary import Tag

# A term is the problem's if at least this share of the best data sets, by score, has it.
_SHARED = 0.5
# Data sets that fit worse than this say less about the task than the hits of the kind that was asked for.
_FITTING = 0.42
_LOOKED_AT = 5
# What only the data found have moves a recommendation half as far as what was asked for.
_INFERRED = 0.5
# Data sets found whose published results count as results for the question.
_DATA = 10
_WITNESSES = 2


@dataclass(frozen=True, slots=True)
class Trait:
    """What a problem is like: a term of a facet, how surely it is meant (0..1), and where that comes from."""

    facet: str
    term: str
    weight: float
    because: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"facet": self.facet, "term": self.term, "weight": self.weight, "because": list(self.because)}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be solved: tasks, the first being what is recommended for; other wanted terms by facet; traits; the data sets
    found, best first, with how well each fits compared with the best (0..1); and whether a task was named at all."""

    tasks: tuple[str, ...]
    terms: Mapping[str, tuple[str, ...]]
    traits: tuple[Trait, ...]
    datasets: Mapping[str, float]
    named: bool

    def weights(self, facet: str) -> dict[str, float]:
        """The traits of `facet` with how surely each is meant."""
        return {t.term: t.weight for t in self.traits if t.facet == facet}

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"tasks": list(self.tasks), "traits": [t.as_dict() for t in self.traits], "data": list(self.datasets)}


def problem_of(
    index: Index, relations: Relations, query: Query, best: Ranking, hits: Ranking
) -> tuple[Problem, tuple[str, ...]]:
    """The problem behind a question, and what must be said of it. A task that was not named is implied by the data sets found
    (`best`) or, where they leave it open, by the hits of the kind that was asked for (see _implied)."""
    named = [t.term for t in query.tags if t.facet == "task" and (t.strength > WEAK or _carried(index, t, best))]
    doing = best.within(index.mask(*(index.carrying("task", task) for task in named))) or best
    common = _common(index, doing)
    shown = common if hits is doing else _common(index, hits)
    sources = (common, shown) if best and best[0].score >= _FITTING else (shown, common)
    likely = [t for source in sources for t in source.get("task", ())]
    implied = _implied(index, relations, query, likely)
    tasks = tuple(dict.fromkeys((*_by_data(index, query, _narrowest(relations, named), best), *implied)))
    found = (t for t in _found(index, query, common, doing) if t.facet != "trait" or t.term in relations.telling(tasks))
    problem = Problem(
        tasks=tasks,
        terms={f: query.terms(f) for f in dict.fromkeys(t.facet for t in query.tags) if f not in ("task", "trait")},
        traits=(*_asked(index, query), *found),
        datasets={index.resources[s.row].id: s.score / (best[0].score or 1.0) for s in best[:_DATA]},
        named=bool(named),
    )
    return problem, tuple(_said(problem, named, relations))


def _implied(index: Index, relations: Relations, query: Query, likely: Sequence[str]) -> tuple[str, ...]:
    """Of the `likely` tasks, the one where most of the traits asked for make a difference, one that a loss is known for before
    others; the first of equals. Where something is asked for that relations recommend, any task that they name is likely."""
    traits, kinds = query.terms("trait"), index.vocabulary.facets["kind"].terms
    related = relations.tasks if any("recommended" in kinds[kind].more for kind in query.kinds) else ()
    ranked = sorted(
        (*likely, *related), key=lambda t: (-len(relations.moving(t).intersection(traits)), not relations.trains(t))
    )
    return tuple(ranked[:1]) if likely else ()


def _said(problem: Problem, named: Sequence[str], relations: Relations) -> Iterator[str]:
    if problem.tasks and not named:
        yield f"no task named: {problem.tasks[0]} assumed, which most of the best hits are for"
    serving = next((t for t in problem.tasks if relations.trains(t)), None)
    if named and serving not in (None, *named):
        yield f"no loss is known for {named[0]}: those for {serving} are shown"


def _asked(index: Index, query: Query) -> Iterator[Trait]:
    """The terms that a question names in facets that tell what a problem is like."""
    for tag in query.tags:
        if "from_data" in index.vocabulary.facets[tag.facet].more:
            yield Trait(tag.facet, tag.term, 1.0, (f"asked: {tag.matched}",))


def _found(index: Index, query: Query, common: Mapping[str, Sequence[str]], data: Sequence[Scored]) -> Iterator[Trait]:
    """What the best data sets have in common, in facets that tell what a problem is like."""
    for facet, table in index.vocabulary.facets.items():
        asked, when = query.terms(facet), table.more.get("from_data")
        if when is None or (asked and when != "always"):
            continue
        for term in (t for t in common.get(facet, ()) if t not in asked):
            yield Trait(facet, term, _INFERRED, tuple(_witnesses(index, facet, term, data)))


def _witnesses(index: Index, facet: str, term: str, data: Sequence[Scored]) -> Iterator[str]:
    """Which of the best data sets show the term, those with a sourced fact first."""
    rows = [s.row for s in data[:_LOOKED_AT] if term in index.closures[s.row].get(facet, ())]
    told = [(r, fact) for r in (index.resources[row] for row in rows) if (fact := _fact(r, term))]
    yield from (f"{r.name}: {fact['fact']} ({fact['source']})" for r, fact in told[:_WITNESSES])
    if not told:
        yield f"recorded of {', '.join(index.resources[row].name for row in rows[:_WITNESSES])}"


def _fact(resource: Resource, term: str) -> Mapping[str, str] | None:
    return next((f for f in resource.fields.get("trait_facts") or () if f["trait"] == term), None)


def _carried(index: Index, tag: Tag, ranked: Sequence[Scored]) -> bool:
    """Whether any of the best rows carries the term."""
    return any(tag.term in index.closures[s.row].get(tag.facet, ()) for s in ranked[:_LOOKED_AT])


def _common(index: Index, ranked: Sequence[Scored]) -> dict[str, tuple[str, ...]]:
    """By facet, the terms that enough of the best rows, weighted by score, carry; most carried first."""
    best = ranked[:_LOOKED_AT]
    total = sum(s.score for s in best) or 1.0
    shares: dict[str, dict[str, float]] = {}
    for scored in best:
        for facet, terms in index.terms[scored.row].items():
            for term in terms:
                of = shares.setdefault(facet, {})
                of[term] = of.get(term, 0.0) + scored.score / total
    common = {f: [t for t, share in terms.items() if share >= _SHARED] for f, terms in shares.items()}
    if (tasks := shares.get("task")) and not common["task"]:
        common["task"] = [max(tasks, key=tasks.__getitem__)]  # some task is better than none
    return {f: tuple(sorted(terms, key=shares[f].__getitem__, reverse=True)) for f, terms in common.items()}


def _narrowest(relations: Relations, tasks: Sequence[str]) -> tuple[str, ...]:
    """`tasks` without those that another of them is a kind of or trained as."""
    wider = {b for t in tasks for b in relations.chain(t)[1:]}
    return tuple(t for t in dict.fromkeys(tasks) if t not in wider)


def _by_data(index: Index, query: Query, tasks: Sequence[str], best: Sequence[Scored]) -> tuple[str, ...]:
    """`tasks`, the most surely named first; of those named in full what most of the best data sets, by score, are for; as they
    were among equals."""
    looked_at, strength = best[:_LOOKED_AT], {t.term: t.strength for t in query.tags if t.facet == "task"}
    share = {t: sum(s.score for s in looked_at if t in index.closures[s.row].get("task", ())) for t in tasks}
    return tuple(sorted(tasks, key=lambda t: (-strength[t], -share[t] * (strength[t] > WEAK))))
