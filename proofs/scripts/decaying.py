"""Decaying step sizes α_t = α0/√t (E.1): the proof for both starts, and for clipped ADOPT with c_t = c0 t^{1/4}."""

from __future__ import annotations

from dataclasses import dataclass

from proofs.builder import Factors, Line, Script, sq
from proofs.scripts import adopt, clipped, clipping, common, step_sums
from proofs.scripts.adopt import HALF, Begun
from proofs.scripts.common import P, Q, kappa
from proofs.scripts.step_sums import DIFFERENCES, Decreasing, Steps
from theory import atoms as at
from theory.atoms import (
    G,
    L,
    S,
    a,
    alpha0,
    alpha_t,
    eps,
    f_inf,
    f_theta,
    grad_theta,
    inv_c0,
    inv_c_t,
    inv_eps,
    inv_root_idx,
    log_idx,
    m,
    min_measure,
    root_idx,
    theta,
)
from theory.expressions import E, Expression, T, Time, lift, sum_i, sum_t, t

# φ_t and ψ_t differ in the step size that weighs the momentum; both exist from t = 1 on
phi, f_phi, grad_phi = at.vector("phi", 1), at.scalar("f_phi", 1), at.vector("grad_phi", 1)
psi, f_psi, grad_psi = at.vector("psi", 1), at.scalar("f_psi", 1), at.vector("grad_psi", 1)
d = at.vector("d", 1)  # ∇f(ψ_t) − ∇f(θ_t)
e = at.vector("e", 1)  # ∇f(φ_t) − ∇f(θ_t)
fall = alpha_t(t - 1) - alpha_t(t)


@dataclass(frozen=True)
class Bias:
    """What clipping costs: of Q_t the share (½, or 1 without clipping), and `spent`, with the products that bound it."""

    share: Expression
    spent: Expression
    products: tuple[Factors, ...] = ()


UNCLIPPED = Bias(lift(1), lift(0))


def adopt_decaying(x: Script) -> Line:
    """E.1 with m_0 = 0."""
    steps = step_sums.step_sizes(x, step_sums.roots(x))
    return conclude(x, steps, adopt.begin(x), 0, UNCLIPPED)


def adopt_decaying_algorithm_1(x: Script) -> Line:
    """E.1 with Algorithm 1's start."""
    steps = step_sums.step_sizes(x, step_sums.roots(x))
    return conclude(x, steps, adopt.begin(x), 1, UNCLIPPED)


def adopt_clipped_decaying(x: Script) -> Line:
    """E.3 with the step sizes of E.1: α_t/c_t² <= α0/(c0²t)."""
    steps = step_sums.step_sizes(x, step_sums.roots(x))
    threshold, small = clipped.scheduled_threshold(x, steps.roots)
    run = clipping.drift(x, clipping.begin(x, threshold))
    return conclude(x, steps, run, 0, cost_of_clipping(x, steps, small))


def adopt_decaying_sums(x: Script) -> Line:
    """E.1 with its sums as they are, for all nonincreasing step sizes."""
    x.section("The step sizes")
    steps = Decreasing(x.hypothesis("step_size_nonnegative"), x.hypothesis("step_size_decreasing"))
    run = adopt.begin(x)
    exact, into_measure, _ = sum_of_gains(x, steps, run, 0)
    x.section("(8) From the sum of Q to the measure")
    each = x.show("", alpha_t(t) * at.measure(t) <= S * alpha_t(t) * Q(t), into_measure * steps.nonnegative)
    return x.show(
        "the bound",
        x.statement.goal(),
        x.sum_t(each, 1, "Σα_tM_t^{3/2} ≤ S Σα_tQ_t"),
        exact * x.sign(S),
        modulo=[
            x.first_term(alpha_t(t) * Q(t), 1),
            (x.hypothesis("first_step_size"), alpha_t(1)),
            run.c.kappa,
            run.c.P,
        ],
    )


