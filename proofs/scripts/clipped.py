"""Clipped ADOPT: constant thresholds, c = c0 T^{1/4}, c_t = c0 t^{1/4}, and the best form of the first."""

from __future__ import annotations

from collections.abc import Sequence

from proofs.builder import Line, Script, sq
from proofs.scripts import adopt, clipping, common, quadratic, step_sums
from proofs.scripts.adopt import HALF, RATE, Begun
from proofs.scripts.clipping import Clipped, Threshold
from proofs.scripts.common import Q, inv_s
from proofs.scripts.quadratic import root_mean, root_Q
from proofs.scripts.step_sums import Roots
from theory import atoms as at
from theory.atoms import G, L, S, alpha, inv_eps, root_idx
from theory.expressions import E, Expression, T, Time, idx, sum_i, sum_t, t

LOSS = inv_eps**3 * G**4 / 32


def constant_threshold(x: Script) -> Threshold:
    x.section("Constants")
    equation = x.inverse(at.inv_c, x.hypothesis("c_positive"), "1/c")
    return Threshold(at.c, at.inv_c, equation, x.sign(at.inv_c))


def adopt_clipped(x: Script) -> Line:
    """E.2: T4.1 with half of Q lost to the bias of clipping, which costs G⁴/(32ε³c²) per step."""
    run = clipping.drift(x, clipping.begin(x, constant_threshold(x)))
    total, into_measure = sum_of_gains(x, run, alpha * idx(T) * at.inv_c**2 * LOSS, "Tα G⁴/(32ε³c²)")
    x.section("(8) The average")
    by_T, by_alpha = adopt.horizon_inverses(x)
    return divide(x, run, total, into_measure, [by_T, by_alpha])


def sum_of_gains(x: Script, run: Begun, loss: Expression, words: str) -> tuple[Line, Line]:
    """(α/2)ΣQ_t <= Δ + Tα²LP(½+κ) + loss, where αΣ(gain_t) = (α/2)ΣQ_t − loss; and measure <= S·Q."""
    start, one_step = adopt.steps_at_phi(x, run, first=0)
    into_measure, _ = common.measure_bound(x, run.by_s, run.q_definition)
    text = f"(α/2)ΣQ_t ≤ Δ + Tα²LP(½+κ) + {words}"
    gains = HALF * alpha * sum_t(1, Q(t))
    total, _ = adopt.add_up(x, text, gains, idx(T) * RATE + loss, one_step, start)
    return total, into_measure


def divide(
    x: Script, run: Begun, total: Line, into_measure: Line, modulo: Sequence[Line | tuple[Line, Expression]]
) -> Line:
    """The goal, from (α/2)ΣQ_t <= ... (`total`), divided by αT/2."""
    return x.show(
        "the bound",
        x.statement.goal(),
        x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ S ΣQ_t") * x.sign(at.inv_T),
        total * x.sign(at.inv_T) * x.sign(at.inv_alpha) * x.sign(S),
        modulo=[*modulo, run.c.kappa, run.c.P, run.c.inv_one_minus_beta1],
    )


def adopt_clipped_horizon(x: Script) -> Line:
    """E.2 at c = c0 T^{1/4}: 1/c² <= 1/(c0²√T)."""
    threshold = constant_threshold(x)
    run = clipping.drift(x, clipping.begin(x, threshold))
    total, into_measure = sum_of_gains(x, run, alpha * idx(T) * at.inv_c**2 * LOSS, "Tα G⁴/(32ε³c²)")
    x.section("(8) The average, at c = c0 T^{1/4}")
    is_root, by_sqrt = adopt.root_of_horizon(x)
    by_T, by_alpha = adopt.horizon_inverses(x)
    by_c0 = x.inverse(at.inv_c0, x.hypothesis("c0_positive"), "1/c0")
    square = x.show("", at.c**2 >= 0, sq(at.c))
    same = x.show(
        "",
        ((at.c**2) ** 2 - (at.c0**2 * at.sqrt_T) ** 2).equals(0),
        modulo=[(is_root, idx(T)), x.hypothesis("threshold_of_horizon")],
    )
    larger = x.root_monotone("c² ≥ c0²√T", at.c0**2 * at.sqrt_T <= at.c**2, 2, same, square)
    small = x.show(
        "1/c² ≤ 1/(c0²√T)",
        at.inv_c**2 <= at.inv_c0**2 * at.inv_sqrt_T,
        larger * sq(at.inv_c * at.inv_c0) * x.sign(at.inv_sqrt_T),
        modulo=[threshold.equation, by_c0, by_sqrt],
    )
    weight = x.sign(inv_eps) * x.sign(inv_eps) * x.sign(inv_eps) * sq(G**2) * x.hypothesis("alpha_positive")
    spent = at.Delta + idx(T) * RATE + alpha * idx(T) * LOSS * at.inv_c0**2 * at.inv_sqrt_T
    scheduled = x.show(
        "(α/2)ΣQ_t ≤ Δ + Tα²LP(½+κ) + α G⁴√T/(32ε³c0²)",
        HALF * alpha * sum_t(1, Q(t)) <= spent,
        total,
        small * weight * x.clock(0)(T),
    )
    return divide(x, run, scheduled, into_measure, [by_T, by_alpha])


