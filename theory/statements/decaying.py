"""Decaying step sizes α_t = α0/√t (the paper's E.1): both starts, and clipped with c_t = c0 t^{1/4}."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import ADOPT_CLIPPED_DECAYING, ADOPT_DECAYING, ADOPT_DECAYING_ALGORITHM_1, Recurrence, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS
from theory.expressions import E, T, idx, sum_t, t
from theory.statement import Definition, Hypothesis, Statement
from theory.statements.adopt import MEASURE
from theory.statements.clipped import DISCREPANCIES as CLIPPED_DISCREPANCIES
from theory.statements.clipped import ROOT_OF_STEP, THRESHOLD_SCHEDULE, clipped

if TYPE_CHECKING:
    import sympy

DISCREPANCIES = (
    "The paper's appendix bounds min_t by O(ln T/√T); the constants here were derived independently.",
    "A5 is used in its unconditional reading, the weaker of the two.",
    "The prefactor 1/(2√(T+1)+1−2√2) is at most 1/max(√T, 2√(T+1)−2) of the project's notes.",
    "Momentum costs κ only from the second step on: the bracket has κ ln T where the notes have κ(1 + ln T).",
    "The normaliser enters only through ε ≤ s and s² ≤ v + ε²: max(√v, ε) of the paper's code, and √(v + ε²).",
)


def prefactor() -> sympy.Expr:
    """S/(2√(T+1)+1−2√2): S over a lower bound of Σ 1/√t."""
    from sympy import sqrt

    from theory.bounds import symbols

    T, G, eps = symbols("T G eps")
    return sqrt(G**2 + eps**2) / (2 * sqrt(T + 1) + 1 - 2 * sqrt(2))


def bracket() -> sympy.Expr:
    """½ + (½+κ) ln T + 0.6164κ²: α0LG²/ε² times it is what the steps cost."""
    from sympy import Rational, log

    from theory.bounds import symbols

    T, beta1 = symbols("T beta1")
    kappa = beta1 / (1 - beta1)
    half = Rational(1, 2)
    return half + (half + kappa) * log(T) + (half + Rational(291, 2500)) * kappa**2


def bound() -> sympy.Expr:
    """S/(2√(T+1)+1−2√2)·{Δ/α0 + κG²/ε + α0LG²/ε²·[½ + (½+κ) ln T + 0.6164κ²]}."""
    from theory.bounds import symbols

    Delta, alpha0, L, G, eps, beta1 = symbols("Delta alpha0 L G eps beta1")
    steps = Delta / alpha0 + beta1 / (1 - beta1) * G**2 / eps + alpha0 * L * G**2 / eps**2 * bracket()
    return prefactor() * steps


def bound_algorithm_1() -> sympy.Expr:
    """The same with κ + κ²/2 more in the bracket: (½+κ)(1 + ln T) + 1.1164κ²."""
    from sympy import Rational

    from theory.bounds import symbols

    alpha0, L, G, eps, beta1 = symbols("alpha0 L G eps beta1")
    kappa = beta1 / (1 - beta1)
    return bound() + prefactor() * alpha0 * L * G**2 / eps**2 * (kappa + Rational(1, 2) * kappa**2)


def bound_clipped() -> sympy.Expr:
    """Twice the bracket of `bound`, and G⁴(1+ln T)/(16ε³c0²) for the bias of clipping."""
    from sympy import log

    from theory.bounds import symbols

    T, G, eps, c0 = symbols("T G eps c0")
    return 2 * bound() + prefactor() * G**4 * (1 + log(T)) / (16 * eps**3 * c0**2)


def best_alpha0() -> sympy.Expr:
    """(ε/G)√(Δ/(L·[bracket])): where the two terms with α0 are equal."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, L, G, eps = symbols("Delta L G eps")
    return eps / G * sqrt(Delta / (L * bracket()))


def best_alpha0_algorithm_1() -> sympy.Expr:
    """The same with Algorithm 1's bracket."""
    from sympy import Rational, sqrt

    from theory.bounds import symbols

    Delta, L, G, eps, beta1 = symbols("Delta L G eps beta1")
    kappa = beta1 / (1 - beta1)
    return eps / G * sqrt(Delta / (L * (bracket() + kappa + Rational(1, 2) * kappa**2)))


STEP_SCHEDULE = (
    Hypothesis("step_size_nonnegative", at.alpha_t(t) >= 0, "parameters", 1),
    Hypothesis("step_size_schedule", (at.alpha_t(t) ** 2 * idx(t)).equals(at.alpha0**2), "parameters", 1),
)
"""α_t = α0/√t."""

DEFINITIONS = (
    Definition("define", at.Delta, E(at.f_theta(0)) - at.f_inf),
    Definition("inverse", at.inv_alpha0, at.alpha0),
    Definition("inverse", at.inv_eps, at.eps),
    Definition("inverse", at.inv_one_minus_beta1, 1 - at.beta1),
    Definition("root", at.S, at.G**2 + at.eps**2, 2),
    *ROOT_OF_STEP,
    Definition("inverse", at.inv_sum_of_steps, 2 * at.root_idx(T + 1) + 1 - 2 * at.root_idx(2)),
    Definition("logarithm", at.log_idx, idx(t)),
)
MINIMUM = (*MEASURE, Definition("minimum", at.min_measure, at.measure(t)))


