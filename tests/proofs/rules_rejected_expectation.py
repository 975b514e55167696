"""Expectation and sums: tiny certificates that must be rejected.

For every side condition the falsehood that would follow without it: the last step claims what the rule would then give.
"""

from __future__ import annotations

from typing import Any

from certificate_builder import Builder, Term
from rule_examples import rejected

# Expectation


@rejected("expectation", "the conclusion's poly is")
def a_fresh_sample_pulled_out(b: Builder) -> None:
    given = b.integrable(b("g"), start=1)
    b.claim("expectation", b.fact(b("g"), "=", 1), *given, poly=b("g"), relation="=", start=1, given={"level": "t-1"})


@rejected("expectation", "no premise says that")
def an_expectation_that_may_not_exist(b: Builder) -> None:
    b.claim("expectation", b.fact(b("s")), poly=b.E(b("s")), given={"level": ""})


@rejected("expectation", "no premise says that")
def what_is_left_inside_may_have_no_mean(b: Builder) -> None:
    s, g = b("s", "t-1"), b("g")
    p = b.fact(s * g, start=1)
    poly = s * b.E(g, "t-1")
    b.claim("expectation", p, *b.integrable(s * g, start=1), poly=poly, start=1, given={"level": "t-1"})


@rejected("expectation", "no premise says that")
def a_tower_without_integrability(b: Builder) -> None:
    inner = b.E(b("s", "t+1"), "t")
    given = b.integrable(inner)
    b.claim("expectation", b.fact(inner), *given, poly=b.E(b("s", "t+1")), given={"level": ""})


@rejected("expectation", "no premise says that")
def a_sum_may_have_a_mean_and_its_summands_none(b: Builder) -> None:
    p = b.fact(b.sum_i(b("x")) * b.sum_i(b("g")))
    given = b.integrable(b("x") * b.sum_i(b("g")))
    b.claim("expectation", p, *given, poly=b.E(b.last()), given={"level": ""})


@rejected("expectation", "well-formed only from 1")
def conditioned_on_the_time_before_zero(b: Builder) -> None:
    poly = b.E(b("g"), "t-1")
    b.claim("expectation", b.fact(b("g")), *b.integrable(b("g")), poly=poly, given={"level": "t-1"})


@rejected("expectation", "is an unused premise")
def an_unused_integrability(b: Builder) -> None:
    given = b.integrable(b("g"), b("s"))
    b.claim("expectation", b.fact(b("g")), *given, poly=b.E(b("g")), given={"level": ""})


@rejected("expectation", "two premises state the same integrability")
def an_integrability_said_twice(b: Builder) -> None:
    given = b.integrable(b("g"), b("g"))
    b.claim("expectation", b.fact(b("g")), *given, poly=b.E(b("g")), given={"level": ""})


@rejected("expectation", "a premise is no integrable fact")
def integrable_because_bounded_below(b: Builder) -> None:
    b.claim("expectation", b.fact(b("g")), b.fact(b("g") + 1), poly=b.E(b("g")), given={"level": ""})


@rejected("expectation", "from is 0; the rule gives 2")
def integrable_only_later(b: Builder) -> None:
    given = b.integrable(b("g"), start=2)
    b.claim("expectation", b.fact(b("g")), *given, poly=b.E(b("g")), given={"level": ""})


@rejected("expectation", "is refused: its times")
def times_that_cannot_be_compared(b: Builder) -> None:
    k = b.fact(b("s") * b("s", "T"))
    given = b.integrable(b("s") * b("s", "T"))
    b.claim("expectation", k, *given, poly=b.number(0), given={"level": ""})


@rejected("expectation", "is refused: its times")
def a_first_level_that_would_move_under_substitution(b: Builder) -> None:
    k = b.fact(b("s"))
    b.claim("expectation", k, *b.integrable(b("s")), poly=b.number(0), given={"level": "0"})


def tower(b: Builder, premises: list[int], y: Term, x: Term, poly: Term, start: int = 1, **given: Any) -> None:
    arguments = {"y": y, "x": x, "level": "t-1", "outer": "", "from": start} | given
    b.claim("tower", *premises, poly=poly, relation="=", start=start, given=arguments)


