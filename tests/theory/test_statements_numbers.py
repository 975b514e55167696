"""Bounds under bounded variance, clipping, projection and the Polyak–Łojasiewicz inequality, as numbers."""

from __future__ import annotations

from math import isclose, sqrt
from typing import Any

import pytest
import sympy

from theory.bounds import SYMBOLS
from theory.numbers import bound, largest_step, parameters
from theory.statements import STATEMENTS, statement

PLAIN: dict[str, Any] = {
    "Delta": 1, "L": 1, "G": 1, "sigma": 1, "rho": 1, "delta": "1/10", "mu": "1/2", "eps": 1, "beta1": "1/2", "c": 10, "D": 1,
    "D0": 1, "T": 10000, "clip_sum": 1, "lam": "1/2",
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
