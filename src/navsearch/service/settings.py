"""What whoever serves may choose."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from navsearch.locations import default_catalog, default_index

_VARIABLE = "NAVSEARCH_SERVICE"


@dataclass(frozen=True, slots=True)
class Settings:
    """Folders, who may ask, and limits. Times are seconds, sizes bytes.

    `queue` requests may wait in a process for the one that is answered, none longer than `timeout`; a request has a body of at
    most `body`; answers of up to `cache` together are kept. The index folder is looked at every `interval`.
    """

    catalog: Path
    index: Path
    api_key: str | None = None
    origins: tuple[str, ...] = ()
    queue: int = 64
    timeout: float = 10.0
    body: int = 65536
    cache: int = 64 * 2**20
    interval: float = 0.25

    @classmethod
    def of(cls, catalog: Path | None = None, index: Path | None = None, **chosen: Any) -> Settings:
        """Settings over a catalog and its index, by default those that come with navsearch."""
        catalog = catalog or default_catalog()
        return cls(catalog, index or default_index(catalog), **chosen)

    def hand_over(self) -> None:
        """Leave these settings to the processes that are started from now on."""
        stated = asdict(self) | {"catalog": str(self.catalog), "index": str(self.index)}
        os.environ[_VARIABLE] = json.dumps(stated)

    @classmethod
    def handed_over(cls) -> Settings:
        """What the process that started this one left."""
        stated = json.loads(os.environ[_VARIABLE])
        kinds = {"catalog": Path, "index": Path, "origins": tuple}
        return cls(**{name: kinds.get(name, _as_it_is)(value) for name, value in stated.items()})


def _as_it_is(value: Any) -> Any:
    return value
