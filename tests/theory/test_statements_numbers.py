"""Bounds under bounded variance, clipping, projection and the Polyak–Łojasiewicz inequality, as numbers."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isclose, sqrt
from typing import Any

import pytest
import sympy

from theory import atoms as at
from theory.bounds import SYMBOLS
from theory.numbers import bound, condition_holds, largest_step, minimiser, parameters
from theory.statements import STATEMENTS, statement

PLAIN: dict[str, Any] = {
    "Delta": 1, "L": 1, "G": 1, "sigma": 1, "rho": 1, "delta": "1/10", "mu": "1/2", "eps": 1, "beta1": "1/2", "c": 10, "D": 1,
    "D0": 1, "s_max": 1, "T": 10000, "clip_sum": 1, "lam": "1/2",
}  # fmt: skip


def given(name: str, **more: Any) -> dict[str, Any]:
    return {k: v for k, v in (PLAIN | more).items() if k in (*statement(name).parameters, "alpha")}


LIMITED = [name for name, x in STATEMENTS.items() if x.largest_alpha is not None]


def test_which_statements_limit_the_step_size() -> None:
    conditional = [x for x in STATEMENTS.values() if any(h.name == "step_size" for h in x.hypotheses)]
    assert [x.name for x in conditional if "alpha" in x.parameters] == LIMITED


@pytest.mark.parametrize("name", LIMITED)
def test_a_step_size_beyond_the_hypotheses_is_refused(name: str) -> None:
    largest = largest_step(statement(name), parameters(statement(name), given(name)))
    assert bound(statement(name), given(name, alpha=str(largest)))["value"] > 0
    with pytest.raises(ValueError, match=f"{name} needs alpha at most"):
        bound(statement(name), given(name, alpha=str(largest * sympy.Rational(101, 100))))


@pytest.mark.parametrize("name", [name for name in LIMITED if statement(name).best_alpha])
def test_the_best_step_size_is_allowed_where_noise_is_small(name: str) -> None:
    quiet = given(name, sigma="1/1000000", T=10)
    largest = largest_step(statement(name), parameters(statement(name), quiet))
    assert bound(statement(name), quiet)["best_alpha"] <= largest


@pytest.mark.parametrize(
    "name", ["adopt", "adopt_sqrt_horizon", "adopt_clipped", "rmsprop", "sgd", "adopt_clipped_heavy_tailed"]
)
def test_minimisation_finds_the_formula(name: str) -> None:
    claimed, values = statement(name), parameters(statement(name), given(name, beta2="99/100"))
    formula = bound(claimed, values)
    found = minimiser(claimed.bound(), values, "alpha0" if "alpha0" in claimed.parameters else "alpha", inf)
    assert formula["best_alpha_by"] == "formula"
    assert found == pytest.approx(formula["best_alpha"], rel=1e-6)


def test_the_sharp_form_has_a_best_step_size_that_beats_the_others() -> None:
    best = bound(statement("adopt_sharp"), given("adopt_sharp"))
    assert best["best_alpha_by"] == "minimisation"
    assert best["value"] < bound(statement("adopt"), given("adopt"))["value"]
    for factor in (0.99, 1.01):
        assert (
            bound(statement("adopt_sharp"), given("adopt_sharp", alpha=factor * best["best_alpha"]))["value"]
            > best["value"]
        )
    plain = bound(statement("adopt"), given("adopt", beta1=0))
    assert bound(statement("adopt_sharp"), given("adopt_sharp", beta1=0))["value"] == pytest.approx(
        plain["value"], rel=1e-9
    )


def test_the_search_stays_within_what_the_hypotheses_allow() -> None:
    name = "adopt_affine_variance_norm"
    values = given(name, Delta=1000, T=1)
    largest = largest_step(statement(name), parameters(statement(name), values))
    assert 0.999 * largest < bound(statement(name), values)["best_alpha"] <= largest


def test_a_bound_that_is_least_at_zero_has_no_best_step_size() -> None:
    with pytest.raises(ValueError, match="no best step size here"):
        bound(statement("adopt_decaying_sums"), given("adopt_decaying_sums"))


def test_the_members_of_the_clipped_family() -> None:
    """λ = ½ is E.2, and the best λ gives the best form; N5 at p = 2 is E.2 too, N4 with a constant threshold N4."""
    T, c = 10000, 10
    constant = {"clip_sum": f"{T}/{c * c}", "alpha": "1/100"}
    family, sharp = statement("adopt_clipped_family"), statement("adopt_clipped_sharp")
    half = bound(family, given("adopt_clipped_family", **constant))["value"]
    assert half == pytest.approx(
        bound(statement("adopt_clipped"), given("adopt_clipped", alpha="1/100"))["value"], rel=1e-12
    )
    best = bound(sharp, given("adopt_clipped_sharp", alpha="1/100"))["value"]
    A = bound(statement("adopt"), given("adopt", alpha="1/100"))["value"] / sqrt(2)
    B = 1 / 16 / c**2
    lam = (sqrt(4 * A * B + B * B) - B) / (4 * A)
    assert bound(family, given("adopt_clipped_family", **constant, lam=lam))["value"] == pytest.approx(best, rel=1e-9)
    p_is_2 = "adopt_clipped_heavy_tailed_gradient_2"
    assert bound(statement(p_is_2), given(p_is_2, alpha="1/100"))["value"] == pytest.approx(half, rel=1e-12)
    scheduled, plain = "adopt_clipped_bounded_variance_schedule", "adopt_clipped_bounded_variance"
    assert bound(statement(scheduled), given(scheduled, **constant))["value"] == pytest.approx(
        bound(statement(plain), given(plain, alpha="1/100"))["value"], rel=1e-12
    )


def test_heavier_tails_have_slower_rates() -> None:
    """−(2p−2)/(3p−2) at p = 5/4, 4/3, 3/2, 2."""
    found = [statement(f"adopt_clipped_heavy_tailed_gradient_{p}").rate for p in ("5_4", "4_3", "3_2", "2")]
    assert found == ["-2/7", "-1/3", "-2/5", "-1/2"]


def test_momentum_costs_nothing_at_beta1_zero() -> None:
    beta1 = SYMBOLS["beta1"]
    for with_momentum, without in (("sgd_momentum", "sgd"), ("sgd_momentum_bounded_variance", "sgd_bounded_variance")):
        difference = statement(with_momentum).bound().subs(beta1, 0) - statement(without).bound()
        assert sympy.expand(difference) == 0


def test_affine_variance_at_rho_zero_is_bounded_variance() -> None:
    difference = (
        statement("adopt_affine_variance").bound().subs(SYMBOLS["rho"], 0) - statement("adopt_bounded_variance").bound()
    )
    assert sympy.simplify(difference) == 0


def test_bounded_variance_improves_on_the_notes() -> None:
    """σ² + 2L(1+β1)B is below 3σ²/2 + 6LB, and is σ² + 2LB at β1 = 0."""
    for beta1 in ("0", "1/2", "9/10"):
        value = bound(
            statement("adopt_bounded_variance"), given("adopt_bounded_variance", beta1=beta1, alpha="1/1000")
        )["value"]
        kept = 1 - float(sympy.Rational(beta1))
        budget = 1 + 10000 * 1e-6 / (2 * kept)
        notes = sqrt(1.5 + 6 * budget + 1) * 2 * budget / (1e-3 * 10000)
        assert value < notes
        assert isclose(value, sqrt(1 + 2 * (2 - kept) * budget + 1) * 2 * budget / (1e-3 * 10000))


def test_a_bound_without_a_step_size_needs_none() -> None:
    row = bound(statement("adopt_polyak_lojasiewicz_last_iterate"), {"L": 1, "G": 1, "eps": 1, "mu": "1/2", "T": 100})
    assert isclose(row["value"], 2 / (2 * 0.25 * 101))
    assert row["best_alpha"] is None


@pytest.mark.parametrize(("G", "eps"), [(1, 1), (3, 1), (1, 3)])
def test_the_exact_maximum_has_the_notes_constant(G: int, eps: int) -> None:
    """LG²·max(G,ε)²/(2μ²ε²(T+1)); (G² + ε²)/max(G,ε)² times less than for every normaliser, at most twice."""
    values = {"L": 2, "G": G, "eps": eps, "mu": "1/2", "T": 100}
    exact = bound(statement("adopt_polyak_lojasiewicz_last_iterate_max"), values | {"s_max": max(G, eps)})["value"]
    every = bound(statement("adopt_polyak_lojasiewicz_last_iterate"), values)["value"]
    assert isclose(exact, 2 * G**2 * max(G, eps) ** 2 / (2 * 0.25 * eps**2 * 101))
    assert isclose(every / exact, (G**2 + eps**2) / max(G, eps) ** 2)


LAST = "adopt_polyak_lojasiewicz_last_iterate_max"
N4 = "adopt_clipped_bounded_variance"


@pytest.mark.parametrize(
    ("name", "changes", "needed"),
    [
        (LAST, {"G": 2}, "s_max >= G"),
        (LAST, {"eps": 2}, "s_max >= eps"),
        (N4, {"c": "1.9", "alpha": "1/6"}, r"4 \(sigma\)\^2 <= \(eps\)\^2 \(c\)\^2"),
        ("adopt_clipped_family", {"lam": 1, "alpha": 1}, "1 > lam"),
    ],
)
def test_a_bound_whose_conditions_fail_is_refused(name: str, changes: dict[str, Any], needed: str) -> None:
    with pytest.raises(ValueError, match=f"{name} needs {needed}; that is false here"):
        bound(statement(name), given(name, **changes))


def test_a_condition_that_is_attained_is_granted() -> None:
    """c = 2σ/ε exactly; and a condition on what is not given is not judged."""
    assert bound(statement(N4), given(N4, c=2))["best_alpha"] > 0
    assert condition_holds(at.c >= 2, {}) is None
    assert condition_holds(at.c_t(1) >= 2, {"c": Fraction(2)}) is None
    assert condition_holds(at.c >= 2, {"c": Fraction(2)}) is True
    assert condition_holds(at.c > 2, {"c": Fraction(2)}) is False
