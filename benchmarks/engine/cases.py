"""What is measured: problems, sizes, the one setting, and what every engine answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numerics.problems import Problem

PROBLEMS = {
    "Bn": "Σ log cosh θ_i, normal noise",
    "B2": "Σ log cosh θ_i, noise ±1",
    "A": "the toy on [-1, 1]: gradient k² with probability 1/k, else -k, k = 10",
}
ALPHA, BETA1, BETA2, EPS = 0.05, 0.9, 0.999, 1.0
START = 2.0
"""Every coordinate of θ_0 of Bn and B2."""
TOY_K = 10
SEED = 1

Means = dict[str, np.ndarray]
"""Quantity → its mean over the runs, float64 [steps]; the gap for A, else ‖∇f‖² and ‖∇f‖^{4/3}."""
Run = Callable[[int], Means]
"""Simulates this many steps."""


class AbsentError(Exception):
    """The engine cannot be run here, or not on this case; the message says why."""


@dataclass(frozen=True)
class Case:
    """One row of the table: a problem of `PROBLEMS`, "float64" or "float32", runs, coordinates."""

    problem: str
    dtype: str
    runs: int
    dimension: int = 1


def grid(quick: bool) -> list[Case]:
    """The cases, the most important ones first."""
    if quick:
        return [Case("Bn", "float64", 10_000), Case("A", "float64", 10_000)]
    sizes = (1_000, 10_000, 100_000, 1_000_000)
    cases = [Case(p, dtype, runs) for dtype in ("float64", "float32") for p in PROBLEMS for runs in sizes]
    return cases + [Case("Bn", "float64", 1_000, D) for D in (10, 100)]


def engine_problem(case: Case) -> Problem:
    """The case as the engine's problem."""
    from sympy import Integer

    from numerics import finite_sum, noises, objectives
    from numerics.problems import SeparableProblem, Start

    if case.problem == "A":
        return finite_sum.toy(TOY_K)
    noise = noises.normal(Integer(1)) if case.problem == "Bn" else noises.signs(Integer(1))
    start = Start.at(*[int(START)] * case.dimension)
    return SeparableProblem(
        f"{case.problem}_{case.dimension}", objectives.log_cosh_objective(), noise, start, Integer(1)
    )


def start_of(case: Case) -> float:
    """Every coordinate of θ_0."""
    return START if case.problem != "A" else float(engine_problem(case).start.points[0][0])
