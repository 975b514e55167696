"""Builds small certificates for tests: terms by operators, and conclusions computed on request or claimed.

Every builder declares the same atoms: a and b (numbers), d (a vector), c(t) and k(t) (deterministic numbers), s(t) (a
random number), x(t), y(t), g(t) (random vectors), and the point (x, f, gradient) with its parameters L and f_inf.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from proofs.verifier import Report, verify
from proofs.verifier.rules import RULES, Judgment, Replay, Statement, read_argument
from proofs.verifier.terms import NOW, Atom, Polynomial, Terms, add, constant, free_t, time_text

ATOMS = {
    "L": Atom(False, False, False, 0),
    "a": Atom(False, False, False, 0),
    "b": Atom(False, False, False, 0),
    "c": Atom(True, False, False, 0),
    "d": Atom(False, True, False, 0),
    "f": Atom(True, False, True, 0),
    "f_inf": Atom(False, False, False, 0),
    "g": Atom(True, True, True, 0),
    "gradient": Atom(True, True, True, 0),
    "k": Atom(True, False, False, 0),
    "s": Atom(True, False, True, 0),
    "x": Atom(True, True, True, 0),
    "y": Atom(True, True, True, 0),
}


class Term:
    """A polynomial with operators."""

    def __init__(self, terms: Terms, poly: Polynomial) -> None:
        self.terms, self.poly = terms, poly

    def _other(self, other: Term | int) -> Polynomial:
        return constant(other) if isinstance(other, int) else other.poly

    def __add__(self, other: Term | int) -> Term:
        return Term(self.terms, add(self.poly, self._other(other)))

    def __sub__(self, other: Term | int) -> Term:
        return Term(self.terms, add(self.poly, self._other(other), -1))

    def __rsub__(self, other: int) -> Term:
        return Term(self.terms, add(constant(other), self.poly, -1))

    def __mul__(self, other: Term | int) -> Term:
        return Term(self.terms, self.terms.multiply(self.poly, self._other(other)))

    def __rmul__(self, other: int) -> Term:
        return self * other

    def __neg__(self) -> Term:
        return self * -1

    def __pow__(self, n: int) -> Term:
        return Term(self.terms, self.terms.power(self.poly, n))

    def raw(self) -> list[Any]:
        """The polynomial as a certificate writes it."""
        return [[str(c), json.loads(m)] for m, c in sorted((self.terms.text(m), c) for m, c in self.poly.items())]


class Builder:
    """A certificate under construction; `step` computes a conclusion, `claim` states one unchecked."""

    def __init__(self, assumptions: Iterable[str] = (), definitions: Iterable[dict[str, Any]] = ()) -> None:
        self.terms = Terms()
        self.terms.atoms.update(ATOMS)
        points = {"x": ("f", "gradient")}
        self.given: dict[str, Judgment] = {}
        self.replay = Replay(
            self.terms, Statement("example", points, ("lower_bounded", "smooth"), self.given, {}, ">=", {})
        )
        self.assumptions, self.definitions = list(assumptions), list(definitions)
        self.hypotheses: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []
        self.proved: list[Judgment] = []
        self.goal: dict[str, Any] = {"relation": ">=", "poly": []}  # what `close` proves

    # terms

    def __call__(self, name: str, time: str = "t") -> Term:
        timed = self.terms.atoms[name].timed
        return Term(self.terms, self.terms.atom(name, plain_time(time) if timed else None))

    def number(self, n: int) -> Term:
        return Term(self.terms, constant(n))

    def E(self, term: Term, level: str = "") -> Term:
        at = plain_time(level) if level else None
        return Term(self.terms, self.terms.linear(term.poly, lambda m: self.terms.expect(m, at)))

    def sum_i(self, term: Term) -> Term:
        return Term(self.terms, self.terms.linear(term.poly, self.terms.sum_i))

    def sum_t(self, term: Term, low: int = 1) -> Term:
        return Term(self.terms, self.terms.linear(term.poly, lambda m: self.terms.sum_t(m, low)))

    # steps

    def step(self, rule: str, *premises: int, **arguments: Any) -> int:
        """Adds a step with the conclusion the rule gives; returns its index."""
        raw = _raw_arguments(arguments)
        function, _, _, types = RULES[rule]
        values = [read_argument(self.replay, kind, raw[name]) for name, kind in types.items()]
        self.replay.index = len(self.steps)
        judgment = function(self.replay, [self.proved[k] for k in premises], *values)
        return self._append(rule, premises, raw, judgment)

    def claim(
        self, rule: str, *premises: int, poly: Term, relation: str = ">=", start: int = 0, bounded: bool = False,
        given: dict[str, Any] | None = None,
    ) -> int:  # fmt: skip
        """Adds a step with a conclusion of one's own; the rule's arguments are `given`."""
        raw = _raw_arguments(given or {})
        return self._append(rule, premises, raw, Judgment(start, bounded, relation, poly.poly))

    def _append(self, rule: str, premises: tuple[int, ...], arguments: dict[str, Any], judgment: Judgment) -> int:
        if not judgment.bounded and not free_t(judgment.poly):
            judgment = judgment._replace(start=0)
        conclusion = {
            "from": judgment.start,
            "bounded": judgment.bounded,
            "relation": judgment.relation,
            "poly": Term(self.terms, judgment.poly).raw(),
        }
        self.steps.append(
            {"rule": rule, "premises": list(premises), "arguments": arguments, "conclusion": conclusion, "label": ""}
        )
        self.proved.append(judgment)
        return len(self.steps) - 1

    def fact(self, poly: Term, relation: str = ">=", start: int = 0) -> int:
        """A hypothesis, and the step that uses it."""
        name = f"h{len(self.hypotheses)}"
        self.hypotheses.append({"name": name, "from": start, "relation": relation, "poly": poly.raw()})
        self.given[name] = Judgment(start, False, relation, poly.poly)
        return self.step("hypothesis", name=name)

    def integrable(self, *polys: Term, start: int = 0) -> list[int]:
        return [self.fact(poly, "integrable", start) for poly in polys]

    def combine(self, *terms: tuple[Any, ...], equations: Iterable[tuple[int, Term]] = (), start: int = 0) -> int:
        """A combination; a term is (coefficient, premises, squares), premises as step indices."""
        equations = list(equations)
        places = list(dict.fromkeys([k for term in terms for k in term[1]] + [k for k, _ in equations]))
        return self.step("combination", *places, **combination_arguments(places, terms, equations, start))

    def last(self) -> Term:
        return Term(self.terms, self.proved[-1].poly)

    # the certificate

    def close(self, *indices: int) -> Builder:
        """Uses the steps (the last, by default) in a closing step 0 >= 0."""
        closed = [self._closed(index) for index in indices or (len(self.steps) - 1,)]
        self.combine((0, closed, []), start=max(self.proved[k].start for k in closed))
        return self

    def _closed(self, index: int) -> int:
        start, bounded, relation, poly = self.proved[index]
        if bounded:
            index = self.step("instantiate", index, time="T")
            relation, poly = self.proved[index].relation, self.proved[index].poly
        if relation == "integrable":
            time = max(f.time or NOW for m in poly for f, _ in m)
            level = time_text(time if not time[0] else (time[0], 0))
            one = self.number(1)
            index = self.step("tower", index, y=one, x=Term(self.terms, poly), level=level, outer="", **{"from": start})
        return index

    def certificate(self) -> dict[str, Any]:
        statement = {
            "name": "example",
            "atoms": [{"name": name, **atom._asdict()} for name, atom in sorted(ATOMS.items())],
            "points": [["x", "f", "gradient"]],
            "assumptions": self.assumptions,
            "hypotheses": self.hypotheses,
            "definitions": self.definitions,
            "goal": self.goal,
        }
        return sealed({"format": "adopt-cert/1", "statement": statement, "steps": self.steps, "notes": {}})

    def text(self) -> str:
        return json.dumps(self.certificate())

    def verify(self) -> Report:
        return verify(self.text())


def plain_time(text: str) -> tuple[str, int]:
    """A time without the reader's restrictions."""
    base = text[0] if text[0] in "tT" else ""
    return base, int(text.removeprefix(base) or 0)


def combination_arguments(
    places: list[int], terms: Iterable[tuple[Any, ...]], equations: Iterable[tuple[int, Term]], start: int
) -> dict[str, Any]:
    """The arguments of a combination whose premises are the steps `places`."""
    return {
        "terms": [
            {"coefficient": str(c), "premises": [places.index(k) for k in used], "squares": [q.raw() for q in squares]}
            for c, used, squares in terms
        ],
        "equations": [{"premise": places.index(k), "multiplier": p.raw()} for k, p in equations],
        "from": start,
    }


def sealed(certificate: dict[str, Any]) -> dict[str, Any]:
    """The certificate with the digest of its statement."""
    text = json.dumps(certificate["statement"], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return certificate | {"statement_sha256": hashlib.sha256(text.encode()).hexdigest()}


def _raw_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value.raw() if isinstance(value, Term) else value for name, value in arguments.items()}
