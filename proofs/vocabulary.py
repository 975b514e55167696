"""What a certificate says about its atoms, and times in terms of its JSON form: for printing, not for proofs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

DEFINING = ("define", "inverse", "root", "logarithm", "minimum")
"""Rules that introduce the atom in their argument `name`; so does `point`, for two atoms."""


@dataclass(frozen=True)
class Vocabulary:
    """What a certificate says about its atoms.

    coordinate: names with one entry per coordinate. timed: defined names with a time. order: defined names, to the
    place of their definition. inverses: name to the polynomial it is the inverse of. objective: name of f(x) or ∇f(x)
    to (is it the gradient, name of x).
    """

    coordinate: frozenset[str]
    timed: frozenset[str]
    order: dict[str, int]
    inverses: dict[str, list]
    objective: dict[str, tuple[bool, str]]


def vocabulary(certificate: dict) -> Vocabulary:
    """The atoms of a certificate, declared and defined."""
    statement = certificate["statement"]
    coordinate = {x["name"] for x in statement["atoms"] if x["coordinate"]}
    timed: set[str] = set()
    order: dict[str, int] = {}
    inverses: dict[str, list] = {}
    points = [tuple(p) for p in statement["points"]]
    definitions = [(d["kind"], d) for d in statement["definitions"]]
    for kind, x in definitions + [(s["rule"], s["arguments"]) for s in certificate["steps"]]:
        if kind == "point":
            points.append((x["x"], x["f"], x["gradient"]))
            coordinate.add(x["gradient"])
            order |= {x["f"]: len(order) + 1, x["gradient"]: len(order) + 2}
        if kind in DEFINING:
            order[x["name"]] = len(order) + 1
        if kind in DEFINING and kind != "minimum":
            if any(_has_free_i(f, coordinate) for f in _factors(x["poly"])):
                coordinate.add(x["name"])
            if has_free_t(x["poly"]):
                timed.add(x["name"])
        if kind == "inverse":
            inverses[x["name"]] = x["poly"]
    objective = {p[1]: (False, p[0]) for p in points} | {p[2]: (True, p[0]) for p in points}
    return Vocabulary(frozenset(coordinate), frozenset(timed), order, inverses, objective)


def _factors(poly: list) -> Iterable[list]:
    return (factor for _, monomial in poly for factor, _ in monomial)


def _has_free_i(factor: list, coordinate: set[str]) -> bool:
    if factor[0] == "atom":
        return factor[1] in coordinate
    return factor[0] == "E" and any(_has_free_i(f, coordinate) for f, _ in factor[2])


def has_free_t(poly: list) -> bool:
    """Whether the step t occurs free in the polynomial."""
    return any(_has_free_t(f) for f in _factors(poly))


def _has_free_t(factor: list) -> bool:
    if factor[0] == "sum_t":
        return False
    own = factor[2] if factor[0] == "atom" and len(factor) == 3 else factor[1] if factor[0] == "E" else ""
    return own.startswith("t") or (factor[0] != "atom" and any(_has_free_t(f) for f, _ in factor[-1]))


# Terms and times

TIME = re.compile(r"([tT]?)([+-]?[0-9]*)")


def split_time(time: str) -> tuple[str, int]:
    """`t-1` as ("t", -1), `3` as ("", 3). Raises ValueError for what is not a time."""
    match = TIME.fullmatch(time)
    if match is None or not time:
        raise ValueError(f"{time!r} is not a time")
    return match[1], int(match[2] or 0)


def at_time(value: Any, time: str) -> Any:
    """The term (JSON form) with the free t replaced by a time, as text, for printing."""
    match value:
        case ["atom", name, str(own)]:
            return ["atom", name, moved(own, time)]
        case ["E", str(level), body]:
            return ["E", moved(level, time) if level else level, at_time(body, time)]
        case ["sum_t", *_]:
            return value
        case list():
            return [at_time(x, time) for x in value]
    return value


def moved(own: str, time: str) -> str:
    base, shift = split_time(own)
    if base != "t":
        return own
    to, by = split_time(time)
    return str(shift + by) if not to else to + (f"{shift + by:+d}" if shift + by else "")


def freeze(value: Any) -> Any:
    """The JSON form as nested tuples, to compare and to look up."""
    return tuple(freeze(x) for x in value) if isinstance(value, list) else value
