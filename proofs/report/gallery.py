"""The gallery: every counterexample in words, with its certificate, a picture, and the one-line reason.

`entries` certifies and replays each certificate in `proofs.drift_checker`, `pictured` draws, and `write_gallery` writes the page
`counterexamples.html` beside a report with the certificates and pictures in `counterexamples/`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs.report.numbers import cells, number, setting, table
from proofs.report.template import page

if TYPE_CHECKING:
    from numerics.toy import Toy

FOLDER = "counterexamples"
PAGE = "counterexamples.html"


@dataclass(frozen=True)
class Exhibit:
    """A counterexample to show: a family at some parameters, and a correct method to draw beside it."""

    name: str
    title: str
    family: str
    parameters: Mapping[str, str]
    method: str
    steps: int
    alpha: float = 0.01
    start: float = 0.0
    beside: tuple[str, str] = ("adopt", "with_replacement")
    """Method and sampling of the walk that is right."""
    reason: str | None = None
    """In place of the family's."""


SPIKES = {"k": "10", "beta2": "9/10"}
EXHIBITS = (
    Exhibit("rmsprop", "RMSprop moves away", "rmsprop_with_replacement", SPIKES, "rmsprop", 4000),
    Exhibit(
        "adam", "Adam moves away, momentum or not", "adam_with_replacement", SPIKES | {"beta1": "9/10"}, "adam", 8000
    ),
    Exhibit(
        "no_decorrelation",
        "ADOPT needs the decorrelation",
        "no_decorrelation",
        SPIKES | {"beta1": "9/10"},
        "no_decorrelation",
        4000,
    ),
    Exhibit(
        "order_unchanged",
        "ADOPT needs the changed order",
        "order_unchanged",
        SPIKES | {"beta1": "9/10"},
        "order_unchanged",
        8000,
    ),
    Exhibit(
        "adopt_fixed_order",
        "ADOPT fails when it cycles through the data",
        "adopt_without_replacement",
        {"n": "3", "C": "19/10", "beta2": "0", "order": "fixed"},
        "adopt",
        4000,
    ),
    Exhibit(
        "adopt_reshuffled",
        "ADOPT fails when the data are reshuffled",
        "adopt_without_replacement",
        {"n": "3", "C": "19/10", "beta2": "0", "order": "reshuffled"},
        "adopt",
        4000,
    ),
    Exhibit(
        "amsgrad",
        "AMSGrad is right, but slow",
        "amsgrad_slow",
        {"k": "10", "beta2": "1/2"},
        "amsgrad",
        12000,
        alpha=0.004,
    ),
    Exhibit(
        "problem_u_rmsprop",
        "RMSprop leaves the minimiser of a smooth convex sum",
        "problem_u",
        {"method": "rmsprop", "beta2": "1/2", "eps": "1"},
        "rmsprop",
        4000,
    ),
    Exhibit(
        "problem_u_adopt",
        "ADOPT, reshuffled, leaves it too",
        "problem_u",
        {"method": "adopt", "sampling": "reshuffled", "beta2": "0", "eps": "1"},
        "adopt",
        4000,
        reason="v_(t−1) and g_t are dependent: within an epoch the gradients seen say which are still to come",
    ),
)


def entries(exhibits: Sequence[Exhibit] = EXHIBITS) -> list[dict[str, Any]]:
    """Every exhibit certified and replayed: plain data; `checker` says what the independent checker found."""
    return [entry(exhibit) for exhibit in exhibits]


def pictured(found: Sequence[Mapping[str, Any]], exhibits: Sequence[Exhibit] = EXHIBITS) -> list[dict[str, Any]]:
    """The entries with a picture each, as SVG text under `svg`."""
    named = {exhibit.name: exhibit for exhibit in exhibits}
    return [{**e, "svg": picture(named[e["name"]], e["parameters"], e["direction"] == "wrong")} for e in found]


