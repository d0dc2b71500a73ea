"""Fit the confidence of an answer: the log-odds that the best resource found fits the question.

    python benchmarks/calibrate.py

Asks every judged question of evaluation/, fits a logistic regression with balanced classes on what speaks for and against
the first row (see ranking.Found), and prints the constants for ranking.ODDS with the figures of 10 folds by question.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from navsearch import Navigator
from navsearch.evaluate import read_judged
from navsearch.ranking import ODDS, STRONG, WEAK, Found

EVALUATION = Path(__file__).parent.parent / "evaluation"


def questions() -> list[tuple[str, bool]]:
    """Every judged question, and whether the catalog serves it."""
    judged = [(q.query, bool(q.relevant)) for name in ("dev", "second") for q in read_judged(EVALUATION / f"{name}.jsonl")]
    lines = (EVALUATION / "verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    return judged + [(item["query"], item["served"]) for item in map(json.loads, lines)]


def features(found: Found) -> list[float]:
    """The values that ODDS weighs, the constant aside."""
    score = found.ranked[0].score if found.ranked else 0.0
    return [score, sum(found.missed.values()), found.strange]


def main() -> None:
    """Fit, report the folds, print the constants."""
    navigator = Navigator()
    asked = questions()
    found = [navigator.find(text) for text, _ in asked]
    kept = [i for i, f in enumerate(found) if not f.limits_only]
    x, y = np.array([features(found[i]) for i in kept]), np.array([asked[i][1] for i in kept])
    likely = np.zeros(len(y))
    for train, test in StratifiedKFold(10, shuffle=True, random_state=1).split(x, y):
        likely[test] = _fit(x[train], y[train]).predict_proba(x[test])[:, 1]
    print(f"{len(y)} questions, {int((~y).sum())} of them outside; 10 folds: AUC {roc_auc_score(y, likely):.3f}")
    for name, least in (("none", WEAK), ("not strong", STRONG)):
        refused, answered = (likely[y] < least).mean(), (likely[~y] >= least).mean()
        print(f"below {least} ({name}): {refused:.1%} of those served; at or above: {answered:.1%} of those outside")
    model = _fit(x, y)
    constants = [model.intercept_[0], *model.coef_[0]]
    print("ODDS =", {name: round(float(value), 1) for name, value in zip(ODDS, constants, strict=True)})


def _fit(x: NDArray[np.float64], y: NDArray[np.bool_]) -> Any:
    return LogisticRegression(class_weight="balanced").fit(x, y)


if __name__ == "__main__":
    main()
