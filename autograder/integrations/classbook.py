"""Every result of a class together with what people decided: what reports and exports show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from autograder.checks.finding import RowResult
from autograder.errors import CourseError
from autograder.grading.result import Result, ResultRow, to_row
from autograder.grading.store import Store
from autograder.integrations.hand_scores import Hand, HandScores, Person


@dataclass(frozen=True)
class Line:
    """A row of one submission with the score that counts.

    Args:
        result: What the grader found.
        hand: What the gradebook says of it.
        comment: What a person wrote below the answer.
    """

    result: ResultRow
    hand: Hand | None = None
    comment: str = ""

    @property
    def by_hand(self) -> bool:
        """Whether a person gave the score."""
        return self.hand is not None and self.hand.manual is not None

    @property
    def score(self) -> float:
        """The score that counts, extra credit included."""
        if self.hand is None:
            return self.result.score
        given = self.result.score if self.hand.manual is None else self.hand.manual
        return given + self.hand.extra

    @property
    def waits(self) -> bool:
        """Whether a person must give a score.

        The gradebook has a 0 of its own where the answer was left as it was.
        """
        if self.result.status != "manual" or self.by_hand:
            return False
        return self.hand is None or self.hand.auto != 0

    @property
    def look_again(self) -> bool:
        """Whether a score given by hand is older than the last grading."""
        return self.by_hand and self.hand is not None and self.hand.look

    @property
    def status(self) -> str:
        """The verdict by which it is counted; one given by hand by its points."""
        if not self.by_hand:
            settled = self.result.status == "manual" and not self.waits
            return "unanswered" if settled else self.result.status
        if self.score >= self.result.points:
            return "right"
        return "partial" if self.score > 0 else "wrong"

    @property
    def verdict(self) -> RowResult:
        """The verdict, for those who show it."""
        return to_row(self.result)


@dataclass(frozen=True)
class Paper:
    """A submission.

    Args:
        lines: Its rows, in order.
        penalty: Points taken off because it was late.
        comments: What a person wrote below cells that are no row's, by cell.
    """

    result: Result
    person: Person
    lines: tuple[Line, ...]
    penalty: float = 0.0
    comments: dict[str, str] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """Points in all; of a paper without a grade those of its last one."""
        changes = sum(line.score - line.result.score for line in self.lines)
        earned = self.result.score + changes
        return max(0.0, earned - self.penalty) if self.penalty else earned

    @property
    def grade(self) -> float | None:
        """Points in all; None where no grade stands."""
        return self.score if self.result.is_grade else None

    @property
    def waits(self) -> tuple[str, ...]:
        """The rows to which a person must give a score."""
        if self.result.status == "missing":
            return ()
        return tuple(line.result.id for line in self.lines if line.waits)


@dataclass(frozen=True)
class ClassBook:
    """A class.

    Args:
        papers: Assignment -> its submissions by student, in order.
        damaged: Result files that cannot be read.
        notes: What else should be known of it.
    """

    papers: dict[str, tuple[Paper, ...]]
    damaged: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def students(self) -> dict[str, dict[str, Paper]]:
        """Student -> assignment -> paper, both in order."""
        found: dict[str, dict[str, Paper]] = {}
        for assignment, papers in self.papers.items():
            for paper in papers:
                found.setdefault(paper.result.student, {})[assignment] = paper
        return dict(sorted(found.items(), key=lambda item: (item[0].casefold(), item[0])))

    def all(self) -> list[Paper]:
        """Every paper, by assignment and student."""
        return [paper for papers in self.papers.values() for paper in papers]


@dataclass
class Found:
    """The results on file, before people's decisions are added."""

    results: dict[str, list[Result]] = field(default_factory=dict)
    damaged: list[Path] = field(default_factory=list)

    @property
    def manual_rows(self) -> frozenset[str]:
        """The rows that only a person grades."""
        return frozenset(
            row.id
            for results in self.results.values()
            for result in results
            for row in result.rows
            if row.status == "manual"
        )

    def book(self, hands: HandScores, notes: Iterable[str] = ()) -> ClassBook:
        """The class, with what people decided."""
        papers = {
            name: tuple(_paper(result, hands) for result in results)
            for name, results in self.results.items()
        }
        return ClassBook(papers, tuple(self.damaged), tuple(notes))


def find_results(folder: Path, assignments: Sequence[str] = ()) -> Found:
    """Read the results of a class.

    Args:
        folder: Where they are: `<assignment>/<student>.json`.
        assignments: Which; by default all there are.

    Raises:
        CourseError: There is no such folder, or an assignment has no results.
        GradingError: The file system refuses.
    """
    there = _assignments(folder)
    unknown = [name for name in assignments if name not in there]
    if unknown:
        raise CourseError(
            f"{folder} has no results of {', '.join(map(repr, unknown))}; it has those of "
            f"{', '.join(there) or 'no assignment'}. Grade first: autograder grade"
        )
    if not there:
        raise CourseError(
            f"there are no results in {folder}; expected <assignment>/<student>.json there. "
            "Grade first (autograder grade), or give the folder with --results."
        )
    store, found = Store(folder), Found()
    for name in there:
        if assignments and name not in assignments:
            continue
        found.results[name] = []
        for path in sorted((folder / name).glob("*.json")):
            if path.name.startswith("."):
                continue
            result = store.get(name, path.stem)
            if result is None:
                found.damaged.append(path)
            else:
                # The folder says which assignment it is, whatever stands in the file.
                found.results[name].append(msgspec.structs.replace(result, assignment=name))
    return found


def _assignments(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _paper(result: Result, hands: HandScores) -> Paper:
    place = (result.assignment, result.student)
    comments = dict(hands.comments.get(place, {}))
    lines = tuple(
        Line(row, hands.rows.get((*place, row.id)), _comment(row.id, comments))
        for row in result.rows
    )
    penalty = hands.penalties.get(place, 0.0)
    return Paper(result, hands.person(result.student), lines, penalty, comments)


def _comment(row: str, comments: dict[str, str]) -> str:
    """Take out what was written below the cells of a row: its text, or its code."""
    return "\n".join(comments.pop(cell) for cell in (row, f"{row}_code") if cell in comments)
