"""`autograder init`: a course of one's own, with one worked notebook."""

from __future__ import annotations

from pathlib import Path

from autograder.handout.handout import empty_folder, put
from autograder.handout.text import TEMPLATES

SUFFIX = ".template"
_NEXT = """Wrote {folder}: a course with one notebook, solutions/01_leaky/leaky.py. Next:
  cd {folder}
  autograder release      # builds assignments/, what students get
  autograder validate     # proves that every known mistake is caught
  autograder handout      # one zip for students"""


def start_course(folder: Path) -> str:
    """Write a course into a new folder, and say what to do next.

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
    return _NEXT.format(folder=folder)
