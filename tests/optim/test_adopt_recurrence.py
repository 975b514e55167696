"""ADOPT written four times agrees: plain Python floats (here), `optim.core`, the torch class, optax."""

import math
from itertools import product

import pytest
import torch

from optim import ADOPT
from optim.core import METHODS, advance

GRADIENTS = [1.5, -0.25, 3.0, -2.0, 0.5, 0.0, 1e-9, 7.0, -7.0, 0.125, -1.0, 2.5]
CLIPS = [None, (1.0, 0.25), (0.5, 0.0), (2.0, -0.5)]


def recurrence(theta, gradients, *, alpha, beta1, beta2, eps, clip, start):
    """ADOPT for one coordinate, straight from the paper's page, in Python floats. Returns all theta, m, v."""
    v, m = gradients[0] * gradients[0], 0.0
    history = [(theta, m, v)]
    for t, g in enumerate(gradients[1:], start=1):
        a = g / max(math.sqrt(v), eps)
        if clip is not None:
            c = clip[0] * t ** clip[1]
            a = min(max(a, -c), c)
        m = a if start == "algorithm_1" and t == 1 else beta1 * m + (1 - beta1) * a
        theta = theta - alpha * m
        v = beta2 * v + (1 - beta2) * (g * g)
        history.append((theta, m, v))
    return history


SETTINGS = [
    {"beta1": beta1, "beta2": beta2, "eps": eps, "clip": clip, "start": start}
    for beta1, beta2, eps, clip, start in product(
        [0.0, 0.9], [0.0, 0.5, 0.9999, 1.0], [1e-6, 0.75], CLIPS, ["algorithm_1", "algorithm_2"]
    )
]


def test_core_is_the_plain_recurrence_bit_for_bit():
    for setting in SETTINGS:
        method, theta = METHODS["adopt"], torch.tensor([1.25], dtype=torch.float64)
        state = method.init(theta)
        expected = recurrence(1.25, GRADIENTS, alpha=0.01, **setting)
        for step, (g, row) in enumerate(zip(GRADIENTS, expected, strict=True)):
            direction, state = method.update(state, torch.tensor([g], dtype=torch.float64), step, **setting)
            theta = advance(theta, direction, 0.01)
            assert (theta.item(), state["momentum"].item(), state["second_moment"].item()) == row, setting


def test_the_class_is_the_plain_recurrence_bit_for_bit():
    for setting in SETTINGS:
        parameter = torch.nn.Parameter(torch.tensor([1.25], dtype=torch.float64))
        betas = (setting["beta1"], setting["beta2"])
        rest = {name: setting[name] for name in ("eps", "clip", "start")}
        optimizer = ADOPT([parameter], lr=0.01, betas=betas, **rest)
        for g, row in zip(GRADIENTS, recurrence(1.25, GRADIENTS, alpha=0.01, **setting), strict=True):
            parameter.grad = torch.tensor([g], dtype=torch.float64)
            optimizer.step()
            state = optimizer.state[parameter]
            assert (parameter.item(), state["momentum"].item(), state["second_moment"].item()) == row, setting


def test_a_batch_of_runs_and_settings_is_the_runs_one_by_one():
    """[settings, runs, coordinates] with beta1 and beta2 per setting, and the step as a tensor."""
    betas = [(0.0, 0.5), (0.9, 0.999), (0.5, 1.0)]
    generator = torch.Generator().manual_seed(0)
    gradients = torch.randn(20, 3, 4, 2, dtype=torch.float64, generator=generator)
    beta1, beta2 = (torch.tensor(b, dtype=torch.float64).reshape(3, 1, 1) for b in zip(*betas, strict=True))
    method, theta = METHODS["adopt"], torch.zeros(3, 4, 2, dtype=torch.float64)
    state = method.init(theta)
    for step, g in enumerate(gradients):
        options = {"beta1": beta1, "beta2": beta2, "eps": 1e-3, "clip": (1.0, 0.25), "start": "algorithm_1"}
        direction, state = method.update(state, g, torch.tensor(step), **options)
        theta = advance(theta, direction, 0.1)
    options = {"alpha": 0.1, "eps": 1e-3, "clip": (1.0, 0.25), "start": "algorithm_1"}
    for i, (b1, b2) in enumerate(betas):
        for run, coordinate in product(range(4), range(2)):
            path = gradients[:, i, run, coordinate].tolist()
            expected = recurrence(0.0, path, beta1=b1, beta2=b2, **options)[-1]
            index = i, run, coordinate
            got = theta[index].item(), state["momentum"][index].item(), state["second_moment"][index].item()
            # t ** 0.25 is Python's power above and torch's here: they may differ in the last bit.
            assert got == pytest.approx(expected, rel=1e-15, abs=1e-15)


def test_nothing_is_changed_in_place():
    for method in METHODS.values():
        theta, g = torch.ones(3, dtype=torch.float64), torch.tensor([1.0, -2.0, 0.0], dtype=torch.float64)
        state = method.init(theta)
        before = {name: value.clone() for name, value in state.items()}
        for step in (0, 1, 20):
            method.update(state, g, step, **method.defaults)
        assert torch.equal(g, torch.tensor([1.0, -2.0, 0.0], dtype=torch.float64))
        assert all(torch.equal(state[name], before[name]) for name in before)


@pytest.mark.parametrize("clip", [None, (1.0, 0.25), (0.5, 0.0)])
def test_optax_agrees(clip):
    """optax clips by default, c_t = t^(1/4), like our class; ``use_clipping=False`` is our ``clip=None``.

    optax has Algorithm 2's start only. Same formula, same order of operations: equal to the last bits in float64.
    """
    jax = pytest.importorskip("jax")
    optax = pytest.importorskip("optax")
    options = {"use_clipping": False}
    if clip is not None:
        options = {"use_clipping": True, "clip_value_fn": lambda t: clip[0] * t ** clip[1]}
    generator = torch.Generator().manual_seed(1)
    gradients = torch.randn(60, 50, dtype=torch.float64, generator=generator) * 3
    parameter = torch.nn.Parameter(torch.ones(50, dtype=torch.float64))
    ours = ADOPT([parameter], lr=0.01, betas=(0.9, 0.99), eps=1e-2, clip=clip)
    with jax.enable_x64(True):
        theirs = optax.contrib.adopt(0.01, b1=0.9, b2=0.99, eps=1e-2, **options)
        theta = jax.numpy.ones(50, dtype="float64")
        state = theirs.init(theta)
        for g in gradients:
            updates, state = theirs.update(jax.numpy.asarray(g.numpy()), state, theta)
            theta = optax.apply_updates(theta, updates)
            parameter.grad = g.clone()
            ours.step()
        difference = abs(parameter.detach().numpy() - jax.device_get(theta)).max()
    # Without clipping, and with a constant, every bit agrees; t ** 0.25 is JAX's power there and Python's here.
    assert difference <= (0 if clip is None or clip[1] == 0 else 4e-16)
