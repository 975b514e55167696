"""N1: ADOPT under bounded variance alone. What A5 gave to Theorem 4.1 comes from the descent itself.

By the Lyapunov function of `proofs.scripts.conditioned`, E‖∇f(θ_t)‖² <= 2L(1+β1)(Δ + t·loss), so E‖g_t‖² and with it
E‖v_t‖₁ are bounded up to the horizon: the loop ‖∇f‖² <= 2L(f − f_inf) is closed by an induction that starts at θ_0.
"""

from __future__ import annotations

from proofs.builder import ONE, Factors, Line, Script, sq
from proofs.scripts import adopt, common, conditioned, variance
from proofs.scripts.common import Moments, inv_s
from proofs.scripts.conditioned import Descent
from proofs.scripts.variance import lyapunov
from theory import atoms as at
from theory.atoms import L, S, beta1, eps, f_theta, g, grad_theta, inv_eps, noise, sigma, v
from theory.expressions import E, Expression, T, Time, idx, lift, sum_i, t


def adopt_bounded_variance(x: Script) -> Line:
    """N1."""
    return rate(x, lift(0), conditioned.bounded_variance_moment, noise_moment)


def noise_moment(x: Script) -> tuple[Line, Line]:
    """A4, at t = 0 and after."""
    bound = x.hypothesis("bounded_variance")
    return bound(0), bound


def rate(x: Script, rho: Expression, moment: conditioned.Moment, noise_moment: conditioned.NoiseMoment) -> Line:
    """The rate with E‖ζ_t‖² <= σ² + ρE‖∇f(θ_{t−1})‖², ρ = 0 under A4."""
    x.section("Constants")
    by_eps = x.inverse(inv_eps, x.hypothesis("eps_positive"), "1/ε")
    c = common.decay(x)
    is_a, gap, by_s = common.division(x, by_eps)
    direction = variance.Direction(common.inverse_normaliser, inv_eps, x.sign(inv_s), gap, x.sign(inv_eps), is_a)
    step_size = x.show(
        "αL(1+β1+ρ)/ε ≤ 1−β1",
        at.alpha * L * (1 + beta1 + rho) * inv_eps <= 1 - beta1,
        x.hypothesis("step_size") * x.sign(inv_eps),
        modulo=[by_eps],
    )
    run = conditioned.conditioned_descent(x, c, direction, x.hypothesis("momentum_step"), moment, step_size)
    total, is_Delta = conditioned.sum_of_Q(x, run)
    moments, _ = second_moments(x, run, is_Delta, rho, *noise_moment(x))
    into_measure, _ = common.measure_bound(x, by_s, run.q_definition, radius(x, run, moments, rho))
    x.section("(8) The average")
    by_T, by_alpha = adopt.horizon_inverses(x)
    return x.show(
        "the rate",
        x.statement.goal(),
        x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ √(G̃²+ε²) ΣQ_t") * x.sign(at.inv_T),
        total * x.sign(at.inv_T) * x.sign(at.inv_alpha) * x.sign(S),
        modulo=[by_T, by_alpha],
    )


def level(run: Descent, rho: Expression, time: Time) -> Expression:
    """h_t = σ² + 2L(1+ρ)·spread·(Δ + t·loss), a bound on E‖g_t‖²."""
    return sigma**2 + 2 * L * (1 + rho) * run.spread * (at.Delta + idx(time) * run.loss)


def growth_of_level(x: Script, run: Descent, rho: Expression) -> Factors:
    """h_t − h_{t−1} = 2L(1+ρ)·spread·loss >= 0, as a product."""
    signs = [x.hypothesis("rho_nonnegative")] if rho == at.rho else []
    one_plus_rho = x.show("", 1 + rho >= 0, *signs, ONE)
    return x.hypothesis("L_positive") * run.spread_nonnegative * one_plus_rho * run.loss_nonnegative


