"""The report is one page that needs nothing else, complete or absent, with the data beside it.

The rows here are synthetic (they are named so): the bound is T4.1's formula, "measured" a fraction of it.
"""

from __future__ import annotations

import copy
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from proofs.certificate import CERTIFICATES
from proofs.report import page as report_page
from proofs.report import write_report
from proofs.report.numbers import number, setting

MINIMAL_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="30" height="10"/></svg>'


def t41_bound(T: int, beta1: float, *, Delta: float = 1.0, L: float = 1.0, G: float = 1.0, eps: float = 1.0) -> float:
    alpha = eps / G * math.sqrt(2 * Delta * (1 - beta1) / (L * T * (1 + beta1)))
    bracket = Delta / (alpha * T) + alpha * L * G**2 * (1 + beta1) / (2 * eps**2 * (1 - beta1))
    return math.sqrt(G**2 + eps**2) * bracket


def row(T: int, beta1: float, verdict: str) -> dict[str, Any]:
    bound = t41_bound(T, beta1)
    return {
        "theorem": "adopt",
        "problem": "synthetic",
        "method": "adopt",
        "setting": {"beta1": beta1, "beta2": 0.999, "horizon": T},
        "verdict": verdict,
        "bound": bound,
        "measured": bound / 3,
        "band": [bound / 3.1, bound / 2.9],
        "slope": -0.5,
        "slope_interval": [-0.52, -0.48],
        "claimed_slope": -0.5,
        "vacuity": bound,
        "lines_checked": 2,
        "worst_slack": 1e-9,
        "worst_line": "(5) Second moments: E‖a_t‖² ≤ P",
    }


@pytest.fixture
def data(tmp_path: Path) -> dict[str, Any]:
    certificate = CERTIFICATES / "adopt.json"
    value = json.loads(certificate.read_text(encoding="ascii"))
    png = tmp_path / "source.png"
    png.write_bytes(b"\x89PNG\r\n\x1a\n synthetic")
    figure = {"svg": MINIMAL_SVG, "png": str(png), "title": "Synthetic", "caption": "A synthetic figure, 1 < 2."}
    return {
        "status": "ok",
        "rows": [row(2**15, 0.9, "consistent"), row(64, 0.9, "vacuous"), row(64, 0.0, "not applicable")],
        "broken": [
            {"name": "bound_halved", "what": "half of it", "caught": True, "by": "kernel", "expected": "kernel"}
        ],
        "theorems": [
            {
                "name": "adopt",
                "title": "ADOPT at O(1/√T)",
                "statement_sha256": value["statement_sha256"],
                "steps": len(value["steps"]),
                "status": "proved",
                "certificate": str(certificate),
                "hypotheses": ["smooth", "unbiased"],
                "discrepancies": ["A5 is read unconditionally."],
            }
        ],
        "slacks": [
            {
                "theorem": "adopt",
                "tree": "synthetic tree",
                "lines": [{"step": 2, "label": "hypothesis", "slack": 0.5}, {"step": 60, "label": "a", "slack": 0.25}],
            }
        ],
        "figures": {"rate_synthetic": figure, "slack_adopt": figure},
        "machine": {"python": "3.11"},
        "seconds": 12.3,
        "version": "0.1.0",
    }


