"""Triton source for a problem and a method, written from the graphs that torch traces.

`stepping.step_and_measure` and the problem's law of noise are traced into graphs of elementwise operations; what depends
on the step and the setting alone (`uniform` nodes: bias corrections, clip thresholds) is evaluated outside for all
steps of a launch at once, and what differs from run to run is written as Triton code on blocks [runs, coordinates].
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx

from numerics.compiled import Pair, in_precision, measured
from numerics.stepping import step_and_measure
from numerics.tiers import Work

aten = torch.ops.aten
BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/", "__or__": "|", "bitwise_or": "|", "__and__": "&"}
BINARY |= {"bitwise_and": "&", "__lshift__": "<<", "__rshift__": ">>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
BINARY |= {"eq": "==", "ne": "!=", "logical_and": "&", "logical_or": "|"}
FUNCTIONS = {"exp": "tl.exp", "log": "tl.log", "cos": "tl.cos", "sin": "tl.sin", "abs": "tl.abs", "sqrt": "tl.sqrt_rn"}
FUNCTIONS |= {"tanh": "tm.tanh", "log1p": "tm.log1p", "round": "tm.round_half_even", "sign": "tm.sign"}
SAME = {"clone", "alias", "detach", "expand", "view", "unsqueeze", "squeeze", "lift_fresh_copy", "contiguous"}
TYPES = {torch.float64: "tl.float64", torch.float32: "tl.float32", torch.int64: "tl.int64", torch.bool: "tl.int1"}


class UntranslatableError(ValueError):
    """An operation of the problem has no Triton counterpart here."""


@dataclass(frozen=True)
class Traced:
    """A traced function: its graph, and which of its nodes differ from run to run, or from coordinate to coordinate."""

    module: fx.GraphModule
    lanes: frozenset[str]


def trace(function: Callable[..., tuple[Tensor, ...]], arguments: Sequence[Tensor], lane_from: int) -> Traced:
    """The graph of a function of distinct tensors; those from number `lane_from` on differ from run to run.

    Raises UntranslatableError for a function that is not made of torch operations on whole tensors.
    """
    try:
        module = make_fx(function, tracing_mode="fake", _allow_non_fake_inputs=True)(*arguments)
    except (RuntimeError, TypeError) as error:
        raise UntranslatableError(f"it cannot be traced: {str(error).splitlines()[0]}") from error
    module.graph.eliminate_dead_code()
    names = [node.name for node in module.graph.nodes if node.op == "placeholder"]
    lanes = set(names[lane_from:])
    for node in module.graph.nodes:
        differs = node.target is aten.stack.default or any(parent.name in lanes for parent in node.all_input_nodes)
        if node.op != "placeholder" and differs:
            lanes.add(node.name)
    return Traced(module, frozenset(lanes))


def step_function(work: Work, names: Sequence[str]) -> Callable[..., tuple[Tensor, ...]]:
    """(step, step size, varying parameters, θ, state, variates) → (θ, state, quantities of `compiled.measured`)."""

    def step(t: Tensor, size: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        count = len(work.group.varying)
        parameters = {**work.group.shared, **dict(zip(work.group.varying, rest[:count], strict=True))}
        theta, *values, variates = rest[count:]
        state = dict(zip(names, values, strict=True))
        theta, state, row = step_and_measure(work, parameters, theta, state, variates, t, size)
        return theta, *(state[name] for name in names), *(row[name] for name in measured(work))

    return step


def noise_function(work: Work, pair: Pair) -> Callable[..., tuple[Tensor, ...]]:
    """Four words → the variates of an even and of an odd step, in the work's precision."""

    def noise(*words: Tensor) -> tuple[Tensor, ...]:
        even, odd = pair(words)  # type: ignore[arg-type]
        return in_precision(work, even), in_precision(work, odd)

    return noise


@dataclass(frozen=True)
class Lines:
    """Statements, the expressions of the outputs, the uniform nodes they load, the tables they look up."""

    statements: list[str]
    outputs: list[str]
    uniforms: list[str]
    tables: list[Tensor]


