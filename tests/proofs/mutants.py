"""Every mutant of a certificate that differs in one place; and what a step means, up to what cannot matter."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
RATIONAL = re.compile(r"-?[0-9]+(/[0-9]+)?")
TIMES = ("", "t", "t-1", "t+1", "T", "0", "1")
RELATIONS = ("=", ">=", ">", "integrable")
KINDS = ("define", "inverse", "root", "logarithm", "minimum")
OVER = ("E", "sum_i", "sum_t")
TAGS = ("atom", "sum_i", "E", "sum_t")
TIME_KEYS = ("time", "level", "outer", "x_time", "y_time")


class Mutant(NamedTuple):
    path: Path
    how: str
    value: Any


class Vocabulary(NamedTuple):
    """What text of the same kind is replaced by: the atoms in order, with those of the same kind as each; the rules."""

    atoms: tuple[str, ...]
    alike: dict[str, tuple[str, ...]]
    rules: tuple[str, ...]
    hypotheses: tuple[str, ...]


def vocabulary(certificate: dict[str, Any], atoms: dict[str, tuple[Any, ...]], rules: tuple[str, ...]) -> Vocabulary:
    """`atoms` maps each name to its kind (timed, coordinate, random)."""
    alike = {name: tuple(other for other in atoms if other != name and atoms[other] == atoms[name]) for name in atoms}
    hypotheses = tuple(h["name"] for h in certificate["statement"]["hypotheses"])
    return Vocabulary(tuple(sorted(atoms)), alike, rules, hypotheses)


def after(value: str, values: tuple[str, ...]) -> str:
    """The next of the values, round about."""
    return values[(values.index(value) + 1) % len(values)] if value in values else values[0]


def others(value: str, values: tuple[str, ...]) -> Iterator[str]:
    return (other for other in values if other != value)


def texts(path: Path, text: str, parent: Any, words: Vocabulary) -> Iterator[tuple[str, Any]]:
    """Other texts of the same kind, told by where the text stands."""
    key = path[-1]
    tagged = isinstance(parent, list) and bool(parent) and parent[0] in TAGS
    if key in ("label", "statement_sha256", "format") or path[0] == "notes":
        yield "text", text + "x"
    elif key == "rule":
        yield from (("rule", other) for other in others(text, words.rules))
    elif key == "relation":
        yield from (("relation", other) for other in others(text, RELATIONS))
    elif key == "kind":
        yield from (("kind", other) for other in others(text, KINDS))
    elif key == "over":
        yield from (("over", other) for other in others(text, OVER))
    elif key in TIME_KEYS or (tagged and ((parent[0] == "atom" and key == 2) or (parent[0] == "E" and key == 1))):
        yield from (("time", other) for other in others(text, TIMES))
    elif tagged and key == 0:
        yield from (("tag", other) for other in others(text, TAGS))
    elif text in words.atoms:
        yield "atom", after(text, words.atoms)
        yield from (("atom alike", other) for other in words.alike[text][:3])
    elif text in words.hypotheses:
        yield "hypothesis", after(text, words.hypotheses)
    elif RATIONAL.fullmatch(text):
        number = Fraction(text)
        yield from (("rational", str(other)) for other in {number + 1, -number, number / 2, 2 * number} - {number})
    else:
        yield "text", text + "x"


def replacements(path: Path, value: Any, parent: Any, words: Vocabulary) -> Iterator[tuple[str, Any]]:
    if isinstance(value, bool):
        yield "boolean", not value
    elif isinstance(value, int):
        yield from (("number", other) for other in sorted({value + 1, value - 1, -value, 0} - {value}))
    elif isinstance(value, str):
        yield from texts(path, value, parent, words)
    elif isinstance(value, list):
        for k in range(len(value)):
            yield "removed", value[:k] + value[k + 1 :]
            if k + 1 < len(value) and value[k] != value[k + 1]:
                yield "swapped", [*value[:k], value[k + 1], value[k], *value[k + 2 :]]
    elif isinstance(value, dict):
        for key in value:
            yield "key removed", {other: value[other] for other in value if other != key}


def mutants(value: Any, words: Vocabulary, path: Path = (), parent: Any = None) -> Iterator[Mutant]:
    """All mutants of the part of a certificate at `path`, each changed in one place."""
    yield from (Mutant(path, how, other) for how, other in replacements(path, value, parent, words))
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from mutants(child, words, (*path, key), value)


def applied(root: Any, mutant: Mutant, depth: int = 0) -> Any:
    """The part of the certificate at mutant.path[:depth], changed; what is not on the path is shared."""
    if depth == len(mutant.path):
        return mutant.value
    changed = copy.copy(root)
    changed[mutant.path[depth]] = applied(root[mutant.path[depth]], mutant, depth + 1)
    return changed


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


ORDERED = {"expectation": 1, "tower": 0, "integrable_conditional": 0, "dominated": 2, "holder": 3}


def closed(poly: Any) -> bool:
    """No free t: no time t outside of sums over t."""

    def factor_closed(factor: Any) -> bool:
        if factor[0] == "sum_t":
            return True
        times = factor[2:3] if factor[0] == "atom" else factor[1:2] if factor[0] == "E" else []
        body = factor[-1] if factor[0] != "atom" else []
        return not any(time.startswith("t") for time in times) and all(factor_closed(f) for f, _ in body)

    return all(factor_closed(f) for _, monomial in poly for f, _ in monomial)


def meaning(step: dict[str, Any], conclusions: list[dict[str, Any]]) -> str:
    """A step up to what cannot matter when its conclusion is the same: its label; the order of what is added,
    multiplied or only has to be there (the integrable premises); which of two premises about the same polynomial is named; the
    sign of what is taken to an even power; `from` where the conclusion has no free t (then the page sets it to 0).
    """
    premises = [text([conclusions[k]["poly"], conclusions[k]["relation"] == "integrable"]) for k in step["premises"]]
    arguments = dict(step["arguments"])
    if step["rule"] not in ("sum_steps", "telescope", "first_term") and closed(step["conclusion"]["poly"]):
        arguments.pop("from", None)
    if step["rule"] == "combination":
        products = (
            [term["coefficient"], sorted(premises[k] for k in term["premises"]), sorted(map(square, term["squares"]))]
            for term in arguments["terms"]
        )
        equations = [[premises[e["premise"]], e["multiplier"]] for e in arguments["equations"]]
        arguments |= {"terms": sorted(map(text, products)), "equations": sorted(map(text, equations))}
        premises = []
    if step["rule"] == "holder" and (arguments["a"] + arguments["b"]) % 2 == 0:
        arguments["u"] = square(arguments["u"])
    fixed = ORDERED.get(step["rule"], len(premises))
    if step["rule"] == "dominated_induction":
        fixed = 3 if conclusions[step["premises"][0]]["relation"] == "integrable" else 2
    return text([step["rule"], premises[:fixed], sorted(premises[fixed:]), arguments, step["conclusion"]])


def square(poly: list[Any]) -> str:
    """p², which is (−p)²."""
    negative = [[c[1:] if c.startswith("-") else "-" + c, m] for c, m in poly]
    return min(text(poly), text(negative))


def proof_meaning(steps: list[dict[str, Any]]) -> list[str]:
    """The steps of a certificate up to what cannot matter, their order included."""
    conclusions = [step["conclusion"] for step in steps]
    return sorted(meaning(step, conclusions) for step in steps)
