"""Rates, intervals and tests of bounds, against problems whose answer is known exactly."""

import math

import numpy as np
import pytest
import torch

from numerics import closed_form
from numerics.bands import simultaneous_band
from numerics.engine import simulate
from numerics.exact import working_precision
from numerics.rates import Measure, averaged_power, fit_rate, holm, measure
from numerics.registry import problem
from numerics.settings import Setting
from numerics.statistics import GRADIENT_POWER, GRADIENT_SQUARE
from numerics.trees import TREES, tree

HARD = problem("hard_instance")


def hard_setting(horizon):
    return Setting(2.0 / math.sqrt(horizon), {"beta1": 0.0, "beta2": 0.9, "eps": 2.0})


def hard_truth(horizon):
    return closed_form.averaged_gradient_square(1.0, 1.0, 1.0, 2.0, 2.0 / math.sqrt(horizon), horizon)


def hard_measures(horizon, repetitions, runs, seed):
    """Independent repetitions of the averaged E f'², whose exact value is `hard_truth`."""
    for repetition in range(repetitions):
        result = simulate(
            HARD,
            "adopt",
            [hard_setting(horizon)],
            runs,
            horizon,
            seed,
            first_run=repetition * runs,
            keep_blocks=(GRADIENT_SQUARE,),
            quantities=(GRADIENT_POWER,),
        )
        yield measure(result, GRADIENT_SQUARE)[0]


def binomial_margin(probability, count):
    return 3.5 * math.sqrt(probability * (1 - probability) / count)


def test_a_bound_understated_by_thirty_percent_is_caught():
    truth = hard_truth(64)
    found = next(hard_measures(64, 1, 1024, seed=3))
    assert found.p_value(0.7 * truth) < 1e-4
    assert found.p_value(truth) > 0.01
    assert found.p_value(1.3 * truth) > 0.999


def test_the_paper_s_measure_agrees_with_an_exact_tree():
    """M_t^{3/2} is not linear in the runs: the jackknife takes away the plug-in's bias of a few runs."""
    setting = Setting(0.25, {"beta1": 0.5, "beta2": 0.5, "eps": 0.5})
    p, horizon = TREES["tree_log_cosh"][2](), 8
    with working_precision():
        paths = tree(p, "adopt", setting, horizon)
        M = [float(paths.expectation(abs(paths.gradient[t, :, 0])).item()) for t in range(horizon)]
        M43 = [
            float(paths.expectation(np.frompyfunc(lambda x: abs(x).root(3) ** 4, 1, 1)(paths.gradient[t, :, 0])).item())
            for t in range(horizon)
        ]
    exact = float(np.mean(np.array(M43) ** 1.5))
    assert all(m43**1.5 >= m**2 for m43, m in zip(M43, M, strict=True))
    found = [
        measure(simulate(p, "adopt", [setting], 32, horizon, 5, first_run=32 * k, quantities=(GRADIENT_POWER,)))[0]
        for k in range(150)
    ]
    averages = np.array([m.average for m in found])
    assert abs(averages.mean() - exact) < 3.5 * averages.std() / math.sqrt(150)
    covered = np.mean([low <= exact <= high for low, high in (m.interval() for m in found)])
    assert covered >= 0.95 - binomial_margin(0.95, 150)
    large = measure(simulate(p, "adopt", [setting], 8192, horizon, 6, quantities=(GRADIENT_POWER,)))[0]
    assert large.minimum == pytest.approx(min(M43) ** 1.5, rel=0.1)


def test_the_split_minimum_is_not_biased_down_as_the_plug_in_is():
    """At β1 = 0 from a stationary start every step has the same law, up to a short transient: min M is flat."""
    horizon, setting = 400, Setting(0.2, {"beta1": 0.0, "beta2": 0.9, "eps": 2.0})
    result = simulate(
        HARD, "adopt", [setting], 64, horizon, 7, quantities=(GRADIENT_SQUARE,), keep_blocks=(GRADIENT_SQUARE,)
    )
    truth = closed_form.gradient_square(1.0, 1.0, 1.0, 2.0, 0.2, horizon)[:-1].min()
    plug_in = result.mean[GRADIENT_SQUARE][0].min()
    split = measure(result, GRADIENT_SQUARE)[0].minimum
    assert plug_in < 0.8 * truth
    assert split > 0.85 * truth


def test_the_band_holds_every_step_at_once():
    truth = closed_form.gradient_square(1.0, 1.0, 1.0, 2.0, 2.0 / 8, 64)[:-1]
    inside = []
    for repetition in range(100):
        result = simulate(
            HARD, "adopt", [hard_setting(64)], 256, 64, 8, first_run=256 * repetition, quantities=(GRADIENT_POWER,)
        )
        low, high = simultaneous_band(result, GRADIENT_SQUARE)
        inside.append(((low[0] <= truth) & (truth <= high[0])).all())
    assert np.mean(inside) >= 0.95 - binomial_margin(0.95, 100)
    assert (high[0, 5:] - low[0, 5:] < 2 * truth[5:]).all()


