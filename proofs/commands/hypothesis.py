"""`adoptproof hypothesis`: tests a research hypothesis, or fills the matrix of assumptions × methods × samplings."""

from __future__ import annotations

import argparse
from pathlib import Path

from proofs.commands.common import Command, InputError, write_json

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "hypotheses"


def register(command: Command) -> None:
    sub = command("hypothesis", run, "Test an assumption: proved, refuted, or open, with the evidence.")
    sub.add_argument("what", choices=("test", "matrix"), help="one hypothesis file, or the whole matrix")
    sub.add_argument("file", nargs="?", type=Path, metavar="FILE.toml", help="the hypothesis (for test)")
    sub.add_argument("--json", type=Path, metavar="FILE")
    sub.add_argument("--out", type=Path, metavar="DIR", help="folder for the report's pages and certificates")
    sub.add_argument("--coq", action="store_true", help="have Coq check the certificate too, where it is installed")
    sub.add_argument("--seed", type=int, default=1, help="of the evidence; proved and refuted do not depend on it")


def worked_examples() -> list[tuple[str, str, str]]:
    """(file, name, title) of the hypotheses in the checkout's examples/. Raises InputError where there is no checkout."""
    import tomllib

    folder = EXAMPLES
    if not folder.is_dir():
        raise InputError(
            "the worked examples are in the source checkout, examples/hypotheses; this is an installed package"
        )
    read = [(path, tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.toml"))]
    return [(f"examples/hypotheses/{path.name}", str(file["name"]), str(file.get("title", ""))) for path, file in read]


def run(options: argparse.Namespace) -> int:
    return run_test(options) if options.what == "test" else run_matrix(options)


def run_test(options: argparse.Namespace) -> int:
    """0 if the hypothesis is proved or open, 1 if it is refuted."""
    if options.file is None:
        raise InputError("hypothesis test: name a file, such as examples/hypotheses/bounded_gradients.toml")
    from proofs.hypotheses.reading import read
    from proofs.hypotheses.verdict import contract, judge

    verdict = judge(read(options.file), seed=options.seed)
    row = contract(verdict)
    print(f"{row['name']}: {row['verdict']} ({row['seconds']:.1f} s)")
    print(row["statement"])
    proof = row["proof"]
    if row["verdict"] == "proved":
        print(f"by the script of {proof['theorem']}; certificate verified, statement {proof['statement_sha256'][:12]}")
        for text in (*proof["derived"], *proof["conditions"]):
            print(f"  {text}")
    elif proof["first_failing_step"]:
        print(f"first failing step: {proof['first_failing_step']}", f"missing there: {proof['missing']}", sep="\n")
    if verdict.refutation is not None:
        print(verdict.refutation.title, *verdict.refutation.words, sep="\n")
    for instead in proof["instead"]:
        print(f"instead: {instead['what']}")
    for text in row["tried"]:
        print(f"tried: {text}")
    if options.coq and verdict.proof.certificate is not None:
        row["coq"] = third_check(row["name"], verdict.proof.certificate, options.out or Path("build"))
    write_json(options.json, row)
    if options.out is not None:
        from proofs.hypotheses.pages import write_page

        print(f"page: {write_page(verdict, options.out)}")
    return 1 if row["verdict"] == "refuted" else 0


def third_check(name: str, certificate: str, folder: Path) -> str:
    """`checked` or `absent`. Raises ValueError if Coq refuses what the second checker accepts: one of them is wrong."""
    from proofs.coq_export import check_all_with_coq

    found = check_all_with_coq({name: certificate}, folder / "coq")[name]
    print(f"Coq: {found.status}")
    if found.status == "rejected":
        raise ValueError(f"{name}: Coq refuses the certificate that the second checker accepts: {found.message}")
    return str(found.status)


def run_matrix(options: argparse.Namespace) -> int:
    """0 once every cell is filled."""
    if options.out is None:
        raise InputError("hypothesis matrix: name a folder, --out DIR")
    import shutil
    import tempfile

    from proofs.hypotheses.matrix import fill, write_matrix

    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:  # an interrupted run leaves no half of the pages
        cells = fill(Path(folder), seed=options.seed)
        page = options.out / write_matrix(cells, Path(folder)).name
        shutil.copytree(folder, options.out, dirs_exist_ok=True)
    counts = {v: sum(c.verdict == v for c in cells) for v in ("proved", "refuted", "open")}
    print(", ".join(f"{n} {v}" for v, n in counts.items()), f"in {len(cells)} cells; {page}")
    write_json(options.json, {"status": "ok", "cells": [c.row_data() for c in cells]})
    return 0
