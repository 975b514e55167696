"""What a family of counterexamples is, and how its parameters are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from numerics.counterexamples.process import Process

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(/[1-9][0-9]*)?")
LONGEST = 60

Law = tuple[tuple[Fraction, Fraction], ...]
Value = Fraction | str | Law | tuple[Fraction, ...]


@dataclass(frozen=True)
class Family:
    """A named family: the process for given parameters, in words.

    `defaults` also says what kind each parameter is (a rational, a word, a law, a list of components).
    `target`: where a correct method would go, on which the direction is judged: "slope" (against E g on [−1, 1]) or
    "rest" (problem U: no drift at the minimiser).
    """

    name: str
    statement: str
    reason: str
    defaults: Mapping[str, Value]
    build: Callable[[Mapping[str, Any]], Process]
    target: str = "slope"


def read(family: Family, given: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters of the family: those given, as text or as exact values, and the defaults.

    Raises ValueError for an unknown name or a value of the wrong kind.
    """
    return read_values(family.name, family.defaults, given)


def read_values(name: str, defaults: Mapping[str, Value], given: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters, each of its default's kind. Raises ValueError for an unknown name or a value of the wrong kind."""
    unknown = sorted(set(given) - set(defaults))
    if unknown:
        raise ValueError(f"{name} has no parameter {unknown[0]!r} here; it has {', '.join(defaults)}")
    return {key: read_value(key, given.get(key, default), default) for key, default in defaults.items()}


def read_value(name: str, value: Any, default: Value) -> Value:
    """A value of the default's kind."""
    if isinstance(default, Fraction):
        return rational(name, value)
    if isinstance(default, str):
        if not isinstance(value, str):
            raise ValueError(f"{name} = {value!r} must be a word such as {default}")
        return value
    items = value.split(",") if isinstance(value, str) else list(value)
    if isinstance(default[0], Fraction):
        return tuple(rational(name, item) for item in items)
    pairs = [item.split(":") if isinstance(item, str) else list(item) for item in items]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"{name}: write GRADIENT:PROBABILITY, ... such as 100:1/10,-10:9/10")
    return tuple((rational(name, g), rational(name, p)) for g, p in pairs)


def rational(name: str, value: Any) -> Fraction:
    """An exact rational from an int, a Fraction, or text: 19/10, 1.9 (read as exact)."""
    if isinstance(value, Fraction) or type(value) is int:
        return Fraction(value)
    if isinstance(value, str) and len(value) <= LONGEST and NUMBER.fullmatch(value):
        top, _, bottom = value.partition("/")
        return Fraction(top) / Fraction(bottom or 1)
    raise ValueError(f"{name} = {value!r} is not an exact number such as 10, 19/10 or 1.9")


def spike_law(k: Fraction) -> Law:
    """Reddi et al.'s noise as in the paper: k² with probability 1/k, else −k; mean 1. Raises ValueError unless k > 1."""
    if k <= 1:
        raise ValueError(f"k = {k} must be > 1: the gradient is k^2 with probability 1/k")
    return ((k * k, 1 / k), (-k, 1 - 1 / k))
