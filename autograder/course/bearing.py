"""What bears on the verdict of a row: so much of a notebook, and not the rest of it.

A statement of a cell bears on an exercise when the exercise can reach it: its declaration and its
functions, what these mention, what that mentions, and so on. What every answer meets bears on all:
imports, provided cells (a student may call them from anywhere), statements that do something other
than give a name a meaning, and the data beside the source. Prose, experiments, model answers,
comments, docstrings and hints bear on nothing. Known mistakes bear on rows that are not right.
"""

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from autograder.course.cells import EXECUTED
from autograder.course.collect import BANK
from autograder.course.notebook import Notebook
from autograder.exercises import Exercise, Mistake

_PROSE = frozenset({".md", ".txt", ".rst"})
_WITH_DOCSTRINGS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_NAMING = (*_DEFINITIONS, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Import, ast.ImportFrom)
_OF_PEOPLE = ("hints", "mistakes")
"""Options of a declaration that judge nothing; mistakes are looked at by themselves."""


@dataclass(frozen=True)
class Bearing:
    """What bears on the rows of an exercise."""

    rows: tuple[str, ...]
    judged: str  # a digest of what a verdict depends on
    named: str  # a digest of that and of what else is said about an answer that is not right
    # the rows of the exercises that it reaches: a wrong row may be so because of them
    asked: tuple[str, ...]


def bearings(notebook: Notebook) -> list[Bearing]:
    """What bears on every exercise, in order."""
    parts = _parts(notebook)
    common = _digest([*_data_beside(notebook), *(p.text for p in parts.common)])
    found = []
    for exercise in notebook.exercises:
        reached = parts.reached({exercise.name, *_starts(exercise)})
        names = {name for part in reached for name in part.binds}
        judged = _digest([common, *(part.text for part in reached)])
        mistakes = (repr(mistake) for mistake in relevant_mistakes(notebook, exercise))
        asked = (e for e in notebook.exercises if e is exercise or not names.isdisjoint(_starts(e)))
        found.append(
            Bearing(
                tuple(row.id for row in exercise.rows),
                judged,
                _digest([judged, *mistakes]),
                tuple(row.id for one in asked for row in one.rows),
            )
        )
    return found


def relevant_mistakes(notebook: Notebook, exercise: Exercise) -> list[Mistake]:
    """The mistakes that may show in an exercise: its own, and those of functions that it calls."""
    reached = _parts(notebook).reached(exercise.functions)
    called = {name for part in reached if part.kind != "instructor" for name in part.binds}
    others = (e for e in notebook.exercises if e is not exercise)
    return [*exercise.mistakes, *(m for e in others for m in e.mistakes if m.function in called)]


@dataclass(frozen=True)
class _Part:
    """A statement: its code without words, the names that it gives a meaning, those it mentions."""

    text: str
    binds: frozenset[str]
    mentions: frozenset[str]
    kind: str


class _Parts:
    """The statements of a notebook's executed cells, and who reaches whom."""

    def __init__(self, notebook: Notebook) -> None:
        self._all = [
            _part(statement, cell.kind)
            for cell in notebook.cells
            if cell.kind in EXECUTED
            for statement in _statements(cell.source)
        ]
        self._binding: dict[str, list[int]] = {}
        for number, part in enumerate(self._all):
            for name in part.binds:
                self._binding.setdefault(name, []).append(number)

    @cached_property
    def common(self) -> list[_Part]:
        """What every answer meets."""
        return [p for p in self._all if p.kind in ("import", "provided") or not p.binds]

    def reached(self, start: Iterable[str]) -> list[_Part]:
        """What can be reached from some names, in order."""
        numbers = {number for name in start for number in self._binding.get(name, ())}
        waiting = list(numbers)
        while waiting:
            part = self._all[waiting.pop()]
            for number in {n for name in part.mentions for n in self._binding.get(name, ())}:
                # Nothing that answers run with knows what an instructor's cell defines.
                seen = part.kind == "instructor" or self._all[number].kind != "instructor"
                if seen and number not in numbers:
                    numbers.add(number)
                    waiting.append(number)
        return [self._all[number] for number in sorted(numbers)]


@lru_cache(maxsize=32)
def _parts(notebook: Notebook) -> _Parts:
    return _Parts(notebook)


def _starts(exercise: Exercise) -> set[str]:
    return {*exercise.functions, *(row.id.partition(".")[0] for row in exercise.rows)}


def _statements(python: str) -> Iterator[ast.stmt]:
    """The statements of a cell, without what is said to people; imports one by one."""
    tree = ast.parse(python)
    for node in ast.walk(tree):
        if isinstance(node, _WITH_DOCSTRINGS) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        elif isinstance(node, ast.Call):
            node.keywords = [k for k in node.keywords if k.arg not in _OF_PEOPLE]
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            yield from (ast.Import([alias]) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                yield ast.ImportFrom(statement.module, [alias], statement.level)
        elif not isinstance(statement, ast.Pass):
            yield statement


def _part(statement: ast.stmt, kind: str) -> _Part:
    nodes = list(ast.walk(statement))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    # A text may be a name, too: a row's id, a function that is called by name.
    texts = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    binds: Collection[str] = ()
    if isinstance(statement, _DEFINITIONS):
        binds = {statement.name}
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        binds = {a.asname or a.name.partition(".")[0] for a in statement.names}
    elif isinstance(statement, _NAMING):
        binds = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    text = ast.unparse(ast.fix_missing_locations(statement))
    return _Part(text, frozenset(binds), frozenset(texts | {n.id for n in names}), kind)


def _data_beside(notebook: Notebook) -> Iterator[str]:
    """The files beside the source that are neither prose nor its bank of mistakes."""
    folder, own = notebook.path.parent, {notebook.path.name, notebook.path.stem + BANK}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in own):
        if "__pycache__" not in path.parts and path.suffix not in _PROSE:
            yield f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{len(p)}:{p}" for p in parts).encode()).hexdigest()
