"""Proof scripts: writes kernel steps in the language of `theory.expressions`.

A `Script` holds a statement and a proof of it under construction; each method derives a `Line`. Lines are called with
a time to instantiate them (`unbiased(t + 1)`), and multiplied to name products of facts (`bound * other * sq(g(t))`).
Nothing here is trusted: a method proposes arguments, the kernel derives the conclusion or refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from proofs import linear, terms
from proofs.kernel import Definition, Judgment, Proof, Statement
from proofs.terms import Atom, KernelError, Monomial, Poly
from theory import expressions as ex
from theory import statement as theory_statement
from theory.expressions import Expression, Relation, Symbol, Time, lift


def kernel_time(time: Time | None) -> terms.Time:
    return () if time is None else (time.base, time.shift)


def kernel_atom(symbol: Symbol) -> Atom:
    return Atom(symbol.name, symbol.timed, symbol.coordinate, symbol.random, symbol.first)


def polynomial(expression: Expression) -> Poly:
    """The expression in the kernel's normal form."""
    match expression:
        case ex.Constant(value):
            return terms.constant(fmpq(value.numerator, value.denominator))
        case Symbol():
            return terms.atom(kernel_atom(expression))
        case ex.At(symbol, time):
            return terms.atom(kernel_atom(symbol), kernel_time(time))
        case ex.Sum(parts):
            return terms.add(*(polynomial(p) for p in parts))
        case ex.Product(factors):
            result = terms.ONE
            for factor in factors:
                result = terms.mul(result, polynomial(factor))
            return result
        case ex.Power(base, exponent):
            return terms.power(polynomial(base), exponent)
        case ex.SumCoordinates(body):
            return terms.sum_i(polynomial(body))
        case ex.SumSteps(lo, body):
            return terms.sum_t(lo, polynomial(body))
        case ex.Expectation(level, body):
            return terms.expectation(kernel_time(level), polynomial(body))
    raise TypeError(f"{expression} has no meaning in a certificate")


def symbols_of(statement: theory_statement.Statement) -> list[Symbol]:
    """The declared symbols of a statement (definitions and the step number left out), ascending by name."""
    from theory.bounds import symbols_in

    defined = {d.symbol.name for d in statement.definitions}
    return sorted((x for x in symbols_in(statement) if x.name not in defined), key=lambda x: x.name)


def kernel_statement(statement: theory_statement.Statement) -> Statement:
    """The statement as the kernel and the certificate know it."""
    hypotheses = {}
    for h in statement.hypotheses:
        expression, relation = h.claim.difference() if isinstance(h.claim, Relation) else (h.claim, "integrable")
        hypotheses[h.name] = Judgment(h.start, False, relation, polynomial(expression))
    definitions = {
        d.symbol.name: Definition(d.kind, polynomial(d.poly), d.symbol.first if d.symbol.timed else 0, d.degree)
        for d in statement.definitions
    }
    expression, relation = statement.goal().difference()
    return Statement(
        name=statement.name,
        atoms=tuple(kernel_atom(x) for x in symbols_of(statement)),
        points=tuple((x.name, f.name, gradient.name) for x, f, gradient in statement.points),
        assumptions=tuple(sorted(statement.objective)),
        hypotheses=hypotheses,
        definitions=definitions,
        goal=(relation, polynomial(expression)),
    )


@dataclass(frozen=True)
class Factors:
    """A product of facts and squares, to be taken with a nonnegative coefficient."""

    lines: tuple[Line, ...] = ()
    squares: tuple[Poly, ...] = ()

    def __mul__(self, other: Line | Factors) -> Factors:
        more = other if isinstance(other, Factors) else Factors((other,))
        return Factors(self.lines + more.lines, self.squares + more.squares)

    def poly(self) -> Poly:
        result = terms.ONE
        for factor in [x.poly for x in self.lines] + [terms.power(q, 2) for q in self.squares]:
            result = terms.mul(result, factor)
        return result


def sq(expression: Expression | int) -> Factors:
    """The square of an expression, as a nonnegative factor."""
    return Factors((), (polynomial(lift(expression)),))


ONE = Factors()
"""The empty product: the fact 1 > 0."""


