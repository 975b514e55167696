"""N5: clipped ADOPT when only E[‖g‖^p given the past] is bounded, p = m/q in (1, 2].

|g_i|^p is h^m with h = |g_i|^{1/q}, so that powers are polynomials in h. What clipping cuts off obeys c^{p−1}w <= C_p|u|^p,
which bounds its conditional mean by Hölder's inequality; a² <= c^{2−p}|u|^p bounds E‖a‖². The gradient is bounded by Jensen.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from proofs.builder import ONE, Factors, Line, Script, sq
from proofs.scripts import adopt, common
from proofs.scripts.adopt import RATE, f_phi
from proofs.scripts.clipping import w as cut
from proofs.scripts.common import P, Q, SecondMoment, inv_s
from theory import atoms as at
from theory.atoms import (
    C_p,
    a,
    alpha,
    c,
    f_inf,
    f_theta,
    g,
    grad_theta,
    inv_c,
    inv_eps,
    inv_root_c,
    inv_root_eps,
    norm_root,
    root_c,
    root_D,
    root_G,
    s,
    u,
)
from theory.expressions import E, Expression, T, lift, sum_i, t
from theory.statements.heavy_tailed import THREE_HALVES, Power

HALF = lift(Fraction(1, 2))
root_g = at.vector("root_g")
abs_a, abs_w = at.vector("abs_a", first=1), at.vector("abs_w", first=1)
h, d, W = root_g(t), grad_theta(t - 1), inv_s(t - 1)


def chain(larger: Line, small: Line, large: Line, n: int, weight: Factors = ONE) -> list[Factors]:
    """Products whose sum is weight·(yⁿ − xⁿ), from y − x >= 0 (`larger`), x >= 0 and y >= 0."""
    return [weight * larger * Factors((small,) * j + (large,) * (n - 1 - j)) for j in range(n)]


def times(line: Line, n: int) -> Factors:
    """The n-th power of a nonnegative line."""
    return Factors((line,) * n)


@dataclass(frozen=True)
class Tails:
    """H = E[|g_i|^p given F] >= 0 with Σ_i H <= K = D^{1−p/2}G^p; h >= 0, h^{2q} = g², h^q <= (q h^m + m − q)/m, ±g <= h^q;
    1/s's equation."""

    power: Power
    K: Expression
    H: Expression
    LOSS: Expression
    K_nonnegative: Line
    sum_bound: Line
    nonnegative: Line
    h_nonnegative: Line
    square: Line
    young: Line
    at_most: Line
    at_least: Line
    by_s: Line

    @property
    def abs_u(self) -> Expression:
        """|u_i| = h^q/s."""
        return W * h**self.power.q


@dataclass(frozen=True)
class Run:
    """The sum of the steps, E f(φ_T) >= f_inf and E f(φ_0) = E f(θ_0), which bound ΣQ_t modulo the equations."""

    tails: Tails
    parts: tuple[Line, Line, Line]
    equations: list[Line]
    q_definition: Line


def adopt_clipped_heavy_tailed(x: Script) -> Line:
    """N5 in E Σ (∂_i f)²/s_i, at p = 3/2."""
    run = weighted_sum(x, THREE_HALVES)
    by_T, by_alpha = adopt.horizon_inverses(x)
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha)
    equations = [*run.equations, x.sum_t(run.q_definition, 1), by_T, by_alpha, *known_powers(x)]
    return x.show("the bound", x.statement.goal(), *(part * scale for part in run.parts), modulo=equations)


def known_powers(x: Script) -> list[Line | tuple[Line, Expression]]:
    """The roots in which bounds are polynomials, as rewritings of their powers."""
    names = (root_G, inv_root_c, inv_root_eps, root_c, root_D, C_p)
    return [(x.definition(y), y ** degree(x, y.name)) for y in names if y.name in x.proof.statement.definitions]


def degree(x: Script, name: str) -> int:
    return x.proof.statement.definitions[name].degree


