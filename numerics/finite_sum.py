"""Finite sums in one dimension: f = (1/n) Σ_j φ_j, one component a step, with replacement or in epochs, maybe on an interval.

The problems on which Adam with replacement and ADOPT without it go wrong (theory.md §4a, §4b, §4e).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy

from numerics.exact import ExactArray, balls, total, working_precision
from numerics.objectives import ScalarObjective
from numerics.problems import SAMPLINGS, Constants, Lane, Problem, Start, check_box, check_sampling
from numerics.symbolic import COMPONENT, X, compile_expression, enclose, tensor_namespace

if TYPE_CHECKING:
    from torch import Tensor

MOST_PIECES = 64
"""More stretches of equal components than this are not written as choices of a lane."""


@dataclass(frozen=True)
class Bounds:
    """Suprema over the domain (the box, else the line), exact sympy numbers, `sympy.oo` where there is none.

    `infimum` ≤ inf f; `smoothness` ≥ Lip f'; `second_moment` ≥ (1/n) Σ φ_j'²; `variance` ≥ (1/n) Σ (φ_j' - f')²;
    `largest` ≥ max_j φ_j'²; `deviation` ≥ max_j (φ_j' - f')².
    """

    infimum: sympy.Expr
    smoothness: sympy.Expr
    second_moment: sympy.Expr
    variance: sympy.Expr
    largest: sympy.Expr
    deviation: sympy.Expr


@dataclass(frozen=True)
class FiniteSumProblem(Problem):
    """f(x) = (1/n) Σ_j φ(x; c_j): `component` is φ(X; COMPONENT), `parameters` the c_j in the order of the fixed order.

    With replacement E[g² given F] = (1/n) Σ φ_j'² at the iterate, and so for the variance. Without, A2 is false and the
    last component of an epoch is known: only the bounds on every single component hold given the past.
    Raises ValueError for no parameters, an unknown sampling, or a start that is not one-dimensional or outside the box.
    """

    name: str
    component: sympy.Expr
    parameters: tuple[sympy.Rational, ...]
    bounds: Bounds
    start: Start
    eps: sympy.Rational
    sampling: str = "with_replacement"
    box: tuple[sympy.Rational, sympy.Rational] | None = None

    def __post_init__(self) -> None:
        check_sampling(self.sampling, SAMPLINGS)
        if not self.parameters:
            raise ValueError(f"{self.name}: a finite sum needs at least one component")
        if any(len(point) != 1 for point in self.start.points):
            raise ValueError(f"{self.name}: the start must have one coordinate")
        check_box(self.name, self.box, self.start)

    @property
    def dimension(self) -> int:  # type: ignore[override]
        """1."""
        return 1

    @property
    def draws(self) -> int:  # type: ignore[override]
        """One component a step."""
        return 1

    @functools.cached_property
    def objective(self) -> ScalarObjective:
        """f itself, equal components counted once."""
        n = len(self.parameters)
        expression = sympy.Add(
            *(
                sympy.Rational(self.parameters.count(c), n) * self.component.subs(COMPONENT, c)
                for c in dict.fromkeys(self.parameters)
            )
        )
        return ScalarObjective(
            self.name, expression, self.bounds.infimum, sympy.sqrt(self.bounds.second_moment), self.bounds.smoothness
        )

    @functools.cached_property
    def _component_derivative(self) -> Callable[..., Any]:
        return compile_expression(sympy.diff(self.component, X), (X, COMPONENT), tensor_namespace())

    @functools.cached_property
    def constants(self) -> Constants:
        """See the class docstring; the bounds' own proofs are where the problem is made."""
        bounds, independent = self.bounds, self.sampling == "with_replacement"
        with working_precision():
            return Constants.from_balls(
                f_inf=enclose(bounds.infimum),
                L=enclose(bounds.smoothness),
                G2=enclose(bounds.second_moment if independent else bounds.largest),
                G2_max=enclose(bounds.largest),
                sigma2=enclose(bounds.variance if independent else bounds.deviation),
                start_value=total(
                    enclose(p) * total(self.objective.value_balls(balls(point)).tolist())
                    for p, point in zip(self.start.probabilities, self.start.points, strict=True)
                ),
            )

    def value(self, theta: Tensor) -> Tensor:
        """f, shape [...]."""
        return self.objective.value_tensor(theta)[..., 0]

    def gradient(self, theta: Tensor) -> Tensor:
        """f', shape [..., 1]."""
        return self.objective.derivative_tensor(theta)

    def variates(self, seed: int, runs: range, steps: range) -> Tensor:
        """Which component, int64 [steps, runs, 1]; see `numerics.philox.indices`."""
        from numerics import philox

        return philox.indices(seed, runs, 1, steps, len(self.parameters), self.sampling)

    def stochastic_gradient(self, theta: Tensor, variates: Tensor, gradient: Tensor) -> Tensor:
        """φ'(θ; c_j) of the drawn components j, shape [..., runs, 1]."""
        table = self.table([float(c) for c in self.parameters], theta)
        return self._component_derivative(theta, table[variates]).expand_as(theta)

    def value_balls(self, theta: ExactArray) -> ExactArray:
        """f on balls, shape [...]."""
        return self.objective.value_balls(theta)[..., 0].view(ExactArray)

    def gradient_balls(self, theta: ExactArray) -> ExactArray:
        """f' on balls, shape [..., 1]."""
        return self.objective.derivative_balls(theta)

    def lane(self) -> Lane | None:
        """The drawn component's parameter by a choice between the stretches of equal ones, then φ'."""
        ends = [j + 1 for j in range(len(self.parameters) - 1) if self.parameters[j] != self.parameters[j + 1]]
        if len(ends) >= MOST_PIECES:
            return None

        def record(
            namespace: Mapping[str, Any], theta: Sequence[Any], noise: Sequence[Any]
        ) -> tuple[Any, list[Any], list[Any]]:
            (x,), (index,) = theta, noise
            if self.sampling == "with_replacement":
                index = index * float(len(self.parameters))
            c: Any = float(self.parameters[-1])
            for end in reversed(ends):
                c = namespace["where"](namespace["below"](index, float(end)), float(self.parameters[end - 1]), c)
            g = compile_expression(sympy.diff(self.component, X), (X, COMPONENT), namespace)(x, c)
            d = compile_expression(self.objective.derivative, (X,), namespace)(x)
            return compile_expression(self.objective.expression, (X,), namespace)(x), [d], [g]

        return Lane("index", len(self.parameters), True, record)


