"""What is certified: the worst case of a fixed-step method with momentum over all smooth nonconvex functions.

θ_0, …, θ_N are the iterates of

    m_t = β1 m_{t−1} + (1−β1) g_{t−1}/s,   θ_t = θ_{t−1} − α m_t,   m_0 = 0,   g_t = ∇f(θ_t),

that is, of ADOPT with an exact gradient whose preconditioner s does not change: at β2 = 1 (s = max(√v_0, ε) for ever), and
at every β2 where |∂_i f| ≤ ε (s = ε for ever). β1 = 0 and s = 1 is gradient descent. The question: how large can
min_t ‖∇f(θ_t)‖² be, over all dimensions and all L-smooth f with f(θ_0) − f_inf ≤ Δ?

Points (θ_i, g_i, f_i) are those of some L-smooth f, bounded below by f_inf, if and only if for all i ≠ j

    f_i ≥ f_j + ½⟨g_i + g_j, θ_i − θ_j⟩ + ‖g_i − g_j‖²/(4L) − L‖θ_i − θ_j‖²/4       (interpolation)
    f_i ≥ f_inf + ‖g_i‖²/(2L)                                                     (infimum)

(Taylor, Hendrickx and Glineur 2017, Theorem 3.10 there; Drori and Shamir 2020, Theorem 7). Everything is linear in the
values f_i and in the Gram matrices of the gradients, one for each value that s takes: a semidefinite programme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

NORMALISATIONS = ("lower_bound", "last_value")
"""What is at most Δ: f(θ_0) − f_inf, as in the theorems, or f(θ_0) − f(θ_N), as in part of the literature."""
MAX_STEPS = 20
"""Longer runs are refused: the programme has N² inequalities, and its exact certificate grows with them."""


@dataclass(frozen=True)
class WorstCase:
    """A method and a class of functions; all numbers exact.

    `scales` are the values of the preconditioner s, each on a block of coordinates of any size; `gradient_bound`, if
    given, adds ‖g_t‖ ≤ G. Raises ValueError for a number outside its range.
    """

    L: Fraction
    alpha: Fraction
    steps: int
    beta1: Fraction = Fraction(0)
    scales: tuple[Fraction, ...] = (Fraction(1),)
    Delta: Fraction = Fraction(1)
    gradient_bound: Fraction | None = None
    normalisation: str = "lower_bound"
    iterates: tuple[tuple[Fraction, ...], ...] = field(init=False, repr=False, compare=False)
    """Row t: the coefficients c with θ_t = θ_0 − Σ_j c_j g_j/s."""

    def __post_init__(self) -> None:
        for name in ("L", "alpha", "Delta"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be positive")
        if not 0 <= self.beta1 < 1:
            raise ValueError(f"beta1 is {self.beta1}; it must be in [0, 1)")
        if type(self.steps) is not int or not 0 <= self.steps <= MAX_STEPS:
            raise ValueError(f"steps is {self.steps}; it must be an integer from 0 to {MAX_STEPS}")
        if not self.scales or min(self.scales) <= 0:
            raise ValueError("the preconditioner needs at least one value, and positive ones")
        if self.gradient_bound is not None and not self.gradient_bound > 0:
            raise ValueError(f"the bound on the gradient is {self.gradient_bound}; it must be positive")
        if self.normalisation not in NORMALISATIONS:
            raise ValueError(f"normalisation is {self.normalisation!r}; it must be {' or '.join(NORMALISATIONS)}")
        if self.normalisation == "last_value" and self.steps == 0:
            raise ValueError("f(θ_0) − f(θ_N) ≤ Δ says nothing with no step; take one step or more")
        object.__setattr__(self, "iterates", iterates(self.steps, self.alpha, self.beta1))

    @property
    def points(self) -> int:
        """N + 1."""
        return self.steps + 1

    def as_json(self) -> dict[str, Any]:
        """The `problem` of a certificate."""
        bound = self.gradient_bound
        return {
            "L": str(self.L),
            "alpha": str(self.alpha),
            "steps": self.steps,
            "beta1": str(self.beta1),
            "scales": [str(s) for s in self.scales],
            "Delta": str(self.Delta),
            "gradient_bound": None if bound is None else str(bound),
            "normalisation": self.normalisation,
        }


def iterates(steps: int, alpha: Fraction, beta1: Fraction) -> tuple[tuple[Fraction, ...], ...]:
    """Coefficients c_tj of θ_t = θ_0 − Σ_j c_tj g_j/s, t = 0..steps."""
    momentum = [Fraction(0)] * (steps + 1)
    rows = [tuple(momentum)]
    for t in range(1, steps + 1):
        momentum = [beta1 * m + (1 - beta1) * (j == t - 1) for j, m in enumerate(momentum)]
        rows.append(tuple(c + alpha * m for c, m in zip(rows[-1], momentum, strict=True)))
    return tuple(rows)


def constant_gradient(case: WorstCase) -> Fraction:
    """What a function whose gradient has one length and one direction at every iterate shows, if it exists.

    Step t has the length a_t‖g‖, a_t = α(1−β1^t)/s. Interpolation and infimum ask for f_{t−1} − f_t ≥ (a_t − L a_t²/4)‖g‖²
    and f_N − f_inf ≥ ‖g‖²/(2L); with equality everywhere

        ‖g‖² = Δ / (Σ_{t ≤ N} (a_t − L a_t²/4) + 1/(2L))          (without 1/(2L) where f_N replaces f_inf).

    For small steps this is the worst case, exactly; a certificate says so where it is. With β1 = 0, s = 1 and f_N it is
    the known 4Δ/(Nα(4 − αL)) (Abbaszadehpeivasti, de Klerk and Zamani 2022). The value is for the largest s.
    """
    s = max(case.scales)
    moves = [case.alpha * (1 - case.beta1**t) / s for t in range(1, case.points)]
    lost = sum((a - case.L * a * a / 4 for a in moves), Fraction(0))
    return case.Delta / (lost + (1 / (2 * case.L) if case.normalisation == "lower_bound" else 0))


Matrix = list[list[Fraction]]


def interpolation(case: WorstCase, i: int, j: int, scale: Fraction) -> Matrix:
    """The symmetric matrix Q over the gradients of one block, with f_i − f_j ≥ Σ_blocks ⟨Q, Gram⟩."""
    n = case.points
    move = [(b - a) / scale for a, b in zip(case.iterates[i], case.iterates[j], strict=True)]  # θ_i − θ_j
    total = [Fraction((k == i) + (k == j)) for k in range(n)]
    change = [Fraction((k == i) - (k == j)) for k in range(n)]
    return [
        [
            (total[a] * move[b] + move[a] * total[b]) / 4
            + change[a] * change[b] / (4 * case.L)
            - case.L * move[a] * move[b] / 4
            for b in range(n)
        ]
        for a in range(n)
    ]


def required_decreases(case: WorstCase, grams: Sequence[Matrix]) -> dict[tuple[int, int], Fraction]:
    """For each ordered pair i ≠ j the least f_i − f_j that interpolation allows, given exact Gram matrices."""
    found = {}
    for i in range(case.points):
        for j in range(case.points):
            if i != j:
                found[i, j] = Fraction(0)
                for scale, gram in zip(case.scales, grams, strict=True):
                    q = interpolation(case, i, j, scale)
                    found[i, j] += sum(
                        (x * y for u, v in zip(q, gram, strict=True) for x, y in zip(u, v, strict=True)), Fraction(0)
                    )
    return found
