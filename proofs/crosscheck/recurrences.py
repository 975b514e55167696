"""Rows for the theorems that the engine does not run: the statement's own recurrence, in float64, on small problems.

The measured quantity is the goal's own left-hand side, evaluated from the certificate's definitions, so that every
theorem has rows: other measures, a projection, denominators that know the present gradient, thresholds or step sizes given by
a hypothesis. One horizon, hence no slope. Hypotheses that speak of single paths are tried on the runs themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from numerics.jackknife import jackknife
from proofs.crosscheck.applications import APPLICATIONS, IMPLIED, UNDER
from proofs.crosscheck.grid import Plan
from proofs.crosscheck.witness import (
    FREE,
    SCHEDULES,
    WITNESSES,
    Witness,
    atoms_of_run,
    constants,
    declared_names,
    recurrence,
    schedules,
)
from proofs.evaluate import BLOCKS, Evaluation, NotEvaluableError, Paths, line_slack
from theory.numbers import evaluate
from theory.statement import Statement
from theory.statements import STATEMENTS

LEVEL = 0.05
"""Family-wise error of all these rows' violations together (Holm)."""
ON_THE_RUNS = {"polyak_lojasiewicz", "convex_on_the_set", "one_dimension", "bounded_gradient"}
"""Assumptions about single paths: what no problem certifies is tried on the runs."""
BY_MOMENTS = {
    "heavy_tails": "bounded_second_moment",
    "affine_variance_norm": "bounded_variance",
    "bounded_variance_conditional": "bounded_variance",
}
"""Assumptions that follow from a certified constant: E‖g‖^p <= (E‖g‖²)^{p/2}; the certified σ bounds the variance given θ."""

CHOSEN = {"rmsprop": {"beta2": Fraction(9999, 10000)}}
"""Parameters other than the witnesses': Theorem 3.1's bound is below G² for β2 near 1 only."""


def names(plan: Plan) -> list[str]:
    """The theorems of these rows. Statements about step sizes alone have none."""
    return [name for name in plan.theorems or STATEMENTS if name not in APPLICATIONS and STATEMENTS[name].about_a_run]


def problems() -> dict[str, Witness]:
    """Problems with finitely supported noise: the two witnesses, and two of the registry."""
    from numerics.problems import SeparableProblem
    from numerics.registry import problem

    extra = {"rho": Fraction(1, 4), "mu": Fraction(1, 4)}
    found = {f"witness_{name}": make() for name, make in WITNESSES.items()}
    for name in ("hard_instance", "huber_multiplicative"):
        known = problem(name)
        if not isinstance(known, SeparableProblem):
            raise TypeError(f"{name} is not separable")
        found[name] = Witness(known, 4, FREE, extra)
    return found


def rows(certificates: Mapping[str, dict], plan: Plan) -> list[dict[str, Any]]:
    """The rows with verdicts, in the `crosscheck` contract."""
    from numerics.rates import holm

    tried = [
        row(STATEMENTS[name], certificates[name], label, replace(witness, steps=plan.own_steps), plan)
        for name in names(plan)
        if name in certificates
        for label, witness in problems().items()
    ]
    applicable = [r for r in tried if not r.missing]
    rejected = holm([r.p_value for r in applicable], LEVEL)
    violated = {id(r) for r, no in zip(applicable, rejected, strict=True) if no}
    return [as_json(r, id(r) in violated) for r in tried]


@dataclass(frozen=True, eq=False)
class OwnRow:
    """One theorem on one problem. `trivial` is what the measure is at most in any case; None if there is no such number."""

    theorem: str
    problem: str
    setting: dict[str, float]
    missing: tuple[str, ...]
    measured: float = math.nan
    error: float = math.nan
    bound: float = math.nan
    trivial: float | None = None

    @property
    def p_value(self) -> float:
        """Of "the measure is at most the bound"."""
        from numerics.rates import upper_tail

        return upper_tail(self.measured - self.bound, self.error, BLOCKS - 1)


