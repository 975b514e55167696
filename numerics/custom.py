"""Problems of one's own: a sympy objective and a noise law, and every tier, exact trees included, follows from them.

    x, y = sympy.symbols("x y", real=True)
    valley = custom(
        "valley", log_cosh(x - y) + y**2 / (1 + y**2), (x, y), normal(1), Start.at(2, -1),
        infimum=0, smoothness=6, slopes=(1, 2),
    )

`numerics.symbolic` lists what an objective may be made of; `log_cosh` and `logistic` from there do not overflow. The
noise is `numerics.noises.Noise`: any polynomial g(d, z) with E[g given d] = d, z normal or of finite support.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from numerics.exact import ExactArray, working_precision
from numerics.noises import Noise
from numerics.objectives import ScalarObjective
from numerics.problems import Constants, CoordinatewiseNoise, Lane, Problem, SeparableProblem, Start, check_box
from numerics.symbolic import X, ball_namespace, compile_expression, enclose, tensor_namespace

if TYPE_CHECKING:
    from torch import Tensor

MOST_COORDINATES = 32
"""A formula of more coordinates is not written out for a single run."""


def coordinates(count: int) -> tuple[sympy.Symbol, ...]:
    """The coordinates θ_0, …, θ_{D-1} in the definition of a `SymbolicProblem`."""
    return tuple(sympy.Symbol(f"theta_{i}", real=True) for i in range(count))


@dataclass(frozen=True)
class SymbolicProblem(CoordinatewiseNoise):
    """f(θ_0, …, θ_{D-1}), a sympy expression in `coordinates(D)`, with independent coordinatewise noise.

    The constants are the user's, exact sympy numbers: `infimum` ≤ inf f, `slopes` ≥ sup |∂_i f| (`sympy.oo` where
    unbounded), `smoothness` ≥ the Lipschitz constant of ∇f. With q(d) = E[g² given d] the noise's,
    E[‖g‖² given F] = Σ q(∂_i f) ≤ Σ sup_{|d| ≤ slope_i} q, and the same for the variance and the almost sure bound.
    """

    name: str
    expression: sympy.Expr
    noise: Noise
    start: Start
    infimum: sympy.Expr
    smoothness: sympy.Expr
    slopes: tuple[sympy.Expr, ...]
    eps: sympy.Rational
    box: tuple[sympy.Rational, sympy.Rational] | None = None

    def __post_init__(self) -> None:
        check_box(self.name, self.box, self.start)

    @functools.cached_property
    def partials(self) -> tuple[sympy.Expr, ...]:
        """∂_i f, the symbolic derivatives of the one definition."""
        return tuple(sympy.diff(self.expression, x) for x in coordinates(self.dimension))

    @functools.cached_property
    def constants(self) -> Constants:
        """See the class docstring for the proof."""

        def over_coordinates(bound: Callable[[sympy.Expr], sympy.Expr]) -> Any:
            return enclose(sympy.Add(*(bound(slope) for slope in self.slopes)))

        with working_precision():
            return Constants.from_balls(
                f_inf=enclose(self.infimum),
                L=enclose(self.smoothness),
                G2=over_coordinates(self.noise.second_moment),
                G2_max=over_coordinates(self.noise.almost_sure_square),
                sigma2=over_coordinates(self.noise.variance),
                start_value=self.start_value(),
            )

    def _compiled(self, namespace: Mapping[str, Any]) -> tuple[Callable[..., Any], list[Callable[..., Any]]]:
        symbols = coordinates(self.dimension)
        return (
            compile_expression(self.expression, symbols, namespace),
            [compile_expression(partial, symbols, namespace) for partial in self.partials],
        )

    @functools.cached_property
    def _tensor(self) -> tuple[Callable[..., Any], list[Callable[..., Any]]]:
        return self._compiled(tensor_namespace())

    @functools.cached_property
    def _balls(self) -> tuple[Callable[..., Any], list[Callable[..., Any]]]:
        return self._compiled(ball_namespace())

    def value(self, theta: Tensor) -> Tensor:
        """f, shape [...]."""
        import torch

        return torch.as_tensor(self._tensor[0](*theta.unbind(-1))).expand(theta.shape[:-1])

    def gradient(self, theta: Tensor) -> Tensor:
        """∇f, shape [..., D]."""
        import torch

        x = theta.unbind(-1)
        parts = [torch.as_tensor(partial(*x)).to(theta).expand(theta.shape[:-1]) for partial in self._tensor[1]]
        return torch.stack(parts, -1)

    def value_balls(self, theta: ExactArray) -> ExactArray:
        """f on balls, shape [...]."""
        x = _columns(theta)
        return (x[0] * 0 + self._balls[0](*x)).view(ExactArray)

    def gradient_balls(self, theta: ExactArray) -> ExactArray:
        """∇f on balls, shape [..., D]."""
        x = _columns(theta)
        return np.stack([np.asarray(x[0] * 0 + partial(*x)) for partial in self._balls[1]], -1).view(ExactArray)

    def lane(self) -> Lane | None:
        """All coordinates in one formula, if there are few."""
        if self.dimension > MOST_COORDINATES:
            return None

        def record(
            namespace: Mapping[str, Any], theta: Sequence[Any], noise: Sequence[Any]
        ) -> tuple[Any, list[Any], list[Any]]:
            value, partials = self._compiled(namespace)
            d = [partial(*theta) for partial in partials]
            return value(*theta), d, [self.record_noise(namespace, x, z) for x, z in zip(d, noise, strict=True)]

        return Lane(self.noise_kind(), 0, False, record)


def _columns(theta: ExactArray) -> list[ExactArray]:
    return [theta[..., i].view(ExactArray) for i in range(theta.shape[-1])]


def custom(
    name: str,
    objective: sympy.Expr,
    variables: sympy.Symbol | Sequence[sympy.Symbol],
    noise: Noise,
    start: Start,
    *,
    infimum: Any,
    smoothness: Any,
    slopes: Any = sympy.oo,
    eps: Any = 1,
    box: tuple[Any, Any] | None = None,
) -> Problem:
    """A problem from a sympy objective and a noise.

    With one variable f(θ) = Σ_i φ(θ_i) over the coordinates of the start; with several, f is the expression itself. The
    constants are the user's to prove: `infimum` ≤ inf f (of φ for one variable), `slopes` ≥ sup |∂_i f| (one number, or
    one for each variable), `smoothness` ≥ the Lipschitz constant of ∇f. Floats stand for their exact binary values.
    Raises ValueError for an expression with other symbols or functions, constants that are no numbers or that the start
    contradicts, and a start of another dimension or outside the box.
    """
    symbols = (variables,) if isinstance(variables, sympy.Symbol) else tuple(variables)
    if not symbols or len(set(symbols)) != len(symbols) or not all(isinstance(s, sympy.Symbol) for s in symbols):
        raise ValueError(f"{name}: variables must be distinct sympy symbols, got {variables}")
    expression = _exact(sympy.sympify(objective))
    known = {"infimum": infimum, "smoothness": smoothness, "eps": eps}
    numbers = {what: _number(name, what, value) for what, value in known.items()}
    listed = tuple(slopes) if isinstance(slopes, (tuple, list)) else (slopes,) * len(symbols)
    if len(listed) != len(symbols):
        raise ValueError(f"{name}: slopes must be one number or {len(symbols)}, got {len(listed)}")
    bounds = tuple(_number(name, "slopes", slope) for slope in listed)
    interval = None if box is None else (_number(name, "box", box[0]), _number(name, "box", box[1]))
    if not (numbers["eps"] > 0 and numbers["smoothness"] >= 0 and all(b >= 0 for b in bounds)):
        raise ValueError(f"{name}: eps must be positive, smoothness and slopes at least 0")
    made: Problem
    if len(symbols) == 1:
        phi = ScalarObjective(
            name, _renamed(name, expression, symbols, (X,)), numbers["infimum"], bounds[0], numbers["smoothness"]
        )
        made = SeparableProblem(name, phi, noise, start, numbers["eps"], box=interval)
    else:
        if len(start.points[0]) != len(symbols):
            raise ValueError(f"{name}: {len(symbols)} variables, but the start has {len(start.points[0])} coordinates")
        made = SymbolicProblem(
            name,
            _renamed(name, expression, symbols, coordinates(len(symbols))),
            noise,
            start,
            numbers["infimum"],
            numbers["smoothness"],
            bounds,
            numbers["eps"],
            box=interval,
        )
    if made.constants.Delta < 0:
        raise ValueError(f"{name}: f at the start is below infimum = {infimum}")
    made.gradient(made.initial(0, range(1)))
    return made


def _renamed(
    name: str, expression: sympy.Expr, symbols: Sequence[sympy.Symbol], names: Sequence[sympy.Symbol]
) -> sympy.Expr:
    """The expression in the coordinates' own names. Raises ValueError for symbols that are no variables."""
    free = expression.free_symbols - set(symbols)
    if free:
        raise ValueError(f"{name}: the objective has {', '.join(sorted(map(str, free)))} besides its variables")
    return expression.subs(dict(zip(symbols, names, strict=True)), simultaneous=True)


def _exact(expression: sympy.Expr) -> sympy.Expr:
    return expression.replace(lambda e: e.is_Float, lambda e: sympy.Rational(e))


def _number(name: str, what: str, value: Any) -> sympy.Expr:
    number = _exact(sympy.sympify(value))
    if not number.is_number or not number.is_extended_real:
        raise ValueError(f"{name}: {what} must be a real number, got {value!r}")
    return number
