"""The paper's univariate problems: gradients, walks, certified signs, and the figures."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from numerics import finite_sum
from numerics.engine import trajectories
from numerics.plots import save
from numerics.settings import Setting
from numerics.toy import CHUNK, EPS, Toy, walk
from numerics.toy_figures import BETA2, FIGURES, Panel, Sign, draw, figure_panels, label, panels, toy_sign, walk_figure

F = Fraction


def test_gradients_follow_the_sampling():
    n, epochs = 5, 40
    for sampling in ("reshuffled", "fixed"):
        drawn = Toy(n, 3.9, -1, sampling).gradients(1, 6, range(n * epochs)).numpy().reshape(epochs, n, 6)
        assert ((drawn == 3.9).sum(axis=1) == 1).all()  # once in every epoch
        places = Counter(drawn.argmax(axis=1).ravel().tolist())
        assert set(places) == ({0} if sampling == "fixed" else set(range(n)))
    free = Toy(n, 3.9, -1).gradients(1, 100, range(n * epochs)).numpy()
    assert abs((free == 3.9).mean() - 1 / n) < 5 * (0.16 / free.size) ** 0.5


@pytest.mark.parametrize(
    ("problem", "toy"),
    [
        (finite_sum.toy(10), Toy(10, 100, -10)),
        (finite_sum.three_components("reshuffled"), Toy(3, 1.9, -1, "reshuffled")),
        (finite_sum.three_components("fixed_order"), Toy(3, 1.9, -1, "fixed")),
        (finite_sum.problem_u("reshuffled"), Toy(3, 2, -1, "reshuffled", quadratic=True)),
    ],
)
def test_walks_are_the_engines_own_to_the_last_bit(problem, toy):
    setting = Setting(0.01, {"beta1": 0.9, "beta2": 0.5, "eps": EPS, "clip": None})
    engine = trajectories(problem, "adopt", setting, 4, 60, 1).theta[:, :, 0]
    start = float(problem.start.points[0][0])
    _, theta = walk([toy], "adopt", [0.5], runs=4, steps=61, alpha=0.01, decay=0.0, start=start, points=62)
    assert (np.asarray(engine) == theta[1:, 0, 0]).all()  # the walk counts g_0 as a step


def test_a_window_of_steps_has_the_same_gradients():
    toy = Toy(3, 1.9, -1, "reshuffled")
    whole = toy.gradients(7, 4, range(33))
    assert (toy.gradients(7, 4, range(9, 30)) == whole[9:30]).all()


@pytest.mark.parametrize("method", ["rmsprop", "adopt", "order_unchanged"])
def test_a_walk_is_the_recursion_of_the_page(method):
    """Against the recursion in plain floats: v, m and s as docs and theory define them, α_t = .01/√(1+.01t)."""
    toy, beta1, beta2 = Toy(10, 100, -10), 0.9, 0.5
    steps, theta = walk([toy], method, [beta2], beta1=beta1, runs=3, steps=40, points=41)
    g = toy.gradients(1, 3, range(41)).numpy()
    for run in range(3):
        x, m, v = 0.0, 0.0, 0.0
        for t in range(41):
            assert theta[t, 0, 0, run] == pytest.approx(x, abs=1e-12)
            now, before = g[t, run], v
            v = now**2 if method != "rmsprop" and t == 0 else beta2 * v + (1 - beta2) * now**2
            if method == "rmsprop":
                direction = now / v**0.5
            elif t == 0:
                direction = 0.0
            elif method == "adopt":
                direction = m = beta1 * m + (1 - beta1) * now / before**0.5
            else:
                m = beta1 * m + (1 - beta1) * now
                direction = m / before**0.5
            x = min(1.0, max(-1.0, x - 0.01 / (1 + 0.01 * t) ** 0.5 * direction))
    assert steps.tolist() == list(range(41))


def test_chunks_do_not_show():
    toy = Toy(3, 1.9, -1, "reshuffled")
    long = walk([toy], "adopt", [0.5], runs=2, steps=CHUNK + 90, points=CHUNK + 91)[1]
    short = walk([toy], "adopt", [0.5], runs=2, steps=90, points=91)[1]
    assert (long[:91] == short).all()


def test_problem_u_rests_where_the_page_says():
    # theory.md 4e, exact: −0.1459 in fixed order, −0.1071 reshuffled, as α → 0; 0 with replacement
    toys = [Toy(3, 2, -1, s, quadratic=True) for s in ("with_replacement", "reshuffled", "fixed")]
    _, theta = walk(toys, "adopt", [0.0], beta1=0.0, runs=8, steps=6000, alpha=0.004, decay=0.0)
    rest = theta[-200:].mean(axis=(0, 2, 3))
    assert rest == pytest.approx([0, -0.1071, -0.1459], abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((1, 1, -1), "at least 2"),
        ((2, 1, -1), "no minimiser"),
        ((3, 1, -1, "cyclic"), "unknown sampling"),
        ((3, 1, -1, "fixed", True), "must to 0"),
    ],
)
def test_bad_problems_are_refused(arguments, text):
    with pytest.raises(ValueError, match=text):
        Toy(*arguments)


def test_bad_walks_are_refused():
    toy = Toy(3, 1.9, -1)
    with pytest.raises(ValueError, match="θ_0 is 2"):
        walk([toy], "adopt", [0.5], start=2.0)
    with pytest.raises(ValueError, match="unknown method"):
        walk([toy], "adopt2", [0.5])
    with pytest.raises(ValueError, match="all be quadratic"):
        walk([toy, Toy(3, 2, -1, quadratic=True)], "adopt", [0.5])
    with pytest.raises(ValueError, match="steps must be an integer"):
        walk([toy], "adopt", [0.5], steps=0)


# Signs, with theory.md §4 as the reference


@pytest.mark.parametrize(
    ("toy", "method", "beta2", "verdict"),
    [
        (Toy(10, 100, -10), "adam", "9/10", "wrong"),
        (Toy(10, 100, -10), "adam", "99/100", "right"),
        (Toy(10, 100, -10), "no_decorrelation", "1/2", "wrong"),
        (Toy(10, 100, -10), "order_unchanged", "1/10", "wrong"),
        (Toy(10, 100, -10), "adopt", "1/10", "right"),
        (Toy(10, 100, -10), "amsgrad", "1/2", "right"),
        (Toy(3, 1.9, -1, "fixed"), "adopt", "0", "wrong"),
        (Toy(3, 1.9, -1, "reshuffled"), "adopt", "0", "wrong"),
        (Toy(3, 1.9, -1), "adopt", "0", "right"),
    ],
)
def test_signs_are_those_of_the_theory(toy, method, beta2, verdict):
    assert toy_sign(toy, method, F(beta2)).verdict == verdict


def test_the_exact_drift_lies_in_the_certified_interval():
    # n = 3, C = 19/10, β2 = 0: 71/190 in fixed order, 21/95 reshuffled
    for order, exact in (("fixed", F(71, 190)), ("reshuffled", F(21, 95))):
        found = toy_sign(Toy(3, 1.9, -1, order), "adopt", F(0))
        assert F(found.low) <= exact <= F(found.high)


def test_the_walks_go_where_the_signs_say():
    """The pictures and the certificates agree: after 6000 steps every walk of k = 10 is on its drift's side of 0."""
    for method in FIGURES["figure_3"][1]:
        (found,) = panels((Toy(10, 100, -10),), method, (method,), BETA2, 6000, 16)
        for k, one in enumerate(found.signs):
            mean = found.theta[-1, k].mean()
            assert (mean < 0) == (one.verdict == "right"), (method, str(found.beta2[k]))


