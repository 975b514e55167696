"""One recurrence, three implementations: theory's text, `optim.core`, and the torch optimizer agree to the last bit."""

import math

import pytest
import torch

import optim
from optim.core import METHODS, advance
from theory.algorithms import ADOPT, ADOPT_ALGORITHM_1, hypotheses, run

PARAMETERS = {"alpha": 0.07, "beta1": 0.9, "beta2": 0.99, "eps": 0.3}
STEPS = 200


def oracle(theta: float, t: int) -> float:
    """A gradient that depends on the point and, with awkward digits, on the step."""
    return math.tanh(theta) + math.sin(1.7 * t + 0.3)


def by_theory(recurrence, parameters):
    return [row["theta"] for row in run(recurrence, 1.25, oracle, STEPS, parameters)]


def by_core(start, parameters):
    method = METHODS["adopt"]
    theta = torch.tensor([1.25], dtype=torch.float64)
    state, path = method.init(theta), []
    hyperparameters = {k: v for k, v in parameters.items() if k != "alpha"} | {"start": start, "clip": None}
    for t in range(STEPS + 1):
        gradient = torch.tensor([oracle(theta.item(), t)], dtype=torch.float64)
        direction, state = method.update(state, gradient, t, **hyperparameters)
        theta = advance(theta, direction, parameters["alpha"])
        path.append(theta.item())
    return path


def by_shell(start, parameters):
    p = parameters
    theta = torch.nn.Parameter(torch.tensor([1.25], dtype=torch.float64))
    optimizer = optim.ADOPT(
        [theta], lr=p["alpha"], betas=(p["beta1"], p["beta2"]), eps=p["eps"], clip=None, start=start, foreach=False
    )
    path = []
    for t in range(STEPS + 1):
        theta.grad = torch.tensor([oracle(theta.item(), t)], dtype=torch.float64)
        optimizer.step()
        path.append(theta.item())
    return path


@pytest.mark.parametrize("beta2", [0.0, 0.5, 0.99, 1.0])
@pytest.mark.parametrize(("recurrence", "start"), [(ADOPT, "algorithm_2"), (ADOPT_ALGORITHM_1, "algorithm_1")])
def test_theory_core_and_shell_agree_to_the_last_bit(recurrence, start, beta2):
    parameters = PARAMETERS | {"beta2": beta2}
    expected = by_theory(recurrence, parameters)
    assert len(expected) == STEPS + 1
    assert by_core(start, parameters) == expected
    assert by_shell(start, parameters) == expected


def test_both_starts_differ_by_the_first_step():
    second, first = by_theory(ADOPT, PARAMETERS), by_theory(ADOPT_ALGORITHM_1, PARAMETERS)
    assert second[0] == first[0]
    assert (first[1] - first[0]) == pytest.approx((second[1] - second[0]) / (1 - PARAMETERS["beta1"]), rel=1e-12)


def test_the_recurrence_gives_the_hypotheses_of_the_statement():
    names = [h.name for h in hypotheses(ADOPT)]
    assert names == [
        "momentum_start",
        "second_moment_start",
        "normalised_gradient_step",
        "momentum_step",
        "iterate_step",
        "second_moment_step",
        "normaliser_at_least_eps",
        "normaliser_squared_at_most",
    ]


def test_algorithm_1_never_reads_m_0_and_its_recursion_begins_at_2():
    found = {h.name: h for h in hypotheses(ADOPT_ALGORITHM_1)}
    assert "momentum_start" not in found
    assert (found["momentum_first"].start, found["momentum_step"].start) == (0, 2)


def test_negative_steps_are_refused():
    with pytest.raises(ValueError, match="steps is -1"):
        run(ADOPT, 0.0, oracle, -1, PARAMETERS)
