"""The compiled tier: its traced graphs beside the reference tier for every method, and compiled for real.

The graphs are run as they were traced, without inductor, except in the tests marked slow (compilation takes ten seconds
and more). About 15 s without those.
"""

import dataclasses

import numpy as np
import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from numerics import compiled, philox
from numerics.engine import simulate
from numerics.registry import problem
from numerics.settings import Setting, find_method
from numerics.statistics import ATOMS, GAP, QUANTITIES
from optim.core import METHODS
from tests.numerics.own_problems import own_problems

RUNS, STEPS, SEED = 300, 21, 3
FLOORED = {"eps": 0.5}


@pytest.fixture
def as_traced(monkeypatch):
    """Run graphs as torch traced them."""
    made = {}

    def make(work, name, function, arguments):
        key = (name, str(work), tuple(a.shape for a in arguments))
        if key not in made:
            made[key] = make_fx(function, tracing_mode="fake", _allow_non_fake_inputs=True)(*arguments)
        return made[key]

    monkeypatch.setattr(compiled, "compiled_for", make)


def largest_difference(p, method, settings, **rest):
    found = simulate(p, method, settings, RUNS, STEPS, SEED, tier="compiled", **rest)
    expected = simulate(p, method, settings, RUNS, STEPS, SEED, tier="reference", **rest)
    assert set(found.mean) == set(expected.mean)
    worst = 0.0
    for part, power in (("mean", 1), ("variance", 2), ("block_sum", 1)):
        for name, values in getattr(expected, part).items():
            size = np.abs(expected.mean[name]).max() ** power * (RUNS if part == "block_sum" else 1)
            worst = max(worst, float(np.abs(getattr(found, part)[name] - values).max() / size))
    return worst


@pytest.mark.parametrize("method", METHODS)
def test_every_method_traces_to_the_reference_tiers_steps(method, as_traced):
    parameters = FLOORED if "eps" in METHODS[method].defaults else {}
    settings = [Setting(0.1, parameters), Setting(0.2, parameters, decay=0.5)]
    assert largest_difference(problem("huber_multiplicative"), method, settings) <= 1e-15 * STEPS


@pytest.mark.parametrize(
    "name",
    ["log_cosh_normal", "toy", "problem_u", "three_components_reshuffled", "problem_u_fixed_order", "breast_cancer"],
)
def test_every_kind_of_problem_traces_to_the_reference_tiers_steps(name, as_traced):
    clipped = {**FLOORED, "clip": (0.8, 0.25), "start": "algorithm_1"}
    assert largest_difference(problem(name), "adopt", [Setting(0.1, clipped)]) <= 1e-15 * STEPS


@pytest.mark.parametrize("quantities", [(*QUANTITIES, *ATOMS), (GAP,)])
def test_any_quantities_and_single_precision(as_traced, quantities):
    p = problem("hard_instance")
    assert largest_difference(p, "adopt", [Setting(0.1, FLOORED)], quantities=quantities) <= 1e-15 * STEPS
    assert largest_difference(p, "adopt", [Setting(0.1, FLOORED)], dtype=torch.float32) <= 1e-6


def test_without_a_compiler_the_tier_refuses_and_says_why(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ValueError, match=r"needs a C\+\+ compiler, and 'no-such-compiler' is not on the PATH"):
        simulate(problem("toy"), "adopt", [Setting(0.1)], 4, 4, 1, tier="compiled")


def test_functions_that_look_at_values_are_refused_by_name(monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda traced, **options: traced)

    class Looking(type(problem("toy"))):
        def stochastic_gradient(self, theta, variates, gradient):
            return gradient if float(theta.sum()) > 0 else -gradient

    toy = problem("toy")
    looking = Looking(**{name: getattr(toy, name) for name in toy.__dataclass_fields__})
    with pytest.raises(ValueError, match="problem toy cannot be compiled"):
        simulate(looking, "adopt", [Setting(0.1)], 4, 4, 1, tier="compiled")


@pytest.mark.parametrize("p", own_problems().values(), ids=lambda p: p.name)
def test_a_users_problem_traces_to_the_reference_tiers_steps(p, as_traced):
    assert largest_difference(p, "adopt", [Setting(0.1, FLOORED)]) <= 1e-15 * STEPS


