"""Search: multipliers for nonnegative combinations, so that a script can say `x.auto(...)`.

A claim p >= 0 is sought in the form p = Σ_π π·σ_π modulo equations, where π runs over products of the facts and
σ_π = zᵀ G_π z is a sum of squares of the given expressions z, G_π positive semidefinite. Linear programming comes
first (no mixed squares); then a semidefinite programme, whose solution is reduced to the face on which it lies, made
rational there, and repaired to satisfy the equalities exactly. Signs are decided by LDLᵀ in rationals.

Nothing here is trusted: a solver proposes, exact arithmetic disposes, and what is left goes to the kernel as an ordinary
`combination`. (Peyrl and Parrilo 2008 for the rounding; Permenter and Parrilo 2018 for the reduction to a face.)
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from flint import fmpq, fmpq_mat

from numerics.rational import echelon, ldl, least_change
from proofs import linear, terms
from proofs.terms import KernelError, Monomial, Poly

if TYPE_CHECKING:
    import numpy as np

    from proofs.builder import Factors, Line, Script
    from theory.expressions import Expression, Relation

TOLERANCE = 1e-11
"""Accuracy asked of the interior-point solver."""
SINGULAR = 1e-5
"""Eigenvalues below this share of the largest one put the solution on a face of the cone."""
DENOMINATORS = (1, 2, 4, 12, 60, 1000, 10_000)
"""Denominators to which a solution is snapped first; they give readable certificates."""
BITS = (16, 24, 32, 40)
"""Then it is rounded to multiples of 2^-bits, in the interior of its face."""
MAX_PRODUCTS = 400
"""More products of facts than this are refused: lower the degree or name fewer facts."""


@dataclass(frozen=True)
class Block:
    """A product of facts times an unknown sum of squares of the polynomials `basis`."""

    product: Factors
    basis: tuple[Poly, ...]


def auto(
    script: Script,
    text: str,
    claim: Relation,
    facts: Sequence[Line] = (),
    modulo: Sequence[Line | tuple[Line, Expression]] = (),
    squares: Sequence[Expression] = (),
    degree: int = 2,
    start: int = 0,
) -> Line:
    """`claim` from products of at most `degree` of the facts, each times a sum of squares of 1 and `squares`.

    Raises KernelError, "NOT CERTIFIED" with the line and the stage that failed, if nothing verifies. That does not
    refute the claim; a higher degree or further squares may certify it.
    """
    from proofs.builder import polynomial
    from theory.expressions import lift

    expression, relation = claim.difference()
    target = polynomial(expression)
    basis = tuple(polynomial(lift(e)) for e in squares)
    products = products_of(facts, degree)
    if len(products) > MAX_PRODUCTS:
        raise KernelError(not_certified(script, text, f"{len(products)} products of facts; {MAX_PRODUCTS} at most"))
    equations = [(e[0].poly, next(iter(polynomial(e[1])))) if isinstance(e, tuple) else (e.poly, None) for e in modulo]
    found: list[Factors] | str = []
    if relation != "=":
        found = search(target, products, basis, linear.orient(equations))
    if isinstance(found, str):
        raise KernelError(not_certified(script, text, found))
    try:
        line = script.prove(text, target, found, modulo, start)
    except KernelError as error:
        raise KernelError(f"NOT CERTIFIED: {error}") from error
    if relation == ">" and line.judgment.relation != ">":
        raise KernelError(not_certified(script, text, f"derived {line.judgment.relation} where > is claimed"))
    return line


def not_certified(script: Script, text: str, reason: str) -> str:
    return f"NOT CERTIFIED: {script.where(text)}: {reason}"


def products_of(facts: Sequence[Line], degree: int) -> list[Factors]:
    """All products of at most `degree` facts, repetitions allowed, the empty one first."""
    from proofs.builder import Factors

    return [Factors(tuple(f)) for k in range(degree + 1) for f in combinations_with_replacement(facts, k)]


def search(
    target: Poly, products: Sequence[Factors], basis: Sequence[Poly], rules: list[linear.Rewriting]
) -> list[Factors] | str:
    """Products with squares of which the target is a nonnegative combination modulo the equations; or what failed."""
    goal = linear.reduce(target, rules)[0]
    found = by_linear_programming(goal, products, basis, rules)
    if found is not None:
        return found
    if not basis:
        return "the linear programme in the products of the facts has no solution, and no squares were offered"
    blocks = [Block(p, (terms.ONE, *basis)) for p in products]
    return by_semidefinite_programming(goal, blocks, rules)


def by_linear_programming(
    goal: Poly, products: Sequence[Factors], basis: Sequence[Poly], rules: list[linear.Rewriting]
) -> list[Factors] | None:
    """The sparsest-looking combination of products and products times one listed square; None if there is none."""
    from proofs.builder import Factors

    candidates = [*products, *(p * Factors((), (q,)) for p in products for q in basis)]
    columns = [linear.reduce(c.poly(), rules)[0] for c in candidates]
    coefficients = linear.solve_nonnegative(columns, goal) if goal else [fmpq(0)] * len(columns)
    if coefficients is None:
        return None
    return [f for f, c in zip(candidates, coefficients, strict=True) if c]


# Semidefinite programming


def by_semidefinite_programming(goal: Poly, blocks: list[Block], rules: list[linear.Rewriting]) -> list[Factors] | str:
    """Solve, reduce to the face of the solution, solve again; round as soon as the rounded Gram matrices verify."""
    while blocks:
        system = System(goal, blocks, rules)
        grams: list[np.ndarray] = []
        for interior in (False, True):
            solution = system.solve(interior)
            if isinstance(solution, str):
                return solution
            grams = solution
            exact = system.exact(grams, interior)
            if exact is not None:
                return independent(as_factors(blocks, exact), rules)
        smaller = [restricted for b, g in zip(blocks, grams, strict=True) if (restricted := face(b, g, grams))]
        if [len(b.basis) for b in smaller] == [len(b.basis) for b in blocks]:
            return "the semidefinite programme has a solution, but no rounding of its Gram matrices verifies"
        blocks = smaller
    return "the semidefinite programme vanishes on its face: the claim is not zero but every multiplier is"


class System:
    """The linear equalities on the entries of the Gram matrices: one for each monomial, Σ entry·column = goal."""

    def __init__(self, goal: Poly, blocks: Sequence[Block], rules: list[linear.Rewriting]) -> None:
        self.sizes = [len(b.basis) for b in blocks]
        self.entries = [(b, i, j) for b, n in enumerate(self.sizes) for i in range(n) for j in range(i, n)]
        self.columns = []
        for b, i, j in self.entries:
            basis, product = blocks[b].basis, blocks[b].product.poly()
            entry = terms.mul(product, terms.mul(basis[i], basis[j]))
            self.columns.append(linear.reduce(terms.add(entry, entry) if i < j else entry, rules)[0])
        self.goal = goal
        self.rows: list[Monomial] = sorted({m for p in [*self.columns, goal] for m in p})

    def solve(self, interior: bool) -> list[np.ndarray] | str:
        """Numerical Gram matrices: of least trace, or as far inside the cone as possible; or the solver's refusal."""
        import cvxpy as cp
        import numpy as np
        from scipy.sparse import lil_matrix

        matrices = [cp.Variable((n, n), PSD=n > 1, nonneg=n == 1) for n in self.sizes]
        flat = cp.hstack([cp.vec(m, order="C") for m in matrices])
        offsets = np.concatenate([[0], np.cumsum([n * n for n in self.sizes])])
        place = {m: k for k, m in enumerate(self.rows)}
        matrix = lil_matrix((len(self.rows), int(offsets[-1])))
        for (b, i, j), column in zip(self.entries, self.columns, strict=True):
            for m, c in column.items():
                matrix[place[m], offsets[b] + i * self.sizes[b] + j] += float(c)
        right = np.array([float(self.goal.get(m, fmpq(0))) for m in self.rows])
        constraints = [matrix.tocsr() @ flat == right]
        trace = sum(cp.trace(m) for m in matrices)
        objective = cp.Minimize(trace)
        if interior:
            margin = cp.Variable()
            constraints += [margin <= 1, *(m >> margin * np.eye(n) for m, n in zip(matrices, self.sizes, strict=True))]
            objective = cp.Maximize(margin - 1e-6 * trace)
        problem = cp.Problem(objective, constraints)
        accuracy = {"tol_gap_abs": TOLERANCE, "tol_gap_rel": TOLERANCE, "tol_feas": TOLERANCE}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an inaccurate solution is a proposal like any other
            try:
                problem.solve(solver=cp.CLARABEL, **accuracy)
            except cp.SolverError as error:
                return f"Clarabel fails on the semidefinite programme: {error}"
        if any(m.value is None for m in matrices):
            return f"the semidefinite programme has no solution (Clarabel: {problem.status})"
        return [np.atleast_2d(m.value) for m in matrices]

    def exact(self, grams: list[np.ndarray], interior: bool) -> list[fmpq_mat] | None:
        """Rational positive semidefinite matrices near the numerical ones that satisfy the equalities, or None."""
        values = [float(grams[b][i, j] + grams[b][j, i]) / 2 for b, i, j in self.entries]
        roundings = [[Fraction(round(v * 2**k), 2**k) for v in values] for k in BITS] if interior else []
        simple = [[Fraction(v).limit_denominator(d) for v in values] for d in DENOMINATORS]
        for rounded in [*simple, *roundings]:
            support = range(len(rounded)) if interior else [k for k, v in enumerate(rounded) if v]
            repaired = self.repair([fmpq(v.numerator, v.denominator) for v in rounded], list(support))
            if repaired is None:
                continue
            matrices = [fmpq_mat(n, n) for n in self.sizes]
            for (b, i, j), value in zip(self.entries, repaired, strict=True):
                matrices[b][i, j] = matrices[b][j, i] = value
            if all(ldl(m) is not None for m in matrices):
                return matrices
        return None

    def repair(self, values: list[fmpq], support: list[int]) -> list[fmpq] | None:
        """The least change of the values on the support that satisfies the equalities exactly; None if there is none."""
        residual = dict(self.goal)
        for value, column in zip(values, self.columns, strict=True):
            if value:
                residual = terms.sub(residual, terms.mul(terms.constant(value), column))
        if not residual:
            return values
        if not support:
            return None
        rows = [[self.columns[k].get(m, fmpq(0)) for k in support] for m in self.rows]
        right = [residual.get(m, fmpq(0)) for m in self.rows]
        change = least_change(rows, right, [fmpq(0)] * len(support))
        if change is None:
            return None
        result = list(values)
        for k, x in zip(support, change, strict=True):
            result[k] += x
        return result


