"""The verdict on a hypothesis: `proved` with a verified certificate, `refuted` with a verified instance, else `open`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from proofs.hypotheses.evidence import Evidence, gather
from proofs.hypotheses.proof import ProofSide, prove_claim
from proofs.hypotheses.refutation import Refutation, refute
from proofs.hypotheses.words import missing_facts, statement_text
from theory.hypothesis import Conjecture


@dataclass(frozen=True)
class Verdict:
    """`verdict` is proved, refuted or open; all sides that were run, and the seconds they took."""

    conjecture: Conjecture
    verdict: str
    proof: ProofSide
    refutation: Refutation | None
    evidence: Evidence | None
    seconds: float


def judge(conjecture: Conjecture, *, seed: int = 1, measured: bool = True) -> Verdict:
    """Runs the proof side, then the refutation side, then (if neither decides) the evidence side.

    Only the evidence depends on the seed. `measured=False` leaves an open hypothesis without evidence.
    """
    start = time.perf_counter()
    proof = prove_claim(conjecture)
    refutation = refute(conjecture) if proof.proved is None else None
    verdict = "proved" if proof.proved is not None else "refuted" if refutation is not None else "open"
    evidence = gather(conjecture, seed=seed) if verdict == "open" and measured else None
    return Verdict(conjecture, verdict, proof, refutation, evidence, time.perf_counter() - start)


def contract(v: Verdict) -> dict[str, Any]:
    """The `hypothesis` contract."""
    proof, first = v.proof, next(iter(v.proof.failures), None)
    return {
        "name": v.conjecture.name,
        "verdict": v.verdict,
        "statement": statement_text(v.conjecture),
        "proof": {
            "first_failing_step": None
            if first is None or proof.proved
            else f"{first.theorem}, {first.section}: {first.step}",
            "missing": None if first is None or proof.proved else "; ".join(missing_facts(first)) or first.reason,
            "theorem": proof.proved.theorem if proof.proved else None,
            "statement_sha256": proof.proved.certificate["statement_sha256"] if proof.proved else None,
            "derived": list(proof.proved.derived) if proof.proved else [],
            "conditions": list(proof.conditions),
            "failures": [
                {
                    "theorem": f.theorem,
                    "section": f.section,
                    "step": f.step,
                    "reason": f.reason,
                    "missing": missing_facts(f),
                }
                for f in proof.failures
                if proof.proved is None
            ],
            "instead": [{"theorem": name, "what": text} for name, text in proof.instead],
        },
        "counterexample": None
        if v.refutation is None
        else {
            "kind": v.refutation.kind,
            "title": v.refutation.title,
            "lower": v.refutation.lower,
            "claimed": v.refutation.claimed,
            "data": v.refutation.data,
        },
        "evidence": [] if v.evidence is None else v.evidence.rows(),
        "tried": [] if v.evidence is None else list(v.evidence.tried),
        "seconds": v.seconds,
    }
