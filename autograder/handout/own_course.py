"""`autograder init`: a course of one's own, with one worked notebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.handout.handout import empty_folder, put
from autograder.handout.text import TEMPLATES

SUFFIX = ".template"
_NEXT = """Wrote {folder}: a course with one notebook, solutions/01_leaky/leaky.py. Next:
  cd {folder}
  autograder release      # builds assignments/, what students get
  autograder validate     # proves that every known mistake is caught
  autograder handout      # one zip for students"""


@dataclass(frozen=True)
class OwnCourse:
    """What was written."""

    folder: Path

    @property
    def line(self) -> str:
        """What the command prints."""
        return _NEXT.format(folder=self.folder)


def start_course(folder: Path) -> OwnCourse:
    """Write a course into a new folder.

    Raises:
        CourseError: The folder is not empty, or cannot be written. Then nothing is.
    """
    empty_folder(folder, "init")
    template = TEMPLATES / "course"
    content = {
        path.relative_to(template).as_posix().removesuffix(SUFFIX): path.read_bytes()
        for path in sorted(template.rglob(f"*{SUFFIX}"))
    }
    put(content, folder)
    return OwnCourse(folder)
