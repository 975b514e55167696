"""Places to compute: `processes:N` on this machine, `dask://HOST:PORT` on a cluster, or any executor of the caller's."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

FORMS = "processes, processes:N or dask://HOST:PORT"
CONNECT_SECONDS = 10
"""How long to wait for a cluster's scheduler."""


def nothing() -> None:
    """Closes a place that holds nothing open."""


@dataclass(frozen=True)
class Place:
    """Where shards are computed.

    `open` makes an executor; it is called again if a worker's death breaks the one before. `window` shards are handed
    over at a time: enough to keep all workers busy, few enough that their results fit in memory. `close` is for whoever
    made the place, when done with it.
    """

    open: Callable[[], Executor]
    window: int
    close: Callable[[], None] = nothing


def place(text: str) -> Place:
    """The place that a text names. Raises ValueError saying what would be right, or that a cluster does not answer."""
    if match := re.fullmatch(r"processes(?::(\d{1,5}))?", text):
        workers = int(match[1]) if match[1] else os.cpu_count() or 1
        if workers >= 1:
            return processes(workers)
    if re.fullmatch(r"dask://[^\s/:]+:\d{1,5}", text):
        return dask("tcp://" + text.removeprefix("dask://"))
    raise ValueError(f"executor {text!r} is unknown; write {FORMS}")


def processes(workers: int) -> Place:
    """Worker processes of this machine with one thread each, forked from a clean server that has torch loaded.

    Never forked from the caller: its threads may hold locks that nobody would release in the child.
    """
    import multiprocessing

    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["numerics.sweeps.preload"])
    return Place(lambda: ProcessPoolExecutor(workers, mp_context=context, initializer=begin_worker), 2 * workers)


def begin_worker() -> None:
    """One torch thread; end at once with the parent, or at Ctrl-C, instead of waiting for work that will not come."""
    import multiprocessing
    import signal
    import threading
    from multiprocessing.connection import wait

    import torch

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def end_with_parent() -> None:
            wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=end_with_parent, daemon=True).start()


def dask(address: str) -> Place:
    """A Dask cluster. Raises ValueError if `distributed` is not installed or the scheduler does not answer."""
    try:
        from distributed import Client
    except ImportError:
        raise ValueError("dask needs the package distributed: pip install 'adoptproof[cluster]'") from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"no Dask scheduler answers at {address}: {error}") from None
    threads = sum(client.nthreads().values())
    # pure=False: a shard that failed is computed again, not answered with the failure that Dask remembers.
    return Place(lambda: client.get_executor(pure=False), max(2 * threads, 8), client.close)


def stop(executor: Executor) -> None:
    """End an executor without waiting for what it computes; of a process pool, the workers are ended too."""
    children: dict[int, Any] = dict(getattr(executor, "_processes", None) or {})
    executor.shutdown(wait=False)
    for child in children.values():
        child.terminate()
