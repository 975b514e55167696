"""Elementary functions as straight-line float64 arithmetic, which a compiler can run on many lanes at once.

Only IEEE additions, multiplications, fused multiply-adds where they are written, divisions, square roots, comparisons
and moves of bits, no library: the bits are the same on every machine (without an instruction for it a fused
multiply-add is a slow, equal call). Errors stay within 1.5 units in the last place (2 for `tanh`, `power_two_thirds`);
the tests compare with ball arithmetic. Polynomials for log, sine and cosine are fdlibm's (Sun 1993), summed in pairs:
short chains of dependent operations are what a processor has time for.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

MANTISSA = np.int64((1 << 52) - 1)
ONE_BITS = np.int64(0x3FF0000000000000)
ROOT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
SIGN = np.int64(-(1 << 63))
ROUNDER = 1.5 * 2.0**52
ROUNDER_BITS = np.int64(0x4338000000000000)
CUBE_ROOT_BITS = np.int64(0x553EF0FF289DD796)
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
LOG2_E = 1.4426950408889634


@intrinsic
def bits_of(typing_context: Any, x: Any) -> Any:
    """The bits of a float64 as an int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def from_bits(typing_context: Any, x: Any) -> Any:
    """The float64 with the bits of an int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def fma(typing_context: Any, x: Any, y: Any, z: Any) -> Any:
    """x y + z, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


def inlined(function: Any) -> Any:
    """Compiled into its caller by strict IEEE rules."""
    return njit(error_model="numpy", nogil=True, forceinline=True)(function)


@inlined
def power_of_two(shifted: float) -> float:
    """2^k, given k + ROUNDER, for an integer k in [-1022, 1023]."""
    return from_bits((bits_of(shifted) - ROUNDER_BITS + 1023) << 52)


@inlined
def log_normal(x: float) -> float:
    """log x of a positive normal x."""
    shifted = bits_of(x) + (ONE_BITS - ROOT_HALF_BITS)
    k = from_bits((shifted >> 52) + ROUNDER_BITS) - (ROUNDER + 1023.0)
    f = from_bits((shifted & MANTISSA) + ROOT_HALF_BITS) - 1.0
    half = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = fma(w, fma(w, 1.531383769920937332e-01, 2.222219843214978396e-01), 3.999999999940941908e-01)
    odd = fma(
        w,
        fma(w, fma(w, 1.479819860511658591e-01, 1.818357216161805012e-01), 2.857142874366239149e-01),
        6.666666666666735130e-01,
    )
    tail = fma(s, half + fma(w, even, z * odd), k * LN2_LOW)
    return fma(k, LN2_HIGH, f - (half - tail))


@inlined
def log(x: float) -> float:
    """log x; -inf at 0, NaN below, inf at inf."""
    small = x < 2.2250738585072014e-308
    scaled = x * 2.0**54 if small else x
    value = log_normal(scaled if scaled > 0.0 else 1.0)
    value = value - 54.0 * math.log(2.0) if small else value
    value = value if x < math.inf else x
    value = value if x > 0.0 else math.nan
    return -math.inf if x == 0.0 else value


@inlined
def exponential_parts(x: float) -> tuple[float, float]:
    """(k + ROUNDER, p) with exp(x) = 2^k (1 + p), |x - k log 2| ≤ log(2)/2; for |x| < 2^20. p by Taylor's series to 2e-18."""
    shifted = fma(x, LOG2_E, ROUNDER)
    k = shifted - ROUNDER
    r = fma(-k, LN2_LOW, fma(-k, LN2_HIGH, x))
    z = r * r
    w = z * z
    low = fma(z, fma(r, 1.0 / 120, 1.0 / 24), fma(r, 1.0 / 6, 1.0 / 2))
    middle = fma(z, fma(r, 1.0 / 362880, 1.0 / 40320), fma(r, 1.0 / 5040, 1.0 / 720))
    high = fma(z, fma(r, 1.0 / 6227020800, 1.0 / 479001600), fma(r, 1.0 / 39916800, 1.0 / 3628800))
    return shifted, fma(z, fma(w, fma(w, high, middle), low), r)


@inlined
def exp(x: float) -> float:
    """exp x; 0 and inf beyond the range, gradual underflow."""
    inside = -746.0 if x < -746.0 else x
    inside = 710.0 if inside > 710.0 else inside
    shifted, p = exponential_parts(inside)
    k = shifted - ROUNDER
    half = k * 0.5 + ROUNDER
    return (1.0 + p) * power_of_two(half) * power_of_two(k - (half - ROUNDER) + ROUNDER)


