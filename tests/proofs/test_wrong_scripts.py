"""Scripts and statements that are wrong in one place fail, at the step that is wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import pytest

from proofs.builder import Script
from proofs.certificate import certificate
from proofs.scripts import SCRIPTS
from proofs.scripts.adopt import d, f_phi, phi
from proofs.scripts.common import inv_s, root_z
from proofs.terms import KernelError
from theory import atoms as at
from theory.atoms import L, S, a, alpha, beta1, grad_theta, m, norm_4_3, s, theta, v
from theory.expressions import Expression, Relation, lift, sum_i, t
from theory.statement import Hypothesis, Statement
from theory.statements import statement


def run(claimed: Statement) -> None:
    """The script of this statement, to the end and with nothing idle."""
    script = Script(claimed)
    SCRIPTS[claimed.name](script)
    certificate(script.proof, {})


class Sabotage(NamedTuple):
    """The one call of `method` with `where` among its arguments gets the `wrong` ones; the proof breaks with `message`."""

    method: str
    where: dict[str, Any]
    wrong: dict[str, Any]
    message: str

    def install(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Patches the script's language; the list gets an entry for every call that was changed."""
        original, calls = getattr(Script, self.method), list[str]()

        def call(*arguments: Any, **named: Any) -> Any:
            bound = inspect.signature(original).bind(*arguments, **named)
            bound.apply_defaults()
            if self.where.items() <= bound.arguments.items():
                bound.arguments.update(self.wrong)
                calls.append(self.method)
            return original(*bound.args, **bound.kwargs)

        monkeypatch.setattr(Script, self.method, call)
        return calls


HALF = lift(Fraction(1, 2))
STEP = f_phi(t - 1) - alpha * sum_i((d(t - 1) + grad_theta(t - 1)) * a(t))
SABOTAGE = {
    "Adam's order: s_t, which knows g_t, in the place of s_{t-1}": Sabotage(
        "tower", {"given": t - 1}, {"y": grad_theta(t - 1) * inv_s(t)},
        r"\(3\) Decorrelation: condition on F_\{t−1\}.*rule tower: y is not measurable at the level",
    ),
    "the tower one step too late": Sabotage(
        "tower", {"given": t - 1}, {"given": t}, r"\(3\) Decorrelation: .*no nonnegative combination",
    ),
    "κ dropped in φ": Sabotage(
        "define", {"symbol": phi}, {"expression": theta(t) - alpha * m(t)},
        r"\(1\) The auxiliary iterate: φ_t − φ_\{t−1\} = −α a_t: no nonnegative combination",
    ),
    "Hölder's exponents (1, 2)": Sabotage(
        "holder", {"text": "Hölder"}, {"a": 1, "b": 2},
        r"\(7\) The measure: Hölder\), rule holder: a premise is not the required one",
    ),
    "Hölder's inequality without its pointwise premise": Sabotage(
        "holder", {"text": "Hölder"}, {"u": norm_4_3(t) + 1}, r"rule holder: a premise is not the required one",
    ),
    "another root": Sabotage(
        "root", {"symbol": S}, {"degree": 4}, r"\(7\) The measure: S = .*S is not what the statement defines",
    ),
    "half the constant of smoothness": Sabotage(
        "show", {"text": "f(φ_t) ≤ f(φ_{t−1}) − α⟨∇f(θ_{t−1}) + d_{t−1}, a_t⟩ + (L/2)α²‖a_t‖²"},
        {"claim": f_phi(t) <= STEP + HALF * HALF * L * alpha**2 * sum_i(a(t) ** 2)},
        r"\(2\) Descent: f\(φ_t\) ≤.*no nonnegative combination",
    ),
    "the momentum's convexity with the weights exchanged": Sabotage(
        "show", {"text": "m_t² ≤ β1 m_{t−1}² + (1−β1) a_t²"},
        {"claim": m(t) ** 2 <= (1 - beta1) * m(t - 1) ** 2 + beta1 * a(t) ** 2},
        r"\(5\) Second moments: m_t² ≤.*no nonnegative combination",
    ),
    "a sum over steps that begins early": Sabotage(
        "sum_t", {"start": 1, "text": ""}, {"start": 0}, r"rule sum_steps: the sum begins before its premise",
    ),
    "an induction without its base": Sabotage(
        "induction", {"text": "v_t ≥ 0"}, {"claim": v(t) >= 1},
        r"\(7\) The measure: v_t ≥ 0\), rule induction: a premise is not the required one",
    ),
    "a root's argument of unknown sign": Sabotage(
        "root_monotone", {"text": "s_{t−1} ≤ r_t"}, {"claim": s(t - 1) <= -root_z(t)},
        r"\(7\) The measure: s_\{t−1\} ≤ r_t\), rule root_monotone: a premise is not the required one",
    ),
}  # fmt: skip
"""The script of T4.1, wrong in one place."""


@pytest.mark.parametrize("name", SABOTAGE)
def test_a_wrong_script_fails_at_the_wrong_step(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = SABOTAGE[name].install(monkeypatch)
    with pytest.raises(KernelError, match=SABOTAGE[name].message):
        run(statement("adopt"))
    assert len(calls) == 1


def test_the_proof_stands_without_sabotage(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Sabotage("tower", {"given": t - 1}, {}, "").install(monkeypatch)
    run(statement("adopt"))
    assert len(calls) == 1


def test_integrability_does_not_come_from_a_lower_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """f(φ_0) >= f_inf, given as both of its bounds, does not make f(φ_0) integrable."""
    original = Script.dominated

    def one_sided(self: Script, monomial: Any, upper: Any, lower: Any, text: str = "") -> Any:
        return original(self, monomial, lower if monomial == f_phi(0) else upper, lower, text)

    monkeypatch.setattr(Script, "dominated", one_sided)
    with pytest.raises(KernelError, match="no way to the integrability of 1 f_phi@0"):
        run(statement("adopt"))


# Statements with a hypothesis removed or weakened

OTHER_READING = {"bounded_second_moment": "bounded_second_moment_conditional"}
"""The unconditional reading of an assumption and the conditional one."""


@pytest.mark.parametrize(
    ("name", "missing"), [(name, h.name) for name in SCRIPTS for h in statement(name).hypotheses], ids=str
)
def test_every_hypothesis_is_needed_by_its_script(name: str, missing: str) -> None:
    """The step that fails is the one that uses it; some statements cannot even be written without it."""
    claimed = statement(name)
    rest = tuple(h for h in claimed.hypotheses if h.name != missing)
    other = OTHER_READING.get(missing, missing)  # what a script looks for when a reading of an assumption is absent
    where = rf"'({missing}|{other})' is not a hypothesis of {name}"
    unwritten = "a point's names are three known atoms", "is not written in the statement's definitions"
    with pytest.raises((KernelError, ValueError), match="|".join((where, *unwritten))):
        run(replace(claimed, hypotheses=rest))


USES = {"lower_bounded": "lower_bound", "smooth": "(lipschitz|descent)"}
"""Assumptions on f and the rules that use them."""


@pytest.mark.parametrize(
    ("name", "missing"), [(name, missing) for name in SCRIPTS for missing in statement(name).objective], ids=str
)
def test_every_assumption_is_needed(name: str, missing: str) -> None:
    claimed = statement(name)
    with pytest.raises(KernelError, match=f"rule {USES[missing]}: needs {missing}"):
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
