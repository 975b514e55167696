"""RMSprop as it is usually run (Theorem 3.1): v_t holds g_t², so g_t/s_t is not decorrelated.

The divisor s_t is compared with r_{t−1} = √(β2 v_{t−1} + ε² + (1−β2)E[g_t² given F_{t−1}]), which is known at t−1. The
price, E‖g_t/s_t‖² per step, adds up to a logarithm that grows like −T ln β2.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import adopt, common, without_momentum
from proofs.scripts.adopt import HALF
from proofs.scripts.common import Q, Radius
from proofs.scripts.rmsprop import add_up, expected_step
from theory import atoms as at
from theory.atoms import G, L, S, a, alpha, beta2, eps, g, grad_theta, inv_eps, log_final, log_floor, s, u, v
from theory.atoms import inv_beta2_power as power
from theory.expressions import E, Expression, Symbol, T, Time, lift, sum_i, sum_t, t

inv_s = at.vector("inv_s", 1)
r = at.vector("r")
inv_r = at.vector("inv_r")
inv_floor = at.vector("inv_floor")
inv_beta2 = Symbol("inv_beta2")
inv_power = Symbol("inv_power", timed=True)
inv_nu = Symbol("inv_nu")
log_scaled = at.vector("log_scaled")
inv_final = Symbol("inv_final")
root = at.root_one_minus_beta2
NU = root * G  # ν
h = E(g(t) ** 2, given=t - 1)  # E[g_i² given F_{t−1}]
SCALED = (v(t) + eps**2) * power(t)
FINAL = power(T) * eps**2 + (power(T) - 1) * G**2 * at.inv_D
D = sum_i(1)


def predictable_weight(time: Time) -> Expression:
    """1/r: the weight of the gradient in u."""
    return inv_r(time)


@dataclass(frozen=True)
class Constants:
    """Equations of 1/ε, √(1−β2), 1/√(1−β2) and 1/ν, where ν = √(1−β2)G."""

    inv_eps: Line
    root: Line
    inv_root: Line
    inv_nu: Line


def rmsprop(x: Script) -> Line:
    """Theorem 3.1."""
    c = constants(x)
    v_nonnegative = second_moment(x)
    by_s, is_a = normalised_gradient(x, c, v_nonnegative)
    jensen = common.true_gradient_integrable(x)
    is_r, by_r = predictable_divisor(x, c, v_nonnegative)
    is_u = predictable_direction(x)
    decorrelated, is_Q = common.decorrelation(x, is_u, predictable_weight, u)
    close = below_nu(x, c, (is_r(t - 1), by_r(t - 1)), jensen, v_nonnegative)
    young = correlated_step(x, c, by_r(t - 1), is_u, spread_of_divisors(x, is_r(t - 1), v_nonnegative))
    drift = expected_drift(x, c, close, young, decorrelated, is_Q)
    pathwise = without_momentum.descent(x, a(t), alpha, x.hypothesis("iterate_step"))
    one_step = expected_step(
        x,
        pathwise,
        "(α/2)Q_t − (αν + Lα²/2)E‖a_t‖² ≤ E f(θ_{t−1}) − E f(θ_t)",
        HALF * alpha * Q(t) - (alpha * NU + HALF * L * alpha**2) * sum_i(E(a(t) ** 2)),
        drift * x.hypothesis("alpha_positive"),
    )
    powers = powers_of_beta2(x)
    v_bound = second_moment_bound(x, powers[0])
    squares = sum_of_squares(x, c, by_s, is_a, v_nonnegative, v_bound, powers)
    into_measure = measure(x, (is_r, by_r), powers[1], v_bound, v_nonnegative, is_Q)
    sum_of_a = sum_t(1, sum_i(E(a(t) ** 2)))
    spent = (alpha * NU + HALF * L * alpha**2) * sum_of_a
    text = "(α/2)ΣQ_t ≤ Δ + (αν + Lα²/2)ΣE‖a_t‖²"
    total = add_up(x, text, HALF * alpha * sum_t(1, Q(t)), spent, one_step)
    x.section("(8) The average")
    by_T, by_alpha = adopt.horizon_inverses(x)
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha) * x.sign(S)
    inverse = x.sign(at.inv_root_one_minus_beta2)
    alpha_positive = x.hypothesis("alpha_positive")
    steps = squares * scale * inverse * inverse
    return x.show(
        "Theorem 3.1",
        x.statement.goal(),
        x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ S ΣQ_t") * x.sign(at.inv_T),
        total * scale,
        steps * alpha_positive * x.sign(root) * x.hypothesis("G_positive"),
        steps * x.hypothesis("L_nonnegative") * alpha_positive * alpha_positive,
        modulo=[by_T, by_alpha, (c.root, beta2), c.inv_root],
    )


def constants(x: Script) -> Constants:
    x.section("Constants")
    by_eps = x.inverse(inv_eps, x.hypothesis("eps_positive"), "1/ε")
    below_one = x.hypothesis("beta2_below_one")
    is_root = x.root(root, x.weaken(below_one, ">="), 2, "√(1−β2)")
    powers = x.show("", root**2 >= (1 - beta2) ** 2, below_one * x.hypothesis("beta2_positive"), modulo=[is_root])
    at_least = x.root_monotone("√(1−β2) ≥ 1−β2", 1 - beta2 <= root, 2, powers, x.sign(root))
    positive = x.show("√(1−β2) > 0", root > 0, at_least, below_one)
    inverse = x.inverse(at.inv_root_one_minus_beta2, positive, "1/√(1−β2)")
    by_nu = x.inverse(inv_nu, x.show("ν > 0", NU > 0, positive * x.hypothesis("G_positive")), "1/ν")
    return Constants(by_eps, is_root, inverse, by_nu)


def second_moment(x: Script) -> Line:
    """v_t >= 0; v is integrable."""
    x.section("The second moment")
    start, step = x.hypothesis("second_moment_start"), x.hypothesis("second_moment_step")
    nonnegative, below_one = x.hypothesis("beta2_positive"), x.hypothesis("beta2_below_one")
    first = x.show("", v(0) >= 0, modulo=[start])
    later = x.show("", v(t) >= beta2 * v(t - 1), below_one * sq(g(t)), modulo=[step])
    v_nonnegative = x.induction("v_t ≥ 0", v(t) >= 0, first, later, nonnegative)
    none = x.show("", (-v(0)).equals(0), modulo=[start])
    base = x.dominated(v(0), none, v_nonnegative(0))
    x.hypothesis("second_moment_integrable")
    upper = x.show("", (beta2 * v(t - 1) + (1 - beta2) * g(t) ** 2 - v(t)).equals(0), modulo=[step])
    x.dominated_induction(v(t), base, upper, v_nonnegative, "v is integrable")
    return v_nonnegative


def normalised_gradient(x: Script, c: Constants, v_nonnegative: Line) -> tuple[Line, Line]:
    """1/s_t <= 1/ε, a_t = g_t/s_t, a² is integrable. Returns the equations of 1/s and a."""
    x.section("The normalised gradient")
    s_positive, square = x.hypothesis("normaliser_step_positive"), x.hypothesis("normaliser_step_squared")
    powers = x.show("", s(t) ** 2 >= eps**2, v_nonnegative, modulo=[square])
    at_least = x.root_monotone("s_t ≥ ε", eps <= s(t), 2, powers, s_positive)
    by_s = x.inverse(inv_s, s_positive, "1/s")
    positive, by_eps = x.sign(inv_s), x.sign(inv_eps)
    gap = x.show("1/s ≤ 1/ε", inv_s(t) <= inv_eps, positive * by_eps * at_least, modulo=[by_s, c.inv_eps])
    x.bounded_factors["inv_s"] = (positive, gap, by_eps)
    division = x.hypothesis("normalised_gradient_step")
    is_a = x.show("a_t = g_t/s_t", a(t).equals(g(t) * inv_s(t)), modulo=[division, by_s])
    a_square = x.show(
        "a² ≤ g²/ε²",
        a(t) ** 2 <= inv_eps**2 * g(t) ** 2,
        gap * by_eps * sq(g(t)),
        gap * positive * sq(g(t)),
        modulo=[is_a],
    )
    x.dominated(a(t) ** 2, a_square, x.show("", a(t) ** 2 >= 0, sq(a(t))), "a² is integrable")
    return by_s, is_a


def predictable_divisor(x: Script, c: Constants, v_nonnegative: Line) -> tuple[Line, Line]:
    """r_t = √(β2 v_t + ε² + (1−β2)E[g_{t+1}² given F_t]) and 1/r <= 1/ε. Returns their equations."""
    x.section("The divisor that is known a step before")
    beta2_positive, below_one = x.hypothesis("beta2_positive"), x.hypothesis("beta2_below_one")
    mean = x.expect(x.show("", g(t + 1) ** 2 >= 0, sq(g(t + 1)), start=0), t)
    square = beta2 * v(t) + eps**2 + (1 - beta2) * E(g(t + 1) ** 2, given=t)
    under = x.show("", square >= 0, beta2_positive * v_nonnegative, sq(eps), below_one * mean)
    is_r = x.root(r, under, 2, "r_t = √(β2 v_t + ε² + (1−β2)E[g_{t+1}² given F_t])")
    powers = x.show("", r(t) ** 2 >= eps**2, beta2_positive * v_nonnegative, below_one * mean, modulo=[is_r])
    at_least = x.root_monotone("r_t ≥ ε", eps <= r(t), 2, powers, x.sign(r))
    by_r = x.inverse(inv_r, x.show("", r(t) > 0, at_least, x.hypothesis("eps_positive")), "1/r")
    positive, by_eps = x.sign(inv_r), x.sign(inv_eps)
    gap = x.show("1/r ≤ 1/ε", inv_r(t) <= inv_eps, positive * by_eps * at_least, modulo=[by_r, c.inv_eps])
    x.bounded_factors["inv_r"] = (positive, gap, by_eps)
    return is_r, by_r


def predictable_direction(x: Script) -> Line:
    """u_t = g_t/r_{t−1}; u² is integrable."""
    is_u = x.define(u, g(t) * inv_r(t - 1), "u_t = g_t/r_{t−1}")
    positive, gap, by_eps = x.bounded_factors["inv_r"]
    upper = x.show(
        "u² ≤ g²/ε²",
        u(t) ** 2 <= inv_eps**2 * g(t) ** 2,
        gap(t - 1) * by_eps * sq(g(t)),
        gap(t - 1) * positive(t - 1) * sq(g(t)),
        modulo=[is_u],
    )
    x.dominated(u(t) ** 2, upper, x.show("", u(t) ** 2 >= 0, sq(u(t))), "u² is integrable")
    return is_u


def spread_of_divisors(x: Script, is_r: Line, v_nonnegative: Line) -> Line:
    """(s_t − r_{t−1})² <= (1−β2)(g_t² + E[g_t² given F_{t−1}])."""
    base = beta2 * v(t - 1) + eps**2
    square, step = x.hypothesis("normaliser_step_squared"), x.hypothesis("second_moment_step")
    below_one, beta2_positive = x.hypothesis("beta2_below_one"), x.hypothesis("beta2_positive")
    s_above = x.show("", s(t) ** 2 >= base, below_one * sq(g(t)), modulo=[square, step])
    mean = x.expect(x.show("", g(t) ** 2 >= 0, sq(g(t)), start=1), t - 1)
    r_above = x.show("", r(t - 1) ** 2 >= base, below_one * mean, modulo=[is_r])
    base_nonnegative = x.show("", base >= 0, beta2_positive * v_nonnegative(t - 1), sq(eps))
    powers = x.show("", (s(t) * r(t - 1)) ** 2 >= base**2, s_above * sq(r(t - 1)), base_nonnegative * r_above)
    product = x.show("", s(t) * r(t - 1) >= 0, x.hypothesis("normaliser_step_positive") * x.sign(r)(t - 1))
    larger = x.root_monotone("s_t r_{t−1} ≥ β2 v_{t−1} + ε²", base <= s(t) * r(t - 1), 2, powers, product)
    return x.show(
        "(s_t − r_{t−1})² ≤ (1−β2)(g_t² + E[g_t² given F_{t−1}])",
        (s(t) - r(t - 1)) ** 2 <= (1 - beta2) * (g(t) ** 2 + h),
        larger,
        modulo=[square, step, is_r],
    )


def below_nu(x: Script, c: Constants, equations: tuple[Line, Line], jensen: Line, v_nonnegative: Line) -> Line:
    """(∂f)²(1−β2)E[g² given F]/r² <= ν(∂f)²/r; besides, (∂f)²g²/r² is integrable, as (∂f)² <= G²."""
    x.section("The drift of the correlated direction")
    is_r, by_r = equations
    below_one = x.hypothesis("beta2_below_one")
    mean = x.expect(x.show("", g(t) ** 2 >= 0, sq(g(t)), start=1), t - 1)
    A5 = x.hypothesis("bounded_second_moment_conditional")
    peak = x.show("E[g_i² given F] ≤ G²", h <= G**2, A5, x.single(mean))
    gradient = x.show("(∂f(θ_{t−1}))² ≤ G²", grad_theta(t - 1) ** 2 <= G**2, jensen, peak)
    positive, gap, by_eps = (line(t - 1) for line in x.bounded_factors["inv_r"])
    term = grad_theta(t - 1) ** 2 * inv_r(t - 1) ** 2 * g(t) ** 2
    upper = x.show(
        "",
        term <= G**2 * inv_eps**2 * g(t) ** 2,
        gradient * sq(inv_r(t - 1) * g(t)),
        gap * by_eps * sq(G * g(t)),
        gap * positive * sq(G * g(t)),
    )
    lower = x.show("", term >= 0, sq(grad_theta(t - 1) * inv_r(t - 1) * g(t)))
    x.dominated(term, upper, lower, "(∂f)²g²/r² is integrable")
    r_above = x.show(
        "",
        r(t - 1) ** 2 >= (1 - beta2) * h,
        x.hypothesis("beta2_positive") * v_nonnegative(t - 1),
        sq(eps),
        modulo=[is_r],
    )
    powers = x.show(
        "",
        (r(t - 1) * NU) ** 2 >= ((1 - beta2) * h) ** 2,
        r_above * below_one * sq(G),
        peak * mean * below_one * below_one,
        modulo=[(c.root, root**2)],
    )
    product = x.show("", r(t - 1) * NU >= 0, x.sign(r)(t - 1) * x.sign(root) * x.hypothesis("G_positive"))
    ratio = x.root_monotone("(1−β2)E[g² given F] ≤ νr", (1 - beta2) * h <= r(t - 1) * NU, 2, powers, product)
    return x.show(
        "(1−β2)E[g² given F](∂f)²/r² ≤ ν(∂f)²/r",
        (1 - beta2) * h * grad_theta(t - 1) ** 2 * inv_r(t - 1) ** 2 <= NU * grad_theta(t - 1) ** 2 * inv_r(t - 1),
        ratio * sq(grad_theta(t - 1) * inv_r(t - 1)),
        modulo=[by_r],
    )


def correlated_step(x: Script, c: Constants, by_r: Line, is_u: Line, spread: Line) -> Line:
    """∂f a >= ∂f u − (∂f)²(1−β2)(g² + E[g² given F])/(4νr²) − νa²: Young's inequality on ∂f a(s − r)/r."""
    division = x.hypothesis("normalised_gradient_step")
    same = x.show(
        "a = u + a(r − s)/r", a(t).equals(u(t) + a(t) * inv_r(t - 1) * (r(t - 1) - s(t))), modulo=[is_u, division, by_r]
    )
    y, w = grad_theta(t - 1), inv_r(t - 1)
    by = x.sign(inv_nu)
    return x.show(
        "∂f a ≥ ∂f u − (∂f)²(1−β2)(g² + E[g² given F])/(4νr²) − νa²",
        y * a(t) >= y * u(t) - inv_nu / 4 * y**2 * w**2 * (1 - beta2) * (g(t) ** 2 + h) - NU * a(t) ** 2,
        by * sq(HALF * y * w * (s(t) - r(t - 1)) - NU * a(t)),
        spread * by * sq(y * w),
        modulo=[(same, a(t) * inv_r(t - 1) * s(t)), c.inv_nu],
    )


