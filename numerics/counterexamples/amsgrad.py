"""AMSGrad converges here, but slowly: after the first spike its normaliser keeps the spike's size for ever.

v̂_t = max(v̂_{t−1}, v_t), v_0 = g_0². Since v ≥ k², a gradient −k never raises v, so v̂_t = v̂_{t−1} then; on a spike v̂_t ≥ v̂_{t−1}.
Hence E[g_t/√v̂_t given F_{t−1}] ≤ (k − (k−1))/√v̂_{t−1} ≤ 1/(k²√(1−β2)) after the first spike (v̂ ≥ (1−β2)k⁴); and as v̂ → k⁴
almost surely, it tends to exactly 1/k². ADOPT's drift on the same problem is E v^{−1/2}, of the order of 1/k.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from numerics.counterexamples.family import Family, spike_law
from numerics.counterexamples.potential import above, below
from numerics.counterexamples.process import Process, process
from numerics.counterexamples.with_replacement import SPIKES
from numerics.exact import to_fmpq, working_precision


@dataclass(frozen=True)
class Speed:
    """`bound`: of AMSGrad's conditional drift after the first spike; `adopt`: ADOPT's drift; `ratio` ≤ adopt/bound."""

    bound: Fraction
    adopt: tuple[Fraction, Fraction]
    ratio: Fraction


def adopt(parameters: Mapping[str, Any]) -> Process:
    """ADOPT on AMSGrad's problem: what the speed is compared with."""
    return process("adopt", "replacement", spike_law(parameters["k"]), beta2=parameters["beta2"])


def limiting_drift(parameters: Mapping[str, Any]) -> Fraction:
    """lim E[g_t/√v̂_t given F_{t−1}] = (k − (k−1))/k², exactly."""
    return Fraction(1 / parameters["k"] ** 2)


def speed(parameters: Mapping[str, Any], adopt_drift: tuple[Fraction, Fraction]) -> Speed:
    """The certified figures, from an enclosure of ADOPT's drift."""
    with working_precision():
        bound = above((1 - arb(to_fmpq(parameters["beta2"]))).rsqrt() / arb(to_fmpq(parameters["k"] ** 2)))
        return Speed(bound, adopt_drift, below(arb(to_fmpq(adopt_drift[0] / bound)), 4))


FAMILIES = (
    Family(
        "amsgrad_slow",
        f"AMSGrad, θ_t = θ_(t−1) − α g_t/√v̂_t, v̂ the maximum of all v: {SPIKES}.",
        "one spike sets v̂ to about k⁴ for ever: the drift is right, but k times smaller than ADOPT's",
        {"k": Fraction(50), "beta2": Fraction(1, 2)},
        adopt,
    ),
)
