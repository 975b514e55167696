"""Streaming statistics over runs: fixed partition, fixed order of summation, memory independent of runs × steps.

Run r belongs to block r mod B. A tile of runs is summed block by block with a fixed binary tree (`fold`); tiles are
combined in order of their first run. So the bits depend on (runs, B, the tile size constant), never on how the work was
chunked in time, threaded or distributed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from numerics.settings import Setting

BLOCKS = 32
"""Blocks of runs whose means are kept: the unit of sample splitting and of the bootstrap."""

GRADIENT_POWER = "gradient_power"
"""‖∇f(θ_{t-1})‖^{4/3}, whose mean is the paper's M_t."""
GRADIENT_SQUARE = "gradient_square"
"""‖∇f(θ_{t-1})‖²."""
GAP = "gap"
"""f(θ_{t-1}) - f_inf."""
QUANTITIES = (GRADIENT_POWER, GRADIENT_SQUARE, GAP)


@dataclass(frozen=True)
class Statistics:
    """Per-step statistics over runs, for each setting.

    `mean`, `variance` (unbiased), `skewness` (third standardised moment, 0 where there is no spread): name → float64
    [settings, steps], row t-1 for step t = 1..T, taken at θ_{t-1}.
    `block_sum`: name → float64 [settings, steps, blocks], of the quantities kept by block; `block_runs`: [blocks].
    """

    settings: tuple[Setting, ...]
    runs: int
    steps: int
    dtype: torch.dtype
    mean: Mapping[str, np.ndarray]
    variance: Mapping[str, np.ndarray]
    skewness: Mapping[str, np.ndarray]
    block_sum: Mapping[str, np.ndarray]
    block_runs: np.ndarray

    def block_mean(self, name: str) -> np.ndarray:
        """Means over each block of runs, [settings, steps, blocks]."""
        return self.block_sum[name] / self.block_runs

    def half_means(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Means over the even blocks and over the odd blocks, [settings, steps] each: two disjoint halves of the runs.

        Raises ValueError for fewer than two blocks.
        """
        if len(self.block_runs) < 2:
            raise ValueError("sample splitting needs at least 2 runs")
        sums, counts = self.block_sum[name], self.block_runs
        first, second = sums[..., 0::2].sum(-1), sums[..., 1::2].sum(-1)
        return first / counts[0::2].sum(), second / counts[1::2].sum()


def fold(values: Tensor) -> Tensor:
    """Sum over the second last dimension by halving, a fixed tree of elementwise additions: [..., n, m] → [..., m]."""
    while values.shape[-2] > 1:
        half = values.shape[-2] // 2
        summed = values[..., :half, :] + values[..., half : 2 * half, :]
        odd = values.shape[-2] % 2
        values = torch.cat([summed, values[..., -1:, :]], dim=-2) if odd else summed
    return values[..., 0, :]


def in_blocks(values: Tensor, blocks: int) -> Tensor:
    """Sums of the runs r ≡ b mod blocks: [..., runs] → [..., blocks]."""
    padding = -values.shape[-1] % blocks
    padded = torch.nn.functional.pad(values, (0, padding))
    return fold(padded.unflatten(-1, (-1, blocks)))


def sum_of_blocks(sums: Tensor) -> Tensor:
    """The total over blocks by the fixed tree: [..., blocks] → [...]."""
    return fold(sums.unsqueeze(-1))[..., 0]


def four_thirds(square: Tensor) -> Tensor:
    """x^{4/3} from x² ≥ 0: the cube root by exponential and logarithm, one Newton step, squared. Exact at 0 and inf."""
    root = torch.exp(torch.log(square) / 3.0)
    polished = root - (root * root * root - square) / (3.0 * root * root)
    return torch.where(polished.isfinite(), polished, root).square()


class Accumulator:
    """Mean, centred sums of squares and cubes, and block sums of one quantity, fed tile by tile of runs."""

    def __init__(self, settings: int, steps: int, blocks: int, keep_blocks: bool) -> None:
        self.count = 0
        self.mean = torch.zeros(settings, steps, dtype=torch.float64)
        self.squares = torch.zeros(settings, steps, dtype=torch.float64)
        self.cubes = torch.zeros(settings, steps, dtype=torch.float64)
        self.blocks = blocks
        self.block_sum = torch.zeros(settings, steps, blocks, dtype=torch.float64) if keep_blocks else None

    def add(self, rows: Sequence[int], start: int, values: Tensor) -> None:
        """Fold in `values` [steps, settings, runs] of a tile, for the steps from `start` and these setting rows.

        Tiles are combined by the pairwise updates of Chan, Golub and LeVeque (1983) and Pébay (2008).
        """
        values = values.to(device="cpu", dtype=torch.float64)
        steps, runs = values.shape[0], values.shape[2]
        sums = in_blocks(values, self.blocks)
        mean = sum_of_blocks(sums) / runs
        deviation = values - mean.unsqueeze(-1)
        square = deviation.square()
        squares = sum_of_blocks(in_blocks(square, self.blocks)).T
        cubes = sum_of_blocks(in_blocks(square * deviation, self.blocks)).T
        span, index = slice(start, start + steps), list(rows)
        before, after = self.count, self.count + runs
        delta = mean.T - self.mean[index, span]
        self.cubes[index, span] += (
            cubes
            + delta.pow(3) * (before * runs * (before - runs) / after**2)
            + delta * (before * squares - runs * self.squares[index, span]) * (3.0 / after)
        )
        self.squares[index, span] += squares + delta.square() * (before * runs / after)
        self.mean[index, span] += delta * (runs / after)
        if self.block_sum is not None:
            self.block_sum[index, span] += sums.transpose(0, 1)

    def finish_tile(self, runs: int) -> None:
        """Count the runs of a tile after all its steps and settings were added."""
        self.count += runs

    def variance(self) -> np.ndarray:
        """Unbiased variances over runs; zero for a single run."""
        return np.asarray(self.squares.numpy() / max(self.count - 1, 1))

    def skewness(self) -> np.ndarray:
        """Third standardised moments over runs; zero where the runs do not differ."""
        squares = self.squares.numpy() / self.count
        scale = np.where(squares > 0, squares, 1.0) ** 1.5
        return np.asarray(np.where(squares > 0, self.cubes.numpy() / self.count / scale, 0.0))
