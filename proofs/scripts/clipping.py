"""Sections for clipped ADOPT: what clipping cuts off, and the bias that it causes.

Throughout u = g/s, a = clip(u, −c, c) and w = u − a, where c is constant or a schedule c_t; b = E[w_t given F_{t−1}].
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from proofs.builder import Line, Script, sq
from proofs.scripts import common
from proofs.scripts.adopt import Begun
from proofs.scripts.common import Constants, Q, inv_s
from theory import atoms as at
from theory.atoms import G, a, g, grad_theta, inv_eps, s, u
from theory.expressions import E, Expression, Symbol, Time, lift, sum_i, t

w = at.vector("w", first=1)
HALF = lift(Fraction(1, 2))
h = E(g(t) ** 2, given=t - 1)  # E[g_i² given F_{t−1}]
b = E(w(t), given=t - 1)  # the bias


@dataclass(frozen=True)
class Threshold:
    """c at step t, 1/c, and the equation c·(1/c) = 1. The sign of 1/c is that of the inverse `name`."""

    value: Expression
    inverse: Expression
    equation: Line
    positive: Line


@dataclass(frozen=True)
class Clipped:
    """Drift of u, w = u − a, a bound K on s b²: s_i b_i² <= K E[g_i² given F], K = G²/(16ε³c²)."""

    c: Constants
    by_s: Line
    q_definition: Line
    a_bound: Line
    drift_of_u: Line
    jensen: Line
    is_w: Line
    bias: Line
    h_sum: Line
    threshold: Threshold

    @property
    def scale(self) -> Expression:
        """G²/(16ε³c²)."""
        return self.threshold.inverse**2 * inv_eps**3 * G**2 / 16


def begin(x: Script, threshold: Threshold) -> Clipped:
    """Everything up to the bias of clipping: s b² <= G² E[g² given F]/(16ε³c²), by coordinate."""
    c = common.constants(x)
    is_u, u_square, by_s = common.normalised_gradient(x, c, u)
    jensen = common.true_gradient_integrable(x)
    decorrelated, is_Q = common.decorrelation(x, is_u, symbol=u)
    is_w, a_square, over, under = cut(x, threshold, u_square)
    a_bound = common.normalised_gradient_bound(x, c, a_square)
    bias, h_sum = bias_of_clipping(x, threshold, is_u, by_s, over, under)
    return Clipped(c, by_s, is_Q, a_bound, decorrelated, jensen, is_w, bias, h_sum, threshold)


def cut(x: Script, threshold: Threshold, u_square: Line) -> tuple[Line, Line, Line, Line]:
    """w = u − a; a² <= g²/ε²; w <= u²/(4c) and −w <= u²/(4c), since (u ∓ 2c)² >= 0 where a is clipped."""
    x.section("Clipping")
    positive = threshold.positive
    high, low = x.hypothesis("clip_at_most"), x.hypothesis("clip_at_least")
    above, below = x.hypothesis("clip_seen_from_above"), x.hypothesis("clip_seen_from_below")
    is_w = x.define(w, u(t) - a(t), "w = u − a, what clipping cuts off")
    smaller = x.show("a² ≤ u²", a(t) ** 2 <= u(t) ** 2, above, below, sq(u(t) - a(t)))
    a_square = x.show("a² ≤ g²/ε²", a(t) ** 2 <= inv_eps**2 * g(t) ** 2, smaller, u_square)
    x.dominated(a(t) ** 2, a_square, x.show("", a(t) ** 2 >= 0, sq(a(t))), "a² is integrable")
    square = x.show("w² ≤ u²", w(t) ** 2 <= u(t) ** 2, above, below, sq(a(t)), modulo=[is_w])
    x.dominated(w(t) ** 2, square, x.show("", w(t) ** 2 >= 0, sq(w(t))), "w² is integrable")
    c, inverse = threshold.value, threshold.inverse
    gap = u(t) - a(t)
    cubed = positive * positive * positive
    inside = cubed * high * low * sq(gap)
    modulo = [threshold.equation, is_w]
    over = x.show(
        "w ≤ u²/(4c)",
        4 * w(t) <= inverse * u(t) ** 2,
        positive * above,
        positive * positive * above * low,
        inside,
        cubed * sq(a(t) * (c - gap)),
        modulo=modulo,
    )
    under = x.show(
        "−w ≤ u²/(4c)",
        -4 * w(t) <= inverse * u(t) ** 2,
        positive * below,
        positive * positive * below * high,
        inside,
        cubed * sq(a(t) * (c + gap)),
        modulo=modulo,
    )
    return is_w, a_square, over, under


def bias_of_clipping(
    x: Script, threshold: Threshold, is_u: Line, by_s: Line, over: Line, under: Line
) -> tuple[Line, Line]:
    """s b² <= G² E[g² given F]/(16ε³c²). Fails for the unconditional A5. Returns this, and E‖g_t‖² <= G²."""
    x.section("The bias of clipping")
    square = x.show("", (u(t) ** 2).equals(g(t) ** 2 * inv_s(t - 1) ** 2), modulo=[is_u])
    bound = threshold.inverse * inv_s(t - 1) ** 2 / 4
    sides = []
    for sign, text, line in ((1, "b ≤ E[g² given F]/(4cs²)", over), (-1, "−b ≤ E[g² given F]/(4cs²)", under)):
        pathwise = x.show("", sign * w(t) <= bound * g(t) ** 2, line, modulo=[square])
        sides.append(x.show(text, sign * b <= bound * h, x.expect(pathwise, t - 1)))
    h_nonnegative = x.expect(x.show("", g(t) ** 2 >= 0, sq(g(t)), start=1), t - 1)
    conditional = "bounded_second_moment_conditional" in x.proof.statement.hypotheses
    A5 = x.hypothesis("bounded_second_moment_conditional" if conditional else "bounded_second_moment")
    peak = x.show(
        "E[g_i² given F]² ≤ G² E[g_i² given F]",
        h**2 <= G**2 * h,
        h_nonnegative * A5,
        h_nonnegative * x.single(h_nonnegative),
    )
    s_positive = x.show("", s(t - 1) >= 0, x.hypothesis("normaliser_at_least_eps")(t - 1), x.hypothesis("eps_positive"))
    positive, gap, by_eps = (line(t - 1) for line in x.bounded_factors["inv_s"])
    squares = x.show(
        "s b² ≤ E[g² given F]²/(16c²s³)",
        s(t - 1) * b**2 <= threshold.inverse**2 / 16 * inv_s(t - 1) ** 3 * h**2,
        s_positive * sides[0] * sides[1],
        modulo=[by_s(t - 1)],
    )
    cube = x.show(
        "", inv_s(t - 1) ** 3 <= inv_eps**3, gap * by_eps * by_eps, gap * by_eps * positive, gap * positive * positive
    )
    factor = threshold.inverse**2 * inv_eps**3 / 16
    bias = x.show(
        "s b² ≤ G² E[g² given F]/(16ε³c²)",
        s(t - 1) * b**2 <= factor * G**2 * h,
        squares,
        cube * sq(threshold.inverse * h),
        peak * sq(threshold.inverse) * by_eps * by_eps * by_eps,
    )
    return bias, common.second_moments(x)[1]


@dataclass(frozen=True)
class Young:
    """⟨∇f, b⟩ <= λΣ(∂f)²/s + Σ s b²/(4λ): λ, 1/(4λ) and, where λ is an atom, its inverse's equation; by default λ = ½."""

    share: Expression = HALF
    price: Expression = HALF
    by_share: Line | None = None