def lines(traced: Traced, inputs: Mapping[str, str], prefix: str) -> Lines:
    """Triton statements for the lane nodes of a graph; `inputs` are the variables of its lane placeholders."""
    names: dict[str, str] = dict(inputs)
    statements: list[str] = []
    uniforms: list[str] = []
    tables: list[Tensor] = []

    def text(argument: Any, kind: torch.dtype | None = None) -> str:
        if isinstance(argument, fx.Node):
            if argument.name in names:
                return names[argument.name]
            uniforms.append(argument.name)
            names[argument.name] = f"{prefix}u{len(uniforms) - 1}"
            return names[argument.name]
        if isinstance(argument, bool) or not isinstance(argument, (int, float)):
            raise UntranslatableError(f"cannot write {argument!r} as a number")
        literal = repr(argument) if math.isfinite(argument) else f'float("{argument}")'
        return literal if kind is None else f"tl.full([1, 1], {literal}, {TYPES[kind]})"

    for node in traced.module.graph.nodes:
        if node.op != "call_function" or node.name not in traced.lanes:
            continue
        operation = node.target.__name__.split(".")[0]
        if operation == "unbind":
            continue  # its parts are taken one by one, by getitem
        in_place = operation.endswith("_") and not operation.endswith("__")
        variable = f"{prefix}{node.name}"
        statements.append(
            f"{variable} = {expression(node, operation.rstrip('_') if in_place else operation, traced.module, text, tables)}"
        )
        names[node.name] = variable
        if in_place:
            changed = node.args[0]
            if changed.op != "call_function" or changed.target.__name__.split(".")[0] in SAME:
                raise UntranslatableError(f"{operation} changes an input or a view in place")
            names[changed.name] = variable
    (output,) = (node for node in traced.module.graph.nodes if node.op == "output")
    return Lines(statements, [text(value) for value in output.args[0]], uniforms, tables)


def expression(node: fx.Node, name: str, module: fx.GraphModule, text: Callable[..., str], tables: list[Tensor]) -> str:
    """One operation as a Triton expression. Raises UntranslatableError for one that is not elementwise.

    Besides, a coordinate may be picked, coordinates be put side by side, and be summed over.
    """
    arguments, kind = node.args, node.meta["val"].dtype
    if name in SAME:
        return text(arguments[0])
    if name == "getitem":
        parts: Any = arguments[0]
        return picked(text(parts.args[0]), arguments[1], parts.args[0], parts.args[1] if len(parts.args) > 1 else 0)
    if name == "select":
        return picked(text(arguments[0]), arguments[2], arguments[0], arguments[1])
    if name == "stack":
        columns: Any = arguments[0]
        if len(arguments) < 2 or arguments[1] not in (-1, node.meta["val"].dim() - 1):
            raise UntranslatableError("stack along another dimension than the last")
        *before, last = (text(column, kind) for column in columns)
        for i, column in reversed([*enumerate(before)]):
            last = f"tl.where(coordinate == {i}, {column}, {last})"
        return last
    if name == "_to_copy":
        return f"({text(arguments[0])}).to({TYPES[kind]})"
    if name in ("mul", "add", "sub", "rsub") and node.kwargs.get("alpha", 1) != 1:
        raise UntranslatableError(f"{name} with alpha")
    if name == "rsub":
        return f"({text(arguments[1])} - {text(arguments[0])})"
    if name == "div" and kind == torch.float32:
        return f"tl.div_rn({text(arguments[0])}, {text(arguments[1], kind)})"
    if name in BINARY:
        return f"({text(arguments[0])} {BINARY[name]} {text(arguments[1])})"
    if name == "sqrt" and kind == torch.float64:
        return f"tl.sqrt({text(arguments[0])})"
    if name in FUNCTIONS:
        return f"{FUNCTIONS[name]}({text(arguments[0])})"
    if name == "neg":
        return f"(-{text(arguments[0])})"
    if name == "reciprocal":
        return f"(1.0 / {text(arguments[0])})"
    if name == "where":
        return f"tl.where({text(arguments[0])}, {text(arguments[1], kind)}, {text(arguments[2], kind)})"
    if name == "masked_fill":
        return f"tl.where({text(arguments[1])}, {text(arguments[2], kind)}, {text(arguments[0])})"
    if name in ("maximum", "minimum"):
        return f"tm.{name}({text(arguments[0])}, {text(arguments[1])})"
    if name in ("clamp", "clamp_min", "clamp_max"):
        low = arguments[1] if name != "clamp_max" else None
        high = arguments[2] if len(arguments) > 2 else arguments[1] if name == "clamp_max" else None
        out = text(arguments[0])
        out = out if low is None else f"tm.maximum({out}, {text(low, kind)})"
        return out if high is None else f"tm.minimum({out}, {text(high, kind)})"
    if name == "pow" and isinstance(arguments[1], (int, float)) and float(arguments[1]) in (1.0, 2.0, 3.0, 4.0):
        return "(" + " * ".join([text(arguments[0])] * int(arguments[1])) + ")"
    if name in ("full_like", "new_full", "zeros_like", "ones_like"):
        value = arguments[-1] if "full" in name else float(name == "ones_like")
        return text(value, kind)
    if name == "sum" and tuple(arguments[1]) == (-1,):  # type: ignore[arg-type]
        return f"tl.sum(tl.where(inside, {text(arguments[0])}, 0.0), axis=1, keep_dims=True)"
    if name == "index":
        table, place = arguments[0], arguments[1][0]  # type: ignore[index]
        tables.append(constant(table, module).to(kind))  # type: ignore[arg-type]
        return f"tl.load(table{len(tables) - 1} + {text(place)})"
    raise UntranslatableError(f"no Triton counterpart of {node.target}")


