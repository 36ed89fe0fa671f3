"""`autograder export`: from the results to files of another format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.integrations.classbook import ClassBook, Paper
from autograder.integrations.collected import read_collected
from autograder.integrations.csv_text import file_name
from autograder.integrations.exports.note import Note
from autograder.integrations.exports.per_paper import class_junit, classroom_json, gradescope_json
from autograder.integrations.exports.spreadsheets import (
    canvas_csv,
    github_markdown,
    moodle_csv,
    rows_csv,
    submissions_csv,
)
from autograder.integrations.exports.worksheet import fill_worksheet
from autograder.integrations.read_class import place, read_class
from autograder.whole import leave

FOLDER = "exports"
MISSING_AS = ("0", "blank")
WHOLE = {
    "csv": ("scores.csv", submissions_csv),
    "csv-rows": ("rows.csv", rows_csv),
    "canvas": ("canvas.csv", canvas_csv),
    "moodle": ("moodle.csv", moodle_csv),
    "github": ("summary.md", github_markdown),
    "junit": ("junit.xml", class_junit),
}
"""Format -> the name of its file, and what makes the text of it."""
EACH = {"gradescope": ("/results.json", gradescope_json), "classroom": (".json", classroom_json)}
"""Format with a file for each submission -> what follows the student's name, and what makes it."""
FORMATS = (*WHOLE, *EACH)


@dataclass(frozen=True)
class Exported:
    """What was written."""

    path: Path
    files: int
    notes: tuple[str, ...]  # what should be known of the scores in it


def export(
    name: str,
    results: Path,
    assignments: Sequence[str] = (),
    out: Path | None = None,
    gradebook: str | None = None,
    worksheet: Path | None = None,
    *,
    scale: bool = False,
    missing_as: str = "0",
    verbose: bool = False,
) -> Exported:
    """Write the scores of a class in a format.

    Args:
        results: The folder of results; this and other paths are relative to the course.
        assignments: Which; by default all that have results.
        out: The file, or the folder of a format with many files; by default in `exports/`.
        scale: Convert the scores to the worksheet's maximum.
        missing_as: What who handed in nothing gets: `0`, or `blank` for no grade.
        verbose: Name everybody in the notes, however many they are.

    Raises:
        CourseError: The format is unknown, or there are no results.
        GradingError: Something cannot be read or written.
    """
    if name not in FORMATS:
        raise CourseError(f"no format is called {name!r}; there are {', '.join(FORMATS)}")
    if worksheet is not None and name != "moodle":
        raise CourseError(f"--worksheet is for the format moodle, not for {name}")
    if scale and worksheet is None:
        raise CourseError("--scale is for a worksheet of Moodle; give it with --worksheet")
    if missing_as not in MISSING_AS:
        raise CourseError(f"--missing-as is {missing_as!r}; expected {' or '.join(MISSING_AS)}")
    root, _ = place()
    book = read_class(results, assignments, gradebook)
    book = book.without_absentees if missing_as == "blank" else book
    usual = Path(FOLDER, WHOLE[name][0] if name in WHOLE else name)
    path = root / (out if out is not None else usual)
    notes = _notes(book)
    if worksheet is not None:
        participants = {
            taken.prefix.split("_")[1]
            for assignment in book.papers
            for taken in read_collected(root, assignment).taken.values()
            if taken.source == "moodle"
        }
        text, more = fill_worksheet(book, root / worksheet, scale=scale, participants=participants)
        files = iter([("", text)])
        notes += more
    else:
        files = texts(name, book)
    count = 0
    for inside, text in files:
        file = path / inside if inside else path
        leave(file, text.encode("utf-8", "replace"), "--out", mode=0o600)
        count += 1
    return Exported(path, count, tuple(note.told(verbose) for note in notes))


def texts(name: str, book: ClassBook) -> Iterator[tuple[str, str]]:
    """Path and text of every file of a format, one by one; the path `""` is the file itself."""
    if name in WHOLE:
        yield "", WHOLE[name][1](book)
        return
    ending, text = EACH[name]
    for paper in book.all():
        if paper.grade is not None and paper.result.status != "missing":
            inside = f"{paper.result.assignment}/{file_name(paper.result.student)}{ending}"
            yield inside, text(paper.whole)


def _notes(book: ClassBook) -> list[Note]:
    """What the scores leave open, so that nobody takes them for more than they are."""
    papers = book.all()
    notes = [Note(text) for text in (*book.notes, *book.asides)]
    notes.append(Note("damaged and left out", [str(path) for path in book.damaged]))
    for status in ("unclear", "overload", "failed", "stale"):
        who = [
            _name(paper)
            for paper in papers
            if paper.result.status == status and paper.grade is None
        ]
        notes.append(Note(f"{status}, so without a score", who))
    waiting = [_name(paper) for paper in papers if paper.waits]
    notes.append(Note("with rows to be graded by hand, which count 0 so far", waiting))
    unsafe = [_name(paper) for paper in papers if paper.result.isolation == "none"]
    notes.append(Note("graded WITHOUT ISOLATION", unsafe))
    return [note for note in notes if note.names is None or note.names]


def _name(paper: Paper) -> str:
    return f"{paper.result.assignment}/{paper.result.student}"
