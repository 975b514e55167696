"""A certificate as a Coq file: variables, hypotheses, definitions, one lemma per step, and the goal.

The statement is written as a mathematician would write it (`denotation`); the steps are data for the lemmas of
`proofs/coq/CertificateRules.v`. That both speak of the same thing is Coq's to see, by computing: no part of this package
has to be trusted, except that the hypotheses, definitions and the goal are the certificate's. Compare them with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from proofs.coq_export.rules import DEFINITIONS, INTEGRABLE, RULES, Defined, Replay, boolean, relation
from proofs.coq_export.terms import Atom, Table, denotation, deterministic, free_i, free_t, name, number, syntax

if TYPE_CHECKING:
    from theory.statement import Statement

HEADER = """From Coq Require Import Reals ZArith Lra List String.
From ADOPT Require Import FiniteSum Vector Holder Space CertificateTerms Certificate CertificateRules Bounds.
From ADOPT Require Rules.
Import ListNotations.
Open Scope R_scope."""

PREAMBLE = """Section Statement.
Context {S : space} {I : Type}.
Variables (idx : list I) (T : nat).
Hypothesis some_coordinate : idx <> [].
Hypothesis some_step : (1 <= T)%nat.
Notation sum_t := (Rules.sum_t)."""

OBJECTIVE = """(** The objective and its gradient. *)
Variables (objective : (I -> R) -> R) (gradient : (I -> R) -> I -> R)."""
ASSUMPTIONS = {
    "lower_bounded": "Hypothesis objective_lower_bounded : forall x, v_f_inf <= objective x.",
    "smooth": "Hypothesis objective_gradient : is_gradient idx objective gradient.\n"
    "Hypothesis gradient_lipschitz : Vector.lipschitz idx v_L gradient.",
    "convex": "",
}
RELATIONS = {"=": "{} = 0", ">=": "0 <= {}", ">": "0 < {}"}


def coq_source(text: str | bytes, statement: Statement | None = None) -> str:
    """The Coq file of a certificate (adopt-cert/1); with the statement of a theorem, also its bound as stated.

    Nothing is checked that Coq will check; raises ValueError, with one line, for what is no certificate or cannot be
    written down (an unknown rule, an atom that does not exist).
    """
    try:
        value = json.loads(text)
        if value["format"] != "adopt-cert/1":
            raise ValueError(f"format {value['format']!r:.40}; only adopt-cert/1 is read")
        return "\n".join(_document(value["statement"], value["steps"], statement)) + "\n"
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a certificate (docs/certificate.md): {type(error).__name__}: {error}") from None


def statement_sha256(statement: Any) -> str:
    """The digest that section 3 of the page defines."""
    canonical = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _document(statement: Any, steps: list[Any], claimed: Statement | None) -> Iterator[str]:
    theorem = name(statement["name"])
    if not steps:
        raise ValueError("there are no steps; the last one must conclude the goal")
    lines, replay = opening(statement, steps)
    yield from lines
    for place, step in enumerate(steps):
        text = step_text(replay, place, step)
        if text:
            judgment, application = text
            yield f"Definition j{place} := {judgment}."
            yield f"Lemma s{place} : valid idx T value j{place}."
            yield f"Proof. refine (by_rule {application}). vm_compute; reflexivity. Qed."
    yield from _goal(replay.table, f"theorem_{theorem}", statement["goal"], len(steps) - 1)
    as_stated = []
    if claimed is not None:
        from proofs.coq_export.stated import stated  # imports sympy, which a certificate alone does not need

        as_stated = stated(claimed, statement["goal"], replay)
    yield from as_stated
    yield "End Statement.\n"
    yield f"Print Assumptions {'stated' if as_stated else 'theorem'}_{theorem}."


def opening(statement: Any, steps: list[Any]) -> tuple[list[str], Replay]:
    """All that stands before the steps: variables, hypotheses, definitions, the table of atoms; and what steps need."""
    table: Table = {}
    lines = [
        f"(** The certificate `{name(statement['name'])}`, written for Coq by `adoptproof`; see docs/trust.md. *)",
        HEADER,
        f'\nDefinition statement_sha256 := "{statement_sha256(statement)}"%string.\n',
        PREAMBLE,
        "\n(** * The statement *)\n",
    ]
    places = {x: (point[0], k) for point in statement["points"] for k, x in enumerate(map(name, point)) if k}
    adapted: set[str] = set()
    for entry in statement["atoms"]:
        x = name(entry["name"])
        table[x] = Atom(entry["timed"], entry["coordinate"], entry["random"], number(entry["first"]))
        if x not in places:
            lines.append(f"Variable v_{x} : {_type(table[x])}.")
            if table[x].random:
                lines.append(_adapted(table, x))
                adapted.add(x)
    if statement["points"] or any(step["rule"] == "point" for step in steps):
        lines.append("\n" + OBJECTIVE)
    lines += [ASSUMPTIONS[assumption] for assumption in statement["assumptions"]]
    for x, f, gradient in statement["points"]:
        lines += _point(table, x, f, gradient)
    stated = [h for h in statement["hypotheses"] if h["relation"] != "integrable"]
    lines += ["\n(** Hypotheses. *)", *(f"Hypothesis h_{name(h['name'])} : {_quantified(table, h)}." for h in stated)]
    introduced: list[tuple[str, str]] = []  # the atoms in order, and how Coq sees that each is as its entry says
    for x in sorted(table, key=lambda x: x in places):  # a point before its f and gradient
        declared = _derived(table, places[x][0], x, places[x][1]) if x in places else ""
        introduced.append((x, declared or f"declared {f'adapted_{x}' if x in adapted else 'some_step'}."))
    lines.append("\n(** Definitions. *)")
    definitions: dict[str, Any] = {}
    for d in statement["definitions"]:
        definitions[name(d["name"])] = d
        lines.append(_definition(table, d["name"], d["kind"], d["poly"], number(d["first"]), number(d["degree"])))
    lines.append("\n(** * The proof *)\n")
    replay = Replay(table, {}, {x: (f, g) for x, f, g in statement["points"]}, steps, statement["hypotheses"])
    for step in steps:
        lines += _introduce(replay, step, definitions, introduced)
    lines += [*_table(table, introduced), *(_given(table, h) for h in stated)]
    return lines, replay


def _table(table: Table, introduced: list[tuple[str, str]]) -> Iterator[str]:
    """The atoms' numbers, entries and values, and that the values are as the entries say, one atom after the other."""
    names = [x for x, _ in introduced]
    yield from (f"Definition a_{x} := {k}%nat." for k, x in enumerate(names))
    entries = ";\n  ".join(_entry(table[x]) for x in names)
    yield f"Definition table : list atom := [\n  {entries}]."
    values = ";\n  ".join(f"fun t i w => {_applied(table, x)}" for x in names)
    yield f"Definition values : list (nat -> I -> S -> R) := [\n  {values}]."
    yield "Definition value (x : nat) : nat -> I -> S -> R := nth x values (fun _ _ _ => 0)."
    yield "Lemma fit_0 : fits_all value (firstn 0 table). Proof. exact (fits_nil value). Qed."
    for k, (x, proof) in enumerate(introduced):
        yield f"Lemma fitting_{x} : fits_all value (firstn {k} table) -> fits value a_{x} {_entry(table[x])}."
        yield f"Proof. intro fitting. {proof} Qed."
        yield f"Lemma fit_{k + 1} : fits_all value (firstn {k + 1} table)."
        yield f"Proof. exact (fits_snoc value (firstn {k} table) {_entry(table[x])} fit_{k} (fitting_{x} fit_{k})). Qed."
    yield f"Definition fitting : fits_all value table := fit_{len(names)}."
    yield "Notation by_rule lemma := (lemma idx T value some_step table fitting) (only parsing).\n"


