"""N3: projected ADOPT in one dimension. Distances to θ* take the place of function values along φ.

α a_t r_{t−1} <= ½(r_{t−1}² − r_t²) + ακ(m_t r_t − m_{t−1} r_{t−1}) + α²(½+κ)m_t² on every path, r = θ − θ*, since
a_t = m_t/(1−β1) − κm_{t−1}; the projection enters through its variational inequality alone.
"""

from __future__ import annotations

from fractions import Fraction

from proofs.builder import Line, Script, sq
from proofs.scripts import adopt, common
from proofs.scripts.common import Constants, P, Q, inv_s, kappa, root_z
from theory import atoms as at
from theory.atoms import S, a, alpha, eps, f_inf, f_theta, gap_2_3, grad_theta, m, measure_gap, s, theta, theta_star, v
from theory.expressions import E, T, idx, lift, sum_i, sum_t, t

HALF = lift(Fraction(1, 2))
r = at.vector("offset")


def adopt_projected_convex(x: Script) -> Line:
    """N3."""
    c = common.constants(x)
    is_a, a_square, by_s = common.normalised_gradient(x, c)
    common.true_gradient_integrable(x)
    a_bound = common.normalised_gradient_bound(x, c, a_square)
    m_bound = common.momentum_bound(x, c, a_bound, 0)
    is_r = distances(x)
    is_Q = gaps(x, is_a, is_r)
    aligned = alignment(x, is_a, is_r, is_Q)
    pathwise = progress(x, c, is_r)
    total = telescope(x, c, pathwise, aligned, m_bound, is_r)
    into_measure = measure_bound(x, by_s, is_Q)
    x.section("(8) The average")
    by_T, by_alpha = adopt.horizon_inverses(x)
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha) * x.sign(S)
    return x.show(
        "the rate",
        x.statement.goal(),
        x.sum_t(into_measure, 1, "summed over t ≤ T") * x.sign(at.inv_T),
        total * scale,
        modulo=[by_T, by_alpha, c.kappa, c.P, c.inv_one_minus_beta1],
    )


def distances(x: Script) -> Line:
    """r_t = θ_t − θ* is square integrable: |θ_t − θ_{t−1}| <= α|m_t|."""
    x.section("Distances")
    is_r = x.define(r, theta(t) - theta_star, "r_t = θ_t − θ*")
    square = x.show("", r(t) ** 2 >= 0, sq(r(t)))
    x.hypothesis("start_square_integrable")
    at_start = x.show(
        "", r(0) ** 2 <= 2 * theta(0) ** 2 + 2 * theta_star**2, sq(theta(0) + theta_star), modulo=[is_r(0)]
    )
    base = x.dominated(r(0) ** 2, at_start, square(0))
    move = theta(t) - theta(t - 1)
    upper = x.show(
        "r_t² ≤ 2r_{t−1}² + 2α²m_t²",
        r(t) ** 2 <= 2 * r(t - 1) ** 2 + 2 * alpha**2 * m(t) ** 2,
        sq(2 * theta(t - 1) - theta(t) - theta_star),
        sq(move + alpha * m(t)),
        x.hypothesis("projection_at_previous"),
        modulo=[is_r, is_r(t - 1)],
    )
    x.dominated_induction(r(t) ** 2, base, upper, square, "r² is integrable")
    return is_r


def gaps(x: Script, is_a: Line, is_r: Line) -> Line:
    """f(θ_t) and (f(θ_t) − f*)/s_t are integrable; Q_t = E (f(θ_{t−1}) − f*)/s_{t−1}."""
    x.section("Function values")
    convex = x.hypothesis("convex")
    minimiser = x.hypothesis("minimiser")
    above = x.show("", f_theta(t) <= f_inf + grad_theta(t) * r(t), convex, modulo=[is_r])
    x.dominated(f_theta(t), above, minimiser, "f(θ_t) is integrable")
    positive, gap, _ = x.bounded_factors["inv_s"]
    x.dominated(inv_s(t), gap, positive, "1/s is integrable")
    upper = x.show("", f_theta(t) * inv_s(t) <= f_inf * inv_s(t) + grad_theta(t) * r(t) * inv_s(t), above * positive)
    lower = x.show("", f_theta(t) * inv_s(t) >= f_inf * inv_s(t), minimiser * positive)
    x.dominated(f_theta(t) * inv_s(t), upper, lower, "f(θ_t)/s_t is integrable")
    return x.define(Q, sum_i(E((f_theta(t - 1) - f_inf) * inv_s(t - 1))), "Q_t = E (f(θ_{t−1}) − f*)/s_{t−1}")


