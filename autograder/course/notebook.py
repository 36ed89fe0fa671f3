"""A notebook of the course, loaded from its solved source.

Every released notebook has some cells beside its own: get the kit, how far am I, am I ready. They
are generated as check cells are, tagged `experiment`: nothing that grades ever runs them.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import io
import linecache
import re
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from autograder.course.cells import (
    EXECUTED,
    RawCell,
    SourceCell,
    bare,
    classify,
    read_percent,
    with_checks,
)
from autograder.course.collect import Declared, collect, with_bank
from autograder.course.rules import check_rules, identify
from autograder.errors import AutograderError, CourseError
from autograder.exercises import Answer, Exercise, Mistake, Row
from autograder.exercises.interpreter import LocalRunner, undisturbed_randomness

EAGER = frozenset({"numpy"}) | sys.stdlib_module_names
EXERCISES = "autograder.exercises"
"""These are imported at once. Others (plots, data sets, the checker) wait until they are used."""


class Later:
    """Stands for a module, or a name in one, and imports it when it is first used.

    A course load must be fast, and needs neither plots nor data sets: those are for experiments.
    """

    def __init__(self, module: str, name: str = "") -> None:
        self._module = module
        self._name = name

    def _resolve(self) -> Any:
        module = importlib.import_module(self._module)
        return getattr(module, self._name) if self._name else module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._resolve(), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._resolve()(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<{self._module}{'.' + self._name if self._name else ''}, not loaded yet>"


def pseudo_file(label: str, text: str) -> str:
    """Register `text` under a file name without a path, and return that name.

    The interpreter takes code whose file has no path for a notebook's own.
    """
    lines = text.splitlines(keepends=True)
    name, number = f"<{label}>", 1
    while name in linecache.cache and linecache.getlines(name) != lines:
        number += 1
        name = f"<{label} {number}>"
    linecache.cache[name] = (len(text), None, lines, name)
    return name


def module_namespace(name: str, filename: str) -> dict[str, Any]:
    """The namespace of a new module that is known to `sys.modules`, as `inspect` needs it."""
    module = ModuleType(name)
    module.__file__ = filename
    sys.modules[name] = module
    return module.__dict__


def compile_cell(python: str, filename: str, line: int) -> CodeType:
    """Compile a cell that begins on `line` of `filename`; foreign imports become `Later`.

    Raises:
        SyntaxError: With the line of the file.
    """
    tree = ast.parse(python, filename)
    tree.body = [made for statement in tree.body for made in _late_imports(statement)]
    ast.fix_missing_locations(tree)
    ast.increment_lineno(tree, line - 1)
    return compile(tree, filename, "exec", dont_inherit=True)


def run_cell(code: CodeType, namespace: dict[str, Any]) -> None:
    """Execute a compiled cell; what it prints is dropped."""
    namespace.setdefault("__builtins__", builtins)
    namespace["_later"] = Later
    with redirect_stdout(io.StringIO()):
        exec(code, namespace)


def run_all(codes: Sequence[CodeType], base: Mapping[str, Any]) -> dict[str, Any]:
    """Execute cells in a fresh namespace that begins with the entries of `base`."""
    namespace = dict(base)
    for code in codes:
        run_cell(code, namespace)
    return namespace


def _late_imports(statement: ast.stmt) -> list[ast.stmt]:
    """The statement; foreign imports in it are put off."""
    made: list[ast.stmt]
    match statement:
        case ast.Import(names):
            made = [_import(alias) for alias in names]
        case ast.ImportFrom(str(module), names, 0) if not _eager(module) and names[0].name != "*":
            made = [_assign(alias.asname or alias.name, module, alias.name) for alias in names]
        case _:
            return [statement]
    return [ast.copy_location(one, statement) for one in made]


def _import(alias: ast.alias) -> ast.stmt:
    if _eager(alias.name):
        return ast.Import([alias])
    module = alias.name if alias.asname else alias.name.partition(".")[0]
    return _assign(alias.asname or module, module, "")


def _eager(module: str) -> bool:
    return module.partition(".")[0] in EAGER or f"{module}.".startswith(f"{EXERCISES}.")


def _assign(target: str, module: str, name: str) -> ast.stmt:
    call = ast.Call(ast.Name("_later", ast.Load()), [ast.Constant(module), ast.Constant(name)], [])
    return ast.Assign([ast.Name(target, ast.Store())], call)


if TYPE_CHECKING:  # a light command loads no more than it needs
    from autograder.explain import Keep

_HEADING = re.compile(r"^#\s+(.+)$", re.MULTILINE)
_NAMES = ("__name__", "__file__", "__doc__")


@dataclass(frozen=True, eq=False)
class Notebook:
    """One solved notebook: cells, exercises, and runners for the reference and its mistakes."""

    path: Path
    assignment: str  # the folder's name, such as "02_layers"
    name: str  # the file's name without suffix, such as "layers"
    title: str
    cells: tuple[SourceCell, ...]
    # in order, named after the variables to which they are assigned
    exercises: tuple[Exercise, ...]
    namespace: Mapping[str, Any]  # what the import, provided, solution and instructor cells defined
    # function or class of a solution cell -> its code, without docstrings and markers; the text
    # that `edit()` speaks of
    sources: Mapping[str, str]
    warnings: tuple[str, ...]  # what an author should look at, but need not
    _codes: Mapping[int, CodeType] = field(repr=False)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All lines of the rubric, in order."""
        return tuple(row for exercise in self.exercises for row in exercise.rows)

    @property
    def points(self) -> float:
        """The points that the notebook is worth."""
        return sum(row.points for row in self.rows)

    @cached_property
    def released_cells(self) -> tuple[SourceCell, ...]:
        """The cells that students get, in order, with those that are generated."""
        answers = {e.variable for e in self.exercises if isinstance(e, Answer)}
        return surrounded(with_checks(self.cells, self.rows, answers), self.name)

    def exercise(self, row: str) -> Exercise:
        """The exercise that has this row.

        Raises:
            CourseError: When none has.
        """
        for exercise in self.exercises:
            if any(r.id == row for r in exercise.rows):
                return exercise
        known = ", ".join(r.id for r in self.rows)
        raise CourseError(f"{self.path.name} has no row {row!r}; its rows are {known}")

    def reference(self) -> LocalRunner:
        """A runner in a fresh namespace of the solved cells (no instructor cells)."""
        return LocalRunner(self._fresh({}))

    def mistaken(self, mistake: Mistake) -> LocalRunner:
        """A runner in a fresh namespace in which `mistake` was made.

        The other functions are the reference's, and meet the mistaken one when they call it.
        """
        return self.composed([mistake])

    def composed(self, mistakes: Iterable[Mistake]) -> LocalRunner:
        """A runner in a fresh namespace in which several mistakes were made at once.

        Raises:
            CourseError: When no solution cell defines a mistake's function.
        """
        texts = {cell.line: cell.source for cell in self.cells if cell.kind == "solution"}
        changed: dict[int, CodeType] = {}
        for mistake in mistakes:
            wrong = mistake.apply(self.sources[mistake.function])
            line = self._line_of(mistake.function)
            texts[line] = _replaced(texts[line], mistake.function, wrong)
            changed[line] = compile_cell(texts[line], f"<mistake {mistake.name}>", 1)
        return LocalRunner(self._fresh(changed))

    def _line_of(self, function: str) -> int:
        for cell in self.cells:
            if cell.kind == "solution" and function in cell.functions:
                return cell.line
        raise CourseError(f"{self.path}: no solution cell defines {function}")

    def _fresh(self, changed: Mapping[int, CodeType]) -> dict[str, Any]:
        codes = [
            changed.get(cell.line, self._codes[cell.line])
            for cell in self.cells
            if cell.kind in EXECUTED and cell.kind != "instructor"
        ]
        names = {key: self.namespace[key] for key in _NAMES}
        with undisturbed_randomness():
            return run_all(codes, names)


