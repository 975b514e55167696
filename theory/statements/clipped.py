"""Clipped ADOPT (the paper's E.2 and E.3): constant thresholds, c = c0 T^{1/4}, c_t = c0 t^{1/4}, the best form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import ADOPT_CLIPPED, ADOPT_CLIPPED_SCHEDULE, Recurrence, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS
from theory.expressions import T, idx, t
from theory.statement import Definition, Hypothesis, Statement
from theory.statements.adopt import CONSTANTS, MEASURE
from theory.statements.sharp import AVERAGE

if TYPE_CHECKING:
    import sympy

DISCREPANCIES = (
    "The paper's appendix has clipped ADOPT with c_t growing like t^{1/4}; the factor 1/16 here is the sharp one, from "
    "(x−c)_+ ≤ x²/(4c).",
    "A5 is used given F_{t−1}. With the unconditional reading the proof fails where E[g_i² given F]² is bounded by "
    "G² E[g_i² given F], and the statement is false (docs/hypotheses.md).",
    "The average over t ≤ T is bounded, hence the minimum too.",
    "The normaliser enters only through ε ≤ s and s² ≤ v + ε²: max(√v, ε) of the paper's code, and √(v + ε²).",
)


def bracket() -> sympy.Expr:
    """2Δ/(αT) + αLG²(1+β1)/(ε²(1−β1)): twice T4.1's."""
    from theory.bounds import symbols

    Delta, alpha, T, L, G, eps, beta1 = symbols("Delta alpha T L G eps beta1")
    return 2 * Delta / (alpha * T) + alpha * L * G**2 * (1 + beta1) / (eps**2 * (1 - beta1))


def bound() -> sympy.Expr:
    """S·[2Δ/(αT) + αLG²(1+β1)/(ε²(1−β1)) + G⁴/(16ε³c²)]."""
    from sympy import sqrt

    from theory.bounds import symbols

    G, eps, c = symbols("G eps c")
    return sqrt(G**2 + eps**2) * (bracket() + G**4 / (16 * eps**3 * c**2))


def bound_horizon() -> sympy.Expr:
    """The bound at c = c0 T^{1/4}: its last term is G⁴/(16ε³c0²√T)."""
    from sympy import sqrt

    from theory.bounds import symbols

    G, eps, c0, T = symbols("G eps c0 T")
    return sqrt(G**2 + eps**2) * (bracket() + G**4 / (16 * eps**3 * c0**2 * sqrt(T)))


def bound_schedule() -> sympy.Expr:
    """S·[2Δ/(αT) + αLG²(1+β1)/(ε²(1−β1)) + G⁴/(8ε³c0²√T)], since (1/T) Σ c_t^{−2} <= 2/(c0²√T)."""
    from sympy import sqrt

    from theory.bounds import symbols

    G, eps, c0, T = symbols("G eps c0 T")
    return sqrt(G**2 + eps**2) * (bracket() + G**4 / (8 * eps**3 * c0**2 * sqrt(T)))


def bound_sharp() -> sympy.Expr:
    """S·(√B/2 + √(B/4+A))² with A = Δ/(αT) + αLG²(1+β1)/(2ε²(1−β1)), B = G⁴/(16ε³c²): the best Young weight."""
    from sympy import Rational, sqrt

    from theory.bounds import symbols

    G, eps, c = symbols("G eps c")
    half = G**2 / (8 * eps ** Rational(3, 2) * c)
    return sqrt(G**2 + eps**2) * (half + sqrt(half**2 + bracket() / 2)) ** 2


def bound_family() -> sympy.Expr:
    """S/(1−λ)·[Δ/(αT) + αLG²(1+β1)/(2ε²(1−β1)) + G⁴/(64λε³T)·Σ_{t≤T}c_t^{−2}]."""
    from sympy import sqrt

    from theory.bounds import symbols

    G, eps, T, clip_sum, lam = symbols("G eps T clip_sum lam")
    bias = G**4 * clip_sum / (64 * lam * eps**3 * T)
    return sqrt(G**2 + eps**2) * (bracket() / 2 + bias) / (1 - lam)


def best_alpha() -> sympy.Expr:
    """(ε/G)√(2Δ(1−β1)/(LT(1+β1))), T4.1's: the last term does not depend on α."""
    from theory.statements.adopt import best_alpha

    return best_alpha()


def clipped(name: str, recurrence: Recurrence, *parameters: str) -> tuple[Hypothesis, ...]:
    """Hypotheses of clipped ADOPT: ranges of the parameters (and of those named), recurrence, A2, conditional A5."""
    ranges = ("eps_positive", "L_nonnegative", "beta1_nonnegative", "beta1_below_one")
    return (
        *(PARAMETERS[x] for x in (*parameters, *ranges, "beta2_nonnegative", "beta2_at_most_one")),
        *hypotheses(recurrence),
        *ASSUMPTIONS["unbiased"].hypotheses,
        *ASSUMPTIONS["bounded_second_moment_conditional"].hypotheses,
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    )


ADOPT_CLIPPED_RATE = Statement(
    name="adopt_clipped",
    title="Clipped ADOPT with a constant threshold",
    reference="Appendix E.2",
    method="adopt_clipped",
    objective=("lower_bounded", "smooth"),
    points=((at.theta, at.f_theta, at.grad_theta),),
    hypotheses=clipped("adopt_clipped", ADOPT_CLIPPED, "alpha_positive", "c_positive"),
    definitions=(*CONSTANTS, Definition("inverse", at.inv_c, at.c), *MEASURE),
    measured=AVERAGE,
    bound=bound,
    parameters=("Delta", "L", "G", "eps", "beta1", "alpha", "c", "T"),
    rate="-1/2",
    best_alpha=best_alpha,
    discrepancies=DISCREPANCIES,
    remarks=("The rate −1/2 needs c of the order T^{1/4}: `adopt_clipped_horizon`.",),
)

