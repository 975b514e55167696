"""Figures: what they show, and that equal figures are equal files."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest

from numerics.plots import RateSeries, path_figure, rate_figure, save, slack_figure

T = [64, 128, 256]
SERIES = [
    RateSeries("β2 = 0", T, [1.0, 0.7, 0.5], [0.9, 0.6, -0.1], [1.1, 0.8, 0.6], [4.0, 3.0, 2.0], fit=[1.0, 0.7, 0.5]),
    RateSeries("β2 = 0.9", T, [0.8, 0.6, 0.4], [0.7, 0.5, 0.3], [0.9, 0.7, 0.5], [4.0, 3.0, 2.0], slope=-0.5,
               slope_interval=(-0.52, -0.48)),
]  # fmt: skip


def lines(figure):
    return {line.get_label(): line for line in figure.axes[0].get_lines()}


def test_a_rate_figure_shows_points_bands_fits_and_each_bound_once():
    figure = rate_figure("title", SERIES, claimed_slope=-0.5)
    drawn = lines(figure)
    assert drawn["β2 = 0"].get_ydata().tolist() == [1.0, 0.7, 0.5]
    assert "β2 = 0.9: slope -0.500 [-0.520, -0.480]" in drawn
    assert list(drawn).count("proved bound") == 1
    guide = drawn["claimed slope -0.5"].get_ydata()
    assert guide[0] / guide[-1] == pytest.approx(2.0)
    assert len(figure.axes[0].collections) == 2
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"


def test_a_slack_figure_has_one_bar_per_line_and_marks_the_negative_one():
    figure = slack_figure("title", [("descent", 0.3), ("tower", -0.24), ("telescope", 0.0)])
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == [0.3, -0.24, 0.0]
    assert [bool(bar.get_hatch()) for bar in bars] == [False, True, False]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["descent", "tower", "telescope"]


def test_a_path_figure_thins_long_paths_but_keeps_both_ends():
    mean = np.linspace(2.0, 1.0, 50_000)
    (line, bound) = path_figure("title", [("run", mean, mean - 0.1, mean + 0.1)], bound=0.5).axes[0].get_lines()
    steps = line.get_xdata()
    assert (steps[0], steps[-1]) == (1, 50_000)
    assert len(steps) <= 400
    assert bound.get_ydata()[0] == 0.5


@pytest.mark.parametrize("make", [lambda: rate_figure("a", SERIES), lambda: slack_figure("a", [("x", 1e-9)])])
def test_saved_files_are_the_same_bytes_every_time(tmp_path, make):
    for k in "12":
        png, svg = save(make(), tmp_path, k)
        assert png.read_bytes().startswith(b"\x89PNG")
        assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()
    assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()


def test_empty_figures_are_refused():
    with pytest.raises(ValueError, match="at least one series"):
        rate_figure("title", [])
    with pytest.raises(ValueError, match="at least one line"):
        slack_figure("title", [])
    with pytest.raises(ValueError, match="finite"):
        slack_figure("title", [("x", math.nan)])
