"""A certificate as people read it: sections of named lines with their details, groups of hypotheses, and who uses what.

Everything is computed from the certificate. Labels (`section: text`) shape the outline and prove nothing; the groups of
hypotheses take the names A1–A6 from `theory.assumptions` where a hypothesis has the name of one of theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs.vocabulary import DEFINING
from theory.assumptions import ASSUMPTIONS, Assumption

NEEDS = {"lower_bound": "lower_bounded", "lipschitz": "smooth", "descent": "smooth"}
"""Rules that use an assumption on f, and which."""


@dataclass(frozen=True)
class Entry:
    """A named line: its step, what the author wrote beside it, and the unnamed steps that lead to it."""

    step: int
    text: str
    details: tuple[int, ...]


@dataclass(frozen=True)
class Section:
    """Consecutive steps of one title; `rest` are steps after its last named line."""

    title: str
    entries: tuple[Entry, ...]
    rest: tuple[int, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True)
class HypothesisGroup:
    """Hypotheses of one assumption, or of the algorithm, the parameters or the start.

    `label` is A1–A6 or a word, `claim` the assumption in words, `assumptions` the names of assumptions on f (such as
    `smooth`), `hypotheses` places in the statement's list.
    """

    label: str
    claim: str
    assumptions: tuple[str, ...]
    hypotheses: tuple[int, ...]


def sections(certificate: dict) -> list[Section]:
    """The proof's sections, in order. Steps that only quote a hypothesis belong to a section but are no lines."""
    steps = certificate["steps"]
    runs: list[tuple[str, list[int]]] = []
    for k, step in enumerate(steps):
        title = step["label"].partition(": ")[0]
        if not runs or runs[-1][0] != title:
            runs.append((title, []))
        runs[-1][1].append(k)
    return [_section(steps, title, members) for title, members in runs]


def _section(steps: list[dict], title: str, members: list[int]) -> Section:
    entries: list[Entry] = []
    waiting: list[int] = []
    for k in members:
        text = steps[k]["label"].partition(": ")[2]
        if steps[k]["rule"] == "hypothesis":
            continue
        if text or k == len(steps) - 1:
            entries.append(Entry(k, text, tuple(waiting)))
            waiting = []
        else:
            waiting.append(k)
    return Section(title, tuple(entries), tuple(waiting), tuple(members))


def integrability(certificate: dict) -> set[int]:
    """Steps that conclude integrability or serve nothing else."""
    steps = certificate["steps"]
    users: list[list[int]] = [[] for _ in steps]
    for k, step in enumerate(steps):
        for p in step["premises"]:
            users[p].append(k)
    found: set[int] = set()
    for k in reversed(range(len(steps))):
        if steps[k]["conclusion"]["relation"] == "integrable" or (users[k] and found.issuperset(users[k])):
            found.add(k)
    return found


def hypothesis_groups(statement: dict) -> list[HypothesisGroup]:
    """The hypotheses grouped: assumptions in the order A1–A6, then the algorithm, the parameters and the start."""
    owner = _owners({h["name"] for h in statement["hypotheses"]})
    random = {x["name"] for x in statement["atoms"] if x["random"]}
    members: dict[str, list[int]] = {}
    for k, hypothesis in enumerate(statement["hypotheses"]):
        if hypothesis["name"] in owner:
            key = owner[hypothesis["name"]].name
        elif not random & atoms(hypothesis["poly"]):
            key = "parameters"
        else:
            key = "start" if hypothesis["relation"] == "integrable" else "algorithm"
        members.setdefault(key, []).append(k)
    groups = [
        HypothesisGroup(
            x.label, x.claim, (x.name,) if x.name in statement["assumptions"] else (), tuple(members.get(x.name, ()))
        )
        for x in sorted(ASSUMPTIONS.values(), key=lambda x: x.label)
        if x.name in members or x.name in statement["assumptions"]
    ]
    unknown = [x for x in statement["assumptions"] if x not in ASSUMPTIONS]
    groups += [HypothesisGroup(x, x, (x,), ()) for x in unknown]
    words = (
        ("algorithm", "the recurrence"),
        ("parameters", "ranges of the parameters"),
        ("start", "the initial value"),
    )
    return groups + [HypothesisGroup(k, w, (), tuple(members[k])) for k, w in words if k in members]


def _owners(names: set[str]) -> dict[str, Assumption]:
    """The assumption of each of these hypotheses; if several share it, the one that is there with most of its own."""

    def share(assumption: Assumption) -> Fraction:
        return Fraction(sum(h.name in names for h in assumption.hypotheses), len(assumption.hypotheses))

    stated = [x for x in ASSUMPTIONS.values() if x.hypotheses]
    return {h.name: x for x in sorted(stated, key=share) for h in x.hypotheses}


def group_title(group: HypothesisGroup) -> str:
    """The group's name without its claim: `A3 (smooth)`, `Algorithm`."""
    named = {x.label: x.name for x in ASSUMPTIONS.values()}
    if group.label in named:
        return f"{group.label} ({named[group.label].replace('_', ' ')})"
    return group.label[0].upper() + group.label[1:]


def atoms(term: Any) -> set[str]:
    """Names of the atoms in a term, JSON form."""
    if isinstance(term, list):
        if len(term) in (2, 3) and term[0] == "atom":
            return {term[1]}
        return set().union(*(atoms(x) for x in term))
    if isinstance(term, dict):
        return set().union(*(atoms(x) for x in term.values()))
    return set()


def dependencies(certificate: dict) -> list[set[int]]:
    """For each step the earlier steps it rests on: its premises, and the definitions of the atoms it mentions."""
    introduced: dict[str, int] = {}
    found: list[set[int]] = []
    for k, step in enumerate(certificate["steps"]):
        arguments = step["arguments"]
        names = atoms(step["conclusion"]["poly"]) | atoms(arguments)
        names |= {arguments[x] for x in ("x", "y") if isinstance(arguments.get(x), str)}
        names |= {arguments["name"]} if step["rule"] == "sign" else set()
        if step["rule"] in DEFINING:
            introduced[arguments["name"]] = k
        if step["rule"] == "point":
            introduced |= {arguments["f"]: k, arguments["gradient"]: k}
        rests_on = set(step["premises"]) | {introduced[n] for n in names if n in introduced}
        found.append(rests_on - {k})
    return found


def uses(certificate: dict) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """For each hypothesis and each assumption on f (by name), the steps that use it directly."""
    steps = certificate["steps"]
    hypotheses: dict[str, list[int]] = {h["name"]: [] for h in certificate["statement"]["hypotheses"]}
    assumptions: dict[str, list[int]] = {x: [] for x in certificate["statement"]["assumptions"]}
    for k, step in enumerate(steps):
        for p in step["premises"]:
            if steps[p]["rule"] == "hypothesis":
                hypotheses[steps[p]["arguments"]["name"]].append(k)
        if step["rule"] in NEEDS:
            assumptions[NEEDS[step["rule"]]].append(k)
    return hypotheses, assumptions


SUBSCRIPT = re.compile(r"_\{[^}]*\}|_\w|[₀-₉]|(?<=[αβ])[0-9]|[\s·\[\]()]")


def says_the_same(label: str, printed: str) -> bool:
    """Whether a label repeats the printed line, up to indices, spaces and brackets: then it need not be shown."""
    left, right = (SUBSCRIPT.sub("", x.replace(" given ", "|")) for x in (label, printed))
    return left == right