def cost_of_clipping(x: Script, steps: Steps, small: Line) -> Bias:
    """Σα_t G⁴/(32ε³c_t²) <= α0 G⁴(1 + ln T)/(32ε³c0²)."""
    x.section("Σ α_t/c_t² ≤ α0(1 + ln T)/c0²")
    positive = x.sign(inv_root_idx)
    each = x.show(
        "α_t/c_t² ≤ α0/(c0²t)",
        alpha_t(t) * inv_c_t(t) ** 2 <= alpha0 * inv_c0**2 * inv_root_idx(t) ** 2,
        small * steps.nonnegative,
        steps.at_most * positive * sq(inv_c0),
    )
    reciprocal = step_sums.reciprocal(x, steps.roots)
    harmonic = step_sums.harmonic(x, reciprocal)
    alpha0_positive = x.hypothesis("alpha0_positive")
    later = x.show(
        "",
        alpha_t(t) * inv_c_t(t) ** 2 <= alpha0 * inv_c0**2 * (log_idx(t) - log_idx(t - 1)),
        each,
        harmonic * alpha0_positive * sq(inv_c0),
    )
    first = x.show("", alpha_t(1) * inv_c_t(1) ** 2 <= alpha0 * inv_c0**2, each(1), modulo=[reciprocal(1)])
    total = x.show(
        "Σ α_t/c_t² ≤ α0(1 + ln T)/c0²",
        alpha_t(1) * inv_c_t(1) ** 2 + sum_t(2, alpha_t(t) * inv_c_t(t) ** 2)
        <= alpha0 * inv_c0**2 * (1 + log_idx(T) - log_idx(1)),
        first,
        x.sum_t(later, 2),
        modulo=[x.telescope(log_idx(t), 2)],
    )
    weight = x.sign(inv_eps) * x.sign(inv_eps) * x.sign(inv_eps) * sq(G**2)
    spent = clipped.LOSS * alpha0 * inv_c0**2 * (1 + log_idx(T) - log_idx(1))
    return Bias(HALF, spent, (total * weight,))


def conclude(x: Script, steps: Steps, run: Begun, first: int, bias: Bias) -> Line:
    """From the first sections to the goal; `first` is 1 for Algorithm 1's start."""
    exact, into_measure, Q_nonnegative = sum_of_gains(x, steps, run, first)
    total = close(x, run, steps, exact, first, bias)
    return minimum(x, run, steps, total, into_measure, Q_nonnegative)


def sum_of_gains(x: Script, steps: Decreasing, run: Begun, first: int) -> tuple[Line, Line, Line]:
    """The sections that all versions share: the exact sums, measure <= S·Q, and Q >= 0."""
    m_bound = common.momentum_bound(x, run.c, run.a_bound, first)
    it = auxiliary_iterates(x, run)
    along = along_momentum(x, run, steps, it), along_gradient(x, it)
    against = drift_of_momentum(x, run, m_bound)
    cross = cross_term(x, run, steps, it, m_bound)
    start = first_step(x, run, steps, it, first)
    one_step = expected_step(x, run, steps, along, (against, cross, m_bound))
    into_measure, Q_nonnegative = common.measure_bound(x, run.by_s, run.q_definition)
    exact = add_up(x, run, steps, one_step, start, Q_nonnegative, first)
    return exact, into_measure, Q_nonnegative


@dataclass(frozen=True)
class Iterates:
    """Definitions of φ and ψ, φ_t = ψ_{t−1} − α_t a_t, and the bounds on ‖d_t‖² and ‖e_t‖²."""

    is_phi: Line
    is_psi: Line
    is_step: Line
    is_d: Line
    is_e: Line
    near_psi: Line
    near_phi: Line


def auxiliary_iterates(x: Script, run: Begun) -> Iterates:
    """(1) φ_t = θ_t − κα_t m_t and ψ_t = θ_t − κα_{t+1} m_t: φ_t = ψ_{t−1} − α_t a_t."""
    x.section("(1) The auxiliary iterates")
    is_phi = x.define(phi, theta(t) - kappa * alpha_t(t) * m(t), "φ_t = θ_t − κα_t m_t")
    is_psi = x.define(psi, theta(t) - kappa * alpha_t(t + 1) * m(t), "ψ_t = θ_t − κα_{t+1} m_t")
    x.point(phi, f_phi, grad_phi)
    x.point(psi, f_psi, grad_psi)
    is_step = x.show(
        "φ_t − ψ_{t−1} = −α_t a_t",
        (phi(t) - psi(t - 1)).equals(-alpha_t(t) * a(t)),
        modulo=[
            is_phi,
            is_psi(t - 1),
            x.hypothesis("iterate_step"),
            x.hypothesis("momentum_step"),
            run.c.kappa,
            run.c.inv_one_minus_beta1,
        ],
    )
    is_d = x.define(d, grad_psi(t) - grad_theta(t), "d_t = ∇f(ψ_t) − ∇f(θ_t)")
    is_e = x.define(e, grad_phi(t) - grad_theta(t), "e_t = ∇f(φ_t) − ∇f(θ_t)")
    near_psi = near(x, psi(t), is_psi, grad_psi(t), is_d, d(t), alpha_t(t + 1), "‖d_t‖² ≤ L²κ²α_{t+1}²‖m_t‖²")
    near_phi = near(x, phi(t), is_phi, grad_phi(t), is_e, e(t), alpha_t(t), "‖e_t‖² ≤ L²κ²α_t²‖m_t‖²")
    return Iterates(is_phi, is_psi, is_step, is_d, is_e, near_psi, near_phi)


