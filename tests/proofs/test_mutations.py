"""Every mutant of the certificates: what changes the mathematics is refused.

A mutant differs from the certificate in one place. Mutants of a step are put to the verifier's own replay of that step,
from the state after the steps before it: `verify` replays in order, so its verdict is the same (checked on a sample).
What passes is put to `verify`, and must mean the same as the original: its difference is a label, a note, an order that
cannot matter, the sign of what is squared, or a `from` where there is no free t.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from mutants import Mutant, applied, mutants, proof_meaning, replacements, vocabulary

from proofs.certificate import CERTIFICATES, compact
from proofs.verifier import MalformedCertificate, WrongCertificate, _read_statement, _replay_step, verify
from proofs.verifier.reading import read_fields
from proofs.verifier.rules import RULES, Judgment, Replay
from proofs.verifier.terms import Terms

CERTIFICATE: dict[str, Any] = json.loads((CERTIFICATES / "adopt.json").read_text(encoding="utf-8"))
STEPS = CERTIFICATE["steps"]
FIELDS = ("rule", "premises", "arguments", "conclusion", "label")


def forked(replay: Replay) -> Replay:
    """A replay that goes on from here without touching this one."""
    other = copy.copy(replay)
    other.terms = copy.copy(replay.terms)
    for part, names in ((other, ("points", "definers")), (other.terms, ("atoms", "known", "texts", "expectations"))):
        for name in names:
            setattr(part, name, dict(getattr(part, name)))
    other.terms.substitutions = dict(replay.terms.substitutions)
    return other


class Timeline:
    """The states of the verifier before each step of the certificate."""

    def __init__(self) -> None:
        terms = Terms()
        replay = Replay(terms, _read_statement(terms, CERTIFICATE["statement"]))
        self.proved: list[Judgment] = []
        self.states: list[Replay] = []
        for index, step in enumerate(STEPS):
            replay.index = index
            self.states.append(forked(replay))
            replay = forked(replay)
            rule, *rest = read_fields(step, "a step", *FIELDS)
            self.proved.append(_replay_step(replay, self.proved, rule, rest)[0])
        self.atoms = {name: tuple(atom)[:3] for name, atom in replay.terms.atoms.items() if name != "idx"}
        self.words = vocabulary(CERTIFICATE, self.atoms, tuple(RULES))

    def verdict(self, index: int, step: Any) -> str:
        """What the verifier says to this step in place of step `index`; `follows` if it does."""
        replay = forked(self.states[index])
        replay.terms.work = 0
        try:
            rule, *rest = read_fields(step, "a step", *FIELDS)
            _replay_step(replay, self.proved[:index], rule, rest)
        except (MalformedCertificate, WrongCertificate) as error:
            return f"{type(error).__name__}: {error}"
        return "follows"


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Timeline()


def verdict(certificate: Any) -> str:
    """What `verify` says to the whole; `follows` if it is proved."""
    try:
        verify(compact(certificate))
    except (MalformedCertificate, WrongCertificate) as error:
        return f"{type(error).__name__}: {error}"
    return "follows"


def kind_of_survivor(mutant: Mutant, mutated: list[Any], original: list[Any]) -> str:
    """Why steps changed in one place still prove the same; fails if they do not mean the same."""
    if proof_meaning(mutated) != proof_meaning(original):
        pytest.fail(f"follows, changed in its mathematics: {mutant}")
    if mutant.path[-1:] == ("label",):
        return "survives: label"
    if mutant.how == "swapped":
        return "survives: order of what is added, multiplied or only has to be there"
    if mutant.path[-1] == "from":
        return "survives: from, where there is no free t"
    if mutant.path[-2] == "premises":
        return "survives: another step that says as much"
    return "survives: sign of what is taken to an even power"


def mutate_steps(timeline: Timeline, every: int) -> Counter[str]:
    """Tries every so many mutants of each single step; counts the verdicts."""
    counts: Counter[str] = Counter()
    number = 0
    for index, original in enumerate(STEPS):
        for mutant in mutants(original, timeline.words):
            number += 1
            if number % every:
                continue
            step = applied(original, mutant)
            found = timeline.verdict(index, step)
            changed = [*STEPS[:index], step, *STEPS[index + 1 :]]
            if found == "follows" and mutant.path[-1:] != ("label",):
                found = verdict(CERTIFICATE | {"steps": changed})  # a later step may not follow
                counts["put to verify as a whole"] += 1
            elif number % (29 * every) == 0:
                whole = verdict(CERTIFICATE | {"steps": changed})
                assert whole.partition(":")[0] == found.partition(":")[0]
                assert found.partition(": ")[2] in whole  # the same reason, behind the number of the step
                counts["put to verify as a whole"] += 1
            if found == "follows":
                before = [{**STEPS[k], "rule": "earlier"} for k in range(index)]  # for their conclusions only
                counts[kind_of_survivor(mutant, [*before, step], [*before, original])] += 1
            else:
                counts[found.partition(":")[0]] += 1
            counts["mutants"] += 1
    return counts


def report(what: str, counts: Counter[str]) -> None:
    print(f"\n{what}\n" + "\n".join(f"{count:7} {kind}" for kind, count in sorted(counts.items())))


def test_a_sample_of_the_mutants_of_single_steps(timeline: Timeline) -> None:
    counts = mutate_steps(timeline, 11)
    report("every 11th mutant of the steps of T4.1", counts)
    assert counts["mutants"] >= 4000
    assert counts["WrongCertificate"] >= 1500


@pytest.mark.slow
def test_all_mutants_of_single_steps(timeline: Timeline) -> None:
    counts = mutate_steps(timeline, 1)
    report("all mutants of the steps of T4.1", counts)
    assert counts["mutants"] >= 45000
    assert counts["survives: label"] == len(STEPS)


def mutate_the_list_of_steps(timeline: Timeline, every: int) -> Counter[str]:
    """Each step removed, each two neighbours swapped."""
    counts: Counter[str] = Counter()
    for how, steps in list(replacements(("steps",), STEPS, CERTIFICATE, timeline.words))[::every]:
        found = verdict(CERTIFICATE | {"steps": steps})
        if found == "follows":
            found = kind_of_survivor(Mutant(("steps",), how, None), steps, STEPS)
        counts[f"{how}, {found.partition(':')[0] if 'Certificate' in found else found}"] += 1
    return counts


def test_steps_removed_and_swapped(timeline: Timeline) -> None:
    """No step is idle: without it, a later step or the goal fails."""
    counts = mutate_the_list_of_steps(timeline, 5)
    report("every 5th step of T4.1 removed or swapped with its neighbour", counts)
    assert {kind for kind in counts if kind.startswith("removed")} == {"removed, WrongCertificate"}


@pytest.mark.slow
def test_all_steps_removed_and_swapped(timeline: Timeline) -> None:
    counts = mutate_the_list_of_steps(timeline, 1)
    report("each step of T4.1 removed or swapped with its neighbour", counts)
    assert counts["removed, WrongCertificate"] == len(STEPS)
    assert counts["swapped, WrongCertificate"] >= len(STEPS) - 10


def resealed(statement: Any) -> dict[str, Any]:
    digest = hashlib.sha256(compact(statement).encode()).hexdigest()
    return CERTIFICATE | {"statement": statement, "statement_sha256": digest}


def unreadable(statement: Any) -> str:
    """What the verifier's reader of statements says; nothing if it is content."""
    try:
        _read_statement(Terms(), statement)
    except (MalformedCertificate, WrongCertificate) as error:
        return str(error)
    return ""


