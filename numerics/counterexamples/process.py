"""What a counterexample is about: a law of gradients, an update rule, and the Markov chain of its internal state.

The gradients do not depend on θ (or θ is held at the minimiser, problem U), so the internal state (m, v, place in the
epoch) is a Markov chain of its own, and θ is moved by −α times the chain's reward. Its mean is the drift.

    v' = β2 v + (1−β2) g²,   m' = μ m + (1−μ) g,   reward = m'/s(v') or m'/s(v),   s(v) = max(√v, ε)

| method | inner μ | normaliser | outer β1 (of normalised gradients, after the reward) |
|---|---|---|---|
| rmsprop | 0 | s(v') | 0 |
| adam (no bias correction) | β1 | s(v') | 0 |
| adopt | 0 | s(v) | β1 |
| no_decorrelation | 0 | s(v') | β1 |
| order_unchanged | β1 | s(v) | 0 |

An outer momentum does not change the drift: m_t = a_t − κ(m_t − m_{t−1}) with κ = β1/(1−β1) is a_t up to a telescoping sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

METHODS = {
    "rmsprop": (False, False, True),
    "adam": (True, False, True),
    "adopt": (False, True, False),
    "no_decorrelation": (False, True, True),
    "order_unchanged": (True, False, False),
}
"""Method: whether β1 is momentum of gradients (inner), of normalised ones (outer), and whether v' normalises."""

SAMPLINGS = ("replacement", "fixed", "reshuffled")
LARGEST_EPOCH = 100
MOST_MODES = 300
HUBER = 4
"""Problem U's threshold: |f_i'| ≤ 4 everywhere."""


@dataclass(frozen=True)
class Transition:
    """With this probability the gradient is `gradient` and the next mode is `mode`."""

    probability: Fraction
    gradient: Fraction
    mode: int


@dataclass(frozen=True)
class Process:
    """Gradients and their weights: probabilities with replacement, 1/n each without (in the order of a fixed order).

    `everywhere`: the state may be anything that gradients of size up to HUBER can make (problem U, where θ moves them).
    Build it with `process`, which checks.
    """

    method: str
    sampling: str
    law: tuple[tuple[Fraction, Fraction], ...]
    beta1: Fraction
    beta2: Fraction
    eps: Fraction
    everywhere: bool

    @property
    def inner(self) -> Fraction:
        """Momentum of the gradients, before normalisation."""
        return self.beta1 if METHODS[self.method][0] else Fraction(0)

    @property
    def outer(self) -> Fraction:
        """Momentum of the normalised gradients."""
        return self.beta1 if METHODS[self.method][1] else Fraction(0)

    @property
    def current(self) -> bool:
        """Whether the step is normalised by v' (which holds the new gradient) rather than by v."""
        return METHODS[self.method][2]

    @property
    def period(self) -> int:
        """Steps over which the drift is counted: one with replacement, an epoch without."""
        return 1 if self.sampling == "replacement" else len(self.law)

    @property
    def mean(self) -> Fraction:
        """E g, the slope of the linear objective on [−1, 1]."""
        return sum((g * p for g, p in self.law), Fraction(0))

    @property
    def v_range(self) -> tuple[Fraction, Fraction]:
        """An interval that v never leaves (normalised by v: from v_0 = g_0² on; by v': after one step from v_0 ≤ max g²)."""
        if self.everywhere:
            return Fraction(0), Fraction(HUBER**2)
        squares = [g * g for g, _ in self.law]
        low = min(squares) * (1 - self.beta2 if self.current else 1)
        return low, max(squares) if max(squares) > low else 2 * low

    @property
    def m_range(self) -> tuple[Fraction, ...]:
        """The ends of an interval that m never leaves from m_0 = 0; (0,) without inner momentum."""
        if not self.inner:
            return (Fraction(0),)
        if self.everywhere:
            return Fraction(-HUBER), Fraction(HUBER)
        gradients = [Fraction(0), *(g for g, _ in self.law)]
        return min(gradients), max(gradients)

    def modes(self) -> tuple[tuple[Transition, ...], ...]:
        """For each mode (place in the epoch and what is left of it) its transitions; mode 0 begins an epoch."""
        if self.sampling == "replacement":
            return (tuple(Transition(p, g, 0) for g, p in self.law),)
        if self.sampling == "fixed":
            n = len(self.law)
            return tuple((Transition(Fraction(1), g, (i + 1) % n),) for i, (g, _) in enumerate(self.law))
        return tuple(reshuffled([g for g, _ in self.law]))


