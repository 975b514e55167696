"""The hypothesis audit: every hypothesis is needed, at the step that the table names; the page agrees with the scripts."""

from __future__ import annotations

import json

import pytest

from proofs import audit
from proofs.builder import Script
from proofs.cli import main
from proofs.scripts import SCRIPTS, prove, run
from theory.statements import statement

PAGE = audit.AUDIT.read_text(encoding="utf-8")
CASES = [(name, missing) for name in SCRIPTS for missing in audit.needed(statement(name))]
EVERY = 12


def row(name: str, missing: str) -> audit.Row:
    return audit.failure(statement(name), missing, audit.visible(run(name)))


def test_the_page_has_a_row_for_each_hypothesis_and_no_other() -> None:
    theorem, found = "", []
    for line in PAGE.splitlines():
        if line.startswith("## `"):
            theorem = line[4:-1]
        elif line.startswith("| `"):
            found.append((theorem, line.split("`")[1]))
    assert found == CASES, f"deliberate? then {audit.REGENERATE}"


@pytest.mark.parametrize(("name", "missing"), CASES[::EVERY])
def test_a_row_of_the_page_is_what_happens(name: str, missing: str) -> None:
    section = PAGE.split(f"\n## `{name}`\n")[1].split("\n## ")[0]
    assert audit.cells(row(name, missing)) in section.splitlines(), f"deliberate? then {audit.REGENERATE}"


@pytest.mark.slow
def test_the_page_is_what_happens() -> None:
    assert audit.markdown(audit.audit()) == PAGE, f"deliberate? then {audit.REGENERATE}"


@pytest.mark.parametrize(
    ("missing", "section", "step", "reason"),
    [
        ("unbiased", "The true gradient is square integrable", "(∂f(θ_{t−1}))² ≤ E[g_t² given F_{t−1}]", "no nonneg"),
        ("bounded_second_moment", "(5) Second moments", "E‖a_t‖² ≤ P", "no nonnegative combination"),
        ("eps_positive", "Constants", "1/ε", "rule inverse: a premise has relation >=, not >"),
        ("iterate_step", "(1) The auxiliary iterate", "φ_t − φ_{t−1} = −α a_t", "no nonnegative combination"),
        ("start_integrable", "The start", "f(φ_0) is integrable", "the integrability of f_theta@0 is not known"),
        (
            "smooth",
            "(1) The auxiliary iterate",
            "∇f is L-Lipschitz between θ_t and φ_t",
            "rule lipschitz: needs smooth",
        ),
    ],
)
def test_where_the_proof_of_theorem_4_1_breaks(missing: str, section: str, step: str, reason: str) -> None:
    found = row("adopt", missing)
    assert (found.section, found.step) == (section, step)
    assert found.reason.startswith(reason)


def test_a_hypothesis_that_is_not_needed_is_found() -> None:
    with pytest.raises(ValueError, match="sgd is proved without momentum: it should not be one of its hypotheses"):
        audit.failure(statement("sgd"), "momentum", audit.visible(prove("sgd")))


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_emptied_hypothesis_says_nothing(name: str) -> None:
    """It holds in every world: the polynomial is 0, or it is about an atom that occurs nowhere else."""
    claimed = statement(name)
    for h in claimed.hypotheses:
        judgment = Script(audit.without(claimed, h.name)).proof.statement.hypotheses[h.name]
        assert judgment.relation in ("=", ">=", "integrable")
        assert judgment.poly == {} if judgment.relation != "integrable" else audit.UNUSED.name in str(judgment.poly)


def test_known_instances_are_about_hypotheses_that_exist() -> None:
    names = {h.name for name in SCRIPTS for h in statement(name).hypotheses}
    assert set(audit.NECESSARY) <= names
    assert audit.known(statement("sgd"), "unbiased") == ""
    assert "problem U" in audit.known(statement("adopt"), "unbiased")


@pytest.mark.slow
def test_the_command_lists_it(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    assert main(["list", "audit", "--json", str(tmp_path / "audit.json")]) == 0
    assert "fails in" in capsys.readouterr().out
    results = json.loads((tmp_path / "audit.json").read_text())["results"]
    assert [(r["theorem"], r["hypothesis"]) for r in results] == CASES
