"""How a plan is cut: a fixed tree over leaves of runs, so that every division of the work gives the same bits.

A cell's runs are cut into leaves of LEAF_RUNS runs (the last may be short); each is one call of `simulate`. Partial
results are added along the binary tree over the leaves' numbers: node (level l, position p) covers the leaves from
p·2^l to (p+1)·2^l - 1 and adds its left child and then its right one; a node whose right child is beyond the last leaf is
its left child. A shard is the node of one fixed level, so the bits depend on neither the shards' size nor their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numerics.sweeps.plan import Cell, Plan

LEAF_RUNS = 1024
"""Runs of a leaf, whole tiles of the engine. Part of the definition of the results' bits."""
CELL_PAYLOAD = 1 << 27
"""Bytes of a partial result above which a cell's settings are split over several cells."""
MAX_PAYLOAD = 10**9
"""SQLite's limit on one value, and so on the partial result of one setting."""


@dataclass(frozen=True)
class Shard:
    """Shard `number` of a plan: the runs [first_run, first_run + runs) of the cell `cell`, node `position` of its level."""

    number: int
    cell: int
    position: int
    first_run: int
    runs: int


class Cut:
    """A plan's cells and shards, numbered in a fixed order; a shard is found from its number alone.

    `cells` in the plan's order; every cell has `per_cell` shards of level `level`; `leaves` are those of a cell.
    """

    def __init__(self, plan: Plan, cells: Sequence[Cell]) -> None:
        self.plan = plan
        self.cells = cells
        self.leaves = -(-plan.runs // LEAF_RUNS)
        self.level = (plan.shard_runs // LEAF_RUNS).bit_length() - 1
        self.per_cell = width(self.leaves, self.level)
        self.root = max(self.level, (self.leaves - 1).bit_length())
        self.total = len(cells) * self.per_cell

    def shard(self, number: int) -> Shard:
        """The shard of this number, 0 ≤ number < total."""
        cell, position = divmod(number, self.per_cell)
        start = position * self.plan.shard_runs
        runs = min(self.plan.shard_runs, self.plan.runs - start)
        return Shard(number, cell, position, self.cells[cell].first_run + start, runs)

    def lane_steps(self, number: int) -> int:
        """Settings × runs × steps × coordinates of a shard, the unit of work."""
        from numerics.registry import problem

        shard = self.shard(number)
        cell = self.cells[shard.cell]
        return len(cell.settings) * shard.runs * cell.horizon * problem(cell.problem).dimension


def width(leaves: int, level: int) -> int:
    """How many nodes the tree over `leaves` leaves has at a level."""
    return -(-leaves // (1 << level))


def shape(plan: Plan, settings: int, horizon: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shapes of a partial's moments [quantities, 4, settings, steps] and block sums [kept, settings, steps, blocks]."""
    from numerics.statistics import BLOCKS, QUANTITIES

    blocks = min(BLOCKS, plan.runs)
    return (len(QUANTITIES), 4, settings, horizon), (len(plan.measures), settings, horizon, blocks)


def partial_bytes(plan: Plan, settings: int, horizon: int) -> int:
    """Bytes of a partial result, which is what a shard sends back."""
    from math import prod

    return 8 * (1 + sum(prod(s) for s in shape(plan, settings, horizon)))


def settings_per_cell(plan: Plan, horizon: int) -> int:
    """How many settings a cell of this horizon takes together."""
    return max(1, CELL_PAYLOAD // partial_bytes(plan, 1, horizon))
