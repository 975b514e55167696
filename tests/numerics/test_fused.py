"""The fused tier against the reference tier: every method, problem and sampling; the same bits however it is divided."""

import itertools
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.custom import custom
from numerics.engine import simulate
from numerics.finite_sum import linear_components
from numerics.fused import compiling, tier
from numerics.noises import normal
from numerics.problems import Start
from numerics.registry import PROBLEMS, problem
from numerics.settings import Setting
from numerics.statistics import ATOMS, GAP, GRADIENT_POWER, GRADIENT_SQUARE, QUANTITIES
from optim.core import METHODS
from tests.numerics.own_problems import X, own_problems

LANES = [name for name in PROBLEMS if not name.startswith("breast_cancer")]
CHOICES = {
    "clip": (None, (1.0, 0.25), (0.5, 0.0)),
    "start": ("algorithm_1", "algorithm_2"),
    "denominator_form": ("max", "sum", "inside"),
    "bias_correction": (True, False),
    "delay": (1, 3),
}
NUMBERS = {"beta1": 0.7, "beta2": 0.9, "eps": 0.5}


def variants(method):
    """Every choice of the method's hyper-parameters that changes its code."""
    defaults = METHODS[method].defaults
    names = [name for name in CHOICES if name in defaults]
    common = {name: value for name, value in NUMBERS.items() if name in defaults}
    return [
        common | dict(zip(names, values, strict=True)) for values in itertools.product(*(CHOICES[n] for n in names))
    ]


def both(p, method, listed, runs, steps, **rest):
    return [simulate(p, method, listed, runs, steps, seed=7, tier=name, **rest) for name in ("fused", "reference")]


def same(first, second):
    return all(
        np.array_equal(getattr(first, part)[name], getattr(second, part)[name])
        for part in ("mean", "variance", "skewness", "kurtosis", "block_sum")
        for name in getattr(first, part)
    )


def assert_close(fused, reference, tolerance):
    for name in fused.mean:
        scale = np.abs(reference.mean[name]).max()
        assert np.allclose(fused.mean[name], reference.mean[name], rtol=0, atol=tolerance * scale)
        assert np.allclose(fused.variance[name], reference.variance[name], rtol=1e-12, atol=tolerance * scale**2)


@pytest.mark.parametrize(
    ("method", "chosen"),
    [(method, variants(method)[:: 5 if len(variants(method)) > 3 else 1]) for method in METHODS]
    + [pytest.param("adopt", variants("adopt"), marks=pytest.mark.slow)],
    ids=[*METHODS, "adopt, every choice"],
)
def test_every_method_is_the_core_s_run_by_run_and_step_by_step(method, chosen):
    """Fair signs on Huber's function in one dimension take +, -, *, / and square roots only: no bit may differ.

    256 blocks are 256 single runs. Where a power of t enters (bias corrections, a decaying step or threshold) numpy's
    and torch's powers may differ in their last bit, in every step.
    """
    for hyperparameters in chosen:
        listed = [Setting(0.05, hyperparameters), Setting(0.03, hyperparameters, 0.5)]
        fused, reference = both(
            problem("hard_instance"), method, listed, 256, 20, blocks=256, keep_blocks=(GRADIENT_SQUARE, GAP)
        )
        powers = "bias_correction" in hyperparameters or hyperparameters.get("clip") or method in ("adashift", "adamax")
        for name in (GRADIENT_SQUARE, GAP):
            ours, theirs = fused.block_sum[name], reference.block_sum[name]
            assert powers or np.array_equal(ours[0], theirs[0])
            assert np.allclose(ours, theirs, rtol=20 * 1e-15, atol=0)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from([m for m in METHODS if m != "adashift"]),
    st.floats(0.0, 0.999),
    st.floats(0.0, 0.9999),
    st.floats(1e-8, 10.0),
    st.floats(1e-4, 1.0),
    st.floats(0.0, 1.0),
)
def test_no_value_of_a_hyperparameter_tells_the_tiers_apart(method, beta1, beta2, eps, alpha, decay):
    given_values = {"beta1": beta1, "beta2": beta2, "eps": eps}
    chosen = {name: value for name, value in given_values.items() if name in METHODS[method].defaults}
    fused, reference = both(problem("huber_multiplicative"), method, [Setting(alpha, chosen, decay)], 20, 6)
    for name in (GRADIENT_SQUARE, GAP):
        assert np.allclose(fused.mean[name], reference.mean[name], rtol=2e-15, atol=1e-300)


@pytest.mark.parametrize("name", LANES)
def test_every_problem_and_sampling_agrees_with_the_reference(name):
    for method in ("adopt", "adam"):
        fused, reference = both(problem(name), method, [Setting(0.05, {"beta2": 0.9, "eps": 0.5})], 300, 21)
        assert_close(fused, reference, 2e-15)


