"""Propose rows, score each once on one scale, say why, and judge whether anything fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from navsearch.index import Index
from navsearch.limits import Limit
from navsearch.query import Query
from navsearch.vectors import Matrix, Rows
from navsearch.vocabulary import Tag
from navsearch.words import STOP_WORDS, key, words

# Rows each engine proposes. Independent of how many hits are asked for, so that the first k of k + 1 hits are the k hits.
POOL = 100

# How much each signal counts in the mean of those a question has; a name closes this share of the distance to 1.
WEIGHTS: Mapping[str, float] = {"vector": 1.0, "words": 0.8, "tags": 1.6, "name": 0.8}

# A row that carries only a broader term than the one wanted (MRI for FLAIR MRI) meets it in part; one that states nothing
# in a facet may or may not meet it.
BROADER = 0.4
UNSTATED = 0.25

# What a content word that no term explains counts beside the terms; a row meets it by holding the word.
LEFTOVER = 0.4

# A question that consists of a name by more than this share asks for the resource of that name.
_NAMED = 0.75

# Least best score of a good match and of a weak one; fitted by eye on the development queries (see evaluate).
STRONG, WEAK = 0.42, 0.33


class Signals(NamedTuple):
    """How one row answers a question, each 0..1: cosine, share of words, share of wanted terms, likeness of name."""

    vector: float
    words: float
    tags: float
    name: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A row with its score, the signals it was made of, and the wanted terms it meets and misses."""

    row: int
    score: float
    signals: Signals
    met: tuple[Tag, ...]
    missed: tuple[Tag, ...]


