"""N7: ADOPT under the Polyak–Łojasiewicz inequality: function values, and 1/T for the last iterate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import ADOPT_DECAYING, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS
from theory.expressions import E, T, idx, sum_t, t
from theory.statement import Definition, Hypothesis
from theory.statements.adopt import ADOPT_RATE, CONSTANTS, MEASURE, best_alpha
from theory.statements.adopt import bound as bound_t41
from theory.statements.sharp import ADOPT_AVERAGE

if TYPE_CHECKING:
    import sympy


def bound() -> sympy.Expr:
    """S/(2μ)·[Δ/(αT) + αLG²(1+β1)/(2ε²(1−β1))]: T4.1's bound over 2μ."""
    from theory.bounds import symbols

    (mu,) = symbols("mu")
    return bound_t41() / (2 * mu)


def bound_last_iterate() -> sympy.Expr:
    """LG²(G²+ε²)/(2μ²ε²(T+1))."""
    from theory.bounds import symbols

    L, G, eps, mu, T = symbols("L G eps mu T")
    return L * G**2 * (G**2 + eps**2) / (2 * mu**2 * eps**2 * (T + 1))


def bound_last_iterate_max() -> sympy.Expr:
    """LG²s_max²/(2μ²ε²(T+1)), for any s_max ≥ max(G, ε)."""
    from theory.bounds import symbols

    L, G, eps, mu, s_max, T = symbols("L G eps mu s_max T")
    return L * G**2 * s_max**2 / (2 * mu**2 * eps**2 * (T + 1))


GAP_MEASURE = (
    Definition("root", at.gap_2_3, (at.f_theta(t - 1) - at.f_inf) ** 2, 3),
    Definition("root", at.measure_gap, E(at.gap_2_3(t)) ** 3, 2),
)
"""(E(f(θ_{t−1}) − f_inf)^{2/3})^{3/2} in two roots: k³ = (f − f_inf)², then w² = (E k)³."""

ADOPT_POLYAK_LOJASIEWICZ = replace(
    ADOPT_AVERAGE,
    name="adopt_polyak_lojasiewicz",
    title="ADOPT under the PŁ inequality: average over t ≤ T of (E(f(θ_{t−1})−f_inf)^{2/3})^{3/2}",
    reference="new; N7",
    hypotheses=(*ADOPT_RATE.hypotheses, PARAMETERS["mu_positive"], *ASSUMPTIONS["polyak_lojasiewicz"].hypotheses),
    definitions=(*CONSTANTS, Definition("inverse", at.inv_mu, at.mu), *MEASURE, *GAP_MEASURE),
    measured=at.inv_T * sum_t(1, at.measure_gap(t)),
    bound=bound,
    parameters=(*ADOPT_RATE.parameters, "mu"),
    best_alpha=best_alpha,
    discrepancies=(
        "Not in the paper. The inequality is asked for along the run only; f_inf is then the infimum that it speaks of.",
        *ADOPT_RATE.discrepancies[1:],
    ),
)

RANGES = ("eps_positive", "L_nonnegative", "mu_positive", "beta1_zero", "beta2_nonnegative", "beta2_at_most_one")
STEP_SIZE = (
    Hypothesis("step_size_positive", at.alpha_t(t) > 0, "parameters", 1),
    Hypothesis(
        "step_size", (at.alpha_t(t) ** 2 * at.mu**2 * (idx(t) + 1) ** 2).equals(at.G**2 + at.eps**2), "parameters", 1
    ),
)
"""α_t = √(G²+ε²)/(μ(t+1))."""

ADOPT_LAST_ITERATE = replace(
    ADOPT_AVERAGE,
    name="adopt_polyak_lojasiewicz_last_iterate",
    title="ADOPT under the PŁ inequality and bounded gradients, α_t = √(G²+ε²)/(μ(t+1)), β1 = 0: E f(θ_T) − f_inf",
    reference="new; N7, second part",
    method=ADOPT_DECAYING.name,
    hypotheses=(
        *(PARAMETERS[x] for x in RANGES),
        *STEP_SIZE,
        *(h for h in hypotheses(ADOPT_DECAYING) if h.name != "momentum_start"),
        *ASSUMPTIONS["unbiased"].hypotheses,
        *ASSUMPTIONS["bounded_gradient"].hypotheses,
        *ASSUMPTIONS["polyak_lojasiewicz"].hypotheses,
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    ),
    definitions=(
        Definition("inverse", at.inv_eps, at.eps),
        Definition("inverse", at.inv_mu, at.mu),
        Definition("inverse", at.inv_T_plus_1, idx(T) + 1),
    ),
    measured=E(at.f_theta(T)) - at.f_inf,
    bound=bound_last_iterate,
    parameters=("L", "G", "eps", "mu", "T"),
    rate="-1",
    best_alpha=None,
    discrepancies=(
        "Not in the paper.",
        "The project's notes have max(G,ε) where √(G²+ε²) stands, in the step size and in the bound. That needs "
        "s = max(√v, ε) exactly (`adopt_polyak_lojasiewicz_last_iterate_max`); here s enters only through ε ≤ s and "
        "s² ≤ v + ε², so that √(v + ε²) is covered, and the bound is at most twice theirs.",
        "Δ does not enter: after the first step, at α_1 = √(G²+ε²)/(2μ), the gap is bounded by the noise alone.",
    ),
)

EXACT_NORMALISER = Hypothesis(
    "normaliser_attained", ((at.s(t) - at.eps) * (at.s(t) ** 2 - at.v(t))).equals(0), "recurrence", 0
)
"""s is ε or √v; with ε ≤ s this holds for max(√v, ε), and not for √(v + ε²)."""

ADOPT_LAST_ITERATE_MAX = replace(
    ADOPT_LAST_ITERATE,
    name="adopt_polyak_lojasiewicz_last_iterate_max",
    title="ADOPT under the PŁ inequality and bounded gradients, s = max(√v, ε), α_t = s_max/(μ(t+1)) for any "
    "s_max ≥ max(G, ε), β1 = 0: E f(θ_T) − f_inf",
    hypotheses=(
        *(PARAMETERS[x] for x in RANGES),
        PARAMETERS["G_nonnegative"],
        Hypothesis("largest_at_least_G", at.s_max >= at.G, "parameters"),
        Hypothesis("largest_at_least_eps", at.s_max >= at.eps, "parameters"),
        Hypothesis("step_size", (at.alpha_t(t) * at.mu * (idx(t) + 1)).equals(at.s_max), "parameters", 1),
        *(
            EXACT_NORMALISER if h.name == "normaliser_squared_at_most" else h
            for h in ADOPT_LAST_ITERATE.hypotheses
            if h.assumption != "parameters"
        ),
    ),
    bound=bound_last_iterate_max,
    parameters=("L", "G", "eps", "mu", "s_max", "T"),
    discrepancies=(
        "Not in the paper. The constant of the project's notes, at s_max = max(G, ε).",
        "Of s = max(√v, ε) two facts are used: ε ≤ s, and s is ε or √v. That s² ≥ v is not needed.",
        "Δ does not enter: after the first step, at α_1 = s_max/(2μ), the gap is bounded by the noise alone.",
    ),
)

ALL = (ADOPT_POLYAK_LOJASIEWICZ, ADOPT_LAST_ITERATE, ADOPT_LAST_ITERATE_MAX)
