"""The state of an optimizer: its precision, saving, loading and copying in mid-run."""

import copy
import io
import pickle

import pytest
import torch

import optim
from tests.optim.training import IMPLEMENTATIONS, all_classes, equal, options, parameters, train, values

MIXED = (torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.complex64)


@all_classes
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_a_state_dict_continues_the_run(cls, implementation):
    """Saved, loaded with weights_only=True and continued: the same bits as without the interruption."""
    unbroken = cls(parameters(*MIXED), lr=0.1, **options(cls), **implementation)
    train(unbroken, 4)
    first = cls(parameters(*MIXED), lr=0.1, **options(cls), **implementation)
    train(first, 4)
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    restored = [torch.nn.Parameter(value) for value in values(first)]
    second = cls(restored, lr=0.5, **options(cls), **implementation)
    second.load_state_dict(torch.load(file, weights_only=True))
    assert second.param_groups[0]["lr"] == 0.1
    train(unbroken, 3, seed=2)
    train(second, 3, seed=2)
    assert equal(values(unbroken), values(second))


@all_classes
def test_half_precision_keeps_its_state_in_float32(cls):
    optimizer = cls(parameters(torch.bfloat16, torch.float16), **options(cls))
    train(optimizer, 3)
    loaded = cls(parameters(torch.bfloat16, torch.float16), **options(cls))
    loaded.load_state_dict(optimizer.state_dict())
    for one in (optimizer, loaded):
        for p in one.param_groups[0]["params"]:
            assert all(tensor.dtype == torch.float32 for tensor in one.state[p].values())


@all_classes
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_steps_are_counted_in_float32_whatever_the_default_dtype(cls, implementation):
    """In bfloat16 the count would stand still at 256, and with it bias correction and the clip schedule."""
    torch.set_default_dtype(torch.bfloat16)
    try:
        optimizer = cls(parameters(torch.float32), **options(cls), **implementation)
        train(optimizer, 258)
    finally:
        torch.set_default_dtype(torch.float32)
    (state,) = optimizer.state.values()
    assert (state["step"].dtype, state["step"].item()) == (torch.float32, 258)


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental:UserWarning")
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_complex_half_precision_keeps_its_state_in_complex64(implementation):
    """As in bfloat16: the complex64 step, rounded once; after loading too."""
    start = torch.tensor([1 + 2j, -3j], dtype=torch.complex64)
    half, full = torch.nn.Parameter(start.to(torch.complex32)), torch.nn.Parameter(start.clone())
    one, other = optim.ADOPT([half], 0.1, **implementation), optim.ADOPT([full], 0.1, **implementation)
    for g in ([0.5 + 1j, 1e-4], [1.0, 2j], [3.0, -1j]):
        full.grad = torch.tensor(g, dtype=torch.complex64).to(torch.complex32).to(torch.complex64)
        half.grad = full.grad.to(torch.complex32)
        one.load_state_dict(one.state_dict())
        one.step()
        other.step()
        with torch.no_grad():
            full.copy_(full.to(torch.complex32))
        assert torch.equal(half.to(torch.complex64), full)
        for name in ("momentum", "second_moment"):
            assert torch.equal(one.state[half][name], other.state[full][name])


def test_half_precision_is_float32_rounded_once_per_step():
    """One bfloat16 step is the float32 step from the same point, rounded: the second moment loses nothing."""
    start = torch.tensor([1.0, -2.0, 3.0], dtype=torch.bfloat16)
    half, full = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.float())
    optimizers = [optim.ADOPT([half], 0.1), optim.ADOPT([full], 0.1)]
    for g in ([0.5, 1.0, -3.0], [1.0, 1.0, 2.0]):
        half.grad = torch.tensor(g, dtype=torch.bfloat16)
        full.grad = half.grad.float()
        for optimizer in optimizers:
            optimizer.step()
    assert torch.equal(half, full.to(torch.bfloat16))
    assert torch.equal(optimizers[0].state[half]["second_moment"], optimizers[1].state[full]["second_moment"])


