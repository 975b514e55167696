"""Which assumption implies which: each implication a theorem, at an arbitrary step T ≥ 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.assumptions import ASSUMPTIONS, BOUNDED_VARIANCE, PARAMETERS, UNBIASED, heavy_tails
from theory.expressions import E, Expression, T, sum_i, t
from theory.further_assumptions import EXPECTED_SMOOTHNESS, SUB_GAUSSIAN, abc_A, abc_B
from theory.statement import Definition, Hypothesis, Statement

if TYPE_CHECKING:
    import sympy

SECOND_MOMENT = sum_i(at.g(T) ** 2)
VARIANCE = sum_i(at.noise(T) ** 2)
TRUE = sum_i(at.grad_theta(T - 1) ** 2)
NOISE = BOUNDED_VARIANCE.hypotheses[1]
"""ζ_t = g_t − ∇f(θ_{t−1})."""
GRADIENT_INTEGRABLE = Hypothesis("gradient_integrable", at.grad_theta(t) ** 2, "start", 0)
LOSS_INTEGRABLE = Hypothesis("loss_integrable", at.f_theta(t), "start", 0)
BOUNDED_BELOW = Hypothesis("bounded_below", at.f_inf <= at.f_theta(t), "lower_bounded", 0)
"""A1 along the run: these theorems speak of no other points."""


@dataclass(frozen=True)
class Implication:
    """`statement` says that `premise` (an assumption id, with those in `besides`) implies `conclusion`."""

    premise: str
    conclusion: str
    besides: tuple[str, ...]
    statement: Statement


SHORT = {
    "bounded_gradient": "a6",
    "bounded_second_moment": "a5",
    "bounded_second_moment_conditional": "a5_conditional",
    "bounded_variance": "a4",
    "bounded_variance_conditional": "a4_conditional",
}


def short(assumption: str) -> str:
    """The assumption's part of a theorem's name: a certificate's names have at most 60 characters."""
    return SHORT.get(assumption, assumption)


def _square(name: str) -> Callable[[], sympy.Expr]:
    def bound() -> sympy.Expr:
        from theory.bounds import symbols

        return symbols(name)[0] ** 2

    bound.__doc__ = f"{name}²."
    return bound


def zero() -> sympy.Expr:
    """0: everything stands on the left."""
    from sympy import Integer

    return Integer(0)


def cube() -> sympy.Expr:
    """G³."""
    from theory.bounds import symbols

    return symbols("G")[0] ** 3


def _implies(
    premise: str,
    conclusion: str,
    measured: Expression,
    bound: Callable[[], sympy.Expr],
    hypotheses: tuple[Hypothesis, ...],
    *,
    besides: tuple[str, ...] = (),
    parameters: tuple[str, ...] = (),
    definitions: tuple[Definition, ...] = (),
    words: str = "",
) -> Implication:
    known = ASSUMPTIONS | {x.name: x for x in (EXPECTED_SMOOTHNESS, SUB_GAUSSIAN)}
    left, right = known[premise], known[conclusion]
    return Implication(
        premise,
        conclusion,
        besides,
        Statement(
            name=f"{short(premise)}_implies_{short(conclusion)}",
            title=f"{left.label} implies {right.label}" + (f" ({words})" if words else ""),
            reference="implication",
            method="any",
            objective=(),
            points=(),
            hypotheses=hypotheses,
            definitions=definitions,
            measured=measured,
            bound=bound,
            parameters=parameters,
            rate="0",
            remarks=("T is any step from 1 on: a statement's goal has no free t.",),
        ),
    )


def _of(name: str, *keep: str) -> tuple[Hypothesis, ...]:
    return tuple(h for h in ASSUMPTIONS[name].hypotheses if not keep or h.name in keep)


A5C = "bounded_second_moment_conditional"
A4C = "bounded_variance_conditional"
IMPLICATIONS: tuple[Implication, ...] = (
    _implies(
        "bounded_gradient", A5C, E(SECOND_MOMENT, given=T - 1), _square("G"), _of("bounded_gradient"), parameters=("G",)
    ),
    _implies(
        A5C,
        "bounded_second_moment",
        E(SECOND_MOMENT),
        _square("G"),
        _of(A5C, "second_moment_integrable", A5C),
        parameters=("G",),
    ),
    _implies(
        "bounded_second_moment",
        "bounded_variance",
        E(VARIANCE),
        _square("G"),
        (*_of("bounded_second_moment"), *UNBIASED.hypotheses, NOISE),
        besides=("unbiased",),
        parameters=("G",),
        words="with σ = G, by A2",
    ),
    _implies(
        A5C,
        "heavy_tails",
        E(at.norm_root(T) ** 3, given=T - 1) ** 2,
        cube,
        (*_of(A5C, "second_moment_integrable", A5C), *heavy_tails(3, 2).hypotheses[1:3], PARAMETERS["G_nonnegative"]),
        parameters=("G",),
        words="p = 3/2",
    ),
    _implies(
        A4C, "bounded_variance", E(VARIANCE), _square("sigma"), _of(A4C, "noise_integrable", A4C), parameters=("sigma",)
    ),
    _implies(
        "sub_gaussian",
        A4C,
        E(VARIANCE, given=T - 1),
        _square("sigma"),
        tuple(
            h
            for h in SUB_GAUSSIAN.hypotheses
            if h.name in ("light_tail_dominates", "light_tail_integrable", "light_tail")
        ),
        parameters=("sigma",),
    ),
    _implies(
        "bounded_variance",
        "affine_variance_norm",
        E(VARIANCE) - at.rho * E(TRUE),
        _square("sigma"),
        (*_of("bounded_variance", "bounded_variance"), GRADIENT_INTEGRABLE, PARAMETERS["rho_nonnegative"]),
        parameters=("sigma",),
        words="for every ρ ≥ 0",
    ),
    _implies(
        "affine_variance",
        "affine_variance_norm",
        E(VARIANCE) - at.rho * E(TRUE),
        _square("sigma"),
        (*_of("affine_variance", "noise_integrable", "affine_variance", "sigma_squared"), GRADIENT_INTEGRABLE),
        parameters=("sigma",),
    ),
    _implies(
        "affine_variance_norm",
        "expected_smoothness",
        E(SECOND_MOMENT) - abc_B * E(TRUE) - 2 * abc_A * (E(at.f_theta(T - 1)) - at.f_inf),
        _square("sigma"),
        (
            *_of("affine_variance_norm"),
            *UNBIASED.hypotheses,
            GRADIENT_INTEGRABLE,
            LOSS_INTEGRABLE,
            BOUNDED_BELOW,
            Hypothesis("abc_A_nonnegative", abc_A >= 0, "parameters"),
            Hypothesis("abc_B_large", abc_B >= 1 + at.rho, "parameters"),
        ),
        besides=("unbiased", "lower_bounded"),
        parameters=("sigma",),
        words="A ≥ 0, B ≥ 1 + ρ, by A1 and A2",
    ),
    _implies(
        "unbiased",
        "bounded_bias",
        sum_i((E(at.g(T), given=T - 1) - at.grad_theta(T - 1)) ** 2),
        zero,
        UNBIASED.hypotheses,
        words="with δ = 0",
    ),
)
"""Without those that only say that a part of an assumption is the assumption."""

ALL = tuple(x.statement for x in IMPLICATIONS)
