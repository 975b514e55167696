"""SGD and SGD with momentum: the reference in the measure (1/T) Σ E‖∇f(θ_{t−1})‖², under A5 and under A4."""

from __future__ import annotations

from fractions import Fraction

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import adopt as t41
from proofs.scripts import common, conditioned, variance, without_momentum
from proofs.scripts.common import P, Q, SecondMoment
from theory import atoms as at
from theory.atoms import G, L, a, alpha, beta1, f_inf, f_theta, g, grad_theta, m, sigma, theta
from theory.expressions import E, Expression, T, Time, idx, lift, sum_i, t

HALF = lift(Fraction(1, 2))
SQUARE = sum_i(E(grad_theta(t - 1) ** 2))  # E‖∇f(θ_{t−1})‖²


def no_weight(time: Time) -> Expression:
    return lift(1)


def sgd(x: Script) -> Line:
    """SGD under A5: E f(θ_t) <= E f(θ_{t−1}) − αE‖∇f(θ_{t−1})‖² + α²LG²/2."""
    x.hypothesis("second_moment_integrable")
    common.true_gradient_integrable(x)
    pathwise = without_momentum.descent(x, g(t), alpha, x.hypothesis("iterate_step"))
    start = x.hypothesis("start_integrable")
    x.dominated_induction(f_theta(t), start, pathwise, x.lower_bound(theta, t, 1), "f(θ_t) is integrable")
    aligned = alignment(x)
    one_step = x.show(
        "αE‖∇f(θ_{t−1})‖² ≤ E f(θ_{t−1}) − E f(θ_t) + α²LG²/2",
        alpha * SQUARE <= E(f_theta(t - 1)) - E(f_theta(t)) + HALF * alpha**2 * L * G**2,
        x.expect(pathwise),
        x.hypothesis("bounded_second_moment") * x.hypothesis("L_nonnegative") * sq(alpha),
        modulo=[aligned],
    )
    return average(x, one_step)


def sgd_bounded_variance(x: Script) -> Line:
    """SGD under A4, α <= 1/L: half of αE‖∇f‖² pays for the gradient's own part of E‖g‖² = E‖∇f‖² + E‖ζ‖²."""
    by_L = variance.inverse_of_L(x)
    below_gap = variance.gradient_below_gap(x, by_L)
    pathwise = without_momentum.descent(x, g(t), alpha, x.hypothesis("iterate_step"))
    same = x.show("", (g(t) ** 2 - g(t) ** 2).equals(0))
    without_momentum.integrability(x, g(t), alpha, lift(1), pathwise, below_gap, same)
    aligned = alignment(x)
    split = variance.second_moment_split(x, variance.noise_centred(x))
    one_step = x.show(
        "(α/2)E‖∇f(θ_{t−1})‖² ≤ E f(θ_{t−1}) − E f(θ_t) + α²Lσ²/2",
        HALF * alpha * SQUARE <= E(f_theta(t - 1)) - E(f_theta(t)) + HALF * alpha**2 * L * sigma**2,
        x.expect(pathwise),
        x.hypothesis("bounded_variance") * x.hypothesis("L_positive") * sq(alpha),
        x.hypothesis("step_size") * x.hypothesis("alpha_positive") * x.sum_i(x.expect(variance.gradient_square(x))),
        modulo=[aligned, split],
    )
    return average(x, one_step)


def alignment(x: Script) -> Line:
    """E⟨∇f(θ_{t−1}), g_t⟩ = E‖∇f(θ_{t−1})‖²."""
    x.section("The gradient is unbiased")
    tower = x.tower("condition on F_{t−1}: ∇f(θ_{t−1}) is known there", grad_theta(t - 1), g(t), t - 1, 1)
    mean = x.show(
        "", (grad_theta(t - 1) * E(g(t), given=t - 1)).equals(grad_theta(t - 1) ** 2), modulo=[x.hypothesis("unbiased")]
    )
    x.integrable_conditional(grad_theta(t - 1), g(t), t - 1)
    claim = E(grad_theta(t - 1) * g(t)).equals(E(grad_theta(t - 1) ** 2))
    inner = x.show("", claim, modulo=[tower, x.expect(mean)])
    return x.sum_i(inner, "E⟨∇f(θ_{t−1}), g_t⟩ = E‖∇f(θ_{t−1})‖²")


