"""Sharper forms of Theorem 4.1: the average, the momentum's first steps, an elementwise measure, T4.1′."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.assumptions import PARAMETERS
from theory.expressions import E, sum_i, sum_t, t
from theory.statement import Definition, Hypothesis
from theory.statements.adopt import ADOPT_RATE, CONSTANTS, MEASURE, best_alpha

if TYPE_CHECKING:
    import sympy

AVERAGE = at.inv_T * sum_t(1, at.measure(t))
"""(1/T) Σ_{t=1..T} (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}."""

BETA1_POWER = (
    Hypothesis("beta1_power_start", at.beta1_power(0).equals(1), "parameters", 0),
    Hypothesis("beta1_power_step", at.beta1_power(t).equals(at.beta1 * at.beta1_power(t - 1)), "parameters", 1),
)
"""What makes the atom `beta1_power` at t the number β1^t."""


def bound_finite_horizon() -> sympy.Expr:
    """S·[Δ/(αT) + αLG²/ε²·(½ + κ_T)] with κ_T = κ[1 − (1−β1^T)/(T(1−β1))], κ = β1/(1−β1)."""
    from sympy import Rational, sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, G, eps, beta1 = symbols("Delta alpha T L G eps beta1")
    kappa_T = beta1 / (1 - beta1) * (1 - (1 - beta1**T) / (T * (1 - beta1)))
    return sqrt(G**2 + eps**2) * (Delta / (alpha * T) + alpha * L * G**2 / eps**2 * (Rational(1, 2) + kappa_T))


def best_alpha_finite_horizon() -> sympy.Expr:
    """(ε/G)√(Δ/(LT(½+κ_T))): where the two terms of the bracket are equal."""
    from sympy import Rational, sqrt

    from theory.bounds import symbols

    Delta, T, L, G, eps, beta1 = symbols("Delta T L G eps beta1")
    kappa_T = beta1 / (1 - beta1) * (1 - (1 - beta1**T) / (T * (1 - beta1)))
    return eps / G * sqrt(Delta / (L * T * (Rational(1, 2) + kappa_T)))


def bound_elementwise() -> sympy.Expr:
    """√(G²+Dε²)·[Δ/(αT) + αLG²(1+β1)/(2ε²(1−β1))]."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, G, eps, beta1, D = symbols("Delta alpha T L G eps beta1 D")
    bracket = Delta / (alpha * T) + alpha * L * G**2 * (1 + beta1) / (2 * eps**2 * (1 - beta1))
    return sqrt(G**2 + D * eps**2) * bracket


def bound_sharp() -> sympy.Expr:
    """S·(b + √(b²+A))² with A = Δ/(αT) + αLG²/(2ε²), b = αLG/(2ε^{3/2})·β1/(1−β1)."""
    from sympy import Rational, sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, G, eps, beta1 = symbols("Delta alpha T L G eps beta1")
    A = Delta / (alpha * T) + alpha * L * G**2 / (2 * eps**2)
    b = alpha * L * G / (2 * eps ** Rational(3, 2)) * beta1 / (1 - beta1)
    return sqrt(G**2 + eps**2) * (b + sqrt(b**2 + A)) ** 2


ADOPT_AVERAGE = replace(
    ADOPT_RATE,
    name="adopt_average",
    title="ADOPT: the average over t ≤ T instead of the least, with the same bound",
    definitions=(*CONSTANTS, *MEASURE),
    measured=AVERAGE,
)

ADOPT_FINITE_HORIZON = replace(
    ADOPT_AVERAGE,
    name="adopt_finite_horizon",
    title="ADOPT: the average, with the price of momentum κ reduced by the steps in which m is still short",
    reference="new; sharpens Theorem 4.1",
    hypotheses=(*ADOPT_RATE.hypotheses, *BETA1_POWER),
    bound=bound_finite_horizon,
    best_alpha=best_alpha_finite_horizon,
    discrepancies=(
        *ADOPT_RATE.discrepancies,
        "κ is replaced by κ[1 − (1−β1^T)/(T(1−β1))], since E‖m_t‖² ≤ (1−β1^t)²G²/ε². The project's notes state the "
        "analogue κ(1−1/T)+κ²/(2T) for Algorithm 1's start; there m_1 = a_1 is not short, and what the argument gives is "
        "κ + κ²/(2T), the bound of `adopt_algorithm_1`.",
    ),
)

ADOPT_ELEMENTWISE = replace(
    ADOPT_RATE,
    name="adopt_elementwise",
    title="ADOPT: the average of (E Σ_i |∂_i f(θ_{t−1})|^{4/3})^{3/2}, with √(G²+Dε²)",
    reference="new; Theorem 4.1 in the ℓ_{4/3} norm",
    definitions=(
        *CONSTANTS[:-1],
        Definition("root", at.S_D, at.G**2 + sum_i(1) * at.eps**2, 2),
        Definition("root", at.coordinate_4_3, at.grad_theta(t - 1) ** 4, 3),
        Definition("root", at.measure_elementwise, sum_i(E(at.coordinate_4_3(t))) ** 3, 2),
    ),
    measured=at.inv_T * sum_t(1, at.measure_elementwise(t)),
    bound=bound_elementwise,
    parameters=(*ADOPT_RATE.parameters, "D"),
    best_alpha=best_alpha,
    discrepancies=(
        *ADOPT_RATE.discrepancies,
        "The measure is Σ_i |∂_i f|^{4/3}, which is at least ‖∇f‖^{4/3}; it costs √(G²+Dε²) for √(G²+ε²).",
    ),
)

SHARP_ROOT = Definition(
    "root",
    at.root_sum,
    (at.alpha * at.L * at.G * at.inv_eps * at.inv_sqrt_eps * at.beta1 * at.inv_one_minus_beta1) ** 2 / 4
    + at.Delta * at.inv_alpha * at.inv_T
    + at.alpha * at.L * at.G**2 * at.inv_eps**2 / 2,
    2,
)
"""√(b² + A)."""

ADOPT_SHARP = replace(
    ADOPT_AVERAGE,
    name="adopt_sharp",
    title="ADOPT: a bound whose leading term is free of β1",
    reference="new; T4.1′",
    hypotheses=(PARAMETERS["G_nonnegative"], *ADOPT_RATE.hypotheses),
    definitions=(*CONSTANTS, Definition("root", at.inv_sqrt_eps, at.inv_eps, 2), SHARP_ROOT, *MEASURE),
    bound=bound_sharp,
    best_alpha=None,
    discrepancies=(
        *ADOPT_RATE.discrepancies,
        "At α ~ 1/√T the bound is S·A + O(T^{−3/4}) with A = Δ/(αT) + αLG²/(2ε²): T4.1 at β1 = 0. Momentum's price "
        "enters only through b.",
    ),
    remarks=("G ≥ 0 is asked for because G itself stands in b, not only G².",),
)
