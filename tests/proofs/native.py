"""Reads a certificate back into the kernel's own objects and derives its steps there.

The kernel writes certificates and never reads them; this reader exists so that tests can put one certificate to both
checkers. Terms are built by the kernel's constructors, so what is not in normal form arrives in normal form.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq

from proofs import terms
from proofs.certificate import certificate as certificate_of
from proofs.kernel import RULES, Definition, Judgment, Proof, Statement
from proofs.terms import IDX, Atom, KernelError, Poly, Time

TIMES = ("time", "level", "outer", "x_time", "y_time")


def time(text: str) -> Time:
    """A time as the kernel has it; the empty text is no time."""
    if not text:
        return ()
    base = text[0] if text[0] in "tT" else ""
    return base, int(text.removeprefix(base) or 0)


def rational(text: str) -> fmpq:
    value = Fraction(text)
    return fmpq(value.numerator, value.denominator)


class Reader:
    """Reads terms over a table of atoms."""

    def __init__(self, atoms: dict[str, Atom]) -> None:
        self.atoms = atoms

    def poly(self, raw: list[Any]) -> Poly:
        return terms.add(*(terms.mul(terms.constant(rational(c)), self.monomial(m)) for c, m in raw))

    def monomial(self, raw: list[Any]) -> Poly:
        result = terms.ONE
        for factor, exponent in raw:
            result = terms.mul(result, terms.power(self.factor(factor), exponent))
        return result

    def factor(self, raw: list[Any]) -> Poly:
        kind = raw[0]
        if kind == "atom":
            if raw[1] not in self.atoms:
                raise KernelError(f"{raw[1]!r} is not an atom here")
            return terms.atom(self.atoms[raw[1]], time(raw[2]) if len(raw) == 3 else ())
        if kind == "sum_i":
            return terms.sum_i(self.monomial(raw[1]))
        body = self.monomial(raw[2])
        return terms.expectation(time(raw[1]), body) if kind == "E" else terms.sum_t(raw[1], body)

    def argument(self, name: str, raw: Any) -> Any:
        if name == "terms":
            return [term | {"squares": [self.poly(q) for q in term["squares"]]} for term in raw]
        if name == "equations":
            return [equation | {"multiplier": self.poly(equation["multiplier"])} for equation in raw]
        if name in TIMES:
            return time(raw)
        return self.poly(raw) if isinstance(raw, list) else raw


def statement(raw: dict[str, Any]) -> Statement:
    """A certificate's statement as the kernel's. Raises KernelError for an atom that is not there."""
    atoms = tuple(Atom(**a) for a in raw["atoms"])
    reader = Reader({"idx": IDX} | {a.name: a for a in atoms})
    hypotheses = {
        h["name"]: Judgment(h["from"], False, h["relation"], reader.poly(h["poly"])) for h in raw["hypotheses"]
    }
    definitions = {}
    for d in raw["definitions"]:
        poly = reader.poly(d["poly"])
        timed = d["kind"] != "minimum" and not terms.is_closed(poly)
        coordinate, random = not terms.is_scalar(poly), not terms.is_deterministic(poly)
        reader.atoms[d["name"]] = Atom(d["name"], timed, timed and coordinate, timed and random, d["first"])
        definitions[d["name"]] = Definition(d["kind"], poly, d["first"], d["degree"])
    goal = raw["goal"]["relation"], reader.poly(raw["goal"]["poly"])
    points = tuple(tuple(p) for p in raw["points"])
    return Statement(raw["name"], atoms, points, tuple(raw["assumptions"]), hypotheses, definitions, goal)


def derive(raw: dict[str, Any]) -> Proof:
    """Derives a certificate's steps in the kernel.

    Raises KernelError, naming the step, where one does not follow or concludes something else than the certificate
    says; also if the last step is not the goal, or if the statement lists what is not used.
    """
    proof = Proof(statement(raw["statement"]))
    reader = Reader(proof.atoms)
    for number, step in enumerate(raw["steps"]):
        where = f"step {number} ({step['label']}), rule {step['rule']}"
        if step["rule"] not in RULES:
            raise KernelError(f"{where}: there is no rule {step['rule']!r}")
        try:
            arguments = {name: reader.argument(name, value) for name, value in step["arguments"].items()}
        except KernelError as error:
            raise KernelError(f"{where}: {error}") from None
        proof.apply(step["rule"], step["premises"], arguments, step["label"])
        stated = step["conclusion"]
        claim = stated["from"], stated["bounded"], stated["relation"], reader.poly(stated["poly"])
        if proof.steps[-1].conclusion != claim:
            raise KernelError(f"{where}: the kernel concludes {proof.steps[-1].conclusion}, not {claim}")
    certificate_of(proof, raw["notes"])
    return proof