@rejected("tower", "is not measurable at t-1")
def a_tower_over_the_present(b: Builder) -> None:
    y, x = b("s"), b("g")
    poly = b.E(y * x) - b.E(y * b.E(x, "t-1"))
    tower(b, b.integrable(y * x, x, start=1), y, x, poly)


@rejected("tower", "no premise says that")
def a_tower_with_no_mean_inside(b: Builder) -> None:
    y, x = b("s", "t-1"), b("g")
    tower(b, b.integrable(y * x, start=1), y, x, b.E(y * x) - b.E(y * b.E(x, "t-1")))


@rejected("tower", "no premise says that")
def a_tower_with_the_wrong_product(b: Builder) -> None:
    y, x = b("s", "t-1"), b("g")
    given = b.integrable(x, y * b.E(x, "t-1"), start=1)
    tower(b, given, y, x, b.E(y * x) - b.E(y * b.E(x, "t-1")))


@rejected("tower", "must be at or before level")
def an_outer_level_after_the_inner(b: Builder) -> None:
    y, x = b.number(1), b("g", "t+1")
    poly = b.E(x, "t") - b.E(x, "t-1")
    tower(b, b.integrable(x, start=1), y, x, poly, outer="t")


@rejected("tower", "before a premise's from 5")
def a_tower_before_integrability(b: Builder) -> None:
    y, x = b("s", "t-1"), b("g")
    tower(b, b.integrable(y * x, x, start=5), y, x, b.E(y * x) - b.E(y * b.E(x, "t-1")))


@rejected("tower", "the level must be a time")
def a_tower_over_nothing(b: Builder) -> None:
    tower(b, b.integrable(b("g")), b.number(1), b("g"), b.number(0), level="")


@rejected("tower", "exchanged with a sum over i")
def a_tower_that_splits_a_sum(b: Builder) -> None:
    y, x = b.sum_i(b("y", "t-1")), b.sum_i(b("x")) * b.sum_i(b("g"))
    tower(b, b.integrable(y * x, x, start=1), y, x, b.E(y * x) - b.E(y * b.E(x, "t-1")))


def integrable_conditional(b: Builder, premises: list[int], y: Term, x: Term, poly: Term) -> None:
    given = {"y": y, "x": x, "level": "t-1"}
    b.claim("integrable_conditional", *premises, poly=poly, relation="integrable", start=1, given=given)


@rejected("integrable_conditional", "no premise says that")
def an_unbounded_weight(b: Builder) -> None:
    y, x = b("s", "t-1"), b("g")
    integrable_conditional(b, b.integrable(x, start=1), y, x, y * b.E(x, "t-1"))


@rejected("integrable_conditional", "is not measurable at t-1")
def a_weight_from_the_present(b: Builder) -> None:
    y, x = b("s"), b("g")
    integrable_conditional(b, b.integrable(x, y * x, start=1), y, x, y * b.E(x, "t-1"))


@rejected("integrable_conditional", "a sum over i would be opened")
def summands_of_an_integrable_sum(b: Builder) -> None:
    """Σ y may vanish while each y has no mean."""
    y, x = b.sum_i(b("y", "t-1")), b.sum_i(b("x")) * b.sum_i(b("g"))
    poly = b("y", "t-1") * b.E(x, "t-1")
    integrable_conditional(b, b.integrable(y * x, x, start=1), y, x, poly)


def dominated(b: Builder, upper: Term, lower: Term, m: Term, *given: int, start: int = 0, claimed: Any = None) -> None:
    premises = [b.fact(upper, start=start), b.fact(lower, start=start), *given]
    poly = m if claimed is None else claimed
    b.claim("dominated", *premises, poly=poly, relation="integrable", start=start, given={"monomial": m})


@rejected("dominated", "no premise says that")
def a_lower_bound_alone(b: Builder) -> None:
    """f >= f_inf must not make f integrable."""
    f = b("f")
    dominated(b, f * 0, f - b("f_inf"), f)


