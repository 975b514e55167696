"""N5 for ‖∇f‖ itself: E v may be infinite, so the second moment is bounded in the power p/2.

With b = β2^{1/(2q)}, ‖v_t‖₁^{p/2} <= b^m‖v_{t−1}‖₁^{p/2} + (1−β2)^{p/2}‖g_t‖^p as x ↦ x^{p/2} is subadditive, hence
E‖v_t‖₁^{p/2} <= KG^p. Hölder's inequality with exponents 1 + 1/p and 1 + p then gives (E‖∇f‖^r)^{2/r} <= S·Q_t, r = 2p/(1+p).
"""

from __future__ import annotations

from dataclasses import dataclass

from proofs.builder import ONE, Factors, Line, Script, sq
from proofs.scripts import adopt
from proofs.scripts.common import Q, inv_s
from proofs.scripts.heavy_tailed import chain, is_root_G, known_powers, times, weighted_sum
from theory import atoms as at
from theory.atoms import (
    S,
    beta2,
    eps,
    g,
    grad_theta,
    inv_forgotten,
    measure_r,
    norm_r,
    norm_root,
    rest_root,
    root_beta2,
    root_eps,
    root_G,
    s,
    v,
)
from theory.expressions import E, Expression, Symbol, lift, sum_i, t
from theory.statements.heavy_tailed import Power

v_root, z_root = at.scalar("v_root"), at.scalar("z_root", first=1)
v_sum_root, z_sum_root = at.scalar("v_sum_root", first=1), at.scalar("z_sum_root", first=1)
inv_powers = Symbol("inv_powers")


@dataclass(frozen=True)
class Part:
    """x >= 0, one of two numbers whose powers are added."""

    value: Expression
    sign: Line


def adopt_clipped_heavy_tailed_gradient(x: Script, power: Power) -> Line:
    """N5 in (E‖∇f‖^r)^{2/r}."""
    run = weighted_sum(x, power)
    weights = forgetting(x, power)
    v_bound, v_nonnegative = second_moment(x, power, weights)
    ceiling, z_power = normaliser(x, power, v_bound, v_nonnegative)
    into_measure = measure_bound(x, power, run.q_definition, run.tails.by_s(t - 1), ceiling, z_power, weights)
    x.section("The average")
    by_T, by_alpha = adopt.horizon_inverses(x)
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha) * x.sign(S)
    return x.show(
        "the rate",
        x.statement.goal(),
        x.sum_t(into_measure, 1, "Σ(E‖∇f‖^r)^{2/r} ≤ S ΣQ_t") * x.sign(at.inv_T),
        *(part * scale for part in run.parts),
        modulo=[*run.equations, by_T, by_alpha, *known_powers(x)],
    )


@dataclass(frozen=True)
class Weights:
    """b = β2^{1/(2q)} and (1−β2)^{1/(2q)} are in [0, 1]; K's equation; K >= 1; b^m >= 0."""

    decay: Part
    rest: Part
    K: Expression
    K_step: Line
    K_at_least_one: Line
    K_nonnegative: Line


def forgetting(x: Script, power: Power) -> Weights:
    """K = (1−β2)^{p/2}/(1−β2^{p/2}) >= 1."""
    m, q = power
    x.section("(7) The measure")
    nonnegative, below_one = x.hypothesis("beta2_nonnegative"), x.hypothesis("beta2_below_one")
    is_b = x.root(root_beta2, nonnegative, 2 * q, "b = β2^{1/(2q)}")
    is_rest = x.root(rest_root, x.weaken(below_one, ">="), 2 * q, "(1−β2)^{1/(2q)}")
    b_sign, rest_sign = x.sign(root_beta2), x.sign(rest_root)
    one = x.show("", lift(1) >= 0, ONE)
    at_most = []
    for symbol, definition, gap in ((root_beta2, is_b, below_one), (rest_root, is_rest, nonnegative)):
        powers = x.show("", lift(1) ** (2 * q) >= symbol ** (2 * q), gap, modulo=[(definition, symbol ** (2 * q))])
        at_most.append(x.root_monotone(f"{symbol.name} ≤ 1", symbol <= lift(1), 2 * q, powers, one))
    series = sum((root_beta2**k for k in range(1, 2 * q)), start=lift(1))
    positive = x.show("", series > 0, ONE, *(times(b_sign, k) for k in range(1, 2 * q)))
    by_series = x.inverse(inv_powers, positive, "1/(1 + b + … + b^{2q−1})")
    telescoped = x.scaled("", (by_series, 1 - root_beta2))
    below = x.show(
        "b < 1",
        root_beta2 < lift(1),
        below_one * x.sign(inv_powers),
        modulo=[(is_b, beta2), (telescoped, inv_powers * root_beta2 ** (2 * q))],
    )
    forgotten = x.show("b^m < 1", root_beta2**m < lift(1), below, *(below * times(b_sign, k) for k in range(1, m)))
    by_forgotten = x.inverse(inv_forgotten, forgotten, "1/(1−β2^{p/2})")
    K = rest_root**m * inv_forgotten
    K_step = x.show("", K.equals(root_beta2**m * K + rest_root**m), modulo=[by_forgotten])
    excess = x.show(
        "β2^{p/2} + (1−β2)^{p/2} ≥ 1",
        root_beta2**m + rest_root**m >= 1,
        *chain_to_one(at_most[0], b_sign, power),
        *chain_to_one(at_most[1], rest_sign, power),
        modulo=[(is_b, root_beta2 ** (2 * q)), (is_rest, rest_root ** (2 * q))],
    )
    at_least = x.show("K ≥ 1", K >= 1, excess * x.sign(inv_forgotten), modulo=[by_forgotten])
    K_sign = x.show("", K >= 0, at_least, ONE)
    return Weights(Part(root_beta2, b_sign), Part(rest_root, rest_sign), K, K_step, at_least, K_sign)


