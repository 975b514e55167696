"""The tiers of the engine: what a tier is asked, what it answers, and which tiers there are.

A tier is a module with three functions (`Tier`). It is given a `Work`, simulates its runs by whatever means, and yields
the moments of each quantity over each tile of runs; `numerics.statistics.Accumulator` combines them in a fixed order.
A new tier is one entry of `TIERS`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from numerics.problems import Problem
from numerics.settings import Group
from numerics.statistics import TILE_RUNS, Moments
from optim.core import Method

TIERS: dict[str, str] = {
    "reference": "numerics.reference",
    "fused": "numerics.fused.tier",
    "compiled": "numerics.compiled",
    "triton": "numerics.triton_tier",
}
"""Name → the module that is the tier; imported on first use."""


@dataclass(frozen=True)
class Work:
    """One group of settings on one batch of runs, all on the same noise.

    `runs` are absolute run numbers; only the last tile may be shorter than TILE_RUNS. `quantities` are the names to
    measure, `kept` those of them whose sums are wanted per block of runs.
    """

    problem: Problem
    method: Method
    group: Group
    runs: range
    steps: int
    seed: int
    device: torch.device
    dtype: torch.dtype
    quantities: tuple[str, ...]
    kept: frozenset[str]
    blocks: int


class Tier(Protocol):
    """What the module of a tier offers."""

    def refusal(self, work: Work) -> str | None:
        """Why this tier cannot do this work ("float32 is not supported", …), or None."""

    def batch_tiles(self, work: Work) -> int:
        """How many tiles to simulate together, at least 1. It must not change the bits; memory is proportional to it."""

    def chunks(self, work: Work) -> Iterator[tuple[int, Mapping[str, Moments]]]:
        """Simulate: chunks (first row, moments of each quantity of `work.quantities`) of consecutive steps.

        Row t - 1 belongs to step t = 1..steps. A chunk may have any number of steps; it must not change the bits. Its
        moments are good until the next chunk is asked for.
        """


def find_tier(name: str) -> Tier:
    """The named tier. Raises ValueError, listing the names, for an unknown one."""
    if name not in TIERS:
        raise ValueError(f"unknown tier {name!r}; one of auto, {', '.join(TIERS)}")
    return importlib.import_module(TIERS[name])


def lane_steps(work: Work, settings: int, runs: int) -> int:
    """The size of a simulation: settings × runs × steps × coordinates."""
    return settings * runs * work.steps * work.problem.dimension


def choose(works: Sequence[Work], settings: int, runs: int) -> Tier:
    """The tier for a simulation of this size, by the rule of `AUTO`."""
    device = works[0].device.type
    for name, least in AUTO.get(device, AUTO["cuda"]):
        if name in TIERS and lane_steps(works[0], settings, runs) >= least:
            tier = find_tier(name)
            if all(tier.refusal(work) is None for work in works):
                return tier
    return find_tier("reference")


AUTO: dict[str, tuple[tuple[str, int], ...]] = {
    "cpu": (("fused", 1_000_000),),
    "cuda": (("triton", 0), ("compiled", 0)),
}
"""Device → tiers in order of preference, each from how many lane-steps on; else the reference tier.

Measured on one core: the reference tier needs 0.1 to 0.4 s for a million lane-steps, the fused tier 0.01 s, after 4 s
for the first kernel of a new installation, 0.2 s for that of a new problem or method, 0.05 s for one in the cache.
"""


def tiles(runs: range) -> list[range]:
    """The fixed partition of a range of runs into tiles of TILE_RUNS."""
    return [range(start, min(start + TILE_RUNS, runs.stop)) for start in range(runs.start, runs.stop, TILE_RUNS)]
