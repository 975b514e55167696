"""What the tactic can prove where a claim's script fails: the one-step inequality with the best constants.

The scripts of N1 and N2 derive facts about one step (descent, the conditioned cross term, the direction's second moment) from
whatever the hypothesis supplies. Here they are run up to their one-step inequality, and its constants are left open:

    V_t + x·αQ_t ≤ V_{t−1} + y·α²Lσ²/(ε²(1−β1)),      V_t = E f(φ_t) + λE‖m_t‖²

A linear programme over the multipliers of products of those facts finds the greatest x and then the least y; rationals are read
off its vertex, and the kernel proves the inequality with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpq

from proofs import linear, terms
from proofs.builder import Factors, Line, polynomial
from proofs.hypotheses.relations import words_of
from proofs.hypotheses.replay import Replay, declared, statement_for
from proofs.scripts import SCRIPTS
from proofs.scripts.common import Q
from proofs.scripts.variance import lyapunov
from proofs.terms import KernelError, Poly
from theory.atoms import L, alpha, inv_eps, inv_one_minus_beta1, sigma
from theory.expressions import Constant, Expression, Relation, t
from theory.hypothesis import Conjecture
from theory.statement import Statement
from theory.statements import statement

BASES = ("adopt_bounded_variance", "adopt_affine_variance")
"""Theorems whose scripts lead to a one-step inequality, in the order in which they are tried."""
LABEL = "V_t + (α/2)Q_t"
"""The label of that inequality in `proofs.scripts.conditioned`."""
LOSS = alpha**2 * L * sigma**2 * inv_eps**2 * inv_one_minus_beta1


@dataclass(frozen=True)
class OneStep:
    """The inequality with its constants, the theorem whose script led there, and the condition on the step size."""

    theorem: str
    gain: Fraction
    loss: Fraction
    condition: str

    @property
    def words(self) -> str:
        return (
            f"V_t + {self.gain}·αQ_t ≤ V_{{t−1}} + {self.loss}·α²Lσ²/(ε²(1−β1)) with V_t = E f(φ_t) + λE‖m_t‖², "
            "λ = α²Lκ/(2(1−β1)): the best constants by linear programming over the multipliers, "
            f"if {self.condition}; the kernel accepts them"
        )


class ReachedError(Exception):
    """The script has come to its one-step inequality."""

    def __init__(self, found: tuple[Fraction, Fraction] | None) -> None:
        super().__init__()
        self.found = found


class Search(Replay):
    """A script run up to its one-step inequality, whose constants are then looked for."""

    def show(
        self,
        text: str,
        claim: Relation,
        *products: Line | Factors,
        modulo: Sequence[Line | tuple[Line, Expression]] = (),
        start: int = 0,
    ) -> Line:
        if not text.startswith(LABEL):
            return super().show(text, claim, *products, modulo=modulo, start=start)
        pool = pooled([p if isinstance(p, Factors) else Factors((p,)) for p in products])
        found = best_constants(lyapunov(t - 1) - lyapunov(t), alpha * Q(t), LOSS, pool, modulo)
        if found is not None:
            gain, loss = (Constant(x) for x in found)
            wanted = lyapunov(t) + gain * alpha * Q(t) <= lyapunov(t - 1) + loss * LOSS
            super().show("the best one-step inequality", wanted, *pool, modulo=modulo)
        raise ReachedError(found)


def pooled(products: list[Factors]) -> list[Factors]:
    """Every fact of the products times every multiplier that one of them has: what the programme may combine."""
    heads = list(dict.fromkeys(p.lines[0] for p in products))
    rests = [Factors(p.lines[1:], p.squares) for p in products]
    return [Factors((head,)) * rest for head in heads for rest in rests]


def best_constants(
    base: Expression,
    gain: Expression,
    loss: Expression,
    products: list[Factors],
    modulo: Sequence[Line | tuple[Line, Expression]],
) -> tuple[Fraction, Fraction] | None:
    """The greatest x, then the least y ≥ 0, with base − x·gain + y·loss a nonnegative combination of the products."""
    equations = [e[0].poly if isinstance(e, tuple) else e.poly for e in modulo]
    leads = [next(iter(polynomial(e[1]))) if isinstance(e, tuple) else None for e in modulo]
    rules = linear.orient(list(zip(equations, leads, strict=True)))
    target = linear.reduce(polynomial(base), rules)[0]
    columns = [linear.reduce(p.poly(), rules)[0] for p in products]
    x = linear.reduce(polynomial(gain), rules)[0]
    y = terms.neg(linear.reduce(polynomial(loss), rules)[0])
    columns += [x, y]
    n = len(columns)
    first = programme(columns, target, [0.0] * (n - 2) + [-1.0, 0.0])
    if first is None:
        return None
    greatest = snapped(columns, target, first)[-2]
    fixed = terms.sub(target, terms.mul(terms.constant(greatest), x))
    rest = [*columns[:-2], y]
    second = programme(rest, fixed, [0.0] * (n - 2) + [1.0])
    if second is None:
        return None
    least = snapped(rest, fixed, second)[-1]
    return as_fraction(greatest), as_fraction(least)


def programme(columns: list[Poly], target: Poly, cost: list[float]) -> Any:
    """A vertex of Σ c_k column_k = target, c ≥ 0, of least cost (floats); None if there is none."""
    import numpy as np
    from scipy.optimize import linprog

    rows = sorted({m for p in [*columns, target] for m in p})
    matrix = np.array([[float(p.get(m, fmpq(0))) for p in columns] for m in rows])
    right = np.array([float(target.get(m, fmpq(0))) for m in rows])
    return linprog(np.array(cost) + 1e-7, A_eq=matrix, b_eq=right, method="highs-ds").x


def snapped(columns: list[Poly], target: Poly, values: Any) -> list[fmpq]:
    """The vertex in exact arithmetic, from its support. Raises KernelError if it is none."""
    support = [k for k, v in enumerate(values) if v > 1e-9]
    exact = linear.solve([columns[k] for k in support], target)
    if exact is None or any(c < 0 for c in exact):
        raise KernelError("NOT CERTIFIED: the linear programme's vertex is not exact")
    result = [fmpq(0)] * len(columns)
    for k, c in zip(support, exact, strict=True):
        result[k] = c
    return result


def as_fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def one_step(conjecture: Conjecture) -> OneStep | None:
    """The best one-step inequality under the hypothesis's assumptions; None if no script leads to one."""
    recurrence = conjecture.recurrence
    for name in BASES:
        base = statement(name)
        if recurrence is None or recurrence.name != base.method or base.objective[0] not in conjecture.assumptions:
            continue
        found = run(conjecture, base)
        if found is not None:
            condition = next(words_of(h) for h in base.hypotheses if h.name == "step_size")
            return OneStep(name, *found, condition)
    return None


def run(conjecture: Conjecture, base: Statement) -> tuple[Fraction, Fraction] | None:
    try:
        script = Search(declared(statement_for(conjecture, base, conditions=True), base), base)
        SCRIPTS[base.name](script)
    except ReachedError as reached:
        return reached.found
    except (KernelError, ValueError):
        return None
    return None