def near(
    x: Script,
    point: Expression,
    is_point: Line,
    gradient: Expression,
    is_difference: Line,
    difference: Expression,
    step: Expression,
    text: str,
) -> Line:
    """‖difference‖² <= L²κ²step²‖m_t‖², the gradients' difference between a point and θ_t; it is square integrable."""
    lipschitz = x.between("lipschitz", "", point, theta(t), 1)
    offset = x.show("", ((point - theta(t)) ** 2).equals(kappa**2 * step**2 * m(t) ** 2), modulo=[is_point])
    square = x.show("", ((gradient - grad_theta(t)) ** 2).equals(difference**2), modulo=[is_difference])
    limit = L**2 * kappa**2 * step**2 * sum_i(m(t) ** 2)
    distance = x.show(text, sum_i(difference**2) <= limit, lipschitz, modulo=[x.sum_i(offset), x.sum_i(square)])
    squares = x.show("", difference**2 >= 0, sq(difference))
    one_of_all = x.show("", difference**2 <= limit, x.single(squares), distance)
    x.dominated(difference**2, one_of_all, squares, "its square is integrable")
    return distance


def along_momentum(x: Script, run: Begun, steps: Decreasing, it: Iterates) -> Line:
    """(2a) f(ψ_{t−1}) <= f(φ_{t−1}) + κδ⟨∇f(θ_{t−1}), m_{t−1}⟩ + κ²L(δα_{t−1} + δ²/2)‖m_{t−1}‖², δ = α_{t−1} − α_t."""
    x.section("(2) Descent, along the momentum")
    product = e(t) * m(t)
    same = x.show("", (e(t) ** 2 * m(t) ** 2 - product**2).equals(0))
    e_square, m_square = x.show("", e(t) ** 2 >= 0, sq(e(t))), x.show("", m(t) ** 2 >= 0, sq(m(t)), start=1)
    cauchy = x.holder("", e(t) ** 2, m(t) ** 2, product, 1, 1, [same, e_square, m_square], over="sum_i")
    norm = x.sum_i(m_square)
    radius = L * kappa * alpha_t(t)
    signs = x.hypothesis("L_nonnegative") * run.c.kappa_nonnegative * steps.nonnegative
    limit = radius * sum_i(m(t) ** 2)
    powers = x.show("", limit**2 >= sum_i(product) ** 2, cauchy, it.near_phi * norm)
    aligned = x.root_monotone(
        "⟨e_t, m_t⟩ ≤ Lκα_t‖m_t‖²", sum_i(product) <= limit, 2, powers, x.show("", limit >= 0, signs * norm)
    )
    schema = x.between("descent", "descent from φ_{t−1} to ψ_{t−1}", phi(t - 1), psi(t - 1), 2)
    modulo = [it.is_phi(t - 1), it.is_psi(t - 1)]
    move = x.show("", (psi(t - 1) - phi(t - 1)).equals(kappa * fall * m(t - 1)), modulo=modulo)
    inner = x.show(
        "",
        (grad_phi(t - 1) * (psi(t - 1) - phi(t - 1))).equals(kappa * fall * (e(t - 1) + grad_theta(t - 1)) * m(t - 1)),
        modulo=[move, (it.is_e(t - 1), grad_phi(t - 1))],
    )
    square = x.show("", ((psi(t - 1) - phi(t - 1)) ** 2).equals(kappa**2 * fall**2 * m(t - 1) ** 2), modulo=[move])
    cost = kappa**2 * L * (fall * alpha_t(t - 1) + HALF * fall**2)
    return x.show(
        "f(ψ_{t−1}) ≤ f(φ_{t−1}) + κδ⟨∇f(θ_{t−1}), m_{t−1}⟩ + κ²L(δα_{t−1} + δ²/2)‖m_{t−1}‖²",
        f_psi(t - 1) <= f_phi(t - 1) + kappa * fall * sum_i(grad_theta(t - 1) * m(t - 1)) + cost * sum_i(m(t - 1) ** 2),
        schema,
        aligned(t - 1) * run.c.kappa_nonnegative * steps.decreasing,
        modulo=[x.sum_i(inner), x.sum_i(square)],
    )


