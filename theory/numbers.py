"""Bounds as numbers: values, best step sizes and vacuity, evaluated with enclosures and rounded towards safety."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from theory.expressions import Relation
from theory.statement import Statement

if TYPE_CHECKING:
    import sympy

RANGES = {
    "beta1": (0, 1, "[0, 1)"),
    "beta2": (0, 1, "[0, 1]"),
    "T": (1, math.inf, "the integers from 1"),
    "L": (0, math.inf, "[0, ∞)"),
    "Delta": (0, math.inf, "[0, ∞)"),
}
"""Ranges of the parameters of bounds; every other one is positive."""
DECIMAL = r"(\d{1,60}(\.\d{0,60})?|\.\d{1,60})([eE][-+]?\d{1,3})?"
NUMBER = re.compile(rf"\s*[-+]?({DECIMAL}|\d{{1,60}}/\d{{1,60}})\s*\Z")


def exact(name: str, value: Any) -> Fraction:
    """A parameter as an exact number, checked against its range.

    Accepts integers, fractions, floats (their binary value) and text such as `19/10`, `0.9`, `1e-3` (read as exact).
    Raises ValueError saying what would be right.
    """
    try:
        if isinstance(value, str) and not NUMBER.match(value):  # "1e999999999" would take for ever
            raise ValueError
        number = Fraction(value)
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        raise ValueError(f"{name} is {value!r}; write a number such as 0.9, 19/10 or 1e-3") from None
    low, high, text = RANGES.get(name, (0, math.inf, "the positive numbers"))
    inside = (
        low <= number <= high and not (name not in RANGES and number == 0) and not (name == "beta1" and number == 1)
    )
    if not inside or (name == "T" and number.denominator != 1):
        raise ValueError(f"{name} is {value}; it must be in {text}")
    return number


def parameters(statement: Statement, given: Mapping[str, Any]) -> dict[str, Fraction]:
    """The exact parameters of a statement's bound. Raises ValueError for a missing, unknown or impossible one."""
    allowed = {*statement.parameters, "beta2"}  # beta2 may be given: the bound holds for each and does not depend on it
    unknown = sorted(set(given) - allowed)
    if unknown:
        raise ValueError(
            f"{statement.name} has no parameter {', '.join(unknown)}; it has {', '.join(statement.parameters)}"
        )
    values = {name: exact(name, value) for name, value in given.items()}
    missing = [p for p in statement.parameters if p not in given and p not in ("alpha", "alpha0")]
    if missing:
        raise ValueError(f"{statement.name} needs {', '.join(missing)}; add --set {missing[0]}=...")
    return values


PRECISION = 160
"""Bits of the enclosures."""


def evaluate(expression: sympy.Expr, values: Mapping[str, Fraction | float]) -> float:
    """The least float at or above a sympy bound at exact parameters (a float is its binary value); inf if none is.

    Computed in ball arithmetic. Raises ValueError for a function that bounds do not use, or a missing parameter.
    """
    import flint

    exact_values = {name: Fraction(value) for name, value in values.items()}
    with flint.ctx.workprec(PRECISION):
        ball = enclosure(expression, exact_values)
        if not ball.is_finite():
            return math.inf
        candidate = float(ball.upper())
        while not flint.arb(candidate) >= ball:
            candidate = math.nextafter(candidate, math.inf)
        return candidate


def enclosure(e: sympy.Expr, values: Mapping[str, Fraction]) -> Any:
    """A ball that contains a sympy bound's value at exact parameters, at flint's precision of the moment.

    Raises ValueError for a function that bounds do not use, or a missing parameter.
    """
    from flint import arb, fmpq

    if e.is_Rational:
        return arb(fmpq(int(e.p), int(e.q)))
    if e.is_Symbol:
        if e.name not in values:
            raise ValueError(f"the parameter {e.name} is missing")
        return arb(fmpq(values[e.name].numerator, values[e.name].denominator))
    parts = [enclosure(x, values) for x in e.args]
    if e.is_Add:
        return sum(parts[1:], start=parts[0])
    if e.is_Mul:
        return math.prod(parts[1:], start=parts[0])
    if e.func.__name__ in ("Min", "Max"):
        return functools.reduce(arb.min if e.func.__name__ == "Min" else arb.max, parts)
    if e.func.__name__ == "log":
        return parts[0].log()
    if e.is_Pow:
        exponent = Fraction(int(e.exp.p), int(e.exp.q)) if e.exp.is_Rational else values.get(str(e.exp))
        if exponent is not None:
            power = _integer_power(parts[0], abs(exponent.numerator))
            rooted = power if exponent.denominator == 1 else power.root(exponent.denominator)
            return rooted if exponent > 0 else 1 / rooted
        return parts[0] ** parts[1]
    raise ValueError(f"a bound with {e.func.__name__} cannot be evaluated")