def entry(exhibit: Exhibit) -> dict[str, Any]:
    """One exhibit."""
    from numerics.counterexamples import FAMILIES, certify
    from proofs.drift_checker import RejectedError, check

    result = certify(exhibit.family, exhibit.parameters)
    replayed, why = False, "no certificate"
    if result.certificate is not None:
        try:
            verdict = check(json.dumps(result.certificate))
            replayed, why = True, f"replayed: {verdict.direction}, {verdict.claim}"
        except RejectedError as error:
            why = str(error)
    row = result.to_json()
    return {
        "name": exhibit.name,
        "title": exhibit.title,
        "statement": FAMILIES[exhibit.family].statement,
        "reason": exhibit.reason or FAMILIES[exhibit.family].reason,
        "replayed": replayed,
        "checker": why,
        "certificate": result.certificate,
        **{key: row[key] for key in ("status", "direction", "drift", "exact", "claim", "parameters", "limit", "speed")},
    }


def toy_of(parameters: Mapping[str, str], sampling: str) -> Toy:
    """The problem of a family's parameters, under this sampling."""
    from numerics.toy import Toy

    if "k" in parameters:
        k = int(parameters["k"])
        return Toy(k, k * k, -k, sampling)
    if "C" in parameters:
        return Toy(int(parameters["n"]), float(Fraction(parameters["C"])), -1, sampling)
    return Toy(3, 2, -1, sampling, quadratic=True)


def picture(exhibit: Exhibit, parameters: Mapping[str, str], wrong: bool) -> str:
    """The method's walk beside ADOPT's with replacement, which is right; SVG."""
    from io import StringIO

    from numerics.plots import style
    from numerics.toy import EPS, walk
    from numerics.toy_figures import SAMPLING_TITLES, TITLES, walk_figure

    order = parameters.get("order") or parameters.get("sampling", "replacement")
    sampling = "with_replacement" if order == "replacement" else order
    drawn = [(exhibit.method, sampling, wrong), (*exhibit.beside, False)]
    curves = []
    for method, how, is_wrong in drawn:
        steps, theta = walk(
            [toy_of(parameters, how)],
            method,
            [float(Fraction(parameters["beta2"]))],
            beta1=float(Fraction(parameters.get("beta1", 0))),
            steps=exhibit.steps,
            alpha=exhibit.alpha,
            decay=0.0,
            start=exhibit.start,
            eps=float(Fraction(parameters.get("eps", 0))) or EPS,
        )
        label = f"{TITLES.get(method, 'RMSprop')}, {SAMPLING_TITLES[how]}"
        curves.append((label, is_wrong, steps, theta[:, 0, 0]))
    minimiser = toy_of(parameters, sampling).minimiser
    text = StringIO()
    with style():
        walk_figure(exhibit.title, minimiser, curves).savefig(
            text, format="svg", metadata={"Date": None, "Creator": None}
        )
    return text.getvalue()


# The page


def gallery_page(found: Sequence[Mapping[str, Any]]) -> str:
    """The whole page."""
    certified = sum(bool(e["replayed"]) for e in found)
    head = (
        "<h1>Counterexamples, with certificates</h1>\n"
        f'<p class="headline {"good" if certified == len(found) else "bad"}">{certified} of {len(found)} certified and '
        "replayed by the independent checker.</p>\n"
        '<p class="soft">A method moves by −α times its drift, the mean of its update under the stationary law of its '
        "internal state. Each drift is enclosed in ball arithmetic; “failure” means that the certificate also carries the "
        "constants that lead from the drift to not converging to the minimiser. The pictures prove nothing: mean and 10th "
        "to 90th percentile of 32 runs.</p>\n"
        f'<nav><a href="index.html">Report</a> {" ".join(link(e) for e in found)}</nav>\n'
    )
    return page("Counterexamples, with certificates", head + "".join(section(e) for e in found))


