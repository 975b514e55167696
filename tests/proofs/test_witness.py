"""No statement is vacuous: its hypotheses hold together on concrete problems with certified constants."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from numerics.exact import working_precision
from proofs.builder import kernel_statement
from proofs.crosscheck.witness import WITNESSES, Witness, checks, evaluated
from theory.statements import STATEMENTS, statement

NOT_MET = {
    ("plane", "adopt_projected_convex"): ("one_dimension", "the statement is about one dimension"),
    ("plane", "adopt_polyak_lojasiewicz_last_iterate"): (
        "polyak_lojasiewicz",
        "steps of √(G²+ε²)/(μ(t+1)) lead far out, where Huber's function is linear",
    ),
    ("plane", "adopt_polyak_lojasiewicz_last_iterate_max"): (
        "polyak_lojasiewicz",
        "steps of max(G,ε)/(μ(t+1)) lead far out, where Huber's function is linear",
    ),
}
"""Witness and statement whose hypotheses do not hold together there: one that fails, and why. `line` meets all."""


@pytest.fixture(scope="module")
def witnesses() -> dict[str, Witness]:
    return {name: make() for name, make in WITNESSES.items()}


def failing(name: str, witness: Witness, **overrides: Fraction) -> set[str]:
    return {c.hypothesis for c in checks(statement(name), witness, overrides) if not c.holds}


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("where", WITNESSES)
def test_the_hypotheses_hold_together(where: str, name: str, witnesses: dict[str, Witness]) -> None:
    found = checks(statement(name), witnesses[where])
    relations = {n: h.relation for n, h in kernel_statement(statement(name)).hypotheses.items()}
    assert {c.hypothesis for c in found} == {n for n, relation in relations.items() if relation != "integrable"}
    assert all(c.times > 0 for c in found)
    assert set(statement(name).objective) <= witnesses[where].problem.holds
    broken = {c.hypothesis for c in found if not c.holds}
    if (where, name) in NOT_MET:
        assert NOT_MET[where, name][0] in broken
    else:
        assert not broken


def test_every_statement_has_a_witness() -> None:
    assert {name for where, name in NOT_MET if where == "line"} == set()
    assert {name for _, name in NOT_MET} <= set(STATEMENTS)


# Each check can fail

WRONG = [
    ("adopt", {"G": Fraction(1, 2)}, {"bounded_second_moment"}),
    ("adopt", {"alpha": Fraction(0)}, {"alpha_positive", "iterate_step"}),
    ("adopt", {"beta1": Fraction(1)}, {"beta1_below_one", "momentum_step"}),
    ("adopt", {"beta2": Fraction(1, 2)}, {"second_moment_step"}),
    ("adopt", {"eps": Fraction(2)}, {"normaliser_at_least_eps"}),
    ("adopt_clipped", {"G": Fraction(1)}, {"bounded_second_moment_conditional"}),
    ("adopt_clipped", {"c": Fraction(11, 10)}, {"clip_seen_from_above"}),
    ("adopt_clipped_horizon", {"c0": Fraction(2)}, {"threshold_of_horizon"}),
    ("adopt_clipped_schedule", {"c0": Fraction(2)}, {"threshold_schedule"}),
    ("adopt_decaying", {"alpha0": Fraction(1)}, {"step_size_schedule"}),
    ("adopt_biased", {"delta": Fraction(99, 1000)}, {"bounded_bias"}),
    ("adopt_bounded_variance", {"sigma": Fraction(1, 10)}, {"bounded_variance"}),
    ("adopt_bounded_variance", {"L": Fraction(100)}, {"step_size"}),
    ("adopt_affine_variance", {"rho": Fraction(1, 5), "sigma_i": Fraction(0)}, {"affine_variance"}),
    ("adopt_affine_variance", {"sigma_i": Fraction(2)}, {"sigma_squared"}),
    ("adopt_polyak_lojasiewicz", {"mu": Fraction(101, 100)}, {"polyak_lojasiewicz"}),
    ("adopt_polyak_lojasiewicz_last_iterate", {"G": Fraction(1)}, {"bounded_gradient", "step_size"}),
    ("adopt_polyak_lojasiewicz_last_iterate_max", {"G": Fraction(1)}, {"bounded_gradient"}),
    ("adopt_polyak_lojasiewicz_last_iterate_max", {"s_max": Fraction(1)}, {"largest_at_least_G", "step_size"}),
    ("adopt_polyak_lojasiewicz_last_iterate_max", {"eps": Fraction(1, 2)}, {"normaliser_attained"}),
    ("adopt_projected_convex", {"f_inf": Fraction(1)}, {"minimiser"}),
    ("adopt_projected_convex", {"f_inf": Fraction(-1)}, {"convex"}),
    ("adopt_projected_convex", {"D0": Fraction(1, 2)}, {"start_distance"}),
    ("sgd", {"G": Fraction(1, 2)}, {"bounded_second_moment"}),
]


@pytest.mark.parametrize(("name", "overrides", "broken"), WRONG, ids=[f"{n}: {sorted(b)[0]}" for n, _, b in WRONG])
def test_wrong_constants_break_the_hypothesis_about_them(
    name: str, overrides: dict[str, Fraction], broken: set[str], witnesses: dict[str, Witness]
) -> None:
    assert failing(name, witnesses["line"], **overrides) == broken


def test_another_start_breaks_the_recurrence(witnesses: dict[str, Witness]) -> None:
    claimed = replace(statement("adopt_algorithm_1"), method="adopt")
    assert {c.hypothesis for c in checks(claimed, witnesses["line"]) if not c.holds} == {"momentum_first"}


def test_a_missing_constant_is_named(witnesses: dict[str, Witness]) -> None:
    without = replace(witnesses["line"], extra={})
    with pytest.raises(ValueError, match=r"adopt_affine_variance: .* gives no value for rho"):
        checks(statement("adopt_affine_variance"), without)


# The witnesses are not degenerate


@pytest.mark.parametrize("where", WITNESSES)
def test_noise_moves_and_clipping_acts(where: str, witnesses: dict[str, Witness]) -> None:
    with working_precision():
        atoms = evaluated(statement("adopt_clipped"), witnesses[where]).atoms
        cut = [bool(abs(u) > abs(a)) for u, a in zip(atoms["u"][1:].ravel(), atoms["a"][1:].ravel(), strict=True)]
        moved = [
            bool(abs(x - y) > 0) for x, y in zip(atoms["theta"][1].ravel(), atoms["theta"][0].ravel(), strict=True)
        ]
        noise = [bool(abs(z) > 0) for z in atoms["noise"].ravel()]
    assert 0 < sum(cut) < len(cut)
    assert all(moved)
    assert all(noise)
