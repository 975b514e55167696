"""The answer of a complete sweep: one row per cell and setting, fitted rates, per-step moments; as Parquet files.

Files are written beside their place and moved, so that a failure leaves no half of one; the same ledger gives the
same bytes. Columns that a method has no value for are null.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numerics.sweeps.ledger import Ledger

if TYPE_CHECKING:
    import pyarrow

    from numerics.rates import Measure
    from numerics.statistics import Statistics
    from numerics.sweeps.plan import Cell

Row = dict[str, Any]
IDENTITY = ("problem", "method", "setting", "seed", "quantity")
"""What rows of the same fitted rate agree in; `setting` numbers the plan's grid of settings, the same at every horizon."""
HYPERPARAMETERS = ("beta1", "beta2", "eps", "decay", "clip_c", "clip_p", "delay", "start")
LEAST_HORIZONS = 4
"""A slope with its T^(-1/2) term needs at least this many."""


def summarise(ledger: Ledger, folder: Path) -> dict[str, Any]:
    """Write measures.parquet, steps.parquet and, with four horizons or more, rates.parquet; returns what they hold.

    The dictionary has `digest` (`Ledger.digest`), `rows`, `fits` and `files`. Raises LedgerError if shards are
    missing, OSError if a file cannot be written.
    """
    from numerics.rates import measure
    from numerics.sweeps.partials import to_statistics

    folder.mkdir(parents=True, exist_ok=True)
    plan = ledger.cut.plan
    rows: list[Row] = []
    measured: dict[tuple[Any, ...], list[tuple[Row, Measure]]] = {}
    with _Table(folder / "steps.parquet") as steps:
        for cell, partial in zip(ledger.cut.cells, ledger.results(), strict=True):
            found = to_statistics(partial, cell.settings, plan.measures)
            steps.append(_steps(cell, found))
            for quantity in plan.measures if cell.runs > 1 else ():
                measures = measure(found, quantity, seed=cell.seed)
                for row, one in zip(_rows(cell, found, quantity, measures), measures, strict=True):
                    rows.append(row)
                    measured.setdefault(tuple(row[key] for key in IDENTITY), []).append((row, one))
    fits = [_fit(group) for group in measured.values() if _fittable([m for _, m in group])]
    tables = {"measures": rows, "rates": fits}
    files = [_write(folder / f"{name}.parquet", content) for name, content in tables.items() if content]
    return {"digest": ledger.digest(), "rows": rows, "fits": fits, "files": [*files, folder / "steps.parquet"]}


def _rows(cell: Cell, found: Statistics, quantity: str, measures: Sequence[Measure]) -> Iterator[Row]:
    """One row per setting: (1/T)Σ M_t^p with its 95 % interval, and min_t M_t^p with its own."""
    from numerics.bands import minimum

    for k, (one, least) in enumerate(zip(measures, minimum(found, quantity), strict=True)):
        low, high = one.interval()
        yield {
            **_names(cell, k),
            "quantity": quantity,
            "runs": cell.runs,
            "measure": one.average,
            "standard_error": one.standard_error,
            "low": low,
            "high": high,
            "degrees": one.degrees,
            "minimum": least.estimate,
            "minimum_low": least.low,
            "minimum_high": least.high,
        }


def _names(cell: Cell, k: int) -> Row:
    """What identifies setting k of a cell; a clip (c, p) is two columns."""
    setting = cell.settings[k]
    values = dict(setting.hyperparameters)
    clip = values.pop("clip", None)
    plain = {name: float(v) if isinstance(v, (float, Fraction)) else v for name, v in values.items()}
    return {
        "problem": cell.problem,
        "method": cell.method,
        "setting": cell.labels[k],
        "horizon": cell.horizon,
        "seed": cell.seed,
        "alpha": float(setting.alpha),
        "decay": float(setting.decay),
        **{name: float(v) if name in ("beta1", "beta2", "eps") else v for name, v in plain.items()},
        **({"clip_c": float(clip[0]), "clip_p": float(clip[1])} if clip else {}),
    }


def _fittable(measures: Sequence[Measure]) -> bool:
    return len(measures) >= LEAST_HORIZONS and all(m.average > 0 and (m.resampled > 0).all() for m in measures)


def _fit(group: Sequence[tuple[Row, Measure]]) -> Row:
    """The fitted rate of one setting over its horizons."""
    from numerics.rates import fit_rate

    first, measures = group[0][0], [m for _, m in group]
    fit = fit_rate(measures)
    low, high = fit.interval
    return {
        **{key: first[key] for key in (*IDENTITY, *HYPERPARAMETERS) if key in first},
        "slope": fit.slope,
        "low": low,
        "high": high,
        "intercept": fit.intercept,
        "correction": fit.correction,
        "local_slopes": list(fit.local_slopes),
        "horizons": sorted(m.horizon for m in measures),
    }


def _steps(cell: Cell, found: Statistics) -> pyarrow.Table:
    """Per-step moments of a cell: one row per setting and step."""
    import numpy as np
    import pyarrow as pa

    settings = len(cell.settings)
    shared = {"problem": cell.problem, "method": cell.method, "horizon": cell.horizon, "seed": cell.seed}
    columns: dict[str, Any] = {name: pa.repeat(value, settings * cell.horizon) for name, value in shared.items()}
    columns["setting"] = np.repeat(np.array(cell.labels), cell.horizon)
    columns["step"] = np.tile(np.arange(1, cell.horizon + 1), settings)
    for moment in ("mean", "variance", "skewness", "kurtosis"):
        for quantity, values in getattr(found, moment).items():
            columns[f"{quantity}_{moment}"] = values.reshape(-1)
    return pa.table(columns)


class _Table:
    """A Parquet file that is written table by table, and appears when all is written."""

    def __init__(self, path: Path) -> None:
        self.path, self.temporary = path, path.with_name(path.name + ".part")
        self.writer: Any = None

    def __enter__(self) -> _Table:
        return self

    def append(self, table: pyarrow.Table) -> None:
        from pyarrow.parquet import ParquetWriter

        if self.writer is None:
            self.writer = ParquetWriter(self.temporary, table.schema)
        self.writer.write_table(table)

    def __exit__(self, kind: object, *_: object) -> None:
        if self.writer is not None:
            self.writer.close()
            if kind is None:
                os.replace(self.temporary, self.path)


def _write(path: Path, rows: Sequence[Row]) -> Path:
    """Rows as a table; its columns are the union of the rows' keys."""
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    with _Table(path) as file:
        file.append(pa.table({name: [row.get(name) for row in rows] for name in names}))
    return path
