"""Logic, definitions and the objective: tiny certificates that must be rejected.

For every side condition the falsehood that would follow without it: the last step claims what the rule would then give.
"""

from __future__ import annotations

from typing import Any

from certificate_builder import Builder, Term, combination_arguments
from rule_examples import rejected


def combination(b: Builder, poly: Term, terms: list[Any], equations: Any = (), start: int = 0, **claim: Any) -> None:
    equations = list(equations)
    places = list(dict.fromkeys([k for term in terms for k in term[1]] + [k for k, _ in equations]))
    given = combination_arguments(places, terms, equations, start)
    b.claim("combination", *places, poly=poly, given=given, start=start, **claim)


# Logic and arithmetic


@rejected("hypothesis", "'h9' is not a hypothesis")
def an_unlisted_hypothesis(b: Builder) -> None:
    b.claim("hypothesis", poly=-b("a"), given={"name": "h9"})


@rejected("combination", "coefficient -1 is negative")
def minus_a_nonnegative_number(b: Builder) -> None:
    combination(b, -b("a"), [(-1, [b.fact(b("a"))], [])])


@rejected("combination", "an equation, must have relation =")
def a_free_multiplier_on_an_inequality(b: Builder) -> None:
    combination(b, -b("a"), [], [(b.fact(b("a")), b.number(-1))], relation="=")


@rejected("combination", "relation is '>'")
def strict_although_a_square_may_vanish(b: Builder) -> None:
    combination(b, b("a") * b("s") ** 2, [(1, [b.fact(b("a"), ">")], [b("s")])], relation=">")


@rejected("combination", "relation is '>'")
def strict_although_a_coefficient_is_zero(b: Builder) -> None:
    combination(b, b.number(0), [(0, [b.fact(b("a"), ">")], [])], relation=">")


@rejected("combination", "relation is '='")
def an_equation_from_an_inequality(b: Builder) -> None:
    combination(b, b("a"), [(1, [b.fact(b("a"))], [])], relation="=")


@rejected("combination", "must have relation")
def a_value_from_integrability(b: Builder) -> None:
    combination(b, b("s"), [(1, [b.fact(b("s"), "integrable")], [])])


@rejected("combination", "before a premise's from 2")
def combined_too_early(b: Builder) -> None:
    combination(b, b("idx") - 2, [(1, [b.step("clock", **{"from": 2})], [])])


@rejected("combination", "bounded is False")
def a_bound_by_the_horizon_forgotten(b: Builder) -> None:
    k = b.step("horizon", **{"from": 0})
    combination(b, b("idx", "T") - b("idx"), [(1, [k], [])])


@rejected("combination", "positions used are")
def an_unused_premise(b: Builder) -> None:
    k, unused = b.fact(b("a")), b.fact(b("b"))
    given = combination_arguments([k], [(1, [k], [])], [], 0)
    b.claim("combination", k, unused, poly=b("a"), given=given)


@rejected("combination", "the conclusion's poly is")
def a_wrong_sum(b: Builder) -> None:
    combination(b, b("a") + b("b"), [(1, [b.fact(b("a"))], [])])


@rejected("combination", "well-formed only from 1")
def a_multiplier_that_does_not_exist_yet(b: Builder) -> None:
    zero = b.fact(b("a"), "=")
    combination(b, b("a") * b("s", "t-1"), [], [(zero, b("s", "t-1"))], relation="=")


@rejected("weaken", "before the premise's from 2")
def earlier_instead_of_later(b: Builder) -> None:
    k = b.step("clock", **{"from": 2})
    b.claim("weaken", k, poly=b("idx") - 2, given={"from": 1, "relation": ">="}, start=1)


@rejected("weaken", ">= does not weaken to >")
def strengthened(b: Builder) -> None:
    b.claim("weaken", b.fact(b("a")), poly=b("a"), relation=">", given={"from": 0, "relation": ">"})


@rejected("weaken", "does not weaken to integrable")
def integrable_because_nonnegative(b: Builder) -> None:
    k = b.fact(b("s"))
    b.claim("weaken", k, poly=b("s"), relation="integrable", given={"from": 0, "relation": "integrable"})


