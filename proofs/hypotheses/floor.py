"""A floor under the average gradient: a method whose direction is biased at the minimiser cannot converge there.

The instance, in one dimension: f is Huber's function with threshold M = X + 1 (f' = θ on [−M, M], 1-Lipschitz, f_inf = 0,
θ_0 = 1), the oracle's gradient is y + ξ with y = f'(θ_{t−1}) and an offset |ξ| ≤ X of mean 0: drawn independently, or dealt
from a fresh permutation of n offsets in every epoch. So |g| ≤ B = M + X, and A1–A6, A4, PŁ along the run hold.

The argument. Every direction here is at most U in size and θ_0 − θ_T = αΣu_t. Let w = ±1 be the wrong side.

1. Confinement: beyond X + 1 every new gradient points back with size ≥ 1; after the K steps in which the momentum may still
   point outwards the iterate returns, so |θ_t| ≤ R = X + 1 + (K + 1)αU.
2. With the past frozen at y = 0, the expected direction has w·E u ≥ η for every state that the run can reach: enclosed below.
   In y the direction is C-Lipschitz, and freezing at most j steps moves the iterate by jαU. Summed over the steps,
   w·ΣE u_t ≥ ηT − C ΣE|y_t| − eαT − b.
3. Since w(θ_0 − θ_T) ≤ 1 + R:  C·(1/T)ΣE|f'(θ_{t−1})| ≥ η − eα − b/T − (1 + R)/(αT).

With α = α(T) → 0 and αT → ∞ the right side tends to η > 0; the averages of (E‖∇f‖^{4/3})^{3/2} and of E‖∇f‖² are at least
((1/T)ΣE|f'(θ_{t−1})|)², by the inequality between power means.

What Coq proves (`proofs/coq/Floor*.v`, docs/trust.md). With replacement: all of it, from Adam's recurrence (bias-corrected or
not; RMSprop is β1 = 0) and two offsets to "no rate T^{−r}", `least_gap` included. Without: the same for ADOPT, clipped ADOPT
and RMSprop with the offsets 2s, −s, −s. For any other law it takes η as a hypothesis, which is what is enclosed here; its e and
b are at most those used here (a test compares every term). By hand: bias correction without replacement, and the enclosures.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from numerics.exact import to_fmpq, working_precision

FORMAT = "gradient-floor/1"
DENOMINATORS = ("max", "sum", "inside")
"""max(√v, ε), √v + ε, √(v + ε²): a floor is certified for all three at once."""
LAGS = 400
"""Momentum's lags beyond this are left out of η: each contributes a nonnegative amount."""
MOST_COMPONENTS = 6
DEPTH = 24
"""Bisections of the second moment's range before an enclosure gives up."""


@dataclass(frozen=True)
class Instance:
    """`method` is `adam` (RMSprop is β1 = 0) or `adopt`; offsets with probabilities, or dealt without replacement."""

    method: str
    sampling: str
    beta1: Fraction
    beta2: Fraction
    offsets: tuple[Fraction, ...]
    probabilities: tuple[Fraction, ...]
    eps: Fraction = Fraction(1)

    @property
    def X(self) -> Fraction:
        return max(abs(x) for x in self.offsets)

    @property
    def B(self) -> Fraction:
        """The largest |g|."""
        return 2 * self.X + 1

    @property
    def U(self) -> Fraction:
        """The largest direction."""
        return self.B / self.eps

    @property
    def variance(self) -> Fraction:
        return sum((p * x**2 for p, x in zip(self.probabilities, self.offsets, strict=True)), start=Fraction(0))