def linear_components(
    name: str, parameters: Sequence[sympy.Rational | int], sampling: str = "with_replacement", start: int = 0
) -> FiniteSumProblem:
    """φ_j(x) = c_j x on [-1, 1]: constant gradients, so every supremum is attained everywhere.

    With c the mean of the c_j: f = cx ≥ -|c| on the interval, f' = c is constant (L = 0), and the moments are those of
    the c_j. ε is 1.
    """
    slopes = tuple(sympy.Rational(c) for c in parameters)
    mean = sum(slopes, start=sympy.Integer(0)) / len(slopes)
    second = sum((c**2 for c in slopes), start=sympy.Integer(0)) / len(slopes)
    bounds = Bounds(
        infimum=-abs(mean),
        smoothness=sympy.Integer(0),
        second_moment=second,
        variance=second - mean**2,
        largest=max(c**2 for c in slopes),
        deviation=max((c - mean) ** 2 for c in slopes),
    )
    box = (sympy.Integer(-1), sympy.Integer(1))
    return FiniteSumProblem(
        name, COMPONENT * X, slopes, bounds, Start.at(start), sympy.Integer(1), sampling=sampling, box=box
    )


def toy(k: int = 10) -> FiniteSumProblem:
    """f(x) = x on [-1, 1]; the gradient is k² with probability 1/k, else -k (theory.md §4a). Raises ValueError for k < 2."""
    if k < 2:
        raise ValueError(f"k must be at least 2, got {k}")
    return linear_components("toy", [k**2, *[-k] * (k - 1)])


def three_components(sampling: str) -> FiniteSumProblem:
    """Gradients 19/10, -1, -1 on [-1, 1]: ADOPT without replacement walks away from the minimiser +1 (theory.md §4b)."""
    return linear_components(_named("three_components", sampling), [sympy.Rational(19, 10), -1, -1], sampling)


def problem_u(sampling: str) -> FiniteSumProblem:
    """Three Huber functions of threshold 4 centred at -2, 1, 1: smooth, convex, unconstrained (theory.md §4e).

    φ_j' = clip(x - c_j, -4, 4). Within 2 of the origin no clip acts and f' = x, so the minimiser of the convex f is 0 and
    f ≥ f(0) = (4/2 + 1/2 + 1/2)/3 = 1. Each φ_j' is 1-Lipschitz with |φ_j'| ≤ 4, so L = 1 and second_moment = largest = 16.
    A clip brings points no further apart: the variance ½E(φ_J' - φ_K')² is at most that of c_J, (4 + 1 + 1)/3 = 2, and
    |φ_j' - f'| ≤ (1/3) Σ_k |c_j - c_k| ≤ 2. θ_0 = -1, the side from which a biased limit is not crossed.
    """
    x, four = X - COMPONENT, sympy.Integer(4)
    component = sympy.Piecewise((x**2 / 2, sympy.Abs(x) <= four), (four * sympy.Abs(x) - 8, True))
    two, sixteen = sympy.Integer(2), sympy.Integer(16)
    bounds = Bounds(sympy.Integer(1), sympy.Integer(1), sixteen, two, sixteen, four)
    centres = tuple(sympy.Integer(c) for c in (-2, 1, 1))
    return FiniteSumProblem(
        _named("problem_u", sampling), component, centres, bounds, Start.at(-1), sympy.Integer(1), sampling=sampling
    )


def _named(stem: str, sampling: str) -> str:
    return stem if sampling == "with_replacement" else f"{stem}_{sampling}"
