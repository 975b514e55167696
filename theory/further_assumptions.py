"""Assumptions of the literature beyond A1–A6: expected smoothness, light tails, (L0,L1)-smoothness, p-th moments.

They serve research hypotheses and the theorems about which assumption implies which (`theory.statements.implications`).
"""

from __future__ import annotations

from theory import atoms as at
from theory.assumptions import ASSUMPTIONS, BOUNDED_VARIANCE, Assumption
from theory.expressions import E, Symbol, sum_i, t
from theory.statement import Hypothesis

abc_A = Symbol("abc_A")
abc_B = Symbol("abc_B")
light_tail = at.scalar("light_tail")

EXPECTED_SMOOTHNESS = Assumption(
    "ABC",
    "expected_smoothness",
    "E‖g_t‖² ≤ 2A(E f(θ_{t−1}) − f_inf) + B·E‖∇f(θ_{t−1})‖² + σ² for all t ≥ 1",
    (
        Hypothesis("second_moment_integrable_later", at.g(t) ** 2, "expected_smoothness", 1),
        Hypothesis(
            "expected_smoothness",
            E(sum_i(at.g(t) ** 2))
            <= 2 * abc_A * (E(at.f_theta(t - 1)) - at.f_inf)
            + abc_B * E(sum_i(at.grad_theta(t - 1) ** 2))
            + at.sigma**2,
            "expected_smoothness",
            1,
        ),
    ),
    note="in the mean over the past; affine variance is A = 0, B = 1 + ρ",
)
SUB_GAUSSIAN = Assumption(
    "sub-Gaussian",
    "sub_gaussian",
    "E[exp(‖g_t − ∇f(θ_{t−1})‖²/σ²) given F_{t−1}] ≤ 2; used as: a random variable w_t ≥ 1 + ‖g_t − ∇f(θ_{t−1})‖²/σ², the "
    "exponential, has conditional mean at most 2",
    (
        BOUNDED_VARIANCE.hypotheses[0],
        BOUNDED_VARIANCE.hypotheses[1],
        Hypothesis(
            "light_tail_dominates", sum_i(at.noise(t) ** 2) <= at.sigma**2 * (light_tail(t) - 1), "sub_gaussian", 0
        ),
        Hypothesis("light_tail_integrable", light_tail(t), "sub_gaussian", 0),
        Hypothesis("light_tail_start", E(light_tail(0)) <= 2, "sub_gaussian", 0),
        Hypothesis("light_tail", E(light_tail(t), given=t - 1) <= 2, "sub_gaussian", 1),
    ),
    note="implies A4",
)
GENERALISED_SMOOTH = Assumption(
    "(L0,L1)",
    "generalised_smooth",
    "‖∇f(x) − ∇f(y)‖ ≤ (L0 + L1‖∇f(x)‖)‖x − y‖ whenever ‖x − y‖ ≤ 1/L1",
    note="a property of f at any two points near each other; no rule of the kernel speaks of it. A3 is L1 = 0",
)
FINITE_MOMENT = Assumption(
    "p-th moment",
    "finite_moment",
    "E[‖g_t‖^p given F_{t−1}] ≤ G^p for a p with 1 < p < 2",
    note="p = 3/2 is `heavy_tails`; for other p no polynomial hypothesis is written",
)
KNOWN: dict[str, Assumption] = ASSUMPTIONS | {
    x.name: x for x in (EXPECTED_SMOOTHNESS, SUB_GAUSSIAN, GENERALISED_SMOOTH, FINITE_MOMENT)
}
"""All assumptions that a research hypothesis may name."""
