"""The bounds as formulas and as numbers."""

import math
from fractions import Fraction

import pytest
import sympy

from theory.bounds import SYMBOLS, expression, meaning
from theory.numbers import bound, evaluate, exact
from theory.statements import STATEMENTS, statement

POINT = {"Delta": 2, "L": 3, "G": 4, "eps": 3, "beta1": Fraction(1, 3), "T": 16, "alpha": Fraction(1, 10)}
"""G = 4, ε = 3 make √(G² + ε²) = 5 exact."""


def test_theorem_4_1_by_hand():
    # 5·[2/(1/10·16) + (1/10)·3·16·(4/3)/(2·9·(2/3))] = 5·[5/4 + 8/15] = 107/12
    value = evaluate(statement("adopt").bound(), POINT)
    assert value == pytest.approx(107 / 12, rel=1e-15)
    assert value >= 107 / 12


def test_algorithm_1_pays_one_more_term():
    # 5·(1/10)·3·16·(1/9)/(2·9·(4/9)·16) = 5/240
    difference = evaluate(statement("adopt_algorithm_1").bound(), POINT) - 107 / 12
    assert difference == pytest.approx(5 / 240, rel=1e-12)


def test_the_corollary_is_theorem_4_1_at_alpha0_over_sqrt_T():
    alpha, alpha0, T = SYMBOLS["alpha"], SYMBOLS["alpha0"], SYMBOLS["T"]
    substituted = statement("adopt").bound().subs(alpha, alpha0 / sympy.sqrt(T))
    assert sympy.simplify(substituted - statement("adopt_sqrt_horizon").bound()) == 0


def test_the_best_step_size_is_a_minimum():
    alpha = SYMBOLS["alpha"]
    t41 = statement("adopt")
    derivative = sympy.diff(t41.bound(), alpha).subs(alpha, t41.best_alpha())
    assert sympy.simplify(derivative) == 0
    given = {k: v for k, v in POINT.items() if k != "alpha"}
    best = bound(t41, given)
    for factor in (0.9, 1.1):
        assert bound(t41, given | {"alpha": factor * best["best_alpha"]})["value"] > best["value"]


def test_the_best_value_has_the_closed_form_of_the_theory():
    D, L, G, eps, b1, T = sympy.symbols("Delta L G eps beta1 T", positive=True)
    shared = {SYMBOLS[str(x)]: x for x in (D, L, G, eps, b1, T)}
    t41 = statement("adopt")
    value = t41.bound().subs(SYMBOLS["alpha"], t41.best_alpha()).subs(shared)
    S = sympy.sqrt(G**2 + eps**2)
    closed = S * G / eps * sympy.sqrt(2 * D * L * (1 + b1) / ((1 - b1) * T))
    point = {D: 2, L: 3, G: 4, eps: 3, b1: sympy.Rational(1, 3), T: 16}
    assert sympy.simplify((value / closed).subs(point)) == 1


def test_vacuity_begins_where_the_theory_says():
    """At the best step size the bound is below G² once T > 2ΔL(1+β1)(G²+ε²)/((1−β1)ε²G²)."""
    given = {"Delta": 1, "L": 1, "G": 1, "eps": 1, "beta1": "0.9"}
    threshold = 2 * 19 * 2
    assert bound(statement("adopt"), given | {"T": threshold + 1})["vacuous"] is False
    assert bound(statement("adopt"), given | {"T": threshold - 1})["vacuous"] is True


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_bound_survives_the_way_into_atoms_and_back(name):
    claimed = statement(name)
    definitions = {d.symbol.name: d for d in claimed.definitions}
    back = meaning(expression(claimed.bound(), claimed), definitions)
    assert sympy.simplify(back - claimed.bound()) == 0


def test_a_bound_outside_the_definitions_is_refused():
    with pytest.raises(ValueError, match="not written in the statement's definitions"):
        expression(SYMBOLS["G"] ** sympy.Rational(1, 3), statement("adopt"))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("beta1", "1", r"must be in \[0, 1\)"),
        ("beta2", "1.5", r"must be in \[0, 1\]"),
        ("eps", "0", "positive"),
        ("T", "0", "integers from 1"),
        ("T", "2.5", "integers from 1"),
        ("alpha", "-1", "positive"),
        ("G", "nan", "write a number"),
        ("G", "1e999999999", "write a number"),
        ("G", "one", "write a number"),
        ("G", math.inf, "write a number"),
    ],
)
def test_impossible_parameters_say_what_is_right(name, value, message):
    with pytest.raises(ValueError, match=message):
        exact(name, value)


def test_decimals_are_read_as_exact():
    assert exact("beta1", "0.9") == Fraction(9, 10)
    assert exact("alpha", "1e-3") == Fraction(1, 1000)
    assert exact("C", "19/10") == Fraction(19, 10)


def test_missing_and_unknown_parameters_are_named():
    with pytest.raises(ValueError, match="needs Delta, L, G"):
        bound(statement("adopt"), {"T": 10})
    with pytest.raises(ValueError, match="no parameter gamma"):
        bound(statement("adopt"), {"gamma": 1})
    with pytest.raises(ValueError, match="unknown theorem 'adpot'; known: adopt"):
        statement("adpot")
