"""Propose rows, score each once on one scale, say why, and judge whether anything fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from navsearch.index import Index, Mask, among
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


Numbers = NDArray[np.float64]
Levels = Mapping[Tag, Numbers]  # how far rows meet each wanted term, 0..1
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


class Ranking(Sequence[Scored]):
    """Rows with their scores, best first; what else there is to say of one is made when it is asked for."""

    def __init__(self, rows: Sequence[int], scores: Sequence[float], tell: Callable[[int, float], Scored]) -> None:
        self.rows, self.scores, self._tell = rows, scores, cache(tell)

    @overload
    def __getitem__(self, place: int) -> Scored: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Scored]: ...
    def __getitem__(self, place: int | slice) -> Scored | Sequence[Scored]:
        if isinstance(place, slice):
            return [self._tell(*both) for both in zip(self.rows[place], self.scores[place], strict=True)]
        return self._tell(self.rows[place], self.scores[place])

    def __len__(self) -> int:
        return len(self.rows)

    def within(self, rows: Mask) -> Ranking:
        """Those whose row is among `rows`, bool [rows]."""
        kept = [(row, score) for row, score in zip(self.rows, self.scores, strict=True) if rows[row]]
        return Ranking([row for row, _ in kept], [score for _, score in kept], self._tell)


@dataclass(frozen=True)
class Found:
    """A ranking: of which kinds, under which of the question's limits, without which. What speaks against its first row:
    `missed`, the facets of which it has none of the terms surely wanted, each with how much that says (0..1: less if it has
    a broader one; if it states nothing there and the question names its kind, the share of that kind that does);
    `unserved`, terms surely wanted that no row of these kinds carries, though they state others; `strange`, the share of
    the question's terms and words that the catalog does not know."""

    kinds: tuple[str, ...]
    kept: tuple[Limit, ...]
    dropped: tuple[Limit, ...]
    ranked: Ranking
    missed: Mapping[str, float]
    unserved: tuple[Tag, ...]
    strange: float
    limits_only: bool

    @cached_property
    def confidence(self) -> float:
        """Probability, 0..1, that the first row fits the question, rounded to four places; 1 where limits are all that it
        asks for, 0 if there is no row."""
        if not self.ranked or self.limits_only:
            return float(bool(self.ranked))
        values = {"always": 1.0, "score": self.ranked.scores[0], "missed": sum(self.missed.values()), "strange": self.strange}
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

    def read(self, query: Query, vector: Matrix) -> Question:
        """What `query`, whose text has this vector, wants of any row."""
        return Question(self._index, query, vector)

    def find(
        self,
        question: Question,
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
            ranked = self.rank(question, self.allowed(kinds, (*kept, *fixed)), fits)
            return self._found(question, kinds, kept, ranked)

        stated = tuple(limit for limit in question.query.limits if limit.concerns(kinds))
        return under(relax(stated, lambda kept: under(kept).confidence))

    def _found(self, question: Question, kinds: Sequence[str], kept: tuple[Limit, ...], ranked: Ranking) -> Found:
        query = question.query
        unknown = sum(w not in self._index.frequency for w in query.leftover)
        return Found(
            kinds=tuple(kinds),
            kept=kept,
            dropped=tuple(limit for limit in query.limits if limit.concerns(kinds) and limit not in kept),
            ranked=ranked,
            missed={f: self._telling(question, s, f) for s in ranked[:1] for f in self._missed_facets(s)},
            unserved=self._unserved(query, kinds),
            strange=unknown / (len(query.tags) + len(query.leftover) or 1),
            limits_only=bool(kept) and not query.leftover and all(any(limit.states(t) for limit in kept) for t in query.tags),
        )

    def allowed(self, kinds: Sequence[str], limits: Iterable[Limit]) -> Mask:
        """bool [rows]: those of `kinds` (all if empty) that satisfy every limit."""
        allowed = self._index.of_kinds(kinds)
        for limit in limits:
            allowed = allowed & self._index.satisfying(limit)
        return allowed

    def rank(self, question: Question, allowed: Mask, fits: Mapping[str, Mapping[int, float]] = _NO_FITS) -> Ranking:
        """The proposed rows among `allowed`, less those ruled out by name, best first; ties go to the lower row."""
        rows = question.proposed(allowed)
        levels = question.levels(rows)
        signals = question.signals(rows, levels, fits)
        scores = np.array([round(score, 4) for score in self._combined(signals).tolist()])
        order = np.argsort(-scores, kind="stable")

        def tell(row: int, score: float) -> Scored:
            place = int(np.searchsorted(rows, row))
            said: list[Any] = [None if np.isnan(values[place]) else float(values[place]) for values in signals]
            return Scored(row, score, Signals(*said), *question.met_and_missed(levels, place))

        return Ranking(rows[order].tolist(), scores[order].tolist(), tell)

    def kinds_named(self, question: Question) -> tuple[str, ...]:
        """Kinds of the resources whose name makes up most of the question."""
        rows = [row for row, share in question.names.items() if share >= NAMED]
        return tuple(dict.fromkeys(self._index.kind_of(r) for r in sorted(rows)))

    def _unserved(self, query: Query, kinds: Sequence[str]) -> tuple[Tag, ...]:
        shares = self._index.tables.shares
        silent = {t.facet for t in query.tags if all(k in query.kinds and shares[k].get(t.facet, 0) < _SELDOM for k in kinds)}
        wanted = (t for t in query.tags if sure(self._index, t) and t.facet not in silent)
        of_kinds = self._index.of_kinds(kinds)
        return tuple(t for t in wanted if not of_kinds[self._index.carrying(t.facet, t.term)].any())

    def _telling(self, question: Question, scored: Scored, facet: str) -> float:
        """How much it says that the row lacks the terms of `facet`: less than 1 if it has a broader one, or if its kind, being
        asked for, seldom states any."""
        if not self._index.closures[scored.row].get(facet):
            kind = self._index.kind_of(scored.row)
            return float(self._index.tables.shares[kind].get(facet, 0.0)) if kind in question.query.kinds else 1.0
        lacking = (t for t in scored.missed if t.facet == facet and sure(self._index, t))
        return 1 - max(float(question.level(np.array([scored.row]), t)[0]) for t in lacking)

    def _missed_facets(self, scored: Scored) -> Iterable[str]:
        """The facets of which a row has none of the terms surely wanted."""
        met = {t.facet for t in scored.met if sure(self._index, t)}
        return dict.fromkeys(t.facet for t in scored.missed if sure(self._index, t) and t.facet not in met)

    def _combined(self, signals: Sequence[Numbers]) -> Numbers:
        """float64 [rows]: weighted mean of the signals there are; then the name pulls the mean towards 1."""
        total = mean = np.zeros(len(signals[0]))
        for name, values in zip(Signals._fields, signals, strict=True):
            if name != "name":
                there = ~np.isnan(values)
                total = total + self._weights[name] * there
                mean = mean + self._weights[name] * np.where(there, values, 0.0)
        mean = np.divide(mean, total, out=np.zeros_like(mean), where=total > 0)
        return np.asarray(mean + self._weights["name"] * signals[-1] * (1 - mean))


class Question:
    """What a question wants of any row: words, terms with their weights, leftover words, names. Made once a question."""

    def __init__(self, index: Index, query: Query, vector: Matrix) -> None:
        self.query = query
        self._index = index
        self._vector = vector
        self._words: NDArray[np.float32] = index.lexical.scores(query.search_text)
        self._names = names(index, query)
        self._weights = {t: self._weight(t) for t in query.tags}
        self._wishes = wishes(query.tags)
        topics = [t for t in query.tags if is_topic(index, t.facet)]
        self._within = {t: longer for t in query.tags if (longer := [o for o in topics if o.contains(t)])}
        self._plain = {w: LEFTOVER * self._rarity(index.frequency.get(w, 0)) for w in query.leftover}
        self._total = self._best(self._weights) + sum(self._plain.values())

    @property
    def names(self) -> Mapping[int, float]:
        """The rows that it names (see names)."""
        return self._names

    def proposed(self, allowed: Mask) -> Rows:
        """int64, ascending: of `allowed`, the nearest by vector, the first by words, the first by wanted terms, and all named;
        none that is ruled out by name."""
        allowed = allowed.copy()
        allowed[[row for row, share in self._names.items() if share < 0]] = False
        near = self._index.vectors.propose(self._vector, POOL, allowed)
        by_words = first(self._words, POOL, np.flatnonzero(allowed))
        by_terms = first(self._carried, POOL, np.flatnonzero(allowed & (self._carried > 0)))
        named = np.array([row for row in self._names if allowed[row]], dtype=np.int64)
        return np.flatnonzero(self._index.mask(near, by_words, by_terms, named))

    def signals(self, rows: Rows, levels: Levels, fits: Mapping[str, Mapping[int, float]]) -> Sequence[Numbers]:
        """Each of Signals for `rows`, which meet the terms at `levels`: float64 [rows], NaN where it says nothing."""
        cosines = self._index.vectors.similarity(self._vector, rows).astype(np.float64)
        told = [self._fit(row, fits) for row in rows.tolist()] if fits else np.full(len(rows), np.nan)
        named = [self._names.get(row, 0.0) for row in rows.tolist()]
        return [
            cosines,
            self._words[rows].astype(np.float64),
            self._share(rows, levels),
            np.asarray(told),
            np.asarray(named, dtype=float),
        ]

    def met_and_missed(self, levels: Levels, place: int) -> tuple[tuple[Tag, ...], tuple[Tag, ...]]:
        """The wanted terms that the row at `place` of `levels` meets, and those it does not wholly meet; the meanings of an
        ambiguous word only if none is met."""
        reached = {tag: float(level[place]) for tag, level in levels.items()}
        met = tuple(t for t, level in reached.items() if level == 1.0)
        return met, tuple(t for wish in self._wishes if max(reached[t] for t in wish) < 1.0 for t in wish)

    def _fit(self, row: int, fits: Mapping[str, Mapping[int, float]]) -> float:
        """How well the row is recommended; NaN if its kind is not recommended at all."""
        of_kind = fits.get(self._index.kind_of(row))
        return math.nan if of_kind is None else of_kind.get(row, 0.0)

    def levels(self, rows: Rows) -> Levels:
        """How far `rows` meet each wanted term: 1 by it or a narrower one, less by a broader one or by silence; a part of a
        longer term (the eye of eye tracking) also by that."""
        own = {tag: self.level(rows, tag) for tag in self._weights}
        return own | {tag: np.maximum.reduce([own[t] for t in (tag, *longer)]) for tag, longer in self._within.items()}

    def level(self, rows: Rows, tag: Tag) -> Numbers:
        """How far `rows` meet one wanted term: 1 by it or a narrower one, less by a broader one or by silence."""
        index, broader = self._index, self._index.vocabulary.broader(tag.facet, tag.term)[1:]
        level = np.where(among(rows, index.stating(tag.facet)), 0.0, UNSTATED)
        for term in broader:
            level[among(rows, index.stating(tag.facet, term))] = BROADER
        level[among(rows, index.carrying(tag.facet, tag.term))] = 1.0
        return level

    def _share(self, rows: Rows, levels: Levels) -> Numbers:
        """Share of what is wanted, terms and leftover words by weight, that `rows` have; NaN if nothing is."""
        if not self._weights:
            return np.full(len(rows), np.nan)
        met = self._best({t: self._weights[t] * level for t, level in levels.items()})
        held = np.zeros(len(rows))
        for word, weight in self._plain.items():
            held = held + weight * among(rows, self._index.lexical.holding(word))
        return np.asarray((met + held) / self._total)

    def _best(self, values: Mapping[Tag, Any]) -> Any:
        """The sum over the wishes, each by its best meaning."""
        return sum(np.maximum.reduce([values[t] for t in wish]) for wish in self._wishes)

    @cached_property
    def _carried(self) -> Numbers:
        """float64 [rows]: the weight of the wanted terms that each row carries."""
        carried = np.zeros(len(self._index))
        for tag, weight in self._weights.items():
            carried[self._index.carrying(tag.facet, tag.term)] += weight
        return carried

    def _weight(self, tag: Tag) -> float:
        """The facet's weight x how surely the term was meant x its rarity."""
        rarity = self._rarity(len(self._index.carrying(tag.facet, tag.term)))
        return _facet_weight(self._index, tag.facet) * tag.strength * rarity

    def _rarity(self, carry: int) -> float:
        """1 for what no row carries, falling with the logarithm of how many do to _COMMON for what all do."""
        rows = len(self._index)
        return _COMMON + (1 - _COMMON) * math.log((rows + 1) / (carry + 1)) / math.log(rows + 1)


def first(values: NDArray[Any], count: int, rows: Rows) -> Rows:
    """The `count` of `rows`, ascending, that have the greatest values, in no order; of equals the lower rows."""
    if len(rows) <= count:
        return rows
    of = values[rows]
    least = np.partition(of, len(of) - count)[len(of) - count]
    greater = rows[of > least]
    return np.concatenate([greater, rows[of == least][: count - len(greater)]])


def wishes(tags: Iterable[Tag]) -> tuple[tuple[Tag, ...], ...]:
    """The tags, those together that are meanings of one ambiguous word: to meet one of them is enough."""
    wishes: dict[tuple[object, ...], list[Tag]] = {}
    for tag in tags:
        place = (tag.start,) if tag.ambiguous else (tag.facet, tag.term)
        wishes.setdefault(place, []).append(tag)
    return tuple(map(tuple, wishes.values()))


def sure(index: Index, tag: Tag) -> bool:
    """Whether the term was surely meant and says what a question is about."""
    return tag.strength == 1.0 and is_topic(index, tag.facet)


def is_topic(index: Index, facet: str) -> bool:
    """Whether the facet says what a question is about, rather than what that is like."""
    return _facet_weight(index, facet) >= 1


def _facet_weight(index: Index, facet: str) -> float:
    """How much the facet counts in ranking."""
    return float(index.vocabulary.facets[facet].more.get("weight", 1.0))


def names(index: Index, query: Query) -> dict[int, float]:
    """Rows whose name or alias the question holds, with how much of its content words the name makes up (0..1); -1 for a
    name that the question rules out."""
    text, found = query.plain_text, words(query.plain_text)
    content, named = len(words(query.search_text)) or 1, dict[int, float]()
    runs = [(start, start + n) for start in range(len(found)) for n in range(1, min(_LONGEST_NAME, len(found) - start) + 1)]
    written = [text[found[start].start : found[end - 1].end] for start, end in runs]
    keys = list(map(key, written))
    rows = index.rows_named(keys)
    for (start, end), said, named_by in zip(runs, written, keys, strict=True):
        for row in rows.get(named_by, ()):
            ruled_out = negated(found, start) or named.get(row, 0.0) < 0
            share = _name_share(index, row, found[start:end], said, content)
            named[row] = -1.0 if ruled_out else max(named.get(row, 0.0), share)
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
