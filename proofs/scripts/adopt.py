"""Theorem 4.1: the proof, step by step, for both starts, and its corollary for α = α0/√T."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from proofs.builder import ONE, Factors, Line, Script, sq
from proofs.scripts import common
from proofs.scripts.common import Constants, Decay, P, Q, SecondMoment, Weight, kappa
from theory import atoms as at
from theory.atoms import L, S, a, alpha, f_inf, f_theta, grad_theta, m, measure, min_measure, theta
from theory.expressions import E, Expression, Symbol, T, Time, idx, lift, sum_i, sum_t, t

phi = at.vector("phi")
f_phi = at.scalar("f_phi")
grad_phi = at.vector("grad_phi")
d = at.vector("d")
HALF = lift(Fraction(1, 2))
RATE = alpha**2 * L * P * (HALF + kappa)  # α²LP(½+κ), the loss per step


def adopt(x: Script) -> Line:
    """T4.1 with m_0 = 0."""
    c, total, into_measure, _ = sum_of_Q(x, first=0)
    return minimum(x, c, total, into_measure)


def adopt_algorithm_1(x: Script) -> Line:
    """T4.1 with Algorithm 1's start m_1 = a_1: the first step is longer by the factor 1 + κ = 1/(1−β1)."""
    c, total, into_measure, _ = sum_of_Q(x, first=1)
    return minimum(x, c, total, into_measure)


def adopt_sqrt_horizon(x: Script) -> Line:
    """T4.1 at α = α0/√T."""
    return minimum_at_sqrt_horizon(x, *sum_of_Q(x, first=0))


@dataclass(frozen=True)
class Begun:
    """What every proof about ADOPT begins with.

    `drift`: E⟨∇f(θ_{t−1}), a_t⟩ >= gain_t. Without clipping gain_t is Q_t, with equality. `jensen`: (∂f)² <= E[g² given F].
    """

    c: Constants
    is_a: Line
    by_s: Line
    drift: Line
    q_definition: Line
    a_bound: Line
    jensen: Line
    gain: Weight = Q
    words: str = "Q_t"


def begin(x: Script) -> Begun:
    """Steps (3) and (5) for the normalised gradient."""
    c = common.constants(x)
    is_a, a_square, by_s = common.normalised_gradient(x, c)
    jensen = common.true_gradient_integrable(x)
    decorrelated, is_Q = common.decorrelation(x, is_a)
    a_bound = common.normalised_gradient_bound(x, c, a_square)
    return Begun(c, is_a, by_s, decorrelated, is_Q, a_bound, jensen)


def sum_of_Q(x: Script, first: int) -> tuple[Constants, Line, Line, Line]:
    """αΣQ_t <= Δ + Tα²LP(½+κ) (and α²LPκ²/2 more if first = 1), measure <= S·Q, and Q >= 0."""
    run = begin(x)
    start, one_step = steps_at_phi(x, run, first)
    into_measure, Q_nonnegative = common.measure_bound(x, run.by_s, run.q_definition)
    return run.c, telescope(x, first, one_step, start, Q_nonnegative, run.c), into_measure, Q_nonnegative


def steps_at_phi(x: Script, run: Begun, first: int) -> tuple[Line, Line]:
    """The bound on E f(φ_first), and αQ_t <= E f(φ_{t−1}) − E f(φ_t) + α²LP(½+κ) for t > first."""
    a_bound = run.a_bound
    is_phi, pathwise, cross = along_phi(x, run.c, a_bound, first)
    if first:
        longer = alpha * (1 + kappa)
        positive = x.show(
            "α(1+κ) ≥ 0",
            longer >= 0,
            x.hypothesis("alpha_positive"),
            x.hypothesis("alpha_positive") * run.c.kappa_nonnegative,
        )
        start = long_first_step(x, run, longer, positive, first_move(x, is_phi))
    else:
        start = start_at_theta(x, is_phi)
    alpha_positive = x.hypothesis("alpha_positive")
    products = cross * alpha_positive, run.drift * alpha_positive, a_bound * x.hypothesis("L_nonnegative") * sq(alpha)
    text = f"α{run.words} ≤ E f(φ_{{t−1}}) − E f(φ_t) + α²LP(½+κ)"
    return start, expected_step(x, first, pathwise, text, alpha * run.gain(t), RATE, *products)


