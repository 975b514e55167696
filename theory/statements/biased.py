"""N6: ADOPT with a biased oracle: the rate of Theorem 4.1 down to a floor of the order of δ²."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.assumptions import ASSUMPTIONS
from theory.statements.adopt import ADOPT_RATE, best_alpha
from theory.statements.sharp import ADOPT_AVERAGE

if TYPE_CHECKING:
    import sympy


def bound() -> sympy.Expr:
    """S·{2[Δ/(αT) + αLG²(1+β1)/(2ε²(1−β1))] + δ²/ε}."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, G, eps, beta1, delta = symbols("Delta alpha T L G eps beta1 delta")
    bracket = Delta / (alpha * T) + alpha * L * G**2 * (1 + beta1) / (2 * eps**2 * (1 - beta1))
    return sqrt(G**2 + eps**2) * (2 * bracket + delta**2 / eps)


ADOPT_BIASED = replace(
    ADOPT_AVERAGE,
    name="adopt_biased",
    title="ADOPT with an oracle of bias at most δ: average over t ≤ T of (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}",
    reference="new; N6",
    hypotheses=(
        *(h for h in ADOPT_RATE.hypotheses if h.assumption != "unbiased"),
        *ASSUMPTIONS["bounded_bias"].hypotheses,
    ),
    bound=bound,
    parameters=(*ADOPT_RATE.parameters, at.delta.name),
    best_alpha=best_alpha,
    discrepancies=(
        "Not in the paper.",
        "A5 is used in its unconditional reading; the bias is bounded given the past, at every step.",
        "The floor Sδ²/ε does not vanish with T, and its factor S/ε is of the order of G/ε where that is large.",
    ),
)

ALL = (ADOPT_BIASED,)