def chain_to_one(at_most: Line, sign: Line, power: Power) -> list[Factors]:
    """Products whose sum is x^m − x^{2q}, from 0 <= x <= 1."""
    return [at_most * times(sign, power.m + j) for j in range(power.rest)]


def subadditive(
    x: Script,
    text: str,
    power: Power,
    whole: tuple[Expression, Line],
    parts: tuple[Part, Part],
    total: tuple[Line, Expression],
    root: Symbol,
) -> Line:
    """n^m <= x^m + y^m from n^{2q} = x^{2q} + y^{2q} (`total`), all nonnegative, m <= 2q; `root` is (x^m + y^m)^{1/m}.

    x and y are at most this root, so that n^{2q} <= root^{2q−m}(x^m + y^m) = root^{2q}.
    """
    m, q = power
    value, sign = whole
    a, b = parts
    both = x.show("", a.value**m + b.value**m >= 0, times(a.sign, m), times(b.sign, m), start=1)
    is_root = x.root(root, both, m, "(x^m + y^m)^{1/m}")
    top, top_sign = root(t), x.sign(root)
    below = []
    for one, other in ((a, b), (b, a)):
        powers = x.show("", one.value**m <= top**m, times(other.sign, m), modulo=[(is_root, top**m)])
        below.append(x.root_monotone("", one.value <= top, m, powers, top_sign))
    products = [
        f
        for line, part in zip(below, parts, strict=True)
        for f in chain(line, part.sign, top_sign, power.rest, times(part.sign, m))
    ]
    powers = x.show("", value ** (2 * q) <= top ** (2 * q), *products, modulo=[total, (is_root, top**m)])
    at_most = x.root_monotone("", value <= top, 2 * q, powers, top_sign)
    return x.show(
        text, value**m <= a.value**m + b.value**m, *chain(at_most, sign, top_sign, m), modulo=[(is_root, top**m)]
    )


