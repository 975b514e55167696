"""The declared constants of every scalar objective, against ball enclosures of φ, φ' and φ'' on intervals."""

import pytest
import sympy
import torch
from flint import arb

from numerics import objectives
from numerics.exact import balls
from numerics.symbolic import X, ball_namespace, compile_expression, enclose

OBJECTIVES = [
    objectives.quadratic(),
    objectives.log_cosh_objective(),
    objectives.huber(sympy.Rational(3, 2)),
    objectives.sigmoid_loss(),
]
RADIUS, PIECES = 40, 8000
NARROW = [arb(arb(2 * k + 1 - PIECES) * RADIUS / PIECES, arb(RADIUS) / PIECES) for k in range(PIECES)]
"""Intervals of width 1/100 that cover [-40, 40]."""


def supremum(values):
    """An upper bound, and a value that is attained up to the intervals' width."""
    return max(float(abs(v).upper()) for v in values), max(float(abs(v).lower()) for v in values)


def smooth_part(derivative):
    """φ'' away from the finitely many points where φ' has a corner: there it is no derivative, and a null set."""
    return sympy.diff(derivative, X).replace(sympy.DiracDelta, lambda _: sympy.Integer(0))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_constants_bound_the_function_on_every_interval_and_are_attained(objective):
    cover = balls(NARROW)
    values = objective.value_balls(cover)
    assert all(v >= enclose(objective.infimum) - arb("1e-3") for v in values)
    assert min(float(v.lower()) for v in values) <= float(enclose(objective.infimum)) + 1e-3
    for expression, claimed in [
        (objective.derivative, objective.slope),
        (smooth_part(objective.derivative), objective.smoothness),
    ]:
        if claimed is sympy.oo:
            continue
        bound = float(enclose(claimed))
        values = compile_expression(expression, (X,), ball_namespace())(cover)
        above, below = supremum(values if expression.has(X) else balls([expression]))
        assert above <= bound * 1.02  # the width of the intervals
        assert below >= bound * 0.98  # the constant is not loose


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_the_symbolic_gradient_is_autograd_s(objective):
    x = torch.linspace(-5, 5, 101, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(objective.value_tensor(x).sum(), x)
    assert torch.allclose(gradient, objective.derivative_tensor(x.detach()), rtol=1e-14, atol=1e-15)


def test_a_constant_derivative_keeps_its_shape():
    linear = objectives.ScalarObjective("linear", 2 * X, -sympy.oo, sympy.Integer(2), sympy.Integer(0))
    assert linear.derivative_tensor(torch.zeros(2, 3)).tolist() == [[2.0] * 3] * 2
    assert linear.derivative_balls(balls([[0, 0]])).tolist() == [[2, 2]]


def test_huber_needs_a_positive_threshold():
    with pytest.raises(ValueError, match="threshold must be positive, got 0"):
        objectives.huber(sympy.Integer(0))
