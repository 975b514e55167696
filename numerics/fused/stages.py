"""The stages that every problem shares: random numbers, sums over runs, the loop over steps.

Arrays are rows of LANES float64, one lane for each run of a tile. Every stage is a function of int64 numbers and
addresses, compiled by itself and called by address (`numerics.fused.compiling`), so that each is one small loop which
becomes vector instructions and is compiled once. The sums follow the tree of `numerics.statistics.tile_moments`.
"""

from __future__ import annotations

import math

import numpy as np

from numerics.fused.elementary import (
    any_power_two_thirds,
    cosine_and_sine,
    fma,
    from_bits,
    inlined,
    log_normal,
    power_two_thirds,
)
from numerics.fused.memory import call, load, store
from numerics.fused.vectors import BLOCK_LANES, block_total, philox

LANES = 256
QUARTER = LANES // 4
ROW = 8 * LANES
"""Bytes of a row."""
NOISE_ROWS = 8
"""Rows of noise made at a time, if that is two steps or more: what every setting then reads stays in the first cache."""
MASK = np.uint64(0xFFFFFFFF)
LOW = np.uint64(12)
HIGH = np.uint64(20)
TWO_52 = np.uint64(0x4330000000000000)

NORMAL, UNIFORM, RESHUFFLED, FIXED = range(4)
"""What a variate is: a standard normal, a uniform, or the index of a component that is visited in epochs."""
GRADIENT_STREAM, PERMUTATION_STREAM = 0, 2


@inlined
def to_uniform(low, high):  # type: ignore[no-untyped-def]
    """`numerics.philox.to_uniform`: j's bits become those of 2^52 + j, so no conversion is needed."""
    j = (high << HIGH) | (low >> LOW)
    return (from_bits(np.int64(j | TWO_52)) - (2.0**52 - 0.5)) * 2.0**-52


def words(even, odd, first_run, coordinate, block, stream, keys):  # type: ignore[no-untyped-def]
    """Two rows of uniforms for the runs first_run, first_run + 1, …: the even step's and the odd step's."""
    c1, c2, c3 = np.uint64(coordinate), np.uint64(block), np.uint64(stream)
    for j in range(QUARTER):
        w = philox(np.uint64(first_run + j), np.uint64(QUARTER), c1 & MASK, c2 & MASK, c3 & MASK, keys)
        store(even, j, to_uniform(w[0], w[1]))
        store(odd, j, to_uniform(w[2], w[3]))
        store(even, QUARTER + j, to_uniform(w[4], w[5]))
        store(odd, QUARTER + j, to_uniform(w[6], w[7]))
        store(even, 2 * QUARTER + j, to_uniform(w[8], w[9]))
        store(odd, 2 * QUARTER + j, to_uniform(w[10], w[11]))
        store(even, 3 * QUARTER + j, to_uniform(w[12], w[13]))
        store(odd, 3 * QUARTER + j, to_uniform(w[14], w[15]))


def normals(even, odd):  # type: ignore[no-untyped-def]
    """Box and Muller on two rows of uniforms, in place: the cosine for the even step, the sine for the odd one.

    Two loops: a processor looks only so far ahead, and finds more to do at a time in short chains.
    """
    for j in range(LANES):
        store(even, j, math.sqrt(-2.0 * log_normal(load(even, j))))
    for j in range(LANES):
        radius = load(even, j)
        cosine, sine = cosine_and_sine(load(odd, j))
        store(even, j, cosine * radius)
        store(odd, j, sine * radius)


