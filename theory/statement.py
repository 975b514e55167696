"""What a theorem claims, as data: hypotheses in primitive form, definitions, an explicit bound, its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from theory.expressions import Expression, Relation, Symbol

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True)
class Hypothesis:
    """`claim` holds for all t >= start; with claim an expression, that expression is integrable.

    `assumption` is the id of the assumption it belongs to (`theory.assumptions`), or "recurrence", "parameters" or
    "start" (E f(θ_0) is finite).
    """

    name: str
    claim: Relation | Expression
    assumption: str
    start: int = 0


@dataclass(frozen=True)
class Definition:
    """`symbol` is poly (`define`), 1/poly (`inverse`), poly^{1/degree} (`root`) or min_{t=1..T} poly (`minimum`)."""

    kind: str
    symbol: Symbol
    poly: Expression
    degree: int = 0


@dataclass(frozen=True)
class Statement:
    """A theorem's statement.

    Attributes:
        name: its id, also that of its script and certificate.
        title: one line for people.
        reference: the theorem in the paper, "textbook", "implication", or what it is new beside.
        objective: assumptions on f as a function, out of `lower_bounded`, `smooth`.
        points: iterates at which f is known, as (x, f(x), ∇f(x)) symbols.
        hypotheses: everything else that is assumed, in primitive form.
        definitions: names used by the goal, in order.
        measured: what is bounded.
        bound: builds the explicit bound as a sympy expression in `parameters`; the goal is made from it.
        parameters: the names the bound takes.
        rate: exponent of T in the bound at the best step size.
        best_alpha: the step size that minimises the bound, as a sympy expression, or None.
        largest_alpha: the largest step size that the hypotheses allow, as a sympy expression; None if all are allowed.
        discrepancies: where this statement differs from its source.
        remarks: what else is worth knowing of it, such as where its bound says nothing.
    """

    name: str
    title: str
    reference: str
    method: str
    objective: tuple[str, ...]
    points: tuple[tuple[Symbol, Symbol, Symbol], ...]
    hypotheses: tuple[Hypothesis, ...]
    definitions: tuple[Definition, ...]
    measured: Expression
    bound: Callable[[], sympy.Expr]
    parameters: tuple[str, ...]
    rate: str
    best_alpha: Callable[[], sympy.Expr] | None = None
    largest_alpha: Callable[[], sympy.Expr] | None = None
    discrepancies: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=())

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Ids of the assumptions, without the recurrence and the parameters' ranges."""
        named = [h.assumption for h in self.hypotheses if h.assumption not in ("recurrence", "parameters", "start")]
        return tuple(dict.fromkeys([*self.objective, *named]))

    @property
    def about_a_run(self) -> bool:
        """Whether it speaks of the run of a method; sums over step sizes do not."""
        return any(h.assumption == "recurrence" for h in self.hypotheses)

    def goal(self) -> Relation:
        """`measured` <= the bound, with the sympy bound written in the statement's definitions."""
        from theory.bounds import expression

        return self.measured <= expression(self.bound(), self)
