"""Bounds with roots of any degree, for `stated`: every power of x that occurs is a power of one root of x.

With r = x^{1/n}, n a common multiple of all degrees at x, x^{k/j} = r^{kn/j} and 1/x has the root 1/r: what is left to
show is an equality of rational functions of the roots, which `field` decides. A constant such as C_p is a rational
multiple of a power of the root of an integer, by the uniqueness of roots. The lemmas are in `CertificateRules.v`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import sympy

from proofs.coq_export.bounds import real
from theory.bounds import meaning
from theory.statement import Statement

Names = Callable[[str], str]


class Root(NamedTuple):
    """A root of parameters among a statement's definitions: `value` is `radicand`^{1/degree}, in parameters."""

    name: str
    degree: int
    radicand: sympy.Expr
    value: sympy.Expr

    @property
    def composite(self) -> bool:
        """Of several parameters: other roots are in it."""
        return len(self.radicand.free_symbols) > 1


@dataclass(frozen=True)
class Base:
    """A parameter, 1 − β2 or an integer under roots; `k` numbers it, `text` is Coq's, `strict` if it is known to be > 0."""

    k: int
    value: sympy.Expr
    n: int
    strict: bool
    text: str

    @property
    def root(self) -> str:
        return f"rpow ({self.text}) (/ INR {self.n})"


class Equation(NamedTuple):
    """`name : left = right`, a rewriting towards the roots of the bases, and its proof."""

    name: str
    claim: str
    proof: str

    @property
    def line(self) -> str:
        return f"  assert ({self.name} : {self.claim}) by ({self.proof})."


def parameter_roots(statement: Statement) -> list[Root]:
    """The roots among the definitions that are of parameters; those of what is measured are not."""
    definitions = {d.symbol.name: d for d in statement.definitions}
    found = []
    for d in statement.definitions:
        if d.kind == "root" and not d.symbol.timed:
            try:
                radicand, value = meaning(d.poly, definitions), meaning(d.symbol, definitions)
            except TypeError:
                continue
            found.append(Root(d.symbol.name, d.degree, radicand, value))
    return found


def fractional(e: sympy.Expr) -> set[tuple[sympy.Expr, Fraction]]:
    """(x, |exponent|) of the powers with fractional exponents whose x has no such powers itself."""
    found = set()
    for power in e.atoms(sympy.Pow):
        if power.exp.is_Rational and not power.exp.is_Integer and not fractional(power.base):
            found.add((power.base, abs(Fraction(int(power.exp.p), int(power.exp.q)))))
    return found


def all_fractional(statement: Statement) -> set[tuple[sympy.Expr, Fraction]]:
    """Those of the bound and of the roots' values."""
    return fractional(statement.bound()).union(*(fractional(r.value) for r in parameter_roots(statement)))


def bases(statement: Statement, names: Names) -> list[Base]:
    """What is under the roots, an inverse's own parameter in its place, with a common multiple of all degrees."""
    degrees: dict[sympy.Expr, int] = {}
    for r in parameter_roots(statement):
        if not r.radicand.is_number and not r.composite:
            x = 1 / r.radicand if r.radicand.is_Pow else r.radicand
            degrees[x] = math.lcm(degrees.get(x, 1), r.degree)
    for x, exponent in all_fractional(statement):
        if x in degrees or x.is_Integer:
            degrees[x] = math.lcm(degrees.get(x, 1), exponent.denominator)
    inverted = {str(d.poly) for d in statement.definitions if d.kind == "inverse"}
    return [
        Base(k, x, n, x.is_Integer or str(x) in inverted, real(x, names))
        for k, (x, n) in enumerate(sorted(degrees.items(), key=str))
    ]


def powers_of(statement: Statement, b: Base, names: Names) -> list[Equation]:
    """The fractional powers of a base that are written, as powers of its root; x^{k + ½} is written x^k √x."""
    exponents = {e for x, e in all_fractional(statement) if x == b.value}
    exponents = {Fraction(1, 2) if e.denominator == 2 else e for e in exponents}
    found = []
    for place, e in enumerate(sorted(exponents)):
        power, m = real(b.value ** sympy.Rational(e.numerator, e.denominator), names), e * b.n
        proof = f"apply root_power; [exact M_{b.k}|discriminate|discriminate|lra|simpl; lra]"
        if e == Fraction(1, 2):
            proof = f"apply sqrt_of_root; [exact M_{b.k}|discriminate|reflexivity]"
        found.append(Equation(f"W_{b.k}_{place}", f"{power} = {b.root} ^ {m}", proof))
    return found


