"""Random variables that may have no mean, decided exactly: exponential polynomials of two geometric variables.

j is known at time 0 and k at time 1, independent, with P(j = n) = P(k = n) = 2^{-n-1}. A variable Σ c·p^j·q^k (distinct
pairs of rational bases, c ≠ 0) is integrable if and only if every |p| < 2 and |q| < 2, since E|p|^j = Σ |p/2|^n / 2.
These variables are closed under sums, products and conditional expectation.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from trees import Array, Model

Bases = tuple[Fraction, Fraction]


class NoMean(Exception):  # noqa: N818
    """An expectation of what is not integrable."""


class Exponential:
    """Σ c·p^j·q^k as a map from (p, q) to c."""

    def __init__(self, terms: dict[Bases, Fraction]) -> None:
        self.terms = {bases: c for bases, c in terms.items() if c}

    def __add__(self, other: Exponential | Fraction | int) -> Exponential:
        total = dict(self.terms)
        for bases, c in lift(other).terms.items():
            total[bases] = total.get(bases, Fraction(0)) + c
        return Exponential(total)

    def __mul__(self, other: Exponential | Fraction | int) -> Exponential:
        total: dict[Bases, Fraction] = {}
        for (p, q), c in self.terms.items():
            for (u, v), e in lift(other).terms.items():
                total[p * u, q * v] = total.get((p * u, q * v), Fraction(0)) + c * e
        return Exponential(total)

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, n: int) -> Exponential:
        result = lift(1)
        for _ in range(n):
            result = result * self
        return result

    @property
    def integrable(self) -> bool:
        return all(abs(p) < 2 and abs(q) < 2 for p, q in self.terms)

    def given(self, level: int | None) -> Exponential:
        """E of it given F_level: E[q^k] = Σ q^n 2^{-n-1} = 1/(2 − q). Raises NoMean."""
        if not self.integrable:
            raise NoMean
        result = lift(0)
        for (p, q), c in self.terms.items():
            if level is None:
                p, c = Fraction(1), c / (2 - p)
            if level in (None, 0):
                q, c = Fraction(1), c / (2 - q)
            result = result + Exponential({(p, q): c})
        return result

    def nonnegative(self) -> bool:
        """At all j, k up to 30: enough for the few small bases of the tests."""
        points = [(j, k) for j in range(31) for k in range(31)]
        return all(sum(c * p**j * q**k for (p, q), c in self.terms.items()) >= 0 for j, k in points)


def lift(value: Exponential | Fraction | int) -> Exponential:
    if isinstance(value, Exponential):
        return value
    return Exponential({(Fraction(1), Fraction(1)): Fraction(value)})


def power(p: int | Fraction, q: int | Fraction = 1, c: int | Fraction = 1) -> Exponential:
    """c·p^j·q^k."""
    return Exponential({(Fraction(p), Fraction(q)): Fraction(c)})


class GeometricSpace:
    """Stands for a `trees.Tree` of depth `depth`, with one row of exponentials; F_t for t >= 1 knows j and k."""

    def __init__(self, depth: int = 3) -> None:
        self.depth, self.leaves = depth, [()]

    def conditional(self, values: Array, level: int | None) -> Array:
        return np.vectorize(lambda z: lift(z).given(level), otypes=[object])(values)


def geometric_model(coordinates: int = 1, horizon: int = 2) -> Model:
    return Model(GeometricSpace(), horizon, coordinates)  # type: ignore[arg-type]


def constantly(model: Model, name: str, *values: Exponential) -> None:
    """Gives a timed atom its values at t = 0, 1, …; the last one stays."""
    for time in range(model.tree.depth + 1):
        value = values[min(time, len(values) - 1)]
        model.values[name, time] = np.full(model.shape, value, dtype=object)