def expected_drift(x: Script, c: Constants, close: Line, young: Line, decorrelated: Line, is_Q: Line) -> Line:
    """E⟨∇f(θ_{t−1}), a_t⟩ >= ½Q_t − νE‖a_t‖²."""
    y = grad_theta(t - 1) ** 2 * inv_r(t - 1) ** 2
    x.integrable_conditional(y, g(t) ** 2, t - 1)
    tower = x.tower("condition on F_{t−1}: (∂f(θ_{t−1}))²/r_{t−1}² is known there", y, g(t) ** 2, t - 1, 1)
    summed = x.sum_i(tower)
    return x.show(
        "E⟨∇f(θ_{t−1}), a_t⟩ ≥ ½Q_t − νE‖a_t‖²",
        sum_i(E(grad_theta(t - 1) * a(t))) >= HALF * Q(t) - NU * sum_i(E(a(t) ** 2)),
        x.lift(young),
        x.lift(close) * x.sign(inv_nu),
        modulo=[decorrelated, is_Q, summed, c.inv_nu],
    )


def sum_of_squares(
    x: Script, c: Constants, by_s: Line, is_a: Line, v_nonnegative: Line, v_bound: Line, powers: tuple[Line, Line]
) -> Line:
    """(1−β2)ΣE‖a_t‖² <= D(ln C − ln ε²), C = β2^{−T}ε² + (β2^{−T}−1)G²/D.

    With W_t = (v_t+ε²)β2^{−t}: ln W_t − ln W_{t−1} >= (W_t − W_{t−1})/W_t >= (1−β2)g_t²/s_t², and the mean of ln W_T over
    coordinates and paths is at most the tangent at C.
    """
    at_least_one = powers[0]
    above = logarithms(x, c, v_nonnegative, at_least_one)
    step = logarithm_step(x, by_s, is_a, powers)
    final = final_logarithm(x, v_bound, at_least_one)
    x.section("The sum of E‖a_t‖²")
    start = x.lift(above(0), "E ln W_0 ≥ ln ε²")
    squares = x.sum_t(x.lift(step), 1)
    claim = (1 - beta2) * sum_t(1, sum_i(E(a(t) ** 2))) <= D * (log_final - log_floor)
    modulo = [x.telescope(sum_i(E(log_scaled(t))), 1)]
    return x.show("(1−β2)ΣE‖a_t‖² ≤ D(ln C − ln ε²)", claim, squares, start, final, modulo=modulo)


