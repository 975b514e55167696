"""What is run: a method with one setting of its step size and hyper-parameters, checked before anything starts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from optim.core import METHODS, Method

RANGES: Mapping[str, tuple[float, float, bool, bool]] = {
    "alpha": (0.0, math.inf, False, False),
    "beta1": (0.0, 1.0, True, False),
    "beta2": (0.0, 1.0, True, True),
    "eps": (0.0, math.inf, False, False),
    "decay": (0.0, math.inf, True, False),
}
"""Parameter → (low, high, low included, high included)."""


@dataclass(frozen=True)
class Setting:
    """One setting: step size α_t = alpha·t^(-decay) and the method's hyper-parameters by name.

    `hyperparameters` overrides the method's defaults; see `optim.core.METHODS[...].defaults`.
    """

    alpha: float | Fraction
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    decay: float | Fraction = 0.0


def find_method(method: str | Method) -> Method:
    """The named method of `optim.core`, or the method itself. Raises ValueError listing the known names."""
    if isinstance(method, Method):
        return method
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; known: {', '.join(METHODS)}")
    return METHODS[method]


def check_number(name: str, value: Any) -> None:
    """Raises ValueError unless the value is a finite number in the parameter's range."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    low, high, low_included, high_included = RANGES.get(name, (-math.inf, math.inf, False, False))
    above = value >= low if low_included else value > low
    below = value <= high if high_included else value < high
    if not (above and below):
        interval = f"{'[' if low_included else '('}{low:g}, {high:g}{']' if high_included else ')'}"
        raise ValueError(f"{name} must be in {interval}, got {value!r}")


def check_count(name: str, value: Any, least: int) -> None:
    """Raises ValueError unless the value is an integer of at least `least`."""
    if type(value) is not int or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")


def complete(method: Method, setting: Setting) -> dict[str, Any]:
    """All hyper-parameters of a setting, defaults filled in. Raises ValueError for an unknown or impossible one."""
    check_number("alpha", setting.alpha)
    check_number("decay", setting.decay)
    unknown = set(setting.hyperparameters) - set(method.defaults)
    if unknown:
        raise ValueError(
            f"method {method.name} has no parameter {', '.join(sorted(unknown))}; it has {', '.join(method.defaults)}"
        )
    values = {**method.defaults, **setting.hyperparameters}
    for name, value in values.items():
        if name in RANGES:
            check_number(name, value)
    if "delay" in values:
        check_count("delay", values["delay"], 1)
    if not isinstance(values.get("bias_correction", True), bool):
        raise ValueError(f"bias_correction must be True or False, got {values['bias_correction']!r}")
    if values.get("spatial_dims") not in (None, (-1,)):
        raise ValueError(
            f"spatial_dims must be None or (-1,), the coordinates of a run, got {values['spatial_dims']!r}"
        )
    clip = values.get("clip")
    if clip is not None:
        check_clip(clip)
    return values


def check_clip(clip: Any) -> None:
    """Raises ValueError unless `clip` is (c, p) with c > 0 and p finite, meaning c_t = c·t^p."""
    if not isinstance(clip, tuple) or len(clip) != 2:
        raise ValueError(f"clip must be None or a pair (c, p) for c·t^p, got {clip!r}")
    for name, value in zip(("clip's c", "clip's p"), clip, strict=True):
        check_number(name, value)
    if not clip[0] > 0:
        raise ValueError(f"clip's c must be positive, got {clip[0]!r}")


@dataclass(frozen=True)
class Group:
    """Settings that differ only in numbers that broadcast, and so run in one batch.

    `rows` are their indices in the caller's list; `shared` the hyper-parameters they have in common (text, pairs,
    None), `varying` the numeric ones, a list each.
    """

    rows: tuple[int, ...]
    alpha: tuple[float, ...]
    decay: tuple[float, ...]
    shared: Mapping[str, Any]
    varying: Mapping[str, tuple[float, ...]]


def group(method: Method, settings: Sequence[Setting]) -> list[Group]:
    """Partition settings into batches, in order of first appearance. Raises ValueError if there are none."""
    if not settings:
        raise ValueError("at least one setting is needed")
    members: dict[tuple[Any, ...], list[tuple[int, Setting, dict[str, Any]]]] = {}
    for row, setting in enumerate(settings):
        values = complete(method, setting)
        members.setdefault(tuple(values[name] for name in values if name not in RANGES), []).append(
            (row, setting, values)
        )
    groups = []
    for batch in members.values():
        values = batch[0][2]
        groups.append(
            Group(
                rows=tuple(row for row, _, _ in batch),
                alpha=tuple(float(setting.alpha) for _, setting, _ in batch),
                decay=tuple(float(setting.decay) for _, setting, _ in batch),
                shared={name: value for name, value in values.items() if name not in RANGES},
                varying={name: tuple(float(v[name]) for _, _, v in batch) for name in values if name in RANGES},
            )
        )
    return groups
