"""The course folder: find it, and load its notebooks."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from autograder.course.collect import BANK
from autograder.course.notebook import Notebook, load_notebook
from autograder.errors import CourseError

SOLUTIONS = "solutions"
ASSIGNMENTS = "assignments"
SOURCE = "build/source"
LOCALE = "locale"
CONFIG = "nbgrader_config.py"


@dataclass(frozen=True, eq=False)
class Course:
    """A course: a folder with `solutions/` and `nbgrader_config.py`. Notebooks load when asked."""

    root: Path
    sources: dict[str, Path]  # assignment -> the solved source of its one notebook, in order
    _loaded: dict[str, Notebook] = field(default_factory=dict, repr=False)

    @cached_property
    def notebooks(self) -> tuple[Notebook, ...]:
        """Every notebook, in the order of the assignments."""
        return tuple(self.assignment(name) for name in self.sources)

    def assignment(self, name: str) -> Notebook:
        """The notebook of an assignment.

        Raises:
            CourseError: When there is none of this name, or its source is wrong.
        """
        if name not in self.sources:
            known = ", ".join(self.sources)
            raise CourseError(f"no assignment {name!r}; this course has {known}")
        if name not in self._loaded:
            self._loaded[name] = load_notebook(self.sources[name])
        return self._loaded[name]

    def chosen(self, words: Iterable[str]) -> tuple[str, ...]:
        """The assignments that words name, in the order of the course; all for no words.

        Args:
            words: Each an assignment (`02_layers`), its notebook's name (`layers`), or the path of
                its folder, of its source or of the notebook that is released from it.

        Raises:
            CourseError: A word names none of them.
        """
        names = {self._named(word) for word in words} or set(self.sources)
        return tuple(name for name in self.sources if name in names)

    def _named(self, word: str) -> str:
        stems = {path.stem: name for name, path in self.sources.items()}
        path = Path(word)
        for part in (word, path.name, path.stem, path.parent.name):
            for name in (part, stems.get(part)):
                if name in self.sources:
                    return name
        near = difflib.get_close_matches(path.stem, [*self.sources, *stems], 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise CourseError(
            f"no notebook {word!r} in this course.{hint} It has {', '.join(self.sources)}"
        )


def find_course_root(start: Path | None = None) -> Path:
    """The nearest folder, from `start` (the working directory) upwards, that holds a course.

    Raises:
        CourseError: When there is none.
    """
    begin = Path(start or Path.cwd()).resolve()
    for folder in (begin, *begin.parents):
        if (folder / SOLUTIONS).is_dir() and (folder / CONFIG).is_file():
            return folder
    raise CourseError(
        f"no course at {begin} or above it: expected a folder with {SOLUTIONS}/ and {CONFIG}. "
        "Change into the course's folder and try again."
    )


def load_course(root: Path) -> Course:
    """Look through `solutions/`; every folder in it is an assignment with one notebook.

    Raises:
        CourseError: When a folder has no source, or more than one.
    """
    root = Path(root).resolve()
    folder = root / SOLUTIONS
    if not folder.is_dir():
        raise CourseError(f"{root} has no folder {SOLUTIONS}/; is it the root of a course?")
    sources = {}
    for assignment in sorted(folder.iterdir()):
        hidden = assignment.name.startswith((".", "_"))
        if assignment.is_dir() and not hidden and any(assignment.iterdir()):
            sources[assignment.name] = _only_source(assignment)
    if not sources:
        raise CourseError(f"{folder} has no assignments; add a folder such as 02_layers/layers.py")
    return Course(root, sources)


def source_of(root: Path, assignment: str) -> Path:
    """The solved source of one assignment.

    Raises:
        CourseError: There is no such assignment, or not one source in it.
    """
    folder = root / SOLUTIONS / assignment
    if not folder.is_dir():
        load_course(root).assignment(assignment)  # which says what there is
    return _only_source(folder)


def _only_source(assignment: Path) -> Path:
    found = sorted(p for p in assignment.glob("*.py") if not p.name.endswith(BANK))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise CourseError(f"{assignment} must hold one solved notebook, a file *.py; found {names}")
    return found[0]
