"""Implications between assumptions: facts derived from other facts, by the name of the hypothesis that they replace.

A script asks for a hypothesis by name; where a statement does not have it, `SUPPLIERS` may derive the same fact from
what the statement does have. The theorems of `theory.statements.implications` are these derivations at one step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from proofs.builder import ONE, Line, Script, sq
from proofs.scripts import variance
from theory import atoms as at
from theory.atoms import G, delta, f_inf, f_theta, g, grad_theta, noise, rho, sigma
from theory.expressions import E, Expression, Relation, T, Time, lift, sum_i, t
from theory.further_assumptions import abc_A, abc_B

Derivation = Callable[[Script], Line]


@dataclass(frozen=True)
class Supplier:
    """Derives a fact from the hypotheses in `needs` (names, each in the statement or supplied in turn)."""

    needs: tuple[str, ...]
    derive: Derivation
    words: str


def extended(x: Script, claim: Callable[[Time], Relation], text: str, first: Line, later: Line) -> Line:
    """A claim for all t >= 0 from the claim at 0 and the claim for t >= 1: induction with ratio 0."""
    zero = x.show("", lift(0) >= 0)
    return x.induction(text, claim(t), first, later, zero)


def square_below_norm(x: Script, name: str, value: Callable[[Time], Expression], bound: Expression) -> Line:
    """x² is integrable, from Σ x² <= bound (the hypothesis `name`)."""
    square = x.show("", value(t) ** 2 >= 0, sq(value(t)))
    upper = x.show("", value(t) ** 2 <= bound, x.single(square), x.hypothesis(name))
    return x.dominated(value(t) ** 2, upper, square, f"{name}: the squares are integrable")


def g_squares_of_A6(x: Script) -> Line:
    return square_below_norm(x, "bounded_gradient", g, G**2)


def A5_conditional_of_A6(x: Script) -> Line:
    """E[‖g_t‖² given F_{t−1}] <= G², from ‖g_t‖ <= G."""
    x.hypothesis("second_moment_integrable")
    bound = x.hypothesis("bounded_gradient")
    return x.expect(x.weaken(bound, start=1), given=t - 1, text="E[‖g_t‖² given F_{t−1}] ≤ G²")


def A5_start_of_A6(x: Script) -> Line:
    x.hypothesis("second_moment_integrable")
    return x.expect(x.hypothesis("bounded_gradient")(0), text="E‖g_0‖² ≤ G²")


def A5_start_of_A5(x: Script) -> Line:
    return x.hypothesis("bounded_second_moment")(0)


def A5_of_A6(x: Script) -> Line:
    x.hypothesis("second_moment_integrable")
    return x.expect(x.hypothesis("bounded_gradient"), text="E‖g_t‖² ≤ G²")


def unconditional(x: Script, bound: str, integrable: str, value: Callable[[Time], Expression], text: str) -> Line:
    """The expectation of the hypothesis `bound` on E[x_t² given F_{t−1}]."""
    x.hypothesis(integrable)
    x.integrable_conditional(1, value(t) ** 2, t - 1)
    return x.expect(x.hypothesis(bound), text=text)


def A5_of_conditional(x: Script) -> Line:
    """E‖g_t‖² <= G² for all t >= 0."""
    later = unconditional(x, "bounded_second_moment_conditional", "second_moment_integrable", g, "E‖g_t‖² ≤ G², t ≥ 1")
    first = x.hypothesis("bounded_second_moment_start")
    return extended(x, lambda s: sum_i(E(g(s) ** 2)) <= G**2, "E‖g_t‖² ≤ G²", first, later)


def A4_of_conditional(x: Script) -> Line:
    later = unconditional(x, "bounded_variance_conditional", "noise_integrable", noise, "E‖ζ_t‖² ≤ σ², t ≥ 1")
    first = x.hypothesis("bounded_variance_start")
    return extended(x, lambda s: sum_i(E(noise(s) ** 2)) <= sigma**2, "E‖ζ_t‖² ≤ σ²", first, later)


def A4_start_of_A4(x: Script) -> Line:
    return x.hypothesis("bounded_variance")(0)


def noise_squares_of_light_tails(x: Script) -> Line:
    x.hypothesis("light_tail_integrable")
    square = x.show("", noise(t) ** 2 >= 0, sq(noise(t)))
    tail = at.scalar("light_tail")
    upper = x.show(
        "", noise(t) ** 2 <= sigma**2 * (tail(t) - 1), x.single(square), x.hypothesis("light_tail_dominates")
    )
    return x.dominated(noise(t) ** 2, upper, square, "ζ² is integrable")


def A4_conditional_of_light_tails(x: Script) -> Line:
    """E[‖ζ_t‖² given F_{t−1}] <= σ²(E[w_t given F_{t−1}] − 1) <= σ²."""
    x.hypothesis("light_tail_integrable")
    x.hypothesis("noise_integrable")
    mean = x.expect(x.weaken(x.hypothesis("light_tail_dominates"), start=1), given=t - 1)
    return x.show(
        "E[‖ζ_t‖² given F_{t−1}] ≤ σ²",
        E(sum_i(noise(t) ** 2), given=t - 1) <= sigma**2,
        mean,
        x.hypothesis("light_tail") * sq(sigma),
    )


def A4_start_of_light_tails(x: Script) -> Line:
    x.hypothesis("noise_integrable")
    mean = x.expect(x.hypothesis("light_tail_dominates")(0))
    bound = x.hypothesis("light_tail_start") * sq(sigma)
    return x.show("E‖ζ_0‖² ≤ σ²", sum_i(E(noise(0) ** 2)) <= sigma**2, mean, bound)


def affine_of_A4(x: Script) -> Line:
    """E‖ζ_t‖² <= σ² + ρE‖∇f(θ_{t−1})‖² where ρ = 0."""
    bound = x.weaken(x.hypothesis("bounded_variance"), start=1)
    claim = sum_i(E(noise(t) ** 2)) <= sigma**2 + rho * E(sum_i(grad_theta(t - 1) ** 2))
    return x.show("E‖ζ_t‖² ≤ σ² + ρE‖∇f‖²", claim, bound, modulo=[x.hypothesis("rho_zero")], start=1)


def rho_nonnegative_of_zero(x: Script) -> Line:
    return x.show("", rho >= 0, modulo=[x.hypothesis("rho_zero")])


def bias_of_unbiased(x: Script) -> Line:
    """‖E[g_t given F_{t−1}] − ∇f(θ_{t−1})‖² = 0 <= δ²."""
    error = E(g(t), given=t - 1) - grad_theta(t - 1)
    none = x.show("", (error**2).equals(0), modulo=[x.hypothesis("unbiased")])
    total = x.sum_i(none)
    same = [total, x.hypothesis("delta_zero")]
    return x.show("the bias is 0", sum_i(error**2) <= delta**2, modulo=same, start=1)


def beta1_nonnegative_of_zero(x: Script) -> Line:
    return x.show("", at.beta1 >= 0, modulo=[x.hypothesis("beta1_zero")])


def beta1_below_one_of_zero(x: Script) -> Line:
    return x.show("", at.beta1 < 1, ONE, modulo=[x.hypothesis("beta1_zero")])


def L_nonnegative_of_positive(x: Script) -> Line:
    return x.weaken(x.hypothesis("L_positive"), ">=")


SUPPLIERS: dict[str, tuple[Supplier, ...]] = {
    "second_moment_integrable": (Supplier(("bounded_gradient",), g_squares_of_A6, "A6 ⇒ A5"),),
    "bounded_second_moment": (
        Supplier(("bounded_gradient",), A5_of_A6, "A6 ⇒ A5"),
        Supplier(
            ("second_moment_integrable", "bounded_second_moment_start", "bounded_second_moment_conditional"),
            A5_of_conditional,
            "A5 conditional ⇒ A5",
        ),
    ),
    "bounded_second_moment_conditional": (
        Supplier(("bounded_gradient",), A5_conditional_of_A6, "A6 ⇒ A5 conditional"),
    ),
    "bounded_second_moment_start": (
        Supplier(("bounded_gradient",), A5_start_of_A6, "A6 ⇒ A5"),
        Supplier(("bounded_second_moment",), A5_start_of_A5, "A5 at t = 0"),
    ),
    "noise_integrable": (
        Supplier(("light_tail_integrable", "light_tail_dominates"), noise_squares_of_light_tails, "sub-Gaussian ⇒ A4"),
    ),
    "bounded_variance_conditional": (
        Supplier(
            ("light_tail", "light_tail_dominates"), A4_conditional_of_light_tails, "sub-Gaussian ⇒ A4 conditional"
        ),
    ),
    "bounded_variance_start": (
        Supplier(("light_tail_start", "light_tail_dominates"), A4_start_of_light_tails, "sub-Gaussian ⇒ A4"),
        Supplier(("bounded_variance",), A4_start_of_A4, "A4 at t = 0"),
    ),
    "bounded_variance": (
        Supplier(
            ("noise_integrable", "bounded_variance_start", "bounded_variance_conditional"),
            A4_of_conditional,
            "A4 conditional ⇒ A4",
        ),
    ),
    "affine_variance_norm": (Supplier(("bounded_variance", "rho_zero"), affine_of_A4, "A4 ⇒ affine, ρ = 0"),),
    "rho_nonnegative": (Supplier(("rho_zero",), rho_nonnegative_of_zero, "ρ = 0"),),
    "bounded_bias": (Supplier(("unbiased", "delta_zero"), bias_of_unbiased, "A2 ⇒ bias 0"),),
    "beta1_nonnegative": (Supplier(("beta1_zero",), beta1_nonnegative_of_zero, "β1 = 0"),),
    "beta1_below_one": (Supplier(("beta1_zero",), beta1_below_one_of_zero, "β1 = 0"),),
    "L_nonnegative": (Supplier(("L_positive",), L_nonnegative_of_positive, "L > 0"),),
}
"""By the name of the hypothesis that is supplied; the first whose needs are met is taken."""


# -- the theorems


def at_horizon(line: Line) -> Line:
    """The goal, from the same claim at t."""
    x = line.script
    return x.show("at T", x.statement.goal(), line(T))


def bounded_gradient_implies_conditional(x: Script) -> Line:
    x.section("A6 ⇒ A5, conditional")
    g_squares_of_A6(x)
    bound = x.weaken(x.hypothesis("bounded_gradient"), start=1)
    return at_horizon(x.expect(bound, given=t - 1, text="E[‖g_t‖² given F_{t−1}] ≤ G²"))


def conditional_implies_unconditional(x: Script) -> Line:
    x.section("A5, conditional ⇒ A5")
    names = "bounded_second_moment_conditional", "second_moment_integrable"
    return at_horizon(unconditional(x, *names, g, "E‖g_t‖² ≤ G²"))


def second_moment_implies_variance(x: Script) -> Line:
    """E‖ζ‖² = E‖g‖² − E‖∇f‖² <= G²."""
    from proofs.scripts import common

    x.section("A5 ⇒ A4")
    x.hypothesis("second_moment_integrable")
    common.true_gradient_integrable(x)
    x.section("A5 ⇒ A4")
    square = x.show("", noise(t) ** 2 >= 0, sq(noise(t)))
    is_noise = x.hypothesis("noise_step")
    upper = x.show(
        "ζ² ≤ 2g² + 2(∂f)²",
        noise(t) ** 2 <= 2 * g(t) ** 2 + 2 * grad_theta(t - 1) ** 2,
        sq(g(t) + grad_theta(t - 1)),
        modulo=[is_noise],
    )
    x.dominated(noise(t) ** 2, upper, square, "ζ² is integrable")
    split = variance.second_moment_split(x, variance.noise_centred(x))
    true = x.lift(variance.gradient_square(x))
    bound = x.hypothesis("bounded_second_moment")
    claim = sum_i(E(noise(t) ** 2)) <= G**2
    return at_horizon(x.show("E‖ζ_t‖² ≤ G²", claim, bound, true, modulo=[split], start=1))


def second_moment_implies_three_halves(x: Script) -> Line:
    """E[‖g‖^{3/2} given F]^4 <= E[‖g‖² given F]^3 <= G^6, by Jensen's inequality."""
    x.section("A5, conditional ⇒ the moment of order 3/2")
    x.hypothesis("second_moment_integrable")
    x.hypothesis("norm_integrable")
    norm, total = at.norm_root(t) ** 3, sum_i(g(t) ** 2)
    zero = x.show("", (total**3 - norm**4).equals(0), modulo=[x.hypothesis("norm_is_root")], start=1)
    squares = x.sum_i(x.show("", g(t) ** 2 >= 0, sq(g(t)), start=1))
    one = x.show("", lift(1) >= 0, ONE)
    jensen = x.holder("Jensen", total, 1, norm, 3, 1, [zero, squares, one], given=t - 1)
    second = E(total, given=t - 1)
    bound = x.hypothesis("bounded_second_moment_conditional")
    mean = x.expect(squares, given=t - 1)
    power = x.show(
        "E[‖g‖^{3/2} given F_{t−1}]^4 ≤ G^6",
        (E(norm, given=t - 1) ** 2) ** 2 <= (G**3) ** 2,
        jensen,
        bound * sq(G**2),
        bound * mean * sq(G),
        bound * sq(second),
        start=1,
    )
    cube = x.show("", G**3 >= 0, x.hypothesis("G_nonnegative") * sq(G))
    claim = E(norm, given=t - 1) ** 2 <= G**3
    return at_horizon(x.root_monotone("E[‖g‖^{3/2} given F_{t−1}]² ≤ G³", claim, 2, power, cube))


