"""Instances with certified measures, and what they refute.

`slope`: clipped ADOPT on a slope that a random start reaches with probability q (`numerics.conditional_moment`). `floor`: a
direction that is biased at the minimiser (`proofs.hypotheses.floor`). `no_mean`: one step with noise whose needed moment is
infinite. `tree`: a finite probability tree (`proofs.hypotheses.trees`).
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy
from flint import arb

from numerics import conditional_moment
from numerics.exact import float_above, float_below, root_above, to_fmpq, working_precision
from proofs.hypotheses import floor as floors
from proofs.hypotheses import trees, worst
from proofs.hypotheses.refutation import TINY, Check, Refutation, Refuter, bound_value, conditions_hold
from theory.bounds import SYMBOLS
from theory.hypothesis import Conjecture

ANY_LAW = frozenset(
    (
        *("lower_bounded", "smooth", "generalised_smooth", "bounded_variance", "bounded_second_moment"),
        *("affine_variance_norm", "expected_smoothness", "one_dimension"),
    )
)
"""Assumptions that every instance here meets, whatever its law of noise: one variable, finite second moments."""


# -- a slope reached with probability q


SLOPE_MEETS = ANY_LAW | {"unbiased", "bounded_bias"}


def slope_values(i: conditional_moment.Instance) -> dict[str, Fraction]:
    """Exact parameters of the instance, σ and those of assumptions that it meets trivially included."""
    values = conditional_moment.values(i)
    return values | {"sigma": values["G"], "rho": TINY, "delta": TINY, "D": Fraction(1)}


SLOPE_INSTANCES = (*conditional_moment.INSTANCES, replace(conditional_moment.INSTANCES[0], horizon=160_000))
"""The last has a constant threshold and T = 20⁴, so that c0·T^{1/4} is rational."""
SLOPE_SCHEDULES: dict[tuple[bool, str], str] = {
    (False, "constant"): "adopt_clipped",
    (False, "schedule"): "adopt_clipped_schedule",
    (True, "schedule"): "adopt_clipped_decaying",
}
"""The theorem with these schedules, (step size varies, kind of clipping)."""
STEP = sympy.Symbol("t", positive=True)
"""The step number, as formulas of schedules have it."""


def slope(conjecture: Conjecture) -> Refutation | None:
    """Clipped ADOPT under the unconditional A5, against an explicit bound, at the schedules of `SLOPE_SCHEDULES`."""
    claim = conjecture.claim
    fits = conjecture.method.name == "adopt" and conjecture.sampling == "with_replacement" and claim.bound is not None
    if not (fits and set(conjecture.assumptions) <= SLOPE_MEETS and claim.measure in ("least", "average")):
        return None
    if conjecture.fixed.get("beta1", 0) != 0:
        return None
    for i in SLOPE_INSTANCES:
        data: dict[str, Any] = {k: str(getattr(i, k)) for k in ("theorem", "q", "p", "c", "eps", "L", "alpha", "leave")}
        data["horizon"] = i.horizon
        try:
            lower, claimed = slope_figures(conjecture, data)
        except ValueError:
            continue
        if lower > claimed:
            grows = (
                " As the threshold grows up to c at T, the clipped mean is at most 0 and the run drifts up."
                if i.grows
                else ""
            )
            return Refutation(
                kind="slope",
                title="A random start makes the conditional second moment G²/q on a slope",
                words=(
                    f"With probability q = {i.q} the run starts on a slope where f' = {i.slope}, otherwise at a flat minimum "
                    "with g = 0. On the slope g = 2cε with probability p and −pcε/(1−p) otherwise: clipped at c its mean is "
                    "0, so the run performs a fair walk there and stays, while E g² is only q times its value on the slope."
                    + grows,
                    f"At T = {i.horizon} the measure is at least {float_below(lower):.6g}; the claimed bound is "
                    f"{float_above(claimed):.6g}.",
                ),
                data=data,
                lower=float_below(lower),
                claimed=float_above(claimed),
            )
    return None


def slope_figures(conjecture: Conjecture, data: dict[str, Any]) -> tuple[arb, arb]:
    """(a lower bound of the least E‖∇f‖ measure, the claimed bound) as balls. Raises ValueError."""
    exact = {k: Fraction(v) for k, v in data.items() if k not in ("horizon", "theorem")}
    i = conditional_moment.Instance(**exact, theorem=data["theorem"], horizon=data["horizon"])
    conditional_moment.check(i)
    if SLOPE_SCHEDULES.get(conjecture.schedules.kind) != i.theorem:
        raise ValueError(f"the instance has the schedules of {i.theorem}, not the hypothesis's")
    values = slope_values(i)
    if not conditions_hold(conjecture, values) or conjecture.claim.bound is None:
        raise ValueError("the claim's conditions do not hold for the instance")
    if not has_schedules(conjecture, i, values):
        raise ValueError("the hypothesis's schedules are not the instance's")
    with working_precision():
        return conditional_moment.measure_at_least(i), bound_value(conjecture.claim.bound, values)


def has_schedules(conjecture: Conjecture, i: conditional_moment.Instance, values: dict[str, Fraction]) -> bool:
    """Step size α or α0/√t; threshold c, a formula in c0 and T with the instance's value, or c0·t^{1/4}; as formulas."""
    alpha, clip = conjecture.schedules.alpha, conjecture.schedules.clip
    if alpha != (SYMBOLS["alpha0"] / sympy.sqrt(STEP) if i.decays else SYMBOLS["alpha"]):
        return False
    if i.grows:
        return clip == SYMBOLS["c0"] * sympy.root(STEP, 4)
    exact = {SYMBOLS[k]: sympy.Rational(v.numerator, v.denominator) for k, v in values.items()}
    return clip is not None and clip.subs(exact) == exact[SYMBOLS["c"]]


