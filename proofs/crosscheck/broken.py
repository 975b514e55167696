"""Deliberately broken statements: a cross-check that cannot fail would prove nothing.

Each is wrong in one way, and is handed to the part that should catch it: the `kernel` (the script of the broken
statement does not go through), the `lines` (a line is false on an exact tree), the `bound` (the measure exceeds it)
or the `rate`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from proofs.crosscheck.lines import atoms_of, on_tree, parameters
from proofs.crosscheck.rates import Row, judged
from proofs.terms import KernelError
from theory import atoms as at
from theory.expressions import E, Expression, Relation, sum_i, t
from theory.statement import Statement
from theory.statements import STATEMENTS


@dataclass(frozen=True)
class Broken:
    """`expected`: the part that should catch it. `catch` returns where it was caught, or None."""

    name: str
    what: str
    expected: str
    catch: Callable[[Evidence], str | None]


@dataclass(frozen=True)
class Evidence:
    """What the parts have to look at: the certificate of T4.1 and the measured rows."""

    certificate: dict
    rows: Sequence[Row]


def run(evidence: Evidence) -> list[dict[str, Any]]:
    """Every broken statement: whether it was caught, by which part, and where."""
    found = []
    for b in BROKEN:
        where = b.catch(evidence)
        caught = where is not None
        found.append(
            {"name": b.name, "what": b.what, "caught": caught, "by": b.expected if caught else None}
            | {"expected": b.expected, "where": where}
        )
    return found


# -- the kernel


def refused(bound: Callable[[], Any], script: str = "adopt") -> Callable[[Evidence], str | None]:
    """The script of T4.1 on the same statement with another bound."""

    def catch(_: Evidence) -> str | None:
        from proofs.builder import Script
        from proofs.scripts import SCRIPTS

        broken = Script(replace(STATEMENTS[script], bound=bound))
        try:
            SCRIPTS[script](broken)
        except KernelError as error:
            return str(error).split(": no nonnegative combination")[0]
        return None

    return catch


def without_momentum_factor() -> Any:
    from theory.bounds import SYMBOLS

    bracket = STATEMENTS["adopt"].bound()
    return bracket.xreplace({1 + SYMBOLS["beta1"]: 1})


def without_eps() -> Any:
    from sympy import sqrt

    from theory.bounds import SYMBOLS

    G, eps = SYMBOLS["G"], SYMBOLS["eps"]
    return STATEMENTS["adopt"].bound() / sqrt(G**2 + eps**2) * sqrt(G**2)


def half() -> Any:
    return STATEMENTS["adopt"].bound() / 2


# -- the lines


def tree_problem() -> Any:
    from numerics.trees import TREES

    return TREES["tree_huber_plane"]


def tree_setting(eps: Fraction = Fraction(1, 2)) -> Any:
    from numerics.settings import Setting

    hyperparameters = {"beta1": Fraction(9, 10), "beta2": Fraction(1, 2), "eps": eps, "clip": None}
    return Setting(Fraction(1, 4), hyperparameters)


def understated(name: str, factor: Fraction) -> Callable[[Evidence], str | None]:
    """All lines of T4.1's certificate on a tree, with one constant too small."""

    def catch(evidence: Evidence) -> str | None:
        from flint import arb

        from numerics.exact import to_fmpq

        _, steps, make = tree_problem()
        problem = make()
        wrong = {name: problem.constants.enclosures[name] * arb(to_fmpq(factor))}
        first = on_tree(evidence.certificate, problem, steps, tree_setting(), overrides=wrong).first_violated
        return None if first is None else f"line {first.step} ({first.label}), relative slack {first.value:.3g}"

    return catch


def small_noise() -> Any:
    """A tree on which s³ < ‖∇f‖²: gradients below 1 that hardly vary."""
    from sympy import Rational

    from numerics.noises import signs
    from numerics.objectives import log_cosh_objective
    from numerics.problems import SeparableProblem, Start

    noise = signs(Rational(1, 10))
    return SeparableProblem("tree_small_noise", log_cosh_objective(), noise, Start.at(Rational(1, 2)), Rational(1, 10))


def false_line(
    claim: Relation, method: str = "adopt", make: Callable[[], Any] | None = None, eps: Fraction = Fraction(1, 2)
) -> Callable[[Evidence], str | None]:
    """One line, as a wrong proof would state it, on a tree of the method that it speaks of."""

    def catch(evidence: Evidence) -> str | None:
        from numerics.exact import ExactArray, working_precision
        from numerics.trees import tree
        from proofs.builder import polynomial
        from proofs.certificate import write_poly
        from proofs.evaluate import Paths, slacks

        _, steps, default = tree_problem()
        problem, setting = (make or default)(), tree_setting(eps)
        expression, relation = claim.difference()
        conclusion = {"from": 1, "bounded": False, "relation": relation, "poly": write_poly(polynomial(expression))}
        line = {"rule": "claim", "premises": [], "arguments": {}, "conclusion": conclusion, "label": "claim"}
        definitions = [s for s in evidence.certificate["steps"] if s["rule"] in ("define", "inverse", "root", "point")]
        with working_precision():
            paths = tree(problem, method, setting, steps)

            def objective(x: Any) -> tuple[Any, Any]:
                return problem.value_balls(x.view(ExactArray)), problem.gradient_balls(x.view(ExactArray))

            constants = {k: v for k, v in problem.constants.enclosures.items() if k in ("L", "G", "f_inf")}
            values = parameters(setting, constants, steps)
            data = Paths(atoms_of(paths, values["beta1"]), values, objective, paths.probability, paths.atom_paths)
            certificate = evidence.certificate | {"steps": [*definitions, line]}
            found = [s for s in slacks(certificate, data) if s.step == len(definitions) and s.violated]
        return f"on {problem.name}: relative slack {found[0].value:.3g}" if found else None

    return catch


