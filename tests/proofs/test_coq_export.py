"""Certificates as Coq files: what is written is the certificate's, what is wrong does not compile.

What needs Coq is skipped, with the reason, where Debian's package `coq` is not installed.
"""

import copy
import json
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sympy
from mutants import Mutant, applied, mutants
from test_mutations import STEPS, Timeline

from proofs import coq_export, verifier
from proofs.certificate import CERTIFICATES, compact
from proofs.check import check_all
from proofs.cli import main
from proofs.coq_export import bounds, compiling, document
from proofs.coq_export.bounds import BOUNDS
from proofs.coq_export.terms import Atom, denotation, syntax
from theory.statement import Statement
from theory.statements import STATEMENTS

ROOT = Path(__file__).resolve().parents[2]
ADOPT = json.loads((CERTIFICATES / "adopt.json").read_text(encoding="utf-8"))
SGD = json.loads((CERTIFICATES / "sgd.json").read_text(encoding="utf-8"))

needs_coq = pytest.mark.skipif(not coq_export.present(), reason=compiling.ABSENT)


@pytest.fixture(scope="module")
def lemmas() -> Path:
    """The compiled lemmas: shared with `adoptproof check --coq`, rebuilt (10 s) when the sources change."""
    return coq_export.library(ROOT / "build" / "coq" / "library")


# ------------------------------------------------------------------------------------------------- what is written

TABLE = {"g": Atom(True, True, True, 1), "G": Atom(False, False, False, 0), "c": Atom(True, False, False, 0)}
SECOND_MOMENT = [
    ["1/2", [[["atom", "G"], 2]]],
    ["-1", [[["sum_i", [[["E", "t-1", [[["atom", "g", "t"], 2]]], 1]]], 1]]],
]
STEPS_SUM = [
    ["-3", [[["sum_t", 1, [[["atom", "c", "t"], 1], [["atom", "idx", "t"], 1]]], 1]]],
    ["1", [[["atom", "idx", "T"], 1]]],
]


def test_a_polynomial_reads_as_a_mathematician_writes_it() -> None:
    assert denotation(TABLE, SECOND_MOMENT) == (
        "(1 / 2) * (v_G) ^ 2 - (lsum idx (fun i => (cond (t - 1)%nat (fun w => (v_g t i w) ^ 2) w)))"
    )
    assert denotation(TABLE, STEPS_SUM) == "(INR T) - 3 * (sum_t T 1 (fun t => (v_c t) * (INR t)))"
    assert denotation(TABLE, []) == "0"


def test_the_same_polynomial_as_data() -> None:
    assert syntax(TABLE, SECOND_MOMENT) == (
        "(Const 1 2) [*] (Param a_G) [^] 2 [-] (SumI ((Ex (Some (Free (-1))) ((Atom a_g (Free 0)) [^] 2))))"
    )


@pytest.mark.parametrize("name", ["sgd", "adopt"])
def test_the_statement_stands_in_the_file(name: str) -> None:
    """Its digest, one hypothesis per hypothesis that is not about integrability, and nothing assumed elsewhere."""
    text = (CERTIFICATES / f"{name}.json").read_text(encoding="utf-8")
    statement, source = json.loads(text)["statement"], coq_export.coq_source(text)
    assert f'statement_sha256 := "{verifier.verify(text).statement_sha256}"' in source
    stated = [h["name"] for h in statement["hypotheses"] if h["relation"] != "integrable"]
    assert re.findall(r"(?m)^Hypothesis h_(\w+) ", source) == stated
    others = re.findall(r"(?m)^Hypothes[ie]s (?!h_)(\w+) ", source)
    random_atoms = [
        f"adapted_{a['name']}"
        for a in statement["atoms"]
        if a["random"] and a["name"] not in statement["points"][0][1:]
    ]
    assumed = ["some_coordinate", "some_step", "objective_lower_bounded", "objective_gradient", "gradient_lipschitz"]
    assert sorted(others) == sorted(random_atoms + assumed)
    assert not re.search(r"Admitted|admit|Axiom|Parameter|Conjecture|Abort", source)
    assert source.index("Section Statement.") < source.index("Hypothesis") < source.index("End Statement.")


