"""`autograder report`: from a class to its pages, each replaced whole or not at all."""

from datetime import datetime
from pathlib import Path

from autograder.course.translated import course_speaks
from autograder.errors import GradingError
from autograder.feedback.text import plain
from autograder.feedback.wording import counted, listed
from autograder.integrations.classbook import ClassBook
from autograder.integrations.read_class import place
from autograder.language import said, tr
from autograder.reports.pages import class_page, has_page, page_name, student_page
from autograder.whole import write_changed

FOLDER = "reports"
INDEX = "index.html"
STUDENTS = "students"
GENERATOR = b'<meta name="generator" content="autograder report">'
"""What our pages say of themselves; no other file is ever removed."""


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
        pages = write_report(book, folder, datetime.now())
    index = folder / INDEX
    index = index.relative_to(root) if index.is_relative_to(root) else index
    text = tr("Report: {index}, and {students}")
    lines = [text.format(index=index, students=counted(pages, "student"))]
    text = tr("The report says: {note}")
    lines += [text.format(note=said(note)) for note in (*book.notes, *book.asides)]
    if book.damaged:
        text = tr("Damaged and left out: {files}")
        lines.append(text.format(files=listed([str(p) for p in book.damaged], 3)))
    return plain("\n".join(lines))


def write_report(book: ClassBook, out: Path, made: datetime | None = None) -> int:
    """Write the page of the class and one for each student; pages of others are removed.

    Args:
        out: The folder; made when there is none, for the owner's eyes only.

    Returns:
        How many students have a page.

    Raises:
        GradingError: It cannot be written.
    """
    try:
        for folder in (*reversed(out.parents), out, out / STUDENTS):
            if not folder.is_dir():
                folder.mkdir(mode=0o700)
        students = {who: papers for who, papers in book.students.items() if has_page(papers)}
        kept = {page_name(student) for student in students}
        for student, papers in students.items():
            page = student_page(student, papers).encode("utf-8", "replace")
            write_changed(out / STUDENTS / page_name(student), page)
        write_changed(out / INDEX, class_page(book, made).encode("utf-8", "replace"))
        for there in (out / STUDENTS).glob("*.html"):
            if there.name not in kept and GENERATOR in there.read_bytes()[:1000]:
                there.unlink()
    except OSError as error:
        raise GradingError(
            f"cannot write the report to {out}: {error.strerror or error}. The results are kept; "
            "give another folder: autograder report --out DIR"
        ) from error
    return len(kept)
