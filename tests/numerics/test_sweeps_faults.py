"""Everything that can go wrong with a sweep, done for real: the finished result has the bits of an undisturbed one.

Processes are killed by SIGKILL at random moments, workers die in mid-shard, disks are full, several processes share a
ledger. The runs that are killed are forked from a server that has torch loaded, so that each costs milliseconds.
"""

import contextlib
import multiprocessing
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from numerics.sweeps.executors import Place, begin_worker, processes
from numerics.sweeps.ledger import Ledger, LedgerError
from numerics.sweeps.plan import read
from numerics.sweeps.run import SweepError, sweep
from numerics.sweeps.work import environment
from tests.numerics.stalling import stalled

ROOT = Path(__file__).parents[2]
PLAN = read(
    {
        "problems": ["hard_instance"],
        "methods": ["adopt", "adam"],
        "horizons": [8, 16],
        "runs": 9000,
        "seeds": "1:2",
        "settings": {"alpha": 0.1, "beta1": 0.0, "beta2": [0.0, 0.9]},
        "tier": "reference",
    }
)
TWO_THREADS = Place(partial(ThreadPoolExecutor, 2), 4)
SHARDS = 2 * 2 * 2 * 9


def servers():
    """A context whose processes are forked from a server that has everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["numerics.sweeps.preload"])
    return context


def digest(path):
    with Ledger(path, PLAN, environment()) as ledger:
        return ledger.digest()


def bystander(path, query):
    """The number that a query finds, as somebody sees it who only reads; None before there is a ledger."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)) as database:
            return database.execute(query).fetchone()[0]
    except sqlite3.OperationalError:
        return None


def done(path):
    """Committed shards."""
    todo = bystander(path, "SELECT count(*) FROM todo")
    return 0 if todo is None else SHARDS - todo


def marked(path):
    """Shards that some runner has taken and not committed."""
    return bystander(path, "SELECT count(runner) FROM todo") or 0


def wait_until(condition):
    limit = time.monotonic() + 600  # only a hang takes so long
    while not condition():
        if time.monotonic() > limit:
            pytest.fail("it did not happen in time")
        time.sleep(0.002)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "l.sqlite"
    sweep(PLAN, path, TWO_THREADS)
    assert done(path) == SHARDS
    return digest(path)


@pytest.mark.parametrize("seed", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in range(1, 6))])
def test_killed_at_random_moments(undisturbed, tmp_path, seed):
    """The killed ones compute at most 8 × 8 of the 72 shards, so that no machine is too fast to kill them."""
    path, chance, context = tmp_path / "l.sqlite", random.Random(seed), servers()
    for _ in range(8):
        process = context.Process(target=sweep, args=(PLAN, path, stalled(TWO_THREADS, 8)))
        process.start()
        process.join(chance.uniform(0.0, 0.25))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL
    sweep(PLAN, path, TWO_THREADS)
    assert digest(path) == undisturbed


@pytest.mark.slow
def test_killed_right_after_each_commit_of_a_prefix(undisturbed, tmp_path):
    """At every kill the ledger grew, so the process was in the middle of committing."""
    path, context = tmp_path / "l.sqlite", servers()
    for _ in range(6):
        before = done(path)
        process = context.Process(target=sweep, args=(PLAN, path, stalled(TWO_THREADS, 8)))
        process.start()
        wait_until(lambda before=before: done(path) > before)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert before < done(path)
    sweep(PLAN, path, TWO_THREADS)
    assert digest(path) == undisturbed


