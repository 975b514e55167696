"""The reference tier: plain eager torch, readable, the oracle for every faster tier.

One tile of runs, one group of settings, state [settings, runs, D]; every setting sees the same noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from numerics.problems import Problem
from numerics.settings import Group
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

    parameters: dict[str, Any] = {**group.shared, **{name: column(v) for name, v in group.varying.items()}}
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
            following = advance(theta, direction, rate) if t else theta
            yield Step(t, theta, gradient, stochastic, state, following)
            theta = following


def measure(problem: Problem, steps: Iterator[Step], *, gap: bool) -> Iterator[tuple[int, Tensor, Tensor | None]]:
    """Chunks (first row, ‖∇f(θ_{t-1})‖² [steps, settings, runs], f(θ_{t-1}) - f_inf or None) of the steps t ≥ 1."""
    squares: list[Tensor] = []
    gaps: list[Tensor] = []
    first = 0

    def flush() -> tuple[int, Tensor, Tensor | None]:
        taken = first, torch.stack(squares), torch.stack(gaps) if gap else None
        squares.clear()
        gaps.clear()
        return taken

    for step in steps:
        if step.t == 0:
            continue
        gradient = step.gradient.to(torch.float64)
        squares.append((gradient * gradient).sum(-1))
        if gap:
            gaps.append(problem.value(step.theta.to(torch.float64)) - problem.constants.f_inf)
        if len(squares) == CHUNK_STEPS:
            yield flush()
            first = step.t
    if squares:
        yield flush()
