"""Do 95 % intervals hold the truth 95 times in 100, and are false alarms as rare as they are said to be?

On the hard instance H1 the truth is known exactly: E f'(θ_t)² in closed form for any T, E|f'(θ_t)|^{4/3} by listing all
noise paths of up to 16 steps. Every repetition goes through the whole pipeline: simulation, blocks, jackknife,
bootstrap, fit. Quick versions have 200 repetitions and margins of 3.5 binomial standard deviations; the slow ones have
1,000 and must be within 93 % to 97 %.
"""

import functools
import math
from dataclasses import replace

import numpy as np
import pytest

from numerics import closed_form
from numerics.bands import minimum, minimum_p_values, simultaneous_band
from numerics.engine import simulate
from numerics.rates import fit_rate, fit_weights, holm, least_squares, measure
from numerics.registry import problem
from numerics.settings import Setting
from numerics.statistics import GRADIENT_POWER, GRADIENT_SQUARE

HORIZONS = {GRADIENT_POWER: (4, 6, 8, 12, 16), GRADIENT_SQUARE: (8, 16, 32, 64)}
"""Horizons whose slope is fitted: as long as the truth is known."""
QUICK = 200
HARD = problem("hard_instance")


def step_size(horizon):
    return 2.0 / math.sqrt(horizon)


def truth(quantity, horizon):
    """M_t^p at every step."""
    law = {GRADIENT_POWER: closed_form.gradient_power, GRADIENT_SQUARE: closed_form.gradient_square}[quantity]
    values = law(1.0, 1.0, 1.0, 2.0, step_size(horizon), horizon)[:horizon]
    return values**1.5 if quantity == GRADIENT_POWER else values


def simulated(quantity, horizon, runs, repetition):
    """Repetition k has runs of its own."""
    setting = Setting(step_size(horizon), {"beta1": 0.0, "beta2": 0.9, "eps": 2.0})
    first = runs * repetition
    kept = (quantity,)
    return simulate(
        problem("hard_instance"),
        "adopt",
        [setting],
        runs,
        horizon,
        horizon,
        first_run=first,
        keep_blocks=kept,
        quantities=(GRADIENT_POWER,),
    )


