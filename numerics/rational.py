"""Linear algebra for exact certificates: rational solutions, least repairs, LDLᵀ; and the rounding of floats towards them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import fmpq, fmpq_mat

if TYPE_CHECKING:
    import numpy as np


def solution(matrix: fmpq_mat, right: fmpq_mat) -> fmpq_mat | None:
    """A solution y of matrix·y = right (one column), free entries 0; None if there is none."""
    n = matrix.ncols()
    augmented = [[matrix[i, j] for j in range(n)] + [right[i, 0]] for i in range(matrix.nrows())]
    reduced, rank = fmpq_mat(augmented).rref()
    y = fmpq_mat(n, 1)
    for r in range(rank):
        pivot = next(c for c in range(n + 1) if reduced[r, c])
        if pivot == n:
            return None
        y[pivot, 0] = reduced[r, n]
    return y


def least_change(matrix: Sequence[Sequence[fmpq]], right: Sequence[fmpq], values: Sequence[fmpq]) -> list[fmpq] | None:
    """The point of {x : matrix·x = right} nearest to `values`, exactly; None if the set is empty."""
    a = fmpq_mat([list(row) for row in matrix])
    x = fmpq_mat([[v] for v in values])
    residual = fmpq_mat([[r] for r in right]) - a * x
    y = solution(a * a.transpose(), residual)  # δ = Aᵀy with AAᵀy = r is the least solution of Aδ = r
    if y is None:
        return None
    moved = x + a.transpose() * y
    return [moved[k, 0] for k in range(len(values))]


def ldl(matrix: fmpq_mat) -> list[tuple[fmpq, list[fmpq]]] | None:
    """Pairs (d > 0, l) with matrix = Σ d l lᵀ, in rationals; None if the symmetric matrix is not semidefinite."""
    n = matrix.nrows()
    rest = [[matrix[i, j] for j in range(n)] for i in range(n)]
    pairs: list[tuple[fmpq, list[fmpq]]] = []
    for k in range(n):
        d = rest[k][k]
        if d < 0 or (d == 0 and any(rest[k])):
            return None
        if d == 0:
            continue
        l = [x / d for x in rest[k]]
        pairs.append((d, l))
        rest = [[rest[i][j] - d * l[i] * l[j] for j in range(n)] for i in range(n)]
    return pairs


def nearest(value: float, denominator: int) -> fmpq:
    """The rational nearest to a float with at most this denominator."""
    close = Fraction(value).limit_denominator(denominator)
    return fmpq(close.numerator, close.denominator)


def dyadic(value: float, bits: int) -> fmpq:
    """A float rounded to a multiple of 2^-bits."""
    return fmpq(round(value * 2**bits), 2**bits)


def echelon(rows: np.ndarray) -> np.ndarray:
    """Reduced row echelon form with full pivoting, in floats: rational subspaces become visibly rational."""
    import numpy as np

    rows = rows.copy()
    pivots: list[int] = []
    for k in range(len(rows)):
        free = np.abs(rows[k:]).copy()
        free[:, pivots] = 0
        i, j = np.unravel_index(np.argmax(free), free.shape)
        rows[[k, int(k + i)]] = rows[[int(k + i), k]]
        rows[k] /= rows[k, j]
        for other in range(len(rows)):
            if other != k:
                rows[other] -= rows[other, j] * rows[k]
        pivots.append(int(j))
    return rows
