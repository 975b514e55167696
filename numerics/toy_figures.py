"""Figures 1 and 3 of the paper, and their counterpart without replacement: θ_t over steps, with certified signs.

Every curve's legend says which way its stationary drift points, by the enclosures of `numerics.counterexamples`; the walk
itself proves nothing. Right: towards the minimiser. (Figures as recalled: k = 10 and 50, β1 = .9, α_t = .01/√(1 + .01t).)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.toy import Toy, walk

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BETA2 = tuple(Fraction(b) for b in ("0.1", "0.5", "0.9", "0.99", "0.999"))
BETA1 = Fraction(9, 10)
TITLES = {
    "adam": "Adam",
    "amsgrad": "AMSGrad",
    "adopt": "ADOPT",
    "no_decorrelation": "ADOPT, no decorrelation",
    "order_unchanged": "ADOPT, order unchanged",
}
SAMPLING_TITLES = {"with_replacement": "with replacement", "reshuffled": "reshuffled", "fixed": "fixed order"}
MOST_CELLS = 16384


@dataclass(frozen=True)
class Sign:
    """A certified enclosure [low, high] of a stationary drift per period, or None if its sign isn't certain there."""

    verdict: str
    """right, wrong, or not decided."""
    low: float
    high: float


@dataclass(frozen=True)
class Panel:
    """One method on one problem: θ [points, beta2, runs] at `steps`, and a sign for each β2."""

    title: str
    minimiser: int
    beta2: tuple[Fraction, ...]
    steps: np.ndarray
    theta: np.ndarray
    signs: tuple[Sign, ...]


def sign(family: str, parameters: Mapping[str, Any]) -> Sign:
    """The sign of a family's drift, from the coarsest grid that decides it. Raises ValueError for bad parameters."""
    from numerics.counterexamples import FAMILIES
    from numerics.counterexamples.certify import MOST_WORK
    from numerics.counterexamples.family import read
    from numerics.counterexamples.potential import enclose, propose

    process = FAMILIES[family].build(read(FAMILIES[family], parameters))
    cells = 64
    while True:
        potential = propose(process, cells)
        proved = enclose(process, potential)
        low, high = process.period * proved.low, process.period * proved.high
        decided = low > 0 or high < 0
        cells *= 2
        if decided or cells > MOST_CELLS or cells * len(potential.b) > MOST_WORK:
            verdict = ("right" if (low > 0) == (process.mean > 0) else "wrong") if decided else "not decided"
            return enclosed(verdict, low, high)


def enclosed(verdict: str, low: Fraction, high: Fraction) -> Sign:
    """With the ends as floats, rounded outwards."""
    from flint import arb

    from numerics.exact import float_above, float_below, to_fmpq

    return Sign(verdict, float_below(arb(to_fmpq(low))), float_above(arb(to_fmpq(high))))


def toy_sign(toy: Toy, method: str, beta2: Fraction) -> Sign:
    """The certified sign for a method with β1 = .9 (where it has one) on a toy problem."""
    n, spike, rest = Fraction(toy.n), Fraction(str(toy.spike)), Fraction(str(toy.rest))  # 1.9 means 19/10
    if method == "amsgrad":
        from numerics.counterexamples import certify

        result = certify("amsgrad_slow", {"k": n, "beta2": beta2})
        return enclosed(result.direction or "not decided", *result.drift)
    common = {"method": method, "beta1": BETA1, "beta2": beta2}
    if toy.sampling == "with_replacement":
        return sign("law", common | {"law": ((spike, 1 / n), (rest, 1 - 1 / n))})
    return sign("components", common | {"components": (spike, *[rest] * (toy.n - 1)), "order": toy.sampling})


Progress = Callable[[str, int, int], None]


@functools.cache
def panels(
    toys: tuple[Toy, ...], method: str, titles: tuple[str, ...], beta2: tuple[Fraction, ...], steps: int, runs: int
) -> tuple[Panel, ...]:
    """One panel per toy problem, all on the same step sizes and random numbers; Figures 1 and 3 share some."""
    at, theta = walk(toys, method, [float(b) for b in beta2], beta1=float(BETA1), runs=runs, steps=steps)
    return tuple(
        Panel(title, toy.minimiser, beta2, at, theta[:, i], tuple(toy_sign(toy, method, b) for b in beta2))
        for i, (toy, title) in enumerate(zip(toys, titles, strict=True))
    )


FIGURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "figure_1": (
        "Figure 1: θ over steps on f(θ) = θ, gradient k² with probability 1/k, else −k; minimiser −1",
        ("adam", "amsgrad", "adopt"),
    ),
    "figure_3": (
        "Figure 3: both of ADOPT's changes are needed; f(θ) = θ, gradient k² with probability 1/k, else −k; minimiser −1",
        ("adam", "no_decorrelation", "order_unchanged", "adopt"),
    ),
    "without_replacement": (
        "One gradient +C among n − 1 of −1, C < n − 1; minimiser +1: ADOPT can fail without replacement",
        ("adopt", "adam"),
    ),
}
"""Name → title, methods."""


