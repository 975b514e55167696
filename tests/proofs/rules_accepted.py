"""Tiny certificates that must be accepted: at least one for every rule, and for every clause of a rule."""

from __future__ import annotations

from certificate_builder import Builder
from rule_examples import accepted


@accepted("hypothesis")
def a_hypothesis(b: Builder) -> None:
    b.fact(b("a"))


@accepted("combination")
def products_squares_and_equations(b: Builder) -> None:
    p, q, e = b.fact(b("a")), b.fact(b("s"), ">", 2), b.fact(b("x") - b("y"), "=", 1)
    terms, equations = [("3/2", [p, q, q], [b("x") - b("g")]), (1, [q], [])], [(e, b("g", "t+1") * -2)]
    k = b.combine(*terms, equations=equations, start=2)
    assert b.proved[k].relation == ">"


@accepted("combination")
def a_positive_number(b: Builder) -> None:
    k = b.combine((3, [], []))
    assert b.proved[k].relation == ">"


@accepted("weaken")
def later_and_weaker(b: Builder) -> None:
    b.step("weaken", b.fact(b("s"), ">"), **{"from": 3}, relation=">=")


@accepted("instantiate")
def at_an_earlier_time(b: Builder) -> None:
    k = b.step("instantiate", b.fact(b("idx") * b("s"), start=1), time="t-1")
    assert b.proved[k].start == 2
    assert b.last().poly == ((b("idx") - 1) * b("s", "t-1")).poly


@accepted("instantiate")
def at_a_number(b: Builder) -> None:
    b.step("instantiate", b.fact(b("idx") - 2, start=2), time="2")


@accepted("instantiate")
def a_bounded_fact_at_the_horizon(b: Builder) -> None:
    b.step("instantiate", b.step("horizon", **{"from": 1}), time="T")


@accepted("instantiate")
def a_conditional_expectation_at_the_horizon(b: Builder) -> None:
    b.step("instantiate", b.fact(b.E(b("g") * b("x", "t-1"), "t-1"), start=1), time="T")


@accepted("induction")
def a_recursion_stays_nonnegative(b: Builder) -> None:
    base = b.fact(b("s", "0"))
    step = b.fact(b("s") - b("a") * b("s", "t-1"), "=", 1)
    b.step("induction", base, step, b.fact(b("a")), poly=b("s"), ratio=b("a"))


@accepted("root_monotone")
def squares_are_monotone(b: Builder) -> None:
    powers, larger = b.fact(b("a") ** 2 - b("s") ** 2), b.fact(b("a"))
    b.step("root_monotone", powers, larger, larger=b("a"), smaller=b("s"), degree=2)


@accepted("clock")
def the_clock(b: Builder) -> None:
    b.step("clock", **{"from": 3})


@accepted("horizon")
def before_the_horizon(b: Builder) -> None:
    b.step("horizon", **{"from": 0})


@accepted("define")
def a_timed_definition(b: Builder) -> None:
    b.step("define", name="z", poly=b("x") - b("x", "t-1") + b.E(b("g")), **{"from": 1})
    assert b.terms.atoms["z"] == (True, True, True, 1)


@accepted("define")
def a_number_defined(b: Builder) -> None:
    b.step("define", name="z", poly=b.E(b.sum_i(b("x", "T"))), **{"from": 0})
    assert b.terms.atoms["z"] == (False, False, False, 0)


@accepted("inverse")
def an_inverse(b: Builder) -> None:
    b.step("inverse", b.fact(b("s"), ">", 1), name="z", poly=b("s"))
    assert b.terms.atoms["z"].first == 1


@accepted("root")
def a_fourth_root(b: Builder) -> None:
    b.step("root", b.step("clock", **{"from": 0}), name="z", poly=b("idx"), degree=4)


@accepted("sign")
def an_inverse_is_positive(b: Builder) -> None:
    b.step("inverse", b.fact(b("a"), ">"), name="z", poly=b("a"))
    k = b.step("sign", name="z")
    assert b.proved[k].relation == ">"


