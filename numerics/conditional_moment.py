"""Why clipped ADOPT (E.2, E.3, N5) needs moments given the past: instances on which the same moment in the mean does not suffice.

θ_0 is random: with probability q it lies on a slope, where f' = σ₁ := p(x−1)cε, and otherwise at a flat minimum with g = 0. On
the slope g = xcε with probability p and −h otherwise, h = pcε/(1−p), so E[g given F] = σ₁; with xc ≤ 1 every |g| ≤ ε, so s ≡ ε
for every β2, and the normalised gradient clipped at c has mean pc − (1−p)h/ε = 0: the iterate performs a fair walk and stays on
the slope. E|g|^r is q times the conditional moment p(xcε)^r + (1−p)h^r ≈ p(xcε)^r. For E.2 x = 2 and r = 2: the last term,
G⁴/(16ε³c²) ≈ q²σ₁²/ε, is too small by 1/√q. For N5, r in (1, 2], it is x = r/(r−1), where (x−c)_+ ≤ C_r x^r c^{1−r} is attained;
the last term is again about q²σ₁²/ε, but the measures are qσ₁²/ε, and (q^{1+1/r})σ₁² beside S: too small by 1/q and by q^{1/r−1}.

Thresholds that grow, c_t = c (t/T)^{1/4} (c0 = c T^{−1/4}), are at most c: a spike is cut further and the mean of the clipped
gradient is at most 0 (p(c_t − c), or (2p − 1)c_t while c_t < h/ε), so the iterate drifts up the slope, away from its end. E.3's
closed form has a last term twice E.2's: it is too small by 1/(2√q). With α_t = α0/√t too it has the factor (1 + ln T)/2
in place of 2, so q must be small beside (ln T)^{−2}. As T → ∞ with q → 0 slowly each ratio grows without bound: no
multiple of these bounds is true either.

f is Huber-like: f' rises from 0 to σ₁ over the length σ₁/L below the slope, and stays σ₁ for ever above: f is L-smooth,
f ≥ 0 = f_inf, and starts on the slope at height σ₁²/(2L) + σ₁W, W the length of slope below θ_0. The normalised gradient lies in
an interval of length at most c/(1−p), so by the maximal form of Azuma's inequality (Hoeffding 1963, (2.17)) the iterate falls by
W or more within T steps with probability at most exp(−2W²(1−p)²/(c² Σα_t²)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from numerics.exact import rational_above, to_fmpq, working_precision
from theory.numbers import enclosure
from theory.statements import statement
from theory.statements.heavy_tailed import FAMILY, THREE_HALVES

A5 = {name: Fraction(2) for name in ("adopt_clipped", "adopt_clipped_schedule", "adopt_clipped_decaying")}
"""c_t ≡ c; c_t = c0 t^{1/4}; and α_t = α0/√t too."""
WEIGHTED = "adopt_clipped_heavy_tailed"
HEAVY_TAILS = {WEIGHTED: THREE_HALVES.value} | {f"{WEIGHTED}_gradient_{power.name}": power.value for power in FAMILY}
THEOREMS = A5 | HEAVY_TAILS
"""Theorems that need a conditional moment, with its order r."""


@dataclass(frozen=True)
class Instance:
    """Exact parameters; β1 = 0, any β2. `theorem` sets the schedules, `c` is the threshold at T, `alpha` is α or α0.

    `spike` is the x of the rare gradient xcε, `leave` bounds the probability of leaving the slope.
    """

    theorem: str = "adopt_clipped"
    q: Fraction = Fraction(1, 9)
    p: Fraction = Fraction(1, 5)
    c: Fraction = Fraction(1, 2)
    eps: Fraction = Fraction(1)
    L: Fraction = Fraction(1)
    alpha: Fraction = Fraction(1, 1000)
    horizon: int = 200_000
    leave: Fraction = Fraction(1, 100)
    spike: Fraction = Fraction(2)

    @property
    def slope(self) -> Fraction:
        """σ₁ = p(x−1)cε, the true gradient on the slope."""
        return self.p * (self.spike - 1) * self.c * self.eps

    @property
    def small(self) -> Fraction:
        """h, the size of the frequent gradient −h."""
        return self.p * self.c * self.eps / (1 - self.p)

    @property
    def order(self) -> Fraction:
        """r, the order of the moment that the theorem needs given the past."""
        return THEOREMS[self.theorem]

    @property
    def grows(self) -> bool:
        """c_t = c (t/T)^{1/4} in place of c."""
        return self.theorem in ("adopt_clipped_schedule", "adopt_clipped_decaying")

    @property
    def decays(self) -> bool:
        """α_t = α/√t in place of α."""
        return self.theorem == "adopt_clipped_decaying"


INSTANCES = (
    Instance(),
    Instance(
        theorem="adopt_clipped_schedule",
        q=Fraction(1, 144),
        p=Fraction(2, 5),
        alpha=Fraction(3, 10_000),
        horizon=30**4,
        leave=Fraction(1, 50),
    ),
    Instance(
        theorem="adopt_clipped_decaying",
        q=Fraction(1, 1024),
        p=Fraction(2, 5),
        alpha=Fraction(1, 20),
        horizon=64**4,
        leave=Fraction(1, 50),
    ),
)
"""Under A5, one for each theorem. Horizons of growing thresholds are fourth powers, so that c0 is rational."""


def heavy_tailed(theorem: str) -> Instance:
    """Under the moment of order r, with x = r/(r−1) and c = 1/x."""
    r = HEAVY_TAILS[theorem]
    return Instance(
        theorem=theorem,
        q=Fraction(1, 50),
        p=Fraction(2, 5),
        c=(r - 1) / r,
        spike=r / (r - 1),
        alpha=Fraction(1, 1500),
        horizon=10**6,
        leave=Fraction(1, 50),
    )


HEAVY_TAILED_INSTANCES = tuple(heavy_tailed(theorem) for theorem in HEAVY_TAILS)


def check(instance: Instance) -> None:
    """Raises ValueError unless 0 < p ≤ ½, 0 < q < 1, x > 1, 0 < xc ≤ 1 (so that s ≡ ε), and the rest is positive."""
    i = instance
    if i.theorem not in THEOREMS:
        raise ValueError(f"the theorem is {i.theorem!r}; it must be one of {', '.join(THEOREMS)}")
    if not (0 < i.p <= Fraction(1, 2) and 0 < i.q < 1 and 0 < i.leave < 1):
        raise ValueError("needs 0 < p <= 1/2, 0 < q < 1 and 0 < leave < 1")
    if not (i.spike > 1 and 0 < i.c <= 1 / i.spike):
        raise ValueError(f"needs spike > 1 and 0 < c <= 1/spike, so that |g| <= eps; they are {i.spike} and {i.c}")
    if not min(i.eps, i.L, i.alpha) > 0:
        raise ValueError("needs positive eps, L, alpha")
    if type(i.horizon) is not int or i.horizon < 1:
        raise ValueError(f"the horizon is {i.horizon!r}; it must be an integer >= 1")
    if i.grows and fourth_root(i.horizon) is None:
        raise ValueError(f"the horizon is {i.horizon}; where c0 is a multiple of T^(-1/4) it must be a fourth power")


def fourth_root(n: int) -> int | None:
    """The integer whose fourth power is n; None if there is none."""
    root = round(n**0.25)
    return root if root**4 == n else None


def length(instance: Instance) -> arb:
    """W, so that the walk falls below the slope with probability at most `leave`."""
    i = instance
    squares = 1 + arb(i.horizon).log() if i.decays else arb(i.horizon)  # Σα_t² <= α² times this
    factor = (squares * (1 / arb(to_fmpq(i.leave))).log() / 2).sqrt()
    return arb(to_fmpq(i.alpha * i.c / (1 - i.p))) * factor


def power(x: arb, exponent: Fraction) -> arb:
    """x^exponent for x > 0 and a positive exponent."""
    return math.prod([x] * exponent.numerator, start=arb(1)).root(exponent.denominator)


def moment(instance: Instance, order: Fraction) -> arb:
    """E|g|^order, unconditionally; the conditional one on the slope is 1/q times that."""
    i = instance
    rare, frequent = (arb(to_fmpq(x)) for x in (i.spike * i.c * i.eps, i.small))
    return arb(to_fmpq(i.q * i.p)) * power(rare, order) + arb(to_fmpq(i.q * (1 - i.p))) * power(frequent, order)


def measure(instance: Instance, stay: Fraction) -> arb:
    """The theorem's measure at a step at which a slope run is on the slope with probability `stay`: with P = q stay,

    P^{1+1/r} σ₁² for (E|f'(θ_{t−1})|^{2r/(1+r)})^{1+1/r} (P^{3/2} σ₁² under A5), P σ₁²/ε for E f'(θ_{t−1})²/s_{t−1}.
    """
    i = instance
    weighted = i.theorem == WEIGHTED
    share = power(arb(to_fmpq(i.q * stay)), Fraction(1) if weighted else 1 + 1 / i.order)
    return share * arb(to_fmpq(i.slope**2 / (i.eps if weighted else 1)))


def measure_at_least(instance: Instance) -> arb:
    """A lower bound on the theorem's measure at every t."""
    return measure(instance, 1 - instance.leave)


def values(instance: Instance) -> dict[str, Fraction]:
    """The instance's parameters by the names that bounds use; G and Δ rounded up, which the assumptions allow.

    With c0 where T is a fourth power (f_inf is a lower bound, so a larger Δ is one for a smaller f_inf). β2 may be anything.
    """
    i = instance
    with working_precision():
        below, G = rational_above(length(i)), rational_above(power(moment(i, i.order), 1 / i.order))
    root = fourth_root(i.horizon)
    return {
        "Delta": i.q * (i.slope**2 / (2 * i.L) + i.slope * below),
        "L": i.L,
        "G": G,
        "eps": i.eps,
        "beta1": Fraction(0),
        "beta2": Fraction(1, 2),
        "D": Fraction(1),
        "alpha": i.alpha,
        "alpha0": i.alpha,
        "c": i.c,
        "T": Fraction(i.horizon),
    } | ({} if root is None else {"c0": i.c / root})


def refutation(instance: Instance | None = None) -> tuple[arb, arb]:
    """(lower bound on the measure, the theorem's bound with the unconditional G) as balls.

    If the first exceeds the second, the theorem is false with the moment bounded in the mean only. Raises ValueError for
    impossible parameters.
    """
    i = instance or Instance()
    check(i)
    with working_precision():
        return measure_at_least(i), enclosure(statement(i.theorem).bound(), values(i))


def simulate(instance: Instance, runs: int, steps: int, seed: int) -> dict[str, Any]:
    """Runs of clipped ADOPT on the instance: the theorem's measure at the last step, the share of slope runs still there.

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
    c, alpha, p, spike, frequent = (float(x) for x in (i.c, i.alpha, i.p, i.spike * i.c, i.small / i.eps))
    place = np.zeros(runs)
    lowest, highest = place.copy(), place.copy()
    block = 1 + 100_000 // runs
    for start in range(0, steps, block):
        t = np.arange(start + 1, min(start + block, steps) + 1, dtype=np.float64)[:, None]
        threshold = c * np.sqrt(np.sqrt(t / i.horizon)) if i.grows else np.full_like(t, c)
        size = alpha / np.sqrt(t) if i.decays else alpha
        spikes = generator.random((len(t), runs)) < p
        moves = size * np.where(spikes, -np.minimum(spike, threshold), np.minimum(frequent, threshold))
        walk = place + np.cumsum(moves, axis=0)
        lowest, highest = np.minimum(lowest, walk.min(axis=0)), np.maximum(highest, walk.max(axis=0))
        place = walk[-1]
    staying = int((lowest > -below).sum())
    with working_precision():
        measured = measure(i, Fraction(staying, runs))
    return {
        "on_slope": staying / runs,
        "measure": float(measured),
        "range": (float(lowest.min()), float(highest.max())),
    }
