"""Sections that the proofs of ADOPT's theorems share: inverses, the normalised gradient, moments, the measure.

Each function opens its section, derives facts for one script and returns the lines that later sections rest on. Numbers
such as (3) are the steps of the proof as people write it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from proofs.builder import ONE, Line, Script, sq
from theory import atoms as at
from theory.atoms import G, S, a, beta1, beta2, eps, g, grad_theta, inv_eps, m, measure, norm_4_3, s, v
from theory.expressions import E, Expression, Symbol, Time, lift, sum_i, t

inv_s = at.inv_s
root_z = at.scalar("root_z")
kappa = Symbol("kappa")
P = Symbol("P")
Q = Symbol("Q", timed=True, first=1)
Weight = Callable[[Time], Expression]


class HasInverseOfEps(Protocol):
    @property
    def inv_eps(self) -> Line: ...


class HasP(Protocol):
    @property
    def P(self) -> Line: ...


@dataclass(frozen=True)
class Decay:
    """Defining equations of 1/(1−β1) and κ, and κ's sign."""

    inv_one_minus_beta1: Line
    kappa: Line
    kappa_nonnegative: Line


@dataclass(frozen=True)
class SecondMoment(Decay):
    """Besides: P, the bound on E‖a_t‖², and its sign."""

    P: Line
    P_nonnegative: Line


@dataclass(frozen=True)
class Constants(SecondMoment):
    """Besides: 1/ε."""

    inv_eps: Line


def constants(x: Script) -> Constants:
    x.section("Constants")
    by_eps = x.inverse(inv_eps, x.hypothesis("eps_positive"), "1/ε")
    momentum = decay(x)
    is_P = x.define(P, G**2 * inv_eps**2, "P = G²/ε²")
    P_nonnegative = x.show("P ≥ 0", P >= 0, sq(G * inv_eps), modulo=[is_P])
    return Constants(
        momentum.inv_one_minus_beta1, momentum.kappa, momentum.kappa_nonnegative, is_P, P_nonnegative, by_eps
    )


def decay(x: Script) -> Decay:
    by_beta1 = x.inverse(at.inv_one_minus_beta1, x.hypothesis("beta1_below_one"), "1/(1−β1)")
    is_kappa = x.define(kappa, beta1 * at.inv_one_minus_beta1, "κ = β1/(1−β1)")
    sign = x.hypothesis("beta1_nonnegative") * x.sign(at.inv_one_minus_beta1)
    return Decay(by_beta1, is_kappa, x.show("κ ≥ 0", kappa >= 0, sign, modulo=[is_kappa]))


def normalised_gradient(x: Script, c: HasInverseOfEps, symbol: Symbol = a) -> tuple[Line, Line, Line]:
    """1/s <= 1/ε and a = g/s; a² is integrable. Returns a = g/s, a² <= g²/ε², and the equation of 1/s.

    `symbol` is what the statement calls g/s: a, or u if a is what clipping makes of it.
    """
    is_a, gap, by_s = division(x, c.inv_eps, symbol)
    positive, by_eps = x.sign(inv_s), x.sign(inv_eps)
    x.hypothesis("second_moment_integrable")
    square = x.show(
        f"{symbol}² ≤ g²/ε²",
        symbol(t) ** 2 <= inv_eps**2 * g(t) ** 2,
        gap(t - 1) * by_eps * sq(g(t)),
        gap(t - 1) * positive(t - 1) * sq(g(t)),
        modulo=[is_a],
    )
    nonnegative = x.show("", symbol(t) ** 2 >= 0, sq(symbol(t)))
    x.dominated(symbol(t) ** 2, square, nonnegative, f"{symbol}² is integrable")
    return is_a, square, by_s


