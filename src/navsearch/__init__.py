"""navsearch: which public medical data, which loss, which baseline to start from."""

from navsearch.answer import Answer, Hit, Recommendation
from navsearch.errors import CatalogError, IndexUnusable, ModelMissing, NavsearchError, UnknownResource, UsageError
from navsearch.navigator import Navigator
from navsearch.resource import Resource

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "CatalogError",
    "Hit",
    "IndexUnusable",
    "ModelMissing",
    "Navigator",
    "NavsearchError",
    "Recommendation",
    "Resource",
    "UnknownResource",
    "UsageError",
]
