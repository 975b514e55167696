"""Random worlds: a kernel proof under construction beside a probability tree on which its hypotheses are true.

A `World` declares a few atoms, gives them random values, and makes facts true by construction: `fact(p)` declares a
fresh atom h whose values are p plus a random nonnegative slack, and assumes h − p >= 0.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
from trees import Array, BeyondTree, Model, random_model

from proofs import certificate, terms
from proofs.builder import kernel_atom, needed_integrability, polynomial
from proofs.kernel import Judgment, Proof, Statement
from proofs.terms import FREE, HORIZON, IDX, Atom, Poly, Time
from theory.expressions import Expression, Symbol, lift

a, b = Symbol("a"), Symbol("b")
w = Symbol("w", coordinate=True)
c = Symbol("c", timed=True)
k = Symbol("k", timed=True)
d = Symbol("d", timed=True, coordinate=True)
r = Symbol("r", timed=True, random=True)
x = Symbol("x", timed=True, coordinate=True, random=True)
y = Symbol("y", timed=True, coordinate=True, random=True)
f = Symbol("f", timed=True, random=True)
grad = Symbol("grad", timed=True, coordinate=True, random=True)
L, f_inf = Symbol("L"), Symbol("f_inf")
PLAIN = (a, b, w, c, k, d, r, x, y)
OBJECTIVE = (L, f_inf, f, grad)

FALSE: tuple[str, Poly] = (">", terms.constant(-1))


def poly_of(p: Expression | Poly | int) -> Poly:
    return p if isinstance(p, dict) else polynomial(lift(p))


class World:
    """A proof whose statement grows, and a model of all its atoms. `assumptions` adds an objective at x."""

    def __init__(self, seed: int, assumptions: tuple[str, ...] = ()) -> None:
        self.random = Random(seed)
        self.model: Model = random_model(self.random)
        points = (("x", "f", "grad"),) if assumptions else ()
        self.declared = sorted(map(kernel_atom, PLAIN + (OBJECTIVE if assumptions else ())), key=lambda z: z.name)
        self.proof = Proof(Statement("example", tuple(self.declared), points, assumptions, {}, {}, FALSE))
        for atom in self.declared:
            self.model.draw(atom, self.random)
        if assumptions:
            self.draw_objective()

    def draw_objective(self) -> None:
        """f(x) = (x − z)ᵀA(x − z)/2 + f_inf with A = BᵀB, and L the greatest absolute row sum of A."""
        D = self.model.coordinates
        B = np.array([[Fraction(self.random.randint(-2, 2)) for _ in range(D)] for _ in range(D)], dtype=object)
        self.hessian: Array = B.T @ B
        self.centre: Array = np.array([Fraction(self.random.randint(-2, 2)) for _ in range(D)], dtype=object)
        self.model.values["L", None] = self.model.full(max(abs(self.hessian).sum(axis=1)))
        self.least = self.model.values["f_inf", None]
        self.give_point("x", "f", "grad")

    def give_point(self, point: str, value: str, gradient: str) -> None:
        """Gives a point's value and gradient the objective's."""

        def gradient_at(t: int) -> Array:
            return (self.model.atom(point, t) - self.centre) @ self.hessian

        def value_at(t: int) -> Array:
            products = (self.model.atom(point, t) - self.centre) * gradient_at(t)
            half = products.sum(axis=1, keepdims=True) * Fraction(1, 2)
            return np.broadcast_to(half, self.model.shape) + self.least

        self.model.assign(gradient, gradient_at)
        self.model.assign(value, value_at)

    def declare(self, atom: Atom) -> Atom:
        self.proof.declare(atom)
        self.declared.append(atom)
        return atom

    def slack(self, zero: bool = False, positive: bool = False) -> Fraction:
        least = int(positive)
        return Fraction(0 if zero else self.random.randint(least, 3), self.random.randint(1, 2))

    def fresh(self, like: Poly, name: str = "", timed: bool = False) -> Atom:
        """A new declared atom: timed, random and with coordinates as far as the polynomial needs it."""
        timed = timed or not terms.is_closed(like)
        kinds = not terms.is_scalar(like), timed and not terms.is_deterministic(like)
        return self.declare(Atom(name or f"h{len(self.declared)}", timed, *kinds, 0))

    def now(self, atom: Atom) -> Poly:
        return terms.atom(atom, FREE if atom.timed else ())

    def assume(self, judgment: Judgment) -> int:
        """A new hypothesis, and the step that uses it."""
        if terms.is_closed(judgment.poly):
            judgment = judgment._replace(lo=0)
        name = f"n{len(self.proof.statement.hypotheses)}"
        self.proof.statement.hypotheses[name] = judgment
        return self.step("hypothesis", [], name=name)

    def fact(self, p: Expression | Poly | int, relation: str = ">=", lo: int = 0) -> int:
        """h − p relation 0 for t >= lo, made true by the choice of h."""
        p = poly_of(p)
        h = self.fresh(p)
        self.model.draw(h, self.random, lambda: self.slack(relation == "=", relation == ">"))
        for time in range(lo, self.model.tree.depth + 1) if h.timed else [None]:
            try:
                value = self.model.evaluate(p, time)
            except BeyondTree:
                continue
            self.model.values[h.name, time] = self.model.values[h.name, time] + value
        return self.assume(Judgment(lo, False, relation, terms.sub(self.now(h), p)))

    def integrable(self, p: Poly, level: Time, lo: int = 0) -> list[int]:
        """Hypotheses that make every monomial of p admissible at the level; nothing to check on a finite tree."""
        needed = [n for m in p for n in needed_integrability(level, m) if n]
        return [self.assume(Judgment(lo, False, "integrable", {n: terms.ONE[()]})) for n in dict.fromkeys(needed)]

    def step(self, rule: str, premises: list[int], **arguments: Any) -> int:
        return self.proof.apply(rule, premises, {("from" if n == "lo" else n): v for n, v in arguments.items()})

    def poly(self, index: int) -> Poly:
        return self.proof.steps[index].conclusion.poly

    @property
    def last(self) -> Judgment:
        return self.proof.steps[-1].conclusion

    def statement(self) -> Statement:
        return self.proof.statement._replace(atoms=tuple(sorted(self.declared, key=lambda z: z.name)))

    def certificate(self) -> dict[str, Any]:
        """The steps so far as a certificate. Its goal is −1 > 0, so that it must be refused at the end."""
        return {
            "format": "adopt-cert/1",
            "statement": certificate.write_statement(self.statement()),
            "statement_sha256": certificate.statement_sha256(self.statement()),
            "steps": [certificate.write_step(step) for step in self.proof.steps],
            "notes": {},
        }

    # random polynomials

    def term(self, past: bool, scalar: bool = False, deterministic: bool = False, timed: bool = True) -> Poly:
        """A random product of one or two factors; `past` allows times t − 1."""

        def atoms(random: bool, coordinates: bool) -> Poly:
            pool = [z for z in PLAIN if (random or not z.random) and (coordinates or not z.coordinate)]
            z = kernel_atom(self.random.choice([z for z in pool if timed or not z.timed]))
            return terms.atom(z, ("t", -self.random.randint(0, int(past))) if z.timed else ())

        def factor() -> Poly:
            roll = self.random.random()
            if roll < 0.15:
                return terms.sum_i(terms.mul(atoms(not deterministic, True), atoms(not deterministic, True)))
            if roll < 0.3:
                body = terms.mul(atoms(True, True), atoms(True, True))
                body = terms.sum_i(body) if scalar else body
                level = ("t", -1) if past and timed and not deterministic and self.random.random() < 0.5 else ()
                return terms.expectation(level, body)
            if roll < 0.4 and timed:
                return terms.atom(IDX, self.random.choice((FREE, HORIZON)))
            return atoms(not deterministic, not scalar)

        return terms.mul(factor(), factor()) if self.random.random() < 0.6 else factor()

    def sum_of_terms(self, past: bool, **kind: bool) -> Poly:
        """A random polynomial of one to three such terms, with small rational coefficients."""
        total: Poly = {}
        for _ in range(self.random.randint(1, 3)):
            coefficient = Fraction(self.random.choice((-3, -2, -1, 1, 2, 3)), self.random.randint(1, 2))
            scale = terms.constant(coefficient.numerator)
            scale = {m: v / coefficient.denominator for m, v in scale.items()}
            total = terms.add(total, terms.mul(scale, self.term(past, **kind)))
        return total

    def timed(self, past: bool, **kind: bool) -> Poly:
        """As `sum_of_terms`, with free t."""
        while terms.is_closed(p := self.sum_of_terms(past, **kind)):
            pass
        return p
