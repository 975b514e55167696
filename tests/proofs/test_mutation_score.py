"""Mutation score: statements and scripts that are wrong in one place are rejected, or shown to be true all the same.

A survivor is a mutant whose script still runs to the goal and whose certificate the second checker accepts. Each is
explained by the machine, in one of three ways, or listed in `GENERAL` with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from statement_mutants import Mutant, mutants

from proofs.builder import Factors, Line, Script, kernel_statement
from proofs.certificate import certificate, compact, statement_sha256
from proofs.kernel import Judgment
from proofs.scripts import SCRIPTS
from proofs.terms import KernelError
from proofs.verifier import verify
from theory import atoms as at
from theory.expressions import t
from theory.numbers import evaluate
from theory.statements import statement

NAMES = tuple(SCRIPTS)
SAMPLE = NAMES[::7]
"""Theorems of the fast test; it takes every `SAMPLE_EVERY`-th of their mutants."""
SAMPLE_EVERY = 7
SCRIPTS_EVERY = 20
FULL_SCRIPTS_EVERY, FULL_EVERY = 60, 4
"""Of the changes of a script's calls, which are some 2700 for each theorem, and of a statement's mutants every so many is
tried in the slow test. Run as a program this file takes all mutants of the statements, which takes ten minutes."""
POINTS = 20

ROOT_IS_NOT_ZERO = "the step size's square is positive by its defining equation, so that >= 0 is > 0"
START_HAS_NO_SIGN = "g_0 enters through v_0 = g_0² only, so that the theorem for −g_0 is the same"
SQUARE_ONLY = "α0 enters by its square only"
ZERO_STEPS = "α0 = 0 makes every α_t zero; E.1, which divides by α0, asks for more"
UPPER_GROWTH = "any sequence from 1 that grows by 1 + r at least bounds the gap; the statement's is the least"
GENERAL: dict[tuple[str, str, str], str] = {
    ("adopt_sqrt_horizon", "alpha_positive", "> replaced by >="): ROOT_IS_NOT_ZERO,
    ("adopt_polyak_lojasiewicz_last_iterate", "step_size_positive", "> replaced by >="): ROOT_IS_NOT_ZERO,
    ("adopt_bounded_variance", "noise_start", "the sign of g@0"): START_HAS_NO_SIGN,
    ("adopt_affine_variance", "noise_start", "the sign of g@0"): START_HAS_NO_SIGN,
    ("adopt_clipped_bounded_variance", "noise_start", "the sign of g@0"): START_HAS_NO_SIGN,
    ("adopt_clipped_bounded_variance_schedule", "noise_start", "the sign of g@0"): START_HAS_NO_SIGN,
    ("adopt_affine_variance_norm_gradient", "noise_start", "the sign of g@0"): START_HAS_NO_SIGN,
    ("adopt_affine_variance_norm", "growth_step", "= replaced by >="): UPPER_GROWTH,
    ("adopt_affine_variance_norm_gradient", "growth_step", "= replaced by >="): UPPER_GROWTH,
    ("sum_steps_times_falls", "first_step_size", "the sign of alpha_t@1"): SQUARE_ONLY,
    ("sum_steps_times_falls", "first_step_size", "the sign of alpha0"): SQUARE_ONLY,
    ("sum_squared_falls", "alpha0_positive", "> replaced by >="): ZERO_STEPS,
}
"""Survivors that are theorems of their own: (theorem, hypothesis, change), and why it does not need what was changed."""


def survives(mutant: Mutant) -> Script | None:
    """The script, if kernel and second checker accept it; None if it is rejected."""
    try:
        script = mutant.script()
        written = certificate(script.proof, {})
    except (KernelError, ValueError):
        return None
    verify(compact(written))
    return script


def explanation(mutant: Mutant, script: Script) -> str | None:
    """Why a mutant that survives is true; None if no reason is found."""
    claimed = statement(mutant.theorem)
    if mutant.part == "script":
        same = statement_sha256(script.proof.statement) == statement_sha256(kernel_statement(claimed))
        return "another proof of the statement itself" if same else None
    if mutant.part == "bound":
        return "a weaker bound" if is_weaker(mutant) else None
    if implies_the_original(mutant):
        return "the hypothesis is stronger or the same: the kernel derives the original one from it"
    return GENERAL.get((mutant.theorem, mutant.part, mutant.how))


def is_weaker(mutant: Mutant) -> bool:
    """The mutated bound is at least the original at random parameters, in ball arithmetic."""
    claimed = statement(mutant.theorem)
    excess = claimed.bound() - mutant.statement.bound()
    random = Random(mutant.how)
    for _ in range(POINTS):
        values = {name: Fraction(random.randint(1, 400), 40) for name in claimed.parameters}
        values |= {"T": Fraction(random.randint(1, 400))} | {
            name: Fraction(random.randint(name == "lam", 39), 40)
            for name in ("beta1", "beta2", "lam")
            if name in values
        }
        if evaluate(excess, values) > 0:
            return False
    return True


def implies_the_original(mutant: Mutant) -> bool:
    """The kernel derives the hypothesis as it was, from the mutant's hypotheses."""
    script = Script(mutant.statement)
    if mutant.part not in script.proof.statement.hypotheses:
        return False
    original = kernel_statement(statement(mutant.theorem)).hypotheses[mutant.part]
    others = [h.name for h in mutant.statement.hypotheses if h.assumption == "parameters" and h.name != mutant.part]
    for shift in (0, 1, -1):
        try:
            line = derived(script, script.hypothesis(mutant.part)(t + shift), original, others)
        except KernelError:
            continue
        strong = {"=": ("=",), ">=": (">=", ">"), ">": (">",), "integrable": ("integrable",)}[original.relation]
        if line.judgment.relation in strong and line.poly == original.poly and line.start <= original.lo:
            return True
    return False


