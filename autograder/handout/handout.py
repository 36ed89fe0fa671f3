"""`autograder handout`: all that students need, in a zip or a repository; `init`: a course."""

import datetime
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypedDict, Unpack

from autograder.course import Course, Notebook, load_course
from autograder.course.build import Watch, files_below
from autograder.course.cells import BEGIN, END, inside
from autograder.course.folder import ASSIGNMENTS, Configuration, existing_seed, read_configuration
from autograder.course.leaks import find_leaks
from autograder.course.questions import made_now, public_questions
from autograder.course.release import behind, chosen, must_be_known
from autograder.errors import CourseError
from autograder.exercises import Answer
from autograder.exercises.public import encode_value
from autograder.feedback.key import KEY, pack
from autograder.feedback.say import PAGE as TROUBLES
from autograder.grading.papers import kept_beside
from autograder.handout.text import (
    IN_REPOSITORY,
    REQUIREMENTS,
    TEMPLATES,
    readme,
    requirements_text,
)
from autograder.handout.wheel import (
    PACKAGE,
    PINS,
    WHEEL,
    student_files,
    student_pins,
    student_wheel,
)
from autograder.language import ENGLISH, speaking
from autograder.whole import leave, zipped


def key_of(notebook: Notebook) -> str:
    """The text of its key."""
    answers = {}
    for (question,) in public_questions(notebook):
        if isinstance(question.exercise, Answer):
            answers[question.exercise.name] = {
                e.case.name: {
                    row: {
                        name: {
                            "value": encode_value(expected.value),
                            "slack": expected.slack,
                            "scale": expected.scale,
                        }
                        for name, expected in outputs.items()
                    }
                    for row, outputs in e.outputs.items()
                }
                for e in question.expectations
            }
    solutions = {}
    for cell in notebook.cells:
        if cell.row and cell.kind == "text":
            solutions[cell.row] = "\n".join(inside(cell.source)).strip()
        elif cell.row and cell.kind == "solution":
            lines = cell.source.split("\n")
            solutions[cell.row] = "\n".join(x for x in lines if BEGIN not in x and END not in x)
    return pack(answers, solutions)


def is_open(configuration: Configuration, assignment: str, now: datetime.datetime) -> bool:
    """Whether the course hands out the key of an assignment by itself.

    Raises:
        CourseError: It would after the due date, which is no date.
    """
    if configuration.key != "after due":
        return configuration.key == "always"
    due = configuration.due.get(assignment, "")
    if not due:
        return False
    try:
        until = datetime.datetime.fromisoformat(due)
    except ValueError:
        raise CourseError(
            f'course.toml: key = "after due", but due.{assignment} is {due!r}; expected a date, '
            "such as 2026-12-01"
        ) from None
    if len(due) == len("2026-12-01"):  # a day lasts until its end
        until += datetime.timedelta(days=1)
    return now.astimezone() >= until.astimezone()


TEMPLATE = ".template"
_NEXT = """Wrote {folder}: a course with one notebook, solutions/01_leaky/leaky.py. Next:
  cd {folder}
  autograder release      # builds assignments/, what students get
  autograder validate     # proves that every known mistake is caught
  autograder handout      # one zip for students"""


@dataclass(frozen=True)
class Handout:
    """What was written."""

    path: Path
    assignments: tuple[str, ...]
    files: int
    keys: tuple[str, ...] = ()  # of which assignments the answers and solutions are in it

    @property
    def line(self) -> str:
        """What the command prints."""
        keys = f"; with answers and solutions of {', '.join(self.keys)}" if self.keys else ""
        return f"Wrote {self.path}: {', '.join(self.assignments)} ({self.files} files){keys}"


class Wanted(TypedDict, total=False):
    """How a handout is to be."""

    key: bool  # answers and solutions come along, whatever the configuration says
    language: str  # in which the notebooks are, and the README
    watch: Watch  # is told which notebooks are compared with their sources


def write_handout(
    root: Path, only: Sequence[str] = (), out: Path | None = None, **wanted: Unpack[Wanted]
) -> Handout:
    """Write the zip.

    Args:
        only: The notebooks in it, as `Course.chosen` takes them; all that are released where none
            is named.
        out: Where to; by default `handout.zip` in the course (`handout-zh.zip` in Chinese).

    Raises:
        CourseError: Something is not released, is older than its source or would leak. Then nothing
            is written.
        GradingError: The file cannot be written.
    """
    course = load_course(root)
    names, content = content_of(root, only, **wanted)
    language = wanted.get("language", ENGLISH)
    ending = "" if language == ENGLISH else f"-{language}"
    path = course.root / f"handout{ending}.zip" if out is None else out
    if path.is_dir():
        raise CourseError(f"{path} is a folder; give --out the name of a file, such as {path}.zip")
    title = read_configuration(course.root, course.sources).title
    folder = (re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "course") + ending
    leave(path, zipped((f"{folder}/{name}", data) for name, data in content.items()), "--out")
    return Handout(path, names, len(content), _keys(content))


