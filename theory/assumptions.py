"""The assumptions A1–A6 on objective and oracle, and the hypotheses in primitive form that they contribute.

`F_t` is the filtration of the noise: g_t depends on θ_{t−1} and fresh noise, so θ_{t−1} is F_{t−1}-measurable.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from theory import atoms as at
from theory.expressions import E, sum_i, t
from theory.statement import Hypothesis


@dataclass(frozen=True)
class Assumption:
    """An assumption: `label` as in the paper, its id, its mathematics in words, and its primitive hypotheses."""

    label: str
    name: str
    claim: str
    hypotheses: tuple[Hypothesis, ...] = ()
    note: str = ""


LOWER_BOUNDED = Assumption("A1", "lower_bounded", "f ≥ f_inf", note="a property of f, used at any point")
SMOOTH = Assumption(
    "A3", "smooth", "‖∇f(x) − ∇f(y)‖ ≤ L‖x − y‖ for all x, y", note="a property of f, used at any two points"
)
UNBIASED = Assumption(
    "A2",
    "unbiased",
    "E[g_t given F_{t−1}] = ∇f(θ_{t−1})",
    (Hypothesis("unbiased", E(at.g(t), given=t - 1).equals(at.grad_theta(t - 1)), "unbiased", 1),),
)
BOUNDED_VARIANCE = Assumption(
    "A4",
    "bounded_variance",
    "E‖g_t − ∇f(θ_{t−1})‖² ≤ σ² for all t ≥ 1 and E‖g_0 − ∇f(θ_0)‖² ≤ σ² (unconditional reading)",
    (
        Hypothesis("noise_start", at.noise(0).equals(at.g(0) - at.grad_theta(0)), "bounded_variance", 0),
        Hypothesis("noise_step", at.noise(t).equals(at.g(t) - at.grad_theta(t - 1)), "bounded_variance", 1),
        Hypothesis("noise_integrable", at.noise(t) ** 2, "bounded_variance", 0),
        Hypothesis("bounded_variance", E(sum_i(at.noise(t) ** 2)) <= at.sigma**2, "bounded_variance", 0),
    ),
    note="the conditional reading, given F_{t−1}, is stronger and implies it; weaker than A5",
)
BOUNDED_VARIANCE_CONDITIONAL = Assumption(
    "A4, conditional",
    "bounded_variance_conditional",
    "E[‖g_t − ∇f(θ_{t−1})‖² given F_{t−1}] ≤ σ² for all t ≥ 1 and E‖g_0 − ∇f(θ_0)‖² ≤ σ² (conditional reading)",
    (
        *(replace(h, assumption="bounded_variance_conditional") for h in BOUNDED_VARIANCE.hypotheses[:3]),
        Hypothesis(
            "bounded_variance_start", E(sum_i(at.noise(0) ** 2)) <= at.sigma**2, "bounded_variance_conditional", 0
        ),
        Hypothesis(
            "bounded_variance_conditional",
            E(sum_i(at.noise(t) ** 2), given=t - 1) <= at.sigma**2,
            "bounded_variance_conditional",
            1,
        ),
    ),
    note="implies the unconditional reading",
)
AFFINE_VARIANCE = Assumption(
    "A4 with growth",
    "affine_variance",
    "E[(g_{t,i} − ∂_i f(θ_{t−1}))² given F_{t−1}] ≤ σ_i² + ρ(∂_i f(θ_{t−1}))² with Σσ_i² ≤ σ²; for g_0 in the mean",
    (
        *(replace(h, assumption="affine_variance") for h in BOUNDED_VARIANCE.hypotheses[:3]),
        Hypothesis(
            "affine_variance",
            E(at.noise(t) ** 2, given=t - 1) <= at.sigma_i**2 + at.rho * at.grad_theta(t - 1) ** 2,
            "affine_variance",
            1,
        ),
        Hypothesis(
            "affine_variance_start",
            E(sum_i(at.noise(0) ** 2)) <= at.sigma**2 + at.rho * E(sum_i(at.grad_theta(0) ** 2)),
            "affine_variance",
            0,
        ),
        Hypothesis("sigma_squared", sum_i(at.sigma_i**2) <= at.sigma**2, "affine_variance", 0),
    ),
    note="A4, in its conditional reading and coordinate by coordinate, is ρ = 0",
)
AFFINE_VARIANCE_NORM = Assumption(
    "A4 with growth, in norm",
    "affine_variance_norm",
    "E‖g_t − ∇f(θ_{t−1})‖² ≤ σ² + ρE‖∇f(θ_{t−1})‖² for all t ≥ 1",
    (
        replace(BOUNDED_VARIANCE.hypotheses[1], assumption="affine_variance_norm"),
        replace(BOUNDED_VARIANCE.hypotheses[2], assumption="affine_variance_norm", start=1),
        Hypothesis(
            "affine_variance_norm",
            E(sum_i(at.noise(t) ** 2)) <= at.sigma**2 + at.rho * E(sum_i(at.grad_theta(t - 1) ** 2)),
            "affine_variance_norm",
            1,
        ),
    ),
    note="in the mean over the past; A4 is ρ = 0",
)
AFFINE_VARIANCE_NORM_START = tuple(
    replace(h, assumption="affine_variance_norm")
    for h in AFFINE_VARIANCE.hypotheses
    if h.name in ("noise_start", "affine_variance_start")
)
"""What the growth in norm says of g_0, drawn at θ_0; its noise is square integrable besides."""


def heavy_tails(m: int, q: int, first: int = 1) -> Assumption:
    """E[‖g_t‖^p given F_{t−1}] <= G^p for t >= 1, p = m/q; `first`: the first g whose norm^p is integrable."""
    norm, norm_p = at.norm_root(t), at.norm_root(t) ** m
    return Assumption(
        "A5 with the power p",
        "heavy_tails",
        "E[‖g_t‖^p given F_{t−1}] ≤ G^p, for a fraction p = m/q in (1, 2]; ‖g‖^{1/q} is given by its sign and its power 2q",
        (
            Hypothesis("norm_nonnegative", norm >= 0, "heavy_tails", first),
            Hypothesis("norm_is_root", (norm ** (2 * q)).equals(sum_i(at.g(t) ** 2)), "heavy_tails", first),
            Hypothesis("norm_integrable", norm_p, "heavy_tails", first),
            Hypothesis("heavy_tails", E(norm_p, given=t - 1) ** q <= at.G**m, "heavy_tails", 1),
        ),
        note="for p < 2 the variance may be infinite",
    )


def heavy_tails_start(m: int, q: int) -> Hypothesis:
    """What A5 with the power p = m/q says of g_0: E‖g_0‖^p <= G^p."""
    return Hypothesis("heavy_tails_start", E(at.norm_root(0) ** m) ** q <= at.G**m, "heavy_tails", 0)


HEAVY_TAILS = heavy_tails(3, 2)
CONVEX_ON_THE_SET = Assumption(
    "convexity",
    "convex_on_the_set",
    "f_inf = f(θ*) ≤ f(θ_t) and f(θ_t) − f(θ*) ≤ f'(θ_t)(θ_t − θ*) along the run, θ* in the set",
    (
        Hypothesis(
            "convex",
            at.f_theta(t) - at.f_inf <= at.grad_theta(t) * (at.theta(t) - at.theta_star),
            "convex_on_the_set",
            0,
        ),
        Hypothesis("minimiser", at.f_inf <= at.f_theta(t), "convex_on_the_set", 0),
    ),
)
ONE_DIMENSION = Assumption(
    "D = 1",
    "one_dimension",
    "f has one variable",
    (Hypothesis("one_dimension", sum_i(1).equals(1), "one_dimension", 0),),
)
POLYAK_LOJASIEWICZ = Assumption(
    "PŁ",
    "polyak_lojasiewicz",
    "‖∇f(θ_t)‖² ≥ 2μ(f(θ_t) − f_inf) along the run",
    (
        Hypothesis(
            "polyak_lojasiewicz",
            2 * at.mu * (at.f_theta(t) - at.f_inf) <= sum_i(at.grad_theta(t) ** 2),
            "polyak_lojasiewicz",
            0,
        ),
    ),
    note="strong convexity implies it, with f_inf = min f",
)
BIASED = Assumption(
    "A2 with a bias",
    "bounded_bias",
    "‖E[g_t given F_{t−1}] − ∇f(θ_{t−1})‖ ≤ δ",
    (
        Hypothesis(
            "bounded_bias",
            sum_i((E(at.g(t), given=t - 1) - at.grad_theta(t - 1)) ** 2) <= at.delta**2,
            "bounded_bias",
            1,
        ),
    ),
    note="A2 is δ = 0",
)
UNBIASED_START = Hypothesis("unbiased_start", E(at.noise(0) * at.grad_theta(0)).equals(0), "unbiased", 0)
"""What A2 says of g_0, drawn at θ_0: its noise is uncorrelated with ∇f(θ_0)."""
BOUNDED_SECOND_MOMENT = Assumption(
    "A5",
    "bounded_second_moment",
    "E‖g_t‖² ≤ G² for all t ≥ 0 (unconditional reading)",
    (
        Hypothesis("second_moment_integrable", at.g(t) ** 2, "bounded_second_moment", 0),
        Hypothesis("bounded_second_moment", E(sum_i(at.g(t) ** 2)) <= at.G**2, "bounded_second_moment", 0),
    ),
    note="the conditional reading, given F_{t−1}, is stronger and implies it",
)
BOUNDED_SECOND_MOMENT_CONDITIONAL = Assumption(
    "A5, conditional",
    "bounded_second_moment_conditional",
    "E[‖g_t‖² given F_{t−1}] ≤ G² for all t ≥ 1, and E‖g_0‖² ≤ G² (conditional reading)",
    (
        Hypothesis("second_moment_integrable", at.g(t) ** 2, "bounded_second_moment_conditional", 0),
        Hypothesis(
            "bounded_second_moment_start", E(sum_i(at.g(0) ** 2)) <= at.G**2, "bounded_second_moment_conditional", 0
        ),
        Hypothesis(
            "bounded_second_moment_conditional",
            E(sum_i(at.g(t) ** 2), given=t - 1) <= at.G**2,
            "bounded_second_moment_conditional",
            1,
        ),
    ),
    note="implies the unconditional reading",
)
BOUNDED_GRADIENT = Assumption(
    "A6",
    "bounded_gradient",
    "‖g_t‖ ≤ G always",
    (Hypothesis("bounded_gradient", sum_i(at.g(t) ** 2) <= at.G**2, "bounded_gradient", 0),),
    note="implies A5 in both readings",
)

ASSUMPTIONS = {
    x.name: x
    for x in (
        LOWER_BOUNDED,
        UNBIASED,
        SMOOTH,
        BOUNDED_VARIANCE,
        BOUNDED_VARIANCE_CONDITIONAL,
        BOUNDED_SECOND_MOMENT,
        BOUNDED_SECOND_MOMENT_CONDITIONAL,
        BOUNDED_GRADIENT,
        BIASED,
        AFFINE_VARIANCE,
        AFFINE_VARIANCE_NORM,
        POLYAK_LOJASIEWICZ,
        HEAVY_TAILS,
        CONVEX_ON_THE_SET,
        ONE_DIMENSION,
    )
}
"""All assumptions by id."""

PARAMETERS = {
    "alpha_positive": Hypothesis("alpha_positive", at.alpha > 0, "parameters"),
    "alpha0_positive": Hypothesis("alpha0_positive", at.alpha0 > 0, "parameters"),
    "eps_positive": Hypothesis("eps_positive", at.eps > 0, "parameters"),
    "G_nonnegative": Hypothesis("G_nonnegative", at.G >= 0, "parameters"),
    "G_positive": Hypothesis("G_positive", at.G > 0, "parameters"),
    "c_positive": Hypothesis("c_positive", at.c > 0, "parameters"),
    "c0_positive": Hypothesis("c0_positive", at.c0 > 0, "parameters"),
    "L_nonnegative": Hypothesis("L_nonnegative", at.L >= 0, "parameters"),
    "L_positive": Hypothesis("L_positive", at.L > 0, "parameters"),
    "rho_nonnegative": Hypothesis("rho_nonnegative", at.rho >= 0, "parameters"),
    "mu_positive": Hypothesis("mu_positive", at.mu > 0, "parameters"),
    "beta1_nonnegative": Hypothesis("beta1_nonnegative", at.beta1 >= 0, "parameters"),
    "beta1_zero": Hypothesis("beta1_zero", at.beta1.equals(0), "parameters"),
    "beta1_below_one": Hypothesis("beta1_below_one", at.beta1 < 1, "parameters"),
    "beta2_positive": Hypothesis("beta2_positive", at.beta2 > 0, "parameters"),
    "beta2_below_one": Hypothesis("beta2_below_one", at.beta2 < 1, "parameters"),
    "beta2_nonnegative": Hypothesis("beta2_nonnegative", at.beta2 >= 0, "parameters"),
    "beta2_at_most_one": Hypothesis("beta2_at_most_one", at.beta2 <= 1, "parameters"),
}
"""Ranges of the parameters, by name."""