def derived(script: Script, line: Line, original: Judgment, others: list[str]) -> Line:
    """The original hypothesis as a combination of the mutated one, the parameters' ranges and their equations."""
    if original.relation == "integrable" or line.poly == original.poly:
        return line
    facts = [script.hypothesis(name) for name in others]
    ranges = [x for x in facts if x.judgment.relation in (">=", ">")]
    equations = [x for x in [line, *facts] if x.judgment.relation == "="]
    products = [] if line.judgment.relation == "=" else [Factors((line,)), *(line * x for x in ranges)]
    if original.relation != "=":
        products += [Factors((x,)) for x in ranges]
    return script.prove("the original hypothesis", original.poly, products, equations)


def score(tried: Iterable[Mutant]) -> tuple[Counter[str], list[str]]:
    """Mutants counted by what became of them; survivors, each with its explanation."""
    counts: Counter[str] = Counter()
    survivors = []
    for mutant in tried:
        kind = mutant.part if mutant.part in ("bound", "script", "objective") else "hypothesis"
        script = survives(mutant)
        counts[f"{kind}: {'rejected' if script is None else 'survived'}"] += 1
        if script is None:
            counts["bound: rejected, though weaker than the theorem"] += kind == "bound" and is_weaker(mutant)
            continue
        why = explanation(mutant, script)
        counts["survivors unexplained"] += why is None
        survivors.append(f"{mutant.theorem}, {mutant.part}: {mutant.how}: {why or 'UNEXPLAINED'}")
    return counts, survivors


def check(tried: list[Mutant]) -> None:
    counts, survivors = score(tried)
    rejected = sum(n for kind, n in counts.items() if kind.endswith(": rejected"))
    print(f"\n{len(tried)} mutants, {rejected} rejected ({rejected / len(tried):.1%}), {len(survivors)} survivors")
    print("\n".join(f"{n:6} {kind}" for kind, n in sorted(counts.items())))
    print("\n".join(x for x in survivors if ", script: " not in x))
    assert rejected + len(survivors) == len(tried)
    assert not [x for x in survivors if x.endswith("UNEXPLAINED")]
    assert counts["objective: survived"] == 0


@pytest.fixture(scope="module")
def sample() -> list[Mutant]:
    return [m for name in SAMPLE for m in mutants(name, SCRIPTS_EVERY, SAMPLE_EVERY)]


def test_mutation_score_of_a_sample(sample: list[Mutant]) -> None:
    assert len(sample) >= 200
    check(sample)


@pytest.mark.slow
def test_mutation_score() -> None:
    tried = [m for name in NAMES for m in mutants(name, FULL_SCRIPTS_EVERY, FULL_EVERY)]
    assert len(tried) > 1500
    assert {m.theorem for m in tried if m.part == "bound"} == set(NAMES)
    check(tried)


@pytest.mark.parametrize("name", NAMES)
def test_half_the_bound_is_rejected(name: str) -> None:
    claimed = statement(name)
    half = Mutant(name, "bound", "the bound halved", replace(claimed, bound=lambda: claimed.bound() / 2))
    assert survives(half) is None
    assert not is_weaker(half)


def changed(name: str, hypothesis: str, **changes: Any) -> Mutant:
    claimed = statement(name)
    hypotheses = tuple(replace(h, **changes) if h.name == hypothesis else h for h in claimed.hypotheses)
    return Mutant(name, hypothesis, "", replace(claimed, hypotheses=hypotheses))


def test_reasons_are_not_given_lightly() -> None:
    """A stronger hypothesis implies the original one, a weaker one does not; a larger bound is weaker, a smaller is not."""
    claimed = statement("adopt")
    assert implies_the_original(changed("adopt", "L_nonnegative", claim=at.L > 0))
    assert implies_the_original(changed("adopt", "L_nonnegative", claim=at.L >= 1))
    assert not implies_the_original(changed("adopt", "L_nonnegative", claim=at.L >= -1))
    assert not implies_the_original(changed("adopt", "alpha_positive", claim=at.alpha >= 0))
    assert implies_the_original(changed("adopt", "momentum_start", claim=(2 * at.m(0)).equals(0)))
    assert not implies_the_original(changed("adopt", "momentum_start", claim=at.m(0) <= 0))
    assert not implies_the_original(changed("adopt", "bounded_second_moment", start=1))
    assert not implies_the_original(changed("adopt", "unbiased", claim=(2 * at.grad_theta(t)).equals(at.g(t))))
    for factor, weaker in ((2, True), (Fraction(999, 1000), False)):
        mutant = Mutant("adopt", "bound", "", replace(claimed, bound=lambda factor=factor: claimed.bound() * factor))
        assert is_weaker(mutant) is weaker


def test_every_kind_of_change_is_tried() -> None:
    how = "\n".join(m.how for name in SAMPLE for m in mutants(name, SCRIPTS_EVERY))
    for change in ("halved", "the sign of", "the exponent", " at t+1", " at t-1", "dropped", "replaced by", "the range moved",
                   "doubled", " given ", "unconditional", "from 1 in place of 0", "without number", "start is"):  # fmt: skip
        assert change in how


if __name__ == "__main__":
    check([m for name in NAMES for m in mutants(name, FULL_SCRIPTS_EVERY)])