def to_ball(value: Fraction) -> arb:
    return arb(to_fmpq(value))


def check_slope(conjecture: Conjecture, data: dict[str, Any]) -> None:
    lower, claimed = slope_figures(conjecture, data)
    if not lower > claimed:
        raise ValueError("the measure does not exceed the claimed bound")


# -- a direction that is biased at the minimiser


FLOOR_MEETS = ANY_LAW | {
    *(
        "unbiased",
        "bounded_bias",
        "bounded_variance_conditional",
        "bounded_second_moment_conditional",
        "bounded_gradient",
    ),
    *("affine_variance", "sub_gaussian", "finite_moment", "heavy_tails", "polyak_lojasiewicz", "convex_on_the_set"),
}
LARGE_HORIZONS = tuple(10**k for k in range(6, 33, 2))
"""Squares, so that α0/√T is rational."""
BETAS = (Fraction(0), Fraction(9, 10)), (Fraction(1, 2), Fraction(9, 10), Fraction(99, 100))
"""What is tried for β1 and β2 where the hypothesis has them free: it claims all of [0, 1)."""
SCALES = (1, 8, 64, 512)


def floor_instances(conjecture: Conjecture) -> list[floors.Instance]:
    """Instances for the method and sampling, in the order in which they are tried."""
    name = conjecture.method.name
    if name not in ("adopt", "adam", "rmsprop"):
        return []
    kind = "adopt" if name == "adopt" else "adam"
    if (kind == "adopt") != (conjecture.sampling == "reshuffled") and kind == "adopt":
        return []
    if conjecture.sampling == "fixed":
        return []
    beta1s = (conjecture.fixed["beta1"],) if "beta1" in conjecture.fixed else BETAS[0]
    if name == "rmsprop":
        beta1s = (Fraction(0),)
    beta2s = (conjecture.fixed["beta2"],) if "beta2" in conjecture.fixed else BETAS[1]
    found = []
    for beta1 in beta1s:
        if kind == "adam" and conjecture.sampling == "reshuffled" and beta1:
            continue
        for beta2 in beta2s:
            if beta2 == 1:
                continue
            for scale in SCALES:
                offsets: tuple[Fraction, ...]
                chances: tuple[Fraction, ...]
                if conjecture.sampling == "reshuffled":
                    offsets = (Fraction(2 * scale), Fraction(-scale), Fraction(-scale))
                    chances = (Fraction(1, 3),) * 3
                else:
                    offsets, chances = (Fraction(4 * scale), Fraction(-scale)), (Fraction(1, 5), Fraction(4, 5))
                found.append(floors.Instance(kind, conjecture.sampling, beta1, beta2, offsets, chances))
    return found


def floor_values(found: floors.Floor, alpha: Fraction, horizon: int) -> dict[str, Fraction]:
    """The instance's constants: every assumption in FLOOR_MEETS holds with them.

    σ² is also large enough for E exp(ζ²/σ²) ≤ 2, as |ζ| ≤ X and X²/σ² ≤ ⅔ < ln 2; μ is that of Huber's function on [−R, R],
    R the reach of the run: f'² = M² and f = MR − M²/2 at its end.
    """
    i = found.instance
    M, R = i.X + 1, max(found.reach(alpha), i.X + 1)
    return {
        "Delta": Fraction(1, 2),
        "L": Fraction(1),
        "G": i.B,
        "sigma": max(root_above(i.variance), root_above(i.X**2 * Fraction(3, 2))),
        "rho": TINY,
        "delta": TINY,
        "mu": M**2 / (2 * (M * R - M**2 / 2)),
        "eps": i.eps,
        "beta1": i.beta1,
        "beta2": i.beta2,
        "alpha": alpha,
        "alpha0": alpha * math.isqrt(horizon),
        "c": i.U + 1,
        "D": Fraction(1),
        "D0": Fraction(1),
        "T": Fraction(horizon),
    }


