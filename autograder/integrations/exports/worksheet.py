"""Fill in the worksheet that Moodle gives for grading an assignment offline.

Moodle (`mod/assign/feedback/offline` of moodle/moodle) takes a worksheet back when it has the
columns Identifier, Grade and Last modified (grade), separated by commas, in UTF-8. The identifiers
are Moodle's own, so only a worksheet that was downloaded can be filled in; all but the grades and
the comments, which Moodle takes for HTML, stays as it is. A grade that changed in Moodle since the
download is not overwritten: that is what the date of the last modification is for.
"""

import csv
import html
import io
import math
from collections.abc import Collection, Iterable
from pathlib import Path

from autograder.errors import CourseError
from autograder.feedback.blocks import plain
from autograder.feedback.say import advice
from autograder.feedback.wording import counted, listed, points
from autograder.integrations.classbook import ClassBook, Line, Paper
from autograder.integrations.csv_text import neutral, read_csv
from autograder.integrations.exports.note import Note

NEEDED = ("Identifier", "Grade", "Last modified (grade)")
_BY = ("Username", "ID number", "Email address", "Full name")


_MAXIMUM, _COMMENTS = "maximum grade", "feedback comments"  # Moodle wrote them in two ways
_OURS = "Autograder: "
"""How a comment of ours begins; what a person wrote in its place stays."""
_ROWS, _LONGEST = 3, 160


def must_be_of(path: Path, worksheet: Collection[str], download: Collection[str]) -> None:
    """Moodle numbers its participants anew in every assignment.

    Args:
        worksheet, download: The numbers that stand in both.

    Raises:
        CourseError: The worksheet is of another assignment.
    """
    if worksheet and download and set(worksheet).isdisjoint(download):
        raise CourseError(
            f"{path} is the worksheet of another assignment: none of its participants is in the "
            f"download of the submissions, which has {listed(sorted(download), 3)}. Nothing was "
            "moved or written; download the worksheet of this assignment"
        )


def fill_worksheet(
    book: ClassBook, path: Path, *, scale: bool = False, participants: Collection[str] = ()
) -> tuple[str, list[Note]]:
    """The worksheet with the grades of one assignment, and a short comment on each.

    Args:
        scale: Convert the scores to the maximum in the worksheet.
        participants: Moodle's numbers of those whose submissions were collected.

    Returns:
        Its text, and what should be known: lines without a student, students without a line.

    Raises:
        CourseError: It is no such worksheet, is of another assignment or class, has another
            maximum, or there is more than one assignment.
        GradingError: It cannot be read.
    """
    if len(book.papers) != 1:
        names = ", ".join(book.papers)
        raise CourseError(f"a worksheet is for one assignment; say which of {names}")
    header, lines = read_csv(path)
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise CourseError(
            f"{path} is no grading worksheet of Moodle: it has no column {', '.join(missing)}. "
            "Download it in English: Submissions > Actions > Download grading worksheet."
        )
    ((name, papers),) = book.papers.items()
    number = header.index("Identifier")
    must_be_of(
        path, {line[number].rpartition(" ")[2] for line in lines if line[number:]}, participants
    )
    known = _directory(papers)
    columns = [header.index(name) for name in _BY if name in header]
    places = {name.strip().casefold(): column for column, name in enumerate(header)}
    grade, comments = places["grade"], places.get(_COMMENTS)
    filled: set[str] = set()
    unknown = 0
    for line in lines:
        line += [""] * (len(header) - len(line))
        keys = (line[column].strip().casefold() for column in columns)
        paper = next((known[key] for key in keys if key and key in known), None)
        if paper is None:
            unknown += 1
            continue
        filled.add(paper.result.student)
        if paper.grade is None:
            continue
        factor = _factor(paper, line[places[_MAXIMUM]] if _MAXIMUM in places else None, scale)
        line[grade] = points(paper.grade * factor)
        if comments is None:
            continue
        there = line[comments].lstrip()
        if not there or there.removeprefix("<p>").startswith(_OURS):
            line[comments] = neutral(html.escape(_OURS + _in_short(paper.whole), quote=False))
    if lines and not filled:
        raise CourseError(
            f"nobody in {path} is a student of {name}; is it the worksheet of another course? "
            f"Students are found by {', '.join(_BY)}"
        )
    line_count = counted(unknown, "line")
    notes = [Note(f"{line_count} of the worksheet without a student of ours")] if unknown else []
    lost = [p.result.student for p in papers if p.result.student not in filled]
    if lost:
        notes.append(Note("not in the worksheet", lost))
    text = io.StringIO()
    csv.writer(text).writerows([header, *lines])
    return text.getvalue(), notes


def _factor(paper: Paper, maximum: str | None, scale: bool) -> float:
    """By what a score is multiplied to be a grade of the worksheet.

    Raises:
        CourseError: The worksheet has another maximum, and nobody said what to do about it.
    """
    ours, name = paper.result.points, paper.result.assignment
    if maximum is None:
        if scale:
            raise CourseError("the worksheet has no column Maximum Grade to scale the scores to")
        return 1.0
    try:
        theirs = float(maximum.strip().replace(",", "."))
    except ValueError:
        theirs = math.nan
    if not 0 < theirs < math.inf:
        raise CourseError(
            f"Maximum Grade is {maximum!r} in the worksheet, expected a number: set the "
            f"assignment's grade in Moodle to {points(ours)} points and download it again"
        )
    if scale and ours > 0:
        return theirs / ours
    if not math.isclose(theirs, ours, abs_tol=0.005):  # the worksheet has two decimals
        raise CourseError(
            f"Maximum Grade is {points(theirs)} in the worksheet, {name} has {points(ours)} "
            "points. Give --scale to convert the scores, or set the maximum in "
            f"Moodle to {points(ours)} and download the worksheet again"
        )
    return 1.0


def _in_short(paper: Paper) -> str:
    """What cost points, the most first."""
    if paper.result.status != "graded":
        return _cut(paper.result.message)
    lost = [line for line in paper.lines if not line.waits and line.score < line.result.points]
    lost.sort(key=lambda line: line.score - line.result.points)
    parts = [_lost(line) for line in lost[:_ROWS]]
    if len(lost) > _ROWS:
        parts.append(f"and {counted(len(lost) - _ROWS, 'row')} more")
    if paper.waits:
        parts.append(f"still to be graded by hand: {', '.join(paper.waits)}")
    if paper.penalty:
        parts.append(f"taken off for being late: {points(paper.penalty)}")
    return "; ".join(parts) or "full points"


def _lost(line: Line) -> str:
    costly = [f for f in line.result.findings if f.severity == "error" and not f.passed]
    explained = [advice(f.explanation) for f in costly if f.explanation is not None]
    said = [*explained, *(f.message for f in costly)]
    said = [line.misplaced, *said] if line.misplaced else said
    why = line.comment or ("by hand" if line.by_hand else next(iter(said), line.status))
    return f"{line.result.id} {points(line.score)} of {points(line.result.points)}: {_cut(why)}"


def _cut(text: str) -> str:
    flat = " ".join(plain(text).split()).rstrip(".")
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST].rsplit(' ', 1)[0]} …"


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
