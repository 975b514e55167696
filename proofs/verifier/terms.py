"""Terms of `docs/certificate.md`, section 2: the constructors of the normal form, over interned factors.

A polynomial is a dict from monomials to rationals; a monomial is a tuple of (factor, exponent) sorted by the factors'
JSON text; equal factors are one object. `WrongCertificate` is raised for a term that is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple


class MalformedCertificate(Exception):  # noqa: N818
    """The text is not a well-formed certificate."""


class WrongCertificate(Exception):  # noqa: N818
    """The certificate is well-formed and does not prove its statement."""


Time = tuple[str, int]  # ("t", k), ("T", k) or ("", n): t + k, T + k, the number n
Level = Time | None  # None: the unconditional expectation
Rational = int | Fraction
NEVER = 10**9  # more than any admissible time
NOW: Time = ("t", 0)
HORIZON: Time = ("T", 0)


class Atom(NamedTuple):
    timed: bool
    coordinate: bool
    random: bool
    first: int


class Factor:
    """One interned factor in normal form: equal factors are the same object. `need` is the least t from which it is
    well-formed; `marks` are the bases of its free times: t, T, n (absolute; an atom at 0 does not count)."""

    __slots__ = ("atoms", "body", "deterministic", "free_i", "kind", "marks", "need", "text", "time")

    def __init__(
        self, kind: str, text: str, time: Level, body: Monomial, free_i: bool, deterministic: bool,
        marks: frozenset[str], need: int, atoms: frozenset[str],
    ) -> None:  # fmt: skip
        self.kind, self.text, self.time, self.body = kind, text, time, body
        self.free_i, self.deterministic, self.marks, self.need, self.atoms = free_i, deterministic, marks, need, atoms


Monomial = tuple[tuple[Factor, int], ...]
Polynomial = dict[Monomial, Rational]
ONE: Monomial = ()


def time_text(time: Level) -> str:
    if time is None:
        return ""
    return f"{time[0]}{time[1]:+d}" if time[0] and time[1] else time[0] or str(time[1])


def not_after(a: Time, b: Level) -> bool:
    """Is a ≤ b in every instance? Only within one base, except that 0 is before every time."""
    return b is not None and (a == ("", 0) or (a[0] == b[0] and a[1] <= b[1]))


def least_time(time: Time, first: int) -> int:
    """The least t at which `time` is ≥ first, with T ≥ 1."""
    if time[0] == "t":
        return first - time[1]
    return 0 if time[1] + (time[0] == "T") >= first else NEVER


def measurable(factor: Factor, level: Level) -> bool:
    if factor.deterministic:
        return True
    if factor.kind == "sum_i":
        return all(measurable(f, level) for f, _ in factor.body)
    return factor.time is not None and not_after(factor.time, level)


def constant(value: Rational) -> Polynomial:
    return {ONE: value} if value else {}


def add(p: Polynomial, q: Polynomial, scale: Rational = 1) -> Polynomial:
    """p + scale·q."""
    total = dict(p)
    for monomial, c in q.items():
        value = total.pop(monomial, 0) + scale * c
        if value:
            total[monomial] = value
    return total


def times(m: Monomial, n: Monomial) -> Monomial:
    if not (m and n):
        return m or n
    exponents = dict(m)
    for factor, e in n:
        exponents[factor] = exponents.get(factor, 0) + e
    return tuple(sorted(exponents.items(), key=lambda item: item[0].text))


def single(p: Polynomial) -> Monomial:
    if len(p) != 1 or next(iter(p.values())) != 1:
        raise WrongCertificate(f"{show(p)} is not one monomial with coefficient 1")
    return next(iter(p))


def factors(p: Polynomial) -> Iterator[Factor]:
    return (factor for monomial in p for factor, _ in monomial)


def free_t(p: Polynomial) -> bool:
    return any("t" in f.marks for f in factors(p))


def free_i(p: Polynomial) -> bool:
    return any(f.free_i for f in factors(p))


def deterministic(p: Polynomial) -> bool:
    return all(f.deterministic for f in factors(p))


def well_formed_from(p: Polynomial) -> int:
    return max((f.need for f in factors(p)), default=0)


def reduced(m: Monomial) -> tuple[Monomial, bool]:
    """The reduced form of an integrable monomial, and whether a sum over coordinates was opened for it."""
    rest = tuple(item for item in m if not item[0].deterministic)
    sums = [(f, e) for f, e in rest if f.kind == "sum_i"]
    if len(sums) != 1 or sums[0][1] != 1 or any(f.free_i for f, _ in rest):
        return rest, False
    opened = times(tuple(item for item in rest if item[0] is not sums[0][0]), sums[0][0].body)
    return reduced(opened)[0], True


def show(thing: object, limit: int = 200) -> str:
    """A value for a one-line message; a polynomial in readable form."""
    if isinstance(thing, dict) and all(isinstance(key, tuple) for key in thing):
        text = " + ".join(f"{_number(c)}·{_monomial(m)}" if m else _number(c) for m, c in thing.items()) or "0"
    else:
        text = ascii(thing)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _number(value: Rational) -> str:
    large = max(abs(value.numerator), value.denominator).bit_length() > 4000
    return "<a number of over 4000 bits>" if large else str(value)


def _monomial(m: Monomial) -> str:
    return "·".join(factor_text(f) + (f"^{e}" if e > 1 else "") for f, e in m) or "1"


def factor_text(f: Factor) -> str:
    if f.kind == "atom":
        return next(iter(f.atoms)) + (f"({time_text(f.time)})" if f.time else "")
    heads = {"sum_i": "sum_i", "E": f"E[{time_text(f.time)}]", "sum_t": f"sum_t[{time_text(f.time)}..T]"}
    return f"{heads[f.kind]}({_monomial(f.body)})"


def _free_times(m: Monomial) -> frozenset[str]:
    return frozenset().union(*(f.marks for f, _ in m))


class Terms:
    """The constructors of the normal form over a table of atoms. Only they intern factors."""

    def __init__(self) -> None:
        self.atoms: dict[str, Atom] = {"idx": Atom(True, False, False, 0)}
        self.known: dict[str, Factor] = {}  # by compact JSON text: the factors in normal form met so far
        self.texts: dict[Monomial, str] = {ONE: "[]"}
        self.expectations: dict[tuple[Level, Monomial], Polynomial] = {}
        self.substitutions: dict[tuple[Factor, Time], Polynomial] = {}
        self.work = 0

    def text(self, m: Monomial) -> str:
        found = self.texts.get(m)
        if found is None:
            found = self.texts[m] = "[" + ",".join([f"[{f.text},{e}]" for f, e in m]) + "]"
        return found

    def multiply(self, p: Polynomial, q: Polynomial) -> Polynomial:
        self.work += len(p) * len(q)
        if self.work > 1_000_000:
            raise WrongCertificate("more than 1000000 products of monomials; split the certificate's large products")
        total: Polynomial = {}
        for m, c in p.items():
            for n, d in q.items():
                monomial = times(m, n)
                value = total.pop(monomial, 0) + c * d
                if value:
                    total[monomial] = value
        return total

    def power(self, p: Polynomial, n: int) -> Polynomial:
        result = constant(1)
        for _ in range(n):
            result = self.multiply(result, p)
        return result

    def linear(self, p: Polynomial, image: Callable[[Monomial], Polynomial]) -> Polynomial:
        """Σ c·image(m) over the terms c·m of p."""
        total: Polynomial = {}
        for monomial, c in p.items():
            for m, d in image(monomial).items():
                value = total.pop(m, 0) + c * d
                if value:
                    total[m] = value
        return total

    def outside(self, front: Monomial, p: Polynomial) -> Polynomial:
        return {times(front, m): c for m, c in p.items()} if front else p

    def _intern(self, kind: str, text: str, *attributes: Any) -> Polynomial:
        factor = self.known.get(text)
        if factor is None:
            factor = self.known[text] = Factor(kind, text, *attributes)
        return {((factor, 1),): 1}

    def atom(self, name: str, time: Level = None) -> Polynomial:
        """The atom at a time (none if it is untimed); idx becomes idx(t) + k, idx(T) + k or a number."""
        if name not in self.atoms:
            raise WrongCertificate(f"atom {show(name)} does not exist here: declare or define it before its use")
        timed, coordinate, random, first = self.atoms[name]
        if timed != (time is not None):
            raise WrongCertificate(f"atom {name} is {'' if timed else 'un'}timed and written otherwise")
        if name == "idx" and time is not None and time not in (NOW, HORIZON):
            return add(self.atom(name, (time[0], 0)) if time[0] else {}, constant(time[1]))
        text = f'["atom","{name}"]' if time is None else f'["atom","{name}","{time_text(time)}"]'
        marks = frozenset([time[0] or "n"] if time and time != ("", 0) else [])
        need = least_time(time, first) if time else 0
        return self._intern("atom", text, time, ONE, coordinate, not random, marks, need, frozenset([name]))

    def _functional(
        self, kind: str, head: str, time: Level, body: Monomial, free_i: bool, constant_value: bool,
        marks: Iterable[str], need: int,
    ) -> Polynomial:  # fmt: skip
        atoms = frozenset().union(*(f.atoms for f, _ in body))
        text = f"[{head},{self.text(body)}]"
        return self._intern(kind, text, time, body, free_i, constant_value, frozenset(marks), need, atoms)

    def sum_i(self, m: Monomial) -> Polynomial:
        front = tuple(item for item in m if not item[0].free_i)
        body = tuple(item for item in m if item[0].free_i)
        marks, need = _free_times(body), well_formed_from({body: 1})
        fixed = all(f.deterministic for f, _ in body)
        return self.outside(front, self._functional("sum_i", '"sum_i"', None, body, False, fixed, marks, need))

    def split(self, m: Monomial, level: Level) -> tuple[Monomial, Monomial]:
        """The factors measurable at the level, and the rest, which stays inside the expectation."""
        front = tuple(item for item in m if measurable(item[0], level))
        return front, m if not front else tuple(item for item in m if not measurable(item[0], level))

    def stage(self, rest: Monomial, level: Level) -> tuple[str, Monomial]:
        """How E_level(rest) goes on: `collapse` to the body of a later E, `push` into a sum over i, or `stay`."""
        if len(rest) == 1 and rest[0][0].kind == "E" and rest[0][1] == 1:
            inner = rest[0][0]
            if level is None or (inner.time is not None and not_after(level, inner.time)):
                return "collapse", inner.body
        sums = [(f, e) for f, e in rest if f.kind == "sum_i"]
        if len(sums) == 1 and sums[0][1] == 1 and not any(f.free_i for f, _ in rest):
            return "push", times(tuple(item for item in rest if item[0] is not sums[0][0]), sums[0][0].body)
        return "stay", rest

    def expect(self, m: Monomial, level: Level) -> Polynomial:
        """E_level(m): pull out, collapse, push into Σ_i."""
        known = self.expectations.get((level, m))
        if known is not None:
            return known
        front, rest = self.split(m, level)
        inner = constant(1)
        if rest:
            how, inside = self.stage(rest, level)
            if how == "collapse":
                inner = self.expect(inside, level)
            elif how == "push":
                inner = self.linear(self.expect(inside, level), self.sum_i)
            else:
                inner = self._expectation(rest, level)
        result = self.expectations[level, m] = self.outside(front, inner)
        return result

    def _expectation(self, rest: Monomial, level: Level) -> Polynomial:
        marks = _free_times(rest) | ({level[0] or "n"} if level else set())
        if len(marks) > 1:
            raise WrongCertificate(
                f"E[{time_text(level)}]({_monomial(rest)[:150]}) is refused: its times (t, T, absolute) cannot be "
                "compared once and for all; level and body must have times of one base, besides atoms at 0"
            )
        need = well_formed_from({rest: 1})
        if level:
            need = max(need, least_time(level, 0))
        head, loose = f'"E","{time_text(level)}"', any(f.free_i for f, _ in rest)
        return self._functional("E", head, level, rest, loose, level is None, marks, need)

    def sum_t(self, m: Monomial, low: int) -> Polynomial:
        if not all(f.deterministic and not f.free_i for f, _ in m):
            raise WrongCertificate(f"sum_t of {show({m: 1})}: its body must be deterministic and without free i")
        front = tuple(item for item in m if "t" not in item[0].marks)
        body = tuple(item for item in m if "t" in item[0].marks)
        if not body:
            return self.outside(front, add(self.atom("idx", HORIZON), constant(1 - low)))
        marks = _free_times(body) - {"t"}
        need = 0 if well_formed_from({body: 1}) <= low else NEVER
        return self.outside(
            front, self._functional("sum_t", f'"sum_t",{low}', ("", low), body, False, True, marks, need)
        )

    def substitute(self, p: Polynomial, time: Time) -> Polynomial:
        """p with t := time, outside of sum_t."""
        return self.linear(p, lambda m: self._substitute(m, time))

    def _substitute(self, m: Monomial, time: Time) -> Polynomial:
        result: Polynomial = {tuple(item for item in m if "t" not in item[0].marks): 1}
        for factor, e in m:
            if "t" in factor.marks:
                result = self.multiply(result, self.power(self._substitute_factor(factor, time), e))
        return result

    def _substitute_factor(self, f: Factor, time: Time) -> Polynomial:
        known = self.substitutions.get((f, time))
        if known is not None:
            return known
        at = f.time
        if at is not None and at[0] == "t":
            at = (time[0], time[1] + at[1])
            if not at[0] and at[1] < 0:
                raise WrongCertificate(f"t := {time_text(time)} puts {factor_text(f)} at the negative time {at[1]}")
        if f.kind == "atom":
            result = self.atom(next(iter(f.atoms)), at)
        elif f.kind == "sum_i":
            result = self.linear(self._substitute(f.body, time), self.sum_i)
        else:
            result = self.linear(self._substitute(f.body, time), lambda m: self.expect(m, at))
        self.substitutions[f, time] = result
        return result
