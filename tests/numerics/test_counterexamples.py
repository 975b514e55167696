"""Drifts: known signs and exact values, the enclosures' soundness for any potential, simulation, and input that is refused."""

from fractions import Fraction
from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.counterexamples import FAMILIES, certify
from numerics.counterexamples.potential import Potential, enclose, grid, propose
from numerics.counterexamples.problem_u import AT_MINIMISER, averaged_drift, limit
from numerics.counterexamples.process import METHODS, exact_drift, process, uniform
from numerics.counterexamples.thresholds import critical_C, enclose_threshold, threshold
from numerics.counterexamples.without_replacement import adopt


def F(text):
    return Fraction(text)


# -- known signs


@pytest.mark.parametrize(
    ("k", "beta2", "direction", "cells"),
    [
        ("10", "0", "wrong", 64),
        ("10", "0.9", "wrong", 64),
        ("10", "0.97768", "wrong", 1024),  # theory §4a: the threshold lies between these two
        ("10", "0.97780", "right", 1024),
        ("10", "0.999", "right", 512),
        pytest.param("50", "0.99912", "wrong", 4096, marks=pytest.mark.slow),
        pytest.param("50", "0.99924", "right", 4096, marks=pytest.mark.slow),
    ],
)
def test_rmsprop_with_replacement(k, beta2, direction, cells):
    result = certify("rmsprop_with_replacement", {"k": k, "beta2": beta2}, most_cells=cells)
    assert (result.status, result.direction) == ("certified", direction)
    assert (result.drift[1] < 0) == (direction == "wrong")  # E g = 1: θ must go down
    assert result.claim == ("failure" if direction == "wrong" else "drift")


def test_the_sufficient_condition_that_coq_proves():
    """k > 2, β2 < (k−2)/(k−1+k⁻²−k⁻³): wrong at every t."""
    for k in (F(3), F(10)):
        below = (k - 2) / (k - 1 + 1 / k**2 - 1 / k**3) - F("1/100")
        assert certify("rmsprop_with_replacement", {"k": k, "beta2": below}).direction == "wrong"


@pytest.mark.parametrize(
    ("beta2", "direction"),
    [("0", "right"), ("0.05", "wrong"), ("0.5", "wrong"), ("0.95", "wrong"), ("0.99", "right"), ("0.999", "right")],
)
def test_adam_with_replacement(beta2, direction):
    assert (
        certify("adam_with_replacement", {"beta2": beta2}, most_cells=1024 if beta2 == "0.999" else 256).direction
        == direction
    )


def test_ablations():
    for beta2 in ("0.1", "0.5", "0.9"):
        assert certify("order_unchanged", {"beta2": beta2}).direction == "wrong"
        assert certify("order_unchanged", {"beta2": beta2, "k": "3"}).direction == "right"  # k = 3 does not expose it
        plain = certify("rmsprop_with_replacement", {"beta2": beta2})
        for beta1 in ("0", "0.9"):
            assert certify("no_decorrelation", {"beta1": beta1, "beta2": beta2}).drift == plain.drift


@pytest.mark.parametrize(("order", "exact"), [("fixed", "71/190"), ("reshuffled", "21/95")])
def test_adopt_without_replacement_at_beta2_zero(order, exact):
    result = certify("adopt_without_replacement", {"order": order})
    assert (result.exact, result.direction, result.claim) == (F(exact), "wrong", "failure")
    assert result.drift[0] <= F(exact) <= result.drift[1]


@pytest.mark.parametrize("beta2", ["0", "0.5", "0.9"])
def test_adopt_without_replacement_near_balance(beta2):
    for order in ("fixed", "reshuffled"):
        assert certify("adopt_without_replacement", {"C": "1.99", "beta2": beta2, "order": order}).direction == "wrong"
        assert certify("adopt_without_replacement", {"C": "1", "beta2": beta2, "order": order}).direction == "right"
        pair = {"n": "2", "C": "0.99", "beta2": beta2, "order": order}
        assert certify("adopt_without_replacement", pair).direction == "right"  # n = 2 is never wrong
    right = certify("adopt_without_replacement", {"C": "1.99", "beta2": beta2, "order": "replacement"})
    assert right.direction == "right"
    assert right.drift[1] < 0


