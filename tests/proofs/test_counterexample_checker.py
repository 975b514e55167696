"""The checker of drift certificates: accepts what is committed, rejects every claim that says a little more."""

import ast
import json
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from numerics.counterexamples import certify
from proofs.drift_checker import RejectedError, canonical, check
from proofs.drift_checker.__main__ import main

ROOT = Path(__file__).parents[2]
COMMITTED = sorted((ROOT / "proofs/counterexample_certificates").glob("*.json"))
REJECTED = sorted((ROOT / "tests/rejected_drift").glob("*.json"))
SMALL = [path for path in COMMITTED if path.stat().st_size < 12_000]


def load(name):
    return json.loads((ROOT / f"proofs/counterexample_certificates/{name}.json").read_text())


def refused(raw, reason=None):
    with pytest.raises(RejectedError, match=reason):
        check(canonical(raw))


# -- what is committed


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_committed_certificates_hold(path):
    text = path.read_text()
    raw, verdict = json.loads(text), check(text)
    assert text == canonical(raw)
    assert (verdict.name, verdict.claim, verdict.direction) == (raw["name"], raw["claim"], raw["direction"])
    assert (verdict.claim == "failure") == (verdict.direction == "wrong")


def test_every_family_of_the_gallery_is_committed():
    assert {json.loads(path.read_text())["name"] for path in COMMITTED} >= {
        "rmsprop_with_replacement",
        "adam_with_replacement",
        "adopt_without_replacement",
        "amsgrad_slow",
        "no_decorrelation",
        "order_unchanged",
        "problem_u",
    }


@pytest.mark.parametrize("path", REJECTED, ids=lambda path: path.stem)
def test_rejected_examples(path, capsys):
    assert main([str(path)]) == 1
    assert capsys.readouterr().out.startswith("rejected ")


def test_both_implementations_enclose_the_same():
    """Written twice from one page: the two enclosures agree to the rounding of the certificate."""
    for name, given in (
        ("order_unchanged", {}),
        ("adopt_without_replacement", {"order": "reshuffled", "beta2": "0.5"}),
    ):
        result = certify(name, given)
        mine = [float(x) for x in result.drift]
        theirs = [float(text.strip("[]").split(" +/-")[0]) for text in check(canonical(result.certificate)).drift]
        assert mine == pytest.approx(theirs, abs=1e-10)


@pytest.mark.parametrize("method", ["rmsprop", "adam", "adopt", "no_decorrelation", "order_unchanged"])
def test_generic_families_are_checked_too(method):
    beta1 = "0" if method == "rmsprop" else "1/2"
    law = {"method": method, "law": "3:1/5,1/2:1/5,-1:3/5", "beta1": beta1, "beta2": "1/2", "eps": "1"}
    assert check(canonical(certify("law", law).certificate)).name == "law"
    parts = {"method": method, "components": "3,1,-1/3", "beta1": beta1, "beta2": "0", "order": "reshuffled"}
    assert check(canonical(certify("components", parts).certificate)).name == "components"


# -- what it is made of


def test_the_checker_stands_alone():
    allowed = {"__future__", "bisect", "dataclasses", "flint", "itertools", "json", "math", "re", "sys", "typing"}
    for path in (ROOT / "proofs/drift_checker").glob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            assert not isinstance(node, ast.Assert)
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= allowed
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert node.module in allowed
    loaded = "import sys, proofs.drift_checker; print([m for m in sys.modules if m.split('.')[0] in {forbidden}])"
    code = loaded.replace("{forbidden}", "{'numerics', 'theory', 'optim', 'numpy', 'scipy', 'sympy', 'torch'}")
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_check_does_not_depend_on_the_precision_around_it():
    import flint

    with flint.ctx.workprec(10):
        check((ROOT / "proofs/counterexample_certificates/order_unchanged.json").read_text())


# -- claims that say a little more

