"""How a certificate's polynomials and judgments are written for people: JSON form to `proofs.typeset` trees.

What is printed is the term itself, up to these conventions: Σ_i x_i² is ‖x‖², Σ_i x_i y_i is ⟨x, y⟩, Σ_i E[·] is
E[Σ_i ·]; an atom that the certificate defines as an inverse is printed as a denominator; a side's terms are grouped
by one parameter where that shortens it (β1 G + G as (1 + β1)G); and `p ≥ 0` is printed as left ≥ right, each side
with the terms of its sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction as Rational
from typing import Any

from proofs.typeset import (
    IDENTIFIERS,
    RELATIONS,
    Fenced,
    Fraction,
    Node,
    Number,
    Row,
    Script,
    Space,
    Symbol,
    Words,
    interleave,
    parse,
    power,
    row,
)
from proofs.vocabulary import Vocabulary, at_time, freeze, moved, split_time, vocabulary
from theory.atoms import MEANING

Factor = tuple[Any, ...]
Monomial = tuple[tuple[Factor, int], ...]
Term = tuple[Rational, Monomial]
RANK = {name: k for k, name in enumerate(MEANING)}
COORDINATE, EXPECTATION, SIGMA, FILTRATION = Symbol("i"), Symbol(r"\mathbb{E}"), Symbol(r"\sum"), Symbol(r"\mathcal{F}")
NABLA = Symbol(r"\nabla")
UPSIDE_DOWN = {">=": "<=", ">": "<"}


# Polynomials


def time_node(time: str) -> Node:
    base, shift = split_time(time)
    if not base:
        return Number(str(shift))
    if not shift:
        return Symbol(base)
    return Row((Symbol(base), Symbol("+" if shift > 0 else "-"), Number(str(abs(shift)))), sum=True)


@dataclass(frozen=True)
class Group:
    """coefficient · inner · outer, where `inner` is a polynomial in one parameter (one term of value 1 if alone)."""

    coefficient: Rational
    inner: tuple[Term, ...]
    outer: Monomial


ALONE: tuple[Term, ...] = ((Rational(1), ()),)


def terms(poly: list) -> list[Term]:
    return [(Rational(c), tuple((freeze(f), e) for f, e in m)) for c, m in poly]


def groups(poly: list[Term], words: Vocabulary) -> list[Group]:
    """The terms, grouped by the parameter that leaves the fewest groups; ungrouped if none saves any."""
    names = {f[1] for _, m in poly for f, _ in m if len(f) == 2 and f[0] == "atom" and f[1] not in words.inverses}
    best = [Group(c, ALONE, m) for c, m in poly]
    for name in sorted(names):
        found = _collected(poly, ("atom", name))
        if len(found) < len(best):
            best = found
    return sorted(best, key=lambda g: _group_order(g))


def _collected(poly: list[Term], parameter: Factor) -> list[Group]:
    by_rest: dict[Monomial, list[tuple[int, Rational]]] = {}
    for c, m in poly:
        degree = sum(e for f, e in m if f == parameter)
        by_rest.setdefault(tuple(x for x in m if x[0] != parameter), []).append((degree, c))
    result = []
    for rest, members in by_rest.items():
        if not rest:  # a polynomial in the parameter alone, such as 1 − β1, is left as it is
            result += [Group(c, ALONE, ((parameter, d),) if d else ()) for d, c in members]
            continue
        members.sort()
        low, first = members[0]
        outer = (*rest, (parameter, low)) if low else rest
        inner = tuple((c / first, ((parameter, d - low),) if d > low else ()) for d, c in members)
        result.append(Group(first, inner, outer))
    return result


def _group_order(group: Group) -> tuple:
    """Single terms first, then by the notation table."""
    return group.inner != ALONE, min((_rank(f) for f, _ in group.outer), default=(-1,)), str(group.outer)


def _rank(factor: Factor) -> tuple:
    """The horizon, parameters in the order of the notation table, timed atoms, norms and sums, expectations, Σ_t."""
    if factor[:2] == ("atom", "idx"):
        return (0, -1, "")
    if factor[0] == "atom":
        return (len(factor) - 2, RANK.get(factor[1], len(RANK)), factor[1])
    return ({"sum_i": 2, "E": 3, "sum_t": 4}[factor[0]], 0, str(factor))


def signed_sum(signed: list[tuple[bool, Node]]) -> Node:
    """Nodes with their signs (True for +); 0 if there are none. A leading + is not written."""
    if not signed:
        return Number("0")
    items: list[Node] = []
    for positive, node in signed:
        if items or not positive:
            items.append(Symbol("+" if positive else "-"))
        items.append(node)
    return items[0] if len(items) == 1 else Row(tuple(items), sum=True)


class Printer:
    """Prints the terms of one certificate."""

    def __init__(self, certificate: dict) -> None:
        self.words = vocabulary(certificate)
        self.steps = certificate["steps"]

    def polynomial(self, poly: list) -> Node:
        """A polynomial in JSON form."""
        return self._sum(groups(terms(poly), self.words))

    def factor(self, poly: list) -> Node:
        """A polynomial as one factor of a product: a sum or a negative term in parentheses."""
        node = self.polynomial(poly)
        return Fenced("(", node, ")") if isinstance(node, Row) and node.sum else node

    def line(self, step: dict) -> Node:
        """What a step concludes.

        A definition is written as one, an instance of a schema about f as the inequality that it is an instance of.
        """
        arguments = step["arguments"]
        match step["rule"]:
            case "define" | "inverse" | "root" | "logarithm" as kind:
                return self.definition(kind, arguments["name"], arguments["poly"], arguments.get("degree", 0))
            case "point":
                f, gradient, x = (self._atom(("atom", arguments[k], "t"), entry=False) for k in ("f", "gradient", "x"))
                return row(f, Words(", "), gradient, Words(": f and its gradient at "), x)
            case "root_monotone":
                return self._related(self.polynomial(arguments["smaller"]), "<=", self.polynomial(arguments["larger"]))
            case "lipschitz" | "descent" as schema:
                return self._schema(schema, arguments)
        return self.judgment(step["conclusion"]["relation"], step["conclusion"]["poly"])

    def judgment(self, relation: str, poly: list) -> Node:
        """`poly relation 0` with each term on the side of its sign; an integrable monomial as it is.

        An equation of three groups or more is solved for its newest atom x_t, an inequality for an upper bound on f.
        """
        if relation == "integrable":
            return row(self.polynomial(poly), Words(" is integrable"))
        found = groups(terms(poly), self.words)
        alone = self._newest(found) if relation == "=" else self._objective_above(found)
        if alone is not None:
            rest = [_scaled(g, -1 / alone.coefficient) for g in found if g is not alone]
            rest.sort(key=lambda g: not self._is_objective(g))
            left = self._product(Rational(1), alone)
            return self._related(left, "=" if relation == "=" else UPSIDE_DOWN[relation], self._sum(rest))
        above = [g for g in found if g.coefficient > 0]
        below = [_scaled(g, Rational(-1)) for g in found if g.coefficient < 0]
        if relation == "=":
            if not above:
                above, below = below, above
            return self._related(self._side(above), "=", self._side(below))
        if below and len(below) <= len(above):
            return self._related(self._side(below), UPSIDE_DOWN[relation], self._side(above))
        return self._related(self._side(above), relation, self._side(below))

    def definition(self, kind: str, name: str, poly: list, degree: int = 0) -> Node:
        """x = poly, x^degree = poly, x = ln poly, x = min poly; of an inverse x that poly · x = 1."""
        x = self.polynomial([["1", [[["atom", name, *(["t"] if name in self.words.timed else [])], 1]]]])
        body = self.polynomial(poly)
        if kind == "inverse":
            return self._related(row(self.factor(poly), Symbol(r"\cdot"), x), "=", Number("1"))
        if kind == "root":
            return self._related(power(x, degree), "=", body)
        if kind == "logarithm":
            return self._related(x, "=", row(Symbol(r"\ln"), Fenced("(", body, ")")))
        if kind == "minimum":
            least = Script(Symbol(r"\min"), row(Symbol("t"), Symbol(r"\le"), Symbol("T")))
            return self._related(x, "=", row(least, Space(), body))
        return self._related(x, "=", body)

    def _schema(self, rule: str, arguments: dict) -> Node:
        """‖∇f(x) − ∇f(y)‖² ≤ L²‖x − y‖², or f(y) ≤ f(x) + ⟨∇f(x), y − x⟩ + (L/2)‖y − x‖²."""
        x, y = (self._named(arguments[k], arguments[f"{k}_time"], None) for k in "xy")
        L = Symbol("L")

        def at(function: Node, point: Node) -> Node:
            return Row((function, Symbol("f"), Fenced("(", point, ")")))

        def distance(left: Node, right: Node) -> Node:
            return power(Fenced(r"\|", signed_sum([(True, left), (False, right)]), r"\|"), 2)

        if rule == "lipschitz":
            gradients = distance(at(NABLA, x), at(NABLA, y))
            return self._related(gradients, "<=", row(power(L, 2), distance(x, y)))
        step = signed_sum([(True, y), (False, x)])
        inner = Fenced(r"\langle", Row((at(NABLA, x), Symbol(","), Space(), step)), r"\rangle")
        f_x, f_y = (Row((Symbol("f"), Fenced("(", point, ")"))) for point in (x, y))
        square = row(rational(Rational(1, 2)), L, distance(y, x))
        return self._related(f_y, "<=", signed_sum([(True, f_x), (True, inner), (True, square)]))

    @staticmethod
    def _related(left: Node, relation: str, right: Node) -> Node:
        return Row((left, Symbol(RELATIONS[relation]), right), sum=True)

    def _newest(self, found: list[Group]) -> Group | None:
        """The group x of an equation x = ... of three groups or more: an atom alone, latest in time, then defined last.

        None if there is none: a declared atom counts only if it is timed.
        """
        alone = [
            g
            for g in found
            if (atom := _single(g))
            and atom[0] == "atom"
            and abs(g.coefficient) == 1
            and atom[1] != "idx"
            and atom[1] not in self.words.inverses
            and (len(atom) == 3 or atom[1] in self.words.order)
        ]
        if len(found) < 3 or not alone:
            return None

        def newness(group: Group) -> tuple:
            _, name, *time = group.outer[0][0]
            return split_time(time[0]) if time else ("", 0), self.words.order.get(name, 0)

        return max(alone, key=newness)

    def _is_objective(self, group: Group) -> bool:
        """Whether the group is a multiple of f(x) or E f(x)."""
        single = _single(group)
        while single and single[0] == "E" and len(single[2]) == 1 and single[2][0][1] == 1:
            single = single[2][0][0]
        if single is None or single[0] != "atom":
            return False
        is_gradient, _ = self.words.objective.get(single[1], (True, ""))
        return not is_gradient

    def _objective_above(self, found: list[Group]) -> Group | None:
        """The one group −f(x) of an inequality with another f(y) in it: it bounds f(x) from above."""
        below = [g for g in found if self._is_objective(g) and g.coefficient == -1]
        above = [g for g in found if self._is_objective(g) and g.coefficient > 0]
        return below[0] if len(below) == 1 and above else None

    def _side(self, found: list[Group]) -> Node:
        """A side with its common factors in front: S(Δ/(αT) + ...)."""
        if len(found) < 2:
            return self._sum(found)
        shared = None
        for g in found:
            own = {x for x in g.outer if x[0][0] != "atom" or x[0][1] not in self.words.inverses}
            shared = own if shared is None else shared & own
        if not shared:
            return self._sum(found)
        rest = [Group(g.coefficient, g.inner, tuple(x for x in g.outer if x not in shared)) for g in found]
        return row(self._monomial(tuple(shared)), Fenced("(", self._sum(rest), ")"))

    def _sum(self, found: list[Group]) -> Node:
        found = sorted(found, key=lambda g: (g.coefficient < 0) and not self._is_objective(g))
        return signed_sum([(g.coefficient > 0, self._product(abs(g.coefficient), g)) for g in found])

    def _product(self, coefficient: Rational, group: Group) -> Node:
        above: list[Node] = []
        below: list[Node] = []
        ordered = sorted(group.outer, key=lambda x: _rank(x[0]))
        bracketed = group.inner != ALONE
        if bracketed and len([f for f, _ in ordered if f[1] not in self.words.inverses]) < 2:
            above.append(self._inner(group))
            bracketed = False
        for f, e in ordered:
            if bracketed and _rank(f)[0] > 0:
                above.append(self._inner(group))
                bracketed = False
            if f[0] == "atom" and f[1] in self.words.inverses:
                below += self._denominator(f, e)
            else:
                above.append(self._power(f, e))
        if bracketed:
            above.append(self._inner(group))
        if not below:
            return _with_coefficient(coefficient, above)
        numerator = _with_coefficient(Rational(coefficient.numerator), above)
        denominator = _with_coefficient(Rational(coefficient.denominator), below)
        return Fraction(numerator, denominator.body if isinstance(denominator, Fenced) else denominator)

    def _inner(self, group: Group) -> Node:
        signed = [(c > 0, self._product(abs(c), Group(Rational(1), ALONE, m))) for c, m in group.inner]
        return Fenced("(", signed_sum(signed), ")")

    def _denominator(self, factor: Factor, exponent: int) -> list[Node]:
        """The factors below the line for an inverse atom: its polynomial at the atom's time."""
        poly = self.words.inverses[factor[1]]
        if len(factor) == 3:
            poly = at_time(poly, factor[2])
        if len(poly) == 1 and poly[0][0] == "1":
            return [self._power(freeze(f), e * exponent) for f, e in poly[0][1]]
        return [power(Fenced("(", self.polynomial(poly), ")"), exponent)]

    def _power(self, factor: Factor, exponent: int) -> Node:
        if factor[0] == "sum_i" and (norm := self._norm(factor[1])) is not None:
            node, degree = norm
            return power(node, degree * exponent)
        return power(self._factor(factor), exponent)

    def _norm(self, body: Monomial) -> tuple[Node, int] | None:
        """Σ_i x_i² as (‖x‖, 2) and Σ_i x_i y_i as (⟨x, y⟩, 1); None for anything else."""
        if not all(f[0] == "atom" and f[1] in self.words.coordinate - self.words.inverses.keys() for f, _ in body):
            return None
        if [e for _, e in body] == [2]:
            return Fenced(r"\|", self._atom(body[0][0], entry=False), r"\|"), 2
        if [e for _, e in body] == [1, 1]:
            x, y = (self._atom(f, entry=False) for f, _ in body)
            return Fenced(r"\langle", Row((x, Symbol(","), Space(), y)), r"\rangle"), 1
        return None

    def _factor(self, factor: Factor) -> Node:
        if factor[0] == "atom":
            return self._atom(factor, entry=True)
        if factor[0] == "sum_i":
            match factor[1]:
                case ((("E", level, body), 1),):
                    return self._factor(("E", level, ((("sum_i", body), 1),)))
            return row(Script(SIGMA, COORDINATE), Space(), self._monomial(factor[1]))
        if factor[0] == "sum_t":
            low = row(Symbol("t"), Symbol("="), Number(str(factor[1])))
            return row(Script(SIGMA, low, Symbol("T")), Space(), self._monomial(factor[2]))
        body = self._monomial(factor[2])
        if factor[1]:
            body = row(body, Symbol(r"\mid"), Script(FILTRATION, time_node(factor[1])))
        return row(EXPECTATION, Fenced("[", body, "]"))

    def _monomial(self, monomial: Monomial) -> Node:
        return self._product(Rational(1), Group(Rational(1), ALONE, monomial))

    def _atom(self, factor: Factor, *, entry: bool) -> Node:
        """An atom; of a vector the entry i, or the vector itself."""
        name, time = factor[1], factor[2] if len(factor) == 3 else None
        index = COORDINATE if entry and name in self.words.coordinate else None
        if name == "idx":
            return time_node(time or "t")
        if name in self.words.objective:
            is_gradient, x = self.words.objective[name]
            point = self._named(x, time, None)
            function = (Symbol("f"), Fenced("(", point, ")"))
            if not is_gradient:
                return Row(function)
            return Row((Script(Symbol(r"\partial"), index), Space(), *function) if index else (NABLA, *function))
        return self._named(name, time, index)

    @staticmethod
    def _named(name: str, time: str | None, index: Node | None) -> Node:
        notation = MEANING[name].latex if name in MEANING else ""
        if "@" in notation and time is None:
            notation = ""
        if "@" in notation and time is not None:
            earlier = moved("t-1", time)
            return parse(notation.replace("@-1", f"{{{earlier}}}").replace("@", f"{{{time}}}"))
        letter = f"\\{name}"
        base = (
            parse(notation)
            if notation
            else Symbol(letter)
            if letter in IDENTIFIERS
            else Symbol(name)
            if len(name) == 1
            else Words(name)
        )
        marks = [x for x in (time_node(time) if time else None, index) if x is not None]
        return Script(base, Row(interleave(marks, Symbol(",")))) if marks else base