def picked(source: str, place: Any, node: Any, dimension: Any) -> str:
    """The coordinate number `place`, as a block [runs, 1]. Raises UntranslatableError for another dimension than the last."""
    shape = node.meta["val"].shape
    if dimension not in (-1, len(shape) - 1):
        raise UntranslatableError("a part taken along another dimension than the last")
    return f"tl.sum(tl.where(coordinate == {place % shape[-1]}, {source}, 0.0), axis=1, keep_dims=True)"


def constant(node: fx.Node, module: fx.GraphModule) -> Tensor:
    """The constant tensor that a node stands for, through copies. Raises UntranslatableError if it is none."""
    while node.op == "call_function" and len(node.all_input_nodes) == 1:
        node = node.all_input_nodes[0]
    if node.op != "get_attr":
        raise UntranslatableError(f"a table that is not constant: {node}")
    value = getattr(module, str(node.target))
    if value.dim() != 1:
        raise UntranslatableError(f"a table of {value.dim()} dimensions")
    return value


def uniform_values(traced: Traced, names: Sequence[str], arguments: Sequence[Tensor]) -> list[Tensor]:
    """The values of uniform nodes, evaluated as torch operations on the uniform arguments (steps along dimension 0)."""
    if not names:
        return []
    environment: dict[str, Any] = {}
    given = iter(arguments)
    for node in traced.module.graph.nodes:
        if node.name in traced.lanes or node.op == "output":
            continue
        if node.op == "placeholder":
            environment[node.name] = next(given)
        elif node.op == "get_attr":
            environment[node.name] = getattr(traced.module, node.target)
        elif node.target is aten.expand.default:
            environment[node.name] = environment[node.args[0].name]  # it broadcasts as it is
        else:
            args, kwargs = fx.node.map_arg((node.args, node.kwargs), lambda n: environment[n.name])
            environment[node.name] = node.target(*args, **kwargs)
    return [environment[name] for name in names]