def along_phi(
    x: Script, c: SecondMoment, a_bound: Line, first: int, momentum: Line | None = None
) -> tuple[Line, Line, Line]:
    """φ's definition, its descent on every path, and −E⟨d_{t−1}, a_t⟩ <= LακP; `momentum` as below."""
    m_bound = common.momentum_bound(x, c, a_bound, first, momentum)
    is_step, is_d, is_phi, distance = auxiliary_iterate(x, c, momentum)
    pathwise = descent(x, is_step, is_d)
    radius = L * alpha * kappa
    signs = x.hypothesis("L_nonnegative") * x.hypothesis("alpha_positive") * c.kappa_nonnegative
    nonnegative = x.show("Lακ ≥ 0", radius >= 0, signs)
    d_moment = distance_moment(x, distance, m_bound)(t - 1)
    cross = cross_term(x, c, d_moment, a_bound, radius, nonnegative, "−E⟨d_{t−1}, a_t⟩ ≤ LακP")
    return is_phi, pathwise, cross


def auxiliary_iterate(x: Script, c: Decay, momentum: Line | None = None) -> tuple[Line, Line, Line, Line]:
    """(1) φ_t = θ_t − ακm_t moves by −αa_t; d_t = ∇f(φ_t) − ∇f(θ_t) is at most L·ακ‖m_t‖ in norm.

    `momentum`: m_t = β1 m_{t−1} + (1−β1) a_t, where it is not a hypothesis.
    """
    x.section("(1) The auxiliary iterate")
    is_phi = x.define(phi, theta(t) - alpha * kappa * m(t), "φ_t = θ_t − ακ m_t")
    x.point(phi, f_phi, grad_phi)
    is_step = x.show(
        "φ_t − φ_{t−1} = −α a_t",
        (phi(t) - phi(t - 1)).equals(-alpha * a(t)),
        modulo=[
            is_phi,
            is_phi(t - 1),
            x.hypothesis("iterate_step"),
            momentum or x.hypothesis("momentum_step"),
            c.kappa,
            c.inv_one_minus_beta1,
        ],
    )
    is_d = x.define(d, grad_phi(t) - grad_theta(t), "d_t = ∇f(φ_t) − ∇f(θ_t)")
    lipschitz = x.between("lipschitz", "∇f is L-Lipschitz between θ_t and φ_t", phi(t), theta(t), 0)
    offset = x.show("", ((phi(t) - theta(t)) ** 2).equals(alpha**2 * kappa**2 * m(t) ** 2), modulo=[is_phi])
    square = x.show("", ((grad_phi(t) - grad_theta(t)) ** 2).equals(d(t) ** 2), modulo=[is_d])
    distance = x.show(
        "‖d_t‖² ≤ L²α²κ²‖m_t‖²",
        sum_i(d(t) ** 2) <= L**2 * alpha**2 * kappa**2 * sum_i(m(t) ** 2),
        lipschitz,
        modulo=[x.sum_i(offset), x.sum_i(square)],
    )
    d_squares = x.show("", d(t) ** 2 >= 0, sq(d(t)))
    one_of_all = x.show("", d(t) ** 2 <= L**2 * alpha**2 * kappa**2 * sum_i(m(t) ** 2), x.single(d_squares), distance)
    x.dominated(d(t) ** 2, one_of_all, d_squares, "d² is integrable")
    return is_step, is_d, is_phi, distance


def descent(x: Script, is_step: Line, is_d: Line) -> Line:
    """(2) f(φ_t) <= f(φ_{t−1}) − α⟨∇f(θ_{t−1}) + d_{t−1}, a_t⟩ + (L/2)α²‖a_t‖², on every path."""
    x.section("(2) Descent")
    schema = x.between("descent", "descent at φ", phi(t - 1), phi(t), 1)
    inner = x.show(
        "",
        (grad_phi(t - 1) * (phi(t) - phi(t - 1))).equals(-alpha * (d(t - 1) + grad_theta(t - 1)) * a(t)),
        modulo=[is_step, (is_d(t - 1), grad_phi(t - 1))],
    )
    square = x.show("", ((phi(t) - phi(t - 1)) ** 2).equals(alpha**2 * a(t) ** 2), modulo=[is_step])
    return x.show(
        "f(φ_t) ≤ f(φ_{t−1}) − α⟨∇f(θ_{t−1}) + d_{t−1}, a_t⟩ + (L/2)α²‖a_t‖²",
        f_phi(t)
        <= f_phi(t - 1) - alpha * sum_i((d(t - 1) + grad_theta(t - 1)) * a(t)) + HALF * L * alpha**2 * sum_i(a(t) ** 2),
        schema,
        modulo=[x.sum_i(inner), x.sum_i(square)],
    )


