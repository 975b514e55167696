"""The whole cross-check: proves, evaluates lines, simulates, judges, breaks statements on purpose, writes the
report."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from fractions import Fraction
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from proofs.check import check_all
from proofs.crosscheck import broken, grid, lines, rates, recurrences
from proofs.crosscheck.applications import APPLICATIONS, case, missing
from proofs.crosscheck.grid import Plan
from proofs.crosscheck.witness import WITNESSES
from proofs.report import gallery
from theory.statements import STATEMENTS

Progress = Callable[[str, int, int], None]


def tree_checks(certificates: dict[str, dict]) -> Iterator[lines.LineCheck]:
    """All lines of every certificate on exact trees on which its hypotheses hold: the trees of `numerics.trees` for what is
    about ADOPT, at two settings each, and the witnesses, where each statement's own recurrence runs."""
    from numerics.settings import Setting
    from numerics.trees import TREES

    for _, steps, make in TREES.values():
        problem = make()
        for beta1, beta2 in ((Fraction(9, 10), Fraction(1, 2)), (Fraction(0), Fraction(999, 1000))):
            hyperparameters = {"beta1": beta1, "beta2": beta2, "eps": Fraction(1, 2), "clip": None}
            for name, certificate in certificates.items():
                if lines.covered(certificate) and not missing(STATEMENTS[name], problem):
                    yield lines.on_tree(certificate, problem, steps, Setting(Fraction(1, 4), hyperparameters))
    for name, certificate in certificates.items():
        for witness in WITNESSES:
            check = lines.on_witness(certificate, STATEMENTS[name], witness)
            if check is not None:
                yield check


def trajectory_checks(certificates: dict[str, dict], plan: Plan) -> Iterator[lines.LineCheck]:
    """All lines that float paths can evaluate, on simulated runs of every problem of the plan."""
    from numerics.registry import problem as find
    from numerics.settings import Setting

    for name in plan.problems:
        problem = find(name)
        eps = Fraction(int(problem.eps.p), int(problem.eps.q))
        hyperparameters = {"beta1": Fraction(9, 10), "beta2": Fraction(9, 10), "eps": eps, "clip": None}
        setting = Setting(Fraction(1, 8), hyperparameters)
        for theorem, certificate in certificates.items():
            if lines.covered(certificate) and not missing(STATEMENTS[theorem], problem):
                yield lines.on_trajectories(certificate, problem, setting, plan.line_runs, plan.line_steps, plan.seed)


def line_checks(certificates: dict[str, dict], plan: Plan) -> list[lines.LineCheck]:
    return [*tree_checks(certificates), *trajectory_checks(certificates, plan)]


Measures = dict[tuple[str, int, str, str], Any]
"""By problem, horizon, case key and quantity."""


def simulated(plan: Plan) -> list[str]:
    """The theorems of a plan that have runs of their own."""
    return [name for name in plan.theorems or STATEMENTS if name in APPLICATIONS]


def measured(plan: Plan, executor: Executor, tick: Callable[[], None]) -> Measures:
    """Measures of all cases; the longest jobs start first."""
    jobs = [(name, T) for T in sorted(plan.horizons, reverse=True) for name in plan.problems]
    names = simulated(plan)
    futures: dict[Future, tuple[str, int]] = {
        executor.submit(rates.simulate_horizon, problem, T, plan, names): (problem, T) for problem, T in jobs
    }
    found: Measures = {}
    for future in as_completed(futures):
        for (key, quantity), measure in future.result().items():
            found[(*futures[future], key, quantity)] = measure
        tick()
    return found


def theorem_rows(plan: Plan, measures: Measures) -> list[rates.Row]:
    """A row for each theorem, problem and setting of the plan."""
    from numerics.registry import problem as find

    cells = rates.cells(plan, simulated(plan))
    rows = []
    for cell in cells:
        statement, problem = STATEMENTS[cell.theorem], find(cell.problem)
        cases = [case(statement, problem, cell.beta1, cell.beta2, T) for T in plan.horizons_of(cell.theorem)]
        own = [measures[cell.problem, int(c.parameters["T"]), c.key, c.quantity] for c in cases]
        rows.append(rates.row(statement, cell, problem, cases, own, len(cells)))
    return rates.judged(rows)


@contextmanager
def processes(workers: int) -> Iterator[Executor]:
    """A pool that stops at once when it is interrupted, instead of finishing what is queued."""
    executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in active_children():
            process.terminate()
        raise
    executor.shutdown()


