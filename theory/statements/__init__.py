"""All statements, by name."""

from theory.statement import Statement
from theory.statements import (
    affine_variance,
    biased,
    bounded_variance,
    clipped_variance,
    heavy_tailed,
    polyak_lojasiewicz,
    projected_convex,
    sgd,
    sums,
)
from theory.statements.adopt import ADOPT_ALGORITHM_1_RATE, ADOPT_RATE, ADOPT_SQRT_HORIZON
from theory.statements.clipped import (
    ADOPT_CLIPPED_FAMILY,
    ADOPT_CLIPPED_HORIZON,
    ADOPT_CLIPPED_RATE,
    ADOPT_CLIPPED_SCHEDULE_RATE,
    ADOPT_CLIPPED_SHARP,
)
from theory.statements.decaying import (
    ADOPT_CLIPPED_DECAYING_RATE,
    ADOPT_DECAYING_ALGORITHM_1_RATE,
    ADOPT_DECAYING_RATE,
    ADOPT_DECAYING_SUMS,
)
from theory.statements.rmsprop import RMSPROP_DECORRELATED_RATE, RMSPROP_RATE
from theory.statements.sharp import ADOPT_AVERAGE, ADOPT_ELEMENTWISE, ADOPT_FINITE_HORIZON, ADOPT_SHARP

STATEMENTS: dict[str, Statement] = {
    x.name: x
    for x in (
        ADOPT_RATE,
        ADOPT_ALGORITHM_1_RATE,
        ADOPT_SQRT_HORIZON,
        ADOPT_AVERAGE,
        ADOPT_FINITE_HORIZON,
        ADOPT_ELEMENTWISE,
        ADOPT_SHARP,
        ADOPT_CLIPPED_RATE,
        ADOPT_CLIPPED_SHARP,
        ADOPT_CLIPPED_HORIZON,
        ADOPT_CLIPPED_SCHEDULE_RATE,
        ADOPT_CLIPPED_FAMILY,
        ADOPT_DECAYING_RATE,
        ADOPT_DECAYING_ALGORITHM_1_RATE,
        ADOPT_DECAYING_SUMS,
        ADOPT_CLIPPED_DECAYING_RATE,
        RMSPROP_DECORRELATED_RATE,
        RMSPROP_RATE,
        *sgd.ALL,
        *biased.ALL,
        *bounded_variance.ALL,
        *affine_variance.ALL,
        *polyak_lojasiewicz.ALL,
        *projected_convex.ALL,
        *clipped_variance.ALL,
        *heavy_tailed.ALL,
        *sums.ALL,
    )
}


def statement(name: str) -> Statement:
    """The statement of this name. Raises ValueError naming the known ones."""
    if name not in STATEMENTS:
        raise ValueError(f"unknown theorem {name!r}; known: {', '.join(STATEMENTS)}")
    return STATEMENTS[name]
