"""What a sweep is asked to compute: problems × methods × settings × horizons × seeds, as plain checked data.

Common random numbers: run r of seed s draws the same noise for every problem, method and setting, so differences
between them have small errors. Horizons do not share noise (horizon k has the runs k·runs, k·runs + 1, …), because a
fitted rate needs independent measurements (`numerics.rates.fit_rate`).
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from numerics.settings import Setting, check_count, check_number, complete, find_method

MAX_RUN = 1 << 32
"""Runs are numbered by one 32-bit word of the Philox counter."""
MAX_SEED = 1 << 64
"""A seed is Philox's key of two 32-bit words."""
BEST = "best"
"""`alpha = "best"`: T4.1's best step size for each problem, β1 and horizon."""
SETTING_KEYS = ("alpha", "alpha0", "beta1", "beta2", "eps", "decay", "clip", "delay", "start")


@dataclass(frozen=True)
class Plan:
    """A checked plan. Every field is part of its digest; `read` makes one from a TOML file or command-line flags.

    `settings`: name → values, every combination is run; `alpha` is the step size, or `alpha0` for α = α0/√T, or neither
    for T4.1's best. A parameter that a method does not have is left out for it. `runs` are per cell; `shard_runs` are
    the runs of one shard (`numerics.sweeps.shards`); `measures` the quantities whose sums are kept per block of runs.
    """

    problems: tuple[str, ...]
    methods: tuple[str, ...]
    horizons: tuple[int, ...]
    runs: int
    seeds: tuple[int, ...] = (1,)
    settings: Mapping[str, tuple[Any, ...]] = None  # type: ignore[assignment]
    shard_runs: int = 1024
    measures: tuple[str, ...] = ("gradient_power",)
    tier: str = "auto"
    device: str = "cpu"

    def canonical(self) -> str:
        """The plan as canonical JSON: what the ledger stores and the digest is taken of."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @property
    def digest(self) -> str:
        """SHA-256 of `canonical`, in hexadecimal."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


@dataclass(frozen=True)
class Cell:
    """One call of `simulate` in full: all settings of a (problem, method, horizon, seed) on the same noise.

    `labels` are the settings' positions in the plan's grid of settings, the same at every horizon.
    """

    problem: str
    method: str
    horizon: int
    seed: int
    first_run: int
    runs: int
    settings: tuple[Setting, ...]
    labels: tuple[int, ...]


def read(source: Mapping[str, Any]) -> Plan:
    """A plan from plain data, such as a parsed TOML file; everything is checked here, before anything is computed.

    Lists may be given as one value; `horizons` also as "256:8192" (the powers of two between), `seeds` also as "1:100"
    (all integers between). Raises ValueError of one line that says what would be right.
    """
    known = {f.name for f in fields(Plan)}
    unknown = sorted(set(source) - known)
    if unknown:
        raise ValueError(f"a plan has no key {unknown[0]!r}; it has {', '.join(sorted(known))}")
    for name in ("problems", "methods", "horizons", "runs"):
        if name not in source:
            raise ValueError(f"the plan does not say {name}")
    settings = source.get("settings", {})
    if not isinstance(settings, Mapping):
        raise ValueError("settings must be a table, such as beta2 = [0, 0.9]")
    plan = Plan(
        problems=several("problems", source["problems"]),
        methods=several("methods", source["methods"]),
        horizons=counted("horizons", source["horizons"], powers=True),
        runs=source["runs"],
        seeds=counted("seeds", source.get("seeds", 1), powers=False),
        settings={name: several(name, value) for name, value in sorted(settings.items())},
        shard_runs=source.get("shard_runs", Plan.shard_runs),
        measures=several("measures", source.get("measures", Plan.measures)),
        tier=source.get("tier", Plan.tier),
        device=source.get("device", Plan.device),
    )
    check(plan)
    return plan


