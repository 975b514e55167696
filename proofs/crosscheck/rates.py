"""Parts 1, 3, 4 and 5 of the cross-check: hypotheses, the bound against the measure, the rate, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from proofs.crosscheck.applications import Case, bound_at, case, missing
from proofs.crosscheck.grid import Plan
from theory.statement import Statement
from theory.statements import STATEMENTS

LEVEL = 0.05
"""Family-wise error of all claims of a violation together (Holm)."""


@dataclass(frozen=True)
class Cell:
    """A theorem on a problem at one (β1, β2)."""

    theorem: str
    problem: str
    beta1: float
    beta2: float

    def __str__(self) -> str:
        return f"{self.problem}, β1 = {self.beta1:g}, β2 = {self.beta2:g}"


def cells(plan: Plan, names: Iterable[str]) -> list[Cell]:
    """All rows of a plan, for these theorems."""
    return [Cell(name, p, b1, b2) for name in names for p in plan.problems for b1, b2 in plan.settings(name, p)]


def simulate_horizon(name: str, horizon: int, plan: Plan, theorems: Sequence[str]) -> dict[tuple[str, str], Any]:
    """Measures by (case key, quantity) of all cases of a problem at one horizon, on runs of its own."""
    import torch

    from numerics.engine import simulate
    from numerics.rates import measure
    from numerics.registry import problem as find
    from numerics.settings import Setting

    torch.set_num_threads(1)
    problem = find(name)
    cases: dict[str, dict[str, Case]] = {}
    wanted = set()
    for cell in cells(plan, theorems):
        if cell.problem == name and horizon in plan.horizons_of(cell.theorem):
            c = case(STATEMENTS[cell.theorem], problem, cell.beta1, cell.beta2, horizon)
            cases.setdefault(c.method, {})[c.key] = c
            wanted.add((c.key, c.quantity))
    first = plan.runs[name] * plan.horizons.index(horizon)
    found: dict[tuple[str, str], Any] = {}
    for method, by_key in cases.items():
        settings = [Setting(c.alpha, dict(c.hyperparameters), c.decay) for c in by_key.values()]
        quantities = {c.quantity for c in by_key.values()}
        result = simulate(
            problem,
            method,
            settings,
            plan.runs[name],
            horizon,
            plan.seed,
            first_run=first,
            quantities=quantities,
            keep_blocks=quantities,
        )
        for quantity in quantities:
            for key, m in zip(by_key, measure(result, quantity), strict=True):
                if (key, quantity) in wanted:
                    found[key, quantity] = m
    return found


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
    numerator, _, denominator = statement.rate.split(",")[0].partition("/")  # "-1/2, up to ln T"
    return int(numerator) / int(denominator or 1)


def row(
    statement: Statement, cell: Cell, problem: Any, cases: Sequence[Case], measures: Sequence[Any], total: int
) -> Row:
    """The row of a cell, from its case and measure at every horizon; `total` rows share the level of the bands."""
    from numerics.rates import fit_rate

    ordered = tuple(sorted(measures, key=lambda m: m.horizon))
    by_horizon = sorted(cases, key=lambda c: c.parameters["T"])
    level = 1 - LEVEL / (total * len(ordered))
    return Row(
        theorem=statement.name,
        cell=cell,
        horizons=tuple(m.horizon for m in ordered),
        bounds=tuple(bound_at(statement, c.parameters) for c in by_horizon),
        measures=ordered,
        bands=tuple(m.interval(level) for m in ordered),
        fit=fit_rate(ordered),
        claimed=claimed_slope(statement),
        G=problem.constants.G or math.inf,
        missing=missing(statement, problem),
    )


def judged(rows: Sequence[Row]) -> list[Row]:
    """The rows with verdicts; violations are claimed only after Holm's correction over all rows and horizons."""
    from numerics.rates import holm

    applicable = [r for r in rows if not r.missing]
    p_values = [r.p_values() for r in applicable]
    flat = holm([p for ps in p_values for p in ps], LEVEL)
    found: dict[Cell, Row] = {}
    position = 0
    for r, ps in zip(applicable, p_values, strict=True):
        rejected = flat[position : position + len(ps)]
        position += len(ps)
        if any(rejected[:-1]):
            T = r.horizons[rejected.index(True)]
            found[r.cell] = replace(r, verdict="violated", reason=f"bound: exceeded at T = {T}")
        elif rejected[-1]:
            slope = f"rate: slope {r.fit.slope:.3f} against {r.claimed:g}"
            found[r.cell] = replace(r, verdict="violated", reason=slope)
        elif r.vacuous:
            found[r.cell] = replace(r, verdict="vacuous", reason="the bound exceeds G² at every horizon")
        else:
            found[r.cell] = replace(r, verdict="consistent")
    for r in rows:
        if r.missing:
            reason = f"{', '.join(r.missing)} does not hold"
            found[r.cell] = replace(r, verdict="not applicable", reason=reason)
    return [found[r.cell] for r in rows]
