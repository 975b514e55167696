"""benchmarks/optim_speed.py at a reduced size: what it prints, what it writes, what it refuses."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "optim_speed.py"


@pytest.fixture
def script(monkeypatch):
    spec = importlib.util.spec_from_file_location("optim_speed", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "LARGE", 61_000)
    threads = torch.get_num_threads()
    yield module
    torch.set_num_threads(threads)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_it_prints_every_ratio_that_has_a_limit(script, tmp_path, capsys):
    assert script.main(["--repeats", "2", "--threads", "1", "--json", str(tmp_path / "speed.json")]) == 0
    printed = capsys.readouterr().out
    for name in ("floor", "torch Adam, fused", "ADOPT", "torch Adam", "torch Adam, foreach", "torch-adopt"):
        assert f"\n{name} " in printed
    report = json.loads((tmp_path / "speed.json").read_text())
    limits = {(t["size"], t["time_of"], t["over"]): t["limit"] for t in report["targets"] if t["limit"]}
    assert limits == {
        ("10M in 61", "ADOPT, fused", "torch Adam, fused"): 1.1,
        ("10M in 61", "ADOPT, fused", "floor"): 1.15,
        ("10M in 61", "ADOPT", "torch Adam"): 1.1,
        ("one of 10", "ADOPT", "torch Adam"): 1.1,
        ("1000 of 10", "ADOPT", "torch Adam, foreach"): 1.0,
    }
    for target in report["targets"]:
        if target["ratio"] is not None:
            assert f"{target['size']}: {target['time_of']} / {target['over']} = {target['ratio']:.2f}" in printed


def test_a_ratio_is_the_median_over_rounds_and_the_floor_is_scaled(script):
    assert script.ratio({"a": [2.0, 9.0, 4.0], "b": [1.0, 3.0, 4.0]}, "a", "b") == 2.0
    assert script.ratio({"a": [1.0]}, "a", "missing") is None
    assert script.BYTES_PER_STEP == 7 * 4, "read theta, g, m, v; write theta, m, v; float32"
    assert script.BYTES_PER_ADD == 3 * 4


@pytest.mark.parametrize("option", ["--repeats", "--threads"])
def test_sizes_that_measure_nothing_are_refused(script, option, capsys):
    with pytest.raises(SystemExit) as stopped:
        script.main([option, "0"])
    assert stopped.value.code == 2
    assert "must be at least 1" in capsys.readouterr().err
