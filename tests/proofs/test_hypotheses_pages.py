"""Evidence, pages and the matrix: reproducible, complete, and nothing unescaped."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from proofs.cli import main
from proofs.hypotheses import evidence, matrix
from proofs.hypotheses.pages import write_page
from proofs.hypotheses.reading import read
from proofs.hypotheses.verdict import judge

EXAMPLES = Path(__file__).parents[2] / "examples" / "hypotheses"


@pytest.fixture
def small(monkeypatch):
    """A search and measurements of a second."""
    monkeypatch.setattr(evidence, "SEARCH_HORIZONS", (8, 16))
    monkeypatch.setattr(evidence, "SEARCH_RUNS", 16)
    monkeypatch.setattr(evidence, "POPULATION", 6)
    monkeypatch.setattr(evidence, "GENERATIONS", 2)
    monkeypatch.setattr(evidence, "HORIZONS", (16, 32, 64, 128))
    monkeypatch.setattr(evidence, "RUNS", 64)


@pytest.mark.parametrize("name", ["sgd_without_replacement", "new_recurrence", "generalised_smoothness"])
def test_evidence_is_reproducible(small, name):
    conjecture = read(EXAMPLES / f"{name}.toml")
    found = evidence.gather(conjecture, seed=5)
    assert found == evidence.gather(conjecture, seed=5)
    assert found.series != evidence.gather(conjecture, seed=6).series
    for s in found.series:
        assert all(low <= value <= high for low, value, high in zip(s.low, s.measured, s.high, strict=True))
        assert all(value > 0 for value in s.measured)
        assert s.interval[0] < s.slope < s.interval[1]
        assert bool(s.bounds) == (conjecture.claim.bound is not None)


def test_an_open_page(small, tmp_path):
    conjecture = replace(read(EXAMPLES / "generalised_smoothness.toml"), title="<b>bold</b>")
    page = write_page(judge(conjecture, seed=2), tmp_path).read_text()
    assert "<b>bold</b>" not in page
    for part in ("○ open", "✗ fails", "not reached", "Evidence", "data:image/svg+xml", "--seed 2"):
        assert part in page
    row = json.loads((tmp_path / "generalised_smoothness.json").read_text())
    assert row["verdict"] == "open"
    assert row["evidence"][0]["interval"]


def test_pages_of_a_proof_and_a_refutation(tmp_path, capsys):
    for name, code, parts in (
        ("own_inequality", 0, ("✓ proved", "own_inequality.certificate.json", "line by line")),
        ("clipped_unconditional", 1, ("✗ refuted", "The counterexample", "fair walk")),
    ):
        assert main(["hypothesis", "test", str(EXAMPLES / f"{name}.toml"), "--out", str(tmp_path)]) == code
        page = (tmp_path / f"{name}.html").read_text()
        assert all(part in page for part in parts)
    assert main(["verify", str(tmp_path / "own_inequality.certificate.json")]) == 0


def test_the_matrix_has_every_cell():
    cells = matrix.conjectures()
    assert len(cells) == 8 * 6 * 2
    assert len({c.name for *_, c in cells}) == len(cells)
    for column, row, sampling, conjecture in cells:
        assert set(column.assumptions) <= set(conjecture.assumptions)
        assert conjecture.sampling == sampling
        assert (conjecture.schedules.clip is not None) == (row == "adopt_clipped")
        assert conjecture.claim.rate == (Fraction(-2, 5) if column.name == "heavy" else Fraction(-1, 2))


@pytest.mark.parametrize(
    ("column", "row", "sampling", "verdict"),
    [
        ("a4", "adopt", "with_replacement", "proved"),
        ("heavy", "adopt_clipped", "with_replacement", "proved"),
        ("biased", "adopt", "reshuffled", "refuted"),
        ("pl", "rmsprop", "with_replacement", "refuted"),
        ("a5", "amsgrad", "with_replacement", "open"),
    ],
)
def test_cells(column, row, sampling, verdict):
    (found,) = (c for c in matrix.COLUMNS if c.name == column)
    assert judge(matrix.conjecture(found, row, sampling), measured=False).verdict == verdict


def test_the_matrix_needs_a_folder():
    assert main(["hypothesis", "matrix"]) == 2
