"""The search for multipliers: real steps without hand-given products, false claims refused, the best weight of E.2."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from flint import arb, fmpq, fmpq_mat

from proofs import tactics
from proofs.builder import Factors, Line, Script, polynomial, sq
from proofs.certificate import certificate, compact
from proofs.scripts import SCRIPTS, clipping, common
from proofs.scripts.clipped import constant_threshold
from proofs.scripts.clipping import b, h, w
from proofs.scripts.common import Q, inv_s, kappa
from proofs.terms import KernelError
from proofs.verifier import verify
from proofs.young import best_weight, family
from theory import atoms as at
from theory.atoms import G, L, S, a, alpha, beta1, eps, g, grad_theta, m, measure, norm_4_3, s, u, v
from theory.expressions import Expression, Relation, lift, sum_i, t
from theory.statements import statement

square = sum_i(grad_theta(t - 1) ** 2)


class Step(NamedTuple):
    """A step of a script, by its text or (for a step without one) its claim; squares and degree for the search."""

    name: str
    which: str | Relation
    squares: tuple[Expression, ...] = ()
    degree: int = 2


STEPS = {
    "a² ≤ g²/ε²": Step("adopt", "a² ≤ g²/ε²", (g(t),)),
    "convexity of m²": Step("adopt", "m_t² ≤ β1 m_{t−1}² + (1−β1) a_t²", (m(t - 1), a(t))),
    "the recursion of E‖m_t‖²": Step("adopt", "P − E‖m_t‖² ≥ β1 (P − E‖m_{t−1}‖²)"),
    "E‖d_t‖² from E‖m_t‖²": Step("adopt", "E‖d_t‖² ≤ L²α²κ²P", (L * alpha * kappa,)),
    "one step": Step("adopt", "αQ_t ≤ E f(φ_{t−1}) − E f(φ_t) + α²LP(½+κ)", (alpha,)),
    "s² ≤ r²": Step("adopt", s(t - 1) ** 2 <= common.root_z(t) ** 2),
    "(2n+1)³ ≥ 27n²": Step("adopt", (2 * square + 1) ** 3 >= 27 * norm_4_3(t) ** 3, (square,)),
    "‖∇f‖⁴ ≤ q² z": Step("adopt", "‖∇f‖⁴ ≤ (Σ (∂_i f)²/s_i)² (ε² + ‖v‖₁)", (), 3),
    "the measure": Step("adopt", measure(t) ** 2 <= (S * Q(t)) ** 2, (Q(t),)),
    "clipping makes smaller": Step("adopt_clipped", "a² ≤ u²", (u(t), a(t))),
    "what clipping cuts off": Step("adopt_clipped", "w ≤ u²/(4c)", (at.c * a(t), a(t) * w(t), w(t)), 5),
    "E[g²|F]² ≤ G² E[g²|F]": Step("adopt_clipped", "E[g_i² given F]² ≤ G² E[g_i² given F]"),
    "Young on the bias": Step(
        "adopt_clipped", "∂f b ≤ ½(∂f)²/s + G² E[g² given F]/(32ε³c²)", (grad_theta(t - 1), s(t - 1) * b)
    ),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))
def test_a_step_is_found_without_products_or_multipliers(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script runs with this step by `auto`, from the single facts, and the certificate replays."""
    show, found = Script.show, []

    def by_search(x: Script, text: str, claim: Relation, *products: Line | Factors, **more: Any) -> Line:
        if step.which not in (text, claim):
            return show(x, text, claim, *products, **more)
        lines = [f for p in products for f in (p.lines if isinstance(p, Factors) else (p,))]
        found.append(x.auto(text, claim, list(dict.fromkeys(lines)), squares=step.squares, degree=step.degree, **more))
        assert found[-1].poly == polynomial(claim.difference()[0])
        return found[-1]

    monkeypatch.setattr(Script, "show", by_search)
    script = Script(statement(step.name))
    SCRIPTS[step.name](script)
    assert found
    verify(compact(certificate(script.proof, {})))


