"""Measuring a rate honestly: the averaged measure, the split minimum, Holm, and slope fits (bands: `numerics.bands`).

A horizon is measured by `measure` from one simulation; `fit_rate` joins horizons that were simulated with independent
runs. The unit of resampling is a block of runs (`numerics.statistics`), so memory stays O(steps) per setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from numerics.jackknife import jackknife
from numerics.statistics import GRADIENT_POWER, Statistics

RESAMPLES = 400
"""Bootstrap resamples of the blocks per horizon."""
CHUNK_STEPS = 1 << 12
"""Steps whose resampled means are held at once."""
POWERS = {GRADIENT_POWER: 1.5}
"""The power that M_t is raised to in the theorems' measure; 1 for every other quantity."""


@dataclass(frozen=True)
class Measure:
    """(1/T) Σ_t M_t^p of one setting at one horizon T, and min_t M_t^p by sample splitting.

    With decaying steps the average is weighted by α_t, as the theorems' is (E.1); it is at least the minimum all the same.

    `average` is corrected for the plug-in bias by the jackknife over blocks; `standard_error` is the jackknife's;
    `resampled` [RESAMPLES] are bootstrap values of the average over blocks. `minimum` is evaluated on the half of the
    runs that did not choose its step, averaged over both roles; `degrees` = blocks - 1 for Student's t.
    """

    horizon: int
    average: float
    standard_error: float
    minimum: float
    degrees: int
    resampled: np.ndarray

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Two-sided Student interval for the averaged measure, not below 0."""
        half = student_quantile(0.5 + level / 2, self.degrees) * self.standard_error
        return max(self.average - half, 0.0), self.average + half

    def p_value(self, bound: float) -> float:
        """One-sided p-value of the hypothesis that the averaged measure is at most `bound`."""
        return upper_tail(self.average - bound, self.standard_error, self.degrees)


def measure(statistics: Statistics, name: str = GRADIENT_POWER, *, seed: int = 0) -> list[Measure]:
    """The averaged measure and the split minimum of every setting.

    `seed` is of the bootstrap only. Raises ValueError for float32 statistics, fewer than two blocks, or a quantity
    whose block sums were not kept.
    """
    check_measurable(statistics, name)
    blocks = len(statistics.block_runs)
    power = POWERS.get(name, 1.0)
    first, second = statistics.half_means(name)
    weights = resampling_weights(blocks, seed, statistics.steps)
    return [
        _measure_setting(statistics, row, statistics.block_sum[name][row], power, weights, first[row], second[row])
        for row in range(len(statistics.settings))
    ]


def check_measurable(statistics: Statistics, name: str) -> None:
    """Raises ValueError for float32 statistics, fewer than two blocks, or a quantity whose block sums were not kept."""
    check_precision(statistics)
    if name not in statistics.block_sum:
        raise ValueError(f"blocks of {name} were not kept; pass keep_blocks=({name!r},) to simulate")
    if len(statistics.block_runs) < 2:
        raise ValueError("an interval needs at least 2 runs")


def check_precision(statistics: Statistics) -> None:
    """Raises ValueError for float32 statistics, which are for exploration."""
    if statistics.dtype != torch.float64:
        raise ValueError(f"bounds are checked in float64 only; these statistics come from {statistics.dtype}")


def _measure_setting(
    statistics: Statistics,
    row: int,
    sums: np.ndarray,
    power: float,
    weights: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
) -> Measure:
    blocks, decay = len(statistics.block_runs), float(statistics.settings[row].decay)
    steps = np.arange(1, statistics.steps + 1, dtype=np.float64) ** -decay

    def averaged(block_weights: np.ndarray) -> np.ndarray:
        return averaged_power(sums, statistics.block_runs, block_weights, power, steps)

    everything = averaged(np.ones((1, blocks)))[0]
    left_out = averaged(1.0 - np.eye(blocks))
    minimum = (second[first.argmin()] ** power + first[second.argmin()] ** power) / 2
    return Measure(
        horizon=statistics.steps,
        average=float(blocks * everything - (blocks - 1) * left_out.mean()),
        standard_error=float(jackknife(left_out)[0]),
        minimum=float(minimum),
        degrees=blocks - 1,
        resampled=averaged(weights),
    )


def averaged_power(
    sums: np.ndarray, counts: np.ndarray, weights: np.ndarray, power: float, steps: np.ndarray | None = None
) -> np.ndarray:
    """Σ_t s_t (Σ_b w_b sum_{t,b} / Σ_b w_b n_b)^power / Σ_t s_t, one value per row w of `weights` [k, blocks].

    `sums` is [T, blocks], `counts` the runs in each block [blocks], `steps` the s_t [T] (equal if absent). Steps are
    taken CHUNK_STEPS at a time.
    """
    shares = (weights / (weights @ counts)[:, None]).T
    out, total = np.zeros(len(weights)), 0.0
    for start in range(0, len(sums), CHUNK_STEPS):
        means = sums[start : start + CHUNK_STEPS] @ shares
        powers = means if power == 1.0 else means * np.sqrt(means) if power == 1.5 else means**power
        share = np.ones(len(means)) if steps is None else steps[start : start + CHUNK_STEPS]
        out += (share[:, None] * powers).sum(axis=0)
        total += float(share.sum())
    return out / total


def resampling_weights(blocks: int, seed: int, horizon: int) -> np.ndarray:
    """Multinomial bootstrap weights [RESAMPLES, blocks]; each row sums to `blocks`.

    Other horizons get other weights: with the same ones the horizons' resampled values would be correlated through the
    chance resemblance of their blocks, and the slope's standard error would be as noisy as one from far fewer blocks.
    """
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, horizon], dtype=np.uint64)))
    return generator.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=RESAMPLES).astype(np.float64)


@dataclass(frozen=True)
class RateFit:
    """log y = a + s·log T + c·T^(-1/2): `intercept` a, `slope` s, `correction` c (0 if not fitted).

    `interval` is the Student interval of the slope from its bootstrap standard deviation, `local_slopes` the slopes
    between neighbouring horizons, `largest` the largest horizon.
    """

    intercept: float
    slope: float
    correction: float
    standard_error: float
    interval: tuple[float, float]
    degrees: int
    local_slopes: tuple[float, ...]
    largest: int

    @property
    def resolution(self) -> float:
        """1/ln T at the largest horizon: what a factor log T adds to a local slope, so the least that T can resolve."""
        return float(1.0 / np.log(self.largest))

    def curve(self, horizons: np.ndarray) -> np.ndarray:
        """The fitted measure at these horizons."""
        T = np.asarray(horizons, dtype=np.float64)
        return np.asarray(np.exp(self.intercept + self.slope * np.log(T) + self.correction / np.sqrt(T)))

    def p_value(self, claimed: float) -> float:
        """One-sided p-value of the hypothesis that the slope is at most `claimed` + `resolution`.

        A claimed slope is asymptotic, so a smaller excess over it at finite T is no evidence against it (on real data
        the fit can be significantly, and harmlessly, shallower); and falling faster than claimed is no violation.
        """
        return upper_tail(self.slope - claimed - self.resolution, self.standard_error, self.degrees)


def fit_rate(measures: Sequence[Measure], *, correction: bool = True, level: float = 0.95) -> RateFit:
    """Fit the rate of one setting over horizons that were simulated with independent runs.

    Least squares weighted by `fit_weights`. The T^(-1/2) term needs at least four horizons. Raises
    ValueError for fewer horizons than that (two without it), equal horizons, or a measure that is not positive.
    """
    ordered = sorted(measures, key=lambda m: m.horizon)
    least = 4 if correction else 2
    if len(ordered) < least:
        raise ValueError(f"a fit {'with' if correction else 'without'} correction needs {least} horizons or more")
    T = np.array([m.horizon for m in ordered], dtype=np.float64)
    y = np.array([m.average for m in ordered])
    if (np.diff(T) <= 0).any():
        raise ValueError("the horizons of a fit must be distinct")
    if not (y > 0).all():
        raise ValueError(f"a log-log fit needs positive measures, got {y.min()} at T = {int(T[y.argmin()])}")
    weights = fit_weights(T, np.array([m.standard_error for m in ordered]) / y)
    coefficients = least_squares(T, np.log(y), weights, correction)
    resampled = np.stack([m.resampled for m in ordered])
    slopes = least_squares(T, np.log(resampled), weights, correction)[1]
    degrees = min(m.degrees for m in ordered)
    deviation = float(slopes.std(ddof=1) * np.sqrt((degrees + 1) / degrees))
    half = student_quantile(0.5 + level / 2, degrees) * deviation
    slope = float(coefficients[1])
    return RateFit(
        intercept=float(coefficients[0]),
        slope=slope,
        correction=float(coefficients[2]) if correction else 0.0,
        standard_error=deviation,
        interval=(slope - half, slope + half),
        degrees=degrees,
        local_slopes=tuple((np.diff(np.log(y)) / np.diff(np.log(T))).tolist()),
        largest=ordered[-1].horizon,
    )


def fit_weights(T: np.ndarray, relative_error: np.ndarray) -> np.ndarray:
    """Weights [horizons] of a fit: reciprocals of the relative standard errors, smoothed by a power law in T.

    An error estimated from 32 blocks is itself off by an eighth, and weights that follow that noise make the intervals
    of the slope too short. Errors below a hundredth of the largest are raised to it, so that one exact horizon does not
    decide alone; without any error all weights are equal.
    """
    if not relative_error.any():
        return np.ones_like(T)
    x, y = np.log(T), np.log(np.maximum(relative_error, relative_error.max() / 100))
    centred = x - x.mean()
    return np.asarray(np.exp(-(y.mean() + centred * ((centred @ y) / (centred @ centred)))))


def least_squares(T: np.ndarray, log_y: np.ndarray, weight: np.ndarray, correction: bool) -> np.ndarray:
    """Coefficients (a, s[, c]) of the weighted fit; `log_y` is [horizons] or [horizons, k], `weight` [horizons]."""
    columns = [np.ones_like(T), np.log(T)] + ([T**-0.5] if correction else [])
    weighted = log_y * (weight if log_y.ndim == 1 else weight[:, None])
    return np.asarray(np.linalg.lstsq(np.stack(columns, axis=1) * weight[:, None], weighted, rcond=None)[0])


def holm(p_values: Sequence[float], level: float = 0.05) -> list[bool]:
    """Which hypotheses are rejected at family-wise error `level` by Holm's step-down procedure (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    rejected = [False] * len(p_values)
    for rank, k in enumerate(order):
        if not p_values[k] <= level / (len(p_values) - rank):
            break
        rejected[k] = True
    return rejected


def student_quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t."""
    from scipy.stats import t

    return float(t.ppf(probability, degrees))


def upper_tail(excess: float, standard_error: float, degrees: int) -> float:
    """P(t_degrees ≥ excess/standard_error); without spread, 0 for a positive excess and 1 otherwise."""
    from scipy.stats import t

    if standard_error == 0.0:
        return 0.0 if excess > 0 else 1.0
    return float(t.sf(excess / standard_error, degrees))
