"""The matrix assumption set × method × sampling → verdict: each cell a hypothesis that is put to all three sides.

The claim of a cell: at α = α0/√T, for every β1 and β2 in [0, 1), the average measure is at most C·T^(−1/2) for all large T,
with C the same for the whole class. Clipping is at c0·T^{1/4}. Under heavy tails, where T^(−1/2) is out of reach, the claim
is the optimal exponent at α0·T^(−3/5) and c0·T^(2/5), for p = 3/2. With a bias it is down to a floor C'δ².
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any

from proofs.hypotheses.pages import STYLES, badge, replaced, write_page
from proofs.hypotheses.verdict import Verdict, contract, judge
from proofs.report.template import page
from theory.hypothesis import METHODS, Claim, Conjecture, Schedules


@dataclass(frozen=True)
class Column:
    """An assumption set, besides A1 and A2."""

    name: str
    title: str
    assumptions: tuple[str, ...]


COLUMNS = (
    Column("a5_conditional", "A5, conditional", ("smooth", "bounded_second_moment_conditional")),
    Column("a5", "A5, unconditional", ("smooth", "bounded_second_moment")),
    Column("a4", "A4", ("smooth", "bounded_variance_conditional")),
    Column("affine", "affine variance", ("smooth", "affine_variance")),
    Column("pl", "PŁ and A5", ("smooth", "bounded_second_moment_conditional", "polyak_lojasiewicz")),
    Column("l0_l1", "(L0,L1) and A5", ("generalised_smooth", "bounded_second_moment_conditional")),
    Column("heavy", "heavy tails, p = 3/2", ("smooth", "finite_moment")),
    Column("biased", "bias δ and A5", ("smooth", "bounded_second_moment_conditional", "bounded_bias")),
)
ROWS = (
    ("adopt", "ADOPT"),
    ("adopt_clipped", "clipped ADOPT"),
    ("rmsprop", "RMSprop"),
    ("adam", "Adam"),
    ("amsgrad", "AMSGrad"),
    ("sgd", "SGD"),
)
SAMPLINGS = (("with_replacement", "with replacement"), ("reshuffled", "without replacement"))


@dataclass(frozen=True)
class Cell:
    """A verdict with its reason in a few words; `data` is the whole contract of the cell's hypothesis."""

    column: Column
    row: str
    sampling: str
    reason: str
    data: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.data["name"])

    @property
    def verdict(self) -> str:
        return str(self.data["verdict"])

    def row_data(self) -> dict[str, Any]:
        """The cell as plain data."""
        return {"assumptions": self.column.name, "method": self.row, "sampling": self.sampling} | self.data


def conjecture(column: Column, row: str, sampling: str) -> Conjecture:
    """The cell's hypothesis."""
    from theory.bounds import SYMBOLS

    alpha0, T, c0, delta = (SYMBOLS[x] for x in ("alpha0", "T", "c0", "delta"))
    heavy = "finite_moment" in column.assumptions
    clipped = row == "adopt_clipped"
    third = Fraction(3, 5) if heavy else Fraction(1, 2)
    power = Fraction(2, 5) if heavy else Fraction(1, 4)
    noise = () if "bounded_bias" in column.assumptions else ("unbiased",)
    measure = "average"
    if row == "sgd":
        measure = "gradient_square"
    elif heavy and row.startswith("adopt"):
        measure = "weighted"
    title = dict(ROWS)[row]
    return Conjecture(
        name=f"{column.name}_{row}_{sampling}",
        title=f"{title} under {column.title}, {dict(SAMPLINGS)[sampling]}",
        method=METHODS["adopt" if clipped else row],
        sampling=sampling,
        assumptions=("lower_bounded", *noise, *column.assumptions),
        schedules=Schedules(alpha0 * T ** -to_sympy(third), c0 * T ** to_sympy(power) if clipped else None),
        claim=Claim(
            measure,
            rate=Fraction(-2, 5) if heavy else Fraction(-1, 2),
            floor=delta**2 if "bounded_bias" in column.assumptions else None,
        ),
        p=Fraction(3, 2) if heavy else None,
    )


def to_sympy(value: Fraction) -> Any:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)


def conjectures() -> list[tuple[Column, str, str, Conjecture]]:
    """Every cell, in reading order."""
    return [
        (column, row, sampling, conjecture(column, row, sampling))
        for row, _ in ROWS
        for sampling, _ in SAMPLINGS
        for column in COLUMNS
    ]


