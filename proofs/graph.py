"""The map of a proof: assumptions, the proof's sections as lemmas, and the theorem, with who rests on whom.

Nodes and edges are computed from the certificate: an edge means that some step of one section has a premise in the
other, or mentions what is defined there. Edges that a longer path implies are left out (transitive reduction).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proofs.outline import NEEDS, Section, dependencies, group_title, hypothesis_groups, sections


@dataclass(frozen=True)
class GraphNode:
    """kind: `assumption`, `lemma` or `theorem`. checked_by: out of `kernel`, `verifier`, `coq`; empty if assumed.

    steps: how many steps of the certificate it stands for (0 for an assumption).
    """

    id: str
    label: str
    kind: str
    checked_by: frozenset[str]
    steps: int


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which every edge (from, to) points forward."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[tuple[str, str], ...]


def dependency_graph(certificate: dict, checked_by: Iterable[str]) -> Graph:
    """The graph of one certificate.

    Args:
        certificate: a verified certificate, as `json.loads` gives it.
        checked_by: what checked the certificate's steps, out of `kernel`, `verifier`, `coq`.
    """
    steps, statement = certificate["steps"], certificate["statement"]
    checked = frozenset(checked_by)
    groups = hypothesis_groups(statement)
    names = [h["name"] for h in statement["hypotheses"]]
    owner = {names[k]: f"assumption-{n}" for n, g in enumerate(groups) for k in g.hypotheses}
    owner |= {x: f"assumption-{n}" for n, g in enumerate(groups) for x in g.assumptions}
    parts = [s for s in sections(certificate) if _is_proved(steps, s)]
    home = {k: f"section-{n}" for n, s in enumerate(parts) for k in s.steps}

    def node_of(step: int) -> str:
        return owner[steps[step]["arguments"]["name"]] if steps[step]["rule"] == "hypothesis" else home[step]

    edges: set[tuple[str, str]] = set()
    for k, before in enumerate(dependencies(certificate)):
        if steps[k]["rule"] in NEEDS:
            edges.add((owner[NEEDS[steps[k]["rule"]]], home[k]))
        edges |= {(node_of(p), node_of(k)) for p in before if node_of(p) != node_of(k)}
    edges.add((node_of(len(steps) - 1), "theorem"))
    nodes = [GraphNode(f"assumption-{n}", group_title(g), "assumption", frozenset(), 0) for n, g in enumerate(groups)]
    nodes += [
        GraphNode(f"section-{n}", s.title, "lemma", checked, sum(steps[k]["rule"] != "hypothesis" for k in s.steps))
        for n, s in enumerate(parts)
    ]
    nodes.append(
        GraphNode("theorem", certificate["notes"].get("reference") or statement["name"], "theorem", checked, 1)
    )
    return Graph(tuple(nodes), tuple(sorted(reduced(edges))))


def _is_proved(steps: list[dict], section: Section) -> bool:
    return any(steps[k]["rule"] != "hypothesis" for k in section.steps)


def reduced(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The transitive reduction of an acyclic graph. Raises ValueError if there is a cycle."""
    after: dict[str, set[str]] = {}
    for a, b in edges:
        after.setdefault(a, set()).add(b)
    reach: dict[str, set[str]] = {}

    def visit(node: str, path: tuple[str, ...]) -> set[str]:
        if node in path:
            raise ValueError(f"the graph has a cycle through {node}")
        if node not in reach:
            below = after.get(node, set())
            reach[node] = below.union(*(visit(x, (*path, node)) for x in below))
        return reach[node]

    for node in after:
        visit(node, ())
    return {(a, b) for a, b in edges if not any(b in reach[c] for c in after[a] if c != b)}
