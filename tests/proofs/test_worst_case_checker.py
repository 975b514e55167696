"""The checker of worst cases: what it must refuse, that it stands alone, and the command around it."""

from __future__ import annotations

import ast
import copy
import json
import random
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from numerics.worst_case.certificate import certify
from numerics.worst_case.problem import WorstCase, interpolation
from proofs import worst_case_checker
from proofs.cli import main
from proofs.verifier.terms import MalformedCertificate, WrongCertificate
from proofs.worst_case_checker import interpolation_matrix, read_problem, verify

F = Fraction
CASE = WorstCase(F(3), F(1, 5), 2, beta1=F(1, 2), scales=(F(1), F(2)), gradient_bound=F(3))


@pytest.fixture(scope="module")
def certificate() -> dict:
    return certify(CASE).certificate


def changed(certificate: dict, change) -> str:
    result = copy.deepcopy(certificate)
    change(result)
    return json.dumps(result)


def test_it_accepts_and_says_what_is_proved(certificate):
    report = verify(json.dumps(certificate))
    assert report.upper == F(certificate["upper"])
    assert report.problem.scales == [1, 2]


WRONG = {
    "a bound a little lower": (lambda c: c.update(upper=str(F(c["upper"]) - F(1, 10**9))), "the multipliers prove"),
    "a lower bound a little higher": (lambda c: c.update(lower=str(F(c["lower"]) + F(1, 10**9))), "the instance shows"),
    "a negative multiplier": (lambda c: c["multipliers"]["interpolation"].append([2, 0, "-1/7"]), "negative"),
    "weights that are not 1 in all": (lambda c: c["multipliers"]["weight"].pop(), "add up to"),
    "a value that stays": (lambda c: c["multipliers"]["interpolation"].append([2, 0, "1/7"]), "does not cancel"),
    "a cycle of needless inequalities": (
        lambda c: c["multipliers"]["interpolation"].extend([[2, 0, "5"], [0, 2, "5"]]),
        "not positive semidefinite",
    ),
    "a smaller smoothness": (lambda c: c["problem"].update(L="1"), "."),
    "a larger step": (lambda c: c["problem"].update(alpha="1/4"), "."),
    "no bound on the gradient": (lambda c: c["problem"].update(gradient_bound=None), "bounds no gradient"),
    "another normalisation": (lambda c: c["problem"].update(normalisation="last_value"), "infimum"),
    "a start that is too high": (lambda c: c["problem"].update(Delta="1/10"), "."),
    "a Gram matrix with a negative direction": (
        lambda c: c["instance"]["grams"][0][0].__setitem__(0, "-1"),
        "Gram matrix 0 is not positive semidefinite",
    ),
    "a Gram matrix that is not symmetric": (lambda c: c["instance"]["grams"][1][0].__setitem__(1, "7"), "symmetric"),
    "values that no smooth function has": (lambda c: c["instance"]["values"].__setitem__(1, "9"), "smooth function"),
    "values below the infimum": (lambda c: c["instance"]["values"].__setitem__(2, "0"), "infimum"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_certificates_are_rejected(certificate, name):
    change, text = WRONG[name]
    if name == "no bound on the gradient":  # make the multiplier there is none of in the found certificate
        certificate = copy.deepcopy(certificate)
        certificate["multipliers"]["gradient_bound"] = [[0, "0"]]
    with pytest.raises(WrongCertificate, match=text):
        verify(changed(certificate, change))


MALFORMED = {
    "another format": lambda c: c.update(format="adopt-worst-case/2"),
    "a field too many": lambda c: c.update(note="trust me"),
    "a float": lambda c: c.update(upper=2.5),
    "a fraction not in lowest terms": lambda c: c.update(upper="2/4"),
    "a multiplier twice": lambda c: c["multipliers"]["weight"].append(c["multipliers"]["weight"][0]),
    "a point beyond the last": lambda c: c["multipliers"]["weight"].append([3, "1"]),
    "a point with itself": lambda c: c["multipliers"]["interpolation"].append([1, 1, "1"]),
    "21 steps": lambda c: c["problem"].update(steps=21),
    "true for 1": lambda c: c["problem"].update(steps=True),
    "momentum 1": lambda c: c["problem"].update(beta1="1"),
    "no scale": lambda c: c["problem"].update(scales=[]),
    "a lower bound without an instance": lambda c: c.update(instance=None),
    "too few values": lambda c: c["instance"]["values"].pop(),
    "too few Gram matrices": lambda c: c["instance"]["grams"].pop(),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_certificates_are_refused(certificate, name):
    with pytest.raises(MalformedCertificate):
        verify(changed(certificate, MALFORMED[name]))


def test_no_small_change_of_a_multiplier_goes_unnoticed(certificate):
    generator = random.Random(1)
    for _ in range(60):
        bad = copy.deepcopy(certificate)
        entries = [e for kind in bad["multipliers"].values() for e in kind]
        entry = generator.choice(entries)
        entry[-1] = str(F(entry[-1]) + generator.choice([-1, 1]) * F(1, generator.randint(2, 10**6)))
        with pytest.raises(WrongCertificate):
            verify(json.dumps(bad))


def test_both_sides_build_the_same_inequalities_by_themselves():
    problem = read_problem(CASE.as_json())
    for scale in CASE.scales:
        for i in range(3):
            for j in range(3):
                if i != j:
                    assert interpolation_matrix(problem, i, j, scale) == interpolation(CASE, i, j, scale)


def test_it_imports_the_standard_library_and_the_verifiers_reader_alone():
    tree = ast.parse(Path(worst_case_checker.__file__).read_text())
    modules = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    modules |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    own = {m for m in modules if m.split(".")[0] not in sys.stdlib_module_names}
    assert own == {"proofs.verifier.reading", "proofs.verifier.terms"}
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Assert)]


# The command


def test_the_command_solves_writes_and_verifies(tmp_path, capsys):
    out, report = tmp_path / "c.json", tmp_path / "r.json"
    arguments = ["worst-case", "solve", "--L", "3", "--alpha", "0.2", "--steps", "1", "--last-value"]
    assert main([*arguments, "--out", str(out), "--json", str(report)]) == 0
    assert "<= 100/17; attained" in capsys.readouterr().out
    row = json.loads(report.read_text())
    assert (row["status"], row["upper"], row["lower"], row["tight"]) == ("certified", "100/17", "100/17", True)
    assert main(["worst-case", "verify", str(out)]) == 0
    out.write_text(out.read_text().replace("100/17", "99/17"))
    assert main(["worst-case", "verify", str(out)]) == 1
    out.write_text("{}")
    assert main(["worst-case", "verify", str(out)]) == 2
    assert main(["worst-case", "verify", str(tmp_path / "absent")]) == 2


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [("--alpha", "0", "positive numbers"), ("--alpha", "x", "write a number"), ("--steps", "99", "from 0 to 20")],
)
def test_bad_input_is_one_line(option, value, text, capsys):
    options = {"--alpha": "1", "--steps": "2"} | {option: value}
    assert main(["worst-case", "solve", *(x for pair in options.items() for x in pair)]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


STORED = Path(worst_case_checker.__file__).parent / "worst_cases"


@pytest.mark.parametrize("path", sorted(STORED.glob("*.json")), ids=lambda p: p.stem)
def test_stored_certificates_hold_and_are_what_the_solver_finds_again(path):
    stored = json.loads(path.read_text())
    report = verify(path.read_bytes())
    p = report.problem
    case = WorstCase(
        p.L,
        p.alpha,
        p.steps,
        p.beta1,
        tuple(p.scales),
        p.Delta,
        p.gradient_bound,
        "lower_bound" if p.above_infimum else "last_value",
    )
    found = certify(case)
    assert found.case.as_json() == stored["problem"]
    if report.upper == report.lower:
        assert (found.upper, found.lower) == (report.upper, report.lower)
    else:  # an interior rounding depends on the last digits of the solver
        assert report.lower is not None
        assert abs(found.upper - report.upper) <= F(1, 10**6) * report.upper


def test_there_are_stored_certificates():
    assert {p.stem for p in STORED.glob("*.json")} >= {"gradient_descent_one_step", "adopt_four_steps"}