def conditional_variance_implies_unconditional(x: Script) -> Line:
    x.section("A4, conditional ⇒ A4")
    names = "bounded_variance_conditional", "noise_integrable"
    return at_horizon(unconditional(x, *names, noise, "E‖ζ_t‖² ≤ σ²"))


def light_tails_imply_variance(x: Script) -> Line:
    x.section("sub-Gaussian ⇒ A4, conditional")
    noise_squares_of_light_tails(x)
    mean = x.expect(x.weaken(x.hypothesis("light_tail_dominates"), start=1), given=t - 1)
    return at_horizon(
        x.show(
            "E[‖ζ_t‖² given F_{t−1}] ≤ σ²",
            E(sum_i(noise(t) ** 2), given=t - 1) <= sigma**2,
            mean,
            x.hypothesis("light_tail") * sq(sigma),
        )
    )


def variance_implies_affine(x: Script) -> Line:
    x.section("A4 ⇒ affine variance")
    x.hypothesis("gradient_integrable")
    true = x.lift(variance.gradient_square(x)) * x.hypothesis("rho_nonnegative")
    claim = sum_i(E(noise(t) ** 2)) - rho * sum_i(E(grad_theta(t - 1) ** 2)) <= sigma**2
    return at_horizon(x.show("", claim, x.hypothesis("bounded_variance"), true, start=1))