def load_notebook(path: Path, keep: Keep = lambda name, make: make()) -> Notebook:
    """Read, execute and validate a solved source; experiments are not executed.

    Args:
        keep: Keeps how the source splits into cells, for as long as it stays as it is.

    Raises:
        CourseError: With file, line and what to mend.
    """
    path = Path(path).resolve()
    raw = keep("cells", lambda: [tuple(vars(cell).values()) for cell in read_percent(path)])
    cells = [classify(RawCell(*cell), path) for cell in raw]
    assignment = path.parent.name
    text = path.read_text(encoding="utf-8")
    filename = pseudo_file(f"{assignment} {path.name}", text)
    module = re.sub(r"\W", "_", f"solution_{assignment}_{path.stem}")
    namespace = module_namespace(module, filename)
    codes: dict[int, CodeType] = {}
    declared: list[Declared] = []
    with undisturbed_randomness():
        for cell in cells:
            if cell.kind not in EXECUTED:
                continue
            codes[cell.line] = compile_cell(cell.source, filename, cell.line)
            before = dict(namespace)
            _run(codes[cell.line], namespace, path, filename)
            if cell.kind == "instructor":
                declared += collect(cell, before, namespace)
        declared = with_bank(path, declared)
    sources = _sources(cells)
    warnings = check_rules(path, cells, declared, namespace, sources)
    exercises = tuple(one.exercise for one in declared)
    rows = [row.id for exercise in exercises for row in exercise.rows]
    return Notebook(
        path=path,
        assignment=assignment,
        name=path.stem,
        title=_title(cells, path),
        cells=identify(cells, rows),
        exercises=exercises,
        namespace=namespace,
        sources=sources,
        warnings=tuple(warnings),
        _codes=codes,
    )


