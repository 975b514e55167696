"""Part 2 of the cross-check: every line of a certificate, on exact probability trees and on simulated trajectories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from proofs.crosscheck.applications import APPLICATIONS
from proofs.evaluate import Paths, Slack, slacks
from theory.statement import Statement

PATH_ATOMS = {"theta", "g", "m", "v", "s", "a", "grad_theta", "f_theta", "beta1_power"}
"""Timed atoms that paths give."""
PARAMETERS = {"alpha", "alpha0", "beta1", "beta2", "eps", "L", "G", "sigma", "f_inf"}
"""Untimed atoms that a problem and a setting give."""


def covered(certificate: dict) -> bool:
    """Whether the atoms of the certificate's statement are those of an ADOPT run on a problem."""
    application = APPLICATIONS.get(certificate["statement"]["name"])
    names = {a["name"] for a in certificate["statement"]["atoms"]}
    return application is not None and application.method == "adopt" and names <= PATH_ATOMS | PARAMETERS


@dataclass(frozen=True)
class LineCheck:
    """Slacks of a certificate's lines on one source of paths. `lines` counts those evaluated, `total` those with a
    relation."""

    theorem: str
    source: str
    setting: dict[str, Any]
    slacks: tuple[Slack, ...]
    total: int

    @property
    def worst(self) -> Slack:
        """The violated line of greatest violation, or the line of least relative slack among the inequalities."""
        return min(self.slacks, key=lambda s: (not s.violated, s.value + (s.relation == "=") * 2))

    @property
    def violated(self) -> tuple[Slack, ...]:
        return tuple(s for s in self.slacks if s.violated)

    @property
    def first_violated(self) -> Slack | None:
        return next((s for s in self.slacks if s.violated), None)


def with_relation(certificate: dict) -> int:
    """How many lines state a relation (integrability has no number to check)."""
    return sum(
        s["conclusion"]["relation"] != "integrable" and bool(s["conclusion"]["poly"]) for s in certificate["steps"]
    )


