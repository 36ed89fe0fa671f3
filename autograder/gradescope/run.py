"""Grade one submission on Gradescope: `python -m autograder.gradescope.run /autograder`."""

import json
import sys
from pathlib import Path

from autograder.collect.best import graded_apart
from autograder.collect.download import open_download
from autograder.collect.formats import Claim, Upload
from autograder.collect.sorting import Matcher, People, Sorting, sort_uploads
from autograder.course import Course, load_course
from autograder.errors import AutograderError, CourseError, GradingError
from autograder.grading.result import Result
from autograder.integrations.classbook import Line, Paper, Person
from autograder.integrations.exports.per_paper import gradescope_json
from autograder.whole import write_whole

STUDENT = "student"


def grade_there(base: Path) -> str:
    """Grade `base/submission`.

    Returns:
        What belongs into `results.json`. Where a student handed in no notebook of the assignment it
        says so, with 0 points; they can hand in again.

    Raises:
        GradingError: The grader itself failed: nobody gets a score.
        IsolationError: Students' code cannot be contained there.
    """
    course = load_course(base / "source" / "course")
    (assignment,) = course.sources
    found = _find(course, assignment, base / "submission")
    if not found.answers:
        why = [f"There is no notebook of {assignment} in what you handed in."]
        why += [f"{text}: {', '.join(about)}" for text, about in found.notes.items()]
        said = {"score": 0.0, "output": "\n".join(why), "output_format": "text", "tests": []}
        return json.dumps(said)
    answer = found.answers[0]
    (result,) = graded_apart(course, assignment, {STUDENT: answer.file.read()}).values()
    if not result.is_grade:
        raise GradingError(result.message)
    return gradescope_json(_paper(result))


def _find(course: Course, assignment: str, folder: Path) -> Sorting:
    """The student's notebook, whatever it is called and in however many zips it lies."""
    try:
        files = open_download(folder).files
    except CourseError:
        files = ()
    uploads = [Upload(file, (Claim(id=STUDENT),)) for file in files]
    notebooks = {assignment: course.sources[assignment].stem}
    matcher = Matcher(course.root, course.sources)
    return sort_uploads(uploads, People([]), matcher, notebooks, assignment)


def _paper(result: Result) -> Paper:
    """The rows that are judged here; texts are graded by hand in Gradescope, by its rubric."""
    lines = tuple(Line(row) for row in result.rows if row.status != "manual" or row.findings)
    return Paper(result, Person(result.student), lines)


def main(base: Path) -> int:
    """Write `results/results.json`, or nothing where the grader failed: then there is no score."""
    try:
        text = grade_there(base)
        (base / "results").mkdir(exist_ok=True)
        write_whole(base / "results" / "results.json", text.encode())
    except (AutograderError, OSError) as error:
        print(f"The autograder could not grade this: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
