"""Proof scripts by the name of the statement they prove."""

from collections.abc import Callable
from functools import partial

from proofs.builder import Line, Script
from proofs.certificate import without_idle_steps
from proofs.scripts import (
    adopt,
    affine_variance,
    biased,
    bounded_variance,
    clipped,
    clipped_variance,
    clipped_variance_schedule,
    decaying,
    heavy_tailed,
    heavy_tailed_gradient,
    polyak_lojasiewicz,
    projected_convex,
    rmsprop,
    rmsprop_original,
    sgd,
    sharp,
    sums,
)
from theory.statements.heavy_tailed import FAMILY

SCRIPTS: dict[str, Callable[[Script], Line]] = {
    "adopt": adopt.adopt,
    "adopt_algorithm_1": adopt.adopt_algorithm_1,
    "adopt_sqrt_horizon": adopt.adopt_sqrt_horizon,
    "sgd": sgd.sgd,
    "sgd_bounded_variance": sgd.sgd_bounded_variance,
    "sgd_momentum": sgd.sgd_momentum,
    "sgd_momentum_bounded_variance": sgd.sgd_momentum_bounded_variance,
    "adopt_average": sharp.adopt_average,
    "adopt_finite_horizon": sharp.adopt_finite_horizon,
    "adopt_elementwise": sharp.adopt_elementwise,
    "adopt_sharp": sharp.adopt_sharp,
    "adopt_clipped": clipped.adopt_clipped,
    "adopt_clipped_sharp": clipped.adopt_clipped_sharp,
    "adopt_clipped_horizon": clipped.adopt_clipped_horizon,
    "adopt_clipped_schedule": clipped.adopt_clipped_schedule,
    "adopt_clipped_family": clipped.adopt_clipped_family,
    "adopt_decaying": decaying.adopt_decaying,
    "adopt_decaying_algorithm_1": decaying.adopt_decaying_algorithm_1,
    "adopt_decaying_sums": decaying.adopt_decaying_sums,
    "adopt_clipped_decaying": decaying.adopt_clipped_decaying,
    "rmsprop_decorrelated": rmsprop.rmsprop_decorrelated,
    "rmsprop": rmsprop_original.rmsprop,
    "adopt_biased": biased.adopt_biased,
    "adopt_bounded_variance": bounded_variance.adopt_bounded_variance,
    "adopt_affine_variance": affine_variance.adopt_affine_variance,
    "adopt_polyak_lojasiewicz": polyak_lojasiewicz.adopt_polyak_lojasiewicz,
    "adopt_polyak_lojasiewicz_last_iterate": polyak_lojasiewicz.adopt_polyak_lojasiewicz_last_iterate,
    "adopt_polyak_lojasiewicz_last_iterate_max": polyak_lojasiewicz.adopt_polyak_lojasiewicz_last_iterate_max,
    "adopt_projected_convex": projected_convex.adopt_projected_convex,
    "adopt_clipped_bounded_variance": clipped_variance.adopt_clipped_bounded_variance,
    "adopt_clipped_bounded_variance_schedule": (clipped_variance_schedule.adopt_clipped_bounded_variance_schedule),
    "adopt_clipped_heavy_tailed": heavy_tailed.adopt_clipped_heavy_tailed,
    "adopt_affine_variance_norm": affine_variance.adopt_affine_variance_norm,
    "adopt_affine_variance_norm_gradient": affine_variance.adopt_affine_variance_norm_gradient,
}
SCRIPTS |= {
    "sum_inverse_steps": sums.sum_inverse_steps,
    "sum_squared_steps": sums.sum_squared_steps,
    "sum_inverse_roots_at_least": sums.sum_inverse_roots_at_least,
    "sum_inverse_roots_at_most": sums.sum_inverse_roots_at_most,
    "sum_steps_times_falls": sums.sum_steps_times_falls,
    "sum_squared_falls": sums.sum_squared_falls,
}
SCRIPTS |= {
    f"adopt_clipped_heavy_tailed_gradient_{power.name}": partial(
        heavy_tailed_gradient.adopt_clipped_heavy_tailed_gradient, power=power
    )
    for power in FAMILY
}


def run(name: str) -> Script:
    """Runs the script of this name, every step kept.

    Raises ValueError for an unknown name, KernelError (naming the step) if a step does not follow.
    """
    from theory.statements import statement

    script = Script(statement(name))
    SCRIPTS[name](script)
    return script


def prove(name: str) -> Script:
    """As `run`; the proof has no idle steps."""
    script = run(name)
    script.proof = without_idle_steps(script.proof)
    return script
