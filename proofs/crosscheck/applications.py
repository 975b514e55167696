"""How each theorem is put to the test: which method runs it, at which step size, and what of the run is measured.

Theorems whose runs are the same share one simulation: a case is its method, its setting and its horizon.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from theory.numbers import evaluate
from theory.statement import Statement
from theory.statements import STATEMENTS

UNDER = 1 - 2.0**-40
"""Step sizes are taken this much below the best one, which a theorem may allow only up to rounding."""


@dataclass(frozen=True)
class Application:
    """`method` of `optim.core` with `hyperparameters`; α_t = α·t^(−decay); `quantity` of `numerics.statistics`.

    `extra(T)` gives parameters of the bound that the problem does not determine, such as a clip threshold.
    """

    method: str = "adopt"
    hyperparameters: Callable[[int], Mapping[str, Any]] = field(
        default=lambda T: {"start": "algorithm_2", "clip": None}
    )
    decay: float = 0.0
    quantity: str = "gradient_power"
    extra: Callable[[int], Mapping[str, float]] = field(default=lambda T: {})


def _adopt(start: str = "algorithm_2", clip: Any = None, **more: Any) -> Application:
    return Application("adopt", lambda T: {"start": start, "clip": clip(T) if callable(clip) else clip}, **more)


def _sgd(method: str) -> Application:
    return Application(method, lambda T: {}, quantity="gradient_square")


APPLICATIONS: dict[str, Application] = {
    "adopt": _adopt(),
    "adopt_algorithm_1": _adopt("algorithm_1"),
    "adopt_sqrt_horizon": _adopt(),
    "adopt_average": _adopt(),
    "adopt_finite_horizon": _adopt(),
    "adopt_sharp": _adopt(),
    "adopt_clipped": _adopt(clip=lambda T: (T**0.25, 0.0), extra=lambda T: {"c": T**0.25}),
    "adopt_clipped_sharp": _adopt(clip=lambda T: (T**0.25, 0.0), extra=lambda T: {"c": T**0.25}),
    "adopt_clipped_horizon": _adopt(clip=lambda T: (T**0.25, 0.0), extra=lambda T: {"c0": 1.0}),
    "adopt_clipped_schedule": _adopt(clip=(1.0, 0.25), extra=lambda T: {"c0": 1.0}),
    "adopt_decaying": _adopt(decay=0.5),
    "adopt_decaying_algorithm_1": _adopt("algorithm_1", decay=0.5),
    "adopt_clipped_decaying": _adopt(clip=(1.0, 0.25), decay=0.5, extra=lambda T: {"c0": 1.0}),
    "rmsprop_decorrelated": Application(hyperparameters=lambda T: {"start": "algorithm_2", "clip": None, "beta1": 0.0}),
    "adopt_biased": _adopt(extra=lambda T: {"delta": 0.0}),
    "adopt_bounded_variance": _adopt(),
    "adopt_affine_variance": _adopt(extra=lambda T: {"rho": 0.0}),
    "sgd": _sgd("sgd"),
    "sgd_bounded_variance": _sgd("sgd"),
    "sgd_momentum": _sgd("sgd_momentum"),
    "sgd_momentum_bounded_variance": _sgd("sgd_momentum"),
}
"""By theorem. A theorem that is not here has no simulated run; its lines are checked on exact trees where they can be."""


IMPLIED = {
    "bounded_second_moment_conditional": "bounded_second_moment",
    "bounded_bias": "unbiased",
    "affine_variance": "bounded_variance",
}
"""Assumptions that a problem meets with another one: its G bounds the conditional second moment, an unbiased oracle has
bias 0, a bounded variance is affine with ρ = 0 (coordinatewise where the noise is)."""


def missing(statement: Statement, problem: Any) -> tuple[str, ...]:
    """The statement's assumptions that the problem does not meet."""
    return tuple(a for a in statement.assumptions if IMPLIED.get(a, a) not in problem.holds)


@dataclass(frozen=True)
class Case:
    """One run to simulate, and the bound's parameters for it."""

    method: str
    alpha: float
    hyperparameters: Mapping[str, Any]
    decay: float
    quantity: str
    parameters: Mapping[str, float]

    @property
    def key(self) -> str:
        """Cases with the same key are the same run."""
        return json.dumps([self.method, self.alpha, dict(self.hyperparameters), self.decay], sort_keys=True)


def constants_of(problem: Any) -> dict[str, float]:
    """The certified constants, ε and the dimension; constants that do not exist are left out."""
    c = problem.constants
    found = {"Delta": c.Delta, "L": c.L, "G": c.G, "sigma": c.sigma, "eps": float(problem.eps), "D": problem.dimension}
    return {k: float(v) for k, v in found.items() if v is not None}


def step_size(statement: Statement, problem: Any, beta1: float, horizon: int) -> float:
    """The statement's best α (T4.1's, if it has none of its own), a hair below. Raises ValueError for a linear problem."""
    best = statement.best_alpha or STATEMENTS["adopt"].best_alpha
    if best is None:
        raise ValueError("T4.1 states a best step size")
    if problem.constants.L == 0:
        raise ValueError(f"there is no best step size on {problem.name}, which is linear, L = 0")
    extra = dict(APPLICATIONS[statement.name].extra(horizon)) if statement.name in APPLICATIONS else {}
    value = evaluate(best(), constants_of(problem) | extra | {"beta1": beta1, "T": float(horizon)})
    return UNDER * (value / math.sqrt(horizon) if "alpha0" in statement.parameters and statement.best_alpha else value)


def case(statement: Statement, problem: Any, beta1: float, beta2: float, horizon: int) -> Case:
    """The run that tests the statement on a problem at one setting and horizon."""
    from optim.core import METHODS

    application = APPLICATIONS[statement.name]
    alpha = step_size(statement, problem, beta1, horizon)
    start = alpha * math.sqrt(horizon)  # α0, both for α = α0/√T and for α_t = α0/√t
    wanted = {"beta1": beta1, "beta2": beta2, "eps": float(problem.eps), **application.hyperparameters(horizon)}
    known = METHODS[application.method].defaults
    values = constants_of(problem) | {
        "beta1": beta1,
        "beta2": beta2,
        "T": float(horizon),
        "alpha": alpha,
        "alpha0": start,
    }
    return Case(
        method=application.method,
        alpha=start if application.decay else alpha,
        hyperparameters={k: v for k, v in wanted.items() if k in known},
        decay=application.decay,
        quantity=application.quantity,
        parameters=values | dict(application.extra(horizon)),
    )


def bound_at(statement: Statement, parameters: Mapping[str, float]) -> float:
    """The statement's bound at these parameters, rounded up."""
    needed = {k: v for k, v in parameters.items() if k in statement.parameters}
    return evaluate(statement.bound(), needed)
