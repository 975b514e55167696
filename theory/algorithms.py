"""Algorithms as symbolic recurrences: what a run computes from the oracle's gradients g_0, g_1, ...

A recurrence is an ordered list of assignments over the declared atoms, for the first step and for every later one.
Statements take their hypotheses from it (`hypotheses`), and tests run it (`run`) against `optim.core`: the same text is
what is proved and what is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from theory import atoms as at
from theory.expressions import At, Constant, Expression, Power, Product, Sum, Symbol, Time, lift, t
from theory.statement import Hypothesis


@dataclass(frozen=True)
class Quotient(Expression):
    """numerator / denominator; only in recurrences (a certificate multiplies out)."""

    numerator: Expression
    denominator: Expression

    def __str__(self) -> str:
        return f"{self.numerator} / {self.denominator}"


@dataclass(frozen=True)
class Normaliser(Expression):
    """max(√second_moment, floor), elementwise; only in recurrences."""

    second_moment: Expression
    floor: Expression

    def __str__(self) -> str:
        return f"max(sqrt({self.second_moment}), {self.floor})"


@dataclass(frozen=True)
class SquareRoot(Expression):
    """√radicand, elementwise; only in recurrences."""

    radicand: Expression

    def __str__(self) -> str:
        return f"sqrt({self.radicand})"


@dataclass(frozen=True)
class Clip(Expression):
    """min(max(value, −threshold), threshold), elementwise; only in recurrences."""

    value: Expression
    threshold: Expression

    def __str__(self) -> str:
        return f"clip({self.value}, {self.threshold})"


@dataclass(frozen=True)
class Assignment:
    target: At
    value: Expression


@dataclass(frozen=True)
class Recurrence:
    """Assignments at time 0 (`start`), at every t >= 1 (`step`), and those that replace them at t = 1 (`first`)."""

    name: str
    title: str
    start: tuple[Assignment, ...]
    step: tuple[Assignment, ...]
    first: tuple[Assignment, ...] = ()


def _assign(target: Expression, value: Expression | int) -> Assignment:
    if not isinstance(target, At):
        raise TypeError(f"{target} is not an atom at a time")
    return Assignment(target, lift(value))


def _adopt(
    name: str,
    title: str,
    first: tuple[Assignment, ...] = (),
    *,
    alpha: Expression = at.alpha,
    threshold: Expression | None = None,
) -> Recurrence:
    m, v, s, a, u, g, theta = at.m, at.v, at.s, at.a, at.u, at.g, at.theta
    quotient = Quotient(g(t), s(t - 1))
    clipped: tuple[Assignment, ...] = (_assign(a(t), quotient),)
    if threshold is not None:
        clipped = (_assign(u(t), quotient), _assign(a(t), Clip(u(t), threshold)))
    return Recurrence(
        name,
        title,
        start=(
            *(() if first else (_assign(m(0), 0),)),
            _assign(v(0), g(0) * g(0)),
            _assign(s(0), Normaliser(v(0), at.eps)),
        ),
        step=(
            *clipped,
            _assign(m(t), at.beta1 * m(t - 1) + (1 - at.beta1) * a(t)),
            _assign(theta(t), theta(t - 1) - alpha * m(t)),
            _assign(v(t), at.beta2 * v(t - 1) + (1 - at.beta2) * (g(t) * g(t))),
            _assign(s(t), Normaliser(v(t), at.eps)),
        ),
        first=first,
    )


ADOPT = _adopt("adopt", "ADOPT in the form of the paper's Algorithm 2 (m_0 = 0), as its code runs it")
LONG_START = (_assign(at.m(1), at.a(1)),)
ADOPT_ALGORITHM_1 = _adopt(
    "adopt_algorithm_1", "ADOPT with Algorithm 1's start: m_1 = a_1, without the factor 1 − β1", LONG_START
)
ADOPT_DECAYING = _adopt("adopt_decaying", "ADOPT with step sizes α_t", alpha=at.alpha_t(t))
ADOPT_DECAYING_ALGORITHM_1 = _adopt(
    "adopt_decaying_algorithm_1", "ADOPT with step sizes α_t and Algorithm 1's start", LONG_START, alpha=at.alpha_t(t)
)
ADOPT_CLIPPED = _adopt("adopt_clipped", "ADOPT with the normalised gradient clipped to [−c, c]", threshold=at.c)
ADOPT_CLIPPED_SCHEDULE = _adopt(
    "adopt_clipped_schedule", "ADOPT with the normalised gradient clipped to [−c_t, c_t]", threshold=at.c_t(t)
)
ADOPT_CLIPPED_DECAYING = _adopt(
    "adopt_clipped_decaying",
    "ADOPT with step sizes α_t and the normalised gradient clipped to [−c_t, c_t]",
    alpha=at.alpha_t(t),
    threshold=at.c_t(t),
)
RMSPROP_DECORRELATED = Recurrence(
    "rmsprop_decorrelated",
    "RMSprop with ADOPT's order: the gradient is divided by the previous step's normaliser",
    start=(_assign(at.v(0), at.g(0) * at.g(0)), _assign(at.s(0), Normaliser(at.v(0), at.eps))),
    step=(
        _assign(at.a(t), Quotient(at.g(t), at.s(t - 1))),
        _assign(at.theta(t), at.theta(t - 1) - at.alpha * at.a(t)),
        _assign(at.v(t), at.beta2 * at.v(t - 1) + (1 - at.beta2) * (at.g(t) * at.g(t))),
        _assign(at.s(t), Normaliser(at.v(t), at.eps)),
    ),
)
RMSPROP = Recurrence(
    "rmsprop",
    "RMSprop without bias correction: v_0 = 0, denominator √(v_t + ε²)",
    start=(_assign(at.v(0), 0),),
    step=(
        _assign(at.v(t), at.beta2 * at.v(t - 1) + (1 - at.beta2) * (at.g(t) * at.g(t))),
        _assign(at.s(t), SquareRoot(at.v(t) + at.eps**2)),
        _assign(at.a(t), Quotient(at.g(t), at.s(t))),
        _assign(at.theta(t), at.theta(t - 1) - at.alpha * at.a(t)),
    ),
)


SGD = Recurrence(
    "sgd", "Stochastic gradient descent", start=(), step=(_assign(at.theta(t), at.theta(t - 1) - at.alpha * at.g(t)),)
)
SGD_MOMENTUM = Recurrence(
    "sgd_momentum",
    "Stochastic gradient descent with momentum, as an exponential moving average",
    start=(_assign(at.m(0), 0),),
    step=(
        _assign(at.m(t), at.beta1 * at.m(t - 1) + (1 - at.beta1) * at.g(t)),
        _assign(at.theta(t), at.theta(t - 1) - at.alpha * at.m(t)),
    ),
)


def hypotheses(recurrence: Recurrence) -> tuple[Hypothesis, ...]:
    """The recurrence as hypotheses of a statement, polynomial in the atoms.

    A quotient a = g/s becomes a·s = g. The normaliser enters only through ε <= s and s² <= v + ε², which hold for
    max(√v, ε) (one of the two squares is attained, the other is nonnegative) and for √(v+ε²): theorems cover both. A
    square root s = √p becomes s > 0 and s² = p, for p > 0. a = clip(u, −c, c) becomes −c <= a <= c and
    (u − a)(y − a) <= 0 at both ends y = ±c: a is the point of [−c, c] nearest to u. These hold for clip only: inside,
    both products have opposite signs of a − y, so u = a; at an end, u lies beyond it.
    """
    special = {x.target.symbol.name for x in recurrence.first}
    found: list[Hypothesis] = []
    for stage, start in ((recurrence.start, 0), (recurrence.first, 0), (recurrence.step, 1)):
        for x in stage:
            suffix = "start" if stage is recurrence.start else "first" if stage is recurrence.first else "step"
            name = f"{RECURRENCE_NAMES[x.target.symbol.name]}_{suffix}"
            lo = 2 if stage is recurrence.step and x.target.symbol.name in special else start
            if isinstance(x.value, Normaliser):
                if stage is recurrence.start:  # the step's clauses, stated for every t >= 0, include the start
                    continue
                target, square = x.target, x.value.second_moment + x.value.floor**2
                found.append(Hypothesis("normaliser_at_least_eps", x.value.floor <= target, "recurrence", 0))
                found.append(Hypothesis("normaliser_squared_at_most", target**2 <= square, "recurrence", 0))
            elif isinstance(x.value, SquareRoot):
                found.append(Hypothesis(f"{name}_positive", x.target > 0, "recurrence", lo))
                found.append(Hypothesis(f"{name}_squared", (x.target**2).equals(x.value.radicand), "recurrence", lo))
            elif isinstance(x.value, Clip):
                low, high, gap = -x.value.threshold, x.value.threshold, x.value.value - x.target
                found.append(Hypothesis("clip_at_most", x.target <= high, "recurrence", lo))
                found.append(Hypothesis("clip_at_least", x.target >= low, "recurrence", lo))
                found.append(Hypothesis("clip_seen_from_above", gap * (x.target - high) >= 0, "recurrence", lo))
                found.append(Hypothesis("clip_seen_from_below", gap * (x.target - low) >= 0, "recurrence", lo))
            elif isinstance(x.value, Quotient):
                product = x.target * x.value.denominator
                found.append(Hypothesis(name, product.equals(x.value.numerator), "recurrence", lo))
            else:
                found.append(Hypothesis(name, x.target.equals(x.value), "recurrence", lo))
    return tuple(found)


RECURRENCE_NAMES = {
    "m": "momentum",
    "v": "second_moment",
    "s": "normaliser",
    "a": "normalised_gradient",
    "u": "normalised_gradient",
    "theta": "iterate",
}


def evaluate(
    expression: Expression, value: Callable[[Symbol, Time | None], Any], larger: Any, root: Any, number: Any
) -> Any:
    """The expression with its operations in the order they are written, in the arithmetic of the values.

    `value(symbol, time)` gives an atom, `larger` and `root` are max and √ there, `number` converts an exact constant.
    """

    def visit(e: Expression) -> Any:
        match e:
            case Constant(c):
                return number(c)
            case Symbol():
                return value(e, None)
            case At(symbol, time):
                return value(symbol, time)
            case Sum(terms):
                result = visit(terms[0])
                for x in terms[1:]:
                    match x:
                        case Product((Constant(c), y)) if c == -1:
                            result = result - visit(y)
                        case _:
                            result = result + visit(x)
                return result
            case Product(factors):
                result = visit(factors[0])
                for x in factors[1:]:
                    result = result * visit(x)
                return result
            case Power(base, exponent):
                result = visit(base)
                for _ in range(exponent - 1):
                    result = result * visit(base)
                return result
            case Quotient(numerator, denominator):
                return visit(numerator) / visit(denominator)
            case Normaliser(second_moment, floor):
                return larger(root(visit(second_moment)), visit(floor))
            case SquareRoot(radicand):
                return root(visit(radicand))
            case Clip(raw, bound):
                threshold = visit(bound)
                return -larger(-larger(visit(raw), -threshold), -threshold)
        raise TypeError(f"{e} cannot occur in a recurrence")

    return visit(expression)


def run(
    recurrence: Recurrence,
    theta0: Any,
    gradient: Callable[[Any, int], Any],
    steps: int,
    parameters: dict[str, Any],
    *,
    larger: Any = max,
    root: Any = None,
    number: Any = None,
) -> list[dict[str, Any]]:
    """Runs the recurrence for one coordinate (or for arrays, with elementwise `larger` and `root`).

    `gradient(theta, t)` is the oracle's answer: g_0 at θ_0, g_t at θ_{t−1}. A parameter that depends on the step (`alpha_t`,
    `c_t`) is given as a function of it. Default arithmetic: Python floats. Returns
    the atoms' values at times 0..steps. Raises ValueError for negative steps.
    """
    if steps < 0:
        raise ValueError(f"steps is {steps}; it must be 0 or more")
    if root is None:
        from math import sqrt as root
    number = number or float
    rows: list[dict[str, Any]] = []

    def execute(assignments: Iterable[Assignment], step: int) -> None:
        def value(symbol: Symbol, time: Time | None) -> Any:
            if time is None:
                return parameters[symbol.name]
            moment = time.shift + (step if time.base else 0)
            return rows[moment][symbol.name] if symbol.random else parameters[symbol.name](moment)

        for x in assignments:
            rows[step][x.target.symbol.name] = evaluate(x.value, value, larger, root, number)

    rows.append({"theta": theta0, "g": gradient(theta0, 0)})
    execute(recurrence.start, 0)
    for step in range(1, steps + 1):
        rows.append({"g": gradient(rows[step - 1]["theta"], step)})
        special = {x.target.symbol.name: x for x in recurrence.first} if step == 1 else {}
        execute((special.get(x.target.symbol.name, x) for x in recurrence.step), step)
    return rows