def scheduled_threshold(x: Script, r: Roots) -> tuple[Threshold, Line]:
    """1/c_t, and 1/c_t² <= 1/(c0²√t), for c_t = c0 t^{1/4}."""
    x.section("The threshold's schedule")
    nonnegative, schedule = x.hypothesis("threshold_nonnegative"), x.hypothesis("threshold_schedule")
    c0_positive = x.hypothesis("c0_positive")
    powers = x.show("", at.c_t(t) ** 4 >= at.c0**4, x.clock(1) * sq(at.c0**2), modulo=[schedule])
    at_least = x.root_monotone("c_t ≥ c0", at.c0 <= at.c_t(t), 4, powers, nonnegative)
    by_c = x.inverse(at.inv_c_t, x.show("c_t > 0", at.c_t(t) > 0, at_least, c0_positive), "1/c_t")
    by_c0 = x.inverse(at.inv_c0, c0_positive, "1/c0")
    square = x.show("", at.c_t(t) ** 2 >= 0, sq(at.c_t(t)), start=1)
    claim = ((at.c_t(t) ** 2) ** 2 - (at.c0**2 * root_idx(t)) ** 2).equals(0)
    same = x.show("", claim, modulo=[(r.root, idx(t)), schedule])
    larger = x.root_monotone("c_t² ≥ c0²√t", at.c0**2 * root_idx(t) <= at.c_t(t) ** 2, 2, same, square)
    small = x.show(
        "1/c_t² ≤ 1/(c0²√t)",
        at.inv_c_t(t) ** 2 <= at.inv_c0**2 * at.inv_root_idx(t),
        larger * sq(at.inv_c_t(t) * at.inv_c0) * x.sign(at.inv_root_idx),
        modulo=[by_c, by_c0, r.inverse],
    )
    return Threshold(at.c_t(t), at.inv_c_t(t), by_c, x.sign(at.inv_c_t)), small


def adopt_clipped_schedule(x: Script) -> Line:
    """E.3: c_t = c0 t^{1/4}, so 1/c_t² <= 1/(c0²√t), and Σ 1/√t <= 2√T."""
    r = step_sums.roots(x)
    threshold, inverse_square = scheduled_threshold(x, r)
    run = clipping.drift(x, clipping.begin(x, threshold))
    thresholds = x.sum_t(inverse_square, 1, "Σ 1/c_t² ≤ Σ 1/(c0²√t)")
    roots = step_sums.sum_of_inverse_roots_at_most(x, r)
    loss = alpha * LOSS * sum_t(1, at.inv_c_t(t) ** 2)
    total, into_measure = sum_of_gains(x, run, loss, "(α G⁴/(32ε³))Σ 1/c_t²")
    x.section("(8) The average")
    by_T, by_alpha = adopt.horizon_inverses(x)
    cube = x.sign(inv_eps) * x.sign(inv_eps) * x.sign(inv_eps) * sq(G**2)
    weight = cube * x.hypothesis("alpha_positive")
    scheduled = x.show(
        "(α/2)ΣQ_t ≤ Δ + Tα²LP(½+κ) + α G⁴√T/(16ε³c0²)",
        HALF * alpha * sum_t(1, Q(t)) <= at.Delta + idx(T) * RATE + 2 * alpha * LOSS * at.inv_c0**2 * root_idx(T),
        total,
        thresholds * weight,
        roots * weight * sq(at.inv_c0),
    )
    same = step_sums.inverse_of_horizon(x, r, by_T)
    return divide(x, run, scheduled, into_measure, [by_T, by_alpha, (same, at.inv_T), r.inverse(T)])


