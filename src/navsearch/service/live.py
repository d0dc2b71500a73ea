"""The index that answers now, and how a new one takes its place: between two requests, never within one."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from navsearch.manifest import file_of
from navsearch.navigator import Navigator
from navsearch.service import metrics
from navsearch.service.gathering import Gathering
from navsearch.service.settings import Settings

_LOG = logging.getLogger("navsearch.service")
_FIRST = "a question to have all read that a first question reads"
_SHORT = 16
_AGAIN = 10.0  # seconds until an index that could not be taken over is tried again


@dataclass(frozen=True, slots=True)
class Body:
    """An answer as it is sent."""

    content: bytes
    media_type: str
    name: str | None = None  # of the file to save it in


@dataclass(frozen=True, slots=True)
class Generation:
    """An index with its Navigator, when it was built (seconds since 1970), the answers that were made from it, and those that
    are being made."""

    navigator: Navigator
    fingerprint: str
    built: float
    answers: LRUCache[str, Body] = field(repr=False)
    making: dict[str, asyncio.Future[Body]] = field(default_factory=dict, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Which index it is."""
        manifest = self.navigator.manifest
        return {
            "fingerprint": self.fingerprint,
            "catalog": manifest["catalog"],
            "counts": manifest["counts"],
            "records": sum(manifest["counts"].values()),
            "engine": manifest["engine"]["engine"],
            "built": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.built)),
        }


class Live:
    """The generation that answers now. `failed` says why the newest index did not take its place, if it did not."""

    def __init__(self, settings: Settings) -> None:
        """Raises NavsearchError if there is no index to begin with."""
        self._settings = settings
        self._manifest = file_of(settings.index)
        self._seen = _state(self._manifest)
        self.failed: str | None = None
        self.now = self._open(Navigator(settings.catalog, settings.index))

    async def watch(self) -> None:
        """Take over each index that is built, until cancelled."""
        _settle()
        tried = time.monotonic()
        while True:
            await asyncio.sleep(self._settings.interval)
            state = _state(self._manifest)
            if state != self._seen or (self.failed and time.monotonic() - tried > _AGAIN):
                await asyncio.to_thread(self.renew)
                self._seen, tried = state, time.monotonic()

    def renew(self) -> None:
        """Take over the index that lies in the folder now if it is another and can be verified; else say why not."""
        try:
            found = self._open(Navigator.at(self._settings.index))
        except Exception as error:  # noqa: BLE001 (whatever is wrong with it, the one that answers goes on)
            self._keep(str(error) or type(error).__name__)
            return
        self.failed = None
        if found.fingerprint != self.now.fingerprint:
            self.now = found
            metrics.SWAPS.labels("taken").inc()
            _LOG.info("index %s answers from now on", found.fingerprint)
            _settle()

    def _keep(self, why: str) -> None:
        if why != self.failed:
            metrics.SWAPS.labels("refused").inc()
            _LOG.error("index %s goes on answering, the new one cannot: %s", self.now.fingerprint, why)
        self.failed = why

    def _open(self, navigator: Navigator) -> Generation:
        navigator = navigator.through(Gathering)
        navigator.ask(_FIRST)
        digest = hashlib.sha256(json.dumps(navigator.manifest, sort_keys=True).encode()).hexdigest()[:_SHORT]
        built = self._manifest.stat().st_mtime
        metrics.BUILT.set(built)
        metrics.RECORDS.set(sum(navigator.counts.values()))
        return Generation(navigator, digest, built, LRUCache(self._settings.cache, getsizeof=lambda body: len(body.content)))


def _settle() -> None:
    """Free what is left of an older index, and have the collector never again look through what stays: it would take a tenth of
    the time of all answers."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _state(manifest: Path) -> tuple[int, ...] | None:
    """What changes whenever a build puts a new manifest in place."""
    with suppress(OSError):
        status = manifest.stat()
        return (status.st_mtime_ns, status.st_size, status.st_ino)
    return None
