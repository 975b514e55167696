"""N4 with thresholds c_t: the loss ασ⁴/(16ε³c_t²) changes with the step, so the envelope U_t holds the sum of 1/c_u² so far."""

from __future__ import annotations

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import bounded_variance, clipped, clipped_variance, common, variance
from proofs.scripts.clipped_variance import BIAS_LOSS, NOISE_LOSS, QUARTER, Run, Threshold
from proofs.scripts.common import Moments, Q
from proofs.scripts.envelope import Envelope, gap_at, gradient_moment, weighted_average
from theory import atoms as at
from theory.atoms import (
    L,
    S_t,
    alpha,
    c_t,
    eps,
    f_inf,
    f_theta,
    g,
    grad_theta,
    inv_c,
    inv_c_t,
    inv_eps,
    sigma,
    theta,
    v,
)
from theory.expressions import E, Expression, Time, idx, lift, sum_i, t


def adopt_clipped_bounded_variance_schedule(x: Script) -> Line:
    """N4 with thresholds c_t >= c."""
    run = clipped_variance.descent(x, threshold)
    envelope = growing(x, run)
    moments, growth, gradient = second_moments(x, run, envelope)
    v_bound, v_nonnegative = common.second_moment_bound(x, moments)
    x.section("The radius")
    is_S = x.root(S_t, radicand_nonnegative(x, v_bound, v_nonnegative, gradient), 2, "S_t")
    smaller = smaller_inverse(x)
    energy = x.expect(x.sum_i(x.show("", grad_theta(t) ** 2 >= 0, sq(grad_theta(t)))))
    increase = envelope.increase * x.hypothesis("L_positive")
    bound = x.show(
        "E z ≤ S_t²",
        eps**2 + sum_i(E(v(t - 1))) + 4 * inv_c_t(t) ** 2 * sum_i(E(grad_theta(t - 1) ** 2)) <= S_t(t) ** 2,
        v_bound(t - 1),
        smaller * energy(t - 1),
        gradient(t - 1) * sq(inv_c),
        increase,
        increase * sq(inv_c),
        modulo=[is_S],
    )
    radius = clipped_variance.widened_radius(x, run.widened, v_nonnegative, bound)
    into_measure, _ = common.measure_within(x, radius, run.q_definition, S_t)
    rising = x.show("", radicand(t - 1) <= radicand(t), growth, increase * sq(inv_c))
    return weighted_average(x, envelope, is_S, rising, into_measure)


def threshold(x: Script) -> Threshold:
    """c_t >= c > 0, hence 4σ² <= ε²c_t²."""
    at_least, c_positive = x.hypothesis("threshold_at_least"), x.hypothesis("c_positive")
    x.inverse(inv_c, c_positive, "1/c")
    positive = x.show("c_t > 0", c_t(t) > 0, at_least, c_positive)
    by_c = x.inverse(inv_c_t, positive, "1/c_t")
    wide = x.show(
        "4σ² ≤ ε²c_t²",
        4 * sigma**2 <= eps**2 * c_t(t) ** 2,
        x.hypothesis("threshold"),
        at_least * c_positive * sq(eps),
        at_least * positive * sq(eps),
    )
    return Threshold(c_t, inv_c_t, by_c, positive, x.sign(inv_c_t), wide)


def upper(time: Time) -> Expression:
    """U_t = Δ + tα²Lσ²/(2ε²) + ασ⁴/(16ε³)·C_t, C_t = Σ_{u<=t} 1/c_u²."""
    return at.Delta + idx(time) * NOISE_LOSS + BIAS_LOSS * at.clip_sum(time)


def level(time: Time) -> Expression:
    """σ² + 2L U_t, a bound on E‖g_t‖²."""
    return sigma**2 + 2 * L * upper(time)


def radicand(time: Time) -> Expression:
    """S_t²."""
    return eps**2 + sigma**2 + 2 * L * upper(time) * (1 + 4 * inv_c**2)