def _single(group: Group) -> Factor | None:
    """The factor of a group that is a multiple of one factor."""
    return group.outer[0][0] if group.inner == ALONE and len(group.outer) == 1 and group.outer[0][1] == 1 else None


def _scaled(group: Group, by: Rational) -> Group:
    return Group(group.coefficient * by, group.inner, group.outer)


def _with_coefficient(coefficient: Rational, factors: list[Node]) -> Node:
    if not factors:
        return rational(coefficient)
    items = list(_spaced(factors))
    if coefficient != 1:
        items.insert(0, rational(coefficient))
    return row(*items)


def rational(value: Rational) -> Node:
    """A positive rational."""
    if value.denominator == 1:
        return Number(str(value.numerator))
    return Fraction(Number(str(value.numerator)), Number(str(value.denominator)))


def _spaced(factors: list[Node]) -> Iterable[Node]:
    """Thin spaces beside factors that are wider than a letter with its scripts."""
    for k, node in enumerate(factors):
        if k and (_wide(node) or _wide(factors[k - 1])) and not isinstance(node, Fenced):
            yield Space()
        yield node


def _wide(node: Node) -> bool:
    return isinstance(node, Row) or (isinstance(node, Script) and node.sub is not None and not _is_number(node.sub))


def _is_number(node: Node) -> bool:
    return isinstance(node, Number)
