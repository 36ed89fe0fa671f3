"""A notebook in another language: the same cells, ids, points and code, in other words.

Its catalogue is `locale/<language>/<assignment>.po` in the course's folder. What is missing or
fuzzy there stays English, and is counted.
"""

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from autograder.course import prose
from autograder.course.cells import SourceCell, clear_code, clear_text
from autograder.course.folder import LOCALE
from autograder.course.notebook import Notebook
from autograder.errors import CourseError
from autograder.language import ENGLISH, package_words, read_words, speaking, spoken

SAID = frozenset({"hint", "mistake", "case", "text"})
"""Kinds of pieces that a check or a picture shows: they ship in the public data."""


@dataclass(frozen=True)
class Piece:
    """A piece of a notebook's prose."""

    text: str
    kind: str  # "markdown", "docstring or comment", "text", "hint", "mistake" or "case"
    where: str  # the cell, or the row and the mistake, for whoever translates it


def pieces(notebook: Notebook) -> list[Piece]:
    """Everything to translate in a notebook, in the order in which one meets it."""
    found: list[Piece] = []

    def take(kind: str, where: str) -> prose.Change:
        def keep(text: str) -> str:
            found.append(Piece(text, kind, where))
            return text

        return keep

    others = [c.source for c in notebook.cells if c.kind in ("solution", "provided")]
    program = {name for source in others for name in prose.names(source)}
    for cell in notebook.cells:
        if cell.released is not None:
            _walked(cell, partial(take, where=cell.cell_id))
        if cell.kind == "experiment":
            shown = dict.fromkeys(prose.labels(cell.source))
            found += [Piece(text, "text", cell.cell_id) for text in shown if text not in program]
    for exercise in notebook.exercises:
        for row in exercise.rows:
            found += [Piece(text, "hint", row.id) for text in row.hints]
        found += [
            Piece(mistake.says, "mistake", f"{mistake.function}: {mistake.name}")
            for mistake in exercise.mistakes
            if mistake.says
        ]
        for names in ("variants", "wrong", "right"):
            found += [Piece(name, "case", exercise.name) for name in getattr(exercise, names, ())]
        named = [n for n in getattr(exercise, "expressions", ()) if not n.isidentifier()]
        found += [Piece(name, "case", exercise.name) for name in named]
    return found


@dataclass(frozen=True)
class Translated:
    """A notebook in another language."""

    notebook: Notebook
    language: str
    words: dict[str, str]  # what a check shows: English -> that language
    english: tuple[Piece, ...]  # pieces that stay English, because nothing (valid) stands for them

    @property
    def warnings(self) -> list[str]:
        """What its author should know."""
        if not self.english:
            return []
        name, count = self.notebook.assignment, len(self.english)
        return [
            f"{name}: {count} texts stay English, such as {self.english[0].text[:60]!r}. To see "
            f"all: autograder translate {name} --language {self.language}"
        ]


def translated(notebook: Notebook, language: str) -> Translated:
    """The notebook in another language.

    Raises:
        CourseError: When there is no catalogue, or it changes more than words.
    """
    path = catalogue(notebook.path.parent.parent.parent, language, notebook.assignment)
    if not path.is_file():
        raise CourseError(
            f"there is no {path}; to make it: autograder translate {notebook.assignment} "
            f"--language {language}"
        )
    texts = {**package_words(language).texts, **read_words(path, language).texts}

    def change(kind: str) -> prose.Change:
        return lambda text: texts.get(text, text)

    cells = []
    for cell in notebook.cells:
        if cell.released is not None:
            source = _walked(cell, change)
            _same_program(cell, source, path)
            clear = clear_text if cell.markdown else clear_code
            released = clear(source) if cell.kind in ("solution", "text") else source
            cell = replace(cell, source=source, released=released)
        cells.append(cell)
    all_pieces = pieces(notebook)
    said = [p.text for p in all_pieces if p.kind in SAID]
    words = {text: texts[text] for text in said if texts.get(text, text) != text}
    english = tuple(piece for piece in all_pieces if piece.text not in texts)
    title = texts.get(notebook.title, notebook.title)
    other = replace(notebook, cells=tuple(cells), title=title)
    return Translated(other, language, words, english)


def released_texts(notebook: Notebook) -> list[frozenset[str]]:
    """What each released cell says, in every language of the course that can be made."""
    found = [{cell.released or ""} for cell in notebook.released_cells]
    root = notebook.path.parent.parent.parent
    for language in course_languages(root):
        if catalogue(root, language, notebook.assignment).is_file():
            with suppress(CourseError, ValueError):  # `autograder validate` names what is wrong
                cells = translated(notebook, language).notebook.released_cells
                for texts, cell in zip(found, cells, strict=True):
                    texts.add(cell.released or "")
    return [frozenset(texts) for texts in found]


def catalogue(root: Path, language: str, assignment: str) -> Path:
    """Where the catalogue of an assignment lies."""
    return root / LOCALE / language / f"{assignment}.po"


@contextmanager
def course_speaks(root: Path) -> Iterator[None]:
    """Inside this, what the notebooks say (their mistakes, hints, cases) has its words, too."""
    language, words = spoken(), dict[str, str]()
    for path in sorted((root / LOCALE / language).glob("*.po")):
        words |= read_words(path, language).texts
    with speaking(language, words | dict(package_words(language).texts)):
        yield


def course_languages(root: Path) -> Iterator[str]:
    """The languages for which the course has catalogues, besides English."""
    folder = root / LOCALE
    if folder.is_dir():
        yield from sorted(x.name for x in folder.iterdir() if x.is_dir() and x.name != ENGLISH)


def _walked(cell: SourceCell, change: Callable[[str], prose.Change]) -> str:
    """A cell's source, every piece changed."""
    if cell.markdown:
        return prose.markdown(cell.source, change("markdown"))
    shown = change("text") if cell.kind == "experiment" else None
    return prose.code(cell.source, change("docstring or comment"), shown)


def _same_program(cell: SourceCell, source: str, path: Path) -> None:
    """Hold that only words changed.

    Raises:
        CourseError: When the code is another one, or none at all.
    """
    if cell.markdown:
        return
    try:
        same = same_program(source, cell.source)
    except SyntaxError as error:
        raise CourseError(
            f"{path}: with its texts the cell {cell.cell_id} is no longer Python ({error.msg}: "
            f"{(error.text or '').strip()}). Mend the quotes or the {{…}} of that text."
        ) from error
    if not same:
        raise CourseError(
            f"{path}: the texts of the cell {cell.cell_id} change its code. Leave every {{…}} as "
            "it is."
        )


def same_program(one: str, other: str) -> bool:
    """Whether two cells differ in their words only: texts, comments, docstrings.

    Raises:
        SyntaxError: One of them is not Python.
    """
    return _without_words(one) == _without_words(other)


def _without_words(source: str) -> str:
    """The code with every text left out; the fields of f-strings count."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            fields = [part for part in node.values if isinstance(part, ast.FormattedValue)]
            node.values = sorted(fields, key=ast.dump)  # word order differs
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)
