"""The sums over step sizes that E.1 rests on, as statements of their own: nothing about an objective or an oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from theory import atoms as at
from theory.assumptions import PARAMETERS
from theory.expressions import Expression, T, idx, sum_t, t
from theory.statement import Definition, Hypothesis, Statement
from theory.statements.clipped import ROOT_OF_STEP
from theory.statements.decaying import STEP_SCHEDULE

if TYPE_CHECKING:
    import sympy

LOGARITHM = Definition("logarithm", at.log_idx, idx(t))
FALL = at.alpha_t(t - 1) - at.alpha_t(t)
"""d_t = α_{t−1} − α_t."""


def logarithmic() -> sympy.Expr:
    """1 + ln T."""
    from sympy import log

    from theory.bounds import symbols

    (T,) = symbols("T")
    return 1 + log(T)


def logarithmic_steps() -> sympy.Expr:
    """α0²(1 + ln T)."""
    from theory.bounds import symbols

    (alpha0,) = symbols("alpha0")
    return alpha0**2 * logarithmic()


def roots_at_most() -> sympy.Expr:
    """2√T."""
    from sympy import sqrt

    from theory.bounds import symbols

    (T,) = symbols("T")
    return 2 * sqrt(T)


def one() -> sympy.Expr:
    """1."""
    from sympy import Integer

    return Integer(1)


def half_square() -> sympy.Expr:
    """α0²/2."""
    from theory.bounds import symbols

    (alpha0,) = symbols("alpha0")
    return alpha0**2 / 2


def small_square() -> sympy.Expr:
    """0.1164 α0²."""
    from sympy import Rational

    from theory.bounds import symbols

    (alpha0,) = symbols("alpha0")
    return Rational(291, 2500) * alpha0**2


def _sum(
    name: str,
    title: str,
    measured: Expression,
    bound: Callable[[], sympy.Expr],
    parameters: tuple[str, ...],
    definitions: tuple[Definition, ...] = (),
    hypotheses: tuple[Hypothesis, ...] = (),
    discrepancies: tuple[str, ...] = (),
) -> Statement:
    return Statement(
        name=name,
        title=title,
        reference="Appendix E.1, a sum",
        method="adopt_decaying",
        objective=(),
        points=(),
        hypotheses=hypotheses,
        definitions=definitions,
        measured=measured,
        bound=bound,
        parameters=parameters,
        rate="a sum",
        discrepancies=discrepancies,
    )


POSITIVE = PARAMETERS["alpha0_positive"]

ALL = (
    _sum(
        "sum_inverse_steps",
        "Σ_{t≤T} 1/t ≤ 1 + ln T",
        sum_t(1, at.inv_idx(t)),
        logarithmic,
        ("T",),
        (Definition("inverse", at.inv_idx, idx(t)), LOGARITHM),
    ),
    _sum(
        "sum_squared_steps",
        "Σ_{t≤T} α_t² ≤ α0²(1 + ln T) for α_t = α0/√t",
        sum_t(1, at.alpha_t(t) ** 2),
        logarithmic_steps,
        ("alpha0", "T"),
        (LOGARITHM,),
        STEP_SCHEDULE[1:],
    ),
    _sum(
        "sum_inverse_roots_at_least",
        "Σ_{t≤T} 1/√t ≥ 2√(T+1) + 1 − 2√2",
        2 * (1 + at.root_idx(T + 1) - at.root_idx(2)) - sum_t(1, at.inv_root_idx(t)),
        one,
        (),
        ROOT_OF_STEP,
        discrepancies=(
            "At least √T and at least 2√(T+1) − 2, the two forms of the project's notes: the first term is exact.",
            "Written with the sum on the left: 2(1 + √(T+1) − √2) − Σ 1/√t ≤ 1.",
        ),
    ),
    _sum(
        "sum_inverse_roots_at_most",
        "Σ_{t≤T} 1/√t ≤ 2√T",
        sum_t(1, at.inv_root_idx(t)),
        roots_at_most,
        ("T",),
        ROOT_OF_STEP,
    ),
    _sum(
        "sum_steps_times_falls",
        "Σ_{2≤t≤T} α_t(α_{t−1} − α_t) ≤ α0²/2 for every sequence α_t with α_1 = α0",
        sum_t(2, at.alpha_t(t) * FALL),
        half_square,
        ("alpha0",),
        hypotheses=(Hypothesis("first_step_size", at.alpha_t(1).equals(at.alpha0), "parameters", 0),),
        discrepancies=("The notes have it for α_t = α0/√t; neither that nor that the α_t decrease is needed.",),
    ),
    _sum(
        "sum_squared_falls",
        "Σ_{2≤t≤T} (α_{t−1} − α_t)² ≤ 0.1164 α0² for α_t = α0/√t",
        sum_t(2, FALL**2),
        small_square,
        ("alpha0",),
        hypotheses=(POSITIVE, *STEP_SCHEDULE),
        discrepancies=("The whole series is 0.11637… α0².",),
    ),
)
