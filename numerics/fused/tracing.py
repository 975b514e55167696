"""Recording pure functions on symbolic values: `optim.core`'s update rules and sympy's formulas as one expression graph.

The functions are run once on `Value`s in place of tensors, as exact trees run them on balls: no formula is written a
second time. A value is a `lane` (differs from run to run) or `uniform` (a function of the step and of one setting's
hyper-parameters, worked out on the host in the same float64 operations). The step is a `Clock`: it answers every
comparison as a late step would, and remembers from which step on that answer is right; earlier steps are recorded one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch

from numerics.symbolic import integer_power, nearest

OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


class Value:
    """A node of an expression graph: an operation and its operands (values or numbers). Equal nodes are one object."""

    __slots__ = ("graph", "lane", "name", "number", "operands")
    dtype = torch.float64

    def __init__(self, graph: Graph, name: str, operands: tuple[Any, ...], lane: bool, number: int) -> None:
        self.graph, self.name, self.operands, self.lane, self.number = graph, name, operands, lane, number

    def __add__(self, other: Any) -> Value:
        return self.graph.node("add", self, other)

    def __radd__(self, other: Any) -> Value:
        return self.graph.node("add", other, self)

    def __sub__(self, other: Any) -> Value:
        return self.graph.node("sub", self, other)

    def __rsub__(self, other: Any) -> Value:
        return self.graph.node("sub", other, self)

    def __mul__(self, other: Any) -> Value:
        return self.graph.node("mul", self, other)

    def __rmul__(self, other: Any) -> Value:
        return self.graph.node("mul", other, self)

    def __truediv__(self, other: Any) -> Value:
        return self.graph.node("div", self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return self.graph.node("div", other, self)

    def __neg__(self) -> Value:
        return self.graph.node("neg", self)

    def __pow__(self, exponent: Any) -> Value:
        return self.graph.power(self, exponent)

    def __rpow__(self, base: Any) -> Value:
        return self.graph.power(base, self)

    def sqrt(self) -> Value:
        """The square root, correctly rounded."""
        return self.graph.node("sqrt", self)

    def abs(self) -> Value:
        """The absolute value."""
        return self.graph.node("fabs", self)

    def maximum(self, other: Any) -> Value:
        """The larger; NaN if either is."""
        return self.graph.node("maximum", self, other)

    def clamp(self, min: Any = None, max: Any = None) -> Value:
        """min(max(x, min), max), as torch has it."""
        low = self if min is None else self.graph.node("clamp_low", self, min)
        return low if max is None else self.graph.node("clamp_high", low, max)

    def __bool__(self) -> bool:
        raise TypeError("a recorded function must not branch on the value of a lane")


class Graph:
    """All values of one recording, in the order in which they were first made."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self._known: dict[tuple[Any, ...], Value] = {}

    def input(self, name: str, *, lane: bool) -> Value:
        """A named input."""
        return self._make("input", (name,), lane)

    def node(self, name: str, *operands: Any) -> Value:
        """An operation on values and numbers."""
        for operand in operands:
            if not isinstance(operand, (Value, Clock, int, float, np.floating)):
                raise TypeError(f"cannot record {name} of {type(operand).__name__}")
        plain = tuple(o if isinstance(o, (Value, Clock)) else float(o) for o in operands)
        return self._make(name, plain, any(isinstance(o, Value) and o.lane for o in plain))

    def power(self, base: Any, exponent: Any) -> Value:
        """base**exponent: by multiplication on lanes, where the exponent is a positive integer."""
        if isinstance(base, Value) and base.lane:
            if type(exponent) is not int or exponent < 1:
                raise TypeError(f"cannot record the power {exponent} of a lane")
            return cast(Value, integer_power(base, exponent))
        return self.node("pow", base, exponent)

    def _make(self, name: str, operands: tuple[Any, ...], lane: bool) -> Value:
        key = (name, *(_key(o) for o in operands))
        if key not in self._known:
            self._known[key] = Value(self, name, operands, lane, len(self.values))
            self.values.append(self._known[key])
        return self._known[key]


def _key(operand: Any) -> Any:
    if isinstance(operand, Value):
        return ("value", operand.number)
    if isinstance(operand, Clock):
        return ("clock", operand.offset)
    return operand if isinstance(operand, str) else ("number", float(operand).hex())