def root_of_base(r: Root, found: Sequence[Base], unfolding: str) -> Equation | None:
    """A defined root as a power of its base's root, or the inverse of one; None if it is of no base."""
    proof = "apply root_of_root; [exact M_{}|discriminate|discriminate|reflexivity]"
    for b in found:
        m = b.n // r.degree
        if r.radicand == b.value:
            return Equation(f"R_{r.name}", f"v_{r.name} = {b.root} ^ {m}", f"unfold v_{r.name}; {proof.format(b.k)}")
        if r.radicand == 1 / b.value:
            start = f"unfold v_{r.name}; {unfolding}rewrite root_of_inverse by exact N_{b.k}; f_equal"
            return Equation(f"R_{r.name}", f"v_{r.name} = / ({b.root} ^ {m})", f"{start}; {proof.format(b.k)}")
    return None


def generalised(b: Base) -> list[str]:
    """The root becomes a variable r of which it is known that x = r^n (the other way round unless x is a parameter)."""
    sign = f"root_positive ({b.text}) {b.n} N_{b.k}" if b.strict else f"rpow_nonneg ({b.text}) (/ INR {b.n})"
    lines = [
        f"  pose proof (root_to_the_degree ({b.text}) {b.n} M_{b.k} ltac:(discriminate)) as D_{b.k}.",
        f"  pose proof ({sign}) as Q_{b.k}.",
        f"  set (r_{b.k} := {b.root}) in *; clearbody r_{b.k}.",
    ]
    return lines if b.value.is_Symbol else [*lines, f"  symmetry in D_{b.k}."]


def preparation(
    statement: Statement, names: Names, unfolding: str, facts: Sequence[tuple[str, str]]
) -> tuple[list[str], str]:
    """Lines that stand before the comparison, and the script that decides an equality of parameters.

    `facts` are (name, text) of the hypotheses that what is inverted is > 0; `unfolding` unfolds the definitions.
    """
    found, roots = bases(statement, names), parameter_roots(statement)
    lines = []
    for b in found:
        lines.append(f"  assert (N_{b.k} : 0 {'<' if b.strict else '<='} {b.text}) by (first [assumption | lra]).")
        lines.append(f"  assert (M_{b.k} : 0 <= {b.text}) by lra.")
    equations = [x for b in found for x in powers_of(statement, b, names)]
    equations += [x for r in roots if (x := root_of_base(r, found, unfolding)) is not None]
    lines += [x.line for x in equations]
    lines += [line for b in found for line in generalised(b)]
    for b in found:
        within = [c for c in found if c is not b and c.value in b.value.free_symbols]
        lines += [f"  rewrite D_{c.k} in D_{b.k}." for c in within]
    rewriting = [f"?{x.name}" for x in equations] + [f"?D_{b.k}" for b in found if b.value.is_Symbol]
    known = [f"D_{b.k}" for b in found if not b.value.is_Symbol]
    field = f"field [{' '.join(known)}]" if known else "field"
    for r in roots:
        if r.radicand.is_number:
            powers = f"rewrite {', '.join(rewriting)}; "
            sign = f"{powers}apply Rlt_le; unfold Rdiv; positive"
            lines.append(f"  assert (R_{r.name} : v_{r.name} = {real(r.value, names)}).")
            lines.append(f"  {{ unfold v_{r.name}. apply root_unique; [{sign}|discriminate|{powers}{field}]. }}")
            rewriting.insert(0, f"?R_{r.name}")
    rewrite = f"rewrite {', '.join(rewriting)}"
    lines += [f"  {rewrite} in {fact}." for fact, text in facts if any(f"v_{r.name})" in text for r in roots)]
    decide = f"{unfolding}{rewrite}; at_numbers; {field}; nonzero"
    for r in (r for r in roots if r.composite):
        text = real(r.value, names)
        proof = f"apply f_equal2; [{decide}|simpl; lra]"
        if text.startswith("sqrt"):
            proof = f"apply root_is_sqrt; [exact P_{r.name}|{decide}]"
        lines += [f"  assert (R_{r.name} : v_{r.name} = {text}).", f"  {{ unfold v_{r.name}. {proof}. }}"]
        decide = f"rewrite <- ?R_{r.name}; {decide}"
    return lines, decide
