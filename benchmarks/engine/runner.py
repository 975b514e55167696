"""The measurement: a process per engine, outputs validated, rounds interleaved, medians and the worst round."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from benchmarks.engine.cases import Case, grid

ROOT = Path(__file__).parents[2]
JAX = ("jax_threefry", "jax_rbg")
ENGINES = ("floor", "floor_256", "fused", "compiled", "reference", *JAX, "torch_adam")
EXACT = ("floor", "floor_256", "fused", "compiled")
"""Engines with the reference tier's own random stream: their means are the reference's up to rounding."""
ROUNDING = {"float64": 1e-12, "float32": 1e-4}
"""Largest relative difference of a mean over VALIDATED_STEPS steps."""
VALIDATED_RUNS, VALIDATED_STEPS = 10_000, 32
SIGMAS = 5.0
"""Engines with a stream of their own must agree within so many standard errors of the difference of two means."""
FEWEST_STEPS, MOST_STEPS = 16, 200_000

Say = Callable[[str], None]


class Worker:
    """A process that runs one engine."""

    def __init__(self, engine: str, threads: int) -> None:
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
        if threads == 1:
            single = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
            flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
            environment |= {**dict.fromkeys(single, "1"), "XLA_FLAGS": flags}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.engine.worker", engine, str(threads)],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip  # a session of its own: Ctrl-C is for this process, which then ends its workers
        self.requests, self.answers = cast(IO[str], self.process.stdin), cast(IO[str], self.process.stdout)

    def ask(self, case: Case, steps: int) -> dict[str, Any]:
        """One run. An engine that dies is absent, and says so."""
        try:
            self.requests.write(json.dumps({"case": asdict(case), "steps": steps}) + "\n")
            self.requests.flush()
            line = self.answers.readline()
        except BrokenPipeError:
            line = ""
        return json.loads(line) if line else {"absent": f"the process ended with code {self.process.wait()}"}

    def close(self) -> None:
        """End the process, which has nothing to lose."""
        self.process.terminate()
        self.process.wait()
        self.answers.close()
        with suppress(BrokenPipeError):  # an interrupted request may not have been sent
            self.requests.close()


def benchmark(quick: bool, say: Say) -> dict[str, Any]:
    """Everything: {"machine", "rows"}, rows as in the JSON contract with more keys."""
    seconds, rounds = (0.1, 3) if quick else (0.2, 5)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cases = grid(quick)
    rows = measured(cases, 1, seconds, rounds, say)
    if not quick and cores > 1:
        wide = [case for case in cases if case.runs == 100_000 and case.dtype == "float64"]
        rows += measured(wide, cores, seconds, rounds, say)
    return {"machine": machine(cores), "rows": rows}


def machine(cores: int) -> dict[str, Any]:
    """What the figures depend on."""
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = found[0] if found else model
    return {"processor": model, "cores": cores, "system": platform.platform(), "python": platform.python_version(),
            "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None}  # fmt: skip


def measured(cases: list[Case], threads: int, seconds: float, rounds: int, say: Say) -> list[dict[str, Any]]:
    """The rows of these cases with this many threads: CPU time on one thread, wall time on several."""
    clock = "cpu" if threads == 1 else "wall"
    workers = {engine: Worker(engine, threads) for engine in (*ENGINES, "reference_adam")}
    checked: dict[tuple[str, Case], str | None] = {}
    rows = []
    try:
        for case in cases:
            say(f"{case.problem} {case.dtype}, {case.runs} runs, D = {case.dimension}, threads {threads}")
            absent = {engine: reason for engine in ENGINES if (reason := objection(engine, case, workers, checked))}
            steps = {}
            for engine in ENGINES:
                if engine not in absent:
                    workers[engine].ask(case, FEWEST_STEPS)  # compiles for these shapes
                    lasting = steps_that_take(seconds, partial(workers[engine].ask, case), clock)
                    if isinstance(lasting, str):
                        absent[engine] = lasting
                    else:
                        steps[engine] = lasting
            speeds: dict[str, list[float]] = {engine: [] for engine in steps}
            for _ in range(rounds):
                for engine in [engine for engine in steps if engine not in absent]:
                    found = workers[engine].ask(case, steps[engine])
                    if "absent" in found:
                        absent[engine] = found["absent"]
                        del speeds[engine]
                        continue
                    speeds[engine].append(case.runs * case.dimension * found["steps"] / found[clock])
            rows += [row(case, engine, threads, speeds, absent.get(engine)) for engine in ENGINES]
    finally:
        for worker in workers.values():
            worker.close()
    return rows


def steps_that_take(seconds: float, run: Callable[[int], dict[str, Any]], clock: str) -> int | str:
    """How many steps last about so long, or why the engine is absent. Runs grow until one is long enough to tell."""
    count = 2 * FEWEST_STEPS
    while True:
        trial = run(count)
        if "absent" in trial:
            return str(trial["absent"])
        wanted = int(seconds / max(trial[clock], 1e-6) * trial["steps"])
        if trial[clock] >= seconds / 4 or count >= MOST_STEPS:
            return min(max(FEWEST_STEPS, wanted), MOST_STEPS)
        count = min(max(2 * count, wanted), MOST_STEPS)


def objection(
    engine: str, case: Case, workers: Mapping[str, Worker], checked: dict[tuple[str, Case], str | None]
) -> str | None:
    """Why the engine is left out of the case: it is absent, refuses, or its means are wrong. None if all is well."""
    small = replace(case, runs=min(case.runs, VALIDATED_RUNS))
    if (engine, small) not in checked:
        found = workers[engine].ask(small, VALIDATED_STEPS)
        oracle = workers["reference_adam" if engine == "torch_adam" else "reference"].ask(small, VALIDATED_STEPS)
        checked[engine, small] = found.get("absent") or disagreement(engine, small, found["means"], oracle["means"])
    return checked[engine, small]


def disagreement(
    engine: str, case: Case, found: Mapping[str, list[float]], oracle: Mapping[str, list[float]]
) -> str | None:
    """How the means differ from the reference tier's by more than rounding or chance, or None.

    The measured quantities lie in [0, D] (‖∇f‖² for |φ'| < 1), [0, D^{2/3}] or [0, 2] (the gap), so a standard deviation
    is at most half the range: that bounds the standard error without another estimate.
    """
    spread = {"gradient_square": case.dimension / 2, "gradient_power": case.dimension ** (2 / 3) / 2, "gap": 1.0}
    for name, expected in oracle.items():
        for t, (x, y) in enumerate(zip(found[name], expected, strict=True), 1):
            allowed = SIGMAS * spread[name] * math.sqrt(2 / case.runs)
            if engine in EXACT or engine == "reference":
                allowed = ROUNDING[case.dtype] * abs(y)
            if not abs(x - y) <= allowed:
                return f"wrong: the mean of {name} at step {t} is {x:.6g}, the reference tier's {y:.6g}"
    return None


def row(case: Case, engine: str, threads: int, speeds: Mapping[str, list[float]], absent: str | None) -> dict[str, Any]:
    """One row; ratios are medians over rounds of the quotients within a round."""
    mine = speeds.get(engine, [])
    faster = [max(values) for values in zip(*(speeds[name] for name in JAX if name in speeds), strict=True)]

    def ratio(over: list[float], under: list[float]) -> float | None:
        return statistics.median(a / b for a, b in zip(over, under, strict=True)) if over and under else None

    return {
        "engine": engine,
        "problem": case.problem,
        "dtype": case.dtype,
        "runs": case.runs,
        "dimension": case.dimension,
        "threads": threads,
        "lane_steps_per_second": statistics.median(mine) if mine else None,
        "worst_round": min(mine, default=None),
        "ratio_to_floor": ratio(speeds.get("floor", []), mine),
        "ratio_to_jax": ratio(mine, faster),
        "absent": absent,
    }
