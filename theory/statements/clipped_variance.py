"""N4: clipped ADOPT under bounded variance, without momentum: a constant threshold, and thresholds c_t."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import ADOPT_CLIPPED, ADOPT_CLIPPED_SCHEDULE, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS, UNBIASED_START
from theory.expressions import T, idx, t
from theory.statement import Definition, Hypothesis
from theory.statements.adopt import MEASURE
from theory.statements.bounded_variance import ADOPT_BOUNDED_VARIANCE
from theory.statements.clipped import CLIP_SUM

if TYPE_CHECKING:
    import sympy


def bound() -> sympy.Expr:
    """√(ε²+σ²+𝒢²(1+4/c²))·4B/(αT), B = Δ + T(α²Lσ²/(2ε²) + ασ⁴/(16ε³c²)), 𝒢² = 2LB."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, sigma, eps, c = symbols("Delta alpha T L sigma eps c")
    B = Delta + T * (alpha**2 * L * sigma**2 / (2 * eps**2) + alpha * sigma**4 / (16 * eps**3 * c**2))
    rate = 4 * Delta / (alpha * T) + 2 * alpha * L * sigma**2 / eps**2 + sigma**4 / (4 * eps**3 * c**2)
    return sqrt(eps**2 + sigma**2 + 2 * L * B * (1 + 4 / c**2)) * rate


