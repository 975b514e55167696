"""N3: projected ADOPT on an interval, for a convex function of one variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import ADOPT, hypotheses
from theory.assumptions import ASSUMPTIONS
from theory.expressions import E, sum_i, sum_t, t
from theory.statement import Hypothesis, Statement
from theory.statements.adopt import ADOPT_RATE, CONSTANTS
from theory.statements.polyak_lojasiewicz import GAP_MEASURE

if TYPE_CHECKING:
    import sympy


def price() -> sympy.Expr:
    """½ + κ + κ²/(2T) with κ = β1/(1−β1)."""
    from sympy import Rational

    from theory.bounds import symbols

    T, beta1 = symbols("T beta1")
    return Rational(1, 2) + beta1 / (1 - beta1) + beta1**2 / (2 * T * (1 - beta1) ** 2)


def bound() -> sympy.Expr:
    """S·[D0²/(2αT) + αG²/ε²·(½ + κ + κ²/(2T))]."""
    from sympy import sqrt

    from theory.bounds import symbols

    D0, alpha, T, G, eps = symbols("D0 alpha T G eps")
    return sqrt(G**2 + eps**2) * (D0**2 / (2 * alpha * T) + alpha * G**2 / eps**2 * price())


def best_alpha() -> sympy.Expr:
    """(εD0/G)/√(2T(½ + κ + κ²/(2T))): where the two terms of the bracket are equal."""
    from sympy import sqrt

    from theory.bounds import symbols

    D0, T, G, eps = symbols("D0 T G eps")
    return eps * D0 / (G * sqrt(2 * T * price()))


MOVE = at.theta(t - 1) - at.alpha * at.m(t) - at.theta(t)
PROJECTION = (
    Hypothesis("projection_at_minimiser", MOVE * (at.theta_star - at.theta(t)) <= 0, "recurrence", 1),
    Hypothesis("projection_at_previous", MOVE * (at.theta(t - 1) - at.theta(t)) <= 0, "recurrence", 1),
)
"""θ_t is the point of the set nearest to θ_{t−1} − αm_t: the variational inequality at θ* and at θ_{t−1}, both in the set."""

START = (
    Hypothesis("start_square_integrable", at.theta(0) ** 2, "start", 0),
    Hypothesis("start_distance", E(sum_i((at.theta(0) - at.theta_star) ** 2)) <= at.D0**2, "start", 0),
)

ADOPT_PROJECTED_CONVEX = Statement(
    name="adopt_projected_convex",
    title="Projected ADOPT, f convex on an interval: average over t ≤ T of (E(f(θ_{t−1})−f*)^{2/3})^{3/2}",
    reference="new; N3",
    method="adopt_projected",
    objective=(),
    points=(),
    hypotheses=(
        *(h for h in ADOPT_RATE.hypotheses if h.assumption == "parameters" and h.name != "L_nonnegative"),
        *(h for h in hypotheses(ADOPT) if h.name != "iterate_step"),
        *PROJECTION,
        *ASSUMPTIONS["unbiased"].hypotheses,
        *ASSUMPTIONS["bounded_second_moment"].hypotheses,
        *ASSUMPTIONS["convex_on_the_set"].hypotheses,
        *ASSUMPTIONS["one_dimension"].hypotheses,
        *START,
    ),
    definitions=(*CONSTANTS[1:], *GAP_MEASURE),
    measured=at.inv_T * sum_t(1, at.measure_gap(t)),
    bound=bound,
    parameters=("D0", "G", "eps", "beta1", "alpha", "T"),
    rate="-1/2",
    best_alpha=best_alpha,
    discrepancies=(
        "Not in the paper, whose toy problem is of this kind: on an interval Theorem 4.1 cannot hold (f(θ) = θ has "
        "‖∇f‖ = 1 everywhere).",
        "No smoothness is asked for. The projection enters through its variational inequality at θ* and at θ_{t−1}, "
        "convexity through the inequality at θ* along the run; f_inf is f(θ*).",
        "D0 bounds the root mean square of |θ_0 − θ*|; the project's notes have |θ_0 − θ*| itself.",
        *ADOPT_RATE.discrepancies[1:],
    ),
)

ALL = (ADOPT_PROJECTED_CONVEX,)