def distance_moment(x: Script, distance: Line, m_bound: Line) -> Line:
    """E‖d_t‖² <= L²α²κ²P, from E‖m_t‖² <= P."""
    return x.show(
        "E‖d_t‖² ≤ L²α²κ²P",
        sum_i(E(d(t) ** 2)) <= L**2 * alpha**2 * kappa**2 * P,
        x.expect(distance),
        m_bound * sq(L * alpha * kappa),
    )


def cross_term(
    x: Script, c: SecondMoment, d_moment: Line, a_bound: Line, radius: Expression, radius_nonnegative: Line, text: str
) -> Line:
    """(4) −E⟨d_{t−1}, a_t⟩ <= rP with r = `radius`, by Cauchy–Schwarz, from E‖d_{t−1}‖² <= r²P (`d_moment`).

    No division by r: β1 = 0 is covered.
    """
    x.section("(4) The cross term")
    scale = radius * P
    zero = x.show("", (d(t - 1) ** 2 * a(t) ** 2 - (d(t - 1) * a(t)) ** 2).equals(0))
    d_square = x.show("", d(t - 1) ** 2 >= 0, sq(d(t - 1)))
    a_square = x.show("", a(t) ** 2 >= 0, sq(a(t)))
    q, z, u = d(t - 1) ** 2, a(t) ** 2, d(t - 1) * a(t)
    pathwise = x.holder("Cauchy–Schwarz over coordinates", q, z, u, 1, 1, [zero, d_square, a_square], over="sum_i")
    sums = x.sum_i(d_square), x.sum_i(a_square)
    over = x.holder("Cauchy–Schwarz over paths", sum_i(q), sum_i(z), sum_i(u), 1, 1, [pathwise, *sums])
    powers = x.show("", (-sum_i(E(u))) ** 2 <= scale**2, over, d_moment * c.P_nonnegative, a_bound * x.expect(sums[0]))
    nonnegative = x.show("", scale >= 0, radius_nonnegative * c.P_nonnegative)
    return x.root_monotone(text, -sum_i(E(u)) <= scale, 2, powers, nonnegative)


def start_at_theta(x: Script, is_phi: Line) -> Line:
    """φ_0 = θ_0, so E f(φ_0) <= E f(θ_0)."""
    x.section("The start")
    same = x.show("φ_0 = θ_0", phi(0).equals(theta(0)), modulo=[is_phi(0), x.hypothesis("momentum_start")])
    schema = x.between("descent", "", theta(0), phi(0), 0)
    inner = x.show("", (grad_theta(0) * (phi(0) - theta(0))).equals(0), modulo=[same])
    square = x.show("", ((phi(0) - theta(0)) ** 2).equals(0), modulo=[same])
    upper = x.show("f(φ_0) ≤ f(θ_0)", f_phi(0) <= f_theta(0), schema, modulo=[x.sum_i(inner), x.sum_i(square)])
    x.hypothesis("start_integrable")
    x.dominated(f_phi(0), upper, x.lower_bound(phi, Time("", 0)), "f(φ_0) is integrable")
    return x.expect(upper, text="E f(φ_0) ≤ E f(θ_0)")


def first_move(x: Script, is_phi: Line) -> Line:
    """φ_1 − θ_0 = −α(1+κ) a_1, for Algorithm 1's start m_1 = a_1."""
    x.section("The start")
    return x.show(
        "φ_1 − θ_0 = −α(1+κ) a_1",
        (phi(1) - theta(0)).equals(-alpha * (1 + kappa) * a(1)),
        modulo=[is_phi(1), x.hypothesis("iterate_step")(1), x.hypothesis("momentum_first")],
    )


