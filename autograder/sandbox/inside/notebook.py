"""The `__main__` module in which cells run, and what is put right between scripts."""

from __future__ import annotations

import ast
import builtins
import contextlib
import gc
import inspect
import linecache
import re
import sys
from ctypes import string_at
from types import ModuleType
from typing import Any

from autograder.exercises.interpreter import describe
from autograder.exercises.script import Failure
from autograder.sandbox.inside.standins import SHELL, StandIn, get_ipython, nothing

try:
    # boot.py provides these two modules without the rest of IPython.
    from IPython.core.inputtransformer2 import TransformerManager
except ImportError:  # no IPython here, or one that has moved it: magics are then syntax errors
    _transform: Any = None
else:
    _transform = TransformerManager().transform_cell

_SPECIAL = re.compile(r"[%!?]|\A\s|^[,;/]|^>>> |^In \[", re.MULTILINE)
_LITERAL = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_TIME = re.compile(rf"get_ipython\(\)\.run_line_magic\('time', ({_LITERAL})\)")


def plain_python(source: str) -> str:
    """The Python text of a cell.

    Args:
        source: Ordinary Python passes unchanged; magics and shell lines become calls of
            `get_ipython()`. `%time statement` becomes the statement.

    Example:
        >>> print(plain_python("%matplotlib inline"))
        get_ipython().run_line_magic('matplotlib', 'inline')
        >>> print(plain_python("%time x = f()"))
        x = f()
    """
    if _transform is None or not _SPECIAL.search(source):
        return source
    try:
        return _TIME.sub(_timed, _transform(source))
    except MemoryError:
        raise
    except Exception:  # it trusts its text, and fails in many ways on what is no Python
        return source  # Python itself will say what is wrong


def _timed(match: re.Match[str]) -> str:
    return str(ast.literal_eval(match[1]))


_FUTURE = 0
for _name in __import__("__future__").all_feature_names:
    _FUTURE |= getattr(__import__("__future__"), _name).compiler_flag


LEAST_RECURSION = 1000  # our own code needs some depth


class Notebook:
    """Runs cells in order in one namespace."""

    def __init__(self) -> None:
        self.module = ModuleType("__main__")
        self.namespace = self.module.__dict__
        self.namespace["__builtins__"] = builtins
        self.namespace.update(get_ipython=get_ipython, display=nothing)
        sys.modules["__main__"] = self.module
        builtins.input = lambda prompt="": ""  # nobody is there to answer
        self._flags = 0  # `from __future__` imports hold for the cells that follow
        self._name = ""
        SHELL.run_body = lambda body: self._execute(body, f"{self._name} body")

    def run(self, source: str, name: str) -> Failure | None:
        """Run one cell; what it defined before it raised stays."""
        self._name = name
        before = dict.copy(self.namespace)
        raised: BaseException | None = None
        try:
            self._execute(source, name)
        except BaseException as error:  # whatever a student's cell raises is its outcome
            raised = error
        sys_settrace(None)
        sys_setprofile(None)
        sys_setrecursionlimit(max(sys_getrecursionlimit(), LEAST_RECURSION))
        self._keep_real(before)
        return None if raised is None else describe(raised)

    def _keep_real(self, before: dict[str, Any]) -> None:
        """Names that a cell bound to a stand-in keep the real value that they had.

        An experiment that plots or trains may reuse a name, and its value is not provided here.
        """
        for key, value in before.items():
            now = dict.get(self.namespace, key)
            if isinstance(now, StandIn) and not isinstance(value, StandIn):
                self.namespace[key] = value

    def _execute(self, source: str, name: str) -> None:
        source = plain_python(source)
        lines = source.splitlines(keepends=True)
        linecache.cache[name] = (len(source), None, lines, name)
        flags = self._flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # as in Jupyter
        code = compile(source, name, "exec", flags=flags, dont_inherit=True)
        self._flags |= code.co_flags & _FUTURE
        awaiting = eval(code, self.namespace)
        if code.co_flags & inspect.CO_COROUTINE:
            with contextlib.suppress(StopIteration):
                while True:  # there is no event loop: what waits is asked again
                    awaiting.send(None)


class Untouched:
    """Remembers what calls could sabotage for the calls after them, and puts it back.

    Cells may patch what they like (it is their own loss, in every row); a call may not do so at
    the cost of another row. Only references are compared, so no code of a student's runs here.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._spaces = [vars(sys.modules[name]) for name in _WATCHED]
        self._spaces.append(sys.modules)
        self._spaces.append(namespace)
        self._copies: list[dict[str, Any]] = []
        self._places: list[bytes] = []
        self._recursion = 0

    def remember(self) -> None:
        """Before scripts."""
        self._copies = [dict.copy(space) for space in self._spaces]
        self._places = [_places(space) for space in self._spaces]
        self._recursion = sys_getrecursionlimit()

    def restore(self) -> None:
        """After each of them."""
        sys_settrace(None)
        sys_setprofile(None)
        sys_setrecursionlimit(self._recursion)
        gc_enable()
        for i, (space, copy) in enumerate(zip(self._spaces, self._copies)):
            if _places(space) != self._places[i]:
                added = {key: space[key] for key in space if key not in copy}
                dict.clear(space)
                dict.update(space, copy)
                if space is sys_modules:  # what a call imported may stay
                    dict.update(space, added)
                self._copies[i], self._places[i] = dict.copy(space), _places(space)


def _places(space: dict[str, Any]) -> bytes:
    """Where in memory the values of a dict are, in order: two looks at it are compared fast."""
    values = tuple(dict.values(space))
    return string_at(id(values) + tuple.__basicsize__, len(values) * tuple.__itemsize__)


_WATCHED = [
    "builtins",
    "numpy",
    "numpy.random",
    "numpy.linalg",
    "math",
    "random",
    "warnings",
    "sys",
]
sys_modules = sys.modules
sys_settrace, sys_setprofile = sys.settrace, sys.setprofile
sys_setrecursionlimit, sys_getrecursionlimit = sys.setrecursionlimit, sys.getrecursionlimit
gc_enable = gc.enable
