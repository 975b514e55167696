"""The second checker: replays a certificate of `docs/certificate.md` with nothing but the standard library.

It was written from that page alone, shares no code with the kernel and imports nothing of this project; the directory
works wherever it is copied. It trusts no stated term: every polynomial that is read is rebuilt by the normal form's
constructors and must come out as itself, and every step's conclusion is computed from its premises and arguments and
must be the stated one. `terms` holds the normal form, `reading` the strict reader, `rules` one function per rule.

    python -m proofs.verifier CERTIFICATE.json ... [--json]

Exit status 0: proved. 1 (`WrongCertificate`): well-formed, but a step does not follow, a term it needs is refused, the
digest is another statement's, a hypothesis or assumption is listed but not used, or the goal is not reached.
2 (`MalformedCertificate`): not a certificate, that is unreadable, not strict JSON, a field missing, unknown or of the
wrong type, a number out of range, an unknown rule, a term not in normal form, a statement that breaks section 3 of the
page. A file with several faults is reported by the first one met.

Where the page leaves room the stricter reading is taken; only white space and the order of keys are free. Limits on
work, so that no file can hang the checker: degrees and a + b up to 64, 64 factors in a term of a combination,
a million products of monomials in all.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any, NamedTuple

from .reading import (
    read_bool,
    read_fields,
    read_int,
    read_json,
    read_list,
    read_name,
    read_polynomial,
    read_relation,
    read_text,
)
from .rules import RULES, Definition, Judgment, Replay, Statement, defined_atom, read_argument
from .terms import (
    Atom,
    MalformedCertificate,
    Polynomial,
    Terms,
    WrongCertificate,
    factors,
    free_i,
    free_t,
    reduced,
    show,
    single,
    well_formed_from,
)

__all__ = ["MalformedCertificate", "Report", "WrongCertificate", "verify"]

ASSUMPTIONS = ["convex", "lower_bounded", "smooth"]
KINDS = ("define", "inverse", "logarithm", "minimum", "root")


class Report(NamedTuple):
    """What a certificate proved, and from what."""

    name: str
    statement_sha256: str
    steps: int
    rules_used: dict[str, int]
    hypotheses_used: tuple[str, ...]
    assumptions_used: tuple[str, ...]
    goal: str


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise MalformedCertificate(what)


def _read_atoms(terms: Terms, raw: Any) -> None:
    last = ""
    for item in read_list(raw, "the list of atoms"):
        name, *flags, first = read_fields(item, "an atom", "name", "timed", "coordinate", "random", "first")
        timed, coordinate, random = map(read_bool, flags)
        _require(read_name(name) > last, f"atom {name} is repeated or not in ascending order of names")
        _require(name != "idx", "idx is reserved and may not be declared")
        _require(timed or not (random or first), f"the untimed atom {name} must have random false and first 0")
        terms.atoms[name] = Atom(timed, coordinate, random, read_int(first))
        last = name


def _read_points(terms: Terms, raw: Any) -> dict[str, tuple[str, str]]:
    points: dict[str, tuple[str, str]] = {}
    taken: set[str] = set()
    for item in read_list(raw, "the list of points"):
        names = [read_name(name) for name in read_list(item, "a point [x, f, gradient]")]
        _require(len(names) == 3 == len(set(names)), f"{show(item)} is not three different names [x, f, gradient]")
        _require(not taken & set(names), f"point {show(names)} shares a name with another point")
        _require(set(names) <= set(terms.atoms) - {"idx"}, f"point {show(names)} has an undeclared atom")
        x, f, gradient = (terms.atoms[name] for name in names)
        _require(
            x.timed and x.coordinate and gradient == x and f == x._replace(coordinate=False),
            f"point {show(names)}: x and gradient need coordinates, f none, all timed with the same random and first",
        )
        taken.update(names)
        points[names[0]] = (names[1], names[2])
    return points


def _read_hypothesis(terms: Terms, raw: Any) -> tuple[str, Judgment]:
    name, start, relation, poly = read_fields(raw, "a hypothesis", "name", "from", "relation", "poly")
    h = Judgment(read_int(start), False, read_relation(relation), read_polynomial(terms, poly))
    where = f"hypothesis {show(read_name(name))}"
    _require(well_formed_from(h.poly) <= h.start, f"{where} is well-formed only from {well_formed_from(h.poly)}")
    _require(free_t(h.poly) or h.start == 0, f"{where} has no free t; its from must be 0")
    if h.relation == "integrable":
        m = single(h.poly)
        _require(
            bool(m) and reduced(m)[0] == m, f"{where} must be integrable({show({reduced(m)[0]: 1})}), the reduced form"
        )
    return name, h


def _read_definition(terms: Terms, raw: Any) -> tuple[str, Definition]:
    name, kind, poly, first, degree = read_fields(raw, "a definition", "name", "kind", "poly", "first", "degree")
    _require(kind in KINDS, f"definition {show(name)}: {show(kind)} is not one of {', '.join(KINDS)}")
    _require(read_name(name) not in terms.atoms, f"definition {name}: the name is not fresh")
    definition = (kind, read_polynomial(terms, poly), read_int(first), read_int(degree))
    right = 2 <= degree <= 64 if kind == "root" else degree == 0
    _require(right, f"definition {name}: degree {degree}; right is 2 to 64 for a root, 0 otherwise")
    terms.atoms[name] = defined_atom(*definition[:3])
    return name, definition


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _require(len(dict(pairs)) == len(pairs), f"names are repeated in {show([name for name, _ in pairs])}")
    return dict(pairs)


def _read_statement(terms: Terms, raw: Any) -> Statement:
    """Section 3. Leaves the declared atoms, and only those, in the table."""
    name, atoms, points, assumptions, hypotheses, definitions, goal = read_fields(
        raw, "the statement", "name", "atoms", "points", "assumptions", "hypotheses", "definitions", "goal"
    )
    _read_atoms(terms, atoms)
    triples = _read_points(terms, points)
    listed = [read_text(a) for a in read_list(assumptions, "the list of assumptions")]
    _require(
        listed == [a for a in ASSUMPTIONS if a in listed],
        f"assumptions {show(listed)} must be an ascending part of {ASSUMPTIONS}",
    )
    for assumption, parameter in (("lower_bounded", "f_inf"), ("smooth", "L")):
        _require(
            assumption not in listed or terms.atoms.get(parameter) == Atom(False, False, False, 0),
            f"{assumption} needs a declared atom {parameter}, untimed and without coordinate",
        )
    given = _distinct([_read_hypothesis(terms, h) for h in read_list(hypotheses, "the list of hypotheses")])
    declared = dict(terms.atoms)
    defined = _distinct([_read_definition(terms, d) for d in read_list(definitions, "the list of definitions")])
    relation, poly = read_fields(goal, "the goal", "relation", "poly")
    target = read_polynomial(terms, poly)
    _require(read_relation(relation) != "integrable", "the goal's relation must be =, >= or >")
    _require(not free_t(target) and not free_i(target), f"the goal {show(target)} has a free t or i")
    _require(well_formed_from(target) <= 0, f"the goal {show(target)} mentions atoms before they exist")
    terms.atoms = declared
    return Statement(read_name(name), triples, tuple(listed), given, defined, relation, target)


class _Record(NamedTuple):
    """What a step leaned on: earlier steps, atoms, and hypotheses or assumptions."""

    premises: list[int]
    mentioned: set[str]
    used: set[str]


def _replay_step(replay: Replay, proved: list[Judgment], rule: Any, raw: list[Any]) -> tuple[Judgment, _Record]:
    """The conclusion of one step, computed, compared with the stated one, and what it leaned on."""
    places, arguments, stated, label = raw
    read_text(label)
    if type(rule) is not str or rule not in RULES:
        raise MalformedCertificate(f"{show(rule)} is not a rule; rules are {', '.join(RULES)}")
    function, count, more, types = RULES[rule]
    premises = [read_int(place) for place in read_list(places, "the list of premises")]
    if len(set(premises)) != len(premises) or any(place >= len(proved) for place in premises):
        raise WrongCertificate(f"premises {show(premises)} must be different steps before this one")
    if len(premises) < count or (len(premises) > count and not more):
        raise WrongCertificate(f"{len(premises)} premises given; {count}{' or more' if more else ''} are needed")
    replay.mentioned, replay.used = set(), set()
    values = read_fields(arguments, "arguments", *types)
    values = [read_argument(replay, kind, value) for kind, value in zip(types.values(), values, strict=True)]
    judgment = function(replay, [proved[place] for place in premises], *values)
    if not judgment.bounded and not free_t(judgment.poly):
        judgment = judgment._replace(start=0)
    need = well_formed_from(judgment.poly)
    if need > judgment.start:
        raise WrongCertificate(
            f"the conclusion {show(judgment.poly)} holds from {judgment.start} but is well-formed only from {need}"
        )
    start, bounded, relation, poly = read_fields(stated, "the conclusion", "from", "bounded", "relation", "poly")
    claim = Judgment(read_int(start), read_bool(bounded), read_relation(relation), read_polynomial(replay.terms, poly))
    for field, wanted, found in zip(("from", "bounded", "relation", "poly"), judgment, claim, strict=True):
        if wanted != found:
            raise WrongCertificate(f"the conclusion's {field} is {show(found)}; the rule gives {show(wanted)}")
    replay.mentioned.update(*(f.atoms for f in factors(judgment.poly)))
    return judgment, _Record(premises, replay.mentioned, replay.used)


def _reached(records: list[_Record], definers: dict[str, tuple[int, str]]) -> set[str]:
    """The hypotheses and assumptions under the last step, through premises and the definitions of atoms."""
    used: set[str] = set()
    seen: set[int] = set()
    stack = [len(records) - 1]
    while stack:
        index = stack.pop()
        if index not in seen:
            seen.add(index)
            used |= records[index].used
            stack += records[index].premises
            stack += [definers[name][0] for name in records[index].mentioned if name in definers]
    return used


def verify(text: bytes | str) -> Report:
    """Replays a certificate.

    Raises `MalformedCertificate` if the text is not a certificate and `WrongCertificate` if it does not prove its
    statement; the message is one line that names the step, its rule, what is wrong and what would be right.
    """
    form, raw_statement, digest, steps, notes = read_fields(
        read_json(text), "the certificate", "format", "statement", "statement_sha256", "steps", "notes"
    )
    _require(form == "adopt-cert/1", f'format {show(form)}; this checker reads "adopt-cert/1"')
    _require(
        type(notes) is dict and all(type(note) is str for note in notes.values()), "notes must be an object of strings"
    )
    read_text(digest)
    _require(len(read_list(steps, "the list of steps")) <= 5000, f"{len(steps)} steps; at most 5000 are read")
    terms = Terms()
    try:
        statement = _read_statement(terms, raw_statement)
    except (MalformedCertificate, WrongCertificate) as error:
        raise MalformedCertificate(f"statement: {error}") from None
    canonical = json.dumps(raw_statement, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    sha256 = hashlib.sha256(canonical.encode()).hexdigest()
    if digest != sha256:
        raise WrongCertificate(f"statement_sha256 is {show(digest)}; the statement's is {sha256}")
    replay, proved, records, rules = Replay(terms, statement), list[Judgment](), list[_Record](), Counter[str]()
    for index, raw in enumerate(steps):
        rule: Any = "no rule"
        replay.index = index
        try:
            rule, *rest = read_fields(raw, "a step", "rule", "premises", "arguments", "conclusion", "label")
            judgment, record = _replay_step(replay, proved, rule, rest)
        except (MalformedCertificate, WrongCertificate) as error:
            name = rule if type(rule) is str and rule in RULES else "unknown rule"
            raise type(error)(f"step {index} ({name}): {error}") from None
        proved.append(judgment)
        records.append(record)
        rules[rule] += 1
    _check_goal(statement, proved)
    used = _reached(records, replay.definers)
    for kind, listed in (("hypothesis", statement.hypotheses), ("assumption", statement.assumptions)):
        if unused := [name for name in listed if f"{kind} {name}" not in used]:
            raise WrongCertificate(f"{kind} {', '.join(unused)} is listed and not used; leave it out of the statement")
    if unmade := [name for name in statement.definitions if name not in replay.definers]:
        raise WrongCertificate(f"definition {', '.join(unmade)} is listed and no step introduces it; leave it out")
    goal = f"{show(statement.goal, 10**6)} {statement.relation} 0"
    counts = dict(sorted(rules.items()))
    return Report(statement.name, sha256, len(proved), counts, tuple(statement.hypotheses), statement.assumptions, goal)


def _check_goal(statement: Statement, proved: list[Judgment]) -> None:
    if not proved:
        raise WrongCertificate("there are no steps; the last one must conclude the goal")
    wanted: tuple[bool, str, Polynomial] = (False, statement.relation, statement.goal)
    last = proved[-1]
    if (last.bounded, last.relation, last.poly) != wanted:
        bounded = " up to T" if last.bounded else ""
        raise WrongCertificate(
            f"step {len(proved) - 1}, the last, concludes {show(last.poly)} {last.relation} 0{bounded}; "
            f"the goal is {show(statement.goal)} {statement.relation} 0"
        )
