"""N2: ADOPT under a variance that grows with the squared gradient.

N2a, coordinate by coordinate: N1 with 1+ρ where the gradient's own second moment was. N2b, in norm and without momentum:
noise may sit where s = ε while ∇f sits where s is large, and the gap grows by 1+r per step, r = ρL²α²/ε².
"""

from __future__ import annotations

from fractions import Fraction

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import adopt, bounded_variance, common, conditioned, variance, without_momentum
from proofs.scripts.common import Q, inv_s
from theory import atoms as at
from theory.atoms import L, a, alpha, f_inf, f_theta, g, grad_theta, growth, inv_eps, noise, rho, sigma, theta
from theory.expressions import E, T, idx, lift, sum_i, t

HALF = lift(Fraction(1, 2))
RATIO = rho * L**2 * alpha**2 * inv_eps**2  # r
LOSS = HALF * L * alpha**2 * sigma**2 * inv_eps**2


def adopt_affine_variance(x: Script) -> Line:
    """N2a."""
    return bounded_variance.rate(x, rho, conditioned.affine_variance_moment, noise_moment)


def noise_moment(x: Script) -> tuple[Line, Line]:
    """E‖ζ_t‖² <= σ² + ρE‖∇f(θ_{t−1})‖², at t = 0 (∇f(θ_0)) and after."""
    x.integrable_conditional(1, noise(t) ** 2, t - 1)
    summed = x.sum_i(x.expect(x.hypothesis("affine_variance")))
    step = x.show(
        "E‖ζ_t‖² ≤ σ² + ρE‖∇f(θ_{t−1})‖²",
        sum_i(E(noise(t) ** 2)) <= sigma**2 + rho * sum_i(E(grad_theta(t - 1) ** 2)),
        summed,
        x.hypothesis("sigma_squared"),
    )
    return x.hypothesis("affine_variance_start"), step


def adopt_affine_variance_norm(x: Script) -> Line:
    """N2b: Γ_t + (α/2)Q_t <= (1+r)Γ_{t−1} + loss with Γ_t = E f(θ_t) − f_inf."""
    x.section("Constants")
    by_eps = x.inverse(inv_eps, x.hypothesis("eps_positive"), "1/ε")
    is_a, gap, _ = common.division(x, by_eps)
    positive = x.sign(inv_s)
    direction = variance.Direction(common.inverse_normaliser, inv_eps, positive, gap, x.sign(inv_eps), is_a)
    x.section("The gradient and the gap")
    below_gap = variance.gradient_below_gap(x, variance.inverse_of_L(x))
    pathwise = without_momentum.descent(x, a(t), alpha, without_momentum.moves_by_a(x, alpha))
    lighter = x.show(
        "a² ≤ g²/ε²",
        a(t) ** 2 <= inv_eps**2 * g(t) ** 2,
        gap(t - 1) * x.sign(inv_eps) * sq(g(t)),
        gap(t - 1) * positive(t - 1) * sq(g(t)),
        modulo=[is_a],
    )
    without_momentum.integrability(x, a(t), alpha, inv_eps, pathwise, below_gap, lighter)
    x.dominated(a(t) ** 2, lighter, x.show("", a(t) ** 2 >= 0, sq(a(t))), "a² is integrable")
    centred = variance.noise_centred(x)
    decorrelated, is_Q = common.decorrelation(x, is_a)
    one_step, Q_nonnegative = growing_step(x, direction, centred, below_gap, [pathwise, decorrelated, is_Q])
    return growing_sum(x, one_step, Q_nonnegative, is_Q)


def growing_step(
    x: Script, direction: variance.Direction, centred: Line, below_gap: Line, given: list[Line]
) -> tuple[Line, Line]:
    """Γ_t + (α/2)Q_t <= (1+r)Γ_{t−1} + loss, and Q_t >= 0."""
    pathwise, decorrelated, is_Q = given
    x.section("One step in expectation")
    gap, positive, ceiling = direction.gap(t - 1), direction.positive(t - 1), direction.ceiling_positive
    weight = x.show(
        "",
        inv_s(t - 1) ** 2 * noise(t) ** 2 <= inv_eps**2 * noise(t) ** 2,
        gap * ceiling * sq(noise(t)),
        gap * positive * sq(noise(t)),
    )
    a_moment = x.show(
        "E‖a_t‖² ≤ Q_t/ε + (σ² + ρE‖∇f(θ_{t−1})‖²)/ε²",
        sum_i(E(a(t) ** 2)) <= inv_eps * Q(t) + inv_eps**2 * (sigma**2 + rho * sum_i(E(grad_theta(t - 1) ** 2))),
        x.sum_i(conditioned.split_moment(x, direction, centred)),
        x.lift(weight),
        x.hypothesis("affine_variance_norm") * sq(inv_eps),
        modulo=[is_Q],
    )
    term = x.show("", grad_theta(t - 1) ** 2 * inv_s(t - 1) >= 0, positive * sq(grad_theta(t - 1)))
    Q_nonnegative = x.show("Q_t ≥ 0", Q(t) >= 0, x.lift(term), modulo=[is_Q])
    step_size = x.show(
        "αL/ε ≤ 1", alpha * L * inv_eps <= 1, x.hypothesis("step_size") * ceiling, modulo=[x.definition(inv_eps)]
    )
    alpha_positive, L_positive = x.hypothesis("alpha_positive"), x.hypothesis("L_positive")
    gap_now, gap_before = E(f_theta(t)) - f_inf, E(f_theta(t - 1)) - f_inf
    return x.show(
        "Γ_t + (α/2)Q_t ≤ (1+r)Γ_{t−1} + loss",
        gap_now + HALF * alpha * Q(t) <= (1 + RATIO) * gap_before + LOSS,
        x.expect(pathwise),
        a_moment * L_positive * sq(alpha),
        step_size * alpha_positive * Q_nonnegative,
        x.expect(below_gap(t - 1)) * L_positive * x.hypothesis("rho_nonnegative") * sq(alpha * inv_eps),
        modulo=[decorrelated],
    ), Q_nonnegative


