"""Navigator: the one object. It opens an index and answers; everything else is a shell around its methods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from navsearch import catalog as catalogs
from navsearch import index as indexes
from navsearch.answer import Answer, Hit
from navsearch.encoder import Encoder, SentenceTransformerEncoder
from navsearch.errors import UsageError
from navsearch.index import Index
from navsearch.limits import Limit, from_filters
from navsearch.locations import default_catalog, default_index
from navsearch.query import Query, understand
from navsearch.ranking import Ranker, Scored, judge, relax
from navsearch.recommend import Advisor, Problem
from navsearch.resource import Resource
from navsearch.vectors import Matrix
from navsearch.vocabulary import WEAK, Tag

# A trait or task counts as the problem's if at least this share of the best data sets, by score, has it.
_SHARED = 0.5
_LOOKED_AT = 5
# Data sets found whose published results count as results for the question.
_DATA = 10


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
        self._index: Index = indexes.load(Path(index) if index else default_index(folder), catalogs.fingerprint(folder))
        self._given = encoder
        self._ranker = Ranker(self._index)
        self._advisor = Advisor(self._index)

    @classmethod
    def of(cls, index: Index, encoder: Encoder, uses: Sequence[str] | None = None) -> Navigator:
        """A Navigator over an index in memory; `uses` names the ranking signals to use (all by default)."""
        self = cls.__new__(cls)
        self._index, self._given = index, encoder
        self._ranker = Ranker(index, uses) if uses is not None else Ranker(index)
        self._advisor = Advisor(index)
        return self

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {kind}" for kind, n in self.counts.items())
        return f"<Navigator: {counts}; {self._index.manifest['encoder']['name']}>"

    @property
    def counts(self) -> Mapping[str, int]:
        """How many resources of each kind."""
        return dict(self._index.manifest["counts"])

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the index says of itself: format, catalog fingerprint, encoder, counts."""
        return dict(self._index.manifest)

    def ask(self, text: str, *, top_k: int = 10, kinds: Sequence[str] = (), **filters: Any) -> Answer:
        """Answer `text`: what was understood, the best `top_k` resources, losses and baselines.

        `kinds` overrides the kinds that the text asks for. `filters` are hard limits: a facet with a term or a list of
        terms (modality="CT"), min_cases, max_cases, since, until, venue, licence, and not_="facet:term". Raises
        UsageError for an empty question or an unknown filter.
        """
        if not text.strip():
            raise UsageError('found an empty question, expected a text such as "polyp segmentation in colonoscopy"')
        if top_k < 1:
            raise UsageError(f"top_k: found {top_k}, expected 1 or more")
        query = understand(text, self._index.vocabulary, self._index.lexical.frequency)
        vector = self._encoder.encode([query.search_text])[0]
        fixed = from_filters({k.removesuffix("_"): v for k, v in filters.items()}, self._index.vocabulary)
        wanted, ranked, kept, dropped = self._ranked(query, vector, self._kinds(kinds), fixed)
        match = judge(ranked)
        notes = [*_notes(query, dropped), *self._verdict(match, ranked)]
        hits = tuple(self._hit(s, kept, dropped) for s in ranked[:top_k])
        view = query.as_dict() | {"kind": list(wanted), "limits": [str(limit) for limit in (*kept, *fixed)]}
        if match == "none":
            return Answer(view, match, hits, notes=tuple(notes))
        problem, said = self._problem(query, vector, ranked, wanted)
        parts = {part: self._recommend(part, kind, problem, top_k) for part, kind in self._advisor.recommended_kinds().items()}
        return Answer(view, match, hits, **parts, notes=tuple(notes + said))

    def resource(self, identifier: str) -> Resource:
        """The resource with this id (or, in any spelling, this name or alias). Raises UsageError with near ones."""
        row = self._index.row_of.get(identifier)
        if row is None:
            rows = self._index.rows_named.get(indexes.key(identifier), ())
            if not rows:
                raise UsageError(f"resource {identifier!r} is not known{self._near(identifier)}")
            row = rows[0]
        return self._index.resources[row]

    def similar(self, identifier: str, *, top_k: int = 10, **filters: Any) -> tuple[Hit, ...]:
        """Resources of the same kind most like this one, itself left out; filters as in `ask`."""
        resource = self.resource(identifier)
        row = self._index.row_of[resource.id]
        terms = [Tag(f, t, t, 0, 0, 1.0) for f, names in self._index.terms[row].items() for t in names]
        query = Query(resource.name, resource.description, tuple(terms), (), (), (resource.kind,), (), (), ())
        limits = from_filters({k.removesuffix("_"): v for k, v in filters.items()}, self._index.vocabulary)
        vector = self._index.vectors.of(np.asarray([row], dtype=np.int64))[0]
        ranked = self._ranker.rank(query, vector, self._ranker.allowed((resource.kind,), limits))
        return tuple(self._hit(s, (), ()) for s in ranked if s.row != row)[:top_k]

    def facets(self, name: str | None = None) -> dict[str, dict[str, int]]:
        """How many resources carry each term (narrower ones counted in), by facet, most first; `name` limits to one."""
        searched = [f for f, facet in self._index.vocabulary.facets.items() if facet.more.get("searched", True)]
        if name is not None and name not in searched:
            raise UsageError(f"facet {name!r} is not known; facets: {', '.join(searched)}")
        counts: dict[str, Counter[str]] = {f: Counter() for f in ([name] if name else searched)}
        for (facet, term), rows in self._index.rows_with.items():
            if facet in counts:
                counts[facet][term] = len(rows)
        return {f: dict(sorted(c.items(), key=lambda item: (-item[1], item[0]))) for f, c in counts.items()}

    def parts(self) -> tuple[Index, Encoder]:
        """The index and the encoder it was built with, for measuring."""
        return self._index, self._encoder

    # what ask is made of

    @cached_property
    def _encoder(self) -> Encoder:
        encoder = self._given or SentenceTransformerEncoder(self._index.manifest["encoder"]["name"])
        indexes.check_encoder(self._index, encoder)
        return encoder

    @cached_property
    def _default_kinds(self) -> tuple[str, ...]:
        return tuple(t.name for t in self._index.vocabulary.facets["kind"].terms.values() if t.more.get("default"))

    def _ranked(
        self, query: Query, vector: Matrix, given: Sequence[str], fixed: Sequence[Limit]
    ) -> tuple[tuple[str, ...], list[Scored], tuple[Limit, ...], tuple[Limit, ...]]:
        """The kinds looked at, their ranking, and the question's limits kept and dropped.

        The kinds are those given, else those the question names, else those of the resources it names, else the default;
        if nothing of the default kinds fits, those that a word of the question could mean are looked at besides.
        """
        named = tuple(given) or self._named_kinds(query) or self._ranker.kinds_named(query)
        hinted = (*self._default_kinds, *(k for k in query.hinted if k not in self._default_kinds))
        for wanted in (named,) if named else (self._default_kinds, hinted):
            kept, dropped = relax(query.limits, fixed, lambda limits, w=wanted: len(self._ranker.allowed(w, limits)))
            ranked = self._ranker.rank(query, vector, self._ranker.allowed(wanted, (*kept, *fixed)))
            found = wanted, ranked, kept, dropped
            if judge(ranked) != "none":
                return found
        return found if named else (self._default_kinds, *self._ranked(query, vector, self._default_kinds, fixed)[1:])

    def _named_kinds(self, query: Query) -> tuple[str, ...]:
        """The kinds the question names, with those that go with them."""
        return tuple(dict.fromkeys(k for kind in query.kinds for k in (kind, *self._along(kind))))

    def _along(self, kind: str) -> tuple[str, ...]:
        term = self._index.vocabulary.term("kind", kind)
        return tuple(term.more.get("also", ())) if term else ()

    def _kinds(self, kinds: Sequence[str]) -> tuple[str, ...]:
        return tuple(limit.value for limit in from_filters({"kind": list(kinds)}, self._index.vocabulary) if isinstance(limit.value, str))

    def _hit(self, scored: Scored, kept: Sequence[Limit], dropped: Sequence[Limit]) -> Hit:
        resource, terms = self._index.resources[scored.row], self._index.closures[scored.row]
        unmet = [str(limit) for limit in dropped if not limit.met(resource, terms)]
        return Hit(
            id=resource.id,
            kind=resource.kind,
            name=resource.name,
            score=scored.score,
            reasons=(*self._met(scored), *(str(limit) for limit in kept)),
            misses=(*(f"{t.facet}: {t.term}" for t in scored.missed), *unmet),
            url=resource.url,
            description=resource.description,
            facets={f: t for f, t in self._index.terms[scored.row].items() if f != "access"},
            cases=resource.fields.get("cases"),
            released=resource.fields.get("released"),
            licence=resource.licence,
            access=next(iter(resource.facets.get("access", ())), None),
        )

    def _met(self, scored: Scored) -> list[str]:
        """The wanted terms the row meets, naming the narrower term by which it does; else by what it was found."""
        own = self._index.terms[scored.row]
        met = [f"{t.facet}: {t.term}{self._by(t, own.get(t.facet, ()))}" for t in scored.met]
        named = ["name"] if scored.signals.name else []
        return named + met or [f"text alike (cosine {scored.signals.vector:.2f})"]

    def _by(self, tag: Tag, own: Sequence[str]) -> str:
        if tag.term in own:
            return ""
        narrower = [t for t in own if tag.term in self._index.vocabulary.broader(tag.facet, t)]
        return f" ({', '.join(narrower[:2])})" if narrower else ""

    def _verdict(self, match: str, ranked: Sequence[Scored]) -> list[str]:
        if match != "none":
            return []
        return ["nothing in the catalog fits this question; the hits are the nearest misses" if ranked else "nothing satisfies the filters"]

    def _problem(self, query: Query, vector: Matrix, ranked: Sequence[Scored], kinds: Sequence[str]) -> tuple[Problem, list[str]]:
        """The problem behind the question, with what was inferred from the data sets found for the notes."""
        best = ranked if set(kinds) == set(self._default_kinds) else self._data(query, vector)
        shares = _shares([(s.score, self._index.terms[s.row]) for s in best[:_LOOKED_AT]])
        named = [t.term for t in query.tags if t.facet == "task" and (t.strength > WEAK or shares.get("task", {}).get(t.term, 0) >= _SHARED)]
        tasks = _specific(named, self._index) or tuple(t for t in shares.get("task", {}) if shares["task"][t] >= _SHARED)[:1]
        traits = {t: "asked" for t in query.terms("trait")}
        names = ", ".join(self._index.resources[s.row].name for s in best[:3])
        for trait, share in shares.get("trait", {}).items():
            if share >= _SHARED:
                traits.setdefault(trait, f"data found ({names}, …)")
        said = [f"no task named: {tasks[0]} assumed, which most of the best data sets are for"] if tasks and not named else []
        inferred = [t for t, source in traits.items() if source != "asked"]
        said += [f"also taken into account, as the data found have it: {', '.join(inferred)}"] if inferred else []
        terms = {f: query.terms(f) for f in dict.fromkeys(t.facet for t in query.tags) if f not in ("task", "trait")}
        found = {self._index.resources[s.row].id: s.score / (best[0].score or 1.0) for s in best[:_DATA]}
        return Problem(tasks, terms, traits, found), said

    def _data(self, query: Query, vector: Matrix) -> list[Scored]:
        return self._ranker.rank(query, vector, self._ranker.allowed(self._default_kinds, ()))

    def _recommend(self, part: str, kind: str, problem: Problem, top_k: int) -> Any:
        return getattr(self._advisor, part)(problem, kind, top_k)

    def _near(self, identifier: str) -> str:
        from rapidfuzz import fuzz, process

        names = {r.id: f"{r.id} {r.name}" for r in self._index.resources}
        near = process.extract(identifier, names, scorer=fuzz.WRatio, processor=str.casefold, limit=3, score_cutoff=60)
        return f" (did you mean {', '.join(n[2] for n in near)}?)" if near else ""


