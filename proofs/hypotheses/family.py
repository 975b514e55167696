"""A family of one-dimensional problems that meet a hypothesis's assumptions, simulated in batches by `optim.core`'s rules.

A member is a point of the unit cube. f' is y(θ): θ cut at ±M (Huber's function, PŁ and smooth with L = 1), or sinh cut at
±x_0 where (L0,L1)-smoothness is assumed. The oracle adds an offset: two values drawn independently or dealt from a fresh
permutation, symmetric Pareto tails where only a p-th moment is assumed, grown by the gradient where the variance may grow,
shifted by δ where a bias is allowed, and present only with probability q where A5 is assumed in the mean alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from numerics.reference import has_preliminary_gradient
from numerics.settings import find_method
from optim.core import advance
from theory import algorithms as al
from theory.hypothesis import Conjecture

DELTA = 0.05
"""The bias of members where one is allowed."""
RHO = 1.0
"""The growth of the variance where it may grow."""
EPS = 1.0
NAMES = ("threshold M", "offset A", "probability p (or 1/n)", "start θ_0", "β2", "q")


@dataclass(frozen=True)
class Members:
    """Parameters of a batch of problems, each a tensor [members, 1, 1]; see the module's text."""

    M: Tensor
    A: Tensor
    p: Tensor
    theta0: Tensor
    beta2: Tensor
    q: Tensor

    def named(self, k: int) -> dict[str, float]:
        """The k-th member's parameters for people."""
        values = (self.M, self.A, self.p, self.theta0, self.beta2, self.q)
        return {name: float(v[k, 0, 0]) for name, v in zip(NAMES, values, strict=True)}


def members(cube: np.ndarray, conjecture: Conjecture) -> Members:
    """Members from points [members, 6] of the unit cube."""
    x = torch.tensor(np.clip(cube, 0.0, 1.0), dtype=torch.float64).T[:, :, None, None]
    p = 0.02 + 0.48 * x[2]
    if conjecture.sampling != "with_replacement":
        p = 1 / torch.round(2 + 6 * x[2])
    beta2 = conjecture.fixed.get("beta2")
    in_the_mean = "bounded_second_moment" in conjecture.assumptions
    return Members(
        M=1.0 + 2.0 * x[0],
        A=10 ** (-0.5 + 1.1 * x[1]),
        p=p,
        theta0=(1.0 + 2.0 * x[0]) * (0.2 + 0.8 * x[3]),
        beta2=0.995 * x[4] if beta2 is None else torch.full_like(x[4], float(beta2)),
        q=0.05 + 0.95 * x[5] if in_the_mean else torch.ones_like(x[5]),
    )


def gradient(member: Members, theta: Tensor, conjecture: Conjecture) -> Tensor:
    """f'(θ)."""
    if "generalised_smooth" in conjecture.assumptions:
        return torch.sinh(torch.maximum(torch.minimum(theta, member.M), -member.M))
    return torch.maximum(torch.minimum(theta, member.M), -member.M)


class Offsets:
    """The oracle's offsets, step by step: [members, runs, 1]."""

    def __init__(self, member: Members, conjecture: Conjecture, runs: int, generator: np.random.Generator) -> None:
        self.member, self.conjecture, self.runs, self.generator = member, conjecture, runs, generator
        self.n = torch.round(1 / member.p).long()
        self.place = torch.zeros(len(member.p), runs, 1, dtype=torch.long)
        self.epoch = torch.zeros(len(member.p), 1, 1, dtype=torch.long)
        self.heavy = conjecture.p is not None or "heavy_tails" in conjecture.assumptions

    def draw(self, t: int) -> Tensor:
        """The offsets of step t >= 0."""
        member = self.member
        shape = (len(member.p), self.runs, 1)
        if self.conjecture.sampling != "with_replacement":
            within = t % self.n
            fresh = within == 0
            if self.conjecture.sampling == "reshuffled":
                place = torch.from_numpy((self.generator.random(shape) * self.n.numpy()).astype(np.int64))
                self.place = torch.where(fresh, place, self.place)
            hit = self.place == within
        else:
            uniform = torch.from_numpy(self.generator.random(shape))
            if self.heavy:
                p = float(self.conjecture.p or 1.5) + 0.02
                sign = torch.where(uniform < 0.5, -1.0, 1.0)
                spread = torch.from_numpy(self.generator.random(shape))
                return sign * member.A * ((1 - spread) ** (-1 / p) - 1)
            hit = uniform < member.p
        return torch.where(hit, member.A, -member.A * member.p / (1 - member.p))

    def oracle(self, y: Tensor, t: int) -> Tensor:
        """g_t at a point where f' = y."""
        offset = self.draw(t)
        names = self.conjecture.assumptions
        if any(a in names for a in ("affine_variance", "affine_variance_norm", "expected_smoothness")):
            offset = offset * torch.sqrt(1 + RHO * y * y)
        return y + offset + (DELTA if "bounded_bias" in names else 0.0)


