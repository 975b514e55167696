"""Proposals without replacement: components that add up to 0, and yet a method moves.

At E g = 0 any drift is wrong by continuity: change the largest component a little, so that the sum takes the sign against
the drift. So the search runs over short lists of small integers that add up to 0, ranks them by the drift of the real
recursion, and moves their largest component by 1/10, 1/100, ... of itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import gcd

import numpy as np

from numerics.counterexamples.process import METHODS

LARGEST = 4
"""Integers up to this size are tried."""
SHIFTS = (Fraction(1, 20), Fraction(1, 200), Fraction(1, 2000))
"""Shares of the largest component by which it is moved."""
RANKED = 3
"""How many lists of each length are handed on."""


def proposals(
    method: str, sampling: str, betas: Mapping[str, Fraction], n: int
) -> Iterator[tuple[float, tuple[Fraction, ...]]]:
    """Observed drift per epoch at sum 0, and components with a sum against it; shorter lists first."""
    for length in range(2, n + 1):
        lists = balanced(length, sampling == "fixed")
        if not lists:
            continue
        drifts, errors = epoch_drifts(np.array(lists, dtype=np.float64), method, sampling, betas)
        strength = np.abs(drifts) * (np.abs(drifts) > 4 * errors + 1e-9)
        best = [int(k) for k in np.argsort(-strength, kind="stable")[:RANKED] if strength[k] > 0]
        for k, shift in itertools.product(best, SHIFTS):
            yield float(drifts[k]), shifted(lists[k], shift, float(drifts[k]))


def balanced(length: int, ordered: bool) -> list[tuple[int, ...]]:
    """Lists of nonzero integers that add up to 0, one of each up to scale, sign and order (or rotation, if ordered)."""
    values = [x for x in range(-LARGEST, LARGEST + 1) if x]
    found: dict[tuple[int, ...], None] = {}
    for some in itertools.product(values, repeat=length - 1):
        last = -sum(some)
        if last and abs(last) <= LARGEST and gcd(*some, last) == 1:
            found[canonical((*some, last), ordered)] = None
    return list(found)


def canonical(components: tuple[int, ...], ordered: bool) -> tuple[int, ...]:
    """One list for all that differ by sign and order (or rotation): the largest."""
    signs = (components, tuple(-x for x in components))
    if not ordered:
        return max(tuple(sorted(x, reverse=True)) for x in signs)
    return max(x[k:] + x[:k] for x in signs for k in range(len(x)))


def shifted(components: tuple[int, ...], share: Fraction, drift: float) -> tuple[Fraction, ...]:
    """The list with its largest component moved, so that the sum has the sign against the drift."""
    largest = max(range(len(components)), key=lambda k: abs(components[k]))
    change = share * abs(components[largest]) * (-1 if drift > 0 else 1)
    return tuple(Fraction(x) + (change if k == largest else 0) for k, x in enumerate(components))


def epoch_drifts(
    lists: np.ndarray,
    method: str,
    sampling: str,
    betas: Mapping[str, Fraction],
    runs: int = 256,
    epochs: int = 256,
    seed: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean direction per epoch of the real recursion, and its standard error, for lists [lists, n] of components."""
    inner, _, current = METHODS[method]
    beta1, beta2 = (float(betas[name]) for name in ("beta1", "beta2"))
    beta1 = beta1 if inner else 0.0
    count, n = lists.shape
    burn = int(min(2048, 8 / (1 - max(beta1, beta2)) / n)) + 1
    runs = runs if sampling == "reshuffled" else 1
    generator = np.random.default_rng(seed)
    v = np.repeat((lists**2).mean(axis=1)[:, None], runs, axis=1)
    m, total = np.zeros((count, runs)), np.zeros((count, runs))
    order = np.tile(np.arange(n), (runs, 1))
    for epoch in range(burn + epochs):
        if sampling == "reshuffled":
            order = generator.permuted(order, axis=1)
        for place in range(n):
            g = lists[:, order[:, place]]
            m = beta1 * m + (1 - beta1) * g
            before, v = v, beta2 * v + (1 - beta2) * g * g
            if epoch >= burn:
                total += m / np.sqrt(v if current else before)
    means = total / epochs
    error = means.std(axis=1, ddof=1) / runs**0.5 if runs > 1 else np.zeros(count)
    return means.mean(axis=1), error