def test_one_step_of_noise_and_gradient_agrees_to_1e_15():
    """The state after the first moving step, through the mean of single runs: tanh, log, sine and cosine enter once."""
    p = problem("log_cosh_normal")
    chosen = [Setting(1.0, {"eps": 1.0, "beta1": 0.0})]
    for run in range(20):
        fused, reference = (
            simulate(p, "adopt", chosen, 1, 2, seed=3, tier=name, first_run=run) for name in ("fused", "reference")
        )
        for name in QUANTITIES:
            assert np.allclose(fused.mean[name], reference.mean[name], rtol=1e-15, atol=0)


def test_atoms_are_those_of_the_reference():
    chosen = [Setting(0.1, {"beta2": 0.9, "eps": 0.5, "start": s, "clip": (1.0, 0.25)}) for s in CHOICES["start"]]
    for method in ("adopt", "no_decorrelation", "order_unchanged"):
        fused, reference = both(
            problem("log_cosh_spikes"), method, chosen, 70, 12, quantities=(*QUANTITIES, *ATOMS), keep_blocks=ATOMS
        )
        assert set(ATOMS) <= set(fused.mean)
        assert_close(fused, reference, 2e-15)


def test_settings_together_are_settings_alone():
    p, chosen = problem("log_cosh_normal"), [Setting(0.1, {"beta2": b, "eps": 0.5}) for b in (0.0, 0.5, 0.999)]
    together = simulate(p, "adopt", chosen, 300, 20, seed=1, tier="fused")
    for row, setting in enumerate(chosen):
        alone = simulate(p, "adopt", [setting], 300, 20, seed=1, tier="fused")
        for name in QUANTITIES:
            assert np.array_equal(alone.mean[name][0], together.mean[name][row])
            assert np.array_equal(alone.kurtosis[name][0], together.kurtosis[name][row])


@pytest.mark.parametrize("method", ["adopt", "adam"])
@pytest.mark.parametrize("name", ["log_cosh_normal", "three_components_reshuffled", "problem_u_fixed_order"])
def test_threads_chunks_and_batches_do_not_change_the_bits(name, method, monkeypatch):
    p, chosen = problem(name), [Setting(0.1, {"eps": 0.5}), Setting(0.2, {"eps": 0.5})]
    runs = 2 * 256 + 37
    whole = simulate(p, method, chosen, runs, 60, seed=1, tier="fused")
    monkeypatch.setattr(tier, "CHUNK_MOMENTS", 102)  # 17 steps at a time for three tiles and two settings
    threads = torch.get_num_threads()
    torch.set_num_threads(3 if threads != 3 else 2)
    try:
        assert same(simulate(p, method, chosen, runs, 60, seed=1, tier="fused"), whole)
        monkeypatch.setattr(tier, "BATCH_BYTES", 1)
        torch.set_num_threads(1)
        assert same(simulate(p, method, chosen, runs, 60, seed=1, tier="fused"), whole)
    finally:
        torch.set_num_threads(threads)


def test_run_r_is_the_same_in_any_range_of_runs():
    p, chosen = problem("log_cosh_normal"), [Setting(0.1, {"eps": 0.5})]
    many = simulate(p, "adopt", chosen, 256, 20, seed=1, tier="fused", first_run=1000, blocks=256)
    for run in (1000, 1100, 1255):
        alone = simulate(p, "adopt", chosen, 1, 20, seed=1, tier="fused", first_run=run)
        assert np.array_equal(alone.mean[GRADIENT_POWER][0], many.block_sum[GRADIENT_POWER][0, :, run - 1000])


def test_a_longer_simulation_begins_with_the_shorter_one():
    p, chosen = problem("problem_u_reshuffled"), [Setting(0.1, {"eps": 0.5})]
    short, long = (simulate(p, "adopt", chosen, 300, steps, seed=1, tier="fused") for steps in (11, 40))
    assert np.array_equal(short.variance[GAP], long.variance[GAP][:, :11])


def test_any_number_of_blocks_is_the_reference_s():
    p, chosen = problem("huber_multiplicative"), [Setting(0.1, {"eps": 0.5})]
    for blocks in (1, 8, 64, 256):
        fused, reference = both(p, "adopt", chosen, 300, 5, blocks=blocks, keep_blocks=(GRADIENT_SQUARE,))
        assert np.array_equal(fused.block_sum[GRADIENT_SQUARE], reference.block_sum[GRADIENT_SQUARE])


def test_denormals_and_rounding_survive_a_fused_call():
    """A kernel that sets flush-to-zero would leave it set for the whole process."""
    p = problem("log_cosh_normal")
    for threads in (1, 2):
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        simulate(p, "adopt", [Setting(0.1)], 600, 3, seed=1, tier="fused")
        torch.set_num_threads(before)
    tiny = np.float64(5e-324)
    assert tiny * 1.0 > 0
    assert np.float64(2.0**-1022) / 2 > 0
    assert torch.tensor(1e-310, dtype=torch.float64).mul(0.5).item() > 0


