"""Audit the Coq development: nothing hidden in the text, no axiom beyond the pinned ones, the kernel's second look.

Three independent parts, each of which fails the audit on its own:

1. a text scan of every source for anything that could leave a gap (``Admitted``, an axiom, a parameter outside a
   section, a disabled check, a foreign library), and of ``_CoqProject`` for options and files left out;
2. ``Print Assumptions`` of every theorem in ``headlines.txt``, compared exactly with ``assumptions.txt``;
3. ``coqchk``, which re-checks the compiled files with a separate program.

Run in the directory of the sources after ``make``.  Exit codes: 0 all is as pinned, 1 something is not, 2 no Coq.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FORBIDDEN = re.compile(
    r"\b(Admitted|admit|Admit|give_up|Axioms?|Conjectures?|Parameters?|Abort|Primitive|Declare|Load|Add|Redirect|Extraction"
    r"|bypass_check|type-in-type|native_compute|Obligations?|Program|Module|Include|Unset|rewrite_rule|Drop|Fail)\b"
    r"|\bSet\s+(?!Implicit\b)"
)
SECTION_ONLY = re.compile(r"\b(Variables?|Hypothes[ei]s|Context)\b")
REQUIRE = re.compile(r"\bRequire\b")
ALLOWED_REQUIRE = re.compile(r"^\s*From (Coq|ADOPT) Require (Import )?[A-Za-z_. ]+\.$")


def strip_comments(source: str) -> str:
    """Coq source without comments and string contents, lines kept in place."""
    out: list[str] = []
    depth = 0
    in_string = False
    i = 0
    while i < len(source):
        if source[i] == '"':  # strings count inside comments too
            in_string = not in_string
            i += 1
        elif not in_string and source.startswith("(*", i):
            depth += 1
            i += 2
        elif not in_string and depth and source.startswith("*)", i):
            depth -= 1
            i += 2
        else:
            if source[i] == "\n" or not (depth or in_string):
                out.append(source[i])
            i += 1
    return "".join(out)


def scan_source(name: str, source: str) -> list[str]:
    """Complaints about one source file, each with its line."""
    complaints = []
    section = 0
    for number, line in enumerate(strip_comments(source).splitlines(), 1):
        if match := FORBIDDEN.search(line):
            complaints.append(f"{name}:{number}: `{match.group().strip()}` is not allowed: {line.strip()}")
        section += len(re.findall(r"(?:^|\.\s)\s*Section\b", line)) - len(re.findall(r"(?:^|\.\s)\s*End\b", line))
        if section == 0 and SECTION_ONLY.search(line):
            complaints.append(f"{name}:{number}: an axiom in disguise, outside every section: {line.strip()}")
        if REQUIRE.search(line) and not ALLOWED_REQUIRE.match(line):
            complaints.append(f"{name}:{number}: only Coq's standard library and ADOPT may be required: {line.strip()}")
    return complaints


def project_files(root: Path) -> tuple[list[str], list[str]]:
    """The files of ``_CoqProject`` in order, and complaints about it."""
    lines = (root / "_CoqProject").read_text().split("\n")
    files = [line for line in lines if line.endswith(".v")]
    complaints = [f"_CoqProject: unexpected line `{x}`" for x in lines if x and x not in files and x != "-Q . ADOPT"]
    present = {path.name for path in root.glob("*.v")}
    complaints += [f"_CoqProject: {name} is not listed" for name in sorted(present - set(files))]
    return files, complaints


def scan(root: Path) -> list[str]:
    """Part 1: complaints about the sources."""
    files, complaints = project_files(root)
    for name in files:
        complaints += scan_source(name, (root / name).read_text())
    return complaints


def headlines(root: Path) -> list[str]:
    """The qualified names of the headline theorems, in the order of ``headlines.txt``."""
    lines = (root / "headlines.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def assumptions(root: Path, theorems: list[str]) -> dict[str, list[str]]:
    """The axioms each theorem rests on, as ``Print Assumptions`` reports them."""
    modules = sorted({name.split(".")[0] for name in theorems})
    lines = [f"From ADOPT Require {' '.join(modules)}."]
    for name in theorems:
        lines += [f'Goal True. idtac "@@ {name}". Abort.', f"Print Assumptions ADOPT.{name}."]
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "audit_query.v"
        source.write_text("\n".join(lines) + "\n")
        run = subprocess.run(
            ["coqc", "-Q", str(root), "ADOPT", str(source)], capture_output=True, text=True, cwd=directory
        )
    if run.returncode:
        raise RuntimeError(f"coqc could not print the assumptions:\n{run.stderr.strip()}")
    found: dict[str, list[str]] = {}
    for block in run.stdout.split("@@ ")[1:]:
        name, _, body = block.partition("\n")
        closed = "Closed under the global context" in body
        axioms = sorted(re.findall(r"(?m)^([A-Za-z_][\w.']*)\s*(?::|$)", body.replace("Axioms:", "")))
        if not closed and not axioms:
            raise RuntimeError(f"no assumptions reported for {name}: {body.strip()}")
        found[name.strip()] = [] if closed else axioms
    return found


def render(found: dict[str, list[str]]) -> str:
    """The text of ``assumptions.txt``."""
    return "".join(f"{name}: {' '.join(axioms) or 'none'}\n" for name, axioms in found.items())


def drift(found: str, pinned: str) -> list[str]:
    """Where what Coq reports and what is pinned differ, in either direction."""
    now, before = found.splitlines(), pinned.splitlines()
    complaints = [f"assumptions.txt: found  {line}" for line in now if line not in before]
    complaints += [f"assumptions.txt: pinned {line}" for line in before if line not in now]
    return complaints or ([] if found == pinned else ["assumptions.txt: the order of the theorems differs"])


def coqchk(root: Path, files: list[str], pinned: str) -> list[str]:
    """Part 3: the separate checker's complaints, and anything its summary shows beyond the pinned axioms."""
    modules = [f"ADOPT.{name.removesuffix('.v')}" for name in files]
    run = subprocess.run(
        ["coqchk", "-silent", "-o", "-Q", str(root), "ADOPT", *modules], capture_output=True, text=True
    )
    text = run.stdout + run.stderr
    if run.returncode or "CONTEXT SUMMARY" not in text:
        return [f"coqchk: {text.strip()[-2000:]}"]
    allowed = set(re.findall(r"[\w.']+", pinned))
    complaints = []
    for entry in re.split(r"(?m)^\* ", text.split("CONTEXT SUMMARY")[1])[1:]:
        title, _, body = entry.partition(":")
        if title == "Axioms":
            axioms = [] if "<none>" in body else body.split()
            complaints += [
                f"coqchk: axiom {name}" for name in axioms if not any(name.endswith(f".{known}") for known in allowed)
            ]
        elif body.strip() not in ("<none>", "Set is predicative"):
            complaints.append(f"coqchk: {title}: {body.strip()}")
    return complaints


def main() -> int:
    """Run the audit; print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="directory of the sources")
    parser.add_argument("--scan", action="store_true", help="the text scan alone (needs no Coq)")
    parser.add_argument("--quick", action="store_true", help="leave out coqchk (the longest part)")
    parser.add_argument("--pin", action="store_true", help="rewrite assumptions.txt from what is found")
    options = parser.parse_args()
    root = options.root.resolve()

    complaints = scan(root)
    if options.scan or complaints:
        print("\n".join(complaints) or "text scan: nothing found")
        return 1 if complaints else 0
    if not (shutil.which("coqc") and shutil.which("coqchk")):
        print("coqc or coqchk not found: install the Debian package 'coq'", file=sys.stderr)
        return 2

    files, _ = project_files(root)
    found = render(assumptions(root, headlines(root)))
    pinned = root / "assumptions.txt"
    if options.pin:
        pinned.write_text(found)
    complaints += drift(found, pinned.read_text())
    if not options.quick:
        complaints += coqchk(root, files, found)
    print("\n".join(complaints) or f"audit: {len(files)} files, {found.count(chr(10))} headline theorems, as pinned")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
