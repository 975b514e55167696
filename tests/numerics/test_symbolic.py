"""One definition, two number types."""

import numpy as np
import pytest
import sympy
import torch
from flint import arb

from numerics.exact import balls, working_precision
from numerics.symbolic import X, ball_namespace, compile_expression, enclose, log_cosh, logistic, tensor_namespace

POINTS = [-3.5, -1.0, -0.25, 0.0, 0.5, 1.0, 4.0]
EXPRESSIONS = [
    X**3 - X / 3 + 2,
    1 / (1 + X**2),
    1 / sympy.sqrt(1 + X**2),
    sympy.exp(-(X**2)) * sympy.cos(X) + sympy.sin(X),
    log_cosh(X),
    logistic(2 * X),
    sympy.Piecewise((X**2, sympy.Abs(X) <= 1), (2 * sympy.Abs(X) - 1, True)),
    sympy.tanh(X) + sympy.sign(X) * sympy.log(sympy.cosh(X)),
    sympy.diff(sympy.log(sympy.cosh(X)), X),
    sympy.sinh(X / 100),
    sympy.sqrt(2) * X + sympy.log(2) - sympy.cos(2 * sympy.pi * X) * sympy.E,
    sympy.diff(X**6 / (1 + X**6), X),
    X / (1 + X**2) ** sympy.Rational(3, 2),
    sympy.Piecewise((X**2, X > 0), (0, True)),
    sympy.Piecewise((sympy.Rational(1, 10), X > 0), (sympy.Rational(1, 5), True)) * X,
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_tensors_and_balls_agree_with_sympy(expression):
    exact = [float(expression.subs(X, sympy.Rational(x)).replace(_own, _definition).evalf(30)) for x in POINTS]
    tensor = compile_expression(expression, (X,), tensor_namespace())(torch.tensor(POINTS, dtype=torch.float64))
    ball = compile_expression(expression, (X,), ball_namespace())(balls(POINTS))
    assert np.allclose(tensor.numpy(), exact, rtol=1e-14, atol=1e-15)
    assert np.allclose([float(b) for b in ball], exact, rtol=1e-14, atol=1e-15)


def _own(node):
    return isinstance(node, (log_cosh, logistic))


def _definition(node):
    return node.definition()


@pytest.mark.parametrize("function", [log_cosh, logistic])
def test_declared_derivatives_are_the_definitions(function):
    declared, derived = sympy.diff(function(X), X), sympy.diff(function(X).definition(), X)
    assert (declared.replace(_own, _definition) - derived).rewrite(sympy.exp).simplify() == 0


@pytest.mark.parametrize("function", [log_cosh, logistic])
@pytest.mark.parametrize("x", [-1000.0, 1000.0])
def test_stable_functions_do_not_overflow(function, x):
    namespace = tensor_namespace()
    value = compile_expression(function(X), (X,), namespace)(torch.tensor([x], dtype=torch.float64))
    slope = compile_expression(sympy.diff(function(X), X), (X,), namespace)(torch.tensor([x], dtype=torch.float64))
    assert value.isfinite().all()
    assert slope.isfinite().all()


OF_ONE_ARGUMENT = {
    name: tensor_namespace()[name]
    for name in ("exp", "log", "tanh", "cosh", "cos", "sin", "sqrt", "log_cosh", "logistic")
}
POWERS = {f"power {n}": lambda x, n=n: tensor_namespace()["integer_power"](x, n) for n in (2, 3, 4, 5, 6, 11)}


@pytest.mark.parametrize("function", [*(OF_ONE_ARGUMENT | POWERS).values()], ids=[*OF_ONE_ARGUMENT, *POWERS])
def test_the_bits_do_not_depend_on_the_place_in_the_tensor(function):
    x = torch.linspace(0.01, 9.0, 5003, dtype=torch.float64)
    whole = function(x)
    for length in (1, 3, 8, 11, 24, 37):
        for start in range(0, 4900, 53):
            part = function(x[start : start + length].clone())
            assert torch.equal(part, whole[start : start + length])


def test_an_undecided_branch_is_the_union_of_both():
    step = sympy.Piecewise((X, X <= 1), (2 - X, True))
    wide = compile_expression(step, (X,), ball_namespace())(balls([arb(1, 0.5)]))[0]
    for x in (0.5, 0.75, 1.0, 1.25, 1.5):
        assert wide.contains(arb(min(x, 2 - x)))


def test_constants_are_enclosed():
    coarse, third = enclose(sympy.sqrt(3) / 18), enclose(sympy.Rational(1, 3))
    with working_precision(300):
        assert coarse.contains(arb(3).sqrt() / 18)
        assert third.contains(arb(1) / 3)
    assert not enclose(sympy.oo).is_finite()


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        (sympy.Symbol("y") + X, "free symbols"),
        (sympy.gamma(X), "no elementwise implementation of gamma"),
        (X ** sympy.Rational(1, 3), "no elementwise implementation of the power"),
        (X * sympy.sqrt(-2), "no elementwise implementation of ImaginaryUnit"),
        (sympy.Max(X, 0), "of Max in .*; there are Abs, Piecewise, cos, cosh, exp"),
        (sympy.Piecewise((X, X <= 1)), "needs a last branch"),
    ],
)
def test_what_cannot_be_compiled_is_refused(expression, complaint):
    with pytest.raises(ValueError, match=complaint):
        compile_expression(expression, (X,), tensor_namespace())
