"""The theorems' bounds in Coq, from `theory/`'s sympy expressions: `proofs/coq/Bounds.v` is written here, never by hand.

    python -m proofs.coq_export.bounds --write

rewrites the file; a test fails while it differs from what the statements say.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from proofs.certificate import CERTIFICATES
from theory.statements import STATEMENTS

if TYPE_CHECKING:
    import sympy

BOUNDS = Path(__file__).resolve().parents[1] / "coq" / "Bounds.v"
REGENERATE = "python -m proofs.coq_export.bounds --write"
HEADER = f"""(** The bounds of all theorems, written from `theory/`'s sympy expressions by

        {REGENERATE}

    with the SHA-256 of the statement each belongs to; a test fails when the two differ. *)
From Coq Require Import Reals String.
From ADOPT Require Import Holder.
Open Scope R_scope.
"""


ADD, MUL, POW, APPLY, ATOM = range(5)


def real(e: sympy.Expr, name: Callable[[str], str] = str) -> str:
    """A bound as a term of Coq's reals; a parameter is written as `name` says, T is a natural number.

    Raises TypeError for what no bound contains.
    """
    return _written(e, name)[0]


def _written(e: sympy.Expr, name: Callable[[str], str]) -> tuple[str, int]:
    """The text, and how tightly its outermost operation binds."""
    if e.is_Integer:
        return (str(e), ATOM) if e >= 0 else (f"({e})", ATOM)
    if e.is_Symbol:
        return ("INR T", APPLY) if e.name == "T" else (name(e.name), ATOM)
    if e.is_Add:
        text = ""
        for term in sorted(e.as_ordered_terms(), key=lambda x: x.could_extract_minus_sign()):
            minus = text != "" and term.could_extract_minus_sign()
            part = _at(-term if minus else term, MUL, name)
            text = f"{text} {'-' if minus else '+'} {part}" if text else part
        return text, ADD
    if e.is_Mul or e.is_Rational or (e.is_Pow and e.exp.could_extract_minus_sign()):
        return _quotient(e, name)
    if e.is_Function and e.func.__name__ == "log":
        return f"ln {_at(e.args[0], ATOM, name)}", APPLY
    if e.is_Pow:
        base, exponent = e.base, e.exp
        if exponent.is_Symbol and exponent.name == "T":
            return f"{_at(base, APPLY, name)} ^ T", POW
        if exponent.is_Integer:
            return f"{_at(base, APPLY, name)} ^ {exponent}", POW
        if exponent.is_Rational and exponent.q == 2:  # x^(k + 1/2) = x^k √x
            whole, root = base ** (int(exponent.p) // 2), f"sqrt {_at(base, ATOM, name)}"
            return (root, APPLY) if whole == 1 else (f"{_at(whole, POW, name)} * {root}", MUL)
        if exponent.is_Rational:
            return f"rpow {_at(base, ATOM, name)} ({exponent.p} / {exponent.q})", APPLY
    raise TypeError(f"{e} is not written in Coq")


def _quotient(e: sympy.Expr, name: Callable[[str], str]) -> tuple[str, int]:
    above, below = [], []
    for factor in e.as_ordered_factors() if e.is_Mul else [e]:
        if factor.is_Rational:
            numerator, denominator = factor.as_numer_denom()
            above += [numerator] if numerator != 1 else []
            below += [denominator] if denominator != 1 else []
        elif factor.is_Pow and factor.exp.could_extract_minus_sign():
            below.append(factor.base ** (-factor.exp))
        else:
            above.append(factor)
    text = " * ".join(_at(x, MUL, name) for x in above) or "1"
    if not below:
        return text, MUL
    divisor = " * ".join(_at(x, MUL, name) for x in below)
    several = len(below) > 1 or _written(below[0], name)[1] == MUL
    return f"{text} / {f'({divisor})' if several else divisor}", MUL


def _at(e: sympy.Expr, least: int, name: Callable[[str], str]) -> str:
    text, binding = _written(e, name)
    return text if binding >= least else f"({text})"


def source() -> str:
    """The text of `Bounds.v`."""
    lines = [HEADER]
    for name, statement in STATEMENTS.items():
        digest = json.loads((CERTIFICATES / f"{name}.json").read_text(encoding="utf-8"))["statement_sha256"]
        reals = " ".join(p for p in statement.parameters if p != "T")
        binders = (f" ({reals} : R)" if reals else "") + (" (T : nat)" if "T" in statement.parameters else "")
        lines.append(f'Definition sha256_{name} := "{digest}"%string.')
        lines.append(f"Definition bound_{name}{binders} : R :=\n  {real(statement.bound())}.\n")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="The bounds in Coq, from the statements.")
    parser.add_argument("--write", action="store_true", help=f"rewrite {BOUNDS.name}")
    options = parser.parse_args()
    text = source()
    if options.write:
        BOUNDS.write_text(text, encoding="utf-8")
        return 0
    agrees = BOUNDS.exists() and BOUNDS.read_text(encoding="utf-8") == text
    print(f"{BOUNDS.name} agrees with the statements" if agrees else f"{BOUNDS.name} differs; {REGENERATE}")
    return 0 if agrees else 1


if __name__ == "__main__":
    raise SystemExit(main())