@rejected("weaken", "without free t")
def a_number_from_a_later_time(b: Builder) -> None:
    b.claim("weaken", b.fact(b("a")), poly=b("a"), given={"from": 3, "relation": ">="})


@rejected("instantiate", "t := 1 can be 1; the premise holds from 2")
def minus_one_is_nonnegative(b: Builder) -> None:
    k = b.step("clock", **{"from": 2})
    b.claim("instantiate", k, poly=b.number(-1), given={"time": "1"})


@rejected("instantiate", "only to earlier times")
def the_horizon_exceeds_itself(b: Builder) -> None:
    k = b.step("horizon", **{"from": 1})
    poly = b("idx", "T") - b("idx") - 1
    b.claim("instantiate", k, poly=poly, given={"time": "t+1"}, bounded=True)


@rejected("instantiate", "may exceed T")
def the_horizon_is_at_least_two(b: Builder) -> None:
    k = b.step("horizon", **{"from": 0})
    b.claim("instantiate", k, poly=b("idx", "T") - 2, given={"time": "2"})


@rejected("instantiate", "may exceed T")
def the_horizon_at_a_later_time(b: Builder) -> None:
    k = b.step("horizon", **{"from": 0})
    b.claim("instantiate", k, poly=b.number(-1), given={"time": "T+1"})


@rejected("instantiate", "t := T can be 1; the premise holds from 2")
def a_late_fact_at_the_horizon(b: Builder) -> None:
    k = b.step("clock", **{"from": 2})
    b.claim("instantiate", k, poly=b("idx", "T") - 2, given={"time": "T"})


@rejected("instantiate", "t := T-1 can be 0; the premise holds from 1")
def before_the_horizon_may_be_too_early(b: Builder) -> None:
    k = b.step("clock", **{"from": 1})
    b.claim("instantiate", k, poly=b("idx", "T") - 2, given={"time": "T-1"})


@rejected("instantiate", "from is 0; the rule gives 2")
def a_shift_that_begins_too_early(b: Builder) -> None:
    k = b.step("clock", **{"from": 1})
    b.claim("instantiate", k, poly=b("idx") - 2, given={"time": "t-1"})


@rejected("induction", "the base must be about")
def a_base_at_another_time(b: Builder) -> None:
    base, step = b.fact(b("s", "1")), b.fact(b("s") - b("s", "t-1"), start=1)
    given = {"poly": b("s"), "ratio": b.number(1)}
    b.claim("induction", base, step, b.combine((1, [], [])), poly=b("s"), given=given)


@rejected("induction", "the ratio's fact must be about")
def a_negative_ratio(b: Builder) -> None:
    base, step = b.fact(b("s", "0")), b.fact(b("s") + b("s", "t-1"), start=1)
    given = {"poly": b("s"), "ratio": b.number(-1)}
    b.claim("induction", base, step, b.combine((1, [], [])), poly=b("s"), given=given)


@rejected("induction", "ratio is ≥ 0 from 2")
def a_ratio_nonnegative_too_late(b: Builder) -> None:
    base, step, ratio = b.fact(b("s", "0")), b.fact(b("s") - b("c") * b("s", "t-1"), start=1), b.fact(b("c"), start=2)
    b.claim("induction", base, step, ratio, poly=b("s"), given={"poly": b("s"), "ratio": b("c")})


@rejected("induction", "no premise may be bounded")
def an_induction_past_the_horizon(b: Builder) -> None:
    q = b("idx", "T") - b("idx")
    step = b.step("horizon", **{"from": 1})
    base, ratio = b.step("instantiate", b.step("horizon", **{"from": 0}), time="0"), b.combine()
    b.claim("induction", base, step, ratio, poly=q, given={"poly": q, "ratio": b.number(0)})


@rejected("induction", "must hold from 1 or later")
def an_induction_without_a_beginning(b: Builder) -> None:
    step, one = b.fact(b("s") * 0), b.combine((1, [], []))
    b.claim("induction", b.fact(b("a")), step, one, poly=b("s"), given={"poly": b("s"), "ratio": b.number(1)})


@rejected("induction", "the step must have relation")
def an_induction_on_integrability(b: Builder) -> None:
    step, one = b.fact(b("s"), "integrable", 1), b.combine((1, [], []))
    given = {"poly": b("s"), "ratio": b.number(0)}
    b.claim("induction", b.fact(b("s", "0")), step, one, poly=b("s"), given=given)


