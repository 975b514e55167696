"""What a cross-check shows: the figures of its report, and the table it prints."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


@contextmanager
def with_figures(data: dict[str, Any], *, quick: bool = False) -> Iterator[dict[str, Any]]:
    """The data as `proofs.report` takes it: with a rate plot per problem, the slack of every line per theorem and a
    picture per counterexample.

    `quick` draws the slacks of T4.1 only: thirty pictures take half a minute. The PNG files lie in a temporary folder
    that lives as long as the context.
    """
    from numerics.plots import save
    from proofs.report.gallery import pictured

    try:
        release = version("adoptproof")
    except PackageNotFoundError:
        release = "from source"
    with tempfile.TemporaryDirectory() as folder:
        figures = {}
        for name, (title, caption, figure) in [
            *rate_figures(data),
            bounds(),
            *slack_figures(data, ("adopt",) if quick else None),
        ]:
            png, svg = sorted(save(figure, Path(folder), name))
            text = svg.read_text(encoding="utf-8")
            figures[name] = {"title": title, "caption": caption, "png": str(png), "svg": text}
        yield data | {"figures": figures, "gallery": pictured(data["gallery"]), "version": release}


def rate_figures(data: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str, Any]]]:
    """One plot per problem for T4.1, with a few of the β2."""
    from numerics.plots import RateSeries, rate_figure

    series = [s for s in data["series"] if s["theorem"] == "adopt"]
    for problem in dict.fromkeys(s["problem"] for s in series):
        own = [s for s in series if s["problem"] == problem and s["beta2"] in (0.0, 0.9, 1.0)]
        lines = [
            RateSeries(
                label=f"β1 = {s['beta1']:g}, β2 = {s['beta2']:g}",
                horizons=s["horizons"],
                measured=s["measured"],
                low=[b[0] for b in s["bands"]],
                high=[b[1] for b in s["bands"]],
                bound=s["bounds"],
                bound_label=f"T4.1, β1 = {s['beta1']:g}",
                fit=s["fit"],
                slope=s["slope"],
                slope_interval=tuple(s["slope_interval"]),
            )
            for s in own
        ]
        title = f"ADOPT on {problem}, α at its best for each T"
        caption = "Measured average of (E‖∇f‖^{4/3})^{3/2} with simultaneous bands, fitted slopes with 95% intervals, "
        caption += "and the proved bound. Every horizon has runs of its own."
        yield f"rates_{problem}", (title, caption, rate_figure(title, lines, claimed_slope=-0.5))


REFERENCE = {"Delta": 1, "L": 1, "G": 1, "sigma": 1, "eps": 1, "beta1": "0.9", "D": 1, "D0": 1, "rho": 1, "mu": 1}
REFERENCE |= {"beta2": "0.999", "lam": "1/2"}
"""Constants at which the bounds of all theorems are compared."""


def bounds() -> tuple[str, tuple[str, str, Any]]:
    """Every bound that can be evaluated at the reference constants and its own best step size, against the horizon."""
    from numerics.plots import bounds_figure
    from theory.numbers import bound
    from theory.statements import STATEMENTS

    horizons = [2**k for k in range(8, 25, 2)]
    curves = []
    for statement in STATEMENTS.values():
        if not statement.about_a_run:
            continue
        values = []
        for T in horizons:
            known = REFERENCE | {"T": T, "c0": 1, "c": T**0.25, "clip_sum": 2 * T**0.5}
            try:
                values.append(bound(statement, {k: v for k, v in known.items() if k in statement.parameters})["value"])
            except ValueError:  # no best step size of its own, or a parameter that the reference does not fix
                break
        if len(values) == len(horizons):
            curves.append((statement.name, horizons, values))
    curves.sort(key=lambda curve: -curve[2][-1])
    caption = (
        "Bounds at Δ = L = G = σ = ε = 1, β1 = 0.9 and each theorem's best step size; they bound different measures."
    )
    return "rates_of_all_bounds", ("The bounds of all theorems", caption, bounds_figure("Proved bounds", curves))


def slack_figures(
    data: dict[str, Any], only: tuple[str, ...] | None = None
) -> Iterator[tuple[str, tuple[str, str, Any]]]:
    """The least relative slack of every named inequality, over all trees, per theorem."""
    from numerics.plots import slack_figure

    for theorem in only or dict.fromkeys(c["theorem"] for c in data["slacks"]):
        least: dict[tuple[int, str], float] = {}
        sources = [c for c in data["slacks"] if c["theorem"] == theorem and c["source"].startswith("tree")]
        for check in sources:
            for line in check["lines"]:
                named = ": " in line["label"] and "hypothesis" not in line["label"]
                if named and (line["relation"] != "=" or line["violated"]):
                    key = (line["step"], line["label"])
                    least[key] = min(least.get(key, line["slack"]), line["slack"])
        pairs = [(f"{step}  {plain(label.split(': ', 1)[1])}", value) for (step, label), value in sorted(least.items())]
        if pairs:
            title = f"{theorem}: slack of every inequality"
            caption = f"Least value of each line over {len(sources)} exact trees and settings, relative to the sum of "
            caption += "its terms' absolute values, in ball arithmetic. Equations (not drawn) have slack 0."
            yield f"slack_{theorem}", (title, caption, slack_figure(title, pairs))


def plain(label: str) -> str:
    """A line's text with its simple indices as Unicode subscripts."""
    subscripts = {"t": "ₜ", "0": "₀", "1": "₁", "i": "ᵢ", "t−1": "ₜ₋₁"}
    return re.sub(r"_\{(t−1)\}|_([t01i])\b", lambda m: subscripts[m[1] or m[2]], label)


def print_summary(data: dict[str, Any]) -> None:
    """A short table: theorems, rows by verdict, lines, broken statements."""
    print(f"cross-check: {data['status']} in {data['seconds']:.0f} s")
    width = max((len(t["name"]) for t in data["theorems"]), default=0)
    for t in data["theorems"]:
        rows = Counter(r["verdict"] for r in data["rows"] if r["theorem"] == t["name"])
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in rows.items()) or "no rows"
        own = [c for c in data["slacks"] if c["theorem"] == t["name"]]
        lines = sum(c["evaluated"] for c in own)
        false = sum(line["violated"] for c in own for line in c["lines"])
        print(f"  {t['name']:<{width}} {t['status']:<9} {verdicts}; {lines} line evaluations, {false} false")
        if t["status"] != "proved":
            print(f"    {t['reason']}")
    for row in data["rows"]:
        if row["verdict"] == "violated":
            print(f"  VIOLATED {row['theorem']} on {row['problem']} at {row['setting']}: {row['reason']}")
    replayed = sum(e["replayed"] for e in data["gallery"])
    print(f"  counterexamples certified and replayed: {replayed} of {len(data['gallery'])}")
    caught = sum(b["caught"] for b in data["broken"])
    print(f"  broken statements caught: {caught} of {len(data['broken'])}")
    for b in data["broken"]:
        outcome = f"caught by {b['by']}" if b["caught"] else f"NOT CAUGHT, expected by {b['expected']}"
        print(f"    {b['name']:<32} {outcome}")
