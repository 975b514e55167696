"""`covered_by` names the theorem of a setting, or says why none applies."""

from pathlib import Path

import pytest
import torch

import optim
from optim.core import METHODS
from optim.coverage import _BY_METHOD


def parameters():
    return [torch.nn.Parameter(torch.zeros(2))]


def adopt(schedule="constant", **options):
    return optim.ADOPT(parameters(), **options).covered_by(schedule)


@pytest.mark.parametrize(
    ("options", "schedule", "first", "converges"),
    [
        ({"clip": None}, "constant", "adopt", False),
        ({"clip": None}, "sqrt_horizon", "adopt_sqrt_horizon", True),
        ({"clip": None}, "inverse_sqrt", "adopt_decaying", True),
        ({"clip": None, "start": "algorithm_1"}, "sqrt_horizon", "adopt_algorithm_1", True),
        ({"clip": None, "start": "algorithm_1"}, "inverse_sqrt", "adopt_decaying_algorithm_1", True),
        ({}, "sqrt_horizon", "adopt_clipped_schedule", True),
        ({}, "inverse_sqrt", "adopt_clipped_decaying", True),
        ({"clip": 3.0}, "sqrt_horizon", "adopt_clipped", False),
        ({"betas": (0.0, 1.0), "clip": None}, "constant", "adopt", False),
        ({"clip": None}, "nonincreasing", "adopt_decaying_sums", False),
        ({"clip": (1.0, 1 / 3)}, "sqrt_horizon", "adopt_clipped_family", True),
        ({"clip": (1.0, 0.1)}, "sqrt_horizon", "adopt_clipped_family", True),
        ({"clip": (1.0, -0.1)}, "sqrt_horizon", "adopt_clipped_family", False),
    ],
)
def test_the_theorem_of_a_setting(options, schedule, first, converges):
    coverage = adopt(schedule, **options)
    assert coverage.theorems[0] == first
    assert coverage.converges is converges
    assert not coverage.why_none
    assert set(coverage.hypotheses) == set(coverage.theorems)


def test_clipping_needs_the_conditional_second_moment():
    """With the unconditional reading the clipped statement is false; T4.1 needs only that reading."""
    for clipped in adopt("sqrt_horizon").hypotheses.values():
        assert any("conditional: E[|g_t|^2 given the past]" in h for h in clipped)
    unclipped = adopt("constant", clip=None).hypotheses["adopt"]
    assert any("unconditional" in h for h in unclipped)


def test_without_momentum_it_is_the_decorrelated_rmsprop():
    assert "rmsprop_decorrelated" in adopt(clip=None, betas=(0.0, 0.9)).theorems
    assert "rmsprop_decorrelated" not in adopt(clip=None).theorems


def test_a_constant_clip_is_covered_with_a_floor_that_it_names():
    coverage = adopt("sqrt_horizon", clip=3.0)
    assert any("floor" in remark and "c = 3.0" in remark for remark in coverage.remarks)


def test_an_ablation_that_changes_nothing_is_adopt():
    """With beta1 = 0 there is no average to reorder, with beta2 = 1 every v is v_0: the counterexamples need neither."""
    for ablation in ({"normalize_first": False, "betas": (0.0, 0.9)}, {"decorrelate": False, "betas": (0.9, 1.0)}):
        assert adopt(clip=None, **ablation).theorems == adopt(clip=None, betas=ablation["betas"]).theorems != ()
    assert adopt(clip=None, normalize_first=False, betas=(0.9, 1.0)).theorems[0] == "adopt"
    assert not adopt(clip=1.0, normalize_first=False, betas=(0.9, 1.0)).theorems, "clipping an average is another thing"


def test_l2_decay_says_which_theorem_has_the_penalty_in_the_loss():
    """Bounded variance is the only bound on the noise that a quadratic penalty leaves as it is."""
    unclipped = adopt(clip=None, weight_decay=0.1).why_none
    assert unclipped.endswith("weight_decay=0 the same steps are those of adopt_bounded_variance")
    assert optim.SGD(parameters(), weight_decay=0.1).covered_by().why_none.endswith("of sgd_bounded_variance")
    assert adopt(weight_decay=0.1).why_none.endswith("whose gradients are not bounded")


def test_slow_thresholds_say_how_slow():
    assert any("T^(-0.2)" in remark for remark in adopt("sqrt_horizon", clip=(1.0, 0.1)).remarks)
    assert any("grows with the horizon" in remark for remark in adopt("sqrt_horizon", clip=(1.0, -0.1)).remarks)
    assert len(adopt("sqrt_horizon", clip=(1.0, 0.5)).remarks) == len(adopt("sqrt_horizon").remarks)


