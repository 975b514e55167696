"""`covered_by` against the statements themselves: each theorem named is about exactly this optimizer, none is left out."""

import math
from itertools import product

import pytest
import torch
from sympy import Symbol, simplify
from sympy.parsing.sympy_parser import implicit_multiplication, parse_expr, standard_transformations

import optim
from optim import coverage
from theory import algorithms
from theory.statements import STATEMENTS

RECURRENCES = {x.name: x for x in vars(algorithms).values() if isinstance(x, algorithms.Recurrence)}
THEOREMS = {name: s for name, s in STATEMENTS.items() if s.about_a_run}
NO_CLASS = {"adopt_projected_convex"}  # no optimizer here projects

ASSUMPTIONS = {
    coverage.LOWER_BOUNDED: "lower_bounded",
    coverage.UNBIASED: "unbiased",
    coverage.SMOOTH: "smooth",
    coverage.VARIANCE: "bounded_variance",
    coverage.CONDITIONAL_VARIANCE: "bounded_variance_conditional",
    coverage.SECOND_MOMENT: "bounded_second_moment",
    coverage.CONDITIONAL_SECOND_MOMENT: "bounded_second_moment_conditional",
    coverage.BOUNDED_GRADIENT: "bounded_gradient",
    coverage.AFFINE_VARIANCE: "affine_variance",
    coverage.AFFINE_VARIANCE_NORM: "affine_variance_norm",
    coverage.BIASED: "bounded_bias",
    coverage.POLYAK_LOJASIEWICZ: "polyak_lojasiewicz",
    **dict.fromkeys(coverage.HEAVY_TAILS.values(), "heavy_tails"),
}
LR, STEPS = 0.07, 30
# lr at the moving step t >= 1, for each schedule that a theorem is about.
RATES = {
    "constant": lambda t: LR,
    "sqrt_horizon": lambda t: LR,
    "inverse_sqrt": lambda t: LR / math.sqrt(t),
    "nonincreasing": lambda t: LR / (t + 1),
}


def settings():
    """Optimizers for one coordinate: every combination that `covered_by` tells apart."""
    flags = [{}, {"decorrelate": False}, {"normalize_first": False}]
    clips = [None, 0.5, (0.5, 0.25), (0.5, 1 / 3), (0.5, 0.1), (0.5, -0.5)]
    betas = product((0.0, 0.9), (0.0, 0.9, 1.0))
    for pair, clip, start, flag in product(betas, clips, ("algorithm_1", "algorithm_2"), flags):
        yield optim.ADOPT, {"betas": pair, "clip": clip, "start": start, "eps": 0.3, **flag}
    for beta2, form, eps in product((0.0, 0.9), ("sum", "max", "inside"), (0.0, 0.3)):
        yield optim.RMSprop, {"beta2": beta2, "eps": eps, "denominator_form": form}
    for beta1, form, correction in product((0.0, 0.9), ("sum", "inside"), (True, False)):
        own = {"denominator_form": form, "bias_correction": correction, "eps": 0.3}
        yield optim.Adam, {"betas": (beta1, 0.9), **own}
        yield optim.AMSGrad, {"betas": (beta1, 0.9), **own}
    for beta1 in (0.0, 0.9):
        yield optim.SGD, {"beta1": beta1}
    for cls in (optim.AdaShift, optim.AdaGrad, optim.Adamax):
        yield cls, {}


def covered():
    """Every (class, options, schedule) and its coverage."""
    for (cls, options), schedule in product(settings(), coverage.SCHEDULES):
        optimizer = cls([torch.nn.Parameter(torch.zeros(1))], lr=LR, **options)
        yield cls, options, schedule, optimizer.covered_by(schedule)


def oracle(theta, t):
    """A gradient that depends on the point and, with awkward digits, on the step; now and then a large one."""
    return math.tanh(theta) + math.sin(1.7 * t + 0.3) * (8 if t % 5 == 0 else 1)