def with_current_normaliser() -> Relation:
    """E⟨∇f(θ_{t−1}), g_t/s_t⟩ = E Σ (∂_i f)²/s_t: decorrelation claimed for a normaliser that has seen g_t."""
    inv_s = at.vector("inv_s")
    left = sum_i(E(at.grad_theta(t - 1) * at.g(t) * inv_s(t)))
    return left.equals(sum_i(E(at.grad_theta(t - 1) ** 2 * inv_s(t))))


def without_kappa() -> Relation:
    """φ_t = θ_t − αm_t moves by −αa_t: κ forgotten."""

    def phi(time: Any) -> Expression:
        return at.theta(time) - at.alpha * at.m(time)

    return (phi(t) - phi(t - 1)).equals(-at.alpha * at.a(t))


def swapped_exponents() -> Relation:
    """Hölder with the exponents of Q and of the second moment exchanged."""
    Q = sum_i(E(at.grad_theta(t - 1) ** 2 * at.vector("inv_s")(t - 1)))
    z = at.eps**2 + sum_i(E(at.v(t - 1)))
    return E(at.norm_4_3(t)) ** 3 <= Q * z**2


# -- the measure


def with_bound(change: Callable[[Statement, Row], Sequence[float]]) -> Callable[[Evidence], str | None]:
    """The measured rows of T4.1, judged against other bounds."""

    def catch(evidence: Evidence) -> str | None:
        rows = [r for r in evidence.rows if r.theorem == "adopt"]
        found = judged([replace(r, bounds=tuple(change(STATEMENTS["adopt"], r))) for r in rows])
        violated = [r for r in found if r.verdict == "violated" and r.reason.startswith("bound")]
        if not violated:
            return None
        return f"{len(violated)} of {len(rows)} settings, first {violated[0].cell} ({violated[0].reason})"

    return catch


def halved(_: Statement, row: Row) -> list[float]:
    return [b / 2 for b in row.bounds]


def falling_as_T(_: Statement, row: Row) -> list[float]:
    """T4.1's bound at the first horizon, and from there on a fall as 1/T."""
    return [b * row.horizons[0] ** 0.5 / T**0.5 for b, T in zip(row.bounds, row.horizons, strict=True)]


def faster(evidence: Evidence) -> str | None:
    rows = [r for r in evidence.rows if r.theorem == "adopt"]
    found = [r for r in judged([replace(r, claimed=-1.0) for r in rows]) if r.reason.startswith("rate")]
    return f"{len(found)} of {len(rows)} settings, first {found[0].cell} ({found[0].reason})" if found else None


HALF = Fraction(1, 2)
BROKEN: tuple[Broken, ...] = (
    Broken("bound_halved", "half of T4.1's bound", "kernel", refused(half)),
    Broken("momentum_factor_dropped", "1 in place of 1 + β1", "kernel", refused(without_momentum_factor)),
    Broken("S_without_eps", "G in place of √(G² + ε²)", "kernel", refused(without_eps)),
    Broken(
        "algorithm_1_without_extra_term",
        "T4.1's bound for Algorithm 1's start",
        "kernel",
        refused(STATEMENTS["adopt"].bound, "adopt_algorithm_1"),
    ),
    Broken("second_moment_understated", "A5 with G/2", "lines", understated("G", HALF)),
    Broken("smoothness_understated", "A3 with L/2", "lines", understated("L", HALF)),
    Broken(
        "current_gradient_in_normaliser",
        "v_t in place of v_{t−1}",
        "lines",
        false_line(with_current_normaliser(), "no_decorrelation"),
    ),
    Broken("kappa_dropped", "φ = θ − αm in place of θ − ακm", "lines", false_line(without_kappa())),
    Broken(
        "holder_exponents_swapped",
        "Hölder with exponents (1, 2)",
        "lines",
        false_line(swapped_exponents(), make=small_noise, eps=Fraction(1, 10)),
    ),
    Broken("bound_halved_measured", "half of T4.1's bound, against the measure", "bound", with_bound(halved)),
    Broken("faster_bound", "a bound that falls as 1/T", "bound", with_bound(falling_as_T)),
    Broken("slope_minus_one", "the measure falls as 1/T", "rate", faster),
)
"""All broken statements."""