def weighted_sum(x: Script, power: Power) -> Run:
    """ΣQ_t <= (2/α)(Δ + Tα²LP(½+κ)) + 2T·loss, in parts."""
    m, q = power
    x.section("Constants")
    by_eps = x.inverse(inv_eps, x.hypothesis("eps_positive"), "1/ε")
    by_c = x.inverse(inv_c, x.hypothesis("c_positive"), "1/c")
    decay = common.decay(x)
    x.root(inv_root_eps, x.weaken(x.sign(inv_eps), ">="), q, "ε^{−1/q}")
    x.root(inv_root_c, x.weaken(x.sign(inv_c), ">="), q, "c^{−1/q}")
    x.root(root_G, x.hypothesis("G_nonnegative"), q, "G^{1/q}")
    x.root(C_p, x.show("", lift(power.clip_factor) >= 0, ONE), q, "C_p = (p−1)^{p−1}/p^p")
    if power.rest:
        x.root(root_c, x.weaken(x.hypothesis("c_positive"), ">="), q, "c^{1/q}")
        x.root(root_D, x.sum_i(x.show("", lift(1) >= 0, ONE)), 2 * q, "D^{1/(2q)}")
    is_u, _, by_s = common.division(x, by_eps, u)
    tails = moments(x, by_s, power)
    signs = widths(x, power) * times(x.sign(inv_root_eps), m) * tails.K_nonnegative
    is_P = x.define(P, width(power) * inv_root_eps**m * tails.K, "P = c^{2−p}D^{1−p/2}(G/ε)^p")
    P_nonnegative = x.show("P ≥ 0", P >= 0, signs, modulo=[is_P])
    bounds = SecondMoment(decay.inv_one_minus_beta1, decay.kappa, decay.kappa_nonnegative, is_P, P_nonnegative)
    gradient_bounded(x, tails)
    is_w = clipped(x, is_u)
    at_most_u = shorter(x, tails, is_u)
    a_bound = direction_moment(x, tails, at_most_u, is_P)
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
        alpha * (HALF * Q(t) - tails.LOSS),
        RATE,
        cross * alpha_positive,
        a_bound * x.hypothesis("L_nonnegative") * sq(alpha),
        drift * alpha_positive,
    )
    x.section("The average")
    below = x.expect(x.lower_bound(adopt.phi, t), text="E f(φ_T) ≥ f_inf")(T)
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    equations = [x.telescope(E(f_phi(t)), 1), is_Delta, decay.kappa, is_P, decay.inv_one_minus_beta1]
    return Run(tails, (x.sum_t(one_step, 1), below, start), equations, is_Q)


def width(power: Power) -> Expression:
    """c^{2−p}."""
    return root_c**power.rest if power.rest else lift(1)


def widths(x: Script, power: Power) -> Factors:
    """c^{2−p} >= 0."""
    return times(x.sign(root_c), power.rest) if power.rest else ONE