# Drawing


def panel(title: str, minimiser: int, verdicts: tuple[str, ...]) -> Panel:
    steps = np.arange(0, 101, 10)
    theta = np.linspace(0, minimiser, 11)[:, None, None] * np.ones((11, len(verdicts), 4))
    signs = tuple(Sign(v, 0.1, 0.2) for v in verdicts)
    return Panel(title, minimiser, tuple(F(k, 10) for k in range(len(verdicts))), steps, theta, signs)


def test_every_curve_says_its_sign():
    figure = draw("figure_1", [[panel("one", -1, ("right", "wrong", "not decided"))]])
    (axes,) = figure.axes
    texts = [t.get_text() for t in axes.get_legend().get_texts()]
    assert texts == [
        "β2 = 0: drift > 0, right (0.1 … 0.2)",
        "β2 = 0.1: drift > 0, wrong (0.1 … 0.2)",
        "β2 = 0.2: sign not decided",
    ]
    styles = [line.get_linestyle() for line in axes.lines if str(line.get_label()).startswith("β2")]
    assert styles == ["-", "--", ":"]
    assert label(F(1, 2), Sign("right", -0.3, -0.3)) == "β2 = 0.5: drift < 0, right (0.3)"


def test_figures_are_saved_with_equal_bytes(tmp_path):
    for name in ("a", "b"):
        save(draw("without_replacement", [[panel("one", 1, ("right",))]]), tmp_path, name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_small_picture_names_its_curves():
    theta = np.zeros((3, 4))
    figure = walk_figure("picture", 0, [("good", False, np.arange(3), theta), ("bad", True, np.arange(3), theta + 1)])
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["minimiser", "good", "bad"]


def test_unknown_figures_are_refused():
    with pytest.raises(ValueError, match="there are figure_1, figure_3, without_replacement"):
        figure_panels("figure_2")


@pytest.mark.slow
def test_the_command_draws_all_figures(tmp_path):
    found = subprocess.run(
        [sys.executable, "-m", "proofs", "figures", "--out", str(tmp_path)], capture_output=True, text=True, timeout=600
    )
    assert found.returncode == 0, found.stderr
    assert "every curve's sign is certified" in found.stdout
    assert {x.name for x in tmp_path.iterdir()} == {f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")}
