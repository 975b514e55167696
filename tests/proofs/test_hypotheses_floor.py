"""The floor under the average gradient: its figures against exact small cases and against runs of `optim.core`'s rule."""

import re
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from sympy import Rational, sympify

from numerics.exact import working_precision
from optim.core import METHODS, advance
from proofs.hypotheses import floor as floors
from proofs.hypotheses import instances, matrix
from proofs.hypotheses.floor import Instance, certificate, checked, floor

COQ = Path(__file__).resolve().parents[2] / "proofs" / "coq"
TWO = (Fraction(8), Fraction(-2)), (Fraction(1, 5), Fraction(4, 5))
THIRD = (Fraction(1, 3),) * 3


def rmsprop(beta2=Fraction(1, 2), eps=Fraction(1)):
    return Instance("adam", "with_replacement", Fraction(0), beta2, *TWO, eps)


def test_without_memory_the_drift_is_that_of_signs():
    """β2 = 0: u = g/max(|g|, ε) is a sign, so the drift at the minimiser is P(ξ = 8) − P(ξ = −2) = −3/5.

    For √v + ε it is (1/5)·8/9 − (4/5)·2/3 = −16/45, and for √(v + ε²) (1/5)·8/√65 − (4/5)·2/√5 ≈ −0.517: η is the least.
    """
    found = floor(rmsprop(Fraction(0)))
    assert found.side == -1
    assert Fraction(16, 45) - Fraction(1, 10**9) < found.eta <= Fraction(16, 45)
    assert found.limit() == found.eta


def test_the_floor_is_below_what_runs_do():
    """RMSprop at α = 1/5, T = 20000, 32 runs: the average of |f'| is above the certified floor, which is positive."""
    found = floor(rmsprop())
    alpha, steps, runs = 0.2, 20_000, 32
    certified = found.average(Fraction(1, 5), steps)
    assert certified > 0
    generator = np.random.Generator(np.random.Philox(3))
    rule = METHODS["rmsprop"]
    theta = torch.ones(runs, dtype=torch.float64)
    state, total, furthest = rule.init(theta), 0.0, 0.0
    for t in range(steps):
        y = theta.clamp(-9, 9)
        total += float(y.abs().mean())
        offset = torch.from_numpy(np.where(generator.random(runs) < 0.2, 8.0, -2.0))
        direction, state = rule.update(state, y + offset, t, beta2=0.5, eps=1.0, denominator_form="max")
        theta = advance(theta, direction, alpha)
        furthest = max(furthest, float(theta.abs().max()))
    assert total / steps > float(certified)
    assert furthest <= float(found.reach(Fraction(1, 5)))


def test_adopt_without_replacement_drifts_from_every_state():
    """β2 = 0, offsets 2, −1, −1: one epoch's mean direction at y = 0, from the six orders by hand.

    The first draw adds nothing. After −1 (chance 2/3) the second has mean ½ and s = max(1, ε); after 2 it is −1 over s = 2:
    ⅔·½ − ⅓·½ = 1/6. The third: after (2, −1) or (−1, 2) it is −1 over 1 or 2, after (−1, −1) it is 2 over 1: ⅓(−1 − ½ + 2) = 1/6.
    """
    instance = Instance(
        "adopt", "reshuffled", Fraction(0), Fraction(0), (Fraction(2), Fraction(-1), Fraction(-1)), THIRD
    )
    orders = sorted(set(permutations(instance.offsets)))
    side, size = floors.least_drift(instance, floors.epoch_terms(instance, orders), "max")
    assert side == 1
    assert Fraction(1, 3) - Fraction(1, 10**6) < size <= Fraction(1, 3)


FRACTIONS = st.fractions(0, 1, max_denominator=50)