def crosscheck(plan: Plan, *, workers: int = 2, progress: Progress | None = None) -> dict[str, Any]:
    """Runs everything; returns the `crosscheck` contract with `theorems`, `slacks`, `series` and figures' data besides.

    `status` is `ok` if all theorems are proved, no line and no row is violated, every broken statement is caught, and
    every counterexample's certificate is replayed.
    """
    start = time.perf_counter()
    report = progress or (lambda stage, done, total: None)
    total = len(plan.horizons) * len(plan.problems)
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        report("simulating", done, total)

    with processes(workers) as executor:
        proved = check_all()
        certificates = {
            r["name"]: json.loads(Path(r["certificate"]).read_text()) for r in proved["results"] if r["certificate"]
        }
        evaluated = executor.submit(line_checks, certificates, plan)
        exhibited = executor.submit(gallery.entries)
        own = executor.submit(recurrences.rows, certificates, plan)
        measures = measured(plan, executor, tick)
        report("evaluating lines", 0, 1)
        checks, counterexamples = evaluated.result(), exhibited.result()
        own_rows = own.result()
    rows = theorem_rows(plan, measures)
    report("broken statements", 0, 1)
    breaking = broken.run(broken.Evidence(certificates["adopt"], rows)) if "adopt" in certificates else []
    violated_lines = [c for c in checks if c.violated]
    fine = (
        proved["status"] == "ok"
        and not violated_lines
        and not any(r.verdict == "violated" for r in rows)
        and not any(r["verdict"] == "violated" for r in own_rows)
        and all(b["caught"] for b in breaking)
        and all(e["replayed"] for e in counterexamples)
    )
    return {
        "status": "ok" if fine else "failed",
        "rows": [*(as_json(r, checks) for r in rows), *(r | lines_of(r["theorem"], checks) for r in own_rows)],
        "broken": breaking,
        "gallery": counterexamples,
        "theorems": proved["results"],
        "slacks": [slack_json(c) for c in checks],
        "series": [series_json(r) for r in rows],
        "machine": {"python": platform.python_version(), "system": platform.system(), "processor": platform.machine()},
        "seconds": time.perf_counter() - start,
    }


def as_json(row: rates.Row, checks: list[lines.LineCheck]) -> dict[str, Any]:
    last = row.measures[-1]
    return {
        "theorem": row.theorem,
        "problem": row.cell.problem,
        "method": APPLICATIONS[row.theorem].method,
        "setting": {"beta1": row.cell.beta1, "beta2": row.cell.beta2, "horizon": last.horizon},
        "verdict": row.verdict,
        "reason": row.reason,
        "bound": row.bounds[-1],
        "measured": last.average,
        "band": list(row.bands[-1]),
        "slope": row.fit.slope,
        "slope_interval": list(row.fit.interval),
        "claimed_slope": row.claimed,
        "vacuity": row.bounds[-1] / row.G**2,
    } | lines_of(row.theorem, checks)


def lines_of(theorem: str, checks: list[lines.LineCheck]) -> dict[str, Any]:
    """What was checked of the theorem's lines, for its rows."""
    own = [c for c in checks if c.theorem == theorem]
    worst = min((c.worst for c in own), key=lambda s: (not s.violated, s.value), default=None)
    return {
        "lines_checked": sum(len(c.slacks) for c in own),
        "worst_slack": worst.value if worst else None,
        "worst_line": worst.label if worst else None,
    }


def series_json(row: rates.Row) -> dict[str, Any]:
    """What a rate plot draws."""
    return {
        "theorem": row.theorem,
        "problem": row.cell.problem,
        "beta1": row.cell.beta1,
        "beta2": row.cell.beta2,
        "horizons": list(row.horizons),
        "measured": [m.average for m in row.measures],
        "standard_errors": [m.standard_error for m in row.measures],
        "bands": [list(b) for b in row.bands],
        "bounds": list(row.bounds),
        "fit": [float(y) for y in row.fit.curve(row.horizons)],
        "slope": row.fit.slope,
        "slope_interval": list(row.fit.interval),
        "local_slopes": list(row.fit.local_slopes),
    }


def slack_json(check: lines.LineCheck) -> dict[str, Any]:
    return {
        "theorem": check.theorem,
        "source": check.source,
        "setting": check.setting,
        "evaluated": len(check.slacks),
        "total": check.total,
        "lines": [
            {"step": s.step, "label": s.label, "relation": s.relation, "slack": float(s.value)}
            | {"error": float(s.error), "violated": s.violated}
            for s in check.slacks
        ],
    }


def plan(quick: bool) -> Plan:
    return grid.QUICK if quick else grid.FULL