def _run(code: CodeType, namespace: dict[str, Any], path: Path, filename: str) -> None:
    try:
        run_cell(code, namespace)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f.lineno for f in reversed(frames) if f.filename == filename), 1)
        kind = "" if isinstance(error, AutograderError) else f"{type(error).__name__}: "
        raise CourseError(f"{path}:{line}: {kind}{error}") from error


def _sources(cells: list[SourceCell]) -> dict[str, str]:
    """The bare code of every function and class that a solution cell defines."""
    found: dict[str, str] = {}
    for cell in cells:
        if cell.kind == "solution":
            for name, (first, last) in _spans(cell.source).items():
                found[name] = bare("\n".join(cell.source.split("\n")[first:last]))
    return found


def _spans(python: str) -> dict[str, tuple[int, int]]:
    """Function or class -> its lines in the cell, decorators included."""
    spans: dict[str, tuple[int, int]] = {}
    for node in ast.parse(python).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
            spans[node.name] = (first, node.end_lineno or node.lineno)
    return spans


def _replaced(python: str, function: str, wrong: str) -> str:
    lines = python.split("\n")
    first, last = _spans(python)[function]
    return "\n".join([*lines[:first], *wrong.split("\n"), *lines[last:]])


def _title(cells: list[SourceCell], path: Path) -> str:
    for cell in cells:
        match = _HEADING.search(cell.source) if cell.kind == "markdown" else None
        if match:
            return match.group(1).strip()
    return path.stem.replace("_", " ").capitalize()


INSTALL_ID = "kit_install"
INSTALL = """\
# Does nothing where the kit is installed. On Colab it takes it from the handout's zip.
def get_the_kit():
    import importlib.util, os, subprocess, sys, zipfile
    from pathlib import Path

    def wheels():
        return [*Path().rglob("backprop_by_hand-*.whl"), *Path("..").glob("backprop_by_hand-*.whl")]

    if importlib.util.find_spec("autograder") is not None:
        return
    if "google.colab" in sys.modules and not [*wheels(), *Path().glob("*.zip")]:
        from google.colab import files
        files.upload()  # choose the handout's zip
    for archive in Path().glob("*.zip"):
        if not wheels():  # once: it would put back what you have written since
            zipfile.ZipFile(archive).extractall()
    if not wheels():
        raise SystemExit("No kit: put the handout's zip into this folder and run this cell again.")
    kit = Path.home() / ".backprop_by_hand"
    zipfile.ZipFile(wheels()[0]).extractall(kit)
    sys.path.append(str(kit))
    try:
        import attrs, matplotlib, numpy  # JupyterLite loads what a cell imports
    except ImportError:
        pip = [sys.executable, "-m", "pip", "install", "-q", "attrs", "babel", "matplotlib"]
        subprocess.run(pip, check=True)
    if not Path("{name}.check.json").exists():
        os.chdir(next(Path().rglob("{name}.check.json")).parent)

get_the_kit()
del get_the_kit  # so that your cells see no name that the grader does not have
"""


def surrounded(cells: Sequence[SourceCell], name: str) -> tuple[SourceCell, ...]:
    """The released cells with those in their places: before and after the imports, and at the end.

    Args:
        cells: What students get of the notebook itself.
        name: The notebook's name. Where nothing is checked nothing is added.
    """
    imports = next((i for i, cell in enumerate(cells) if cell.kind == "import"), None)
    if imports is None or not any(cell.kind == "check" for cell in cells):
        return tuple(cells)
    return (
        *cells[:imports],
        _cell(INSTALL_ID, INSTALL.rstrip().replace("{name}", name)),
        cells[imports],
        _cell("kit_progress", "from autograder import progress\n\nprogress()"),
        *cells[imports + 1 :],
        _cell("kit_hand_in", "from autograder import hand_in\n\nhand_in()"),
    )


def _cell(cell_id: str, source: str) -> SourceCell:
    return SourceCell("experiment", source, source, 0, cell_id=cell_id)
