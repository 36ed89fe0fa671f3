"""What is released in another language: `assignments/<language>/`, beside the English release."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from autograder.course.build import generate_translated
from autograder.course.drift import differences
from autograder.course.folder import ASSIGNMENTS, Course
from autograder.course.leaks import find_leaks
from autograder.course.secret import existing_seed
from autograder.course.translated import Translated, catalogue, course_languages, translated
from autograder.errors import CourseError


def chosen(course: Course, language: str, only: Sequence[str] = ()) -> list[Translated]:
    """Notebooks in another language; all that have a catalogue, where none is named.

    Raises:
        CourseError: When there is no such language, notebook or catalogue.
    """
    known = list(course_languages(course.root))
    if language not in known:
        there = ", ".join(known) or "none"
        raise CourseError(f"locale/ has no catalogues for {language!r}; it has them for: {there}")
    names = [
        name
        for name in course.chosen(only)
        if only or catalogue(course.root, language, name).is_file()
    ]
    return [translated(course.assignment(name), language) for name in names]


@contextmanager
def built_translated(every: Sequence[Translated], english: Path) -> Iterator[Path]:
    """A temporary folder with a fresh build in another language.

    Args:
        english: The English release, whose public data ship here, too.
    """
    with tempfile.TemporaryDirectory(prefix="autograder-release-") as temporary:
        folder = Path(temporary).resolve()
        generate_translated(every, english, folder)
        yield folder / ASSIGNMENTS


def translated_drift(
    course: Course, language: str, names: Sequence[str], english: Path
) -> list[str]:
    """Where what was released in a language is not what its catalogues make.

    Args:
        names: The assignments to look at; those never released in this language are passed over.
        english: What the English release should be.
    """
    released = course.root / ASSIGNMENTS / language
    there = [name for name in names if (released / name).is_dir()]
    every = chosen(course, language, there) if there else []
    found = []
    with built_translated(every, english) as fresh:
        for name in there:
            found += differences(
                fresh / name,
                released / name,
                shown=f"{ASSIGNMENTS}/{language}/{name}",
                mend=f"run `autograder release {name} --language {language}`",
            )
        notebooks = [one.notebook for one in every]
        return found + find_leaks(notebooks, fresh, existing_seed(course.root))