@accepted("sign")
def a_root_is_nonnegative(b: Builder) -> None:
    b.step("root", b.fact(b("a")), name="z", poly=b("a"), degree=2)
    b.step("sign", name="z")


@accepted("logarithm")
def a_logarithm(b: Builder) -> None:
    b.step("logarithm", b.fact(b("s"), ">", 1), name="z", poly=b("s"))
    assert b.terms.atoms["z"] == (True, False, True, 1)


@accepted("log_tangent")
def the_logarithm_below_its_tangent(b: Builder) -> None:
    b.step("logarithm", b.fact(b("s"), ">"), name="z", poly=b("s"))
    b.step("log_tangent", x="z", x_time="t", y="z", y_time="t-1", **{"from": 1})
    s, earlier = b("s"), b("s", "t-1")
    assert b.last().poly == (s * (b("z") - b("z", "t-1")) - s + earlier).poly


@accepted("log_tangent")
def the_tangent_at_a_number(b: Builder) -> None:
    b.step("logarithm", b.fact(b("s"), ">"), name="z", poly=b("s"))
    b.step("logarithm", b.fact(b("a"), ">"), name="w", poly=b("a"))
    b.step("log_tangent", x="w", x_time="t", y="z", y_time="T", **{"from": 0})
    assert b.last().poly == (b("a") * (b("w") - b("z", "T")) - b("a") + b("s", "T")).poly


@accepted("minimum")
def a_minimum(b: Builder) -> None:
    b.step("minimum", name="z", poly=b.E(b("s", "t-1")) + b("c"))


@accepted("point")
def a_point(b: Builder) -> None:
    b.step("point", x="y", f="fy", gradient="gy")
    b.assumptions = ["smooth"]
    b.step("descent", x="x", x_time="t-1", y="y", y_time="t", **{"from": 1})


@accepted("lower_bound")
def a_lower_bound(b: Builder) -> None:
    b.assumptions = ["lower_bounded"]
    b.step("lower_bound", x="x", x_time="T", **{"from": 0})
    assert b.last().poly == (b("f", "T") - b("f_inf")).poly


@accepted("lipschitz")
def a_lipschitz_gradient(b: Builder) -> None:
    b.assumptions = ["smooth"]
    b.step("lipschitz", x="x", x_time="t-1", y="x", y_time="t", **{"from": 1})
    move, change = b("x") - b("x", "t-1"), b("gradient") - b("gradient", "t-1")
    assert b.last().poly == (b("L") ** 2 * b.sum_i(move**2) - b.sum_i(change**2)).poly


@accepted("descent")
def the_descent_lemma(b: Builder) -> None:
    b.assumptions = ["smooth"]
    b.step("descent", x="x", x_time="t-1", y="x", y_time="t", **{"from": 1})
    move = b("x") - b("x", "t-1")
    twice = 2 * (b("f", "t-1") + b.sum_i(b("gradient", "t-1") * move) - b("f")) + b("L") * b.sum_i(move**2)
    assert (b.last() * 2).poly == twice.poly


@accepted("expectation")
def pull_out_of_an_expectation(b: Builder) -> None:
    s, g = b("s", "t-1"), b("g")
    p = b.fact(s * g**2 - 1, start=1)
    b.step("expectation", p, *b.integrable(s * g**2, g**2, start=1), level="t-1")
    assert b.last().poly == (s * b.E(g**2, "t-1") - 1).poly


@accepted("expectation")
def tower_inside_an_expectation(b: Builder) -> None:
    inner = b.E(b("s", "t+1"), "t")
    b.step("expectation", b.fact(inner), *b.integrable(inner, b("s", "t+1")), level="")
    assert b.last().poly == b.E(b("s", "t+1")).poly


