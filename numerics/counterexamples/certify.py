"""From a family's name and parameters to a certified drift, a direction, and a certificate (`drift-cert/1`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from numerics.counterexamples import amsgrad
from numerics.counterexamples.failure import Floor, Interval, floor_failure, interval_failure
from numerics.counterexamples.family import Family, read
from numerics.counterexamples.potential import Enclosure, Potential, enclose, propose
from numerics.counterexamples.problem_u import POLYNOMIALS, limit
from numerics.counterexamples.process import Process, exact_drift

FORMAT = "drift-cert/1"
FIRST_CELLS, MOST_CELLS = 64, 16384
RELATIVE_WIDTH = Fraction(1, 50)
NARROW_WORK, MOST_WORK = 10_000, 400_000
"""Cells times modes: up to the first the grid is refined until the enclosure is narrow, up to the second until it excludes 0."""


@dataclass(frozen=True)
class Result:
    """A certified sign (`status` certified), or the honest "not decided at this precision" (`status` failed).

    `drift` encloses the stationary drift over a period; θ moves by −α times it. `claim` is "failure" if the certificate goes
    the whole way from the drift to not converging, with constants `failure`; "drift" otherwise.
    """

    name: str
    parameters: Mapping[str, Any]
    status: str
    direction: str | None
    drift: tuple[Fraction, Fraction]
    exact: Fraction | None
    claim: str
    failure: Interval | Floor | None
    limit: tuple[Fraction, Fraction] | None
    speed: amsgrad.Speed | None
    certificate: Mapping[str, Any] | None

    @property
    def reason(self) -> str | None:
        """Why nothing is certified; None if something is."""
        if self.certificate:
            return None
        return "the drift is exactly 0, neither wrong nor right" if self.exact == 0 else "not decided at this precision"

    def to_json(self) -> dict[str, Any]:
        """The command line's row: numbers are JSON numbers inside the exact ends, which are given too."""
        return {
            "name": self.name,
            "status": self.status,
            "direction": self.direction,
            "drift": list(outward(self.drift)),
            "exact": None if self.exact is None else str(self.exact),
            "drift_exact_ends": [str(x) for x in self.drift],
            "claim": self.claim,
            "parameters": {name: text(value) for name, value in self.parameters.items()},
            "failure": self.failure and {key: str(value) for key, value in asdict(self.failure).items()},
            "limit": self.limit and list(outward(self.limit)),
            "speed": self.speed and {"bound": float(self.speed.bound), "ratio": float(self.speed.ratio)},
            "reason": self.reason,
        }


def outward(ends: tuple[Fraction, Fraction]) -> tuple[float, float]:
    """Floats around an exact interval; an end that is a float stays."""
    low, high = float(ends[0]), float(ends[1])
    return (
        low if Fraction(low) <= ends[0] else math.nextafter(low, -math.inf),
        high if Fraction(high) >= ends[1] else math.nextafter(high, math.inf),
    )


def certify_family(family: Family, given: Mapping[str, Any], most_cells: int = MOST_CELLS, bits: int = 128) -> Result:
    """Refines the grid until the drift's sign is certain and its enclosure tight, or the grid is as fine as allowed.

    Raises ValueError for bad parameters, for `most_cells` below 2 and for fewer than 64 bits.
    """
    parameters = read(family, given)
    p = family.build(parameters)
    exact = exact_drift(p)
    if family.target == "rest" and p.sampling == "replacement" and not p.current and not p.inner:
        # E g · E 1/s(v) with E g = 0
        zero = (Fraction(0), Fraction(0))
        return finish(family, parameters, p, "right", zero, Fraction(0), None)
    h, y = refine(p, min(most_cells, FIRST_CELLS) if exact == 0 else most_cells, bits)
    if family.name == "amsgrad_slow":
        rate = amsgrad.limiting_drift(parameters)
        return finish(family, parameters, p, "right" if y.low > 0 else None, (rate, rate), rate, (h, y))
    drift = (p.period * y.low, p.period * y.high)
    direction = None
    if drift[0] > 0 or drift[1] < 0:
        right = family.target == "slope" and (drift[0] > 0) == (p.mean > 0)
        direction = "right" if right else "wrong"
    return finish(family, parameters, p, direction, drift, exact, (h, y))


def refine(
    p: Process, most_cells: int, bits: int = 128, first_cells: int = FIRST_CELLS, narrow_work: int = NARROW_WORK
) -> tuple[Potential, Enclosure]:
    """A potential and what it proves (per step)."""
    cells = min(first_cells, most_cells)
    while True:
        h = propose(p, cells)
        y = enclose(p, h, bits)
        low, high = y.low, y.high
        decided, narrow = low > 0 or high < 0, high - low <= RELATIVE_WIDTH * max(low, -high)
        cells *= 2
        work = cells * len(h.b)
        if cells > most_cells or work > MOST_WORK or (decided and (narrow or work > narrow_work)):
            return h, y


def finish(
    family: Family,
    parameters: Mapping[str, Any],
    p: Process,
    direction: str | None,
    drift: tuple[Fraction, Fraction],
    exact: Fraction | None,
    proved: tuple[Potential, Enclosure] | None,
) -> Result:
    """The result with its certificate; `proved` is a potential and what it proves."""
    failure: Interval | Floor | None = None
    speed = None
    if proved and direction:
        if family.name == "amsgrad_slow":
            speed = amsgrad.speed(parameters, (proved[1].low, proved[1].high))
        elif direction == "wrong":
            failure = (floor_failure if family.target == "rest" else interval_failure)(p, *proved)
    zero = None
    if family.target == "rest" and p.method == "adopt" and not p.beta2 and p.sampling in POLYNOMIALS:
        zero = limit(p.sampling)
    claim = "failure" if failure else "drift"
    certificate = None
    if direction:
        certificate = {
            "format": FORMAT,
            "name": family.name,
            "parameters": {name: text(value) for name, value in parameters.items()},
            "claim": claim,
            "direction": direction,
            "drift": [str(x) for x in drift],
            "exact": None if exact is None else str(exact),
            "potential": proved and potential_json(proved[0]),
            "failure": failure and {key: str(value) for key, value in asdict(failure).items()},
            "limit": zero and [str(x) for x in zero],
            "speed": speed
            and {"bound": str(speed.bound), "adopt": [str(x) for x in speed.adopt], "ratio": str(speed.ratio)},
        }
    return Result(
        family.name,
        parameters,
        "certified" if direction else "failed",
        direction,
        drift,
        exact,
        claim,
        failure,
        zero,
        speed,
        certificate,
    )


def text(value: Any) -> Any:
    """A parameter in a certificate: rationals "p/q", words, lists of these."""
    return [text(item) for item in value] if isinstance(value, tuple) else str(value)


def potential_json(h: Potential) -> dict[str, Any]:
    """Nodes between the ends of v's range, a (absent without inner momentum) and b: integers times a unit."""
    momentum = any(x for row in h.a for x in row)
    return {
        "nodes": multiples(h.nodes[1:-1]),
        "a": [multiples(row) for row in h.a] if momentum else [],
        "b": [multiples(row) for row in h.b],
    }


def multiples(values: tuple[Fraction, ...]) -> dict[str, Any]:
    """Rationals as integers times the largest unit that makes them so."""
    denominator = math.lcm(*(x.denominator for x in values))
    return {"unit": str(Fraction(1, denominator)), "multiples": [int(x * denominator) for x in values]}