def along_gradient(x: Script, it: Iterates) -> Line:
    """(2b) f(φ_t) <= f(ψ_{t−1}) − α_t⟨∇f(θ_{t−1}) + d_{t−1}, a_t⟩ + (L/2)α_t²‖a_t‖²."""
    x.section("(2) Descent, along the gradient")
    schema = x.between("descent", "descent from ψ_{t−1} to φ_t", psi(t - 1), phi(t), 2)
    inner = x.show(
        "",
        (grad_psi(t - 1) * (phi(t) - psi(t - 1))).equals(-alpha_t(t) * (d(t - 1) + grad_theta(t - 1)) * a(t)),
        modulo=[it.is_step, (it.is_d(t - 1), grad_psi(t - 1))],
    )
    square = x.show("", ((phi(t) - psi(t - 1)) ** 2).equals(alpha_t(t) ** 2 * a(t) ** 2), modulo=[it.is_step])
    linear, quadratic = sum_i((d(t - 1) + grad_theta(t - 1)) * a(t)), sum_i(a(t) ** 2)
    return x.show(
        "f(φ_t) ≤ f(ψ_{t−1}) − α_t⟨∇f(θ_{t−1}) + d_{t−1}, a_t⟩ + (L/2)α_t²‖a_t‖²",
        f_phi(t) <= f_psi(t - 1) - alpha_t(t) * linear + HALF * L * alpha_t(t) ** 2 * quadratic,
        schema,
        modulo=[x.sum_i(inner), x.sum_i(square)],
    )


def drift_of_momentum(x: Script, run: Begun, m_bound: Line) -> Line:
    """E⟨∇f(θ_{t−1}), m_{t−1}⟩ <= G²/ε, from ⟨∇f, m⟩ <= ½(‖∇f‖²/ε + ε‖m‖²)."""
    x.section("(5) The momentum against the gradient")
    young = x.show(
        "",
        2 * grad_theta(t - 1) * m(t - 1) <= inv_eps * grad_theta(t - 1) ** 2 + eps * m(t - 1) ** 2,
        x.sign(inv_eps) * sq(grad_theta(t - 1) - eps * m(t - 1)),
        modulo=[run.c.inv_eps],
    )
    gradient = x.show(
        "E‖∇f(θ_{t−1})‖² ≤ G²",
        sum_i(E(grad_theta(t - 1) ** 2)) <= G**2,
        x.lift(run.jensen),
        common.second_moments(x)[1],
    )
    return x.show(
        "E⟨∇f(θ_{t−1}), m_{t−1}⟩ ≤ G²/ε",
        sum_i(E(grad_theta(t - 1) * m(t - 1))) <= G**2 * inv_eps,
        x.lift(young),
        gradient * x.sign(inv_eps),
        m_bound(t - 1) * x.hypothesis("eps_positive"),
        modulo=[run.c.P, run.c.inv_eps],
    )


def cross_term(x: Script, run: Begun, steps: Decreasing, it: Iterates, m_bound: Line) -> Line:
    """(4) −E⟨d_{t−1}, a_t⟩ <= Lκα_t P."""
    radius = L * kappa * alpha_t(t)
    signs = x.hypothesis("L_nonnegative") * run.c.kappa_nonnegative * steps.nonnegative
    nonnegative = x.show("Lκα_t ≥ 0", radius >= 0, signs)
    d_moment = x.show(
        "E‖d_{t−1}‖² ≤ L²κ²α_t²P",
        sum_i(E(d(t - 1) ** 2)) <= radius**2 * P,
        x.expect(it.near_psi)(t - 1),
        m_bound(t - 1) * sq(radius),
    )
    return adopt.cross_term(x, run.c, d_moment, run.a_bound, radius, nonnegative, "−E⟨d_{t−1}, a_t⟩ ≤ Lκα_tP")


