"""Navigator: the one object. It opens an index and answers; everything else is a shell around its methods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from navsearch import index as indexes
from navsearch import manifest as manifests
from navsearch.answer import Answer, Hit
from navsearch.encoder import Encoder, kept_encoder
from navsearch.errors import MEND, IndexUnusable, UnknownResource, UsageError
from navsearch.fingerprint import fingerprint
from navsearch.index import Index
from navsearch.limits import Limit, filter_names, from_filters, known_term
from navsearch.locations import check_apart, default_catalog, default_index
from navsearch.problem import Problem, problem_of
from navsearch.query import Query, understand
from navsearch.ranking import CLEARLY, Found, Question, Ranker, Ranking
from navsearch.recommend import Advisor, Candidate
from navsearch.resource import Resource
from navsearch.telling import Teller
from navsearch.vocabulary import Tag
from navsearch.words import key, valid

if TYPE_CHECKING:  # what only some questions need is imported for those
    from navsearch.atlas import Atlas
    from navsearch.browsing import Listing, Search
    from navsearch.leaderboards import Leaderboard
    from navsearch.planning import Plan
    from navsearch.side_by_side import Comparison

Advice = Mapping[str, Sequence[Candidate]]  # by part of an Answer


class _Ranked(NamedTuple):
    """What a question was read as, what was found for it under which filters, the problem behind it, what is recommended for
    that, and what must be said."""

    query: Query
    found: Found
    fixed: tuple[Limit, ...]
    problem: Problem
    advice: Advice
    notes: tuple[str, ...]

    def view(self) -> dict[str, Any]:
        """What was understood, with the kinds that were looked for and the limits that hold."""
        limits = [str(limit) for limit in (*self.found.kept, *self.fixed)]
        return self.query.as_dict() | {"kind": list(self.found.kinds), "limits": limits}


class Navigator:
    """Answers questions over an index.

    >>> nav = Navigator()                                          # doctest: +SKIP
    >>> nav.ask("small lesion segmentation in liver CT").hits[0]   # doctest: +SKIP

    `catalog` and `index` are folders, by default those that come with navsearch. Raises IndexUnusable if the index is
    missing, damaged, or not of this catalog; ModelMissing at the first question if its encoder cannot be loaded.
    """

    def __init__(
        self, catalog: str | Path | None = None, index: str | Path | None = None, *, encoder: Encoder | None = None
    ) -> None:
        folder = Path(catalog) if catalog else default_catalog()
        place = Path(index) if index else default_index(folder)
        check_apart(folder, place)
        self._place, self._known = place, manifests.stamps(place)
        self._serve(indexes.load(place, fingerprint(folder, self._known.sha256), self._known), encoder)

    @classmethod
    def at(cls, index: Path) -> Navigator:
        """A Navigator over the index in a folder, whatever has become of its catalog. Raises as the class does."""
        self = cls.__new__(cls)
        self._place, self._known = index, manifests.stamps(index)
        self._serve(indexes.load(index, known=self._known), None)
        return self

    def through(self, wrap: Callable[[Encoder], Encoder]) -> Navigator:
        """The same, but what its questions are encoded by is what `wrap` makes of its encoder."""
        made = Navigator.of(self._index, wrap(self._encoder))
        made._said = self._said  # noqa: SLF001 (its own class)
        return made

    @classmethod
    def of(cls, index: Index, encoder: Encoder, uses: Sequence[str] | None = None) -> Navigator:
        """A Navigator over an index in memory; `uses` names the ranking signals to use (all by default)."""
        self = cls.__new__(cls)
        self._serve(index, encoder, uses)
        return self

    def _serve(self, index: Index, encoder: Encoder | None, uses: Sequence[str] | None = None) -> None:
        self._index: Index = index
        self._given: Encoder | None = encoder
        self._said: str | None = None
        self._ranker = Ranker(index, uses) if uses is not None else Ranker(index)
        self._advisor = Advisor(index)
        self._teller = Teller(index)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {kind}" for kind, n in self.counts.items())
        return f"<Navigator: {counts}; {self._index.manifest['encoder']['name']}>"

    @property
    def counts(self) -> Mapping[str, int]:
        """How many resources of each kind."""
        return dict(self._index.manifest["counts"])

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of filters that `ask` and `similar` take."""
        return filter_names(self._index.vocabulary)

    def check_filters(self, kinds: Sequence[str], filters: Mapping[str, Any]) -> None:
        """Raise UsageError, as `ask` would, if a kind or filter is not known."""
        self._terms_of("kind", kinds)
        self._limits(filters)

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the index says of itself: format, catalog fingerprint, encoder, counts."""
        return dict(self._index.manifest)

    def ask(
        self, text: str, *, top_k: int = 10, kinds: Sequence[str] = (), ignore: Sequence[str] = (), **filters: Any
    ) -> Answer:
        """Answer `text`: what was understood, the best `top_k` resources, losses and baselines.

        `kinds` overrides the kinds that the text asks for; what `ignore` names ("modality:CT", or a limit as it is shown) is
        read as if the text did not say it. `filters` are hard limits: a facet with a term or a list of
        terms (modality="CT"), min_cases, max_cases, since, until, venue, licence, and not_="facet:term". Raises
        UsageError for an empty question or an unknown filter.
        """
        _check_top_k(top_k)
        return self._answer(self._ranked(text, kinds, ignore, filters), top_k)

    def plan(self, text: str, *, ignore: Sequence[str] = (), **filters: Any) -> Plan:
        """The recipe to start from for the problem in `text`: data, loss, baseline, metrics, pitfalls; the rest as in `ask`."""
        from navsearch.planning import Planner

        ranked = self._ranked(text, self._default_kinds, ignore, filters)
        answer, problem = self._answer(ranked, _PLANNED_FROM), ranked.problem
        plan = Planner(self._index, self._advisor).plan(answer, problem)
        warnings = self._teller.warnings([self.resource(source.hit.id) for source in plan.data])
        return replace(plan, notes=(*plan.notes, *warnings))

    def understand(self, text: str, *, ignore: Sequence[str] = ()) -> Query:
        """What `text` asks for, as `ask` reads it; `ignore` as there. Needs no encoder. Raises UsageError for an empty text."""
        return understand(_some(text), self._index.vocabulary, self._index, tuple(ignore))

    def search(
        self,
        text: str,
        *,
        top_k: int = 20,
        offset: int = 0,
        kinds: Sequence[str] = (),
        ignore: Sequence[str] = (),
        **filters: Any,
    ) -> Search:
        """The ranking behind the hits of `ask`, `top_k` of it from place `offset` on, with how many resources match and which
        terms they carry; the rest as in `ask`."""
        from navsearch.browsing import Search, counted, matching

        _check_page(top_k, offset)
        ranked = self._ranked(text, kinds, ignore, filters)
        found = ranked.found
        allowed = self._ranker.allowed(found.kinds, (*found.kept, *ranked.fixed))
        rows = matching(self._index, ranked.query, allowed)
        hits = tuple(self._teller.hit(scored, found) for scored in found.ranked[offset : offset + top_k])
        facets, unstated = counted(self._index, rows if rows.any() else allowed)
        return Search(
            query=ranked.view(),
            match=found.match,
            confidence=found.confidence,
            total=len(found.ranked),
            offset=offset,
            matching=int(np.count_nonzero(rows)),
            facets=facets,
            unstated=unstated,
            hits=hits,
            notes=ranked.notes,
        )

    def resources(self, *, top_k: int = 20, offset: int = 0, kinds: Sequence[str] = (), **filters: Any) -> Listing:
        """The resources of `kinds` (all by default) that satisfy `filters`, in the order of the catalog: `top_k` of them from
        place `offset` on."""
        from navsearch.browsing import Listing, counted

        _check_page(top_k, offset)
        allowed = self._ranker.allowed(self._terms_of("kind", kinds), self._limits(filters))
        rows = np.flatnonzero(allowed)
        shown = tuple(self._index.resources[row] for row in rows[offset : offset + top_k].tolist())
        return Listing(len(rows), offset, *counted(self._index, allowed), shown)

    def resource(self, identifier: str) -> Resource:
        """The resource with this id (or, in any spelling, this name or alias). Raises UnknownResource with near ones."""
        identifier = valid(identifier)
        try:
            return self._index.resource_of(identifier)
        except KeyError:
            named = key(identifier)
        for row in self._index.rows_named([named]).get(named, ()):
            return self._index.resources[row]
        raise UnknownResource(f"resource {identifier!r} is not known{self._near(identifier)}")

    def compare(self, identifiers: Sequence[str]) -> Comparison:
        """The resources side by side, what differs first. Raises UsageError for fewer than two."""
        from navsearch.side_by_side import side_by_side

        resources = list({r.id: r for r in map(self.resource, identifiers)}.values())
        if len(resources) < _PAIR:
            raise UsageError(f"found {len(resources)} resource to compare, expected two or more ids or names")
        figures = [self._advisor.results.measured(r.id) for r in resources]
        return side_by_side(self._index, resources, tuple(self._teller.warnings(resources)), figures)

    def leaderboard(self, identifier: str) -> Leaderboard:
        """The published figures on a data set, a table for each source, metric and protocol, the best evidence first."""
        from navsearch.leaderboards import leaderboard

        return leaderboard(self._index, self._advisor.results, self.resource(identifier).id)

    def similar(
        self, identifier: str, *, top_k: int = 10, but: Mapping[str, str] | None = None, **filters: Any
    ) -> tuple[Hit, ...]:
        """Resources of the same kind most like this one, itself left out; filters as in `ask`.

        `but` says in which facets it should be another (modality="MRI"): the terms there count in place of its own, and hold.
        """
        _check_top_k(top_k)
        resource = self.resource(identifier)
        row = self._index.row_of(resource.id)
        wanted = self._limits(but or {})
        limits = self._limits(filters) + wanted
        changed = {limit.field: limit.values for limit in wanted}
        own = {f: names for f, names in self._index.terms[row].items() if f not in changed} | changed
        terms = [Tag(f, t, t, 0, 0, 1.0) for f, names in own.items() for t in names]
        query = Query(resource.name, resource.name, resource.description, tuple(terms), (), (), (resource.kind,), (), (), ())
        vector = self._index.vectors.of(np.asarray([row], dtype=np.int64))[0]
        found = self._ranker.find(self._ranker.read(query, vector), (resource.kind,), limits)
        return tuple(self._teller.hit(s, found) for s in found.ranked[: top_k + 1] if s.row != row)[:top_k]

    def facets(self, name: str | None = None) -> dict[str, dict[str, int]]:
        """How many resources carry each term (narrower ones counted in), by facet, most first; `name` limits to one."""
        searched = self._index.vocabulary.searched
        if name is not None and name not in searched:
            raise UsageError(f"facet {name!r} is not known; facets: {', '.join(searched)}")
        counts: dict[str, Counter[str]] = {f: Counter() for f in ([name] if name else searched)}
        for (facet, term), rows in self._index.counts():
            if facet in counts:
                counts[facet][term] = rows
        return {f: dict(sorted(c.items(), key=lambda item: (-item[1], item[0]))) for f, c in counts.items()}

    def map(self) -> Atlas:
        """The resources laid out so that those with like descriptions lie together; of very many an even selection."""
        from navsearch.atlas import atlas

        return atlas(self._index)

    def index_and_encoder(self) -> tuple[Index, Encoder]:
        """What answers are made from; loads the encoder. Raises ModelMissing or IndexUnusable if it cannot serve."""
        return self._index, self._encoder

    def find(self, text: str) -> Found:
        """The ranking behind the hits of `ask`, before what is recommended weighs in, with what speaks for and against it."""
        return self._find(self._understood(text, ()), (), ())

    # what ask is made of

    def _ranked(self, text: str, kinds: Sequence[str], ignore: Sequence[str], filters: Mapping[str, Any]) -> _Ranked:
        """All that is found out for a question, before any of it is shown."""
        question, fixed = self._understood(text, tuple(ignore)), self._limits(filters)
        found = self._find(question, self._terms_of("kind", kinds), fixed)
        data = self._data(question, found)
        problem, inferred = problem_of(self._index, self._advisor.relations, question.query, data, found.ranked)
        advice = self._advisor.recommend(problem)
        if fits := self._fits(advice, found.kinds):
            found = self._ranker.find(question, found.kinds, fixed, fits)
            advice = {part: self._as_ranked(known, found) for part, known in advice.items()}
        missing = (f"the question does not say {name!r}, which was to be ignored" for name in _unsaid(question.query, ignore))
        said = (*filter(None, [self._said]), *missing, *_notes(question.query, found))
        return _Ranked(question.query, found, fixed, problem, advice, (*said, *(inferred if found.match != "none" else ())))

    def _answer(self, ranked: _Ranked, top_k: int) -> Answer:
        found = ranked.found
        hits = tuple(self._teller.hit(s, found) for s in found.ranked[:top_k])
        answer = Answer(ranked.view(), found.match, found.confidence, hits, notes=ranked.notes)
        return (_refused if found.match == "none" else self._served)(answer, ranked.problem, ranked.advice, top_k)

    def _served(self, answer: Answer, problem: Problem, advice: Advice, top_k: int) -> Answer:
        """The answer with all that is recommended for the problem; what is not known is said."""
        missing = [f"the catalog knows no {part} for this problem" for part, known in advice.items() if not known]
        recommended: dict[str, Any] = {part: tuple(c.recommendation() for c in known[:top_k]) for part, known in advice.items()}
        return replace(
            answer,
            **recommended,
            notes=(*answer.notes, *missing),
            problem=problem.as_dict(),
            warnings=tuple(self._teller.warnings([self.resource(hit.id) for hit in answer.hits])),
        )

    def _understood(self, text: str, ignore: Sequence[str]) -> Question:
        query = self.understand(text, ignore=ignore)
        return self._ranker.read(query, self._encoder.encode([query.search_text])[0])

    @cached_property
    def _encoder(self) -> Encoder:
        if self._given is None:
            self._given, self._said = kept_encoder(self._place, self._index.manifest["encoder"], self._known.sha256)
            self._known.save()
        check_encoder(self._index, self._given)
        return self._given

    @cached_property
    def _default_kinds(self) -> tuple[str, ...]:
        return tuple(t.name for t in self._index.vocabulary.facets["kind"].terms.values() if t.more.get("default"))

    def _find(self, question: Question, given: Sequence[str], fixed: Sequence[Limit]) -> Found:
        """Rank the kinds given, else those the question names, else those of the resources it names, else the default
        ones; if another kind fits clearly better than those, that one, but where kinds were named only if nothing fits."""
        asked = question.query.kinds
        named = tuple(given) or self._along(asked) or self._ranker.kinds_named(question)
        found = self._ranker.find(question, named or self._default_kinds, fixed)
        if given or (asked and found.match != "none"):
            return found
        return max((found, *self._others(question, found, fixed)), key=lambda other: other.confidence)

    def _others(self, question: Question, found: Found, fixed: Sequence[Limit]) -> Iterator[Found]:
        """The rankings of single other kinds that are clearly more likely to fit than `found`. Only those that an everyday word
        of the question could mean if `found` is strong or the kind asked for lacks a term; none with other limits."""
        query, hinted_only = question.query, found.match == "strong" or found.unserved
        for kind in query.hinted if hinted_only else self._index.vocabulary.facets["kind"].terms:
            if kind in found.kinds or any(limit.concerns((kind,)) != limit.concerns(found.kinds) for limit in query.limits):
                continue
            other = self._ranker.find(question, (kind,), fixed)
            margin = CLEARLY / 2 if kind in query.hinted else CLEARLY
            if other.match != "none" and other.confidence > found.confidence + margin:
                yield other

    def _fits(self, advice: Advice, kinds: Sequence[str]) -> dict[str, dict[int, float]]:
        """How well rows are recommended, by kind; only of `kinds`."""
        fits: dict[str, dict[int, float]] = {}
        for candidate in (c for known in advice.values() for c in known if c.kind in kinds):
            fits.setdefault(candidate.kind, {})[candidate.row] = candidate.score
        return fits

    def _as_ranked(self, known: Sequence[Candidate], found: Found) -> tuple[Candidate, ...]:
        """What is recommended, in the order of the hits where it is among them: the words of the question weigh in there."""
        place = {row: place for place, row in enumerate(found.ranked.rows)}
        return tuple(sorted(known, key=lambda candidate: place.get(candidate.row, len(place))))

    def _data(self, question: Question, found: Found) -> Ranking:
        """The default kinds' ranking: data sets tell what the problem is like, whatever kind was asked for."""
        if found.kinds != self._default_kinds:
            found = self._ranker.find(question, self._default_kinds)
        return found.ranked

    def _along(self, kinds: Sequence[str]) -> tuple[str, ...]:
        """`kinds` with those that the vocabulary says go with them."""
        terms = self._index.vocabulary.facets["kind"].terms
        return tuple(dict.fromkeys(k for kind in kinds for k in (kind, *terms[kind].more.get("also", ()))))

    def _limits(self, filters: Mapping[str, Any]) -> tuple[Limit, ...]:
        return from_filters({name.removesuffix("_"): value for name, value in filters.items()}, self._index.vocabulary)

    def _terms_of(self, facet: str, given: Sequence[str]) -> tuple[str, ...]:
        return tuple(known_term(facet, text, self._index.vocabulary) for text in given)

    def _near(self, identifier: str) -> str:
        from rapidfuzz import fuzz, process

        names = {r.id: f"{r.id} {r.name}" for r in self._index.records()}
        near = process.extract(identifier, names, scorer=fuzz.WRatio, processor=str.casefold, limit=3, score_cutoff=60)
        return f" (did you mean {', '.join(n[2] for n in near)}?)" if near else ""


