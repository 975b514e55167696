"""From a solver's floats to exact numbers: a dual certificate (upper bound) and a worst instance (lower bound).

Upper bound. At the optimum each matrix M is singular: it vanishes on the range of the optimal Gram matrix. If that range is
spanned by rational vectors, the equations M k = 0 join the equalities, and the exact point nearest to the floats is the
optimum itself (reduction to a face, Permenter and Parrilo 2018). Otherwise the multipliers are taken from the interior of
the cone at a cost of 10^-8 to 10^-4 more, where rounding and repairing (Peyrl and Parrilo 2008) keep the signs.

Lower bound. Any rational positive semidefinite Gram matrices are an instance after scaling, provided the differences
f_i − f_j that interpolation asks for contradict each other around no cycle: the least values are longest paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from flint import fmpq, fmpq_mat

from numerics.exact import to_fmpq
from numerics.rational import dyadic, echelon, ldl, least_change, nearest
from numerics.worst_case.problem import Matrix, WorstCase, required_decreases
from numerics.worst_case.programme import Layout, Solution, interior_instance, solve

if TYPE_CHECKING:
    import numpy as np

ZERO = 1e-6
"""Multipliers below this share of the largest one are taken to be 0."""
SINGULAR = 1e-5
"""Eigenvalues of a Gram matrix above this share of the largest one belong to its range."""
LOSSES = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4)
"""What interior roundings may lose, relative to the optimum; the first that works is taken."""
DENOMINATORS = (1, 12, 60, 1000, 10_000)
BITS = (32, 40, 48, 56)


class UncertifiedError(Exception):
    """No rounding verifies; the message says of what. That refutes nothing."""


@dataclass(frozen=True)
class Instance:
    """Exact Gram matrices of the gradients, one per block, and values f_0, …, f_N with f_inf = 0 (or f_N = 0)."""

    value: Fraction
    grams: tuple[Matrix, ...]
    values: tuple[Fraction, ...]


def upper_bound(layout: Layout, solution: Solution) -> tuple[Fraction, list[Fraction]]:
    """The bound and its exact multipliers, in the layout's order. Raises UncertifiedError or SolverError."""
    largest, allowed = float(solution.multipliers.max()), Fraction(solution.value * (1 + LOSSES[0]))
    right = [to_fmpq(x) for x in layout.right]
    seen = [k for k, y in enumerate(solution.multipliers) if y > ZERO * largest]
    for support in (chain(layout), seen):
        rows = [[to_fmpq(row[k]) for k in support] for row in layout.rows]
        start = [nearest(float(solution.multipliers[k]), DENOMINATORS[-1]) for k in support]
        for face in faces(solution):
            singular = face_rows(layout, face, support)
            repaired = least_change(rows + singular, right + [fmpq(0)] * len(singular), start)
            if repaired is not None and (found := accepted(layout, support, repaired)) and found[0] <= allowed:
                return found
    everything = list(range(len(layout.names)))
    rows = [[to_fmpq(x) for x in row] for row in layout.rows]
    for loss in LOSSES:
        inner = solve(layout, within=solution.value * (1 + loss)).multipliers
        for bits in BITS:
            repaired = least_change(rows, right, [dyadic(float(y), bits) for y in inner])
            if repaired is not None and (found := accepted(layout, everything, repaired)):
                return found
    raise UncertifiedError(
        "the semidefinite programme has a dual solution, but no rounding of its multipliers verifies"
    )


def chain(layout: Layout) -> list[int]:
    """The multipliers that suffice for small steps: each point with the next one, and the infimum with the last."""
    last = layout.case.steps
    unused = ("interpolation", "infimum", "gradient_bound")
    return [
        k
        for k, name in enumerate(layout.names)
        if name[0] not in unused or name == ("infimum", last) or (len(name) == 3 and name[2] == name[1] + 1)
    ]


def faces(solution: Solution) -> Iterator[list[list[list[fmpq]]]]:
    """Rational bases of the ranges of the optimal Gram matrices, block by block: (1, …, 1) alone, then the numerical
    range."""
    import numpy as np

    largest = max(float(np.abs(g).max()) for g in solution.grams)
    yield [
        [[fmpq(1)] * len(g)] if float(np.abs(g).max()) > SINGULAR * largest else []  # one gradient, repeated
        for g in solution.grams
    ]
    spans = []
    for gram in solution.grams:
        values, vectors = np.linalg.eigh(gram)
        span = vectors[:, values > SINGULAR * largest].T
        spans.append([[nearest(float(x), 1000) for x in row] for row in echelon(span)])
    yield spans


