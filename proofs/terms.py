"""Terms of the trusted kernel: atoms, monomials, polynomials, and the functionals Σ_i, E and Σ_t in normal form.

`docs/certificate.md` §2 is the specification. Only the constructors below build terms, so two terms are equal as
polynomials exactly when they are equal as Python values. All arithmetic is exact (python-flint rationals).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from flint import fmpq

# Terms are nested tuples, compared and ordered as such; nobody mutates a polynomial.
Time = tuple  # (base, shift), base "t" (the free step), "T" (the horizon), "" (absolute); () is no time, or no level
Factor = tuple  # ("atom", name, time, coordinate, random), ("sum_i", m), ("E", level, m), ("sum_t", lo, m)
Monomial = tuple  # ascending (factor, exponent) pairs
Poly = dict  # monomial -> nonzero fmpq

UNCONDITIONAL: Time = ()
FREE: Time = ("t", 0)
HORIZON: Time = ("T", 0)
MAX_EXPONENT = 64


class KernelError(ValueError):
    """A step does not follow; the message says which condition fails."""


def need(condition: bool, message: str) -> None:
    if not condition:
        raise KernelError(message)


class Atom(NamedTuple):
    name: str
    timed: bool
    coordinate: bool
    random: bool
    first: int


IDX = Atom("idx", True, False, False, 0)

# ------------------------------------------------------------------------------------------- predicates of factors


def before(a: Time, b: Time) -> bool:
    """a <= b for certain: within one base, or a is absolute 0."""
    return a == ("", 0) or (a[0] == b[0] and a[1] <= b[1])


@cache
def free_i(factor: Factor) -> bool:
    return factor[3] if factor[0] == "atom" else factor[0] == "E" and any(free_i(f) for f, _ in factor[2])


@cache
def free_t(factor: Factor) -> bool:
    if factor[0] == "atom":
        return factor[2][:1] == ("t",)
    if factor[0] == "sum_t":
        return False
    return (factor[0] == "E" and factor[1][:1] == ("t",)) or any(free_t(f) for f, _ in factor[-1])


@cache
def measurable(factor: Factor, level: Time) -> bool:
    """Measurable given F_level; at the unconditional level: deterministic."""
    tag = factor[0]
    if tag == "atom":
        return not factor[4] or (level != () and before(factor[2], level))
    if tag == "sum_i":
        return all(measurable(f, level) for f, _ in factor[1])
    return tag == "sum_t" or factor[1] == () or (level != () and before(factor[1], level))


def deterministic(factor: Factor) -> bool:
    return measurable(factor, UNCONDITIONAL)


@cache
def bases(factor: Factor) -> frozenset:
    """Bases of the times in a factor. Absolute 0 in an atom compares with everything and does not count."""
    if factor[0] == "sum_t":
        return frozenset()
    own = factor[2][:1] if factor[0] == "atom" and factor[2] != ("", 0) else factor[1][:1] if factor[0] == "E" else ()
    return frozenset(own) if factor[0] == "atom" else frozenset(own).union(*(bases(f) for f, _ in factor[-1]))


def everywhere(poly: Poly, predicate: Callable[[Factor], bool]) -> bool:
    return all(predicate(f) for m in poly for f, _ in m)


def is_closed(poly: Poly) -> bool:
    """No free t."""
    return everywhere(poly, lambda f: not free_t(f))


def is_scalar(poly: Poly) -> bool:
    """No free i."""
    return everywhere(poly, lambda f: not free_i(f))


def is_deterministic(poly: Poly) -> bool:
    return everywhere(poly, deterministic)


# ---------------------------------------------------------------------------------------------- constructors

ONE: Poly = {(): fmpq(1)}


def constant(value: Any) -> Poly:
    value = fmpq(value)
    return {(): value} if value else {}


def monomial(factors: Iterable[tuple[Factor, int]]) -> Monomial:
    exponents: dict[Factor, int] = {}
    for factor, exponent in factors:
        exponents[factor] = exponents.get(factor, 0) + exponent
    need(all(e <= MAX_EXPONENT for e in exponents.values()), f"an exponent exceeds {MAX_EXPONENT}")
    return tuple(sorted(exponents.items()))


def add(*polys: Poly) -> Poly:
    total: Poly = {}
    for poly in polys:
        for m, c in poly.items():
            total[m] = total.get(m, 0) + c
    return {m: c for m, c in total.items() if c}


def mul(p: Poly, q: Poly) -> Poly:
    total: Poly = {}
    for m, c in p.items():
        for n, d in q.items():
            key = n if not m else m if not n else monomial(m + n)
            total[key] = total.get(key, 0) + c * d
    return {m: c for m, c in total.items() if c}


def neg(p: Poly) -> Poly:
    return {m: -c for m, c in p.items()}


def sub(p: Poly, q: Poly) -> Poly:
    return add(p, neg(q))


def power(p: Poly, n: int) -> Poly:
    result = ONE
    for _ in range(n):
        result = mul(result, p)
    return result


def map_monomials(poly: Poly, function: Callable[[Monomial], Poly]) -> Poly:
    return add(*({m: c * d for m, d in function(n).items()} for n, c in poly.items()))


def single(factor: Factor) -> Poly:
    return {((factor, 1),): fmpq(1)}


def atom(declared: Atom, time: Time = ()) -> Poly:
    need(bool(time) == declared.timed, f"{declared.name} is {'' if declared.timed else 'not '}timed")
    if declared.name == "idx":
        step = {} if time[0] == "" else single(("atom", "idx", (time[0], 0), False, False))
        return add(step, constant(time[1]))
    return single(("atom", declared.name, time, declared.coordinate, declared.random))


def split(mono: Monomial, outside: Callable[[Factor], bool]) -> tuple[Monomial, Monomial]:
    return tuple(x for x in mono if outside(x[0])), tuple(x for x in mono if not outside(x[0]))


def sum_i(poly: Poly) -> Poly:
    def one(mono: Monomial) -> Poly:
        out, body = split(mono, lambda f: not free_i(f))
        return mul({out: fmpq(1)}, single(("sum_i", body)))

    return map_monomials(poly, one)


def inside(level: Time, rest: Monomial) -> tuple[str, Monomial]:
    """How E_level goes on with what pull-out leaves: ("tower", body), ("push", body) or ("stop", rest)."""
    factor, exponent = rest[0]
    if len(rest) == 1 and exponent == 1 and factor[0] == "E" and (level == () or before(level, factor[1])):
        return "tower", factor[2]
    sums = [x for x in rest if x[0][0] == "sum_i"]
    others = tuple(x for x in rest if x[0][0] != "sum_i")
    if len(sums) == 1 and sums[0][1] == 1 and not any(free_i(f) for f, _ in others):
        return "push", monomial(others + sums[0][0][1])
    return "stop", rest


def expectation(level: Time, poly: Poly) -> Poly:
    def one(mono: Monomial) -> Poly:
        out, rest = split(mono, lambda f: measurable(f, level))
        if not rest:
            return {out: fmpq(1)}
        how, body = inside(level, rest)
        if how != "stop":
            inner = expectation(level, {body: fmpq(1)})
            return mul({out: fmpq(1)}, sum_i(inner) if how == "push" else inner)
        factor = ("E", level, rest)
        need(len(bases(factor)) <= 1, "an E mixes times t, T and absolute ones")
        return mul({out: fmpq(1)}, single(factor))

    return map_monomials(poly, one)


def sum_t(lo: int, poly: Poly) -> Poly:
    need(type(lo) is int and lo in (0, 1, 2), "a sum over steps begins at 0, 1 or 2")
    need(is_deterministic(poly), "a sum over steps needs a deterministic body")
    need(is_scalar(poly), "a sum over steps needs a body without free i")

    def one(mono: Monomial) -> Poly:
        out, body = split(mono, lambda f: not free_t(f))
        count = sub(atom(IDX, HORIZON), constant(lo - 1))
        return mul({out: fmpq(1)}, single(("sum_t", lo, body)) if body else count)

    return map_monomials(poly, one)


def at(time: Time, target: Time) -> Time:
    """The time t+k after t := target."""
    if time[:1] != ("t",):
        return time
    moved = (target[0], time[1] + target[1])
    need(moved[0] != "" or moved[1] >= 0, "substitution gives a negative time")
    return moved


def substitute(poly: Poly, target: Time) -> Poly:
    def factor(f: Factor) -> Poly:
        if not free_t(f):
            return single(f)
        if f[0] == "atom":
            return atom(Atom(f[1], True, f[3], f[4], 0), at(f[2], target))
        body = mono(f[-1])
        return sum_i(body) if f[0] == "sum_i" else expectation(at(f[1], target), body)

    def mono(m: Monomial) -> Poly:
        result = ONE
        for f, e in m:
            result = mul(result, power(factor(f), e))
        return result

    return map_monomials(poly, mono)


def reduced(mono: Monomial) -> Monomial:
    """The reduced form of an integrable monomial: deterministic factors dropped, one Σ_i opened."""
    rest = split(mono, deterministic)[1]
    if not rest:
        return ()
    how, body = inside(UNCONDITIONAL, rest)
    return reduced(body) if how == "push" else rest


def one_monomial(poly: Poly, what: str) -> Monomial:
    need(len(poly) == 1 and next(iter(poly.values())) == 1, f"{what} must be one monomial with coefficient 1")
    return next(iter(poly))
