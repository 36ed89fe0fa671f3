"""What an author must keep to, with file and line; and the ids of cells.

Ids come from names and content, never from positions, so that insertions move none.
"""

import ast
import hashlib
import inspect
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.course.cells import SourceCell
from autograder.course.collect import Declared
from autograder.errors import CourseError, DeclarationError
from autograder.exercises import Case, Exercise, Function, Layer, Module
from autograder.exercises.arrays import leaves
from autograder.exercises.inputs import Choice, Constant, Provided

MAX_ID = 64
"""nbformat allows no longer ids."""
_ID = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


def is_row_id(text: str) -> bool:
    """Whether a row may have this id: an ASCII name, short enough for a cell id."""
    return bool(_ID.match(text)) and len(text) <= MAX_ID


def identify(cells: Sequence[SourceCell], rows: Sequence[str]) -> tuple[SourceCell, ...]:
    """Give every cell its ids, and to solution cells their row.

    Solution and provided cells are named after what they define, others after their first words.
    Where several begin alike, a digest of their content tells them apart.
    """
    taken = set(rows)
    found = [replace(cell, row=_row(cell, rows)) for cell in cells]
    names = [_name(cell) for cell in found]
    counts = Counter(names)
    result = []
    for cell, name in zip(found, names):
        if counts[name] > 1 and cell.kind != "import":  # those nbgrader knows, edited or not
            name = f"{name}_{_digest(cell.source)}"
        cell_id = name if cell.kind == "text" else _unique(name, taken)
        known = cell.kind in ("solution", "text", "provided", "import")
        result.append(replace(cell, cell_id=cell_id, grade_id=cell_id if known else ""))
    return tuple(result)


def _row(cell: SourceCell, rows: Sequence[str]) -> str:
    if cell.kind == "solution":
        return next((name for name in cell.functions if name in rows), "")
    return cell.row


def _name(cell: SourceCell) -> str:
    if cell.kind == "text":
        return cell.row
    if cell.kind == "solution":
        return f"{cell.row or cell.functions[0]}_code"
    if cell.kind == "import":
        return "imports"
    if cell.kind == "provided" and cell.functions:
        return f"provided_{cell.functions[0]}"
    return f"{cell.kind}_{_slug(cell.source)}"


def _unique(name: str, taken: set[str]) -> str:
    """The name, cut to what nbformat allows, with a number where it is taken."""
    if len(name) > MAX_ID:
        name = f"{name[: MAX_ID - 9]}_{_digest(name)}"
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name[: MAX_ID - 4]}_{number}"
    taken.add(candidate)
    return candidate


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _slug(source: str) -> str:
    """The first words of a cell as a short name: "## Batch norm" gives "batch_norm"."""
    lines = [line for line in source.split("\n") if line.strip(" #%`*\"'")]
    telling = [line for line in lines if not line.startswith("with ")]  # all guards begin alike
    line = (telling or lines or ["cell"])[0]
    plain = unicodedata.normalize("NFKD", line).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", plain)[:6]
    return "_".join(words).lower()[:40].strip("_") or "cell"


HINTS = 3


def check_rules(
    path: Path,
    cells: Sequence[SourceCell],
    declared: Sequence[Declared],
    namespace: Mapping[str, Any],
    sources: Mapping[str, str],
) -> list[str]:
    """Hold the declarations of a source against its cells.

    Returns:
        Warnings: what costs nothing but should be looked at.

    Raises:
        CourseError: For the first rule that is broken.
    """
    _check_names(path, cells, declared)
    _check_rows(path, declared)
    _check_cells(path, cells, declared, namespace)
    warnings = []
    for one in declared:
        _check_functions(path, cells, one, namespace)
        _check_signatures(f"{path}:{one.line}", one.exercise, namespace)
        _check_mistakes(path, one, sources)
        for row in one.exercise.rows:
            if not row.manual and len(row.hints) < HINTS:
                warnings.append(
                    f"{path}:{one.line}: {row.id} has {len(row.hints)} of {HINTS} hints: "
                    "the idea, where to look, almost the code"
                )
    return warnings


