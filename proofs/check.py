"""Runs scripts, writes their certificates and has the second checker replay them: what `adoptproof check` does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from proofs import verifier
from proofs.certificate import CERTIFICATES, certificate, compact, save
from proofs.coq_export import Checked, check_all_with_coq
from proofs.scripts import SCRIPTS, prove
from proofs.terms import KernelError
from theory.statements import STATEMENTS, statement


def check(name: str, folder: Path = CERTIFICATES) -> dict[str, Any]:
    """Proves one theorem and verifies the certificate.

    Returns the row of the `check` contract: status `proved` or `rejected` (then `reason` names the step), the digest of
    the statement, the hypotheses used, the number of steps, the certificate's path, seconds in kernel (script included)
    and in the verifier. The certificate is written only if the second checker accepts it. Raises ValueError for an
    unknown name.
    """
    claimed = statement(name)
    row: dict[str, Any] = {
        "name": name,
        "title": claimed.title,
        "status": "rejected",
        "statement_sha256": None,
        "steps": None,
        "hypotheses": [],
        "certificate": None,
        "kernel_seconds": None,
        "verifier_seconds": None,
        "coq": "not-run",
        "discrepancies": list(claimed.discrepancies),
    }
    start = time.perf_counter()
    try:
        script = prove(name)
        value = certificate(script.proof, notes_of(name))
        row["kernel_seconds"] = time.perf_counter() - start
        start = time.perf_counter()
        report = verifier.verify(compact(value))
        row["verifier_seconds"] = time.perf_counter() - start
    except (KernelError, verifier.WrongCertificate, verifier.MalformedCertificate) as error:
        return row | {"reason": str(error)}
    path = folder / f"{name}.json"
    save(path, value)
    return row | _proved(report, path)


def check_file(path: Path) -> dict[str, Any]:
    """Has the second checker replay a certificate of the user's own: a row as `check` gives, without the kernel's time.

    Raises ValueError if the file is no certificate.
    """
    row: dict[str, Any] = {
        "name": path.stem, "title": "", "status": "rejected", "statement_sha256": None, "steps": None, "hypotheses": [],
        "certificate": str(path), "kernel_seconds": None, "verifier_seconds": None, "coq": "not-run", "discrepancies": [],
    }  # fmt: skip
    start = time.perf_counter()
    try:
        report = verifier.verify(path.read_bytes())
    except verifier.MalformedCertificate as error:
        raise ValueError(f"{path}: {error}") from None
    except verifier.WrongCertificate as error:
        return row | {"reason": str(error)}
    return row | _proved(report, path) | {"name": report.name, "verifier_seconds": time.perf_counter() - start}


def _proved(report: verifier.Report, path: Path) -> dict[str, Any]:
    return {
        "status": "proved",
        "statement_sha256": report.statement_sha256,
        "steps": report.steps,
        "hypotheses": [*report.assumptions_used, *report.hypotheses_used],
        "certificate": str(path),
    }


def with_coq(rows: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The rows after Coq has checked the proved ones: `coq` is `checked`, `absent` (no coqc), `rejected`, or `not-run`.

    Writes one Coq file per certificate to `folder` (`coq_file`). What Coq rejects is rejected, with its `reason`.
    """
    proved = [row for row in rows if row["status"] == "proved"]
    names = [row["name"] for row in proved]
    keys = [name if names.index(name) == k else f"{name}_{k}" for k, name in enumerate(names)]  # files of their own
    own = [(key, row["name"]) for key, row in zip(keys, proved, strict=True) if row["kernel_seconds"] is not None]
    stated = {key: STATEMENTS[name] for key, name in own}
    texts = {key: Path(row["certificate"]).read_bytes() for key, row in zip(keys, proved, strict=True)}
    found = {
        id(row): result for row, result in zip(proved, check_all_with_coq(texts, folder, stated).values(), strict=True)
    }
    return [row | _by_coq(found[id(row)]) if id(row) in found else row for row in rows]


def _by_coq(result: Checked) -> dict[str, Any]:
    columns: dict[str, Any] = {"coq": result.status, "coq_seconds": result.seconds}
    if result.source:
        columns["coq_file"] = str(result.source)
    if result.status == "rejected":
        columns |= {"status": "rejected", "reason": result.message}
    return columns


def notes_of(name: str) -> dict[str, str]:
    """What a certificate says outside its logic: title, source, where the statement differs from it, and remarks."""
    claimed = statement(name)
    return {
        "title": claimed.title,
        "reference": claimed.reference,
        "discrepancies": " ".join(claimed.discrepancies),
        "remarks": " ".join(claimed.remarks),
        "source": "Taniguchi et al., ADOPT: Modified Adam Can Converge with Any beta2, NeurIPS 2024",
    }


def check_all(
    names: list[str] | None = None,
    folder: Path = CERTIFICATES,
    files: list[Path] | None = None,
    coq: Path | None = None,
) -> dict[str, Any]:
    """`check` for every name (all theorems by default, none if there are files) and `check_file` for every file; with
    `coq`, a folder for its files, Coq checks them too: `{"status": "ok" | "failed", "results": [...]}`."""
    rows = [check(name, folder) for name in names or ([] if files else list(SCRIPTS))]
    rows += [check_file(path) for path in files or []]
    rows = with_coq(rows, coq) if coq else rows
    return {"status": "ok" if all(r["status"] == "proved" for r in rows) else "failed", "results": rows}