def moments(x: Script, by_s: Line, power: Power) -> Tails:
    """Σ|g_i|^p <= D^{1−p/2}‖g‖^p by Hölder; h^m, h^q and g are integrable; Σ_i E[h_i^m given F] <= D^{1−p/2}G^p."""
    m, q = power
    x.section("Heavy tails")
    x.root(root_g, x.show("", g(t) ** 2 >= 0, sq(g(t))), 2 * q, "h = |g_i|^{1/q}")
    is_h, h_nonnegative = x.definition(root_g), x.weaken(x.sign(root_g), start=1)
    square = (is_h, h ** (2 * q))
    spread = root_D**power.rest if power.rest else lift(1)
    norm, norm_p = x.hypothesis("norm_nonnegative"), norm_root(t) ** m
    is_norm = (x.hypothesis("norm_is_root"), norm_root(t) ** (2 * q))
    if power.rest:
        zero = x.show("", (h ** (2 * q * m) - h ** (2 * q * m)).equals(0))
        one = x.show("", lift(1) >= 0, ONE)
        whole = x.show("", h ** (2 * q) >= 0, sq(h**q))
        holder = x.holder(
            "Hölder over coordinates", h ** (2 * q), 1, h**m, m, power.rest, [zero, whole, one], over="sum_i"
        )
        sides = x.sum_i(x.show("", (h ** (2 * q)).equals(g(t) ** 2), modulo=[square]))
        powers = x.show(
            "",
            sum_i(h**m) ** (2 * q) <= (spread * norm_p) ** (2 * q),
            holder,
            modulo=[(sides, sum_i(h ** (2 * q))), is_norm, (x.definition(root_D), root_D ** (2 * q))],
        )
        larger = x.show("", spread * norm_p >= 0, times(x.sign(root_D), power.rest) * times(norm, m))
        bound = x.root_monotone("Σ|g_i|^p ≤ D^{1−p/2}‖g‖^p", sum_i(h**m) <= spread * norm_p, 2 * q, powers, larger)
    else:
        sides = x.sum_i(x.show("", (h**m).equals(g(t) ** 2), modulo=[square]))
        bound = x.show("Σg_i² ≤ ‖g‖²", sum_i(h**m) <= norm_p, modulo=[(sides, sum_i(h**m)), is_norm])
    power_m = x.show("", h**m >= 0, times(h_nonnegative, m))
    x.hypothesis("norm_integrable")
    x.dominated(
        h**m, x.show("", h**m <= spread * norm_p, bound, x.single(power_m), start=1), power_m, "h^m is integrable"
    )
    x.integrable_conditional(1, h**m, t - 1)
    claim = m * h**q <= q * h**m + (m - q)
    steps = [sq(h - 1) * times(h_nonnegative, j) for j in range(m - 1)]
    young = x.show("|g| ≤ (q|g|^p + m − q)/m", claim, *steps, start=1)
    power_q = x.show("", h**q >= 0, times(h_nonnegative, q))
    x.dominated(h**q, x.show("", h**q <= (q * h**m + (m - q)) / m, young), power_q, "|g_i| is integrable")
    absolute = x.show("", ((h**q) ** 2 - g(t) ** 2).equals(0), modulo=[square])
    up, down = (
        x.root_monotone(f"{text} ≤ |g|", sign * g(t) <= h**q, 2, absolute, power_q)
        for sign, text in ((1, "g"), (-1, "−g"))
    )
    x.dominated(g(t), up, down, "g is integrable")
    K = spread * root_G**m
    mean_powers = x.show(
        "", E(norm_p, given=t - 1) ** q <= (root_G**m) ** q, x.hypothesis("heavy_tails"), modulo=[is_root_G(x, q)]
    )
    G_sign = x.show("", root_G**m >= 0, times(x.sign(root_G), m))
    mean = x.root_monotone("E[‖g‖^p given F] ≤ G^p", E(norm_p, given=t - 1) <= root_G**m, q, mean_powers, G_sign)
    K_sign = x.show("", K >= 0, times(x.sign(root_D), power.rest) * G_sign if power.rest else G_sign)
    H = E(h**m, given=t - 1)
    spreads = times(x.sign(root_D), power.rest) if power.rest else ONE
    total = x.show("Σ E[h^m given F] ≤ D^{1−p/2}G^p", sum_i(H) <= K, x.expect(bound, given=t - 1), mean * spreads)
    loss = HALF * C_p**2 * inv_root_c ** (2 * (m - q)) * inv_root_eps ** (2 * m - q) * K**2
    H_sign = x.expect(power_m, given=t - 1)
    return Tails(power, K, H, loss, K_sign, total, H_sign, h_nonnegative, is_h, young, up, down, by_s)


def is_root_G(x: Script, q: int) -> tuple[Line, Expression]:
    return x.definition(root_G), root_G**q


def gradient_bounded(x: Script, tails: Tails) -> None:
    """|∂_i f| = |E[g_i given F]| <= E[h^q given F] <= (qK + m − q)/m: a constant, whatever its size."""
    m, q = tails.power
    x.section("The gradient is bounded")
    single = x.single(tails.nonnegative)
    young = x.expect(tails.young, given=t - 1)
    unbiased = x.hypothesis("unbiased")
    ceiling = (q * tails.K + (m - q)) / m
    sides = [
        x.show(
            "",
            sign * d <= ceiling,
            x.expect(line, given=t - 1),
            young,
            single,
            tails.sum_bound,
            modulo=[(unbiased, E(g(t), given=t - 1))],
        )
        for sign, line in ((1, tails.at_most), (-1, tails.at_least))
    ]
    upper = x.show("(∂f)² is bounded", d**2 <= ceiling**2, sides[0] * sides[1])
    x.dominated(d**2, upper, x.show("", d**2 >= 0, sq(d)), "(∂f)² is integrable")
    gap, positive = x.bounded_factors["inv_s"][1](t - 1), x.sign(inv_s)(t - 1)
    heavy = inv_eps * h**q
    powers = times(tails.h_nonnegative, q)
    # |g/s| <= h^q/ε and |∂f g/s| <= ceiling·h^q/ε
    quotient = [
        x.show("", sign * g(t) * W <= heavy, line * positive, gap * powers)
        for sign, line in ((1, tails.at_most), (-1, tails.at_least))
    ]
    x.dominated(g(t) * W, quotient[0], quotient[1], "g/s is integrable")
    mixed = [
        x.show("", sign * d * g(t) * W <= ceiling * heavy, sides[0] * quotient[k], sides[1] * quotient[1 - k])
        for k, sign in ((1, 1), (0, -1))
    ]
    x.dominated(d * g(t) * W, mixed[0], mixed[1], "∂f·g/s is integrable")


