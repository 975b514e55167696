"""The engine's own tiers, through `simulate` with its defaults: moments up to the fourth, block sums of ‖∇f‖^{4/3}."""

from __future__ import annotations

from benchmarks.engine.cases import ALPHA, BETA1, BETA2, EPS, SEED, AbsentError, Case, Means, Run, engine_problem


def prepare(case: Case, tier: str, method: str = "adopt") -> Run:
    """See `cases.Run`. Raises AbsentError with the tier's own reason where it refuses the case."""
    import torch

    from numerics.engine import simulate
    from numerics.settings import Setting

    problem = engine_problem(case)
    hyperparameters = {"beta1": BETA1, "beta2": BETA2, "eps": EPS}
    setting = Setting(ALPHA, hyperparameters)
    wanted = ("gap",) if case.problem == "A" else ("gradient_power", "gradient_square")

    def run(steps: int) -> Means:
        try:
            found = simulate(
                problem,
                method,
                [setting],
                case.runs,
                steps,
                SEED,
                tier=tier,
                dtype=getattr(torch, case.dtype),
                quantities=wanted,
            )
        except ValueError as error:
            raise AbsentError(str(error)) from error
        return {name: found.mean[name][0] for name in wanted}

    return run
