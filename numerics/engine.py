"""The trajectory engine: `simulate` gives per-step statistics over runs, `trajectories` whole paths of a few runs.

One function, several tiers. The random stream (`numerics.philox`), the tiles of runs and the order of summation
(`numerics.statistics`) belong to the definition, so that every tier and every division of the work gives the same
numbers. Memory is O(runs + steps): runs are processed in tiles, noise and statistics in chunks of steps.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import torch

from numerics import reference
from numerics.problems import Problem
from numerics.settings import Setting, check_count, find_method, group
from numerics.statistics import (
    BLOCKS,
    GAP,
    GRADIENT_POWER,
    GRADIENT_SQUARE,
    QUANTITIES,
    Accumulator,
    Statistics,
    four_thirds,
)
from numerics.trajectories import Trajectories, recorded
from optim.core import Method

TILE_RUNS = 256
"""Runs simulated together; a multiple of every block count. Part of the definition of the results' bits."""


def simulate(
    problem: Problem,
    method: str | Method,
    settings: Sequence[Setting],
    runs: int,
    steps: int,
    seed: int,
    *,
    first_run: int = 0,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float64,
    blocks: int = BLOCKS,
    keep_blocks: Collection[str] = (GRADIENT_POWER,),
    gap: bool = True,
) -> Statistics:
    """Simulate `runs` independent runs of `steps` steps for each setting, all settings on the same noise.

    Runs have the absolute numbers first_run, first_run + 1, …: other numbers are other noise of the same seed.
    `keep_blocks` names the quantities whose sums are kept per block of runs; `gap=False` leaves out f - f_inf.
    float32 is for exploration: the rate tests refuse it. Raises ValueError for bad input.
    """
    check_count("runs", runs, 1)
    check_count("steps", steps, 1)
    check_count("first_run", first_run, 0)
    check_blocks(blocks)
    if dtype not in (torch.float64, torch.float32):
        raise ValueError(f"dtype must be torch.float64 or torch.float32, got {dtype}")
    unknown = set(keep_blocks) - set(QUANTITIES)
    if unknown:
        raise ValueError(f"unknown quantity {', '.join(sorted(unknown))}; known: {', '.join(QUANTITIES)}")
    method = find_method(method)
    groups = group(method, settings)
    blocks = min(blocks, runs)
    accumulators = {
        name: Accumulator(len(settings), steps, blocks, name in keep_blocks)
        for name in QUANTITIES
        if gap or name != GAP
    }
    for tile in tiles(first_run, runs):
        for batch in groups:
            path = reference.steps_of(problem, method, batch, tile, steps, seed, device=device, dtype=dtype)
            for start, squares, gaps in reference.measure(problem, path, gap=gap):
                accumulators[GRADIENT_SQUARE].add(batch.rows, start, squares)
                accumulators[GRADIENT_POWER].add(batch.rows, start, four_thirds(squares))
                if gaps is not None:
                    accumulators[GAP].add(batch.rows, start, gaps)
        for accumulator in accumulators.values():
            accumulator.finish_tile(len(tile))
    return Statistics(
        settings=tuple(settings),
        runs=runs,
        steps=steps,
        dtype=dtype,
        mean={name: a.mean.numpy() for name, a in accumulators.items()},
        variance={name: a.variance() for name, a in accumulators.items()},
        skewness={name: a.skewness() for name, a in accumulators.items()},
        block_sum={name: a.block_sum.numpy() for name, a in accumulators.items() if a.block_sum is not None},
        block_runs=np.bincount(np.arange(runs) % blocks, minlength=blocks),
    )


def trajectories(
    problem: Problem, method: str | Method, setting: Setting, runs: int, steps: int, seed: int, *, first_run: int = 0
) -> Trajectories:
    """Whole paths of a few runs of ADOPT or one of its ablations, in the same form as an exact probability tree.

    Memory is O(runs × steps). Run r here is run r of `simulate` with the same seed. Raises ValueError for bad input
    or a method without the state m, v.
    """
    check_count("runs", runs, 1)
    check_count("steps", steps, 1)
    check_count("first_run", first_run, 0)
    method = find_method(method)
    (batch,) = group(method, [setting])
    path = reference.steps_of(problem, method, batch, range(first_run, first_run + runs), steps, seed)
    return recorded(problem, method, setting, path)


def tiles(first_run: int, runs: int) -> list[range]:
    """The fixed partition of the runs into tiles of TILE_RUNS."""
    stop = first_run + runs
    return [range(start, min(start + TILE_RUNS, stop)) for start in range(first_run, stop, TILE_RUNS)]


def check_blocks(blocks: int) -> None:
    """Raises ValueError unless the number of blocks divides a tile, so that blocks mean the same in every tile."""
    check_count("blocks", blocks, 1)
    if TILE_RUNS % blocks:
        raise ValueError(f"blocks must divide {TILE_RUNS}, got {blocks}")