@rejected("dominated", "is not in reduced form")
def integrable_times_zero(b: Builder) -> None:
    """a·s = 0 is integrable when a = 0, whatever s is."""
    zero = b.number(0)
    m = b("a") * b("s")
    dominated(b, zero - m, zero + m, m, claimed=b("s"))


@rejected("dominated", "is not in reduced form")
def summands_that_cancel(b: Builder) -> None:
    m = b.sum_i(b("x"))
    dominated(b, b.number(0) - m, b.number(0) + m, m, claimed=b("x"))


@rejected("dominated", "there is nothing to prove")
def a_deterministic_monomial(b: Builder) -> None:
    dominated(b, -b.number(1), b.number(1), b.number(1))


@rejected("dominated", "not one monomial")
def two_monomials_at_once(b: Builder) -> None:
    m = b("s") + b("f")
    dominated(b, -m, m, m)


@rejected("dominated_induction", "the base must say")
def a_cauchy_start(b: Builder) -> None:
    new, old = b("s"), b("s", "t-1")
    bounds = b.fact(old - new, start=1), b.fact(new - old, start=1)
    b.claim("dominated_induction", *bounds, poly=new, relation="integrable", given={"monomial": new})


@rejected("dominated_induction", "the base must say")
def a_base_for_another_variable(b: Builder) -> None:
    new, old = b("s"), b("s", "t-1")
    base, bounds = b.fact(b("f", "0"), "integrable"), (b.fact(old - new, start=1), b.fact(new - old, start=1))
    b.claim("dominated_induction", base, *bounds, poly=new, relation="integrable", given={"monomial": new})


@rejected("dominated_induction", "no premise says that")
def a_recursion_with_a_wild_term(b: Builder) -> None:
    new, old = b("s"), b("s", "t-1")
    base = b.fact(b("s", "0"), "integrable")
    bounds = b.fact(old + b("f") - new, start=1), b.fact(old + new, start=1)
    b.claim("dominated_induction", base, *bounds, poly=new, relation="integrable", given={"monomial": new})


@rejected("dominated_induction", "no premise says that")
def integrable_because_it_is_itself(b: Builder) -> None:
    new = b("s")
    base = b.fact(b("s", "0"), "integrable")
    bounds = b.fact(2 * new, start=1), b.fact(2 * new, start=1)
    b.claim("dominated_induction", base, *bounds, poly=new, relation="integrable", given={"monomial": new})


@rejected("dominated_induction", "begin after 1")
def a_recursion_integrable_too_late(b: Builder) -> None:
    new, old, f = b("s"), b("s", "t-1"), b("f")
    base = b.fact(b("s", "0"), "integrable")
    premises = [base, b.fact(old + f - new, start=1), b.fact(old + new, start=1), *b.integrable(f, start=2)]
    b.claim("dominated_induction", *premises, poly=new, relation="integrable", given={"monomial": new})


@rejected("dominated_induction", "no bound before")
def a_lower_bound_that_begins_before_the_upper_one(b: Builder) -> None:
    new, old = b("s"), b("s", "t-1")
    base = b.fact(b("s", "0"), "integrable")
    premises = [base, b.fact(old - new, start=1), b.fact(new)]
    b.claim("dominated_induction", *premises, poly=new, relation="integrable", given={"monomial": new})


@rejected("dominated_induction", "is an unused premise")
def a_recursion_that_is_given_its_past(b: Builder) -> None:
    new, old = b("s"), b("s", "t-1")
    base = b.fact(b("s", "0"), "integrable")
    premises = [base, b.fact(old - new, start=1), b.fact(old + new, start=1), *b.integrable(old, start=1)]
    b.claim("dominated_induction", *premises, poly=new, relation="integrable", given={"monomial": new})


@rejected("dominated_induction", "is not in reduced form")
def a_recursion_times_zero(b: Builder) -> None:
    m, old = b("c") * b("s"), b("c", "t-1") * b("s", "t-1")
    base = b.fact(b("s", "0"), "integrable")
    bounds = b.fact(old - m, start=1), b.fact(old + m, start=1)
    b.claim("dominated_induction", base, *bounds, poly=b("s"), relation="integrable", given={"monomial": m})