UP, DOWN = Fraction(10001, 10000), Fraction(9999, 10000)
STRONGER = {
    "eta": UP,
    "reward": DOWN,
    "potential": DOWN,
    "largest": DOWN,
    "second": DOWN,
    "limit": DOWN,
    "after": DOWN,
    "average": DOWN,
    "lipschitz": DOWN,
    "floor": UP,
}


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_every_constant_is_sharp_against_what_is_checked(path):
    """Each constant made 1e-4 stronger is refused, by name."""
    for key in json.loads(path.read_text())["failure"] or {}:
        raw = json.loads(path.read_text())
        if key == "rate" or Fraction(raw["failure"][key]) < Fraction(1, 10**9):  # a margin of the rounding
            continue
        raw["failure"][key] = str(Fraction(raw["failure"][key]) * STRONGER[key])
        refused(raw, key if key != "eta" else "eta|after|limit|rate|average|floor")


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_every_claim_made_stronger_or_other_is_refused(path):
    raw = json.loads(path.read_text())
    low, high = map(Fraction, raw["drift"])
    width = (high - low) / 100 if high - low > Fraction(1, 10**9) else high - low or Fraction(1, 10**9)
    refused(raw | {"direction": {"wrong": "right", "right": "wrong"}[raw["direction"]]})
    refused(raw | {"claim": {"drift": "failure", "failure": "drift"}[raw["claim"]]})
    refused(raw | {"drift": [str(low + width), str(high)]})
    refused(raw | {"drift": [str(low), str(high - width)]})
    refused(raw | {"drift": [str(high), str(low)]} if low < high else raw | {"drift": [str(low)]})
    refused(raw | {"exact": str(low) if raw["exact"] is None else None}, "exact")
    if raw["exact"] is not None:
        refused(raw | {"exact": str(Fraction(raw["exact"]) + Fraction(1, 10**6))}, "exact")
    if raw["failure"]:
        refused(raw | {"failure": None})
    if raw["potential"]:
        refused(raw | {"potential": None})
    refused(raw | {"limit": ["-1/5", "-1/6"]}, "limit")
    refused(raw | {"speed": {"bound": "1", "adopt": ["1", "1"], "ratio": "1"}})
    for key in raw:
        refused({name: value for name, value in raw.items() if name != key})
    refused(raw | {"note": "x"})


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_another_problem_is_refused(path):
    """The certificate is about its parameters: moved a little, the potential proves another enclosure."""
    raw = json.loads(path.read_text())
    for key, value in raw["parameters"].items():
        if not isinstance(value, str) or raw["potential"] is None:
            continue
        for other in (str(Fraction(value) + Fraction(1, 50)),) if value[0] in "-0123456789" else ("fixed", "adopt"):
            changed = raw | {"parameters": raw["parameters"] | {key: other}}
            outer_or_idle = key in ("beta1", "eps") and raw["claim"] == "drift"
            if other != value and not outer_or_idle and not (key == "eps" and raw["name"] != "problem_u"):
                refused(changed)
    for values in ({}, raw["parameters"] | {"other": "1"}, [], None, "k"):
        refused(raw | {"parameters": values})
    for name in ("adagrad", None, 1, ["law"], "components"):
        refused(raw | {"name": name})


