"""`adoptproof counterexample`."""

import importlib
import json

import pytest

from proofs.cli import main


def results(arguments, tmp_path):
    path = tmp_path / "out.json"
    code = main(["counterexample", *arguments, "--json", str(path)])
    return code, json.loads(path.read_text())


def test_list(tmp_path, capsys):
    code, found = results(["list"], tmp_path)
    assert code == 0
    assert [row["name"] for row in found["results"]][:2] == ["rmsprop_with_replacement", "adam_with_replacement"]
    assert "adopt_without_replacement" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "given", "direction", "exact"),
    [
        ("rmsprop_with_replacement", [], "wrong", None),
        ("adam_with_replacement", [], "wrong", None),
        ("adopt_without_replacement", ["C=19/10", "beta2=0", "order=fixed"], "wrong", "71/190"),
        ("adopt_without_replacement", ["C=1.9", "order=reshuffled"], "wrong", "21/95"),
        ("amsgrad_slow", [], "right", "1/2500"),
        ("no_decorrelation", [], "wrong", None),
        ("order_unchanged", [], "wrong", None),
        ("problem_u", ["method=adopt", "sampling=reshuffled", "beta2=0"], "wrong", "1/3"),
        ("problem_u", ["method=adopt"], "right", "0"),
    ],
)
def test_verify(name, given, direction, exact, tmp_path, capsys):
    arguments = ["verify", name, *(x for text in given for x in ("--set", text))]
    code, found = results([*arguments, "--out", str(tmp_path / "cert.json")], tmp_path)
    (row,) = found["results"]
    assert (code, found["status"], row["status"]) == (0, "ok", "certified")
    assert (row["name"], row["direction"], row["exact"]) == (name, direction, exact)
    low, high = row["drift"]
    assert low <= high
    if exact is not None:
        top, _, bottom = exact.partition("/")
        assert low <= int(top) / int(bottom or 1) <= high
    assert main(["counterexample", "check", str(tmp_path / "cert.json")]) == 0
    assert capsys.readouterr().out.count("certified") == 2


def test_not_decided_exits_with_1(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(importlib.import_module("numerics.counterexamples.certify"), "MOST_WORK", 1)
    code, found = results(["verify", "rmsprop_with_replacement", "--set", "beta2=0.97768"], tmp_path)
    assert (code, found["status"], found["results"][0]["status"]) == (1, "failed", "failed")
    assert found["results"][0]["direction"] is None
    assert "not decided at this precision" in capsys.readouterr().out


def test_what_the_checker_refuses_is_not_certified(tmp_path, capsys, monkeypatch):
    from proofs import drift_checker

    def refuse(text):
        raise drift_checker.RejectedError("a reason")

    monkeypatch.setattr(drift_checker, "check", refuse)
    code, found = results(["verify", "rmsprop_with_replacement"], tmp_path)
    assert (code, found["results"][0]["status"]) == (1, "failed")
    assert "a reason" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "nothing"], "no counterexample 'nothing'"),
        (["verify", "rmsprop_with_replacement", "--set", "k"], "write PARAMETER=VALUE"),
        (["verify", "rmsprop_with_replacement", "--set", "k=2", "--set", "k=3"], "given twice"),
        (["verify", "rmsprop_with_replacement", "--set", "k=1"], "must be > 1"),
        (["verify", "adopt_without_replacement", "--set", "C=5"], "C = 5 must lie in"),
        (["threshold", "problem_u"], "has no threshold"),
        (["threshold", "rmsprop_with_replacement", "--width", "0"], "must be positive"),
        (["threshold", "rmsprop_with_replacement", "--width", "abc"], "not an exact number"),
    ],
)
def test_wrong_input_is_one_line(arguments, message, capsys):
    assert main(["counterexample", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_threshold(tmp_path):
    code, found = results(["threshold", "adopt_without_replacement", "--width", "1/100"], tmp_path)
    low, high = (eval_rational(text) for text in found["results"][0]["between"])
    assert code == 0
    assert low < (1 + 5**0.5) / 2 < high <= low + 0.01  # C − 1/C − 1 = 0


def eval_rational(text):
    top, _, bottom = text.partition("/")
    return int(top) / int(bottom or 1)
