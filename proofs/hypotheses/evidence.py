"""The evidence side: measured rates with intervals over a family of problems, chosen hard, and what was tried.

A search by covariance matrix adaptation (CMA-ES, Hansen) over the family's parameters (`proofs.hypotheses.family`) looks
for the members on which the measure falls most slowly, or comes closest to the claimed bound; the worst ones are measured
again with fresh noise at more horizons. This is evidence, not proof: it decides no verdict.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.jackknife import jackknife
from numerics.rates import POWERS, Measure, RateFit, averaged_power, fit_rate
from proofs.hypotheses.family import DELTA, EPS, RHO, Members, members, quantity, simulate
from theory.hypothesis import Conjecture
from theory.numbers import evaluate

SEARCH_HORIZONS = (64, 512)
SEARCH_RUNS = 64
POPULATION, GENERATIONS = 10, 5
HORIZONS = (128, 256, 512, 1024, 2048)
RUNS, BLOCKS, RESAMPLES = 192, 32, 200
KEPT = 2
"""Members that are measured again."""
ALPHA0 = 4.0
"""α0: large enough that the start is forgotten at the shortest horizon, on every member."""


@dataclass(frozen=True)
class Series:
    """One member, measured: a measure with its interval at each horizon, the fitted slope; `score` is what the search saw."""

    parameters: dict[str, float]
    score: float
    horizons: tuple[int, ...]
    measured: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    bounds: tuple[float, ...]
    slope: float | None
    interval: tuple[float, float] | None

    def row(self) -> dict[str, Any]:
        return {
            "parameters": self.parameters,
            "horizons": list(self.horizons),
            "measured": list(self.measured),
            "low": list(self.low),
            "high": list(self.high),
            "bounds": list(self.bounds),
            "slope": self.slope,
            "interval": None if self.interval is None else list(self.interval),
        }


@dataclass(frozen=True)
class Evidence:
    """The hardest members found, and in words what was tried."""

    series: tuple[Series, ...]
    tried: tuple[str, ...]
    seed: int

    def rows(self) -> list[dict[str, Any]]:
        return [s.row() for s in self.series]


def gather(conjecture: Conjecture, *, seed: int) -> Evidence:
    """Searches for hard members and measures the worst of them. About five seconds."""
    import cma

    options = {"bounds": [0, 1], "popsize": POPULATION, "seed": seed + 1, "verbose": -9, "maxiter": GENERATIONS}
    seen: list[tuple[float, np.ndarray]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cma's own advice about bounds and small budgets
        search = cma.CMAEvolutionStrategy([0.5] * 6, 0.3, options)
        for generation in range(GENERATIONS):
            points = [np.clip(x, 0, 1) for x in search.ask()]
            scores = score(conjecture, np.stack(points), seed + 100 * generation)
            search.tell(points, [-s for s in scores])
            seen += zip(scores, points, strict=True)
    seen.sort(key=lambda x: -x[0])
    chosen = [seen[0], *(x for x in seen[1:] if np.abs(x[1] - seen[0][1]).max() > 0.15)][:KEPT]
    cube = np.stack([x for _, x in chosen])
    series = measured_series(conjecture, members(cube, conjecture), [s for s, _ in chosen], seed + 10_000)
    what = "the ratio measured/bound" if conjecture.claim.bound is not None else "the measured exponent"
    return Evidence(
        series,
        (
            "the scripts of all theorems about this recurrence and measure, replayed",
            "every refuter: a slope reached with probability q, a biased direction at the minimiser, finite trees, worst cases",
            f"{POPULATION * GENERATIONS} problems by CMA-ES on {what} between T = {SEARCH_HORIZONS[0]} and "
            f"{SEARCH_HORIZONS[1]}, {SEARCH_RUNS} runs each; the {len(series)} worst measured again at T = {HORIZONS[0]} to "
            f"{HORIZONS[-1]} with {RUNS} runs",
        ),
        seed,
    )


def schedules(conjecture: Conjecture, horizon: int) -> tuple[Any, tuple[float, float] | None]:
    """(α as a function of the step, (c, exponent) of the threshold) at a horizon; c0 = 1, and α = α0/√T where it is free."""
    values = {
        "T": float(horizon),
        "alpha0": ALPHA0,
        "alpha": ALPHA0 / math.sqrt(horizon),
        "c0": 1.0,
        "c": horizon**0.25,
    }

    def number(formula: Any, t: int = 1) -> float:
        return float(formula.subs({s: values.get(s.name, float(t)) for s in formula.free_symbols}))

    alpha, clip = conjecture.schedules.alpha, conjecture.schedules.clip
    varies, kind = conjecture.schedules.kind
    constant = number(alpha)
    rate = (lambda t: number(alpha, t)) if varies else (lambda t: constant)
    if clip is None:
        return rate, None
    return rate, (1.0, 0.25) if kind == "schedule" else (number(clip), 0.0)


def plain_averages(conjecture: Conjecture, member: Members, horizon: int, seed: int) -> np.ndarray:
    """The averaged measure of every member at one horizon, [members]; biased down a little by the few runs."""
    rate, clip = schedules(conjecture, horizon)
    sums = simulate(conjecture, member, rate, clip, SEARCH_RUNS, horizon, seed, 1).numpy()
    return np.asarray(((sums[:, :, 0] / SEARCH_RUNS) ** power_of(conjecture)).mean(axis=1))


def power_of(conjecture: Conjecture) -> float:
    """The power that the mean over runs is raised to."""
    return POWERS.get(quantity(conjecture), 1.0 if quantity(conjecture) == "gradient_square" else 1.5)


def measures(conjecture: Conjecture, member: Members, horizon: int, runs: int, seed: int) -> list[Measure]:
    """The averaged measure of every member at one horizon, with jackknife errors over blocks of runs."""
    rate, clip = schedules(conjecture, horizon)
    sums = simulate(conjecture, member, rate, clip, runs, horizon, seed, BLOCKS).numpy()
    power = power_of(conjecture)
    counts = np.bincount(np.arange(runs) % BLOCKS, minlength=BLOCKS)
    generator = np.random.Generator(np.random.Philox(key=[seed, horizon]))
    weights = generator.multinomial(BLOCKS, np.full(BLOCKS, 1 / BLOCKS), size=RESAMPLES).astype(np.float64)
    found = []
    for k in range(len(sums)):
        everything = averaged_power(sums[k], counts, np.ones((1, BLOCKS)), power)[0]
        left_out = averaged_power(sums[k], counts, 1.0 - np.eye(BLOCKS), power)
        resampled = averaged_power(sums[k], counts, weights, power)
        found.append(
            Measure(horizon, float(everything), float(jackknife(left_out)[0]), float("nan"), BLOCKS - 1, resampled)
        )
    return found


def score(conjecture: Conjecture, cube: np.ndarray, seed: int) -> list[float]:
    """What the search maximises: log(measured/bound) at the longer horizon, or the exponent between the two."""
    member = members(cube, conjecture)
    low, high = (np.maximum(plain_averages(conjecture, member, T, seed), 1e-300) for T in SEARCH_HORIZONS)
    if conjecture.claim.bound is not None:
        bounds = [bound_at(conjecture, member, k, SEARCH_HORIZONS[1]) for k in range(len(cube))]
        return [math.log(h / b) for h, b in zip(high, bounds, strict=True)]
    return [float(x) for x in np.log(high / low) / math.log(SEARCH_HORIZONS[1] / SEARCH_HORIZONS[0])]


def bound_at(conjecture: Conjecture, member: Members, k: int, horizon: int) -> float:
    """The claimed bound with the member's constants; inf if it has a parameter that the family does not know."""
    p = member.named(k)
    M, A, chance, start = p["threshold M"], p["offset A"], p["probability p (or 1/n)"], p["start θ_0"]
    variance = p["q"] * A * A * chance / (1 - chance)
    gap = start**2 / 2 if start <= M else M * start - M * M / 2
    values = {
        "Delta": p["q"] * gap,
        "L": 1.0,
        "G": math.sqrt(variance * (1 + RHO) + M * M) + DELTA,
        "sigma": math.sqrt(variance),
        "rho": RHO,
        "delta": DELTA,
        "mu": min(1.0, M / (2 * max(start, M) - M)),
        "eps": EPS,
        "beta1": float(conjecture.fixed.get("beta1", 0.9)),
        "beta2": p["β2"],
        "alpha": ALPHA0 / math.sqrt(horizon),
        "alpha0": ALPHA0,
        "c": horizon**0.25,
        "c0": 1.0,
        "D": 1.0,
        "T": float(horizon),
    }
    if conjecture.claim.bound is None or {s.name for s in conjecture.claim.bound.free_symbols} - set(values):
        return math.inf
    return evaluate(conjecture.claim.bound, values)


def measured_series(conjecture: Conjecture, member: Members, scores: Sequence[float], seed: int) -> tuple[Series, ...]:
    """The members at all horizons, each with fresh noise."""
    found = [measures(conjecture, member, T, RUNS, seed + T) for T in HORIZONS]
    series = []
    for k, s in enumerate(scores):
        own = [row[k] for row in found]
        fit: RateFit | None = fit_rate(own) if all(m.average > 0 and np.all(m.resampled > 0) for m in own) else None
        intervals = [m.interval() for m in own]
        bounds = (
            tuple(bound_at(conjecture, member, k, T) for T in HORIZONS) if conjecture.claim.bound is not None else ()
        )
        series.append(
            Series(
                parameters=member.named(k),
                score=s,
                horizons=HORIZONS,
                measured=tuple(m.average for m in own),
                low=tuple(a for a, _ in intervals),
                high=tuple(b for _, b in intervals),
                bounds=bounds,
                slope=None if fit is None else fit.slope,
                interval=None if fit is None else fit.interval,
            )
        )
    return tuple(series)