@inlined
def expm1_negative(x: float) -> float:
    """exp(x) - 1 for x ≤ 0."""
    inside = -64.0 if x < -64.0 else x
    shifted, p = exponential_parts(inside)
    scale = power_of_two(shifted)
    return fma(scale, p, scale - 1.0)


@inlined
def tanh(x: float) -> float:
    """tanh x."""
    t = expm1_negative(-2.0 * math.fabs(x))
    return math.copysign(t / (t + 2.0), x)


@inlined
def log_cosh(x: float) -> float:
    """log cosh x."""
    size = math.fabs(x)
    return size + log_normal(1.0 + 0.5 * expm1_negative(-2.0 * size)) if size < math.inf else size


@inlined
def logistic(x: float) -> float:
    """1/(1 + exp(-x))."""
    return 1.0 / (1.0 + exp(-x))


@inlined
def cosh(x: float) -> float:
    """cosh x."""
    return (exp(x) + exp(-x)) * 0.5


@inlined
def sign(x: float) -> float:
    """-1, 0 or 1; NaN stays."""
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else x * 0.0)


@inlined
def maximum(x: float, y: float) -> float:
    """The larger; NaN if either is."""
    larger = y if x < y else x
    return y if y != y else larger


@inlined
def clamp_low(x: float, low: float) -> float:
    """max(x, low); NaN stays."""
    return low if x < low else x


@inlined
def clamp_high(x: float, high: float) -> float:
    """min(x, high); NaN stays."""
    return high if x > high else x


@inlined
def cosine_and_sine(turns: float) -> tuple[float, float]:
    """(cos 2πu, sin 2πu) for u in [0, 1]. The reduction to an eighth of a turn is exact."""
    shifted = 4.0 * turns + ROUNDER
    quarter = bits_of(shifted)
    x = fma(shifted - ROUNDER, -0.25, turns) * (2.0 * math.pi)
    z = x * x
    w = z * z
    sine = fma(
        w,
        fma(
            w,
            fma(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08),
            fma(z, 2.75573137070700676789e-06, -1.98412698298579493134e-04),
        ),
        fma(z, 8.33333333332248946124e-03, -1.66666666666666324348e-01),
    )
    s = fma(z * x, sine, x)
    half = 0.5 * z
    one = 1.0 - half
    cosine = fma(
        w,
        fma(
            w,
            fma(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09),
            fma(z, -2.75573143513906633035e-07, 2.48015872894767294178e-05),
        ),
        fma(z, -1.38888888888741095749e-03, 4.16666666666666019037e-02),
    )
    c = one + fma(w, cosine, (1.0 - one) - half)
    odd = (quarter & 1) != 0
    first = s if odd else c
    second = c if odd else s
    return (
        from_bits(bits_of(first) ^ (((quarter + 1) << 62) & SIGN)),
        from_bits(bits_of(second) ^ ((quarter << 62) & SIGN)),
    )


@inlined
def power_two_thirds(x: float) -> float:
    """x^{2/3} for x in [2^-1000, inf).

    Minus a third of the bits, plus a constant, are the bits of an inverse cube root y to 3.5%. With e = 1 - x y³ the root
    is y (1 - e)^{-1/3}: its series to e⁴ leaves 2e-6, and that to e² then less than 2e-17.
    """
    y = from_bits(CUBE_ROOT_BITS - int(float(bits_of(x)) * (1.0 / 3)))
    e = fma(-x * y, y * y, 1.0)
    y = fma(y * e, fma(e * e, fma(e, 35.0 / 243, 14.0 / 81), fma(e, 2.0 / 9, 1.0 / 3)), y)
    e = fma(-x * y, y * y, 1.0)
    return x * fma(y * e, fma(e, 2.0 / 9, 1.0 / 3), y)


@inlined
def any_power_two_thirds(x: float) -> float:
    """x^{2/3} for x ≥ 0; inf and NaN stay. A tiny x is scaled by 2^300, so that it is normal."""
    tiny = x < 2.0**-1000
    value = power_two_thirds(x * 2.0**300 if tiny else x) * (2.0**-200 if tiny else 1.0)
    return value if x < math.inf else x
