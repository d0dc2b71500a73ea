"""Judged questions: how well rankings, losses and verdicts agree with them, by type and kind, and without each signal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from navsearch.answer import Answer
from navsearch.encoder import Around, Encoder
from navsearch.errors import UsageError
from navsearch.forward import Progress
from navsearch.index import Index
from navsearch.navigator import Navigator
from navsearch.ranking import WEIGHTS
from navsearch.reading import lines_of
from navsearch.vectors import Matrix

CUT = 10
FIRST_LOSSES = 6
_DEEP = 100  # hits looked through for CUT judged ones
_RELEVANT = 2  # least grade that counts for recall
# The rankings that --ablate compares: which signals each uses. One alone, then all but one, then all.
ABLATIONS: Mapping[str, tuple[str, ...]] = {
    "words": ("words",),
    "vectors": ("vector",),
    "tags": ("tags",),
    **{f"no {signal}": tuple(s for s in WEIGHTS if s != signal) for signal in WEIGHTS},
    "all": tuple(WEIGHTS),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with graded resources (kind -> name -> grade), good and bad losses; all may be empty."""

    id: str
    query: str
    type: str
    relevant: Mapping[str, Mapping[str, int]]
    losses_good: Sequence[str]
    losses_bad: Sequence[str]


@dataclass(frozen=True, slots=True)
class Report:
    """Measures by type and kind, and what the recommendations and verdicts got right."""

    measures: Mapping[str, Mapping[str, Mapping[str, float]]]  # kind -> type -> measure -> mean; "n" is the number
    losses: Mapping[str, Any]
    verdicts: Mapping[str, Any]
    queries: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "measures": self.measures,
            "losses": self.losses,
            "verdicts": self.verdicts,
            "queries": list(self.queries),
        }


@dataclass(frozen=True, slots=True)
class Miss:
    """A poor ranking: relevant names missing from the first ten, best grade first, and the others that stand there."""

    question: Judged
    kind: str
    ndcg: float
    understood: Mapping[str, Any]
    missing: tuple[str, ...]
    instead: tuple[str, ...]