def _check_names(path: Path, cells: Sequence[SourceCell], declared: Sequence[Declared]) -> None:
    """An exercise whose variable is assigned again would be lost without a word."""
    exercises = {one.exercise.name for one in declared}
    seen: dict[str, int] = {}
    for cell in cells:
        if cell.kind != "instructor":
            continue
        for statement in ast.parse(cell.source).body:
            line = cell.line + statement.lineno - 1
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            for target in targets:
                if isinstance(target, ast.Name) and target.id in exercises:
                    if target.id in seen:
                        raise CourseError(
                            f"{path}:{line}: {target.id} is assigned a second time, first on line "
                            f"{seen[target.id]}; every exercise needs a variable of its own"
                        )
                    seen[target.id] = line


def _check_rows(path: Path, declared: Sequence[Declared]) -> None:
    seen: dict[str, int] = {}
    for one in declared:
        where = f"{path}:{one.line}"
        for row in one.exercise.rows:
            if not is_row_id(row.id):
                raise CourseError(
                    f"{where}: row id {row.id!r}; expected an ASCII name of at most 64 characters"
                )
            if row.id in seen:
                raise CourseError(
                    f"{where}: row {row.id!r} is declared twice, first on line {seen[row.id]}; "
                    "a function is graded once"
                )
            seen[row.id] = one.line
            every = {output for other in one.exercise.rows for output in other.outputs}
            if unknown := sorted(set(one.exercise.weights) - every):
                raise CourseError(
                    f"{where}: {one.exercise.name} weighs {unknown[0]!r}, which is no output; its "
                    f"outputs are {', '.join(sorted(every))}"
                )
            if row.part not in one.exercise.points:
                raise CourseError(
                    f"{where}: {one.exercise.name} gives no points for {row.part!r} ({row.id}); "
                    f"add points={{{row.part!r}: ...}}"
                )


def _check_cells(
    path: Path,
    cells: Sequence[SourceCell],
    declared: Sequence[Declared],
    namespace: Mapping[str, Any],
) -> None:
    rows = {row.id: row for one in declared for row in one.exercise.rows}
    homes: dict[str, int] = {}
    for cell in cells:
        where = f"{path}:{cell.line}"
        if cell.kind == "text":
            if cell.row not in rows or not rows[cell.row].manual:
                raise CourseError(
                    f"{where}: no Text({cell.row!r}, ...) is declared for this text cell; "
                    "declare it in an instructor cell"
                )
            if cell.row in homes:
                raise CourseError(f"{where}: a second text cell for {cell.row!r}")
            homes[cell.row] = cell.line
        if cell.kind != "solution":
            continue
        if not cell.functions:
            raise CourseError(
                f"{where}: a solution cell that defines nothing at its top level; it must define "
                "the function, class or variable that students write"
            )
        graded = [name for name in cell.functions if name in rows]
        if len(graded) > 1:
            raise CourseError(
                f"{where}: one solution cell defines {' and '.join(graded)}; each graded function "
                "stands in a cell of its own"
            )
        for name in cell.functions:
            if name in homes:
                raise CourseError(
                    f"{where}: {name} is defined a second time; a solution cell on line "
                    f"{homes[name]} defines it already"
                )
            homes[name] = cell.line
    imported = any(cell.kind == "import" for cell in cells)
    if any(not row.manual for row in rows.values()) and not (imported and "check" in namespace):
        raise CourseError(
            f"{path}:1: the notebook has check cells but no cell imports check; begin with "
            "'import numpy as np' and 'from autograder import check'"
        )


def _check_functions(
    path: Path, cells: Sequence[SourceCell], one: Declared, namespace: Mapping[str, Any]
) -> None:
    written = {n for cell in cells if cell.kind in ("solution", "text") for n in cell.functions}
    texts = {cell.row for cell in cells if cell.kind == "text"}
    where = f"{path}:{one.line}"
    for row in one.exercise.rows:
        if row.id not in (texts if row.manual else written):
            what = "text cell is tagged" if row.manual else "solution cell defines"
            raise CourseError(f"{where}: row {row.id!r}: no {what} {row.id}. Is it misspelt?")
    for name in one.exercise.functions:
        if name not in namespace:
            raise CourseError(f"{where}: {one.exercise.name} needs {name}, which no cell defines")

    shipped = {n: cell.line for cell in cells if cell.kind == "provided" for n in cell.functions}
    homes = {n: cell.line for cell in cells if cell.kind == "solution" for n in cell.functions}
    first = min((homes[row.id] for row in one.exercise.rows if row.id in homes), default=0)
    changes = [variant.changes for variant in one.exercise.variants.values()]
    for name in _provided([one.exercise.inputs, changes]):
        if name not in shipped:
            raise CourseError(
                f"{where}: {one.exercise.name} takes provided({name!r}), but no cell tagged "
                f"'provided' defines {name}; it must ship, or the check cannot call it"
            )
        if shipped[name] > first:
            raise CourseError(
                f"{path}:{shipped[name]}: {name} is defined below the cell in which students write "
                f"{one.exercise.rows[0].id}, whose check needs it; move it above that cell"
            )


