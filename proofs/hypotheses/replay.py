"""Registered scripts replayed on other hypotheses: a fact that a script asks for by name is taken, derived, or missing.

A fact is taken from the statement if it is there by name or by content, else derived by an implication
(`proofs.scripts.implications`). If neither is possible its content is emptied, as in `proofs.audit`, and the script goes on
to the first step that needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from proofs.audit import reason, trivial, visible
from proofs.builder import Line, Script, kernel_statement
from proofs.certificate import certificate, compact, used
from proofs.scripts import SCRIPTS, prove
from proofs.scripts.implications import SUPPLIERS, Supplier
from proofs.terms import KernelError
from theory import atoms as at
from theory.assumptions import PARAMETERS
from theory.hypothesis import MEASURES, Conjecture
from theory.statement import Hypothesis, Statement
from theory.statements import STATEMENTS

STANDARD = frozenset(PARAMETERS) - {"beta1_zero"}
"""Ranges of parameters over which every claim is made."""
STRUCTURE = ("theta", "f_theta", "grad_theta")


class MissingFactError(KernelError):
    """A script asks for a hypothesis that the statement neither has nor implies."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the hypothesis {name} is not assumed and does not follow")
        self.name = name


@dataclass(frozen=True)
class Failure:
    """The first step of the script of `theorem` that fails: its section, its text, why, and the facts that are missing.

    `missing` are names of hypotheses (or of assumptions on f) of `theorem` that are not assumed; `done` counts the named
    lines before the step.
    """

    theorem: str
    section: str
    step: str
    reason: str
    missing: tuple[str, ...]
    done: int


@dataclass(frozen=True)
class Proved:
    """A statement with its certificate as data; `derived` names the implications that supplied facts."""

    theorem: str
    statement: Statement
    certificate: dict
    derived: tuple[str, ...]


def unavailable(conjecture: Conjecture, base: Statement, conditions: bool) -> list[str]:
    """Hypotheses of `base`, those on parameters left out, that the conjecture neither has nor implies by name."""
    names = {h.name for h in statement_for(conjecture, base, (), conditions).hypotheses}

    def derivable(name: str, above: frozenset[str]) -> bool:
        if name in names:
            return True
        ways = () if name in above else SUPPLIERS.get(name, ())
        return any(all(derivable(n, above | {name}) for n in way.needs) for way in ways)

    wanted = [h.name for h in base.hypotheses if h.assumption not in ("parameters", "start")]
    return [n for n in wanted if not derivable(n, frozenset())]


class Finish(Protocol):
    """From the conclusion of a theorem to another goal."""

    def statement(self, statement: Statement) -> Statement: ...

    def lines(self, script: Replay, line: Line) -> None: ...


class Replay(Script):
    """A script of `base` run on another statement."""

    def __init__(self, statement: Statement, base: Statement) -> None:
        super().__init__(statement)
        self.statement = base  # scripts end with the goal of their own statement
        self.wanted = kernel_statement(base).hypotheses
        self.derived: list[str] = []

    def hypothesis(self, name: str) -> Line:
        own = self.proof.statement.hypotheses
        if name in own or name in self._hypotheses:
            return super().hypothesis(name)
        for other, judgment in own.items():
            if judgment == self.wanted.get(name):
                return super().hypothesis(other)
        supplier = self.supplier(name, frozenset())
        if supplier is None:
            raise MissingFactError(name)
        title = self.title
        self.section(f"{supplier.words}")
        line = supplier.derive(self)
        self.section(title)
        self.derived.append(supplier.words)
        self._hypotheses[name] = line
        return line

    def supplier(self, name: str, above: frozenset[str]) -> Supplier | None:
        """The first way to derive the fact, all of whose needs are there or can be derived."""
        for supplier in SUPPLIERS.get(name, ()):
            if all(self.available(n, above | {name}) for n in supplier.needs):
                return supplier
        return None

    def available(self, name: str, above: frozenset[str]) -> bool:
        if name in self.proof.statement.hypotheses:
            return True
        return name not in above and self.supplier(name, above) is not None


def candidates(conjecture: Conjecture) -> list[Statement]:
    """Registered theorems about this recurrence whose measure is, or bounds, the claimed one; the claim's own first."""
    recurrence = conjecture.recurrence
    wanted = MEASURES[conjecture.claim.measure].expression
    fits = [wanted, MEASURES["average"].expression] if conjecture.claim.measure == "least" else [wanted]
    names = {recurrence.name if recurrence else ""}
    if recurrence is not None and recurrence.name not in {s.method for s in STATEMENTS.values()}:
        names |= {"adopt", "adopt_average"}  # a method without theorems: where do ADOPT's proofs break?
    found = [s for s in STATEMENTS.values() if s.method in names and s.measured in fits]
    return sorted(found, key=lambda s: s.name != conjecture.claim.theorem)


