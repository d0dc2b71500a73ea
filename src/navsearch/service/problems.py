"""What went wrong, as application/problem+json (RFC 9457) in one sentence."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from navsearch.errors import IndexUnusable, ModelMissing, NavsearchError, UnknownResource, UsageError

MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[NavsearchError], int] = {UnknownResource: 404, UsageError: 400, IndexUnusable: 503, ModelMissing: 503}


class Refused(Exception):
    """A request that is turned away: with which status, why, and after how many seconds to come again, if that helps."""

    def __init__(self, status: int, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status, self.retry_after = status, retry_after


def problem(status: int, detail: str, request_id: str, retry_after: int | None = None) -> Response:
    """The response that says `detail`."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "request_id": request_id}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Response(orjson.dumps(body), status, headers, media_type=MEDIA_TYPE)


def status_of(error: NavsearchError) -> int:
    """The HTTP status of an error of the Navigator."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def misread(errors: list[Any]) -> str:
    """The sentence for parameters that cannot be read, of the first of them."""
    first = errors[0]
    if first["type"] == "missing":
        return f"{first['loc'][-1]}: found nothing, expected a value"
    return f"{first['loc'][-1]}: found {first.get('input')!r}, {first['msg'][:1].lower()}{first['msg'][1:]}"
