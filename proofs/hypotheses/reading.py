"""Reads a hypothesis file (TOML): every error names the file, the line and what would be right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from proofs.hypotheses import formulas
from proofs.hypotheses.formulas import FormulaError
from theory.algorithms import RECURRENCE_NAMES, Recurrence
from theory.expressions import Relation
from theory.further_assumptions import KNOWN
from theory.hypothesis import MEASURES, METHODS, SAMPLINGS, Claim, Conjecture, Method, Schedules
from theory.numbers import exact
from theory.statement import Hypothesis
from theory.statements import STATEMENTS

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}\Z")
KEYS: Mapping[str, tuple[str, ...]] = {
    "": ("name", "title", "sampling", "assumptions", "method", "schedules", "claim", "inequality", "constants"),
    "method": ("name", "beta1", "beta2", "start", "step"),
    "schedules": ("step_size", "clip"),
    "claim": ("measure", "bound", "theorem", "rate", "floor", "where"),
    "inequality": ("name", "claim", "integrable", "from"),
    "constants": ("p",),
}
"""The keys of each table."""
STEP_PARAMETERS = ("alpha", "alpha0", "T", "t")
CLIP_PARAMETERS = ("c", "c0", "T", "t")
BOUND_PARAMETERS = (
    *("Delta", "L", "G", "sigma", "rho", "delta", "mu", "eps", "beta1", "beta2", "alpha", "alpha0", "c", "c0"),
    *("D", "D0", "T"),
)


class HypothesisFileError(ValueError):
    """One line: file, line, what is wrong and what would be right."""


class Reader:
    """The text of one file with the lines of its keys, for messages."""

    def __init__(self, text: str, file: str) -> None:
        self.file, self.lines = file, key_lines(text)
        try:
            self.data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"line (\d+)", str(error))
            where = place[1] if place else str(text.count("\n") + 1)
            raise HypothesisFileError(f"{file}:{where}: not TOML: {error}") from None

    def wrong(self, path: str, message: str) -> HypothesisFileError:
        """The error at a key, or at the nearest table above it."""
        parts = path.split(".")
        while parts and ".".join(parts) not in self.lines:
            parts.pop()
        return HypothesisFileError(f"{self.file}:{self.lines.get('.'.join(parts), 1)}: {path}: {message}")

    def table(self, name: str, *, required: bool = False) -> dict[str, Any]:
        value = self.data.get(name, {})
        if not isinstance(value, dict):
            raise self.wrong(name, f"it must be a table; write [{name}]")
        if required and name not in self.data:
            raise self.wrong(name, f"missing; add a table [{name}]")
        self.only(name, value, KEYS[name])
        return value

    def only(self, path: str, table: Mapping[str, Any], allowed: Sequence[str]) -> None:
        for key in table:
            if key not in allowed:
                where = f"{path}.{key}" if path else key
                raise self.wrong(where, f"unknown key; known here: {', '.join(allowed)}")

    def text(self, path: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(path, f"it is {value!r}; it must be a text in quotes")
        return value

    def choice(self, path: str, value: Any, known: Sequence[str]) -> str:
        if not isinstance(value, str) or value not in known:
            raise self.wrong(path, f"{value!r} is unknown; known: {', '.join(known)}")
        return value

    def texts(self, path: str, value: Any) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
            raise self.wrong(path, 'it must be a list of texts, such as ["...", "..."]')
        return value

    def formula(self, path: str, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except FormulaError as error:
            raise self.wrong(path, str(error)) from None


def key_lines(text: str) -> dict[str, int]:
    """Dotted key -> line; entries of an array of tables as `name.0`, `name.1`, ..."""
    found: dict[str, int] = {}
    table, counts = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*(\[\[?)\s*([\w.]+)\s*\]", line)
        key = re.match(r'\s*"?([\w-]+)"?\s*=', line)
        if header:
            table = header[2]
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                found.setdefault(table, number)
                table = f"{table}.{counts[table]}"
            found.setdefault(table, number)
        elif key:
            found.setdefault(f"{table}.{key[1]}" if table else key[1], number)
    return found


def read(path: Path) -> Conjecture:
    """The hypothesis in a file. Raises HypothesisFileError (one line with file, line and remedy), OSError."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise HypothesisFileError(f"{path}:1: not UTF-8 text") from None
    return parse(text, str(path))


