"""Confidence limits of M_t over time, and what they say about min_t M_t: bands, intervals and tests of the minimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numerics.rates import POWERS, check_measurable, check_precision, student_quantile
from numerics.statistics import GRADIENT_POWER, Statistics


def simultaneous_band(
    statistics: Statistics, name: str = GRADIENT_POWER, *, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper band [settings, T] that hold the true means of every step at once with probability `level`.

    Bonferroni over the T steps, so no assumption on the dependence between steps; otherwise as `limits`.
    """
    tail = (1 - level) / (2 * statistics.steps)
    return limits(statistics, name, tail, upper=False), limits(statistics, name, tail, upper=True)


def limits(statistics: Statistics, name: str, tail: float, *, upper: bool) -> np.ndarray:
    """One-sided confidence limits [settings, T]; each step's own mean is beyond its limit with probability `tail`.

    Student limits of the mean over runs, with its skewness removed by Hall's cubic transformation (Hall 1992, "On the
    removal of skewness by transformation"): squared norms are so skewed that without it the upper limits fail twice as
    often as they may. Asymptotic in the number of runs. Raises ValueError for a single run, or float32 statistics.
    """
    deviation, skew = _deviation_and_skewness(statistics, name)
    quantile = student_quantile(1 - tail, statistics.runs - 1)
    shift = deviation * hall_inverse(-quantile if upper else quantile, skew)
    return np.maximum(statistics.mean[name] - shift, 0.0)


def _deviation_and_skewness(statistics: Statistics, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Of the mean over runs, [settings, T]: its standard error, and γ/√runs."""
    check_precision(statistics)
    if statistics.runs < 2:
        raise ValueError("a band needs at least 2 runs")
    root = np.sqrt(statistics.runs)
    return np.sqrt(statistics.variance[name]) / root, statistics.skewness[name] / root


def hall_transform(x: np.ndarray, skew: np.ndarray) -> np.ndarray:
    """x + skew·x²/3 + skew²·x³/27 + skew/6: the studentised deviation x of a mean with its skewness removed."""
    return np.asarray(x + skew * x * x / 3 + skew * skew * x * x * x / 27 + skew / 6)


def hall_inverse(quantile: float, skew: np.ndarray) -> np.ndarray:
    """The x whose `hall_transform` is `quantile`, skew = γ/√runs.

    The transform is ((1 + skew·x/3)³ - 1)/skew + skew/6, so x is a cube root; without skew it is `quantile`.
    """
    shifted = quantile - skew / 6
    safe = np.where(np.abs(skew) > 1e-6, skew, 1.0)
    return np.asarray(np.where(np.abs(skew) > 1e-6, 3 / safe * (np.cbrt(1 + safe * shifted) - 1), shifted))


@dataclass(frozen=True)
class Minimum:
    """min_t M_t^p of one setting: `estimate` by sample splitting, and a confidence interval [low, high].

    The plug-in minimum min_t of the sample means is biased down, and none of these is that.
    """

    estimate: float
    low: float
    high: float


def minimum(statistics: Statistics, name: str = GRADIENT_POWER, *, level: float = 0.95) -> list[Minimum]:
    """The minimum over steps of every setting, with a two-sided interval at `level`.

    `low` is the least of the steps' own one-sided limits: if it is above min_t M_t, then the limit of the step where the
    minimum is taken is above that step's mean, which happens with probability (1 - level)/2; no correction for T steps
    is needed. `high` is a limit of M at a step that was chosen on the other half of the runs, which is at least the
    minimum; both roles of the halves are used, with half the error each. Raises ValueError as `measure` does.
    """
    check_measurable(statistics, name)
    tail, power = (1 - level) / 2, POWERS.get(name, 1.0)
    low = limits(statistics, name, tail, upper=False).min(axis=1)
    counts, found = statistics.block_runs, []
    halves = slice(0, None, 2), slice(1, None, 2)
    for row in range(len(statistics.settings)):
        sums, centres, highs = statistics.block_sum[name][row], [], []
        for chosen, tested in (halves, halves[::-1]):
            step = int(sums[:, chosen].sum(axis=1).argmin())
            centre, error, degrees = _ratio(sums[step, tested], counts[tested])
            centres.append(max(centre, 0.0) ** power)
            highs.append(centre + student_quantile(1 - tail / 2, degrees) * error if degrees else np.inf)
        high = float(min(highs)) ** power
        found.append(Minimum(sum(centres) / 2, min(float(low[row]) ** power, high), high))
    return found


def _ratio(sums: np.ndarray, counts: np.ndarray) -> tuple[float, float, int]:
    """The mean over the runs of some blocks, its standard error from the spread between them, and its degrees."""
    blocks = len(sums)
    centre = float(sums.sum() / counts.sum())
    if blocks < 2:
        return centre, 0.0, 0
    residual = sums - centre * counts
    return centre, float(np.sqrt(blocks / (blocks - 1) * (residual @ residual)) / counts.sum()), blocks - 1


def minimum_p_values(statistics: Statistics, bounds: Sequence[float], name: str = GRADIENT_POWER) -> np.ndarray:
    """p-values [settings] of "min_t M_t^p is at most the bound", one bound for each setting.

    The minimum exceeds the bound only if every step does, so the largest of the steps' own p-values is valid as it is
    (intersection-union test, Berger 1982). Raises ValueError as `measure` does.
    """
    from scipy.stats import t

    check_measurable(statistics, name)
    deviation, skew = _deviation_and_skewness(statistics, name)
    threshold = np.maximum(np.asarray(bounds, dtype=np.float64), 0.0) ** (1 / POWERS.get(name, 1.0))
    excess = statistics.mean[name] - threshold[:, None]
    spread = deviation > 0
    studentised = hall_transform(excess / np.where(spread, deviation, 1.0), skew)
    return np.where(spread, t.sf(studentised, statistics.runs - 1), np.where(excess > 0, 0.0, 1.0)).max(axis=1)