@rejected("root_monotone", "larger is ≥ 0 must be about")
def minus_one_at_least_one(b: Builder) -> None:
    zero, one = b.combine((0, [], [])), b.combine((1, [], []))
    given = {"larger": b.number(-1), "smaller": b.number(1), "degree": 2}
    b.claim("root_monotone", zero, one, poly=b.number(-2), given=given)


@rejected("root_monotone", "the fact on powers must be about")
def powers_of_another_degree(b: Builder) -> None:
    k, larger = b.fact(b("a") ** 2 - b("b") ** 2), b.fact(b("a"))
    given = {"larger": b("a"), "smaller": b("b"), "degree": 3}
    b.claim("root_monotone", k, larger, poly=b("a") - b("b"), given=given)


@rejected("root_monotone", "degree must be from 1 to 64, not 0")
def the_zeroth_power(b: Builder) -> None:
    zero, larger = b.combine((0, [], [])), b.fact(b("a"))
    given = {"larger": b("a"), "smaller": b("a") + 1, "degree": 0}
    b.claim("root_monotone", zero, larger, poly=b.number(-1), given=given)


@rejected("clock", "from is 0; the rule gives 2")
def a_clock_that_starts_late(b: Builder) -> None:
    b.claim("clock", poly=b("idx") - 2, given={"from": 2})


@rejected("horizon", "bounded is False")
def every_time_is_before_the_horizon(b: Builder) -> None:
    b.claim("horizon", poly=b("idx", "T") - b("idx"), given={"from": 0})


# Definitions


@rejected("define", "a definition needs a fresh name")
def one_is_zero(b: Builder) -> None:
    b.step("define", name="z", poly=b.number(1), **{"from": 0})
    given = {"name": "z", "poly": b.number(0), "from": 0}
    b.claim("define", poly=b("z"), relation="=", given=given)


@rejected("define", "a definition needs a fresh name")
def a_declared_atom_captured(b: Builder) -> None:
    given = {"name": "a", "poly": b("b") + 1, "from": 0}
    b.claim("define", poly=b("a") - b("b") - 1, relation="=", given=given)


@rejected("define", "a definition needs a fresh name")
def the_step_number_redefined(b: Builder) -> None:
    b.claim("define", poly=b("idx"), relation="=", given={"name": "idx", "poly": b.number(0), "from": 0})


@rejected("define", "atom 'z' does not exist here")
def x_is_x_plus_one(b: Builder) -> None:
    z = [["1", [[["atom", "z"], 1]]]]
    poly = [["1", []], *z]
    b.claim("define", poly=b.number(-1), relation="=", given={"name": "z", "poly": poly, "from": 0})


@rejected("define", "is not measurable at t")
def a_definition_that_looks_ahead(b: Builder) -> None:
    given = {"name": "z", "poly": b("g", "t+1"), "from": 0}
    b.claim("define", poly=-b("g", "t+1"), relation="=", given=given)


@rejected("define", "is not measurable at t")
def a_definition_from_the_horizon(b: Builder) -> None:
    poly = b("s") + b("s", "T")
    b.claim("define", poly=-poly, relation="=", given={"name": "z", "poly": poly, "from": 0})


@rejected("define", "is not deterministic")
def an_untimed_random_atom(b: Builder) -> None:
    given = {"name": "z", "poly": b("s", "0"), "from": 0}
    b.claim("define", poly=-b("s", "0"), relation="=", given=given)


@rejected("define", "not well-formed from 0 but from 1")
def a_definition_before_its_parts_exist(b: Builder) -> None:
    given = {"name": "z", "poly": b("s", "t-1"), "from": 0}
    b.claim("define", poly=-b("s", "t-1"), relation="=", given=given)


@rejected("define", "the statement defines z otherwise")
def a_definition_unlike_the_statements(b: Builder) -> None:
    b.definitions = [{"kind": "define", "name": "z", "poly": b("a").raw(), "first": 0, "degree": 0}]
    b.claim("define", poly=-b("b"), relation="=", given={"name": "z", "poly": b("b"), "from": 0})