@all_classes
def test_hooks_of_loading_see_the_state_as_it_will_be(cls):
    """A pre-hook may replace the state dict; a post-hook sees float32 state beside half-precision parameters."""
    optimizer = cls(parameters(torch.bfloat16), lr=0.1, **options(cls))
    train(optimizer, 3)
    loaded = cls(parameters(torch.bfloat16), **options(cls))
    seen = []

    def halve(_, state_dict):
        groups = [{**group, "lr": group["lr"] / 2} for group in state_dict["param_groups"]]
        return {**state_dict, "param_groups": groups}

    def look(loaded_optimizer):
        seen.extend(t.dtype for state in loaded_optimizer.state.values() for t in state.values())

    loaded.register_load_state_dict_pre_hook(halve)
    loaded.register_load_state_dict_post_hook(look)
    loaded.load_state_dict(optimizer.state_dict())
    assert loaded.param_groups[0]["lr"] == 0.05
    assert set(seen) == {torch.float32}


@all_classes
def test_deepcopy_and_pickle_continue_the_run(cls):
    original = cls(parameters(torch.float32), lr=0.1, **options(cls))
    train(original, 3)
    copies = [copy.deepcopy(original), pickle.loads(pickle.dumps(original))]
    train(original, 3, seed=2)
    for other in copies:
        train(other, 3, seed=2)
        assert equal(values(original), values(other))


@all_classes
def test_an_old_state_dict_without_newer_options_still_loads(cls):
    optimizer = cls(parameters(torch.float32), **options(cls))
    train(optimizer, 2)
    state = optimizer.state_dict()
    for group in state["param_groups"]:
        for name in ("maximize", "foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay"):
            del group[name]
    loaded = cls(parameters(torch.float32), **options(cls))
    loaded.load_state_dict(state)
    train(loaded, 1)


@pytest.mark.parametrize(
    ("saver", "loader", "message"),
    [
        (
            torch.optim.Adam,
            optim.ADOPT,
            "it has the state exp_avg, exp_avg_sq, step where this optimizer keeps momentum",
        ),
        (optim.Adam, optim.AMSGrad, "keeps max_second_moment, momentum, second_moment, step"),
        (optim.AMSGrad, optim.Adam, "it has the state max_second_moment, momentum"),
    ],
)
def test_another_optimizers_state_is_refused_before_anything_is_loaded(saver, loader, message):
    """Adam's state would else be stepped as Adam by an AMSGrad, and only by some implementations."""
    saved = saver(parameters(torch.float32), lr=0.5)
    train(saved, 2)
    optimizer = loader(parameters(torch.float32), lr=0.1)
    with pytest.raises(ValueError, match=f"{loader.__name__} can't load this state_dict: .*{message}"):
        optimizer.load_state_dict(saved.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.1
    assert not optimizer.state
    train(optimizer, 2)


@pytest.mark.parametrize("implementation", [*IMPLEMENTATIONS, {"capturable": True}])
def test_sgds_momentum_may_be_switched_in_mid_run(implementation):
    """From the switch on it is a fresh average; without it the state is gone, in the state dict too."""
    optimizer = optim.SGD(parameters(torch.float64, torch.bfloat16), lr=0.1, **implementation)
    train(optimizer, 2)
    optimizer.param_groups[0]["beta1"] = 0.9
    fresh = [torch.nn.Parameter(value) for value in values(optimizer)]
    started = optim.SGD(fresh, lr=0.1, beta1=0.9, **implementation)
    for one in (optimizer, started):
        train(one, 3, seed=2)
    assert equal(values(optimizer), values(started))
    optimizer.param_groups[0]["beta1"] = 0.0
    train(optimizer, 1)
    assert all(set(state) == {"step"} for state in optimizer.state.values())
    optimizer.load_state_dict(optimizer.state_dict())


def test_the_clip_schedule_travels_in_the_state_dict():
    """It is data in the group, so it can be saved, loaded and changed in mid-run."""
    saved = optim.ADOPT(parameters(torch.float32), clip=(2.0, 0.5)).state_dict()
    loaded = optim.ADOPT(parameters(torch.float32))
    loaded.load_state_dict(saved)
    assert loaded.param_groups[0]["clip"] == (2.0, 0.5)