def parse(text: str, file: str = "hypothesis") -> Conjecture:
    """The hypothesis in a text. Raises HypothesisFileError."""
    r = Reader(text, file)
    r.only("", r.data, KEYS[""])
    name = r.text("name", r.data.get("name"))
    if not NAME.match(name):
        raise r.wrong("name", f"{name!r} is not a name: letters, digits and _, a letter first, at most 40")
    sampling = r.choice("sampling", r.data.get("sampling", "with_replacement"), SAMPLINGS)
    assumptions = r.texts("assumptions", r.data.get("assumptions"))
    for a in assumptions:
        r.choice("assumptions", a, tuple(KNOWN))
    if len(set(assumptions)) < len(assumptions):
        raise r.wrong("assumptions", "an assumption is given twice")
    method, fixed = read_method(r)
    conjecture = Conjecture(
        name=name,
        title=r.text("title", r.data.get("title", name.replace("_", " "))),
        method=method,
        sampling=sampling,
        assumptions=tuple(assumptions),
        schedules=read_schedules(r),
        claim=read_claim(r),
        own=read_inequalities(r),
        where=read_conditions(r),
        fixed=fixed,
        p=read_power(r, assumptions),
    )
    for key, formula, only in (
        ("step_size", conjecture.schedules.alpha, "alpha0/sqrt(t)"),
        ("clip", conjecture.schedules.clip, "c0*t**(1/4)"),
    ):
        if formula is not None and any(s.name == "t" for s in formula.free_symbols) and formula != schedule(only):
            raise r.wrong(f"schedules.{key}", f"with t only {only} is written down; use T for a schedule by horizon")
    if conjecture.recurrence is None:
        raise r.wrong("schedules", f"{method.name} has no form with these schedules; leave out clip, or t in step_size")
    return conjecture


def schedule(text: str) -> Any:
    """A schedule's formula."""
    return formulas.parameter_formula(text, (*STEP_PARAMETERS, *CLIP_PARAMETERS))


def read_method(r: Reader) -> tuple[Method, dict[str, Fraction]]:
    table = r.table("method", required=True)
    if "start" in table or "step" in table:
        method = own_recurrence(r, table)
    else:
        method = METHODS[r.choice("method.name", table.get("name"), tuple(METHODS))]
    fixed: dict[str, Fraction] = {}
    for key in ("beta1", "beta2"):
        if key in table:
            if method.core and key not in method.hyperparameters:
                raise r.wrong(f"method.{key}", f"{method.name} has no {key}")
            try:
                fixed[key] = exact(key, table[key])
            except ValueError as error:
                raise r.wrong(f"method.{key}", str(error)) from None
    return method, fixed


def own_recurrence(r: Reader, table: Mapping[str, Any]) -> Method:
    """A recurrence written in the file. The method is then simulated from it, and has no counterpart in `optim.core`."""
    name = r.text("method.name", table.get("name"))
    if name in METHODS:
        raise r.wrong("method.name", f"{name!r} is a known method; give the new recurrence another name")
    stages = {}
    for stage in ("start", "step"):
        lines = r.texts(f"method.{stage}", table.get(stage, []))
        stages[stage] = tuple(r.formula(f"method.{stage}", partial(formulas.assignment, x)) for x in lines)
        for x in stages[stage]:
            if x.target.symbol.name not in RECURRENCE_NAMES:
                raise r.wrong(
                    f"method.{stage}",
                    f"{x.target} is not computed by a recurrence; targets: {', '.join(RECURRENCE_NAMES)}",
                )
            if str(x.target.time) != ("0" if stage == "start" else "t"):
                raise r.wrong(
                    f"method.{stage}", f"{x.target}: write {'[0] in start' if stage == 'start' else '[t] in step'}"
                )
    if not any(x.target.symbol.name == "theta" for x in stages["step"]):
        raise r.wrong("method.step", "nothing moves; add theta[t] = theta[t-1] - alpha*...")
    recurrence = Recurrence(name, name, stages["start"], stages["step"])
    varies = "alpha_t" in str(stages["step"])
    return Method(name, name, None, {(varies, "none"): recurrence}, ("beta1", "beta2"))


def read_schedules(r: Reader) -> Schedules:
    table = r.table("schedules")
    step = r.text("schedules.step_size", table.get("step_size", "alpha"))
    alpha = r.formula("schedules.step_size", lambda: formulas.parameter_formula(step, STEP_PARAMETERS))
    clip = None
    if "clip" in table:
        threshold = r.text("schedules.clip", table["clip"])
        clip = r.formula("schedules.clip", lambda: formulas.parameter_formula(threshold, CLIP_PARAMETERS))
    return Schedules(alpha, clip)


