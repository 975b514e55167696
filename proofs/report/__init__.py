"""The report of a cross-check: one self-contained HTML page beside its data and figures."""

from proofs.report.page import check_folder, write_report

__all__ = ["check_folder", "write_report"]