def test_fixed_order_is_the_cycle_in_closed_form():
    """v = 1 + βʲX, X = (1−β)(C²−1)/(1−βⁿ), before the j-th −1, j = n − 1 before +C (WithoutReplacement.v)."""
    n, C, beta = 4, 2.8, 0.7
    X = (1 - beta) * (C**2 - 1) / (1 - beta**n)
    cycle = C / (1 + beta ** (n - 1) * X) ** 0.5 - sum((1 + beta**j * X) ** -0.5 for j in range(n - 1))
    low, high = certify("adopt_without_replacement", {"n": "4", "C": "2.8", "beta2": "0.7"}).drift
    assert low - Fraction(1, 10**9) < Fraction(cycle) < high + Fraction(1, 10**9)
    assert high - low < F("1/50")


def test_problem_u():
    golden = (1 + 5**0.5) / 2
    for sampling, drift, zero in (("fixed", "1/2", (golden - 2) / (1 + golden)), ("reshuffled", "1/3", None)):
        result = certify("problem_u", {"method": "adopt", "sampling": sampling, "beta2": "0"})
        assert (result.exact, result.direction, result.claim) == (F(drift), "wrong", "failure")
        assert averaged_drift(sampling, result.limit[0]) < 0 < averaged_drift(sampling, result.limit[1])
        x = (2 + float(result.limit[0])) / (1 - float(result.limit[0]))
        assert abs(x * x - x - 1 if zero else 8 * x * x - 9 * x - 8) < 1e-9
        assert zero is None or abs(float(result.limit[1]) - zero) < 1e-9
    assert f"{float(limit('reshuffled')[0]):.4f}" == "-0.1071"
    for beta2 in ("0", "0.5", "0.9"):
        assert certify("problem_u", {"beta2": beta2}).drift[1] < 0
        adam = {"method": "adam", "beta1": "0.5", "beta2": beta2}
        assert certify("problem_u", adam, most_cells=256).direction == "wrong"
        assert certify("problem_u", {"method": "adopt", "beta1": "0.9", "beta2": beta2}).exact == 0


def test_amsgrad_is_slow():
    result = certify("amsgrad_slow")
    assert (result.direction, result.exact) == ("right", F("1/2500"))
    assert result.speed.bound >= F("1/2500")
    assert result.speed.bound**2 * 50**4 * F("1/2") >= 1
    assert 20 < result.speed.ratio <= result.speed.adopt[0] / result.speed.bound


# -- thresholds


@pytest.mark.slow
def test_thresholds():
    low, high = threshold(F(5))
    assert high - low <= F("2e-4")
    assert certify("rmsprop_with_replacement", {"k": F(5), "beta2": low}).direction == "wrong"
    assert certify("rmsprop_with_replacement", {"k": F(5), "beta2": high}).direction == "right"
    golden = (1 + 5**0.5) / 2  # n = 3, β2 = 0, fixed order: C − 1/C − 1 = 0
    low, high = critical_C(3, F(0), "fixed")
    assert low < golden < high
    assert high - low <= F("1e-4")


@pytest.mark.slow
def test_the_papers_thresholds():
    low, high = threshold(F(10))
    assert F("0.97768") <= low < high <= F("0.97780")
    assert high - low <= F("2e-4")
    low, high = threshold(F(50))
    assert F("0.99912") <= low < high <= F("0.99925")


def test_the_drift_increases_in_C():
    for order, beta2 in product(("fixed", "reshuffled"), ("0", "0.8")):
        drifts = [
            certify("adopt_without_replacement", {"n": "4", "C": C, "beta2": beta2, "order": order}).drift
            for C in ("0.5", "1.5", "2.2", "2.9")
        ]
        assert all(before[1] < after[0] for before, after in pairwise(drifts))


def test_no_threshold():
    with pytest.raises(ValueError, match="has no threshold"):
        enclose_threshold("problem_u", {})
    with pytest.raises(ValueError, match="never wrong"):
        critical_C(2, F(0), "fixed")
    with pytest.raises(ValueError, match="integer"):
        enclose_threshold("adopt_without_replacement", {"n": "5/2"})
    with pytest.raises(ValueError, match="must be > 1"):
        threshold(F(1))
    with pytest.raises(ValueError, match="seem to change sign"):
        threshold(F("3/2"))  # E[sign g] = (2−k)/k > 0: right from β2 = 0 on


# -- soundness of the enclosure

