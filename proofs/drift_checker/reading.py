"""Strict reading: JSON without surprises, rationals as text in lowest terms."""

from __future__ import annotations

import json
import re
from math import gcd
from typing import Any, NoReturn

from flint import fmpq

LARGEST_FILE = 8 << 20
RATIONAL = re.compile(r"(-?[1-9][0-9]*)(?:/([1-9][0-9]*))?|0")
FIELDS = {
    "format",
    "name",
    "parameters",
    "claim",
    "direction",
    "drift",
    "exact",
    "potential",
    "failure",
    "limit",
    "speed",
}


class RejectedError(Exception):
    """The certificate is not accepted; the message says at what."""


def reject(reason: str) -> NoReturn:
    raise RejectedError(reason)


def need(condition: Any, reason: str) -> None:
    """A hypothesis that must certainly hold."""
    if condition is not True:
        reject(reason)


def read(text: str) -> dict[str, Any]:
    """JSON without surprises: no duplicate keys, no floats, no NaN, integers of at most 80 digits, exactly the fields."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len({key for key, _ in pairs}) == len(pairs), "a key occurs twice in one object")
        return dict(pairs)

    def integer(digits: str) -> int:
        need(len(digits) <= 80, "an integer of more than 80 digits")
        return int(digits)

    def number(digits: str) -> NoReturn:
        reject(f'{digits[:40]} is no exact number; rationals are text such as "-1/2"')

    need(len(text) <= LARGEST_FILE, f"more than {LARGEST_FILE} characters")
    try:
        raw = json.loads(text, object_pairs_hook=unique, parse_int=integer, parse_float=number, parse_constant=number)
    except (json.JSONDecodeError, RecursionError) as error:
        raise RejectedError(f"not JSON: {error}") from None
    need(type(raw) is dict and set(raw) == FIELDS, f"not an object with exactly {', '.join(sorted(FIELDS))}")
    result: dict[str, Any] = raw
    return result


def canonical(value: Any) -> str:
    """How certificates are written: sorted keys, no spaces, one line. How they are spaced does not matter to the checker."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n"


def rational(raw: Any, what: str) -> fmpq:
    """Text "p/q" in lowest terms, of at most 400 characters."""
    match = RATIONAL.fullmatch(raw) if type(raw) is str and len(raw) <= 400 else None
    if match is None:
        reject(f'{what}: not a rational such as "-1/2"')
    top, bottom = int(match[1] or 0), int(match[2] or 1)
    need(match[2] != "1" and gcd(top, bottom) == 1, f"{what}: not in lowest terms")
    return fmpq(top, bottom)


def fields(raw: Any, what: str, *names: str) -> list[Any]:
    """The values of an object with exactly these keys."""
    need(type(raw) is dict and set(raw) == set(names), f"{what}: not an object with exactly {', '.join(names)}")
    return [raw[name] for name in names]


def items(raw: Any, what: str) -> list[Any]:
    """A list."""
    need(type(raw) is list, f"{what}: not a list")
    return list(raw)


def ends(raw: Any, what: str) -> tuple[fmpq, fmpq]:
    """An interval [low, high]."""
    pair = items(raw, what)
    need(len(pair) == 2, f"{what}: not two rationals")
    low, high = (rational(x, what) for x in pair)
    need(bool(low <= high), f"{what}: its ends are in the wrong order")
    return low, high


def multiples(raw: Any, what: str) -> list[fmpq]:
    """Integers times a positive unit."""
    unit_text, numbers = fields(raw, what, "unit", "multiples")
    unit = rational(unit_text, f"{what}.unit")
    need(bool(unit > 0), f"{what}: the unit must be positive")
    for x in items(numbers, what):
        need(type(x) is int, f"{what}: multiples must be integers")
    return [unit * x for x in numbers]
