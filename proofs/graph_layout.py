"""A layered drawing of a dependency graph as SVG: longest-path layers, barycentre ordering, smooth edges.

The method is Sugiyama, Tagawa and Toda's (1981), in its simplest form: long edges pass through a dummy place in every
layer, sweeps order each layer by the mean position of its neighbours, and places relax towards them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from proofs.graph import Graph, GraphNode

WIDTH, HEIGHT, GAP, LAYER_GAP, DUMMY = 172.0, 50.0, 22.0, 54.0, 18.0
"""Box width and height, gaps between boxes and layers, width of a dummy place; SVG units."""
STRAIGHT = 6.0
"""Weight of a dummy place against a box."""
CHARACTERS = 24
"""Characters that fit on a line of a box."""
FILLS = {"coq": "#b7e0cc", "verifier": "#bfdcf2", "kernel": "#fbe3b0", "": "#ffffff"}
"""Fill by the strongest check: Coq's kernel, the second checker, the kernel alone, none (assumed)."""
LEGEND = (
    ("", "assumed: stated, not proved"),
    ("kernel", "checked by the kernel"),
    ("verifier", "and by the second checker"),
    ("coq", "and by Coq"),
)


@dataclass
class Place:
    """A node, or a dummy of a long edge, on its layer; x is its centre."""

    width: float
    x: float = 0.0
    above: list[Place] = field(default_factory=list)
    below: list[Place] = field(default_factory=list)


def layers_of(graph: Graph) -> dict[str, int]:
    """Layer of every node: the longest path from the sources; a source moves down to just above its first user."""
    before: dict[str, list[str]] = {n.id: [] for n in graph.nodes}
    after: dict[str, list[str]] = {n.id: [] for n in graph.nodes}
    for a, b in graph.edges:
        before[b].append(a)
        after[a].append(b)
    layer: dict[str, int] = {}
    for node in graph.nodes:
        layer[node.id] = 1 + max((layer[x] for x in before[node.id]), default=-1)
    for node in reversed(graph.nodes):
        if not before[node.id] and after[node.id]:
            layer[node.id] = min(layer[x] for x in after[node.id]) - 1
    lowest = min(layer.values(), default=0)
    return {k: v - lowest for k, v in layer.items()}


def svg(graph: Graph, title: str) -> str:
    """The drawing as an SVG element with its legend; every text is escaped."""
    layer = layers_of(graph)
    rows: list[list[Place]] = [[] for _ in range(max(layer.values(), default=0) + 1)]
    places = {n.id: Place(WIDTH) for n in graph.nodes}
    for node in graph.nodes:
        rows[layer[node.id]].append(places[node.id])
    routes = [_route(rows, places, layer, a, b) for a, b in graph.edges]
    _order(rows)
    _relax(rows)
    left = min(p.x - p.width / 2 for row in rows for p in row)
    right = max(p.x + p.width / 2 for row in rows for p in row)
    for row in rows:
        for p in row:
            p.x += 16 - left
    width, height = right - left + 32, len(rows) * (HEIGHT + LAYER_GAP) - LAYER_GAP + 32 + 40
    parts = [_edge(route, layer[a]) for route, (a, _) in zip(routes, graph.edges, strict=True)]
    parts += [_box(n, places[n.id], layer[n.id]) for n in graph.nodes]
    parts.append(_legend(height - 28))
    width = max(width, LEGEND_WIDTH)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" font-family="system-ui, Liberation Sans, sans-serif" font-size="12">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _route(rows: list[list[Place]], places: dict[str, Place], layer: dict[str, int], a: str, b: str) -> list[Place]:
    """The places an edge passes, with dummies on the layers between."""
    route = [places[a]]
    for k in range(layer[a] + 1, layer[b]):
        dummy = Place(DUMMY)
        rows[k].append(dummy)
        route.append(dummy)
    route.append(places[b])
    for upper, lower in pairwise(route):
        upper.below.append(lower)
        lower.above.append(upper)
    return route


def _order(rows: list[list[Place]]) -> None:
    """Sweeps that order each layer by the barycentre of its neighbours; keeps the order of fewest crossings."""
    for row in rows:
        _spread(row)
    best, fewest = [list(r) for r in rows], _crossings(rows)
    for sweep in range(24):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            centre = {id(p): _mean(p.above if down else p.below, p.x) for p in row}
            row.sort(key=lambda p: centre[id(p)])
            _spread(row)
        if (count := _crossings(rows)) < fewest:
            best, fewest = [list(r) for r in rows], count
    for row, order in zip(rows, best, strict=True):
        row[:] = order
        _spread(row)


def _crossings(rows: list[list[Place]]) -> int:
    count = 0
    for upper, lower in pairwise(rows):
        position = {id(p): k for k, p in enumerate(lower)}
        ends = [(k, position[id(q)]) for k, p in enumerate(upper) for q in p.below]
        count += sum((a < c and b > d) or (a > c and b < d) for i, (a, b) in enumerate(ends) for c, d in ends[:i])
    return count


def _mean(neighbours: list[Place], default: float) -> float:
    return sum(p.x for p in neighbours) / len(neighbours) if neighbours else default


