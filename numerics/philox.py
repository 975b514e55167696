"""Counter-based random numbers: Philox 4x32-10 in exact int64 torch arithmetic.

Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11. A draw is a pure function of
(seed, run, coordinate, step, stream): any range of runs and steps can be computed anywhere, in any order and any
chunking, with the same bits.

One Philox block has 128 bits, two doubles. The counter is

    (run, coordinate, step // 2, stream),

and the block serves the even step with its first double and the odd step with its second: two uniforms for
`uniforms`, the cosine and the sine of one Box-Muller pair for `normals`. `indices` draws components of a finite sum, with
replacement or in epochs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

MASK = 0xFFFFFFFF
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10

GRADIENT_STREAM = 0
"""Stream of the oracle's draws ξ_0, ξ_1, …"""
START_STREAM = 1
"""Stream of the random start θ_0 (drawn at step 0)."""
PERMUTATION_STREAM = 2
"""Stream of the permutations of a finite sum's components; the counter's step is the epoch, its coordinate a place."""

BLOCKS_PER_TILE = 1 << 15
"""Blocks generated at a time: the working set stays in the second-level cache."""


def key_of(seed: int) -> tuple[int, int]:
    """The two 32-bit key words (low, high) of a 64-bit seed. Raises ValueError outside [0, 2^64)."""
    if type(seed) is not int or not 0 <= seed < 1 << 64:
        raise ValueError(f"seed must be an integer in [0, 2^64), got {seed!r}")
    return seed & MASK, seed >> 32


def check_words(name: str, indices: range) -> None:
    """Raises ValueError unless the indices are contiguous and fit a word of the counter."""
    if indices.step != 1 or not 0 <= indices.start <= indices.stop <= 1 << 32:
        raise ValueError(f"{name} must be a contiguous range within [0, 2^32), got {indices}")


def philox_4x32_10(counter: Sequence[Tensor], key: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The Philox 4x32-10 bijection.

    `counter`: four int64 tensors (broadcastable) of 32-bit words; `key`: two 32-bit words. Returns four int64 tensors
    of 32-bit words. Nothing overflows a signed word, which C++ made of this code may not do: with M' = M - 2^32, of size
    below 2^31, c·M' fits, its lower half is that of c·M, and ⌊c·M / 2^32⌋ = ⌊c·M' / 2^32⌋ + c.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        p0, p1 = c0 * (MULTIPLIERS[0] - (1 << 32)), c2 * (MULTIPLIERS[1] - (1 << 32))
        c0, c1, c2, c3 = ((p1 >> 32) + c2) ^ c1 ^ k0, p1 & MASK, ((p0 >> 32) + c0) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + WEYL[0]) & MASK, (k1 + WEYL[1]) & MASK
    return c0, c1, c2, c3


def to_uniform(low: Tensor, high: Tensor) -> Tensor:
    """The uniform (j + 1/2)·2^-52, j the upper 52 bits of the 64-bit word high·2^32 + low.

    Exact in float64, symmetric about 1/2, never 0 or 1. A threshold p is passed with probability within 2^-53 of p.
    """
    j = (high << 20) | (low >> 12)
    return (j.to(torch.float64) + 0.5) * 2.0**-52


def uniforms(
    seed: int,
    runs: range,
    coordinates: int,
    steps: range,
    *,
    stream: int = GRADIENT_STREAM,
    device: str | torch.device | None = None,
) -> Tensor:
    """Independent uniforms on (0, 1), float64, shape [steps, runs, coordinates].

    `runs` and `steps` are contiguous ranges of absolute indices in [0, 2^32). Raises ValueError for others.
    """
    return _fill(seed, runs, coordinates, steps, stream, device, uniform_pair)


def normals(
    seed: int,
    runs: range,
    coordinates: int,
    steps: range,
    *,
    stream: int = GRADIENT_STREAM,
    device: str | torch.device | None = None,
) -> Tensor:
    """Independent standard normals by Box-Muller, float64, shape [steps, runs, coordinates]. See `uniforms`."""
    return _fill(seed, runs, coordinates, steps, stream, device, normal_pair)


