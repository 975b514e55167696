"""torch's own shipped machinery for testing optimizers, driving the classes of this project.

`OptimizerInfo`, `OptimizerInput`, the error inputs, `TensorTracker` and the `optims` decorator are torch's; the checks
follow torch's test_optim.py, which torch does not ship.
"""
# torch's TestCase compares nested containers of tensors, which a plain assert does not.
# ruff: noqa: PT009, PT027

import copy
import io

import pytest
import torch
from torch.nn import Parameter

pytest.importorskip("expecttest", reason="torch.testing._internal needs expecttest")

from torch.optim.lr_scheduler import ExponentialLR, LinearLR, ReduceLROnPlateau, StepLR
from torch.testing._internal.common_device_type import instantiate_device_type_tests
from torch.testing._internal.common_optimizers import (
    ErrorOptimizerInput,
    OptimizerErrorEnum,
    OptimizerInfo,
    OptimizerInput,
    TensorTracker,
    _get_optim_inputs_including_global_cliquey_kwargs,
    get_error_inputs_for_all_optims,
    optim_error_inputs_func_adam,
    optims,
)
from torch.testing._internal.common_utils import TestCase, parametrize

import optim
from optim import fused


def inputs(*own):
    """A class's settings: torch's usual ones, and its own."""

    def build(device, dtype=None):
        common = [
            ({}, "default"),
            ({"lr": 0.01}, "non-default lr"),
            ({"lr": torch.tensor(0.01)}, "Tensor lr"),
            ({"weight_decay": 0.1}, "nonzero weight_decay"),
            ({"weight_decay": 0.1, "decoupled_weight_decay": True}, "decoupled weight_decay"),
            ({"weight_decay": 0.1, "maximize": True}, "maximize, weight_decay"),
        ]
        return [
            OptimizerInput(params=None, kwargs=copy.deepcopy(kwargs), desc=desc)
            for kwargs, desc in [*common, *((kwargs, str(kwargs)) for kwargs in own)]
        ]

    return build


def errors(extra=()):
    """torch's error inputs for every optimizer, and those of the class."""

    def build(device, dtype):
        return get_error_inputs_for_all_optims(device, dtype) + [
            ErrorOptimizerInput(
                OptimizerInput(params=None, kwargs=kwargs, desc=message), error_type=ValueError, error_regex=message
            )
            for kwargs, message in [({"weight_decay": -1}, "Invalid weight_decay value: -1"), *extra]
        ]

    return build


BETA2 = ({"betas": (0.0, 1.0)}, "Invalid beta parameter at index 1: 1.0")
IMPLEMENTATIONS = ("foreach", "differentiable") + (("fused",) if fused.library() else ())


def info(cls, own=(), error_inputs=None, implementations=IMPLEMENTATIONS):
    return OptimizerInfo(
        cls,
        optim_inputs_func=inputs(*own),
        optim_error_inputs_func=error_inputs or errors(),
        supported_impls=implementations,
        supports_fused_on=("cpu",),
        has_capturable_arg=True,
        scheduler_inputs=(
            [lambda o: StepLR(o, gamma=0.9, step_size=10)],
            [lambda o: LinearLR(o, start_factor=0.4, total_iters=4), lambda o: ExponentialLR(o, gamma=0.99)],
            [lambda o: ReduceLROnPlateau(o)],
        ),
    )


optim_db = [
    info(
        optim.ADOPT,
        [{"clip": None}, {"clip": 2.0}, {"start": "algorithm_1"}, {"decorrelate": False}, {"normalize_first": False}],
        optim_error_inputs_func_adam,
    ),
    info(optim.AMSGrad, [{"bias_correction": False, "eps": 1e-3}], optim_error_inputs_func_adam),
    info(optim.AdaGrad, [{"lr": 0.1}], errors([({"eps": -1.0}, "Invalid epsilon value: -1.0")])),
    info(
        optim.AdaShift,
        [{"delay": 2}, {"block_max": False, "eps": 1e-6}],
        errors([BETA2]),
        ("foreach", "differentiable"),
    ),
    info(optim.Adam, [{"denominator_form": "inside"}], optim_error_inputs_func_adam),
    info(optim.Adamax, [{"lr": 0.1}], errors([BETA2])),
    info(optim.RMSprop, [{"denominator_form": "max"}], errors([({"beta2": 1.0}, "Invalid beta2 value: 1.0")])),
    info(optim.SGD, [{"beta1": 0.9}], errors([({"beta1": -0.5}, "Invalid beta1 value: -0.5")])),
]


