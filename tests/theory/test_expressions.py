"""Expressions are plain data: exact constants, times, and nothing decided."""

from fractions import Fraction

import pytest

from theory import atoms as at
from theory.expressions import E, Relation, T, Time, idx, lift, sum_i, t


def test_times_print_as_certificates_write_them():
    assert [str(t), str(t - 1), str(t + 2), str(T), str(Time("", 3))] == ["t", "t-1", "t+2", "T", "3"]


def test_a_relation_is_data_and_not_a_truth_value():
    claim = at.alpha > 0
    assert isinstance(claim, Relation)
    assert claim.relation == ">"
    assert str((at.beta1 < 1).difference()[0]) == "(1 + -1 beta1)"


def test_floats_and_booleans_are_not_exact_numbers():
    for value in (0.1, True):
        with pytest.raises(TypeError, match="not an exact number"):
            lift(value)
    assert lift(Fraction(1, 10)).value == Fraction(1, 10)


def test_an_untimed_atom_has_no_time():
    with pytest.raises(TypeError, match="alpha has no time"):
        at.alpha(t)


def test_nested_functionals_print():
    assert str(E(sum_i(at.g(t) ** 2), given=t - 1) <= at.G**2) == "E[sum_i((g@t)^2) given t-1] <= (G)^2"
    assert str(idx(T) - 1) == "(idx@T + -1 1)"


def test_every_atom_of_every_statement_has_a_notation_and_a_meaning():
    from proofs.builder import symbols_of
    from theory.statements import STATEMENTS

    for statement in STATEMENTS.values():
        names = [x.name for x in symbols_of(statement)] + [d.symbol.name for d in statement.definitions]
        assert [n for n in names if n not in at.MEANING] == [], statement.name
