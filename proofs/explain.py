"""A certificate for people: the theorem, what its notes say of it, its proof line by line, and where each hypothesis is used.

Computed from the certificate alone; notation comes from `theory.atoms.MEANING`. The text explains, it does not check:
whether the certificate is a proof is for `proofs.verifier` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from proofs.notation import Printer
from proofs.outline import Section, group_title, hypothesis_groups, integrability, says_the_same, sections, uses
from proofs.reasons import Piece, Ref, reason
from proofs.typeset import text
from proofs.vocabulary import has_free_t
from proofs.writers import WRITERS, Html, Writer
from theory.assumptions import ASSUMPTIONS
from theory.atoms import MEANING

CONVENTIONS = (
    "A line with a free t holds for every integer t in its range, one with an index i for every coordinate, and both "
    "almost surely. ‖x‖² is the sum of the squares of x's coordinates, ⟨x, y⟩ the sum of products; E[· | F_t] is the "
    "conditional expectation given the noise up to step t. T is the number of steps."
)


def explain(certificate: dict, format: str = "md") -> str:
    """The certificate as a readable proof.

    Args:
        certificate: a certificate (`adopt-cert/1`) as `json.loads` gives it; it should have been verified.
        format: `md` (Unicode mathematics), `latex` (a complete document) or `html` (a complete page with MathML).

    Raises ValueError for an unknown format, KeyError for a certificate without the fields of its format.
    """
    if format not in WRITERS:
        raise ValueError(f"unknown format {format!r}; known: {', '.join(WRITERS)}")
    body = _compose(certificate, WRITERS[format])
    if format == "html":
        from proofs.report.template import page

        return page(_title(certificate), body)
    return body


def fragment(certificate: dict) -> str:
    """The explanation as an HTML fragment, `<article class="proof">`, to be put into a page."""
    return _compose(certificate, Html)


def _title(certificate: dict) -> str:
    notes, name = certificate["notes"], certificate["statement"]["name"]
    reference = f"{notes['reference']}. " if notes.get("reference") else ""
    return reference + notes.get("title", name)


def references(certificate: dict) -> dict[int, str]:
    """How the text refers to each step: `(12)`, or `(H3)` where the step quotes the third hypothesis."""
    place = {h["name"]: k + 1 for k, h in enumerate(certificate["statement"]["hypotheses"])}
    return {
        k: f"(H{place[s['arguments']['name']]})" if s["rule"] == "hypothesis" else f"({k})"
        for k, s in enumerate(certificate["steps"])
    }


def _compose(certificate: dict, kind: type[Writer]) -> str:
    steps = certificate["steps"]
    writer = kind(certificate["statement"]["name"], references(certificate))
    printer = Printer(certificate)
    parts = [
        *_theorem(certificate, printer, writer),
        writer.heading(2, "Proof"),
        writer.paragraph([f"{len(steps)} steps; the numbers are those of the certificate. ", CONVENTIONS]),
    ]
    minor = integrability(certificate)
    for section in sections(certificate):
        parts += _section(certificate, section, printer, writer, minor)
    if usage := _usage(certificate, printer):
        parts += [writer.heading(2, "Where each hypothesis is used"), writer.items(usage)]
    return writer.document(_title(certificate), "".join(parts))


# The theorem


def _theorem(certificate: dict, printer: Printer, writer: Writer) -> Iterable[str]:
    statement = certificate["statement"]
    yield writer.heading(2, "Assumptions")
    groups = hypothesis_groups(statement)
    if not groups:
        yield writer.paragraph(["None."])
    for group in groups:
        yield writer.paragraph([f"{group_title(group)}: {group.claim}"])
        rows = [_hypothesis(statement, k, printer) for k in group.hypotheses]
        if rows:
            yield writer.items(rows, [f"H{k + 1}" for k in group.hypotheses])
    rows = [
        [printer.definition(d["kind"], d["name"], d["poly"], d["degree"]), *_meaning(d["name"])]
        for d in statement["definitions"]
        if d["kind"] in ("define", "root", "logarithm")
    ]
    if rows:
        yield writer.heading(2, "Definitions")
        yield writer.items(rows)
    yield writer.heading(2, "Claim")
    yield writer.display(printer.judgment(statement["goal"]["relation"], statement["goal"]["poly"]))
    for note, title in (("discrepancies", "Beside its source"), ("remarks", "Remarks")):
        if certificate["notes"].get(note):
            yield writer.heading(2, title)
            yield writer.paragraph([certificate["notes"][note]])


def _hypothesis(statement: dict, place: int, printer: Printer) -> list[Piece]:
    hypothesis = statement["hypotheses"][place]
    where = _range(hypothesis["poly"], hypothesis["from"], False)
    node = printer.judgment(hypothesis["relation"], hypothesis["poly"])
    return [f"H{place + 1}  ", node, f"  ({where})" if where else "", f"  {hypothesis['name'].replace('_', ' ')}"]


def _meaning(name: str) -> list[Piece]:
    return [f"  {MEANING[name].words}"] if name in MEANING else []


def _range(poly: list, start: int, bounded: bool) -> str:
    if not has_free_t(poly):
        return ""
    return f"{start} ≤ t ≤ T" if bounded else f"t ≥ {start}"


# The proof


def _section(certificate: dict, section: Section, printer: Printer, writer: Writer, minor: set[int]) -> Iterable[str]:
    if not section.entries and not section.rest:
        return
    steps = certificate["steps"]
    yield writer.heading(3, section.title)
    for entry in section.entries:
        step = steps[entry.step]
        node = printer.line(step)
        where = _step_range(step)
        own = "" if says_the_same(entry.text, text(node)) else entry.text
        notes = "; ".join(x for x in (where, own) if x)
        yield writer.line(
            entry.step, node, notes, reason(printer, step), _details(steps, entry.details, printer, writer, minor)
        )
    yield _details(steps, section.rest, printer, writer, minor)


def _step_range(step: dict) -> str:
    conclusion = step["conclusion"]
    return _range(conclusion["poly"], conclusion["from"], conclusion["bounded"])


def _details(steps: list[dict], members: Sequence[int], printer: Printer, writer: Writer, minor: set[int]) -> str:
    if not members:
        return ""
    folded = [k for k in members if k in minor]
    rows: list[tuple[int, Sequence[Piece]]] = []
    for k in members:
        where = _step_range(steps[k])
        pieces: list[Piece] = [printer.line(steps[k]), f" ({where})" if where else "", ", by "]
        rows.append((k, [*pieces, *reason(printer, steps[k])]))
    summary = f"{len(members)} step{'s' if len(members) > 1 else ''}"
    if folded:
        summary += " of integrability" if len(folded) == len(members) else f", {len(folded)} of integrability"
    return writer.details(summary, rows, folded)


# Usage


def _usage(certificate: dict, printer: Printer) -> list[list[Piece]]:
    """One row for each hypothesis and assumption on f: the sections and lines that use it directly."""
    where = {k: section.title for section in sections(certificate) for k in section.steps}
    hypotheses, assumptions = uses(certificate)
    statement = certificate["statement"]
    rows: list[list[Piece]] = []
    for name, users in assumptions.items():
        label = ASSUMPTIONS[name].label if name in ASSUMPTIONS else name
        rows.append([f"{label} ({name.replace('_', ' ')}): ", *_places(users, where)])
    for k, hypothesis in enumerate(statement["hypotheses"]):
        node = printer.judgment(hypothesis["relation"], hypothesis["poly"])
        rows.append([f"H{k + 1}  ", node, ": ", *_places(hypotheses[hypothesis["name"]], where)])
    return rows


def _places(users: list[int], where: dict[int, str]) -> list[Piece]:
    by_title: dict[str, list[int]] = {}
    for k in users:
        by_title.setdefault(where[k], []).append(k)
    pieces: list[Piece] = []
    for title, members in by_title.items():
        pieces.append(f"{'; ' if pieces else ''}{title} ")
        pieces += [x for n, k in enumerate(members) for x in ((", ", Ref(k)) if n else (Ref(k),))]
    return pieces or ["not used"]
