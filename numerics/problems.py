"""Problems: objective × noise × sampling × dimension × start, with certified constants.

`Problem` is what the engine needs; `SeparableProblem` is f(θ) = Σ_i φ(θ_i) with coordinatewise noise, and can also be
enumerated exactly for probability trees. `numerics.registry` names the ready-made ones.
"""

from __future__ import annotations

import functools
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sympy
from flint import arb

from numerics.exact import ExactArray, balls, float_above, float_below, square_root, total, working_precision
from numerics.noises import FiniteSupport, Noise, StandardNormal
from numerics.objectives import ScalarObjective
from numerics.symbolic import GRADIENT, VARIATE, WithoutCaches, X, compile_expression, enclose

if TYPE_CHECKING:
    from torch import Tensor

SAMPLINGS = ("with_replacement", "reshuffled", "fixed_order")
"""How the components of a finite sum are drawn from step to step: independently, as assumption A2 needs; or in epochs
that visit each component once, in a random order of their own or always in the same."""


def check_sampling(sampling: str, known: Sequence[str]) -> None:
    """Raises ValueError, listing the names, for an unknown sampling."""
    if sampling not in known:
        raise ValueError(f"unknown sampling {sampling!r}; one of {', '.join(known)}")


@dataclass(frozen=True)
class Constants:
    """Certified constants of a problem; floats rounded outward, so each inequality holds for the float itself.

    `f_inf` ≤ inf f; `L` ≥ Lipschitz constant of ∇f; `G`² ≥ E[‖g_t‖² given F_{t-1}] everywhere (so both readings of A5);
    `G_max` ≥ ‖g_t‖ almost surely (A6); `sigma`² ≥ E[‖g_t - ∇f‖² given F_{t-1}] (A4); `Delta` ≥ E f(θ_0) - f_inf.
    None where no finite constant exists. `enclosures` has the same constants as balls, each containing the exact value
    that the proof in the problem's docstring gives.
    """

    f_inf: float
    L: float
    G: float | None
    G_max: float | None
    sigma: float | None
    Delta: float
    enclosures: Mapping[str, arb]

    @staticmethod
    def from_balls(*, f_inf: arb, L: arb, G2: arb, G2_max: arb, sigma2: arb, start_value: arb) -> Constants:
        """Outward-rounded floats from enclosures of f_inf, L, G², G_max², σ² and E f(θ_0)."""
        enclosures = {"f_inf": f_inf, "L": L, "Delta": start_value - f_inf}
        for name, square in (("G", G2), ("G_max", G2_max), ("sigma", sigma2)):
            if square.is_finite():
                enclosures[name] = square_root(square)

        def above(name: str) -> float | None:
            return float_above(enclosures[name]) if name in enclosures else None

        return Constants(
            f_inf=float_below(f_inf) + 0.0,
            L=float_above(L),
            G=above("G"),
            G_max=above("G_max"),
            sigma=above("sigma"),
            Delta=float_above(enclosures["Delta"]),
            enclosures=MappingProxyType(enclosures),
        )


@dataclass(frozen=True)
class Start:
    """The law of θ_0: finitely many points with exact rational probabilities; F_0-random if more than one."""

    points: tuple[tuple[sympy.Rational, ...], ...]
    probabilities: tuple[sympy.Rational, ...] = (sympy.Integer(1),)

    def __post_init__(self) -> None:
        if len(self.points) != len(self.probabilities) or sum(self.probabilities) != 1:
            raise ValueError("a start needs one probability for each point, summing to 1")
        if len({len(point) for point in self.points}) != 1:
            raise ValueError("all points of a start need the same dimension")

    @staticmethod
    def at(*point: sympy.Rational | int) -> Start:
        """The deterministic start θ_0 = point."""
        return Start((tuple(sympy.Rational(x) for x in point),))


def check_box(name: str, box: tuple[sympy.Rational, sympy.Rational] | None, start: Start) -> None:
    """Raises ValueError unless the box is None or a pair low < high with the whole start inside."""
    if box is None:
        return
    if not box[0] < box[1]:
        raise ValueError(f"{name}: a box needs low < high, got {box}")
    if not all(box[0] <= x <= box[1] for point in start.points for x in point):
        raise ValueError(f"{name}: the start must lie in [{box[0]}, {box[1]}]")


@dataclass(frozen=True)
class Lane:
    """What a problem does in one run, for tiers that make their own code.

    `kind` of the primitive variates: "normal", "uniform", or "index" (of one of `components`, the problem's sampling).
    `separable`: one formula for every coordinate. `record(namespace, theta, noise)` evaluates the problem with the
    elementary functions of `namespace` (see `numerics.symbolic.compile_expression`; also `below(x, y)`, x < y) on lists
    of coordinates, one coordinate if separable; the noise list has one variate per coordinate, or one index. Returns
    (f or the coordinate's share of it, list of ∂_i f, list of g_i).
    """

    kind: str
    components: int
    separable: bool
    record: Callable[[Mapping[str, Any], Sequence[Any], Sequence[Any]], tuple[Any, list[Any], list[Any]]]