def read_judged(file: Path) -> tuple[Judged, ...]:
    """The judged questions in `file`, one JSON object a line. Raises UsageError with file and line if one is malformed."""
    try:
        lines = lines_of(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: found no readable file ({error}), expected judged queries") from None
    judged = tuple(_judged(file, number, line) for number, line in enumerate(lines, 1) if line.strip())
    twice = [question for question, count in Counter(q.id for q in judged).items() if count > 1]
    if twice or not judged:
        raise UsageError(f"{file}: found {f'id {twice[0]!r} twice' if twice else 'no query'}, expected queries with an id each")
    return judged


def evaluate(index: Index, encoder: Encoder, judged: Sequence[Judged], progress: Progress | None = None) -> Report:
    """Ask every judged question and measure the answers."""
    navigator = Navigator.of(index, _Remembering(encoder))
    rankings, answers = {}, {}
    later = _added_later(index)
    for question in judged:
        answers[question.id] = navigator.ask(question.query, top_k=100)
        for kind in question.relevant:
            rankings[question.id, kind] = _names(navigator.ask(question.query, kinds=[kind], top_k=_DEEP), later)
        if progress:
            progress(1)
    values = {pair: _measured(pair, judged, names) for pair, names in rankings.items()}
    return Report(
        measures=_by_kind_and_type(values, judged),
        losses=_losses(judged, answers),
        verdicts=_verdicts(judged, answers),
        queries=tuple(_row(q, values, answers[q.id]) for q in judged),
    )


def ablate(
    index: Index, encoder: Encoder, judged: Sequence[Judged], progress: Progress | None = None
) -> dict[str, dict[str, dict[str, float]]]:
    """The default kind's measures by type, for each of ABLATIONS."""
    remembering = _Remembering(encoder)
    kind = next(t.name for t in index.vocabulary.facets["kind"].terms.values() if t.more.get("default"))
    table, later = {}, _added_later(index)
    for name, uses in ABLATIONS.items():
        navigator = Navigator.of(index, remembering, uses)
        asked = [q for q in judged if kind in q.relevant]
        names = {q.id: _names(navigator.ask(q.query, kinds=[kind], top_k=_DEEP), later) for q in asked}
        values = {(query, kind): _measured((query, kind), judged, found) for query, found in names.items()}
        table[name] = dict(_by_kind_and_type(values, judged).get(kind, {}))
        if progress:
            progress(1)
    return table


def misses(index: Index, encoder: Encoder, judged: Sequence[Judged], report: Report, most: int) -> tuple[Miss, ...]:
    """The `most` rankings with the lowest nDCG@10 below 1, lowest first: what was understood, what is missing from the
    first ten, and what stands above it without being relevant."""
    navigator, later = Navigator.of(index, _Remembering(encoder)), _added_later(index)
    questions = {q.id: q for q in judged}
    poor = [(m["nDCG@10"], row["id"], kind) for row in report.queries for kind, m in row["measures"].items()]
    found = []
    for ndcg, question, kind in sorted(p for p in poor if p[0] < 1)[:most]:
        answer = navigator.ask(questions[question].query, kinds=[kind], top_k=_DEEP)
        found.append(_miss(questions[question], kind, ndcg, answer.query, _names(answer, later)))
    return tuple(found)


def _miss(question: Judged, kind: str, ndcg: float, understood: Mapping[str, Any], names: Sequence[str]) -> Miss:
    grades = question.relevant[kind]
    missing = sorted((name for name in grades if name not in names), key=lambda name: -grades[name])
    return Miss(question, kind, ndcg, understood, tuple(missing), tuple(n for n in names if n not in grades))


class _Remembering(Around):
    """An encoder that encodes no text twice."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self._known: dict[str, Matrix] = {}

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:  # noqa: ARG002
        for text in texts:
            if text not in self._known:
                self._known[text] = self._encoder.encode([text])[0]
        import numpy as np

        return np.stack([self._known[t] for t in texts])


def _names(answer: Answer, later: frozenset[str]) -> list[str]:
    """Names of the first hits, each once (a name may stand for several records), without those of `later`."""
    return _unique(h.name for h in answer.hits if h.id not in later)[:CUT]


def _added_later(index: Index) -> frozenset[str]:
    """Ids of records that say they are not of the seed list: nobody judged them, so they count neither way."""
    return frozenset(r.id for r in index.records() if r.fields.get("seed") is False)


def _measured(pair: tuple[str, str], judged: Sequence[Judged], names: Sequence[str]) -> dict[str, float]:
    """nDCG@10 (gain = grade), recall@10 (grade >= 2) and reciprocal rank of one ranking, after ir-measures."""
    import ir_measures
    from ir_measures import RR, R, nDCG

    query, kind = pair
    grades = next(q for q in judged if q.id == query).relevant[kind]
    qrels = [ir_measures.Qrel(query, name, grade) for name, grade in grades.items()]
    run = [ir_measures.ScoredDoc(query, name, -float(place)) for place, name in enumerate(names)]
    wanted = {"nDCG@10": nDCG @ CUT, "recall@10": R(rel=_RELEVANT) @ CUT, "MRR": RR @ CUT}
    found = ir_measures.calc_aggregate(list(wanted.values()), qrels, run) if run else {}
    return {name: float(found.get(measure, 0.0)) for name, measure in wanted.items()}


def _by_kind_and_type(
    values: Mapping[tuple[str, str], Mapping[str, float]], judged: Iterable[Judged]
) -> dict[str, dict[str, dict[str, float]]]:
    types = {q.id: q.type for q in judged}
    groups: dict[str, dict[str, list[Mapping[str, float]]]] = {}
    for (query, kind), measures in values.items():
        for group in dict.fromkeys((types[query], "all")):
            groups.setdefault(kind, {}).setdefault(group, []).append(measures)
    return {kind: {g: _mean(rows) for g, rows in by_type.items()} for kind, by_type in groups.items()}


def _mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {"n": len(rows)} | {name: round(fmean(r[name] for r in rows), 4) for name in rows[0]}


def _losses(judged: Sequence[Judged], answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Among the judged losses only: share of good ones in the first six, how often the first is good, bad ones shown."""
    known = {name for q in judged for name in (*q.losses_good, *q.losses_bad, *q.relevant.get("loss", ()))}
    shown = {q.id: [n for n in _unique(r.name for r in answers[q.id].losses) if n in known] for q in judged}
    asked = [q for q in judged if q.losses_good]
    bad = {q.id: sorted(set(shown[q.id]) & set(q.losses_bad)) for q in judged}
    return {
        "n": len(asked),
        "good_in_first_six": _average(_share(shown[q.id], q.losses_good) for q in asked),
        "first_is_good": _average(float(shown[q.id][:1] != [] and shown[q.id][0] in q.losses_good) for q in asked),
        "bad": {query: names for query, names in bad.items() if names},
    }


def _share(shown: Sequence[str], good: Sequence[str]) -> float:
    return len(set(shown[:FIRST_LOSSES]) & set(good)) / min(FIRST_LOSSES, len(good))


def _verdicts(judged: Sequence[Judged], answers: Mapping[str, Answer]) -> dict[str, Any]:
    outside = [q for q in judged if not q.relevant]
    served = [q for q in judged if q.relevant]
    return {
        "outside": len(outside),
        "outside_none": sum(answers[q.id].match == "none" for q in outside),
        "outside_answered": [q.id for q in outside if answers[q.id].match != "none"],
        "served": len(served),
        "served_none": [q.id for q in served if answers[q.id].match == "none"],
    }


def _row(question: Judged, values: Mapping[tuple[str, str], Mapping[str, float]], answer: Answer) -> dict[str, Any]:
    best = answer.hits[0].score if answer.hits else 0.0
    measures = {kind: m for (query, kind), m in values.items() if query == question.id}
    head = {"id": question.id, "type": question.type, "query": question.query, "understood": dict(answer.query)}
    return head | {"match": answer.match, "best_score": best, "measures": measures}


def _judged(file: Path, number: int, line: str) -> Judged:
    try:
        item = json.loads(line)
        relevant = {
            kind: {name: int(g) for name, g in graded.items()} for kind, graded in item.get("relevant", {}).items() if graded
        }
        good, bad = ([str(name) for name in _listed(item, field)] for field in ("losses_good", "losses_bad"))
        return Judged(str(item["id"]), str(item["query"]), str(item.get("type", "all")), relevant, good, bad)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{file}:{number}: found no judged query ({error}), expected an object with id and query") from None


def _listed(item: Mapping[str, Any], field: str) -> list[Any]:
    value = item.get(field) or []
    if not isinstance(value, list):
        raise TypeError(f"{field} is no list")
    return value


def _average(values: Iterable[float]) -> float | None:
    found = list(values)
    return round(fmean(found), 4) if found else None


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
