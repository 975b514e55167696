"""Formulas of hypothesis files: parameters as sympy, inequalities between atoms as `theory.expressions`.

The text is Python's expression syntax, read into a tree and interpreted here; nothing is executed. Parameters by name;
timed atoms with a time, `g[t]`, `theta[t-1]`; `E(x)` and `E(x, t-1)` (given F_{t−1}); `sum(x)` over the coordinates;
exact numbers only.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from theory import algorithms as al
from theory import atoms as at
from theory.expressions import E, Expression, Relation, Symbol, T, Time, idx, lift, sum_i, t
from theory.further_assumptions import abc_A, abc_B
from theory.hypothesis import Largest

if TYPE_CHECKING:
    import sympy

PARAMETERS: Mapping[str, Symbol] = {
    x.name: x
    for x in [*vars(at).values(), abc_A, abc_B]
    if isinstance(x, Symbol) and not x.timed and not x.name.startswith(("inv_", "sqrt_", "root_", "min_"))
}
"""Untimed atoms that a formula may use."""
TIMED: Mapping[str, Symbol] = {
    x.name: x
    for x in (
        at.theta,
        at.g,
        at.m,
        at.v,
        at.s,
        at.a,
        at.u,
        at.f_theta,
        at.grad_theta,
        at.noise,
        at.alpha_t,
        at.c_t,
        idx,
    )
}
"""Timed atoms that a formula may use, written with a time."""
RELATIONS = {ast.LtE: "<=", ast.GtE: ">=", ast.Gt: ">", ast.Lt: "<", ast.Eq: "="}
MAX_LENGTH = 2000
MAX_EXPONENT = 64


class FormulaError(ValueError):
    """A formula that cannot be read: which part, and what would be right."""


def tree(text: str) -> ast.expr:
    """The syntax tree. Raises FormulaError."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula of {len(text)} characters; {MAX_LENGTH} at most")
    try:
        return ast.parse(text.replace("^", "**").strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError(f"{text!r} is not a formula; write Python's notation, such as alpha0/sqrt(T)") from None


def number(node: ast.Constant) -> Fraction:
    """An exact number; a decimal is read as it is written."""
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormulaError(f"{value!r} is not a number")
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def parameter_formula(text: str, allowed: tuple[str, ...]) -> sympy.Expr:
    """A formula in parameters, such as `sqrt(G**2 + eps**2) * Delta/(alpha*T)`, as sympy over the symbols of all bounds.

    Raises FormulaError naming the unknown part and what is allowed.
    """
    import sympy

    from theory.bounds import SYMBOLS

    known = SYMBOLS | {"t": sympy.Symbol("t", positive=True)}

    def visit(node: ast.expr) -> sympy.Expr:
        match node:
            case ast.Constant():
                value = number(node)
                return sympy.Rational(value.numerator, value.denominator)
            case ast.Name(id=name):
                if name not in allowed:
                    raise FormulaError(f"{name!r} is unknown here; known: {', '.join(allowed)}")
                return known[name]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -visit(inner)
            case ast.BinOp(left=left, op=op, right=right):
                a, b = visit(left), visit(right)
                if isinstance(op, ast.Div) and b == 0:
                    raise FormulaError("a division by 0")
                if isinstance(op, ast.Pow) and not (b.is_Rational and abs(b) <= MAX_EXPONENT):
                    raise FormulaError(
                        f"the exponent {ast.unparse(right)} is not a fraction of size at most {MAX_EXPONENT}"
                    )
                for kind, result in OPERATIONS.items():
                    if isinstance(op, kind):
                        return result(a, b)
            case ast.Call(func=ast.Name(id="sqrt"), args=[inner]):
                return sympy.sqrt(visit(inner))
            case ast.Call(func=ast.Name(id="log"), args=[inner]):
                return sympy.log(visit(inner))
        raise FormulaError(f"{ast.unparse(node)!r} cannot stand here; use + - * / **, sqrt and log")

    return visit(tree(text))


OPERATIONS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


def time_of(node: ast.expr) -> Time:
    """t, t-1, T, T-1 or an absolute number."""
    match node:
        case ast.Name(id="t"):
            return t
        case ast.Name(id="T"):
            return T
        case ast.Constant(value=int(k)) if not isinstance(k, bool) and k >= 0:
            return Time("", k)
        case ast.BinOp(left=ast.Name(id=base), op=ast.Add() | ast.Sub() as op, right=ast.Constant(value=int(k))) if (
            base in ("t", "T")
        ):
            return Time(base, k if isinstance(op, ast.Add) else -k)
    raise FormulaError(f"{ast.unparse(node)!r} is not a time; write t, t-1, T or 0")


def atom_formula(node: ast.expr, recurrence: bool = False) -> Expression:
    """An expression over atoms; in a recurrence also quotients, max(√x, y), max(x, y), √x and clip(x, c)."""

    def visit(node: ast.expr) -> Expression:
        match node:
            case ast.Constant():
                return lift(number(node))
            case ast.Name(id=name):
                if name in TIMED:
                    raise FormulaError(f"{name!r} needs a time: {name}[t] or {name}[t-1]")
                if name not in PARAMETERS:
                    raise FormulaError(
                        f"{name!r} is unknown; parameters: {', '.join(PARAMETERS)}; atoms: {', '.join(TIMED)}"
                    )
                return PARAMETERS[name]
            case ast.Subscript(value=ast.Name(id=name), slice=when):
                if name not in TIMED:
                    raise FormulaError(f"{name!r} has no time; timed atoms: {', '.join(TIMED)}")
                return TIMED[name](time_of(when))
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -visit(inner)
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(n))) if 1 <= n <= MAX_EXPONENT:
                return visit(left) ** n
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                if isinstance(right, ast.Constant) and number(right) != 0:
                    return visit(left) / number(right)
                if recurrence:
                    return al.Quotient(visit(left), visit(right))
                raise FormulaError(f"a division by {ast.unparse(right)}; multiply it out")
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as op, right=right):
                a, b = visit(left), visit(right)
                return a + b if isinstance(op, ast.Add) else a - b if isinstance(op, ast.Sub) else a * b
            case ast.Call(func=ast.Name(id="sum"), args=[inner]):
                return sum_i(visit(inner))
            case ast.Call(func=ast.Name(id="E"), args=[inner]):
                return E(visit(inner))
            case ast.Call(func=ast.Name(id="E"), args=[inner, when]):
                return E(visit(inner), given=time_of(when))
            case ast.Call(func=ast.Name(id="max"), args=[ast.Call(func=ast.Name(id="sqrt"), args=[inner]), floor]) if (
                recurrence
            ):
                return al.Normaliser(visit(inner), visit(floor))
            case ast.Call(func=ast.Name(id="max"), args=[left, right]) if recurrence:
                return Largest(visit(left), visit(right))
            case ast.Call(func=ast.Name(id="sqrt"), args=[inner]) if recurrence:
                return al.SquareRoot(visit(inner))
            case ast.Call(func=ast.Name(id="clip"), args=[inner, threshold]) if recurrence:
                return al.Clip(visit(inner), visit(threshold))
        known = "+ - * **, E(x), E(x, t-1), sum(x)" + (", /, sqrt, max, clip" if recurrence else "")
        raise FormulaError(f"{ast.unparse(node)!r} cannot stand here; use {known}")

    return visit(node)


