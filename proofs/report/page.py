"""Writes the report: page, data, table, figures and certificates, all or nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from proofs.report import gallery
from proofs.report.numbers import VERDICTS
from proofs.report.sections import body
from proofs.report.template import page

OWN = {"index.html", "report.json", "results.parquet", "figures", "certificates", gallery.PAGE, gallery.FOLDER}
"""What a report's folder holds."""
KEYS = {
    "data": ("status", "rows", "broken", "theorems", "machine", "seconds", "version"),
    "rows": (
        *("theorem", "problem", "method", "setting", "verdict", "bound", "measured", "band", "slope", "slope_interval"),
        *("claimed_slope", "vacuity", "lines_checked", "worst_slack", "worst_line"),
    ),
    "broken": ("name", "caught", "by"),
    "theorems": ("name", "title", "statement_sha256", "steps", "status", "certificate", "hypotheses", "discrepancies"),
    "slacks": ("theorem", "lines"),
    "figures": ("title", "svg", "png", "caption"),
    "gallery": ("name", "title", "statement", "reason", "replayed", "checker", "certificate", "drift", "svg"),
}
"""Required keys of the data and of the entries of each list in it."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def write_report(data: dict[str, Any], out: Path) -> Path:
    """Writes the report of a cross-check into the folder `out` and returns the path of its page, `index.html`.

    The report is made in a temporary folder beside `out` and then moved into its place; until that moment an earlier
    report stays as it was, and after an error nothing of the new one is left.

    Args:
        data: the `crosscheck` JSON with `theorems`, `slacks`, `figures` (name to title, SVG text, path of the PNG,
            caption; names begin with `rate` or `slack`), `machine`, `seconds` and `version`. `slacks`, `figures`
            and `gallery` (of `proofs.report.gallery`) may be absent.
        out: the folder; it may exist if it is empty or holds an earlier report and nothing else.

    Raises ValueError if data lacks something, holds a NaN, or `out` holds other files; OSError if a file cannot be read
    or written.
    """
    data = {"slacks": [], "figures": {}, "gallery": []} | data
    validate(data)
    check_folder(out)
    certificates = {
        t["name"]: json.loads(Path(t["certificate"]).read_text(encoding="ascii"))
        for t in data["theorems"]
        if t["certificate"]
    }
    html = page("ADOPT: convergence cross-checked", body(data, certificates))
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        folder.chmod(0o755)
        _fill(folder, data, html)
        _swap(folder, out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return out / "index.html"


def validate(data: dict[str, Any]) -> None:
    """Raises ValueError, naming the place, if the data is not what a report is made of."""
    _require(data, KEYS["data"], "the data")
    for name in ("rows", "broken", "theorems", "slacks", "gallery"):
        for k, entry in enumerate(data[name]):
            _require(entry, KEYS[name], f"{name}[{k}]")
    for name, figure in data["figures"].items():
        _require(figure, KEYS["figures"], f"figure {name!r}")
    for name in (*data["figures"], *(t["name"] for t in data["theorems"])):
        if NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} cannot be a file name; use letters, digits, '_', '-' and '.'")
    for k, row in enumerate(data["rows"]):
        if row["verdict"] not in VERDICTS:
            raise ValueError(f"rows[{k}]: unknown verdict {row['verdict']!r}; known: {', '.join(VERDICTS)}")


def _require(entry: dict, keys: tuple[str, ...], where: str) -> None:
    missing = [k for k in keys if k not in entry]
    if missing:
        raise ValueError(f"{where} lacks {', '.join(missing)}")


def check_folder(out: Path) -> None:
    """Raises ValueError unless a report may go to `out`: a new folder, an empty one, or an earlier report's."""
    if out.exists():
        if not out.is_dir():
            raise ValueError(f"{out} is a file; a report needs a folder")
        foreign = sorted({x.name for x in out.iterdir()} - OWN)
        if foreign:
            raise ValueError(f"{out} holds {foreign[0]!r}, which no report wrote; choose an empty or a new folder")


def _fill(folder: Path, data: dict[str, Any], html: str) -> None:
    (folder / "figures").mkdir()
    (folder / "certificates").mkdir()
    kept = {**data, "figures": {}, "theorems": [], "gallery": gallery.bare(data["gallery"])}
    if data["gallery"]:
        gallery.write_gallery(data["gallery"], folder)
    for name, figure in data["figures"].items():
        (folder / "figures" / f"{name}.svg").write_text(figure["svg"], encoding="utf-8")
        shutil.copyfile(figure["png"], folder / "figures" / f"{name}.png")
        files = {"svg": f"figures/{name}.svg", "png": f"figures/{name}.png"}
        kept["figures"][name] = {"title": figure["title"], "caption": figure["caption"], **files}
    for t in data["theorems"]:
        path = f"certificates/{t['name']}.json" if t["certificate"] else None
        if path:
            shutil.copyfile(t["certificate"], folder / path)
        kept["theorems"].append({**t, "certificate": path})
    text = json.dumps(kept, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    _write_table(data["rows"], folder / "results.parquet")
    (folder / "index.html").write_text(html, encoding="utf-8")


def _write_table(rows: list[dict], path: Path) -> None:
    """The verdict table as Parquet: intervals in two columns, the setting as JSON text."""
    import pyarrow as pa
    from pyarrow import parquet

    words = ("theorem", "problem", "method", "verdict", "worst_line")
    numbers = ("bound", "measured", "slope", "claimed_slope", "vacuity", "worst_slack")
    columns: dict[str, Any] = {k: pa.array([_text(r[k]) for r in rows], pa.string()) for k in words}
    columns["setting"] = pa.array([json.dumps(r["setting"], sort_keys=True) for r in rows], pa.string())
    columns |= {k: pa.array([r[k] for r in rows], pa.float64()) for k in numbers}
    columns["lines_checked"] = pa.array([r["lines_checked"] for r in rows], pa.int64())
    for key in ("band", "slope_interval"):
        for side, name in enumerate(("low", "high")):
            values = [None if r[key] is None else r[key][side] for r in rows]
            columns[f"{key}_{name}"] = pa.array(values, pa.float64())
    parquet.write_table(pa.table(columns), path)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _swap(folder: Path, out: Path) -> None:
    """Moves `folder` to `out`; the earlier report steps aside for that moment and returns if the move fails."""
    if not out.exists():
        folder.rename(out)
        return
    aside = folder.with_name(folder.name + ".before")
    os.replace(out, aside)
    try:
        os.replace(folder, out)
    except BaseException:
        os.replace(aside, out)
        raise
    shutil.rmtree(aside)
