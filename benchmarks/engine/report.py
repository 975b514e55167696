"""The results as a table in Markdown, and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.engine.runner import ENGINES

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def cells(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Header and lines: one line a case, one column an engine, M lane-steps/s and the ratios that matter."""
    keys = ("problem", "dtype", "runs", "dimension", "threads")
    cases = list(dict.fromkeys(tuple(row[key] for key in keys) for row in rows))
    found = {(tuple(row[key] for key in keys), row["engine"]): row for row in rows}

    def speed(row: Mapping[str, Any]) -> str:
        value = row["lane_steps_per_second"]
        return "–" if value is None else f"{value / 1e6:.3g}"

    def times(value: float | None) -> str:
        return "–" if value is None else f"{value:.3g}×"

    header = ["problem", "dtype", "runs", "D", "threads", *ENGINES, "floor / fused", "fused / JAX", "compiled / JAX"]
    lines = [header]
    for case in cases:
        of = {engine: found[case, engine] for engine in ENGINES}
        ratios = (of["fused"]["ratio_to_floor"], of["fused"]["ratio_to_jax"], of["compiled"]["ratio_to_jax"])
        lines.append([*map(str, case), *(speed(of[engine]) for engine in ENGINES), *map(times, ratios)])
    return lines


def markdown(results: Mapping[str, Any]) -> str:
    """The table, the machine, and who was absent and why."""
    header, *lines = cells(results["rows"])
    machine = results["machine"]
    text = [
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, load {machine['load']:.1f} at the end.",
        "",
        "| " + " | ".join(header) + " |",
        "|" + " --- |" * len(header),
        *("| " + " | ".join(line) + " |" for line in lines),
    ]
    absent = dict.fromkeys(f"- {row['engine']}: {row['absent']}" for row in results["rows"] if row["absent"])
    return "\n".join([*text, *(["", "Absent:", "", *absent] if absent else [])])


def write_page(results: Mapping[str, Any], page: Path) -> None:
    """Replace the figures between the two marks of the page. Raises ValueError if it has no marks."""
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{page} has no marks {BEGIN} and {END} between which the figures belong")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{markdown(results)}\n\n{END}{after}")


def draw(results: Mapping[str, Any], path: Path) -> None:
    """Lane-steps per second against runs, one thread, float64, one coordinate: a panel for each problem."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [r for r in results["rows"] if r["threads"] == 1 and r["dtype"] == "float64" and r["dimension"] == 1]
    problems = list(dict.fromkeys(row["problem"] for row in rows))
    # A problem measured at one size only stands in the table; a curve needs two, unless there is nothing else.
    curves = [p for p in problems if len({row["runs"] for row in rows if row["problem"] == p}) > 1] or problems
    size = (4.5 * len(curves) + 1.5, 3.6)
    figure, axes = pyplot.subplots(1, len(curves), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axis, problem in zip(axes[0], curves, strict=True):
        for engine in ENGINES:
            points = [
                (r["runs"], r["lane_steps_per_second"])
                for r in rows
                if (r["problem"], r["engine"]) == (problem, engine)
            ]
            points = [(runs, speed) for runs, speed in points if speed is not None]
            if points:
                axis.loglog(*zip(*points, strict=True), marker="o", label=engine)
        axis.set_title(problem)
        axis.set_xlabel("runs")
    axes[0][0].set_ylabel("lane-steps per second, one thread")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside right center", fontsize="small", frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
