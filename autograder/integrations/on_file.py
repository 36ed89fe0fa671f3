"""The results of a class on file: which there are, and which of them count."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from autograder.errors import CourseError, GradingError
from autograder.feedback.wording import listed
from autograder.grading.result import Result
from autograder.grading.store import Store
from autograder.integrations.classbook import ClassBook, Line, Paper
from autograder.integrations.hand_scores import HandScores
from autograder.integrations.regrades import FILE, Regrades


@dataclass
class Found:
    """The results on file, before people's decisions are added."""

    results: dict[str, list[Result]] = field(default_factory=dict)
    damaged: list[Path] = field(default_factory=list)
    removed: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()  # on file, and not asked for

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

    def book(
        self, hands: HandScores, notes: Iterable[str] = (), regrades: Regrades | None = None
    ) -> ClassBook:
        """The class, with what people decided."""
        papers = {
            name: tuple(_paper(result, hands, regrades or {}) for result in results)
            for name, results in self.results.items()
        }
        known = {(name, p.result.student) for name, whole in papers.items() for p in whole}
        lost = [
            f"{student or '(no student)'}, {name or '(no assignment)'}"
            for name, student in regrades or {}
            if (name, student) not in known and name not in self.others
        ]
        asides = self._gone()
        if lost:
            asides += (
                f"{FILE} has requests that fit no result: {'; '.join(lost)}. Mend these lines.",
            )
        return ClassBook(papers, tuple(self.damaged), tuple(notes), asides)

    def _gone(self) -> tuple[str, ...]:
        if not self.removed:
            return ()
        are = "is no notebook" if len(self.removed) == 1 else "are no notebooks"
        return (
            f"{listed(self.removed)} {are} of this course any more: the results are kept on file, "
            "and count nowhere.",
        )


def find_results(
    folder: Path, assignments: Sequence[str] = (), course: Collection[str] | None = None
) -> Found:
    """Read the results of a class.

    Args:
        folder: Where they are: `<assignment>/<student>.json`.
        assignments: Which; by default all there are and the course has.
        course: The assignments of the course; None where no course is known. What it has no
            longer is kept on file, and is in no sum.

    Raises:
        CourseError: There is no such folder, or an assignment has no results.
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
    gone = [] if assignments or course is None else [n for n in there if n not in course]
    if len(gone) == len(there):
        raise CourseError(
            f"{folder} has results of {', '.join(gone)} only, which this course has no longer. "
            "Grade first (autograder grade), or say which you mean."
        )
    others = {*gone, *(there if assignments else ())} - set(assignments)
    store, found = Store(folder), Found(removed=tuple(gone), others=frozenset(others))
    for name in there:
        if name in others:
            continue
        found.results[name] = []
        for path in sorted((folder / name).glob("*.json")):
            if path.name.startswith("."):
                continue
            try:
                result = store.get(name, path.stem)
            except GradingError:  # one odd file costs that one result
                result = None
            if result is None:
                found.damaged.append(path)
            else:
                # The folder says which assignment it is, whatever stands in the file.
                found.results[name].append(msgspec.structs.replace(result, assignment=name))
    return found


def _assignments(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    there = (p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    return sorted(p.name for p in there if any(p.glob("*.json")))


def _paper(result: Result, hands: HandScores, regrades: Regrades) -> Paper:
    place = (result.assignment, result.student)
    comments = dict(hands.comments.get(place, {}))
    lines = tuple(
        Line(row, hands.rows.get((*place, row.id)), _comment(row.id, comments))
        for row in result.rows
    )
    penalty = hands.penalties.get(place, 0.0)
    person = hands.person(result.student)
    late = place in hands.late
    return Paper(result, person, lines, penalty, comments, late, regrades.get(place, ()))


def _comment(row: str, comments: dict[str, str]) -> str:
    """Take out what was written below the cells of a row: its text, or its code."""
    return "\n".join(comments.pop(cell) for cell in (row, f"{row}_code") if cell in comments)