@dataclass(frozen=True)
class Floor:
    """C·avg E|f'| ≥ η − eα − b/T − (1 + X + 1 + (K+1)αU)/(αT), for every α > 0 and T ≥ 1; exact rationals.

    `side` is w: +1 if the direction at the minimiser is positive.
    """

    instance: Instance
    side: int
    eta: Fraction
    lipschitz: Fraction
    per_alpha: Fraction
    once: Fraction
    patience: int

    def average(self, alpha: Fraction, horizon: int) -> Fraction:
        """A lower bound of (1/T)ΣE|f'(θ_{t−1})|, or 0."""
        i = self.instance
        reach = 2 + i.X + (self.patience + 1) * alpha * i.U
        left = self.eta - self.per_alpha * alpha - self.once / horizon - reach / (alpha * horizon)
        return max(left / self.lipschitz, Fraction(0))

    def limit(self) -> Fraction:
        """What `average` tends to as α → 0 and αT → ∞."""
        return self.eta / self.lipschitz

    def reach(self, alpha: Fraction) -> Fraction:
        """R, which no iterate exceeds in size."""
        return self.instance.X + 1 + (self.patience + 1) * alpha * self.instance.U


def check(i: Instance) -> None:
    """Raises ValueError for an impossible instance."""
    if i.method not in ("adam", "adopt") or i.sampling not in ("with_replacement", "reshuffled"):
        raise ValueError(f"no floor is known for {i.method}, {i.sampling}")
    if not (0 <= i.beta1 < 1 and 0 <= i.beta2 < 1 and i.eps > 0):
        raise ValueError("needs 0 <= beta1, beta2 < 1 and eps > 0")
    if len(i.offsets) != len(i.probabilities) or sum(i.probabilities) != 1 or min(i.probabilities) <= 0:
        raise ValueError("needs a positive probability for each offset, summing to 1")
    if sum((p * x for p, x in zip(i.probabilities, i.offsets, strict=True)), start=Fraction(0)) != 0 or i.X == 0:
        raise ValueError("the offsets' mean must be 0, and not all of them 0")
    if i.sampling == "reshuffled" and len(set(i.probabilities)) != 1:
        raise ValueError("without replacement every component has the same share")
    if i.method == "adam" and i.sampling == "reshuffled" and i.beta1 != 0:
        raise ValueError("Adam without replacement is certified without momentum only")
    if i.method == "adopt" and i.sampling == "with_replacement":
        raise ValueError("ADOPT's direction has the right sign with replacement: it is the theorem")


def ball(value: Fraction | int) -> arb:
    return arb(to_fmpq(Fraction(value)))


def below(value: arb) -> Fraction:
    """A rational at or below every number in the ball, close to it."""
    low = value.lower()
    scaled = (low * arb(2) ** 60).floor()
    integer = scaled.unique_fmpz()
    return Fraction(int(integer), 2**60) if integer is not None else Fraction(0)


def inverse(second_moment: arb, eps: arb, form: str) -> arb:
    """1/denominator, each form decreasing in v."""
    root = second_moment.nonnegative_part().sqrt()
    if form == "max":
        return 1 / root.max(eps)
    return 1 / (root + eps) if form == "sum" else 1 / (second_moment + eps * eps).nonnegative_part().sqrt()


def floor(i: Instance) -> Floor | None:
    """The certified floor of an instance; None if the direction's sign at the minimiser is not certain."""
    check(i)
    with working_precision():
        found = lagged(i) if i.sampling == "with_replacement" else dealt(i)
    if found is None:
        return None
    side, eta, lipschitz, per_alpha, once = found
    return Floor(i, side, eta, lipschitz, per_alpha, once, patience(i))


def patience(i: Instance) -> int:
    """K: after so many inputs of size ≥ x_min pointing back, the momentum does too."""
    if i.method == "adam":
        smallest, largest = Fraction(1), i.B
    else:
        smallest, largest = 1 / max(i.B, i.eps, i.B + i.eps), i.B / i.eps
    k, memory = 0, largest + smallest
    while memory >= smallest:
        memory, k = memory * i.beta1, k + 1
    return k


