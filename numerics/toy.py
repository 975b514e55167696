"""Univariate problems, walked: the paper's f(θ) = E[g]·θ on [−1, 1], iterates projected, and problem U, on the whole line.

The update rules are `optim.core`'s own. Step sizes α_t = α/√(1 + decay·t); the paper's are α = decay = .01.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from numerics import philox
from numerics.counterexamples.process import HUBER
from numerics.settings import check_count, find_method
from optim.core import advance

SAMPLINGS = ("with_replacement", "reshuffled", "fixed")
EPS = 1e-12
"""ε of the walks; the gradients are at least 1 in size, so that it never matters."""


@dataclass(frozen=True)
class Toy:
    """n equally likely gradients: one is `spike`, n − 1 are `rest`; drawn independently, or each once per epoch.

    With replacement, k = n, spike k² and rest −k is the problem of the paper's Figure 1: mean 1, minimiser −1.
    `quadratic`: component i is ½(θ + c_i)² with Huber tails beyond 4, c_i the spike or the rest, and nothing is projected;
    spike 2 and rest −1 for n = 3 is problem U, minimiser 0.
    """

    n: int
    spike: float
    rest: float
    sampling: str = "with_replacement"
    quadratic: bool = False

    def __post_init__(self) -> None:
        check_count("n", self.n, 2)
        if self.sampling not in SAMPLINGS:
            raise ValueError(f"unknown sampling {self.sampling!r}; one of {', '.join(SAMPLINGS)}")
        if self.quadratic and self.total != 0:
            raise ValueError(f"the components' offsets add up to {self.total}; for the minimiser 0 they must to 0")
        if not self.quadratic and (self.total == 0 or 0 in (self.spike, self.rest)):
            raise ValueError("the gradients must not be 0, nor add up to 0: no minimiser to miss")

    @property
    def total(self) -> float:
        """Σ of the n gradients."""
        return self.spike + (self.n - 1) * self.rest

    @property
    def minimiser(self) -> int:
        """0 for quadratic components; else −1 if the mean gradient is positive, +1 if it is negative."""
        if self.quadratic:
            return 0
        return -1 if self.total > 0 else 1

    def gradients(self, seed: int, runs: int, steps: range) -> Tensor:
        """Gradients (or offsets c_i) at these steps, float64 [steps, runs]; runs are independent, component 0 the spike."""
        spike, rest = torch.tensor([self.spike, self.rest], dtype=torch.float64)
        sampling = "fixed_order" if self.sampling == "fixed" else self.sampling
        index = philox.indices(seed, range(runs), 1, steps, self.n, sampling)[:, :, 0]
        return torch.where(index == 0, spike, rest)


CHUNK = 4096
"""Steps whose gradients are drawn at once; bounds the memory."""


def walk(
    toys: Sequence[Toy],
    method: str,
    beta2: Sequence[float],
    *,
    beta1: float = 0.9,
    runs: int = 32,
    steps: int = 100_000,
    alpha: float = 0.01,
    decay: float = 0.01,
    start: float = 0.0,
    seed: int = 1,
    points: int = 400,
    eps: float = EPS,
) -> tuple[np.ndarray, np.ndarray]:
    """Steps at which the walk is kept [points], and θ there [points, toys, beta2, runs].

    All values of β2 see the same gradients; the normaliser is max(√v, eps). Raises ValueError for a count below 1, an
    unknown method, a θ_0 outside [−1, 1], or linear problems together with quadratic ones.
    """
    for name, value in (("runs", runs), ("steps", steps), ("points", points)):
        check_count(name, value, 1)
    if not -1 <= start <= 1:
        raise ValueError(f"θ_0 is {start}; it must be in [-1, 1]")
    quadratic = toys[0].quadratic
    if any(toy.quadratic != quadratic for toy in toys):
        raise ValueError("the problems walked together must all be linear or all be quadratic")
    rule = find_method(method)
    given = {"beta1": beta1, "eps": eps, "denominator_form": "max"}
    betas: dict[str, Any] = {name: value for name, value in given.items() if name in rule.defaults}
    betas |= {"beta2": torch.tensor(list(beta2), dtype=torch.float64)[:, None]}
    kept = np.unique(np.linspace(0, steps, min(points, steps + 1)).astype(int))
    theta = torch.full((len(toys), len(beta2), runs), start, dtype=torch.float64)
    seen = np.empty((len(kept), *theta.shape))
    state, position = rule.init(theta), 0
    with torch.inference_mode():
        for first in range(0, steps + 1, CHUNK):
            window = range(first, min(first + CHUNK, steps + 1))
            drawn = torch.stack([toy.gradients(seed, runs, window) for toy in toys], dim=1)[:, :, None, :]
            for t, gradient in zip(window, drawn, strict=True):
                if t == kept[position]:
                    seen[position] = theta.numpy()
                    position = min(position + 1, len(kept) - 1)
                gradient = (theta + gradient).clamp(-HUBER, HUBER) if quadratic else gradient.expand_as(theta)
                direction, state = rule.update(state, gradient, t, **betas)
                theta = advance(theta, direction, alpha / (1 + decay * t) ** 0.5)
                theta = theta if quadratic else theta.clamp(-1, 1)
    return kept, seen