def clipped(x: Script, is_u: Line) -> Line:
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


def shorter(x: Script, tails: Tails, is_u: Line) -> Line:
    """|a| <= |u| = h^q/s."""
    above, below = x.hypothesis("clip_seen_from_above"), x.hypothesis("clip_seen_from_below")
    is_abs = x.root(abs_a, x.show("", a(t) ** 2 >= 0, sq(a(t))), 2, "|a_i|")
    square = x.show(
        "",
        abs_a(t) ** 2 <= tails.abs_u**2,
        above,
        below,
        sq(u(t) - a(t)),
        modulo=[(is_abs, abs_a(t) ** 2), (is_u, u(t)), (tails.square, h ** (2 * tails.power.q))],
    )
    return x.root_monotone("|a| ≤ |u|", abs_a(t) <= tails.abs_u, 2, square, length(x, tails))


def length(x: Script, tails: Tails) -> Line:
    """|u| >= 0."""
    return x.show("", tails.abs_u >= 0, x.sign(inv_s)(t - 1) * times(tails.h_nonnegative, tails.power.q))


def direction_moment(x: Script, tails: Tails, at_most_u: Line, is_P: Line) -> Line:
    """E‖a_t‖² <= P, from a² <= c^{2−p}|u|^p."""
    m, q = tails.power
    rest = tails.power.rest
    x.section("The direction's second moment")
    high, low = x.hypothesis("clip_at_most"), x.hypothesis("clip_at_least")
    is_abs, nonnegative = x.definition(abs_a), x.sign(abs_a)
    c_positive = x.hypothesis("c_positive")
    c_square = x.show("", abs_a(t) ** 2 <= c**2, high * low, modulo=[(is_abs, abs_a(t) ** 2)])
    at_most_c = x.root_monotone("|a| ≤ c", abs_a(t) <= c, 2, c_square, x.weaken(c_positive, ">="))
    u_sign, h_powers = length(x, tails), times(tails.h_nonnegative, q * m)
    gap, by_eps, positive = x.bounded_factors["inv_s"][1](t - 1), x.sign(inv_eps), x.sign(inv_s)(t - 1)
    root = width(tails.power) * inv_root_eps**m * h**m
    roots: list[Line | tuple[Line, Expression]] = [(x.definition(inv_root_eps), inv_root_eps**q)]
    if rest:
        roots.append((x.definition(root_c), root_c**q))
    powers = x.show(
        "|a|^{2q} ≤ c^{2q−m}|u|^m",
        (abs_a(t) ** 2) ** q <= root**q,
        *chain(at_most_c, nonnegative, c_positive, rest, times(nonnegative, m)),
        *chain(at_most_u, nonnegative, u_sign, m, times(c_positive, rest)),
        *chain(gap, positive, by_eps, m, times(c_positive, rest) * h_powers),
        modulo=roots,
    )
    larger = x.show(
        "", root >= 0, widths(x, tails.power) * times(x.sign(inv_root_eps), m) * times(tails.h_nonnegative, m)
    )
    square = x.root_monotone("", abs_a(t) ** 2 <= root, q, powers, larger)
    pathwise = x.show("a² ≤ c^{2−p}(|g|/ε)^p", a(t) ** 2 <= root, square, modulo=[(is_abs, abs_a(t) ** 2)])
    weight = widths(x, tails.power) * times(x.sign(inv_root_eps), m)
    mean = x.expect(tails.sum_bound)
    return x.show("E‖a_t‖² ≤ P", sum_i(E(a(t) ** 2)) <= P, x.lift(pathwise), mean * weight, modulo=[is_P])