class Ranker:
    """Ranks the rows of an index for questions. `uses` names the signals in use (all by default)."""

    def __init__(self, index: Index, uses: Collection[str] = tuple(WEIGHTS)) -> None:
        self._index = index
        self._weights = {s: w if s in uses else 0.0 for s, w in WEIGHTS.items()}

    def allowed(self, kinds: Collection[str], limits: Iterable[Limit]) -> Rows:
        """int64: rows of `kinds` (all if empty) that satisfy every limit, ascending."""
        limits = tuple(limits)
        rows = [r for r in range(len(self._index.resources)) if self._is(r, kinds) and self._meets(r, limits)]
        return np.asarray(rows, dtype=np.int64)

    def rank(self, query: Query, vector: Matrix, allowed: Rows) -> list[Scored]:
        """The proposed rows among `allowed`, best first; ties go to the lower row."""
        names = self._names(query)
        lexical = self._index.lexical.scores(query.search_text)
        rows = self._proposed(query, vector, allowed, lexical, names)
        cosines = self._index.vectors.similarity(vector, rows)
        weights = self._specific(query.tags)
        held = self._held(query.leftover)
        scored = [
            self._score(int(row), float(cosine), float(lexical[row]), names.get(int(row), 0.0), weights, held)
            for row, cosine in zip(rows, cosines, strict=True)
        ]
        return sorted(scored, key=lambda s: (-s.score, s.row))

    def kinds_named(self, query: Query) -> tuple[str, ...]:
        """Kinds of the resources whose name makes up most of the question."""
        rows = [row for row, share in self._names(query).items() if share > _NAMED]
        return tuple(dict.fromkeys(self._index.resources[r].kind for r in sorted(rows)))

    def _is(self, row: int, kinds: Collection[str]) -> bool:
        return not kinds or self._index.resources[row].kind in kinds

    def _meets(self, row: int, limits: Sequence[Limit]) -> bool:
        resource, terms = self._index.resources[row], self._index.closures[row]
        return all(limit.met(resource, terms) for limit in limits)

    def _proposed(self, query: Query, vector: Matrix, allowed: Rows, lexical: np.ndarray, names: Mapping[int, float]) -> Rows:
        """FAISS neighbours ∪ BM25 ∪ rows with the wanted terms ∪ rows named, within `allowed`."""
        by_words = allowed[np.argsort(-lexical[allowed], kind="stable")[:POOL]]
        allowed_set = set(allowed.tolist())
        by_tags = [r for r in self._by_tags(query.tags) if r in allowed_set][:POOL]
        by_name = [r for r in names if r in allowed_set]
        near = self._index.vectors.propose(vector, POOL, allowed)
        return np.unique(np.concatenate([near, by_words, by_tags, by_name]).astype(np.int64))

    def _by_tags(self, tags: Iterable[Tag]) -> list[int]:
        """Rows by the weight of the wanted terms they carry, most first."""
        total: dict[int, float] = {}
        for tag, weight in self._specific(tags).items():
            for row in self._index.rows_with.get((tag.facet, tag.term), ()):
                total[row] = total.get(row, 0.0) + weight
        return sorted(total, key=lambda r: (-total[r], r))

    def _specific(self, tags: Iterable[Tag]) -> dict[Tag, float]:
        """How much each wanted term counts: its facet's weight x how surely it was meant x how few rows carry it."""
        return {t: self._facet_weight(t.facet) * t.strength * self._rarity(t) for t in tags}

    def _facet_weight(self, facet: str) -> float:
        return float(self._index.vocabulary.facets[facet].more.get("weight", 1.0))

    def _rarity(self, tag: Tag) -> float:
        rows = len(self._index.resources)
        carry = len(self._index.rows_with.get((tag.facet, tag.term), ()))
        return 0.4 + 0.6 * math.log((rows + 1) / (carry + 1)) / math.log(rows + 1)

    def _held(self, leftover: Sequence[str]) -> tuple[np.ndarray, float]:
        """float [rows]: how much of `leftover` each row holds, and how much there is."""
        held = sum((self._index.lexical.holding(stem).astype(np.float64) for stem in leftover), np.zeros(len(self._index.resources)))
        return LEFTOVER * held, LEFTOVER * len(leftover)

    def _names(self, query: Query) -> dict[int, float]:
        """Rows whose name or alias the question holds, with how much of the question's words the name makes up."""
        found = words(query.search_text)
        content = sum(w.folded not in STOP_WORDS for w in found) or 1
        named: dict[int, float] = {}
        for start in range(len(found)):
            for end in range(start + 1, min(start + 8, len(found)) + 1):
                share = self._name_share(found[start:end], content)
                for row in self._index.rows_named.get(key("".join(w.raw for w in found[start:end])), ()):
                    named[row] = max(named.get(row, 0.0), share)
        return named

    def _name_share(self, found: Sequence[object], content: int) -> float:
        """A word of the vocabulary that happens to be a name (Retina) says little; any other name says much."""
        stems = [w.stem for w in found]  # type: ignore[attr-defined]
        common = all(s in self._index.vocabulary.known_stems for s in stems)
        return min(1.0, len(stems) / content) if common else max(_NAMED, min(1.0, len(stems) / content))

    def _score(self, row: int, cosine: float, word_share: float, name: float, weights: Mapping[Tag, float], held: tuple[np.ndarray, float]) -> Scored:
        levels = {tag: self._level(row, tag) for tag in weights}
        total = sum(weights.values()) + held[1]
        share = (sum(weights[t] * level for t, level in levels.items()) + float(held[0][row])) / total if total else 0.0
        signals = Signals(cosine, word_share, share, name)
        return Scored(
            row,
            self._combine(signals, has_tags=bool(total)),
            signals,
            tuple(t for t, level in levels.items() if level == 1.0),
            tuple(t for t, level in levels.items() if level < 1.0),
        )

    def _combine(self, signals: Signals, *, has_tags: bool) -> float:
        """Weighted mean of vector, words and (if the question has any) terms; then the name pulls the mean towards 1."""
        use = {s: w for s, w in self._weights.items() if s != "name" and (s != "tags" or has_tags)}
        total = sum(use.values())
        mean = sum(w * getattr(signals, s) for s, w in use.items()) / total if total else 0.0
        return round(mean + self._weights["name"] * signals.name * (1 - mean), 4)

    def _level(self, row: int, tag: Tag) -> float:
        terms = self._index.closures[row].get(tag.facet)
        if not terms:
            return UNSTATED
        if tag.term in terms:
            return 1.0
        return BROADER if self._broader_than(tag) & set(self._index.terms[row][tag.facet]) else 0.0

    def _broader_than(self, tag: Tag) -> set[str]:
        return set(self._index.vocabulary.broader(tag.facet, tag.term)[1:])


def judge(ranked: Sequence[Scored]) -> str:
    """Whether the best row fits: strong, weak or none."""
    best = ranked[0].score if ranked else 0.0
    return "strong" if best >= STRONG else "weak" if best >= WEAK else "none"


def relax(
    limits: Sequence[Limit], fixed: Sequence[Limit], count: Callable[[Sequence[Limit]], int]
) -> tuple[tuple[Limit, ...], tuple[Limit, ...]]:
    """The limits to keep and those to drop, so that something is left.

    While `count(kept + fixed)` is zero, drop the one of `limits` without which most is left (the last of equals);
    `fixed` ones, which the user set as filters, stay.
    """
    kept, dropped = list(limits), []
    while kept and not count([*kept, *fixed]):
        worst = max(reversed(kept), key=lambda limit: count([k for k in kept if k is not limit] + list(fixed)))
        kept.remove(worst)
        dropped.append(worst)
    return tuple(kept), tuple(dropped)
