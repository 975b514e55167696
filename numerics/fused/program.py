"""From a problem and a method to the source of one compiled step: what happens to one lane, recorded and written out.

A problem says what a lane does by `Problem.lane` (`numerics.problems.Lane`); the method is `optim.core`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.fused.tracing import Clock, Graph, Value, evaluate, straight_line, traced_namespace
from numerics.problems import Lane
from numerics.statistics import GAP, GRADIENT_SQUARE, MOMENTUM_SQUARE, NORMALISED_GRADIENT, STEP_SQUARE
from numerics.tiers import Work
from numerics.trajectories import scale_and_value
from optim.core import advance

RATE = "rate"
"""The uniform input α_t."""


@dataclass(frozen=True)
class Program:
    """The steps of one group of settings: `sources` the distinct bodies, `phases` which one each call runs, the last
    for all later calls; `scalars[k]` the uniform values that body k reads, `names` the state's."""

    names: tuple[str, ...]
    sources: tuple[str, ...]
    phases: tuple[int, ...]
    scalars: tuple[tuple[Any, ...], ...]

    @property
    def width(self) -> int:
        """The largest number of scalars of a step, at least 1."""
        return max(1, *(len(s) for s in self.scalars))

    def scalar_table(self, calls: range, inputs: dict[str, np.ndarray], rates: np.ndarray) -> np.ndarray:
        """The scalars of these calls, float64 [calls, settings, width]; `inputs` [settings] each, `rates` [calls, settings]."""
        table = np.zeros((len(calls), rates.shape[1], self.width))
        for phase, body in enumerate(self.phases):
            last = phase == len(self.phases) - 1
            chosen = [k for k, call in enumerate(calls) if call == phase or (last and call > phase)]
            if not chosen:
                continue
            steps = np.asarray([calls[k] for k in chosen], dtype=np.float64)[:, None]
            values = {**inputs, RATE: rates[chosen]}
            for place, scalar in enumerate(self.scalars[body]):
                table[chosen, :, place] = evaluate(scalar, values, steps)
        return table


def program(work: Work, first: int) -> Program:
    """Record every call of the method on this problem; `first` is the t of the first call."""
    lane = work.problem.lane()
    init = {"delay": work.group.shared["delay"]} if "delay" in work.group.shared else {}
    import torch

    names = tuple(work.method.init(torch.zeros(1), **init))
    sources: list[str] = []
    phases: list[int] = []
    scalars: list[tuple[Any, ...]] = []

    def record(step: int | None) -> int:
        """Record one call (None: any late call); returns from which call on a late one is right."""
        graph = Graph()
        clock: Any = Clock(graph) if step is None else step
        source, used = _body(work, lane, names, graph, clock, silent=step is not None and step + first == 0)
        if source not in sources:
            sources.append(source)
            scalars.append(())
        body = sources.index(source)
        phases.append(body)
        scalars[body] = used
        return clock.first_valid[0] if step is None else 0

    early = record(None)
    late = phases.pop()
    for step in range(early):
        record(step)
    return Program(names, tuple(sources), (*phases, late), tuple(scalars))


def _body(
    work: Work, lane: Lane, names: Sequence[str], graph: Graph, clock: Any, *, silent: bool
) -> tuple[str, tuple[Any, ...]]:
    """The source of one call and the uniform values it reads."""
    uniform = {name: graph.input(name, lane=False) for name in work.group.varying}
    parameters = {**work.group.shared, **uniform}
    rate = graph.input(RATE, lane=False)
    count = 1 if lane.separable else work.problem.dimension
    theta = [graph.input(f"x{i}", lane=True) for i in range(count)]
    noise = [graph.input(f"z{i}", lane=True) for i in range(1 if lane.kind == "index" else count)]
    value, gradient, stochastic = lane.record(traced_namespace(graph), theta, noise)
    outputs: dict[str, Any] = {}
    sums: dict[str, list[Any]] = {name: [] for name in work.quantities}
    for i in range(count):
        old = {name: graph.input(f"s{k}_{i}", lane=True) for k, name in enumerate(names)}
        direction, new = work.method.update(old, stochastic[i], clock, **parameters)
        outputs |= {f"s{k}_{i}": new[name] for k, name in enumerate(names)}
        if not silent:
            moved = advance(theta[i], direction, rate)
            outputs[f"x{i}"] = moved if work.problem.box is None else moved.clamp(*map(float, work.problem.box))
            _atoms(work, parameters, old, new, gradient[i], stochastic[i], clock, sums)
            sums[GRADIENT_SQUARE].append(gradient[i] * gradient[i])
    if GAP in sums and not silent:
        sums[GAP].append(value)
    return _source(work, graph, outputs, {} if silent else sums, len(names), count, lane)