def read_toml(path: Path) -> dict[str, Any]:
    """The data of a plan file. Raises ValueError naming the file and place for bad TOML, OSError if unreadable."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None


def parse(canonical: str) -> Plan:
    """The plan whose `canonical` text this is."""
    return read(json.loads(canonical))


def several(name: str, value: Any) -> tuple[Any, ...]:
    """One value or a list of distinct ones; a pair inside a list (a clip) becomes a tuple."""
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    items = [tuple(x) if isinstance(x, list) else x for x in items]
    if not items:
        raise ValueError(f"{name} is empty; give one or more")
    if len({repr(x) for x in items}) != len(items):
        raise ValueError(f"{name} has a value twice")
    return tuple(items)


def counted(name: str, value: Any, *, powers: bool) -> tuple[int, ...]:
    """Integers: one, a list, or a range "FROM:TO" (its powers of two, or all of it)."""
    if not isinstance(value, str):
        return several(name, value)
    try:
        low, high = (int(x) for x in value.split(":"))
    except ValueError:
        raise ValueError(f"{name} is {value!r}; write a list or FROM:TO, such as 256:8192") from None
    found = [2**k for k in range(max(high, 1).bit_length()) if low <= 2**k <= high] if powers else range(low, high + 1)
    if not found:
        raise ValueError(f"{name} {value!r} holds {'no power of two' if powers else 'nothing'}; write FROM ≤ TO")
    return tuple(found)


def check(plan: Plan) -> None:
    """Raises ValueError for a plan that cannot be run as asked."""
    from numerics.registry import PROBLEMS
    from numerics.statistics import QUANTITIES, TILE_RUNS
    from numerics.sweeps.shards import LEAF_RUNS, MAX_PAYLOAD, partial_bytes
    from numerics.tiers import TIERS

    for name in plan.problems:
        if name not in PROBLEMS:
            raise ValueError(f"unknown problem {name!r}; known: {', '.join(PROBLEMS)}")
    for quantity in plan.measures:
        if quantity not in QUANTITIES:
            raise ValueError(f"unknown measure {quantity!r}; known: {', '.join(QUANTITIES)}")
    if LEAF_RUNS % TILE_RUNS:
        raise ValueError(f"a leaf of {LEAF_RUNS} runs is not made of whole tiles of {TILE_RUNS}")
    check_count("runs", plan.runs, 1)
    for name, values, least in (("horizons", plan.horizons, 1), ("seeds", plan.seeds, 0)):
        for value in values:
            check_count(f"one of {name}", value, least)
    if max(plan.seeds) >= MAX_SEED:
        raise ValueError(f"seeds must be below 2^64, got {max(plan.seeds)}")
    check_count("shard_runs", plan.shard_runs, LEAF_RUNS)
    leaves, rest = divmod(plan.shard_runs, LEAF_RUNS)
    if rest or leaves & (leaves - 1):
        raise ValueError(f"shard_runs must be {LEAF_RUNS} times a power of two, got {plan.shard_runs}")
    if plan.runs * len(plan.horizons) > MAX_RUN:
        raise ValueError(f"runs × horizons is {plan.runs * len(plan.horizons)}; the random stream numbers 2^32 runs")
    if partial_bytes(plan, 1, max(plan.horizons)) > MAX_PAYLOAD:
        raise ValueError(f"horizon {max(plan.horizons)} is too long: one setting's partial result exceeds 1 GB")
    if plan.tier not in ("auto", *TIERS):
        raise ValueError(f"unknown tier {plan.tier!r}; one of auto, {', '.join(TIERS)}")
    if not isinstance(plan.device, str) or not re.fullmatch(r"cpu|cuda(:\d+)?", plan.device):
        raise ValueError(f"device must be cpu, cuda or cuda:N, got {plan.device!r}")
    check_settings(plan)


def check_settings(plan: Plan) -> None:
    """Raises ValueError for a setting that a method refuses, or a parameter that no method of the plan has."""
    unknown = sorted(set(plan.settings) - set(SETTING_KEYS))
    if unknown:
        raise ValueError(f"settings have no {unknown[0]!r}; they have {', '.join(SETTING_KEYS)}")
    if "alpha" in plan.settings and "alpha0" in plan.settings:
        raise ValueError("give alpha or alpha0 (α = α0/√T), not both")
    methods = [find_method(name) for name in plan.methods]
    for name in set(plan.settings) - {"alpha", "alpha0", "decay"}:
        if not any(name in method.defaults for method in methods):
            raise ValueError(f"none of {', '.join(plan.methods)} has a parameter {name}")
    for name in ("alpha", "alpha0"):
        for value in plan.settings.get(name, ()):
            if not (name == "alpha" and value == BEST):
                check_number("alpha", value)
    for method in methods:
        for alpha, decay, values in combinations(plan, method.name):
            complete(method, Setting(1.0 if alpha == BEST else alpha, values, decay))


def combinations(plan: Plan, method: str) -> list[tuple[Any, float, dict[str, Any]]]:
    """(alpha or alpha0, decay, hyper-parameters without eps's default) of every distinct setting of a method."""
    defaults = find_method(method).defaults
    steps = plan.settings.get("alpha") or plan.settings.get("alpha0") or (BEST,)
    names = [n for n in plan.settings if n not in ("alpha", "alpha0", "decay") and n in defaults]
    decays = plan.settings.get("decay", (0.0,))
    return [
        (alpha, decay, dict(zip(names, values, strict=True)))
        for alpha, decay, *values in itertools.product(steps, decays, *(plan.settings[n] for n in names))
    ]


def settings_of(plan: Plan, problem: str, method: str, horizon: int) -> list[Setting]:
    """The settings of a cell, in the grid's order: the last parameter varies fastest.

    Without `eps` in the plan each problem has its own (of the order of its gradients, where T4.1 is not vacuous).
    """
    from numerics.registry import problem as find

    found, defaults = [], find_method(method).defaults
    for alpha, decay, values in combinations(plan, method):
        if "eps" in defaults:
            values = {"eps": float(find(problem).eps)} | values
        if alpha == BEST:
            alpha = best_step_size(problem, values.get("beta1", defaults.get("beta1", 0.0)), horizon)
        elif "alpha0" in plan.settings:
            alpha = alpha / horizon**0.5
        found.append(Setting(alpha, values, decay))
    return found


def best_step_size(problem: str, beta1: float, horizon: int) -> float:
    """T4.1's best α on a problem. Raises ValueError where its constants do not exist."""
    from numerics.registry import problem as find
    from theory.numbers import evaluate
    from theory.statements import statement

    p = find(problem)
    best = statement("adopt").best_alpha
    if best is None or p.constants.G is None or p.constants.L == 0:
        missing = "has no G" if p.constants.G is None else "is linear, L = 0"
        raise ValueError(f"T4.1 has no best step size on {problem}, which {missing}; give alpha")
    values = {"Delta": p.constants.Delta, "L": p.constants.L, "G": p.constants.G, "eps": float(p.eps)}
    return evaluate(best(), values | {"beta1": beta1, "T": horizon})


def cells(plan: Plan) -> Iterator[Cell]:
    """All cells in the plan's fixed order: problems, methods, horizons, seeds; long horizons split their settings.

    The split keeps a partial result below `shards.CELL_PAYLOAD` bytes; the settings still share their noise.
    """
    from numerics.sweeps.shards import settings_per_cell

    for problem, method in itertools.product(plan.problems, plan.methods):
        for k, horizon in enumerate(plan.horizons):
            settings = settings_of(plan, problem, method, horizon)
            size = settings_per_cell(plan, horizon)
            for seed, start in itertools.product(plan.seeds, range(0, len(settings), size)):
                part = tuple(settings[start : start + size])
                labels = tuple(range(start, start + len(part)))
                yield Cell(problem, method, horizon, seed, k * plan.runs, plan.runs, part, labels)


def differences(mine: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """What differs between two flat descriptions, as text: "runs (4096 there, 2048 here)"."""
    names = [name for name in sorted({*mine, *other}) if mine.get(name) != other.get(name)]
    return ", ".join(f"{name} ({_short(other.get(name))} there, {_short(mine.get(name))} here)" for name in names)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
