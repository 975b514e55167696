"""Code given in the compiler's own terms, where the order of its operations decides the speed."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from numerics.fused.memory import DOUBLE, WORD
from numerics.philox import MASK, MULTIPLIERS, ROUNDS

TOGETHER = 4
"""Runs whose random words are made side by side: two cost 1.3 times as much, eight 0.93 times but compile twice as long."""
BLOCK_LANES = 32
"""Numbers that `block_total` adds up."""


@intrinsic
def philox(typing_context: Any, first: Any, apart: Any, c1: Any, c2: Any, c3: Any, keys: Any) -> Any:
    """The words w0, …, w3 of the counters (first + k·apart mod 2^32, c1, c2, c3), k < TOGETHER: 4 TOGETHER numbers.

    All are uint64 below 2^32; `keys` is the address of the twenty round keys. A round is one chain of dependent
    operations, and a processor looks too few instructions ahead to find the next run's chain by itself.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first, apart, c1, c2, c3, keys = arguments
        low, half = ir.Constant(WORD, MASK), ir.Constant(WORD, 32)
        address = builder.inttoptr(keys, WORD.as_pointer())
        key = [builder.load(builder.gep(address, [ir.Constant(WORD, k)])) for k in range(2 * ROUNDS)]

        def times(word: Any, multiplier: int) -> Any:
            return builder.mul(builder.and_(word, low), ir.Constant(WORD, multiplier))

        def mixed(product: Any, word: Any, round_key: Any) -> Any:
            return builder.xor(builder.xor(builder.lshr(product, half), word), round_key)

        runs = [builder.add(first, builder.mul(apart, ir.Constant(WORD, k))) for k in range(TOGETHER)]
        chains = [(builder.and_(run, low), c1, c2, c3) for run in runs]
        for r in range(ROUNDS):
            p = [times(c[0], MULTIPLIERS[0]) for c in chains]
            q = [times(c[2], MULTIPLIERS[1]) for c in chains]
            w0 = [mixed(product, c[1], key[2 * r]) for product, c in zip(q, chains, strict=True)]
            w2 = [mixed(product, c[3], key[2 * r + 1]) for product, c in zip(p, chains, strict=True)]
            w1, w3 = ([builder.and_(product, low) for product in products] for products in (q, p))
            chains = list(zip(w0, w1, w2, w3, strict=True))
        return context.make_tuple(builder, signature.return_type, [word for chain in chains for word in chain])

    given = (types.uint64, types.uint64, types.uint64, types.uint64, types.uint64, types.int64)
    return types.UniTuple(types.uint64, 4 * TOGETHER)(*given), generate


@intrinsic
def block_total(typing_context: Any, address: Any) -> Any:
    """The total of the BLOCK_LANES float64 numbers at an address by halving: x_j + x_{j+16}, then 8 apart, …, in vectors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        width = BLOCK_LANES
        vector = ir.VectorType(DOUBLE, width).as_pointer()
        total = builder.load(builder.inttoptr(arguments[0], vector), align=8)
        while width > 1:
            width //= 2
            places = ir.VectorType(ir.IntType(32), width)
            lower, upper = (ir.Constant(places, [*range(k, k + width)]) for k in (0, width))
            total = builder.fadd(
                builder.shuffle_vector(total, total, lower), builder.shuffle_vector(total, total, upper)
            )
        return builder.extract_element(total, ir.Constant(WORD, 0))

    return types.float64(types.int64), generate
