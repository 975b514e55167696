"""A sweep's measures against a theorem's bound, wherever the theorem speaks about them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from proofs.crosscheck.applications import APPLICATIONS, Application, bound_at, constants_of, missing
from theory.numbers import largest_step
from theory.statement import Statement
from theory.statements import statement

if TYPE_CHECKING:
    from numerics.sweeps.plan import Plan

LEVEL = 0.05
"""Family-wise error of all claims of a violation together (Holm)."""


def application_of(theorem: str) -> Application:
    """How a theorem is tested. Raises ValueError for an unknown theorem, or one that simulations do not test."""
    name = statement(theorem).name
    if name not in APPLICATIONS:
        raise ValueError(f"{name} is not tested by simulations; one of {', '.join(APPLICATIONS)}")
    return APPLICATIONS[name]


def compare(theorem: str, plan: Plan, rows: Sequence[dict[str, Any]]) -> int:
    """Add `bound`, `p_value` and `violated` to the rows, null where the theorem does not apply; how many are violated.

    Tests "the averaged measure is at most the bound" one-sided at every row, with Holm's correction over all of them.
    """
    from numerics.rates import holm, upper_tail

    claim = statement(theorem)
    p_values: list[float] = []
    applicable = []
    for row in rows:
        row["bound"] = bound_of(claim, row)
        row["p_value"] = row["violated"] = None
        if row["bound"] is not None:
            row["p_value"] = upper_tail(row["measure"] - row["bound"], row["standard_error"], row["degrees"])
            applicable.append(row)
            p_values.append(row["p_value"])
    for row, rejected in zip(applicable, holm(p_values, LEVEL), strict=True):
        row["violated"] = rejected
    return sum(row["violated"] for row in applicable)


def bound_of(claim: Statement, row: Mapping[str, Any]) -> float | None:
    """The bound on a row's measure; None where the row is not of the theorem's method, measure, problems or step sizes."""
    from numerics.registry import problem
    from optim.core import METHODS

    application, p, T = application_of(claim.name), problem(row["problem"]), row["horizon"]
    if (row["method"], row["quantity"], row["decay"]) != (application.method, application.quantity, application.decay):
        return None
    values = {**METHODS[application.method].defaults, **row}
    values["clip"] = (row["clip_c"], row["clip_p"]) if row.get("clip_c") is not None else None
    if any(values.get(name) != wanted for name, wanted in application.hyperparameters(T).items()) or missing(claim, p):
        return None
    alpha = row["alpha"]
    parameters = constants_of(p) | {name: float(values[name]) for name in ("beta1", "beta2", "eps") if name in values}
    parameters |= {"T": float(T), "alpha": alpha, "alpha0": alpha if application.decay else alpha * math.sqrt(T)}
    parameters |= dict(application.extra(T))
    largest = largest_step(claim, {name: Fraction(v) for name, v in parameters.items() if name in claim.parameters})
    if largest is not None and parameters["alpha0" if "alpha0" in claim.parameters else "alpha"] > largest:
        return None
    return bound_at(claim, parameters)
