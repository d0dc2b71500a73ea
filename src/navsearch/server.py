"""HTTP: one route a Navigator method, the same JSON as the command line."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from navsearch.errors import IndexUnusable, ModelMissing, NavsearchError, UnknownResource, UsageError
from navsearch.limits import changes
from navsearch.navigator import Navigator

_STATUS: dict[type[NavsearchError], int] = {UnknownResource: 404, UsageError: 400, IndexUnusable: 503, ModelMissing: 503}
_OWN = {"q", "k", "kind", "but"}  # parameters of /ask, /plan and /similar that are no filters


def app(navigator: Navigator) -> FastAPI:
    """The service over `navigator`. Every other query parameter is a filter: modality=CT, min_cases=100, not=anatomy:brain."""
    service = FastAPI(title="navsearch", description="Which public medical data, which loss, which baseline to start from.")

    _answers(service, navigator)
    _look_ups(service, navigator)
    _refusals(service)
    return service


def _answers(service: FastAPI, navigator: Navigator) -> None:
    @service.get("/ask")
    def ask(
        request: Request,
        q: Annotated[str, Query(description="the question", examples=["small lesion segmentation in liver CT"])],
        k: Annotated[int, Query(description="hits, losses and methods at most")] = 10,
        kind: Annotated[list[str] | None, Query(description="kinds of resource, overriding the question")] = None,
    ) -> dict[str, Any]:
        """Answer a question."""
        return navigator.ask(q, top_k=k, kinds=kind or (), **_filters(request, navigator)).as_dict()

    @service.get("/plan")
    def plan(request: Request, q: Annotated[str, Query(description="the problem")]) -> dict[str, Any]:
        """A recipe to start from: data, loss, baseline, metrics, pitfalls."""
        return navigator.plan(q, **_filters(request, navigator)).as_dict()


def _look_ups(service: FastAPI, navigator: Navigator) -> None:
    @service.get("/leaderboard/{identifier}")
    def leaderboard(identifier: str) -> dict[str, Any]:
        """The published figures on one data set, table by table."""
        return navigator.leaderboard(identifier).as_dict()

    @service.get("/compare")
    def compare(id: Annotated[list[str], Query(description="ids or names, two or more")]) -> dict[str, Any]:  # noqa: A002
        """Resources side by side, what differs first."""
        return navigator.compare(id).as_dict()

    @service.get("/resources/{identifier}")
    def resource(identifier: str) -> dict[str, Any]:
        """Everything the catalog states of one resource."""
        return navigator.resource(identifier).as_dict()

    @service.get("/similar/{identifier}")
    def similar(
        request: Request,
        identifier: str,
        k: int = 10,
        but: Annotated[list[str] | None, Query(description="in what it should be another, as modality=MRI")] = None,
    ) -> list[dict[str, Any]]:
        """Resources of the same kind most like this one."""
        filters = _filters(request, navigator)
        return [h.as_dict() for h in navigator.similar(identifier, top_k=k, but=changes(but or ()), **filters)]

    @service.get("/facets")
    def facets(name: str | None = None) -> dict[str, dict[str, int]]:
        """How many resources carry each term, by facet."""
        return navigator.facets(name)

    @service.get("/health")
    def health() -> dict[str, Any]:
        """Whether the service can answer, and from what."""
        manifest = navigator.manifest
        return {
            "status": "ok",
            "counts": manifest["counts"],
            "catalog": manifest["catalog"],
            "encoder": manifest["encoder"]["name"],
        }


def _refusals(service: FastAPI) -> None:
    @service.exception_handler(NavsearchError)
    def refuse(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": str(error)}, _STATUS.get(type(error), 500))  # type: ignore[arg-type]

    @service.exception_handler(RequestValidationError)
    def misread(_: Request, error: Exception) -> JSONResponse:
        first = error.errors()[0]  # type: ignore[attr-defined]
        said = f"{first['loc'][-1]}: found {first.get('input')!r}, {first['msg'][:1].lower()}{first['msg'][1:]}"
        return JSONResponse({"error": said}, 400)


def _filters(request: Request, navigator: Navigator) -> dict[str, Any]:
    names = {n for n in request.query_params if n not in _OWN}
    for name in sorted(names - {*navigator.filters}):
        raise UsageError(f"parameter {name!r} is not known; parameters: {', '.join((*sorted(_OWN), *navigator.filters))}")
    return {n: _one_or_more(request.query_params.getlist(n)) for n in names}


def _one_or_more(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
