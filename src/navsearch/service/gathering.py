"""Questions that are asked at the same time are encoded together: each weight of the model is read once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np

from navsearch.encoder import Around, Encoder
from navsearch.forward import Progress
from navsearch.service.jobs import step_aside
from navsearch.vectors import Matrix


class Gathering(Around):
    """An encoder for jobs. One that calls it steps aside; the first to go on encodes what all that stepped aside came with."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self._waiting: list[tuple[Sequence[str], Future[Matrix]]] = []

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """See Encoder."""
        mine: Future[Matrix] = Future()
        self._waiting.append((texts, mine))
        step_aside()
        if not mine.done():
            self._encode_all()
        if progress:
            progress(len(texts))
        return mine.result()

    def _encode_all(self) -> None:
        """Encode all that waits, for each who waits for it."""
        taken, self._waiting = self._waiting, []
        try:
            vectors = self._encoder.encode([text for texts, _ in taken for text in texts])
        except BaseException as error:  # noqa: BLE001 (whoever waits for it is told, whatever it is)
            for _, future in taken:
                future.set_exception(error)
            return
        ends = np.cumsum([len(texts) for texts, _ in taken])
        for (_, future), found in zip(taken, np.split(vectors, ends[:-1]), strict=True):
            future.set_result(found)
