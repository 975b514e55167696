"""The trajectory engine: `simulate` gives per-step statistics over runs, `trajectories` whole paths of a few runs.

One function, several tiers (`numerics.tiers`): `reference` is plain torch and the oracle; `fused` keeps the state in
cache and runs on machine code made for the problem and the method. The random stream (`numerics.philox`), the tiles of
runs and the order of summation (`numerics.statistics`) belong to the definition: within a tier the bits depend on the
runs, the steps and the seed alone, never on threads, chunks or the partition into batches; between tiers the steps
agree to 1e-15, because elementary functions may differ in their last bits.

A tier simulates a batch of whole tiles and hands back each tile's moments (block sums, central sums of powers 2, 3, 4);
one `Accumulator` combines them tile after tile. Memory is O(runs + steps).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import torch

from numerics import reference
from numerics.problems import Problem
from numerics.settings import Setting, check_count, find_method, group
from numerics.statistics import (
    ATOMS,
    BLOCKS,
    GRADIENT_POWER,
    GRADIENT_SQUARE,
    QUANTITIES,
    TILE_RUNS,
    Accumulator,
    Statistics,
)
from numerics.tiers import Work, choose, find_tier
from numerics.trajectories import Trajectories, recorded
from optim.core import Method


def simulate(
    problem: Problem,
    method: str | Method,
    settings: Sequence[Setting],
    runs: int,
    steps: int,
    seed: int,
    *,
    tier: str = "auto",
    first_run: int = 0,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float64,
    blocks: int = BLOCKS,
    quantities: Collection[str] = QUANTITIES,
    keep_blocks: Collection[str] = (GRADIENT_POWER,),
) -> Statistics:
    """Simulate `runs` independent runs of `steps` steps for each setting, all settings on the same noise.

    Runs have the absolute numbers first_run, first_run + 1, …: other numbers are other noise of the same seed.
    `tier` is "auto" (by size, see `numerics.tiers.AUTO`) or a tier's name. `quantities` names what is measured, of
    `statistics.QUANTITIES` and, for ADOPT and its ablations, `statistics.ATOMS`; ‖∇f‖^{4/3} brings ‖∇f‖², of which it is
    made. `keep_blocks` names those whose sums are kept per block of runs. float32 is for exploration: the rate tests
    refuse it. Raises ValueError for bad input, and for a tier that cannot do this work, with the reason.
    """
    check_count("runs", runs, 1)
    check_count("steps", steps, 1)
    check_count("first_run", first_run, 0)
    check_blocks(blocks)
    if dtype not in (torch.float64, torch.float32):
        raise ValueError(f"dtype must be torch.float64 or torch.float32, got {dtype}")
    place = check_device(device)
    method = find_method(method)
    measured = in_order(method, quantities, keep_blocks)
    whole = range(first_run, first_run + runs)
    works = [
        Work(
            problem=problem,
            method=method,
            group=batch,
            runs=whole,
            steps=steps,
            seed=seed,
            device=place,
            dtype=dtype,
            quantities=measured,
            kept=frozenset(keep_blocks) & frozenset(measured),
            blocks=blocks,
        )
        for batch in group(method, settings)
    ]
    chosen = choose(works, len(settings), runs) if tier == "auto" else find_tier(tier)
    for work in works:
        reason = chosen.refusal(work)
        if reason is not None:
            raise ValueError(f"the {tier} tier cannot simulate {problem.name}: {reason}")
    accumulators = {name: Accumulator(len(settings), steps, blocks, name in works[0].kept) for name in measured}
    size = TILE_RUNS * min(chosen.batch_tiles(work) for work in works)
    for start in range(whole.start, whole.stop, size):
        batch_runs = range(start, min(start + size, whole.stop))
        for work in works:
            for row, moments in chosen.chunks(replace(work, runs=batch_runs)):
                for name, accumulator in accumulators.items():
                    accumulator.add(work.group.rows, row, moments[name], len(batch_runs))
        for accumulator in accumulators.values():
            accumulator.finish_batch(len(batch_runs))
    shown = min(blocks, runs)
    return Statistics(
        settings=tuple(settings),
        runs=runs,
        steps=steps,
        dtype=dtype,
        mean={name: a.mean for name, a in accumulators.items()},
        variance={name: a.variance() for name, a in accumulators.items()},
        skewness={name: a.standardised(3) for name, a in accumulators.items()},
        kurtosis={name: a.standardised(4) for name, a in accumulators.items()},
        block_sum={name: a.block_sum[..., :shown] for name, a in accumulators.items() if a.block_sum is not None},
        block_runs=np.bincount(np.arange(runs) % blocks, minlength=shown),
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


def in_order(method: Method, quantities: Collection[str], keep_blocks: Collection[str]) -> tuple[str, ...]:
    """The quantities to measure, in the order of `statistics`; ‖∇f‖^{4/3} is measured with the square it is made of.

    Raises ValueError for none, an unknown name, or an atom of a method without ADOPT's state.
    """
    known = (*QUANTITIES, *ATOMS)
    unknown = {*quantities, *keep_blocks} - {*known}
    if unknown or not quantities:
        named = f"unknown quantity {', '.join(sorted(unknown))}" if unknown else "no quantity to measure"
        raise ValueError(f"{named}; known: {', '.join(known)}")
    atoms = [name for name in ATOMS if name in quantities]
    if atoms and not reference.has_preliminary_gradient(method):
        raise ValueError(f"{atoms[0]} is a quantity of ADOPT and its ablations; method {method.name} has no m, s, a")
    source = {GRADIENT_SQUARE} if GRADIENT_POWER in quantities else set()
    return tuple(name for name in known if name in {*quantities, *source})


def check_device(device: str | torch.device) -> torch.device:
    """The device. Raises ValueError unless it is the CPU or a CUDA device that is there."""
    try:
        found = torch.device(device)
    except RuntimeError:
        found = None
    if found is None or found.type not in ("cpu", "cuda"):
        raise ValueError(f"device must be cpu, cuda or cuda:N, got {device!r}")
    if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"there is no device {device} on this machine; use cpu")
    return found


def check_blocks(blocks: int) -> None:
    """Raises ValueError unless the number of blocks divides a tile, so that blocks mean the same in every tile."""
    check_count("blocks", blocks, 1)
    if TILE_RUNS % blocks:
        raise ValueError(f"blocks must divide {TILE_RUNS}, got {blocks}")
