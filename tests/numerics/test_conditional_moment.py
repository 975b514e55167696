"""E.2 is false under the unconditional reading of A5: a certified instance, and its measured walk."""

from dataclasses import replace
from fractions import Fraction

import pytest

from numerics.conditional_moment import Instance, refutation, simulate


def test_the_claimed_bound_is_exceeded_for_certain():
    measure, bound = refutation()
    assert measure > bound
    assert float(measure / bound) == pytest.approx(1.46, abs=0.1)


def test_with_the_conditional_constant_the_bound_holds_there():
    """The same instance with q = 1 in place of the unconditional average: G² is then conditional."""
    i = Instance()
    conditional = i.second_moment / i.q
    assert i.second_moment == i.q * conditional
    measure, _ = refutation(i)
    # last term of E.2 alone, with the conditional G: G_c⁴/(16ε³c²)·ε
    assert float(measure) < float(conditional) ** 2 / (16 * float(i.c) ** 2)


def test_the_excess_is_q_to_the_minus_one_half_in_the_limit():
    far = Instance(p=Fraction(1, 50), q=Fraction(1, 16), alpha=Fraction(1, 10**6), horizon=10**14)
    measure, bound = refutation(far)
    assert float(measure / bound) == pytest.approx(4, rel=0.06)


def test_the_clipped_drift_is_exactly_zero_and_the_gradient_is_not():
    i = Instance()
    drift = i.p * min(2 * i.c, i.c) - (1 - i.p) * i.small / i.eps
    mean = i.p * 2 * i.c * i.eps - (1 - i.p) * i.small
    assert drift == 0
    assert mean == i.slope > 0


def test_simulated_walks_stay_on_the_slope():
    i = Instance()
    found = simulate(i, runs=200, steps=i.horizon, seed=3)
    _, bound = refutation(i)
    assert found["on_slope"] >= 0.99
    assert found["measure"] > float(bound)


def test_impossible_parameters_are_refused():
    with pytest.raises(ValueError, match="c <= 1/2"):
        refutation(replace(Instance(), c=Fraction(3, 4)))
    with pytest.raises(ValueError, match="horizon is 0"):
        refutation(replace(Instance(), horizon=0))
