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

    `total` [tiles, settings, steps], `central` [3, tiles, settings, steps] and `blocks` [tiles, settings, steps, blocks]
    (or empty) as in `numerics.statistics.Moments`; `mean` [all settings, all steps], `powers` [3, …], `block_sum`
    […, blocks] (or empty) are updated for the setting rows `rows` and the steps from `start`. `before` runs were
    counted already. Sums of central powers by Pébay (2008), equations 3.1.
    """
    tiles, settings, steps = total.shape
    a, b, part = np.empty(tiles), np.empty(tiles), np.empty(tiles)
    third_delta, fourth_delta = np.empty(tiles), np.empty(tiles)
    for k in range(tiles):
        a[k], b[k] = before + k * tile, min(tile, runs - k * tile)
        n, ab = a[k] + b[k], a[k] * b[k]
        part[k], third_delta[k] = 1.0 / n, ab * (a[k] - b[k]) / (n * n)
        fourth_delta[k] = ab * (a[k] * a[k] - ab + b[k] * b[k]) / (n * n * n)
    for setting in range(settings):
        row = rows[setting]
        for step in range(steps):
            column = start + step
            first, second = mean[row, column], powers[0, row, column]
            cubes, fourths = powers[1, row, column], powers[2, row, column]
            for k in range(tiles):
                square, cube = central[0, k, setting, step], central[1, k, setting, step]
                delta = total[k, setting, step] / b[k] - first
                d2 = delta * delta
                fourths += (
                    central[2, k, setting, step]
                    + d2 * d2 * fourth_delta[k]
                    + d2 * (a[k] * a[k] * square + b[k] * b[k] * second) * (6.0 * part[k] * part[k])
                    + delta * (a[k] * cube - b[k] * cubes) * (4.0 * part[k])
                )
                cubes += cube + d2 * delta * third_delta[k] + delta * (a[k] * square - b[k] * second) * (3.0 * part[k])
                second += square + d2 * (a[k] * b[k] * part[k])
                first += delta * (b[k] * part[k])
                if blocks.size:
                    for block in range(blocks.shape[3]):
                        block_sum[row, column, block] += blocks[k, setting, step, block]
            mean[row, column], powers[0, row, column] = first, second
            powers[1, row, column], powers[2, row, column] = cubes, fourths
