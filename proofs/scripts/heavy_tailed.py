"""N5 at p = 3/2: clipped ADOPT when only E[‖g‖^{3/2} given the past] is bounded.

|g_i|^{3/2} is h³ with h = √|g_i|, so that powers are polynomials in h. What clipping cuts off obeys 27c w² <= 4|u|³,
which bounds its conditional mean by Cauchy–Schwarz; a² <= √c|u|^{3/2} bounds E‖a‖². The gradient is bounded by Jensen.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import adopt, common
from proofs.scripts.adopt import RATE, f_phi
from proofs.scripts.clipping import w as cut
from proofs.scripts.common import P, Q, SecondMoment, inv_s
from theory import atoms as at
from theory.atoms import (
    G,
    a,
    alpha,
    c,
    f_inf,
    f_theta,
    g,
    grad_theta,
    inv_c,
    inv_eps,
    inv_sqrt_eps,
    norm_3_2,
    root_D,
    s,
    sqrt_c,
    sqrt_G,
    u,
)
from theory.expressions import E, T, lift, sum_i, t

HALF, THIRD = lift(Fraction(1, 2)), lift(Fraction(1, 3))
abs_g, sqrt_g = at.vector("abs_g"), at.vector("sqrt_g")
abs_a, abs_w = at.vector("abs_a", first=1), at.vector("abs_w", first=1)
h, d, W = sqrt_g(t), grad_theta(t - 1), inv_s(t - 1)
H = E(h**3, given=t - 1)
K = root_D * sqrt_G**3  # D^{1/4} G^{3/2}
CEILING = THIRD * (2 * K + 1)  # |∂_i f| is at most this
LOSS = lift(Fraction(2, 27)) * inv_c * inv_eps**2 * root_D**2 * G**3


@dataclass(frozen=True)
class Tails:
    """H = E[|g_i|^{3/2} given F]: Σ_i H <= D^{1/4}G^{3/2}, H >= 0; h⁴ = g², h² <= (2h³+1)/3, ±g <= h²; 1/s's equation."""

    sum_bound: Line
    nonnegative: Line
    fourth: Line
    square: Line
    at_most: Line
    at_least: Line
    by_s: Line


def adopt_clipped_heavy_tailed(x: Script) -> Line:
    """N5 at p = 3/2."""
    x.section("Constants")
    by_eps = x.inverse(inv_eps, x.hypothesis("eps_positive"), "1/ε")
    by_c = x.inverse(inv_c, x.hypothesis("c_positive"), "1/c")
    decay = common.decay(x)
    x.root(inv_sqrt_eps, x.weaken(x.sign(inv_eps), ">="), 2, "1/√ε")
    x.root(sqrt_c, x.weaken(x.hypothesis("c_positive"), ">="), 2, "√c")
    x.root(sqrt_G, x.hypothesis("G_nonnegative"), 2, "√G")
    x.root(root_D, x.sum_i(x.show("", lift(1) >= 0, ONE)), 4, "D^{1/4}")
    is_P = x.define(P, sqrt_c * inv_sqrt_eps**3 * K, "P = √c D^{1/4}(G/ε)^{3/2}")
    is_u, _, by_s = common.division(x, by_eps, u)
    tails = moments(x, by_s)
    P_nonnegative = x.show(
        "P ≥ 0",
        P >= 0,
        x.sign(sqrt_c) * x.sign(inv_sqrt_eps) * x.sign(root_D) * x.sign(sqrt_G) * sq(inv_sqrt_eps * sqrt_G),
        modulo=[is_P],
    )
    bounds = SecondMoment(decay.inv_one_minus_beta1, decay.kappa, decay.kappa_nonnegative, is_P, P_nonnegative)
    gradient_bounded(x, tails)
    is_w = clipped(x, tails, is_u)
    a_bound = direction_moment(x, tails, is_u, is_P)
    decorrelated, is_Q = common.decorrelation(x, is_u, symbol=u)
    bias = bias_of_clipping(x, tails, is_u, is_w, by_c)
    drift = drift_of_direction(x, tails, is_w, is_Q, decorrelated, bias)
    is_phi, pathwise, cross = adopt.along_phi(x, bounds, a_bound, 0)
    start = adopt.start_at_theta(x, is_phi)
    alpha_positive = x.hypothesis("alpha_positive")
    one_step = adopt.expected_step(
        x,
        0,
        pathwise,
        "α(½Q_t − loss) ≤ E f(φ_{t−1}) − E f(φ_t) + α²LP(½+κ)",
        alpha * (HALF * Q(t) - LOSS),
        RATE,
        cross * alpha_positive,
        a_bound * x.hypothesis("L_nonnegative") * sq(alpha),
        drift * alpha_positive,
    )
    x.section("The average")
    below = x.expect(x.lower_bound(adopt.phi, t), text="E f(φ_T) ≥ f_inf")(T)
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    by_T, by_alpha = adopt.horizon_inverses(x)
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha)
    equations = [x.sum_t(is_Q, 1), x.telescope(E(f_phi(t)), 1), is_Delta, by_T, by_alpha]
    return x.show(
        "the bound",
        x.statement.goal(),
        x.sum_t(one_step, 1) * scale,
        below * scale,
        start * scale,
        modulo=[*equations, decay.kappa, is_P, decay.inv_one_minus_beta1],
    )


