"""`python -m proofs.verifier CERTIFICATE.json ... [--json]`: one line for each file."""

import argparse
import json
import sys

from . import MalformedCertificate, WrongCertificate, verify


def check(path: str, as_json: bool) -> int:
    """Prints the verdict on one file; returns the exit status."""
    try:
        with open(path, "rb") as file:
            report = verify(file.read((4 << 20) + 1))
    except (OSError, MalformedCertificate, WrongCertificate) as error:
        status, verdict = (1, "rejected") if isinstance(error, WrongCertificate) else (2, "malformed")
        reason = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
        result = {"file": path, "status": verdict, "reason": reason}
        line = f"{verdict} {path}: {reason}"
    else:
        status, result = 0, {"file": path, "status": "proved", **report._asdict()}
        listed = [*report.assumptions_used, *report.hypotheses_used]
        line = f"proved {report.name}: {report.steps} steps, hypotheses used: {', '.join(listed) or 'none'}"
    print(json.dumps(result) if as_json else line.encode("ascii", "backslashreplace").decode())
    return status


def main(arguments: list[str] | None = None) -> int:
    """Checks every file; returns the worst exit status: 0 proved, 1 rejected, 2 malformed or unreadable."""
    parser = argparse.ArgumentParser(prog="python -m proofs.verifier", description="Replay certificates.")
    parser.add_argument("files", nargs="+", metavar="CERTIFICATE.json")
    parser.add_argument("--json", action="store_true", help="one JSON object for each file")
    options = parser.parse_args(arguments)
    return max(check(path, options.json) for path in options.files)


if __name__ == "__main__":
    sys.exit(main())