def permutation(words_stage, table, uniforms, size, first_run, epoch, keys):  # type: ignore[no-untyped-def]
    """Each lane's permutation of 0..size-1 in this epoch, by Fisher and Yates: rows [size, LANES] at `table`."""
    for i in range(size):
        for j in range(LANES):
            store(table, i * LANES + j, float(i))
    half = LANES * (epoch % 2)
    for i in range(size - 1, 0, -1):
        call(words_stage, (uniforms, uniforms + ROW, first_run, i, epoch // 2, PERMUTATION_STREAM, keys))
        for j in range(LANES):
            other = int(load(uniforms, half + j) * (i + 1)) * LANES + j
            here = load(table, i * LANES + j)
            store(table, i * LANES + j, load(table, other))
            store(table, other, here)


def power(out, source):  # type: ignore[no-untyped-def]
    """A row's power 2/3; once more with care if a lane is outside the plain function's range."""
    rare = 0
    for j in range(LANES):
        x = load(source, j)
        rare += 0 if 2.0**-1000 <= x < math.inf else 1
        store(out, j, power_two_thirds(x))
    if rare != 0:
        for j in range(LANES):
            store(out, j, any_power_two_thirds(load(source, j)))


@inlined
def eight(a, b, c, d, e, f, g, h):  # type: ignore[no-untyped-def]
    """The last three halvings above BLOCK_LANES: rows 0..7 of a tile of LANES seen as [8, BLOCK_LANES]."""
    return ((a + e) + (c + g)) + ((b + f) + (d + h))


@inlined
def eight_products(a, b, c, d, e, f, g, h, p, q, r, s, t, u, v, w):  # type: ignore[no-untyped-def]
    """`eight` of the products a p, b q, …, of which four are rounded with the first additions."""
    return (fma(e, t, a * p) + fma(g, v, c * r)) + (fma(f, u, b * q) + fma(h, w, d * s))


@inlined
def row_sums(x, out):  # type: ignore[no-untyped-def]
    """Sums over the runs ≡ b mod BLOCK_LANES of a row."""
    for j in range(BLOCK_LANES):
        store(
            out,
            j,
            eight(
                load(x, j),
                load(x, 32 + j),
                load(x, 64 + j),
                load(x, 96 + j),
                load(x, 128 + j),
                load(x, 160 + j),
                load(x, 192 + j),
                load(x, 224 + j),
            ),
        )


@inlined
def row_powers(x, mean, out):  # type: ignore[no-untyped-def]
    """Sums of squares, cubes and fourth powers of the deviations from the mean: three rows of BLOCK_LANES."""
    for j in range(BLOCK_LANES):
        a, b, c, d = load(x, j) - mean, load(x, 32 + j) - mean, load(x, 64 + j) - mean, load(x, 96 + j) - mean
        e, f = load(x, 128 + j) - mean, load(x, 160 + j) - mean
        g, h = load(x, 192 + j) - mean, load(x, 224 + j) - mean
        a2, b2, c2, d2, e2, f2, g2, h2 = a * a, b * b, c * c, d * d, e * e, f * f, g * g, h * h
        store(out, j, eight(a2, b2, c2, d2, e2, f2, g2, h2))
        store(out, 32 + j, eight_products(a2, b2, c2, d2, e2, f2, g2, h2, a, b, c, d, e, f, g, h))
        store(out, 64 + j, eight_products(a2, b2, c2, d2, e2, f2, g2, h2, a2, b2, c2, d2, e2, f2, g2, h2))


def block_sums(x, scratch, blocks, out):  # type: ignore[no-untyped-def]
    """Sums over the runs ≡ b mod `blocks` of a row, for any power of two up to LANES."""
    for j in range(LANES):
        store(scratch, j, load(x, j))
    width = LANES
    while width > blocks:
        width //= 2
        for j in range(width):
            store(scratch, j, load(scratch, j) + load(scratch, width + j))
    for b in range(blocks):
        store(out, b, load(scratch, b))


def moments(x, scratch, lanes, total, central, plane, sums):  # type: ignore[no-untyped-def]
    """A row's sum over the first `lanes` lanes to `total`, central sums of powers 2, 3, 4 `plane` bytes apart.

    Unless `sums` is 0, the sums over the runs ≡ b mod BLOCK_LANES go there.
    """
    for j in range(lanes, LANES):
        store(x, j, 0.0)
    row_sums(x, scratch)
    if sums != 0:
        for j in range(BLOCK_LANES):
            store(sums, j, load(scratch, j))
    summed = block_total(scratch)
    mean = summed / lanes
    for j in range(lanes, LANES):
        store(x, j, mean)
    row_powers(x, mean, scratch)
    store(total, 0, summed)
    store(central, 0, block_total(scratch))
    store(central + plane, 0, block_total(scratch + 8 * BLOCK_LANES))
    store(central + 2 * plane, 0, block_total(scratch + 16 * BLOCK_LANES))


STAGES = ("words", "normals", "permutation", "power", "block_sums", "moments")
"""The stages in the order of their addresses in `simulate_tiles`' `stages`."""


def simulate_tiles(  # type: ignore[no-untyped-def]
    stages,
    phases,
    state,
    scratch,
    scalars,
    gap,
    keys,
    span,
    tiles,
    runs,
    layout,
    kept,
    constant,
    numbers,
    total,
    central,
    blocks,
):
    """Steps span[0] ≤ t < span[1] of the tiles tiles[0] ≤ k < tiles[1], statistics inside.

    `stages`: addresses of STAGES. `phases`: addresses of the compiled step for the call 0, 1, …, the last one for all
    later calls. `state` float64 [tiles, settings, D × names × LANES]. `scratch` float64 of `scratch_size` numbers.
    `scalars` [steps or 1, settings, count]. `gap`: (the row to subtract f_inf from, or -1; f_inf). `keys`: Philox's
    twenty round keys. `runs`: the batch's first run and their number. `layout`: (D, kind of variate, number of components, t
    of the first call, rows that a step uses for itself after those of the quantities, `powered`). `kept` [quantities]: a place
    among the kept quantities, or -1. `constant` [quantities]: whether it is the number `numbers` [quantities] in every
    lane at every step.
    Written: `total` [quantities, tiles, settings, steps], `central` [quantities, 3, …], `blocks` [kept quantities,
    tiles, settings, steps, blocks]. If `powered`, row 0 is made of row 1, the squared norm of the gradient.
    """
    words_stage, normal_stage, permutation_stage, power_stage, block_stage, moment_stage = stages
    dimension, kind, size, first, spare_rows, powered = layout
    settings, quantities, measured = state.shape[1], total.shape[0], total.shape[3]
    width = blocks.shape[4]
    plane = 8 * measured * settings * total.shape[1]
    key = keys.ctypes.data
    noise = scratch.ctypes.data
    ahead = NOISE_ROWS // dimension // 2 * 2 if 2 * dimension < NOISE_ROWS else 2
    uniforms = noise + ahead * dimension * ROW
    spare = uniforms + 2 * ROW
    out = spare + ROW
    table = out + (quantities + spare_rows) * ROW
    for tile in range(tiles[0], tiles[1]):
        run = runs[0] + tile * LANES
        lanes = min(LANES, runs[1] - tile * LANES)
        if kind == RESHUFFLED and span[0] % size:
            call(permutation_stage, (words_stage, table, uniforms, size, run, span[0] // size, key))
        for base in range(span[0] // ahead * ahead, span[1], ahead):
            start, stop = max(base, span[0]), min(base + ahead, span[1])
            if kind == RESHUFFLED:
                for t in range(start, stop):
                    if t % size == 0:
                        call(permutation_stage, (words_stage, table, uniforms, size, run, t // size, key))
                    for j in range(LANES):
                        store(noise + (t - base) * ROW, j, load(table, (t % size) * LANES + j))
            elif kind == FIXED:
                for t in range(start, stop):
                    for j in range(LANES):
                        store(noise + (t - base) * ROW, j, float(t % size))
            else:
                for t in range(start // 2 * 2, stop, 2):
                    for i in range(dimension):
                        even = noise + ((t - base) * dimension + i) * ROW
                        odd = even + dimension * ROW
                        call(words_stage, (even, odd, run, i, t // 2, GRADIENT_STREAM, key))
                        if kind == NORMAL:
                            call(normal_stage, (even, odd))
            for setting in range(settings):
                here = state.ctypes.data + 8 * (tile * settings + setting) * state.shape[2]
                for t in range(start, stop):
                    row = min(t - span[0], scalars.shape[0] - 1)
                    there = scalars.ctypes.data + 8 * (row * settings + setting) * scalars.shape[2]
                    variates = noise + (t - base) * dimension * ROW
                    call(phases[min(t - first, phases.size - 1)], (here, variates, out, there, dimension))
                    if t == 0:
                        continue
                    if gap[0] >= 0 and gap[1] != 0.0:
                        for j in range(LANES):
                            store(out, gap[0] * LANES + j, load(out, gap[0] * LANES + j) - gap[1])
                    step = t - max(span[0], 1)
                    if step == 0:
                        for q in range(quantities):
                            if constant[q]:
                                for j in range(LANES):
                                    store(out, q * LANES + j, numbers[q])
                    if powered and (step == 0 or not constant[1]):
                        call(power_stage, (out, out + ROW))
                    place = 8 * ((tile * settings + setting) * measured + step)
                    for q in range(quantities):
                        values = out + q * ROW
                        at = total.ctypes.data + place + q * plane
                        powers = central.ctypes.data + place + 3 * q * plane
                        sums = blocks.ctypes.data + (place + kept[q] * plane) * width
                        if constant[q] and step > 0:
                            store(at, 0, load(at, -1))
                            for k in range(3):
                                store(powers + k * plane, 0, load(powers + k * plane, -1))
                            if kept[q] >= 0:
                                for b in range(width):
                                    store(sums, b, load(sums, b - width))
                            continue
                        as_folded = kept[q] >= 0 and width == BLOCK_LANES
                        call(moment_stage, (values, spare, lanes, at, powers, plane, sums if as_folded else 0))
                        if kept[q] >= 0 and not as_folded:
                            for j in range(lanes, LANES):
                                store(values, j, 0.0)
                            call(block_stage, (values, spare, width, sums))


def scratch_size(dimension: int, rows: int, components: int) -> int:
    """How many float64 numbers `simulate_tiles` needs as scratch; `rows` for the quantities and the steps' own."""
    return LANES * (max(NOISE_ROWS, 2 * dimension) + 3 + rows + components)