def second_moments(
    x: Script, run: Descent, is_Delta: Line, rho: Expression, noise_start: Line, noise_step: Line
) -> tuple[Moments, Line]:
    """E‖g_t‖² <= h_t, from V_t <= E f(θ_0) + t·loss; and E‖∇f(θ_t)‖² <= 2L·spread·(Δ + t·loss)."""
    below_gap = run.gradient()
    x.section("The second moment of the stochastic gradient")
    ceiling = E(f_theta(0)) + idx(t) * run.loss
    recursion = x.show(
        "",
        ceiling - lyapunov(t) >= E(f_theta(0)) + (idx(t) - 1) * run.loss - lyapunov(t - 1),
        run.one_step,
        run.Q_nonnegative * x.hypothesis("alpha_positive"),
    )
    one = x.show("", lift(1) >= 0, ONE)
    below = x.induction("V_t ≤ E f(θ_0) + t·loss", lyapunov(t) <= ceiling, run.start, recursion, one)
    gradient = x.show(
        "E‖∇f(θ_t)‖² ≤ 2L·spread·(Δ + t·loss)",
        sum_i(E(grad_theta(t) ** 2)) <= 2 * L * run.spread * (at.Delta + idx(t) * run.loss),
        below_gap,
        below * x.hypothesis("L_positive") * run.spread_nonnegative,
        modulo=[is_Delta],
    )
    one_plus_rho = x.show("", 1 + rho >= 0, *([x.hypothesis("rho_nonnegative")] if rho == at.rho else []), ONE)
    growth = growth_of_level(x, run, rho)
    step = x.show(
        "E‖g_t‖² ≤ h_t",
        sum_i(E(g(t) ** 2)) <= level(run, rho, t),
        noise_step,
        gradient(t - 1) * one_plus_rho,
        growth,
        modulo=[variance.second_moment_split(x, run.centred)],
    )
    at_start = x.show(
        "E‖g_0‖² ≤ h_0",
        sum_i(E(g(0) ** 2)) <= level(run, rho, Time("", 0)),
        noise_start,
        gradient(0) * one_plus_rho,
        modulo=[first_second_moment(x)],
    )
    growing = x.show("h_{t−1} ≤ h_t", level(run, rho, t - 1) <= level(run, rho, t), growth, start=1)
    return Moments(lambda time: level(run, rho, time), "h_t", at_start, step, growing), gradient


def first_second_moment(x: Script) -> Line:
    """E‖g_0‖² = E‖∇f(θ_0)‖² + E‖ζ_0‖², and g_0² is integrable."""
    start = x.hypothesis("noise_start")
    upper = x.show(
        "",
        g(0) ** 2 <= 2 * grad_theta(0) ** 2 + 2 * noise(0) ** 2,
        sq(grad_theta(0) - noise(0)),
        modulo=[(start, g(0))],
    )
    x.dominated(g(0) ** 2, upper, x.show("", g(0) ** 2 >= 0, sq(g(0))), "g_0² is integrable")
    square = x.show(
        "",
        (g(0) ** 2).equals(grad_theta(0) ** 2 + 2 * noise(0) * grad_theta(0) + noise(0) ** 2),
        modulo=[(start, g(0))],
    )
    claim = E(g(0) ** 2).equals(E(grad_theta(0) ** 2) + E(noise(0) ** 2))
    return x.sum_i(x.show("", claim, modulo=[x.expect(square), x.hypothesis("unbiased_start")]))


def radius(x: Script, run: Descent, moments: Moments, rho: Expression) -> tuple[Line, Line]:
    """ε² + E‖v_{t−1}‖₁ <= S² = ε² + h_T for t <= T, and v_t >= 0."""
    v_bound, v_nonnegative = common.second_moment_bound(x, moments)
    growth = growth_of_level(x, run, rho)
    h_T = x.show("h_T ≥ 0", level(run, rho, T) >= 0, v_bound(T), x.lift(v_nonnegative)(T))
    is_S = x.root(S, x.show("", level(run, rho, T) + eps**2 >= 0, h_T, sq(eps)), 2, "S = √(G̃² + ε²)")
    claim = eps**2 + sum_i(E(v(t - 1))) <= S**2
    horizon = x.horizon(1)
    return x.show(
        "ε² + E‖v_{t−1}‖₁ ≤ S² for t ≤ T", claim, v_bound(t - 1), growth * horizon, growth, modulo=[is_S]
    ), v_nonnegative
