"""What the cross-check runs: theorems, problems, settings, horizons and runs, in full and quick form."""

from __future__ import annotations

from dataclasses import dataclass, field

BETA2 = (0.0, 0.1, 0.5, 0.9, 0.999, 1.0)
BETA1 = (0.0, 0.9)
SIX = tuple((b1, b2) for b1 in BETA1 for b2 in (0.0, 0.9, 1.0))
ALL = tuple((b1, b2) for b1 in BETA1 for b2 in BETA2)


@dataclass(frozen=True)
class Plan:
    """T4.1 runs on every problem, setting and horizon; other theorems on `others`, at fewer settings and horizons.

    `runs[problem]`: independent runs at each horizon. Horizons are powers of two. `line_runs` and `line_steps` are for the
    evaluation of certificate lines on simulated paths, `own_runs` and `own_steps` for the theorems that run their own
    recurrence (`recurrences`).
    """

    horizons: tuple[int, ...]
    runs: dict[str, int]
    others: tuple[str, ...]
    longest_other: int
    line_runs: int
    line_steps: int
    own_runs: int
    own_steps: int
    seed: int = 20241105
    theorems: tuple[str, ...] | None = field(default=None)

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(self.runs)

    def settings(self, theorem: str, problem: str) -> tuple[tuple[float, float], ...]:
        """The (β1, β2) of a theorem's rows on a problem."""
        if theorem == "adopt":
            return ALL
        return SIX if problem in self.others else ()

    def horizons_of(self, theorem: str) -> tuple[int, ...]:
        return self.horizons if theorem == "adopt" else tuple(T for T in self.horizons if self.longest_other >= T)


FULL = Plan(
    horizons=tuple(2**k for k in range(8, 16)),
    runs={
        "hard_instance": 1024,
        "log_cosh_normal": 128,
        "log_cosh_spikes": 128,
        "huber_multiplicative": 128,
        "breast_cancer": 32,
    },
    others=("hard_instance", "log_cosh_spikes"),
    longest_other=2**13,
    line_runs=2000,
    line_steps=12,
    own_runs=400,
    own_steps=512,
)

QUICK = Plan(
    horizons=tuple(2**k for k in range(7, 12)),
    runs={"hard_instance": 1024, "log_cosh_spikes": 64, "huber_multiplicative": 64},
    others=("hard_instance",),
    longest_other=2**10,
    line_runs=2000,
    line_steps=8,
    own_runs=400,
    own_steps=32,
)
