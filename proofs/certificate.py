"""The text of certificates (`adopt-cert/1`, see docs/certificate.md): writes statements, steps and whole certificates.

Nothing here is trusted: what is written counts only when `proofs.verifier` replays it.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from proofs.kernel import Judgment, Proof, Statement, Step
from proofs.terms import Factor, KernelError, Monomial, Poly, Time

CERTIFICATES = Path(__file__).parent / "certificates"
NEEDS = {"lower_bound": "lower_bounded", "lipschitz": "smooth", "descent": "smooth"}


def compact(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, ASCII."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=True)


def write_time(time: Time) -> str:
    if time == ():
        return ""
    return str(time[1]) if time[0] == "" else time[0] + (f"{time[1]:+d}" if time[1] else "")


def write_factor(factor: Factor) -> list:
    tag = factor[0]
    if tag == "atom":
        return ["atom", factor[1]] + ([write_time(factor[2])] if factor[2] else [])
    if tag == "sum_i":
        return ["sum_i", write_monomial(factor[1])]
    return [tag, write_time(factor[1]) if tag == "E" else factor[1], write_monomial(factor[2])]


def write_monomial(monomial: Monomial) -> list:
    return [[write_factor(f), e] for f, e in sorted(monomial, key=lambda item: factor_text(item[0]))]


@cache
def factor_text(factor: Factor) -> str:
    return compact(write_factor(factor))


@cache
def monomial_text(monomial: Monomial) -> str:
    return compact(write_monomial(monomial))


def write_poly(poly: Poly) -> list:
    return [[str(poly[m]), write_monomial(m)] for m in sorted(poly, key=monomial_text)]


def write_judgment(judgment: Judgment) -> dict:
    lo, bounded, relation, poly = judgment
    return {"from": lo, "bounded": bounded, "relation": relation, "poly": write_poly(poly)}


def write_statement(statement: Statement) -> dict:
    hypotheses = [
        {"name": name, "from": h.lo, "relation": h.relation, "poly": write_poly(h.poly)}
        for name, h in statement.hypotheses.items()
    ]
    definitions = [
        {"kind": d.kind, "name": name, "poly": write_poly(d.poly), "first": d.first, "degree": d.degree}
        for name, d in statement.definitions.items()
    ]
    return {
        "name": statement.name,
        "atoms": [a._asdict() for a in statement.atoms],
        "points": [list(p) for p in statement.points],
        "assumptions": list(statement.assumptions),
        "hypotheses": hypotheses,
        "definitions": definitions,
        "goal": {"relation": statement.goal[0], "poly": write_poly(statement.goal[1])},
    }


def statement_sha256(statement: Statement) -> str:
    """The statement's digest: SHA-256 of its canonical text."""
    return hashlib.sha256(compact(write_statement(statement)).encode()).hexdigest()


def write_argument(value: Any) -> Any:
    if isinstance(value, dict):
        return (
            write_poly(value)
            if all(isinstance(k, tuple) for k in value)
            else {k: write_argument(v) for k, v in value.items()}
        )
    if isinstance(value, tuple):
        return write_time(value)
    if isinstance(value, list):
        return [write_argument(v) for v in value]
    return value


def write_arguments(step: Step) -> dict:
    return {name: write_argument(value) for name, value in step.arguments.items()}


def write_step(step: Step) -> dict:
    return {
        "rule": step.rule,
        "premises": step.premises,
        "arguments": write_arguments(step),
        "conclusion": write_judgment(step.conclusion),
        "label": step.label,
    }


def mentioned(value: Any) -> set[str]:
    """Every text in a step's arguments or in a polynomial, names of atoms among them."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return set().union(
            *(texts_in(k) | mentioned(v) if isinstance(k, tuple) else mentioned(v) for k, v in value.items())
        )
    if isinstance(value, list | tuple):
        return set().union(*map(mentioned, value))
    return set()


@cache
def texts_in(part: tuple) -> frozenset[str]:
    """Every text in a monomial."""
    found = (texts_in(x) if isinstance(x, tuple) else {x} if isinstance(x, str) else () for x in part)
    return frozenset().union(*found)


def reached_steps(proof: Proof) -> set[int]:
    """The steps that the last one rests on, through premises and definitions."""
    introduced = {}
    for k, step in enumerate(proof.steps):
        if step.rule in ("define", "inverse", "root", "logarithm", "minimum"):
            introduced[step.arguments["name"]] = k
        if step.rule == "point":
            introduced |= {step.arguments["f"]: k, step.arguments["gradient"]: k}
    reached: set[int] = set()
    todo = [len(proof.steps) - 1]
    while todo:
        k = todo.pop()
        if k not in reached:
            reached.add(k)
            step = proof.steps[k]
            names = mentioned(step.arguments) | mentioned(step.conclusion.poly)
            todo += step.premises + [introduced[n] for n in names if n in introduced]
    return reached


def without_idle_steps(proof: Proof) -> Proof:
    """The same proof without the steps that its last one does not rest on, derived again where there are any.

    Sections that several scripts share derive more than some of them need.
    """
    kept = sorted(reached_steps(proof))
    if len(kept) == len(proof.steps):
        return proof
    place = {old: new for new, old in enumerate(kept)}
    again = Proof(proof.statement)
    for k in kept:
        step = proof.steps[k]
        again.apply(step.rule, [place[p] for p in step.premises], dict(step.arguments), step.label)
    return again


def used(proof: Proof) -> tuple[list[str], list[str]]:
    """The hypotheses and assumptions that the last step rests on, through premises and definitions."""
    steps = [proof.steps[k] for k in reached_steps(proof)]
    names = {s.arguments["name"] for s in steps if s.rule == "hypothesis"}
    return sorted(names), sorted({NEEDS[s.rule] for s in steps if s.rule in NEEDS})


def certificate(proof: Proof, notes: dict[str, str]) -> dict:
    """The certificate of a finished proof.

    Raises KernelError if the last step is not the goal, or if the statement lists what the proof does not use.
    """
    if not proof.reaches_goal():
        raise KernelError(f"{proof.statement.name}: the last step is not the goal")
    hypotheses, assumptions = used(proof)
    unused = sorted(
        (set(proof.statement.hypotheses) - set(hypotheses))
        | (set(proof.statement.assumptions) - set(assumptions))
        | (set(proof.statement.definitions) - set(proof.definitions))
    )
    if unused:
        raise KernelError(f"{proof.statement.name} lists what its proof does not use: {', '.join(unused)}")
    return {
        "format": "adopt-cert/1",
        "statement": write_statement(proof.statement),
        "statement_sha256": statement_sha256(proof.statement),
        "steps": [write_step(step) for step in proof.steps],
        "notes": notes,
    }


def save(path: Path, value: dict) -> None:
    """Writes canonical JSON in one move: an interrupted write leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(compact(value) + "\n", encoding="ascii")
    os.replace(temporary, path)