class Page(HTMLParser):
    """Collects what a page refers to and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "srcset", "data", "action"):
                self.references.append(value or "")
            assert not name.startswith("on"), f"<{tag} {name}> runs code"

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_else(data: dict[str, Any], tmp_path: Path) -> None:
    html = write_report(data, tmp_path / "report").read_text(encoding="utf-8")
    page = Page(html)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert all(x.startswith(("#", "data:image/svg+xml;base64,")) for x in page.references)
    assert not re.search(r"@import|url\(", html)
    anchors = [x[1:] for x in page.references if x.startswith("#")]
    assert set(anchors) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_the_page_says_what_the_data_says(data: dict[str, Any], tmp_path: Path) -> None:
    text = Page(write_report(data, tmp_path / "report").read_text(encoding="utf-8")).text.replace("\u00a0", " ")
    assert "Everything checked holds. 1 of 1 theorem proved" in text
    assert "3 settings measured: 1 consistent, 1 vacuous, 1 not applicable" in text
    assert "2 evaluations of proof lines; 1 of 1 deliberately broken statement caught." in text
    assert "β₁ = 0.9, T = 32768" in text
    assert number(t41_bound(2**15, 0.9)) in text
    assert data["theorems"][0]["statement_sha256"] in text
    assert "A5 is read unconditionally." in text
    assert "A3 (smooth)" in text


def test_a_failure_is_the_headline(data: dict[str, Any], tmp_path: Path) -> None:
    data["status"], data["rows"][0]["verdict"], data["broken"][0]["caught"] = "failed", "violated", False
    text = Page(write_report(data, tmp_path / "report").read_text(encoding="utf-8")).text
    assert "Not everything checked holds." in text
    assert "✗ violated" in text
    assert "✗ not caught" in text


def test_a_rejected_theorem_has_no_proof_and_no_map(data: dict[str, Any], tmp_path: Path) -> None:
    data["theorems"][0] |= {"status": "rejected", "certificate": None, "statement_sha256": None, "steps": None}
    data["theorems"][0]["reason"] = "step 7 does not follow"
    html = write_report(data, tmp_path / "report").read_text(encoding="utf-8")
    assert "step 7 does not follow" in html
    assert "<svg" not in html
    assert "0 of 1 theorem proved" in html


def test_the_data_is_beside_the_page(data: dict[str, Any], tmp_path: Path) -> None:
    from pyarrow import parquet

    out = tmp_path / "deep" / "report"
    write_report(data, out)
    kept = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert kept["rows"] == data["rows"]
    for files in kept["figures"].values():
        assert (out / files["svg"]).read_text() == MINIMAL_SVG
        assert (out / files["png"]).read_bytes().startswith(b"\x89PNG")
    certificate = out / kept["theorems"][0]["certificate"]
    assert certificate.read_bytes() == (CERTIFICATES / "adopt.json").read_bytes()
    table = parquet.read_table(out / "results.parquet").to_pylist()
    assert [r["bound"] for r in table] == [r["bound"] for r in data["rows"]]
    assert json.loads(table[0]["setting"]) == data["rows"][0]["setting"]
    assert [table[0]["band_low"], table[0]["band_high"]] == data["rows"][0]["band"]


def test_every_text_is_escaped(data: dict[str, Any], tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    data["rows"][0] |= {"problem": hostile, "worst_line": hostile, "setting": {hostile: hostile}, "reason": hostile}
    data["broken"][0] |= {"name": hostile, "by": hostile, "expected": hostile, "what": hostile, "where": hostile}
    data["theorems"][0] |= {"title": hostile, "hypotheses": [hostile], "discrepancies": [hostile]}
    data["slacks"][0] |= {"tree": hostile, "setting": hostile}
    data["slacks"][0]["lines"][1]["label"] = hostile
    data["figures"]["rate_synthetic"] = data["figures"]["rate_synthetic"] | {"title": hostile, "caption": hostile}
    data |= {"machine": hostile, "version": hostile}
    html = write_report(data, tmp_path / "report").read_text(encoding="utf-8")
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 15


# All or nothing


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_new_report_replaces_the_old_one_whole(data: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "report"
    write_report(data, out)
    del data["figures"]["slack_adopt"]
    write_report(data, out)
    assert sorted(p.name for p in (out / "figures").iterdir()) == ["rate_synthetic.png", "rate_synthetic.svg"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report", "source.png"], "nothing temporary is left"


def test_equal_data_gives_equal_pages(data: dict[str, Any], tmp_path: Path) -> None:
    first = write_report(data, tmp_path / "a").read_bytes()
    assert first == write_report(copy.deepcopy(data), tmp_path / "b").read_bytes()


@pytest.mark.parametrize("stage", ["_fill", "_write_table", "_swap"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interrupted_run_leaves_the_last_good_report(
    data: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, error: type[BaseException]
) -> None:
    out = tmp_path / "report"
    write_report(data, out)
    before = contents(out)

    def interrupted(*_: Any) -> None:
        raise error("in the middle")

    monkeypatch.setattr(report_page, stage, interrupted)
    data["seconds"] = 99.0
    with pytest.raises(error):
        write_report(data, out)
    assert contents(out) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report", "source.png"]


def test_a_failed_move_brings_the_old_report_back(
    data: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report"
    write_report(data, out)
    before = contents(out)
    replace, calls = report_page.os.replace, []

    def second_fails(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError("no space left")
        replace(source, target)

    monkeypatch.setattr(report_page.os, "replace", second_fails)
    with pytest.raises(OSError, match="no space left"):
        write_report(data, out)
    assert len(calls) == 3
    assert contents(out) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report", "source.png"]


def test_other_files_are_never_deleted(data: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "home"
    out.mkdir()
    (out / "thesis.tex").write_text("irreplaceable")
    with pytest.raises(ValueError, match=r"holds 'thesis\.tex', which no report wrote"):
        write_report(data, out)
    assert contents(out) == {"thesis.tex": b"irreplaceable"}
    with pytest.raises(ValueError, match="is a file; a report needs a folder"):
        write_report(data, out / "thesis.tex")


def without(key: str) -> Any:
    return lambda data: data.pop(key)


BAD: list[tuple[Any, type[Exception], str]] = [
    (without("rows"), ValueError, "the data lacks rows"),
    (lambda d: d["rows"][1].pop("bound"), ValueError, r"rows\[1\] lacks bound"),
    (lambda d: d["theorems"][0].pop("certificate"), ValueError, r"theorems\[0\] lacks certificate"),
    (lambda d: d["rows"][2].update(verdict="fine"), ValueError, r"rows\[2\]: unknown verdict 'fine'"),
    (lambda d: d["rows"][0].update(bound=math.nan), ValueError, "nan is not a finite number"),
    (lambda d: d.update(extra=math.inf), ValueError, "not JSON compliant"),
    (lambda d: d["figures"].update({"../rate": d["figures"]["rate_synthetic"]}), ValueError, "cannot be a file name"),
    (lambda d: d["figures"]["rate_synthetic"].update(png="/nowhere.png"), FileNotFoundError, "nowhere"),
    (lambda d: d["theorems"][0].update(certificate="/nowhere.json"), FileNotFoundError, "nowhere"),
]


@pytest.mark.parametrize(("change", "error", "message"), BAD, ids=[m for _, _, m in BAD])
def test_bad_data_is_refused_without_output(
    data: dict[str, Any], tmp_path: Path, change: Any, error: type[Exception], message: str
) -> None:
    change(data)
    with pytest.raises(error, match=message):
        write_report(data, tmp_path / "out" / "report")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


# Numbers


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (None, "–"),
        (0, "0"),
        (0.5, "0.5"),
        (-0.51234567, "−0.5123"),
        (12345.6, "12346"),
        (1.5e-9, "1.5×10<sup>−9</sup>"),
        (2e7, "2×10<sup>7</sup>"),
    ],
)
def test_numbers(value: float | None, printed: str) -> None:
    assert number(value) == printed


def test_settings_use_the_notation_of_the_field() -> None:
    assert setting({"beta2": 0.999, "eps": 1, "runs": 64}).replace("\u00a0", " ") == "β₂ = 0.999, ε = 1, runs = 64"
    assert (
        setting({"alpha": 0.04030065305137552, "beta2": 0.99999999}).replace("\u00a0", " ")
        == "α = 0.040301, β₂ = 0.99999999"
    )
