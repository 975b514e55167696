"""The trusted kernel: derives each step of a proof, and nothing else.

`docs/certificate.md` is the specification: judgments, and every rule with its side conditions; this file (with
`proofs/terms.py`, its terms) and `proofs/verifier/` implement it independently. Nothing here searches, simplifies
or guesses: tactics propose arguments, `Proof.apply` computes the one conclusion that follows, or raises.

`RULES` lists all rules. "Proved" means that the certificate written from a `Proof` replays in the second checker: a
Python object can be forged, a certificate cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from flint import fmpq

from proofs.terms import (
    FREE,
    HORIZON,
    IDX,
    ONE,
    UNCONDITIONAL,
    Atom,
    KernelError,
    Monomial,
    Poly,
    Time,
    add,
    atom,
    before,
    constant,
    everywhere,
    expectation,
    inside,
    is_closed,
    is_deterministic,
    is_scalar,
    measurable,
    mul,
    need,
    neg,
    one_monomial,
    power,
    reduced,
    split,
    sub,
    substitute,
    sum_i,
    sum_t,
)

RELATIONS = ("=", ">=", ">")
ASSUMPTIONS = {"convex": (), "lower_bounded": ("f_inf",), "smooth": ("L",)}  # with the atoms they speak of


class Judgment(NamedTuple):
    """For all integers t >= lo (and t <= T if bounded), all coordinates, almost surely: poly relation 0."""

    lo: int
    bounded: bool
    relation: str
    poly: Poly


class Definition(NamedTuple):
    kind: str
    poly: Poly
    first: int
    degree: int


class Statement(NamedTuple):
    """What is claimed; see `docs/certificate.md` §3."""

    name: str
    atoms: tuple[Atom, ...]
    points: tuple[tuple[str, str, str], ...]
    assumptions: tuple[str, ...]
    hypotheses: dict[str, Judgment]
    definitions: dict[str, Definition]
    goal: tuple[str, Poly]


class Step(NamedTuple):
    rule: str
    premises: list[int]
    arguments: dict[str, Any]
    conclusion: Judgment
    label: str


class Cover:
    """The integrable steps given to a rule; remembers which were needed."""

    def __init__(self, steps: list[Judgment], extra: Iterable[Monomial] = ()) -> None:
        for step in steps:
            need(step.relation == "integrable", "a premise in an integrable place is not an integrable judgment")
        self.given = {next(iter(step.poly)): k for k, step in enumerate(steps)}
        need(len(self.given) == len(steps), "two premises state the same integrability")
        self.extra, self.used = set(extra), set[int]()

    def covered(self, mono: Monomial) -> None:
        m = reduced(mono)
        if m in self.given and m not in self.extra:
            self.used.add(self.given[m])
        else:
            need(not m or m in self.extra, f"integrability is missing: {m}")

    def admissible(self, level: Time, mono: Monomial) -> None:
        self.covered(mono)
        rest = split(mono, lambda f: measurable(f, level))[1]
        if rest:
            self.covered(rest)
            how, body = inside(level, rest)
            if how != "stop":
                self.admissible(level, body)

    def finish(self) -> None:
        need(self.used == set(self.given.values()), "an integrable premise is not needed")


class Proof:
    """A proof under construction: the statement, the atoms known so far, and the steps derived.

    Raises KernelError if the statement is not well-formed.
    """

    def __init__(self, statement: Statement) -> None:
        self.statement, self.steps = statement, list[Step]()
        self.atoms: dict[str, Atom] = {"idx": IDX}
        self.definitions: dict[str, Definition] = {}
        self.points: dict[str, tuple[str, str, str]] = {}
        for declared in statement.atoms:
            self.declare(declared)
        for assumption in statement.assumptions:
            need(assumption in ASSUMPTIONS, f"unknown assumption {assumption!r}")
            for name in ASSUMPTIONS[assumption]:
                need(
                    self.atoms.get(name) == Atom(name, False, False, False, 0), f"{assumption} needs an untimed {name}"
                )
        for point in statement.points:
            self.add_point(*point)
        for name, h in statement.hypotheses.items():
            need(self.conclude(*h) == h and not h.bounded, f"hypothesis {name} is not in normal form")
        declared_only = dict(self.atoms)
        for name, definition in statement.definitions.items():
            self.declare(self.defined_atom(name, definition))
        relation, poly = statement.goal
        need(
            relation in RELATIONS and is_closed(poly) and is_scalar(poly),
            "the goal is not a relation without free t, i",
        )
        self.conclude(0, False, relation, poly)
        self.atoms = declared_only

    def declare(self, new: Atom) -> None:
        need(new.name not in self.atoms, f"{new.name} is already in use")
        need(new.first >= 0, "an atom's first time is >= 0")
        need(new.timed or (new.first == 0 and not new.random), "an untimed atom is deterministic, with first time 0")
        self.atoms[new.name] = new

    def defined_atom(self, name: str, definition: Definition) -> Atom:
        kind, poly, first, degree = definition
        need(kind in ("define", "inverse", "root", "logarithm", "minimum"), f"unknown kind of definition {kind!r}")
        need(degree >= 2 if kind == "root" else degree == 0, "degree is >= 2 for a root, else 0")
        timed = not is_closed(poly)
        if kind == "minimum":
            need(timed and is_deterministic(poly) and is_scalar(poly), "a minimum is over a deterministic scalar of t")
            need(first == 0, "a minimum is untimed: first is 0")
            self.well_formed(poly, 1)
            return Atom(name, False, False, False, 0)
        need(first >= 0 and (timed or first == 0), "first is >= 0, and 0 for an untimed atom")
        level = FREE if timed else UNCONDITIONAL
        need(everywhere(poly, lambda f: measurable(f, level)), f"the definition of {name} is not known at its time")
        self.well_formed(poly, first)
        return Atom(name, timed, not is_scalar(poly), not is_deterministic(poly), first)

    def introduce(self, name: str, definition: Definition) -> Poly:
        announced = self.statement.definitions.get(name, definition)
        need(announced == definition, f"{name} is not what the statement defines")
        self.declare(self.defined_atom(name, definition))
        self.definitions[name] = definition
        return self.now(name)

    def add_point(self, x: str, f: str, gradient: str) -> None:
        names = [x, f, gradient]
        need(all(n in self.atoms for n in names) and len(set(names)) == 3, "a point's names are three known atoms")
        used = {n for point in self.points.values() for n in point}
        need(not used & set(names), "points have disjoint names")
        kinds = [self.atoms[n] for n in names]
        need(
            all(a.timed and a[3:] == kinds[0][3:] for a in kinds),
            "a point's atoms are random alike, from the same time",
        )
        need([a.coordinate for a in kinds] == [True, False, True], "a point is a vector, a scalar and a vector")
        self.points[x] = (x, f, gradient)

    def now(self, name: str, time: Time = FREE) -> Poly:
        """The atom as a polynomial, at `time` if it is timed."""
        need(name in self.atoms, f"{name!r} is not an atom here")
        return atom(self.atoms[name], time if self.atoms[name].timed else ())

    def well_formed(self, poly: Poly, lo: int) -> None:
        """Every atom is known and exists, and no level is negative, for all t >= lo."""

        def visit(mono: Monomial, t: int) -> None:
            for f, _ in mono:
                time = f[2] if f[0] == "atom" else f[1] if f[0] == "E" else ()
                least = time[1] + {"t": t, "T": 1, "": 0}[time[0]] if time else 0
                if f[0] == "atom":
                    known = self.atoms.get(f[1])
                    need(known is not None and known[1:4] == (f[2] != (), *f[3:]), f"{f[1]} is not an atom here")
                    need(known is not None and least >= known.first, f"{f[1]} does not exist yet at {least}")
                else:
                    need(least >= 0, "a filtration level is negative")
                    visit(f[-1], f[1] if f[0] == "sum_t" else t)

        for m in poly:
            visit(m, lo)

    def conclude(self, lo: int, bounded: bool, relation: str, poly: Poly) -> Judgment:
        need(lo >= 0, "from is >= 0")
        if relation == "integrable":
            mono = one_monomial(poly, "an integrable judgment")
            need(
                mono != () and reduced(mono) == mono,
                "an integrable judgment is about a random monomial in reduced form",
            )
        else:
            need(relation in RELATIONS, f"unknown relation {relation!r}")
        if not bounded and is_closed(poly):
            lo = 0
        self.well_formed(poly, lo)
        return Judgment(lo, bounded, relation, poly)

    def apply(self, rule: str, premises: list[int], arguments: dict[str, Any], label: str = "") -> int:
        """Derives one step and returns its index. Raises KernelError naming the step, the rule and what fails."""
        known = dict(self.atoms), dict(self.definitions), dict(self.points)
        try:
            need(rule in RULES, f"there is no rule {rule!r}")
            need(len(set(premises)) == len(premises), "a premise is repeated")
            need(all(0 <= k < len(self.steps) for k in premises), "a premise is not an earlier step")
            values = {("lo" if name == "from" else name): value for name, value in arguments.items()}
            judgment = self.conclude(*RULES[rule](self, [self.steps[k].conclusion for k in premises], **values))
        except KernelError as error:
            self.atoms, self.definitions, self.points = known
            raise KernelError(f"step {len(self.steps)} ({label}), rule {rule}: {error}") from None
        self.steps.append(Step(rule, list(premises), arguments, judgment, label))
        return len(self.steps) - 1

    def reaches_goal(self) -> bool:
        """The last step is the statement's goal."""
        last = self.steps[-1].conclusion if self.steps else None
        return last is not None and not last.bounded and (last.relation, last.poly) == self.statement.goal


