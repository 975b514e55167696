"""The command line `adoptproof`. Heavy imports happen inside the commands, so that `--help` answers at once.

Exit codes: 0 all holds; 1 something was rejected or violated; 2 the input is wrong (one line: what, where, what is
right).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from proofs.commands import bench, counterexample, figures, hypothesis, sweep, worst_case
from proofs.commands.common import InputError, Parser, horizons, numbers, print_table, write_json

COMMANDS: tuple[ModuleType, ...] = (counterexample, worst_case, figures, sweep, hypothesis, bench)
"""Modules of `proofs.commands`, in the order of `--help`; cheap to import."""
TABLES = ("theorems", "assumptions", "methods", "problems", "audit", "literature", "counterexamples", "hypotheses")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (InputError, ValueError) as error:
        line = " ".join(str(error).split())
        print(f"adoptproof {options.command}: {line}", file=sys.stderr)
        return 2
    except FileNotFoundError as error:
        print(f"adoptproof {options.command}: {error.filename}: no such file", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is flushed into the pipe at exit
        return 141  # 128 + SIGPIPE: what holds was not all said
    except OSError as error:
        print(f"adoptproof {options.command}: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"adoptproof {options.command}: interrupted; nothing was written", file=sys.stderr)
        return 130


def parser() -> Parser:
    top = Parser(prog="adoptproof", description="Proves and measures the convergence of ADOPT.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> Parser:
        sub: Parser = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    sub = command("list", run_list, "List theorems, assumptions, methods, problems, or where each hypothesis is used.")
    sub.add_argument("what", nargs="?", choices=TABLES, default="theorems")
    sub.add_argument("--json", type=Path, metavar="FILE")

    sub = command("check", run_check, "Replay proof scripts, write certificates, verify them.")
    sub.add_argument("names", nargs="*", metavar="NAME", help="a theorem, or a certificate's file ending in .json")
    sub.add_argument("--coq", action="store_true", help="write each certificate as a Coq file and have Coq check it")
    sub.add_argument("--json", type=Path, metavar="FILE")
    sub.add_argument("--out", type=Path, metavar="DIR", help="folder for the certificates (default: the project's own)")

    sub = command("verify", run_verify, "Replay certificates in the second checker alone.")
    sub.add_argument("certificates", nargs="+", metavar="CERT.json")
    sub.add_argument("--json", action="store_true", help="print results as JSON")

    sub = command("explain", run_explain, "Show a proof, line by line, for a human.")
    sub.add_argument("name", metavar="NAME")
    sub.add_argument("--format", choices=("md", "latex", "html"), default="md")

    sub = command("bound", run_bound, "Evaluate a theorem's bound, its best step size, and whether it is vacuous.")
    sub.add_argument("name", metavar="NAME")
    sub.add_argument("--set", action="append", default=[], metavar="PARAMETER=VALUE", dest="values")
    sub.add_argument("--json", type=Path, metavar="FILE")

    sub = command("rates", run_rates, "Measure the decay of the gradient norm, with intervals and plots.")
    sub.add_argument("--problem", required=True)
    sub.add_argument("--method", default="adopt")
    sub.add_argument("--beta1", type=numbers, default=(0.9,))
    sub.add_argument("--beta2", type=numbers, default=(0.0, 0.9, 0.999))
    sub.add_argument("--horizons", type=horizons, default=(256, 8192), metavar="FROM:TO", help="powers of two between")
    sub.add_argument("--runs", type=int, default=256)
    sub.add_argument("--seed", type=int, default=1)
    sub.add_argument("--device", default="cpu")
    sub.add_argument("--out", type=Path, metavar="DIR", default=Path("build/rates"))
    sub.add_argument("--json", type=Path, metavar="FILE")

    sub = command("crosscheck", run_crosscheck, "Prove, simulate, compare, and write the report.")
    sub.add_argument("--quick", action="store_true", help="fewer problems and shorter horizons; under a minute")
    sub.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    sub.add_argument("--json", type=Path, metavar="FILE")
    sub.add_argument("--out", type=Path, metavar="DIR", default=Path("build/report"))

    for module in COMMANDS:
        module.register(command)
    return top


# -- commands


def run_list(options: argparse.Namespace) -> int:
    rows: list[tuple[str, str, str]]
    if options.what == "literature":
        return list_literature(options.json)
    if options.what == "theorems":
        from theory.statements import STATEMENTS

        header, rows = ("name", "source", "title"), [(s.name, s.reference, s.title) for s in STATEMENTS.values()]
    elif options.what == "assumptions":
        from theory.further_assumptions import KNOWN

        header, rows = ("id", "paper", "assumption"), [(a.name, a.label, a.claim) for a in KNOWN.values()]
    elif options.what == "methods":
        from optim.core import METHODS

        header = ("name", "parameters", "")
        rows = [(name, ", ".join(method.defaults), "") for name, method in METHODS.items()]
    elif options.what == "audit":
        return list_audit(options.json)
    elif options.what == "counterexamples":
        return counterexample.run_list(options)
    elif options.what == "hypotheses":
        header, rows = ("file", "name", "hypothesis"), hypothesis.worked_examples()
    else:
        from numerics.registry import PROBLEMS

        header, rows = ("name", "description", ""), [(name, text, "") for name, text in PROBLEMS.items()]
    print_table(header, rows)
    write_json(options.json, {"status": "ok", "results": [dict(zip(header, r, strict=True)) for r in rows]})
    return 0


def list_literature(path: Path | None) -> int:
    from dataclasses import asdict

    from theory.literature import ANALYSES, FACTS, RECOMMENDED

    header = ("analysis", "method", "problem", "f", "gradients or noise", "β1, β2", "rate")
    rows = [(a.work, a.method, a.problem, a.smoothness, a.noise, a.constraint, a.rate) for a in ANALYSES]
    print_table(header, rows)
    print("\nrecommended (Table 5):", ", ".join(f"{s.parameter} = {s.value:g} ({s.checked})" for s in RECOMMENDED))
    for fact in FACTS:
        print(f"\ncited, not proved here: {fact.claim} {fact.consequence}\n  {fact.citation}")
    print("\nworks, and what of a row was compared with a source:")
    for a in ANALYSES:
        print(f"  {a.citation} ({a.checked or 'recalled'})")
    results: dict[str, tuple[Any, ...]] = {"results": ANALYSES, "facts": FACTS, "recommended": RECOMMENDED}
    write_json(path, {"status": "ok"} | {name: [asdict(x) for x in found] for name, found in results.items()})
    return 0


def list_audit(path: Path | None) -> int:
    from proofs.audit import table

    results = table()
    shown = ("theorem", "hypothesis", "section", "step")
    print_table(("theorem", "without", "fails in", "at"), [[row[key] for key in shown] for row in results])
    write_json(path, {"status": "ok", "results": results})
    return 0


def known_theorems(names: Sequence[str]) -> list[str]:
    from theory.statements import statement

    return [statement(name).name for name in names]


def run_check(options: argparse.Namespace) -> int:
    from proofs.certificate import CERTIFICATES
    from proofs.check import check_all
    from proofs.manifest import REGENERATE, summary

    files = [Path(name) for name in options.names if name.endswith(".json")]
    names = known_theorems([name for name in options.names if not name.endswith(".json")])
    coq = (options.out or Path("build")) / "coq" if options.coq else None
    result = check_all(names or None, options.out or CERTIFICATES, files, coq)
    own = result["results"][: len(result["results"]) - len(files)]  # the project's; the manifest pins no others
    rows = []
    for r in result["results"]:
        figures = ["", "", ""]
        if r["status"] == "proved":
            kernel = "" if r["kernel_seconds"] is None else f"{r['kernel_seconds']:.2f} s"
            figures = [str(r["steps"]), kernel, f"{r['verifier_seconds'] * 1000:.0f} ms"]
        third = [r["coq"]] if options.coq else []
        rows.append([r["name"], r["status"], *figures, *third, (r["statement_sha256"] or "")[:12]])
    third = ["Coq"] if options.coq else []
    print_table(("theorem", "status", "steps", "kernel", "second checker", *third, "statement"), rows)
    if any(r["coq"] == "absent" for r in result["results"]):
        from proofs.coq_export.compiling import ABSENT

        print(ABSENT, file=sys.stderr)
    for r in result["results"]:
        if r["status"] != "proved":
            print(f"{r['name']}: {r['reason']}", file=sys.stderr)
    result["manifest"] = manifest = summary(own, not options.names)
    print("manifest: " + ", ".join(f"{n} {part}" for part, n in manifest["totals"].items()), end="; ")
    print("what is proved agrees" if manifest["agrees"] else "what is proved DIFFERS")
    if not manifest["agrees"]:
        print(*manifest["drift"], f"deliberate? then {REGENERATE}", sep="\n", file=sys.stderr)
    write_json(options.json, result)
    return 0 if result["status"] == "ok" and manifest["agrees"] else 1


def run_verify(options: argparse.Namespace) -> int:
    from proofs.verifier.__main__ import main as verify

    return verify([*(["--json"] if options.json else []), *options.certificates])


def run_explain(options: argparse.Namespace) -> int:
    from proofs.certificate import certificate
    from proofs.check import notes_of
    from proofs.explain import explain
    from proofs.scripts import prove

    (name,) = known_theorems([options.name])
    print(explain(certificate(prove(name).proof, notes_of(name)), options.format))
    return 0


def run_bound(options: argparse.Namespace) -> int:
    from theory.numbers import bound
    from theory.statements import statement

    given = {}
    for text in options.values:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--set {text}: write PARAMETER=VALUE, such as --set T=10000")
        if name in given:
            raise InputError(f"--set {name} is given twice")
        given[name] = value
    claimed = statement(options.name)
    result = bound(claimed, given)
    print(f"{result['name']}: {result['value']:.6g}" + (" (vacuous: above G²)" if result["vacuous"] else ""))
    if result["best_alpha"] is not None:
        how = " (found by minimisation)" if result["best_alpha_by"] == "minimisation" else ""
        print(f"best step size {result['best_alpha']:.6g}{how}, value there {result['value_at_best_alpha']:.6g}")
    for remark in claimed.remarks:
        print(remark)
    write_json(options.json, result)
    return 0


def run_rates(options: argparse.Namespace) -> int:
    from proofs.rates import measure_rates, save_plot

    result = measure_rates(
        options.problem,
        options.method,
        beta1=options.beta1,
        beta2=options.beta2,
        horizons=options.horizons,
        runs=options.runs,
        seed=options.seed,
        device=options.device,
    )
    rows = []
    for f in result["fit"]:
        low, high = f["interval"]
        rows.append([f"{f['beta1']:g}", f"{f['beta2']:g}", f"{f['slope']:.4f}", f"[{low:.4f}, {high:.4f}]"])
    print_table(("beta1", "beta2", "slope", "95% interval"), rows)
    files = save_plot(result, options.out)
    write_json(options.out / "rates.json", result)
    write_json(options.json, result)
    print("written:", *files, options.out / "rates.json")
    return 0


def run_crosscheck(options: argparse.Namespace) -> int:
    from proofs.crosscheck.run import crosscheck, plan
    from proofs.crosscheck.summary import print_summary, with_figures
    from proofs.report import check_folder, write_report

    if options.workers < 1:
        raise InputError(f"--workers is {options.workers}; it must be 1 or more")
    check_folder(options.out)  # before minutes of work, not after
    shown = sys.stderr.isatty()

    def progress(stage: str, done: int, total: int) -> None:
        if shown:
            print(f"\r{stage} {done}/{total}   ", end="", file=sys.stderr, flush=True)

    data = crosscheck(plan(options.quick), workers=options.workers, progress=progress)
    if shown:
        print(file=sys.stderr)
    with with_figures(data, quick=options.quick) as complete:
        write_report(complete, options.out)
    write_json(options.json, data)
    print_summary(data)
    print(f"report: {options.out / 'index.html'}")
    return 0 if data["status"] == "ok" else 1
