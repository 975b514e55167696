"""The reference tier: right against plain Python, and the same bits however the work is divided."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from flint import arb

from numerics import reference
from numerics.engine import simulate, trajectories
from numerics.exact import working_precision
from numerics.philox import normals
from numerics.registry import PROBLEMS, problem
from numerics.settings import Setting
from numerics.statistics import (
    ATOMS,
    GAP,
    GRADIENT_POWER,
    GRADIENT_SQUARE,
    QUANTITIES,
    STEP_SQUARE,
    TILE_RUNS,
    Accumulator,
    four_thirds,
    tile_moments,
)

GRID = [Setting(0.05, {"beta1": b1, "beta2": b2, "eps": 0.5}) for b1 in (0.0, 0.9) for b2 in (0.0, 0.5, 0.999, 1.0)]


def same(first, second):
    return all(
        np.array_equal(getattr(first, part)[name], getattr(second, part)[name])
        for part in ("mean", "variance", "block_sum")
        for name in getattr(first, part)
    )


def by_hand(alpha, decay, beta1, beta2, eps, start, run, steps, seed):
    """ADOPT on Σ log cosh with normal noise, from the paper, in Python floats; yields (θ_{t-1}, ‖∇f(θ_{t-1})‖²)."""
    noise = normals(seed, range(run, run + 1), 10, range(steps + 1))[:, 0].tolist()
    theta, m = [2.0] * 10, [0.0] * 10
    v = [(math.tanh(x) + z) ** 2 for x, z in zip(theta, noise[0], strict=True)]
    for t in range(1, steps + 1):
        exact = [math.tanh(x) for x in theta]
        yield theta, sum(d * d for d in exact)
        g = [d + z for d, z in zip(exact, noise[t], strict=True)]
        a = [x / max(math.sqrt(y), eps) for x, y in zip(g, v, strict=True)]
        first = 1.0 if start == "algorithm_1" and t == 1 else 1 - beta1
        m = [beta1 * x + first * y for x, y in zip(m, a, strict=True)]
        theta = [x - alpha * t**-decay * y for x, y in zip(theta, m, strict=True)]
        v = [beta2 * x + (1 - beta2) * y * y for x, y in zip(v, g, strict=True)]


@pytest.mark.parametrize("start", ["algorithm_1", "algorithm_2"])
@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_statistics_are_those_of_the_method_written_by_hand(start, decay):
    setting = Setting(0.3, {"beta1": 0.8, "beta2": 0.7, "eps": 0.9, "start": start}, decay)
    result = simulate(problem("log_cosh_normal"), "adopt", [setting], 5, 40, seed=4, keep_blocks=QUANTITIES)
    paths = [list(by_hand(0.3, decay, 0.8, 0.7, 0.9, start, run, 40, 4)) for run in range(5)]
    square = np.array([[s for _, s in path] for path in paths])
    gap = np.array([[sum(math.log(math.cosh(x)) for x in theta) for theta, _ in path] for path in paths])
    for name, values in ((GRADIENT_SQUARE, square), (GRADIENT_POWER, square ** (2 / 3)), (GAP, gap)):
        assert np.allclose(result.mean[name][0], values.mean(0), rtol=1e-12)
        assert np.allclose(result.variance[name][0], values.var(0, ddof=1), rtol=1e-9, atol=1e-28)
        assert np.allclose(result.block_mean(name)[0], values.T, rtol=1e-12)


def test_settings_together_are_settings_alone():
    p = problem("huber_multiplicative")
    together = simulate(p, "adopt", GRID, 40, 30, seed=1)
    for row, setting in enumerate(GRID):
        alone = simulate(p, "adopt", [setting], 40, 30, seed=1)
        for name in QUANTITIES:
            assert np.array_equal(alone.mean[name][0], together.mean[name][row])
            assert np.array_equal(alone.variance[name][0], together.variance[name][row])


def test_settings_that_need_separate_batches_keep_their_places():
    p = problem("huber_multiplicative")
    mixed = [GRID[0], Setting(0.05, {"beta1": 0.9, "eps": 0.5, "start": "algorithm_1"}), GRID[5]]
    together = simulate(p, "adopt", mixed, 40, 30, seed=1)
    for row, setting in enumerate(mixed):
        alone = simulate(p, "adopt", [setting], 40, 30, seed=1)
        assert np.array_equal(alone.block_sum[GRADIENT_POWER][0], together.block_sum[GRADIENT_POWER][row])


@pytest.mark.parametrize("name", PROBLEMS)
def test_chunks_of_time_and_threads_do_not_change_the_bits(name, monkeypatch):
    p = problem(name)
    whole = simulate(p, "adopt", GRID, 70, 33, seed=1)
    monkeypatch.setattr(reference, "CHUNK_VARIATES", 70 * p.draws * 4 + 1)
    monkeypatch.setattr(reference, "CHUNK_STEPS", 7)
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if threads > 1 else 2)
    try:
        assert same(simulate(p, "adopt", GRID, 70, 33, seed=1), whole)
    finally:
        torch.set_num_threads(threads)


def test_a_longer_simulation_begins_with_the_shorter_one():
    p = problem("log_cosh_spikes")
    short, long = (simulate(p, "adopt", GRID[:2], 32, steps, seed=1) for steps in (11, 40))
    assert np.array_equal(short.mean[GRADIENT_POWER], long.mean[GRADIENT_POWER][:, :11])


@pytest.mark.parametrize("method", ["adopt", "no_decorrelation", "order_unchanged"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_run_r_is_the_same_path_in_any_batch_of_runs(name, method):
    many = trajectories(problem(name), method, GRID[5], 50, 12, seed=2)
    few = trajectories(problem(name), method, GRID[5], 3, 12, seed=2, first_run=40)
    for array in ("theta", "g", "v", "m", "s", "a"):
        assert np.array_equal(getattr(few, array), getattr(many, array)[:, 40:43])
    for array in ("f", "gradient"):  # a matrix product for the data problem
        assert np.allclose(getattr(few, array), getattr(many, array)[:, 40:43], rtol=1e-12, atol=1e-15)


def standardised(values, power):
    """Third or fourth standardised moments of the rows; 0 for a row without spread."""
    centred = values - values.mean(1, keepdims=True)
    squares = (centred**2).mean(1)
    return np.where(squares > 1e-20, (centred**power).mean(1) / np.maximum(squares, 1e-20) ** (power / 2), 0.0)


def test_statistics_over_several_tiles_are_those_of_the_paths():
    p, runs = problem("hard_instance"), 2 * TILE_RUNS + 37
    setting = Setting(0.25, {"beta1": 0.5, "beta2": 0.5, "eps": 1.0})
    result = simulate(p, "adopt", [setting], runs, 9, seed=3, keep_blocks=QUANTITIES)
    paths = trajectories(p, "adopt", setting, runs, 9, seed=3)
    square = (paths.gradient[:-1] ** 2).sum(-1)
    for name, values in ((GRADIENT_SQUARE, square), (GRADIENT_POWER, square ** (2 / 3)), (GAP, paths.f[:-1])):
        assert np.allclose(result.mean[name][0], values.mean(1), rtol=1e-13)
        assert np.allclose(result.variance[name][0], values.var(1, ddof=1), rtol=1e-12, atol=1e-30)
        assert np.allclose(result.skewness[name][0], standardised(values, 3), rtol=1e-9, atol=1e-12)
        assert np.allclose(result.kurtosis[name][0], standardised(values, 4), rtol=1e-9, atol=1e-12)
        for block in (0, 5, 31):
            assert np.allclose(result.block_mean(name)[0, :, block], values[:, block::32].mean(1), rtol=1e-13)
        halves = [values[:, [r for r in range(runs) if r % 32 % 2 == odd]].mean(1) for odd in (0, 1)]
        assert np.allclose([half[0] for half in result.half_means(name)], halves, rtol=1e-13)
    assert result.block_runs.sum() == runs


def test_on_the_hard_instance_adopt_is_sgd():
    p, adopt = problem("hard_instance"), Setting(0.3, {"beta1": 0.0, "beta2": 0.7, "eps": 2.0})
    first = simulate(p, "adopt", [adopt], 64, 50, seed=1)
    second = simulate(p, "sgd", [Setting(0.15)], 64, 50, seed=1)
    assert np.allclose(first.mean[GRADIENT_SQUARE], second.mean[GRADIENT_SQUARE], rtol=1e-13)


@pytest.mark.parametrize("method", ["adam", "amsgrad", "rmsprop", "adashift", "adagrad", "adamax", "sgd_momentum"])
def test_every_other_method_descends_too(method):
    alpha = 0.5 if method == "adagrad" else 0.05
    result = simulate(
        problem("log_cosh_normal"), method, [Setting(alpha)], 16, 200, seed=1, quantities=(GRADIENT_SQUARE,)
    )
    mean = result.mean[GRADIENT_SQUARE][0]
    assert mean[0] == pytest.approx(10 * math.tanh(2) ** 2)  # row 0 is at θ_0
    assert mean[-1] < 0.5 * mean[0]
    assert GAP not in result.mean


@pytest.mark.parametrize("tier", ["reference", "fused"])
@pytest.mark.parametrize("name", ["hard_instance", "toy"])
@pytest.mark.parametrize("chosen", [(GAP,), (GRADIENT_SQUARE,), (GRADIENT_POWER,), (STEP_SQUARE, GAP)])
def test_what_is_measured_changes_no_bits(tier, name, chosen):
    everything = simulate(problem(name), "adopt", GRID[:1], 70, 9, 3, tier=tier, quantities=(*QUANTITIES, *ATOMS))
    some = simulate(problem(name), "adopt", GRID[:1], 70, 9, 3, tier=tier, quantities=chosen, keep_blocks=chosen)
    assert set(some.mean) == {*chosen} | ({GRADIENT_SQUARE} if GRADIENT_POWER in chosen else set())
    for quantity in some.mean:
        assert np.array_equal(some.mean[quantity], everything.mean[quantity])
        assert np.array_equal(some.kurtosis[quantity], everything.kurtosis[quantity])


@pytest.mark.parametrize("name", PROBLEMS)
def test_float32_runs_close_to_float64(name):
    p = problem(name)
    single, double = (
        simulate(p, "adopt", GRID[:2], 16, 20, seed=1, dtype=dtype) for dtype in (torch.float32, torch.float64)
    )
    assert single.dtype == torch.float32
    assert np.allclose(single.mean[GAP], double.mean[GAP], rtol=1e-4)
    assert not np.array_equal(single.mean[GAP], double.mean[GAP])


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"runs": 0}, "runs must be an integer of at least 1, got 0"),
        ({"runs": 2.0}, "runs must be an integer"),
        ({"steps": -5}, "steps must be an integer of at least 1, got -5"),
        ({"seed": -1}, "seed must be an integer"),
        ({"first_run": -1}, "first_run must be an integer of at least 0"),
        ({"first_run": 2**32}, r"runs must be a contiguous range within \[0, 2\^32\)"),
        ({"blocks": 7}, "blocks must divide 256, got 7"),
        ({"dtype": torch.float16}, "dtype must be torch.float64 or torch.float32"),
        ({"keep_blocks": ("gradient",)}, "unknown quantity gradient; known: gradient_power"),
        ({"quantities": ("gaps",)}, "unknown quantity gaps; known: gradient_power"),
        ({"quantities": ()}, "no quantity to measure; known: gradient_power"),
        ({"method": "adam", "quantities": ("step_square",)}, "step_square is a quantity of ADOPT"),
        ({"method": "adopted"}, "unknown method"),
        ({"device": "gpu"}, "device must be cpu, cuda or cuda:N, got 'gpu'"),
        ({"device": "meta"}, "device must be cpu, cuda or cuda:N, got 'meta'"),
        ({"device": "cuda:99"}, "there is no device cuda:99 on this machine; use cpu"),
        ({"settings": []}, "at least one setting"),
        ({"settings": [Setting(0.1, {"beta2": 1.5})]}, r"beta2 must be in \[0, 1\]"),
    ],
)
def test_bad_input(changed, complaint):
    arguments = {"method": "adopt", "settings": GRID[:1], "runs": 2, "steps": 2, "seed": 1}
    with pytest.raises(ValueError, match=complaint):
        simulate(problem("hard_instance"), **{**arguments, **changed})


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 65, 256, 257, 600])
def test_the_fixed_tree_adds_everything_once(count):
    values = torch.arange(float(count), dtype=torch.float64) ** 2
    moments = tile_moments(values.view(1, 1, -1), 4, keep=True)
    tiles = values.split(TILE_RUNS)
    assert moments.total[:, 0, 0].tolist() == [float(tile.sum()) for tile in tiles]
    assert moments.blocks[:, 0, 0].tolist() == [[float(tile[b::4].sum()) for b in range(4)] for tile in tiles]
    for power, central in zip((2, 3, 4), moments.central[:, :, 0, 0], strict=True):
        exact = [float(((tile - tile.mean()) ** power).sum()) for tile in tiles]
        assert np.allclose(central.numpy(), exact, rtol=1e-12, atol=1e-9 * max(map(abs, exact)))


def test_four_thirds_is_accurate_over_the_whole_range():
    square = torch.tensor([0.0, 1e-300, 1e-8, 1.0, 8.0, 1e200, math.inf], dtype=torch.float64)
    with working_precision():
        exact = [float(arb(float(x)).root(3) ** 2) for x in square[1:-1]]
    assert np.allclose(four_thirds(square).numpy(), [0.0, *exact, math.inf], rtol=5e-16, atol=0)
    tiny, missing = four_thirds(torch.tensor([5e-324, math.nan], dtype=torch.float64)).tolist()
    assert tiny == pytest.approx(5e-324 ** (2 / 3), rel=1e-12)
    assert math.isnan(missing)


PEAK = """
import resource, sys, torch
from numerics.engine import simulate
from numerics.registry import problem
from numerics.settings import Setting
settings = [Setting(.1, {"beta1": .9, "beta2": .9, "eps": 2.0})]
simulate(problem("hard_instance"), "adopt", settings, 256, 300, seed=1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
simulate(problem("hard_instance"), "adopt", settings, int(sys.argv[1]), int(sys.argv[2]), seed=1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(("runs", "steps"), [(8192, 60), (256, 2000)])
def test_memory_does_not_grow_with_runs_times_steps(runs, steps):
    """Half a million lane-steps each; kept, three quantities of them would be 12 MB; the statistics are 0.6 MB."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(runs), str(steps)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 6 * 1024


def test_spread_too_small_for_its_power_gives_no_warning_and_no_nan() -> None:
    accumulator = Accumulator(1, 2, 1, False)
    accumulator.count = 4
    accumulator.central[:] = np.array([1e-250, 4.0]).reshape(1, 2)
    assert accumulator.standardised(3).tolist() == [[0.0, 1.0]]