def overshoot(x: Script, tails: Tails, is_u: Line, is_w: Line) -> tuple[Line, Line]:
    """c^{m−q}z^q <= C_p^q|u|^m for z = |w|, and z >= 0.

    |u| >= |a| + z and z|a| >= zc, so that zF >= 0 for F = (|a|+z)^m − C with C = z^q c^{m−q}/C_p^q, as (c+z)^m − C has the
    double root z = qc/(m−q) and is otherwise positive; F + C >= 0, hence F >= 0.
    """
    m, q = tails.power
    above, below = x.hypothesis("clip_seen_from_above"), x.hypothesis("clip_seen_from_below")
    c_positive, is_abs_a = x.hypothesis("c_positive"), x.definition(abs_a)
    is_z = x.root(abs_w, x.show("", cut(t) ** 2 >= 0, sq(cut(t))), 2, "z = |w|")
    z, y = abs_w(t), abs_a(t)
    z_sign, y_sign = x.sign(abs_w), x.sign(abs_a)
    gap = u(t) - a(t)
    squares = [(is_z, z**2), (is_abs_a, y**2), (is_w, cut(t))]
    aligned = x.show("", a(t) * gap >= 0, above, below)
    product = x.show("", (a(t) * gap) ** 2 >= (y * z) ** 2, modulo=squares)
    inner = x.root_monotone("a(u−a) ≥ |a||w|", y * z <= a(t) * gap, 2, product, aligned)
    opposite = x.show("", (y * z) ** 2 >= (c * z) ** 2, above * below, modulo=squares)
    reached = x.root_monotone("|w||a| ≥ |w|c", c * z <= y * z, 2, opposite, x.show("", y * z >= 0, y_sign * z_sign))
    total = x.show(
        "", (y + z) ** 2 <= tails.abs_u**2, inner, modulo=[*squares, (is_u, u(t)), (tails.square, h ** (2 * q))]
    )
    u_sign = length(x, tails)
    longer = x.root_monotone("|a| + |w| ≤ |u|", y + z <= tails.abs_u, 2, total, u_sign)
    sum_sign = x.show("", y + z >= 0, y_sign, z_sign)
    c_sum = x.show("", c + z >= 0, c_positive, z_sign)
    C = lift(1 / tails.power.clip_factor) * z**q * c ** (m - q)
    F = (y + z) ** m - C
    double = sq((m - q) * z - q * c)
    zF = x.show(
        "zF ≥ 0",
        z * F >= 0,
        *(double * times(z_sign, 1 + j) * times(c_positive, m - 2 - j) for j in range(m - 1)),
        *chain(reached, c_sum, sum_sign, m),
    )
    larger = x.show("", F + C >= 0, times(sum_sign, m))
    powers = x.show("", (F + C) ** 2 >= C**2, sq(F), zF * times(z_sign, q - 1) * times(c_positive, m - q))
    bigger = x.root_monotone("", C <= F + C, 2, powers, larger)
    whole = x.show("c^{m−q}|w|^q ≤ C_p^q|u|^m", tails.abs_u**m >= C, bigger, *chain(longer, sum_sign, u_sign, m))
    short = x.show("|w| ≤ |u|", z <= tails.abs_u, longer, y_sign)
    gap_s = x.bounded_factors["inv_s"][1](t - 1)
    heavy = x.show("", z <= inv_eps * h**q, short, gap_s * times(tails.h_nonnegative, q))
    x.dominated(z, heavy, z_sign, "|w| is integrable")
    return whole, z_sign