@rejected("define", "atom 'z' does not exist here")
def a_listed_definition_before_its_step(b: Builder) -> None:
    b.definitions = [{"kind": "define", "name": "z", "poly": b("a").raw(), "first": 0, "degree": 0}]
    z = [["1", [[["atom", "z"], 1]]]]
    b.claim("define", poly=b.number(0), relation="=", given={"name": "w", "poly": z, "from": 0})


@rejected("inverse", "must have relation >, not >=")
def minus_one_is_zero(b: Builder) -> None:
    zero = b.combine((0, [], []))
    b.claim("inverse", zero, poly=b.number(-1), relation="=", given={"name": "z", "poly": b.number(0)})


@rejected("inverse", "may not be bounded by T")
def the_inverse_of_the_time_left(b: Builder) -> None:
    k = b.combine((1, [b.step("horizon", **{"from": 0})], []), (1, [], []))
    poly = b("idx", "T") - b("idx") + 1
    b.claim("inverse", k, poly=-b.number(1), relation="=", given={"name": "z", "poly": poly})


@rejected("inverse", "must be about")
def the_inverse_of_something_else(b: Builder) -> None:
    given = {"name": "z", "poly": b("b")}
    b.claim("inverse", b.fact(b("a"), ">"), poly=b.number(-1), relation="=", given=given)


@rejected("inverse", "is not measurable at t")
def an_inverse_of_the_future(b: Builder) -> None:
    k = b.fact(b("s", "t+1"), ">")
    b.claim("inverse", k, poly=b.number(-1), relation="=", given={"name": "z", "poly": b("s", "t+1")})


@rejected("root", "must be about")
def the_root_of_minus_one(b: Builder) -> None:
    given = {"name": "z", "poly": b.number(-1), "degree": 2}
    b.claim("root", b.combine((1, [], [])), poly=b.number(1), relation="=", given=given)


@rejected("root", "degree must be from 2 to 64, not 1")
def a_first_root(b: Builder) -> None:
    given = {"name": "z", "poly": b("a"), "degree": 1}
    b.claim("root", b.fact(b("a")), poly=-b("a"), relation="=", given=given)


@rejected("root", "may not be bounded by T")
def the_root_of_the_time_left(b: Builder) -> None:
    poly = b("idx", "T") - b("idx")
    given = {"name": "z", "poly": poly, "degree": 2}
    b.claim("root", b.step("horizon", **{"from": 0}), poly=-poly, relation="=", given=given)


@rejected("sign", "neither an inverse nor a root")
def every_definition_is_positive(b: Builder) -> None:
    b.step("define", name="z", poly=-b.number(1), **{"from": 0})
    b.claim("sign", poly=b("z"), relation=">", given={"name": "z"})


@rejected("sign", "relation is '>'")
def a_root_is_positive(b: Builder) -> None:
    b.step("root", b.fact(b("a")), name="z", poly=b("a"), degree=2)
    b.claim("sign", poly=b("z"), relation=">", given={"name": "z"})


@rejected("logarithm", "must have relation >, not >=")
def the_logarithm_of_zero(b: Builder) -> None:
    """Whatever z is, the tangent at 1/e^(z+1) would fail at 0."""
    b.claim("logarithm", b.combine((0, [], [])), poly=b.number(0), relation="=", given={"name": "z", "poly": []})


@rejected("logarithm", "may not be bounded by T")
def the_logarithm_of_the_time_left(b: Builder) -> None:
    k = b.combine((1, [b.step("horizon", **{"from": 0})], []), (1, [], []))
    poly = b("idx", "T") - b("idx") + 1
    b.claim("logarithm", k, poly=b.number(0), relation="=", given={"name": "z", "poly": poly})


@rejected("logarithm", "must be about")
def the_logarithm_of_something_else(b: Builder) -> None:
    given = {"name": "z", "poly": b("b")}
    b.claim("logarithm", b.fact(b("a"), ">"), poly=b.number(0), relation="=", given=given)


@rejected("logarithm", "is not measurable at t")
def a_logarithm_of_the_future(b: Builder) -> None:
    given = {"name": "z", "poly": b("s", "t+1")}
    b.claim("logarithm", b.fact(b("s", "t+1"), ">"), poly=b.number(0), relation="=", given=given)