@given(
    small=st.fractions(Fraction(1, 20), 8, max_denominator=20),
    ratio=st.fractions(1, 10, max_denominator=20),
    share=st.fractions(0, 1, max_denominator=50),
    eps=st.fractions(Fraction(1, 20), 40, max_denominator=20),
    more=FRACTIONS,
    other=FRACTIONS,
)
@example(
    small=Fraction(1), ratio=Fraction(4), share=Fraction(1, 2), eps=Fraction(2), more=Fraction(1, 2), other=Fraction(1)
)
@example(
    small=Fraction(1), ratio=Fraction(4), share=Fraction(1, 2), eps=Fraction(2), more=Fraction(1, 2), other=Fraction(0)
)
def test_the_difference_of_inverses_is_nowhere_less_than_at_its_ends(small, ratio, share, eps, more, other):
    """Every c in [share, 1], b in [0, (1−c)B²] and denominator, ε above and below the offsets; `<` on balls is certain."""
    large, largest = small * ratio, 2 * small * ratio + 1
    with working_precision():
        least = floors.ball(floors.least_gap(large, small, share, largest, eps))
        c = share + more * (1 - share)
        b = other * (1 - c) * largest**2
        for form in floors.DENOMINATORS:
            low, high = (floors.inverse(floors.ball(b + c * x**2), floors.ball(eps), form) for x in (small, large))
            assert not low - high < least


def test_both_ends_are_needed():
    """A = 4, h = 1, B = 9, c = ½, by hand. ε = 1: least at b = 81/2 for √v + ε, 1/(√41 + 1) − 1/(√(97/2) + 1) ≈ 0.00950.

    ε = 3 > √8: at b = 0 the maximum hides both squares, and the difference is 0.
    """
    with working_precision():
        far = floors.least_gap(Fraction(4), Fraction(1), Fraction(1, 2), Fraction(9), Fraction(1))
        hidden = floors.least_gap(Fraction(4), Fraction(1), Fraction(1, 2), Fraction(9), Fraction(3))
    assert abs(float(far) - (1 / (41**0.5 + 1) - 1 / (48.5**0.5 + 1))) < 1e-15
    assert hidden == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "adopt"}, "right sign with replacement"),
        ({"method": "sgd"}, "no floor is known"),
        ({"offsets": (Fraction(8), Fraction(-1))}, "mean must be 0"),
        ({"probabilities": (Fraction(1, 2), Fraction(1, 4))}, "summing to 1"),
        ({"beta2": Fraction(1)}, "0 <= beta1, beta2 < 1"),
        ({"sampling": "reshuffled"}, "same share"),
    ],
)
def test_impossible_instances(change, message):
    from dataclasses import replace

    with pytest.raises(ValueError, match=message):
        floor(replace(rmsprop(), **change))


def test_a_symmetric_law_has_no_floor():
    instance = Instance(
        "adam",
        "with_replacement",
        Fraction(0),
        Fraction(1, 2),
        (Fraction(1), Fraction(-1)),
        (Fraction(1, 2), Fraction(1, 2)),
    )
    assert floor(instance) is None


def test_a_certificate_is_recomputed():
    found = floor(rmsprop())
    assert checked(certificate(found)) == found
    with pytest.raises(ValueError, match="not a gradient-floor"):
        checked(certificate(found) | {"format": "drift-cert/1"})
    with pytest.raises(ValueError, match="mean must be 0"):
        checked(certificate(found) | {"offsets": ["8", "-3"]})


