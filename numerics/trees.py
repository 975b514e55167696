"""Exact probability trees: every noise path of a small problem, in ball arithmetic, with exact probabilities.

The update rule is `optim.core`'s own function, run on arrays of balls: it is not written a second time here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy
import torch
from flint import arb

from numerics.exact import PRECISION, ExactArray, balls, to_fmpq, working_precision
from numerics.noises import multiplicative, signs, spikes
from numerics.objectives import huber, log_cosh_objective, quadratic
from numerics.problems import CoordinatewiseNoise, SeparableProblem, Start
from numerics.settings import Setting, check_count, complete, find_method
from numerics.trajectories import Trajectories, scale_and_value
from optim.core import Method, advance

MAX_PATHS = 1 << 16
"""Trees beyond this many paths are refused: they would not fit the purpose of a quick exact check."""


def tree(
    problem: CoordinatewiseNoise, method: str | Method, setting: Setting, steps: int, *, precision: int = PRECISION
) -> Trajectories:
    """All paths (θ_0, ξ_0, …, ξ_T) of a problem whose noise has finite support, T = `steps`.

    Paths are ordered by θ_0, then ξ_0, ξ_1, …, so the paths that share a past are consecutive. Hyper-parameters that
    are floats stand for their exact binary values. Raises ValueError for infinitely many outcomes, too many paths, or
    bad input.
    """
    check_count("steps", steps, 1)
    method = find_method(method)
    outcomes = problem.outcomes()
    branching, roots = len(outcomes), len(problem.start.points)
    paths = roots * branching ** (steps + 1)
    if paths > MAX_PATHS:
        raise ValueError(f"{problem.name}: {steps} steps make {paths} paths, more than {MAX_PATHS}")
    with working_precision(precision):
        hyperparameters = {name: _ball_parameter(value) for name, value in complete(method, setting).items()}
        alpha, decay = arb(to_fmpq(setting.alpha)), arb(to_fmpq(setting.decay))
        theta: Any = balls(problem.start.points)
        chance = balls(problem.start.probabilities)
        noise = balls([z for _, z in outcomes])
        noise_chance = balls([p for p, _ in outcomes])
        state: dict[str, Any] = dict.fromkeys(method.init(torch.zeros(1)), balls(np.zeros(theta.shape, dtype=int)))
        s: Any = None
        levels: list[dict[str, Any]] = []
        for t in range(steps + 1):
            theta, chance, s = (_branch(x, branching) for x in (theta, chance, s))
            state = {name: _branch(x, branching) for name, x in state.items()}
            chance = chance * np.tile(noise_chance, len(chance) // branching)
            g = problem.noise.balls(
                problem.gradient_balls(theta), np.tile(noise, (len(theta) // branching, 1)).view(ExactArray)
            )
            direction, state = method.update(state, g, t, **hyperparameters)
            s, a = scale_and_value(method, hyperparameters, state, s, g, t)
            if t:
                theta = advance(theta, direction, alpha * arb(t) ** -decay)
            levels.append(
                {
                    "theta": theta,
                    "g": g,
                    "v": state["second_moment"],
                    "m": state["momentum"],
                    "s": s,
                    "a": a,
                    "f": problem.value_balls(theta),
                    "gradient": problem.gradient_balls(theta),
                }
            )
        return Trajectories(
            **{name: np.stack([_spread(level[name], paths) for level in levels]) for name in levels[0]},
            probability=np.asarray(chance),
            atom_paths=tuple(branching ** (steps - t) for t in range(steps + 1)),
        )


def _ball_parameter(value: Any) -> Any:
    """Numbers become balls, pairs become pairs of balls; names and None stay."""
    if isinstance(value, tuple):
        return tuple(_ball_parameter(x) for x in value)
    return value if value is None or isinstance(value, (str, bool)) else arb(to_fmpq(value))


def _branch(values: Any, branching: int) -> Any:
    """Each node's value, once for each of its children; None stays."""
    return None if values is None else np.repeat(values, branching, axis=0)


def _spread(values: ExactArray, paths: int) -> np.ndarray:
    """A level's values [nodes, ...] for every path."""
    return np.repeat(np.asarray(values), paths // len(values), axis=0)


def _line() -> SeparableProblem:
    one = sympy.Integer(1)
    return SeparableProblem("tree_log_cosh", log_cosh_objective(), signs(one), Start.at(1), one)


def _plane() -> SeparableProblem:
    half = sympy.Rational(1, 2)
    noise = spikes(sympy.Integer(2), sympy.Rational(1, 4))
    return SeparableProblem("tree_huber_plane", huber(sympy.Integer(1)), noise, Start.at(2, -1), half)


def _random_start() -> SeparableProblem:
    quarter = sympy.Rational(1, 4)
    start = Start(((sympy.Integer(2),), (-quarter,)), (quarter, 1 - quarter))
    noise = spikes(sympy.Integer(3), sympy.Rational(1, 10))
    return SeparableProblem("tree_random_start", huber(sympy.Integer(1)), noise, start, sympy.Rational(1, 2))


def _multiplicative() -> SeparableProblem:
    noise = multiplicative(sympy.Rational(3, 2))
    return SeparableProblem("tree_quadratic", quadratic(), noise, Start.at(3), sympy.Integer(1))


TREES: dict[str, tuple[str, int, Callable[[], SeparableProblem]]] = {
    "tree_log_cosh": ("one dimension, log cosh, fair signs", 6, _line),
    "tree_huber_plane": ("two dimensions, Huber, a rare spike", 3, _plane),
    "tree_random_start": ("one dimension, Huber, a rare spike, F_0-random start", 5, _random_start),
    "tree_quadratic": ("one dimension, quadratic, multiplicative noise: no uniform A5", 6, _multiplicative),
}
"""Small problems for exact trees: name → (description, a horizon of at most 256 paths, constructor)."""