@pytest.mark.parametrize("path", [p for p in SMALL if "with_replacement.json" not in p.name or "problem" not in p.name])
def test_a_tampered_potential_is_refused(path):
    raw = json.loads(path.read_text())
    rows = raw["potential"]["b"]
    span = max(max(r["multiples"]) for r in rows) - min(min(r["multiples"]) for r in rows) or 10**12

    def tampered(change):
        copy = json.loads(json.dumps(raw))
        change(copy["potential"])
        refused(copy)

    def bump(index):
        return lambda h: h["b"][-1]["multiples"].__setitem__(index, h["b"][-1]["multiples"][index] + span)

    for index in (0, 1, len(rows[0]["multiples"]) // 2, -2, -1):
        tampered(bump(index))
    tampered(lambda h: h["b"][0]["multiples"].pop())
    tampered(lambda h: h["b"].pop())
    tampered(lambda h: h["nodes"]["multiples"].reverse())
    tampered(lambda h: h["nodes"]["multiples"].append(h["nodes"]["multiples"][-1]))
    tampered(lambda h: h["nodes"]["multiples"].append(10**60))
    tampered(lambda h: h["nodes"].update(unit="0"))
    tampered(lambda h: h["b"][0].update(unit="-1"))
    tampered(lambda h: h["b"][0]["multiples"].__setitem__(0, True))
    tampered(lambda h: h["b"][0]["multiples"].__setitem__(0, "1"))
    tampered(lambda h: h.update(a=h["b"] if not h["a"] else []))
    tampered(lambda h: h.update(c=[]))


LAW = {"method": "rmsprop", "law": [["100", "1/10"], ["-10", "9/10"]], "beta1": "0", "beta2": "1/2", "eps": "0"}
PARTS = {"method": "adopt", "components": ["2", "-1"], "order": "fixed", "beta1": "0", "beta2": "1/2", "eps": "0"}


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (LAW | {"law": [["100", "1/10"], ["-10", "9/10", "0"]]}, "not pairs"),
        (LAW | {"law": [["100", "11/10"], ["-10", "-1/10"]]}, "probabilities must be positive"),
        (LAW | {"law": [["100", "1/10"], ["-10", "4/5"]]}, "must sum to 1"),
        (LAW | {"law": [["1", "1/2"], ["-1", "1/2"]]}, "mean gradient is 0"),
        (LAW | {"law": [["1", "1/2"], ["0", "1/2"]]}, "eps is 0"),
        (LAW | {"law": [["1", "1"]]}, "too few or too many"),
        (LAW | {"method": "sgd"}, "no such method"),
        (LAW | {"method": "rmsprop", "beta1": "1/2"}, "rmsprop has no beta1"),
        (LAW | {"eps": "-1"}, "eps must be >= 0"),
        (LAW | {"beta1": "-1/2"}, "beta1"),
        (LAW | {"beta2": "1"}, "beta2"),
        (PARTS | {"components": ["1"]}, "from 2 to 100"),
        (PARTS | {"components": ["1"] * 101}, "from 2 to 100"),
        (PARTS | {"order": "replacement"}, "without replacement"),
        (PARTS | {"order": "sorted"}, "no such sampling"),
        (PARTS | {"order": "reshuffled", "components": [str(i) for i in range(1, 21)]}, "too many modes"),
    ],
)
def test_what_is_no_chain(parameters, reason):
    name = "law" if "law" in parameters else "components"
    refused(load("rmsprop_with_replacement") | {"name": name, "parameters": parameters}, reason)


def test_rates_and_sizes():
    fixed, random_order = load("adopt_without_replacement"), load("adopt_without_replacement_reshuffled")
    refused(fixed | {"failure": fixed["failure"] | {"rate": "1/10"}}, "0 in a fixed order")
    refused(random_order | {"failure": random_order["failure"] | {"rate": "0"}}, "rate must be positive")
    refused(random_order | {"failure": random_order["failure"] | {"rate": "10"}}, "does not contract")
    with pytest.raises(RejectedError, match="more than 8388608 characters"):
        check(canonical(fixed) + " " * (8 << 20))
    potential = json.loads(json.dumps(fixed["potential"]))
    potential["b"][0] = {"unit": str(10**390), "multiples": [10**70] * len(potential["b"][0]["multiples"])}
    refused(fixed | {"potential": potential})  # numbers out of all proportion


def test_amsgrads_figures():
    raw = load("amsgrad_slow")
    speed = raw["speed"]
    for key, factor in (("bound", DOWN), ("ratio", UP)):
        refused(raw | {"speed": speed | {key: str(Fraction(speed[key]) * factor)}}, f"speed.{key}|speed.ratio")
    low, high = map(Fraction, speed["adopt"])
    refused(raw | {"speed": speed | {"adopt": [str(low + (high - low) / 9), str(high)]}}, r"speed.adopt")
    refused(raw | {"drift": ["1/2501", "1/2499"]}, "1/k")


