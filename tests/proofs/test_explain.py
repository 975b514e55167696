"""Certificates for people: notation, the proof line by line in three formats, and the dependency graph."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from proofs import outline
from proofs.certificate import CERTIFICATES
from proofs.explain import explain, fragment
from proofs.graph import dependency_graph, reduced
from proofs.graph_layout import layers_of, svg
from proofs.kernel import RULES
from proofs.notation import Printer
from proofs.reasons import WORDS, Ref, reason
from proofs.typeset import Number, Script, Symbol, latex, latex_text, mathml, parse, text
from proofs.vocabulary import at_time
from theory.atoms import MEANING

NAMES = sorted(p.stem for p in CERTIFICATES.glob("*.json"))


def load(name: str) -> dict[str, Any]:
    return json.loads((CERTIFICATES / f"{name}.json").read_text(encoding="ascii"))


@pytest.fixture(scope="module")
def adopt() -> dict[str, Any]:
    return load("adopt")


@pytest.fixture(scope="module")
def printer(adopt: dict[str, Any]) -> Printer:
    return Printer(adopt)


def step_of(certificate: dict[str, Any], label: str) -> dict[str, Any]:
    return next(s for s in certificate["steps"] if s["label"].endswith(f": {label}"))


# Notation


def test_the_goal_is_the_theorem_as_people_write_it(adopt: dict[str, Any], printer: Printer) -> None:
    goal = adopt["statement"]["goal"]
    node = printer.judgment(goal["relation"], goal["poly"])
    assert text(node) == ("min_{t≤T} (E‖∇f(θ_{t−1})‖^{4/3})^{3/2} ≤ S(Δ/(αT) + αLG²(1 + β₁)/(2ε²(1 − β₁)))")
    assert r"\frac{\Delta }{\alpha T}" in latex(node)
    assert "<mfrac><mi" in mathml(node)


@pytest.mark.parametrize(
    ("relation", "poly", "printed"),
    [
        (">", [["1", [[["atom", "eps"], 1]]]], "ε > 0"),
        (">", [["-1", [[["atom", "beta1"], 1]]], ["1", []]], "β₁ < 1"),
        (">=", [["1", [[["atom", "G"], 2], [["atom", "inv_eps"], 2]]]], "G²/ε² ≥ 0"),
        (">=", [["-3/2", []]], "0 ≥ 3/2"),
        ("=", [], "0 = 0"),
        (
            ">=",
            [["1", [[["atom", "G"], 2]]], ["-1", [[["sum_i", [[["E", "", [[["atom", "g", "t"], 2]]], 1]]], 1]]]],
            "E[‖g_t‖²] ≤ G²",
        ),
        ("=", [["1", [[["E", "t-1", [[["atom", "g", "t"], 1]]], 1]]]], "E[g_{t,i} | F_{t−1}] = 0"),
        ("=", [["1", [[["sum_i", [[["atom", "a", "t"], 1], [["atom", "m", "t-1"], 1]]], 1]]]], "⟨a_t, m_{t−1}⟩ = 0"),
        (">=", [["1", [[["sum_t", 1, [[["atom", "Q", "t"], 1]]], 1]]]], "Σ_{t=1}^T Q_t ≥ 0"),
        (">=", [["1", [[["atom", "idx", "T"], 1]]], ["-1", [[["atom", "idx", "t"], 1]]]], "t ≤ T"),
        (">", [["1", [[["atom", "inv_s", "t-1"], 1]]]], "1/s_{t−1,i} > 0"),
        ("integrable", [["1", [[["atom", "g", "0"], 2]]]], "g_{0,i}² is integrable"),
        (
            "=",
            [
                ["1", [[["atom", "m", "t"], 1]]],
                ["-1", [[["atom", "beta1"], 1], [["atom", "m", "t-1"], 1]]],
                ["-1", [[["atom", "a", "t"], 1]]],
                ["1", [[["atom", "a", "t"], 1], [["atom", "beta1"], 1]]],
            ],
            "m_{t,i} = β₁ m_{t−1,i} + (1 − β₁) a_{t,i}",
        ),
    ],
)
def test_judgments_in_text(printer: Printer, relation: str, poly: list, printed: str) -> None:
    assert text(printer.judgment(relation, poly)) == printed


def test_schemas_and_definitions_are_printed_as_such(adopt: dict[str, Any], printer: Printer) -> None:
    lines = {text(printer.line(s)) for s in adopt["steps"]}
    assert "‖∇f(φ_t) − ∇f(θ_t)‖² ≤ L²‖φ_t − θ_t‖²" in lines
    assert "f(φ_t) ≤ f(φ_{t−1}) + ⟨∇f(φ_{t−1}), φ_t − φ_{t−1}⟩ + ½L‖φ_t − φ_{t−1}‖²" in lines
    assert "Q_t = E[Σ_i (∂_i f(θ_{t−1}))²/s_{t−1,i}]" in lines
    assert "S² = G² + ε²" in lines


def test_a_changed_coefficient_changes_what_is_printed(adopt: dict[str, Any], printer: Printer) -> None:
    goal = copy.deepcopy(adopt["statement"]["goal"])
    before = text(printer.judgment(goal["relation"], goal["poly"]))
    for term in goal["poly"]:
        original, term[0] = term[0], "7/5" if not term[0].startswith("-") else "-7/5"
        assert text(printer.judgment(goal["relation"], goal["poly"])) != before
        term[0] = original


@pytest.mark.parametrize("name", NAMES)
def test_different_conclusions_of_a_proof_are_printed_differently(name: str) -> None:
    certificate = load(name)
    printer = Printer(certificate)
    printed: dict[str, str] = {}
    for step in certificate["steps"]:
        conclusion = step["conclusion"]
        meaning = json.dumps([_without_sign(conclusion["poly"], conclusion["relation"]), conclusion["relation"]])
        assert (
            printed.setdefault(text(printer.judgment(conclusion["relation"], conclusion["poly"])), meaning) == meaning
        )


def _without_sign(poly: list, relation: str) -> list:
    """p = 0 and −p = 0 say the same and may be printed alike."""
    if relation != "=" or not poly or not poly[0][0].startswith("-"):
        return poly
    return [[c[1:] if c.startswith("-") else f"-{c}", m] for c, m in poly]


def test_every_meaning_can_be_printed() -> None:
    for name, notation in MEANING.items():
        node = parse(notation.latex.replace("@-1", "{t-1}").replace("@", "{t}"))
        assert text(node), name
        ElementTree.fromstring(mathml(node))


@pytest.mark.parametrize(
    ("formula", "in_text", "in_latex", "in_mathml"),
    [
        (r"\hat s^{-1}_t", "ŝ_t⁻¹", r"\hat{s}_{t}^{-1}", '<mover accent="true"><mi>s</mi><mo stretchy="false">^</mo>'),
        (r"\bar\theta_T", "θ̄_T", r"\bar{\theta }_{T}", '<mover accent="true"><mi>θ</mi><mo stretchy="false">‾</mo>'),
        (r"\theta^{*}", "θ^*", r"\theta ^{*}", "<msup><mi>θ</mi><mo>*</mo></msup>"),
    ],
)
def test_accents_and_stars(formula: str, in_text: str, in_latex: str, in_mathml: str) -> None:
    node = parse(formula)
    assert (text(node), latex(node)) == (in_text, in_latex)
    assert in_mathml in mathml(node)


def test_running_text_for_latex() -> None:
    assert latex_text("w̄ ≤ ŝ, Hölder & 50%") == r"$\bar{w}$ $\le$ $\hat{s}$, Hölder \& 50\%"


@pytest.mark.parametrize("formula", [r"\foo", "{a", r"\left(a", "^2", "a)", r"\frac{1}", r"\hat{ab}", r"\bar+"])
def test_what_cannot_be_printed_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(formula)


def test_substitution_leaves_bound_times_alone() -> None:
    term = [["1", [[["sum_t", 1, [[["atom", "Q", "t"], 1]]], 1], [["atom", "Q", "t-1"], 1]]]]
    assert at_time(term, "t-1") == [["1", [[["sum_t", 1, [[["atom", "Q", "t"], 1]]], 1], [["atom", "Q", "t-2"], 1]]]]
    assert at_time(["atom", "Q", "t+1"], "3") == ["atom", "Q", "4"]


# Reasons


def test_a_rule_without_words_is_named_with_its_premises(printer: Printer) -> None:
    assert "combination" not in WORDS
    assert reason(printer, {"rule": "some_new_rule", "premises": [3, 5]}) == ["some new rule of ", Ref(3), ", ", Ref(5)]


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_of_a_proof_has_words(name: str) -> None:
    assert {s["rule"] for s in load(name)["steps"]} <= set(WORDS) | {"combination"} <= set(RULES)


@pytest.mark.parametrize("name", NAMES)
def test_every_premise_is_named_in_the_reason(name: str) -> None:
    certificate = load(name)
    printer = Printer(certificate)
    for k, step in enumerate(certificate["steps"]):
        named = {p.step for p in reason(printer, step) if isinstance(p, Ref)}
        assert named == set(step["premises"]), f"step {k} ({step['rule']})"


def test_a_combination_shows_its_multipliers(adopt: dict[str, Any], printer: Printer) -> None:
    step = step_of(adopt, "P − E‖m_t‖² ≥ β1 (P − E‖m_{t−1}‖²)")
    first, below_one, bound = step["premises"]
    shown = [
        p if isinstance(p, str) else f"({p.step})" if isinstance(p, Ref) else text(p) for p in reason(printer, step)
    ]
    assert "".join(shown) == f"({first}) + ({below_one})·({bound})"


# The explanation


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", ["md", "latex", "html"])
def test_every_step_of_every_certificate_has_its_place(name: str, format: str) -> None:
    certificate = load(name)
    explained = explain(certificate, format)
    for k, step in enumerate(certificate["steps"]):
        if step["rule"] != "hypothesis":
            assert f"({k})" in explained, k
    for k in range(len(certificate["statement"]["hypotheses"])):
        assert f"(H{k + 1})" in explained, "a hypothesis that is not referred to"
    for section in outline.sections(certificate):
        if section.entries and format == "md":
            assert f"### {section.title}\n" in explained


def test_markdown_reads_well(adopt: dict[str, Any]) -> None:
    explained = explain(adopt, "md")
    assert "A2 (unbiased)" in explained
    assert "`E[g_{t,i} | F_{t−1}] = ∂_i f(θ_{t−1})`" in explained
    assert "`E[f(φ_t)] ≤ E[f(φ_{t−1})] + ½α²LP(1 + 2κ) − α Q_t`" in explained
    assert re.search(r"steps of integrability: \(\d+\)", explained)
    assert max(map(len, explained.splitlines())) < 700


class Balance(HTMLParser):
    """Collects ids and links; every element must be closed in order."""

    VOID = ("meta", "img", "br", "mspace", "path", "rect")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links += [values["href"] or ""] if "href" in values else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("name", NAMES)
def test_html_is_well_formed_and_its_links_lead_somewhere(name: str) -> None:
    certificate = load(name)
    parser = Balance()
    parser.feed(explain(certificate, "html"))
    assert not parser.open
    assert len(parser.ids) == len(set(parser.ids))
    assert set(parser.links) <= {f"#{x}" for x in parser.ids}
    assert (f"#{name}-H1" in parser.links) == bool(certificate["statement"]["hypotheses"])


def test_labels_are_escaped(adopt: dict[str, Any]) -> None:
    hostile = copy.deepcopy(adopt)
    hostile["steps"][7]["label"] = "Constants: <script>alert(1)</script> & `x` $y$ \\end"
    hostile["notes"] = {"title": "<b>title</b>"}
    assert "<script>" not in fragment(hostile)
    assert "<b>" not in fragment(hostile)
    assert r"\textbackslash{}end" in explain(hostile, "latex")
    assert r"\`x\`" in explain(hostile, "md")


def test_an_unknown_format_is_refused(adopt: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unknown format 'pdf'; known: md, latex, html"):
        explain(adopt, "pdf")


# Outline and graph


def test_hypotheses_are_grouped_by_assumption(adopt: dict[str, Any]) -> None:
    statement = adopt["statement"]
    groups = {
        g.label: [statement["hypotheses"][k]["name"] for k in g.hypotheses]
        for g in outline.hypothesis_groups(statement)
    }
    assert groups["A5"] == ["second_moment_integrable", "bounded_second_moment"]
    assert groups["A1"] == groups["A3"] == []
    assert "momentum_step" in groups["algorithm"]
    assert "beta1_below_one" in groups["parameters"]
    assert groups["start"] == ["start_integrable"]
    assert sorted(x for members in groups.values() for x in members) == sorted(
        h["name"] for h in statement["hypotheses"]
    )


def test_integrability_is_told_apart_from_the_argument(adopt: dict[str, Any]) -> None:
    minor = outline.integrability(adopt)
    steps = adopt["steps"]
    assert len(steps) - 1 not in minor
    assert {k for k, s in enumerate(steps) if s["conclusion"]["relation"] == "integrable"} <= minor
    assert steps.index(step_of(adopt, "E⟨∇f(θ_{t−1}), a_t⟩ = Q_t")) not in minor


@pytest.mark.parametrize("name", NAMES)
def test_the_graph_joins_every_assumption_to_the_theorem(name: str) -> None:
    certificate = load(name)
    graph = dependency_graph(certificate, {"kernel", "verifier"})
    position = {n.id: k for k, n in enumerate(graph.nodes)}
    assert all(position[a] < position[b] for a, b in graph.edges), "edges point forward"
    reaching = {"theorem"}
    for a, b in sorted(graph.edges, key=lambda e: -position[e[0]]):
        if b in reaching:
            reaching.add(a)
    assert reaching == set(position), "a node that the theorem does not rest on"
    layer = layers_of(graph)
    assert all(layer[a] < layer[b] for a, b in graph.edges)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_step_rests_on_leads_to_it_in_the_graph(name: str) -> None:
    certificate = load(name)
    steps = certificate["steps"]
    graph = dependency_graph(certificate, {"kernel"})
    position = {n.id: k for k, n in enumerate(graph.nodes)}
    before: dict[str, set[str]] = {n.id: {n.id} for n in graph.nodes}
    for a, b in sorted(graph.edges, key=lambda edge: position[edge[1]]):
        before[b] |= {a}
    for node in graph.nodes:
        before[node.id] = before[node.id].union(*(before[x] for x in before[node.id]))
    lemmas = [n.id for n in graph.nodes if n.kind == "lemma"]
    home = {k: lemmas[n] for n, s in enumerate(s for s in outline.sections(certificate) if s.entries) for k in s.steps}
    groups = outline.hypothesis_groups(certificate["statement"])
    names = [h["name"] for h in certificate["statement"]["hypotheses"]]
    group_of = {names[k]: f"assumption-{n}" for n, g in enumerate(groups) for k in g.hypotheses}
    for k, step in enumerate(steps):
        if step["rule"] != "hypothesis":
            for p in step["premises"]:
                quoted = steps[p]["rule"] == "hypothesis"
                source = group_of[steps[p]["arguments"]["name"]] if quoted else home[p]
                assert source in before[home[k]], f"step {k} rests on step {p}"


def test_nodes_say_what_they_are(adopt: dict[str, Any]) -> None:
    graph = dependency_graph(adopt, {"kernel"})
    labels = [n.label for n in graph.nodes]
    assert {"A1 (lower bounded)", "A2 (unbiased)", "A3 (smooth)", "(3) Decorrelation", "Theorem 4.1"} <= set(labels)
    assert {n.kind for n in graph.nodes} == {"assumption", "lemma", "theorem"}
    assert all(n.checked_by == (frozenset() if n.kind == "assumption" else {"kernel"}) for n in graph.nodes)
    lines = sum(s["rule"] != "hypothesis" for s in adopt["steps"])
    assert sum(n.steps for n in graph.nodes if n.kind == "lemma") == lines


def test_transitive_reduction() -> None:
    assert reduced({("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("a", "d")}) == {("a", "b"), ("b", "c"), ("c", "d")}
    with pytest.raises(ValueError, match="cycle"):
        reduced({("a", "b"), ("b", "a")})


@pytest.mark.parametrize("name", NAMES)
def test_the_drawing_has_no_overlapping_boxes(name: str) -> None:
    graph = dependency_graph(load(name), {"kernel", "verifier", "coq"})
    root = ElementTree.fromstring(svg(graph, "a < b"))
    space = "{http://www.w3.org/2000/svg}"
    boxes = [r for g in root.findall(f"{space}g") for r in g.findall(f"{space}rect") if r.get("width") == "172"]
    assert len(boxes) == len(graph.nodes)
    corners = [(float(r.get("x", "")), float(r.get("y", ""))) for r in boxes]
    width = float(root.get("width", ""))
    for k, (x, y) in enumerate(corners):
        assert x >= 0
        assert x + 172 <= width
        assert all(y != b or abs(x - a) >= 172 for a, b in corners[:k])


def test_what_the_statement_says_of_its_source_and_of_itself_is_shown() -> None:
    """Discrepancies and remarks stand between the claim and the proof; without them there is no such heading."""
    shown = explain(load("rmsprop"))
    claim, proof = shown.index("## Claim"), shown.index("## Proof")
    assert claim < shown.index("g_0 plays no part") < shown.index("3/4 for D = 1, 399/400 for D = 10") < proof
    certificate = load("rmsprop")
    certificate["notes"] |= {"discrepancies": "", "remarks": ""}
    assert "## Remarks" not in explain(certificate)
    assert "## Beside" not in explain(certificate)


def test_a_power_of_an_inverse_is_not_ambiguous() -> None:
    """β2^{−(t−1)}, not β2^{−t−1}."""
    assert "β₂(1/β₂)^t = (1/β₂)^{t−1}" in explain(load("rmsprop"))


def test_scripts_of_scripts_are_braced_in_latex() -> None:
    """θ_opt at coordinate i: TeX refuses a double subscript."""
    assert latex(Script(Script(Symbol("y"), Symbol("v")), Symbol("t"), Number("4"))) == "{y_{v}}_{t}^{4}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("name", ["adopt_projected_convex", "adopt_sharp", "sum_inverse_steps"])
def test_the_latex_document_compiles(name: str, tmp_path: Path) -> None:
    """Double subscripts, primes in running text, and a theorem without hypotheses have all failed here."""
    source = tmp_path / "proof.tex"
    source.write_text(explain(load(name), "latex"), encoding="utf-8")
    command = [
        "pdflatex",
        "-interaction=nonstopmode",
        "-halt-on-error",
        "-output-directory",
        str(tmp_path),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120)
    assert done.returncode == 0, [line for line in done.stdout.splitlines() if line.startswith("!")]


@pytest.mark.parametrize("name", NAMES)
def test_no_list_is_empty(name: str) -> None:
    assert "\\begin{itemize}\n\\end{itemize}" not in explain(load(name), "latex")
