"""Parts 1, 3, 4 and 5 of the cross-check: hypotheses, the bound against the measure, the rate, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from proofs.crosscheck.grid import BETA1, BETA2, Plan
from theory.numbers import evaluate
from theory.statement import Statement
from theory.statements import STATEMENTS

LEVEL = 0.05
"""Family-wise error of all claims of a violation together (Holm)."""


@dataclass(frozen=True)
class Cell:
    """One setting of a problem; at horizon T the step size is the best for T4.1's bound, α ∝ 1/√T."""

    problem: str
    start: str
    beta1: float
    beta2: float

    @property
    def key(self) -> str:
        return f"{self.problem} {self.start} {self.beta1} {self.beta2}"


def cells(plan: Plan, problem: str) -> list[Cell]:
    return [Cell(problem, start, b1, b2) for start in plan.starts[problem] for b1 in BETA1 for b2 in BETA2]


def constants_of(problem: Any) -> dict[str, float]:
    """The certified constants and ε that bounds take; None constants are left out."""
    c = problem.constants
    found = {"Delta": c.Delta, "L": c.L, "G": c.G, "eps": float(problem.eps)}
    return {k: v for k, v in found.items() if v is not None}


def step_size(problem: Any, beta1: float, horizon: int) -> float:
    """T4.1's best α for these constants."""
    best = STATEMENTS["adopt"].best_alpha
    if best is None:
        raise ValueError("T4.1 states a best step size")
    return evaluate(best(), constants_of(problem) | {"beta1": beta1, "T": horizon})


def simulate_horizon(name: str, horizon: int, plan: Plan) -> list[tuple[Cell, Any]]:
    """(cell, `numerics.rates.Measure`) for every cell of a problem at one horizon, on runs of its own."""
    import torch

    from numerics.engine import simulate
    from numerics.rates import measure
    from numerics.registry import problem as find
    from numerics.settings import Setting

    torch.set_num_threads(1)
    problem, todo = find(name), cells(plan, name)
    alpha = {b1: step_size(problem, b1, horizon) for b1 in BETA1}
    settings = [
        Setting(
            alpha[c.beta1],
            {"beta1": c.beta1, "beta2": c.beta2, "eps": float(problem.eps), "start": c.start, "clip": None},
        )
        for c in todo
    ]
    first = plan.runs[name] * plan.horizons.index(horizon)
    found = simulate(problem, "adopt", settings, plan.runs[name], horizon, plan.seed, first_run=first, gap=False)
    return list(zip(todo, measure(found), strict=True))


@dataclass(frozen=True)
class Row:
    """A theorem on one cell: what it claims, what was measured at every horizon, and the verdict."""

    theorem: str
    cell: Cell
    horizons: tuple[int, ...]
    bounds: tuple[float, ...]
    measures: tuple[Any, ...]
    bands: tuple[tuple[float, float], ...]
    fit: Any
    claimed: float
    G: float
    missing: tuple[str, ...]
    verdict: str = ""
    reason: str = ""

    @property
    def vacuous(self) -> bool:
        return self.bounds[-1] > self.G**2

    def p_values(self) -> list[float]:
        """Of "the measure is at most the bound" at every horizon where the bound is not vacuous, then of the rate."""
        pairs = zip(self.measures, self.bounds, strict=True)
        found = [m.p_value(b) if b <= self.G**2 else 1.0 for m, b in pairs]
        return [*found, self.fit.p_value(self.claimed)]


def claimed_slope(statement: Statement) -> float:
    """The exponent of T that the statement claims, at a step size ∝ 1/√T."""
    numerator, _, denominator = statement.rate.partition("/")
    return int(numerator) / int(denominator or 1)


def row(statement: Statement, cell: Cell, problem: Any, measures: Sequence[Any], cells_total: int) -> Row:
    from numerics.rates import fit_rate

    ordered = tuple(sorted(measures, key=lambda m: m.horizon))
    horizons = tuple(m.horizon for m in ordered)
    values = constants_of(problem) | {"beta1": cell.beta1}
    expression = statement.bound()
    bounds = []
    for T in horizons:
        alpha = step_size(problem, cell.beta1, T)
        # α0 = α√T rounded up cannot make the bound smaller than at the exact α0 by more than an ulp, and evaluate
        # rounds up
        bounds.append(evaluate(expression, values | {"T": T, "alpha": alpha, "alpha0": alpha * math.sqrt(T)}))
    level = 1 - LEVEL / (cells_total * len(horizons))
    return Row(
        theorem=statement.name,
        cell=cell,
        horizons=horizons,
        bounds=tuple(bounds),
        measures=ordered,
        bands=tuple(m.interval(level) for m in ordered),
        fit=fit_rate(ordered),
        claimed=claimed_slope(statement),
        G=problem.constants.G or math.inf,
        missing=tuple(a for a in statement.assumptions if a not in problem.holds),
    )


def judged(rows: Sequence[Row]) -> list[Row]:
    """The rows with verdicts; violations are claimed only after Holm's correction over all rows and horizons."""
    from numerics.rates import holm

    applicable = [r for r in rows if not r.missing]
    p_values = [r.p_values() for r in applicable]
    flat = holm([p for ps in p_values for p in ps], LEVEL)
    found: dict[tuple[str, str], Row] = {}
    position = 0
    for r, ps in zip(applicable, p_values, strict=True):
        rejected = flat[position : position + len(ps)]
        position += len(ps)
        if any(rejected[:-1]):
            T = r.horizons[rejected.index(True)]
            found[r.theorem, r.cell.key] = replace(r, verdict="violated", reason=f"bound: exceeded at T = {T}")
        elif rejected[-1]:
            slope = f"rate: slope {r.fit.slope:.3f} against {r.claimed:g}"
            found[r.theorem, r.cell.key] = replace(r, verdict="violated", reason=slope)
        elif r.vacuous:
            found[r.theorem, r.cell.key] = replace(r, verdict="vacuous", reason="the bound exceeds G² at every horizon")
        else:
            found[r.theorem, r.cell.key] = replace(r, verdict="consistent")
    for r in rows:
        if r.missing:
            reason = f"{', '.join(r.missing)} does not hold"
            found[r.theorem, r.cell.key] = replace(r, verdict="not applicable", reason=reason)
    return [found[r.theorem, r.cell.key] for r in rows]
