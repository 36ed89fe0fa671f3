"""Drawn circuits: every wire carries its value on the way forward and its gradient on the way back.

The caller brings the numbers, so that they come from the student's own functions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from autograder.lab.style import INK, style

Gates = Mapping[str, Sequence[str]]
"""Name of the output -> `(symbol, *names of the inputs)`, in any order."""
Wire = tuple[str, str]
Place = tuple[float, float]


@dataclass
class Layout:
    """Where everything stands."""

    # column, row: node -> place; a wire that spans several columns has a node in each
    column: dict[str, int] = field(default_factory=dict)
    row: dict[str, float] = field(default_factory=dict)
    # (source, gate, number of the input) -> the nodes along the wire
    route: dict[tuple[str, str, int], list[str]] = field(default_factory=dict)


def draw_circuit(
    gates: Gates,
    values: Mapping[str, Any],
    grads: Mapping[str | Wire, Any] | None = None,
    *,
    title: str = "",
    labels: Mapping[str, str] | None = None,
    scale: float = 1.0,
) -> Any:
    """Draw a circuit, inputs on the left.

    Args:
        gates: Such as `{"q": ("+", "x", "y"), "f": ("×", "q", "z")}`; what no gate makes is an
            input.
        values: Node -> what flows forward: a number, an array (its shape is shown), or a text.
        grads: Node -> what flows back into it; `(source, gate)` -> the part along that wire. An
            input that forks shows the sum below its name.
        labels: Node -> the text in its place, when it is not its name.
        scale: Stretches the figure.

    Returns:
        The matplotlib figure.
    """
    grads = dict(grads or {})
    layout = arrange(gates)
    columns = 1 + max(layout.column.values())
    rows = 1 + max(layout.row.values()) - min(layout.row.values())
    with style() as plt:
        size = (1.75 * scale * (columns + 0.6), max(1.6, 1.05 * scale * rows) + 0.5)
        figure, axes = plt.subplots(figsize=size)
        axes.set_axis_off()
        taken = [(float(layout.column[n]), layout.row[n]) for n in layout.column if "→" not in n]
        wires = {wire: _points(layout, wire) for wire in layout.route}
        for points in wires.values():
            axes.plot(*zip(*points), color=INK, linewidth=1.1, marker="", zorder=1)
        for (source, gate, _), points in sorted(wires.items(), key=lambda item: len(item[1])):
            place = _free_place(points, [*taken, *_others(wires, points)], len(taken))
            taken.append(place)
            grad = grads.get((source, gate), grads.get(source))
            _write_wire(axes, place, values.get(source), grad, _CLEAR)
        used = {name for _, *inputs in gates.values() for name in inputs}
        for name in layout.column:
            if "→" in name:
                continue
            text = (labels or {}).get(name, gates[name][0] if name in gates else name)
            _draw_node(axes, layout, name, text, is_gate=name in gates)
            forks = sum(source == name for source, _, _ in layout.route) > 1
            if forks and name in grads:
                place = _beside(layout, name, [*taken, *_others(wires, [])])
                taken.append(place)
                axes.text(*place, f"Σ ← {number(grads[name])}", va="center", **_BACK)
            if name in gates and name not in used:
                _draw_result(axes, layout, name, values.get(name), grads.get(name))
        axes.set_xlim(-0.45, columns - 0.15)
        axes.set_ylim(min(layout.row.values()) - 0.65, max(layout.row.values()) + 0.6)
        if title:
            axes.set_title(title)
        return figure


def arrange(gates: Gates) -> Layout:
    """Place the nodes in columns by depth, and in rows so that few wires cross."""
    layout = Layout()
    for name in _in_order(gates):
        layout.column[name] = 1 + max(layout.column.get(i, 0) for i in gates[name][1:])
        for source in gates[name][1:]:
            if source not in gates:
                layout.column.setdefault(source, 0)
    for name in list(layout.column):  # an input stands just before the first gate that takes it
        if name not in gates:
            firsts = [layout.column[g] for g, (_, *inputs) in gates.items() if name in inputs]
            layout.column[name] = min(firsts) - 1
    for gate, (_, *inputs) in gates.items():
        for which, source in enumerate(inputs):
            nodes = [source]
            for column in range(layout.column[source] + 1, layout.column[gate]):
                nodes.append(f"{source}→{gate}→{which}→{column}")
                layout.column[nodes[-1]] = column
            layout.route[source, gate, which] = [*nodes, gate]
    _order_rows(layout)
    return layout


def _in_order(gates: Gates) -> list[str]:
    """The gates, each behind its inputs."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in gates and name not in order:
            for source in gates[name][1:]:
                visit(source)
            order.append(name)

    for name in gates:
        visit(name)
    return order