def test_no_free_text_reaches_the_file() -> None:
    text = "*) Axiom cheat : False. (*"
    labelled = copy.deepcopy(SGD) | {"notes": {"title": text}}
    labelled["steps"][3]["label"] = text
    labelled["steps"][32]["arguments"]["time"] = text  # of a step about integrability
    assert coq_export.coq_source(compact(labelled)) == coq_export.coq_source(compact(SGD))


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["statement"].update(name="x. Axiom cheat : False"),
        lambda c: c["statement"]["hypotheses"][0].update(name="x : False. Axiom y"),
        lambda c: c["statement"]["goal"]["poly"][0].__setitem__(0, "1. Axiom cheat : False"),
        lambda c: c["steps"][40]["arguments"].update(time="t). Axiom cheat : False"),
        lambda c: c["steps"][41]["conclusion"].update({"from": "0. Axiom cheat : False"}),
        lambda c: c["statement"]["atoms"][0].update(first="0. Axiom cheat : False"),
    ],
)
def test_names_and_numbers_are_what_they_should_be(change: Callable[[dict[str, Any]], object]) -> None:
    wrong = copy.deepcopy(SGD)
    change(wrong)
    with pytest.raises(ValueError, match=r"is not a|is no |not an integer"):
        coq_export.coq_source(json.dumps(wrong))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "adopt-cert/2"}', "[" * 10000])
def test_what_is_no_certificate_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        coq_export.coq_source(text)


# -------------------------------------------------------------------------------------------------- what Coq says


@needs_coq
def test_a_theorem_of_ones_own_is_checked(tmp_path: Path, lemmas: Path) -> None:
    """The example of docs: a user's certificate, from its file to Coq's word, with the four axioms of the reals."""
    from examples.add_a_theorem import STATEMENT, momentum_bounded
    from proofs.builder import Script
    from proofs.certificate import certificate

    script = Script(STATEMENT)
    momentum_bounded(script)
    result = coq_export.check_with_coq("own", compact(certificate(script.proof, {})), tmp_path, lemmas)
    assert (result.status, result.message) == ("checked", "")
    assert set(result.axioms) == compiling.AXIOMS
    assert "Theorem theorem_momentum_bounded" in (tmp_path / "own.v").read_text(encoding="utf-8")


@needs_coq
def test_names_that_mean_something_to_coq_are_only_names(tmp_path: Path, lemmas: Path) -> None:
    text = compact(SGD)
    for name, other in {
        "alpha": "all",
        "g": "forall",
        "theta": "value",
        "Delta": "fits",
        "iterate_step": "nil",
    }.items():
        text = text.replace(f'"{name}"', f'"{other}"')
    result = coq_export.check_with_coq("renamed", text, tmp_path, lemmas)
    assert (result.status, result.message) == ("checked", "")