def figure_panels(
    name: str, steps: int = 100_000, runs: int = 32, progress: Progress | None = None
) -> list[list[Panel]]:
    """The panels of a named figure, row by row. Raises ValueError for an unknown name."""
    if name not in FIGURES:
        raise ValueError(f"no figure {name!r}; there are {', '.join(FIGURES)}")
    methods = FIGURES[name][1]
    columns: list[tuple[Panel, ...]] = []
    for k, method in enumerate(methods):
        if progress:
            progress(name, k, len(methods))
        if name == "without_replacement":
            columns += without_replacement_columns(method, steps, runs)
        else:
            toys = tuple(Toy(k, k * k, -k) for k in (10, 50))
            titles = tuple(f"{TITLES[method]}, k = {toy.n}" for toy in toys)
            columns.append(panels(toys, method, titles, BETA2, steps, runs))
    return [list(row) for row in zip(*columns, strict=True)]


def without_replacement_columns(method: str, steps: int, runs: int) -> list[tuple[Panel, ...]]:
    """ADOPT under the three samplings, Adam reshuffled; n = 3 above n = 5."""
    samplings = ("with_replacement", "reshuffled", "fixed") if method == "adopt" else ("reshuffled",)
    sizes = ((3, 1.9), (5, 3.9))
    toys = tuple(Toy(n, C, -1, sampling) for sampling in samplings for n, C in sizes)
    titles = tuple(f"{TITLES[method]}, {SAMPLING_TITLES[toy.sampling]}\nn = {toy.n}, C = {toy.spike}" for toy in toys)
    found = panels(toys, method, titles, (Fraction(0), *BETA2[1:]), steps, runs)
    return [found[i : i + len(sizes)] for i in range(0, len(found), len(sizes))]


def draw(name: str, rows: Sequence[Sequence[Panel]]) -> Figure:
    """The figure: mean over runs and the band from the 10th to the 90th percentile; wrong drifts are dashed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from numerics.plots import style

    with style():
        figure = Figure(figsize=(3.4 * len(rows[0]) + 0.3, 3.75 * len(rows) + 0.4), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(rows), len(rows[0]), squeeze=False, sharey=True)
        for y, row in enumerate(rows):
            for x, panel in enumerate(row):
                draw_panel(axes[y, x], panel)
                if x == 0:
                    axes[y, x].set_ylabel("θ, mean of the runs")
        figure.suptitle(FIGURES[name][0], fontsize=11)
        figure.supxlabel(
            "solid: certified to drift towards the minimiser; dashed: away from it; in brackets the size of the drift per "
            "step, or per epoch (certified interval). Bands: 10th to 90th percentile.",
            fontsize=8,
        )
    return figure


def draw_panel(axes: Axes, panel: Panel) -> None:
    from numerics.plots import COLOURS

    axes.axhline(panel.minimiser, color="#777777", linestyle=":", linewidth=1.2)
    axes.annotate(
        "minimiser",
        (panel.steps[-1], panel.minimiser),
        xytext=(0, 2 * panel.minimiser),
        textcoords="offset points",
        ha="right",
        va="top" if panel.minimiser < 0 else "bottom",
        fontsize=7,
        color="#555555",
    )
    for k, (b, one) in enumerate(zip(panel.beta2, panel.signs, strict=True)):
        low, high = np.quantile(panel.theta[:, k], (0.1, 0.9), axis=1)
        dashes = {"right": "-", "wrong": "--"}.get(one.verdict, ":")
        axes.fill_between(panel.steps, low, high, color=COLOURS[k], alpha=0.1, linewidth=0)
        mean = panel.theta[:, k].mean(axis=1)
        axes.plot(panel.steps, mean, dashes, color=COLOURS[k], linewidth=1.3, label=label(b, one))
    axes.set(ylim=(-1.22, 1.22), xlim=(0, panel.steps[-1]), xlabel="step t", title=panel.title)
    axes.set_xticks([0, panel.steps[-1] // 2, panel.steps[-1]])
    axes.set_yticks([-1, -0.5, 0, 0.5, 1])
    axes.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.19), fontsize=7.5, handlelength=2.4, labelspacing=0.3)


def label(beta2: Fraction, one: Sign) -> str:
    """β2, the certified sign of the drift, and whether it is the right one."""
    if one.verdict == "not decided":
        return f"β2 = {float(beta2):g}: sign not decided"
    relation = "> 0" if one.low > 0 else "< 0"
    return f"β2 = {float(beta2):g}: drift {relation}, {one.verdict} ({size(one)})"


def size(one: Sign) -> str:
    """The size of the drift as an interval of two digits."""
    low, high = sorted((abs(one.low), abs(one.high)))
    return f"{low:.2g}" if f"{low:.2g}" == f"{high:.2g}" else f"{low:.2g} … {high:.2g}"


def walk_figure(title: str, minimiser: int, curves: Sequence[tuple[str, bool, np.ndarray, np.ndarray]]) -> Figure:
    """A small picture of walks: (label, drifts the wrong way, steps, θ [points, runs]) each; wrong ones are dashed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from numerics.plots import COLOURS, style

    with style():
        figure = Figure(figsize=(6.4, 2.9), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.axhline(minimiser, color="#777777", linestyle=":", linewidth=1.4, label="minimiser")
        for k, (label_, wrong, steps, theta) in enumerate(curves):
            low, high = np.quantile(theta, (0.1, 0.9), axis=1)
            axes.fill_between(steps, low, high, color=COLOURS[k], alpha=0.15, linewidth=0)
            axes.plot(steps, theta.mean(axis=1), "--" if wrong else "-", color=COLOURS[k], linewidth=1.5, label=label_)
        axes.set(xlim=(0, curves[0][2][-1]), xlabel="step t", ylabel="θ", title=title)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside right center")
    return figure
