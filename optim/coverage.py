"""Which theorem covers an optimizer's settings: plain strings, the ids that `adoptproof list theorems` shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optim.implementations import Rule

# How the learning rate goes over the T steps: constant; constant at alpha0 / sqrt(T); alpha0 / sqrt(t); any other.
SCHEDULES = ("constant", "sqrt_horizon", "inverse_sqrt", "other")


@dataclass(frozen=True)
class Coverage:
    """Which theorems hold for the settings, under which hypotheses, or why none does.

    ``theorems`` are ids, the first the closest; ``converges`` says whether the bound of the first tends to 0 as the
    horizon grows (with ``lr`` chosen for it). ``hypotheses`` maps each theorem to what it leaves to the user.
    ``remarks`` say what else must hold; ``why_none`` is empty exactly when there is a theorem.
    """

    theorems: tuple[str, ...] = ()
    hypotheses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    converges: bool = False
    remarks: tuple[str, ...] = ()
    why_none: str = ""

    def __str__(self) -> str:
        if not self.theorems:
            return f"no theorem: {self.why_none}"
        alike: dict[tuple[str, ...], list[str]] = {}
        for name in self.theorems:
            alike.setdefault(self.hypotheses[name], []).append(name)
        lines = [f"{', '.join(names)}, if {'; '.join(needed)}" for needed, names in alike.items()]
        return "\n".join([*lines, *self.remarks])


LOWER_BOUNDED = "A1 lower_bounded: f >= f_inf"
UNBIASED = "A2 unbiased: E[g_t given the past] = grad f, so sampling with replacement"
SMOOTH = "A3 smooth: grad f is L-Lipschitz"
BOUNDED_VARIANCE = "A4 bounded_variance: E[|g_t - grad f|^2 given the past] <= sigma^2"
SECOND_MOMENT = "A5 bounded_second_moment, unconditional: E|g_t|^2 <= G^2"
CONDITIONAL_SECOND_MOMENT = "A5 bounded_second_moment, conditional: E[|g_t|^2 given the past] <= G^2"
AFFINE_VARIANCE = "affine variance, coordinatewise: E[(g_i - d_i)^2 given the past] <= sigma_i^2 + rho d_i^2"
BIASED = "|E[g_t given the past] - grad f| <= delta, in place of A2"
POLYAK_LOJASIEWICZ = "the Polyak-Lojasiewicz inequality with mu along the trajectory"

_BASIC = (LOWER_BOUNDED, UNBIASED, SMOOTH)
_EVERY_STEP = "Every parameter must get a gradient at every step, all in exact arithmetic."


def covered_by(rules: Sequence[Rule], schedule: str) -> Coverage:
    """The coverage of an optimizer whose parameter groups follow ``rules``; `ValueError` for an unknown schedule."""
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule: {schedule!r} is not one of {', '.join(SCHEDULES)}")
    if len({(rule.method.name, str(rule[1:])) for rule in rules}) > 1:
        return Coverage(why_none="the parameter groups differ; every theorem has one lr and one setting for all")
    rule = rules[0]
    if rule.weight_decay:
        return Coverage(
            why_none=(
                "decoupled weight decay moves the parameters by more than the recurrence of any theorem"
                if rule.decoupled
                else "L2 decay turns f into f + (weight_decay/2)|theta|^2, whose gradients are not bounded"
            )
        )
    found = _BY_METHOD[rule.method.name](rule.hyperparameters, schedule)
    if rule.maximize and found.theorems:
        return Coverage(
            found.theorems,
            found.hypotheses,
            found.converges,
            (*found.remarks, "maximize: read -f for f in every hypothesis."),
        )
    return found


def _covered(converges: bool, hypotheses: dict[str, tuple[str, ...]], *remarks: str) -> Coverage:
    return Coverage(tuple(hypotheses), hypotheses, converges, (*remarks, _EVERY_STEP))


def _adopt(options: Mapping[str, Any], schedule: str) -> Coverage:
    if not options["decorrelate"]:
        return Coverage(
            why_none="without decorrelation a_t is not an unbiased direction; counterexample no_decorrelation"
        )
    if not options["normalize_first"]:
        return Coverage(
            why_none="with Adam's order the averaged gradient is not normalised by its own past; "
            "counterexample order_unchanged"
        )
    if schedule == "other":
        return Coverage(why_none="the theorems have lr constant, alpha0/sqrt(T) or alpha0/sqrt(t)")
    second = options["start"] == "algorithm_2"
    if options["clip"] is not None:
        scale, exponent = options["clip"]
        return _clipped_adopt(scale, exponent, second, schedule)
    unclipped: tuple[str, ...] = (*_BASIC, SECOND_MOMENT)
    if schedule == "inverse_sqrt":
        return _covered(True, {"adopt_decaying" if second else "adopt_decaying_algorithm_1": unclipped})
    chosen = "lr must be chosen for the horizon, as alpha0 / sqrt(T): at a fixed lr the bound has a floor."
    if not second:
        return _covered(schedule == "sqrt_horizon", {"adopt_algorithm_1": unclipped}, chosen)
    found = {"adopt_sqrt_horizon": unclipped} if schedule == "sqrt_horizon" else {}
    found = found | {
        "adopt": unclipped,
        "adopt_sharp": unclipped,
        "adopt_bounded_variance": (*_BASIC, BOUNDED_VARIANCE, "lr <= eps (1 - beta1) / (L (1 + beta1))"),
        "adopt_affine_variance": (*_BASIC, AFFINE_VARIANCE, "lr <= eps (1 - beta1) / (L (1 + beta1 + rho))"),
        "adopt_biased": (LOWER_BOUNDED, BIASED, SMOOTH, SECOND_MOMENT),
        "adopt_polyak_lojasiewicz": (*unclipped, POLYAK_LOJASIEWICZ),
    }
    if options["beta1"] == 0:
        found["rmsprop_decorrelated"] = unclipped
    return _covered(schedule == "sqrt_horizon", found, chosen)


def _clipped_adopt(scale: float, exponent: float, second: bool, schedule: str) -> Coverage:
    clipped = (*_BASIC, CONDITIONAL_SECOND_MOMENT)
    if not second:
        return Coverage(why_none="the theorems of clipped ADOPT have m_0 = 0, so start='algorithm_2'")
    if exponent not in (0, 0.25):
        return Coverage(
            why_none=f"clip={(scale, exponent)} grows like t^{exponent}; the theorems have a constant and t^(1/4), "
            "and t^(1/4) is the slowest growth that serves every noise with bounded second moment"
        )
    if exponent == 0.25:
        name = "adopt_clipped_decaying" if schedule == "inverse_sqrt" else "adopt_clipped_schedule"
        return _covered(schedule != "constant", {name: clipped})
    if schedule == "inverse_sqrt":
        return Coverage(why_none="a constant clip is covered at a constant lr only")
    return _covered(
        False,
        {"adopt_clipped": clipped},
        f"Clipping by a constant leaves a floor, G^4 / (16 eps^3 c^2) with c = {scale}, that no lr and no horizon "
        "removes; it vanishes only if c itself is chosen to grow like T^(1/4).",
    )


def _rmsprop(options: Mapping[str, Any], schedule: str) -> Coverage:
    if options["denominator_form"] != "inside":
        return Coverage(why_none="Theorem 3.1 has the denominator sqrt(v + eps^2): denominator_form='inside'")
    if schedule not in ("constant", "sqrt_horizon"):
        return Coverage(why_none="Theorem 3.1 has a constant lr")
    if not 0 < options["beta2"] < 1:
        return Coverage(why_none="Theorem 3.1 has 0 < beta2 < 1")
    return _covered(
        False,
        {"rmsprop": (*_BASIC, CONDITIONAL_SECOND_MOMENT)},
        "The bound does not vanish with the horizon: its last term is about -ln(beta2).",
    )


def _sgd(options: Mapping[str, Any], schedule: str) -> Coverage:
    if schedule not in ("constant", "sqrt_horizon"):
        return Coverage(why_none="the reference theorems have a constant lr")
    name = "sgd" if options.get("beta1", 0) == 0 else "sgd_momentum"
    return _covered(
        schedule == "sqrt_horizon", {name: (*_BASIC, f"{SECOND_MOMENT}; or A4 and lr <= (1 - beta1) / (L (1 + beta1))")}
    )


def _never(reason: str) -> Any:
    return lambda options, schedule: Coverage(why_none=reason)


_BY_METHOD = {
    "adopt": _adopt,
    "rmsprop": _rmsprop,
    "sgd": _sgd,
    "sgd_momentum": _sgd,
    "adam": _never(
        "v_t contains g_t, so the normalised gradient is biased; counterexamples adam_with_replacement and problem_u"
    ),
    "amsgrad": _never(
        "no statement of this project is about AMSGrad; counterexample amsgrad_slow shows how slow it is"
    ),
    "adashift": _never("no statement of this project is about AdaShift"),
    "adagrad": _never("no statement of this project is about AdaGrad"),
    "adamax": _never("no statement of this project is about AdaMax"),
}
