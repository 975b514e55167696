"""N5: clipped ADOPT under heavy tails, E[‖g‖^p given the past] <= G^p with 1 < p <= 2: the variance may be infinite.

One statement for every fraction p = m/q; `FAMILY` names the instances that have certificates.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from theory import atoms as at
from theory.algorithms import ADOPT_CLIPPED, hypotheses
from theory.assumptions import PARAMETERS, UNBIASED, heavy_tails, heavy_tails_start
from theory.expressions import E, Expression, T, idx, lift, sum_i, sum_t, t
from theory.statement import Definition, Hypothesis, Statement

if TYPE_CHECKING:
    import sympy


class Power(NamedTuple):
    """p = m/q, not necessarily in lowest terms: roots are of degree q >= 2 and 2q."""

    m: int
    q: int

    @property
    def value(self) -> Fraction:
        return Fraction(self.m, self.q)

    @property
    def rest(self) -> int:
        """2q − m, so that 2 − p = rest/q."""
        return 2 * self.q - self.m

    @property
    def lowest(self) -> tuple[int, int]:
        """Numerator and denominator of p in lowest terms."""
        return self.value.numerator, self.value.denominator

    @property
    def name(self) -> str:
        p = self.value
        return f"{p.numerator}_{p.denominator}" if p.denominator > 1 else str(p.numerator)

    @property
    def clip_factor(self) -> Fraction:
        """C_p^q for C_p = (p−1)^{p−1}/p^p, the least constant with (x−c)_+ <= C_p x^p c^{1−p}."""
        m, q = self
        return Fraction(q**q * (m - q) ** (m - q), m**m)


THREE_HALVES = Power(3, 2)
FAMILY = (THREE_HALVES, Power(4, 3), Power(5, 4), Power(4, 2))
"""The p of the statements about ‖∇f‖; p = 2 is A5, given the past."""


def bound(power: Power) -> sympy.Expr:
    """2Δ/(αT) + αL(1+β1)/(1−β1)·c^{2−p}D^{1−p/2}(G/ε)^p + C_p²D^{2−p}G^{2p}ε^{1−2p}c^{2−2p}."""
    from sympy import Rational

    from theory.bounds import symbols

    Delta, alpha, T, L, G, eps, beta1, c, D = symbols("Delta alpha T L G eps beta1 c D")
    p = Rational(power.m, power.q)
    factor = Rational(power.clip_factor.numerator, power.clip_factor.denominator) ** Rational(2, power.q)
    return (
        2 * Delta / (alpha * T)
        + alpha * L * moment(power) * (1 + beta1) / (1 - beta1)
        + factor * D ** (2 - p) * G ** (2 * p) * eps ** (1 - 2 * p) * c ** (2 - 2 * p)
    )


def moment(power: Power) -> sympy.Expr:
    """c^{2−p}D^{1−p/2}(G/ε)^p, the bound on E‖a_t‖²."""
    from sympy import Rational

    from theory.bounds import symbols

    G, eps, c, D = symbols("G eps c D")
    p = Rational(power.m, power.q)
    return c ** (2 - p) * D ** (1 - p / 2) * G**p * eps**-p


def best_alpha(power: Power) -> sympy.Expr:
    """√(2Δ(1−β1)/(LT(1+β1)c^{2−p}D^{1−p/2}(G/ε)^p)): where the first two terms are equal."""
    from sympy import sqrt

    from theory.bounds import symbols

    Delta, T, L, beta1 = symbols("Delta T L beta1")
    return sqrt(2 * Delta * (1 - beta1) / (L * T * (1 + beta1) * moment(power)))


def bound_gradient(power: Power) -> sympy.Expr:
    """(ε^p + KG^p)^{1/p} times `bound`, K = (1−β2)^{p/2}/(1−β2^{p/2})."""
    from sympy import Rational

    from theory.bounds import symbols

    G, eps, beta2 = symbols("G eps beta2")
    p = Rational(power.m, power.q)
    K = (1 - beta2) ** (p / 2) / (1 - beta2 ** (p / 2))
    numerator, denominator = power.lowest
    return ((eps**p + K * G**p) ** denominator) ** Rational(1, numerator) * bound(power)


RANGES = (
    "alpha_positive",
    "eps_positive",
    "L_nonnegative",
    "G_nonnegative",
    "c_positive",
    "beta1_nonnegative",
    "beta1_below_one",
)
UNUSED = ("second_moment_start", "second_moment_step", "normaliser_squared_at_most")
WEIGHTED = at.inv_T * sum_t(1, sum_i(E(at.grad_theta(t - 1) ** 2 * at.inv_s(t - 1))))
CONSTANTS = (
    Definition("define", at.Delta, E(at.f_theta(0)) - at.f_inf),
    Definition("inverse", at.inv_alpha, at.alpha),
    Definition("inverse", at.inv_eps, at.eps),
    Definition("inverse", at.inv_c, at.c),
    Definition("inverse", at.inv_one_minus_beta1, 1 - at.beta1),
    Definition("inverse", at.inv_T, idx(T)),
)


def roots(power: Power) -> tuple[Definition, ...]:
    """The roots that the bound is a polynomial in; c^{2−p} and D^{1−p/2} are 1 at p = 2."""
    q = power.q
    found = [
        Definition("root", at.inv_root_eps, at.inv_eps, q),
        Definition("root", at.inv_root_c, at.inv_c, q),
        Definition("root", at.root_G, at.G, q),
        Definition("root", at.C_p, lift(power.clip_factor), q),
    ]
    if power.rest:
        found += [Definition("root", at.root_c, at.c, q), Definition("root", at.root_D, sum_i(1), 2 * q)]
    return tuple(found)


def radius(power: Power) -> Expression:
    """(ε^p + KG^p)^q, q the denominator of p."""
    m = power.m
    return (at.root_eps**m + at.rest_root**m * at.inv_forgotten * at.root_G**m) ** power.lowest[1]


def gradient_definitions(power: Power) -> tuple[Definition, ...]:
    """K's parts, (ε^p+KG^p)^{1/p}, and (E‖∇f‖^r)^{2/r} for r = 2p/(1+p), in two roots."""
    m, q = power
    return (
        Definition("root", at.root_eps, at.eps, q),
        Definition("root", at.root_beta2, at.beta2, 2 * q),
        Definition("root", at.rest_root, 1 - at.beta2, 2 * q),
        Definition("inverse", at.inv_forgotten, 1 - at.root_beta2**m),
        Definition("root", at.S, radius(power), power.lowest[0]),
        Definition("root", at.norm_r, sum_i(at.grad_theta(t - 1) ** 2) ** m, q + m),
        Definition("root", at.measure_r, E(at.norm_r(t)) ** (q + m), m),
    )


