"""`autograder feedback`: a page for every student and assignment, as platforms take files back."""

from collections.abc import Sequence
from pathlib import Path

from autograder.course.translated import course_speaks
from autograder.errors import CourseError
from autograder.feedback.wording import counted
from autograder.integrations.classbook import Paper
from autograder.integrations.collected import Collected, read_collected
from autograder.integrations.csv_text import file_name
from autograder.integrations.exports.note import Note
from autograder.integrations.read_class import place, read_class
from autograder.reports.pages import student_page
from autograder.whole import leave
from autograder.whole import zipped as archive

PLATFORMS = ("canvas", "moodle")
_WHERE = {
    "canvas": "Canvas: the assignment's page > Re-Upload Submissions",
    "moodle": "Moodle: Submissions > Upload multiple feedback files in a zip",
}


def give_back(
    results: Path,
    assignments: Sequence[str],
    out: Path,
    gradebook: str | None,
    *,
    zipped: bool = False,
    platform: str = "",
    verbose: bool = False,
) -> list[str]:
    """Write the pages, and say where they are and what to do with them.

    Args:
        results, out: Folders, relative to the course.
        assignments: Which; by default all that have results.
        zipped: One zip for each assignment, in the place of folders.
        platform: Names in the zip are those by which it takes files back; by default those of the
            platform from which most of them were collected, if there is one.

    Raises:
        CourseError: There are no results, or the platform is none that takes files back.
        GradingError: Something cannot be read or written.
    """
    if platform and platform not in PLATFORMS:
        raise CourseError(
            f"--for is {platform!r}; {' and '.join(PLATFORMS)} take files back. For others leave "
            "it out: the pages are then named by student"
        )
    root, _ = place()
    said: list[str] = []
    for name, papers in read_class(results, assignments, gradebook).papers.items():
        handed_in = [paper for paper in papers if paper.result.status != "missing"]
        known = read_collected(root, name)
        target = platform if zipped else ""
        files, without = _named(handed_in, name, known, target)
        pages = counted(len(files), "page")
        with course_speaks(root):
            said += _write(root, out, name, files, target, zipped, pages)
        if without:
            why = f"not collected from {target}, so without a page in it"
            said.append(Note(f"of {name}: {why}", without).told(verbose))
    return said


def _named(
    papers: Sequence[Paper], assignment: str, known: Collected, platform: str
) -> tuple[dict[str, Paper], list[str]]:
    """Name of a file -> whose page; who has none since the platform would not know whose it is."""
    files: dict[str, Paper] = {}
    without: list[str] = []
    for paper in papers:
        student = paper.result.student
        taken = known.taken.get(student)
        if not platform:
            name = f"{file_name(student)}.html"
        elif taken is None or taken.source != platform or not taken.prefix:
            without.append(student)
            continue
        else:
            name = f"{taken.prefix}{assignment}.html"
        # Of a group's file the platform makes copies for everybody.
        files.setdefault(name, paper)
    return files, without


def _write(
    root: Path,
    out: Path,
    name: str,
    files: dict[str, Paper],
    platform: str,
    zipped: bool,
    pages: str,
) -> list[str]:
    folder = root / out
    content = (
        (file, student_page(paper.result.student, {name: paper}).encode("utf-8", "replace"))
        for file, paper in files.items()
    )
    if not zipped:
        for file, page in content:
            place = folder / file.removesuffix(".html") / name / f"{name}.html"
            leave(place, page, "--out", mode=0o600)
        return [f"Wrote {pages} to {out}/STUDENT/{name}/{name}.html"]
    path = folder / (f"{name}-{platform}.zip" if platform else f"{name}.zip")
    leave(path, archive(content, dict.fromkeys(files, 0o600)), "--out", mode=0o600)
    where = f" ({_WHERE[platform]})" if platform else ""
    return [
        f"Wrote {path.relative_to(root) if path.is_relative_to(root) else path}: {pages}{where}"
    ]