def _adapted(table: Table, x: str) -> str:
    coordinate = " i" * table[x].coordinate
    quantified = "forall i, " * table[x].coordinate
    return f"Hypothesis adapted_{x} : forall t, ({table[x].first} <= t)%nat -> {quantified}measurable t (v_{x} t{coordinate})."


def _type(atom: Atom) -> str:
    return "nat -> " * atom.timed + "I -> " * atom.coordinate + "S -> " * atom.random + "R"


def _entry(atom: Atom) -> str:
    return f"(Kind {boolean(atom.coordinate)} {boolean(atom.random)} {atom.first})"


def _applied(table: Table, x: str) -> str:
    atom = table[x]
    return f"v_{x}" + " t" * atom.timed + " i" * atom.coordinate + " w" * atom.random


def _quantified(table: Table, h: Any) -> str:
    """A judgment as a formula: quantifiers for what is free in it."""
    poly = h["poly"]
    text = RELATIONS[h["relation"]].format(denotation(table, poly))
    if not deterministic(table, poly):
        text = f"forall w : S, {text}"
    if free_i(table, poly):
        text = f"forall i, In i idx -> {text}"
    if free_t(poly):
        text = f"forall t, ({number(h['from'])} <= t)%nat -> {text}"
    return text


def _given(table: Table, h: Any) -> str:
    """The hypothesis as a valid judgment."""
    poly = h["poly"]
    used = "t Ht " * free_t(poly) + "i Hi " * free_i(table, poly) + "w" * (not deterministic(table, poly))
    judgment = f"(Judgment {number(h['from'])} false {relation(h['relation'])} ({syntax(table, poly)}))"
    return (
        f"Lemma given_{h['name']} : valid idx T value {judgment}.\n"
        f"Proof. exact (fun t Ht _ i Hi w => h_{h['name']} {used}). Qed."
    )