def rate(power: Power) -> str:
    """−(2p−2)/(3p−2), for c of the order of T^{1/(3p−2)} and the best α."""
    p = power.value
    return str(-(2 * p - 2) / (3 * p - 2))


def words(power: Power) -> str:
    """p as people write it."""
    return str(power.value)


def weighted(power: Power) -> Statement:
    """The bound on E Σ (∂_i f)²/s_i."""
    return Statement(
        name="adopt_clipped_heavy_tailed",
        title=f"Clipped ADOPT under heavy tails, p = {words(power)}: average over t ≤ T of E Σ (∂_i f(θ_{{t−1}}))²/s_{{t−1,i}}",
        reference=f"new; N5 at p = {words(power)}",
        method=ADOPT_CLIPPED.name,
        objective=("lower_bounded", "smooth"),
        points=((at.theta, at.f_theta, at.grad_theta),),
        hypotheses=(
            *(PARAMETERS[x] for x in RANGES),
            *(h for h in hypotheses(ADOPT_CLIPPED) if h.name not in UNUSED),
            *UNBIASED.hypotheses,
            *heavy_tails(*power).hypotheses,
            Hypothesis("start_integrable", at.f_theta(0), "start"),
        ),
        definitions=(*CONSTANTS, *roots(power), Definition("inverse", at.inv_s, at.s(t))),
        measured=WEIGHTED,
        bound=lambda: bound(power),
        parameters=("Delta", "L", "G", "eps", "beta1", "c", "D", "alpha", "T"),
        rate=rate(power),
        best_alpha=lambda: best_alpha(power),
        discrepancies=(
            *DISCREPANCIES,
            "The measure is E Σ (∂_i f)²/s_i. So v does not occur, and the statement holds for every normaliser s ≥ ε that "
            "is known at t−1; for ‖∇f‖ itself see `adopt_clipped_heavy_tailed_gradient_3_2`.",
            "The moment is bounded given F_{t−1}, for t ≥ 1 only. In the mean alone is not enough: then the statement is false "
            "(docs/hypotheses.md).",
        ),
    )