def division(x: Script, inverse_of_eps: Line, symbol: Symbol = a) -> tuple[Line, Line, Line]:
    """1/s <= 1/ε and a = g/s. Returns a = g/s, the bound on 1/s, and the equation of 1/s."""
    x.section("The normalised gradient")
    at_least_eps = x.hypothesis("normaliser_at_least_eps")
    s_positive = x.show("s > 0", s(t) > 0, at_least_eps, x.hypothesis("eps_positive"))
    by_s = x.inverse(inv_s, s_positive, "1/s")
    positive, by_eps = x.sign(inv_s), x.sign(inv_eps)
    gap = x.show("1/s ≤ 1/ε", inv_s(t) <= inv_eps, positive * by_eps * at_least_eps, modulo=[by_s, inverse_of_eps])
    x.bounded_factors["inv_s"] = (positive, gap, by_eps)
    quotient = x.hypothesis("normalised_gradient_step")
    claim = symbol(t).equals(g(t) * inv_s(t - 1))
    return x.show(f"{symbol}_t = g_t/s_{{t−1}}", claim, modulo=[quotient, by_s(t - 1)]), gap, by_s


def conditional_jensen(x: Script) -> Line:
    """E[g_t given F_{t−1}]² <= E[g_t² given F_{t−1}], and the right-hand side is integrable."""
    zero = x.show("", (g(t) ** 2 - g(t) ** 2).equals(0))
    square = x.show("", g(t) ** 2 >= 0, sq(g(t)), start=1)
    one = x.show("", lift(1) >= 0, ONE)
    jensen = x.holder("conditional Jensen", g(t) ** 2, 1, g(t), 1, 1, [zero, square, one], given=t - 1)
    x.integrable_conditional(1, g(t) ** 2, t - 1)
    return jensen


def true_gradient_integrable(x: Script) -> Line:
    """∇f(θ_t)² is integrable: conditional Jensen, since E[g_t given F_{t−1}] = ∇f(θ_{t−1}). Returns this bound."""
    x.section("The true gradient is square integrable")
    jensen = conditional_jensen(x)
    upper = x.show(
        "(∂f(θ_{t−1}))² ≤ E[g_t² given F_{t−1}]",
        grad_theta(t - 1) ** 2 <= E(g(t) ** 2, given=t - 1),
        jensen,
        modulo=[x.hypothesis("unbiased")],
    )
    lower = x.show("", grad_theta(t - 1) ** 2 >= 0, sq(grad_theta(t - 1)))
    x.dominated(grad_theta(t - 1) ** 2, upper, lower, "(∂f)² is integrable")
    return upper


def inverse_normaliser(time: Time) -> Expression:
    """1/s_t: the weight of the gradient in ADOPT's direction a_{t+1}. SGD's is 1."""
    return inv_s(time)


def decorrelation(x: Script, is_a: Line, weight: Weight = inverse_normaliser, symbol: Symbol = a) -> tuple[Line, Line]:
    """(3) E⟨∇f(θ_{t−1}), a_t⟩ = Q_t: s_{t−1} is F_{t−1}-measurable. Adam fails here. Returns it, and Q's definition.

    `symbol` as in `normalised_gradient`.
    """
    x.section("(3) Decorrelation")
    words = "∇f/s", f"E[∂f(θ_{{t−1}}) {symbol}_t] = E[(∂f(θ_{{t−1}}))²/s_{{t−1}}]"
    inner = conditioned(x, is_a, grad_theta(t - 1), weight, words, symbol)
    q = sum_i(E(grad_theta(t - 1) ** 2 * weight(t - 1)))
    is_Q = x.define(Q, q, "Q_t = E Σ (∂_i f(θ_{t−1}))²/s_{t−1,i}" if weight is inverse_normaliser else "Q_t")
    claim = sum_i(E(grad_theta(t - 1) * symbol(t))).equals(Q(t))
    return x.show(f"E⟨∇f(θ_{{t−1}}), {symbol}_t⟩ = Q_t", claim, modulo=[x.sum_i(inner), is_Q]), is_Q


def conditioned(
    x: Script, is_a: Line, known: Expression, weight: Weight, words: tuple[str, str] = ("", ""), symbol: Symbol = a
) -> Line:
    """E[y a_t] = E[y w_{t−1} ∂f(θ_{t−1})] for a coordinate y known at t−1, where a_t = w_{t−1} g_t."""
    y = known * weight(t - 1)
    mean = x.show(
        f"E[g_t given F_{{t−1}}] = ∇f(θ_{{t−1}}), times {words[0]}" if words[0] else "",
        (y * E(g(t), given=t - 1)).equals(y * grad_theta(t - 1)),
        modulo=[x.hypothesis("unbiased")],
    )
    x.integrable_conditional(y, g(t), t - 1)
    tower = x.tower("condition on F_{t−1}: the weight is known there", y, g(t), t - 1, 1)
    product = x.show("", (known * symbol(t)).equals(y * g(t)), modulo=[is_a])
    claim = E(known * symbol(t)).equals(E(y * grad_theta(t - 1)))
    return x.show(words[1], claim, modulo=[x.expect(product), tower, x.expect(mean)])