def average(x: Script, one_step: Line) -> Line:
    """Telescope and divide by αT."""
    x.section("Telescoping")
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    below = x.expect(x.lower_bound(theta, t), text="E f(θ_T) ≥ f_inf")(T)
    by_alpha = x.inverse(at.inv_alpha, x.hypothesis("alpha_positive"), "1/α")
    by_T = x.inverse(at.inv_T, x.show("", idx(T) > 0, x.clock(1)(T), ONE), "1/T")
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha)
    return x.show(
        "the rate",
        x.statement.goal(),
        x.sum_t(one_step, 1, "summed over t ≤ T") * scale,
        below * scale,
        modulo=[x.telescope(E(f_theta(t)), 1), is_Delta, by_alpha, by_T],
    )


def sgd_momentum(x: Script) -> Line:
    """SGD with momentum under A5: T4.1's proof with a = g and P = G², without its last step."""
    x.section("Constants")
    c = common.decay(x)
    is_P = x.define(P, G**2, "P = G²")
    bounds = SecondMoment(
        c.inv_one_minus_beta1, c.kappa, c.kappa_nonnegative, is_P, x.show("P ≥ 0", P >= 0, sq(G), modulo=[is_P])
    )
    is_a, momentum = direction(x)
    x.hypothesis("second_moment_integrable")
    square = x.show("", (a(t) ** 2).equals(g(t) ** 2), modulo=[is_a])
    at_most = x.show("", a(t) ** 2 <= g(t) ** 2, modulo=[is_a])
    x.dominated(a(t) ** 2, at_most, x.show("", a(t) ** 2 >= 0, sq(a(t))), "a² is integrable")
    common.true_gradient_integrable(x)
    decorrelated, is_Q = common.decorrelation(x, is_a, no_weight)
    a_bound = x.show(
        "E‖a_t‖² ≤ P", sum_i(E(a(t) ** 2)) <= P, x.hypothesis("bounded_second_moment"), modulo=[is_P, x.lift(square)]
    )
    is_phi, pathwise, cross = t41.along_phi(x, bounds, a_bound, 0, momentum)
    start = t41.start_at_theta(x, is_phi)
    products = cross * x.hypothesis("alpha_positive"), a_bound * x.hypothesis("L_nonnegative") * sq(alpha)
    text = "αQ_t ≤ E f(φ_{t−1}) − E f(φ_t) + α²LP(½+κ)"
    one_step = t41.expected_step(x, 0, pathwise, text, alpha * Q(t), t41.RATE, *products, modulo=[decorrelated])
    Q_nonnegative = x.show("", Q(t) >= 0, x.lift(variance.gradient_square(x)), modulo=[is_Q])
    total = t41.telescope(x, 0, one_step, start, Q_nonnegative, c)
    return divide(x, total, is_Q, [c.kappa, is_P, c.inv_one_minus_beta1])


def direction(x: Script) -> tuple[Line, Line]:
    """a_t = g_t, and the momentum in terms of it."""
    x.section("The direction")
    is_a = x.define(a, g(t), "a_t = g_t")
    claim = m(t).equals(beta1 * m(t - 1) + (1 - beta1) * a(t))
    return is_a, x.show("", claim, modulo=[is_a, x.hypothesis("momentum_step")])


def divide(x: Script, total: Line, is_Q: Line, definitions: list[Line]) -> Line:
    """The goal from a bound on αΣQ_t, with Q_t = E‖∇f(θ_{t−1})‖²."""
    x.section("From the sum to the average")
    by_alpha = x.inverse(at.inv_alpha, x.hypothesis("alpha_positive"), "1/α")
    by_T = x.inverse(at.inv_T, x.show("", idx(T) > 0, x.clock(1)(T), ONE), "1/T")
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha)
    equations = [x.sum_t(is_Q, 1), by_T, by_alpha, *definitions]
    return x.show("the rate", x.statement.goal(), total * scale, modulo=equations)


def sgd_momentum_bounded_variance(x: Script) -> Line:
    """SGD with momentum under A4: the descent of `proofs.scripts.conditioned` with weight 1."""
    x.section("Constants")
    c = common.decay(x)
    is_a, momentum = direction(x)
    one = x.show("", lift(1) > 0, ONE)
    unweighted = variance.Direction(no_weight, lift(1), one, x.show("", lift(1) <= 1), one, is_a)
    moment = conditioned.bounded_variance_moment
    run = conditioned.conditioned_descent(x, c, unweighted, momentum, moment, x.hypothesis("step_size"))
    total, _ = conditioned.sum_of_Q(x, run)
    return divide(x, total, run.q_definition, [])