def _provided(value: Any) -> Iterator[str]:
    """The names of provided functions in inputs, and in inputs inside containers."""
    for leaf in leaves(value):
        if isinstance(leaf, Provided):
            yield leaf.name
        elif isinstance(leaf, Constant):
            yield from _provided(leaf.value)
        elif isinstance(leaf, Choice):
            yield from _provided(leaf.values)


def _check_mistakes(path: Path, one: Declared, sources: Mapping[str, str]) -> None:
    names: set[str] = set()
    for mistake in one.exercise.mistakes:
        where = one.place(path, mistake.name)
        if mistake.name in names:
            raise CourseError(f"{where}: two mistakes of {one.exercise.name} are named alike")
        names.add(mistake.name)
        if mistake.function not in sources:
            raise CourseError(
                f"{where}: mistake {mistake.name!r} is about {mistake.function}, which no solution "
                f"cell defines; the solution cells define {', '.join(sources) or 'no function'}"
            )
        reference = sources[mistake.function]
        try:
            wrong = mistake.apply(reference)
            compile(wrong, mistake.name, "exec", dont_inherit=True)
        except DeclarationError as error:
            raise CourseError(f"{where}: {error}") from error
        except SyntaxError as error:
            raise CourseError(
                f"{where}: mistake {mistake.name!r} is not Python: {error.msg}"
            ) from error
        if wrong == reference:
            raise CourseError(f"{where}: mistake {mistake.name!r} changes nothing")


def _check_signatures(where: str, exercise: Exercise, namespace: Mapping[str, Any]) -> None:
    declared = list(exercise.inputs)
    if isinstance(exercise, Layer):
        _names(where, exercise.forward, namespace[exercise.forward], declared)
        _count(where, exercise.backward, namespace[exercise.backward], len(exercise.outputs) + 1)
    elif isinstance(exercise, Function):
        if declared:
            _names(where, exercise.function, namespace[exercise.function], declared)
        else:  # a kind that makes its arguments itself
            call = exercise.script(Case("", 0, {})).calls[0]
            _count(where, exercise.function, namespace[exercise.function], len(call.args))
    elif isinstance(exercise, Module):
        cls = namespace[exercise.cls]
        if not inspect.isclass(cls):
            raise CourseError(f"{where}: {exercise.cls} is a {type(cls).__name__}, not a class")
        _count(where, exercise.cls, cls, len(exercise.init))
        for _, method, *names in exercise.steps:
            if method[0] not in ".[":
                function = getattr(cls, method, None)
                if not callable(function):
                    raise CourseError(f"{where}: {exercise.cls} has no method {method!r}")
                _count(where, f"{exercise.cls}.{method}", function, len(names) + 1)


def _positional(function: Any) -> tuple[list[str], int]:
    """The names of the positional parameters, and how many of them have no default."""
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = [p for p in inspect.signature(function).parameters.values() if p.kind in plain]
    return [p.name for p in found], sum(p.default is p.empty for p in found)


def _names(where: str, name: str, function: Any, declared: Sequence[str]) -> None:
    names, required = _positional(function)
    if names[: len(declared)] != list(declared) or len(declared) < required:
        raise CourseError(
            f"{where}: {name} takes ({', '.join(names)}); the inputs declared are "
            f"({', '.join(declared)}). They must have the same names in the same order"
        )


def _count(where: str, name: str, function: Any, given: int) -> None:
    names, required = _positional(function)
    if not required <= given <= len(names):
        raise CourseError(
            f"{where}: {name} takes ({', '.join(names)}); it is called with {given} arguments"
        )
