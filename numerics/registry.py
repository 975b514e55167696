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
    "breast_cancer_reshuffled": "the same data, each row once in an epoch",
    "toy": "θ on [-1, 1], gradient k² with probability 1/k, else -k, k = 10: Adam walks the wrong way",
    "three_components": "gradients 19/10, -1, -1 on [-1, 1], with replacement",
    "three_components_reshuffled": "the same components, reshuffled in every epoch: ADOPT walks the wrong way",
    "three_components_fixed_order": "the same components, always in the same order: ADOPT walks the wrong way",
    "problem_u": "three Huber functions centred at -2, 1, 1, with replacement: smooth, convex, unconstrained",
    "problem_u_reshuffled": "the same components, reshuffled in every epoch: ADOPT has a wrong limit",
    "problem_u_fixed_order": "the same components, always in the same order: ADOPT has a wrong limit",
}
"""Name → one line of description."""


@functools.cache
def problem(name: str) -> Problem:
    """Build the named problem. Raises ValueError, listing the names, for an unknown one."""
    if name not in PROBLEMS:
        raise ValueError(f"unknown problem {name!r}; known: {', '.join(PROBLEMS)}")
    stem = next((s for s in ("breast_cancer", "three_components", "problem_u", "toy") if name.startswith(s)), None)
    sampling = name.removeprefix(f"{stem}_") if stem != name else "with_replacement"
    if stem == "breast_cancer":
        from numerics.classification import breast_cancer

        return breast_cancer(sampling=sampling)
    if stem is not None:
        from numerics import finite_sum

        return finite_sum.toy() if stem == "toy" else getattr(finite_sum, stem)(sampling)
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
