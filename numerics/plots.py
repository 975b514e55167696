"""Figures of the report, as functions from plain data to a matplotlib Figure; `save` writes PNG and SVG.

No global state: figures are made without pyplot and styled by a local context. Colours are Okabe and Ito's, told apart
with any colour vision, and every series also has its own marker or line style. Equal figures are saved as equal bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8A7A00")
"""Okabe and Ito's palette, its yellow darkened to be seen on white."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
STYLE = {
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "adoptproof",
}


@dataclass(frozen=True)
class RateSeries:
    """One setting's points of a rate plot; arrays over horizons. `fit` is the fitted curve at the horizons, or None.

    Series with the same bound share one dashed line, named `bound_label` (say which settings it is for); an empty
    `bound` draws none.
    """

    label: str
    horizons: Sequence[float]
    measured: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    bound: Sequence[float]
    bound_label: str = "proved bound"
    fit: Sequence[float] | None = None
    slope: float | None = None
    slope_interval: tuple[float, float] | None = None


def rate_figure(title: str, series: Sequence[RateSeries], *, claimed_slope: float | None = None) -> Figure:
    """Proved bound, measured value with band and fit against the horizon, log-log; a colour and marker per setting.

    A band's lower end that is not positive is drawn down to the axis. Raises ValueError without series.
    """
    if not series:
        raise ValueError("a rate plot needs at least one series")
    figure, axes = _figure(9.0, 4.8)
    with style():
        for k, line in enumerate(_positive_bands(series)):
            colour = COLOURS[k % len(COLOURS)]
            axes.fill_between(line.horizons, line.low, line.high, color=colour, alpha=0.18, linewidth=0)
            axes.plot(
                line.horizons,
                line.measured,
                linestyle="none",
                marker=MARKERS[k % len(MARKERS)],
                markersize=4.5,
                color=colour,
                label=_rate_label(line),
            )
            if line.fit is not None:
                axes.plot(line.horizons, line.fit, color=colour, linewidth=1.2)
        _bounds(axes, series)
        if claimed_slope is not None:
            _slope_guide(axes, series, claimed_slope)
        axes.set(xscale="log", yscale="log", xlabel="horizon T", title=title)
        axes.set_xscale("log", base=2)
        axes.set_ylabel(r"$\frac{1}{T}\sum_{t\leq T} (E\,\|\nabla f(\theta_{t-1})\|^{4/3})^{3/2}$")
        handles, labels = axes.get_legend_handles_labels()
        handles += [_proxy_line(), _proxy_band()]
        labels += ["fit (in the setting's colour)", "confidence band"]
        figure.legend(handles, labels, loc="outside right center")
    return figure


