"""What each mechanism of understanding and ranking is worth: nDCG@10 with it switched off, less nDCG@10 of the whole.

    python benchmarks/ablation.py

Paired by question over evaluation/dev.jsonl and second.jsonl, with 95% bootstrap intervals; negative: the mechanism pays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy, deepcopy
from pathlib import Path
from typing import Any
from unittest.mock import patch

from navsearch import Navigator
from navsearch.comparing import differences
from navsearch.encoder import Encoder
from navsearch.evaluate import evaluate, read_judged
from navsearch.index import Index
from navsearch.vocabulary import Vocabulary

EVALUATION = Path(__file__).parent.parent / "evaluation"
KINDS = ("dataset", "loss", "method")
Off = Callable[[Index], Any]


@contextmanager
def _patched(index: Index, **changes: Any) -> Iterator[Index]:
    with ExitStack() as stack:
        for place, value in changes.items():
            module, name = place.split("__", 1)
            stack.enter_context(patch(f"navsearch.{module}.{name}", value))
        yield index


@contextmanager
def _without(index: Index, *lists: str) -> Iterator[Index]:
    """`index` with a vocabulary that lacks these lists of words."""
    tables = deepcopy(index.tables.vocabulary)
    for term in (term for table in tables for term in table["terms"].values()):
        for name in lists:
            term.pop(name, None)
    changed = copy(index)
    changed.vocabulary = Vocabulary.from_dicts(tables)
    yield changed


def _weights(**off: float) -> dict[str, float]:
    from navsearch.ranking import WEIGHTS

    return {**WEIGHTS, **off}


MECHANISMS: dict[str, Off] = {
    "nothing (check)": _patched,
    "vectors": lambda index: _patched(index, ranking__WEIGHTS=_weights(vector=0.0)),
    "words (BM25)": lambda index: _patched(index, ranking__WEIGHTS=_weights(words=0.0)),
    "wanted terms": lambda index: _patched(index, ranking__WEIGHTS=_weights(tags=0.0)),
    "names": lambda index: _patched(index, ranking__WEIGHTS=_weights(name=0.0)),
    "recommendation in ranking losses, methods": lambda index: _patched(index, ranking__WEIGHTS=_weights(fit=0.0)),
    "spelling": lambda index: _patched(index, query__correct=lambda text, *_: (text, ())),
    "meanings by company": lambda index: _patched(index, query__resolve=lambda tags, *_: (list(tags), ())),
    "ambiguous words": lambda index: _without(index, "ambiguous"),
    "everyday words that hint": lambda index: _without(index, "weak"),
    "exclusions": lambda index: _patched(index, query__negated=lambda *_: False),
    "limits": lambda index: _patched(index, limits__stated=lambda *_: iter(())),
    "terms as limits (access, licence, dimension, language)": lambda index: _patched(index, query___conditions=lambda *_: ()),
    "broader terms meet in part": lambda index: _patched(index, ranking__BROADER=0.0),
    "an unstated facet may fit": lambda index: _patched(index, ranking__UNSTATED=0.0),
    "words that no term explains": lambda index: _patched(index, ranking__LEFTOVER=0.0),
    "rarity of terms and words": lambda index: _patched(index, ranking___COMMON=1.0),
    "content words only for the engines": lambda index: _patched(index, query___core=lambda text: text),
}


def main() -> None:
    """Print the table."""
    index, encoder = Navigator().index_and_encoder()
    whole = _report(index, encoder)
    head = "| without | " + " | ".join(f"{kind} ({d.n})" for kind, d in _all(whole, whole).items()) + " |"
    print(head, "|---" * (len(KINDS) + 1) + "|", sep="\n")
    for name, off in MECHANISMS.items():
        with off(index) as changed:
            rows = _all(whole, _report(changed, encoder))
        print(
            f"| {name} | " + " | ".join(f"{d.mean:+.3f} [{d.low:+.3f}, {d.high:+.3f}]" for d in rows.values()) + " |",
            flush=True,
        )


def _report(index: Index, encoder: Encoder) -> dict[str, Any]:
    judged = [q for name in ("dev", "second") for q in read_judged(EVALUATION / f"{name}.jsonl")]
    return evaluate(index, encoder, judged).as_dict()


def _all(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {d.kind: d for d in differences(first, second) if d.type == "all" and d.kind in KINDS}


if __name__ == "__main__":
    main()
