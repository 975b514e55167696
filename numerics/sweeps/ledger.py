"""The ledger of a sweep: which shards are to do, and the partial results so far, in one SQLite file.

A shard is committed in one transaction: its row leaves `todo` and its partial result enters `node`, added to its
neighbours along the fixed tree (`numerics.sweeps.shards`) as far as they are there. So a shard is counted once or not
at all whatever dies when, and the file holds a few nodes per cell, however many shards there are.

Several processes of one machine may work on a ledger. A runner marks the shards that it takes and holds a lock on a
byte of `LEDGER.lock` that the operating system frees when the process ends, however it ends; shards marked by a
runner without a lock are free again. SQLite's write-ahead log needs a local disk, so other machines take part as workers
of an executor, not with the file.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from numerics.sweeps.partials import Partial, add, from_bytes
from numerics.sweeps.plan import Plan, cells, differences, parse
from numerics.sweeps.shards import Cut, shape, width

FORMAT = "adopt-sweep/2"
BUSY_SECONDS = 60.0
"""How long to wait for another process's transaction."""
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runner (id INTEGER PRIMARY KEY AUTOINCREMENT, process INTEGER NOT NULL);
CREATE TABLE todo (shard INTEGER PRIMARY KEY, runner INTEGER);
CREATE TABLE node (cell INTEGER, level INTEGER, position INTEGER, checksum INTEGER NOT NULL, partial BLOB NOT NULL,
    PRIMARY KEY (cell, level, position));
