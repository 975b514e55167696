"""The fused tier of the engine: compiled steps on batches of tiles, several threads, the same bits for any number of them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor

from numerics.fused import compiling, operator, stages
from numerics.fused.program import Program, gap_offset, program
from numerics.fused.vectors import BLOCK_LANES
from numerics.philox import MASK, ROUNDS, WEYL, check_words, key_of
from numerics.reference import has_preliminary_gradient
from numerics.statistics import GRADIENT_POWER, GRADIENT_SQUARE, TILE_RUNS, Moments
from numerics.tiers import Work

CHUNK_MOMENTS = 1 << 14
"""Steps × settings × tiles per call of the compiled loop: few calls, and moments that stay in cache."""
BATCH_BYTES = 1 << 22
"""State of the tiles simulated together; with their moments it stays in the last level of the cache."""
KINDS = {
    ("normal", "with_replacement"): stages.NORMAL,
    ("uniform", "with_replacement"): stages.UNIFORM,
    ("index", "with_replacement"): stages.UNIFORM,
    ("index", "reshuffled"): stages.RESHUFFLED,
    ("index", "fixed_order"): stages.FIXED,
}


def refusal(work: Work) -> str | None:
    """See `numerics.tiers.Tier.refusal`."""
    if work.device.type != "cpu":
        return f"it runs on the CPU, not on {work.device}"
    if work.dtype != torch.float64:
        return "it computes in float64"
    if work.problem.lane() is None:
        return "the problem has no formula for a single run (it is a matrix product, or has too many coordinates or pieces)"
    if work.group.shared.get("spatial_dims") is not None:
        return "AdaShift's spatial_dims couples coordinates"
    return None


def batch_tiles(work: Work) -> int:
    """As many tiles as fit the cache, and at least two for each thread."""
    names = len(work.method.init(torch.zeros(1), delay=work.group.shared.get("delay", 1)))
    size = 8 * TILE_RUNS * (names + 1) * work.problem.dimension * len(work.group.rows)
    return max(2 * torch.get_num_threads(), BATCH_BYTES // size, 1)


def round_keys(seed: int) -> Tensor:
    """Philox's key of each of the ten rounds, int64 [20]."""
    low, high = key_of(seed)
    return torch.tensor(
        [(word + r * weyl) & MASK for r in range(ROUNDS) for word, weyl in zip((low, high), WEYL, strict=True)]
    )