THRESHOLD_SCHEDULE = (
    Hypothesis("threshold_nonnegative", at.c_t(t) >= 0, "parameters", 1),
    Hypothesis("threshold_schedule", (at.c_t(t) ** 4).equals(at.c0**4 * idx(t)), "parameters", 1),
)
"""c_t = c0 t^{1/4}."""

ROOT_T = (Definition("root", at.sqrt_T, idx(T), 2), Definition("inverse", at.inv_sqrt_T, at.sqrt_T))

ADOPT_CLIPPED_HORIZON = replace(
    ADOPT_CLIPPED_RATE,
    name="adopt_clipped_horizon",
    title="Clipped ADOPT with c = c0 T^{1/4}",
    hypotheses=(
        PARAMETERS["c0_positive"],
        Hypothesis("threshold_of_horizon", (at.c**4).equals(at.c0**4 * idx(T)), "parameters"),
        *ADOPT_CLIPPED_RATE.hypotheses,
    ),
    definitions=(*CONSTANTS, Definition("inverse", at.inv_c0, at.c0), *ROOT_T, *MEASURE),
    bound=bound_horizon,
    parameters=("Delta", "L", "G", "eps", "beta1", "alpha", "c0", "T"),
    remarks=(),
)

ROOT_OF_STEP = (Definition("root", at.root_idx, idx(t), 2), Definition("inverse", at.inv_root_idx, at.root_idx(t)))
"""√t and 1/√t."""

ADOPT_CLIPPED_SCHEDULE_RATE = replace(
    ADOPT_CLIPPED_HORIZON,
    name="adopt_clipped_schedule",
    title="Clipped ADOPT with c_t = c0 t^{1/4}",
    reference="Appendix E.3",
    method="adopt_clipped_schedule",
    hypotheses=(
        *clipped("adopt_clipped_schedule", ADOPT_CLIPPED_SCHEDULE, "alpha_positive", "c0_positive"),
        *THRESHOLD_SCHEDULE,
    ),
    definitions=(*CONSTANTS, Definition("inverse", at.inv_c0, at.c0), *ROOT_OF_STEP, *MEASURE),
    bound=bound_schedule,
)

CLIP_SUM = (
    Hypothesis("threshold_positive", at.c_t(t) > 0, "parameters", 1),
    Hypothesis("clip_sum_start", at.clip_sum(0).equals(0), "parameters", 0),
    Hypothesis("clip_sum_step", ((at.clip_sum(t) - at.clip_sum(t - 1)) * at.c_t(t) ** 2).equals(1), "parameters", 1),
)
"""Any schedule c_t > 0, with `clip_sum` at t the sum of c_u^{−2} over u <= t."""

ADOPT_CLIPPED_FAMILY = replace(
    ADOPT_CLIPPED_SCHEDULE_RATE,
    name="adopt_clipped_family",
    title="Clipped ADOPT with any thresholds c_t, for each λ in (0, 1)",
    reference="Appendix E.2, the family",
    hypotheses=(
        *clipped("adopt_clipped_schedule", ADOPT_CLIPPED_SCHEDULE, "alpha_positive"),
        *CLIP_SUM,
        Hypothesis("lam_positive", at.lam > 0, "parameters"),
        Hypothesis("lam_below_one", at.lam < 1, "parameters"),
    ),
    definitions=(
        *CONSTANTS,
        Definition("inverse", at.inv_lam, at.lam),
        Definition("inverse", at.inv_one_minus_lam, 1 - at.lam),
        *MEASURE,
    ),
    bound=bound_family,
    parameters=("Delta", "L", "G", "eps", "beta1", "alpha", "clip_sum", "lam", "T"),
    discrepancies=(
        *DISCREPANCIES,
        "`clip_sum` is Σ_{t≤T} c_t^{−2}. With B = G⁴/(16ε³T)·clip_sum and A = T4.1's bracket the bound is "
        "S·(A + B/(4λ))/(1−λ): λ = ½ is the form of `adopt_clipped`, and λ = (√(4AB + B²) − B)/(4A) gives the least value, "
        "S·(√B/2 + √(B/4+A))²; for constant c that is `adopt_clipped_sharp`.",
    ),
)

ADOPT_CLIPPED_SHARP = replace(
    ADOPT_CLIPPED_RATE,
    name="adopt_clipped_sharp",
    title="Clipped ADOPT with a constant threshold: the best form",
    reference="new; sharpens Appendix E.2",
    definitions=(
        *CONSTANTS,
        Definition("inverse", at.inv_c, at.c),
        Definition("root", at.inv_sqrt_eps, at.inv_eps, 2),
        Definition(
            "root",
            at.root_sum,
            (at.G**2 * at.inv_eps * at.inv_sqrt_eps * at.inv_c) ** 2 / 64
            + at.Delta * at.inv_alpha * at.inv_T
            + at.alpha * at.L * at.G**2 * at.inv_eps**2 * (1 + at.beta1) * at.inv_one_minus_beta1 / 2,
            2,
        ),
        *MEASURE,
    ),
    bound=bound_sharp,
    discrepancies=(
        *DISCREPANCIES,
        "The best of the family (A + B/(4λ))/(1−λ), 0 < λ < 1, whose member λ = ½ is `adopt_clipped`.",
    ),
)
