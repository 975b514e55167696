"""The cross-check catches what is false and passes what is true."""

import json
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from numerics.jackknife import jackknife
from numerics.rates import Measure
from numerics.registry import problem as find
from numerics.settings import Setting
from numerics.trees import TREES
from proofs import evaluate
from proofs.certificate import CERTIFICATES
from proofs.crosscheck import broken, grid, lines, rates, run
from proofs.crosscheck.applications import APPLICATIONS, bound_at, case
from theory.statements import statement

T41 = json.loads((CERTIFICATES / "adopt.json").read_text())


def tree_setting(beta1, beta2):
    return Setting(Fraction(1, 4), {"beta1": beta1, "beta2": beta2, "eps": Fraction(1, 2), "clip": None})


@pytest.mark.parametrize("name", ["tree_log_cosh", "tree_huber_plane", "tree_random_start"])
@pytest.mark.parametrize("theorem", ["adopt", "adopt_algorithm_1", "adopt_sqrt_horizon"])
def test_every_line_holds_on_every_path_of_an_exact_tree(theorem, name):
    certificate = json.loads((CERTIFICATES / f"{theorem}.json").read_text())
    _, steps, make = TREES[name]
    check = lines.on_tree(certificate, make(), steps, tree_setting(Fraction(9, 10), Fraction(1, 2)))
    assert len(check.slacks) == check.total == lines.with_relation(certificate)
    assert check.violated == ()
    strict = [s for s in check.slacks if s.value > 1e-6]
    assert len(strict) > 30, "a tree on which nothing is slack tests only equations"


def test_lines_hold_on_simulated_runs():
    problem = find("log_cosh_spikes")
    setting = Setting(
        Fraction(1, 8), {"beta1": Fraction(9, 10), "beta2": Fraction(9, 10), "eps": Fraction(1), "clip": None}
    )
    check = lines.on_trajectories(T41, problem, setting, 400, 6, 5)
    assert check.violated == ()
    assert len(check.slacks) > 0.95 * check.total


def test_a_sample_with_few_spikes_makes_no_line_false():
    """At one step one coordinate sees so few spikes that a true equation is 6.7 of the sample's standard errors off."""
    certificate = json.loads((CERTIFICATES / "adopt_sharp.json").read_text())
    setting = Setting(
        Fraction(1, 8), {"beta1": Fraction(9, 10), "beta2": Fraction(9, 10), "eps": Fraction(1), "clip": None}
    )
    plan = grid.FULL
    check = lines.on_trajectories(
        certificate, find("log_cosh_spikes"), setting, plan.line_runs, plan.line_steps, plan.seed
    )
    assert check.violated == ()


def test_a_constant_three_quarters_of_the_true_one_is_caught_on_simulated_runs():
    setting = Setting(
        Fraction(1, 8), {"beta1": Fraction(9, 10), "beta2": Fraction(9, 10), "eps": Fraction(1), "clip": None}
    )
    problem = find("log_cosh_spikes")
    wrong = {"G": 0.75 * problem.constants.G}
    check = lines.on_trajectories(T41, problem, setting, 1000, 6, 5, overrides=wrong)
    assert "hypothesis bounded second moment" in check.first_violated.label


@pytest.mark.parametrize(("level", "spikes"), [(1e-2, 10), (1e-2, 100), (1e-3, 20)])
def test_rare_spikes_are_called_false_no_oftener_than_the_level_says(monkeypatch, level, spikes):
    """Means of 100 blocks with Poisson numbers of spikes: a true line "mean >= what is expected" at equality."""
    monkeypatch.setattr(evaluate, "LEVEL", level)
    samples = 50_000
    means = np.random.default_rng(1).poisson(spikes / evaluate.BLOCKS, (evaluate.BLOCKS, samples)).astype(float)
    full = means.mean(axis=0)
    others = (full * evaluate.BLOCKS - means) / (evaluate.BLOCKS - 1)
    error, skewness = jackknife(others)
    excess = full - spikes / evaluate.BLOCKS
    alarms = (excess + evaluate.allowance(error, skewness) < 0).mean()
    without_skewness = (excess + evaluate.allowance(error, 0 * skewness) < 0).mean()
    assert alarms <= level + 2 * math.sqrt(level / samples)
    assert without_skewness > 1.5 * level


def test_a_recurrence_that_is_not_the_statement_s_is_named_by_its_hypothesis():
    """Algorithm 1's run against the certificate of Algorithm 2's form."""
    _, steps, make = TREES["tree_log_cosh"]
    other = json.loads(json.dumps(T41))
    other["statement"]["name"] = "adopt_algorithm_1"
    check = lines.on_tree(other, make(), steps, tree_setting(Fraction(9, 10), Fraction(1, 2)))
    assert check.first_violated.label == "(5) Second moments: hypothesis momentum step"


@pytest.mark.parametrize("name", [b.name for b in broken.BROKEN if b.expected in ("kernel", "lines")])
def test_broken_statements_are_caught_by_the_part_that_should(name):
    (case,) = [b for b in broken.BROKEN if b.name == name]
    where = case.catch(broken.Evidence(T41, ()))
    assert where is not None


def test_a_true_line_is_not_called_false():
    from proofs.crosscheck.broken import Evidence, false_line
    from theory import atoms as at
    from theory.expressions import sum_i, t

    assert false_line(sum_i(at.v(t)) >= 0)(Evidence(T41, ())) is None


