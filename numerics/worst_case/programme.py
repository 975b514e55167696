"""The semidefinite programmes in floating point: proposals only, made exact in `numerics.worst_case.rounding`.

The dual's variables are one multiplier for each inequality, in the order of `Layout`. The proof that they encode:

    κ Δ + Σ ρ_i G² − Σ w_t ‖g_t‖²  =  κ·[start] + Σ λ_ij·[interpolation ij] + Σ η_i·[infimum i] + Σ ρ_i (G² − ‖g_i‖²)
                                      + Σ_blocks ⟨M, Gram⟩,      M = Σ λ_ij Q_ij + diag(η/(2L) + ρ − w) ⪰ 0,

so that min_t ‖g_t‖² ≤ Σ w_t ‖g_t‖² ≤ κ Δ + Σ ρ_i G² for every L-smooth f, as soon as the multipliers are nonnegative,
Σ w = 1, the values f_i cancel, and each M is positive semidefinite.
"""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import fmpq_mat

from numerics.exact import to_fmpq
from numerics.worst_case.problem import WorstCase, interpolation

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 1e-11
"""Accuracy asked of the interior-point solver."""


class SolverError(Exception):
    """Clarabel gave no answer; the message says its status."""


@dataclass(frozen=True)
class Solution:
    """A numerical optimum: the bound, the multipliers in the layout's order, a Gram matrix per block."""

    value: float
    multipliers: np.ndarray
    grams: list[np.ndarray]


class Layout:
    """The dual programme of a worst case: names of the multipliers, exact equalities, exact matrices.

    `names`: ("start",), ("interpolation", i, j), ("infimum", i), ("gradient_bound", i), ("weight", t).
    `rows`, `right`: rows·y = right says that Σ w = 1 and that the values f_i (and f_inf) cancel.
    `cost`: the bound is cost·y.
    """

    def __init__(self, case: WorstCase) -> None:
        self.case, n = case, case.points
        above = case.normalisation == "lower_bound"
        names: list[tuple] = [("start",)]
        names += [("interpolation", i, j) for i in range(n) for j in range(n) if i != j]
        names += [("infimum", i) for i in range(n) if above]
        names += [("gradient_bound", i) for i in range(n) if case.gradient_bound is not None]
        names += [("weight", t) for t in range(n)]
        self.names = names
        bound = case.gradient_bound or Fraction(0)
        self.cost = [{"start": case.Delta, "gradient_bound": bound**2}.get(k[0], Fraction(0)) for k in names]
        self.rows = [[self._value_of(name, k) for name in names] for k in range(n + above)]
        self.rows.append([Fraction(name[0] == "weight") for name in names])
        self.right = [Fraction(0)] * (n + above) + [Fraction(1)]

    def _value_of(self, name: tuple, k: int) -> Fraction:
        """The coefficient of f_k (k = N + 1: of f_inf) in the inequality that a multiplier belongs to."""
        infimum = self.case.points
        last = infimum if self.case.normalisation == "lower_bound" else self.case.steps
        if name[0] == "start":
            return Fraction((k == last) - (k == 0))
        if name[0] == "interpolation":
            return Fraction((k == name[1]) - (k == name[2]))
        if name[0] == "infimum":
            return Fraction((k == name[1]) - (k == infimum))
        return Fraction(0)

    @functools.cached_property
    def matrices(self) -> list[list[fmpq_mat]]:
        """For each block and multiplier, in the order of `names`: its coefficient in the block's matrix M."""
        return [
            [fmpq_mat([[to_fmpq(x) for x in row] for row in self._matrix(name, scale)]) for name in self.names]
            for scale in self.case.scales
        ]

    def _matrix(self, name: tuple, scale: Fraction) -> list[list[Fraction]]:
        n = self.case.points
        if name[0] == "interpolation":
            return interpolation(self.case, name[1], name[2], scale)
        entry = {"infimum": 1 / (2 * self.case.L), "gradient_bound": Fraction(1), "weight": Fraction(-1)}
        return [
            [entry.get(name[0], Fraction(0)) if len(name) > 1 and a == b == name[1] else Fraction(0) for b in range(n)]
            for a in range(n)
        ]


def solve(layout: Layout, *, within: float | None = None) -> Solution:
    """The optimum; with `within`, instead the multipliers farthest inside the cone among those of cost ≤ `within`.

    Raises SolverError.
    """
    import cvxpy as cp
    import numpy as np

    n, count = layout.case.points, len(layout.names)
    y = cp.Variable(count, nonneg=True)
    equalities = np.array(layout.rows, dtype=float) @ y == np.array(layout.right, dtype=float)
    cost = np.array(layout.cost, dtype=float) @ y
    margin = cp.Variable()
    cones = []
    for block in layout.matrices:
        columns = np.array([[float(x.p) / float(x.q) for x in m.entries()] for m in block]).T
        slack = cp.reshape(columns @ y, (n, n), order="C")
        cones.append(slack >> (0 if within is None else margin * np.eye(n)))
    if within is None:
        problem = cp.Problem(cp.Minimize(cost), [equalities, *cones])
    else:
        problem = cp.Problem(cp.Maximize(margin), [equalities, *cones, cost <= within, y >= margin])
    run(problem)
    grams = [np.atleast_2d(cone.dual_value) for cone in cones]
    return Solution(float(cost.value), np.asarray(y.value), [(g + g.T) / 2 for g in grams])


def interior_instance(case: WorstCase, least: float) -> list[np.ndarray]:
    """Gram matrices of an instance with min ‖g_t‖² ≥ `least`, as far inside all its constraints as possible.

    Raises SolverError.
    """
    import cvxpy as cp
    import numpy as np

    n = case.points
    grams = [cp.Variable((n, n), symmetric=True) for _ in case.scales]
    values, margin = cp.Variable(n), cp.Variable()
    norms = sum(cp.diag(g) for g in grams)
    constraints = [g >> margin * np.eye(n) for g in grams] + [norms >= least]
    for i in range(n):
        for j in range(n):
            if i != j:
                needed = sum(
                    cp.sum(cp.multiply(np.array(interpolation(case, i, j, s), dtype=float), g))
                    for s, g in zip(case.scales, grams, strict=True)
                )
                constraints.append(values[i] - values[j] >= needed + margin)
    if case.normalisation == "lower_bound":
        constraints += [values >= norms / (2 * float(case.L)), values[0] <= float(case.Delta)]
    else:
        constraints += [values[n - 1] == 0, values[0] <= float(case.Delta)]
    if case.gradient_bound is not None:
        constraints.append(norms <= float(case.gradient_bound) ** 2)
    run(cp.Problem(cp.Maximize(margin), constraints))
    return [np.asarray(g.value) for g in grams]


def run(problem: object) -> None:
    """Clarabel at `TOLERANCE`; never another solver. Raises SolverError."""
    import cvxpy as cp

    accuracy = {"tol_gap_abs": TOLERANCE, "tol_gap_rel": TOLERANCE, "tol_feas": TOLERANCE}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an inaccurate solution is a proposal like any other
        try:
            problem.solve(solver=cp.CLARABEL, **accuracy)  # type: ignore[attr-defined]
        except cp.SolverError as error:
            raise SolverError(f"Clarabel fails on the semidefinite programme: {error}") from None
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):  # type: ignore[attr-defined]
        raise SolverError(f"the semidefinite programme has no solution (Clarabel: {problem.status})")  # type: ignore[attr-defined]
