"""Which theorem covers an optimizer's settings: plain strings, the ids that `adoptproof list theorems` shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optim.implementations import Rule

# How the learning rate goes over the T steps: constant; constant at alpha0 / sqrt(T); alpha0 / sqrt(t); in any other way
# that never rises; any other.
SCHEDULES = ("constant", "sqrt_horizon", "inverse_sqrt", "nonincreasing", "other")


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
VARIANCE = "A4 bounded_variance, unconditional: E|g_t - grad f|^2 <= sigma^2"
CONDITIONAL_VARIANCE = "A4 bounded_variance, conditional: E[|g_t - grad f|^2 given the past] <= sigma^2"
SECOND_MOMENT = "A5 bounded_second_moment, unconditional: E|g_t|^2 <= G^2"
CONDITIONAL_SECOND_MOMENT = "A5 bounded_second_moment, conditional: E[|g_t|^2 given the past] <= G^2"
BOUNDED_GRADIENT = "A6 bounded_gradient: |g_t| <= G always"
AFFINE_VARIANCE = (
    "affine variance, coordinatewise: E[(g_i - d_i)^2 given the past] <= sigma_i^2 + rho d_i^2, d = grad f, "
    "sum of sigma_i^2 <= sigma^2"
)
AFFINE_VARIANCE_NORM = "affine variance in norm: E|g_t - grad f|^2 <= sigma^2 + rho E|grad f|^2"
BIASED = "|E[g_t given the past] - grad f| <= delta, in place of A2"
POLYAK_LOJASIEWICZ = "the Polyak-Lojasiewicz inequality with mu along the trajectory"
HEAVY_TAILS = {p: f"heavy tails, p = {p}: E[|g_t|^p given the past] <= G^p" for p in ("5/4", "4/3", "3/2", "2")}

_BASIC = (LOWER_BOUNDED, UNBIASED, SMOOTH)
_UNCONDITIONAL = (*_BASIC, SECOND_MOMENT)
_CONDITIONAL = (*_BASIC, CONDITIONAL_SECOND_MOMENT)
_LAST_ITERATE = (*_BASIC, BOUNDED_GRADIENT, POLYAK_LOJASIEWICZ)

# What each theorem leaves to the user, given settings that it is about.
_HYPOTHESES: dict[str, tuple[str, ...]] = {
    "adopt": _UNCONDITIONAL,
    "adopt_algorithm_1": _UNCONDITIONAL,
    "adopt_sqrt_horizon": _UNCONDITIONAL,
    "adopt_average": _UNCONDITIONAL,
    "adopt_finite_horizon": _UNCONDITIONAL,
    "adopt_elementwise": _UNCONDITIONAL,
    "adopt_sharp": _UNCONDITIONAL,
    "adopt_bounded_variance": (*_BASIC, VARIANCE, "lr <= eps (1 - beta1) / (L (1 + beta1))"),
    "adopt_affine_variance": (*_BASIC, AFFINE_VARIANCE, "lr <= eps (1 - beta1) / (L (1 + beta1 + rho))"),
    "adopt_affine_variance_norm": (*_BASIC, AFFINE_VARIANCE_NORM, "lr <= eps / L"),
    "adopt_affine_variance_norm_gradient": (*_BASIC, AFFINE_VARIANCE_NORM, "lr <= eps / L"),
    "adopt_biased": (LOWER_BOUNDED, BIASED, SMOOTH, SECOND_MOMENT),
    "adopt_polyak_lojasiewicz": (*_UNCONDITIONAL, POLYAK_LOJASIEWICZ),
    "adopt_polyak_lojasiewicz_last_iterate": (*_LAST_ITERATE, "lr_t = sqrt(G^2 + eps^2) / (mu (t + 1))"),
    "adopt_polyak_lojasiewicz_last_iterate_max": (*_LAST_ITERATE, "lr_t = s / (mu (t + 1)) with s >= max(G, eps)"),
    "adopt_decaying": _UNCONDITIONAL,
    "adopt_decaying_algorithm_1": _UNCONDITIONAL,
    "adopt_decaying_sums": _UNCONDITIONAL,
    "adopt_clipped": _CONDITIONAL,
    "adopt_clipped_sharp": _CONDITIONAL,
    "adopt_clipped_horizon": (*_CONDITIONAL, "the clip c is c0 T^(1/4)"),
    "adopt_clipped_family": _CONDITIONAL,
    "adopt_clipped_schedule": _CONDITIONAL,
    "adopt_clipped_decaying": _CONDITIONAL,
    "adopt_clipped_bounded_variance": (*_BASIC, CONDITIONAL_VARIANCE, "lr <= eps / (6 L)", "c >= 2 sigma / eps"),
    "adopt_clipped_bounded_variance_schedule": (
        *(*_BASIC, CONDITIONAL_VARIANCE, "lr <= eps / (6 L)"),
        "c_t >= 2 sigma / eps from the first step on",
    ),
    "adopt_clipped_heavy_tailed": (*_BASIC, HEAVY_TAILS["3/2"]),
    "adopt_clipped_heavy_tailed_gradient_5_4": (*_BASIC, HEAVY_TAILS["5/4"]),
    "adopt_clipped_heavy_tailed_gradient_4_3": (*_BASIC, HEAVY_TAILS["4/3"]),
    "adopt_clipped_heavy_tailed_gradient_3_2": (*_BASIC, HEAVY_TAILS["3/2"]),
    "adopt_clipped_heavy_tailed_gradient_2": (*_BASIC, HEAVY_TAILS["2"]),
    "rmsprop_decorrelated": _UNCONDITIONAL,
    "rmsprop": _CONDITIONAL,
    "sgd": _UNCONDITIONAL,
    "sgd_bounded_variance": (*_BASIC, VARIANCE, "lr <= 1 / L"),
    "sgd_momentum": _UNCONDITIONAL,
    "sgd_momentum_bounded_variance": (*_BASIC, VARIANCE, "lr <= (1 - beta1) / (L (1 + beta1))"),
}

_EVERY_STEP = (
    "Every parameter must get a gradient at every step, all in exact arithmetic; E f(theta_0) is finite, as from a fixed "
    "start."
)
_CHOSEN = "lr must be chosen for the horizon, as alpha0 / sqrt(T): at a fixed lr the bound has a floor."


def covered_by(rules: Sequence[Rule], schedule: str) -> Coverage:
    """The coverage of an optimizer whose parameter groups follow ``rules``; `ValueError` for an unknown schedule."""
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule: {schedule!r} is not one of {', '.join(SCHEDULES)}")
    if len({_numbers(rule) for rule in rules}) > 1:
        return Coverage(why_none="the parameter groups differ; every theorem has one lr and one setting for all")
    rule = rules[0]
    if rule.weight_decay:
        return Coverage(why_none=_decay(rule, schedule))
    if schedule in ("constant", "sqrt_horizon", "inverse_sqrt") and not rule.lr > 0:
        return Coverage(why_none="the theorems have lr > 0; at lr = 0 nothing moves")
    found = _BY_METHOD[rule.method.name](rule.hyperparameters, schedule)
    if rule.maximize and found.theorems:
        return replace(found, remarks=(*found.remarks, "maximize: read -f for f in every hypothesis."))
    return found


def _decay(rule: Rule, schedule: str) -> str:
    """Why no theorem covers weight decay; under L2, which ones cover the same steps once the penalty is in the loss."""
    if rule.decoupled:
        return "decoupled weight decay moves the parameters by more than the recurrence of any theorem"
    reason = "L2 decay turns f into f + (weight_decay/2)|theta|^2, whose gradients are not bounded"
    without = covered_by([rule._replace(weight_decay=0.0)], schedule).theorems
    variance = [name for name in without if "_bounded_variance" in name]
    if not variance:
        return reason
    return (
        f"{reason}; with the penalty in the loss and weight_decay=0 the same steps are those of {', '.join(variance)}"
    )


def _numbers(rule: Rule) -> str:
    """The rule with the values of its tensors, for comparison: as text, tensors show only their first digits."""
    settings = {**rule._asdict(), **rule.hyperparameters, "method": rule.method.name, "hyperparameters": ""}
    return str({name: value.item() if hasattr(value, "item") else value for name, value in settings.items()})


def _covered(converges: bool, theorems: Sequence[str], *remarks: str) -> Coverage:
    hypotheses = {name: _HYPOTHESES[name] for name in theorems}
    return Coverage(tuple(theorems), hypotheses, converges, (*remarks, _EVERY_STEP))


def _adopt(options: Mapping[str, Any], schedule: str) -> Coverage:
    beta1, beta2, clip = options["beta1"], options["beta2"], options["clip"]
    if not options["decorrelate"] and beta2 != 1:  # at beta2 = 1 v_t is v_0
        return Coverage(
            why_none="without decorrelation a_t is not an unbiased direction; counterexample no_decorrelation"
        )
    if not options["normalize_first"] and beta1 != 0 and (beta2 != 1 or clip is not None):
        return Coverage(
            why_none="with Adam's order the averaged gradient is not normalised by its own past; "
            "counterexample order_unchanged"
        )
    if schedule == "other":
        return Coverage(why_none="the theorems have an lr that is constant or never rises")
    long_start = options["start"] == "algorithm_1"
    if clip is not None:
        if long_start:
            return Coverage(why_none="the theorems of clipped ADOPT have m_0 = 0, so start='algorithm_2'")
        return _clipped_adopt(clip, beta1, beta2, schedule)
    if schedule == "nonincreasing":
        return _nonincreasing_adopt(beta1, long_start)
    if schedule == "inverse_sqrt":
        if long_start:
            return _covered(True, ["adopt_decaying_algorithm_1"])
        return _covered(True, ["adopt_decaying", "adopt_decaying_sums"])
    horizon = schedule == "sqrt_horizon"
    if long_start:
        return _covered(horizon, ["adopt_algorithm_1"], _CHOSEN)
    found = ["adopt_sqrt_horizon"] if horizon else []
    found += ["adopt", "adopt_average", "adopt_finite_horizon", "adopt_sharp", "adopt_elementwise"]
    found += ["adopt_bounded_variance", "adopt_affine_variance", "adopt_biased", "adopt_polyak_lojasiewicz"]
    if beta1 == 0:
        found += ["rmsprop_decorrelated", "adopt_affine_variance_norm", "adopt_affine_variance_norm_gradient"]
    return _covered(horizon, found, _CHOSEN)


def _nonincreasing_adopt(beta1: float, long_start: bool) -> Coverage:
    if long_start:
        return Coverage(why_none="with start='algorithm_1' the only falling lr of the theorems is alpha0/sqrt(t)")
    found = ["adopt_decaying_sums"]
    if beta1 == 0:
        found += ["adopt_polyak_lojasiewicz_last_iterate", "adopt_polyak_lojasiewicz_last_iterate_max"]
    return _covered(
        False,
        found,
        "adopt_decaying_sums bounds the average weighted by lr_t; its bound vanishes with the horizon exactly when lr_t "
        "falls to 0 and its sum grows without limit.",
    )


def _clipped_adopt(clip: tuple[float, float], beta1: float, beta2: float, schedule: str) -> Coverage:
    scale, exponent = clip
    if schedule == "inverse_sqrt" and exponent == 0.25:
        return _covered(True, ["adopt_clipped_decaying"])
    if schedule not in ("constant", "sqrt_horizon"):
        return Coverage(
            why_none="clipped ADOPT is proved with a constant lr, and with alpha0/sqrt(t) if c_t = c t^(1/4)"
        )
    if exponent != 0:
        found = ["adopt_clipped_schedule"] if exponent == 0.25 else []
        found += ["adopt_clipped_family"]
        if beta1 == 0 and exponent > 0:
            found += ["adopt_clipped_bounded_variance_schedule"]
        slow = () if exponent >= 0.25 else (_slow_clip(exponent),)
        return _covered(schedule == "sqrt_horizon" and exponent > 0, found, _CHOSEN, *slow)
    found = ["adopt_clipped", "adopt_clipped_sharp", "adopt_clipped_horizon", "adopt_clipped_family"]
    if beta1 == 0:
        found += ["adopt_clipped_bounded_variance"]
    found += ["adopt_clipped_heavy_tailed"]
    if beta2 < 1:
        found += [f"adopt_clipped_heavy_tailed_gradient_{p}" for p in ("5_4", "4_3", "3_2", "2")]
    return _covered(
        False,
        found,
        f"Clipping by a constant leaves a floor, sqrt(G^2 + eps^2) G^4 / (16 eps^3 c^2) with c = {scale} in "
        "adopt_clipped, that no lr and no horizon removes; it vanishes only if c itself is chosen to grow, like T^(1/4).",
    )


def _slow_clip(exponent: float) -> str:
    if exponent < 0:
        return "c_t falls, so the clipping's part of the bound, the mean of 1/c_t^2, grows with the horizon."
    return (
        f"The clipping's part of the bound falls like T^(-{2 * exponent:g}) only; t^(1/4) is the slowest growth with "
        "which it falls like 1/sqrt(T)."
    )


def _rmsprop(options: Mapping[str, Any], schedule: str) -> Coverage:
    if options["denominator_form"] != "inside" or not options["eps"] > 0:
        return Coverage(
            why_none="Theorem 3.1 has the denominator sqrt(v + eps^2): denominator_form='inside' and eps > 0"
        )
    if schedule not in ("constant", "sqrt_horizon"):
        return Coverage(why_none="Theorem 3.1 has a constant lr")
    if not 0 < options["beta2"] < 1:
        return Coverage(why_none="Theorem 3.1 has 0 < beta2 < 1")
    return _covered(
        False, ["rmsprop"], "The bound does not vanish with the horizon: its last term is a multiple of -ln(beta2)."
    )


def _adam(options: Mapping[str, Any], schedule: str) -> Coverage:
    if options["beta1"] == 0 and not options["bias_correction"]:
        return _rmsprop(options, schedule)
    return Coverage(
        why_none="v_t contains g_t, so the normalised gradient is biased; counterexamples adam_with_replacement and "
        "problem_u"
    )


def _sgd(options: Mapping[str, Any], schedule: str) -> Coverage:
    if schedule not in ("constant", "sqrt_horizon"):
        return Coverage(why_none="the reference theorems have a constant lr")
    name = "sgd" if options.get("beta1", 0) == 0 else "sgd_momentum"
    return _covered(schedule == "sqrt_horizon", [name, f"{name}_bounded_variance"], _CHOSEN)


def _never(reason: str) -> Any:
    return lambda options, schedule: Coverage(why_none=reason)


_BY_METHOD = {
    "adopt": _adopt,
    "rmsprop": _rmsprop,
    "sgd": _sgd,
    "sgd_momentum": _sgd,
    "adam": _adam,
    "amsgrad": _never(
        "no statement of this project is about AMSGrad; counterexample amsgrad_slow shows how slow it is"
    ),
    "adashift": _never("no statement of this project is about AdaShift"),
    "adagrad": _never("no statement of this project is about AdaGrad"),
    "adamax": _never("no statement of this project is about AdaMax"),
}