def test_an_understated_constant_is_named_by_line():
    where = broken.understated("G", Fraction(1, 2))(broken.Evidence(T41, ()))
    assert "hypothesis bounded second moment" in where


# -- verdicts, on measures made up for the purpose


def measures(values, error=1e-4):
    rng = np.random.default_rng(0)
    return [
        Measure(2**k, v, error * v, v, 31, v * (1 + error * rng.standard_normal(200)))
        for k, v in enumerate(values, start=8)
    ]


def row_with(factor, slope=-0.5, theorem="adopt", beta1=0.0, beta2=0.9):
    """A row whose measure is `factor` times the bound at the first horizon and falls with `slope`."""
    claimed, problem = statement(theorem), find("hard_instance")
    cases = [case(claimed, problem, beta1, beta2, 2**k) for k in range(8, 14)]
    first = bound_at(claimed, cases[0].parameters)
    made = measures([factor * first * 2.0 ** (slope * k) for k in range(6)])
    return rates.row(claimed, rates.Cell(theorem, "hard_instance", beta1, beta2), problem, cases, made, 1)


def test_a_measure_below_the_bound_with_the_claimed_slope_is_consistent():
    (row,) = rates.judged([row_with(0.5)])
    assert (row.verdict, row.reason) == ("consistent", "")


def test_a_measure_above_the_bound_is_a_violation():
    (row,) = rates.judged([row_with(1.01)])
    assert row.verdict == "violated"
    assert row.reason == "bound: exceeded at T = 256"


def test_a_slope_far_from_the_claim_is_a_violation_of_the_rate():
    (row,) = rates.judged([row_with(0.1, slope=-0.1)])
    assert row.verdict == "violated"
    assert row.reason.startswith("rate: slope -0.100 against -0.5")


def test_falling_faster_than_claimed_is_no_violation():
    (row,) = rates.judged([row_with(0.5, slope=-1.0)])
    assert row.verdict == "consistent"


def test_a_vacuous_bound_is_no_evidence():
    row = replace(row_with(0.5), bounds=tuple(5.0 for _ in range(6)))
    (judged,) = rates.judged([row])
    assert judged.verdict == "vacuous"


def test_a_missing_assumption_is_named():
    (row,) = rates.judged([replace(row_with(2.0), missing=("bounded_second_moment",))])
    assert (row.verdict, row.reason) == ("not applicable", "bounded_second_moment does not hold")


def test_holm_guards_against_many_cells():
    """One cell at a 1% level among 40 is no violation."""
    rows = [row_with(0.5, beta2=k / 100) for k in range(40)]
    borderline = replace(
        rows[0],
        measures=tuple(
            replace(m, average=b, standard_error=b / 4.9)
            for m, b in zip(rows[0].measures, [b * 2 for b in rows[0].bounds], strict=True)
        ),
    )
    p = min(borderline.p_values())
    assert 0.005 < p < 0.05
    assert {r.verdict for r in rates.judged([borderline, *rows[1:]])} == {"consistent"}


def test_the_plan_covers_what_it_should():
    assert set(grid.BETA2) == {0.0, 0.1, 0.5, 0.9, 0.999, 1.0}
    assert set(grid.BETA1) == {0.0, 0.9}
    assert max(grid.FULL.horizons) == 2**15
    assert len(grid.FULL.settings("adopt", "log_cosh_normal")) == 12


def test_every_theorem_with_a_run_states_parameters_that_its_cases_give():
    problem = find("hard_instance")
    for name in APPLICATIONS:
        c = case(statement(name), problem, 0.9, 0.5, 1024)
        assert set(statement(name).parameters) <= set(c.parameters), name
        assert 0 < bound_at(statement(name), c.parameters) < math.inf, name


def test_theorems_about_the_same_run_share_it():
    problem = find("hard_instance")
    keys = {case(statement(n), problem, 0.9, 0.5, 1024).key for n in ("adopt", "adopt_average", "adopt_sqrt_horizon")}
    assert len(keys) == 1


TINY = grid.Plan(
    horizons=(64, 128, 256, 512),
    runs={"hard_instance": 64},
    others=("hard_instance",),
    longest_other=512,
    line_runs=100,
    line_steps=4,
    own_runs=40,
    own_steps=4,
    theorems=("adopt", "adopt_algorithm_1", "sgd"),
)


@pytest.mark.slow
def test_a_whole_crosscheck_from_proof_to_report(tmp_path):
    from proofs.crosscheck.summary import with_figures
    from proofs.report import write_report

    data = run.crosscheck(TINY, workers=1)
    assert {t["status"] for t in data["theorems"]} == {"proved"}
    assert {r["verdict"] for r in data["rows"]} <= {"consistent", "vacuous"}
    assert len(data["rows"]) == 12 + 6 + 6
    assert not any(line["violated"] for c in data["slacks"] for line in c["lines"])
    assert all(math.isfinite(r["bound"]) and math.isfinite(r["measured"]) for r in data["rows"])
    with with_figures(data) as complete:
        page = write_report(complete, tmp_path / "report")
    text = page.read_text()
    assert "Theorem 4.1" in text
    assert "http://" not in text.replace("http://www.w3.org/", "")
