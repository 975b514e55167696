"""The report of a cross-check: one self-contained HTML page beside its data and figures."""

from proofs.report.page import write_report

__all__ = ["write_report"]
