"""From drift to failure: the explicit constants of the theorems in docs/counterexamples.md, from a potential and its enclosure.

With η > 0 the drift's distance from 0 per step, |reward| ≤ B, h's range R, κ = β1/(1−β1) of an outer momentum:
A = B + R bounds |reward + h(next) − h|, H = R/2 + κB bounds the centred potential with the momentum's telescoping part.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product

from flint import arb

from numerics.counterexamples.potential import Potential, above, below
from numerics.counterexamples.process import HUBER, Process
from numerics.exact import to_fmpq, working_precision


@dataclass(frozen=True)
class Interval:
    """θ_t = clip(θ_{t−1} − α·reward) on [−1, 1] ends at the wrong end e.

    For every α > 0 and t ≥ `after`/α, E|θ_t − e| ≤ α·`limit`; for nonincreasing α_t, Σ_{t≤T} α_t E|θ_{t−1} − e| ≤ (4 + 8Hα_1 + (B² + 2BH) Σ α_t²)/(2η). Fixed order: without E.
    """

    eta: Fraction
    reward: Fraction
    potential: Fraction
    limit: Fraction
    after: Fraction


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


def largest_reward(p: Process) -> Fraction:
    """B, an upper bound of |m'|/s: 1/s falls in v, so v at its lower end; m at either end."""
    low = p.v_range[0]
    bounds = []
    for (g, _), m in product(p.law, p.m_range):
        v = p.beta2 * low + (1 - p.beta2) * g * g if p.current else low
        s = arb(to_fmpq(max(v, p.eps**2))).sqrt()
        bounds.append(above(abs(arb(to_fmpq(p.inner * m + (1 - p.inner) * g))) / s))
    return max(bounds)


def momentum_factor(p: Process) -> Fraction:
    """κ of the outer momentum."""
    return p.outer / (1 - p.outer)


def interval_failure(p: Process, h: Potential, drift: tuple[Fraction, Fraction]) -> Interval:
    """The constants on [−1, 1]; `drift` per step, which must exclude 0."""
    with working_precision():
        eta = max(drift[0], -drift[1])
        reward, range_of_h = largest_reward(p), spread(p, h)
        H = above(arb(to_fmpq(range_of_h / 2 + momentum_factor(p) * reward)))
        if p.sampling == "fixed":
            return Interval(eta, reward, H, 2 * H, above(arb(to_fmpq(2 / eta))))
        A = reward + range_of_h
        contraction = (-arb(to_fmpq(eta**2 / (2 * A**2)))).exp()
        limit = 2 * arb(to_fmpq(H)) + arb(to_fmpq(A**2 / eta)) * (1 + 1 / (1 - contraction)).log()
        return Interval(eta, reward, H, above(limit), above(arb(to_fmpq(4 / eta))))


def floor_failure(p: Process, h: Potential, drift: tuple[Fraction, Fraction]) -> Floor:
    """The floor on problem U; `drift` per step at θ = 0, which must exclude 0; needs ε > 0.

    At θ the gradient differs from its value at 0 by at most |θ|, its square by at most 6|θ| (|g| ≤ 4, and ≤ 2 at 0), m' by
    (1−μ)|θ|, v' by 6(1−β2)|θ|; |m'| ≤ 2 + 2μ at 0. What is averaged is m'·(1/s + a(v')) + b(v').
    """
    eta = max(drift[0], -drift[1])
    largest_a = max(abs(x) for row in h.a for x in row)
    slope_a, slope_b = (max(slopes(h.nodes, row) for row in rows) for rows in (h.a, h.b))
    slope_weight = 1 / (2 * p.eps**3) if p.current else Fraction(0)
    squares = (HUBER + 2) * (1 - p.beta2)
    lipschitz = (1 - p.inner) * (1 / p.eps + largest_a)
    lipschitz += squares * ((2 + 2 * p.inner) * (slope_weight + slope_a) + slope_b)
    with working_precision():
        reward = HUBER / p.eps
        H = above(arb(to_fmpq(spread(p, h) / 2 + momentum_factor(p) * reward)))
        bound = above(arb(to_fmpq(lipschitz)))
        return Floor(eta, H, bound, below(arb(to_fmpq(eta / bound))))


def slopes(nodes: tuple[Fraction, ...], row: tuple[Fraction, ...]) -> Fraction:
    """The largest slope of a piecewise linear function, in absolute value."""
    return max(abs(z - y) / (u - v) for (v, y), (u, z) in pairwise(zip(nodes, row, strict=True)))
