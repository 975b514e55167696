"""The second checker accepts what follows, and refuses the falsehood that each missing condition would prove."""

from __future__ import annotations

import ast
import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rules_accepted  # noqa: F401
import rules_rejected_expectation  # noqa: F401
import rules_rejected_logic  # noqa: F401
from certificate_builder import Builder, sealed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_examples import ACCEPTED, REJECTED

from proofs import verifier
from proofs.verifier import MalformedCertificate, WrongCertificate, verify
from proofs.verifier.__main__ import main
from proofs.verifier.rules import RULES

PACKAGE = Path(verifier.__file__).parent


def built(name: str) -> Builder:
    builder = Builder()
    ACCEPTED[name][1](builder)
    return builder.close()


# Rules


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_follows_is_accepted(name: str) -> None:
    report = built(name).verify()
    assert report.rules_used[ACCEPTED[name][0]] >= 1
    assert report.goal == "0 >= 0"


@pytest.mark.parametrize("name", REJECTED)
def test_what_does_not_follow_is_rejected(name: str) -> None:
    rule, message, example = REJECTED[name]
    builder = Builder()
    example(builder)
    with pytest.raises(WrongCertificate) as caught:
        builder.verify()
    assert str(caught.value).startswith(f"step {len(builder.steps) - 1} ({rule}): ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_rule_has_an_accepted_and_a_rejected_example() -> None:
    assert {rule for rule, _ in ACCEPTED.values()} == set(RULES)
    assert {rule for rule, _, _ in REJECTED.values()} == set(RULES)


@pytest.mark.parametrize("name", ACCEPTED)
def test_every_stated_conclusion_is_compared(name: str) -> None:
    """Raising `from`, flipping `bounded`, changing the relation or the constant term of any one step is noticed."""
    certificate = built(name).certificate()
    for index in range(len(certificate["steps"])):
        conclusion = certificate["steps"][index]["conclusion"]
        rest = [term for term in conclusion["poly"] if term[1]]  # the constant term is the last in order
        changes = {
            "from": conclusion["from"] + 1,
            "bounded": not conclusion["bounded"],
            "relation": "=" if conclusion["relation"] == ">=" else ">=",
            "poly": [*rest, ["7/3", []]],
        }
        for field, value in changes.items():
            changed = copy.deepcopy(certificate)
            changed["steps"][index]["conclusion"][field] = value
            with pytest.raises(WrongCertificate, match=rf"^step {index} .*conclusion's {field} "):
                verify(json.dumps(changed))


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_premise_too_few_or_too_many_is_rejected(name: str) -> None:
    certificate = built(name).certificate()
    for index, step in enumerate(certificate["steps"][:-1]):
        for premises in (step["premises"][:-1], [*step["premises"], index], [*step["premises"], *step["premises"]]):
            if premises != step["premises"]:
                changed = copy.deepcopy(certificate)
                changed["steps"][index]["premises"] = premises
                with pytest.raises(WrongCertificate, match=f"^step {index} "):
                    verify(json.dumps(changed))


# The goal, the statement and what was used


def definition(kind: str, name: str, poly: Any, first: int = 0, degree: int = 0) -> dict[str, Any]:
    return {"kind": kind, "name": name, "poly": poly, "first": first, "degree": degree}


def square_root() -> Builder:
    """With b = √a: b ≥ 0, for a ≥ 0."""
    b = Builder(definitions=[definition("root", "z", [["1", [[["atom", "a"], 1]]]], degree=2)])
    b.step("root", b.fact(b("a")), name="z", poly=b("a"), degree=2)
    b.step("sign", name="z")
    b.goal = {"relation": ">=", "poly": b("z").raw()}
    return b


def test_a_goal_about_a_definition_of_the_statement() -> None:
    report = square_root().verify()
    assert report.goal == "1·z >= 0"
    assert report.hypotheses_used == ("h0",)  # through the definition of z alone
    assert report.steps == 3


def test_the_goal_must_be_reached() -> None:
    b = square_root()
    b.goal["relation"] = ">"
    with pytest.raises(WrongCertificate, match=r"^step 2, the last, concludes 1·z >= 0; the goal is 1·z > 0$"):
        b.verify()
    b.goal["relation"], b.steps[:] = ">=", []
    with pytest.raises(WrongCertificate, match="there are no steps"):
        b.verify()


def test_a_bounded_conclusion_is_no_goal() -> None:
    """For 2 ≤ t ≤ T, T ≥ 2: vacuous when T = 1."""
    b = Builder()
    left, clock = b.step("horizon", **{"from": 2}), b.step("clock", **{"from": 2})
    b.combine((1, [left], []), (1, [clock], []), start=2)
    b.goal = {"relation": ">=", "poly": (b("idx", "T") - 2).raw()}
    with pytest.raises(WrongCertificate, match=r"up to T; the goal is"):
        b.verify()


def test_an_unused_hypothesis_is_refused() -> None:
    b = built("a_hypothesis")
    b.hypotheses.append({"name": "idle", "from": 0, "relation": ">=", "poly": b("b").raw()})
    with pytest.raises(WrongCertificate, match="hypothesis idle is listed and not used"):
        b.verify()


def test_a_step_that_is_not_reached_uses_nothing() -> None:
    b = Builder()
    b.fact(b("a"))
    b.combine((0, [], []))
    with pytest.raises(WrongCertificate, match="hypothesis h0 is listed and not used"):
        b.verify()


@pytest.mark.parametrize("assumption", ["convex", "lower_bounded", "smooth"])
def test_an_unused_assumption_is_refused(assumption: str) -> None:
    b = built("a_hypothesis")
    b.assumptions = [assumption]
    with pytest.raises(WrongCertificate, match=f"assumption {assumption} is listed and not used"):
        b.verify()


def test_used_assumptions_are_reported() -> None:
    assert built("the_descent_lemma").verify().assumptions_used == ("smooth",)


def test_another_statements_digest_is_refused() -> None:
    certificate = built("a_hypothesis").certificate()
    certificate["statement"]["hypotheses"][0]["poly"][0][0] = "2"
    with pytest.raises(WrongCertificate, match=r"the statement's is [0-9a-f]{64}$"):
        verify(json.dumps(certificate))


Change = Callable[[dict[str, Any]], Any]
X, F = {"name": "x"}, [["f", "f", "gradient"]]
STATEMENTS: dict[str, tuple[str, Change]] = {
    "atom twice": ("repeated or not in ascending", lambda s: s["atoms"].insert(0, s["atoms"][0])),
    "atoms out of order": ("repeated or not in ascending", lambda s: s["atoms"].reverse()),
    "idx declared": ("idx is reserved", lambda s: s["atoms"][9].update(name="idx")),
    "bad name": ("is not a name", lambda s: s["atoms"][0].update(name="1x")),
    "long name": ("is not a name", lambda s: s["atoms"][-1].update(name="z" * 61)),
    "untimed random": ("must have random false", lambda s: s["atoms"][1].update(random=True)),
    "untimed first": ("must have random false and first 0", lambda s: s["atoms"][1].update(first=1)),
    "negative first": ("not an integer from 0", lambda s: s["atoms"][3].update(first=-1)),
    "timed as a number": ("is not true or false", lambda s: s["atoms"][3].update(timed=1)),
    "point repeated": ("shares a name", lambda s: s["points"].append(["x", "f", "gradient"])),
    "point undeclared": ("undeclared", lambda s: s["points"].append(["y", "q", "g"])),
    "point of numbers": ("need coordinates", lambda s: s["points"].append(["y", "g", "s"])),
    "point with one name": ("three different names", lambda s: s["points"].append(["y", "y", "y"])),
    "point too short": ("three different names", lambda s: s["points"].append(["y", "s"])),
    "assumptions out of order": ("ascending part", lambda s: s.update(assumptions=["smooth", "lower_bounded"])),
    "assumption unknown": ("ascending part", lambda s: s.update(assumptions=["strongly_convex"])),
    "hypothesis twice": ("names are repeated", lambda s: s["hypotheses"].append(s["hypotheses"][0])),
    "hypothesis undeclared": (
        "does not exist",
        lambda s: s["hypotheses"][0].update(poly=[["1", [[["atom", "q"], 1]]]]),
    ),
    "hypothesis early": (
        "well-formed only from 1",
        lambda s: s["hypotheses"][0].update(poly=[["1", [[["atom", "s", "t-1"], 1]]]]),
    ),
    "constant hypothesis late": ("its from must be 0", lambda s: s["hypotheses"][0].update({"from": 2})),
    "integrable number": ("the reduced form", lambda s: s["hypotheses"][0].update(relation="integrable")),
    "definition captures": ("the name is not fresh", lambda s: s["definitions"].append(definition("define", "a", []))),
    "definition of itself": (
        "does not exist",
        lambda s: s["definitions"].append(definition("define", "q", [["1", [[["atom", "q"], 1]]]])),
    ),
    "definition looks ahead": (
        "not measurable",
        lambda s: s["definitions"].append(definition("define", "q", [["1", [[["atom", "s", "t+1"], 1]]]])),
    ),
    "definition of a degree": (
        "degree 2; right is",
        lambda s: s["definitions"].append(definition("define", "q", [], degree=2)),
    ),
    "minimum that begins later": (
        "first be 0",
        lambda s: s["definitions"].append(definition("minimum", "q", [["1", [[["atom", "c", "t"], 1]]]], first=1)),
    ),
    "definition of no kind": ("is not one of", lambda s: s["definitions"].append(definition("axiom", "q", []))),
    "goal open": ("free t or i", lambda s: s["goal"].update(poly=[["1", [[["atom", "s", "t"], 1]]]])),
    "goal with i": ("free t or i", lambda s: s["goal"].update(poly=[["1", [[["atom", "d"], 1]]]])),
    "goal integrable": ("the goal's relation", lambda s: s["goal"].update(relation="integrable")),
    "field missing": ("with exactly", lambda s: s.pop("points")),
    "field unknown": ("with exactly", lambda s: s.update(remark="")),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_breaks_the_rules_is_malformed(name: str) -> None:
    message, change = STATEMENTS[name]
    certificate = built("a_hypothesis").certificate()
    change(certificate["statement"])
    with pytest.raises(MalformedCertificate, match=message) as caught:
        verify(json.dumps(sealed(certificate)))
    assert str(caught.value).startswith("statement: ")


@pytest.mark.parametrize(("assumption", "atom"), [("lower_bounded", "f_inf"), ("smooth", "L")])
def test_an_assumption_needs_its_parameter(assumption: str, atom: str) -> None:
    certificate = built("a_hypothesis").certificate()
    statement = certificate["statement"]
    statement["assumptions"] = [assumption]
    next(entry for entry in statement["atoms"] if entry["name"] == atom)["coordinate"] = True
    with pytest.raises(MalformedCertificate, match=f"{assumption} needs a declared atom {atom}"):
        verify(json.dumps(sealed(certificate)))


# The project's own certificates

CERTIFICATES = sorted((PACKAGE.parent / "certificates").glob("*.json"))


@pytest.mark.parametrize("path", CERTIFICATES, ids=lambda path: path.stem)
def test_the_projects_certificates_replay(path: Path) -> None:
    certificate = json.loads(path.read_text())
    report = verify(path.read_bytes())
    assert report.steps == len(certificate["steps"])
    assert list(report.hypotheses_used) == [h["name"] for h in certificate["statement"]["hypotheses"]]


@pytest.mark.parametrize("path", CERTIFICATES, ids=lambda path: path.stem)
def test_the_projects_certificates_need_all_their_hypotheses(path: Path) -> None:
    certificate = json.loads(path.read_text())
    every = 1 if path.stem == "adopt" else 4
    for field in ("hypotheses", "assumptions"):
        for entry in certificate["statement"][field][::every]:
            changed = copy.deepcopy(certificate)
            changed["statement"][field].remove(entry)
            with pytest.raises(WrongCertificate, match=r"is not a hypothesis|does not assume"):
                verify(json.dumps(sealed(changed)))


@pytest.mark.parametrize("path", CERTIFICATES, ids=lambda path: path.stem)
def test_the_projects_certificates_do_not_survive_a_wrong_coefficient(path: Path) -> None:
    certificate = json.loads(path.read_text())
    for step in certificate["steps"][:: 8 if path.stem == "adopt" else 40]:
        for term in step["conclusion"]["poly"][:1]:
            right, term[0] = term[0], "7919"
            with pytest.raises(WrongCertificate, match="conclusion's poly"):
                verify(json.dumps(certificate))
            term[0] = right


# Normal form


def test_the_normal_form_of_expectations_and_sums() -> None:
    b = Builder()
    s, x, g, old = b("s"), b("x"), b("g"), b("s", "t-1")
    same: list[tuple[Any, Any]] = [
        (b.E(s * g * b("a"), "t"), s * g * b("a")),
        (b.E(old * g, "t-1"), old * b.E(g, "t-1")),
        (b.E(b("s", "0") * g, "t-1"), b("s", "0") * b.E(g, "t-1")),
        (b.E(b.E(b("s", "t+2"), "t+1"), "t"), b.E(b("s", "t+2"), "t")),
        (b.E(b.sum_i(x) * s), b.sum_i(b.E(x * s))),
        (b.sum_i(s * x), s * b.sum_i(x)),
        (b.sum_i(x * b.sum_i(g)), b.sum_i(x) * b.sum_i(g)),
        (b.sum_t(b("a") * b("idx") + b("b"), 2), b("a") * b.sum_t(b("idx"), 2) + b("b") * (b("idx", "T") - 1)),
        (b("idx", "t-2") * b("idx", "3"), 3 * b("idx") - 6),
    ]
    for left, right in same:
        assert left.poly == right.poly
    stay = [b.sum_i(x) ** 2, b.sum_i(x) * b.sum_i(g), x * b.sum_i(g), b.E(b("s", "t+1"), "t") ** 2]
    for term in stay:
        (factor,) = next(iter(b.E(term).poly))
        assert {factor[0].body: 1} == term.poly


# Terms that are not in normal form


def atom(name: str, *time: str) -> list[Any]:
    return [["atom", name, *time], 1]


S, GX, A = atom("s", "t"), atom("g", "t"), atom("a")
TERMS: dict[str, tuple[str, list[Any]]] = {
    "monomials out of order": ("out of order", [["1", [atom("b")]], ["1", [A]]]),
    "monomial twice": ("out of order", [["1", [A]], ["1", [A]]]),
    "factors out of order": ("out of order", [["1", [atom("b"), A]]]),
    "factor twice": ("out of order", [["1", [A, A]]]),
    "coefficient 0": ("coefficient 0", [["0", [A]]]),
    "coefficient not reduced": ("right is 1/2", [["2/4", [A]]]),
    "coefficient over one": ("right is 3", [["3/1", [A]]]),
    "coefficient with plus": ("not a rational", [["+1", [A]]]),
    "coefficient with zero": ("not a rational", [["01", [A]]]),
    "coefficient minus zero": ("not a rational", [["-0", [A]]]),
    "coefficient in other digits": ("not a rational", [["\u0663", [A]]]),
    "coefficient decimal": ("not a rational", [["0.5", [A]]]),
    "coefficient too long": ("not a rational", [["1" * 401, [A]]]),
    "coefficient a number": ("is not text", [[1, [A]]]),
    "exponent 0": ("exponent from 1 to 64", [["1", [[["atom", "a"], 0]]]]),
    "exponent 65": ("exponent from 1 to 64", [["1", [[["atom", "a"], 65]]]]),
    "exponent true": ("exponent from 1 to 64", [["1", [[["atom", "a"], True]]]]),
    "exponent text": ("exponent from 1 to 64", [["1", [[["atom", "a"], "1"]]]]),
    "time t+0": ("is not a time", [["1", [atom("s", "t+0")]]]),
    "time +1": ("is not a time", [["1", [atom("s", "+1")]]]),
    "time -1": ("is not a time", [["1", [atom("s", "-1")]]]),
    "time t-01": ("is not a time", [["1", [atom("s", "t-01")]]]),
    "time beyond 10^6": ("is not a time", [["1", [atom("s", "t+1000001")]]]),
    "time of an untimed atom": ("is untimed", [["1", [atom("a", "t")]]]),
    "no time": ("is timed", [["1", [atom("s")]]]),
    "shifted idx": ("not in normal form", [["1", [atom("idx", "t-1")]]]),
    "idx at a number": ("not in normal form", [["1", [atom("idx", "2")]]]),
    "unknown functional": ("not a factor", [["1", [[["max", [S]], 1]]]]),
    "number for a factor": ("not a factor", [["1", [[1, 1]]]]),
    "scalar inside sum_i": ("not in normal form", [["1", [[["sum_i", [GX, S]], 1]]]]),
    "sum of a sum": ("not in normal form", [["1", [[["sum_i", [[["sum_i", [GX]], 1]]], 1]]]]),
    "E of 1": ("not in normal form", [["1", [[["E", "", []], 1]]]]),
    "E of a number": ("not in normal form", [["1", [[["E", "", [A, S]], 1]]]]),
    "E of what is known": ("not in normal form", [["1", [[["E", "t", [S]], 1]]]]),
    "E of 0 given anything": ("not in normal form", [["1", [[["E", "t-1", [atom("s", "0"), S]], 1]]]]),
    "E of E": ("not in normal form", [["1", [[["E", "", [[["E", "t-1", [S]], 1]]], 1]]]]),
    "E of a sum": ("not in normal form", [["1", [[["E", "", [[["sum_i", [GX]], 1]]], 1]]]]),
    "E with t and T": ("is refused: its times", [["1", [[["E", "T", [S]], 1]]]]),
    "E with t and 1": ("is refused: its times", [["1", [[["E", "1", [S]], 1]]]]),
    "E with T and 1": ("is refused: its times", [["1", [[["E", "", [atom("s", "1"), atom("s", "T")]], 1]]]]),
    "E given 0 of t": ("is refused: its times", [["1", [[["E", "0", [S]], 1]]]]),
    "E level t+0": ("is not a time", [["1", [[["E", "t+0", [S]], 1]]]]),
    "sum_t of something random": ("must be deterministic", [["1", [[["sum_t", 1, [S]], 1]]]]),
    "sum_t of a vector": ("without free i", [["1", [[["sum_t", 1, [atom("c", "t"), atom("d")]], 1]]]]),
    "sum_t of a constant": ("not in normal form", [["1", [[["sum_t", 1, [A]], 1]]]]),
    "sum_t of 1": ("not in normal form", [["1", [[["sum_t", 1, []], 1]]]]),
    "sum_t with a constant": ("not in normal form", [["1", [[["sum_t", 1, [A, atom("c", "t")]], 1]]]]),
    "sum_t from 3": ("not a factor", [["1", [[["sum_t", 3, [atom("c", "t")]], 1]]]]),
    "sum_t from true": ("not a factor", [["1", [[["sum_t", True, [atom("c", "t")]], 1]]]]),
    "sum_t of T": ("not in normal form", [["1", [[["sum_t", 1, [atom("c", "T")]], 1]]]]),
}


@pytest.mark.parametrize("name", TERMS)
def test_terms_that_are_not_in_normal_form_are_malformed(name: str) -> None:
    """In a hypothesis, in a definition, in an argument and in a conclusion alike."""
    message, poly = TERMS[name]
    places: list[Callable[[dict[str, Any]], Any]] = [
        lambda c: c["statement"]["hypotheses"][0].update(poly=poly),
        lambda c: c["statement"]["definitions"].append(definition("define", "q", poly)),
        lambda c: c["statement"]["goal"].update(poly=poly),
        lambda c: c["steps"][1]["arguments"]["terms"][0]["squares"].append(poly),
        lambda c: c["steps"][1]["conclusion"].update(poly=poly),
    ]
    for place in places:
        certificate = copy.deepcopy(built("a_hypothesis").certificate())
        place(certificate)
        error = MalformedCertificate if "timed" not in message else (MalformedCertificate, WrongCertificate)
        with pytest.raises(error, match=message):
            verify(json.dumps(sealed(certificate)))


# Strict JSON

TEXT = built("a_hypothesis").text()
JSON: dict[str, tuple[str, str | bytes]] = {
    "nothing": ("not JSON", b""),
    "truncated": ("truncated", TEXT[:-40]),
    "not UTF-8": ("not JSON in UTF-8", TEXT.encode().replace(b"example", b"ex\xffmple")),
    "UTF-16": ("not JSON in UTF-8", TEXT.encode("utf-16")),
    "byte order mark": ("not JSON in UTF-8", b"\xef\xbb\xbf" + TEXT.encode()),
    "lone surrogate": ("not JSON in UTF-8", TEXT.replace("example", "\ud800")),
    "two values": ("not JSON", TEXT + TEXT),
    "duplicate key": ("'format' occurs twice", TEXT.replace('"format"', '"format": "adopt-cert/1", "format"')),
    "float": ("'0.0' is not an integer", TEXT.replace('"from": 0', '"from": 0.0')),
    "exponent": ("'1e2' is not an integer", TEXT.replace('"from": 0', '"from": 1e2')),
    "NaN": ("'NaN' is not an integer", TEXT.replace('"from": 0', '"from": NaN')),
    "Infinity": ("'-Infinity' is not an integer", TEXT.replace('"from": 0', '"from": -Infinity')),
    "minus zero": ("a number is -0", TEXT.replace('"from": 0', '"from": -0')),
    "boolean for a number": ("False is not an integer", TEXT.replace('"from": 0', '"from": false')),
    "null for a number": ("None is not an integer", TEXT.replace('"from": 0', '"from": null')),
    "number for a boolean": ("0 is not true or false", TEXT.replace('"bounded": false', '"bounded": 0')),
    "large number": ("is not an integer from 0 to 10", TEXT.replace('"from": 0', '"from": 1000001')),
    "huge number": ("beyond 10", TEXT.replace('"from": 0', '"from": ' + "9" * 10_000)),
    "deep nesting": ("nested more than 40 deep", "[" * 41 + "]" * 41),
    "very deep nesting": ("nested more than 40 deep", "[" * 1_000_000),
    "too large": ("at most 4 MiB", b" " * (4 << 20) + TEXT.encode()),
    "a list": ("with exactly", "[]"),
    "another format": ("this checker reads", TEXT.replace("adopt-cert/1", "adopt-cert/2")),
    "unknown field": ("with exactly", TEXT.replace('"notes": {}', '"notes": {}, "sorry": 1')),
    "notes of numbers": ("notes must be", TEXT.replace('"notes": {}', '"notes": {"a": 1}')),
    "unknown rule": ("'sorry' is not a rule", TEXT.replace('"combination"', '"sorry"')),
    "label a number": ("1 is not text", TEXT.replace('"label": ""', '"label": 1')),
    "argument missing": ("arguments must be", TEXT.replace('"equations": [], ', "")),
    "argument too many": ("arguments must be", TEXT.replace('"equations": []', '"equations": [], "x": 1')),
    "premise true": ("True is not an integer", TEXT.replace('"premises": [0]', '"premises": [true]')),
}


@pytest.mark.parametrize("name", JSON)
def test_what_is_not_strict_json_is_malformed(name: str) -> None:
    message, text = JSON[name]
    assert text != TEXT
    with pytest.raises(MalformedCertificate, match=message) as caught:
        verify(text)
    assert "\n" not in str(caught.value)


def test_too_many_steps_are_malformed() -> None:
    certificate = built("a_hypothesis").certificate()
    certificate["steps"] = [certificate["steps"][0]] * 5001
    with pytest.raises(MalformedCertificate, match="at most 5000"):
        verify(json.dumps(certificate))


def test_a_product_that_would_never_end_is_refused() -> None:
    b = Builder()
    q = sum((b(name) for name in "abcfks"), b.number(1))
    facts = b.combine(), b.combine((1, [], [])), b.combine((1, [], []))
    arguments = {"q": q, "z": q, "u": q, "a": 32, "b": 32, "over": "sum_i", "level": "", "range": 0}
    b.claim("holder", *facts, poly=q, given=arguments)
    with pytest.raises(WrongCertificate, match="more than 1000000 products"):
        b.verify()


def test_bytes_text_and_layout_do_not_matter() -> None:
    certificate = built("the_descent_lemma").certificate()
    reports = {repr(verify(json.dumps(certificate, indent=i, sort_keys=bool(i)))) for i in (None, 2)}
    assert reports == {repr(verify(json.dumps(certificate).encode()))}


# Robustness: nothing but the two exceptions ever comes out


def robust(text: bytes | str) -> str:
    try:
        return verify(text).goal
    except (MalformedCertificate, WrongCertificate) as error:
        return str(error)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300))
