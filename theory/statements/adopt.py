"""Theorem 4.1: ADOPT converges at O(1/√T) for every β2, with explicit constants; its two starts; α = α0/√T."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import ADOPT, ADOPT_ALGORITHM_1, Recurrence, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS
from theory.expressions import E, T, idx, sum_i, t
from theory.statement import Definition, Hypothesis, Statement

if TYPE_CHECKING:
    import sympy

DISCREPANCIES = (
    "The paper bounds min_t by O(1/√T) with constants in its appendix; the constant here was derived independently.",
    "A5 is used in its unconditional reading, the weaker of the two.",
    "The normaliser enters only through ε ≤ s and s² ≤ v + ε²: max(√v, ε) of the paper's code, and √(v + ε²).",
)


def bound() -> sympy.Expr:
    """S·[Δ/(αT) + αLG²(1+β1)/(2ε²(1−β1))], S = √(G²+ε²)."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, G, eps, beta1 = symbols("Delta alpha T L G eps beta1")
    return sqrt(G**2 + eps**2) * (Delta / (alpha * T) + alpha * L * G**2 * (1 + beta1) / (2 * eps**2 * (1 - beta1)))


def bound_algorithm_1() -> sympy.Expr:
    """The bound of T4.1 plus S·αLG²β1²/(2ε²(1−β1)²T), the price of Algorithm 1's start m_1 = a_1."""
    from sympy import sqrt

    from theory.bounds import symbols

    alpha, T, L, G, eps, beta1 = symbols("alpha T L G eps beta1")
    return bound() + sqrt(G**2 + eps**2) * alpha * L * G**2 * beta1**2 / (2 * eps**2 * (1 - beta1) ** 2 * T)


def bound_sqrt_horizon() -> sympy.Expr:
    """C/√T with C = S·[Δ/α0 + α0LG²(1+β1)/(2ε²(1−β1))]: the bound of T4.1 at α = α0/√T."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha0, T, L, G, eps, beta1 = symbols("Delta alpha0 T L G eps beta1")
    C = sqrt(G**2 + eps**2) * (Delta / alpha0 + alpha0 * L * G**2 * (1 + beta1) / (2 * eps**2 * (1 - beta1)))
    return C / sqrt(T)


def best_alpha() -> sympy.Expr:
    """(ε/G)√(2Δ(1−β1)/(LT(1+β1))): where the two terms of T4.1's bracket are equal, so the sum is least."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, T, L, G, eps, beta1 = symbols("Delta T L G eps beta1")
    return eps / G * sqrt(2 * Delta * (1 - beta1) / (L * T * (1 + beta1)))


def best_alpha0() -> sympy.Expr:
    """The best α times √T."""
    from sympy import sqrt

    from theory.bounds import symbols

    (T,) = symbols("T")
    return best_alpha() * sqrt(T)


MEASURE = (
    Definition("root", at.norm_4_3, sum_i(at.grad_theta(t - 1) ** 2) ** 2, 3),
    Definition("root", at.measure, E(at.norm_4_3(t)) ** 3, 2),
)
"""(E‖∇f(θ_{t−1})‖^{4/3})^{3/2} in two roots: n³ = (‖∇f‖²)², then w² = (E n)³."""

CONSTANTS = (
    Definition("define", at.Delta, E(at.f_theta(0)) - at.f_inf),
    Definition("inverse", at.inv_alpha, at.alpha),
    Definition("inverse", at.inv_eps, at.eps),
    Definition("inverse", at.inv_one_minus_beta1, 1 - at.beta1),
    Definition("inverse", at.inv_T, idx(T)),
    Definition("root", at.S, at.G**2 + at.eps**2, 2),
)


def _adopt(name: str, recurrence: Recurrence) -> Statement:
    ranges = ("alpha_positive", "eps_positive", "L_nonnegative", "beta1_nonnegative", "beta1_below_one")
    return Statement(
        name=name,
        title="ADOPT: min over t ≤ T of (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}, for every β2 in [0, 1]",
        reference="Theorem 4.1",
        method=recurrence.name,
        objective=("lower_bounded", "smooth"),
        points=((at.theta, at.f_theta, at.grad_theta),),
        hypotheses=(
            *(PARAMETERS[x] for x in (*ranges, "beta2_nonnegative", "beta2_at_most_one")),
            *hypotheses(recurrence),
            *ASSUMPTIONS["unbiased"].hypotheses,
            *ASSUMPTIONS["bounded_second_moment"].hypotheses,
            Hypothesis("start_integrable", at.f_theta(0), "start"),
        ),
        definitions=(*CONSTANTS, *MEASURE, Definition("minimum", at.min_measure, at.measure(t))),
        measured=at.min_measure,
        bound=bound,
        parameters=("Delta", "L", "G", "eps", "beta1", "alpha", "T"),
        rate="-1/2",
        best_alpha=best_alpha,
        discrepancies=DISCREPANCIES,
    )


ADOPT_RATE = _adopt("adopt", ADOPT)

ADOPT_ALGORITHM_1_RATE = replace(
    _adopt("adopt_algorithm_1", ADOPT_ALGORITHM_1),
    title="ADOPT with Algorithm 1's start m_1 = a_1: the same with one more term",
    bound=bound_algorithm_1,
    best_alpha=None,
)

ADOPT_SQRT_HORIZON = replace(
    ADOPT_RATE,
    name="adopt_sqrt_horizon",
    title="ADOPT with α = α0/√T: C/√T with explicit C",
    reference="Theorem 4.1, corollary",
    hypotheses=(
        PARAMETERS["alpha0_positive"],
        Hypothesis("step_size", (at.alpha**2 * idx(T)).equals(at.alpha0**2), "parameters"),
        *ADOPT_RATE.hypotheses,
    ),
    definitions=(
        CONSTANTS[0],
        Definition("inverse", at.inv_alpha0, at.alpha0),
        *CONSTANTS[2:4],
        Definition("root", at.sqrt_T, idx(T), 2),
        Definition("inverse", at.inv_sqrt_T, at.sqrt_T),
        *ADOPT_RATE.definitions[5:],
    ),
    bound=bound_sqrt_horizon,
    parameters=("Delta", "L", "G", "eps", "beta1", "alpha0", "T"),
    best_alpha=best_alpha0,
)
