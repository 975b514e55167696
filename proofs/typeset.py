"""Typeset mathematics as small trees, read from a subset of LaTeX and printed as Unicode text, LaTeX or MathML.

The printers are exact about structure (a fraction stays a fraction in LaTeX and MathML, and is a quotient with the
parentheses it needs in text); MathML is the native kind that browsers draw by themselves.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from html import escape
from itertools import pairwise


@dataclass(frozen=True)
class Symbol:
    """One identifier or operator by its LaTeX name; `SYMBOLS` gives its character."""

    latex: str


@dataclass(frozen=True)
class Number:
    text: str


@dataclass(frozen=True)
class Words:
    """Upright text inside mathematics."""

    text: str


@dataclass(frozen=True)
class Space:
    """A thin space between factors."""


@dataclass(frozen=True)
class Row:
    """Nodes side by side; `sum` says that an operator of lowest precedence is among them."""

    items: tuple[Node, ...]
    sum: bool = False


@dataclass(frozen=True)
class Script:
    base: Node
    sub: Node | None = None
    sup: Node | None = None


@dataclass(frozen=True)
class Accent:
    """A mark of `ACCENTS` above one symbol."""

    mark: str
    body: Symbol


@dataclass(frozen=True)
class Fraction:
    numerator: Node
    denominator: Node


@dataclass(frozen=True)
class Root:
    body: Node


@dataclass(frozen=True)
class Fenced:
    left: str
    body: Node
    right: str


Node = Symbol | Number | Words | Space | Row | Script | Accent | Fraction | Root | Fenced

RELATIONS = {"=": "=", ">=": r"\ge", ">": ">", "<=": r"\le", "<": "<"}
OPERATORS = {
    "+": "+",
    "-": "−",
    "=": "=",
    "<": "<",
    ">": ">",
    "/": "/",
    ",": ",",
    "*": "*",
    r"\le": "≤",
    r"\ge": "≥",
    r"\cdot": "·",
    r"\mid": "|",
    r"\to": "→",
    r"\infty": "∞",
    r"\sum": "Σ",
    r"\nabla": "∇",
    r"\partial": "∂",
    r"\min": "min",
    r"\max": "max",
    r"\inf": "inf",
    r"\ln": "ln",
}
IDENTIFIERS = {
    r"\alpha": "α",
    r"\beta": "β",
    r"\gamma": "γ",
    r"\delta": "δ",
    r"\varepsilon": "ε",
    r"\zeta": "ζ",
    r"\eta": "η",
    r"\theta": "θ",
    r"\iota": "ι",
    r"\kappa": "κ",
    r"\lambda": "λ",
    r"\ell": "ℓ",
    r"\mu": "μ",
    r"\nu": "ν",
    r"\xi": "ξ",
    r"\pi": "π",
    r"\rho": "ρ",
    r"\sigma": "σ",
    r"\tau": "τ",
    r"\varphi": "φ",
    r"\chi": "χ",
    r"\psi": "ψ",
    r"\omega": "ω",
    r"\Gamma": "Γ",
    r"\Delta": "Δ",
    r"\Theta": "Θ",
    r"\Lambda": "Λ",
    r"\Pi": "Π",
    r"\Phi": "Φ",
    r"\Psi": "Ψ",
    r"\Omega": "Ω",
    r"\mathbb{E}": "E",
    r"\mathcal{F}": "F",
}
FENCES = {"(": "(", ")": ")", "[": "[", "]": "]", "|": "|", r"\|": "‖", r"\langle": "⟨", r"\rangle": "⟩"}
ACCENTS = {r"\bar": ("\u0304", "‾"), r"\hat": ("\u0302", "^"), r"\tilde": ("\u0303", "~")}
"""Marks above a symbol: the combining character of text, and the operator of MathML."""
LIMITS = (r"\sum", r"\min", r"\max")
"""Operators whose scripts stand below and above."""
SPACED = ("+", "-", "=", "<", ">", r"\le", r"\ge", r"\mid", r"\to")
"""Operators with spaces around them in text."""
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
VULGAR = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾"}


def row(*items: Node) -> Node:
    return items[0] if len(items) == 1 else Row(items)


def power(base: Node, exponent: int) -> Node:
    """base^exponent, fenced where the exponent could be read as belonging to a part of the base."""
    if exponent == 1:
        return base
    up = Number(str(exponent))
    if isinstance(base, Script) and base.sup is None and not _has_limits(base):
        return Script(base.base, base.sub, up)
    return Script(base if isinstance(base, Symbol | Number | Accent | Fenced) else Fenced("(", base, ")"), None, up)


def _has_limits(node: Script) -> bool:
    return isinstance(node.base, Symbol) and node.base.latex in LIMITS


# Reading LaTeX

TOKEN = re.compile(r"\\,|\\math(?:bb|cal)\{[A-Z]\}|\\[A-Za-z]+|\\\||[0-9]+|\S")


def parse(latex: str) -> Node:
    """A formula in the subset of LaTeX that `theory.atoms.MEANING` uses.

    Names, numbers, operators, ^ and _, \\bar, \\hat and \\tilde of a name, \\frac, \\sqrt, \\left, \\right, \\mathrm.
    Raises ValueError, with the formula, for anything else.
    """
    tokens = TOKEN.findall(latex)
    node, rest = _row(tokens, latex)
    if rest:
        raise ValueError(f"{latex!r}: unexpected {rest[0]!r}")
    return node


def _row(tokens: list[str], source: str) -> tuple[Node, list[str]]:
    items: list[Node] = []
    while tokens and tokens[0] not in ("}", ")", r"\right"):
        if tokens[0] in ("^", "_"):
            if not items:
                raise ValueError(f"{source!r}: a script needs a base")
            argument, rest = _one(tokens[1:], source)
            last = items.pop()
            if isinstance(last, Script) and (last.sup if tokens[0] == "^" else last.sub) is None:
                items.append(Script(last.base, last.sub or argument, last.sup or argument))
            else:
                items.append(Script(last, None, argument) if tokens[0] == "^" else Script(last, argument))
            tokens = rest
        else:
            item, tokens = _one(tokens, source)
            items.append(item)
    return row(*items), tokens


def _one(tokens: list[str], source: str) -> tuple[Node, list[str]]:
    if not tokens:
        raise ValueError(f"{source!r} ends too early")
    head, rest = tokens[0], tokens[1:]
    if head == "{":
        node, rest = _row(rest, source)
        if not rest:
            raise ValueError(f"{source!r}: a brace is not closed")
        return node, rest[1:]
    if head == r"\,":
        return Space(), rest
    if head == "(":
        node, rest = _row(rest, source)
        if rest[:1] != [")"]:
            raise ValueError(f"{source!r}: a parenthesis is not closed")
        return Fenced("(", node, ")"), rest[1:]
    if head == r"\left":
        node, after = _row(rest[1:], source)
        if len(after) < 2 or after[0] != r"\right" or rest[0] not in FENCES or after[1] not in FENCES:
            raise ValueError(f"{source!r}: \\left without its \\right")
        return Fenced(rest[0], node, after[1]), after[2:]
    if head == r"\frac":
        numerator, rest = _one(rest, source)
        denominator, rest = _one(rest, source)
        return Fraction(numerator, denominator), rest
    if head in ACCENTS:
        accented, rest = _one(rest, source)
        if not isinstance(accented, Symbol) or accented.latex in OPERATORS:
            raise ValueError(f"{source!r}: {head} goes above one name")
        return Accent(head, accented), rest
    if head == r"\sqrt":
        body, rest = _one(rest, source)
        return Root(body), rest
    if head == r"\mathrm":
        close = rest.index("}")
        return Words("".join(rest[1:close])), rest[close + 1 :]
    if head.isdigit():
        return Number(head), rest
    if head in OPERATORS or head in IDENTIFIERS or (len(head) == 1 and head.isalpha() and head.isascii()):
        return Symbol(head), rest
    raise ValueError(f"{source!r}: {head!r} is not in the notation that can be printed")


# Printing


def text(node: Node) -> str:
    """Unicode on one line: αLG²(1 + β₁)/(2ε²(1 − β₁))."""
    match node:
        case Symbol(latex):
            return _spaced(latex) if latex in SPACED else _character(latex)
        case Number(digits):
            return digits
        case Words(words):
            return words
        case Space():
            return " "
        case Row(items):
            return re.sub(" +", " ", "".join(_signs(items)))
        case Script(base, sub, sup):
            return text(base) + _lowered(sub) + _raised(sup)
        case Accent(mark, body):
            return unicodedata.normalize("NFC", text(body) + ACCENTS[mark][0])
        case Fraction(numerator, denominator):
            plain = f"{text(numerator)}/{text(denominator)}"
            if plain in VULGAR:
                return VULGAR[plain]
            above = f"({text(numerator)})" if isinstance(numerator, Row) and numerator.sum else text(numerator)
            return f"{above}/" + (f"({text(denominator)})" if isinstance(denominator, Row) else text(denominator))
        case Root(body):
            return f"√{text(body)}" if isinstance(body, Symbol | Number | Accent) else f"√({text(body)})"
        case Fenced(left, body, right):
            return FENCES[left] + text(body) + FENCES[right]


def _signs(items: tuple[Node, ...]) -> list[str]:
    """The items' texts; a minus that opens the row has no spaces."""
    printed = [text(x) for x in items]
    if items and items[0] == Symbol("-"):
        printed[0] = "−"
    return printed


