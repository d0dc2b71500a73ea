"""The tools: what each is called, says of itself, takes and does. What can be filtered by is read from the Navigator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from navsearch.agents import brief
from navsearch.errors import UsageError
from navsearch.navigator import Navigator

Schema = dict[str, Any]

INSTRUCTIONS = (
    "navsearch knows public data for medical AI, and which losses, baselines and metrics suit a problem. Begin with ask; "
    "search pages through more resources, show tells all of one, plan gives a recipe with code. Every answer begins with "
    "its match: if that is none, say that nothing fits. What is unknown is unknown: do not guess licences or sizes."
)
_ASK = """Which public medical data fit a problem, and which losses, baselines and metrics to use, each with its reason.
Use it first, with the whole question in plain words: "small lesion segmentation in liver CT", "which loss when one disease is
very rare", "open brain MRI from 2020 on, not BraTS". Gives match (strong, weak, or none: nothing fits), what was understood,
the best resources with facts (+ meets, - misses), then losses, baselines, metrics. Other arguments are hard limits, seldom
needed."""
_SEARCH = """Page through all resources ranked for a question, with how many there are and counts by term to narrow them down.
Use it for more than ask shows, for "how many", and for lists under hard limits: {"text": "polyps", "since": 2020, "offset": 5}.
Gives match, totals, counts by facet, and hits as ask does, but no losses, baselines or metrics beside them."""
_SHOW = """All that the catalog states of one resource: facts, licence, links, papers, code. Use it for an id in [brackets] of
another result, or for a name: {"id": "lits"}, {"id": "Dice Loss"}. What it does not list is unknown."""
_PLAN = """A recipe to start a project from: data and the way to get them, a loss as code that runs, a baseline with its
commands, metrics to report, pitfalls. Use it once the problem is clear: {"text": "polyp segmentation in colonoscopy"}. Gives
match first; if that is none there is no plan."""

_MOST, _DEFAULT = 20, 5
_LONGEST = 2000  # characters of a question or name
_SHOWN = 4  # terms of a facet that its description names, the most frequent; all if there are a few more
_SAID = 100  # characters of what is said of a wrong argument: its end, which tells what was expected
_INTEGER: Schema = {"type": "integer"}
_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_NAME: Schema = _TEXT | {"maxLength": _LONGEST}
_QUESTION: Schema = _NAME | {"description": "the question, in English or Chinese"}
_DETAIL: Schema = _TEXT | {"enum": ["low", "full"], "description": "low by default; full has links, sources, all reasons"}
_K: Schema = _INTEGER | {"minimum": 1, "maximum": _MOST, "description": f"how many, {_DEFAULT} by default"}
_OFFSET: Schema = _INTEGER | {"minimum": 0, "description": "where to go on, as the last result says"}
_LIMITS: Mapping[str, Schema] = {
    "min_cases": _INTEGER | {"description": "at least so many cases"},
    "max_cases": _INTEGER | {"description": "at most so many cases"},
    "since": _INTEGER | {"description": "released in this year or later"},
    "until": _INTEGER | {"description": "released in this year or earlier"},
    "venue": _TEXT | {"description": "presented there: MICCAI 2022"},
    "licence": _TEXT | {"description": "commercial use, or a name: CC BY"},
    "only": _TEXTS | {"description": "facet:term that must all hold"},
    "not": _TEXTS | {"description": "facet:term that must not hold"},
}


@dataclass(frozen=True, slots=True)
class Tool:
    """What an agent may call, with the JSON Schema of its arguments; `run` takes them by name and returns text."""

    name: str
    description: str
    schema: Schema
    run: Callable[..., str]

    def __call__(self, given: Mapping[str, Any]) -> str:
        """The answer to a call. Raises UsageError for arguments that do not satisfy the schema, in one sentence."""
        arguments = {name: _whole(value) for name, value in given.items() if value is not None}
        known = self.schema["properties"]
        for name in arguments:
            if name not in known:
                raise UsageError(f"argument {name!r} is not known; arguments: {', '.join(known)}")
        if wrong := best_match(Draft202012Validator(self.schema).iter_errors(arguments)):
            raise UsageError("".join(f"{place}: " for place in wrong.path) + wrong.message[-_SAID:])
        return self.run(**arguments)


def _whole(value: Any) -> Any:
    """5.0 as 5, since JSON makes no difference."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def tools_of(navigator: Navigator) -> tuple[Tool, ...]:
    """The tools over `navigator`."""
    kinds = _TEXTS | {"description": f"of {', '.join(navigator.counts)}; by default as the text says"}
    filters, question = _filters(navigator), {"text": _QUESTION, "detail": _DETAIL}
    ranked = question | {"k": _K, "kinds": kinds, **filters}
    named = {"id": _NAME | {"description": "id or name"}, "offset": _OFFSET}
    return (
        Tool("ask", _ASK, _schema(ranked, "text"), partial(_ask, navigator)),
        Tool("search", _SEARCH, _schema(ranked | {"offset": _OFFSET}, "text"), partial(_search, navigator)),
        Tool("show", _SHOW, _schema(named, "id"), partial(_show, navigator)),
        Tool("plan", _PLAN, _schema(question | filters, "text"), partial(_plan, navigator)),
    )


def _ask(navigator: Navigator, text: str, k: int = _DEFAULT, detail: str = "low", **limits: Any) -> str:
    return brief.answer_text(navigator.ask(text, top_k=k, **limits), full=detail == "full")


def _search(navigator: Navigator, text: str, k: int = _DEFAULT, offset: int = 0, detail: str = "low", **limits: Any) -> str:
    return brief.search_text(navigator.search(text, top_k=k, offset=offset, **limits), full=detail == "full")


def _show(navigator: Navigator, id: str, offset: int = 0) -> str:  # noqa: A002
    return brief.resource_text(navigator.resource(id), offset)


def _plan(navigator: Navigator, text: str, detail: str = "low", **limits: Any) -> str:
    return brief.plan_text(navigator.plan(text, **limits), full=detail == "full")


def _schema(properties: Mapping[str, Schema], needed: str) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": [needed], "additionalProperties": False}


def _filters(navigator: Navigator) -> dict[str, Schema]:
    """Every filter of `navigator`: facets with their most frequent terms, and the other limits."""
    terms = {facet: list(counts) for facet, counts in navigator.facets().items()}
    facets = {facet: _TEXT | {"description": _examples(known)} for facet, known in terms.items()}
    return {name: facets.get(name) or _LIMITS.get(name, _TEXT) for name in navigator.filters}


def _examples(terms: Sequence[str]) -> str:
    """The terms of a facet, if they are many the most frequent ones."""
    if len(terms) <= 2 * _SHOWN:
        return ", ".join(terms)
    return f"one of {len(terms)} or a synonym: {', '.join(terms[:_SHOWN])}, …"
