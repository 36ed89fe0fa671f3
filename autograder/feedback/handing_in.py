"""`hand_in`: whether the notebook is ready, and which file is to be handed in."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.feedback.blocks import Block, Code, Head, Line, Paragraph
from autograder.feedback.so_far import SoFar
from autograder.feedback.wording import listed, points
from autograder.language import tr

ELSEWHERE = ("google.colab", "pyodide_kernel")
"""Where the notebook that is open is no file beside this kernel."""


def told(found: SoFar, opened: Path | None, ran: Sequence[str]) -> list[Block]:
    """What a student should know before handing in.

    Args:
        found: How far the notebook is, as it lies on the disk.
        opened: The file that is open, where the front end tells it.
        ran: The cells that this kernel ran, in order, as they were typed.
    """
    name = found.path.name
    away = any(module in sys.modules for module in ELSEWHERE)
    complete = away or _from_the_top(opened or found.path, ran)
    worth = tr("{score} / {points} points").format(
        score=points(found.earned), points=points(found.available)
    )
    if not complete:
        again = tr(
            "Not sure yet: what ran in this kernel is not the saved notebook from the top. Save, "
            "then Kernel → Restart Kernel and Run All Cells, and look here again."
        )
        return [Head("unanswered", name, tr("not ready to hand in"), worth), Paragraph((again,))]
    ready = Head("right", name, tr("ready to hand in"), worth)
    blocks: list[Block] = [ready]
    if found.left:
        blocks = [Head("partial", name, tr("can be handed in, but is not complete"), worth)]
        text = tr("Not right or not written yet: {rows}.").format(rows=listed(found.left, 40))
        blocks.append(Paragraph((text,), "wrong"))
    what: Line = (tr("Hand in this one file, under this name: "), Code(name))
    if away:
        what = (
            tr("Download it as a notebook (.ipynb), and hand it in under this name: "),
            Code(name),
        )
    return [*blocks, Paragraph(what)]


def _from_the_top(path: Path, ran: Sequence[str]) -> bool:
    """Whether the cells that ran are those of the file, each once and in order."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(c["source"]).strip() for c in cells if c["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    there = [text.strip() for text in ran if text.strip()]
    while len(there) > 1 and there[-1] == there[-2]:  # this cell, once more
        there.pop()
    wanted = [source for source in sources if source]
    return wanted[: len(there)] == there and not any(
        "hand_in" not in s for s in wanted[len(there) :]
    )
