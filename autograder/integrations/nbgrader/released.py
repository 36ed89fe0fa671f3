"""The notebook as students got it, with all that nbgrader wants to know about its cells."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograder.course import Course, Notebook, SourceCell
from autograder.course.folder import LOCALE
from autograder.exercises.arrays import mapped
from autograder.grading.papers import kept_beside
from autograder.grading.submission import normalised
from autograder.language import LOCALE as PACKAGE


@dataclass(frozen=True)
class ReleasedCell:
    """A cell of the released notebook."""

    node: dict[str, Any]  # its JSON, without outputs
    origin: SourceCell  # the instructor's cell
    # what students got there, in any language of the course, as `normalised` gives it
    texts: frozenset[str]

    @cached_property
    def grade_id(self) -> str:
        """The id that nbgrader knows it by; empty for a cell that it does not know."""
        return str(self.metadata.get("grade_id", ""))

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """What nbgrader says about it."""
        found: dict[str, Any] = self.node["metadata"].get("nbgrader", {})
        return found

    @cached_property
    def graded(self) -> bool:
        """Whether it is worth points."""
        return bool(self.metadata.get("grade"))

    @cached_property
    def written(self) -> bool:
        """Whether students fill it in."""
        return bool(self.metadata.get("solution"))


@dataclass(frozen=True)
class ReleasedNotebook:
    """A notebook as students got it."""

    assignment: str
    name: str
    metadata: dict[str, Any]
    cells: tuple[ReleasedCell, ...]


def known_release(course: Course, assignment: str) -> ReleasedNotebook:
    """The released notebook of an assignment, kept on disk as long as nothing in it changes."""
    kept = kept_beside(course.root, assignment)
    words = sorted([*course.root.glob(f"{LOCALE}/*/{assignment}.po"), *PACKAGE.glob("*.po")])
    state = hashlib.sha256(b"\0".join(path.read_bytes() for path in (Path(__file__), *words)))

    def make() -> list[Any]:
        made = released_notebook(course.assignment(assignment))
        cells = [[c.node, tuple(vars(c.origin).values()), sorted(c.texts)] for c in made.cells]
        return [made.name, made.metadata, cells]

    name, metadata, cells = kept(f"released.{version('nbgrader')}.{state.hexdigest()[:32]}", make)
    found = (ReleasedCell(node, SourceCell(*of), frozenset(texts)) for node, of, texts in cells)
    return ReleasedNotebook(assignment, name, metadata, tuple(found))


def released_notebook(notebook: Notebook) -> ReleasedNotebook:
    """Make the released notebook from its source."""
    from autograder.course.build import released_notebook as released
    from autograder.course.translated import released_texts

    node = released(notebook)
    cells = tuple(
        ReleasedCell(_plain(cell), origin, frozenset(map(normalised, texts)))
        for cell, origin, texts in zip(
            node.cells, notebook.released_cells, released_texts(notebook), strict=True
        )
    )
    return ReleasedNotebook(notebook.assignment, notebook.name, _plain(node.metadata), cells)


def _plain(value: Any) -> Any:
    """The same with ordinary dicts and lists."""
    return mapped(lambda leaf: leaf, value)
