"""Expressions in which statements and proofs are written: atoms, sums over coordinates and steps, expectations.

An expression is plain, immutable data. It asserts nothing and decides nothing: the kernel's constructors give it its
normal form, and only the certificate counts. `t` is the free step, `T` the horizon.

>>> from theory.expressions import E, Symbol, sum_i, t
>>> g = Symbol("g", timed=True, coordinate=True, random=True)
>>> str(E(sum_i(g(t) ** 2), given=t - 1) <= 4)
'E[sum_i((g@t)^2) given t-1] <= 4'
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

Number = int | Fraction


@dataclass(frozen=True)
class Time:
    """An integer time `base + shift`; base is `t` (the free step), `T` (the horizon) or empty (absolute)."""

    base: str
    shift: int = 0

    def __add__(self, k: int) -> Time:
        return Time(self.base, self.shift + k)

    def __sub__(self, k: int) -> Time:
        return Time(self.base, self.shift - k)

    def __str__(self) -> str:
        return str(self.shift) if not self.base else self.base + (f"{self.shift:+d}" if self.shift else "")


t = Time("t")
T = Time("T")


class Expression:
    """Base of all expressions; + - * ** build sums, products and powers, <= >= < > and `equals` build relations."""

    def __add__(self, other: Expression | Number) -> Expression:
        return Sum((self, lift(other)))

    def __radd__(self, other: Number) -> Expression:
        return Sum((lift(other), self))

    def __sub__(self, other: Expression | Number) -> Expression:
        return Sum((self, Product((Constant(Fraction(-1)), lift(other)))))

    def __rsub__(self, other: Number) -> Expression:
        return lift(other) - self

    def __neg__(self) -> Expression:
        return Product((Constant(Fraction(-1)), self))

    def __mul__(self, other: Expression | Number) -> Expression:
        return Product((self, lift(other)))

    def __rmul__(self, other: Number) -> Expression:
        return Product((lift(other), self))

    def __truediv__(self, other: Number) -> Expression:
        return Product((Constant(1 / Fraction(other)), self))

    def __pow__(self, n: int) -> Expression:
        return Power(self, n)

    def __ge__(self, other: Expression | Number) -> Relation:
        return Relation(self, ">=", lift(other))

    def __le__(self, other: Expression | Number) -> Relation:
        return Relation(self, "<=", lift(other))

    def __gt__(self, other: Expression | Number) -> Relation:
        return Relation(self, ">", lift(other))

    def __lt__(self, other: Expression | Number) -> Relation:
        return lift(other) > self

    def equals(self, other: Expression | Number) -> Relation:
        return Relation(self, "=", lift(other))


@dataclass(frozen=True)
class Constant(Expression):
    value: Fraction

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Symbol(Expression):
    """A declared atom; a timed one is called with a time, an untimed one is an expression itself.

    `coordinate`: one value per coordinate i. `random`: at time t it is F_t-measurable. `first`: its first time.
    """

    name: str
    timed: bool = False
    coordinate: bool = False
    random: bool = False
    first: int = 0

    def __call__(self, time: Time | int) -> Expression:
        if not self.timed:
            raise TypeError(f"{self.name} has no time")
        return At(self, Time("", time) if isinstance(time, int) else time)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class At(Expression):
    symbol: Symbol
    time: Time

    def __str__(self) -> str:
        return f"{self.symbol.name}@{self.time}"


@dataclass(frozen=True)
class Sum(Expression):
    terms: tuple[Expression, ...]

    def __str__(self) -> str:
        return "(" + " + ".join(map(str, self.terms)) + ")"


@dataclass(frozen=True)
class Product(Expression):
    factors: tuple[Expression, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.factors))


@dataclass(frozen=True)
class Power(Expression):
    base: Expression
    exponent: int

    def __str__(self) -> str:
        return f"({self.base})^{self.exponent}"


@dataclass(frozen=True)
class SumCoordinates(Expression):
    body: Expression

    def __str__(self) -> str:
        return f"sum_i({self.body})"


@dataclass(frozen=True)
class SumSteps(Expression):
    """Σ_{t=lo..T} of the body, which is deterministic."""

    lo: int
    body: Expression

    def __str__(self) -> str:
        return f"sum_t[{self.lo}..T]({self.body})"


@dataclass(frozen=True)
class Expectation(Expression):
    """E of the body, given F at `level`; unconditional if the level is None."""

    level: Time | None
    body: Expression

    def __str__(self) -> str:
        return f"E[{self.body}" + (f" given {self.level}]" if self.level else "]")


@dataclass(frozen=True)
class Relation:
    """`left relation right`, one of <=, >=, =, >."""

    left: Expression
    relation: str
    right: Expression

    def difference(self) -> tuple[Expression, str]:
        """The relation as (p, r) with p r 0 and r one of =, >=, >."""
        if self.relation == "<=":
            return self.right - self.left, ">="
        return self.left - self.right, self.relation

    def __str__(self) -> str:
        return f"{self.left} {self.relation} {self.right}"


def lift(value: Expression | Number) -> Expression:
    """A number as a constant expression. Raises TypeError for a float: constants are exact."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise TypeError(f"{value!r} is not an exact number; write an int or a Fraction")
    return Constant(Fraction(value))


def sum_i(body: Expression | Number) -> Expression:
    """Σ over all coordinates i."""
    return SumCoordinates(lift(body))


def sum_t(lo: int, body: Expression | Number) -> Expression:
    """Σ over the steps t = lo, ..., T."""
    return SumSteps(lo, lift(body))


def E(body: Expression | Number, given: Time | int | None = None) -> Expression:
    """E[body], or E[body given F_level]."""
    return Expectation(Time("", given) if isinstance(given, int) else given, lift(body))


idx = Symbol("idx", timed=True)
"""The step number as an atom: idx(t) is t, idx(T) is the horizon T."""
