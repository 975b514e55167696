"""The hard instance's closed form against its recursion; `test_trees` has all its paths, `test_rates` simulates it."""

import numpy as np
import pytest

from numerics import closed_form


def test_the_solution_solves_the_recursion():
    squares = closed_form.gradient_square(0.5, 1.0, 1.0, 2.0, 0.3, 50)
    rate = 0.3 / 2.0
    assert squares[0] == 0.25
    assert np.allclose(squares[1:], (1 - rate) ** 2 * squares[:-1] + rate**2, rtol=1e-13)


def test_local_slopes_tend_to_minus_one_half():
    """With α = α0/√T; -0.5016 at a few thousand steps, -0.50002 at 1e8 (two horizons a factor 2 apart)."""

    def last(horizon):
        return float(closed_form.gradient_square(1.0, 1.0, 1.0, 2.0, 2.0 / horizon**0.5, horizon)[-1])

    slopes = [np.log(last(2 * T) / last(T)) / np.log(2) for T in (2**6, 2**10, 2**14, 2**18)]
    assert np.all(np.diff(slopes) > 0)
    assert slopes[-1] == pytest.approx(-0.5, abs=1e-3)
    assert slopes[0] < -0.51


def test_the_average_leaves_out_the_last_iterate():
    squares = closed_form.gradient_square(1.0, 1.0, 1.0, 2.0, 0.5, 8)
    assert closed_form.averaged_gradient_square(1.0, 1.0, 1.0, 2.0, 0.5, 8) == pytest.approx(squares[:8].mean())


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"eps": 1.9}, "eps ≥ sigma"),
        ({"alpha": 2.1}, "0 < alpha ≤ eps"),
        ({"alpha": 0.0}, "0 < alpha"),
        ({"theta0": 1.5}, "M ≥ max"),
    ],
)
def test_where_the_closed_form_does_not_apply(changed, complaint):
    arguments = {"theta0": 1.0, "sigma": 1.0, "threshold": 1.0, "eps": 2.0, "alpha": 1.0, "steps": 3}
    with pytest.raises(ValueError, match=complaint):
        closed_form.gradient_square(**{**arguments, **changed})


def test_all_paths_agree_with_the_closed_form_and_with_jensen():
    """The listed paths' second moments are the closed form's; M^{3/2} lies between (E|f'|)² and E f'²."""
    arguments = (0.5, 1.0, 1.0, 2.0, 0.7, 12)
    powers, squares = closed_form.gradient_power(*arguments), closed_form.gradient_square(*arguments)[:-1]
    rate, values = 0.35, np.array([0.5])
    for t in range(12):
        assert np.mean(values**2) == pytest.approx(squares[t], rel=1e-13)
        assert np.mean(np.abs(values)) ** 2 * (1 - 1e-14) <= powers[t] ** 1.5 <= squares[t] * (1 + 1e-14)
        values = np.concatenate([(1 - rate) * values + rate, (1 - rate) * values - rate])
    assert closed_form.averaged_gradient_power(*arguments) == pytest.approx((powers**1.5).mean())
    assert closed_form.gradient_power(0.0, 1.0, 1.0, 2.0, 2.0, 2).tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="up to 22 steps, got 23"):
        closed_form.gradient_power(*arguments[:-1], 23)
