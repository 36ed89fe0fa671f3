"""What `check` hands back: a number to nbgrader, a page to the student."""

from __future__ import annotations


class Score(float):
    """Points earned on one row: a float that also knows how to show itself.

    nbgrader reads partial credit from the `repr` of a cell's last value, so `repr` and `str` are
    the bare number, never `np.float64(...)`. A notebook shows the HTML in its place.

    Attributes:
        text: The verdict as plain text.
        html: The verdict as HTML.

    Example:
        >>> score = Score(2.5, text="affine_backward: partly right")
        >>> score
        2.5
        >>> print(score.text)
        affine_backward: partly right
    """

    text: str
    html: str

    def __new__(cls, value: float, text: str = "", html: str = "") -> Score:
        score = super().__new__(cls, value)
        score.text = text
        score.html = html
        return score

    def _repr_html_(self) -> str | None:
        return self.html or None
