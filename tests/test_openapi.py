"""Requests made up from the OpenAPI schema: no answer is a server error, and each is what the schema says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks

from conftest import SMALL
from navsearch.service.routes import ROUTES
from serving import serving

checks.load_all_checks()
CHECKS = checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)
STATES = ("/health", "/ready", "/metrics")


@pytest.fixture(scope="module")
def schema(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The schema of a running service over the small catalog."""
    with serving(SMALL, small_folder, tmp_path_factory.mktemp("log") / "described") as service:
        yield schemathesis.openapi.from_url(f"{service.url}/openapi.json")


def test_all_routes_are_described(schema: Any) -> None:
    """And nothing else, so that what follows asks all."""
    described = {operation.ok().path for operation in schema.get_all_operations()}
    assert described == {route.path.replace(":path", "") for route in ROUTES} | set(STATES)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("path", [*(route.path.replace(":path", "") for route in ROUTES), *STATES])
def test_answers_are_as_described(schema: Any, path: str, mode: GenerationMode) -> None:
    """Whatever is asked, sense or nonsense."""
    operation = schema[path]["GET"]
    if mode is GenerationMode.NEGATIVE and not any(p["in"] == "query" for p in operation.definition.raw.get("parameters", ())):
        return  # any text may be an id

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def asked(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    asked()
