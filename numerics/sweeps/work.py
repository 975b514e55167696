"""One shard's work, as a function that any process on any machine can be asked to run."""

from __future__ import annotations

import functools
import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from numerics.sweeps.plan import Cell, differences
from numerics.sweeps.shards import LEAF_RUNS, Cut, Shard

if TYPE_CHECKING:
    from numerics.sweeps.partials import Partial


@dataclass(frozen=True)
class Task:
    """A shard's cell, narrowed to the shard's runs, and what the results' bits depend on besides; a few hundred bytes."""

    cell: Cell
    measures: tuple[str, ...]
    blocks: int
    tier: str
    device: str
    environment: tuple[tuple[str, str], ...]


def task(cut: Cut, shard: Shard) -> Task:
    """The task of a shard."""
    from numerics.statistics import BLOCKS

    plan = cut.plan
    cell = replace(cut.cells[shard.cell], first_run=shard.first_run, runs=shard.runs)
    blocks = min(BLOCKS, plan.runs)
    return Task(cell, plan.measures, blocks, plan.tier, plan.device, tuple(environment().items()))


def compute(work: Task) -> bytes:
    """Simulate a shard leaf by leaf; its partial result as bytes.

    Raises ValueError where this process would not give the bits that the sweep was begun with: another processor type,
    another version of a library.
    """
    from numerics.sweeps.partials import tree_sum

    expected = dict(work.environment)
    if environment() != expected:
        raise ValueError(f"a worker differs from where the sweep was begun: {differences(environment(), expected)}")
    return tree_sum(_leaves(work)).to_bytes()


def _leaves(work: Task) -> Iterator[Partial]:
    from numerics.engine import simulate
    from numerics.registry import problem
    from numerics.sweeps.partials import from_statistics

    cell = work.cell
    for start in range(0, cell.runs, LEAF_RUNS):
        found = simulate(
            problem(cell.problem),
            cell.method,
            cell.settings,
            min(LEAF_RUNS, cell.runs - start),
            cell.horizon,
            cell.seed,
            first_run=cell.first_run + start,
            tier=work.tier,
            device=work.device,
            keep_blocks=work.measures,
        )
        yield from_statistics(found, work.measures, work.blocks)


@functools.cache
def environment() -> dict[str, str]:
    """What besides the plan can change the last bits: versions, and the instruction set that libraries choose code by."""
    import torch

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    names = ("adoptproof", "numpy", "numba", "torch")
    found = {name: torch.__version__ if name == "torch" else installed(name) for name in names}
    return found | {"machine": platform.machine(), "instructions": torch.backends.cpu.get_cpu_capability()}
