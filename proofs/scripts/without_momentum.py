"""Sections for methods that move by θ_t = θ_{t−1} − α_t p_t: SGD (p = g) and ADOPT with β1 = 0 (p = a)."""

from __future__ import annotations

from fractions import Fraction

from proofs.builder import Line, Script, sq
from proofs.scripts import variance
from theory.atoms import L, a, beta1, f_inf, f_theta, g, grad_theta, m, noise, theta
from theory.expressions import Expression, lift, sum_i, t

HALF = lift(Fraction(1, 2))


def moves_by_a(x: Script, alpha: Expression) -> Line:
    """θ_t = θ_{t−1} − α_t a_t, since β1 = 0."""
    momentum, none = x.hypothesis("momentum_step"), x.hypothesis("beta1_zero")
    same = x.show("m_t = a_t", m(t).equals(a(t)), modulo=[momentum, (none, beta1)])
    claim = theta(t).equals(theta(t - 1) - alpha * a(t))
    return x.show("θ_t = θ_{t−1} − α a_t", claim, modulo=[x.hypothesis("iterate_step"), (same, m(t))])


def descent(x: Script, move: Expression, alpha: Expression, is_step: Line) -> Line:
    """f(θ_t) <= f(θ_{t−1}) − α⟨∇f(θ_{t−1}), p_t⟩ + (L/2)α²‖p_t‖², on every path."""
    x.section("Descent")
    schema = x.between("descent", "descent at θ", theta(t - 1), theta(t), 1)
    inner = x.show(
        "", (grad_theta(t - 1) * (theta(t) - theta(t - 1))).equals(-alpha * grad_theta(t - 1) * move), modulo=[is_step]
    )
    square = x.show("", ((theta(t) - theta(t - 1)) ** 2).equals(alpha**2 * move**2), modulo=[is_step])
    name = "g_t" if move == g(t) else "a_t"
    return x.show(
        f"f(θ_t) ≤ f(θ_{{t−1}}) − α⟨∇f(θ_{{t−1}}), {name}⟩ + (L/2)α²‖{name}‖²",
        f_theta(t) <= f_theta(t - 1) - alpha * sum_i(grad_theta(t - 1) * move) + HALF * L * alpha**2 * sum_i(move**2),
        schema,
        modulo=[x.sum_i(inner), x.sum_i(square)],
    )


def integrability(
    x: Script, move: Expression, alpha: Expression, ceiling: Expression, pathwise: Line, below_gap: Line, lighter: Line
) -> None:
    """f(θ_t), (∂f(θ_t))² and g_t² are integrable: f(θ_t) by induction, as ‖∇f‖² <= 2L(f − f_inf).

    `lighter`: p_t² <= w̄²g_t², with w̄ = `ceiling`.
    """
    x.section("Integrability")
    alpha_positive, L_positive = x.hypothesis("alpha_positive"), x.hypothesis("L_positive")
    g_square = variance.gradient_parts(x)
    young = x.show(
        "", -(grad_theta(t - 1) * move) <= HALF * (grad_theta(t - 1) ** 2 + move**2), sq(grad_theta(t - 1) + move)
    )
    moved = x.show(
        "p_t² ≤ 2w̄²((∂f(θ_{t−1}))² + ζ_t²)",
        move**2 <= 2 * ceiling**2 * (grad_theta(t - 1) ** 2 + noise(t) ** 2),
        lighter,
        g_square * sq(ceiling),
    )
    slope = alpha * L * (1 + 2 * ceiling**2 + 2 * ceiling**2 * alpha * L)
    one = x.show(
        "",
        1 + 2 * ceiling**2 + 2 * ceiling**2 * alpha * L >= 0,
        sq(1),
        sq(ceiling),
        sq(ceiling) * alpha_positive * L_positive,
    )
    upper = x.show(
        "f(θ_t) − f_inf ≤ C(f(θ_{t−1}) − f_inf) + C'‖ζ_t‖²",
        f_theta(t) - f_inf
        <= (1 + slope) * (f_theta(t - 1) - f_inf) + ceiling**2 * (alpha + L * alpha**2) * sum_i(noise(t) ** 2),
        pathwise,
        x.sum_i(young) * alpha_positive,
        x.sum_i(moved) * alpha_positive,
        x.sum_i(moved) * L_positive * sq(alpha),
        below_gap(t - 1) * alpha_positive * one,
    )
    x.hypothesis("noise_integrable")
    start, above = x.hypothesis("start_integrable"), x.lower_bound(theta, t, 0)
    x.dominated_induction(f_theta(t), start, upper, above, "f(θ_t) is integrable")
    variance.gradients_integrable(x, below_gap)
    variance.gradient_integrable(x, g_square)
