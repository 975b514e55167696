"""Runs scripts, writes their certificates and has the second checker replay them: what `adoptproof check` does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from proofs import verifier
from proofs.certificate import CERTIFICATES, certificate, compact, save
from proofs.scripts import SCRIPTS, prove
from proofs.terms import KernelError
from theory.statements import statement


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
    return row | {
        "status": "proved",
        "statement_sha256": report.statement_sha256,
        "steps": report.steps,
        "hypotheses": [*report.assumptions_used, *report.hypotheses_used],
        "certificate": str(path),
    }


def notes_of(name: str) -> dict[str, str]:
    """What a certificate says outside its logic: title, source, and where the statement differs from it."""
    claimed = statement(name)
    return {
        "title": claimed.title,
        "reference": claimed.reference,
        "discrepancies": " ".join(claimed.discrepancies),
        "source": "Taniguchi et al., ADOPT: Modified Adam Can Converge with Any beta2, NeurIPS 2024",
    }


def check_all(names: list[str] | None = None, folder: Path = CERTIFICATES) -> dict[str, Any]:
    """`check` for every name (all theorems by default): `{"status": "ok" | "failed", "results": [...]}`."""
    rows = [check(name, folder) for name in names or list(SCRIPTS)]
    return {"status": "ok" if all(r["status"] == "proved" for r in rows) else "failed", "results": rows}
