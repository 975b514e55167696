"""Ways to carry out one step for a list of parameters: the for-loop, foreach and fused.

The for-loop calls the pure functions of `optim.core` tensor by tensor; it is the definition of what the others must
compute. ``foreach`` calls the same functions on lists of tensors. ``fused`` runs a compiled loop over the elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from optim import core, fused
from optim.lists import TensorList

# Elements that a large CPU tensor is cut into, so that the temporaries of one block stay in cache.
BLOCK = 65536
# Elements that one foreach call works on elsewhere: half a dozen temporaries of that size are alive at a time.
PORTION = 1 << 24


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
    """The implementation for a group: the one its flags ask for, else the fastest that applies.

    Graph capture, `torch.compile` and autograd through the step take the for-loop (a compiler fuses it anyway). With
    no flag given, CPU parameters take the compiled core if there is one and CUDA parameters take foreach. Raises
    `RuntimeError` if ``fused=True`` can't be had.
    """
    compiling = torch.compiler.is_compiling()
    loop = partial(single_tensor, tensor_step=group["capturable"] or compiling, differentiable=group["differentiable"])
    if group["capturable"] or group["differentiable"] or compiling:
        return loop
    if group["fused"]:
        return partial(fused_tensors, required=True, otherwise=loop)
    if group["foreach"]:
        return multi_tensor
    if group["foreach"] is None and group["fused"] is None:
        if slots[0].parameter.is_cpu:
            return partial(fused_tensors, required=False, otherwise=packed_tensors)
        if slots[0].parameter.is_cuda:
            return multi_tensor
    return loop


def fused_tensors(slots: list[Slot], rule: Rule, *, required: bool, otherwise: Implementation) -> None:
    """The compiled core for the slots it can take, ``otherwise`` for the rest.

    With ``required``, `RuntimeError` if there is no compiled core, or it has not this method, device or dtype.
    """
    settings, compiled = fused.settings_of(rule), fused.library()
    if required:
        if settings is None:
            raise RuntimeError(f"fused=True: {rule.method.name} has no compiled form; leave fused unset")
        if compiled is None:
            raise RuntimeError(
                "fused=True needs a C compiler (cc, gcc, clang, or the one CC names) on a POSIX system; "
                "leave fused unset to run without"
            )
        for parameter, _, _ in slots:
            if not parameter.is_cpu or parameter.dtype not in fused.known_types(compiled):
                raise RuntimeError(
                    "`fused=True` requires all the params to be floating point or complex Tensors on the CPU, "
                    f"but one is {parameter.dtype} on {parameter.device}"
                )
    rest = slots if settings is None or compiled is None else fused.step(slots, rule, compiled, settings)
    if rest:
        otherwise(rest, rule)


def real(tensor: Tensor) -> Tensor:
    """A view of a complex tensor as its real and imaginary parts; any other tensor as it is.

    torch's `RuntimeError` for a parameter that is lazily conjugated: such a view can't be written to.
    """
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def real_gradient(slot: Slot) -> Tensor:
    """The gradient as `real` has it; one that is lazily conjugated is worked out first."""
    return real(slot.gradient.resolve_conj())


def working(theta: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the precision that steps are computed in: the parameter's, or float32 where that is half precision."""
    theta = theta.to(fused.WORK.get(theta.dtype, theta.dtype))
    return theta, gradient.to(theta.dtype)


def single_tensor(slots: list[Slot], rule: Rule, *, tensor_step: bool, differentiable: bool) -> None:
    """The for-loop: `core.transition` on one parameter after the other.

    With ``tensor_step`` the step number stays a tensor (graph capture, `torch.compile`). With ``differentiable`` the
    state is replaced rather than overwritten, so that autograd keeps what it needs.
    """
    for slot in slots:
        parameter, _, state = slot
        step = state["step"] if tensor_step else int(state["step"].item())
        names = [name for name in state if name != "step"]
        tensors = [real(parameter), real_gradient(slot), *(real(state[name]) for name in names)]
        if tensors[0].dim() == 0:
            # Without dimensions a float32 tensor would be promoted by a float64 lr, and what torch.compile writes to a
            # float64 one is wrong (torch 2.13, its own SGD too). A view with one dimension has neither trouble.
            tensors = [tensor.view(1) for tensor in tensors]
        if differentiable:
            theta, grad = working(tensors[0], tensors[1])
            moved, new = rule(theta, dict(zip(names, tensors[2:], strict=True)), grad, step)
            tensors[0].copy_(moved)
            for name in names:
                value = new[name].clone() if new[name] is grad else new[name]
                value = torch.view_as_complex(value) if parameter.is_complex() else value
                state[name] = value.view(parameter.shape)
        else:
            for theta, grad, *moments in blocks(tensors) if rule.elementwise else [tensors]:
                start, grad = working(theta, grad)
                moved, new = rule(start, dict(zip(names, moments, strict=True)), grad, step)
                theta.copy_(moved)
                overwrite(dict(zip(names, moments, strict=True)), new)
        state["step"] += 1