def coordinatewise_implies_norm(x: Script) -> Line:
    x.section("affine, coordinatewise ⇒ in norm")
    x.hypothesis("noise_integrable")
    x.hypothesis("gradient_integrable")
    x.integrable_conditional(1, noise(t) ** 2, t - 1)
    summed = x.lift(x.hypothesis("affine_variance"))
    claim = sum_i(E(noise(t) ** 2)) - rho * sum_i(E(grad_theta(t - 1) ** 2)) <= sigma**2
    return at_horizon(x.show("", claim, summed, x.hypothesis("sigma_squared"), start=1))


def affine_implies_expected_smoothness(x: Script) -> Line:
    """E‖g‖² = E‖∇f‖² + E‖ζ‖² <= (1+ρ)E‖∇f‖² + σ²."""
    x.section("affine ⇒ expected smoothness")
    x.hypothesis("noise_integrable")
    x.hypothesis("gradient_integrable")
    x.hypothesis("loss_integrable")
    variance.gradient_integrable(x, variance.gradient_parts(x))
    split = variance.second_moment_split(x, variance.noise_centred(x))
    x.section("affine ⇒ expected smoothness")
    true = x.lift(variance.gradient_square(x))
    above = x.expect(x.hypothesis("bounded_below"))(t - 1)
    claim = (
        sum_i(E(g(t) ** 2)) - abc_B * sum_i(E(grad_theta(t - 1) ** 2)) - 2 * abc_A * (E(f_theta(t - 1)) - f_inf)
        <= sigma**2
    )
    products = (
        x.hypothesis("affine_variance_norm"),
        x.hypothesis("abc_B_large") * true,
        x.hypothesis("abc_A_nonnegative") * above,
    )
    return at_horizon(x.show("E‖g_t‖² ≤ 2A(E f − f_inf) + B E‖∇f‖² + σ²", claim, *products, modulo=[split], start=1))