def as_json(r: OwnRow, violated: bool) -> dict[str, Any]:
    """The row in the `crosscheck` contract, without its lines; what is unknown or infinite is null."""
    from numerics.rates import student_quantile

    half = student_quantile(1 - LEVEL / 2, BLOCKS - 1) * r.error
    vacuous = r.trivial is not None and r.bound > r.trivial
    verdict = "not applicable" if r.missing else "violated" if violated else "vacuous" if vacuous else "consistent"
    reasons = {"violated": "bound: exceeded", "vacuous": "the bound exceeds G², or the gap at the start"}
    reason = f"{', '.join(r.missing)} does not hold" if r.missing else reasons.get(verdict, "")

    def finite(x: float) -> float | None:
        return x if math.isfinite(x) else None

    return {
        "theorem": r.theorem,
        "problem": r.problem,
        "method": STATEMENTS[r.theorem].method,
        "setting": r.setting,
        "verdict": verdict,
        "reason": reason,
        "bound": finite(r.bound),
        "measured": finite(r.measured),
        "band": None if r.missing else [r.measured - half, r.measured + half],
        "slope": None,
        "slope_interval": None,
        "claimed_slope": None,
        "vacuity": finite(r.bound / r.trivial) if r.trivial else None,
    }


def row(statement: Statement, certificate: dict, label: str, witness: Witness, plan: Plan) -> OwnRow:
    """Simulates the statement's recurrence at its best step size and evaluates its goal."""
    witness = replace(witness, values={**witness.values, **CHOSEN.get(statement.name, {})})
    witness = with_step_size(statement, witness)
    declared = declared_names(statement)
    values = constants(statement, witness, declared)
    shown = {k: float(values[k]) for k in ("alpha", "beta1", "beta2") if k in declared} | {"horizon": witness.steps}
    missing = uncertified(statement, witness)
    if missing:
        return OwnRow(statement.name, label, shown, missing)
    paths = sampled(statement, witness, plan.own_runs, plan.seed)
    evaluation = Evaluation(certificate, paths)
    failing = tuple(dict.fromkeys(failing_hypotheses(statement, certificate, evaluation)))
    if failing:
        return OwnRow(statement.name, label, shown, failing)
    measured, bound = sides(statement, evaluation)
    error = float(jackknife(measured[1:])[0]) if len(measured) > 1 else 0.0
    return OwnRow(statement.name, label, shown, (), float(measured[0]), error, bound, trivial(statement, paths))


def with_step_size(statement: Statement, witness: Witness) -> Witness:
    """The witness at the statement's best step size (T4.1's if it has none), within what its hypotheses allow."""
    names = declared_names(statement)
    known = {k: float(v) for k, v in constants(statement, witness, names).items()}
    T = witness.steps
    start = witness.problem.constants.Delta
    known |= {"Delta": float(start), "T": float(T), "D": float(witness.problem.dimension)}
    known = {k: v for k, v in known.items() if (math.isfinite(v) and v > 0) or k in ("beta1", "beta2")}
    best = statement.best_alpha or STATEMENTS["adopt"].best_alpha
    if best is None:
        raise ValueError("T4.1 states a best step size")
    value = evaluate(best(), known)
    if "alpha0" in statement.parameters and statement.best_alpha:
        value /= math.sqrt(T)
    if statement.largest_alpha is not None:
        value = min(value, evaluate(statement.largest_alpha(), known))
    return replace(witness, values={**witness.values, "alpha": Fraction(UNDER * value)})


def uncertified(statement: Statement, witness: Witness) -> tuple[str, ...]:
    """The statement's assumptions that neither the problem's constants nor its runs can establish."""
    holds = witness.problem.holds
    implied = IMPLIED | BY_MOMENTS
    return tuple(a for a in statement.assumptions if a not in ON_THE_RUNS and implied.get(a, a) not in holds)


