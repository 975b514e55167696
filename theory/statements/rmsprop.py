"""RMSprop (β1 = 0): with ADOPT's order, where T4.1 holds, and the original of Theorem 3.1, whose bound does not vanish."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import RMSPROP, RMSPROP_DECORRELATED, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS
from theory.expressions import T, sum_i, t
from theory.statement import Definition, Hypothesis, Statement
from theory.statements.adopt import CONSTANTS, MEASURE
from theory.statements.sharp import AVERAGE

if TYPE_CHECKING:
    import sympy


def bound_decorrelated() -> sympy.Expr:
    """S·[Δ/(αT) + αLG²/(2ε²)]: T4.1 at β1 = 0."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, G, eps = symbols("Delta alpha T L G eps")
    return sqrt(G**2 + eps**2) * (Delta / (alpha * T) + alpha * L * G**2 / (2 * eps**2))


def best_alpha_decorrelated() -> sympy.Expr:
    """(ε/G)√(2Δ/(LT))."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, T, L, G, eps = symbols("Delta T L G eps")
    return eps / G * sqrt(2 * Delta / (L * T))


def noise_factor() -> sympy.Expr:
    """C2 = DG/√(1−β2) + αDL/(2(1−β2))."""
    from sympy import sqrt

    from theory.bounds import symbols

    alpha, L, G, beta2, D = symbols("alpha L G beta2 D")
    return D * G / sqrt(1 - beta2) + alpha * D * L / 2 / (1 - beta2)


def bound() -> sympy.Expr:
    """2S·{Δ/(αT) + (C2/T)·[ln(β2^{−T}ε² + (β2^{−T}−1)G²/D) − ln ε²]}.

    That is 2S·{Δ/(αT) + C2·[(1/T) ln(1 + (1−β2^T)G²/(Dε²)) − ln β2]}, as `textbook_bound` writes it: one logarithm of
    the product, since the kernel knows logarithms by their tangents only.
    """
    from sympy import log, sqrt

    from theory.bounds import symbols

    Delta, alpha, T, G, eps, beta2, D = symbols("Delta alpha T G eps beta2 D")
    power = (1 / beta2) ** T
    spread = log(power * eps**2 + (power - 1) * G**2 / D) - log(eps**2)
    return 2 * sqrt(G**2 + eps**2) * (Delta / (alpha * T) + noise_factor() * spread / T)


def best_alpha() -> sympy.Expr:
    """√(2Δ(1−β2)/(DL·ℓ)), ℓ = ln(β2^{−T}ε² + (β2^{−T}−1)G²/D) − ln ε²: where the two terms with α are equal."""
    from sympy import log, sqrt

    from theory.bounds import symbols

    Delta, T, L, G, eps, beta2, D = symbols("Delta T L G eps beta2 D")
    power = (1 / beta2) ** T
    spread = log(power * eps**2 + (power - 1) * G**2 / D) - log(eps**2)
    return sqrt(2 * Delta * (1 - beta2) / (D * L * spread))


def textbook_bound() -> sympy.Expr:
    """2S·{Δ/(αT) + C2·[(1/T) ln(1 + (1−β2^T)G²/(Dε²)) − ln β2]}: equal to `bound`, as Theorem 3.1 is written."""
    from sympy import log, sqrt

    from theory.bounds import symbols

    Delta, alpha, T, G, eps, beta2, D = symbols("Delta alpha T G eps beta2 D")
    spread = log(1 + (1 - beta2**T) * G**2 / (D * eps**2)) / T - log(beta2)
    return 2 * sqrt(G**2 + eps**2) * (Delta / (alpha * T) + noise_factor() * spread)


def floor() -> sympy.Expr:
    """2DG²√(1−β2): a lower bound of `bound` for all Δ, α, ε and T, since S >= G and −ln β2 >= 1 − β2."""
    from sympy import sqrt

    from theory.bounds import symbols

    G, beta2, D = symbols("G beta2 D")
    return 2 * D * G**2 * sqrt(1 - beta2)


def least_informative_beta2(coordinates: int) -> Fraction:
    """1 − 1/(4D²): up to this β2 the floor alone is G² or more, so the bound says nothing at any α and T."""
    return 1 - Fraction(1, 4 * coordinates**2)


RMSPROP_DECORRELATED_RATE = Statement(
    name="rmsprop_decorrelated",
    title="RMSprop with ADOPT's order: T4.1 without momentum, for every β2",
    reference="Theorem 3.2",
    method="rmsprop_decorrelated",
    objective=("lower_bounded", "smooth"),
    points=((at.theta, at.f_theta, at.grad_theta),),
    hypotheses=(
        *(
            PARAMETERS[x]
            for x in ("alpha_positive", "eps_positive", "L_nonnegative", "beta2_nonnegative", "beta2_at_most_one")
        ),
        *hypotheses(RMSPROP_DECORRELATED),
        *ASSUMPTIONS["unbiased"].hypotheses,
        *ASSUMPTIONS["bounded_second_moment"].hypotheses,
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    ),
    definitions=(*CONSTANTS[:3], CONSTANTS[4], CONSTANTS[5], *MEASURE),
    measured=AVERAGE,
    bound=bound_decorrelated,
    parameters=("Delta", "L", "G", "eps", "alpha", "T"),
    rate="-1/2",
    best_alpha=best_alpha_decorrelated,
    discrepancies=(
        "Recalled as the paper's repair of RMSprop before momentum is added; the constant was derived independently.",
        "A5 is used in its unconditional reading, the weaker of the two. The average is bounded, hence the minimum too.",
        "The normaliser enters only through ε ≤ s and s² ≤ v + ε²: max(√v, ε) of the paper's code, and √(v + ε²).",
    ),
)

INVERSE_POWER = (
    Hypothesis("inv_beta2_power_start", at.inv_beta2_power(0).equals(1), "parameters", 0),
    Hypothesis(
        "inv_beta2_power_step", (at.beta2 * at.inv_beta2_power(t)).equals(at.inv_beta2_power(t - 1)), "parameters", 1
    ),
)
"""What makes the atom `inv_beta2_power` at t the number β2^{−t}."""

FINAL = at.inv_beta2_power(T) * at.eps**2 + (at.inv_beta2_power(T) - 1) * at.G**2 * at.inv_D

RMSPROP_RATE = Statement(
    name="rmsprop",
    title="RMSprop (original): a bound whose term −C2 ln β2 does not vanish with T",
    reference="Theorem 3.1",
    method="rmsprop",
    objective=("lower_bounded", "smooth"),
    points=((at.theta, at.f_theta, at.grad_theta),),
    hypotheses=(
        *(
            PARAMETERS[x]
            for x in (
                "alpha_positive",
                "eps_positive",
                "G_positive",
                "L_nonnegative",
                "beta2_positive",
                "beta2_below_one",
            )
        ),
        *INVERSE_POWER,
        *hypotheses(RMSPROP),
        *ASSUMPTIONS["unbiased"].hypotheses,
        *(
            replace(h, start=1)
            for h in ASSUMPTIONS["bounded_second_moment_conditional"].hypotheses
            if h.name != "bounded_second_moment_start"
        ),
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    ),
    definitions=(
        CONSTANTS[0],
        CONSTANTS[1],
        CONSTANTS[4],
        CONSTANTS[5],
        Definition("root", at.root_one_minus_beta2, 1 - at.beta2, 2),
        Definition("inverse", at.inv_root_one_minus_beta2, at.root_one_minus_beta2),
        Definition("inverse", at.inv_D, sum_i(1)),
        Definition("logarithm", at.log_final, FINAL),
        Definition("logarithm", at.log_floor, at.eps**2),
        *MEASURE,
    ),
    measured=AVERAGE,
    bound=bound,
    parameters=("Delta", "L", "G", "eps", "beta2", "alpha", "D", "T"),
    rate="0",
    best_alpha=best_alpha,
    discrepancies=(
        "The project's notes recall C2 = 2DG/√(1−β2) + αDL/(2(1−β2)); the first term's factor 2 is not needed: "
        "∇f·g(1/s − 1/r) is bounded by one Young inequality in (s − r)² ≤ (1−β2)(g² + E[g² given F]).",
        "A5 is used given F_{t−1}; G > 0 is asked for, G = 0 being trivial. g_0 plays no part, as v_0 = 0.",
        "The average is bounded, hence the minimum too.",
    ),
    remarks=(
        "The bound exceeds 2DG²√(1−β2), so it is vacuous (above G²) at every α and T unless β2 > 1 − 1/(4D²), which is "
        + ", ".join(f"{least_informative_beta2(D)} for D = {D}" for D in (1, 10, 100))
        + ": it is no evidence that RMSprop fails, the counterexamples are.",
    ),
)
