"""Ball arithmetic on arrays, and outward rounding to floats."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from numerics.exact import balls, float_above, float_below, square_root, to_fmpq

FLOATS = st.floats(-1e6, 1e6)


@given(st.fractions())
def test_outward_rounding_encloses_the_rational_tightly(value):
    ball = arb(to_fmpq(value))
    above, below = float_above(ball), float_below(ball)
    assert Fraction(below) <= value <= Fraction(above)
    if math.isfinite(above - below):
        assert above <= math.nextafter(math.nextafter(math.nextafter(below, math.inf), math.inf), math.inf)


def test_outward_rounding_of_what_is_not_finite():
    assert float_above(arb("nan")) == math.inf
    assert float_below(arb("nan")) == -math.inf
    assert float_above(arb("inf")) == math.inf


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, fmpq(3)),
        (Fraction(-2, 7), fmpq(-2, 7)),
        (sympy.Rational(5, 9), fmpq(5, 9)),
        (0.1, fmpq(3602879701896397, 2**55)),
    ],
)
def test_rationals_are_exact_and_floats_are_their_binary_value(value, expected):
    assert to_fmpq(value) == expected


@given(st.lists(FLOATS, min_size=1, max_size=5), FLOATS)
def test_tensor_methods_agree_with_floats(values, other):
    array, plain = balls(values), np.array(values)
    for ours, theirs in [
        (array.maximum(other), np.maximum(plain, other)),
        (array.clamp(min=-abs(other), max=abs(other)), np.clip(plain, -abs(other), abs(other))),
        (array.abs(), np.abs(plain)),
        (array.abs().sqrt(), np.sqrt(np.abs(plain))),
    ]:
        assert np.allclose([float(x) for x in ours], theirs, rtol=1e-15, atol=0)


def test_square_root_cuts_off_rounding_below_zero():
    assert square_root(arb(-1e-40, 2e-40)).contains(arb(1e-40).sqrt())
    assert square_root(arb(0)) == 0