def normalised_gradient_bound(x: Script, c: HasP, square: Line) -> Line:
    """(5) E‖a_t‖² <= P, from a² <= g²/ε² and A5."""
    x.section("(5) Second moments")
    summed = x.lift(square)
    bound = second_moments(x)[1] * sq(inv_eps)
    return x.show("E‖a_t‖² ≤ P", sum_i(E(a(t) ** 2)) <= P, summed, bound, modulo=[c.P])


def second_moments(x: Script) -> tuple[Line, Line]:
    """E‖g_0‖² <= G², and E‖g_t‖² <= G² for t >= 1, from the statement's reading of A5."""
    if "bounded_second_moment" in x.proof.statement.hypotheses:
        both = x.hypothesis("bounded_second_moment")
        return both(0), both
    conditional = x.hypothesis("bounded_second_moment_conditional")
    return x.hypothesis("bounded_second_moment_start"), x.expect(conditional, text="E‖g_t‖² ≤ G²")


def momentum_bound(x: Script, c: SecondMoment, a_bound: Line, first: int, step: Line | None = None) -> Line:
    """(5) E‖m_t‖² <= P for all t >= first, by convexity and induction; `first` is 0, or 1 for Algorithm 1's start.

    `step`: m_t = β1 m_{t−1} + (1−β1) a_t, where it is not a hypothesis.
    """
    step = step or x.hypothesis("momentum_step")
    below_one, nonnegative = x.hypothesis("beta1_below_one"), x.hypothesis("beta1_nonnegative")
    convex = x.show(
        "m_t² ≤ β1 m_{t−1}² + (1−β1) a_t²",
        m(t) ** 2 <= beta1 * m(t - 1) ** 2 + (1 - beta1) * a(t) ** 2,
        nonnegative * below_one * sq(m(t - 1) - a(t)),
        modulo=[step],
    )
    square = x.show("", m(t) ** 2 >= 0, sq(m(t)))
    start_is = x.hypothesis("momentum_first" if first else "momentum_start")
    value = a(1) ** 2 if first else lift(0)
    at_first = x.show("", (m(first) ** 2).equals(value), modulo=[start_is])
    square_first = x.show("", m(first) ** 2 >= 0, sq(m(first)))
    at_most = x.show("", m(first) ** 2 <= value, modulo=[start_is])
    base = x.dominated(m(first) ** 2, at_most, square_first)
    x.dominated_induction(m(t) ** 2, base, convex, square, "m² is integrable")
    moment_first = x.lift(at_first)
    at_start = x.show(
        f"E‖m_{first}‖² ≤ P",
        sum_i(E(m(first) ** 2)) <= P,
        *([a_bound(1)] if first else [c.P_nonnegative]),
        modulo=[moment_first],
    )
    recursion = x.show(
        "P − E‖m_t‖² ≥ β1 (P − E‖m_{t−1}‖²)",
        P - sum_i(E(m(t) ** 2)) >= beta1 * (P - sum_i(E(m(t - 1) ** 2))),
        x.lift(convex),
        below_one * a_bound,
    )
    return x.induction("E‖m_t‖² ≤ P", sum_i(E(m(t) ** 2)) <= P, at_start, recursion, nonnegative)


@dataclass(frozen=True)
class Moments:
    """A bound h on E‖g_t‖² that grows with t or is constant: E‖g_0‖² <= h_0, E‖g_t‖² <= h_t for t >= 1, h_{t−1} <= h_t.

    `growth` is None if h is constant.
    """

    level: Callable[[Time], Expression]
    words: str
    start: Line
    step: Line
    growth: Line | None