def simulate(
    conjecture: Conjecture,
    member: Members,
    alpha: Callable[[int], float],
    clip: tuple[float, float] | None,
    runs: int,
    steps: int,
    seed: int,
    blocks: int,
) -> Tensor:
    """Σ over each block's runs of |f'(θ_{t−1})|^{4/3} (or |f'|², or the gap's power), [members, steps, blocks].

    Run r is in block r mod `blocks`. With probability 1 − q a run stays at a flat minimum, where everything is 0.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed, steps]))
    offsets = Offsets(member, conjecture, runs, generator)
    active = torch.from_numpy(generator.random((len(member.p), runs, 1))) < member.q
    theta = member.theta0.expand(-1, runs, -1).clone()
    power = {"gradient_square": 2.0}.get(quantity(conjecture), 4 / 3)
    out = torch.zeros(len(member.p), steps, blocks, dtype=torch.float64)
    place = torch.arange(runs) % blocks
    advance_by = stepper(conjecture, member, clip)
    first = advance_by.first
    for t in range(first, steps + 1):
        y = gradient(member, theta, conjecture)
        if t:
            sizes = torch.where(active, y.abs() ** power, 0.0)[:, :, 0]
            out[:, t - 1].index_add_(1, place, sizes)
        theta = advance_by(theta, offsets.oracle(y, t), t, alpha(max(t, 1)))
    return out


def quantity(conjecture: Conjecture) -> str:
    """What is measured of a run; gaps are measured through the gradient, to which PŁ ties them."""
    from theory.hypothesis import MEASURES

    return MEASURES[conjecture.claim.measure].quantity


class stepper:  # noqa: N801 - a function with a state
    """One step of the method on a batch: `optim.core`'s update rule, or the recurrence of the file."""

    def __init__(self, conjecture: Conjecture, member: Members, clip: tuple[float, float] | None) -> None:
        self.conjecture, self.member = conjecture, member
        self.beta1 = float(conjecture.fixed.get("beta1", 0.9))
        self.rows: list[dict[str, Any]] = []
        if conjecture.method.core is None:
            self.first = 0
            return
        self.rule = find_method(conjecture.method.core)
        self.first = 0 if has_preliminary_gradient(self.rule) else 1
        wanted = {"beta1": self.beta1, "beta2": member.beta2, "eps": EPS, "clip": clip}
        if conjecture.method.name == "rmsprop_decorrelated":
            wanted["beta1"] = 0.0
        self.parameters = {k: v for k, v in wanted.items() if k in self.rule.defaults}
        self.state: dict[str, Tensor] = {}

    def __call__(self, theta: Tensor, g: Tensor, t: int, alpha: float) -> Tensor:
        if self.conjecture.method.core is None:
            return self.own(theta, g, t, alpha)
        if t == self.first:
            self.state = self.rule.init(theta)
        direction, self.state = self.rule.update(self.state, g, t - self.first, **self.parameters)
        return advance(theta, direction, alpha) if t else theta

    def own(self, theta: Tensor, g: Tensor, t: int, alpha: float) -> Tensor:
        """One step of the file's recurrence; only the last two rows are kept."""
        recurrence = self.conjecture.recurrence
        if recurrence is None:
            raise ValueError(f"{self.conjecture.method.name} has no recurrence at these schedules")
        values: dict[str, Any] = {
            "beta1": self.beta1,
            "beta2": self.member.beta2,
            "eps": EPS,
            "alpha": alpha,
            "alpha_t": alpha,
        }
        row: dict[str, Any] = {"g": g, "theta": theta}
        before = self.rows[-1] if self.rows else {}

        def value(symbol: Any, time: Any) -> Any:
            if time is None or not symbol.random:
                return values[symbol.name]
            now = time.shift == 0 if time.base else time.shift == t
            return (row if now else before)[symbol.name]

        for x in recurrence.step if t else recurrence.start:
            result = evaluated(x.value, value, theta)
            row[x.target.symbol.name] = result if isinstance(result, Tensor) else torch.full_like(theta, float(result))
        self.rows = [row]
        return row["theta"]


def evaluated(expression: Any, value: Callable[..., Any], like: Tensor) -> Any:
    """An assignment's right-hand side on tensors; `Largest` besides what recurrences have."""
    from theory.hypothesis import Largest

    def larger(a: Any, b: Any) -> Tensor:
        return torch.maximum(torch.as_tensor(a, dtype=like.dtype).expand_as(like), torch.as_tensor(b, dtype=like.dtype))

    if isinstance(expression, Largest):
        return larger(evaluated(expression.left, value, like), evaluated(expression.right, value, like))
    return al.evaluate(expression, value, larger, torch.sqrt, float)
