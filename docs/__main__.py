"""Make the pages of docs/ that come from the course: the syllabus, the gallery, other languages.

`python -m docs` writes what is out of date; with `--check` it writes nothing and names it; with
`--gallery` it draws every picture anew.
"""

from __future__ import annotations

import argparse
import sys

from autograder.course import Course, find_course_root, load_course
from autograder.errors import CourseError
from autograder.whole import write_changed
from docs import gallery, syllabus, translations

MEND = "run `make release`"


def pages(course: Course) -> dict[str, str]:
    """Every page as the course makes it now: file -> text."""
    return {
        syllabus.PAGE: syllabus.page(course),
        gallery.PAGE: gallery.page(course),
        **translations.pages(course),
    }


def write(course: Course, *, everything: bool = False) -> list[str]:
    """Bring all up to date; return what was done, one line each.

    Args:
        everything: Draw the pictures of the gallery whether or not their code changed.
    """
    lines = gallery.draw_changed(course, everything=everything)
    made = pages(course).items()
    return [
        *lines,
        *(f"{p}: written" for p, t in made if write_changed(course.root / p, t.encode())),
    ]


def check(course: Course) -> list[str]:
    """What is missing, stale or not as the course makes it."""
    made = pages(course)
    found = gallery.missing(course)
    for name, text in made.items():
        page = course.root / name
        if not page.is_file():
            found.append(f"{name} is missing")
        elif page.read_text(encoding="utf-8") != text:
            found.append(f"{name} is out of date")
    stale = [
        f"{name} is stale: no catalogue makes it"
        for name in translations.there(course)
        if name not in made
    ]
    return [f"{line}; {MEND}" for line in found] + [f"{line}; delete it" for line in stale]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--gallery", action="store_true", help="draw every picture anew")
    asked = parser.parse_args(arguments)
    try:
        course = load_course(find_course_root())
        lines = check(course) if asked.check else write(course, everything=asked.gallery)
    except CourseError as error:
        sys.exit(f"error: {error}")
    print(*lines, sep="\n") if lines else print("docs/ is up to date")
    return 1 if asked.check and lines else 0


if __name__ == "__main__":
    sys.exit(main())
