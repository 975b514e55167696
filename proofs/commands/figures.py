"""`adoptproof figures`: Figures 1 and 3 of the paper and their counterpart without replacement, with certified signs."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from proofs.commands.common import Command, write_json


def register(command: Command) -> None:
    text = "Draw the paper's Figures 1 and 3 as PNG and SVG, each curve with the certified sign of its drift."
    sub = command("figures", run, text)
    sub.add_argument("--out", type=Path, metavar="DIR", default=Path("build/figures"))
    sub.add_argument("--json", type=Path, metavar="FILE", help="the signs and where the walks end")


def run(options: argparse.Namespace) -> int:
    from numerics.plots import save
    from numerics.toy_figures import FIGURES, draw, figure_panels

    shown = sys.stderr.isatty()

    def progress(name: str, done: int, total: int) -> None:
        if shown:
            print(f"\r{name}: {done}/{total} methods   ", end="", file=sys.stderr, flush=True)

    options.out.mkdir(parents=True, exist_ok=True)
    results, undecided = [], 0
    for name in FIGURES:
        rows = figure_panels(name, progress=progress)
        png, svg = save(draw(name, rows), options.out, name)
        panels = [
            {
                "title": panel.title.replace("\n", ", "),
                "minimiser": panel.minimiser,
                "curves": [
                    {"beta2": str(b), "final_mean": float(panel.theta[-1, k].mean())} | asdict(panel.signs[k])
                    for k, b in enumerate(panel.beta2)
                ],
            }
            for row in rows
            for panel in row
        ]
        undecided += sum(c["verdict"] == "not decided" for p in panels for c in p["curves"])  # type: ignore[attr-defined]
        results.append({"name": name, "png": str(png), "svg": str(svg), "panels": panels})
    if shown:
        print("\r" + " " * 50 + "\r", end="", file=sys.stderr)
    print("written:", *(r[kind] for r in results for kind in ("png", "svg")))
    print(
        "every curve's sign is certified" if not undecided else f"{undecided} signs are not decided at this precision"
    )
    write_json(options.json, {"status": "failed" if undecided else "ok", "results": results})
    return 1 if undecided else 0
