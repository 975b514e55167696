"""The Triton tier without a GPU: its kernels in the interpreter beside the reference tier, and compiled for sm_90.

About 15 s, most of it the import of torch in another process and ptxas.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from numerics import triton_code
from numerics.engine import simulate
from numerics.registry import problem
from numerics.settings import Setting, find_method, group
from numerics.tiers import Work
from tests.numerics import interpreted_kernels

pytest.importorskip("triton")
from numerics import triton_tier

ROOT = Path(__file__).parents[2]
STEPS_IN_CASES = 9


def work(name="log_cosh_normal", method="adopt", dtype=torch.float64):
    chosen = find_method(method)
    (batch,) = group(chosen, [Setting(0.1)])
    return Work(
        problem=problem(name),
        method=chosen,
        group=batch,
        runs=range(256),
        steps=4,
        seed=1,
        device=torch.device("cpu"),
        dtype=dtype,
        quantities=("gradient_power", "gradient_square", "gap"),
        kept=frozenset(),
        blocks=32,
    )


def test_kernels_in_the_interpreter_agree_with_the_reference_tier():
    command = [sys.executable, "-W", "error", str(Path(__file__).with_name("interpreted_kernels.py"))]
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    found = {row["case"]: row["difference"] for row in map(json.loads, ran.stdout.splitlines())}
    assert found.pop("float32") < 1e-6
    assert len(found) == len(interpreted_kernels.CASES)
    for case, difference in found.items():
        assert difference <= 1e-15 * STEPS_IN_CASES, case


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_kernel_compiles_for_sm_90(dtype):
    built = triton_tier.ahead_of_time(work("toy", "adam", dtype))
    assert built["cubin"][:4] == b"\x7fELF"
    assert ".target sm_90" in built["ptx"]


def test_without_a_device_the_tier_says_what_it_needs(monkeypatch):
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    with pytest.raises(ValueError, match="triton tier cannot simulate toy: the Triton kernel needs a CUDA device"):
        simulate(problem("toy"), "adam", [Setting(0.1)], 4, 4, 1, tier="triton")


@pytest.mark.parametrize("name", ["problem_u_reshuffled", "breast_cancer"])
def test_problems_without_a_kernel_are_refused_with_the_reason(name, monkeypatch):
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert "one Philox block" in triton_tier.refusal(work(name))


def traced(function):
    return triton_code.trace(lambda x: (function(x),), [torch.ones(1, 2, 3, dtype=torch.float64)], 0)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: torch.special.erfinv(x), "erfinv"),
        (lambda x: x.cumsum(-1), "cumsum"),
        (lambda x: x**2.5, "pow"),
        (lambda x: torch.add(x, x, alpha=3), "alpha"),
        (lambda x: x.sum(-2), "sum"),
        (lambda x: x[..., :1].mul_(2.0), "slice"),
        (lambda x: x.unbind(1)[0], "another dimension than the last"),
        (lambda x: x.select(0, 0), "another dimension than the last"),
        (lambda x: torch.stack([x, x]), "stack along another dimension"),
        (lambda x: x if float(x.sum()) > 0 else -x, "cannot be traced"),
    ],
)
def test_an_operation_without_a_counterpart_is_named(function, reason):
    with pytest.raises(triton_code.UntranslatableError, match=reason):
        triton_code.lines(traced(function), {"x_1": "x"}, "")


def test_an_input_is_never_changed_in_place():
    with pytest.raises(triton_code.UntranslatableError, match="in place"):
        triton_code.lines(traced(lambda x: x.mul_(2.0)), {"x_1": "x"}, "")


def test_the_size_of_numbers_survives_as_text():
    lines = triton_code.lines(traced(lambda x: (x * 0.1).masked_fill(x > 0, float("nan"))), {"x_1": "x"}, "")
    assert lines.statements[0] == "mul = (x * 0.1)"
    assert 'tl.full([1, 1], float("nan"), tl.float64)' in lines.statements[-1]
