"""From a problem and a method to the source of one compiled step: what happens to one lane, recorded and written out.

A problem says what a lane does by `Problem.lane` (`numerics.problems.Lane`); the method is `optim.core`'s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from numerics.fused.tracing import Clock, Graph, Value, evaluate, number, straight_line, traced_namespace
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
    for all later calls; `scalars[k]` the uniform values that body k reads, `names` the state's, `constant` the quantities
    that are the same number in every run at every step."""

    names: tuple[str, ...]
    sources: tuple[str, ...]
    phases: tuple[int, ...]
    scalars: tuple[tuple[Any, ...], ...]
    constant: Mapping[str, float]

    @property
    def width(self) -> int:
        """The largest number of scalars of a step, at least 1."""
        return max(1, *(len(s) for s in self.scalars))

    def scalar_table(self, calls: range, inputs: dict[str, np.ndarray], rates: np.ndarray) -> np.ndarray:
        """The scalars of these calls, float64 [calls, settings, width], or one row if they are the same in every call.

        `inputs` [settings] each; `rates` [calls or 1, settings].
        """
        steps = np.arange(calls.start, calls.stop, dtype=np.float64)[:, None]
        found: list[tuple[slice, list[np.ndarray]]] = []
        for phase, body in enumerate(self.phases):
            end = phase + 1 if phase < len(self.phases) - 1 else max(calls.stop, phase)
            span = slice(max(phase - calls.start, 0), max(end - calls.start, 0))
            if len(steps[span]):
                values = {**inputs, RATE: rates[span] if len(rates) > 1 else rates}
                found.append((span, [evaluate(scalar, values, steps[span]) for scalar in self.scalars[body]]))
        same = len(found) == 1 and all(column.ndim < 2 or len(column) == 1 for column in found[0][1])
        table = np.zeros((1 if same else len(calls), rates.shape[1], self.width))
        for span, columns in found:
            for place, column in enumerate(columns):
                table[slice(1) if same else span, :, place] = column
        return table


_RECENT: deque[tuple[Work, tuple[Lane, Program]]] = deque(maxlen=16)


def program(work: Work, first: int) -> tuple[Lane, Program]:
    """`record_program`, remembered for the last few problems and settings: a simulation asks once for each batch."""
    plan = replace(work, runs=range(0), seed=0, steps=0)
    for known, result in _RECENT:
        if known == plan:
            return result
    result = record_program(work, first)
    _RECENT.append((plan, result))
    return result


def record_program(work: Work, first: int) -> tuple[Lane, Program]:
    """Record every call of the method on this problem; `first` is the t of the first call.

    Raises ValueError for a problem without a formula for a single run.
    """
    lane = work.problem.lane()
    if lane is None:
        raise ValueError(f"{work.problem.name} has no formula for a single run")
    init = {"delay": work.group.shared["delay"]} if "delay" in work.group.shared else {}
    import torch

    names = tuple(work.method.init(torch.zeros(1), **init))
    sources: list[str] = []
    phases: list[int] = []
    scalars: list[tuple[Any, ...]] = []
    constant = constants(work, lane)

    def record(step: int | None) -> int:
        """Record one call (None: any late call); returns from which call on a late one is right."""
        graph = Graph()
        clock: Any = Clock(graph) if step is None else step
        source, used = _body(work, lane, names, graph, clock, constant, silent=step is not None and step + first == 0)
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
    return lane, Program(names, tuple(sources), (*phases, late), tuple(scalars), constant)


def constants(work: Work, lane: Lane) -> dict[str, float]:
    """The quantities that are one number in every run at every step, as on a linear objective, with that number."""
    count = 1 if lane.separable else work.problem.dimension
    graph = Graph()
    theta = [graph.input(f"x{i}", lane=True) for i in range(count)]
    noise = [graph.input(f"z{i}", lane=True) for i in range(count)]
    value, gradient, _ = lane.record(traced_namespace(graph), theta, noise[:1] if lane.kind == "index" else noise)
    copies = work.problem.dimension if lane.separable else 1
    known: dict[str, float] = {}
    if GRADIENT_SQUARE in work.quantities and not any(isinstance(d, Value) for d in gradient):
        known[GRADIENT_SQUARE] = sum((float(d) ** 2 for d in [*gradient] * copies), start=0.0)
    if GAP in work.quantities and not isinstance(value, Value):
        known[GAP] = sum([float(value)] * copies, start=0.0) - work.problem.constants.f_inf
    return known


