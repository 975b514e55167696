"""Worst cases by semidefinite programming: a noiseless instance, exact, on which a claimed bound is exceeded.

Without noise, and for ADOPT with G ≤ ε so that s ≡ ε, a method is gradient descent or the heavy ball, and
`numerics.worst_case` finds the function on which min_t ‖∇f(θ_t)‖² is largest, with an exact instance. The claimed bound is
taken at σ → 0 and at the step size where it is least; the instance is checked by `proofs.worst_case_checker`.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from flint import arb

from numerics.exact import float_above, float_below, to_fmpq, working_precision
from proofs.hypotheses.refutation import TINY, Refutation, bound_value, conditions_hold
from theory.bounds import SYMBOLS
from theory.hypothesis import Conjecture

MEETS = frozenset(
    (
        *("lower_bounded", "smooth", "generalised_smooth", "unbiased", "bounded_bias", "bounded_variance"),
        *(
            "bounded_variance_conditional",
            "bounded_second_moment",
            "bounded_second_moment_conditional",
            "bounded_gradient",
        ),
        *(
            "affine_variance",
            "affine_variance_norm",
            "expected_smoothness",
            "sub_gaussian",
            "finite_moment",
            "heavy_tails",
        ),
    )
)
"""What a noiseless instance with ‖∇f‖ ≤ G along the run meets."""
DELTA, L, G, EPS = Fraction(1, 8), Fraction(1), Fraction(1), Fraction(1)
HORIZONS = (2, 4)
ALPHAS = tuple(Fraction(k, 8) for k in (1, 2, 4, 6, 8, 12, 15))
METHODS = ("adopt", "sgd", "sgd_momentum")


def exceeded(conjecture: Conjecture) -> Refutation | None:
    """The first horizon at which the worst case exceeds the claimed bound."""
    from numerics.worst_case.certificate import certify
    from numerics.worst_case.problem import WorstCase

    claim = conjecture.claim
    plain = conjecture.schedules.kind == (False, "none") and conjecture.schedules.alpha == SYMBOLS["alpha"]
    fits = conjecture.method.name in METHODS and claim.bound is not None and set(conjecture.assumptions) <= MEETS
    if not (fits and plain and conjecture.sampling == "with_replacement") or claim.measure in (
        "gap",
        "last_gap",
        "weighted",
    ):
        return None
    beta1 = conjecture.fixed.get("beta1", Fraction(0)) if conjecture.method.name != "sgd" else Fraction(0)
    for horizon in HORIZONS:
        alpha = best_step(conjecture, beta1, horizon)
        if alpha is None:
            continue
        with working_precision():
            claimed = bound_at(conjecture, alpha, beta1, horizon)
            if not claimed < 2 * arb(to_fmpq(L * DELTA)):  # ‖∇f‖² ≤ 2LΔ at the start: no instance could exceed it
                continue
        case = WorstCase(L=L, alpha=alpha, steps=horizon - 1, beta1=beta1, Delta=DELTA, gradient_bound=G)
        certified = certify(case)
        data = {"alpha": str(alpha), "beta1": str(beta1), "horizon": horizon, "certificate": certified.certificate}
        if certified.lower is not None and arb(to_fmpq(certified.lower)) > claimed:
            low, high = float_below(arb(to_fmpq(certified.lower))), float_above(claimed)
            return Refutation(
                kind="worst_case",
                title="A noiseless worst case exceeds the bound",
                words=(
                    f"L = {L}, Δ = {DELTA}, G = ε = {G}, no noise, α = {alpha}, β1 = {beta1}, T = {horizon}: the method is then "
                    "the heavy ball, and a semidefinite programme finds the function whose smallest gradient is largest. Its "
                    "values and Gram matrices are exact and meet every interpolation inequality.",
                    f"On it every ‖∇f(θ_t)‖² is at least {low:.6g}; the claimed bound is at most {high:.6g}.",
                ),
                data=data,
                lower=low,
                claimed=high,
            )
    return None


def best_step(conjecture: Conjecture, beta1: Fraction, horizon: int) -> Fraction | None:
    """The step size of the grid at which the claimed bound is least."""
    found = []
    for alpha in ALPHAS:
        try:
            with working_precision():
                found.append((float(bound_at(conjecture, alpha, beta1, horizon).mid()), alpha))
        except ValueError:
            continue
    return min(found)[1] if found else None


def bound_at(conjecture: Conjecture, alpha: Fraction, beta1: Fraction, horizon: int) -> arb:
    """The claimed bound of the class. Raises ValueError where its conditions or parameters do not fit."""
    values = {"L": L, "Delta": DELTA, "G": G, "eps": EPS, "sigma": TINY, "rho": TINY, "delta": TINY}
    values |= {"alpha": alpha, "beta1": beta1, "T": Fraction(horizon)}
    if not conditions_hold(conjecture, values) or conjecture.claim.bound is None:
        raise ValueError("the claim's conditions do not hold")
    return bound_value(conjecture.claim.bound, values)


def check(conjecture: Conjecture, data: dict[str, Any]) -> None:
    """The independent checker on the certificate, and the comparison. Raises ValueError."""
    from proofs import worst_case_checker

    worst_case_checker.verify(json.dumps(data["certificate"]))
    problem = data["certificate"]["problem"]
    alpha, beta1, horizon = Fraction(data["alpha"]), Fraction(data["beta1"]), int(data["horizon"])
    meant = {"alpha": alpha, "beta1": beta1, "L": L, "Delta": DELTA, "gradient_bound": G}
    others = (
        problem["scales"] != [str(EPS)] or problem["steps"] != horizon - 1 or problem["normalisation"] != "lower_bound"
    )
    if others or any(Fraction(problem[k]) != v for k, v in meant.items()):
        raise ValueError("the certificate is of another problem")
    lower = data["certificate"]["lower"]
    with working_precision():
        exceeds = lower is not None and arb(to_fmpq(Fraction(lower))) > bound_at(conjecture, alpha, beta1, horizon)
    if not exceeds or not set(conjecture.assumptions) <= MEETS:
        raise ValueError("the worst case does not exceed the claimed bound")
