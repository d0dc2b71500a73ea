"""One thread that does all jobs of a process: several would compete for the interpreter, wander over the cores, be slower."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from greenlet import getcurrent, greenlet

TOGETHER = 16  # jobs that may have stepped aside at a time


class Jobs:
    """Does jobs in the order in which they come. One that steps aside goes on when those that came meanwhile are done or have
    stepped aside as well."""

    def __init__(self) -> None:
        self._come: SimpleQueue[_Job] = SimpleQueue()
        self._aside: deque[greenlet] = deque()
        self._thread = Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def submit(self, do: Callable[[], Any]) -> Future[Any]:
        """What `do` gives, once it is done; not begun if it is cancelled before."""
        job = _Job(do, Future())
        self._come.put(job)
        return job.future

    def close(self) -> None:
        """Finish what was begun, and end the thread; what has not begun is cancelled."""
        with suppress(Empty):
            while True:
                self._come.get_nowait().future.cancel()
        self._come.put(_END)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._next()) is not _END:
            self._go_on(greenlet(job.run) if job else self._aside.popleft())
        while self._aside:
            self._go_on(self._aside.popleft())

    def _next(self) -> _Job | None:
        """The job to begin; None if one that stepped aside should go on."""
        if len(self._aside) >= TOGETHER:
            return None
        try:
            return self._come.get(block=not self._aside)
        except Empty:
            return None

    def _go_on(self, doing: greenlet) -> None:
        doing.switch()
        if not doing.dead:
            self._aside.append(doing)


class _Job(NamedTuple):
    do: Callable[[], Any]
    future: Future[Any]

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self.do())
        except BaseException as error:  # noqa: BLE001 (whoever waits for it is told, whatever it is)
            self.future.set_exception(error)


_END = _Job(lambda: None, Future())


def step_aside() -> None:
    """Called by a job: let others go first. Elsewhere it does nothing."""
    if (outside := getcurrent().parent) is not None:
        outside.switch()
