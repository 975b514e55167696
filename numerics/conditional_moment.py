"""Why clipped ADOPT (E.2) needs the conditional reading of A5: an instance on which the unconditional one does not suffice.

θ_0 is random: with probability q it lies on a slope, where f' = σ₁ := p c ε, and otherwise at a flat minimum with g = 0. On the
slope g = 2cε with probability p and −h otherwise, h = pcε/(1−p), so E[g given F] = σ₁; with c ≤ ½ every |g| ≤ ε, so s ≡ ε, and
the clipped normalised gradient min(g/ε, c) has mean pc − (1−p)h/ε = 0: the iterate performs a fair walk and stays on the slope.
E g² = q·(4pc²ε² + (1−p)h²) is q times the conditional second moment, so E.2's last term, G⁴/(16ε³c²), is too small by 1/√q.

f is Huber-like: f' rises from 0 to σ₁ over the length σ₁/L below the slope, is σ₁ on it, and stays so above: f is L-smooth,
f ≥ 0 = f_inf, and starts on the slope at height σ₁²/(2L) + σ₁W, W the length of slope below θ_0. Azuma's maximal
inequality: steps of at most αc leave [−W, W] within T steps with probability at most 2 exp(−W²/(2Tα²c²)).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from numerics.exact import to_fmpq, working_precision


@dataclass(frozen=True)
class Instance:
    """Exact parameters; β1 = 0, constant threshold c. `leave` bounds the probability of leaving the slope."""

    q: Fraction = Fraction(1, 9)
    p: Fraction = Fraction(1, 5)
    c: Fraction = Fraction(1, 2)
    eps: Fraction = Fraction(1)
    L: Fraction = Fraction(1)
    alpha: Fraction = Fraction(1, 1000)
    horizon: int = 200_000
    leave: Fraction = Fraction(1, 100)

    @property
    def slope(self) -> Fraction:
        """σ₁ = pcε, the true gradient on the slope."""
        return self.p * self.c * self.eps

    @property
    def small(self) -> Fraction:
        """h, the size of the frequent gradient −h."""
        return self.p * self.c * self.eps / (1 - self.p)

    @property
    def second_moment(self) -> Fraction:
        """G² = E g², unconditionally; the conditional one on the slope is G²/q."""
        return self.q * (self.p * (2 * self.c * self.eps) ** 2 + (1 - self.p) * self.small**2)


def check(instance: Instance) -> None:
    """Raises ValueError unless 0 < p, q < 1, 0 < c ≤ ½ (so that s ≡ ε), and the rest is positive."""
    i = instance
    if not (0 < i.p < 1 and 0 < i.q < 1 and 0 < i.c <= Fraction(1, 2) and min(i.eps, i.L, i.alpha, i.leave) > 0):
        raise ValueError("needs 0 < p, q < 1, 0 < c <= 1/2, and positive eps, L, alpha, leave")
    if type(i.horizon) is not int or i.horizon < 1:
        raise ValueError(f"the horizon is {i.horizon!r}; it must be an integer >= 1")


def length(instance: Instance) -> arb:
    """W, so that the walk leaves the slope with probability at most `leave`."""
    i = instance
    factor = (2 * i.horizon * (2 / arb(to_fmpq(i.leave))).log()).sqrt()
    return arb(to_fmpq(i.alpha * i.c)) * factor


def measure_at_least(instance: Instance) -> arb:
    """A lower bound on min_t (E|f'(θ_{t−1})|^{4/3})^{3/2}: (q (1 − leave))^{3/2} σ₁²."""
    stay = arb(to_fmpq(instance.q * (1 - instance.leave)))
    return stay * stay.sqrt() * arb(to_fmpq(instance.slope**2))


def bound_claimed(instance: Instance) -> arb:
    """E.2's bound at β1 = 0 with the unconditional G."""
    i = instance
    G2 = arb(to_fmpq(i.second_moment))
    eps, alpha, L, c = (arb(to_fmpq(x)) for x in (i.eps, i.alpha, i.L, i.c))
    slope = arb(to_fmpq(i.slope))
    Delta = arb(to_fmpq(i.q)) * (slope * slope / (2 * L) + slope * length(i))
    bracket = 2 * Delta / (alpha * i.horizon) + alpha * L * G2 / (eps * eps) + G2 * G2 / (16 * eps * eps * eps * c * c)
    return (G2 + eps * eps).sqrt() * bracket


def refutation(instance: Instance | None = None) -> tuple[arb, arb]:
    """(lower bound on the measure, the claimed bound) as balls; the statement is false if the first exceeds the second.

    Raises ValueError for impossible parameters.
    """
    i = instance or Instance()
    check(i)
    with working_precision():
        return measure_at_least(i), bound_claimed(i)


def simulate(instance: Instance, runs: int, steps: int, seed: int) -> dict[str, Any]:
    """Runs of clipped ADOPT on the instance: E.2's measure at the last step, the share of slope runs still on the slope.

    `runs` are started on the slope; the others never move. Raises ValueError for bad counts.
    """
    import numpy as np

    check(instance)
    if runs < 1 or steps < 1:
        raise ValueError(f"runs and steps must be 1 or more, got {runs} and {steps}")
    i = instance
    generator = np.random.Generator(np.random.Philox(seed))
    with working_precision():
        below = float(length(i))
    c, eps, alpha, p = float(i.c), float(i.eps), float(i.alpha), float(i.p)
    up, down = alpha * min(2 * c * eps / eps, c), alpha * float(i.small) / eps
    place = np.zeros(runs)
    lowest, highest = place.copy(), place.copy()
    for start in range(0, steps, 1000):
        moves = np.where(generator.random((min(1000, steps - start), runs)) < p, -up, down)
        walk = place + np.cumsum(moves, axis=0)
        lowest, highest = np.minimum(lowest, walk.min(axis=0)), np.maximum(highest, walk.max(axis=0))
        place = walk[-1]
    on_slope = (lowest > -below).mean()
    return {
        "on_slope": float(on_slope),
        "measure": float((float(i.q) * on_slope * float(i.slope) ** (4 / 3)) ** 1.5),
        "range": (float(lowest.min()), float(highest.max())),
    }
