"""Strict reading: JSON without surprises, and terms that must be equal to what rebuilding them gives."""

from __future__ import annotations

import json
import re
from collections import Counter
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Any

from .terms import (
    Factor,
    Level,
    MalformedCertificate,
    Monomial,
    Polynomial,
    Rational,
    Terms,
    Time,
    WrongCertificate,
    show,
)

RELATIONS = ("=", ">=", ">", "integrable")
TIME = re.compile(r"([tT])([+-][1-9][0-9]{0,6})?|0|[1-9][0-9]{0,6}")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
RATIONAL = re.compile(r"(-?[1-9][0-9]*)(?:/([1-9][0-9]*))?|0")


def read_list(raw: Any, what: str) -> list[Any]:
    if type(raw) is not list:
        raise MalformedCertificate(f"{show(raw)} is not {what}: a list is wanted")
    return raw


def read_fields(raw: Any, what: str, *names: str) -> list[Any]:
    if type(raw) is not dict or set(raw) != set(names):
        found = f"one with {', '.join(map(ascii, raw)) or 'nothing'}" if type(raw) is dict else show(raw)
        raise MalformedCertificate(
            f"{what} must be an object with exactly {', '.join(names) or 'nothing'}, not {found[:200]}"
        )
    return [raw[name] for name in names]


def read_int(raw: Any) -> int:
    if type(raw) is not int or not 0 <= raw <= 10**6:
        raise MalformedCertificate(f"{show(raw)} is not an integer from 0 to 10^6")
    return raw


def read_text(raw: Any) -> str:
    if type(raw) is not str:
        raise MalformedCertificate(f"{show(raw)} is not text")
    return raw


def read_name(raw: Any) -> str:
    if not NAME.fullmatch(read_text(raw)):
        raise MalformedCertificate(f"{show(raw)} is not a name: letters, digits and _, a letter first, at most 60")
    return str(raw)


def read_bool(raw: Any) -> bool:
    if type(raw) is not bool:
        raise MalformedCertificate(f"{show(raw)} is not true or false")
    return raw


def read_relation(raw: Any) -> str:
    if read_text(raw) not in RELATIONS:
        raise MalformedCertificate(f"{show(raw)} is not a relation: one of {', '.join(RELATIONS)}")
    return str(raw)


@lru_cache(maxsize=4096)
def read_time(text: str) -> Time:
    match = TIME.fullmatch(text)
    if not match or abs(int(text.lstrip("tT") or 0)) > 10**6:
        raise MalformedCertificate(f"{show(text)} is not a time; right are t, t-1, T, T+1, 0, 3, up to 10^6")
    return (match[1], int(match[2] or 0)) if match[1] else ("", int(text))


def read_level(raw: Any) -> Level:
    return read_time(raw) if read_text(raw) else None


@lru_cache(maxsize=4096)
def _rational(text: str) -> Rational:
    match = RATIONAL.fullmatch(text) if len(text) <= 400 else None
    if not match:
        raise MalformedCertificate(
            f'{show(text)} is not a rational in lowest terms of at most 400 characters, such as "-1/2"'
        )
    if not match[2]:
        return int(text)
    numerator, denominator = int(match[1]), int(match[2])
    if denominator == 1 or gcd(numerator, denominator) != 1:
        raise MalformedCertificate(f"{show(text)} is not in lowest terms; right is {Fraction(numerator, denominator)}")
    return Fraction(numerator, denominator)


def read_rational(raw: Any) -> Rational:
    return _rational(read_text(raw))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise MalformedCertificate(f"the key {show(twice)} occurs twice in one object")
    return result


def _no_float(text: str) -> Any:
    raise MalformedCertificate(f'the number {show(text)} is not an integer; rationals are text such as "1/2"')