"""


class LedgerError(ValueError):
    """The ledger cannot be used as asked; the message is one line that says why and what would help."""


class Ledger:
    """An open ledger, as one runner. Close it, or use it in a `with`.

    Raises LedgerError for a file that is no ledger, was altered, belongs to another plan or was begun in another
    environment (naming what differs), and whenever a write fails, as on a full disk; what was committed before stays.
    """

    def __init__(self, path: Path, plan: Plan, environment: Mapping[str, str]) -> None:
        self.path = path
        self.cut = Cut(plan, list(cells(plan)))
        with self._errors(), contextlib.ExitStack() as undo:
            self._database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            undo.callback(self._database.close)
            # Write-ahead log: a crash of the process loses nothing; one of the machine, the last commits at most.
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._begin_sweep(plan, environment)
            self._locks = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            undo.callback(os.close, self._locks)
            with self._transaction():
                self.runner = self._one("INSERT INTO runner (process) VALUES (?) RETURNING id", os.getpid())
                fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self.runner)
            undo.pop_all()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the shards that this runner marked, and close the file."""
        with (
            contextlib.suppress(LedgerError),
            self._errors(),
            self._transaction(),
        ):  # a full disk frees them by the lock
            self._database.execute("UPDATE todo SET runner = NULL WHERE runner = ?", (self.runner,))
        self._database.close()
        os.close(self._locks)

    def remaining(self) -> int:
        """Shards that are not committed."""
        with self._errors():
            return int(self._one("SELECT count(*) FROM todo"))

    def take(self, count: int) -> list[int]:
        """Mark up to `count` shards that no living runner has as this runner's; none if there is none."""
        free = (
            "UPDATE todo SET runner = ? WHERE shard IN (SELECT shard FROM todo WHERE runner IS NULL ORDER BY shard LIMIT ?) "
            "RETURNING shard"
        )
        with self._errors(), self._transaction():
            found = self._database.execute(free, (self.runner, count)).fetchall()
            if not found and self._free_the_dead():
                found = self._database.execute(free, (self.runner, count)).fetchall()
        return sorted(shard for (shard,) in found)

    def commit(self, results: Iterable[tuple[int, bytes]]) -> int:
        """Commit partial results in one transaction; returns how many were new. A shard that is there already is left."""
        new = 0
        with self._errors(), self._transaction():
            for number, data in results:
                if self._database.execute("DELETE FROM todo WHERE shard = ?", (number,)).rowcount:
                    shard = self.cut.shard(number)
                    self._carry(shard.cell, shard.position, self._partial(shard.cell, data), shard.runs)
                    new += 1
        return new

    def results(self) -> Iterator[Partial]:
        """The complete result of every cell, in the plan's order. Raises LedgerError if shards are missing."""
        if missing := self.remaining():
            raise LedgerError(f"{self.path}: {missing} of {self.cut.total} shards are still to do")
        for k, cell in enumerate(self.cut.cells):
            query = "SELECT checksum, partial FROM node WHERE cell = ? AND level = ?"
            with self._errors():
                rows = self._database.execute(query, (k, self.cut.root)).fetchall()
            if len(rows) != 1:
                raise LedgerError(f"{self.path}: cell {k} has {len(rows)} results where 1 belongs; it was altered")
            found = self._stored(k, *rows[0])
            if found.runs != cell.runs:
                raise LedgerError(
                    f"{self.path}: cell {k} has {found.runs} runs where {cell.runs} belong; it was altered"
                )
            yield found

    def digest(self) -> str:
        """SHA-256 of all results, in hexadecimal: equal bits, equal digest. Raises LedgerError as `results` does."""
        found = hashlib.sha256()
        for partial in self.results():
            found.update(partial.to_bytes())
        return found.hexdigest()

    # -- inside

    def _begin_sweep(self, plan: Plan, environment: Mapping[str, str]) -> None:
        with self._transaction():
            tables = {name for (name,) in self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables:
                for statement in SCHEMA.split(";"):
                    self._database.execute(statement)
                entries = {"format": FORMAT, "plan": plan.canonical(), "environment": json.dumps(dict(environment))}
                self._database.executemany("INSERT INTO meta VALUES (?, ?)", entries.items())
                self._database.executemany("INSERT INTO todo VALUES (?, NULL)", ((k,) for k in range(self.cut.total)))
                return
            if not {"meta", "todo", "node", "runner"} <= tables:
                raise LedgerError(f"{self.path} is a database, but no ledger of a sweep")
            meta = dict(self._database.execute("SELECT key, value FROM meta").fetchall())
            stray = self._one("SELECT count(*) FROM todo WHERE shard < 0 OR shard >= ?", self.cut.total)
        if meta.get("format") != FORMAT:
            raise LedgerError(f"{self.path} has the format {meta.get('format')}; this version reads {FORMAT}")
        try:
            stored = {name: json.loads(meta[name]) for name in ("plan", "environment")}
        except (KeyError, ValueError):
            raise LedgerError(f"{self.path} does not say what it is of; it was altered") from None
        if meta["plan"] != plan.canonical():
            differing = differences(json.loads(plan.canonical()), stored["plan"])
            raise LedgerError(f"{self.path} belongs to another plan: {differing}; use another ledger")
        if stored["environment"] != dict(environment):
            differing = differences(environment, stored["environment"])
            raise LedgerError(f"{self.path} was begun where the bits may differ: {differing}; use another ledger")
        if stray:
            raise LedgerError(f"{self.path} has {stray} shards to do that the plan does not have; it was altered")

    def _carry(self, cell: int, position: int, node: Partial, runs: int) -> None:
        """Add a node to its sibling as long as that is there, or never will be."""
        if node.runs != runs:
            raise LedgerError(f"a shard of {runs} runs came back with {node.runs}")
        level = self.cut.level
        while level < self.cut.root:
            if position % 2 or position + 1 < width(self.cut.leaves, level):
                key = (cell, level, position ^ 1)
                query = "DELETE FROM node WHERE cell = ? AND level = ? AND position = ? RETURNING checksum, partial"
                found = self._database.execute(query, key).fetchall()
                if not found:
                    break
                sibling = self._stored(cell, *found[0])
                node = add(sibling, node) if position % 2 else add(node, sibling)
            level, position = level + 1, position // 2
        data = node.to_bytes()
        row = (cell, level, position, zlib.crc32(data), data)
        self._database.execute("INSERT INTO node VALUES (?, ?, ?, ?, ?)", row)

    def _stored(self, cell: int, checksum: int, data: bytes) -> Partial:
        """A partial result as it was written. Raises LedgerError if a bit of it has changed since."""
        found = self._partial(cell, data)
        if zlib.crc32(data) != checksum:
            raise LedgerError(f"{self.path}: cell {cell}: the bits differ from those written; it was altered")
        return found

    def _partial(self, cell: int, data: bytes) -> Partial:
        c, plan = self.cut.cells[cell], self.cut.plan
        blocks = shape(plan, 1, 1)[1][-1]
        try:
            return from_bytes(data, len(c.settings), c.horizon, len(plan.measures), blocks)
        except ValueError as error:
            raise LedgerError(f"{self.path}: cell {cell}: {error}; it was altered") from None

    def _free_the_dead(self) -> int:
        """Unmark shards of runners that hold no lock any more; returns how many."""
        query = "SELECT DISTINCT runner FROM todo WHERE runner IS NOT NULL AND runner != ?"
        dead = [(r,) for (r,) in self._database.execute(query, (self.runner,)).fetchall() if not self._lives(r)]
        return self._database.executemany("UPDATE todo SET runner = NULL WHERE runner = ?", dead).rowcount

    def _lives(self, runner: int) -> bool:
        try:
            fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, runner)
        except OSError:
            return True
        fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, runner)
        return False

    def _one(self, query: str, *values: Any) -> Any:
        row = self._database.execute(query, values).fetchone()
        return None if row is None else row[0]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise LedgerError(f"{self.path}: {error}; what was committed is safe") from None
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: {error}; it is damaged or no ledger of a sweep") from None


def stored_plan(path: Path) -> Plan:
    """The plan of an existing ledger. Raises LedgerError if there is none."""
    if not path.exists():
        raise LedgerError(f"{path}: no such ledger")
    database = None
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        row = database.execute("SELECT value FROM meta WHERE key = 'plan'").fetchone()
    except sqlite3.Error as error:
        raise LedgerError(f"{path} is no ledger of a sweep: {error}") from None
    finally:
        if database is not None:
            database.close()
    if row is None:
        raise LedgerError(f"{path} is no ledger of a sweep")
    try:
        return parse(row[0])
    except ValueError as error:
        raise LedgerError(f"{path}: its plan cannot be read: {error}") from None
