"""The chain that a name and its parameters stand for, and its drift where that is rational."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import arb, fmpq

from .reading import fields, items, need, rational, reject

METHODS = ("rmsprop", "adam", "adopt", "no_decorrelation", "order_unchanged")
INNER, OUTER, CURRENT = (
    ("adam", "order_unchanged"),
    ("adopt", "no_decorrelation"),
    ("rmsprop", "adam", "no_decorrelation"),
)
"""Which methods average gradients before normalising, which after, and which normalise by v' = v_t rather than v_{t−1}."""
HUBER = 4
MOST_MODES = 300

Moves = list[tuple[fmpq, fmpq, int]]
"""Of one mode: probability, gradient, next mode."""


@dataclass(frozen=True)
class Chain:
    """docs/counterexamples.md, "The chain"; `gradients`: of the components, or the support of the law, with weights."""

    method: str
    sampling: str
    gradients: list[tuple[fmpq, fmpq]]
    beta1: fmpq
    beta2: fmpq
    eps: fmpq
    everywhere: bool

    @property
    def inner(self) -> fmpq:
        return self.beta1 if self.method in INNER else fmpq(0)

    @property
    def kappa(self) -> fmpq:
        return self.beta1 / (1 - self.beta1) if self.method in OUTER else fmpq(0)

    @property
    def period(self) -> int:
        return 1 if self.sampling == "replacement" else len(self.gradients)

    @property
    def mean(self) -> fmpq:
        return sum((p * g for g, p in self.gradients), fmpq(0))


def spikes(k: fmpq) -> list[tuple[fmpq, fmpq]]:
    need(bool(k > 1), "k must be > 1")
    return [(k * k, 1 / k), (-k, 1 - 1 / k)]


def chain_of(name: str, raw: Any) -> Chain:
    """The chain of a named family; every parameter must be there and in its range."""
    zero = fmpq(0)
    if name in ("rmsprop_with_replacement", "amsgrad_slow"):
        k, beta2 = (rational(x, "parameters") for x in fields(raw, "parameters", "k", "beta2"))
        made = Chain("rmsprop" if name[0] == "r" else "adopt", "replacement", spikes(k), zero, beta2, zero, False)
    elif name in ("adam_with_replacement", "no_decorrelation", "order_unchanged"):
        k, beta1, beta2 = (rational(x, "parameters") for x in fields(raw, "parameters", "k", "beta1", "beta2"))
        made = Chain(name.removesuffix("_with_replacement"), "replacement", spikes(k), beta1, beta2, zero, False)
    elif name == "adopt_without_replacement":
        *numbers, order = fields(raw, "parameters", "n", "C", "beta1", "beta2", "eps", "order")
        n, C, beta1, beta2, eps = (rational(x, "parameters") for x in numbers)
        need(n.q == 1 and bool(2 <= n <= 100), "n must be an integer from 2 to 100")
        need(bool(0 < C < n - 1), "C must lie in (0, n - 1)")
        made = Chain("adopt", order, equal([C] + [fmpq(-1)] * (int(n.p) - 1)), beta1, beta2, eps, False)
    elif name == "law":
        method, law, *numbers = fields(raw, "parameters", "method", "law", "beta1", "beta2", "eps")
        pairs = [ends_of_law(x) for x in items(law, "law")]
        beta1, beta2, eps = (rational(x, "parameters") for x in numbers)
        made = Chain(method, "replacement", pairs, beta1, beta2, eps, False)
    elif name == "components":
        method, raw_list, order, *numbers = fields(
            raw, "parameters", "method", "components", "order", "beta1", "beta2", "eps"
        )
        parts = [rational(x, "components") for x in items(raw_list, "components")]
        need(order != "replacement", "components are drawn without replacement")
        beta1, beta2, eps = (rational(x, "parameters") for x in numbers)
        made = Chain(method, order, equal(parts), beta1, beta2, eps, False)
    elif name == "problem_u":
        method, order, *numbers = fields(raw, "parameters", "method", "sampling", "beta1", "beta2", "eps")
        parts = [fmpq(2), fmpq(-1), fmpq(-1)]
        need(method in ("rmsprop", "adam", "adopt"), "problem_u: no such method")
        beta1, beta2, eps = (rational(x, "parameters") for x in numbers)
        made = Chain(method, order, equal(parts), beta1, beta2, eps, True)
        need(bool(0 < eps <= 1), "problem_u: eps must lie in (0, 1]")
    else:
        reject("no such counterexample")
    return checked(made)


def ends_of_law(raw: Any) -> tuple[fmpq, fmpq]:
    pair = items(raw, "law")
    need(len(pair) == 2, "law: not pairs of gradient and probability")
    return rational(pair[0], "law"), rational(pair[1], "law")


def equal(gradients: list[fmpq]) -> list[tuple[fmpq, fmpq]]:
    need(2 <= len(gradients) <= 100, "a sum has from 2 to 100 components")
    return [(g, fmpq(1, len(gradients))) for g in gradients]