def read_json(text: bytes | str) -> Any:
    """The JSON value of a text in UTF-8, without duplicate keys, floats, NaN, deep nesting or great size."""
    try:
        data = text if isinstance(text, bytes) else text.encode()
        if len(data) > 4 << 20:
            raise MalformedCertificate(f"{len(data)} bytes; at most 4 MiB are read")
        decoded = data.decode()
        bare = re.sub(r'"[^"\\]*(?:\\.[^"\\]*)*"', '""', decoded, flags=re.DOTALL)
        brackets = re.sub(r"[^\[\]{}]+", "", bare).replace("{", "[").replace("}", "]")
        for _ in range(40):
            brackets = brackets.replace("[]", "")
        if brackets:
            raise MalformedCertificate(
                "brackets do not match, or are nested more than 40 deep (is the file truncated?)"
            )
        if re.search(r"-0(?![0-9.])|-?[0-9]{8}", bare):
            raise MalformedCertificate("a number is -0 or beyond 10^6")
        return json.loads(decoded, object_pairs_hook=_object, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:  # both UnicodeErrors and JSONDecodeError are ValueErrors
        raise MalformedCertificate(f"not JSON in UTF-8: {' '.join(str(error).split())[:200]}") from None


def read_factor(terms: Terms, raw: Any) -> Factor:
    """A factor that is equal to what rebuilding it gives, or `MalformedCertificate`."""
    kind, build = raw[0] if type(raw) is list and raw else None, None
    if kind == "atom" and 2 <= len(raw) <= 3 and all(type(part) is str for part in raw):
        name, time = raw[1], read_time(raw[2]) if len(raw) == 3 else None
        if name not in terms.atoms:
            terms.atom(name)
        text = f'["atom","{name}"]' if time is None else f'["atom","{name}","{raw[2]}"]'
        build = lambda: terms.atom(name, time)
    elif kind == "sum_i" and len(raw) == 2:
        body = read_monomial(terms, raw[1])
        text, build = f'["sum_i",{terms.text(body)}]', lambda: terms.sum_i(body)
    elif kind == "E" and len(raw) == 3 and type(raw[1]) is str:
        level, body = read_time(raw[1]) if raw[1] else None, read_monomial(terms, raw[2])
        text, build = f'["E","{raw[1]}",{terms.text(body)}]', lambda: terms.expect(body, level)
    elif kind == "sum_t" and len(raw) == 3 and type(raw[1]) is int and 0 <= raw[1] <= 2:
        body = read_monomial(terms, raw[2])
        text, build = f'["sum_t",{raw[1]},{terms.text(body)}]', lambda: terms.sum_t(body, raw[1])
    if build is None:
        raise MalformedCertificate(f"{show(raw)} is not a factor")
    if text not in terms.known:
        try:
            built = build()
        except WrongCertificate as refusal:
            raise MalformedCertificate(f"{show(raw)} is not a term: {refusal}") from None
        if text not in terms.known or built != {((terms.known[text], 1),): 1}:
            raise MalformedCertificate(f"{show(raw)} is not in normal form; rebuilding it gives {show(built)}")
    return terms.known[text]


def read_monomial(terms: Terms, raw: Any) -> Monomial:
    items, last = [], ""
    for pair in read_list(raw, "a monomial"):
        if type(pair) is not list or len(pair) != 2 or type(pair[1]) is not int or not 1 <= pair[1] <= 64:
            raise MalformedCertificate(f"{show(pair)} is not a [factor, exponent from 1 to 64]")
        factor = read_factor(terms, pair[0])
        if factor.text <= last:
            raise MalformedCertificate(f"factors out of order or repeated in the monomial at {show(pair)}")
        last = factor.text
        items.append((factor, pair[1]))
    return tuple(items)


def read_polynomial(terms: Terms, raw: Any) -> Polynomial:
    result: Polynomial = {}
    last = ""
    for pair in read_list(raw, "a polynomial"):
        if type(pair) is not list or len(pair) != 2:
            raise MalformedCertificate(f"{show(pair)} is not a [coefficient, monomial]")
        value, monomial = read_rational(pair[0]), read_monomial(terms, pair[1])
        text = terms.text(monomial)
        if text <= last or not value:
            raise MalformedCertificate(f"monomial {show(pair)} is out of order, repeated or has coefficient 0")
        last = text
        result[monomial] = value
    return result