def moments(x: Script, by_s: Line) -> Tails:
    """Σ|g_i|^{3/2} <= D^{1/4}‖g‖^{3/2} by Hölder; h³, h² and g are integrable; Σ_i E[h_i³ given F] <= D^{1/4}G^{3/2}."""
    x.section("Heavy tails")
    is_abs = x.root(abs_g, x.show("", g(t) ** 2 >= 0, sq(g(t))), 2, "|g_i|")
    abs_nonnegative = x.sign(abs_g)
    is_h = x.root(sqrt_g, abs_nonnegative, 2, "h = √|g_i|")
    h_nonnegative = x.sign(sqrt_g)
    fourth = x.show("h⁴ = g²", (h**4).equals(g(t) ** 2), modulo=[(is_h, h**2), (is_abs, abs_g(t) ** 2)])
    zero = x.show("", (h**12 - h**12).equals(0))
    one = x.show("", lift(1) >= 0, ONE)
    power = x.show("", h**4 >= 0, sq(h**2))
    holder = x.holder("Hölder over coordinates", h**4, 1, h**3, 3, 1, [zero, power, one], over="sum_i")
    norm = x.hypothesis("norm_nonnegative")
    powers = x.show(
        "",
        sum_i(h**3) ** 4 <= (root_D * norm_3_2(t)) ** 4,
        holder,
        modulo=[
            (x.sum_i(fourth), sum_i(h**4)),
            (x.hypothesis("norm_is_power"), norm_3_2(t) ** 4),
            (x.definition(root_D), root_D**4),
        ],
    )
    larger = x.show("", root_D * norm_3_2(t) >= 0, x.sign(root_D) * norm)
    bound = x.root_monotone("Σ|g_i|^{3/2} ≤ D^{1/4}‖g‖^{3/2}", sum_i(h**3) <= root_D * norm_3_2(t), 4, powers, larger)
    cube = x.show("", h**3 >= 0, h_nonnegative * sq(h))
    x.hypothesis("norm_integrable")
    x.dominated(
        h**3,
        x.show("", h**3 <= root_D * norm_3_2(t), bound, x.single(cube)),
        x.weaken(cube, start=1),
        "h³ is integrable",
    )
    x.integrable_conditional(1, h**3, t - 1)
    square = x.show("", h**2 <= THIRD * (2 * h**3 + 1), h_nonnegative * sq(h - 1), sq(h - 1), start=1)
    x.dominated(h**2, square, x.show("", h**2 >= 0, sq(h)), "h² is integrable")
    absolute = x.show("", (abs_g(t) ** 2 - g(t) ** 2).equals(0), modulo=[is_abs])
    sides = []
    for sign, text in ((1, "g ≤ h²"), (-1, "−g ≤ h²")):
        side = x.root_monotone("", sign * g(t) <= abs_g(t), 2, absolute, abs_nonnegative)
        sides.append(x.show(text, sign * g(t) <= h**2, side, modulo=[(is_h, h**2)], start=1))
    x.dominated(g(t), sides[0], sides[1], "g is integrable")
    root_powers = x.show(
        "",
        E(norm_3_2(t), given=t - 1) ** 2 <= (sqrt_G**3) ** 2,
        x.hypothesis("heavy_tails"),
        modulo=[(x.definition(sqrt_G), sqrt_G**2)],
    )
    root_sign = x.show("", sqrt_G**3 >= 0, x.sign(sqrt_G) * sq(sqrt_G))
    mean = x.root_monotone(
        "E[‖g‖^{3/2} given F] ≤ G^{3/2}", E(norm_3_2(t), given=t - 1) <= sqrt_G**3, 2, root_powers, root_sign
    )
    total = x.show(
        "Σ E[h³ given F] ≤ D^{1/4}G^{3/2}", sum_i(H) <= K, x.expect(bound, given=t - 1), mean * x.sign(root_D)
    )
    return Tails(total, x.expect(x.weaken(cube, start=1), given=t - 1), fourth, square, sides[0], sides[1], by_s)


