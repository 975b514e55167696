"""N2: ADOPT under a variance that grows with the squared gradient, coordinate by coordinate or in norm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import ADOPT, hypotheses
from theory.assumptions import AFFINE_VARIANCE_NORM_START, ASSUMPTIONS, PARAMETERS, UNBIASED_START
from theory.expressions import E, idx, sum_i, sum_t, t
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


def bound_norm() -> sympy.Expr:
    """2(1+r)^T·[Δ/(αT) + αLσ²/(2ε²)] with r = ρL²α²/ε²."""
    from theory.bounds import symbols

    Delta, alpha, T, L, sigma, rho, eps = symbols("Delta alpha T L sigma rho eps")
    growth = (1 + rho * L**2 * alpha**2 / eps**2) ** T
    return growth * (2 * Delta / (alpha * T) + alpha * L * sigma**2 / eps**2)


def bound_norm_gradient() -> sympy.Expr:
    """√(G̃²+ε²) times the bound on E Σ (∂_i f)²/s_i, G̃² = σ² + 2L(1+ρ)(1+r)^T[Δ + Tα²Lσ²/(2ε²)]."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, sigma, rho, eps = symbols("Delta alpha T L sigma rho eps")
    growth = (1 + rho * L**2 * alpha**2 / eps**2) ** T
    budget = Delta + T * alpha**2 * L * sigma**2 / (2 * eps**2)
    return sqrt(sigma**2 + 2 * L * (1 + rho) * growth * budget + eps**2) * bound_norm()


def largest_alpha_norm() -> sympy.Expr:
    """ε/L."""
    from theory.bounds import symbols

    L, eps = symbols("L eps")
    return eps / L


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

GROWTH = (
    Hypothesis("growth_start", at.growth(0).equals(1), "parameters", 0),
    Hypothesis(
        "growth_step",
        (at.eps**2 * at.growth(t)).equals((at.eps**2 + at.rho * at.L**2 * at.alpha**2) * at.growth(t - 1)),
        "parameters",
        1,
    ),
)
"""What makes the atom `growth` at t the number (1 + ρL²α²/ε²)^t."""

NORM_RANGES = ("alpha_positive", "eps_positive", "L_positive", "beta1_zero", "rho_nonnegative")
NORM = ASSUMPTIONS["affine_variance_norm"].hypotheses
UNUSED = ("momentum_start", "second_moment_start", "second_moment_step", "normaliser_squared_at_most")

ADOPT_AFFINE_VARIANCE_NORM = replace(
    ADOPT_AFFINE_VARIANCE,
    name="adopt_affine_variance_norm",
    title="ADOPT under affine variance in norm, β1 = 0: average over t ≤ T of E Σ (∂_i f(θ_{t−1}))²/s_{t−1,i}",
    reference="new; N2b",
    hypotheses=(
        *(PARAMETERS[x] for x in NORM_RANGES),
        Hypothesis("step_size", at.alpha * at.L <= at.eps, "parameters"),
        *GROWTH,
        *(h for h in hypotheses(ADOPT) if h.name not in UNUSED),
        *ASSUMPTIONS["unbiased"].hypotheses,
        *NORM,
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    ),
    definitions=(*CONSTANTS[:3], CONSTANTS[4], Definition("inverse", at.inv_s, at.s(t))),
    measured=at.inv_T * sum_t(1, sum_i(E(at.grad_theta(t - 1) ** 2 * at.inv_s(t - 1)))),
    bound=bound_norm,
    parameters=("Delta", "L", "sigma", "rho", "eps", "alpha", "T"),
    rate="-1/2",
    best_alpha=None,
    largest_alpha=largest_alpha_norm,
    discrepancies=(
        "Not in the paper. The measure is E Σ (∂_i f)²/s_i, so v does not occur, and the statement holds for every "
        "normaliser s ≥ ε that is known at t−1.",
        "The variance is bounded in the mean over the past: E‖g_t − ∇f‖² ≤ σ² + ρE‖∇f‖².",
        "(1+r)^T is the atom `growth` at T, defined by its recurrence.",
        "L > 0 is asked for; an L that is too large is no loss of generality.",
    ),
)

ENVELOPE = at.growth(t) * (at.Delta + idx(t) * (at.alpha**2 * at.L * at.sigma**2 * at.inv_eps**2 / 2))
"""U_t = (1+r)^t[Δ + tα²Lσ²/(2ε²)], the bound on E f(θ_t) − f_inf."""
RADIUS_T = Definition("root", at.S_t, at.sigma**2 + 2 * at.L * (1 + at.rho) * ENVELOPE + at.eps**2, 2)
"""√(G̃²+ε²) at horizon t."""

ADOPT_AFFINE_VARIANCE_NORM_GRADIENT = replace(
    ADOPT_AFFINE_VARIANCE_NORM,
    name="adopt_affine_variance_norm_gradient",
    title="ADOPT under affine variance in norm, β1 = 0: average over t ≤ T of (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}",
    hypotheses=(
        *(PARAMETERS[x] for x in (*NORM_RANGES, "beta2_nonnegative", "beta2_at_most_one")),
        Hypothesis("step_size", at.alpha * at.L <= at.eps, "parameters"),
        *GROWTH,
        *(h for h in hypotheses(ADOPT) if h.name != "momentum_start"),
        *ASSUMPTIONS["unbiased"].hypotheses,
        UNBIASED_START,
        *AFFINE_VARIANCE_NORM_START,
        *(replace(h, start=0) if h.name == "noise_integrable" else h for h in NORM),
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    ),
    definitions=(*CONSTANTS[:3], CONSTANTS[4], RADIUS_T, *MEASURE),
    measured=ADOPT_AFFINE_VARIANCE.measured,
    bound=bound_norm_gradient,
    discrepancies=(
        "Not in the paper.",
        "G̃² = σ² + 2L(1+ρ)(1+r)^T[Δ + Tα²Lσ²/(2ε²)], as in the project's notes.",
        *ADOPT_AFFINE_VARIANCE_NORM.discrepancies[1:],
        "Of g_0, drawn at θ_0: E‖g_0 − ∇f(θ_0)‖² ≤ σ² + ρE‖∇f(θ_0)‖², and this noise is uncorrelated with ∇f(θ_0).",
        ADOPT_AFFINE_VARIANCE.discrepancies[-1],
    ),
)

ALL = (ADOPT_AFFINE_VARIANCE, ADOPT_AFFINE_VARIANCE_NORM, ADOPT_AFFINE_VARIANCE_NORM_GRADIENT)
