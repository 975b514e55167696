"""The ready-made problems by name. Importing this module is cheap; a problem is built on first use."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numerics.problems import Problem

PROBLEMS: dict[str, str] = {
    "hard_instance": "Huber-tailed θ²/2 with ±1 noise and ε = σ + M, so that s ≡ ε and ADOPT is SGD; closed form known",
    "log_cosh_normal": "Σ log cosh θ_i in 10 dimensions, standard normal noise",
    "log_cosh_spikes": "Σ log cosh θ_i in 10 dimensions, +10 with probability 1/100, else -10/99",
    "huber_multiplicative": "Σ Huber(θ_i) in 4 dimensions, gradient times 1 ± 3/2: noise that vanishes at the minimum",
    "breast_cancer": "sigmoid loss on scikit-learn's breast-cancer data (569 × 30), minibatches of 8 with replacement",
}
"""Name → one line of description."""


@functools.cache
def problem(name: str) -> Problem:
    """Build the named problem. Raises ValueError, listing the names, for an unknown one."""
    if name not in PROBLEMS:
        raise ValueError(f"unknown problem {name!r}; known: {', '.join(PROBLEMS)}")
    if name == "breast_cancer":
        from numerics.classification import breast_cancer

        return breast_cancer()
    return _separable(name)


def _separable(name: str) -> Problem:
    from sympy import Integer, Rational

    from numerics import noises, objectives
    from numerics.problems import SeparableProblem, Start

    one = Integer(1)
    log_cosh = objectives.log_cosh_objective()
    if name == "hard_instance":
        return SeparableProblem(name, objectives.huber(one), noises.signs(one), Start.at(1), Integer(2))
    if name == "log_cosh_normal":
        return SeparableProblem(name, log_cosh, noises.normal(one), Start.at(*[2] * 10), one)
    if name == "log_cosh_spikes":
        noise = noises.spikes(Integer(10), Rational(1, 100))
        return SeparableProblem(name, log_cosh, noise, Start.at(*[2] * 10), one)
    noise = noises.multiplicative(Rational(3, 2))
    return SeparableProblem(name, objectives.huber(one), noise, Start.at(3, 3, 2, 1), one)