# ------------------------------------------------------------------------------------------------------- rules
# Each returns (lo, bounded, relation, poly); `Proof.conclude` checks that it is well-formed. J is the list of premises.

Js = list[Judgment]
Conclusion = tuple[int, bool, str, Poly]


def scope(J: Js) -> tuple[int, bool]:
    return max((j.lo for j in J), default=0), any(j.bounded for j in J)


def count(J: Js, n: int) -> None:
    need(len(J) == n, f"takes {n} premises, not {len(J)}")


def fact(j: Judgment, poly: Poly | None = None, relations: tuple[str, ...] = RELATIONS) -> Poly:
    need(j.relation in relations, f"a premise has relation {j.relation}, not {' or '.join(relations)}")
    need(poly is None or j.poly == poly, "a premise is not the required one")
    return j.poly


def hypothesis(P: Proof, J: Js, name: str) -> Conclusion:
    count(J, 0)
    need(name in P.statement.hypotheses, f"{name!r} is not a hypothesis of {P.statement.name}")
    return P.statement.hypotheses[name]


def combination(P: Proof, J: Js, terms: list[dict], equations: list[dict], lo: int) -> Conclusion:
    """Γ ⊢ p_k >= 0, e = 0   ⟹   Σ c Π p_k Π q_j² + Σ r e >= 0, for c >= 0."""
    total: Poly = {}
    used: set[int] = set()
    strict = False
    for term in terms:
        coefficient, factors = fmpq(term["coefficient"]), [J[k] for k in term["premises"]]
        need(coefficient >= 0, "a coefficient is negative")
        product = constant(coefficient)
        for poly in [fact(j) for j in factors] + [power(q, 2) for q in term["squares"]]:
            product = mul(product, poly)
        used.update(term["premises"])
        strict |= coefficient > 0 and not term["squares"] and all(j.relation == ">" for j in factors)
        total = add(total, product)
    for equation in equations:
        total = add(total, mul(equation["multiplier"], fact(J[equation["premise"]], None, ("=",))))
        used.add(equation["premise"])
    need(used == set(range(len(J))), "a premise is not used")
    need(lo >= scope(J)[0], "from is below a premise's")
    return lo, scope(J)[1], "=" if not terms else ">" if strict else ">=", total


