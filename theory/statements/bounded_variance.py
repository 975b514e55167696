"""N1: ADOPT under bounded variance alone (A1–A4, no bound on the second moment)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.algorithms import ADOPT, hypotheses
from theory.assumptions import ASSUMPTIONS, PARAMETERS, UNBIASED_START
from theory.expressions import T, idx
from theory.statement import Definition, Hypothesis
from theory.statements.adopt import ADOPT_RATE, CONSTANTS, MEASURE
from theory.statements.sharp import ADOPT_AVERAGE

if TYPE_CHECKING:
    import sympy


def bound() -> sympy.Expr:
    """√(G̃²+ε²)·2B/(αT) with B = Δ + Tα²Lσ²/(2ε²(1−β1)) and G̃² = σ² + 2L(1+β1)B."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, alpha, T, L, sigma, eps, beta1 = symbols("Delta alpha T L sigma eps beta1")
    B = Delta + T * alpha**2 * L * sigma**2 / (2 * eps**2 * (1 - beta1))
    rate = 2 * Delta / (alpha * T) + alpha * L * sigma**2 / (eps**2 * (1 - beta1))
    return sqrt(sigma**2 + 2 * L * (1 + beta1) * B + eps**2) * rate


def best_alpha() -> sympy.Expr:
    """min{(ε/σ)√(2Δ(1−β1)/(LT)), ε(1−β1)/(L(1+β1))}: the best for B/(αT), the part that vanishes with T."""
    from sympy import Min, sqrt

    from theory.bounds import symbols

    Delta, T, L, sigma, eps, beta1 = symbols("Delta T L sigma eps beta1")
    return Min(eps / sigma * sqrt(2 * Delta * (1 - beta1) / (L * T)), largest_alpha())


def largest_alpha() -> sympy.Expr:
    """ε(1−β1)/(L(1+β1))."""
    from theory.bounds import symbols

    L, eps, beta1 = symbols("L eps beta1")
    return eps * (1 - beta1) / (L * (1 + beta1))


LOSS = at.alpha**2 * at.L * at.sigma**2 * at.inv_eps**2 * at.inv_one_minus_beta1 / 2
BUDGET = at.Delta + idx(T) * LOSS
"""B = Δ + Tα²Lσ²/(2ε²(1−β1))."""
RADIUS = Definition("root", at.S, at.sigma**2 + 2 * at.L * (1 + at.beta1) * BUDGET + at.eps**2, 2)
"""√(G̃²+ε²)."""

RANGES = (
    "alpha_positive",
    "eps_positive",
    "L_positive",
    "beta1_nonnegative",
    "beta1_below_one",
    "beta2_nonnegative",
    "beta2_at_most_one",
)

ADOPT_BOUNDED_VARIANCE = replace(
    ADOPT_AVERAGE,
    name="adopt_bounded_variance",
    title="ADOPT under bounded variance alone: average over t ≤ T of (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}",
    reference="new; N1",
    hypotheses=(
        *(PARAMETERS[x] for x in RANGES),
        Hypothesis("step_size", at.alpha * at.L * (1 + at.beta1) <= at.eps * (1 - at.beta1), "parameters"),
        *hypotheses(ADOPT),
        *ASSUMPTIONS["unbiased"].hypotheses,
        UNBIASED_START,
        *ASSUMPTIONS["bounded_variance"].hypotheses,
        Hypothesis("start_integrable", at.f_theta(0), "start"),
    ),
    definitions=(*CONSTANTS[:-1], RADIUS, *MEASURE),
    bound=bound,
    parameters=("Delta", "L", "sigma", "eps", "beta1", "alpha", "T"),
    rate="-1/2",
    best_alpha=best_alpha,
    largest_alpha=largest_alpha,
    discrepancies=(
        "The paper asks for A5 and names its removal as future work.",
        "The project's notes have G̃² = 3σ²/2 + 6LB, and σ² + 2LB for β1 = 0. The Lyapunov function E f(φ_t) + λE‖m_t‖² "
        "gives σ² + 2L(1+β1)B for every β1, which is smaller, and is the same at β1 = 0.",
        "A4 is used in its unconditional reading: E‖g_t − ∇f(θ_{t−1})‖² ≤ σ².",
        "Of g_0, drawn at θ_0, A2 is used as: its noise is uncorrelated with ∇f(θ_0).",
        "L > 0 is asked for; an L that is too large is no loss of generality.",
        ADOPT_RATE.discrepancies[-1],
    ),
)

ALL = (ADOPT_BOUNDED_VARIANCE,)