def face(block: Block, gram: np.ndarray, grams: list[np.ndarray]) -> Block | None:
    """The block on the range of its Gram matrix, in a rational basis in echelon form; None if the matrix is zero."""
    import numpy as np

    largest = max(float(np.linalg.eigvalsh(g)[-1]) for g in grams)
    values, vectors = np.linalg.eigh((gram + gram.T) / 2)
    space = [list(v) for v in vectors[:, values > SINGULAR * largest].T]
    if not space:
        return None
    if len(space) == len(block.basis):
        return block
    rational = [[Fraction(float(x)).limit_denominator(1000) for x in row] for row in echelon(np.array(space))]
    basis = tuple(combined(row, block.basis) for row in rational)
    return Block(block.product, basis)


def combined(coefficients: Sequence[Fraction | fmpq], basis: Sequence[Poly]) -> Poly:
    """Σ c_k basis_k."""
    parts = [
        terms.mul(terms.constant(fmpq(int(c.numerator), int(c.denominator)) if isinstance(c, Fraction) else c), p)
        for c, p in zip(coefficients, basis, strict=True)
        if c
    ]
    return terms.add(*parts)


def as_factors(blocks: Sequence[Block], grams: Sequence[fmpq_mat]) -> list[tuple[fmpq, Factors]]:
    """Coefficient, and product times square, for every column of every LDLᵀ."""
    from proofs.builder import Factors

    found = []
    for block, gram in zip(blocks, grams, strict=True):
        for d, l in ldl(gram) or []:
            square = combined(l, block.basis)
            is_one = square == terms.ONE
            found.append((d, block.product if is_one else block.product * Factors((), (square,))))
    return found


