"""The rules of `docs/certificate.md`, section 4: one function each, in the table `RULES`.

A rule takes the replay, its premises and its arguments, and returns the conclusion; it raises `WrongCertificate` when a
side condition fails. Nothing here looks at the conclusion a certificate states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, NamedTuple

from .reading import (
    read_fields,
    read_int,
    read_level,
    read_list,
    read_name,
    read_polynomial,
    read_rational,
    read_relation,
    read_text,
    read_time,
)
from .terms import (
    HORIZON,
    NOW,
    ONE,
    Atom,
    Level,
    Monomial,
    Polynomial,
    Rational,
    Terms,
    Time,
    WrongCertificate,
    add,
    constant,
    deterministic,
    factor_text,
    factors,
    free_i,
    free_t,
    measurable,
    not_after,
    reduced,
    show,
    single,
    time_text,
    times,
    well_formed_from,
)


class Judgment(NamedTuple):
    """For all t ≥ start (t ≤ T if bounded), all i, almost surely: poly relation 0."""

    start: int
    bounded: bool
    relation: str
    poly: Polynomial


Definition = tuple[str, Polynomial, int, int]  # kind, poly, first, degree
FACT = (">=", ">", "=")


class Statement(NamedTuple):
    name: str
    points: dict[str, tuple[str, str]]
    assumptions: tuple[str, ...]
    hypotheses: dict[str, Judgment]
    definitions: dict[str, Definition]
    relation: str
    goal: Polynomial


class Replay:
    """The state of a replay: the atoms so far, the defining step of each, and what the current step has used."""

    def __init__(self, terms: Terms, statement: Statement) -> None:
        self.terms, self.statement = terms, statement
        self.points = dict(statement.points)
        self.definers: dict[str, tuple[int, str]] = {}  # atom: the step that introduced it, and how
        self.logarithms: dict[str, Polynomial] = {}  # atom: what it is the logarithm of
        self.index = 0
        self.mentioned: set[str] = set()
        self.used: set[str] = set()

    def poly(self, raw: Any) -> Polynomial:
        p = read_polynomial(self.terms, raw)
        self.mentioned.update(*(f.atoms for f in factors(p)))
        return p

    def now(self, name: str) -> Polynomial:
        self.mentioned.add(name)
        return self.terms.atom(name, NOW if self.terms.atoms[name].timed else None)

    def introduce(self, name: str, atom: Atom, kind: str, listed: Definition | None) -> None:
        wanted = self.statement.definitions.get(name)
        if name in self.terms.atoms:
            raise WrongCertificate(f"{name} exists already; a definition needs a fresh name")
        if wanted is not None and wanted != listed:
            raise WrongCertificate(f"the statement defines {name} otherwise, as {wanted[0]} of {show(wanted[1])}")
        self.terms.atoms[name] = atom
        self.definers[name] = (self.index, kind)

    def define(self, kind: str, name: str, poly: Polynomial, first: int, degree: int = 0) -> Polynomial:
        """Introduces the atom and returns it, at t if it is timed."""
        self.introduce(name, defined_atom(kind, poly, first), kind, (kind, poly, first, degree))
        return self.now(name)

    def point(self, name: str, time: Time) -> tuple[Polynomial, Polynomial, Polynomial]:
        if name not in self.points:
            raise WrongCertificate(f"{show(name)} is not a point; points are {show(sorted(self.points))}")
        self.mentioned.add(name)
        x, f, gradient = (self.terms.atom(part, time) for part in (name, *self.points[name]))
        return x, f, gradient

    def assume(self, assumption: str) -> None:
        if assumption not in self.statement.assumptions:
            raise WrongCertificate(f"the statement does not assume {assumption}")
        self.used.add("assumption " + assumption)

    def sum_i(self, p: Polynomial) -> Polynomial:
        return self.terms.linear(p, self.terms.sum_i)

    def sum_t(self, p: Polynomial, low: int) -> Polynomial:
        if low > 2:
            raise WrongCertificate(f"a sum over t begins at 0, 1 or 2, not {low}")
        return self.terms.linear(p, lambda m: self.terms.sum_t(m, low))

    def expect(self, p: Polynomial, level: Level) -> Polynomial:
        return self.terms.linear(p, lambda m: self.terms.expect(m, level))


class Cover:
    """The integrable premises of a step: what they cover, and that each covers something."""

    def __init__(self, terms: Terms, premises: list[Judgment]) -> None:
        for premise in premises:
            if premise.relation != "integrable":
                raise WrongCertificate(f"a premise is no integrable fact but {show(premise.poly)} {premise.relation} 0")
        self.terms, self.used, self.given = terms, set[Monomial](), {next(iter(premise.poly)) for premise in premises}
        demand(len(self.given) == len(premises), "two premises state the same integrability; leave one out")

    def covers(self, m: Monomial) -> None:
        least, _ = reduced(m)
        if least and least not in self.given:
            raise WrongCertificate(f"no premise says that {show({least: 1})} is integrable")
        self.used.add(least)

    def admissible(self, m: Monomial, level: Level) -> None:
        """E_level(m) may be brought to its normal form: every stage is about integrable variables."""
        how = "begin"
        while m and how != "stay":
            self.covers(m)
            _, rest = self.terms.split(m, level)
            if not rest:
                return
            self.covers(rest)
            how, m = self.terms.stage(rest, level)

    def finish(self) -> None:
        if unused := self.given - self.used:
            named = min(show({m: 1}) for m in unused)  # the same one at every run
            raise WrongCertificate(f"integrability of {named} is an unused premise; leave it out")


Rule = Callable[..., Judgment]
RULES: dict[str, tuple[Rule, int, bool, dict[str, str]]] = {}


def rule(premises: int, arguments: str = "", *, more: bool = False) -> Callable[[Rule], Rule]:
    """Enters a function into the table: its number of premises (or more) and its arguments, `name: type, …`."""

    def enter(function: Rule) -> Rule:
        types = dict(part.split(": ") for part in arguments.split(", ")) if arguments else {}
        RULES[function.__name__] = (function, premises, more, types)
        return function

    return enter


def _read_term(replay: Replay, raw: Any) -> tuple[Rational, list[int], list[Polynomial]]:
    c, places, squares = read_fields(raw, "a term", "coefficient", "premises", "squares")
    factors = [replay.poly(q) for q in read_list(squares, "the list of squares")]
    return read_rational(c), [read_int(k) for k in read_list(places, "the list of positions")], factors


def _read_equation(replay: Replay, raw: Any) -> tuple[int, Polynomial]:
    place, multiplier = read_fields(raw, "an equation", "premise", "multiplier")
    return read_int(place), replay.poly(multiplier)


PLAIN: dict[str, Callable[[Any], Any]] = {
    "int": read_int, "text": read_text, "name": read_name, "time": lambda raw: read_time(read_text(raw)),
    "level": read_level, "relation": read_relation,
}  # fmt: skip


def read_argument(replay: Replay, kind: str, raw: Any) -> Any:
    """An argument of a type that `rule` names."""
    if kind == "poly":
        return replay.poly(raw)
    if kind == "terms":
        return [_read_term(replay, item) for item in read_list(raw, "the list of terms")]
    if kind == "equations":
        return [_read_equation(replay, item) for item in read_list(raw, "the list of equations")]
    return PLAIN[kind](raw)


def span(premises: Iterable[Judgment]) -> tuple[int, bool]:
    """The greatest `from`, and whether one is bounded."""
    return max((p.start for p in premises), default=0), any(p.bounded for p in premises)


def fact(premise: Judgment, what: str, poly: Polynomial | None = None, relations: tuple[str, ...] = FACT) -> Polynomial:
    if premise.relation not in relations:
        raise WrongCertificate(f"{what} must have relation {' or '.join(relations)}, not {premise.relation}")
    if poly is not None and premise.poly != poly:
        raise WrongCertificate(f"{what} must be about {show(poly)}, not {show(premise.poly)}")
    return premise.poly


def demand(condition: bool, what: str) -> None:
    if not condition:
        raise WrongCertificate(what)


def degree_of(n: int, least: int) -> int:
    demand(least <= n <= 64, f"the degree must be from {least} to 64, not {n}")
    return n


def integrable(m: Monomial, start: int, bounded: bool) -> Judgment:
    demand(bool(m), "a deterministic monomial is integrable; there is nothing to prove")
    return Judgment(start, bounded, "integrable", {m: 1})


def defined_atom(kind: str, poly: Polynomial, first: int) -> Atom:
    """The table entry of an atom defined by poly: measurable, well-formed from `first`."""
    timed = free_t(poly)
    if kind == "minimum":
        demand(
            timed and deterministic(poly) and not free_i(poly),
            f"a minimum needs {show(poly)} deterministic, with free t, without free i",
        )
        demand(well_formed_from(poly) <= 1 and first == 0, f"{show(poly)} must be well-formed from 1, and first be 0")
        return Atom(False, False, False, 0)
    demand(timed or first == 0, f"an atom without free t has first 0, not {first}")
    for f in factors(poly):
        demand(
            measurable(f, NOW if timed else None),
            f"{factor_text(f)[:150]} is not {'measurable at t' if timed else 'deterministic'}",
        )
    demand(
        well_formed_from(poly) <= first,
        f"{show(poly)} is not well-formed from {first} but from {well_formed_from(poly)}",
    )
    return Atom(timed, free_i(poly), not deterministic(poly), first)


@rule(0, "name: text")
def hypothesis(r: Replay, _: list[Judgment], name: str) -> Judgment:
    demand(name in r.statement.hypotheses, f"{show(name)} is not a hypothesis of the statement")
    r.used.add("hypothesis " + name)
    return r.statement.hypotheses[name]


@rule(0, "terms: terms, equations: equations, from: int", more=True)
def combination(r: Replay, premises: list[Judgment], terms: list[Any], equations: list[Any], start: int) -> Judgment:
    positions = {k for _, ks, _ in terms for k in ks} | {k for k, _ in equations}
    demand(
        positions == set(range(len(premises))),
        f"positions used are {show(sorted(positions))}; there are {len(premises)} premises",
    )
    least, bounded = span(premises)
    demand(start >= least, f"from {start} is before a premise's from {least}")
    total, strict = Polynomial(), False
    for c, ks, squares in terms:
        demand(c >= 0, f"coefficient {c} is negative")
        demand(len(ks) + len(squares) <= 64, "a term has more than 64 factors")
        product = constant(c)
        for k in ks:
            product = r.terms.multiply(product, fact(premises[k], f"premise {k}"))
        for q in squares:
            product = r.terms.multiply(product, r.terms.multiply(q, q))
        strict = strict or (c > 0 and not squares and all(premises[k].relation == ">" for k in ks))
        total = add(total, product)
    for k, multiplier in equations:
        total = add(total, r.terms.multiply(multiplier, fact(premises[k], f"premise {k}, an equation,", None, ("=",))))
    return Judgment(start, bounded, ("=" if not terms else ">" if strict else ">="), total)


@rule(1, "from: int, relation: relation")
def weaken(r: Replay, premises: list[Judgment], start: int, relation: str) -> Judgment:
    old = premises[0]
    demand(start >= old.start, f"from {start} is before the premise's from {old.start}")
    demand(start == old.start or free_t(old.poly), f"without free t `from` stays {old.start}")
    demand(
        relation == old.relation or (relation == ">=" and old.relation in FACT),
        f"{old.relation} does not weaken to {relation}",
    )
    return Judgment(start, old.bounded, relation, old.poly)


@rule(1, "time: time")
def instantiate(r: Replay, premises: list[Judgment], time: Time) -> Judgment:
    start, bounded, relation, old = premises[0]
    base, k = time
    if base == "t":
        demand(not bounded or k <= 0, "a premise bounded by T is moved only to earlier times: t := t+k with k ≤ 0")
        start = max(start - k, 0)
    else:
        least = 1 + k if base else k
        demand(least >= start, f"t := {time_text(time)} can be {least}; the premise holds from {start}")
        demand(
            not bounded or (k <= 0 if base else k <= 1),
            f"t := {time_text(time)} may exceed T, which bounds the premise",
        )
        bounded = False
    poly = r.terms.substitute(old, time)
    if relation == "integrable":  # substitution never changes a normal form; checked, not trusted
        demand(reduced(single(poly))[0] == single(poly), f"{show(poly)} is not in reduced form")
    return Judgment(start, bounded, relation, poly)


@rule(3, "poly: poly, ratio: poly")
def induction(r: Replay, premises: list[Judgment], q: Polynomial, ratio: Polynomial) -> Judgment:
    base, step, factor = premises
    n = step.start - 1
    demand(n >= 0 and free_t(q), "the step must hold from 1 or later, and the poly have free t")
    demand(not span(premises)[1], "no premise may be bounded by T")
    fact(base, "the base", r.terms.substitute(q, ("", n)))
    fact(step, "the step", add(q, r.terms.multiply(ratio, r.terms.substitute(q, ("t", -1))), -1))
    fact(factor, "the ratio's fact", ratio)
    demand(factor.start <= n + 1, f"the ratio is ≥ 0 from {factor.start}; it must be from {n + 1}")
    return Judgment(n, False, ">=", q)


@rule(2, "larger: poly, smaller: poly, degree: int")
def root_monotone(r: Replay, premises: list[Judgment], larger: Polynomial, smaller: Polynomial, n: int) -> Judgment:
    powers = add(r.terms.power(larger, degree_of(n, 1)), r.terms.power(smaller, n), -1)
    fact(premises[0], "the fact on powers", powers)
    fact(premises[1], "the fact that larger is ≥ 0", larger)
    return Judgment(*span(premises), ">=", add(larger, smaller, -1))


@rule(0, "from: int")
def clock(r: Replay, _: list[Judgment], start: int) -> Judgment:
    return Judgment(start, False, ">=", add(r.terms.atom("idx", NOW), constant(start), -1))


@rule(0, "from: int")
def horizon(r: Replay, _: list[Judgment], start: int) -> Judgment:
    return Judgment(start, True, ">=", add(r.terms.atom("idx", HORIZON), r.terms.atom("idx", NOW), -1))


@rule(0, "name: name, poly: poly, from: int")
def define(r: Replay, _: list[Judgment], name: str, poly: Polynomial, start: int) -> Judgment:
    return Judgment(start, False, "=", add(r.define("define", name, poly, start), poly, -1))


@rule(1, "name: name, poly: poly")
def inverse(r: Replay, premises: list[Judgment], name: str, poly: Polynomial) -> Judgment:
    fact(premises[0], "the premise", poly, (">",))
    demand(not premises[0].bounded, "the premise may not be bounded by T")
    x = r.define("inverse", name, poly, premises[0].start)
    return Judgment(premises[0].start, False, "=", add(r.terms.multiply(x, poly), constant(1), -1))


@rule(1, "name: name, poly: poly, degree: int")
def root(r: Replay, premises: list[Judgment], name: str, poly: Polynomial, n: int) -> Judgment:
    fact(premises[0], "the premise", poly)
    demand(not premises[0].bounded, "the premise may not be bounded by T")
    x = r.define("root", name, poly, premises[0].start, degree_of(n, 2))
    return Judgment(premises[0].start, False, "=", add(r.terms.power(x, n), poly, -1))


@rule(0, "name: text")
def sign(r: Replay, _: list[Judgment], name: str) -> Judgment:
    kind = r.definers.get(name, (0, ""))[1]
    demand(kind in ("inverse", "root"), f"{show(name)} is neither an inverse nor a root")
    return Judgment(r.terms.atoms[name].first, False, ">" if kind == "inverse" else ">=", r.now(name))


@rule(1, "name: name, poly: poly")
def logarithm(r: Replay, premises: list[Judgment], name: str, poly: Polynomial) -> Judgment:
    fact(premises[0], "the premise", poly, (">",))
    demand(not premises[0].bounded, "the premise may not be bounded by T")
    r.define("logarithm", name, poly, premises[0].start)
    r.logarithms[name] = poly
    return Judgment(0, False, "=", Polynomial())


@rule(0, "x: text, x_time: time, y: text, y_time: time, from: int")
def log_tangent(r: Replay, _: list[Judgment], x: str, x_time: Time, y: str, y_time: Time, start: int) -> Judgment:
    for name in (x, y):
        demand(name in r.logarithms, f"{show(name)} is not a logarithm")
    inside = [r.terms.substitute(r.logarithms[n], at) for n, at in ((x, x_time), (y, y_time))]
    logs = [r.now(n) if not r.terms.atoms[n].timed else r.terms.atom(n, at) for n, at in ((x, x_time), (y, y_time))]
    total = r.terms.multiply(inside[0], add(logs[0], logs[1], -1))
    r.mentioned.update((x, y))
    return Judgment(start, False, ">=", add(add(total, inside[0], -1), inside[1]))


@rule(0, "name: name, poly: poly")
def minimum(r: Replay, _: list[Judgment], name: str, poly: Polynomial) -> Judgment:
    return Judgment(1, True, ">=", add(poly, r.define("minimum", name, poly, 0), -1))


@rule(0, "x: name, f: name, gradient: name")
def point(r: Replay, _: list[Judgment], x: str, f: str, gradient: str) -> Judgment:
    atom = r.terms.atoms.get(x)
    demand(atom is not None and atom.timed and atom.coordinate, f"{x} must be an existing timed atom with coordinates")
    taken = {name for key, pair in r.points.items() for name in (key, *pair)}
    demand(x not in taken, f"{x} is already in a point")
    for name, coordinate in ((f, False), (gradient, True)):
        r.introduce(name, r.terms.atoms[x]._replace(coordinate=coordinate), "point", None)
    r.points[x] = (f, gradient)
    r.mentioned.add(x)
    return Judgment(0, False, "=", {})


@rule(0, "x: text, x_time: time, from: int")
def lower_bound(r: Replay, _: list[Judgment], x: str, x_time: Time, start: int) -> Judgment:
    r.assume("lower_bounded")
    return Judgment(start, False, ">=", add(r.point(x, x_time)[1], r.terms.atom("f_inf"), -1))


@rule(0, "x: text, x_time: time, y: text, y_time: time, from: int")
def lipschitz(r: Replay, _: list[Judgment], x: str, x_time: Time, y: str, y_time: Time, start: int) -> Judgment:
    r.assume("smooth")
    (a, _f, g), (b, _h, k) = r.point(x, x_time), r.point(y, y_time)
    squares = [r.sum_i(r.terms.power(add(p, q, -1), 2)) for p, q in ((a, b), (g, k))]
    return Judgment(
        start, False, ">=", add(r.terms.multiply(r.terms.power(r.terms.atom("L"), 2), squares[0]), squares[1], -1)
    )


@rule(0, "x: text, x_time: time, y: text, y_time: time, from: int")
def descent(r: Replay, _: list[Judgment], x: str, x_time: Time, y: str, y_time: Time, start: int) -> Judgment:
    r.assume("smooth")
    (a, f, g), (b, h, _k) = r.point(x, x_time), r.point(y, y_time)
    move = add(b, a, -1)
    quadratic = r.terms.multiply(r.terms.atom("L"), r.sum_i(r.terms.power(move, 2)))
    linear = add(f, r.sum_i(r.terms.multiply(g, move)))
    return Judgment(start, False, ">=", add(add(linear, quadratic, Fraction(1, 2)), h, -1))


@rule(1, "level: level", more=True)
def expectation(r: Replay, premises: list[Judgment], level: Level) -> Judgment:
    cover = Cover(r.terms, premises[1:])
    for m in fact(premises[0], "the first premise"):
        cover.admissible(m, level)
    cover.finish()
    return Judgment(*span(premises), premises[0].relation, r.expect(premises[0].poly, level))


def _conditional(r: Replay, y: Polynomial, x: Polynomial, level: Level) -> tuple[Monomial, Monomial]:
    """The monomials y·x and y·E_level(x), for y measurable at the level."""
    demand(level is not None, 'the level must be a time, not ""')
    demand(all(measurable(f, level) for f, _ in single(y)), f"{show(y)} is not measurable at {time_text(level)}")
    return times(single(y), single(x)), times(single(y), single(r.expect(x, level)))


@rule(0, "y: poly, x: poly, level: level, outer: level, from: int", more=True)
def tower(
    r: Replay, premises: list[Judgment], y: Polynomial, x: Polynomial, level: Level, outer: Level, start: int
) -> Judgment:
    product, conditional = _conditional(r, y, x, level)
    demand(
        outer is None or not_after(outer, level),
        f"outer {time_text(outer)} must be at or before level {time_text(level)}",
    )
    least, bounded = span(premises)
    demand(start >= least, f"from {start} is before a premise's from {least}")
    cover = Cover(r.terms, premises)
    cover.admissible(product, outer)
    cover.admissible(single(x), level)
    cover.finish()
    pushed = [r.terms.stage(r.terms.split(m, outer)[1], outer)[0] == "push" for m in (conditional, product)]
    demand(pushed[1] or not pushed[0], "E would be exchanged with a sum over i whose summands need not be integrable")
    return Judgment(start, bounded, "=", add(r.terms.expect(product, outer), r.terms.expect(conditional, outer), -1))


@rule(0, "y: poly, x: poly, level: level", more=True)
def integrable_conditional(r: Replay, premises: list[Judgment], y: Polynomial, x: Polynomial, level: Level) -> Judgment:
    product, conditional = _conditional(r, y, x, level)
    cover = Cover(r.terms, premises)
    cover.covers(product)
    cover.admissible(single(x), level)
    cover.finish()
    result, opened = reduced(conditional)
    demand(reduced(product)[1] or not opened, "a sum over i would be opened whose summands need not be integrable")
    return integrable(result, *span(premises))


def _bounds(monomial: Polynomial, upper: Judgment, lower: Judgment) -> tuple[Monomial, list[Monomial]]:
    """The monomial m, which must be in reduced form, and the monomials of U and U' in U − m ≥ 0, U' + m ≥ 0."""
    m = single(monomial)
    demand(reduced(m)[0] == m, f"{show(monomial)} is not in reduced form; bound {show({reduced(m)[0]: 1})} instead")
    high, low = add(fact(upper, "the upper bound"), monomial), add(fact(lower, "the lower bound"), monomial, -1)
    return m, [*high, *low]


@rule(2, "monomial: poly", more=True)
def dominated(r: Replay, premises: list[Judgment], monomial: Polynomial) -> Judgment:
    m, bounds = _bounds(monomial, premises[0], premises[1])
    cover = Cover(r.terms, premises[2:])
    for bound in bounds:
        cover.covers(bound)
    cover.finish()
    return integrable(m, *span(premises))


@rule(2, "monomial: poly", more=True)
def dominated_induction(r: Replay, premises: list[Judgment], monomial: Polynomial) -> Judgment:
    base, rest = (premises[0], premises[1:]) if premises[0].relation == "integrable" else (None, premises)
    demand(len(rest) >= 2, "an upper and a lower bound are needed")
    m, bounds = _bounds(monomial, rest[0], rest[1])
    n = rest[0].start - 1
    demand(n >= 0 and free_t(monomial), "the upper bound must begin at some n + 1 ≥ 1, and m have free t")
    begin, bounded = span(premises)[0] == rest[1].start == n + 1, span(premises)[1]
    demand(begin and not bounded, f"no premise may be bounded by T or begin after {n + 1}, no bound before")
    initial, _ = reduced(single(r.terms.substitute(monomial, ("", n))))
    demand(
        (base.poly if base else {ONE: 1}) == {initial: 1}, f"the base must say that {show({initial: 1})} is integrable"
    )
    cover = Cover(r.terms, rest[2:])
    previous, _ = reduced(single(r.terms.substitute(monomial, ("t", -1))))
    for bound in bounds:
        if reduced(bound)[0] != previous:
            cover.covers(bound)
    cover.finish()
    return integrable(m, n, False)


@rule(3, "q: poly, z: poly, u: poly, a: int, b: int, over: text, level: level, range: int", more=True)
def holder(r: Replay, premises: list[Judgment], q: Polynomial, z: Polynomial, u: Polynomial,
           a: int, b: int, over: str, level: Level, low: int) -> Judgment:  # fmt: skip
    degree_of(a, 1), degree_of(b, 1), degree_of(a + b, 2)
    power, multiply = r.terms.power, r.terms.multiply
    fact(premises[0], "the first premise", add(multiply(power(q, a), power(z, b)), power(u, a + b), -1))
    fact(premises[1], "the fact q ≥ 0", q)
    fact(premises[2], "the fact z ≥ 0", z)
    demand(over in ("E", "sum_i", "sum_t"), f"over must be E, sum_i or sum_t, not {show(over)}")
    demand(over == "E" or level is None, 'the level must be "" unless over is E')
    demand(over == "sum_t" or low == 0, "the range must be 0 unless over is sum_t")
    cover = Cover(r.terms, premises[3:])
    start, bounded = span(premises)
    if over == "E":
        for m in (*q, *z, *u):
            cover.admissible(m, level)
        q, z, u = (r.expect(p, level) for p in (q, z, u))
    elif over == "sum_i":
        q, z, u = (r.sum_i(p) for p in (q, z, u))
    else:
        demand(start <= low, f"the sum begins at {low}, the premises hold from {start}")
        q, z, u = (r.sum_t(p, low) for p in (q, z, u))
        start, bounded = 0, False
    cover.finish()
    return Judgment(start, bounded, ">=", add(multiply(power(q, a), power(z, b)), power(u, a + b), -1))


@rule(1)
def sum_coordinates(r: Replay, premises: list[Judgment]) -> Judgment:
    return premises[0]._replace(poly=r.sum_i(fact(premises[0], "the premise")))


@rule(1)
def single_coordinate(r: Replay, premises: list[Judgment]) -> Judgment:
    p = fact(premises[0], "the premise")
    return premises[0]._replace(relation=">=", poly=add(r.sum_i(p), p, -1))


@rule(1, "from: int")
def sum_steps(r: Replay, premises: list[Judgment], low: int) -> Judgment:
    p = fact(premises[0], "the premise")
    demand(low >= premises[0].start, f"the sum begins at {low}, the premise holds from {premises[0].start}")
    return Judgment(0, False, "=" if premises[0].relation == "=" else ">=", r.sum_t(p, low))


@rule(0, "poly: poly, from: int")
def telescope(r: Replay, _: list[Judgment], q: Polynomial, low: int) -> Judgment:
    demand(low in (1, 2), f"from must be 1 or 2, not {low}")
    demand(free_t(q) and well_formed_from(q) < low, f"{show(q)} must have free t and be well-formed from {low - 1}")
    sums = add(r.sum_t(q, low), r.sum_t(r.terms.substitute(q, ("t", -1)), low), -1)
    ends = add(r.terms.substitute(q, ("", low - 1)), r.terms.substitute(q, HORIZON), -1)
    return Judgment(0, False, "=", add(sums, ends))


@rule(0, "poly: poly, from: int")
def first_term(r: Replay, _: list[Judgment], q: Polynomial, low: int) -> Judgment:
    demand(low in (0, 1), f"from must be 0 or 1, not {low}")
    demand(free_t(q) and well_formed_from(q) <= low, f"{show(q)} must have free t and be well-formed from {low}")
    tail = add(r.sum_t(q, low + 1), r.terms.substitute(q, ("", low)))
    return Judgment(0, False, "=", add(r.sum_t(q, low), tail, -1))