def powers_of_beta2(x: Script) -> tuple[Line, Line]:
    """β2^{−t} >= 1, and its inverse."""
    x.section("The powers of 1/β2")
    first, step = x.hypothesis("inv_beta2_power_start"), x.hypothesis("inv_beta2_power_step")
    beta2_positive, below_one = x.hypothesis("beta2_positive"), x.hypothesis("beta2_below_one")
    by_beta2 = x.inverse(inv_beta2, beta2_positive, "1/β2")
    at_zero = x.show("", power(0) >= 1, modulo=[first])
    ratio = x.weaken(x.sign(inv_beta2), ">=")
    later = x.show(
        "",
        power(t) - 1 >= inv_beta2 * (power(t - 1) - 1),
        below_one * x.sign(inv_beta2),
        modulo=[x.scaled("", (step, inv_beta2), (by_beta2, -power(t))), by_beta2],
    )
    at_least_one = x.induction("β2^{−t} ≥ 1", power(t) >= 1, at_zero, later, ratio)
    positive = x.show("β2^{−t} > 0", power(t) > 0, at_least_one, ONE)
    return at_least_one, x.inverse(inv_power, positive, "β2^t")


def logarithms(x: Script, c: Constants, v_nonnegative: Line, power_at_least_one: Line) -> Line:
    """ln W_t and ln ε²; ln W_t >= ln ε² since W_t >= ε², and ln W_t is integrable since it is at most a tangent."""
    x.section("Logarithms")
    eps_positive = x.hypothesis("eps_positive")
    square = x.show("ε² > 0", eps**2 > 0, eps_positive * eps_positive)
    larger = x.show(
        "W_t ≥ ε²", eps**2 <= SCALED, v_nonnegative * power_at_least_one, v_nonnegative, power_at_least_one * sq(eps)
    )
    positive = x.show("W_t > 0", SCALED > 0, larger, square)
    x.logarithm(log_scaled, positive, "ln W_t, W_t = (v_t + ε²)β2^{−t}")
    x.logarithm(log_floor, square, "ln ε²")
    by_scaled = x.inverse(inv_floor, positive, "1/W_t")
    tangent = x.log_tangent(log_scaled, t, log_floor, t, 0, "W_t (ln W_t − ln ε²) ≥ W_t − ε²")
    above = x.show(
        "ln W_t ≥ ln ε²",
        log_scaled(t) >= log_floor,
        tangent * x.sign(inv_floor),
        larger * x.sign(inv_floor),
        modulo=[by_scaled],
    )
    other = x.log_tangent(log_floor, t, log_scaled, t, 0, "ε² (ln ε² − ln W_t) ≥ ε² − W_t")
    inverse = x.sign(inv_eps) * x.sign(inv_eps)
    below = x.show(
        "ln W_t ≤ ln ε² + W_t/ε² − 1",
        log_scaled(t) <= log_floor + inv_eps**2 * SCALED - 1,
        other * inverse,
        modulo=[c.inv_eps],
    )
    x.dominated(log_scaled(t), below, above, "ln W_t is integrable")
    return above


