"""The bridge between a bound as a sympy expression and the same bound over a statement's atoms.

The bound is written once, in sympy. `expression` rewrites it over the statement's definitions (1/ε becomes the atom
`inv_eps`, √(G²+ε²) the atom `S`); `meaning` reads an expression back as sympy, for the tests that tie both.
"""

from __future__ import annotations

from fractions import Fraction

import sympy

from theory import expressions as ex
from theory.statement import Definition, Statement

POSITIVE = "Delta L G sigma rho delta mu s_max eps alpha alpha0 c c0 clip_sum lam p D D0 T"
SYMBOLS = {name: sympy.Symbol(name, positive=True) for name in POSITIVE.split()}
SYMBOLS |= {name: sympy.Symbol(name, nonnegative=True) for name in ("beta1", "beta2")}
"""The parameters of all bounds. Their signs serve printing and simplification for people; no proof rests on them."""

POWERS = {"beta1_power": SYMBOLS["beta1"], "inv_beta2_power": 1 / SYMBOLS["beta2"]}
POWERS["growth"] = 1 + SYMBOLS["rho"] * SYMBOLS["L"] ** 2 * SYMBOLS["alpha"] ** 2 / SYMBOLS["eps"] ** 2
"""Timed atoms that a statement's hypotheses make powers: x(t) is the t-th power of this."""


def symbols(names: str) -> list[sympy.Symbol]:
    """The shared sympy symbols for a space-separated list of parameter names. Raises KeyError for an unknown one."""
    return [SYMBOLS[name] for name in names.split()]


def meaning(expression: ex.Expression, definitions: dict[str, Definition], now: sympy.Expr | None = None) -> sympy.Expr:
    """A deterministic expression without coordinates as sympy, definitions unfolded; `now` is the value of the step t.

    Raises TypeError for anything else.
    """
    match expression:
        case ex.Constant(value):
            return sympy.Rational(value.numerator, value.denominator)
        case ex.Symbol(name) if name in SYMBOLS:
            return SYMBOLS[name]
        case ex.Symbol(name) if name in definitions:
            return unfolded(definitions[name], definitions, None)
        case ex.At(symbol, time):
            base = {"T": SYMBOLS["T"], "": sympy.Integer(0), "t": now}[time.base]
            if symbol.name in SYMBOLS and base == SYMBOLS["T"] and time.shift == 0:
                return SYMBOLS[symbol.name]  # a running sum: the parameter is its last value
            if base is not None and symbol.name == "idx":
                return base + time.shift
            if base is not None and symbol.name in POWERS:
                return POWERS[symbol.name] ** (base + time.shift)
            if base is not None and symbol.name in definitions:
                return unfolded(definitions[symbol.name], definitions, base + time.shift)
        case ex.SumCoordinates(ex.Constant(value)):
            return meaning(ex.Constant(value), definitions) * SYMBOLS["D"]
        case ex.Sum(terms):
            return sympy.Add(*(meaning(x, definitions, now) for x in terms))
        case ex.Product(factors):
            return sympy.Mul(*(meaning(x, definitions, now) for x in factors))
        case ex.Power(base, exponent):
            return meaning(base, definitions, now) ** exponent
    raise TypeError(f"{expression} has no meaning as a parameter")


def unfolded(definition: Definition, definitions: dict[str, Definition], now: sympy.Expr | None) -> sympy.Expr:
    """What a definition stands for, at the step `now` if it is timed."""
    body = meaning(definition.poly, definitions, now)
    if definition.kind == "define":
        return body
    if definition.kind == "logarithm":
        return sympy.log(body)
    if definition.kind in ("inverse", "root"):
        return body ** (-1 if definition.kind == "inverse" else sympy.Rational(1, definition.degree))
    raise TypeError(f"{definition.symbol} is defined by a {definition.kind}, not by a parameter")