def link(e: Mapping[str, Any]) -> str:
    return f'<a href="#{escape(e["name"])}">{escape(e["title"])}</a>'


def section(e: Mapping[str, Any]) -> str:
    """One counterexample."""
    encoded = base64.b64encode(e["svg"].encode()).decode()
    facts = [
        ("drift", f"in [{number(e['drift'][0], 6)}, {number(e['drift'][1], 6)}]" + exact(e)),
        ("direction", escape(str(e["direction"] or "not decided"))),
        ("claim", escape(e["claim"])),
        ("parameters", setting({k: v for k, v in e["parameters"].items() if k not in ("law", "components")})),
        ("checker", ("✓ " if e["replayed"] else "✗ ") + escape(e["checker"])),
    ]
    if e["limit"]:
        facts.insert(1, ("limit of θ as α → 0", f"in [{number(e['limit'][0], 10)}, {number(e['limit'][1], 10)}]"))
    if e["speed"]:
        slower = f"≤ {number(e['speed']['bound'])}; ADOPT’s is at least {number(e['speed']['ratio'])} times that"
        facts.insert(1, ("after the first spike", slower))
    rows = [cells(f"<strong>{name}</strong>", (value, "words")) for name, value in facts]
    file = f"{FOLDER}/{e['name']}.json"
    proof = f'<a href="{escape(file)}">certificate</a>' if e["certificate"] is not None else "no certificate"
    return (
        f'<section id="{escape(e["name"])}">\n<h2>{escape(e["title"])}</h2>\n<p>{escape(e["statement"])}</p>\n'
        f"<p><strong>Why:</strong> {escape(e['reason'])}.</p>\n"
        f'<figure><div class="wide"><img alt="{escape(e["title"])}" src="data:image/svg+xml;base64,{encoded}"></div></figure>\n'
        f"{table([('certified', ''), ('', '')], rows)}"
        f"<p>{proof}: <code>python -m proofs.drift_checker {escape(file)}</code></p>\n</section>\n"
    )


def exact(e: Mapping[str, Any]) -> str:
    return "" if e["exact"] is None else f", exactly {escape(str(e['exact']))}"


def summary(found: Sequence[Mapping[str, Any]]) -> str:
    """The report's own section: one row each, linked to the gallery."""
    rows = [
        cells(
            (f'<a href="{PAGE}#{escape(e["name"])}">{escape(e["title"])}</a>', "words"),
            f"{'✓' if e['replayed'] else '✗'} {escape(str(e['direction'] or 'not decided'))}",
            escape(e["claim"]),
            (f"[{number(e['drift'][0], 3)}, {number(e['drift'][1], 3)}]", "n"),
            (escape(e["reason"]), "words"),
        )
        for e in found
    ]
    header = [("counterexample", ""), ("direction, replayed", ""), ("claim", ""), ("drift", "n"), ("because", "")]
    return table(header, rows)


def write_gallery(found: Sequence[Mapping[str, Any]], folder: Path) -> Path:
    """Writes the page, the certificates and the pictures into a report's folder; returns the page's path."""
    (folder / FOLDER).mkdir(exist_ok=True)
    for e in found:
        if e["certificate"] is not None:
            text = json.dumps(e["certificate"], indent=1, allow_nan=False) + "\n"
            (folder / FOLDER / f"{e['name']}.json").write_text(text, encoding="utf-8")
        (folder / FOLDER / f"{e['name']}.svg").write_text(e["svg"], encoding="utf-8")
    (folder / PAGE).write_text(gallery_page(found), encoding="utf-8")
    return folder / PAGE


def bare(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The entries without pictures and certificates, with the certificates' paths: what `report.json` keeps."""
    return [
        {key: value for key, value in e.items() if key not in ("svg", "certificate")}
        | {"certificate": f"{FOLDER}/{e['name']}.json" if e["certificate"] is not None else None}
        for e in found
    ]
