"""The delete-one jackknife: the standard error and the skewness of an estimate from its leave-one-out values."""

from __future__ import annotations

import numpy as np


def jackknife(left_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard error and skewness of an estimate; `left_out` [n, ...] are its values without block 0, 1, ..., n − 1.

    Both have the shape of one value. Where all values are equal both are 0. Source: Efron and Stein (1981); the skewness is
    the third moment of the same deviations. Raises ValueError for fewer than two blocks.
    """
    n = len(left_out)
    if n < 2:
        raise ValueError(f"the jackknife needs at least 2 blocks, got {n}")
    deviations = left_out.mean(axis=0) - left_out
    spread = np.sqrt((deviations**2).sum(axis=0))
    relative = np.divide(deviations, spread, out=np.zeros_like(deviations), where=spread > 0)
    return np.sqrt((n - 1) / n) * spread, (relative**3).sum(axis=0)