def second_moment(x: Script, power: Power, weights: Weights) -> tuple[Line, Line]:
    """E‖v_t‖₁^{p/2} <= KG^p, and v_t >= 0."""
    m, q = power
    start, step = x.hypothesis("second_moment_start"), x.hypothesis("second_moment_step")
    nonnegative, below_one = x.hypothesis("beta2_nonnegative"), x.hypothesis("beta2_below_one")
    v_start = x.show("", v(0) >= 0, sq(g(0)), modulo=[start])
    v_step = x.show("", v(t) >= beta2 * v(t - 1), below_one * sq(g(t)), modulo=[step])
    v_nonnegative = x.induction("v_t ≥ 0", v(t) >= 0, v_start, v_step, nonnegative)
    is_n = x.root(v_root, x.sum_i(v_nonnegative), 2 * q, "n_t = ‖v_t‖₁^{1/(2q)}")
    n, n_sign = v_root(t), x.sign(v_root)
    norm, is_norm = x.hypothesis("norm_nonnegative"), x.hypothesis("norm_is_root")
    update = x.sum_i(x.show("", v(t).equals(beta2 * v(t - 1) + (1 - beta2) * g(t) ** 2), modulo=[step]))
    b, rest = weights.decay, weights.rest
    before, now = b.value * v_root(t - 1), rest.value * norm_root(t)
    total = x.show(
        "",
        (n ** (2 * q)).equals(before ** (2 * q) + now ** (2 * q)),
        modulo=[
            (is_n, n ** (2 * q)),
            (is_n(t - 1), v_root(t - 1) ** (2 * q)),
            (is_norm, norm_root(t) ** (2 * q)),
            (x.definition(root_beta2), root_beta2 ** (2 * q)),
            (x.definition(rest_root), rest_root ** (2 * q)),
            (update, sum_i(v(t))),
        ],
    )
    parts = (
        Part(before, x.show("", before >= 0, b.sign * n_sign(t - 1))),
        Part(now, x.show("", now >= 0, rest.sign * norm)),
    )
    words = "‖v_t‖₁^{p/2} ≤ β2^{p/2}‖v_{t−1}‖₁^{p/2} + (1−β2)^{p/2}‖g_t‖^p"
    step_power = subadditive(x, words, power, (n, n_sign), parts, (total, n ** (2 * q)), v_sum_root)
    first = x.sum_i(x.show("", v(0).equals(g(0) ** 2), modulo=[start]))
    equal = x.show(
        "",
        (norm_root(0) ** (2 * q) - v_root(0) ** (2 * q)).equals(0),
        modulo=[(is_n(0), v_root(0) ** (2 * q)), (is_norm(0), norm_root(0) ** (2 * q)), (first, sum_i(v(0)))],
    )
    at_most = x.root_monotone("", v_root(0) <= norm_root(0), 2 * q, equal, norm(0))
    first_power = x.show("", v_root(0) ** m <= norm_root(0) ** m, *chain(at_most, n_sign(0), norm(0), m))
    x.hypothesis("norm_integrable")
    n_power = x.show("", n**m >= 0, times(n_sign, m))
    base = x.dominated(v_root(0) ** m, first_power, n_power(0))
    x.dominated_induction(n**m, base, step_power, n_power, "‖v_t‖₁^{p/2} is integrable")
    G_sign = x.show("", root_G**m >= 0, times(x.sign(root_G), m))
    means = [
        x.root_monotone(
            "",
            E(norm_root(0) ** m) <= root_G**m,
            q,
            x.show(
                "",
                E(norm_root(0) ** m) ** q <= (root_G**m) ** q,
                x.hypothesis("heavy_tails_start"),
                modulo=[is_root_G(x, q)],
            ),
            G_sign,
        )
    ]
    later = x.show(
        "",
        E(norm_root(t) ** m, given=t - 1) ** q <= (root_G**m) ** q,
        x.hypothesis("heavy_tails"),
        modulo=[is_root_G(x, q)],
    )
    x.integrable_conditional(1, norm_root(t) ** m, t - 1)
    means.append(x.expect(x.root_monotone("", E(norm_root(t) ** m, given=t - 1) <= root_G**m, q, later, G_sign)))
    level = weights.K * root_G**m
    begins = x.show("", E(v_root(0) ** m) <= level, x.expect(first_power), means[0], weights.K_at_least_one * G_sign)
    recursion = x.show(
        "",
        level - E(n**m) >= root_beta2**m * (level - E(v_root(t - 1) ** m)),
        x.expect(step_power),
        means[1] * times(rest.sign, m),
        modulo=[(weights.K_step, root_beta2**m * weights.K)],
    )
    ratio = x.show("", root_beta2**m >= 0, times(b.sign, m))
    bound = x.induction("E‖v_t‖₁^{p/2} ≤ KG^p", E(n**m) <= level, begins, recursion, ratio)
    return bound, v_nonnegative


def normaliser(x: Script, power: Power, v_bound: Line, v_nonnegative: Line) -> tuple[Line, Line]:
    """s_{t−1} <= y^q for y = (ε² + ‖v_{t−1}‖₁)^{1/(2q)}, and y^m <= ε^p + ‖v_{t−1}‖₁^{p/2}."""
    m, q = power
    eps_root = x.root(root_eps, x.weaken(x.hypothesis("eps_positive"), ">="), q, "ε^{1/q}")
    before = v_nonnegative(t - 1)
    z = eps**2 + sum_i(v(t - 1))
    is_y = x.root(z_root, x.show("", z >= 0, x.sum_i(before), sq(eps)), 2 * q, "y = (ε² + ‖v_{t−1}‖₁)^{1/(2q)}")
    y, y_sign = z_root(t), x.sign(z_root)
    square = x.show(
        "",
        s(t - 1) ** 2 <= (y**q) ** 2,
        x.hypothesis("normaliser_squared_at_most")(t - 1),
        x.single(before),
        modulo=[(is_y, y ** (2 * q))],
    )
    at_most = x.root_monotone("s_{t−1} ≤ y^q", s(t - 1) <= y**q, 2, square, x.show("", y**q >= 0, times(y_sign, q)))
    n = v_root(t - 1)
    n_sign = x.sign(v_root)(t - 1)
    total = x.show(
        "",
        (y ** (2 * q)).equals(root_eps ** (2 * q) + n ** (2 * q)),
        modulo=[(is_y, y ** (2 * q)), (x.definition(v_root)(t - 1), n ** (2 * q)), (eps_root, root_eps**q)],
    )
    parts = (Part(root_eps, x.sign(root_eps)), Part(n, n_sign))
    words = "y^m ≤ ε^p + ‖v_{t−1}‖₁^{p/2}"
    split = subadditive(x, words, power, (y, y_sign), parts, (total, y ** (2 * q)), z_sum_root)
    upper = x.show("", y**m <= root_eps**m + n**m, split)
    x.dominated(y**m, upper, x.show("", y**m >= 0, times(y_sign, m)), "y^m is integrable")
    mean = x.expect(split)
    claim = E(y**m) <= root_eps**m + rest_root**m * inv_forgotten * root_G**m
    return at_most, x.show("E y^m ≤ ε^p + KG^p", claim, mean, v_bound(t - 1))


