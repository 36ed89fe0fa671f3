"""`autograder report`: from the results to the pages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from autograder.course.translated import course_speaks
from autograder.feedback.text import plain
from autograder.feedback.wording import counted, listed
from autograder.integrations.classbook import ClassBook
from autograder.integrations.read_class import place
from autograder.language import said, tr
from autograder.reports.write import write_report

FOLDER = "reports"


def leave_report(book: ClassBook, results: Path, out: Path | None = None) -> str:
    """Write the report of a class that was read, and say where it is.

    Args:
        results: The folder of results, relative to the course.
        out: The folder for the pages; by default `reports/` beside the results.

    Raises:
        GradingError: It cannot be written.
    """
    root, _ = place()
    folder = root / out if out is not None else (root / results).parent / FOLDER
    with course_speaks(root):
        written = write_report(book, folder, datetime.now())
    students = counted(written.students, "student")
    text = tr("Report: {index}, and {students}")
    index = written.index
    index = index.relative_to(root) if index.is_relative_to(root) else index
    lines = [text.format(index=index, students=students)]
    text = tr("The report says: {note}")
    lines += [text.format(note=said(note)) for note in (*book.notes, *book.asides)]
    if book.damaged:
        text = tr("Damaged and left out: {files}")
        lines.append(text.format(files=listed([str(p) for p in book.damaged], 3)))
    return plain("\n".join(lines))