def any_threshold(x: Script) -> Threshold:
    """1/c_t for c_t > 0."""
    x.section("The threshold's schedule")
    by_c = x.inverse(at.inv_c_t, x.hypothesis("threshold_positive"), "1/c_t")
    return Threshold(at.c_t(t), at.inv_c_t(t), by_c, x.sign(at.inv_c_t))


def clip_sum_grows(x: Script, by_c: Line) -> Line:
    """C_t = C_{t−1} + 1/c_t²; `by_c` is the equation of 1/c_t."""
    step = x.hypothesis("clip_sum_step")
    scaled = x.scaled("", (step, at.inv_c_t(t) ** 2))
    c = at.c_t(t) * at.inv_c_t(t)
    unit = x.show("", (c**2).equals(1), modulo=[by_c])
    unscaled = x.scaled("", (unit, at.clip_sum(t) - at.clip_sum(t - 1)))
    claim = at.clip_sum(t).equals(at.clip_sum(t - 1) + at.inv_c_t(t) ** 2)
    return x.show("C_t = C_{t−1} + 1/c_t²", claim, modulo=[(scaled, at.clip_sum(t) * c**2), (unscaled, at.clip_sum(t))])


def adopt_clipped_family(x: Script) -> Line:
    """E.2 for any thresholds: the bias takes the share λ of Q and costs G⁴/(64λε³c_t²) per step."""
    threshold = any_threshold(x)
    by_lam = x.inverse(at.inv_lam, x.hypothesis("lam_positive"), "1/λ")
    by_rest = x.inverse(at.inv_one_minus_lam, x.hypothesis("lam_below_one"), "1/(1−λ)")
    young = clipping.Young(at.lam, at.inv_lam / 4, by_lam)
    run = clipping.drift(x, clipping.begin(x, threshold), young)
    start, one_step = adopt.steps_at_phi(x, run, first=0)
    into_measure, _ = common.measure_bound(x, run.by_s, run.q_definition)
    loss = alpha * at.inv_lam * inv_eps**3 * G**4 / 64
    gains = (1 - at.lam) * alpha * sum_t(1, Q(t))
    thresholds = sum_t(1, at.inv_c_t(t) ** 2)
    text = "(1−λ)αΣQ_t ≤ Δ + Tα²LP(½+κ) + (αG⁴/(64λε³))Σ 1/c_t²"
    total, _ = adopt.add_up(x, text, gains, idx(T) * RATE + loss * thresholds, one_step, start)
    x.section("(8) The average")
    sums = x.sum_t(clip_sum_grows(x, threshold.equation), 1)
    by_T, by_alpha = adopt.horizon_inverses(x)
    equations = [by_T, by_alpha, by_rest, run.c.kappa, run.c.P, run.c.inv_one_minus_beta1]
    whole = x.show(
        "Σ 1/c_t² = C_T",
        thresholds.equals(at.clip_sum(T)),
        modulo=[sums, x.telescope(at.clip_sum(t), 1), x.hypothesis("clip_sum_start")],
    )
    return x.show(
        "the bound",
        x.statement.goal(),
        x.sum_t(into_measure, 1, "ΣM_t^{3/2} ≤ S ΣQ_t") * x.sign(at.inv_T),
        total * x.sign(at.inv_T) * x.sign(at.inv_alpha) * x.sign(S) * x.sign(at.inv_one_minus_lam),
        modulo=[*equations, whole],
    )


SLOPE = G**2 * inv_eps * at.inv_sqrt_eps * at.inv_c / 8  # √B/2, B = G⁴/(16ε³c²)
FREE = (
    at.Delta * at.inv_alpha * at.inv_T + HALF * alpha * L * G**2 * inv_eps**2 * (1 + at.beta1) * at.inv_one_minus_beta1
)


