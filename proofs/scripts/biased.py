"""N6: ADOPT with a biased oracle. Only step (3) differs from Theorem 4.1: Young's inequality pays for the bias."""

from __future__ import annotations

from fractions import Fraction

from proofs.builder import Line, Script, sq
from proofs.scripts import adopt, common
from proofs.scripts.adopt import RATE, f_phi
from proofs.scripts.common import Q, inv_s
from theory import atoms as at
from theory.atoms import a, alpha, delta, f_inf, f_theta, g, grad_theta, inv_eps
from theory.expressions import E, T, idx, lift, sum_i, sum_t, t

HALF = lift(Fraction(1, 2))
MEAN = E(g(t), given=t - 1)


def adopt_biased(x: Script) -> Line:
    """N6: E⟨∇f(θ_{t−1}), a_t⟩ >= Q_t/2 − δ²/(2ε), then as Theorem 4.1."""
    c = common.constants(x)
    is_a, a_square, by_s = common.normalised_gradient(x, c)
    true_gradient_integrable(x)
    aligned, is_Q = alignment(x, is_a)
    a_bound = common.normalised_gradient_bound(x, c, a_square)
    is_phi, pathwise, cross = adopt.along_phi(x, c, a_bound, 0)
    start = adopt.start_at_theta(x, is_phi)
    alpha_positive = x.hypothesis("alpha_positive")
    one_step = adopt.expected_step(
        x,
        0,
        pathwise,
        "(α/2)(Q_t − δ²/ε) ≤ E f(φ_{t−1}) − E f(φ_t) + α²LP(½+κ)",
        HALF * alpha * (Q(t) - delta**2 * inv_eps),
        RATE,
        cross * alpha_positive,
        a_bound * x.hypothesis("L_nonnegative") * sq(alpha),
        aligned * alpha_positive,
    )
    into_measure, _ = common.measure_bound(x, by_s, is_Q)
    x.section("(6) Telescoping")
    below = x.expect(x.lower_bound(adopt.phi, t), text="E f(φ_T) ≥ f_inf")(T)
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    total = x.show(
        "αΣQ_t ≤ 2Δ + 2Tα²LP(½+κ) + Tαδ²/ε",
        alpha * sum_t(1, Q(t)) <= 2 * at.Delta + 2 * idx(T) * RATE + idx(T) * alpha * delta**2 * inv_eps,
        x.sum_t(one_step, 1),
        below,
        start,
        modulo=[x.telescope(E(f_phi(t)), 1), is_Delta],
    )
    x.section("(8) The average")
    return adopt.divide_by_horizon(x, c, total, x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ S ΣQ_t"))


def true_gradient_integrable(x: Script) -> None:
    """(∂f(θ_{t−1}))² <= 2E[g_t² given F_{t−1}] + 2δ² is integrable."""
    x.section("The true gradient is square integrable")
    jensen = common.conditional_jensen(x)
    coordinate = x.single(x.show("", (MEAN - grad_theta(t - 1)) ** 2 >= 0, sq(MEAN - grad_theta(t - 1))))
    upper = x.show(
        "(∂f(θ_{t−1}))² ≤ 2E[g_t² given F_{t−1}] + 2δ²",
        grad_theta(t - 1) ** 2 <= 2 * E(g(t) ** 2, given=t - 1) + 2 * delta**2,
        jensen,
        coordinate,
        x.hypothesis("bounded_bias"),
        sq(grad_theta(t - 1) - 2 * MEAN),
    )
    lower = x.show("", grad_theta(t - 1) ** 2 >= 0, sq(grad_theta(t - 1)))
    x.dominated(grad_theta(t - 1) ** 2, upper, lower, "(∂f)² is integrable")


def alignment(x: Script, is_a: Line) -> tuple[Line, Line]:
    """(3) E⟨∇f(θ_{t−1}), a_t⟩ >= Q_t/2 − δ²/(2ε); and Q's definition."""
    x.section("(3) Decorrelation, up to the bias")
    y = grad_theta(t - 1) * inv_s(t - 1)
    x.integrable_conditional(y, g(t), t - 1)
    tower = x.tower("condition on F_{t−1}: ∇f(θ_{t−1})/s_{t−1} is known there", y, g(t), t - 1, 1)
    product = x.show("", (grad_theta(t - 1) * a(t)).equals(y * g(t)), modulo=[is_a])
    claim = E(grad_theta(t - 1) * a(t)).equals(E(y * MEAN))
    conditioned = x.sum_i(x.show("", claim, modulo=[x.expect(product), tower]))
    bias = MEAN - grad_theta(t - 1)
    positive, gap, _ = (line(t - 1) for line in x.bounded_factors["inv_s"])
    young = x.show(
        "Young: ∂f·b/s ≥ −(∂f)²/(2s) − b²/(2ε), with the bias b",
        y * MEAN >= HALF * (grad_theta(t - 1) ** 2 * inv_s(t - 1) - inv_eps * bias**2),
        positive * sq(MEAN),
        gap * sq(bias),
    )
    pathwise = x.show(
        "Σ ∂f·E[g given F]/s ≥ ½Σ(∂f)²/s − δ²/(2ε)",
        sum_i(y * MEAN) >= HALF * sum_i(grad_theta(t - 1) ** 2 * inv_s(t - 1)) - HALF * inv_eps * delta**2,
        x.sum_i(young),
        x.hypothesis("bounded_bias") * x.sign(inv_eps),
    )
    is_Q = x.define(Q, sum_i(E(grad_theta(t - 1) ** 2 * inv_s(t - 1))), "Q_t = E Σ (∂_i f(θ_{t−1}))²/s_{t−1,i}")
    return x.show(
        "E⟨∇f(θ_{t−1}), a_t⟩ ≥ Q_t/2 − δ²/(2ε)",
        sum_i(E(grad_theta(t - 1) * a(t))) >= HALF * Q(t) - HALF * inv_eps * delta**2,
        x.expect(pathwise),
        modulo=[conditioned, is_Q],
    ), is_Q
