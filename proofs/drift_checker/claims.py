"""The claims of a certificate, one after the other, against what the potential proves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
from flint import arb, fmpq

from .chain import CURRENT, HUBER, Chain, chain_of, epoch_sum, moves_of, rational_drift
from .potential import Potential, Proved, prove
from .reading import ends, fields, need, rational, read

BITS = 160


@dataclass(frozen=True)
class Verdict:
    """What an accepted certificate proves; `drift` is the checker's own enclosure over a period."""

    name: str
    claim: str
    direction: str
    drift: tuple[str, str]
    sentence: str


def check(text: str) -> Verdict:
    """Accepts a certificate or raises RejectedError."""
    with flint.ctx.workprec(BITS):
        return verify(read(text))


def verify(raw: dict[str, Any]) -> Verdict:
    """The claims, one after the other."""
    need(raw["format"] == "drift-cert/1", "the format is not drift-cert/1")
    name, claim, direction = raw["name"], raw["claim"], raw["direction"]
    need(type(name) is str and claim in ("drift", "failure") and direction in ("wrong", "right"), "unknown claim")
    chain = chain_of(name, raw["parameters"])
    drift = ends(raw["drift"], "drift")
    speed = name == "amsgrad_slow"
    exact = None if raw["exact"] is None else rational(raw["exact"], "exact")
    own_exact = 1 / (chain.gradients[0][0]) if speed else rational_drift(chain)
    need(exact == own_exact, f"exact: the drift is {own_exact}")
    need(exact is None or bool(drift[0] <= exact <= drift[1]), "exact: outside the drift's enclosure")
    resting = chain.everywhere and exact == 0
    proved, own = None, (arb(0), arb(0))
    if resting:
        need(raw["potential"] is None and drift == (0, 0), "where the drift is 0 there is no potential to give")
    else:
        modes = moves_of(chain)
        proved = prove(chain, modes, Potential(chain, raw["potential"], len(modes)))
        own = (chain.period * proved.low, chain.period * proved.high)
    consequence = f"the drift over a period lies in [{decimal(drift[0])}, {decimal(drift[1])}]"
    if speed and proved is not None:
        consequence = amsgrad(chain, proved, raw["speed"], drift)
    else:
        need(raw["speed"] is None, "speed: only for amsgrad_slow")
        need(
            own[0] >= drift[0] and own[1] <= drift[1],
            f"drift: the potential proves {own[0].lower()} to {own[1].upper()}",
        )
    need(direction == direction_of(chain, drift), "direction: not what the enclosure says")
    limit_of(chain, raw["limit"])
    if claim == "failure" and proved is not None:
        need(direction == "wrong", "failure: claimed where the drift is not wrong")
        consequence = (floor if chain.everywhere else interval)(chain, proved, raw["failure"])
    else:
        need(claim == "drift" and raw["failure"] is None, "failure: constants and claim do not go together")
    parameters = ", ".join(f"{key} = {show(value)}" for key, value in raw["parameters"].items())
    shown = (str(own[0].lower()), str(own[1].upper())) if not speed else (raw["drift"][0], raw["drift"][1])
    return Verdict(name, claim, direction, shown, f"{name} ({parameters}) is {direction}: {consequence}")


def show(value: Any) -> str:
    return "(" + ", ".join(map(show, value)) + ")" if type(value) is list else str(value)


def direction_of(chain: Chain, drift: tuple[fmpq, fmpq]) -> str | None:
    """Right: against the mean gradient, or at rest on problem U; None if the enclosure holds 0 and more."""
    if chain.everywhere and drift == (0, 0):
        return "right"
    if not (drift[0] > 0 or drift[1] < 0):
        return None
    return "right" if not chain.everywhere and (drift[0] > 0) == (chain.mean > 0) else "wrong"


def eta_of(proved: Proved, eta: fmpq) -> None:
    """The drift's distance from 0, per step."""
    need(bool(eta > 0), "eta must be positive")
    need(proved.low >= eta or proved.high <= -eta, "eta: more than the drift's distance from 0")