def read_claim(r: Reader) -> Claim:
    table = r.table("claim", required=True)
    measure = r.choice("claim.measure", table.get("measure"), tuple(MEASURES))
    given = [k for k in ("bound", "theorem", "rate") if k in table]
    if len(given) != 1:
        raise r.wrong("claim", f"it has {' and '.join(given) or 'none'} of bound, theorem and rate; give exactly one")
    claim = Claim(measure)
    if "rate" in table:
        try:
            rate = Fraction(str(table["rate"]))
        except (ValueError, ZeroDivisionError):
            raise r.wrong("claim.rate", f'{table["rate"]!r} is not an exponent such as "-1/2"') from None
        if not -10 <= rate < 0:
            raise r.wrong(
                "claim.rate", f'{rate} is the exponent of T in what falls; it must be negative, such as "-1/2"'
            )
        claim = replace(claim, rate=rate)
    elif "theorem" in table:
        theorem = r.choice("claim.theorem", table["theorem"], tuple(STATEMENTS))
        claim = replace(claim, theorem=theorem, bound=STATEMENTS[theorem].bound())
    else:
        text = r.text("claim.bound", table["bound"])
        bound = r.formula("claim.bound", lambda: formulas.parameter_formula(text, BOUND_PARAMETERS))
        claim = replace(claim, bound=bound)
    if "floor" in table:
        if claim.rate is None:
            raise r.wrong("claim.floor", "a floor belongs to a rate; write it into the bound")
        text = r.text("claim.floor", table["floor"])
        floor = r.formula("claim.floor", lambda: formulas.parameter_formula(text, BOUND_PARAMETERS))
        claim = replace(claim, floor=floor)
    return claim


def read_inequalities(r: Reader) -> tuple[Hypothesis, ...]:
    """The file's own inequalities between atoms."""
    entries = r.data.get("inequality", [])
    if not isinstance(entries, list):
        raise r.wrong("inequality", "write [[inequality]], with two brackets")
    found = []
    for k, entry in enumerate(entries):
        path = f"inequality.{k}"
        r.only(path, entry, KEYS["inequality"])
        name = r.text(f"{path}.name", entry.get("name"))
        if not NAME.match(name) or name in {h.name for a in KNOWN.values() for h in a.hypotheses}:
            raise r.wrong(f"{path}.name", f"{name!r} is taken or not a name: letters, digits and _, at most 40")
        start = entry.get("from", 0)
        if type(start) is not int or start < 0:
            raise r.wrong(f"{path}.from", f"{start!r} is not a step number")
        given = [k for k in ("claim", "integrable") if k in entry]
        if len(given) != 1:
            raise r.wrong(path, "give either claim, an inequality, or integrable, a product of atoms that has a mean")
        key = f"{path}.{given[0]}"
        text = r.text(key, entry[given[0]])
        claim = r.formula(key, partial(formulas.relation if "claim" in entry else formulas.monomial, text))
        hypothesis = Hypothesis(name, claim, "own", start)
        well_formed(r, key, hypothesis)
        found.append(hypothesis)
    return tuple(found)


def read_conditions(r: Reader) -> tuple[Hypothesis, ...]:
    """Conditions on parameters, under which a bound is claimed."""
    from proofs.builder import polynomial
    from proofs.terms import is_deterministic

    found = []
    for k, text in enumerate(r.texts("claim.where", r.data.get("claim", {}).get("where", []))):
        claim: Relation = r.formula("claim.where", partial(formulas.relation, text))
        hypothesis = Hypothesis(f"condition_{k + 1}", claim, "parameters")
        well_formed(r, "claim.where", hypothesis)
        if not is_deterministic(polynomial(claim.difference()[0])):
            raise r.wrong("claim.where", f"{text!r} is random; it belongs under [[inequality]]")
        found.append(hypothesis)
    return tuple(found)


def well_formed(r: Reader, path: str, hypothesis: Hypothesis) -> None:
    """The kernel's own check of a hypothesis: normal form, and atoms that exist at the times it speaks of."""
    import sympy

    from proofs.builder import kernel_statement
    from proofs.kernel import Proof
    from proofs.terms import KernelError
    from theory.expressions import lift
    from theory.statement import Statement

    alone = Statement("x", "", "", "", (), (), (hypothesis,), (), lift(0), lambda: sympy.Integer(0), (), "0")
    try:
        Proof(kernel_statement(alone))
    except (KernelError, TypeError) as error:
        raise r.wrong(path, f"{error}; is from = {hypothesis.start} the first t at which it holds?") from None


def read_power(r: Reader, assumptions: Sequence[str]) -> Fraction | None:
    table = r.table("constants")
    if "finite_moment" not in assumptions:
        if table:
            raise r.wrong("constants", "p belongs to the assumption finite_moment, which is not listed")
        return None
    try:
        p = Fraction(str(table.get("p")))
    except (ValueError, ZeroDivisionError):
        raise r.wrong("constants.p", 'finite_moment needs its order; write p = "3/2"') from None
    if not 1 < p < 2:
        raise r.wrong("constants.p", f"p is {p}; it must be between 1 and 2")
    return p