def write_repository(
    root: Path, folder: Path, only: Sequence[str] = (), **wanted: Unpack[Wanted]
) -> Handout:
    """Write a template repository for students, with a workflow that checks on every push.

    Raises:
        CourseError: As for `write_handout`, or the folder is not empty.
    """
    empty_folder(folder, "--repository")
    names, content = content_of(root, only, **wanted)
    content |= {name: (TEMPLATES / file).read_bytes() for name, file in IN_REPOSITORY.items()}
    put(content, folder)
    return Handout(folder, names, len(content), _keys(content))


def start_course(folder: Path) -> str:
    """Write a course of one's own, with one worked notebook, and say what to do next.

    Raises:
        CourseError: The folder is not empty, or cannot be written. Then nothing is.
    """
    empty_folder(folder, "init")
    template = TEMPLATES / "course"
    content = {
        path.relative_to(template).as_posix().removesuffix(TEMPLATE): path.read_bytes()
        for path in sorted(template.rglob(f"*{TEMPLATE}"))
    }
    put(content, folder)
    return _NEXT.format(folder=folder)


def empty_folder(folder: Path, option: str) -> None:
    """Hold that a folder is empty, or is not there.

    Raises:
        CourseError: Something lies there.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is not empty" if folder.is_dir() else "is a file"
        raise CourseError(f"{folder} {what}; nothing was written. Give {option} a new folder.")


def put(content: dict[str, bytes], folder: Path) -> None:
    """Write files into a folder that is empty or not there: all of them or none.

    Raises:
        CourseError: They cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".handout-", dir=folder.parent) as temporary:
            made = Path(temporary, "made")
            for name, data in content.items():
                (made / name).parent.mkdir(parents=True, exist_ok=True)
                (made / name).write_bytes(data)
            if folder.is_dir():
                folder.rmdir()
            shutil.move(made, folder)
    except OSError as error:
        raise CourseError(f"cannot write {folder}: {error.strerror or error}") from error


def _keys(content: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.partition("/")[0] for name in content if name.endswith(KEY))


def content_of(
    root: Path,
    only: Sequence[str],
    *,
    key: bool = False,
    language: str = ENGLISH,
    watch: Watch = lambda line: None,
) -> tuple[tuple[str, ...], dict[str, bytes]]:
    """The assignments, and name -> content of every file.

    Raises:
        CourseError: Something is not released, is older than its source or would leak.
    """
    course = load_course(root)
    configuration = read_configuration(course.root, course.sources).in_language(language)
    where, release = ASSIGNMENTS, "autograder release"
    if language != ENGLISH:
        must_be_known(course, language)
        where, release = f"{ASSIGNMENTS}/{language}", f"autograder release --language {language}"
    released = course.root / where
    names = course.chosen(only)
    if not only:
        names = tuple(name for name in names if (released / name).is_dir())
    missing = [name for name in names if not (released / name).is_dir()]
    if missing or not names:
        which = ", ".join(missing) or "any notebook"
        raise CourseError(
            f"{where}/ has no release of {which}; nothing was written. "
            f"First run: {release} {' '.join(missing)}".rstrip()
        )
    seed = existing_seed(course.root)
    keep = partial(kept_beside, course.root) if seed else lambda name: made_now
    stale = behind(course, names, language, watch, keep)
    if stale:
        raise CourseError(
            "the release is older than the course; nothing was written. First run: "
            f"{release} {' '.join(names)}\n" + "\n".join(stale)
        )
    content = {
        f"{name}/{path.relative_to(released / name).as_posix()}": path.read_bytes()
        for name in names
        for path in files_below(released / name)
    }
    notebooks = {name: course.assignment(name) for name in names}
    if language != ENGLISH:
        notebooks = {
            one.notebook.assignment: one.notebook for one in chosen(course, language, names)
        }
    with speaking(language):
        content["README.md"] = readme(configuration, list(notebooks.values())).encode()
    content[REQUIREMENTS] = requirements_text().encode()
    content[PINS] = student_pins().encode()
    content[WHEEL] = student_wheel()
    page = Path(TROUBLES)  # checks point to its sections, and it to itself in other languages
    for path in sorted([course.root / page, *(course.root / page.parent).glob(f"*/{page.name}")]):
        if path.is_file():
            content[path.relative_to(course.root).as_posix()] = path.read_bytes()
    _search(course, content)
    now = datetime.datetime.now()
    for name, notebook in notebooks.items():
        if key or is_open(configuration, name, now):
            content[f"{name}/{notebook.name}{KEY}"] = key_of(notebook).encode()
    return names, content


def _search(course: Course, content: dict[str, bytes]) -> None:
    """Search all that leaves for what must not, the files in the wheel too.

    Raises:
        CourseError: Something would leak.
    """
    with tempfile.TemporaryDirectory(prefix="autograder-handout-") as temporary:
        folder = Path(temporary)
        kit = {f"kit/{p.relative_to(PACKAGE).as_posix()}": p.read_bytes() for p in student_files()}
        for name, data in (content | kit).items():
            if name != WHEEL:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
        leaks = find_leaks(course.notebooks, folder, existing_seed(course.root))
    if leaks:
        raise CourseError("nothing was handed out, because it would leak:\n" + "\n".join(leaks))
