"""One thread at a time, whoever waits longest next: threads that compete for the interpreter slow each other."""

from __future__ import annotations

from collections import deque
from threading import Lock


class Turn:
    """A lock that is handed on in the order in which it was asked for."""

    def __init__(self) -> None:
        self._queue: deque[Lock] = deque()
        self._guard, self._taken = Lock(), False

    def __enter__(self) -> None:
        """Wait for the turn."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = Lock()
            mine.acquire()
            self._queue.append(mine)
        mine.acquire()

    def __exit__(self, *_: object) -> None:
        """Hand it on."""
        with self._guard:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._taken = False

    @property
    def waiting(self) -> int:
        """How many wait for it."""
        return len(self._queue)

    def pass_on(self) -> None:
        """Whoever has the turn lets all go first who wait for it now."""
        self.__exit__()
        self.__enter__()