def lagged(i: Instance) -> tuple[int, Fraction, Fraction, Fraction, Fraction] | None:
    """Adam with replacement: lag j of the momentum meets v_t = b + c(y+ξ)² with (1−β2)β2^j ≤ c ≤ 1 and b ≤ (1−c)B².

    At y = 0 and two offsets A > h > 0, −h, E[ξF(b + cξ²)] = −pA(F(b+ch²) − F(b+cA²)) for the decreasing F = 1/denominator.
    `least_gap` is the least of that difference over those b and c. In y, (y+ξ)F(b + c(y+ξ)²) is 1/ε-Lipschitz, so C = 1/ε.
    """
    if len(i.offsets) != 2:
        return None
    (large, small), (p, _) = sorted_pair(i)
    side = -1 if large > 0 else 1
    total = arb(0)
    weight = 1 - i.beta1
    for lag in range(LAGS if i.beta1 else 1):
        c = (1 - i.beta2) * (i.beta2**lag if i.beta2 or not lag else Fraction(0))
        least = least_gap(abs(large), abs(small), c, i.B, i.eps)
        total += ball(weight * p * abs(large) * least)
        weight *= i.beta1
        if weight < Fraction(1, 2**50):
            break
    eta = below(total)
    if eta <= 0:
        return None
    kappa = i.beta1 / (1 - i.beta1)
    lipschitz = 1 / i.eps
    per_alpha = i.B * i.U * kappa / i.eps**2
    # lags that reach before the first step cost η for fewer than LAGS steps; bias correction adds β1^t/(1−β1^t) times weights
    # of sum 1 − β1^t to step t's, each at an |f'| of X + 1 at most
    once = eta * (LAGS - 1 if i.beta1 else 0) + (i.X + 1) * lipschitz * kappa
    return side, eta, lipschitz, per_alpha, once


def least_gap(large: Fraction, small: Fraction, share: Fraction, B: Fraction, eps: Fraction) -> Fraction:
    """A lower bound, at least 0, of F(b + ch²) − F(b + cA²), F = 1/denominator, A = `large` > h = `small` > 0.

    It holds for every denominator, c in [`share`, 1] (the greater c are those of bias correction) and b in [0, (1−c)B²].

    With x = b + ch² and δ = `share`·(A² − h²) it is at least F(x) − F(x + δ). That falls in x where F is convex from x on, and
    x ≤ (1−`share`)B² + `share`·h²: it is not below its value at c = `share`, b = (1−`share`)B². Otherwise the denominator is the
    maximum and F(x) = 1/ε: it is not below its value at c = `share`, b = 0, as b + cA² ≥ `share`·A². (Coq: `gap_least`.)
    """
    ends = (Fraction(0), (1 - share) * B**2)
    e = ball(eps)
    gaps = [
        inverse(ball(b + share * small**2), e, form) - inverse(ball(b + share * large**2), e, form)
        for b in ends
        for form in DENOMINATORS
    ]
    return max(min(below(g) for g in gaps), Fraction(0))


def sorted_pair(i: Instance) -> tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]:
    """The offset of greater size and the other, with their probabilities."""
    pairs = sorted(zip(i.offsets, i.probabilities, strict=True), key=lambda x: -abs(x[0]))
    return (pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1])


def dealt(i: Instance) -> tuple[int, Fraction, Fraction, Fraction, Fraction] | None:
    """One epoch at y = 0 from every second moment v in [0, B²], averaged over the distinct orders; ADOPT divides by v_{k−1}.

    Per step: C = 1/ε + B/ε², in the numerator and through the normaliser (|√v − √v'| ≤ the largest change of a gradient).
    Freezing at the epoch's start moves gradients by at most nαU; ends of the run cut at most two epochs; momentum delays
    Σ a_t by at most κU.
    """
    n = len(i.offsets)
    if n > MOST_COMPONENTS:
        raise ValueError(f"{n} components; at most {MOST_COMPONENTS}")
    orders = sorted(set(itertools.permutations(i.offsets)))
    with_sign = [least_drift(i, epoch_terms(i, orders), form) for form in DENOMINATORS]
    sides = {side for side, _ in with_sign}
    if sides not in ({1}, {-1}):
        return None
    per_epoch = min(size for _, size in with_sign)
    step = 1 / i.eps + i.B / i.eps**2
    kappa = i.beta1 / (1 - i.beta1)
    correction = i.B**2 / i.eps**2 * i.beta2 / (1 - i.beta2) ** 2 if i.method == "adam" else Fraction(0)
    once = 2 * n * i.U + kappa * i.U + 2 * per_epoch + correction
    # |y| at the epoch's start is at most its mean over the epoch plus nαU, and each step is frozen at most n steps back
    return sides.pop(), per_epoch / n, step, 2 * n * i.U * step, once


