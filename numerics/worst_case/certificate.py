"""A worst case, enclosed and certified: solve, round, and write down what the checker needs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from numerics.worst_case.problem import WorstCase
from numerics.worst_case.programme import Layout, solve
from numerics.worst_case.rounding import Instance, upper_bound, worst_instance

FORMAT = "adopt-worst-case/1"


@dataclass(frozen=True)
class Certified:
    """lower ≤ worst case ≤ upper, both exact; `lower` is None if no instance was found.

    `certificate` is the JSON value that `proofs.worst_case_checker` verifies; nothing here is to be believed without it.
    """

    case: WorstCase
    upper: Fraction
    lower: Fraction | None
    solver_value: float
    certificate: dict[str, Any]

    @property
    def tight(self) -> bool:
        """The bound is attained exactly."""
        return self.lower == self.upper


def certify(case: WorstCase) -> Certified:
    """The worst case of min_t ‖∇f(θ_t)‖² with its certificate. Raises UncertifiedError, or SolverError."""
    layout = Layout(case)
    solution = solve(layout)
    upper, multipliers = upper_bound(layout, solution)
    worst = worst_instance(case, solution, upper)
    named = [(name, y) for name, y in zip(layout.names, multipliers, strict=True) if y]
    certificate = {
        "format": FORMAT,
        "problem": case.as_json(),
        "upper": str(upper),
        "multipliers": {
            kind: [[*name[1:], str(y)] for name, y in named if name[0] == kind]
            for kind in ("start", "interpolation", "infimum", "gradient_bound", "weight")
        },
        "lower": None if worst is None else str(worst.value),
        "instance": None if worst is None else instance_json(worst),
    }
    return Certified(case, upper, None if worst is None else worst.value, solution.value, certificate)


def instance_json(worst: Instance) -> dict[str, Any]:
    """Gram matrices and values as text."""
    return {
        "grams": [[[str(x) for x in row] for row in gram] for gram in worst.grams],
        "values": [str(v) for v in worst.values],
    }