def _atoms(
    work: Work, parameters: dict[str, Any], old: Any, new: Any, gradient: Any, g: Any, clock: Any, sums: dict[str, Any]
) -> None:
    """Add this coordinate's share of the certificate's atoms."""
    if not {MOMENTUM_SQUARE, STEP_SQUARE, NORMALISED_GRADIENT} & set(sums):
        return
    before, _ = scale_and_value(work.method, parameters, old, None, g, 0)
    _, a = scale_and_value(work.method, parameters, new, before, g, clock)
    shares = {
        MOMENTUM_SQUARE: new["momentum"] * new["momentum"],
        STEP_SQUARE: a * a,
        NORMALISED_GRADIENT: gradient * gradient / before,
    }
    for name, share in shares.items():
        if name in sums:
            sums[name].append(share)


def _source(
    work: Work, graph: Graph, outputs: dict[str, Any], sums: dict[str, list[Any]], names: int, count: int, lane: Lane
) -> tuple[str, tuple[Any, ...]]:
    scalars: list[Any] = []
    stores = {
        name: value for name, value in outputs.items() if not (isinstance(value, Value) and value.operands == (name,))
    }
    measured = {name: parts for name, parts in sums.items() if parts}
    wanted = [*stores.values(), *(part for parts in measured.values() for part in parts)]
    lines, expressions = straight_line(graph, wanted, scalars)
    place = dict(zip(stores, expressions, strict=False))
    rest = iter(expressions[len(stores) :])
    used = {v.operands[0] for v in graph.values if v.name == "input" and v.lane}
    loads = []
    for name in sorted(used):
        if name.startswith("z"):
            loads.append(f"{name} = load(noise, {_offset('i', 1, int(name[1:]), 0)} + j)")
        else:
            loads.append(f"{name} = load(state, {_place(name, names)} + j)")
    statements = [*loads, *lines]
    statements += [f"store(state, {_place(name, names)} + j, {text})" for name, text in place.items()]
    zeros = []
    for name, parts in measured.items():
        row = work.quantities.index(name) * 256
        total = " + ".join(f"({next(rest)})" for _ in parts)
        statements.append(f"store(out, {row} + j, load(out, {row} + j) + ({total}))")
        zeros.append(row)
    body = ["def step(state, noise, out, c, dimension):"]
    body += [f"    c{k} = load(c, {k})" for k in range(len(scalars))]
    for row in zeros:
        body += ["    for j in range(256):", f"        store(out, {row} + j, 0.0)"]
    body += [f"    for i in range({'dimension' if lane.separable else 1}):", "        for j in range(256):"]
    body += [f"            {line}" for line in statements]
    return "\n".join(body) + "\n", tuple(scalars)


def _place(name: str, names: int) -> str:
    """Where a lane's θ_i or state is: coordinate by coordinate, θ first, then the state's tensors."""
    if name.startswith("x"):
        return _offset("i", names + 1, int(name[1:]), 0)
    k, i = name[1:].split("_")
    return _offset("i", names + 1, int(i), int(k) + 1)


def _offset(index: str, rows: int, coordinate: int, row: int) -> str:
    return f"{index} * {256 * rows} + {256 * (rows * coordinate + row)}"
