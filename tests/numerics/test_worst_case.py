"""Worst cases of fixed-step methods: exact values, their certificates, and functions that must obey them.

Golden values. N = 1, L = 3, α = 1/5: f_0 − f_1 ≥ (α − Lα²/4)‖g‖² for a repeated gradient, so 4/(α(4 − αL)) = 100/17
where f_0 − f_N ≤ 1. With f_0 − f_inf ≤ 1 there is ‖g‖²/(2L) more to lose: 1/(17/100 + 1/6) = 300/101.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.worst_case.certificate import certify
from numerics.worst_case.problem import WorstCase, constant_gradient, iterates, required_decreases
from numerics.worst_case.rounding import instance
from numerics.worst_case.theorems import compare
from proofs.worst_case_checker import verify

F = Fraction


def checked(case: WorstCase):
    """The certified worst case, after the checker has agreed."""
    found = certify(case)
    report = verify(json.dumps(found.certificate))
    assert (report.upper, report.lower) == (found.upper, found.lower)
    return found


def test_one_step_of_gradient_descent_is_100_over_17():
    found = checked(WorstCase(F(3), F(1, 5), 1, normalisation="last_value"))
    assert found.tight
    assert found.upper == F(100, 17)


def test_the_theorems_normalisation_gives_300_over_101():
    assert checked(WorstCase(F(3), F(1, 5), 1)).upper == F(300, 101)


@pytest.mark.parametrize(
    ("N", "gamma", "L"), [(1, F(1), F(1)), (2, F(1, 7), F(2)), (4, F(1, 3), F(5, 2)), (5, F(1), F(1))]
)
def test_gradient_descent_has_the_known_closed_form(N, gamma, L):
    # Abbaszadehpeivasti, de Klerk and Zamani (2022): 4/(Nγ(4 − γL)) for γL ≤ 1, where f(θ_0) − f(θ_N) ≤ 1
    found = checked(WorstCase(L, gamma, N, normalisation="last_value"))
    assert found.tight
    assert found.upper == 4 / (N * gamma * (4 - gamma * L))


@pytest.mark.parametrize(
    "case",
    [
        WorstCase(F(1), F(1, 2), 4, beta1=F(9, 10)),
        WorstCase(F(1), F(1, 2), 3, beta1=F(1, 2), scales=(F(2),)),
        WorstCase(F(2), F(1, 5), 3, beta1=F(1, 3), scales=(F(1), F(2)), Delta=F(5)),
    ],
)
def test_adopt_with_a_frozen_preconditioner_has_a_closed_form_for_small_steps(case):
    found = checked(case)
    assert found.tight
    assert found.upper == constant_gradient(case)


def test_a_bound_on_the_gradient_can_only_help():
    # without it the worst case is 1.0666 > 1; with ‖∇f‖ ≤ 1 at the iterates it is 1 exactly
    assert checked(WorstCase(F(1), F(1, 2), 4, beta1=F(9, 10), gradient_bound=F(1))).upper == 1


def test_no_step_leaves_the_smooth_bound():
    assert checked(WorstCase(F(3), F(1), 0, Delta=F(2))).upper == 12  # ‖∇f‖² ≤ 2L(f − f_inf)


def test_beyond_the_closed_form_the_worst_case_is_enclosed():
    found = checked(WorstCase(F(1), F(3, 2), 4, beta1=F(9, 10)))
    assert found.lower is not None
    assert found.upper != constant_gradient(found.case)
    assert 0 <= found.upper - found.lower <= F(1, 10**6) * found.upper


fractions = st.fractions(F(1, 10), F(2), max_denominator=12)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(L=fractions, alpha=fractions, steps=st.integers(0, 3), beta1=st.sampled_from([F(0), F(1, 2), F(9, 10)]))
def test_any_case_is_enclosed_to_a_millionth(L, alpha, steps, beta1):
    found = checked(WorstCase(L, alpha, steps, beta1=beta1))
    assert found.lower is not None
    assert found.lower <= found.upper <= found.lower * (1 + F(5, 10**6))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(alpha=fractions, beta1=st.sampled_from([F(0), F(1, 2), F(9, 10)]))
def test_iterates_are_the_methods_own(alpha, beta1):
    gradients = [F(3), F(-1), F(2), F(5)]
    theta, m = F(0), F(0)
    for t, row in enumerate(iterates(4, alpha, beta1)):
        assert theta == -sum(c * g for c, g in zip(row, [*gradients, F(0)], strict=True))
        if t < 4:
            m = beta1 * m + (1 - beta1) * gradients[t]
            theta -= alpha * m


# 1-smooth functions with infimum 0: value and derivative
FUNCTIONS = {
    "quadratic": (lambda x: x * x / 2, lambda x: x),
    "cosine": (lambda x: 1 - math.cos(x), math.sin),
    "huber": (lambda x: x * x / 2 if abs(x) < 1 else abs(x) - 0.5, lambda x: max(-1.0, min(1.0, x))),
    "gauss": (lambda x: 1 - math.exp(-x * x / 2), lambda x: x * math.exp(-x * x / 2)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("beta1", [F(0), F(1, 2)])
def test_smooth_functions_obey_the_bound(name, beta1):
    value, derivative = FUNCTIONS[name]
    case = WorstCase(F(1), F(3, 4), 3, beta1=beta1)
    upper = float(checked(case).upper)
    worst = 0.0
    for k in range(1, 400):
        x, m, seen = k / 50, 0.0, []
        Delta = value(x)
        for _ in range(case.steps + 1):
            seen.append(derivative(x) ** 2)
            m = float(beta1) * m + (1 - float(beta1)) * derivative(x)
            x -= 0.75 * m
        worst = max(worst, min(seen) / Delta)
    assert worst <= upper * (1 + 1e-12)
    if name == "huber":
        assert worst > 0.6 * upper  # the bound is of the right size: a straight piece comes near


@pytest.mark.parametrize("name", FUNCTIONS)
def test_interpolation_is_necessary(name):
    value, derivative = FUNCTIONS[name]
    case = WorstCase(F(1), F(1, 2), 3, beta1=F(1, 2))
    for start in (0.3, 1.1, 2.9, 4.0):
        x, m, points = start, 0.0, []
        for _ in range(4):
            points.append(x)
            m = 0.5 * m + 0.5 * derivative(x)
            x -= 0.5 * m
        g = [F(derivative(x)) for x in points]
        needed = required_decreases(case, [[[a * b for b in g] for a in g]])
        for (i, j), least in needed.items():
            assert value(points[i]) - value(points[j]) >= float(least) - 1e-12


def test_gram_matrices_that_contradict_each_other_are_no_instance():
    # opposite gradients at points that are too close for them: steps of length 1/100
    case = WorstCase(F(1), F(1, 100), 1)
    assert instance(case, [[[F(1), F(-1)], [F(-1), F(1)]]]) is None
    assert instance(case, [[[F(1), F(1)], [F(1), F(1)]]]) is not None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"L": F(0)}, "L is 0; it must be positive"),
        ({"alpha": F(-1)}, "alpha is -1"),
        ({"beta1": F(1)}, r"beta1 is 1; it must be in \[0, 1\)"),
        ({"steps": 21}, "from 0 to 20"),
        ({"steps": True}, "integer"),
        ({"scales": ()}, "at least one value"),
        ({"gradient_bound": F(0)}, "bound on the gradient"),
        ({"normalisation": "best"}, "lower_bound or last_value"),
        ({"steps": 0, "normalisation": "last_value"}, "take one step or more"),
    ],
)
def test_bad_problems_are_refused(change, text):
    with pytest.raises(ValueError, match=text):
        WorstCase(**{"L": F(1), "alpha": F(1), "steps": 1} | change)


# Theorems


def test_theorems_are_never_below_the_worst_case_and_the_ratio_is_shown():
    ratios = {}
    for name in ("sgd", "sgd_bounded_variance", "adopt"):
        row = compare(name, 3, beta1=F(1, 2))
        assert row.ratio >= 1
        ratios[name] = row.ratio
    # 2Δ/(αT) against Δ/((T−1)(α − Lα²/4) + 1/(2L)) at α = 1/L, T = 3: (2/3)(2·3/4 + 1/2) = 4/3
    assert ratios["sgd_bounded_variance"] == pytest.approx(4 / 3)
    assert ratios["adopt"] > ratios["sgd"]


def test_sgd_is_sharp_after_one_gradient():
    assert compare("sgd_bounded_variance", 1).ratio == pytest.approx(1)


def test_adopts_preconditioner_must_be_constant():
    with pytest.raises(ValueError, match="constant only for G at most eps"):
        compare("adopt", 2, G=F(2))
    with pytest.raises(ValueError, match="not compared"):
        compare("rmsprop", 2)


# PEPit, a comparison


def pepit_values(case: WorstCase) -> dict[str, float]:
    pytest.importorskip("PEPit", reason="NOT COMPARED WITH PEPit: pip install 'adoptproof[comparison]'")
    from numerics.worst_case.pepit import SOLVERS, pepit_value

    return {solver: pepit_value(case, solver) for solver in SOLVERS}


@pytest.mark.parametrize(
    "case",
    [
        WorstCase(F(3), F(1, 5), 1, normalisation="last_value"),
        WorstCase(F(1), F(1, 2), 4, beta1=F(9, 10)),
        WorstCase(F(1), F(3, 2), 3, scales=(F(2),), gradient_bound=F(1)),
    ],
)
def test_pepit_agrees_to_a_millionth(case):
    assert pepit_values(case)["CLARABEL"] == pytest.approx(float(checked(case).upper), rel=1e-6)


def test_pepit_with_scs_claims_less_than_what_a_function_attains():
    case = WorstCase(F(1), F(1), 5, normalisation="last_value")
    found = checked(case)
    assert found.lower == F(4, 15)
    assert pepit_values(case)["SCS"] < 4 / 15 - 1e-6


def test_the_ratio_falls_with_the_horizon_for_momentum():
    rows = [compare("adopt", T, beta1=F(9, 10)) for T in (1, 2, 4)]
    assert all(a.ratio > b.ratio for a, b in pairwise(rows))
