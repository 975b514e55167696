"""The fused tier's own elementary functions against ball arithmetic, at ordinary and at extreme arguments."""

import math

import numpy as np
import pytest
from flint import arb
from numba import njit

from numerics.exact import working_precision
from numerics.fused import elementary as own

GENERATOR = np.random.default_rng(5)


@njit(error_model="numpy")
def cosine(u):
    return own.cosine_and_sine(u)[0]


@njit(error_model="numpy")
def sine(u):
    return own.cosine_and_sine(u)[1]


WIDE = np.exp(GENERATOR.uniform(-700, 700, 3000))
UNIT = np.concatenate([GENERATOR.uniform(0, 1, 3000), 1 - 2.0 ** -np.arange(1, 54), 2.0 ** -np.arange(1.0, 54)])
LINE = np.concatenate([GENERATOR.normal(size=3000) * 3, np.exp(GENERATOR.uniform(-300, 0, 1000))])


@pytest.mark.parametrize(
    ("function", "points", "exact", "units"),
    [
        (own.log, np.concatenate([WIDE, UNIT]), lambda x: x.log(), 1.0),
        (own.exp, GENERATOR.uniform(-700, 700, 3000), lambda x: x.exp(), 1.5),
        (own.expm1_negative, -np.abs(LINE), lambda x: x.expm1(), 1.5),
        (own.tanh, LINE, lambda x: x.tanh(), 3.0),
        (own.logistic, LINE, lambda x: 1 / (1 + (-x).exp()), 3.0),
        (own.any_power_two_thirds, WIDE, lambda x: (x.log() * 2 / 3).exp(), 2.5),
        (cosine, UNIT, lambda u: (2 * u).cos_pi(), 2.0),
        (sine, UNIT, lambda u: (2 * u).sin_pi(), 2.0),
    ],
    ids=["log", "exp", "expm1", "tanh", "logistic", "two_thirds", "cosine", "sine"],
)
def test_errors_in_units_in_the_last_place(function, points, exact, units):
    with working_precision():
        for x in points.tolist():
            value = exact(arb(x))
            error = abs(float(arb(function(x)) - value))
            assert error <= units * float(np.spacing(abs(float(value)))), x


def test_log_cosh_is_absolutely_accurate():
    """Near 0, where the value is x²/2, only to the spacing of x: as in the reference tier."""
    with working_precision():
        for x in LINE.tolist():
            assert abs(float(arb(own.log_cosh(x)) - arb(x).cosh().log())) <= 2.3e-16 * max(abs(x), 1.0)


@pytest.mark.parametrize(
    ("function", "point", "value"),
    [
        (own.log, 0.0, -math.inf),
        (own.log, math.inf, math.inf),
        (own.log, -1.0, math.nan),
        (own.log, 5e-324, math.log(5e-324)),
        (own.exp, -math.inf, 0.0),
        (own.exp, math.inf, math.inf),
        (own.exp, -745.0, math.exp(-745.0)),
        (own.tanh, math.inf, 1.0),
        (own.tanh, -math.inf, -1.0),
        (own.tanh, 5e-324, 5e-324),
        (own.log_cosh, -math.inf, math.inf),
        (own.any_power_two_thirds, 0.0, 0.0),
        (own.any_power_two_thirds, math.inf, math.inf),
        (own.sign, -0.0, -0.0),
    ],
)
def test_ends_of_the_range(function, point, value):
    assert function(point) == pytest.approx(value, rel=1e-15, abs=0, nan_ok=True)
    assert math.isnan(function(math.nan))


def test_a_rare_lane_changes_no_other_lane_s_power():
    """A row with a lane outside the plain function's range is done anew by the careful one: the same bits elsewhere."""
    points = WIDE[np.isfinite(WIDE) & (WIDE >= 2.0**-1000)]
    assert len(points) > 2900
    assert all(own.power_two_thirds(x) == own.any_power_two_thirds(x) for x in points.tolist())


def test_comparisons_keep_nan():
    nan = math.nan
    assert math.isnan(own.maximum(nan, 1.0))
    assert math.isnan(own.maximum(1.0, nan))
    assert (own.maximum(1.0, 2.0), own.maximum(2.0, 1.0)) == (2.0, 2.0)
    assert math.isnan(own.clamp_low(nan, 1.0))
    assert math.isnan(own.clamp_high(nan, 1.0))
