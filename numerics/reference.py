"""The reference tier: plain eager torch, readable, the oracle for every faster tier.

One tile of runs, one group of settings, state [settings, runs, D]; every setting sees the same noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from numerics.problems import Problem
from numerics.settings import Group
from numerics.statistics import (
    ATOMS,
    GAP,
    GRADIENT_POWER,
    GRADIENT_SQUARE,
    MOMENTUM_SQUARE,
    NORMALISED_GRADIENT,
    STEP_SQUARE,
    Moments,
    four_thirds,
    tile_moments,
)
from numerics.tiers import Work
from numerics.trajectories import scale_and_value
from optim.core import Method, advance

CHUNK_VARIATES = 1 << 18
"""Variates generated at a time, so that memory does not grow with the number of steps."""
CHUNK_STEPS = 256
"""At most this many steps are buffered before their statistics are taken."""


@dataclass(frozen=True)
class Step:
    """One step t of a tile: the iterate θ_{t-1}, its exact gradient, the draw g_t, and the state after the step.

    For ADOPT's preliminary call t = 0: θ_0, ∇f(θ_0), g_0 and the state with v_0.
    """

    t: int
    theta: Tensor
    gradient: Tensor
    stochastic: Tensor
    state: dict[str, Tensor]
    following: Tensor


def has_preliminary_gradient(method: Method) -> bool:
    """ADOPT and its ablations spend g_0 on v_0 before they move; every other method moves at its first gradient."""
    return "start" in method.defaults


def steps_of(
    problem: Problem,
    method: Method,
    group: Group,
    runs: range,
    steps: int,
    seed: int,
    *,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float64,
) -> Iterator[Step]:
    """Run one tile: yields t = 0 (only with a preliminary gradient), then t = 1, …, `steps`.

    g_t uses the draw t of the stream for every method, so that methods too share their noise.
    """

    def column(values: tuple[float, ...]) -> Tensor:
        return torch.tensor(values, device=device, dtype=dtype).view(-1, 1, 1)

    parameters = hyperparameters(group, device, dtype)
    alpha, decay = column(group.alpha), column(group.decay)
    constant_alpha = not any(group.decay)
    theta = problem.initial(seed, runs).to(device=device, dtype=dtype).expand(len(group.rows), -1, -1).contiguous()
    delay = {"delay": group.shared["delay"]} if "delay" in group.shared else {}
    state = method.init(theta, **delay)
    first = 0 if has_preliminary_gradient(method) else 1
    chunk = max(1, CHUNK_VARIATES // (len(runs) * problem.draws))
    for start in range(first, steps + 1, chunk):
        span = range(start, min(start + chunk, steps + 1))
        variates = problem.variates(seed, runs, span).to(device)
        variates = variates.to(dtype) if variates.is_floating_point() else variates
        for t, drawn in zip(span, variates, strict=True):
            gradient = problem.gradient(theta)
            stochastic = problem.stochastic_gradient(theta, drawn, gradient)
            direction, state = method.update(state, stochastic, t - first, **parameters)
            rate = alpha if constant_alpha else alpha * max(t, 1) ** -decay
            following = problem.project(advance(theta, direction, rate)) if t else theta
            yield Step(t, theta, gradient, stochastic, state, following)
            theta = following


def hyperparameters(group: Group, device: str | torch.device, dtype: torch.dtype) -> dict[str, Any]:
    """A group's hyper-parameters as `optim.core` takes them; those that vary as columns [settings, 1, 1]."""
    columns = {n: torch.tensor(v, device=device, dtype=dtype).view(-1, 1, 1) for n, v in group.varying.items()}
    return {**group.shared, **columns}


def refusal(work: Work) -> str | None:
    """The reference tier does everything."""
    return None


def batch_tiles(work: Work) -> int:
    """A tile at a time: its state stays in cache."""
    return 1


def chunks(work: Work) -> Iterator[tuple[int, Mapping[str, Moments]]]:
    """See `numerics.tiers.Tier.chunks`."""
    steps = steps_of(
        work.problem, work.method, work.group, work.runs, work.steps, work.seed, device=work.device, dtype=work.dtype
    )
    for first, values in measure(work, steps):
        yield first, {name: tile_moments(values[name], work.blocks, name in work.kept) for name in work.quantities}


def measure(work: Work, steps: Iterator[Step]) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Chunks (first row, values of each quantity [steps, settings, runs]) of the steps t ≥ 1."""
    rows: dict[str, list[Tensor]] = {name: [] for name in work.quantities if name != GRADIENT_POWER}
    parameters = hyperparameters(work.group, work.device, work.dtype)
    scale: Tensor | None = None
    value: Tensor | None = None
    first = 0

    def flush() -> tuple[int, dict[str, Tensor]]:
        taken = {name: torch.stack(values) for name, values in rows.items()}
        if GRADIENT_POWER in work.quantities:
            taken[GRADIENT_POWER] = four_thirds(taken[GRADIENT_SQUARE])
        for values in rows.values():
            values.clear()
        return first, taken

    for step in steps:
        before = scale
        if set(work.quantities) & set(ATOMS):
            scale, value = scale_and_value(work.method, parameters, step.state, scale, step.stochastic, step.t)
        if step.t == 0:
            continue
        gradient = step.gradient.to(torch.float64)
        square = gradient * gradient
        if GRADIENT_SQUARE in rows:
            rows[GRADIENT_SQUARE].append(total(square))
        if GAP in rows:
            rows[GAP].append(work.problem.value(step.theta.to(torch.float64)) - work.problem.constants.f_inf)
        if MOMENTUM_SQUARE in rows:
            rows[MOMENTUM_SQUARE].append(total(step.state["momentum"].to(torch.float64).square()))
        if STEP_SQUARE in rows and value is not None:
            rows[STEP_SQUARE].append(total(value.to(torch.float64).square()))
        if NORMALISED_GRADIENT in rows and before is not None:
            rows[NORMALISED_GRADIENT].append(total(square / before.to(torch.float64)))
        if step.t - first == CHUNK_STEPS:
            yield flush()
            first = step.t
    if first < work.steps:
        yield flush()


def total(values: Tensor) -> Tensor:
    """The sum over coordinates: [..., D] → [...]."""
    return values.sum(-1)
