"""Sharper forms of Theorem 4.1: the average, an elementwise measure, the momentum's first steps, T4.1′."""

from __future__ import annotations

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import adopt, common, quadratic
from proofs.scripts.adopt import HALF, Begun, d, f_phi, phi
from proofs.scripts.common import P, Q, inv_s, kappa
from proofs.scripts.quadratic import root_mean, root_Q
from theory import atoms as at
from theory.atoms import S_D, G, L, a, alpha, beta1, eps, f_inf, f_theta, grad_theta, inv_eps, m, theta, v
from theory.atoms import beta1_power as b
from theory.atoms import coordinate_4_3 as norm
from theory.atoms import measure_elementwise as measure
from theory.expressions import E, Symbol, T, Time, idx, lift, sum_i, sum_t, t

inv_length = Symbol("inv_length", timed=True, first=1)


def adopt_average(x: Script) -> Line:
    """T4.1 for the average: the last step without the minimum."""
    c, total, into_measure, _ = adopt.sum_of_Q(x, first=0)
    x.section("(8) The average")
    return adopt.divide_by_horizon(x, c, total, x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ S ΣQ_t"))


# --------------------------------------------------------------------------------------- the elementwise measure


def adopt_elementwise(x: Script) -> Line:
    """T4.1 in the elementwise measure: Hölder's inequality over coordinates and paths at once."""
    run = adopt.begin(x)
    start, one_step = adopt.steps_at_phi(x, run, first=0)
    into_measure, Q_nonnegative = elementwise_measure_bound(x, run)
    total = adopt.telescope(x, 0, one_step, start, Q_nonnegative, run.c)
    x.section("(8) The average")
    sums = x.sum_t(into_measure, 1, "Σ measure ≤ √(G²+Dε²) ΣQ_t")
    return adopt.divide_by_horizon(x, run.c, total, sums, S_D)


def elementwise_measure_bound(x: Script, run: Begun) -> tuple[Line, Line]:
    """(7) (E Σ|∂_i f(θ_{t−1})|^{4/3})^{3/2} <= √(G²+Dε²)·Q_t; and Q_t >= 0."""
    v_bound, v_nonnegative = common.second_moment_bound(x)
    z, q = eps**2 + v(t - 1), grad_theta(t - 1) ** 2 * inv_s(t - 1)
    z_nonnegative = x.show("", z >= 0, v_nonnegative(t - 1), sq(eps))
    squares = x.show("", grad_theta(t - 1) ** 2 >= 0, sq(grad_theta(t - 1)))
    q_nonnegative = x.show("", q >= 0, squares * x.sign(inv_s)(t - 1))
    fourth = x.show("", grad_theta(t - 1) ** 4 >= 0, sq(grad_theta(t - 1) ** 2))
    is_norm = x.root(norm, fourth, 3, "|∂_i f|^{4/3}, by its cube (∂_i f)⁴")
    product = x.show(
        "(∂_i f)⁴ ≤ ((∂_i f)²/s_i)² (ε² + v_i)",
        norm(t) ** 3 <= q**2 * z,
        x.hypothesis("normaliser_squared_at_most")(t - 1) * sq(q),
        modulo=[is_norm, run.by_s(t - 1)],
    )
    square = grad_theta(t - 1) ** 2
    young = x.show(
        "", (2 * square + 1) ** 3 >= 27 * norm(t) ** 3, squares * sq(square - 1), sq(square - 1), modulo=[is_norm]
    )
    larger = x.show("", 2 * square + 1 >= 0, squares, ONE)
    upper = x.root_monotone("|∂_i f|^{4/3} ≤ (2(∂_i f)² + 1)/3", 3 * norm(t) <= 2 * square + 1, 3, young, larger)
    third = x.show("", norm(t) <= 2 * square / 3 + lift(1) / 3, upper)
    x.dominated(norm(t), third, x.sign(norm), "|∂_i f|^{4/3} is integrable")
    paths = x.holder("Hölder over paths", q, z, norm(t), 2, 1, [product, q_nonnegative, z_nonnegative])
    means = [x.expect(q_nonnegative), x.expect(z_nonnegative)]
    over = x.holder("Hölder over coordinates", E(q), E(z), E(norm(t)), 2, 1, [paths, *means], over="sum_i")
    expected = x.sum_i(x.expect(x.sign(norm)))
    cube = x.show("", sum_i(E(norm(t))) ** 3 >= 0, expected * expected * expected)
    is_measure = x.root(measure, cube, 2, "the measure, by its square (E Σ|∂_i f|^{4/3})³")
    one = x.sum_i(x.show("", lift(1) >= 0, ONE), "D ≥ 0")
    is_S = x.root(S_D, x.show("", G**2 + sum_i(1) * eps**2 >= 0, sq(G), one * sq(eps)), 2, "S_D = √(G² + Dε²)")
    powers = x.show(
        "",
        measure(t) ** 2 <= (S_D * Q(t)) ** 2,
        over,
        v_bound(t - 1) * sq(Q(t)),
        modulo=[is_measure, is_S, run.q_definition],
    )
    Q_nonnegative = x.show("Q_t ≥ 0", Q(t) >= 0, x.sum_i(means[0]), modulo=[run.q_definition])
    SQ = x.show("", S_D * Q(t) >= 0, x.sign(S_D) * Q_nonnegative)
    claim = measure(t) <= S_D * Q(t)
    return x.root_monotone("measure ≤ √(G²+Dε²) Q_t", claim, 2, powers, SQ), Q_nonnegative


# ------------------------------------------------------------------------------------------------------------ T4.1′

SLOPE = HALF * alpha * L * G * inv_eps * at.inv_sqrt_eps * beta1 * at.inv_one_minus_beta1  # b of T4.1′
FREE = at.Delta * at.inv_alpha * at.inv_T + HALF * alpha * L * G**2 * inv_eps**2  # A of T4.1′


def adopt_sharp(x: Script) -> Line:
    """T4.1′: the cross term is conditioned on F_{t−1} before it is bounded, so it costs √Q_t and not a constant."""
    run = adopt.begin(x)
    c, a_bound = run.c, run.a_bound
    m_bound = common.momentum_bound(x, c, a_bound, 0)
    is_step, is_d, is_phi, distance = adopt.auxiliary_iterate(x, c)
    pathwise = adopt.descent(x, is_step, is_d)
    by_eps = x.root(at.inv_sqrt_eps, x.weaken(x.sign(inv_eps), ">="), 2, "1/√ε")
    Q_nonnegative, is_root, cross, slope = conditioned_cross_term(x, run, distance, m_bound, by_eps)
    start = adopt.start_at_theta(x, is_phi)
    products = cross * x.hypothesis("alpha_positive"), a_bound * x.hypothesis("L_nonnegative") * sq(alpha)
    loss = 2 * alpha * SLOPE * root_Q(t) + HALF * alpha**2 * L * P
    text = "αQ_t ≤ E f(φ_{t−1}) − E f(φ_t) + 2αb√Q_t + α²LP/2"
    one_step = adopt.expected_step(x, 0, pathwise, text, alpha * Q(t), loss, *products, modulo=[run.drift])
    into_measure, _ = common.measure_bound(x, run.by_s, run.q_definition)
    spent = 2 * alpha * SLOPE * sum_t(1, root_Q(t)) + HALF * alpha**2 * L * P * idx(T)
    text = "αΣQ_t ≤ Δ + 2αbΣ√Q_t + Tα²LP/2"
    total, is_Delta = adopt.add_up(x, text, alpha * sum_t(1, Q(t)), spent, one_step, start)
    by_T, by_alpha = adopt.horizon_inverses(x)
    is_mean, roots = quadratic.root_of_mean(x, by_T, is_root, Q_nonnegative)
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha)
    inequality = x.show(
        "Q̄ ≤ A + 2b√Q̄",
        root_mean**2 <= FREE + 2 * SLOPE * root_mean,
        total * scale,
        roots * slope * x.sign(at.inv_T),
        modulo=[is_mean, by_T, by_alpha, c.P],
    )
    Delta_nonnegative = x.show("Δ ≥ 0", at.Delta >= 0, x.expect(x.lower_bound(theta, Time("", 0))), modulo=[is_Delta])
    curvature = x.hypothesis("alpha_positive") * x.hypothesis("L_nonnegative") * sq(G * inv_eps)
    signs = slope, x.show("A ≥ 0", FREE >= 0, Delta_nonnegative * scale, curvature)
    root_bound = quadratic.solve(x, SLOPE, FREE, signs, inequality)
    return quadratic.average(x, SLOPE, slope, root_bound, into_measure, [is_mean, by_eps])