def interval(chain: Chain, proved: Proved, raw: Any) -> str:
    """Theorem 1 (any sampling) or 2 (fixed order)."""
    names = ("eta", "reward", "potential", "largest", "second", "rate", "limit", "after", "average")
    eta, reward, H, A, S, s, limit, after, average = (
        rational(x, f"failure.{name}") for name, x in zip(names, fields(raw, "failure", *names), strict=True)
    )
    eta_of(proved, eta)
    need(proved.reward <= reward, "reward: below the largest reward")
    need(proved.spread / 2 + chain.kappa * reward <= H, "potential: below half its range and the momentum's part")
    need(proved.size <= A and bool(A > 0), "largest: below the largest |Y|")
    need(proved.square <= S and bool(S > 0), "second: below the second moment of Y")
    if chain.sampling == "fixed":
        need(s == 0, "rate: 0 in a fixed order")
        need(bool(limit >= 2 * H), "limit: below 2H")
        need(bool(after * eta >= 2), "after: below 2/eta")
        need(average == limit, "average: the limit, in a fixed order")
    else:
        need(bool(s > 0), "rate must be positive")
        x = arb(s * A)
        gap = arb(s * eta) - (x.exp() - 1 - x) * S / (A * A)
        need(gap > 0, "rate: the exponential Lyapunov function does not contract")
        need(limit >= 2 * arb(H) + (1 + 1 / gap).log() / s, "limit: below 2H + ln(1 + 1/(1 - rho))/s")
        need(after >= 2 * arb(s) / gap, "after: below 2s/(1 - rho)")
        drift = abs(proved.low).max(abs(proved.high))
        need(average * 2 * eta >= S + 4 * H * drift, "average: below (S + 4H|drift|)/(2 eta)")
    end = "+1" if bool(chain.mean > 0) else "-1"
    mean = "" if chain.sampling == "fixed" else "E "
    bound = f"{mean}|theta_t - ({end})| <= {decimal(limit)} alpha for t >= {decimal(after)}/alpha, every alpha > 0"
    if chain.sampling != "fixed" and H > 0:
        bound += f"; {decimal(average)} alpha on average, alpha <= {decimal(1 / H)}"
    return f"{bound}; the minimiser is the other end"


def floor(chain: Chain, proved: Proved, raw: Any) -> str:
    """Theorem 3: problem U."""
    names = ("eta", "potential", "lipschitz", "floor")
    eta, H, lipschitz, bound = (
        rational(x, f"failure.{name}") for name, x in zip(names, fields(raw, "failure", *names), strict=True)
    )
    eta_of(proved, eta)
    mu, eps = chain.inner, chain.eps
    need(proved.spread / 2 + chain.kappa * HUBER / eps <= H, "potential: below half its range and the momentum's part")
    steep = 1 / (2 * eps * eps * eps) if chain.method in CURRENT else fmpq(0)
    moved = (HUBER + 2) * (1 - chain.beta2)  # of v', per |theta|
    need(
        (1 - mu) * (1 / eps + proved.largest_a) + moved * ((2 + 2 * mu) * (steep + proved.slope_a) + proved.slope_b)
        <= lipschitz,
        "lipschitz: below the Lipschitz constant",
    )
    need(bool(bound > 0) and bool(bound * lipschitz <= eta), "floor: not in (0, eta/lipschitz]")
    return f"limsup E|theta_t| >= {decimal(bound)} for every alpha > 0, and the minimiser is 0"


def decimal(x: fmpq) -> str:
    return str(arb(x).str(6, radius=False))


def amsgrad(chain: Chain, proved: Proved, raw: Any, drift: tuple[fmpq, fmpq]) -> str:
    """Theorem 4: AMSGrad's conditional drift is at most `bound` after a spike, ADOPT's drift lies in `adopt`."""
    bound_text, adopt_ends, ratio_text = fields(raw, "speed", "bound", "adopt", "ratio")
    bound, ratio = rational(bound_text, "speed.bound"), rational(ratio_text, "speed.ratio")
    low, high = ends(adopt_ends, "speed.adopt")
    square = chain.gradients[0][0]
    need(drift == (1 / square, 1 / square), "drift: AMSGrad's tends to 1/k^2")
    need(bool(bound > 0) and bool(bound * bound * square * square * (1 - chain.beta2) >= 1), "speed.bound: too small")
    need(bool(low > 0) and proved.low >= low and proved.high <= high, "speed.adopt: not proved by the potential")
    need(bool(ratio * bound <= low), "speed.ratio: too large")
    slow = f"its drift is at most {decimal(bound)} after a spike and tends to {drift[0]}"
    return f"{slow}; ADOPT's is {decimal(ratio)} times that bound or more"


def limit_of(chain: Chain, raw: Any) -> None:
    """Problem U, ADOPT, beta2 = 0, without replacement: the averaged drift changes sign between the two ends."""
    wanted = chain.everywhere and chain.method == "adopt" and chain.beta2 == 0 and chain.sampling != "replacement"
    if not wanted:
        need(raw is None, "limit: only for ADOPT with beta2 = 0 on problem U without replacement")
        return
    signs = []
    for theta in ends(raw, "limit"):
        need(
            bool(-1 < theta < 0), "limit: outside (-1, 0), where the gradients keep their signs and sizes of 1 or more"
        )
        signs.append(epoch_sum([theta + 2, theta - 1, theta - 1], chain.sampling, chain.eps, False))
    need(bool(signs[0] < 0 < signs[1]), "limit: the averaged drift does not change sign")