def first_step(x: Script, run: Begun, steps: Decreasing, it: Iterates, first: int) -> Line:
    """E f(φ_1) <= E f(θ_0) − l·gain_1 + (L/2)l²P with l = α_1, or l = (1+κ)α_1 for Algorithm 1's start."""
    x.section("The start")
    length = alpha_t(1) * (1 + kappa) if first else alpha_t(1)
    names = ("momentum_first",) if first else ("momentum_step", "momentum_start")
    momentum = [x.hypothesis(name)(1) for name in names]
    is_step = x.show(
        "φ_1 − θ_0 = −(1+κ)α_1 a_1" if first else "φ_1 − θ_0 = −α_1 a_1",
        (phi(1) - theta(0)).equals(-length * a(1)),
        modulo=[it.is_phi(1), x.hypothesis("iterate_step")(1), *momentum, run.c.kappa, run.c.inv_one_minus_beta1],
    )
    at_one = steps.nonnegative(1)
    nonnegative = x.show("", length >= 0, at_one, at_one * run.c.kappa_nonnegative)
    return adopt.long_first_step(x, run, length, nonnegative, is_step)


def expected_step(
    x: Script, run: Begun, steps: Decreasing, along: tuple[Line, Line], bounds: tuple[Line, Line, Line]
) -> Line:
    """(6) α_t gain_t <= E f(φ_{t−1}) − E f(φ_t) + α_t²LP(½+κ) + κδG²/ε + κ²LP(½(α_{t−1}²−α_t²) + δ²), for t >= 2."""
    against, cross, m_bound = bounds
    x.section("(6) One step")
    linear = sum_i((d(t - 1) + grad_theta(t - 1)) * a(t))
    cost = kappa**2 * L * (fall * alpha_t(t - 1) + HALF * fall**2)
    loss = (
        kappa * fall * sum_i(grad_theta(t - 1) * m(t - 1))
        + cost * sum_i(m(t - 1) ** 2)
        - alpha_t(t) * linear
        + HALF * L * alpha_t(t) ** 2 * sum_i(a(t) ** 2)
    )
    pathwise = x.show("both moves", f_phi(t) <= f_phi(t - 1) + loss, *along)
    L_nonnegative = x.hypothesis("L_nonnegative")
    squares = m_bound(t - 1) * L_nonnegative * sq(kappa)
    spread = HALF * (alpha_t(t - 1) ** 2 - alpha_t(t) ** 2) + fall**2
    return adopt.expected_step(
        x,
        1,
        pathwise,
        f"α_t{run.words} ≤ E f(φ_{{t−1}}) − E f(φ_t) + α_t²LP(½+κ) + κδG²/ε + κ²LP(½(α_{{t−1}}²−α_t²) + δ²)",
        alpha_t(t) * run.gain(t),
        alpha_t(t) ** 2 * L * P * (HALF + kappa) + kappa * fall * G**2 * inv_eps + kappa**2 * L * P * spread,
        against * run.c.kappa_nonnegative * steps.decreasing,
        cross * steps.nonnegative,
        run.drift * steps.nonnegative,
        run.a_bound * L_nonnegative * sq(alpha_t(t)),
        squares * steps.decreasing * steps.nonnegative(t - 1),
        squares * sq(fall),
    )


def add_up(
    x: Script, run: Begun, steps: Decreasing, one_step: Line, start: Line, Q_nonnegative: Line, first: int
) -> Line:
    """Σα_t gain_t <= Δ + κα_1G²/ε + LP[½α_1² + (½+κ)Σ_{t≥2}α_t² + κ²(½α_1² + Σ_{t≥2}δ_t²)], δ_t = α_{t−1} − α_t.

    Holds for all nonincreasing step sizes; with Algorithm 1's start (κ + κ²/2)α_1² more in the bracket.
    """
    x.section("(6) Telescoping")
    below = x.expect(x.lower_bound(phi, t, 1), text="E f(φ_T) ≥ f_inf")(T)
    is_Delta = x.define(at.Delta, E(f_theta(0)) - f_inf, "Δ = E f(θ_0) − f_inf")
    kappa_nonnegative = run.c.kappa_nonnegative
    curvature = x.hypothesis("L_nonnegative") * run.c.P_nonnegative
    kept = (Q_nonnegative(1) * steps.nonnegative(1) * kappa_nonnegative,) if first else ()
    gains = alpha_t(1) * run.gain(Time("", 1)) + sum_t(2, alpha_t(t) * run.gain(t))
    return x.show(
        f"Σα_t{run.words} is at most Δ and the exact sums of what the steps cost",
        gains <= at.Delta + kappa * alpha_t(1) * G**2 * inv_eps + L * P * exact_sums(first),
        x.sum_t(one_step, 2),
        below,
        start,
        steps.nonnegative(T) * kappa_nonnegative * x.sign(inv_eps) * sq(G),
        curvature * sq(kappa * alpha_t(T)),
        *kept,
        modulo=[x.telescope(E(f_phi(t)), 2), x.telescope(alpha_t(t), 2), x.telescope(alpha_t(t) ** 2, 2), is_Delta],
    )


