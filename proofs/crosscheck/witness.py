"""Witnesses: concrete problems on which all hypotheses of a statement hold together, so that it is not vacuous.

The statement's own recurrence (`theory.algorithms.run`) runs on every noise path of a small problem, in ball
arithmetic, with the problem's certified constants; each hypothesis is then evaluated at every time, path and
coordinate. Integrability needs no check on finitely many paths. That f is smooth and bounded below is certified with
the problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from numerics.exact import ExactArray, balls, to_fmpq, working_precision
from numerics.problems import SeparableProblem
from proofs.builder import kernel_statement, symbols_of
from proofs.certificate import write_statement
from proofs.evaluate import Evaluation, Paths
from theory import algorithms as al
from theory import atoms as at
from theory.expressions import At, Power, Relation, Symbol, t
from theory.statement import Statement

ROUNDING = arb("1e-30")
"""An enclosure wider than this decides nothing; an inequality that is attained holds up to this."""
RADIUS = Symbol("radius")
ADOPT_PROJECTED = replace(
    al.ADOPT,
    name="adopt_projected",
    title="ADOPT projected onto [−radius, radius]",
    step=tuple(replace(x, value=al.Clip(x.value, RADIUS)) if x.target == At(at.theta, t) else x for x in al.ADOPT.step),
)
RECURRENCES: dict[str, al.Recurrence] = {
    x.name: x for x in [*vars(al).values(), ADOPT_PROJECTED] if isinstance(x, al.Recurrence)
}


@dataclass(frozen=True)
class Witness:
    """A problem with finitely supported noise, a horizon, and the parameters that are free to choose.

    `extra` are certified constants besides the problem's own: the growth ρ of the variance, the PŁ constant μ.
    """

    problem: SeparableProblem
    steps: int
    values: Mapping[str, Fraction]
    extra: Mapping[str, Fraction]
    radius: Fraction = Fraction(2)


FREE = {
    "alpha": Fraction(1, 16),
    "beta1": Fraction(1, 2),
    "beta2": Fraction(3, 4),
    "c": Fraction(1),
    "c0": Fraction(1),
    "delta": Fraction(1, 10),
    "lam": Fraction(1, 3),
}
"""Parameters that both witnesses run with; β1 = 0 and thresholds of a given size where a statement asks for them."""


def line() -> Witness:
    """One dimension, a random start, noise in proportion to the gradient: Huber, threshold 2, g = φ'(1 ± ½).

    ρ = ¼: the variance is (φ')²/4. μ = 1: on [−2, 2], which no run here leaves, φ = θ²/2.
    """
    import sympy

    from numerics.noises import multiplicative
    from numerics.objectives import huber
    from numerics.problems import Start

    half = sympy.Rational(1, 2)
    start = Start(((sympy.Integer(1),), (-half,)), (half / 2, 1 - half / 2))
    noise, objective = multiplicative(half), huber(sympy.Integer(2))
    problem = SeparableProblem("huber_multiplicative_random_start", objective, noise, start, sympy.Integer(1))
    return Witness(problem, 4, FREE, {"rho": Fraction(1, 4), "mu": Fraction(1)})


def plane() -> Witness:
    """Two dimensions, Huber, a rare spike on each coordinate: additive noise, so ρ = 0 would do.

    μ = ¼: with threshold 1, ‖∇f‖² = 2 and f = 2 at the start (2, −1).
    """
    from numerics.trees import TREES

    _, steps, problem = TREES["tree_huber_plane"]
    return Witness(problem(), steps, FREE, {"rho": Fraction(1, 4), "mu": Fraction(1, 4)})


WITNESSES: dict[str, Callable[[], Witness]] = {"line": line, "plane": plane}


@dataclass(frozen=True)
class Check:
    """A hypothesis on a witness: whether it holds, at how many times it was evaluated, its least value."""

    hypothesis: str
    holds: bool
    times: int
    least: float


def checks(statement: Statement, witness: Witness, overrides: Mapping[str, Any] | None = None) -> list[Check]:
    """Every hypothesis of the statement, those about integrability left out.

    `overrides` replaces parameters after the run (to see that a check can fail). Raises ValueError naming the
    parameters that have no value on the witness.
    """
    written = write_statement(kernel_statement(statement))
    with working_precision():
        paths = evaluated(statement, witness)
        paths.parameters |= {k: arb(to_fmpq(v)) for k, v in (overrides or {}).items()}
        evaluation = Evaluation({"statement": written, "steps": []}, paths)
        return [check(evaluation, h) for h in written["hypotheses"] if h["relation"] != "integrable"]


def check(evaluation: Evaluation, hypothesis: dict) -> Check:
    """One hypothesis at every time at which it speaks; without a free t, once."""
    free = '"t' in str(hypothesis["poly"]).replace("'", '"')
    times = range(hypothesis["from"], evaluation.paths.horizon + 1) if free else (0,)
    values = [v for k in times for v in evaluation.poly(hypothesis["poly"], k).ravel()]
    if hypothesis["relation"] == "=":
        good = all(abs(v) < ROUNDING for v in values)
        return Check(hypothesis["name"], good, len(times), -max(float(abs(v).upper()) for v in values))
    least = min(float(v.lower()) for v in values)
    strict = hypothesis["relation"] == ">"
    return Check(hypothesis["name"], all(v > (0 if strict else -ROUNDING) for v in values), len(times), least)


SCHEDULES = ("alpha_t", "c_t")
"""What a recurrence may ask for even if its statement says nothing of it."""


def declared_names(statement: Statement) -> set[str]:
    """The names of the statement's declared atoms."""
    return {x.name for x in symbols_of(statement)}


def evaluated(statement: Statement, witness: Witness) -> Paths:
    """The statement's atoms on all paths of the witness."""
    problem, steps = witness.problem, witness.steps
    declared = symbols_of(statement)
    names = declared_names(statement)
    parameters = constants(statement, witness, names)
    missing = [x.name for x in declared if not x.timed and x.name not in parameters]
    if missing:
        raise ValueError(f"{statement.name}: {problem.name} gives no value for {', '.join(missing)}")
    timed = schedules(parameters, names | set(SCHEDULES))
    outcomes, roots = problem.outcomes(), len(problem.start.points)
    branching = len(outcomes)
    paths = roots * branching ** (steps + 1)
    chances, noise = balls([p for p, _ in outcomes]), balls([z for _, z in outcomes])
    place = np.arange(paths)
    drawn = [place // branching ** (steps - k) % branching for k in range(steps + 1)]
    root = place // branching ** (steps + 1)
    probability = balls(problem.start.probabilities)[root]
    for k in drawn:
        probability = probability * chances[k]
    bias = parameters["delta"] / problem.dimension if "delta" in names else arb(0)

    def oracle(theta: Any, k: int) -> Any:
        return problem.noise.balls(problem.gradient_balls(theta), noise[drawn[k]].view(ExactArray)) + bias

    def objective(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = x.view(ExactArray)
        return np.asarray(problem.value_balls(points)), np.asarray(problem.gradient_balls(points))

    run = recurrence(
        statement,
        balls(problem.start.points)[root].view(ExactArray),
        oracle,
        steps,
        parameters | timed,
        lambda x, y: x.maximum(y),
        lambda x: x.sqrt(),
        lambda x: arb(to_fmpq(x)),
    )
    atoms = atoms_of_run(statement, run, objective, timed)
    shared = tuple(branching ** (steps - k) for k in range(steps + 1))
    return Paths(atoms, parameters, objective, np.asarray(probability), shared)


def recurrence(
    statement: Statement,
    first: Any,
    oracle: Any,
    steps: int,
    values: dict[str, Any],
    larger: Any,
    root: Any,
    number: Any,
) -> list[dict[str, Any]]:
    """The statement's own recurrence from θ_0 = `first`, in any arithmetic (`theory.algorithms.run`)."""
    method = RECURRENCES[statement.method]
    return al.run(method, first, oracle, steps, values, larger=larger, root=root, number=number)


def atoms_of_run(
    statement: Statement, run: list[dict[str, Any]], objective: Any, timed: Mapping[str, Callable[[int], Any]]
) -> dict[str, np.ndarray]:
    """The statement's timed atoms [T+1, paths, D or 1] from the rows of a run, balls or floats."""
    shape = np.asarray(run[0]["theta"]).shape
    exact = np.asarray(run[0]["theta"]).dtype == object
    atoms = {name: stacked(run, name, shape, exact) for name in {n for row in run for n in row}}
    points = [objective(np.asarray(row["theta"])) for row in run]
    gradients = [gradient for _, gradient in points]
    atoms["grad_theta"] = np.stack(gradients)
    atoms["f_theta"] = np.stack([value[:, None] for value, _ in points])
    atoms["noise"] = atoms["g"] - np.stack([gradients[0], *gradients[:-1]])
    if "norm_root" in declared_names(statement):
        degree = norm_degree(statement)
        squares = (atoms["g"] ** 2).sum(axis=2, keepdims=True)
        power = np.vectorize(lambda x: x.root(degree), otypes=[object])
        atoms["norm_root"] = power(squares) if exact else squares ** (1 / degree)
    for name, value in timed.items():
        column = np.array([value(k) for k in range(len(run))], dtype=object if exact else float)
        atoms[name] = column[:, None, None]
    return atoms


def norm_degree(statement: Statement) -> int:
    """The n of ‖g‖^{2/n}, by its hypothesis (‖g‖^{2/n})^n = ‖g‖²."""
    claim = next(h.claim for h in statement.hypotheses if h.name == "norm_is_root")
    if not isinstance(claim, Relation) or not isinstance(claim.left, Power):
        raise TypeError(f"{statement.name}: norm_is_root is not about a power")
    return claim.left.exponent


def stacked(run: list[dict[str, Any]], name: str, shape: tuple[int, ...], exact: bool) -> np.ndarray:
    """An atom at all times; times at which it does not exist are NaN, which no hypothesis survives."""
    nothing, kind = (arb("nan"), object) if exact else (np.nan, float)
    return np.stack([np.broadcast_to(np.asarray(row.get(name, nothing), dtype=kind), shape) for row in run])


def constants(statement: Statement, witness: Witness, names: set[str]) -> dict[str, arb]:
    """Values of the untimed atoms: chosen ones, certified ones, and those that the hypotheses tie to them."""
    problem = witness.problem
    certified = dict(problem.constants.enclosures)
    values = {k: arb(to_fmpq(v)) for k, v in (*witness.values.items(), *witness.extra.items())}
    values |= {"eps": arb(to_fmpq(problem.eps)), "radius": arb(to_fmpq(witness.radius)), "theta_star": arb(0)}
    values |= {name: certified[name] for name in ("L", "G", "sigma", "f_inf")}
    hypotheses = {h.name for h in statement.hypotheses}
    if "bounded_gradient" in hypotheses:
        values["G"] = certified["G_max"]
    if "delta" in names:
        values["G"] += values["delta"]  # Minkowski: the oracle's bias has norm at most δ
    if "beta1_zero" in hypotheses:
        values["beta1"] = arb(0)
    if "threshold_of_horizon" in hypotheses:
        values["c"] = values["c0"] * arb(witness.steps).root(4)
    values["s_max"] = values["G"].max(values["eps"])
    if "threshold" in hypotheses:
        values["c"] = 2 * values["sigma"] / values["eps"]
    start = zip(problem.start.probabilities, problem.start.points, strict=True)
    distance = sum(p * sum(x**2 for x in point) for p, point in start)  # every minimiser here is 0
    values["D0"] = arb(to_fmpq(distance)).sqrt()
    values["sigma_i"] = values["sigma"] / arb(problem.dimension).sqrt()
    values["alpha0"] = values["alpha"] * arb(witness.steps).sqrt()
    return values


def schedules(values: Mapping[str, arb], names: set[str]) -> dict[str, Callable[[int], arb]]:
    """The timed deterministic atoms as functions of the step."""
    beta1, beta2 = values["beta1"], values["beta2"]
    found: dict[str, Callable[[int], arb]] = {
        "beta1_power": lambda k: beta1**k,
        "growth": lambda k: (1 + values["rho"] * (values["L"] * values["alpha"] / values["eps"]) ** 2) ** k,
        "inv_beta2_power": lambda k: 1 / beta2**k,
        "c_t": lambda k: values["c" if "c" in names else "c0"] * arb(k).root(4),
        "clip_sum": lambda k: sum((1 / found["c_t"](j) ** 2 for j in range(1, k + 1)), start=arb(0)),
    }
    if "mu" in names:
        scale = values["s_max"] if "s_max" in names else (values["G"] ** 2 + values["eps"] ** 2).sqrt()
        found["alpha_t"] = lambda k: scale / (values["mu"] * (k + 1))
    else:
        found["alpha_t"] = lambda k: values["alpha0"] / arb(k).sqrt()
    return {name: value for name, value in found.items() if name in names}
