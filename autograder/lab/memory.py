"""What a forward pass keeps for the way back, in bytes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.lab.style import INK, ORANGE, SKY, style


def size_of(cache: Any) -> int:
    """The bytes of all arrays in a cache; an array that occurs twice counts once.

    Example:
        >>> x = np.zeros((4, 2))
        >>> size_of({"x": x, "again": x, "eps": 1e-5})
        64
    """
    seen: dict[int, int] = {}
    _collect(cache, seen, set())
    return sum(seen.values())


def _collect(value: Any, seen: dict[int, int], visited: set[int]) -> None:
    if id(value) in visited:
        return
    visited.add(id(value))
    if isinstance(value, np.ndarray):
        while isinstance(value.base, np.ndarray):  # a view keeps the whole array alive
            value = value.base
        seen[id(value)] = value.nbytes
    elif isinstance(value, Mapping):
        for item in value.values():
            _collect(item, seen, visited)
    elif isinstance(value, (tuple, list)):
        for item in value:
            _collect(item, seen, visited)
    elif hasattr(value, "__dict__"):
        _collect(vars(value), seen, visited)


def draw(kept: Mapping[str, int], one: int) -> None:
    """Bars of what each layer keeps, beside the size of its input.

    Args:
        kept: Layer -> bytes.
        one: Bytes of the input.
    """
    with style() as plt:
        _, axes = plt.subplots(figsize=(7, 0.9 + 0.5 * len(kept)))
        names, sizes = list(kept), np.array(list(kept.values())) / one
        bars = axes.barh(names, sizes, color=SKY, edgecolor=INK, hatch="//")
        for bar in bars:
            if bar.get_width() > 1.5:
                bar.set_facecolor(ORANGE)
        axes.bar_label(bars, labels=[f" {s:.2f} ×" for s in sizes])
        axes.axvline(1, color=INK, linestyle="--", linewidth=1.2)
        axes.set(
            xlabel="bytes kept, in sizes of the input (dashed)",
            xlim=(0, 1.2 * max(1.0, sizes.max())),
        )
        axes.invert_yaxis()
        axes.grid(False, axis="y")
