"""Counterexamples to convergence, with rigorous certificates: docs/counterexamples.md says what they prove and why.

`certify(name, parameters)` encloses the drift of a method on a problem, decides its direction, and goes on to failure, with
explicit constants, where the drift is wrong. `FAMILIES` says what there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numerics.counterexamples import ablations, amsgrad, problem_u, with_replacement, without_replacement
from numerics.counterexamples.certify import MOST_CELLS, Result, certify_family
from numerics.counterexamples.family import Family

FAMILIES: Mapping[str, Family] = {
    family.name: family
    for module in (with_replacement, without_replacement, amsgrad, ablations, problem_u)
    for family in module.FAMILIES
}


def certify(name: str, parameters: Mapping[str, Any] | None = None, most_cells: int = MOST_CELLS) -> Result:
    """The certified drift of a family at these parameters (text or exact; the rest are the family's defaults).

    Raises ValueError, naming the condition, for an unknown family or bad parameters.
    """
    if name not in FAMILIES:
        raise ValueError(f"no counterexample {name!r}; there are {', '.join(FAMILIES)}")
    return certify_family(FAMILIES[name], parameters or {}, most_cells)