def moments_of_A5(x: Script) -> Moments:
    first, later = second_moments(x)
    return Moments(lambda time: G**2, "G²", first, later, None)


def second_moment_bound(x: Script, moments: Moments | None = None) -> tuple[Line, Line]:
    """E‖v_t‖_1 <= h_t and v_t >= 0, by induction; v is integrable. Returns both. By default h_t = G²: A5."""
    x.section("(7) The measure")
    moments = moments or moments_of_A5(x)
    level, previous = moments.level(t), moments.level(t - 1)
    start, step = x.hypothesis("second_moment_start"), x.hypothesis("second_moment_step")
    nonnegative, at_most_one = x.hypothesis("beta2_nonnegative"), x.hypothesis("beta2_at_most_one")
    v_start = x.show("", v(0) >= 0, sq(g(0)), modulo=[start])
    v_step = x.show("", v(t) >= beta2 * v(t - 1), at_most_one * sq(g(t)), modulo=[step])
    v_nonnegative = x.induction("v_t ≥ 0", v(t) >= 0, v_start, v_step, nonnegative)
    upper_first = x.show("", (g(0) ** 2 - v(0)).equals(0), modulo=[start])
    base = x.dominated(v(0), upper_first, v_nonnegative(0))
    update = beta2 * v(t - 1) + (1 - beta2) * g(t) ** 2
    upper = x.show("", (update - v(t)).equals(0), modulo=[step])
    x.dominated_induction(v(t), base, upper, v_nonnegative, "v is integrable")
    at_start = x.show("", sum_i(E(v(0))) <= moments.level(Time("", 0)), moments.start, modulo=[x.lift(upper_first)])
    recursion = x.show(
        "",
        level - sum_i(E(v(t))) >= beta2 * (previous - sum_i(E(v(t - 1)))),
        at_most_one * moments.step,
        *([] if moments.growth is None else [nonnegative * moments.growth]),
        modulo=[x.lift(upper)],
    )
    bound = x.induction(f"E‖v_t‖₁ ≤ {moments.words}", sum_i(E(v(t))) <= level, at_start, recursion, nonnegative)
    return bound, v_nonnegative


def radius_bound(x: Script) -> tuple[Line, Line]:
    """ε² + E‖v_{t−1}‖₁ <= S² = G² + ε², and v_t >= 0."""
    v_bound, v_nonnegative = second_moment_bound(x)
    is_S = x.root(S, x.show("", G**2 + eps**2 >= 0, sq(G), sq(eps)), 2, "S = √(G² + ε²)")
    claim = eps**2 + sum_i(E(v(t - 1))) <= S**2
    return x.show("ε² + E‖v_{t−1}‖₁ ≤ S²", claim, v_bound(t - 1), modulo=[is_S]), v_nonnegative


@dataclass(frozen=True)
class Radius:
    """What turns Q_t = E Σ w(∂_i f(θ_{t−1}))² into the measure: s·w = 1, w > 0, s² <= z, E z <= S², at t−1."""

    scale: Expression
    weight: Expression
    inverse: Line
    positive: Line
    z: Expression
    z_nonnegative: Line
    square: Line
    bound: Line


def measure_bound(
    x: Script, by_s: Line, is_Q: Line, radius: tuple[Line, Line] | None = None, ceiling: Symbol = S
) -> tuple[Line, Line]:
    """(7) (E‖∇f(θ_{t−1})‖^{4/3})^{3/2} <= S·Q_t, by Hölder's inequality with exponents 3/2 and 3; and Q_t >= 0.

    `radius`: ε² + E‖v_{t−1}‖₁ <= S² and v_t >= 0, where they do not come from A5; `ceiling`: S, which may be timed.
    """
    z_bound, v_nonnegative = radius or radius_bound(x)
    z = eps**2 + sum_i(v(t - 1))
    v_before = v_nonnegative(t - 1)
    z_nonnegative = x.show("", z >= 0, x.sum_i(v_before), sq(eps))
    square = x.show("", s(t - 1) ** 2 <= z, x.hypothesis("normaliser_squared_at_most")(t - 1), x.single(v_before))
    positive = x.sign(inv_s)(t - 1)
    run = Radius(s(t - 1), inv_s(t - 1), by_s(t - 1), positive, z, z_nonnegative, square, z_bound)
    return measure_within(x, run, is_Q, ceiling)


