"""The jackknife: exact for means, its skewness that of the sample, and what it refuses."""

import numpy as np
import pytest

from numerics.jackknife import jackknife


def left_out_means(values: np.ndarray) -> np.ndarray:
    return (values.sum(axis=0) - values) / (len(values) - 1)


@pytest.mark.parametrize("n", [2, 5, 32, 100])
def test_of_a_mean_it_is_the_usual_standard_error(n: int) -> None:
    values = np.random.default_rng(n).exponential(size=(n, 3))
    error, skewness = jackknife(left_out_means(values))
    assert error == pytest.approx(values.std(axis=0, ddof=1) / np.sqrt(n))
    centred = values - values.mean(axis=0)
    assert skewness == pytest.approx((centred**3).sum(axis=0) / (centred**2).sum(axis=0) ** 1.5)


def test_of_equal_values_both_are_zero() -> None:
    error, skewness = jackknife(np.full((7, 2), 3.0))
    assert (error == 0).all()
    assert (skewness == 0).all()


def test_one_block_says_nothing() -> None:
    with pytest.raises(ValueError, match="at least 2 blocks, got 1"):
        jackknife(np.ones(1))
