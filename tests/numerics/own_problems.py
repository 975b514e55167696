"""Problems as a user writes them: a sympy objective and a noise law. Every tier must take each of them."""

import sympy
from sympy import Rational

from numerics.custom import custom
from numerics.noises import FiniteSupport, Noise, StandardNormal, multiplicative, normal, signs, spikes
from numerics.problems import Problem, Start
from numerics.symbolic import GRADIENT, VARIATE, log_cosh

X, Y, Z = sympy.symbols("x y z", real=True)
ONE = sympy.Integer(1)
EXACT = Noise("exact", GRADIENT, FiniteSupport((sympy.Integer(0),), (ONE,)))
SKEWED = Noise("skewed", GRADIENT + (VARIATE**3 - 3 * VARIATE) / 2 + VARIATE / 3, StandardNormal())


def own_problems() -> dict[str, Problem]:
    """Name → problem: one variable and several, irrational constants, high and half-integer powers, choices, a box."""
    made = [
        custom(
            "valley", log_cosh(X - Y) + Y**2 / (1 + Y**2), (X, Y), signs(1), Start.at(2, -1),
            infimum=0, smoothness=6, slopes=(1, 2),
        ),
        custom(
            "saddle", log_cosh(X * Y) + sympy.sin(Z) ** 2 + Z**2, (X, Y, Z), spikes(10, Rational(1, 20)),
            Start.at(1, 2, 3), infimum=0, smoothness=100,
        ),
        custom("half free", 3 * X + Y**2 / 2, (X, Y), multiplicative(Rational(1, 2)), Start.at(1, 0),
               infimum=-3, smoothness=1, box=(-1, 1)),
        custom("plane", 3 * X - Y, (X, Y), EXACT, Start.at(1, 0), infimum=-4, smoothness=0, slopes=3, box=(-1, 1)),
        custom("sixth powers", X**6 / (1 + X**6), X, normal(Rational(1, 2)), Start.at(2, -1), infimum=0, smoothness=10),
        custom("well", 1 - 1 / sympy.sqrt(1 + X**2), X, SKEWED, Start.at(1), infimum=0, smoothness=1, slopes=1),
        custom("ripples", X**2 / 2 + 1 - sympy.cos(sympy.pi * X) + sympy.sqrt(2) * log_cosh(X), X, normal(1),
               Start.at(2), infimum=0, smoothness=13),
        custom("log cosh", sympy.log(sympy.cosh(X)), X, normal(1), Start.at(2), infimum=0, smoothness=1, slopes=1),
        custom("one-sided", sympy.Piecewise((X**2 / 2, X > 0), (0, True)), X, normal(1), Start.at(3),
               infimum=0, smoothness=1),
    ]  # fmt: skip
    return {problem.name: problem for problem in made}
