"""Read a percent-format source into cells that know their line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.course.quick_import import quick_import
from autograder.errors import CourseError

_MARKER = re.compile(r"^\s*# %%(?!%)")
# jupytext would take a comment such as "# copy the mask" for a shell command, and uncomment it.
_FORMAT = {"extension": ".py", "format_name": "percent", "comment_magics": False}


@dataclass(frozen=True)
class RawCell:
    """A cell as written."""

    type: Literal["markdown", "code"]
    source: str
    tags: tuple[str, ...]
    line: int  # the line of the file on which `source` begins, counted from 1


def read_percent(path: Path) -> tuple[RawCell, ...]:
    """Split the file at `path` into cells.

    Raises:
        CourseError: When it cannot be read, holds no cells, or holds a raw cell.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"cannot read {path}: {error}. It must be a UTF-8 text file.") from error
    with quick_import():
        import jupytext

    lines = text.splitlines()
    cells = []
    position = 0
    for cell in jupytext.reads(text, fmt=_FORMAT).cells:
        if not cell.source.strip():
            continue
        position, line = _find(lines, position, cell.cell_type, cell.source)
        tags = tuple(cell.metadata.get("tags", ()))
        if cell.cell_type not in ("markdown", "code"):
            raise CourseError(
                f"{path}:{line}: a {cell.cell_type} cell; expected '# %%' (code) or "
                "'# %% [markdown]'"
            )
        cells.append(RawCell(cell.cell_type, cell.source, tags, line))
    if not any(_MARKER.match(line) for line in lines):
        raise CourseError(f"{path} has no cells; each cell begins with a line '# %%'")
    return tuple(cells)


def _find(lines: list[str], position: int, kind: str, source: str) -> tuple[int, int]:
    """Where a cell stands: the position after it, and the line (from 1) of its source.

    jupytext forgets line numbers. Code stands in the file to the letter; for other cells the line
    below the marker is near enough.
    """
    wanted = source.split("\n")
    if kind == "code":
        for start in range(position, len(lines) - len(wanted) + 1):
            if all(a.rstrip() == b.rstrip() for a, b in zip(lines[start:], wanted)):
                return start + len(wanted), start + 1
    for start in range(position, len(lines)):
        if _MARKER.match(lines[start]):
            return start + 1, start + 2
    return position, position + 1