def alignment(x: Script, is_a: Line, is_r: Line, is_Q: Line) -> Line:
    """Q_t <= E r_{t−1}a_t: the direction is conditioned on F_{t−1}, then convexity."""
    x.section("(3) Decorrelation")
    inner = common.conditioned(x, is_a, r(t - 1), common.inverse_normaliser)
    convex = x.show(
        "(f(θ_{t−1}) − f*)/s_{t−1} ≤ r_{t−1} f'(θ_{t−1})/s_{t−1}",
        (f_theta(t - 1) - f_inf) * inv_s(t - 1) <= r(t - 1) * inv_s(t - 1) * grad_theta(t - 1),
        x.hypothesis("convex")(t - 1) * x.sign(inv_s)(t - 1),
        modulo=[is_r(t - 1)],
    )
    expected = x.show(
        "", E((f_theta(t - 1) - f_inf) * inv_s(t - 1)) <= E(r(t - 1) * a(t)), x.expect(convex), modulo=[inner]
    )
    return x.show("Q_t ≤ E r_{t−1}a_t", Q(t) <= sum_i(E(r(t - 1) * a(t))), x.sum_i(expected), modulo=[is_Q])


def progress(x: Script, c: Constants, is_r: Line) -> Line:
    """α a_t r_{t−1} <= ½(r_{t−1}² − r_t²) + ακ(m_t r_t − m_{t−1}r_{t−1}) + α²(½+κ)m_t²."""
    x.section("(2) Progress towards the minimiser")
    unrolled = x.show(
        "a_t = m_t/(1−β1) − κ m_{t−1}",
        a(t).equals(at.inv_one_minus_beta1 * m(t) - kappa * m(t - 1)),
        modulo=[x.hypothesis("momentum_step"), c.kappa, c.inv_one_minus_beta1],
    )
    larger = x.show(
        "1/(1−β1) = 1 + κ", at.inv_one_minus_beta1.equals(1 + kappa), modulo=[c.kappa, c.inv_one_minus_beta1]
    )
    moved = sq(theta(t) - theta(t - 1) + alpha * m(t))
    return x.show(
        "α a_t r_{t−1} ≤ ½(r_{t−1}² − r_t²) + ακ(m_t r_t − m_{t−1} r_{t−1}) + α²(½+κ)m_t²",
        alpha * a(t) * r(t - 1)
        <= HALF * (r(t - 1) ** 2 - r(t) ** 2)
        + alpha * kappa * (m(t) * r(t) - m(t - 1) * r(t - 1))
        + alpha**2 * (HALF + kappa) * m(t) ** 2,
        x.hypothesis("projection_at_minimiser"),
        x.hypothesis("projection_at_previous") * c.kappa_nonnegative,
        moved,
        moved * c.kappa_nonnegative,
        modulo=[is_r, is_r(t - 1), (unrolled, a(t)), (larger, at.inv_one_minus_beta1)],
    )


def telescope(x: Script, c: Constants, pathwise: Line, aligned: Line, m_bound: Line, is_r: Line) -> Line:
    """αΣQ_t <= D0²/2 + Tα²P(½+κ) + α²Pκ²/2."""
    x.section("(6) Telescoping")
    state = sum_i(E(alpha * kappa * m(t) * r(t) - HALF * r(t) ** 2))
    one_step = x.show(
        "αQ_t ≤ one step of ½E r² − ακE m r, + α²P(½+κ)",
        alpha * Q(t)
        <= sum_i(E(HALF * r(t - 1) ** 2 - alpha * kappa * m(t - 1) * r(t - 1))) + state + alpha**2 * (HALF + kappa) * P,
        x.lift(pathwise),
        aligned * x.hypothesis("alpha_positive"),
        m_bound * sq(alpha),
        m_bound * c.kappa_nonnegative * sq(alpha),
        start=1,
    )
    rest = x.show("", (m(0) * r(0)).equals(0), modulo=[x.hypothesis("momentum_start")])
    distance = x.lift(x.show("", (r(0) ** 2).equals((theta(0) - theta_star) ** 2), modulo=[is_r(0)]))
    last = x.show(
        "ακ m_T r_T − ½r_T² ≤ ½α²κ²m_T²",
        alpha * kappa * m(t) * r(t) - HALF * r(t) ** 2 <= HALF * alpha**2 * kappa**2 * m(t) ** 2,
        sq(alpha * kappa * m(t) - r(t)),
    )
    return x.show(
        "αΣQ_t ≤ D0²/2 + Tα²P(½+κ) + α²Pκ²/2",
        alpha * sum_t(1, Q(t))
        <= HALF * at.D0**2 + idx(T) * alpha**2 * (HALF + kappa) * P + HALF * alpha**2 * kappa**2 * P,
        x.sum_t(one_step, 1),
        x.lift(last)(T),
        m_bound(T) * sq(alpha * kappa),
        x.hypothesis("start_distance"),
        modulo=[x.telescope(state, 1), x.lift(rest), distance],
    )


