"""Streaming statistics over runs: fixed partition, fixed order of summation, memory independent of runs × steps.

Runs are cut into tiles of `TILE_RUNS`; run r of a tile belongs to block r mod B. A tile is padded with zeros and summed
by halving, a fixed binary tree whose level of B entries is the block sums; tiles are combined in order of their first
run. So the bits depend on the runs alone, never on how the work was chunked in time, threaded or distributed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from numerics.settings import Setting

TILE_RUNS = 256
"""Runs summed together, a power of two. Part of the definition of the results' bits."""
BLOCKS = 32
"""Blocks of runs whose means are kept: the unit of sample splitting and of the bootstrap."""

GRADIENT_POWER = "gradient_power"
"""‖∇f(θ_{t-1})‖^{4/3}, whose mean is the paper's M_t."""
GRADIENT_SQUARE = "gradient_square"
"""‖∇f(θ_{t-1})‖²."""
GAP = "gap"
"""f(θ_{t-1}) - f_inf."""
QUANTITIES = (GRADIENT_POWER, GRADIENT_SQUARE, GAP)

MOMENTUM_SQUARE = "momentum_square"
"""‖m_t‖²."""
STEP_SQUARE = "step_square"
"""‖a_t‖², a_t = g_t/s_{t-1} the (clipped) normalised gradient that the momentum averages."""
NORMALISED_GRADIENT = "normalised_gradient"
"""Σ_i (∂_i f(θ_{t-1}))²/s_{t-1,i}, whose mean is the certificates' Q_t."""
ATOMS = (MOMENTUM_SQUARE, STEP_SQUARE, NORMALISED_GRADIENT)
"""Quantities of ADOPT and its ablations that a certificate's lines speak about."""


@dataclass(frozen=True)
class Statistics:
    """Per-step statistics over runs, for each setting.

    `mean`, `variance` (unbiased), `skewness` and `kurtosis` (third and fourth standardised moments, 0 where there is no
    spread): name → float64 [settings, steps], row t-1 for step t = 1..T, taken at θ_{t-1}.
    `block_sum`: name → float64 [settings, steps, blocks], of the quantities kept by block; `block_runs`: [blocks].
    """

    settings: tuple[Setting, ...]
    runs: int
    steps: int
    dtype: torch.dtype
    mean: Mapping[str, np.ndarray]
    variance: Mapping[str, np.ndarray]
    skewness: Mapping[str, np.ndarray]
    kurtosis: Mapping[str, np.ndarray]
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


@dataclass(frozen=True)
class Moments:
    """One quantity's moments over each tile of a batch of runs, for a chunk of steps; float64, on any device.

    `total` [tiles, settings, steps]: sums over the tile's runs. `central` [3, tiles, settings, steps]: sums of the
    second, third and fourth powers of the deviations from the tile's mean. `blocks` [tiles, settings, steps, blocks]:
    sums over the runs r ≡ b mod blocks of the tile, or None. A tile's steps lie together: it is simulated step by step.
    """

    total: Tensor
    central: Tensor
    blocks: Tensor | None


def halved(values: Tensor, length: int) -> Tensor:
    """Sums over the last dimension by halving it down to `length`, both powers of two: [..., n] → [..., length]."""
    while values.shape[-1] > length:
        half = values.shape[-1] // 2
        values = values[..., :half] + values[..., half:]
    return values


def tile_moments(values: Tensor, blocks: int, keep: bool) -> Moments:
    """Moments of `values` [steps, settings, runs] over the tiles of TILE_RUNS consecutive runs, the last one padded."""
    runs = values.shape[-1]
    padding = -runs % TILE_RUNS
    if padding:
        values = torch.nn.functional.pad(values, (0, padding))
    tiles = values.unflatten(-1, (-1, TILE_RUNS))
    counted = torch.arange(runs + padding, device=values.device).unflatten(-1, (-1, TILE_RUNS)) < runs
    return masked_moments(tiles, counted if padding else None, blocks, keep)


def masked_moments(tiles: Tensor, inside: Tensor | None, blocks: int, keep: bool) -> Moments:
    """`tile_moments` of whole tiles [steps, settings, tiles, TILE_RUNS] in which only some runs count.

    `inside` [tiles, TILE_RUNS] is True for those, the first of each tile; None if all count.
    """
    tiles = tiles.to(torch.float64)
    if inside is not None:
        tiles = tiles.where(inside, 0.0)
    sums = halved(tiles, blocks)
    total = halved(sums, 1)
    count = TILE_RUNS if inside is None else inside.sum(-1, keepdim=True).clamp(min=1)
    deviation = tiles - total / count
    if inside is not None:
        deviation = deviation.where(inside, 0.0)
    square = deviation * deviation
    powers = [halved(power, 1)[..., 0] for power in (square, square * deviation, square * square)]
    central = torch.stack(powers).permute(0, 3, 2, 1)
    return Moments(total[..., 0].permute(2, 1, 0), central, sums.permute(2, 1, 0, 3) if keep else None)


def four_thirds(square: Tensor) -> Tensor:
    """x^{4/3} from x² ≥ 0: the cube root by exponential and logarithm, one Newton step, squared. Exact at 0 and inf."""
    root = torch.exp(torch.log(square) / 3.0)
    polished = root - (root * root * root - square) / (3.0 * root * root)
    return torch.where(polished.abs() < torch.inf, polished, root).square()  # isfinite would not become vector code


class Accumulator:
    """Mean, central sums of powers 2 to 4, and block sums of one quantity, fed batch by batch of runs."""

    def __init__(self, settings: int, steps: int, blocks: int, keep_blocks: bool) -> None:
        self.count = 0
        self.mean = np.zeros((settings, steps))
        self.central = np.zeros((3, settings, steps))
        self.blocks = blocks
        self.block_sum = np.zeros((settings, steps, blocks)) if keep_blocks else None

    def add(self, rows: Sequence[int], start: int, moments: Moments, runs: int) -> None:
        """Combine the tiles of a batch of `runs` runs, in order, for the steps from `start` and these setting rows.

        By the pairwise updates of Chan, Golub and LeVeque (1983) and Pébay (2008).
        """
        from numerics.combining import combine

        combine(
            np.asarray(rows, dtype=np.int64),
            start,
            moments.total.cpu().contiguous().numpy(),
            moments.central.cpu().contiguous().numpy(),
            np.zeros((0, 0, 0, 0)) if moments.blocks is None else moments.blocks.cpu().contiguous().numpy(),
            self.count,
            runs,
            TILE_RUNS,
            self.mean,
            self.central,
            np.zeros((0, 0, 0)) if self.block_sum is None else self.block_sum,
        )

    def finish_batch(self, runs: int) -> None:
        """Count the runs of a batch after all its steps and settings were added."""
        self.count += runs

    def variance(self) -> np.ndarray:
        """Unbiased variances over runs; zero for a single run."""
        return np.asarray(self.central[0] / max(self.count - 1, 1))

    def standardised(self, power: int) -> np.ndarray:
        """The third or fourth standardised moments over runs; zero where σ^power is zero in float64."""
        scale = (self.central[0] / self.count) ** (power / 2)
        differ = scale > 0
        return np.asarray(np.where(differ, self.central[power - 2] / self.count / np.where(differ, scale, 1.0), 0.0))