def weaken(P: Proof, J: Js, lo: int, relation: str) -> Conclusion:
    count(J, 1)
    need(
        relation == J[0].relation or (relation == ">=" and J[0].relation in RELATIONS), "cannot weaken to this relation"
    )
    need(
        lo >= J[0].lo and (lo == J[0].lo or not is_closed(J[0].poly)),
        "from is at least the premise's, and the same without free t",
    )
    return lo, J[0].bounded, relation, J[0].poly


def instantiate(P: Proof, J: Js, time: Time) -> Conclusion:
    count(J, 1)
    j, (base, shift) = J[0], time
    if base == "t":
        need(not j.bounded or shift <= 0, "a range bounded by T cannot be shifted forward")
        lo, bounded = max(j.lo - shift, 0), j.bounded
    else:
        need(j.lo <= (shift if base == "" else 1 + shift), "the time may be before the premise's from")
        need(not j.bounded or shift <= (1 if base == "" else 0), "the time may be after T")
        lo, bounded = 0, False
    poly = substitute(j.poly, time)
    if j.relation == "integrable":
        poly = {reduced(one_monomial(poly, "an integrable judgment")): fmpq(1)}
    return lo, bounded, j.relation, poly


def induction(P: Proof, J: Js, poly: Poly, ratio: Poly) -> Conclusion:
    """Γ ⊢ q(n) >= 0,  q(t) - ratio q(t-1) >= 0 from n + 1,  ratio >= 0   ⟹   q >= 0 from n."""
    count(J, 3)
    need(not scope(J)[1], "a premise is bounded by T")
    n = J[1].lo - 1
    need(n >= 0 and not is_closed(poly), "the step begins at 1 or later, and q has a free t")
    fact(J[0], substitute(poly, ("", n)))
    fact(J[1], sub(poly, mul(ratio, substitute(poly, ("t", -1)))))
    fact(J[2], ratio)
    need(J[2].lo <= n + 1 and J[0].lo <= n, "the ratio or the base begins too late")
    return n, False, ">=", poly