def exact_sums(first: int) -> Expression:
    """½α_1² + (½+κ)Σ_{t≥2}α_t² + κ²(½α_1² + Σ_{t≥2}δ_t²); with Algorithm 1's start (κ + κ²/2)α_1² more."""
    longer = (kappa + HALF * kappa**2) * alpha_t(1) ** 2 if first else lift(0)
    later = (HALF + kappa) * sum_t(2, alpha_t(t) ** 2) + kappa**2 * sum_t(2, fall**2)
    return HALF * (1 + kappa**2) * alpha_t(1) ** 2 + later + longer


def close(x: Script, run: Begun, steps: Steps, exact: Line, first: int, bias: Bias) -> Line:
    """Σα_tQ_t·share <= Δ + κα0G²/ε + α0²LP[½ + (½+κ) ln T + 0.6164κ²] (and κ + κ²/2 more if first = 1) + the bias."""
    kappa_nonnegative = run.c.kappa_nonnegative
    squares = step_sums.sum_of_squares(x, steps.schedule)
    differences = step_sums.sum_of_differences(x, steps)
    at_most = step_sums.first_step_at_most(x, steps)
    x.section("(6) The sums in closed form")
    longer = kappa + HALF * kappa**2 if first else lift(0)
    bracket = HALF + (HALF + kappa) * (log_idx(T) - log_idx(1)) + (HALF + DIFFERENCES) * kappa**2 + longer
    spent = kappa * alpha0 * G**2 * inv_eps + alpha0**2 * L * P * bracket
    curvature = x.hypothesis("L_nonnegative") * run.c.P_nonnegative
    return x.show(
        "Σα_tQ_t is at most Δ and what the steps cost",
        bias.share * (alpha_t(1) * Q(1) + sum_t(2, alpha_t(t) * Q(t))) <= at.Delta + spent + bias.spent,
        exact,
        squares * curvature,
        squares * curvature * kappa_nonnegative,
        differences * curvature * sq(kappa),
        at_most * kappa_nonnegative * x.sign(inv_eps) * sq(G),
        *bias.products,
        modulo=[steps.schedule(1)],
    )


def minimum(x: Script, run: Begun, steps: Steps, total: Line, into_measure: Line, Q_nonnegative: Line) -> Line:
    """(8) The minimum, weighted with ω_1 = α0 and ω_t = 2α0(√(t+1)−√t) <= α_t, which add up to α0(2√(T+1)+1−2√2)."""
    x.section("(8) From the sum to the minimum")
    weights, nonnegative = step_sums.weights(x, steps)
    alpha0_positive, scale = x.hypothesis("alpha0_positive"), x.sign(S) * Q_nonnegative
    least = x.minimum(min_measure, at.measure(t), "min over t ≤ T is at most each")
    each = x.show("", min_measure <= S * Q(t), least, into_measure)
    weighted = x.show(
        "ω_t min ≤ S α_tQ_t",
        min_measure * step_sums.weight(t) <= S * alpha_t(t) * Q(t),
        each * nonnegative,
        weights * scale,
    )
    first_at_least = step_sums.first_step_at_least(x, steps)
    first = x.show(
        "α0 min ≤ S α_1Q_1",
        min_measure * alpha0 <= S * alpha_t(1) * Q(1),
        each(1) * alpha0_positive,
        first_at_least * x.sign(S) * Q_nonnegative(1),
    )
    by_sum = step_sums.inverse_of_sum(x, steps.roots)
    by_alpha0 = x.inverse(at.inv_alpha0, alpha0_positive, "1/α0")
    inverses = x.sign(at.inv_sum_of_steps) * x.sign(at.inv_alpha0)
    return x.show(
        "the bound",
        x.statement.goal(),
        first * inverses,
        x.sum_t(weighted, 2, "min·Σω_t ≤ S Σα_tQ_t") * inverses,
        total * inverses * x.sign(S),
        modulo=[x.telescope(root_idx(t + 1), 2), by_sum, by_alpha0, run.c.kappa, run.c.P, run.c.inv_one_minus_beta1],
    )
