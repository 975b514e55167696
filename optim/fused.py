"""The compiled core: `fused.c` built with the C compiler at hand, kept in a cache, called through ctypes.

Without a C compiler `library()` is None and the optimizers use their other implementations. The environment variable
``CC`` names another compiler; ``XDG_CACHE_HOME`` moves the cache.
"""

from __future__ import annotations

import ctypes
import hashlib
import math
import os
import platform
import shutil
import subprocess
import tempfile
from array import array
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from optim import core

if TYPE_CHECKING:
    from optim.implementations import Rule, Slot

SOURCE = Path(__file__).with_name("fused.c")
# No contraction and no fast-math: the same bits as core, and no flush-to-zero for the whole process.
FLAGS = ["-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
FLAGS += ["-fno-unswitch-loops", "-std=gnu11"]  # unswitched, the loops are many and no faster
LINK = ["-shared", "-fPIC", "-pthread", "-lm"]

# Tensors whose memory is what it seems (a DTensor's, say, is not).
PLAIN = (Tensor, torch.nn.Parameter)
# In the order of the enum in fused.c; each method's state in the order of Slot.state there.
METHODS = {
    "adopt": ("momentum", "second_moment"),
    "adam": ("momentum", "second_moment"),
    "amsgrad": ("momentum", "second_moment", "max_second_moment"),
    "rmsprop": ("second_moment",),
    "adagrad": ("sum_of_squares",),
    "adamax": ("momentum", "infinity_norm"),
    "sgd_momentum": ("momentum",),
    "sgd": (),
}
# The type's number in fused.c, and how many of its elements one element of the tensor is.
TYPES = {
    torch.float32: (0, 1),
    torch.float64: (1, 1),
    torch.bfloat16: (2, 1),
    torch.float16: (3, 1),
    torch.complex64: (0, 2),
    torch.complex128: (1, 2),
}
WORK = {torch.float16: torch.float32, torch.bfloat16: torch.float32}
L2, MAXIMIZE, DECOUPLED, NOT_DECORRELATED, NORMALIZE_LAST, ALGORITHM_1, CORRECT = (1 << k for k in range(7))


class Settings(ctypes.Structure):
    """`Settings` of fused.c."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("method", "form", "flags", "threads")),
        *(
            (name, ctypes.c_double)
            for name in ("lr", "beta1", "beta2", "eps", "weight_decay", "clip_scale", "clip_exponent")
        ),
    )


@cache
def library() -> ctypes.CDLL | None:
    """The compiled core, built on the first call (under two seconds, once per machine); None if it can't be built."""
    compiler = shutil.which(os.environ.get("CC") or "cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or os.name != "posix":
        return None
    key = hashlib.sha256("\0".join([SOURCE.read_text(), compiler, *FLAGS, *LINK, processor()]).encode()).hexdigest()
    folder = cache_folder()
    try:
        if folder is None:
            with tempfile.TemporaryDirectory() as private:
                return load(build(compiler, Path(private) / "fused.so"))
        target = folder / f"fused-{key[:32]}.so"
        return load(target if target.exists() else build(compiler, target))
    except (OSError, subprocess.SubprocessError):
        return None


def load(path: Path) -> ctypes.CDLL:
    """The library with the signature of ``optim_step`` declared."""
    loaded = ctypes.CDLL(str(path))
    loaded.optim_step.argtypes = [ctypes.c_int64, ctypes.POINTER(Settings), ctypes.c_void_p, ctypes.c_int64]
    loaded.optim_step.restype = ctypes.c_int
    return loaded


def processor() -> str:
    """What ``-march=native`` depends on, so that machines that share a home directory don't share the library."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        features = [line for line in lines if line.startswith(("flags", "Features", "model name"))]
        return "\n".join(dict.fromkeys(features))
    except OSError:
        return " ".join(platform.uname())


def cache_folder() -> Path | None:
    """The folder that keeps the library: in the user's cache, and only if no one else may write there."""
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "adoptproof"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
        return folder if status.st_uid == os.getuid() and not status.st_mode & 0o022 else None
    except (OSError, RuntimeError):
        return None


def build(compiler: str, target: Path) -> Path:
    """Compile `fused.c`; the library appears at ``target`` whole or not at all."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        unfinished = Path(folder) / target.name
        command = [compiler, *FLAGS, str(SOURCE), "-o", str(unfinished), *LINK]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return unfinished.replace(target)


def settings_of(rule: Rule) -> Settings | None:
    """The rule as fused.c takes it; None if it has no loop there (AdaShift, or a schedule with tensors in it)."""
    name, options = rule.method.name, rule.hyperparameters
    if name not in METHODS:
        return None
    scale, exponent = options.get("clip") or (math.inf, 0.0)
    flags = (
        (L2 if rule.weight_decay and not rule.decoupled else 0)
        | (MAXIMIZE if rule.maximize else 0)
        | (DECOUPLED if rule.weight_decay and rule.decoupled else 0)
        | (0 if options.get("decorrelate", True) else NOT_DECORRELATED)
        | (0 if options.get("normalize_first", True) else NORMALIZE_LAST)
        | (ALGORITHM_1 if options.get("start") == "algorithm_1" else 0)
        | (CORRECT if name == "adamax" or options.get("bias_correction") else 0)
    )
    return Settings(
        tuple(METHODS).index(name),
        core.DENOMINATORS.index(options.get("denominator_form", "max")),
        flags,
        torch.get_num_threads(),
        float(rule.lr),
        float(options.get("beta1", 0.0)),
        float(options.get("beta2", 0.0)),
        float(options.get("eps", 0.0)),
        float(rule.weight_decay),
        scale,
        exponent,
    )


def step(slots: list[Slot], rule: Rule, compiled: ctypes.CDLL, settings: Settings) -> list[Slot]:
    """One step for all slots that the compiled core can take; returns the others, untouched.

    It takes CPU parameters of the dtypes in `TYPES` whose memory is dense; a gradient that lies otherwise in memory
    than its parameter is copied for the step. All parameters of one element type are one call.
    """
    names = METHODS[rule.method.name]
    rows: dict[int, array[int]] = {}
    kept, moved, others = [], [], []
    for slot in slots:
        parameter, gradient, state = slot
        dtype = parameter.dtype
        tensors = [parameter, *[state[name] for name in names]]
        counter = state["step"]
        if (
            dtype not in TYPES
            or gradient.dtype != dtype
            or type(parameter) not in PLAIN
            or not counter.is_cpu
            or counter.dtype != torch.float32
            or not (all(t.is_cpu and t.is_contiguous() for t in tensors) or lie_alike(tensors))
            or any(t.dtype != WORK.get(dtype, dtype) for t in tensors[1:])
        ):
            others.append(slot)
            continue
        if gradient.is_conj() or gradient.is_neg() or gradient.stride() != parameter.stride():
            gradient = torch.empty_like(parameter, memory_format=torch.preserve_format).copy_(gradient)
            kept.append(gradient)
        element, width = TYPES[dtype]
        addresses = [t.data_ptr() for t in tensors]
        row = rows.setdefault(element, array("q"))
        row.extend((parameter.numel() * width, addresses[0], gradient.data_ptr(), *addresses[1:]))
        row.extend((0,) * (4 - len(addresses)))
        row.append(counter.data_ptr())
        moved.append(parameter)
    for element, row in rows.items():
        if compiled.optim_step(element, ctypes.byref(settings), row.buffer_info()[0], len(row) // 7):
            raise RuntimeError("optim/fused.c was compiled without this element type")
    torch.autograd.graph.increment_version(moved)
    return others


def lie_alike(tensors: list[Tensor]) -> bool:
    """Whether these CPU tensors fill their memory without holes, and all in the same order of elements."""
    expected = 1
    for stride, size in sorted(zip(tensors[0].stride(), tensors[0].shape, strict=True)):
        if size > 1 and stride != expected:
            return False
        expected *= size
    return all(t.is_cpu and t.stride() == tensors[0].stride() for t in tensors)
