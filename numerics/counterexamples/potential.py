"""Enclosing a drift by a potential: a function h of the internal state with D = E[reward + h(next)] − h ≈ constant.

For any bounded h whatever, inf D ≤ stationary drift ≤ sup D, because E h(next) − h has mean 0 under the stationary law. So a
potential is a witness: found in floating point, rounded to rationals, and then D is enclosed over the whole continuum of
states in ball arithmetic. h(m, v) = m·a(v) + b(v) in each mode, a and b piecewise linear in v on one grid; with inner
momentum 0, a = 0. The best h solves Poisson's equation; interpolation on a grid is the adjoint of splitting mass to the
neighbouring nodes, so this is also the dual of a convex-order discretisation, and gives both of its sides at once.

Enclosing D on a cell of v without kinks: D is affine in m, so m at its two ends; 1/√ is convex, so it lies below its chord and
above its tangent at the midpoint; what remains is linear in v and is evaluated at the cell's ends.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb, fmpq

from numerics.counterexamples.process import Process
from numerics.exact import to_fmpq, working_precision

LOWEST_PRECISION = 64


@dataclass(frozen=True)
class Potential:
    """h(m, v) = m·a(v) + b(v): `a[mode][node]`, `b[mode][node]` on `nodes`, which include both ends of v's range."""

    nodes: tuple[Fraction, ...]
    a: tuple[tuple[Fraction, ...], ...]
    b: tuple[tuple[Fraction, ...], ...]


# -- finding one


def grid(p: Process, cells: int) -> tuple[Fraction, ...]:
    """Nodes uniform in log(v + ε²), the inner ones rounded to 24 bits, with a node where s(v) has its kink."""
    low, high = p.v_range
    shift = float(p.eps**2) if not low else 0.0
    ends = math.log(float(low) + shift), math.log(float(high) + shift)
    inner = (np.exp(np.linspace(*ends, cells + 1)[1:-1]) - shift).tolist()
    rounded = {to_bits(x, 24) for x in inner} | ({p.eps**2} if not p.current else set())
    return (low, *sorted(x for x in rounded if low < x < high), high)


def to_bits(x: float, bits: int) -> Fraction:
    """x rounded to so many significant bits."""
    mantissa, exponent = math.frexp(x)
    return Fraction(round(math.ldexp(mantissa, bits))) * Fraction(2) ** (exponent - bits)


def propose(p: Process, cells: int) -> Potential:
    """The potential that solves Poisson's equation at the nodes, rounded to rationals. Raises ValueError below 2 cells."""
    nodes, a, b, _ = solve(p, cells)
    return Potential(nodes, *(tuple(rounded(row) for row in x) for x in (a, b)))


def guess(p: Process, cells: int) -> float:
    """The drift per step in floating point, not certified. Raises ValueError below 2 cells."""
    return solve(p, cells)[3]


