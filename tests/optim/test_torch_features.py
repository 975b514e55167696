"""What torch users expect of an optimizer, for every class here."""

import pytest
import torch

import optim
from optim import fused
from tests.optim.training import CLASSES, IMPLEMENTATIONS, all_classes, equal, options, parameters, train, values


@all_classes
def test_step_hooks_run_around_the_step(cls):
    optimizer, calls = cls(parameters(torch.float32), **options(cls)), []
    optimizer.register_step_pre_hook(lambda *_: calls.append("before"))
    optimizer.register_step_post_hook(lambda *_: calls.append("after"))
    train(optimizer, 1)
    assert calls == ["before", "after"]


@all_classes
def test_groups_have_their_own_settings(cls):
    """Two groups do what two optimizers do; a group added later starts then."""
    one, two = parameters(torch.float64, torch.float64)
    grouped = cls([{"params": [one], "lr": 0.1}, {"params": [two], "lr": 0.3, "weight_decay": 0.1}], **options(cls))
    train(grouped, 5)
    alone = parameters(torch.float64, torch.float64)
    apart = [cls([alone[0]], lr=0.1, **options(cls)), cls([alone[1]], lr=0.3, weight_decay=0.1, **options(cls))]
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        for p, optimizer in zip(alone, apart, strict=True):
            p.grad = torch.randn(5, dtype=torch.float64, generator=generator)
            optimizer.step()
    assert equal([one, two], alone)


@all_classes
@pytest.mark.parametrize("implementation", [{}, {"fused": False}, {"foreach": True, "capturable": True}])
def test_a_tensor_learning_rate_is_its_value(cls, implementation):
    number = cls(parameters(torch.float64), lr=0.125, **options(cls), **implementation)
    tensor = cls(parameters(torch.float64), lr=torch.tensor([0.125]), **options(cls), **implementation)
    for optimizer in (number, tensor):
        train(optimizer, 4)
    assert equal(values(number), values(tensor))


@all_classes
@pytest.mark.parametrize("implementation", [{}, {"fused": False}])
def test_float32_scalars_step_float64_parameters_as_their_values(cls, implementation):
    """1 - beta and 1 - lr * weight_decay in float32 would be off by 6e-8, and the for-loop from the compiled core."""
    tensors = {"lr": torch.tensor(0.1, dtype=torch.float32)}
    if "betas" in cls([torch.zeros(1)]).defaults:
        tensors["betas"] = torch.tensor([0.9], dtype=torch.float32), torch.tensor(0.999, dtype=torch.float32)
    numbers = {"lr": tensors["lr"].item()}
    if "betas" in tensors:
        numbers["betas"] = tuple(beta.item() for beta in tensors["betas"])
    common = {"weight_decay": 0.03, "decoupled_weight_decay": True, **options(cls)}
    tensor = cls(parameters(torch.float64), **tensors, **common, **implementation)
    number = cls(parameters(torch.float64), **numbers, **common, fused=False)
    for optimizer in (tensor, number):
        train(optimizer, 4)
    assert equal(values(tensor), values(number))


@all_classes
@pytest.mark.parametrize("implementation", [{}, {"fused": False}, {"differentiable": True}])
def test_a_float64_learning_rate_does_not_promote_a_parameter_without_dimensions(cls, implementation):
    """torch promotes a float32 tensor without dimensions by a float64 one, and rounds twice."""
    results = []
    for lr, flags in ((0.1, {"fused": False}), (torch.tensor(0.1, dtype=torch.float64), implementation)):
        generator = torch.Generator().manual_seed(0)
        p = torch.nn.Parameter(torch.randn((), generator=generator))
        p = p.clone() if "differentiable" in flags else p
        optimizer = cls([p], lr=lr, weight_decay=0.03, decoupled_weight_decay=True, **options(cls), **flags)
        for _ in range(20):
            p.grad = torch.randn((), generator=generator)
            optimizer.step()
        results.append(p.item())
        assert all(t.dtype == torch.float32 and t.shape == () for t in optimizer.state[p].values())
    # Under autograd torch's own square root is taken, which may be off in the last bit.
    assert results[1] == pytest.approx(results[0], rel=1e-5 if "differentiable" in implementation else 0, abs=0)


