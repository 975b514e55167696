"""The three formats of `adoptproof explain`: the same few building blocks as Markdown, LaTeX and HTML."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape

from proofs import typeset
from proofs.reasons import Piece, Ref
from proofs.typeset import Node


class Writer(ABC):
    """Blocks of a document, as text. `references` names each step that a sentence may refer to."""

    def __init__(self, name: str, references: dict[int, str]) -> None:
        self.name = name
        self.references = references

    def inline(self, pieces: Sequence[Piece]) -> str:
        """A sentence."""
        return "".join(
            self.reference(x) if isinstance(x, Ref) else self.words(x) if isinstance(x, str) else self.mathematics(x)
            for x in pieces
        )

    @abstractmethod
    def words(self, text: str) -> str: ...

    @abstractmethod
    def mathematics(self, node: Node) -> str: ...

    @abstractmethod
    def reference(self, ref: Ref) -> str: ...

    @abstractmethod
    def heading(self, level: int, text: str) -> str: ...

    @abstractmethod
    def paragraph(self, pieces: Sequence[Piece]) -> str: ...

    @abstractmethod
    def display(self, node: Node) -> str: ...

    @abstractmethod
    def items(self, rows: Sequence[Sequence[Piece]], anchors: Sequence[str] = ()) -> str:
        """A list; `anchors` are the names by which references find its entries."""

    @abstractmethod
    def line(self, step: int, node: Node, notes: str, reason: Sequence[Piece], details: str) -> str:
        """A numbered line of the proof: mathematics, range and author's words, reason, folded details."""

    @abstractmethod
    def details(self, summary: str, rows: Sequence[tuple[int, Sequence[Piece]]], folded: Sequence[int]) -> str:
        """Unnamed steps with their content; those in `folded` by their number only, where space is dear.

        `summary` says how many there are.
        """

    @abstractmethod
    def document(self, title: str, body: str) -> str: ...


MARKUP = re.compile(r"[\\`*<]|(?<![^\W_])_|\[(?=[^]]*\]\()")
"""What Markdown would read as markup; an underscore within a word, as in g_t, is none."""


class Markdown(Writer):
    """Unicode mathematics in code spans: readable in a terminal and on a web page."""

    def words(self, text: str) -> str:
        return MARKUP.sub(r"\\\g<0>", text)

    def mathematics(self, node: Node) -> str:
        return f"`{typeset.text(node)}`"

    def reference(self, ref: Ref) -> str:
        return self.references[ref.step]

    def heading(self, level: int, text: str) -> str:
        return f"{'#' * level} {self.words(text)}\n\n"

    def paragraph(self, pieces: Sequence[Piece]) -> str:
        return self.inline(pieces) + "\n\n"

    def display(self, node: Node) -> str:
        return f"    {typeset.text(node)}\n\n"

    def items(self, rows: Sequence[Sequence[Piece]], anchors: Sequence[str] = ()) -> str:
        return "".join(f"- {self.inline(r)}\n" for r in rows) + "\n"

    def line(self, step: int, node: Node, notes: str, reason: Sequence[Piece], details: str) -> str:
        beside = f" — {self.words(notes)}" if notes else ""
        return (
            f"- **{self.references[step]}** {self.mathematics(node)}{beside}\n  by {self.inline(reason)}\n{details}\n"
        )

    def details(self, summary: str, rows: Sequence[tuple[int, Sequence[Piece]]], folded: Sequence[int]) -> str:
        shown = "".join(f"    - {self.references[k]} {self.inline(r)}\n" for k, r in rows if k not in folded)
        if not folded:
            return shown
        count = f"{len(folded)} step{'s' if len(folded) > 1 else ''} of integrability"
        return shown + f"    - … {count}: {', '.join(self.references[k] for k in folded)}\n"

    def document(self, title: str, body: str) -> str:
        return f"# {self.words(title)}\n\n{body}".rstrip() + "\n"


