"""Evaluates the lines of a certificate on the paths of a run: is what was proved true of what is computed?

The atoms of the statement come from the paths (`numerics.trajectories`), defined atoms are computed from the
certificate's own definitions. On an exact tree E[· given F] averages over the paths that share a past, in ball
arithmetic: the sign of a slack is then certain. On simulated paths E is the mean over paths, with a jackknife
standard error over blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from numerics.jackknife import jackknife

BLOCKS = 100
"""Blocks of paths for the jackknife on simulated paths: many, as errors and skewness are estimated from them."""


class Slack(NamedTuple):
    """The worst value of a line over times, paths and coordinates.

    `value` is relative to the line's scale (the same sums with absolute values); for an equation it is minus the
    absolute residual. `error` is its standard error (0 on a tree), `violated` whether the line is false: certainly so
    on a tree, at level `LEVEL` on simulated paths. `times` counts the steps at which it was evaluated.
    """

    step: int
    label: str
    relation: str
    value: float
    error: float
    violated: bool
    times: int


LEVEL = 1e-9
"""Chance, nearly, that a true line counts as violated on simulated paths, for one line, time and coordinate."""
ROUNDING = 1e-9
"""Relative rounding allowed on simulated paths, far above 1e-16 times the operations of a line."""


@dataclass
class Paths:
    """What lines are evaluated on.

    `atoms`: arrays [T+1, paths, D or 1], floats or balls. `parameters`: numbers for untimed atoms. `objective`:
    values and gradients of f at points [paths, D]. `probability`: [paths]. `shared`: for a tree, how many consecutive
    paths share the past F_t; None for simulated paths. `conditional`: for simulated paths, E[g_t^k given F_{t−1}]
    where it is known.
    """

    atoms: dict[str, np.ndarray]
    parameters: dict[str, Any]
    objective: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    probability: np.ndarray
    shared: Sequence[int] | None = None
    conditional: Callable[[int, int], np.ndarray] | None = None

    @property
    def horizon(self) -> int:
        return len(next(iter(self.atoms.values()))) - 1

    @property
    def exact(self) -> bool:
        return self.shared is not None


class NotEvaluableError(Exception):
    """A line needs a conditional expectation that simulated paths do not give."""


class Evaluation:
    """Evaluates factors at absolute times, each once; arrays are [replicates, paths, coordinates], of size 1 where
    constant."""

    def __init__(self, certificate: dict, paths: Paths) -> None:
        self.paths = paths
        self.definitions = {s["arguments"]["name"]: s for s in certificate["steps"] if s["rule"] in DEFINING}
        self.points: dict[str, tuple[str, str]] = {}
        for step in certificate["steps"]:
            if step["rule"] == "point":
                a = step["arguments"]
                self.points |= {a["f"]: (a["x"], "value"), a["gradient"]: (a["x"], "gradient")}
        self.kinds = {a["name"]: a for a in certificate["statement"]["atoms"]}
        self.dimension = max(a.shape[2] for a in paths.atoms.values())
        self.cache: dict[tuple, Any] = {}
        # Scales are the same sums with absolute values, in floats.
        self.number = (lambda text: arb(_fraction(text))) if paths.exact else (lambda text: float(_ratio(text)))

    def time(self, text: str, t: int) -> int:
        """An absolute time from the text of a time. Raises IndexError before 0; beyond T only what needs no path exists."""
        base = {"t": t, "T": self.paths.horizon}.get(text[:1])
        value = int(text) if base is None else base + int(text[1:] or 0)
        if value < 0:
            raise IndexError
        return value

    def factor(self, factor: list, t: int, absolute: bool) -> Any:
        key = (str(factor), t, absolute)
        if key not in self.cache:
            self.cache[key] = self._factor(factor, t, absolute)
        return self.cache[key]

    def _factor(self, factor: list, t: int, absolute: bool) -> Any:
        tag = factor[0]
        if tag == "atom":
            value = self.atom(factor[1], self.time(factor[2], t) if len(factor) == 3 else None)
            return _absolute(value) if absolute else value
        if tag == "sum_i":
            body = self.monomial(factor[1], t, absolute)
            return body * self.dimension if body.shape[2] == 1 else body.sum(axis=2, keepdims=True)
        if tag == "sum_t":
            total = sum(self.monomial(factor[2], u, absolute) for u in range(factor[1], self.paths.horizon + 1))
            return total if not isinstance(total, int) else np.zeros((1, 1, 1))
        if factor[1] == "":
            return self.mean(self.monomial(factor[2], t, absolute))
        level = self.time(factor[1], t)
        if self.paths.exact:
            return self.conditional_mean(self.monomial(factor[2], t, absolute), level)
        return self.known_conditional(factor[2], t, level, absolute)

    def mean(self, values: Any) -> Any:
        """E over paths; on simulated paths with the leave-one-block-out means as further replicates."""
        weight = self.paths.probability
        if values.shape[1] == 1:
            return values
        if self.paths.exact:
            if values.dtype != object:
                weight = np.array([float(p) for p in weight])
            return (values * weight[None, :, None]).sum(axis=1, keepdims=True)
        blocks = np.arange(values.shape[1]) % BLOCKS
        means = np.stack([values[0, blocks == b].mean(axis=0) for b in range(BLOCKS)])
        full = means.mean(axis=0, keepdims=True)
        others = (full * BLOCKS - means) / (BLOCKS - 1)
        return np.concatenate([full, others])[:, None, :]

    def conditional_mean(self, values: Any, level: int) -> Any:
        if values.shape[1] == 1 or self.paths.shared is None:
            return values
        size = self.paths.shared[level]
        weight = self.paths.probability
        if values.dtype != object:
            weight = np.array([float(p) for p in weight])
        groups = (values * weight[None, :, None]).reshape(1, -1, size, values.shape[2]).sum(axis=2)
        mass = weight.reshape(-1, size).sum(axis=1)
        return np.repeat(groups / mass[None, :, None], size, axis=1)

    def known_conditional(self, body: list, t: int, level: int, absolute: bool) -> Any:
        """E[g_u^k given F_{u−1}] from the noise's law; anything else is not known on simulated paths."""
        if self.paths.conditional is not None and len(body) == 1 and body[0][0][:2] == ["atom", "g"]:
            u, k = self.time(body[0][0][2], t), body[0][1]
            if level == u - 1 and not (absolute and k % 2):
                return self.paths.conditional(u, k)[None]
        raise NotEvaluableError

    def atom(self, name: str, t: int | None) -> Any:
        key = (name, t)
        if key in self.cache:
            return self.cache[key]
        if name == "idx":
            value = self.constant(t or 0)
        elif name in self.paths.atoms:
            value = self.paths.atoms[name][t][None]
        elif name in self.paths.parameters:
            value = self.constant(self.paths.parameters[name])
        elif name in self.points:
            x, part = self.points[name]
            f, gradient = self.paths.objective(self.atom(x, t)[0])
            value = f[None, :, None] if part == "value" else gradient[None]
        elif name in self.definitions:
            value = self.defined(self.definitions[name], t)
        else:
            raise KeyError(f"{name} has no value here")
        self.cache[key] = value
        return value

    def constant(self, value: Any) -> Any:
        if not self.paths.exact:
            return np.full((1, 1, 1), float(value))
        result = np.empty((1, 1, 1), dtype=object)
        result[0, 0, 0] = value if isinstance(value, arb) else arb(value)
        return result

    def defined(self, step: dict, t: int | None) -> Any:
        kind, arguments = step["rule"], step["arguments"]
        if kind == "minimum":
            values = [self.poly(arguments["poly"], u) for u in range(1, self.paths.horizon + 1)]
            return np.minimum.reduce([v.astype(float) for v in values]) if not self.paths.exact else _least(values)
        value = self.poly(arguments["poly"], 0 if t is None else t)
        if kind == "define":
            return value
        if kind == "inverse":
            return 1 / value
        if kind == "logarithm":
            return np.frompyfunc(arb.log, 1, 1)(value) if self.paths.exact else np.log(value)
        return _root(value, arguments["degree"])

    def monomial(self, monomial: list, t: int, absolute: bool) -> Any:
        result = self.constant(1)
        for factor, exponent in monomial:
            for _ in range(exponent):  # flint's power of a ball that contains 0 is NaN
                result = result * self.factor(factor, t, absolute)
        return result

    def poly(self, poly: list, t: int) -> Any:
        total = self.constant(0)
        for coefficient, monomial in poly:
            total = total + self.monomial(monomial, t, False) * self.number(coefficient)
        return total

    def scale(self, poly: list, t: int) -> np.ndarray:
        """Σ |c| |m| with absolute values inside E and Σ, in floats."""
        total = np.zeros((1, 1, 1))
        for coefficient, monomial in poly:
            total = total + np.asarray(self.monomial(monomial, t, True), dtype=float)[:1] * abs(_ratio(coefficient))
        return total


