"""Elementary functions for the Triton kernel where Triton has none that also runs in its interpreter.

Errors in float64: tanh and log1p within 4 units in the last place.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def maximum(x, y):  # type: ignore[no-untyped-def]
    """The larger, NaN if either is."""
    return tl.maximum(x, y, propagate_nan=tl.PropagateNan.ALL)


@triton.jit
def minimum(x, y):  # type: ignore[no-untyped-def]
    """The smaller, NaN if either is."""
    return tl.minimum(x, y, propagate_nan=tl.PropagateNan.ALL)


@triton.jit
def log1p(y):  # type: ignore[no-untyped-def]
    """log(1 + y) for y > -1 by Kahan's correction of the rounding of 1 + y."""
    u = 1.0 + y
    exact = u == 1.0
    return tl.where(exact, y, tl.log(u) * (y / tl.where(exact, u, u - 1.0)))


@triton.jit
def tanh(x):  # type: ignore[no-untyped-def]
    """1 - 2/(e^w + 1), w = 2|x|; for w <= 1 by the series of e^w - 1, where that would cancel."""
    w = 2.0 * tl.abs(x)
    large = 1.0 - 2.0 / (tl.exp(minimum(w, 64.0)) + 1.0)  # beyond 64 it is 1 to the last digit
    s = w / 19.0 + 1.0
    for k in tl.static_range(18, 1, -1):
        s = s * (w / k) + 1.0
    expm1 = s * w
    size = tl.where(w > 1.0, large, expm1 / (expm1 + 2.0))
    return tl.where(x < 0.0, -size, tl.where(x == 0.0, x, size))


@triton.jit
def round_half_even(x):  # type: ignore[no-untyped-def]
    """The nearest integer, for |x| < 2^51."""
    return (x + 6755399441055744.0) - 6755399441055744.0


@triton.jit
def sign(x):  # type: ignore[no-untyped-def]
    """-1, 0 or 1."""
    return tl.where(x > 0.0, x * 0.0 + 1.0, tl.where(x < 0.0, x * 0.0 - 1.0, x * 0.0))
