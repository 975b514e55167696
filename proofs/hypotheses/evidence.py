"""The evidence side: measured rates with intervals over a family of problems, chosen hard, and what was tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from theory.hypothesis import Conjecture


@dataclass(frozen=True)
class Evidence:
    tried: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        return []


def gather(conjecture: Conjecture, *, seed: int) -> Evidence:
    return Evidence()
