"""`adoptproof bench`: the engine's throughput beside a hand-written floor, JAX and a torch.optim loop."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from proofs.commands.common import Command, InputError, write_json

ROOT = Path(__file__).parents[2]


def register(command: Command) -> None:
    text = "Measure the engine beside a hand-written floor, JAX and torch.optim; all outputs are validated first."
    sub = command("bench", run, text)
    sub.add_argument("--quick", action="store_true", help="two cases, under a minute once everything is compiled")
    sub.add_argument("--json", type=Path, metavar="FILE")
    sub.add_argument("--plot", type=Path, metavar="FILE", help="a picture, .svg or .png")
    sub.add_argument("--docs", action="store_true", help="write the table and the picture of docs/benchmarks.md")


def run(options: argparse.Namespace) -> int:
    """0 when measured; 1 when an engine gave wrong results (it has no figures then)."""
    if not (ROOT / "benchmarks" / "engine").is_dir():
        raise InputError(f"the benchmarks are not installed with the package: run it in a checkout, not in {ROOT}")
    if options.docs and options.quick:
        raise InputError("--docs needs the full run: leave out --quick")
    if options.plot and options.plot.suffix not in (".svg", ".png"):
        raise InputError(f"--plot {options.plot}: write a name that ends in .svg or .png")
    for file in filter(None, (options.plot, options.json)):
        file.parent.mkdir(parents=True, exist_ok=True)  # what cannot be written is said before the measurement
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    if importlib.util.find_spec("benchmarks.engine") is None:
        raise InputError(f"{ROOT / 'benchmarks'} is shadowed by another package named benchmarks")
    from benchmarks.engine import report, runner

    results = runner.benchmark(options.quick, lambda line: print(line, file=sys.stderr, flush=True))
    print(report.markdown(results))
    if options.json:
        write_json(options.json, results)
    if options.plot:
        report.draw(results, options.plot)
    if options.docs:
        report.write_page(results, ROOT / "docs" / "benchmarks.md")
        report.draw(results, ROOT / "docs" / "images" / "benchmarks.svg")
    return 1 if any((row["absent"] or "").startswith("wrong") for row in results["rows"]) else 0
