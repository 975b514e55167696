"""RMSprop with ADOPT's order (T4.1 without momentum), and the original, Theorem 3.1."""

from __future__ import annotations

from dataclasses import dataclass

from proofs.builder import Factors, Line, Script, sq
from proofs.scripts import adopt, common, without_momentum
from proofs.scripts.adopt import HALF
from proofs.scripts.common import P, Q
from theory import atoms as at
from theory.atoms import G, L, S, a, alpha, f_inf, f_theta, inv_eps, theta
from theory.expressions import E, Expression, T, idx, sum_t, t


def move(x: Script) -> Line:
    """θ_t − θ_{t−1} = −αa_t is the hypothesis itself."""
    return x.hypothesis("iterate_step")


def add_up(x: Script, text: str, gain: Expression, spent: Expression, one_step: Line) -> Line:
    """gain <= Δ + spent, from the sum of one_step over t = 1..T."""
    x.section("(6) Telescoping")
    below = x.expect(x.lower_bound(theta, t, 0), text="E f(θ_T) ≥ f_inf")(T)
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    modulo = [x.telescope(E(f_theta(t)), 1), is_Delta]
    return x.show(text, gain <= at.Delta + spent, x.sum_t(one_step, 1), below, modulo=modulo)


# ------------------------------------------------------------------------------------------------ ADOPT's order


@dataclass(frozen=True)
class Constants:
    """Defining equations of 1/ε and P."""

    inv_eps: Line
    P: Line


def rmsprop_decorrelated(x: Script) -> Line:
    """T4.1 at β1 = 0: no auxiliary iterate, no cross term."""
    x.section("Constants")
    by_eps = x.inverse(inv_eps, x.hypothesis("eps_positive"), "1/ε")
    c = Constants(by_eps, x.define(P, G**2 * inv_eps**2, "P = G²/ε²"))
    is_a, a_square, by_s = common.normalised_gradient(x, c)
    common.true_gradient_integrable(x)
    decorrelated, is_Q = common.decorrelation(x, is_a)
    a_bound = common.normalised_gradient_bound(x, c, a_square)
    pathwise = without_momentum.descent(x, a(t), alpha, move(x))
    one_step = expected_step(
        x,
        pathwise,
        "αQ_t ≤ E f(θ_{t−1}) − E f(θ_t) + α²LP/2",
        alpha * Q(t) - HALF * alpha**2 * L * P,
        decorrelated * x.hypothesis("alpha_positive"),
        a_bound * x.hypothesis("L_nonnegative") * sq(alpha),
    )
    into_measure, _ = common.measure_bound(x, by_s, is_Q)
    text = "αΣQ_t ≤ Δ + Tα²LP/2"
    total = add_up(x, text, alpha * sum_t(1, Q(t)), HALF * alpha**2 * L * P * idx(T), one_step)
    x.section("(8) The average")
    by_T, by_alpha = adopt.horizon_inverses(x)
    return x.show(
        "the bound",
        x.statement.goal(),
        x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ S ΣQ_t") * x.sign(at.inv_T),
        total * x.sign(at.inv_T) * x.sign(at.inv_alpha) * x.sign(S),
        modulo=[by_T, by_alpha, c.P],
    )


def expected_step(x: Script, pathwise: Line, text: str, gain: Expression, *products: Line | Factors) -> Line:
    """gain <= E f(θ_{t−1}) − E f(θ_t), from the step on every path and `products`."""
    x.section("(6) One step in expectation")
    start, above = x.hypothesis("start_integrable"), x.lower_bound(theta, t, 1)
    x.dominated_induction(f_theta(t), start, pathwise, above, "f(θ_t) is integrable")
    return x.show(text, gain <= E(f_theta(t - 1)) - E(f_theta(t)), x.expect(pathwise), *products)