def bound_schedule() -> sympy.Expr:
    """√(ε²+σ²+𝒢²(1+4/c²))·4B/(αT), B = Δ + Tα²Lσ²/(2ε²) + ασ⁴/(16ε³)·Σ_{t≤T}c_t^{−2}, 𝒢² = 2LB."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, sigma, eps, c, clip_sum = symbols("Delta alpha T L sigma eps c clip_sum")
    B = Delta + T * alpha**2 * L * sigma**2 / (2 * eps**2) + alpha * sigma**4 / (16 * eps**3) * clip_sum
    rate = 4 * Delta / (alpha * T) + 2 * alpha * L * sigma**2 / eps**2 + sigma**4 * clip_sum / (4 * eps**3 * T)
    return sqrt(eps**2 + sigma**2 + 2 * L * B * (1 + 4 / c**2)) * rate


def best_alpha() -> sympy.Expr:
    """min{(ε/σ)√(2Δ/(LT)), ε/(6L)}: the best for B/(αT), the part that vanishes with T."""
    from sympy import Min, sqrt

    from theory.bounds import symbols

    Delta, T, L, sigma, eps = symbols("Delta T L sigma eps")
    return Min(eps / sigma * sqrt(2 * Delta / (L * T)), largest_alpha())


def largest_alpha() -> sympy.Expr:
    """ε/(6L)."""
    from theory.bounds import symbols

    L, eps = symbols("L eps")
    return eps / (6 * L)


LOSS = at.alpha**2 * at.L * at.sigma**2 * at.inv_eps**2 / 2 + at.alpha * at.sigma**4 * at.inv_eps**3 * at.inv_c**2 / 16
RADIUS = Definition(
    "root", at.S, at.eps**2 + at.sigma**2 + 2 * at.L * (at.Delta + idx(T) * LOSS) * (1 + 4 * at.inv_c**2), 2
)
"""√(ε²+σ²+𝒢²(1+4/c²))."""

RANGES = (
    "alpha_positive",
    "eps_positive",
    "c_positive",
    "L_positive",
    "beta1_zero",
    "beta2_nonnegative",
    "beta2_at_most_one",
)

STEPS = (
    Hypothesis("step_size", 6 * at.alpha * at.L <= at.eps, "parameters"),
    Hypothesis("threshold", 4 * at.sigma**2 <= at.eps**2 * at.c**2, "parameters"),
)
NOISE = (*ASSUMPTIONS["unbiased"].hypotheses, UNBIASED_START, *ASSUMPTIONS["bounded_variance_conditional"].hypotheses)

ADOPT_CLIPPED_BOUNDED_VARIANCE = replace(
    ADOPT_BOUNDED_VARIANCE,
    name="adopt_clipped_bounded_variance",
    title="Clipped ADOPT under bounded variance, β1 = 0: average over t ≤ T of (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}",
    reference="new; N4",
    method=ADOPT_CLIPPED.name,
    hypotheses=(
        *(PARAMETERS[x] for x in RANGES),
        *STEPS,
        *(h for h in hypotheses(ADOPT_CLIPPED) if h.name != "momentum_start"),
        *NOISE,
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    ),
    definitions=(
        *ADOPT_BOUNDED_VARIANCE.definitions[:3],
        Definition("inverse", at.inv_c, at.c),
        ADOPT_BOUNDED_VARIANCE.definitions[4],
        RADIUS,
        *MEASURE,
    ),
    bound=bound,
    parameters=("Delta", "L", "sigma", "eps", "c", "alpha", "T"),
    rate="-1/2",
    best_alpha=best_alpha,
    largest_alpha=largest_alpha,
    discrepancies=(
        "Not in the paper.",
        "The project's notes have σ⁴/(8ε³)·mean c_t^{−2} and α ≤ ε/(8L). Here the threshold is constant; the term is "
        "σ⁴/(16ε³c²), from |b| ≤ V/(4(c − |∂f|/ŝ)) with ŝ = √(s² + 4(∂f)²/c²), and α ≤ ε/(6L) suffices.",
        "The rate 1/√T needs c of the order of T^{1/4}, as in E.2.",
        "A4 is used given F_{t−1}: the bias of clipping is bounded by the variance given the past.",
        *ADOPT_BOUNDED_VARIANCE.discrepancies[3:],
    ),
)

ENVELOPE = (
    at.Delta
    + idx(t) * (at.alpha**2 * at.L * at.sigma**2 * at.inv_eps**2 / 2)
    + at.alpha * at.sigma**4 * at.inv_eps**3 / 16 * at.clip_sum(t)
)
RADIUS_T = Definition("root", at.S_t, at.eps**2 + at.sigma**2 + 2 * at.L * ENVELOPE * (1 + 4 * at.inv_c**2), 2)
"""√(ε²+σ²+𝒢²(1+4/c²)) at horizon t."""

ADOPT_CLIPPED_BOUNDED_VARIANCE_SCHEDULE = replace(
    ADOPT_CLIPPED_BOUNDED_VARIANCE,
    name="adopt_clipped_bounded_variance_schedule",
    title="Clipped ADOPT under bounded variance with thresholds c_t ≥ c, β1 = 0",
    method=ADOPT_CLIPPED_SCHEDULE.name,
    hypotheses=(
        *(PARAMETERS[x] for x in RANGES),
        *STEPS,
        Hypothesis("threshold_at_least", at.c <= at.c_t(t), "parameters", 1),
        *CLIP_SUM[1:],
        *(h for h in hypotheses(ADOPT_CLIPPED_SCHEDULE) if h.name != "momentum_start"),
        *NOISE,
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    ),
    definitions=(
        *ADOPT_BOUNDED_VARIANCE.definitions[:3],
        Definition("inverse", at.inv_c, at.c),
        ADOPT_BOUNDED_VARIANCE.definitions[4],
        RADIUS_T,
        *MEASURE,
    ),
    bound=bound_schedule,
    parameters=("Delta", "L", "sigma", "eps", "c", "clip_sum", "alpha", "T"),
    discrepancies=(
        "Not in the paper.",
        "The project's notes have σ⁴/(8ε³)·mean c_t^{−2} and α ≤ ε/(8L); the term is half of that here, and α ≤ ε/(6L) "
        "suffices, as for a constant threshold. `clip_sum` is Σ_{t≤T} c_t^{−2}, and c is at most every c_t.",
        "The rate 1/√T needs Σ_{t≤T} c_t^{−2} of the order of √T, as in E.3.",
        *ADOPT_CLIPPED_BOUNDED_VARIANCE.discrepancies[3:],
    ),
)

ALL = (ADOPT_CLIPPED_BOUNDED_VARIANCE, ADOPT_CLIPPED_BOUNDED_VARIANCE_SCHEDULE)
