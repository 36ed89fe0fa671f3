"""The idea on a page: is a backward pass right, and if not, which mistake does it look like?

The engine does this for every kind of exercise, for code that nobody trusts, and says it kindly.
Read this file first: each step names the room that does it in earnest. A test holds that both
agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]
Forward = Callable[..., tuple[np.ndarray, Any]]
Backward = Callable[[np.ndarray, Any], Sequence[np.ndarray]]
Layer = tuple[Forward, Backward]


def make_cases(shapes: Mapping[str, str], seed: int, count: int = 5) -> list[Arrays]:
    """Named inputs of different sizes, drawn from a seed (`exercises.cases`).

    Args:
        shapes: Input name -> its dimensions by name, such as `{"x": "N D", "w": "D M"}`. All sizes
            of a case differ, so that a transposed result cannot fit by accident.
    """
    rng = np.random.default_rng(seed)
    letters = sorted({letter for shape in shapes.values() for letter in shape.split()})
    cases: list[Arrays] = []
    for _ in range(count):
        sizes = dict(zip(letters, rng.permutation(np.arange(2, 9)), strict=False))
        drawn = {
            name: rng.standard_normal([sizes[letter] for letter in shape.split()])
            for name, shape in shapes.items()
        }
        cases.append(drawn)
    return cases


def run(layer: Layer, case: Arrays, seed: int = 0) -> dict[str, np.ndarray]:
    """What a layer gives on a case: `out`, and a gradient for every input (`sandbox`).

    The upstream gradient is random and signed: one of ones would hide half of all mistakes.
    """
    forward, backward = layer
    out, cache = forward(*(array.copy() for array in case.values()))
    dout = np.random.default_rng(seed).standard_normal(np.shape(out))
    gradients = backward(dout, cache)
    return {"out": out} | {f"d{name}": g for name, g in zip(case, gradients, strict=True)}


def equal(got: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two outputs are the same: shape to the letter, numbers by size (`checks.compare`)."""
    if np.shape(got) != np.shape(expected):
        return False  # (1, M) is not (M,), though broadcasting would let it pass
    error = float(np.linalg.norm(np.subtract(got, expected)))
    return error <= 1e-6 * float(np.linalg.norm(expected)) + 1e-9  # NaN is not, by its form


def judge(answer: Layer, reference: Layer, cases: Sequence[Arrays]) -> dict[str, bool]:
    """Output -> whether it is right on every case (`checks.verdict`).

    Points come from comparing with the reference alone; each output carries an equal share.
    """
    right: dict[str, bool] = {}
    for case in cases:
        got, expected = run(answer, case), run(reference, case)
        for name, value in expected.items():
            right[name] = right.get(name, True) and equal(got[name], value)
    return right


def name_mistake(
    answer: Layer, mistakes: Mapping[str, Layer], cases: Sequence[Arrays]
) -> str | None:
    """The one known mistake that gives what the answer gives, on every case (`explain.known`).

    Names only when exactly one fits: a wrong name is worse than none.
    """
    fitting = [
        name
        for name, mistaken in mistakes.items()
        if all(
            equal(got, run(mistaken, case)[output])
            for case in cases
            for output, got in run(answer, case).items()
        )
    ]
    return fitting[0] if len(fitting) == 1 else None
