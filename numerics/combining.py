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
    weights = np.empty((tiles, 9))
    for index in range(tiles):
        a, b = float(before + index * tile), float(min(tile, runs - index * tile))
        n, ab = a + b, a * b
        third, fourth = ab * (a - b) / (n * n), ab * (a * a - ab + b * b) / (n * n * n)
        weights[index] = (a, b, b / n, ab / n, third, 3.0 / n, fourth, 6.0 / (n * n), 4.0 / n)
    for setting in range(settings):
        row = rows[setting]
        for step in range(steps):
            column = start + step
            first, second = mean[row, column], powers[0, row, column]
            cubes, fourths = powers[1, row, column], powers[2, row, column]
            for index in range(tiles):
                a, b, weight, pair, third_delta, third_mixed, fourth_delta, fourth_square, fourth_mixed = weights[index]
                square, cube = central[0, index, setting, step], central[1, index, setting, step]
                delta = total[index, setting, step] / b - first
                d2 = delta * delta
                fourths += (
                    central[2, index, setting, step]
                    + d2 * d2 * fourth_delta
                    + d2 * (a * a * square + b * b * second) * fourth_square
                    + delta * (a * cube - b * cubes) * fourth_mixed
                )
                cubes += cube + d2 * delta * third_delta + delta * (a * square - b * second) * third_mixed
                second += square + d2 * pair
                first += delta * weight
                if blocks.size:
                    for block in range(blocks.shape[3]):
                        block_sum[row, column, block] += blocks[index, setting, step, block]
            mean[row, column], powers[0, row, column] = first, second
            powers[1, row, column], powers[2, row, column] = cubes, fourths