def test_the_last_runs_of_the_stream_are_simulated_too(as_traced):
    """The places that fill up the last tile have no run numbers of their own, which would be beyond 2^32."""
    p = problem("three_components_reshuffled")
    found, expected = (
        simulate(p, "adopt", [Setting(0.1)], 100, 10, SEED, tier=tier, first_run=2**32 - 100)
        for tier in ("compiled", "reference")
    )
    assert np.allclose(found.mean[GAP], expected.mean[GAP], rtol=1e-13)


def test_two_methods_of_one_name_are_two_methods(monkeypatch):
    """The compiled functions are kept by what the method is, not by what it is called."""
    monkeypatch.setattr(torch._inductor, "compile", lambda traced, arguments: traced)
    sgd = METHODS["sgd"]
    uphill = dataclasses.replace(sgd, update=lambda state, gradient, step: (-gradient, state))
    p, settings = problem("hard_instance"), [Setting(0.1)]
    for method in (sgd, uphill):
        found, expected = (simulate(p, method, settings, 4, 12, SEED, tier=t) for t in ("compiled", "reference"))
        assert np.allclose(found.mean[GAP], expected.mean[GAP], rtol=1e-13)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
def test_a_users_problem_compiled_for_real():
    """Agrees with the reference tier; the same bits for any batches and threads; subnormal numbers still exist after it."""
    p, settings = own_problems()["well"], [Setting(0.1, FLOORED), Setting(0.2, FLOORED)]
    assert largest_difference(p, "adopt", settings) <= 1e-15 * STEPS
    assert float(torch.tensor(5e-324, dtype=torch.float64) * 1.0) == 5e-324
    assert np.float64(2.0**-1060) * 0.5 != 0
    tiles, threads = compiled.LANES["cpu"], torch.get_num_threads()
    whole = simulate(p, "adopt", settings, 600, STEPS, SEED, tier="compiled")
    try:
        compiled.LANES["cpu"] = 1
        torch.set_num_threads(1)
        parts = simulate(p, "adopt", settings, 600, STEPS + 6, SEED, tier="compiled")
    finally:
        compiled.LANES["cpu"] = tiles
        torch.set_num_threads(threads)
    for name, values in whole.mean.items():
        assert np.array_equal(values, parts.mean[name][:, :STEPS])


def test_batches_are_as_equal_as_can_be():
    from numerics.settings import group
    from numerics.tiers import Work

    chosen = find_method("adopt")
    (batch,) = group(chosen, [Setting(0.1)])
    names = ("problem", "method", "group", "runs", "steps", "seed", "device", "dtype", "quantities", "kept", "blocks")
    for runs, expected in ((1, 1), (256, 1), (257, 2), (10_000, 40), (16_384, 64), (16_385, 33)):
        values = (
            problem("toy"),
            chosen,
            batch,
            range(runs),
            9,
            1,
            torch.device("cpu"),
            torch.float64,
            (),
            frozenset(),
            32,
        )
        assert compiled.batch_tiles(Work(**dict(zip(names, values, strict=True)))) == expected


def test_no_product_in_the_random_stream_overflows_a_signed_word():
    """C++ may assume that it does not: compiled scalar code then drew other numbers, where the product had wrapped."""
    assert all(0 < (2**32 - m) * (2**32 - 1) < 2**63 for m in philox.MULTIPLIERS)
    seen = []

    class Word(int):
        def __mul__(self, other):
            seen.append(int(self) * int(other))
            return Word(seen[-1])

        __rshift__, __and__, __xor__, __add__ = (
            (lambda self, other, name=name: Word(getattr(int, name)(int(self), int(other))))
            for name in ("__rshift__", "__and__", "__xor__", "__add__")
        )

    words = philox.philox_4x32_10([Word(2**32 - 1)] * 4, (2**32 - 1, 2**32 - 1))
    assert all(-(2**63) <= product < 2**63 for product in seen)
    assert [int(w) for w in words] == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]  # Random123's kat_vectors
