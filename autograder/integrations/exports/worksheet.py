"""Fill in the worksheet that Moodle gives for grading an assignment offline.

Moodle (`mod/assign/feedback/offline` of moodle/moodle) takes a worksheet back when it has the
columns Identifier, Grade and Last modified (grade), separated by commas, in UTF-8. The identifiers
are Moodle's own, so only a worksheet that was downloaded can be filled in; all but the grades stays
as it is. A grade that changed in Moodle since the download is not overwritten: that is what the
date of the last modification is for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import CourseError, GradingError
from autograder.feedback.wording import counted
from autograder.integrations.classbook import ClassBook, Paper

NEEDED = ("Identifier", "Grade", "Last modified (grade)")
_BY = ("Username", "ID number", "Email address", "Full name")


def fill_worksheet(book: ClassBook, path: Path) -> tuple[str, list[str]]:
    """The worksheet with the grades of one assignment.

    Args:
        path: The worksheet as downloaded from Moodle.

    Returns:
        Its text, and what should be known: lines without a student, students without a line.

    Raises:
        CourseError: It is no such worksheet, or there is more than one assignment.
        GradingError: It cannot be read.
    """
    if len(book.papers) != 1:
        names = ", ".join(book.papers)
        raise CourseError(f"a worksheet is for one assignment; say which of {names}")
    header, lines = _read(path)
    (papers,) = book.papers.values()
    known = _directory(papers)
    columns = [header.index(name) for name in _BY if name in header]
    grade = header.index("Grade")
    filled: set[str] = set()
    unknown = 0
    for line in lines:
        keys = (line[column].strip().casefold() for column in columns if column < len(line))
        paper = next((known[key] for key in keys if key and key in known), None)
        if paper is None:
            unknown += 1
        else:
            filled.add(paper.result.student)
            if paper.grade is not None:
                line[grade] = repr(paper.grade)
    line_count = counted(unknown, "line")
    notes = [f"{line_count} of the worksheet without a student of ours"] if unknown else []
    lost = [p.result.student for p in papers if p.result.student not in filled]
    if lost:
        notes.append(f"not in the worksheet: {', '.join(lost)}")
    return _text([header, *lines]), notes


def _directory(papers: Iterable[Paper]) -> dict[str, Paper]:
    """What a line may call a student -> paper; what two students share names nobody."""
    found: dict[str, Paper] = {}
    shared: set[str] = set()
    for paper in papers:
        person = paper.person
        for name in {person.id, person.email, person.lms_user_id, person.name}:
            key = name.strip().casefold()
            if key in found:
                shared.add(key)
            found[key] = paper
    return {key: paper for key, paper in found.items() if key and key not in shared}


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise GradingError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise CourseError(f"{path} is not UTF-8; download the worksheet again") from error
    lines = list(csv.reader(io.StringIO(text, newline="")))
    header = lines[0] if lines else []
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise CourseError(
            f"{path} is no grading worksheet of Moodle: it has no column {', '.join(missing)}. "
            "Download it in English: Submissions > Actions > Download grading worksheet."
        )
    return header, lines[1:]


def _text(lines: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()
