"""The floor: `floor.cpp`, built with the C++ compiler at hand, called through ctypes."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.engine.cases import ALPHA, BETA1, BETA2, EPS, SEED, TOY_K, AbsentError, Case, Run, start_of

SOURCE = Path(__file__).with_name("floor.cpp")
FLAGS = ["-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared", "-pthread"]
NARROW = ["-mno-avx512f"]
"""The same source on 256-bit registers, for machines and compilers that keep to them."""
NUMBERS = {"Bn": 0, "B2": 1, "A": 2}


class Setting(ctypes.Structure):
    """`Setting` of floor.cpp."""

    _fields_ = tuple((name, ctypes.c_double) for name in ("alpha", "beta1", "beta2", "eps", "start", "scale"))


@functools.cache
def library(compiler: str, narrow: bool) -> ctypes.CDLL:
    """Compile and load. Raises AbsentError without a compiler that knows GCC's vector extensions."""
    if shutil.which(compiler) is None:
        raise AbsentError(f"no C++ compiler ({compiler})")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "floor.so"
        command = [compiler, *FLAGS, *(NARROW if narrow else []), "-o", str(target), str(SOURCE)]
        built = subprocess.run(command, capture_output=True, text=True)
        if built.returncode:
            raise AbsentError(f"{compiler} cannot build floor.cpp: {built.stderr.splitlines()[0]}")
        return ctypes.CDLL(str(target))


def prepare(case: Case, threads: int, narrow: bool) -> Run:
    """See `cases.Run`."""
    loaded = library(os.environ.get("CXX", "g++"), narrow)
    setting = Setting(ALPHA, BETA1, BETA2, EPS, start_of(case), TOY_K)

    def run(steps: int) -> dict[str, np.ndarray]:
        sums = np.zeros((steps, 4))
        loaded.floor_simulate(
            NUMBERS[case.problem],
            int(case.dtype == "float32"),
            *(ctypes.c_int64(n) for n in (case.runs, case.dimension, steps)),
            threads,
            ctypes.c_uint64(SEED),
            ctypes.byref(setting),
            sums.ctypes.data_as(ctypes.c_void_p),
        )
        means = sums / case.runs
        return (
            {"gap": means[:, 0]}
            if case.problem == "A"
            else {"gradient_square": means[:, 0], "gradient_power": means[:, 2]}
        )

    return run
