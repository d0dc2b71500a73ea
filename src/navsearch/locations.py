"""Where the catalog and the index lie (in a checkout beside each other, from a wheel in the package and the user's cache) and
which model is used, unless told otherwise."""

from __future__ import annotations

from pathlib import Path

from navsearch.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent
DEFAULT_MODEL = "all-MiniLM-L6-v2"
_CHECKOUT = _PACKAGE.parent.parent


def in_checkout() -> bool:
    """True if this package runs from a source checkout."""
    return (_CHECKOUT / "catalog").is_dir() and (_CHECKOUT / "pyproject.toml").is_file()


def default_catalog() -> Path:
    """The catalog that comes with navsearch."""
    return _CHECKOUT / "catalog" if in_checkout() else _PACKAGE / "catalog"


def check_apart(catalog: Path, index: Path) -> None:
    """Raise UsageError if the index would lie in the catalog, whose files it would then be."""
    if index.resolve().is_relative_to(catalog.resolve()):
        raise UsageError(f"index {index} lies in catalog {catalog}, expected a folder outside it (see --index)")


def default_index(catalog: Path) -> Path:
    """Where the index of `catalog` is kept: the checkout's index/ or the user's cache; for any other catalog, beside it."""
    if catalog.resolve() != default_catalog().resolve():
        return catalog.resolve().parent / f"{catalog.resolve().name}-index"
    return _CHECKOUT / "index" if in_checkout() else _user_cache() / "index"


def _user_cache() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("navsearch"))
