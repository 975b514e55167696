"""Problem U: smooth, convex, unconstrained, inside the theorems' own class; a biased method cannot rest at the minimiser.

f_1(θ) = H(θ+2), f_2 = f_3 = H(θ−1), with H(x) = x²/2 up to |x| = 4 and linear beyond (Huber): 1-smooth, |f_i'| ≤ 4 everywhere, so
A1, A3, A5 and A6 hold; the sum has the minimiser 0, where the three gradients are 2, −1, −1.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from numerics.counterexamples.family import Family
from numerics.counterexamples.process import Process, process, uniform

AT_MINIMISER = uniform([Fraction(2), Fraction(-1), Fraction(-1)])
POLYNOMIALS = {"fixed": (-1, -1, 1), "reshuffled": (-8, -9, 8)}
"""Of x = (2+θ)/(1−θ), lowest power first: where ADOPT's averaged drift with β2 = 0 vanishes, for each order."""


def problem_u(parameters: Mapping[str, Any]) -> Process:
    if parameters["method"] not in ("rmsprop", "adam", "adopt"):
        raise ValueError(f"method {parameters['method']!r}: choose rmsprop, adam or adopt")
    if not 0 < parameters["eps"] <= 1:
        raise ValueError(f"eps = {parameters['eps']} must lie in (0, 1]")
    return process(
        parameters["method"],
        parameters["sampling"],
        AT_MINIMISER,
        beta1=parameters["beta1"],
        beta2=parameters["beta2"],
        eps=parameters["eps"],
        everywhere=True,
    )


def averaged_drift(order: str, theta: Fraction) -> Fraction:
    """ADOPT's drift over an epoch with β2 = 0 and θ held fixed, −2 < θ < 1, |θ+2| and |θ−1| at least ε: exact."""
    up, down = theta + 2, 1 - theta
    if order == "fixed":
        return up / down - down / up - 1
    return theta / 3 * (1 / up + 2 / down) + Fraction(2, 3) * (up / down - down / up - 1)


def limit(order: str, digits: int = 12) -> tuple[Fraction, Fraction]:
    """Rational ends around the zero of the averaged drift: (φ−2)/(1+φ) = −0.1459 (fixed), −0.1071 (reshuffled).

    The drift changes sign between them, exactly; it is x² − x − 1, or 8x² − 9x − 8, over a positive number, x = (2+θ)/(1−θ).
    """
    low, high = -Fraction(1, 2), Fraction(0)
    while high - low > Fraction(1, 10**digits):
        middle = (low + high) / 2
        low, high = (middle, high) if averaged_drift(order, middle) < 0 else (low, middle)
    unit = 10**digits
    return Fraction(int(low * unit) - 1, unit), Fraction(int(high * unit) + 1, unit)


FAMILIES = (
    Family(
        "problem_u",
        "f_1 = ½(θ+2)², f_2 = f_3 = ½(θ−1)² with Huber tails beyond 4: smooth, unconstrained, minimiser 0 of the sum. "
        "At the minimiser the gradients are 2, −1, −1; a method whose drift is not 0 there does not stay.",
        "the mean of g F(g²) with F decreasing is not 0 although the mean of g is",
        {
            "method": "rmsprop",
            "sampling": "replacement",
            "beta1": Fraction(0),
            "beta2": Fraction(1, 2),
            "eps": Fraction(1),
        },
        problem_u,
        target="rest",
    ),
)