def _order_rows(layout: Layout, sweeps: int = 12) -> None:
    """Barycentre sweeps: every node moves towards the mean row of its neighbours."""
    columns: dict[int, list[str]] = {}
    for name, column in layout.column.items():
        columns.setdefault(column, []).append(name)
    neighbours: dict[str, list[tuple[str, float]]] = {name: [] for name in layout.column}
    for (_, _, which), nodes in layout.route.items():
        for a, b in pairwise(nodes):
            tilt = -0.3 * which if b == nodes[-1] else 0.0  # first input on top
            neighbours[a].append((b, tilt))
            neighbours[b].append((a, -tilt))
    for names in columns.values():
        for place, name in enumerate(names):
            layout.row[name] = (len(names) - 1) / 2 - place
    for sweep in range(sweeps):
        order = sorted(columns) if sweep % 2 else sorted(columns, reverse=True)
        for column in order:
            names = columns[column]
            wish = {
                name: float(np.mean([layout.row[n] + t for n, t in neighbours[name]] or [0.0]))
                for name in names
            }
            names.sort(key=lambda name: -wish[name])
            for name, row in zip(names, _spread([wish[n] for n in names])):
                layout.row[name] = row


def _spread(wishes: list[float], gap: float = 1.0) -> list[float]:
    """Rows close to the wishes (falling), at least `gap` apart, centred on the wishes' mean."""
    rows: list[float] = []
    for wish in wishes:
        rows.append(min(wish, rows[-1] - gap) if rows else wish)
    shift = float(np.mean(wishes) - np.mean(rows))
    return [row + shift for row in rows]


_BACK: dict[str, Any] = {"color": "#A63C00", "style": "italic", "fontsize": 10, "ha": "center"}
_CLEAR: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}


def _points(layout: Layout, wire: tuple[str, str, int]) -> list[tuple[float, float]]:
    """The corners of a wire, from node to node; it enters its gate in the order of the rows."""
    nodes = layout.route[wire]
    points = [(float(layout.column[node]), layout.row[node]) for node in nodes]
    arriving = [r for r in layout.route.values() if r[-1] == nodes[-1]]
    arriving.sort(key=lambda route: -layout.row[route[-2]])
    place = arriving.index(nodes)
    x, y = points[-1]
    points[-1] = (x, y + 0.10 * ((len(arriving) - 1) / 2 - place))
    return points


def _others(wires: Mapping[Any, list[Place]], points: list[Place]) -> list[Place]:
    """Places on the other wires, which a label had better not cover."""
    return [place for other in wires.values() if other is not points for place in _along(other)]


def _along(points: list[Place]) -> list[Place]:
    shares = np.linspace(0.2, 0.8, 13)
    return [
        (float(a[0] + share * (b[0] - a[0])), float(a[1] + share * (b[1] - a[1])))
        for a, b in pairwise(points)
        for share in shares
    ]


def _free_place(points: list[Place], taken: list[Place], hard: int) -> Place:
    """A place on the wire for its two numbers: far from labels and nodes, then from other wires."""

    def room(place: Place) -> float:
        gaps = [np.hypot((place[0] - x) / 0.5, (place[1] - y) / 0.42) for x, y in taken]
        near, wires = min(gaps[:hard]), min([*gaps[hard:], 2.0])
        middle = abs(place[0] - (points[0][0] + points[1][0]) / 2)
        return float(min(near, 1.0) * 2 + min(wires, 0.8) - 0.5 * middle)

    return max(_along(points), key=room)


