"""The trust manifest: on what each theorem rests, pinned in `manifest.json`; a test fails when reality drifts from it.

Reality is read from certificates that the second checker has replayed, never from scripts. After a deliberate change:
`python -m proofs.manifest --write`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from proofs import verifier
from proofs.kernel import OBJECTIVE, log_tangent

MANIFEST = Path(__file__).parent / "manifest.json"
FORMAT = "adopt-manifest/1"
REGENERATE = "python -m proofs.manifest --write"
SCHEMAS = frozenset({*(rule.__name__ for rule in OBJECTIVE), log_tangent.__name__})
"""Rules that add an analytic fact, of the objective or of a function: everything else is logic and calculus."""

Entry = dict[str, Any]


def entry(certificate: str) -> Entry:
    """What the certificate proves and from what: digest of the statement, rules, schemas, hypotheses, assumptions.

    Raises MalformedCertificate or WrongCertificate if the second checker does not accept it.
    """
    report = verifier.verify(certificate)
    return {
        "statement_sha256": report.statement_sha256,
        "rules": sorted(report.rules_used),
        "schemas": sorted(SCHEMAS & set(report.rules_used)),
        "hypotheses": sorted(report.hypotheses_used),
        "assumptions": sorted(report.assumptions_used),
    }


def derived(names: Sequence[str] | None = None) -> dict[str, Entry]:
    """Entries of freshly derived certificates, of all theorems by default. Raises KernelError if a script fails."""
    from proofs.certificate import certificate, compact
    from proofs.scripts import SCRIPTS, prove

    return {name: entry(compact(certificate(prove(name).proof, {}))) for name in names or SCRIPTS}


def on_file(paths: Mapping[str, str | Path]) -> dict[str, Entry]:
    """Entries of certificates on file, by theorem."""
    return {name: entry(Path(path).read_text(encoding="ascii")) for name, path in paths.items()}


def pinned(path: Path = MANIFEST) -> dict[str, Entry]:
    """The entries of the manifest. Raises ValueError if the file is not a manifest."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON ({error}); regenerate it: {REGENERATE}") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ValueError(f"{path} is not of the format {FORMAT}; regenerate it: {REGENERATE}")
    theorems: dict[str, Entry] = value["theorems"]
    return theorems


def drift(expected: Mapping[str, Entry], found: Mapping[str, Entry]) -> list[str]:
    """Every difference in either direction, one line each; empty if the two agree."""
    lines = [f"{name}: in the manifest, but no longer proved" for name in expected if name not in found]
    for name, now in found.items():
        if name not in expected:
            lines.append(f"{name}: proved, but not in the manifest")
            continue
        pin = expected[name]
        if pin["statement_sha256"] != now["statement_sha256"]:
            lines.append(
                f"{name}: the statement's digest is {now['statement_sha256'][:12]}, not {pin['statement_sha256'][:12]}"
            )
        for part in ("rules", "schemas", "hypotheses", "assumptions"):
            lines += [f"{name}: uses {x}, not among its {part}" for x in now[part] if x not in pin[part]]
            lines += [f"{name}: no longer uses {x}, one of its {part}" for x in pin[part] if x not in now[part]]
    return lines


def totals(entries: Mapping[str, Entry]) -> dict[str, int]:
    """How many theorems, and how many distinct rules, schemas, hypotheses and assumptions they use together."""
    parts = ("rules", "schemas", "hypotheses", "assumptions")
    return {"theorems": len(entries)} | {part: len({x for e in entries.values() for x in e[part]}) for part in parts}


def summary(rows: Sequence[Mapping[str, Any]], whole: bool) -> dict[str, Any]:
    """The manifest beside the rows of `check`: totals, whether both agree, and where not.

    `whole`: the rows are about all theorems, so one that is pinned and missing has vanished.
    """
    pins = pinned()
    names = {row["name"] for row in rows}
    expected = pins if whole else {name: pin for name, pin in pins.items() if name in names}
    lines = drift(expected, on_file({r["name"]: r["certificate"] for r in rows if r["status"] == "proved"}))
    return {"totals": totals(pins), "agrees": not lines, "drift": lines}


def text(entries: Mapping[str, Entry]) -> str:
    """The manifest's file."""
    value = {"format": FORMAT, "totals": totals(entries), "theorems": dict(sorted(entries.items()))}
    return json.dumps(value, indent=1) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m proofs.manifest`: compares (exit code 1 on drift), or writes with --write."""
    parser = argparse.ArgumentParser(prog="python -m proofs.manifest", description="Compare or write the manifest.")
    parser.add_argument("--write", action="store_true", help="pin what is proved now, after a deliberate change")
    parser.add_argument("--path", type=Path, default=MANIFEST, help="the manifest (default: the project's own)")
    options = parser.parse_args(arguments)
    found = derived()
    lines = drift(pinned(options.path) if options.path.exists() else {}, found)
    print("\n".join(lines) or "the manifest agrees with what is proved")
    if options.write:
        temporary = options.path.with_name(options.path.name + ".part")
        temporary.write_text(text(found), encoding="utf-8")
        os.replace(temporary, options.path)
        print(f"written: {options.path}")
        return 0
    if lines:
        print(f"deliberate? then {REGENERATE}", file=sys.stderr)
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