def conditioned_cross_term(
    x: Script, run: Begun, distance: Line, m_bound: Line, by_eps: Line
) -> tuple[Line, Line, Line, Line]:
    """(4) −E⟨d_{t−1}, a_t⟩ = −E⟨d_{t−1}, ∇f(θ_{t−1})/s_{t−1}⟩ <= 2b√Q_t. Returns Q >= 0, √Q, this, b >= 0."""
    x.section("(4) The cross term, conditioned")
    c = run.c
    q, z, u = d(t - 1) ** 2, grad_theta(t - 1) ** 2 * inv_s(t - 1) ** 2, d(t - 1) * grad_theta(t - 1) * inv_s(t - 1)
    inner = common.conditioned(x, run.is_a, d(t - 1), common.inverse_normaliser)
    zero = x.show("", (q * z - u**2).equals(0))
    d_square = x.show("", q >= 0, sq(d(t - 1)))
    z_square = x.show("", z >= 0, sq(grad_theta(t - 1) * inv_s(t - 1)))
    pathwise = x.holder("Cauchy–Schwarz over coordinates", q, z, u, 1, 1, [zero, d_square, z_square], over="sum_i")
    sums = x.sum_i(d_square), x.sum_i(z_square)
    over = x.holder("Cauchy–Schwarz over paths", sum_i(q), sum_i(z), sum_i(u), 1, 1, [pathwise, *sums])
    positive, gap, _ = x.bounded_factors["inv_s"]
    smaller = x.show(
        "(∂_i f)²/s² ≤ (∂_i f)²/(εs)",
        z <= inv_eps * grad_theta(t - 1) ** 2 * inv_s(t - 1),
        gap(t - 1) * positive(t - 1) * sq(grad_theta(t - 1)),
    )
    z_moment = x.show("", sum_i(E(z)) <= inv_eps * Q(t), x.lift(smaller), modulo=[run.q_definition])
    term = x.show("", grad_theta(t - 1) ** 2 * inv_s(t - 1) >= 0, positive(t - 1) * sq(grad_theta(t - 1)))
    Q_nonnegative = x.show("Q_t ≥ 0", Q(t) >= 0, x.lift(term), modulo=[run.q_definition])
    is_root = quadratic.root_of_Q(x, Q_nonnegative)
    d_moment = adopt.distance_moment(x, distance, m_bound)(t - 1)
    powers = x.show(
        "",
        (-sum_i(E(d(t - 1) * a(t)))) ** 2 <= (2 * SLOPE * root_Q(t)) ** 2,
        over,
        d_moment * x.expect(sums[1]),
        z_moment * c.P_nonnegative * sq(L * alpha * kappa),
        modulo=[x.sum_i(inner), is_root, by_eps, c.kappa, c.P],
    )
    signs = x.hypothesis("L_nonnegative") * x.hypothesis("alpha_positive") * x.hypothesis("beta1_nonnegative")
    inverses = x.sign(at.inv_one_minus_beta1) * x.sign(inv_eps) * x.sign(at.inv_sqrt_eps)
    slope = x.show("b ≥ 0", SLOPE >= 0, signs * x.hypothesis("G_nonnegative") * inverses)
    larger = x.show("", 2 * SLOPE * root_Q(t) >= 0, slope * x.sign(root_Q))
    claim = -sum_i(E(d(t - 1) * a(t))) <= 2 * SLOPE * root_Q(t)
    return Q_nonnegative, is_root, x.root_monotone("−E⟨d_{t−1}, a_t⟩ ≤ 2b√Q_t", claim, 2, powers, larger), slope