def logarithm_step(x: Script, by_s: Line, is_a: Line, powers: tuple[Line, Line]) -> Line:
    """(1−β2)a_t² <= ln W_t − ln W_{t−1}."""
    tangent = x.log_tangent(log_scaled, t, log_scaled, t - 1, 1, "W_t (ln W_t − ln W_{t−1}) ≥ W_t − W_{t−1}")
    square, step = x.hypothesis("normaliser_step_squared"), x.hypothesis("second_moment_step")
    below_one = x.hypothesis("beta2_below_one")
    gain = x.show(
        "W_t (ln W_t − ln W_{t−1}) ≥ β2^{−t}(1−β2)g_t²",
        power(t) * s(t) ** 2 * (log_scaled(t) - log_scaled(t - 1)) >= power(t) * (1 - beta2) * g(t) ** 2,
        tangent,
        below_one * powers[0] * sq(eps),
        below_one * sq(eps),
        modulo=[square, step, (x.hypothesis("inv_beta2_power_step"), power(t - 1))],
    )
    return x.show(
        "(1−β2)a_t² ≤ ln W_t − ln W_{t−1}",
        (1 - beta2) * a(t) ** 2 <= log_scaled(t) - log_scaled(t - 1),
        gain * sq(inv_s(t)) * x.sign(inv_power),
        modulo=[by_s, powers[1], is_a],
    )