rationals = st.fractions(min_value=-3, max_value=3, max_denominator=4).filter(bool)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_potential_encloses_the_exact_drift(data):
    """The witness is not trusted: a potential of random values gives a wide enclosure, never a wrong one."""
    method = data.draw(st.sampled_from(sorted(METHODS)))
    sampling = data.draw(st.sampled_from(["replacement", "fixed", "reshuffled"]))
    gradients = data.draw(st.lists(rationals, min_size=2, max_size=4).filter(sum))
    beta1 = F(0) if method == "rmsprop" else data.draw(st.sampled_from([F(0), F("1/2"), F("9/10")]))
    eps = data.draw(st.sampled_from([F(0), F("1/2"), F(1)]))
    p = process(method, sampling, uniform(gradients), beta1, F(0), eps)
    exact = exact_drift(p)
    modes, nodes = len(p.modes()), grid(p, 6)
    values = st.lists(rationals, min_size=len(nodes), max_size=len(nodes)).map(tuple)
    zero = (F(0),) * len(nodes)
    h = Potential(
        nodes,
        tuple(data.draw(values) if p.inner else zero for _ in range(modes)),
        tuple(data.draw(values) for _ in range(modes)),
    )
    for potential in (h, propose(p, 8)):
        y = enclose(p, potential)
        assert y.low <= y.high <= y.largest
        assert y.second <= (y.largest + F("1/1000")) ** 2
        if exact is not None:
            assert p.period * y.low <= exact <= p.period * y.high


@settings(max_examples=25, deadline=None)
@given(st.lists(rationals, min_size=2, max_size=4).filter(sum), st.sampled_from([F(0), F("1/2")]))
def test_the_exact_drift_is_the_mean_over_all_orders(components, eps):
    """Two epochs, all pairs of orders: the drift over the second, v the square of the gradient before."""
    orders = list(permutations(components))

    def drift(before, epoch):
        return sum(g / max(abs(h), eps) for h, g in pairwise([before[-1], *epoch]))

    mean = sum((drift(b, e) for b in orders for e in orders), F(0)) / len(orders) ** 2
    assert exact_drift(process("adopt", "reshuffled", uniform(components), eps=eps)) == mean
    assert exact_drift(process("adopt", "fixed", uniform(components), eps=eps)) == drift(components, components)


def test_finer_grids_give_narrower_enclosures_inside_each_other():
    p = adopt({"n": F(3), "C": F("1.9"), "beta1": F(0), "beta2": F("0.5"), "eps": F(0), "order": "reshuffled"})
    ends = [enclose(p, propose(p, cells)) for cells in (16, 64, 256)]
    for wide, narrow in pairwise(ends):
        assert wide.low < narrow.low < narrow.high < wide.high
        assert narrow.high - narrow.low < (wide.high - wide.low) / 8  # second order: 16


def convex_order(k, beta2, cells, steps):
    """E of convex functions of the stationary v, from both sides: mass split to the neighbouring nodes spreads v and raises
    it, mass lumped to the means of cells lowers it. Gives bounds of the drift of RMSprop, in floating point."""
    nodes = np.geomspace(k**2, k**4, cells + 1)
    gradients = ((1 / k, k**4), (1 - 1 / k, k**2))
    split, mass, mean = np.zeros(cells + 1), np.zeros(cells), (nodes[1:] + nodes[:-1]) / 2
    split[0] = mass[0] = 1
    mean[0] = nodes[0]
    for _ in range(steps):
        spread, lumped, moment = np.zeros(cells + 1), np.zeros(cells), np.zeros(cells)
        for q, square in gradients:
            after = beta2 * nodes + (1 - beta2) * square
            left = np.clip(np.searchsorted(nodes, after, side="right") - 1, 0, cells - 1)
            share = (after - nodes[left]) / (nodes[left + 1] - nodes[left])
            np.add.at(spread, left, q * split * (1 - share))
            np.add.at(spread, left + 1, q * split * share)
            after = beta2 * mean + (1 - beta2) * square
            cell = np.clip(np.searchsorted(nodes, after, side="right") - 1, 0, cells - 1)
            np.add.at(lumped, cell, q * mass)
            np.add.at(moment, cell, q * mass * after)
        split, mass = spread, lumped
        mean = np.where(mass > 0, moment / np.where(mass > 0, mass, 1), mean)

    def weight(v, square):
        return 1 / np.sqrt(beta2 * v + (1 - beta2) * square)

    (most_up, most_down), (least_up, least_down) = (
        [(chance * weight(v, square)).sum() for _, square in gradients] for chance, v in ((split, nodes), (mass, mean))
    )
    return k * least_up - (k - 1) * most_down, k * most_up - (k - 1) * least_down


@pytest.mark.parametrize("beta2", ["0.5", "0.9", "0.96"])
def test_convex_order_gives_the_same_drift(beta2):
    """Another method, which bounds the stationary law and not a potential: its bounds and the enclosure must meet."""
    low, high = convex_order(10.0, float(F(beta2)), cells=400, steps=800)
    ours = [float(x) for x in certify("rmsprop_with_replacement", {"beta2": beta2}).drift]
    assert max(low, ours[0]) <= min(high, ours[1])
    assert high - low < 0.002


