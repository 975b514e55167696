"""Certified constants against brute force: no parameter vector may break them, and they are not needlessly loose."""

import math
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import sympy
import torch
from flint import arb, arb_mat
from sympy import Integer, Rational

from numerics import noises, objectives
from numerics.classification import LinearClassification, largest_eigenvalue
from numerics.exact import balls, working_precision
from numerics.finite_sum import linear_components, problem_u, three_components, toy
from numerics.philox import permutations
from numerics.problems import SAMPLINGS, SeparableProblem, Start
from numerics.registry import PROBLEMS, problem
from numerics.trees import TREES

ALL = [*PROBLEMS, *TREES]


def find(name):
    return problem(name) if name in PROBLEMS else TREES[name][2]()


def points(problem, count=200):
    generator = torch.Generator().manual_seed(1)
    scale = 10.0 ** torch.linspace(-2, 1.5, count, dtype=torch.float64)[:, None]
    return problem.project(torch.randn(count, problem.dimension, generator=generator, dtype=torch.float64) * scale)


@pytest.mark.parametrize("name", ALL)
def test_smoothness_and_lower_bound_hold_everywhere_we_look(name):
    p = find(name)
    x = points(p)
    for y in (p.project(x + 1e-3 * points(p).flip(0)), x.flip(0)):
        change = (p.gradient(x) - p.gradient(y)).norm(dim=-1)
        assert (change <= p.constants.L * (x - y).norm(dim=-1) * (1 + 1e-9)).all()
    assert (p.value(x) >= p.constants.f_inf).all()


