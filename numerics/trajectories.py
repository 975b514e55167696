"""Whole paths of ADOPT: what the lines of a certificate are evaluated on.

One form for two sources: exact probability trees (`numerics.trees`, arrays of balls, all paths with their
probabilities) and simulated runs (`numerics.engine.trajectories`, float64, equally likely).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.problems import Problem
from numerics.settings import Setting, complete
from optim.core import Method, clipped, denominator

if TYPE_CHECKING:
    from numerics.reference import Step


@dataclass(frozen=True)
class Trajectories:
    """Arrays of one method's paths, times 0..T; dtype float64, or object with balls.

    `theta`, `g`, `v`, `m`, `s`, `a`, `gradient` (∇f(θ_t)): [T+1, paths, D]; `f` (f(θ_t)): [T+1, paths]; `probability`:
    [paths]. s_t is the denominator made of v_t; a_t the normalised gradient the momentum averages, which exists from
    t = 1 (a_0 is stored as 0). `atom_paths[t]` is how many consecutive paths share the past F_t; None for a sample.
    """

    theta: np.ndarray
    g: np.ndarray
    v: np.ndarray
    m: np.ndarray
    s: np.ndarray
    a: np.ndarray
    f: np.ndarray
    gradient: np.ndarray
    probability: np.ndarray
    atom_paths: tuple[int, ...] | None

    @property
    def steps(self) -> int:
        """The horizon T."""
        return len(self.theta) - 1

    def expectation(self, values: np.ndarray) -> np.ndarray:
        """E over paths of values [paths, ...]: shape [...]."""
        return np.asarray(np.tensordot(self.probability, values, axes=(0, 0)))

    def conditional_expectation(self, values: np.ndarray, time: int) -> np.ndarray:
        """E[values given F_time] for values [paths, ...], of the same shape, constant on each atom.

        Raises ValueError for sampled paths, where it is not defined, and for a time outside 0..T.
        """
        if self.atom_paths is None:
            raise ValueError("conditional expectations need an exact tree; these paths are a sample")
        if not 0 <= time <= self.steps:
            raise ValueError(f"time must be in 0..{self.steps}, got {time}")
        size = self.atom_paths[time]
        weight = self.probability.reshape(-1, size)
        weighted = weight.reshape(*weight.shape, *[1] * (values.ndim - 1)) * values.reshape(-1, size, *values.shape[1:])
        mass = weight.sum(axis=1)
        mean = weighted.sum(axis=1) / mass.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(np.repeat(mean, size, axis=0))


def scale_and_value(
    method: Method, hyperparameters: dict[str, Any], state: dict[str, Any], before: Any, g: Any, t: int
) -> tuple[Any, Any]:
    """(s_t, a_t) after the step t; `before` is s_{t-1}, None at t = 0.

    The ablation `no_decorrelation` normalises by s_t, the others by s_{t-1}. Raises ValueError for a method
    without ADOPT's state.
    """
    if set(state) != {"momentum", "second_moment"} or "start" not in hyperparameters:
        raise ValueError(f"whole paths need ADOPT's state m, v; method {method.name} has {', '.join(state) or 'none'}")
    s = denominator(state["second_moment"], hyperparameters["eps"], hyperparameters["denominator_form"])
    if before is None:
        return s, g * 0
    value = g / (s if method.name == "no_decorrelation" else before)
    return s, value if method.name == "order_unchanged" else clipped(value, hyperparameters["clip"], t)


def recorded(problem: Problem, method: Method, setting: Setting, steps: Iterable[Step]) -> Trajectories:
    """Collect the paths of a single setting from the reference tier's steps."""
    hyperparameters = complete(method, setting)
    rows: dict[str, list[Any]] = {name: [] for name in ("theta", "g", "v", "m", "s", "a", "f", "gradient")}
    s = None
    for step in steps:
        s, a = scale_and_value(method, hyperparameters, step.state, s, step.stochastic, step.t)
        theta = step.following
        values = {
            "theta": theta,
            "g": step.stochastic,
            "v": step.state["second_moment"],
            "m": step.state["momentum"],
            "s": s,
            "a": a,
            "f": problem.value(theta),
            "gradient": problem.gradient(theta),
        }
        for name, value in values.items():
            rows[name].append(value[0].numpy())
    runs = rows["f"][0].shape[0]
    return Trajectories(
        **{name: np.stack(values) for name, values in rows.items()},
        probability=np.full(runs, 1.0 / runs),
        atom_paths=None,
    )