def gap_offset(work: Work, lane: Lane, constant: Mapping[str, float]) -> int:
    """The row from which the stages still have to subtract f_inf, or -1."""
    ready = GAP not in work.quantities or GAP in constant or _single(work, lane)
    return -1 if ready else work.quantities.index(GAP)


def _body(
    work: Work,
    lane: Lane,
    names: Sequence[str],
    graph: Graph,
    clock: Any,
    constant: Mapping[str, float],
    *,
    silent: bool,
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
            moved: Any = advance(cast(Any, theta[i]), direction, cast(Any, rate))
            outputs[f"x{i}"] = moved if work.problem.box is None else moved.clamp(*map(float, work.problem.box))
            _atoms(work, parameters, old, new, gradient[i], stochastic[i], clock, sums)
            if GRADIENT_SQUARE in sums:
                sums[GRADIENT_SQUARE].append(gradient[i] * gradient[i])
    if GAP in sums and not silent:
        sums[GAP].append(value)
    measured = {name: parts for name, parts in sums.items() if parts and name not in constant}
    return _source(work, graph, gradient, outputs, measured, len(names), lane)


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
    work: Work,
    graph: Graph,
    gradient: Sequence[Any],
    outputs: dict[str, Any],
    sums: dict[str, list[Any]],
    names: int,
    lane: Lane,
) -> tuple[str, tuple[Any, ...]]:
    """Two loops over the lanes: the exact gradient and f, then what is made of them; short chains run faster.

    One loop where the gradient is given by the iterate, as on a linear objective: then f is a short chain too.
    """
    scalars: list[Any] = []
    moved = {n: value for n, value in outputs.items() if not (isinstance(value, Value) and value.operands == (n,))}
    rows = {f"d{i}": d for i, d in enumerate(gradient) if isinstance(d, Value) and d.lane and d.name != "input"}
    ahead = {n: p for n, p in sums.items() if n == GAP and rows}
    first = _loop(work, graph, rows, ahead, names, scalars, {}, lane)
    known = {value.number: name for name, value in rows.items()}
    second = _loop(work, graph, moved, {n: p for n, p in sums.items() if n not in ahead}, names, scalars, known, lane)
    body = ["def step(state, noise, out, c, dimension):"]
    body += [f"    c{k} = load(c, {k})" for k in range(len(scalars))]
    for name in () if _single(work, lane) else sums:
        body += ["    for j in range(256):", f"        store(out, {_row(work, name)} + j, 0.0)"]
    body.append(f"    for i in range({'dimension' if lane.separable else 1}):")
    for statements in (first, second):
        if statements:
            body += ["        for j in range(256):", *(f"            {line}" for line in statements)]
    return "\n".join(body) + "\n", tuple(scalars)


def _loop(
    work: Work,
    graph: Graph,
    stores: dict[str, Any],
    sums: dict[str, list[Any]],
    names: int,
    scalars: list[Any],
    known: dict[int, str],
    lane: Lane,
) -> list[str]:
    """The statements of one loop: loads, arithmetic, stores."""
    wanted = [*stores.values(), *(part for parts in sums.values() for part in parts)]
    lines, expressions, inputs = straight_line(graph, wanted, scalars, known)
    loads = [f"{name} = load({_place(work, name, names)})" for name in sorted(inputs)]
    rest = iter(expressions[len(stores) :])
    writes = [f"store({_place(work, n, names)}, {text})" for n, text in zip(stores, expressions, strict=False)]
    for name, parts in sums.items():
        total = " + ".join(next(rest) for _ in parts)
        if not _single(work, lane):
            total = f"load(out, {_row(work, name)} + j) + ({total})"
        elif name == GAP:
            total = f"({total}) - {number(work.problem.constants.f_inf)}"
        writes.append(f"store(out, {_row(work, name)} + j, {total})")
    return [*loads, *lines, *writes]


def _single(work: Work, lane: Lane) -> bool:
    """Whether one pass over the lanes has all coordinates, so that sums over them need no accumulation."""
    return not lane.separable or work.problem.dimension == 1


def _row(work: Work, name: str) -> int:
    return 256 * work.quantities.index(name)


def _place(work: Work, name: str, names: int) -> str:
    """Where lane j of a value is: θ_i and its state coordinate by coordinate; variates; gradients after the quantities."""
    if name.startswith("z"):
        return f"noise, i * 256 + {256 * int(name[1:])} + j"
    if name.startswith("d"):
        return f"out, {256 * (len(work.quantities) + int(name[1:]))} + j"
    k, i = (-1, int(name[1:])) if name.startswith("x") else map(int, name[1:].split("_"))
    return f"state, i * {256 * (names + 1)} + {256 * ((names + 1) * i + k + 1)} + j"
