"""N4: clipped ADOPT under bounded variance, without momentum.

Where the normalised gradient exceeds c/2 the clipped direction sees only part of it. The proof puts
ŝ = √(s² + 4(∂f)²/c²) for s: then |∂f|/ŝ <= c/2, the drift is at least ½(∂f)²/ŝ up to the bias of clipping, and E ŝ² is
bounded with E‖∇f‖². The bias is bounded without distinguishing cases, from clip's variational inequality.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import adopt, bounded_variance, common, variance, without_momentum
from proofs.scripts.common import Q, Radius, inv_s
from proofs.scripts.conditioned import Descent
from proofs.scripts.variance import lyapunov
from theory import atoms as at
from theory.atoms import (
    L,
    S,
    a,
    alpha,
    c,
    eps,
    f_inf,
    f_theta,
    g,
    grad_theta,
    inv_c,
    inv_eps,
    noise,
    s,
    sigma,
    theta,
    u,
    v,
)
from theory.expressions import E, Expression, T, Time, idx, lift, sum_i, sum_t, t

HALF, QUARTER = lift(Fraction(1, 2)), lift(Fraction(1, 4))
magnitude = at.vector("magnitude")
widened = at.vector("widened")
inv_widened = at.vector("inv_widened")
reduced = at.vector("reduced")
inv_room = at.vector("inv_room")
xi = at.vector("xi")
eta = at.vector("eta", first=1)
d, p, w, W, x_, D = (y(t - 1) for y in (grad_theta, magnitude, inv_s, inv_widened, reduced, inv_room))
V = E(noise(t) ** 2, given=t - 1)
NOISE_LOSS = HALF * alpha**2 * L * sigma**2 * inv_eps**2
BIAS_LOSS = alpha * sigma**4 * inv_eps**3 / 16
LOSS = NOISE_LOSS + BIAS_LOSS * inv_c**2


@dataclass(frozen=True)
class Threshold:
    """c and 1/c at a time (a constant c at every time), the equation of 1/c, c > 0, 1/c > 0 and 4σ² <= ε²c²."""

    value: Callable[[Time], Expression]
    inverse: Callable[[Time], Expression]
    equation: Line
    positive: Line
    inverse_positive: Line
    wide: Line


@dataclass(frozen=True)
class Widened:
    """ŝ and what is known of it: equations, signs, s <= ŝ <= s + 2|∂f|/c, ŝ <= s + 2(∂f)²/(c²s), |∂f|/ŝ <= c/2; at t.

    c is the threshold of the next step, which ŝ_t is made for.
    """

    by_s: Line
    threshold: Threshold
    is_u: Line
    is_p: Line
    above: Line
    below: Line
    is_widened: Line
    by_widened: Line
    at_least: Line
    at_most: Line
    close: Line
    is_x: Line
    x_nonnegative: Line
    x_at_most: Line
    by_room: Line


@dataclass(frozen=True)
class Run:
    """ŝ, one step of the descent, E[ζ given F] = 0, and ‖∇f‖² <= 2L(f − f_inf)."""

    widened: Widened
    q_definition: Line
    Q_nonnegative: Line
    one_step: Line
    centred: Line
    below_gap: Line


def adopt_clipped_bounded_variance(x: Script) -> Line:
    """N4 with a constant threshold."""
    run = descent(x, constant_threshold)
    return rate(x, run.widened, lyapunov_descent(x, run))


def constant_threshold(x: Script) -> Threshold:
    by_c = x.inverse(inv_c, x.hypothesis("c_positive"), "1/c")
    positive = x.hypothesis("c_positive")
    return Threshold(lambda _: c, lambda _: inv_c, by_c, positive, x.sign(inv_c), x.hypothesis("threshold"))


def descent(x: Script, threshold: Callable[[Script], Threshold]) -> Run:
    """E f(θ_t) + (α/4)Q_t <= E f(θ_{t−1}) + α²Lσ²/(2ε²) + ασ⁴/(16ε³c²)."""
    x.section("Constants")
    by_eps = x.inverse(inv_eps, x.hypothesis("eps_positive"), "1/ε")
    by_c = threshold(x)
    is_u, _, by_s = common.division(x, by_eps, u)
    smaller, lighter = clip_shrinks(x, is_u)
    x.section("The gradient and the gap")
    by_L = variance.inverse_of_L(x)
    below_gap = variance.gradient_below_gap(x, by_L)
    pathwise = without_momentum.descent(x, a(t), alpha, without_momentum.moves_by_a(x, alpha))
    without_momentum.integrability(x, a(t), alpha, inv_eps, pathwise, below_gap, lighter)
    x.dominated(a(t) ** 2, lighter, x.show("", a(t) ** 2 >= 0, sq(a(t))), "a² is integrable")
    centred = variance.noise_centred(x)
    run = widen(x, by_s, by_c, is_u)
    is_Q = x.define(Q, sum_i(E(d**2 * W)), "Q_t = E Σ (∂_i f(θ_{t−1}))²/ŝ_i")
    drift = clipped_drift(x, run, centred, is_Q)
    a_moment = direction_moment(x, run, centred, smaller, is_Q)
    one_step, Q_nonnegative = expected_step(x, run, is_Q, pathwise, drift, a_moment)
    return Run(run, is_Q, Q_nonnegative, one_step, centred, below_gap)


def clip_shrinks(x: Script, is_u: Line) -> tuple[Line, Line]:
    """a² <= u², and a² <= g²/ε²."""
    x.section("Clipping")
    above, below = x.hypothesis("clip_seen_from_above"), x.hypothesis("clip_seen_from_below")
    smaller = x.show("a² ≤ u²", a(t) ** 2 <= u(t) ** 2, above, below, sq(u(t) - a(t)))
    positive, gap, by_eps = (line(t - 1) for line in x.bounded_factors["inv_s"])
    lighter = x.show(
        "a² ≤ g²/ε²",
        a(t) ** 2 <= inv_eps**2 * g(t) ** 2,
        smaller,
        gap * by_eps * sq(g(t)),
        gap * positive * sq(g(t)),
        modulo=[is_u],
    )
    return smaller, lighter


def widen(x: Script, by_s: Line, threshold: Threshold, is_u: Line) -> Widened:
    """ŝ = √(s² + 4(∂f)²/c²), |∂f|/ŝ <= c/2, and the inverse of c − |∂f|/ŝ >= c/2."""
    x.section("The normaliser that clipping leaves")
    c, inv_c, by_c = threshold.value(t + 1), threshold.inverse(t + 1), threshold.equation(t + 1)
    c_positive, inverse_positive = threshold.positive(t + 1), threshold.inverse_positive(t + 1)
    grad, mag, wide = grad_theta(t), magnitude(t), widened(t)
    is_p = x.root(magnitude, x.show("", grad**2 >= 0, sq(grad)), 2, "|∂_i f(θ_t)|")
    p_nonnegative = x.sign(magnitude)
    powers = x.show("", (mag**2 - grad**2).equals(0), modulo=[is_p])
    above = x.root_monotone("", grad <= mag, 2, powers, p_nonnegative)
    below = x.root_monotone("", -grad <= mag, 2, powers, p_nonnegative)
    radicand = s(t) ** 2 + 4 * inv_c**2 * grad**2
    is_widened = x.root(widened, x.show("", radicand >= 0, sq(s(t)), sq(inv_c * grad)), 2, "ŝ = √(s² + 4(∂f)²/c²)")
    root = x.sign(widened)
    at_least_eps, eps_positive = x.hypothesis("normaliser_at_least_eps"), x.hypothesis("eps_positive")
    s_nonnegative = x.show("", s(t) >= 0, at_least_eps, eps_positive)
    s_squared = x.show("", s(t) ** 2 <= wide**2, sq(inv_c * grad), modulo=[is_widened])
    at_least = x.root_monotone("s ≤ ŝ", s(t) <= wide, 2, s_squared, root)
    by_widened = x.inverse(inv_widened, x.show("ŝ > 0", wide > 0, at_least, at_least_eps, eps_positive), "1/ŝ")
    half = x.show("", (2 * mag * inv_c) ** 2 <= wide**2, sq(s(t)), modulo=[is_widened, (is_p, mag**2)])
    steep = x.root_monotone("2|∂f|/c ≤ ŝ", 2 * mag * inv_c <= wide, 2, half, root)
    sum_square = x.show(
        "",
        wide**2 <= (s(t) + 2 * mag * inv_c) ** 2,
        s_nonnegative * p_nonnegative * inverse_positive,
        modulo=[is_widened, (is_p, mag**2)],
    )
    sum_sign = x.show("", s(t) + 2 * mag * inv_c >= 0, s_nonnegative, p_nonnegative * inverse_positive)
    at_most = x.root_monotone("ŝ ≤ s + 2|∂f|/c", wide <= s(t) + 2 * mag * inv_c, 2, sum_square, sum_sign)
    excess = 2 * grad**2 * inv_c**2 * inv_s(t)
    close_square = x.show(
        "", wide**2 <= (s(t) + excess) ** 2, sq(grad**2 * inv_c**2 * inv_s(t)), modulo=[is_widened, by_s]
    )
    close_sign = x.show("", s(t) + excess >= 0, s_nonnegative, x.sign(inv_s) * sq(grad * inv_c))
    close = x.root_monotone("ŝ ≤ s + 2(∂f)²/(c²s)", wide <= s(t) + excess, 2, close_square, close_sign)
    W_positive, w_positive = x.sign(inv_widened), x.sign(inv_s)
    lighter = x.show(
        "1/ŝ ≤ 1/s", inv_widened(t) <= inv_s(t), at_least * W_positive * w_positive, modulo=[by_s, by_widened]
    )
    gap = x.show("1/ŝ ≤ 1/ε", inv_widened(t) <= inv_eps, lighter, x.bounded_factors["inv_s"][1])
    x.bounded_factors["inv_widened"] = (W_positive, gap, x.sign(inv_eps))
    is_x = x.define(reduced, mag * inv_widened(t), "x = |∂f|/ŝ")
    x_nonnegative = x.show("x ≥ 0", reduced(t) >= 0, p_nonnegative * W_positive, modulo=[is_x])
    x_at_most = x.show("x ≤ c/2", 2 * reduced(t) <= c, steep * W_positive * c_positive, modulo=[is_x, by_c, by_widened])
    half_gap = x.show("", reduced(t) <= HALF * c, x_at_most)
    half_c = x.show("", HALF * c >= 0, c_positive)
    x.bounded_factors["reduced"] = (x_nonnegative, half_gap, half_c)
    by_room = x.inverse(inv_room, x.show("c − x > 0", c - reduced(t) > 0, x_at_most, c_positive), "1/(c − x)")
    D_positive = x.sign(inv_room)
    room = x.show(
        "1/(c−x) ≤ 2/c", inv_room(t) <= 2 * inv_c, x_at_most * D_positive * inverse_positive, modulo=[by_c, by_room]
    )
    x.bounded_factors["inv_room"] = (D_positive, room, x.show("", 2 * inv_c >= 0, inverse_positive))
    return Widened(
        by_s, threshold, is_u, is_p, above, below, is_widened, by_widened, at_least, at_most, close, is_x,
        x_nonnegative, x_at_most, by_room,
    )  # fmt: skip


def clipped_drift(x: Script, run: Widened, centred: Line, is_Q: Line) -> Line:
    """E⟨∇f(θ_{t−1}), a_t⟩ >= Q_t/2 − σ⁴/(16ε³c²)."""
    pathwise = drift_on_paths(x, run)
    inv_c = run.threshold.inverse(t)
    x.section("The drift of the clipped direction")
    weighted = x.show(
        "",
        d * W * a(t) >= x_**2 + d * W * w * noise(t) - QUARTER * x_ * w**2 * D * noise(t) ** 2,
        pathwise * x.sign(inv_widened)(t - 1),
        modulo=[run.is_x(t - 1), (run.is_p(t - 1), d**2)],
    )
    conditional = x.show(
        "∂f E[a given F]/ŝ ≥ x² − x V/(4s²(c−x)), V = E[ζ² given F]",
        d * W * E(a(t), given=t - 1) >= x_**2 - QUARTER * x_ * w**2 * D * V,
        x.expect(weighted, given=t - 1),
        modulo=[centred],
    )
    wide = x.show("", widened(t) >= 0, x.sign(widened))(t - 1)
    unscaled = x.show(
        "",
        d * E(a(t), given=t - 1) >= p * x_ - QUARTER * p * w**2 * D * V,
        conditional * wide,
        modulo=[run.is_x(t - 1), run.by_widened(t - 1)],
    )
    bias = bias_by_young(x, run)
    single = x.show(
        "∂f E[a given F] ≥ ½(∂f)²/ŝ − σ²V/(16ε³c²)",
        d * E(a(t), given=t - 1) >= HALF * d**2 * W - inv_eps**3 * inv_c**2 * sigma**2 * V / 16,
        unscaled,
        bias,
        modulo=[run.is_x(t - 1), (run.is_p(t - 1), d**2)],
    )
    x.integrable_conditional(d, a(t), t - 1)
    x.integrable_conditional(1, noise(t) ** 2, t - 1)
    tower = x.tower("condition on F_{t−1}", d, a(t), t - 1, 1)
    inner = x.show(
        "",
        E(d * a(t)) >= HALF * E(d**2 * W) - inv_eps**3 * inv_c**2 * sigma**2 * E(noise(t) ** 2) / 16,
        x.expect(single),
        modulo=[tower],
    )
    by_eps = x.sign(inv_eps)
    return x.show(
        "E⟨∇f(θ_{t−1}), a_t⟩ ≥ Q_t/2 − σ⁴/(16ε³c²)",
        sum_i(E(d * a(t))) >= HALF * Q(t) - inv_eps**3 * inv_c**2 * sigma**4 / 16,
        x.sum_i(inner),
        variance_in_mean(x) * by_eps * sq(inv_eps * inv_c * sigma),
        modulo=[is_Q],
    )


def variance_in_mean(x: Script) -> Line:
    return x.expect(x.hypothesis("bounded_variance_conditional"), text="E‖ζ_t‖² ≤ σ²")


def drift_on_paths(x: Script, run: Widened) -> Line:
    """F = ∂f(a − ∂f/ŝ − ζ/s) + |∂f|ζ²/(4s²(c−x)) >= 0.

    With C = |∂f|c − ∂f·a >= 0 and U = ∂f(u − a): F + U >= 0, F + C >= 0 and UC <= 0, hence FC >= 0, and
    (F + C)² >= C².
    """
    c = run.threshold.value(t)
    x.section("The drift on every path")
    above, below = run.above(t - 1), run.below(t - 1)
    high, low = x.hypothesis("clip_at_most"), x.hypothesis("clip_at_least")
    y = w * noise(t)
    F = d * (a(t) - d * W - y) + QUARTER * p * y**2 * D
    C = p * c - d * a(t)
    C_nonnegative = x.show("C ≥ 0", C >= 0, above * low, below * high)
    room = c - x_
    D_positive, p_nonnegative = x.sign(inv_room)(t - 1), x.sign(magnitude)(t - 1)
    equations = [(run.is_p(t - 1), d**2), (run.is_x(t - 1), p * W), (run.by_room(t - 1), D * x_)]
    larger = x.show(
        "F + C ≥ 0",
        F + C >= 0,
        below * D_positive * sq(room - HALF * y),
        above * D_positive * sq(room + HALF * y),
        modulo=equations,
    )
    lighter = x.show(
        "",
        w >= W,
        run.at_least(t - 1) * x.sign(inv_widened)(t - 1) * x.sign(inv_s)(t - 1),
        modulo=[run.by_s(t - 1), run.by_widened(t - 1)],
    )
    U = d * (u(t) - a(t))
    split = x.show("", u(t).equals(d * w + y), modulo=[run.is_u, (x.hypothesis("noise_step"), g(t))])
    unclipped = x.show(
        "F + U ≥ 0", F + U >= 0, lighter * sq(d), p_nonnegative * D_positive * sq(y), modulo=[(split, u(t))]
    )
    seen_above, seen_below = x.hypothesis("clip_seen_from_above"), x.hypothesis("clip_seen_from_below")
    opposite = x.show(
        "UC ≤ 0",
        U * C <= 0,
        p_nonnegative * below * seen_above,
        p_nonnegative * above * seen_below,
        modulo=[(run.is_p(t - 1), d**2)],
    )
    product = x.show("FC ≥ 0", F * C >= 0, unclipped * C_nonnegative, opposite)
    powers = x.show("", (F + C) ** 2 >= C**2, product, sq(F))
    bigger = x.root_monotone("", C <= F + C, 2, powers, larger)
    return x.show("∂f·a ≥ (∂f)²/ŝ + ∂f ζ/s − |∂f|ζ²/(4s²(c−x))", F >= 0, bigger)


def bias_by_young(x: Script, run: Widened) -> Line:
    """|∂f|V/(4s²(c−x)) <= ½|∂f|x + σ²V/(16ε³c²), in ξ = x/c <= ½ and η = V/(s²c²) <= ¼.

    (1−ξ)(½ξ² + (1−2ξ)η²/16) >= ξη/4 is times ŝc³/(c−x) what is needed, as s >= ŝ(1−2ξ).
    """
    c, inv_c = run.threshold.value(t), run.threshold.inverse(t)
    x.section("The bias of clipping")
    is_xi = x.define(xi, reduced(t) * run.threshold.inverse(t + 1), "ξ = x/c")(t - 1)
    is_eta = x.define(eta, inv_c**2 * w**2 * V, "η = V/(s²c²)")
    xi_, eta_ = xi(t - 1), eta(t)
    by_c, by_s = run.threshold.equation, run.by_s(t - 1)
    c_inverse = run.threshold.inverse_positive
    high = x.show("ξ ≤ ½", xi_ <= HALF, run.x_at_most(t - 1) * c_inverse, modulo=[is_xi, by_c])
    square = x.show("", noise(t) ** 2 >= 0, sq(noise(t)), start=1)
    x.integrable_conditional(1, noise(t) ** 2, t - 1)
    V_nonnegative = x.expect(square, given=t - 1)
    eta_low = x.show("", eta_ >= 0, V_nonnegative * sq(inv_c * w), modulo=[is_eta])
    V_at_most = x.show("V ≤ σ²", sigma**2 >= V, x.single(V_nonnegative), x.hypothesis("bounded_variance_conditional"))
    positive, gap, by_eps = (line(t - 1) for line in x.bounded_factors["inv_s"])
    lighter = x.show("", w**2 <= inv_eps**2, gap * by_eps, gap * positive)
    by_threshold = x.show(
        "",
        4 * sigma**2 * inv_c**2 * inv_eps**2 <= 1,
        run.threshold.wide * sq(inv_c * inv_eps),
        modulo=[by_c, x.definition(inv_eps)],
    )
    eta_high = x.show(
        "η ≤ ¼", eta_ <= QUARTER, V_at_most * sq(inv_c * w), lighter * sq(inv_c * sigma), by_threshold, modulo=[is_eta]
    )
    left, right = x.show("", HALF - xi_ >= 0, high), x.show("", QUARTER - eta_ >= 0, eta_high)
    inequality = x.show(
        "(1−ξ)(½ξ² + (1−2ξ)η²/16) ≥ ξη/4",
        (1 - xi_) * (HALF * xi_**2 + (1 - 2 * xi_) * eta_**2 / 16) >= QUARTER * xi_ * eta_,
        sq(4 * xi_ - eta_),
        sq(2 * xi_ - eta_),
        left * sq(4 * xi_ - eta_),
        eta_low * sq(4 * xi_ - 3 * eta_),
        right * sq(xi_),
        right * sq(eta_),
        left * left * sq(eta_),
        left * eta_low * sq(xi_ - eta_),
        left * right * sq(xi_),
        left * right * sq(eta_),
    )
    cube = x.show("", w**3 <= inv_eps**3, gap * by_eps * by_eps, gap * by_eps * positive, gap * positive * positive)
    wide = x.show("", widened(t) >= 0, x.sign(widened))(t - 1)
    c_positive = run.threshold.positive
    by_widened = run.by_widened(t - 1)
    is_product = x.show("", p.equals(widened(t - 1) * x_), modulo=[run.is_x(t - 1), by_widened])
    return x.show(
        "|∂f|V/(4s²(c−x)) ≤ ½|∂f|x + σ²V/(16ε³c²)",
        QUARTER * p * w**2 * D * V <= HALF * p * x_ + inv_eps**3 * inv_c**2 * sigma**2 * V / 16,
        inequality * wide * c_positive * c_positive * c_positive * x.sign(inv_room)(t - 1),
        run.at_most(t - 1) * sq(eta_ * c),
        cube * sq(V * inv_c),
        V_at_most * V_nonnegative * by_eps * by_eps * by_eps * sq(inv_c),
        modulo=[is_xi, is_eta, is_product, by_c, by_s, (run.by_room(t - 1), D * x_)],
    )


def direction_moment(x: Script, run: Widened, centred: Line, smaller: Line, is_Q: Line) -> Line:
    """E‖a_t‖² <= 3Q_t/ε + σ²/ε²: a² <= λu² + (1−λ)c² with λ = s/ŝ, and c²(1−λ) <= 2(∂f)²/(sŝ)."""
    c = run.threshold.value(t)
    x.section("The direction's second moment")
    high, low = x.hypothesis("clip_at_most"), x.hypothesis("clip_at_least")
    s_nonnegative = x.show("", s(t) >= 0, x.hypothesis("normaliser_at_least_eps"), x.hypothesis("eps_positive"))(t - 1)
    W_positive, at_least = x.sign(inv_widened)(t - 1), run.at_least(t - 1)
    square = x.show(
        "",
        (u(t) ** 2).equals(w**2 * (d**2 + 2 * d * noise(t) + noise(t) ** 2)),
        modulo=[run.is_u, (x.hypothesis("noise_step"), g(t))],
    )
    pathwise = x.show(
        "a² ≤ (3(∂f)² + 2∂f ζ + ζ²)/(sŝ)",
        a(t) ** 2 <= w * W * (3 * d**2 + 2 * d * noise(t) + noise(t) ** 2),
        smaller * s_nonnegative * W_positive,
        high * low * at_least * W_positive,
        run.close(t - 1) * W_positive * sq(c),
        modulo=[(square, u(t) ** 2), run.by_s(t - 1), run.by_widened(t - 1), run.threshold.equation],
    )
    mixed = variance.orthogonal(x, centred, w * W * d)
    _, gap, by_eps = (line(t - 1) for line in x.bounded_factors["inv_s"])
    wide_gap = x.bounded_factors["inv_widened"][1](t - 1)
    lighter = x.show("", w * W * d**2 <= inv_eps * W * d**2, gap * W_positive * sq(d))
    noisy = x.show(
        "",
        w * W * noise(t) ** 2 <= inv_eps**2 * noise(t) ** 2,
        gap * W_positive * sq(noise(t)),
        wide_gap * by_eps * sq(noise(t)),
    )
    inner = x.show(
        "",
        E(a(t) ** 2) <= 3 * inv_eps * E(W * d**2) + inv_eps**2 * E(noise(t) ** 2),
        x.expect(pathwise),
        x.expect(lighter),
        x.expect(noisy),
        modulo=[mixed],
    )
    return x.show(
        "E‖a_t‖² ≤ 3Q_t/ε + σ²/ε²",
        sum_i(E(a(t) ** 2)) <= 3 * inv_eps * Q(t) + inv_eps**2 * sigma**2,
        x.sum_i(inner),
        variance_in_mean(x) * sq(inv_eps),
        modulo=[is_Q],
    )


def expected_step(
    x: Script, run: Widened, is_Q: Line, pathwise: Line, drift: Line, a_moment: Line
) -> tuple[Line, Line]:
    """E f(θ_t) + (α/4)Q_t <= E f(θ_{t−1}) + α²Lσ²/(2ε²) + ασ⁴/(16ε³c²), and Q_t >= 0."""
    x.section("One step in expectation")
    alpha_positive, L_positive, by_eps = (x.hypothesis("alpha_positive"), x.hypothesis("L_positive"), x.sign(inv_eps))
    term = x.show("", d**2 * W >= 0, x.sign(inv_widened)(t - 1) * sq(d))
    Q_nonnegative = x.show("Q_t ≥ 0", Q(t) >= 0, x.lift(term), modulo=[is_Q])
    step_size = x.show(
        "6αL/ε ≤ 1", 6 * alpha * L * inv_eps <= 1, x.hypothesis("step_size") * by_eps, modulo=[x.definition(inv_eps)]
    )
    loss = NOISE_LOSS + BIAS_LOSS * run.threshold.inverse(t) ** 2
    return x.show(
        "E f(θ_t) + (α/4)Q_t ≤ E f(θ_{t−1}) + loss",
        E(f_theta(t)) + QUARTER * alpha * Q(t) <= E(f_theta(t - 1)) + loss,
        x.expect(pathwise),
        drift * alpha_positive,
        a_moment * L_positive * sq(alpha),
        step_size * alpha_positive * Q_nonnegative,
    ), Q_nonnegative


def lyapunov_descent(x: Script, run: Run) -> Descent:
    """The descent as that of V_t = E f(θ_t), with a constant loss."""
    alpha_positive, L_positive, by_eps = (x.hypothesis("alpha_positive"), x.hypothesis("L_positive"), x.sign(inv_eps))
    is_V = x.define(lyapunov, E(f_theta(t)), "V_t = E f(θ_t)")
    one_step = x.show(
        "V_t + (α/4)Q_t ≤ V_{t−1} + loss",
        lyapunov(t) + QUARTER * alpha * Q(t) <= lyapunov(t - 1) + LOSS,
        run.one_step,
        modulo=[is_V, is_V(t - 1)],
    )
    above = x.show("E f(θ_t) ≥ f_inf", lyapunov(t) >= f_inf, x.expect(x.lower_bound(theta, t)), modulo=[is_V])
    begins = x.show("", lyapunov(0) <= E(f_theta(0)), modulo=[is_V(0)])
    gradient = x.show(
        "E‖∇f(θ_t)‖² ≤ 2L(E f(θ_t) − f_inf)",
        sum_i(E(grad_theta(t) ** 2)) <= 2 * L * (lyapunov(t) - f_inf),
        x.expect(run.below_gap),
        modulo=[is_V],
    )
    loses = x.show(
        "loss ≥ 0",
        LOSS >= 0,
        L_positive * sq(alpha * sigma * inv_eps),
        alpha_positive * by_eps * sq(sigma**2 * inv_eps * inv_c),
    )
    one = x.show("", lift(1) >= 0, ONE)
    parts = run.q_definition, run.Q_nonnegative, run.centred
    return Descent(*parts, one_step, above, begins, lambda: gradient, lift(1), one, LOSS, loses)


def rate(x: Script, run: Widened, descent: Descent) -> Line:
    """The radius √(ε²+σ²+𝒢²(1+4/c²)), the sum over t, and the average."""
    x.section("Telescoping")
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    total = x.show(
        "(α/4)ΣQ_t ≤ Δ + T·loss",
        QUARTER * alpha * sum_t(1, Q(t)) <= at.Delta + idx(T) * LOSS,
        x.sum_t(descent.one_step, 1),
        descent.above(T),
        descent.start,
        modulo=[x.telescope(lyapunov(t), 1), is_Delta],
    )
    noise_bounds = x.hypothesis("bounded_variance_start"), variance_in_mean(x)
    moments, gradient = bounded_variance.second_moments(x, descent, is_Delta, lift(0), *noise_bounds)
    into_measure, _ = common.measure_within(x, radius(x, run, descent, moments, gradient), descent.q_definition)
    x.section("(8) The average")
    by_T, by_alpha = adopt.horizon_inverses(x)
    return x.show(
        "the rate",
        x.statement.goal(),
        x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ S ΣQ_t") * x.sign(at.inv_T),
        total * x.sign(at.inv_T) * x.sign(at.inv_alpha) * x.sign(S),
        modulo=[by_T, by_alpha],
    )


def radius(x: Script, run: Widened, descent: Descent, moments: common.Moments, gradient: Line) -> Radius:
    """ŝ² <= z = ε² + ‖v‖₁ + 4‖∇f‖²/c², and E z <= S² for t <= T."""
    v_bound, v_nonnegative = common.second_moment_bound(x, moments)
    growth = bounded_variance.growth_of_level(x, descent, lift(0))
    radicand = eps**2 + sigma**2 + 2 * L * (at.Delta + idx(T) * LOSS) * (1 + 4 * inv_c**2)
    energy = x.expect(x.sum_i(x.show("", grad_theta(t) ** 2 >= 0, sq(grad_theta(t)))))
    level = x.show("", 2 * L * (at.Delta + idx(T) * LOSS) >= 0, gradient(T), energy(T))
    is_S = x.root(S, x.show("", radicand >= 0, level, level * sq(inv_c), sq(eps), sq(sigma)), 2, "S")
    horizon = x.horizon(1)
    bound = x.show(
        "E z ≤ S² for t ≤ T",
        eps**2 + sum_i(E(v(t - 1))) + 4 * inv_c**2 * sum_i(E(d**2)) <= S**2,
        v_bound(t - 1),
        gradient(t - 1) * sq(inv_c),
        growth * horizon,
        growth,
        growth * horizon * sq(inv_c),
        growth * sq(inv_c),
        modulo=[is_S],
    )
    return widened_radius(x, run, v_nonnegative, bound)


def widened_radius(x: Script, run: Widened, v_nonnegative: Line, bound: Line) -> Radius:
    """ŝ² <= z = ε² + ‖v‖₁ + 4‖∇f‖²/c², with the bound on E z."""
    inverse = run.threshold.inverse(t)
    v_before = v_nonnegative(t - 1)
    squares = x.show("", d**2 >= 0, sq(d))
    z = eps**2 + sum_i(v(t - 1)) + 4 * inverse**2 * sum_i(d**2)
    z_nonnegative = x.show("", z >= 0, x.sum_i(v_before), sq(eps), x.sum_i(squares) * sq(inverse))
    square = x.show(
        "ŝ² ≤ ε² + ‖v‖₁ + 4‖∇f‖²/c²",
        widened(t - 1) ** 2 <= z,
        x.hypothesis("normaliser_squared_at_most")(t - 1),
        x.single(v_before),
        x.single(squares) * sq(inverse),
        modulo=[run.is_widened(t - 1)],
    )
    positive = x.sign(inv_widened)(t - 1)
    return Radius(widened(t - 1), W, run.by_widened(t - 1), positive, z, z_nonnegative, square, bound)
