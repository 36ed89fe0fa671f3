"""`autograder export`: from the results to files of another format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError, GradingError
from autograder.feedback.wording import counted
from autograder.integrations.classbook import ClassBook
from autograder.integrations.exports.formats import find_format
from autograder.integrations.exports.worksheet import fill_worksheet
from autograder.integrations.read_class import place, read_class
from autograder.whole import write_whole

FOLDER = "exports"


@dataclass(frozen=True)
class Exported:
    """What was written.

    Args:
        path: The file or the folder.
        files: How many files.
        notes: What should be known of the scores in it.
    """

    path: Path
    files: int
    notes: tuple[str, ...]


def export(
    name: str,
    results: Path,
    assignments: Sequence[str] = (),
    out: Path | None = None,
    gradebook: str | None = None,
    worksheet: Path | None = None,
) -> Exported:
    """Write the scores of a class in a format.

    Args:
        name: The format.
        results: The folder of results; this and other paths are relative to the course.
        assignments: Which; by default all that have results.
        out: The file, or the folder of a format with many files; by default in `exports/`.
        gradebook: A database to use instead of the course's own.
        worksheet: A worksheet of Moodle to fill in.

    Raises:
        CourseError: The format is unknown, or there are no results.
        GradingError: Something cannot be read or written.
    """
    form = find_format(name)
    if worksheet is not None and name != "moodle":
        raise CourseError(f"--worksheet is for the format moodle, not for {name}")
    root, _ = place()
    book = read_class(results, assignments, gradebook)
    path = root / (out if out is not None else Path(FOLDER) / form.file)
    notes = _notes(book)
    if worksheet is not None:
        text, more = fill_worksheet(book, root / worksheet)
        files = {"": text}
        notes += more
    else:
        files = form.files(book)
    for inside, text in files.items():
        _put(path / inside if inside else path, text)
    return Exported(path, len(files), tuple(notes))


def _notes(book: ClassBook) -> list[str]:
    """What the scores leave open, so that nobody takes them for more than they are."""
    notes = list(book.notes)
    notes += [f"damaged and left out: {path}" for path in book.damaged]
    none = [f"{p.result.assignment}/{p.result.student}" for p in book.all() if p.grade is None]
    if none:
        notes.append(f"without a score, since no grade stands: {', '.join(none)}")
    waiting = sum(bool(paper.waits) for paper in book.all())
    if waiting:
        notes.append(
            f"{counted(waiting, 'submission')} with rows to be graded by hand, which count 0 so far"
        )
    unsafe = sum(paper.result.isolation == "none" for paper in book.all())
    if unsafe:
        notes.append(f"{counted(unsafe, 'submission')} graded WITHOUT ISOLATION")
    return notes


def _put(path: Path, text: str) -> None:
    """Write a file whole or not at all; for the owner's eyes only."""
    try:
        for folder in (*reversed(path.parent.parents), path.parent):
            if not folder.is_dir():
                folder.mkdir(mode=0o700)
        write_whole(path, text.encode("utf-8", "replace"), mode=0o600)
    except OSError as error:
        raise GradingError(
            f"cannot write {path}: {error.strerror or error}. Give another place with --out."
        ) from error