def _spaced(latex: str) -> str:
    return f" {_character(latex)} "


def _character(latex: str) -> str:
    return OPERATORS.get(latex) or IDENTIFIERS.get(latex) or latex


def _lowered(sub: Node | None) -> str:
    if sub is None:
        return ""
    plain = text(sub).replace(" ", "")
    return plain.translate(SUBSCRIPTS) if plain.isdigit() else f"_{plain}" if plain.isalpha() else f"_{{{plain}}}"


def _raised(sup: Node | None) -> str:
    if sup is None:
        return ""
    plain = text(sup).replace(" ", "")
    ascii_plain = plain.replace("−", "-")
    if ascii_plain.lstrip("-").isdigit():
        return ascii_plain.translate(SUPERSCRIPTS)
    return f"^{plain}" if len(plain) == 1 else f"^{{{plain}}}"


def latex(node: Node) -> str:
    """LaTeX for math mode (amsmath, amssymb)."""
    match node:
        case Symbol(name):
            return f"{name} " if name.startswith("\\") and not name.endswith("}") else name
        case Number(digits):
            return digits
        case Words(words):
            return rf"\text{{{latex_text(words)}}}"
        case Space():
            return r"\,"
        case Row(items):
            return "".join(map(latex, items))
        case Script(base, sub, sup):
            below = f"_{{{latex(sub)}}}" if sub is not None else ""
            body = f"{{{latex(base)}}}" if isinstance(base, Script) else latex(base)  # no double scripts
            return body + below + (f"^{{{latex(sup)}}}" if sup is not None else "")
        case Accent(mark, body):
            return f"{mark}{{{latex(body)}}}"
        case Fraction(numerator, denominator):
            small = isinstance(numerator, Number) and isinstance(denominator, Number)
            return rf"\{'tfrac' if small else 'frac'}{{{latex(numerator)}}}{{{latex(denominator)}}}"
        case Root(body):
            return rf"\sqrt{{{latex(body)}}}"
        case Fenced(left, body, right):
            opening, closing = DELIMITERS.get(left, left), DELIMITERS.get(right, right).replace("lVert", "rVert")
            if _is_tall(body):
                return rf"\left{opening}{latex(body)}\right{closing}"
            return f"{opening}{latex(body)}{closing}"


