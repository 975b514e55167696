"""The descent of V_t = E f(φ_t) + λE‖m_t‖² under bounded variance, λ = α²Lκ/(2(1−β1)).

The direction is conditioned before the cross term is bounded, so that the noise does not enter that term; λ is such
that the momentum's share is paid for by its own decay, V_t + (α/2)Q_t <= V_{t−1} + α²Lσ²w̄²/(2(1−β1)), and such that
E‖∇f(θ_t)‖² <= 2L(1+β1)(V_t − f_inf).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import adopt as t41
from proofs.scripts import common, variance
from proofs.scripts.adopt import d, f_phi, grad_phi, phi
from proofs.scripts.common import Decay, Q, kappa
from proofs.scripts.variance import HALF, NEAR_PHI, Direction, lyapunov, weight_of_momentum
from theory import atoms as at
from theory.atoms import L, a, alpha, beta1, f_inf, f_theta, g, grad_theta, inv_one_minus_beta1, m, noise, rho, sigma
from theory.expressions import E, Expression, T, idx, lift, sum_i, sum_t, t

Moment = Callable[[Script, Direction, Line, Line], Line]
"""(script, direction, E[ζ given F] = 0, definition of Q) → E‖a_t‖² <= (1+ρ)w̄Q_t + w̄²σ²."""
NoiseMoment = Callable[[Script], tuple[Line, Line]]
"""script → E‖ζ_0‖² <= σ² + ρE‖∇f(θ_0)‖², and E‖ζ_t‖² <= σ² + ρE‖∇f(θ_{t−1})‖² for t >= 1."""


@dataclass(frozen=True)
class Descent:
    """What a descent of a function V_t gives.

    Q's definition, Q >= 0, E[ζ given F] = 0, V_t + kαQ_t <= V_{t−1} + loss for some k > 0, V_t >= f_inf, V_0 <= E f(θ_0),
    E‖∇f(θ_t)‖² <= 2L·spread·(V_t − f_inf), which is a section of its own and derived when called for, and that spread
    and loss are nonnegative. V is the atom `lyapunov`.
    """

    q_definition: Line
    Q_nonnegative: Line
    centred: Line
    one_step: Line
    above: Line
    start: Line
    gradient: Callable[[], Line]
    spread: Expression
    spread_nonnegative: Line
    loss: Expression
    loss_nonnegative: Line


def conditioned_descent(
    x: Script, c: Decay, direction: Direction, momentum: Line, moment: Moment, step_size: Line
) -> Descent:
    """`step_size`: αLw̄(1+β1+ρ) <= 1−β1. `momentum`: m_t = β1 m_{t−1} + (1−β1) a_t."""
    x.section("The gradient and the gap")
    by_L = variance.inverse_of_L(x)
    variance.integrability(x, direction, momentum, variance.gradient_below_gap(x, by_L))
    centred = variance.noise_centred(x)
    decorrelated, is_Q = common.decorrelation(x, direction.is_a, direction.weight)
    a_moment = moment(x, direction, centred, is_Q)
    is_step, is_d, is_phi, distance = t41.auxiliary_iterate(x, c, momentum)
    pathwise = t41.descent(x, is_step, is_d)
    start = t41.start_at_theta(x, is_phi)
    cross = cross_term(x, c, direction, distance, is_Q)
    x.section("The Lyapunov function")
    is_weight = x.define(weight_of_momentum, HALF * alpha**2 * L * kappa * inv_one_minus_beta1, "λ = α²Lκ/(2(1−β1))")
    L_positive, alpha_positive, by_beta1 = (
        x.hypothesis("L_positive"),
        x.hypothesis("alpha_positive"),
        x.sign(inv_one_minus_beta1),
    )
    signs = L_positive * c.kappa_nonnegative * by_beta1 * sq(alpha)
    weight_nonnegative = x.show("λ ≥ 0", weight_of_momentum >= 0, signs, modulo=[is_weight])
    is_V = x.define(lyapunov, E(f_phi(t)) + weight_of_momentum * sum_i(E(m(t) ** 2)), "V_t = E f(φ_t) + λE‖m_t‖²")
    x.dominated_induction(
        f_phi(t), x.integrable_now(f_phi(0)), pathwise, x.lower_bound(phi, t, 1), "f(φ_t) is integrable"
    )
    convex = x.show(
        "m_t² ≤ β1 m_{t−1}² + (1−β1) a_t²",
        m(t) ** 2 <= beta1 * m(t - 1) ** 2 + (1 - beta1) * a(t) ** 2,
        x.hypothesis("beta1_nonnegative") * x.hypothesis("beta1_below_one") * sq(m(t - 1) - a(t)),
        modulo=[momentum],
    )
    positive, squares = direction.positive(t - 1), variance.gradient_square(x)
    q_nonnegative = x.show("", grad_theta(t - 1) ** 2 * direction.weight(t - 1) >= 0, squares * positive)
    Q_nonnegative = x.show("Q_t ≥ 0", Q(t) >= 0, x.lift(q_nonnegative), modulo=[is_Q])
    loss = HALF * alpha**2 * L * at.sigma**2 * direction.ceiling**2 * inv_one_minus_beta1
    one_step = x.show(
        "V_t + (α/2)Q_t ≤ V_{t−1} + α²Lσ²w̄²/(2(1−β1))",
        lyapunov(t) + HALF * alpha * Q(t) <= lyapunov(t - 1) + loss,
        x.expect(pathwise),
        cross * alpha_positive,
        x.lift(convex) * weight_nonnegative,
        a_moment * L_positive * by_beta1 * sq(alpha),
        step_size * alpha_positive * by_beta1 * Q_nonnegative,
        modulo=[is_V, is_V(t - 1), is_weight, c.kappa, c.inv_one_minus_beta1, decorrelated],
    )
    m_moment = x.lift(x.show("", m(t) ** 2 >= 0, sq(m(t))))
    above_phi = x.expect(x.lower_bound(phi, t))
    above = x.show("V_t ≥ f_inf", lyapunov(t) >= f_inf, above_phi, m_moment * weight_nonnegative, modulo=[is_V])
    at_rest = x.lift(x.show("", (m(0) ** 2).equals(0), modulo=[x.hypothesis("momentum_start")]))
    begins = x.show("V_0 ≤ E f(θ_0)", lyapunov(0) <= E(f_theta(0)), start, modulo=[is_V(0), at_rest])

    def gradient() -> Line:
        return gradient_moment(x, c, by_L, distance, is_d, [is_V, is_weight])

    spread = x.show("", 1 + beta1 >= 0, x.hypothesis("beta1_nonnegative"), ONE)
    loses = x.show("loss ≥ 0", loss >= 0, L_positive * by_beta1 * sq(alpha * sigma * direction.ceiling))
    return Descent(is_Q, Q_nonnegative, centred, one_step, above, begins, gradient, 1 + beta1, spread, loss, loses)


def cross_term(x: Script, c: Decay, direction: Direction, distance: Line, is_Q: Line) -> Line:
    """−E⟨d_{t−1}, a_t⟩ <= (Lακ/2)(E‖m_{t−1}‖² + w̄Q_t): conditioned first, then Cauchy–Schwarz and Young on paths."""
    w, ceiling = direction.weight(t - 1), direction.ceiling
    x.section("The cross term, conditioned")
    inner = x.sum_i(
        common.conditioned(x, direction.is_a, d(t - 1), direction.weight), "E⟨d_{t−1}, a_t⟩ = E⟨d_{t−1}, w∇f(θ_{t−1})⟩"
    )
    radius = L * alpha * kappa
    nonnegative = x.show(
        "Lακ ≥ 0", radius >= 0, x.hypothesis("L_positive") * x.hypothesis("alpha_positive") * c.kappa_nonnegative
    )
    q, z, u = d(t - 1) ** 2, w**2 * grad_theta(t - 1) ** 2, d(t - 1) * w * grad_theta(t - 1)
    zero = x.show("", (q * z - u**2).equals(0))
    d_square = x.show("", q >= 0, sq(d(t - 1)))
    z_square = x.show("", z >= 0, sq(w * grad_theta(t - 1)))
    m_square = x.sum_i(x.show("", m(t - 1) ** 2 >= 0, sq(m(t - 1))))
    pathwise = x.holder("Cauchy–Schwarz over coordinates", q, z, u, 1, 1, [zero, d_square, z_square], over="sum_i")
    z_sum = x.sum_i(z_square)
    total = sum_i(m(t - 1) ** 2) + sum_i(z)
    powers = x.show(
        "",
        (-sum_i(u)) ** 2 <= (HALF * radius * total) ** 2,
        pathwise,
        distance(t - 1) * z_sum,
        sq(radius * (sum_i(m(t - 1) ** 2) - sum_i(z))),
    )
    larger = x.show("", HALF * radius * total >= 0, nonnegative * m_square, nonnegative * z_sum)
    young = x.root_monotone("", -sum_i(u) <= HALF * radius * total, 2, powers, larger)
    lighter = x.sum_i(
        x.show(
            "",
            z <= ceiling * w * grad_theta(t - 1) ** 2,
            direction.gap(t - 1) * direction.positive(t - 1) * sq(grad_theta(t - 1)),
        )
    )
    bounded = x.show(
        "−⟨d_{t−1}, w∇f(θ_{t−1})⟩ ≤ (Lακ/2)(‖m_{t−1}‖² + w̄ Σ w(∂f)²)",
        -sum_i(u) <= HALF * radius * (sum_i(m(t - 1) ** 2) + ceiling * sum_i(w * grad_theta(t - 1) ** 2)),
        young,
        lighter * nonnegative,
    )
    return x.show(
        "−E⟨d_{t−1}, a_t⟩ ≤ (Lακ/2)(E‖m_{t−1}‖² + w̄Q_t)",
        -sum_i(E(d(t - 1) * a(t))) <= HALF * radius * (sum_i(E(m(t - 1) ** 2)) + ceiling * Q(t)),
        x.expect(bounded),
        modulo=[is_Q, inner],
    )


def gradient_moment(x: Script, c: Decay, by_L: Line, distance: Line, is_d: Line, is_V: list[Line]) -> Line:
    """E‖∇f(θ_t)‖² <= 2L(1+β1)(V_t − f_inf), from ‖∇f(φ)‖² <= 2L(f(φ) − f_inf) and ∇f(θ) = ∇f(φ) − d."""
    x.section("The gradient's second moment")
    below_gap = variance.gradient_below_gap(x, by_L, NEAR_PHI)
    nonnegative = x.hypothesis("beta1_nonnegative")
    part = L**2 * alpha**2 * inv_one_minus_beta1**2 * sum_i(m(t) ** 2)
    square = sum_i(grad_phi(t) ** 2)
    zero = x.show("", (grad_phi(t) ** 2 * d(t) ** 2 - (grad_phi(t) * d(t)) ** 2).equals(0))
    phi_square, d_square = x.show("", grad_phi(t) ** 2 >= 0, sq(grad_phi(t))), x.show("", d(t) ** 2 >= 0, sq(d(t)))
    cauchy = x.holder(
        "Cauchy–Schwarz over coordinates",
        grad_phi(t) ** 2,
        d(t) ** 2,
        grad_phi(t) * d(t),
        1,
        1,
        [zero, phi_square, d_square],
        over="sum_i",
    )
    phi_sum = x.sum_i(phi_square)
    m_sum = x.sum_i(x.show("", m(t) ** 2 >= 0, sq(m(t))))
    powers = x.show(
        "",
        (-sum_i(grad_phi(t) * d(t))) ** 2 <= (HALF * beta1 * (square + part)) ** 2,
        cauchy,
        distance * phi_sum,
        sq(beta1 * (square - part)),
        modulo=[c.kappa],
    )
    larger = x.show(
        "",
        HALF * beta1 * (square + part) >= 0,
        nonnegative * phi_sum,
        nonnegative * m_sum * sq(L * alpha * inv_one_minus_beta1),
    )
    claim = -sum_i(grad_phi(t) * d(t)) <= HALF * beta1 * (square + part)
    young = x.root_monotone("−⟨∇f(φ), d⟩ ≤ (β1/2)(‖∇f(φ)‖² + L²α²‖m‖²/(1−β1)²)", claim, 2, powers, larger)
    parts = x.sum_i(
        x.show(
            "",
            (grad_theta(t) ** 2).equals(grad_phi(t) ** 2 - 2 * grad_phi(t) * d(t) + d(t) ** 2),
            modulo=[(is_d, grad_theta(t))],
        )
    )
    bounded = x.show(
        "‖∇f(θ_t)‖² ≤ (1+β1)(2L(f(φ_t) − f_inf) + β1L²α²‖m_t‖²/(1−β1)²)",
        sum_i(grad_theta(t) ** 2) <= (1 + beta1) * (2 * L * (f_phi(t) - f_inf) + beta1 * part),
        young,
        distance,
        below_gap,
        below_gap * nonnegative,
        modulo=[parts, c.kappa],
    )
    return x.show(
        "E‖∇f(θ_t)‖² ≤ 2L(1+β1)(V_t − f_inf)",
        sum_i(E(grad_theta(t) ** 2)) <= 2 * L * (1 + beta1) * (lyapunov(t) - f_inf),
        x.expect(bounded),
        modulo=[*is_V, c.kappa],
    )


def bounded_variance_moment(x: Script, direction: Direction, centred: Line, is_Q: Line) -> Line:
    """E‖a_t‖² <= w̄Q_t + w̄²σ²."""
    x.section("The direction's second moment")
    w, ceiling = direction.weight(t - 1), direction.ceiling
    lighter = x.show(
        "",
        w**2 * noise(t) ** 2 <= ceiling**2 * noise(t) ** 2,
        direction.gap(t - 1) * direction.ceiling_positive * sq(noise(t)),
        direction.gap(t - 1) * direction.positive(t - 1) * sq(noise(t)),
    )
    weighted = x.show(
        "E Σ w²ζ² ≤ w̄²σ²",
        sum_i(E(w**2 * noise(t) ** 2)) <= ceiling**2 * sigma**2,
        x.lift(lighter),
        x.hypothesis("bounded_variance")(t) * sq(ceiling),
    )
    return direction_moment(x, direction, centred, is_Q, weighted, lift(0))


def affine_variance_moment(x: Script, direction: Direction, centred: Line, is_Q: Line) -> Line:
    """E‖a_t‖² <= (1+ρ)w̄Q_t + w̄²σ², from E[ζ_i² given F] <= σ_i² + ρ(∂_i f)²: noise and gradient share the weight."""
    x.section("The direction's second moment")
    w, ceiling = direction.weight(t - 1), direction.ceiling
    x.integrable_conditional(w**2, noise(t) ** 2, t - 1)
    tower = x.tower("condition on F_{t−1}: the weight is known there", w**2, noise(t) ** 2, t - 1, 1)
    gap, positive = direction.gap(t - 1), direction.positive(t - 1)
    rho_nonnegative = x.hypothesis("rho_nonnegative")
    conditional = x.show(
        "w² E[ζ_i² given F] ≤ w̄²σ_i² + ρw̄ w(∂_i f)²",
        w**2 * E(noise(t) ** 2, given=t - 1) <= ceiling**2 * at.sigma_i**2 + rho * ceiling * w * grad_theta(t - 1) ** 2,
        x.hypothesis("affine_variance") * sq(w),
        gap * positive * rho_nonnegative * sq(grad_theta(t - 1)),
        gap * direction.ceiling_positive * sq(at.sigma_i),
        gap * positive * sq(at.sigma_i),
    )
    inner = x.show(
        "",
        E(w**2 * noise(t) ** 2) <= ceiling**2 * at.sigma_i**2 + rho * ceiling * E(w * grad_theta(t - 1) ** 2),
        x.expect(conditional),
        modulo=[tower],
    )
    weighted = x.show(
        "E Σ w²ζ² ≤ w̄²σ² + ρw̄Q_t",
        sum_i(E(w**2 * noise(t) ** 2)) <= ceiling**2 * sigma**2 + rho * ceiling * Q(t),
        x.sum_i(inner),
        x.hypothesis("sigma_squared") * sq(ceiling),
        modulo=[is_Q],
    )
    return direction_moment(x, direction, centred, is_Q, weighted, rho)


def direction_moment(
    x: Script, direction: Direction, centred: Line, is_Q: Line, weighted: Line, growth: Expression
) -> Line:
    """E‖a_t‖² <= (1+ρ)w̄Q_t + w̄²σ² from that of the weighted noise."""
    ceiling = direction.ceiling
    inner = split_moment(x, direction, centred)
    return x.show(
        "E‖a_t‖² ≤ (1+ρ)w̄Q_t + w̄²σ²" if growth == rho else "E‖a_t‖² ≤ w̄Q_t + w̄²σ²",
        sum_i(E(a(t) ** 2)) <= (1 + growth) * ceiling * Q(t) + ceiling**2 * sigma**2,
        x.sum_i(inner),
        weighted,
        modulo=[is_Q],
    )


def split_moment(x: Script, direction: Direction, centred: Line) -> Line:
    """E a² <= w̄E[w(∂f)²] + E[w²ζ²], by coordinate: the mixed term vanishes, as w²∂f is known at t−1."""
    w, ceiling = direction.weight(t - 1), direction.ceiling
    square = x.show(
        "",
        (a(t) ** 2).equals(
            w**2 * grad_theta(t - 1) ** 2 + 2 * w**2 * grad_theta(t - 1) * noise(t) + w**2 * noise(t) ** 2
        ),
        modulo=[direction.is_a, (x.hypothesis("noise_step"), g(t))],
    )
    mixed = variance.orthogonal(x, centred, w**2 * grad_theta(t - 1))
    lighter = x.show(
        "",
        w**2 * grad_theta(t - 1) ** 2 <= ceiling * w * grad_theta(t - 1) ** 2,
        direction.gap(t - 1) * direction.positive(t - 1) * sq(grad_theta(t - 1)),
    )
    return x.show(
        "",
        E(a(t) ** 2) <= ceiling * E(w * grad_theta(t - 1) ** 2) + E(w**2 * noise(t) ** 2),
        x.expect(lighter),
        modulo=[x.expect(square), mixed],
    )


def sum_of_Q(x: Script, run: Descent) -> tuple[Line, Line]:
    """(α/2)ΣQ_t <= Δ + Tα²Lσ²w̄²/(2(1−β1)), and the definition of Δ."""
    x.section("Telescoping")
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    total = x.show(
        "(α/2)ΣQ_t ≤ Δ + Tα²Lσ²w̄²/(2(1−β1))",
        HALF * alpha * sum_t(1, Q(t)) <= at.Delta + idx(T) * run.loss,
        x.sum_t(run.one_step, 1),
        run.above(T),
        run.start,
        modulo=[x.telescope(lyapunov(t), 1), is_Delta],
    )
    return total, is_Delta