@all_classes
@pytest.mark.parametrize("implementation", [*IMPLEMENTATIONS, {"capturable": True}, {"no compiler": True}])
def test_the_default_device_does_not_matter(cls, implementation, monkeypatch):
    """With another default device, parameters on the CPU are stepped, and their steps counted, as ever."""
    if implementation == {"no compiler": True}:
        monkeypatch.setattr(fused, "library", lambda: None)
        implementation = {}
    results = []
    for device in ("cpu", "meta"):
        start = parameters(torch.float32, torch.float32)
        gradients = [torch.linspace(-1, t, 5) for t in range(5)]
        with torch.device(device):
            optimizer = cls(start, lr=0.1, **options(cls), **implementation)
            for gradient in gradients:
                for p in start:
                    p.grad = gradient
                optimizer.step()
        results.append(values(optimizer))
        assert all(state["step"] == 5 for state in optimizer.state.values())
    assert equal(*results)


@all_classes
def test_schedulers_set_the_rate_of_each_step(cls):
    scheduled = cls(parameters(torch.float64), lr=1.0, **options(cls))
    scheduler = torch.optim.lr_scheduler.LambdaLR(scheduled, lambda t: 1 / (1 + t) ** 0.5)
    by_hand = cls(parameters(torch.float64), lr=1.0, **options(cls))
    generator = torch.Generator().manual_seed(1)
    for t in range(5):
        gradient = torch.randn(5, dtype=torch.float64, generator=generator)
        by_hand.param_groups[0]["lr"] = 1 / (1 + t) ** 0.5
        for optimizer in (scheduled, by_hand):
            optimizer.param_groups[0]["params"][0].grad = gradient.clone()
            optimizer.step()
        scheduler.step()
    assert equal(values(scheduled), values(by_hand))


def test_a_scheduler_that_cycles_momentum_cycles_beta1():
    """Where there are betas; an optimizer without refuses, as torch's without momentum do."""
    scheduled, by_hand = (optim.ADOPT(parameters(torch.float64), lr=0.1) for _ in range(2))
    scheduler = torch.optim.lr_scheduler.OneCycleLR(scheduled, max_lr=0.1, total_steps=6)
    seen = set()
    for seed in range(5):
        group = scheduled.param_groups[0]
        seen.add(group["betas"][0])
        by_hand.param_groups[0].update(lr=group["lr"], betas=group["betas"])
        for optimizer in (scheduled, by_hand):
            train(optimizer, 1, seed=seed)
        scheduler.step()
    assert len(seen) > 2
    assert equal(values(scheduled), values(by_hand))
    with pytest.raises(ValueError, match="must support momentum or beta1"):
        torch.optim.lr_scheduler.OneCycleLR(optim.SGD(parameters(torch.float64)), max_lr=0.1, total_steps=6)


@all_classes
def test_a_complex_parameter_is_its_two_real_parts(cls):
    (z,) = parameters(torch.complex128)
    parts = torch.nn.Parameter(torch.view_as_real(z.detach()).clone())
    ours, real = cls([z], 0.1, **options(cls)), cls([parts], 0.1, **options(cls))
    generator = torch.Generator().manual_seed(3)
    for _ in range(5):
        z.grad = torch.randn(5, dtype=torch.complex128, generator=generator)
        parts.grad = torch.view_as_real(z.grad).clone()
        ours.step()
        real.step()
    assert torch.equal(torch.view_as_real(z.detach()), parts)


@all_classes
def test_sparse_gradients_are_refused_before_anything_moves(cls):
    dense, sparse = parameters(torch.float32, torch.float32)
    dense.grad, sparse.grad = torch.ones(5), torch.ones(5).to_sparse()
    optimizer = cls([dense, sparse], **options(cls))
    before = values(optimizer)
    with pytest.raises(RuntimeError, match=f"{cls.__name__} does not support sparse gradients"):
        optimizer.step()
    assert equal(values(optimizer), before)