def sampled(statement: Statement, witness: Witness, runs: int, seed: int) -> Paths:
    """The statement's atoms on `runs` independent runs of its own recurrence, as float64 arrays [T+1, runs, D]."""
    import torch

    from numerics.noises import FiniteSupport
    from proofs.crosscheck.lines import conditional_moments

    problem, names = witness.problem, declared_names(statement)
    parameters = {k: float(v) for k, v in constants(statement, witness, names).items()}
    timed = {
        k: (lambda j, f=f: float(f(j)))
        for k, f in schedules(constants(statement, witness, names), names | set(SCHEDULES)).items()
    }
    random = np.random.Generator(np.random.Philox(seed))
    law = problem.noise.law
    if not isinstance(law, FiniteSupport):
        raise TypeError(f"{problem.name}: only noise with finite support is sampled here")
    chances = np.array([float(p) for p in law.probabilities])
    values = np.array([float(z) for z in law.values])
    starts = np.array([[float(x) for x in point] for point in problem.start.points])
    first = starts[random.choice(len(starts), size=runs, p=np.array([float(p) for p in problem.start.probabilities]))]
    bias = parameters.get("delta", 0.0) / problem.dimension if "delta" in names else 0.0

    def oracle(theta: np.ndarray, _: int) -> np.ndarray:
        gradient = problem.gradient(torch.from_numpy(np.ascontiguousarray(theta)))
        drawn = torch.from_numpy(values[random.choice(len(values), size=theta.shape, p=chances / chances.sum())])
        return problem.noise.tensor(gradient, drawn).numpy() + bias

    def objective(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = torch.from_numpy(np.ascontiguousarray(x))
        return problem.value(points).numpy(), problem.gradient(points).numpy()

    run = recurrence(statement, first, oracle, witness.steps, parameters | timed, np.maximum, np.sqrt, float)
    atoms = atoms_of_run(statement, run, objective, timed)
    if "m" in atoms:  # Algorithm 1 never reads m_0
        atoms["m"][0] = np.nan_to_num(atoms["m"][0])
    conditional = conditional_moments(problem, atoms["grad_theta"], bias) if "g" in atoms else None
    return Paths(atoms, parameters, objective, np.full(runs, 1 / runs), conditional=conditional)


def failing_hypotheses(statement: Statement, certificate: dict, evaluation: Evaluation) -> Iterator[str]:
    """The hypotheses that are false on the runs, as far as they can be evaluated there."""
    for h in certificate["statement"]["hypotheses"]:
        if h["relation"] == "integrable":
            continue
        step = {"label": h["name"], "conclusion": {k: h[k] for k in ("from", "relation", "poly")}}
        try:
            slack = line_slack(evaluation, 0, step)
        except NotEvaluableError:
            continue
        if slack is not None and slack.violated:
            yield h["name"]


def sides(statement: Statement, evaluation: Evaluation) -> tuple[np.ndarray, float]:
    """What the goal measures (with its jackknife replicates) and its bound."""
    from proofs.builder import polynomial
    from proofs.certificate import write_poly

    measured = evaluation.poly(write_poly(polynomial(statement.measured)), 0).ravel()
    goal = evaluation.poly(write_poly(polynomial(statement.goal().difference()[0])), 0).ravel()
    return measured, float((goal + measured)[0])


def trivial(statement: Statement, paths: Paths) -> float | None:
    """What the measure is compared with: the gap at the start for gaps, G² for gradients (G²/ε if weighted by 1/s)."""
    from proofs.builder import polynomial
    from proofs.certificate import mentioned

    measured = mentioned(polynomial(statement.measured))
    if measured & {"measure_gap", "f_theta"}:
        return float(paths.atoms["f_theta"][0].mean() - paths.parameters["f_inf"])
    G = paths.parameters.get("G", math.inf)
    if "alpha_t" in measured or not math.isfinite(G):  # weighted by the step sizes
        return None
    return G**2 / paths.parameters["eps"] if "inv_s" in measured else G**2