def holder(b: Builder, premises: list[int], q: Term, z: Term, u: Term, poly: Term, **given: Any) -> None:
    claim = {name: given.pop(name) for name in ("start", "bounded") if name in given}
    arguments = {"q": q, "z": z, "u": u, "a": 1, "b": 1, "over": "E", "level": "", "range": 0} | given
    b.claim("holder", *premises, poly=poly, given=arguments, **claim)


@rejected("holder", "the first premise must be about")
def the_fourth_power_of_a_normal(b: Builder) -> None:
    """From E[g^8] <= ... nothing pointwise follows: the premise must be q^a z^b - u^(a+b) itself."""
    g = b("s")
    premises = [b.fact(g**8 - 81 * g**4), b.combine((1, [], [g**2])), b.combine((1, [], [g**2]))]
    holder(b, premises, g**4, g**4, g**2, b.E(g**4) ** 2 - b.E(g**2) ** 2)


@rejected("holder", "the fact q ≥ 0 must be about")
def a_negative_factor(b: Builder) -> None:
    q, z, u = b("c"), b("k"), b("a")
    premises = [b.fact(q * z - u**2), b.fact(-q), b.fact(z)]
    poly = b.sum_t(q) * b.sum_t(z) - b.sum_t(u) ** 2
    holder(b, premises, q, z, u, poly, over="sum_t", range=1)


@rejected("holder", "the fact z ≥ 0 must be about")
def another_negative_factor(b: Builder) -> None:
    q, z, u = b("c"), b("k"), b("a")
    premises = [b.fact(q * z - u**2), b.fact(q), b.fact(-z)]
    holder(b, premises, q, z, u, b.number(0), over="sum_t", range=1)


@rejected("holder", "no premise says that")
def jensen_without_a_mean(b: Builder) -> None:
    u = b("s")
    premises = [b.combine(), b.combine((1, [], [u])), b.combine((1, [], [])), *b.integrable(u**2)]
    holder(b, premises, u**2, b.number(1), u, b.E(u**2) - b.E(u) ** 2)


@rejected("holder", "the degree must be from 1")
def a_weight_of_zero(b: Builder) -> None:
    q, z = b("c"), b("k")
    premises = [b.fact(z - q), b.fact(q), b.fact(z)]
    holder(b, premises, q, z, q, b.sum_t(z) - b.sum_t(q), a=0, over="sum_t", range=1)


@rejected("holder", "the sum begins at 1, the premises hold from 2")
def a_sum_that_begins_before_its_facts(b: Builder) -> None:
    q, z, u = b("c"), b("k"), b("c", "t-1")
    premises = [b.fact(q * z - u**2, start=2), b.fact(q), b.fact(z)]
    holder(b, premises, q, z, u, b.sum_t(q) * b.sum_t(z) - b.sum_t(u) ** 2, over="sum_t", range=1)


@rejected("holder", "must be deterministic")
def a_random_sum_over_steps(b: Builder) -> None:
    q, z = b("s"), b.number(1)
    premises = [b.fact(q - 1), b.fact(q), b.combine((1, [], []))]
    holder(b, premises, q, z, z, b.number(0), over="sum_t", range=1)


@rejected("holder", "range must be 0")
def a_range_without_a_sum(b: Builder) -> None:
    q, z = b("c"), b("k")
    premises = [b.fact(q * z - 1), b.fact(q), b.fact(z)]
    holder(b, premises, q, z, b.number(1), b.number(0), over="sum_i", range=1)


@rejected("holder", "over must be E, sum_i or sum_t")
def holder_over_something_else(b: Builder) -> None:
    q, z = b("c"), b("k")
    premises = [b.fact(q * z - 1), b.fact(q), b.fact(z)]
    holder(b, premises, q, z, b.number(1), b.number(0), over="max")


# Sums


@rejected("sum_coordinates", "must have relation")
def a_sum_of_integrable_things(b: Builder) -> None:
    b.claim("sum_coordinates", b.fact(b("x"), "integrable"), poly=b.sum_i(b("x")))


