"""The checker of `drift-cert/1`: what docs/counterexamples.md says, with the standard library and python-flint alone.

    python -m proofs.drift_checker CERT.json ...

It builds the chain from the name and the parameters by itself, takes from the certificate only the potential (a witness, any
function will do) and the constants, and verifies every numeric hypothesis of the page's theorems in ball arithmetic. It shares no
code with what makes certificates. Exit status 0: every file holds; 1: anything else.
"""

from .claims import Verdict, check
from .reading import LARGEST_FILE, RejectedError, canonical

__all__ = ["LARGEST_FILE", "RejectedError", "Verdict", "canonical", "check"]
