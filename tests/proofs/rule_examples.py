"""The tables of tiny certificates for the rules, filled by `rules_accepted` and the two `rules_rejected_…`."""

from __future__ import annotations

from collections.abc import Callable

from certificate_builder import Builder

Example = Callable[[Builder], object]
ACCEPTED: dict[str, tuple[str, Example]] = {}
REJECTED: dict[str, tuple[str, str, Example]] = {}


def accepted(rule: str) -> Callable[[Example], Example]:
    """Registers a function whose steps, one of them by the rule, all follow."""

    def enter(function: Example) -> Example:
        ACCEPTED[function.__name__] = (rule, function)
        return function

    return enter


def rejected(rule: str, message: str) -> Callable[[Example], Example]:
    """Registers a function whose last step misuses the rule, and what the message must contain."""

    def enter(function: Example) -> Example:
        REJECTED[function.__name__] = (rule, message, function)
        return function

    return enter