def _spread(row: list[Place]) -> None:
    """Side by side, centred at 0."""
    x = -(sum(p.width for p in row) + GAP * (len(row) - 1)) / 2
    for p in row:
        p.x = x + p.width / 2
        x += p.width + GAP


def _relax(rows: list[list[Place]]) -> None:
    """Moves places towards their neighbours without changing the order or overlapping."""
    for sweep in range(200):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            _fit(row, [_wish(p) for p in row])


def _wish(place: Place) -> float:
    """The mean of the neighbours; inside a long edge the other dummies count most, which keeps it straight."""
    neighbours = place.above + place.below
    weights = [STRAIGHT if q.width == place.width == DUMMY else 1.0 for q in neighbours]
    return sum(w * q.x for w, q in zip(weights, neighbours, strict=True)) / sum(weights) if neighbours else place.x


def _fit(row: list[Place], wish: list[float]) -> None:
    """The positions nearest to the wishes (weighted least squares) that keep the distances: pool adjacent violators."""
    offsets = [0.0]
    for a, b in pairwise(row):
        offsets.append(offsets[-1] + (a.width + b.width) / 2 + GAP)
    blocks: list[tuple[float, float, int]] = []
    for place, target, offset in zip(row, wish, offsets, strict=True):
        mean, weight, count = target - offset, STRAIGHT if place.width == DUMMY else 1.0, 1
        while blocks and blocks[-1][0] > mean:
            before, heavy, many = blocks.pop()
            mean = (mean * weight + before * heavy) / (weight + heavy)
            weight, count = weight + heavy, count + many
        blocks.append((mean, weight, count))
    flat = [mean for mean, _, count in blocks for _ in range(count)]
    for p, base, offset in zip(row, flat, offsets, strict=True):
        p.x = base + offset


def _top(layer: int) -> float:
    return 16 + layer * (HEIGHT + LAYER_GAP)


def _edge(route: list[Place], first: int) -> str:
    """A smooth curve; a dummy is crossed straight down its layer's height."""
    x, y = route[0].x, _top(first) + HEIGHT
    path = [f"M{x:.1f},{y:.1f}"]
    for k, place in enumerate(route[1:], start=first + 1):
        top = _top(k)
        end = top - (5 if place is route[-1] else 0)
        middle = (y + end) / 2
        path.append(f"C{x:.1f},{middle:.1f} {place.x:.1f},{middle:.1f} {place.x:.1f},{end:.1f}")
        x, y = place.x, top + HEIGHT
        if place is not route[-1]:
            path.append(f"L{x:.1f},{y:.1f}")
    x, top = route[-1].x, _top(first + len(route) - 1)
    head = f'<path d="M{x - 4:.1f},{top - 7:.1f} L{x:.1f},{top:.1f} L{x + 4:.1f},{top - 7:.1f} Z" fill="#6b7280"/>'
    return f'<path d="{" ".join(path)}" fill="none" stroke="#6b7280" stroke-width="1.2"/>{head}'


def _box(node: GraphNode, place: Place, layer: int) -> str:
    strongest = next((x for x in ("coq", "verifier", "kernel") if x in node.checked_by), "")
    x, y = place.x - WIDTH / 2, _top(layer)
    radius = 25 if node.kind == "assumption" else 4
    stroke = ' stroke-width="2.6"' if node.kind == "theorem" else ' stroke-width="1.3"'
    dash = ' stroke-dasharray="5 3"' if node.kind == "assumption" else ""
    below = f"{node.steps} steps" if node.kind == "lemma" else node.kind
    lines = [*_wrapped(node.label), below]
    first = y + HEIGHT / 2 - 7 * (len(lines) - 1) + 4
    texts = "".join(
        f'<text x="{place.x:.1f}" y="{first + 14 * k:.1f}" text-anchor="middle" '
        f'fill="{"#4b5563" if k == len(lines) - 1 else "#1b1f24"}">{escape(line)}</text>'
        for k, line in enumerate(lines)
    )
    checked = ", ".join(sorted(node.checked_by)) or "assumed"
    return (
        f"<g><title>{escape(node.label)}: {escape(checked)}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{WIDTH:.0f}" height="{HEIGHT:.0f}" rx="{radius}" '
        f'fill="{FILLS[strongest]}" stroke="#374151"{stroke}{dash}/>{texts}</g>'
    )


def _wrapped(label: str) -> list[str]:
    """At most two lines; what does not fit ends in …, and is complete in the tooltip."""
    lines = [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > CHARACTERS:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1]} …"]
    return [x if len(x) <= CHARACTERS + 2 else x[:CHARACTERS] + "…" for x in lines]


LEGEND_WIDTH = 4 * 200.0 + 16


def _legend(y: float) -> str:
    entries = []
    for k, (name, words) in enumerate(LEGEND):
        x, dash = 16 + 200 * k, ' stroke-dasharray="5 3"' if not name else ""
        entries.append(
            f'<rect x="{x}" y="{y:.0f}" width="20" height="14" rx="{7 if not name else 3}" fill="{FILLS[name]}" '
            f'stroke="#374151"{dash}/><text x="{x + 26}" y="{y + 11:.0f}">{escape(words)}</text>'
        )
    return f"<g>{''.join(entries)}</g>"