def growing(x: Script, run: Run) -> Envelope:
    """U_t grows by the loss of each step."""
    x.section("The envelope")
    grows = clipped.clip_sum_grows(x, run.widened.threshold.equation)
    alpha_positive, by_eps = x.hypothesis("alpha_positive"), x.sign(inv_eps)
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    begins = x.show(
        "U_0 = Γ_0",
        (upper(Time("", 0)) - gap_at(Time("", 0))).equals(0),
        modulo=[is_Delta, x.hypothesis("clip_sum_start")],
    )
    net = x.show(
        "(α/4)Q_t ≤ (U_t − Γ_t) − (U_{t−1} − Γ_{t−1})",
        QUARTER * alpha * Q(t) <= upper(t) - gap_at(t) - upper(t - 1) + gap_at(t - 1),
        run.one_step,
        modulo=[grows],
    )
    recursion = x.show(
        "", upper(t) - gap_at(t) >= upper(t - 1) - gap_at(t - 1), net, run.Q_nonnegative * alpha_positive
    )
    one = x.show("", lift(1) >= 0, ONE)
    bound = x.induction("Γ_t ≤ U_t", gap_at(t) <= upper(t), begins, recursion, one)
    rising = x.show(
        "U_t ≥ U_{t−1}",
        upper(t) >= upper(t - 1),
        x.hypothesis("L_positive") * sq(alpha * sigma * inv_eps),
        alpha_positive * by_eps * sq(sigma**2 * inv_eps * inv_c_t(t)),
        modulo=[grows],
    )
    above = x.expect(x.lower_bound(theta, t))
    return Envelope(upper, QUARTER, bound, net, rising, above, begins)


def second_moments(x: Script, run: Run, envelope: Envelope) -> tuple[Moments, Line, Line]:
    """E‖g_t‖² <= σ² + 2L U_t, which grows, and E‖∇f(θ_t)‖² <= 2L U_t."""
    x.section("The second moment of the stochastic gradient")
    gradient = gradient_moment(x, envelope, run.below_gap)
    growth = x.show("", level(t - 1) <= level(t), envelope.increase * x.hypothesis("L_positive"))
    step = x.show(
        "E‖g_t‖² ≤ σ² + 2L U_t",
        sum_i(E(g(t) ** 2)) <= level(t),
        clipped_variance.variance_in_mean(x),
        gradient(t - 1),
        growth,
        modulo=[variance.second_moment_split(x, run.centred)],
    )
    start = x.show(
        "E‖g_0‖² ≤ σ² + 2L U_0",
        sum_i(E(g(0) ** 2)) <= level(Time("", 0)),
        x.hypothesis("bounded_variance_start"),
        gradient(0),
        modulo=[bounded_variance.first_second_moment(x)],
    )
    return Moments(level, "σ² + 2L U_t", start, step, growth), growth, gradient


def radicand_nonnegative(x: Script, v_bound: Line, v_nonnegative: Line, gradient: Line) -> Line:
    """S_t² >= 0."""
    energy = x.expect(x.sum_i(x.show("", grad_theta(t) ** 2 >= 0, sq(grad_theta(t)))))
    envelope = x.show("", 2 * L * upper(t) >= 0, gradient, energy)
    return x.show("", radicand(t) >= 0, envelope, envelope * sq(inv_c), sq(eps), sq(sigma))


def smaller_inverse(x: Script) -> Line:
    """1/c_t² <= 1/c²."""
    positive, by_c = x.sign(inv_c_t), x.sign(inv_c)
    order = x.show(
        "1/c_t ≤ 1/c",
        inv_c_t(t) <= inv_c,
        x.hypothesis("threshold_at_least") * positive * by_c,
        modulo=[x.definition(inv_c), x.definition(inv_c_t)],
    )
    return x.show("", inv_c_t(t) ** 2 <= inv_c**2, order * positive, order * by_c)