def source(step: Lines, even: Lines, state: int, quantities: int, kinds: Sequence[str], real: str) -> str:
    """The kernel: pairs of steps of BLOCK runs of one setting, state in registers.

    Layouts: state [settings, runs, D]; uniform values [values, steps, settings]; output [quantities, steps, settings, runs].
    `kinds`: the Triton type of each uniform value.
    """
    tensors = [f"x{i}" for i in range(state)]
    loads = [
        f"u{i} = tl.load(uniform + ({i} * 2 * pairs + row) * settings + setting){convert(kind)}"
        for i, kind in enumerate(kinds)
    ]
    body = []
    for half in range(2):
        body += [f"row = 2 * k + {half}", *loads, f"variate = variate_{half}", *step.statements]
        body += [f"new{i} = {value}" for i, value in enumerate(step.outputs[:state])]
        for i, value in enumerate(step.outputs[state:]):
            place = f"out + (({i} * 2 * pairs + row) * settings + setting) * runs + run_place"
            body.append(f"tl.store({place}, {value} + tl.zeros([BLOCK, 1], {real}), mask=run_inside)")
        body += [f"x{i} = (new{i} + tl.zeros([BLOCK, WIDTH], x{i}.dtype)).to(x{i}.dtype)" for i in range(state)]
    tables = "".join(f", table{i}" for i in range(len(step.tables)))
    return "\n".join(
        [
            "@triton.jit",
            f"def kernel({', '.join(tensors_of('p', state))}, numbers, low, high, start, uniform, out{tables},",
            "           runs, settings, pairs,",
            "           D: tl.constexpr, WIDTH: tl.constexpr, BLOCK: tl.constexpr):",
            "    setting = tl.program_id(1)",
            "    run_place = (tl.program_id(0) * BLOCK + tl.arange(0, BLOCK))[:, None]",
            "    coordinate = tl.arange(0, WIDTH)[None, :]",
            "    run_inside = run_place < runs",
            "    inside = run_inside & (coordinate < D)",
            "    place = (setting * runs + run_place) * D + coordinate",
            *(f"    {x} = tl.load(p{i} + place, mask=inside, other=0.0)" for i, x in enumerate(tensors)),
            "    word0 = tl.load(numbers + run_place, mask=run_inside, other=0).to(tl.uint32) + 0 * coordinate.to(tl.uint32)",
            "    word1 = 0 * word0 + coordinate.to(tl.uint32)",
            "    seed = tl.load(low).to(tl.uint64) | (tl.load(high).to(tl.uint64) << 32)",
            "    first = tl.load(start).to(tl.int32) // 2",
            "    for k in range(pairs):",
            "        word2 = 0 * word0 + (first + k).to(tl.uint32)",
            "        r0, r1, r2, r3 = tl.philox(seed, word0, word1, word2, 0 * word0)",
            *(f"        w{i} = r{i}.to(tl.uint32, bitcast=True).to(tl.int64)" for i in range(4)),
            *(f"        {line}" for line in even.statements),
            f"        variate_0 = {even.outputs[0]}",
            f"        variate_1 = {even.outputs[1]}",
            *(f"        {line}" for line in body),
            *(f"    tl.store(p{i} + place, {x}, mask=inside)" for i, x in enumerate(tensors)),
        ]
    )


def tensors_of(letter: str, count: int) -> list[str]:
    """letter0, letter1, …"""
    return [f"{letter}{i}" for i in range(count)]


def convert(kind: str) -> str:
    """From float64, in which uniform values travel."""
    return " != 0" if kind == "tl.int1" else "" if kind == "tl.float64" else f".to({kind})"


def made(text: str) -> Any:
    """The kernel of a source text. Triton reads a kernel's source again, so it is registered as if it were a file."""
    import triton
    import triton.language as tl

    from numerics import triton_math

    name = f"<triton kernel {abs(hash(text)):x}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    scope: dict[str, Any] = {"triton": triton, "tl": tl, "tm": triton_math, "__name__": "numerics.triton_code"}
    exec(compile(text, name, "exec"), scope)  # written above from graphs; nothing a user typed is executed
    return scope["kernel"]