def on_tree(
    certificate: dict, problem: Any, steps: int, setting: Any, *, overrides: dict[str, Any] | None = None
) -> LineCheck:
    """All lines on all noise paths of a small problem, in ball arithmetic.

    `problem` is a `numerics.problems.SeparableProblem` with finitely supported noise and a finite G, `steps` the
    horizon, `setting` a `numerics.settings.Setting` with exact parameters. `overrides` replaces constants (to test
    broken statements).
    """
    from numerics.exact import ExactArray, working_precision
    from numerics.trees import tree

    name = certificate["statement"]["name"]
    with working_precision():
        paths = tree(problem, "adopt", with_start(setting, name), steps)

        def objective(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            points = x.view(ExactArray)
            return np.asarray(problem.value_balls(points)), np.asarray(problem.gradient_balls(points))

        constants = {k: v for k, v in problem.constants.enclosures.items() if k in ("L", "G", "sigma", "f_inf")}
        values = parameters(setting, constants, steps) | (overrides or {})
        data = Paths(atoms_of(paths, values["beta1"]), values, objective, paths.probability, paths.atom_paths)
        found = tuple(slacks(certificate, data))
    return LineCheck(name, problem.name, described(setting), found, with_relation(certificate))


def on_witness(
    certificate: dict,
    statement: Statement,
    name: str,
    *,
    steps: int | None = None,
    overrides: dict[str, Any] | None = None,
) -> LineCheck | None:
    """All lines on the paths of a witness, where the statement's own recurrence runs; None if it does not meet the
    hypotheses. `steps` shortens the witness's horizon; `overrides` replaces constants after the run."""
    from flint import arb

    from numerics.exact import working_precision
    from proofs.crosscheck.witness import WITNESSES, checks, evaluated

    witness = WITNESSES[name]()
    if not all(c.holds for c in checks(statement, witness)):
        return None
    with working_precision():
        data = evaluated(statement, replace(witness, steps=steps or witness.steps))
        data.parameters |= overrides or {}
        if "m" in data.atoms:  # Algorithm 1 never reads m_0: its lines hold for any value
            missing = np.vectorize(lambda x: not x.is_finite(), otypes=[bool])(data.atoms["m"][0])
            data.atoms["m"][0][missing] = arb(0)
        found = tuple(slacks(certificate, data))
    setting = {k: float(v) for k, v in witness.values.items()}
    return LineCheck(statement.name, f"tree_witness_{name}", setting, found, with_relation(certificate))


def on_trajectories(
    certificate: dict,
    problem: Any,
    setting: Any,
    runs: int,
    steps: int,
    seed: int,
    *,
    overrides: dict[str, Any] | None = None,
) -> LineCheck:
    """All lines on simulated runs, in float64; conditional moments of g_t come from the noise's law, if finite."""
    import torch

    from numerics.engine import trajectories

    name = certificate["statement"]["name"]
    paths = trajectories(problem, "adopt", in_floats(with_start(setting, name)), runs, steps, seed)

    def objective(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = torch.from_numpy(np.ascontiguousarray(x))
        return problem.value(points).numpy(), problem.gradient(points).numpy()

    c = problem.constants
    constants = {k: v for k, v in {"L": c.L, "G": c.G, "sigma": c.sigma, "f_inf": c.f_inf}.items() if v is not None}
    values = {k: float(v) for k, v in (parameters(setting, constants, steps) | (overrides or {})).items()}
    conditional = conditional_moments(problem, paths.gradient)
    data = Paths(atoms_of(paths, values["beta1"]), values, objective, paths.probability, conditional=conditional)
    return LineCheck(
        name, problem.name, described(setting), tuple(slacks(certificate, data)), with_relation(certificate)
    )


def conditional_moments(problem: Any, gradient: np.ndarray, bias: float = 0.0) -> Any:
    """(t, k) → E[g_t^k given F_{t−1}] by summing over the noise's values; None if it has infinitely many."""
    import torch

    from numerics.noises import FiniteSupport
    from numerics.problems import SeparableProblem

    if not isinstance(problem, SeparableProblem) or not isinstance(problem.noise.law, FiniteSupport):
        return None
    law = problem.noise.law

    def moment(t: int, k: int) -> np.ndarray:
        before = torch.from_numpy(gradient[t - 1])
        total = torch.zeros_like(before)
        for probability, value in zip(law.probabilities, law.values, strict=True):
            outcome = problem.noise.tensor(before, torch.full_like(before, float(value)))
            total += float(probability) * (outcome + bias) ** k
        return total.numpy()

    return moment


def with_start(setting: Any, theorem: str) -> Any:
    application = APPLICATIONS[theorem]
    return replace(setting, hyperparameters={**setting.hyperparameters, **application.hyperparameters(1)})


def in_floats(setting: Any) -> Any:
    floats = {k: float(v) if isinstance(v, Fraction) else v for k, v in setting.hyperparameters.items()}
    return replace(setting, alpha=float(setting.alpha), hyperparameters=floats)


def atoms_of(paths: Any, beta1: Any) -> dict[str, np.ndarray]:
    """The statement's atoms by name, [T+1, paths, D or 1]; `beta1` as a ball or a float, like the paths."""
    vectors = {"theta": paths.theta, "g": paths.g, "m": paths.m, "v": paths.v, "s": paths.s, "a": paths.a}
    powers = [beta1 * 0 + 1]
    for _ in range(paths.steps):
        powers.append(powers[-1] * beta1)
    scalars = {"f_theta": paths.f[:, :, None], "beta1_power": np.array(powers)[:, None, None]}
    return vectors | scalars | {"grad_theta": paths.gradient}


def parameters(setting: Any, constants: dict[str, Any], steps: int) -> dict[str, Any]:
    """Values of a statement's parameters in a setting; α0 = α√T in its corollary."""
    from flint import arb

    from numerics.exact import to_fmpq

    values = {k: arb(to_fmpq(v)) for k, v in setting.hyperparameters.items() if k in ("beta1", "beta2", "eps")}
    alpha = arb(to_fmpq(setting.alpha))
    return values | {"alpha": alpha, "alpha0": alpha * arb(steps).sqrt()} | constants


def described(setting: Any) -> dict[str, Any]:
    """The setting as JSON numbers."""
    return {"alpha": float(setting.alpha)} | {
        k: float(v) for k, v in setting.hyperparameters.items() if isinstance(v, int | float | Fraction)
    }


def per_label(checks: Iterable[LineCheck]) -> list[tuple[str, float]]:
    """(label, least relative slack) of every named line, over all checks, in the proof's order."""
    found: dict[tuple[int, str], float] = {}
    for check in checks:
        for s in check.slacks:
            if ": " in s.label:
                key = (s.step, s.label)
                found[key] = min(found.get(key, s.value), s.value)
    return [(label, value) for (_, label), value in sorted(found.items())]
