"""What a sentence encoder of the BERT type computes, in numpy alone.

A text passes through as a float32 matrix [features, tokens], a column a token: so a linear layer reads y = W x + b and the
heads of attention are a reshape. Each text passes on its own, without padding, so that its vector never depends on its company.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
_BLOCK = 1 << 14  # numbers that gelu takes at once, so that they stay in the processor's cache

# Token vectors [features, tokens] to that of their text.
POOLINGS: dict[str, Callable[[Matrix], Matrix]] = {"mean": lambda x: x.mean(axis=1), "cls": lambda x: x[:, 0]}


class Linear(NamedTuple):
    """weight [out, in], bias [out, 1]."""

    weight: Matrix
    bias: Matrix

    def __call__(self, x: Matrix) -> Matrix:
        """[in, tokens] to [out, tokens]."""
        y: Matrix = self.weight @ x
        y += self.bias
        return y


class Norm(NamedTuple):
    """weight, bias [features, 1]."""

    weight: Matrix
    bias: Matrix
    epsilon: float

    def __call__(self, x: Matrix) -> Matrix:
        """Each column of `x` at mean 0 and variance 1, then weighted and shifted; in place."""
        x -= x.mean(axis=0)
        x /= np.sqrt(np.square(x).mean(axis=0) + self.epsilon)
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

    def __call__(self, x: Matrix) -> Matrix:
        """[features, tokens] to the same."""
        y = self.mix(self._attended(x))
        y += x
        x = self.mixed(y)
        y = self.narrow(gelu(self.widen(x)))
        y += x
        return self.narrowed(y)

    def _attended(self, x: Matrix) -> Matrix:
        query, key, value = (part(x).reshape(self.heads, -1, x.shape[1]) for part in (self.query, self.key, self.value))
        query *= np.float32(query.shape[1] ** -0.5)
        shares = key.transpose(0, 2, 1) @ query  # [heads, tokens looked at, tokens that look]
        shares -= shares.max(axis=1, keepdims=True)
        np.exp(shares, out=shares)
        seen = value @ shares
        seen /= shares.sum(axis=1, keepdims=True)
        return seen.reshape(x.shape)


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

    def __call__(self, ids: Sequence[int]) -> Matrix:
        """Token ids to a vector [features] of length 1."""
        x = self.norm(np.ascontiguousarray((self.tokens[ids] + self.places[: len(ids)]).T))
        for layer in self.layers:
            x = layer(x)
        pooled = self.pool(x)
        return pooled / np.linalg.norm(pooled)