class Latex(Writer):
    """A complete document for pdflatex, with amsmath and amssymb."""

    def words(self, text: str) -> str:
        return typeset.latex_text(text)

    def mathematics(self, node: Node) -> str:
        return f"${typeset.latex(node)}$"

    def reference(self, ref: Ref) -> str:
        return self.references[ref.step]

    def heading(self, level: int, text: str) -> str:
        return f"\\{'sub' * max(level - 2, 0)}section*{{{self.words(text)}}}\n\n"

    def paragraph(self, pieces: Sequence[Piece]) -> str:
        return self.inline(pieces) + "\n\n"

    def display(self, node: Node) -> str:
        return f"\\[ {typeset.latex(node)} \\]\n\n"

    def items(self, rows: Sequence[Sequence[Piece]], anchors: Sequence[str] = ()) -> str:
        return "\\begin{itemize}\n" + "".join(f"\\item {self.inline(r)}\n" for r in rows) + "\\end{itemize}\n\n"

    def line(self, step: int, node: Node, notes: str, reason: Sequence[Piece], details: str) -> str:
        beside = f"\\quad {self.words(notes)}" if notes else ""
        formula = f"$\\displaystyle {typeset.latex(node)}$"
        number = f"\\noindent\\textbf{{{self.references[step]}}}\\quad "
        return f"{number}{formula}{beside}\\\\\n{{\\small by {self.inline(reason)}}}\n\n{details}\\smallskip\n\n"

    def details(self, summary: str, rows: Sequence[tuple[int, Sequence[Piece]]], folded: Sequence[int]) -> str:
        inner = [f"{self.references[k]} {self.inline(r)}" for k, r in rows if k not in folded]
        if folded:
            inner.append(f"\\dots\\ integrability: {', '.join(self.references[k] for k in folded)}")
        return "{\\footnotesize\\begin{quote}" + "\\\\\n".join(inner) + "\\end{quote}}\n\n"

    def document(self, title: str, body: str) -> str:
        return (
            "\\documentclass[10pt]{article}\n\\usepackage[T1]{fontenc}\n\\usepackage[utf8]{inputenc}\n"
            "\\usepackage{amsmath,amssymb}\n\\usepackage[margin=2cm]{geometry}\n\\allowdisplaybreaks\n\\sloppy\n"
            f"\\title{{{self.words(title)}}}\n\\date{{}}\n\\begin{{document}}\n\\maketitle\n{body}\\end{{document}}\n"
        )


class Html(Writer):
    """A fragment with native MathML; classes are styled by `proofs.report.style`."""

    def anchor(self, label: str) -> str:
        """The id of the line with this number, such as `(12)` or `(H3)`: the theorem's name comes first."""
        return f"{escape(self.name)}-{escape(label.strip('()'))}"

    def words(self, text: str) -> str:
        return escape(text)

    def mathematics(self, node: Node) -> str:
        return typeset.mathml(node)

    def reference(self, ref: Ref) -> str:
        label = self.references[ref.step]
        return f'<a href="#{self.anchor(label)}">{escape(label)}</a>'

    def heading(self, level: int, text: str) -> str:
        return f"<h{level + 1}>{escape(text)}</h{level + 1}>\n"

    def paragraph(self, pieces: Sequence[Piece]) -> str:
        return f"<p>{self.inline(pieces)}</p>\n"

    def display(self, node: Node) -> str:
        return f'<div class="wide bound">{typeset.mathml(node, block=True)}</div>\n'

    def items(self, rows: Sequence[Sequence[Piece]], anchors: Sequence[str] = ()) -> str:
        marks = [f' id="{self.anchor(x)}"' for x in anchors] or [""] * len(rows)
        inner = "".join(f"<li{m}>{self.inline(r)}</li>\n" for m, r in zip(marks, rows, strict=True))
        return f'<ul class="plain">{inner}</ul>\n'

    def line(self, step: int, node: Node, notes: str, reason: Sequence[Piece], details: str) -> str:
        beside = f'<span class="beside">{escape(notes)}</span>' if notes else ""
        label = self.references[step]
        return (
            f'<div class="line" id="{self.anchor(label)}"><span class="number">{escape(label)}</span>'
            f'<div class="content"><div class="statement"><div class="wide">{typeset.mathml(node, large=True)}</div>'
            f"{beside}</div>"
            f'<div class="reason">by {self.inline(reason)}</div>{details}</div></div>\n'
        )

    def details(self, summary: str, rows: Sequence[tuple[int, Sequence[Piece]]], folded: Sequence[int]) -> str:
        inner = "".join(
            f'<li id="{self.anchor(self.references[k])}"><span class="number">{escape(self.references[k])}</span> '
            f"{self.inline(r)}</li>\n"
            for k, r in rows
        )
        return f'<details><summary>{escape(summary)}</summary><ul class="steps">{inner}</ul></details>'

    def document(self, title: str, body: str) -> str:
        return f'<article class="proof" id="{escape(self.name)}">\n<h2>{escape(title)}</h2>\n{body}</article>\n'


WRITERS: dict[str, type[Writer]] = {"md": Markdown, "latex": Latex, "html": Html}
