"""N2: ADOPT under a variance that grows with the squared gradient.

N2a, coordinate by coordinate: N1 with 1+ρ where the gradient's own second moment was. N2b, in norm and without momentum:
noise may sit where s = ε while ∇f sits where s is large, and the gap grows by 1+r per step, r = ρL²α²/ε².
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import adopt, bounded_variance, common, conditioned, variance, without_momentum
from proofs.scripts.common import Moments, Q, inv_s
from proofs.scripts.envelope import Envelope, gap_at, gradient_moment, weighted_average
from theory import atoms as at
from theory.atoms import (
    L,
    S_t,
    a,
    alpha,
    eps,
    f_inf,
    f_theta,
    g,
    grad_theta,
    growth,
    inv_eps,
    noise,
    rho,
    sigma,
    theta,
    v,
)
from theory.expressions import E, Expression, T, Time, idx, lift, sum_i, t

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


@dataclass(frozen=True)
class GrowingDescent:
    """The envelope U_t = (1+r)^t(Δ + t·loss) and what it rests on; `below_gap`: ‖∇f‖² <= 2L(f − f_inf)."""

    q_definition: Line
    by_s: Line
    centred: Line
    below_gap: Line
    envelope: Envelope


def adopt_affine_variance_norm(x: Script) -> Line:
    """N2b in E Σ (∂_i f)²/s_i, for every normaliser."""
    run = growing_descent(x)
    envelope = run.envelope
    x.section("The average")
    by_T, by_alpha = adopt.horizon_inverses(x)
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha)
    return x.show(
        "the bound",
        x.statement.goal(),
        x.sum_t(envelope.net, 1) * scale,
        envelope.above(T) * scale,
        modulo=[x.sum_t(run.q_definition, 1), x.telescope(envelope.room(t), 1), envelope.begins, by_T, by_alpha],
    )


def adopt_affine_variance_norm_gradient(x: Script) -> Line:
    """N2b in ‖∇f‖^{4/3}, with a factor S_t that grows with the step."""
    run = growing_descent(x)
    moments, growth = second_moments(x, run)
    v_bound, v_nonnegative = common.second_moment_bound(x, moments)
    nonnegative = x.show("", level(t) >= 0, v_bound, x.lift(v_nonnegative))
    is_S = x.root(S_t, x.show("", level(t) + eps**2 >= 0, nonnegative, sq(eps)), 2, "S_t = √(G̃_t² + ε²)")
    radius = x.show(
        "ε² + E‖v_{t−1}‖₁ ≤ S_t²", eps**2 + sum_i(E(v(t - 1))) <= S_t(t) ** 2, v_bound(t - 1), growth, modulo=[is_S]
    )
    into_measure, _ = common.measure_bound(x, run.by_s, run.q_definition, (radius, v_nonnegative), S_t)
    return weighted_average(x, run.envelope, is_S, growth, into_measure)


def upper(time: Time) -> Expression:
    """U_t."""
    return growth(time) * (at.Delta + idx(time) * LOSS)


def level(time: Time) -> Expression:
    """G̃_t² = σ² + 2L(1+ρ)U_t, a bound on E‖g_t‖²."""
    return sigma**2 + 2 * L * (1 + rho) * upper(time)


def growing_descent(x: Script) -> GrowingDescent:
    """Γ_t + (α/2)Q_t <= (1+r)Γ_{t−1} + loss, hence Γ_t <= U_t."""
    x.section("Constants")
    by_eps = x.inverse(inv_eps, x.hypothesis("eps_positive"), "1/ε")
    is_a, gap, by_s = common.division(x, by_eps)
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
    return growing_gap(x, one_step, Q_nonnegative, (is_Q, by_s, centred, below_gap))


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


def growing_gap(x: Script, one_step: Line, Q_nonnegative: Line, given: tuple[Line, Line, Line, Line]) -> GrowingDescent:
    """Γ_t <= (1+r)^t(Δ + t·loss) by induction; one step widens U_t − Γ_t by (α/2)Q_t at least.

    `given`: what `GrowingDescent` begins with.
    """
    x.section("Growth")
    L_positive = x.hypothesis("L_positive")
    increase = x.show("r ≥ 0", RATIO >= 0, x.hypothesis("rho_nonnegative") * sq(L * alpha * inv_eps))
    ratio = x.show("1+r ≥ 0", 1 + RATIO >= 0, increase, ONE)
    power = x.show(
        "(1+r)^t ≥ (1+r)(1+r)^{t−1}",
        growth(t) >= (1 + RATIO) * growth(t - 1),
        x.hypothesis("growth_step") * sq(inv_eps),
        modulo=[x.definition(inv_eps)],
    )
    begins = x.show("", growth(0) >= 1, modulo=[x.hypothesis("growth_start")])
    more = x.show("", growth(t) - 1 >= (1 + RATIO) * (growth(t - 1) - 1), power, increase)
    at_least_one = x.induction("(1+r)^t ≥ 1", growth(t) >= 1, begins, more, ratio)
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    above = x.expect(x.lower_bound(theta, t))
    loss = x.show("loss ≥ 0", LOSS >= 0, L_positive * sq(alpha * sigma * inv_eps))
    budget_before = x.show("", at.Delta + (idx(t) - 1) * LOSS >= 0, above(0), x.clock(1) * loss, modulo=[is_Delta])

    def room(time: Time) -> Expression:
        return upper(time) - gap_at(time)

    at_start = x.show("", room(Time("", 0)).equals(0), modulo=[is_Delta, x.hypothesis("growth_start")])
    grown = x.show(
        "U_t ≥ (1+r)U_{t−1} + loss",
        upper(t) >= (1 + RATIO) * upper(t - 1) + LOSS,
        power * budget_before,
        at_least_one * loss,
    )
    recursion = x.show(
        "", room(t) >= (1 + RATIO) * room(t - 1), grown, one_step, Q_nonnegative * x.hypothesis("alpha_positive")
    )
    bound = x.induction("Γ_t ≤ U_t", gap_at(t) <= upper(t), at_start, recursion, ratio)
    net = x.show(
        "(α/2)Q_t ≤ (U_t − Γ_t) − (U_{t−1} − Γ_{t−1})",
        HALF * alpha * Q(t) <= room(t) - room(t - 1),
        grown,
        one_step,
        increase * bound(t - 1),
    )
    at_least = x.show("", upper(t) >= 0, bound, above)
    rising = x.show("U_t ≥ U_{t−1}", upper(t) >= upper(t - 1), grown, loss, increase * at_least(t - 1))
    return GrowingDescent(*given, Envelope(upper, HALF, bound, net, rising, above, at_start))


def second_moments(x: Script, run: GrowingDescent) -> tuple[Moments, Line]:
    """E‖g_t‖² <= G̃_t², and G̃_{t−1}² <= G̃_t²."""
    x.section("The second moment of the stochastic gradient")
    L_positive = x.hypothesis("L_positive")
    one_plus_rho = x.show("", 1 + rho >= 0, x.hypothesis("rho_nonnegative"), ONE)
    growing = x.show("G̃_{t−1}² ≤ G̃_t²", level(t - 1) <= level(t), run.envelope.increase * L_positive * one_plus_rho)
    at_most = gradient_moment(x, run.envelope, run.below_gap)
    step = x.show(
        "E‖g_t‖² ≤ G̃_t²",
        sum_i(E(g(t) ** 2)) <= level(t),
        x.hypothesis("affine_variance_norm"),
        at_most(t - 1) * one_plus_rho,
        growing,
        modulo=[variance.second_moment_split(x, run.centred)],
    )
    start = x.show(
        "E‖g_0‖² ≤ G̃_0²",
        sum_i(E(g(0) ** 2)) <= level(Time("", 0)),
        x.hypothesis("affine_variance_start"),
        at_most(0) * one_plus_rho,
        modulo=[bounded_variance.first_second_moment(x)],
    )
    return Moments(level, "G̃_t²", start, step, growing), growing