def gradient_bounded(x: Script, tails: Tails) -> None:
    """|∂_i f| = |E[g_i given F]| <= E[h² given F] <= (2D^{1/4}G^{3/2} + 1)/3: a constant, whatever its size."""
    x.section("The gradient is bounded")
    single = x.single(tails.nonnegative)
    square = x.expect(tails.square, given=t - 1)
    unbiased = x.hypothesis("unbiased")
    sides = []
    for sign, line in ((1, tails.at_most), (-1, tails.at_least)):
        mean = x.expect(line, given=t - 1)
        sides.append(
            x.show(
                "",
                sign * d <= CEILING,
                mean,
                square,
                single,
                tails.sum_bound,
                modulo=[(unbiased, E(g(t), given=t - 1))],
            )
        )
    upper = x.show("(∂f)² is bounded", d**2 <= CEILING**2, sides[0] * sides[1])
    x.dominated(d**2, upper, x.show("", d**2 >= 0, sq(d)), "(∂f)² is integrable")
    gap = x.bounded_factors["inv_s"][1](t - 1)
    positive = x.sign(inv_s)(t - 1)
    heavy = inv_eps * h**2
    # |g/s| <= h²/ε and |∂f g/s| <= CEILING·h²/ε
    quotient = []
    for sign, line in ((1, tails.at_most), (-1, tails.at_least)):
        quotient.append(x.show("", sign * g(t) * W <= heavy, line * positive, gap * sq(h)))
    x.dominated(g(t) * W, quotient[0], quotient[1], "g/s is integrable")
    mixed = [
        x.show("", sign * d * g(t) * W <= CEILING * heavy, sides[0] * quotient[k], sides[1] * quotient[1 - k])
        for k, sign in ((1, 1), (0, -1))
    ]
    x.dominated(d * g(t) * W, mixed[0], mixed[1], "∂f·g/s is integrable")


def clipped(x: Script, tails: Tails, is_u: Line) -> Line:
    """a² <= c², so a² is integrable; w = u − a, and ∂f·u, ∂f·w are integrable."""
    x.section("Clipping")
    high, low = x.hypothesis("clip_at_most"), x.hypothesis("clip_at_least")
    x.dominated(a(t) ** 2, x.show("a² ≤ c²", a(t) ** 2 <= c**2, high * low), x.show("", a(t) ** 2 >= 0, sq(a(t))))
    is_w = x.define(cut, u(t) - a(t), "w = u − a, what clipping cuts off")
    for y in (lift(1), d):
        bounds = [x.show("", sign * y * u(t) <= sign * y * g(t) * W, modulo=[is_u]) for sign in (1, -1)]
        x.dominated(y * u(t), bounds[0], bounds[1])
        bounds = [x.show("", sign * y * cut(t) <= sign * y * (u(t) - a(t)), modulo=[is_w]) for sign in (1, -1)]
        x.dominated(y * cut(t), bounds[0], bounds[1])
    return is_w


