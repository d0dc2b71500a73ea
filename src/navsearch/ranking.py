"""Propose rows, score each once on one scale, say why, and judge whether anything fits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from navsearch.index import Index
from navsearch.limits import Limit
from navsearch.query import Query
from navsearch.vectors import Matrix, Rows
from navsearch.vocabulary import Tag
from navsearch.words import Word, key, negated, words

# Rows each engine proposes. Independent of how many hits are asked for, so that the first k of k + 1 hits are the k hits.
POOL = 100

# How much each signal counts in the mean of those a question has; a name closes this share of the distance to 1.
WEIGHTS: Mapping[str, float] = {"vector": 1.0, "words": 0.5, "tags": 1.4, "fit": 1.0, "name": 0.8}

# A row that carries only a broader term than the one wanted (MRI for FLAIR MRI) meets it in part; one that states nothing
# in a facet may or may not meet it.
BROADER = 0.4
UNSTATED = 0.25

# What a content word that no term explains counts beside the terms; a row meets it by holding the word.
LEFTOVER = 0.4

# A term that every row carries still counts this much of one that hardly any does.
_COMMON = 0.4

# A kind of which a smaller share states a facet is not expected to.
_SELDOM = 0.5

# A name that is no common word says at least this much; a question that consists of a name by more than this asks for it.
NAMED = 0.75
_LONGEST_NAME = 8

# Log-odds that the best row fits the question: a constant, what its score adds, and what is lost by each facet of which
# it has none of the terms surely wanted, and by the share of the question that occurs nowhere in the catalog. Fitted by
# benchmarks/calibrate.py, which reports the folds.
ODDS: Mapping[str, float] = {"always": -2.1, "score": 6.7, "missed": -2.2, "strange": -4.3}
# Least confidence of a good match and of a weak one.
STRONG, WEAK = 0.6, 0.3
# A kind that nobody asked for is shown instead if it is more likely to fit by more than this; one that an everyday word of
# the question could mean, by half of it.
CLEARLY = 0.2


_NO_FITS: Mapping[str, Mapping[int, float]] = {}


class Signals(NamedTuple):
    """How one row answers a question, each 0..1: cosine, share of words, share of wanted terms (None if there are none), how
    well it is recommended for the problem (None for kinds that are not recommended), likeness of name."""

    vector: float
    words: float
    tags: float | None
    fit: float | None
    name: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A row with its score, the signals it was made of, and the wanted terms it meets and misses."""

    row: int
    score: float
    signals: Signals
    met: tuple[Tag, ...]
    missed: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A ranking: of which kinds, under which of the question's limits, without which. What speaks against its first row:
    `missed`, the facets of which it has none of the terms surely wanted, each with how much that says (0..1: less if it has
    a broader one; if it states nothing there and the question names its kind, the share of that kind that does);
    `unserved`, terms surely wanted that no row of these kinds carries, though they state others; `strange`, the share of
    the question's terms and words that the catalog does not know."""

    kinds: tuple[str, ...]
    kept: tuple[Limit, ...]
    dropped: tuple[Limit, ...]
    ranked: tuple[Scored, ...]
    missed: Mapping[str, float]
    unserved: tuple[Tag, ...]
    strange: float
    limits_only: bool

    @property
    def confidence(self) -> float:
        """Probability, 0..1, that the first row fits the question, rounded to four places; 1 where limits are all that it
        asks for, 0 if there is no row."""
        if not self.ranked or self.limits_only:
            return float(bool(self.ranked))
        values = {"always": 1.0, "score": self.ranked[0].score, "missed": sum(self.missed.values()), "strange": self.strange}
        odds = sum(ODDS[name] * value for name, value in values.items())
        return round(1 / (1 + math.exp(-odds)), 4)

    @property
    def match(self) -> str:
        """Whether the best row fits: strong, weak or none."""
        return "strong" if self.confidence >= STRONG else "weak" if self.confidence >= WEAK else "none"