def adopt_clipped_sharp(x: Script) -> Line:
    """The best form: the bias costs √(B·Q_t) instead of ½Q_t + ½B, by Cauchy–Schwarz instead of Young."""
    clipped = clipping.begin(x, constant_threshold(x))
    x.section("(3) The drift of the clipped direction")
    by_eps = x.root(at.inv_sqrt_eps, x.weaken(x.sign(inv_eps), ">="), 2, "1/√ε")
    run, Q_nonnegative, is_root = root_drift(x, clipped, by_eps)
    slope = x.show("√B/2 ≥ 0", SLOPE >= 0, x.sign(at.inv_c) * x.sign(inv_eps) * x.sign(at.inv_sqrt_eps) * sq(G))
    start, one_step = adopt.steps_at_phi(x, run, first=0)
    into_measure, _ = common.measure_bound(x, run.by_s, run.q_definition)
    spent = idx(T) * RATE + 2 * alpha * SLOPE * sum_t(1, root_Q(t))
    text = "αΣQ_t ≤ Δ + Tα²LP(½+κ) + α√BΣ√Q_t"
    total, is_Delta = adopt.add_up(x, text, alpha * sum_t(1, Q(t)), spent, one_step, start)
    by_T, by_alpha = adopt.horizon_inverses(x)
    is_mean, roots = quadratic.root_of_mean(x, by_T, is_root, Q_nonnegative)
    scale = x.sign(at.inv_T) * x.sign(at.inv_alpha)
    c = run.c
    inequality = x.show(
        "Q̄ ≤ A + √(BQ̄)",
        root_mean**2 <= FREE + 2 * SLOPE * root_mean,
        total * scale,
        roots * slope * x.sign(at.inv_T),
        modulo=[is_mean, by_T, by_alpha, c.P, c.kappa, c.inv_one_minus_beta1],
    )
    above = x.expect(x.lower_bound(at.theta, Time("", 0)))
    Delta_nonnegative = x.show("Δ ≥ 0", at.Delta >= 0, above, modulo=[is_Delta])
    beta1 = x.hypothesis("beta1_nonnegative")
    curvature = x.hypothesis("alpha_positive") * x.hypothesis("L_nonnegative") * x.sign(at.inv_one_minus_beta1)
    parts = curvature * sq(G * inv_eps), curvature * beta1 * sq(G * inv_eps)
    signs = slope, x.show("A ≥ 0", FREE >= 0, Delta_nonnegative * scale, *parts)
    root_bound = quadratic.solve(x, SLOPE, FREE, signs, inequality)
    return quadratic.average(x, SLOPE, slope, root_bound, into_measure, [is_mean, by_eps])


def root_drift(x: Script, run: Clipped, by_eps: Line) -> tuple[Begun, Line, Line]:
    """E⟨∇f(θ_{t−1}), a_t⟩ >= Q_t − √B√Q_t; and Q >= 0, √Q."""
    against = clipping.against_bias(x, run)
    squares = clipping.bias_squared(x, run)
    term = x.show("", at.grad_theta(t - 1) ** 2 * inv_s(t - 1) >= 0, x.sign(inv_s)(t - 1) * sq(at.grad_theta(t - 1)))
    Q_nonnegative = x.show("Q_t ≥ 0", Q(t) >= 0, x.lift(term), modulo=[run.q_definition])
    is_root = quadratic.root_of_Q(x, Q_nonnegative)
    bias = clipping.expected_bias()
    powers = x.show("", bias**2 <= (2 * SLOPE * root_Q(t)) ** 2, squares, modulo=[is_root, by_eps])
    slope = x.sign(at.inv_c) * x.sign(inv_eps) * x.sign(at.inv_sqrt_eps) * sq(G)
    larger = x.show("", 2 * SLOPE * root_Q(t) >= 0, slope * x.sign(root_Q))
    bound = x.root_monotone("E⟨∇f(θ_{t−1}), b⟩ ≤ √B√Q_t", bias <= 2 * SLOPE * root_Q(t), 2, powers, larger)

    def gain(time: Time) -> Expression:
        return Q(time) - 2 * SLOPE * root_Q(time)

    claim = sum_i(E(at.grad_theta(t - 1) * at.a(t))) >= gain(t)
    line = x.show("E⟨∇f(θ_{t−1}), a_t⟩ ≥ Q_t − √B√Q_t", claim, bound, modulo=[against])
    begun = Begun(run.c, run.is_w, run.by_s, line, run.q_definition, run.a_bound, run.jensen, gain, "(Q_t − √B√Q_t)")
    return begun, Q_nonnegative, is_root
