"""A page for one hypothesis: statement, verdict, proof or its failing line, counterexample or curves, how to reproduce."""

from __future__ import annotations

import base64
import io
import json
import os
from html import escape
from pathlib import Path

from proofs.hypotheses.evidence import Series
from proofs.hypotheses.replay import Failure
from proofs.hypotheses.verdict import Verdict, contract
from proofs.hypotheses.words import assumption_texts, claim_text, method_text, missing_facts
from proofs.report.numbers import cells, interval, number, table
from proofs.report.template import page
from theory.hypothesis import MEASURES, Conjecture

STYLES = {"proved": ("good", "✓"), "refuted": ("bad", "✗"), "open": ("dim", "○")}
"""Style and mark of each verdict; colour is never the only sign."""


def badge(verdict: str) -> str:
    style, mark = STYLES[verdict]
    return f'<span class="{style} verdict">{mark} {verdict}</span>'


def write_page(v: Verdict, folder: Path, *, full: bool = True, back: str = "") -> Path:
    """Writes NAME.html, NAME.json and, if it is proved, NAME.certificate.json; returns the page's path.

    `full` writes the whole proof into the page; `back` is a link to the matrix.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = v.conjecture.name
    replaced(folder / f"{name}.json", json.dumps(contract(v), indent=1, allow_nan=False, ensure_ascii=False) + "\n")
    if v.proof.certificate is not None:
        replaced(folder / f"{name}.certificate.json", v.proof.certificate + "\n")
    body = "".join(
        [
            f'<p><a href="{escape(back)}">the matrix</a></p>\n' if back else "",
            f"<h1>{escape(v.conjecture.title)}</h1>\n",
            headline(v),
            statement(v.conjecture),
            proof(v, full),
            refutation(v),
            evidence(v),
            reproduce(v),
        ]
    )
    replaced(folder / f"{name}.html", page(v.conjecture.title, body))
    return folder / f"{name}.html"


def replaced(path: Path, text: str) -> None:
    """Writes a file in one move."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def headline(v: Verdict) -> str:
    """The verdict in a sentence."""
    if v.proof.proved is not None:
        sentence = f"by the script of {v.proof.proved.theorem}; the second checker accepts the certificate."
    elif v.refutation is not None:
        sentence = f"{v.refutation.title}."
    else:
        sentence = "no proof goes through, no refuter finds a certified instance; below is what was tried and measured."
    style, _ = STYLES[v.verdict]
    colours = f"background: var(--{style}-tint); border-color: var(--{style})"
    return f'<p class="headline" style="{colours}">{badge(v.verdict)} {escape(sentence)}</p>\n'


def statement(conjecture: Conjecture) -> str:
    """Method, assumptions with their primitive hypotheses in mathematics, claim."""
    rows = []
    formulas = primitive_formulas(conjecture)
    for label, claim in assumption_texts(conjecture):
        rows.append(f"<li><strong>{escape(label)}</strong>: {escape(claim)}</li>")
    listed = "".join(f"<span>{f}</span>; " for f in formulas)
    count = f"as {len(formulas)} primitive hypotheses, the recurrence included"
    folded = f"<details><summary>{count}</summary>{listed}</details>" if formulas else ""
    return (
        "<h2>The hypothesis</h2>\n"
        f"<p><strong>Method.</strong> {escape(method_text(conjecture))}.</p>\n"
        f'<p><strong>Assumptions.</strong></p><ul class="plain">{"".join(rows)}</ul>{folded}\n'
        f'<p><strong>Claim.</strong></p><p class="bound">{escape(claim_text(conjecture))}</p>\n'
    )


def primitive_formulas(conjecture: Conjecture) -> list[str]:
    """The primitive hypotheses in MathML."""
    from proofs.hypotheses.relations import nodes
    from proofs.typeset import mathml

    return [mathml(x) for x in nodes(conjecture.primitive())]


def proof(v: Verdict, full: bool) -> str:
    """The certificate explained, or every candidate script with its failing line marked."""
    parts = ["<h2>The proof side</h2>\n"]
    found = v.proof.proved
    if found is not None:
        facts = "".join(f"<li>{escape(x)}</li>" for x in found.derived)
        parts.append(f"<p>Facts supplied by implications:</p><ul>{facts}</ul>\n" if facts else "")
        conditions = "".join(f"<li><code>{escape(x)}</code></li>" for x in v.proof.conditions)
        if conditions:
            parts.append(f"<p>It speaks of parameters with (for a rate: all large T):</p><ul>{conditions}</ul>\n")
        name = v.conjecture.name
        digest = found.certificate["statement_sha256"]
        parts.append(
            f'<p>Certificate: <a href="{escape(name)}.certificate.json">{escape(name)}.certificate.json</a>, '
            f"{len(found.certificate['steps'])} steps, statement <code>{digest[:16]}</code>.</p>\n"
        )
        if full:
            from proofs.explain import fragment

            parts.append(
                f"<details><summary>the proof, line by line</summary>{fragment(found.certificate)}</details>\n"
            )
        return "".join(parts)
    if not v.proof.failures:
        parts.append("<p>No theorem speaks of this recurrence and measure, so no script could be tried.</p>\n")
    for k, failure in enumerate(v.proof.failures):
        parts.append(failed(failure, opened=k == 0))
    if v.proof.instead:
        rows = "".join(f"<li>{escape(text)}</li>" for _, text in v.proof.instead)
        parts.append(f"<p>What can be proved instead:</p><ul>{rows}</ul>\n")
    return "".join(parts)


