"""`adoptproof sweep` as a user meets it: plan files and flags, results, exit codes, one line for bad input."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pandas
import pytest

from proofs.cli import main
from proofs.commands.sweep import display

PLAN = """
problems = ["hard_instance"]
methods = ["adopt", "sgd"]
horizons = "8:64"
runs = 2048
tier = "reference"

[settings]
beta1 = 0.0
beta2 = [0.0, 0.9]
"""


def call(capsys, *arguments):
    """(exit code, stdout, stderr) of a command."""
    try:
        code = main([str(a) for a in arguments])
    except SystemExit as stop:
        code = stop.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_plan_file_then_nothing_left_to_do(capsys, tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN)
    out, table = tmp_path / "out", tmp_path / "sweep.json"
    first = call(
        capsys,
        "sweep",
        tmp_path / "plan.toml",
        "--executor",
        "processes:2",
        "--theorem",
        "adopt",
        "--out",
        out,
        "--json",
        table,
    )
    assert first[0] == 0, first[2]
    assert first[2] == ""  # no progress bar where there is no terminal
    data = json.loads(table.read_text())
    assert data["status"] == "ok"
    assert len(data["rows"]) == 4 * 3
    assert len(data["fits"]) == 3
    by_method = {(r["method"], r["setting"]): r for r in data["rows"] if r["horizon"] == 64}
    assert by_method["adopt", 0]["bound"] > by_method["adopt", 0]["measure"]
    assert by_method["adopt", 0]["violated"] is False
    assert by_method["sgd", 0]["bound"] is None  # the theorem is about another method
    assert sorted(pandas.read_parquet(out / "rates.parquet")["method"]) == ["adopt", "adopt", "sgd"]
    again = call(capsys, "sweep", "--out", out)  # the ledger knows its plan
    assert again[0] == 0
    assert (
        again[1].splitlines()[-1] == first[1].splitlines()[-1] == f"digest of the results' bits: {data['digest'][:16]}"
    )


def test_a_measure_above_a_bound_is_a_violation(capsys, tmp_path, monkeypatch):
    """The theorem's bound, cut to 2 % of itself: below what is measured, so it must be caught."""
    import proofs.sweep_bounds as bounds

    original = bounds.bound_at
    monkeypatch.setattr(bounds, "bound_at", lambda *a: 0.02 * original(*a))
    flags = (
        "--problem",
        "hard_instance",
        "--method",
        "adopt",
        "--horizons",
        "16",
        "--runs",
        "512",
        "--tier",
        "reference",
    )
    code, out, _ = call(
        capsys,
        "sweep",
        *flags,
        "--set",
        "beta1=0",
        "--theorem",
        "adopt",
        "--out",
        tmp_path,
        "--executor",
        "processes:1",
    )
    assert code == 1
    assert "VIOLATED: adopt on hard_instance, setting 0, T = 16: measured" in out


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ([], "the plan does not say problems"),
        (["--problem", "h1"], "the plan does not say methods"),
        (["absent.toml"], "absent.toml: no such file"),
        (["--set", "beta2"], "--set beta2: write NAME=VALUE,…, such as --set beta2=0,0.9"),
        (["--set", "beta2=x"], "beta2: 'x' is not a number"),
        (["--seeds", "one"], "seeds: 'one' is not a number"),
        (["--runs", "many"], "argument --runs: invalid int value: 'many'"),
    ],
)
def test_bad_input_is_one_line(capsys, tmp_path, flags, complaint):
    code, out, error = call(capsys, "sweep", *flags, "--out", tmp_path / "o")
    assert (code, out) == (2, "")
    assert complaint in error
    assert error.count("\n") == 1
    assert not (tmp_path / "o").exists()


BASE = ("--problem", "hard_instance", "--method", "adopt", "--horizons", "8", "--runs", "64", "--tier", "reference")


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--problem", "h1"], "unknown problem 'h1'; known: hard_instance"),
        (["--set", "beta2=1.5"], "beta2 must be in [0, 1], got 1.5"),
        (["--set", "lr=1"], "settings have no 'lr'; they have alpha"),
        (
            ["--executor", "threads:2"],
            "executor 'threads:2' is unknown; write processes, processes:N or dask://HOST:PORT",
        ),
        (["--theorem", "adam"], "adam"),
        (["--theorem", "adopt_polyak_lojasiewicz"], "is not tested by simulations; one of adopt, "),
        (["--shard-runs", "100"], "shard_runs must be an integer of at least 1024, got 100"),
    ],
)
def test_what_cannot_be_run_is_one_line_too(capsys, tmp_path, flags, complaint):
    code, _, error = call(capsys, "sweep", *BASE, *flags, "--out", tmp_path / "o")
    assert code == 2
    assert complaint in error
    assert error.count("\n") == 1


def test_a_broken_plan_file_names_the_place(capsys, tmp_path):
    (tmp_path / "plan.toml").write_text("problems = [\n")
    code, _, error = call(capsys, "sweep", tmp_path / "plan.toml")
    assert code == 2
    assert "plan.toml: " in error
    assert error.count("\n") == 1


def test_another_plan_on_the_same_ledger_is_refused_and_named(capsys, tmp_path):
    assert call(capsys, "sweep", *BASE, "--out", tmp_path, "--executor", "processes:1")[0] == 0
    code, _, error = call(capsys, "sweep", *BASE, "--runs", "65", "--out", tmp_path)
    assert code == 2
    assert "ledger.sqlite belongs to another plan: runs (64 there, 65 here); use another ledger" in error


def test_interrupted_by_the_user(tmp_path):
    """Ctrl-C reaches the whole process group: exit code 130, no traceback, and the ledger goes on from there.

    The sweep would take hours, so that it is never done before it is interrupted.
    """
    command = [sys.executable, "-m", "proofs", "sweep", *BASE, "--set", "alpha=0.1"]
    command += ["--runs", "1000000000", "--shard-runs", str(1 << 20)]
    command += ["--out", str(tmp_path), "--executor", "processes:2"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    while not (tmp_path / "ledger.sqlite.lock").exists() and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)  # somewhere between starting workers and their first results; any moment is as good
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert "interrupted; " in error
    assert "run it again to go on" in error


def test_progress_on_a_terminal(capsys, monkeypatch):
    """Shards done, rate and time left; the other tests see that nothing is shown where there is no terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    with display() as shown:
        shown(0, 10, 0)
        time.sleep(0.01)
        shown(3, 10, 5_000_000)
    error = capsys.readouterr().err
    assert "3/10" in error
    assert "M lane-steps/s" in error
    assert "left" in error


@pytest.mark.parametrize("columns", [30, 70])
def test_a_narrow_terminal_still_shows_what_is_done_and_left(capsys, monkeypatch, columns):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    with display() as shown:
        shown(0, 10_000, 0)
        time.sleep(0.01)
        shown(3000, 10_000, 5_000_000)
    error = re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert re.search(r"3000/10000 .*left [-\d]+:[-\d]{2}", error)
    assert "…" not in error
    assert ("M lane-steps/s" in error) == (columns == 70)
