"""Every method against another implementation of it: torch's own, torch-adopt, or a recurrence in plain Python."""

import math

import pytest
import torch

import optim
from optim.core import METHODS

STEPS, LR = 40, 0.01


def path(optimizer, parameter, gradients):
    """The parameter's value after each of the gradients."""
    values = []
    for g in gradients:
        parameter.grad = g.clone()
        optimizer.step()
        values.append(parameter.detach().clone())
    return torch.stack(values)


def gradients(seed=0, size=23):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(STEPS, size, dtype=torch.float64, generator=generator) * 2


def compare(ours, theirs, tolerance=1e-15, seed=0):
    """Both from theta_0 = 1; the largest difference over the whole path, relative to max(1, |theta|)."""
    paths = []
    for make in (ours, theirs):
        parameter = torch.nn.Parameter(torch.ones(23, dtype=torch.float64))
        paths.append(path(make([parameter]), parameter, gradients(seed)))
    difference = ((paths[0] - paths[1]).abs() / paths[1].abs().clamp(min=1)).max().item()
    assert difference <= tolerance * STEPS
    assert (paths[0][-1] - 1).abs().min() > 1e-4, "the methods must have moved for the comparison to mean anything"


T = torch.optim
DECAYS = [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True}, {"maximize": True}]


@pytest.mark.parametrize("options", DECAYS)
@pytest.mark.parametrize("amsgrad", [False, True])
def test_adam_and_amsgrad_are_torchs(options, amsgrad):
    ours = optim.AMSGrad if amsgrad else optim.Adam
    compare(lambda p: ours(p, LR, **options), lambda p: T.Adam(p, LR, amsgrad=amsgrad, **options))


@pytest.mark.parametrize("options", [DECAYS[0], DECAYS[1], DECAYS[3]])
def test_rmsprop_adagrad_and_adamax_are_torchs(options):
    compare(lambda p: optim.RMSprop(p, LR, **options), lambda p: T.RMSprop(p, LR, **options))
    compare(lambda p: optim.AdaGrad(p, LR, **options), lambda p: T.Adagrad(p, LR, **options))
    compare(lambda p: optim.Adamax(p, LR, **options), lambda p: T.Adamax(p, LR, **options))


@pytest.mark.parametrize("options", [DECAYS[0], DECAYS[1], DECAYS[3]])
@pytest.mark.parametrize("beta1", [0.0, 0.9])
def test_sgd_is_torchs_with_a_rescaled_learning_rate(options, beta1):
    """torch's buffer is b_t = beta1 b_{t-1} + g_t, so m_t = (1 - beta1) b_t when both start at 0."""
    compare(
        lambda p: optim.SGD(p, LR, beta1, **options), lambda p: T.SGD(p, LR * (1 - beta1), momentum=beta1, **options)
    )


@pytest.mark.filterwarnings("ignore:Use _accelerator_graph_capture_health_check:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:`torch._utils.is_compiling` is deprecated:UserWarning")
def test_torch_adopt_agrees():
    """The authors' package: Algorithm 2's start, c_t = t^(1/4). Its m is a lerp, so the last bits differ."""
    theirs = pytest.importorskip("adopt", reason="torch-adopt is not installed").ADOPT
    for decay in ({}, {"weight_decay": 0.1}):
        compare(
            lambda p, decay=decay: optim.ADOPT(p, LR, **decay),
            lambda p, decay=decay: theirs(p, LR, foreach=False, **decay),
        )
        compare(
            lambda p, decay=decay: optim.ADOPT(p, LR, clip=None, decoupled_weight_decay=True, **decay),
            lambda p, decay=decay: theirs(p, LR, clip_lambda=None, decouple=True, foreach=False, **decay),
        )


def plain_adashift(gradients, lr, beta1, beta2, eps, n):
    """AdaShift for one coordinate, from the definition."""
    theta, v, values = 1.0, 0.0, []
    weights = [beta1**i for i in range(n)]
    for t in range(len(gradients)):
        if t >= n:
            v = beta2 * v + (1 - beta2) * gradients[t - n] ** 2
            recent = [gradients[t - i] for i in range(n)]
            m = sum(w * x for w, x in zip(weights, recent, strict=True)) / sum(weights)
            theta -= lr * m / (math.sqrt(v / (1 - beta2 ** (t - n + 1))) + eps)
        values.append(theta)
    return values


