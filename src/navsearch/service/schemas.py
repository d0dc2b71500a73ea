"""What the answers look like, for OpenAPI. Nothing is checked against it while serving; the tests do that.

An object may hold more than is named here: terms by facet, above all.
"""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

Counts = dict[str, dict[str, int]]


class Corrected(TypedDict):
    """A word that was read as another."""

    found: str
    read_as: str


class Ambiguous(TypedDict):
    """A word of several meanings."""

    found: str
    read_as: list[str]
    could_be: list[str]


class Query(TypedDict):
    """What was understood; beside these, the wanted terms by facet."""

    text: str
    kind: list[str]
    limits: list[str]
    excluded: list[str]
    corrected: list[Corrected]
    ambiguous: list[Ambiguous]
    ignored: NotRequired[list[str]]


class Cases(TypedDict):
    """How large a data set is."""

    count: NotRequired[int | None]
    unit: NotRequired[str | None]


class Hit(TypedDict):
    """A resource that was found; beside these, its terms by facet. What is unknown is null."""

    id: str
    kind: str
    name: str
    score: float
    reasons: list[str]
    misses: list[str]
    url: str | None
    description: str
    cases: Cases | None
    released: str | None
    licence: str | None
    access: str | None
    relations: list[dict[str, str]]
    signals: dict[str, float]


class Recommendation(TypedDict):
    """A loss, metric or baseline."""

    id: str
    kind: str
    name: str
    role: str
    score: float
    reasons: list[str]
    url: str | None
    implementation: str | None
    implementations: list[str]
    hyperparameters: dict[str, Any]
    snippet: str | None
    commands: dict[str, Any] | None
    evidence: list[dict[str, Any]]
    cautions: list[str]
    licence: str | None


class Answer(TypedDict):
    """The answer to a question."""

    query: Query
    match: str
    confidence: float
    hits: list[Hit]
    losses: list[Recommendation]
    methods: list[Recommendation]
    metrics: list[Recommendation]
    problem: dict[str, Any]
    warnings: list[str]
    notes: list[str]


class Search(TypedDict):
    """A page of a ranking."""

    query: Query
    match: str
    confidence: float
    total: int
    offset: int
    matching: int
    facets: Counts
    unstated: dict[str, int]
    hits: list[Hit]
    notes: list[str]


class Record(TypedDict):
    """All that the catalog states of a resource; beside these, whatever else it states."""

    id: str
    kind: str
    name: str
    description: str


class Listing(TypedDict):
    """A page of the catalog."""

    total: int
    offset: int
    facets: Counts
    unstated: dict[str, int]
    resources: list[Record]


class Source(Hit):
    """A data set of a plan: what for, and how to get it."""

    role: str
    get: str | None
    links: list[str]


class Pitfall(TypedDict):
    """Something to heed."""

    say: str
    source: str


class Plan(TypedDict):
    """A recipe to start from."""

    query: Query
    match: str
    confidence: float
    problem: dict[str, Any]
    data: list[Source]
    losses: list[Recommendation]
    other_losses: list[Recommendation]
    baselines: list[Recommendation]
    metrics: list[Recommendation]
    pitfalls: list[Pitfall]
    notes: list[str]


class Row(TypedDict):
    """A property of resources that are compared."""

    name: str
    values: list[str | None]
    differs: bool


class Comparison(TypedDict):
    """Resources side by side."""

    ids: list[str]
    names: list[str]
    rows: list[Row]
    warnings: list[str]


class Leaderboard(TypedDict):
    """Published figures on a data set; a table for each source, metric and protocol."""

    id: str
    name: str
    tables: list[dict[str, Any]]


class Points(TypedDict):
    """A column a property, a place a point; x and y are 0..1."""

    id: list[str]
    name: list[str]
    kind: list[int]
    x: list[float]
    y: list[float]


class Map(TypedDict):
    """The resources laid out so that those with like descriptions lie together."""

    kinds: list[str]
    total: int
    points: Points


class Ready(TypedDict):
    """What answers now; `failed` says why a newer index does not."""

    ready: bool
    version: str
    index: dict[str, Any]
    model: dict[str, Any]
    failed: str | None


class Alive(TypedDict):
    """That the service runs."""

    status: str


class Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
