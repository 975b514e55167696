"""N2a: ADOPT under a variance of at most σ_i² + ρ(∂_i f)²; N1 with 1+ρ where the gradient's own second moment was."""

from __future__ import annotations

from proofs.builder import Line, Script
from proofs.scripts import bounded_variance, conditioned
from theory.atoms import grad_theta, noise, rho, sigma
from theory.expressions import E, sum_i, t


def adopt_affine_variance(x: Script) -> Line:
    """N2a."""
    return bounded_variance.rate(x, rho, conditioned.affine_variance_moment, noise_moment)


def noise_moment(x: Script) -> tuple[Line, Line]:
    """E‖ζ_t‖² <= σ² + ρE‖∇f(θ_{t−1})‖², at t = 0 (∇f(θ_0)) and after."""
    x.integrable_conditional(1, noise(t) ** 2, t - 1)
    summed = x.sum_i(x.expect(x.hypothesis("affine_variance")))
    step = x.show(
        "E‖ζ_t‖² ≤ σ² + ρE‖∇f(θ_{t−1})‖²",
        sum_i(E(noise(t) ** 2)) <= sigma**2 + rho * sum_i(E(grad_theta(t - 1) ** 2)),
        summed,
        x.hypothesis("sigma_squared"),
    )
    return x.hypothesis("affine_variance_start"), step
