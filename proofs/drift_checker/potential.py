"""What a potential proves: Y = reward + h(next) − h enclosed over the whole continuum of states, in ball arithmetic."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flint import arb, fmpq

from .chain import CURRENT, Chain, Moves, m_range, v_range
from .reading import fields, items, multiples, need


@dataclass(frozen=True)
class Proved:
    """For every state: low ≤ E Y ≤ high, |Y| ≤ size, E Y² ≤ square, |reward| ≤ reward; and the potential's figures."""

    low: arb
    high: arb
    size: arb
    square: arb
    reward: arb
    spread: arb
    largest_a: arb
    slope_a: arb
    slope_b: arb


class Potential:
    """h(m, v) = m a(v) + b(v) in each mode, a and b piecewise linear on the nodes."""

    def __init__(self, chain: Chain, raw: Any, modes: int) -> None:
        nodes, a, b = fields(raw, "potential", "nodes", "a", "b")
        low, high = v_range(chain)
        self.nodes = [low, *multiples(nodes, "nodes"), high]
        need(all(bool(x < y) for x, y in pairwise(self.nodes)), "nodes must increase inside v's range")
        self.b = self.rows(b, "b", modes)
        if chain.inner == 0:
            need(a == [], "a must be empty without inner momentum")
            self.a = [[fmpq(0)] * len(self.nodes)] * modes
        else:
            self.a = self.rows(a, "a", modes)

    def rows(self, raw: Any, what: str, modes: int) -> list[list[fmpq]]:
        rows = [multiples(x, what) for x in items(raw, what)]
        need(len(rows) == modes, f"{what}: not one row for each of {modes} modes")
        need(all(len(row) == len(self.nodes) for row in rows), f"{what}: not one value for each node")
        return rows

    def at(self, row: list[fmpq], v: fmpq) -> arb:
        k = min(bisect_right(self.nodes, v), len(self.nodes) - 1)
        x, y = self.nodes[k - 1], self.nodes[k]
        return (arb(y - v) * row[k - 1] + arb(v - x) * row[k]) / arb(y - x)

    def slope(self, rows: list[list[fmpq]]) -> arb:
        steps = range(1, len(self.nodes))
        return arb(max(abs(r[k] - r[k - 1]) / (self.nodes[k] - self.nodes[k - 1]) for r in rows for k in steps))


def prove(chain: Chain, modes: list[Moves], h: Potential) -> Proved:
    """Y = reward + h(next) − h over all states: cell by cell between all kinks of v ↦ Y, for m at both ends of its range.

    There each move's part of Y is linear(v) + f·w(v) with w = 1/s convex (or constant), so that w lies between its tangent at the
    middle and its chord, which at a cell's end is w itself.
    """
    current, beta2, mu, kink = chain.method in CURRENT, chain.beta2, chain.inner, chain.eps * chain.eps
    low, high = h.nodes[0], h.nodes[-1]

    def image(v: fmpq, g: fmpq) -> fmpq:
        return beta2 * v + (1 - beta2) * g * g

    def normaliser(v: fmpq, g: fmpq) -> tuple[arb, arb]:
        """1/s and its slope in v, to the right of a kink."""
        x = image(v, g) if current else v
        if x < kink:
            return 1 / arb(chain.eps), arb(0)
        w = 1 / arb(x).sqrt()
        return w, -(w * w * w) * (beta2 if current else fmpq(1)) / 2

    least, most, size, square, reward = arb("inf"), arb("-inf"), arb(0), arb(0), arb(0)
    for mode, moves in enumerate(modes):
        cuts = {*h.nodes, kink}
        if beta2 != 0:
            cuts |= {(x - (1 - beta2) * g * g) / beta2 for _, g, _ in moves for x in (*h.nodes, kink)}
        points = sorted(x for x in cuts if low <= x <= high)
        a_next, b_next, w_at = (
            [[f(x, g, to) for _, g, to in moves] for x in points]
            for f in (
                lambda x, g, to: h.at(h.a[to], image(x, g)),
                lambda x, g, to: h.at(h.b[to], image(x, g)),
                lambda x, g, to: normaliser(x, g)[0],
            )
        )
        a_here, b_here = ([h.at(rows[mode], x) for x in points] for rows in (h.a, h.b))
        for k in range(len(points) - 1):
            middle = (points[k] + points[k + 1]) / 2
            tangents = [normaliser(middle, g) for _, g, _ in moves]
            for m in m_range(chain, points[k + 1]):
                for end, other in ((k, k + 1), (k + 1, k)):
                    below = above = second = arb(0)
                    for i, (p, g, _) in enumerate(moves):
                        f = mu * m + (1 - mu) * g
                        rest = f * a_next[end][i] + b_next[end][i] - m * a_here[end] - b_here[end]
                        chord, value, rate = w_at[end][i], *tangents[i]
                        tangent = value + rate * (points[end] - middle)
                        below += p * (rest + f * (tangent if f > 0 else chord))
                        above += p * (rest + f * (chord if f > 0 else tangent))
                        y = abs(rest + f * chord).max(abs(rest + f * w_at[other][i]))
                        second += p * (y * y)
                        size, reward = size.max(y), reward.max(abs(f * chord))
                    least, most, square = least.min(below), most.max(above), square.max(second)
    need(all(x.is_finite() for x in (least, most, size, square, reward)), "an enclosure became infinite")
    corner = [
        m * x + y
        for row_a, row_b in zip(h.a, h.b, strict=True)
        for x, y in zip(row_a, row_b, strict=True)
        for m in m_range(chain)
    ]
    largest_a = max(abs(x) for row in h.a for x in row)
    spread = arb(max(corner) - min(corner))
    return Proved(least, most, size, square, reward, spread, arb(largest_a), h.slope(h.a), h.slope(h.b))
