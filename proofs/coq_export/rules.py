"""One step of a certificate as a use of its rule's lemma (`proofs/coq/Certificate.v`, `CertificateRules.v`).

A rule's function returns the lemma applied to the step's premises and arguments, with `_` for the side condition, which
Coq computes. Premises and arguments are passed on as they stand in the file: nothing is searched for or repaired.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from proofs.coq_export.terms import Table, integer, name, number, rational, syntax, syntax_level, syntax_time


class Defined(NamedTuple):
    """An atom that a step introduces: the step's kind of definition, its polynomial, degree, and premise (a step)."""

    kind: str
    poly: Any
    degree: int
    premise: int | None


class Replay(NamedTuple):
    """What the steps so far have left: the table of atoms, definitions, points, and the steps without a lemma."""

    table: Table
    defined: dict[str, Defined]
    points: dict[str, tuple[str, str]]
    steps: list[Any]
    hypotheses: list[Any]

    def syntax(self, poly: Any) -> str:
        return f"({syntax(self.table, poly)})"

    def span(self, step: Any) -> tuple[int, bool]:
        """The greatest `from` of the premises, integrable ones included, and whether one is bounded."""
        conclusions = [self.steps[k]["conclusion"] for k in step["premises"]]
        return max((number(c["from"]) for c in conclusions), default=0), any(c["bounded"] for c in conclusions)


REFLEXIVE = "(fun _ _ _ => eq_refl)"


def boolean(value: object) -> str:
    return "true" if value else "false"


def judgments(places: list[int]) -> str:
    return "[" + "; ".join(f"j{number(k)}" for k in places) + "]"


def proofs(places: list[int]) -> str:
    return "".join(f"(conj s{k} " for k in places) + "Logic.I" + ")" * len(places)


def hypothesis(r: Replay, step: Any, j: str) -> str:
    return f"hypothesis _ {j} given_{name(step['arguments']['name'])} _"


def combination(r: Replay, step: Any, j: str) -> str:
    terms, equations = [], []
    for term in step["arguments"]["terms"]:
        c = rational(term["coefficient"])
        places = "; ".join(str(number(k)) for k in term["premises"])
        squares = "; ".join(r.syntax(q) for q in term["squares"])
        terms.append(f"Times {integer(c.numerator)} {c.denominator} [{places}]%nat [{squares}]")
    for equation in step["arguments"]["equations"]:
        equations.append(f"({number(equation['premise'])}%nat, {r.syntax(equation['multiplier'])})")
    places = step["premises"]
    lo = number(step["arguments"]["from"])
    lists = f"[{'; '.join(terms)}] [{'; '.join(equations)}]"
    return f"combination {judgments(places)} {lists} {lo}%nat {j} {proofs(places)} _"


def weaken(r: Replay, step: Any, j: str) -> str:
    (k,) = step["premises"]
    arguments = step["arguments"]
    return f"weaken j{k} {number(arguments['from'])}%nat {relation(arguments['relation'])} {j} s{k} _"


def instantiate(r: Replay, step: Any, j: str) -> str:
    (k,) = step["premises"]
    return f"instantiate j{k} {syntax_time(step['arguments']['time'])} {j} s{k} _"


def induction(r: Replay, step: Any, j: str) -> str:
    a, b, c = step["premises"]
    q, ratio = r.syntax(step["arguments"]["poly"]), r.syntax(step["arguments"]["ratio"])
    return f"induction {q} {ratio} j{a} j{b} j{c} {j} s{a} s{b} s{c} _"


def root_monotone(r: Replay, step: Any, j: str) -> str:
    a, b = step["premises"]
    larger, smaller = r.syntax(step["arguments"]["larger"]), r.syntax(step["arguments"]["smaller"])
    return f"root_monotone {larger} {smaller} {number(step['arguments']['degree'])}%nat j{a} j{b} {j} s{a} s{b} _"


def clock(r: Replay, step: Any, j: str) -> str:
    return f"{step['rule']} {number(step['arguments']['from'])}%nat {j} _"


def _atom(r: Replay, x: str) -> str:
    return f"{boolean(r.table[name(x)].timed)} a_{x}"


def define(r: Replay, step: Any, j: str) -> str:
    arguments = step["arguments"]
    x, poly = name(arguments["name"]), r.syntax(arguments["poly"])
    return f"define {_atom(r, x)} {poly} {number(arguments['from'])}%nat {j} {REFLEXIVE} _"


def inverse(r: Replay, step: Any, j: str) -> str:
    """Also `root` and `logarithm`: a premise about the polynomial."""
    (k,) = step["premises"]
    arguments = step["arguments"]
    degree = f" {number(arguments['degree'])}%nat" if step["rule"] == "root" else ""
    head = f"{step['rule']} {_atom(r, arguments['name'])} {r.syntax(arguments['poly'])}{degree}"
    return f"{head} j{k} {j} {REFLEXIVE} s{k} _"


def sign(r: Replay, step: Any, j: str) -> str:
    x = name(step["arguments"]["name"])
    if x not in r.defined or r.defined[x].kind not in ("inverse", "root"):
        raise ValueError(f"{x} is neither an inverse nor a root")
    kind, poly, degree, k = r.defined[x]
    power = f" {degree}%nat" if kind == "root" else ""
    return f"sign_of_{kind} {_atom(r, x)} {r.syntax(poly)}{power} j{k} {j} {REFLEXIVE} s{k} _"


