"""The figures of docs/scaling.md, measured: `python -m benchmarks.scaling [core|linear|ledger|overhead]… [--shards 1000]`.

core      lane-steps per second of one core, by tier and problem, for a whole shard (statistics and serialisation included)
linear    time per lane-step and peak memory of sweeps of growing size, one subprocess each
ledger    commits per second of small and large partial results, alone and in batches
overhead  time per shard beside its computation, for tiny shards on threads, processes and a local Dask cluster
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numerics.sweeps.executors import Place, place, processes
from numerics.sweeps.ledger import Ledger
from numerics.sweeps.plan import Plan, cells, read
from numerics.sweeps.run import sweep
from numerics.sweeps.shards import LEAF_RUNS, Cut, partial_bytes
from numerics.sweeps.work import compute, environment, task

Row = dict[str, Any]


def plan_of(problem: str, horizon: int, runs: int, **more: Any) -> Plan:
    settings = {"alpha0": 1.0, "beta1": 0.9, "beta2": 0.999} | more.pop("settings", {})
    grid = {"problems": problem, "methods": "adopt", "horizons": horizon, "runs": runs}
    return read(grid | {"settings": settings} | more)


def core(_: argparse.Namespace) -> Iterator[Row]:
    """CPU seconds, so that other processes on the machine do not count; the best of three.

    On one thread, as a sweep's workers are: threads that wait for each other would be counted as computing.
    """
    import torch

    torch.set_num_threads(1)
    for tier in ("reference", "fused"):
        for problem, betas in (
            ("hard_instance", [0.9]),
            ("log_cosh_normal", [0.9]),
            ("log_cosh_normal", [k / 16 for k in range(16)]),
        ):
            plan = plan_of(problem, 256, LEAF_RUNS, tier=tier, settings={"beta2": betas})
            cut = Cut(plan, list(cells(plan)))
            work = task(cut, cut.shard(0))
            compute(work)
            seconds = []
            for _ in range(3):
                before = time.process_time()
                compute(work)
                seconds.append(time.process_time() - before)
            rate = cut.lane_steps(0) / min(seconds)
            yield {"tier": tier, "problem": problem, "settings": len(betas), "lane_steps_per_core_second": rate}


def linear(options: argparse.Namespace) -> Iterator[Row]:
    """Sweeps of a thousand steps and ever more runs, in this process's children: CPU time and peak memory of each."""
    runs = LEAF_RUNS
    while runs * 1000 * 10 <= options.largest:
        found = subprocess.run(
            [sys.executable, "-m", "benchmarks.scaling", "one", "--runs", str(runs)],
            capture_output=True,
            text=True,
            check=True,
        )
        yield json.loads(found.stdout.splitlines()[-1])
        runs *= 4


def one(options: argparse.Namespace) -> Iterator[Row]:
    """One sweep on one thread of this process: log cosh in 10 dimensions, T = 1000."""
    import torch

    torch.set_num_threads(1)
    plan = plan_of("log_cosh_normal", 1000, options.runs, shard_runs=4 * LEAF_RUNS)
    cut = Cut(plan, list(cells(plan)))
    warm = plan_of("log_cosh_normal", 1000, LEAF_RUNS)
    compute(task(Cut(warm, list(cells(warm))), cut.shard(0)))
    with scratch() as folder:
        start, before = time.perf_counter(), time.process_time()
        sweep(plan, folder / "l.sqlite", Place(lambda: ThreadPoolExecutor(1), 2))
        seconds, wall = time.process_time() - before, time.perf_counter() - start
        size = sum(f.stat().st_size for f in folder.iterdir())
    total = sum(cut.lane_steps(k) for k in range(cut.total))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield {
        "lane_steps": total,
        "shards": cut.total,
        "cpu_seconds": seconds,
        "wall_seconds": wall,
        "cpu_nanoseconds_per_lane_step": 1e9 * seconds / total,
        "peak_megabytes": peak,
        "ledger_megabytes": size / 1e6,
    }


def ledger(_: argparse.Namespace) -> Iterator[Row]:
    for horizon, shards in ((1, 4000), (1000, 400), (100_000, 8)):
        for batch in (1, 16) if shards > 16 else (1,):
            plan = plan_of("hard_instance", horizon, LEAF_RUNS, seeds=f"1:{shards}")
            data = Cut(plan, list(cells(plan)))
            zeros = LEAF_RUNS.to_bytes(8, "little") + bytes(partial_bytes(plan, 1, horizon) - 8)
            with scratch() as folder, Ledger(folder / "l.sqlite", plan, environment()) as book:
                before = time.perf_counter()
                for start in range(0, data.total, batch):
                    book.commit([(k, zeros) for k in range(start, min(start + batch, data.total))])
                seconds = time.perf_counter() - before
            yield {
                "bytes": len(zeros),
                "batch": batch,
                "shards_per_second": shards / seconds,
                "megabytes_per_second": shards * len(zeros) / seconds / 1e6,
            }


def overhead(options: argparse.Namespace) -> Iterator[Row]:
    """Sweeps of shards of 32 runs and one step, beside the time that computing one takes alone."""
    for shards in options.shards:
        plan = plan_of("hard_instance", 1, 32, seeds=f"1:{shards}", tier="reference")
        cut = Cut(plan, list(cells(plan)))
        compute(task(cut, cut.shard(0)))
        before = time.process_time()
        for k in range(100):
            compute(task(cut, cut.shard(k % cut.total)))
        alone = (time.process_time() - before) / 100
        for name in options.executors:
            open_place, workers = EXECUTORS[name]
            with scratch() as folder, open_place() as where:
                start, used = time.perf_counter(), time.process_time()
                sweep(plan, folder / "l.sqlite", where)
                wall, own = time.perf_counter() - start, time.process_time() - used
            row = {
                "executor": name,
                "shards": shards,
                "wall_seconds": wall,
                "milliseconds_per_shard": 1e3 * wall / shards,
            }
            yield row | {
                "computing_milliseconds": 1e3 * alone / workers,
                "coordinator_cpu_milliseconds": 1e3 * own / shards,
            }


@contextmanager
def threads() -> Iterator[Place]:
    yield Place(lambda: ThreadPoolExecutor(1), 64)


@contextmanager
def two_processes() -> Iterator[Place]:
    yield processes(2)


@contextmanager
def cluster() -> Iterator[Place]:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as found:
        where = place(found.scheduler_address.replace("tcp://", "dask://"))
        yield Place(where.open, 64)
        where.close()


@contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


EXECUTORS = {"thread": (threads, 1), "processes": (two_processes, 2), "dask": (cluster, 2)}
"""Name → (a context manager that gives the place, its workers)."""
PARTS = {"core": core, "linear": linear, "ledger": ledger, "overhead": overhead, "one": one}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--shards", type=lambda text: [int(x) for x in text.split(",")], default=[1000])
    parser.add_argument(
        "--executors", type=lambda text: text.split(","), default=list(EXECUTORS), help="thread,processes,dask"
    )
    parser.add_argument("--largest", type=float, default=1e9, help="lane-steps of the largest sweep of `linear`")
    parser.add_argument("--runs", type=int, default=LEAF_RUNS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for part in options.parts or ("core", "linear", "ledger", "overhead"):
        for row in PARTS[part](options):
            print(json.dumps({"part": part, "load": os.getloadavg()[0]} | row), flush=True)


if __name__ == "__main__":
    main()