def failed(failure: Failure, *, opened: bool) -> str:
    """A theorem's proof as far as it goes under these assumptions, the failing line marked."""
    from proofs.audit import visible
    from proofs.scripts import prove

    missing = "; ".join(missing_facts(failure)) or failure.reason
    lines = visible(prove(failure.theorem))
    rows = []
    reached = False
    for section, text in lines:
        here = section == failure.section and text == failure.step and not reached
        reached = reached or here
        style, mark = ("bad", "✗ fails") if here else ("off", "not reached") if reached else ("good", "✓")
        why = f'<br><span class="soft">{escape(failure.reason)}</span>' if here else ""
        rows.append(
            cells(escape(section), (escape(text) + why, "words"), f'<span class="{style} verdict">{mark}</span>')
        )
    summary = f"{failure.theorem}: fails in “{failure.section}” at “{failure.step}”; missing: {missing}"
    body = (
        table([("section", ""), ("line", ""), ("", "")], rows)
        if reached
        else f'<p class="soft">{escape(failure.reason)}</p>'
    )
    return f"<details{' open' if opened else ''}><summary>{escape(summary)}</summary>{body}</details>\n"


def refutation(v: Verdict) -> str:
    """The instance in words, its figures and its data."""
    r = v.refutation
    if r is None:
        return ""
    words = "".join(f"<p>{escape(x)}</p>\n" for x in r.words)
    data = escape(json.dumps(r.data, indent=1, ensure_ascii=False))
    return (
        f"<h2>The counterexample</h2>\n{words}<details><summary>as data, exact</summary><pre>{data}</pre></details>\n"
    )


def evidence(v: Verdict) -> str:
    """What was tried, and the curves of the hardest members of the family."""
    if v.evidence is None:
        return ""
    tried = "".join(f"<li>{escape(x)}</li>" for x in v.evidence.tried)
    rows = []
    for k, s in enumerate(v.evidence.series):
        parameters = ", ".join(f"{name} = {value:.3g}" for name, value in s.parameters.items())
        rows.append(
            cells(
                f"{k + 1}",
                (escape(parameters), "words"),
                (number(s.measured[-1]), "n"),
                (number(s.bounds[-1]) if s.bounds and s.bounds[-1] != float("inf") else "–", "n"),
                (number(s.slope, 3), "n"),
                (interval(s.interval), "n"),
            )
        )
    header = [
        ("member", ""),
        ("parameters", ""),
        ("measured at the last T", "n"),
        ("bound", "n"),
        ("slope", "n"),
        ("95% interval", "n"),
    ]
    return (
        f"<h2>Evidence</h2>\n<p>Tried:</p><ul>{tried}</ul>\n{table(header, rows)}{curves(v.conjecture, v.evidence.series)}"
        '<p class="soft">A slope at finite T neither proves a rate nor refutes one; it resolves no better than 1/ln T.</p>\n'
    )


def curves(conjecture: Conjecture, series: tuple[Series, ...]) -> str:
    """The rate plot as an embedded SVG image."""
    from numerics.plots import RateSeries, rate_figure

    drawn = [
        RateSeries(
            label=f"member {k + 1}",
            horizons=list(s.horizons),
            measured=list(s.measured),
            low=list(s.low),
            high=list(s.high),
            bound=[] if not s.bounds or float("inf") in s.bounds else list(s.bounds),
            bound_label=f"claimed bound, member {k + 1}",
            slope=s.slope,
            slope_interval=s.interval,
        )
        for k, s in enumerate(series)
        if min(s.measured) > 0
    ]
    if not drawn:
        return ""
    claimed = None if conjecture.claim.rate is None else float(conjecture.claim.rate)
    figure = rate_figure(conjecture.name.replace("_", " "), drawn, claimed_slope=claimed)
    figure.axes[0].set_ylabel(AXIS[MEASURES[conjecture.claim.measure].quantity])
    target = io.BytesIO()
    figure.savefig(target, format="svg")
    encoded = base64.b64encode(target.getvalue()).decode()
    return (
        f'<figure><div class="wide"><img alt="measured rates" src="data:image/svg+xml;base64,{encoded}"></div>'
        "<figcaption>The measure against the horizon on the hardest members found, with 95% intervals.</figcaption></figure>\n"
    )


AXIS = {
    "gradient_power": r"$\frac{1}{T}\sum_t (E\,|f'(\theta_{t-1})|^{4/3})^{3/2}$",
    "gradient_square": r"$\frac{1}{T}\sum_t E\,f'(\theta_{t-1})^2$",
    "gap": r"$\frac{1}{T}\sum_t (E\,|f'(\theta_{t-1})|^{4/3})^{3/2}$",
}
"""What the family's runs are measured by."""


def reproduce(v: Verdict) -> str:
    seed = "" if v.evidence is None else f" --seed {v.evidence.seed}"
    lines = [f"adoptproof hypothesis test {v.conjecture.name}.toml{seed} --out DIR"]
    if v.proof.certificate is not None:
        lines.append(f"adoptproof verify {v.conjecture.name}.certificate.json")
    text = "\n".join(lines)
    return f"<h2>How to reproduce this</h2>\n<pre>{escape(text)}</pre>\n"
