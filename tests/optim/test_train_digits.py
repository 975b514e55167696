"""The example in examples/, run at a reduced size."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch

EXAMPLE = Path(__file__).parents[2] / "examples" / "train_digits.py"


@pytest.fixture
def example(monkeypatch):
    spec = importlib.util.spec_from_file_location("train_digits", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "LEARNING_RATES", (3e-2,))
    monkeypatch.setattr(module, "TUNING_SEEDS", (1000,))
    threads = torch.get_num_threads()
    yield module
    torch.set_num_threads(threads)


def test_every_method_learns_and_the_figure_is_drawn(example, tmp_path, capsys):
    assert example.main(["--epochs", "3", "--seeds", "2", "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "digits.json").read_text())
    assert set(report["methods"]) == {"ADOPT", "Adam", "AMSGrad", "AdaShift"}
    for name, method in report["methods"].items():
        runs = np.array(method["runs"])
        assert runs.shape == (2, 4, 3)
        assert (runs[:, -1, 2] > 0.85).all(), f"{name} should read most digits after three epochs"
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "digits.svg").stat().st_size > 10_000
    assert "AdaShift" in capsys.readouterr().out


def test_a_run_depends_on_its_seed_alone(example):
    dataset = example.data()
    torch.set_num_threads(1)
    first, again, other = (example.train("ADOPT", 0.03, seed, 1, dataset) for seed in (0, 0, 1))
    assert first == again != other


def test_the_band_is_students(example):
    mean, half = example.band(np.array([[1.0], [2.0], [3.0]]))
    assert mean == [2.0]
    quantile = 0.95 * (2 / (1 - 0.95**2)) ** 0.5  # of Student's t with two degrees of freedom, in closed form
    assert half[0] == pytest.approx(quantile / 3**0.5, rel=1e-9)


def test_bad_sizes_are_refused_before_any_work(example, capsys):
    with pytest.raises(SystemExit) as stopped:
        example.main(["--seeds", "1"])
    assert stopped.value.code == 2
    assert "--seeds at least 2" in capsys.readouterr().err
