"""The command line as a user meets it: results, exit codes, and one clear line for bad input."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from proofs.certificate import CERTIFICATES
from proofs.cli import main


def call(capsys, *arguments):
    """(exit code, stdout, stderr) of a command."""
    try:
        code = main([str(a) for a in arguments])
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("what", ["theorems", "assumptions", "methods", "problems", "literature"])
def test_list(capsys, tmp_path, what):
    code, out, _ = call(capsys, "list", what, "--json", tmp_path / "list.json")
    assert code == 0
    results = json.loads((tmp_path / "list.json").read_text())["results"]
    assert len(results) >= 3
    assert next(iter(results[0].values())) in out


def test_check_writes_a_certificate_that_verifies(capsys, tmp_path):
    code, out, _ = call(capsys, "check", "adopt", "--out", tmp_path, "--json", tmp_path / "check.json")
    assert code == 0
    assert "proved" in out
    data = json.loads((tmp_path / "check.json").read_text())
    row = data["results"][0]
    assert data["status"] == "ok"
    assert {"lower_bounded", "smooth", "unbiased", "bounded_second_moment"} <= set(row["hypotheses"])
    assert row["coq"] == "not-run"
    code, out, _ = call(capsys, "verify", row["certificate"])
    assert code == 0
    assert out.startswith("proved adopt: ")


def test_certificates_in_the_tree_are_what_the_scripts_write(tmp_path):
    from proofs.check import check
    from theory.statements import STATEMENTS

    for name in STATEMENTS:
        check(name, tmp_path)
        assert (tmp_path / f"{name}.json").read_bytes() == (CERTIFICATES / f"{name}.json").read_bytes(), name


def test_bound(capsys, tmp_path):
    settings = ["Delta=1", "L=1", "G=1", "eps=1", "beta1=9/10", "T=10000"]
    code, out, _ = call(
        capsys, "bound", "adopt", *(x for s in settings for x in ("--set", s)), "--json", tmp_path / "b.json"
    )
    assert code == 0
    data = json.loads((tmp_path / "b.json").read_text())
    # S(G/ε)√(2ΔL(1+β1)/((1−β1)T)) = √2·√(38/10⁴)
    assert data["value"] == pytest.approx((2 * 38e-4) ** 0.5, rel=1e-12)
    assert data["value_at_best_alpha"] == data["value"]
    assert data["vacuous"] is False
    assert "0.0871" in out


def test_explain(capsys):
    code, out, _ = call(capsys, "explain", "adopt", "--format", "md")
    assert code == 0
    assert "Decorrelation" in out


def test_rates(capsys, tmp_path):
    arguments = ["--problem", "hard_instance", "--beta2", "0.9", "--beta1", "0", "--horizons", "64:512", "--runs", "64"]
    code, _, _ = call(capsys, "rates", *arguments, "--out", tmp_path)
    assert code == 0
    data = json.loads((tmp_path / "rates.json").read_text())
    assert [r["horizon"] for r in data["rows"]] == [64, 128, 256, 512]
    assert all(r["measure"] < r["bound"] for r in data["rows"])
    assert {p.suffix for p in tmp_path.iterdir()} == {".json", ".png", ".svg"}


BAD = [
    (["check", "adpot"], "unknown theorem 'adpot'; known: adopt"),
    (["explain", "adpot"], "unknown theorem"),
    (["bound", "adopt", "--set", "beta1=1.5"], "beta1 is 1.5; it must be in [0, 1)"),
    (["bound", "adopt", "--set", "beta2=1.5"], "beta2 is 1.5; it must be in [0, 1]"),
    (["bound", "adopt", "--set", "eps=0"], "eps is 0; it must be in the positive numbers"),
    (["bound", "adopt", "--set", "T=0"], "T is 0; it must be in the integers from 1"),
    (["bound", "adopt", "--set", "G=nan"], "G is 'nan'; write a number"),
    (["bound", "adopt", "--set", "gamma=1"], "has no parameter gamma"),
    (["bound", "adopt", "--set", "G"], "write PARAMETER=VALUE"),
    (["rates", "--problem", "nope"], "unknown problem 'nope'"),
    (["rates", "--problem", "hard_instance", "--method", "nope"], "unknown method 'nope'"),
    (["rates", "--problem", "hard_instance", "--beta2", "1.5"], "beta2 must be in [0, 1], got 1.5"),
    (["rates", "--problem", "hard_instance", "--beta2", "nan"], "beta2 must be a finite number"),
    (["rates", "--problem", "hard_instance", "--runs", "-3"], "runs must be an integer of at least 1"),
    (["rates", "--problem", "hard_instance", "--horizons", "9:1"], "horizons need 1 <= FROM <= TO"),
    (["rates", "--problem", "hard_instance", "--horizons", "256:512"], "a rate needs 4"),
    (["rates", "--problem", "hard_instance", "--device", "warp"], "device must be cpu, cuda or cuda:N, got 'warp'"),
    (["rates", "--problem", "toy"], "there is no best step size on toy, which is linear, L = 0"),
    (["crosscheck", "--workers", "0"], "--workers is 0"),
    (["verify", "/nonexistent/certificate.json"], "cannot be read: No such file"),
    (["list", "weather"], "invalid choice: 'weather'"),
    (["prove"], "invalid choice: 'prove'"),
    ([], "required"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=lambda x: " ".join(x) if isinstance(x, list) else None)
def test_bad_input_is_one_clear_line_and_exit_code_2(capsys, tmp_path, arguments, message):
    out = ["--out", tmp_path / "out"] if arguments[:1] in (["rates"], ["crosscheck"]) else []
    code, printed, error = call(capsys, *arguments, *out)
    line = (error or printed).strip()
    assert code == 2
    assert message in line
    assert "\n" not in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda text: text[: len(text) // 2], 2),
        (lambda text: b"\xff\xfe" + text, 2),
        (lambda text: b"", 2),
        (lambda text: text.replace(b'"relation":">="', b'"relation":"="', 1), 1),
        (lambda text: text.replace(b'"1/2"', b'"1/3"', 1), 1),
    ],
    ids=["truncated", "not UTF-8", "empty", "tampered relation", "tampered coefficient"],
)
def test_a_damaged_certificate_is_told_from_a_wrong_one(capsys, tmp_path, damage, code):
    path = tmp_path / "adopt.json"
    path.write_bytes(damage((CERTIFICATES / "adopt.json").read_bytes()))
    found, out, _ = call(capsys, "verify", path)
    assert found == code
    assert len(out.strip().splitlines()) == 1


def test_help_is_fast_and_imports_nothing_heavy():
    program = "import sys, proofs.cli; proofs.cli.parser(); print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "sympy", "numpy", "scipy", "matplotlib", "flint", "sklearn"} & set(loaded)


@pytest.mark.slow
def test_a_crosscheck_refuses_a_folder_with_other_files_before_it_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("proofs.crosscheck.run.crosscheck", lambda *_, **__: pytest.fail("it ran"))
    (tmp_path / "thesis.tex").touch()
    assert main(["crosscheck", "--quick", "--out", str(tmp_path)]) == 2
    assert "'thesis.tex', which no report wrote" in capsys.readouterr().err


def test_an_interrupted_crosscheck_leaves_the_last_report(tmp_path):
    report = tmp_path / "report"
    report.mkdir()
    (report / "index.html").write_text("the last good report")
    command = [sys.executable, "-m", "proofs", "crosscheck", "--quick", "--out", str(report)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    time.sleep(4)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert (report / "index.html").read_text() == "the last good report"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report"]


def test_list_literature_shows_settings_and_cited_facts(capsys, tmp_path):
    code, out, _ = call(capsys, "list", "literature", "--json", tmp_path / "literature.json")
    assert code == 0
    assert "beta2 = 0.9999" in out
    assert "cited, not proved here: For first-order stochastic methods" in out
    data = json.loads((tmp_path / "literature.json").read_text())
    assert [len(data[part]) for part in ("results", "facts", "recommended")] == [11, 1, 3]
    assert data["results"][-1]["statement"] == "adopt"


def test_a_reader_that_stops_early_sees_no_error():
    """`adoptproof explain adopt | head`: the output is longer than a pipe holds."""
    command = [sys.executable, "-m", "proofs", "explain", "adopt"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout.read(3) == b"# T"
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode == 141
