"""How well resources can do what a problem asks, by what they are made for; on arrays, for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from navsearch.index import Index, Mask, among
from navsearch.problem import Problem
from navsearch.vectors import Rows

Shares = NDArray[np.float64]

# How well it does the task: one that is made for a broader task, for a narrower one, or for one that this is trained as.
_BROADER, _NARROWER, _TRAINED_AS = 0.9, 0.7, 0.6
# How far it meets a wanted term: by a broader one or one that serves it, or by silence.
_BY_NEAR, _BY_SILENCE = 0.7, 0.85
# What is made for another modality or shape of sample is worth so much less for each.
_MISFIT = 0.6


class Fitness:
    """Of the rows of an index for a problem; each value float64 [rows], 0..1."""

    def __init__(self, index: Index, problem: Problem) -> None:
        self._index, self._problem = index, problem

    def worth(self, rows: Rows, task: str) -> Shares:
        """How well each of `rows` can do `task` on such data at all."""
        facets = {t.facet for t in self._problem.traits if not self._adds(t.facet)}
        misfits = np.zeros(len(rows), dtype=np.int64)
        for facet in facets:
            terms = [t.term for t in self._problem.traits if t.facet == facet]
            misfits += ~np.logical_or.reduce([self._meets(rows, facet, term) > 0 for term in terms])
        return np.asarray(self._does(rows, task) * np.array([_MISFIT**n for n in range(len(facets) + 1)])[misfits])

    def fit(self, rows: Rows) -> Shares:
        """How far each has what is wanted, task aside: the terms asked for and, counting less, what the data found have in
        common."""
        asked = {(f, t): 1.0 for f, terms in self._problem.terms.items() for t in terms}
        wanted = {(t.facet, t.term): t.weight for t in self._problem.traits} | asked
        if not wanted:
            return np.full(len(rows), _BY_SILENCE)
        met = sum(weight * self._meets(rows, facet, term) for (facet, term), weight in wanted.items())
        return np.asarray(met / sum(wanted.values()))

    def _does(self, rows: Rows, task: str) -> Shares:
        """How well each does `task`: by itself, by a broader or narrower task, or by one that it is trained as."""
        does = np.where(among(rows, self._index.carrying("task", task)), _NARROWER, _TRAINED_AS)
        does[self._state(rows, "task", self._index.vocabulary.broader("task", task))] = _BROADER
        does[self._state(rows, "task", [task])] = 1.0
        return does

    def _meets(self, rows: Rows, facet: str, term: str) -> Shares:
        known = self._index.vocabulary.term(facet, term)
        near = {*self._index.vocabulary.broader(facet, term), known.more.get("trained_as") if known else None} - {None}
        meets = np.where(self._state(rows, facet, filter(None, near)), _BY_NEAR, 0.0)
        meets[self._adds(facet) | ~among(rows, self._index.stating(facet))] = _BY_SILENCE
        meets[among(rows, self._index.carrying(facet, term))] = 1.0
        return meets

    def _state(self, rows: Rows, facet: str, terms: Iterable[str]) -> Mask:
        """bool [rows]: which of `rows` state just one of `terms`."""
        return among(rows, np.flatnonzero(self._index.mask(*(self._index.stating(facet, term) for term in terms))))

    def _adds(self, facet: str) -> bool:
        """Whether many of its terms may hold, so that to name one denies none."""
        return bool(self._index.vocabulary.facets[facet].more.get("from_data") == "always")
