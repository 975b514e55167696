"""Both of ADOPT's changes are needed: undo one, and the drift is wrong again."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from numerics.counterexamples.family import Family, spike_law
from numerics.counterexamples.process import Process, process
from numerics.counterexamples.with_replacement import OWN_SIZE, SPIKES


def no_decorrelation(parameters: Mapping[str, Any]) -> Process:
    law = spike_law(parameters["k"])
    return process("no_decorrelation", "replacement", law, beta1=parameters["beta1"], beta2=parameters["beta2"])


def order_unchanged(parameters: Mapping[str, Any]) -> Process:
    law = spike_law(parameters["k"])
    return process("order_unchanged", "replacement", law, beta1=parameters["beta1"], beta2=parameters["beta2"])


DEFAULTS = {"k": Fraction(10), "beta1": Fraction(9, 10), "beta2": Fraction(9, 10)}
FAMILIES = (
    Family(
        "no_decorrelation",
        f"ADOPT with v_t in place of v_(t−1), momentum after normalisation: {SPIKES}.",
        f"{OWN_SIZE}; averaging the a_t afterwards leaves their mean as it is, so β1 plays no part",
        DEFAULTS,
        no_decorrelation,
    ),
    Family(
        "order_unchanged",
        f"ADOPT with Adam's order, θ_t = θ_(t−1) − α m_t/√v_(t−1), m of raw gradients: {SPIKES}.",
        "m_t holds g_(t−1), g_(t−2), ..., and v_(t−1) holds them too: all but the newest gradient are correlated again",
        DEFAULTS,
        order_unchanged,
    ),
)
