"""Certificates as Coq files: `coq_source` writes one, `proofs.coq_export.compile` has Coq check it."""

from proofs.coq_export.document import coq_source, statement_sha256

__all__ = ["coq_source", "statement_sha256"]