def drift(x: Script, run: Clipped, young: Young | None = None) -> Begun:
    """E⟨∇f(θ_{t−1}), a_t⟩ >= (1−λ)Q_t − G⁴/(64λε³c²), by Young's inequality."""
    x.section("(3) The drift of the clipped direction")
    biased = against_bias(x, run)
    positive = x.bounded_factors["inv_s"][0](t - 1)
    young = young or Young()
    share, price = young.share, young.price
    half = young.by_share is None
    weight = positive if half else positive * x.sign(at.inv_lam)
    loss = "G⁴/(32ε³c²)" if half else "G⁴/(64λε³c²)"
    weighted = x.show(
        f"∂f b ≤ {'½' if half else 'λ'}(∂f)²/s + G² E[g² given F]/({'32' if half else '64λ'}ε³c²)",
        grad_theta(t - 1) * b <= share * grad_theta(t - 1) ** 2 * inv_s(t - 1) + price * run.scale * h,
        weight * sq(2 * share * grad_theta(t - 1) - s(t - 1) * b),
        run.bias if half else run.bias * x.sign(at.inv_lam),
        modulo=[run.by_s(t - 1), *([] if young.by_share is None else [young.by_share])],
    )

    def gain(time: Time) -> Expression:
        inverse = run.threshold.inverse if isinstance(run.threshold.inverse, Symbol) else at.inv_c_t(time)
        return (1 - share) * Q(time) - price * inverse**2 * inv_eps**3 * G**4 / 16

    cube = x.sign(inv_eps) * x.sign(inv_eps) * x.sign(inv_eps) * sq(run.threshold.inverse * G)
    line = x.show(
        f"E⟨∇f(θ_{{t−1}}), a_t⟩ ≥ {'½' if half else '(1−λ)'}Q_t − {loss}",
        sum_i(E(grad_theta(t - 1) * a(t))) >= gain(t),
        x.lift(weighted),
        run.h_sum * cube if half else run.h_sum * cube * x.sign(at.inv_lam),
        modulo=[biased, run.q_definition],
    )
    words = f"({'½' if half else '(1−λ)'}Q_t − {loss})"
    return Begun(run.c, run.is_w, run.by_s, line, run.q_definition, run.a_bound, run.jensen, gain, words)


