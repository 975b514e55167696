"""N7: the Polyak–Łojasiewicz inequality turns gradients into function values, and contracts the gap."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import adopt, common, without_momentum
from proofs.scripts.common import Q, inv_s
from theory import atoms as at
from theory.atoms import (
    G,
    L,
    S,
    a,
    alpha_t,
    beta2,
    eps,
    f_inf,
    f_theta,
    g,
    gap_2_3,
    grad_theta,
    inv_eps,
    inv_mu,
    measure,
    measure_gap,
    mu,
    norm_4_3,
    s,
    s_max,
    theta,
    v,
)
from theory.expressions import E, Expression, Symbol, T, idx, lift, sum_i, t

HALF = lift(Fraction(1, 2))
root_mu = Symbol("root_mu")
inv_clock = Symbol("inv_clock", timed=True)
inv_normaliser_sum = Symbol("inv_normaliser_sum", timed=True, coordinate=True, random=True)


def adopt_polyak_lojasiewicz(x: Script) -> Line:
    """N7, first part: (E(f−f_inf)^{2/3})^{3/2} <= (E‖∇f‖^{4/3})^{3/2}/(2μ), then Theorem 4.1."""
    c, total, into_measure, _ = adopt.sum_of_Q(x, first=0)
    by_mu = x.inverse(inv_mu, x.hypothesis("mu_positive"), "1/μ")
    below = gap_below_gradient(x, by_mu)
    x.section("(8) The average")
    by_T, by_alpha = adopt.horizon_inverses(x)
    half = x.sign(inv_mu) * x.sign(at.inv_T)
    return x.show(
        "the rate",
        x.statement.goal(),
        x.sum_t(below, 1, "summed over t ≤ T") * x.sign(at.inv_T),
        x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ S ΣQ_t") * half,
        total * half * x.sign(at.inv_alpha) * x.sign(S),
        modulo=[by_T, by_alpha, c.kappa, c.P, c.inv_one_minus_beta1],
    )


def gap_below_gradient(x: Script, by_mu: Line) -> Line:
    """(E(f(θ_{t−1})−f_inf)^{2/3})^{3/2} <= (E‖∇f(θ_{t−1})‖^{4/3})^{3/2}/(2μ)."""
    x.section("From gradients to function values")
    gap = f_theta(t - 1) - f_inf
    is_gap = x.root(gap_2_3, x.show("", gap**2 >= 0, sq(gap), start=1), 3, "(f − f_inf)^{2/3}, by its cube")
    is_root = x.root(root_mu, x.show("", (HALF * inv_mu) ** 2 >= 0, sq(inv_mu)), 3, "(2μ)^{−2/3}, by its cube")
    inequality = x.hypothesis("polyak_lojasiewicz")(t - 1)
    above = x.lower_bound(theta, t)(t - 1)
    cubes = x.show(
        "",
        gap_2_3(t) ** 3 <= (root_mu * norm_4_3(t)) ** 3,
        inequality * above * x.sign(inv_mu),
        inequality * x.sum_i(x.show("", grad_theta(t - 1) ** 2 >= 0, sq(grad_theta(t - 1)))) * sq(inv_mu),
        modulo=[is_gap, is_root, x.definition(norm_4_3), by_mu],
    )
    scaled = x.show("", root_mu * norm_4_3(t) >= 0, x.sign(root_mu) * x.sign(norm_4_3))
    pathwise = x.root_monotone(
        "(f − f_inf)^{2/3} ≤ (2μ)^{−2/3}‖∇f‖^{4/3}", gap_2_3(t) <= root_mu * norm_4_3(t), 3, cubes, scaled
    )
    x.dominated(gap_2_3(t), pathwise, x.sign(gap_2_3), "(f − f_inf)^{2/3} is integrable")
    means, expected = x.expect(pathwise), x.expect(x.sign(gap_2_3))
    norm = x.expect(x.sign(norm_4_3))
    cube = x.show("", E(gap_2_3(t)) ** 3 >= 0, expected * expected * expected)
    is_measure = x.root(measure_gap, cube, 2, "the measure, by its square (E(f − f_inf)^{2/3})³")
    scale = x.sign(root_mu) * norm
    powers = x.show(
        "",
        measure_gap(t) ** 2 <= (HALF * inv_mu * measure(t)) ** 2,
        means * expected * expected,
        means * expected * scale,
        means * scale * scale,
        modulo=[is_measure, is_root, x.definition(measure)],
    )
    larger = x.show("", HALF * inv_mu * measure(t) >= 0, x.sign(inv_mu) * x.sign(measure))
    claim = measure_gap(t) <= HALF * inv_mu * measure(t)
    return x.root_monotone("(E(f − f_inf)^{2/3})^{3/2} ≤ (E‖∇f‖^{4/3})^{3/2}/(2μ)", claim, 2, powers, larger)


def step_sizes(x: Script, by_mu: Line, is_S: Line) -> tuple[Line, Line]:
    """α_t >= S/(μ(t+1)), and α_t² <= S²/(μ²(t+1)²): the step size is given by its square."""
    by_clock = x.inverse(inv_clock, x.show("", idx(t) + 1 > 0, x.clock(0), ONE), "1/(t+1)")
    size, positive = x.hypothesis("step_size"), x.hypothesis("step_size_positive")
    product = alpha_t(t) * mu * (idx(t) + 1)
    powers = x.show("", product**2 >= S**2, modulo=[size, is_S])
    larger = x.show(
        "", product >= 0, positive * x.hypothesis("mu_positive") * x.show("", idx(t) + 1 >= 0, x.clock(0), ONE)
    )
    claim = S <= product  # noqa: SIM300
    at_least = x.root_monotone("α_t μ(t+1) ≥ S", claim, 2, powers, larger)
    scale = x.sign(inv_mu) * x.sign(inv_clock)
    lower = x.show(
        "α_t ≥ S/(μ(t+1))", S * inv_mu * inv_clock(t) <= alpha_t(t), at_least * scale, modulo=[by_mu, by_clock]
    )
    at_most = x.show("", product**2 <= G**2 + eps**2, modulo=[size])
    claim = alpha_t(t) ** 2 <= (G**2 + eps**2) * inv_mu**2 * inv_clock(t) ** 2
    return lower, x.show("α_t² ≤ S²/(μ(t+1))²", claim, at_most * sq(inv_mu * inv_clock(t)), modulo=[by_mu, by_clock])


def exact_step_sizes(x: Script, by_mu: Line) -> tuple[Line, Line]:
    """α_t = s_max/(μ(t+1)), and its square."""
    by_clock = x.inverse(inv_clock, x.show("", idx(t) + 1 > 0, x.clock(0), ONE), "1/(t+1)")
    value = s_max * inv_mu * inv_clock(t)
    size = x.show("α_t = s_max/(μ(t+1))", alpha_t(t).equals(value), modulo=[x.hypothesis("step_size"), by_mu, by_clock])
    return size, x.show("", alpha_t(t) ** 2 <= value**2, modulo=[size])


def bounded_squares(x: Script) -> None:
    """g_i² <= G², so g² is integrable."""
    x.section("Bounded gradients")
    square = x.show("", g(t) ** 2 >= 0, sq(g(t)))
    bound = x.show("g_i² ≤ G²", g(t) ** 2 <= G**2, x.single(square), x.hypothesis("bounded_gradient"))
    x.dominated(g(t) ** 2, bound, square, "g² is integrable")


def direction_square(x: Script, is_a: Line, gap: Line) -> Line:
    """E‖a_t‖² <= G²/ε²; a² is integrable."""
    x.section("The direction's second moment")
    square = x.show(
        "a² ≤ g²/ε²",
        a(t) ** 2 <= inv_eps**2 * g(t) ** 2,
        gap(t - 1) * x.sign(inv_eps) * sq(g(t)),
        gap(t - 1) * x.sign(inv_s)(t - 1) * sq(g(t)),
        modulo=[is_a],
    )
    x.dominated(a(t) ** 2, square, x.show("", a(t) ** 2 >= 0, sq(a(t))), "a² is integrable")
    summed = x.show(
        "", sum_i(a(t) ** 2) <= G**2 * inv_eps**2, x.sum_i(square), x.hypothesis("bounded_gradient")(t) * sq(inv_eps)
    )
    return x.expect(summed, text="E‖a_t‖² ≤ G²/ε²")


def second_moment_bounded(x: Script) -> Line:
    """v_t <= G² on every path."""
    x.section("Contraction")
    start, step = x.hypothesis("second_moment_start"), x.hypothesis("second_moment_step")
    nonnegative, at_most_one = x.hypothesis("beta2_nonnegative"), x.hypothesis("beta2_at_most_one")
    bound = x.show(
        "", g(t) ** 2 <= G**2, x.single(x.show("", g(t) ** 2 >= 0, sq(g(t)))), x.hypothesis("bounded_gradient")
    )
    base = x.show("", v(0) <= G**2, bound(0), modulo=[start])
    recursion = x.show("", G**2 - v(t) >= beta2 * (G**2 - v(t - 1)), at_most_one * bound, modulo=[step])
    return x.induction("v_t ≤ G²", v(t) <= G**2, base, recursion, nonnegative)


def at_most_S(x: Script, below: Line) -> Line:
    """s_t <= S from s² <= v + ε²."""
    squares = x.show("", s(t) ** 2 <= S**2, x.hypothesis("normaliser_squared_at_most"), below, modulo=[x.definition(S)])
    return x.root_monotone("s_t ≤ S", s(t) <= S, 2, squares, x.sign(S))


def at_most_s_max(x: Script, below: Line) -> Line:
    """s_t <= s_max from s = ε or s² = v: (s − ε)(s_max − s) >= 0, so s is between ε and s_max."""
    above_G, above_eps = x.hypothesis("largest_at_least_G"), x.hypothesis("largest_at_least_eps")
    at_least_eps = x.hypothesis("normaliser_at_least_eps")
    squares = x.show(
        "v_t ≤ s_max²", v(t) <= s_max**2, below, above_G * above_G, above_G * x.hypothesis("G_nonnegative")
    )
    positive = x.show("", s_max + s(t) > 0, x.hypothesis("eps_positive"), above_eps, at_least_eps)
    by_sum = x.inverse(inv_normaliser_sum, positive, "1/(s_max + s)")
    between = x.show(
        "(s − ε)(s_max − s) ≥ 0",
        (s(t) - eps) * (s_max - s(t)) >= 0,
        squares * at_least_eps * x.sign(inv_normaliser_sum),
        modulo=[x.hypothesis("normaliser_attained"), by_sum],
    )
    middle, radius = HALF * (s_max + eps), HALF * (s_max - eps)
    powers = x.show("", (s(t) - middle) ** 2 <= radius**2, between)
    near = x.root_monotone("", s(t) - middle <= radius, 2, powers, x.show("", radius >= 0, above_eps))
    return x.show("s_t ≤ s_max", s(t) <= s_max, near)


def contraction(x: Script, by_s: Line, is_Q: Line, most: Symbol, s_bound: Line) -> tuple[Line, Line]:
    """2μ(E f(θ_{t−1}) − f_inf) <= E‖∇f(θ_{t−1})‖² <= S Q_t, since s <= S (`most`) on every path; and Q_t >= 0."""
    gradient = x.show("", grad_theta(t - 1) ** 2 >= 0, sq(grad_theta(t - 1)))
    weighted = x.show(
        "",
        grad_theta(t - 1) ** 2 <= most * grad_theta(t - 1) ** 2 * inv_s(t - 1),
        s_bound(t - 1) * x.sign(inv_s)(t - 1) * sq(grad_theta(t - 1)),
        modulo=[by_s(t - 1)],
    )
    Q_nonnegative = x.show(
        "Q_t ≥ 0",
        Q(t) >= 0,
        x.lift(x.show("", grad_theta(t - 1) ** 2 * inv_s(t - 1) >= 0, gradient * x.sign(inv_s)(t - 1))),
        modulo=[is_Q],
    )
    return x.show(
        f"2μ(E f(θ_{{t−1}}) − f_inf) ≤ {most} Q_t",
        2 * mu * (E(f_theta(t - 1)) - f_inf) <= most * Q(t),
        x.expect(x.hypothesis("polyak_lojasiewicz")(t - 1)),
        x.lift(weighted),
        modulo=[is_Q],
    ), Q_nonnegative


def adopt_polyak_lojasiewicz_last_iterate(x: Script) -> Line:
    """N7, second part, for every normaliser with ε <= s and s² <= v + ε²."""
    by_eps, by_mu = constants(x)
    is_S = x.root(S, x.show("", G**2 + eps**2 >= 0, sq(G), sq(eps)), 2, "S = √(G² + ε²)")
    return last_iterate(x, by_eps, by_mu, S, G**2 + eps**2, step_sizes(x, by_mu, is_S), at_most_S)


def adopt_polyak_lojasiewicz_last_iterate_max(x: Script) -> Line:
    """N7, second part, for s = max(√v, ε)."""
    by_eps, by_mu = constants(x)
    return last_iterate(x, by_eps, by_mu, s_max, s_max**2, exact_step_sizes(x, by_mu), at_most_s_max)


def constants(x: Script) -> tuple[Line, Line]:
    x.section("Constants")
    by_eps = x.inverse(inv_eps, x.hypothesis("eps_positive"), "1/ε")
    return by_eps, x.inverse(inv_mu, x.hypothesis("mu_positive"), "1/μ")


def last_iterate(
    x: Script,
    by_eps: Line,
    by_mu: Line,
    most: Symbol,
    most_squared: Expression,
    steps: tuple[Line, Line],
    s_bound: Callable[[Script, Line], Line],
) -> Line:
    """(t+1)(E f(θ_t) − f_inf) <= K by induction, K = LG²S²/(2μ²ε²), S = `most` a bound of s, S² = `most_squared`.

    `steps` are α_t >= S/(μ(t+1)) and α_t² <= S²/(μ(t+1))²; `s_bound` makes s_t <= S of v_t <= G².
    """
    at_least, square = steps
    bounded_squares(x)
    is_a, gap, by_s = common.division(x, by_eps)
    a_bound = direction_square(x, is_a, gap)
    common.true_gradient_integrable(x)
    decorrelated, is_Q = common.decorrelation(x, is_a)
    pathwise = without_momentum.descent(x, a(t), alpha_t(t), without_momentum.moves_by_a(x, alpha_t(t)))
    start, above = x.hypothesis("start_integrable"), x.lower_bound(theta, t, 1)
    x.dominated_induction(f_theta(t), start, pathwise, above, "f(θ_t) is integrable")
    contracting, Q_nonnegative = contraction(x, by_s, is_Q, most, s_bound(x, second_moment_bounded(x)))
    x.section("The last iterate")
    gap_now, gap_before = E(f_theta(t)) - f_inf, E(f_theta(t - 1)) - f_inf
    K = HALF * L * G**2 * most_squared * inv_eps**2 * inv_mu**2
    scale = x.sign(inv_mu) * x.sign(inv_clock)
    L_nonnegative = x.hypothesis("L_nonnegative")
    one_step = x.show(
        "Γ_t ≤ (1 − 2/(t+1))Γ_{t−1} + K/(t+1)², Γ_t = E f(θ_t) − f_inf",
        gap_now <= (1 - 2 * inv_clock(t)) * gap_before + K * inv_clock(t) ** 2,
        x.expect(pathwise),
        at_least * Q_nonnegative,
        contracting * scale,
        a_bound * L_nonnegative * sq(alpha_t(t)),
        square * L_nonnegative * sq(G * inv_eps),
        modulo=[decorrelated, by_mu],
    )
    roots = (most,) if most is s_max else (G, eps)
    K_nonnegative = x.show("K ≥ 0", K >= 0, *(L_nonnegative * sq(G * r * inv_eps * inv_mu) for r in roots))
    return by_induction(x, one_step, K, K_nonnegative)


def by_induction(x: Script, one_step: Line, K: Expression, K_nonnegative: Line) -> Line:
    """(t+1)Γ_t <= K for t >= 1; the step loses nothing but 1/t − 1/(t+1) > 0."""
    by_clock = x.definition(inv_clock)
    gap = E(f_theta(t)) - f_inf
    base = x.show("2Γ_1 ≤ K", 2 * (E(f_theta(1)) - f_inf) <= K, one_step(1), K_nonnegative, modulo=[by_clock(1)])
    before = x.sign(inv_clock)(t - 1)
    ratio_value = (idx(t) - 1) * inv_clock(t - 1)
    ratio = x.show("", ratio_value >= 0, x.clock(1) * before)
    previous = K - idx(t) * (E(f_theta(t - 1)) - f_inf)
    one = x.show("", lift(1).equals(inv_clock(t) * (idx(t) + 1)), modulo=[by_clock])
    decreasing = x.show(
        "1/(t+1) ≤ 1/t",
        inv_clock(t) <= inv_clock(t - 1),
        one * before,
        by_clock(t - 1) * x.sign(inv_clock),
        before * x.sign(inv_clock),
    )
    recursion = x.show(
        "",
        K - (idx(t) + 1) * gap >= ratio_value * previous,
        one_step * x.show("", idx(t) + 1 >= 0, x.clock(0), ONE),
        decreasing * K_nonnegative,
        modulo=[by_clock, by_clock(t - 1)],
        start=2,
    )
    final = x.induction("(t+1)Γ_t ≤ K", (idx(t) + 1) * gap <= K, base, recursion, ratio)
    by_T = x.inverse(at.inv_T_plus_1, x.show("", idx(T) + 1 > 0, x.clock(1)(T), ONE), "1/(T+1)")
    return x.show("the rate", x.statement.goal(), final(T) * x.sign(at.inv_T_plus_1), modulo=[by_T])
