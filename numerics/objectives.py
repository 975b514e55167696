"""Scalar objectives φ, each defined once as a sympy expression in the coordinate `X`.

The gradient is the symbolic derivative; tensor code and ball-arithmetic code are compiled from the same expressions.
The three constants (inf φ, sup |φ'|, sup |φ''|) are exact sympy numbers, proved in each constructor's docstring.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy

from numerics.symbolic import WithoutCaches, X, ball_namespace, compile_expression, log_cosh, logistic, tensor_namespace

if TYPE_CHECKING:
    from torch import Tensor

    from numerics.exact import ExactArray


@dataclass(frozen=True)
class ScalarObjective(WithoutCaches):
    """A differentiable function φ of one real coordinate, with certified constants.

    `infimum` = inf φ (a lower bound suffices), `slope` ≥ sup |φ'| (`sympy.oo` if unbounded), `smoothness` ≥ the
    Lipschitz constant of φ'; exact sympy numbers.
    """

    name: str
    expression: sympy.Expr
    infimum: sympy.Expr
    slope: sympy.Expr
    smoothness: sympy.Expr

    @functools.cached_property
    def derivative(self) -> sympy.Expr:
        """φ', the symbolic derivative of the one definition."""
        return sympy.diff(self.expression, X)

    @functools.cached_property
    def value_tensor(self) -> Callable[[Tensor], Tensor]:
        """φ, elementwise on tensors."""
        return _tensor_function(self.expression)

    @functools.cached_property
    def derivative_tensor(self) -> Callable[[Tensor], Tensor]:
        """φ', elementwise on tensors."""
        return _tensor_function(self.derivative)

    @functools.cached_property
    def value_balls(self) -> Callable[[Any], ExactArray]:
        """φ, elementwise on arrays of balls."""
        return _ball_function(self.expression)

    @functools.cached_property
    def derivative_balls(self) -> Callable[[Any], ExactArray]:
        """φ', elementwise on arrays of balls."""
        return _ball_function(self.derivative)


def _tensor_function(expression: sympy.Expr) -> Callable[[Tensor], Tensor]:
    compiled = compile_expression(expression, (X,), tensor_namespace())
    if expression.has(X):
        return compiled
    import torch

    return lambda x: torch.full_like(x, compiled(x))


def _ball_function(expression: sympy.Expr) -> Callable[[Any], ExactArray]:
    compiled = compile_expression(expression, (X,), ball_namespace())
    if expression.has(X):
        return compiled
    return lambda x: x * 0 + compiled(x)


def quadratic() -> ScalarObjective:
    """φ(x) = x²/2. φ' = x is unbounded and 1-Lipschitz; φ ≥ 0 = φ(0)."""
    return ScalarObjective("quadratic", X**2 / 2, sympy.Integer(0), sympy.oo, sympy.Integer(1))


def log_cosh_objective() -> ScalarObjective:
    """φ(x) = log cosh x.

    φ' = tanh x, |φ'| < 1; φ'' = 1 - tanh² x ∈ (0, 1], 1 at x = 0; φ ≥ φ(0) = 0 because φ is even and convex.
    """
    return ScalarObjective("log_cosh", log_cosh(X), sympy.Integer(0), sympy.Integer(1), sympy.Integer(1))


def huber(threshold: sympy.Rational) -> ScalarObjective:
    """Huber's function: x²/2 for |x| ≤ M, M|x| - M²/2 beyond.

    φ' = x on [-M, M] and M·sign x beyond, which is the projection onto [-M, M]: |φ'| ≤ M, 1-Lipschitz, both attained.
    φ ≥ 0 = φ(0). Raises ValueError unless M > 0.
    """
    threshold = sympy.Rational(threshold)
    if not threshold > 0:
        raise ValueError(f"the Huber threshold must be positive, got {threshold}")
    expression = sympy.Piecewise(
        (X**2 / 2, sympy.Abs(X) <= threshold), (threshold * sympy.Abs(X) - threshold**2 / 2, True)
    )
    return ScalarObjective(f"huber({threshold})", expression, sympy.Integer(0), threshold, sympy.Integer(1))


def sigmoid_loss() -> ScalarObjective:
    """φ(x) = 1/(1 + e^x), the sigmoid loss of a classification margin x: smooth, bounded, not convex.

    With s = φ(x) ∈ (0, 1): φ' = -s(1 - s), so |φ'| ≤ 1/4 (at s = 1/2). φ'' = s(1 - s)(1 - 2s); as a cubic in s it is
    extremal where 6s² - 6s + 1 = 0, s = (1 ± 1/√3)/2, with s(1 - s) = 1/6 and |1 - 2s| = 1/√3: |φ''| ≤ 1/(6√3) = √3/18.
    φ > 0, with infimum 0 at x → ∞.
    """
    return ScalarObjective("sigmoid_loss", logistic(-X), sympy.Integer(0), sympy.Rational(1, 4), sympy.sqrt(3) / 18)
