"""The best weight in E.2's family: how much of Q Young's inequality should spend on the bias of clipping.

For every weight 0 < λ < 1, |∂f b| <= λ(∂f)²/s + s b²/(4λ) gives clipped ADOPT the bound

    Q̄ <= (A + B/(4λ)) / (1 − λ),    A = Δ/(αT) + αLG²(1+β1)/(2ε²(1−β1)),    B = G⁴/(16ε³)·mean c_t^{-2};

`adopt_clipped` is λ = ½ and `adopt_clipped_sharp` the infimum over λ, (√B/2 + √(B/4+A))² (theory.md, E.2).
A semidefinite programme finds the weight, rationals certify it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat

from numerics.rational import ldl
from proofs.tactics import TOLERANCE


@dataclass(frozen=True)
class Weight:
    """A weight λ, its bound, and a value `floor` below which no weight of the family gets.

    `squares` are pairs (d, (k, l)) with d > 0 and 4τλ² − 4(τ−A)λ + B = Σ d (kλ + l)² at τ = `floor`, for every λ: so
    4λ(1−λ) times (A + B/(4λ))/(1−λ) − τ is nonnegative.
    """

    value: Fraction
    bound: Fraction
    floor: Fraction
    squares: tuple[tuple[Fraction, tuple[Fraction, Fraction]], ...]


def family(A: Fraction, B: Fraction, weight: Fraction) -> Fraction:
    """(A + B/(4λ))/(1−λ), exactly. Raises ValueError unless 0 < λ < 1."""
    if not 0 < weight < 1:
        raise ValueError(f"the weight is {weight}; it must be between 0 and 1")
    return (A + B / (4 * weight)) / (1 - weight)


def gram(A: Fraction, B: Fraction, level: Fraction) -> fmpq_mat:
    """The Gram matrix over (λ, 1) of 4τλ² − 4(τ−A)λ + B, τ = `level`; it is unique."""
    off = _exact(-2 * (level - A))
    return fmpq_mat([[_exact(4 * level), off], [off, _exact(B)]])


def best_weight(A: Fraction, B: Fraction, gap: Fraction = Fraction(1, 10**8)) -> Weight:
    """The weight of least bound, to within a factor 1 + `gap`, with its certificate. A, B > 0.

    Raises ValueError for other A, B, and ArithmeticError if what the solver found does not verify.
    """
    if not (A > 0 and B > 0):
        raise ValueError(f"A = {A} and B = {B} must be positive")
    level, weight = proposal(float(B / A))
    value = Fraction(weight).limit_denominator(10**7)
    bound = family(A, B, value)
    floor = A * Fraction(level).limit_denominator(10**12) * (1 - gap / 4)
    squares = ldl(gram(A, B, floor))
    if squares is None or bound > floor * (1 + gap):
        raise ArithmeticError(
            f"NOT CERTIFIED: weight {weight:.9g} is not the best for A = {A}, B = {B} to within {gap}"
        )
    pairs = tuple((_fraction(d), (_fraction(l[0]), _fraction(l[1]))) for d, l in squares)
    return Weight(value, bound, floor, pairs)


def proposal(ratio: float) -> tuple[float, float]:
    """The greatest τ with a positive semidefinite Gram matrix at A = 1, B = `ratio`, and the weight where it is tight."""
    import cvxpy as cp
    import numpy as np

    # Scaled to a unit diagonal by λ = √B μ.
    root = float(np.sqrt(ratio))
    level = cp.Variable()
    matrix = cp.Variable((2, 2), PSD=True)
    equalities = [matrix[0, 0] == 4 * level, matrix[0, 1] == -2 * (level - 1) / root, matrix[1, 1] == 1]
    problem = cp.Problem(cp.Maximize(level), equalities)
    accuracy = {"tol_gap_abs": TOLERANCE, "tol_gap_rel": TOLERANCE, "tol_feas": TOLERANCE}
    problem.solve(solver=cp.CLARABEL, **accuracy)
    if level.value is None:
        raise ArithmeticError(f"NOT CERTIFIED: Clarabel finds no weight ({problem.status})")
    return float(level.value), float(-matrix.value[0, 1] / matrix.value[0, 0] * root)


def _exact(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)


def _fraction(x: fmpq) -> Fraction:
    return Fraction(int(x.p), int(x.q))