def statement_for(
    conjecture: Conjecture, base: Statement, emptied: Sequence[str] = (), conditions: bool = False
) -> Statement:
    """The conjecture as a statement in the words of `base`: its hypotheses, then those of `base` that are emptied.

    With `conditions` the conditions of `base` on its parameters, such as α ≤ ε/L, are hypotheses too; never a schedule of
    its own for α_t or c_t, which could contradict the conjecture's.
    """
    given = [h for h in conjecture.primitive() if h.name not in emptied]
    zero = conjecture.fixed.get("beta1") == 0
    ranges = [h for h in base.hypotheses if h.name in STANDARD or (h.name == "beta1_zero" and zero)]
    extra = [PARAMETERS["beta1_zero"]] if zero else []
    extra += [h for h in base.hypotheses if h.assumption == "start" and h.name == "start_integrable"]
    schedules = [
        h
        for h in base.hypotheses
        if h.assumption == "parameters"
        and (h.name in DEFINING or (conditions and h.name not in PARAMETERS and "@t" not in str(h.claim)))
    ]
    if base_has(base, "rho_nonnegative") and not any("affine" in a for a in conjecture.assumptions):
        extra.append(Hypothesis("rho_zero", at.rho.equals(0), "parameters"))
    if base_has(base, "bounded_bias") and "bounded_bias" not in conjecture.assumptions:
        extra.append(Hypothesis("delta_zero", at.delta.equals(0), "parameters"))
    known = {h.name: h for h in (*ranges, *extra, *schedules, *given)}
    lost = [trivial(h) for h in base.hypotheses if h.name in emptied]
    return replace(
        base,
        name=conjecture.name,
        title=conjecture.title,
        objective=tuple(a for a in base.objective if a in conjecture.assumptions),
        hypotheses=(*known.values(), *(h for h in lost if h.name not in known)),
    )


def base_has(base: Statement, name: str) -> bool:
    return any(h.name == name for h in base.hypotheses)


DEFINING = frozenset(
    (
        "growth_start",
        "growth_step",
        "beta1_power_start",
        "beta1_power_step",
        "inv_beta2_power_start",
        "inv_beta2_power_step",
    )
)
"""Hypotheses that only give an atom its value: powers such as β1^t."""


def relevant(statement: Statement, names: Sequence[str]) -> Statement:
    """The statement with these hypotheses only (in its order), and these assumptions on f."""
    return replace(
        statement,
        hypotheses=tuple(h for h in statement.hypotheses if h.name in names),
        objective=tuple(a for a in statement.objective if a in names),
    )


def replay(
    conjecture: Conjecture, base: Statement, *, conditions: bool = False, finish: Finish | None = None
) -> Proved | Failure:
    """Runs the script of `base` under the conjecture's hypotheses, to a certificate or to its first failing step.

    `conditions` as in `statement_for`. `finish` goes on from the conclusion of `base` to another goal: it gives the
    statement with that goal, and the lines that lead there.
    """
    emptied: list[str] = []
    while True:
        try:
            statement = declared(statement_for(conjecture, base, emptied, conditions), base)
            statement = statement if finish is None else finish.statement(statement)
            script = Replay(statement, base)
        except (ValueError, KernelError) as error:  # the statement speaks of atoms that nothing else mentions
            gone = [n for n in unavailable(conjecture, base, conditions) if n not in emptied]
            if gone:
                emptied += gone
                continue
            missing = [a for a in base.objective if a not in conjecture.assumptions]
            return Failure(base.name, "the statement", "the bound", str(error), (*missing, *emptied), 0)
        try:
            run(script, base, finish)
        except MissingFactError as error:
            emptied.append(error.name)
            continue
        except KernelError as error:
            return failure(conjecture, base, script, str(error), emptied)
        if emptied:
            reason_ = "its script goes through, but nothing assumed speaks of all that the claim does"
            return Failure(base.name, "the statement", "the bound", reason_, tuple(emptied), 0)
        return finished(script, statement, base, finish)


def declared(statement: Statement, base: Statement) -> Statement:
    """The statement, with points only if their atoms occur in it."""
    from theory.bounds import symbols_in

    names = {s.name for s in symbols_in(statement)}
    points = tuple(p for p in base.points if {x.name for x in p} <= names)
    return replace(statement, points=points)


def run(script: Replay, base: Statement, finish: Finish | None) -> None:
    line = SCRIPTS[base.name](script)
    if finish is not None:
        finish.lines(script, line)


def finished(script: Replay, statement: Statement, base: Statement, finish: Finish | None) -> Proved:
    """Run again on the hypotheses that the proof used: a statement lists no other."""
    hypotheses, assumptions = used(script.proof)
    least = declared(relevant(statement, [*hypotheses, *assumptions]), base)
    again = Replay(least, base)
    run(again, base, finish)
    return Proved(base.name, least, certificate(again.proof, notes(least, base)), tuple(dict.fromkeys(again.derived)))


def notes(statement: Statement, base: Statement) -> dict[str, str]:
    return {"title": statement.title, "reference": f"hypothesis; by the script of {base.name}"}


def failure(conjecture: Conjecture, base: Statement, script: Replay, message: str, emptied: Sequence[str]) -> Failure:
    """Where the script stands, in the words of the whole proof of `base`."""
    own = set(script.derived)
    done = [line for line in visible(script) if line[0] not in own]
    lines = visible(prove(base.name))
    place = next((k for k, line in enumerate(lines) if line[0] == script.title and line not in done), len(done))
    section, text = lines[place] if place < len(lines) else (script.title, "")
    missing = [a for a in base.objective if a not in conjecture.assumptions and a in message] or list(emptied)
    if not missing:
        content = [h for h in base.hypotheses if h.assumption not in ("parameters", "start")]
        missing = [h.name for h in content if not same_fact(script, h.name)]
    return Failure(
        base.name,
        script.title if section != script.title else section,
        text or "a detail",
        reason(message),
        tuple(missing),
        len(done),
    )


def same_fact(script: Replay, name: str) -> bool:
    """Whether the statement has, or implies, the fact of this name with the content that the theorem gives it."""
    own = script.proof.statement.hypotheses
    if name in own:
        return own[name] == script.wanted[name]
    return script.wanted[name] in own.values() or script.available(name, frozenset())


def text_of(certificate_: dict) -> str:
    """A certificate's canonical text."""
    return compact(certificate_)