class Problem(WithoutCaches, ABC):
    """A stochastic problem, evaluated on batches of runs.

    `theta` is float [..., D]; `variates` come from `variates` and broadcast against it as [runs, draws].
    """

    name: str
    dimension: int
    draws: int
    """Variates per step and run."""
    start: Start
    eps: sympy.Rational
    """A denominator floor of the order of the gradient's coordinates: T4.1 is not vacuous there (theory.md §3)."""
    sampling: str = "with_replacement"

    @functools.cached_property
    @abstractmethod
    def constants(self) -> Constants:
        """Certified constants, see `Constants`."""

    @abstractmethod
    def value(self, theta: Tensor) -> Tensor:
        """f, shape [...]."""

    @abstractmethod
    def gradient(self, theta: Tensor) -> Tensor:
        """∇f, shape [..., D]."""

    @abstractmethod
    def variates(self, seed: int, runs: range, steps: range) -> Tensor:
        """The primitive random variates of these steps and runs, shape [steps, runs, draws]; see `numerics.philox`.

        Made on torch's default device, which a tier sets to its own (`numerics.stepping.drawn`).
        """

    @abstractmethod
    def stochastic_gradient(self, theta: Tensor, variates: Tensor, gradient: Tensor) -> Tensor:
        """g(θ, ξ), shape [..., D], from one step's variates [runs, draws] and the exact gradient ∇f(θ)."""

    box: tuple[sympy.Rational, sympy.Rational] | None = None
    """The iterates are projected onto [low, high] in every coordinate; None leaves them free."""

    def project(self, theta: Tensor) -> Tensor:
        """The projection of iterates onto the constraint set; NaN stays NaN."""
        return theta if self.box is None else theta.clamp(float(self.box[0]), float(self.box[1]))

    def lane(self) -> Lane | None:
        """What one run does, or None if that cannot be said by formulas of a few coordinates."""
        return None

    @property
    def holds(self) -> frozenset[str]:
        """Which of A1–A6 hold, by theory id; A4–A6 if the constant is finite.

        A2 needs independent draws. On a box A1 and A3 are left out too: they speak of all of R^D and of iterates that
        are not projected, and so do the theorems that assume them.
        """
        optional = {
            "bounded_variance": self.constants.sigma,
            "bounded_second_moment": self.constants.G,
            "bounded_gradient": self.constants.G_max,
        }
        named = {name for name, constant in optional.items() if constant is not None}
        unbiased = {"unbiased"} if self.sampling == "with_replacement" else set()
        return frozenset(named | unbiased | ({"lower_bounded", "smooth"} if self.box is None else set()))

    @functools.cached_property
    def _tables(self) -> dict[Any, Tensor]:
        return {}

    def table(self, values: Any, like: Tensor) -> Tensor:
        """The problem's one table of numbers in the precision and on the device of a tensor; a device gets it once.

        So no step waits for a copy. Tensors that a trace makes are no values to keep.
        """
        import torch

        key = (like.device, like.dtype)
        if key in self._tables:
            return self._tables[key]
        made = torch.as_tensor(values, dtype=torch.float64).to(like)
        if type(like) is torch.Tensor:
            self._tables[key] = made
        return made

    def initial(self, seed: int, runs: range) -> Tensor:
        """θ_0 of these runs, float64 [runs, D]; a random start is drawn on the stream's own counter."""
        import torch

        from numerics import philox

        points = torch.tensor([[float(x) for x in point] for point in self.start.points], dtype=torch.float64)
        if len(points) == 1:
            return points.expand(len(runs), -1).clone()
        uniform = philox.uniforms(seed, runs, 1, range(1), stream=philox.START_STREAM)[0, :, 0]
        edges = [float(sum(self.start.probabilities[: k + 1])) for k in range(len(points) - 1)]
        return points[torch.bucketize(uniform, torch.tensor(edges, dtype=torch.float64), right=True)]


def select_value(namespace: Mapping[str, Any], law: FiniteSupport, uniform: Any) -> Any:
    """`FiniteSupport.from_uniform` by choices of a lane."""
    (_, out), *rest = law.edges()
    for edge, value in rest:
        out = namespace["where"](namespace["below"](uniform, edge), value, out)
    return out