@pytest.mark.parametrize("name", ALL)
def test_the_gradient_is_autograd_s(name):
    p = find(name)
    x = points(p, 20).requires_grad_()
    (gradient,) = torch.autograd.grad(p.value(x).sum(), x)
    assert torch.allclose(gradient, p.gradient(x.detach()), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("name", [n for n in ALL if hasattr(find(n), "noise") and n != "log_cosh_normal"])
def test_noise_constants_bound_the_enumerated_moments(name):
    """E over each coordinate's outcomes, exactly; coordinates are independent, so the moments add up."""
    p = find(name)
    gradient = p.gradient(points(p))
    law, c = p.noise.law, p.constants
    outcomes = [p.noise.tensor(gradient, torch.full_like(gradient, float(z))) for z in law.values]
    chance = [float(q) for q in law.probabilities]
    mean = sum(q * g for q, g in zip(chance, outcomes, strict=True))
    second = sum(q * g**2 for q, g in zip(chance, outcomes, strict=True)).sum(-1)
    variance = second - (gradient**2).sum(-1)
    assert torch.allclose(mean, gradient, rtol=1e-12, atol=1e-12)
    if c.G is not None:
        assert second.max() <= c.G**2 * (1 + 1e-12)
        assert second.max() >= 0.9 * c.G**2
    if c.sigma is not None:
        assert variance.max() <= c.sigma**2 * (1 + 1e-9) + 1e-12
    if c.G_max is not None:
        assert torch.stack(outcomes).abs().amax(0).norm(dim=-1).max() <= c.G_max * (1 + 1e-12)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("make", [lambda s: linear_components("l", [3, 1, -1, -1], s), three_components, problem_u])
def test_constants_of_finite_sums_bound_the_enumerated_moments(make, sampling):
    p = make(sampling)
    c, x = p.constants, points(p)
    f = p.gradient(x)[:, 0]
    each = torch.stack(
        [p.stochastic_gradient(x, torch.full((len(x), 1), j), None)[:, 0] for j in range(len(p.parameters))]
    )
    assert torch.allclose(each.mean(0), f, rtol=1e-12, atol=1e-14)
    second, variance = (each**2, (each - f) ** 2)
    if sampling == "with_replacement":
        second, variance = second.mean(0), variance.mean(0)
    assert 0.9 * c.G**2 <= second.max() <= c.G**2 * (1 + 1e-12)
    assert 0.9 * c.sigma**2 <= variance.max() <= c.sigma**2 * (1 + 1e-12)
    assert each.abs().max() <= c.G_max
    assert ("unbiased" in p.holds) == (sampling == "with_replacement")
    assert ("lower_bounded" in p.holds) == (p.box is None)


@pytest.mark.parametrize("name", ["three_components_reshuffled", "breast_cancer_reshuffled"])
def test_every_epoch_visits_every_component_once_and_any_range_can_be_recomputed(name):
    p = problem(name)
    n = len(p.rows) if name.startswith("breast") else 3
    steps = 3 * n
    drawn = p.variates(1, range(40), range(steps))
    epochs = drawn.transpose(0, 1).reshape(40, -1)[:, : n * (steps * p.draws // n)].reshape(40, -1, n)
    assert torch.equal(epochs.sort(-1).values, torch.arange(n).expand_as(epochs))
    assert torch.equal(p.variates(1, range(7, 9), range(5, n + 2)), drawn[5 : n + 2, 7:9])


def test_permutations_are_uniform():
    order = permutations(3, range(4000), 3, range(3)).reshape(-1, 3)
    counts = torch.bincount(order[:, 0] * 3 + order[:, 1], minlength=9).double()
    counts = counts[counts > 0]
    assert len(counts) == 6
    assert float(((counts - 2000) ** 2 / 2000).sum()) < 20.5  # 0.1% quantile of chi-square with 5 degrees of freedom


def test_the_fixed_order_is_the_order_of_the_components():
    drawn = problem("three_components_fixed_order").variates(5, range(2), range(2, 9))
    assert drawn[:, 0, 0].tolist() == [2, 0, 1, 2, 0, 1, 2]


def test_the_variance_of_normal_noise_is_its_sigma():
    p = problem("log_cosh_normal")
    z = p.variates(3, range(4000), range(10))
    gradient = p.gradient(torch.zeros(10, dtype=torch.float64))
    square = ((p.stochastic_gradient(torch.zeros(10), z, gradient) - gradient) ** 2).sum(-1)
    assert abs(float(square.mean()) - p.constants.sigma**2) < 4 * math.sqrt(20 / square.numel())


@pytest.mark.parametrize("name", ALL)
def test_delta_is_the_start_s_gap(name):
    p = find(name)
    start = torch.tensor([[float(x) for x in point] for point in p.start.points], dtype=torch.float64)
    chance = torch.tensor([float(q) for q in p.start.probabilities], dtype=torch.float64)
    gap = float(chance @ p.value(start)) - p.constants.f_inf
    assert gap == pytest.approx(p.constants.Delta, rel=1e-14)


def test_which_assumptions_hold():
    unbounded = {"bounded_gradient"}
    everything = {
        "lower_bounded", "unbiased", "smooth", "bounded_variance", "bounded_second_moment", "bounded_gradient",
    }  # fmt: skip
    assert problem("hard_instance").holds == everything
    assert problem("log_cosh_normal").holds == everything - unbounded
    assert problem("log_cosh_normal").constants.G_max is None
    quadratic = SeparableProblem("q", objectives.quadratic(), noises.signs(Integer(1)), Start.at(1), Integer(1))
    assert quadratic.holds == everything - unbounded - {"bounded_second_moment"}
    assert quadratic.constants.sigma == 1.0
    assert problem("breast_cancer_reshuffled").holds == everything - {"unbiased"}
    assert problem("toy").holds == everything - {"lower_bounded", "smooth"}


def test_constants_are_rounded_outward():
    third = Rational(1, 3)
    p = SeparableProblem("p", objectives.huber(third), noises.signs(third), Start.at(third), Integer(1))
    c = p.constants
    assert Rational(c.G) ** 2 >= Rational(2, 9) >= Rational(math.nextafter(c.G, 0)) ** 2
    assert Rational(c.Delta) >= Rational(1, 18) >= Rational(math.nextafter(c.Delta, 0))
    assert Rational(c.sigma) >= third


def test_breast_cancer_minibatches_are_unbiased_with_the_claimed_moments():
    """One row at a time, all 569 rows enumerated; minibatch moments follow from independence."""
    p = problem("breast_cancer")
    n, b, c = len(p.rows), p.batch, p.constants
    single = LinearClassification("single", p.rows, 1, p.start, p.eps)
    for theta in points(p, 8):
        exact = p.gradient(theta)
        each = single.stochastic_gradient(theta.expand(n, -1), torch.arange(n)[:, None], exact)
        assert torch.allclose(each.mean(0), exact, rtol=1e-9, atol=1e-12)
        second = float((each**2).sum(-1).mean())
        variance = (second - float(exact @ exact)) / b
        assert variance <= c.sigma**2
        assert float(exact @ exact) + variance <= c.G**2
        assert float(each.norm(dim=-1).max()) <= c.G_max
    # at θ = 0 every slope is at its extreme 1/4, so σ² and G² are attained up to the mean gradient's share
    each = single.stochastic_gradient(torch.zeros(n, p.dimension), torch.arange(n)[:, None], exact)
    assert float((each**2).sum(-1).mean()) / b == pytest.approx(c.sigma**2, rel=1e-9)


def test_breast_cancer_minibatches_are_means_of_the_drawn_rows():
    p = problem("breast_cancer")
    rows = p.variates(1, range(5), range(3))[2]
    assert rows.shape == (5, p.batch)
    theta = points(p, 5)
    data = torch.tensor(p.rows)
    margins = torch.einsum("rbd,rd->rb", data[rows], theta)
    slope = -torch.sigmoid(-margins) * torch.sigmoid(margins)
    expected = torch.einsum("rb,rbd->rd", slope, data[rows]) / p.batch
    assert torch.allclose(p.stochastic_gradient(theta, rows, None), expected, rtol=1e-12, atol=1e-15)


def test_breast_cancer_rows_are_drawn_uniformly():
    p = problem("breast_cancer")
    counts = torch.bincount(p.variates(2, range(500), range(100)).flatten(), minlength=len(p.rows)).double()
    expected = 500 * 100 * p.batch / len(p.rows)
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    assert abs(chi_square - (len(p.rows) - 1)) < 4 * math.sqrt(2 * len(p.rows))


def test_the_eigenvalue_bound_is_rigorous_and_tight():
    generator = np.random.default_rng(0)
    for _ in range(5):
        factor = generator.standard_normal((6, 4))
        matrix = factor @ factor.T
        bound = float(largest_eigenvalue(arb_mat([[arb(x) for x in row] for row in matrix.tolist()])).upper())
        true = float(np.linalg.eigvalsh(matrix)[-1])
        assert true * (1 - 1e-12) <= bound <= true * 6 ** (1 / 128)


@pytest.mark.parametrize("name", [name for name in ALL if not name.startswith("breast_cancer")])
def test_balls_enclose_what_tensors_compute(name):
    p = find(name)
    x = points(p, 12)
    with working_precision():
        exact = p.gradient_balls(balls(x.numpy())), p.value_balls(balls(x.numpy()))
    for ours, tensor in zip(exact, (p.gradient(x), p.value(x)), strict=True):
        assert np.allclose(np.vectorize(float)(ours), tensor.numpy(), rtol=1e-14, atol=1e-14)


def test_random_starts_follow_their_law_and_their_own_stream():
    p = TREES["tree_random_start"][2]()
    theta = p.initial(1, range(4000))[:, 0]
    assert set(theta.unique().tolist()) == {2.0, -0.25}
    assert abs(float((theta == 2.0).double().mean()) - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 4000)
    assert torch.equal(p.initial(1, range(100, 200))[:, 0], theta[100:200])


def test_impossible_problems_are_refused():
    with pytest.raises(ValueError, match="unknown problem 'nosuch'; known: hard_instance"):
        problem("nosuch")
    with pytest.raises(ValueError, match="unknown sampling 'shuffled'"):
        problem_u("shuffled")
    with pytest.raises(ValueError, match=r"a box needs low < high, got \(1, 1\)"):
        SeparableProblem("p", objectives.quadratic(), noises.signs(1), Start.at(1), Integer(1), box=(1, 1))
    with pytest.raises(ValueError, match=r"the start must lie in \[-1, 1\]"):
        linear_components("p", [1, -2], start=2)
    with pytest.raises(ValueError, match="at least one component"):
        replace(problem("toy"), parameters=())
    with pytest.raises(ValueError, match="k must be at least 2"):
        toy(1)
    with pytest.raises(ValueError, match="one probability for each point"):
        Start(((Integer(1),), (Integer(2),)))
    with pytest.raises(ValueError, match="same dimension"):
        Start(((Integer(1),), (Integer(2), Integer(3))), (Rational(1, 2), Rational(1, 2)))
    with pytest.raises(ValueError, match="rows must be a finite matrix"):
        LinearClassification("p", np.array([[math.nan]]), 1, Start.at(0), sympy.Integer(1))
    with pytest.raises(ValueError, match="infinitely many outcomes"):
        problem("log_cosh_normal").outcomes()


@pytest.mark.parametrize("name", ALL)
def test_a_used_problem_can_be_sent_to_another_process(name):
    p = find(name)
    assert p.constants.Delta > 0
    x = points(p, 5)
    gradient = p.gradient(x)
    copy = pickle.loads(pickle.dumps(p))
    assert torch.equal(copy.gradient(x), gradient)
    assert copy.constants.G == p.constants.G


def test_listing_problems_imports_nothing_heavy():
    code = (
        "import sys, numerics.registry as r; assert r.PROBLEMS; "
        "print(sorted({'torch', 'sympy', 'sklearn', 'matplotlib', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
