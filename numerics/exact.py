"""Exact and ball arithmetic on arrays: numpy object arrays of python-flint `arb` balls.

A ball is a midpoint and a radius that encloses the true real number; every operation rounds outward, so what is
proved about balls holds for the reals. `ExactArray` carries the few tensor methods that `optim.core` uses
(`sqrt`, `clamp`, `maximum`, `abs`), so that the very same update rules run on balls and on tensors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import arb, fmpq

PRECISION = 128
"""Working precision of balls, in bits."""


def working_precision(bits: int = PRECISION) -> Any:
    """Context manager: ball arithmetic at this many bits."""
    return flint.ctx.workprec(bits)


def to_fmpq(value: Any) -> fmpq:
    """An exact rational from an int, a Fraction, a sympy Rational, an fmpq, or a float (its binary value)."""
    if isinstance(value, fmpq):
        return value
    if isinstance(value, float):
        value = Fraction(value)
    numerator, denominator = (value.p, value.q) if hasattr(value, "p") else (value.numerator, value.denominator)
    return fmpq(int(numerator), int(denominator))


def rational_above(value: arb, digits: int = 12) -> Fraction:
    """A rational at or above every number in the ball, in decimal with so many digits behind the leading one."""
    scale = Fraction(10) ** digits
    top = (value * arb(to_fmpq(scale))).upper().ceil().unique_fmpz()
    if top is None:
        raise ValueError("the ball is too wide for a rational bound")
    return Fraction(int(top)) / scale


def root_above(square: Fraction) -> Fraction:
    """A rational at or above √square."""
    with working_precision():
        return rational_above(arb(to_fmpq(square)).sqrt())


def square_root(ball: arb) -> arb:
    """√x of a quantity known to be nonnegative: the part of the ball below zero is rounding, and is cut off."""
    return ball.nonnegative_part().sqrt()


class ExactArray(np.ndarray):
    """An object array of balls with the tensor methods the update rules need. Elementwise operators are numpy's."""

    def sqrt(self) -> ExactArray:
        """Elementwise square root of nonnegative balls."""
        return elementwise(square_root, self)

    def maximum(self, other: Any) -> ExactArray:
        """Elementwise maximum."""
        return elementwise(lambda x, y: x.max(y), self, balls(other))

    def minimum(self, other: Any) -> ExactArray:
        """Elementwise minimum."""
        return elementwise(lambda x, y: x.min(y), self, balls(other))

    def clamp(self, min: Any = None, max: Any = None) -> ExactArray:
        """Elementwise clamp to [min, max]; either end may be absent."""
        clamped = self if min is None else self.maximum(min)
        return clamped if max is None else clamped.minimum(max)

    def abs(self) -> ExactArray:
        """Elementwise absolute value."""
        return elementwise(abs, self)


def elementwise(function: Any, *arrays: Any) -> ExactArray:
    """Apply a function of balls to broadcast arrays."""
    return np.asarray(np.frompyfunc(function, len(arrays), 1)(*arrays), dtype=object).view(ExactArray)


def balls(values: Any) -> ExactArray:
    """An array of balls from numbers (see `to_fmpq`; balls pass through) in any nesting."""

    def ball(value: Any) -> arb:
        return value if isinstance(value, arb) else arb(to_fmpq(value))

    return elementwise(ball, np.asarray(values, dtype=object))


def total(values: Iterable[arb]) -> arb:
    """The sum of balls (0 if there are none)."""
    return sum(values, start=arb(0))


def float_above(ball: arb) -> float:
    """The least float that is certainly at or above every number in the ball; +inf for an infinite or NaN ball."""
    if not ball.is_finite():
        return math.inf
    candidate = float(ball.upper())
    while not (arb(candidate) >= ball):
        candidate = math.nextafter(candidate, math.inf)
    return candidate


def float_below(ball: arb) -> float:
    """A float certainly at or below every number in the ball; -inf for an infinite or NaN ball."""
    return -float_above(-ball)