class CoordinatewiseNoise(Problem):
    """A problem whose stochastic gradient is g_i = noise(∂_i f, z_i), independently in every coordinate."""

    noise: Noise

    @property
    def dimension(self) -> int:  # type: ignore[override]
        """D, the length of the start."""
        return len(self.start.points[0])

    @property
    def draws(self) -> int:  # type: ignore[override]
        """One variate per coordinate."""
        return self.dimension

    @abstractmethod
    def value_balls(self, theta: ExactArray) -> ExactArray:
        """f on balls, shape [...]."""

    @abstractmethod
    def gradient_balls(self, theta: ExactArray) -> ExactArray:
        """∇f on balls, shape [..., D]."""

    def start_value(self) -> arb:
        """E f(θ_0)."""
        return total(
            enclose(p) * arb(self.value_balls(balls([point])).tolist()[0])
            for p, point in zip(self.start.probabilities, self.start.points, strict=True)
        )

    def variates(self, seed: int, runs: range, steps: range) -> Tensor:
        """z, one per coordinate, shape [steps, runs, D]."""
        from numerics import philox

        if isinstance(self.noise.law, StandardNormal):
            return philox.normals(seed, runs, self.dimension, steps)
        return self.noise.law.from_uniform(philox.uniforms(seed, runs, self.dimension, steps))

    def stochastic_gradient(self, theta: Tensor, variates: Tensor, gradient: Tensor) -> Tensor:
        """g(∇f, z), elementwise."""
        return self.noise.tensor(gradient, variates)

    def noise_kind(self) -> str:
        """The kind of the primitive variates, see `Lane`."""
        return "normal" if isinstance(self.noise.law, StandardNormal) else "uniform"

    def record_noise(self, namespace: Mapping[str, Any], gradient: Any, variate: Any) -> Any:
        """g from ∂_i f and the primitive variate, by the functions of `namespace`."""
        law = self.noise.law
        z = select_value(namespace, law, variate) if isinstance(law, FiniteSupport) else variate
        return compile_expression(self.noise.expression, (GRADIENT, VARIATE), namespace)(gradient, z)

    def outcomes(self) -> Sequence[tuple[sympy.Rational, tuple[sympy.Rational, ...]]]:
        """All joint values of one step's variates with their exact probabilities: K^D pairs.

        Raises ValueError for noise without finite support.
        """
        law = self.noise.law
        if not isinstance(law, FiniteSupport):
            raise ValueError(f"{self.name}: noise {self.noise.name} has infinitely many outcomes")
        joint = itertools.product(zip(law.probabilities, law.values, strict=True), repeat=self.dimension)
        return [(sympy.prod(p for p, _ in outcome), tuple(z for _, z in outcome)) for outcome in joint]


@dataclass(frozen=True)
class SeparableProblem(CoordinatewiseNoise):
    """f(θ) = Σ_i φ(θ_i) with independent coordinatewise noise.

    Constants, from the scalar ones of φ (inf, B = sup |φ'|, L = Lip φ') and of the noise (q(d) = E[g² given d]):
    inf f = D inf φ; ∇f is L-Lipschitz because ‖∇f(x) - ∇f(y)‖² = Σ (φ'(x_i) - φ'(y_i))² ≤ L²‖x - y‖²;
    E[‖g‖² given F] = Σ q(φ'(θ_i)) ≤ D sup_{|d| ≤ B} q, and the same for the variance and the almost sure bound.
    """

    name: str
    objective: ScalarObjective
    noise: Noise
    start: Start
    eps: sympy.Rational
    box: tuple[sympy.Rational, sympy.Rational] | None = None

    def __post_init__(self) -> None:
        check_box(self.name, self.box, self.start)

    @functools.cached_property
    def constants(self) -> Constants:
        """See the class docstring for the proof; arithmetic is exact up to the enclosure of each constant."""
        slope, D = self.objective.slope, sympy.Integer(self.dimension)
        with working_precision():
            return Constants.from_balls(
                f_inf=enclose(D * self.objective.infimum),
                L=enclose(self.objective.smoothness),
                G2=enclose(D * self.noise.second_moment(slope)),
                G2_max=enclose(D * self.noise.almost_sure_square(slope)),
                sigma2=enclose(D * self.noise.variance(slope)),
                start_value=self.start_value(),
            )

    def value(self, theta: Tensor) -> Tensor:
        """f, shape [...]."""
        return self.objective.value_tensor(theta).sum(-1)

    def gradient(self, theta: Tensor) -> Tensor:
        """∇f, shape [..., D]."""
        return self.objective.derivative_tensor(theta)

    def lane(self) -> Lane:
        """Coordinate by coordinate: φ, φ' and g(φ', z)."""

        def record(
            namespace: Mapping[str, Any], theta: Sequence[Any], noise: Sequence[Any]
        ) -> tuple[Any, list[Any], list[Any]]:
            (x,), (z,) = theta, noise
            d = compile_expression(self.objective.derivative, (X,), namespace)(x)
            value = compile_expression(self.objective.expression, (X,), namespace)(x)
            return value, [d], [self.record_noise(namespace, d, z)]

        return Lane(self.noise_kind(), 0, True, record)

    def value_balls(self, theta: ExactArray) -> ExactArray:
        """f on balls, shape [...]."""
        return self.objective.value_balls(theta).sum(axis=-1).view(ExactArray)

    def gradient_balls(self, theta: ExactArray) -> ExactArray:
        """∇f on balls, shape [..., D]."""
        return self.objective.derivative_balls(theta)
