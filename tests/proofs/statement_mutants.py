"""Mutants of statements and scripts: everything that differs in one constant, sign, exponent, index, range or premise.

A statement's mutant has another bound or another hypothesis; a script's mutant makes one call of the script's
language with another argument, and the statement is untouched.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import sympy

from proofs.builder import Factors, Line, Script, kernel_statement
from proofs.kernel import Proof
from proofs.kernel import Statement as KernelStatement
from proofs.scripts import SCRIPTS
from proofs.terms import KernelError
from theory import expressions as ex
from theory.expressions import Expression, Relation, Time
from theory.statement import Hypothesis, Statement
from theory.statements import statement


class Mutant(NamedTuple):
    """`part` is what was changed ("bound", "objective", "script" or a hypothesis' name), `how` the change in words."""

    theorem: str
    part: str
    how: str
    statement: Statement
    call: tuple[int, int] | None = None

    def script(self) -> Script:
        """Runs the script to its end. Raises what the script raises."""
        script = Script(self.statement) if self.call is None else Sabotaged(self.statement, *self.call)
        SCRIPTS[self.theorem](script)
        return script


# -- bounds


def changed_bounds(e: sympy.Expr) -> Iterator[tuple[str, sympy.Expr]]:
    """Each number halved, each term halved or its sign flipped, each exponent changed, in one place."""
    if e.is_Rational:
        if e not in (0, 1, -1):
            yield f"{e} halved", e / 2
        return
    if e.is_Add:
        for k, term in enumerate(e.args):
            rest = [*e.args[:k], *e.args[k + 1 :]]
            yield f"half of the term {term}", e.func(term / 2, *rest)
            yield f"the sign of the term {term}", e.func(-term, *rest)
    if e.is_Pow and e.exp.is_Rational:
        for exponent in (e.exp + 1, e.exp - 1, 2 * e.exp, e.exp / 2):
            yield f"the exponent {e.exp} of {e.base} replaced by {exponent}", e.base**exponent
    for k, child in enumerate(e.args if not (e.is_Pow and e.exp.is_Rational) else e.args[:1]):
        for how, changed in changed_bounds(child):
            yield how, e.func(*e.args[:k], changed, *e.args[k + 1 :])


def bound_mutants(claimed: Statement) -> Iterator[tuple[str, str, Statement]]:
    original = claimed.bound()
    seen = {original}
    for how, changed in [("the bound halved", original / 2), *changed_bounds(original)]:
        if changed not in seen:
            seen.add(changed)
            yield "bound", how, replace(claimed, bound=lambda changed=changed: changed)


# -- hypotheses


def moved(time: Time) -> Iterator[Time]:
    for k in (1, -1):
        if time.base or time.shift + k >= 0:
            yield time + k


def changed_expressions(e: Expression) -> Iterator[tuple[str, Expression]]:
    """Each constant halved or negated, each atom doubled, negated or moved in time, each exponent changed, ..."""
    match e:
        case ex.Constant(value):
            for new in {value / 2, -value, value + 1} - {value}:
                yield f"{value} replaced by {new}", ex.Constant(Fraction(new))
        case ex.Symbol():
            yield f"{e} doubled", 2 * e
            yield f"the sign of {e}", -e
        case ex.At(symbol, time):
            yield f"{e} doubled", 2 * e
            yield f"the sign of {e}", -e
            for other in moved(time):
                yield f"{e} at {other}", ex.At(symbol, other)
        case ex.Sum(children) | ex.Product(children):
            for k, child in enumerate(children):
                for how, changed in changed_expressions(child):
                    yield how, type(e)((*children[:k], changed, *children[k + 1 :]))
        case ex.Power(base, n):
            for exponent in (n + 1, n - 1):
                yield f"the exponent of {e} replaced by {exponent}", ex.Power(base, exponent)
            for how, changed in changed_expressions(base):
                yield how, ex.Power(changed, n)
        case ex.SumCoordinates(body):
            yield f"the sum over coordinates dropped from {e}", body
            for how, changed in changed_expressions(body):
                yield how, ex.SumCoordinates(changed)
        case ex.SumSteps(lo, body):
            for first in (lo + 1, lo - 1):
                yield f"{e} from {first}", ex.SumSteps(first, body)
            for how, changed in changed_expressions(body):
                yield how, ex.SumSteps(lo, changed)
        case ex.Expectation(level, body):
            if level is not None:
                yield f"{e} unconditional", ex.Expectation(None, body)
                for other in moved(level):
                    yield f"{e} given {other}", ex.Expectation(other, body)
            for how, changed in changed_expressions(body):
                yield how, ex.Expectation(level, changed)


def changed_relations(claim: Relation) -> Iterator[tuple[str, Relation]]:
    left, relation, right = claim.left, claim.relation, claim.right
    for other in {"=": ("<=", ">="), ">": (">=",), "<=": (">=",), ">=": ("<=", ">")}[relation]:
        yield f"{relation} replaced by {other}", Relation(left, other, right)
    if relation != "=":
        yield "the range moved up", Relation(left - 1, relation, right)
        yield "the range moved down", Relation(left + 1, relation, right)
    for how, changed in changed_expressions(left):
        yield how, Relation(changed, relation, right)
    for how, changed in changed_expressions(right):
        yield how, Relation(left, relation, changed)


def changed_hypotheses(h: Hypothesis) -> Iterator[tuple[str, Hypothesis]]:
    for start in (h.start + 1, h.start - 1):
        yield f"from {start} in place of {h.start}", replace(h, start=start)
    changes = changed_relations(h.claim) if isinstance(h.claim, Relation) else changed_expressions(h.claim)
    for how, claim in changes:
        yield how, replace(h, claim=claim)


def hypothesis_mutants(claimed: Statement) -> Iterator[tuple[str, str, Statement]]:
    for k, h in enumerate(claimed.hypotheses):
        before, after = claimed.hypotheses[:k], claimed.hypotheses[k + 1 :]
        yield h.name, "dropped", replace(claimed, hypotheses=(*before, *after))
        for how, changed in changed_hypotheses(h):
            yield h.name, how, replace(claimed, hypotheses=(*before, changed, *after))
    for assumption in claimed.objective:
        rest = tuple(a for a in claimed.objective if a != assumption)
        yield "objective", f"{assumption} dropped", replace(claimed, objective=rest)


def later(claimed: Statement, part: str) -> Statement:
    """The hypothesis of this name from one step later on."""
    later = (replace(h, start=h.start + 1) if h.name == part else h for h in claimed.hypotheses)
    return replace(claimed, hypotheses=tuple(later))


def writable(claimed: Statement) -> KernelStatement | None:
    """The statement in the kernel's form; None if it is no well-formed statement, and so no mutant."""
    try:
        return Proof(kernel_statement(claimed)).statement
    except (KernelError, ValueError):
        return None


# -- scripts

METHODS = ("show", "between", "sum_t", "telescope", "first_term", "tower", "holder", "induction", "root_monotone",
           "root", "lower_bound", "define", "minimum", "expect")  # fmt: skip
"""The calls that are sabotaged."""


def changed_arguments(arguments: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """One argument changed: constants of a claim, times and numbers by one, a premise left out."""
    for name, value in arguments.items():
        if isinstance(value, Relation):
            for how, relation in changed_relations(value):
                yield f"{name}: {how}", {name: relation}
        elif isinstance(value, ex.At):
            for time in moved(value.time):
                yield f"{name} at {time}", {name: ex.At(value.symbol, time)}
        elif isinstance(value, Expression) and not isinstance(value, ex.Symbol):
            for how, expression in changed_expressions(value):
                yield f"{name}: {how}", {name: expression}
        elif isinstance(value, Time):
            for time in moved(value):
                yield f"{name} is {time}", {name: time}
        elif type(value) is int:
            for number in (value + 1, value - 1):
                yield f"{name} is {number}", {name: number}
        elif isinstance(value, tuple | list) and name != "self":
            parts = [x for x in value if isinstance(x, Line | Factors | tuple)]
            if len(parts) == len(value):
                for k in range(len(value)):
                    yield f"{name} without number {k + 1}", {name: type(value)([*value[:k], *value[k + 1 :]])}


class Sabotaged(Script):
    """A script whose call number `target` gets its change number `change`; `calls` has the changes of every call."""

    def __init__(self, claimed: Statement, target: int = -1, change: int = 0) -> None:
        self.target, self.change, self.calls = target, change, list[tuple[str, list[str]]]()
        super().__init__(claimed)


def observed(method: str) -> Callable[..., Any]:
    original = getattr(Script, method)
    signature = inspect.signature(original)

    def call(self: Sabotaged, *arguments: Any, **named: Any) -> Any:
        bound = signature.bind(self, *arguments, **named)
        bound.apply_defaults()
        own = {k: v for k, v in bound.arguments.items() if k != "self"}
        changes = list(changed_arguments(own)) if self.target in (-1, len(self.calls)) else []
        self.calls.append((f"{method} {own.get('text', '')}".strip(), [how for how, _ in changes]))
        if len(self.calls) - 1 == self.target:
            bound.arguments.update(changes[self.change][1])
        return original(*bound.args, **bound.kwargs)

    return call


for _method in METHODS:
    setattr(Sabotaged, _method, observed(_method))


def script_mutants(claimed: Statement, every: int) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Every so many of the changes of all calls, all kinds of them in turn."""
    script = Sabotaged(claimed)
    SCRIPTS[claimed.name](script)
    everything = [(k, j, f"{what}: {how}") for k, (what, hows) in enumerate(script.calls) for j, how in enumerate(hows)]
    for k, j, how in everything[::every]:
        yield "script", how, (k, j)


# -- all


def mutants(name: str, scripts_every: int, every: int = 1) -> list[Mutant]:
    """The mutants of one theorem (or every so many), without those that are its statement or one another.

    What differs only before the kernel's normal form is the same. A change that the statement cannot be written with,
    since an atom does not exist yet, is tried from one step later on; if that does not help, it is no mutant.
    """
    claimed = statement(name)
    seen = [kernel_statement(claimed)]
    result = []
    for part, how, changed in [*bound_mutants(claimed), *hypothesis_mutants(claimed)][::every]:
        for candidate in (changed, later(changed, part)):
            written = writable(candidate)
            if written is not None:
                break
        if written is not None and written not in seen:
            seen.append(written)
            result.append(Mutant(name, part, how, candidate))
    scripts = script_mutants(claimed, scripts_every * every)
    return result + [Mutant(name, part, how, claimed, call) for part, how, call in scripts]
