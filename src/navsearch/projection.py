"""A map of the catalog: its vectors laid out in the plane, so that like ones lie together.

    map.npy     float32 [rows, 2], in 0..1; row i is the place of the resource whose vector is row i of vectors.npy

Landmarks, up to 1,024 rows, are laid out by t-SNE (van der Maaten and Hinton, 2008): it starts from the two directions in which
they differ most, draws each to its nearest ones, all with one force, and drives all apart. Every row then lies at the mean of
the landmarks, those weighing most that it is most like; a landmark lies where it was laid.

Measured on the vectors of 716 records, one thread (`kept`: share of the 10 nearest that are among the 30 nearest on the map,
.04 by chance; `moved`: how far the others move if one record is replaced, the mean over 20, 1 being the width of the map):

                                           kept   moved   seconds
    the two directions alone (PCA)          .29    .003       .02   one cloud: losses and data sets overlap
    the spectrum of the graph of nearest    .46    .005       .10   a few spikes, all else in a heap
    t-SNE, as it is here                    .80    .010       .13   groups by kind, and in these by modality and organ
    t-SNE, drawn 4 times as strongly        .70    .007       .16   denser groups with less inside, as UMAP draws them

Drawing more strongly at first, as is common, gains less than .01 and lets more points jump. If only half of the rows are
landmarks .69 is kept, if a quarter .62. A million rows take 16 s and 190 MB.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from navsearch.index import MAP
from navsearch.one_thread import ONE_THREAD
from navsearch.vectors import VECTORS, Matrix, Rows, chunks, picked

_LANDMARKS = 1024  # the time to lay them out grows with their square
_NEAREST = 15  # landmarks that each is drawn to: fewer tear groups apart, more merge them
_STEPS, _RATE, _KEPT = 100, 0.25, 0.8  # of the descent: steps, length of one, share of the last one that goes on
_START = 0.01  # spread of the landmarks before they are driven apart
_SHARPNESS = 50  # a landmark whose cosine is .1 less weighs e^5 times less
_DECIMALS = 4
_TINY = np.finfo(np.float32).tiny  # instead of a zero that would divide


def write(folder: Path) -> None:
    """Write map.npy beside vectors.npy. Equal vectors give equal bytes on one machine: all is computed by one thread."""
    file = folder / VECTORS
    with ONE_THREAD:
        landmarks = picked(file, _drawn(file))
        places = _laid_out(landmarks)
        rows = [_placed(chunk, landmarks, places) for _, chunk in chunks(file)]
    np.save(folder / MAP, np.concatenate(rows))


def _drawn(file: Path) -> Rows:
    """Up to _LANDMARKS rows with different vectors, ascending. What a vector holds decides whether it is drawn, not its row,
    so that one changed record changes one of them at most."""
    hashes = np.concatenate([_hashes(chunk) for _, chunk in chunks(file)])
    return np.sort(np.unique(hashes, return_index=True)[1][:_LANDMARKS])


def _hashes(vectors: Matrix) -> NDArray[np.uint32]:
    """A number for each vector, by its bits alone; multiples of an odd number by position (2^32 over the golden ratio)."""
    odd = np.arange(1, 2 * vectors.shape[1], 2, dtype=np.uint32)
    return np.asarray(vectors.view(np.uint32) @ (odd * np.uint32(0x9E3779B9)), dtype=np.uint32)


def _laid_out(vectors: Matrix) -> Matrix:
    """float32 [rows, 2]: places of `vectors`, in 0..1."""
    places, ties = _start(vectors), _ties(vectors)
    moved = np.zeros_like(places)
    for _ in range(_STEPS):
        moved = _KEPT * moved + _RATE * len(places) * _force(places, ties)
        places = places + moved
    return _scaled(places)


def _start(vectors: Matrix) -> Matrix:
    """float32 [rows, 2]: where `vectors` lie in the two directions in which they differ most."""
    centred = vectors - vectors.mean(axis=0)
    directions = np.linalg.eigh(centred.T @ centred)[1][:, :-3:-1]
    directions *= np.copysign(1, (directions**3).sum(axis=0))  # else either end of one might come first
    places = centred @ directions
    return np.asarray(places * (_START / max(places.std(axis=0).max(), _TINY)))


def _ties(vectors: Matrix) -> Matrix:
    """float32 [rows, rows], symmetric, 1 in all: more than 0 where one is among the nearest of the other."""
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    count = min(_NEAREST, len(vectors) // 2)
    ties = np.zeros_like(likeness)
    np.put_along_axis(ties, np.argpartition(-likeness, count, axis=1)[:, :count], 1, axis=1)
    return np.asarray((ties + ties.T) / max(2 * ties.sum(), 1), dtype=np.float32)


def _force(places: Matrix, ties: Matrix) -> Matrix:
    """float32 [rows, 2]: whither, and how strongly, each place is drawn by its ties and driven by all others."""
    square = np.square(places).sum(axis=1, keepdims=True)
    one = np.ones_like(square)
    near = np.hstack([places, square + 1, one]) @ np.hstack([-2 * places, one, square]).T  # 1 and the squared distance
    np.reciprocal(near, out=near)
    np.fill_diagonal(near, 0)
    pull = near * (-1 / max(near.sum(), _TINY))
    pull += ties
    pull *= near
    return np.asarray(pull @ places - pull.sum(axis=1, keepdims=True) * places)


def _scaled(places: Matrix) -> Matrix:
    """`places` in 0..1, with one scale for both axes."""
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray((places - (low + high) / 2) / max((high - low).max(), _TINY) + np.float32(0.5))


def _placed(vectors: Matrix, landmarks: Matrix, places: Matrix) -> Matrix:
    """float32 [rows, 2]: the means of the `places` of `landmarks`, weighed by how like them `vectors` are."""
    weights = (_SHARPNESS * vectors) @ landmarks.T
    weights -= weights.max(axis=1, keepdims=True)
    np.exp(weights, out=weights)
    return np.asarray(np.round(weights @ places / weights.sum(axis=1, keepdims=True), _DECIMALS))