def _point(table: Table, x: str, f: str, gradient: str) -> Iterator[str]:
    atom = table[name(x)]
    outcome = " w" * atom.random
    binders = "(t : nat)" + " (w : S)" * atom.random
    yield f"Definition v_{name(f)} {binders} : R := objective (fun i => v_{x} t i{outcome})."
    head = f"Definition v_{name(gradient)} (t : nat) (i : I)" + " (w : S)" * atom.random
    yield f"{head} : R := gradient (fun i => v_{x} t i{outcome}) i."


def _derived(table: Table, x: str, y: str, place: int) -> str:
    """f(x) or the gradient at x, for a point x that comes earlier in the table."""
    lemma, function = (("value_fits", "objective"), ("gradient_fits", "gradient"))[place - 1]
    coordinate = " eq_refl" * (place - 1)
    return (
        f"exact ({lemma} value {function} a_{x} a_{y} {_entry(table[x])} {_entry(table[y])} (fun _ _ _ => eq_refl) "
        f"(fitting a_{x} {_entry(table[x])} eq_refl){coordinate} eq_refl eq_refl)."
    )


def _definition(table: Table, x: str, kind: str, poly: Any, first: int, degree: int) -> str:
    """Enters a defined atom into the table and writes its meaning."""
    timed = free_t(poly) and kind != "minimum"
    coordinate, random = free_i(table, poly), not deterministic(table, poly)
    inner = denotation(table, poly)
    body = {
        "define": inner,
        "inverse": f"/ ({inner})",
        "root": f"rpow ({inner}) (/ INR {degree})",
        "logarithm": f"ln ({inner})",
        "minimum": f"min_1_to (fun t => {inner}) T",
    }[kind]
    if name(x) in table:
        raise ValueError(f"{x} exists already; a definition needs a fresh name")
    table[x] = Atom(timed, coordinate, random, first)
    binders = " (t : nat)" * timed + " (i : I)" * coordinate + " (w : S)" * random
    return f"Definition v_{x}{binders} : R := {body}."


