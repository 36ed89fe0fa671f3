"""Item analysis of an assignment: how hard a row is, and whether it tells those who know apart.

Difficulty is the mean share of the points (so 1 is easy), discrimination the correlation of a row
with the sum of the others (the corrected item-total correlation), reliability Cronbach's alpha:
Crocker and Algina, Introduction to Classical and Modern Test Theory (1986), chapters 5, 7 and 14;
Cronbach, Psychometrika 16 (1951), 297-334.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.integrations.classbook import Paper
from autograder.language import tr

FEWEST = 10
"""Of fewer submissions these numbers say nothing."""
EASY, HARD, WEAK = 0.9, 0.3, 0.2


@dataclass(frozen=True)
class Item:
    """A row in numbers."""

    id: str
    difficulty: float  # the mean share of its points
    discrimination: float | None  # None where everybody has the same score, in it or in the rest

    @property
    def remark(self) -> str:
        """What stands out."""
        if self.discrimination is not None and self.discrimination < 0:
            return tr("those who know the rest fail it: is the row right?")
        if self.difficulty < HARD:
            return tr("hard")
        if self.difficulty > EASY:
            return tr("easy")
        weak = self.discrimination is not None and self.discrimination < WEAK
        return tr("hardly tells who knows the rest") if weak else ""


@dataclass(frozen=True)
class Analysis:
    """The rows of an assignment in numbers."""

    papers: int  # of how many submissions
    items: tuple[Item, ...]
    reliability: float | None  # Cronbach's alpha; None where it is not defined


def analyse(papers: Sequence[Paper]) -> Analysis | None:
    """The analysis of the rows that have a score in every graded submission; None for too few."""
    graded = [paper for paper in papers if paper.result.status == "graded"]
    waiting = {line.result.id for paper in graded for line in paper.lines if line.waits}
    if len(graded) < FEWEST:
        return None
    points = {line.result.id: line.result.points for paper in graded for line in paper.lines}
    scores = [{line.result.id: line.score for line in paper.lines} for paper in graded]
    rows = [id for id in points if id not in waiting and points[id] > 0]
    rows = [id for id in rows if all(id in one for one in scores)]
    if len(rows) < 2:
        return None
    columns = {id: [one[id] for one in scores] for id in rows}
    totals = [sum(one[id] for id in rows) for one in scores]
    items = tuple(_item(id, columns[id], totals, points[id]) for id in rows)
    return Analysis(len(graded), items, cronbach_alpha(list(columns.values())))


def _item(id: str, scores: Sequence[float], totals: Sequence[float], points: float) -> Item:
    rest = [total - score for total, score in zip(totals, scores)]
    flat = min(statistics.pvariance(scores), statistics.pvariance(rest)) < 1e-12
    known = None if flat else statistics.correlation(scores, rest)
    return Item(id, statistics.fmean(scores) / points, known)


def cronbach_alpha(columns: Sequence[Sequence[float]]) -> float | None:
    """Cronbach's alpha: k/(k-1) * (1 - sum of the rows' variances / variance of the sums).

    Example:
        >>> cronbach_alpha([[1, 2, 3], [1, 2, 3]]), cronbach_alpha([[1, 1], [1, 1]])
        (1.0, None)
    """
    k = len(columns)
    whole = statistics.variance([sum(row) for row in zip(*columns)])
    if k < 2 or whole < 1e-12:
        return None
    return k / (k - 1) * (1 - sum(map(statistics.variance, columns)) / whole)