DISCREPANCIES = (
    "Not in the paper. The project's notes have every real p in (1, 2]. Certificates are about polynomials, so p is a "
    "fraction m/q, with ‖g‖^{1/q} given by its sign and its power 2q and the inequalities between powers proved. One "
    "statement and one script serve every m/q; certificates exist for p = 5/4, 4/3, 3/2 and 2. Every real p in (1, 2], "
    "irrational ones too, is proved by hand in Coq with the measure E Σ (∂_i f)²/s_i, for finite noise (`HeavyTailed.v`, "
    "docs/trust.md); in the gradient's norm irrational p are not proved.",
    "The constants are the notes'. Their optimal rate T^{−(2p−2)/(3p−2)} is at c of the order of T^{1/(3p−2)} and α of "
    "the order of c^{−p}; the threshold is constant here, and the best step size is that for a given c.",
)


GRADIENT_PARAMETERS = ("Delta", "L", "G", "eps", "beta1", "beta2", "c", "D", "alpha", "T")
"""At p = 2 neither K = 1 nor D^{2−p} = 1 is there."""


def gradient(power: Power) -> Statement:
    """The bound on (E‖∇f‖^r)^{2/r}, r = 2p/(1+p)."""
    base = weighted(power)
    r = 2 * power.value / (1 + power.value)
    return Statement(
        name=f"adopt_clipped_heavy_tailed_gradient_{power.name}",
        title=f"Clipped ADOPT under heavy tails, p = {words(power)}: average of (E‖∇f(θ_{{t−1}})‖^{{{r}}})^{{{2 / r}}}",
        reference=base.reference,
        method=base.method,
        objective=base.objective,
        points=base.points,
        hypotheses=(
            *(PARAMETERS[x] for x in (*RANGES, "beta2_nonnegative", "beta2_below_one")),
            *hypotheses(ADOPT_CLIPPED),
            *UNBIASED.hypotheses,
            *heavy_tails(*power, first=0).hypotheses,
            heavy_tails_start(*power),
            Hypothesis("start_integrable", at.f_theta(0), "start"),
        ),
        definitions=(*CONSTANTS, *roots(power), *gradient_definitions(power)),
        measured=at.inv_T * sum_t(1, at.measure_r(t)),
        bound=lambda: bound_gradient(power),
        parameters=tuple(x for x in GRADIENT_PARAMETERS if power.rest or x not in ("beta2", "D")),
        rate=base.rate,
        best_alpha=base.best_alpha,
        discrepancies=(
            *DISCREPANCIES,
            "E v may be infinite, so the measure is (E‖∇f‖^r)^{2/r} with r = 2p/(1+p), 4/3 at p = 2, and its factor is "
            "(ε^p + KG^p)^{1/p} with K = (1−β2)^{p/2}/(1−β2^{p/2}), from E‖v_t‖₁^{p/2} ≤ KG^p. β2 = 1 is excluded for "
            "that; K = 1 at p = 2.",
            "The moment is bounded given F_{t−1}, and for g_0 in the mean. In the mean alone is not enough: then the statement "
            "is false (docs/hypotheses.md).",
        ),
    )


ALL = (weighted(THREE_HALVES), *(gradient(power) for power in FAMILY))
