"""Certificates as Coq files: `coq_source` writes one, `check_all_with_coq` has Coq check them."""

from proofs.coq_export.compiling import Checked, check_all_with_coq, check_with_coq, library, present
from proofs.coq_export.document import coq_source, statement_sha256

__all__ = ["Checked", "check_all_with_coq", "check_with_coq", "coq_source", "library", "present", "statement_sha256"]