def unbiased_implies_bias(x: Script) -> Line:
    x.section("A2 ⇒ bias 0")
    error = E(g(t), given=t - 1) - grad_theta(t - 1)
    none = x.sum_i(x.show("", (error**2).equals(0), modulo=[x.hypothesis("unbiased")]))
    return at_horizon(x.show("‖E[g_t given F_{t−1}] − ∇f(θ_{t−1})‖² = 0", sum_i(error**2) <= 0, modulo=[none], start=1))


IMPLICATION_SCRIPTS: dict[str, Callable[[Script], Line]] = {
    "a6_implies_a5_conditional": bounded_gradient_implies_conditional,
    "a5_conditional_implies_a5": conditional_implies_unconditional,
    "a5_implies_a4": second_moment_implies_variance,
    "a5_conditional_implies_heavy_tails": second_moment_implies_three_halves,
    "a4_conditional_implies_a4": conditional_variance_implies_unconditional,
    "sub_gaussian_implies_a4_conditional": light_tails_imply_variance,
    "a4_implies_affine_variance_norm": variance_implies_affine,
    "affine_variance_implies_affine_variance_norm": coordinatewise_implies_norm,
    "affine_variance_norm_implies_expected_smoothness": affine_implies_expected_smoothness,
    "unbiased_implies_bounded_bias": unbiased_implies_bias,
}
"""By the name of the statement."""