def mutate_the_statement(timeline: Timeline, every: int) -> set[tuple[str, ...]]:
    """Every so many mutants of the statement, under a new digest; returns where those are that are still proved."""
    statement = CERTIFICATE["statement"]
    counts: Counter[str] = Counter()
    survivors: set[tuple[str, ...]] = set()
    for number, mutant in enumerate(list(mutants(statement, timeline.words))[::every]):
        changed = applied(statement, mutant)
        assert compact(changed) != compact(statement)  # not what was signed
        reason, found = unreadable(changed), "MalformedCertificate"
        if not reason or number % 29 == 0:
            assert verdict(CERTIFICATE | {"statement": changed}) != "follows"
            found = verdict(resealed(changed))
            assert not reason or (found.startswith("MalformedCertificate: ") and found.endswith(reason))
        counts[found.partition(":")[0]] += 1
        if found == "follows":
            place = [statement["atoms"][p]["name"] if k and mutant.path[0] == "atoms" and isinstance(p, int) else str(p)
                     for k, p in enumerate(mutant.path)]  # fmt: skip
            survivors.add((*place, mutant.how))
    report("mutants of the statement of T4.1, under a new digest", counts)
    assert sum(counts.values()) >= 2500 // every
    return survivors


STILL_PROVED = {
    ("name", "text"),
    ("hypotheses", "swapped"),
    ("definitions", "swapped"),
    ("atoms", "a", "first", "number"),
}
"""The statement's name, two orders, and that a exists at 0 already: no hypothesis says anything about a(0)."""


def test_a_sample_of_the_mutants_of_the_statement(timeline: Timeline) -> None:
    assert mutate_the_statement(timeline, 10) <= STILL_PROVED


@pytest.mark.slow
def test_all_mutants_of_the_statement(timeline: Timeline) -> None:
    assert mutate_the_statement(timeline, 1) == STILL_PROVED


def test_the_fields_around(timeline: Timeline) -> None:
    """Notes are outside the logic; format, digest and keys are not."""
    around = {name: value for name, value in CERTIFICATE.items() if name not in ("statement", "steps")}
    for mutant in mutants(around, timeline.words):
        found = verdict({**CERTIFICATE, **applied(around, mutant)}) if mutant.path else "keys"
        assert (found == "follows") == (mutant.path[:1] == ("notes",)) or not mutant.path
    for name in CERTIFICATE:
        rest = {other: value for other, value in CERTIFICATE.items() if other != name}
        assert verdict(rest).startswith("MalformedCertificate")


def test_all_mutants_of_a_small_certificate(timeline: Timeline) -> None:
    """Exhaustively, each one put to `verify`: what is proved differs in labels and notes, or in what cannot matter."""
    path = Path(__file__).parents[1] / "rejected" / "float.json"
    small = json.loads(path.read_text(encoding="utf-8").replace('"from": 0.0', '"from": 0'))
    assert verdict(small) == "follows"
    kinds = {a["name"]: (a["timed"], a["coordinate"], a["random"]) for a in small["statement"]["atoms"]}
    counts: Counter[str] = Counter()
    for mutant in mutants(small, vocabulary(small, kinds, tuple(RULES))):
        changed = applied(small, mutant)
        found = verdict(changed)
        if found == "follows" and mutant.path[0] != "notes":
            found = kind_of_survivor(mutant, changed["steps"], small["steps"])
        counts[found.partition(":")[0] if "Certificate" in found else found] += 1
    report("all mutants of a certificate of eight steps", counts)
    assert sum(counts.values()) >= 800
    assert counts["survives: label"] == 8