def relation(text: str) -> Relation:
    """An inequality or equation between atoms. Raises FormulaError."""
    node = tree(text)
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or type(node.ops[0]) not in RELATIONS:
        raise FormulaError(f"{text!r} is not one inequality; write left <= right, with <=, >=, <, > or ==")
    left, right = atom_formula(node.left), atom_formula(node.comparators[0])
    kind = RELATIONS[type(node.ops[0])]
    return right > left if kind == "<" else Relation(left, kind, right)


def monomial(text: str) -> Expression:
    """A product of atoms, such as `g[t]**2`. Raises FormulaError."""
    return atom_formula(tree(text))


def assignment(text: str) -> al.Assignment:
    """`m[t] = beta1*m[t-1] + (1-beta1)*g[t]` as an assignment of a recurrence. Raises FormulaError."""
    from theory.expressions import At

    left, equals, right = text.partition("=")
    if not equals or right.startswith("="):
        raise FormulaError(f"{text!r} is not an assignment; write m[t] = beta1*m[t-1] + (1-beta1)*g[t]")
    target = atom_formula(tree(left))
    if not isinstance(target, At):
        raise FormulaError(f"{left.strip()!r} is not an atom at a time; write m[t] = ...")
    return al.Assignment(target, atom_formula(tree(right), recurrence=True))


def from_sympy(expression: sympy.Expr) -> Expression:
    """A recurrence's right-hand side written in sympy: parameters as symbols, atoms as functions of the time.

    >>> from sympy import Function, symbols
    >>> m, g = Function("m"), Function("g")
    >>> t, beta1 = symbols("t beta1")
    >>> str(from_sympy(beta1 * m(t - 1)))
    'beta1 m@t-1'
    """
    return atom_formula(tree(sympy_text(expression)), recurrence=True)


def sympy_text(expression: sympy.Expr) -> str:
    """A sympy expression in the notation of hypothesis files: functions of t become atoms with a time."""
    import sympy

    def visit(e: sympy.Expr) -> str:
        if e.is_Rational:
            return f"({e.p}/{e.q})" if e.q != 1 else f"({e.p})"
        if e.is_Symbol:
            return str(e.name)
        if e.is_Add or e.is_Mul:
            numerator, denominator = e.as_numer_denom() if e.is_Mul else (e, sympy.Integer(1))
            if denominator != 1 and not denominator.is_Rational:
                return f"({visit(numerator)})/({visit(denominator)})"
            return "(" + (" + " if e.is_Add else " * ").join(visit(x) for x in e.args) + ")"
        if e.is_Pow and e.exp == sympy.Rational(1, 2):
            return f"sqrt({visit(e.base)})"
        if e.is_Pow and e.exp.is_Integer and e.exp > 0:
            return f"({visit(e.base)})**{e.exp}"
        if e.is_Pow and e.exp.is_Integer:
            return f"1/({visit(e.base**-e.exp)})"
        if isinstance(e, sympy.Max) and len(e.args) == 2:
            roots = sorted(e.args, key=lambda x: not (x.is_Pow and x.exp == sympy.Rational(1, 2)))
            return f"max({visit(roots[0])}, {visit(roots[1])})"
        if len(e.args) == 1 and e.func.__name__ in TIMED:
            return f"{e.func.__name__}[{str(e.args[0]).replace(' ', '')}]"
        raise FormulaError(f"{e} has no meaning in a recurrence")

    return visit(expression)
