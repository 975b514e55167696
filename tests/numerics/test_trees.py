"""Exact trees: the right paths, the right probabilities, and the conditional expectations of a martingale."""

from fractions import Fraction

import numpy as np
import pytest

from numerics import closed_form
from numerics.engine import trajectories
from numerics.exact import to_fmpq, working_precision
from numerics.registry import problem
from numerics.settings import Setting
from numerics.trees import TREES, tree

SETTINGS = {
    "plain": Setting(0.25, {"beta1": 0.5, "beta2": 0.75, "eps": 0.5}),
    "algorithm 1, decaying": Setting(0.5, {"beta1": 0.5, "beta2": 0.0, "eps": 1.0, "start": "algorithm_1"}, 0.5),
    "clipped": Setting(0.125, {"beta1": 0.0, "beta2": 1.0, "eps": 0.25, "clip": (0.5, 0.25)}),
}


def make(name, setting):
    description, steps, constructor = TREES[name]
    assert description
    return constructor(), tree(constructor(), "adopt", SETTINGS[setting], steps)


def largest(values):
    """The largest absolute value that the balls allow."""
    return max(float(abs(x).upper()) for x in np.ravel(values))


@pytest.fixture(autouse=True)
def _precision():
    with working_precision():
        yield


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("setting", SETTINGS)
def test_probabilities_sum_to_one_and_the_oracle_is_unbiased(name, setting):
    _, paths = make(name, setting)
    assert largest(paths.probability.sum() - 1) < 1e-30
    for t in range(1, paths.steps + 1):
        assert largest(paths.conditional_expectation(paths.g[t], t - 1) - paths.gradient[t - 1]) < 1e-30


@pytest.mark.parametrize("name", TREES)
def test_what_is_known_at_a_time_is_its_own_conditional_expectation(name):
    _, paths = make(name, "plain")
    for t in range(paths.steps + 1):
        for array in (paths.theta, paths.g, paths.v, paths.m, paths.s):
            assert largest(paths.conditional_expectation(array[t], t) - array[t]) < 1e-30
    future = paths.conditional_expectation(paths.theta[paths.steps], 1)
    assert largest(future - paths.theta[paths.steps]) > 1e-3
    assert largest(paths.conditional_expectation(future, 0) - paths.conditional_expectation(paths.theta[-1], 0)) < 1e-30
    assert largest(paths.expectation(future) - paths.expectation(paths.theta[-1])) < 1e-30


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_simulated_path_is_a_path_of_the_tree(name, setting):
    """Found by its start and noise; then all eight arrays agree with float64 to rounding."""
    p, paths = make(name, setting)
    run = trajectories(p, "adopt", SETTINGS[setting], 40, paths.steps, seed=3)
    assert len(np.unique(run.theta[-1], axis=0)) > 5
    exact = {
        key: np.vectorize(float)(getattr(paths, key)) for key in ("theta", "g", "v", "m", "s", "a", "f", "gradient")
    }
    for r in range(40):
        distance = np.abs(exact["g"] - run.g[:, r : r + 1]).sum(axis=(0, 2))
        k = int((distance + np.abs(exact["theta"][0] - run.theta[0, r]).sum(-1)).argmin())
        for key, values in exact.items():
            assert np.allclose(getattr(run, key)[:, r], values[:, k], rtol=1e-13, atol=1e-13), key


def test_adopt_by_hand_on_one_path():
    """β1 = 0, β2 = 1: v stays g_0², so every step divides by max(|g_0|, ε); in fractions."""
    p = TREES["tree_quadratic"][2]()
    paths = tree(p, "adopt", Setting(Fraction(1, 4), {"beta1": 0, "beta2": 1, "eps": 1}), 2)
    theta = Fraction(3)
    g0 = theta * Fraction(5, 2)  # the first path takes ξ = +1 at every step
    for t in (1, 2):
        theta -= Fraction(1, 4) * theta * Fraction(5, 2) / g0
        assert largest(paths.theta[t][0, 0] - to_fmpq(theta)) < 1e-30
    assert paths.v[2][0, 0] == to_fmpq(g0**2)


def test_the_hard_instance_has_its_closed_form_exactly():
    p = problem("hard_instance")
    paths = tree(p, "adopt", Setting(0.75, {"beta1": 0.0, "beta2": 0.9, "eps": 2.0}), 9)
    expected = closed_form.gradient_square(1.0, 1.0, 1.0, 2.0, 0.75, 9)
    for t in range(10):
        square = paths.expectation((paths.gradient[t] ** 2).sum(-1)).item()
        assert float(square) == pytest.approx(float(expected[t]), rel=1e-14)
        assert largest(paths.s[t] - 2) == 0.0


def test_methods_without_momentum_and_second_moment_have_no_such_paths():
    with pytest.raises(ValueError, match="whole paths need ADOPT's state m, v; method adam"):
        tree(problem("hard_instance"), "adam", Setting(0.1), 2)


def test_the_ablation_normalises_by_the_new_second_moment():
    setting = Setting(0.25, {"beta1": 0.0, "beta2": 0.5, "eps": 0.5})
    paths = tree(TREES["tree_log_cosh"][2](), "no_decorrelation", setting, 3)
    assert largest(paths.m[1:] - paths.a[1:]) < 1e-30
    assert largest(paths.a[2] * paths.s[2] - paths.g[2]) < 1e-30


def test_impossible_trees_are_refused():
    p, good = problem("hard_instance"), Setting(0.1)
    with pytest.raises(ValueError, match="more than 65536"):
        tree(p, "adopt", good, 16)
    with pytest.raises(ValueError, match="infinitely many outcomes"):
        tree(problem("log_cosh_normal"), "adopt", good, 2)
    with pytest.raises(ValueError, match="steps must be an integer of at least 1, got 0"):
        tree(p, "adopt", good, 0)
    paths = tree(p, "adopt", good, 2)
    with pytest.raises(ValueError, match=r"time must be in 0\.\.2, got 3"):
        paths.conditional_expectation(paths.theta[0], 3)
    with pytest.raises(ValueError, match="these paths are a sample"):
        trajectories(p, "adopt", good, 3, 2, 1).conditional_expectation(np.zeros(3), 1)
