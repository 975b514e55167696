"""The literature table is data that can be trusted for what it says of itself."""

from __future__ import annotations

from theory.literature import ANALYSES, FACTS, RECOMMENDED
from theory.numbers import exact
from theory.statements import STATEMENTS


def test_what_is_proved_here_points_to_its_statement() -> None:
    named = [x.statement for x in ANALYSES if x.statement]
    assert named == ["adopt"]
    assert set(named) <= set(STATEMENTS)
    assert STATEMENTS["adopt"].rate == "-1/2"


def test_cited_facts_are_no_statements() -> None:
    assert not any(x.proved_here for x in FACTS)
    assert not {x.name for x in FACTS} & set(STATEMENTS)


def test_rows_are_complete_and_distinct() -> None:
    assert len({x.citation for x in ANALYSES}) == len(ANALYSES)
    for x in ANALYSES:
        assert all((x.citation, x.method, x.problem, x.smoothness, x.noise, x.constraint, x.rate))


def test_the_recommended_settings_are_allowed_by_the_theorem() -> None:
    assert [x.parameter for x in RECOMMENDED] == ["beta1", "beta2", "eps"]
    assert all(exact(x.parameter, str(x.value)) > 0 for x in RECOMMENDED)
