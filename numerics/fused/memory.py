"""Loads, stores and calls by address: what the compiled stages need of a pointer, and nothing more."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

DOUBLE = ir.DoubleType()
WORD = ir.IntType(64)


def _element(builder: Any, kind: Any, address: Any, index: Any) -> Any:
    return builder.gep(builder.inttoptr(address, kind.as_pointer()), [index], inbounds=True)


@intrinsic
def load(typing_context: Any, address: Any, index: Any) -> Any:
    """The float64 number `index` of the array at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_element(builder, DOUBLE, *arguments))

    return types.float64(types.int64, types.int64), generate


@intrinsic
def store(typing_context: Any, address: Any, index: Any, value: Any) -> Any:
    """Write the float64 number `index` of the array at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _element(builder, DOUBLE, *arguments[:2]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float64), generate


@intrinsic
def call(typing_context: Any, function: Any, arguments: Any) -> Any:
    """Call the compiled stage at the address `function` with a tuple of int64."""
    count = len(arguments)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [WORD] * count)
        parts = [builder.extract_value(values[1], k) for k in range(count)]
        builder.call(builder.inttoptr(values[0], kind.as_pointer()), parts)
        return context.get_dummy_value()

    return types.void(types.int64, types.UniTuple(types.int64, count)), generate
