"""The same worst case, modelled and solved by PEPit (Goujaud et al. 2024): a comparison, never a source.

PEPit is an extra (`pip install adoptproof[comparison]`); nothing else of the project imports it.
"""

from __future__ import annotations

from numerics.worst_case.problem import WorstCase

SOLVERS = ("CLARABEL", "SCS")
"""PEPit leaves the solver to cvxpy; SCS, a first-order method, comes with it."""


def pepit_value(case: WorstCase, solver: str = "CLARABEL") -> float:
    """PEPit's numerical bound with this solver of cvxpy.

    Raises ImportError if PEPit isn't installed, and ValueError for several scales (PEPit has one Euclidean space).
    """
    from PEPit import PEP, Expression
    from PEPit.functions import SmoothFunction

    if len(case.scales) != 1:
        raise ValueError("PEPit's points live in one Euclidean space: one scale only")
    problem = PEP()
    function = problem.declare_function(SmoothFunction, L=float(case.L))
    x = problem.set_initial_point()
    beta1, alpha, scale = float(case.beta1), float(case.alpha), float(case.scales[0])
    gradient, value = function.oracle(x)
    first, momentum = value, 0 * gradient
    seen = [(gradient, value)]
    for _ in range(case.steps):
        momentum = beta1 * momentum + (1 - beta1) / scale * gradient
        x = x - alpha * momentum
        gradient, value = function.oracle(x)
        seen.append((gradient, value))
    last = value
    if case.normalisation == "lower_bound":
        last = Expression()  # f_inf
        for g, f in seen:
            problem.add_constraint(f - last >= g**2 / (2 * float(case.L)))
    problem.set_initial_condition(first - last <= float(case.Delta))
    for g, _ in seen:
        problem.set_performance_metric(g**2)
        if case.gradient_bound is not None:
            problem.add_constraint(g**2 <= float(case.gradient_bound) ** 2)
    return float(problem.solve(wrapper="cvxpy", solver=solver, verbose=0))
