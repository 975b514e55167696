"""The sections of the report, each a function from the cross-check's data to HTML. Every text is escaped."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from proofs.explain import fragment, references
from proofs.graph import dependency_graph
from proofs.graph_layout import svg
from proofs.notation import Printer
from proofs.outline import group_title, hypothesis_groups
from proofs.report import gallery
from proofs.report.numbers import VERDICTS, cells, interval, number, setting, table, verdict
from proofs.typeset import mathml

Certificates = Mapping[str, dict]
"""Certificates by the name of their theorem."""


def headline(data: dict) -> str:
    """What was checked and the outcome, in a sentence or two."""
    theorems, rows, broken = data["theorems"], data["rows"], data["broken"]
    proved = sum(t["status"] == "proved" for t in theorems)
    count = Counter(r["verdict"] for r in rows)
    caught = sum(bool(b["caught"]) for b in broken)
    lines = sum(len(s["lines"]) for s in data["slacks"])
    outcome = ", ".join(f"{count[v]} {v}" for v in VERDICTS if count[v]) or "no setting"
    passed = data["status"] == "ok"
    word = "Everything checked holds." if passed else "Not everything checked holds."
    sentence = (
        f"{proved} of {_many(len(theorems), 'theorem')} proved from primitive hypotheses and replayed by the second "
        f"checker; {_many(len(rows), 'setting')} measured: {outcome}; {_many(lines, 'evaluation')} of proof lines; "
        f"{caught} of {_many(len(broken), 'deliberately broken statement')} caught."
    )
    mark = "✓" if passed else "✗"
    return (
        "<h1>ADOPT: convergence proved, measured and cross-checked</h1>\n"
        f'<p class="headline {"good" if passed else "bad"}"><strong>{mark} {word}</strong> {escape(sentence)}</p>\n'
    )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def verdicts(data: dict) -> str:
    """One row per setting, grouped by theorem and problem; then what evaluating the lines of each proof found."""
    header = [("setting", ""), ("verdict", ""), ("bound", "n"), ("measured", "n"), ("band", "n"), ("slope", "n")]
    header += [("interval", "n"), ("claimed", "n"), ("bound / G²", "n")]
    rows: list[str] = []
    ordered = sorted(data["rows"], key=lambda r: (r["theorem"], r["problem"]))
    for (theorem, problem), group in groupby(ordered, key=lambda r: (r["theorem"], r["problem"])):
        members = list(group)
        first = members[0]["setting"]
        shared = {k: v for k, v in first.items() if all(k in r["setting"] and r["setting"][k] == v for r in members)}
        title = f"{escape(theorem)} on {escape(problem)}"
        if shared and len(members) > 1:
            title += f' <span class="soft">{setting(shared)}</span>'
        else:
            shared = {}
        rows.append(f'<tr class="group"><th colspan="{len(header)}">{title}</th></tr>')
        rows += [_verdict_row(r, shared) for r in members]
    words = "".join(f"<li>{verdict(v)} {escape(w)}</li>" for v, w in VERDICT_WORDS.items())
    legend = f'<ul class="plain soft">{words}</ul>\n'
    return table(header, rows) + legend + _lines_table(ordered)


def _lines_table(rows: list[dict]) -> str:
    found = dict.fromkeys((r["theorem"], r["lines_checked"], r["worst_slack"], r["worst_line"]) for r in rows)
    header = [("theorem", ""), ("evaluations of its lines", "n"), ("least relative slack", "n"), ("at the line", "")]
    made = [
        cells(escape(name), (number(count, 9), "n"), (number(slack, 2), "n"), (escape(str(line or "–")), "words"))
        for name, count, slack, line in found
    ]
    note = "On simulated paths a line is an estimate: a slack below 0 within its error does not contradict it."
    return f'<h3>Lines of the proofs</h3>\n{table(header, made)}<p class="soft">{note}</p>\n'


VERDICT_WORDS = {
    "consistent": "no test rejects: neither that the measured value is at most the bound, at any horizon, nor that it "
    "falls at least as fast as claimed; and the bound is below G² at some horizon.",
    "violated": "the bound is exceeded or the fall too slow, significantly after Holm’s correction over all settings.",
    "vacuous": "the bound is above G², which holds anyway, at every horizon: no evidence.",
    "not applicable": "a hypothesis of the theorem does not hold for the problem.",
}


def _verdict_row(r: dict, shared: dict) -> str:
    why = f'<br><span class="soft">{escape(str(r["reason"]))}</span>' if r.get("reason") else ""
    own = {k: v for k, v in r["setting"].items() if k not in shared}
    return cells(
        (setting(own), "setting"),
        verdict(r["verdict"]) + why,
        (number(r["bound"]), "n"),
        (number(r["measured"]), "n"),
        (interval(r["band"]), "n"),
        (number(r["slope"], 3), "n"),
        (interval(r["slope_interval"]), "n"),
        (number(r["claimed_slope"], 3), "n"),
        (number(r["vacuity"], 3), "n"),
    )


def figures(data: dict, prefix: str, *, shown: int | None = None) -> str:
    """The figures whose names begin with the prefix, folded after the first `shown`.

    SVG is embedded as an image, which runs nothing.
    """
    parts: list[str] = []
    for name, figure in data["figures"].items():
        if name.startswith(prefix):
            encoded = base64.b64encode(figure["svg"].encode()).decode()
            title, caption = escape(figure["title"]), escape(figure["caption"])
            made = (
                f'<figure><div class="wide"><img alt="{title}" src="data:image/svg+xml;base64,{encoded}"></div>'
                f"<figcaption>{caption}</figcaption></figure>\n"
            )
            folded = shown is not None and len(parts) >= shown
            parts.append(f"<details><summary>{title}</summary>{made}</details>\n" if folded else made)
    return "".join(parts) or '<p class="soft">No figure was made.</p>\n'


def slacks(data: dict, certificates: Certificates) -> str:
    """The slack figures, and for every evaluation of a proof its line with least slack.

    Equations (slack 0 when they hold) are left out unless they come out negative.
    """
    numbers = {name: references(c) for name, c in certificates.items()}
    rows = []
    for check in data["slacks"]:
        telling = [x for x in check["lines"] if x["slack"] < 0 or x.get("relation") != "="]
        worst = min(telling, key=lambda x: x["slack"], default=None)
        if worst is None:
            continue
        label = numbers.get(check["theorem"], {}).get(worst["step"], f"({worst['step']})")
        link = f'<a href="#{escape(check["theorem"])}-{escape(label.strip("()"))}">{escape(label)}</a>'
        rows.append(
            cells(
                escape(check["theorem"]),
                escape(str(check.get("tree") or check.get("source") or "–")),
                (_setting_of(check.get("setting")), "setting"),
                (str(len(check["lines"])), "n"),
                (number(worst["slack"], 2), "n"),
                (number(worst.get("error"), 2), "n"),
                (f"{link} {escape(worst['label'])}", "words"),
            )
        )
    header = [("theorem", ""), ("evaluated on", ""), ("setting", ""), ("lines", "n"), ("least relative slack", "n")]
    header += [("error", "n"), ("at the line", "")]
    summary = f"The least slack of each of {_many(len(rows), 'evaluation')}"
    folded = f"<details><summary>{summary}</summary>{table(header, rows)}</details>\n" if rows else ""
    return figures(data, "slack", shown=1) + folded


def _setting_of(value: Any) -> str:
    return setting(value) if isinstance(value, Mapping) else escape(str(value or "–"))


def proofs(data: dict, certificates: Certificates) -> str:
    """Every certificate explained; the first one open."""
    parts = []
    for t in data["theorems"]:
        if t["name"] not in certificates:
            reason = escape(str(t.get("reason") or "no certificate"))
            parts.append(f"<p>{escape(t['name'])}: {escape(t['status'])} ({reason}).</p>\n")
            continue
        opened = "" if parts else " open"
        summary = f"{escape(t['name'])}: {escape(t['title'])} ({t['steps']} steps, {escape(t['status'])})"
        parts.append(f"<details{opened}><summary>{summary}</summary>{fragment(certificates[t['name']])}</details>\n")
    return "".join(parts)


def assumed(data: dict, certificates: Certificates) -> str:
    """For each theorem: the hypotheses its proof used, in words, and where the statement departs from its source."""
    parts = []
    for t in data["theorems"]:
        parts.append(f"<h3>{escape(t['title'])}</h3>\n")
        if t["name"] in certificates:
            parts.append(f'<ul class="plain">{"".join(_assumption_items(certificates[t["name"]]))}</ul>\n')
        names = ", ".join(f"<code>{escape(h)}</code>" for h in t["hypotheses"])
        parts.append(f'<p class="soft">Used by the proof: {names or "none"}.</p>\n')
        if t["discrepancies"]:
            items = "".join(f"<li>{escape(d)}</li>" for d in t["discrepancies"])
            parts.append(f"<p>Where the statement differs from its source:</p><ul>{items}</ul>\n")
    return "".join(parts)


def _assumption_items(certificate: dict) -> Iterable[str]:
    """A list entry per group of hypotheses: its name, its claim, and its hypotheses in mathematics."""
    statement, printer = certificate["statement"], Printer(certificate)
    for group in hypothesis_groups(statement):
        found = [statement["hypotheses"][k] for k in group.hypotheses]
        nodes = [mathml(printer.judgment(h["relation"], h["poly"])) for h in found]
        formulas = " ".join(f"<span>{x}{';' if k < len(nodes) else ''}</span>" for k, x in enumerate(nodes, start=1))
        yield (
            f"<li><strong>{escape(group_title(group))}</strong>: {escape(group.claim)}."
            f'<span class="formulas">{formulas}</span></li>'
        )


def broken(data: dict) -> str:
    """Statements broken on purpose, and what caught each."""
    rows = []
    for b in data["broken"]:
        style, word = ("good", "✓ caught") if b["caught"] else ("bad", "✗ not caught")
        name = f"<strong>{escape(b['name'])}</strong>"
        rows.append(
            cells(
                (f"{name}<br>{escape(b['what'])}" if b.get("what") else name, "words"),
                f'<span class="{style} verdict">{word}</span>',
                escape(str(b["by"] or "–")),
                escape(str(b.get("expected") or "–")),
                (escape(str(b.get("where") or "–")), "words"),
            )
        )
    header = [("broken statement", ""), ("outcome", ""), ("caught by", ""), ("should be caught by", ""), ("where", "")]
    return table(header, rows)


def checked_by(theorem: dict) -> set[str]:
    """What checked the steps of a theorem: kernel and verifier if it is proved, Coq if its file was checked too."""
    if theorem["status"] != "proved":
        return set()
    return {"kernel", "verifier"} | ({"coq"} if theorem.get("coq") == "checked" else set())


def maps(data: dict, certificates: Certificates) -> str:
    """The dependency graph of every proof; the first one open."""
    parts: list[str] = []
    for t in data["theorems"]:
        if t["name"] in certificates:
            drawing = svg(dependency_graph(certificates[t["name"]], checked_by(t)), t["title"])
            opened = "" if parts else " open"
            parts.append(
                f"<details{opened}><summary>{escape(t['name'])}</summary>"
                f'<figure><div class="wide">{drawing}</div></figure></details>\n'
            )
    caption = (
        "Computed from the certificate: an arrow leads from what is used to what uses it; arrows that a longer path "
        "implies are left out. A dashed border is assumed, a solid one proved; the fill says what checked it."
    )
    return "".join(parts) + f'<p class="soft">{caption}</p>\n'


def reproduce(data: dict) -> str:
    """Commands, machine and digests."""
    names = [t["name"] for t in data["theorems"]]
    verify = f"adoptproof verify certificates/{names[0]}.json" if names else "adoptproof check"
    rows = [
        cells(f"<code>{escape(t['name'])}</code>", f"<code>{escape(str(t['statement_sha256'] or '–'))}</code>")
        for t in data["theorems"]
    ]
    facts = f"Made by adoptproof {data['version']} in {float(data['seconds']):.0f} s on {_machine(data['machine'])}."
    return (
        f"<pre>make crosscheck\n{escape(verify)}\nadoptproof explain {escape(names[0] if names else 'NAME')}</pre>\n"
        f"<p>{escape(facts)}</p>\n"
        + table([("statement", ""), ("SHA-256 of its canonical text", "")], rows)
        + '<p class="soft">Beside this page: <code>report.json</code> (all data), <code>results.parquet</code> (the '
        "verdict table), <code>figures/</code> (PNG and SVG) and <code>certificates/</code>.</p>\n"
    )


def _machine(machine: Any) -> str:
    if isinstance(machine, Mapping):
        return ", ".join(f"{k} {v}" for k, v in machine.items())
    return str(machine)


def body(data: dict, certificates: Certificates) -> str:
    """The whole page's body."""
    parts: Sequence[tuple[str, str, str]] = (
        ("verdicts", "Verdicts", verdicts(data)),
        ("rates", "Measured rates", figures(data, "rate")),
        ("slack", "Slack of every proof line", slacks(data, certificates)),
        ("proof", "The proofs", proofs(data, certificates)),
        ("assumed", "What was assumed", assumed(data, certificates)),
        ("broken", "Statements broken on purpose", broken(data)),
        *([("gallery", "Counterexamples", gallery.summary(data["gallery"]))] if data["gallery"] else []),
        ("map", "What rests on what", maps(data, certificates)),
        ("reproduce", "How to reproduce this", reproduce(data)),
    )
    links = " ".join(f'<a href="#section-{i}">{escape(title)}</a>' for i, title, _ in parts)
    text = "".join(
        f'<section id="section-{i}">\n<h2>{escape(title)}</h2>\n{html}</section>\n' for i, title, html in parts
    )
    return f"{headline(data)}<nav>{links}</nav>\n{text}"
