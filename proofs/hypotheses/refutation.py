"""The refutation side: a claim is refuted only by an instance that meets every assumption and certifiably exceeds it.

Each refuter looks for an instance; all arithmetic that decides is exact or in balls, and `verified` recomputes a refutation
from its data alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flint import arb

from theory.expressions import Relation
from theory.hypothesis import Conjecture
from theory.numbers import condition_holds, enclosure

if TYPE_CHECKING:
    import sympy

TINY = Fraction(1, 10**9)
"""A positive constant that an instance leaves free is taken as small as this."""


@dataclass(frozen=True)
class Refutation:
    """`kind` names the argument; `data` is JSON with exact numbers; `words` tell it; `figures` are for the report.

    For a claimed bound `lower` is at most the measure and `claimed` at least the bound, with lower > claimed; for a rate
    `lower` is a floor that the measure keeps for all large T, and `claimed` is None.
    """

    kind: str
    title: str
    words: tuple[str, ...]
    data: dict[str, Any]
    lower: float
    claimed: float | None
    figures: Mapping[str, Any] = field(default_factory=dict)


def bound_value(bound: sympy.Expr, values: Mapping[str, Fraction]) -> arb:
    """The claimed bound at exact parameters. Raises ValueError for a parameter that the instance does not have."""
    needed = {s.name for s in bound.free_symbols}
    missing = sorted(needed - set(values))
    if missing:
        raise ValueError(f"the instance has no {', '.join(missing)}")
    return enclosure(bound, values)


def conditions_hold(conjecture: Conjecture, values: Mapping[str, Fraction]) -> bool:
    """The claim's conditions on parameters, exactly."""
    return all(condition_holds(h.claim, values) is True for h in conjecture.where if isinstance(h.claim, Relation))


def refute(conjecture: Conjecture) -> Refutation | None:
    """The first refutation found; every one is verified before it is returned. Its outcome does not depend on a seed."""
    from proofs.hypotheses.instances import REFUTERS

    if conjecture.own:  # an instance is not known to meet an inequality of the user's
        return None
    for refuter in REFUTERS:
        found = refuter(conjecture)
        if found is not None:
            verified(conjecture, found)
            return found
    return None


def verified(conjecture: Conjecture, refutation: Refutation) -> None:
    """Recomputes a refutation from its data. Raises ValueError if it does not hold."""
    from proofs.hypotheses.instances import CHECKS

    if refutation.kind not in CHECKS:
        raise ValueError(f"unknown refutation {refutation.kind!r}")
    CHECKS[refutation.kind](conjecture, refutation.data)


Refuter = Callable[[Conjecture], Refutation | None]
Check = Callable[[Conjecture, dict[str, Any]], None]
