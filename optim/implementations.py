"""Ways to carry out one step for a list of parameters: the for-loop, foreach and fused.

The for-loop calls the pure functions of `optim.core` tensor by tensor; it is the definition of what the others must
compute. ``foreach`` calls the same functions on lists of tensors. ``fused`` runs a compiled loop over the elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from optim import core

LOW_PRECISION = (torch.float16, torch.bfloat16)
# Tensors whose memory is what it seems (a DTensor's, say, is not).
PLAIN = (Tensor, torch.nn.Parameter)
# Elements that a large CPU tensor is cut into, so that the temporaries of one block stay in cache.
BLOCK = 65536


class Slot(NamedTuple):
    """One parameter that has a gradient, and its state: ``step`` (a scalar tensor) and the method's own tensors."""

    parameter: Tensor
    gradient: Tensor
    state: dict[str, Tensor]


class Rule(NamedTuple):
    """What one group does at one step: the arguments of `core.transition` that do not vary within a group."""

    method: core.Method
    hyperparameters: Mapping[str, Any]
    lr: core.Scalar
    weight_decay: float
    decoupled: bool
    maximize: bool

    def __call__(
        self, theta: Tensor, state: core.State, gradient: Tensor, step: core.Step
    ) -> tuple[Tensor, core.State]:
        return core.transition(
            self.method,
            theta,
            state,
            gradient,
            step,
            self.hyperparameters,
            lr=self.lr,
            weight_decay=self.weight_decay,
            decoupled=self.decoupled,
            maximize=self.maximize,
        )

    @property
    def elementwise(self) -> bool:
        """Whether each element's update depends on that element alone."""
        return self.hyperparameters.get("spatial_dims") is None


Implementation = Callable[[list[Slot], Rule], None]


def choose(slots: list[Slot], rule: Rule, group: Mapping[str, Any]) -> Implementation:
    """The implementation for a group: the one its flags ask for, else the fastest that applies."""
    compiling = torch.compiler.is_compiling()
    return partial(single_tensor, tensor_step=group["capturable"] or compiling, differentiable=group["differentiable"])


def real(tensor: Tensor) -> Tensor:
    """A view of a complex tensor as its real and imaginary parts; any other tensor as it is."""
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def working(tensor: Tensor) -> Tensor:
    """The tensor in the precision that steps are computed in: float32 for half precision, else its own."""
    return tensor.float() if tensor.dtype in LOW_PRECISION else tensor


def single_tensor(slots: list[Slot], rule: Rule, *, tensor_step: bool, differentiable: bool) -> None:
    """The for-loop: `core.transition` on one parameter after the other.

    With ``tensor_step`` the step number stays a tensor (graph capture, `torch.compile`). With ``differentiable`` the
    state is replaced rather than overwritten, so that autograd keeps what it needs.
    """
    for parameter, gradient, state in slots:
        step = state["step"] if tensor_step else int(state["step"].item())
        names = [name for name in state if name != "step"]
        tensors = [real(parameter), real(gradient), *(real(state[name]) for name in names)]
        if differentiable:
            theta, new = rule(
                working(tensors[0]), dict(zip(names, tensors[2:], strict=True)), working(tensors[1]), step
            )
            tensors[0].copy_(theta)
            for name in names:
                state[name] = torch.view_as_complex(new[name]) if parameter.is_complex() else new[name]
        else:
            for theta, grad, *moments in blocks(tensors) if rule.elementwise else [tensors]:
                moved, new = rule(working(theta), dict(zip(names, moments, strict=True)), working(grad), step)
                theta.copy_(moved)
                for name, moment in zip(names, moments, strict=True):
                    moment.copy_(new[name])
        state["step"] += 1


def blocks(tensors: list[Tensor]) -> Iterator[list[Tensor]]:
    """The same tensors, or corresponding flat pieces of them where they are large, contiguous and on the CPU."""
    size = tensors[0].numel()
    if (
        size <= BLOCK
        or torch.compiler.is_compiling()
        or not all(type(t) in PLAIN and t.device.type == "cpu" and t.is_contiguous() for t in tensors)
    ):
        yield tensors
        return
    flat = [t.detach().view(-1) for t in tensors]
    for start in range(0, size, BLOCK):
        yield [t[start : start + BLOCK] for t in flat]