@pytest.fixture(scope="module")
def x() -> Script:
    return Script(statement("adopt"))


def test_a_false_claim_is_refused_and_named(x: Script) -> None:
    facts = [x.hypothesis("beta1_nonnegative"), x.hypothesis("beta1_below_one")]
    too_small = m(t) ** 2 <= beta1 * m(t - 1) ** 2 + (1 - beta1) * a(t) ** 2 / 2
    before = len(x.proof.steps)
    with pytest.raises(
        KernelError, match=r"NOT CERTIFIED: adopt, .*half the weight: .* no solution \(Clarabel: infeas"
    ):
        x.auto("half the weight", too_small, facts, [x.hypothesis("momentum_step")], [m(t - 1), a(t)], degree=3)
    assert len(x.proof.steps) <= before + 1  # the hypothesis, and nothing derived


@pytest.mark.parametrize("factor", [Fraction(27001, 1000), Fraction(28)])
def test_a_constant_beyond_the_best_is_refused(x: Script, factor: Fraction) -> None:
    n = sum_i(v(t) ** 2)
    nonnegative = x.sum_i(x.show("", v(t) ** 2 >= 0, sq(v(t))))
    x.auto("27", (2 * n + 1) ** 3 >= 27 * n**2, [nonnegative], squares=[n])
    with pytest.raises(KernelError, match="NOT CERTIFIED"):
        x.auto("more than 27", (2 * n + 1) ** 3 >= factor * n**2, [nonnegative], squares=[n])


def test_a_nonnegative_polynomial_that_is_no_sum_of_squares(x: Script) -> None:
    """Motzkin's polynomial is refused; times 1 + p² + q² it is a sum of squares, with a Gram matrix on a face."""
    p, q = m(t), a(t)
    motzkin = p**4 * q**2 + p**2 * q**4 + 1 - 3 * p**2 * q**2
    with pytest.raises(KernelError, match="NOT CERTIFIED"):
        x.auto("Motzkin", motzkin >= 0, squares=[p, q, p * q, p**2 * q, p * q**2])
    powers = [p**i * q**k for i in range(1, 4) for k in range(1, 4) if i + k <= 4]
    x.auto("Motzkin", motzkin * (1 + p**2 + q**2) >= 0, squares=[p, q, p**2, q**2, *powers])


def test_relations_are_kept(x: Script) -> None:
    positive = x.hypothesis("eps_positive")
    assert x.auto("", eps + eps**2 > 0, [positive]).judgment.relation == ">"
    assert x.auto("", m(t) ** 2 + 1 > 0, squares=[m(t)]).judgment.relation == ">"
    with pytest.raises(KernelError, match=r"NOT CERTIFIED: .* derived >= where > is claimed"):
        x.auto("", m(t) ** 2 > 0, squares=[m(t)])
    with pytest.raises(KernelError, match="NOT CERTIFIED"):
        x.auto("", m(t).equals(a(t)), squares=[m(t), a(t)])


def test_too_many_products_are_refused(x: Script) -> None:
    facts = [x.hypothesis(n) for n in ("eps_positive", "alpha_positive", "beta1_nonnegative", "L_nonnegative")]
    with pytest.raises(KernelError, match=r"NOT CERTIFIED: .* 495 products"):
        x.auto("", eps >= 0, facts, degree=8)


def test_solvers_are_loaded_only_to_search() -> None:
    """A script without `auto`, and the commands that check certificates, do not wait for cvxpy."""
    code = "import sys, proofs.tactics, proofs.young; print({'cvxpy', 'scipy', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_wrong_solution_is_not_believed(x: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the solver says, a claim that does not follow is refused."""

    def everything(system: tactics.System, interior: bool) -> list[np.ndarray]:
        return [np.eye(n) for n in system.sizes]

    monkeypatch.setattr(tactics.System, "solve", everything)
    with pytest.raises(KernelError, match=r"NOT CERTIFIED: .* no rounding of its Gram matrices verifies"):
        x.auto("", 2 * m(t) * a(t) >= m(t) ** 2 + a(t) ** 2 - 1, squares=[m(t), a(t)])