class Ranker:
    """Ranks the rows of an index for questions. `uses` names the signals in use (all by default)."""

    def __init__(self, index: Index, uses: Collection[str] = tuple(WEIGHTS)) -> None:
        self._index = index
        self._weights = {s: w if s in uses else 0.0 for s, w in WEIGHTS.items()}

    def find(
        self,
        query: Query,
        vector: Matrix,
        kinds: Sequence[str],
        fixed: Sequence[Limit] = (),
        fits: Mapping[str, Mapping[int, float]] = _NO_FITS,
    ) -> Found:
        """The ranking of `kinds` under `fixed` limits, which hold, and the question's, which yield if nothing fits (see relax).

        `fits` says how well rows are recommended for the problem (0..1), by kind; a row of such a kind that is not there
        is not recommended at all.
        """

        @cache
        def under(kept: tuple[Limit, ...]) -> Found:
            ranked = self.rank(query, vector, self.allowed(kinds, (*kept, *fixed)), fits)
            return self._found(query, kinds, kept, ranked)

        stated = tuple(limit for limit in query.limits if limit.concerns(kinds))
        return under(relax(stated, lambda kept: under(kept).confidence))

    def _found(self, query: Query, kinds: Sequence[str], kept: tuple[Limit, ...], ranked: Sequence[Scored]) -> Found:
        unknown = sum(w not in self._index.frequency for w in query.leftover)
        return Found(
            kinds=tuple(kinds),
            kept=kept,
            dropped=tuple(limit for limit in query.limits if limit.concerns(kinds) and limit not in kept),
            ranked=tuple(ranked),
            missed={f: self._telling(query, s, f) for s in ranked[:1] for f in self._missed_facets(s)},
            unserved=self._unserved(query, kinds),
            strange=unknown / (len(query.tags) + len(query.leftover) or 1),
            limits_only=bool(kept) and not query.leftover and all(any(limit.states(t) for limit in kept) for t in query.tags),
        )

    def allowed(self, kinds: Collection[str], limits: Iterable[Limit]) -> Rows:
        """int64: rows of `kinds` (all if empty) that satisfy every limit, ascending."""
        limits = tuple(limits)
        rows = (r for r, resource in enumerate(self._index.resources) if not kinds or resource.kind in kinds)
        return np.asarray([r for r in rows if self._meets(r, limits)], dtype=np.int64)

    def rank(
        self, query: Query, vector: Matrix, allowed: Rows, fits: Mapping[str, Mapping[int, float]] = _NO_FITS
    ) -> list[Scored]:
        """The proposed rows among `allowed`, less those ruled out by name, best first; ties go to the lower row."""
        question = _Question(self._index, query, fits)
        allowed = np.setdiff1d(allowed, [row for row, share in question.names.items() if share < 0])
        near = self._index.vectors.propose(vector, POOL, allowed)
        rows = np.union1d(near, question.proposed(allowed)).astype(np.int64)
        cosines = self._index.vectors.similarity(vector, rows)
        scored = (self._score(question, int(row), float(cosine)) for row, cosine in zip(rows, cosines, strict=True))
        return sorted(scored, key=lambda s: (-s.score, s.row))

    def kinds_named(self, query: Query) -> tuple[str, ...]:
        """Kinds of the resources whose name makes up most of the question."""
        rows = [row for row, share in names(self._index, query).items() if share >= NAMED]
        return tuple(dict.fromkeys(self._index.resources[r].kind for r in sorted(rows)))

    def _unserved(self, query: Query, kinds: Collection[str]) -> tuple[Tag, ...]:
        carried = {k for k, rows in self._index.rows_with.items() if any(self._index.resources[r].kind in kinds for r in rows)}
        silent = {t.facet for t in query.tags if all(k in query.kinds and self._stated[k][t.facet] < _SELDOM for k in kinds)}
        return tuple(t for t in query.tags if self._sure(t) and t.facet not in silent and (t.facet, t.term) not in carried)

    def _telling(self, query: Query, scored: Scored, facet: str) -> float:
        """How much it says that the row lacks the terms of `facet`: less than 1 if it has a broader one, or if its kind, being
        asked for, seldom states any."""
        if not self._index.closures[scored.row].get(facet):
            kind = self._index.resources[scored.row].kind
            return self._stated[kind][facet] if kind in query.kinds else 1.0
        lacking = (t for t in scored.missed if t.facet == facet and self._sure(t))
        return 1 - max(_level(self._index, scored.row, t) for t in lacking)

    @cached_property
    def _stated(self) -> dict[str, Counter[str]]:
        """By kind, the share of its rows that state a facet."""
        rows = Counter(r.kind for r in self._index.resources)
        stated = {kind: Counter[str]() for kind in self._index.vocabulary.facets["kind"].terms}
        for resource, terms in zip(self._index.resources, self._index.closures, strict=True):
            for facet in (f for f, names in terms.items() if names):
                stated[resource.kind][facet] += 1
        return {kind: Counter({f: n / rows[kind] for f, n in of.items()}) for kind, of in stated.items()}

    def _missed_facets(self, scored: Scored) -> Iterable[str]:
        """The facets of which a row has none of the terms surely wanted."""
        met = {t.facet for t in scored.met if self._sure(t)}
        return dict.fromkeys(t.facet for t in scored.missed if self._sure(t) and t.facet not in met)

    def _sure(self, tag: Tag) -> bool:
        """Whether the term was surely meant and says what a question is about."""
        return tag.strength == 1.0 and _facet_weight(self._index, tag.facet) >= 1

    def _meets(self, row: int, limits: Sequence[Limit]) -> bool:
        resource, terms = self._index.resources[row], self._index.closures[row]
        return all(limit.met(resource, terms) for limit in limits)

    def _score(self, question: _Question, row: int, cosine: float) -> Scored:
        levels = question.levels(row)
        named = question.names.get(row, 0.0)
        signals = Signals(cosine, float(question.words[row]), question.share(row, levels), question.fit(row), named)
        met = tuple(t for t, level in levels.items() if level == 1.0)
        return Scored(
            row,
            self._combine(signals),
            signals,
            met,
            question.missed(levels),
        )

    def _combine(self, signals: Signals) -> float:
        """Weighted mean of the signals there are; then the name pulls the mean towards 1."""
        values = {s: value for s, value in signals._asdict().items() if value is not None and s != "name"}
        total = sum(self._weights[s] for s in values)
        mean = sum(self._weights[s] * value for s, value in values.items()) / total if total else 0.0
        return round(mean + self._weights["name"] * signals.name * (1 - mean), 4)