def test_the_projection_keeps_the_iterates_in_the_box():
    p = linear_components("walk", [3, -1], start=0)
    fused, reference = both(p, "sgd", [Setting(0.75)], 300, 30)
    assert_close(fused, reference, 1e-15)
    assert fused.mean[GAP][0].min() >= 0.0
    free = replace(p, box=None)
    walked = simulate(free, "sgd", [Setting(0.75)], 300, 30, seed=7, tier="fused")
    assert walked.mean[GAP][0].min() < 0.0  # without the projection f falls without bound


@pytest.mark.parametrize("p", own_problems().values(), ids=lambda p: p.name)
def test_a_user_s_problem_reaches_the_fused_tier_without_code(p):
    fused, reference = both(p, "adopt", [Setting(0.1, {"eps": 0.5})], 300, 20)
    assert_close(fused, reference, 4e-15)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"dtype": torch.float32}, "it computes in float64"),
        ({"problem": "breast_cancer"}, "no formula for a single run"),
        ({"method": "adashift", "hyperparameters": {"spatial_dims": (-1,)}}, "spatial_dims couples coordinates"),
        ({"first_run": 2**32}, r"runs must be a contiguous range within \[0, 2\^32\)"),
        ({"tier": "fastest"}, "unknown tier 'fastest'; one of auto, reference"),
    ],
)
def test_what_the_fused_tier_cannot_do_is_refused_with_the_reason(changed, complaint):
    name, method = changed.pop("problem", "hard_instance"), changed.pop("method", "adopt")
    chosen = [Setting(0.1, changed.pop("hyperparameters", {}))]
    with pytest.raises(ValueError, match=complaint):
        simulate(problem(name), method, chosen, 2, 2, seed=1, **{"tier": "fused", **changed})


def test_a_changed_problem_is_another_module_and_the_same_one_is_not_compiled_again(monkeypatch, tmp_path):
    one, two = "def step(a, b, c, d, e):\n    return\n", "def step(a, b, c, d, e):\n    a + 1\n"
    monkeypatch.setenv("ADOPTPROOF_CACHE", str(tmp_path))
    compiling.directory.cache_clear()
    try:
        files = [compiling.module("step", text).__file__ for text in (one, two, one)]
    finally:
        compiling.directory.cache_clear()
    assert files[0] == files[2]
    assert files[0] != files[1]
    assert all(file.startswith(str(tmp_path)) for file in files)


def test_the_loop_is_a_torch_operator_that_changes_what_it_says(monkeypatch):
    """torch's own check: the schema's mutated arguments are the ones that change, and nothing is aliased."""
    seen, run = [], tier._simulate
    monkeypatch.setattr(
        tier,
        "_simulate",
        lambda *given: seen.append({**given[0], "scratch": given[1], "tiles": given[2]}) or run(*given),
    )
    simulate(problem("log_cosh_normal"), "adopt", [Setting(0.1)], 300, 5, seed=1, tier="fused", keep_blocks=())
    operator = torch.ops.adoptproof.simulate_tiles.default
    torch.library.opcheck(operator, (), seen[0], test_utils=("test_schema", "test_faketensor"))


COLD = """
from numerics.engine import simulate
from numerics.registry import problem
from numerics.settings import Setting
simulate(problem("log_cosh_normal"), "adopt", [Setting(0.1)], 256, 4, seed=1, tier="fused")
"""


@pytest.mark.slow
def test_the_first_call_compiles_what_it_needs_and_the_next_process_finds_it(tmp_path):
    """Eight functions, some tenths of a second each: that is the first call's time, without measuring it here."""
    environment = {
        "ADOPTPROOF_CACHE": str(tmp_path),
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PATH": "",
        "HOME": str(tmp_path),
    }
    found = []
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COLD], check=True, env=environment)
        found.append({file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.nb?")})
    compiled = sorted(file.name.split("-")[0].split(".")[-1] for file in found[0] if file.suffix == ".nbi")
    assert compiled == ["combine", "moments", "normals", "power", "simulate_tiles", "step", "step", "words"]
    assert found[0] == found[1]


@pytest.mark.parametrize("clip", [(1e39, 0.0), (1e308, 5.0)])
def test_a_threshold_beyond_any_gradient_clips_nothing(clip):
    p = problem("hard_instance")
    clipped, free = (
        simulate(p, "adopt", [Setting(0.1, {"eps": 0.5, "clip": c})], 300, 9, seed=1, tier="fused")
        for c in (clip, None)
    )
    assert all(np.array_equal(clipped.mean[name], free.mean[name]) for name in QUANTITIES)


def test_nan_and_infinity_are_not_hidden():
    """An iterate that overflows shows in every later mean, as in the reference tier."""
    p = custom("square", X**2 / 2, X, normal(1), Start.at(1), infimum=0, smoothness=1)
    fused, reference = both(p, "sgd", [Setting(1e200)], 3, 6)
    for name in QUANTITIES:
        assert not math.isfinite(fused.mean[name][0, -1])
        assert np.array_equal(np.isnan(fused.mean[name]), np.isnan(reference.mean[name]))