def independent(weighted: list[tuple[fmpq, Factors]], rules: list[linear.Rewriting]) -> list[Factors]:
    """Factors with the same conic combination in their span, linearly independent modulo the equations (Carathéodory).

    Their coefficients are then unique, so that the script's exact row reduction finds the nonnegative ones.
    """
    while True:
        columns = [linear.reduce(f.poly(), rules)[0] for _, f in weighted]
        rows = sorted({m for p in columns for m in p})
        matrix, rank = fmpq_mat([[p.get(m, fmpq(0)) for p in columns] for m in rows]).rref()
        if rank == len(columns):
            return [f for _, f in weighted]
        pivots = [next(k for k in range(len(columns)) if matrix[r, k]) for r in range(rank)]
        free = next(k for k in range(len(columns)) if k not in pivots)
        kernel = [fmpq(0)] * len(columns)
        kernel[free] = fmpq(-1)
        for r, k in enumerate(pivots):
            kernel[k] = matrix[r, free]
        if not any(x > 0 for x in kernel):
            kernel = [-x for x in kernel]
        step = min(c / x for (c, _), x in zip(weighted, kernel, strict=True) if x > 0)
        moved = [(c - step * x, f) for (c, f), x in zip(weighted, kernel, strict=True)]
        weighted = [(c, f) for c, f in moved if c]