def expression(bound: sympy.Expr, statement: Statement) -> ex.Expression:
    """The bound over the statement's atoms and definitions.

    Raises ValueError if a power in it is neither an integer power nor one of the statement's inverses and roots.
    """
    definitions = {d.symbol.name: d for d in statement.definitions}
    atoms = {h.name: h for h in symbols_in(statement)}
    powers: list[tuple[sympy.Expr, sympy.Rational, ex.Expression]] = []
    numbers: list[tuple[sympy.Expr, int, ex.Expression]] = []
    logarithms: list[tuple[sympy.Expr, ex.Expression]] = []
    for d in statement.definitions:
        symbol = d.symbol(ex.T) if d.symbol.timed else d.symbol
        try:
            value = meaning(symbol, definitions)
        except TypeError:
            continue  # a definition of the measure, not of a parameter
        if d.kind == "root" and value.is_number:
            numbers.append((value, d.degree, symbol))
        elif d.kind in ("inverse", "root"):
            base, unit = value.as_base_exp() if value.is_Pow else (value, sympy.Integer(1))
            powers.append((base, unit, symbol))
        if d.kind == "logarithm":
            at_one = d.symbol(1) if d.symbol.timed else None  # ln t is ln t − ln 1: tangents compare logarithms only
            logarithms.append((value, symbol - at_one if at_one else symbol))

    def build(e: sympy.Expr) -> ex.Expression:
        if e.is_Rational:
            return ex.Constant(Fraction(int(e.p), int(e.q)))
        if e.is_number:  # a rational multiple of a power of a root of a number
            for value, degree, symbol in numbers:
                for k in range(1, degree):
                    ratio = e / value**k
                    if ratio.is_Rational:
                        return ex.Product((build(ratio), symbol**k if k > 1 else symbol))
        if e.is_Symbol and e.name == "T":
            return ex.idx(ex.T)
        if e.is_Symbol and e.name == "D":
            return ex.sum_i(1)
        if e.is_Symbol and e.name in atoms:
            return atoms[e.name](ex.T) if atoms[e.name].timed else atoms[e.name]
        if e.is_Add:
            return ex.Sum(tuple(build(x) for x in e.args))
        if e.is_Mul:
            number, rest = e.as_independent(*SYMBOLS.values())
            if number.is_Rational or rest == 1:
                return ex.Product(tuple(build(x) for x in e.args))
            return ex.Product((build(number), build(rest)))
        for name, base in POWERS.items():
            if name in atoms and e == base ** SYMBOLS["T"]:
                return atoms[name](ex.T)
        if e.is_Pow and e.exp.is_Rational:
            if e.exp.is_Integer and e.exp > 0:
                return build(e.base) ** int(e.exp)
            for base, unit, symbol in powers:
                times = e.exp / unit
                if sympy.expand(e.base - base) == 0 and times.is_Integer and times > 0:
                    return symbol ** int(times) if times > 1 else symbol
        if isinstance(e, sympy.log):
            for value, symbol in logarithms:
                if sympy.expand(e.args[0] - value.args[0]) == 0:
                    return symbol
        raise ValueError(f"{statement.name}: {e} is not written in the statement's definitions")

    return build(bound)


def symbols_in(statement: Statement) -> list[ex.Symbol]:
    """The untimed symbols that occur in the statement."""
    found: dict[str, ex.Symbol] = {}

    def visit(node: object) -> None:
        match node:
            case ex.Symbol():
                found[node.name] = node
            case ex.Relation(left, _, right):
                visit(left)
                visit(right)
            case ex.Sum(children) | ex.Product(children):
                for child in children:
                    visit(child)
            case ex.Power(body) | ex.SumCoordinates(body) | ex.SumSteps(_, body) | ex.Expectation(_, body):
                visit(body)
            case ex.At(symbol):
                found[symbol.name] = symbol

    for h in statement.hypotheses:
        visit(h.claim)
    for d in statement.definitions:
        visit(d.poly)
        visit(d.symbol)
    if "smooth" in statement.objective:
        found.setdefault("L", ex.Symbol("L"))
    if "lower_bounded" in statement.objective:
        found.setdefault("f_inf", ex.Symbol("f_inf"))
    return [s for s in found.values() if s.name != "idx"]
