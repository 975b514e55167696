"""The rules about integrability, on an infinite space where integrability is decided exactly (`geometric`).

`integrable(m)` is true there if every value of m is; facts are checked at 961 outcomes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import native
import pytest
from geometric import Exponential, NoMean, constantly, geometric_model, lift, power
from trees import BeyondTree, Model
from worlds import FALSE, a, c, poly_of, r, x, y

from proofs import certificate, terms
from proofs.builder import kernel_atom
from proofs.kernel import Judgment, Proof, Statement, Step
from proofs.terms import KernelError
from proofs.verifier import WrongCertificate, verify
from theory.expressions import E, Expression, Symbol, sum_i, t

s = Symbol("s", timed=True, random=True)
ATOMS = tuple(sorted(map(kernel_atom, (a, c, r, s, x, y)), key=lambda z: z.name))
ONE = power(1)


def true_in(model: Model, judgment: Judgment) -> bool:
    for time in range(judgment.lo, model.tree.depth + 1):
        try:
            values = [lift(z) for z in model.evaluate(judgment.poly, time).ravel().tolist()]
        except BeyondTree:
            continue
        except NoMean:
            return False
        good = [z.integrable if judgment.relation == "integrable" else z.nonnegative() for z in values]
        if judgment.relation == "=":
            good = [not z.terms for z in values]
        if not all(good):
            return False
    return True


def integrable(p: Expression, lo: int = 0) -> Judgment:
    return Judgment(0 if terms.is_closed(poly_of(p)) else lo, False, "integrable", poly_of(p))


def at_least_zero(p: Expression | int, lo: int = 0) -> Judgment:
    return Judgment(0 if terms.is_closed(poly_of(p)) else lo, False, ">=", poly_of(p))


def apply(rule: str, premises: list[Judgment], arguments: dict[str, Any]) -> Proof:
    """The rule applied in the kernel to hypotheses."""
    hypotheses = {f"n{k}": judgment for k, judgment in enumerate(premises)}
    proof = Proof(Statement("example", ATOMS, (), (), hypotheses, {}, FALSE))
    for name in hypotheses:
        proof.apply("hypothesis", [], {"name": name})
    if rule:
        proof.apply(rule, list(range(len(premises))), arguments)
    return proof


def written(proof: Proof, *more: Step) -> dict[str, Any]:
    return {
        "format": "adopt-cert/1",
        "statement": certificate.write_statement(proof.statement),
        "statement_sha256": certificate.statement_sha256(proof.statement),
        "steps": [certificate.write_step(step) for step in [*proof.steps, *more]],
        "notes": {},
    }


BASES = [Fraction(n, d) for n in (-5, -3, -2, -1, 1, 2, 3, 5) for d in (2, 3)]


def dominated(random: Random, model: Model) -> tuple[list[Judgment], dict[str, Any]]:
    """|x·y| <= (x² + y²)/2."""
    for name in ("x", "y"):
        constantly(model, name, power(1), power(random.choice(BASES), random.choice(BASES)))
    m = x(t) * y(t)
    half = Fraction(1, 2)
    bounds = [at_least_zero(half * x(t) ** 2 + half * y(t) ** 2 - sign * m) for sign in (1, -1)]
    return [*bounds, integrable(x(t) ** 2), integrable(y(t) ** 2)], {"monomial": poly_of(m)}


def dominated_induction(random: Random, model: Model) -> tuple[list[Judgment], dict[str, Any]]:
    """0 <= r(t) <= r(t−1) + s(t)²: a recursion driven by s."""
    driver = power(random.choice(BASES), random.choice(BASES))
    start = power(abs(random.choice(BASES)))
    values = [start]
    for _ in range(model.tree.depth):
        values.append(values[-1] + driver**2)
    constantly(model, "r", *values)
    constantly(model, "s", ONE, driver)
    bounds = [at_least_zero(r(t - 1) + s(t) ** 2 - r(t), 1), at_least_zero(r(t), 1)]
    return [integrable(r(0)), *bounds, integrable(s(t) ** 2, 1)], {"monomial": poly_of(r(t))}


def integrable_conditional(random: Random, model: Model) -> tuple[list[Judgment], dict[str, Any]]:
    """y(t−1)·E[x(t) given F_{t−1}]."""
    constantly(model, "y", power(random.choice(BASES)))
    constantly(model, "x", power(1), power(random.choice(BASES), random.choice(BASES)))
    left, right = y(t - 1), x(t)
    premises = [integrable(left * right, 1), integrable(right, 1)]
    return premises, {"y": poly_of(left), "x": poly_of(right), "level": ("t", -1)}


@pytest.mark.parametrize("instance", [dominated, dominated_induction, integrable_conditional])
def test_what_is_concluded_is_integrable(instance: Callable[..., tuple[list[Judgment], dict[str, Any]]]) -> None:
    """In random models: where the premises are true the conclusion is; where it is false so is a premise."""
    random, counts = Random(1), {True: 0, False: 0}
    for _ in range(60):
        model = geometric_model()
        for atom in ATOMS:
            if atom.timed:
                constantly(model, atom.name, ONE)
        premises, arguments = instance(random, model)
        proof = apply(instance.__name__, premises, arguments)
        concluded = true_in(model, proof.steps[-1].conclusion)
        counts[concluded] += 1
        assert concluded or not all(true_in(model, p) for p in premises)
        with pytest.raises(WrongCertificate, match="the last, concludes"):
            verify(json.dumps(written(proof)))
    assert min(counts.values()) >= 5  # models of both kinds were tried


Case = tuple[list[Judgment], dict[str, Any], Judgment]
WILD = power(3)  # 3^j has no mean


def a_lower_bound_alone(model: Model) -> Case:
    """r >= 0 does not make r integrable: the upper bound would have to be integrable too."""
    constantly(model, "r", WILD)
    premises = [at_least_zero(2 * r(t) - r(t)), at_least_zero(r(t))]
    return premises, {"monomial": poly_of(r(t))}, integrable(r(t))


def zero_times_something_wild(model: Model) -> Case:
    """c·r = 0 is integrable for c = 0; r is not. The reduced form would drop c."""
    constantly(model, "r", WILD)
    constantly(model, "c", lift(0))
    premises = [at_least_zero(-c(t) * r(t)), at_least_zero(c(t) * r(t))]
    return premises, {"monomial": poly_of(c(t) * r(t))}, integrable(r(t))


def a_sum_that_cancels(model: Model) -> Case:
    """Σ x_i = 0 does not make x_i integrable."""
    constantly(model, "x", WILD)
    for time in range(model.tree.depth + 1):
        model.values["x", time][:, 1] = -1 * WILD
    m = sum_i(x(t))
    return [at_least_zero(-m), at_least_zero(m)], {"monomial": poly_of(m)}, integrable(x(t))


def a_wild_start(model: Model) -> Case:
    """r(t) = r(t−1), with no mean at the start."""
    constantly(model, "r", WILD)
    premises = [at_least_zero(r(t - 1) - r(t), 1), at_least_zero(r(t) - r(t - 1), 1)]
    return premises, {"monomial": poly_of(r(t))}, integrable(r(t))


def a_wild_weight(model: Model) -> Case:
    """x(t) has a mean, y(t−1)·x(t) none."""
    constantly(model, "x", ONE)
    constantly(model, "y", WILD)
    arguments = {"y": poly_of(y(t - 1)), "x": poly_of(x(t)), "level": ("t", -1)}
    return [integrable(x(t), 1)], arguments, integrable(y(t - 1) * E(x(t), given=t - 1), 1)


def a_conditional_mean_that_cancels(model: Model) -> Case:
    """Σ y_i = 0 does not make y_i·E[...] integrable."""
    constantly(model, "x", ONE)
    constantly(model, "y", WILD)
    for time in range(model.tree.depth + 1):
        model.values["y", time][:, 1] = -1 * WILD
    left, right = sum_i(y(t - 1)), sum_i(x(t)) * sum_i(x(t) * x(t))
    arguments = {"y": poly_of(left), "x": poly_of(right), "level": ("t", -1)}
    claim = integrable(y(t - 1) * E(right, given=t - 1), 1)
    return [integrable(left * right, 1), integrable(right, 1)], arguments, claim


def an_expectation_that_does_not_exist(model: Model) -> Case:
    constantly(model, "r", WILD)
    return [at_least_zero(r(t))], {"level": ()}, at_least_zero(E(r(t)))


def jensen_without_a_second_moment(model: Model) -> Case:
    constantly(model, "r", power(Fraction(3, 2)))
    facts = [at_least_zero(0), at_least_zero(r(t) ** 2), at_least_zero(1), integrable(r(t))]
    shape = {"a": 1, "b": 1, "over": "E", "level": (), "range": 0}
    arguments = {"q": poly_of(r(t) ** 2), "z": poly_of(1), "u": poly_of(r(t)), **shape}
    return facts, arguments, at_least_zero(E(r(t) ** 2) - E(r(t)) ** 2)


def a_tower_over_something_wild(model: Model) -> Case:
    """x(t) has no mean given F_{t−1}; the products of both have none."""
    constantly(model, "r", ONE)
    constantly(model, "x", ONE, power(1, 3))
    arguments = {"y": poly_of(r(t - 1)), "x": poly_of(x(t)), "level": ("t", -1), "outer": (), "from": 1}
    claim = poly_of(E(r(t - 1) * x(t)) - E(r(t - 1) * E(x(t), given=t - 1)))
    return [], arguments, Judgment(1, False, "=", claim)


def a_tower_whose_weights_cancel(model: Model) -> Case:
    """Σ y_i = 0: the mean of y_i·E[...] need not exist for any i, though that of their sum does."""
    premises, given, _ = a_conditional_mean_that_cancels(model)
    left, right = sum_i(y(t - 1)), sum_i(x(t)) * sum_i(x(t) * x(t))
    claim = poly_of(E(left * right) - E(left * E(right, given=t - 1)))
    return premises, given | {"outer": (), "from": 1}, Judgment(1, False, "=", claim)


CASES: dict[Callable[[Model], Case], tuple[str, str, str]] = {
    a_lower_bound_alone: ("dominated", "integrability is missing", "no premise says that"),
    zero_times_something_wild: ("dominated", "not in reduced form", "is not in reduced form"),
    a_sum_that_cancels: ("dominated", "not in reduced form", "is not in reduced form"),
    a_wild_start: ("dominated_induction", "the base is not m", "the base must say"),
    a_wild_weight: ("integrable_conditional", "integrability is missing", "no premise says that"),
    a_conditional_mean_that_cancels: ("integrable_conditional", "may cancel", "a sum over i would be opened"),
    a_tower_whose_weights_cancel: ("tower", "may cancel", "exchanged with a sum over i"),
    an_expectation_that_does_not_exist: ("expectation", "integrability is missing", "no premise says that"),
    jensen_without_a_second_moment: ("holder", "integrability is missing", "no premise says that"),
    a_tower_over_something_wild: ("tower", "integrability is missing", "no premise says that"),
}


@pytest.mark.parametrize("case", CASES, ids=lambda f: f.__name__)
def test_a_dropped_condition_makes_something_wild_integrable(case: Callable[[Model], Case]) -> None:
    model = geometric_model(2)
    constantly(model, "c", ONE)
    premises, arguments, claim = case(model)
    rule, kernel, verifier = CASES[case]
    assert all(true_in(model, p) for p in premises)
    assert not true_in(model, claim)
    with pytest.raises(KernelError, match=kernel):
        apply(rule, premises, arguments)
    step = Step(rule, list(range(len(premises))), arguments, claim, "")
    raw = written(apply("", premises, {}), step)
    with pytest.raises(WrongCertificate, match=rf"^step {len(premises)} \({rule}\): .*{verifier}"):
        verify(json.dumps(raw))
    with pytest.raises(KernelError, match=kernel):
        native.derive(raw)


def test_the_space_knows_its_means() -> None:
    assert power(Fraction(3, 2), Fraction(-1, 2)).given(None).terms == lift(Fraction(4, 5)).terms
    assert power(Fraction(3, 2), 1).given(0).terms == power(Fraction(3, 2)).terms
    assert not power(2).integrable
    assert not (power(3) + power(-3)).integrable
    assert (power(3) + power(3, 1, -1)).integrable
    with pytest.raises(NoMean):
        Exponential({(Fraction(2), Fraction(1)): Fraction(1)}).given(None)
