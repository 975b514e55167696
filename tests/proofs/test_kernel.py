"""The kernel's terms and their normal form, and what a proof and a statement must be."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import fmpq
from native import Reader
from trees import BeyondTree
from worlds import FALSE, PLAIN, World, a, b, c, d, f, f_inf, grad, k, poly_of, r, w, x, y

from proofs import terms
from proofs.builder import kernel_atom, polynomial
from proofs.certificate import write_poly
from proofs.kernel import Definition, Judgment, Proof, Statement
from proofs.terms import IDX, Atom, KernelError, Poly
from theory.expressions import E, Expression, T, idx, lift, sum_i, sum_t, t


def same(left: Expression | int, right: Expression | int) -> bool:
    """Both have one normal form."""
    return poly_of(left) == poly_of(right)


SAME: dict[str, tuple[Expression, Expression | int]] = {
    "products are collected": (x(t) * (x(t) + 2 * y(t)) - x(t) ** 2, 2 * y(t) * x(t)),
    "what cancels vanishes": ((a + b) ** 2 - a**2 - 2 * a * b - b**2, 0),
    "the step number at t + k": (idx(t + 2) - idx(t - 1), 3),
    "the step number at T + k": (idx(T - 1), idx(T) - 1),
    "the step number at a time": (idx(5) * a, 5 * a),
    "sum_i is linear": (sum_i(a * x(t) - 2 * y(t)), a * sum_i(x(t)) - 2 * sum_i(y(t))),
    "what has no i leaves sum_i": (sum_i(r(t) * w * sum_i(x(t))), r(t) * sum_i(x(t)) * sum_i(w)),
    "a sum of ones stays": (sum_i(3 * a), 3 * a * sum_i(1)),
    "E keeps numbers": (E(a * c(t) * E(x(t))), a * c(t) * E(x(t))),
    "E is linear": (E(a * r(t) - r(t - 1) + 1), a * E(r(t)) - E(r(t - 1)) + 1),
    "what is known leaves E": (E(x(t - 1) * y(t), given=t - 1), x(t - 1) * E(y(t), given=t - 1)),
    "what is known at the time itself": (E(x(t) ** 2, given=t), x(t) ** 2),
    "what is not known stays": (E(x(t) * x(t - 1) * a, given=t - 2), a * E(x(t) * x(t - 1), given=t - 2)),
    "the start is known always": (E(x(0) * y(t + 1), given=t), x(0) * E(y(t + 1), given=t)),
    "tower": (E(E(x(t), given=t - 1)), E(x(t))),
    "tower, both conditional": (E(E(x(t), given=t - 1), given=t - 2), E(x(t), given=t - 2)),
    "tower in the other order": (E(E(x(t), given=t - 2), given=t - 1), E(x(t), given=t - 2)),
    "a tower under a weight stays": (
        E(y(t - 1) * E(x(t), given=t - 1) * a, given=t - 2),
        a * E(y(t - 1) * E(x(t), given=t - 1), given=t - 2),
    ),
    "E goes into a sum": (E(r(t) * sum_i(x(t) * y(t))), sum_i(E(r(t) * x(t) * y(t)))),
    "E goes into a sum and pulls out there": (
        E(sum_i(x(t - 1) * y(t)), given=t - 1),
        sum_i(x(t - 1) * E(y(t), given=t - 1)),
    ),
    "sum_t is linear": (sum_t(1, a * c(t) - k(t)), a * sum_t(1, c(t)) - sum_t(1, k(t))),
    "constants are counted": (sum_t(2, a), (idx(T) - 1) * a),
    "from 0 there are T + 1": (sum_t(0, 1), idx(T) + 1),
    "the summed step number": (sum_t(1, idx(t) * E(r(T))), sum_t(1, idx(t)) * E(r(T))),
}


@pytest.mark.parametrize("name", SAME)
def test_normal_form(name: str) -> None:
    assert same(*SAME[name])


DIFFERENT: dict[str, tuple[Expression, Expression]] = {
    "a present gradient stays inside": (E(x(t), given=t - 1), x(t)),
    "a coordinate is not a sum": (sum_i(x(t)), x(t)),
    "sums of products": (sum_i(x(t) * y(t)), sum_i(x(t)) * sum_i(y(t))),
    "means of products": (E(x(t) * y(t)), E(x(t)) * E(y(t))),
    "E stays outside of two sums": (E(sum_i(x(t)) * sum_i(y(t))), sum_i(E(x(t) * sum_i(y(t))))),
    "E stays outside of a squared sum": (E(sum_i(x(t)) ** 2), sum_i(E(x(t) ** 2))),
    "a sum begins somewhere": (sum_t(1, c(t)), sum_t(2, c(t))),
    "a factor with t stays under the sum": (sum_t(1, c(t) * k(t)), c(t) * sum_t(1, k(t))),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_is_not_one(name: str) -> None:
    assert not same(*DIFFERENT[name])


REFUSED = {
    "mixes times": [E(r(t) * r(T)), E(r(2) * r(t)), E(r(t), given=T), E(r(t), given=3), E(r(t), given=0)],
    "deterministic body": [sum_t(1, r(t)), sum_t(1, E(r(t), given=t - 1))],
    "without free i": [sum_t(1, d(t)), sum_t(1, E(x(t)))],
    "begins at 0, 1 or 2": [sum_t(3, c(t))],
    "an exponent exceeds 64": [a**65, (a**33) ** 2],
}


@pytest.mark.parametrize(("message", "expression"), [(m, e) for m, es in REFUSED.items() for e in es], ids=str)
def test_terms_that_are_refused(message: str, expression: Expression) -> None:
    with pytest.raises(KernelError, match=message):
        polynomial(expression)


def test_an_atom_has_a_time_if_and_only_if_it_is_timed() -> None:
    with pytest.raises(KernelError, match="timed"):
        terms.atom(kernel_atom(a), ("t", 0))
    with pytest.raises(KernelError, match="timed"):
        terms.atom(kernel_atom(x))


@pytest.mark.parametrize(
    ("expression", "time", "result"),
    [
        (E(x(t) * y(t - 1), given=t - 2), ("t", 2), E(x(t + 2) * y(t + 1), given=t)),
        (r(t) * x(t - 1) + idx(t), ("", 3), r(3) * x(2) + 3),
        (sum_t(1, c(t)) * c(t), ("T", -1), sum_t(1, c(t)) * c(T - 1)),
        (sum_i(E(x(t - 1)) * y(0)), ("", 1), sum_i(E(x(0)) * y(0))),
        (E(r(0) * r(t)), ("", 0), E(r(0) ** 2)),
    ],
)
def test_substitution(expression: Expression, time: terms.Time, result: Expression) -> None:
    assert terms.substitute(poly_of(expression), time) == poly_of(result)


def test_substitution_before_zero_is_refused() -> None:
    with pytest.raises(KernelError, match="negative time"):
        terms.substitute(poly_of(x(t - 2)), ("", 1))


def random_polys(seed: int) -> tuple[World, Poly, Poly]:
    world = World(seed)
    return world, world.timed(True), world.sum_of_terms(True)


def rebuilt(p: Poly) -> Poly:
    """What the constructors make of the text of a polynomial."""
    atoms = {"idx": IDX} | {z.name: kernel_atom(z) for z in PLAIN}
    return Reader(atoms).poly(write_poly(p))


@pytest.mark.parametrize("seed", range(40))
def test_rebuilding_changes_nothing(seed: int) -> None:
    _, p, q = random_polys(seed)
    for poly in (p, q, terms.mul(p, q), terms.substitute(p, ("t", 1)), terms.sum_i(p), terms.expectation((), p)):
        assert rebuilt(poly) == poly


@pytest.mark.parametrize("seed", range(40))
def test_the_algebra_is_a_commutative_ring(seed: int) -> None:
    world, p, q = random_polys(seed)
    s = world.sum_of_terms(True)
    assert terms.mul(p, q) == terms.mul(q, p)
    assert terms.mul(p, terms.add(q, s)) == terms.add(terms.mul(p, q), terms.mul(p, s))
    assert terms.mul(terms.mul(p, q), s) == terms.mul(p, terms.mul(q, s))
    assert terms.sub(terms.add(p, q), q) == p
    assert terms.power(p, 3) == terms.mul(p, terms.mul(p, p))
    assert terms.neg(p) == terms.mul(p, terms.constant(-1))


@pytest.mark.parametrize("seed", range(25))
def test_the_algebra_means_what_it_says(seed: int) -> None:
    """Sums, products, Σ_i and E of values are values of sums, products, Σ_i and E; on a tree, exactly."""
    world, p, q = random_polys(seed)
    model, time = world.model, 2
    value, other = model.evaluate(p, time), model.evaluate(q, time)
    assert np.array_equal(model.evaluate(terms.add(p, q), time), value + other)
    assert np.array_equal(model.evaluate(terms.mul(p, q), time), value * other)
    sums = np.broadcast_to(value.sum(axis=1, keepdims=True), model.shape)
    assert np.array_equal(model.evaluate(terms.sum_i(p), time), sums)
    for level, known in (((), None), (("t", 0), 2), (("t", -1), 1), (("t", -2), 0)):
        mean = model.tree.conditional(value, known)
        assert np.array_equal(model.evaluate(terms.expectation(level, p), time), mean)


@pytest.mark.parametrize("seed", range(25))
def test_substitution_commutes_with_evaluation(seed: int) -> None:
    world, p, _ = random_polys(seed)
    for time in range(1, world.model.tree.depth + 1):
        value = world.model.evaluate(p, time)
        assert np.array_equal(world.model.evaluate(terms.substitute(p, ("", time))), value)
        assert np.array_equal(world.model.evaluate(terms.substitute(p, ("t", -1)), time + 1), value) or time == 3
        shift = time - world.model.horizon
        assert np.array_equal(world.model.evaluate(terms.substitute(p, ("T", shift))), value)


@pytest.mark.parametrize("seed", range(25))
def test_substitutions_compose(seed: int) -> None:
    _, p, q = random_polys(seed)
    for first, second, both in (
        (("t", 2), ("t", -1), ("t", 1)),
        (("t", 1), ("", 4), ("", 5)),
        (("t", -1), ("T", 1), ("T", 0)),
    ):
        assert terms.substitute(terms.substitute(p, first), second) == terms.substitute(p, both)
        product = terms.mul(terms.substitute(p, both), terms.substitute(q, both))
        assert terms.substitute(terms.mul(p, q), both) == product


@pytest.mark.parametrize("seed", range(25))
def test_reduced_monomials_are_integrable_for_less(seed: int) -> None:
    """Reducing is idempotent, leaves nothing deterministic outside, and loses nothing but deterministic factors."""
    _, p, q = random_polys(seed)
    for monomial in terms.mul(p, q):
        m = terms.reduced(monomial)
        assert terms.reduced(m) == m
        assert not any(terms.deterministic(factor) for factor, _ in m)
        assert (m == ()) == all(terms.deterministic(factor) for factor, _ in monomial)


def test_measurable_means_constant_on_the_past() -> None:
    """A factor that is measurable at t − 1 is its own conditional expectation there, in every world."""
    seen = {True: 0, False: 0}
    for seed in range(60):
        world = World(seed)
        for monomial in world.sum_of_terms(True):
            for factor, _ in monomial:
                known = terms.measurable(factor, ("t", -1))
                seen[known] += 1
                value = world.model.factor(factor, 2)
                if known:
                    assert np.array_equal(world.model.tree.conditional(value, 1), value)
    assert min(seen.values()) >= 10


def test_the_evaluator_refuses_what_is_beyond_its_tree() -> None:
    world = World(0)
    with pytest.raises(BeyondTree):
        world.model.evaluate(poly_of(x(t)), 4)
    with pytest.raises(BeyondTree):
        world.model.evaluate(poly_of(x(t)))
    assert world.model.evaluate(poly_of(Fraction(1, 2) * lift(3)))[0, 0] == Fraction(3, 2)


# Proofs and statements


def proof_of(**changes: Any) -> Proof:
    atoms = tuple(sorted(map(kernel_atom, (a, x, f, grad, c)), key=lambda z: z.name))
    fields: dict[str, Any] = {
        "atoms": atoms,
        "points": (),
        "assumptions": (),
        "hypotheses": {},
        "definitions": {},
        "goal": FALSE,
    }
    return Proof(Statement(**{"name": "example", **fields, **changes}))


STATEMENTS: dict[str, dict[str, Any]] = {
    "a is already in use": {"atoms": (kernel_atom(a), kernel_atom(a))},
    "idx is already in use": {"atoms": (IDX,)},
    "an untimed atom is deterministic": {"atoms": (Atom("a", False, False, True, 0),)},
    "an atom's first time is >= 0": {"atoms": (Atom("a", True, False, True, -1),)},
    "unknown assumption": {"assumptions": ("differentiable",)},
    "lower_bounded needs an untimed f_inf": {"assumptions": ("lower_bounded",)},
    "three known atoms": {"points": (("x", "f", "f"),)},
    "a vector, a scalar and a vector": {"points": (("x", "grad", "f"),)},
    "random alike": {"points": (("x", "c", "grad"),)},
    "disjoint names": {"points": (("x", "f", "grad"), ("grad", "f", "x"))},
    "does not exist yet at -1": {"hypotheses": {"h": Judgment(0, False, ">=", poly_of(c(t - 1)))}},
    "is not in normal form": {"hypotheses": {"h": Judgment(3, False, ">=", poly_of(a))}},
    "y is not an atom here": {"hypotheses": {"h": Judgment(0, False, ">=", poly_of(y(t)))}},
    "in reduced form": {"hypotheses": {"h": Judgment(0, False, "integrable", poly_of(a * x(t)))}},
    "unknown kind of definition": {"definitions": {"z": Definition("choose", poly_of(a), 0, 0)}},
    "degree is >= 2 for a root": {"definitions": {"z": Definition("root", poly_of(a), 0, 1)}},
    "is not known at its time": {"definitions": {"z": Definition("define", poly_of(x(t + 1)), 0, 0)}},
    "and 0 for an untimed atom": {"definitions": {"z": Definition("define", poly_of(a), 2, 0)}},
    "without free t, i": {"goal": (">=", poly_of(c(t)))},
    "not a relation": {"goal": ("integrable", poly_of(a))},
}


@pytest.mark.parametrize("message", STATEMENTS)
def test_statements_that_are_refused(message: str) -> None:
    with pytest.raises(KernelError, match=message):
        proof_of(**STATEMENTS[message])


def test_an_error_names_the_step_its_text_and_its_rule() -> None:
    proof = proof_of()
    proof.apply("clock", [], {"from": 2})
    with pytest.raises(KernelError, match=r"^step 1 \(too early\), rule instantiate: the time may be before"):
        proof.apply("instantiate", [0], {"time": ("", 1)}, "too early")
    assert len(proof.steps) == 1
    with pytest.raises(KernelError, match="there is no rule 'obviously'"):
        proof.apply("obviously", [], {})
    for premises in ([1], [-1]):
        with pytest.raises(KernelError, match="not an earlier step"):
            proof.apply("weaken", premises, {"from": 0, "relation": ">="})
    with pytest.raises(KernelError, match="takes 1 premises, not 0"):
        proof.apply("sum_coordinates", [], {})


def test_the_goal_is_reached_by_the_last_step_alone() -> None:
    proof = proof_of(hypotheses={"h": Judgment(0, False, ">=", poly_of(a))}, goal=(">=", poly_of(2 * a)))
    assert not proof.reaches_goal()
    proof.apply("hypothesis", [], {"name": "h"})
    double = {"terms": [{"coefficient": "2", "premises": [0], "squares": []}], "equations": [], "from": 0}
    proof.apply("combination", [0], double)
    assert proof.reaches_goal()
    proof.apply("hypothesis", [], {"name": "h"})
    assert not proof.reaches_goal()


def test_a_conclusion_without_free_t_holds_from_the_start() -> None:
    proof = proof_of()
    proof.apply("combination", [], {"terms": [], "equations": [], "from": 7})
    assert proof.steps[0].conclusion == Judgment(0, False, "=", {})


def test_coefficients_are_exact() -> None:
    total = poly_of(0)
    for _ in range(10):
        total = terms.add(total, {(): fmpq(1, 10)})
    assert total == terms.ONE


@pytest.mark.parametrize("flag", ["-O", "-OO"])
def test_the_kernel_needs_no_assertions(flag: str) -> None:
    """Without assertions it still refuses −1 >= 0."""
    program = (
        "from proofs.kernel import Proof, Statement\n"
        "from proofs.terms import KernelError\n"
        "proof = Proof(Statement('example', (), (), (), {}, {}, ('>=', {})))\n"
        "proof.apply('clock', [], {'from': 2})\n"
        "try:\n    proof.apply('instantiate', [0], {'time': ('', 1)})\n"
        "except KernelError as error:\n    print(__debug__, error)\n"
    )
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, flag, "-c", program], cwd=root, capture_output=True, text=True, timeout=60)
    assert run.stdout.startswith("False step 1 (), rule instantiate: the time may be before")
    assert run.stderr == ""


def test_a_lower_bound_at_the_horizon() -> None:
    atoms = tuple(sorted(map(kernel_atom, (f_inf, x, f, grad)), key=lambda z: z.name))
    proof = proof_of(atoms=atoms, points=(("x", "f", "grad"),), assumptions=("lower_bounded",))
    proof.apply("lower_bound", [], {"x": "x", "x_time": ("T", 0), "from": 4})
    assert proof.steps[0].conclusion == Judgment(0, False, ">=", poly_of(f(T) - f_inf))