def second_moment_bound(x: Script, power_at_least_one: Line) -> Line:
    """β2^{−t}E‖v_t‖₁ <= (β2^{−t} − 1)G²."""
    x.section("The second moment's mean")
    start, step = x.hypothesis("second_moment_start"), x.hypothesis("second_moment_step")
    first, power_step = x.hypothesis("inv_beta2_power_start"), x.hypothesis("inv_beta2_power_step")
    update = x.lift(x.show("", v(t).equals(beta2 * v(t - 1) + (1 - beta2) * g(t) ** 2), modulo=[step]))
    moment = x.expect(x.hypothesis("bounded_second_moment_conditional"), text="E‖g_t‖² ≤ G²")
    gap = (power(t) - 1) * G**2 - power(t) * sum_i(E(v(t)))
    previous = (power(t - 1) - 1) * G**2 - power(t - 1) * sum_i(E(v(t - 1)))
    below_one = x.hypothesis("beta2_below_one")
    none = x.lift(x.show("", v(0).equals(0), modulo=[start]))
    base = x.show("", (power(0) - 1) * G**2 - power(0) * sum_i(E(v(0))) >= 0, modulo=[first, none])
    recursion = x.show(
        "",
        gap >= 1 * previous,
        moment * below_one * power_at_least_one,
        moment * below_one,
        modulo=[update, (power_step, power(t - 1))],
    )
    one = x.show("", lift(1) >= 0, ONE)
    return x.induction("β2^{−t}E‖v_t‖₁ ≤ (β2^{−t} − 1)G²", gap >= 0, base, recursion, one)


