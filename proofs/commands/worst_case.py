"""`adoptproof worst-case`: exact worst cases of fixed-step methods, by semidefinite programming, and their checker."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs.commands.common import Command, InputError, Parser, print_table, write_json

if TYPE_CHECKING:
    from numerics.worst_case.certificate import Certified


def register(command: Command) -> None:
    text = "Worst cases of min ‖∇f‖² over N steps on smooth functions, with exact certificates."
    actions = command("worst-case", run, text).add_subparsers(
        dest="action", required=True, metavar="ACTION", parser_class=Parser
    )
    sub = actions.add_parser("solve", help="find and certify a worst case", description=SOLVE)
    sub.add_argument("--L", default="1", help="smoothness (default 1)")
    sub.add_argument("--alpha", required=True, help="step size")
    sub.add_argument("--steps", type=int, required=True, help="N, at most 20")
    sub.add_argument("--beta1", default="0", help="momentum (default 0: gradient descent)")
    sub.add_argument("--scales", default="1", help="values of the preconditioner (default 1)")
    sub.add_argument("--Delta", default="1", help="f(θ_0) − f_inf (default 1)")
    sub.add_argument("--gradient-bound", metavar="G", help="assume ‖∇f‖ ≤ G at the iterates")
    sub.add_argument("--last-value", action="store_true", help="Δ bounds f(θ_0) − f(θ_N) instead of f(θ_0) − f_inf")
    sub.add_argument("--compare-pepit", action="store_true", help="PEPit's value too, with Clarabel and with SCS")
    sub.add_argument("--out", type=Path, metavar="CERT.json")
    sub.add_argument("--json", type=Path, metavar="FILE")
    sub = actions.add_parser("verify", help="check certificates exactly")
    sub.add_argument("certificates", nargs="+", metavar="CERT.json")
    sub = actions.add_parser("theorems", help="the theorems' constants against the worst case without noise")
    sub.add_argument("--beta1", default="9/10")
    sub.add_argument("--json", type=Path, metavar="FILE")


SOLVE = (
    "θ_t = θ_{t−1} − α m_t, m_t = β1 m_{t−1} + (1−β1) ∇f(θ_{t−1})/s: gradient descent, or ADOPT without noise at β2 = 1. "
    "Numbers are exact: 1/5, 0.2."
)


def run(options: argparse.Namespace) -> int:
    if options.action == "verify":
        from proofs.worst_case_checker import main

        return main(options.certificates)
    return run_theorems(options) if options.action == "theorems" else run_solve(options)


def run_solve(options: argparse.Namespace) -> int:
    from numerics.worst_case.certificate import certify
    from numerics.worst_case.problem import WorstCase
    from numerics.worst_case.programme import SolverError
    from numerics.worst_case.rounding import UncertifiedError
    from proofs.verifier.terms import MalformedCertificate, WrongCertificate
    from proofs.worst_case_checker import describe, verify
    from theory.numbers import exact

    bound = options.gradient_bound
    case = WorstCase(
        L=exact("L", options.L),
        alpha=exact("alpha", options.alpha),
        steps=options.steps,
        beta1=exact("beta1", options.beta1),
        scales=tuple(exact("scales", x) for x in options.scales.split(",")),
        Delta=exact("Delta", options.Delta),
        gradient_bound=None if bound is None else exact("gradient_bound", bound),
        normalisation="last_value" if options.last_value else "lower_bound",
    )
    try:
        found = certify(case)
        line = describe(verify(json.dumps(found.certificate)))
    except (UncertifiedError, SolverError, MalformedCertificate, WrongCertificate) as error:
        print(f"NOT CERTIFIED: {error}")
        write_json(options.json, {"status": "failed", "name": "worst_case", "reason": str(error)})
        return 1
    print(line)
    result = as_row(found) | {"status": "certified", "name": "worst_case", "certificate": found.certificate}
    if options.compare_pepit:
        result["pepit"] = compare_pepit(found)
    write_json(options.out, found.certificate)
    write_json(options.json, result)
    return 0


def as_row(found: Certified) -> dict[str, Any]:
    lower = found.lower
    return {
        "upper": str(found.upper),
        "lower": None if lower is None else str(lower),
        "tight": found.tight,
        "value": float(found.upper),
        "solver_value": found.solver_value,
    }


def compare_pepit(found: Certified) -> list[dict[str, Any]]:
    """PEPit's values beside the exact ones; a bound below a value that some function attains is false."""
    try:
        from numerics.worst_case.pepit import SOLVERS, pepit_value

        values = {solver: pepit_value(found.case, solver) for solver in SOLVERS}
    except ImportError:
        raise InputError("--compare-pepit needs PEPit: pip install 'adoptproof[comparison]'") from None
    rows = []
    for solver, value in values.items():
        false = found.lower is not None and value < found.lower
        rows.append({"solver": solver, "value": value, "error": value - float(found.upper), "false_bound": false})
        verdict = "FALSE as an upper bound: below a value that is attained" if false else "not below what is attained"
        print(f"PEPit with {solver}: {value:.12g} (ours {float(found.upper):.12g}; {verdict})")
    return rows


def run_theorems(options: argparse.Namespace) -> int:
    from numerics.worst_case.theorems import table
    from theory.numbers import exact

    rows = table(beta1=exact("beta1", options.beta1))
    print_table(
        ("theorem", "T", "beta1", "alpha", "bound", "worst case", "ratio"),
        [
            [c.theorem, str(c.T), str(c.beta1), str(c.alpha), f"{c.bound:.4g}", worst(c.certified), f"{c.ratio:.2f}"]
            for c in rows
        ],
    )
    print("L = 1, Δ = 1/8, no noise; under A5 G = 1, for ADOPT ε = 1 and ‖∇f‖ ≤ ε. Worst cases are certified.")
    results = [
        {"theorem": c.theorem, "T": c.T, "beta1": str(c.beta1), "alpha": str(c.alpha), "bound": c.bound}
        | as_row(c.certified)
        | {"ratio": c.ratio}
        for c in rows
    ]
    write_json(options.json, {"status": "ok", "results": results})
    return 0


def worst(found: Certified) -> str:
    return f"{float(found.upper):.4g}" + (" exact" if found.tight else "")