def measure_bound(
    x: Script, power: Power, is_Q: Line, by_s: Line, ceiling: Line, z_power: Line, weights: Weights
) -> Line:
    """(E‖∇f(θ_{t−1})‖^r)^{2/r} <= S·Q_t, by Hölder's inequality."""
    m, q = power
    d, W, y = grad_theta(t - 1), inv_s(t - 1), z_root(t)
    y_sign, positive = x.sign(z_root), x.sign(inv_s)(t - 1)
    X, N = sum_i(d**2 * W), sum_i(d**2)
    coordinate = x.show("", d**2 <= y**q * d**2 * W, ceiling * positive * sq(d), modulo=[by_s])
    norm_bound = x.sum_i(coordinate, "‖∇f‖² ≤ y^q Σ (∂_i f)²/s_i")
    squares = x.show("", d**2 >= 0, sq(d))
    N_sign = x.sum_i(squares)
    X_sign = x.sum_i(x.show("", d**2 * W >= 0, squares * positive))
    yX_sign = x.show("", y**q * X >= 0, times(y_sign, q) * X_sign)
    is_norm = x.root(norm_r, x.show("", N**m >= 0, times(N_sign, m)), q + m, "‖∇f‖^r, by its power q+m")
    e, e_sign = norm_r(t), x.sign(norm_r)
    product = x.show(
        "‖∇f‖^{2m} ≤ (Σ (∂_i f)²/s_i)^m y^{mq}",
        e ** (q + m) <= X**m * (y**m) ** q,
        *chain(norm_bound, N_sign, yX_sign, m),
        modulo=[(is_norm, e ** (q + m))],
    )
    n = q + m
    young = x.show(
        "",
        (m * N + q) ** n >= n**n * e**n,
        *(sq(N - 1) * times(N_sign, j) for j in range(n - 1)),
        modulo=[(is_norm, e**n)],
    )
    larger = x.show("", m * N + q >= 0, N_sign, ONE)
    upper = x.root_monotone("‖∇f‖^r ≤ (m‖∇f‖² + q)/(m+q)", n * e <= m * N + q, n, young, larger)
    x.dominated(e, x.show("", e <= (m * N + q) / n, upper), e_sign, "‖∇f‖^r is integrable")
    y_power = x.show("", y**m >= 0, times(y_sign, m))
    hoelder = x.holder("Hölder", X, y**m, e, m, q, [product, X_sign, y_power])
    mean_sign = x.expect(e_sign)
    x.root(measure_r, x.show("", E(e) ** n >= 0, times(mean_sign, n)), m, "the measure, by its power m")
    level = root_eps**m + weights.K * root_G**m
    level_sign = x.show("", level >= 0, times(x.sign(root_eps), m), weights.K_nonnegative * times(x.sign(root_G), m))
    degree, exponent = power.lowest
    x.root(S, x.show("", level**exponent >= 0, times(level_sign, exponent)), degree, "S = (ε^p + KG^p)^{1/p}")
    Q_sign = x.show("", Q(t) >= 0, x.expect(X_sign), modulo=[is_Q])
    powers = x.show(
        "",
        measure_r(t) ** m <= (S * Q(t)) ** m,
        hoelder,
        *chain(z_power, x.expect(y_power), level_sign, q, times(Q_sign, m)),
        modulo=[(x.definition(measure_r), measure_r(t) ** m), (x.definition(S), S**degree), is_Q],
    )
    claim = measure_r(t) <= S * Q(t)
    top = x.show("", S * Q(t) >= 0, x.sign(S) * Q_sign)
    return x.root_monotone("(E‖∇f(θ_{t−1})‖^r)^{2/r} ≤ S Q_t", claim, m, powers, top)
