"""Put the pages where they belong: each is replaced whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.errors import GradingError
from autograder.integrations.classbook import ClassBook
from autograder.reports.pages import class_page, has_page, page_name, student_page
from autograder.whole import write_changed

INDEX = "index.html"
STUDENTS = "students"
GENERATOR = b'<meta name="generator" content="autograder report">'
"""What our pages say of themselves; no other file is ever removed."""


@dataclass(frozen=True)
class Written:
    """What was written."""

    index: Path
    students: int


def write_report(book: ClassBook, out: Path, made: datetime | None = None) -> Written:
    """Write the page of the class and one for each student; pages of others are removed.

    Args:
        out: The folder; made when there is none, for the owner's eyes only.

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
            if there.name not in kept and _is_ours(there):
                there.unlink()
    except OSError as error:
        raise GradingError(
            f"cannot write the report to {out}: {error.strerror or error}. The results are kept; "
            "give another folder: autograder report --out DIR"
        ) from error
    return Written(out / INDEX, len(kept))


def _is_ours(page: Path) -> bool:
    with page.open("rb") as file:
        return GENERATOR in file.read(1000)
