"""What `check` hands back: a number to nbgrader, a page to the student."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.feedback.blocks import Block
from autograder.feedback.html import as_html
from autograder.feedback.text import as_text


class Score(float):
    """Points earned on one row: a float that also knows how to show itself.

    nbgrader reads partial credit from the `repr` of a cell's last value, so `repr` and `str` are
    the bare number, never `np.float64(...)`. A notebook shows the HTML in its place.

    Attributes:
        blocks: What is told of the verdict.

    Example:
        >>> from autograder.feedback.blocks import Head
        >>> score = Score(2.5, [Head("partial", "affine_backward", "partly right")])
        >>> score
        2.5
        >>> print(score.text)
        ◐ affine_backward: partly right
    """

    blocks: Sequence[Block]

    def __new__(cls, value: float, blocks: Sequence[Block] = ()) -> Score:
        score = super().__new__(cls, value)
        score.blocks = blocks
        return score

    @property
    def text(self) -> str:
        """The verdict as plain text."""
        return as_text(self.blocks)

    @property
    def html(self) -> str:
        """The verdict as HTML."""
        return as_html(self.blocks) if self.blocks else ""

    def _repr_html_(self) -> str | None:
        return self.html or None
