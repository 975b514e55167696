"""Numbers and verdicts of the report as HTML."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

from proofs.typeset import parse, text
from theory.atoms import MEANING

VERDICTS = {
    "consistent": ("good", "✓"),
    "violated": ("bad", "✗"),
    "vacuous": ("dim", "○"),
    "not applicable": ("off", "–"),
}
"""Every verdict of the cross-check, with its style and its mark; colour is never the only sign."""


def number(value: float | None, digits: int = 4) -> str:
    """Four significant digits, powers of ten where they are shorter; – for an absent value.

    Raises ValueError for an infinite value or NaN.
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    if value == 0 or 1e-3 <= abs(value) < 10**digits:
        return f"{value:.{digits}g}".replace("-", "−")
    if 1 <= abs(value) < 1e6:
        return f"{value:.0f}".replace("-", "−")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}×10<sup>{int(exponent)}</sup>".replace("-", "−")


def interval(pair: Any) -> str:
    """`[lo, hi]`, or nothing if it is absent."""
    return f"[{number(pair[0], 3)}, {number(pair[1], 3)}]" if pair is not None else ""


def verdict(name: str) -> str:
    """A verdict as mark and word."""
    style, mark = VERDICTS[name]
    return f'<span class="{style} verdict">{mark} {escape(name)}</span>'


def setting(values: Mapping[str, Any]) -> str:
    """A setting as `β₁ = 0.9, T = 32768`, each equation on one line; of a long decimal five digits."""
    shown = {
        k: number(v, 5) if isinstance(v, float) and len(str(v)) > 12 else escape(str(v)) for k, v in values.items()
    }
    return ", ".join(f"{_name(k)}\u00a0=\u00a0{v}" for k, v in shown.items())


def _name(key: str) -> str:
    if key == "horizon":
        return "T"
    return escape(text(parse(MEANING[key].latex))) if key in MEANING else escape(key)


def table(header: list[tuple[str, str]], rows: list[str]) -> str:
    """A table in its own scrolling container; header cells are (text, class), rows are HTML."""
    cells = "".join(f'<th class="{c}">{escape(t)}</th>' if c else f"<th>{escape(t)}</th>" for t, c in header)
    body = "".join(rows)
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>\n'


def cells(*values: tuple[str, str] | str) -> str:
    """A row of HTML cells; a pair carries its class."""
    inner = "".join(f'<td class="{v[1]}">{v[0]}</td>' if isinstance(v, tuple) else f"<td>{v}</td>" for v in values)
    return f"<tr>{inner}</tr>"