@pytest.mark.parametrize(
    ("optimizer", "schedule", "reason"),
    [
        (optim.ADOPT(parameters(), weight_decay=0.1), "constant", "L2 decay turns f into"),
        (
            optim.ADOPT(parameters(), weight_decay=0.1, decoupled_weight_decay=True),
            "constant",
            "decoupled weight decay",
        ),
        (optim.ADOPT(parameters(), clip=(1.0, 1 / 3)), "inverse_sqrt", "if c_t = c t^(1/4)"),
        (optim.ADOPT(parameters(), lr=0.0, clip=None), "constant", "lr > 0"),
        (optim.ADOPT(parameters(), start="algorithm_1"), "constant", "m_0 = 0"),
        (optim.ADOPT(parameters(), clip=2.0), "inverse_sqrt", "proved with a constant lr"),
        (optim.ADOPT(parameters()), "nonincreasing", "proved with a constant lr"),
        (optim.ADOPT(parameters(), clip=None, start="algorithm_1"), "nonincreasing", "alpha0/sqrt(t)"),
        (optim.ADOPT(parameters(), clip=None), "other", "constant or never rises"),
        (optim.ADOPT(parameters(), decorrelate=False), "constant", "counterexample no_decorrelation"),
        (optim.ADOPT(parameters(), normalize_first=False), "constant", "counterexample order_unchanged"),
        (optim.Adam(parameters()), "constant", "v_t contains g_t"),
        (optim.AMSGrad(parameters()), "constant", "amsgrad_slow"),
        (optim.AdaShift(parameters()), "constant", "no statement of this project"),
        (optim.AdaGrad(parameters()), "constant", "no statement of this project"),
        (optim.Adamax(parameters()), "constant", "no statement of this project"),
        (optim.RMSprop(parameters()), "constant", "denominator_form='inside'"),
        (optim.RMSprop(parameters(), beta2=0.0, denominator_form="inside"), "constant", "0 < beta2 < 1"),
        (optim.RMSprop(parameters(), eps=0.0, denominator_form="inside"), "constant", "eps > 0"),
        (optim.SGD(parameters()), "inverse_sqrt", "constant lr"),
    ],
)
def test_why_no_theorem_applies(optimizer, schedule, reason):
    coverage = optimizer.covered_by(schedule)
    assert coverage.theorems == ()
    assert not coverage.converges
    assert reason in coverage.why_none
    assert str(coverage) == f"no theorem: {coverage.why_none}"


def test_rmsprop_and_sgd_have_theirs():
    rmsprop = optim.RMSprop(parameters(), denominator_form="inside").covered_by("sqrt_horizon")
    assert rmsprop.theorems == ("rmsprop",)
    assert not rmsprop.converges, "its bound has a term that stays"
    adam = optim.Adam(parameters(), betas=(0.0, 0.9), bias_correction=False, denominator_form="inside")
    assert adam.covered_by().theorems == ("rmsprop",), "without momentum and correction it is RMSprop"
    plain, momentum = (optim.SGD(parameters(), beta1=beta1).covered_by("sqrt_horizon") for beta1 in (0.0, 0.9))
    assert plain.theorems == ("sgd", "sgd_bounded_variance")
    assert momentum.theorems == ("sgd_momentum", "sgd_momentum_bounded_variance")
    assert plain.converges


def test_groups_that_differ_are_not_covered():
    """A theorem has one lr for all coordinates; groups that agree are as good as one."""
    one, two = parameters() + parameters()
    differ = optim.ADOPT([{"params": [one], "lr": 0.1}, {"params": [two], "lr": 0.2}], clip=None)
    assert "parameter groups differ" in differ.covered_by().why_none
    tensors = [{"params": [p], "lr": torch.tensor(lr)} for p, lr in ((one, 0.10001), (two, 0.10002))]
    assert "parameter groups differ" in optim.ADOPT(tensors, clip=None).covered_by().why_none
    agree = optim.ADOPT([{"params": [one]}, {"params": [two]}], clip=None)
    assert agree.covered_by().theorems[0] == "adopt"


def test_maximizing_reads_minus_f():
    assert any("-f" in remark for remark in adopt(clip=None, maximize=True).remarks)


def test_an_unknown_schedule_is_named():
    with pytest.raises(ValueError, match="schedule: 'cosine' is not one of constant, sqrt_horizon"):
        adopt("cosine")


def test_every_method_has_an_answer():
    ablations = {"no_decorrelation", "order_unchanged"}
    assert set(_BY_METHOD) == set(METHODS) - ablations


def test_the_answer_reads_well():
    text = str(adopt("sqrt_horizon"))
    assert text.startswith("adopt_clipped_schedule, adopt_clipped_family, if A1 lower_bounded: f >= f_inf; A2")
    assert str(adopt(clip=None)).startswith("adopt, adopt_average, adopt_finite_horizon, "), (
        "theorems with the same hypotheses share a line"
    )


def test_the_example_in_the_documentation_runs(capsys):
    text = (Path(__file__).parents[2] / "docs" / "optim.md").read_text()
    code = text.partition("```python\n")[2].partition("```")[0]
    exec(code, {})
    assert capsys.readouterr().out.startswith("adopt_clipped_schedule, adopt_clipped_family, if A1 lower_bounded: ")
