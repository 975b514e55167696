"""Noise laws: exact moments from the one definition, and samplers that follow it."""

import pytest
import sympy
import torch
from sympy import Integer, Rational

from numerics import noises
from numerics.noises import FiniteSupport, Noise, StandardNormal
from numerics.symbolic import GRADIENT, VARIATE

ONE = Integer(1)


@pytest.mark.parametrize(
    ("noise", "second_moment", "variance", "almost_sure_square"),
    [
        (noises.normal(Rational(1, 2)), Rational(5, 4), Rational(1, 4), sympy.oo),
        (noises.signs(Integer(2)), Integer(5), Integer(4), Integer(9)),
        (noises.spikes(Integer(10), Rational(1, 100)), Rational(199, 99), Rational(100, 99), Integer(121)),
        (noises.multiplicative(Rational(3, 2)), Rational(13, 4), Rational(9, 4), Rational(25, 4)),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_moments_by_hand_for_gradients_up_to_one(noise, second_moment, variance, almost_sure_square):
    assert noise.second_moment(ONE) == second_moment
    assert noise.variance(ONE) == variance
    assert noise.almost_sure_square(ONE) == almost_sure_square


def test_unbounded_gradients_leave_additive_noise_with_a_variance_only():
    assert noises.signs(ONE).variance(sympy.oo) == 1
    assert noises.signs(ONE).second_moment(sympy.oo) is sympy.oo
    assert noises.multiplicative(ONE).variance(sympy.oo) is sympy.oo


def test_normal_moments_are_the_double_factorials():
    assert [StandardNormal().moment(k) for k in range(7)] == [1, 0, 1, 0, 3, 0, 15]


def test_a_biased_noise_is_refused():
    with pytest.raises(ValueError, match=r"E\[g given d\] = d \+ 1/3, not d"):
        Noise("biased", GRADIENT + VARIATE, FiniteSupport((ONE, Integer(0)), (Rational(1, 3), Rational(2, 3))))


@pytest.mark.parametrize("probabilities", [(Rational(1, 2), Rational(1, 3)), (Rational(3, 2), Rational(-1, 2)), (ONE,)])
def test_a_law_needs_probabilities(probabilities):
    with pytest.raises(ValueError, match="probabilit"):
        FiniteSupport((ONE, -ONE), probabilities)


def test_higher_degrees_are_refused():
    with pytest.raises(ValueError, match="degree 4 in the gradient"):
        noises.supremum_of_square(GRADIENT**4, ONE)


def test_inversion_splits_the_unit_interval_at_the_cumulative_probabilities():
    law = FiniteSupport((ONE, Integer(2), Integer(3)), (Rational(1, 4), Rational(1, 4), Rational(1, 2)))
    uniform = torch.tensor([0.01, 0.2499, 0.2501, 0.4999, 0.5001, 0.99], dtype=torch.float64)
    assert law.from_uniform(uniform).tolist() == [1, 1, 2, 2, 3, 3]


def test_spikes_come_as_often_as_they_should():
    from numerics.philox import uniforms

    law = noises.spikes(Integer(10), Rational(1, 100)).law
    drawn = law.from_uniform(uniforms(5, range(1000), 1, range(200)))
    count = int((drawn == 10).sum())
    assert abs(count - 2000) < 4 * (200_000 * 0.01 * 0.99) ** 0.5
    assert set(drawn.unique().tolist()) == {10.0, float(Rational(-10, 99))}
