"""One engine in a process of its own: JSON requests on standard input, one JSON answer a line on standard output.

{"case": {...}, "steps": 64}  →  {"cpu": s, "wall": s, "steps": n, "means": {...}}  or  {"absent": "why"}
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.engine.cases import AbsentError, Case, Run


def prepare(engine: str, case: Case, threads: int) -> Run:
    """The engine made ready for the case. Raises AbsentError."""
    from benchmarks.engine import floor, jax_scan, tiers, torch_adam

    engines: dict[str, Callable[[Case], Run]] = {
        "floor": partial(floor.prepare, threads=threads, narrow=False),
        "floor_256": partial(floor.prepare, threads=threads, narrow=True),
        "fused": partial(tiers.prepare, tier="fused"),
        "compiled": partial(tiers.prepare, tier="compiled"),
        "reference": partial(tiers.prepare, tier="reference"),
        "reference_adam": partial(tiers.prepare, tier="reference", method="adam"),
        "jax_threefry": partial(jax_scan.prepare, generator="threefry2x32"),
        "jax_rbg": partial(jax_scan.prepare, generator="rbg"),
        "torch_adam": torch_adam.prepare,
    }
    return engines[engine](case)


def answer(run: Run, steps: int) -> dict[str, Any]:
    """One measured run. Steps are counted as the engine took them (JAX takes whole chunks)."""
    cpu, wall = time.process_time(), time.perf_counter()
    means = run(steps)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    taken = len(next(iter(means.values())))
    return {"cpu": cpu, "wall": wall, "steps": taken, "means": {n: v[:steps].tolist() for n, v in means.items()}}


def main(engine: str, threads: int) -> None:
    """Serve requests until standard input ends."""
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not an answer
    prepared: dict[Case, Run] = {}
    for line in sys.stdin:
        request = json.loads(line)
        case = Case(**request["case"])
        try:
            if case not in prepared:
                prepared.clear()
                prepared[case] = prepare(engine, case, threads)
            found = answer(prepared[case], request["steps"])
        except AbsentError as error:
            found = {"absent": str(error)}
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