@pytest.mark.slow
def test_workers_end_with_a_killed_parent(undisturbed, tmp_path):
    """Through the command line's own worker processes; nobody is left behind to compute for nobody."""
    path = tmp_path / "l.sqlite"
    script = (
        "import sys; from pathlib import Path; from numerics.sweeps.plan import parse; from numerics.sweeps.run import sweep;"
        "from numerics.sweeps.executors import place; from tests.numerics.stalling import stalled\n"
        "if __name__ == '__main__': sweep(parse(sys.argv[2]), Path(sys.argv[1]), stalled(place('processes:2'), 20))"
    )
    command = [sys.executable, "-c", script, str(path), PLAN.canonical()]
    parent = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    wait_until(lambda: done(path) > 0)
    members = partial(group_members, parent.pid)
    assert len(members()) >= 3  # the parent, the server of forks, workers
    parent.kill()
    parent.wait()
    wait_until(lambda: not members())
    assert done(path) < SHARDS
    sweep(PLAN, path, TWO_THREADS)
    assert digest(path) == undisturbed


def group_members(group):
    """Processes of a process group that are not zombies."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(entry))
    return found


class Saboteur(Executor):
    """An executor that replaces some submissions, counted from 0 over all instances, by something else."""

    def __init__(self, inner, instead, count):
        self.inner, self.instead, self.count = inner, instead, count

    def submit(self, fn, /, *args, **kwargs):
        number = next(self.count)
        harm = self.instead(number)
        return self.inner.submit(*harm) if harm else self.inner.submit(fn, *args, **kwargs)

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.inner.shutdown(wait, cancel_futures=cancel_futures)


def sabotaged(instead, inner):
    from itertools import count

    numbers = count()
    return Place(lambda: Saboteur(inner(), instead, numbers), 4)


def pool():
    return ProcessPoolExecutor(2, mp_context=servers(), initializer=begin_worker)


def test_workers_that_die(undisturbed, tmp_path):
    """os._exit in a worker breaks the whole pool; its shards are computed by the next."""
    sweep(PLAN, tmp_path / "l.sqlite", sabotaged(lambda k: (os._exit, 1) if k in (3, 20, 21, 50) else None, pool))
    assert digest(tmp_path / "l.sqlite") == undisturbed


@pytest.mark.slow
def test_workers_that_keep_dying(undisturbed, tmp_path):
    path = tmp_path / "l.sqlite"
    with pytest.raises(SweepError, match="workers died 3 times with no shard done in between"):
        sweep(PLAN, path, sabotaged(lambda k: (os._exit, 1) if k >= 10 else None, pool))
    assert done(path) > 0
    sweep(PLAN, path, processes(2))
    assert digest(path) == undisturbed


def test_workers_that_raise_are_tried_again(undisturbed, tmp_path):
    path = tmp_path / "l.sqlite"
    sweep(PLAN, path, sabotaged(lambda k: (int, "no number") if k in (0, 5, 6, 40) else None, TWO_THREADS.open))
    assert digest(path) == undisturbed


def test_a_shard_that_always_fails_is_named_and_the_others_are_kept(undisturbed, tmp_path, monkeypatch):
    path = tmp_path / "l.sqlite"
    from numerics.sweeps import run

    def compute(work):
        if work.cell.seed == 2 and work.cell.method == "adam" and work.cell.first_run % 9000 == 1024:
            raise ArithmeticError("no such luck")
        return original(work)

    original = run.compute
    monkeypatch.setattr(run, "compute", compute)
    expected = (
        r"2 of 72 shards failed; first shard \d+ \(adam on hard_instance, T = 8, seed 2, runs from 1024\): no such luck"
    )
    with pytest.raises(SweepError, match=expected):
        sweep(PLAN, path, TWO_THREADS)
    assert done(path) == SHARDS - 2
    monkeypatch.setattr(run, "compute", original)
    sweep(PLAN, path, TWO_THREADS)
    assert digest(path) == undisturbed


def test_a_result_of_the_wrong_runs_is_not_taken(tmp_path):
    """A worker that answers with another shard's result, or with rubbish, stops the sweep; it is never added."""
    from numerics.sweeps.plan import cells
    from numerics.sweeps.shards import Cut
    from numerics.sweeps.work import compute, task

    cut = Cut(PLAN, list(cells(PLAN)))
    last = compute(task(cut, cut.shard(8)))  # 808 runs where the first shard has 1024
    for answer, complaint in ((last, "a shard of 1024 runs came back with 808"), (b"", "bytes where")):
        with Ledger(tmp_path / "l.sqlite", PLAN, environment()) as ledger:
            with pytest.raises(LedgerError, match=complaint):
                ledger.commit([(0, answer)])
            assert ledger.remaining() == SHARDS


