"""The last step of bounds of the form Q̄ <= A + 2b√Q̄: Q̄ <= (b + √(b²+A))², for the average Q̄ = (1/T)ΣQ_t."""

from __future__ import annotations

from collections.abc import Sequence

from proofs.builder import ONE, Line, Script
from proofs.scripts.common import Q
from theory import atoms as at
from theory.atoms import S, root_sum
from theory.expressions import Expression, Symbol, T, idx, lift, sum_t, t

root_Q = Symbol("root_Q", timed=True, first=1)
root_mean = Symbol("root_mean")


def root_of_Q(x: Script, Q_nonnegative: Line) -> Line:
    """√Q_t."""
    return x.root(root_Q, Q_nonnegative, 2, "√Q_t")


def root_of_mean(x: Script, by_T: Line, is_root: Line, Q_nonnegative: Line) -> tuple[Line, Line]:
    """√Q̄, and Σ√Q_t <= T√Q̄ by the Cauchy–Schwarz inequality over the steps. `by_T`: the equation of 1/T."""
    x.section("(8) The quadratic inequality for √Q̄")
    mean = at.inv_T * sum_t(1, Q(t))
    nonnegative = x.show("", mean >= 0, x.sum_t(Q_nonnegative, 1) * x.sign(at.inv_T))
    is_mean = x.root(root_mean, nonnegative, 2, "√Q̄")
    same = x.show("", (Q(t) - root_Q(t) ** 2).equals(0), modulo=[is_root])
    one = x.show("", lift(1) >= 0, ONE)
    pointwise = [same, Q_nonnegative, one]
    squares = x.holder("(Σ√Q_t)² ≤ T ΣQ_t", Q(t), 1, root_Q(t), 1, 1, pointwise, "sum_t", start=1)
    powers = x.show(
        "", (idx(T) * root_mean) ** 2 >= sum_t(1, root_Q(t)) ** 2, squares, modulo=[is_mean, (by_T, idx(T) * at.inv_T)]
    )
    product = x.show("", idx(T) * root_mean >= 0, x.clock(0)(T) * x.sign(root_mean))
    return is_mean, x.root_monotone("Σ√Q_t ≤ T√Q̄", sum_t(1, root_Q(t)) <= idx(T) * root_mean, 2, powers, product)


def solve(x: Script, b: Expression, A: Expression, signs: tuple[Line, Line], quadratic: Line) -> Line:
    """√Q̄ <= b + R with R = √(b²+A), from Q̄ <= A + 2b√Q̄ (`quadratic`), b >= 0 and A >= 0 (`signs`)."""
    b_nonnegative, A_nonnegative = signs
    under = x.show("", b**2 + A >= 0, b_nonnegative * b_nonnegative, A_nonnegative)
    is_R = x.root(root_sum, under, 2, "R = √(b² + A)")
    powers = x.show("(√Q̄ − b)² ≤ b² + A", (root_mean - b) ** 2 <= root_sum**2, quadratic, modulo=[is_R])
    return x.root_monotone("√Q̄ ≤ b + R", root_mean - b <= root_sum, 2, powers, x.sign(root_sum))


def average(
    x: Script, b: Expression, b_nonnegative: Line, root_bound: Line, into_measure: Line, modulo: Sequence[Line]
) -> Line:
    """The goal S(b+R)², from √Q̄ <= b + R (`root_bound`) and measure <= S·Q; `modulo` has the equation of √Q̄."""
    sums = x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ S ΣQ_t")
    total = x.show("", b + root_sum + root_mean >= 0, b_nonnegative, x.sign(root_sum), x.sign(root_mean))
    products = sums * x.sign(at.inv_T), root_bound * total * x.sign(S)
    return x.show("the bound", x.statement.goal(), *products, modulo=modulo)
