"""`adoptproof counterexample`: certified directions of the methods' drift, and the failures that follow."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proofs.commands import moment_search
from proofs.commands.common import Command, InputError, Parser, print_table, write_json

SET = "exact, such as k=10, beta2=0.9, C=19/10, order=reshuffled, law=100:1/10,-10:9/10, components=19/10,-1,-1"


def register(command: Command) -> None:
    text = "Counterexamples to convergence, each with a rigorous certificate."
    actions = command("counterexample", run, text).add_subparsers(
        dest="action", required=True, metavar="ACTION", parser_class=Parser
    )
    sub = actions.add_parser("list", help="names, parameters, statements")
    sub.add_argument("--json", type=Path, metavar="FILE")
    for name, words in (
        ("verify", "enclose the drift, go on to failure, check the certificate independently"),
        ("threshold", "enclose the beta2 (or C) at which the drift changes sign"),
    ):
        sub = actions.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".")
        sub.add_argument("name", metavar="NAME")
        sub.add_argument("--set", action="append", default=[], metavar="PARAMETER=VALUE", dest="values", help=SET)
        sub.add_argument("--json", type=Path, metavar="FILE")
        if name == "verify":
            sub.add_argument("--out", type=Path, metavar="CERT.json", help="write the certificate")
        else:
            sub.add_argument(
                "--width", metavar="NUMBER", help="at most this wide (default 1/5000 for beta2, 1/10000 for C)"
            )
    sub = actions.add_parser("check", help="check certificates independently (= python -m proofs.drift_checker)")
    sub.add_argument("certificates", nargs="+", metavar="CERT.json")
    sub = actions.add_parser("search", help="find counterexamples by the moment programme")
    moment_search.add_arguments(sub)


def run(options: argparse.Namespace) -> int:
    if options.action == "search":
        return moment_search.run(options)
    if options.action == "check":
        from proofs.drift_checker.__main__ import main

        return main(options.certificates)
    return {"list": run_list, "verify": run_verify, "threshold": run_threshold}[options.action](options)


def settings(texts: Sequence[str]) -> dict[str, str]:
    """PARAMETER=VALUE pairs, each parameter once."""
    given: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise InputError(f"--set {text}: write PARAMETER=VALUE, such as --set k=10")
        if name in given:
            raise InputError(f"--set {name} is given twice")
        given[name] = value
    return given


def run_list(options: argparse.Namespace) -> int:
    from numerics.counterexamples import FAMILIES
    from numerics.counterexamples.certify import text

    rows: list[dict[str, Any]] = [
        {
            "name": family.name,
            "parameters": {name: text(value) for name, value in family.defaults.items()},
            "statement": family.statement,
            "reason": family.reason,
        }
        for family in FAMILIES.values()
    ]
    print_table(("name", "parameters (defaults)"), [(r["name"], shown(r["parameters"])) for r in rows])
    for r in rows:
        print(f"\n{r['name']}: {r['statement']}\n  Why: {r['reason']}.")
    write_json(options.json, {"status": "ok", "results": rows})
    return 0


def shown(parameters: dict[str, Any]) -> str:
    """Parameters as one would set them."""

    def word(value: Any) -> str:
        return (
            ",".join(":".join(x) if isinstance(x, list) else x for x in value)
            if isinstance(value, list)
            else str(value)
        )

    return " ".join(f"{name}={word(value)}" for name, value in parameters.items())


def run_verify(options: argparse.Namespace) -> int:
    """Certified means: the independent checker accepts the certificate."""
    from numerics.counterexamples import certify
    from proofs.drift_checker import RejectedError, canonical, check

    result = certify(options.name, settings(options.values))
    row = result.to_json()
    if result.certificate is None:
        print(f"{result.reason}: {result.name} ({shown(row['parameters'])}), drift in {interval(row)}")
    else:
        certificate = canonical(dict(result.certificate))
        try:
            verdict = check(certificate)
        except RejectedError as error:
            row |= {"status": "failed", "reason": f"the checker: {error}"}
            print(f"rejected by the checker: {error}")
        else:
            print(f"certified: {verdict.sentence}")
            print(f"drift in {interval(row)}" + (f", exactly {row['exact']}" if row["exact"] else ""))
            for line in remarks(row):
                print(line)
            if options.out:
                options.out.parent.mkdir(parents=True, exist_ok=True)
                options.out.write_text(certificate, encoding="utf-8")
    write_json(options.json, {"status": "ok" if row["status"] == "certified" else "failed", "results": [row]})
    return 0 if row["status"] == "certified" else 1


def interval(row: dict[str, Any]) -> str:
    low, high = row["drift"]
    return f"[{low:.9g}, {high:.9g}]"


def remarks(row: dict[str, Any]) -> list[str]:
    """What a certificate says beyond drift and failure."""
    lines = []
    if row["limit"]:
        lines.append(f"the averaged drift vanishes at theta in [{row['limit'][0]:.9g}, {row['limit'][1]:.9g}]")
    return lines


def run_threshold(options: argparse.Namespace) -> int:
    from numerics.counterexamples.family import rational
    from numerics.counterexamples.thresholds import enclose_threshold

    width = None if options.width is None else rational("width", options.width)
    if width is not None and width <= 0:
        raise InputError(f"--width {options.width}: must be positive")
    found = enclose_threshold(options.name, settings(options.values), width)
    (low, high), (below, above) = found["between"], found["directions"]
    once = "once" if found["unique"] else "there, by certificates at both ends"
    print(f"{options.name}: {below} at {found['threshold']} = {low}, {above} at {high} (changes sign {once})")
    row = found | {"name": options.name, "between": [str(low), str(high)]}
    write_json(options.json, {"status": "ok", "results": [row]})
    return 0