def every_config(optim_info, device, dtype, skip=()):
    """Every setting with every implementation the class supports, foreach too (torch leaves that out on the CPU)."""
    configs = _get_optim_inputs_including_global_cliquey_kwargs(device, dtype, optim_info, skip=skip)
    for config in optim_info.optim_inputs_func(device=device):
        if "foreach" not in skip and not isinstance(config.kwargs.get("lr"), torch.Tensor):
            configs.append(OptimizerInput(None, {**config.kwargs, "foreach": True}, f"{config.desc} & foreach"))
    return configs


class TestConformance(TestCase):
    """Each test runs for every class of `optim_db`, on the CPU."""

    @optims(optim_db)
    def test_error_inputs(self, device, dtype, optim_info):
        for error in optim_info.optim_error_inputs_func(device=device, dtype=dtype):
            given = error.optimizer_error_input
            params = given.params
            if params is None:
                params = [Parameter(torch.randn(2, 3, device=device, dtype=dtype))]
            assert error.error_on == OptimizerErrorEnum.CONSTRUCTION_ERROR
            if issubclass(error.error_type, Warning):
                with self.assertWarnsRegex(error.error_type, error.error_regex):
                    optim_info.optim_cls(params, **given.kwargs)
            else:
                with self.assertRaisesRegex(error.error_type, error.error_regex):
                    optim_info.optim_cls(params, **given.kwargs)

    @parametrize("contiguous", [True, False])
    @parametrize("with_lrsched", [True, False])
    @optims(optim_db)
    def test_goes_the_right_direction(self, device, dtype, optim_info, contiguous, with_lrsched):
        for schedulers_constructor in optim_info.scheduler_inputs if with_lrsched else [[]]:
            for config in every_config(optim_info, device, dtype, skip=("differentiable",)):
                if contiguous:
                    weight = Parameter(torch.randn((10, 5), device=device, dtype=dtype))
                    bias = Parameter(torch.randn(10, device=device, dtype=dtype))
                else:
                    weight = Parameter(torch.randn((10, 5, 2), device=device, dtype=dtype)[..., 0])
                    bias = Parameter(torch.randn((10, 2), device=device, dtype=dtype)[..., 0])
                point = torch.randn(5, device=device, dtype=dtype)
                optimizer = optim_info.optim_cls([weight, bias], **config.kwargs)
                schedulers = [constructor(optimizer) for constructor in schedulers_constructor]

                def closure(optimizer=optimizer, weight=weight, bias=bias, point=point):
                    optimizer.zero_grad()
                    loss = (weight.mv(point) + bias).pow(2).sum()
                    loss.backward()
                    return loss

                initial = closure().item()
                for _ in range(20):
                    loss = optimizer.step(closure)
                    for scheduler in schedulers:
                        if isinstance(scheduler, ReduceLROnPlateau):
                            scheduler.step(loss.detach())
                        else:
                            scheduler.step()
                if config.kwargs.get("maximize", False):
                    self.assertGreater(closure().item(), initial)
                else:
                    self.assertLess(closure().item(), initial)

    def _matches_the_loop(self, device, dtype, optim_info, flag):
        for config in optim_info.optim_inputs_func(device=device):
            if flag == "foreach" and isinstance(config.kwargs.get("lr"), torch.Tensor):
                continue
            tracker = TensorTracker({"rtol": 0, "atol": 0})
            for use in (False, True):
                torch.manual_seed(0)
                model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Sigmoid(), torch.nn.Linear(4, 1))
                model.to(dtype=dtype, device=device)
                points = torch.rand(3, 3, device=device, dtype=dtype)
                flags = {"fused": False} if not use else {flag: True}
                optimizer = optim_info.optim_cls(model.parameters(), **config.kwargs, **flags)
                for _ in range(7):
                    optimizer.zero_grad()
                    model(points).sum().backward()
                    optimizer.step()
                    for p in model.parameters():
                        for tensor in (p.detach(), *optimizer.state[p].values()):
                            if use:
                                tracker.pop_check_set(tensor, self)
                            else:
                                tracker.add(tensor)
            self.assertTrue(tracker.all_popped())

    @optims(optim_db, dtypes=[torch.float64, torch.float32])
    def test_foreach_matches_forloop(self, device, dtype, optim_info):
        self._matches_the_loop(device, dtype, optim_info, "foreach")

    @optims([i for i in optim_db if "fused" in i.supported_impls], dtypes=[torch.float64, torch.float32])
    def test_fused_matches_forloop(self, device, dtype, optim_info):
        self._matches_the_loop(device, dtype, optim_info, "fused")

    @optims(optim_db)
    def test_step_is_noop_when_params_have_no_grad(self, device, dtype, optim_info):
        for config in every_config(optim_info, device, dtype):
            params = [torch.randn(2, 3, requires_grad=False, device=device, dtype=dtype) for _ in range(2)]
            before = [p.clone() for p in params]
            optimizer = optim_info.optim_cls(params, **config.kwargs)
            optimizer.step()
            self.assertEqual(before, params)

    @optims(optim_db)
    def test_step_is_noop_for_zero_grads(self, device, dtype, optim_info):
        for config in every_config(optim_info, device, dtype):
            if config.kwargs.get("weight_decay"):
                continue
            params = [torch.randn(2, 3, device=device, dtype=dtype) for _ in range(2)]
            before = [p.clone() for p in params]
            optimizer = optim_info.optim_cls(params, **config.kwargs)
            for p in params:
                p.grad = torch.zeros_like(p)
            for _ in range(3):
                optimizer.step()
            self.assertEqual(before, params, rtol=0, atol=0)

    @optims(optim_db)
    def test_param_groups_weight_decay(self, device, dtype, optim_info):
        for config in every_config(optim_info, device, dtype, skip=("differentiable",)):
            weight = Parameter(torch.randn((10, 5), device=device, dtype=dtype))
            bias = Parameter(torch.randn(10, device=device, dtype=dtype))
            kwargs = {**config.kwargs, "weight_decay": 0.0}
            groups = [{"params": [weight], "weight_decay": 1.0}, {"params": [bias]}]
            optimizer = optim_info.optim_cls(groups, **kwargs)
            self.assertEqual([group["weight_decay"] for group in optimizer.param_groups], [1.0, 0.0])
            if kwargs.get("maximize"):
                continue
            initial = (weight.norm() + bias.norm()).item()
            for _ in range(20):
                for p in (weight, bias):
                    p.grad = torch.zeros_like(p)
                optimizer.step()
            self.assertLess((weight.norm() + bias.norm()).item(), initial)

    @optims(optim_db)
    def test_can_be_printed(self, device, dtype, optim_info):
        for config in every_config(optim_info, device, dtype):
            optimizer = optim_info.optim_cls([Parameter(torch.zeros(2))], **config.kwargs)
            self.assertIn(f"{optim_info.optim_cls.__name__} (\nParameter Group 0", repr(optimizer))

    @optims(optim_db)
    def test_state_dict_is_deterministic_and_weights_only(self, device, dtype, optim_info):
        for config in every_config(optim_info, device, dtype, skip=("differentiable",)):
            weight = Parameter(torch.randn(2, 3, device=device, dtype=dtype))
            bias = Parameter(torch.randn(2, device=device, dtype=dtype))
            point = torch.randn(3, device=device, dtype=dtype)

            def run(optimizer, params, point=point):
                for _ in range(3):
                    optimizer.zero_grad()
                    (params[0].mv(point) + params[1]).pow(2).sum().backward()
                    optimizer.step()

            optimizer = optim_info.optim_cls([weight, bias], **config.kwargs)
            run(optimizer, [weight, bias])
            clones = [Parameter(p.detach().clone()) for p in (weight, bias)]
            second = optim_info.optim_cls(clones, **config.kwargs)
            file = io.BytesIO()
            torch.save(optimizer.state_dict(), file)
            file.seek(0)
            second.load_state_dict(torch.load(file, weights_only=True))
            self.assertEqual(second.state_dict(), optimizer.state_dict())
            run(optimizer, [weight, bias])
            run(second, clones)
            self.assertEqual(weight, clones[0], rtol=0, atol=0)
            self.assertEqual(bias, clones[1], rtol=0, atol=0)
            restored = copy.deepcopy(second)
            self.assertEqual(restored.state_dict(), second.state_dict())

    @optims(optim_db, dtypes=[torch.complex64])
    def test_complex_equals_its_real_view(self, device, dtype, optim_info):
        for config in every_config(optim_info, device, dtype, skip=("differentiable",)):
            a = torch.randn(2, device=device, dtype=dtype, requires_grad=True)
            real = torch.view_as_real(a).detach().clone().requires_grad_()
            one = optim_info.optim_cls([a], **config.kwargs)
            other = optim_info.optim_cls([real], **config.kwargs)
            for _ in range(4):
                one.zero_grad()
                other.zero_grad()
                (a - (1 + 2j)).abs().pow(2).sum().backward()
                (torch.view_as_complex(real) - (1 + 2j)).abs().pow(2).sum().backward()
                one.step()
                other.step()
                self.assertEqual(torch.view_as_real(a), real, rtol=0, atol=0)

    @optims(optim_db)
    def test_named_parameters_keep_their_names(self, device, dtype, optim_info):
        model = torch.nn.Linear(2, 1)
        optimizer = optim_info.optim_cls(model.named_parameters())
        model(torch.ones(2)).sum().backward()
        optimizer.step()
        names = optimizer.state_dict()["param_groups"][0]["param_names"]
        self.assertEqual(names, ["weight", "bias"])


instantiate_device_type_tests(TestConformance, globals(), only_for="cpu")
