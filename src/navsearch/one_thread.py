"""Hold the linear algebra of numpy to one thread."""

from __future__ import annotations

import ctypes
from threading import Lock

from numpy.linalg import _umath_linalg

_THREADS = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads")


class OneThread:
    """Within it the OpenBLAS of numpy's wheels works in its caller's thread alone, and as before once the last has left.

    Its own threads wait in a loop for one another: on a busy machine a product of small matrices then takes a hundred times
    as long. Other libraries under numpy are left as they are.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(_umath_linalg.__file__)
        name = next((name for name in _THREADS if hasattr(library, name.format("set"))), None)
        self._get = library[name.format("get")] if name else lambda: 1
        self._set = library[name.format("set")] if name else lambda _: None
        self._lock, self._inside, self._before = Lock(), 0, 1

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._before = self._get()
                self._set(1)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._set(self._before)


ONE_THREAD = OneThread()
