"""The compiled tier: STEPS steps at a time, compiled by torch, for any problem, on the CPU and on CUDA.

`numerics.stepping.step_and_measure` is traced into a graph of elementwise operations, unrolled over STEPS steps, and
compiled with its statistics by inductor, the compiler of `torch.compile`; called directly on the graph it has no guards
to check at every call (0.1 ms, as long as a thousand lanes' steps). Noise of a separable problem is made inside the
graph, from the counters of `numerics.philox`; any other problem's variates are made by its own function and handed in.
Nothing here restates a rule or a law: the graph is made of the problem's, `optim.core`'s and `numerics.statistics`' own
functions.

Against the reference tier a step agrees to 1e-15 relative to the size of its terms in float64, not to the bit:
inductor's vectorised exp, log, tanh, cos and sin may differ from torch's in the last place. Additions, products,
quotients and square roots are rounded alike (inductor does not contract them). Within the tier bits do not depend on
batches, threads or how many steps are asked for: tiles are always whole, so every element takes the vector routine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from numerics import philox
from numerics.noises import StandardNormal
from numerics.problems import CoordinatewiseNoise, Problem
from numerics.reference import hyperparameters
from numerics.statistics import GRADIENT_POWER, GRADIENT_SQUARE, TILE_RUNS, Moments, four_thirds, masked_moments
from numerics.stepping import begin, drawn, state_names, step_and_measure, step_sizes
from numerics.tiers import Work

STEPS = 8
"""Steps in one compiled call, an even number: a Philox block serves two. More are no faster and longer to compile."""
SPAN = 256
"""Steps whose moments are handed back together, a multiple of STEPS: a device is waited for once in so many."""
LANES = {"cpu": 1 << 14, "cuda": 1 << 20}
"""Settings × runs × coordinates simulated together: in the second-level cache of a CPU, enough to fill a GPU."""
CACHED = 64
"""Compiled functions kept in memory; inductor keeps its own on disk."""

Flat = Callable[..., tuple[Tensor, ...]]
Words = tuple[Tensor, Tensor, Tensor, Tensor]
Pair = Callable[[Words], tuple[Tensor, Tensor]]


def refusal(work: Work) -> str | None:
    """Inductor needs a C++ compiler for the CPU, and a device for CUDA."""
    if work.device.type == "cuda":
        return None if torch.cuda.is_available() else "there is no CUDA device"
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        return f"torch.compile needs a C++ compiler, and {compiler!r} is not on the PATH; install g++ or set CXX"
    return None


def batch_tiles(work: Work) -> int:
    """Batches as equal as can be, so that few shapes are compiled."""
    tiles = tiles_of(work.runs)
    budget = LANES.get(work.device.type, LANES["cpu"])
    most = max(1, budget // (len(work.group.rows) * work.problem.dimension * TILE_RUNS))
    return -(-tiles // -(-tiles // most))


def tiles_of(runs: range) -> int:
    """How many tiles these runs take."""
    return -(-len(runs) // TILE_RUNS)


def chunks(work: Work) -> Iterator[tuple[int, Mapping[str, Moments]]]:
    """See `numerics.tiers.Tier.chunks`. Step 1 is walked eagerly: compiled calls begin at even steps."""
    noise_apart = len(work.group.rows) > 1
    steps = steps_function(work, state_names(work), None if noise_apart else pair_of_variates(work.problem))
    with torch.no_grad():
        yield from simulated(work, steps, compiled, lambda left: STEPS, noise_apart=noise_apart)


def simulated(
    work: Work, steps: Flat, make: Callable[[Work, str, Flat], Flat], at_once: Callable[[int], int], noise_apart: bool
) -> Iterator[tuple[int, dict[str, Moments]]]:
    """The simulation by calls of `steps` (see `steps_function`), `at_once(left)` steps each, and their statistics.

    `make(work, name, function)` makes a function ready to run again and again on arguments of the same shapes.
    `noise_apart`: a separable problem's noise is a call of its own, for all settings, else part of the steps.
    Nothing in here waits for the device: what comes from the host are counters and step sizes, and the moments stay
    where they are.
    """
    place, last = lanes(tiles_of(work.runs)).to(work.device), len(work.runs) - 1
    inside = [] if len(place) == len(work.runs) else [(place <= last).to(torch.float64)]
    place = place.clamp(max=last)  # what fills up the last tile repeats its last run
    pair = pair_of_variates(work.problem)
    key = scalars(work, *philox.key_of(work.seed))
    numbers = place + work.runs.start
    parameters = hyperparameters(work.group, work.device, work.dtype)
    varying = [parameters[name] for name in work.group.varying]
    sizes = step_sizes(work)
    theta, state = begin(work)
    theta, state = theta[:, place], {name: value[:, place] for name, value in state.items()}
    variates = drawn(work, range(1, 2))[0, place]
    theta, state, values = step_and_measure(work, parameters, theta, state, variates, 1, sizes(range(1, 2))[0])
    yield 0, joined(work, [statistics(work, [values[name].unsqueeze(0) for name in measured(work)], inside)], 1)
    carried = [theta, *(state[name] for name in state_names(work))]
    known = len(carried)

    def steps_and_statistics(*arguments: Tensor) -> tuple[Tensor, ...]:
        given = arguments[: len(arguments) - len(inside)]
        out = steps(*given)
        return *out[:known], *statistics(work, out[known:], arguments[len(given) :])

    advance = make(work, "steps", steps_and_statistics)
    noise = None if pair is None else make(work, "noise", noise_function(work, pair))
    for first in range(2, work.steps + 1, SPAN):
        parts: list[Sequence[Tensor]] = []
        start, stop = first, min(first + SPAN, work.steps + 1)
        rates = sizes(range(first, first + SPAN))
        while start < stop:
            span = range(start, start + at_once(stop - start))
            time = scalars(work, start)
            if noise is None:
                drawn_here = [drawn(work, span)[:, place]]
            else:
                drawn_here = list(noise(numbers, *key, *time)) if noise_apart else [numbers, *key]
            here = rates[start - first : span.stop - first]
            out = advance(*time, here, *varying, *carried, *drawn_here, *inside)
            carried = list(out[:known])
            parts.append(out[known:])
            start = span.stop
        yield first - 1, joined(work, parts, min(SPAN, work.steps + 1 - first))


def lanes(tiles: int) -> Tensor:
    """The run at each place, counted from the first: run 0 of every tile, then run 1, so that the sums over a tile's
    runs are sums of contiguous halves."""
    return torch.arange(tiles * TILE_RUNS).view(-1, TILE_RUNS).T.flatten()


def in_tiles(places: Tensor) -> Tensor:
    """[..., places] → [..., tiles, TILE_RUNS], a view."""
    return places.unflatten(-1, (TILE_RUNS, -1)).transpose(-1, -2)


def scalars(work: Work, *values: int) -> list[Tensor]:
    """Integers as tensors on the device, made there."""
    return [torch.full((), value, dtype=torch.int64, device=work.device) for value in values]


def pair_of_variates(problem: Problem) -> Pair | None:
    """The variates of an even step and of the step after it as a function of the four words of a Philox block.

    None if the problem's variates are no function of one Philox block each: then its own `variates` are handed in.
    """
    lane = problem.lane()
    index = lane is not None and lane.kind == "index" and problem.sampling == "with_replacement"
    if not index and not isinstance(problem, CoordinatewiseNoise):
        return None

    def pair(words: Words) -> tuple[Tensor, Tensor]:
        if isinstance(problem, CoordinatewiseNoise) and isinstance(problem.noise.law, StandardNormal):
            return philox.normal_pair(words)
        even, odd = philox.uniform_pair(words)
        if isinstance(problem, CoordinatewiseNoise):
            return problem.noise.law.from_uniform(even), problem.noise.law.from_uniform(odd)  # type: ignore[union-attr]
        return (even * lane.components).long(), (odd * lane.components).long()  # type: ignore[union-attr]

    return pair


def words_of(work: Work, run: Tensor, block: Tensor, key: tuple[Tensor, Tensor]) -> Words:
    """The Philox block of the steps 2·block and 2·block + 1, four int64 tensors [runs, draws]."""
    coordinate = torch.arange(work.problem.draws, dtype=torch.int64, device=run.device)
    stream = torch.full((), philox.GRADIENT_STREAM, dtype=torch.int64, device=run.device)
    return philox.philox_4x32_10((run.unsqueeze(-1), coordinate, block, stream), key)  # type: ignore[arg-type]


def noise_function(work: Work, pair: Pair) -> Flat:
    """(run numbers, key words, first step) → the variates [STEPS, runs, D] that all settings share."""

    def noise(numbers: Tensor, low: Tensor, high: Tensor, start: Tensor) -> tuple[Tensor, ...]:
        pairs = [pair(words_of(work, numbers, (start >> 1) + k, (low, high))) for k in range(STEPS // 2)]
        return (torch.stack([in_precision(work, variates) for both in pairs for variates in both]),)

    return noise


def in_precision(work: Work, variates: Tensor) -> Tensor:
    """Variates that are floats, in the work's precision; indices stay as they are."""
    return variates.to(work.dtype) if variates.is_floating_point() else variates


