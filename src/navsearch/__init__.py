"""navsearch: which public medical data, which loss, which baseline to start from."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_MODULES = {"Navigator": "navigator", "Resource": "resource", "Answer": "answer", "Hit": "answer", "Recommendation": "answer"}


def __getattr__(name: str) -> object:
    """What __all__ names, imported when it is asked for, so that `navsearch --help` waits for nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'errors')}"), name)
    globals()[name] = found
    return found