def measure_within(x: Script, run: Radius, is_Q: Line, ceiling: Symbol = S) -> tuple[Line, Line]:
    """(E‖∇f(θ_{t−1})‖^{4/3})^{3/2} <= S·Q_t, and Q_t >= 0; `ceiling` is S."""
    top = ceiling(t) if ceiling.timed else ceiling
    z, z_nonnegative = run.z, run.z_nonnegative
    q = sum_i(grad_theta(t - 1) ** 2 * run.weight)
    square = sum_i(grad_theta(t - 1) ** 2)
    is_root = x.root(root_z, z_nonnegative, 2, "r_t = √(ε² + ‖v_{t−1}‖₁)")
    s_squared = x.show("", run.scale**2 <= root_z(t) ** 2, run.square, modulo=[is_root])
    s_bound = x.root_monotone("s_{t−1} ≤ r_t", run.scale <= root_z(t), 2, s_squared, x.sign(root_z))
    coordinate = x.show(
        "",
        grad_theta(t - 1) ** 2 <= root_z(t) * grad_theta(t - 1) ** 2 * run.weight,
        s_bound * run.positive * sq(grad_theta(t - 1)),
        modulo=[run.inverse],
    )
    norm_bound = x.sum_i(coordinate, "‖∇f‖² ≤ r Σ (∂_i f)²/s_i")
    squares = x.show("", grad_theta(t - 1) ** 2 >= 0, sq(grad_theta(t - 1)))
    square_nonnegative = x.sum_i(squares)
    q_nonnegative = x.sum_i(x.show("", grad_theta(t - 1) ** 2 * run.weight >= 0, squares * run.positive))
    power = x.show("", square**2 >= 0, sq(square))
    is_norm = x.root(norm_4_3, power, 3, "‖∇f‖^{4/3}, by its cube (‖∇f‖²)²")
    product = x.show(
        "‖∇f‖⁴ ≤ (Σ (∂_i f)²/s_i)² (ε² + ‖v‖₁)",
        norm_4_3(t) ** 3 <= q**2 * z,
        norm_bound * square_nonnegative,
        norm_bound * (x.sign(root_z) * q_nonnegative),
        modulo=[is_norm, is_root],
    )
    young = x.show(
        "",
        (2 * square + 1) ** 3 >= 27 * norm_4_3(t) ** 3,
        square_nonnegative * sq(square - 1),
        sq(square - 1),
        modulo=[is_norm],
    )
    larger = x.show("", 2 * square + 1 >= 0, square_nonnegative, ONE)
    upper = x.root_monotone("‖∇f‖^{4/3} ≤ (2‖∇f‖² + 1)/3", 3 * norm_4_3(t) <= 2 * square + 1, 3, young, larger)
    third = x.show("", norm_4_3(t) <= 2 * square / 3 + lift(1) / 3, upper)
    x.dominated(norm_4_3(t), third, x.sign(norm_4_3), "‖∇f‖^{4/3} is integrable")
    holder = x.holder("Hölder", q, z, norm_4_3(t), 2, 1, [product, q_nonnegative, z_nonnegative])
    expected = x.expect(x.sign(norm_4_3))
    cube = x.show("", E(norm_4_3(t)) ** 3 >= 0, expected * expected * expected)
    is_measure = x.root(measure, cube, 2, "the measure, by its square (E‖∇f‖^{4/3})³")
    powers = x.show("", measure(t) ** 2 <= (top * Q(t)) ** 2, holder, run.bound * sq(Q(t)), modulo=[is_measure, is_Q])
    Q_nonnegative = x.show("", Q(t) >= 0, x.expect(q_nonnegative), modulo=[is_Q])
    SQ = x.show("", top * Q(t) >= 0, x.sign(ceiling) * Q_nonnegative)
    claim = measure(t) <= top * Q(t)
    return x.root_monotone("(E‖∇f(θ_{t−1})‖^{4/3})^{3/2} ≤ S Q_t", claim, 2, powers, SQ), Q_nonnegative