def reshuffled(components: list[Fraction]) -> Iterator[tuple[Transition, ...]]:
    """The modes of an epoch in random order: the multisets of components that are left, the full one first."""
    values = sorted(set(components))
    full = tuple(components.count(value) for value in values)
    left, index = [full], {full: 0}
    for counts in left:  # grows while it is read
        for i, count in enumerate(counts):
            after = (*counts[:i], count - 1, *counts[i + 1 :])
            if count and any(after) and after not in index:
                if len(left) == MOST_MODES:
                    raise ValueError(f"more than {MOST_MODES} different rests of an epoch: take fewer components")
                index[after] = len(left)
                left.append(after)
    for counts in left:
        yield tuple(
            Transition(Fraction(count, sum(counts)), value, index.get((*counts[:i], count - 1, *counts[i + 1 :]), 0))
            for i, (value, count) in enumerate(zip(values, counts, strict=True))
            if count
        )


def process(
    method: str,
    sampling: str,
    law: tuple[tuple[Fraction, Fraction], ...],
    beta1: Fraction = Fraction(0),
    beta2: Fraction = Fraction(0),
    eps: Fraction = Fraction(0),
    everywhere: bool = False,
) -> Process:
    """A checked process. Raises ValueError, naming the condition, for anything that is not one."""
    if method not in METHODS:
        raise ValueError(f"method {method!r}: choose one of {', '.join(METHODS)}")
    if sampling not in SAMPLINGS:
        raise ValueError(f"sampling {sampling!r}: choose one of {', '.join(SAMPLINGS)}")
    for name, beta in (("beta1", beta1), ("beta2", beta2)):
        if not 0 <= beta < 1:
            raise ValueError(f"{name} = {beta} must lie in [0, 1)")
    if method == "rmsprop" and beta1:
        raise ValueError(f"rmsprop has no momentum: beta1 = {beta1} must be 0 (with momentum it is adam)")
    if eps < 0:
        raise ValueError(f"eps = {eps} must be >= 0")
    if len(law) < 2:
        raise ValueError(f"a law of {len(law)} gradients: two or more are needed")
    if any(p <= 0 for _, p in law) or sum(p for _, p in law) != 1:
        raise ValueError(f"the probabilities must be positive and sum to 1; their sum is {sum(p for _, p in law)}")
    if sampling != "replacement":
        if len(law) > LARGEST_EPOCH:
            raise ValueError(f"{len(law)} components: at most {LARGEST_EPOCH}")
        if len({p for _, p in law}) > 1:
            raise ValueError("without replacement every component has the same weight")
    made = Process(method, sampling, law, beta1, beta2, eps, everywhere)
    if not made.mean and not everywhere:
        raise ValueError("the mean gradient is 0: then every point is a minimiser")
    if made.v_range[0] == 0 and not eps:
        raise ValueError("v may come down to 0: eps must be > 0")
    return made


def uniform(components: list[Fraction]) -> tuple[tuple[Fraction, Fraction], ...]:
    """Components of a finite sum as a law, each with the same weight."""
    return tuple((g, Fraction(1, len(components))) for g in components)


def exact_drift(p: Process) -> Fraction | None:
    """The stationary drift over a period, exactly, where it is rational: β2 = 0, so that v is the last gradient's square.

    None if β2 > 0, or under inner momentum without replacement.
    """
    if p.beta2 or (p.inner and p.sampling != "replacement"):
        return None

    def weight(g: Fraction) -> Fraction:
        return 1 / max(abs(g), p.eps)

    if p.sampling == "replacement":
        inverse = sum((q * weight(g) for g, q in p.law), Fraction(0))
        sign = sum((q * g * weight(g) for g, q in p.law), Fraction(0))
        share = 1 - p.inner if p.current else p.inner
        apart = share * sign + (1 - share) * p.mean * inverse
        # s(v') holds g_t, the newest of m's gradients; s(v) holds g_{t−1}, whose share in m_t is (1−μ)μ
        return apart if p.current else apart + (p.inner * p.inner) * (p.mean * inverse - sign)
    gradients = [g for g, _ in p.law]
    n = len(gradients)
    if p.current:
        return sum((g * weight(g) for g in gradients), Fraction(0))
    if p.sampling == "fixed":
        return sum((g * weight(before) for before, g in pairwise([gradients[-1], *gradients])), Fraction(0))
    across = sum(gradients, Fraction(0)) * sum(map(weight, gradients), Fraction(0)) / n**2
    pairs = sum(
        (g * weight(h) for i, g in enumerate(gradients) for j, h in enumerate(gradients) if i != j), Fraction(0)
    )
    return across + pairs / n  # n − 1 places, each ordered pair with probability 1/(n(n−1))