def path(cls, options, rate):
    """theta_0, ..., theta_STEPS as the class makes them; the first call of the others is step 1."""
    theta = torch.nn.Parameter(torch.tensor([1.25], dtype=torch.float64))
    optimizer = cls([theta], fused=False, **options)
    values = [] if cls is optim.ADOPT else [1.25]
    for t in range(len(values), STEPS + 1):
        optimizer.param_groups[0]["lr"] = rate(max(t, 1))
        theta.grad = torch.tensor([oracle(theta.item(), t)], dtype=torch.float64)
        optimizer.step()
        values.append(theta.item())
    return values


def parameters(options, rate):
    """The setting as the theory's symbols."""
    beta1, beta2 = options.get("betas", (options.get("beta1", 0.0), options.get("beta2", 0.0)))
    found = {"alpha": LR, "alpha0": LR, "alpha_t": rate, "beta1": beta1, "beta2": beta2, "eps": options.get("eps")}
    clip = options.get("clip")
    if clip is not None:
        c, p = clip if isinstance(clip, tuple) else (clip, 0.0)
        found |= {"c": c, "c0": c, "c_t": lambda t: c * t**p}
    return found


def test_every_theorem_about_a_method_with_a_class_is_named_for_some_setting():
    named = {name for *_, found in covered() for name in found.theorems}
    assert set(coverage._HYPOTHESES) == set(THEOREMS) - NO_CLASS, (
        "a new theorem about an optimizer's run goes into optim/coverage.py (or, without a class here, into NO_CLASS)"
    )
    assert named == set(coverage._HYPOTHESES)


def test_the_setting_runs_the_theorems_recurrence():
    """The optimizer's iterates are those of the recurrence in the theorem's hypotheses."""
    paths = {}
    for cls, options, schedule, found in covered():
        for recurrence in {THEOREMS[name].method for name in found.theorems}:
            key = cls, str(options), schedule, recurrence
            rate = RATES[schedule]
            rows = algorithms.run(RECURRENCES[recurrence], 1.25, oracle, STEPS, parameters(options, rate))
            paths[key] = path(cls, options, rate)
            assert paths[key] == pytest.approx([row["theta"] for row in rows], rel=1e-12), key
    assert len({recurrence for *_, recurrence in paths}) == len({THEOREMS[n].method for n in THEOREMS}) - 1


def test_the_settings_parameters_are_in_the_theorems_ranges():
    """Ranges of beta1, beta2, eps, lr and the clip; those of L, G, sigma ... are the user's."""
    compare = {"<=": float.__le__, ">=": float.__ge__, "<": float.__lt__, ">": float.__gt__, "=": float.__eq__}
    checked = set()
    for _, options, schedule, found in covered():
        known = parameters(options, RATES.get(schedule))

        def value(symbol, time, known=known):
            return float(known[symbol.name])

        for name in found.theorems:
            for h in THEOREMS[name].hypotheses:
                if h.assumption != "parameters":
                    continue
                try:
                    left, right = (
                        algorithms.evaluate(e, value, max, math.sqrt, float) for e in (h.claim.left, h.claim.right)
                    )
                except (KeyError, TypeError):
                    continue  # a constant of the problem, or a schedule, which the recurrence's test has run
                assert compare[h.claim.relation](left, right), (name, h.name, options)
                checked.add(h.name)
    assert {"beta1_below_one", "beta2_at_most_one", "beta2_positive", "eps_positive", "alpha_positive"} <= checked


@pytest.mark.parametrize("name", coverage._HYPOTHESES)
def test_the_hypotheses_named_are_the_theorems(name):
    texts, statement = coverage._HYPOTHESES[name], THEOREMS[name]
    assert {ASSUMPTIONS[text] for text in texts if text in ASSUMPTIONS} == set(statement.assumptions)
    limits = [text.removeprefix("lr <= ") for text in texts if text.startswith("lr <= ")]
    assert len(limits) == (statement.largest_alpha is not None)
    for limit in limits:
        names = {n: Symbol(n, positive=True) for n in ("L", "eps", "rho", "beta1")}
        read = parse_expr(limit, names, transformations=(*standard_transformations, implicit_multiplication))
        proved = statement.largest_alpha()
        assert simplify(read - proved.subs({s: names[s.name] for s in proved.free_symbols})) == 0
    for text in texts:
        if text in coverage.HEAVY_TAILS.values():
            p = name.partition("_gradient_")[2].replace("_", "/") or "3/2"
            assert text == coverage.HEAVY_TAILS[p]
