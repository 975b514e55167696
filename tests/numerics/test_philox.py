"""The random stream: published vectors, an independent implementation, and the same bits however it is cut up."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from numerics import philox

WORD = st.integers(0, 2**32 - 1)

# Random123's kat_vectors, lines "philox4x32 10"; the last counter and key are digits of pi.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text):
    return [int(word, 16) for word in text.split()]


def run_philox(counter, key):
    return [int(word) for word in philox.philox_4x32_10([torch.tensor(c) for c in counter], tuple(key))]


def philox_in_integers(counter, key):
    """Philox 4x32-10 as the paper's S-box and P-box, in Python integers."""
    left, right, key = [counter[0], counter[2]], [counter[1], counter[3]], list(key)
    for _ in range(10):
        products = [left[0] * 0xD2511F53, left[1] * 0xCD9E8D57]
        high, low = [p >> 32 for p in products], [p & 0xFFFFFFFF for p in products]
        left = [high[1] ^ right[0] ^ key[0], high[0] ^ right[1] ^ key[1]]
        right = [low[1], low[0]]
        key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
    return [left[0], right[0], left[1], right[1]]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_published_known_answers(counter, key, expected):
    assert run_philox(words(counter), words(key)) == words(expected)


@given(st.lists(WORD, min_size=4, max_size=4), st.lists(WORD, min_size=2, max_size=2))
def test_int64_wraparound_is_exact(counter, key):
    assert run_philox(counter, key) == philox_in_integers(counter, key)


def test_uniforms_are_read_off_the_documented_counter():
    seed, run, coordinate, step, stream = 2**40 + 3, 5, 2, 9, 1
    value = philox.uniforms(seed, range(run, run + 1), 3, range(step, step + 1), stream=stream)[0, 0, coordinate]
    block = philox_in_integers([run, coordinate, step // 2, stream], [3, 2**8])
    low, high = block[2:] if step % 2 else block[:2]
    j = ((high << 32) | low) >> 12
    assert float(value) == (2 * j + 1) / 2**53


def test_uniforms_never_reach_the_ends():
    zero, full = torch.tensor(0), torch.tensor(2**32 - 1)
    assert float(philox.to_uniform(zero, zero)) == 2.0**-53
    assert float(philox.to_uniform(full, full)) == 1 - 2.0**-53


@pytest.mark.parametrize("draw", [philox.uniforms, philox.normals])
@pytest.mark.parametrize(
    ("runs", "steps"), [(range(3, 4), range(41)), (range(40), range(7, 8)), (range(11, 33), range(5, 40))]
)
def test_any_range_has_the_same_bits(draw, runs, steps):
    whole = draw(7, range(40), 3, range(41))
    part = draw(7, runs, 3, steps)
    assert torch.equal(part, whole[steps.start : steps.stop, runs.start : runs.stop])


@pytest.mark.parametrize("draw", [philox.uniforms, philox.normals])
def test_the_tile_size_does_not_change_the_bits(draw, monkeypatch):
    whole = draw(7, range(33), 3, range(1, 50))
    monkeypatch.setattr(philox, "BLOCKS_PER_TILE", 100)
    assert torch.equal(draw(7, range(33), 3, range(1, 50)), whole)


def test_seed_run_coordinate_step_and_stream_all_matter():
    base = philox.uniforms(1, range(2), 2, range(4))
    assert base.unique().numel() == 16
    assert not torch.isin(philox.uniforms(2, range(2), 2, range(4)), base).any()
    assert not torch.isin(philox.uniforms(1 + 2**32, range(2), 2, range(4)), base).any()
    assert not torch.isin(philox.uniforms(1, range(2), 2, range(4), stream=1), base).any()


def test_the_laws_are_right():
    uniform = philox.uniforms(11, range(500), 4, range(100)).flatten().numpy()
    normal = philox.normals(11, range(500), 4, range(100))
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3
    assert stats.kstest(normal.flatten().numpy(), "norm").pvalue > 1e-3
    even, odd = normal[0::2].flatten(), normal[1::2].flatten()  # the two halves of one Box-Muller pair
    assert abs(float((even * odd).mean())) < 4 / math.sqrt(even.numel())
    assert abs(float((even**2 * odd**2).mean()) - 1) < 4 * math.sqrt(8 / even.numel())


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, True, "1"])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(ValueError, match="seed must be an integer"):
        philox.uniforms(seed, range(1), 1, range(1))


@pytest.mark.parametrize("runs", [range(-1, 2), range(0, 4, 2), range(2**32, 2**32 + 1), range(3, 2)])
def test_bad_ranges_are_refused(runs):
    with pytest.raises(ValueError, match="runs must be a contiguous range"):
        philox.uniforms(1, runs, 1, range(1))