# -- simulation


def rewards(p, runs, steps, seed):
    """Means over `steps` of the rewards of a with-replacement process, one for each run, after as many steps of burn-in."""
    generator = np.random.default_rng(seed)
    g = np.array([float(x) for x, _ in p.law])
    weights = [float(q) for _, q in p.law]
    inner, beta2, eps = float(p.inner), float(p.beta2), float(p.eps)
    m, v, mean = np.zeros(runs), np.full(runs, g[-1] ** 2), np.zeros(runs)
    for t in range(2 * steps):
        drawn = generator.choice(g, size=runs, p=weights)
        after = beta2 * v + (1 - beta2) * drawn**2
        m = inner * m + (1 - inner) * drawn
        if t >= steps:
            mean += m / np.maximum(np.sqrt(after if p.current else v), eps) / steps
        v = after
    return mean


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("rmsprop_with_replacement", {"beta2": "0.9"}),
        ("adam_with_replacement", {"beta2": "0.9"}),
        ("order_unchanged", {"beta2": "0.5"}),
        ("law", {"method": "adam", "law": "3:1/5,1/2:1/5,-1:3/5", "beta1": "1/2", "beta2": "1/2", "eps": "1"}),
    ],
)
def test_simulated_drifts_lie_in_the_enclosures(name, parameters):
    result = certify(name, parameters)
    means = rewards(FAMILIES[name].build(result.parameters), runs=2000, steps=400, seed=7)
    error = means.std(ddof=1) / len(means) ** 0.5
    assert error < 0.01
    assert float(result.drift[0]) - 5 * error < means.mean() < float(result.drift[1]) + 5 * error


def test_the_walk_goes_to_the_wrong_end_as_theorem_1_says():
    """RMSprop, k = 10, β2 = 0: at α = 1/50 and t ≥ after/α the mean distance from +1 is at most α·limit, and θ_0 = −1."""
    result = certify("rmsprop_with_replacement", {"beta2": "0"})
    alpha = 0.02
    generator, theta, total = np.random.default_rng(3), np.full(4000, -1.0), 0.0
    steps = int(float(result.failure.after) / alpha) + 1
    for t in range(steps + 1000):
        theta = np.clip(theta - alpha * np.where(generator.random(4000) < 0.1, 1.0, -1.0), -1, 1)
        distance = np.abs(theta - 1).mean()
        assert t < steps or distance <= alpha * float(result.failure.limit) < 0.1
        total += distance / 1000 if t >= steps else 0
    assert total <= alpha * float(result.failure.average) < 0.02


def test_a_fixed_order_goes_to_the_wrong_end_as_theorem_2_says():
    for beta2 in ("0", "0.9"):
        result = certify("adopt_without_replacement", {"beta2": beta2, "C": "1.95"})
        alpha, theta, v = 0.01, 1.0, 1.95**2
        steps = int(float(result.failure.after) / alpha) + 1
        for t in range(steps + 300):
            g = 1.95 if t % 3 == 0 else -1.0
            theta = min(1.0, max(-1.0, theta - alpha * g / v**0.5))
            v = float(F(beta2)) * v + (1 - float(F(beta2))) * g * g
            assert t < steps or abs(theta + 1) <= alpha * float(result.failure.limit) < 0.2


def test_problem_u_keeps_off_the_minimiser_as_theorem_3_says():
    for method, order, beta2 in (
        ("adopt", "fixed", 0.0),
        ("adopt", "reshuffled", 0.9),
        ("rmsprop", "replacement", 0.5),
    ):
        given = {"method": method, "sampling": order, "beta2": str(beta2)}
        floor = float(certify("problem_u", given).failure.floor)
        generator, theta, v, total = np.random.default_rng(5), np.zeros(500), np.full(500, 4.0), 0.0
        base = np.tile(np.array([float(g) for g, _ in AT_MINIMISER]), (500, 1))
        for t in range(900):
            if t % 3 == 0:
                epoch = base if order == "fixed" else generator.permuted(base, axis=1)
            xi = generator.choice(base[0], size=500) if order == "replacement" else epoch[:, t % 3]
            g = np.clip(xi + theta, -4, 4)
            after = beta2 * v + (1 - beta2) * g * g
            total += np.abs(theta).mean() / 900
            theta = theta - 0.05 * g / np.maximum(np.sqrt(v if method == "adopt" else after), 1)
            v = after
        assert total > floor > 0