def root_monotone(P: Proof, J: Js, larger: Poly, smaller: Poly, degree: int) -> Conclusion:
    """Γ ⊢ yⁿ >= xⁿ,  y >= 0   ⟹   y >= x."""
    count(J, 2)
    need(degree >= 1, "degree is >= 1")
    fact(J[0], sub(power(larger, degree), power(smaller, degree)))
    fact(J[1], larger)
    return *scope(J), ">=", sub(larger, smaller)


def clock(P: Proof, J: Js, lo: int) -> Conclusion:
    count(J, 0)
    return lo, False, ">=", sub(atom(IDX, FREE), constant(lo))


def horizon(P: Proof, J: Js, lo: int) -> Conclusion:
    count(J, 0)
    return lo, True, ">=", sub(atom(IDX, HORIZON), atom(IDX, FREE))


def define(P: Proof, J: Js, name: str, poly: Poly, lo: int) -> Conclusion:
    count(J, 0)
    return lo, False, "=", sub(P.introduce(name, Definition("define", poly, lo, 0)), poly)


def inverse(P: Proof, J: Js, name: str, poly: Poly) -> Conclusion:
    count(J, 1)
    fact(J[0], poly, (">",))
    need(not J[0].bounded, "the premise is bounded by T")
    return (J[0].lo, False, "=", sub(mul(P.introduce(name, Definition("inverse", poly, J[0].lo, 0)), poly), ONE))


