"""Execute cells of a source so that tracebacks and `inspect.getsource` show them."""

import ast
import builtins
import importlib
import io
import linecache
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from types import CodeType, ModuleType
from typing import Any

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
