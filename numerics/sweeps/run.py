"""The loop of a sweep: take shards from the ledger, hand them to an executor, commit what comes back."""

from __future__ import annotations

import queue
import time
from collections import Counter, deque
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from numerics.sweeps.executors import Place, stop
from numerics.sweeps.ledger import Ledger
from numerics.sweeps.plan import Plan
from numerics.sweeps.work import compute, environment, task

ATTEMPTS = 3
"""How often a shard is tried before the sweep goes on without it, and how often workers may die with nothing done between."""
POLL_SECONDS = 0.5
"""How often to look for shards that another process finished or left behind."""


class SweepError(RuntimeError):
    """Some shards could not be computed; the ledger holds all the others, and the next run tries again."""


class Progress(Protocol):
    """What a progress display is told: shards committed of how many, and lane-steps that this process has computed."""

    def __call__(self, done: int, total: int, lane_steps: int) -> None: ...


def silent(done: int, total: int, lane_steps: int) -> None:
    """No display."""


def sweep(plan: Plan, ledger: Path, place: Place, progress: Progress = silent) -> None:
    """Compute every shard of a plan that the ledger does not have; returns when the ledger is complete.

    Safe to kill at any moment and to run again, also in several processes at once. Raises LedgerError for a ledger that
    cannot be used, SweepError if a shard fails ATTEMPTS times or workers keep dying.
    """
    with Ledger(ledger, plan, environment()) as book:
        _Loop(book, place, progress).run()


@dataclass
class _Loop:
    book: Ledger
    place: Place
    progress: Progress
    executor: Executor | None = None
    waiting: deque[int] = field(default_factory=deque)
    flying: dict[Future[bytes], int] = field(default_factory=dict)
    landed: queue.SimpleQueue[Future[bytes]] = field(default_factory=queue.SimpleQueue)
    attempts: Counter[int] = field(default_factory=Counter)
    failed: dict[int, BaseException] = field(default_factory=dict)
    breaks: int = 0
    lane_steps: int = 0
    remaining: int = 0
    asked: float = 0.0

    def run(self) -> None:
        cut = self.book.cut
        self._count()
        self.progress(cut.total - self.remaining, cut.total, 0)
        try:
            while self._launch():
                if self.flying:
                    self._land()
                else:
                    time.sleep(POLL_SECONDS)  # what is left is with other processes
                if time.monotonic() - self.asked > POLL_SECONDS:
                    self._count()
                self.progress(cut.total - self.remaining, cut.total, self.lane_steps)
            if self.executor is not None:
                self.executor.shutdown()
            self._count()
            self.progress(cut.total - self.remaining, cut.total, self.lane_steps)
        except BaseException:
            if self.executor is not None:
                stop(self.executor)
            raise
        if self.failed:
            number, error = min(self.failed.items())
            shard = cut.shard(number)
            cell = cut.cells[shard.cell]
            raise SweepError(
                f"{len(self.failed)} of {cut.total} shards failed; first shard {number} ({cell.method} on {cell.problem}, "
                f"T = {cell.horizon}, seed {cell.seed}, runs from {shard.first_run}): {str(error) or type(error).__name__}"
            )

    def _count(self) -> None:
        self.remaining, self.asked = self.book.remaining(), time.monotonic()

    def _launch(self) -> bool:
        """Fill the window; False when nothing is left for anybody but what has failed here."""
        cut = self.book.cut
        if not self.waiting and len(self.flying) < self.place.window:
            self.waiting.extend(self.book.take(self.place.window))
        while self.waiting and len(self.flying) < self.place.window:
            number = self.waiting.popleft()
            try:
                if self.executor is None:
                    self.executor = self.place.open()
                future = self.executor.submit(compute, task(cut, cut.shard(number)))
            except BrokenExecutor as error:
                self.waiting.appendleft(number)
                self._broken(error)
                continue
            self.flying[future] = number
            future.add_done_callback(self.landed.put)
        return bool(self.flying) or self.book.remaining() > len(self.failed)

    def _land(self) -> None:
        """Wait for one result, take all that are there, commit them together."""
        try:
            arrived = [self.landed.get(timeout=POLL_SECONDS)]
        except queue.Empty:
            return
        while not self.landed.empty():
            arrived.append(self.landed.get())
        good: list[tuple[int, bytes]] = []
        broken: BaseException | None = None
        for future in arrived:
            if (number := self.flying.pop(future, None)) is None:
                continue
            try:
                good.append((number, future.result()))
            except (BrokenExecutor, CancelledError) as error:
                broken = error
                self.waiting.append(number)
            except Exception as error:
                self._failed(number, error)
        if good:
            self.remaining -= self.book.commit(good)
            self.lane_steps += sum(self.book.cut.lane_steps(number) for number, _ in good)
            self.breaks = 0
        if broken is not None:
            self._broken(broken)

    def _failed(self, number: int, error: BaseException) -> None:
        self.attempts[number] += 1
        if self.attempts[number] < ATTEMPTS:
            self.waiting.append(number)
        else:
            self.failed[number] = error

    def _broken(self, error: BaseException) -> None:
        """A worker died and took the executor along: its shards go back, and a new one is opened when needed."""
        self.waiting.extend(self.flying.values())
        self.flying.clear()
        if self.executor is not None:
            stop(self.executor)
            self.executor = None
        self.breaks += 1
        if self.breaks >= ATTEMPTS:
            shards = ", ".join(str(n) for n in sorted(self.waiting)[:4])
            raise SweepError(
                f"workers died {self.breaks} times with no shard done in between (out of memory?), last with the shards "
                f"{shards}: {str(error) or type(error).__name__}"
            )
