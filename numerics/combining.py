"""The order in which tiles of runs are combined: one loop, compiled, for every tier."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def combine(
    rows: np.ndarray,
    start: int,
    total: np.ndarray,
    central: np.ndarray,
    blocks: np.ndarray,
    before: int,
    runs: int,
    tile: int,
    mean: np.ndarray,
    powers: np.ndarray,
    block_sum: np.ndarray,
) -> None:
    """Fold the tiles of a batch into the running moments, in place, tile after tile.

    `total` [steps, settings, tiles], `central` [3, steps, settings, tiles] and `blocks` [steps, settings, tiles, blocks]
    (or empty) as in `numerics.statistics.Moments`; `mean` [all settings, all steps], `powers` [3, …], `block_sum`
    […, blocks] (or empty) are updated for the setting rows `rows` and the steps from `start`. `before` runs were
    counted already. Sums of central powers by Pébay (2008), equations 3.1.
    """
    steps, settings, tiles = total.shape
    for step in range(steps):
        for setting in range(settings):
            row, column = rows[setting], start + step
            first, second, third, fourth = (
                mean[row, column],
                powers[0, row, column],
                powers[1, row, column],
                powers[2, row, column],
            )
            for index in range(tiles):
                a = float(before + index * tile)
                b = float(min(tile, runs - index * tile))
                n = a + b
                delta = total[step, setting, index] / b - first
                square, cube = central[0, step, setting, index], central[1, step, setting, index]
                quart = central[2, step, setting, index]
                d2 = delta * delta
                fourth += (
                    quart
                    + d2 * d2 * (a * b * (a * a - a * b + b * b) / (n * n * n))
                    + d2 * (a * a * square + b * b * second) * (6.0 / (n * n))
                    + delta * (a * cube - b * third) * (4.0 / n)
                )
                third += cube + d2 * delta * (a * b * (a - b) / (n * n)) + delta * (a * square - b * second) * (3.0 / n)
                second += square + d2 * (a * b / n)
                first += delta * (b / n)
            mean[row, column] = first
            powers[0, row, column] = second
            powers[1, row, column] = third
            powers[2, row, column] = fourth
            if blocks.size:
                for index in range(tiles):
                    for block in range(blocks.shape[3]):
                        block_sum[row, column, block] += blocks[step, setting, index, block]
