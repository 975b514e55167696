"""Why a step follows, in words: its rule, its premises by number, and the multipliers of a combination."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction as Rational

from proofs.notation import EXPECTATION, FILTRATION, Printer, rational, time_node
from proofs.typeset import Fenced, Node, Row, Script, Symbol, power, row


@dataclass(frozen=True)
class Ref:
    """A reference to a step of the certificate."""

    step: int


Piece = str | Ref | Node
"""A part of a sentence: words, a reference, or mathematics."""

DEGREES = {2: "square", 3: "cube"}


def reason(printer: Printer, step: dict) -> list[Piece]:
    """The justification of one step of a certificate; a rule without words of its own by its name and premises."""
    rule = step["rule"]
    if rule == "combination":
        return _combination(printer, step)
    if rule in WORDS:
        return WORDS[rule](printer, step)
    return [f"{rule.replace('_', ' ')}{' of ' if step['premises'] else ''}", *_refs(step["premises"])]


def _combination(printer: Printer, step: dict) -> list[Piece]:
    arguments, premises = step["arguments"], step["premises"]
    pieces: list[Piece] = []

    def add(sign: str, parts: list[Piece]) -> None:
        if pieces or sign == "−":
            pieces.append(f" {sign} " if pieces else sign)
        for k, part in enumerate(parts):
            pieces.extend(["·", part] if k else [part])

    for term in arguments["terms"]:
        coefficient = Rational(term["coefficient"])
        parts: list[Piece] = [Ref(premises[p]) for p in term["premises"]]
        parts += [power(_fenced(printer.polynomial(q)), 2) for q in term["squares"]]
        add("+", ([rational(coefficient)] if coefficient != 1 or not parts else []) + parts)
    for equation in arguments["equations"]:
        multiplier = equation["multiplier"]
        negative = all(c.startswith("-") for c, _ in multiplier)
        if negative:
            multiplier = [[c[1:], m] for c, m in multiplier]
        parts = [Ref(premises[equation["premise"]])]
        if multiplier != [["1", []]]:
            parts.insert(0, printer.factor(multiplier))
        add("−" if negative else "+", parts)
    return pieces or ["an identity"]


def _fenced(node: Node) -> Node:
    return Fenced("(", node, ")") if isinstance(node, Row) else node


def _refs(premises: list[int]) -> list[Piece]:
    return [x for k, p in enumerate(premises) for x in ((", ", Ref(p)) if k else (Ref(p),))]


def _integrable(premises: list[int]) -> list[Piece]:
    return ["; integrable by ", *_refs(premises)] if premises else []


def _functional(level: str) -> Node:
    dot = Symbol(r"\cdot")
    body = row(dot, Symbol(r"\mid"), Script(FILTRATION, time_node(level))) if level else dot
    return row(EXPECTATION, Fenced("[", body, "]"))


def _weaken(printer: Printer, step: dict) -> list[Piece]:
    return ["weakening ", Ref(step["premises"][0])]


def _instantiate(printer: Printer, step: dict) -> list[Piece]:
    return [Ref(step["premises"][0]), " at ", row(Symbol("t"), Symbol("="), time_node(step["arguments"]["time"]))]


def _induction(printer: Printer, step: dict) -> list[Piece]:
    base, by, sign = step["premises"]
    ratio = printer.polynomial(step["arguments"]["ratio"])
    return ["induction on t: base ", Ref(base), ", step ", Ref(by), " with ratio ", ratio, " ≥ 0 by ", Ref(sign)]


def _root_monotone(printer: Printer, step: dict) -> list[Piece]:
    powers, sign = step["premises"]
    degree = step["arguments"]["degree"]
    name = f"{DEGREES.get(degree, f'{degree}-th')} roots"
    return [f"{name} of ", Ref(powers), "; the right side is nonnegative by ", Ref(sign)]


def _inverse(printer: Printer, step: dict) -> list[Piece]:
    return ["inverting what is positive by ", Ref(step["premises"][0])]


def _root(printer: Printer, step: dict) -> list[Piece]:
    degree = step["arguments"]["degree"]
    name = DEGREES.get(degree, f"{degree}-th")
    return [f"taking the nonnegative {name} root of what is nonnegative by ", Ref(step["premises"][0])]


def _logarithm(printer: Printer, step: dict) -> list[Piece]:
    return ["taking the logarithm of what is positive by ", Ref(step["premises"][0])]


def _expectation(printer: Printer, step: dict) -> list[Piece]:
    first, *rest = step["premises"]
    return [_functional(step["arguments"]["level"]), " of ", Ref(first), *_integrable(rest)]


def _tower(printer: Printer, step: dict) -> list[Piece]:
    x = step["arguments"]
    known = printer.polynomial(x["y"])
    level = Script(FILTRATION, time_node(x["level"]))
    return ["the tower property: ", known, " is ", level, "-measurable", *_integrable(step["premises"])]


def _integrable_conditional(printer: Printer, step: dict) -> list[Piece]:
    level = Script(FILTRATION, time_node(step["arguments"]["level"]))
    return ["conditioning on ", level, ", which keeps integrability", *_integrable(step["premises"])]


def _dominated(printer: Printer, step: dict) -> list[Piece]:
    upper, lower, *rest = step["premises"]
    return ["domination, between the bounds ", Ref(lower), " and ", Ref(upper), *_integrable(rest)]


def _dominated_induction(printer: Printer, step: dict) -> list[Piece]:
    premises = step["premises"]
    based = printer.steps[premises[0]]["conclusion"]["relation"] == "integrable"
    base, bounds = premises[: int(based)], premises[int(based) :]
    upper, lower, *rest = bounds
    start: list[Piece] = [" from ", Ref(base[0])] if base else []
    return ["induction on t", *start, ", between ", Ref(lower), " and ", Ref(upper), *_integrable(rest)]


def _holder(printer: Printer, step: dict) -> list[Piece]:
    x = step["arguments"]
    power_premise, *rest = step["premises"]
    a, b = x["a"], x["b"]
    if (a, b) == (1, 1):
        name = "Jensen’s inequality" if x["z"] == [["1", []]] else "Cauchy–Schwarz"
    else:
        name = f"Hölder’s inequality with exponents {Rational(a + b, a)} and {Rational(a + b, b)}"
    over: Node = {
        "E": lambda: _functional(x["level"]),
        "sum_i": lambda: Script(Symbol(r"\sum"), Symbol("i")),
        "sum_t": lambda: Script(Symbol(r"\sum"), Symbol("t")),
    }[x["over"]]()
    signs, integrable = rest[:2], rest[2:]
    return [
        f"{name} for ",
        over,
        ", from ",
        Ref(power_premise),
        " with signs ",
        *_refs(signs),
        *_integrable(integrable),
    ]


def _sum_coordinates(printer: Printer, step: dict) -> list[Piece]:
    return [Ref(step["premises"][0]), " summed over the coordinates"]


def _single_coordinate(printer: Printer, step: dict) -> list[Piece]:
    return ["dropping the other entries, nonnegative by ", Ref(step["premises"][0])]


def _sum_steps(printer: Printer, step: dict) -> list[Piece]:
    low = step["arguments"]["from"]
    return [Ref(step["premises"][0]), f" summed over t = {low}, …, T"]


def _words(words: str) -> Callable[[Printer, dict], list[Piece]]:
    return lambda printer, step: [words]


WORDS: dict[str, Callable[[Printer, dict], list[Piece]]] = {
    "hypothesis": _words("hypothesis"),
    "weaken": _weaken,
    "instantiate": _instantiate,
    "induction": _induction,
    "root_monotone": _root_monotone,
    "clock": _words("the numbering of the steps"),
    "horizon": _words("the horizon"),
    "define": _words("definition"),
    "inverse": _inverse,
    "root": _root,
    "logarithm": _logarithm,
    "log_tangent": _words("the tangent of the logarithm"),
    "sign": _words("the sign of an inverse or a root"),
    "minimum": _words("the definition of the minimum over t = 1, …, T"),
    "point": _words("definition of a point of f"),
    "lower_bound": _words("the lower bound of f (A1)"),
    "lipschitz": _words("the Lipschitz continuity of ∇f (A3)"),
    "descent": _words("the descent lemma for L-smooth f (A3)"),
    "expectation": _expectation,
    "tower": _tower,
    "integrable_conditional": _integrable_conditional,
    "dominated": _dominated,
    "dominated_induction": _dominated_induction,
    "holder": _holder,
    "sum_coordinates": _sum_coordinates,
    "single_coordinate": _single_coordinate,
    "sum_steps": _sum_steps,
    "telescope": _words("telescoping"),
    "first_term": _words("splitting off the first term"),
}
"""Words for rules of `adopt-cert/1`; `combination` is written out."""