def epoch_terms(i: Instance, orders: list[tuple[Fraction, ...]]) -> dict[tuple[Fraction, Fraction], Fraction]:
    """The mean over the orders of Σ of one epoch's directions at y = 0: Σ coefficient·F(slope·v + constant).

    Equal arguments are collected first: the first draw's coefficients add up to 0.
    """
    found: dict[tuple[Fraction, Fraction], Fraction] = {}
    for order in orders:
        slope, constant = Fraction(1), Fraction(0)
        for x in order:
            following = i.beta2 * slope, i.beta2 * constant + (1 - i.beta2) * x**2
            argument = (slope, constant) if i.method == "adopt" else following
            found[argument] = found.get(argument, Fraction(0)) + x / len(orders)
            slope, constant = following
    return {k: c for k, c in found.items() if c}


def least_drift(i: Instance, terms: dict[tuple[Fraction, Fraction], Fraction], form: str) -> tuple[int, Fraction]:
    """The drift's sign for every v in [0, B²] and a lower bound of its size, by bisection; sign 0 if it is not certain."""
    eps = ball(i.eps)
    todo = [(Fraction(0), i.B**2, 0)]
    least, side = None, 0
    while todo:
        low, high, depth = todo.pop()
        v = ball(low).union(ball(high))
        drift = sum((ball(c) * inverse(ball(a) * v + ball(k), eps, form) for (a, k), c in terms.items()), start=arb(0))
        sign = 1 if drift > 0 else -1 if drift < 0 else 0
        size = below(drift * sign) if sign else Fraction(0)
        if sign == 0 or size == 0:
            if depth == DEPTH:
                return 0, Fraction(0)
            middle = (low + high) / 2
            todo += [(low, middle, depth + 1), (middle, high, depth + 1)]
            continue
        if side and sign != side:
            return 0, Fraction(0)
        side, least = sign, size if least is None else min(least, size)
    return side, least or Fraction(0)


def certificate(found: Floor) -> dict[str, Any]:
    """The floor as data: exact parameters and the certified figures."""
    i = found.instance
    return {
        "format": FORMAT,
        "method": i.method,
        "sampling": i.sampling,
        "beta1": str(i.beta1),
        "beta2": str(i.beta2),
        "eps": str(i.eps),
        "offsets": [str(x) for x in i.offsets],
        "probabilities": [str(x) for x in i.probabilities],
        "side": found.side,
        "eta": str(found.eta),
        "lipschitz": str(found.lipschitz),
        "per_alpha": str(found.per_alpha),
        "once": str(found.once),
        "patience": found.patience,
    }


def checked(data: dict[str, Any]) -> Floor:
    """The floor that a certificate claims, recomputed from its exact parameters. Raises ValueError if it claims more."""
    if data.get("format") != FORMAT:
        raise ValueError(f"not a {FORMAT} certificate")
    beta1, beta2, eps = (Fraction(data[k]) for k in ("beta1", "beta2", "eps"))
    offsets, probabilities = (tuple(Fraction(x) for x in data[k]) for k in ("offsets", "probabilities"))
    found = floor(Instance(data["method"], data["sampling"], beta1, beta2, offsets, probabilities, eps))
    if found is None or found.side != data["side"] or found.patience != data["patience"]:
        raise ValueError("the direction's sign at the minimiser is not certain, or not as claimed")
    if Fraction(data["eta"]) > found.eta or Fraction(data["lipschitz"]) < found.lipschitz:
        raise ValueError("the certificate claims a higher floor than its parameters give")
    if Fraction(data["per_alpha"]) < found.per_alpha or Fraction(data["once"]) < found.once:
        raise ValueError("the certificate leaves out part of the error terms")
    return found