@functools.cache
def averages(quantity, horizon, count, runs):
    """The averaged measures of `count` repetitions; eight are simulated at once as 256 blocks of runs, 32 for each."""
    found = []
    for k in range(count // 8):
        setting = Setting(step_size(horizon), {"beta1": 0.0, "beta2": 0.9, "eps": 2.0})
        first, kept = 8 * runs * k, (quantity,)
        eight = simulate(
            HARD,
            "adopt",
            [setting],
            8 * runs,
            horizon,
            horizon,
            first_run=first,
            blocks=256,
            keep_blocks=kept,
            quantities=(GRADIENT_POWER,),
        )
        for j in range(8):
            own = slice(32 * j, 32 * j + 32)
            sums = {quantity: eight.block_sum[quantity][..., own]}
            one = replace(eight, runs=runs, block_sum=sums, block_runs=eight.block_runs[own])
            found += measure(one, quantity, seed=8 * k + j)
    return found


def coverage_of_averages(quantity, count, runs):
    """(Share of intervals that hold the truth, share of false alarms at level 5 %)."""
    exact, found = truth(quantity, 16).mean(), averages(quantity, 16, count, runs)
    covered = [low <= exact <= high for low, high in (m.interval(0.95) for m in found)]
    return np.mean(covered), np.mean([m.p_value(exact) <= 0.05 for m in found])


def coverage_of_slopes(quantity, count, runs, correction):
    """Share of slope intervals that hold the slope of the same fit to the true values."""
    horizons = HORIZONS[quantity]
    exact, T = np.log([truth(quantity, t).mean() for t in horizons]), np.array(horizons, dtype=float)
    covered = []
    for k in range(count):
        found = [averages(quantity, t, count, runs)[k] for t in horizons]
        low, high = fit_rate(found, correction=correction).interval
        weights = fit_weights(T, np.array([m.standard_error / m.average for m in found]))
        covered.append(low <= least_squares(T, exact, weights, correction)[1] <= high)
    return np.mean(covered)


def coverage_of_minima(quantity, count, runs):
    """Shares of: intervals whose lower end is above, whose upper end is below the minimum; false alarms; caught at 0.7."""
    exact = truth(quantity, 16).min()
    above, below, alarms, caught = [], [], [], []
    for k in range(count):
        found = simulated(quantity, 16, runs, k)
        (one,) = minimum(found, quantity)
        above.append(one.low > exact)
        below.append(one.high < exact)
        alarms.append(minimum_p_values(found, [exact], quantity)[0] <= 0.05)
        caught.append(minimum_p_values(found, [0.7 * exact], quantity)[0] <= 0.05)
    return tuple(np.mean(x) for x in (above, below, alarms, caught))


def margin(probability, count):
    return 3.5 * math.sqrt(probability * (1 - probability) / count)


# -- quick


@pytest.mark.parametrize("quantity", [GRADIENT_POWER, GRADIENT_SQUARE])
def test_averages(quantity):
    covered, alarms = coverage_of_averages(quantity, QUICK, 64)
    assert abs(covered - 0.95) <= margin(0.95, QUICK)
    assert alarms <= 0.05 + margin(0.05, QUICK)


def test_slopes():
    for correction in (True, False):
        assert abs(coverage_of_slopes(GRADIENT_POWER, QUICK, 64, correction) - 0.95) <= margin(0.95, QUICK)


def test_minima():
    above, below, alarms, caught = coverage_of_minima(GRADIENT_POWER, QUICK, 256)
    assert above <= 0.025 + margin(0.025, QUICK)
    assert below <= 0.025 + margin(0.025, QUICK)
    assert alarms <= 0.05 + margin(0.05, QUICK)
    assert caught >= 0.95


def test_bands_hold_all_steps_at_once():
    exact = closed_form.gradient_power(1.0, 1.0, 1.0, 2.0, step_size(16), 16)
    inside = []
    for k in range(QUICK):
        low, high = simultaneous_band(simulated(GRADIENT_POWER, 16, 256, k))
        inside.append(((low[0] <= exact * (1 + 1e-12)) & (exact * (1 - 1e-12) <= high[0])).all())
    assert np.mean(inside) >= 0.95 - margin(0.95, QUICK)


def test_a_bound_understated_by_thirty_percent_is_caught_in_every_family():
    """Ten cells share the level by Holm; nine bounds are the truth itself, the tenth is 0.7 of it."""
    exact, found = truth(GRADIENT_POWER, 16).mean(), averages(GRADIENT_POWER, 16, QUICK, 64)
    for family in range(QUICK // 10):
        cells = found[10 * family : 10 * family + 10]
        bounds = [exact] * 9 + [0.7 * exact]
        assert holm([m.p_value(b) for m, b in zip(cells, bounds, strict=True)])[-1]


# -- a thousand repetitions


@pytest.mark.slow
@pytest.mark.parametrize("quantity", [GRADIENT_POWER, GRADIENT_SQUARE])
@pytest.mark.parametrize("runs", [64, 256])
def test_a_thousand_averages(quantity, runs):
    covered, alarms = coverage_of_averages(quantity, 1000, runs)
    assert 0.93 <= covered <= 0.97
    assert alarms <= 0.05 + margin(0.05, 1000)


@pytest.mark.slow
@pytest.mark.parametrize("quantity", [GRADIENT_POWER, GRADIENT_SQUARE])
def test_a_thousand_slopes(quantity):
    for correction in (True, False):
        assert 0.93 <= coverage_of_slopes(quantity, 1000, 128, correction) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("quantity", [GRADIENT_POWER, GRADIENT_SQUARE])
def test_a_thousand_minima(quantity):
    """The interval is conservative: it needs no knowledge of the step where the minimum is taken."""
    above, below, alarms, caught = coverage_of_minima(quantity, 1000, 256)
    assert max(above, below) <= 0.025 + margin(0.025, 1000)
    assert alarms <= 0.05 + margin(0.05, 1000)
    assert caught >= 0.95


@pytest.mark.slow
def test_false_alarms_of_whole_families():
    """125 families of 8 cells whose bounds are all exactly true: one false claim or more in at most 5 % of them."""
    exact, found = truth(GRADIENT_POWER, 16).mean(), averages(GRADIENT_POWER, 16, 1000, 64)
    families = [any(holm([m.p_value(exact) for m in found[8 * k : 8 * k + 8]])) for k in range(125)]
    assert np.mean(families) <= 0.05 + margin(0.05, 125)
