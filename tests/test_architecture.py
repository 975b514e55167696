"""The arrows between packages, as `docs/architecture.md` draws them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_arrows_between_packages():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    "path",
    [
        "proofs/kernel.py",
        "proofs/terms.py",
        *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "proofs/verifier").glob("*.py")),
    ],
)
def test_the_trusted_files_have_no_assert_and_are_short(path):
    text = (ROOT / path).read_text()
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assert)]
    assert len(text.splitlines()) < 600


def test_the_kernel_imports_exact_arithmetic_and_its_terms_only():
    found = set()
    for path in ("proofs/kernel.py", "proofs/terms.py"):
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module)
    assert found == {"__future__", "collections.abc", "functools", "typing", "flint", "proofs.terms"}


def test_nothing_turns_text_into_code():
    for folder in ("proofs", "theory"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                    assert name not in {"eval", "exec", "sympify", "parse_expr"}, f"{path}: {name}"
