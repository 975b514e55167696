"""One symbolic definition, many number types: sympy expressions compiled to tensor code and to ball arithmetic.

`compile_expression` walks the expression once and writes straight-line Python over a namespace of elementary
functions; `tensor_namespace` and `ball_namespace` are the two, the fused tier records with a third. Common
subexpressions are computed once. Constants such as 1/3, √2, log 2 or π are enclosed on balls and the nearest float64
elsewhere. Two functions whose textbook formulas overflow, `log_cosh` and `logistic`, are sympy functions of their own
with a stable implementation for each number type.

An expression may be made of + - * /, integer and half-integer powers, `Piecewise` with <, ≤, >, ≥ (the last condition
True), and sympy's Abs, sign, exp, log, tanh, cosh, sinh, cos, sin.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import sympy
from flint import arb, fmpq

from numerics.exact import ExactArray, elementwise, square_root, working_precision

X = sympy.Symbol("x", real=True)
"""The coordinate in the definition of a scalar objective."""
GRADIENT = sympy.Symbol("d", real=True)
"""The coordinate of the exact gradient in the definition of a noise."""
VARIATE = sympy.Symbol("z", real=True)
"""The primitive random variate in the definition of a noise."""

COMPONENT = sympy.Symbol("c", real=True)
"""The parameter that tells the components of a finite sum apart."""


class WithoutCaches:
    """Mixin for a dataclass: pickled by its fields alone, so that compiled functions stay behind and are made anew."""

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]


class log_cosh(sympy.Function):  # noqa: N801 - the function's usual name
    """log cosh x, with derivative tanh x."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The derivative, tanh."""
        return sympy.tanh(self.args[0])

    def definition(self) -> sympy.Expr:
        """The textbook formula."""
        return sympy.log(sympy.cosh(self.args[0]))


class logistic(sympy.Function):  # noqa: N801 - the function's usual name
    """1/(1 + exp(-x)), with derivative logistic(x)·logistic(-x)."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """The derivative; written with logistic(-x) it does not cancel where logistic(x) is near 1."""
        return logistic(self.args[0]) * logistic(-self.args[0])

    def definition(self) -> sympy.Expr:
        """The textbook formula."""
        return 1 / (1 + sympy.exp(-self.args[0]))


def compile_expression(
    expression: sympy.Expr, symbols: Sequence[sympy.Symbol], namespace: Mapping[str, Any]
) -> Callable[..., Any]:
    """A function of arrays, in the order of `symbols`, that evaluates the expression elementwise.

    Raises ValueError for a node without an implementation or a free symbol that is not an argument.
    """
    free = expression.free_symbols - set(symbols)
    if free:
        raise ValueError(f"{expression} has free symbols {sorted(map(str, free))} besides {list(map(str, symbols))}")
    scope: dict[str, Any] = dict(namespace)
    if "constant" in namespace:
        expression, constants = _named_constants(expression)
        scope |= {name: namespace["constant"](value) for name, value in constants.items()}
    replacements, (reduced,) = sympy.cse(expression)
    lines = [f"    {name} = {_source(value)}" for name, value in replacements]
    arguments = ", ".join(str(symbol) for symbol in symbols)
    code = "\n".join([f"def compiled({arguments}):", *lines, f"    return {_source(reduced)}"])
    exec(code, scope)  # the text is written by _source from a sympy tree; nothing a user typed is executed
    compiled: Callable[..., Any] = scope["compiled"]
    compiled.__doc__ = code
    return compiled


def _named_constants(expression: sympy.Expr) -> tuple[sympy.Expr, dict[str, sympy.Expr]]:
    """The expression with names for its largest parts that are irrational numbers, and what these are."""
    found: dict[sympy.Expr, sympy.Symbol] = {}
    traversal = sympy.preorder_traversal(expression)
    for node in traversal:
        if isinstance(node, sympy.Expr) and node.is_number:
            traversal.skip()
            if not node.is_Rational and node not in found:
                found[node] = sympy.Symbol(f"constant_{len(found)}", real=True)
    named = expression.xreplace(found) if found else expression
    return named, {symbol.name: value for value, symbol in found.items()}


def nearest(constant: sympy.Expr) -> float:
    """The float64 nearest to a constant expression. Raises ValueError for one without an implementation, or not finite."""
    with working_precision():
        value = enclose(constant)
    if not value.is_finite():
        raise ValueError(f"{constant} is not a finite real number")
    return float(value.mid())


def _source(node: sympy.Basic) -> str:
    """Python source of one expression over the namespace's functions."""
    if isinstance(node, sympy.Symbol):
        return str(node.name)
    if isinstance(node, sympy.Rational):
        return f"({node.p})" if node.q == 1 else f"rational({node.p}, {node.q})"
    if isinstance(node, sympy.Add):
        return "(" + " + ".join(_source(term) for term in node.args) + ")"
    if isinstance(node, sympy.Mul):
        negative = node.args[0] == -1
        return "(" + "-" * negative + "*".join(_source(factor) for factor in node.args[negative:]) + ")"
    if isinstance(node, sympy.Pow):
        return _power(node)
    if isinstance(node, sympy.Piecewise):
        return _piecewise(node.args)
    if isinstance(node, (sympy.LessThan, sympy.StrictLessThan)):
        return f"at_most({_source(node.lhs)}, {_source(node.rhs)})"
    if isinstance(node, (sympy.GreaterThan, sympy.StrictGreaterThan)):
        return f"at_most({_source(node.rhs)}, {_source(node.lhs)})"
    if isinstance(node, sympy.sinh):
        (argument,) = map(_source, node.args)
        return f"(tanh({argument})*cosh({argument}))"  # (exp(x) - exp(-x))/2 would cancel near 0
    if node is sympy.pi:
        return "pi()"
    if node is sympy.E:
        return "exp(1)"
    name = _FUNCTIONS.get(type(node))
    if name is None:
        known = ", ".join(sorted(kind.__name__ for kind in (*_FUNCTIONS, sympy.sinh, sympy.Piecewise)))
        raise ValueError(f"no elementwise implementation of {type(node).__name__} in {node}; there are {known}")
    return f"{name}({', '.join(_source(argument) for argument in node.args)})"


