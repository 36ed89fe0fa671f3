"""What stands below a check cell in an autograded notebook: the findings, then the score.

nbgrader reads the score from the first `execute_result`: its plain text must be a float. No output,
or a text that is no number, would earn full points, and anything on stderr none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from autograder.feedback import as_html, as_text, card
from autograder.grading.result import ResultRow, to_row
from autograder.language import spoken

Output = dict[str, Any]


def findings(row: ResultRow) -> list[Output]:
    """The outputs of a graded check cell; most of a class get one of few."""
    said = msgspec.structs.replace(row, digest="")
    return [_shown(msgspec.msgpack.encode(said), spoken()), score(row.score, row.points)]


@lru_cache(maxsize=1024)
def _shown(row: bytes, language: str) -> Output:
    verdict = to_row(msgspec.msgpack.decode(row, type=ResultRow))
    blocks = card(verdict)
    return _display(as_html(blocks), as_text(blocks))


def not_graded() -> list[Output]:
    """The outputs of a check cell that nobody graded: no points, whatever happens next."""
    return [_display("<p>Not graded.</p>", "Not graded."), score(0.0, 0.0)]


def score(earned: float, points: float) -> Output:
    """The output from which nbgrader reads the score.

    Args:
        points: The most that the cell can earn; nbgrader raises an error above it.
    """
    value = float(earned)
    text = repr(min(value, float(points)) if value > 0.0 else 0.0)  # also where it is NaN
    return {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {"text/plain": text},
    }


def _display(html: str, text: str) -> Output:
    data = {"text/html": html, "text/plain": text}
    return {"output_type": "display_data", "metadata": {}, "data": data}