def steps_function(work: Work, names: Sequence[str], pair: Pair | None) -> Flat:
    """STEPS steps as one function of tensors; of `work` only the structure is used.

    (first step, step sizes, varying parameters, θ, state, then variates or run numbers and key words) → (θ, state, each
    quantity of `measured` [STEPS, settings, runs]).
    """

    def steps(start: Tensor, sizes: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        count = len(work.group.varying)
        parameters = {**work.group.shared, **dict(zip(work.group.varying, rest[:count], strict=True))}
        theta, *values = rest[count : count + 1 + len(names)]
        noise = rest[count + 1 + len(names) :]
        state = dict(zip(names, values, strict=True))
        rows: list[dict[str, Tensor]] = []
        both: tuple[Tensor, ...] = ()
        for k in range(STEPS):
            if pair is not None and k % 2 == 0:
                both = pair(words_of(work, noise[0], (start >> 1) + k // 2, (noise[1], noise[2])))
            variates = noise[0][k] if pair is None else in_precision(work, both[k % 2])
            theta, state, row = step_and_measure(work, parameters, theta, state, variates, start + k, sizes[k])
            rows.append(row)
        stacked = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
        return theta, *(state[name] for name in names), *(stacked[name] for name in measured(work))

    return steps


def measured(work: Work) -> list[str]:
    """The quantities of `step_and_measure`, in order."""
    return [name for name in work.quantities if name != GRADIENT_POWER]


def statistics(work: Work, values: Sequence[Tensor], inside: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The moments of these quantities of `measured` [steps, settings, runs], tensor after tensor.

    For each of `work.quantities`: sums, central sums, and block sums if it is kept. `inside`: a number that is positive
    for the runs that count, or nothing if all do.
    """
    named = dict(zip(measured(work), values, strict=True))
    if GRADIENT_POWER in work.quantities:
        named[GRADIENT_POWER] = four_thirds(named[GRADIENT_SQUARE])
    counted = in_tiles(inside[0]) > 0 if inside else None
    flat: list[Tensor] = []
    for name in work.quantities:
        found = masked_moments(in_tiles(named[name]), counted, work.blocks, name in work.kept)
        flat += [found.total, found.central, *([] if found.blocks is None else [found.blocks])]
    return tuple(flat)


def joined(work: Work, parts: Sequence[Sequence[Tensor]], steps: int) -> dict[str, Moments]:
    """The results of `statistics` of consecutive calls as the moments of one chunk of this many steps."""
    columns = iter(zip(*parts, strict=True))

    def together(dimension: int) -> Tensor:
        return torch.cat(next(columns), dim=dimension).narrow(dimension, 0, steps)

    return {
        name: Moments(together(2), together(3), together(2) if name in work.kept else None) for name in work.quantities
    }


def compiled(work: Work, name: str, function: Flat) -> Flat:
    """The function compiled for the shapes of the arguments of its first call."""
    ready: list[Flat] = []

    def run(*arguments: Tensor) -> tuple[Tensor, ...]:
        if not ready:
            ready.append(compiled_for(work, name, function, arguments))
        return ready[0](*arguments)

    return run


def compiled_for(work: Work, name: str, function: Flat, arguments: Sequence[Tensor]) -> Flat:
    """The function compiled for this problem, method and these shapes: from the cache, or traced and compiled now.

    Raises ValueError if the problem's functions cannot be traced: they must be torch operations on whole tensors.
    """
    key = (name, id(work.problem), id(work.method), str(work.group.shared), *work.group.varying, work.dtype)
    key += (work.quantities, work.kept, work.blocks, *((a.shape, a.dtype, a.device) for a in arguments))
    if key not in CACHE:
        try:
            traced = make_fx(function, tracing_mode="fake", _allow_non_fake_inputs=True)(*arguments)
        except (RuntimeError, TypeError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"problem {work.problem.name} cannot be compiled: {reason}") from error
        if len(CACHE) >= CACHED:
            del CACHE[next(iter(CACHE))]
        CACHE[key] = work, torch._inductor.compile(traced, list(arguments))
    return CACHE[key][1]


CACHE: dict[tuple[object, ...], tuple[Work, Flat]] = {}
"""Structure and shapes → the work, whose problem's and method's identities are part of the key, and the compiled function."""
