"""N5: clipped ADOPT under heavy tails, E[‖g‖^p given the past] <= G^p with p = 3/2: the variance may be infinite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import ADOPT_CLIPPED, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS
from theory.expressions import E, T, idx, sum_i, sum_t, t
from theory.statement import Definition, Hypothesis, Statement

if TYPE_CHECKING:
    import sympy


def bound() -> sympy.Expr:
    """2Δ/(αT) + αL(1+β1)/(1−β1)·√c D^{1/4}(G/ε)^{3/2} + 4√D G³/(27ε²c)."""
    from sympy import Rational, sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, G, eps, beta1, c, D = symbols("Delta alpha T L G eps beta1 c D")
    moment = sqrt(c) * D ** Rational(1, 4) * G ** Rational(3, 2) / eps ** Rational(3, 2)
    return (
        2 * Delta / (alpha * T)
        + alpha * L * moment * (1 + beta1) / (1 - beta1)
        + 4 * sqrt(D) * G**3 / (27 * eps**2 * c)
    )


def best_alpha() -> sympy.Expr:
    """√(2Δ(1−β1)/(LT(1+β1)√c D^{1/4}(G/ε)^{3/2})): where the first two terms are equal."""
    from sympy import Rational, sqrt

    from theory.bounds import symbols

    Delta, T, L, G, eps, beta1, c, D = symbols("Delta T L G eps beta1 c D")
    moment = sqrt(c) * D ** Rational(1, 4) * (G / eps) ** Rational(3, 2)
    return sqrt(2 * Delta * (1 - beta1) / (L * T * (1 + beta1) * moment))


UNUSED = ("second_moment_start", "second_moment_step", "normaliser_squared_at_most")
RANGES = (
    "alpha_positive",
    "eps_positive",
    "L_nonnegative",
    "G_nonnegative",
    "c_positive",
    "beta1_nonnegative",
    "beta1_below_one",
)

ADOPT_CLIPPED_HEAVY_TAILED = Statement(
    name="adopt_clipped_heavy_tailed",
    title="Clipped ADOPT under heavy tails, p = 3/2: average over t ≤ T of E Σ (∂_i f(θ_{t−1}))²/s_{t−1,i}",
    reference="new; N5 at p = 3/2",
    method=ADOPT_CLIPPED.name,
    objective=("lower_bounded", "smooth"),
    points=((at.theta, at.f_theta, at.grad_theta),),
    hypotheses=(
        *(PARAMETERS[x] for x in RANGES),
        *(h for h in hypotheses(ADOPT_CLIPPED) if h.name not in UNUSED),
        *ASSUMPTIONS["unbiased"].hypotheses,
        *ASSUMPTIONS["heavy_tails"].hypotheses,
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    ),
    definitions=(
        Definition("define", at.Delta, E(at.f_theta(0)) - at.f_inf),
        Definition("inverse", at.inv_alpha, at.alpha),
        Definition("inverse", at.inv_eps, at.eps),
        Definition("inverse", at.inv_c, at.c),
        Definition("inverse", at.inv_one_minus_beta1, 1 - at.beta1),
        Definition("inverse", at.inv_T, idx(T)),
        Definition("root", at.inv_sqrt_eps, at.inv_eps, 2),
        Definition("root", at.sqrt_c, at.c, 2),
        Definition("root", at.sqrt_G, at.G, 2),
        Definition("root", at.root_D, sum_i(1), 4),
        Definition("inverse", at.inv_s, at.s(t)),
    ),
    measured=at.inv_T * sum_t(1, sum_i(E(at.grad_theta(t - 1) ** 2 * at.inv_s(t - 1)))),
    bound=bound,
    parameters=("Delta", "L", "G", "eps", "beta1", "c", "D", "alpha", "T"),
    rate="-2/5",
    best_alpha=best_alpha,
    discrepancies=(
        "Not in the paper. The project's notes have every real p in (1, 2]. Certificates are about polynomials, so p is "
        "fixed: 3/2, the middle of the range, with ‖g‖^{3/2} given by its sign and fourth power and the inequalities "
        "between powers proved. For another rational p the same steps hold with other roots; for irrational p nothing is "
        "certified.",
        "At p = 3/2 the notes' constant C_p² = ((p−1)^{p−1}/p^p)² is 4/27, as here; their optimal rate is T^{−2/5}, at "
        "c of the order of T^{2/5} and α of the order of c^{−3/2}. The best step size here is that for a given c.",
        "The measure is E Σ (∂_i f)²/s_i. The notes' step to moments of ‖∇f‖ itself, which needs a bound on E v^{p/2}, is "
        "not certified; so v does not occur, and the statement holds for every normaliser s ≥ ε that is known at t−1.",
        "The moment is bounded given F_{t−1}, for t ≥ 1 only.",
    ),
)

ALL = (ADOPT_CLIPPED_HEAVY_TAILED,)
