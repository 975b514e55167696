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
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from optim import core

if TYPE_CHECKING:
    from optim.implementations import Rule, Slot

SOURCE = Path(__file__).with_name("fused.c")
# No contraction and no fast-math: the same bits as core, and no flush-to-zero for the whole process.
FLAGS = ["-O3", "-fPIC", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
FLAGS += ["-fno-unswitch-loops", "-std=gnu11"]  # unswitched, the loops are many and no faster
LINK = ["-shared", "-pthread", "-lm"]

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
NUMBERS = {name: number for number, name in enumerate(METHODS)}
# The type's number in fused.c, and how many of its elements one element of the tensor is.
TYPES = {
    torch.float32: (0, 1),
    torch.float64: (1, 1),
    torch.bfloat16: (2, 1),
    torch.float16: (3, 1),
    torch.complex64: (0, 2),
    torch.complex128: (1, 2),
}
# Elements after which a batch of addresses is handed over, and how many batches fused.c takes.
BATCH, BATCHES = 1 << 19, 64
# The precision in which half-precision parameters are stepped and their state is kept; any other has its own.
WORK = {torch.float16: torch.float32, torch.bfloat16: torch.float32, torch.complex32: torch.complex64}
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
    """The compiled core, built on the first call (some three seconds, once per machine); None if it can't be built."""
    compiler = shutil.which(os.environ.get("CC") or "cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or os.name != "posix":
        return None
    try:
        parts = [SOURCE.read_text(), compiler, *FLAGS, *LINK, *openmp(), processor()]
        folder = cache_folder()
        if folder is None:
            with tempfile.TemporaryDirectory() as private:
                return load(build(compiler, Path(private) / "fused.so"))
        target = folder / f"fused-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}.so"
        return load(target if target.exists() else build(compiler, target))
    except (OSError, subprocess.SubprocessError):
        return None


def load(path: Path) -> ctypes.CDLL:
    """The library with the signatures of its functions declared."""
    loaded, number, pointer = ctypes.CDLL(str(path)), ctypes.c_int64, ctypes.c_void_p
    for name, result, arguments in (
        ("optim_has", ctypes.c_int, [number]),
        ("optim_begin", pointer, [ctypes.POINTER(Settings)]),
        ("optim_add", number, [pointer, pointer, number]),
        ("optim_finish", None, [pointer]),
    ):
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
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


def openmp() -> list[str]:
    """torch's own OpenMP library, to be linked so that a step runs on torch's threads; none where it has another."""
    return sorted(str(path) for path in (Path(torch.__file__).parent / "lib").glob("libgomp*.so*"))[:1]


def build(compiler: str, target: Path) -> Path:
    """Compile `fused.c`; the library appears at ``target`` whole or not at all.

    With torch's OpenMP threads if that compiles and loads, else with threads of its own.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        unfinished, compiled = Path(folder) / target.name, Path(folder) / "fused.o"

        def run(*options: str) -> None:
            subprocess.run([compiler, *options], check=True, capture_output=True, timeout=120)

        try:
            if not openmp():
                raise OSError("torch brings no OpenMP library of GNU's")
            run(*FLAGS, "-fopenmp", "-c", str(SOURCE), "-o", str(compiled))
            run(str(compiled), *openmp(), "-o", str(unfinished), *LINK)
            ctypes.CDLL(str(unfinished))
        except (OSError, subprocess.CalledProcessError):
            run(*FLAGS, str(SOURCE), "-o", str(unfinished), *LINK)
        return unfinished.replace(target)


def settings_of(rule: Rule) -> Settings | None:
    """The rule as fused.c takes it; None if it has no loop there (AdaShift)."""
    name, options = rule.method.name, rule.hyperparameters
    number = NUMBERS.get(name)
    if number is None:
        return None
    option = options.get
    flags = CORRECT if name == "adamax" or option("bias_correction") else 0
    if rule.weight_decay:
        flags |= DECOUPLED if rule.decoupled else L2
    if rule.maximize:
        flags |= MAXIMIZE
    if not option("decorrelate", True):
        flags |= NOT_DECORRELATED
    if not option("normalize_first", True):
        flags |= NORMALIZE_LAST
    if option("start") == "algorithm_1":
        flags |= ALGORITHM_1
    scale, exponent = option("clip") or (math.inf, 0.0)
    return Settings(
        number,
        core.DENOMINATORS.index(option("denominator_form", "max")),
        flags,
        torch.get_num_threads(),
        rule.lr,
        option("beta1", 0.0),
        option("beta2", 0.0),
        option("eps", 0.0),
        rule.weight_decay,
        scale,
        exponent,
    )


def step(slots: list[Slot], rule: Rule, compiled: ctypes.CDLL, settings: Settings) -> list[Slot]:
    """One step for all slots that the compiled core can take; returns the others, untouched.

    It takes CPU parameters of the `known_types` where state and parameter lie alike in memory; a gradient that lies
    otherwise is copied for the step. Addresses are handed over in batches, so that threads work while the rest is
    collected.
    """
    names, types = METHODS[rule.method.name], known_types(compiled)
    padding = (0,) * (3 - len(names))
    rows, elements = array("q"), 0
    kept: list[Any] = []
    moved, others = [], []
    job = compiled.optim_begin(ctypes.byref(settings))
    if not job:
        raise MemoryError("fused step: no memory for its list of parameters")
    try:
        room = BATCHES
        for slot in slots:
            parameter, gradient, state = slot
            counter, tensors = state["step"], [state[name] for name in names]
            if (
                parameter.dtype not in types
                or type(parameter) not in PLAIN
                or not alike(parameter, gradient, counter, tensors)
            ):
                others.append(slot)
                continue
            if not usable(gradient, parameter):
                gradient = torch.empty_like(parameter, memory_format=torch.preserve_format).copy_(gradient)
                kept.append(gradient)
            element, width = types[parameter.dtype]
            size = parameter.numel() * width
            addresses = [tensor.data_ptr() for tensor in tensors]
            rows.extend(
                (element, size, parameter.data_ptr(), gradient.data_ptr(), *addresses, *padding, counter.data_ptr())
            )
            elements += size
            moved.append(parameter)
            if elements >= BATCH and room > 1:
                room = compiled.optim_add(job, rows.buffer_info()[0], len(rows) // 8)
                kept.append(rows)
                rows, elements = array("q"), 0
        if rows:
            compiled.optim_add(job, rows.buffer_info()[0], len(rows) // 8)
        torch.autograd.graph.increment_version(moved)
    finally:
        compiled.optim_finish(job)
    return others


@cache
def known_types(compiled: ctypes.CDLL) -> dict[torch.dtype, tuple[int, int]]:
    """The part of `TYPES` that was compiled in."""
    return {dtype: entry for dtype, entry in TYPES.items() if compiled.optim_has(entry[0])}


def alike(parameter: Tensor, gradient: Tensor, counter: Tensor, tensors: list[Tensor]) -> bool:
    """Whether the state lies in memory as the parameter does, without holes, in the dtypes that fused.c expects."""
    dtype = parameter.dtype
    if not parameter.is_cpu or gradient.dtype is not dtype or parameter.is_neg() or parameter.is_conj():
        return False
    if counter.dtype is not torch.float32 or not counter.is_cpu:
        return False
    work = WORK.get(dtype, dtype)
    dense = parameter.is_contiguous()
    for tensor in tensors:
        if tensor.dtype is not work or not tensor.is_cpu:
            return False
        dense = dense and tensor.is_contiguous()
    return dense or lie_alike([parameter, *tensors])


def usable(gradient: Tensor, parameter: Tensor) -> bool:
    """Whether the gradient's memory can be read as it is, beside the parameter's."""
    if gradient.is_neg() or gradient.is_conj():
        return False
    return (gradient.is_contiguous() and parameter.is_contiguous()) or gradient.stride() == parameter.stride()


def lie_alike(tensors: list[Tensor]) -> bool:
    """Whether these tensors fill their memory without holes, and all in the same order of elements."""
    expected = 1
    for stride, size in sorted(zip(tensors[0].stride(), tensors[0].shape, strict=True)):
        if size > 1 and stride != expected:
            return False
        expected *= size
    return all(tensor.stride() == tensors[0].stride() for tensor in tensors)
