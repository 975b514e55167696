"""What the commands share: input errors of one line, number lists, JSON written in one move, tables."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

Command = Callable[[str, Callable[[argparse.Namespace], int], str], "Parser"]
"""Adds a command: its name, what runs it, one line of help; gives its parser."""


class InputError(Exception):
    """The user's input is wrong; the message is the one line they see."""


class Parser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (try {self.prog} --help)\n")


def numbers(text: str) -> tuple[float, ...]:
    """A comma-separated list of numbers."""
    try:
        return tuple(float(x) for x in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers such as 0,0.9,0.999") from None


def horizons(text: str) -> tuple[int, int]:
    """FROM:TO, two integers."""
    try:
        low, high = (int(x) for x in text.split(":"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not FROM:TO such as 256:262144") from None
    if not 1 <= low <= high:
        raise argparse.ArgumentTypeError(f"{text!r}: horizons need 1 <= FROM <= TO")
    return low, high


def write_json(path: Path | None, value: Any) -> None:
    """Writes JSON in one move, so that a failure leaves no half of it."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(r[k]) for r in [header, *rows]) for k in range(len(header))]
    for r in [header, ["-" * w for w in widths], *rows]:
        print("  ".join(cell.ljust(w) for cell, w in zip(r, widths, strict=True)).rstrip())