def _beside(layout: Layout, name: str, taken: list[Place]) -> Place:
    """The freest place close to a node, for the sum of its gradients."""
    x, y = layout.column[name], layout.row[name]
    places = [(x + dx, y + dy) for dx, dy in ((-0.15, -0.3), (0.0, 0.34), (0.0, -0.36))]

    def room(place: Place) -> float:
        far = [p for p in taken if p != (x, y)]
        return float(min(np.hypot((place[0] - a) / 0.55, (place[1] - b) / 0.4) for a, b in far))

    return max(places, key=room)


def _write_wire(axes: Any, place: Place, value: Any, grad: Any, bbox: Any = None) -> None:
    """The value above the wire and the gradient below it."""
    x, y = place
    if value is not None:
        axes.text(x, y + 0.06, number(value), ha="center", va="bottom", fontsize=10, bbox=bbox)
    if grad is not None:
        axes.text(x, y - 0.06, f"← {number(grad)}", va="top", bbox=bbox, **_BACK)


def _draw_node(axes: Any, layout: Layout, name: str, text: str, *, is_gate: bool) -> None:
    shape = "circle,pad=0.32" if is_gate and len(text) <= 2 else "round,pad=0.32"
    box = {
        "boxstyle": shape,
        "facecolor": "#E8E8E8" if is_gate else "white",
        "edgecolor": INK if is_gate else "white",
    }
    axes.text(
        layout.column[name], layout.row[name], text, ha="center", va="center", bbox=box, zorder=3,
        fontsize=11, fontweight="normal" if is_gate else "bold",
    )  # fmt: skip


def _draw_result(axes: Any, layout: Layout, name: str, value: Any, grad: Any) -> None:
    x, y = layout.column[name] + 0.13, layout.row[name]
    axes.plot([x - 0.1, x + 0.6], [y, y], color=INK, linewidth=1.1, marker="", zorder=1)
    axes.text(x + 0.66, y, name, va="center", fontsize=11, fontweight="bold")
    _write_wire(axes, (x + 0.32, y), value, grad)


def number(value: Any) -> str:
    """A value as it stands on a wire: four digits, an array by its shape.

    >>> number(0.1966119), number(-4.0), number(np.zeros((5, 4)))
    ('0.1966', '−4', '(5, 4)')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, np.ndarray) and value.ndim:
        return f"({', '.join(map(str, value.shape))})"
    return f"{float(value):.4g}".replace("-", "−")


def draw_recorded(root: Any, *, names: Mapping[str, Any], title: str = "") -> Any:
    """Draw the graph that a value remembers: objects with `data`, `grad`, `op` and `inputs`.

    Args:
        names: Name -> object, for those that have one; the others are numbered.
    """
    known = {id(value): name for name, value in names.items()}
    nodes: dict[str, Any] = {}

    def visit(node: Any) -> str:
        name = known.setdefault(id(node), f"n{len(known)}")
        if name not in nodes:
            nodes[name] = node
            for earlier, _ in node.inputs:
                visit(earlier)
        return name

    visit(root)
    gates: dict[str, tuple[str, ...]] = {}
    parts: dict[str | Wire, Any] = {}
    for name, node in nodes.items():
        if node.inputs:
            gates[name] = (node.op or "?", *(known[id(source)] for source, _ in node.inputs))
        for earlier, slope in node.inputs:
            wire = (known[id(earlier)], name)
            parts[wire] = parts.get(wire, 0.0) + slope * node.grad
        parts[name] = node.grad
    constants = [n for n, node in nodes.items() if not node.inputs and n not in names]
    return draw_circuit(
        gates,
        values={name: float(node.data) for name, node in nodes.items()},
        grads=parts,
        labels=dict.fromkeys(constants, "·"),
        title=title,
    )
