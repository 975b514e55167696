"""The order in which tiles of runs are combined: one loop, compiled, for every tier."""

from __future__ import annotations

import numpy as np
from numba import njit

SPAN = 128
"""Steps that are combined in one sweep over the tiles: their moments stay in the first cache."""


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
        for low in range(0, steps, SPAN):
            here = slice(low, min(low + SPAN, steps))
            there = slice(start + here.start, start + here.stop)
            first, second = mean[row, there], powers[0, row, there]
            cubes, fourths = powers[1, row, there], powers[2, row, there]
            for k in range(tiles):
                square, cube = central[0, k, setting, here], central[1, k, setting, here]
                fourth, sums = central[2, k, setting, here], total[k, setting, here]
                for j in range(first.size):
                    delta = sums[j] / b[k] - first[j]
                    d2 = delta * delta
                    fourths[j] += (
                        fourth[j]
                        + d2 * d2 * fourth_delta[k]
                        + d2 * (a[k] * a[k] * square[j] + b[k] * b[k] * second[j]) * (6.0 * part[k] * part[k])
                        + delta * (a[k] * cube[j] - b[k] * cubes[j]) * (4.0 * part[k])
                    )
                    cubes[j] += (
                        cube[j]
                        + d2 * delta * third_delta[k]
                        + delta * (a[k] * square[j] - b[k] * second[j]) * (3.0 * part[k])
                    )
                    second[j] += square[j] + d2 * (a[k] * b[k] * part[k])
                    first[j] += delta * (b[k] * part[k])
                if blocks.size:
                    block_totals, parts = block_sum[row, there], blocks[k, setting, here]
                    for j in range(first.size):
                        for block in range(parts.shape[1]):
                            block_totals[j, block] += parts[j, block]
