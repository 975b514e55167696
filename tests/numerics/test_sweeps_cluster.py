"""Sweeps on a real Dask cluster of this machine, with a worker killed in mid-run, and through the scheduler's address."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from numerics.sweeps.executors import Place, place
from numerics.sweeps.ledger import Ledger
from numerics.sweeps.plan import read
from numerics.sweeps.run import sweep
from numerics.sweeps.work import environment

distributed = pytest.importorskip("distributed")

PLAN = read(
    {
        "problems": ["hard_instance"],
        "methods": ["adopt"],
        "horizons": [64, 128],
        "runs": 20_000,
        "settings": {"alpha": 0.1, "beta1": 0.0, "beta2": [0.0, 0.9]},
        "tier": "reference",
    }
)


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes with one thread each; their nannies replace a worker that dies."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as found:
        yield found


def digest(path):
    with Ledger(path, PLAN, environment()) as ledger:
        return ledger.digest()


@pytest.mark.slow
def test_a_cluster_s_worker_is_killed_in_mid_run(cluster, tmp_path):
    sweep(PLAN, tmp_path / "here.sqlite", Place(partial(ThreadPoolExecutor, 1), 4))
    where = place(cluster.scheduler_address.replace("tcp://", "dask://"))
    with distributed.Client(cluster, set_as_default=False) as client:
        workers = list(client.run(os.getpid).values())
    assert len(set(workers)) == 2
    killed = threading.Event()

    def kill_one(done, total, lane_steps):
        if done >= 5 and not killed.is_set():
            os.kill(workers[0], signal.SIGKILL)
            killed.set()

    try:
        sweep(PLAN, tmp_path / "cluster.sqlite", where, kill_one)
    finally:
        where.close()
    assert killed.is_set()
    assert digest(tmp_path / "cluster.sqlite") == digest(tmp_path / "here.sqlite")
    with distributed.Client(cluster, set_as_default=False) as client:
        limit = time.monotonic() + 30
        while len(client.scheduler_info()["workers"]) < 2 and time.monotonic() < limit:
            time.sleep(0.1)
        assert workers[0] not in client.run(os.getpid).values()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("dask://127.0.0.1:9", "no Dask scheduler answers at tcp://127.0.0.1:9"),
        ("dask://nowhere", "executor 'dask://nowhere' is unknown; write processes, processes:N or dask://HOST:PORT"),
        ("processes:0", "executor 'processes:0' is unknown"),
        ("threads:2", "executor 'threads:2' is unknown"),
    ],
)
def test_a_place_that_is_none(text, complaint, monkeypatch):
    monkeypatch.setattr("numerics.sweeps.executors.CONNECT_SECONDS", 1)
    with pytest.raises(ValueError, match=complaint) as error:
        place(text)
    assert "\n" not in str(error.value)
