"""What the cross-check runs: problems, settings, horizons and runs, in full and quick form."""

from __future__ import annotations

from dataclasses import dataclass

BETA2 = (0.0, 0.1, 0.5, 0.9, 0.999, 1.0)
BETA1 = (0.0, 0.9)


@dataclass(frozen=True)
class Plan:
    """Horizons are powers of two; `runs[problem]` independent runs at each; `starts[problem]` the starts simulated
    there.

    `line_runs` and `line_steps` are for the evaluation of certificate lines on simulated paths.
    """

    horizons: tuple[int, ...]
    runs: dict[str, int]
    starts: dict[str, tuple[str, ...]]
    line_runs: int
    line_steps: int
    seed: int = 20241105

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(self.runs)


BOTH = ("algorithm_2", "algorithm_1")
ONE = ("algorithm_2",)

FULL = Plan(
    horizons=tuple(2**k for k in range(8, 16)),
    runs={
        "hard_instance": 1024,
        "log_cosh_normal": 128,
        "log_cosh_spikes": 128,
        "huber_multiplicative": 128,
        "breast_cancer": 32,
    },
    starts={
        "hard_instance": BOTH,
        "log_cosh_normal": ONE,
        "log_cosh_spikes": ONE,
        "huber_multiplicative": BOTH,
        "breast_cancer": ONE,
    },
    line_runs=2000,
    line_steps=12,
)

QUICK = Plan(
    horizons=tuple(2**k for k in range(7, 12)),
    runs={"hard_instance": 1024, "log_cosh_spikes": 64, "huber_multiplicative": 64},
    starts={"hard_instance": BOTH, "log_cosh_spikes": ONE, "huber_multiplicative": ONE},
    line_runs=1000,
    line_steps=8,
)
