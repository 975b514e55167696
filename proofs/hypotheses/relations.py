"""Primitive hypotheses as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from proofs.typeset import Node
from theory.statement import Hypothesis


def nodes(hypotheses: Sequence[Hypothesis]) -> list[Node]:
    """Each hypothesis as a typeset tree, in order."""
    import sympy

    from proofs.builder import kernel_statement
    from proofs.certificate import write_statement
    from proofs.notation import Printer
    from theory.expressions import lift
    from theory.statement import Statement

    alone = Statement("x", "", "", "", (), (), tuple(hypotheses), (), lift(0), lambda: sympy.Integer(0), (), "0")
    written = write_statement(kernel_statement(alone))
    printer = Printer({"statement": written, "steps": []})
    return [printer.judgment(h["relation"], h["poly"]) for h in written["hypotheses"]]


def words_of(hypothesis: Hypothesis) -> str:
    """One hypothesis as Unicode mathematics."""
    from proofs.typeset import text

    return text(nodes([hypothesis])[0])