def bias_of_clipping(x: Script, tails: Tails, is_u: Line, is_w: Line, by_c: Line) -> Line:
    """s·E[w given F]² <= C_p²H²ε^{1−2p}c^{2−2p}."""
    m, q = tails.power
    x.section("What clipping cuts off")
    whole, z_sign = overshoot(x, tails, is_u, is_w)
    positive, by_eps, c_inverse = x.sign(inv_s)(t - 1), x.sign(inv_eps), x.sign(inv_c)
    gap = x.bounded_factors["inv_s"][1](t - 1)
    z, H, factor = abs_w(t), tails.H, lift(tails.power.clip_factor)
    r = h**m
    r_sign = x.show("", r >= 0, times(tails.h_nonnegative, m))
    first = factor * inv_c ** (m - q) * W**m * r
    premise = x.show("", first * r ** (q - 1) >= z**q, whole * times(c_inverse, m - q), modulo=[by_c])
    first_sign = x.show("", first >= 0, times(c_inverse, m - q) * times(positive, m) * r_sign)
    heavy = x.show("", W**m * r <= inv_eps**m * r, *chain(gap, positive, by_eps, m, times(r_sign, 1)))
    x.dominated(W**m * r, heavy, x.show("", W**m * r >= 0, times(positive, m) * r_sign))
    hoelder = x.holder("Hölder", first, r, z, 1, q - 1, [premise, first_sign, r_sign], given=t - 1)
    B = E(z, given=t - 1)
    B_sign = x.expect(x.weaken(z_sign, start=1), given=t - 1)
    s_sign = x.show("", s(t) >= 0, x.hypothesis("normaliser_at_least_eps"), x.hypothesis("eps_positive"))(t - 1)
    ceiling = factor * inv_c ** (m - q) * W**m * H**q
    ceiling_sign = x.show("", ceiling >= 0, times(c_inverse, m - q) * times(positive, m) * times(tails.nonnegative, q))
    root = C_p**2 * inv_root_c ** (2 * (m - q)) * inv_root_eps ** (2 * m - q) * H**2
    squares = x.show("", ceiling**2 >= B ** (2 * q), hoelder * ceiling_sign, hoelder * times(B_sign, q))
    powers = x.show(
        "",
        (s(t - 1) * B**2) ** q <= root**q,
        squares * times(s_sign, q),
        *chain(gap, positive, by_eps, 2 * m - q, times(c_inverse, 2 * (m - q)) * times(tails.nonnegative, 2 * q)),
        modulo=[tails.by_s(t - 1), *known_powers(x)],
    )
    signs = times(x.sign(inv_root_c), 2 * (m - q)) * times(x.sign(inv_root_eps), 2 * m - q) * sq(C_p * H)
    mean = x.root_monotone("", s(t - 1) * B**2 <= root, q, powers, x.show("", root >= 0, signs))
    b = E(cut(t), given=t - 1)
    squared = x.show("", (abs_w(t) ** 2 - cut(t) ** 2).equals(0), modulo=[x.definition(abs_w)])
    up, down = (
        x.expect(x.weaken(x.root_monotone("", sign * cut(t) <= z, 2, squared, z_sign), start=1), given=t - 1)
        for sign in (1, -1)
    )
    return x.show(
        "s b² ≤ C_p²H²ε^{1−2p}c^{2−2p}, b = E[w given F], H = E[|g|^p given F]",
        s(t - 1) * b**2 <= root,
        mean,
        up * down * s_sign,
    )


def drift_of_direction(x: Script, tails: Tails, is_w: Line, is_Q: Line, decorrelated: Line, bias: Line) -> Line:
    """E⟨∇f(θ_{t−1}), a_t⟩ >= ½Q_t − ½C_p²D^{2−p}G^{2p}ε^{1−2p}c^{2−2p}."""
    m, q = tails.power
    x.section("The drift of the clipped direction")
    b = E(cut(t), given=t - 1)
    x.integrable_conditional(d, cut(t), t - 1)
    tower = x.tower("condition on F_{t−1}", d, cut(t), t - 1, 1)
    positive = x.sign(inv_s)(t - 1)
    factor = HALF * C_p**2 * inv_root_c ** (2 * (m - q)) * inv_root_eps ** (2 * m - q)
    young = x.show(
        "∂f b ≤ ½(∂f)²/s + ½C_p²H²ε^{1−2p}c^{2−2p}",
        d * b <= HALF * d**2 * W + factor * tails.H**2,
        positive * sq(d - s(t - 1) * b),
        bias,
        modulo=[tails.by_s(t - 1)],
    )
    H = tails.H
    peak = x.sum_i(x.show("", H * sum_i(H) >= H**2, x.single(tails.nonnegative) * tails.nonnegative))
    H_sum = x.sum_i(tails.nonnegative)
    squares = x.show(
        "ΣH² ≤ D^{2−p}G^{2p}",
        sum_i(H**2) <= tails.K**2,
        peak,
        tails.sum_bound * H_sum,
        tails.sum_bound * tails.K_nonnegative,
    )
    signs = times(x.sign(inv_root_c), 2 * (m - q)) * times(x.sign(inv_root_eps), 2 * m - q) * sq(C_p)
    pathwise = x.show("", sum_i(d * b) <= HALF * sum_i(d**2 * W) + tails.LOSS, x.sum_i(young), squares * signs)
    parts = x.show("", (d * a(t)).equals(d * u(t) - d * cut(t)), modulo=[(is_w, cut(t))])
    return x.show(
        "E⟨∇f(θ_{t−1}), a_t⟩ ≥ ½Q_t − ½C_p²D^{2−p}G^{2p}ε^{1−2p}c^{2−2p}",
        sum_i(E(d * a(t))) >= HALF * Q(t) - tails.LOSS,
        x.expect(pathwise),
        modulo=[x.lift(parts), x.sum_i(tower), decorrelated, is_Q],
    )
