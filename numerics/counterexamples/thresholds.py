"""Where the drift changes sign: β2* of RMSprop and Adam, C* of ADOPT without replacement, between two certified signs.

That the drift changes sign between the ends is proved by the two enclosures. That it does so only once is proved for C
(numerics/counterexamples/without_replacement.py: the drift increases in C), and not claimed for β2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from numerics.counterexamples.certify import MOST_CELLS, refine
from numerics.counterexamples.family import Value, read_values, spike_law
from numerics.counterexamples.potential import guess
from numerics.counterexamples.process import Process, process
from numerics.counterexamples.without_replacement import adopt

BETA2_WIDTH, C_WIDTH = Fraction(1, 5000), Fraction(1, 10**4)
SEARCH_CELLS, FIRST_CELLS = 4096, 1024


def sign(p: Process, most_cells: int = MOST_CELLS) -> int:
    """The certified sign of the stationary drift; 0 if not decided at this precision."""
    _, y = refine(p, most_cells, first_cells=FIRST_CELLS, narrow_work=0)
    return (y.low > 0) - (y.high < 0)


def sign_change(
    build: Callable[[Fraction], Process], low: Fraction, high: Fraction, width: Fraction, most_cells: int
) -> tuple[Fraction, Fraction]:
    """Ends at most `width` apart, inside [low, high], where the drift has certified and opposite signs.

    Bisection in floating point finds the place, then the two ends are certified. Raises ValueError if the drift does not seem
    to change sign between `low` and `high`, or if its sign is not decided that close to its zero.
    """
    cells = min(SEARCH_CELLS, most_cells)
    rising = guess(build(high), cells) > 0
    if rising == (guess(build(low), cells) > 0):
        raise ValueError(f"the drift does not seem to change sign between {float(low):g} and {float(high):g}")
    near, far = low, high
    while far - near > width / 64:
        half = (near + far) / 2
        near, far = (near, half) if (guess(build(half), cells) > 0) == rising else (half, far)
    centre = short((near + far) / 2, width / 64)
    for part in (4, 2):
        below, above = max(low, centre - width / part), min(high, centre + width / part)
        signs = sign(build(below), most_cells), sign(build(above), most_cells)
        if signs == ((-1, 1) if rising else (1, -1)):
            return below, above
    raise ValueError(f"not decided at this precision within {float(width):g} of {float(centre):.8g}")


def short(x: Fraction, tolerance: Fraction) -> Fraction:
    """A multiple of a power of ten near x."""
    unit = Fraction(1)
    while unit > tolerance:
        unit /= 10
    return round(x / unit) * unit


def threshold(
    k: Fraction, beta1: Fraction = Fraction(0), width: Fraction = BETA2_WIDTH, most_cells: int = MOST_CELLS
) -> tuple[Fraction, Fraction]:
    """β2* of RMSprop (Adam if β1 > 0) with spikes of size k²: wrong at the first end, right at the second.

    The ends are `width` apart or less; 1 − β2* ≈ 2/k². Adam, which is right again near β2 = 0, is searched above 1/2.
    Raises ValueError for k ≤ 1 or where no sign change can be certified.
    """
    law = spike_law(k)

    def build(beta2: Fraction) -> Process:
        return process("adam" if beta1 else "rmsprop", "replacement", law, beta1=beta1, beta2=beta2)

    top = 1 - 1 / (4 * k * k)
    return sign_change(build, Fraction(1 if beta1 else 0, 2), short(top, (1 - top) / 8), width, most_cells)


def critical_C(
    n: int, beta2: Fraction, order: str, width: Fraction = C_WIDTH, most_cells: int = MOST_CELLS
) -> tuple[Fraction, Fraction]:
    """C* of ADOPT without replacement: right below the first end, wrong from the second up to n − 1.

    Raises ValueError for n < 3 (n = 2 is never wrong), β2 outside [0, 1), an unknown order, or where it cannot be decided.
    """
    if n < 3:
        raise ValueError(f"n = {n}: below 3 components ADOPT is never wrong")
    if order not in ("fixed", "reshuffled"):
        raise ValueError(f"order {order!r}: choose fixed or reshuffled")

    def build(C: Fraction) -> Process:
        return adopt(
            {"n": Fraction(n), "C": C, "beta1": Fraction(0), "beta2": beta2, "eps": Fraction(0), "order": order}
        )

    return sign_change(build, Fraction(1), n - 1 - width / 4, width, most_cells)


def enclose_threshold(name: str, given: Mapping[str, Any], width: Fraction | None = None) -> dict[str, Any]:
    """The threshold of a named family: which parameter, its enclosure, and the directions at the two ends.

    Raises ValueError for families without one, bad parameters, or where it cannot be decided.
    """
    kinds: dict[str, dict[str, Value]] = {
        "rmsprop_with_replacement": {"k": Fraction(10)},
        "adam_with_replacement": {"k": Fraction(10), "beta1": Fraction(9, 10)},
        "adopt_without_replacement": {"n": Fraction(3), "beta2": Fraction(0), "order": "fixed"},
    }
    if name not in kinds:
        raise ValueError(f"{name} has no threshold here; these have one: {', '.join(kinds)}")
    parameters = read_values(name, kinds[name], given)
    if name == "adopt_without_replacement":
        n = parameters["n"]
        if n.denominator != 1:
            raise ValueError(f"n = {n} must be an integer")
        found = critical_C(int(n), parameters["beta2"], parameters["order"], width or C_WIDTH)
        return {"threshold": "C", "between": found, "directions": ("right", "wrong"), "unique": True}
    found = threshold(parameters["k"], parameters.get("beta1", Fraction(0)), width or BETA2_WIDTH)
    return {"threshold": "beta2", "between": found, "directions": ("wrong", "right"), "unique": False}