def check_encoder(index: Index, encoder: Encoder) -> None:
    """Raise IndexUnusable unless `encoder` is the one that `index` was built with."""
    built = index.manifest["encoder"]
    if built["fingerprint"] != encoder.fingerprint:
        found = f"{encoder.name} ({encoder.fingerprint[:8]})"
        raise IndexUnusable(f"the index was built with {built['name']} ({built['fingerprint'][:8]}), this is {found}: {MEND}")


# Hits that a plan chooses its data from.
_PLANNED_FROM = 10
_PAIR = 2


def _check_top_k(top_k: int) -> None:
    if top_k < 1:
        raise UsageError(f"top_k: found {top_k}, expected 1 or more")


def _check_page(top_k: int, offset: int) -> None:
    _check_top_k(top_k)
    if offset < 0:
        raise UsageError(f"offset: found {offset}, expected 0 or more")


def _some(text: str) -> str:
    """`text`. Raises UsageError if it says nothing."""
    if not text.strip():
        raise UsageError('found an empty question, expected a text such as "polyp segmentation in colonoscopy"')
    return text


def _unsaid(query: Query, ignore: Iterable[str]) -> list[str]:
    """What was to be ignored but is not in the question."""
    return [name for name in dict.fromkeys(ignore) if name not in query.ignored]


