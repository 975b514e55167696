"""Has Coq check certificates: builds the library of lemmas once, compiles one file per certificate, reads its axioms."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from proofs.coq_export.document import coq_source

if TYPE_CHECKING:
    from theory.statement import Statement

SOURCES = Path(__file__).resolve().parents[1] / "coq"
TOPS = ("CertificateRules", "Bounds")
ABSENT = "NOT CHECKED BY COQ: coqc is absent; install the Debian package 'coq' (apt-get install coq)"
AXIOMS = frozenset(
    [
        "ClassicalDedekindReals.sig_not_dec",
        "ClassicalDedekindReals.sig_forall_dec",
        "FunctionalExtensionality.functional_extensionality_dep",
        "Classical_Prop.classic",
    ]
)
"""All that a theorem may rest on (docs/trust.md)."""


class Checked(NamedTuple):
    """What Coq says of one certificate: `status` is checked, rejected or absent; `message` is one line if not checked."""

    status: str
    message: str
    source: Path | None
    axioms: tuple[str, ...]
    seconds: float | None


def present() -> bool:
    return shutil.which("coqc") is not None


def needed() -> list[str]:
    """The modules of `proofs/coq` that a certificate's file needs, each after those it needs itself."""
    order: list[str] = []

    def visit(module: str) -> None:
        if module not in order:
            text = (SOURCES / f"{module}.v").read_text(encoding="utf-8")
            for line in re.findall(r"(?m)^From ADOPT Require (?:Import )?([^.]*)\.", text):
                for other in line.split():
                    visit(other)
            order.append(module)

    for top in TOPS:
        visit(top)
    return order


def _coqc(folder: Path, library: Path, name: str) -> tuple[bool, str]:
    run = subprocess.run(
        ["coqc", "-q", "-Q", str(library), "ADOPT", f"{name}.v"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode == 0, run.stdout if run.returncode == 0 else run.stderr


def library(folder: Path) -> Path:
    """The compiled lemmas, in `folder`; compiles only what has changed since. Raises RuntimeError if Coq refuses."""
    import fcntl  # absent on Windows, where `adoptproof check` without --coq works as well

    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be building it
        stale = False
        for module in needed():
            source = (SOURCES / f"{module}.v").read_bytes()
            copy, compiled = folder / f"{module}.v", folder / f"{module}.vo"
            stale = stale or not compiled.exists() or not copy.exists() or copy.read_bytes() != source
            if stale:
                compiled.unlink(missing_ok=True)
                copy.write_bytes(source)
                accepted, message = _coqc(folder, folder, module)
                if not accepted:
                    raise RuntimeError(f"coqc refuses {module}.v of the library: {one_line(message)}")
    return folder


def one_line(message: str) -> str:
    """Coq's error with the place, without the context it prints."""
    place = re.search(r"line (\d+)", message)
    error = message[message.find("Error:") :] if "Error:" in message else message
    first = " ".join(part.strip() for part in error.splitlines() if " : " not in part and " := " not in part)
    return (f"line {place.group(1)}: " if place else "") + " ".join(first.split())[:300]


def step_at(source: str, message: str) -> str:
    """The lemma in which Coq's error is."""
    place = re.search(r"line (\d+)", message)
    lines = source.splitlines()[: int(place.group(1))] if place else []
    names = re.findall(r"(?m)^(?:Lemma|Theorem|Definition|Hypothesis|Variable) (\w+)", "\n".join(lines))
    return f"{names[-1]}: " if names else ""


def check_with_coq(
    name: str, text: str | bytes, folder: Path, lemmas: Path, statement: Statement | None = None
) -> Checked:
    """Writes `folder/name.v`, compiles it against the library in `lemmas`, and compares its axioms with `AXIOMS`; with a
    theorem's statement, Coq also checks that the goal is its bound.

    Raises ValueError if the text is no certificate that can be written down.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = coq_source(text, statement)
    path = folder.resolve() / f"{name}.v"
    path.write_text(source, encoding="utf-8")
    start = time.perf_counter()
    accepted, output = _coqc(path.parent, lemmas, name)
    seconds = time.perf_counter() - start
    if not accepted:
        return Checked("rejected", f"Coq: {step_at(source, output)}{one_line(output)}", path, (), seconds)
    axioms = tuple(sorted(re.findall(r"(?m)^([A-Za-z_][\w.']*)\s*(?::|$)", output.partition("Axioms:")[2])))
    if not axioms and "Closed under the global context" not in output:
        return Checked("rejected", "Coq did not print what the theorem rests on", path, (), seconds)
    if foreign := sorted(set(axioms) - AXIOMS):
        return Checked("rejected", f"Coq: it rests on {', '.join(foreign)}", path, axioms, seconds)
    return Checked("checked", "", path, axioms, seconds)


def check_all_with_coq(
    certificates: Mapping[str, str | bytes], folder: Path, statements: Mapping[str, Statement] | None = None
) -> dict[str, Checked]:
    """`check_with_coq` for each, in `folder`; `absent` for all where there is no coqc."""
    if not present():
        return {name: Checked("absent", ABSENT, None, (), None) for name in certificates}
    lemmas = library(folder / "library")
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        waiting = {
            name: pool.submit(check_with_coq, name, text, folder, lemmas, (statements or {}).get(name))
            for name, text in certificates.items()
        }
        return {name: result.result() for name, result in waiting.items()}
