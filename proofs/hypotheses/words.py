"""A hypothesis in words and mathematics: its statement, and the facts that a proof misses."""

from __future__ import annotations

import re
from typing import Any

from proofs.hypotheses.relations import words_of
from proofs.hypotheses.replay import Failure
from theory.further_assumptions import KNOWN
from theory.hypothesis import MEASURES, Conjecture
from theory.statements import statement

SAMPLING = {
    "with_replacement": "independent draws",
    "reshuffled": "without replacement, a fresh permutation in every epoch",
    "fixed": "without replacement, always in the same order",
}
OF_ONE_DRAW = {
    "unbiased": "the mean of one draw by itself is ∇f(θ_{t−1}): the components' average; not given the past of the epoch",
    "bounded_bias": "the mean of one draw by itself is within δ of ∇f(θ_{t−1}); not given the past of the epoch",
}
"""What assumptions on the mean say without replacement."""
GREEK = {
    "alpha0": "α0",
    "alpha": "α",
    "beta1": "β1",
    "beta2": "β2",
    "eps": "ε",
    "sigma": "σ",
    "rho": "ρ",
    "delta": "δ",
    "Delta": "Δ",
    "mu": "μ",
    "c0": "c0",
}


def formula(expression: Any) -> str:
    """A sympy formula as text with the field's letters."""
    text = re.sub(r"sqrt\((\w+)\)", r"√\1", str(expression)).replace("sqrt", "√").replace("**", "^").replace("*", "·")
    for name, letter in GREEK.items():
        text = text.replace(name, letter)
    return text


def claim_text(conjecture: Conjecture) -> str:
    """The claim as a sentence."""
    claim = conjecture.claim
    measure = MEASURES[claim.measure].words
    if claim.bound is not None:
        source = f" (the bound of {claim.theorem})" if claim.theorem else ""
        return f"{measure} ≤ {formula(claim.bound)}{source}, for all T ≥ 1"
    floor = f" + C'·{formula(claim.floor)}" if claim.floor is not None else ""
    return f"{measure} ≤ C·T^({claim.rate}){floor}, for all large T"


def method_text(conjecture: Conjecture) -> str:
    """Method, schedules, sampling."""
    c, s = conjecture, conjecture.schedules
    clip = "" if s.clip is None else f", clipped at {formula(s.clip)}"
    fixed = "".join(f", {GREEK.get(k, k)} = {v}" for k, v in c.fixed.items())
    free = [GREEK[k] for k in c.method.hyperparameters if k not in c.fixed]
    every = f", every {' and '.join(free)}" if free else ""
    return f"{c.method.title} with step size {formula(s.alpha)}{clip}{fixed}{every}; {SAMPLING[c.sampling]}"


def assumption_texts(conjecture: Conjecture) -> list[tuple[str, str]]:
    """(label, claim) of every assumption, the file's own inequalities and conditions included."""
    of_the_mean = OF_ONE_DRAW if conjecture.sampling != "with_replacement" else {}
    found = [(KNOWN[a].label, of_the_mean.get(a, KNOWN[a].claim)) for a in conjecture.assumptions]
    if conjecture.p is not None:
        found.append(("p", f"the order of the moment is {conjecture.p}"))
    found += [(h.name, f"{words_of(h)}, t ≥ {h.start}") for h in conjecture.own]
    found += [("condition", words_of(h)) for h in conjecture.where]
    return found


def statement_text(conjecture: Conjecture) -> str:
    """The whole hypothesis in one line."""
    labels = ", ".join(label for label, _ in assumption_texts(conjecture))
    return f"{method_text(conjecture)}; under {labels}: {claim_text(conjecture)}"


def missing_facts(failure: Failure) -> list[str]:
    """The missing facts as mathematics, by the hypotheses of the theorem whose script failed."""
    from proofs.builder import kernel_statement
    from proofs.certificate import write_statement
    from proofs.notation import Printer
    from proofs.typeset import text

    base = statement(failure.theorem)
    written = write_statement(kernel_statement(base))
    printer = Printer({"statement": written, "steps": []})
    entries = {h["name"]: h for h in written["hypotheses"]}
    found = []
    for name in failure.missing:
        if name in entries:
            h = entries[name]
            found.append(
                f"{text(printer.judgment(h['relation'], h['poly']))} ({name.replace('_', ' ')}, t ≥ {h['from']})"
            )
        elif name in KNOWN:
            found.append(f"{KNOWN[name].claim} ({KNOWN[name].label})")
        else:
            found.append(name.replace("_", " "))
    return found