def root(P: Proof, J: Js, name: str, poly: Poly, degree: int) -> Conclusion:
    count(J, 1)
    fact(J[0], poly)
    need(not J[0].bounded, "the premise is bounded by T")
    return (J[0].lo, False, "=", sub(power(P.introduce(name, Definition("root", poly, J[0].lo, degree)), degree), poly))


def sign(P: Proof, J: Js, name: str) -> Conclusion:
    count(J, 0)
    definition = P.definitions.get(name)
    need(definition is not None and definition.kind in ("inverse", "root"), f"{name} is not an inverse or a root")
    return P.atoms[name].first, False, ">" if P.definitions[name].kind == "inverse" else ">=", P.now(name)


def logarithm(P: Proof, J: Js, name: str, poly: Poly) -> Conclusion:
    count(J, 1)
    fact(J[0], poly, (">",))
    need(not J[0].bounded, "the premise is bounded by T")
    P.introduce(name, Definition("logarithm", poly, J[0].lo, 0))
    return 0, False, "=", {}


def log_tangent(P: Proof, J: Js, x: str, x_time: Time, y: str, y_time: Time, lo: int) -> Conclusion:
    """Γ ⊢ X (ln X - ln Y) >= X - Y: the logarithm lies below its tangent at X."""
    count(J, 0)
    logs = [P.definitions.get(name) for name in (x, y)]
    need(all(d is not None and d.kind == "logarithm" for d in logs), "x and y are not logarithms")
    X, Y = (substitute(d.poly, time) for d, time in zip(logs, (x_time, y_time), strict=True) if d)
    return lo, False, ">=", add(mul(X, sub(P.now(x, x_time), P.now(y, y_time))), neg(X), Y)


def minimum(P: Proof, J: Js, name: str, poly: Poly) -> Conclusion:
    count(J, 0)
    return 1, True, ">=", sub(poly, P.introduce(name, Definition("minimum", poly, 0, 0)))


def point(P: Proof, J: Js, x: str, f: str, gradient: str) -> Conclusion:
    count(J, 0)
    need(
        x in P.atoms and not {f, gradient} & set(P.statement.definitions),
        "x is known; f, gradient are not the statement's",
    )
    for name, coordinate in ((f, False), (gradient, True)):
        P.declare(Atom(name, True, coordinate, P.atoms[x].random, P.atoms[x].first))
    P.add_point(x, f, gradient)
    return 0, False, "=", {}


def lower_bound(P: Proof, J: Js, x: str, x_time: Time, lo: int) -> Conclusion:
    count(J, 0)
    need("lower_bounded" in P.statement.assumptions and x in P.points, "needs lower_bounded and a point")
    return lo, False, ">=", sub(P.now(P.points[x][1], x_time), P.now("f_inf"))


def two_points(P: Proof, J: Js, x: str, x_time: Time, y: str, y_time: Time) -> list[Poly]:
    count(J, 0)
    need("smooth" in P.statement.assumptions and {x, y} <= set(P.points), "needs smooth and two points")
    return [P.now(name, time) for point, time in ((x, x_time), (y, y_time)) for name in P.points[point]]


def lipschitz(P: Proof, J: Js, x: str, x_time: Time, y: str, y_time: Time, lo: int) -> Conclusion:
    a, _, da, b, _, db = two_points(P, J, x, x_time, y, y_time)
    distance, difference = sum_i(power(sub(a, b), 2)), sum_i(power(sub(da, db), 2))
    return lo, False, ">=", sub(mul(power(P.now("L"), 2), distance), difference)


def descent(P: Proof, J: Js, x: str, x_time: Time, y: str, y_time: Time, lo: int) -> Conclusion:
    a, fa, da, b, fb, _ = two_points(P, J, x, x_time, y, y_time)
    linear, square = sum_i(mul(da, sub(b, a))), sum_i(power(sub(b, a), 2))
    return lo, False, ">=", add(fa, linear, mul(constant(fmpq(1, 2)), mul(P.now("L"), square)), neg(fb))