@accepted("expectation")
def an_expectation_goes_into_a_sum(b: Builder) -> None:
    p = b.fact(b.sum_i(b("x") * b("g")) * b("s"))
    b.step("expectation", p, *b.integrable(b("x") * b("g") * b("s")), level="")
    assert b.last().poly == b.sum_i(b.E(b("x") * b("g") * b("s"))).poly


@accepted("tower")
def unbiasedness_under_a_weight(b: Builder) -> None:
    y, x = b("x", "t-1") * b("s", "t-1"), b("g")
    given = b.integrable(y * x, x, start=1)
    b.step("tower", *given, y=y, x=x, level="t-1", outer="", **{"from": 1})
    assert b.last().poly == (b.E(y * x) - b.E(y * b.E(x, "t-1"))).poly


@accepted("integrable_conditional")
def a_conditional_expectation_is_integrable(b: Builder) -> None:
    y, x = b("s", "t-1"), b("g")
    b.step("integrable_conditional", *b.integrable(y * x, x, start=1), y=y, x=x, level="t-1")


@accepted("dominated")
def a_dominated_product(b: Builder) -> None:
    m, u = b("x") * b("g"), b("x") ** 2 + b("g") ** 2
    bounds = [
        b.combine(("1/2", [], [b("x") + sign * b("g")]), ("1/2", [], [b(v)])) for sign, v in ((-1, "x"), (1, "g"))
    ]
    assert all(set(b.proved[k].poly) == set((u + m).poly) for k in bounds)
    b.step("dominated", *bounds, *b.integrable(b("x") ** 2, b("g") ** 2), monomial=m)


@accepted("dominated_induction")
def an_integrable_recursion(b: Builder) -> None:
    previous, new = b("s", "t-1"), b("s", "t")
    base = b.fact(b("s", "0"), "integrable")
    upper = b.fact(b("a") * previous + b("f") - new, start=1)
    lower = b.fact(b("f") + new, start=1)
    b.step("dominated_induction", base, upper, lower, *b.integrable(b("f")), monomial=new)


@accepted("holder")
def jensen(b: Builder) -> None:
    q, one, u = b("s") ** 2, b.number(1), b("s")
    zero, square, unit = b.combine(start=1), b.combine((1, [], [u])), b.combine((1, [], []))
    given = b.integrable(q, u, start=1)
    b.step("holder", zero, square, unit, *given, q=q, z=one, u=u, a=1, b=1, over="E", level="t-1", range=0)


@accepted("holder")
def cauchy_schwarz_over_coordinates(b: Builder) -> None:
    q, z, u = b("x") ** 2, b("g") ** 2, b("x") * b("g")
    facts = b.combine(equations=[]), b.combine((1, [], [b("x")])), b.combine((1, [], [b("g")]))
    b.step("holder", *facts, q=q, z=z, u=u, a=1, b=1, over="sum_i", level="", range=0)
    assert b.last().poly == (b.sum_i(q) * b.sum_i(z) - b.sum_i(u) ** 2).poly


@accepted("holder")
def holder_over_steps(b: Builder) -> None:
    q, z, u = b("c"), b("k"), b("c", "t-1")
    facts = b.fact(q**2 * z - u**3, start=1), b.fact(q), b.fact(z)
    b.step("holder", *facts, q=q, z=z, u=u, a=2, b=1, over="sum_t", level="", range=1)
    assert b.last().poly == (b.sum_t(q) ** 2 * b.sum_t(z) - b.sum_t(u) ** 3).poly


@accepted("sum_coordinates")
def a_sum_over_coordinates(b: Builder) -> None:
    b.step("sum_coordinates", b.fact(b("s") * b("x") - 1, ">"))
    assert b.last().poly == (b("s") * b.sum_i(b("x")) - b.sum_i(b.number(1))).poly


@accepted("single_coordinate")
def one_coordinate_of_a_sum(b: Builder) -> None:
    b.step("single_coordinate", b.fact(b("x") ** 2))