@rejected("sum_coordinates", "the conclusion's poly is")
def a_number_summed_once(b: Builder) -> None:
    """Σ_i a is D·a, not a."""
    b.claim("sum_coordinates", b.fact(b("x") ** 2 - b("a")), poly=b.sum_i(b("x") ** 2) - b("a"))


@rejected("single_coordinate", "relation is '='")
def a_sum_is_its_first_summand(b: Builder) -> None:
    x = b("x") ** 2
    b.claim("single_coordinate", b.fact(x), poly=b.sum_i(x) - x, relation="=")


@rejected("single_coordinate", "must have relation")
def one_summand_of_an_integrable_sum(b: Builder) -> None:
    b.claim("single_coordinate", b.fact(b("x"), "integrable"), poly=b.sum_i(b("x")) - b("x"))


@rejected("sum_steps", "the sum begins at 1, the premise holds from 2")
def the_sum_of_t_minus_two_at_one(b: Builder) -> None:
    k = b.step("clock", **{"from": 2})
    b.claim("sum_steps", k, poly=b.sum_t(b("idx") - 2), given={"from": 1})


@rejected("sum_steps", "must be deterministic and without free i")
def a_sum_of_random_numbers(b: Builder) -> None:
    b.claim("sum_steps", b.fact(b("s")), poly=b.number(0), given={"from": 1})


@rejected("sum_steps", "must be deterministic and without free i")
def a_sum_of_vectors(b: Builder) -> None:
    b.claim("sum_steps", b.fact(b("c") * b("d")), poly=b.number(0), given={"from": 1})


@rejected("sum_steps", "relation is '>'")
def an_empty_sum_is_positive(b: Builder) -> None:
    k = b.fact(b("c"), ">")
    b.claim("sum_steps", k, poly=b.sum_t(b("c"), 2), relation=">", given={"from": 2})


@rejected("sum_steps", "begins at 0, 1 or 2")
def a_sum_from_three(b: Builder) -> None:
    """For T = 1 the sum over 3..T would have length -1 in the normal form of a constant."""
    b.claim("sum_steps", b.combine((1, [], [])), poly=b("idx", "T") - 2, given={"from": 3})


@rejected("telescope", "must be deterministic")
def a_random_telescope(b: Builder) -> None:
    given = {"poly": b("s"), "from": 1}
    b.claim("telescope", poly=b("s", "0") - b("s", "T"), relation="=", given=given)


@rejected("telescope", "from must be 1 or 2")
def a_telescope_from_minus_one(b: Builder) -> None:
    b.claim("telescope", poly=b.number(0), relation="=", given={"poly": b("c"), "from": 0})


@rejected("telescope", "well-formed from 0")
def a_telescope_without_a_lower_end(b: Builder) -> None:
    given = {"poly": b("c", "t-1"), "from": 1}
    b.claim("telescope", poly=b.number(0), relation="=", given=given)


@rejected("telescope", "must have free t")
def a_telescope_of_a_constant(b: Builder) -> None:
    b.claim("telescope", poly=b.number(0), relation="=", given={"poly": b("a"), "from": 1})


@rejected("first_term", "from must be 0 or 1")
def a_sum_that_may_have_no_first_term(b: Builder) -> None:
    """At T = 1 the sum over 2..T is empty."""
    poly = b.sum_t(b("c"), 2) - b("c", "2")
    b.claim("first_term", poly=poly, relation="=", given={"poly": b("c"), "from": 2})


@rejected("first_term", "well-formed from 0")
def a_first_term_that_does_not_exist(b: Builder) -> None:
    b.claim("first_term", poly=b.number(0), relation="=", given={"poly": b("c", "t-1"), "from": 0})


@rejected("first_term", "must be deterministic")
def the_first_term_of_a_random_sum(b: Builder) -> None:
    b.claim("first_term", poly=b.number(0), relation="=", given={"poly": b("s"), "from": 0})


