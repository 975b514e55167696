"""Finite probability trees: a bound that is exceeded on one, in ball arithmetic, is refuted.

Small problems (Huber's function, fair signs as noise, one dimension) are run on every noise path by `numerics.trees`, at the
step size at which the claimed bound is least. At T = 1 no step has been taken and the measure is |f'(θ_0)|² for any method.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from flint import arb

from numerics.exact import float_above, float_below, working_precision
from proofs.hypotheses.refutation import Refutation, bound_value, conditions_hold
from theory.bounds import SYMBOLS
from theory.hypothesis import Conjecture

MEETS = frozenset(
    (
        *("lower_bounded", "smooth", "generalised_smooth", "unbiased", "bounded_bias", "bounded_variance"),
        *(
            "bounded_variance_conditional",
            "bounded_second_moment",
            "bounded_second_moment_conditional",
            "bounded_gradient",
        ),
        *(
            "affine_variance",
            "affine_variance_norm",
            "expected_smoothness",
            "finite_moment",
            "heavy_tails",
            "one_dimension",
        ),
    )
)
"""What a tree's problem meets: A1–A6 and what follows from them."""
GRID = {
    "eps": (Fraction(1, 10), Fraction(1), Fraction(10), Fraction(100)),
    "noise": (Fraction(1, 100), Fraction(1)),
    "start": (Fraction(1),),
    "horizon": (1, 3),
}
ALPHAS = tuple(Fraction(2) ** k for k in range(-8, 9, 2))


def exceeded(conjecture: Conjecture) -> Refutation | None:
    """The first tree of the grid on which the claimed bound is exceeded."""
    for data in proposals(conjecture):
        try:
            lower, claimed = figures(conjecture, data)
        except ValueError:
            continue
        if lower > claimed:
            low, high = float_below(lower), float_above(claimed)
            return Refutation(
                kind="tree",
                title="The bound is exceeded on a finite probability tree",
                words=(
                    f"f is Huber's function with threshold 1, θ_0 = {data['start']}, the noise ±{data['noise']} with equal "
                    f"chances, ε = {data['eps']}, α = {data['alpha']}, β1 = {data['beta1']}, β2 = {data['beta2']}; every noise "
                    f"path of T = {data['horizon']} steps is enumerated, in ball arithmetic with exact probabilities.",
                    f"The measure is at least {low:.6g}; the claimed bound is at most {high:.6g}.",
                ),
                data=data,
                lower=low,
                claimed=high,
            )
    return None


def proposals(conjecture: Conjecture) -> Iterator[dict[str, Any]]:
    """Trees of the grid at the step size where the claimed bound is least, for explicit bounds only."""
    claim = conjecture.claim
    fits = claim.bound is not None and claim.measure in ("least", "average") and set(conjecture.assumptions) <= MEETS
    plain = conjecture.schedules.kind == (False, "none") and conjecture.schedules.alpha == SYMBOLS["alpha"]
    if not (fits and plain and conjecture.sampling == "with_replacement"):
        return
    beta1s = (conjecture.fixed["beta1"],) if "beta1" in conjecture.fixed else (Fraction(0), Fraction(9, 10))
    beta2 = conjecture.fixed.get("beta2", Fraction(1, 2))
    for horizon, beta1, eps, noise, start in itertools.product(
        GRID["horizon"], beta1s, GRID["eps"], GRID["noise"], GRID["start"]
    ):
        if horizon > 1 and conjecture.method.name != "adopt":
            continue
        data = {"eps": str(eps), "noise": str(noise), "start": str(start), "horizon": horizon, "beta1": str(beta1)}
        found = []
        for alpha in ALPHAS:
            tried = data | {"beta2": str(beta2), "alpha": str(alpha)}
            try:
                with working_precision():
                    found.append((float(bound_at(conjecture, tried).mid()), tried))
            except ValueError:
                continue
        if found:
            yield min(found, key=lambda x: x[0])[1]


def problem_of(data: dict[str, Any]) -> Any:
    """The tree's problem."""
    return problem_at(data["noise"], data["eps"], data["start"])


@functools.cache
def problem_at(noise_text: str, eps_text: str, start_text: str) -> Any:
    import sympy

    from numerics.noises import signs
    from numerics.objectives import huber
    from numerics.problems import SeparableProblem, Start

    noise, eps, start = (sympy.Rational(x) for x in (noise_text, eps_text, start_text))
    return SeparableProblem("tree", huber(sympy.Integer(1)), signs(noise), Start.at(start), eps)


def bound_at(conjecture: Conjecture, data: dict[str, Any]) -> arb:
    """The claimed bound with the problem's certified constants. Raises ValueError if the claim does not speak of them."""
    if conjecture.claim.bound is None:
        raise ValueError("no bound is claimed")
    c = problem_of(data).constants
    if c.G is None or c.sigma is None:
        raise ValueError("the problem has no constants")
    values = {k: Fraction(data[k]) for k in ("eps", "alpha", "beta1", "beta2")}
    values |= {"Delta": Fraction(c.Delta), "L": Fraction(c.L), "G": Fraction(c.G), "sigma": Fraction(c.sigma)}
    values |= {"rho": Fraction(1, 10**9), "delta": Fraction(1, 10**9), "D": Fraction(1), "T": Fraction(data["horizon"])}
    if not conditions_hold(conjecture, values):
        raise ValueError("the claim's conditions do not hold")
    return bound_value(conjecture.claim.bound, values)


def figures(conjecture: Conjecture, data: dict[str, Any]) -> tuple[arb, arb]:
    """(a lower bound of the measure, the claimed bound). `least` is over t, `average` the mean."""
    from numerics.settings import Setting
    from numerics.trees import tree

    problem = problem_of(data)
    with working_precision():
        claimed = bound_at(conjecture, data)
        if data["horizon"] == 1:
            start = problem.gradient_balls(starting(problem))
            return start.ravel()[0] * start.ravel()[0], claimed
        hyperparameters = {k: Fraction(data[k]) for k in ("eps", "beta1", "beta2")} | {"clip": None}
        run = tree(problem, "adopt", Setting(Fraction(data["alpha"]), hyperparameters), data["horizon"])
        steps = [moment(run.gradient[t], run.probability) for t in range(data["horizon"])]
        if conjecture.claim.measure == "least":
            least = steps[0]
            for x in steps[1:]:
                least = least.min(x)
            return least, claimed
        return sum(steps[1:], start=steps[0]) / data["horizon"], claimed


def starting(problem: Any) -> Any:
    from numerics.exact import balls

    return balls(problem.start.points)


def moment(gradient: Any, probability: Any) -> arb:
    """(E|f'|^{4/3})^{3/2}, from below where |f'| may be 0."""
    total = arb(0)
    for g, p in zip(gradient[:, 0], probability, strict=True):
        square = g * g
        if square > 0:
            total += p * (square * square).root(3)
    return (total * total * total).sqrt() if total > 0 else arb(0)


def check(conjecture: Conjecture, data: dict[str, Any]) -> None:
    """Raises ValueError unless the bound is exceeded on the tree."""
    if not set(conjecture.assumptions) <= MEETS:
        raise ValueError("the tree's problem does not meet the assumptions")
    for name in ("beta1", "beta2"):
        if Fraction(conjecture.fixed.get(name, data[name])) != Fraction(data[name]):
            raise ValueError(f"the hypothesis fixes {name} at another value")
    lower, claimed = figures(conjecture, data)
    if not lower > claimed:
        raise ValueError("the measure does not exceed the claimed bound")
