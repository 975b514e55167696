"""Exact linear algebra for scripts: writes a polynomial as a nonnegative combination of others, modulo equations.

Used outside the trusted part: the kernel multiplies out whatever is found here.
"""

from __future__ import annotations

from typing import NamedTuple

from flint import fmpq, fmpq_mat

from proofs import terms
from proofs.terms import Factor, Monomial, Poly

MAX_REWRITES = 20_000


class Rewriting(NamedTuple):
    """An equation `poly = 0` that replaces the monomial `lead`; poly = Σ origin_j·equation_j over the given ones."""

    poly: Poly
    lead: Monomial
    origin: list[Poly]


def orient(equations: list[tuple[Poly, Monomial | None]]) -> list[Rewriting]:
    """Rewritings that generate the equations; each reduced by the ones before it, then oriented (at its monomial)."""
    rules: list[Rewriting] = []
    for k, (equation, wanted) in enumerate(equations):
        remainder, cofactors = reduce(equation, rules)
        unit = [terms.ONE if j == k else {} for j in range(len(equations))]
        origin = combine(unit, [terms.neg(c) for c in cofactors], rules)
        if remainder:
            lead = wanted if wanted is not None and wanted in remainder else default_lead(remainder)
            rules.append(Rewriting(remainder, lead, origin))
    return rules


def combine(start: list[Poly], cofactors: list[Poly], rules: list[Rewriting]) -> list[Poly]:
    """start + Σ cofactor·origin, componentwise over the given equations."""
    total = start
    for cofactor, rule in zip(cofactors, rules, strict=True):
        if cofactor:
            total = [terms.add(a, terms.mul(cofactor, b)) for a, b in zip(total, rule.origin, strict=True)]
    return total


def default_lead(poly: Poly) -> Monomial:
    """The factor that stands alone in one monomial, latest time first; else the monomial of greatest degree."""
    alone = [m for m in poly if len(m) == 1 and m[0][1] == 1 and sum(m[0][0] in dict(n) for n in poly) == 1]
    if alone:
        return max(alone, key=lambda m: (latest(m[0][0]), m))
    return max(poly, key=lambda m: (sum(e for _, e in m), m))


def latest(factor: Factor) -> tuple[int, int]:
    """Sorts factors by the latest time in them; compound factors before atoms of the same time."""
    if factor[0] == "atom":
        return (factor[2][1] if factor[2] else -99, 0)
    times = [latest(f)[0] for f, _ in factor[-1]]
    return (max(times, default=-99), 1)


def divide(monomial: Monomial, lead: Monomial) -> Monomial | None:
    """monomial / lead, or None if lead does not divide it."""
    exponents = dict(monomial)
    for factor, exponent in lead:
        if exponents.get(factor, 0) < exponent:
            return None
        exponents[factor] -= exponent
    return tuple(sorted((f, e) for f, e in exponents.items() if e))


def reduce(poly: Poly, rules: list[Rewriting]) -> tuple[Poly, list[Poly]]:
    """The remainder of poly under the rewritings, and cofactors with poly = remainder + Σ cofactor·equation."""
    cofactors: list[Poly] = [{} for _ in rules]
    remainder: Poly = {}
    todo, count = dict(poly), 0
    while todo:
        monomial, c = todo.popitem()
        for k, rule in enumerate(rules):
            quotient = divide(monomial, rule.lead)
            if quotient is not None:
                count += 1
                if count > MAX_REWRITES:
                    raise ValueError("rewriting does not end: orient the equations otherwise")
                multiplier = {quotient: c / rule.poly[rule.lead]}
                cofactors[k] = terms.add(cofactors[k], multiplier)
                todo = terms.sub(terms.add(todo, {monomial: c}), terms.mul(multiplier, rule.poly))
                break
        else:
            remainder = terms.add(remainder, {monomial: c})
    return remainder, cofactors


def solve(columns: list[Poly], target: Poly) -> list[fmpq] | None:
    """Coefficients c with Σ c_k columns_k = target, free ones 0; None if there are none."""
    rows = sorted({m for p in [*columns, target] for m in p})
    if not rows:
        return [fmpq(0)] * len(columns)
    entries = [[p.get(m, fmpq(0)) for p in columns] + [target.get(m, fmpq(0))] for m in rows]
    reduced, rank = fmpq_mat(entries).rref()
    result = [fmpq(0)] * len(columns)
    for r in range(rank):
        pivot = next(c for c in range(len(columns) + 1) if reduced[r, c])
        if pivot == len(columns):
            return None
        result[pivot] = reduced[r, len(columns)]
    return result


def solve_nonnegative(columns: list[Poly], target: Poly) -> list[fmpq] | None:
    """As `solve`, with all coefficients >= 0: a linear programme proposes the support, exact elimination decides."""
    import numpy as np
    from scipy.optimize import linprog

    rows = sorted({m for p in [*columns, target] for m in p})
    matrix = np.array([[float(p.get(m, fmpq(0))) for p in columns] for m in rows])
    right = np.array([float(target.get(m, fmpq(0))) for m in rows])
    found = linprog(np.ones(len(columns)), A_eq=matrix, b_eq=right, method="highs-ds")
    if found.x is None:
        return None
    support = [k for k, value in enumerate(found.x) if value > 1e-9]
    exact = solve([columns[k] for k in support], target)
    if exact is None or any(c < 0 for c in exact):
        return None
    result = [fmpq(0)] * len(columns)
    for k, c in zip(support, exact, strict=True):
        result[k] = c
    return result


def combination(
    target: Poly, products: list[Poly], equations: list[tuple[Poly, Monomial | None]]
) -> tuple[list[fmpq], list[Poly]] | str:
    """Coefficients c >= 0 and multipliers r: target = Σ c_k products_k + Σ r_j equation_j; or why none were found."""
    rules = orient(equations)
    goal, goal_cofactors = reduce(target, rules)
    reduced = [reduce(p, rules) for p in products]
    columns = [r for r, _ in reduced]
    coefficients = solve(columns, goal)
    if coefficients is not None and any(c < 0 for c in coefficients):
        coefficients = solve_nonnegative(columns, goal)
    if coefficients is None:
        parts = "; ".join(show(p) for p in [goal, *columns])
        return f"no nonnegative combination of the products gives the claim (reduced claim; products: {parts})"
    cofactors = list(goal_cofactors)
    for c, (_, used) in zip(coefficients, reduced, strict=True):
        cofactors = [terms.add(a, terms.mul(terms.constant(-c), b)) for a, b in zip(cofactors, used, strict=True)]
    return coefficients, combine([{} for _ in equations], cofactors, rules)


def show(poly: Poly) -> str:
    """A polynomial as text, for messages."""

    def factor(f: Factor) -> str:
        if f[0] == "atom":
            return f[1] + (f"@{f[2][0]}{f[2][1] or '' if f[2][0] else f[2][1]}" if f[2] else "")
        body = " ".join(factor(g) + (f"^{e}" if e > 1 else "") for g, e in f[-1])
        return f"{f[0]}{f[1] if f[0] == 'E' and f[1] else ''}[{body}]"

    parts = [f"{c} " + " ".join(factor(f) + (f"^{e}" if e > 1 else "") for f, e in m) for m, c in sorted(poly.items())]
    return " + ".join(parts) or "0"
