"""`python -m proofs.drift_checker CERT.json ...`: one line for each file."""

from __future__ import annotations

import sys

from . import LARGEST_FILE, RejectedError, check


def main(arguments: list[str]) -> int:
    """Checks every file; 0 if all hold, else 1."""
    failed = not arguments
    if failed:
        print("usage: python -m proofs.drift_checker CERT.json ...", file=sys.stderr)
    for path in arguments:
        try:
            with open(path, encoding="utf-8", newline="") as file:
                verdict = check(file.read(LARGEST_FILE + 1))
        except (OSError, UnicodeDecodeError, RejectedError) as error:
            failed = True
            print(f"rejected {path}: {error}".encode("ascii", "backslashreplace").decode())
        else:
            print(f"certified {verdict.sentence}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
