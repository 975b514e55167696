"""The `torch.optim.Optimizer` shell: holds groups and state, and calls `optim.core` (or its fast equivalents).

A subclass says which `optim.core.Method` a group uses and with which hyper-parameters; everything else that a torch
user expects is here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, cast

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer, ParamsT, _to_scalar, _use_grad_for_differentiable

from optim import core, coverage
from optim.coverage import Coverage
from optim.fused import WORK
from optim.implementations import Rule, Slot, choose


class Common(TypedDict, total=False):
    """The options that every class takes, by keyword; absent ones are as in `COMMON`."""

    weight_decay: float
    decoupled_weight_decay: bool
    maximize: bool
    foreach: bool | None
    fused: bool | None
    capturable: bool
    differentiable: bool


COMMON: dict[str, Any] = {
    "weight_decay": 0.0,
    "decoupled_weight_decay": False,
    "maximize": False,
    "foreach": None,
    "fused": None,
    "capturable": False,
    "differentiable": False,
}


class CoreOptimizer(Optimizer):
    """Base of all optimizers here. Subclasses give `method` and `hyperparameters` for a parameter group.

    State per parameter: ``step`` (float32 scalar, the number of gradients seen) and the method's own tensors, shaped
    like the parameter and of its dtype, in float32 (complex64) for half-precision parameters. ``p.grad`` is never
    written to.

    Options of every class (`Common`), as in torch: ``weight_decay``, an L2 penalty or, with
    ``decoupled_weight_decay``, decoupled as in AdamW and SGDW; ``maximize``; ``foreach``, ``fused``, ``capturable``,
    ``differentiable``. With no implementation asked for, CPU parameters take the compiled core where there is a C
    compiler, CUDA parameters take foreach.
    """

    def __init__(self, params: ParamsT, lr: float | Tensor, own: Mapping[str, Any], common: Common) -> None:
        unknown = set(common) - set(COMMON)
        if unknown:
            raise TypeError(
                f"{type(self).__name__} got an unexpected option {min(unknown)!r}; "
                f"besides its own it takes {', '.join(COMMON)}"
            )
        super().__init__(params, {"lr": lr, **own, **COMMON, **common})

    def method(self, group: Mapping[str, Any]) -> core.Method:
        """The update rule of a parameter group."""
        raise NotImplementedError

    def hyperparameters(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """The keyword arguments of that rule's ``update``: here those of its names that the group has too."""
        options = {name: group[name] for name in self.method(group).defaults if name in group}
        if "betas" in group:
            options["beta1"], options["beta2"] = (scalar(beta) for beta in group["betas"])
        return options

    def covered_by(self, schedule: str = "constant") -> Coverage:
        """Which theorem of this project covers the optimizer as it is set up, or why none does; see `Coverage`.

        ``schedule`` says how the learning rate goes: one of `optim.coverage.SCHEDULES`.
        """
        return coverage.covered_by([self.rule(group) for group in self.param_groups], schedule)

    def rule(self, group: Mapping[str, Any]) -> Rule:
        """What `core.transition` is given for every parameter of the group."""
        return Rule(
            self.method(group),
            self.hyperparameters(group),
            scalar(group["lr"]),
            group["weight_decay"],
            group["decoupled_weight_decay"],
            group["maximize"],
        )

    def state_names(self, group: Mapping[str, Any]) -> set[str]:
        """What is kept for each parameter of the group; a subclass that keeps more says so here."""
        rule = self.rule(group)
        return {"step", *rule.method.init(torch.empty(0), **rule.hyperparameters)}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As `torch.optim.Optimizer.add_param_group`; raises `ValueError` naming the option that is out of range."""
        if isinstance(param_group, dict):
            self.check({**self.defaults, **param_group})
        super().add_param_group(param_group)

    def check(self, group: Mapping[str, Any]) -> None:
        """Refuse a group's options that are out of range: `ValueError`, or `RuntimeError` for flags that exclude
        each other (as torch)."""
        check_common(group)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in self.defaults.items():
                group.setdefault(name, value)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As torch's, but state that is float32 beside a half-precision parameter stays float32.

        torch casts every state tensor to its parameter's dtype, which would round the second moments. Raises
        `ValueError`, and loads nothing, if a parameter's state is not what this method keeps (another optimizer's).
        """
        loaded: dict[str, Any] = {}

        def remember(_: Optimizer, final: dict[str, Any]) -> None:
            for group in final["param_groups"]:
                kept = self.state_names({**self.defaults, **group})
                for found in (final["state"].get(i) for i in group["params"]):
                    if found and set(found) != kept:
                        raise ValueError(
                            f"{type(self).__name__} can't load this state_dict: it has the state "
                            f"{', '.join(sorted(found))} where this optimizer keeps {', '.join(sorted(kept))}"
                        )
            loaded.update(final)

        def restore(_: Optimizer) -> None:
            saved_ids = [i for group in loaded["param_groups"] for i in group["params"]]
            parameters = [p for group in self.param_groups for p in group["params"]]
            for saved_id, parameter in zip(saved_ids, parameters, strict=True):
                if parameter.dtype in WORK and saved_id in loaded["state"]:
                    for name, value in loaded["state"][saved_id].items():
                        if name != "step":
                            dtype = WORK[parameter.dtype]
                            self.state[parameter][name] = value.to(device=parameter.device, dtype=dtype)

        hooks = (
            self.register_load_state_dict_pre_hook(remember),
            self.register_load_state_dict_post_hook(restore, prepend=True),
        )
        try:
            super().load_state_dict(state_dict)
        finally:
            for hook in hooks:
                hook.remove()

    def _slots(self, group: Mapping[str, Any], rule: Rule) -> list[Slot]:
        """The group's parameters that have gradients, with their state, made at a parameter's first gradient."""
        slots, differentiable = [], group["differentiable"]
        for parameter in group["params"]:
            gradient = parameter.grad
            if gradient is None:
                continue
            if gradient.is_sparse:
                raise RuntimeError(
                    f"{type(self).__name__} does not support sparse gradients; pass gradient.to_dense(), "
                    "or use torch.optim.SparseAdam"
                )
            state = self.state[parameter]
            if not state:
                on_device = group["capturable"] or group["fused"]
                device = parameter.device if on_device else "cpu"
                state["step"] = torch.zeros((), dtype=torch.float32, device=device)
                state.update(initial_state(parameter, rule))
            if differentiable and state["step"].requires_grad:
                raise RuntimeError("`requires_grad` is not supported for `step` in differentiable mode")
            slots.append(Slot(parameter, gradient, state))
        return slots

    @_use_grad_for_differentiable
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step; ``closure`` re-evaluates the model and returns the loss, which is returned."""
        self._accelerator_graph_capture_health_check()
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            rule = self.rule(group)
            slots = self._slots(group, rule)
            if slots:
                choose(slots, rule, group)(slots, rule)
        return loss


def scalar(value: float | Tensor) -> core.Scalar:
    """A number as it is; a one-element tensor without dimensions and in float64, so that it does what its value does.

    (In float32 ``1 - beta`` and ``1 - lr * weight_decay`` would be off. MPS has no float64.)
    """
    value = _to_scalar(value)
    return value.double() if isinstance(value, Tensor) and value.device.type != "mps" else value


def initial_state(parameter: Tensor, rule: Rule) -> core.State:
    """The method's own tensors before the first gradient, in the precision that `fused.WORK` says."""
    with torch.no_grad():
        return rule.method.init(parameter.to(WORK.get(parameter.dtype, parameter.dtype)), **rule.hyperparameters)


