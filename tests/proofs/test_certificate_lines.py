"""Every line of every certificate holds on all noise paths of a problem that meets its hypotheses, in ball arithmetic."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flint import arb

from numerics.exact import ExactArray, working_precision
from proofs.certificate import CERTIFICATES
from proofs.crosscheck.witness import WITNESSES, evaluated
from proofs.evaluate import Slack, slacks
from theory.statements import STATEMENTS, statement

STEPS = 3
NAMES = [x.name for x in STATEMENTS.values() if not x.method.endswith("algorithm_1")]
"""With Algorithm 1's start m_0 does not exist, and the witness has no value for it; the cross-check has its lines."""


def lines(name: str, **overrides: arb) -> list[Slack]:
    """Slacks of all lines of a certificate on the witness in one dimension; `overrides` replaces parameters."""
    witness = replace(WITNESSES["line"](), steps=STEPS)

    def objective(x: np.ndarray) -> tuple[Any, Any]:
        points = x.view(ExactArray)
        return np.asarray(witness.problem.value_balls(points)), np.asarray(witness.problem.gradient_balls(points))

    certificate = json.loads((CERTIFICATES / f"{name}.json").read_text(encoding="ascii"))
    with working_precision():
        paths = replace(evaluated(statement(name), witness), objective=objective)
        paths.parameters |= overrides
        return list(slacks(certificate, paths))


@pytest.mark.parametrize("name", NAMES)
def test_every_line_holds(name: str) -> None:
    found = lines(name)
    assert len(found) > 40
    assert not [x for x in found if x.violated]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("sgd_bounded_variance", ["sigma"]),
        ("adopt_bounded_variance", ["sigma"]),
        ("adopt_affine_variance", ["sigma_i", "rho"]),
        ("adopt_clipped_bounded_variance", ["sigma"]),
        ("adopt_clipped_heavy_tailed", ["G"]),
        ("adopt_projected_convex", ["D0"]),
    ],
)
def test_a_constant_that_is_too_small_violates_a_hypothesis(name: str, parameters: list[str]) -> None:
    violated = [x for x in lines(name, **{p: arb("1e-6") for p in parameters}) if x.violated]
    assert violated
    assert "hypothesis" in violated[0].label
