"""What README and examples/ show, run as written."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_add_a_theorem(capsys):
    runpy.run_path(str(ROOT / "examples" / "add_a_theorem.py"), run_name="__main__")
    assert capsys.readouterr().out.startswith("proved momentum_bounded: ")


def test_readme_example(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("proved ")
    measured = [re.fullmatch(r"measured ([\d.]+) ± [\d.]+, proved ([\d.]+)", line) for line in lines[1:]]
    assert len(measured) == 3
    assert all(float(m[1]) < float(m[2]) for m in measured)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text()))
def test_readme_links_lead_somewhere(link):
    assert (ROOT / link).exists()
