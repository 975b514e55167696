"""Noise laws, each defined once: a stochastic gradient coordinate g(d, z) as a sympy expression.

d is the exact gradient's coordinate (`GRADIENT`), z a primitive variate (`VARIATE`): standard normal, or with finite
support and exact rational probabilities. Unbiasedness, second moments, variances and almost sure bounds are computed
from that one definition, exactly. Coordinates are perturbed independently of each other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy

from numerics.symbolic import GRADIENT, VARIATE, WithoutCaches, ball_namespace, compile_expression, tensor_namespace

if TYPE_CHECKING:
    from torch import Tensor

    from numerics.exact import ExactArray


@dataclass(frozen=True)
class StandardNormal:
    """The standard normal law of a variate."""

    def moment(self, order: int) -> sympy.Expr:
        """E z^k: (k-1)!! for even k, else 0."""
        return sympy.factorial2(order - 1) if order % 2 == 0 else sympy.Integer(0)


@dataclass(frozen=True)
class FiniteSupport:
    """A variate with finitely many values; `values` and `probabilities` are exact rationals that sum to 1.

    Raises ValueError for probabilities that are not positive or do not sum to one.
    """

    values: tuple[sympy.Rational, ...]
    probabilities: tuple[sympy.Rational, ...]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.probabilities) or not all(p > 0 for p in self.probabilities):
            raise ValueError("a finite law needs one positive probability for each value")
        if sum(self.probabilities) != 1:
            raise ValueError(f"the probabilities must sum to 1, got {sum(self.probabilities)}")

    def moment(self, order: int) -> sympy.Expr:
        """E z^k = Σ p_j z_j^k."""
        return sum((p * z**order for z, p in zip(self.values, self.probabilities, strict=True)), start=sympy.Integer(0))

    def edges(self) -> tuple[tuple[float, float], ...]:
        """(edge, value) from the last to the first: a uniform below the edge has that value or an earlier one's.

        The first pair, with edge 1, is the last value. The law is exact to 2^-53 in each probability.
        """
        pairs = [(1.0, float(self.values[-1]))]
        cumulative = sympy.Integer(1)
        for value, probability in zip(self.values[-2::-1], self.probabilities[:0:-1], strict=True):
            cumulative -= probability
            pairs.append((float(cumulative), float(value)))
        return tuple(pairs)

    def from_uniform(self, uniform: Tensor) -> Tensor:
        """Values by inversion of the cumulative probabilities."""
        (_, last), *rest = self.edges()
        out = uniform.new_full(uniform.shape, last)
        for edge, value in rest:
            out = out.masked_fill_(uniform < edge, value)
        return out


Law = StandardNormal | FiniteSupport


@dataclass(frozen=True)
class Noise(WithoutCaches):
    """A stochastic gradient coordinate g(d, z), polynomial in both d and z, with z drawn from `law`.

    Raises ValueError if E[g given d] ≠ d: assumption A2 is checked, not assumed.
    """

    name: str
    expression: sympy.Expr
    law: Law

    def __post_init__(self) -> None:
        if sympy.expand(self.expectation(self.expression) - GRADIENT) != 0:
            raise ValueError(f"noise {self.name}: E[g given d] = {self.expectation(self.expression)}, not d")

    def expectation(self, expression: sympy.Expr) -> sympy.Expr:
        """E of a polynomial in z, as a polynomial in d."""
        polynomial = sympy.Poly(sympy.expand(expression), VARIATE)
        return sympy.expand(
            sum(
                (coefficient * self.law.moment(power) for (power,), coefficient in polynomial.terms()),
                start=sympy.Integer(0),
            )
        )

    def second_moment(self, slope: sympy.Expr) -> sympy.Expr:
        """sup over |d| ≤ slope of E[g² given d]."""
        return supremum_of_square(self.expectation(self.expression**2), slope)

    def variance(self, slope: sympy.Expr) -> sympy.Expr:
        """sup over |d| ≤ slope of E[(g - d)² given d]."""
        return supremum_of_square(self.expectation((self.expression - GRADIENT) ** 2), slope)

    def almost_sure_square(self, slope: sympy.Expr) -> sympy.Expr:
        """sup over |d| ≤ slope and the support of z of g²; infinite for an unbounded law."""
        if isinstance(self.law, StandardNormal):
            return sympy.oo
        squares = (self.expression.subs(VARIATE, value) ** 2 for value in self.law.values)
        return sympy.Max(*(supremum_of_square(square, slope) for square in squares))

    @functools.cached_property
    def tensor(self) -> Callable[[Tensor, Tensor], Tensor]:
        """g(d, z), elementwise on tensors."""
        return compile_expression(self.expression, (GRADIENT, VARIATE), tensor_namespace())

    @functools.cached_property
    def balls(self) -> Callable[[ExactArray, ExactArray], ExactArray]:
        """g(d, z), elementwise on arrays of balls."""
        return compile_expression(self.expression, (GRADIENT, VARIATE), ball_namespace())


def supremum_of_square(polynomial: sympy.Expr, slope: sympy.Expr) -> sympy.Expr:
    """sup over |d| ≤ slope of a nonnegative polynomial of degree ≤ 2 in d.

    Nonnegative everywhere means a leading coefficient ≥ 0, so it is convex and its supremum is at an end point.
    Raises ValueError for a higher degree.
    """
    quadratic = sympy.Poly(sympy.expand(polynomial), GRADIENT)
    if quadratic.degree() > 2:
        raise ValueError(f"{polynomial} has degree {quadratic.degree()} in the gradient, at most 2 is supported")
    if quadratic.degree() <= 0:
        return sympy.expand(polynomial)
    if slope is sympy.oo:
        return sympy.oo
    return sympy.Max(quadratic.eval(slope), quadratic.eval(-slope))


def normal(sigma: sympy.Rational) -> Noise:
    """g = d + σz, z standard normal."""
    return Noise(f"normal({sigma})", GRADIENT + sympy.Rational(sigma) * VARIATE, StandardNormal())


def signs(sigma: sympy.Rational) -> Noise:
    """g = d + σz, z = ±1 with probability 1/2 each."""
    return Noise(f"signs({sigma})", GRADIENT + sympy.Rational(sigma) * VARIATE, _fair_signs())


def spikes(height: sympy.Rational, probability: sympy.Rational) -> Noise:
    """g = d + z, z = A with probability p, else -Ap/(1-p): mean zero, variance A²p/(1-p)."""
    height, probability = sympy.Rational(height), sympy.Rational(probability)
    law = FiniteSupport((height, -height * probability / (1 - probability)), (probability, 1 - probability))
    return Noise(f"spikes({height}, {probability})", GRADIENT + VARIATE, law)


def multiplicative(relative: sympy.Rational) -> Noise:
    """g = d(1 + δz), z = ±1 with probability 1/2 each: the noise vanishes at a stationary point."""
    return Noise(f"multiplicative({relative})", GRADIENT * (1 + sympy.Rational(relative) * VARIATE), _fair_signs())


def _fair_signs() -> FiniteSupport:
    half = sympy.Rational(1, 2)
    return FiniteSupport((sympy.Integer(1), sympy.Integer(-1)), (half, half))
