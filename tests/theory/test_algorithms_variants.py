"""Clipped and decaying ADOPT as theory writes them, against `optim.core`, to the last bit."""

import math

import pytest
import torch

from optim.core import METHODS, advance
from theory.algorithms import (
    ADOPT_CLIPPED,
    ADOPT_CLIPPED_DECAYING,
    ADOPT_CLIPPED_SCHEDULE,
    ADOPT_DECAYING,
    ADOPT_DECAYING_ALGORITHM_1,
    RMSPROP,
    run,
)

PARAMETERS = {"beta1": 0.9, "beta2": 0.99, "eps": 0.3}
STEPS = 200
ALPHA = 0.07


def oracle(theta, t):
    return math.tanh(theta) + 3 * math.sin(1.7 * t + 0.3) ** 9


def alpha_t(t):
    return ALPHA / math.sqrt(t)


CASES = {
    "clipped": (ADOPT_CLIPPED, {"alpha": ALPHA, "c": 1.25}, "algorithm_2", (1.25, 0.0), lambda t: ALPHA),
    "schedule": (
        ADOPT_CLIPPED_SCHEDULE,
        {"alpha": ALPHA, "c_t": lambda t: 0.5 * t**0.25},
        "algorithm_2",
        (0.5, 0.25),
        lambda t: ALPHA,
    ),
    "decaying": (ADOPT_DECAYING, {"alpha_t": alpha_t}, "algorithm_2", None, alpha_t),
    "decaying, Algorithm 1": (ADOPT_DECAYING_ALGORITHM_1, {"alpha_t": alpha_t}, "algorithm_1", None, alpha_t),
    "both": (
        ADOPT_CLIPPED_DECAYING,
        {"alpha_t": alpha_t, "c_t": lambda t: 0.5 * t**0.25},
        "algorithm_2",
        (0.5, 0.25),
        alpha_t,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_theory_and_core_agree_to_the_last_bit(case):
    recurrence, more, start, clip, step_size = CASES[case]
    rows = run(recurrence, 1.25, oracle, STEPS, PARAMETERS | more)
    method = METHODS["adopt"]
    theta = torch.tensor([1.25], dtype=torch.float64)
    state = method.init(theta)
    for t in range(STEPS + 1):
        gradient = torch.tensor([oracle(theta.item(), t)], dtype=torch.float64)
        direction, state = method.update(state, gradient, t, **PARAMETERS, start=start, clip=clip)
        theta = advance(theta, direction, step_size(t) if t else ALPHA)
        assert rows[t]["theta"] == theta.item()
    if clip:
        assert sum(row["a"] != row["u"] for row in rows[1:]) > 10  # the threshold was met


def test_rmsprop_divides_by_the_second_moment_that_holds_its_own_gradient():
    rows = run(RMSPROP, 1.25, oracle, 50, PARAMETERS | {"alpha": ALPHA})
    v, theta = 0.0, 1.25
    for t in range(1, 51):
        g = oracle(theta, t)
        v = 0.99 * v + (1 - 0.99) * (g * g)
        theta = theta - ALPHA * (g / math.sqrt(v + 0.3**2))
        assert rows[t]["theta"] == pytest.approx(theta, rel=1e-12)