@rejected("first_term", "must have free t")
def the_first_term_of_a_number(b: Builder) -> None:
    b.claim("first_term", poly=b.number(0), relation="=", given={"poly": b("a"), "from": 0})


# Unused integrability, and premises of the wrong kind


@rejected("tower", "is an unused premise")
def a_tower_with_too_much(b: Builder) -> None:
    y, x = b("s", "t-1"), b("g")
    tower(b, b.integrable(y * x, x, b("f"), start=1), y, x, b.E(y * x) - b.E(y * b.E(x, "t-1")))


@rejected("integrable_conditional", "is an unused premise")
def a_conditional_expectation_with_too_much(b: Builder) -> None:
    y, x = b("s", "t-1"), b("g")
    integrable_conditional(b, b.integrable(x, y * x, b("f"), start=1), y, x, y * b.E(x, "t-1"))


@rejected("dominated", "is an unused premise")
def a_bound_with_too_much(b: Builder) -> None:
    s, f = b("s"), b("f")
    dominated(b, f - s, f + s, s, *b.integrable(f, b("g")))


@rejected("dominated_induction", "is an unused premise")
def a_recursion_with_too_much(b: Builder) -> None:
    new, old = b("s"), b("s", "t-1")
    premises = [b.fact(b("s", "0"), "integrable"), b.fact(old - new, start=1), b.fact(old + new, start=1)]
    premises += b.integrable(b("f"))
    b.claim("dominated_induction", *premises, poly=new, relation="integrable", given={"monomial": new})


@rejected("holder", "is an unused premise")
def holder_with_too_much(b: Builder) -> None:
    q, z = b("c"), b("k")
    premises = [b.fact(q * z - 1), b.fact(q), b.fact(z), *b.integrable(b("s"))]
    holder(b, premises, q, z, b.number(1), b.number(0), over="sum_i")


@rejected("holder", 'the level must be ""')
def a_level_without_an_expectation(b: Builder) -> None:
    q, z = b("c"), b("k")
    premises = [b.fact(q * z - 1), b.fact(q), b.fact(z)]
    holder(b, premises, q, z, b.number(1), b.number(0), over="sum_i", level="t")


@rejected("dominated", "not one monomial with coefficient 1")
def twice_a_monomial(b: Builder) -> None:
    s, f = b("s"), b("f")
    dominated(b, f - 2 * s, f + 2 * s, 2 * s, *b.integrable(f), claimed=s)


@rejected("dominated_induction", "an upper and a lower bound are needed")
def a_recursion_bounded_on_one_side(b: Builder) -> None:
    new, old = b("s"), b("s", "t-1")
    premises = [b.fact(b("s", "0"), "integrable"), b.fact(old - new, start=1)]
    b.claim("dominated_induction", *premises, poly=new, relation="integrable", given={"monomial": new})


@rejected("dominated_induction", "begin at some n + 1 ≥ 1")
def a_recursion_without_a_beginning(b: Builder) -> None:
    s = b("s")
    premises = [b.fact(b("s", "0"), "integrable"), b.fact(b("f") - s), b.fact(b("f") + s), *b.integrable(b("f"))]
    b.claim("dominated_induction", *premises, poly=s, relation="integrable", given={"monomial": s})


@rejected("dominated_induction", "and m have free t")
def a_recursion_of_a_single_variable(b: Builder) -> None:
    m, c = b("s", "0"), b("c")
    premises = [b.fact(m, "integrable"), b.fact(c - m, start=1), b.fact(c + m, start=1)]
    b.claim("dominated_induction", *premises, poly=m, relation="integrable", given={"monomial": m})


@rejected("dominated_induction", "no premise may be bounded by T")
def a_recursion_up_to_the_horizon(b: Builder) -> None:
    new, old = b("s"), b("s", "t-1")
    left = b.step("horizon", **{"from": 1})
    upper = b.combine((1, [left], []), (1, [b.fact(old - new, start=1)], []), start=1)
    premises = [b.fact(b("s", "0"), "integrable"), upper, b.fact(old + new, start=1)]
    b.claim("dominated_induction", *premises, poly=new, relation="integrable", bounded=True, given={"monomial": new})
