"""`adoptproof counterexample search`: looks for a law of gradients on which a method goes the wrong way, and certifies it."""

from __future__ import annotations

import argparse
from pathlib import Path

from proofs.commands.common import Parser, write_json

METHODS = ("rmsprop", "adam", "adopt", "no_decorrelation", "order_unchanged")
SAMPLINGS = ("with_replacement", "reshuffled", "fixed")


def add_arguments(parser: Parser) -> None:
    parser.add_argument("--method", required=True, choices=METHODS)
    parser.add_argument("--beta1", default="0", help="exact, such as 9/10 (default 0)")
    parser.add_argument("--beta2", default="9/10", help="exact (default 9/10)")
    parser.add_argument("--sampling", choices=SAMPLINGS, default="with_replacement")
    parser.add_argument("--assume", nargs="+", default=["bounded_second_moment"], metavar="ASSUMPTION")
    parser.add_argument("--G", help="G/|E g|: bounds √E g² (|g| under bounded_gradient); default: a ladder is climbed")
    parser.add_argument("--n", type=int, default=4, help="most components without replacement, 2 to 6 (default 4)")
    parser.add_argument("--out", type=Path, metavar="CERT.json", help="write the certificate")
    parser.add_argument("--json", type=Path, metavar="FILE")


def run(options: argparse.Namespace) -> int:
    """Exit code 0: certified, or proved that there is none; 1: nothing was found, which proves nothing."""
    import json

    from numerics.moment_programme import check_dual
    from numerics.moment_search import search
    from proofs.drift_checker import RejectedError, check

    found = search(
        options.method,
        beta1=options.beta1,
        beta2=options.beta2,
        sampling=options.sampling,
        assumptions=options.assume,
        G=options.G,
        n=options.n,
    )
    try:
        if found.status == "certified":
            check(json.dumps(found.certificate))
        elif found.certificate is not None:
            check_dual(found.certificate)
    except (RejectedError, ValueError) as error:
        print(f"found, but the independent checker rejects it: {error}")
        write_json(options.json, {"status": "failed", "results": [found.to_json() | {"status": "rejected"}]})
        return 1
    if found.status == "certified" and found.law is not None and found.drift is not None:
        pairs = ", ".join(f"{g} with probability {p}" for g, p in found.law)
        claim = (
            "does not converge to the minimiser" if (found.certificate or {}).get("claim") == "failure" else "drifts"
        )
        print(f"certified: {found.method} {claim}; gradients {pairs} ({found.sampling.replace('_', ' ')})")
        print(f"{found.reason}: it lies in [{found.drift[0]:.6g}, {found.drift[1]:.6g}]; certificate replayed")
    elif found.status == "none":
        print(f"none exists: {found.reason}")
        print(f"the programme's optimum is {(found.certificate or {})['optimum']}, by exact duality (checked)")
    else:
        print(f"not found, which proves nothing: {found.reason}")
    print(f"{found.seconds:.1f} s")
    if found.certificate is not None:
        write_json(options.out, dict(found.certificate))
    write_json(options.json, {"status": found.status, "results": [found.to_json()]})
    return 1 if found.status == "not_found" else 0