DEFINING = ("define", "inverse", "root", "logarithm", "minimum")


def slacks(certificate: dict, paths: Paths) -> Iterator[Slack]:
    """The worst slack of every line with a relation, over all times in 0..T at which it speaks.

    Lines that simulated paths cannot evaluate (a conditional expectation other than of g_t) are left out.
    """
    evaluation = Evaluation(certificate, paths)
    for k, step in enumerate(certificate["steps"]):
        conclusion = step["conclusion"]
        if conclusion["relation"] == "integrable" or not conclusion["poly"]:
            continue
        try:
            slack = line_slack(evaluation, k, step)
        except NotEvaluableError:
            continue
        if slack is not None:
            yield slack


def line_slack(evaluation: Evaluation, k: int, step: dict) -> Slack | None:
    conclusion = step["conclusion"]
    free = '"t' in str(conclusion["poly"]).replace("'", '"')
    times = range(conclusion["from"], evaluation.paths.horizon + 1) if free else (0,)
    worst: tuple[float, float, bool] | None = None
    count = 0
    for t in times:
        try:
            value = evaluation.poly(conclusion["poly"], t)
            scale = evaluation.scale(conclusion["poly"], t)
        except IndexError:  # the line speaks of a time beyond the horizon
            continue
        count += 1
        found = (exact_worst if evaluation.paths.exact else sampled_worst)(value, scale, conclusion["relation"])
        if worst is None or (found[2], -found[0]) > (worst[2], -worst[0]):
            worst = found
    if worst is None:
        return None
    return Slack(k, step["label"], conclusion["relation"], *worst, count)


