"""RMSprop and Adam with replacement: the rare large gradient divides itself by its own size, the frequent small one does not."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from numerics.counterexamples.family import Family, spike_law
from numerics.counterexamples.process import Process, process

SPIKES = "f(θ) = θ on [−1, 1], minimiser −1; the gradient is k² with probability 1/k, else −k (mean 1)"
OWN_SIZE = "v_t holds g_t, so the spike is divided by its own size: E[g_t/√v_t] < 0 although E g_t = 1"


def rmsprop(parameters: Mapping[str, Any]) -> Process:
    return process("rmsprop", "replacement", spike_law(parameters["k"]), beta2=parameters["beta2"])


def adam(parameters: Mapping[str, Any]) -> Process:
    law = spike_law(parameters["k"])
    return process("adam", "replacement", law, beta1=parameters["beta1"], beta2=parameters["beta2"])


def law(parameters: Mapping[str, Any]) -> Process:
    return process(
        parameters["method"],
        "replacement",
        parameters["law"],
        beta1=parameters["beta1"],
        beta2=parameters["beta2"],
        eps=parameters["eps"],
    )


ZERO = Fraction(0)
FAMILIES = (
    Family(
        "rmsprop_with_replacement",
        f"RMSprop, θ_t = θ_(t−1) − α g_t/√v_t: {SPIKES}.",
        OWN_SIZE,
        {"k": Fraction(10), "beta2": Fraction(9, 10)},
        rmsprop,
    ),
    Family(
        "adam_with_replacement",
        f"Adam without bias correction, θ_t = θ_(t−1) − α m_t/√v_t: {SPIKES}.",
        f"{OWN_SIZE}; momentum dilutes this but does not remove it",
        {"k": Fraction(10), "beta1": Fraction(9, 10), "beta2": Fraction(9, 10)},
        adam,
    ),
    Family(
        "law",
        "Any method, gradients drawn independently from any finite law with mean ≠ 0: f(θ) = (E g)·θ on [−1, 1].",
        "the update's mean has the sign of the drift, not of E g",
        {"method": "rmsprop", "law": spike_law(Fraction(10)), "beta1": ZERO, "beta2": Fraction(9, 10), "eps": ZERO},
        law,
    ),
)