def test_random_bytes_and_text(text: bytes | str) -> None:
    assert robust(text).isprintable()


CORPUS = [built(name).certificate() for name in ACCEPTED]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["t", "T", "t-1", "0", "", "idx", "s", "E", "sum_i", "sum_t", "atom", "1/2", "integrable", ">"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a JSON value with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in ((value, key), *places(value[key]))]


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(CORPUS), st.randoms(use_true_random=False), VALUES, st.booleans())
def test_random_changes_of_valid_certificates(
    original: dict[str, Any], chance: random.Random, value: Any, seal: bool
) -> None:
    certificate = copy.deepcopy(original)
    for _ in range(chance.randint(1, 2)):
        spots = places(certificate)
        container, key = chance.choice(spots)
        other, other_key = chance.choice(spots)
        action = chance.choice(["replace", "delete", "copy"])
        if action == "delete" and isinstance(container, dict):
            del container[key]
        elif action == "delete":
            container[:] = container[: key + 1] * 2
        else:
            container[key] = copy.deepcopy(value if action == "replace" else other[other_key])
    text = json.dumps(sealed(certificate) if seal and "statement" in certificate else certificate)
    assert robust(text).isprintable()


# The command, and the promises about the source


def command(*arguments: object, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, *options, "-m", "proofs.verifier", *map(str, arguments)]
    return subprocess.run(call, cwd=PACKAGE.parent.parent, capture_output=True, text=True, check=False)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    builder = Builder()
    REJECTED["minus_one_is_nonnegative"][2](builder)
    texts = {"good": built("the_descent_lemma").text(), "wrong": builder.text(), "cut": TEXT[:-9]}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: tmp_path / name for name in (*texts, "missing")}


