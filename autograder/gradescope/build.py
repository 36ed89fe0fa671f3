"""`autograder export gradescope --autograder`: the zip that Gradescope takes as an autograder.

It is unpacked to `/autograder/source` (gradescope-autograders.readthedocs.io); `setup.sh` runs
once, when the container's image is made, and `run_autograder`, which is copied to `/autograder`,
for each submission.
"""

import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

import autograder
from autograder.course import Course, find_course_root, load_course, secret_seed
from autograder.course.build import files_below
from autograder.course.folder import ASSIGNMENTS, CONFIG, PRIVATE, SOLUTIONS
from autograder.errors import CourseError
from autograder.language import tr
from autograder.whole import leave, zipped

KIT, COURSE = "kit", "course"
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
    for assignment in course.chosen(assignments):
        place = out if out is not None else Path(FOLDER) / f"gradescope-{assignment}.zip"
        build_autograder(course, assignment, root / place)
        text = tr("Wrote {place}: Gradescope > Configure Autograder > Zip file upload")
        said.append(text.format(place=place))
    return "\n".join(said)


def build_autograder(course: Course, assignment: str, path: Path) -> None:
    """Write the zip of one assignment.

    It holds what the container must hold: the kit, this assignment's solution and released
    notebook, and a seed for hidden cases of its own, from which the course's cannot be found.

    Raises:
        CourseError: The assignment is not released, or the kit is not a checkout.
        GradingError: It cannot be written.
    """
    here = Path(__file__).parent
    about, key = f"gradescope {assignment}", bytes.fromhex(secret_seed(course.root))
    seed = hmac.new(key, about.encode(), hashlib.sha256).hexdigest()
    texts = {
        "setup.sh": (here / "setup.sh").read_text("utf-8"),
        "run_autograder": (here / "run_autograder").read_text("utf-8"),
        f"{COURSE}/{PRIVATE}/course.seed": f"{seed}\n",
        f"{COURSE}/{CONFIG}": '"""Grading on Gradescope needs no settings."""\n',
    }
    files = sorted({**_kit(), **_course(course, assignment)}.items())
    content = {name: text.encode() for name, text in texts.items()}
    content |= {name: source.read_bytes() for name, source in files}
    modes = {"setup.sh": 0o755, "run_autograder": 0o755, f"{COURSE}/{PRIVATE}/course.seed": 0o600}
    leave(path, zipped(content.items(), modes), "--out", mode=0o600)


def _kit() -> dict[str, Path]:
    """The kit itself, from which `pip` installs it there."""
    package = Path(autograder.__file__).parent
    root = package.parent
    files = {
        f"{KIT}/{name}": root / name for name in ("pyproject.toml", "constraints.txt", "README.md")
    }
    if not all(source.is_file() for source in files.values()):
        raise CourseError(
            f"{root} is no checkout of the kit (there is no pyproject.toml with constraints.txt); "
            "build the autograder from one"
        )
    return files | {
        f"{KIT}/{source.relative_to(root).as_posix()}": source for source in files_below(package)
    }


def _course(course: Course, assignment: str) -> dict[str, Path]:
    released = course.root / ASSIGNMENTS / assignment
    if not released.is_dir():
        raise CourseError(f"{released} is missing; run autograder release first")
    return {
        f"{COURSE}/{source.relative_to(course.root).as_posix()}": source
        for folder in (course.root / SOLUTIONS / assignment, released)
        for source in files_below(folder)
    }