def biased_at_the_minimiser(conjecture: Conjecture) -> Refutation | None:
    """A rate, or a bound that tends to 0, for a method whose direction at the minimiser is wrong on average."""
    claim = conjecture.claim
    if not set(conjecture.assumptions) <= FLOOR_MEETS or claim.measure not in MEASURES_FROM_BELOW:
        return None
    if claim.rate is not None and not vanishing(conjecture):
        return None
    if conjecture.schedules.kind[0] or conjecture.schedules.kind[1] == "schedule":
        return None
    if claim.bound is not None and conjecture.schedules.kind[1] != "none":
        return None
    for i in floor_instances(conjecture):
        found = floors.floor(i)
        if found is None:
            continue
        data: dict[str, Any] = floors.certificate(found)
        limit = measure_of(conjecture, found, found.limit())
        if claim.rate is not None:
            return floor_refutation(found, data, float(limit) * (1 - 1e-12), None)
        for horizon in LARGE_HORIZONS:
            data = floors.certificate(found) | {"horizon": horizon}
            try:
                lower, claimed = floor_figures(conjecture, data)
            except ValueError:
                return None
            if to_ball(lower) > claimed:
                return floor_refutation(found, data, float_below(to_ball(lower)), float_above(claimed))
    return None


MEASURES_FROM_BELOW = ("average", "gradient_square", "weighted")


def measure_of(conjecture: Conjecture, found: floors.Floor, average: Fraction) -> Fraction:
    """A lower bound of the claimed measure from one of the average of E|f'|: its square, over s ≤ B + ε where it is weighted."""
    largest = found.instance.B + found.instance.eps
    return average**2 / (largest if conjecture.claim.measure == "weighted" else 1)


def vanishing(conjecture: Conjecture) -> bool:
    """Whether the step size is C·T^(−a) with 0 < a < 1, so that α → 0 and αT → ∞."""
    from proofs.hypotheses.proof import growth

    _, power = conjecture.schedules.alpha.as_independent(SYMBOLS["T"])
    e = growth(power)
    return e is not None and -1 < e < 0


def floor_figures(conjecture: Conjecture, data: dict[str, Any]) -> tuple[Fraction, arb]:
    """(a lower bound of the measure, the claimed bound) at the horizon, α = 1/√T. Raises ValueError."""
    found = floors.checked(data)
    horizon = int(data["horizon"])
    root = math.isqrt(horizon)
    if root * root != horizon:
        raise ValueError("the horizon is not a square")
    alpha = Fraction(1, root)
    values = floor_values(found, alpha, horizon)
    if not conditions_hold(conjecture, values) or conjecture.claim.bound is None:
        raise ValueError("the claim's conditions do not hold for the instance")
    with working_precision():
        return measure_of(conjecture, found, found.average(alpha, horizon)), bound_value(conjecture.claim.bound, values)


def floor_refutation(found: floors.Floor, data: dict[str, Any], lower: float, claimed: float | None) -> Refutation:
    i = found.instance
    drawn = "drawn independently with probabilities " + ", ".join(map(str, i.probabilities))
    how = drawn if i.sampling == "with_replacement" else "dealt from a fresh permutation in every epoch"
    offsets, side = ", ".join(map(str, i.offsets)), "upwards" if found.side > 0 else "downwards"
    end = f"The measure is at least {lower:.3g} for all large T."
    if claimed is not None:
        end = f"At T = {data['horizon']}, α = 1/√T, the measure is at least {lower:.3g}; the claimed bound is {claimed:.3g}."
    return Refutation(
        kind="floor",
        title="The direction is biased at the minimiser",
        words=(
            f"f is Huber's function with threshold {i.X + 1}, θ_0 = 1, ε = {i.eps}, β1 = {i.beta1}, β2 = {i.beta2}. The "
            f"gradient is f'(θ) plus an offset out of {offsets}, {how}: bounded, unbiased, and of one curvature.",
            "At the minimiser the expected direction does not vanish, for any state that the run can reach: it is at least "
            f"{float(found.eta):.3g} {side}. Since the run stays bounded, the average of E|f'| must balance it: it is at "
            f"least {float(found.limit()):.3g} in the limit α → 0, αT → ∞. `proofs/hypotheses/floor.py` has the argument, "
            "proved in Coq (`proofs/coq/Floor*.v`); the figures are enclosed in ball arithmetic, for the denominators "
            "max(√v, ε), √v + ε and √(v + ε²).",
            end,
        ),
        data=data,
        lower=lower,
        claimed=claimed,
    )


def check_floor(conjecture: Conjecture, data: dict[str, Any]) -> None:
    found = floors.checked(data)
    if found.instance not in [replace(i) for i in floor_instances(conjecture)]:
        raise ValueError("the instance is not one of the hypothesis's method, sampling and parameters")
    if conjecture.claim.bound is not None:
        lower, claimed = floor_figures(conjecture, data)
        if not to_ball(lower) > claimed:
            raise ValueError("the measure does not exceed the claimed bound")
    elif not (vanishing(conjecture) and found.limit() > 0):
        raise ValueError("the schedules do not lead to the floor")


REFUTERS: tuple[Refuter, ...] = (slope, biased_at_the_minimiser, trees.exceeded, worst.exceeded)
CHECKS: dict[str, Check] = {"slope": check_slope, "floor": check_floor, "tree": trees.check, "worst_case": worst.check}
