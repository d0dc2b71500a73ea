"""Where the catalog and the index lie: in a checkout beside each other, from a wheel in the package and the user's cache."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def in_checkout() -> bool:
    """True if this package runs from a source checkout."""
    return (_CHECKOUT / "catalog").is_dir() and (_CHECKOUT / "pyproject.toml").is_file()


def default_catalog() -> Path:
    """The catalog that comes with navsearch."""
    return _CHECKOUT / "catalog" if in_checkout() else _PACKAGE / "catalog"


def default_index(catalog: Path) -> Path:
    """Where the index of `catalog` is kept: the checkout's index/ or the user's cache; for any other catalog, beside it."""
    if catalog.resolve() != default_catalog().resolve():
        return catalog.resolve().parent / f"{catalog.resolve().name}-index"
    return _CHECKOUT / "index" if in_checkout() else Path(platformdirs.user_cache_dir("navsearch")) / "index"