@rejected("logarithm", "exists already")
def two_logarithms_of_one_name(b: Builder) -> None:
    """With a: ln a = ln(a + 1)."""
    b.step("logarithm", b.fact(b("a"), ">"), name="z", poly=b("a"))
    poly = b("a") + 1
    b.claim("logarithm", b.fact(poly, ">"), poly=b.number(0), relation="=", given={"name": "z", "poly": poly})


def tangent(b: Builder, x_time: str, y_time: str, poly: Term, **claim: Any) -> None:
    b.claim(
        "log_tangent", poly=poly, given={"x": "z", "x_time": x_time, "y": "z", "y_time": y_time, "from": 1}, **claim
    )


@rejected("log_tangent", "'z' is not a logarithm")
def a_root_lies_below_tangents_of_the_logarithm(b: Builder) -> None:
    """With z = 0 = √0 at t and s arbitrary: s(t-1) >= s(t)."""
    b.step("root", b.fact(b("s")), name="z", poly=b("s"), degree=2)
    s, earlier = b("s"), b("s", "t-1")
    tangent(b, "t", "t-1", s * (b("z") - b("z", "t-1")) - s + earlier, start=1)


@rejected("log_tangent", "'z' is not a logarithm")
def any_number_is_a_logarithm(b: Builder) -> None:
    b.step("define", name="z", poly=b("s"), **{"from": 0})
    s, earlier = b("s"), b("s", "t-1")
    tangent(b, "t", "t-1", s * (s - earlier) - s + earlier, start=1)


@rejected("log_tangent", "the conclusion's poly is")
def a_logarithm_above_its_tangent(b: Builder) -> None:
    """At s(t) = 1, s(t-1) = 2: 0 - ln 2 >= 1 - 2 would still hold times 1, but not its opposite."""
    b.step("logarithm", b.fact(b("s"), ">"), name="z", poly=b("s"))
    s, earlier = b("s"), b("s", "t-1")
    tangent(b, "t", "t-1", s * (b("z", "t-1") - b("z")) + s - earlier, start=1)


@rejected("log_tangent", "the conclusion's poly is")
def the_tangent_with_the_times_exchanged(b: Builder) -> None:
    """At s(t) = 1, s(t-1) = e: 1·(1 - 0) - e + 1 < 0 with the slope of the other point's logarithm."""
    b.step("logarithm", b.fact(b("s"), ">"), name="z", poly=b("s"))
    s, earlier = b("s"), b("s", "t-1")
    tangent(b, "t", "t-1", s * (b("z", "t-1") - b("z")) - earlier + s, start=1)


@rejected("log_tangent", "well-formed only from 2")
def a_logarithm_before_it_exists(b: Builder) -> None:
    b.step("logarithm", b.fact(b("s"), ">", 1), name="z", poly=b("s"))
    s, earlier = b("s"), b("s", "t-1")
    tangent(b, "t", "t-1", s * (b("z") - b("z", "t-1")) - s + earlier, start=1)


@rejected("minimum", "a minimum needs")
def a_minimum_over_random_iterates(b: Builder) -> None:
    given = {"name": "z", "poly": b("s")}
    b.claim("minimum", poly=b("s"), start=1, bounded=True, given=given)


@rejected("minimum", "a minimum needs")
def a_minimum_with_a_coordinate(b: Builder) -> None:
    poly = b.E(b("x"))
    b.claim("minimum", poly=poly, start=1, bounded=True, given={"name": "z", "poly": poly})


@rejected("minimum", "well-formed from 1")
def a_minimum_over_times_before_the_first(b: Builder) -> None:
    given = {"name": "z", "poly": b("c", "t-2")}
    b.claim("minimum", poly=b("c", "t-2"), start=1, bounded=True, given=given)


@rejected("minimum", "bounded is False")
def a_minimum_beyond_the_horizon(b: Builder) -> None:
    terms = b.terms.atoms
    terms["z"] = b.terms.atoms["a"]
    b.claim("minimum", poly=b("c") - b("z"), start=1, given={"name": "z", "poly": b("c")})


@rejected("point", "is already in a point")
def two_functions_on_one_point(b: Builder) -> None:
    b.claim("point", poly=b.number(0), relation="=", given={"x": "x", "f": "f2", "gradient": "g2"})


