"""The service in one process or several. Of several each has a listening socket of its own at the same address, over which the
kernel spreads connections evenly; of those that share a socket one may take them all."""

from __future__ import annotations

import logging
import os
import socket
import sys

from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess

from navsearch.errors import IndexUnusable, UsageError
from navsearch.service import metrics

_LOG = logging.getLogger("navsearch.service")


def run(config: Config) -> None:
    """Serve until told to stop. Raises UsageError if the address cannot be had, IndexUnusable if the service does not start."""
    place = _bound(config.host, config.port)
    _LOG.info(
        "http://%s:%d (Ctrl+C stops it)", f"[{config.host}]" if ":" in config.host else config.host, place.getsockname()[1]
    )
    (_by_one if config.workers == 1 else _by_many)(config, place)


def _by_one(config: Config, place: socket.socket) -> None:
    server = Server(config)
    server.run([place])
    if not server.started:
        raise IndexUnusable("the service did not start: see what it said above")


def _by_many(config: Config, place: socket.socket) -> None:
    metrics.share_between_processes()
    Multiprocess(config, [spread(place)]).run()


def _bound(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        known = error.errno if error.errno and error.errno > 0 else None  # names that cannot be found have others
        why = (os.strerror(known) if known else str(error.strerror)).lower()
        raise UsageError(f"{host}:{port}: {why}, expected an address of this machine and a free port") from None


class _Spread(socket.socket):
    """A bound socket. A process that it is handed to gets another at the same address."""

    def __reduce__(self) -> tuple[object, ...]:
        """For pickle, by which processes are handed what they serve on."""
        return _at, (self.family, self.getsockname())


def _at(family: socket.AddressFamily, address: tuple[str, int]) -> _Spread:
    """A socket bound to `address`, where others of the same user may be bound as well."""
    made = _Spread(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(address)
    return made


def spread(place: socket.socket) -> socket.socket:
    """`place` itself or, where the kernel spreads connections, one instead of it that gives each process its own."""
    if sys.platform != "linux":
        return place
    family, address = place.family, place.getsockname()
    place.close()
    return _at(family, address)