@all_classes
def test_the_closure_is_called_with_gradients_enabled(cls):
    (p,) = parameters(torch.float32)
    optimizer = cls([p], **options(cls))

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure) == (parameters(torch.float32)[0] ** 2).sum()
    assert p.grad is not None


@all_classes
def test_grad_scaler_skips_overflow_and_then_agrees(cls):
    """An overflowing first gradient never reaches the optimizer, so ADOPT's v_0 comes from the first finite one."""
    scaled, plain = (cls(parameters(torch.float32), lr=0.1, **options(cls)) for _ in range(2))
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=1000)
    generator = torch.Generator().manual_seed(1)
    for t in range(5):
        target = torch.randn(5, generator=generator)
        for optimizer, use in ((scaled, True), (plain, False)):
            (p,) = optimizer.param_groups[0]["params"]
            optimizer.zero_grad()
            loss = (p * target).sum() * (float("inf") if t == 0 else 1.0)
            if use:
                scaler.scale(loss).backward()
                scaler.step(optimizer)
                scaler.update()
            elif t > 0:
                loss.backward()
                optimizer.step()
    assert scaler.get_scale() == 512.0
    assert equal(values(scaled), values(plain))


@all_classes
def test_differentiable_gives_the_derivative_of_the_run(cls):
    """d theta_T / d lr by autograd through five steps against a central difference."""
    generator = torch.Generator().manual_seed(1)
    gradients = torch.randn(5, 3, dtype=torch.float64, generator=generator)

    def final(lr, differentiable):
        p = torch.ones(3, dtype=torch.float64, requires_grad=differentiable).clone()
        optimizer = cls([p], lr=lr, differentiable=differentiable, **options(cls))
        for g in gradients:
            p.grad = g
            optimizer.step()
        return p.sum()

    lr = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    (derivative,) = torch.autograd.grad(final(lr, True), lr)
    difference = (final(0.1 + 1e-5, False) - final(0.1 - 1e-5, False)) / 2e-5
    assert derivative.item() == pytest.approx(difference.item(), rel=1e-7)


def test_differentiable_gives_the_derivative_in_the_gradient():
    """The hyper-gradient through v and m, which lr alone would not show."""
    base = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)

    def final(scale):
        p = torch.zeros(3, dtype=torch.float64, requires_grad=True).clone()
        optimizer = optim.ADOPT([p], lr=0.1, betas=(0.5, 0.5), clip=None, differentiable=True)
        for t in range(4):
            p.grad = base * (1 + scale * t)
            optimizer.step()
        return p.sum()

    assert torch.autograd.gradcheck(final, torch.tensor(0.3, dtype=torch.float64, requires_grad=True))