@rejected("point", "timed atom with coordinates")
def a_point_that_is_a_number(b: Builder) -> None:
    b.claim("point", poly=b.number(0), relation="=", given={"x": "s", "f": "f2", "gradient": "g2"})


@rejected("point", "a definition needs a fresh name")
def a_declared_atom_taken_for_a_gradient(b: Builder) -> None:
    b.claim("point", poly=b.number(0), relation="=", given={"x": "y", "f": "f2", "gradient": "g"})


@rejected("point", "the statement defines z otherwise")
def a_listed_definition_taken_for_a_value(b: Builder) -> None:
    b.definitions = [{"kind": "define", "name": "z", "poly": b("c").raw(), "first": 0, "degree": 0}]
    b.claim("point", poly=b.number(0), relation="=", given={"x": "y", "f": "z", "gradient": "g2"})


# The objective


@rejected("lower_bound", "does not assume lower_bounded")
def bounded_below_without_assumption(b: Builder) -> None:
    given = {"x": "x", "x_time": "t", "from": 0}
    b.claim("lower_bound", poly=b("f") - b("f_inf"), given=given)


@rejected("lower_bound", "'y' is not a point")
def bounded_below_at_no_point(b: Builder) -> None:
    b.assumptions = ["lower_bounded"]
    b.claim("lower_bound", poly=b("f") - b("f_inf"), given={"x": "y", "x_time": "t", "from": 0})


@rejected("lipschitz", "does not assume smooth")
def smooth_without_assumption(b: Builder) -> None:
    given = {"x": "x", "x_time": "t", "y": "x", "y_time": "t", "from": 0}
    b.claim("lipschitz", poly=b.number(0), given=given)


@rejected("descent", "well-formed only from 1")
def descent_before_the_first_step(b: Builder) -> None:
    b.assumptions = ["smooth"]
    given = {"x": "x", "x_time": "t-1", "y": "x", "y_time": "t", "from": 1}
    b.step("descent", **given)
    b.claim("descent", poly=b.last(), given=given | {"from": 0})


@rejected("combination", "more than 64 factors")
def a_product_of_too_many_factors(b: Builder) -> None:
    combination(b, b("a") ** 65, [(1, [b.fact(b("a"))] * 65, [])])


@rejected("weaken", "integrable does not weaken to >=")
def nonnegative_because_integrable(b: Builder) -> None:
    k = b.fact(b("s"), "integrable")
    b.claim("weaken", k, poly=b("s"), given={"from": 0, "relation": ">="})


@rejected("induction", "and the poly have free t")
def an_induction_on_a_number(b: Builder) -> None:
    step, ratio = b.fact(b("c") * 0 - b("s") * 0 + b("a") - b("c") * b("a"), start=1), b.fact(b("c"))
    b.claim("induction", b.fact(b("a")), step, ratio, poly=b("a"), given={"poly": b("a"), "ratio": b("c")})


@rejected("induction", "at the negative time -1")
def an_induction_from_before_the_start(b: Builder) -> None:
    q, step = b("s", "t-1"), b.fact(b("c"), start=1)
    given = {"poly": q, "ratio": b.number(0)}
    b.claim("induction", b.fact(b("a")), step, b.combine(), poly=q, given=given)


@rejected("define", "an atom without free t has first 0")
def a_number_that_begins_later(b: Builder) -> None:
    given = {"name": "z", "poly": b("a"), "from": 2}
    b.claim("define", poly=-b("a"), relation="=", given=given)


@rejected("minimum", "a minimum needs")
def a_minimum_of_a_number(b: Builder) -> None:
    b.claim("minimum", poly=b("a"), start=1, bounded=True, given={"name": "z", "poly": b("a")})


@rejected("point", "must be an existing timed atom")
def a_point_that_does_not_exist(b: Builder) -> None:
    b.claim("point", poly=b.number(0), relation="=", given={"x": "q", "f": "f2", "gradient": "g2"})


@rejected("point", "must be an existing timed atom")
def a_point_that_does_not_move(b: Builder) -> None:
    b.claim("point", poly=b.number(0), relation="=", given={"x": "d", "f": "f2", "gradient": "g2"})
