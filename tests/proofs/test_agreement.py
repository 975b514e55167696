"""Kernel and verifier, written apart from one page, give the same verdict: on mutants of the steps of Theorem 4.1, and on
the example of every side condition.

The verifier also refuses text that the kernel never sees (terms not in normal form, fields missing); there is nothing to
compare then.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import native
import pytest
import rules_accepted  # noqa: F401
import rules_rejected_expectation  # noqa: F401
import rules_rejected_logic  # noqa: F401
from certificate_builder import Builder
from mutants import applied, mutants
from rule_examples import ACCEPTED, REJECTED
from test_mutations import CERTIFICATE, STEPS, Timeline

from proofs.kernel import Proof
from proofs.terms import KernelError


def forked(proof: Proof) -> Proof:
    other = copy.copy(proof)
    other.atoms, other.definitions, other.points = dict(proof.atoms), dict(proof.definitions), dict(proof.points)
    other.steps = list(proof.steps)
    return other


def derive(proof: Proof, step: dict[str, Any]) -> bool:
    """Derives a step in the kernel; True if it concludes what is stated, False if it refuses or concludes otherwise."""
    try:
        reader = native.Reader(proof.atoms)
        arguments = {name: reader.argument(name, value) for name, value in step["arguments"].items()}
        proof.apply(step["rule"], step["premises"], arguments, step["label"])
        stated = step["conclusion"]
        claim = stated["from"], stated["bounded"], stated["relation"], reader.poly(stated["poly"])
    except KernelError:
        return False
    except (TypeError, IndexError, KeyError, ValueError, AttributeError):
        return False  # not even arguments of the rule: Python objects, not certificates, are what the kernel is given
    return proof.steps[-1].conclusion == claim


def compare(every: int) -> Counter[str]:
    timeline, proof, counts, number = Timeline(), Proof(native.statement(CERTIFICATE["statement"])), Counter[str](), 0
    for index, original in enumerate(STEPS):
        for mutant in mutants(original, timeline.words):
            number += 1
            if number % every:
                continue
            step = applied(original, mutant)
            found = timeline.verdict(index, step).partition(":")[0]
            if found != "MalformedCertificate":
                assert derive(forked(proof), step) == (found == "follows"), f"step {index}, {mutant}: {found}"
                counts[found] += 1
        assert derive(proof, original)
    return counts


@pytest.mark.parametrize("name", REJECTED)
def test_the_kernel_refuses_every_example_at_the_same_step(name: str) -> None:
    builder = Builder()
    REJECTED[name][2](builder)
    with pytest.raises(KernelError, match=rf"^step {len(builder.steps) - 1} \("):
        native.derive(builder.certificate())


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_kernel_derives_every_example(name: str) -> None:
    builder = Builder()
    ACCEPTED[name][1](builder)
    assert native.derive(builder.close().certificate()).reaches_goal()


def test_both_checkers_agree_on_a_sample_of_mutants() -> None:
    counts = compare(13)
    assert counts["WrongCertificate"] >= 1000
    assert counts["follows"] >= 20


@pytest.mark.slow
def test_both_checkers_agree_on_all_mutants() -> None:
    counts = compare(1)
    assert counts["WrongCertificate"] >= 15000
    assert counts["follows"] >= 300
