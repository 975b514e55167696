"""The sums over step sizes as theorems; E.1's scripts have the same sections (`proofs.scripts.step_sums`)."""

from __future__ import annotations

from fractions import Fraction

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import step_sums
from theory.atoms import alpha_t, inv_idx, inv_root_idx, log_idx, root_idx
from theory.expressions import T, idx, lift, t

HALF = lift(Fraction(1, 2))


def sum_inverse_steps(x: Script) -> Line:
    """Σ 1/t <= 1 + ln T."""
    r = step_sums.roots(x)
    reciprocal = step_sums.reciprocal(x, r)
    harmonic = step_sums.harmonic(x, reciprocal)
    x.section("The sum")
    by_idx = x.inverse(inv_idx, x.show("", idx(t) > 0, x.clock(1), ONE), "1/t")
    product = inv_root_idx(t) ** 2 * idx(t) * inv_idx(t)
    one = x.show("", product.equals(inv_root_idx(t) ** 2), modulo=[by_idx])
    other = x.scaled("", (reciprocal, inv_idx(t)))
    same = x.show("1/t = (1/√t)²", inv_idx(t).equals(inv_root_idx(t) ** 2), modulo=[one, (other, product)])
    each = x.show("", inv_idx(t) <= log_idx(t) - log_idx(t - 1), harmonic, modulo=[(same, inv_idx(t))])
    return x.show(
        "Σ 1/t ≤ 1 + ln T",
        x.statement.goal(),
        x.sum_t(each, 2),
        modulo=[x.first_term(inv_idx(t), 1), x.telescope(log_idx(t), 2), by_idx(1)],
    )


def sum_squared_steps(x: Script) -> Line:
    """Σ α_t² <= α0²(1 + ln T)."""
    schedule = x.hypothesis("step_size_schedule")
    later = step_sums.sum_of_squares(x, schedule)
    x.section("The sum")
    return x.show(
        "Σ α_t² ≤ α0²(1 + ln T)", x.statement.goal(), later, modulo=[x.first_term(alpha_t(t) ** 2, 1), schedule(1)]
    )


def sum_inverse_roots_at_least(x: Script) -> Line:
    """Σ 1/√t >= 2√(T+1) + 1 − 2√2."""
    r = step_sums.roots(x)
    below = step_sums.inverse_root_at_least(x, r)
    x.section("The sum")
    powers = x.show("", (lift(1) ** 2 - root_idx(1) ** 2).equals(0), modulo=[r.root(1)])
    root_one = x.root_monotone("√1 ≤ 1", root_idx(1) <= lift(1), 2, powers, x.show("", lift(1) >= 0, ONE))
    first = x.show("1/√1 ≥ 1", inv_root_idx(1) >= 1, root_one * x.sign(inv_root_idx)(1), modulo=[r.inverse(1)])
    return x.show(
        "Σ 1/√t ≥ 2√(T+1) + 1 − 2√2",
        x.statement.goal(),
        x.sum_t(below, 2),
        first,
        modulo=[x.first_term(inv_root_idx(t), 1), x.telescope(root_idx(t + 1), 2)],
    )


def sum_inverse_roots_at_most(x: Script) -> Line:
    """Σ 1/√t <= 2√T."""
    return step_sums.sum_of_inverse_roots_at_most(x, step_sums.roots(x))


def sum_steps_times_falls(x: Script) -> Line:
    """Σ α_t(α_{t−1} − α_t) <= α0²/2: each term is at most ½(α_{t−1}² − α_t²)."""
    x.section("The sum")
    each = x.show(
        "α_t(α_{t−1} − α_t) ≤ ½(α_{t−1}² − α_t²)",
        alpha_t(t) * (alpha_t(t - 1) - alpha_t(t)) <= HALF * (alpha_t(t - 1) ** 2 - alpha_t(t) ** 2),
        sq(alpha_t(t - 1) - alpha_t(t)),
        start=2,
    )
    last = x.show("", alpha_t(t) ** 2 >= 0, sq(alpha_t(t)), start=1)(T)
    return x.show(
        "Σ α_t(α_{t−1} − α_t) ≤ α0²/2",
        x.statement.goal(),
        x.sum_t(each, 2),
        last,
        modulo=[x.telescope(alpha_t(t) ** 2, 2), (x.hypothesis("first_step_size"), alpha_t(1))],
    )


def sum_squared_falls(x: Script) -> Line:
    """Σ (α_{t−1} − α_t)² <= 0.1164 α0²."""
    return step_sums.sum_of_differences(x, step_sums.step_sizes(x, step_sums.roots(x)))
