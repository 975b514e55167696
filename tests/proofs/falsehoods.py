"""For every rule, what a dropped side condition would prove: a claim that is false where the premises hold.

Each function returns premises, arguments and the claim that the rule would give without the condition. The three
rules about integrability alone are in `test_integrability_semantics`: on a finite tree everything is integrable.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from logarithms import LogNumber
from worlds import L, World, a, b, c, d, f, f_inf, poly_of, r, x, y

from proofs import terms
from proofs.kernel import Judgment
from proofs.terms import FREE, Poly
from theory.expressions import E, Expression, Symbol, T, idx, lift, sum_i, sum_t, t

Misuse = tuple[list[int], dict[str, Any], Judgment]


class Falsehood(NamedTuple):
    rule: str
    kernel: str  # part of the kernel's message
    verifier: str  # part of the verifier's
    misuse: Callable[[World], Misuse]
    assumptions: tuple[str, ...] = ()


FALSEHOODS: dict[str, Falsehood] = {}


def falsehood(rule: str, kernel: str, verifier: str, *assumptions: str) -> Callable[..., Callable[[World], Misuse]]:
    def enter(function: Callable[[World], Misuse]) -> Callable[[World], Misuse]:
        FALSEHOODS[function.__name__] = Falsehood(rule, kernel, verifier, function, assumptions)
        return function

    return enter


def claim(p: Expression | Poly | int, relation: str = ">=", lo: int = 0, bounded: bool = False) -> Judgment:
    return Judgment(lo, bounded, relation, poly_of(p))


def product(premises: list[int], coefficient: str = "1") -> dict[str, Any]:
    return {"coefficient": coefficient, "premises": premises, "squares": []}


@falsehood("hypothesis", "is not a hypothesis", "is not a hypothesis")
def an_unlisted_hypothesis(v: World) -> Misuse:
    return [], {"name": "a_nonnegative"}, claim(a)


@falsehood("combination", "a coefficient is negative", "coefficient -1 is negative")
def a_negative_coefficient(v: World) -> Misuse:
    j = v.fact(x(t))
    return [j], {"terms": [product([0], "-1")], "equations": [], "from": 0}, claim(terms.neg(v.poly(j)))


@falsehood("combination", "relation >=, not =", "must have relation =, not >=")
def a_free_multiplier_on_an_inequality(v: World) -> Misuse:
    j = v.fact(x(t))
    equation = {"premise": 0, "multiplier": poly_of(y(t))}
    arguments = {"terms": [], "equations": [equation], "from": 0}
    return [j], arguments, claim(terms.mul(v.poly(j), poly_of(y(t))), "=")


@falsehood("combination", "from is below a premise's", "before a premise's from 2")
def a_combination_that_begins_early(v: World) -> Misuse:
    j = v.fact(x(t), lo=2)
    return [j], {"terms": [product([0])], "equations": [], "from": 0}, claim(v.poly(j))


@falsehood("weaken", "from is at least the premise's", "before the premise's from 2")
def earlier_instead_of_later(v: World) -> Misuse:
    j = v.fact(x(t), lo=2)
    return [j], {"from": 1, "relation": ">="}, claim(v.poly(j), lo=1)


@falsehood("weaken", "cannot weaken to this relation", "does not weaken to >")
def strict_instead_of_weak(v: World) -> Misuse:
    j = v.fact(x(t))
    return [j], {"from": 0, "relation": ">"}, claim(v.poly(j), ">")


@falsehood("instantiate", "the time may be before the premise's from", "the premise holds from 2")
def minus_one_is_nonnegative(v: World) -> Misuse:
    return [v.step("clock", [], lo=2)], {"time": ("", 1)}, claim(-1)


@falsehood("instantiate", "cannot be shifted forward", "only to earlier times")
def the_horizon_exceeds_itself(v: World) -> Misuse:
    j = v.step("horizon", [], lo=0)
    return [j], {"time": ("t", 1)}, claim(idx(T) - idx(t) - 1, bounded=True)


@falsehood("instantiate", "the time may be after T", "may exceed T")
def the_horizon_is_at_least_two(v: World) -> Misuse:
    return [v.step("horizon", [], lo=0)], {"time": ("", 2)}, claim(idx(T) - 2)


@falsehood("induction", "a premise is not the required one", "the base must be about")
def an_induction_without_its_base(v: World) -> Misuse:
    """x(t) = x(t−1) for all t >= 1 does not make x nonnegative."""
    v.model.assign("x", lambda time: v.model.atom("x", 0))
    base, step = v.fact(lift(0)), v.assume(claim(x(t) - x(t - 1), lo=1))
    one = v.step("combination", [], terms=[product([])], equations=[], lo=0)
    return [base, step, one], {"poly": poly_of(x(t)), "ratio": poly_of(1)}, claim(x(t))


@falsehood("induction", "a premise is not the required one", "the ratio's fact must be about")
def an_induction_with_a_negative_ratio(v: World) -> Misuse:
    """x(t) = −x(t−1) alternates."""
    v.model.assign("x", lambda time: v.model.atom("y", 0) ** 2 * (-1) ** time)
    base, step = v.assume(claim(x(0))), v.assume(claim(x(t) + x(t - 1), lo=1))
    one = v.step("combination", [], terms=[product([])], equations=[], lo=0)
    return [base, step, one], {"poly": poly_of(x(t)), "ratio": poly_of(-1)}, claim(x(t))


@falsehood("root_monotone", "a premise is not the required one", "larger is ≥ 0 must be about")
def a_square_is_larger_and_its_root_is_not(v: World) -> Misuse:
    v.model.assign("x", lambda time: -1 - v.model.atom("y", time) ** 2)
    powers, square = v.assume(claim(x(t) ** 2 - lift(1) ** 2)), v.assume(claim(x(t) ** 2))
    return [powers, square], {"larger": poly_of(x(t)), "smaller": poly_of(1), "degree": 2}, claim(x(t) - 1)


@falsehood("clock", "the kernel concludes", "from is 0; the rule gives 2")
def a_clock_that_starts_late(v: World) -> Misuse:
    return [], {"from": 2}, claim(idx(t) - 2)


@falsehood("horizon", "the kernel concludes", "bounded is False")
def every_time_is_before_the_horizon(v: World) -> Misuse:
    return [], {"from": 0}, claim(idx(T) - idx(t))


@falsehood("define", "z is already in use", "needs a fresh name")
def one_is_zero(v: World) -> Misuse:
    v.step("define", [], name="z", poly=poly_of(1), lo=0)
    v.model.values["z", None] = v.model.full(1)
    return [], {"name": "z", "poly": poly_of(0), "from": 0}, claim({**v.proof.now("z")}, "=")


@falsehood("define", "is already in use", "needs a fresh name")
def a_declared_atom_defined(v: World) -> Misuse:
    return [], {"name": "a", "poly": poly_of(b + 1), "from": 0}, claim(a - b - 1, "=")


@falsehood("define", "is not known at its time", "is not measurable at t")
def a_definition_that_looks_ahead(v: World) -> Misuse:
    """z(t) = x(t+1) would make x(t+1) known at t."""
    later = {"name": "z", "poly": poly_of(x(t + 1)), "from": 0}
    return [], later, claim(E(x(t + 1), given=t) - x(t + 1), "=")


@falsehood("inverse", "relation >=, not >", "must have relation >, not >=")
def the_inverse_of_zero(v: World) -> Misuse:
    zero = v.step("combination", [], terms=[product([], "0")], equations=[], lo=0)
    return [zero], {"name": "z", "poly": poly_of(0)}, claim(-1, "=")


@falsehood("inverse", "the premise is bounded by T", "may not be bounded by T")
def the_inverse_of_the_time_left(v: World) -> Misuse:
    """z(t)·(T − t + 1) = 1 cannot hold at t = T + 1, whatever z is."""
    j = v.step("horizon", [], lo=0)
    left = v.step("combination", [j], terms=[product([0]), product([])], equations=[], lo=0)
    v.model.assign("z", lambda time: v.model.full(Fraction(1, v.model.horizon + 1 - time or 1)))
    z = terms.single(("atom", "z", FREE, False, False))
    return [left], {"name": "z", "poly": v.poly(left)}, claim(terms.sub(terms.mul(z, v.poly(left)), poly_of(1)), "=")


@falsehood("root", "a premise is not the required one", "must be about")
def the_root_of_minus_one(v: World) -> Misuse:
    """z² + 1 = 0 cannot hold, whatever z is."""
    one = v.step("combination", [], terms=[product([])], equations=[], lo=0)
    v.model.values["z", None] = v.model.values["a", None]
    z = terms.single(("atom", "z", (), False, False))
    return [one], {"name": "z", "poly": poly_of(-1), "degree": 2}, claim(terms.add(terms.mul(z, z), poly_of(1)), "=")


@falsehood("sign", "is not an inverse or a root", "neither an inverse nor a root")
def every_definition_is_positive(v: World) -> Misuse:
    v.step("define", [], name="z", poly=poly_of(a), lo=0)
    v.model.values["z", None] = v.model.values["a", None]
    return [], {"name": "z"}, claim(v.proof.now("z"), ">")


@falsehood("logarithm", "relation >=, not >", "must have relation >, not >=")
def the_logarithm_of_zero(v: World) -> Misuse:
    """Whatever z is, a(ln a − z) − a + 0 < 0 for a small positive a: the tangent at a would not hold at 0."""
    v.model.values["a", None] = v.model.full(Fraction(1, 100))
    v.model.assign("c", lambda time: v.model.full(0))
    positive, zero = v.assume(claim(a, ">")), v.assume(claim(c(t)))
    v.step("logarithm", [positive], name="log_a", poly=poly_of(a))
    v.model.values["log_a", None] = v.model.full(0) + LogNumber.log(Fraction(1, 100))
    v.model.assign("z", lambda time: v.model.full(0))
    z = terms.single(("atom", "z", FREE, False, False))
    tangent = terms.mul(poly_of(a), terms.sub(v.proof.now("log_a"), z))
    return [zero], {"name": "z", "poly": poly_of(c(t))}, claim(terms.add(tangent, poly_of(c(t) - a)))


@falsehood("log_tangent", "the kernel concludes", "the conclusion's poly is")
def a_logarithm_above_its_tangent(v: World) -> Misuse:
    """ln lies below its tangents, not above."""
    for name, number in (("a", Fraction(2)), ("b", Fraction(3))):
        v.model.values[name, None] = v.model.full(number)
        v.step("logarithm", [v.assume(claim(Symbol(name), ">"))], name=f"log_{name}", poly=poly_of(Symbol(name)))
        v.model.values[f"log_{name}", None] = v.model.full(0) + LogNumber.log(number)
    gap = terms.sub(v.proof.now("log_b"), v.proof.now("log_a"))
    arguments = {"x": "log_a", "x_time": FREE, "y": "log_b", "y_time": FREE, "from": 0}
    return [], arguments, claim(terms.add(terms.mul(poly_of(a), gap), poly_of(a - b)))


@falsehood("minimum", "a minimum is over a deterministic scalar", "a minimum needs")
def a_minimum_of_random_numbers(v: World) -> Misuse:
    """An untimed atom is deterministic; at T = 1 it would be r(1)."""
    return [], {"name": "z", "poly": poly_of(r(t))}, claim(r(1) - E(r(1)), "=")


@falsehood("minimum", "the kernel concludes", "bounded is False")
def a_minimum_beyond_the_horizon(v: World) -> Misuse:
    """Past T, c may be less than its least value over t = 1..T."""
    times = range(1, v.model.horizon + 1)
    v.model.values["z", None] = min((v.model.atom("c", s) for s in times), key=lambda x: x[0, 0])
    z = ("atom", "z", (), False, False)
    return [], {"name": "z", "poly": poly_of(c(t))}, claim(terms.sub(poly_of(c(t)), terms.single(z)), lo=1)


@falsehood("point", "is already in use", "needs a fresh name", "smooth")
def any_vector_is_a_gradient(v: World) -> Misuse:
    """With x for the gradient at y, smoothness would bound x."""
    move, change = y(t) - y(t - 1), x(t) - x(t - 1)
    bound = poly_of(L**2 * sum_i(move**2) - sum_i(change**2))
    return [], {"x": "y", "f": "f_y", "gradient": "x"}, claim(bound, lo=1)


@falsehood("lower_bound", "needs lower_bounded", "does not assume lower_bounded", "smooth")
def bounded_below_without_assumption(v: World) -> Misuse:
    v.model.values["f_inf", None] = v.model.values["f_inf", None] + 5
    return [], {"x": "x", "x_time": FREE, "from": 0}, claim(f(t) - f_inf)


@falsehood("lipschitz", "needs smooth", "does not assume smooth", "lower_bounded")
def lipschitz_without_assumption(v: World) -> Misuse:
    v.model.values["L", None] = v.model.full(Fraction(1, 9))
    other = World(0, ("smooth",))
    j = other.step("lipschitz", [], x="x", x_time=("t", -1), y="x", y_time=FREE, lo=1)
    return [], {"x": "x", "x_time": ("t", -1), "y": "x", "y_time": FREE, "from": 1}, claim(other.poly(j), lo=1)


@falsehood("descent", "needs smooth", "does not assume smooth", "lower_bounded")
def descent_without_assumption(v: World) -> Misuse:
    v.model.values["L", None] = v.model.full(Fraction(1, 9))
    other = World(0, ("smooth",))
    j = other.step("descent", [], x="x", x_time=("t", -1), y="x", y_time=FREE, lo=1)
    return [], {"x": "x", "x_time": ("t", -1), "y": "x", "y_time": FREE, "from": 1}, claim(other.poly(j), lo=1)


@falsehood("expectation", "the kernel concludes", "the conclusion's poly is")
def pulled_out_before_it_is_known(v: World) -> Misuse:
    """x(t) is not F_{t−1}-measurable: E[x² given F_{t−1}] is not x·E[x given F_{t−1}]."""
    v.model.assign("y", lambda time: v.model.atom("x", time) ** 2)
    j = v.assume(claim(y(t) - x(t) ** 2, "="))
    cover = v.integrable(v.poly(j), ("t", -1), 1)
    wrong = E(y(t), given=t - 1) - x(t) * E(x(t), given=t - 1)
    return [j, *cover], {"level": ("t", -1)}, claim(wrong, "=", lo=1)


@falsehood("tower", "y is not measurable at the level", "is not measurable at t-1")
def a_weight_that_is_not_known(v: World) -> Misuse:
    """Adam: the weight at t depends on the gradient at t."""
    weight, gradient = poly_of(y(t)), poly_of(x(t))
    cover = v.integrable(terms.mul(weight, gradient), (), 1) + v.integrable(gradient, ("t", -1), 1)
    arguments = {"y": weight, "x": gradient, "level": ("t", -1), "outer": (), "from": 1}
    return cover, arguments, claim(E(y(t) * x(t)) - E(y(t) * E(x(t), given=t - 1)), "=", lo=1)


@falsehood("tower", "the outer level is not below the level", "must be at or before level")
def an_outer_level_above_the_inner(v: World) -> Misuse:
    cover = v.integrable(poly_of(x(t + 1)), ("t", -1), 1)
    arguments = {"y": poly_of(1), "x": poly_of(x(t + 1)), "level": ("t", -1), "outer": ("t", 0), "from": 1}
    return cover, arguments, claim(E(x(t + 1), given=t) - E(x(t + 1), given=t - 1), "=", lo=1)


HOLDER = {"a": 1, "b": 1, "over": "sum_i", "level": (), "range": 0}


@falsehood("holder", "a premise is not the required one", "the first premise must be about")
def holder_without_its_pointwise_premise(v: World) -> Misuse:
    facts = [v.step("combination", [], terms=[product([], "0")], equations=[], lo=0)]
    squares = [v.assume(claim(z(t) ** 2)) for z in (x, y)]
    arguments = {"q": poly_of(x(t) ** 2), "z": poly_of(y(t) ** 2), "u": poly_of(2 * x(t) * y(t)), **HOLDER}
    wrong = sum_i(x(t) ** 2) * sum_i(y(t) ** 2) - 4 * sum_i(x(t) * y(t)) ** 2
    return facts + squares, arguments, claim(wrong)


@falsehood("holder", "a premise is not the required one", "the first premise must be about")
def exponents_that_do_not_add_up(v: World) -> Misuse:
    """x³·y³ >= (x·y)³ is not (x³)²·y³ >= (x·y)³."""
    v.model.assign("x", lambda time: v.model.atom("x", time) ** 2)
    v.model.assign("y", lambda time: v.model.atom("y", time) ** 2)
    zero = v.step("combination", [], terms=[product([], "0")], equations=[], lo=0)
    facts = [v.assume(claim(z(t) ** 3)) for z in (x, y)]
    arguments = {"q": poly_of(x(t) ** 3), "z": poly_of(y(t) ** 3), "u": poly_of(x(t) * y(t)), **HOLDER, "a": 2}
    wrong = sum_i(x(t) ** 3) ** 2 * sum_i(y(t) ** 3) - sum_i(x(t) * y(t)) ** 3
    return [zero, *facts], arguments, claim(wrong)


@falsehood("sum_coordinates", "the kernel concludes", "the conclusion's poly is")
def a_number_summed_once(v: World) -> Misuse:
    """Σ_i a² is D·a²."""
    j = v.assume(claim(x(t) ** 2 - 2 * a * x(t) + a**2))
    return [j], {}, claim(sum_i(x(t) ** 2) - 2 * a * sum_i(x(t)) + a**2)


@falsehood("single_coordinate", "the kernel concludes", "the conclusion's relation is")
def a_sum_is_each_summand(v: World) -> Misuse:
    j = v.fact(d(t))
    return [j], {}, claim(terms.sub(terms.sum_i(v.poly(j)), v.poly(j)), "=")


@falsehood("sum_steps", "the sum begins before its premise", "the premise holds from 2")
def the_sum_of_t_minus_two_at_one(v: World) -> Misuse:
    return [v.step("clock", [], lo=2)], {"from": 1}, claim(sum_t(1, idx(t) - 2))


@falsehood("sum_steps", "the kernel concludes", "the conclusion's relation is")
def an_empty_sum_is_positive(v: World) -> Misuse:
    """At T = 1 the sum over 2..T is empty."""
    j = v.fact(c(t), ">")
    return [j], {"from": 2}, claim(terms.sum_t(2, v.poly(j)), ">")


@falsehood("sum_steps", "begins at 0, 1 or 2", "begins at 0, 1 or 2")
def a_sum_of_negative_length(v: World) -> Misuse:
    one = v.step("combination", [], terms=[product([])], equations=[], lo=0)
    return [one], {"from": 3}, claim(idx(T) - 2)


@falsehood("telescope", "the kernel concludes", "the conclusion's poly is")
def a_telescope_that_ends_one_step_late(v: World) -> Misuse:
    """The lower end is q(from − 1), not q(from)."""
    ends = sum_t(1, c(t)) - sum_t(1, c(t - 1)) - c(T) + c(1)
    return [], {"poly": poly_of(c(t)), "from": 1}, claim(ends, "=")


@falsehood("first_term", "split off at 0 or 1", "from must be 0 or 1")
def the_first_term_of_an_empty_sum(v: World) -> Misuse:
    """At T = 1 the sum over 2..T has no first term: a nonnegative c(2) may exceed it."""
    v.model.assign("c", lambda time: v.model.atom("c", time) ** 2)
    v.assume(claim(c(t)))
    return [], {"poly": poly_of(c(t)), "from": 2}, claim(sum_t(2, c(t)) - c(2))