def solve(p: Process, cells: int) -> tuple[tuple[Fraction, ...], Any, Any, float]:
    """Poisson's equation at the nodes in floating point: nodes, a, b (modes × nodes), drift per step."""
    from scipy.sparse import csc_matrix, identity
    from scipy.sparse.linalg import spsolve

    if cells < 2:
        raise ValueError(f"{cells} cells: the grid needs 2 or more")
    nodes = grid(p, cells)
    v, modes = np.array([float(x) for x in nodes]), p.modes()
    n, beta2, inner = len(v), float(p.beta2), float(p.inner)
    size = n * len(modes)
    rows, columns, weights = [], [], []
    mass, force = np.zeros(size), np.zeros(size)
    moves = []
    for q, transitions in enumerate(modes):
        for move in transitions:
            after = np.clip(beta2 * v + (1 - beta2) * float(move.gradient) ** 2, v[0], v[-1])
            left = np.clip(np.searchsorted(v, after, side="right") - 1, 0, n - 2)
            share = (after - v[left]) / (v[left + 1] - v[left])
            w = 1 / np.maximum(np.sqrt(after if p.current else v), float(p.eps))
            here = np.arange(q * n, (q + 1) * n)
            probability = float(move.probability)
            for column, weight in ((move.mode * n + left, 1 - share), (move.mode * n + left + 1, share)):
                rows.append(here)
                columns.append(column)
                weights.append(probability * weight)
            mass[here] += probability * w
            force[here] += probability * float(move.gradient) * w
            moves.append((here, move.mode * n + left, share, probability * float(move.gradient)))
    step = csc_matrix((np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=(size, size))
    a = spsolve(identity(size, format="csc") - inner * step, inner * mass) if inner else np.zeros(size)
    for here, left, share, weight in moves:
        force[here] += weight * ((1 - share) * a[left] + share * a[left + 1])
    # (I − P) b + drift = (1−μ) force, with b = 0 at the first node, whose column carries the drift
    system = (identity(size, format="csc") - step).tolil()
    system[:, 0] = 1
    b = spsolve(system.tocsc(), (1 - inner) * force)
    drift, b[0] = float(b[0]), 0
    b -= (b.min() + b.max()) / 2
    return nodes, a.reshape(len(modes), n), b.reshape(len(modes), n), drift


def rounded(row: Any) -> tuple[Fraction, ...]:
    """Multiples of one power of two, about 40 bits of the largest."""
    largest = float(np.abs(row).max())
    unit = Fraction(2) ** (math.frexp(largest)[1] - 40) if largest else Fraction(1)
    return tuple(round(Fraction(x) / unit) * unit for x in row.tolist())


# -- enclosing D


@dataclass(frozen=True)
class Enclosure:
    """What a potential proves, for every state, about Y = reward + h(next) − h (per step, outward rounded):

    `low` ≤ E[Y given the state] ≤ `high`, |Y| ≤ `largest`, E[Y² given the state] ≤ `second`, |reward| ≤ `reward`.
    """

    low: Fraction
    high: Fraction
    largest: Fraction
    second: Fraction
    reward: Fraction


@dataclass(frozen=True)
class CellEnd:
    """One end of a cell, for one value of m: for each transition its probability, the part of Y that is linear on the cell, the

    factor m' of 1/s, and 1/s at this end, at the other end, and its tangent from the cell's midpoint.
    """

    probability: list[fmpq]
    linear: list[arb]
    factor: list[fmpq]
    here: list[arb]
    there: list[arb]
    tangent: list[arb]


def enclose(p: Process, h: Potential, bits: int = 128) -> Enclosure:
    """Y's mean, size and second moment over all states. Raises ValueError below 64 bits."""
    if bits < LOWEST_PRECISION:
        raise ValueError(f"{bits} bits: ball arithmetic here needs {LOWEST_PRECISION} or more")
    with working_precision(bits):
        low, high = arb("inf"), arb("-inf")
        largest = second = reward = arb(0)
        for mode in range(len(h.b)):
            for end in cell_ends(p, h, mode):
                at_least = at_most = square = arb(0)
                for q, rest, f, w, other, tangent in zip(
                    end.probability, end.linear, end.factor, end.here, end.there, end.tangent, strict=True
                ):
                    at_least += q * (rest + f * (w if f < 0 else tangent))
                    at_most += q * (rest + f * (tangent if f < 0 else w))
                    size = abs(rest + f * w).max(abs(rest + f * other))
                    square += q * size * size
                    largest, reward = largest.max(size), reward.max(abs(f * w))
                low, high, second = low.min(at_least), high.max(at_most), second.max(square)
        if not all(x.is_finite() for x in (low, high, largest, second, reward)):
            raise ValueError(f"{bits} bits: precision too low, an enclosure became infinite")
        return Enclosure(below(low), above(high), above(largest), above(second), above(reward))


def below(ball: arb, digits: int = 12) -> Fraction:
    """A decimal of so many digits below every number in the ball, by at least one unit: another precision finds it below too."""
    exact = ball.lower().fmpq()
    return Fraction(math.floor(Fraction(int(exact.p), int(exact.q)) * 10**digits) - 1, 10**digits)


def above(ball: arb, digits: int = 12) -> Fraction:
    """A decimal of so many digits above every number in the ball, by at least one unit."""
    return -below(-ball, digits)


class Line:
    """A piecewise linear function on the grid, evaluated at rationals in ball arithmetic."""

    def __init__(self, nodes: list[fmpq], values: tuple[Fraction, ...]) -> None:
        self.nodes, self.values = nodes, [to_fmpq(x) for x in values]

    def __call__(self, v: fmpq) -> arb:
        k = min(max(bisect_right(self.nodes, v) - 1, 0), len(self.nodes) - 2)
        left, right = self.nodes[k], self.nodes[k + 1]
        y, z = self.values[k], self.values[k + 1]
        return arb(y) + arb(z - y) * arb(v - left) / arb(right - left)


def momentum_ends(p: Process) -> Callable[[fmpq], list[fmpq]]:
    """For v, the ends of an interval that holds every m which goes with a v up to this one.

    If μ² < β2, m² ≤ C v with C = (1−μ)² β2/((1−β2)(β2−μ²)) at all times (Cauchy–Schwarz, from m_0 = 0).
    """
    low, high = to_fmpq(p.m_range[0]), to_fmpq(p.m_range[-1])
    if not p.inner:
        return lambda v: [low]
    if p.inner**2 >= p.beta2:
        return lambda v: [low, high]
    C = to_fmpq((1 - p.inner) ** 2 * p.beta2 / ((1 - p.beta2) * (p.beta2 - p.inner**2)))

    def ends(v: fmpq) -> list[fmpq]:
        root = arb(C * v).sqrt().upper().fmpq()
        return [max(low, -root), min(high, root)]

    return ends


def cell_ends(p: Process, h: Potential, mode: int) -> Iterator[CellEnd]:
    """Both ends of each cell of `mode`, for each end of m's range there."""
    nodes = [to_fmpq(x) for x in h.nodes]
    beta2, inner, eps = to_fmpq(p.beta2), to_fmpq(p.inner), to_fmpq(p.eps)
    a, b = ([Line(nodes, row) for row in rows] for rows in (h.a, h.b))
    moves = [(to_fmpq(t.probability), to_fmpq(t.gradient), t.mode) for t in p.modes()[mode]]
    chances, ends_of_m = [q for q, _, _ in moves], momentum_ends(p)

    def after(v: fmpq, g: fmpq) -> fmpq:
        return beta2 * v + (1 - beta2) * g * g

    def weight(v: fmpq, g: fmpq) -> tuple[arb, arb]:
        """1/s and its derivative in v."""
        x, rate = (after(v, g), beta2) if p.current else (v, fmpq(1))
        if x <= eps * eps:
            return 1 / arb(eps), arb(0)
        root = arb(x).rsqrt()
        return root, -rate * root / (2 * arb(x))

    kinks = [*nodes, eps * eps]
    if beta2:
        kinks += [(x - (1 - beta2) * g * g) / beta2 for _, g, _ in moves for x in (*nodes, eps * eps)]
    points = sorted({x for x in kinks if nodes[0] <= x <= nodes[-1]})

    def at(v: fmpq) -> tuple[list[arb], list[arb], list[arb], arb, arb]:
        """Per transition 1/s, a(v') and b(v'), then a(v) and b(v)."""
        next_b = [b[to](after(v, g)) for _, g, to in moves]
        next_a = [a[to](after(v, g)) if inner else arb(0) for _, g, to in moves]
        return [weight(v, g)[0] for _, g, _ in moves], next_a, next_b, a[mode](v) if inner else arb(0), b[mode](v)

    for (v, there), (u, here) in pairwise((x, at(x)) for x in points):
        middle = (v + u) / 2
        at_middle = [weight(middle, g) for _, g, _ in moves]
        for m in ends_of_m(u):
            factor = [inner * m + (1 - inner) * g for _, g, _ in moves]
            for x, (w, next_a, next_b, now_a, now_b), (other, *_) in ((v, there, here), (u, here, there)):
                linear = [
                    f * rest_a + rest_b - m * now_a - now_b
                    for f, rest_a, rest_b in zip(factor, next_a, next_b, strict=True)
                ]
                tangent = [value + rate * (x - middle) for value, rate in at_middle]
                yield CellEnd(chances, linear, factor, w, other, tangent)
