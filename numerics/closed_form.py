"""What is known exactly about the hard instance H1, to validate the whole measuring pipeline against.

f' = θ on [-M, M] (Huber), g = f'(θ) ± σ with probability 1/2 each, ε ≥ σ + M. Then |g_t| ≤ ε always, so s_t ≡ ε and
ADOPT with β1 = 0 is stochastic gradient descent with step λ = α/ε. If λ ≤ 1 and M ≥ max(|θ_0|, σ), then
|θ_t| ≤ (1-λ)|θ_{t-1}| + λσ ≤ M for all t: no path leaves the quadratic part, the recursion θ_t = (1-λ)θ_{t-1} ∓ λσ is
linear, and E θ_t² = (1-λ)² E θ_{t-1}² + λ²σ². Its solution is

    E f'(θ_t)² = (1-λ)^{2t} θ_0² + (λσ²/(2-λ)) (1 - (1-λ)^{2t}).
"""

from __future__ import annotations

import numpy as np


def gradient_square(theta0: float, sigma: float, threshold: float, eps: float, alpha: float, steps: int) -> np.ndarray:
    """E f'(θ_t)² for t = 0..steps on the hard instance with β1 = 0, float64 [steps + 1].

    Raises ValueError where the closed form does not apply: ε < σ + M, α > ε, or M < max(|θ_0|, σ).
    """
    if not eps >= sigma + threshold:
        raise ValueError(f"the denominator is constant only for eps ≥ sigma + M = {sigma + threshold}, got eps = {eps}")
    if not 0 < alpha <= eps:
        raise ValueError(f"paths stay in the quadratic part only for 0 < alpha ≤ eps = {eps}, got alpha = {alpha}")
    if not threshold >= max(abs(theta0), sigma):
        raise ValueError(f"paths stay in the quadratic part only for M ≥ max(|theta0|, sigma), got M = {threshold}")
    rate = alpha / eps
    decay = (1.0 - rate) ** (2 * np.arange(steps + 1))
    return np.asarray(decay * theta0**2 + rate * sigma**2 / (2.0 - rate) * (1.0 - decay))


def averaged_gradient_square(
    theta0: float, sigma: float, threshold: float, eps: float, alpha: float, steps: int
) -> float:
    """(1/T) Σ_{t=1..T} E f'(θ_{t-1})², T = `steps`; the measure that SGD's bound speaks about."""
    return float(gradient_square(theta0, sigma, threshold, eps, alpha, steps)[:-1].mean())


MAX_STEPS = 22
"""Steps of which `gradient_power` can list all noise paths."""


def gradient_power(theta0: float, sigma: float, threshold: float, eps: float, alpha: float, steps: int) -> np.ndarray:
    """M_t = E|f'(θ_{t-1})|^{4/3} for t = 1..steps on the hard instance with β1 = 0, float64 [steps].

    Exact up to rounding: θ_t takes 2^t values (1-λ)θ_{t-1} ± λσ of equal probability, and all are listed. Raises
    ValueError where that is not so (as `gradient_square`), or for more than MAX_STEPS steps.
    """
    gradient_square(theta0, sigma, threshold, eps, alpha, steps)
    if steps > MAX_STEPS:
        raise ValueError(f"all noise paths can be listed up to {MAX_STEPS} steps, got {steps}")
    rate, values, found = alpha / eps, np.array([float(theta0)]), []
    for _ in range(steps):
        found.append(float(np.mean(np.cbrt(values) ** 4)))
        values = np.concatenate([(1 - rate) * values + rate * sigma, (1 - rate) * values - rate * sigma])
    return np.array(found)


def averaged_gradient_power(
    theta0: float, sigma: float, threshold: float, eps: float, alpha: float, steps: int
) -> float:
    """(1/T) Σ_{t=1..T} M_t^{3/2}, T = `steps`: the theorems' measure, exactly."""
    return float((gradient_power(theta0, sigma, threshold, eps, alpha, steps) ** 1.5).mean())
