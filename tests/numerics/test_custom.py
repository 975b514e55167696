"""Problems of one's own: constants, gradients, exact trees, and errors that say what is wrong."""

import numpy as np
import pytest
import sympy
import torch
from sympy import Rational

from numerics.custom import custom
from numerics.engine import simulate, trajectories
from numerics.exact import working_precision
from numerics.noises import normal, signs
from numerics.problems import SeparableProblem, Start
from numerics.settings import Setting
from numerics.statistics import GAP, GRADIENT_SQUARE
from numerics.symbolic import log_cosh
from numerics.trees import tree

X, Y = sympy.symbols("x exp", real=True)  # a variable may have any name, a function's too


def valley(noise=None, **changed):
    """‖∂f‖ ≤ (1, 1 + 3√3/8) and, with |φ''| ≤ 1 and |(y²/(1+y²))''| ≤ 2, ‖∇²f‖ ≤ 2 + 2 = 4."""
    arguments = {"infimum": 0, "smoothness": 4, "slopes": (1, 2), **changed}
    return custom(
        "valley", log_cosh(X - Y) + Y**2 / (1 + Y**2), (X, Y), noise or signs(1), Start.at(2, -1), **arguments
    )


def test_the_gradient_is_autograd_s_and_the_constants_follow():
    p = valley()
    theta = torch.randn(50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    (gradient,) = torch.autograd.grad(p.value(theta).sum(), theta)
    assert torch.allclose(gradient, p.gradient(theta.detach()), rtol=1e-13, atol=1e-15)
    c = p.constants
    assert (c.f_inf, c.L) == (0.0, 4.0)
    assert pytest.approx(1 + 1 + 4 + 1) == c.G**2  # Σ slope² + variance of the signs
    assert c.sigma**2 == pytest.approx(2)
    assert c.G_max**2 == pytest.approx((1 + 1) ** 2 + (2 + 1) ** 2)
    assert pytest.approx(np.log(np.cosh(3)) + 0.5) == c.Delta


def test_an_exact_tree_is_what_simulation_samples():
    p, setting = valley(), Setting(0.1, {"beta2": 0.5, "eps": 0.5})
    with working_precision():
        exact = tree(p, "adopt", setting, 2)
        mean = [float(x) for x in exact.expectation(exact.f.T)]
    paths = trajectories(p, "adopt", setting, 4000, 2, seed=1)
    error = paths.f.std(1) / np.sqrt(4000)
    assert (np.abs(paths.f.mean(1) - mean) <= 4 * error + 1e-12).all()


def test_one_variable_means_a_sum_over_the_start_s_coordinates():
    p = custom("bowl", 0.5 * X**2, X, normal(1), Start.at(1, 2, 3), infimum=0, smoothness=1)
    assert isinstance(p, SeparableProblem)
    assert p.dimension == 3
    assert p.objective.expression == p.objective.expression.func(*p.objective.expression.args)
    assert p.value(torch.tensor([[1.0, 2.0, 3.0]])).item() == 7.0
    assert p.constants.G is None  # the slope is unbounded
    result = simulate(p, "sgd", [Setting(0.5)], 4, 3, seed=1)
    assert result.mean[GRADIENT_SQUARE][0, 0] == 14.0
    assert result.mean[GAP][0, 0] == 7.0


def test_a_partial_derivative_may_be_constant():
    p = custom("slope", log_cosh(X) + Y, (X, Y), signs(1), Start.at(0, 0), infimum=-5, smoothness=1, box=(-5, 5))
    assert p.gradient(torch.zeros(7, 2, dtype=torch.float64)).tolist() == [[0.0, 1.0]] * 7
    for name in ("reference", "fused"):
        result = simulate(p, "adopt", [Setting(0.1)], 8, 5, seed=1, tier=name)
        assert result.mean[GRADIENT_SQUARE][0, 0] == 1.0


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"slopes": (1, 2, 3)}, "slopes must be one number or 2, got 3"),
        ({"infimum": 100}, "f at the start is below infimum = 100"),
        ({"smoothness": X}, "smoothness must be a real number, got x"),
        ({"eps": 0}, "eps must be positive"),
        ({"box": (1, -1)}, "a box needs low < high"),
        ({"box": (-1, 1)}, r"valley: the start must lie in \[-1, 1\]"),
    ],
)
def test_constants_that_cannot_be_are_refused(changed, complaint):
    with pytest.raises(ValueError, match=complaint):
        valley(**changed)


def test_the_start_of_a_sum_over_coordinates_must_lie_in_the_box_too():
    with pytest.raises(ValueError, match=r"bowl: the start must lie in \[-1, 1\]"):
        custom("bowl", X**2, X, signs(1), Start.at(1, 2), infimum=0, smoothness=2, box=(-1, 1))


def test_objectives_that_cannot_be_are_refused():
    rest = {"noise": signs(1), "start": Start.at(1), "infimum": 0, "smoothness": 1}
    with pytest.raises(ValueError, match="the objective has exp besides its variables"):
        custom("p", X * Y, X, **rest)
    with pytest.raises(ValueError, match="no elementwise implementation of gamma"):
        custom("p", sympy.gamma(X), X, **rest)
    with pytest.raises(ValueError, match="no elementwise implementation of the power"):
        custom("p", sympy.Abs(X) ** Rational(4, 3), X, **rest)
    with pytest.raises(ValueError, match="2 variables, but the start has 1 coordinates"):
        custom("p", X * Y, (X, Y), **rest)
    with pytest.raises(ValueError, match="distinct sympy symbols"):
        custom("p", X, (X, X), **rest)
