"""The moment programme: the law of one coordinate's gradient with the worst drift, given its mean and second moment.

Over laws on a grid in [−B, B] with E g = μ > 0 and E g² ≤ G², minimise E c(g), where c(g) is what a gradient g adds to the
direction while it is remembered, everything else held at a fixed second moment v:

    c(g) = Σ_j w_j g/√(v + (1−β2) λ_j (g² − v)),

with w_j = 1 at j = 0 alone for RMSprop, and for Adam (1−β1) β1^j at the lag j, λ_j = β2^j (0 where the normaliser does not yet
hold g). A negative optimum proposes a law; it is a statement about one v only, until the real recursion confirms it.
For ADOPT c(g) = g/√v: the optimum is μ/√v, and the dual solution (0, 1/√v, 0) proves it for every law at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.counterexamples.process import METHODS

Floats = NDArray[np.float64]
GRID = 401
"""Points of the grid on each side of 0, spaced geometrically from B/10^5."""
NEGLIGIBLE = 1e-9
"""Probabilities below this are taken to be 0."""
TIGHTENING = Fraction(999, 1000)
"""G² is taken smaller by 10^-3, so that rounding the law keeps E g² ≤ G²."""


@dataclass(frozen=True)
class Proposal:
    """The programme's optimum, its law in floats, and the dual (y0, y1, y2): y0 + y1 g + y2 g² ≤ c(g) on the grid."""

    optimum: float
    gradients: Floats
    probabilities: Floats
    dual: tuple[float, float, float]


def memory(method: str, beta1: float, beta2: float, negligible: float = 1e-6) -> list[tuple[float, float]]:
    """Pairs (w_j, λ_j): the weight of a gradient of j steps ago in the direction, and its share in the normaliser.

    Raises ValueError for an unknown method.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; known: {', '.join(METHODS)}")
    inner, _, current = METHODS[method]
    weights = [1.0]
    if inner and beta1:
        lags = int(np.ceil(np.log(negligible) / np.log(beta1)))
        weights = [(1 - beta1) * beta1**j for j in range(lags)]
    return [(w, beta2**j if current else (beta2 ** (j - 1) if j else 0.0)) for j, w in enumerate(weights)]


def contribution(method: str, beta1: float, beta2: float, v: float, gradients: Floats) -> Floats:
    """c(g) at each gradient, shape of `gradients`."""
    total = np.zeros_like(gradients)
    for weight, share in memory(method, beta1, beta2):
        total += weight * gradients / np.sqrt(v + (1 - beta2) * share * (gradients**2 - v))
    return total


def solve(method: str, beta1: float, beta2: float, v: float, mean: float, second: float, bound: float) -> Proposal:
    """The optimum over laws on the grid with E g = mean, E g² ≤ second, |g| ≤ bound, by HiGHS.

    Raises ValueError if no law has such moments, or v is not positive.
    """
    import cvxpy as cp

    if not v > 0:
        raise ValueError(f"v is {v}; it must be positive")
    if mean**2 > second or abs(mean) > bound:
        raise ValueError(f"no law has mean {mean:g}, E g² at most {second:g} and |g| at most {bound:g}: (E g)² ≤ E g²")
    side = np.geomspace(bound * 1e-5, bound, GRID)
    g = np.unique(np.concatenate([-side, side, [mean]]))
    cost = contribution(method, beta1, beta2, v, g)
    p = cp.Variable(len(g), nonneg=True)
    # scaled by the size of the cost, of the mean and of the second moment: HiGHS works with absolute tolerances
    size = float(np.abs(cost).max())
    conditions = [cp.sum(p) == 1, (g / mean) @ p == 1, (g**2 / second) @ p <= 1]
    problem = cp.Problem(cp.Minimize((cost / size) @ p), conditions)
    problem.solve(solver=cp.HIGHS)
    if p.value is None:
        raise ValueError(f"HiGHS finds no law (status {problem.status})")
    y0, y1, y2 = (-float(c.dual_value) * size for c in conditions)
    kept = p.value > NEGLIGIBLE
    return Proposal(float(problem.value) * size, g[kept], p.value[kept], (y0, y1 / mean, y2 / second))


Law = tuple[tuple[Fraction, Fraction], ...]


def rounded(gradients: Floats, probabilities: Floats, mean: Fraction, digits: int = 2) -> Law | None:
    """A two-point law near the proposal with exactly this mean: gradients of few digits, probabilities solved for.

    Atoms of each sign are merged into their mean. None if one sign is absent: such a law has the right drift anyway.
    """
    up = gradients > 0
    if not up.any() or up.all():
        return None
    ends = [
        shortened(float(gradients[side] @ probabilities[side] / probabilities[side].sum()), digits)
        for side in (up, ~up)
    ]
    high, low = ends
    if not low < mean < high:
        return None
    p = (mean - low) / (high - low)
    return ((high, p), (low, 1 - p))


def shortened(value: float, digits: int) -> Fraction:
    """The float rounded to so many significant decimal digits, as an exact rational."""
    return Fraction(f"{value:.{digits - 1}e}")


def moments(law: Law) -> dict[str, Fraction]:
    """Exact mean, second moment and largest |g|."""
    return {
        "mean": sum((g * p for g, p in law), Fraction(0)),
        "second": sum((g * g * p for g, p in law), Fraction(0)),
        "bound": max(abs(g) for g, _ in law),
    }


def dual_certificate(method: str, v: Fraction) -> dict[str, Any]:
    """The exact dual for a method whose direction is normalised by what came before: c(g) = g/√v, √v rational.

    y0 + y1 g + y2 g² = c(g) for every g, so E c(g) = μ/√v for every law: no law with mean μ > 0 has a wrong drift.
    Raises ValueError for another method.
    """
    if any(share for _, share in memory(method, 0.0, 0.5)) or METHODS[method][0]:
        raise ValueError(f"{method}: the normaliser depends on the gradients it divides; no such dual exists")
    root = exact_root(v)
    return {
        "kind": "moment-programme-dual",
        "method": method,
        "v": str(v),
        "dual": ["0", str(1 / root), "0"],
        "cost": f"g/sqrt(v) = {1 / root} g",
        "optimum": f"mean/sqrt(v) = {1 / root} mean",
        "reason": "v_(t-1) is independent of g_t: the drift is E g times E v^(-1/2), of the sign of E g, for every law",
    }


def check_dual(certificate: Mapping[str, Any]) -> None:
    """Checks a dual certificate exactly: y0 + y1 g + y2 g² is c(g) = g/√v, for a normaliser that holds only the past.

    Raises ValueError saying what is wrong.
    """
    method, v = certificate["method"], Fraction(certificate["v"])
    y0, y1, y2 = (Fraction(y) for y in certificate["dual"])
    if METHODS[method][0] or METHODS[method][2]:
        raise ValueError(f"{method}'s cost is not g/√v: its normaliser or its momentum holds g")
    if y0 or y2 or y1 <= 0 or y1 * y1 * v != 1:
        raise ValueError(f"({y0}, {y1}, {y2}) is not the dual (0, 1/√v, 0) at v = {v}")


def exact_root(v: Fraction) -> Fraction:
    """√v for the square of a rational. Raises ValueError for another number."""
    from math import isqrt

    root = Fraction(isqrt(v.numerator), isqrt(v.denominator))
    if root * root != v or v <= 0:
        raise ValueError(f"v is {v}; take the square of a positive rational, such as 4 or 1/9")
    return root
