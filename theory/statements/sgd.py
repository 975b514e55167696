"""The reference: SGD and SGD with momentum, in the measure (1/T) Σ E‖∇f(θ_{t−1})‖², under A5 and under A4.

ADOPT at β2 = 1 is a preconditioned heavy ball; these are the constants that its own are compared with.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import SGD, SGD_MOMENTUM, Recurrence, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS
from theory.expressions import E, T, idx, sum_i, sum_t, t
from theory.statement import Definition, Hypothesis, Statement

if TYPE_CHECKING:
    import sympy

DISCREPANCIES = (
    "Textbook results (Ghadimi and Lan 2013; Yan et al. 2018 for momentum); the constants were derived here.",
    "The momentum is the exponential moving average m_t = β1 m_{t−1} + (1−β1) g_t with m_0 = 0, as in ADOPT.",
    "The average over t ≤ T is bounded, hence the minimum too; A4 and A5 are used in their unconditional readings.",
)
POSITIVE_L = "L > 0, so that the step size's condition has a meaning; an L that is too large is no loss of generality."


def bound() -> sympy.Expr:
    """Δ/(αT) + αLG²/2."""
    from theory.bounds import symbols

    Delta, alpha, T, L, G = symbols("Delta alpha T L G")
    return Delta / (alpha * T) + alpha * L * G**2 / 2


def bound_variance() -> sympy.Expr:
    """2Δ/(αT) + αLσ²."""
    from theory.bounds import symbols

    Delta, alpha, T, L, sigma = symbols("Delta alpha T L sigma")
    return 2 * Delta / (alpha * T) + alpha * L * sigma**2


def bound_momentum() -> sympy.Expr:
    """Δ/(αT) + αLG²(1+β1)/(2(1−β1))."""
    from theory.bounds import symbols

    Delta, alpha, T, L, G, beta1 = symbols("Delta alpha T L G beta1")
    return Delta / (alpha * T) + alpha * L * G**2 / 2 * (1 + beta1) / (1 - beta1)


def bound_momentum_variance() -> sympy.Expr:
    """2[Δ/(αT) + αLσ²/(2(1−β1))]."""
    from theory.bounds import symbols

    Delta, alpha, T, L, sigma, beta1 = symbols("Delta alpha T L sigma beta1")
    return 2 * Delta / (alpha * T) + alpha * L * sigma**2 / (1 - beta1)


def best_alpha() -> sympy.Expr:
    """√(2Δ(1−β1)/(LT(1+β1)))/G; β1 = 0 without momentum."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, T, L, G, beta1 = symbols("Delta T L G beta1")
    return sqrt(2 * Delta * (1 - beta1) / (L * T * (1 + beta1))) / G


def best_alpha_variance() -> sympy.Expr:
    """min{√(2Δ(1−β1)/(LT))/σ, (1−β1)/(L(1+β1))}; β1 = 0 without momentum."""
    from sympy import Min, sqrt

    from theory.bounds import symbols

    Delta, T, L, sigma, beta1 = symbols("Delta T L sigma beta1")
    return Min(sqrt(2 * Delta * (1 - beta1) / (L * T)) / sigma, (1 - beta1) / (L * (1 + beta1)))


def largest_alpha() -> sympy.Expr:
    """(1−β1)/(L(1+β1)); β1 = 0 without momentum."""
    from theory.bounds import symbols

    L, beta1 = symbols("L beta1")
    return (1 - beta1) / (L * (1 + beta1))


def without_momentum(best: sympy.Expr) -> sympy.Expr:
    from theory.bounds import symbols

    (beta1,) = symbols("beta1")
    return best.subs(beta1, 0)


AVERAGE = at.inv_T * sum_t(1, E(sum_i(at.grad_theta(t - 1) ** 2)))
"""(1/T) Σ_{t=1..T} E‖∇f(θ_{t−1})‖²."""

SECOND_MOMENT = tuple(replace(h, start=1) for h in ASSUMPTIONS["bounded_second_moment"].hypotheses)
"""A5 for t >= 1: SGD makes no use of g_0."""