def final_logarithm(x: Script, v_bound: Line, power_at_least_one: Line) -> Line:
    """E Σ ln W_T <= D ln C: the tangent of ln at C, since E Σ W_T <= DC."""
    x.section("The last logarithm")
    D_positive = x.sum_i(x.show("", lift(1) > 0, ONE), "D > 0")
    by_D = x.inverse(at.inv_D, D_positive, "1/D")
    eps_positive, last = x.hypothesis("eps_positive"), power_at_least_one(T)
    positive = x.show("C > 0", FINAL > 0, eps_positive * eps_positive, last * sq(eps), last * x.sign(at.inv_D) * sq(G))
    x.logarithm(log_final, positive, "ln C, C = β2^{−T}ε² + (β2^{−T}−1)G²/D")
    by_final = x.inverse(inv_final, positive, "1/C")
    tangent = x.log_tangent(log_final, T, log_scaled, T, 0, "C (ln C − ln W_T) ≥ C − W_T")
    means = x.lift(tangent)
    total = x.show(
        "C (D ln C − E Σ ln W_T) ≥ 0",
        FINAL * (D * log_final - sum_i(E(log_scaled(T)))) >= 0,
        means,
        v_bound(T),
        modulo=[by_D],
    )
    claim = D * log_final >= sum_i(E(log_scaled(T)))
    return x.show(
        "E Σ ln W_T ≤ D ln C", claim, total * x.sign(inv_final), modulo=[(by_final, inv_final * power(T) * eps**2)]
    )