@pytest.mark.parametrize("delay", [1, 3, 10])
def test_adashift_is_its_definition(delay):
    g = gradients(size=1)
    parameter = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
    ours = path(optim.AdaShift([parameter], LR, delay=delay), parameter, g)
    expected = plain_adashift(g[:, 0].tolist(), LR, 0.9, 0.999, 1e-10, delay)
    assert ours[:, 0].tolist() == pytest.approx(expected, rel=1e-13)
    assert torch.equal(ours[: delay - 1], torch.ones_like(ours[: delay - 1])), "silent while it waits"


def test_adashifts_block_maximum_is_over_the_whole_parameter():
    """With the same largest squares in every coordinate both forms coincide; else block_max divides by more."""
    g = gradients(size=6)
    results = []
    for block_max in (True, False):
        parameter = torch.nn.Parameter(torch.ones(6, dtype=torch.float64))
        results.append(path(optim.AdaShift([parameter], LR, delay=1, block_max=block_max), parameter, g[:2])[-1])
    moved = [(result - 1).abs() for result in results]
    largest = g[0].abs().argmax()
    assert moved[0][largest] == moved[1][largest]
    others = torch.arange(6) != largest
    assert (moved[0][others] < moved[1][others]).all()


def plain_ablation(gradients, *, decorrelate, normalize_first, alpha, beta1, beta2, eps):
    """The ablations of the paper's Figure 3 for one coordinate, v_0 = g_0^2, unclipped."""
    theta, m, v = 1.0, 0.0, gradients[0] ** 2
    for g in gradients[1:]:
        new_v = beta2 * v + (1 - beta2) * g * g
        s = max(math.sqrt(v if decorrelate else new_v), eps)
        m = beta1 * m + (1 - beta1) * (g / s if normalize_first else g)
        theta -= alpha * (m if normalize_first else m / s)
        v = new_v
    return theta


@pytest.mark.parametrize(
    ("decorrelate", "normalize_first"), [(True, True), (False, True), (True, False), (False, False)]
)
def test_the_ablations_are_their_definitions(decorrelate, normalize_first):
    g, setting = gradients(size=1), {"beta1": 0.9, "beta2": 0.5, "eps": 1e-3}
    flags = {"decorrelate": decorrelate, "normalize_first": normalize_first}
    parameter = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
    optimizer = optim.ADOPT([parameter], LR, (0.9, 0.5), 1e-3, clip=None, **flags)
    result = path(optimizer, parameter, g)[-1].item()
    assert result == pytest.approx(plain_ablation(g[:, 0].tolist(), alpha=LR, **flags, **setting), rel=1e-13)


def test_the_named_ablations_are_the_flags():
    g = gradients(size=4)
    for name, flags in (("no_decorrelation", {"decorrelate": False}), ("order_unchanged", {"normalize_first": False})):
        one, other = METHODS[name].init(g[0]), METHODS["adopt"].init(g[0])
        for step, gradient in enumerate(g):
            direction, one = METHODS[name].update(one, gradient, step)
            expected, other = METHODS["adopt"].update(other, gradient, step, **flags)
            assert torch.equal(direction, expected)


def test_decoupled_decay_is_the_decay_and_then_the_step():
    """ADOPT's first call moves nothing, so decoupled decay leaves theta alone there; L2 enters v_0."""
    g = gradients(size=3)
    parameter = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    optimizer = optim.ADOPT([parameter], LR, weight_decay=0.5, decoupled_weight_decay=True)
    values = path(optimizer, parameter, g[:2])
    assert torch.equal(values[0], torch.ones(3, dtype=torch.float64))
    moved = (g[1] / g[0].abs()).clamp(-1, 1) * (1 - 0.9) * LR
    assert torch.allclose(values[1], 1 - LR * 0.5 - moved, rtol=1e-15, atol=0)

    parameter = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    optimizer = optim.ADOPT([parameter], LR, weight_decay=0.5)
    values = path(optimizer, parameter, g[:1])
    assert torch.equal(values[0], torch.ones(3, dtype=torch.float64))
    assert torch.equal(optimizer.state[parameter]["second_moment"], (g[0] + 0.5) * (g[0] + 0.5))