def no_answer(text: str, why: str) -> Answer:
    """The answer to a question that cannot be asked."""
    empty = {"text": text, "kind": [], "limits": [], "excluded": [], "corrected": []}
    return Answer(empty, "none", (), notes=(why,))


def _notes(query: Query, dropped: Sequence[Limit]) -> list[str]:
    notes = [f"read {found!r} as {better!r}" for found, better in query.corrected]
    return notes + [f"nothing satisfies {limit.asked!r}: that limit was dropped" for limit in dropped]


def _shares(weighted: Sequence[tuple[float, Mapping[str, Sequence[str]]]]) -> dict[str, dict[str, float]]:
    """For each facet and term, the share of the total score whose rows carry it, most first."""
    total = sum(score for score, _ in weighted) or 1.0
    shares: dict[str, Counter[str]] = {}
    for score, terms in weighted:
        for facet, names in terms.items():
            for name in names:
                shares.setdefault(facet, Counter())[name] += score / total  # type: ignore[assignment]
    return {f: dict(c.most_common()) for f, c in shares.items()}


def _specific(tasks: Sequence[str], index: Index) -> tuple[str, ...]:
    """`tasks` without those that another of them is a kind of."""
    broader = {b for t in tasks for b in index.vocabulary.broader("task", t)[1:]}
    return tuple(t for t in tasks if t not in broader)
