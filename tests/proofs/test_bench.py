"""`adoptproof bench`: wrong or missing engines are said to be so; ratios; the page. About 20 s, processes that import torch."""

import json
import shutil

import pytest

from benchmarks.engine import floor, report, runner
from benchmarks.engine.cases import AbsentError, Case, grid
from benchmarks.engine.worker import prepare
from proofs.cli import main

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++")


@needs_compiler
@pytest.mark.parametrize("problem", ["Bn", "B2", "A"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_floor_takes_the_reference_tiers_steps(problem, dtype):
    """Its sums over 300 runs, not a multiple of its blocks, on two threads, are the reference tier's up to rounding."""
    case = Case(problem, dtype, 300, 1 if problem == "A" else 3)
    expected = {name: means.tolist() for name, means in prepare("reference", case, 1)(17).items()}
    for engine in ("floor", "floor_256"):
        found = {name: means.tolist() for name, means in prepare(engine, case, 2)(17).items()}
        assert runner.disagreement(engine, case, found, expected) is None


def test_wrong_means_are_caught():
    case = Case("Bn", "float64", 10_000)
    expected = {"gradient_square": [0.5, 0.4], "gradient_power": [0.6, 0.5]}
    off_by_rounding = {"gradient_square": [0.5, 0.4 * (1 + 1e-14)], "gradient_power": [0.6, 0.5]}
    off = {"gradient_square": [0.5, 0.4 * (1 + 1e-11)], "gradient_power": [0.6, 0.5]}
    far = {"gradient_square": [0.5, 0.36], "gradient_power": [0.6, 0.5]}
    assert runner.disagreement("fused", case, off_by_rounding, expected) is None
    assert "gradient_square at step 2" in runner.disagreement("fused", case, off, expected)
    assert runner.disagreement("jax_rbg", case, off, expected) is None
    assert "gradient_square at step 2" in runner.disagreement("jax_rbg", case, far, expected)
    nan = {"gradient_square": [0.5, float("nan")], "gradient_power": [0.6, 0.5]}
    assert runner.disagreement("jax_rbg", case, nan, expected) is not None


def test_ratios_are_medians_of_quotients_within_a_round():
    speeds = {
        "floor": [100.0, 50.0, 90.0],
        "fused": [50.0, 50.0, 30.0],
        "jax_rbg": [5.0, 1.0, 1.0],
        "jax_threefry": [1.0, 10.0, 3.0],
    }
    row = runner.row(Case("Bn", "float64", 1000), "fused", 1, speeds, None)
    assert row["ratio_to_floor"] == 2.0
    assert row["ratio_to_jax"] == 10.0
    assert (row["lane_steps_per_second"], row["worst_round"]) == (50.0, 30.0)
    missing = runner.row(Case("Bn", "float64", 1000), "compiled", 1, speeds, "no C++ compiler (g++)")
    assert missing["lane_steps_per_second"] is missing["ratio_to_floor"] is missing["ratio_to_jax"] is None


def test_without_a_compiler_the_floor_is_absent(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(AbsentError, match="no-such-compiler"):
        floor.prepare(Case("Bn", "float64", 100), 1, False)


def test_the_full_grid_has_the_sizes_that_the_targets_name():
    cases = grid(quick=False)
    assert {c.runs for c in cases if c.problem == "Bn"} == {1_000, 10_000, 100_000, 1_000_000}
    assert {c.dimension for c in cases} == {1, 10, 100}
    assert {c.dtype for c in cases} == {"float64", "float32"}
    assert set(grid(quick=True)) <= set(cases)


@needs_compiler
def test_a_small_run_end_to_end(monkeypatch, tmp_path):
    """One refused engine (the fused tier computes in float64), one wrong, two measured; table, picture and page."""
    monkeypatch.setattr(runner, "grid", lambda quick: [Case("B2", "float32", 300)])
    monkeypatch.setattr(runner, "ENGINES", ("floor", "fused", "reference"))
    monkeypatch.setattr(report, "ENGINES", ("floor", "fused", "compiled", "reference"))
    results = runner.benchmark(quick=True, say=lambda line: None)
    json.dumps(results, allow_nan=False)
    rows = {row["engine"]: row for row in results["rows"]}
    assert "float64" in rows["fused"]["absent"]
    assert rows["floor"]["lane_steps_per_second"] > rows["reference"]["lane_steps_per_second"] > 0
    assert rows["reference"]["ratio_to_floor"] > 1
    results["rows"].append({**rows["fused"], "engine": "compiled", "absent": "wrong: …"})
    assert "- fused: " in report.markdown(results)
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write_page(results, page)
    assert page.read_text().startswith("before")
    assert "old" not in page.read_text()
    assert "| B2 | float32 | 300 |" in page.read_text()
    report.draw({**results, "rows": [{**row, "dtype": "float64"} for row in results["rows"]]}, tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").stat().st_size > 1000


@pytest.mark.parametrize("lives", [0, 1, 2, 3, 5])
def test_an_engine_that_dies_in_the_middle_is_absent_and_the_others_are_measured(monkeypatch, lives):
    class Dying:
        """Answers like a worker; "fused" dies after as many requests as given."""

        def __init__(self, engine, threads):
            self.left = lives if engine == "fused" else 1000

        def ask(self, case, steps):
            self.left -= 1
            if self.left < 0:
                return {"absent": "the process ended with code -9"}
            return {"cpu": 1e-3, "wall": 1e-3, "steps": steps, "means": {"gap": [1.0] * steps}}

        def close(self):
            pass

    monkeypatch.setattr(runner, "Worker", Dying)
    monkeypatch.setattr(runner, "ENGINES", ("fused", "reference"))
    rows = {r["engine"]: r for r in runner.measured([Case("A", "float64", 100)], 1, 0.1, 3, lambda line: None)}
    assert rows["fused"]["absent"] == "the process ended with code -9"
    assert rows["fused"]["lane_steps_per_second"] is None
    assert rows["reference"]["lane_steps_per_second"] > 0


def test_a_picture_of_an_unknown_kind_is_refused_before_anything_is_measured(capsys, tmp_path):
    assert main(["bench", "--quick", "--plot", str(tmp_path / "plot.gif2")]) == 2
    assert "write a name that ends in .svg or .png" in capsys.readouterr().err


def test_a_page_without_marks_is_left_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("text")
    with pytest.raises(ValueError, match="no marks"):
        report.write_page({"rows": [], "machine": {}}, page)
    assert page.read_text() == "text"


def test_docs_need_the_full_run(capsys):
    assert main(["bench", "--quick", "--docs"]) == 2
    assert "leave out --quick" in capsys.readouterr().err


def test_runs_last_as_long_as_asked_although_a_short_one_is_mostly_overhead():
    """0.3 ms for the call and 1 µs a step: 32 steps look ten times as slow as they are."""

    def run(steps):
        return {"cpu": 3e-4 + 1e-6 * steps, "steps": steps}

    steps = runner.steps_that_take(0.2, run, "cpu")
    assert run(steps)["cpu"] == pytest.approx(0.2, rel=0.05)