def _integer_power(base: Any, n: int) -> Any:
    """base^n by squaring: flint's own power of a ball that contains 0 is NaN."""
    result = None
    while n:
        if n & 1:
            result = base if result is None else result * base
        base, n = base * base, n >> 1
    return 1 if result is None else result


def largest_step(statement: Statement, values: Mapping[str, Fraction]) -> Any:
    """The largest step size that the statement's hypotheses allow here, exactly; None if all are allowed."""
    import sympy

    from theory.bounds import SYMBOLS

    if statement.largest_alpha is None:
        return None
    exact_values = {SYMBOLS[n]: sympy.Rational(v.numerator, v.denominator) for n, v in values.items()}
    return statement.largest_alpha().subs(exact_values)


def condition_holds(claim: Relation, values: Mapping[str, Fraction]) -> bool | None:
    """Whether a condition on parameters holds, exactly; None if it speaks of anything that has no value here."""
    import sympy

    from theory.bounds import meaning

    difference, relation = claim.difference()
    try:
        condition = meaning(difference, {})
        exact = {
            s: sympy.Rational(values[s.name].numerator, values[s.name].denominator) for s in condition.free_symbols
        }
    except (TypeError, KeyError):
        return None
    value = condition.subs(exact)
    return bool(value == 0 if relation == "=" else value > 0 if relation == ">" else value >= 0)


def require_conditions(statement: Statement, values: Mapping[str, Fraction]) -> None:
    """Raises ValueError naming a hypothesis about parameters that is false here, such as c >= 2σ/ε."""
    for h in statement.hypotheses:
        if h.assumption == "parameters" and isinstance(h.claim, Relation) and condition_holds(h.claim, values) is False:
            raise ValueError(f"{statement.name} needs {h.claim}; that is false here")


WIDEST = 1e30
"""The search for a best step size covers 1/WIDEST to WIDEST."""
GOLDEN = (math.sqrt(5) - 1) / 2


def minimiser(expression: sympy.Expr, values: Mapping[str, Fraction], free: str, largest: float) -> float | None:
    """The step size in (0, largest] at which a bound is least, by golden section; None if it is least at 0.

    Bounds are sums, products and positive powers of products of powers of the step size, hence log-convex in its
    logarithm (geometric programming): one minimum, and the section finds it.
    """

    def value(x: float) -> float:
        return evaluate(expression, {**values, free: min(math.exp(x), largest)})

    low, high = -math.log(WIDEST), math.log(min(largest, WIDEST))
    first = low
    for _ in range(120):
        inner, outer = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if value(inner) <= value(outer):
            high = outer
        else:
            low = inner
    return None if low - first < 1 else min(math.exp((low + high) / 2), largest)


def bound(statement: Statement, given: Mapping[str, Any]) -> dict[str, Any]:
    """The `bound` contract: value, vacuity (value > G²), best step size and the value there.

    `best_alpha_by` is "formula" where the statement has one, "minimisation" where it was found numerically (the value
    there is an upper bound all the same), None without a best step size. Without `alpha` (or `alpha0`) the value is
    that at the best step size. Raises ValueError for bad parameters.
    """
    values = parameters(statement, given)
    free = "alpha0" if "alpha0" in statement.parameters else "alpha"
    expression = statement.bound()
    best = best_value = best_by = None
    largest = largest_step(statement, values)
    if largest is not None and free in values and values[free] > largest:
        raise ValueError(f"{free} is {values[free]}; {statement.name} needs {free} at most {float(largest):.6g} here")
    require_conditions(statement, values)
    positive = values.get("L", 1) > 0 and values.get("Delta", 1) > 0
    if statement.best_alpha is not None and positive:
        best, best_by = evaluate(statement.best_alpha(), values), "formula"
        if largest is not None and best > largest:  # only by rounding
            best = math.nextafter(math.nextafter(best, 0), 0)
    elif free in statement.parameters and positive and values.get("beta1", 0) < 1:
        others = {k: v for k, v in values.items() if k != free}
        top = math.inf if largest is None else math.nextafter(math.nextafter(float(largest), 0), 0)
        best = minimiser(expression, others, free, top)
        best_by = None if best is None else "minimisation"
    if best is not None:
        best_value = evaluate(expression, values | {free: best})
    if free in values or free not in statement.parameters:
        value = evaluate(expression, values)
    elif best_value is not None:
        value = best_value
    else:
        raise ValueError(f"{statement.name} has no best step size here; add --set {free}=...")
    return {
        "name": statement.name,
        "value": value,
        "vacuous": value > values["G"] ** 2 if "G" in values else None,
        "best_alpha": best,
        "best_alpha_by": best_by,
        "value_at_best_alpha": best_value,
        "parameters": {k: str(v) for k, v in values.items()},
    }