def log_tangent(r: Replay, step: Any, j: str) -> str:
    arguments, sides, premises = step["arguments"], [], []
    for side in ("x", "y"):
        x = name(arguments[side])
        if x not in r.defined or r.defined[x].kind != "logarithm":
            raise ValueError(f"{x} is not a logarithm")
        _, poly, _, k = r.defined[x]
        at = syntax_time(arguments[f"{side}_time"]) if r.table[x].timed else "(Absolute 0)"
        sides.append(f"{_atom(r, x)} {at} {r.syntax(poly)} j{k}")
        premises.append(f"s{k}")
    lo = number(arguments["from"])
    return f"log_tangent {' '.join(sides)} {lo}%nat {j} {REFLEXIVE} {REFLEXIVE} {' '.join(premises)} _"


def minimum(r: Replay, step: Any, j: str) -> str:
    arguments = step["arguments"]
    return f"minimum a_{name(arguments['name'])} {r.syntax(arguments['poly'])} {j} {REFLEXIVE} _"


def point(r: Replay, step: Any, j: str) -> str:
    return f"point {j} _"


def _point(r: Replay, step: Any, side: str) -> tuple[str, str, str, str]:
    x = name(step["arguments"][side])
    if x not in r.points:
        raise ValueError(f"{x} is not a point")
    f, gradient = r.points[x]
    return f"a_{x}", f"a_{f}", f"a_{gradient}", syntax_time(step["arguments"][f"{side}_time"])


def lower_bound(r: Replay, step: Any, j: str) -> str:
    x, f, _, at = _point(r, step, "x")
    lo = number(step["arguments"]["from"])
    values = f"{REFLEXIVE} (fun _ _ => eq_refl)"
    return f"lower_bound objective v_f_inf a_f_inf {x} {f} {at} {lo}%nat {j} {values} objective_lower_bounded _"


def lipschitz(r: Replay, step: Any, j: str) -> str:
    (x, _, g, u), (y, _, h, v) = _point(r, step, "x"), _point(r, step, "y")
    lo = number(step["arguments"]["from"])
    values = f"{REFLEXIVE} {REFLEXIVE} (fun _ _ => eq_refl)"
    return (
        f"lipschitz gradient v_L a_L {x} {g} {u} {y} {h} {v} {lo}%nat {j} {values} some_coordinate gradient_lipschitz _"
    )


def descent(r: Replay, step: Any, j: str) -> str:
    (x, f, g, u), (y, h, _, v) = _point(r, step, "x"), _point(r, step, "y")
    lo = number(step["arguments"]["from"])
    values = f"{REFLEXIVE} {REFLEXIVE} {REFLEXIVE} (fun _ _ => eq_refl)"
    facts = "some_coordinate objective_gradient gradient_lipschitz"
    return f"descent objective gradient v_L a_L {x} {f} {g} {u} {y} {h} {v} {lo}%nat {j} {values} {facts} _"


def expectation(r: Replay, step: Any, j: str) -> str:
    k = step["premises"][0]
    lo, bounded = r.span(step)
    return f"expectation {syntax_level(step['arguments']['level'])} {lo}%nat {boolean(bounded)} j{k} {j} s{k} _"


def tower(r: Replay, step: Any, j: str) -> str:
    arguments = step["arguments"]
    y, x, level = r.syntax(arguments["y"]), r.syntax(arguments["x"]), syntax_time(arguments["level"])
    least, bounded = r.span(step)
    lo = number(arguments["from"])
    if lo < least:
        raise ValueError(f"from {lo} is before a premise's from {least}")
    return f"tower {y} {x} {level} {syntax_level(arguments['outer'])} {lo}%nat {boolean(bounded)} {j} _"


def holder(r: Replay, step: Any, j: str) -> str:
    arguments = step["arguments"]
    a, b, c = step["premises"][:3]
    over = {
        "E": f"(OverE {syntax_level(arguments['level'])})",
        "sum_i": "OverCoordinates",
        "sum_t": f"(OverSteps {number(arguments['range'])})",
    }[arguments["over"]]
    lo, bounded = r.span(step)
    terms = " ".join(r.syntax(arguments[part]) for part in ("q", "z", "u"))
    numbers = f"{number(arguments['a'])}%nat {number(arguments['b'])}%nat {lo}%nat {boolean(bounded)}"
    return f"holder {over} {terms} {numbers} j{a} j{b} j{c} {j} s{a} s{b} s{c} _"


def sum_coordinates(r: Replay, step: Any, j: str) -> str:
    (k,) = step["premises"]
    return f"{step['rule']} j{k} {j} s{k} _"


def sum_steps(r: Replay, step: Any, j: str) -> str:
    (k,) = step["premises"]
    return f"sum_steps {number(step['arguments']['from'])}%nat j{k} {j} s{k} _"


def telescope(r: Replay, step: Any, j: str) -> str:
    arguments = step["arguments"]
    return f"{step['rule']} {r.syntax(arguments['poly'])} {number(arguments['from'])}%nat {j} _"


RULES: dict[str, Callable[[Replay, Any, str], str]] = {
    f.__name__: f
    for f in (
        hypothesis, combination, weaken, instantiate, induction, root_monotone, clock, define, inverse, sign,
        log_tangent, minimum, point, lower_bound, lipschitz, descent, expectation, tower, holder, sum_coordinates,
        sum_steps, telescope,
    )
} | {
    "horizon": clock, "root": inverse, "logarithm": inverse, "single_coordinate": sum_coordinates,
    "first_term": telescope,
}  # fmt: skip
INTEGRABLE = ("integrable_conditional", "dominated", "dominated_induction")
DEFINITIONS = ("define", "inverse", "root", "logarithm", "minimum")


def relation(raw: Any) -> str:
    if raw not in ("=", ">=", ">"):
        raise ValueError(f"{raw!r:.80} is not one of the relations =, >=, >")
    return {"=": "Rules.Eq", ">=": "Rules.Ge", ">": "Rules.Gt"}[raw]