def _decaying(name: str, recurrence: Recurrence) -> Statement:
    ranges = ("alpha0_positive", "eps_positive", "L_nonnegative", "beta1_nonnegative", "beta1_below_one")
    return Statement(
        name=name,
        title="ADOPT with α_t = α0/√t: min over t ≤ T of (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}, O(ln T/√T)",
        reference="Appendix E.1",
        method=recurrence.name,
        objective=("lower_bounded", "smooth"),
        points=((at.theta, at.f_theta, at.grad_theta),),
        hypotheses=(
            *(PARAMETERS[x] for x in (*ranges, "beta2_nonnegative", "beta2_at_most_one")),
            *STEP_SCHEDULE,
            *hypotheses(recurrence),
            *ASSUMPTIONS["unbiased"].hypotheses,
            *ASSUMPTIONS["bounded_second_moment"].hypotheses,
            Hypothesis("start_integrable", at.f_theta(0), "start"),
        ),
        definitions=(*DEFINITIONS, *MINIMUM),
        measured=at.min_measure,
        bound=bound,
        parameters=("Delta", "L", "G", "eps", "beta1", "alpha0", "T"),
        rate="-1/2, up to ln T",
        best_alpha=best_alpha0,
        discrepancies=DISCREPANCIES,
    )


ADOPT_DECAYING_RATE = _decaying("adopt_decaying", ADOPT_DECAYING)

ADOPT_DECAYING_ALGORITHM_1_RATE = replace(
    _decaying("adopt_decaying_algorithm_1", ADOPT_DECAYING_ALGORITHM_1),
    title="ADOPT with α_t = α0/√t and Algorithm 1's start m_1 = a_1",
    bound=bound_algorithm_1,
    best_alpha=best_alpha0_algorithm_1,
    discrepancies=(
        *DISCREPANCIES[:3],
        "The bracket is (½+κ)(1 + ln T) + 1.1164κ²; the notes have κ more.",
        DISCREPANCIES[4],
    ),
)


def bound_sums() -> sympy.Expr:
    """S·{Δ + κα0G²/ε + α0²LG²(1+κ²)/(2ε²)}, α0 = α_1: what does not depend on the sums over the later steps."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha0, L, G, eps, beta1 = symbols("Delta alpha0 L G eps beta1")
    kappa = beta1 / (1 - beta1)
    return sqrt(G**2 + eps**2) * (
        Delta + kappa * alpha0 * G**2 / eps + alpha0**2 * L * G**2 / eps**2 * (1 + kappa**2) / 2
    )


KAPPA = at.beta1 * at.inv_one_minus_beta1
LATER_SUMS = (1 + 2 * KAPPA) / 2 * sum_t(2, at.alpha_t(t) ** 2) + KAPPA**2 * sum_t(
    2, (at.alpha_t(t - 1) - at.alpha_t(t)) ** 2
)
"""(½+κ)Σ_{t≥2}α_t² + κ²Σ_{t≥2}(α_{t−1}−α_t)²."""

ADOPT_DECAYING_SUMS = replace(
    ADOPT_DECAYING_RATE,
    name="adopt_decaying_sums",
    title="ADOPT with any nonincreasing α_t: Σα_tM_t^{3/2}, less S·LG²/ε² times the sums that the steps cost",
    hypotheses=(
        Hypothesis("step_size_nonnegative", at.alpha_t(t) >= 0, "parameters", 1),
        Hypothesis("step_size_decreasing", at.alpha_t(t) <= at.alpha_t(t - 1), "parameters", 2),
        Hypothesis("first_step_size", at.alpha_t(1).equals(at.alpha0), "parameters", 0),
        *(h for h in ADOPT_DECAYING_RATE.hypotheses if h not in STEP_SCHEDULE and h.name != "alpha0_positive"),
    ),
    definitions=(DEFINITIONS[0], *DEFINITIONS[2:5], *MEASURE),
    measured=sum_t(1, at.alpha_t(t) * at.measure(t)) - at.S * at.L * at.G**2 * at.inv_eps**2 * LATER_SUMS,
    bound=bound_sums,
    parameters=("Delta", "L", "G", "eps", "beta1", "alpha0"),
    rate="as the sums",
    best_alpha=None,
    discrepancies=(
        *DISCREPANCIES[:2],
        "The form of E.1 with exact sums, for all nonincreasing step sizes; `adopt_decaying` evaluates them at α0/√t.",
        DISCREPANCIES[4],
    ),
    remarks=(
        "Written with the sums on the left: ΣαM^{3/2} ≤ S{Δ + κα_1G²/ε + LG²/ε²·[½α_1² + (½+κ)Σ_{t≥2}α_t² + κ²(½α_1² + "
        "Σ_{t≥2}(α_{t−1}−α_t)²)]}. So the value of the bound is compared with a weighted sum, not with G².",
    ),
)

ADOPT_CLIPPED_DECAYING_RATE = replace(
    ADOPT_DECAYING_RATE,
    name="adopt_clipped_decaying",
    title="Clipped ADOPT with α_t = α0/√t and c_t = c0 t^{1/4}",
    reference="Appendix E.3, with the step sizes of E.1",
    method="adopt_clipped_decaying",
    hypotheses=(
        *clipped("adopt_clipped_decaying", ADOPT_CLIPPED_DECAYING, "alpha0_positive", "c0_positive"),
        *STEP_SCHEDULE,
        *THRESHOLD_SCHEDULE,
    ),
    definitions=(*DEFINITIONS, Definition("inverse", at.inv_c0, at.c0), *MINIMUM),
    bound=bound_clipped,
    parameters=("Delta", "L", "G", "eps", "beta1", "alpha0", "c0", "T"),
    discrepancies=(*CLIPPED_DISCREPANCIES[:2], *DISCREPANCIES[2:]),
)