def measure_bound(x: Script, by_s: Line, is_Q: Line) -> Line:
    """(7) (E(f(θ_{t−1}) − f*)^{2/3})^{3/2} <= S·Q_t, by Hölder's inequality with exponents 3/2 and 3."""
    z_bound, v_nonnegative = common.radius_bound(x)
    gap = f_theta(t - 1) - f_inf
    z, q = eps**2 + sum_i(v(t - 1)), gap * sum_i(inv_s(t - 1))
    z_nonnegative = x.show("", z >= 0, x.sum_i(v_nonnegative(t - 1)), sq(eps))
    is_root = x.root(root_z, z_nonnegative, 2, "r_t = √(ε² + ‖v_{t−1}‖₁)")
    s_squared = x.show(
        "",
        s(t - 1) ** 2 <= root_z(t) ** 2,
        x.hypothesis("normaliser_squared_at_most")(t - 1),
        x.single(v_nonnegative(t - 1)),
        modulo=[is_root],
    )
    s_bound = x.root_monotone("s_{t−1} ≤ r_t", s(t - 1) <= root_z(t), 2, s_squared, x.sign(root_z))
    positive = x.sign(inv_s)(t - 1)
    weight = x.sum_i(x.show("", root_z(t) * inv_s(t - 1) >= 1, s_bound * positive, modulo=[by_s(t - 1)]))
    minimiser = x.hypothesis("minimiser")(t - 1)
    below = x.show(
        "f − f* ≤ r_t (f − f*)/s", gap <= root_z(t) * q, weight * minimiser, modulo=[x.hypothesis("one_dimension")]
    )
    q_nonnegative = x.show("", q >= 0, x.sum_i(positive) * minimiser)
    is_gap = x.root(gap_2_3, x.show("", gap**2 >= 0, sq(gap), start=1), 3, "(f − f*)^{2/3}, by its cube")
    product = x.show(
        "(f − f*)² ≤ ((f − f*)/s)² (ε² + v)",
        gap_2_3(t) ** 3 <= q**2 * z,
        below * minimiser,
        below * (x.sign(root_z) * q_nonnegative),
        modulo=[is_gap, is_root],
    )
    young = x.show(
        "", (2 * gap + 1) ** 3 >= 27 * gap_2_3(t) ** 3, minimiser * sq(gap - 1), sq(gap - 1), modulo=[is_gap]
    )
    one = x.show("", 2 * gap + 1 >= 0, minimiser, x.show("", lift(1) >= 0, sq(1)))
    third = x.root_monotone("", 3 * gap_2_3(t) <= 2 * gap + 1, 3, young, one)
    upper = x.show("(f − f*)^{2/3} ≤ (2(f − f*) + 1)/3", gap_2_3(t) <= 2 * gap / 3 + lift(1) / 3, third)
    x.dominated(gap_2_3(t), upper, x.sign(gap_2_3), "(f − f*)^{2/3} is integrable")
    holder = x.holder("Hölder", q, z, gap_2_3(t), 2, 1, [product, q_nonnegative, z_nonnegative])
    expected = x.expect(x.sign(gap_2_3))
    cube = x.show("", E(gap_2_3(t)) ** 3 >= 0, expected * expected * expected)
    is_measure = x.root(measure_gap, cube, 2, "the measure, by its square (E(f − f*)^{2/3})³")
    powers = x.show("", measure_gap(t) ** 2 <= (S * Q(t)) ** 2, holder, z_bound * sq(Q(t)), modulo=[is_measure, is_Q])
    Q_nonnegative = x.show("", Q(t) >= 0, x.expect(q_nonnegative), modulo=[is_Q])
    SQ = x.show("", S * Q(t) >= 0, x.sign(S) * Q_nonnegative)
    claim = measure_gap(t) <= S * Q(t)
    return x.root_monotone("(E(f(θ_{t−1}) − f*)^{2/3})^{3/2} ≤ S Q_t", claim, 2, powers, SQ)
