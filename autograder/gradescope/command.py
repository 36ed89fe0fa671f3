"""`autograder export gradescope --autograder`: build the zips, and say what to do with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.course import find_course_root, load_course
from autograder.errors import CourseError
from autograder.gradescope.build import build_autograder

FOLDER = "exports"


def build_for(name: str, assignments: Sequence[str], out: Path | None) -> str:
    """Write the zip of each assignment.

    Raises:
        CourseError: The format is not Gradescope, no assignment is named, or several for one file.
        GradingError: It cannot be written.
    """
    if name != "gradescope":
        raise CourseError(f"--autograder is for the format gradescope, not for {name}")
    root = find_course_root()
    course = load_course(root)
    if not assignments or (out is not None and len(assignments) > 1):
        raise CourseError(
            "say which assignment the zip is for, such as 02_layers; with --out one at a time"
        )
    said = []
    for assignment in assignments:
        place = out if out is not None else Path(FOLDER) / f"gradescope-{assignment}.zip"
        build_autograder(course, assignment, root / place)
        said.append(f"Wrote {place}: Gradescope > Configure Autograder > Zip file upload")
    return "\n".join(said)
