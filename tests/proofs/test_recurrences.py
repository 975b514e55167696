"""Rows of the theorems that run their own recurrence: complete, true, and able to fail."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from proofs.certificate import CERTIFICATES
from proofs.crosscheck import grid, recurrences
from proofs.crosscheck.applications import APPLICATIONS
from proofs.evaluate import Evaluation
from theory.statements import STATEMENTS, statement

PLAN = replace(grid.QUICK, own_runs=200, own_steps=8)


def certificate(name: str) -> dict:
    return json.loads((CERTIFICATES / f"{name}.json").read_text(encoding="ascii"))


def row(name: str, problem: str) -> recurrences.OwnRow:
    witness = replace(recurrences.problems()[problem], steps=PLAN.own_steps)
    return recurrences.row(statement(name), certificate(name), problem, witness, PLAN)


def test_every_theorem_about_a_run_has_rows() -> None:
    assert {*recurrences.names(grid.FULL), *APPLICATIONS} == {n for n, x in STATEMENTS.items() if x.about_a_run}
    assert not {*recurrences.names(grid.FULL)} & {*APPLICATIONS}


@pytest.mark.parametrize("name", recurrences.names(grid.FULL))
def test_every_theorem_is_applicable_somewhere_and_holds_there(name: str) -> None:
    found = row(name, "witness_line")
    assert not found.missing
    assert found.measured <= found.bound


def test_the_failing_hypothesis_is_named() -> None:
    assert row("adopt_projected_convex", "witness_plane").missing == ("convex", "one_dimension")
    assert row("adopt_polyak_lojasiewicz_last_iterate", "hard_instance").missing == ("polyak_lojasiewicz",)


def test_a_measure_above_the_bound_is_a_violation() -> None:
    found = row("adopt_elementwise", "hard_instance")
    assert found.p_value > 0.5
    assert replace(found, bound=found.measured - 10 * found.error).p_value < 1e-6


def test_a_bound_above_what_holds_anyway_is_vacuous() -> None:
    found = row("adopt_elementwise", "hard_instance")
    assert recurrences.as_json(replace(found, bound=1e9), violated=False)["verdict"] == "vacuous"


def test_the_measure_is_what_it_says() -> None:
    """E Σ |∂_i f|^{4/3}, written out in numpy on the same runs."""
    name = "adopt_elementwise"
    witness = recurrences.with_step_size(
        statement(name), replace(recurrences.problems()["witness_plane"], steps=PLAN.own_steps)
    )
    paths = recurrences.sampled(statement(name), witness, PLAN.own_runs, PLAN.seed)
    measured, _ = recurrences.sides(statement(name), Evaluation(certificate(name), paths))
    by_step = (np.abs(paths.atoms["grad_theta"][:-1]) ** (4 / 3)).sum(axis=2).mean(axis=1)
    assert measured[0] == pytest.approx((by_step**1.5).mean(), rel=1e-12)


def test_runs_follow_the_recurrence() -> None:
    """Projected ADOPT stays in the set; θ_t − θ_{t−1} = −αm_t before projection elsewhere."""
    name = "adopt_projected_convex"
    witness = replace(recurrences.problems()["witness_line"], steps=PLAN.own_steps)
    paths = recurrences.sampled(statement(name), witness, 50, 1)
    assert np.abs(paths.atoms["theta"]).max() <= float(witness.radius)
    name = "adopt_elementwise"
    paths = recurrences.sampled(statement(name), witness, 50, 1)
    moved = paths.atoms["theta"][1:] - paths.atoms["theta"][:-1]
    assert np.allclose(moved, -paths.parameters["alpha"] * paths.atoms["m"][1:], rtol=0, atol=1e-15)