def measure(
    x: Script, equations: tuple[Line, Line], by_power: Line, v_bound: Line, v_nonnegative: Line, is_Q: Line
) -> Line:
    """(7) measure <= S·Q_t, from E r_{t−1}² <= ε² + G²."""
    x.section("(7) The measure")
    is_r, by_r = equations
    beta2_positive, below_one = x.hypothesis("beta2_positive"), x.hypothesis("beta2_below_one")
    excess = beta2 * v(t - 1) + (1 - beta2) * h
    mean = x.expect(x.show("", g(t) ** 2 >= 0, sq(g(t)), start=1), t - 1)
    excess_nonnegative = x.show("", excess >= 0, beta2_positive * v_nonnegative(t - 1), below_one * mean)
    z = eps**2 + sum_i(excess)
    z_nonnegative = x.show("", z >= 0, x.sum_i(excess_nonnegative), sq(eps))
    square = x.show("", r(t - 1) ** 2 <= z, x.single(excess_nonnegative), modulo=[is_r(t - 1)])
    is_S = x.root(S, x.show("", G**2 + eps**2 >= 0, sq(G), sq(eps)), 2, "S = √(G² + ε²)")
    before = x.show(
        "E‖v_t‖₁ ≤ G²",
        sum_i(E(v(t))) <= G**2,
        v_bound * x.sign(inv_power),
        x.sign(inv_power) * sq(G),
        modulo=[by_power],
    )
    moment = x.expect(x.hypothesis("bounded_second_moment_conditional"))
    bound = x.show(
        "E r_{t−1}² ≤ S²",
        eps**2 + sum_i(E(excess)) <= S**2,
        before(t - 1) * beta2_positive,
        moment * below_one,
        modulo=[is_S],
    )
    radius = Radius(r(t - 1), inv_r(t - 1), by_r(t - 1), x.sign(inv_r)(t - 1), z, z_nonnegative, square, bound)
    return common.measure_within(x, radius, is_Q)[0]
