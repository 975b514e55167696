"""Every script proves its statement, and the statement is the bound that `theory` writes in sympy."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from math import prod
from random import Random
from typing import Any

import native
import pytest
import sympy
from flint import arb, ctx, fmpq

from proofs import terms
from proofs.builder import ONE, Script, polynomial
from proofs.certificate import CERTIFICATES, certificate, compact, reached_steps, without_idle_steps
from proofs.check import notes_of
from proofs.kernel import Statement
from proofs.scripts import SCRIPTS, prove
from proofs.terms import Factor, Monomial, Poly
from proofs.verifier import verify
from theory.bounds import POWERS, SYMBOLS
from theory.expressions import lift
from theory.numbers import enclosure
from theory.statements import STATEMENTS, statement

NAMES = tuple(SCRIPTS)


@pytest.fixture(scope="module")
def scripts() -> dict[str, Script]:
    return {name: prove(name) for name in NAMES}


def test_every_statement_has_a_script() -> None:
    assert set(SCRIPTS) == set(STATEMENTS)


@pytest.mark.parametrize("name", NAMES)
def test_a_script_proves_its_statement(name: str, scripts: dict[str, Script]) -> None:
    proof = scripts[name].proof
    assert proof.reaches_goal()
    report = verify(compact(certificate(proof, {})))
    claimed = statement(name)
    assert set(report.hypotheses_used) == {h.name for h in claimed.hypotheses}
    assert set(report.assumptions_used) == set(claimed.objective)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_needed(name: str, scripts: dict[str, Script]) -> None:
    proof = scripts[name].proof
    assert reached_steps(proof) == set(range(len(proof.steps)))


def test_an_idle_step_is_left_out() -> None:
    script = Script(statement("sum_steps_times_falls"))
    script.show("idle", lift(2) >= 1, ONE)
    SCRIPTS["sum_steps_times_falls"](script)
    assert reached_steps(script.proof) == set(range(1, len(script.proof.steps)))
    assert without_idle_steps(script.proof).steps == prove("sum_steps_times_falls").proof.steps


@pytest.mark.parametrize("name", NAMES)
def test_the_certificate_on_file_is_the_scripts(name: str, scripts: dict[str, Script]) -> None:
    written = compact(certificate(scripts[name].proof, notes_of(name)))
    assert (CERTIFICATES / f"{name}.json").read_text(encoding="ascii") == written + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_certificate_reads_back_into_the_kernel(name: str, scripts: dict[str, Script]) -> None:
    proof = scripts[name].proof
    again = native.derive(json.loads(compact(certificate(proof, {}))))
    assert again.statement == proof.statement
    assert again.steps == proof.steps


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown theorem 'adam'; known: adopt"):
        prove("adam")


# The goal and the bound in sympy


def unfold(
    poly: Poly, claimed: Statement, number: Callable[[Any], Any], value: Callable[[str], Any], now: Any = None
) -> Any:
    """A polynomial at the step `now` in numbers, balls or sympy, definitions unfolded; `value` gives the parameters."""

    def factor(f: Factor) -> Any:
        if f == ("sum_i", ()):
            return value("D")
        if f[0] != "atom":
            raise TypeError(f"{f} is no parameter")
        _, name, time, _, _ = f
        step = time and step_number(*time)
        if name == "idx":
            return step
        if name in POWERS:
            return unfold_base(name) ** step
        definition = claimed.definitions.get(name)
        if definition is None or name == "Delta":  # E f(θ_0) − f_inf is a parameter of the bound
            return value(name)
        body = unfold(definition.poly, claimed, number, value, step)
        if definition.kind == "inverse":
            return 1 / body
        if definition.kind == "root":
            return root(body, definition.degree)
        if definition.kind == "logarithm":
            return sympy.log(body) if isinstance(body, sympy.Expr) else body.log()
        raise TypeError(f"{name} is defined by a {definition.kind}")

    def step_number(base: str, shift: int) -> Any:
        start = now if base == "t" else value("T") if base == "T" else number(0)
        return None if start is None else start + number(shift)  # an atom that is not timed has no step

    def unfold_base(name: str) -> Any:
        return rational(POWERS[name])

    def rational(e: sympy.Expr) -> Any:
        if e.is_Symbol:
            return value(e.name)
        if e.is_Rational:
            return number(Fraction(int(e.p), int(e.q)))
        if e.is_Pow:
            return rational(e.base) ** int(e.exp)
        return (sum if e.is_Add else prod)(map(rational, e.args), start=number(0 if e.is_Add else 1))

    def root(body: Any, degree: int) -> Any:
        if isinstance(body, sympy.Expr):
            return body ** sympy.Rational(1, degree)
        if isinstance(body, arb):
            return body.root(degree)
        exact = [sympy.integer_nthroot(part, degree) for part in (body.numerator, body.denominator)]
        if not all(perfect for _, perfect in exact):
            raise ValueError(f"{body} has no exact root of degree {degree}")
        return Fraction(int(exact[0][0]), int(exact[1][0]))

    def product(monomial: Monomial) -> Any:
        result = number(1)
        for f, exponent in monomial:
            result = result * factor(f) ** exponent
        return result

    return sum((number(Fraction(int(c.p), int(c.q))) * product(m) for m, c in poly.items()), number(0))


def bound_of(name: str, claimed: Statement) -> Poly:
    """The goal is bound − measured >= 0."""
    relation, poly = claimed.goal
    assert relation == ">="
    return terms.add(poly, polynomial(statement(name).measured))


def random_point(random: Random, parameters: tuple[str, ...]) -> dict[str, Fraction]:
    """Parameters at which G² + ε² (G² + Dε², if D occurs) and T are squares: roots of the bounds are rational."""

    def ratio(most: int = 9) -> Fraction:
        return Fraction(random.randint(1, most), random.randint(1, 9))

    m, n, scale = random.randint(3, 7), random.randint(1, 2), ratio()
    point = {name: ratio() for name in SYMBOLS}
    point |= {"G": scale * (m * m - n * n), "eps": scale * 2 * m * n, "T": Fraction(random.randint(1, 12) ** 2)}
    if "D" in parameters:
        sides = random.randint(1, 4)
        point |= {"D": Fraction(sides**2), "eps": point["eps"] / sides}
    point["lam"] = Fraction(random.randint(1, 9), 10)
    return point | {"beta1": Fraction(random.randint(0, 9), 10), "beta2": Fraction(random.randint(1, 9), 10)}


G, EPS, HORIZON = SYMBOLS["G"], SYMBOLS["eps"], SYMBOLS["T"]
SQUARES = {HORIZON, G**2 + EPS**2, G**2 + SYMBOLS["D"] * EPS**2}
"""What is a square at every `random_point`."""


def is_rational(bound: sympy.Expr) -> bool:
    """At every `random_point`."""
    powers = [x for x in bound.atoms(sympy.Pow) if not x.exp.is_Integer and abs(x.exp) != HORIZON]
    return not bound.has(sympy.log) and {x.base for x in powers} <= SQUARES


RATIONAL = [
    x
    for x in NAMES
    if is_rational(statement(x).bound()) and "root_eps" not in {d.symbol.name for d in statement(x).definitions}
]
"""Without those that define powers of ε by roots, which are not rational at a `random_point`."""


def test_most_bounds_are_compared_exactly() -> None:
    assert 2 * len(RATIONAL) > len(NAMES)


@pytest.mark.parametrize("name", RATIONAL)
def test_the_goal_is_the_sympy_bound_at_exact_points(name: str, scripts: dict[str, Script]) -> None:
    claimed, bound, random = scripts[name].proof.statement, statement(name).bound(), Random(7)
    for _ in range(25):
        point = random_point(random, statement(name).parameters)
        ours = unfold(bound_of(name, claimed), claimed, Fraction, point.__getitem__)
        values = {SYMBOLS[p]: sympy.Rational(v.numerator, v.denominator) for p, v in point.items()}
        theirs = bound.subs(values)
        assert theirs.is_Rational
        assert ours == Fraction(int(theirs.p), int(theirs.q)) > 0


def ball(number: Fraction | int) -> arb:
    return arb(fmpq(Fraction(number).numerator, Fraction(number).denominator))


@pytest.mark.parametrize("name", NAMES)
def test_the_goal_is_the_sympy_bound_to_a_hundred_digits(name: str, scripts: dict[str, Script]) -> None:
    """At random points, where roots and logarithms are what they are, in ball arithmetic."""
    claimed, bound, random = scripts[name].proof.statement, statement(name).bound(), Random(11)
    with ctx.workprec(600):
        for _ in range(10):
            point = random_point(random, statement(name).parameters)
            point |= {"T": Fraction(random.randint(1, 200)), "eps": Fraction(random.randint(1, 9), 10)}
            ours = unfold(bound_of(name, claimed), claimed, ball, {p: ball(v) for p, v in point.items()}.__getitem__)
            theirs = enclosure(bound, point)
            assert (ours - theirs).contains(0)
            assert (ours - theirs).rad() < theirs * arb(10) ** -100


def with_plain_roots(e: sympy.Expr) -> sympy.Expr:
    """What is under each root as one reduced fraction, so that equal roots look equal."""
    fractional = [x for x in e.atoms(sympy.Pow) if x.exp.is_Rational and not x.exp.is_Integer]
    return e.xreplace({x: sympy.cancel(sympy.together(x.base)) ** x.exp for x in fractional})


@pytest.mark.parametrize("name", NAMES)
def test_the_goal_is_the_sympy_bound(name: str, scripts: dict[str, Script]) -> None:
    claimed = scripts[name].proof.statement
    ours = unfold(bound_of(name, claimed), claimed, sympy.sympify, SYMBOLS.__getitem__)
    assert sympy.simplify(with_plain_roots(ours) - with_plain_roots(statement(name).bound())) == 0
    assert {s.name for s in ours.free_symbols} == set(statement(name).parameters)


@pytest.mark.parametrize("name", ["adopt", "adopt_sqrt_horizon"])
def test_the_best_step_size_is_the_best(name: str) -> None:
    """The bound's derivative vanishes there, and the bound is convex in the step size."""
    claimed = statement(name)
    assert claimed.best_alpha is not None
    step = SYMBOLS["alpha" if "alpha" in claimed.parameters else "alpha0"]
    slope = sympy.diff(claimed.bound(), step)
    beta1 = sympy.Rational(3, 10)  # 1 − β1 > 0 is not among sympy's assumptions
    assert sympy.simplify(slope.subs(step, claimed.best_alpha()).subs(SYMBOLS["beta1"], beta1)) == 0
    assert sympy.diff(slope, step).subs(SYMBOLS["beta1"], beta1).is_positive
