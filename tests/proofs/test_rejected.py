"""Certificates that must be refused, each for its own reason (`tests/rejected`, see its manifest).

A file is a certificate, or a patch of a proved one: `{"base": name, "why": text, "edits": [{"path", "value"}]}`, where
a path's `{"rule": …}` or `{"label": …}` picks the one such step; the digest is made anew. The manifest gives the exit
status, a part of the verifier's message and, where the kernel can be asked the same, a part of the kernel's.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import native
import pytest

from proofs.certificate import CERTIFICATES, compact
from proofs.terms import KernelError
from proofs.verifier import MalformedCertificate, WrongCertificate, verify

FOLDER = Path(__file__).parents[1] / "rejected"
ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
PATCHES = [name for name in MANIFEST if name.startswith("t41_")]
FILES = [name for name in MANIFEST if name not in PATCHES]


def patched(patch: dict[str, Any]) -> dict[str, Any]:
    certificate: dict[str, Any] = json.loads((CERTIFICATES / f"{patch['base']}.json").read_text(encoding="utf-8"))
    for edit in patch["edits"]:
        place: Any = certificate
        for key in edit["path"][:-1]:
            if isinstance(key, dict):
                (place,) = [step for step in place if key.items() <= step.items()]
            else:
                place = place[key]
        if place[edit["path"][-1]] == edit["value"]:
            raise ValueError("the edit changes nothing")
        place[edit["path"][-1]] = edit["value"]
    certificate["statement_sha256"] = hashlib.sha256(compact(certificate["statement"]).encode()).hexdigest()
    return certificate


def text_of(name: str) -> bytes:
    text = (FOLDER / f"{name}.json").read_bytes()
    return compact(patched(json.loads(text))).encode() if name in PATCHES else text


def test_the_manifest_lists_every_file() -> None:
    assert {p.stem for p in FOLDER.glob("*.json")} == {*MANIFEST, "manifest"}
    assert len(MANIFEST) >= 100


@pytest.mark.parametrize("name", MANIFEST)
def test_the_verifier_refuses_it_for_its_own_reason(name: str) -> None:
    wanted = MANIFEST[name]
    error = WrongCertificate if wanted["exit"] == 1 else MalformedCertificate
    with pytest.raises(error) as refusal:
        verify(text_of(name))
    assert wanted["verifier"] in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", [name for name, wanted in MANIFEST.items() if "kernel" in wanted])
def test_the_kernel_refuses_it_too(name: str) -> None:
    with pytest.raises(KernelError) as refusal:
        native.derive(json.loads(text_of(name)))
    assert MANIFEST[name]["kernel"] in str(refusal.value)


def test_only_what_the_kernel_cannot_be_asked_is_left_out() -> None:
    """Every wrong step is put to both checkers; the digest exists in the file alone."""
    left_out = {name for name, wanted in MANIFEST.items() if wanted["exit"] == 1 and "kernel" not in wanted}
    assert left_out == {"digest_of_another_statement", "hypothesis_changed_after_sealing"}


def test_the_base_of_the_malformed_files_is_sound() -> None:
    """What is edited to make them is a valid certificate: mended, one of them is accepted."""
    text = (FOLDER / "float.json").read_text(encoding="utf-8")
    assert verify(text.replace('"from": 0.0', '"from": 0')).steps == 8


def verdicts(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *flags, "-m", "proofs.verifier", "--json", *(str(FOLDER / f"{n}.json") for n in FILES)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("flags", [(), ("-O",), ("-OO",)])
def test_the_command_line_says_one_line_per_file(flags: tuple[str, ...]) -> None:
    """All files at once, also without assertions: the same verdicts, no traceback, the worst exit status."""
    run = verdicts(*flags)
    assert (run.returncode, run.stderr) == (2, "")
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert [Path(row["file"]).stem for row in rows] == FILES
    for name, row in zip(FILES, rows, strict=True):
        assert row["status"] == {1: "rejected", 2: "malformed"}[MANIFEST[name]["exit"]]
        assert MANIFEST[name]["verifier"] in row["reason"]


@pytest.mark.parametrize("name", ["horizon_zero", "duplicate_key", "forward_reference", "true_for_one"])
def test_exit_status_of_a_single_file(name: str) -> None:
    path = FOLDER / f"{name}.json"
    run = subprocess.run(
        [sys.executable, "-m", "proofs.verifier", str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == MANIFEST[name]["exit"]
    assert len(run.stdout.splitlines()) == 1
    assert run.stdout.startswith(("rejected ", "malformed "))
    assert run.stderr == ""