def exact_worst(value: Any, scale: np.ndarray, relation: str) -> tuple[float, float, bool]:
    flat, scales = value.ravel(), np.broadcast_to(scale, value.shape).ravel()
    if not all(v.is_finite() for v in flat):
        raise ArithmeticError(
            "a line has no finite enclosure: a path meets a kink of the objective or the precision is low"
        )
    if relation == "=":
        relative = [0.0 if v.contains(0) else -abs(float(v)) / s for v, s in zip(flat, scales, strict=True)]
        violated = any(not v.contains(0) for v in flat)
    else:
        relative = [0.0 if v.contains(0) else float(v) / s for v, s in zip(flat, scales, strict=True)]
        violated = any(v < 0 or (relation == ">" and not v > 0) for v in flat)
    return min(relative), 0.0, violated


def sampled_worst(value: np.ndarray, scale: np.ndarray, relation: str) -> tuple[float, float, bool]:
    full = value[0]
    error, skewness = jackknife(value[1:]) if len(value) > 1 else (np.zeros_like(full), np.zeros_like(full))
    scale = np.broadcast_to(np.maximum(scale[0], 1e-300), full.shape)
    side = np.where(full > 0, -1.0, 1.0) if relation == "=" else np.ones_like(full)
    signed = full * side  # of an equation minus the absolute residual
    excess = (signed + allowance(error, skewness * side)) / scale + ROUNDING
    at = np.unravel_index(np.argmin(excess), excess.shape)
    return float(signed[at] / scale[at]), float(error[at] / scale[at]), bool(excess[at] < 0)


def allowance(error: np.ndarray, skewness: np.ndarray) -> np.ndarray:
    """How far below its mean an estimate may fall at level `LEVEL`: `error` times Student's quantile, or more under skewness.

    If rare large terms carry the mean, samples with few of them have a low estimate and a low error besides. Hall's
    transformation of Student's statistic x, ((1 + γx/3)³ − 1)/γ + γ/6 with γ the skewness, takes that into account; both
    statistics must be beyond the quantile. Source: Hall (1992), J. R. Statist. Soc. B 54, 221.
    """
    from numerics.rates import student_quantile

    quantile = student_quantile(1 - LEVEL, BLOCKS - 1)
    skewed = np.where(skewness > 0.0, skewness, 1.0)
    hall = 3 * (1 - np.cbrt(1 - skewed * (quantile + skewed / 6))) / skewed
    return np.asarray(error * np.where(skewness > 0.0, np.maximum(hall, quantile), quantile))


def _ratio(text: str) -> float:
    numerator, _, denominator = text.partition("/")
    return int(numerator) / int(denominator or 1)


def _fraction(text: str) -> Any:
    from flint import fmpq

    numerator, _, denominator = text.partition("/")
    return fmpq(int(numerator), int(denominator or 1))


def _absolute(value: Any) -> np.ndarray:
    return np.abs(value.astype(float)) if value.dtype == object else np.abs(value)


def _least(values: list[Any]) -> Any:
    result = values[0]
    for v in values[1:]:
        result = np.frompyfunc(lambda x, y: x.min(y), 2, 1)(result, v)
    return result


def _root(value: Any, degree: int) -> Any:
    if value.dtype != object:
        return np.maximum(value, 0.0) ** (1.0 / degree)
    return np.frompyfunc(lambda v: _ball_root(v, degree), 1, 1)(value)


def _ball_root(ball: arb, degree: int) -> arb:
    """The root of a quantity known to be nonnegative; flint's own root of a ball that contains 0 is NaN."""
    if ball > 0:
        return ball.root(degree)
    upper = ball.nonnegative_part().upper()
    return arb(0) if upper == 0 else arb(0).union(upper.root(degree))
