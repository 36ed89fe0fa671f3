"""Keys: one short hash for what an output is on all plain cases, from which nothing can be rebuilt.

On each case the output's shape and one random projection count, the projection in steps of a
millionth of the expected output's norm. The hash of them all is eight letters. Where a projection
lies so near the border of a step that rounding may have moved it, both steps are tried.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograder.checks.compare import ABSOLUTE, Expected
from autograder.exercises.arrays import as_array
from autograder.exercises.cases import AGAIN, Case

STEP = 1e-6
BORDER = 0.02
ROUNDING = 1e-13
COMBINED = 64
LETTERS = 8
ENTRIES = 12

Seen = tuple[Case, Expected, Any]
"""A case, what is expected of an output on it, and what it was."""


def counts(case: Case, output: str) -> bool:
    """Whether an output on this case is part of its key: at a tie several values are right."""
    return case.judges(output) and not case.tie and case.name != AGAIN


def keys_of(seen: Sequence[Seen], border: float = BORDER) -> list[str]:
    """The keys that an output may have; none when nothing can be told from it.

    Args:
        border: How near the border of a step a projection may have been moved by rounding, in
            steps; with 0 there is one key.

    Nothing can be told when it is zero, constant or not finite everywhere, when it differs from
    the expected value on fewer than two cases, or when it is a few truth values or whole numbers.
    """
    arrays = [as_array(value) for _, _, value in seen]
    wanted = [as_array(expected.value) for _, expected, _ in seen]
    if any(a is None or a.dtype.kind not in "biuf" for a in (*arrays, *wanted)):
        return []
    pairs = [(a, e) for a, e in zip(arrays, wanted, strict=True) if a is not None and e is not None]
    if not _tells(pairs):
        return []
    parts = []
    with np.errstate(all="ignore"):
        for (case, expected, _), (got, want) in zip(seen, pairs, strict=True):
            steps = _steps(got.astype(float), want.astype(float), expected, border)
            if not steps:
                return []
            parts.append([f"{case.name} {got.shape} {step}" for step in steps])
    if math.prod(map(len, parts)) > COMBINED:
        return []
    return [_hash("\n".join(chosen)) for chosen in itertools.product(*parts)]


def _tells(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> bool:
    """Whether enough of an output is neither right nor trivial."""
    wrong = [got for got, want in pairs if got.shape != want.shape or not _near(got, want)]
    telling = [got for got in wrong if got.size and np.isfinite(got).all() and np.any(got)]
    varied = [got for got in telling if got.size == 1 or np.ptp(got.astype(float)) > 0]
    if len(varied) < 2:
        return False
    numbers = np.concatenate([got.astype(float).ravel() for got in varied])
    if np.all(numbers == np.round(numbers)):
        return numbers.size >= ENTRIES and len(set(numbers.tolist())) > 2
    return len(set(numbers.tolist())) > 1


def _near(got: np.ndarray, want: np.ndarray) -> bool:
    gap = np.abs(got.astype(float) - want.astype(float))
    return bool(np.all(gap <= 1e-5 * np.max(np.abs(want.astype(float)), initial=1e-9)))


def _steps(got: np.ndarray, want: np.ndarray, expected: Expected, border: float) -> list[Any]:
    """In which step the projection lies: one, two at a border, none where rounding decides."""
    finite = np.isfinite(got)
    if not finite.all():
        return [f"{int((~finite).sum())} not finite"]
    size = float(np.linalg.norm(np.where(np.isfinite(want), want, 0.0)))
    step = max(STEP * size, ABSOLUTE * expected.scale)  # where all saturates, size says little
    place = float(_line(got.shape) @ got.ravel()) / step
    moved = 2 * expected.slack * math.sqrt(max(got.size, 1)) / step
    moved += ROUNDING * abs(place)
    if not moved <= 0.4:
        return []
    border += moved if border else 0.0
    return sorted({math.floor(place - border), math.floor(place + border)})


@lru_cache(maxsize=512)
def _line(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng([20161220, *shape]).standard_normal(math.prod(shape))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.b64encode(digest)[:LETTERS].decode()


def split(keys: str) -> Iterator[str]:
    """The keys of a text in which they stand one after the other."""
    return (keys[i : i + LETTERS] for i in range(0, len(keys), LETTERS))
