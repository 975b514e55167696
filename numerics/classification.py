"""A problem on real data: sigmoid-loss classification with minibatches, constants computed from the data."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import sympy
from flint import arb, arb_mat

from numerics.exact import balls, square_root, to_fmpq, total, working_precision
from numerics.objectives import ScalarObjective, sigmoid_loss
from numerics.problems import SAMPLINGS, Constants, Problem, Start, check_sampling
from numerics.symbolic import enclose

if TYPE_CHECKING:
    from torch import Tensor

SQUARINGS = 7
"""The largest eigenvalue is bounded through the trace of the 2^7-th power."""

LANES = 128
"""Parameter vectors whose full gradients are computed together."""


@dataclass(frozen=True, eq=False)
class LinearClassification(Problem):
    """f(θ) = (1/n) Σ_j φ(⟨x_j, θ⟩) for rows x_j that carry their label's sign; minibatches of b rows.

    `rows` is float64 [n, D], taken as exact. With C = (1/n) Σ x_j x_jᵀ, λ = λ_max(C), B = sup |φ'|:

    - inf f ≥ inf φ.
    - ∇²f = (1/n) Σ φ''(⟨x_j, θ⟩) x_j x_jᵀ, and for every unit u |uᵀ∇²f u| ≤ sup |φ''| · uᵀCu, so L = sup |φ''| · λ.
    - ∇f = (1/n) Xᵀw with |w_j| ≤ B, and ‖Xᵀw‖² ≤ ‖X‖²‖w‖² ≤ nλ · nB², so ‖∇f‖² ≤ B²λ.
    - One row's gradient is h_j = φ'(⟨x_j, θ⟩)x_j, with E‖h‖² ≤ B² (1/n) Σ ‖x_j‖² = B² tr C over a uniform j.
    - The mean g of b independent such rows is unbiased with E‖g - ∇f‖² = (E‖h‖² - ‖∇f‖²)/b ≤ B² tr C / b = σ², and
      E‖g‖² = (1 - 1/b)‖∇f‖² + E‖h‖²/b ≤ B² [(1 - 1/b)λ + tr C / b] = G², given the past and for every θ.
    - ‖g‖ ≤ B max_j ‖x_j‖ = G_max.

    Without replacement ("reshuffled", "fixed_order") A2 is false and the last rows of an epoch are known from the others:
    then G = G_max, and σ = G_max + B √λ ≥ ‖g‖ + ‖∇f‖.

    λ is bounded by λ^N ≤ tr(C^N), N = 2^7, since C is positive semidefinite. All of it in ball arithmetic.
    """

    name: str
    rows: np.ndarray
    batch: int
    start: Start
    eps: sympy.Rational
    loss: ScalarObjective = field(default_factory=sigmoid_loss)
    sampling: str = "with_replacement"

    def __post_init__(self) -> None:
        check_sampling(self.sampling, SAMPLINGS)
        if not np.isfinite(self.rows).all() or self.rows.ndim != 2 or not self.batch >= 1:
            raise ValueError(f"{self.name}: rows must be a finite matrix and the batch at least 1")

    @property
    def dimension(self) -> int:  # type: ignore[override]
        """D, the number of features."""
        return int(self.rows.shape[1])

    @property
    def draws(self) -> int:  # type: ignore[override]
        """One row index per place in the minibatch."""
        return self.batch

    @functools.cached_property
    def constants(self) -> Constants:
        """See the class docstring for the proof."""
        n, independent, root = len(self.rows), self.sampling == "with_replacement", square_root
        with working_precision():
            X = arb_mat([[arb(x) for x in row] for row in self.rows.tolist()])
            C = X.transpose() * X * (arb(1) / n)
            eigenvalue = largest_eigenvalue(C)
            slope2 = enclose(self.loss.slope) ** 2
            norms = [total(x * x for x in row) for row in X.tolist()]
            widest = functools.reduce(lambda x, y: x.max(y), norms)
            origin = [X * arb_mat([[arb(to_fmpq(x))] for x in point]) for point in self.start.points]
            return Constants.from_balls(
                f_inf=enclose(self.loss.infimum),
                L=enclose(self.loss.smoothness) * eigenvalue,
                G2=slope2 * ((eigenvalue * (self.batch - 1) + C.trace()) / self.batch if independent else widest),
                G2_max=slope2 * widest,
                sigma2=slope2 * (C.trace() / self.batch if independent else (root(widest) + root(eigenvalue)) ** 2),
                start_value=total(
                    enclose(p) * total(self.loss.value_balls(balls(margins.entries())).tolist()) / n
                    for p, margins in zip(self.start.probabilities, origin, strict=True)
                ),
            )

    def value(self, theta: Tensor) -> Tensor:
        """f, shape [...]."""
        rows = self.table(self.rows, theta)
        return self._over_lanes(theta, lambda lanes: self.loss.value_tensor(lanes @ rows.T).mean(-1))

    def gradient(self, theta: Tensor) -> Tensor:
        """∇f over all n rows, shape [..., D].

        A matrix product: its last bit depends on how BLAS divides it. It enters the statistics, never a path.
        """
        rows = self.table(self.rows, theta)

        def mean_gradient(lanes: Tensor) -> Tensor:
            return self.loss.derivative_tensor(lanes @ rows.T) @ rows / len(rows)

        return self._over_lanes(theta, mean_gradient)

    def _over_lanes(self, theta: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        """Apply a function of [lanes, D] in pieces whose [lanes, n] margins stay in cache; theta is [..., D]."""
        import torch

        pieces = [function(lanes) for lanes in theta.reshape(-1, self.dimension).split(LANES)]
        joined = torch.cat(pieces)
        return joined.view(*theta.shape[:-1], *joined.shape[1:])

    def variates(self, seed: int, runs: range, steps: range) -> Tensor:
        """Row indices, int64 [steps, runs, batch]; see `numerics.philox.indices`."""
        from numerics import philox

        return philox.indices(seed, runs, self.batch, steps, len(self.rows), self.sampling)

    def stochastic_gradient(self, theta: Tensor, variates: Tensor, gradient: Tensor) -> Tensor:
        """The mean gradient of the drawn rows, shape [..., runs, D], summed in a fixed order."""
        rows = self.table(self.rows, theta)[variates]
        margins = fold(rows.transpose(-1, -2).contiguous() * theta.unsqueeze(-1))
        weights = self.loss.derivative_tensor(margins)
        return fold(weights.unsqueeze(-1) * rows) / self.batch


def fold(values: Tensor) -> Tensor:
    """Sum over the second last dimension by halving, a fixed tree of elementwise additions: [..., n, m] → [..., m]."""
    import torch

    while values.shape[-2] > 1:
        half = values.shape[-2] // 2
        summed = values[..., :half, :] + values[..., half : 2 * half, :]
        odd = values.shape[-2] % 2
        values = torch.cat([summed, values[..., -1:, :]], dim=-2) if odd else summed
    return values[..., 0, :]


def largest_eigenvalue(matrix: arb_mat) -> arb:
    """An upper bound on λ_max of a positive semidefinite matrix of balls: tr(C^N)^(1/N), N = 2^SQUARINGS.

    It exceeds λ_max by a factor of at most D^(1/N), and by far less if the eigenvalue is isolated.
    """
    power = matrix
    for _ in range(SQUARINGS):
        power = power * power
    return arb(power.trace()).upper().root(2**SQUARINGS)


def breast_cancer(batch: int = 8, sampling: str = "with_replacement") -> LinearClassification:
    """scikit-learn's breast-cancer data (569 rows, 30 features), standardised, rows signed by the label, θ_0 = 0."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    features = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    rows = features * np.where(data.target == 1, 1.0, -1.0)[:, None]
    name = "breast_cancer" if sampling == "with_replacement" else f"breast_cancer_{sampling}"
    start = Start.at(*[0] * features.shape[1])
    return LinearClassification(name, rows, batch, start, sympy.Rational(1, 4), sampling=sampling)
