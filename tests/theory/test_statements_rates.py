"""Relations between the bounds: sharper forms are sharper, best forms are best, limits are what they should be."""

from fractions import Fraction

import pytest
import sympy

from theory.bounds import SYMBOLS
from theory.numbers import evaluate
from theory.statements import rmsprop, statement

POINTS = [
    {"Delta": 2, "L": 3, "G": 4, "eps": 3, "beta1": Fraction(9, 10), "alpha": Fraction(1, 50), "T": T}
    | {"alpha0": Fraction(1, 3), "c": 2, "c0": Fraction(1, 2), "beta2": Fraction(99, 100), "D": 5}
    for T in (1, 2, 7, 1000)
]


def value(name, point, **changes):
    return evaluate(statement(name).bound(), point | changes)


@pytest.mark.parametrize("point", POINTS, ids=lambda p: f"T={p['T']}")
@pytest.mark.parametrize(
    ("sharper", "weaker"),
    [
        ("adopt_finite_horizon", "adopt_average"),
        ("adopt_average", "adopt_elementwise"),
        ("adopt_clipped_sharp", "adopt_clipped"),
        ("adopt_decaying", "adopt_decaying_algorithm_1"),
        ("rmsprop_decorrelated", "adopt_average"),
    ],
)
def test_a_sharper_form_is_sharper(sharper, weaker, point):
    assert value(sharper, point) < value(weaker, point)


@pytest.mark.parametrize("name", ["adopt", "adopt_finite_horizon", "adopt_sharp"])
def test_without_momentum_all_forms_are_the_same(name):
    without = statement(name).bound().subs(SYMBOLS["beta1"], 0)
    assert sympy.simplify(without - statement("rmsprop_decorrelated").bound()) == 0


def test_the_momentum_is_free_at_horizon_1_and_costs_kappa_in_the_long_run():
    sharp, plain = statement("adopt_finite_horizon").bound(), statement("adopt_average").bound()
    T = SYMBOLS["T"]
    decorrelated = statement("rmsprop_decorrelated").bound()
    assert sympy.simplify((sharp - decorrelated).subs(T, 1)) == 0
    numbers = {SYMBOLS[k]: v for k, v in {"Delta": 2, "L": 3, "G": 4, "eps": 3, "alpha": 1}.items()}
    gap = (plain - sharp).subs(numbers).subs(SYMBOLS["beta1"], sympy.Rational(9, 10))
    assert sympy.limit(gap, T, sympy.oo) == 0


def test_the_leading_term_of_the_sharp_form_is_free_of_beta1():
    """At α = α0/√T, √T times the bound tends to T4.1's at β1 = 0."""
    T, alpha = SYMBOLS["T"], SYMBOLS["alpha"]
    numbers = {SYMBOLS[k]: sympy.Rational(v) for k, v in {"Delta": 2, "L": 3, "G": 4, "eps": 4}.items()}
    alpha0 = sympy.Rational(1, 3)
    leading = {
        name: sympy.limit(
            sympy.sqrt(T)
            * statement(name).bound().subs(numbers | {SYMBOLS["beta1"]: beta1}).subs(alpha, alpha0 / sympy.sqrt(T)),
            T,
            sympy.oo,
        )
        for name, beta1 in (("adopt_sharp", sympy.Rational(9, 10)), ("rmsprop_decorrelated", 0))
    }
    assert sympy.simplify(leading["adopt_sharp"] - leading["rmsprop_decorrelated"]) == 0


def test_the_best_clipped_form_is_the_least_of_its_family():
    """(A + B/(4λ))/(1−λ), 0 < λ < 1: λ = ½ is `adopt_clipped`, and the least value is `adopt_clipped_sharp`."""
    point = POINTS[-1]
    numbers = {SYMBOLS[k]: sympy.Rational(str(Fraction(v))) for k, v in point.items()}
    S, B = 5, sympy.Rational(4**4, 16 * 3**3 * 2**2)
    A = sympy.sympify(statement("adopt").bound().subs(numbers)) / S
    family = [(A + B / (4 * weight)) / (1 - weight) * S for weight in (sympy.Rational(k, 100) for k in range(1, 100))]
    assert family[49] == statement("adopt_clipped").bound().subs(numbers)
    best = float(statement("adopt_clipped_sharp").bound().subs(numbers))
    assert best <= min(map(float, family)) <= best * (1 + 1e-3)


@pytest.mark.parametrize("T", [1, 2, 3, 100, 10**6])
def test_the_prefactor_is_better_than_both_of_the_notes(T):
    """2√(T+1)+1−2√2 >= max(√T, 2√(T+1)−2)."""
    ours = 2 * (T + 1) ** 0.5 + 1 - 2 * 2**0.5
    assert ours >= max(T**0.5, 2 * (T + 1) ** 0.5 - 2) - 1e-12
    assert ours <= sum(k**-0.5 for k in range(1, min(T, 10**4) + 1)) + 1e-9 or T > 10**4


# RMSprop


def test_theorem_3_1_is_written_with_one_logarithm():
    ours, textbook = rmsprop.bound(), rmsprop.textbook_bound()
    for point in POINTS:
        point = {k: v for k, v in point.items() if k in statement("rmsprop").parameters}
        assert evaluate(ours, point) == pytest.approx(evaluate(textbook, point), rel=1e-13)


def test_theorem_3_1_does_not_vanish_and_is_vacuous_for_small_beta2():
    for D in (1, 3):
        edge = rmsprop.least_informative_beta2(D)
        for beta2 in (Fraction(1, 10), Fraction(1, 2), edge):
            # the choice of α and T that favours the bound: no gap, tiny steps, a long run
            point = {"Delta": Fraction(1, 10**9), "L": 1, "G": 2, "eps": Fraction(1, 10**6), "beta2": beta2, "D": D}
            best = evaluate(rmsprop.bound(), point | {"alpha": Fraction(1, 10**3), "T": 10**5})
            floor = evaluate(rmsprop.floor(), {"G": 2, "beta2": beta2, "D": D})
            assert best >= floor >= 2**2


def test_theorem_3_1_can_be_informative_close_to_beta2_1():
    point = {"Delta": 1, "L": 1, "G": 1, "eps": Fraction(1, 10), "beta2": 1 - Fraction(1, 10**4), "D": 1, "T": 10**8}
    assert evaluate(rmsprop.bound(), point | {"alpha": Fraction(1, 10**5)}) < 1