def test_the_command_reports_one_line_for_each_file(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert [main([str(files[name])]) for name in ("good", "wrong", "cut", "missing")] == [0, 1, 2, 2]
    good, wrong, cut, missing = capsys.readouterr().out.splitlines()
    assert good == "proved example: 2 steps, hypotheses used: smooth"
    assert wrong.endswith(": step 1 (instantiate): t := 1 can be 1; the premise holds from 2")
    assert cut.startswith("malformed ")
    assert missing.endswith("missing: cannot be read: No such file or directory")


def test_the_command_as_json(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", *(str(path) for path in files.values())]) == 2
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [result["status"] for result in results] == ["proved", "rejected", "malformed", "malformed"]
    assert results[0]["assumptions_used"] == ["smooth"]


def test_optimised_python_decides_the_same(files: dict[str, Path]) -> None:
    plain, optimised = command(*files.values()), command(*files.values(), options=("-O",))
    assert (plain.returncode, plain.stderr) == (2, "")
    assert (plain.returncode, plain.stdout) == (optimised.returncode, optimised.stdout)


def test_it_imports_nothing_but_the_standard_library_and_itself() -> None:
    own = {path.stem for path in PACKAGE.glob("*.py")} | {None}
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= sys.stdlib_module_names
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                assert node.module is not None
                assert node.module.split(".")[0] in sys.stdlib_module_names
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 1
                assert node.module in own
            assert not isinstance(node, ast.Assert)