def test_differentiable_survives_a_coordinate_without_gradient():
    """Where v = 0 the denominator is eps, a constant; the derivative of sqrt at 0 must not turn it into NaN."""
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    p = torch.zeros(2, dtype=torch.float64, requires_grad=True).clone()
    optimizer = optim.ADOPT([p], lr=0.1, clip=None, differentiable=True)
    for _ in range(3):
        p.grad = torch.tensor([0.0, 1.0], dtype=torch.float64) * scale
        optimizer.step()
    p.sum().backward()
    assert scale.grad.isfinite()


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.slow)])
def test_a_compiled_step_is_the_step(backend):
    """Every class under torch.compile, without recompiling for each step number."""
    for cls in CLASSES:
        torch._dynamo.reset()
        torch._dynamo.utils.counters.clear()
        eager = cls(parameters(torch.float64, torch.float64), lr=0.1, **options(cls))
        compiled = cls(parameters(torch.float64, torch.float64), lr=0.1, **options(cls))
        step = torch.compile(compiled.step, backend=backend)
        generator = torch.Generator().manual_seed(1)
        counts = []
        for _ in range(6):
            for p, q in zip(eager.param_groups[0]["params"], compiled.param_groups[0]["params"], strict=True):
                p.grad = torch.randn(5, dtype=torch.float64, generator=generator)
                q.grad = p.grad.clone()
            eager.step()
            step()
            counts.append(torch._dynamo.utils.counters["stats"]["unique_graphs"])
        assert 0 < counts[-1] == counts[2], "the step number must not be baked into the graph"
        for a, b in zip(values(eager), values(compiled), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
@pytest.mark.parametrize("cls", [optim.ADOPT, optim.SGD])
def test_a_compiled_step_of_a_parameter_without_dimensions_and_of_a_late_one(cls):
    """torch 2.13 compiles in-place changes of float64 scalars wrongly; its own SGD and Adam are off here."""
    torch._dynamo.reset()
    start = torch.tensor(1.0, dtype=torch.float64)
    eager, compiled = ([torch.nn.Parameter(start.clone()) for _ in range(2)] for _ in range(2))
    one, other = cls(eager, lr=0.1, **options(cls)), cls(compiled, lr=0.1, **options(cls))
    step = torch.compile(other.step, backend="aot_eager")
    for t in range(6):
        for i, (p, q) in enumerate(zip(eager, compiled, strict=True)):
            gradient = None if i == 1 and t < 2 else torch.tensor((-1.0) ** t * (t + 1), dtype=torch.float64)
            p.grad, q.grad = gradient, None if gradient is None else gradient.clone()
        one.step()
        step()
    for a, b in zip(values(one), values(other), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("cls", "bad", "message"),
    [
        (optim.ADOPT, {"lr": -1.0}, "Invalid learning rate: -1.0; it must be at least 0"),
        (optim.ADOPT, {"lr": float("nan")}, "Invalid learning rate: nan"),
        (optim.ADOPT, {"lr": torch.tensor([0.1, 0.1])}, "Tensor lr must be 1-element"),
        (optim.ADOPT, {"betas": (1.0, 0.5)}, "Invalid beta parameter at index 0: 1.0"),
        (optim.ADOPT, {"betas": (0.9, 1.5)}, r"Invalid beta parameter at index 1: 1.5; it must lie in \[0, 1\]"),
        (optim.ADOPT, {"betas": (0.9, float("nan"))}, "Invalid beta parameter at index 1: nan"),
        (optim.ADOPT, {"betas": (0.9,)}, r"betas must be a pair \(beta1, beta2\)"),
        (optim.ADOPT, {"eps": 0.0}, "Invalid epsilon value: 0.0; it must be greater than 0"),
        (optim.ADOPT, {"clip": -1.0}, "Invalid clip: -1.0; it must be None, a number c > 0, or a pair"),
        (optim.ADOPT, {"clip": (1.0, 0.25, 1.0)}, "Invalid clip"),
        (optim.ADOPT, {"clip": lambda t: t}, "Invalid clip"),
        (optim.ADOPT, {"clip": True}, "Invalid clip"),
        (optim.ADOPT, {"start": "algorithm_3"}, "Invalid start: 'algorithm_3'; it must be one of 'algorithm_1'"),
        (optim.ADOPT, {"weight_decay": -0.5}, "Invalid weight_decay value: -0.5"),
        (optim.Adam, {"betas": (0.9, 1.0)}, r"Invalid beta parameter at index 1: 1.0; it must lie in \[0, 1\)"),
        (optim.Adam, {"eps": -1e-8}, "Invalid epsilon value: -1e-08"),
        (optim.Adam, {"denominator_form": "min"}, "Invalid denominator_form: 'min'"),
        (optim.RMSprop, {"beta2": 1.0}, "Invalid beta2 value: 1.0"),
        (optim.SGD, {"beta1": -0.1}, "Invalid beta1 value: -0.1"),
        (optim.AdaShift, {"delay": 0}, "Invalid delay: 0; it must be an int of at least 1"),
    ],
)
def test_bad_options_are_named_where_they_are_given(cls, bad, message):
    with pytest.raises(ValueError, match=message):
        cls([torch.nn.Parameter(torch.ones(1))], **bad)
    with pytest.raises(ValueError, match=message):
        cls([{"params": [torch.nn.Parameter(torch.ones(1))], **bad}])


def test_an_unknown_option_is_refused():
    with pytest.raises(
        TypeError, match="ADOPT got an unexpected option 'amsgrad'; besides its own it takes weight_decay"
    ):
        optim.ADOPT([torch.nn.Parameter(torch.ones(1))], amsgrad=True)
