"""The fused tier of the engine: compiled steps on batches of tiles, several threads, the same bits for any number of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from numerics.fused import compiling, stages
from numerics.fused.program import program
from numerics.philox import MASK, ROUNDS, WEYL, key_of
from numerics.reference import has_preliminary_gradient
from numerics.statistics import GAP, TILE_RUNS, Moments
from numerics.tiers import Work

CHUNK_MOMENTS = 1 << 16
"""Steps × settings × tiles per call of the compiled loop: few calls, and moments that stay in cache."""
BATCH_BYTES = 1 << 25
"""State of the tiles simulated together: what the last cache level holds."""
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
        return "the problem has no formula for a single run (its gradient is a matrix product, which BLAS does best)"
    if work.group.shared.get("spatial_dims") is not None:
        return "AdaShift's spatial_dims couples coordinates"
    return None


def batch_tiles(work: Work) -> int:
    """As many tiles as fit the cache, and at least two for each thread."""
    names = len(work.method.init(torch.zeros(1), delay=work.group.shared.get("delay", 1)))
    size = 8 * TILE_RUNS * (names + 1) * work.problem.dimension * len(work.group.rows)
    return max(2 * torch.get_num_threads(), BATCH_BYTES // size, 1)


def round_keys(seed: int) -> np.ndarray:
    """Philox's key of each of the ten rounds, uint64 [20]."""
    low, high = key_of(seed)
    return np.array(
        [(word + r * weyl) & MASK for r in range(ROUNDS) for word, weyl in zip((low, high), WEYL, strict=True)],
        dtype=np.uint64,
    )


def chunks(work: Work) -> Iterator[tuple[int, Mapping[str, Moments]]]:
    """See `numerics.tiers.Tier.chunks`."""
    first = 0 if has_preliminary_gradient(work.method) else 1
    lane, steps = program(work, first)
    kind = KINDS[lane.kind, work.problem.sampling]
    functions = [compiling.step_function(source) for source in steps.sources]
    phases = np.array([functions[body].address for body in steps.phases], dtype=np.int64)
    wanted = stages.STAGES if kind == stages.RESHUFFLED else [n for n in stages.STAGES if n != "permutation"]
    addresses = tuple(compiling.stage(name).address if name in wanted else 0 for name in stages.STAGES)
    simulate_tiles = compiling.driver()
    dimension, settings = work.problem.dimension, len(work.group.rows)
    state = initial_state(work, len(steps.names))
    tiles, quantities = len(state), len(work.quantities)
    kept = [name for name in work.quantities if name in work.kept]
    places = np.array([kept.index(n) if n in kept else -1 for n in work.quantities], dtype=np.int64)
    spare = 1 if lane.separable else dimension
    layout = (dimension, kind, max(lane.components, 1), first, spare)
    constant = np.array([name in steps.constant for name in work.quantities])
    gap = (work.quantities.index(GAP) if GAP in work.quantities else -1, work.problem.constants.f_inf)
    inputs = {name: np.array(values) for name, values in work.group.varying.items()}
    alpha, decay = np.array(work.group.alpha), np.array(work.group.decay)
    keys, runs = round_keys(work.seed), (work.runs.start, len(work.runs))
    threads = max(1, min(torch.get_num_threads(), tiles))
    cuts = [tiles * k // threads for k in range(threads + 1)]
    size = stages.scratch_size(dimension, quantities + spare, lane.components)
    scratch = [np.zeros(size) for _ in range(threads)]
    ahead = max(16, CHUNK_MOMENTS // (settings * tiles))
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, work.steps + 1, ahead):
            span = range(max(start, first), min(start + ahead, work.steps + 1))
            moving = np.maximum(np.arange(span.start, span.stop), 1.0)[:, None]
            rates = alpha * moving**-decay
            table = steps.scalar_table(range(span.start - first, span.stop - first), inputs, rates)
            measured = len(span) - (span.start == 0)
            total = np.empty((quantities, measured, settings, tiles))
            central = np.empty((quantities, 3, measured, settings, tiles))
            blocks = np.empty((max(len(kept), 1), measured, settings, tiles, work.blocks))

            def run(
                k: int,
                table: np.ndarray = table,
                span: range = span,
                out: tuple[np.ndarray, ...] = (total, central, blocks),
            ) -> None:
                simulate_tiles(
                    addresses,
                    phases,
                    state,
                    scratch[k],
                    table,
                    gap,
                    keys,
                    (span.start, span.stop),
                    (cuts[k], cuts[k + 1]),
                    runs,
                    layout,
                    places,
                    constant,
                    *out,
                )

            if threads == 1:
                run(0)
            else:
                list(pool.map(run, range(threads)))
            if measured:
                yield (
                    max(span.start, 1) - 1,
                    {
                        name: Moments(
                            torch.from_numpy(total[q]),
                            torch.from_numpy(central[q]),
                            torch.from_numpy(blocks[places[q]]) if places[q] >= 0 else None,
                        )
                        for q, name in enumerate(work.quantities)
                    },
                )


def initial_state(work: Work, names: int) -> np.ndarray:
    """float64 [tiles, settings, D, 1 + names, LANES]: θ_0 and zeros; lanes beyond the last run repeat it."""
    theta = work.problem.initial(work.seed, work.runs).numpy()
    tiles = -(-len(theta) // stages.LANES)
    padded = np.concatenate([theta, np.repeat(theta[-1:], tiles * stages.LANES - len(theta), axis=0)])
    state = np.zeros((tiles, len(work.group.rows), theta.shape[1], 1 + names, stages.LANES))
    state[:, :, :, 0] = padded.reshape(tiles, 1, stages.LANES, -1).transpose(0, 1, 3, 2)
    return state.reshape(tiles, len(work.group.rows), -1)