def expect(P: Proof, J: Js, level: Time) -> Conclusion:
    need(len(J) >= 1, "takes a premise")
    cover = Cover(J[1:])
    for m in fact(J[0]):
        cover.admissible(level, m)
    cover.finish()
    return *scope(J), J[0].relation, expectation(level, J[0].poly)


def tower(P: Proof, J: Js, y: Poly, x: Poly, level: Time, outer: Time, lo: int) -> Conclusion:
    """Γ ⊢ E_outer(y x) = E_outer(y E_level(x)), y measurable at level."""
    one_monomial(y, "y")
    need(level != () and everywhere(y, lambda f: measurable(f, level)), "y is not measurable at the level")
    need(outer == () or before(outer, level), "the outer level is not below the level")
    cover = Cover(J)
    cover.admissible(outer, one_monomial(mul(y, x), "y x"))
    cover.admissible(level, one_monomial(x, "x"))
    cover.finish()
    need(lo >= scope(J)[0], "from is below a premise's")
    product, conditioned = mul(y, x), mul(y, expectation(level, x))
    need(opens(outer, product) or not opens(outer, conditioned), "conditioning would open a sum that may cancel")
    return lo, scope(J)[1], "=", sub(expectation(outer, product), expectation(outer, conditioned))


def integrable_conditional(P: Proof, J: Js, y: Poly, x: Poly, level: Time) -> Conclusion:
    one_monomial(y, "y")
    need(level != () and everywhere(y, lambda f: measurable(f, level)), "y is not measurable at the level")
    cover = Cover(J)
    cover.covered(one_monomial(mul(y, x), "y x"))
    cover.admissible(level, one_monomial(x, "x"))
    cover.finish()
    conditioned = mul(y, expectation(level, x))
    need(opens((), mul(y, x)) or not opens((), conditioned), "conditioning would open a sum that may cancel")
    return *scope(J), "integrable", {reduced(one_monomial(conditioned, "y E(x)")): fmpq(1)}


def opens(level: Time, poly: Poly) -> bool:
    """E_level moves into a Σ_i of this monomial."""
    rest = split(one_monomial(poly, "a product"), lambda f: measurable(f, level))[1]
    return rest != () and inside(level, rest)[0] == "push"


def bounds(upper: Judgment, lower: Judgment, monomial: Poly, cover: Cover) -> None:
    m = one_monomial(monomial, "the dominated term")
    need(m != () and reduced(m) == m, "the dominated term is not in reduced form")
    for m in [*add(fact(upper), monomial), *sub(fact(lower), monomial)]:
        cover.covered(m)
    cover.finish()


def dominated(P: Proof, J: Js, monomial: Poly) -> Conclusion:
    """Γ ⊢ U - m >= 0,  U' + m >= 0,  the monomials of U, U' integrable   ⟹   m integrable."""
    need(len(J) >= 2, "takes an upper and a lower bound")
    bounds(J[0], J[1], monomial, Cover(J[2:]))
    return *scope(J), "integrable", monomial


def dominated_induction(P: Proof, J: Js, monomial: Poly) -> Conclusion:
    """Γ ⊢ m(n) integrable, and for t > n both bounds on m by integrable terms and m(t-1)   ⟹   m integrable from n."""
    based = bool(J) and J[0].relation == "integrable"
    base, rest = J[: int(based)], J[int(based) :]
    need(len(rest) >= 2 and not is_closed(monomial), "takes an upper and a lower bound on a term with free t")
    need(not scope(J)[1], "a premise is bounded by T")
    n = rest[0].lo - 1
    need(
        n >= 0 and rest[1].lo == n + 1 and all(j.lo <= n + 1 for j in rest),
        "the bounds begin together, the rest no later",
    )
    start = reduced(one_monomial(substitute(monomial, ("", n)), "the base"))
    need(
        start == () if not based else base[0].lo <= n and base[0].poly == {start: 1},
        "the base is not m at its first time",
    )
    previous = reduced(one_monomial(substitute(monomial, ("t", -1)), "the previous term"))
    bounds(rest[0], rest[1], monomial, Cover(rest[2:], [previous]))
    return n, False, "integrable", monomial


