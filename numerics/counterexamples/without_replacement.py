"""ADOPT without replacement: the component +C is preceded by more small gradients than the components −1 are.

The drift increases in C for either order: v_{t−1} = 1 + (C²−1)W with 0 ≤ W ≤ 1, and both C/√(1+(C²−1)W) and −1/√(1+(C²−1)W)
increase in C. So wrong at C means wrong up to n − 1, and the critical C* is one number.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from numerics.counterexamples.family import Family
from numerics.counterexamples.process import LARGEST_EPOCH, Process, process, uniform

ZERO, ONE = Fraction(0), Fraction(1)


def adopt(parameters: Mapping[str, Any]) -> Process:
    n, C = parameters["n"], parameters["C"]
    if n.denominator != 1 or not 2 <= n <= LARGEST_EPOCH:
        raise ValueError(f"n = {n} must be an integer from 2 to {LARGEST_EPOCH}")
    if not 0 < C < n - 1:
        raise ValueError(f"C = {C} must lie in (0, n − 1) = (0, {n - 1}), so that the sum's minimiser on [−1, 1] is +1")
    if parameters["eps"] > 1:
        raise ValueError(f"eps = {parameters['eps']} must be at most 1, the smaller gradients' size")
    law = uniform([C] + [-ONE] * (int(n) - 1))
    return process(
        "adopt", parameters["order"], law, parameters["beta1"], beta2=parameters["beta2"], eps=parameters["eps"]
    )


def components(parameters: Mapping[str, Any]) -> Process:
    if parameters["order"] == "replacement":
        raise ValueError("order replacement: use the family law")
    return process(
        parameters["method"],
        parameters["order"],
        uniform(list(parameters["components"])),
        beta1=parameters["beta1"],
        beta2=parameters["beta2"],
        eps=parameters["eps"],
    )


FAMILIES = (
    Family(
        "adopt_without_replacement",
        "ADOPT on a sum of n linear functions on [−1, 1]: one has gradient +C, the others −1, C < n − 1, minimiser +1; the "
        "components in a fixed order, +C first, or reshuffled every epoch (or drawn with replacement, which is right).",
        "v_(t−1) and g_t are dependent: the epoch's past says whether +C is still to come, and before +C v is small",
        {"n": Fraction(3), "C": Fraction(19, 10), "beta1": ZERO, "beta2": ZERO, "eps": ZERO, "order": "fixed"},
        adopt,
    ),
    Family(
        "components",
        "Any method on a sum of linear functions on [−1, 1] with any gradients, in a fixed order or reshuffled every epoch.",
        "the update's sum over an epoch has the sign of the drift, not of the sum of the gradients",
        {
            "method": "adopt",
            "components": (Fraction(19, 10), -ONE, -ONE),
            "order": "fixed",
            "beta1": ZERO,
            "beta2": ZERO,
            "eps": ZERO,
        },
        components,
    ),
)
