"""Sums over the steps that schedules need: Σ 1/√t from both sides, Σ 1/t, and Σ (1/√(t−1) − 1/√t)².

Each function opens its section and returns a line about the whole sum; `adopt_decaying` and the clipped theorems rest
on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from proofs.builder import ONE, Factors, Line, Script, sq
from theory import atoms as at
from theory.atoms import alpha0, alpha_t, inv_root_idx, log_idx, root_idx
from theory.expressions import Expression, Symbol, T, Time, idx, lift, sum_t, t

Equation = Line | tuple[Line, Expression]
tail = Symbol("tail", timed=True)
common_inverse = Symbol("common_inverse", timed=True, first=3)
ROOT_HALF = Fraction(7071067, 10**7)


@dataclass(frozen=True)
class Roots:
    """Equations of √t and 1/√t."""

    root: Line
    inverse: Line


def roots(x: Script) -> Roots:
    """√t for t >= 0 and 1/√t for t >= 1."""
    x.section("The step number's root")
    is_root = x.root(root_idx, x.clock(0), 2, "√t")
    one = x.clock(1)
    powers = x.show("", root_idx(t) ** 2 >= 1, one, modulo=[is_root])
    at_least_one = x.root_monotone("√t ≥ 1", lift(1) <= root_idx(t), 2, powers, x.sign(root_idx))
    positive = x.show("√t > 0 for t ≥ 1", root_idx(t) > 0, at_least_one, ONE)
    return Roots(is_root, x.inverse(inv_root_idx, positive, "1/√t"))


def sum_of_inverse_roots_at_most(x: Script, r: Roots) -> Line:
    """Σ 1/√t <= 2√T: 1/√t <= 2(√t − √(t−1))."""
    x.section("Σ 1/√t ≤ 2√T")
    difference = x.show(
        "1/√t ≤ 2(√t − √(t−1))",
        inv_root_idx(t) <= 2 * (root_idx(t) - root_idx(t - 1)),
        x.sign(inv_root_idx) * sq(root_idx(t) - root_idx(t - 1)),
        modulo=[r.inverse, (r.root(t - 1), root_idx(t - 1) ** 2), (r.root, idx(t))],
    )
    total = x.sum_t(difference, 1)
    claim = sum_t(1, inv_root_idx(t)) <= 2 * root_idx(T)
    return x.show("Σ 1/√t ≤ 2√T", claim, total, x.sign(root_idx)(0), modulo=[x.telescope(root_idx(t), 1)])


def reciprocal(x: Script, r: Roots) -> Line:
    """(1/√t)² t = 1."""
    claim = (inv_root_idx(t) ** 2 * idx(t)).equals(1)
    return x.show("(1/√t)² t = 1", claim, modulo=[(r.root, idx(t)), r.inverse])


def growth_of_root(x: Script, r: Roots) -> Line:
    """√(t−1) <= √t."""
    one = x.show("", root_idx(t) ** 2 >= root_idx(t - 1) ** 2, ONE, modulo=[r.root, r.root(t - 1)])
    return x.root_monotone("√(t−1) ≤ √t", root_idx(t - 1) <= root_idx(t), 2, one, x.sign(root_idx))


def inverse_of_horizon(x: Script, r: Roots, by_T: Line) -> Line:
    """1/T = (1/√T)²; `by_T` is the equation of 1/T."""
    root, inverse = root_idx(T), inv_root_idx(T)
    product = at.inv_T * root**2 * inverse**2
    one = x.show("", product.equals(inverse**2), modulo=[(r.root(T), idx(T)), by_T])
    other = x.show("", product.equals(at.inv_T), modulo=[r.inverse(T)])
    return x.show("1/T = (1/√T)²", at.inv_T.equals(inverse**2), modulo=[one, other])


# ------------------------------------------------------------------------------------------------ α_t = α0/√t


@dataclass(frozen=True)
class Decreasing:
    """Step sizes 0 <= α_t <= α_{t−1}."""

    nonnegative: Line
    decreasing: Line


@dataclass(frozen=True)
class Steps(Decreasing):
    """Step sizes α_t = α0/√t: besides, the roots, α_t²t = α0², α0/√t <= α_t <= α0/√t."""

    roots: Roots
    schedule: Line
    at_least: Line
    at_most: Line


def step_sizes(x: Script, r: Roots) -> Steps:
    """Facts about α_t = α0/√t, which the statement gives by α_t >= 0 and α_t²t = α0²."""
    x.section("The step sizes")
    schedule, nonnegative = x.hypothesis("step_size_schedule"), x.hypothesis("step_size_nonnegative")
    alpha0_positive, positive = x.hypothesis("alpha0_positive"), x.sign(inv_root_idx)
    modulo: list[Equation] = [(r.root, idx(t)), schedule]
    lower = x.show("", ((alpha_t(t) * root_idx(t)) ** 2 - alpha0**2).equals(0), modulo=modulo)
    upper = x.show("", (alpha0**2 - (alpha_t(t) * root_idx(t)) ** 2).equals(0), modulo=modulo)
    product = x.show("", alpha_t(t) * root_idx(t) >= 0, nonnegative * x.sign(root_idx))
    below = x.root_monotone("α_t√t ≥ α0", alpha0 <= alpha_t(t) * root_idx(t), 2, lower, product)
    above = x.root_monotone("α_t√t ≤ α0", alpha_t(t) * root_idx(t) <= alpha0, 2, upper, alpha0_positive)
    at_least = x.show("α_t ≥ α0/√t", alpha_t(t) >= alpha0 * inv_root_idx(t), below * positive, modulo=[r.inverse])
    at_most = x.show("α_t ≤ α0/√t", alpha_t(t) <= alpha0 * inv_root_idx(t), above * positive, modulo=[r.inverse])
    inverses = inverse_roots_decrease(x, r)
    decreasing = x.show(
        "α_t ≤ α_{t−1}", alpha_t(t) <= alpha_t(t - 1), at_most, at_least(t - 1), inverses * alpha0_positive
    )
    return Steps(nonnegative, decreasing, r, schedule, at_least, at_most)


def inverse_roots_decrease(x: Script, r: Roots) -> Line:
    """1/√t <= 1/√(t−1)."""
    positive = x.sign(inv_root_idx)
    return x.show(
        "1/√t ≤ 1/√(t−1)",
        inv_root_idx(t) <= inv_root_idx(t - 1),
        growth_of_root(x, r) * positive * positive(t - 1),
        modulo=[r.inverse, r.inverse(t - 1)],
    )


def first_step_at_least(x: Script, steps: Steps) -> Line:
    """α_1 >= α0."""
    lower = x.show("", (alpha_t(1) ** 2 - alpha0**2).equals(0), modulo=[steps.schedule(1)])
    return x.root_monotone("α_1 ≥ α0", alpha0 <= alpha_t(1), 2, lower, steps.nonnegative(1))


def first_step_at_most(x: Script, steps: Steps) -> Line:
    """α_1 <= α0."""
    upper = x.show("", (alpha0**2 - alpha_t(1) ** 2).equals(0), modulo=[steps.schedule(1)])
    return x.root_monotone("α_1 ≤ α0", alpha_t(1) <= alpha0, 2, upper, x.hypothesis("alpha0_positive"))


def sum_of_squares(x: Script, schedule: Line) -> Line:
    """Σ_{t≥2} α_t² <= α0² ln T, as 1/t <= ln t − ln(t−1); `schedule`: α_t²t = α0²."""
    x.section("Σ α_t² for t ≥ 2 is at most α0² ln T")
    squares = x.show(
        "α_t² ≤ α0² (ln t − ln(t−1))",
        alpha_t(t) ** 2 <= alpha0**2 * (log_idx(t) - log_idx(t - 1)),
        logarithm(x) * sq(alpha_t(t)),
        modulo=[schedule],
    )
    claim = sum_t(2, alpha_t(t) ** 2) <= alpha0**2 * (log_idx(T) - log_idx(1))
    text = "Σ_{t≥2} α_t² ≤ α0² ln T"
    return x.show(text, claim, x.sum_t(squares, 2), modulo=[x.telescope(log_idx(t), 2)])


def logarithm(x: Script) -> Line:
    """t (ln t − ln(t−1)) >= 1 for t >= 2: the tangent of ln at t."""
    if log_idx.name not in x.proof.definitions:
        x.logarithm(log_idx, x.show("", idx(t) > 0, x.clock(1), ONE), "ln t")
    return x.log_tangent(log_idx, t, log_idx, t - 1, 2, "t (ln t − ln(t−1)) ≥ 1")


def harmonic(x: Script, reciprocal: Line) -> Line:
    """1/t <= ln t − ln(t−1), with (1/√t)² for 1/t; `reciprocal` is (1/√t)² t = 1."""
    return x.show(
        "1/t ≤ ln t − ln(t−1)",
        inv_root_idx(t) ** 2 <= log_idx(t) - log_idx(t - 1),
        logarithm(x) * sq(inv_root_idx(t)),
        modulo=[reciprocal],
    )


def sum_of_differences(x: Script, steps: Steps) -> Line:
    """Σ_{t≥2} (α_{t−1} − α_t)² <= 0.1164 α0²."""
    numbers = sum_of_squared_differences(x, steps.roots)
    fall, limit = alpha_t(t - 1) - alpha_t(t), alpha0 * (inv_root_idx(t - 1) - inv_root_idx(t))
    at_most = x.show("", fall <= limit, steps.at_most(t - 1), steps.at_least)
    opposite = x.show("", -limit <= fall, at_most, steps.decreasing)
    each = x.show("", fall**2 <= limit**2, at_most * opposite)
    claim = sum_t(2, fall**2) <= DIFFERENCES * alpha0**2
    text = "Σ_{t≥2} (α_{t−1} − α_t)² ≤ 0.1164 α0²"
    return x.show(text, claim, x.sum_t(each, 2), numbers * sq(alpha0))


def weight(time: Time) -> Expression:
    """ω_t = 2α0(√(t+1) − √t)."""
    return 2 * alpha0 * (root_idx(time + 1) - root_idx(time))


def weights(x: Script, steps: Steps) -> tuple[Line, Line]:
    """ω_t <= α_t, since 2(√(t+1) − √t) <= 1/√t; and ω_t >= 0."""
    alpha0_positive = x.hypothesis("alpha0_positive")
    below = inverse_root_at_least(x, steps.roots)
    at_most = x.show("ω_t ≤ α_t", weight(t) <= alpha_t(t), below * alpha0_positive, steps.at_least)
    return at_most, x.show("ω_t ≥ 0", weight(t) >= 0, growth_of_root(x, steps.roots)(t + 1) * alpha0_positive)


def inverse_root_at_least(x: Script, r: Roots) -> Line:
    """2(√(t+1) − √t) <= 1/√t."""
    return x.show(
        "2(√(t+1) − √t) ≤ 1/√t",
        2 * (root_idx(t + 1) - root_idx(t)) <= inv_root_idx(t),
        x.sign(inv_root_idx) * sq(root_idx(t + 1) - root_idx(t)),
        modulo=[r.inverse, (r.root(t + 1), root_idx(t + 1) ** 2), (r.root, idx(t))],
    )


def inverse_of_sum(x: Script, r: Roots) -> Line:
    """1/(2√(T+1) + 1 − 2√2)."""
    two = x.clock(1)(T)
    powers = x.show("", root_idx(T + 1) ** 2 >= root_idx(2) ** 2, two, modulo=[r.root(T + 1), r.root(2)])
    larger = x.root_monotone("√(T+1) ≥ √2", root_idx(2) <= root_idx(T + 1), 2, powers, x.sign(root_idx)(T + 1))
    positive = x.show("", 2 * root_idx(T + 1) + 1 - 2 * root_idx(2) > 0, larger, ONE)
    return x.inverse(at.inv_sum_of_steps, positive, "1/(2√(T+1) + 1 − 2√2)")


# ------------------------------------------------------------------------------ Σ (1/√(t−1) − 1/√t)² <= 0.1164

DIFFERENCES = Fraction(291, 2500)
"""0.1164, where the whole series is 0.11637…"""
PREVIOUS, NOW = 24 * (idx(t) - 1) ** 2 + 2, 24 * idx(t) ** 2 + 2
BOTH = PREVIOUS * NOW
DENOMINATOR = idx(t) * (idx(t) - 1) * BOTH
RATIO = (2 * idx(t) - 1) * BOTH - 3 * idx(t) * (idx(t) - 1) * (NOW - PREVIOUS)
"""DENOMINATOR·(1/(t−1) + 1/t − h_{t−1} + h_t), for the potential h_t = 3/(24t²+2) that bounds the tail."""


def sum_of_squared_differences(x: Script, r: Roots) -> Line:
    """Σ_{t≥2} (1/√(t−1) − 1/√t)² <= 0.1164.

    The term at t = 2 is 3/2 − √2. From t = 3 on each is at most h_{t−1} − h_t with h_t = 3/(24t²+2), close to the true
    tail: 1/√(t(t−1)) is at least a rational function, and the difference of the squares is a polynomial in t − 3 with
    positive coefficients.
    """
    x.section("Σ (1/√(t−1) − 1/√t)² for t ≥ 2 is at most 0.1164")
    square = reciprocal(x, r)
    is_tail = x.inverse(tail, x.show("", NOW > 0, sq(idx(t)), ONE), "1/(24t²+2)")
    bound = squared_difference(x, square, is_tail)
    shifted = (inv_root_idx(t) - inv_root_idx(t + 1)) ** 2
    last = x.show("", shifted >= 0, sq(inv_root_idx(t) - inv_root_idx(t + 1)), start=1)(T)
    product = inv_root_idx(1) * inv_root_idx(2)
    signs = x.sign(inv_root_idx)(1) * x.sign(inv_root_idx)(2)
    at_two: list[Equation] = [square(1), (square(2), inv_root_idx(2) ** 2)]
    squares = x.show("", product**2 >= ROOT_HALF**2, ONE, modulo=at_two)
    root = x.root_monotone("1/√2 ≥ 0.7071067", lift(ROOT_HALF) <= product, 2, squares, x.show("", product >= 0, signs))
    return x.show(
        "Σ_{t≥2} (1/√(t−1) − 1/√t)² ≤ 0.1164",
        sum_t(2, (inv_root_idx(t - 1) - inv_root_idx(t)) ** 2) <= DIFFERENCES,
        x.sum_t(bound(t + 1), 2, "Σ_{t≥3} is at most h_2 = 3/98"),
        last,
        root,
        x.sign(tail)(T + 1),
        ONE,
        modulo=[x.telescope(shifted, 2), x.telescope(tail(t + 1), 2), *at_two, is_tail(2)],
    )


def squared_difference(x: Script, square: Line, is_tail: Line) -> Line:
    """(1/√(t−1) − 1/√t)² <= h_{t−1} − h_t for t >= 3; `square` is (1/√t)² t = 1."""
    parts = x.show("", idx(t) > 0, x.clock(3), ONE), x.show("", idx(t) - 1 > 0, x.clock(3), ONE)
    quadratics = x.show("", PREVIOUS > 0, sq(idx(t) - 1), ONE), x.show("", NOW > 0, sq(idx(t)), ONE)
    positive = x.show("", DENOMINATOR > 0, parts[0] * parts[1] * quadratics[0] * quadratics[1])
    is_w = x.inverse(common_inverse, positive, "1 over t(t−1)(24(t−1)²+2)(24t²+2)")
    w, now, before = common_inverse(t), inv_root_idx(t), inv_root_idx(t - 1)
    # each fraction over the common denominator, by multiplying its equation and that of w
    t_part = x.scaled("", (is_w, -(now**2)), (square, w * (idx(t) - 1) * BOTH))
    s_part = x.scaled("", (is_w, -(before**2)), (square(t - 1), w * idx(t) * BOTH))
    h_now = x.scaled("", (is_w, -tail(t)), (is_tail, w * idx(t) * (idx(t) - 1) * PREVIOUS))
    h_before = x.scaled("", (is_w, -tail(t - 1)), (is_tail(t - 1), w * idx(t) * (idx(t) - 1) * NOW))
    product_square = x.scaled(
        "", (is_w, -(now**2) * before**2), (square, w * BOTH * before**2 * (idx(t) - 1)), (square(t - 1), w * BOTH)
    )
    gap = x.clock(3)
    powers = [Factors((gap,) * k) * sq(w) for k in range(7)]
    squares = x.show(
        "4/(t(t−1)) exceeds the square of 1/(t−1) + 1/t − h_{t−1} + h_t",
        (2 * before * now) ** 2 >= (RATIO * w) ** 2,
        *powers,
        modulo=[(product_square, before**2 * now**2), is_w],
    )
    product = x.show("", 2 * before * now >= 0, x.sign(inv_root_idx) * x.sign(inv_root_idx)(t - 1))
    root = x.root_monotone(
        "2/√(t(t−1)) ≥ 1/(t−1) + 1/t − h_{t−1} + h_t", RATIO * w <= 2 * before * now, 2, squares, product
    )
    return x.show(
        "(1/√(t−1) − 1/√t)² ≤ h_{t−1} − h_t for t ≥ 3",
        (before - now) ** 2 <= 3 * tail(t - 1) - 3 * tail(t),
        root,
        modulo=[(t_part, now**2), (s_part, before**2), (h_now, tail(t)), (h_before, tail(t - 1))],
    )