def against_bias(x: Script, run: Clipped) -> Line:
    """E⟨∇f(θ_{t−1}), a_t⟩ = Q_t − E⟨∇f(θ_{t−1}), b_t⟩."""
    split = x.show("", (grad_theta(t - 1) * a(t)).equals(grad_theta(t - 1) * (u(t) - w(t))), modulo=[run.is_w])
    y = grad_theta(t - 1)
    x.integrable_conditional(y, w(t), t - 1)
    tower = x.tower("condition on F_{t−1}: ∇f(θ_{t−1}) is known there", y, w(t), t - 1, 1)
    inner = x.show("", E(y * a(t)).equals(E(y * u(t)) - E(y * b)), modulo=[x.expect(split), tower])
    claim = sum_i(E(y * a(t))).equals(Q(t) - sum_i(E(y * b)))
    return x.show("E⟨∇f(θ_{t−1}), a_t⟩ = Q_t − E⟨∇f(θ_{t−1}), b_t⟩", claim, modulo=[x.sum_i(inner), run.drift_of_u])


def expected_bias() -> Expression:
    """E⟨∇f(θ_{t−1}), b⟩."""
    return sum_i(E(grad_theta(t - 1) * b))


def bias_squared(x: Script, run: Clipped) -> Line:
    """(E⟨∇f(θ_{t−1}), b⟩)² <= Q_t·G⁴/(16ε³c²), by Cauchy–Schwarz."""
    q, z, product = grad_theta(t - 1) ** 2 * inv_s(t - 1), s(t - 1) * b**2, grad_theta(t - 1) * b
    positive = x.bounded_factors["inv_s"][0](t - 1)
    s_positive = x.show("", s(t - 1) >= 0, x.hypothesis("normaliser_at_least_eps")(t - 1), x.hypothesis("eps_positive"))
    z_nonnegative = x.show("", z >= 0, s_positive * sq(b))
    x.dominated(z, run.bias, z_nonnegative, "s b² is integrable")
    same = x.show("", (q * z - product**2).equals(0), modulo=[run.by_s(t - 1)])
    q_nonnegative = x.show("", q >= 0, positive * sq(grad_theta(t - 1)))
    pathwise = [same, q_nonnegative, z_nonnegative]
    over_coordinates = x.holder("Cauchy–Schwarz over coordinates", q, z, product, 1, 1, pathwise, over="sum_i")
    sums = x.sum_i(q_nonnegative), x.sum_i(z_nonnegative)
    over = x.holder("Cauchy–Schwarz over paths", sum_i(q), sum_i(z), sum_i(product), 1, 1, [over_coordinates, *sums])
    size = x.show(
        "E Σ s b² ≤ G⁴/(16ε³c²)",
        sum_i(E(z)) <= run.scale * G**2,
        x.lift(run.bias),
        run.h_sum * sq(run.threshold.inverse * G) * x.sign(inv_eps) * x.sign(inv_eps) * x.sign(inv_eps),
    )
    return x.show(
        "(E⟨∇f(θ_{t−1}), b⟩)² ≤ Q_t G⁴/(16ε³c²)",
        expected_bias() ** 2 <= run.scale * G**2 * Q(t),
        over,
        size * x.expect(sums[0]),
        modulo=[run.q_definition],
    )