def overwrite(state: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Copy the new values into the state's tensors, in the order in which `core` lists them.

    Not by saving aliased values with ``clone``: torch.compile's inductor drops such a clone (seen in torch 2.13).
    """
    for name, value in new.items():
        state[name].copy_(value)


def blocks(tensors: list[Tensor]) -> Iterator[list[Tensor]]:
    """The same tensors, or corresponding flat pieces of them where they are large, contiguous and on the CPU."""
    size = tensors[0].numel()
    if (
        size <= BLOCK
        or torch.compiler.is_compiling()
        or not all(type(t) in fused.PLAIN and t.device.type == "cpu" and t.is_contiguous() for t in tensors)
    ):
        yield tensors
        return
    flat = [t.detach().view(-1) for t in tensors]
    for start in range(0, size, BLOCK):
        yield [t[start : start + BLOCK] for t in flat]


def packed_tensors(slots: list[Slot], rule: Rule) -> None:
    """The for-loop with small CPU parameters laid end to end, so that a step takes a few calls and not a few for each.

    What there is without a C compiler. Parameters that are large, not plain, not contiguous, of half precision or
    complex are done one by one.
    """
    packs: dict[tuple[torch.dtype, int], list[Slot]] = {}
    sizes: dict[tuple[torch.dtype, int], int] = {}
    others = []
    for slot in slots:
        parameter, gradient, state = slot
        if (
            not rule.elementwise
            or parameter.numel() > BLOCK
            or parameter.dtype not in (torch.float32, torch.float64)
            or gradient.dtype != parameter.dtype
            or not all(type(t) in fused.PLAIN and t.is_cpu and t.is_contiguous() for t in (parameter, *state.values()))
        ):
            others.append(slot)
            continue
        key = parameter.dtype, int(state["step"].item())
        packs.setdefault(key, []).append(slot)
        sizes[key] = sizes.get(key, 0) + parameter.numel()
        if sizes[key] > BLOCK:
            packed_step(packs.pop(key), rule, key[1])
            del sizes[key]
    for (_, step), pack in packs.items():
        if len(pack) > 1:
            packed_step(pack, rule, step)
        else:
            others += pack
    if others:
        single_tensor(others, rule, tensor_step=False, differentiable=False)


def packed_step(slots: list[Slot], rule: Rule, step: int) -> None:
    """One call of the rule for parameters of one dtype that are at one step."""
    names = [name for name in slots[0].state if name != "step"]
    lists = {name: [slot.state[name].view(-1) for slot in slots] for name in names}
    thetas = [slot.parameter.view(-1) for slot in slots]
    gradients = [slot.gradient.reshape(-1) for slot in slots]
    state = {name: torch.cat(tensors) for name, tensors in lists.items()}
    moved, new = rule(torch.cat(thetas), state, torch.cat(gradients), step)
    sizes = [theta.numel() for theta in thetas]
    torch._foreach_copy_(thetas, list(moved.split(sizes)))
    for name in names:
        torch._foreach_copy_(lists[name], list(new[name].split(sizes)))
    count(slots)


def multi_tensor(slots: list[Slot], rule: Rule) -> None:
    """foreach: the same functions of `core` on lists of tensors of one device, dtype and step number."""
    lists: dict[tuple[Any, ...], list[Slot]] = {}
    others = []
    for slot in slots:
        if rule.elementwise and type(slot.parameter) in fused.PLAIN and not slot.parameter.is_neg():
            key = slot.parameter.device, slot.parameter.dtype, slot.gradient.dtype, int(slot.state["step"].item())
            lists.setdefault(key, []).append(slot)
        else:
            others.append(slot)
    for (device, _, _, step), group in lists.items():
        for part in portions(group, BLOCK if device.type == "cpu" else PORTION):
            foreach_step(part, rule, step)
    if others:
        single_tensor(others, rule, tensor_step=False, differentiable=False)


def portions(slots: list[Slot], most: int) -> Iterator[list[Slot]]:
    """The slots in lists of at most ``most`` elements in all, or of one larger parameter: what temporaries cost."""
    part: list[Slot] = []
    size = 0
    for slot in slots:
        if part and size + slot.parameter.numel() > most:
            yield part
            part, size = [], 0
        part.append(slot)
        size += slot.parameter.numel()
    yield part


def foreach_step(slots: list[Slot], rule: Rule, step: int) -> None:
    """One call of the rule for the lists of parameters, gradients and state."""
    names = [name for name in slots[0].state if name != "step"]
    thetas = TensorList([real(slot.parameter) for slot in slots])
    start = thetas.to(fused.WORK[thetas.dtype]) if thetas.dtype in fused.WORK else thetas
    gradients = TensorList([real_gradient(slot) for slot in slots]).to(start.dtype)
    moments = {name: TensorList([real(slot.state[name]) for slot in slots]) for name in names}
    moved, new = rule(cast(Tensor, start), cast(core.State, moments), cast(Tensor, gradients), step)
    thetas.copy_(cast(TensorList, moved))
    overwrite(moments, new)
    count(slots)


def count(slots: list[Slot]) -> None:
    """Add 1 to every step counter; by a tensor beside them, since a Python number would be wrapped for each anew."""
    steps = [slot.state["step"] for slot in slots]
    torch._foreach_add_(steps, torch.ones((), device=steps[0].device), alpha=1.0)
