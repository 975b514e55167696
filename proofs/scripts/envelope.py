"""Descents whose loss or growth changes with the step: the gap Γ_t = E f(θ_t) − f_inf stays below an envelope U_t.

Where the factor S of the measure grows with t too, ΣS_tQ_t <= S_T·U_T/k is shown by telescoping S_t(U_t − Γ_t): no bound at t has
to be compared with one at T.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from proofs.builder import Line, Script
from proofs.scripts import adopt
from proofs.scripts.common import Q
from theory import atoms as at
from theory.atoms import S_t, alpha, f_inf, f_theta, grad_theta
from theory.expressions import E, Expression, T, Time, sum_i, t


def gap_at(time: Time) -> Expression:
    """Γ_t."""
    return E(f_theta(time)) - f_inf


@dataclass(frozen=True)
class Envelope:
    """kαQ_t <= (U_t − Γ_t) − (U_{t−1} − Γ_{t−1}), k = `share`.

    `bound`: Γ_t <= U_t; `net`: the line above; `increase`: U_{t−1} <= U_t; `above`: E f(θ_t) >= f_inf; `begins`: U_0 = Γ_0.
    """

    level: Callable[[Time], Expression]
    share: Expression
    bound: Line
    net: Line
    increase: Line
    above: Line
    begins: Line

    def room(self, time: Time) -> Expression:
        """U_t − Γ_t."""
        return self.level(time) - gap_at(time)


def gradient_moment(x: Script, run: Envelope, below_gap: Line) -> Line:
    """E‖∇f(θ_t)‖² <= 2L U_t; `below_gap`: ‖∇f‖² <= 2L(f − f_inf)."""
    return x.show(
        "E‖∇f(θ_t)‖² ≤ 2L U_t",
        sum_i(E(grad_theta(t) ** 2)) <= 2 * at.L * run.level(t),
        x.expect(below_gap),
        run.bound * x.hypothesis("L_positive"),
    )


def weighted_average(x: Script, run: Envelope, is_S: Line, growth: Line, into_measure: Line) -> Line:
    """The goal, from S_{t−1}² <= S_t² (`growth`) and measure <= S_tQ_t (`into_measure`)."""
    x.section("The average, weighted by S_t")
    S_sign, room = x.sign(S_t), run.room
    squares = x.show("", S_t(t) ** 2 >= S_t(t - 1) ** 2, growth, modulo=[is_S, is_S(t - 1)])
    growing = x.root_monotone("S_{t−1} ≤ S_t", S_t(t - 1) <= S_t(t), 2, squares, x.weaken(S_sign, start=1))
    step = x.show(
        "kαS_tQ_t ≤ S_t(U_t − Γ_t) − S_{t−1}(U_{t−1} − Γ_{t−1})",
        run.share * alpha * S_t(t) * Q(t) <= S_t(t) * room(t) - S_t(t - 1) * room(t - 1),
        run.net * S_sign,
        growing * run.bound(t - 1),
    )
    by_T, by_alpha = adopt.horizon_inverses(x)
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha)
    empty = x.show("S_0(U_0 − Γ_0) = 0", (S_t(0) * room(Time("", 0))).equals(0), modulo=[run.begins])
    return x.show(
        "the rate",
        x.statement.goal(),
        x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ ΣS_tQ_t") * x.sign(at.inv_T),
        x.sum_t(step, 1) * scale,
        run.above(T) * S_sign(T) * scale,
        modulo=[x.telescope(S_t(t) * room(t), 1), empty, by_T, by_alpha],
    )
