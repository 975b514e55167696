"""The compiled loop as an operator of torch, `torch.ops.adoptproof.simulate_tiles`, on the tensors' own memory.

So it is visible to torch's profiler and dispatcher, and can stand in a compiled graph (it is opaque there). Registered by
its schema: `torch.library.custom_op` would import torch's compiler, a second for nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from numerics.fused import compiling

SCHEMA = (
    "simulate_tiles(int[] stages, Tensor phases, Tensor(a!) state, Tensor(b!) scratch, Tensor scalars, int gap_row, "
    "float f_inf, Tensor keys, int[] span, int[] tiles, int[] runs, int[] layout, Tensor kept, Tensor constant, "
    "Tensor numbers, Tensor(c!) total, Tensor(d!) central, Tensor(e!) blocks) -> ()"
)
LIBRARY = torch.library.Library("adoptproof", "DEF")
LIBRARY.define(SCHEMA)


def simulate_tiles(
    stages: list[int],
    phases: Tensor,
    state: Tensor,
    scratch: Tensor,
    scalars: Tensor,
    gap_row: int,
    f_inf: float,
    keys: Tensor,
    span: list[int],
    tiles: list[int],
    runs: list[int],
    layout: list[int],
    kept: Tensor,
    constant: Tensor,
    numbers: Tensor,
    total: Tensor,
    central: Tensor,
    blocks: Tensor,
) -> None:
    """`numerics.fused.stages.simulate_tiles`; contiguous float64 tensors, int64 for addresses, keys and places."""
    compiling.driver()(
        tuple(stages),
        phases.numpy(),
        state.numpy(),
        scratch.numpy(),
        scalars.numpy(),
        (gap_row, f_inf),
        keys.numpy(),
        (span[0], span[1]),
        (tiles[0], tiles[1]),
        (runs[0], runs[1]),
        tuple(layout),
        kept.numpy(),
        constant.numpy(),
        numbers.numpy(),
        total.numpy(),
        central.numpy(),
        blocks.numpy(),
    )


def _without_data(*arguments: object, **named: object) -> None:
    """On tensors without data nothing happens: the operator only writes into its arguments."""


LIBRARY.impl("simulate_tiles", simulate_tiles, "CPU")
LIBRARY.impl("simulate_tiles", _without_data, "Meta")
