"""From a family's name and parameters to a certified drift, a direction, and a certificate (`drift-cert/1`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from numerics.counterexamples import amsgrad
from numerics.counterexamples.failure import Floor, Interval, floor_failure, interval_failure
from numerics.counterexamples.family import Family, read
from numerics.counterexamples.potential import Potential, enclose, propose
from numerics.counterexamples.problem_u import POLYNOMIALS, limit
from numerics.counterexamples.process import Process, exact_drift

FORMAT = "drift-cert/1"
FIRST_CELLS, MOST_CELLS = 64, 16384
RELATIVE_WIDTH = Fraction(1, 8)
MOST_WORK = 400_000
"""Cells times modes: some ten seconds."""


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

    def to_json(self) -> dict[str, Any]:
        """The command line's row: numbers are JSON numbers inside the exact ends, which are given too."""
        return {
            "name": self.name,
            "status": self.status,
            "direction": self.direction,
            "drift": [float(x) for x in self.drift],
            "exact": None if self.exact is None else str(self.exact),
            "drift_exact_ends": [str(x) for x in self.drift],
            "claim": self.claim,
            "parameters": {name: text(value) for name, value in self.parameters.items()},
            "failure": self.failure and {key: str(value) for key, value in asdict(self.failure).items()},
            "limit": self.limit and [float(x) for x in self.limit],
            "speed": self.speed and {"bound": float(self.speed.bound), "ratio": float(self.speed.ratio)},
            "reason": None if self.certificate else "not decided at this precision",
        }


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
        return finish(family, parameters, p, "right", zero, Fraction(0), None, None)
    h, drift = refine(p, most_cells, bits)
    if family.name == "amsgrad_slow":
        rate = 1 / parameters["k"] ** 2
        return finish(family, parameters, p, "right" if drift[0] > 0 else None, (rate, rate), rate, h, drift)
    direction = None
    if drift[0] > 0 or drift[1] < 0:
        right = family.target == "slope" and (drift[0] > 0) == (p.mean > 0)
        direction = "right" if right else "wrong"
    return finish(family, parameters, p, direction, drift, exact, h, drift)


def refine(p: Process, most_cells: int, bits: int = 128) -> tuple[Potential, tuple[Fraction, Fraction]]:
    """A potential and the enclosure of the drift over a period that it proves."""
    cells = min(FIRST_CELLS, most_cells)
    while True:
        h = propose(p, cells)
        low, high = (p.period * x for x in enclose(p, h, bits))
        narrow = (low > 0 or high < 0) and high - low <= RELATIVE_WIDTH * max(low, -high)
        cells *= 2
        if narrow or cells > most_cells or cells * len(h.b) > MOST_WORK:
            return h, (low, high)


def finish(
    family: Family,
    parameters: Mapping[str, Any],
    p: Process,
    direction: str | None,
    drift: tuple[Fraction, Fraction],
    exact: Fraction | None,
    h: Potential | None,
    proved: tuple[Fraction, Fraction] | None,
) -> Result:
    """The result with its certificate; `proved` is the enclosure over a period that the potential proves."""
    failure: Interval | Floor | None = None
    speed = None
    if h is not None and proved is not None and direction:
        step = (proved[0] / p.period, proved[1] / p.period)
        if family.name == "amsgrad_slow":
            speed = amsgrad.speed(parameters, proved)
        elif direction == "wrong":
            failure = (floor_failure if family.target == "rest" else interval_failure)(p, h, step)
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
            "potential": h and potential_json(h),
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
    denominator = lcm(*(x.denominator for x in values))
    return {"unit": str(Fraction(1, denominator)), "multiples": [int(x * denominator) for x in values]}