class _Question:
    """What a question wants of any row: words, terms with their weights, leftover words, names. Made once a ranking."""

    def __init__(self, index: Index, query: Query, fits: Mapping[str, Mapping[int, float]]) -> None:
        self._index = index
        self._fits = fits
        self.words: NDArray[np.float32] = index.lexical.scores(query.search_text)
        self.names = names(index, query)
        self._weights = {t: self._weight(t) for t in query.tags}
        self._wishes = _wishes(query.tags)
        topics = [t for t in query.tags if _facet_weight(index, t.facet) >= 1]
        self._within = {t: longer for t in query.tags if (longer := [o for o in topics if o.contains(t)])}
        plain = {w: LEFTOVER * self._rarity(index.frequency.get(w, 0)) for w in query.leftover}
        self._held = sum((weight * index.lexical.holding(w) for w, weight in plain.items()), np.zeros(len(index.resources)))
        self.total = self._best(self._weights) + sum(plain.values())

    def proposed(self, allowed: Rows) -> list[int]:
        """Of `allowed`: the first by words, the first by wanted terms, and all that are named."""
        by_words = allowed[np.argsort(-self.words[allowed], kind="stable")[:POOL]].tolist()
        rows = set(allowed.tolist())
        by_terms = [r for r in self._by_terms() if r in rows][:POOL]
        return [*by_words, *by_terms, *(r for r in self.names if r in rows)]

    def levels(self, row: int) -> dict[Tag, float]:
        """How far the row meets each wanted term: 1 by it or a narrower one, less by a broader one or by silence; a part of a
        longer term (the eye of eye tracking) also by that."""
        own = {tag: _level(self._index, row, tag) for tag in self._weights}
        return own | {tag: max(own[t] for t in (tag, *longer)) for tag, longer in self._within.items()}

    def share(self, row: int, levels: Mapping[Tag, float]) -> float | None:
        """Share of what is wanted, terms and leftover words by weight, that the row has; None if nothing is."""
        met = self._best({t: self._weights[t] * level for t, level in levels.items()}) + float(self._held[row])
        return met / self.total if self._weights else None

    def fit(self, row: int) -> float | None:
        """How well the row is recommended; None if its kind is not recommended at all."""
        fits = self._fits.get(self._index.resources[row].kind)
        return None if fits is None else fits.get(row, 0.0)

    def missed(self, levels: Mapping[Tag, float]) -> tuple[Tag, ...]:
        """The wanted terms not wholly met; the meanings of an ambiguous word only if none is."""
        return tuple(t for wish in self._wishes if max(levels[t] for t in wish) < 1.0 for t in wish)

    def _best(self, values: Mapping[Tag, float]) -> float:
        """The sum over the wishes, each by its best meaning."""
        return sum(max(values[t] for t in wish) for wish in self._wishes)

    def _by_terms(self) -> list[int]:
        """Rows by the weight of the wanted terms they carry, most first."""
        carried: dict[int, float] = {}
        for tag, weight in self._weights.items():
            for row in self._index.rows_with.get((tag.facet, tag.term), ()):
                carried[row] = carried.get(row, 0.0) + weight
        return sorted(carried, key=lambda r: (-carried[r], r))

    def _weight(self, tag: Tag) -> float:
        """The facet's weight x how surely the term was meant x its rarity."""
        rarity = self._rarity(len(self._index.rows_with.get((tag.facet, tag.term), ())))
        return _facet_weight(self._index, tag.facet) * tag.strength * rarity

    def _rarity(self, carry: int) -> float:
        """1 for what no row carries, falling with the logarithm of how many do to _COMMON for what all do."""
        rows = len(self._index.resources)
        return _COMMON + (1 - _COMMON) * math.log((rows + 1) / (carry + 1)) / math.log(rows + 1)


