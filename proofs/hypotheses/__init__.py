"""Tests a research hypothesis: a proof with a certificate, a certified refutation, or measured evidence."""