def test_ldl_decides_semidefiniteness() -> None:
    def matrix(rows: list[list[int]]) -> fmpq_mat:
        return fmpq_mat([[fmpq(x) for x in row] for row in rows])

    pairs = tactics.ldl(matrix([[4, 2, 0], [2, 1, 0], [0, 0, 3]]))
    assert pairs == [(4, [1, fmpq(1, 2), 0]), (3, [0, 0, 1])]
    assert tactics.ldl(matrix([[1, 2], [2, 3]])) is None
    assert tactics.ldl(matrix([[0, 1], [1, 5]])) is None


# The λ-family of E.2


@pytest.mark.parametrize(("A", "B"), [(1, 1), (Fraction(1, 100), 3), (Fraction(7, 3), Fraction(1, 10**4))])
def test_the_best_weight_of_the_family(A: Fraction, B: Fraction) -> None:
    """The closed form is within the certified gap; the family's bound at λ and the floor are exact rationals."""
    A, B = Fraction(A), Fraction(B)
    found = best_weight(A, B)
    closed = ((exact(B) / 4).sqrt() + (exact(B) / 4 + exact(A)).sqrt()) ** 2
    assert found.bound == family(A, B, found.value)
    assert found.bound <= found.floor * (1 + Fraction(1, 10**8))
    assert exact(found.floor) <= closed
    assert not exact(found.bound) < closed
    for weight in (Fraction(1, 1000), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10), found.value):
        squares = sum(d * (k * weight + l) ** 2 for d, (k, l) in found.squares)
        assert all(d > 0 for d, _ in found.squares)
        assert squares == 4 * weight * (1 - weight) * (family(A, B, weight) - found.floor)


def exact(x: Fraction) -> arb:
    return arb(fmpq(x.numerator, x.denominator))


def test_the_best_weight_beats_one_half_in_the_kernel() -> None:
    """Young's inequality at the weight found for given constants, in clipped ADOPT's script."""
    found = best_weight(Fraction(1), Fraction(1, 100)).value.limit_denominator(1000)
    assert family(Fraction(1), Fraction(1, 100), found) < family(Fraction(1), Fraction(1, 100), Fraction(1, 2))
    x = Script(statement("adopt_clipped"))
    run = clipping.begin(x, constant_threshold(x))
    weight = lift(found)
    x.auto(
        "Young at the best weight",
        grad_theta(t - 1) * b <= weight * grad_theta(t - 1) ** 2 * inv_s(t - 1) + run.scale * h / (4 * found),
        [x.bounded_factors["inv_s"][0](t - 1), run.bias],
        [run.by_s(t - 1)],
        [grad_theta(t - 1), s(t - 1) * b],
    )


def test_no_weight_beats_the_closed_form(x: Script) -> None:
    """For all A = r² − h², B = 4h² and all λ: (A + B/(4λ))/(1−λ) >= (h+r)², as a square of λ(h+r) − h."""
    weight, half, root = alpha, eps, G  # any three symbols
    claim = (half + root) ** 2 * weight * (1 - weight) <= (root**2 - half**2) * weight + half**2
    x.auto("the closed form is the least", claim, squares=[weight * half, weight * root, half])


@pytest.mark.parametrize("weight", [0, 1, Fraction(3, 2)])
def test_weights_outside_the_unit_interval_are_refused(weight: Fraction) -> None:
    with pytest.raises(ValueError, match="must be between 0 and 1"):
        family(Fraction(1), Fraction(1), Fraction(weight))


def test_constants_that_are_not_positive_are_refused() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        best_weight(Fraction(1), Fraction(0))