def test_the_zero_of_problem_u():
    for name in ("problem_u_adopt_fixed", "problem_u_adopt_reshuffled"):
        raw = load(name)
        low, high = map(Fraction, raw["limit"])
        for ends in ([high, high + 1], [low - 1, low], [high, high], [high, low], [low - 1, high + 1]):
            refused(raw | {"limit": [str(x) for x in ends]}, "limit")
        refused(raw | {"limit": None})


# -- reading


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"claim":"failure"', '"claim":"failure","claim":"failure"'),
        ('"beta2":"9/10"', '"beta2":0.9'),
        ('"beta2":"9/10"', '"beta2":"0.9"'),
        ('"beta2":"9/10"', '"beta2":"18/20"'),
        ('"beta2":"9/10"', '"beta2":"9/10 "'),
        ('"beta2":"9/10"', '"beta2":"-9/-10"'),
        ('"k":"10"', '"k":"10/1"'),
        ('"k":"10"', '"k":10'),
        ('"k":"10"', '"k":"010"'),
        ('"k":"10"', '"k":"+10"'),
        ('"k":"10"', '"k":"١٠"'),
        ('"exact":null', '"exact":NaN'),
        ('"exact":null', '"exact":Infinity'),
        ('"exact":null', '"exact":' + "[" * 10**5 + "]" * 10**5),
        ('"multiples":[', '"multiples":[1e3,'),
        ('"multiples":[', '"multiples":[1' + "0" * 100 + ","),
        ('"multiples":[', '"multiples":[[],'),
        ('{"claim"', '[{"claim"'),
        ("}\n", "}}\n"),
        ("}\n", ""),
    ],
)
def test_strict_reading(old, new):
    text = (ROOT / "proofs/counterexample_certificates/rmsprop_with_replacement.json").read_text()
    assert old in text
    with pytest.raises(RejectedError):
        check(text.replace(old, new, 1))


def test_white_space_does_not_matter():
    check(json.dumps(load("adopt_without_replacement"), indent=1))


def leaves(value, path=()):
    if isinstance(value, dict | list) and value:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path


def test_random_damage_is_rejected_with_a_reason_or_proves_the_same():
    """No other exception than RejectedError; what is still accepted claims word for word the same (another potential may)."""
    generator, counts = random.Random(11), {"rejected": 0, "accepted": 0}
    wild = [
        None,
        True,
        False,
        0,
        -1,
        7,
        "",
        "0",
        "1",
        "-1/2",
        "wrong",
        "x" * 500,
        "1/" + "9" * 399,
        [],
        {},
        ["1", "2"],
        "9" * 400,
    ]
    for _ in range(400):
        raw = json.loads(generator.choice(SMALL).read_text())
        claims = {key: json.dumps(raw[key]) for key in ("name", "parameters", "claim", "direction")}
        paths = [p for p in leaves(raw) if p[0] != "potential" or generator.random() < 0.05]
        *path, last = generator.choice(paths)
        place = raw
        for key in path:
            place = place[key]
        place[last] = generator.choice(wild)
        try:
            check(canonical(raw))
        except RejectedError:
            counts["rejected"] += 1
        else:
            counts["accepted"] += 1
            weaker = last in (
                "after",
                "average",
                "limit",
                "reward",
                "potential",
                "largest",
                "second",
                "lipschitz",
                "rate",
                "beta1",
                "eps",
            )
            same = all(json.dumps(raw[key]) == text for key, text in claims.items())
            assert same or weaker or "parameters" in path
    assert counts["rejected"] > 300


def test_the_command_line(tmp_path, capsys):
    path = tmp_path / "none.json"
    assert main([str(path)]) == 1
    assert main([]) == 1
    path.write_bytes(b"\xff\xfe")
    assert main([str(path), str(SMALL[0])]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["rejected", "rejected", "certified"]
    assert main([str(SMALL[0])]) == 0
