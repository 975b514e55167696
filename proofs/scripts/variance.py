"""Sections for bounded variance (A4): the gradient below the gap, integrability, the descent of a Lyapunov function.

They serve every method whose direction is a_t = w_{t−1} g_t with weights 0 < w <= w̄ that are known at t−1: ADOPT
(w = 1/s, w̄ = 1/ε) and SGD (w = 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts.adopt import f_phi, grad_phi, phi
from proofs.scripts.common import Weight
from theory import atoms as at
from theory.atoms import L, a, alpha, f_inf, f_theta, g, grad_theta, m, noise, theta
from theory.expressions import E, Expression, Symbol, lift, sum_i, t

HALF = lift(Fraction(1, 2))
inv_L = Symbol("inv_L")
potential = at.scalar("potential")
weight_of_momentum = Symbol("weight")
lyapunov = Symbol("lyapunov", timed=True)
descended, f_descended, grad_descended = at.vector("descended"), at.scalar("f_descended"), at.vector("grad_descended")
descended_phi, f_descended_phi, grad_descended_phi = (
    at.vector("descended_phi"),
    at.scalar("f_descended_phi"),
    at.vector("grad_descended_phi"),
)
NEAR_THETA = ((theta, f_theta, grad_theta), (descended, f_descended, grad_descended))
NEAR_PHI = ((phi, f_phi, grad_phi), (descended_phi, f_descended_phi, grad_descended_phi))
"""A point x and y = x − ∇f(x)/L, each with value and gradient."""
Point = tuple[Symbol, Symbol, Symbol]


@dataclass(frozen=True)
class Direction:
    """a_t = w_{t−1} g_t: the weight and its ceiling w̄, and the lines w > 0, w̄ − w >= 0, w̄ > 0, a_t = w_{t−1} g_t."""

    weight: Weight
    ceiling: Expression
    positive: Line
    gap: Line
    ceiling_positive: Line
    is_a: Line


def inverse_of_L(x: Script) -> Line:
    return x.inverse(inv_L, x.hypothesis("L_positive"), "1/L")


def gradient_below_gap(x: Script, by_L: Line, points: tuple[Point, Point] = NEAR_THETA) -> Line:
    """‖∇f(x_t)‖² <= 2L(f(x_t) − f_inf), by descent to y = x − ∇f(x)/L."""
    (p, f_p, grad_p), (y, f_y, grad_y) = points
    name = "θ" if p is theta else "φ"
    is_y = x.define(y, p(t) - inv_L * grad_p(t), f"y_t = {name}_t − ∇f({name}_t)/L")
    x.point(y, f_y, grad_y)
    schema = x.between("descent", f"descent from {name}_t to y_t", p(t), y(t), 0)
    inner = x.show("", (grad_p(t) * (y(t) - p(t))).equals(-inv_L * grad_p(t) ** 2), modulo=[is_y])
    square = x.show("", ((y(t) - p(t)) ** 2).equals(inv_L**2 * grad_p(t) ** 2), modulo=[is_y])
    positive = x.hypothesis("L_positive")
    return x.show(
        f"‖∇f({name}_t)‖² ≤ 2L(f({name}_t) − f_inf)",
        sum_i(grad_p(t) ** 2) <= 2 * L * (f_p(t) - f_inf),
        schema * positive,
        x.lower_bound(y, t) * positive,
        modulo=[x.sum_i(inner), x.sum_i(square), by_L],
    )


def gradient_parts(x: Script) -> Line:
    """g_t² <= 2(∂f(θ_{t−1}))² + 2ζ_t²."""
    return x.show(
        "g_t² ≤ 2(∂f(θ_{t−1}))² + 2ζ_t²",
        g(t) ** 2 <= 2 * grad_theta(t - 1) ** 2 + 2 * noise(t) ** 2,
        sq(grad_theta(t - 1) - noise(t)),
        modulo=[(x.hypothesis("noise_step"), g(t))],
    )


def integrability(x: Script, direction: Direction, momentum: Line, below_gap: Line) -> None:
    """f(θ_t), m_t², (∂f(θ_t))², g_t² and a_t² are integrable, through W_t = f(θ_t) + ‖m_t‖² by induction."""
    x.section("Integrability")
    ceiling = direction.ceiling
    below_one, nonnegative = x.hypothesis("beta1_below_one"), x.hypothesis("beta1_nonnegative")
    alpha_positive, L_positive = x.hypothesis("alpha_positive"), x.hypothesis("L_positive")
    g_square = gradient_parts(x)
    positive, gap = direction.positive(t - 1), direction.gap(t - 1)
    a_square = x.show(
        "a² ≤ w̄² g²",
        a(t) ** 2 <= ceiling**2 * g(t) ** 2,
        gap * direction.ceiling_positive * sq(g(t)),
        gap * positive * sq(g(t)),
        modulo=[direction.is_a],
    )
    m_square = x.show(
        "m_t² ≤ m_{t−1}² + 2w̄²((∂f(θ_{t−1}))² + ζ_t²)",
        m(t) ** 2 <= m(t - 1) ** 2 + 2 * ceiling**2 * (grad_theta(t - 1) ** 2 + noise(t) ** 2),
        nonnegative * below_one * sq(m(t - 1) - a(t)),
        below_one * sq(m(t - 1)),
        below_one * a_square,
        below_one * g_square * sq(ceiling),
        nonnegative * sq(ceiling * grad_theta(t - 1)),
        nonnegative * sq(ceiling * noise(t)),
        modulo=[momentum],
    )
    schema = x.between("descent", "descent from θ_{t−1} to θ_t", theta(t - 1), theta(t), 1)
    is_step = x.hypothesis("iterate_step")
    inner = x.show(
        "",
        grad_theta(t - 1) * (theta(t) - theta(t - 1)) <= HALF * alpha * (grad_theta(t - 1) ** 2 + m(t) ** 2),
        alpha_positive * sq(grad_theta(t - 1) + m(t)),
        modulo=[is_step],
    )
    square = x.show("", ((theta(t) - theta(t - 1)) ** 2).equals(alpha**2 * m(t) ** 2), modulo=[is_step])
    growth = 1 + HALF * alpha + HALF * L * alpha**2
    growth_positive = x.show("", growth >= 1, alpha_positive, L_positive * sq(alpha))
    is_W = x.define(potential, f_theta(t) + sum_i(m(t) ** 2), "W_t = f(θ_t) + ‖m_t‖²")
    above = x.lower_bound(theta, t)
    m_squares = x.sum_i(x.show("", m(t) ** 2 >= 0, sq(m(t))))
    slope = HALF * alpha + 2 * growth * ceiling**2
    slope_nonnegative = x.show("", slope >= 0, alpha_positive, growth_positive * sq(ceiling), sq(ceiling))
    growing = x.show("", growth >= 0, growth_positive, ONE)
    upper = x.show(
        "W_t − f_inf ≤ C(W_{t−1} − f_inf) + C'‖ζ_t‖²",
        potential(t) - f_inf
        <= (1 + growth + 2 * L * slope) * (potential(t - 1) - f_inf) + 2 * growth * ceiling**2 * sum_i(noise(t) ** 2),
        schema,
        x.sum_i(inner),
        x.sum_i(m_square) * growing,
        below_gap(t - 1) * slope_nonnegative,
        above(t - 1) * growing,
        m_squares(t - 1),
        m_squares(t - 1) * slope_nonnegative * L_positive,
        modulo=[is_W, is_W(t - 1), x.sum_i(square)],
    )
    lower = x.show("W_t ≥ f_inf", potential(t) >= f_inf, above, m_squares, modulo=[is_W])
    x.hypothesis("start_integrable")
    x.hypothesis("noise_integrable")
    rest = x.hypothesis("momentum_start")
    at_rest = x.sum_i(x.show("", (m(0) ** 2).equals(0), modulo=[rest]))
    at_start = x.show("W_0 = f(θ_0)", potential(0).equals(f_theta(0)), modulo=[is_W(0), at_rest])
    at_most = x.show("", potential(0) <= f_theta(0), modulo=[at_start])
    base = x.dominated(potential(0), at_most, lower(0))
    x.dominated_induction(potential(t), base, upper, lower, "W_t is integrable")
    gap_of_W = x.show("", f_theta(t) <= potential(t), m_squares, modulo=[is_W])
    x.dominated(f_theta(t), gap_of_W, above, "f(θ_t) is integrable")
    m_single = x.show("", m(t) ** 2 >= 0, sq(m(t)))
    below_W = x.show("", m(t) ** 2 <= potential(t) - f_inf, x.single(m_single), above, modulo=[is_W])
    x.dominated(m(t) ** 2, below_W, m_single, "m² is integrable")
    gradients_integrable(x, below_gap)
    gradient_integrable(x, g_square)
    x.dominated(a(t) ** 2, a_square, x.show("", a(t) ** 2 >= 0, sq(a(t))), "a² is integrable")


def gradients_integrable(x: Script, below_gap: Line) -> None:
    """(∂f(θ_t))² is integrable, since f(θ_t) is."""
    nonnegative = x.show("", grad_theta(t) ** 2 >= 0, sq(grad_theta(t)))
    upper = x.show("", grad_theta(t) ** 2 <= 2 * L * (f_theta(t) - f_inf), x.single(nonnegative), below_gap)
    x.dominated(grad_theta(t) ** 2, upper, nonnegative, "(∂f)² is integrable")


def gradient_integrable(x: Script, g_square: Line) -> None:
    """g_t² is integrable for t >= 1, since (∂f)² and ζ² are."""
    x.dominated(g(t) ** 2, g_square, x.show("", g(t) ** 2 >= 0, sq(g(t)), start=1), "g² is integrable")


def noise_centred(x: Script) -> Line:
    """E[ζ_t given F_{t−1}] = 0."""
    x.section("The noise")
    expected = x.expect(x.hypothesis("noise_step"), given=t - 1)
    return x.show(
        "E[ζ_t given F_{t−1}] = 0", E(noise(t), given=t - 1).equals(0), modulo=[x.hypothesis("unbiased"), expected]
    )


def gradient_square(x: Script) -> Line:
    """(∂f(θ_{t−1}))² >= 0."""
    return x.show("", grad_theta(t - 1) ** 2 >= 0, sq(grad_theta(t - 1)))


def orthogonal(x: Script, centred: Line, known: Expression) -> Line:
    """E[y ζ_t] = 0 for a coordinate y that is known at t−1."""
    tower = x.tower("the noise is orthogonal to what is known", known, noise(t), t - 1, 1)
    x.integrable_conditional(known, noise(t), t - 1)
    zero = x.show("", (known * E(noise(t), given=t - 1)).equals(0), modulo=[centred])
    return x.show("", E(known * noise(t)).equals(0), modulo=[tower, x.expect(zero)])


def second_moment_split(x: Script, centred: Line) -> Line:
    """E‖g_t‖² = E‖∇f(θ_{t−1})‖² + E‖ζ_t‖²."""
    square = x.show(
        "",
        (g(t) ** 2).equals(grad_theta(t - 1) ** 2 + 2 * grad_theta(t - 1) * noise(t) + noise(t) ** 2),
        modulo=[(x.hypothesis("noise_step"), g(t))],
    )
    claim = E(g(t) ** 2).equals(E(grad_theta(t - 1) ** 2) + E(noise(t) ** 2))
    inner = x.show("", claim, modulo=[x.expect(square), orthogonal(x, centred, grad_theta(t - 1))])
    return x.sum_i(inner, "E‖g_t‖² = E‖∇f(θ_{t−1})‖² + E‖ζ_t‖²")
