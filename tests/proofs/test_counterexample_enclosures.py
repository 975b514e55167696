"""Both enclosures of Y = reward + h(next) − h, on random chains and random potentials, against Y itself at random states."""

from fractions import Fraction

import flint
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.counterexamples.certify import potential_json, text
from numerics.counterexamples.potential import Potential, enclose, grid
from numerics.counterexamples.process import METHODS, process, uniform
from proofs.drift_checker.chain import chain_of, m_range, moves_of
from proofs.drift_checker.potential import Potential as Witness
from proofs.drift_checker.potential import prove

rationals = st.fractions(min_value=-3, max_value=3, max_denominator=4)
gradients = st.lists(rationals.filter(bool), min_size=2, max_size=3).filter(sum)


def interpolate(nodes, row, v):
    for (x, y), (u, z) in zip(zip(nodes, row, strict=True), zip(nodes[1:], row[1:], strict=True), strict=False):
        if x <= v <= u:
            return y + (z - y) * (v - x) / (u - x)
    raise ValueError(f"{v} outside the nodes")


def moments(p, h, mode, m, v):
    """E Y, E Y², max |Y| and max |reward| at one state, by the definition."""
    mean = square = largest = reward = 0.0
    for move in p.modes()[mode]:
        after = p.beta2 * v + (1 - p.beta2) * move.gradient**2
        momentum = p.inner * m + (1 - p.inner) * move.gradient
        r = float(momentum) / max(float(after if p.current else v) ** 0.5, float(p.eps))
        step = [
            momentum * interpolate(h.nodes, h.a[move.mode], after) + interpolate(h.nodes, h.b[move.mode], after),
            m * interpolate(h.nodes, h.a[mode], v) + interpolate(h.nodes, h.b[mode], v),
        ]
        y = r + float(step[0] - step[1])
        mean, square = mean + float(move.probability) * y, square + float(move.probability) * y * y
        largest, reward = max(largest, abs(y)), max(reward, abs(r))
    return mean, square, largest, reward


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_state_lies_in_both_enclosures(data):
    method = data.draw(st.sampled_from(sorted(METHODS)))
    order = data.draw(st.sampled_from(["fixed", "reshuffled"]))
    beta1 = Fraction(0) if method == "rmsprop" else data.draw(st.sampled_from([Fraction(1, 2), Fraction(9, 10)]))
    beta2 = data.draw(st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10)]))
    eps = data.draw(st.sampled_from([Fraction(0), Fraction(1), Fraction(3, 2)]))
    components = data.draw(gradients)
    p = process(method, order, uniform(components), beta1, beta2, eps)
    nodes = grid(p, 5)
    values = st.lists(rationals, min_size=len(nodes), max_size=len(nodes)).map(tuple)
    zero, modes = (Fraction(0),) * len(nodes), len(p.modes())
    a = tuple(data.draw(values.filter(any)) if p.inner else zero for _ in range(modes))
    h = Potential(nodes, a, tuple(data.draw(values) for _ in range(modes)))
    ours = enclose(p, h)
    parameters = {"method": method, "components": text(tuple(components)), "order": order}
    chain = chain_of("components", parameters | {"beta1": str(beta1), "beta2": str(beta2), "eps": str(eps)})
    with flint.ctx.workprec(160):
        moves = moves_of(chain)
        theirs = prove(chain, moves, Witness(chain, potential_json(h), len(moves)))
    for mine, other in (
        (ours.low, theirs.low),
        (ours.high, theirs.high),
        (ours.largest, theirs.size),
        (ours.second, theirs.square),
        (ours.reward, theirs.reward),
    ):
        assert float(mine) == pytest.approx(float(other), abs=1e-9, rel=1e-9)
    for _ in range(12):
        mode, share, side = (
            data.draw(st.integers(0, modes - 1)),
            data.draw(st.fractions(0, 1)),
            data.draw(st.fractions(0, 1)),
        )
        v = nodes[0] + share * (nodes[-1] - nodes[0])
        low, *_, high = [Fraction(int(x.p), int(x.q)) for x in m_range(chain, fmpq(v.numerator, v.denominator))] * 2
        mean, square, largest, reward = moments(p, h, mode, low + side * (high - low), v)
        assert float(ours.low) - 1e-9 <= mean <= float(ours.high) + 1e-9
        assert square <= float(ours.second) + 1e-9
        assert largest <= float(ours.largest) + 1e-9
        assert reward <= float(ours.reward) + 1e-9


@settings(max_examples=30, deadline=None)
@given(gradients, st.sampled_from(["0", "1/2", "4/5"]), st.integers(0, 10**6))
def test_v_and_m_stay_in_their_ranges(components, beta1, seed):
    """m² ≤ C v along random paths from m_0 = 0, v_0 = g_0² (Cauchy–Schwarz), exactly."""
    import random

    generator, beta2 = random.Random(seed), Fraction(9, 10)
    parameters = {"method": "adam", "components": text(tuple(components)), "order": "fixed"}
    chain = chain_of("components", parameters | {"beta1": beta1, "beta2": "9/10", "eps": "0"})
    mu, m, v = Fraction(beta1), Fraction(0), components[0] ** 2
    for _ in range(20):
        g = generator.choice(components)
        m, v = mu * m + (1 - mu) * g, beta2 * v + (1 - beta2) * g * g
        low, *_, high = [arb(x) for x in m_range(chain, fmpq(v.numerator, v.denominator))] * 2
        if mu:
            assert low <= arb(fmpq(m.numerator, m.denominator)) <= high
