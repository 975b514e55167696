"""The fused tier for CUDA: one Triton kernel takes SPAN steps with the state in registers, Philox inside.

The kernel's code is written from the problem's and the method's own functions (`numerics.triton_code`). It stores each
quantity per run and step; `numerics.statistics` sums these on the device in the order that belongs to the definition.
Without a GPU it runs in Triton's interpreter (TRITON_INTERPRET=1), for the tests.

Against the reference tier a step agrees to 1e-15 relative to its terms: exp, log, cos and sin are the device's, tanh and
log1p are `numerics.triton_math`'s, and a sum over coordinates is a tree. Nothing is contracted.
"""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from numerics import triton_code
from numerics.compiled import SPAN, Flat, measured, pair_of_variates, simulated
from numerics.statistics import TILE_RUNS, Moments
from numerics.stepping import initial_state
from numerics.tiers import Work

ELEMENTS, ELEMENTS_INTERPRETED = 512, 1 << 14
"""Runs × coordinates of one program: a few in each thread's registers; the interpreter is slow by the program."""
WIDEST = 1024
"""Coordinates at most: a run's are all in one program, for the sum over them."""
LANES = 1 << 20
"""Settings × runs × coordinates simulated together, enough to fill a GPU."""


def refusal(work: Work) -> str | None:
    """See `numerics.tiers.Tier.refusal`."""
    if importlib.util.find_spec("triton") is None:
        return "triton is not installed"
    if not interpreted() and not (work.device.type == "cuda" and torch.cuda.is_available()):
        return "the Triton kernel needs a CUDA device (or TRITON_INTERPRET=1, to test it without one)"
    if pair_of_variates(work.problem) is None:
        return "its variates are not made from one Philox block for two steps"
    if work.problem.dimension > WIDEST:
        return f"more than {WIDEST} coordinates"
    try:
        with torch.no_grad():
            kernel_source(work)
    except triton_code.UntranslatableError as error:
        return str(error)
    return None


def interpreted() -> bool:
    """Is Triton told to run kernels in Python?"""
    return os.environ.get("TRITON_INTERPRET") == "1"