def holder(
    P: Proof, J: Js, q: Poly, z: Poly, u: Poly, a: int, b: int, over: str, level: Time, range: int
) -> Conclusion:
    """Γ ⊢ qᵃ zᵇ >= u^(a+b),  q, z >= 0   ⟹   Φ(q)ᵃ Φ(z)ᵇ >= Φ(u)^(a+b)."""
    need(len(J) >= 3 and a >= 1 and b >= 1, "takes three premises and a, b >= 1")
    fact(J[0], sub(mul(power(q, a), power(z, b)), power(u, a + b)))
    fact(J[1], q)
    fact(J[2], z)
    need(over == "E" or level == (), "only E has a level")
    need(over == "sum_t" or range == 0, "only sum_t has a range")
    cover = Cover(J[3:])
    lo, bounded = scope(J)
    if over == "E":
        for m in [*q, *z, *u]:
            cover.admissible(level, m)
        phi = [expectation(level, p) for p in (q, z, u)]
    elif over == "sum_i":
        phi = [sum_i(p) for p in (q, z, u)]
    else:
        need(over == "sum_t" and range >= lo, "over is E, sum_i or sum_t; a sum begins no earlier than its premises")
        phi, bounded = [sum_t(range, p) for p in (q, z, u)], False
    cover.finish()
    return lo, bounded, ">=", sub(mul(power(phi[0], a), power(phi[1], b)), power(phi[2], a + b))


def sum_coordinates(P: Proof, J: Js) -> Conclusion:
    count(J, 1)
    return *scope(J), J[0].relation, sum_i(fact(J[0]))


def single_coordinate(P: Proof, J: Js) -> Conclusion:
    count(J, 1)
    return *scope(J), ">=", sub(sum_i(fact(J[0])), J[0].poly)


def sum_steps(P: Proof, J: Js, lo: int) -> Conclusion:
    count(J, 1)
    need(lo >= J[0].lo, "the sum begins before its premise")
    return 0, False, "=" if J[0].relation == "=" else ">=", sum_t(lo, fact(J[0]))


def telescope(P: Proof, J: Js, poly: Poly, lo: int) -> Conclusion:
    count(J, 0)
    need(lo in (1, 2) and not is_closed(poly), "a telescope begins at 1 or 2 and has a free t")
    P.well_formed(poly, lo - 1)
    sums = sub(sum_t(lo, poly), sum_t(lo, substitute(poly, ("t", -1))))
    return 0, False, "=", add(sums, neg(substitute(poly, HORIZON)), substitute(poly, ("", lo - 1)))


def first_term(P: Proof, J: Js, poly: Poly, lo: int) -> Conclusion:
    count(J, 0)
    need(lo in (0, 1) and not is_closed(poly), "a first term is split off at 0 or 1, from a body with free t")
    P.well_formed(poly, lo)
    return 0, False, "=", add(sum_t(lo, poly), neg(sum_t(lo + 1, poly)), neg(substitute(poly, ("", lo))))


LOGIC = (hypothesis, combination, weaken, instantiate, induction, root_monotone, clock, horizon)
DEFINITIONS = (define, inverse, root, sign, logarithm, log_tangent, minimum, point)
OBJECTIVE = (lower_bound, lipschitz, descent)
EXPECTATION = (tower, integrable_conditional, dominated, dominated_induction, holder)
SUMS = (sum_coordinates, single_coordinate, sum_steps, telescope, first_term)
RULES: dict[str, Callable[..., Conclusion]] = {
    **{rule.__name__: rule for rule in (*LOGIC, *DEFINITIONS, *OBJECTIVE, *EXPECTATION, *SUMS)},
    "expectation": expect,
}