@dataclass(frozen=True, eq=False)
class Line:
    """A derived judgment."""

    script: Script
    index: int

    @property
    def judgment(self) -> Judgment:
        return self.script.proof.steps[self.index].conclusion

    @property
    def poly(self) -> Poly:
        return self.judgment.poly

    @property
    def start(self) -> int:
        return self.judgment.lo

    def __call__(self, time: Time | int) -> Line:
        """This line with t := time."""
        return self.script.instantiate(self, Time("", time) if isinstance(time, int) else time)

    def __mul__(self, other: Line | Factors) -> Factors:
        return Factors((self,)) * other


class Script:
    """A proof script of one statement.

    `section(title)` opens a section of the proof. Steps that a reader should see have a text; steps without text are
    details that `explain` folds away.
    """

    def __init__(self, statement: theory_statement.Statement) -> None:
        self.statement = statement
        self.proof = Proof(kernel_statement(statement))
        self.title = ""
        self._instances: dict[tuple[int, terms.Time], Line] = {}
        self._hypotheses: dict[str, Line] = {}
        self._signs: dict[str, Line] = {}
        self._definitions: dict[str, Line] = {}
        self.integrable_lines: dict[Monomial, Line] = {}
        self.bounded_factors: dict[str, tuple[Line, Line, Line]] = {}

    def section(self, title: str) -> None:
        self.title = title

    def step(self, rule: str, premises: Sequence[Line], arguments: dict[str, Any], text: str = "") -> Line:
        """One kernel step. Raises KernelError with the step's number, text and the condition that fails."""
        label = f"{self.title}: {text}" if text else self.title
        line = Line(self, self.proof.apply(rule, [p.index for p in premises], arguments, label))
        if rule in ("define", "inverse", "root"):
            self._definitions[arguments["name"]] = line
        if line.judgment.relation == "integrable":
            self.integrable_lines.setdefault(next(iter(line.poly)), line)
        return line

    # -- logic

    def hypothesis(self, name: str) -> Line:
        if name not in self._hypotheses:
            text = f"hypothesis {name.replace('_', ' ')}"
            self._hypotheses[name] = self.step("hypothesis", [], {"name": name}, text)
        return self._hypotheses[name]

    def instantiate(self, line: Line, time: Time) -> Line:
        key = (line.index, kernel_time(time))
        if key[1] == terms.FREE or (terms.is_closed(line.poly) and not line.judgment.bounded):
            return line
        if key not in self._instances:
            self._instances[key] = self.step("instantiate", [line], {"time": key[1]})
        return self._instances[key]

    def show(
        self,
        text: str,
        claim: Relation,
        *products: Line | Factors,
        modulo: Sequence[Line | tuple[Line, Expression]] = (),
        start: int = 0,
    ) -> Line:
        """`claim` as a nonnegative combination of the products, modulo the equations.

        The coefficients are found by exact linear algebra (`proofs.linear`). An equation is used as a rewriting of one
        of its monomials: the one given, or the one that stands alone. Raises KernelError if none are found.
        """
        expression, relation = claim.difference()
        candidates = [p if isinstance(p, Factors) else Factors((p,)) for p in products]
        line = self.prove(text, polynomial(expression), candidates, modulo, start)
        if relation == ">" and line.judgment.relation != ">":
            raise KernelError(f"{self.where(text)}: derived {line.judgment.relation}, not >")
        return line

    def scaled(self, text: str, *parts: tuple[Line, Expression]) -> Line:
        """Σ multiplier·equation = 0, with the multipliers given: for what rewriting one monomial does not find."""
        lines = [line for line, _ in parts]
        equations = [{"premise": k, "multiplier": polynomial(factor)} for k, (_, factor) in enumerate(parts)]
        begins = [self.begins(terms.mul(line.poly, polynomial(factor))) for line, factor in parts]
        lo = max([line.start for line in lines] + begins)
        return self.step("combination", lines, {"terms": [], "equations": equations, "from": lo}, text)

    def auto(
        self,
        text: str,
        claim: Relation,
        facts: Sequence[Line] = (),
        modulo: Sequence[Line | tuple[Line, Expression]] = (),
        squares: Sequence[Expression] = (),
        degree: int = 2,
        start: int = 0,
    ) -> Line:
        """As `show`, with the products of facts and the squares found by search: see `proofs.tactics.auto`."""
        from proofs.tactics import auto

        return auto(self, text, claim, facts, modulo, squares, degree, start)

    def where(self, text: str) -> str:
        return f"{self.statement.name}, {self.title}: {text or 'a detail'}"

    def prove(
        self,
        text: str,
        target: Poly,
        candidates: Sequence[Factors],
        modulo: Sequence[Line | tuple[Line, Expression]] = (),
        start: int = 0,
    ) -> Line:
        """As `show`, for a polynomial that is to be >= 0 (or = 0, if the equations alone give it)."""
        equations = [e[0] if isinstance(e, tuple) else e for e in modulo]
        leads = [next(iter(polynomial(e[1]))) if isinstance(e, tuple) else None for e in modulo]
        oriented = [(e.poly, lead) for e, lead in zip(equations, leads, strict=True)]
        found = linear.combination(target, [c.poly() for c in candidates], oriented)
        if isinstance(found, str):
            raise KernelError(f"{self.where(text)}: {found}")
        premises: list[Line] = []

        def position(line: Line) -> int:
            if line not in premises:
                premises.append(line)
            return premises.index(line)

        used_terms = [
            {"coefficient": str(c), "premises": [position(x) for x in f.lines], "squares": list(f.squares)}
            for c, f in zip(found[0], candidates, strict=True)
            if c
        ]
        used_equations = [
            {"premise": position(e), "multiplier": multiplier}
            for e, multiplier in zip(equations, found[1], strict=True)
            if multiplier
        ]
        lo = max([p.start for p in premises] + [start, self.begins(target)])
        return self.step("combination", premises, {"terms": used_terms, "equations": used_equations, "from": lo}, text)

    def begins(self, poly: Poly) -> int:
        """The least t from which every atom and level of the polynomial exists."""

        def visit(monomial: Monomial) -> int:
            least = 0
            for f, _ in monomial:
                if f[0] == "atom":
                    least = max(least, self.proof.atoms[f[1]].first - f[2][1] if f[2][:1] == ("t",) else 0)
                elif f[0] != "sum_t":
                    level = -f[1][1] if f[0] == "E" and f[1][:1] == ("t",) else 0
                    least = max(least, level, visit(f[-1]))
            return least

        return max((visit(m) for m in poly), default=0)

    def weaken(self, line: Line, relation: str | None = None, start: int | None = None) -> Line:
        lo = line.start if start is None else start
        return self.step("weaken", [line], {"from": lo, "relation": relation or line.judgment.relation})

    def induction(self, text: str, claim: Relation, base: Line, step: Line, ratio: Line) -> Line:
        """claim: q >= 0 at t, from `base` and q(t) >= ratio·q(t−1)."""
        arguments = {"poly": polynomial(claim.difference()[0]), "ratio": ratio.poly}
        return self.step("induction", [base, step, ratio], arguments, text)

    def root_monotone(self, text: str, claim: Relation, degree: int, powers: Line, larger: Line) -> Line:
        """claim: x <= y, from yⁿ >= xⁿ and y >= 0."""
        arguments = {"larger": polynomial(claim.right), "smaller": polynomial(claim.left), "degree": degree}
        return self.step("root_monotone", [powers, larger], arguments, text)

    def clock(self, start: int) -> Line:
        """t >= start."""
        return self.step("clock", [], {"from": start})

    def horizon(self, start: int) -> Line:
        """t <= T; what rests on it holds up to T only."""
        return self.step("horizon", [], {"from": start})

    # -- definitions

    def definition(self, symbol: Symbol) -> Line:
        """The equation by which this script defined the symbol. Raises KeyError if it did not."""
        return self._definitions[symbol.name]

    def define(self, symbol: Symbol, expression: Expression, text: str = "") -> Line:
        return self.step(
            "define", [], {"name": symbol.name, "poly": polynomial(expression), "from": symbol.first}, text
        )

    def inverse(self, symbol: Symbol, positive: Line, text: str = "") -> Line:
        return self.step("inverse", [positive], {"name": symbol.name, "poly": positive.poly}, text)

    def root(self, symbol: Symbol, nonnegative: Line, degree: int, text: str = "") -> Line:
        return self.step("root", [nonnegative], {"name": symbol.name, "poly": nonnegative.poly, "degree": degree}, text)

    def sign(self, symbol: Symbol) -> Line:
        """The sign of a defined inverse (> 0) or root (>= 0)."""
        if symbol.name not in self._signs:
            self._signs[symbol.name] = self.step("sign", [], {"name": symbol.name})
        return self._signs[symbol.name]

    def logarithm(self, symbol: Symbol, positive: Line, text: str = "") -> Line:
        return self.step("logarithm", [positive], {"name": symbol.name, "poly": positive.poly}, text)

    def log_tangent(self, x: Symbol, x_time: Time, y: Symbol, y_time: Time, start: int, text: str = "") -> Line:
        """X (ln X − ln Y) >= X − Y, for the logarithms x = ln X and y = ln Y at two times."""
        times = {"x_time": kernel_time(x_time), "y_time": kernel_time(y_time)}
        return self.step("log_tangent", [], {"x": x.name, "y": y.name, **times, "from": start}, text)

    def minimum(self, symbol: Symbol, expression: Expression, text: str = "") -> Line:
        return self.step("minimum", [], {"name": symbol.name, "poly": polynomial(expression)}, text)

    def point(self, x: Symbol, f: Symbol, gradient: Symbol) -> Line:
        return self.step("point", [], {"x": x.name, "f": f.name, "gradient": gradient.name})

    # -- the objective

    def lower_bound(self, x: Symbol, time: Time, start: int = 0) -> Line:
        return self.step("lower_bound", [], {"x": x.name, "x_time": kernel_time(time), "from": start})

    def between(self, rule: str, text: str, x: ex.Expression, y: ex.Expression, start: int) -> Line:
        """`lipschitz` or `descent` from the point x(time) to the point y(time)."""
        if not isinstance(x, ex.At) or not isinstance(y, ex.At):
            raise TypeError("a point is an atom at a time")
        times = {"x_time": kernel_time(x.time), "y_time": kernel_time(y.time)}
        return self.step(rule, [], {"x": x.symbol.name, "y": y.symbol.name, **times, "from": start}, text)

    # -- sums and expectations

    def sum_i(self, line: Line, text: str = "") -> Line:
        return self.step("sum_coordinates", [line], {}, text)

    def single(self, line: Line, text: str = "") -> Line:
        """Σ_i p − p >= 0, from p >= 0."""
        return self.step("single_coordinate", [line], {}, text)

    def sum_t(self, line: Line, start: int, text: str = "") -> Line:
        return self.step("sum_steps", [line], {"from": start}, text)

    def telescope(self, expression: Expression, start: int) -> Line:
        return self.step("telescope", [], {"poly": polynomial(expression), "from": start})

    def first_term(self, expression: Expression, start: int) -> Line:
        """Σ_{t=start..T} q = q(start) + Σ_{t=start+1..T} q."""
        return self.step("first_term", [], {"poly": polynomial(expression), "from": start})

    def expect(self, line: Line, given: Time | None = None, text: str = "") -> Line:
        """E of a line, integrability supplied by `proofs.integrability`."""
        level = kernel_time(given)
        cover = self._cover(line.poly, level)
        return self.step("expectation", [line, *cover], {"level": level}, text)

    def lift(self, line: Line, text: str = "") -> Line:
        """Σ_i E of a line about coordinates."""
        return self.sum_i(self.expect(line), text)

    def tower(self, text: str, y: Expression, x: Expression, given: Time, start: int) -> Line:
        """E[y x] = E[y E[x given F]]."""
        py, px, level = polynomial(y), polynomial(x), kernel_time(given)
        cover = self._cover(terms.mul(py, px), (), self._cover(px, level))
        arguments = {"y": py, "x": px, "level": level, "outer": (), "from": start}
        return self.step("tower", cover, arguments, text)

    def integrable_conditional(self, y: Expression | int, x: Expression, given: Time) -> Line:
        """y·E[x given F] is integrable, since y·x and x are."""
        py, px, level = polynomial(lift(y)), polynomial(x), kernel_time(given)
        product = terms.mul(py, px)
        cover = self._cover(px, level, [c for c in [self.integrable(next(iter(product)))] if c])
        first = -given.shift if given.base == "t" else 0  # the level exists from there on
        if cover and max(c.start for c in cover) < first:
            cover = [self.weaken(cover[0], start=first), *cover[1:]]
        return self.step("integrable_conditional", cover, {"y": py, "x": px, "level": level})

    def holder(
        self,
        text: str,
        q: Expression | int,
        z: Expression | int,
        u: Expression,
        a: int,
        b: int,
        pointwise: Sequence[Line],
        over: str = "E",
        given: Time | None = None,
        start: int = 0,
    ) -> Line:
        """Hölder's inequality from qᵃzᵇ >= u^{a+b}, q >= 0, z >= 0 (`pointwise`), over E, sum_i or sum_t from start."""
        pq, pz, pu, level = polynomial(lift(q)), polynomial(lift(z)), polynomial(u), kernel_time(given)
        cover: list[Line] = []
        if over == "E":
            for p in (pq, pz, pu):
                cover = self._cover(p, level, cover)
        arguments = {"q": pq, "z": pz, "u": pu, "a": a, "b": b, "over": over, "level": level, "range": start}
        return self.step("holder", [*pointwise, *cover], arguments, text)

    def _cover(self, poly: Poly, level: terms.Time, already: Sequence[Line] = ()) -> list[Line]:
        """Integrable lines that make every monomial of the polynomial admissible at the level."""
        lines = list(already)
        for monomial in poly:
            for needed in needed_integrability(level, monomial):
                line = self.integrable(needed)
                if line is not None and line not in lines:
                    lines.append(line)
        return lines

    def integrable(self, monomial: Monomial) -> Line | None:
        """A line that the monomial is integrable; None if it is deterministic."""
        from proofs.integrability import integrable

        return integrable(self, monomial)

    def integrable_now(self, expression: Expression) -> Line:
        """The line that this random monomial is integrable."""
        (monomial,) = polynomial(expression)
        line = self.integrable(monomial)
        if line is None:
            raise KernelError(f"{expression} is deterministic: there is nothing to show")
        return line

    def dominated(self, monomial: Expression, upper: Line, lower: Line, text: str = "") -> Line:
        """m is integrable, since U − m >= 0 and U' + m >= 0 with integrable U, U'."""
        return self.dominated_poly(polynomial(monomial), upper, lower, text)

    def dominated_poly(self, monomial: Poly, upper: Line, lower: Line, text: str = "") -> Line:
        lines = self._bounds(monomial, upper, lower)
        return self.step("dominated", [upper, lower, *lines], {"monomial": monomial}, text)

    def dominated_induction(self, monomial: Expression, base: Line, upper: Line, lower: Line, text: str = "") -> Line:
        """m is integrable at every t, since it is at first and is bounded both ways by integrable terms and m(t−1)."""
        p = polynomial(monomial)
        previous = terms.reduced(next(iter(terms.substitute(p, ("t", -1)))))
        first = max(upper.start, lower.start)
        upper, lower = (b if b.start == first else self.weaken(b, start=first) for b in (upper, lower))
        lines = self._bounds(p, upper, lower, previous)
        return self.step("dominated_induction", [base, upper, lower, *lines], {"monomial": p}, text)

    def _bounds(self, monomial: Poly, upper: Line, lower: Line, previous: Monomial = ()) -> list[Line]:
        """Integrable lines for the monomials of the two bounds."""
        lines: list[Line] = []
        for m in [*terms.add(upper.poly, monomial), *terms.sub(lower.poly, monomial)]:
            line = None if terms.reduced(m) in ((), previous) else self.integrable(m)
            if line is not None and line not in lines:
                lines.append(line)
        return lines


def needed_integrability(level: terms.Time, monomial: Monomial) -> Iterator[Monomial]:
    """The monomials whose integrability makes this one admissible at the level, in reduced form."""
    yield terms.reduced(monomial)
    rest = terms.split(monomial, lambda f: terms.measurable(f, level))[1]
    if rest:
        yield terms.reduced(rest)
        how, body = terms.inside(level, rest)
        if how != "stop":
            yield from needed_integrability(level, body)
