"""Terms of a certificate (`docs/certificate.md`, section 2) in Coq, in two ways: as data, and as what they denote.

`syntax` writes a polynomial as an `expr` of `proofs/coq/CertificateTerms.v`; `denotation` writes the real number it
stands for, as a mathematician would. Both walk the same sums and products in the same order, so that Coq sees that
they agree by computing.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, NamedTuple

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
TIME = re.compile(r"([tT])([+-][1-9][0-9]*)?|(0|[1-9][0-9]*)")
RATIONAL = re.compile(r"-?[0-9]+(/[1-9][0-9]*)?")


class Atom(NamedTuple):
    """What the table says of an atom: its arguments are a time, a coordinate, an outcome, as far as the flags say."""

    timed: bool
    coordinate: bool
    random: bool
    first: int


Table = dict[str, Atom]
Poly = list[Any]  # [[coefficient, [[factor, exponent], ...]], ...] as in the file
TIMES = {"t": "Free", "T": "Horizon", "": "Absolute"}
IDX = Atom(True, False, False, 0)


def name(raw: Any) -> str:
    """A name as the page allows it; ValueError otherwise, so that nothing else reaches the Coq file."""
    if not isinstance(raw, str) or not NAME.fullmatch(raw):
        raise ValueError(f"{raw!r:.80} is not a name: letters, digits and _, a letter first, at most 60")
    return raw


def number(raw: Any) -> int:
    if type(raw) is not int or not 0 <= raw <= 10**6:
        raise ValueError(f"{raw!r:.80} is not an integer from 0 to 10^6")
    return raw


def rational(raw: Any) -> Fraction:
    if not isinstance(raw, str) or not RATIONAL.fullmatch(raw):
        raise ValueError(f"{raw!r:.80} is not a rational")
    return Fraction(raw)


def time(raw: Any) -> tuple[str, int]:
    """("t", k), ("T", k) or ("", n)."""
    match = TIME.fullmatch(raw) if isinstance(raw, str) else None
    if not match:
        raise ValueError(f"{raw!r:.80} is not a time: t, t-1, T, T+2, 3")
    base, shift, absolute = match.groups()
    return (base, int(shift or 0)) if base else ("", int(absolute))


def integer(value: int) -> str:
    return str(value) if value >= 0 else f"({value})"


# --------------------------------------------------------------------------------------------- what a term mentions


def _factors(poly: Poly) -> list[Any]:
    return [factor for _, mono in poly for factor, _ in mono]


def _body(factor: Any) -> Poly:
    return [["1", factor[-1]]]


def _entry(table: Table, raw: Any) -> Atom:
    if raw == "idx":
        return IDX
    if name(raw) not in table:
        raise ValueError(f"atom {raw} does not exist here: declare or define it before its use")
    return table[raw]


def free_t(poly: Poly) -> bool:
    def free(factor: Any) -> bool:
        if factor[0] == "atom":
            return len(factor) == 3 and time(factor[2])[0] == "t"
        if factor[0] == "sum_t":
            return False
        return (factor[0] == "E" and factor[1][:1] == "t") or free_t(_body(factor))

    return any(free(factor) for factor in _factors(poly))


def free_i(table: Table, poly: Poly) -> bool:
    def free(factor: Any) -> bool:
        if factor[0] == "atom":
            return _entry(table, factor[1]).coordinate
        return factor[0] == "E" and free_i(table, _body(factor))

    return any(free(factor) for factor in _factors(poly))


def deterministic(table: Table, poly: Poly) -> bool:
    def fixed(factor: Any) -> bool:
        if factor[0] == "atom":
            return not _entry(table, factor[1]).random
        if factor[0] == "sum_i":
            return deterministic(table, _body(factor))
        return factor[0] == "sum_t" or factor[1] == ""

    return all(fixed(factor) for factor in _factors(poly))


# ------------------------------------------------------------------------------------------------------ two writers


def syntax_time(raw: Any) -> str:
    base, k = time(raw)
    return f"({TIMES[base]} {integer(k)})"


def syntax_level(raw: Any) -> str:
    return "None" if raw == "" else f"(Some {syntax_time(raw)})"


def _syntax_factor(table: Table, factor: Any) -> str:
    kind = factor[0]
    if kind == "atom":
        if factor[1] == "idx":
            return f"Idx {syntax_time(factor[2])}"
        entry = _entry(table, factor[1])
        if entry.timed != (len(factor) == 3):
            raise ValueError(f"atom {factor[1]} is {'' if entry.timed else 'un'}timed and written otherwise")
        return f"Atom a_{factor[1]} {syntax_time(factor[2])}" if entry.timed else f"Param a_{factor[1]}"
    inner = syntax(table, _body(factor))
    if kind == "sum_i":
        return f"SumI ({inner})"
    if kind == "E":
        return f"Ex {syntax_level(factor[1])} ({inner})"
    if kind == "sum_t":
        return f"SumT {number(factor[1])} ({inner})"
    raise ValueError(f"{kind!r:.80} is not a kind of factor")


def denotation_time(raw: Any) -> str:
    base, k = time(raw)
    if not base:
        return str(k)
    return f"({base} {'+' if k > 0 else '-'} {abs(k)})%nat" if k else base


def _denotation_factor(table: Table, factor: Any) -> str:
    kind = factor[0]
    if kind == "atom":
        if factor[1] == "idx":
            return f"INR {denotation_time(factor[2])}"
        entry = _entry(table, factor[1])
        arguments = [denotation_time(factor[2])] if entry.timed else []
        arguments += ["i"] * entry.coordinate + ["w"] * entry.random
        return " ".join([f"v_{factor[1]}", *arguments])
    inner = denotation(table, _body(factor))
    if kind == "sum_i":
        return f"lsum idx (fun i => {inner})"
    if kind == "sum_t":
        return f"sum_t T {number(factor[1])} (fun t => {inner})"
    if factor[1] == "":
        return f"expect (fun w => {inner})"
    return f"cond {denotation_time(factor[1])} (fun w => {inner}) w"


def _write(table: Table, poly: Poly, factor_text: Any, marks: dict[str, str], constant: Any) -> str:
    """Σ c·m as a chain of + and − over chains of ·, powers innermost; a leading negative term keeps its sign."""
    ordered = sorted(poly, key=lambda term: rational(term[0]) < 0)
    text = ""
    for coefficient, mono in ordered:
        c = rational(coefficient)
        sign = c < 0 and text != ""
        c = -c if sign else c
        parts = []
        for factor, exponent in mono:
            body = f"({factor_text(table, factor)})"
            parts.append(f"{body} {marks['^']} {number(exponent)}" if exponent != 1 else body)
        if c != 1 or not parts:
            parts.insert(0, constant(c))
        product = f" {marks['*']} ".join(parts)
        text = f"{text} {marks['-' if sign else '+']} {product}" if text else product
    return text or constant(Fraction(0))


def syntax(table: Table, poly: Poly) -> str:
    """The polynomial as an `expr`."""
    marks = {"+": "[+]", "-": "[-]", "*": "[*]", "^": "[^]"}
    return _write(table, poly, _syntax_factor, marks, lambda c: f"(Const {integer(c.numerator)} {c.denominator})")


def denotation(table: Table, poly: Poly) -> str:
    """The polynomial as a real number, in the variables t, i, w as far as it has them free."""

    def constant(c: Fraction) -> str:
        return integer(c.numerator) if c.denominator == 1 else f"({integer(c.numerator)} / {c.denominator})"

    return _write(table, poly, _denotation_factor, {m: m for m in "+-*^"}, constant)