def growing_sum(x: Script, one_step: Line, Q_nonnegative: Line, is_Q: Line) -> Line:
    """Γ_t <= (1+r)^t(Δ + t·loss) by induction; r(1+r)^{t−1} = (1+r)^t − (1+r)^{t−1} telescopes."""
    x.section("Growth")
    alpha_positive, L_positive = x.hypothesis("alpha_positive"), x.hypothesis("L_positive")
    ratio = x.show("1+r ≥ 0", 1 + RATIO >= 0, x.hypothesis("rho_nonnegative") * sq(L * alpha * inv_eps), ONE)
    power = x.show(
        "(1+r)^t ≥ (1+r)(1+r)^{t−1}",
        growth(t) >= (1 + RATIO) * growth(t - 1),
        x.hypothesis("growth_step") * sq(inv_eps),
        modulo=[x.definition(inv_eps)],
    )
    begins = x.show("", growth(0) >= 1, modulo=[x.hypothesis("growth_start")])
    more = x.show(
        "",
        growth(t) - 1 >= (1 + RATIO) * (growth(t - 1) - 1),
        power,
        x.hypothesis("rho_nonnegative") * sq(L * alpha * inv_eps),
    )
    at_least_one = x.induction("(1+r)^t ≥ 1", growth(t) >= 1, begins, more, ratio)
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    above = x.expect(x.lower_bound(theta, t))
    loss = x.show("loss ≥ 0", LOSS >= 0, L_positive * sq(alpha * sigma * inv_eps))
    gap = E(f_theta(t)) - f_inf
    budget = at.Delta + idx(t) * LOSS
    budget_before = x.show("", at.Delta + (idx(t) - 1) * LOSS >= 0, above(0), x.clock(1) * loss, modulo=[is_Delta])
    at_start = x.show(
        "", E(f_theta(0)) - f_inf <= growth(0) * at.Delta, modulo=[is_Delta, x.hypothesis("growth_start")]
    )
    recursion = x.show(
        "",
        growth(t) * budget - gap >= (1 + RATIO) * (growth(t - 1) * (budget - LOSS) - E(f_theta(t - 1)) + f_inf),
        power * budget_before,
        at_least_one * loss,
        one_step,
        Q_nonnegative * alpha_positive,
    )
    bound = x.induction("Γ_t ≤ (1+r)^t(Δ + t·loss)", gap <= growth(t) * budget, at_start, recursion, ratio)
    x.section("Telescoping")
    total = at.Delta + idx(T) * LOSS
    horizon = x.horizon(1)
    positive = x.show("", growth(t) >= 0, at_least_one, ONE)(t - 1)
    increase = x.show("", RATIO >= 0, x.hypothesis("rho_nonnegative") * sq(L * alpha * inv_eps))
    total_nonnegative = x.show("", total >= 0, above(0), x.clock(1)(T) * loss, loss, modulo=[is_Delta])
    step = x.show(
        "(α/2)Q_t ≤ Γ_{t−1} − Γ_t + ((1+r)^t − (1+r)^{t−1})(Δ + T·loss) + loss, for t ≤ T",
        HALF * alpha * Q(t) <= E(f_theta(t - 1)) - E(f_theta(t)) + (growth(t) - growth(t - 1)) * total + LOSS,
        one_step,
        bound(t - 1) * increase,
        horizon * positive * increase * loss,
        positive * increase * loss,
        power * total_nonnegative,
    )
    by_T, by_alpha = adopt.horizon_inverses(x)
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha)
    return x.show(
        "the bound",
        x.statement.goal(),
        x.sum_t(step, 1) * scale,
        above(T) * scale,
        modulo=[
            x.sum_t(is_Q, 1),
            x.telescope(E(f_theta(t)), 1),
            x.telescope(growth(t), 1),
            x.hypothesis("growth_start"),
            is_Delta,
            by_T,
            by_alpha,
        ],
    )
