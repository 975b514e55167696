"""Every line of every certificate holds on all noise paths of a problem that meets its hypotheses, in ball arithmetic."""

from __future__ import annotations

import json

import pytest
from flint import arb

from proofs.certificate import CERTIFICATES
from proofs.crosscheck.lines import LineCheck, on_witness
from theory.statements import STATEMENTS, statement


def lines(name: str, **overrides: arb) -> LineCheck:
    """All lines of a certificate on the witness in one dimension, at three steps; `overrides` replaces parameters."""
    certificate = json.loads((CERTIFICATES / f"{name}.json").read_text(encoding="ascii"))
    found = on_witness(certificate, statement(name), "line", steps=3, overrides=overrides)
    assert found is not None
    return found


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_line_holds(name: str) -> None:
    found = lines(name)
    assert not found.violated
    assert len(found.slacks) == found.total


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("sgd_bounded_variance", ["sigma"]),
        ("adopt_bounded_variance", ["sigma"]),
        ("adopt_affine_variance", ["sigma_i", "rho"]),
        ("adopt_affine_variance_norm_gradient", ["sigma", "rho"]),
        ("adopt_clipped_bounded_variance", ["sigma"]),
        ("adopt_clipped_bounded_variance_schedule", ["sigma"]),
        ("adopt_clipped_heavy_tailed", ["G"]),
        ("adopt_clipped_heavy_tailed_gradient_4_3", ["G"]),
        ("adopt_projected_convex", ["D0"]),
        ("sum_squared_falls", ["alpha0"]),
    ],
)
def test_a_constant_that_is_too_small_violates_a_hypothesis(name: str, parameters: list[str]) -> None:
    violated = lines(name, **{p: arb("1e-6") for p in parameters}).violated
    assert violated
    assert "hypothesis" in violated[0].label