def direction_moment(x: Script, tails: Tails, is_u: Line, is_P: Line) -> Line:
    """E‖a_t‖² <= P, from a⁴ <= c|u|³."""
    x.section("The direction's second moment")
    above, below = x.hypothesis("clip_seen_from_above"), x.hypothesis("clip_seen_from_below")
    high, low = x.hypothesis("clip_at_most"), x.hypothesis("clip_at_least")
    is_abs = x.root(abs_a, x.show("", a(t) ** 2 >= 0, sq(a(t))), 2, "|a_i|")
    nonnegative, c_positive = x.sign(abs_a), x.hypothesis("c_positive")
    positive = x.sign(inv_s)(t - 1)
    c_square = x.show("", abs_a(t) ** 2 <= c**2, high * low, modulo=[(is_abs, abs_a(t) ** 2)])
    at_most_c = x.root_monotone("|a| ≤ c", abs_a(t) <= c, 2, c_square, x.weaken(c_positive, ">="))
    abs_u = W * h**2
    u_square = x.show(
        "",
        abs_a(t) ** 2 <= abs_u**2,
        above,
        below,
        sq(u(t) - a(t)),
        modulo=[(is_abs, abs_a(t) ** 2), (is_u, u(t)), (tails.fourth, h**4)],
    )
    u_sign = x.show("", abs_u >= 0, positive * sq(h))
    at_most_u = x.root_monotone("|a| ≤ |u|", abs_a(t) <= abs_u, 2, u_square, u_sign)
    gap, by_eps = x.bounded_factors["inv_s"][1](t - 1), x.sign(inv_eps)
    cube = x.show("", inv_eps**3 >= W**3, gap * by_eps * by_eps, gap * by_eps * positive, gap * positive * positive)
    root = sqrt_c * inv_sqrt_eps**3 * h**3
    powers = x.show(
        "a⁴ ≤ c|u|³",
        (abs_a(t) ** 2) ** 2 <= root**2,
        at_most_c * (u_sign * u_sign * u_sign),
        at_most_u * nonnegative * (u_sign * u_sign),
        at_most_u * nonnegative * nonnegative * u_sign,
        at_most_u * nonnegative * nonnegative * nonnegative,
        cube * c_positive * sq(h**3),
        modulo=[(x.definition(sqrt_c), sqrt_c**2), (x.definition(inv_sqrt_eps), inv_sqrt_eps**2)],
    )
    h_nonnegative = x.sign(sqrt_g)
    larger = x.show("", root >= 0, x.sign(sqrt_c) * x.sign(inv_sqrt_eps) * h_nonnegative * sq(inv_sqrt_eps * h))
    square = x.root_monotone("", abs_a(t) ** 2 <= root, 2, powers, larger)
    pathwise = x.show("a² ≤ √c(|g|/ε)^{3/2}", a(t) ** 2 <= root, square, modulo=[(is_abs, abs_a(t) ** 2)])
    mean = x.expect(tails.sum_bound)
    weight = x.sign(sqrt_c) * x.sign(inv_sqrt_eps) * sq(inv_sqrt_eps)
    return x.show("E‖a_t‖² ≤ P", sum_i(E(a(t) ** 2)) <= P, x.lift(pathwise), mean * weight, modulo=[is_P])


def bias_of_clipping(x: Script, tails: Tails, is_u: Line, is_w: Line, by_c: Line) -> Line:
    """E[w given F]² <= (4/27)E[|g|^{3/2} given F]²/(cs³), from 27c w² <= 4|u|³.

    With z = |w|: |u| >= |a| + z, z|a| >= zc, so that zF >= 0 for F = 4(|a|+z)³ − 27cz², as
    4(c+z)³ − 27cz² = (z−2c)²(4z+c); and F + 27cz² >= 0, hence F >= 0.
    """
    x.section("What clipping cuts off")
    above, below = x.hypothesis("clip_seen_from_above"), x.hypothesis("clip_seen_from_below")
    c_positive = x.hypothesis("c_positive")
    is_abs_a = x.definition(abs_a)
    is_z = x.root(abs_w, x.show("", cut(t) ** 2 >= 0, sq(cut(t))), 2, "z = |w|")
    z, m = abs_w(t), abs_a(t)
    z_sign, m_sign = x.sign(abs_w), x.sign(abs_a)
    gap = u(t) - a(t)
    squares = [(is_z, z**2), (is_abs_a, m**2), (is_w, cut(t))]
    aligned = x.show("", a(t) * gap >= 0, above, below)
    product = x.show("", (a(t) * gap) ** 2 >= (m * z) ** 2, modulo=squares)
    inner = x.root_monotone("a(u−a) ≥ |a||w|", m * z <= a(t) * gap, 2, product, aligned)
    opposite = x.show("", (m * z) ** 2 >= (c * z) ** 2, above * below, modulo=squares)
    reached = x.root_monotone("|w||a| ≥ |w|c", c * z <= m * z, 2, opposite, x.show("", m * z >= 0, m_sign * z_sign))
    abs_u = W * h**2
    total = x.show("", (m + z) ** 2 <= abs_u**2, inner, modulo=[*squares, (is_u, u(t)), (tails.fourth, h**4)])
    positive = x.sign(inv_s)(t - 1)
    u_sign = x.show("", abs_u >= 0, positive * sq(h))
    longer = x.root_monotone("|a| + |w| ≤ |u|", m + z <= abs_u, 2, total, u_sign)
    sum_sign = x.show("", m + z >= 0, m_sign, z_sign)
    F, C = 4 * (m + z) ** 3 - 27 * c * z**2, 27 * c * z**2
    zF = x.show(
        "zF ≥ 0",
        z * F >= 0,
        z_sign * c_positive * sq(z - 2 * c),
        z_sign * z_sign * sq(z - 2 * c),
        reached * z_sign * z_sign,
        reached * z_sign * m_sign,
        reached * z_sign * c_positive,
        reached * m_sign * m_sign,
        reached * m_sign * c_positive,
        reached * c_positive * c_positive,
    )
    larger = x.show("", F + C >= 0, sum_sign * sum_sign * sum_sign)
    powers = x.show("", (F + C) ** 2 >= C**2, sq(F), zF * z_sign * c_positive)
    bigger = x.root_monotone("", C <= F + C, 2, powers, larger)
    cubes = x.show(
        "27c w² ≤ 4|u|³",
        27 * c * cut(t) ** 2 <= 4 * abs_u**3,
        bigger,
        longer * u_sign * u_sign,
        longer * u_sign * sum_sign,
        longer * sum_sign * sum_sign,
        modulo=[(is_z, z**2)],
    )
    q, r = lift(Fraction(4, 27)) * inv_c * W**3 * h**3, h**3
    premise = x.show("", q * r >= cut(t) ** 2, cubes * x.sign(inv_c), modulo=[by_c])
    h_nonnegative = x.sign(sqrt_g)
    r_sign = x.show("", r >= 0, h_nonnegative * sq(h))
    q_sign = x.show("", q >= 0, x.sign(inv_c) * positive * positive * positive * r_sign)
    gap_s, by_eps = x.bounded_factors["inv_s"][1](t - 1), x.sign(inv_eps)
    cube = x.show(
        "", inv_eps**3 >= W**3, gap_s * by_eps * by_eps, gap_s * by_eps * positive, gap_s * positive * positive
    )
    heavy = x.show("", W**3 * h**3 <= inv_eps**3 * h**3, cube * r_sign)
    x.dominated(W**3 * h**3, heavy, x.show("", W**3 * h**3 >= 0, positive * positive * positive * r_sign))
    jensen = x.holder("Cauchy–Schwarz", q, r, cut(t), 1, 1, [premise, q_sign, r_sign], given=t - 1)
    b = E(cut(t), given=t - 1)
    s_sign = x.show("", s(t) >= 0, x.hypothesis("normaliser_at_least_eps"), x.hypothesis("eps_positive"))(t - 1)
    lighter = x.show("", inv_eps**2 >= W**2, gap_s * by_eps, gap_s * positive)
    return x.show(
        "s b² ≤ 4H²/(27cε²), b = E[w given F], H = E[|g|^{3/2} given F]",
        s(t - 1) * b**2 <= lift(Fraction(4, 27)) * inv_c * inv_eps**2 * H**2,
        jensen * s_sign,
        lighter * x.sign(inv_c) * sq(H),
        modulo=[tails.by_s(t - 1)],
    )


