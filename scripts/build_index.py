"""Build the index: the same call as `navsearch build`, for those who look for a script."""

from __future__ import annotations

import argparse
from pathlib import Path

from navsearch.commands.places import build_index
from navsearch.locations import DEFAULT_MODEL, default_catalog, default_index

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalog", type=Path, default=default_catalog())
    parser.add_argument("--index", type=Path, default=None)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    given = parser.parse_args()
    build_index(given.catalog, given.index or default_index(given.catalog), given.model)