def test_small_steps_go_to_the_zero_of_the_averaged_drift():
    """Problem U, ADOPT, β2 = 0: −0.1459 in a fixed order, −0.1071 reshuffled, by simulation with α = 1/500."""
    base = np.tile(np.array([2.0, -1.0, -1.0]), (400, 1))
    for order in ("fixed", "reshuffled"):
        generator, theta, before, late = np.random.default_rng(9), np.zeros(400), np.full(400, 1.0), []
        for t in range(4500):
            if t % 3 == 0:
                epoch = base if order == "fixed" else generator.permuted(base, axis=1)
                late += [theta.mean()] if t > 3000 else []
            g = epoch[:, t % 3] + theta
            theta, before = theta - 0.002 * g / np.maximum(np.abs(before), 1), g
        assert abs(np.mean(late) - float(limit(order)[0])) < 0.004


# -- input that is refused, and what is not decided


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        ("rmsprop_with_replacement", {"k": "1"}, "k = 1 must be > 1"),
        ("rmsprop_with_replacement", {"beta2": "1"}, r"beta2 = 1 must lie in \[0, 1\)"),
        ("adam_with_replacement", {"beta1": "-0.1"}, "beta1 = -1/10 must lie in"),
        ("rmsprop_with_replacement", {"beta1": "0.9"}, "has no parameter 'beta1'"),
        ("rmsprop_with_replacement", {"k": "ten"}, "not an exact number"),
        ("rmsprop_with_replacement", {"k": "1e9"}, "not an exact number"),
        ("rmsprop_with_replacement", {"k": 10.0}, "not an exact number"),
        ("rmsprop_with_replacement", {"k": "nan"}, "not an exact number"),
        ("adopt_without_replacement", {"C": "2"}, r"C = 2 must lie in \(0, n − 1\) = \(0, 2\)"),
        ("adopt_without_replacement", {"C": "0"}, "C = 0 must lie in"),
        ("adopt_without_replacement", {"n": "5/2"}, "must be an integer"),
        ("adopt_without_replacement", {"n": "1"}, "integer from 2"),
        ("adopt_without_replacement", {"eps": "2"}, "at most 1"),
        ("adopt_without_replacement", {"order": "sorted"}, "choose one of"),
        ("law", {"law": "1:1/2,2:1/3"}, "sum to 1; their sum is 5/6"),
        ("law", {"law": "1:3/2,2:-1/2"}, "must be positive"),
        ("law", {"law": "1:1/2,-1:1/2"}, "mean gradient is 0"),
        ("law", {"law": "1:1/2,0:1/2"}, "eps must be > 0"),
        ("law", {"law": "1"}, "GRADIENT:PROBABILITY"),
        ("law", {"method": "sgd"}, "method 'sgd'"),
        ("law", {"method": "rmsprop", "beta1": "1/2"}, "has no momentum"),
        ("law", {"eps": "-1"}, "eps = -1"),
        ("components", {"order": "replacement"}, "use the family law"),
        ("components", {"components": "1"}, "two or more"),
        ("components", {"order": "reshuffled", "components": ",".join(map(str, range(1, 13)))}, "different rests"),
        ("problem_u", {"eps": "0"}, r"eps = 0 must lie in \(0, 1\]"),
        ("problem_u", {"method": "amsgrad"}, "choose rmsprop, adam or adopt"),
        ("adagrad", {}, "no counterexample 'adagrad'"),
    ],
)
def test_bad_input_names_the_condition(name, given, reason):
    with pytest.raises(ValueError, match=reason):
        certify(name, given)


def test_precision_too_low():
    p = process("rmsprop", "replacement", uniform([F(2), F(-1)]))
    with pytest.raises(ValueError, match="32 bits"):
        enclose(p, propose(p, 4), bits=32)
    with pytest.raises(ValueError, match="2 or more"):
        propose(p, 1)


def test_what_a_coarse_grid_cannot_decide_is_not_guessed():
    result = certify("rmsprop_with_replacement", {"beta2": "0.97768"}, most_cells=64)
    assert (result.status, result.direction, result.certificate) == ("failed", None, None)
    assert result.drift[0] < 0 < result.drift[1]
    assert result.to_json()["reason"] == "not decided at this precision"


def test_a_drift_of_exactly_zero_has_no_direction():
    """k = 2, β2 = 0: E[sign g] = (2−k)/k = 0."""
    result = certify("rmsprop_with_replacement", {"k": "2", "beta2": "0"})
    assert (result.status, result.direction, result.exact, result.certificate) == ("failed", None, 0, None)
    assert result.reason == "the drift is exactly 0, neither wrong nor right"