def uniform_pair(words: tuple[Tensor, Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """The two uniforms of a block."""
    return to_uniform(words[0], words[1]), to_uniform(words[2], words[3])


def normal_pair(words: tuple[Tensor, Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Box and Muller. The angle is reduced exactly to an eighth of a turn, so that no digit is lost near its zeros."""
    radius = to_uniform(words[0], words[1]).log_().mul_(-2.0).sqrt_()
    turns = to_uniform(words[2], words[3])
    quarter = (turns * 4.0).round_()
    angle = turns.sub_(quarter * 0.25).mul_(2.0 * math.pi)
    cosine, sine = angle.cos(), angle.sin_()
    swapped = (quarter - 2.0).abs_() == 1.0
    first = sine.where(swapped, cosine).mul_(radius)
    second = cosine.where(swapped, sine).mul_(radius)
    left, low = (quarter - 1.5).abs_() < 1.0, (quarter - 2.5).abs_() < 1.0
    return (-first).where(left, first), (-second).where(low, second)


def permutations(
    seed: int, runs: range, size: int, epochs: range, *, device: str | torch.device | None = None
) -> Tensor:
    """Independent uniform permutations of 0..size-1 by Fisher and Yates, int64 [epochs, runs, size].

    The place i = size - 1, …, 1 is exchanged with the place ⌊u(i + 1)⌋ of the uniform with coordinate i; each choice is
    uniform to within (i + 1)·2^-52.
    """
    uniform = uniforms(seed, runs, size, epochs, stream=PERMUTATION_STREAM, device=device)
    out = torch.arange(size, device=device).expand(len(epochs), len(runs), size).clone()
    for i in range(size - 1, 0, -1):
        other = (uniform[..., i] * (i + 1)).long().unsqueeze(-1)
        here = out[..., i : i + 1].clone()
        out[..., i : i + 1] = out.gather(-1, other)
        out.scatter_(-1, other, here)
    return out


def indices(
    seed: int,
    runs: range,
    draws: int,
    steps: range,
    size: int,
    sampling: str,
    *,
    device: str | torch.device | None = None,
) -> Tensor:
    """Which of `size` components are drawn, `draws` at each step, int64 [steps, runs, draws].

    "with_replacement": independent, each probability exact to size·2^-52 (u ≤ 1 - 2^-53, so size·u never rounds to size).
    Without replacement the draws are numbered P = step·draws + place, and draw P is component P mod size of the epoch
    ⌊P / size⌋: in order ("fixed_order"), or of the epoch's own permutation ("reshuffled"). Raises ValueError for others.
    """
    if sampling == "with_replacement":
        return (uniforms(seed, runs, draws, steps, device=device) * size).long()
    number = torch.arange(steps.start * draws, steps.stop * draws, device=device).view(len(steps), 1, draws)
    if sampling == "fixed_order":
        return (number % size).expand(-1, len(runs), -1)
    if sampling != "reshuffled":
        raise ValueError(f"unknown sampling {sampling!r}")
    epochs = range(steps.start * draws // size, -(-steps.stop * draws // size))
    order = permutations(seed, runs, size, epochs, device=device).transpose(0, 1).reshape(len(runs), -1)
    return order[:, (number - epochs.start * size).flatten()].view(len(runs), len(steps), draws).transpose(0, 1)


def _fill(
    seed: int,
    runs: range,
    coordinates: int,
    steps: range,
    stream: int,
    device: str | torch.device | None,
    pair: Callable[[tuple[Tensor, Tensor, Tensor, Tensor]], tuple[Tensor, Tensor]],
) -> Tensor:
    """The doubles of every (step, run, coordinate), block by block of two steps, a tile of blocks at a time."""
    key = key_of(seed)
    check_words("runs", runs)
    check_words("steps", steps)
    first, last = steps.start // 2, -(-steps.stop // 2)
    width = len(runs) * coordinates
    out = torch.empty(2 * (last - first), len(runs), coordinates, dtype=torch.float64, device=device)

    def words(indices: range) -> Tensor:
        return torch.arange(indices.start, indices.stop, dtype=torch.int64, device=device)

    run = words(runs).view(1, -1, 1)
    coordinate = words(range(coordinates)).view(1, 1, -1)
    stream_word = words(range(stream, stream + 1))
    stride = max(1, BLOCKS_PER_TILE // max(width, 1))
    for start in range(first, last, stride):
        stop = min(start + stride, last)
        block = words(range(start, stop)).view(-1, 1, 1)
        even, odd = pair(philox_4x32_10((run, coordinate, block, stream_word), key))
        rows = out[2 * (start - first) : 2 * (stop - first)]
        rows[0::2], rows[1::2] = even, odd
    return out[steps.start - 2 * first : steps.stop - 2 * first]