def checked(chain: Chain) -> Chain:
    """The ranges that every chain must keep."""
    need(chain.method in METHODS, "no such method")
    need(chain.sampling in ("replacement", "fixed", "reshuffled"), "no such sampling")
    need(bool(0 <= chain.beta1 < 1), "beta1 must lie in [0, 1)")
    need(bool(0 <= chain.beta2 < 1), "beta2 must lie in [0, 1)")
    need(chain.method != "rmsprop" or chain.beta1 == 0, "rmsprop has no beta1")
    need(bool(chain.eps >= 0), "eps must be >= 0")
    need(2 <= len(chain.gradients) <= 1000, "the law has too few or too many gradients")
    need(all(bool(p > 0) for _, p in chain.gradients), "probabilities must be positive")
    need(sum((p for _, p in chain.gradients), fmpq(0)) == 1, "probabilities must sum to 1")
    need(chain.everywhere or chain.mean != 0, "the mean gradient is 0: every point is a minimiser")
    need(chain.eps > 0 or v_range(chain)[0] > 0, "v may come down to 0 and eps is 0")
    return chain


def v_range(chain: Chain) -> tuple[fmpq, fmpq]:
    """Which v the certificate is about; the recursion does not leave it."""
    if chain.everywhere:
        return fmpq(0), fmpq(HUBER * HUBER)
    squares = sorted(g * g for g, _ in chain.gradients)
    low = squares[0] * (1 - chain.beta2) if chain.method in CURRENT else squares[0]
    return low, squares[-1] if low < squares[-1] else 2 * low


def m_range(chain: Chain, v: fmpq | None = None) -> tuple[fmpq, ...]:
    """Which m there are (with a v up to this one): convex combinations of gradients and 0, and m² ≤ C v if μ² < β2."""
    mu, beta2 = chain.inner, chain.beta2
    if mu == 0:
        return (fmpq(0),)
    gradients = [g for g, _ in chain.gradients] + [fmpq(0)]
    low, high = (fmpq(-HUBER), fmpq(HUBER)) if chain.everywhere else (min(gradients), max(gradients))
    if v is not None and mu * mu < beta2:
        square = (1 - mu) * (1 - mu) * beta2 * v / ((1 - beta2) * (beta2 - mu * mu))
        root = arb(square).sqrt().upper().fmpq()
        low, high = max(low, -root), min(high, root)
    return low, high


def moves_of(chain: Chain) -> list[Moves]:
    """The transitions of each mode. Reshuffled: modes are what is left of the epoch, found breadth first, gradients ascending."""
    gradients = [g for g, _ in chain.gradients]
    if chain.sampling == "replacement":
        return [[(p, g, 0) for g, p in chain.gradients]]
    if chain.sampling == "fixed":
        return [[(fmpq(1), g, (i + 1) % len(gradients))] for i, g in enumerate(gradients)]
    number: dict[tuple[fmpq, ...], int] = {tuple(sorted(gradients)): 0}
    queue, result = [tuple(sorted(gradients))], []
    for rest in queue:
        moves: Moves = []
        for g in sorted(set(rest)):
            first = rest.index(g)
            after = rest[:first] + rest[first + 1 :] or queue[0]
            if after not in number:
                number[after] = len(queue)
                queue.append(after)
                need(len(queue) <= MOST_MODES, "too many modes")
            moves.append((fmpq(rest.count(g), len(rest)), g, number[after]))
        result.append(moves)
    return result


def epoch_sum(gradients: list[fmpq], order: str, eps: fmpq, current: bool) -> fmpq:
    """β2 = 0, no inner momentum: E Σ g_t/s over an epoch, s the size of g_t (current) or of the gradient before.

    The last gradient of an epoch is the last of the order, or any component with the same probability; then forward.
    """
    n = len(gradients)

    def size(g: fmpq) -> fmpq:
        return max(abs(g), eps)

    if current:
        return sum((g / size(g) for g in gradients), fmpq(0))
    if order == "fixed":
        return sum((gradients[i] / size(gradients[i - 1]) for i in range(n)), fmpq(0))
    total = fmpq(0)
    for i, g in enumerate(
        gradients
    ):  # g opens the epoch with probability 1/n after h; else each other h is just before it
        for j, h in enumerate(gradients):
            chance = fmpq(1, n * n) if i == j else fmpq(1, n * n) + fmpq(n - 1, n * (n - 1))
            total += chance * g / size(h)
    return total


def rational_drift(chain: Chain) -> fmpq | None:
    """The stationary drift over a period if it is rational, else None (docs/counterexamples.md, "Exact drifts")."""
    current, mu = chain.method in CURRENT, chain.inner
    if chain.everywhere and chain.sampling == "replacement" and not current and mu == 0:
        return fmpq(0)
    if chain.beta2 != 0 or (mu != 0 and chain.sampling != "replacement"):
        return None
    if chain.sampling != "replacement":
        return epoch_sum([g for g, _ in chain.gradients], chain.sampling, chain.eps, current)
    apart = chain.mean * sum((p / max(abs(g), chain.eps) for g, p in chain.gradients), fmpq(0))
    own = sum((p * g / max(abs(g), chain.eps) for g, p in chain.gradients), fmpq(0))
    # of m_t's weights, that of the gradient inside s: (1−μ) if it is g_t, (1−μ)μ if it is g_{t−1}
    share = (1 - mu) if current else (1 - mu) * mu
    return share * own + (1 - share) * apart
