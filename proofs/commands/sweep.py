"""`adoptproof sweep`: a grid of simulations that survives being killed, on processes of this machine or a cluster."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs.commands.common import Command, InputError, print_table, write_json

if TYPE_CHECKING:
    from numerics.sweeps.plan import Plan
    from numerics.sweeps.run import Progress

LISTS = {"problem": "problems", "method": "methods", "measure": "measures"}
"""Flag → key of the plan, for comma-separated names."""

WITH_RATE, WITH_BAR = 64, 104
"""Columns of a terminal that the progress display needs to show the rate, and the bar besides."""

SHOWN = 40
"""Rows printed; the files have them all."""


def register(command: Command) -> None:
    sub = command(
        "sweep", run, "Simulate a grid; kill it and run it again, and it goes on where it was, to the same bits."
    )
    sub.add_argument("plan", nargs="?", type=Path, metavar="PLAN.toml", help="the plan; flags override its keys")
    sub.add_argument("--problem", metavar="P,…", help="see `adoptproof list problems`")
    sub.add_argument("--method", metavar="M,…", help="see `adoptproof list methods`")
    sub.add_argument("--horizons", metavar="FROM:TO|T,…", help="powers of two between, or a list")
    sub.add_argument("--seeds", metavar="FROM:TO|S,…")
    sub.add_argument("--runs", type=int, help="runs of each cell")
    sub.add_argument(
        "--set", action="append", default=[], metavar="NAME=V,…", dest="values", help="such as beta2=0,0.9"
    )
    sub.add_argument("--measure", metavar="Q,…", help="gradient_power (default), gradient_square, gap")
    sub.add_argument("--shard-runs", type=int, help="runs of each shard: 1024 times a power of two")
    sub.add_argument("--tier")
    sub.add_argument("--device")
    sub.add_argument(
        "--executor", default="processes", help="processes, processes:N (default: one a core), dask://HOST:PORT"
    )
    sub.add_argument("--theorem", metavar="NAME", help="compare with this theorem's bound (Holm over the cells)")
    sub.add_argument("--ledger", type=Path, metavar="FILE", help="default: ledger.sqlite in the --out folder")
    sub.add_argument("--out", type=Path, metavar="DIR", default=Path("build/sweep"))
    sub.add_argument("--json", type=Path, metavar="FILE")


def run(options: argparse.Namespace) -> int:
    from numerics.sweeps.executors import place
    from numerics.sweeps.ledger import Ledger
    from numerics.sweeps.results import summarise
    from numerics.sweeps.run import SweepError, sweep
    from numerics.sweeps.work import environment

    ledger = options.ledger or options.out / "ledger.sqlite"
    plan = plan_of(options, ledger)
    if options.theorem is not None:
        from proofs.sweep_bounds import application_of

        application_of(options.theorem)
    ledger.parent.mkdir(parents=True, exist_ok=True)
    where = place(options.executor)
    try:
        with display() as progress, between_shards(progress) as checked:
            sweep(plan, ledger, where, checked)
    except SweepError as error:
        print("adoptproof sweep:", " ".join(str(error).split()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"adoptproof sweep: interrupted; {ledger} keeps what was done, run it again to go on", file=sys.stderr)
        return 130
    finally:
        where.close()
    with Ledger(ledger, plan, environment()) as book:
        result = summarise(book, options.out)
    violated = 0
    if options.theorem is not None:
        from proofs.sweep_bounds import compare

        violated = compare(options.theorem, plan, result["rows"])
    print_summary(result)
    result["files"] = [str(path) for path in result["files"]]
    status = "violated" if violated else "ok"
    write_json(options.json, finite({"status": status, "plan": plan.digest, **result}))
    return 1 if violated else 0


def plan_of(options: argparse.Namespace, ledger: Path) -> Plan:
    """The plan of a file and flags; with neither, the one of a ledger that is there."""
    from numerics.sweeps.ledger import stored_plan
    from numerics.sweeps.plan import read, read_toml

    source: dict[str, Any] = {} if options.plan is None else read_toml(options.plan)
    for flag, key in LISTS.items():
        if (text := getattr(options, flag)) is not None:
            source[key] = text.split(",")
    for key in ("horizons", "seeds"):
        if (text := getattr(options, key)) is not None:
            source[key] = text if ":" in text else [value(key, x) for x in text.split(",")]
    for key in ("runs", "shard_runs", "tier", "device"):
        if (given := getattr(options, key)) is not None:
            source[key] = given
    for text in options.values:
        name, equals, values = text.partition("=")
        if not equals:
            raise InputError(f"--set {text}: write NAME=VALUE,…, such as --set beta2=0,0.9")
        source["settings"] = {**source.get("settings", {}), name: [value(name, x) for x in values.split(",")]}
    if not source and ledger.exists():
        return stored_plan(ledger)
    return read(source)


def value(name: str, text: str) -> Any:
    """An integer, a number, `none`, a clip c:p (c·t^p), or, where names are allowed, text."""
    if text == "none":
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    if name == "clip" and text.count(":") == 1:
        return tuple(value("clip's number", x) for x in text.split(":"))
    if name in ("alpha", "start"):
        return text
    raise InputError(f"{name}: {text!r} is not a number")


@contextmanager
def display() -> Iterator[Progress]:
    """A progress bar with rate and time left on a terminal's standard error, nothing elsewhere.

    On a narrow terminal the bar goes first, then the rate: what is done and how long it still takes stay readable.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns: list[ProgressColumn] = [MofNCompleteColumn(), TextColumn("left"), TimeRemainingColumn()]
    if console.width >= WITH_RATE:
        columns[1:1] = [TextColumn("shards  {task.fields[rate]}"), TimeElapsedColumn()]
    if console.width >= WITH_BAR:
        columns.insert(0, BarColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("sweep", total=None, rate="")

        def shown(done: int, total: int, lane_steps: int) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = f"{lane_steps / elapsed / 1e6:.1f} M lane-steps/s" if elapsed > 0 and lane_steps else ""
            bar.update(task, completed=done, total=total, rate=rate)

        yield shown


@contextmanager
def between_shards(progress: Progress) -> Iterator[Progress]:
    """Ctrl-C ends the sweep at its next report, not in the middle of starting a worker; a second one, at once."""
    asked = threading.Event()

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def checked(done: int, total: int, lane_steps: int) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        progress(done, total, lane_steps)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield checked
    finally:
        signal.signal(signal.SIGINT, before)


def print_summary(result: dict[str, Any]) -> None:
    """Rates where there are any, else measures; then the files and the digest."""
    from numerics.sweeps.results import HYPERPARAMETERS, IDENTITY

    rows: Sequence[dict[str, Any]] = result["fits"] or result["rows"]
    figure = "slope" if result["fits"] else "measure"
    names = [*IDENTITY, *(() if result["fits"] else ("horizon", "alpha")), *HYPERPARAMETERS]
    names = [n for n in names if len({r.get(n) for r in rows}) > 1 or n in ("problem", "method")]
    cells = [[*(cell(r.get(n)) for n in names), f"{r[figure]:.4g}", interval(r)] for r in rows[:SHOWN]]
    print_table((*names, figure, "95% interval"), cells)
    if len(rows) > SHOWN:
        print(f"… and {len(rows) - SHOWN} more rows")
    for row in result["rows"]:
        if row.get("violated"):
            setting = f"{row['method']} on {row['problem']}, setting {row['setting']}, T = {row['horizon']}"
            print(f"VIOLATED: {setting}: measured {row['measure']:.4g}, bound {row['bound']:.4g}")
    print("written:", *result["files"])
    print(f"digest of the results' bits: {result['digest'][:16]}")


def cell(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def interval(row: dict[str, Any]) -> str:
    return f"[{row['low']:.4g}, {row['high']:.4g}]"


def finite(data: Any) -> Any:
    """The same data with null for what is infinite or not a number."""
    if isinstance(data, dict):
        return {key: finite(item) for key, item in data.items()}
    if isinstance(data, list):
        return [finite(item) for item in data]
    return None if isinstance(data, float) and not abs(data) < float("inf") else data
