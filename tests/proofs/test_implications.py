"""Implications between assumptions: each a theorem; each fact that a script may be supplied with is the fact it asked for."""

import pytest

from proofs import verifier
from proofs.audit import trivial
from proofs.builder import Script, kernel_statement
from proofs.certificate import certificate, compact
from proofs.hypotheses.implication_graph import implication_graph, ordered
from proofs.scripts.implications import IMPLICATION_SCRIPTS, SUPPLIERS
from proofs.terms import KernelError
from theory.further_assumptions import KNOWN
from theory.statements import STATEMENTS
from theory.statements.implications import ALL, IMPLICATIONS

STATED = {s.name: s for s in ALL}


def proved(statement):
    script = Script(statement)
    IMPLICATION_SCRIPTS[statement.name](script)
    return certificate(script.proof, {"title": statement.title})


def test_every_implication_has_its_script():
    assert set(STATED) == set(IMPLICATION_SCRIPTS)
    assert {i.premise for i in IMPLICATIONS} | {i.conclusion for i in IMPLICATIONS} <= set(KNOWN)


@pytest.mark.parametrize("name", STATED)
def test_an_implication_is_verified(name):
    report = verifier.verify(compact(proved(STATED[name])))
    assert set(report.hypotheses_used) == {h.name for h in STATED[name].hypotheses}


@pytest.mark.parametrize(
    ("name", "hypothesis"), [(s.name, h.name) for s in ALL for h in s.hypotheses if h.assumption != "parameters"]
)
def test_an_implication_needs_each_of_its_hypotheses(name, hypothesis):
    from dataclasses import replace

    statement = STATED[name]
    emptied = replace(
        statement, hypotheses=tuple(trivial(h) if h.name == hypothesis else h for h in statement.hypotheses)
    )
    with pytest.raises(KernelError):
        proved(emptied)


def test_the_wrong_direction_is_not_proved():
    """A5 does not give A6: E‖g_T‖² ≤ G² in the place of ‖g_t‖² ≤ G²."""
    from dataclasses import replace

    a6 = STATED["a6_implies_a5_conditional"]
    weaker = replace(a6, hypotheses=KNOWN["bounded_second_moment"].hypotheses)
    with pytest.raises(KernelError):
        proved(weaker)


def test_the_graph_is_made_of_the_theorems():
    graph = implication_graph()
    assert set(graph.edges) == {(i.premise, i.conclusion) for i in IMPLICATIONS}
    place = {n.id: k for k, n in enumerate(graph.nodes)}
    assert all(place[a] < place[b] for a, b in graph.edges)
    with pytest.raises(ValueError, match="cycle"):
        ordered([("a", "b"), ("b", "a")])


@pytest.mark.parametrize("name", SUPPLIERS)
def test_a_supplied_fact_is_a_hypothesis_of_some_theorem(name):
    """Under its own name, so that a script which asks for it gets what the theorem means by it."""
    owners = [s for s in STATEMENTS.values() if name in {h.name for h in s.hypotheses}]
    assert owners
    judgments = [kernel_statement(s).hypotheses[name] for s in owners]
    assert len({str(j.poly) for j in judgments}) == 1
