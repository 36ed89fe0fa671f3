"""What stands in for packages that a grader does not provide, and for IPython's shell.

An import beyond the standard library and NumPy always succeeds (`StandInFinder`). Attributes and
calls of a stand-in give further stand-ins, so drawing a picture is harmless. It raises only where
its *value* is needed: as a number, an array, a truth value or a length, or in arithmetic.
"""

from __future__ import annotations

import importlib.machinery
import math
import sys
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

QUIET = frozenset(
    ["matplotlib", "pylab", "seaborn", "IPython", "ipywidgets", "google", "tqdm", "autograder"]
)
"""Packages that draw or show: taking their results apart gives nothing, instead of an error."""


class NotProvided(ImportError):
    """Student code needed a value from a package that grading does not provide."""


class StandIn:
    """Answers for an object of a package that is not there."""

    __array_ufunc__ = None  # NumPy's operators leave the answer to ours
    _stand_in_name = ""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_stand_in_name", name)

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self._stand_in_name}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        """Settings of a package that is not there are forgotten."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = self._stand_in_name
        if len(args) == 1 and not kwargs and isinstance(args[0], (FunctionType, type)):
            return args[0]  # a decorator that does nothing
        if _is_quiet(self):
            last = name.rpartition(".")[2]
            if last == "subplots":
                return StandIn(f"{name}()[0]"), _axes(f"{name}()[1]", *args, **kwargs)
            if last in _PARTS:
                return StandInParts(f"{name}()", (_PARTS[last],))
        return StandIn(f"{name}()")

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    def __subclasscheck__(self, subclass: type) -> bool:
        return False

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        first = next(base for base in bases if type(base) is StandIn)
        return (StandInBase,) if first is self else ()

    def __repr__(self) -> str:
        return f"<stand-in for {self._stand_in_name}>"

    def __getitem__(self, key: Any) -> StandIn:
        if _is_quiet(self):
            return self
        raise _not_provided(self)

    def __setitem__(self, key: Any, value: Any) -> None:
        if not _is_quiet(self):
            raise _not_provided(self)

    def __iter__(self) -> Any:
        if _is_quiet(self):
            return iter(())
        raise _not_provided(self)


class StandInParts(StandIn):
    """A stand-in that can be taken apart: the axes of a figure, the lines of a plot."""

    _stand_in_shape: tuple[int, ...] = ()

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        super().__init__(name)
        object.__setattr__(self, "_stand_in_shape", shape)

    def __iter__(self) -> Any:
        name, (first, *rest) = self._stand_in_name, self._stand_in_shape
        if rest:
            return iter([StandInParts(f"{name}[{i}]", tuple(rest)) for i in range(first)])
        return iter([StandIn(f"{name}[{i}]") for i in range(first)])

    def __getattr__(self, name: str) -> Any:
        if name == "shape":
            return self._stand_in_shape
        if name == "flat":
            return self.ravel()
        return super().__getattr__(name)

    def ravel(self) -> StandInParts:
        """All parts in one row."""
        return StandInParts(self._stand_in_name, (math.prod(self._stand_in_shape),))

    flatten = ravel

    def __len__(self) -> int:
        return self._stand_in_shape[0]

    def __getitem__(self, key: Any) -> StandIn:
        return StandIn(self._stand_in_name)


_PARTS = {"plot": 1, "hist": 3, "pie": 2, "hist2d": 4, "loglog": 1, "semilogx": 1, "semilogy": 1}
"""How many values these functions of matplotlib return."""


def _axes(name: str, nrows: Any = 1, ncols: Any = 1, **_: Any) -> StandIn:
    """The axes of a new figure, in the arrangement that matplotlib would give."""
    shape = tuple(n for n in (nrows, ncols) if type(n) is int and n > 1)
    return StandInParts(name, shape) if shape else StandIn(name)


class StandInBase:
    """Stands in for a base class of a package that is not there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...


def _is_quiet(stand_in: StandIn) -> bool:
    return stand_in._stand_in_name.partition(".")[0] in QUIET


def _not_provided(stand_in: StandIn) -> NotProvided:
    name = stand_in._stand_in_name
    package = name.partition(".")[0]
    return NotProvided(
        f"the value of {name} is needed, but grading does not provide {package}: "
        "use NumPy and the standard library only"
    )


def _raising(self: StandIn, *_: Any, **__: Any) -> Any:
    raise _not_provided(self)


_BINARY = "add sub mul truediv floordiv mod pow matmul and or xor"
_OTHERS = (
    "array float int index complex bool len contains eq ne lt le gt ge iadd neg pos abs invert "
    "round next reversed"
)
for _operation in (*_OTHERS.split(), *(r + name for name in _BINARY.split() for r in ("", "r"))):
    setattr(StandIn, f"__{_operation}__", _raising)
StandIn.__hash__ = object.__hash__  # type: ignore[method-assign]


class Shell:
    """Stands in for IPython's shell: line magics and shell lines do nothing."""

    run_body: Any = None
    """Runs what stands below a magic of a whole cell."""

    def run_line_magic(self, *_: Any) -> None:
        return None

    magic = system = run_line_magic

    def getoutput(self, *_: Any, **__: Any) -> list[str]:
        return []

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name in ("time", "timeit", "capture", "prun") and self.run_body is not None:
            self.run_body(cell)

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"IPython.{name}")


SHELL = Shell()


def get_ipython() -> Shell:
    """The shell that is not there."""
    return SHELL


def nothing(*args: Any, **kwargs: Any) -> float:
    """Stands in for what only shows or checks."""
    return 0.0


class StandInModule(ModuleType):
    """A module that is not there; every name in it is a stand-in."""

    __all__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self.__name__}.{name}")


class StandInFinder:
    """The last finder: whatever nobody else found becomes a stand-in."""

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        top = name.partition(".")[0]
        if top == "numpy" or top in sys.stdlib_module_names:
            return None  # a misspelt submodule is the student's error
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return StandInModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if name in ("scipy.special", "autograder.lab"):
            vars(module)["erf"] = erf
        elif name == "autograder":
            names = ("check", "gradcheck", "hand_in", "progress", "solution")
            vars(module).update(dict.fromkeys(names, nothing))
        elif name.partition(".")[0] == "tqdm":
            vars(module).update(
                tqdm=ProgressBar, trange=lambda *args, **_: ProgressBar(range(*args))
            )
        elif name == "IPython":
            vars(module)["get_ipython"] = get_ipython
        elif name == "IPython.display":
            vars(module).update(display=nothing, clear_output=nothing)


def erf(x: Any) -> Any:
    """The error function of every entry of `x`, as accurate as the C library's."""
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"erf takes real numbers, not {array.dtype}")
    result = array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)
    out = np.array([math.erf(v) for v in array.ravel().tolist()], dtype=result)
    return out.reshape(array.shape)[()]


class ProgressBar(StandIn):
    """Stands in for a bar of tqdm: gives what it goes over, shows nothing."""

    _stand_in_iterable: Any = ()

    def __init__(self, iterable: Any = (), *_: Any, **__: Any) -> None:
        super().__init__("tqdm.tqdm()")
        object.__setattr__(self, "_stand_in_iterable", iterable)

    def __iter__(self) -> Any:
        return iter(self._stand_in_iterable)

    def __len__(self) -> int:
        return len(self._stand_in_iterable)