def _level(index: Index, row: int, tag: Tag) -> float:
    """How far a row meets a wanted term: 1 by it or a narrower one, less by a broader one or by silence."""
    terms = index.closures[row].get(tag.facet)
    if not terms:
        return UNSTATED
    if tag.term in terms:
        return 1.0
    broader = index.vocabulary.broader(tag.facet, tag.term)[1:]
    return BROADER if set(broader) & set(index.terms[row][tag.facet]) else 0.0


def _wishes(tags: Iterable[Tag]) -> tuple[tuple[Tag, ...], ...]:
    """The tags, those together that are meanings of one ambiguous word: to meet one of them is enough."""
    wishes: dict[tuple[object, ...], list[Tag]] = {}
    for tag in tags:
        place = (tag.start,) if tag.ambiguous else (tag.facet, tag.term)
        wishes.setdefault(place, []).append(tag)
    return tuple(map(tuple, wishes.values()))


def _facet_weight(index: Index, facet: str) -> float:
    """How much the facet counts in ranking; those of at least 1 say what a question is about, the others what it is like."""
    return float(index.vocabulary.facets[facet].more.get("weight", 1.0))


def names(index: Index, query: Query) -> dict[int, float]:
    """Rows whose name or alias the question holds, with how much of its content words the name makes up (0..1); -1 for a
    name that the question rules out."""
    text, found = query.plain_text, words(query.plain_text)
    content = len(words(query.search_text)) or 1
    named: dict[int, float] = {}
    for start in range(len(found)):
        for end in range(start + 1, min(start + _LONGEST_NAME, len(found)) + 1):
            run = found[start:end]
            written = text[run[0].start : run[-1].end]
            for row in index.rows_named.get(key(written), ()):
                ruled_out = negated(found, start) or named.get(row, 0.0) < 0
                named[row] = -1.0 if ruled_out else max(named.get(row, 0.0), _name_share(index, row, run, written, content))
    return named


def _name_share(index: Index, row: int, run: Sequence[Word], written: str, content: int) -> float:
    """The share of the words that the name makes up, but at least NAMED for a name that can be nothing else: not a word of
    the vocabulary (Retina), and not a single word written otherwise than the name (to drive, DRIVE)."""
    share = min(1.0, len(run) / content)
    resource = index.resources[row]
    exact = written in (resource.name, *resource.aliases)
    known = all(w.stem in index.vocabulary.known_stems for w in run)
    plain = len(run) == 1 and written.isalpha() and not exact
    return share if known or plain else max(NAMED, share)


def relax(limits: tuple[Limit, ...], likely: Callable[[tuple[Limit, ...]], float]) -> tuple[Limit, ...]:
    """The limits to keep so that something fits: all, if it is `likely` (0..1) enough that something does under them.

    Else the one goes without which it is likeliest (the last of equals), and so on. What is ruled out stays so, and if
    nothing fits whichever limits go, all stay.
    """
    kept = limits
    while likely(kept) < WEAK and (yielding := [limit for limit in kept if limit.op != "!="]):
        kept = max((tuple(k for k in kept if k is not limit) for limit in reversed(yielding)), key=likely)
    return kept if likely(kept) >= WEAK else limits
