"""Random instances of every rule in a random world; the premises are true there by construction."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from logarithms import LogNumber
from worlds import World, r, x, y

from proofs import terms
from proofs.builder import polynomial
from proofs.kernel import Judgment
from proofs.terms import FREE, HORIZON, ONE, UNCONDITIONAL, Atom, Poly
from theory.expressions import t

Instance = Callable[[World], object]
INSTANCES: dict[str, Instance] = {}
OBJECTIVE = {"lower_bound": ("lower_bounded",), "lipschitz": ("smooth",), "descent": ("smooth",), "point": ("smooth",)}


def instance(rule: str) -> Callable[[Instance], Instance]:
    def enter(function: Instance) -> Instance:
        INSTANCES[rule] = function
        return function

    return enter


@instance("hypothesis")
def hypothesis(v: World) -> None:
    v.fact(v.timed(True), v.random.choice(("=", ">=", ">")), 1)


@instance("combination")
def combination(v: World) -> None:
    facts = [v.fact(v.sum_of_terms(True), v.random.choice((">=", ">")), 1) for _ in range(2)]
    equation = v.fact(v.sum_of_terms(True), "=", 1)
    squares = [v.sum_of_terms(False)] if v.random.random() < 0.6 else []
    products = [
        {"coefficient": "1/2", "premises": [0, 1], "squares": squares},
        {"coefficient": str(v.random.randint(0, 3)), "premises": [0, 2], "squares": []},
        {"coefficient": "3", "premises": [], "squares": squares},
    ]
    equations = [{"premise": 2, "multiplier": v.sum_of_terms(True)}]
    v.step("combination", [*facts, equation], terms=products, equations=equations, lo=v.random.randint(1, 2))


@instance("weaken")
def weaken(v: World) -> None:
    relation = v.random.choice(("=", ">=", ">"))
    v.step("weaken", [v.fact(v.timed(False), relation)], lo=v.random.randint(0, 2), relation=">=")


@instance("instantiate")
def instantiate(v: World) -> None:
    lo = v.random.randint(1, 2)
    if v.random.random() < 0.3:
        bounded = v.step("horizon", [], lo=0)
        v.step("instantiate", [bounded], time=v.random.choice([("t", -1), ("", 0), ("", 1), ("T", 0), ("T", -1)]))
    else:
        fact = v.fact(v.timed(True), v.random.choice(("=", ">=", ">")), lo)
        times = [("t", 1), ("t", -1), ("", lo), ("", lo + 1), ("T", lo - 1), ("T", lo)]
        v.step("instantiate", [fact], time=v.random.choice(times))


@instance("induction")
def induction(v: World) -> None:
    n = v.random.randint(0, 1)
    ratio_at = v.fact(v.sum_of_terms(False), ">=", n + 1)
    ratio = v.poly(ratio_at)
    p = v.timed(False, **({} if v.random.random() < 0.5 else {"deterministic": True}))
    h = v.fresh(terms.mul(p, ratio), timed=True)
    v.model.draw(h, v.random, v.slack)
    q = terms.add(v.now(h), p)
    for time in range(n, v.model.tree.depth + 1):  # q(t) = ratio·q(t−1) + slack
        before = v.model.evaluate(ratio, time) * v.model.evaluate(q, time - 1) if time > n else 0
        v.model.values[h.name, time] = v.model.values[h.name, time] + before - v.model.evaluate(p, time)
    base = v.assume(Judgment(0, False, ">=", terms.substitute(q, ("", n))))
    step = terms.sub(q, terms.mul(ratio, terms.substitute(q, ("t", -1))))
    v.step("induction", [base, v.assume(Judgment(n + 1, False, ">=", step)), ratio_at], poly=q, ratio=ratio)


def between(v: World, name: str, like: Poly, low: Poly, high: Poly, lo: int) -> Atom:
    """A fresh atom between two polynomials, like a third one in kind."""
    u = v.fresh(like, name, timed=True)
    v.model.draw(u, v.random, lambda: Fraction(v.random.randint(0, 4), 4))
    for time in range(lo, v.model.tree.depth + 1):
        least, most = v.model.evaluate(low, time), v.model.evaluate(high, time)
        v.model.values[u.name, time] = least + (most - least) * v.model.values[u.name, time]
    return u


@instance("root_monotone")
def root_monotone(v: World) -> None:
    degree = v.random.randint(1, 3)
    nonnegative = v.fact(v.sum_of_terms(True), ">=", 1)
    larger = v.poly(nonnegative)
    smaller = v.now(between(v, "u", larger, terms.neg(larger), larger, 1))
    powers = v.assume(Judgment(1, False, ">=", terms.sub(terms.power(larger, degree), terms.power(smaller, degree))))
    v.step("root_monotone", [powers, nonnegative], larger=larger, smaller=smaller, degree=degree)


@instance("clock")
def clock(v: World) -> None:
    v.step("clock", [], lo=v.random.randint(0, 3))


@instance("horizon")
def horizon(v: World) -> None:
    v.step("horizon", [], lo=v.random.randint(0, 3))


@instance("define")
def define(v: World) -> None:
    past = v.random.random() < 0.5
    p = v.timed(past)
    v.step("define", [], name="z", poly=p, lo=int(past))
    v.model.assign("z", lambda time: v.model.evaluate(p, time))


def inverse_of_fact(v: World) -> None:
    fact = v.fact(v.timed(True), ">", 1)
    p = v.poly(fact)
    v.step("inverse", [fact], name="z", poly=p)
    v.model.assign("z", lambda time: 1 / v.model.evaluate(p, time) if time else v.model.full(0))


def root_of_power(v: World) -> None:
    degree = v.random.randint(2, 3)
    u = v.fresh(v.timed(False))
    v.model.draw(u, v.random, lambda: v.slack() ** degree)
    fact = v.assume(Judgment(0, False, ">=", v.now(u)))
    v.step("root", [fact], name="z", poly=v.now(u), degree=degree)
    v.model.assign("z", lambda time: exact_roots(v.model.atom(u.name, time), degree))


def exact_roots(values: np.ndarray, degree: int) -> np.ndarray:
    """Roots of rationals that are powers. Raises ValueError for another number."""

    def root(q: Fraction) -> Fraction:
        for p in (Fraction(i, j) for i in range(13) for j in (1, 2)):
            if p**degree == q:
                return p
        raise ValueError(f"{q} is not a power")

    return np.vectorize(root, otypes=[object])(values)


@instance("inverse")
def inverse(v: World) -> None:
    inverse_of_fact(v)


@instance("root")
def root(v: World) -> None:
    root_of_power(v)


@instance("sign")
def sign(v: World) -> None:
    v.random.choice((inverse_of_fact, root_of_power))(v)
    v.step("sign", [], name="z")


def logarithms(values: np.ndarray) -> np.ndarray:
    return np.vectorize(LogNumber.log, otypes=[object])(values)


def logarithm_of_fact(v: World, name: str) -> None:
    fact = v.fact(v.sum_of_terms(True), ">", 1)
    p = v.poly(fact)
    v.step("logarithm", [fact], name=name, poly=p)
    if terms.is_closed(p):
        v.model.values[name, None] = logarithms(v.model.evaluate(p))
    else:
        v.model.assign(name, lambda time: logarithms(v.model.evaluate(p, time)) if time else v.model.full(0))


@instance("logarithm")
def logarithm(v: World) -> None:
    logarithm_of_fact(v, "z")
    v.step("log_tangent", [], x="z", x_time=("t", -1), y="z", y_time=FREE, lo=2)


@instance("log_tangent")
def log_tangent(v: World) -> None:
    logarithm_of_fact(v, "z")
    logarithm_of_fact(v, "z2")
    times = [v.random.choice((FREE, ("t", -1), HORIZON, ("", 1))) for _ in range(2)]
    v.step("log_tangent", [], x="z", x_time=times[0], y="z2", y_time=times[1], lo=2)


@instance("minimum")
def minimum(v: World) -> None:
    p = v.timed(True, deterministic=True, scalar=True)
    v.step("minimum", [], name="z", poly=p)
    values = [v.model.evaluate(p, time) for time in range(1, v.model.horizon + 1)]
    v.model.values["z", None] = np.minimum.reduce(values)


@instance("point")
def point(v: World) -> None:
    v.step("point", [], x="y", f="f_y", gradient="grad_y")
    v.give_point("y", "f_y", "grad_y")
    v.step(v.random.choice(("descent", "lipschitz")), [], x="x", x_time=("t", -1), y="y", y_time=FREE, lo=1)


@instance("lower_bound")
def lower_bound(v: World) -> None:
    v.step("lower_bound", [], x="x", x_time=v.random.choice((FREE, HORIZON, ("", 2))), lo=v.random.randint(0, 1))


@instance("lipschitz")
def lipschitz(v: World) -> None:
    v.step("lipschitz", [], x="x", x_time=("t", -1), y="x", y_time=v.random.choice((FREE, HORIZON)), lo=1)


@instance("descent")
def descent(v: World) -> None:
    v.step("descent", [], x="x", x_time=v.random.choice((("t", -1), ("", 0))), y="x", y_time=FREE, lo=1)


@instance("expectation")
def expectation(v: World) -> None:
    fact = v.fact(v.sum_of_terms(True), v.random.choice(("=", ">=", ">")), 1)
    level = v.random.choice((UNCONDITIONAL, ("t", -1), ("t", 0)))
    v.step("expectation", [fact, *v.integrable(v.poly(fact), level, 1)], level=level)


@instance("tower")
def tower(v: World) -> None:
    past = [x(t - 1), y(t - 1) ** 2, r(t - 1), r(0)]
    left = polynomial(v.random.choice(past) * v.random.choice(past))
    right = v.term(True)
    level, outer = ("t", -1), v.random.choice((UNCONDITIONAL, ("t", -1), ("t", -2)))
    lo = 2 if outer == ("t", -2) else 1
    right = dict.fromkeys(right, ONE[()])
    cover = v.integrable(terms.mul(left, right), outer, lo)
    known = {next(iter(v.poly(j))) for j in cover}
    cover += [j for j in v.integrable(right, level, lo) if next(iter(v.poly(j))) not in known]
    v.step("tower", cover, y=left, x=right, level=level, outer=outer, lo=lo)


@instance("holder")
def holder(v: World) -> None:
    over = v.random.choice(("E", "sum_i", "sum_t"))
    kind = {"deterministic": True, "scalar": True} if over == "sum_t" else {}
    weights = v.random.choice(((1, 1), (2, 1), (1, 2)))
    facts = [v.fact(v.sum_of_terms(True, **kind), ">=", 1) for _ in range(2)]
    q, z = (v.poly(j) for j in facts)
    u = v.now(least_of(v, q, z))
    powers = terms.mul(terms.power(q, weights[0]), terms.power(z, weights[1]))
    pointwise = v.assume(Judgment(1, False, ">=", terms.sub(powers, terms.power(u, sum(weights)))))
    level = v.random.choice((UNCONDITIONAL, ("t", -1))) if over == "E" else UNCONDITIONAL
    cover = v.integrable({**q, **z, **u}, level, 1) if over == "E" else []
    shape = {"over": over, "level": level, "range": v.random.randint(1, 2) if over == "sum_t" else 0}
    v.step("holder", [pointwise, *facts, *cover], q=q, z=z, u=u, a=weights[0], b=weights[1], **shape)


def least_of(v: World, q: Poly, z: Poly) -> Atom:
    """A fresh u with |u| <= min(q, z), hence u^(a+b) <= q^a z^b."""
    u = v.fresh(terms.mul(q, z), "u", timed=True)
    v.model.draw(u, v.random, lambda: Fraction(v.random.randint(-3, 4), 4))
    for time in range(1, v.model.tree.depth + 1):
        least = np.minimum(v.model.evaluate(q, time), v.model.evaluate(z, time))
        v.model.values[u.name, time] = least * v.model.values[u.name, time]
    return u


@instance("sum_coordinates")
def sum_coordinates(v: World) -> None:
    v.step("sum_coordinates", [v.fact(v.sum_of_terms(True), v.random.choice(("=", ">=", ">")), 1)])


@instance("single_coordinate")
def single_coordinate(v: World) -> None:
    v.step("single_coordinate", [v.fact(v.sum_of_terms(True), v.random.choice(("=", ">=", ">")), 1)])


@instance("sum_steps")
def sum_steps(v: World) -> None:
    if v.random.random() < 0.2:
        v.step("sum_steps", [v.step("horizon", [], lo=0)], lo=v.random.randint(0, 2))
    else:
        relation = v.random.choice(("=", ">=", ">"))
        fact = v.fact(v.sum_of_terms(True, deterministic=True, scalar=True), relation, 1)
        v.step("sum_steps", [fact], lo=v.random.randint(1, 2))


@instance("telescope")
def telescope(v: World) -> None:
    past = v.random.random() < 0.5
    v.step("telescope", [], poly=v.timed(past, deterministic=True, scalar=True), lo=2 if past else 1)


@instance("first_term")
def first_term(v: World) -> None:
    past = v.random.random() < 0.5
    v.step("first_term", [], poly=v.timed(past, deterministic=True, scalar=True), lo=1 if past else 0)