def check_common(group: Mapping[str, Any]) -> None:
    """The options every class has. The first words of each message are torch's own."""
    lr, capturable, foreach = group["lr"], group["capturable"], group["foreach"]
    if isinstance(lr, Tensor):
        if foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        if lr.numel() != 1:
            raise ValueError(f"Tensor lr must be 1-element; it has shape {tuple(lr.shape)}")
    if not lr >= 0:
        raise ValueError(f"Invalid learning rate: {lr}; it must be at least 0")
    if not group["weight_decay"] >= 0:
        raise ValueError(f"Invalid weight_decay value: {group['weight_decay']}; it must be at least 0")
    if group["fused"] and group["differentiable"]:
        raise RuntimeError("`fused` does not support `differentiable`")
    if group["fused"] and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def check_betas(group: Mapping[str, Any], *, largest_beta2: float | None = None) -> None:
    """``0 <= beta1 < 1`` and ``0 <= beta2 < 1``, or ``<= largest_beta2`` where that is given."""
    betas = group["betas"]
    if len(betas) != 2:
        raise ValueError(f"betas must be a pair (beta1, beta2), got {betas!r}")
    if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas):
        if isinstance(beta, Tensor):
            if group["foreach"] and not group["capturable"]:
                raise ValueError(f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True")
            if beta.numel() != 1:
                raise ValueError(f"Tensor betas[{i}] must be 1-element; it has shape {tuple(beta.shape)}")
        closed = i == 1 and largest_beta2 is not None
        if not (0 <= beta <= cast(float, largest_beta2) if closed else 0 <= beta < 1):
            interval = f"[0, {largest_beta2}]" if closed else "[0, 1)"
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}; it must lie in {interval}")


def check_eps(group: Mapping[str, Any], *, positive: bool = False) -> None:
    """``eps >= 0``, or ``> 0`` where a division needs it."""
    eps = group["eps"]
    if not (eps > 0 if positive else eps >= 0):
        raise ValueError(f"Invalid epsilon value: {eps}; it must be {'greater than' if positive else 'at least'} 0")


def check_one_of(name: str, value: Any, allowed: Iterable[Any]) -> None:
    """``value`` is one of the allowed ones."""
    if value not in allowed:
        raise ValueError(f"Invalid {name}: {value!r}; it must be one of {', '.join(map(repr, allowed))}")