def _introduce(
    replay: Replay, step: Any, definitions: dict[str, Any], introduced: list[tuple[str, str]]
) -> Iterator[str]:
    """The definitions that a step brings, if any."""
    rule, arguments, table = step["rule"], step["arguments"], replay.table
    if rule in DEFINITIONS:
        x = name(arguments["name"])
        premises = step["premises"]
        start = arguments["from"] if rule == "define" else 0
        if premises:
            start = replay.steps[premises[0]]["conclusion"]["from"]
        degree = number(arguments["degree"]) if rule == "root" else 0
        if x not in definitions:
            yield _definition(table, x, rule, arguments["poly"], number(start), degree)
        elif definitions[x]["kind"] != rule:
            raise ValueError(f"the statement defines {x} otherwise, by {definitions[x]['kind']}")
        replay.defined[x] = Defined(rule, arguments["poly"], degree, premises[0] if premises else None)
        introduced.append((x, _fits(table, x, rule, arguments["poly"], degree)))
    elif rule == "point":
        x, f, gradient = (name(arguments[part]) for part in ("x", "f", "gradient"))
        for new, coordinate in ((f, False), (gradient, True)):
            if new in table:
                raise ValueError(f"{new} exists already; a point needs fresh names")
            table[new] = table[x]._replace(coordinate=coordinate)
        yield from _point(table, x, f, gradient)
        introduced.append((f, _derived(table, x, f, 1)))
        introduced.append((gradient, _derived(table, x, gradient, 2)))
        replay.points[x] = (f, gradient)


def _fits(table: Table, x: str, kind: str, poly: Any, degree: int) -> str:
    e = f"({syntax(table, poly)})"
    if kind == "minimum":
        head = f"minimum_fits idx T value some_step _ fitting a_{x} {_entry(table[x])}"
        return f"exact ({head} {e} (fun _ _ _ => eq_refl) eq_refl)."
    function = {
        "define": "(fun r => r)", "inverse": "Rinv", "root": f"(fun r => rpow r (/ INR {degree}))", "logarithm": "ln",
    }[kind]  # fmt: skip
    timed = table[x].timed
    constant = "(or_introl eq_refl)" if timed else "(or_intror (conj eq_refl (fun _ _ _ => eq_refl)))"
    return (
        f"exact (defined_fits idx T value some_step _ fitting {boolean(timed)} a_{x} {_entry(table[x])} {function} {e} "
        f"(fun _ _ _ => eq_refl) {constant} eq_refl)."
    )


def step_text(replay: Replay, place: int, step: Any) -> tuple[str, str] | None:
    """The judgment of a step, and its rule's lemma applied; None for an integrable one: every variable of a space is."""
    rule, conclusion = step["rule"], step["conclusion"]
    if conclusion["relation"] == "integrable" and rule in (*INTEGRABLE, "hypothesis", "weaken", "instantiate"):
        return None
    if rule not in RULES:
        raise ValueError(f"step {place}: {rule!r:.60} is not a rule")
    head = f"Judgment {number(conclusion['from'])} {boolean(conclusion['bounded'])} {relation(conclusion['relation'])}"
    return f"{head} ({syntax(replay.table, conclusion['poly'])})", RULES[rule](replay, step, f"j{place}")


def _goal(table: Table, theorem: str, goal: Any, last: int) -> Iterator[str]:
    poly = goal["poly"]
    text = RELATIONS[goal["relation"]].format(denotation(table, poly))
    random = not deterministic(table, poly)
    yield f"\nTheorem {theorem} : {'forall w : S, ' * random}{text}."
    value = f"(fun w => {denotation(table, poly)})" if random else f"({denotation(table, poly)})"
    yield (
        f"Proof. exact ({'random_goal' if random else 'goal'} idx T value j{last} {value} some_coordinate "
        f"(fun _ _ _ => eq_refl) s{last} eq_refl). Qed."
    )