def test_every_red_cell_of_the_matrix_is_an_instance_of_a_coq_theorem():
    """`adam_with_replacement_no_rate` (offsets 4s, −s) and `…_without_replacement_no_rate…` (2s, −s, −s; Adam with β1 = 0).

    Their only other hypothesis is ε² < (1 − β2)·max|ξ|²; the weighted measure is proved for ADOPT.
    """
    proved = (COQ / "headlines.txt").read_text()
    cells = 0
    for _, row, sampling, conjecture in matrix.conjectures():
        found = instances.biased_at_the_minimiser(conjecture)
        if found is None:
            continue
        cells += 1
        offsets = [Fraction(x) for x in found.data["offsets"]]
        beta1, beta2, eps = (Fraction(found.data[k]) for k in ("beta1", "beta2", "eps"))
        weighted = "_weighted" if conjecture.claim.measure == "weighted" else ""
        if sampling == "with_replacement":
            theorem = f"FloorWithReplacement.adam_with_replacement_no_rate{weighted}"
            assert offsets == [-4 * offsets[1], offsets[1]]
            assert offsets[0] > 0
            assert found.data["probabilities"] == ["1/5", "4/5"]
        else:
            method = {"adam": "rmsprop", "adopt_clipped": "clipped_adopt"}.get(row, row)
            theorem = f"FloorThreeComponents.{method}_without_replacement_no_rate{weighted}"
            assert offsets == [-2 * offsets[1], offsets[1], offsets[1]]
            assert offsets[0] > 0
            assert beta1 == 0 or found.data["method"] == "adopt"
        assert f"{theorem}\n" in proved
        assert eps**2 < (1 - beta2) * max(offsets) ** 2
    assert cells == 48


def coq_statement(file: str, theorem: str) -> tuple[str, str]:
    """(left side, C) of `left <= C * average …` as the Coq source states it, in sympy's notation."""
    source = (COQ / file).read_text()
    stated = re.search(rf"Theorem {theorem} :\s(.*?)<= (.*?) \* average", source, re.DOTALL)
    assert stated is not None
    texts = [x.replace("INR (S ", "(1 + ").replace("INR ", "").replace("^", "**") for x in stated.groups()]
    return texts[0], re.sub(r"(^|\()/ eps", r"\g<1>1 / eps", texts[1])


@pytest.mark.parametrize("beta1", [Fraction(0), Fraction(9, 10)])
@pytest.mark.parametrize("method", ["adam", "adopt"])
def test_the_floor_is_the_one_that_coq_proves_or_lower(method, beta1):
    """The statements of `adam_floor` and `dealt_floor`, read from their files, with this instance's numbers; C is the same."""
    if method == "adam":
        instance = Instance("adam", "with_replacement", beta1, Fraction(1, 2), *TWO, Fraction(3, 4))
        left, lipschitz = coq_statement("FloorAdam.v", "adam_floor")
    else:
        offsets = (Fraction(8), Fraction(-4), Fraction(-4))
        instance = Instance("adopt", "reshuffled", beta1, Fraction(1, 2), offsets, THIRD, Fraction(3, 4))
        left, lipschitz = coq_statement("FloorReshuffled.v", "dealt_floor")
    found = floor(instance)
    kappa = beta1 / (1 - beta1)
    names = {
        "X": instance.X,
        "B": instance.B,
        "U": instance.U,
        "eps": instance.eps,
        "kappa": kappa,
        "total_eta": found.eta,
        "eta": found.eta,
        "start_up": kappa * (instance.X + 1) / instance.eps,
        "lags": floors.LAGS if beta1 else 1,
        "n": len(instance.offsets),
        "patience": found.patience,
        "k": found.patience,
    }

    def value(text, **more):
        return Fraction(str(sympify(text, locals={k: Rational(str(v)) for k, v in (names | more).items()})))

    assert value(lipschitz) == found.lipschitz
    for alpha, horizon in (
        (Fraction(1), 1),
        (Fraction(1, 10**12), 1),
        (Fraction(1), 10**12),
        (Fraction(1, 10**9), 10**18),
    ):
        here = found.eta - found.per_alpha * alpha - found.once / horizon
        here -= (1 + found.reach(alpha)) / (alpha * horizon)
        assert here <= value(left, al=alpha, T=horizon)
        assert found.average(alpha, horizon) == max(here / found.lipschitz, 0)
    assert here > 0
    smallest, largest = (1, instance.B) if method == "adam" else (1 / (instance.B + instance.eps), instance.U)
    assert beta1**found.patience * (largest + smallest) <= smallest
