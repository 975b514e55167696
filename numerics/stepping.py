"""One step of a simulation and what is measured of it, as one pure function of tensors.

The compiled and the Triton tier trace this function; it calls the problem's own tensor functions and the rules of
`optim.core` and adds nothing of its own. `numerics.reference` walks the same step eagerly, in a form for reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from numerics.reference import has_preliminary_gradient, hyperparameters, total
from numerics.statistics import ATOMS, GAP, GRADIENT_SQUARE, MOMENTUM_SQUARE, NORMALISED_GRADIENT, STEP_SQUARE
from numerics.tiers import Work
from numerics.trajectories import scale_and_value
from optim.core import State, advance


def first_draw(work: Work) -> int:
    """The draw that a method's first call takes: ADOPT and its ablations begin with g_0, the others with g_1."""
    return 0 if has_preliminary_gradient(work.method) else 1


def initial_state(work: Work, theta: Tensor) -> State:
    """The method's state before its first gradient, shaped like θ."""
    shared = work.group.shared
    return work.method.init(theta, **({"delay": shared["delay"]} if "delay" in shared else {}))


def state_names(work: Work) -> list[str]:
    """The names of the method's state, in the order of its `init`."""
    return [*initial_state(work, torch.zeros(1))]


def begin(work: Work) -> tuple[Tensor, State]:
    """θ_0 [settings, runs, D] and the state before step 1, after the preliminary gradient g_0 if any."""
    problem = work.problem
    theta = problem.initial(work.seed, work.runs).to(work.device, work.dtype)
    theta = theta.expand(len(work.group.rows), -1, -1).contiguous()
    state = initial_state(work, theta)
    if first_draw(work) == 0:
        variates = drawn(work, range(1))[0]
        stochastic = problem.stochastic_gradient(theta, variates, problem.gradient(theta))
        parameters = hyperparameters(work.group, work.device, work.dtype)
        _, state = work.method.update(state, stochastic, 0, **parameters)
    return theta, state


def drawn(work: Work, steps: range) -> Tensor:
    """The variates [steps, runs, draws], made on the work's device, floats in its precision."""
    with work.device:
        variates = work.problem.variates(work.seed, work.runs, steps).to(work.device)
    return variates.to(work.dtype) if variates.is_floating_point() else variates


def step_sizes(work: Work) -> Callable[[range], Tensor]:
    """A function from steps t >= 1 to α_t = alpha·t^(-decay), [steps, settings, 1, 1], made on the device."""
    alpha = torch.tensor(work.group.alpha, dtype=torch.float64, device=work.device)
    decay = torch.tensor(work.group.decay, dtype=torch.float64, device=work.device)
    constant = not any(work.group.decay)

    def sizes(steps: range) -> Tensor:
        t = torch.arange(steps.start, steps.stop, dtype=torch.float64, device=work.device).unsqueeze(-1)
        scale = torch.ones_like(t) if constant else t**-decay
        return (alpha * scale).to(work.dtype)[..., None, None]

    return sizes


def step_and_measure(
    work: Work,
    parameters: Mapping[str, Any],
    theta: Tensor,
    state: State,
    variates: Tensor,
    t: int | Tensor,
    rate: Tensor,
) -> tuple[Tensor, State, dict[str, Tensor]]:
    """The step t >= 1: (θ_t, state, quantities of `work.quantities` at θ_{t-1}, float64 [settings, runs]).

    ‖∇f‖^{4/3} is left to `statistics.four_thirds` of ‖∇f‖², which many steps can share.
    """
    problem, method = work.problem, work.method
    gradient = problem.gradient(theta)
    stochastic = problem.stochastic_gradient(theta, variates, gradient)
    direction, following = method.update(state, stochastic, t - first_draw(work), **parameters)
    exact = gradient.to(torch.float64)
    square = exact * exact
    values = {GRADIENT_SQUARE: total(square)} if GRADIENT_SQUARE in work.quantities else {}
    if GAP in work.quantities:
        values[GAP] = problem.value(theta.to(torch.float64)) - problem.constants.f_inf
    if set(work.quantities) & set(ATOMS):
        named = dict(parameters)
        before, _ = scale_and_value(method, named, state, None, stochastic, 0)
        _, step = scale_and_value(method, named, following, before, stochastic, t)  # type: ignore[arg-type]
        values[MOMENTUM_SQUARE] = total(following["momentum"].to(torch.float64).square())
        values[STEP_SQUARE] = total(step.to(torch.float64).square())
        values[NORMALISED_GRADIENT] = total(square / before.to(torch.float64))
    moved = problem.project(advance(theta, direction, rate))
    return moved, following, {name: values[name] for name in work.quantities if name in values}
