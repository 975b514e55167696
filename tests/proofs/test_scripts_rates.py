"""Clipping, the sums over steps, and the reading of A5 on which the clipped theorems stand."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest

from proofs.builder import Script
from proofs.scripts import SCRIPTS, step_sums
from proofs.terms import KernelError
from theory.algorithms import ADOPT_CLIPPED, hypotheses
from theory.assumptions import ASSUMPTIONS
from theory.expressions import At, Constant, Expression, Power, Product, Relation, Sum, Symbol
from theory.statements import statement

CLIPPED = [
    name
    for name in SCRIPTS
    if name.startswith("adopt_clipped") and "bounded_second_moment_conditional" in statement(name).assumptions
]


def test_there_are_clipped_theorems_on_the_conditional_reading():
    assert {"adopt_clipped", "adopt_clipped_schedule", "adopt_clipped_decaying"} <= set(CLIPPED)


@pytest.mark.parametrize("name", CLIPPED)
def test_the_unconditional_reading_of_A5_is_rejected_where_the_bias_needs_it(name):
    """The statement is false then; its script fails at the fourth moment of clipping's bias."""
    claimed = statement(name)
    others = [h for h in claimed.hypotheses if h.assumption != "bounded_second_moment_conditional"]
    weaker = replace(claimed, hypotheses=(*others, *ASSUMPTIONS["bounded_second_moment"].hypotheses))
    with pytest.raises(KernelError, match=r"The bias of clipping: E\[g_i² given F\]² ≤ G² E\[g_i² given F\]"):
        SCRIPTS[name](Script(weaker))


# Clipping as polynomial hypotheses


def numeric(e: Expression, values: dict[str, Fraction]) -> Fraction:
    match e:
        case Constant(c):
            return c
        case Symbol(name) | At(Symbol(name)):
            return values[name]
        case Sum(terms):
            return sum((numeric(x, values) for x in terms), Fraction(0))
        case Product(factors):
            result = Fraction(1)
            for x in factors:
                result *= numeric(x, values)
            return result
        case Power(base, exponent):
            return numeric(base, values) ** exponent
    raise TypeError(e)


def holds(claim: Relation, values: dict[str, Fraction]) -> bool:
    left, right = numeric(claim.left, values), numeric(claim.right, values)
    return left <= right if claim.relation == "<=" else left >= right


def test_the_hypotheses_of_clipping_hold_for_clip_and_for_nothing_else():
    clip = [h.claim for h in hypotheses(ADOPT_CLIPPED) if h.name.startswith("clip_")]
    assert len(clip) == 4
    random = Random(3)
    for _ in range(400):
        u, c = Fraction(random.randint(-40, 40), 7), Fraction(random.randint(1, 20), 7)
        clipped = min(max(u, -c), c)
        for a in (clipped, u, c, -c, Fraction(0), Fraction(random.randint(-40, 40), 7)):
            assert all(holds(x, {"u": u, "a": a, "c": c}) for x in clip) == (a == clipped)


# The sums over steps


def test_the_potential_bounds_each_squared_difference_and_the_series():
    """(1/√(t−1) − 1/√t)² <= h_{t−1} − h_t with h_t = 3/(24t²+2) from t = 3, not at t = 2; with t = 2 it gives 0.1164."""
    h = [3 / (24 * t * t + 2) for t in range(2000)]
    gaps = {t: h[t - 1] - h[t] - ((t - 1) ** -0.5 - t**-0.5) ** 2 for t in range(2, 2000)}
    assert gaps[2] < 0 < min(gaps[t] for t in range(3, 200))
    series = sum((p**-0.5 - q**-0.5) ** 2 for p, q in pairwise(range(1, 10**5)))
    assert 0.1163 < series < 0.11638 < (1 - 2**-0.5) ** 2 + h[2] < float(step_sums.DIFFERENCES) == 0.1164


def test_a_smaller_constant_for_the_series_is_rejected(monkeypatch):
    monkeypatch.setattr(step_sums, "DIFFERENCES", Fraction(1163, 10**4))
    x = Script(statement("adopt_decaying"))
    with pytest.raises(KernelError, match="no nonnegative combination"):
        step_sums.sum_of_squared_differences(x, step_sums.roots(x))


def test_the_sums_are_proved_from_the_schedule_alone():
    x = Script(statement("adopt_decaying"))
    steps = step_sums.step_sizes(x, step_sums.roots(x))
    lines = [step_sums.sum_of_squares(x, steps.schedule), step_sums.sum_of_differences(x, steps)]
    used = {s.arguments["name"] for s in x.proof.steps if s.rule == "hypothesis"}
    assert used == {"alpha0_positive", "step_size_nonnegative", "step_size_schedule"}
    assert all(line.judgment.relation == ">=" for line in lines)