def slack_figure(title: str, slacks: Sequence[tuple[str, float]]) -> Figure:
    """One horizontal bar per line of the proof: its worst relative slack; a negative slack is drawn hatched.

    The axis is linear near 0 and logarithmic beyond, so that an equality's 1e-16 and a loose 0.9 are both visible.
    Raises ValueError without lines or for a slack that is not finite.
    """
    if not slacks:
        raise ValueError("a slack plot needs at least one line")
    if not all(math.isfinite(slack) for _, slack in slacks):
        raise ValueError("every slack must be a finite number")
    labels = [label for label, _ in slacks]
    values = np.array([slack for _, slack in slacks])
    figure, axes = _figure(7.2, 1.3 + 0.24 * len(slacks))
    with style():
        position = np.arange(len(slacks))
        bars = axes.barh(position, values, height=0.7, color=[COLOURS[0] if v >= 0 else COLOURS[1] for v in values])
        for bar, value in zip(bars, values, strict=True):
            bar.set_hatch("" if value >= 0 else "////")
        axes.set_xscale("symlog", linthresh=SLACK_THRESHOLD, linscale=0.5)
        reach = max(1.0, float(np.abs(values).max()))
        axes.set_xlim(-3 * reach if (values < 0).any() else 0.0, 3 * reach)
        axes.set_xticks(_slack_ticks(bool((values < 0).any())))
        axes.set_yticks(position, labels)
        axes.set_ylim(len(slacks) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.axvline(0.0, color="black", linewidth=0.8)
        for y, value in enumerate(values):
            text = "0" if value == 0 else f"{value:.2g}"
            axes.annotate(
                text,
                (value, y),
                xytext=(3 if value >= 0 else -3, 0),
                textcoords="offset points",
                ha="left" if value >= 0 else "right",
                va="center",
                fontsize=7,
            )
        axes.set(xlabel="worst relative slack (below 0: the line is false)", title=title)
    return figure


SLACK_THRESHOLD = 1e-8
"""Below this size the slack axis is linear."""


def path_figure(
    title: str, series: Sequence[tuple[str, np.ndarray, np.ndarray, np.ndarray]], *, bound: float | None = None
) -> Figure:
    """M_t^{3/2} against the step with its simultaneous band: (label, mean, low, high), arrays over t = 1..T."""
    figure, axes = _figure(7.2, 4.2)
    with style():
        for k, (label, mean, low, high) in enumerate(series):
            picked = _log_spaced(len(mean))
            step, colour = picked + 1, COLOURS[k % len(COLOURS)]
            lower = np.maximum(low[picked], mean.min() / 10)
            axes.fill_between(step, lower, high[picked], color=colour, alpha=0.18, lw=0)
            axes.plot(step, mean[picked], color=colour, label=label, linewidth=1.2)
        if bound is not None:
            axes.axhline(bound, color="black", linestyle="--", linewidth=1.0, label="proved bound on the minimum")
        axes.set(xscale="log", yscale="log", xlabel="step t", title=title)
        axes.set_ylabel(r"$(E\,\|\nabla f(\theta_{t-1})\|^{4/3})^{3/2}$")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside right center")
    return figure


def bounds_figure(title: str, curves: Sequence[tuple[str, Sequence[float], Sequence[float]]]) -> Figure:
    """Bounds against the horizon, log-log: (label, horizons, values) each. Raises ValueError without curves."""
    if not curves:
        raise ValueError("a figure of bounds needs at least one curve")
    figure, axes = _figure(9.0, 5.6)
    with style():
        for k, (label, horizons, values) in enumerate(curves):
            dashes = ("-", "--", ":")[k // len(COLOURS) % 3]
            marker = MARKERS[k % len(MARKERS)]
            colour = COLOURS[k % len(COLOURS)]
            axes.plot(horizons, values, dashes, color=colour, marker=marker, markersize=3.5, linewidth=1.2, label=label)
        axes.set(xscale="log", yscale="log", xlabel="horizon T", ylabel="proved bound", title=title)
        axes.set_xscale("log", base=2)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside right center")
    return figure


def save(figure: Figure, directory: Path, stem: str) -> tuple[Path, Path]:
    """Write DIRECTORY/STEM.png and .svg; no date, salted ids, so equal figures give equal bytes."""
    png, svg = directory / f"{stem}.png", directory / f"{stem}.svg"
    with style():
        figure.savefig(png, dpi=150, metadata={"Software": None})
        figure.savefig(svg, metadata={"Date": None, "Creator": None})
    return png, svg


def style() -> Any:
    """Context manager: the look that all figures share."""
    import matplotlib as mpl

    return mpl.rc_context(STYLE)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        return figure, figure.add_subplot()


def _rate_label(line: RateSeries) -> str:
    if line.slope is None:
        return line.label
    text = f"{line.label}: slope {line.slope:.3f}"
    return (
        text if line.slope_interval is None else f"{text} [{line.slope_interval[0]:.3f}, {line.slope_interval[1]:.3f}]"
    )


def _positive_bands(series: Sequence[RateSeries]) -> list[RateSeries]:
    """Lower ends at or below 0 moved to a tenth of the least measured value: a log axis has no 0."""
    floor = min(min(line.measured) for line in series) / 10
    return [replace(line, low=[max(value, floor) for value in line.low]) for line in series]


def _bounds(axes: Axes, series: Sequence[RateSeries]) -> None:
    """Each different bound once, black, told apart by its dashes."""
    different: dict[tuple[str, tuple[float, ...]], Sequence[float]] = {}
    for line in (line for line in series if len(line.bound)):
        different.setdefault((line.bound_label, tuple(line.bound)), line.horizons)
    for k, ((label, values), horizons) in enumerate(different.items()):
        axes.plot(horizons, values, color="black", linewidth=1.2, dashes=(5, 2 + 3 * k), label=label)


def _slope_guide(axes: Axes, series: Sequence[RateSeries], slope: float) -> None:
    """A grey line of the claimed slope below the points."""
    horizons = np.array(sorted({T for line in series for T in line.horizons}), dtype=np.float64)
    anchor = min(min(line.measured) for line in series) * 0.6
    guide = anchor * (horizons / horizons[-1]) ** slope
    axes.plot(horizons, guide, color="#777777", linestyle=":", linewidth=1.2, label=f"claimed slope {slope:g}")


def _slack_ticks(negative: bool) -> list[float]:
    if negative:
        return [-1.0, -1e-2, -1e-4, -1e-6, 0.0, 1e-6, 1e-4, 1e-2, 1.0]
    return [0.0, 1e-8, 1e-6, 1e-4, 1e-2, 1.0]


def _log_spaced(count: int, points: int = 400) -> np.ndarray:
    """Indices into 0..count-1, dense at the start, at most `points` of them."""
    return np.unique(np.geomspace(1, count, min(points, count)).astype(int)) - 1


def _proxy_line() -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color="#444444", linewidth=1.2)


def _proxy_band() -> Any:
    from matplotlib.patches import Patch

    return Patch(color="#444444", alpha=0.18, linewidth=0)
