"""`adoptproof rates`: the decay of the gradient norm of one method on one problem, beside T4.1's bound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proofs.crosscheck.applications import bound_at, constants_of, step_size
from theory.statements import STATEMENTS

LEAST_HORIZONS = 4
"""A slope with its T^(-1/2) correction needs at least this many horizons."""


def powers_of_two(low: int, high: int) -> list[int]:
    """The powers of two from low to high. Raises ValueError if they are too few for a fit."""
    found = [2**k for k in range(high.bit_length()) if low <= 2**k <= high]
    if len(found) < LEAST_HORIZONS:
        raise ValueError(
            f"horizons {low}:{high} hold {len(found)} powers of two; a rate needs {LEAST_HORIZONS}, such as 256:2048"
        )
    return found


def measure_rates(
    problem: str,
    method: str,
    *,
    beta1: Sequence[float],
    beta2: Sequence[float],
    horizons: tuple[int, int],
    runs: int,
    seed: int,
    device: str = "cpu",
) -> dict[str, Any]:
    """The `rates` contract: measured (1/T)Σ(E‖∇f‖^{4/3})^{3/2} at every horizon and setting, and fitted slopes.

    α is T4.1's best at each horizon, for every method; `bound` is T4.1's and null for other methods than ADOPT. Raises
    ValueError for unknown names, impossible parameters, too few runs or horizons, or a device that is not there.
    """
    import numpy as np

    from numerics.engine import check_device, simulate
    from numerics.rates import fit_rate, measure
    from numerics.registry import problem as find
    from numerics.settings import Setting, find_method
    from numerics.statistics import GRADIENT_POWER

    known, rule = find(problem), find_method(method)
    Ts = powers_of_two(*horizons)
    check_device(device)
    pairs = [(b1, b2) for b1 in (beta1 if "beta1" in rule.defaults else (0.0,)) for b2 in beta2]
    eps = float(known.eps)
    measures: dict[tuple[float, float], list[Any]] = {pair: [] for pair in pairs}
    rows: list[dict[str, Any]] = []
    for k, T in enumerate(Ts):
        alphas = {b1: step_size(STATEMENTS["adopt"], known, b1, T) for b1 in {p[0] for p in pairs}}
        settings = []
        for b1, b2 in pairs:
            values = {"beta1": b1, "beta2": b2, "eps": eps} | ({"clip": None} if "clip" in rule.defaults else {})
            settings.append(Setting(alphas[b1], {n: v for n, v in values.items() if n in rule.defaults}))
        result = simulate(
            known, rule, settings, runs, T, seed, first_run=runs * k, device=device, quantities=(GRADIENT_POWER,)
        )
        found = measure(result)
        for (b1, b2), m in zip(pairs, found, strict=True):
            measures[b1, b2].append(m)
            bound: float | None = None
            if method == "adopt":
                at = {"beta1": b1, "T": float(T), "alpha": alphas[b1]}
                bound = bound_at(STATEMENTS["adopt"], constants_of(known) | at)
            low, high = m.interval()
            rows.append(
                {"beta1": b1, "beta2": b2, "horizon": T, "alpha": alphas[b1], "measure": m.average}
                | {"standard_error": m.standard_error, "interval": [low, high], "bound": bound}
            )
    fits = []
    for (b1, b2), found in measures.items():
        fit = fit_rate(found)
        fits.append(
            {"beta1": b1, "beta2": b2, "slope": fit.slope, "interval": list(fit.interval)}
            | {"local_slopes": list(fit.local_slopes), "fitted": [float(y) for y in fit.curve(np.array(Ts))]}
        )
    head = {"status": "ok", "problem": problem, "method": method, "runs": runs, "seed": seed, "horizons": Ts}
    return {**head, "rows": rows, "fit": fits}


def save_plot(result: dict[str, Any], folder: Path) -> list[Path]:
    """The rate plot of `measure_rates` as PNG and SVG; returns their paths."""
    from numerics.plots import RateSeries, rate_figure, save

    series = []
    for fit in result["fit"]:
        own = [r for r in result["rows"] if (r["beta1"], r["beta2"]) == (fit["beta1"], fit["beta2"])]
        bounded = all(r["bound"] is not None for r in own)
        series.append(
            RateSeries(
                label=f"β1 = {fit['beta1']:g}, β2 = {fit['beta2']:g}",
                horizons=[r["horizon"] for r in own],
                measured=[r["measure"] for r in own],
                low=[r["interval"][0] for r in own],
                high=[r["interval"][1] for r in own],
                bound=[r["bound"] for r in own] if bounded else [],
                bound_label=f"T4.1, β1 = {fit['beta1']:g}",
                fit=fit["fitted"],
                slope=fit["slope"],
                slope_interval=tuple(fit["interval"]),
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    figure = rate_figure(f"{result['method']} on {result['problem']}", series, claimed_slope=-0.5)
    return list(save(figure, folder, f"rates_{result['problem']}_{result['method']}"))