def long_first_step(x: Script, run: Begun, length: Expression, nonnegative: Line, is_step: Line) -> Line:
    """E f(φ_1) <= E f(θ_0) − l·gain_1 + (L/2)l²P, from φ_1 − θ_0 = −l a_1 (`is_step`) with l = `length` >= 0."""
    schema = x.between("descent", "descent from θ_0 to φ_1", theta(0), phi(1), 0)
    inner = x.show("", (grad_theta(0) * (phi(1) - theta(0))).equals(-length * grad_theta(0) * a(1)), modulo=[is_step])
    square = x.show("", ((phi(1) - theta(0)) ** 2).equals(length**2 * a(1) ** 2), modulo=[is_step])
    upper = x.show(
        "f(φ_1) ≤ f(θ_0) − l⟨∇f(θ_0), a_1⟩ + (L/2)l²‖a_1‖², where φ_1 = θ_0 − l a_1",
        f_phi(1) <= f_theta(0) - length * sum_i(grad_theta(0) * a(1)) + HALF * L * length**2 * sum_i(a(1) ** 2),
        schema,
        modulo=[x.sum_i(inner), x.sum_i(square)],
    )
    x.hypothesis("start_integrable")
    x.dominated(f_phi(1), upper, x.lower_bound(phi, Time("", 1)), "f(φ_1) is integrable")
    gain = run.gain(Time("", 1))
    return x.show(
        f"E f(φ_1) ≤ E f(θ_0) − l{run.words} + (L/2)l²P at t = 1",
        E(f_phi(1)) <= E(f_theta(0)) - length * gain + HALF * L * length**2 * P,
        x.expect(upper),
        run.a_bound(1) * x.hypothesis("L_nonnegative") * sq(length),
        run.drift(1) * nonnegative,
    )


def expected_step(
    x: Script,
    first: int,
    pathwise: Line,
    text: str,
    gain: Expression,
    loss: Expression,
    *products: Line | Factors,
    modulo: Sequence[Line] = (),
) -> Line:
    """gain <= E f(φ_{t−1}) − E f(φ_t) + loss for t > first, from the step on every path and `products`."""
    x.section("(6) One step in expectation")
    lower = x.lower_bound(phi, t, first + 1)
    x.dominated_induction(f_phi(t), x.integrable_now(f_phi(first)), pathwise, lower, "f(φ_t) is integrable")
    claim = gain <= E(f_phi(t - 1)) - E(f_phi(t)) + loss
    return x.show(text, claim, x.expect(pathwise), *products, modulo=modulo)


def telescope(x: Script, first: int, one_step: Line, start: Line, Q_nonnegative: Line, c: Decay) -> Line:
    """(6) αΣQ_t <= Δ + Tα²LP(½+κ); with Algorithm 1's start α²LPκ²/2 more."""
    x.section("(6) Telescoping")
    below = x.expect(x.lower_bound(phi, t, first), text="E f(φ_T) ≥ f_inf")(T)
    from_ = first + 1
    tail = x.show(
        f"αΣ_{{t≥{from_}}} Q_t ≤ E f(φ_{first}) − f_inf + (T−{first}) α²LP(½+κ)",
        alpha * sum_t(from_, Q(t)) <= E(f_phi(first)) - f_inf + (idx(T) - first) * RATE,
        x.sum_t(one_step, from_),
        below,
        modulo=[x.telescope(E(f_phi(t)), from_)],
    )
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    if not first:
        claim = alpha * sum_t(1, Q(t)) <= at.Delta + idx(T) * RATE
        return x.show("αΣQ_t ≤ Δ + Tα²LP(½+κ)", claim, tail, start, modulo=[is_Delta])
    return x.show(
        "αΣQ_t ≤ Δ + Tα²LP(½+κ) + α²LPκ²/2",
        alpha * sum_t(1, Q(t)) <= at.Delta + idx(T) * RATE + HALF * alpha**2 * L * P * kappa**2,
        tail,
        start,
        Q_nonnegative(1) * x.hypothesis("alpha_positive") * c.kappa_nonnegative,
        modulo=[is_Delta, x.first_term(Q(t), 1)],
    )


def add_up(x: Script, text: str, gain: Expression, spent: Expression, one_step: Line, start: Line) -> tuple[Line, Line]:
    """gain <= Δ + spent, from the sum of one_step over t = 1..T and E f(φ_0) <= E f(θ_0); and Δ's definition."""
    x.section("(6) Telescoping")
    below = x.expect(x.lower_bound(phi, t, 0), text="E f(φ_T) ≥ f_inf")(T)
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    modulo = [x.telescope(E(f_phi(t)), 1), is_Delta]
    return x.show(text, gain <= at.Delta + spent, x.sum_t(one_step, 1), below, start, modulo=modulo), is_Delta


