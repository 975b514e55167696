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
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
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
    """The potential that solves Poisson's equation at the nodes, in floating point, rounded to rationals.

    Raises ValueError for fewer than 2 cells.
    """
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
    b[0] = 0
    b -= (b.min() + b.max()) / 2
    return Potential(nodes, *(tuple(rounded(row) for row in x.reshape(len(modes), n)) for x in (a, b)))


def rounded(row: Any) -> tuple[Fraction, ...]:
    """Multiples of one power of two, about 40 bits of the largest."""
    largest = float(np.abs(row).max())
    unit = Fraction(2) ** (math.frexp(largest)[1] - 40) if largest else Fraction(1)
    return tuple(round(Fraction(x) / unit) * unit for x in row.tolist())


# -- enclosing D


def enclose(p: Process, h: Potential, bits: int = 128) -> tuple[Fraction, Fraction]:
    """Rational bounds of D over all states, hence of the stationary drift per step. Raises ValueError below 64 bits."""
    if bits < LOWEST_PRECISION:
        raise ValueError(f"{bits} bits: ball arithmetic here needs {LOWEST_PRECISION} or more")
    with working_precision(bits):
        bounds = [ends for q in range(len(h.b)) for ends in cell_bounds(p, h, q)]
        low = reduce(lambda x, y: x.min(y), (low for low, _ in bounds))
        high = reduce(lambda x, y: x.max(y), (high for _, high in bounds))
        if not (low.is_finite() and high.is_finite()):
            raise ValueError(f"{bits} bits: precision too low, an enclosure became infinite")
        return below(low), above(high)


def below(ball: arb, digits: int = 12) -> Fraction:
    """A decimal of so many digits that is at most every number in the ball."""
    exact = ball.lower().fmpq()
    return Fraction(math.floor(Fraction(int(exact.p), int(exact.q)) * 10**digits), 10**digits)


def above(ball: arb, digits: int = 12) -> Fraction:
    """A decimal of so many digits that is at least every number in the ball."""
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


def cell_bounds(p: Process, h: Potential, mode: int) -> Iterator[tuple[arb, arb]]:
    """Lower and upper bounds of D at the ends of each cell of `mode`, for each end of m's range."""
    nodes = [to_fmpq(x) for x in h.nodes]
    beta2, inner, eps = to_fmpq(p.beta2), to_fmpq(p.inner), to_fmpq(p.eps)
    a, b = ([Line(nodes, row) for row in rows] for rows in (h.a, h.b))
    moves = [(to_fmpq(t.probability), to_fmpq(t.gradient), t.mode) for t in p.modes()[mode]]

    def after(v: fmpq, g: fmpq) -> fmpq:
        return beta2 * v + (1 - beta2) * g * g

    def weight(v: fmpq, g: fmpq) -> arb:
        x = after(v, g) if p.current else v
        return 1 / arb(eps) if x <= eps * eps else arb(x).rsqrt()

    def slope(v: fmpq, g: fmpq) -> arb:
        x = after(v, g) if p.current else v
        if x <= eps * eps:
            return arb(0)
        return -arb(x).rsqrt() / (2 * arb(x)) * arb(beta2 if p.current else fmpq(1))

    kinks = [*nodes, eps * eps]
    if beta2:
        kinks += [(x - (1 - beta2) * g * g) / beta2 for _, g, _ in moves for x in (*nodes, eps * eps)]
    points = sorted({x for x in kinks if nodes[0] <= x <= nodes[-1]})
    for m in map(to_fmpq, p.m_range):
        force = [q * (inner * m + (1 - inner) * g) for q, g, _ in moves]  # what multiplies 1/s, and a(v')

        def linear(v: fmpq, m: fmpq = m, force: list[fmpq] = force) -> arb:
            total = -b[mode](v) - m * a[mode](v)
            for f, (q, g, to) in zip(force, moves, strict=True):
                x = after(v, g)
                total += q * b[to](x) + (f * a[to](x) if inner else arb(0))
            return total

        ends = [(v, linear(v), [weight(v, g) for _, g, _ in moves]) for v in points]
        for (v, rest_v, w_v), (u, rest_u, w_u) in pairwise(ends):
            mid = (v + u) / 2
            tangents = [(weight(mid, g), slope(mid, g)) for _, g, _ in moves]
            for x, rest, chord in ((v, rest_v, w_v), (u, rest_u, w_u)):
                low = high = rest
                for f, at_end, (at_mid, rate) in zip(force, chord, tangents, strict=True):
                    tangent = at_mid + rate * (x - mid)
                    low, high = low + f * (at_end if f < 0 else tangent), high + f * (tangent if f < 0 else at_end)
                yield low, high