def test_the_hard_instance_s_slope_is_minus_one_half():
    """Independent runs at each horizon; the closed form's own fit is within 4e-4 of -1/2."""
    horizons = [2**k for k in range(5, 11)]
    fit = fit_rate([next(hard_measures(T, 1, 1024, seed=T)) for T in horizons])
    assert fit.interval[0] <= -0.5 <= fit.interval[1]
    assert fit.interval[1] - fit.interval[0] < 0.06
    assert len(fit.local_slopes) == 5
    assert fit.resolution == pytest.approx(1 / math.log(1024))
    assert fit.p_value(-0.5) > 0.999  # as fast as claimed
    assert fit.p_value(fit.slope - fit.resolution) == pytest.approx(0.5)
    assert fit.p_value(-1.0) < 1e-6  # a claim of 1/T is refuted
    assert fit.p_value(-0.25) > 0.999  # faster than claimed is no violation
    exact = [Measure(T, hard_truth(T), 0.01 * hard_truth(T), 0.0, 31, np.full(200, hard_truth(T))) for T in horizons]
    assert fit_rate(exact).slope == pytest.approx(-0.5, abs=4e-4)
    assert np.allclose(fit.curve(np.array(horizons)), [hard_truth(T) for T in horizons], rtol=0.05)


def test_an_exact_power_law_is_recovered():
    T = np.array([16, 64, 256, 1024, 4096])
    y = np.exp(0.3 - 0.75 * np.log(T) + 2.0 / np.sqrt(T))
    fit = fit_rate([Measure(int(t), v, 0.01 * v, v, 31, np.full(200, v)) for t, v in zip(T, y, strict=True)])
    assert (fit.intercept, fit.slope, fit.correction) == pytest.approx((0.3, -0.75, 2.0))
    assert np.allclose(fit.curve(T), y)
    plain = fit_rate(
        [Measure(int(t), t**-0.5, 0.01 * t**-0.5, 0.0, 31, np.full(200, t**-0.5)) for t in T[:2].tolist()],
        correction=False,
    )
    assert plain.slope == pytest.approx(-0.5)
    assert plain.local_slopes == pytest.approx((-0.5,))


def test_a_fit_of_measures_without_any_error_is_exact():
    """As on a problem without noise, or of one whose gradient is constant."""
    fit = fit_rate([Measure(T, T**-0.5, 0.0, 0.0, 31, np.full(200, T**-0.5)) for T in (16, 64, 256, 1024)])
    assert fit.interval == pytest.approx((-0.5, -0.5))
    assert fit.local_slopes == pytest.approx((-0.5,) * 3)


def test_averaged_power_by_hand():
    sums, counts = np.array([[2.0, 6.0], [4.0, 4.0]]), np.array([1, 2])
    weights = np.array([[1.0, 1.0], [0.0, 2.0]])
    assert averaged_power(sums, counts, weights, 2.0) == pytest.approx([(64 + 64) / 18, (9 + 4) / 2])
    for power in (1.0, 1.5):
        assert averaged_power(sums, counts, weights, power) == pytest.approx(
            [((8 / 3) ** power + (8 / 3) ** power) / 2, (3**power + 2**power) / 2]
        )


def test_decaying_steps_weigh_the_average_as_the_theorem_does():
    sums, counts = np.array([[2.0, 6.0], [4.0, 4.0]]), np.array([1, 2])
    steps = np.array([1.0, 0.5])
    both = averaged_power(sums, counts, np.ones((1, 2)), 1.5, steps)
    assert both == pytest.approx([((8 / 3) ** 1.5 + 0.5 * (8 / 3) ** 1.5) / 1.5])
    second = averaged_power(sums, counts, np.array([[0.0, 2.0]]), 1.0, steps)
    assert second == pytest.approx([(3 + 0.5 * 2) / 1.5])


@pytest.mark.parametrize(
    ("p_values", "rejected"),
    [
        ([], []),
        ([0.04], [True]),
        ([0.02, 0.04], [True, True]),
        ([0.03, 0.04], [False, False]),
        ([0.04, 0.001, 0.03], [False, True, False]),
        ([0.5, math.nan], [False, False]),
    ],
)
def test_holm_steps_down(p_values, rejected):
    assert holm(p_values, 0.05) == rejected


def test_what_cannot_be_measured_is_refused():
    setting = [hard_setting(4)]
    with pytest.raises(ValueError, match=r"checked in float64 only; these statistics come from torch\.float32"):
        measure(simulate(HARD, "adopt", setting, 4, 4, 1, dtype=torch.float32))
    with pytest.raises(ValueError, match="checked in float64 only"):
        simultaneous_band(simulate(HARD, "adopt", setting, 4, 4, 1, dtype=torch.float32))
    with pytest.raises(ValueError, match="blocks of gradient_square were not kept"):
        measure(simulate(HARD, "adopt", setting, 4, 4, 1), GRADIENT_SQUARE)
    single = simulate(HARD, "adopt", setting, 1, 4, 1)
    with pytest.raises(ValueError, match="an interval needs at least 2 runs"):
        measure(single)
    with pytest.raises(ValueError, match="a band needs at least 2 runs"):
        simultaneous_band(single)
    with pytest.raises(ValueError, match="sample splitting needs at least 2 runs"):
        single.half_means(GRADIENT_POWER)
    one = measure(simulate(HARD, "adopt", setting, 4, 4, 1))[0]
    with pytest.raises(ValueError, match="needs 4 horizons"):
        fit_rate([one] * 3)
    with pytest.raises(ValueError, match="horizons of a fit must be distinct"):
        fit_rate([one] * 4)
    with pytest.raises(ValueError, match=r"positive measures, got 0.0 at T = 8"):
        fit_rate([one, Measure(8, 0.0, 0.1, 0.0, 31, one.resampled)], correction=False)


def test_without_spread_a_comparison_is_exact():
    flat = Measure(4, 1.0, 0.0, 1.0, 31, np.ones(200))
    assert (flat.p_value(0.5), flat.p_value(1.0), flat.p_value(2.0)) == (0.0, 1.0, 1.0)
    assert flat.interval() == (1.0, 1.0)