def minimum(x: Script, c: Constants, total: Line, into_measure: Line) -> Line:
    """(8) The minimum is at most the average; divide by αT."""
    x.section("(8) From the sum to the minimum")
    return divide_by_horizon(x, c, total, measure_sum(x, into_measure))


def divide_by_horizon(x: Script, c: Constants, total: Line, sums: Line, factor: Symbol = S) -> Line:
    """The goal, from αΣQ_t <= ... (`total`) and a bound of the measure's sum by `factor`·ΣQ_t (`sums`), by αT."""
    by_T, by_alpha = horizon_inverses(x)
    return x.show(
        "T4.1",
        x.statement.goal(),
        sums * x.sign(at.inv_T),
        total * x.sign(at.inv_T) * x.sign(at.inv_alpha) * x.sign(factor),
        modulo=[by_T, by_alpha, c.kappa, c.P, c.inv_one_minus_beta1],
    )


def horizon_inverses(x: Script) -> tuple[Line, Line]:
    """1/T and 1/α."""
    by_T = x.inverse(at.inv_T, x.show("", idx(T) > 0, x.clock(1)(T), ONE), "1/T")
    return by_T, x.inverse(at.inv_alpha, x.hypothesis("alpha_positive"), "1/α")


def measure_sum(x: Script, into_measure: Line) -> Line:
    """T·min <= ΣM_t^{3/2} <= S·ΣQ_t."""
    least = x.minimum(min_measure, measure(t), "min over t ≤ T is at most each")
    average = x.show("", min_measure <= S * Q(t), least, into_measure)
    return x.sum_t(average, 1, "T · min ≤ S ΣQ_t")


def minimum_at_sqrt_horizon(x: Script, c: Constants, total: Line, into_measure: Line, Q_nonnegative: Line) -> Line:
    """(8) at α√T = α0: divide by T through 1/√T."""
    x.section("(8) From the sum to the minimum, at α = α0/√T")
    is_sqrt, by_sqrt = root_of_horizon(x)
    root = x.sign(at.sqrt_T)
    by_alpha0 = x.inverse(at.inv_alpha0, x.hypothesis("alpha0_positive"), "1/α0")
    product = x.show("", alpha * at.sqrt_T >= 0, x.hypothesis("alpha_positive") * root)
    squares = x.show(
        "", ((alpha * at.sqrt_T) ** 2 - at.alpha0**2).equals(0), modulo=[(is_sqrt, idx(T)), x.hypothesis("step_size")]
    )
    step_size = x.root_monotone("α√T ≥ α0", at.alpha0 <= alpha * at.sqrt_T, 2, squares, product)
    sums = measure_sum(x, into_measure)
    weight = x.sign(at.inv_alpha0) * x.sign(S)
    return x.show(
        "T4.1 at α = α0/√T",
        x.statement.goal(),
        sums * sq(at.inv_sqrt_T),
        total * weight * x.sign(at.inv_sqrt_T),
        step_size * x.sum_t(Q_nonnegative, 1) * weight * sq(at.inv_sqrt_T),
        modulo=[(is_sqrt, idx(T)), squares, by_sqrt, by_alpha0, c.kappa, c.P, c.inv_one_minus_beta1],
    )


def root_of_horizon(x: Script) -> tuple[Line, Line]:
    """√T and 1/√T."""
    by_clock = x.clock(1)(T)
    T_positive = x.show("", idx(T) > 0, by_clock, ONE)
    is_sqrt = x.root(at.sqrt_T, x.weaken(T_positive, ">="), 2, "√T")
    powers = x.show("", at.sqrt_T**2 >= lift(1) ** 2, by_clock, modulo=[is_sqrt])
    at_least_one = x.root_monotone("√T ≥ 1", lift(1) <= at.sqrt_T, 2, powers, x.sign(at.sqrt_T))
    return is_sqrt, x.inverse(at.inv_sqrt_T, x.show("", at.sqrt_T > 0, at_least_one, ONE), "1/√T")