@accepted("sum_steps")
def a_sum_over_steps(b: Builder) -> None:
    k = b.step("sum_steps", b.fact(b("c") - b("a"), ">", 1), **{"from": 1})
    assert b.last().poly == (b.sum_t(b("c")) - b("idx", "T") * b("a")).poly
    assert b.proved[k].relation == ">="


@accepted("sum_steps")
def a_bounded_fact_summed(b: Builder) -> None:
    b.step("sum_steps", b.step("horizon", **{"from": 0}), **{"from": 2})


@accepted("telescope")
def a_telescope(b: Builder) -> None:
    b.step("telescope", poly=b("c") * b("a"), **{"from": 1})
    sums = b.sum_t(b("c") * b("a")) - b.sum_t(b("c", "t-1") * b("a"))
    assert b.last().poly == (sums - b("c", "T") * b("a") + b("c", "0") * b("a")).poly


@accepted("first_term")
def the_first_term_of_a_sum(b: Builder) -> None:
    b.step("first_term", poly=b("c") * b("idx"), **{"from": 1})
    assert b.last().poly == (b.sum_t(b("c") * b("idx")) - b.sum_t(b("c") * b("idx"), 2) - b("c", "1")).poly


@accepted("combination")
def one_strict_term_is_enough(b: Builder) -> None:
    k = b.combine((1, [b.fact(b("a"), ">")], []), (1, [b.fact(b("b"))], []))
    assert b.proved[k].relation == ">"


@accepted("weaken")
def integrable_from_later_on(b: Builder) -> None:
    b.step("weaken", b.fact(b("s"), "integrable"), **{"from": 1}, relation="integrable")


@accepted("instantiate")
def a_bounded_fact_at_an_earlier_time(b: Builder) -> None:
    k = b.step("instantiate", b.step("horizon", **{"from": 0}), time="t-1")
    assert b.proved[k][:2] == (1, True)


@accepted("define")
def a_definition_from_the_start(b: Builder) -> None:
    b.step("define", name="z", poly=b("s") * b("s", "0") * b.sum_i(b("x") * b("x", "0")), **{"from": 0})


@accepted("tower")
def a_tower_between_two_levels(b: Builder) -> None:
    y, x = b("s", "t-1"), b("g")
    b.step("tower", *b.integrable(y * x, x, start=2), y=y, x=x, level="t-1", outer="t-2", **{"from": 2})
    assert b.last().poly == (b.E(y * x, "t-2") - b.E(y * b.E(x, "t-1"), "t-2")).poly


@accepted("tower")
def a_tower_with_a_sum_in_the_weight(b: Builder) -> None:
    y, x, w = b.sum_i(b("y", "t-1")), b("s"), b("y", "t-1")
    b.step("tower", *b.integrable(w * x, x, start=1), y=y, x=x, level="t-1", outer="", **{"from": 1})
    assert b.last().poly == b.sum_i(b.E(w * x) - b.E(w * b.E(x, "t-1"))).poly


@accepted("integrable_conditional")
def a_conditional_expectation_with_a_sum_in_the_weight(b: Builder) -> None:
    y, x, w = b.sum_i(b("y", "t-1")), b("s"), b("y", "t-1")
    b.step("integrable_conditional", *b.integrable(w * x, x, start=1), y=y, x=x, level="t-1")
    assert b.last().poly == (w * b.E(x, "t-1")).poly


@accepted("dominated")
def the_square_of_a_sum(b: Builder) -> None:
    m = b.sum_i(b("x")) ** 2
    b.step(
        "dominated", b.fact(b("s") - m), b.combine((1, [], [b.sum_i(b("x"))])), b.fact(b("s"), "integrable"), monomial=m
    )
    assert b.last().poly == m.poly


@accepted("instantiate")
def at_a_later_time(b: Builder) -> None:
    k = b.step("instantiate", b.fact(b("s"), start=3), time="t+1")
    assert b.proved[k].start == 2
