"""Search for certified counterexamples: a law of gradients under which a method drifts away from the minimiser.

With replacement: the moment programme (`numerics.moment_programme`) proposes laws for a ladder of second moments; each is
rounded to an exact law, confirmed by running the real recursion, and certified by the drift enclosures of
`numerics.counterexamples`. Without replacement: `numerics.epoch_search`. Floats propose; a result counts as a counterexample
only with its certificate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from numerics.counterexamples import certify
from numerics.counterexamples.certify import Result
from numerics.counterexamples.family import rational
from numerics.counterexamples.process import METHODS
from numerics.epoch_search import proposals as epoch_proposals
from numerics.moment_programme import TIGHTENING, Law, dual_certificate, moments, rounded, solve

SAMPLINGS = ("with_replacement", "reshuffled", "fixed")
MOMENT_ASSUMPTIONS = {
    "bounded_variance": "second",
    "bounded_variance_conditional": "second",
    "bounded_second_moment": "second",
    "bounded_second_moment_conditional": "second",
    "bounded_gradient": "bound",
}
"""Assumption → what G bounds. The others below hold for f(θ) = μθ on [−1, 1] with any law, or say how it is drawn."""
HARMLESS = ("lower_bounded", "smooth", "unbiased", "convex_on_the_set", "one_dimension")
LADDER = tuple(Fraction(2**k) for k in range(1, 8))
"""G tried in turn, with μ = 1, where none is given."""


@dataclass(frozen=True)
class Search:
    """What a search found.

    `status`: certified (a counterexample, with its certificate), none (proved that there is none of this kind; the
    certificate is the dual), or not_found (which proves nothing). `law`: pairs of gradient and probability, the
    components in their order without replacement. `drift`: certified enclosure of the stationary drift per period, rounded
    outwards; θ moves by −α times it. `optimum`: the moment programme's. `observed`: mean over the confirming run.
    """

    status: str
    method: str
    sampling: str
    beta1: Fraction
    beta2: Fraction
    assumptions: tuple[str, ...]
    reason: str
    seconds: float
    law: Law | None = None
    moments: Mapping[str, Fraction] | None = None
    drift: tuple[float, float] | None = None
    optimum: float | None = None
    observed: float | None = None
    certificate: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data: rationals as text."""
        return {
            "status": self.status,
            "method": self.method,
            "sampling": self.sampling,
            "beta1": str(self.beta1),
            "beta2": str(self.beta2),
            "assumptions": list(self.assumptions),
            "reason": self.reason,
            "seconds": self.seconds,
            "law": self.law and [[str(g), str(p)] for g, p in self.law],
            "moments": self.moments and {name: str(value) for name, value in self.moments.items()},
            "drift": self.drift and list(self.drift),
            "optimum": self.optimum,
            "observed": self.observed,
            "certificate": self.certificate,
        }


def search(
    method: str,
    *,
    beta1: Any = Fraction(0),
    beta2: Any = Fraction(9, 10),
    sampling: str = "with_replacement",
    assumptions: Sequence[str] = ("bounded_second_moment",),
    G: Any = None,
    n: int = 4,
) -> Search:
    """Looks for a law (or at most `n` components) on which the method moves away from the minimiser of E g·θ on [−1, 1].

    Means are scaled to 1, so that G is G/|E g|: a bound on √E g² or, under bounded_gradient, on |g| (for a bounded
    variance, on the standard deviation). Without G a ladder is climbed. Numbers are exact: Fraction, int, or text such as
    19/10 and 0.9.

    Raises ValueError for an unknown method, sampling or assumption, a β outside [0, 1), moments that no law meets, or
    sampling without replacement under `unbiased`, which it contradicts.
    """
    began = time.perf_counter()
    betas = {"beta1": rational("beta1", beta1), "beta2": rational("beta2", beta2)}
    kind, largest = checked(method, sampling, assumptions, betas, None if G is None else rational("G", G), n)
    common: dict[str, Any] = {"method": method, "sampling": sampling, **betas, "assumptions": tuple(assumptions)}
    if sampling != "with_replacement":
        found = search_epochs(method, sampling, betas, kind, largest, n)
    elif not METHODS[method][0] and not METHODS[method][2]:
        found = none_exists(method, betas)
    else:
        found = search_laws(method, betas, kind, largest, "variance" in " ".join(assumptions))
    return Search(**common, **found, seconds=time.perf_counter() - began)


def checked(
    method: str, sampling: str, assumptions: Sequence[str], betas: Mapping[str, Fraction], G: Fraction | None, n: int
) -> tuple[str, Fraction | None]:
    """What G bounds ("second" or "bound"), and G. Raises ValueError as `search` says."""
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; known: {', '.join(METHODS)}")
    if sampling not in SAMPLINGS:
        raise ValueError(f"unknown sampling {sampling!r}; one of {', '.join(SAMPLINGS)}")
    known = (*MOMENT_ASSUMPTIONS, *HARMLESS)
    for name in assumptions:
        if name not in known:
            raise ValueError(
                f"the search cannot take the assumption {name!r} into account; it knows {', '.join(known)}"
            )
    if "unbiased" in assumptions and sampling != "with_replacement":
        raise ValueError(
            f"unbiased contradicts {sampling} sampling: given the epoch's past, the gradient is not unbiased"
        )
    for name, value in betas.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name} = {value} must be in [0, 1)")
    if G is not None and G <= 1:
        raise ValueError(f"G = {G} must be above 1: means are scaled to 1, and (E g)² ≤ E g², so no law meets it")
    if not 2 <= n <= 6:
        raise ValueError(f"n = {n} must be from 2 to 6")
    kinds = {MOMENT_ASSUMPTIONS[name] for name in assumptions if name in MOMENT_ASSUMPTIONS}
    return ("bound" if "bound" in kinds else "second"), G