def batch_tiles(work: Work) -> int:
    """See `numerics.tiers.Tier.batch_tiles`."""
    return max(1, LANES // (len(work.group.rows) * work.problem.dimension * TILE_RUNS))


def chunks(work: Work) -> Iterator[tuple[int, Mapping[str, Moments]]]:
    """See `numerics.tiers.Tier.chunks`."""
    with torch.no_grad():
        yield from simulated(work, functools.partial(launch, work), as_it_is, at_once, noise_apart=False)


def at_once(left: int) -> int:
    """The steps of one launch: an even number."""
    return min(SPAN, left + left % 2)


def as_it_is(work: Work, name: str, function: Flat) -> Flat:
    """The statistics are plain torch operations on the device."""
    return function


def graphs(work: Work) -> tuple[triton_code.Traced, triton_code.Traced, list[str]]:
    """The traced step of one setting, the traced noise, and the names of the method's state."""
    pair = pair_of_variates(work.problem)
    if pair is None:
        raise triton_code.UntranslatableError("its variates are not made from one Philox block for two steps")
    theta = torch.zeros(1, 2, work.problem.dimension, dtype=work.dtype)
    state = initial_state(work, theta)
    words = [torch.zeros(2, work.problem.draws, dtype=torch.int64) for _ in range(4)]
    noise_function = triton_code.noise_function(work, pair)
    noise = triton_code.trace(noise_function, words, 0)
    numbers = [torch.ones(1, 1, 1, dtype=work.dtype) for _ in range(1 + len(work.group.varying))]
    uniform = [torch.zeros((), dtype=torch.int64), *numbers]
    arguments = [*uniform, theta, *state.values(), noise_function(*words)[0]]
    step = triton_code.trace(triton_code.step_function(work, [*state]), arguments, len(uniform))
    return step, noise, [*state]


def kernel_source(work: Work) -> tuple[str, triton_code.Traced, triton_code.Lines]:
    """The kernel's text, the graph of a step and what it reads besides the state."""
    step, noise, names = graphs(work)
    placeholders = [node.name for node in step.module.graph.nodes if node.op == "placeholder"]
    inputs = [name for name in placeholders if name in step.lanes]
    variables = [*triton_code.tensors_of("x", len(names) + 1), "variate"]
    body = triton_code.lines(step, dict(zip(inputs, variables, strict=True)), "")
    words = [node.name for node in noise.module.graph.nodes if node.op == "placeholder"]
    even = triton_code.lines(noise, {name: f"w{i}" for i, name in enumerate(words)}, "n_")
    values = {node.name: node.meta["val"] for node in step.module.graph.nodes if "val" in node.meta}
    kinds = [triton_code.TYPES[values[name].dtype] for name in body.uniforms]
    text = triton_code.source(body, even, len(names) + 1, len(measured(work)), kinds, "tl.float64")
    return text, step, body


@dataclass(frozen=True)
class Kernel:
    """A compiled kernel, the graph of its step, what that reads besides the state, and its tables on the device.

    `work`, the first that asked for it, is kept because its problem's and method's identities are part of the key.
    """

    work: Work
    function: Any
    step: triton_code.Traced
    body: triton_code.Lines
    tables: tuple[Tensor, ...]


CACHE: dict[tuple[Any, ...], Kernel] = {}
"""Structure → kernel."""


def kernel_of(work: Work) -> Kernel:
    """The kernel for this problem, method, precision and device."""
    shared = str(sorted(work.group.shared.items(), key=str))
    key = (id(work.problem), id(work.method), shared, *work.group.varying, work.dtype, work.quantities, work.device)
    if key not in CACHE:
        text, step, body = kernel_source(work)
        tables = tuple(table.to(work.device) for table in body.tables)
        CACHE[key] = Kernel(work, triton_code.made(text), step, body, tables)
    return CACHE[key]


def launch(work: Work, start: Tensor, sizes: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
    """len(sizes) steps from `start`: arguments and results as `compiled.steps_function` has them."""
    kernel = kernel_of(work)
    count, steps = len(work.group.varying), len(sizes)
    varying, carried, (numbers, low, high) = rest[:count], [x.clone() for x in rest[count:-3]], rest[-3:]
    settings, runs, dimension = carried[0].shape
    time = (start + torch.arange(steps, device=start.device)).view(-1, 1, 1, 1)
    found = triton_code.uniform_values(kernel.step, kernel.body.uniforms, [time, sizes, *varying])
    uniform = torch.zeros(max(len(found), 1), steps, settings, dtype=torch.float64, device=work.device)
    for place, value in enumerate(found):
        uniform[place] = torch.broadcast_to(value, (steps, settings, 1, 1))[..., 0, 0]
    out = torch.empty(len(measured(work)), steps, settings, runs, dtype=torch.float64, device=work.device)
    width, block = blocks(dimension)
    kernel.function[-(-runs // block), settings](
        *carried, numbers, low, high, start, uniform, out, *kernel.tables, runs, settings, steps // 2,
        D=dimension, WIDTH=width, BLOCK=block, enable_fp_fusion=False,
    )  # fmt: skip
    return *carried, *out


def blocks(dimension: int) -> tuple[int, int]:
    """(coordinates, runs) of one program, powers of two."""
    width = 1 << (dimension - 1).bit_length()
    return width, max(1, (ELEMENTS_INTERPRETED if interpreted() else ELEMENTS) // width)


def ahead_of_time(work: Work, capability: int = 90) -> Mapping[str, Any]:
    """The kernel compiled for a GPU that need not be there: "ptx" and "cubin" among others. Raises as `kernel_source`."""
    import triton
    from triton.backends.compiler import GPUTarget

    kernel = kernel_of(work)
    real = "*fp64" if work.dtype == torch.float64 else "*fp32"
    state = [name for name in kernel.function.arg_names if name[0] == "p" and name[1:].isdigit()]
    signature = dict.fromkeys(state, real) | dict.fromkeys(("numbers", "low", "high", "start"), "*i64")
    signature |= dict.fromkeys(("uniform", "out"), "*fp64")
    signature |= {f"table{i}": "*fp64" if t.dtype == torch.float64 else "*fp32" for i, t in enumerate(kernel.tables)}
    signature |= dict.fromkeys(("runs", "settings", "pairs"), "i32")
    width, block = blocks(work.problem.dimension)
    constants = {"D": work.problem.dimension, "WIDTH": width, "BLOCK": block}
    signature |= dict.fromkeys(constants, "constexpr")
    built = triton.compile(
        triton.compiler.ASTSource(fn=kernel.function, signature=signature, constexprs=constants),
        target=GPUTarget("cuda", capability, 32),
        options={"enable_fp_fusion": False},
    )
    return built.asm