@needs_coq
def test_a_file_that_rests_on_more_is_rejected(tmp_path: Path, lemmas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cheating(text: str | bytes, statement: Statement | None) -> str:
        return "Axiom cheat : False.\n" + re.sub(
            r"(?m)^(Theorem theorem_sgd.*\n)Proof\..*$", r"\1Proof. destruct cheat. Qed.", coq_export.coq_source(text)
        )

    monkeypatch.setattr(compiling, "coq_source", cheating)
    result = compiling.check_with_coq("sgd", compact(SGD), tmp_path, lemmas)
    assert result.status == "rejected"
    assert result.message == "Coq: it rests on cheat"


@needs_coq
@pytest.mark.parametrize(("factor", "status"), [("1", "checked"), ("(9 / 10)", "rejected")])
def test_the_goal_is_the_bound_as_stated(
    factor: str, status: str, tmp_path: Path, lemmas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SGD: Δ/(αT) + αLG²/2, here times a factor. With nine tenths of it, Coq does not see the goal in it."""
    bound = f"{factor} * (Delta / (alpha * INR T) + alpha * L * G ^ 2 / 2)"
    definition = f"Definition bound_sgd (Delta L G alpha : R) (T : nat) : R := {bound}.\n"

    def other_bound(text: str | bytes, statement: Statement | None) -> str:
        return coq_export.coq_source(text, statement).replace("Section Statement.", definition + "Section Statement.")

    monkeypatch.setattr(compiling, "coq_source", other_bound)
    result = compiling.check_with_coq("sgd", compact(SGD), tmp_path, lemmas, STATEMENTS["sgd"])
    assert result.status == status
    assert result.message.startswith("Coq: stated_sgd: " if status == "rejected" else "")


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_theorem_is_compared_with_its_bound(name: str) -> None:
    text = (CERTIFICATES / f"{name}.json").read_text(encoding="ascii")
    source = coq_export.coq_source(text, STATEMENTS[name])
    assert f"\nTheorem stated_{name} : " in source
    assert source.rstrip().endswith(f"Print Assumptions stated_{name}.")


@needs_coq
@pytest.mark.parametrize(("old", "new"), [("(1 / 4)", "(1 / 4)"), ("(1 / 4)", "(1 / 3)"), ("/ (27 *", "/ (28 *")])
def test_roots_of_any_degree_are_compared(
    old: str, new: str, tmp_path: Path, lemmas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N5 at p = 3/2 has D^{1/4} and C_p² = 4/27; with D^{1/3} or 4/28 it is another bound."""
    name = "adopt_clipped_heavy_tailed"
    found = re.search(rf"Definition bound_{name} .*?\.\n\n", BOUNDS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert old in found[0]
    definition = found[0].replace(old, new)

    def other_bound(text: str | bytes, statement: Statement | None) -> str:
        return coq_export.coq_source(text, statement).replace("Section Statement.", definition + "Section Statement.")

    monkeypatch.setattr(compiling, "coq_source", other_bound)
    text = (CERTIFICATES / f"{name}.json").read_bytes()
    result = compiling.check_with_coq(name, text, tmp_path, lemmas, STATEMENTS[name])
    assert result.status == ("checked" if old == new else "rejected")
    assert result.message.startswith("" if old == new else f"Coq: stated_{name}: ")


Change = Callable[[dict[str, Any]], object]


def in_both(h: int, step: int, change: Callable[[Any], object]) -> Change:
    """The same change of a hypothesis and of the step that uses it: the certificate of another statement."""

    def both(c: dict[str, Any]) -> None:
        change(c["statement"]["hypotheses"][h])
        change(c["steps"][step]["conclusion"])

    return both


TAMPERED: dict[str, Change] = {
    "the goal's constant is halved": lambda c: c["statement"]["goal"]["poly"][1].__setitem__(0, "1/4"),
    "the goal is strict": lambda c: c["statement"]["goal"].update(relation=">"),
    "the last step is missing": lambda c: c["steps"].pop(),
    "a definition is another": lambda c: c["statement"]["definitions"][1]["poly"][0].__setitem__(0, "2"),
    "a definition begins later": lambda c: c["statement"]["definitions"][0].update(first=1),
    "a hypothesis is missing": lambda c: c["statement"]["hypotheses"].pop(5),
    "a hypothesis is another": lambda c: c["statement"]["hypotheses"][5]["poly"][0].__setitem__(0, "2"),
    "an assumption is missing": lambda c: c["statement"]["assumptions"].remove("smooth"),
    "A5 with the wrong sign": in_both(5, 34, lambda h: h["poly"][0].__setitem__(0, "-1")),
    "A5 about the first power": in_both(5, 34, lambda h: h["poly"][1][1][0][0][1][0][0][2][0].__setitem__(1, 1)),
    "A5 only from step 2": in_both(5, 34, lambda h: h.update({"from": 2})),
    "A2 given the present": in_both(3, 9, lambda h: h["poly"][0][1][0][0].__setitem__(1, "t")),
    "A2 as an inequality": in_both(3, 9, lambda h: h.update(relation=">=")),
    "the recurrence from step 0": in_both(2, 13, lambda h: h.update({"from": 0})),
    "L may be negative": in_both(1, 35, lambda h: h["poly"][0].__setitem__(0, "-1")),
    "g exists only from step 2": lambda c: c["statement"]["atoms"][5].update(first=2),
    "the iterates exist only from step 1": lambda c: c["statement"]["atoms"][7].update(first=1),
    "the gradient is known a step before": lambda c: c["steps"][26]["arguments"].update(level="t-2"),
    "the steps are another theorem's": lambda c: c.update(steps=ADOPT["steps"]),
}
QUICK = ("the goal's constant is halved", "A2 given the present", "the recurrence from step 0")


def tampered_is_rejected(what: str, folder: Path, lemmas: Path) -> None:
    wrong = copy.deepcopy(SGD)
    TAMPERED[what](wrong)
    assert wrong != SGD
    try:
        result = coq_export.check_with_coq("tampered", json.dumps(wrong), folder, lemmas)
    except ValueError:
        return  # it cannot even be written down
    assert result.status == "rejected"
    assert result.message.startswith("Coq: ")


@needs_coq
@pytest.mark.parametrize("what", QUICK)
def test_a_tampered_certificate_does_not_compile(what: str, tmp_path: Path, lemmas: Path) -> None:
    tampered_is_rejected(what, tmp_path, lemmas)


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize("what", [w for w in TAMPERED if w not in QUICK])
def test_no_tampered_certificate_compiles(what: str, tmp_path: Path, lemmas: Path) -> None:
    tampered_is_rejected(what, tmp_path, lemmas)


def mutated_steps(count: int, seed: int) -> tuple[Counter[str], list[tuple[int, Mutant, str]], str]:
    """Mutants of single steps of T4.1 that change what Coq is given, and a file that tries each in place of the step.

    The file is the certificate's own, up to the mutant's step; a mutant that Coq accepts is printed.
    """
    timeline, counts = Timeline(), Counter[str]()
    lines, replay = document.opening(ADOPT["statement"], STEPS)
    texts = [document.step_text(replay, k, step) for k, step in enumerate(STEPS)]
    for k, text in enumerate(texts):
        if text:
            lines.append(f"Definition j{k} := {text[0]}.\nLemma s{k} : valid idx T value j{k}.")
            lines.append(f"Proof. refine (by_rule {text[1]}). vm_compute; reflexivity. Qed.")
    pool = [(k, mutant) for k, step in enumerate(STEPS) for mutant in mutants(step, timeline.words)]
    random.Random(seed).shuffle(pool)
    tried: list[tuple[int, Mutant, str]] = []
    for k, mutant in pool:
        if len(tried) == count:
            break
        wrong = applied(STEPS[k], mutant)
        if any(isinstance(place, int) and place >= k for place in wrong.get("premises", [])):
            continue  # in the whole file a later step would not exist yet; here it does
        try:
            text = document.step_text(replay._replace(steps=[*STEPS[:k], wrong, *STEPS[k + 1 :]]), k, wrong)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            counts["cannot be written down"] += 1
            continue
        if text is None or text == texts[k]:
            counts["not Coq's business: a label, a note, integrability"] += 1
            continue
        application = re.sub(rf"\bj{k}\b", f"({text[0]})", text[1])
        attempt = f"refine (by_rule {application}); vm_compute; reflexivity"
        claim = f"assert_succeeds (assert (valid idx T value ({text[0]})) by ({attempt}))"
        lines.append(f'Goal True. first [{claim}; idtac "ACCEPTED {len(tried)}" | idtac]. Abort.')
        tried.append((k, mutant, timeline.verdict(k, wrong)))
    return counts, tried, "\n".join([*lines, "End Statement.\n"])


FACTS = {"expectation": 1, "tower": 0, "holder": 3}  # how many premises are not about integrability


def only_integrability(k: int, mutant: Mutant) -> bool:
    """Whether the mutant differs in a premise about integrability alone: every variable of a space is integrable."""
    facts = FACTS.get(STEPS[k]["rule"])
    return facts is not None and applied(STEPS[k], mutant)["premises"][:facts] == STEPS[k]["premises"][:facts]


def coq_accepts_no_wrong_step(count: int, seed: int, folder: Path, lemmas: Path) -> None:
    """What Coq accepts, the second checker accepts as well, or only the order of factors or terms differs, or
    integrability."""
    counts, tried, source = mutated_steps(count, seed)
    (folder / "steps.v").write_text(source, encoding="utf-8")
    run = subprocess.run(
        ["coqc", "-q", "-Q", str(lemmas), "ADOPT", "steps.v"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-500:]
    accepted = [int(line.split()[1]) for line in run.stdout.splitlines() if line.startswith("ACCEPTED")]
    assert accepted, "no harmless mutant was accepted: the file tries nothing"
    for k, mutant, verdict in (tried[number] for number in accepted):
        ordered = mutant.how == "swapped" and "order" in verdict
        harmless = verdict == "follows" or ordered or (mutant.path[0] == "premises" and only_integrability(k, mutant))
        assert harmless, f"Coq accepts step {k} ({STEPS[k]['rule']}) with {mutant}; the second checker: {verdict}"
    assert sum(verdict != "follows" for _, _, verdict in tried) > 0.8 * count
    print(f"\n{len(tried)} mutants of steps put to Coq, {len(accepted)} harmless accepted; besides {dict(counts)}")


@needs_coq
def test_a_sample_of_mutated_steps_is_rejected(tmp_path: Path, lemmas: Path) -> None:
    coq_accepts_no_wrong_step(150, 1, tmp_path, lemmas)


@needs_coq
@pytest.mark.slow
def test_many_mutated_steps_are_rejected(tmp_path: Path, lemmas: Path) -> None:
    coq_accepts_no_wrong_step(3000, 2, tmp_path, lemmas)


@needs_coq
@pytest.mark.slow
def test_coq_checks_every_certificate(tmp_path: Path) -> None:
    certificates = {path.stem: path.read_bytes() for path in sorted(CERTIFICATES.glob("*.json"))}
    results = coq_export.check_all_with_coq(certificates, tmp_path, STATEMENTS)
    assert {name: r.message for name, r in results.items() if r.status != "checked"} == {}
    assert all(set(r.axioms) <= compiling.AXIOMS for r in results.values())


# ------------------------------------------------------------------------------------------------------- the bounds


def test_the_bounds_in_coq_are_the_statements_own() -> None:
    """Deliberate? Then `python -m proofs.coq_export.bounds --write`, and build StatedBounds.v."""
    assert bounds.BOUNDS.read_text(encoding="utf-8") == bounds.source(), bounds.REGENERATE


def test_a_changed_bound_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    claimed = STATEMENTS["adopt"]
    monkeypatch.setitem(STATEMENTS, "adopt", replace(claimed, bound=lambda: claimed.bound() * sympy.Rational(9, 10)))
    assert bounds.BOUNDS.read_text(encoding="utf-8") != bounds.source()


@pytest.mark.parametrize(
    ("bound", "written"),
    [
        ("1/2 - x", "1 / 2 - x"),
        ("x/(2*y*T)", "x / (2 * INR T * y)"),
        ("-x*(y - 1)**2", "(-1) * x * (y - 1) ^ 2"),
        ("x**Rational(3, 2)/sqrt(y)", "x * sqrt x / sqrt y"),
        ("x**Rational(-2, 3)", "1 / rpow x (2 / 3)"),
        ("log(x + 1)*y**T", "y ^ T * ln (x + 1)"),
        ("x**2/(x + y)", "x ^ 2 / (x + y)"),
    ],
)
def test_a_bound_as_coq_reads_it(bound: str, written: str) -> None:
    named = {name: sympy.Symbol(name, positive=True) for name in "xyT"}
    assert bounds.real(sympy.sympify(bound, locals=named)) == written


# ------------------------------------------------------------------------------------------------- the command line


@needs_coq
def test_check_reports_what_coq_says(tmp_path: Path, lemmas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "library", lambda folder: lemmas)
    result = check_all(["sgd"], tmp_path, [CERTIFICATES / "sgd.json"], tmp_path / "coq")
    assert [row["coq"] for row in result["results"]] == ["checked", "checked"]
    assert [Path(row["coq_file"]).name for row in result["results"]] == ["sgd.v", "sgd_1.v"]


def test_without_coq_the_table_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compiling, "present", lambda: False)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--coq", str(CERTIFICATES / "sgd.json"), "--json", "result.json"]) == 0
    (row,) = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["results"]
    assert (row["status"], row["coq"]) == ("proved", "absent")
    said = capsys.readouterr()
    assert "absent" in said.out
    assert said.err.startswith("NOT CHECKED BY COQ")
