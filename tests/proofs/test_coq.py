"""The Coq development: its rules are the kernel's, its audit catches what it should, it builds.

What needs Coq is skipped, with the reason, where Debian's package `coq` is not installed.
"""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
COQ = ROOT / "proofs" / "coq"
AUDIT = COQ / "tools" / "audit.py"

needs_coq = pytest.mark.skipif(
    shutil.which("coqc") is None or shutil.which("coqchk") is None,
    reason="NOT CHECKED BY COQ: coqc is absent; install the Debian package 'coq' (apt-get install coq)",
)


def load_audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coq_audit", AUDIT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


audit = load_audit()


def sources(directory: Path) -> Path:
    """A copy of the sources, without anything compiled."""
    copy = directory / "coq"
    shutil.copytree(COQ, copy, ignore=shutil.ignore_patterns("*.vo*", "*.glob", ".*", "CoqMakefile*", "__pycache__"))
    return copy


def run_audit(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(AUDIT), "--root", str(root), *options], capture_output=True, text=True, check=False
    )


def coq_rules() -> set[str]:
    return set(re.findall(r"(?m)^Theorem (\w+)", (COQ / "Rules.v").read_text()))


def test_every_rule_of_the_page_has_its_theorem() -> None:
    page = (ROOT / "docs" / "certificate.md").read_text()
    rules = page[page.index("## 4. Rules") : page.index("## 5.")]
    assert coq_rules() == set(re.findall(r"(?m)^\| `(\w+)`", rules))


def test_every_rule_of_the_kernel_has_its_theorem() -> None:
    from proofs.kernel import RULES

    assert coq_rules() == set(RULES)


def test_every_rule_is_a_headline_theorem() -> None:
    pinned = {name.split(".")[1] for name in audit.headlines(COQ) if name.startswith("Rules.")}
    assert pinned == coq_rules()


def test_every_textbook_theorem_is_a_headline_theorem() -> None:
    stated = set(re.findall(r"(?m)^Theorem (\w+)", (COQ / "Theorems.v").read_text()))
    assert stated == {name.split(".")[1] for name in audit.headlines(COQ) if name.startswith("Theorems.")}


def test_the_sources_pass_the_text_scan() -> None:
    assert audit.scan(COQ) == []


def test_the_pinned_list_names_every_headline_theorem_and_standard_axioms_only() -> None:
    pinned = dict(line.split(": ") for line in (COQ / "assumptions.txt").read_text().splitlines())
    assert list(pinned) == audit.headlines(COQ)
    assert {axiom for axioms in pinned.values() for axiom in axioms.split()} <= {
        "none",
        "ClassicalDedekindReals.sig_forall_dec",
        "ClassicalDedekindReals.sig_not_dec",
        "Classical_Prop.classic",
        "FunctionalExtensionality.functional_extensionality_dep",
    }


GAPS = {
    "an admitted dead lemma": "Lemma dead : 1 = 2. Admitted.",
    "a tactic that gives up": "Lemma dead : 1 = 2. Proof. give_up. Qed.",
    "an axiom": "Axiom dead : 1 = 2.",
    "a local axiom": "Local Axiom dead : 1 = 2.",
    "an attribute before it": "#[global] Axioms dead : 1 = 2.",
    "a parameter": "Parameter dead : nat.",
    "a hypothesis outside a section": "Hypothesis dead : 1 = 2.",
    "a context outside a section": "Context (dead : 1 = 2).",
    "a hypothesis after a section's end": "Section A.\nEnd A.\nVariable dead : 1 = 2.",
    "a guard switched off": "Unset Guard Checking.",
    "a check bypassed": "#[bypass_check(guard)] Fixpoint f (n : nat) : nat := f n.",
    "an option": "Set Universe Polymorphism.",
    "an obligation": "Program Definition f : nat := _. Admit Obligations.",
    "a module with parameters": "Module Type A. Parameter x : False. End A.",
    "a foreign library": "From Gap Require Import Gap.",
    "a library by path": 'Add LoadPath "/tmp" as Gap.',
    "a comment that only seems to go on": '(* "*)" *) Axiom dead : 1 = 2.',
    "a string that only seems to open a comment": 'Goal True. idtac "(*". Abort.\nAxiom dead : 1 = 2. (* *)',
}


@pytest.mark.parametrize("gap", GAPS)
def test_the_audit_fails_on(gap: str, tmp_path: Path) -> None:
    root = sources(tmp_path)
    file = root / "FiniteSum.v"
    line = file.read_text().count("\n") + 1
    file.write_text(file.read_text() + GAPS[gap] + "\n")
    result = run_audit(root, "--scan")
    assert result.returncode == 1
    places = [int(n) for n in re.findall(r"FiniteSum\.v:(\d+):", result.stdout)]
    assert places
    assert min(places) >= line


def test_the_audit_fails_on_a_file_left_out_and_on_an_option(tmp_path: Path) -> None:
    root = sources(tmp_path)
    (root / "Extra.v").write_text("Lemma dead : 1 = 2. Admitted.\n")
    assert "Extra.v is not listed" in run_audit(root, "--scan").stdout
    (root / "Extra.v").unlink()
    assert run_audit(root, "--scan").returncode == 0
    project = root / "_CoqProject"
    project.write_text("-arg -type-in-type\n" + project.read_text())
    assert "unexpected line" in run_audit(root, "--scan").stdout


def test_comments_and_strings_are_no_gaps() -> None:
    assert (
        audit.scan_source(
            "A.v", '(* Admitted (* Axiom *) Parameter *)\nLemma a : "Axiom" = "Axiom". reflexivity. Qed.\n'
        )
        == []
    )


def test_drift_of_the_axioms_is_seen_in_either_direction() -> None:
    pinned = (COQ / "assumptions.txt").read_text()
    assert audit.drift(pinned, pinned) == []
    fewer = pinned.replace(" Classical_Prop.classic", "", 1)
    for found, expected in ((fewer, pinned), (pinned, fewer)):
        complaints = audit.drift(found, expected)
        assert len(complaints) == 2
        assert "found " in complaints[0]
        assert "pinned" in complaints[1]
    lines = pinned.splitlines(keepends=True)
    assert audit.drift("".join(reversed(lines)), pinned)


@needs_coq
def test_coq_itself_sees_a_gap_that_no_text_scan_would(tmp_path: Path) -> None:
    """Two lemmas rest on one that is admitted or on nothing; parts 2 and 3 of the audit, without part 1."""
    (tmp_path / "_CoqProject").write_text("-Q . ADOPT\nGap.v\n")
    (tmp_path / "Gap.v").write_text(
        "Lemma gap : 1 = 2. Admitted.\nLemma used : 2 = 1. symmetry. exact gap. Qed.\nLemma sound : 1 = 1. reflexivity. Qed.\n"
    )
    subprocess.run(["coqc", "-q", "-Q", ".", "ADOPT", "Gap.v"], cwd=tmp_path, check=True, capture_output=True)
    found = audit.assumptions(tmp_path, ["Gap.used", "Gap.sound"])
    assert found["Gap.used"]
    assert found["Gap.sound"] == []
    assert any(
        "gap" in complaint for complaint in audit.coqchk(tmp_path, ["Gap.v"], audit.render(found).replace("gap", ""))
    )


@pytest.mark.slow
@needs_coq
def test_the_development_builds_from_clean_and_rests_on_what_is_pinned(tmp_path: Path) -> None:
    root = sources(tmp_path)
    build = subprocess.run(["make", "-j2", "all"], cwd=root, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stdout + build.stderr
    result = run_audit(root, "--quick")
    assert result.returncode == 0, result.stdout