def fill(folder: Path, *, seed: int) -> list[Cell]:
    """Every cell's verdict from its own proof, refutation and evidence, and its page in `folder`. Minutes on two cores."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    wanted = conjectures()
    work = [(column, row, sampling, folder, seed) for column, row, sampling, _ in wanted]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return list(pool.map(filled, work, chunksize=4))


def filled(work: tuple[Column, str, str, Path, int]) -> Cell:
    """One cell, in a worker with one thread."""
    import torch

    torch.set_num_threads(1)
    column, row, sampling, folder, seed = work
    verdict = judge(conjecture(column, row, sampling), seed=seed)
    write_page(verdict, folder / "cells", full=False, back="../index.html")
    return Cell(column, row, sampling, reason(verdict), contract(verdict))


def write_matrix(cells: Sequence[Cell], folder: Path) -> Path:
    """Writes index.html with the matrix, the graph of implications and the critical points; returns its path."""
    body = "".join([INTRODUCTION, table(cells), legend(cells), implications(), critical(cells)])
    replaced(folder / "index.html", page("Which assumptions suffice", body))
    return folder / "index.html"


INTRODUCTION = (
    "<h1>Which assumptions suffice?</h1>\n"
    f"<p>{escape(' '.join((__doc__ or '').split()))}</p>\n"
    "<p>Every verdict comes from running the proof scripts, the refuters and, where neither decides, the measurements: a green "
    "cell has a certificate that the second checker accepts, a red one an exact instance, a yellow one says what was tried.</p>\n"
)


def table(cells: Sequence[Cell]) -> str:
    """The matrix, a row for each method and sampling."""
    at = {(c.row, c.sampling, c.column.name): c for c in cells}
    head = "".join(f"<th>{escape(c.title)}</th>" for c in COLUMNS)
    rows = []
    for row, title in ROWS:
        for sampling, words in SAMPLINGS:
            found = "".join(f"<td>{link(at[row, sampling, c.name])}</td>" for c in COLUMNS)
            rows.append(f'<tr><th>{escape(title)}<br><span class="soft">{escape(words)}</span></th>{found}</tr>')
    return f'<div class="wide"><table><thead><tr><th>method</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>\n'


def link(cell: Cell) -> str:
    """The verdict as a link to the cell's page, and its reason in a few words."""
    href = f"cells/{escape(cell.name)}.html"
    return f'<a href="{href}">{badge(cell.verdict)}</a><br><span class="soft">{escape(cell.reason)}</span>'


def reason(v: Verdict) -> str:
    """The cell's reason in a few words: the theorem, the kind of refutation, or the slope measured."""
    if v.proof.proved is not None:
        return v.proof.proved.theorem.replace("_", " ")
    if v.refutation is not None:
        return {"floor": "biased at the minimiser", "slope": "walk on a slope", "jumps": "rare jumps"}.get(
            v.refutation.kind, v.refutation.kind
        )
    if v.evidence is not None and v.evidence.series and v.evidence.series[0].interval is not None:
        low, high = v.evidence.series[0].interval
        return f"slope [{low:.2f}, {high:.2f}]".replace("-", "−")
    return "measured"


def legend(cells: Sequence[Cell]) -> str:
    counts = {name: sum(c.verdict == name for c in cells) for name in STYLES}
    words = ", ".join(f"{badge(name)} {n}" for name, n in counts.items())

    note = "A slope is that of the hardest member found, with its 95% interval."
    return f'<p class="soft">{words}, of {len(cells)} cells. {note}</p>\n'


def implications() -> str:
    """The graph of implications between assumptions, drawn from the theorems."""
    from proofs.graph_layout import svg
    from proofs.hypotheses.implication_graph import implication_graph

    drawing = svg(implication_graph(), "Which assumption implies which")
    caption = (
        "Each arrow is a theorem with a certificate that the second checker accepts (theory/statements/implications.py). "
        "Scripts ask for facts by name: an assumption above supplies what those below it say."
    )
    figure = f'<figure><div class="wide">{drawing}</div><figcaption>{caption}</figcaption></figure>'
    return f"<h2>Which assumption implies which</h2>\n{figure}\n"


def critical(cells: Sequence[Cell]) -> str:
    """The critical points, each with its evidence."""
    from proofs.hypotheses.critical import paragraphs

    parts = [f"<h3>{escape(title)}</h3>\n<p>{html}</p>\n" for title, html in paragraphs(cells)]
    return "<h2>The critical points</h2>\n" + "".join(parts)
