"""Scripts and statements that are wrong in one place fail, at the step that is wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from proofs.builder import Script
from proofs.certificate import certificate
from proofs.scripts import SCRIPTS, adopt, common
from proofs.terms import KernelError
from theory import atoms as at
from theory.expressions import Expression, Relation, lift, t
from theory.statement import Hypothesis, Statement
from theory.statements import statement


def run(claimed: Statement) -> None:
    """The script of this statement, to the end and with nothing idle."""
    script = Script(claimed)
    SCRIPTS[claimed.name](script)
    certificate(script.proof, {})


def edited(module: ModuleType, name: str, old: str, new: str) -> Callable[..., Any]:
    """A function of a script module with one place of its source replaced."""
    source = inspect.getsource(getattr(module, name))
    if source.count(old) != 1:
        raise ValueError(f"{old!r} occurs {source.count(old)} times in {name}")
    namespace = dict(vars(module))
    exec(compile("from __future__ import annotations\n" + source.replace(old, new), name, "exec"), namespace)
    function: Callable[..., Any] = namespace[name]
    return function


WRONG_SCRIPTS: dict[str, tuple[ModuleType, str, str, str, str]] = {
    "Adam's order: s_t, which knows g_t, in the place of s_{t-1}": (
        common, "decorrelation", "y = grad_theta(t - 1) * inv_s(t - 1)", "y = grad_theta(t - 1) * inv_s(t)",
        r"\(3\) Decorrelation.*rule integrable_conditional: y is not measurable at the level",
    ),
    "the tower over s_t": (
        common, "decorrelation", 'known there", y, g(t)', 'known there", grad_theta(t - 1) * inv_s(t), g(t)',
        r"\(3\) Decorrelation: condition on F_\{t−1\}.*rule tower: y is not measurable at the level",
    ),
    "κ dropped in φ": (
        adopt, "auxiliary_iterate", "x.define(phi, theta(t) - alpha * kappa * m(t)",
        "x.define(phi, theta(t) - alpha * m(t)", r"\(1\) The auxiliary iterate: φ_t − φ_\{t−1\} = −α a_t",
    ),
    "Hölder's exponents (1, 2)": (
        common, "measure_bound", "norm_4_3(t), 2, 1, [product", "norm_4_3(t), 1, 2, [product",
        r"\(7\) The measure: Hölder\), rule holder: a premise is not the required one",
    ),
    "Hölder's inequality without its pointwise premise": (
        common, "measure_bound", "[product, q_nonnegative, z_nonnegative]", "[norm_bound, q_nonnegative, z_nonnegative]",
        r"\(7\) The measure: Hölder\), rule holder: a premise is not the required one",
    ),
    "the square root forgotten": (
        common, "measure_bound", "x.root(S, s_positive, 2, ", "x.root(S, s_positive, 4, ",
        r"\(7\) The measure: S = √.*S is not what the statement defines",
    ),
    "half the constant of smoothness": (
        adopt, "descent", "HALF * L * alpha**2", "HALF * HALF * L * alpha**2", r"\(2\) Descent: f\(φ_t\) ≤",
    ),
    "the momentum's convexity with the weights exchanged": (
        common, "momentum_bound", "beta1 * m(t - 1) ** 2 + (1 - beta1) * a(t) ** 2,",
        "(1 - beta1) * m(t - 1) ** 2 + beta1 * a(t) ** 2,", r"\(5\) Second moments: m_t² ≤",
    ),
    "the sum over steps one step early": (
        adopt, "telescope", "x.sum_t(one_step, from_)", "x.sum_t(one_step, from_ - 1)",
        r"\(6\) Telescoping.*rule sum_steps: the sum begins before its premise",
    ),
    "f(φ_0) integrable by its lower bound alone": (
        adopt, "start_at_theta", "x.dominated(f_phi(0), upper,",
        "x.dominated(f_phi(0), x.lower_bound(phi, Time('', 0)),", "no way to the integrability",
    ),
    "the bound on the recursion of v with the wrong factor": (
        common, "second_moment_bound", "x.induction(\"v_t ≥ 0\", v(t) >= 0, v_start, v_step, nonnegative)",
        "x.induction(\"v_t ≥ 0\", v(t) >= 0, v_start, v_step, at_most_one)",
        r"\(7\) The measure: v_t ≥ 0\), rule induction: a premise is not the required one",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_SCRIPTS)
def test_a_wrong_script_fails_at_the_wrong_step(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, function, old, new, message = WRONG_SCRIPTS[name]
    monkeypatch.setattr(module, function, edited(module, function, old, new))
    with pytest.raises(KernelError, match=message):
        run(statement("adopt"))


def test_an_edit_that_changes_nothing_leaves_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    unchanged = edited(common, "decorrelation", "y = grad_theta(t - 1)", "y = grad_theta(t - 1)")
    monkeypatch.setattr(common, "decorrelation", unchanged)
    run(statement("adopt"))


# Statements with a hypothesis removed or weakened


@pytest.mark.parametrize(
    ("name", "missing"), [(name, h.name) for name in SCRIPTS for h in statement(name).hypotheses], ids=str
)
def test_every_hypothesis_is_needed_by_its_script(name: str, missing: str) -> None:
    """The step that fails is the one that uses it; without its recurrence the iterate is not even declared."""
    claimed = statement(name)
    rest = tuple(h for h in claimed.hypotheses if h.name != missing)
    where = rf"'{missing}' is not a hypothesis of {name}"
    if missing == "iterate_step":
        where = "a point's names are three known atoms"
    with pytest.raises(KernelError, match=where):
        run(replace(claimed, hypotheses=rest))


@pytest.mark.parametrize(
    ("missing", "rule"), [("lower_bounded", "lower_bound"), ("smooth", "lipschitz")], ids=["lower_bounded", "smooth"]
)
@pytest.mark.parametrize("name", SCRIPTS)
def test_every_assumption_is_needed(name: str, missing: str, rule: str) -> None:
    claimed = statement(name)
    with pytest.raises(KernelError, match=f"rule {rule}: needs {missing}"):
        run(replace(claimed, objective=tuple(a for a in claimed.objective if a != missing)))


WEAKENED: dict[str, tuple[Relation | Expression, str]] = {
    "alpha_positive": (at.alpha >= 0, r"rule inverse: a premise has relation >="),
    "eps_positive": (at.eps >= 0, r"1/ε\), rule inverse: a premise has relation >="),
    "beta1_below_one": (1 - at.beta1 >= 0, r"rule inverse: a premise has relation >="),
    "beta2_at_most_one": (lift(2) - at.beta2 >= 0, r"\(7\) The measure: .*no nonnegative combination"),
    "normaliser_at_least_eps": (2 * at.s(t) >= at.eps, r"1/s ≤ 1/ε"),
    "normalised_gradient_step": ((at.s(t) * at.a(t)).equals(at.g(t)), r"a_t = g_t/s_\{t−1\}"),
    "momentum_start": (at.m(0) ** 2 <= 1, r"\(5\) Second moments: .*no nonnegative combination"),
    "second_moment_integrable": (at.g(t), r"no way to the integrability of .*g"),
}
"""A weaker hypothesis (or Adam's order of steps), and where the proof breaks."""


@pytest.mark.parametrize("name", WEAKENED)
def test_a_weakened_hypothesis_breaks_the_proof(name: str) -> None:
    claimed = statement("adopt")
    claim, message = WEAKENED[name]
    hypotheses = [Hypothesis(name, claim, h.assumption, h.start) if h.name == name else h for h in claimed.hypotheses]
    with pytest.raises(KernelError, match=message):
        run(replace(claimed, hypotheses=tuple(hypotheses)))


def test_an_idle_hypothesis_is_refused() -> None:
    claimed = statement("adopt")
    idle = Hypothesis("gradient_bounded", at.g(t) ** 2 <= at.G**2, "parameters")
    with pytest.raises(KernelError, match="lists what its proof does not use: gradient_bounded"):
        run(replace(claimed, hypotheses=(*claimed.hypotheses, idle)))


# Statements with a wrong bound


def times(factor: Any) -> Callable[[Any, Any], Any]:
    return lambda bound, symbols: bound * factor


def without_one_plus_beta1(bound: Any, symbols: dict[str, Any]) -> Any:
    return bound.subs(1 + symbols["beta1"], 1)


def with_g_for_the_root(bound: Any, symbols: dict[str, Any]) -> Any:
    import sympy

    return bound.subs(sympy.sqrt(symbols["G"] ** 2 + symbols["eps"] ** 2), symbols["G"])


@pytest.mark.parametrize("wrong", [times(2), lambda bound, symbols: bound / 2, without_one_plus_beta1, with_g_for_the_root],
                         ids=["doubled", "halved", "without 1 + β1", "G for √(G² + ε²)"])  # fmt: skip
def test_another_bound_is_not_proved(wrong: Callable[[Any, Any], Any]) -> None:
    from theory.bounds import SYMBOLS

    claimed = statement("adopt")
    bound = wrong(claimed.bound(), SYMBOLS)
    assert bound != claimed.bound()
    with pytest.raises(KernelError, match=r"adopt, \(8\) From the sum to the minimum: T4.1: "):
        run(replace(claimed, bound=lambda: bound))
