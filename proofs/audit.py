"""The hypothesis audit: for each theorem and each of its hypotheses, the step that fails without it.

A hypothesis is dropped by putting a trivial claim in its place (0 >= 0, 0 = 0, or the integrability of an atom that
occurs nowhere else): the script still quotes it, goes on, and breaks at the step that needs what it said. So a row
shows where this proof uses the hypothesis. That the theorem is false without it is more; where an instance shows
that, or another theorem does without the hypothesis, the row says so. `python -m proofs.audit --write` writes
`docs/audit.md`.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from proofs.builder import Script
from proofs.certificate import certificate
from proofs.scripts import SCRIPTS, run
from proofs.terms import KernelError
from theory.expressions import Relation, Symbol, lift, t
from theory.statement import Hypothesis, Statement
from theory.statements import statement

AUDIT = Path(__file__).parents[1] / "docs" / "audit.md"
REGENERATE = "python -m proofs.audit --write"
UNUSED = Symbol("audit_unused", timed=True, random=True)
DETAIL = "a detail"

NECESSARY: dict[str, str] = {
    "unbiased": "necessary: without replacement A2 fails, and ADOPT drifts the wrong way on problem U (smooth, strongly "
    "convex), for every β2 < 1 and ε ≤ 1 ([counterexamples](counterexamples.md); `proofs/coq/ProblemU.v`, "
    "`WithoutReplacement.v`)",
    "normalised_gradient_step": "necessary: with s_t, which knows g_t, in the place of s_{t−1} it is Adam or RMSprop, "
    "which drift the wrong way ([counterexamples](counterexamples.md); `proofs/coq/WithReplacement.v`, `ProblemU.v`)",
    "eps_positive": "necessary: with ε = 0 and a density positive at 0, E|a_1| = ∞",
    "iterate_step": "necessary: projected onto [−1, 1], f(θ) = θ has ‖∇f‖ ≡ 1",
    "bounded_second_moment": "not needed for convergence: `adopt_bounded_variance` asks for bounded variance only",
    "bounded_second_moment_conditional": "necessary: with the unconditional reading the statement is false; a random "
    "start in a bad region with probability q, else at a flat minimum with g = 0",
    "heavy_tails": "necessary: with the moment bounded in the mean only the statement is false; the same instance, with "
    "spikes of p/(p−1) times the threshold",
}
"""What is known beyond the proof, by hypothesis; of ADOPT and its variants."""
EXAMPLES = "examples/hypotheses/clipped_unconditional"
UNCONDITIONAL: dict[str, str] = {
    **{f"adopt_clipped{form}": f"{EXAMPLES}.toml" for form in ("", "_sharp", "_horizon", "_family")},
    "adopt_clipped_schedule": f"{EXAMPLES}_schedule.toml",
    "adopt_clipped_decaying": f"{EXAMPLES}_decaying.toml",
    **dict.fromkeys((name for name in SCRIPTS if "heavy_tailed" in name), "numerics/conditional_moment.py"),
}
"""Where the instance is on which a moment in the mean does not suffice, by theorem that needs it given the past."""


@dataclass(frozen=True)
class Row:
    """A theorem without one hypothesis (or assumption on f): the section and the step that fail, why, what is known."""

    theorem: str
    hypothesis: str
    section: str
    step: str
    reason: str
    known: str


def trivial(hypothesis: Hypothesis) -> Hypothesis:
    """The hypothesis without its content; its atoms still occur, so that the statement can be written."""
    claim = hypothesis.claim
    if not isinstance(claim, Relation):
        return replace(hypothesis, claim=UNUSED(t) ** 2, start=0)
    nothing = (claim.left - claim.left) + (claim.right - claim.right)
    return replace(hypothesis, claim=Relation(nothing, "=" if claim.relation == "=" else ">=", lift(0)), start=0)


def without(claimed: Statement, missing: str) -> Statement:
    """The statement with this hypothesis emptied, or this assumption on f removed."""
    return replace(
        claimed,
        objective=tuple(a for a in claimed.objective if a != missing),
        hypotheses=tuple(trivial(h) if h.name == missing else h for h in claimed.hypotheses),
    )


def visible(script: Script) -> list[tuple[str, str]]:
    """The named lines of a proof so far: (section, text)."""
    labels = [s.label.partition(": ") for s in script.proof.steps if s.rule != "hypothesis"]
    return [(section, text) for section, _, text in labels if text]


def failure(claimed: Statement, missing: str, lines: Sequence[tuple[str, str]]) -> Row:
    """The step that fails without this hypothesis; `lines` are the named lines of the whole proof.

    Raises ValueError if nothing fails: then the hypothesis is not needed, and the statement should not list it.
    """
    try:
        script = Script(without(claimed, missing))
    except ValueError as error:  # the bound speaks of what is gone
        return Row(claimed.name, missing, "the statement", DETAIL, str(error), known(claimed, missing))
    try:
        SCRIPTS[claimed.name](script)
        certificate(script.proof, {})
    except KernelError as error:
        done = visible(script)
        section, text = lines[len(done)] if len(done) < len(lines) else ("", "")
        if section != script.title or done != list(lines[: len(done)]):
            text = ""
        return Row(claimed.name, missing, script.title, text or DETAIL, reason(str(error)), known(claimed, missing))
    raise ValueError(f"{claimed.name} is proved without {missing}: it should not be one of its hypotheses")


def reason(message: str) -> str:
    """A KernelError's message without the place, which the row names, and without the polynomials."""
    found = re.search(r"no nonnegative combination|the integrability of [^:]+|rule .*", message)
    if found is None:
        return message
    return found[0].replace("of 1 ", "of ").rstrip(":") + " is not known" if found[0].startswith("the ") else found[0]


