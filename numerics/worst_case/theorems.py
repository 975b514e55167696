"""How far the theorems' constants are from the worst case, where a worst case is known exactly.

The comparison takes a theorem's class without noise (σ = 0). Under A5 the gradients are bounded by G; for ADOPT G ≤ ε is
asked for, so that s = ε for ever, whatever β2, and the method is the heavy ball that `numerics.worst_case` solves. A
noiseless member of the class is a member, so a theorem's bound can be no smaller than the worst case shown here; noise
may make the true worst case larger, so the ratio says at most how loose the theorem is without noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from numerics.worst_case.certificate import Certified, certify
from numerics.worst_case.problem import WorstCase

BOUNDED_GRADIENT = ("sgd", "sgd_momentum", "adopt", "adopt_sharp", "adopt_average")
"""Statements under A5, by name."""
NOISELESS = ("sgd_bounded_variance", "sgd_momentum_bounded_variance", "adopt_bounded_variance")
"""Statements under A4, taken at σ = 0."""


@dataclass(frozen=True)
class Comparison:
    """A theorem's bound (rounded up) at one setting, beside the certified worst case of its noiseless class."""

    theorem: str
    T: int
    alpha: Fraction
    beta1: Fraction
    bound: float
    certified: Certified

    @property
    def ratio(self) -> float:
        """The bound over the certified upper bound of the worst case: 1 would be perfect."""
        return self.bound / float(self.certified.upper)


def compare(
    theorem: str,
    T: int,
    *,
    L: Fraction = Fraction(1),
    Delta: Fraction = Fraction(1, 8),
    G: Fraction = Fraction(1),
    eps: Fraction = Fraction(1),
    beta1: Fraction = Fraction(0),
    alpha: Fraction | None = None,
) -> Comparison:
    """The bound of min_{t ≤ T} ‖∇f(θ_{t−1})‖² against its worst case, at the theorem's best (else largest) step size.

    Δ = 1/8, L = G = ε = 1 keeps most bounds below G². Raises ValueError for a theorem that is not among those compared,
    for G > ε with ADOPT, and for parameters out of range.
    """
    from theory.numbers import evaluate, exact
    from theory.statements import statement

    if theorem not in BOUNDED_GRADIENT + NOISELESS:
        raise ValueError(f"{theorem!r} is not compared; known: {', '.join(BOUNDED_GRADIENT + NOISELESS)}")
    adopt = theorem.startswith("adopt")
    if adopt and eps < G:
        raise ValueError(f"G is {G} and eps {eps}; ADOPT's preconditioner is constant only for G at most eps")
    claim = statement(theorem)
    given = {"L": L, "Delta": Delta, "G": G, "eps": eps, "beta1": beta1, "T": Fraction(T)}
    values = {name: exact(name, given[name]) for name in claim.parameters if name in given}
    if "sigma" in claim.parameters:
        values["sigma"] = Fraction(0)
    momentum = beta1 if "beta1" in claim.parameters else Fraction(0)
    step = best_step(theorem, values) if alpha is None else alpha
    case = WorstCase(
        L=L,
        alpha=step,
        steps=T - 1,
        beta1=momentum,
        scales=(eps if adopt else Fraction(1),),
        Delta=Delta,
        gradient_bound=eps if theorem in NOISELESS and adopt else G if theorem in BOUNDED_GRADIENT else None,
    )
    return Comparison(theorem, T, step, momentum, evaluate(claim.bound(), values | {"alpha": step}), certify(case))


def best_step(theorem: str, values: dict[str, Fraction]) -> Fraction:
    """The step size of the least bound, near enough, as a simple rational; for σ = 0 the largest that is allowed."""
    from theory.numbers import evaluate, largest_step
    from theory.statements import statement

    claim = statement(theorem)
    largest = largest_step(claim, {k: v for k, v in values.items() if v})
    if largest is not None:
        return Fraction(int(largest.p), int(largest.q))
    best = claim.best_alpha or statement("adopt").best_alpha  # adopt_sharp's own has no closed form
    if best is None:
        raise ValueError(f"{theorem} has no best step size; say alpha")
    return Fraction(evaluate(best(), values)).limit_denominator(1000)


def table(horizons: Sequence[int] = (1, 2, 4, 8), beta1: Fraction = Fraction(9, 10)) -> list[Comparison]:
    """Every compared theorem at every horizon; those with momentum at `beta1`."""
    names = (*NOISELESS, "sgd", "sgd_momentum", "adopt", "adopt_sharp")
    return [compare(name, T, beta1=beta1) for name in names for T in horizons]