def test_interrupted_from_inside(undisturbed, tmp_path):
    """Whatever ends the loop, the shards that it had marked are free at once."""
    path = tmp_path / "l.sqlite"

    def stop(done, total, lane_steps):
        if done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(PLAN, path, TWO_THREADS, stop)
    assert 10 < done(path) < SHARDS
    with Ledger(path, PLAN, environment()) as ledger:
        assert len(ledger.take(1000)) == ledger.remaining()
    sweep(PLAN, path, TWO_THREADS)
    assert digest(path) == undisturbed


# -- several processes


def test_two_processes_on_one_ledger(undisturbed, tmp_path):
    path, context = tmp_path / "l.sqlite", servers()
    both = [context.Process(target=sweep, args=(PLAN, path, TWO_THREADS)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert digest(path) == undisturbed


def test_one_of_two_is_killed_and_the_other_finishes_its_shards(undisturbed, tmp_path):
    path, context = tmp_path / "l.sqlite", servers()
    places = stalled(TWO_THREADS, 20), TWO_THREADS
    first, second = (context.Process(target=sweep, args=(PLAN, path, place)) for place in places)
    first.start()
    wait_until(lambda: done(path) > 0)
    second.start()
    os.kill(first.pid, signal.SIGKILL)
    for process in (first, second):
        process.join()
    assert (first.exitcode, second.exitcode) == (-signal.SIGKILL, 0)
    assert digest(path) == undisturbed


def test_no_shard_is_given_to_two_living_runners(tmp_path):
    path, context = tmp_path / "l.sqlite", servers()
    asleep = partial(ThreadPoolExecutor, 2, initializer=time.sleep, initargs=(3600,))
    process = context.Process(target=sweep, args=(PLAN, path, Place(asleep, 4)))  # marks shards, and writes no more
    process.start()
    try:
        wait_until(lambda: marked(path) > 0)
        with Ledger(path, PLAN, environment()) as ledger:
            mine = ledger.take(1000)
            assert len(mine) == ledger.remaining() - 4 == SHARDS - 4
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            assert sorted(mine + ledger.take(1000)) == list(range(SHARDS))
    finally:
        process.kill()
        process.join()


# -- full disks


def test_a_full_disk(undisturbed, tmp_path):
    """A file system of 600 KB: the sweep stops with one line; with more room it goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.name != "posix"
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk], capture_output=True).returncode
    ):
        pytest.skip("mounting a small file system needs root; the next test has a limit on the file's size instead")
    try:
        path = disk / "l.sqlite"
        with pytest.raises(LedgerError, match=r"l\.sqlite: .*(full|disk I/O error).*; what was committed is safe"):
            sweep(PLAN, path, TWO_THREADS)
        assert 0 < done(path) < SHARDS
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        sweep(PLAN, path, TWO_THREADS)
        assert digest(path) == undisturbed
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("kilobytes", [60, *(pytest.param(k, marks=pytest.mark.slow) for k in (20, 150, 400))])
def test_a_file_that_may_not_grow(undisturbed, tmp_path, kilobytes):
    """The same with the operating system's limit on a file's size, which hits the database or its write-ahead log."""
    path, size = tmp_path / "l.sqlite", kilobytes << 10
    limit = partial(
        ThreadPoolExecutor, 2, initializer=resource.setrlimit, initargs=(resource.RLIMIT_FSIZE, (size, size))
    )
    process = servers().Process(target=sweep, args=(PLAN, path, Place(limit, 4)))
    process.start()
    process.join()
    assert process.exitcode == 1
    assert done(path) < SHARDS
    sweep(PLAN, path, TWO_THREADS)
    assert digest(path) == undisturbed
