"""Machine code on disk: generated sources are modules in a cache directory, named by the digest of all they depend on.

The directory is $ADOPTPROOF_CACHE, else $XDG_CACHE_HOME/adoptproof, else ~/.cache/adoptproof (a temporary directory if
that cannot be written). Numba keeps the compiled code beside the sources (or in $NUMBA_CACHE_DIR). A changed problem,
method, hyper-parameter that changes the code, stage or version of Numba has another digest and so is compiled anew.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
from numba import types

PREAMBLE = '''"""Generated from a problem and a method; see numerics.fused.program."""

import math
from math import copysign, cos, fabs, inf, nan, sin, sqrt

from numerics.fused.elementary import *
from numerics.fused.memory import load, store

'''


@functools.cache
def directory() -> Path:
    """The cache directory, made if need be."""
    named = os.environ.get("ADOPTPROOF_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(named) if named else Path(base) / "adoptproof"
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError:
        return Path(tempfile.mkdtemp(prefix="adoptproof-"))


@functools.cache
def _dependencies() -> bytes:
    here = Path(__file__).parent
    return numba.__version__.encode() + b"".join(
        (here / name).read_bytes() for name in ("elementary.py", "memory.py", "stages.py", "vectors.py", "../philox.py")
    )


def module(stem: str, text: str) -> ModuleType:
    """The source text as an imported module whose file is in the cache directory."""
    digest = hashlib.sha256(_dependencies() + text.encode()).hexdigest()[:24]
    name = f"adoptproof_{stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    path = directory() / f"{name}.py"
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=directory())
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).replace(path)
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise ImportError(f"{path} cannot be imported")
    loaded = importlib.util.module_from_spec(specification)
    sys.modules[name] = loaded
    specification.loader.exec_module(loaded)
    return loaded


@functools.cache
def step_function(source: str) -> Any:
    """The compiled step of a generated source: step(state, noise, out, scalars, dimension); it has an `.address`."""
    return _native(module("step", PREAMBLE + source).step, 5)


@functools.cache
def stage_module() -> ModuleType:
    """A copy of `numerics.fused.stages` in the cache directory, renewed when anything that it inlines changes."""
    return module("stages", (Path(__file__).parent / "stages.py").read_text(encoding="utf-8"))


@functools.cache
def stage(name: str) -> Any:
    """A compiled stage; it has an `.address`."""
    function = getattr(stage_module(), name)
    return _native(function, function.__code__.co_argcount)


@functools.cache
def driver() -> Any:
    """The compiled `numerics.fused.stages.simulate_tiles`."""
    return numba.njit(cache=True, nogil=True, error_model="numpy")(stage_module().simulate_tiles)


def _native(function: Any, count: int) -> Any:
    return numba.cfunc(types.void(*[types.int64] * count), cache=True, error_model="numpy", nopython=True)(function)