class Clock:
    """The step, plus a whole number, at any step that is late enough; `first_valid` holds from which step on."""

    __slots__ = ("first_valid", "graph", "offset")

    def __init__(self, graph: Graph, offset: int = 0, first_valid: list[int] | None = None) -> None:
        self.graph, self.offset = graph, offset
        self.first_valid = [0] if first_valid is None else first_valid

    def __add__(self, other: int) -> Clock:
        return Clock(self.graph, self.offset + other, self.first_valid)

    __radd__ = __add__

    def __sub__(self, other: int) -> Clock:
        return Clock(self.graph, self.offset - other, self.first_valid)

    def __pow__(self, exponent: Any) -> Value:
        return self.graph.node("pow", self, exponent)

    def __rpow__(self, base: Any) -> Value:
        return self.graph.node("pow", base, self)

    def __eq__(self, other: object) -> bool:
        return self._late(other, 1)

    def __lt__(self, other: int) -> bool:
        return self._late(other, 0)

    __hash__ = None  # type: ignore[assignment]

    def _late(self, other: object, beyond: int) -> bool:
        if type(other) is not int:
            raise TypeError("the step is compared with whole numbers only")
        self.first_valid[0] = max(self.first_valid[0], other + beyond - self.offset)
        return False


def evaluate(value: Any, inputs: Mapping[str, np.ndarray], steps: np.ndarray) -> np.ndarray:
    """A uniform value, or a number, for arrays of inputs and steps that broadcast, in float64."""
    if isinstance(value, Clock):
        return steps + float(value.offset)
    if not isinstance(value, Value):
        return np.asarray(value, dtype=np.float64)
    if value.lane:
        raise ValueError(f"{value.name} differs from run to run")
    if value.name == "input":
        return inputs[value.operands[0]]
    operands = [evaluate(operand, inputs, steps) for operand in value.operands]
    function: Callable[..., np.ndarray] = _UNIFORM[value.name]
    with np.errstate(over="ignore"):  # an infinite clip threshold clips nothing
        return function(*operands)


_UNIFORM: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "pow": np.power,
    "sqrt": np.sqrt,
    "fabs": np.abs,
    "maximum": np.maximum,
    "clamp_low": np.maximum,
    "clamp_high": np.minimum,
    **{name: getattr(np, name) for name in ("exp", "log", "tanh", "cosh", "cos", "sin")},
}


def straight_line(
    graph: Graph, outputs: Sequence[Value | float], scalars: list[Any], known: Mapping[int, str]
) -> tuple[list[str], list[str], set[str]]:
    """(statements, expressions of the outputs, names of the inputs): straight-line code that computes lanes.

    `known`: names of values, by number, that are inputs as well.
    Uniform operands become elements of the array `c`; they are appended to `scalars`, in that order.
    """
    needed: set[int] = set()
    inputs: set[str] = set()
    stack = [o for o in outputs if isinstance(o, Value) and o.lane]
    while stack:
        value = stack.pop()
        if value.number not in needed and value.number not in known:
            needed.add(value.number)
            stack += [o for o in value.operands if isinstance(o, Value) and o.lane]

    def text(operand: Any) -> str:
        if isinstance(operand, Value) and operand.lane:
            named = known.get(operand.number) or (str(operand.operands[0]) if operand.name == "input" else None)
            if named is None:
                return f"v{operand.number}"
            inputs.add(named)
            return named
        if isinstance(operand, (Value, Clock)):
            key = _key(operand)
            keys = [_key(o) for o in scalars]
            if key not in keys:
                scalars.append(operand)
                keys.append(key)
            return f"c{keys.index(key)}"
        return number(operand)

    lines = []
    for value in graph.values:
        if value.number in needed and value.name != "input":
            parts = [text(operand) for operand in value.operands]
            if value.name in OPERATORS:
                expression = f"{parts[0]} {OPERATORS[value.name]} {parts[1]}"
            elif value.name == "neg":
                expression = f"-{parts[0]}"
            elif value.name == "where":
                expression = f"{parts[1]} if {parts[0]} else {parts[2]}"
            elif value.name == "at_most":
                expression = f"{parts[0]} <= {parts[1]}"
            elif value.name == "below":
                expression = f"{parts[0]} < {parts[1]}"
            else:
                expression = f"{value.name}({', '.join(parts)})"
            lines.append(f"v{value.number} = {expression}")
    return lines, [text(output) for output in outputs], inputs


def number(value: float) -> str:
    """A float64 as Python source."""
    if math.isfinite(value):
        return repr(float(value)) if value >= 0 and math.copysign(1.0, value) > 0 else f"({float(value)!r})"
    return "nan" if math.isnan(value) else ("inf" if value > 0 else "(-inf)")


def traced_namespace(graph: Graph) -> Mapping[str, Any]:
    """Elementary functions on values, for `numerics.symbolic.compile_expression`."""

    def function(name: str) -> Callable[..., Value]:
        return lambda *operands: graph.node(name, *operands)

    names = (
        "at_most",
        "below",
        "where",
        "sign",
        "exp",
        "log",
        "tanh",
        "cosh",
        "cos",
        "sin",
        "log_cosh",
        "logistic",
        "sqrt",
    )
    return {
        "rational": lambda p, q: p / q,
        "constant": nearest,
        "integer_power": integer_power,
        "absolute": function("fabs"),
        **{name: function(name) for name in names},
    }