DELIMITERS = {r"\|": r"\lVert ", r"\langle": r"\langle ", r"\rangle": r"\rangle "}


LATEX_TEXT = (
    {character: f"${name}$" for name, character in (IDENTIFIERS | OPERATORS).items() if not character.isascii()}
    | {x: f"$^{{{k}}}$" for k, x in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
    | {x: f"$_{{{k}}}$" for k, x in enumerate("₀₁₂₃₄₅₆₇₈₉")}
    | {x: rf"$\tfrac{{{k[0]}}}{{{k[2]}}}$" for k, x in VULGAR.items()}
    | {"‖": r"$\|$", "⟨": r"$\langle$", "⟩": r"$\rangle$", "√": r"$\surd$", "…": r"\dots{}", "–": "--", "ϕ": r"$\phi$"}
    | {"′": "$'$"}
    | {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {x: f"\\{x}" for x in "#$%&_"}
)
"""Characters of running text that LaTeX needs written in another way."""


COMBINING = {character: mark for mark, (character, _) in ACCENTS.items()}


def latex_text(words: str) -> str:
    """Running text for LaTeX: specials escaped; Greek letters, signs and letters with an accent as mathematics."""
    return "".join(map(_latex_letter, re.findall(rf"(?s:.)[{''.join(COMBINING)}]?", words)))


def _latex_letter(letter: str) -> str:
    """One character, or one with a combining mark."""
    base, mark = unicodedata.normalize("NFD", letter)[:1], unicodedata.normalize("NFD", letter)[1:]
    if mark in COMBINING:
        return f"${COMBINING[mark]}{{{LATEX_TEXT.get(base, base).strip('$')}}}$"
    return LATEX_TEXT.get(letter, letter)


def mathml(node: Node, *, large: bool = False, block: bool = False) -> str:
    """A native MathML element; `large` sets fractions and sums in display style, `block` on a line of its own too."""
    attribute = ' display="block"' if block else ' displaystyle="true"' if large else ""
    return f"<math{attribute}>{_element(node)}</math>"


def _element(node: Node) -> str:
    match node:
        case Symbol(name):
            if name == r"\sum":
                return "<mo>∑</mo>"
            if name in OPERATORS:
                return f"<mo>{escape(OPERATORS[name])}</mo>"
            capital = name.startswith(r"\math") or (name.startswith("\\") and name[1].isupper())
            upright = ' mathvariant="normal"' if capital else ""
            character = "ℱ" if name == r"\mathcal{F}" else "𝔼" if name == r"\mathbb{E}" else _character(name)
            return f"<mi{upright}>{escape(character)}</mi>"
        case Number(digits):
            return f"<mn>{escape(digits)}</mn>"
        case Words(words):
            return f"<mtext>{escape(words).replace(' ', '&#160;')}</mtext>"
        case Space():
            return '<mspace width="0.17em"/>'
        case Row(items):
            return f"<mrow>{''.join(map(_element, items))}</mrow>"
        case Script(base, sub, sup):
            parts = [_element(x) for x in (base, sub, sup) if x is not None]
            low, high = ("under", "over") if _has_limits(node) else ("sub", "sup")
            tag = f"m{low if sub is not None else ''}{high if sup is not None else ''}"
            return f"<{tag}>{''.join(parts)}</{tag}>"
        case Accent(mark, body):
            return f'<mover accent="true">{_element(body)}<mo stretchy="false">{ACCENTS[mark][1]}</mo></mover>'
        case Fraction(numerator, denominator):
            return f"<mfrac>{_element(numerator)}{_element(denominator)}</mfrac>"
        case Root(body):
            return f"<msqrt>{_element(body)}</msqrt>"
        case Fenced(left, body, right):
            fixed = "" if _is_tall(body) else ' stretchy="false"'
            return f"<mrow><mo{fixed}>{FENCES[left]}</mo>{_element(body)}<mo{fixed}>{FENCES[right]}</mo></mrow>"


def _is_tall(node: Node) -> bool:
    """Whether fences around the node should grow: a fraction, a root or limits are in it, outside of scripts."""
    match node:
        case Row(items):
            return any(map(_is_tall, items))
        case Script(base, _, _):
            return _has_limits(node) or _is_tall(base)
        case Fenced(_, body, _):
            return _is_tall(body)
    return isinstance(node, Fraction | Root)


def interleave(items: list[Node], separator: Node) -> tuple[Node, ...]:
    """The items with the separator between neighbours."""
    between = [x for left, _ in pairwise(items) for x in (left, separator)]
    return (*between, *items[-1:])
