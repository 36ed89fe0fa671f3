"""The ids of cells: from names and content, never from positions, so that insertions move none."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from autograder.course.cells import SourceCell

MAX_ID = 64
"""nbformat allows no longer ids."""
_ID = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


def is_row_id(text: str) -> bool:
    """Whether a row may have this id: an ASCII name, short enough for a cell id."""
    return bool(_ID.match(text)) and len(text) <= MAX_ID


def identify(cells: Sequence[SourceCell], rows: Sequence[str]) -> tuple[SourceCell, ...]:
    """Give every cell its ids, and to solution cells their row.

    Solution and provided cells are named after what they define, others after their first words.
    Where several begin alike, a digest of their content tells them apart.
    """
    taken = set(rows)
    found = [replace(cell, row=_row(cell, rows)) for cell in cells]
    names = [_name(cell) for cell in found]
    counts = Counter(names)
    result = []
    for cell, name in zip(found, names):
        if counts[name] > 1 and cell.kind != "import":  # those nbgrader knows, edited or not
            name = f"{name}_{_digest(cell.source)}"
        cell_id = name if cell.kind == "text" else _unique(name, taken)
        known = cell.kind in ("solution", "text", "provided", "import")
        result.append(replace(cell, cell_id=cell_id, grade_id=cell_id if known else ""))
    return tuple(result)


def _row(cell: SourceCell, rows: Sequence[str]) -> str:
    if cell.kind == "solution":
        return next((name for name in cell.functions if name in rows), "")
    return cell.row


def _name(cell: SourceCell) -> str:
    if cell.kind == "text":
        return cell.row
    if cell.kind == "solution":
        return f"{cell.row or cell.functions[0]}_code"
    if cell.kind == "import":
        return "imports"
    if cell.kind == "provided" and cell.functions:
        return f"provided_{cell.functions[0]}"
    return f"{cell.kind}_{_slug(cell.source)}"


def _unique(name: str, taken: set[str]) -> str:
    """The name, cut to what nbformat allows, with a number where it is taken."""
    if len(name) > MAX_ID:
        name = f"{name[: MAX_ID - 9]}_{_digest(name)}"
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name[: MAX_ID - 4]}_{number}"
    taken.add(candidate)
    return candidate


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _slug(source: str) -> str:
    """The first words of a cell as a short name: "## Batch norm" gives "batch_norm"."""
    lines = [line for line in source.split("\n") if line.strip(" #%`*\"'")]
    telling = [line for line in lines if not line.startswith("with ")]  # all guards begin alike
    line = (telling or lines or ["cell"])[0]
    plain = unicodedata.normalize("NFKD", line).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", plain)[:6]
    return "_".join(words).lower()[:40].strip("_") or "cell"