# ------------------------------------------------------------------------------------------- κ at a finite horizon


def adopt_finite_horizon(x: Script) -> Line:
    """κ_T for κ: m_t is at most (1−β1^t)√P in mean square, so the cross terms add up to less than T of them."""
    run = adopt.begin(x)
    c, a_bound = run.c, run.a_bound
    below_one = powers_of_beta1(x)
    m_bound = short_momentum(x, run, below_one)
    is_step, is_d, is_phi, distance = adopt.auxiliary_iterate(x, c)
    pathwise = adopt.descent(x, is_step, is_d)
    x.section("(4) The cross term")
    radius = L * alpha * kappa * (1 - b(t - 1))
    signs = x.hypothesis("L_nonnegative") * x.hypothesis("alpha_positive") * c.kappa_nonnegative
    nonnegative = x.show("", radius >= 0, signs * below_one(t - 1))
    d_moment = x.show(
        "E‖d_{t−1}‖² ≤ L²α²κ²(1−β1^{t−1})²P",
        sum_i(E(d(t - 1) ** 2)) <= radius**2 * P,
        x.expect(distance)(t - 1),
        m_bound(t - 1) * sq(L * alpha * kappa),
    )
    text = "−E⟨d_{t−1}, a_t⟩ ≤ Lακ(1−β1^{t−1})P"
    cross = adopt.cross_term(x, c, d_moment, a_bound, radius, nonnegative, text)
    alpha_positive = x.hypothesis("alpha_positive")
    start = adopt.long_first_step(x, run, alpha, alpha_positive, short_first_move(x, run, is_phi))
    products = cross * alpha_positive, a_bound * x.hypothesis("L_nonnegative") * sq(alpha)
    loss = alpha**2 * L * P * (HALF + kappa * (1 - b(t - 1)))
    text = "αQ_t ≤ E f(φ_{t−1}) − E f(φ_t) + α²LP(½+κ(1−β1^{t−1}))"
    one_step = adopt.expected_step(x, 1, pathwise, text, alpha * Q(t), loss, *products, modulo=[run.drift])
    into_measure, _ = common.measure_bound(x, run.by_s, run.q_definition)
    total = finite_horizon_sum(x, run, one_step, start)
    x.section("(8) The average")
    return adopt.divide_by_horizon(x, c, total, x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ S ΣQ_t"))


def powers_of_beta1(x: Script) -> Line:
    """1 − β1^t > 0 for t >= 1."""
    x.section("The powers of β1")
    nonnegative, below_one = x.hypothesis("beta1_nonnegative"), x.hypothesis("beta1_below_one")
    first, step = x.hypothesis("beta1_power_start"), x.hypothesis("beta1_power_step")
    at_one = x.show("", beta1 - b(1) >= 0, modulo=[step(1), first], start=0)
    recursion = x.show("", beta1 - b(t) >= beta1 * (beta1 - b(t - 1)), nonnegative * below_one, modulo=[step], start=2)
    bound = x.induction("β1^t ≤ β1 for t ≥ 1", b(t) <= beta1, at_one, recursion, nonnegative)
    return x.show("β1^t < 1 for t ≥ 1", 1 - b(t) > 0, bound, below_one)


def short_momentum(x: Script, run: Begun, below_one: Line) -> Line:
    """(5) E‖m_t‖² <= (1−β1^t)²P for t >= 1: the average m_t has weights that add up to l_t = 1 − β1^t."""
    x.section("(5) The momentum is short at first")
    step, power = x.hypothesis("momentum_step"), x.hypothesis("beta1_power_step")
    beta_below, nonnegative = x.hypothesis("beta1_below_one"), x.hypothesis("beta1_nonnegative")
    inverse = x.inverse(inv_length, below_one, "1/l_t = 1/(1 − β1^t)")
    positive = x.sign(inv_length)(t - 1)
    length, w = (lambda time: 1 - b(time)), inv_length(t - 1)
    convex = x.show(
        "m_t² ≤ l_t (β1 m_{t−1}²/l_{t−1} + (1−β1) a_t²)",
        m(t) ** 2 <= length(t) * (beta1 * w * m(t - 1) ** 2 + (1 - beta1) * a(t) ** 2),
        nonnegative * beta_below * positive * sq(m(t - 1) - length(t - 1) * a(t)),
        modulo=[step, power, (inverse(t - 1), inv_length(t - 1) * b(t - 1))],
    )
    square = x.show("", m(t) ** 2 >= 0, sq(m(t)))
    first = x.show(
        "m_1 = (1−β1) a_1",
        (m(1) ** 2).equals((1 - beta1) ** 2 * a(1) ** 2),
        modulo=[step(1), x.hypothesis("momentum_start")],
    )
    at_most = x.show("", m(1) ** 2 <= (1 - beta1) ** 2 * a(1) ** 2, modulo=[first])
    base = x.dominated(m(1) ** 2, at_most, square(1))
    x.dominated_induction(m(t) ** 2, base, convex, square, "m² is integrable")
    at_start = x.show(
        "E‖m_1‖² ≤ l_1²P",
        sum_i(E(m(1) ** 2)) <= length(1) ** 2 * P,
        run.a_bound(1) * sq(1 - beta1),
        modulo=[x.lift(first), power(1), x.hypothesis("beta1_power_start")],
    )
    ratio = beta1 * length(t) * w
    ratio_nonnegative = x.show("", ratio >= 0, nonnegative * below_one * positive)
    recursion = x.show(
        "l_t²P − E‖m_t‖² ≥ (β1 l_t/l_{t−1}) (l_{t−1}²P − E‖m_{t−1}‖²)",
        length(t) ** 2 * P - sum_i(E(m(t) ** 2)) >= ratio * (length(t - 1) ** 2 * P - sum_i(E(m(t - 1) ** 2))),
        x.lift(convex),
        below_one * beta_below * run.a_bound,
        modulo=[power, (inverse(t - 1), inv_length(t - 1) * b(t - 1))],
    )
    claim = sum_i(E(m(t) ** 2)) <= length(t) ** 2 * P
    return x.induction("E‖m_t‖² ≤ (1−β1^t)²P", claim, at_start, recursion, ratio_nonnegative)


def short_first_move(x: Script, run: Begun, is_phi: Line) -> Line:
    """φ_1 − θ_0 = −αa_1, for m_0 = 0."""
    x.section("The start")
    steps = x.hypothesis("iterate_step")(1), x.hypothesis("momentum_step")(1), x.hypothesis("momentum_start")
    return x.show(
        "φ_1 − θ_0 = −α a_1",
        (phi(1) - theta(0)).equals(-alpha * a(1)),
        modulo=[is_phi(1), *steps, run.c.kappa, run.c.inv_one_minus_beta1],
    )


def finite_horizon_sum(x: Script, run: Begun, one_step: Line, start: Line) -> Line:
    """αΣQ_t <= Δ + α²LP[T/2 + κ(T − (1−β1^T)/(1−β1))]."""
    x.section("(6) Telescoping")
    below = x.expect(x.lower_bound(phi, t, 1), text="E f(φ_T) ≥ f_inf")(T)
    power = x.hypothesis("beta1_power_step")
    difference = x.show("", (b(t - 1) - b(t)).equals((1 - beta1) * b(t - 1)), modulo=[power])
    geometric = x.show(
        "Σ_{t≥2} β1^{t−1} = (β1 − β1^T)/(1−β1)",
        sum_t(2, b(t - 1)).equals(at.inv_one_minus_beta1 * (beta1 - b(T))),
        modulo=[
            x.telescope(b(t), 2),
            (x.sum_t(difference, 2), sum_t(2, b(t))),
            power(1),
            x.hypothesis("beta1_power_start"),
            run.c.inv_one_minus_beta1,
        ],
    )
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    spent = idx(T) * HALF + kappa * (idx(T) - at.inv_one_minus_beta1 * (1 - b(T)))
    return x.show(
        "αΣQ_t ≤ Δ + α²LP[T/2 + κ(T − (1−β1^T)/(1−β1))]",
        alpha * sum_t(1, Q(t)) <= at.Delta + alpha**2 * L * P * spent,
        x.sum_t(one_step, 2),
        below,
        start,
        modulo=[x.telescope(E(f_phi(t)), 2), geometric, x.first_term(Q(t), 1), is_Delta, run.c.inv_one_minus_beta1],
    )
