"""What stands below a check cell in an autograded notebook: the findings, then the score.

nbgrader reads the score from the first `execute_result`: its plain text must be a float. No output,
or a text that is no number, would earn full points, and anything on stderr none.
"""

from __future__ import annotations

from typing import Any

from autograder.checks.finding import RowResult
from autograder.feedback.html import render_html
from autograder.feedback.text import render_text

Output = dict[str, Any]


def findings(row: RowResult) -> list[Output]:
    """The outputs of a graded check cell."""
    return [_display(render_html(row), render_text(row)), score(row.score, row.points)]


def not_graded(why: str = "Not graded.") -> list[Output]:
    """The outputs of a check cell that nobody graded: no points, whatever happens next.

    Args:
        why: Plain text of ours, without anything that a student wrote.
    """
    return [_display(f"<p>{why}</p>", why), score(0.0, 0.0)]


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