def known(claimed: Statement, missing: str) -> str:
    """What is known beyond the proof: empty where the instance says nothing of this theorem."""
    elsewhere = not claimed.method.startswith("adopt") or "projected" in claimed.name
    file = ""
    if missing in ("bounded_second_moment_conditional", "heavy_tails"):
        elsewhere |= claimed.name not in UNCONDITIONAL
        file = UNCONDITIONAL.get(claimed.name, "")
    if missing == "iterate_step":  # f(θ) = θ on [−1, 1] says nothing of function values
        elsewhere |= "polyak_lojasiewicz" in claimed.assumptions
    link = f" ([`{Path(file).name}`](../{file}))" if file else ""
    return "" if elsewhere else NECESSARY.get(missing, "") + link


def needed(claimed: Statement) -> list[str]:
    """What the audit drops, one at a time."""
    return [*claimed.objective, *(h.name for h in claimed.hypotheses)]


def audit(names: Iterable[str] | None = None) -> list[Row]:
    """The table, of all theorems by default; about 25 ms a row. Raises ValueError if a hypothesis is not needed."""
    rows = []
    for name in names if names is not None else SCRIPTS:
        claimed, lines = statement(name), visible(run(name))
        rows += [failure(claimed, missing, lines) for missing in needed(claimed)]
    return rows


def cells(row: Row) -> str:
    """A line of the table in Markdown."""
    values = (f"`{row.hypothesis}`", row.section, row.step, row.reason, row.known)
    return "| " + " | ".join(value.replace("|", "\\|") for value in values) + " |"


def markdown(rows: Sequence[Row]) -> str:
    """`docs/audit.md`."""
    lines = [
        "# Where each hypothesis is used",
        "",
        f"Generated by `{REGENERATE}`; a test compares it with the scripts. For each theorem and each of its hypotheses: the",
        "step of the proof that fails when the hypothesis is emptied of its content, and the kernel's or the tactic's reason.",
        "That a proof fails does not make a theorem false; the last column names what is known beyond the proof.",
        "No theorem is proved without one of the hypotheses that it lists.",
    ]
    free = [f"`{name}`" for name in SCRIPTS if not needed(statement(name))]
    if free:
        lines += ["", f"Without any hypothesis: {', '.join(free)}."]
    for name in dict.fromkeys(row.theorem for row in rows):
        lines += ["", f"## `{name}`", "", statement(name).title + ".", ""]
        lines += ["| without | fails in | at | because | known |", "|---|---|---|---|---|"]
        lines += [cells(row) for row in rows if row.theorem == name]
    return "\n".join(lines) + "\n"


def table() -> list[dict[str, str]]:
    """The rows as plain data."""
    return [asdict(row) for row in audit()]


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m proofs.audit`: prints the page, or writes it with --write."""
    parser = argparse.ArgumentParser(prog="python -m proofs.audit", description="The hypothesis audit in Markdown.")
    parser.add_argument("--write", action="store_true", help="write the page in place of printing it")
    parser.add_argument("--path", type=Path, default=AUDIT, help="the page (default: docs/audit.md)")
    options = parser.parse_args(arguments)
    page = markdown(audit())
    if not options.write:
        print(page, end="")
        return 0
    temporary = options.path.with_name(options.path.name + ".part")
    temporary.write_text(page, encoding="utf-8")
    os.replace(temporary, options.path)
    print(f"written: {options.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
