"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder.errors import CourseError
from autograder.integrations.classbook import ClassBook, Paper
from autograder.integrations.exports.class_junit import class_junit
from autograder.integrations.exports.github import github_markdown
from autograder.integrations.exports.per_paper import classroom_json, gradescope_json
from autograder.integrations.exports.spreadsheets import (
    canvas_csv,
    moodle_csv,
    rows_csv,
    submissions_csv,
)
from autograder.integrations.file_names import file_name


@dataclass(frozen=True)
class Format:
    """A format."""

    name: str
    says: str
    file: str  # the name of the file, or of the folder where there is a file for each submission
    whole: Callable[[ClassBook], str] | None = None  # makes the file; None where there are many
    each: Callable[[Paper], str] | None = None
    ending: str = ""  # what follows the student's name in the name of such a file

    def files(self, book: ClassBook) -> Iterator[tuple[str, str]]:
        """Path and text of every file, made one by one; the path `""` is the file itself."""
        if self.whole is not None:
            yield "", self.whole(book)
            return
        assert self.each is not None
        for paper in book.all():
            if paper.grade is not None and paper.result.status != "missing":
                name = f"{paper.result.assignment}/{file_name(paper.result.student)}{self.ending}"
                yield name, self.each(paper.whole)


FORMATS = {
    made.name: made
    for made in (
        Format("csv", "a line for every submission", "scores.csv", submissions_csv),
        Format("csv-rows", "a line for every row of every submission", "rows.csv", rows_csv),
        Format("canvas", "a gradebook for Canvas", "canvas.csv", canvas_csv),
        Format("moodle", "grades for Moodle", "moodle.csv", moodle_csv),
        Format("github", "Markdown for the summary of a job", "summary.md", github_markdown),
        Format("junit", "JUnit XML", "junit.xml", class_junit),
        Format(
            "gradescope",
            "a results.json for every submission",
            "gradescope",
            each=gradescope_json,
            ending="/results.json",
        ),
        Format(
            "classroom",
            "GitHub Classroom's JSON for every submission",
            "classroom",
            each=classroom_json,
            ending=".json",
        ),
    )
}


def find_format(name: str) -> Format:
    """The format of this name.

    Raises:
        CourseError: There is none.
    """
    if name not in FORMATS:
        known = "\n".join(f"  {f.name:11} {f.says}" for f in FORMATS.values())
        raise CourseError(f"no format is called {name!r}; there are\n{known}")
    return FORMATS[name]