DEFINITIONS = (
    Definition("define", at.Delta, E(at.f_theta(0)) - at.f_inf),
    Definition("inverse", at.inv_alpha, at.alpha),
    Definition("inverse", at.inv_T, idx(T)),
)


def _sgd(name: str, recurrence: Recurrence) -> Statement:
    return Statement(
        name=name,
        title="SGD: average over t ≤ T of E‖∇f(θ_{t−1})‖², bounded second moment",
        reference="textbook",
        method=recurrence.name,
        objective=("lower_bounded", "smooth"),
        points=((at.theta, at.f_theta, at.grad_theta),),
        hypotheses=(
            PARAMETERS["alpha_positive"],
            PARAMETERS["L_nonnegative"],
            *hypotheses(recurrence),
            *ASSUMPTIONS["unbiased"].hypotheses,
            *SECOND_MOMENT,
            Hypothesis("start_integrable", at.f_theta(0), "start"),
        ),
        definitions=DEFINITIONS,
        measured=AVERAGE,
        bound=bound,
        parameters=("Delta", "L", "G", "alpha", "T"),
        rate="-1/2",
        best_alpha=lambda: without_momentum(best_alpha()),
        discrepancies=(DISCREPANCIES[0], DISCREPANCIES[2]),
    )


VARIANCE = tuple(replace(h, start=1) for h in ASSUMPTIONS["bounded_variance"].hypotheses if h.name != "noise_start")
"""A4 for t >= 1."""


def under_variance(base: Statement, step_size: Hypothesis) -> Statement:
    """The statement with A4 instead of A5, and a condition on the step size."""
    kept = [h for h in base.hypotheses if h.assumption != "bounded_second_moment" and h.name != "L_nonnegative"]
    return replace(
        base,
        name=f"{base.name}_bounded_variance",
        title=base.title.replace("bounded second moment", "bounded variance"),
        hypotheses=(PARAMETERS["L_positive"], step_size, *kept, *VARIANCE),
        discrepancies=(*base.discrepancies, POSITIVE_L),
    )


SGD_RATE = _sgd("sgd", SGD)

SGD_BOUNDED_VARIANCE = replace(
    under_variance(SGD_RATE, Hypothesis("step_size", at.alpha * at.L <= 1, "parameters")),
    bound=bound_variance,
    parameters=("Delta", "L", "sigma", "alpha", "T"),
    best_alpha=lambda: without_momentum(best_alpha_variance()),
    largest_alpha=lambda: without_momentum(largest_alpha()),
)

MOMENTUM = replace(
    _sgd("sgd_momentum", SGD_MOMENTUM),
    title="SGD with momentum: average over t ≤ T of E‖∇f(θ_{t−1})‖², bounded second moment",
    definitions=(*DEFINITIONS, Definition("inverse", at.inv_one_minus_beta1, 1 - at.beta1)),
    discrepancies=DISCREPANCIES,
)
SGD_MOMENTUM_RATE = replace(
    MOMENTUM,
    hypotheses=(PARAMETERS["beta1_nonnegative"], PARAMETERS["beta1_below_one"], *MOMENTUM.hypotheses),
    bound=bound_momentum,
    parameters=("Delta", "L", "G", "beta1", "alpha", "T"),
    best_alpha=best_alpha,
)

SGD_MOMENTUM_BOUNDED_VARIANCE = replace(
    under_variance(
        SGD_MOMENTUM_RATE, Hypothesis("step_size", at.alpha * at.L * (1 + at.beta1) <= 1 - at.beta1, "parameters")
    ),
    bound=bound_momentum_variance,
    parameters=("Delta", "L", "sigma", "beta1", "alpha", "T"),
    best_alpha=best_alpha_variance,
    largest_alpha=largest_alpha,
)

ALL = (SGD_RATE, SGD_BOUNDED_VARIANCE, SGD_MOMENTUM_RATE, SGD_MOMENTUM_BOUNDED_VARIANCE)