# With replacement


def none_exists(method: str, betas: Mapping[str, Fraction]) -> dict[str, Any]:
    """The programme's optimum is μ/√v, by the exact dual; HiGHS agrees."""
    v = Fraction(4)
    certificate = dual_certificate(method, v)
    optimum = solve(method, 0.0, float(betas["beta2"]), float(v), 1.0, 100.0, 100.0).optimum
    return {"status": "none", "reason": certificate["reason"], "optimum": optimum, "certificate": certificate}


def search_laws(
    method: str, betas: Mapping[str, Fraction], kind: str, G: Fraction | None, centred: bool
) -> dict[str, Any]:
    """Climbs the ladder of G: programme, rounding, confirmation, certificate."""
    tried = 0
    for g in LADDER if G is None else (G,):
        second = g * g + centred
        bound = g if kind == "bound" else second
        confirmed = []
        for optimum, law in proposed_laws(method, betas, second, bound):
            tried += 1
            observed, error = observed_drift(law, method, betas)
            if observed + 4 * error < 0:
                confirmed.append((observed, optimum, law))
        for observed, optimum, law in sorted(confirmed)[:2]:
            result = certify("law", {"method": method, "law": law, **betas})
            if result.status == "certified" and result.direction == "wrong":
                return certified(result, law, optimum, observed)
    text = f"{tried} proposed laws up to G/E g = {g}; none drifts the wrong way with a certificate"
    return {"status": "not_found", "reason": text}


def proposed_laws(
    method: str, betas: Mapping[str, Fraction], second: Fraction, bound: Fraction
) -> Iterator[tuple[float, Law]]:
    """The programme's negative optima over a ladder of fixed v, each with an exact law of mean 1 within the moments."""
    beta1, beta2 = float(betas["beta1"]), float(betas["beta2"])
    for v in np.geomspace(1, float(second), 5):
        proposal = solve(method, beta1, beta2, float(v), 1.0, float(TIGHTENING * second), float(bound))
        if proposal.optimum >= 0:
            continue
        for digits in (2, 3, 4):
            law = rounded(proposal.gradients, proposal.probabilities, Fraction(1), digits)
            exact = moments(law) if law else {}
            if law and exact["second"] <= second and exact["bound"] <= bound:
                yield proposal.optimum, law
                break


def observed_drift(
    law: Law, method: str, betas: Mapping[str, Fraction], runs: int = 1024, steps: int = 1024, seed: int = 1
) -> tuple[float, float]:
    """Mean direction of the real recursion and its standard error, over independent runs after a burn-in."""
    inner, _, current = METHODS[method]
    beta1, beta2 = (float(betas[name]) for name in ("beta1", "beta2"))
    beta1 = beta1 if inner else 0.0  # averaging normalised gradients leaves their mean as it is
    burn = int(min(4096, 8 / (1 - max(beta1, beta2))))
    gradients, probabilities = (np.array([float(x) for x in column]) for column in zip(*law, strict=True))
    generator = np.random.default_rng(seed)
    v = np.full(runs, float((gradients**2) @ probabilities))
    m, total = np.zeros(runs), np.zeros(runs)
    edges = np.cumsum(probabilities)[:-1]
    for t in range(burn + steps):
        g = gradients[np.searchsorted(edges, generator.random(runs), side="right")]
        m = beta1 * m + (1 - beta1) * g
        before, v = v, beta2 * v + (1 - beta2) * g * g
        if t >= burn:
            total += m / np.sqrt(v if current else before)
    means = total / steps
    return float(means.mean()), float(means.std(ddof=1) / runs**0.5)


# Without replacement


def search_epochs(
    method: str, sampling: str, betas: Mapping[str, Fraction], kind: str, G: Fraction | None, n: int
) -> dict[str, Any]:
    """Components that add up to nearly 0 and yet drift; the sign of their sum is then chosen against the drift."""
    tried = 0
    for observed, components in epoch_proposals(method, sampling, betas, n):
        law = tuple((g, Fraction(1, len(components))) for g in components)
        exact = moments(law)
        ratio = exact["second"] / exact["mean"] ** 2 if kind == "second" else (exact["bound"] / exact["mean"]) ** 2
        if G is not None and ratio > G * G:
            continue
        tried += 1
        result = certify("components", {"method": method, "components": components, "order": sampling, **betas})
        if result.status == "certified" and result.direction == "wrong":
            return certified(result, law, None, observed)
    return {"status": "not_found", "reason": f"{tried} lists of at most {n} components; none with a certificate"}


def certified(result: Result, law: Law, optimum: float | None, observed: float) -> dict[str, Any]:
    """The fields of a counterexample."""
    return {
        "status": "certified",
        "reason": f"E g is {moments(law)['mean']}, and the drift has the other sign",
        "law": law,
        "moments": moments(law),
        "drift": (outward(result.drift[0], -1), outward(result.drift[1], 1)),
        "optimum": optimum,
        "observed": observed,
        "certificate": result.certificate,
    }


def outward(value: Fraction, side: int) -> float:
    """A float at or beyond the value on this side."""
    near = float(value)
    beyond = Fraction(near) >= value if side > 0 else Fraction(near) <= value
    return near if beyond else float(np.nextafter(near, side * np.inf))
