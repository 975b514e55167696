"""A place that computes some shards and then none, ever: a sweep there cannot be finished when it is killed."""

import time
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from itertools import count

from numerics.sweeps.executors import Place


class Stalling(Executor):
    """Hands on the first submissions, counted by `numbers`; from number `limit` on it hands on sleep."""

    def __init__(self, open_inner, limit, numbers):
        self.inner, self.limit, self.numbers = open_inner(), limit, numbers

    def submit(self, fn, /, *args, **kwargs):
        if next(self.numbers) >= self.limit:
            return self.inner.submit(time.sleep, 3600)
        return self.inner.submit(fn, *args, **kwargs)

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.inner.shutdown(wait, cancel_futures=cancel_futures)


def stalled(place: Place, limit: int) -> Place:
    """The same place for `limit` shards."""
    return replace(place, open=partial(Stalling, place.open, limit, count()))
