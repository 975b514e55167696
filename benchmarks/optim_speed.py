"""How fast one optimizer step is, beside torch's Adam, torch-adopt and timm (where installed), and the memory floor.

    python benchmarks/optim_speed.py [--json FILE] [--repeats 40] [--threads 2]

Everything is timed in one run, round-robin, so that a change of the machine's mood meets all alike; the medians are
reported. The floor is what 28 bytes per parameter and step cost (read theta, g, m, v; write theta, m, v, in float32),
from the speed of an in-place add, which moves 12.
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
from pathlib import Path

import torch

from optim import ADOPT, fused

LARGE, TENSORS = 10_000_000, 61
BYTES_PER_STEP, BYTES_PER_ADD = 28, 12


def parameters(count, size):
    made = [torch.nn.Parameter(torch.randn(size)) for _ in range(count)]
    for p in made:
        p.grad = torch.randn_like(p)
    return made


def candidates():
    """Name to constructor; other packages' ADOPT only where they are installed."""
    adam = torch.optim.Adam
    found = {
        "torch Adam": adam,
        "torch Adam, foreach": lambda p: adam(p, foreach=True),
        "torch Adam, fused": lambda p: adam(p, fused=True),
        "ADOPT": ADOPT,
        "ADOPT, for-loop": lambda p: ADOPT(p, fused=False),
        "ADOPT, no compiler": NoCompiler,
        "ADOPT, foreach": lambda p: ADOPT(p, foreach=True),
    }
    if fused.library() is not None:
        found["ADOPT, fused"] = lambda p: ADOPT(p, fused=True)
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


def medians(actions, repeats):
    """Median seconds of each action, all of them taken in turn ``repeats`` times after three rounds of warming up."""
    times = {name: [] for name in actions}
    for turn in range(repeats + 3):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            if turn >= 3:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def measure(count, size, repeats, floor=False):
    """Seconds per step for each candidate on ``count`` tensors of ``size`` elements, and the floor if asked for."""
    actions = {name: make(parameters(count, size)).step for name, make in candidates().items()}
    if floor:
        total, one = torch.zeros(count * size), torch.ones(count * size)
        actions["floor"] = lambda: total.add_(one)
    seconds = medians(actions, repeats)
    if floor:
        seconds["floor"] *= BYTES_PER_STEP / BYTES_PER_ADD
    return seconds


def targets(large, single, many):
    """What the project asks for: name, measured ratio, greatest allowed ratio."""
    best = large.get("ADOPT, fused", float("nan"))
    return [
        ("fused ADOPT / torch fused Adam, 10M in 61 tensors", best / large["torch Adam, fused"], 1.1),
        ("fused ADOPT / memory floor, 10M in 61 tensors", best / large["floor"], 1.15),
        ("default ADOPT / default torch Adam, 10M in 61 tensors", large["ADOPT"] / large["torch Adam"], 1.1),
        ("default ADOPT / default torch Adam, one small parameter", single["ADOPT"] / single["torch Adam"], 1.1),
        ("default ADOPT / torch foreach Adam, 1000 tensors of 10", many["ADOPT"] / many["torch Adam, foreach"], 1.0),
    ]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")  # torch-adopt calls deprecated names of torch
    large = measure(TENSORS, LARGE // TENSORS, options.repeats, floor=True)
    single = measure(1, 10, options.repeats * 20)
    many = measure(1000, 10, options.repeats)
    print(f"{'one step, median':26} {'10M in 61':>12} {'/ floor':>8} {'one of 10':>12} {'1000 of 10':>12}")
    for name, seconds in large.items():
        small = (f"{table[name] * 1e6:9.1f} us" if name in table else "" for table in (single, many))
        print(
            f"{name:26} {seconds * 1e3:9.2f} ms {seconds / large['floor']:8.2f} {' '.join(f'{x:>12}' for x in small)}"
        )
    print()
    rows = targets(large, single, many)
    for name, ratio, limit in rows:
        print(f"{'met    ' if ratio <= limit else 'not met'} {name}: {ratio:.2f} (at most {limit})")
    for name, table, other in (
        ("10M in 61 tensors", large, "torch Adam"),
        ("one small parameter", single, "torch Adam"),
        ("1000 tensors of 10", many, "torch Adam, foreach"),
    ):
        print(f"without a compiler, ADOPT / {other}, {name}: {table['ADOPT, no compiler'] / table[other]:.2f}")
    if options.json:
        report = {
            "machine": {"processor": platform.processor(), "torch": torch.__version__, "threads": options.threads},
            "seconds": {"large": large, "single": single, "many": many},
            "targets": [{"name": name, "ratio": ratio, "limit": limit} for name, ratio, limit in rows],
        }
        with open(options.json, "w") as file:
            json.dump(report, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
