"""The proof side: a theorem's script replayed under the new hypotheses, and the way from its bound to the claim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from proofs import verifier
from proofs.builder import ONE, Factors, Line, polynomial
from proofs.hypotheses.one_step import one_step
from proofs.hypotheses.relations import words_of
from proofs.hypotheses.replay import DEFINING, Failure, Proved, Replay, candidates, replay, text_of
from proofs.terms import KernelError
from theory import atoms as at
from theory.bounds import SYMBOLS, meaning
from theory.expressions import Relation, T, Time, t
from theory.hypothesis import MEASURES, Claim, Conjecture, Schedules
from theory.statement import Definition, Hypothesis, Statement

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True)
class ProofSide:
    """`proved` with the text of a certificate that the second checker accepted, or the failures in order of progress.

    `conditions` are conditions on parameters under which the certificate speaks; for a rate they hold for all large T.
    `instead` are theorems that do hold under the hypotheses, though they do not give the claim.
    """

    proved: Proved | None
    certificate: str | None
    conditions: tuple[str, ...]
    failures: tuple[Failure, ...]
    instead: tuple[tuple[str, str], ...]


def prove_claim(conjecture: Conjecture) -> ProofSide:
    """Tries every candidate theorem; stops at the first that gives the claim."""
    failures: list[Failure] = []
    instead: list[tuple[str, str]] = []
    rate = conjecture.claim.rate is not None
    for base in candidates(conjecture):
        found = replay(conjecture, base, conditions=rate, finish=Goal(conjecture, base))
        if isinstance(found, Proved) and rate:
            problem = rate_problem(conjecture, base, found)
            if problem:
                instead.append((base.name, problem))
                continue
        if isinstance(found, Proved) and speaks_of_zero(conjecture, found):
            instead.append((base.name, f"the bound of {base.name}, with {speaks_of_zero(conjecture, found)} = 0"))
            continue
        if isinstance(found, Proved):
            text = text_of(found.certificate)
            verifier.verify(text)  # raises: nothing is proved that the second checker does not accept
            return ProofSide(found, text, conditions_of(found.statement), (), ())
        if rate:
            failures.append(found)
            continue
        failure = informative(conjecture, base, found)
        failures.append(failure)
        if failure.section == SHORTFALL:
            instead.append((base.name, f"the bound of {base.name}"))
        elif any(name in CONDITIONS for name in failure.missing):
            weaker = replay(conjecture, base, conditions=True)
            if isinstance(weaker, Proved):
                verifier.verify(text_of(weaker.certificate))
                instead.append(
                    (base.name, f"the bound of {base.name}, if {', '.join(conditions_of(weaker.statement))}")
                )
    if "beta1" not in conjecture.fixed and any("beta1_zero" in f.missing for f in failures):
        without = prove_claim(replace(conjecture, fixed={**conjecture.fixed, "beta1": Fraction(0)}))
        if without.proved is not None:
            instead.append((without.proved.theorem, f"the claim for β1 = 0, by the script of {without.proved.theorem}"))
    step = one_step(conjecture)
    if step is not None:
        instead.append((step.theorem, step.words))
    ordered = sorted(failures, key=relevance) if conjecture.claim.theorem is None else failures
    return ProofSide(None, None, (), tuple(ordered), tuple(instead))


def relevance(failure: Failure) -> tuple[bool, int, int]:
    """Theorems that hold come first, then those that miss least, then those that come furthest."""
    return failure.section != SHORTFALL, len(failure.missing), -failure.done


def speaks_of_zero(conjecture: Conjecture, found: Proved) -> str:
    """A parameter of the claimed bound that the proof takes to be 0, though the claim is for all its values; or empty."""
    claimed = set() if conjecture.claim.bound is None else {s.name for s in conjecture.claim.bound.free_symbols}
    zero = {h.name.removesuffix("_zero") for h in found.statement.hypotheses if h.name in ("rho_zero", "delta_zero")}
    return ", ".join(sorted(claimed & zero))


CONDITIONS = ("step_size", "threshold", "threshold_of_horizon")
"""Hypotheses of theorems that are conditions on the step size or the threshold."""
SHORTFALL = "From the theorem's bound to the claim"


def informative(conjecture: Conjecture, base: Statement, failure: Failure) -> Failure:
    """Where the theorem's own proof fails, if the claim cannot even be written in its words or is below its bound."""
    if failure.section not in ("the statement", SHORTFALL):
        return failure
    plain = replay(conjecture, base)
    if isinstance(plain, Failure):
        return plain
    reason = f"the bound of {base.name} does hold; the claimed one is not seen to be above it"
    return Failure(base.name, SHORTFALL, "the claim", reason, (), failure.done)


