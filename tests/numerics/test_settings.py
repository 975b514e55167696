"""Bad input is refused before anything runs, in one line that says what would be right."""

import math
from fractions import Fraction

import pytest

from numerics.settings import Setting, find_method, group

ADOPT = find_method("adopt")


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        (Setting(0.1, {"beta2": 1.5}), r"beta2 must be in \[0, 1\], got 1.5"),
        (Setting(0.1, {"beta1": 1.0}), r"beta1 must be in \[0, 1\), got 1.0"),
        (Setting(0.1, {"beta1": -0.1}), r"beta1 must be in \[0, 1\), got -0.1"),
        (Setting(0.1, {"eps": 0.0}), r"eps must be in \(0, inf\), got 0.0"),
        (Setting(0.1, {"eps": math.nan}), "eps must be a finite number, got nan"),
        (Setting(0.1, {"beta2": "0.9"}), "beta2 must be a finite number, got '0.9'"),
        (Setting(0.1, {"beta2": True}), "beta2 must be a finite number, got True"),
        (Setting(-0.1), r"alpha must be in \(0, inf\), got -0.1"),
        (Setting(math.inf), "alpha must be a finite number, got inf"),
        (Setting(0.1, decay=-0.5), r"decay must be in \[0, inf\), got -0.5"),
        (Setting(0.1, {"gamma": 1.0}), "method adopt has no parameter gamma; it has beta1, beta2"),
        (Setting(0.1, {"clip": 1.0}), r"clip must be None or a pair \(c, p\)"),
        (Setting(0.1, {"clip": (0.0, 0.25)}), "clip's c must be positive"),
        (Setting(0.1, {"clip": (1.0, math.nan)}), "clip's p must be a finite number"),
    ],
)
def test_bad_settings(setting, complaint):
    with pytest.raises(ValueError, match=complaint) as error:
        group(ADOPT, [setting])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("method", "given", "complaint"),
    [
        ("adashift", {"spatial_dims": ()}, r"spatial_dims must be None or \(-1,\), the coordinates of a run, got \(\)"),
        ("adashift", {"spatial_dims": (1,)}, "spatial_dims must be None"),  # the runs: they must stay independent
        ("adam", {"bias_correction": "no"}, "bias_correction must be True or False, got 'no'"),
    ],
)
def test_choices_that_are_not_numbers(method, given, complaint):
    with pytest.raises(ValueError, match=complaint):
        group(find_method(method), [Setting(0.1, given)])


def test_a_delay_counts_steps():
    with pytest.raises(ValueError, match="delay must be an integer of at least 1, got 0"):
        group(find_method("adashift"), [Setting(0.1, {"delay": 0})])


def test_unknown_methods_and_empty_lists():
    with pytest.raises(ValueError, match="unknown method 'adm'; known: adopt"):
        find_method("adm")
    with pytest.raises(ValueError, match="at least one setting"):
        group(ADOPT, [])


def test_settings_that_broadcast_share_a_batch():
    first = Setting(0.1, {"beta2": 0.5})
    second = Setting(0.2, {"beta2": 0.5, "start": "algorithm_1"})
    third = Setting(Fraction(1, 4), {"beta1": 0.0}, 0.5)
    one, two = group(ADOPT, [first, second, third])
    assert (one.rows, two.rows) == ((0, 2), (1,))
    assert one.alpha == (0.1, 0.25)
    assert one.decay == (0.0, 0.5)
    assert one.varying["beta2"] == (0.5, ADOPT.defaults["beta2"])
    assert two.shared["start"] == "algorithm_1"