def face_rows(layout: Layout, spans: list[list[list[fmpq]]], support: list[int]) -> list[list[fmpq]]:
    """The equations M k = 0 on the multipliers of the support, for every block and vector k."""
    found = []
    for block, span in zip(layout.matrices, spans, strict=True):
        for vector in span:
            products = [block[k] * fmpq_mat([[v] for v in vector]) for k in support]
            found += [[p[a, 0] for p in products] for a in range(layout.case.points)]
    return found


def accepted(layout: Layout, support: Sequence[int], values: Sequence[fmpq]) -> tuple[Fraction, list[Fraction]] | None:
    """The bound and all multipliers, if they are nonnegative and every M is positive semidefinite."""
    if any(v < 0 for v in values):
        return None
    multipliers = [Fraction(0)] * len(layout.names)
    for k, v in zip(support, values, strict=True):
        multipliers[k] = Fraction(int(v.p), int(v.q))
    n = layout.case.points
    for block in layout.matrices:
        slack = fmpq_mat(n, n)
        for k, y in zip(support, values, strict=True):
            slack += y * block[k]
        if ldl(slack) is None:
            return None
    return sum((c * y for c, y in zip(layout.cost, multipliers, strict=True)), Fraction(0)), multipliers


# Lower bounds


def worst_instance(case: WorstCase, solution: Solution, upper: Fraction) -> Instance | None:
    """The best exact instance among the roundings, or the first that attains `upper`; None if none of them is one.

    Raises SolverError.
    """
    found: list[Instance] = []
    for grams in proposals(case, solution):
        if (x := instance(case, grams)) is not None:
            found.append(x)
            if x.value == upper:
                return x
    for loss in LOSSES:
        if any(x.value > (1 - 2 * loss) * solution.value for x in found):
            break
        inner = interior_instance(case, solution.value * (1 - loss))
        rounded = [[exact(g, partial(dyadic, bits=bits)) for g in inner] for bits in BITS]
        found += [x for grams in rounded if (x := instance(case, grams)) is not None]
    return max(found, key=lambda x: x.value, default=None)


def proposals(case: WorstCase, solution: Solution) -> Iterator[list[Matrix]]:
    """Gram matrices of one repeated gradient in one block; then the numerical ones, snapped."""
    n = case.points
    for k in range(len(case.scales)):
        yield [[[Fraction(b == k)] * n for _ in range(n)] for b in range(len(case.scales))]
    for d in DENOMINATORS:
        yield [exact(g / solution.value, partial(nearest, denominator=d)) for g in solution.grams]


def exact(gram: np.ndarray, rounding: Callable[[float], fmpq]) -> Matrix:
    """The symmetric matrix with its entries rounded."""
    rows = [[rounding(float(x)) for x in row] for row in (gram + gram.T) / 2]
    return [[Fraction(int(x.p), int(x.q)) for x in row] for row in rows]


def instance(case: WorstCase, grams: Sequence[Matrix]) -> Instance | None:
    """Gram matrices scaled until a constraint is tight, with the least values that fit; None if no values fit."""
    if any(ldl(fmpq_mat([[to_fmpq(x) for x in row] for row in g])) is None for g in grams):
        return None
    norms = [sum((g[i][i] for g in grams), Fraction(0)) for i in range(case.points)]
    values = least_values(case, grams, norms)
    if values is None or values[0] <= 0 or min(norms) <= 0:
        return None
    factor = case.Delta / values[0]
    if case.gradient_bound is not None:
        factor = min(factor, case.gradient_bound**2 / max(norms))
    scaled = tuple([[factor * x for x in row] for row in g] for g in grams)
    return Instance(factor * min(norms), scaled, tuple(factor * v for v in values))


def least_values(case: WorstCase, grams: Sequence[Matrix], norms: Sequence[Fraction]) -> list[Fraction] | None:
    """The least f_i above f_inf = 0 (or f_N = 0) that interpolation allows, by longest paths (Bellman and Ford).

    None if the needed differences f_i − f_j add up to something positive around a cycle.
    """
    needed = required_decreases(case, grams)
    last = case.normalisation == "last_value"
    values: list[Fraction | None] = [None if last else x / (2 * case.L) for x in norms]
    if last:
        values[case.steps] = Fraction(0)
    for _ in range(case.points + 1):
        raised = False
        for (i, j), least in needed.items():
            through = values[j]
            if through is not None and (values[i] is None or through + least > values[i]):  # type: ignore[operator]
                values[i], raised = through + least, True
        if not raised:
            return [v for v in values if v is not None]
    return None