def conditions_of(statement: Statement) -> tuple[str, ...]:
    """Conditions on parameters beyond their ranges, as text."""
    from theory.assumptions import PARAMETERS

    own = [h for h in statement.hypotheses if h.assumption == "parameters" and h.name not in PARAMETERS]
    return tuple(words_of(h) for h in own if not any(s in h.name for s in ("growth", "power", "schedule", "zero")))


# -- from the theorem's conclusion to the claimed bound


@dataclass(frozen=True)
class Goal:
    """The claim as a goal, and the last lines of the proof (`proofs.hypotheses.replay.Finish`)."""

    conjecture: Conjecture
    base: Statement

    def statement(self, statement: Statement) -> Statement:
        claim, base = self.conjecture.claim, self.base
        measure = MEASURES[claim.measure].expression
        definitions = base.definitions
        if claim.measure == "least" and base.measured != measure:
            definitions = (*definitions, Definition("minimum", at.min_measure, at.measure(t)))
        bound = base.bound if claim.bound is None else lambda: claim.bound
        return replace(statement, measured=measure, bound=bound, definitions=definitions)

    def lines(self, x: Replay, line: Line) -> None:
        claim, base = self.conjecture.claim, self.base
        if claim.measure == "least" and base.measured != MEASURES["least"].expression:
            line = least_below_average(x, line)
        if x.proof.reaches_goal():
            return
        x.section(SHORTFALL)
        goal = self.statement(x.statement).goal()
        x.prove("the claim", polynomial(goal.difference()[0]), [Factors((line,)), *slack(x, goal, line)])


def least_below_average(x: Replay, line: Line) -> Line:
    """min_t M_t <= (1/T)ΣM_t <= the bound."""
    x.section("The minimum is at most the average")
    least = x.minimum(at.min_measure, at.measure(t), "min over t ≤ T is at most each")
    by_T = x.definition(at.inv_T)
    summed = x.sum_t(least, 1) * x.sign(at.inv_T)
    claim = x.statement.goal()
    target = Relation(at.min_measure, "<=", claim.right)
    return x.show("", target, Factors((line,)), summed, modulo=[by_T])


