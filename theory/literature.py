"""What is cited and not proved here: the lower bound, earlier analyses of Adam's kind, the paper's recommended settings.

The paper compares its analysis with earlier ones in its Tables 3 (problem, smoothness, gradient or noise condition) and
4 (constraints on β1 and β2, rate), and recommends settings in Table 5. Its text was not at hand: `checked` says what a
row was compared with, and is empty where the row is recalled from the cited works.
"""

from __future__ import annotations

from dataclasses import dataclass

PUBLIC_SUMMARIES = "public summaries of the paper"


@dataclass(frozen=True)
class Analysis:
    """One row of Tables 3 and 4.

    `checked`: the parts that were compared with a source, and which; empty if all of the row is recalled. `statement`: id
    of the statement here that proves this rate, or empty.
    """

    citation: str
    method: str
    problem: str
    smoothness: str
    noise: str
    constraint: str
    rate: str
    checked: str = ""
    statement: str = ""

    @property
    def work(self) -> str:
        """Authors and year."""
        return self.citation.partition(",")[0]


LIPSCHITZ = "∇f Lipschitz"
FINITE_SUM, GENERAL = "finite sum", "general"
AFFINE = "Σ‖∇f_i‖² ≤ D1‖∇f‖² + D0"

ANALYSES = (
    Analysis(
        "Zhou et al. 2018, On the Convergence of Adaptive Gradient Methods for Nonconvex Optimization",
        "AMSGrad", GENERAL, LIPSCHITZ, "gradients bounded", "β1 < √β2", "O(1/√T)",
        checked=f"that the noise must be bounded: {PUBLIC_SUMMARIES}",
    ),
    Analysis(
        "Chen et al. 2019, On the Convergence of A Class of Adam-Type Algorithms for Non-Convex Optimization",
        "AMSGrad", GENERAL, LIPSCHITZ, "gradients bounded", "β1,t not increasing", "O(ln T/√T)",
        checked=f"that the noise must be bounded: {PUBLIC_SUMMARIES}",
    ),
    Analysis(
        "Zhou et al. 2019, AdaShift: Decorrelation and Convergence of Adaptive Learning Rate Methods",
        "AdaShift", "a particular online convex problem", "linear", "bounded", "β1 = 0", "convergence on that problem",
        checked=f"the scope: {PUBLIC_SUMMARIES}",
    ),
    Analysis(
        "Zou et al. 2019, A Sufficient Condition for Convergences of Adam and RMSProp",
        "Adam", GENERAL, LIPSCHITZ, "E‖g‖² ≤ G²", "β1 < √β2,t, 1 − β2,t of the order of 1/t", "O(ln T/√T)",
    ),
    Analysis(
        "Shi et al. 2020, RMSprop Converges with Proper Hyper-Parameter",
        "RMSprop", FINITE_SUM, LIPSCHITZ, AFFINE, "β2 close to 1, how close depends on the problem", "O(ln T/√T) + O(√D0)",
        checked=f"that β2 depends on the problem: {PUBLIC_SUMMARIES}",
    ),
    Analysis(
        "Défossez et al. 2022, A Simple Convergence Proof of Adam and Adagrad",
        "Adam", GENERAL, LIPSCHITZ, "‖g‖ bounded in the ℓ∞ norm", "β1 < β2, 1 − β2 of the order of 1/T", "O(ln T/√T)",
    ),
    Analysis(
        "Zhang et al. 2022, Adam Can Converge Without Any Modification on Update Rules",
        "Adam", FINITE_SUM, LIPSCHITZ, AFFINE, "β1 < √β2, β2 close to 1, how close depends on the problem",
        "O(ln T/√T) + O(√D0)",
        checked=f"that β2 depends on the problem: {PUBLIC_SUMMARIES}",
    ),
    Analysis(
        "Wang et al. 2022, Provable Adaptivity in Adam",
        "Adam", FINITE_SUM, "(L0, L1)-smooth", AFFINE, "β1 < √β2, β2 close to 1, how close depends on the problem",
        "O(ln T/√T) + O(√D0)",
        checked=f"that β2 depends on the problem: {PUBLIC_SUMMARIES}",
    ),
    Analysis(
        "Li et al. 2023, Convergence of Adam Under Relaxed Assumptions",
        "Adam", GENERAL, "(L0, L_ρ)-smooth", "noise bounded, or sub-Gaussian", "1 − β1 small, depending on the problem",
        "O(1/√T)",
        checked=f"that it asks for more than ADOPT: {PUBLIC_SUMMARIES}",
    ),
    Analysis(
        "Wang et al. 2023, Closing the Gap Between the Upper Bound and the Lower Bound of Adam's Iteration Complexity",
        "Adam", GENERAL, LIPSCHITZ, "affine variance, coordinatewise", "β1 ≤ √β2, 1 − β2 of the order of 1/T", "O(1/√T)",
        checked=f"that it asks for more than ADOPT: {PUBLIC_SUMMARIES}",
    ),
    Analysis(
        "Taniguchi et al. 2024, ADOPT: Modified Adam Can Converge with Any β2 with the Optimal Rate",
        "ADOPT", GENERAL, LIPSCHITZ, "E‖g‖² ≤ G²", "none", "O(1/√T)",
        checked=f"assumptions, constraints and rate: {PUBLIC_SUMMARIES}",
        statement="adopt",
    ),
)  # fmt: skip
"""Tables 3 and 4 in one, oldest first."""


@dataclass(frozen=True)
class Fact:
    """A cited result. Nothing here rests on it, and nothing here proves it."""

    name: str
    claim: str
    citation: str
    consequence: str
    proved_here: bool = False


LOWER_BOUND = Fact(
    name="lower_bound",
    claim="For first-order stochastic methods on L-smooth functions with gap Δ and variance σ² there is, in high enough "
    "dimension, an instance on which (E‖∇f(θ̂_T)‖)² ≥ c√(ΔLσ²/T), with a universal c > 0.",
    citation="Arjevani, Carmon, Duchi, Foster, Srebro, Woodworth 2023, Lower Bounds for Non-Convex Stochastic Optimization",
    consequence="(E‖∇f‖^{4/3})^{3/2} ≥ (E‖∇f‖)², so the rate of ADOPT is optimal in T, Δ and L; in G/ε it is not claimed "
    "to be.",
)

FACTS = (LOWER_BOUND,)


@dataclass(frozen=True)
class Setting:
    """A recommended value (Table 5) and what it was compared with."""

    parameter: str
    value: float
    checked: str


RECOMMENDED = (
    Setting("beta1", 0.9, PUBLIC_SUMMARIES),
    Setting("beta2", 0.9999, PUBLIC_SUMMARIES),
    Setting("eps", 1e-6, PUBLIC_SUMMARIES),
)
"""Table 5; ε is larger than Adam's 1e-8."""
