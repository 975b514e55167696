"""The goal of a theorem as the statement has it: what is measured is at most the bound of `proofs/coq/Bounds.v`.

The certificate's goal is a polynomial in atoms such as 1/ε and √(G²+ε²); here Coq is shown, by `field`, that it is the
bound that was written from `theory/`'s sympy expression minus what is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import sympy

from proofs.builder import polynomial
from proofs.certificate import write_poly
from proofs.coq_export import powers
from proofs.coq_export.bounds import real
from proofs.coq_export.rules import REFLEXIVE, Replay
from proofs.coq_export.terms import Table, denotation, deterministic, free_i, free_t
from theory.bounds import POWERS, SYMBOLS, meaning
from theory.expressions import T, idx, t
from theory.statement import Statement

UNFOLDED = ("define", "inverse", "logarithm")


def stated(statement: Statement, goal: Any, replay: Replay) -> list[str]:
    """The theorem `stated_…` and its proof, to stand after `theorem_…`."""
    table = replay.table
    measured = write_poly(polynomial(statement.measured))
    left, right = denotation(table, measured), denotation(table, goal["poly"])
    arguments = [_parameter(table, p) for p in statement.parameters if p != "T"]
    bound = " ".join([f"bound_{statement.name}", *arguments, *["T"] * ("T" in statement.parameters)])
    kept = SYMBOLS.keys() | {
        d.symbol.name for d in statement.definitions if d.kind == "logarithm" and not d.symbol.timed
    }
    unfolded = [f"v_{x}" for x, d in replay.defined.items() if d.kind in UNFOLDED and x not in kept]
    unfolding = f"unfold {', '.join(unfolded)} in *; " if unfolded else ""
    facts = list(_facts(replay))
    if only_square_roots(statement):
        preparation, decide = _with_square_roots(statement, replay, unfolding, facts)
    else:
        inverted = {f"P_{x}" for x, d in replay.defined.items() if d.kind == "inverse"}
        known = [(line.split()[-1].rstrip("."), text) for line, text in facts]
        known = [(x, text) for x, text in known if x in inverted]
        preparation, decide = powers.preparation(statement, partial(_parameter, table), unfolding, known)
    return [
        f"\nTheorem stated_{statement.name} : {left} <= {bound}.",
        "Proof.",
        "  pose proof (lt_0_INR T some_step) as T_positive.",
        *(line for line, _ in facts),
        *preparation,
        f"  assert (E : {bound} = {right} + ({left})).",
        f"  {{ unfold bound_{statement.name}; {decide}. }}",
        f"  pose proof theorem_{statement.name}. lra.",
        "Qed.",
    ]


def _with_square_roots(
    statement: Statement, replay: Replay, unfolding: str, facts: list[tuple[str, str]]
) -> tuple[list[str], str]:
    """Lines that stand before the comparison, and the script that decides it; all roots are square roots."""
    atoms = list(_atoms(statement, replay, unfolding))
    rewriting = "".join(f"rewrite ?R_{x}; " for x, _ in atoms)
    lines = [
        *(line for _, lines in atoms for line in lines),
        *(
            f"  rewrite ?R_{x}, ?plus_INR in {line.split()[-1]}"
            for line, text in facts
            for x, _ in atoms
            if f"v_{x} " in text
        ),
    ]
    return lines, f"{unfolding}{rewriting}at_numbers; first [field | squares; field]; nonzero"


def _parameter(table: Table, name: str) -> str:
    """A parameter of the bound: the atom of that name, D = Σ_i 1, a running sum at T."""
    if name == "D":
        return "(lsum idx (fun i => 1))"
    return f"(v_{name} T)" if table[name].timed else f"v_{name}"


def _facts(replay: Replay) -> Iterator[tuple[str, str]]:
    """That what is inverted is > 0 and what a root is taken of >= 0, at T: the premises of the defining steps."""
    for x, (_, poly, _, k) in replay.defined.items():
        if k is None or free_i(replay.table, poly) or not deterministic(replay.table, poly):
            continue
        judgment, proof = f"j{k}", f"s{k}"
        if free_t(poly):
            if replay.steps[k]["conclusion"]["from"] > 1:
                continue  # not known at T = 1
            poly = _at_horizon(poly)
            judgment = f"(Judgment 0 false (rel j{k}) (subst (Horizon 0) (Certificate.poly j{k})))"
            proof = f"(by_rule instantiate j{k} (Horizon 0) {judgment} s{k} eq_refl)"
        text = denotation(replay.table, poly)
        claim = (
            f"pose proof (goal idx T value {judgment} ({text}) some_coordinate {REFLEXIVE} {proof} eq_refl) as P_{x}"
        )
        yield f"  {claim}; cbn [rel j{k} Rules.rel] in P_{x}.", text


def _at_horizon(raw: Any) -> Any:
    """Terms with t := T, outside of sums over t."""
    if not isinstance(raw, list) or raw[:1] == ["sum_t"]:
        return raw
    places = {"atom": 2, "E": 1}.get(raw[0] if raw and isinstance(raw[0], str) else "")
    return [
        part.replace("t", "T") if place == places and isinstance(part, str) else _at_horizon(part)
        for place, part in enumerate(raw)
    ]


def _atoms(statement: Statement, replay: Replay, unfolding: str) -> Iterator[tuple[str, list[str]]]:
    """The atoms of the goal that are powers b^t, square roots or logarithms: that they are, each with its proof."""

    def written(value: sympy.Expr) -> str:
        return real(value, lambda name: _parameter(replay.table, name))

    known = "".join(f"rewrite ?R_{x}; " for x in POWERS if x in replay.table)
    for x, base in POWERS.items():
        if x in replay.table:
            divisor = written(sympy.fraction(sympy.together(base))[1])
            step = next(h for h in replay.hypotheses if h["name"] == f"{x}_step")
            equation = denotation(replay.table, step["poly"])
            claim = f"v_{x} t - ({written(base)}) * v_{x} (t - 1)%nat"
            yield (
                x,
                [
                    f"  assert (R_{x} : v_{x} T = {written(base ** SYMBOLS['T'])}).",
                    f"  {{ rewrite (is_power v_{x} ({written(base)})).",
                    "    - unfold Rdiv; rewrite ?Rmult_1_l, ?pow_inv; reflexivity.",
                    f"    - pose proof h_{x}_start. lra.",
                    f"    - intros t Ht. assert (Z : ({divisor}) * ({claim}) = 0)",
                    f"        by (transitivity ({equation}); [field; nonzero|exact (h_{x}_step t Ht)]).",
                    "      apply Rmult_integral in Z. destruct Z as [Z|Z]; [exfalso|lra].",
                    f"      assert (N : {divisor} <> 0) by nonzero. contradiction. }}",
                ],
            )
    definitions = {d.symbol.name: d for d in statement.definitions}
    for d in statement.definitions:
        x = d.symbol.name
        if d.kind == "root" and d.symbol.timed and d.poly == idx(t):
            yield (
                x,
                [
                    f"  pose proof ((fun n => root_is_sqrt _ _ (pos_INR n) eq_refl) : forall n, v_{x} n = sqrt (INR n)) as R_{x}."
                ],
            )
            continue
        if d.kind not in ("root", "logarithm") or (d.kind == "logarithm" and d.symbol.timed):
            continue
        at, where = (d.symbol(T), " T") if d.symbol.timed else (d.symbol, "")
        try:
            text = written(meaning(at, definitions))
        except TypeError:
            continue  # a definition of the measure, not of a parameter
        lemma = "root_is_inverse_sqrt" if text.startswith("1 / sqrt") else "root_is_sqrt"
        equal = f"{unfolding}{known}first [field | squares; field]; nonzero"
        known += f"rewrite ?R_{x}; "
        proof = f"apply {lemma}; [lra|{equal}]" if d.kind == "root" else f"f_equal; {equal}"
        yield x, [f"  assert (R_{x} : v_{x}{where} = {text}).", f"  {{ unfold v_{x}. {proof}. }}"]


def only_square_roots(statement: Statement) -> bool:
    """Whether all roots of parameters are square roots; the others are `powers`' to compare."""
    return all(r.degree == 2 for r in powers.parameter_roots(statement))
