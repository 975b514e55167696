"""What the rules conclude is true: on random finite probability trees, in exact rationals."""

from __future__ import annotations

import json

import native
import pytest
from falsehoods import FALSEHOODS, Misuse
from rule_instances import INSTANCES, OBJECTIVE
from worlds import World

from proofs.certificate import write_step
from proofs.kernel import RULES, Step
from proofs.terms import KernelError
from proofs.verifier import WrongCertificate, verify

INTEGRABILITY = {"integrable_conditional", "dominated", "dominated_induction"}
WORLDS = 25


def test_every_rule_has_random_instances() -> None:
    """The three rules about integrability alone need infinite spaces: see `test_integrability_semantics`."""
    assert set(INSTANCES) | INTEGRABILITY == set(RULES)


@pytest.mark.parametrize("rule", INSTANCES)
def test_conclusions_are_true(rule: str) -> None:
    tried = 0
    for seed in range(WORLDS):
        world = World(seed, OBJECTIVE.get(rule, ()))
        INSTANCES[rule](world)
        for number, step in enumerate(world.proof.steps):
            assert world.model.holds(step.conclusion), f"seed {seed}, step {number}, {step.rule}"
        tried += world.model.instances(world.last)
        with pytest.raises(WrongCertificate, match="the last, concludes"):  # every step follows; the goal is −1 > 0
            verify(json.dumps(world.certificate()))
    assert tried >= WORLDS


def in_a_false_world(name: str) -> tuple[World, Misuse]:
    """A world in which the premises hold and the claim does not."""
    for seed in range(400):
        world = World(seed, FALSEHOODS[name].assumptions)
        misuse = FALSEHOODS[name].misuse(world)
        for step in world.proof.steps:
            assert world.model.holds(step.conclusion), f"seed {seed}: a premise is false"
        if not world.model.holds(misuse[2]):
            return world, misuse
    pytest.fail("the claim is true in every world tried")


@pytest.mark.parametrize("name", FALSEHOODS)
def test_a_dropped_side_condition_proves_a_falsehood(name: str) -> None:
    world, (premises, arguments, claim) = in_a_false_world(name)
    rule, kernel, verifier, _, _ = FALSEHOODS[name]
    certificate = world.certificate()
    step = Step(rule, premises, arguments, claim, "")
    certificate["steps"].append(write_step(step))
    with pytest.raises(WrongCertificate, match=rf"^step {len(world.proof.steps)} \({rule}\): ") as refusal:
        verify(json.dumps(certificate))
    assert verifier in str(refusal.value)
    with pytest.raises(KernelError, match=rf"^step {len(world.proof.steps)} ") as refused:
        native.derive(certificate)
    assert kernel in str(refused.value)


def test_every_rule_has_a_falsehood() -> None:
    assert {x.rule for x in FALSEHOODS.values()} | INTEGRABILITY == set(RULES)
