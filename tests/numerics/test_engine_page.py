"""The examples of docs/engine.md run as they stand, and its list of functions is the engine's."""

import re
from pathlib import Path

import pytest

from numerics import symbolic

PAGE = (Path(__file__).parents[2] / "docs" / "engine.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=["simulate", "own problem"])
def test_an_example_of_the_page_runs(example, capsys):
    exec(compile(example, "docs/engine.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) >= 2


def test_the_page_lists_the_functions_of_an_objective():
    listed = re.search(r"and (Abs, .*?) \(the last two", PAGE, re.DOTALL)[1]
    names = {kind.__name__ for kind in symbolic._FUNCTIONS} | {"sinh"}
    assert set(re.findall(r"\w+", listed)) == names
