"""Sums over the steps that schedules need: Σ 1/√t from both sides, Σ 1/t, and Σ (1/√(t−1) − 1/√t)².

Each function opens its section and returns a line about the whole sum; `adopt_decaying` and the clipped theorems rest
on them.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofs.builder import ONE, Line, Script
from theory import atoms as at
from theory.atoms import inv_root_idx, root_idx
from theory.expressions import T, idx, lift, sum_t, t


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
    growth = growth_of_root(x, r)
    positive = x.sign(inv_root_idx)
    difference = x.show(
        "1/√t ≤ 2(√t − √(t−1))",
        inv_root_idx(t) <= 2 * (root_idx(t) - root_idx(t - 1)),
        positive * growth * growth,
        modulo=[r.inverse, (r.root(t - 1), root_idx(t - 1) ** 2), (r.root, idx(t))],
    )
    total = x.sum_t(difference, 1)
    claim = sum_t(1, inv_root_idx(t)) <= 2 * root_idx(T)
    return x.show("Σ 1/√t ≤ 2√T", claim, total, x.sign(root_idx)(0), modulo=[x.telescope(root_idx(t), 1)])


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