def drift_of_direction(x: Script, tails: Tails, is_w: Line, is_Q: Line, decorrelated: Line, bias: Line) -> Line:
    """E⟨∇f(θ_{t−1}), a_t⟩ >= ½Q_t − 2√D G³/(27ε²c)."""
    x.section("The drift of the clipped direction")
    b = E(cut(t), given=t - 1)
    x.integrable_conditional(d, cut(t), t - 1)
    tower = x.tower("condition on F_{t−1}", d, cut(t), t - 1, 1)
    positive = x.sign(inv_s)(t - 1)
    young = x.show(
        "∂f b ≤ ½(∂f)²/s + 2H²/(27cε²)",
        d * b <= HALF * d**2 * W + lift(Fraction(2, 27)) * inv_c * inv_eps**2 * H**2,
        positive * sq(d - s(t - 1) * b),
        bias,
        modulo=[tails.by_s(t - 1)],
    )
    peak = x.sum_i(x.show("", H * sum_i(H) >= H**2, x.single(tails.nonnegative) * tails.nonnegative))
    H_sum = x.sum_i(tails.nonnegative)
    K_sign = x.show("", K >= 0, x.sign(root_D) * x.sign(sqrt_G) * sq(sqrt_G))
    squares = x.show(
        "ΣH² ≤ √D G³",
        sum_i(H**2) <= root_D**2 * G**3,
        peak,
        tails.sum_bound * H_sum,
        tails.sum_bound * K_sign,
        modulo=[(x.definition(sqrt_G), sqrt_G**2)],
    )
    pathwise = x.show(
        "", sum_i(d * b) <= HALF * sum_i(d**2 * W) + LOSS, x.sum_i(young), squares * x.sign(inv_c) * sq(inv_eps)
    )
    parts = x.show("", (d * a(t)).equals(d * u(t) - d * cut(t)), modulo=[(is_w, cut(t))])
    return x.show(
        "E⟨∇f(θ_{t−1}), a_t⟩ ≥ ½Q_t − 2√D G³/(27ε²c)",
        sum_i(E(d * a(t))) >= HALF * Q(t) - LOSS,
        x.expect(pathwise),
        modulo=[x.lift(parts), x.sum_i(tower), decorrelated, is_Q],
    )
