"""From drift to failure: the explicit constants of the theorems in docs/counterexamples.md, from a potential and its enclosure.

Y = reward + h(next) − h; η > 0 is the distance of its mean from 0, |Y| ≤ A, E Y² ≤ S, |reward| ≤ B, each for every state.
H = R/2 + κB, with R the range of h and κ = β1/(1−β1) of an outer momentum, bounds the centred potential together with the
momentum's telescoping part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from flint import arb

from numerics.counterexamples.potential import Enclosure, Potential, above, below, to_bits
from numerics.counterexamples.process import HUBER, Process
from numerics.exact import to_fmpq, working_precision


@dataclass(frozen=True)
class Interval:
    """θ_t = clip(θ_{t−1} − α·reward) on [−1, 1] ends at the wrong end e: E|θ_t − e| ≤ α·`limit` for t ≥ `after`/α, any α > 0.

    If α ≤ 1/H, moreover, limsup of the averages of E|θ_t − e| is at most α·`average`; in a fixed order all hold without E.
    `rate` is the s of the exponential Lyapunov function, 0 in a fixed order.
    """

    eta: Fraction
    reward: Fraction
    potential: Fraction
    largest: Fraction
    second: Fraction
    rate: Fraction
    limit: Fraction
    after: Fraction
    average: Fraction


@dataclass(frozen=True)
class Floor:
    """Problem U, any α > 0: limsup E|θ_t| ≥ `floor` = η/Λ, Λ a Lipschitz constant in θ of the one-step mean at θ."""

    eta: Fraction
    potential: Fraction
    lipschitz: Fraction
    floor: Fraction


def spread(p: Process, h: Potential) -> Fraction:
    """The range of h over all states: h is affine in m and piecewise linear in v, so the extremes are at nodes."""
    values = [
        m * a + b
        for row_a, row_b in zip(h.a, h.b, strict=True)
        for a, b in zip(row_a, row_b, strict=True)
        for m in p.m_range
    ]
    return max(values) - min(values)


def half_range(p: Process, h: Potential, reward: Fraction) -> Fraction:
    """H, as a short rational."""
    return above(arb(to_fmpq(spread(p, h) / 2 + p.outer / (1 - p.outer) * reward)))


def interval_failure(p: Process, h: Potential, y: Enclosure) -> Interval:
    """The constants on [−1, 1]; the drift must exclude 0."""
    with working_precision():
        eta, H = max(y.low, -y.high), half_range(p, h, y.reward)
        if p.sampling == "fixed":
            limit, after, rate = 2 * H, above(arb(to_fmpq(2 / eta))), Fraction(0)
            average = limit
        else:
            rate = best_rate(float(eta), float(H), float(y.largest), float(y.second))
            gap = contraction(rate, eta, y.largest, y.second)
            limit = above(2 * arb(to_fmpq(H)) + (1 + 1 / gap).log() / arb(to_fmpq(rate)))
            after = above(2 * arb(to_fmpq(rate)) / gap)
            average = above(arb(to_fmpq((y.second + 4 * H * max(-y.low, y.high)) / (2 * eta))))
        return Interval(eta, y.reward, H, y.largest, y.second, rate, limit, after, average)


def contraction(s: Fraction, eta: Fraction, A: Fraction, S: Fraction) -> arb:
    """1 − ρ with ρ = 1 − sη + (S/A²)(e^{sA} − 1 − sA) ≥ E e^{−sY} (Bennett). Raises ValueError unless it is positive."""
    x = arb(to_fmpq(s * A))
    gap = arb(to_fmpq(s * eta)) - arb(to_fmpq(S / A**2)) * (x.expm1() - x)
    if not gap > 0:
        raise ValueError(f"the rate {s} is too large for the exponential Lyapunov function to contract")
    return gap


def best_rate(eta: float, H: float, A: float, S: float) -> Fraction:
    """The s, of a geometric list below η/S, with the least limit, in floating point."""

    def limit(s: float) -> float:
        gap = s * eta - S / A**2 * (math.expm1(s * A) - s * A)
        return 2 * H + math.log1p(1 / gap) / s if gap > 0 else math.inf

    return to_bits(min((eta / S * 0.85**k for k in range(120)), key=limit), 16)


def floor_failure(p: Process, h: Potential, y: Enclosure) -> Floor:
    """The floor on problem U; the drift at θ = 0 must exclude 0; needs ε > 0.

    At θ the gradient differs from its value at 0 by at most |θ|, its square by at most 6|θ| (|g| ≤ 4, and ≤ 2 at 0), m' by
    (1−μ)|θ|, v' by 6(1−β2)|θ|; |m'| ≤ 2 + 2μ at 0. What is averaged is m'·(1/s + a(v')) + b(v').
    """
    eta = max(y.low, -y.high)
    largest_a = max(abs(x) for row in h.a for x in row)
    slope_a, slope_b = (max(slopes(h.nodes, row) for row in rows) for rows in (h.a, h.b))
    slope_weight = 1 / (2 * p.eps**3) if p.current else Fraction(0)
    squares = (HUBER + 2) * (1 - p.beta2)
    lipschitz = (1 - p.inner) * (1 / p.eps + largest_a)
    lipschitz += squares * ((2 + 2 * p.inner) * (slope_weight + slope_a) + slope_b)
    with working_precision():
        bound = above(arb(to_fmpq(lipschitz)))
        return Floor(eta, half_range(p, h, HUBER / p.eps), bound, below(arb(to_fmpq(eta / bound))))


def slopes(nodes: tuple[Fraction, ...], row: tuple[Fraction, ...]) -> Fraction:
    """The largest slope of a piecewise linear function, in absolute value."""
    return max(abs(z - y) / (u - v) for (v, y), (u, z) in pairwise(zip(nodes, row, strict=True)))