def slack(x: Replay, goal: Relation, line: Line) -> list[Factors]:
    """The monomials of claim − theorem as products of facts: each parameter nonnegative, even powers squares."""
    from proofs import terms

    gap = terms.sub(polynomial(goal.difference()[0]), line.poly)
    signs = sign_facts(x)
    found = []
    for monomial in gap:
        product = ONE
        for factor, exponent in monomial:
            name = factor[1] if factor[0] == "atom" else None
            if name not in signs and exponent % 2:
                raise KernelError(f"the claim is not above the bound of {x.statement.name}: no sign of {factor}")
            product = Factors(product.lines, (*product.squares, *[terms.single(factor)] * (exponent // 2)))
            if exponent % 2:
                product = product * signs[str(name)]
        found.append(product)
    return found


def sign_facts(x: Replay) -> dict[str, Line]:
    """Parameters, inverses and roots that are known to be nonnegative."""
    from proofs import terms

    found = {}
    for name in x.proof.statement.hypotheses:
        line = x.hypothesis(name) if name.endswith(("_positive", "_nonnegative")) else None
        if line is not None and len(line.poly) == 1:
            ((factor, exponent),) = next(iter(line.poly))
            if factor[0] == "atom" and exponent == 1 and not terms.free_t(factor):
                found[factor[1]] = line
    for definition in x.statement.definitions:
        if definition.kind in ("inverse", "root") and not definition.symbol.timed:
            found[definition.symbol.name] = x.sign(definition.symbol)
    found["idx"] = x.clock(1)(T)
    if at.Delta.name in {d.symbol.name for d in x.statement.definitions}:
        below = x.expect(x.lower_bound(at.theta, Time("", 0)))
        claim = at.Delta >= 0
        found["Delta"] = x.show("Δ ≥ 0", claim, below, modulo=[x.definition(at.Delta)])
    return found


# -- rates


def rate_problem(conjecture: Conjecture, base: Statement, found: Proved) -> str:
    """Why the theorem's bound does not give the claimed rate at the claimed schedules; empty if it does.

    Exact: with the schedules put in, the bound is a sum of monomials in T; each exponent is at most the claimed one, or the
    monomial has the floor's factor. Conditions on parameters must hold for all large T.
    """
    claim, schedules = conjecture.claim, conjecture.schedules
    own = {h.name for h in conjecture.primitive()} | DEFINING
    for h in found.statement.hypotheses:
        if h.assumption == "parameters" and h.name not in own and not eventually(h, schedules):
            return f"{words_of(h)} does not hold for large T at these schedules"
    worst = exponent(base.bound(), schedules, claim)
    if worst is None:
        return f"the bound of {base.name} has no exponent at these schedules"
    if claim.rate is not None and worst > claim.rate:
        return f"the bound of {base.name} falls as T^({worst}) at these schedules, not as T^({claim.rate})"
    return ""


def scheduled(expression: sympy.Expr, schedules: Schedules) -> sympy.Expr:
    """The expression at the schedules, β1 written as b/(1+b) so that 1 − β1 has a sign."""
    import sympy

    values = {SYMBOLS["alpha"]: schedules.alpha}
    if schedules.clip is not None:
        values[SYMBOLS["c"]] = schedules.clip
    b = sympy.Symbol("b", nonnegative=True)
    return expression.subs(values).subs(SYMBOLS["beta1"], b / (1 + b))


def exponent(bound: sympy.Expr, schedules: Schedules, claim: Claim) -> Fraction | None:
    """An exponent e with bound = O(T^e), summands with the floor's factor left out; None if it is not plain to see."""
    import sympy

    total = sympy.expand_mul(scheduled(bound, schedules), deep=False)
    floor = set() if claim.floor is None else claim.floor.free_symbols
    kept = [x for x in sympy.Add.make_args(total) if not (floor and floor <= x.free_symbols)]
    found = [growth(x) for x in kept]
    if not found or None in found:
        return None
    return max(e for e in found if e is not None)


def growth(e: sympy.Expr) -> Fraction | None:
    """An exponent g with |e| = O(T^g) for T ≥ 1, by structure: sums take the largest, products add up; None if unclear.

    Under a negative power only monomials in T are read: a sum there might be small.
    """
    horizon = SYMBOLS["T"]
    if not e.has(horizon):
        return Fraction(0)
    if e == horizon:
        return Fraction(1)
    if e.is_Add or e.is_Mul:
        parts = [growth(x) for x in e.args]
        if None in parts:
            return None
        exact = [p for p in parts if p is not None]
        return max(exact) if e.is_Add else sum(exact, start=Fraction(0))
    if e.is_Pow and e.exp.is_Rational:
        inner = growth(e.base)
        if inner is None or (e.exp < 0 and any(x.is_Add and x.has(horizon) for x in _nodes(e.base))):
            return None
        return inner * Fraction(int(e.exp.p), int(e.exp.q))
    return None


def _nodes(e: sympy.Expr) -> list[sympy.Expr]:
    """The expression and everything in it."""
    import sympy

    return list(sympy.preorder_traversal(e))


def eventually(hypothesis: Hypothesis, schedules: Schedules) -> bool:
    """Whether a condition on parameters holds for all large T at the schedules (an equation: for all T)."""
    import sympy

    from theory.assumptions import PARAMETERS

    if hypothesis.name in PARAMETERS or not isinstance(hypothesis.claim, Relation) or "zero" in hypothesis.name:
        return True
    expression, relation = hypothesis.claim.difference()
    try:
        value = sympy.together(scheduled(meaning(expression, {}), schedules))
    except TypeError:
        return False  # it speaks of more than parameters
    numerator = sympy.expand(sympy.fraction(value)[0])
    if relation == "=":
        return bool(numerator == 0)
    horizon = SYMBOLS["T"]
    leading: dict[Any, sympy.Expr] = {}
    for term in sympy.Add.make_args(numerator):
        coefficient, power = term.as_independent(horizon)
        e = growth(power)
        if e is None:
            return False
        leading[e] = leading.get(e, sympy.Integer(0)) + coefficient
    return bool(leading and leading[max(leading)].is_positive)