def _power(node: sympy.Pow) -> str:
    base, exponent = _source(node.base), node.exp
    if not isinstance(exponent, sympy.Rational) or exponent.q > 2:
        raise ValueError(f"no elementwise implementation of the power {node}; there are integer and half-integer ones")
    power = f"sqrt({base})" if exponent.q == 2 else base
    power = power if exponent.q == 2 and abs(exponent.p) == 1 else f"integer_power({power}, {abs(exponent.p)})"
    return power if exponent.p > 0 else f"(1/{power})"


def _piecewise(branches: Sequence[Any]) -> str:
    """Nested choices. A strict and a weak condition are the same: branches must agree where they meet."""
    (value, condition), *rest = branches
    if condition == sympy.true:
        return _source(value)
    if not rest:
        raise ValueError("a Piecewise needs a last branch with the condition True")
    return f"where({_source(condition)}, {_source(value)}, {_piecewise(rest)})"


_FUNCTIONS: dict[type, str] = {
    sympy.Abs: "absolute",
    sympy.sign: "sign",
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.tanh: "tanh",
    sympy.cosh: "cosh",
    sympy.cos: "cos",
    sympy.sin: "sin",
    log_cosh: "log_cosh",
    logistic: "logistic",
}


@functools.cache
def tensor_namespace() -> Mapping[str, Any]:
    """Elementary functions on torch tensors, the same bits wherever an element stands in its tensor.

    torch.sigmoid, torch.cosh and torch.pow are not used: on the CPU their last few elements take a scalar routine
    whose last bit differs from the vector routine's.
    """
    import operator

    import torch

    def stable_log_cosh(x: torch.Tensor) -> torch.Tensor:
        size = x.abs()
        return size + torch.log1p(torch.exp(size * -2.0)) - math.log(2.0)

    def where(condition: torch.Tensor, yes: torch.Tensor | float, no: torch.Tensor | float) -> torch.Tensor:
        if isinstance(yes, torch.Tensor) or isinstance(no, torch.Tensor):
            return torch.where(condition, yes, no)
        chosen = condition.to(torch.float64)  # torch.where of two numbers would round them to float32
        return chosen * yes + (1.0 - chosen) * no

    return {
        "constant": nearest,
        "rational": lambda p, q: p / q,
        "sqrt": torch.sqrt,
        "integer_power": integer_power,
        "at_most": operator.le,
        "where": where,
        "absolute": torch.abs,
        "sign": torch.sign,
        "exp": torch.exp,
        "log": torch.log,
        "tanh": torch.tanh,
        "cosh": lambda x: (torch.exp(x) + torch.exp(-x)) * 0.5,
        "cos": torch.cos,
        "sin": torch.sin,
        "log_cosh": stable_log_cosh,
        "logistic": lambda x: 1.0 / (1.0 + torch.exp(-x)),
    }


@functools.cache
def ball_namespace() -> Mapping[str, Any]:
    """Elementary functions on arrays of balls. An undecided condition takes the union of both branches."""

    def at_most(x: Any, y: Any) -> ExactArray:
        return elementwise(lambda a, b: True if a <= b else False if a > b else None, x, y)

    def where(condition: Any, yes: Any, no: Any) -> ExactArray:
        def choose(c: bool | None, a: Any, b: Any) -> arb:
            a, b = arb(a), arb(b)
            return a.union(b) if c is None else a if c else b

        return elementwise(choose, condition, yes, no)

    def sign(x: arb) -> arb:
        return arb(1) if x > 0 else arb(-1) if x < 0 else arb(0) if x.is_zero() else arb(-1).union(arb(1))

    def method(name: str) -> Callable[[Any], ExactArray]:
        return lambda x: elementwise(lambda ball: getattr(arb(ball), name)(), x)

    return {
        "pi": arb.pi,
        "rational": fmpq,
        "sqrt": lambda x: elementwise(lambda ball: square_root(arb(ball)), x),
        "integer_power": integer_power,
        "at_most": at_most,
        "where": where,
        "absolute": lambda x: elementwise(abs, x),
        "sign": lambda x: elementwise(sign, x),
        "exp": method("exp"),
        "log": method("log"),
        "tanh": method("tanh"),
        "cosh": method("cosh"),
        "cos": method("cos"),
        "sin": method("sin"),
        "log_cosh": lambda x: elementwise(lambda ball: arb(ball).cosh().log(), x),
        "logistic": lambda x: elementwise(lambda ball: 1 / (1 + (-ball).exp()), x),
    }


def integer_power(x: Any, n: int) -> Any:
    """x^n for n >= 1 by squaring and multiplying, for any number type.

    flint's own power of a ball that contains 0 is NaN; torch's has other last bits at a tensor's end.
    """
    if n == 1:
        return x
    half = integer_power(x, n // 2)
    square = half * half
    return square * x if n % 2 else square


def enclose(expression: sympy.Expr) -> arb:
    """A ball that contains the value of a constant expression, at the current working precision.

    `sympy.oo` gives an infinite ball. Raises ValueError if the expression is not constant.
    """
    if expression in (sympy.oo, -sympy.oo):
        return arb("inf") if expression is sympy.oo else arb("-inf")
    value = compile_expression(expression, (), ball_namespace())()
    return arb(value.item() if isinstance(value, ExactArray) else value)
