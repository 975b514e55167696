"""How fast one optimizer step is, beside torch's Adam, torch-adopt and timm (where installed), and the memory floor.

    python benchmarks/optim_speed.py [--json FILE] [--repeats 40] [--threads 2]

Everything is timed in one run, in rounds that take each candidate once; ratios are taken within a round and their median
is reported, so that a change of the machine's mood meets both sides alike. The floor is what 28 bytes per parameter and
step cost (read theta, g, m, v; write theta, m, v, in float32), from the speed of an in-place add, which moves 12.
"""

import argparse
import importlib.util
import json
import platform
import statistics
import sys
import time
import types
import warnings
from functools import cache
from pathlib import Path

import torch

from optim import ADOPT, fused

LARGE, TENSORS = 10_000_000, 61
BYTES_PER_STEP, BYTES_PER_ADD = 28, 12


def parameters(count, size):
    """Random parameters that have gradients."""
    made = [torch.nn.Parameter(torch.randn(size)) for _ in range(count)]
    for p in made:
        p.grad = torch.randn_like(p)
    return made


@cache
def candidates():
    """Name to constructor; other packages' ADOPT only where they are installed."""
    adam = torch.optim.Adam
    found = {"torch Adam, fused": lambda p: adam(p, fused=True)}
    if fused.library() is not None:
        found["ADOPT, fused"] = lambda p: ADOPT(p, fused=True)
    found |= {
        "ADOPT": ADOPT,
        "torch Adam": adam,
        "ADOPT, no compiler": NoCompiler,
        "ADOPT, for-loop": lambda p: ADOPT(p, fused=False),
        "ADOPT, foreach": lambda p: ADOPT(p, foreach=True),
        "torch Adam, foreach": lambda p: adam(p, foreach=True),
    }
    try:
        import adopt

        found["torch-adopt"] = lambda p: adopt.ADOPT(p, foreach=False)
        found["torch-adopt, foreach"] = lambda p: adopt.ADOPT(p, foreach=True)
    except ImportError:
        print("torch-adopt is not installed; left out", file=sys.stderr)
    timm = timm_adopt()
    if timm is not None:
        found["timm Adopt"] = lambda p: timm(p, foreach=False)
        found["timm Adopt, foreach"] = lambda p: timm(p, foreach=True)
    return found


def timm_adopt():
    """timm's class from its file alone: importing timm as a package needs torchvision."""
    spec = importlib.util.find_spec("timm")
    if spec is None:
        print("timm is not installed; left out", file=sys.stderr)
        return None
    package = types.ModuleType("timm_optim")
    package.__path__ = [str(Path(folder) / "optim") for folder in spec.submodule_search_locations]
    sys.modules["timm_optim"] = package
    return importlib.import_module("timm_optim.adopt").Adopt


class NoCompiler(ADOPT):
    """ADOPT as it steps by default where there is no C compiler."""

    def step(self, closure=None):
        library, fused.library = fused.library, lambda: None
        try:
            return super().step(closure)
        finally:
            fused.library = library


def timed(actions, repeats):
    """Seconds of each action in each round; in a round all are taken in turn. Three rounds of warming up are left out."""
    times = {name: [] for name in actions}
    for turn in range(repeats + 3):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            if turn >= 3:
                times[name].append(time.perf_counter() - start)
    return times


def measure(count, size, repeats, floor=False):
    """Seconds per step and round for each candidate on ``count`` tensors of ``size`` elements, and for the floor."""
    actions = {}
    if floor:
        total, one = torch.zeros(count * size), torch.ones(count * size)
        actions["floor"] = lambda: total.add_(one)
    actions |= {name: make(parameters(count, size)).step for name, make in candidates().items()}
    times = timed(actions, repeats)
    if floor:
        times["floor"] = [seconds * BYTES_PER_STEP / BYTES_PER_ADD for seconds in times["floor"]]
    return times


def ratio(times, one, other):
    """Median over the rounds of one's time over the other's in the same round; None where either was left out."""
    if one not in times or other not in times:
        return None
    return statistics.median(a / b for a, b in zip(times[one], times[other], strict=True))


# What the project asks for: where, whose time, over whose, at most. Those without a limit are for information.
TARGETS = (
    ("large", "ADOPT, fused", "torch Adam, fused", 1.1),
    ("large", "ADOPT, fused", "floor", 1.15),
    ("large", "ADOPT", "torch Adam", 1.1),
    ("single", "ADOPT", "torch Adam", 1.1),
    ("many", "ADOPT", "torch Adam, foreach", 1.0),
    ("large", "ADOPT, no compiler", "torch Adam", None),
    ("single", "ADOPT, no compiler", "torch Adam", None),
    ("many", "ADOPT, no compiler", "torch Adam, foreach", None),
)
SIZES = {"large": "10M in 61", "single": "one of 10", "many": "1000 of 10"}


def main(arguments=None):
    """Measure, print the table and the ratios; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=40, help="rounds (default: 40; 20 times as many for one tensor)")
    parser.add_argument("--threads", type=int, default=2, help="torch's threads (default: 2)")
    parser.add_argument("--json", metavar="FILE", help="write machine, medians and ratios here too")
    options = parser.parse_args(arguments)
    if options.repeats < 1 or options.threads < 1:
        parser.error("--repeats and --threads must be at least 1")
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")  # torch-adopt calls deprecated names of torch
    tables = {
        "large": measure(TENSORS, LARGE // TENSORS, options.repeats, floor=True),
        "single": measure(1, 10, options.repeats * 20),
        "many": measure(1000, 10, options.repeats),
    }
    print(f"{'one step, median':26} {'10M in 61':>12} {'/ floor':>8} {'one of 10':>12} {'1000 of 10':>12}")
    for name, seconds in tables["large"].items():
        line = f"{name:26} {statistics.median(seconds) * 1e3:9.2f} ms {ratio(tables['large'], name, 'floor'):8.2f}"
        for size in ("single", "many"):
            if name in tables[size]:
                line += f" {statistics.median(tables[size][name]) * 1e6:9.1f} us"
        print(line)
    print()
    targets = []
    for size, one, other, limit in TARGETS:
        measured = ratio(tables[size], one, other)
        targets.append({"size": SIZES[size], "time_of": one, "over": other, "ratio": measured, "limit": limit})
        if measured is not None:
            verdict = "" if limit is None else f" (at most {limit}: {'met' if measured <= limit else 'not met'})"
            print(f"{SIZES[size]}: {one} / {other} = {measured:.2f}{verdict}")
    if options.json:
        report = {
            "machine": {
                "processor": platform.processor() or platform.machine(),
                "torch": torch.__version__,
                "threads": options.threads,
            },
            "seconds": {
                size: {name: statistics.median(t) for name, t in table.items()} for size, table in tables.items()
            },
            "targets": targets,
        }
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
