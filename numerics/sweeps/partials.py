"""Partial results: moments and block sums over some runs of a cell, their sums, and their bytes.

`numerics.combining` adds the moments of any two sets of runs; which two, and in which order, is the tree of
`numerics.sweeps.shards`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from numerics.combining import combine
from numerics.settings import Setting
from numerics.statistics import QUANTITIES, Statistics


@dataclass(frozen=True)
class Partial:
    """Moments over `runs` runs of a cell; float64, little-endian when in bytes.

    `mean` [quantities, settings, steps]; `central` [quantities, 3, settings, steps], the sums of the second, third and
    fourth powers of deviations from the mean; `block_sum` [kept quantities, settings, steps, blocks].
    """

    runs: int
    mean: np.ndarray
    central: np.ndarray
    block_sum: np.ndarray

    def to_bytes(self) -> bytes:
        """The number of runs and the three arrays, one after the other: no header, no compression, the same bytes always."""
        arrays = (np.array([self.runs]), self.mean, self.central, self.block_sum)
        return b"".join(np.ascontiguousarray(a, dtype=a.dtype.newbyteorder("<")).tobytes() for a in arrays)


def from_bytes(data: bytes, settings: int, steps: int, kept: int, blocks: int) -> Partial:
    """The partial result of a cell with these dimensions. Raises ValueError for bytes of another length."""
    Q = len(QUANTITIES)
    shapes = ((Q, settings, steps), (Q, 3, settings, steps), (kept, settings, steps, blocks))
    sizes = [int(np.prod(s)) for s in shapes]
    if len(data) != 8 * (1 + sum(sizes)):
        raise ValueError(f"a partial result has {len(data)} bytes where {8 * (1 + sum(sizes))} belong")
    values = np.frombuffer(data, dtype="<f8", offset=8)
    parts = np.split(values, np.cumsum(sizes)[:-1])
    runs = int(np.frombuffer(data, dtype="<i8", count=1)[0])
    mean, central, block_sum = (part.reshape(s) for part, s in zip(parts, shapes, strict=True))
    return Partial(runs, mean, central, block_sum)


def from_statistics(found: Statistics, kept: Sequence[str], blocks: int) -> Partial:
    """The partial result that a simulation of a leaf is; blocks that a short leaf does not reach get zeros."""
    n = found.runs
    mean = np.stack([found.mean[q] for q in QUANTITIES])
    spread = np.stack([found.variance[q] for q in QUANTITIES]) * ((n - 1) / n)
    third = np.stack([found.skewness[q] for q in QUANTITIES]) * (spread * np.sqrt(spread))
    fourth = np.stack([found.kurtosis[q] for q in QUANTITIES]) * (spread * spread)
    central = n * np.stack([spread, third, fourth], axis=1)
    short = np.stack([found.block_sum[q] for q in kept])
    block_sum = np.zeros((*short.shape[:-1], blocks))
    block_sum[..., : short.shape[-1]] = short
    return Partial(n, mean, central, block_sum)


def add(left: Partial, right: Partial) -> Partial:
    """The moments over both sets of runs (Pébay 2008). Not symmetric in its last bits: left are the earlier runs."""
    Q, settings, _ = left.mean.shape
    rows = np.arange(settings)
    mean, central, block_sum = left.mean.copy(), left.central.copy(), left.block_sum + right.block_sum
    none = np.zeros((0, 0, 0))
    for q in range(Q):
        total, powers = right.mean[q][None] * right.runs, right.central[q][:, None]
        combine(rows, 0, total, powers, none[None], left.runs, right.runs, right.runs, mean[q], central[q], none)
    return Partial(left.runs + right.runs, mean, central, block_sum)


def tree_sum(leaves: Iterable[Partial]) -> Partial:
    """The sum of consecutive leaves along the tree of `numerics.sweeps.shards`; memory of a logarithm of their number.

    Like a binary counter: equal levels are added at once, and what is left at the end is added from the right.
    """
    stack: list[tuple[int, Partial]] = []
    for leaf in leaves:
        level, node = 0, leaf
        while stack and stack[-1][0] == level:
            node = add(stack.pop()[1], node)
            level += 1
        stack.append((level, node))
    _, node = stack.pop()
    while stack:
        node = add(stack.pop()[1], node)
    return node


def to_statistics(partial: Partial, settings: tuple[Setting, ...], kept: Sequence[str]) -> Statistics:
    """The same as `simulate` returns, for `numerics.rates`."""
    import torch

    n, blocks = partial.runs, partial.block_sum.shape[-1]
    spread = partial.central[:, 0] / n

    def standardised(sums: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """As `Accumulator.standardised`: zero where the power of σ is zero in float64."""
        return np.where(scale > 0, sums / n / np.where(scale > 0, scale, 1.0), 0.0)

    def named(values: np.ndarray) -> dict[str, np.ndarray]:
        return dict(zip(QUANTITIES, values, strict=True))

    return Statistics(
        settings=settings,
        runs=n,
        steps=partial.mean.shape[-1],
        dtype=torch.float64,
        mean=named(partial.mean),
        variance=named(partial.central[:, 0] / max(n - 1, 1)),
        skewness=named(standardised(partial.central[:, 1], spread * np.sqrt(spread))),
        kurtosis=named(standardised(partial.central[:, 2], spread * spread)),
        block_sum=dict(zip(kept, partial.block_sum, strict=True)),
        block_runs=np.bincount(np.arange(n) % blocks, minlength=blocks),
    )
