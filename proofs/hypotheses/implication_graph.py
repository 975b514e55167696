"""The graph of implications between assumptions, each edge a theorem whose certificate was verified just now."""

from __future__ import annotations

from proofs import verifier
from proofs.builder import Script
from proofs.certificate import certificate
from proofs.graph import Graph, GraphNode
from proofs.hypotheses.replay import text_of
from proofs.scripts.implications import IMPLICATION_SCRIPTS
from theory.further_assumptions import KNOWN
from theory.statements.implications import IMPLICATIONS


def verified_steps(name: str) -> int:
    """Proves and verifies one implication; the number of its steps. Raises KernelError or WrongCertificate."""
    (statement,) = (i.statement for i in IMPLICATIONS if i.statement.name == name)
    script = Script(statement)
    IMPLICATION_SCRIPTS[name](script)
    return int(verifier.verify(text_of(certificate(script.proof, {"title": statement.title}))).steps)


def implication_graph() -> Graph:
    """Assumptions as nodes, verified implications as edges; an assumption that follows from another is filled."""
    steps = {(i.premise, i.conclusion): verified_steps(i.statement.name) for i in IMPLICATIONS}
    names = ordered(list(steps))
    implied = {b for _, b in steps}
    checked = frozenset({"kernel", "verifier"})
    nodes = tuple(
        GraphNode(
            name,
            f"{KNOWN[name].label} ({name.replace('_', ' ')})",
            "theorem" if name in implied else "assumption",
            checked if name in implied else frozenset(),
            sum(n for (_, b), n in steps.items() if b == name),
        )
        for name in names
    )
    return Graph(nodes, tuple(sorted(steps)))


def ordered(edges: list[tuple[str, str]]) -> list[str]:
    """The names in an order in which every edge points forward."""
    left = list(dict.fromkeys(n for e in edges for n in e))
    found: list[str] = []
    while left:
        free = [n for n in left if all(a in found for a, b in edges if b == n)]
        if not free:
            raise ValueError("the implications have a cycle")
        found += free
        left = [n for n in left if n not in free]
    return found
