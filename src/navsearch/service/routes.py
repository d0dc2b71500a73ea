"""One route a Navigator method: a function that takes the Navigator, the filters of the request, and its own parameters.

Parameters that a function does not name are filters, as on the command line: modality=CT, min_cases=100, not=anatomy:brain.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import Annotated, Any, NamedTuple

from fastapi import FastAPI, Path, Query, Request
from fastapi.openapi.models import Example
from fastapi.responses import JSONResponse, Response

from navsearch.errors import UsageError
from navsearch.exporting import form_of
from navsearch.limits import changes
from navsearch.navigator import Navigator
from navsearch.service import schemas
from navsearch.service.live import Body
from navsearch.service.work import Work

Filters = Mapping[str, Any]


def _shown(value: Any) -> dict[str, Example]:
    """An example that the documentation shows and the tests run."""
    return {"example": Example(value=value)}


_LIVER = _shown("small lesion segmentation in liver CT")
LONGEST, MOST = 2000, 100  # characters of a question, items of an answer
Text = Annotated[str, Query(min_length=1, max_length=LONGEST, description="the question", openapi_examples=_LIVER)]
Many = Annotated[list[str] | None, Query(description="kinds of resource, overriding the question")]
Ignore = Annotated[
    list[str] | None,
    Query(description="what to read as if the question did not say it: modality:CT, or a limit as it is shown"),
]
Count = Annotated[int, Query(ge=1, le=MOST, description="items at most")]
Offset = Annotated[int, Query(ge=0, description="place of the first item")]
Id = Annotated[str, Path(description="id or name of a resource")]
Ids = Annotated[list[str], Query(min_length=2, max_length=20, description="ids or names of resources")]


def understand(navigator: Navigator, _: Filters, q: Text, ignore: Ignore = None) -> Any:
    """What a question is read as."""
    return navigator.understand(q, ignore=ignore or ()).as_dict()


def ask(navigator: Navigator, filters: Filters, q: Text, k: Count = 10, kind: Many = None, ignore: Ignore = None) -> Any:
    """Answer a question."""
    return navigator.ask(q, top_k=k, kinds=kind or (), ignore=ignore or (), **filters).as_dict()


def plan(navigator: Navigator, filters: Filters, q: Text, ignore: Ignore = None) -> Any:
    """A recipe to start from: data, loss, baseline, metrics, pitfalls."""
    return navigator.plan(q, ignore=ignore or (), **filters).as_dict()


def search(
    navigator: Navigator,
    filters: Filters,
    q: Text,
    k: Count = 20,
    offset: Offset = 0,
    kind: Many = None,
    ignore: Ignore = None,
) -> Any:
    """The whole ranking for a question, by the page, with how many resources carry which term."""
    return navigator.search(q, top_k=k, offset=offset, kinds=kind or (), ignore=ignore or (), **filters).as_dict()


def resources(navigator: Navigator, filters: Filters, k: Count = 20, offset: Offset = 0, kind: Many = None) -> Any:
    """The catalog, by the page."""
    return navigator.resources(top_k=k, offset=offset, kinds=kind or (), **filters).as_dict()


def resource(navigator: Navigator, _: Filters, identifier: Id) -> Any:
    """Everything the catalog states of one resource."""
    return navigator.resource(identifier).as_dict()


def similar(
    navigator: Navigator,
    filters: Filters,
    identifier: Id,
    k: Count = 10,
    but: Annotated[list[str] | None, Query(description="in what it should be another, as modality=MRI")] = None,
) -> Any:
    """Resources of the same kind most like this one."""
    return [hit.as_dict() for hit in navigator.similar(identifier, top_k=k, but=changes(but or ()), **filters)]


def compare(navigator: Navigator, _: Filters, id: Ids) -> Any:  # noqa: A002 (the name of the parameter)
    """Resources side by side, what differs first."""
    return navigator.compare(id).as_dict()


def facets(
    navigator: Navigator,
    _: Filters,
    name: Annotated[str | None, Query(description="one facet", openapi_examples=_shown("task"))] = None,
) -> Any:
    """How many resources carry each term, by facet."""
    return navigator.facets(name)


def leaderboard(navigator: Navigator, _: Filters, identifier: Id) -> Any:
    """The published figures on one data set, table by table."""
    return navigator.leaderboard(identifier).as_dict()


def export(
    navigator: Navigator,
    filters: Filters,
    format: Annotated[str, Query(description="bibtex, csv, json or md", openapi_examples=_shown("bibtex"))],  # noqa: A002
    id: Annotated[list[str] | None, Query(max_length=MOST, description="resources, instead of an answer")] = None,  # noqa: A002
    q: Annotated[str | None, Query(min_length=1, max_length=LONGEST, description="the question")] = None,
    k: Count = 10,
    kind: Many = None,
    ignore: Ignore = None,
) -> Any:
    """An answer, or resources, as a file."""
    form = form_of(format)
    if (q is None) == (not id):
        raise UsageError("found neither a question nor ids, or both: expected q or id")
    if id:
        made = form.of_records([navigator.resource(one) for one in id])
    else:
        answer = navigator.ask(str(q), top_k=k, kinds=kind or (), ignore=ignore or (), **filters)
        made = form.of_answer(answer, [navigator.resource(hit.id) for hit in answer.hits])
    return Body(made.encode(), form.media_type, f"navsearch.{form.suffix}")


def map_(navigator: Navigator, _: Filters) -> Any:
    """The resources laid out so that those with like descriptions lie together; drawn evenly if they are many."""
    return navigator.map().as_dict()


class Route(NamedTuple):
    """Where a function answers, what its answer looks like, and whether it takes filters."""

    path: str
    answer: Callable[..., Any]
    model: Any
    filtered: bool = False


ROUTES = (
    Route("/ask", ask, schemas.Answer, filtered=True),
    Route("/plan", plan, schemas.Plan, filtered=True),
    Route("/search", search, schemas.Search, filtered=True),
    Route("/understand", understand, schemas.Query),
    Route("/resources", resources, schemas.Listing, filtered=True),
    Route("/resources/{identifier:path}", resource, schemas.Record),
    Route("/similar/{identifier:path}", similar, list[schemas.Hit], filtered=True),
    Route("/compare", compare, schemas.Comparison),
    Route("/facets", facets, schemas.Counts),
    Route("/leaderboard/{identifier:path}", leaderboard, schemas.Leaderboard),
    Route("/export", export, None, filtered=True),
    Route("/map", map_, schemas.Map),
)
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, said in {
        400: "a parameter cannot be used",
        401: "the key is missing or wrong",
        404: "no resource is called that",
        413: "the request is too large",
        503: "too many requests at once, or the index cannot be used",
    }.items()
}


def add(app: FastAPI, work: Work, navigator: Navigator) -> None:
    """Add all routes to `app`; `navigator` gives the ids and filters that its documentation shows."""
    ids = [resource.id for resource in navigator.resources(top_k=2).resources]
    for route in ROUTES:
        app.add_api_route(
            route.path,
            _endpoint(route, work, ids),
            response_model=route.model,
            response_class=JSONResponse if route.model else Response,
            responses=_REFUSALS,
            openapi_extra={"parameters": _described(navigator.filters)} if route.filtered else None,
            name=route.answer.__name__.rstrip("_"),
        )


def _endpoint(route: Route, work: Work, ids: Sequence[str]) -> Callable[..., Any]:
    """What FastAPI calls: it reads the parameters that the function names, and gives the others as filters."""
    own = list(inspect.signature(route.answer, eval_str=True).parameters.values())[2:]
    names = frozenset(parameter.name for parameter in own)

    async def endpoint(request: Request, **given: Any) -> Any:
        def job(navigator: Navigator) -> Any:
            return route.answer(navigator, _filters(request, names, navigator.filters if route.filtered else ()), **given)

        return await work(request, job)

    first = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    rest = (p.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=_exemplified(p, ids)) for p in own)
    endpoint.__signature__ = inspect.Signature([first, *rest])  # type: ignore[attr-defined]
    endpoint.__doc__ = route.answer.__doc__
    return endpoint


def _exemplified(parameter: inspect.Parameter, ids: Sequence[str]) -> Any:
    """The annotation of a parameter; of one that takes ids with those as its example."""
    examples = {"identifier": next(iter(ids), ""), "id": list(ids)}
    if parameter.name not in examples:
        return parameter.annotation
    field = copy(parameter.annotation.__metadata__[0])
    field.openapi_examples = _shown(examples[parameter.name])
    return Annotated[parameter.annotation.__origin__, field]


def _described(filters: Iterable[str]) -> list[dict[str, Any]]:
    """The filters as parameters of OpenAPI."""
    values = {"type": "array", "items": {"type": "string"}}
    said = "hard limit, may be repeated (see /facets, and navsearch ask --help)"
    return [{"name": name, "in": "query", "required": False, "description": said, "schema": values} for name in filters]


def _filters(request: Request, own: frozenset[str], known: Sequence[str]) -> Filters:
    """The parameters that the route does not name itself. Raises UsageError for one that is no filter."""
    given = {name: request.query_params.getlist(name) for name in request.query_params if name not in own}
    for name in sorted(given.keys() - {*known}):
        raise UsageError(f"parameter {name!r} is not known; parameters: {', '.join((*sorted(own - {'identifier'}), *known))}")
    return {name: values[0] if len(values) == 1 else values for name, values in given.items()}
