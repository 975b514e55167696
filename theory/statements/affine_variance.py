"""N2: ADOPT under a variance that grows with the squared gradient, coordinate by coordinate or in norm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import ADOPT, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS, UNBIASED_START
from theory.statement import Definition, Hypothesis
from theory.statements.adopt import CONSTANTS, MEASURE
from theory.statements.bounded_variance import ADOPT_BOUNDED_VARIANCE, BUDGET, RANGES

if TYPE_CHECKING:
    import sympy


def bound() -> sympy.Expr:
    """√(G̃²+ε²)·2B/(αT) with B = Δ + Tα²Lσ²/(2ε²(1−β1)) and G̃² = σ² + 2L(1+ρ)(1+β1)B."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, sigma, rho, eps, beta1 = symbols("Delta alpha T L sigma rho eps beta1")
    B = Delta + T * alpha**2 * L * sigma**2 / (2 * eps**2 * (1 - beta1))
    rate = 2 * Delta / (alpha * T) + alpha * L * sigma**2 / (eps**2 * (1 - beta1))
    return sqrt(sigma**2 + 2 * L * (1 + rho) * (1 + beta1) * B + eps**2) * rate


def best_alpha() -> sympy.Expr:
    """min{(ε/σ)√(2Δ(1−β1)/(LT)), ε(1−β1)/(L(1+β1+ρ))}: the best for B/(αT), the part that vanishes with T."""
    from sympy import Min, sqrt

    from theory.bounds import symbols

    Delta, T, L, sigma, eps, beta1 = symbols("Delta T L sigma eps beta1")
    return Min(eps / sigma * sqrt(2 * Delta * (1 - beta1) / (L * T)), largest_alpha())


def largest_alpha() -> sympy.Expr:
    """ε(1−β1)/(L(1+β1+ρ))."""
    from theory.bounds import symbols

    L, eps, beta1, rho = symbols("L eps beta1 rho")
    return eps * (1 - beta1) / (L * (1 + beta1 + rho))


RADIUS = Definition("root", at.S, at.sigma**2 + 2 * at.L * (1 + at.rho) * (1 + at.beta1) * BUDGET + at.eps**2, 2)
"""√(G̃²+ε²)."""

ADOPT_AFFINE_VARIANCE = replace(
    ADOPT_BOUNDED_VARIANCE,
    name="adopt_affine_variance",
    title="ADOPT under affine variance, coordinatewise: average over t ≤ T of (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}",
    reference="new; N2a",
    hypotheses=(
        *(PARAMETERS[x] for x in (*RANGES, "rho_nonnegative")),
        Hypothesis("step_size", at.alpha * at.L * (1 + at.beta1 + at.rho) <= at.eps * (1 - at.beta1), "parameters"),
        *hypotheses(ADOPT),
        *ASSUMPTIONS["unbiased"].hypotheses,
        UNBIASED_START,
        *ASSUMPTIONS["affine_variance"].hypotheses,
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    ),
    definitions=(*CONSTANTS[:-1], RADIUS, *MEASURE),
    bound=bound,
    parameters=("Delta", "L", "sigma", "rho", "eps", "beta1", "alpha", "T"),
    best_alpha=best_alpha,
    largest_alpha=largest_alpha,
    discrepancies=(
        "Not in the paper.",
        "The project's notes have G̃² = σ² + (1+ρ)(8LB + σ²/2), and σ² + 2L(1+ρ)B for β1 = 0; here it is "
        "σ² + 2L(1+ρ)(1+β1)B for every β1.",
        "The variance is bounded given the past and coordinate by coordinate: the normaliser weighs the coordinates.",
        "That the noise is square integrable is assumed besides: conditional expectations are of integrable variables.",
        *ADOPT_BOUNDED_VARIANCE.discrepancies[3:],
    ),
)

ALL = (ADOPT_AFFINE_VARIANCE,)