def no_answer(text: str, why: str) -> Answer:
    """The answer to a question that cannot be asked."""
    empty = {"text": text, "kind": [], "limits": [], "excluded": [], "corrected": [], "ambiguous": []}
    return Answer(empty, "none", 0.0, (), notes=(why,))


def _refused(answer: Answer, problem: Problem, advice: Advice, _: int) -> Answer:
    """The answer where nothing fits: nothing is recommended, but what there is for a task that was named is said."""
    known = ", ".join(f"{len(found)} {part}" for part, found in advice.items() if found)
    if not (problem.named and known):
        return answer
    note = f"for {problem.tasks[0]} the catalog knows {known}: ask for one of these kinds to see them"
    return replace(answer, notes=(*answer.notes, note))


def _notes(query: Query, found: Found) -> list[str]:
    notes = [f"read {wrong!r} as {better!r}" for wrong, better in query.corrected]
    notes += [str(ambiguity) for ambiguity in query.ambiguous]
    notes += [f"nothing that fits satisfies {limit.asked!r}: that limit was dropped" for limit in found.dropped]
    notes += [f"no {' or '.join(found.kinds)} of the catalog has {tag.facet} {tag.term!r}" for tag in found.unserved]
    if not found.ranked:
        return [*notes, "nothing satisfies the filters"]
    return notes + ["nothing in the catalog fits this question; the hits are the nearest misses"] * (found.match == "none")
