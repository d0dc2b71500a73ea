"""Two evaluations, question by question: paired differences with confidence intervals, worst regressions first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from navsearch.errors import UsageError

MEASURE = "nDCG@10"
_RESAMPLES = 10_000
_SEED = 20  # any fixed number: the same reports give the same intervals


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of the second report minus the first over `n` questions of one kind and type, with its 95% interval."""

    kind: str
    type: str
    n: int
    mean: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def read_report(file: Path) -> Mapping[str, Any]:
    """The report that `navsearch evaluate --format json` printed. Raises UsageError if `file` holds none."""
    try:
        report = dict(json.loads(file.read_text(encoding="utf-8")))
        report["queries"][0]["measures"]
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UsageError(f"{file}: found no evaluation ({error}), expected the output of evaluate --format json") from None
    return report


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Difference, ...]:
    """For each kind and type, and for all types together, how the second report differs from the first."""
    groups: dict[tuple[str, str], list[float]] = {}
    for kind, type_, change, _ in _changes(first, second):
        for group in dict.fromkeys((type_, "all")):
            groups.setdefault((kind, group), []).append(change)
    return tuple(_difference(kind, group, changes) for (kind, group), changes in groups.items())


def regressions(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The questions that the second report answers worse, the worst first; ties by order of the report."""
    worse = [{"kind": k, "change": round(c, 4), **q} for k, _, c, q in _changes(first, second) if c < 0]
    return tuple(sorted(worse, key=lambda item: item["change"]))


def _changes(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[tuple[str, str, float, dict[str, str]]]:
    before = {q["id"]: q for q in first["queries"]}
    shared = [(before[q["id"]], q) for q in second["queries"] if q["id"] in before]
    if not shared:
        raise UsageError("the two evaluations share no question, expected reports on the same judged queries")
    return [
        (kind, new["type"], new["measures"][kind][MEASURE] - old["measures"][kind][MEASURE], _named(new))
        for old, new in shared
        for kind in new["measures"]
        if kind in old["measures"]
    ]


def _named(question: Mapping[str, Any]) -> dict[str, str]:
    return {"id": question["id"], "type": question["type"], "query": question["query"]}


def _difference(kind: str, group: str, changes: Sequence[float]) -> Difference:
    """Percentile bootstrap over questions (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13)."""
    values = np.asarray(changes)
    picks = np.random.default_rng(_SEED).integers(0, len(values), size=(_RESAMPLES, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), [2.5, 97.5])
    return Difference(kind, group, len(values), round(float(values.mean()), 4), round(float(low), 4), round(float(high), 4))