def chunks(work: Work) -> Iterator[tuple[int, Mapping[str, Moments]]]:
    """See `numerics.tiers.Tier.chunks`."""
    check_words("runs", work.runs)
    check_words("steps", range(work.steps + 1))
    first = 0 if has_preliminary_gradient(work.method) else 1
    lane, steps = program(work, first)
    kind = KINDS[lane.kind, work.problem.sampling]
    functions = [compiling.step_function(source) for source in steps.sources]
    wanted = needed_stages(work, kind)
    compiling.driver()
    state = initial_state(work, len(steps.names))
    tiles, settings = state.shape[:2]
    kept = [name for name in work.quantities if name in work.kept]
    places = [kept.index(n) if n in kept else -1 for n in work.quantities]
    same = {**steps.constant}
    if GRADIENT_SQUARE in same:
        same[GRADIENT_POWER] = 0.0  # made of the row above, once
    powered = int(GRADIENT_POWER in work.quantities)
    own_rows = 1 if lane.separable else work.problem.dimension
    size = stages.scratch_size(work.problem.dimension, len(work.quantities) + own_rows, lane.components)
    fixed: dict[str, Any] = {
        "stages": [compiling.stage(name).address if name in wanted else 0 for name in stages.STAGES],
        "phases": torch.tensor([functions[body].address for body in steps.phases]),
        "state": state,
        "gap_row": gap_offset(work, lane, steps.constant),
        "f_inf": work.problem.constants.f_inf,
        "keys": round_keys(work.seed),
        "runs": [work.runs.start, len(work.runs)],
        "layout": [work.problem.dimension, kind, max(lane.components, 1), first, own_rows, powered],
        "kept": torch.tensor(places),
        "constant": torch.tensor([same.get(name) is not None for name in work.quantities]),
        "numbers": torch.tensor([same.get(name, 0.0) for name in work.quantities], dtype=torch.float64),
    }
    threads = max(1, min(torch.get_num_threads(), tiles))
    parts = [[tiles * k // threads, tiles * (k + 1) // threads] for k in range(threads)]
    scratch = [torch.zeros(size, dtype=torch.float64) for _ in range(threads)]
    ahead = CHUNK_MOMENTS // (settings * tiles) // 16 * 16 + 8  # odd in cache lines: rows spread over the cache's sets
    total, central, blocks = room(work, len(kept), tiles, settings, 0)
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, work.steps + 1, ahead):
            span = range(max(start, first), min(start + ahead, work.steps + 1))
            measured = len(span) - (span.start == 0)
            if total.shape[3] != measured:
                total, central, blocks = room(work, len(kept), tiles, settings, measured)
            arguments = {
                **fixed,
                "scalars": scalar_table(work, steps, span, first),
                "span": [span.start, span.stop],
                "total": total,
                "central": central,
                "blocks": blocks,
            }
            each = pool.map if threads > 1 else map
            list(each(functools.partial(_simulate, arguments), scratch, parts))
            if measured:
                yield (
                    max(span.start, 1) - 1,
                    {
                        name: Moments(total[q], central[q], blocks[places[q]] if places[q] >= 0 else None)
                        for q, name in enumerate(work.quantities)
                    },
                )


def needed_stages(work: Work, kind: int) -> set[str]:
    """Those of `stages.STAGES` that this work calls: each costs some tenths of a second to compile, once."""
    needed = {
        "words": kind != stages.FIXED,
        "normals": kind == stages.NORMAL,
        "permutation": kind == stages.RESHUFFLED,
        "power": GRADIENT_POWER in work.quantities,
        "block_sums": bool(work.kept) and work.blocks != BLOCK_LANES,
        "moments": True,
    }
    return {name for name in stages.STAGES if needed[name]}


def room(work: Work, kept: int, tiles: int, settings: int, steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Memory for the moments and block sums of a chunk of steps; the next chunk of this length takes it again."""
    shape = (len(work.quantities), tiles, settings, steps)
    total, central = torch.empty(shape, dtype=torch.float64), torch.empty(shape[0], 3, *shape[1:], dtype=torch.float64)
    return total, central, torch.empty(max(kept, 1), *shape[1:], work.blocks, dtype=torch.float64)


def _simulate(arguments: dict[str, Any], scratch: Tensor, tiles: list[int]) -> None:
    getattr(torch.ops, operator.LIBRARY.ns).simulate_tiles(**arguments, scratch=scratch, tiles=tiles)


def scalar_table(work: Work, steps: Program, span: range, first: int) -> Tensor:
    """What the steps of a span read besides lanes, float64 [steps or 1, settings, count]; one row if all steps read the same."""
    inputs = {name: np.array(values) for name, values in work.group.varying.items()}
    rates, decay = np.array([work.group.alpha]), np.array(work.group.decay)
    if decay.any():
        rates = rates * np.maximum(np.arange(span.start, span.stop), 1.0)[:, None] ** -decay
    return torch.from_numpy(steps.scalar_table(range(span.start - first, span.stop - first), inputs, rates))


def initial_state(work: Work, names: int) -> Tensor:
    """float64 [tiles, settings, D × (1 + names) × LANES]: θ_0 and zeros; lanes beyond the last run repeat it."""
    theta = work.problem.initial(work.seed, work.runs)
    missing = -len(theta) % stages.LANES
    padded = torch.cat([theta, theta[-1:].expand(missing, -1)]).unflatten(0, (-1, stages.LANES)).transpose(1, 2)
    state = torch.zeros(len(padded), len(work.group.rows), theta.shape[1], 1 + names, stages.LANES, dtype=torch.float64)
    state[:, :, :, 0] = padded.unsqueeze(1)
    return state.flatten(2)
