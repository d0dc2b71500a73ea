"""What a sentence encoder of the BERT type computes, in numpy alone.

Several texts pass through as one float32 matrix [rows, features], a row a token, so that each weight is read once for all of
them. The rows of a text are padded to whole tiles: then a product has the same ones, bit for bit, whatever lies above and below
them, where the library under numpy works in tiles that divide ours (see `rows_alike`). Attention looks at one text at a time,
without its padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

# ln(Φ(-x) / Φ(x)) / x in falling powers of x², Φ being the normal distribution: Φ(x) = 1 / (1 + Φ(-x) / Φ(x)).
# Fitted so that gelu(x) = x Φ(x) errs by less than 1e-7 anywhere, besides what float32 rounds off.
_LOG_ODDS = tuple(
    np.float32(c)
    for c in (-3.8424183e-09, 2.7678674e-07, -8.0922998e-06, 1.1157540e-04, 6.2612730e-05, -7.2663371e-02, -1.5957708)
)
TILE = 12  # rows; of the sizes tried (1 to 96) the least that leaves the products of OpenBLAS with AVX-512 as they are
_BLOCK = 1 << 14  # numbers that gelu takes at once, so that they stay in the processor's cache

Span = tuple[int, int]  # first row of a text, and how many tokens it has

# Token vectors [tokens, features] to that of their text.
POOLINGS: dict[str, Callable[[Matrix], Matrix]] = {"mean": lambda x: x.mean(axis=0), "cls": lambda x: x[0]}


class Linear(NamedTuple):
    """weight [out, in], bias [out]."""

    weight: Matrix
    bias: Matrix

    def __call__(self, x: Matrix) -> Matrix:
        """[rows, in] to [rows, out]."""
        y: Matrix = x @ self.weight.T
        y += self.bias
        return y


class Norm(NamedTuple):
    """weight, bias [features]."""

    weight: Matrix
    bias: Matrix
    epsilon: float

    def __call__(self, x: Matrix) -> Matrix:
        """Each row of `x` at mean 0 and variance 1, then weighted and shifted; in place."""
        x -= x.mean(axis=1, keepdims=True)
        x /= np.sqrt(np.square(x).mean(axis=1, keepdims=True) + self.epsilon)
        x *= self.weight
        x += self.bias
        return x


class Layer(NamedTuple):
    """What looks at the other tokens, then what thinks about each; both add to their input and are normed."""

    heads: int
    query: Linear
    key: Linear
    value: Linear
    mix: Linear
    mixed: Norm
    widen: Linear
    narrow: Linear
    narrowed: Norm

    def __call__(self, x: Matrix, spans: Sequence[Span]) -> Matrix:
        """[rows, features] to the same; each text is one of `spans`."""
        y = self.mix(self._attended(x, spans))
        y += x
        x = self.mixed(y)
        y = self.narrow(gelu(self.widen(x)))
        y += x
        return self.narrowed(y)

    def _attended(self, x: Matrix, spans: Sequence[Span]) -> Matrix:
        parts = self.query(x), self.key(x), self.value(x)
        seen = np.zeros_like(x)
        for start, tokens in spans:
            within = slice(start, start + tokens)
            query, key, value = (part[within].reshape(tokens, self.heads, -1).transpose(1, 0, 2) for part in parts)
            seen[within] = _seen(query, key, value).transpose(1, 0, 2).reshape(tokens, -1)
        return seen


def _seen(query: Matrix, key: Matrix, value: Matrix) -> Matrix:
    """What each token sees of the others of its text; all [heads, tokens, features of a head]."""
    shares = (query * np.float32(query.shape[2] ** -0.5)) @ key.transpose(0, 2, 1)  # [heads, tokens that look, looked at]
    shares -= shares.max(axis=2, keepdims=True)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=2, keepdims=True)
    return np.asarray(shares @ value)


def gelu(x: Matrix) -> Matrix:
    """x Φ(x), Φ being the normal distribution, in place; `x` is contiguous."""
    flat = x.reshape(-1)
    with np.errstate(over="ignore"):  # far below 0 the odds are infinite, and the result 0, as it should be
        for start in range(0, flat.size, _BLOCK):
            block = flat[start : start + _BLOCK]
            block /= _one_and_odds(block)
    return x


def _one_and_odds(x: Matrix) -> Matrix:
    """1 + Φ(-x) / Φ(x)."""
    square = x * x
    odds = square * _LOG_ODDS[0]
    for factor in _LOG_ODDS[1:-1]:
        odds += factor
        odds *= square
    odds += _LOG_ODDS[-1]
    odds *= x
    np.exp(odds, out=odds)
    odds += 1
    return odds


class Network(NamedTuple):
    """tokens [vocabulary, features] and places [most tokens, features] are looked up, the rest is computed."""

    tokens: Matrix
    places: Matrix
    norm: Norm
    layers: Sequence[Layer]
    pool: Callable[[Matrix], Matrix]

    def __call__(self, texts: Sequence[Sequence[int]]) -> Matrix:
        """The token ids of each text to its vector: [texts, features], each of length 1."""
        spans = tuple(_spans(map(len, texts)))
        x = np.zeros((rows_of(map(len, texts)), self.tokens.shape[1]), dtype=np.float32)
        for (start, tokens), ids in zip(spans, texts, strict=True):
            x[start : start + tokens] = self.tokens[ids] + self.places[:tokens]
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x, spans)
        pooled = np.stack([self.pool(x[start : start + tokens]) for start, tokens in spans])
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True))

    def rows_alike(self) -> bool:
        """Whether this machine computes a text's rows alike, bit for bit, alone and among others, on one thread: tried with the
        weights of one layer and texts of one to twenty tiles, at the beginning, in the middle and at the end."""
        for linear in (self.layers[0].query, self.layers[0].widen, self.layers[0].narrow):
            features = linear.weight.shape[1]
            x = np.sin(np.arange(_TRIED * TILE * features, dtype=np.float32) ** 2).reshape(-1, features)
            whole = x @ linear.weight.T
            for tiles in (1, 2, 5, _TRIED // 2):
                for start in (0, _TRIED // 3 * TILE, (_TRIED - tiles) * TILE):
                    rows = slice(start, start + tiles * TILE)
                    if not np.array_equal(np.ascontiguousarray(x[rows]) @ linear.weight.T, whole[rows]):
                        return False
        return True


_TRIED = 40  # tiles


def rows_of(tokens: Iterable[int]) -> int:
    """How many rows texts of so many tokens take."""
    return sum(-(-count // TILE) * TILE for count in tokens)


def _spans(tokens: Iterable[int]) -> Iterator[Span]:
    start = 0
    for count in tokens:
        yield start, count
        start += rows_of((count,))
