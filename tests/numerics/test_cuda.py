"""`--device cuda`: no waiting for the device inside the step loop, seen on a stand-in; the same results, where there is one.

The stand-in is the meta device: its tensors have no values, so whatever would need one on the host raises at once.
"""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from numerics import compiled
from numerics.engine import simulate
from numerics.registry import problem
from numerics.settings import Setting, find_method, group
from numerics.tiers import Work

WAITING = {"_local_scalar_dense", "item", "nonzero", "masked_select", "equal", "is_nonzero", "unique", "_unique2"}


class Counting(TorchDispatchMode):
    """Counts operations that wait for a device, and copies between devices."""

    def __init__(self):
        super().__init__()
        self.waiting, self.copies = [], []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.__name__.split(".")[0]
        out = function(*args, **(kwargs or {}))
        if name in WAITING:
            self.waiting.append(name)
        given = [x.device.type for x in args if isinstance(x, torch.Tensor)]
        if name in ("_to_copy", "copy_") and len({*given, out.device.type}) > 1:
            self.copies.append((given, out.device.type))
        return out


def work_of(steps, method, name, device):
    chosen = find_method(method)
    (batch,) = group(chosen, [Setting(0.1, decay=0.5), Setting(0.2)])
    return Work(
        problem=problem(name),
        method=chosen,
        group=batch,
        runs=range(300),
        steps=steps,
        seed=1,
        device=torch.device(device),
        dtype=torch.float64,
        quantities=("gradient_power", "gradient_square", "gap"),
        kept=frozenset({"gap"}),
        blocks=32,
    )


def walked(steps, method, name="log_cosh_normal", device="meta"):
    work = work_of(steps, method, name, device)
    with Counting() as counting, torch.no_grad():
        steps = compiled.steps_function(work, compiled.state_names(work), compiled.pair_of_variates(work.problem))
        chunks = list(compiled.simulated(work, steps, lambda w, n, function: function, lambda left: 8, False))
    return chunks, counting


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("log_cosh_normal", "adopt"),
        ("log_cosh_normal", "adam"),
        ("log_cosh_normal", "adashift"),
        ("toy", "adopt"),
        ("problem_u_reshuffled", "adopt"),
        ("three_components_fixed_order", "adopt"),
        ("breast_cancer", "adopt"),
    ],
)
def test_nothing_waits_for_the_device_between_the_first_step_and_the_last(name, method):
    walked(9, method, name)  # a problem's table goes to a device once
    short, few = walked(9, method, name)
    long, many = walked(41, method, name)
    assert sum(m["gap"].total.shape[2] for _, m in long) == 41
    assert len(short) == len(long) == 2
    assert few.waiting == many.waiting == []
    assert few.copies == many.copies  # the start, the settings: none more for more steps
    assert all(m.total.device.type == "meta" for _, chunk in long for m in chunk.values())


@pytest.mark.parametrize("name", ["log_cosh_normal", "toy"])
def test_nothing_waits_for_the_device_between_the_kernels(name, monkeypatch):
    """The Triton tier's launches, with a kernel that does nothing in place of the device's."""
    triton_tier = pytest.importorskip("numerics.triton_tier")
    monkeypatch.setattr(triton_tier.triton_code, "made", lambda text: Idle())
    monkeypatch.setattr(triton_tier, "SPAN", 8)
    counted = []
    for steps in (9, 9, 41):
        with Counting() as counting, torch.no_grad():
            chunks = list(triton_tier.chunks(work_of(steps, "adopt", name, "meta")))
        assert sum(moments["gap"].total.shape[2] for _, moments in chunks) == steps
        counted.append(counting)
    assert not any(counting.waiting for counting in counted)
    assert counted[1].copies == counted[2].copies


class Idle:
    def __getitem__(self, grid):
        return lambda *arguments, **named: None


def test_the_counter_sees_a_step_that_waits(monkeypatch):
    step = compiled.step_and_measure

    def impatient(*arguments):
        moved = step(*arguments)
        float(moved[0].sum())
        return moved

    monkeypatch.setattr(compiled, "step_and_measure", impatient)
    with pytest.raises(RuntimeError, match=r"item\(\) cannot be called on meta"):
        walked(9, "adopt")
    _, counting = walked(9, "adopt", device="cpu")
    assert counting.waiting


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize("tier", ["triton", "compiled"])
@pytest.mark.parametrize(("name", "method"), [("log_cosh_normal", "adopt"), ("toy", "adam"), ("problem_u", "adopt")])
def test_a_device_gives_the_reference_tiers_moments(tier, name, method):
    settings = [Setting(0.1), Setting(0.2, decay=0.5)]
    found = simulate(problem(name), method, settings, 1000, 300, 5, tier=tier, device="cuda")
    expected = simulate(problem(name), method, settings, 1000, 300, 5, tier="reference")
    for quantity, values in expected.mean.items():
        assert np.allclose(found.mean[quantity], values, rtol=1e-11)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_device_gives_the_same_bits_for_any_batches(monkeypatch):
    whole = simulate(problem("log_cosh_normal"), "adopt", [Setting(0.1)], 2000, 100, 5, tier="triton", device="cuda")
    from numerics import triton_tier

    monkeypatch.setattr(triton_tier, "LANES", 2560)
    parts = simulate(problem("log_cosh_normal"), "adopt", [Setting(0.1)], 2000, 100, 5, tier="triton", device="cuda")
    assert all(np.array_equal(whole.mean[name], parts.mean[name]) for name in whole.mean)
