"""The results of a class on file: which there are, and which of them count."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from autograder.errors import CourseError, GradingError
from autograder.feedback.wording import listed
from autograder.grading.brief import Shortener
from autograder.grading.result import Result
from autograder.grading.store import Store
from autograder.integrations.classbook import ClassBook, Line, Paper
from autograder.integrations.hand_scores import HandScores
from autograder.integrations.regrades import FILE, Regrades


@dataclass(frozen=True, slots=True)
class OnFile:
    """A result on file."""

    store: Store
    assignment: str  # the folder says which it is, whatever stands in the file
    name: str  # the file's, without its ending

    def read(self) -> Result | None:
        """The result with all that was found, if it is still there."""
        try:
            result = self.store.get(self.assignment, self.name)
        except GradingError:
            return None
        return result and msgspec.structs.replace(result, assignment=self.assignment)


@dataclass
class Found:
    """The results on file, before people's decisions are added."""

    results: dict[str, list[tuple[Result, OnFile]]] = field(default_factory=dict)  # in short
    damaged: list[Path] = field(default_factory=list)
    removed: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()  # on file, and not asked for

    @property
    def manual_rows(self) -> frozenset[str]:
        """The rows that only a person grades."""
        return frozenset(
            row.id
            for results in self.results.values()
            for result, _ in results
            for row in result.rows
            if row.status == "manual"
        )

    def book(
        self, hands: HandScores, notes: Iterable[str] = (), regrades: Regrades | None = None
    ) -> ClassBook:
        """The class, with what people decided."""
        plain: dict[int, Line] = {}  # most rows of a class are alike, and so are their lines
        papers = {
            name: tuple(_paper(*found, hands, regrades or {}, plain) for found in results)
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
    store, short = Store(folder), Shortener()
    found = Found(removed=tuple(gone), others=frozenset(others))
    for name in there:
        if name in others:
            continue
        found.results[name] = []
        for path in sorted((folder / name).glob("*.json")):
            if path.name.startswith("."):
                continue
            file = OnFile(store, name, path.stem)
            result = file.read()
            if result is None:  # one odd file costs that one result
                found.damaged.append(path)
            else:
                found.results[name].append((short(result), file))
    return found


def _assignments(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    there = (p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    return sorted(p.name for p in there if any(p.glob("*.json")))


def _paper(
    result: Result, file: OnFile, hands: HandScores, regrades: Regrades, plain: dict[int, Line]
) -> Paper:
    place = (result.assignment, result.student)
    comments = dict(hands.comments.get(place, {}))
    lines = []
    for row in result.rows:
        line = Line(row, hands.rows.get((*place, row.id)), _comment(row.id, comments))
        lines.append(line if line.hand or line.comment else plain.setdefault(id(row), line))
    penalty = hands.penalties.get(place, 0.0)
    person = hands.person(result.student)
    late = place in hands.late
    asked = regrades.get(place, ())
    return Paper(result, person, tuple(lines), penalty, comments, late, asked, read=file.read)


def _comment(row: str, comments: dict[str, str]) -> str:
    """Take out what was written below the cells of a row: its text, or its code."""
    return "\n".join(comments.pop(cell) for cell in (row, f"{row}_code") if cell in comments)
